"""Verifying a chain: every kind of damage is found and named, and nothing unanchored is called intact."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.canon import Sha256, parse_json
from pkicheck.chainlog import (
    ChainReport,
    ChainVerdict,
    Damage,
    Head,
    Place,
    Seal,
    Torn,
    ed25519_check,
    ed25519_seal,
    verify,
    verify_parts,
)
from pkicheck.chainlog._verify import Walk
from pkicheck.errors import InputError
from tests.chainlogkit import (
    KEY,
    LOG,
    OTHER_KEY,
    Fields,
    chain,
    dump,
    genesis_of,
    hashed,
    head_of,
    joined,
    line_of,
    rechain,
    record,
    sealed,
    sha,
)

_CHECK = ed25519_check(KEY.public_key())
_THOUSAND = chain(1000)
_HEAD = head_of(_THOUSAND)
_PLACES = (0, 1, 2, 250, 499, 500, 997, 998, 999)


def _seen(fields: Sequence[Fields], **arguments: Any) -> tuple[Damage, int, int, int]:
    """Damage, index, line and offset of the first bad record; the report must be consistent."""
    report = verify([joined(fields)], **arguments)
    assert report.verdict is ChainVerdict.BROKEN
    bad = report.first_bad
    assert bad is not None
    assert bad.place.line == bad.place.index + 1
    assert bad.place.offset == len(joined(fields[: bad.place.index]))
    assert str(bad.place) in bad.message
    return bad.damage, bad.place.index, bad.place.line, bad.place.offset


# -- R018, literally: one line of 1,000 deleted, altered, reordered; the end cut off


@pytest.mark.parametrize("index", [place for place in _PLACES if place < 999])
def test_deleted_line(index: int) -> None:
    """R018: a deleted line is found, the first bad index is where it stood, and the missing number is named."""
    fields = _THOUSAND[:index] + _THOUSAND[index + 1 :]
    assert _seen(fields)[:2] == (Damage.DELETED, index)
    bad = verify([joined(fields)]).first_bad
    assert bad is not None
    assert bad.missing == (index + 1, index + 1)
    assert bad.sequence == index + 1


def test_deleted_last_line() -> None:
    """R018: a cut at the end is seen with an external head, at the place after the last line; without, unanchored."""
    for count in (0, 1, 500, 999):
        fields = _THOUSAND[:count]
        assert verify([joined(fields)]).verdict is ChainVerdict.UNANCHORED
        assert _seen(fields, head=_HEAD)[:2] == (Damage.TRUNCATED, count)
        bad = verify([joined(fields)], head=_HEAD).first_bad
        assert bad is not None
        assert bad.missing == (count + 1, 1000)


_ALTERED: dict[str, Callable[[Fields], Fields]] = {
    "payload": lambda item: {**item, "payload": {"n": 0}},
    "payload and digest": lambda item: {**item, "payload": {"n": 0}, "payload_sha256": sha(b'{"n":0}')},
    "digest": lambda item: {**item, "payload_sha256": "0" * 64},
    "time": lambda item: {**item, "time": "2026-11-21T00:00:00.000000Z"},
    "sequence": lambda item: {**item, "sequence": item["sequence"] + 5},
    "previous": lambda item: {**item, "previous": "0" * 64},
    "previous seal": lambda item: {**item, "previous_seal": "0" * 64},
    "hash": lambda item: {**item, "hash": "0" * 64},
    "log": lambda item: {**item, "log": "other"},
    "schema of the payload": lambda item: {**item, "payload_schema": "other/1"},
    "to a line that is no record": lambda item: {**item, "time": "yesterday"},
}


@pytest.mark.parametrize("alter", _ALTERED.values(), ids=_ALTERED)
@pytest.mark.parametrize("index", _PLACES)
def test_altered_line(index: int, alter: Callable[[Fields], Fields]) -> None:
    """R018: one altered field of one line is found at every kind of position, and called an edit."""
    fields = [*_THOUSAND[:index], alter(_THOUSAND[index]), *_THOUSAND[index + 1 :]]
    damage, found, _, _ = _seen(fields)
    assert found == index
    last_unreadable = index == 999 and alter(_THOUSAND[index])["time"] == "yesterday"
    assert damage is (Damage.UNREADABLE if last_unreadable else Damage.EDITED)


@pytest.mark.parametrize(
    ("source", "target"),
    [(0, 1), (0, 999), (1, 0), (499, 500), (500, 499), (10, 700), (700, 10), (998, 999), (999, 998), (999, 0)],
)
def test_moved_line(source: int, target: int) -> None:
    """R018: a moved line is called reordered; the first bad index is the first place that changed."""
    fields = list(_THOUSAND)
    fields.insert(target, fields.pop(source))
    assert _seen(fields)[:2] == (Damage.REORDERED, min(source, target))


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 999), (400, 600), (998, 999)])
def test_exchanged_lines(one: int, other: int) -> None:
    """R018: two exchanged lines are called reordered at the first of them."""
    fields = list(_THOUSAND)
    fields[one], fields[other] = fields[other], fields[one]
    assert _seen(fields)[:2] == (Damage.REORDERED, one)


@pytest.mark.parametrize("index", _PLACES)
@pytest.mark.parametrize("source", _PLACES)
def test_duplicated_line(index: int, source: int) -> None:
    """A second copy of a line, near or far, earlier or later, is called duplicated at the copy."""
    fields = list(_THOUSAND)
    fields.insert(index + 1, fields[source])
    # Of two equal lines side by side the second is the copy.
    expected = source + 1 if index + 1 == source else index + 1
    assert _seen(fields)[:2] == (Damage.DUPLICATED, expected)


def _forged(index: int) -> dict[str, Fields]:
    """Records that somebody who knows the format inserts at `index`."""
    before = _THOUSAND[index - 1] if index else None
    forged = record(before, payload={"forged": True})
    return {
        "linked": forged,
        "linked nowhere": hashed({**forged, "previous": "0" * 64}),
        "without a hash": {**forged, "hash": "0" * 64},
        "no record": {**forged, "time": "yesterday"},
        "with an old number": hashed({**forged, "sequence": 1}),
    }


@pytest.mark.parametrize("index", [1, 2, 500, 998, 999])
@pytest.mark.parametrize("kind", list(_forged(1)))
def test_inserted_line(index: int, kind: str) -> None:
    """A record that was never written is called inserted, at its place, even when it links to the one before."""
    fields = [*_THOUSAND[:index], _forged(index)[kind], *_THOUSAND[index:]]
    # Two last records with one number and one link: with nothing after them the second is named.
    named = 1000 if (index, kind) == (999, "linked") else index
    assert _seen(fields)[:2] == (Damage.INSERTED, named)


def test_inserted_in_front() -> None:
    """A line in front of the first record is found there; a readable one is told to be no part of the log."""
    assert _seen([_forged(0)["linked"], *_THOUSAND])[:2] == (Damage.INSERTED, 0)
    assert _seen([_forged(0)["no record"], *_THOUSAND])[:2] == (Damage.INSERTED, 0)
    assert _seen([_forged(0)["without a hash"], *_THOUSAND])[:2] == (Damage.INSERTED, 0)


def test_inserted_with_a_number_ahead() -> None:
    """A forged record with a number that comes later is told from a moved one when the true one comes."""
    forged = hashed({**record(_THOUSAND[9]), "sequence": 50})
    assert _seen([*_THOUSAND[:10], forged, *_THOUSAND[10:]])[:2] == (Damage.INSERTED, 10)


def test_inserted_at_the_end() -> None:
    """A second record with the number of the last one cannot be told from it: named where the second stands."""
    assert _seen([*_THOUSAND, _forged(999)["linked"]])[:2] == (Damage.INSERTED, 1000)


def test_two_inserted_lines() -> None:
    """Two forged records chained to each other fork the log: the one that nothing follows is the first bad one."""
    one = record(_THOUSAND[9], payload={"forged": 1})
    two = record(one, payload={"forged": 2})
    damage, index, _, _ = _seen([*_THOUSAND[:10], one, two, *_THOUSAND[10:]])
    assert (damage, index) == (Damage.INSERTED, 12)


@pytest.mark.parametrize("index", [0, 1, 500, 998])
def test_edited_and_hashed_again(index: int) -> None:
    """An edit with its own hash computed again breaks the link of the next record, and the edited one is named."""
    edited = record(_THOUSAND[index - 1] if index else None, payload={"n": "edited"})
    fields = [*_THOUSAND[:index], edited, *_THOUSAND[index + 1 :]]
    assert _seen(fields)[:2] == (Damage.REPLACED, index)
    bad = verify([joined(fields)]).first_bad
    assert bad is not None
    assert bad.sequence == index + 1


@pytest.mark.parametrize("index", [0, 1, 500, 998, 999])
def test_link_edited_and_hashed_again(index: int) -> None:
    """A record whose link was changed and that was hashed again is named: neither neighbour is chained to it."""
    edited = hashed({**_THOUSAND[index], "previous": "0" * 64})
    named = index if index < 999 else 998  # with nothing after it the record before is as suspect: the earlier is named
    assert _seen([*_THOUSAND[:index], edited, *_THOUSAND[index + 1 :]])[:2] == (Damage.REPLACED, named)


def test_replaced_before_damage() -> None:
    """When the next line does not tell either, the earlier of two suspects is named."""
    edited = record(_THOUSAND[9], payload={"n": "edited"})
    gone = {**_THOUSAND[12], "time": "yesterday"}
    assert _seen([*_THOUSAND[:10], edited, _THOUSAND[11], gone])[:2] == (Damage.REPLACED, 10)
    assert _seen([*_THOUSAND[:10], edited, _THOUSAND[11], _THOUSAND[40]])[:2] == (Damage.REPLACED, 10)


def test_foreign_record() -> None:
    """A record of another log is called foreign, wherever it stands."""
    other = chain(1000, log="other")
    assert _seen([*_THOUSAND[:10], other[10], *_THOUSAND[11:]])[:2] == (Damage.FOREIGN, 10)
    assert _seen(other, log_id=LOG)[:2] == (Damage.FOREIGN, 0)
    assert _seen(other, head=_HEAD)[:2] == (Damage.FOREIGN, 0)
    assert _seen(other, start=Head.empty(LOG))[:2] == (Damage.FOREIGN, 0)


def test_unreadable_lines() -> None:
    """Lines that are no records: several in a row, or at the end, are unreadable; before the next number, edited."""
    gone = {**_THOUSAND[0], "time": "yesterday"}
    assert _seen([*_THOUSAND[:10], gone, gone, *_THOUSAND[12:]])[:2] == (Damage.UNREADABLE, 10)
    assert _seen([*_THOUSAND[:10], gone, *_THOUSAND[12:]])[:2] == (Damage.UNREADABLE, 10)
    assert _seen([gone])[:2] == (Damage.UNREADABLE, 0)
    assert _seen([gone, _THOUSAND[1]])[:2] == (Damage.EDITED, 0)
    assert _seen([gone, gone, _THOUSAND[2]])[:2] == (Damage.UNREADABLE, 0)
    assert _seen([*_THOUSAND[:10], gone, {**_THOUSAND[11], "hash": "0" * 64}])[:2] == (Damage.UNREADABLE, 10)


def test_copy_from_far_back() -> None:
    """A copy of a record more than 16,384 records back is found, and called inserted: hashes are not kept for ever."""
    lines = [dump(item) for item in _long()]
    for copied, damage in ((0, Damage.INSERTED), (1, Damage.DUPLICATED)):
        walk = Walk()
        for line in [*lines, lines[copied]]:
            walk.line(0, 0, line)
        bad = walk.report().first_bad
        assert bad is not None
        assert (bad.damage, bad.place.index) == (damage, 16385)
        assert walk.good is not None
        assert walk.good.sequence == 16385


def _long() -> Iterator[Fields]:
    item: Fields | None = None
    for _ in range(16385):
        item = record(item)
        yield item


# -- anchors


def test_intact_needs_a_head() -> None:
    """The head of the last record makes a log intact; without one the answer is unanchored (architecture §6)."""
    report = verify([joined(_THOUSAND)], head=_HEAD)
    assert report.verdict is ChainVerdict.INTACT
    assert (report.records, report.withheld, report.sealed, report.seals_checked) == (1000, 0, 0, 0)
    assert report.last == _HEAD
    assert report.covered == 1000
    assert (report.first_time, report.last_time) == ("2026-11-21T12:00:01.000000Z", "2026-11-21T12:16:40.000000Z")
    assert verify([joined(_THOUSAND)]).verdict is ChainVerdict.UNANCHORED
    assert verify([joined(_THOUSAND)], reaches=1000).verdict is ChainVerdict.UNANCHORED


def test_records_after_the_head() -> None:
    """What follows the head may have been chained again: unanchored, unless the question ends at the head."""
    head = head_of(_THOUSAND[:600])
    report = verify([joined(_THOUSAND)], head=head)
    assert report.verdict is ChainVerdict.UNANCHORED
    assert report.covered == 600
    assert "after 600" in report.summary()
    until = verify([joined(_THOUSAND)], head=head, until_head=True)
    assert until.verdict is ChainVerdict.INTACT
    assert until.last == head
    damaged = joined(_THOUSAND[:600]) + b"x\n"
    assert verify([damaged], head=head, until_head=True).verdict is ChainVerdict.INTACT
    assert verify([damaged], head=head).verdict is ChainVerdict.BROKEN


@pytest.mark.parametrize("index", [0, 1, 500, 999])
def test_rechained(index: int) -> None:
    """An editor who chains everything again is found by the head and by nothing else: rechained, at the head."""
    edited = rechain([*_THOUSAND[:index], {**_THOUSAND[index], "payload": {"n": 0}}, *_THOUSAND[index + 1 :]], index)
    assert verify([joined(edited)]).verdict is ChainVerdict.UNANCHORED
    assert _seen(edited, head=_HEAD)[:2] == (Damage.RECHAINED, 999)
    deleted = rechain(_THOUSAND[:index] + _THOUSAND[index + 1 :], index)
    assert _seen(deleted, head=_HEAD)[:2] == (Damage.TRUNCATED, 999)


def test_start() -> None:
    """A later part is judged from the state before it; without that, its beginning is missing."""
    start = head_of(_THOUSAND[:400])
    part = _THOUSAND[400:]
    assert verify([joined(part)], start=start, head=_HEAD).verdict is ChainVerdict.INTACT
    assert _seen(part, head=_HEAD)[:2] == (Damage.DELETED, 0)
    assert _seen(_THOUSAND[401:], start=start)[:2] == (Damage.DELETED, 0)
    other = Head(LOG, 400, Sha256("0" * 64))
    assert _seen(part, start=other)[:2] == (Damage.REPLACED, 0)
    bad = verify([joined(part)], start=other).first_bad
    assert bad is not None
    assert bad.sequence == 401
    assert _seen(_THOUSAND, start=start)[:2] == (Damage.INSERTED, 0)
    assert verify([b""], start=start, head=start).verdict is ChainVerdict.UNANCHORED
    assert verify([joined(part)], start=start, head=head_of(_THOUSAND[:7])).verdict is ChainVerdict.UNANCHORED


def test_nothing_is_never_intact() -> None:
    """An empty log is unanchored even with the head of an empty log, and broken with any other."""
    for chunks in ([], [b""], [b"", b""]):
        assert verify(chunks).verdict is ChainVerdict.UNANCHORED
        report = verify(chunks, head=Head.empty(LOG))
        assert report.verdict is ChainVerdict.UNANCHORED
        assert report.last is None
        assert "no record" in report.summary()
        assert verify(chunks, head=_HEAD).verdict is ChainVerdict.BROKEN
        assert verify(chunks, reaches=1).verdict is ChainVerdict.BROKEN


@pytest.mark.parametrize(
    "arguments",
    [
        {"log_id": "a b"},
        {"log_id": "other", "head": _HEAD},
        {"start": Head.empty("other"), "head": _HEAD},
        {"start": Head(LOG, 1000, Sha256("0" * 64)), "head": _HEAD},
        {"reaches": 0},
        {"reaches": True},
        {"reaches": "1"},
        {"until_head": True},
    ],
    ids=str,
)
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    """Arguments that contradict each other or are none are the caller's mistake, not a broken log."""
    with pytest.raises(InputError):
        verify([], **arguments)


