"""The test kit: scripted zone data and web servers, lists for names of documentation, a clock that stands still.

Public, for other people's tests.

zone = Zone('example.com. CAA 0 issue "other.example"')
zone.fail("broken.example.com", "CAA", "servfail")
result = pkicheck.check_caa("www.example.com", issuers={"ca.example"}, resolver=zone)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final, Literal, TypeAlias, get_args

import attrs
import dns.exception
import dns.rdatatype

from pkicheck.canon import utc
from pkicheck.dnswire import build_response
from pkicheck.errors import InputError, TransportError
from pkicheck.lists import Block, DatedList, PackagedLists, RootZone, SpecialPurpose, SpecialUse
from pkicheck.names import DnsName, parse_domain
from pkicheck.ports import (
    DnsObservation,
    DnsQuery,
    Failure,
    HttpGet,
    HttpObservation,
    Observation,
    Request,
    TlsObservation,
    TlsProbe,
)
from pkicheck.zonefile import ZoneRecord, read_zone_text
from pkicheck.zones import Zones, wall_clock

__all__ = ["AsyncZone", "FailureKind", "FixedClock", "Web", "Zone", "example_lists"]

FailureKind: TypeAlias = Literal[
    "servfail", "timeout", "refused", "formerr", "notimp", "rcode", "truncated", "bogus", "lame", "malformed", "stale",
    "filtered", "unreachable", "closed", "too-large", "other-question", "no-question",
]  # fmt: skip
"""How a scripted lookup goes wrong."""

_RCODES: Final = {"formerr": 1, "servfail": 2, "notimp": 4, "refused": 5, "rcode": 9}
_FAILURES: Final = {
    "timeout": Failure.TIMEOUT,
    "unreachable": Failure.UNREACHABLE,
    "closed": Failure.CLOSED,
    "too-large": Failure.TOO_LARGE,
}


class FixedClock:
    """A clock that moves only when told to.

    Args:
        at: where it stands (aware).
    """

    def __init__(self, at: datetime) -> None:
        self._at = utc(at, what="at")

    def __call__(self) -> datetime:
        """Where it stands."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self._at += by


@attrs.define
class _Script:
    """What happens to the next lookups of one owner and type."""

    kind: FailureKind | bytes
    left: int | None


