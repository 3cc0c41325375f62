"""What the first pass over the sources comes to, apart from rows: counts, and what is wrong with single records (pure).

Ledgers of several sources are joined by `join` in any order, so that sources may be split by different processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from pkicheck.hsmlog.model import KeyEvent, SourceReport, Unreadable
from pkicheck.hsmlog.serials import SerialStats

__all__ = ["CrlEntry", "Ledger", "Notice", "Side", "SourceEntry", "join"]

Side: TypeAlias = Literal["events", "objects", "ct"]
"""What a source holds: operations, issued objects, or what Certificate Transparency shows."""


@attrs.frozen(kw_only=True, order=True)
class Notice:
    """Something wrong with one record, found while it was read.

    Attributes:
        what: what it is, by name.
        uid: the digest of what names the record.
        side: `event` or `object`.
        source, ordinal: the number of the source, and of the record in it.
        saw: what was seen, in words.
    """

    what: str
    uid: bytes
    side: Literal["event", "object"]
    source: int
    ordinal: int
    saw: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, order=True)
class CrlEntry:
    """One CRL of an issuer: its scope (a digest of issuing distribution point and kind), begin, number, content."""

    issuer: int
    scope: bytes
    begins: int
    number: int
    content: bytes
    source: int
    ordinal: int
    uid: bytes


@attrs.frozen(kw_only=True)
class SourceEntry:
    """One source of the run: its number, side, what it says of itself, the first and last moment in it, and defects."""

    number: int
    side: Side
    report: SourceReport
    first: datetime | None
    last: datetime | None
    unreadable: tuple[Unreadable, ...]


@attrs.frozen(kw_only=True)
class Ledger:
    """See the module.

    Attributes:
        sources: each source that was read.
        notices: what is wrong with single records.
        more: how many further notices of each name there are.
        counts: how much of what, by name and issuer key.
        key_events: what happened to keys, with the index of the key, number of the source and of the record.
        latest: the latest operation of each key, in microseconds since 1970.
        serials: what the serials of each issuer key look like.
        crls: the CRLs.
        seen: digests of the names of all records near the end of the window.
        parts: the parts that have rows.
        logged: the keys for which an operation was seen, with the number of the source and the token.
        weak: the keys for which an operation was seen whose content is not known.
    """

    sources: tuple[SourceEntry, ...] = ()
    notices: tuple[Notice, ...] = ()
    more: tuple[tuple[str, int], ...] = ()
    counts: tuple[tuple[tuple[str, int], int], ...] = ()
    key_events: tuple[tuple[int, int, int, KeyEvent], ...] = ()
    latest: tuple[tuple[int, int], ...] = ()
    serials: tuple[tuple[int, SerialStats], ...] = ()
    crls: tuple[CrlEntry, ...] = ()
    seen: frozenset[bytes] = frozenset()
    parts: frozenset[int] = frozenset()
    logged: frozenset[tuple[int, int, str]] = frozenset()
    weak: frozenset[int] = frozenset()

    def count(self, name: str) -> int:
        """How much there is of something, over all keys."""
        return sum(many for (each, _), many in self.counts if each == name)


def join(ledgers: Iterable[Ledger]) -> Ledger:
    """One ledger of many."""
    every = tuple(ledgers)
    counts: Counter[tuple[str, int]] = Counter()
    more: Counter[str] = Counter()
    latest: dict[int, int] = {}
    serials: dict[int, SerialStats] = {}
    for each in every:
        counts.update(dict(each.counts))
        more.update(dict(each.more))
        for key, value in each.latest:
            latest[key] = max(value, latest.get(key, value))
        for key, stats in each.serials:
            serials[key] = serials.get(key, SerialStats()) + stats
    return Ledger(
        sources=tuple(sorted((one for each in every for one in each.sources), key=lambda one: one.number)),
        notices=tuple(sorted(one for each in every for one in each.notices)),
        more=tuple(sorted(more.items())),
        counts=tuple(sorted(counts.items())),
        key_events=tuple(sorted((one for each in every for one in each.key_events), key=lambda one: one[:3])),
        latest=tuple(sorted(latest.items())),
        serials=tuple(sorted(serials.items(), key=lambda one: one[0])),
        crls=tuple(sorted(one for each in every for one in each.crls)),
        seen=frozenset[bytes]().union(*(each.seen for each in every)),
        parts=frozenset[int]().union(*(each.parts for each in every)),
        logged=frozenset[tuple[int, int, str]]().union(*(each.logged for each in every)),
        weak=frozenset[int]().union(*(each.weak for each in every)),
    )