# -- torn ends


@pytest.mark.parametrize("size", [1, 2, 100, -1])
def test_torn(size: int) -> None:
    """Bytes without a line feed at the end are torn, not broken: their place and size are told."""
    whole = joined(_THOUSAND[:3])
    piece = line_of(_THOUSAND[3])[:-1][:size]
    report = verify([whole, piece])
    assert report.verdict is ChainVerdict.TORN
    assert report.torn == Torn(Place("", 3, 4, len(whole)), len(piece))
    assert report.records == 3
    assert f"{len(piece)} bytes" in report.summary()
    assert verify([whole, piece], head=head_of(_THOUSAND[:3])).verdict is ChainVerdict.TORN
    assert verify([whole, piece], head=head_of(_THOUSAND[:4])).verdict is ChainVerdict.BROKEN


def test_torn_in_the_middle_is_broken() -> None:
    """A cut line is a crash only at the very end: when a later file goes on, the chain is broken there."""
    whole, piece = joined(_THOUSAND[:3]), line_of(_THOUSAND[3])[:-9]
    report = verify_parts([("a", [whole, piece]), ("b", [joined(_THOUSAND[4:6])])])
    assert report.torn is None
    assert report.first_bad is not None
    assert (report.first_bad.damage, report.first_bad.place) == (Damage.EDITED, Place("a", 3, 4, len(whole)))
    report = verify_parts([("a", [whole, piece]), ("b", [piece])])
    assert report.first_bad is not None
    assert report.first_bad.place == Place("a", 3, 4, len(whole))
    assert report.torn == Torn(Place("b", 4, 1, 0), len(piece))
    assert verify_parts([("a", [whole, piece]), ("b", [])]).verdict is ChainVerdict.TORN


