"""JSON records one by one out of a stream: of an array under a name, of a bare array, or of lines.

    document = "{" name ":" "[" record *( "," record ) "]" "}" / "[" record *( "," record ) "]" / *( record LF )

Several documents may follow each other. The records are parsed where they lie, so memory holds one of them at a time. A
record that is no JSON is located, and reading goes on with the next one that can be found.

The octets are read as Latin-1 to keep offsets exact; `text` gives what a string of the record says.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TypeAlias, TypeVar, cast

import attrs

from pkicheck.canon import parse_time
from pkicheck.errors import InputError
from pkicheck.hsmlog.readers._base import Base, LogReader, LogRecord

__all__ = ["Json", "JsonBase", "JsonReader", "inside", "moment", "text"]

Json: TypeAlias = Mapping[str, object]
"""A record."""

_LARGEST: Final = 1024 * 1024
_STEP: Final = 64 * 1024
_BETWEEN: Final = re.compile(r"[\s,]*")
_OPEN: Final = re.compile(r'\{\s*"(?:Records|records|logFiles|entries|value)"\s*:\s*\[|\[')
# In what kind of document: a bare array, an array under a name, behind the end of the latter.
_BARE: Final = 1
_NAMED: Final = 2
_CLOSED: Final = 3
_NEXT: Final = re.compile(r"\}\s{0,16},\s{0,16}(?=\{)|\n(?=\{)")
# What may still become a whole mark of an opening or of a next record.
_MARK: Final = 64
_RECORD: Final = json.JSONDecoder()


def text(value: object) -> str:
    """A string of a record, as UTF-8; empty when it is no string."""
    if not isinstance(value, str):
        return ""
    try:
        return value.encode("latin-1").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return value.encode("ascii", "backslashreplace").decode("ascii")


def inside(record: object, *path: str) -> object:
    """What stands at a path of names; None when nothing does. Without a path: the record, if it is an object."""
    found: object = record if isinstance(record, dict) else None  # pyright: ignore[reportUnknownVariableType]
    for name in path:
        found = cast("dict[str, object]", found).get(name) if isinstance(found, dict) else None
    return found  # pyright: ignore[reportUnknownVariableType] - foreign JSON


def moment(value: object) -> datetime | None:
    """An RFC 3339 time; None when it is none. Digits below the microsecond (Google has nine) are cut off."""
    given = text(value)
    head, dot, rest = given.partition(".")
    if dot:
        count = len(rest) - len(rest.lstrip("0123456789"))
        given = f"{head}.{rest[: min(count, 6)]}{rest[count:]}"
    try:
        return parse_time(given)
    except InputError:
        return None


@attrs.define(kw_only=True)
class JsonBase(Base):
    """What a reader of JSON remembers.

    Attributes:
        rest: the octets of a record that is not complete.
        start: where they begin.
        wait: no new attempt before there are so many of them.
        lost: the record at `start` is no JSON; its end is looked for.
        open: the kind of the document that is not closed; 0: none.
        ids: identities of the last records, so that repeats are counted once.
    """

    rest: bytes = b""
    start: int = 0
    wait: int = 0
    lost: bool = False
    open: int = 0
    ids: dict[str, int] = attrs.field(factory=dict[str, int])


_S = TypeVar("_S", bound=JsonBase)
_REMEMBERED: Final = 10_000


class JsonReader(LogReader[_S]):
    """A reader of a log whose records are JSON objects."""

    @abstractmethod
    def _take(self, record: Json, offset: int) -> LogRecord | None:
        """What one record says; None when it is no use of a key."""

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log."""
        self.state.counts.octets += len(data)
        self.state.rest += data
        if len(self.state.rest) >= self.state.wait:
            yield from self._read(last=False)

    def finish(self) -> Iterator[LogRecord]:
        """The log ends here."""
        yield from self._read(last=True)
        if self.state.open:
            self.state.counts.gap("cut", self.state.counts.octets, "the end of the document")

    def _read(self, *, last: bool) -> list[LogRecord]:
        state = self.state
        buffer = state.rest.decode("latin-1")
        at, base, size = 0, state.start, len(buffer)
        found: list[LogRecord] = []
        state.wait = 0
        while True:
            if state.lost:
                match = _NEXT.search(buffer, at)
                if match is None:
                    at = size if last else max(at, size - _MARK)
                    break
                at, state.lost = match.end(), False
            at = cast("re.Match[str]", _BETWEEN.match(buffer, at)).end()
            if at == size or (size - at < _MARK and not last):
                break
            step = self._bracket(buffer, at)
            if step:
                at += step
                continue
            record, end = self._decode(buffer, at, last=last)
            if end < 0:
                state.wait = max(2 * (size - at), _STEP)
                break
            state.counts.records += 1
            place = base + at
            if record is None:
                state.lost = True
                at += 1
                found.append(self._unreadable(place, "a JSON object"))
                continue
            at = end
            told = self._take(record, place)
            if told is None:
                state.counts.passed += 1
            else:
                found.append(told)
        state.rest = buffer[at:].encode("latin-1")
        state.start = base + at
        return found

    def _bracket(self, buffer: str, at: int) -> int:
        """How many characters open or close a document here; 0: none do."""
        state = self.state
        if state.open in (_BARE, _NAMED) and buffer[at] == "]":
            state.open = _CLOSED if state.open == _NAMED else 0
            return 1
        if state.open == _CLOSED:
            state.open = 0
            if buffer[at] == "}":
                return 1
        if state.open == 0 and (match := _OPEN.match(buffer, at)):
            state.open = _NAMED if buffer[at] == "{" else _BARE
            return match.end() - at
        return 0

    def _decode(self, buffer: str, at: int, *, last: bool) -> tuple[Json | None, int]:
        """The record at a place and its end: None is no record, an end of -1 says that it is not complete yet."""
        try:
            record, end = _RECORD.raw_decode(buffer, at)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(buffer) - _MARK or error.msg.startswith("Unterminated string")
            return None, -1 if cut and not last and len(buffer) - at <= _LARGEST else at
        except RecursionError:
            return None, at
        if end - at > _LARGEST or not isinstance(record, dict):
            return None, at
        return cast("Json", record), end

    def _repeated(self, identity: str) -> bool:
        """Whether a record of this identity was there lately."""
        ids = self.state.ids
        if identity in ids:
            self.state.counts.overlaps += 1
            return True
        ids[identity] = 1
        if len(ids) > _REMEMBERED:
            del ids[next(iter(ids))]
        return False
