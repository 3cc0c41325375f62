"""What kind of damage a chain has, told from the first record that does not fit and from those that follow. Pure.

A record *fits* when its own hash and payload digest hold and it carries the log id, the number, the link and the link
to the seal that the record before it leads to. The first that does not fit is judged as far as the data allow. `g` is
the last record that fitted, `e` and `p` the number and the link expected, `r` the record that does not fit, `n` the
line after it:

| r | told by | damage | named |
| --- | --- | --- | --- |
| is no record, or its own hash or payload digest does not hold | n has number e and links to p | inserted | r |
| | else | edited (no record at all and nothing after it: unreadable) | r |
| carries another log id | | foreign | r |
| number above e | a later record has number e and links to p; r's number is seen once | reordered | r |
| | the same, and r comes again later | duplicated (a copy set too early) | r |
| | the same, and another record with r's number comes later | inserted | r |
| | else, r being the first line of a named file | missing-file | r |
| | else | deleted | r |
| number below e | the record with that number, within the last 16,384, is r | duplicated | r |
| | r has the number and the link of g, and n links to r | inserted | g |
| | else (also a copy of a record further back) | inserted | r |
| number e, link is not p | n has number e and links to p | inserted | r |
| | n has number e+1 and does not link to r | replaced (edited and hashed again) | r |
| | else | replaced | g, or r where there is no g |
| number and link right, link to the seal wrong | | edited (the seal of g) | g |

Two more kinds need knowledge from outside: *truncated* (a head, or the caller's count, says that more records exist)
and *rechained* (the record at the head's number has another hash). *seal* is a seal that does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import attrs

from pkicheck.chainlog._record import RawRecord
from pkicheck.chainlog._values import genesis

__all__ = ["Damage", "FirstBad", "Place", "Suspect"]


class Damage(Enum):
    """What happened to a chain, as far as its data tell."""

    UNREADABLE = "unreadable"
    EDITED = "edited"
    REPLACED = "replaced"
    DELETED = "deleted"
    INSERTED = "inserted"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    FOREIGN = "foreign"
    MISSING_FILE = "missing-file"
    TRUNCATED = "truncated"
    RECHAINED = "rechained"
    SEAL = "seal"


_WORDS = {
    Damage.UNREADABLE: "this line is no record",
    Damage.EDITED: "this record was edited",
    Damage.REPLACED: "this record is not the one that its neighbours were chained to: it was edited and hashed again",
    Damage.DELETED: "records were deleted before this one",
    Damage.INSERTED: "this record does not belong to the chain: it was inserted",
    Damage.DUPLICATED: "this record is a copy of another one",
    Damage.REORDERED: "records were reordered from here on",
    Damage.FOREIGN: "this record belongs to another log",
    Damage.MISSING_FILE: (
        "records are missing where this file begins: another file was not given, or the edge of one was cut"
    ),
    Damage.TRUNCATED: "the end of the log was cut off here",
    Damage.RECHAINED: "this record, or one before it, was changed and all that follow were chained again",
    Damage.SEAL: "the seal of this record does not hold, or is by a key that was not given",
}


@attrs.frozen
class Place:
    """Where a line stands.

    Attributes:
        file: the name of the file, empty for an unnamed stream.
        index: counted from 0 over all files.
        line: counted from 1 in its file.
        offset: in bytes in its file.
    """

    file: str
    index: int
    line: int
    offset: int

    def __str__(self) -> str:
        prefix = f"{self.file}: " if self.file else ""
        return f"{prefix}record {self.index} (line {self.line}, byte {self.offset})"


@attrs.frozen(kw_only=True)
class FirstBad:
    """The first bad record of a broken chain.

    Attributes:
        damage: what happened, as far as the data tell.
        place: where.
        sequence: the number that a record at this place must have.
        expected: what the chain, the head or the seal demands here.
        missing: first and last number of the records that are not there; None when none is known to be missing.
        saw: what is there.
        after: the file before a gap between files, else empty.
    """

    damage: Damage
    place: Place
    sequence: int
    expected: str
    missing: tuple[int, int] | None = None
    saw: str = ""
    after: str = ""

    @property
    def message(self) -> str:
        """One sentence for people: never compared, never stored as truth."""
        text = f"{self.place}: {_WORDS[self.damage]}; expected {self.expected}"
        if self.saw:
            text += f", saw {self.saw}"
        if self.missing is not None:
            first, last = self.missing
            text += f"; missing {first}" if first == last else f"; missing {first} to {last}"
        if self.after:
            text += f", after {self.after}"
        return text


class Suspect:
    """The first record that does not fit, and what later records tell about it. Memory is constant."""

    def __init__(
        self,
        bad: RawRecord | None,
        place: Place,
        *,
        good: tuple[RawRecord, Place] | None,
        log: bytes,
        sequence: int,
        previous: bytes,
        earlier: Sequence[bytes],
        between: str | None,
    ) -> None:
        """Judge `bad` by what came before.

        Args:
            bad: the record that does not fit, None when the line is no record.
            place: its place.
            good: the last record that fitted and its place, None when none did.
            log: the id of the log.
            sequence: the number expected.
            previous: the link expected; empty when the log is not known yet.
            earlier: hashes of the last records that fitted, newest last.
            between: the file before, when `bad` is the first line of a later file, else None.
        """
        self._bad, self._place = bad, place
        self._good = None if good is None else good[0]
        self._good_place = place if good is None else good[1]
        self._sequence, self._previous = sequence, previous
        self._between = between or ""
        self._first = True
        self._gap = False
        self._blame_good = False
        if bad is None:
            self._damage = Damage.UNREADABLE
        elif not bad.holds:
            self._damage = Damage.EDITED
        elif bad.log != log:
            self._damage = Damage.FOREIGN
        elif bad.sequence > sequence:
            self._damage = Damage.DELETED if between is None else Damage.MISSING_FILE
            self._gap = True
        elif bad.sequence < sequence:
            back = sequence - bad.sequence
            same = back <= len(earlier) and earlier[-back] == bad.hash
            self._damage = Damage.DUPLICATED if same else Damage.INSERTED
        elif bad.previous != previous:
            self._damage = Damage.REPLACED
            self._blame_good = True
        else:
            self._damage = Damage.EDITED
            self._blame_good = True

    def look(self, record: RawRecord | None) -> None:
        """Take in a later line; None when it is no record."""
        first, self._first = self._first, False
        if record is None or not record.holds:
            return
        # Nobody has told the log, and the first line did not: a record that holds does.
        self._previous = self._previous or genesis(record.log.decode()).encode()
        belongs = record.sequence == self._sequence and record.previous == self._previous
        if self._gap:
            self._look_late(record, belongs=belongs)
        elif first:
            self._look_next(record, belongs=belongs)

    def _look_late(self, record: RawRecord, *, belongs: bool) -> None:
        assert self._bad is not None
        if belongs:
            self._damage = Damage.REORDERED
        elif self._damage is Damage.REORDERED and record.sequence == self._bad.sequence:
            self._gap = False
            self._damage = Damage.DUPLICATED if record.hash == self._bad.hash else Damage.INSERTED

    def _look_next(self, record: RawRecord, *, belongs: bool) -> None:
        bad, good = self._bad, self._good
        follows = record.sequence == self._sequence + 1
        if bad is None:
            if belongs:
                self._damage = Damage.INSERTED
            elif follows:
                self._damage = Damage.EDITED
        elif self._damage is Damage.EDITED and not self._blame_good:
            if belongs:
                self._damage = Damage.INSERTED
        elif self._damage is Damage.REPLACED:
            if belongs:
                self._damage, self._blame_good = Damage.INSERTED, False
            elif follows and record.previous != bad.hash:
                self._blame_good = False
        elif self._damage is Damage.INSERTED:
            fork = good is not None and (good.sequence, good.previous) == (bad.sequence, bad.previous)
            self._blame_good = fork and record.sequence == self._sequence and record.previous == bad.hash

    def told(self) -> FirstBad:
        """The judgement after all records have been looked at."""
        bad = self._bad
        missing = None
        expected, saw = f"number {self._sequence}", ""
        if self._previous:
            expected += f" linked to {self._previous.decode()}"
        if bad is not None:
            saw = f"number {bad.sequence} linked to {bad.previous.decode()} in log {bad.log.decode()}"
            if not bad.holds:
                expected, saw = "content that gives its hash and its digest", "other content"
            elif self._blame_good:
                expected, saw = f"what record {bad.sequence} of the file was chained to", "another hash or seal"
            elif self._damage in {Damage.DELETED, Damage.MISSING_FILE}:
                missing = self._sequence, bad.sequence - 1
        return FirstBad(
            damage=self._damage,
            place=self._good_place if self._blame_good else self._place,
            sequence=self._sequence - 1 if self._blame_good and self._good is not None else self._sequence,
            missing=missing,
            expected=expected,
            saw=saw,
            after=self._between if self._damage is Damage.MISSING_FILE else "",
        )
