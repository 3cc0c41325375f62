"""Evidence: any bytes give `Stored` or InputError, deciding again a result or InputError, never a silent other one.

The first byte of an input chooses: 0, the rest is a record as it stands; else the rest is a list of edits of a good
record. Edits of what a record rests on (question, observations, documents, times) must not make another decision that
replay calls the same; edits of what it says of itself (findings, verdict) must not change what is decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, cast

from pkicheck import check_caa, load
from pkicheck.canon import canonical, digest, encode_bytes
from pkicheck.errors import InputError
from pkicheck.findings import Verdict
from pkicheck.lists import PackagedLists
from pkicheck.namecheck import check_name
from pkicheck.results import Result
from pkicheck.testing import FixedClock, Zone

__all__ = ["seeds", "target"]

_CLOCK = FixedClock(datetime(2026, 11, 21, 12, tzinfo=timezone.utc))
_TEXT = """
good.example. CAA 0 issue "ca.example"
other.example. CAA 0 issue "other.example"
bound.example. CAA 0 issue "ca.example; accounturi=https://ca.example/1; validationmethods=dns-01"
alias.example. CNAME www.good.example.
www.good.example. A 192.0.2.1
"""


def _results() -> Iterator[Result]:
    zone = Zone(_TEXT, status="secure", clock=_CLOCK)
    zone.fail("dead.example", "CAA", "servfail")
    for name in ("good.example", "other.example", "*.bound.example", "alias.example", "dead.example", "192.0.2.1"):
        yield check_caa(name, issuers={"ca.example"}, resolver=zone)
    lists = PackagedLists(clock=_CLOCK)
    yield check_name("www.example.net", lists=lists)
    yield check_name(b"-\xff..", lists=lists)


_GOOD = [(result, result.to_json()) for result in _results()]
_SELF = ("findings", "verdict")
_VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 257, 2**53 - 1, "", "x", [], {}, "pass", "fail", "dns", "cd", "retry", "TIMEOUT"),
    *("NOT_RECORDED", "nodata", "AAAA", "caa.authorised", "good.example", "*.example", "smime", "http-01"),
    *("0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2017-09-07T23:59:59.999999Z"),
    "2027-03-15T00:00:00.000000Z",
)


def _paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        items = list(cast("dict[str, object]", value).items())
    elif isinstance(value, list):
        items = list(enumerate(cast("list[object]", value)))
    for key, item in items:
        yield from _paths(item, (*path, key))


def _edit(record: dict[str, Any], data: bytes) -> bool:
    """Apply the edits; whether all of them were of what the record says of itself, or none."""
    kinds: set[bool] = set()
    value: Any = record
    for at in range(0, len(data) - 3, 4):
        where, how, what = data[at] << 8 | data[at + 1], data[at + 2], data[at + 3]
        paths = list(_paths(value))
        path = paths[where % len(paths)]
        kinds.add(path[0] in _SELF)
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        old = holder[path[-1]]
        if how % 8 == 0:
            del holder[path[-1]]
        elif how % 8 == 1 and isinstance(holder, list):
            holder.insert(path[-1], json.loads(json.dumps(old)))
        elif how % 8 == 2:
            donor: Any = json.loads(_GOOD[what % len(_GOOD)][1])
            others = [each for each in _paths(donor) if each[-1] == path[-1]] or [path[:1]]
            for key in others[where % len(others)]:
                donor = donor[key]
            holder[path[-1]] = json.loads(canonical(donor))
        elif how % 8 == 3 and isinstance(old, str) and old:
            place = what % len(old)
            holder[path[-1]] = old[:place] + chr(32 + (how >> 3) * 3) + old[place + 1 :]
        elif how % 8 == 4 and isinstance(old, int):
            holder[path[-1]] = old + what - 128
        else:
            holder[path[-1]] = _VALUES[what % len(_VALUES)]
        if not record:
            break
    return len(kinds) < 2


def _decide(line: bytes) -> tuple[Verdict, list[str], bool] | None:
    """Read and decide again: verdict, codes and whether replay calls it the same; None when it is refused."""
    try:
        stored = load(line)
        again = stored.replay()
    except InputError:
        return None
    assert canonical(cast("Any", stored.record)) == line.rstrip(b"\n")
    result = again.result
    written: Any = json.loads(result.to_json())
    if again.same and stored.record["rules_digest"] == written["rules_digest"]:
        # What may differ is which documents are withheld, and in which order the observations are listed.
        for key in written.keys() - {"documents", "observations", "software"}:
            assert written[key] == cast("Any", stored.record)[key], key
        assert sorted(map(canonical, written["observations"])) == sorted(
            map(canonical, cast("Any", stored.record)["observations"])
        )
    return result.verdict, sorted(each.code for each in result.findings), again.same


def target(data: bytes) -> None:
    """Read a record, or edit a good one and read that."""
    if not data or data[0] == 0:
        _decide(data[1:])
        return
    good, line = _GOOD[data[0] % len(_GOOD)]
    value: Any = json.loads(line)
    pure = _edit(value, data[1:257])
    try:
        edited = canonical(value)
    except InputError:
        return
    decided = _decide(edited)
    if decided is None or not pure:
        return
    verdict, found, same = decided
    if same:
        assert (verdict, found) == (good.verdict, sorted(each.code for each in good.findings))


def seeds() -> Iterator[bytes]:
    """The good records, and edits of each kind."""
    for _, line in _GOOD:
        yield b"\0" + line
        yield b"\0" + line[: len(line) // 2]
    yield b"\0" + b"[" * 100
    yield b"\0" + canonical({"schema": "pkicheck/evidence/2"})
    yield b"\0" + canonical({"documents": {digest(b"x"): encode_bytes(b"x")}})
    for index in range(1, len(_GOOD) + 1):
        for how in range(5):
            yield bytes((index, 0, 20 * how, how, 7, 0, 40, how + 8, 30))
            yield bytes((index, 0, 60 + how, how, 3))