# -- seals


def test_seals_extend_the_head() -> None:
    """Seals that hold cover what follows an old head: with both the log is intact (R108)."""
    fields = chain(20, key=KEY)
    report = verify([joined(fields)], head=head_of(fields[:5]), seals=_CHECK)
    assert report.verdict is ChainVerdict.INTACT
    assert (report.sealed, report.seals_checked, report.covered) == (20, 20, 20)
    assert verify([joined(fields)], reaches=20, seals=_CHECK).verdict is ChainVerdict.INTACT
    assert verify([joined(fields)], reaches=20).seals_checked == 0


def test_seal_alone_does_not_show_a_cut() -> None:
    """A sealed log that was cut off still ends with a good seal: never intact without a head or a count."""
    fields = chain(20, key=KEY)
    for count in (20, 19, 1):
        report = verify([joined(fields[:count])], seals=_CHECK)
        assert report.verdict is ChainVerdict.UNANCHORED
        assert report.covered == count
        assert "only a head or a count" in report.summary()
    assert _seen(fields[:19], reaches=20, seals=_CHECK)[:2] == (Damage.TRUNCATED, 19)


def test_records_after_the_last_seal() -> None:
    """With a seal on every fifth record, what follows the last seal is not covered."""
    fields = chain(23, key=KEY, every=5)
    report = verify([joined(fields)], reaches=20, seals=_CHECK)
    assert report.verdict is ChainVerdict.UNANCHORED
    assert (report.sealed, report.seals_checked, report.covered) == (4, 4, 20)
    assert verify([joined(fields[:20])], reaches=20, seals=_CHECK).verdict is ChainVerdict.INTACT
    assert verify([joined(fields[:20])], reaches=20).verdict is ChainVerdict.UNANCHORED


