"""Packed rows: what is left of an operation or an object for matching, and how rows are spread over partitions (pure).

A row has the grade's value (digest or signature) as its key, and the place where its record stands. Rows of one key
always meet in one partition, so partitions are matched independently of each other, in any order, by anybody.
Nothing else is kept: objects are built again, from their places, for the exceptions only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Spill
from pkicheck.issuerkey import ObjectKind

__all__ = [
    "KINDS",
    "NO_TIME",
    "ROW",
    "STAGES",
    "Flag",
    "MemorySpill",
    "Row",
    "RowWriter",
    "Stage",
    "micros",
    "moment",
    "pack",
    "part_of",
    "place",
    "rows_of",
    "side_of",
]

Stage: TypeAlias = Literal["signature", "content", "counted", "serial"]
"""What the rows of a partition are keyed by: raw signature or its prefix; digest of the content; the operation itself
(metadata only); issuer and serial. `signature` is matched before `content`, the others stand alone."""

STAGES: Final[tuple[Stage, ...]] = ("signature", "content", "counted", "serial")

KINDS: Final[tuple[str, ...]] = ("blob", *sorted(set(get_args(ObjectKind)) - {"blob"}))
"""The kinds of objects by their numbers in rows."""

NO_TIME: Final = -(2**63)
"""The time of a record without one."""

# key, index of the issuer key, first octets of the signature's digest | uid, time, extra, flags, source and offset
_ROW: Final = struct.Struct(">32sH8s8sqqIQ")
ROW: Final = _ROW.size
"""The size of a row in octets."""

_EPOCH: Final = datetime.fromtimestamp(0, timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)
_OFFSET_BITS: Final = 48
# Rows are handed to the spill in pieces of this size.
_PIECE: Final = 1 << 13


class Flag:
    """The bits of `Row.flags`."""

    OBJECT: Final = 0x0001
    """An object; without it an operation."""
    REBUILT: Final = 0x0002
    """A precertificate that was rebuilt from a certificate (grade B2)."""
    TWIN: Final = 0x0004
    """An object whose signature is not the one that was published."""
    CT: Final = 0x0008
    """Seen in Certificate Transparency, not in a store."""
    UNKNOWN: Final = 0x0010
    """Of an operation: nothing says how it ended."""
    REVOKED: Final = 0x0020
    """Of an object: its store says that it is revoked."""
    OUTSIDE: Final = 0x0040
    """It lies outside the window: it may explain, and needs no explanation."""
    OPEN: Final = 0x0080
    """So near the edge of the window that its other half may come in the next run."""
    CARRIED: Final = 0x0100
    """It comes from the cursor; `place` is its index there."""
    RECOVERED: Final = 0x0200
    """The digest was recovered from an RSA signature (grade B3)."""
    PREFIX: Final = 0x0400
    """Only the beginning of the signature is known (grade C)."""
    EXPECTED: Final = 0x0800
    """Not an object: an announced operation. `time` and `extra` are its window."""
    PRECERTIFICATE: Final = 0x1000
    """The object is a precertificate."""
    TAKEN: Final = 0x2000
    """Not an object: says that the object at `extra` was matched by its signature with the operation at `place`."""
    SETTLED: Final = 0x4000
    """The run before has dealt with it: it may explain, and needs no explanation."""
    SEALED: Final = 0x8000
    """A certificate with SCTs."""
    BARE: Final = 1 << 30
    """Of an operation: only its signature, or the beginning of it, is known."""
    KIND: Final = 16
    """From this bit on: the kind of the object, as its number in `KINDS` (8 bits)."""
    SIZE: Final = 24
    """From this bit on: the size of the digest that its signature is made of (`counting.size_flag`; 3 bits)."""


class Row(NamedTuple):
    """One packed row.

    Attributes:
        key: what it is matched by, 32 octets.
        issuer: the index of the issuer key, or `keyring.UNKNOWN`.
        signature: the first octets of the digest of the raw signature; zeros when there is none to compare.
        uid: a digest of what names the record.
        time: microseconds since 1970 (UTC) or `NO_TIME`.
        extra: by stage: the moment by which all evidence existed; the class of length; the identity of the content.
        flags: `Flag`.
        place: number of the source and offset in it.
    """

    key: bytes
    issuer: int
    signature: bytes
    uid: bytes
    time: int
    extra: int
    flags: int
    place: int

    @property
    def source(self) -> int:
        """The number of the source."""
        return self.place >> _OFFSET_BITS

    @property
    def offset(self) -> int:
        """The offset of the record in its source."""
        return self.place & ((1 << _OFFSET_BITS) - 1)

    @property
    def kind(self) -> str:
        """The kind of the object."""
        return KINDS[self.flags >> Flag.KIND & 0xFF]

    def has(self, flag: int) -> bool:
        """Whether a flag is set."""
        return self.flags & flag != 0


def place(source: int, offset: int) -> int:
    """Number of the source and offset as one number.

    Raises:
        InputError: more than 65,535 sources, or an offset that is negative or of 2**48 or more.
    """
    if not 0 <= source < 1 << 16 or not 0 <= offset < 1 << _OFFSET_BITS:
        msg = f"a source number or an offset is out of range: {source}, {offset}"
        raise InputError(msg)
    return source << _OFFSET_BITS | offset


pack = _ROW.pack
"""A row from its fields in order."""


def rows_of(data: bytes) -> Iterator[Row]:
    """The rows in a piece of packed rows."""
    return map(Row._make, _ROW.iter_unpack(data))


def micros(when: datetime | None) -> int:
    """Microseconds since 1970 of an aware moment."""
    return NO_TIME if when is None else (when - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime | None:
    """The moment that `micros` numbered."""
    return None if value == NO_TIME else _EPOCH + timedelta(microseconds=value)


# -- partitions


def part_of(stage: Stage, key: bytes, partitions: int) -> int:
    """The number of the part in which a key of a stage is matched: parts are numbered stage after stage."""
    return STAGES.index(stage) * partitions + int.from_bytes(key[:4], "big") * partitions // (1 << 32)


def side_of(part: int, *, objects: bool) -> int:
    """The partition of the spill with the operations of a part, or the one with its objects."""
    return 2 * part + objects


class MemorySpill:
    """Partitions in memory."""

    def __init__(self) -> None:
        self._held: dict[int, bytearray] = {}

    def append(self, partition: int, rows: bytes) -> None:
        """Add rows to a partition."""
        self._held.setdefault(partition, bytearray()).extend(rows)

    def read(self, partition: int) -> Iterable[bytes]:
        """What a partition holds."""
        held = self._held.get(partition)
        return () if held is None else (bytes(held),)


class RowWriter:
    """Collects rows per partition and hands them to a spill in larger pieces.

    Args:
        spill: where partitions live.
        partitions: how many parts each stage has.
    """

    def __init__(self, spill: Spill, partitions: int) -> None:
        self._spill = spill
        self._partitions = partitions
        self._held: dict[int, bytearray] = {}
        self.parts: set[int] = set()

    def add(self, stage: Stage, row: Row) -> None:
        """Add a row to the part of its key."""
        self.add_to(part_of(stage, row.key, self._partitions), row)

    def add_to(self, part: int, row: Row) -> None:
        """Add a row to a part."""
        number = side_of(part, objects=row.flags & Flag.OBJECT != 0)
        held = self._held.get(number)
        if held is None:
            held = self._held[number] = bytearray()
            self.parts.add(part)
        held += pack(*row)
        if len(held) >= _PIECE:
            self._spill.append(number, bytes(held))
            held.clear()

    def flush(self) -> None:
        """Hand over what is left."""
        for number, held in self._held.items():
            if held:
                self._spill.append(number, bytes(held))
                held.clear()
