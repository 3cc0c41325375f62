"""The exceptions, looked at one by one: a second pass over the sources builds just these records again (pure).

Here an object gets its second try (another hash of the same length, the poison at another place), a pair is compared
octet for octet, announced numbers of operations are subtracted, and each exception gets what people need to act on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

import attrs

from pkicheck.canon import JsonValue
from pkicheck.der import DerError
from pkicheck.hsmlog.describe import describe_event, describe_object
from pkicheck.hsmlog.keyring import UNKNOWN
from pkicheck.hsmlog.ledger import CrlEntry, Ledger, Notice
from pkicheck.hsmlog.matching import Left
from pkicheck.hsmlog.model import Expectation, KeyEvent, SignedObject, SigningEvent, Source, Unreadable
from pkicheck.hsmlog.objects import second_digests
from pkicheck.hsmlog.reducing import Reduced
from pkicheck.hsmlog.rows import NO_TIME, Flag, Row, micros, moment, place
from pkicheck.hsmlog.splitting import Job, record_uid
from pkicheck.hsmlog.values import message_digest
from pkicheck.pairs import precertificate_tbs

__all__ = ["CARRIED", "Item", "Settled", "settle"]

CARRIED: Final = 0xFFFF
"""The number of the source of what the cursor carried over."""

_Record = SigningEvent | SignedObject | KeyEvent
_Sources = Sequence[Source[SigningEvent | KeyEvent] | Source[SignedObject]]
_NO_OBJECT: Final = frozenset({"unexplained", "unknown-outcome"})
_NO_OPERATION: Final = frozenset({"no-operation", "no-precertificate-operation"})


@attrs.frozen(kw_only=True)
class Item:
    """One exception.

    Attributes:
        what: what it is, by name.
        id: stable: the same in every run that meets it.
        key: the id of the issuer key; empty when it is not known.
        open: so near the edge of the window that the next run settles it.
        details: what is known of the record, and of the one it stands against (`against`).
        row: its row, where it has one.
    """

    what: str
    id: str
    key: str
    open: bool
    details: Mapping[str, JsonValue]
    row: Row | None = None


@attrs.frozen(kw_only=True)
class Settled:
    """The exceptions that stay.

    Attributes:
        items: in a fixed order.
        second: how many pairs needed a second try.
        announced: how many operations were explained by announced numbers.
        changed: how many records were others in the second pass.
    """

    items: tuple[Item, ...]
    second: int
    announced: int
    changed: int


def _id(what: str, *uids: bytes) -> str:
    return hashlib.sha256(what.encode() + b"\0" + b"".join(uids)).hexdigest()[:16]


class _Records:
    """The records at the places asked for."""

    def __init__(self, sources: _Sources, wanted: Collection[int]) -> None:
        self._held: dict[int, _Record] = {}
        self.changed = 0
        numbers = {each >> 48 for each in wanted}
        for number, source in enumerate(sources):
            if number not in numbers:
                continue
            for ordinal, record in enumerate(source):
                at = place(number, ordinal)
                if at in wanted and not isinstance(record, Unreadable):
                    self._held[at] = record

    def of(self, at: int, uid: bytes) -> _Record | None:
        """The record at a place; None when it is another one than in the first pass."""
        found = self._held.get(at)
        if found is None or record_uid(found) != uid:
            self.changed += 1
            return None
        return found


def _described(record: _Record | None) -> dict[str, JsonValue]:
    if isinstance(record, SignedObject):
        return describe_object(record)
    return describe_event(record) if isinstance(record, SigningEvent) else {}


def _candidates(record: _Record | None, row: Row) -> tuple[bytes, ...]:
    """By what else the operation of an object may be found: keys of the stage `content`."""
    if not isinstance(record, SignedObject):
        return ()
    if not row.has(Flag.REBUILT):
        return tuple(value[:32].ljust(32, b"\0") for _, value in second_digests(record))
    try:
        rebuilt = precertificate_tbs(record.der)
    except DerError:
        return ()
    digests = [message_digest(each, record.hash) for each in rebuilt]
    return tuple(each[:32].ljust(32, b"\0") for each in digests if each is not None)


class _Settling:
    """The exceptions of one run, while they are looked at."""

    def __init__(
        self,
        job: Job,
        reduced: Reduced,
        ledger: Ledger,
        sources: _Sources,
        carried: Sequence[Mapping[str, JsonValue]],
        crls: Collection[tuple[str, CrlEntry, CrlEntry]],
    ) -> None:
        self._job = job
        self._carried = carried
        self._lefts = list(reduced.lefts)
        wanted = {each.place for left in reduced.lefts for each in (left.row, left.other) if each is not None}
        wanted |= {place(each.source, each.ordinal) for each in ledger.notices}
        wanted |= {place(each.source, each.ordinal) for _, _, each in crls}
        self.records = _Records(sources, wanted)
        self.second = 0
        self.announced = 0
        self.items: list[Item] = []

    def _record(self, row: Row) -> _Record | None:
        return None if row.source == CARRIED or row.has(Flag.EXPECTED) else self.records.of(row.place, row.uid)

    def _details(self, row: Row) -> dict[str, JsonValue]:
        if row.has(Flag.EXPECTED):
            return {"record": "expectation", "begins": _text(row.time), "ends": _text(row.extra)}
        if row.source == CARRIED:
            return dict(self._carried[row.offset])
        return _described(self._record(row))

    def _key(self, issuer: int) -> str:
        return self._job.ring.keys[issuer].id if issuer < len(self._job.ring.keys) else ""

    def pairs(self) -> None:
        """Compare what differs at the likeliest place of the poison: it may stand at another one."""
        good: set[bytes] = set()
        kept: list[Left] = []
        for left in self._lefts:
            if left.what == "pair-differs" and left.other is not None:
                certificate, precertificate = self._record(left.row), self._record(left.other)
                if isinstance(certificate, SignedObject) and isinstance(precertificate, SignedObject):
                    wanted = (message_digest(precertificate.tbs, certificate.hash) or b"")[:32].ljust(32, b"\0")
                    found = _candidates(certificate, left.row._replace(flags=left.row.flags | Flag.REBUILT))
                    if wanted in found:
                        good.add(found[0])
                        continue
            kept.append(left)
        self.second += len(good)
        self._lefts = [each for each in kept if each.what != "no-precertificate-operation" or each.row.key not in good]

    def second_tries(self) -> None:
        """Pair operations and objects that are left over under another hash, or with the poison elsewhere."""
        free: dict[bytes, list[int]] = {}
        for number, left in enumerate(self._lefts):
            if left.what in _NO_OBJECT:
                free.setdefault(left.row.key, []).append(number)
        gone: set[int] = set()
        for number, left in enumerate(self._lefts):
            if left.what in _NO_OPERATION and free:
                for key in _candidates(self._record(left.row), left.row):
                    if free.get(key):
                        gone |= {number, free[key].pop(0)}
                        self.second += 1
                        break
        self._lefts = [left for number, left in enumerate(self._lefts) if number not in gone]

    def announcements(self, expect: Collection[Expectation]) -> None:
        """Subtract announced numbers of operations from what is unexplained (R025)."""
        begins, ends = (micros(each) for each in self._job.window)
        for each in sorted(expect, key=lambda one: (one.begins, one.ends, one.name, one.key)):
            if each.digest or not begins < micros(each.ends) <= ends:
                continue
            issuer = self._job.ring.index[each.key]
            stretch = range(micros(each.begins), micros(each.ends))
            found: list[Left] = []
            kept: list[Left] = []
            for left in self._lefts:
                own = left.what == "unexplained" and left.row.issuer in {issuer, UNKNOWN}
                (found if own and left.row.time in stretch else kept).append(left)
            self._lefts = kept
            if len(found) == each.count:
                self.announced += each.count
                continue
            details: dict[str, JsonValue] = {
                "record": "expectation",
                "name": each.name[:200],
                "expected": str(each.count),
            }
            details["saw"] = [f"{one.row.key.hex()} at {_text(one.row.time)}" for one in found[:20]]
            details["number"] = len(found)
            what = "expectation-exceeded" if len(found) > each.count else "expectation-unmet"
            uid = f"{each.name} {each.key} {each.begins.isoformat()}".encode()
            self._add(Item(what=what, id=_id(what, uid), key=each.key, open=False, details=details))

    def _add(self, item: Item) -> None:
        self.items.append(item)

    def all_lefts(self) -> None:
        """What is left over after all."""
        for left in self._lefts:
            details = self._details(left.row)
            uids = [left.row.uid]
            if left.other is not None:
                details["against"] = self._details(left.other)
                uids.append(left.other.uid)
            # A rebuilt precertificate has the name of its certificate.
            self._add(
                Item(
                    what=left.what,
                    id=_id(left.what, *uids),
                    key=self._key(left.row.issuer),
                    open=left.row.has(Flag.OPEN) and left.what in _NO_OBJECT | _NO_OPERATION,
                    details=details,
                    row=left.row,
                )
            )

    def notices(self, notices: Collection[Notice]) -> None:
        """What was noticed when a record was read."""
        for each in notices:
            record = self.records.of(place(each.source, each.ordinal), each.uid)
            details = _described(record)
            details["saw"] = list(each.saw)
            issuer = self._job.ring.named(record) if isinstance(record, (SigningEvent, KeyEvent)) else UNKNOWN
            self._add(
                Item(what=each.what, id=_id(each.what, each.uid), key=self._key(issuer), open=False, details=details)
            )

    def crls(self, wrong: Collection[tuple[str, CrlEntry, CrlEntry]]) -> None:
        """What is wrong with the numbers of CRLs."""
        for what, before, after in wrong:
            details = _described(self.records.of(place(after.source, after.ordinal), after.uid))
            details["saw"] = [f"number {before.number:x}, then {after.number:x}"[:200]]
            key, name = self._key(after.issuer), _id(what, before.uid, after.uid)
            self._add(Item(what=what, id=name, key=key, open=False, details=details))


def _crl_numbers(ledger: Ledger) -> list[tuple[str, CrlEntry, CrlEntry]]:
    """CRL numbers in the order of their thisUpdate, scope by scope (RFC 5280 §5.2.3)."""
    found: list[tuple[str, CrlEntry, CrlEntry]] = []
    order = attrgetter("issuer", "scope", "begins", "number", "content", "uid")
    for before, after in pairwise(sorted(ledger.crls, key=order)):
        if (before.issuer, before.scope) != (after.issuer, after.scope) or before.content == after.content:
            continue
        if after.number == before.number:
            found.append(("crl-number-reused", before, after))
        elif after.number < before.number:
            found.append(("crl-number-falls", before, after))
        elif after.number > before.number + 1:
            found.append(("crl-number-gap", before, after))
    return found


def _text(time: int) -> str:
    found = moment(time)
    return "" if found is None else found.isoformat()


def _destructions(job: Job, ledger: Ledger, sources: _Sources) -> list[Item]:
    """Operations of a key after an event that destroyed it (R032)."""
    latest = dict(ledger.latest)
    ends: dict[int, int] = {}
    for issuer, _, _, event in ledger.key_events:
        if event.action == "destroy" and event.outcome != "failed" and event.time is not None and issuer != UNKNOWN:
            ends[issuer] = min(micros(event.time), ends.get(issuer, micros(event.time)))
    ends = {issuer: end for issuer, end in ends.items() if latest.get(issuer, NO_TIME) > end}
    found: list[Item] = []
    if not ends:
        return found
    for each in ledger.sources:
        if each.side != "events":
            continue
        for record in sources[each.number]:
            if not isinstance(record, SigningEvent) or record.outcome == "failed" or record.time is None:
                continue
            issuer = job.ring.named(record)
            if issuer in ends and micros(record.time) > ends[issuer] and len(found) < job.policy.reconcile.most:
                what, uid = "used-after-destruction", record_uid(record)
                key = job.ring.keys[issuer].id
                found.append(Item(what=what, id=_id(what, uid), key=key, open=False, details=describe_event(record)))
    return found


def settle(
    reduced: Reduced,
    ledger: Ledger,
    *,
    job: Job,
    sources: _Sources,
    expect: Collection[Expectation] = (),
    carried: Sequence[Mapping[str, JsonValue]] = (),
) -> Settled:
    """Look at the exceptions.

    Args:
        reduced: what matching came to.
        ledger: what the first pass came to.
        job: the run.
        sources: the sources by their numbers; those with exceptions are read a second time.
        expect: what was announced.
        carried: the details of what the cursor carried over, by its index.
    """
    crls = _crl_numbers(ledger)
    this = _Settling(job, reduced, ledger, sources, carried, crls)
    this.pairs()
    this.second_tries()
    this.announcements(expect)
    this.all_lefts()
    this.notices(ledger.notices)
    this.crls(crls)
    items = {each.id: each for each in reversed((*this.items, *_destructions(job, ledger, sources)))}
    return Settled(
        items=tuple(sorted(items.values(), key=lambda one: (one.what, one.id))),
        second=this.second,
        announced=this.announced,
        changed=this.records.changed,
    )
