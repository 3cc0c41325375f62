"""Zone data in memory as a transport: answers like a recursive resolver that has just these zones to ask.

Below the names that the data holds, what it does not hold does not exist. Of a name that lies neither below nor above
any record nothing is known: the answer is REFUSED, so that the file of another zone, or one without $ORIGIN, never
reads as "no records". A result made on zone data says so (`dns.zone-data`), and the server in its observations is
`zone:` with a digest of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

import attrs

from pkicheck.canon import digest
from pkicheck.dnswire import CNAME, DNAME, DS, NSEC, SOA, build_response
from pkicheck.errors import InputError, TransportError
from pkicheck.lists import PackagedLists
from pkicheck.names import DnsName
from pkicheck.ports import DnsObservation, DnsQuery, Failure, ListQuestion, Observation, Request
from pkicheck.zonefile import ZoneRecord, ZoneStatus, read_zone_text, zone_status

__all__ = ["Reply", "Zones", "wall_clock"]

_Wire = tuple[bytes, int, int, bytes]

_NS: Final = 2
# NSEC type bitmap with NS, RRSIG and NSEC: a delegation without DS (RFC 4034 §4.1.2).
_NSEC_TYPES: Final = bytes((0, 6, 0x20, 0, 0, 0, 0, 3))
# What a resolver follows before it gives up; the checker has its own bound.
_MOST_ALIASES: Final = 24
_SOA_DATA: Final = b"\x04zone\x07invalid\0\x04zone\x07invalid\0" + bytes(
    [0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 3, 132, 0, 9, 58, 128, 0, 0, 1, 44]
)


def wall_clock() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(timezone.utc)


def _up(name: bytes) -> Iterator[bytes]:
    """A name and its parents, without the root."""
    while name[0]:
        yield name
        name = name[name[0] + 1 :]


@attrs.frozen(kw_only=True)
class Reply:
    """What the zones answer to one question, before it becomes a message."""

    rcode: int = 0
    answer: tuple[_Wire, ...] = ()
    authority: tuple[_Wire, ...] = ()
    authentic: bool = False


@attrs.define
class _Zone:
    """One zone: the names at and below its apex that no other zone holds."""

    apex: bytes
    status: ZoneStatus
    sets: dict[bytes, dict[int, list[tuple[int, bytes]]]]
    nodes: set[bytes]

    @classmethod
    def empty(cls, apex: bytes, status: ZoneStatus) -> _Zone:
        return cls(apex, status, {}, {apex})

    def add(self, record: ZoneRecord) -> None:
        owner = record.owner.wire
        kept = self.sets.setdefault(owner, {}).setdefault(record.rdtype, [])
        if (record.ttl, record.rdata) not in kept:
            kept.append((record.ttl, record.rdata))
        while owner not in self.nodes:
            # Every name between a record and the apex exists, with or without records (RFC 4592 §2.2.2).
            self.nodes.add(owner)
            if owner == self.apex or owner == b"\0":
                return
            owner = owner[owner[0] + 1 :]

    def rrset(self, owner: bytes, rdtype: int, shown_as: bytes | None = None) -> tuple[_Wire, ...]:
        found = self.sets.get(owner, {}).get(rdtype, ())
        return tuple((shown_as or owner, rdtype, ttl, rdata) for ttl, rdata in found)

    def soa(self) -> _Wire:
        own = self.rrset(self.apex, SOA)
        return own[0] if own else (self.apex, SOA, 300, _SOA_DATA)

    def delegates(self, name: bytes, rdtype: int) -> bool:
        """Whether an NS set below the apex gives this name to servers whose data is not here.

        DS at the cut itself is the parent's to answer (RFC 4035 §3.1.4.1).
        """
        if rdtype == DS and len(name) > len(self.apex):
            name = name[name[0] + 1 :]
        while len(name) > len(self.apex):
            if _NS in self.sets.get(name, ()):
                return True
            name = name[name[0] + 1 :]
        return False

    def wildcard(self, name: bytes) -> bytes | None:
        """The wildcard owner that covers a name that does not exist (RFC 4592 §3.3.1): `*` at the closest encloser."""
        while name not in self.nodes and len(name) > 1:
            name = name[name[0] + 1 :]
        star = b"\x01*" + name
        return star if star in self.sets else None


class Zones:
    """A transport over zone data in memory.

    Args:
        text: zone-file text to begin with.
        status: the DNSSEC status of that text when no comment in it states one.
        clock: gives the time of every observation (aware); the wall clock by default.
        vantage: what observations call their place.
    """

    def __init__(
        self,
        text: str = "",
        *,
        status: ZoneStatus = "unsigned",
        clock: Callable[[], datetime] = wall_clock,
        vantage: str = "zone",
    ) -> None:
        self._zones: dict[bytes, _Zone] = {b"\0": _Zone.empty(b"\0", status)}
        self._clock = clock
        self._vantage = vantage
        self._validates = status != "unvalidated"
        self._lists: PackagedLists | None = None
        self._server = ""
        self._owners: set[bytes] = set()
        self._above: set[bytes] = {b"\0"}
        if text:
            self.load(text, status=status)

    def load(self, text: str, *, status: ZoneStatus = "unsigned", what: str = "zone file", origin: str = ".") -> None:
        """Add the zones of a zone-file text; every SOA record begins a zone, records without one belong to the root.

        Args:
            text: the zone file.
            status: the DNSSEC status of its zones when no comment in it states one.
            what: how messages call it.
            origin: what relative names are relative to.

        Raises:
            InputError: the text cannot be read, or holds no record; nothing of it is added.
        """
        records = list(read_zone_text(text, what=what, origin=origin))
        if not records:
            msg = f"{what} holds no record"
            raise InputError(msg)
        self.add_records(records, status=zone_status(text, what=what) or status)

    def add_records(self, records: Iterable[ZoneRecord], *, status: ZoneStatus = "unsigned") -> None:
        """Add records; see `load`."""
        records = list(records)
        tops = {record.owner.wire for record in records if record.rdtype == SOA} or {b"\0"}
        for top in tops:
            self._zones.setdefault(top, _Zone.empty(top, status)).status = status
        if status == "unvalidated":
            self._validates = False
        self.put(records)

    def put(self, records: Iterable[ZoneRecord]) -> None:
        """Add records to the zones there are; the DNSSEC status of none changes."""
        for record in records:
            owner = record.owner.wire
            self._zone_of(owner, record.rdtype).add(record)
            if owner not in self._owners:
                # A wildcard record says something of every name beside it (RFC 4592 §2.1.1).
                self._owners.update((owner, owner.removeprefix(b"\x01*")))
                self._above.update(_up(owner))
        self._server = ""

    def covers(self, name: bytes) -> bool:
        """Whether some record stands at, above or below this name (wire form)."""
        return name in self._above or any(each in self._owners for each in _up(name))

    def _zone_of(self, name: bytes, rdtype: int) -> _Zone:
        """The zone that answers for a name; DS belongs to the parent's side of a cut (RFC 4035 §3.1.4.1)."""
        if rdtype == DS and name in self._zones and len(name) > 1:
            name = name[name[0] + 1 :]
        while name not in self._zones:
            name = name[name[0] + 1 :]
        return self._zones[name]

    @property
    def server(self) -> str:
        """`zone:` and the SHA-256 of the data, which stands for a resolver's address in observations."""
        if not self._server:
            lines = sorted(
                b"%b %d %d %b" % (owner, rdtype, ttl, rdata)
                for zone in self._zones.values()
                for owner, sets in zone.sets.items()
                for rdtype, kept in sets.items()
                for ttl, rdata in kept
            )
            self._server = f"zone:{digest(b''.join(len(line).to_bytes(4, 'big') + line for line in lines))}"
        return self._server

    def now(self) -> datetime:
        """The clock."""
        return self._clock()

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch: DNS questions from the zones, list questions from the packaged lists."""
        return [self._one(request, within) for request in batch]

    def _one(self, request: Request, within: timedelta) -> Observation:
        if isinstance(request, DnsQuery):
            return self.observe(request, self.message(request, self.reply(request)))
        if isinstance(request, ListQuestion):
            if self._lists is None:
                self._lists = PackagedLists(clock=self._clock)
            return self._lists.exchange((request,), within=within)[0]
        msg = f"zone data answers DNS and list questions only, not {type(request).__name__}"
        raise TransportError(msg)

    def observe(
        self, query: DnsQuery, raw: bytes, *, failure: Failure | None = None, sent: datetime | None = None
    ) -> DnsObservation:
        """The observation of a message."""
        now = self._clock()
        if failure is None and len(raw) > 65535:
            failure, raw = Failure.TOO_LARGE, b""
        return DnsObservation(
            request=query,
            vantage=self._vantage,
            sent=sent or now,
            received=now,
            failure=failure,
            server=self.server,
            port=0,
            transport="udp" if len(raw) <= 1232 else "tcp",
            attempts=1,
            raw=raw,
        )

    def message(self, query: DnsQuery, reply: Reply) -> bytes:
        """A reply as a DNS message."""
        flags = 0x81A0 if reply.authentic and self._validates else 0x8180
        return build_response(
            query.name.wire,
            query.rdtype,
            rcode=reply.rcode,
            answer=reply.answer,
            authority=reply.authority,
            flags=flags,
        )

    def reply(self, query: DnsQuery) -> Reply:
        """What the zones hold for a question, aliases followed as by a resolver (RFC 1034 §4.3.2, RFC 6672)."""
        here = query.name.wire
        answer: list[_Wire] = []
        authentic = True
        visited: set[bytes] = set()
        if query.name.wire == b"\0" and query.rdtype == SOA:
            # The root's own SOA is what a validating resolver is known by, whatever the zones below it are.
            return Reply(answer=(self._zones[b"\0"].soa(),), authentic=True)
        while True:
            zone = self._zone_of(here, query.rdtype)
            if zone.status == "bogus" and query.role != "cd":
                return Reply(rcode=2)
            if zone.delegates(here, query.rdtype) or not self.covers(here):
                # Others hold this name, by what the data says or by its silence: nothing is known of it.
                return Reply(rcode=5, answer=tuple(answer))
            authentic = authentic and zone.status == "secure"
            visited.add(here)
            owner: bytes | None = here if here in zone.nodes else zone.wildcard(here)
            found = zone.rrset(owner, query.rdtype, here) if owner else ()
            if found:
                answer += found
                return Reply(answer=tuple(answer), authentic=authentic)
            target = None
            if owner is not None and query.rdtype != CNAME and (links := zone.rrset(owner, CNAME, here)):
                answer.append(links[0])
                target = links[0][3]
            elif owner is None or owner != here:
                redirected = self._redirected(zone, here)
                if isinstance(redirected, bytes):
                    return Reply(rcode=6, answer=tuple(answer))
                if redirected is not None:
                    record, target = redirected
                    answer += [record, (here, CNAME, record[2], target)]
            if target is None:
                authority = (zone.soa(), *self._denial(zone, here, query.rdtype))
                rcode = 0 if owner is not None else 3
                return Reply(rcode=rcode, answer=tuple(answer), authority=authority, authentic=authentic)
            here = DnsName(target).wire
            if here in visited or len(visited) > _MOST_ALIASES:
                return Reply(answer=tuple(answer), authentic=authentic)

    def _redirected(self, zone: _Zone, name: bytes) -> tuple[_Wire, bytes] | bytes | None:
        """The DNAME above a name and the name it makes; empty when that is too long (RFC 6672 §2.2)."""
        at = 0
        while len(name) - at > len(zone.apex):
            at += name[at] + 1
            for record in zone.rrset(name[at:], DNAME):
                target = name[:at] + record[3]
                return (record, target) if len(target) <= 255 else b""
        return None

    def _denial(self, zone: _Zone, name: bytes, rdtype: int) -> tuple[_Wire, ...]:
        """The NSEC record that a signed parent gives for DS at an unsigned delegation (RFC 4035 §3.1.4.1)."""
        if rdtype != DS or name not in self._zones or zone.status != "secure":
            return ()
        if self._zones[name].status == "secure":
            return ()
        return ((name, NSEC, 300, b"\x01\0" + name + _NSEC_TYPES),) if len(name) < 253 else ()
