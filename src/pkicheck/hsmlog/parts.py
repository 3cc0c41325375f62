"""What goes into matching one part, and what comes out (pure)."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import attrs

from pkicheck.hsmlog.counting import CountKey
from pkicheck.hsmlog.rows import STAGES, Row, Stage

__all__ = ["Grade", "Left", "Part", "Partial", "Rules", "What"]

Grade: TypeAlias = Literal[
    "signature", "digest", "rebuilt", "recovered", "prefix", "expected", "metadata", "count", "second-try"
]
"""How a pair was recognised (spec: A, B, B2, B3, C, a declared expectation, D, E); `second-try`: under another hash or
with the poison at another place."""

What: TypeAlias = Literal[
    "unexplained",
    "unknown-outcome",
    "repeated",
    "key-differs",
    "no-operation",
    "no-precertificate-operation",
    "expectation-unmet",
    "object-twice",
    "taken-twice",
    "evidence-late",
    "serial-reused",
    "precertificate-twice",
    "pair-differs",
    "precertificate-alone",
    "revocation-differs",
    "ct-only",
    "ct-missing",
]
"""What is left over, or wrong, after matching."""


class Left(NamedTuple):
    """A row that matching could not settle, with another one that it stands against."""

    what: What
    row: Row
    other: Row | None = None


@attrs.frozen(kw_only=True)
class Rules:
    """What matching has to know of the whole run.

    Attributes:
        sample: pairs whose key begins with a number below this tell of the clocks.
        counted: the issuer keys with logs that hold metadata only: their objects may be counted, not named.
        thorough: look at every pair, because objects carry the moment by which their evidence existed.
        most: how many exceptions of a kind are kept by one part; the rest is counted.
        ct: whether CT was read.
    """

    sample: int = 0
    counted: frozenset[int] = frozenset()
    thorough: bool = False
    most: int = 10_000
    ct: bool = False


@attrs.frozen(kw_only=True)
class Part:
    """The rows of one part: all that is needed to match it.

    Attributes:
        number: which part, over all stages.
        partitions: how many parts a stage has.
        events, objects: packed rows.
    """

    number: int
    partitions: int
    events: bytes
    objects: bytes

    @property
    def stage(self) -> Stage:
        """What the rows are keyed by."""
        return STAGES[self.number // self.partitions]

    @property
    def low(self) -> int:
        """The smallest number that a key of this part can begin with."""
        return -(-(self.number % self.partitions << 32) // self.partitions)


@attrs.frozen(kw_only=True)
class Partial:
    """What one part came to. Partials are reduced in any order.

    Attributes:
        number: which part.
        pairs: how many pairs by grade and kind of object.
        lefts: what is left over, the first `Rules.most` of each kind by key.
        more: how many further ones of each kind.
        counts: side, issuer key, class of length and minute of what can only be counted, and how much of it.
        clocks: source of the operation, source of the object, and the latter's time less the former's, in microseconds.
        outside: how many rows are left over that need no explanation here.
        repeats: how many records stood there more than once.
        proved: issuer key and source of operations under unknown names that made objects of the key: the log covers it.
        taken: rows for the stage `content`: objects that were matched by their signature.
    """

    number: int
    pairs: tuple[tuple[tuple[Grade, str], int], ...] = ()
    lefts: tuple[Left, ...] = ()
    more: tuple[tuple[What, int], ...] = ()
    counts: tuple[tuple[CountKey, int], ...] = ()
    clocks: tuple[tuple[int, int, int], ...] = ()
    outside: int = 0
    repeats: int = 0
    taken: tuple[Row, ...] = ()
    proved: tuple[tuple[int, int], ...] = ()
