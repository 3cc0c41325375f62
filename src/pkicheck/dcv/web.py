"""Website change (BR 3.2.2.4.18, 3.2.2.5.1) and ACME http-01 (BR 3.2.2.4.19, 3.2.2.5.6; RFC 8555 §8.3, RFC 8738).

What the decision rests on are the octets of each response; status, Location and body are read from them here.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Final, Literal
from urllib.parse import unquote_to_bytes

import attrs

from pkicheck.canon import Sha256
from pkicheck.dcv.connect import CONNECT_CODES, addresses_of, may_connect
from pkicheck.dcv.location import Target, resolve, target
from pkicheck.dcv.plan import Challenge
from pkicheck.dcv.values import (
    Value,
    is_value,
    key_authorization,
    request_scope,
    same,
    value_times,
)
from pkicheck.dcv.view import View
from pkicheck.errors import InputError
from pkicheck.findings import Level
from pkicheck.httpwire import HttpDefect, HttpResponse, read_response
from pkicheck.methods import MethodId
from pkicheck.namecheck import NamePlan
from pkicheck.names import DomainName, address_text
from pkicheck.plans import Needs
from pkicheck.ports import Failure, HttpGet, HttpObservation

__all__ = ["AcmeHttp01", "WebsiteChange"]

_BELOW: Final = "/.well-known/pki-validation/"
_PATH: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/"
_REDIRECTS: Final = (301, 302, 307, 308)
# The server was not reached, or said nothing: another address may do better.
_ANOTHER: Final = (Failure.TIMEOUT, Failure.UNREACHABLE, Failure.CLOSED)
_BLANK: Final = b" \t\r\n"


@attrs.frozen(kw_only=True)
class _Web(Challenge):
    """What both ways over the web share: fetch, follow, read."""

    @abstractmethod
    def first(self, adn: DomainName | None) -> Target:
        """What is fetched first."""
        ...

    @abstractmethod
    def holds(self, body: bytes) -> bool:
        """Whether a body shows control."""
        ...

    @property
    def apart(self) -> bool:
        """Whether the value must not stand in the request."""
        return False

    def host(self, adn: DomainName | None) -> DomainName | IPv4Address | IPv6Address:
        """The host: the authorization domain name, or the address that is validated."""
        if adn is not None:
            return adn
        assert isinstance(self.name, (IPv4Address, IPv6Address))
        return self.name

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Fetch and follow until an answer decides.

        Steps:
            1. The value does not stand in the request (BR 3.2.2.4.18).
            2. A redirect leads to a host that it may lead to; nothing is fetched twice.
            3. An address of the host, not of a special-purpose block; IPv6 first, then IPv4.
            4. The exchange, from its octets.
            5. 301, 302, 307 and 308 lead on, 2xx decides, everything else refuses.
        """
        here = self.first(adn)
        visited: list[str] = []
        while True:
            if self.apart and self.checked.encode("ascii") in unquote_to_bytes(here.path):  # 1
                view.add("dcv.value-in-request", here.url)
                return None
            if visited:
                wanted = self._may_follow(view, here, visited)  # 2
                if wanted is not None:
                    return wanted if isinstance(wanted, Needs) else None
            response = self._fetch(view, here, hop=len(visited))  # 3, 4
            if not isinstance(response, HttpResponse):
                return response
            visited.append(here.url)
            if response.status in _REDIRECTS:  # 5
                following = self._follow(view, here, response)
                if following is None:
                    return None
                here = following
                continue
            if response.status // 100 != 2:
                view.add("dcv.http-status", here.url, expected="2xx", saw=[str(response.status)])
            else:
                self._compare(view, here, response)
            return None

    def _may_follow(self, view: View, here: Target, visited: list[str]) -> Needs | Literal[True] | None:
        """Step 2: None when the target may be fetched, True when it is stated why not."""
        if here.url in visited:
            view.add("dcv.redirect-loop", here.url, saw=visited)
            return True
        if len(visited) > view.policy.dcv.max_redirects:
            view.add("dcv.redirect-too-many", here.url, expected=f"at most {view.policy.dcv.max_redirects}")
            return True
        host = here.host
        if not isinstance(host, DomainName):
            if view.policy.dcv.redirect_addresses or host == self.name:
                return None
            view.add("dcv.redirect-host-address", address_text(host))
            return True
        if view.policy.dcv.redirect_hosts == "any":
            return None
        named = NamePlan(name=host, at=view.at, policy=view.policy).step(view.seen)
        if isinstance(named, Needs):
            return named
        wrong = [each.code for each in named.findings if each.level is not Level.NOTE]
        if not wrong or view.policy.names.internal:
            return None
        view.add("dcv.redirect-host-not-public", host.text, saw=wrong)
        return True

    def _fetch(self, view: View, here: Target, *, hop: int) -> HttpResponse | Needs | None:
        """Steps 3 and 4: the response, or None when it is stated why there is none."""
        found = addresses_of(view, here.host) if isinstance(here.host, DomainName) else (here.host,)
        if isinstance(found, Needs):
            return found
        policy = view.policy.dcv
        for left, address in zip(reversed(range(len(found))), found, strict=True):
            allowed = may_connect(view, address)
            if allowed is not True:
                return allowed or None
            port = policy.port(here.port)
            get = HttpGet(url=here.url, address=address, port=port, hop=hop, max_body=policy.max_body)
            observation = view.seen.http(get)
            if observation is None:
                return Needs((get,))
            place = f"{here.url} at {address_text(address)} port {port}"
            if left and observation.failure in _ANOTHER and not observation.raw:
                view.add("dcv.connect-fallback", place, saw=[observation.failure.name])
                continue
            return _read(view, observation, place)
        return None

    def _follow(self, view: View, here: Target, response: HttpResponse) -> Target | None:
        locations = response.values(b"location")
        if len(locations) != 1:
            view.add("dcv.redirect-location-missing", here.url, saw=[str(response.status), *locations])
            return None
        following = resolve(here, locations[0], ports=view.method.ports)
        if isinstance(following, str):
            view.add(following, here.url, saw=[locations[0]])
            return None
        view.add("dcv.redirect-followed", here.url, saw=[str(response.status), following.url])
        return following

    def _compare(self, view: View, here: Target, response: HttpResponse) -> None:
        """The body of a 2xx answer."""
        codings = response.values(b"content-encoding")
        if any(each.lower() != b"identity" for each in codings):
            view.add("dcv.http-encoded", here.url, saw=codings)
        elif not response.complete:
            view.add("dcv.http-incomplete", here.url, saw=[f"{len(response.body)} octets"])
        elif self.holds(response.body):
            view.add("dcv.control-shown", here.url, expected=self.checked)
        elif not response.body:
            view.add("dcv.body-empty", here.url, expected=self.checked, saw=[str(response.status)])
        else:
            view.add("dcv.body-other", here.url, expected=self.checked, saw=[response.body])