class Zone(Zones):
    """Zone data in memory that can be made to fail: a transport for `resolver=`.

    Names without records do not exist. `asked` lists every question in the order in which it came.

    Args: see `pkicheck.zones.Zones`.
    """

    def __init__(
        self,
        text: str = "",
        *,
        status: Literal["secure", "unsigned", "unvalidated", "bogus"] = "unsigned",
        clock: Callable[[], datetime] = wall_clock,
        vantage: str = "zone",
    ) -> None:
        self._scripts: dict[tuple[bytes, int], _Script] = {}
        self.asked: list[DnsQuery] = []
        super().__init__(text, status=status, clock=clock, vantage=vantage)

    def covers(self, name: bytes) -> bool:  # noqa: ARG002 - the same for every name
        """Always: the zone of a test is the whole DNS."""
        return True

    def add(self, owner: str, rdtype: str, *rdatas: str, ttl: int = 300) -> None:
        """Add records in presentation form: `zone.add("example.com", "CAA", '0 issue "ca.example"')`.

        Args:
            owner: an absolute owner name, with or without its last dot.
            rdtype: the type's name.
            rdatas: the RDATA of each record.
            ttl: in seconds.

        Raises:
            InputError: a text that cannot be read.
        """
        if not rdatas:
            msg = f"zone.add({owner!r}, {rdtype!r}) needs at least one RDATA"
            raise InputError(msg)
        lines = "".join(f"{owner} {ttl} IN {rdtype} {rdata}\n" for rdata in rdatas)
        self.put(read_zone_text(lines, what=f"zone.add({owner!r}, {rdtype!r})"))

    def add_raw(self, owner: str, rdtype: str, rdata: bytes, *, ttl: int = 300) -> None:
        """Add a record by the octets of its RDATA, well-formed or not."""
        self.put([ZoneRecord(_wire(owner), _type(rdtype), ttl, rdata)])

    def fail(self, owner: str, rdtype: str, kind: FailureKind | bytes, *, times: int | None = None) -> None:
        """Make the lookups of one owner and type go wrong.

        Args:
            owner: the owner name.
            rdtype: the type's name.
            kind: how; octets are sent as they are, as the whole message.
            times: how many lookups fail before it works again; None: all.
        """
        if not isinstance(kind, bytes) and kind not in get_args(FailureKind):
            msg = f"kind must be octets or one of {', '.join(get_args(FailureKind))}, got {kind!a}"
            raise InputError(msg)
        self._scripts[_wire(owner).wire, _type(rdtype)] = _Script(kind, times)

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch, with the failures that were scripted."""
        observations: list[Observation] = []
        for request in batch:
            if isinstance(request, DnsQuery):
                self.asked.append(request)
                script = self._scripts.get((request.name.wire, request.rdtype))
                if script is not None and script.left != 0:
                    if script.left is not None:
                        script.left -= 1
                    observations.append(self._broken(request, script.kind))
                    continue
            observations += super().exchange((request,), within=within)
        return observations

    def _broken(self, query: DnsQuery, kind: FailureKind | bytes) -> DnsObservation:
        name, rdtype = query.name.wire, query.rdtype
        good = self.message(query, self.reply(query))
        if isinstance(kind, bytes):
            return self.observe(query, kind)
        if kind in _FAILURES:
            return self.observe(query, b"", failure=_FAILURES[kind])
        if kind in _RCODES:
            return self.observe(query, build_response(name, rdtype, rcode=_RCODES[kind]))
        if kind == "bogus":
            # A validator holds bogus data back with SERVFAIL and gives it when checking is disabled.
            return self.observe(query, good if query.role == "cd" else build_response(name, rdtype, rcode=2))
        raw = {
            "truncated": build_response(name, rdtype, flags=0x8380),
            "lame": build_response(name, rdtype),
            "malformed": good[:-1],
            "stale": build_response(name, rdtype, ede={3: b""}, authority=()),
            "filtered": build_response(name, rdtype, ede={17: b""}, authority=()),
            "other-question": build_response(b"\x05other\x07invalid\0", rdtype),
            "no-question": good[:4] + b"\0\0" + good[6:12] + good[12 + len(name) + 4 :],
        }[kind]
        return self.observe(query, raw)


_REASONS: Final = {200: "OK", 301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 404: "Not Found"}


@attrs.frozen
class _Page:
    """What a scripted server sends."""

    raw: bytes
    failure: Failure | None


class Web:
    """Scripted web servers: answers HttpGet and TlsProbe. What was not scripted is unreachable.

    web = Web(clock=clock)
    web.page("http://shop.example/.well-known/acme-challenge/token", "token.thumbprint")

    Args:
        clock: gives the time of every observation (aware); the wall clock by default.
        vantage: what observations call their place.
    """

    def __init__(self, *, clock: Callable[[], datetime] = wall_clock, vantage: str = "zone") -> None:
        self._clock = clock
        self._vantage = vantage
        self._pages: dict[tuple[str, str], _Page] = {}
        self._leaves: dict[tuple[str, str], tuple[bytes, str, str | None, Failure | None]] = {}
        self.asked: list[HttpGet | TlsProbe] = []

    def page(
        self,
        url: str,
        body: str | bytes = b"",
        *,
        status: int = 200,
        fields: Sequence[tuple[str, str]] = (),
        raw: bytes | None = None,
        failure: Failure | None = None,
        address: str = "",
    ) -> None:
        """Serve something at a URL.

        Args:
            url: exactly as it is asked for.
            body: its content.
            status: the status code.
            fields: further fields of the head, such as Location.
            raw: the whole response in octets, instead of all of the above.
            failure: no response.
            address: only at this address; empty: at every address.
        """
        content = body.encode() if isinstance(body, str) else body
        head = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Other')}", f"Content-Length: {len(content)}"]
        head += [f"{name}: {value}" for name, value in fields]
        made = "\r\n".join([*head, "", ""]).encode("latin-1") + content
        self._pages[url, address] = _Page(b"" if failure else made if raw is None else raw, failure)

    def certificate(
        self,
        sni: str,
        leaf: bytes,
        *,
        version: str = "TLSv1.3",
        alpn: str | None = "acme-tls/1",
        failure: Failure | None = None,
        address: str = "",
    ) -> None:
        """Present a certificate (DER) to a server name.

        Args:
            sni: the server name asked for.
            leaf: the certificate.
            version: the TLS version negotiated.
            alpn: the protocol negotiated.
            failure: no handshake.
            address: only at this address; empty: at every address.
        """
        self._leaves[sni, address] = (leaf, version, alpn, failure)

    def now(self) -> datetime:
        """The clock."""
        return utc(self._clock(), what="the clock")

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch."""
        del within
        return [self._one(request) for request in batch]

    def _one(self, request: Request) -> Observation:
        now = self.now()
        if isinstance(request, HttpGet):
            self.asked.append(request)
            address = str(request.address)
            page = self._pages.get((request.url, address)) or self._pages.get((request.url, ""))
            page = page or _Page(b"", Failure.UNREACHABLE)
            failure = Failure.TOO_LARGE if len(page.raw) > request.max_body else page.failure
            return HttpObservation(
                request=request,
                vantage=self._vantage,
                sent=now,
                received=now,
                failure=failure,
                peer=address,
                tls=request.url.startswith("https:"),
                raw=page.raw[: request.max_body],
            )
        if isinstance(request, TlsProbe):
            self.asked.append(request)
            shown = self._leaves.get((request.sni, str(request.address))) or self._leaves.get((request.sni, ""))
            leaf, version, alpn, failed = shown or (b"", "", None, Failure.UNREACHABLE)
            return TlsObservation(
                request=request,
                vantage=self._vantage,
                sent=now,
                received=now,
                failure=failed,
                version=version,
                alpn=alpn,
                leaf=leaf,
            )
        msg = f"Web answers HttpGet and TlsProbe only, not {type(request).__name__}"
        raise TransportError(msg)