def test_rechained_under_seals() -> None:
    """Who chains again cannot seal again: the first seal after the change does not hold."""
    fields = chain(20, key=KEY, every=5)
    edited = rechain([*fields[:6], {**fields[6], "payload": {"n": 0}}, *fields[7:]], 6)
    assert verify([joined(edited)]).verdict is ChainVerdict.UNANCHORED
    assert _seen(edited, seals=_CHECK)[:2] == (Damage.SEAL, 9)


def test_foreign_and_unknown_seals() -> None:
    """A seal by a key that was not given, of another algorithm, or of another record does not hold."""
    fields = chain(3, key=KEY)
    assert _seen(chain(3, key=OTHER_KEY), seals=_CHECK)[:2] == (Damage.SEAL, 0)
    both = ed25519_check(OTHER_KEY.public_key(), KEY.public_key())
    assert verify([joined(fields)], reaches=3, seals=both).verdict is ChainVerdict.INTACT
    for seal in ({**fields[2]["seal"], "algorithm": "other"}, fields[1]["seal"]):
        assert _seen([*fields[:2], {**fields[2], "seal": seal}], seals=_CHECK)[:2] == (Damage.SEAL, 2)


def test_seal_changed_without_a_key() -> None:
    """A seal that is changed, dropped or slipped in later breaks the chain for everybody: the next record covers it."""
    fields = chain(3, key=KEY, every=2)
    other = sealed(fields[1], OTHER_KEY)
    assert _seen([fields[0], other, fields[2]])[:2] == (Damage.EDITED, 1)
    assert _seen([fields[0], {**fields[1], "seal": None}, fields[2]])[:2] == (Damage.EDITED, 1)
    assert _seen([sealed(fields[0], OTHER_KEY), *fields[1:]])[:2] == (Damage.EDITED, 0)
    first = hashed({**fields[0], "previous_seal": "0" * 64})
    assert _seen([first])[:2] == (Damage.EDITED, 0)


