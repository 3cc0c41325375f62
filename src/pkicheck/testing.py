"""The test kit: zone data with scripted failures, and a clock that stands still. Public, for other people's tests.

zone = Zone('example.com. CAA 0 issue "other.example"')
zone.fail("broken.example.com", "CAA", "servfail")
result = pkicheck.check_caa("www.example.com", issuers={"ca.example"}, resolver=zone)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args

import attrs
import dns.exception
import dns.rdatatype

from pkicheck.canon import utc
from pkicheck.dnswire import build_response
from pkicheck.errors import InputError
from pkicheck.names import DnsName
from pkicheck.ports import DnsObservation, DnsQuery, Failure, Observation, Request
from pkicheck.zonefile import ZoneRecord, read_zone_text
from pkicheck.zones import Zones, wall_clock

__all__ = ["AsyncZone", "FailureKind", "FixedClock", "Zone"]

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
