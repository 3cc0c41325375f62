"""Laws of reconciliation, and runs that follow one another."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck import Verdict
from pkicheck.errors import InputError
from pkicheck.hsmlog import (
    Gap,
    Job,
    Ledger,
    ReconcileResult,
    SignedObject,
    SigningEvent,
    conclude,
    join,
    match_partition,
    reduce,
    split,
)
from pkicheck.hsmlog.cursor import Cursor, cursor_from_json, cursor_json
from pkicheck.hsmlog.keyring import KeyRing
from pkicheck.hsmlog.matching import taken_part
from pkicheck.hsmlog.rows import Flag, MemorySpill, RowWriter
from pkicheck.hsmlog.runs import part_rows, rules_of, wanted
from tests.reckit import AT, BEGINS, ENDS, NOON, WINDOW, Ca, ListSource, codes, logged, run, stored, with_policy

CA = Ca()
DERS = [der for number in range(3) for der in CA.pair(f"law{number}.example")]
OBJECTS = stored([*DERS, CA.crl(1), CA.leaf("plain.example")])
GRADES: Any = st.sampled_from(["both", "signature", "hashed", "digest", "message", "prefix"])
SMALL = settings(max_examples=60, deadline=None)


def told(result: ReconcileResult) -> list[tuple[str, str, str]]:
    """The findings that are no mere description of the sources."""
    plain = ("hsm.integrity", "hsm.overlap", "rec.clock", "rec.reconciled")
    return sorted((each.code, each.place, each.expected) for each in result.findings if not each.code.startswith(plain))


@SMALL
@given(GRADES, st.integers(0, len(OBJECTS) - 1))
def test_removing_the_only_explanation_never_passes(grade: Any, index: int) -> None:
    """From a PASS, without the only event that explains an object, or the other way round, there is no PASS (R081)."""
    log = logged(CA, OBJECTS, grade=grade)
    assert run(CA, log, OBJECTS).verdict is Verdict.PASS
    assert run(CA, log[:index] + log[index + 1 :], OBJECTS).verdict is Verdict.FAIL
    # A precertificate is explained by its certificate as well, where the log tells its content (grade B2).
    rebuilt = OBJECTS[index].kind == "precertificate" and grade in {"both", "digest", "message"}
    verdict = run(CA, log, OBJECTS[:index] + OBJECTS[index + 1 :]).verdict
    assert verdict is (Verdict.PASS if rebuilt else Verdict.FAIL)


@SMALL
@given(st.integers(0, len(OBJECTS)), st.booleans())
def test_an_unexplained_event_that_was_removed(place: int, sequence: bool) -> None:
    """It is found exactly when its source has a sequence; otherwise the report says `integrity none` (R081)."""
    rogue = logged(CA, stored([CA.leaf("rogue.example")]), log="rogue")
    log = logged(CA, OBJECTS)
    whole = [*log[:place], *rogue, *log[place:]]
    assert run(CA, whole, OBJECTS).verdict is Verdict.FAIL
    # What a reader of a log with numbers reports about the removed one.
    gaps = (Gap(why="sequence", first=str(place), last=str(place)),) if sequence else ()
    result = run(CA, [ListSource(log, "log", gaps=gaps)], OBJECTS)
    assert result.verdict is (Verdict.INCOMPLETE if sequence else Verdict.PASS)
    assert ("integrity none",) in [each.saw for each in result.findings if each.code == "hsm.integrity"]


@SMALL
@given(GRADES, st.integers(0, 7), st.integers(0, 255), st.data())
def test_any_flipped_bit(grade: Any, index: int, bit: int, data: st.DataObject) -> None:
    """Any bit flipped in a logged digest, message or signature leaves one orphan on each side (R079)."""
    log = logged(CA, OBJECTS, grade=grade)
    which = data.draw(st.integers(0, len(log[index].evidence) - 1))
    kind, value = log[index].evidence[which]
    # Of a prefix only the first 16 octets are compared, of r||s every bit.
    at = bit % (128 if kind == "signature-prefix" else 8 * len(value))
    flipped = bytearray(value)
    flipped[at // 8] ^= 0x80 >> at % 8
    evidence = list(log[index].evidence)
    evidence[which] = (kind, bytes(flipped))
    log[index] = attrs.evolve(log[index], evidence=tuple(evidence))
    result = run(CA, log, OBJECTS)
    assert result.verdict is Verdict.FAIL
    items: Any = result.read_facts()["items"]
    assert sorted(each["details"]["record"] for each in items) == ["object", "operation"]


def halves(records: Sequence[Any], cuts: Sequence[int]) -> list[list[Any]]:
    """A list in parts."""
    edges = [0, *sorted(cuts), len(records)]
    return [list(records[first:last]) for first, last in pairwise(edges)]


@SMALL
@given(
    st.sampled_from(["both", "signature", "digest", "nothing"]),
    st.lists(st.integers(0, 8), max_size=3),
    st.lists(st.integers(0, 8), max_size=3),
    st.sampled_from([1, 2, 3, 64, 256]),
    st.randoms(use_true_random=False),
    st.integers(0, 8),
)
def test_order_cuts_and_partitions_do_not_matter(
    grade: Any, cuts: list[int], others: list[int], partitions: int, shuffle: random.Random, less: int
) -> None:
    """Sources in any order, records in any order, logs cut anywhere, any number of partitions: the same findings."""
    log = logged(CA, OBJECTS, grade=grade)
    objects = list(OBJECTS)
    if less < len(objects):
        del objects[less]
    whole = run(CA, log, objects)
    some, stores = halves(log, cuts), halves(objects, others)
    for part in (*some, *stores):
        shuffle.shuffle(part)
    shuffle.shuffle(some)
    shuffle.shuffle(stores)
    result = run(
        CA,
        [ListSource(part, f"log {number}") for number, part in enumerate(some) if part],
        [ListSource(part, f"store {number}") for number, part in enumerate(stores)],
        policy=with_policy(partitions=partitions),
    )
    assert told(result) == told(whole)
    assert result.grades == whole.grades
    assert result.verdict is whole.verdict


@SMALL
@given(st.integers(0, 8), st.sampled_from(["both", "signature", "nothing"]), st.randoms(use_true_random=False))
def test_three_steps_by_anybody(less: int, grade: Any, shuffle: random.Random) -> None:
    """Split apart, matched in any order, reduced in any order: what `reconcile` gives, octet for octet."""
    objects = [each for number, each in enumerate(OBJECTS) if number != less]
    log, store = ListSource(logged(CA, OBJECTS, grade=grade), "log"), ListSource(objects, "store")
    policy = with_policy(partitions=7)
    job = Job(ring=KeyRing([CA.issuer()]), window=WINDOW, policy=policy)
    spill = MemorySpill()
    first = split(log, number=0, side="events", job=job, spill=spill)
    wants = wanted([first], partitions=7)
    second = split(store, number=1, side="objects", job=job, spill=spill, wants=wants)
    ledger = join([second, first, Ledger()])
    rules = rules_of(job, ledger)
    numbers = sorted(ledger.parts)
    partials = []
    early = [each for each in numbers if each < 7]
    writer = RowWriter(spill, 7)
    for number in early:
        found = match_partition(part_rows(number, partitions=7, spill=spill), rules)
        for row in found.taken:
            writer.add_to(taken_part(row, 7), row)
        partials.append(found)
    writer.flush()
    late = [each for each in numbers if each >= 7]
    shuffle.shuffle(late)
    partials += [match_partition(part_rows(each, partitions=7, spill=spill), rules) for each in late]
    shuffle.shuffle(partials)
    result = conclude(reduce(partials, policy=policy), ledger, job=job, sources=[log, store], at=AT)
    assert result.to_json() == run(CA, [log], [store], policy=policy).to_json()


def test_the_same_inputs_give_the_same_octets() -> None:
    """Equal inputs, equal evidence."""
    assert run(CA, logged(CA, OBJECTS), OBJECTS[1:]).to_json() == run(CA, logged(CA, OBJECTS), OBJECTS[1:]).to_json()


# --- runs that follow one another


def windows(count: int, overlap: timedelta = timedelta(0)) -> list[tuple[Any, Any]]:
    """The day in so many windows, each reaching back so far."""
    step = (ENDS - BEGINS) / count
    return [
        (BEGINS + step * number - (overlap if number else timedelta(0)), BEGINS + step * (number + 1))
        for number in range(count)
    ]


def timed(
    events: Sequence[SigningEvent], objects: Sequence[SignedObject], window: tuple[Any, Any]
) -> tuple[list[Any], list[Any]]:
    """What logs and stores of one window hold."""
    begins, ends = window
    some = [each for each in events if each.time is not None and begins <= each.time < ends]
    others = [each for each in objects if each.stored_at is not None and begins <= each.stored_at < ends]
    return some, others


def follow(
    events: Sequence[SigningEvent],
    objects: Sequence[SignedObject],
    parts: Sequence[tuple[Any, Any]],
    **policy: Any,
) -> list[ReconcileResult]:
    """One run after the other, each with the cursor of the one before and the records of its window only."""
    cursor = b""
    found: list[ReconcileResult] = []
    for window in parts:
        some, others = timed(events, objects, window)
        log = ListSource(some, "log", covers=(window,), keys=(CA.label,))
        result = run(
            CA, [log], [ListSource(others, "store")], window=window, cursor=cursor, policy=with_policy(**policy)
        )
        cursor = result.cursor
        found.append(result)
    return found


def refusals(results: Sequence[ReconcileResult]) -> list[str]:
    """The codes of all refusals, in order."""
    return [each.code for result in results for each in result.findings if each.level.value == "refusal"]


def test_nothing_is_lost_at_the_edge() -> None:
    """Signed at 11:59:59, stored at 12:00:00, when the next window begins: open first, then settled (R080)."""
    alive = stored([CA.leaf("alive.example")], at=NOON + timedelta(hours=1), store="b")
    signs = logged(CA, alive, log="b")
    (this,) = stored([CA.leaf("edge.example")], at=NOON)
    (event,) = logged(CA, [this], before=1)
    first, second = follow([event, *signs], [this, *alive], windows(2))
    assert (first.verdict, codes(first)) == (Verdict.INCOMPLETE, ["rec.operation-open"])
    assert second.verdict is Verdict.PASS, codes(second)
    assert second.grades == (("signature", 2),)
    (stays,) = stored([CA.leaf("edge.example")], at=NOON - timedelta(seconds=1))
    (late,) = logged(CA, [stays], before=-1)
    first, second = follow([late, *signs], [stays, *alive], windows(2))
    assert codes(first) == ["rec.object-open", "hsm.log-empty"]
    assert second.verdict is Verdict.PASS, codes(second)


def test_what_stays_open_becomes_a_finding() -> None:
    """A crash between signing and storing: in the next run the operation is a finding that names it (R080, L06)."""
    lost = stored([CA.leaf("lost.example")], at=NOON)
    results = follow(logged(CA, lost, before=1, grade="message"), [], windows(2))
    assert [each.verdict for each in results] == [Verdict.INCOMPLETE, Verdict.FAIL]
    assert refusals(results) == ["rec.certificate-orphan"]
    items: Any = results[1].read_facts()["items"]
    assert items[0]["details"]["serial"]
    assert cursor_from_json(results[1].cursor).open == ()


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(minutes=5), timedelta(minutes=59)])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_overlapping_windows_tell_each_finding_once(count: int, overlap: timedelta) -> None:
    """Any number of windows, overlapping or not: each orphan is told once, under one id (R080)."""
    ders = [CA.leaf(f"over{number}.example") for number in range(12)]
    objects = stored(ders, at=BEGINS + timedelta(minutes=30), step=7_190.0)
    events = logged(CA, objects, before=20)
    del events[5]
    kept = [each for number, each in enumerate(objects) if number != 8]
    results = follow(events, kept, windows(count, overlap))
    assert sorted(refusals(results)) == ["rec.object-without-operation", "rec.operation-unexplained"]
    assert len({each.place for result in results for each in result.findings if each.level.value == "refusal"}) == 2


def test_told_before_is_not_told_again() -> None:
    """The same window once more, with the cursor: what was told is counted, not repeated."""
    log = logged(CA, OBJECTS)
    first = run(CA, log, OBJECTS[:-1])
    again = run(CA, log, OBJECTS[:-1], cursor=first.cursor)
    assert refusals([first, again]) == ["rec.operation-unexplained"]
    assert "rec.reported-before" in codes(again, notes=True)


def test_a_window_that_begins_cold() -> None:
    """Without a run before, what lies at the beginning may have its other half before it: in doubt, not wrong."""
    (this,) = stored([CA.leaf("early.example")], at=BEGINS + timedelta(seconds=1))
    result = run(CA, logged(CA, OBJECTS), [this, *OBJECTS])
    assert codes(result) == ["rec.object-open"]
    before = logged(CA, [this], before=2, log="yesterday")
    assert run(CA, [*before, *logged(CA, OBJECTS)], [this, *OBJECTS]).verdict is Verdict.PASS


def test_a_late_record_is_not_lost() -> None:
    """An orphan that comes to light after its window was judged, within the overlap: told then."""
    rogue = stored([CA.leaf("late.example")], at=NOON - timedelta(minutes=2))
    late = logged(CA, rogue, log="late")
    first = follow(logged(CA, OBJECTS), OBJECTS, [(BEGINS, NOON)])[0]
    window = (NOON - timedelta(minutes=30), ENDS)
    result = run(CA, [*logged(CA, OBJECTS), *late], OBJECTS, window=window, cursor=first.cursor)
    assert "rec.operation-unexplained" in codes(result)


def test_still_open_in_a_short_window() -> None:
    """A window that ends soon after the one before: what is open stays open, and is settled later."""
    (this,) = stored([CA.leaf("edge.example")], at=NOON + timedelta(minutes=9))
    (event,) = logged(CA, [this], before=600)
    parts = [(BEGINS, NOON), (NOON, NOON + timedelta(minutes=5)), (NOON + timedelta(minutes=5), ENDS)]
    first, second, third = follow([event], [this], parts)
    assert "rec.operation-open" in codes(first)
    assert "rec.operation-open" in codes(second)
    assert third.grades == (("signature", 1),)
    assert not refusals([first, second, third])


def test_what_a_cursor_carries_is_checked() -> None:
    """Rows and details that no run leaves open are refused: they would be judged by the run that reads them."""
    result = follow(logged(CA, OBJECTS, before=1), OBJECTS[:4], [(BEGINS, NOON + timedelta(seconds=30))])[0]
    cursor = cursor_from_json(result.cursor)
    item = cursor.open[0]
    for row in (
        item.row._replace(flags=item.row.flags | Flag.EXPECTED),
        item.row._replace(flags=item.row.flags | Flag.TAKEN),
        item.row._replace(flags=item.row.flags | Flag.CT),
        item.row._replace(flags=99 << Flag.KIND),
        item.row._replace(flags=7 << Flag.SIZE),
        item.row._replace(time=2**62),
        item.row._replace(time=-(2**63)),
    ):
        with pytest.raises(InputError, match="a row"):
            cursor_from_json(cursor_json(attrs.evolve(cursor, open=(attrs.evolve(item, row=row),))))
    details: Any
    for details in ({"kind": ["x"]}, {"where": "x"}, {"where": {"input": "x"}}, {"saw": 5}):
        with pytest.raises(InputError, match="a row"):
            cursor_from_json(cursor_json(attrs.evolve(cursor, open=(attrs.evolve(item, details=details),))))
    for stage in ("counted", "serial"):
        with pytest.raises(InputError, match="an open item"):
            cursor_from_json(cursor_json(attrs.evolve(cursor, open=(attrs.evolve(item, stage=stage),))))


def test_cursors_are_strict() -> None:
    """A cursor is what a run writes, or an InputError; written again it is the same."""
    result = follow(logged(CA, OBJECTS, before=1), OBJECTS[:4], [(BEGINS, NOON + timedelta(seconds=30))])[0]
    cursor = cursor_from_json(result.cursor)
    assert cursor.open
    assert cursor_json(cursor) == result.cursor
    assert cursor_from_json(b"") == Cursor()
    text = result.cursor.decode()
    for old, new in (
        ('"schema":"pkicheck/cursor/1"', '"schema":"pkicheck/cursor/2"'),
        ('"reported":[', '"reported":[5,'),
        ('"open":[', '"open":[5,'),
        ('"stage":"content"', '"stage":"other"'),
        ('"key":"', '"key":5,"k":"'),
        ('"until":"', '"until":5,"u":"'),
        ('"seen":"', '"seen":"AAAA'),
        ('"row":"', '"row":"AAAA'),
        ('"seen":"', '"seen":5,"s":"'),
        ('"open":[', '"open":5,"o":['),
        ('"until":"2026', '"until":5,"x":"2026'),
    ):
        assert old in text
        broken = text.replace(old, new, 1).replace(",]", "]")
        with pytest.raises(InputError, match="cursor"):
            cursor_from_json(broken.encode())
    with pytest.raises(InputError, match="cursor"):
        cursor_from_json(b"[]")
    with pytest.raises(InputError, match="size"):
        cursor_from_json(bytes(64 * 1024 * 1024 + 1))
