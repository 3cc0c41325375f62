"""Set operations over packed rows: which keys have to be looked at (pure).

Nearly all rows have exactly one partner that is equal in key, issuer and signature. Those are found without a Python
object for any field of them but the one that is compared.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pkicheck.hsmlog.parts import Part, Rules
from pkicheck.hsmlog.rows import ROW, Row, rows_of

__all__ = ["ZERO", "column", "conspicuous", "flags_of", "rows_with", "sample_number", "signed"]

ZERO: Final = bytes(8)
"""The signature of a row that has none to compare."""

# So many rows are unpacked by one call.
_CHUNK: Final = 512


def column(data: bytes, item: str, skip: int, size: int) -> Iterator[tuple[Any, ...]]:
    """One column of packed rows, many values at a time."""
    row = f"{skip}x{item}{ROW - skip - size}x"
    whole = len(data) - len(data) % (ROW * _CHUNK)
    yield from struct.iter_unpack(">" + row * _CHUNK, memoryview(data)[:whole])
    rest = (len(data) - whole) // ROW
    if rest:
        yield struct.unpack(">" + row * rest, memoryview(data)[whole:])


def _twice(columns: Iterable[tuple[Any, ...]]) -> set[bytes]:
    """The values that stand in a column more than once."""
    seen: set[bytes] = set()
    found: set[bytes] = set()
    for values in columns:
        for each in values:
            if each in seen:
                found.add(each)
            else:
                seen.add(each)
    return found


def _values(data: bytes, width: int) -> set[bytes]:
    found: set[bytes] = set()
    for values in column(data, f"{width}s", 0, width):
        found.update(values)
    return found


def conspicuous(part: Part, rules: Rules) -> set[bytes] | None:
    """The keys whose rows have to be looked at; None: all of them. The rows of the others are pairs of equals."""
    if rules.thorough or not part.events or not part.objects:
        return None
    # Operations without a signature are compared without it; otherwise two that differ there are no pair.
    width = 42 if signed(part.events) else 34
    first = _values(part.events, width)
    look: set[bytes] = set()
    if len(first) * ROW != len(part.events):
        look = _twice(column(part.events, f"{width}s", 0, width))
    distinct = len(first)
    total = 0
    for values in column(part.objects, f"{width}s", 0, width):
        first.difference_update(values)
        total += len(values)
    if first or total != distinct or look:
        events, objects = _values(part.events, width), _values(part.objects, width)
        look |= events ^ objects
        if len(objects) != total:
            look |= _twice(column(part.objects, f"{width}s", 0, width))
    keys = {each[:32] for each in look}
    if part.low < rules.sample:
        for values in column(part.events, "32s", 0, 32):
            keys.update(each for each in values if sample_number(each) < rules.sample)
    return keys


def signed(events: bytes) -> bool:
    """Whether an operation among these tells its signature."""
    return any(values.count(ZERO) != len(values) for values in column(events, "8s", 34, 8))


def sample_number(key: bytes) -> int:
    """What `Rules.sample` is compared with: keys are digests, so that a bound on it samples evenly."""
    return int.from_bytes(key[:4], "big")


def flags_of(data: bytes) -> Counter[int]:
    """How many rows have which flags."""
    found: Counter[int] = Counter()
    for values in column(data, "I", 66, 4):
        found.update(values)
    return found


def rows_with(data: bytes, keys: set[bytes] | None) -> list[Row]:
    """The rows with one of these keys; None: all of them."""
    if keys is None:
        return list(rows_of(data))
    found: list[Row] = []
    if not keys:
        return found
    at = 0
    for values in column(data, "32s", 0, 32):
        if not keys.isdisjoint(values):
            piece = data[at : at + len(values) * ROW]
            found.extend(each for each in rows_of(piece) if each.key in keys)
        at += len(values) * ROW
    return found
