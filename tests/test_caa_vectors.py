"""The CAA vectors, each through every way to a decision; their catalogue; the record of all outcomes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path

import attrs
import pytest

from pkicheck.caa import CaaResult, caa_plan
from pkicheck.codes import caa as caa_codes
from pkicheck.codes import dns as dns_codes
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Verdict
from pkicheck.plans import run, run_many
from pkicheck.rules import RULES
from pkicheck.rules import caa as caa_rules
from pkicheck.rules import dnssec as dnssec_rules
from tests.caa_cases import CaaVector, citations, codes_of, decide, plan_of, zone_of
from tests.vectorfile import VectorError, load, octets

_VECTORS = load("caa", CaaVector)
_GOLDEN = Path(__file__).resolve().parent / "golden" / "caa.txt"


def _params() -> list[object]:
    return [
        pytest.param(
            each,
            id=each.id,
            marks=[pytest.mark.xfail(reason=each.disputed, strict=True)] if each.disputed else [],
        )
        for each in _VECTORS
    ]


@cache
def _outcome(vector_id: str) -> CaaResult:
    vector = next(each for each in _VECTORS if each.id == vector_id)
    return run(plan_of(vector), zone_of(vector), deadline=timedelta(seconds=20))


@pytest.mark.parametrize("vector", _params())
def test_vector(vector: CaaVector) -> None:
    """The vector's outcome, by every entry point and from the evidence alone (C20, C21, R136, R138, R139)."""
    result, asked = decide(vector)
    found = codes_of(result)
    assert result.verdict is vector.verdict, result.summary()
    assert set(vector.codes) <= found
    assert not set(vector.never) & found
    assert (None if result.found_at is None else result.found_at.text) == vector.found_at or vector.found_at is None
    assert vector.queries in (None, asked)
    if vector.expires_in is not None:
        assert result.expires_at == vector.clock + timedelta(seconds=vector.expires_in)
    for sign in vector.sign:
        refused = result.covers(sign.name or vector.name, issued_at=vector.clock + timedelta(seconds=sign.after))
        assert [each.code for each in refused] == list(sign.codes), sign


