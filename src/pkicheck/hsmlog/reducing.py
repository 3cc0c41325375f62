"""The third step: what the parts came to, put together (pure). Partials are taken in any order."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable

import attrs

from pkicheck.hsmlog.counting import Counted, CountKey, settle_counts
from pkicheck.hsmlog.matching import Grade, Left, Partial, What
from pkicheck.policy import Policy

__all__ = ["Clock", "Reduced", "reduce"]


@attrs.frozen(kw_only=True, order=True)
class Clock:
    """How the clocks of two sources stand to each other, from pairs that are certain.

    Attributes:
        events, objects: the numbers of the sources.
        offset: the median of the object's time less the operation's, in microseconds.
        low, high: the first and the third quartile.
        pairs: from how many pairs.
    """

    events: int
    objects: int
    offset: int
    low: int
    high: int
    pairs: int


@attrs.frozen(kw_only=True)
class Reduced:
    """What matching came to.

    Attributes:
        pairs: how many by grade and kind of object.
        lefts: what is left over, in a fixed order, the first ones of each kind.
        more: how many further ones of each kind.
        counted: what counting came to, by issuer key.
        clocks: the clocks.
        outside: rows left over that need no explanation here.
        repeats: records that stood there more than once.
        proved: issuer keys and the sources that cover them by what they say, whatever names they use.
    """

    pairs: tuple[tuple[tuple[Grade, str], int], ...] = ()
    lefts: tuple[Left, ...] = ()
    more: tuple[tuple[What, int], ...] = ()
    counted: tuple[Counted, ...] = ()
    clocks: tuple[Clock, ...] = ()
    outside: int = 0
    repeats: int = 0
    proved: frozenset[tuple[int, int]] = frozenset()


def _order(left: Left) -> tuple[str, bytes, int, bytes, int]:
    return left.what, left.row.key, left.row.time, left.row.uid, left.row.place


def _clocks(samples: Iterable[tuple[int, int, int]]) -> tuple[Clock, ...]:
    held: dict[tuple[int, int], list[int]] = {}
    for events, objects, difference in samples:
        held.setdefault((events, objects), []).append(difference)
    found: list[Clock] = []
    for (events, objects), values in sorted(held.items()):
        values.sort()
        last = len(values) - 1
        # The lower of two middle values: whole microseconds, and no rounding.
        low, middle, high = (values[last * quarter // 4] for quarter in (1, 2, 3))
        found.append(Clock(events=events, objects=objects, offset=middle, low=low, high=high, pairs=len(values)))
    return tuple(found)


def reduce(partials: Iterable[Partial], *, policy: Policy) -> Reduced:
    """Put the parts together.

    Args:
        partials: one of each part, in any order.
        policy: the policy of the run.

    Returns:
        The whole. It does not depend on how many parts there were, nor on their order.
    """
    most = policy.reconcile.most
    pairs: Counter[tuple[Grade, str]] = Counter()
    total: Counter[What] = Counter()
    lefts: dict[What, list[Left]] = {}
    counts: Counter[CountKey] = Counter()
    samples: list[tuple[int, int, int]] = []
    outside = repeats = 0
    proved: set[tuple[int, int]] = set()
    for each in partials:
        pairs.update(dict(each.pairs))
        total.update(dict(each.more))
        for left in each.lefts:
            total[left.what] += 1
            lefts.setdefault(left.what, []).append(left)
        counts.update(dict(each.counts))
        samples.extend(each.clocks)
        outside += each.outside
        repeats += each.repeats
        proved.update(each.proved)
    kept = {what: heapq.nsmallest(most, held, key=_order) for what, held in lefts.items()}
    return Reduced(
        pairs=tuple(sorted(pairs.items())),
        lefts=tuple(left for what in sorted(kept) for left in kept[what]),
        more=tuple(sorted((what, many - len(kept.get(what, ()))) for what, many in total.items() if many > most)),
        counted=settle_counts(counts, tolerance=policy.reconcile.metadata_minutes),
        clocks=_clocks(samples),
        outside=outside,
        repeats=repeats,
        proved=frozenset(proved),
    )
