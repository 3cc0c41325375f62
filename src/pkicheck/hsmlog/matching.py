"""Matching the rows of one part: each operation and each object is used once, the strongest grade first (pure).

Nearly all rows have exactly one partner that is equal in key, issuer and signature: those are found by set operations
over packed octets, without a Python object for any of them. What is left is looked at group by group.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import attrs

from pkicheck.hsmlog.counting import count_rows
from pkicheck.hsmlog.groups import Tally, in_order, match_group
from pkicheck.hsmlog.packed import conspicuous, flags_of, rows_with, signed
from pkicheck.hsmlog.parts import Grade, Left, Part, Partial, Rules, What
from pkicheck.hsmlog.rows import KINDS, Flag, Row, pack, part_of, rows_of
from pkicheck.hsmlog.serials import match_serials

__all__ = ["Grade", "Left", "Part", "Partial", "Rules", "What", "match_partition", "taken_part"]


def _group(rows: Iterable[Row]) -> dict[bytes, list[Row]]:
    found: dict[bytes, list[Row]] = {}
    for each in rows:
        found.setdefault(each.key, []).append(each)
    return found


def _match_content(part: Part, rules: Rules) -> Partial:
    tally = Tally(rules)
    special = Flag.TAKEN | Flag.EXPECTED
    taken: dict[int, list[Row]] = {}
    flags = flags_of(part.objects)
    if any(each & special for each in flags):
        rows = list(rows_of(part.objects))
        for each in sorted((row for row in rows if row.has(Flag.TAKEN)), key=in_order):
            taken.setdefault(each.extra, []).append(each)
        part = attrs.evolve(part, objects=b"".join(pack(*row) for row in rows if not row.has(Flag.TAKEN)))
        keys = None
    else:
        keys = conspicuous(part, rules)
    events, objects = _group(rows_with(part.events, keys)), _group(rows_with(part.objects, keys))
    for key in sorted({*events, *objects}):
        match_group(events.get(key, []), objects.get(key, []), taken, tally)
    if keys is not None:
        _tally_equals(part, flags, objects, tally)
    return tally.partial(part.number)


def _tally_equals(part: Part, flags: Counter[int], looked: dict[bytes, list[Row]], tally: Tally) -> None:
    """Count the pairs of equals, of which no row was looked at."""
    flags.subtract(each.flags for rows in looked.values() for each in rows)
    told = signed(part.events)
    for value, many in flags.items():
        if many:
            stands_in = value & (Flag.REBUILT | Flag.TWIN) or value >> Flag.KIND & 0xFF == 0
            plain: Grade = "signature" if told and not stands_in else "digest"
            tally.pairs["rebuilt" if value & Flag.REBUILT else plain, KINDS[value >> Flag.KIND & 0xFF]] += many


def _match_signatures(part: Part, rules: Rules) -> Partial:
    """Operations that tell a signature and no content, against the signatures of the objects (grades A and C)."""
    tally = Tally(rules)
    events, objects = _group(rows_of(part.events)), _group(rows_of(part.objects))
    for key in sorted(events):
        rest = deque(tally.once(events[key]))
        # `signature` is where the content of the object is matched: copies of one object are one.
        contents: dict[bytes, Row] = {}
        for each in sorted(objects.get(key, ()), key=in_order):
            contents.setdefault(each.signature, each)
        for this in contents.values():
            if rest:
                event = rest.popleft()
                flags = event.flags | Flag.OBJECT | Flag.TAKEN
                tally.taken.append(event._replace(flags=flags, extra=this.place, signature=this.signature))
        first = next(iter(contents.values()), None)
        for event in rest:
            if first is not None:
                tally.left("repeated", event, first)
            else:
                tally.left("unknown-outcome" if event.has(Flag.UNKNOWN) else "unexplained", event)
    return tally.partial(part.number)


def taken_part(row: Row, partitions: int) -> int:
    """The part of the stage `content` that a row of `Partial.taken` belongs to."""
    return part_of("content", row.signature, partitions)


def _match_counted(part: Part, rules: Rules) -> Partial:
    tally = Tally(rules)
    tally.repeats = count_rows(rows_of(part.events), tally.counts)
    return tally.partial(part.number)


def _match_serials(part: Part, rules: Rules) -> Partial:
    tally = Tally(rules)
    for _, rows in sorted(_group(rows_of(part.objects)).items()):
        if len(rows) > 1 or rules.ct or rows[0].flags & (Flag.PRECERTIFICATE | Flag.CT):
            match_serials(sorted(rows, key=in_order), ct=rules.ct, leave=tally.left)
    return tally.partial(part.number)


def match_partition(part: Part, rules: Rules) -> Partial:
    """Match the rows of one part.

    Args:
        part: its rows, in any order. The parts of the stage `content` need the rows that the parts of the stage
            `signature` gave out in `Partial.taken`; apart from that parts do not depend on each other.
        rules: what has to be known of the whole run.

    Returns:
        What it came to: for equal sets of rows the same, whatever their order.
    """
    match = {
        "signature": _match_signatures,
        "content": _match_content,
        "counted": _match_counted,
        "serial": _match_serials,
    }
    return match[part.stage](part, rules)