@attrs.frozen
class _ExampleSuffixes:
    """A few public suffixes, without the package that reads the real list."""

    version: str
    as_of: datetime
    names: frozenset[str] = frozenset({"com", "example", "org", "test", "uk", "co.example", "co.uk"})

    def answer(self, key: str) -> str | None:
        """The longest suffix that the name equals or lies below."""
        return next((each.text for each in parse_domain(key).climb() if each.text in self.names), None)


def example_lists(*, clock: Callable[[], datetime] = wall_clock, suffixes: DatedList | None = None) -> PackagedLists:
    """Lists on which the names and addresses of documentation count as public ones: `lists=` for examples and tests.

    `example` and `test` are top-level domains like `com`, `org` and `uk`; `co.example` and `co.uk` are public suffixes.
    Of the special-use names only `local` and `onion` are left, of the special-purpose addresses the loopback and
    private blocks.

    Args:
        clock: the day of the lists is the moment it shows (aware).
        suffixes: another list of public suffixes.
    """
    as_of = utc(clock(), what="the clock")
    blocks = {
        4: (("10.0.0.0/8", "Private-Use"), ("127.0.0.0/8", "Loopback"), ("192.168.0.0/16", "Private-Use")),
        6: (("::1/128", "Loopback Address"), ("fc00::/7", "Unique-Local")),
    }
    made = {
        version: tuple(
            Block(int(network[0]), int(network[-1]), f"{text} {name}", -1)
            for text, name in each
            for network in [ip_network(text)]
        )
        for version, each in blocks.items()
    }
    return PackagedLists(
        root_zone=RootZone(version="example", as_of=as_of, labels=frozenset({"com", "example", "org", "test", "uk"})),
        special_use=SpecialUse(version="example", as_of=as_of, names=frozenset({"local", "onion"})),
        special_purpose=SpecialPurpose(
            version="example",
            as_of=as_of,
            blocks=made,
            firsts={version: tuple(block.first for block in each) for version, each in made.items()},
        ),
        suffixes=_ExampleSuffixes("example", as_of) if suffixes is None else suffixes,
        clock=clock,
    )


class AsyncZone:
    """The same zone for asynchronous checks: `AsyncZone(zone)` is an AsyncTransport."""

    def __init__(self, zone: Zones) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """The zone's clock."""
        return self._zone.now()

    async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch."""
        return self._zone.exchange(batch, within=within)


def _wire(owner: str) -> DnsName:
    record = next(read_zone_text(f"{owner} 0 IN A 192.0.2.1\n", what=f"owner {owner!r}"))
    return record.owner


def _type(rdtype: str) -> int:
    try:
        return int(dns.rdatatype.from_text(rdtype))
    except (dns.exception.DNSException, ValueError):
        msg = f"no record type is called {rdtype!a}"
        raise InputError(msg) from None
