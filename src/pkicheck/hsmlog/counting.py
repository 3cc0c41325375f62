"""Counting: what can be said where a log tells no content (grades D and E; pure).

Operations and objects of one key are paired by the size of the digest and the minute, each within a tolerance, and
what is left by mere number. This may say that so many are not explained, never which: equal neighbours can be swapped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from pkicheck.hsmlog.rows import NO_TIME, Flag, Row

__all__ = ["NO_MINUTE", "CountKey", "Counted", "count_object", "count_rows", "settle_counts", "size_flag"]

NO_MINUTE: Final = -1
"""The minute of what has no time."""

_MINUTE: Final = 60_000_000

CountKey = tuple[str, int, int, int]
"""Side (`event`, `object`; with `-outside` beyond the window), issuer key, size of the digest (0: any), minute."""

_SIZES: Final = (0, 20, 28, 32, 48, 64)


def size_flag(size: int) -> int:
    """The size of an object's digest as bits of its flags."""
    return (_SIZES.index(size) if size in _SIZES else 0) << Flag.SIZE


def _key(side: str, row: Row, size: int) -> CountKey:
    minute = NO_MINUTE if row.time == NO_TIME else row.time // _MINUTE
    outside = "-outside" if row.flags & (Flag.OUTSIDE | Flag.SETTLED) else ""
    return side + outside, row.issuer, size, minute


def count_object(counts: Counter[CountKey], row: Row) -> None:
    """Count an object that no content explains."""
    counts[_key("object", row, _SIZES[row.flags >> Flag.SIZE & 0x7])] += 1


def count_rows(rows: Iterable[Row], counts: Counter[CountKey]) -> int:
    """Count operations, each record once; how many stood there again comes back."""
    seen: set[bytes] = set()
    again = 0
    for row in rows:
        if row.key in seen:
            again += 1
        else:
            seen.add(row.key)
            counts[_key("event", row, row.extra)] += 1
    return again


@attrs.frozen(kw_only=True)
class Counted:
    """What counting came to for one issuer key.

    Attributes:
        issuer: the index of the key.
        metadata: pairs by size of digest and time.
        count: pairs by number alone.
        events, objects: how many are left on each side.
    """

    issuer: int
    metadata: int
    count: int
    events: int
    objects: int


def _pair_minutes(events: Counter[tuple[int, bool]], objects: Counter[tuple[int, bool]], tolerance: int) -> int:
    """Pair what lies at most so many minutes apart, the earliest with the earliest: that pairs the most.

    Keys are the minute and whether it lies in the window. Pairs of two things outside count nothing.
    """
    paired = 0
    left, right = sorted(events), sorted(objects)
    at = 0
    for key in left:
        minute, inside = key
        while at < len(right) and events[key]:
            other = right[at]
            if other[0] > minute + tolerance:
                break
            if other[0] >= minute - tolerance:
                many = min(events[key], objects[other])
                events[key] -= many
                objects[other] -= many
                paired += many if inside or other[1] else 0
            if objects[other] == 0 or other[0] < minute - tolerance:
                at += 1
    return paired


def _timed(held: Counter[tuple[int, bool]]) -> Counter[tuple[int, bool]]:
    return Counter({key: many for key, many in held.items() if key[0] != NO_MINUTE})


def settle_counts(counts: Mapping[CountKey, int], *, tolerance: int) -> tuple[Counted, ...]:
    """Pair what was counted, key by key.

    Args:
        counts: how much of each.
        tolerance: how many minutes the two sides may lie apart.
    """
    found: list[Counted] = []
    for issuer in sorted({key[1] for key in counts}):
        own = {key: many for key, many in counts.items() if key[1] == issuer}
        sizes = sorted({key[2] for key in own} - {0})
        metadata = 0
        sides: dict[str, dict[int, Counter[tuple[int, bool]]]] = {"event": {}, "object": {}}
        for (side, _, size, minute), many in sorted(own.items()):
            name, _, outside = side.partition("-")
            sides[name].setdefault(size, Counter())[minute, not outside] += many
        equal = [(size, size) for size in (*sizes, 0)]
        for first, second in (*equal, *((0, size) for size in sizes), *((size, 0) for size in sizes)):
            events, objects = (sides[name].get(size) for name, size in (("event", first), ("object", second)))
            if events is None or objects is None:
                continue
            some, others = _timed(events), _timed(objects)
            metadata += _pair_minutes(some, others, tolerance)
            events.update({key: some[key] - events[key] for key in some})
            objects.update({key: others[key] - objects[key] for key in others})
        left = {
            name: sum(many for held in by_size.values() for (_, inside), many in held.items() if inside)
            for name, by_size in sides.items()
        }
        count = min(left.values())
        found.append(
            Counted(
                issuer=issuer,
                metadata=metadata,
                count=count,
                events=left["event"] - count,
                objects=left["object"] - count,
            )
        )
    return tuple(found)