def test_vectors_in_one_stream() -> None:
    """All vectors of the same data and clock side by side in one stream: each has the outcome it has alone (C02)."""
    plain = [
        each
        for each in _VECTORS
        if not (each.fail or each.reply or each.delegation or each.raw or each.more or each.repeat or each.disputed)
        and each.server is None
        and each.vantage == "zone"
        and each.status == "unsigned"
    ]
    groups: dict[tuple[str, object], list[CaaVector]] = {}
    for each in plain:
        groups.setdefault((each.zone, each.clock), []).append(each)
    assert max(len(group) for group in groups.values()) > 2
    for group in groups.values():
        # The first of each group lends its zone data; every plan goes twice, so that equal plans run beside each other.
        plans = [plan_of(each) for each in group for _ in range(2)]
        results = dict(run_many(plans, zone_of(group[0]), in_flight=3))
        for index, plan in enumerate(plans):
            assert results[index] == _outcome(group[index // 2].id)
            assert results[index].plan == plan


def test_at_least_two_hundred_vectors() -> None:
    """The suite of files for CAA, issue values and messages holds at least 200 facts."""
    folder = Path(__file__).resolve().parent / "vectors"
    count = sum(
        path.read_text(encoding="utf-8").count("\n[[vector]]")
        for area in ("caa", "issuevalue", "dns")
        for path in (folder / area).glob("*.toml")
    )
    assert count >= 200


def _reached(vectors: Iterable[CaaVector]) -> set[str]:
    """Codes that vectors demand; `test_vector` holds them to it."""
    return {code for each in vectors for code in (*each.codes, *(code for sign in each.sign for code in sign.codes))}


# Codes that no zone data can produce: each has a test of its own, named here.
_ELSEWHERE = {
    "dns.lookup-deadline": "tests/test_caa_decide.py",
    "dns.lookup-not-recorded": "tests/test_caa_laws.py",
}


def test_every_code_is_reached() -> None:
    """Each finding code of CAA and of DNS is demanded by a vector, or asserted by the test named above."""
    catalogue = {each.id for each in (*caa_codes.CODES, *dns_codes.CODES)}
    values = {
        code
        for path in (Path(__file__).resolve().parent / "vectors" / "issuevalue").glob("*.toml")
        for code in re.findall(r'^defect = "([a-z.-]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    reached = _reached(each for each in _VECTORS if not each.disputed) | values
    for code, place in _ELSEWHERE.items():
        assert f'"{code}"' in (Path(__file__).resolve().parents[1] / place).read_text(encoding="utf-8"), place
    assert catalogue - reached - set(_ELSEWHERE) == set()
    assert reached - catalogue == {"evidence.dry-run"}


def test_every_file_has_its_origin() -> None:
    """The README names the origin of each file of the three areas, and no file that is not there."""
    folder = Path(__file__).resolve().parent / "vectors"
    text = (folder / "README.md").read_text(encoding="utf-8")
    for area in ("caa", "issuevalue", "dns"):
        section = text.partition(f"## {area}:")[2].partition("\n## ")[0]
        assert set(re.findall(r"^\| `([a-z]+\.toml)` \|", section, re.MULTILINE)) == {
            path.name for path in (folder / area).glob("*.toml")
        }


def test_every_rule_has_a_vector() -> None:
    """Each rule of CAA and of DNSSEC is cited by a vector, and vectors cite only rules there are."""
    cited = {rule for each in _VECTORS for rule in each.rule}
    assert cited <= set(RULES)
    assert {rule.id for rule in (*caa_rules.RULES, *dnssec_rules.RULES)} - cited == set()


def test_every_rule_has_a_code() -> None:
    """Each rule of CAA and of DNSSEC is what some finding code is judged by."""
    cited = {rule for code in (*caa_codes.CODES, *dns_codes.CODES) for rule in code.rules}
    assert {rule.id for rule in (*caa_rules.RULES, *dnssec_rules.RULES)} - cited == set()


def test_every_lesson_and_row_is_cited() -> None:
    """Each lesson and requirement row about CAA is cited by a vector or by the docstring of a test."""
    lessons = {f"C{number:02}" for number in range(1, 23)}
    rows = {"R042", "R105"} | {f"R{number}" for number in range(123, 140)}
    cited = {each for vector in _VECTORS for each in citations(vector)}
    here = Path(__file__).resolve().parent
    for path in [*here.glob("test_caa_*.py"), *here.glob("test_[dilrz]*.py")]:
        cited |= set(re.findall(r"\b(?:C\d\d|R\d\d\d)\b", path.read_text(encoding="utf-8")))
    assert (lessons | rows) - cited == set()


def _golden_lines() -> list[str]:
    lines: list[str] = []
    for vector in _VECTORS:
        if vector.disputed:
            continue
        result = _outcome(vector.id)
        codes = " ".join(sorted(each.code for each in result.findings))
        lines.append(f"{vector.id}: {result.verdict.value}: {codes}")
    return lines


def test_no_outcome_changes_unseen() -> None:
    """Verdict and codes of every vector are those on record; PKICHECK_REGOLD=1 writes it anew, for review (R136)."""
    text = "".join(f"{line}\n" for line in _golden_lines())
    if os.environ.get("PKICHECK_REGOLD") == "1":
        _GOLDEN.write_text(text, encoding="utf-8")
    assert _GOLDEN.read_text(encoding="utf-8").splitlines() == text.splitlines()


def test_counts_over_the_vectors_equal_hand_counts() -> None:
    """Counted from the evidence alone, verdicts and their shares are those of the vectors (R135)."""
    stored = [load_evidence(_outcome(each.id).to_json()).replay().result for each in _VECTORS if not each.disputed]
    for verdict in Verdict:
        counted = sum(each.verdict is verdict for each in stored)
        assert counted == sum(each.verdict is verdict for each in _VECTORS if not each.disputed)


def test_a_rule_change_shows_its_delta() -> None:
    """Replayed on a later day, evidence shows which verdict changes and by which codes (R136)."""
    result = _outcome("account-of-somebody-else-as-advice")
    again = load_evidence(result.to_json()).replay(at=result.at + timedelta(days=365))
    assert again.verdict_changed
    assert again.findings_gone == ("caa.parameters-advisory",)
    assert again.findings_added == ("caa.account-not-listed", "evidence.dry-run")


def test_each_name_of_a_certificate_in_each_position() -> None:
    """Three names, one forbidden, at each position: always refused, and that name is named (C02, R105)."""
    vector = next(each for each in _VECTORS if each.id == "climb-one-name-of-three-forbidden")
    names = ["a.shop.example", "b.shop.example", "c.shop.example"]
    for turn in range(3):
        turned = names[turn:] + names[:turn]
        plans = [caa_plan(name, issuers=vector.issuers) for name in turned]
        verdicts = {result.plan.asked()["name"]: result.verdict for _, result in run_many(plans, zone_of(vector))}
        assert verdicts == {
            "a.shop.example": Verdict.PASS,
            "b.shop.example": Verdict.FAIL,
            "c.shop.example": Verdict.PASS,
        }


# --- the loader


_GOOD = '[[vector]]\nid = "x"\ncomment = "c"\nrule = []\nsource = "s"\nname = "a.b"\nverdict = "pass"\ncodes = []\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_GOOD + "extra = 1\n", "unknown keys ['extra']"),
        (_GOOD.replace('name = "a.b"\n', ""), "missing keys ['name']"),
        (_GOOD.replace('"pass"', '"maybe"'), "maybe"),
        (_GOOD.replace("codes = []", 'codes = "x"'), "list of texts"),
        (_GOOD.replace("codes = []", "codes = [1]"), "list of texts"),
        (_GOOD.replace('comment = "c"', 'comment = ""'), "comment"),
        (_GOOD.replace('id = "x"', 'id = "X y"'), "id"),
        (_GOOD + 'clock = "noon"\n', "date-time"),
        (_GOOD + "clock = 2026-11-21T12:00:00\n", "date-time"),
        (_GOOD + 'raw = [{ owner = "a.b", rdata = "0" }]\n', "hexadecimal"),
        (_GOOD + 'raw = [{ owner = "a.b", rdata = 0 }]\n', "hexadecimal"),
        (_GOOD + 'raw = [{ owner = "a.b", rdata = "00", huh = 1 }]\n', "unknown keys ['huh']"),
        (_GOOD + 'raw = "00"\n', "list of Raw"),
        (_GOOD + "raw = [1]\n", "must be a table"),
        (_GOOD + _GOOD, "given twice"),
        ("[other]\nx = 1\n" + _GOOD, "nothing else"),
        ("vector = []\n", "nothing else"),
        ("vector = [1]\n", "table"),
        ("", "nothing else"),
        ("not toml", "line 1"),
    ],
)
def test_loader_is_strict(tmp_path: Path, text: str, words: str) -> None:
    """An unknown, missing, doubled or mistyped part of a vector file fails and is named."""
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "one.toml").write_text(text, encoding="utf-8")
    with pytest.raises(VectorError, match=re.escape(words)):
        load("area", CaaVector, root=tmp_path)


def test_loader_reads_what_is_right(tmp_path: Path) -> None:
    """A good file gives its vectors; a folder without files fails."""
    with pytest.raises(VectorError, match="no vector file"):
        load("area", CaaVector, root=tmp_path)
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "one.toml").write_text(_GOOD, encoding="utf-8")
    (vector,) = load("area", CaaVector, root=tmp_path)
    assert vector == attrs.evolve(vector)
    assert vector.verdict is Verdict.PASS
    assert octets("00 01 ; a comment\n02") == b"\0\1\2"