def test_seal_of_the_record_before_the_start() -> None:
    """What sealed the record before a given start is not known: the link to it is not judged."""
    fields = chain(4, key=KEY)
    assert verify([joined(fields[2:])], start=head_of(fields[:2]), head=head_of(fields)).verdict is ChainVerdict.INTACT


@pytest.mark.parametrize("keys", [(), ("x",), (KEY,)])
def test_keys_must_be_public_ed25519(keys: Any) -> None:
    """No key, a text or a private key cannot check a seal."""
    with pytest.raises(InputError, match="public_keys"):
        ed25519_check(*keys)


def test_seal_port() -> None:
    """The Ed25519 port and its check agree; a changed byte or a private key of another kind does not pass."""
    seal = ed25519_seal(KEY)(b"data")
    assert _CHECK(b"data", seal)
    assert not _CHECK(b"datb", seal)
    assert not _CHECK(b"data", Seal(seal.algorithm, seal.key, seal.signature[:-1]))
    with pytest.raises(InputError, match="private_key"):
        ed25519_seal(KEY.public_key())  # type: ignore[arg-type]


# -- what else a report says


def test_withheld_is_counted() -> None:
    """Erased payloads leave the chain intact and are counted (architecture §6)."""
    fields = [{**item, "payload": None} if item["sequence"] % 2 else item for item in _THOUSAND[:10]]
    report = verify([joined(fields)], head=head_of(fields))
    assert report.verdict is ChainVerdict.INTACT
    assert report.withheld == 5
    assert "5 withheld" in report.summary()


