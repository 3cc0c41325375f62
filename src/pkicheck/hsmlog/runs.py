"""Reconciliation from end to end: split, match, reduce, and look at the exceptions (pure).

    ledger = split(source, ...)            # for each source: rows into partitions
    partial = match_partition(part, ...)   # for each part, by anybody
    reduced = reduce(partials, ...)        # once

`reconcile` does the three one after the other. Whoever has more processes, or a cluster, calls them himself, and
`conclude` at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from pkicheck.canon import canonical, utc
from pkicheck.hsmlog.cursor import Cursor, OpenItem, cursor_from_json, cursor_json
from pkicheck.hsmlog.facts import facts_of
from pkicheck.hsmlog.keyring import UNKNOWN, KeyRing
from pkicheck.hsmlog.ledger import Ledger, Side, join
from pkicheck.hsmlog.matching import Part, Partial, Rules, match_partition, taken_part
from pkicheck.hsmlog.model import Expectation, KeyEvent, SignedObject, SigningEvent, Source, Spill
from pkicheck.hsmlog.reducing import Reduced, reduce
from pkicheck.hsmlog.result import ReconcilePlan, ReconcileResult
from pkicheck.hsmlog.rows import (
    STAGES,
    Flag,
    MemorySpill,
    RowWriter,
    Stage,
    micros,
    place,
    side_of,
)
from pkicheck.hsmlog.settle import CARRIED, Settled, settle
from pkicheck.hsmlog.splitting import Job, Proofs, split, split_expectations
from pkicheck.issuerkey import IssuerKey
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import Seen

__all__ = ["conclude", "part_rows", "reconcile", "rules_of", "wanted"]

_Logs = Source[SigningEvent | KeyEvent]
_Stores = Source[SignedObject]

# From about so many pairs the clocks are estimated.
_SAMPLE: Final = 4096


def wanted(ledgers: Iterable[Ledger], *, partitions: int) -> bool:
    """Whether objects must be findable by their signatures: what the operations that were split need.

    Args:
        ledgers: those of all logs.
        partitions: into how many parts rows are spread.
    """
    first = STAGES.index("signature") * partitions
    return any(first <= part < first + partitions for each in ledgers for part in each.parts)


def rules_of(job: Job, ledger: Ledger) -> Rules:
    """What matching has to know of the whole run.

    Args:
        job: the run.
        ledger: that of all sources.
    """
    events = max(1, ledger.count("events"))
    return Rules(
        sample=min(1 << 32, -(-(_SAMPLE << 32) // events)),
        counted=ledger.weak - {UNKNOWN},
        thorough=job.proofs is not None,
        most=job.policy.reconcile.most,
        ct=any(each.side == "ct" for each in ledger.sources),
    )


def part_rows(number: int, *, partitions: int, spill: Spill) -> Part:
    """The rows of one part, from where they were spilled."""
    events, objects = (b"".join(spill.read(side_of(number, objects=side))) for side in (False, True))
    return Part(number=number, partitions=partitions, events=events, objects=objects)


def _match(parts: Collection[int], *, partitions: int, spill: Spill, rules: Rules) -> Iterator[Partial]:
    """Match all parts, those of the stage `signature` first: what they find is taken from the stage `content`."""
    todo = sorted(parts)
    early = [each for each in todo if STAGES[each // partitions] == "signature"]
    writer = RowWriter(spill, partitions)
    for number in early:
        found = match_partition(part_rows(number, partitions=partitions, spill=spill), rules)
        for row in found.taken:
            writer.add_to(taken_part(row, partitions), row)
        yield attrs.evolve(found, taken=())
    writer.flush()
    for number in sorted({*todo, *writer.parts} - set(early)):
        yield match_partition(part_rows(number, partitions=partitions, spill=spill), rules)


def _carry(cursor: Cursor, job: Job, spill: Spill) -> frozenset[int]:
    """Put what the run before left open among the rows of this one."""
    writer = RowWriter(spill, job.policy.reconcile.partitions)
    ends = micros(job.window[1])
    edge = micros(job.window[1] - job.policy.reconcile.edge)
    for number, each in enumerate(cursor.open):
        row = each.row
        flags = row.flags & ~(Flag.OPEN | Flag.OUTSIDE | Flag.SETTLED) | Flag.CARRIED
        if edge <= row.time < ends:
            flags |= Flag.OPEN
        issuer = next((at for at, key in enumerate(job.ring.keys) if key.id == each.key), UNKNOWN)
        writer.add(each.stage, row._replace(flags=flags, issuer=issuer, place=place(CARRIED, number)))
    writer.flush()
    return frozenset(writer.parts)


def _next_cursor(before: Cursor, job: Job, ledger: Ledger, settled: Settled) -> Cursor:
    """What the next run needs of this one."""
    ends = micros(job.window[1])
    edge = micros(job.window[1] - job.policy.reconcile.edge)
    still: list[OpenItem] = []
    for item in settled.items:
        row = item.row
        # What lies at the beginning of a first window is in doubt, and no later run can settle it.
        if item.open and row is not None and edge <= row.time < ends:
            stage: Stage = "signature" if row.has(Flag.BARE) else "content"
            still.append(OpenItem(stage=stage, key=item.key, row=row, details=item.details))
    held = {each.row.uid for each in still}
    return Cursor(
        until=job.window[1],
        seen=ledger.seen - held,
        open=tuple(still),
        reported=before.reported | {each.id for each in settled.items if not each.open},
    )


def conclude(
    reduced: Reduced,
    ledger: Ledger,
    *,
    job: Job,
    sources: Sequence[_Logs | _Stores],
    at: datetime,
    expect: Collection[Expectation] = (),
    cursor: Cursor | None = None,
) -> ReconcileResult:
    """The result of a run that was split, matched and reduced.

    Args:
        reduced: what matching came to.
        ledger: that of all sources, joined.
        job: the run.
        sources: the sources by their numbers; those with exceptions are read once more.
        at: the moment of the run (aware).
        expect: what was announced.
        cursor: that of the run before.
    """
    before = Cursor() if cursor is None else cursor
    carried = [each.details for each in before.open]
    settled = settle(reduced, ledger, job=job, sources=sources, expect=expect, carried=carried)
    following = cursor_json(_next_cursor(before, job, ledger, settled))
    facts = canonical(facts_of(job, ledger, reduced, settled, reported=before.reported, cursor=following))
    return ReconcilePlan(facts=facts, policy=job.policy, at=utc(at, what="at")).step(Seen())


def reconcile(
    events: Collection[_Logs],
    objects: Collection[_Stores],
    *,
    keys: Collection[IssuerKey],
    window: tuple[datetime, datetime],
    at: datetime,
    expect: Collection[Expectation] = (),
    ct: Collection[_Stores] = (),
    proofs: Proofs | None = None,
    cursor: bytes = b"",
    spill: Spill | None = None,
    policy: Policy = BASELINE,
) -> ReconcileResult:
    """Reconcile what HSM logs say was signed with what is known to be issued.

    Args:
        events: the logs. Each is read once, and those with exceptions a second time.
        objects: the stores.
        keys: the issuer keys in scope, each with the names by which logs know it. Operations of keys that are not among
            them have to be explained too.
        window: [begin, end) of the time judged (aware). Records outside it may explain and need no explanation.
        at: the moment of the run (aware).
        expect: operations announced beforehand: ceremonies, self-tests.
        ct: what Certificate Transparency shows, compared with the stores in both directions by serial.
        proofs: where the evidence of issuances is, to see that it precedes the signature.
        cursor: `ReconcileResult.cursor` of the run before; empty: there was none.
        spill: where partitions of packed rows live; memory by default.
        policy: the caller's policy.

    Returns:
        The result. PASS: every operation has its object and every object its operation, in logs that answer for the
        whole window and every key.

    Raises:
        InputError: an argument is wrong; the message names it.
    """
    before = cursor_from_json(cursor)
    held = frozenset(each.row.uid for each in before.open)
    begins, ends = (utc(each, what="window") for each in window)
    first = before.until is None or before.until < begins
    job = Job(
        ring=KeyRing(keys),
        window=(begins, ends),
        policy=policy,
        settled=before.seen - held,
        first=first,
        proofs=proofs,
    )
    partitions = policy.reconcile.partitions
    rows: Spill = MemorySpill() if spill is None else spill
    sources: list[tuple[Side, _Logs | _Stores]] = [
        *(("events", each) for each in events),
        *(("objects", each) for each in objects),
        *(("ct", each) for each in ct),
    ]
    ledgers: list[Ledger] = []
    wants = False
    for number, (side, source) in enumerate(sources):
        if side != "events" and number == len(events):
            wants = wanted(ledgers, partitions=partitions)
        ledgers.append(split(source, number=number, side=side, job=job, spill=rows, wants=wants))
    parts = split_expectations(expect, job=job, spill=rows) | _carry(before, job, rows)
    ledger = join((*ledgers, Ledger(parts=parts)))
    matched = _match(ledger.parts, partitions=partitions, spill=rows, rules=rules_of(job, ledger))
    return conclude(
        reduce(matched, policy=policy),
        ledger,
        job=job,
        sources=[source for _, source in sources],
        at=at,
        expect=expect,
        cursor=before,
    )
