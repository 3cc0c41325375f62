"""Serial numbers: who shares one (a part of the stage `serial`), and what they look like as a population (pure).

Only a precertificate and its certificate may share a serial number of an issuer (BR 7.1.2.9, RFC 5280 §4.1.2.2). The
rows of this stage are keyed by issuer and serial; `signature` is the first octets of the digest of the precertificate
that a certificate stands for, `extra` tells different contents apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from pkicheck.hsmlog.rows import Flag, Row

__all__ = ["Population", "SerialStats", "match_serials"]

# A population of this size or more in which no serial has its 64th bit set did not come from 64 random bits: chance
# would do that once in 2**32 populations.
_ENOUGH: Final = 32
# Two serials read one after the other lie this near by chance once in 2**47 (64 bits, unsorted).
_NEAR: Final = 1 << 16
_LARGEST: Final = 1 << 159

_Leave = Callable[[Any, Row, Row | None], None]


def _distinct(rows: Iterable[Row]) -> list[Row]:
    found: dict[int, Row] = {}
    for each in rows:
        found.setdefault(each.extra, each)
    return list(found.values())


def match_serials(rows: list[Row], *, ct: bool, leave: _Leave) -> None:
    """Judge the objects that share issuer and serial.

    Args:
        rows: all of them, in their order.
        ct: whether CT was read.
        leave: called with what is wrong, the row, and the row it stands against.
    """
    own = [each for each in rows if not each.has(Flag.CT)]
    precertificates = _distinct(each for each in own if each.has(Flag.PRECERTIFICATE))
    certificates = _distinct(each for each in own if not each.has(Flag.PRECERTIFICATE))
    for each in certificates[1:]:
        leave("serial-reused", each, certificates[0])
    for each in precertificates[1:]:
        leave("precertificate-twice", each, precertificates[0])
    if precertificates and not certificates:
        leave("precertificate-alone", precertificates[0], None)
    for each in precertificates:
        if certificates and each.signature not in {other.signature for other in certificates}:
            leave("pair-differs", certificates[0], each)
    if len({each.has(Flag.REVOKED) for each in own}) > 1:
        revoked = next(each for each in own if each.has(Flag.REVOKED))
        leave("revocation-differs", next(each for each in own if not each.has(Flag.REVOKED)), revoked)
    if not own:
        leave("ct-only", rows[0], None)
    elif ct and len(own) == len(rows):
        leave("ct-missing", own[0], None)


@attrs.frozen(kw_only=True)
class SerialStats:
    """What the serials of one issuer look like. Statistics of parts add up.

    Attributes:
        count: how many there are.
        longest: the most bits that one has.
        short: how many have fewer than 32 bits: chance would give one in four thousand million of 64 random bits.
        near: how often one lies just beside the one before it.
        range: how many are not above 0 and below 2**159.
    """

    count: int = 0
    longest: int = 0
    short: int = 0
    near: int = 0
    range: int = 0

    def __add__(self, other: SerialStats) -> SerialStats:
        return SerialStats(
            count=self.count + other.count,
            longest=max(self.longest, other.longest),
            short=self.short + other.short,
            near=self.near + other.near,
            range=self.range + other.range,
        )

    @property
    def weak(self) -> tuple[str, ...]:
        """What is wrong with them, by name: `range`, `short`, `entropy`, `sequential` (BR 7.1.2.7)."""
        found = (
            ("range", self.range > 0),
            ("short", self.short > 0),
            ("entropy", self.count >= _ENOUGH and self.longest < 64),
            ("sequential", self.near >= 3),
        )
        return tuple(name for name, holds in found if holds)


class Population:
    """Collects the statistics of one issuer in one store, in the order of the store."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._count = self._longest = self._short = self._near = self._range = 0

    def add(self, serial: int) -> None:
        """Take in one serial; that of a precertificate and its certificate, one after the other, counts once."""
        last, self._last = self._last, serial
        if serial == last:
            return
        self._count += 1
        if not 0 < serial < _LARGEST:
            self._range += 1
            return
        self._longest = max(self._longest, serial.bit_length())
        self._short += serial.bit_length() < 32
        self._near += last is not None and abs(serial - last) < _NEAR

    def stats(self) -> SerialStats:
        """What was collected."""
        return SerialStats(
            count=self._count, longest=self._longest, short=self._short, near=self._near, range=self._range
        )