def test_clock_that_went_back() -> None:
    """A clock that stepped back is a fact of the report, no damage."""
    fields = [dict(item) for item in _THOUSAND[:4]]
    fields[2]["time"] = "2026-11-21T11:00:00.000000Z"
    fields = rechain(fields, 2)
    report = verify([joined(fields)], head=head_of(fields))
    assert report.verdict is ChainVerdict.INTACT
    assert report.backwards == 1


def test_report_has_no_truth_value() -> None:
    """`if verify(...)` would pass for any log: it raises instead."""
    with pytest.raises(TypeError, match="verdict"):
        bool(verify([]))


def test_summary() -> None:
    """The lines for people: verdict and counts, the head, and the one reason that matters."""
    fields = _THOUSAND[:2]
    counts = f"log {LOG}, 2 records, 0 withheld, 0 sealed, 0 seals checked"
    head = f"head: {head_of(fields)}"
    assert verify([joined(fields)], head=head_of(fields)).summary() == f"intact: {counts}\n{head}"
    rest = "no head and no checked seal covers the records after 0"
    assert verify([joined(fields)]).summary() == f"unanchored: {counts}\n{head}\n{rest}"
    place = f"record 2 (line 3, byte {len(joined(fields))})"
    rest = f"{place}: 2 bytes without a line feed: an append was cut short"
    assert verify([joined(fields), b"{}"]).summary() == f"torn: {counts}\n{head}\n{rest}"
    rest = f"{place}: this line is no record; expected number 3 linked to {fields[1]['hash']}"
    assert verify([joined(fields), b"{}\n"]).summary() == f"broken: {counts}\n{head}\n{rest}"
    nothing = "log (unknown), 0 records, 0 withheld, 0 sealed, 0 seals checked"
    assert verify([]).summary() == f"unanchored: {nothing}\nthere is no record"