def _read(view: View, observation: HttpObservation, place: str) -> HttpResponse | None:
    """Step 4: the response of an exchange, or None after stating what it was instead."""
    failure = observation.failure
    if failure in (Failure.TOO_LARGE, Failure.PROTOCOL):
        view.add("dcv.http-too-large" if failure is Failure.TOO_LARGE else "dcv.http-malformed", place)
        return None
    if failure is not None:
        view.add(CONNECT_CODES[failure], place)
        return None
    if len(observation.raw) > observation.request.max_body:
        view.add("dcv.http-too-large", place, expected=f"at most {observation.request.max_body} octets")
        return None
    response = read_response(observation.raw)
    if isinstance(response, HttpDefect):
        view.add("dcv.http-incomplete" if response.short else "dcv.http-malformed", place, saw=[response.why])
        return None
    view.add("dcv.http-exchange", place, saw=[str(response.status), f"{len(response.body)} octets"])
    return response


@attrs.frozen(kw_only=True)
class WebsiteChange(_Web):
    """BR 3.2.2.4.18, for an address BR 3.2.2.5.1: a Random Value or Request Token in a file of the site.

    The value is one whole line of the file: lines end with LF, blanks and CR around a line do not count, everything
    else does. A value inside a longer word, in markup, or behind a byte order mark is another value.

    Attributes:
        value: what is looked for.
        file: the name of the file below `/.well-known/pki-validation/`; it does not hold the value.
        scheme: `http` or `https`.
        port: an authorised port; None for that of the scheme.
    """

    slug: ClassVar[str] = "website-change"

    value: Value = attrs.field(validator=is_value)
    file: str
    scheme: Literal["http", "https"] = "http"
    port: int | None = None

    def __attrs_post_init__(self) -> None:
        segments = self.file.split("/")
        if len(self.file) > 200 or self.file.strip(_PATH) or not all(segments) or {".", ".."} & set(segments):
            msg = f"file must be a path below {_BELOW} of at most 200 URI characters, got {self.file[:80]!a}"
            raise InputError(msg)
        if self.value.text in self.file:
            msg = "file: the value must not stand in the request (BR 3.2.2.4.18)"
            raise InputError(msg)
        if self.scheme not in ("http", "https"):
            msg = f"scheme must be http or https, got {self.scheme!a}"
            raise InputError(msg)
        if self.port not in (None, 80, 443, 25, 22):
            msg = f"port must be an authorised port (80, 443, 25, 22), got {self.port!a}"
            raise InputError(msg)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.18 for a name, 3.2.2.5.1 for an address."""
        return MethodId("3.2.2.4.18" if self.domain is not None else "3.2.2.5.1")

    @property
    def checked(self) -> str:
        """The value."""
        return self.value.text

    @property
    def value_times(self) -> tuple[datetime, ...]:
        """Those of the value."""
        return value_times(self.value)

    @property
    def scope(self) -> Sha256:
        """The request."""
        return request_scope(self.value, order=self.order, created_at=self.created_at)

    @property
    def apart(self) -> bool:
        """True."""
        return True

    def first(self, adn: DomainName | None) -> Target:
        """The file."""
        return target(self.scheme, self.host(adn), _BELOW + self.file, self.port)

    def holds(self, body: bytes) -> bool:
        """Whether one line of the body is the value."""
        wanted = self.checked.encode("ascii")
        return any([same(line.strip(_BLANK), wanted) for line in body.split(b"\n")])  # noqa: C419 - all, always


@attrs.frozen(kw_only=True)
class AcmeHttp01(_Web):
    """ACME http-01: BR 3.2.2.4.19, for an address BR 3.2.2.5.6.

    The body is the key authorization as a whole; white space at its end does not count.

    Attributes:
        token: the token of the ACME challenge.
        account_thumbprint: the thumbprint of the account key (RFC 7638).
    """

    slug: ClassVar[str] = "http-01"

    token: str
    account_thumbprint: str

    def __attrs_post_init__(self) -> None:
        key_authorization(self.token, self.account_thumbprint)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.19 for a name, 3.2.2.5.6 for an address."""
        return MethodId("3.2.2.4.19" if self.domain is not None else "3.2.2.5.6")

    @property
    def checked(self) -> str:
        """The key authorization."""
        return key_authorization(self.token, self.account_thumbprint)

    def first(self, adn: DomainName | None) -> Target:
        """The resource of the token, at port 80."""
        return target("http", self.host(adn), f"/.well-known/acme-challenge/{self.token}")

    def holds(self, body: bytes) -> bool:
        """Whether the body is the key authorization."""
        return same(body.rstrip(_BLANK), self.checked.encode("ascii"))
