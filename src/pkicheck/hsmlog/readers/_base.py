"""What all readers share: parts in, records out, a cursor between, a report at the end.

    reader = SpyReader(LogName(source=digest, name="hsm-a.log"))
    for part in parts:                  # any cut of the log, in order
        for record in reader.feed(part): ...
    for record in reader.finish(): ...  # what the end of the log leaves open
    reader.report()

`cursor()` before `finish()` is where the next run goes on. A `LogSource` wraps all that for `reconcile`.

Every record is counted once: `records = events + key events + passed over + unreadable`. Passed over are the records
that were understood and tell of no use of a key.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, cast

import attrs

from pkicheck.canon import Sha256
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Gap, Integrity, KeyEvent, Locator, SigningEvent, SourceReport, Unreadable
from pkicheck.hsmlog.readers._cursor import dump, load, prepare

__all__ = ["Base", "Counts", "Lines", "LogName", "LogReader", "LogRecord", "LogSource"]

LogRecord: TypeAlias = SigningEvent | KeyEvent | Unreadable
"""What a reader of a log gives out."""

# A hostile log must not make its report grow without bound: further ones are counted.
_MOST_LISTED: Final = 1000


@attrs.frozen(kw_only=True)
class LogName:
    """Which log is read.

    Attributes:
        source: SHA-256 of the input as it lies in the store.
        name: what the caller calls the log. It stays the same when the log grows: identities of events hang on it.
        covers: the stretches of time that the log answers for, as the caller declares them.
        keys: the names of the keys that it covers, as the log calls them; empty: all of its tokens.
    """

    source: Sha256
    name: str
    covers: tuple[tuple[datetime, datetime], ...] = ()
    keys: tuple[str, ...] = ()


@attrs.define
class Counts:
    """What was counted so far.

    Attributes:
        octets: octets fed.
        records, events, key_events, passed, unreadable: see the module.
        other: further counters by name.
        gaps: what is missing: why, first, last.
        broken: where the protection of the records does not hold.
        overlaps: records that stood there more than once.
        more: gaps and breaks that were counted only.
    """

    octets: int = 0
    records: int = 0
    events: int = 0
    key_events: int = 0
    passed: int = 0
    unreadable: int = 0
    other: dict[str, int] = attrs.field(factory=dict[str, int])
    gaps: list[list[str]] = attrs.field(factory=list[list[str]])
    broken: list[str] = attrs.field(factory=list[str])
    overlaps: int = 0
    more: int = 0

    def note(self, name: str, by: int = 1) -> None:
        """Count something that has a name."""
        self.other[name] = self.other.get(name, 0) + by

    def gap(self, why: str, first: object, last: object) -> None:
        """Something is missing."""
        if len(self.gaps) < _MOST_LISTED:
            self.gaps.append([why, str(first), str(last)])
        else:
            self.more += 1

    def breaks(self, where: str) -> None:
        """The protection does not hold at this place."""
        if len(self.broken) < _MOST_LISTED:
            self.broken.append(where)
        else:
            self.more += 1


@attrs.define
class Lines:
    """Cuts octets into records at a separator. The cut of the input does not show in the records.

    Attributes:
        start: the offset at which the record begins that is not complete yet.
        pieces: its octets.
        held: how many they are.
        gone: how many of its octets were let go of, because it is longer than allowed.
    """

    start: int = 0
    pieces: list[bytes] = attrs.field(factory=list[bytes])
    held: int = 0
    gone: int = 0

    def cut(self, data: bytes, separator: bytes, largest: int) -> Iterator[tuple[int, bytes | None]]:
        """The complete records with their offsets; None stands for one that is longer than `largest`."""
        if not data:
            return
        size = len(separator)
        before = self.pieces[-1][1 - size :] if self.pieces and size > 1 else b""
        if separator in (before + data if before else data):
            parts = b"".join([*self.pieces, data]).split(separator)
            rest = parts.pop()
            start, gone = self.start, self.gone
            # Complete before the first record is given out: whoever stops there may go on later.
            self.pieces, self.held, self.gone = ([rest] if rest else []), len(rest), 0
            self.start += gone + sum(map(len, parts)) + size * len(parts)
            for part in parts:
                yield start, None if gone or len(part) > largest else part
                start += gone + len(part) + size
                gone = 0
        else:
            self.pieces.append(data)
            self.held += len(data)
        # One octet less than a separator stays: it may be the first part of one.
        if self.held - size >= largest:
            keep = b"".join(self.pieces)[self.held - size + 1 :] if size > 1 else b""
            self.gone += self.held - len(keep)
            self.pieces, self.held = ([keep] if keep else []), len(keep)

    def rest(self) -> tuple[int, bytes | None] | None:
        """What stands behind the last separator; None when nothing does."""
        if self.gone:
            return self.start, None
        return (self.start, b"".join(self.pieces)) if self.held else None


_S = TypeVar("_S", bound="Base")


@attrs.define(kw_only=True)
class Base:
    """The part of its state that every reader has."""

    counts: Counts = attrs.field(factory=Counts)
    lines: Lines = attrs.field(factory=Lines)


class LogReader(ABC, Generic[_S]):
    """A grammar at work.

    Args:
        log: which log.
        cursor: where an earlier reader of the same grammar and the same log stopped; empty: at the beginning.

    Raises:
        InputError: a cursor of something else.
    """

    form: ClassVar[str]
    """The name of the grammar, as `--log FILE:FORMAT` takes it."""

    kind: ClassVar[type[Base]]
    """The class of its state."""

    integrity: Integrity = "none"
    holds_signatures: ClassVar[bool] = True
    zone: str = "UTC"

    def __init_subclass__(cls) -> None:
        """Resolve the types of its state at import: later, a decision would compile text."""
        super().__init_subclass__()
        if "kind" in vars(cls):
            prepare(cls.kind)

    def __init__(self, log: LogName, *, cursor: bytes = b"") -> None:
        self.log = log
        self.state = cast("_S", load(self.form, self.kind, cursor) if cursor else self.kind())

    @abstractmethod
    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log, and give the records that they complete. Exhaust it before the next call."""

    @abstractmethod
    def finish(self) -> Iterator[LogRecord]:
        """The log ends here: give what is still open."""

    def cursor(self) -> bytes:
        """Where the next reader goes on. Taken before `finish`, which closes what the next part may complete."""
        return dump(self.form, self.state)

    def report(self) -> SourceReport:
        """What was read, and what it is worth."""
        counts = self.state.counts
        notes = {
            "key-events": str(counts.key_events),
            "passed-over": str(counts.passed),
            **{name: str(count) for name, count in sorted(counts.other.items())},
            **({"not-listed": str(counts.more)} if counts.more else {}),
        }
        return SourceReport(
            source=self.log.source,
            name=self.log.name,
            format=self.form,
            octets=counts.octets,
            records=counts.records,
            events=counts.events,
            unreadable=counts.unreadable,
            integrity=self.integrity,
            broken=tuple(counts.broken),
            holds_signatures=self.holds_signatures,
            gaps=tuple(Gap(why=why, first=first, last=last) for why, first, last in counts.gaps),
            overlaps=counts.overlaps,
            keys=self.log.keys,
            covers=self.log.covers,
            zone=self.zone,
            notes=tuple(sorted(notes.items())),
        )

    def _at(self, offset: int, sequence: int | None = None) -> Locator:
        return Locator(source=self.log.source, offset=offset, sequence=sequence)

    def _unreadable(self, offset: int, why: str, sequence: int | None = None, *, certain: bool = False) -> Unreadable:
        self.state.counts.unreadable += 1
        return Unreadable(locator=self._at(offset, sequence), why=why, certain=certain)


class LogSource:
    """A log as `reconcile` takes it: each pass reads it anew from its parts.

    Args:
        parts: gives the octets of the log from its beginning (or from the cursor on), in any pieces.
        reader: makes the reader of a pass.
    """

    def __init__(self, parts: Callable[[], Iterable[bytes]], reader: Callable[[], LogReader[Any]]) -> None:
        self._parts, self._reader = parts, reader
        self._report: SourceReport | None = None
        self._cursor = b""

    def __iter__(self) -> Iterator[LogRecord]:
        """The records of the log, in its order."""
        reader = self._reader()
        for part in self._parts():
            yield from reader.feed(part)
        self._cursor = reader.cursor()
        yield from reader.finish()
        self._report = reader.report()

    def report(self) -> SourceReport:
        """What the last complete pass found.

        Raises:
            InputError: the log was not read to its end.
        """
        if self._report is None:
            msg = "report: the log was not read to its end yet"
            raise InputError(msg)
        return self._report

    def cursor(self) -> bytes:
        """Where the next run goes on, after the last complete pass; empty before it."""
        return self._cursor