def test_report_as_json() -> None:
    """A report is canonical JSON that names verdict, counts, head, first bad record and torn end."""
    whole = json.loads(verify([joined(_THOUSAND)], head=_HEAD).to_json())
    assert whole == {
        "schema": "pkicheck/chain-report/1",
        "verdict": "intact",
        "log": LOG,
        "records": 1000,
        "withheld": 0,
        "sealed": 0,
        "seals_checked": 0,
        "backwards": 0,
        "first_time": "2026-11-21T12:00:01.000000Z",
        "last_time": "2026-11-21T12:16:40.000000Z",
        "head": str(_HEAD),
        "covered": 1000,
        "reached": True,
        "first_bad": None,
        "torn": None,
    }
    broken = parse_json(verify([joined(_THOUSAND[1:3])]).to_json())
    assert isinstance(broken, dict)
    assert broken["first_bad"] == {
        "damage": "deleted",
        "file": "",
        "index": 0,
        "line": 1,
        "offset": 0,
        "sequence": 1,
        "missing": [1, 1],
        "expected": f"number 1 linked to {genesis_of()}",
        "saw": f"number 2 linked to {_THOUSAND[0]['hash']} in log {LOG}",
        "after": "",
    }
    assert broken["head"] is None
    torn = parse_json(verify([b"abc"]).to_json())
    assert isinstance(torn, dict)
    assert torn["torn"] == {"file": "", "index": 0, "line": 1, "offset": 0, "size": 3}


def test_messages() -> None:
    """A message names file, record, line and byte, what was expected, seen and is missing, and after which file."""
    parts = [("a", [joined(_THOUSAND[:2])]), ("b", [joined(_THOUSAND[5:7])])]
    bad = verify_parts(parts).first_bad
    assert bad is not None
    assert bad.damage is Damage.MISSING_FILE
    assert bad.message.startswith("b: record 2 (line 1, byte 0): records are missing where this file begins")
    assert bad.message.endswith("; missing 3 to 5, after a")
    assert bad.message in verify_parts(parts).summary()
    one = verify([joined(_THOUSAND[:2] + _THOUSAND[3:4])]).first_bad
    assert one is not None
    assert one.message.endswith("; missing 3")
    seal = verify([joined(chain(1, key=OTHER_KEY))], seals=_CHECK).first_bad
    assert seal is not None
    assert "expected a seal that holds, saw a seal by ed25519 key" in seal.message


# -- several files


def _parts(*cuts: int) -> list[tuple[str, list[bytes]]]:
    edges = [0, *cuts, 1000]
    return [(f"file{number}", [joined(_THOUSAND[start:end])]) for number, (start, end) in enumerate(pairwise(edges))]


def test_parts_are_one_log() -> None:
    """Files in their order are one log; index counts over all, line and offset within the file."""
    assert verify_parts(_parts(100, 100, 400), head=_HEAD).verdict is ChainVerdict.INTACT
    parts = _parts(100, 400)
    parts[1][1].append(b"x\n")
    bad = verify_parts(parts).first_bad
    assert bad is not None
    assert bad.place == Place("file1", 400, 301, len(joined(_THOUSAND[100:400])))


def test_missing_part() -> None:
    """A file that is not given is called missing, with the file before and after the gap, first or in the middle."""
    parts = _parts(100, 400)
    for gone, named, after, missing in ((1, "file2", "file0", (101, 400)), (0, "file1", "", (1, 100))):
        bad = verify_parts(parts[:gone] + parts[gone + 1 :]).first_bad
        assert bad is not None
        assert (bad.damage, bad.place.file, bad.after, bad.missing) == (Damage.MISSING_FILE, named, after, missing)
    assert verify_parts(parts[:2]).verdict is ChainVerdict.UNANCHORED
    bad = verify_parts(parts[:2], head=_HEAD).first_bad
    assert bad is not None
    assert (bad.damage, bad.place) == (Damage.TRUNCATED, Place("file1", 400, 301, len(joined(_THOUSAND[100:400]))))


def test_gap_inside_of_a_file() -> None:
    """A gap that is not at the edge of a file is a deletion, in a named file too."""
    bad = verify_parts([("a", [joined(_THOUSAND[:2])]), ("b", [joined(_THOUSAND[2:4] + _THOUSAND[5:7])])]).first_bad
    assert bad is not None
    assert (bad.damage, bad.place.file, bad.place.line, bad.after) == (Damage.DELETED, "b", 3, "")


def test_parts_in_another_order() -> None:
    """Given in another order the parts are reordered: the pure walk takes the order as a statement."""
    parts = _parts(100, 400)
    bad = verify_parts([parts[1], parts[0], parts[2]]).first_bad
    assert bad is not None
    assert (bad.damage, bad.place.file) == (Damage.REORDERED, "file1")


# -- laws

