"""Where a redirect leads: the Location of a response resolved against the URI of the request (RFC 3986 §5).

    URI-reference = [ scheme ":" ] [ "//" authority ] path [ "?" query ] [ "#" fragment ]

Only what can be fetched is a target: http or https, a host, an authorised port. A user name and a fragment are refused,
for a server is never sent either. One pass over octets; nothing is decoded, so what is compared is what is sent.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import attrs

from pkicheck.errors import InputError
from pkicheck.names import DomainName, address_text, parse_address, parse_domain

__all__ = ["Target", "resolve", "target"]

_UNRESERVED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_RESERVED: Final = ":/?#[]@!$&'()*+,;="
_SCHEME: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-."
_HEX: Final = "0123456789abcdefABCDEF"
_DEFAULT: Final = {"http": 80, "https": 443}
_LONGEST: Final = 2048


@attrs.frozen
class Target:
    """What is fetched.

    Attributes:
        scheme: `http` or `https`.
        host: a domain name or an address.
        port: the port of the URI, or that of the scheme.
        path: path and query as they are sent, from the first slash on.
    """

    scheme: str
    host: DomainName | IPv4Address | IPv6Address
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host field: host, and port where it is not that of the scheme; an IPv6 address in brackets."""
        text = self.host.text if isinstance(self.host, DomainName) else address_text(self.host)
        host = f"[{text}]" if isinstance(self.host, IPv6Address) else text
        return host if self.port == _DEFAULT[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URI in its one spelling here."""
        return f"{self.scheme}://{self.authority}{self.path}"


def target(scheme: str, host: DomainName | IPv4Address | IPv6Address, path: str, port: int | None = None) -> Target:
    """The target of a first request."""
    return Target(scheme, host, _DEFAULT[scheme] if port is None else port, path)


def _spelled(text: str) -> bool:
    """Whether a text holds nothing but characters of URIs, and percent signs only before two hexadecimal digits."""
    first, *others = text.split("%")
    if first.strip(_UNRESERVED + _RESERVED):
        return False
    return all(
        len(each) >= 2 and not each[:2].strip(_HEX) and not each[2:].strip(_UNRESERVED + _RESERVED) for each in others
    )


def resolve(base: Target, location: bytes, *, ports: Collection[int]) -> Target | str:
    """The target that a Location leads to from `base`, or the code of what is wrong with it.

    Steps:
        1. Characters, length; no fragment.
        2. The scheme: http, https, or that of the base.
        3. The authority: no user name, a host, an authorised port; or that of the base.
        4. The path, merged and without dot segments (RFC 3986 §5.2), and the query.
    """
    text = location.decode("latin-1")
    if not 1 <= len(text) <= _LONGEST or not _spelled(text):  # 1
        return "dcv.redirect-location-malformed"
    if "#" in text:
        return "dcv.redirect-fragment"
    scheme, rest = _scheme(text)  # 2
    if scheme is not None and scheme not in _DEFAULT:
        return "dcv.redirect-scheme"
    if rest.startswith("//"):  # 3
        authority, path, query = _parts(rest[2:])
        return _at(scheme or base.scheme, authority, _joined(_without_dots(path or "/"), query), ports)
    if scheme is not None:
        return "dcv.redirect-location-malformed"
    before, _mark, own = base.path.partition("?")
    path, mark, query_text = rest.partition("?")
    query = query_text if mark else None
    if not path:  # 4
        return attrs.evolve(base, path=_joined(before, query if mark else (own if _mark else None)))
    merged = path if path.startswith("/") else before[: before.rindex("/") + 1] + path
    return attrs.evolve(base, path=_joined(_without_dots(merged), query))


def _scheme(text: str) -> tuple[str | None, str]:
    """The scheme in lower case, None when there is none, and what stands behind its colon."""
    head, colon, rest = text.partition(":")
    if not colon or not head or "/" in head or "?" in head:
        return None, text
    if not head[0].isalpha() or head.strip(_SCHEME):
        # A first segment with a colon is no scheme and no relative path either (RFC 3986 §4.2).
        return "", rest
    return head.lower(), rest


def _parts(text: str) -> tuple[str, str, str | None]:
    """Authority, path and query of what stands behind `//`."""
    end = min((at for at in (text.find("/"), text.find("?")) if at >= 0), default=len(text))
    path, mark, query = text[end:].partition("?")
    return text[:end], path, query if mark else None


def _joined(path: str, query: str | None) -> str:
    return path if query is None else f"{path}?{query}"


def _at(scheme: str, authority: str, path: str, ports: Collection[int]) -> Target | str:
    if "@" in authority:
        return "dcv.redirect-userinfo"
    if authority.startswith("["):
        literal, bracket, port_text = authority[1:].partition("]")
        address = parse_address(literal)
        if not bracket or not isinstance(address, IPv6Address) or (port_text and not port_text.startswith(":")):
            return "dcv.redirect-host-malformed"
        host: DomainName | IPv4Address | IPv6Address = address
        port_text = port_text[1:]
    else:
        name, _colon, port_text = authority.partition(":")
        found = _host(name)
        if found is None:
            return "dcv.redirect-host-malformed" if name else "dcv.redirect-location-malformed"
        host = found
    if port_text and (not port_text.isdigit() or len(port_text) > 5):
        return "dcv.redirect-location-malformed"
    port = int(port_text) if port_text else _DEFAULT[scheme]
    return Target(scheme, host, port, path) if port in ports else "dcv.redirect-port"


def _host(text: str) -> DomainName | IPv4Address | None:
    address = parse_address(text)
    if isinstance(address, IPv4Address):
        return address
    try:
        return parse_domain(text)
    except InputError:
        return None


def _without_dots(path: str) -> str:
    """Dot segments removed (RFC 3986 §5.2.4); the path begins with a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
