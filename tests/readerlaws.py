"""The laws of every reader of logs, shared by the fuzz targets and the tests.

* Any octets give records, and no exception.
* The cut of a log does not show: fed in any parts, with the reader stopped and resumed between them, it gives the same
  records and the same report.
* Every record is counted once.
* Nothing that a record says of the content is longer than the log itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pkicheck.hsmlog.model import KeyEvent, SigningEvent, SourceReport, Unreadable
from pkicheck.hsmlog.readers import LogReader, LogRecord

__all__ = ["Make", "cuts_of", "laws", "read"]

Make = Callable[[bytes], LogReader[Any]]
"""Makes a reader that begins at a cursor."""


def read(make: Make, parts: Sequence[bytes]) -> tuple[list[LogRecord], SourceReport]:
    """What the parts of a log give; behind the second part another reader goes on, and at the end another finishes."""
    reader = make(b"")
    found: list[LogRecord] = []
    for number, part in enumerate(parts):
        found += reader.feed(part)
        if number == 1 or number == len(parts) - 1 > 0:
            reader = make(reader.cursor())
    found += reader.finish()
    return found, reader.report()


def cuts_of(data: bytes, seed: int) -> Iterator[bytes]:
    """The octets in parts whose sizes come from the octets themselves."""
    at = 0
    while at < len(data):
        size = 1 + (data[at] * 31 + seed) % (7 + len(data))
        yield data[at : at + size]
        at += size


def laws(make: Make, data: bytes) -> tuple[list[LogRecord], SourceReport]:
    """Check the laws on one log; gives what it holds."""
    records, report = read(make, [data])
    assert (records, report) == read(make, list(cuts_of(data, len(data))))
    events = sum(isinstance(each, SigningEvent) for each in records)
    keys = sum(isinstance(each, KeyEvent) for each in records)
    unreadable = sum(isinstance(each, Unreadable) for each in records)
    notes = dict(report.notes)
    assert (events, unreadable) == (report.events, report.unreadable)
    assert keys == int(notes["key-events"])
    assert report.records == events + keys + unreadable + int(notes["passed-over"])
    assert report.octets == len(data)
    for each in records:
        assert 0 <= each.locator.offset <= len(data)
        if isinstance(each, SigningEvent):
            assert sum(len(value) for _, value in each.evidence) <= len(data) + 128
    return records, report