_TEN = chain(10, key=KEY, every=4)
_TEN_DATA = joined(_TEN)
_LAST_SEALED = chain(8, key=KEY, every=4)


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_give_a_report(chunks: list[bytes]) -> None:
    """Reading is total: any bytes give a report, and never intact without a head that they cannot know."""
    cases: list[dict[str, Any]] = [{}, {"head": head_of(_TEN), "seals": _CHECK}]
    for arguments in cases:
        report = verify(chunks, **arguments)
        assert isinstance(report, ChainReport)
        assert report.verdict is not ChainVerdict.INTACT
        assert report.summary()
        assert report.to_json()


@given(st.data())
def test_any_shuffle_gives_a_report(data: st.DataObject) -> None:
    """Lines of two logs in any order, some twice, some damaged, give a report; it is intact for the log alone."""
    lines = [*map(line_of, _TEN), *map(line_of, chain(4, log="other")), b"x\n", line_of({**_TEN[3], "hash": "0" * 64})]
    picked = data.draw(st.lists(st.sampled_from(lines), max_size=14))
    report = verify([b"".join(picked)], head=head_of(_TEN))
    assert (report.verdict is ChainVerdict.INTACT) == (b"".join(picked) == _TEN_DATA)
    assert report.summary()
    if report.first_bad is not None:
        assert 0 <= report.first_bad.place.index <= len(picked)


@given(st.data())
def test_any_flipped_byte_is_found(data: st.DataObject) -> None:
    """Any change of any byte of a log with its head is found, the seal of its very last record excepted."""
    fields = data.draw(st.sampled_from([_TEN, chain(10)]))
    whole = joined(fields)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    report = verify([bytes(changed)], head=head_of(fields))
    assert report.verdict is not ChainVerdict.INTACT
    assert report.first_bad is not None or report.torn is not None


@given(st.data())
def test_any_flipped_byte_of_a_sealed_log_is_found(data: st.DataObject) -> None:
    """With the key, every byte counts, the last seal included: nothing changed is called intact."""
    whole = joined(_LAST_SEALED)
    assert verify([whole], reaches=8, seals=_CHECK).verdict is ChainVerdict.INTACT
    place = data.draw(st.integers(0, len(whole) - 1) | st.integers(len(whole) - 400, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    anchors: list[dict[str, Any]] = [{"reaches": 8}, {"head": head_of(_LAST_SEALED)}]
    for anchor in anchors:
        report = verify([bytes(changed)], seals=_CHECK, **anchor)
        assert report.verdict is not ChainVerdict.INTACT


@given(st.data())
def test_any_cut_is_found(data: st.DataObject) -> None:
    """A log cut off anywhere, or cut out of the middle, is never intact."""
    start = data.draw(st.integers(0, len(_TEN_DATA) - 1))
    end = data.draw(st.integers(start + 1, len(_TEN_DATA)))
    rest = _TEN_DATA[:start] + _TEN_DATA[end:]
    assert verify([rest], head=head_of(_TEN)).verdict is not ChainVerdict.INTACT


@given(st.lists(st.integers(0, len(_TEN_DATA)), max_size=8))
def test_report_does_not_depend_on_the_cut(cuts: list[int]) -> None:
    """The same bytes in any cut give the same report."""
    edges = sorted([0, *cuts, len(_TEN_DATA)])
    chunks = [_TEN_DATA[start:end] for start, end in pairwise(edges)]
    assert verify(chunks, head=head_of(_TEN)) == verify([_TEN_DATA], head=head_of(_TEN))


@given(st.sets(st.integers(0, 9)))
def test_erasing_any_payloads_leaves_the_chain(erased: set[int]) -> None:
    """Whatever payloads are erased, the log stays intact and says how many are withheld."""
    fields = [{**item, "payload": None} if at in erased else item for at, item in enumerate(_TEN)]
    report = verify([joined(fields)], head=head_of(_TEN), seals=_CHECK)
    assert report.verdict is ChainVerdict.INTACT
    assert report.withheld == len(erased)


def test_memory_is_bounded() -> None:
    """A gigabyte without a line feed is counted, not held: the blocks come and go."""
    block = b"y" * 65536
    tracemalloc.start()
    report = verify(block for _ in range(16384))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.torn is not None
    assert report.torn.size == 2**30
    assert peak < 12 * 2**20
