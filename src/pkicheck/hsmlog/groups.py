"""Matching one content: the operations that were given it against the objects that have it (pure)."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable

from pkicheck.hsmlog.counting import CountKey, count_object
from pkicheck.hsmlog.keyring import UNKNOWN
from pkicheck.hsmlog.packed import ZERO, sample_number
from pkicheck.hsmlog.parts import Grade, Left, Partial, Rules, What
from pkicheck.hsmlog.rows import NO_TIME, Flag, Row

__all__ = ["Tally", "in_order", "match_group"]


class Tally:
    """What a part comes to, while it is matched."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.pairs: Counter[tuple[Grade, str]] = Counter()
        self.lefts: list[Left] = []
        self.clocks: list[tuple[int, int, int]] = []
        self.counts: Counter[CountKey] = Counter()
        self.outside = 0
        self.repeats = 0
        self.taken: list[Row] = []
        self.proved: set[tuple[int, int]] = set()

    def left(self, what: What, row: Row, other: Row | None = None) -> None:
        """Something left over, unless it needs no explanation here."""
        if row.flags & (Flag.OUTSIDE | Flag.SETTLED):
            self.outside += 1
        else:
            self.lefts.append(Left(what, row, other))

    def once(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in a fixed order, each record once: two rows with one uid are one record that was read twice."""
        found: dict[bytes, Row] = {}
        for each in sorted(rows, key=in_order):
            known = found.get(each.uid)
            if known is not None:
                self.repeats += 1
            # What the cursor carried has to be explained in any case, even when it now lies outside the window.
            if known is None or each.has(Flag.CARRIED):
                found[each.uid] = each
        return list(found.values())

    def pair(self, grade: Grade, event: Row, this: Row) -> None:
        """An operation and the object that it made."""
        self.pairs[grade, this.kind] += 1
        old = (event.flags | this.flags) & (Flag.CARRIED | Flag.EXPECTED)
        fresh = NO_TIME not in {event.time, this.time} and not old
        if fresh and sample_number(event.key) < self._rules.sample:
            self.clocks.append((event.source, this.source, this.time - event.time))
        if event.issuer == UNKNOWN and not event.has(Flag.CARRIED):
            self.proved.add((this.issuer, event.source))
        # Evidence that came to be after the signature explains nothing (L10); NO_TIME lies before everything.
        if event.time != NO_TIME and this.extra > event.time:
            self.left("evidence-late", this, event)

    def missing(self, this: Row) -> None:
        """An object without an operation: only counted where the logs of its key can only be counted."""
        if this.issuer in self._rules.counted:
            count_object(self.counts, this)
        else:
            self.left("no-precertificate-operation" if this.has(Flag.REBUILT) else "no-operation", this)

    def partial(self, number: int) -> Partial:
        """All of it, in a fixed order."""
        self.lefts.sort(key=lambda each: (each.what, each.row.key, in_order(each.row)))
        kept: list[Left] = []
        seen: Counter[What] = Counter()
        for each in self.lefts:
            seen[each.what] += 1
            if seen[each.what] <= self._rules.most:
                kept.append(each)
        most = self._rules.most
        return Partial(
            number=number,
            pairs=tuple(sorted(self.pairs.items())),
            lefts=tuple(kept),
            more=tuple(sorted((what, count - most) for what, count in seen.items() if count > most)),
            counts=tuple(sorted(self.counts.items())),
            clocks=tuple(sorted(self.clocks)),
            outside=self.outside,
            repeats=self.repeats,
            taken=tuple(self.taken),
            proved=tuple(sorted(self.proved)),
        )


def in_order(row: Row) -> tuple[int, bytes, int]:
    """The order of rows: what a row says, before where it stands: the order of sources must not matter."""
    return row.time, row.uid, row.place


def _content_grade(event: Row, this: Row) -> Grade:
    if this.has(Flag.REBUILT):
        return "rebuilt"
    if event.signature == this.signature != ZERO:
        return "signature"
    return "recovered" if event.has(Flag.RECOVERED) else "digest"


def _distinct(objects: list[Row], tally: Tally) -> tuple[list[Row], list[Row]]:
    """The objects of one content that each need an operation, and the expectations.

    Copies of one object are one; a twin or a rebuilt precertificate stands in where nothing better has the content.
    """
    real: dict[bytes, Row] = {}
    stand_ins: list[Row] = []
    expected: list[Row] = []
    for each in objects:
        if each.has(Flag.EXPECTED):
            expected.append(each)
        elif each.flags & (Flag.REBUILT | Flag.TWIN):
            stand_ins.append(each)
        elif each.signature in real:
            tally.left("object-twice", each, real[each.signature])
        else:
            real[each.signature] = each
    stand_ins.sort(key=lambda each: each.has(Flag.REBUILT))
    return list(real.values()) or stand_ins[:1], expected


class _Pool:
    """The operations of one content that are still free, in their order, by issuer key and signature."""

    def __init__(self, events: Iterable[Row]) -> None:
        self._held: dict[int, dict[bytes, deque[Row]]] = {}
        for each in events:
            self._held.setdefault(each.issuer, {}).setdefault(each.signature, deque()).append(each)

    def _take(self, issuer: int, signature: bytes | None) -> Row | None:
        held = self._held.get(issuer)
        if not held:
            return None
        if signature is None:
            signature = ZERO if ZERO in held else next(iter(held))
        queue = held.get(signature)
        if queue is None:
            return None
        found = queue.popleft()
        if not queue:
            del held[signature]
        return found

    def take(self, this: Row, *, equal: bool) -> Row | None:
        """An operation for an object: of its key, or of a key that is not known.

        Args:
            this: the object.
            equal: the signatures must be equal; otherwise one of the two must be unknown.
        """
        if equal and this.signature == ZERO:
            return None
        wanted = this.signature if equal else None if this.signature == ZERO else ZERO
        issuers = sorted(self._held) if this.issuer == UNKNOWN else (this.issuer, UNKNOWN)
        return next((found for each in issuers if (found := self._take(each, wanted)) is not None), None)

    def rest(self) -> list[Row]:
        """What is still free, in order."""
        return sorted((row for held in self._held.values() for queue in held.values() for row in queue), key=in_order)


def _match_expected(expected: list[Row], events: list[Row], tally: Tally) -> list[Row]:
    """Announced operations, each in its window, the one that ends first first; what is left of the operations."""
    for issuer in sorted({each.issuer for each in expected}):
        coming = deque(sorted((each for each in expected if each.issuer == issuer), key=in_order))
        active: list[tuple[int, bytes, Row]] = []
        left: list[Row] = []
        for event in events:
            while coming and coming[0].time <= event.time:
                begun = coming.popleft()
                heapq.heappush(active, (begun.extra, begun.uid, begun))
            while active and active[0][0] <= event.time:
                tally.left("expectation-unmet", heapq.heappop(active)[2])
            if active and event.issuer in {issuer, UNKNOWN}:
                tally.pair("expected", event, heapq.heappop(active)[2]._replace(extra=NO_TIME))
            else:
                left.append(event)
        for each in (*(row for _, _, row in active), *coming):
            tally.left("expectation-unmet", each)
        events = left
    return events


def match_group(events: list[Row], objects: list[Row], taken: dict[int, list[Row]], tally: Tally) -> None:
    """One content: the operations that were given it, and the objects that have it."""
    takers: dict[bytes, list[Row]] = {}
    for each in objects:
        # A rebuilt precertificate stands at the place of its certificate, which is another object.
        if not each.has(Flag.REBUILT):
            takers.setdefault(each.signature, []).extend(taken.get(each.place, ()))
    known, expected = _distinct(tally.once(objects), tally)
    free: list[Row] = []
    for each in known:
        first, *late = takers.get(each.signature) or (None,)
        if first is None:
            free.append(each)
            continue
        tally.pair("prefix" if first.has(Flag.PREFIX) else "signature", first, each)
        for row in late:
            tally.left("taken-twice", row, each)
    pool = _Pool(tally.once(events))
    # Equal signatures first, then equal content.
    for equal in (True, False):
        missing: list[Row] = []
        for this in free:
            event = pool.take(this, equal=equal)
            if event is None:
                missing.append(this)
            else:
                tally.pair(_content_grade(event, this), event, this)
        free = missing
    owner = {each.issuer: each for each in reversed(known)}
    for event in _match_expected(expected, pool.rest(), tally):
        same = owner.get(event.issuer, known[0] if known and UNKNOWN in {event.issuer, *owner} else None)
        if same is not None:
            tally.left("repeated", event, same)
        elif known:
            tally.left("key-differs", event, known[0])
        else:
            tally.left("unknown-outcome" if event.has(Flag.UNKNOWN) else "unexplained", event)
    for this in free:
        tally.missing(this)
