"""The DCV vectors, each through every way to a decision; their catalogue; the record of all outcomes."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from pkicheck.codes import dcv as dcv_codes
from pkicheck.dcv import DcvResult
from pkicheck.findings import Verdict
from pkicheck.plans import run
from pkicheck.rules import RULES
from pkicheck.rules import dcv as dcv_rules
from pkicheck.wording import explain
from tests.dcv_cases import DcvVector, citations, codes_of, decide, plan_of, suffix_of, world_of
from tests.vectorfile import VectorError, load

_VECTORS = load("dcv", DcvVector)
_GOLDEN = Path(__file__).resolve().parent / "golden" / "dcv.txt"


@cache
def _outcome(vector_id: str) -> DcvResult:
    vector = next(each for each in _VECTORS if each.id == vector_id)
    return run(plan_of(vector), world_of(vector), deadline=timedelta(seconds=20))


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: DcvVector) -> None:
    """The vector's outcome, by every entry point and from the evidence alone (D14, R115)."""
    result = decide(vector)
    found = codes_of(result)
    assert result.verdict is vector.verdict, explain(result)
    assert set(vector.codes) <= found, explain(result)
    assert not set(vector.never) & found, explain(result)
    assert vector.derived in (None, result.derived)
    assert (result.verdict is Verdict.PASS) <= ("dcv.control-shown" in found)
    assert (result.expires_at is not None) == (result.verdict is Verdict.PASS)
    if vector.stops_in is not None:
        assert result.expires_at == vector.clock + timedelta(seconds=vector.stops_in)
    for cover in vector.covers:
        issued_at = vector.clock + timedelta(days=cover.days, seconds=cover.seconds)
        refused = result.covers(cover.name or vector.name, issued_at=issued_at, suffix_of=suffix_of)
        assert [each.code for each in refused] == list(cover.codes), cover


def test_at_least_two_hundred_and_fifty_vectors() -> None:
    """The suite of files for DCV holds at least 250 facts."""
    assert len(_VECTORS) >= 250


# Codes that no vector can produce: each has a test of its own, named here.
_ELSEWHERE = {
    "dcv.connect-not-recorded": "tests/test_dcv_laws.py",
}


def test_every_code_is_reached() -> None:
    """Each finding code of DCV is demanded by a vector, or asserted by the test named above."""
    catalogue = {each.id for each in dcv_codes.CODES}
    reached = {
        code for each in _VECTORS for code in (*each.codes, *(code for one in each.covers for code in one.codes))
    }
    # (without a suffix list nothing is covered below the name: tests/test_dcv_laws.py)
    elsewhere = {*_ELSEWHERE, "dcv.evidence-suffix-unknown"}
    for code in elsewhere:
        place = _ELSEWHERE.get(code, "tests/test_dcv_laws.py")
        assert f'"{code}"' in (Path(__file__).resolve().parents[1] / place).read_text(encoding="utf-8"), place
    assert catalogue - reached - elsewhere == set()


def test_every_rule_has_a_vector() -> None:
    """Vectors cite only rules there are, and every rule of DCV that an open method has is cited by one.

    The rules of methods that nothing here carries out are walked by tests/test_dcv_registry.py.
    """
    cited = {rule for each in _VECTORS for rule in each.rule}
    assert cited <= set(RULES)
    uncited = {rule.id for rule in dcv_rules.RULES} - cited
    methods = {*dcv_rules.VALIDATE.values(), *dcv_rules.RELY.values(), *dcv_rules.AVOID.values()}
    assert uncited <= methods | {"br.1.6.1/random-value"}


def test_every_lesson_and_row_is_cited() -> None:
    """Each lesson and requirement row about DCV is cited by a vector or by the docstring of a test."""
    lessons = {f"D{number:02}" for number in range(1, 18)} - {"D15"}
    rows = {"R033", "R104", "R115", "R116", "R117", "R118", "R119", "R120", "R121", "R122", "R147"}
    cited = {each for vector in _VECTORS for each in citations(vector)}
    here = Path(__file__).resolve().parent
    for path in here.glob("test_dcv_*.py"):
        text = "".join(re.findall(r'"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL))
        cited |= set(re.findall(r"\b(?:D\d\d|R\d\d\d)\b", text))
    assert (lessons | rows) - cited == set()


def test_every_file_has_its_origin() -> None:
    """The README names the origin of each file, and no file that is not there."""
    folder = Path(__file__).resolve().parent / "vectors"
    text = (folder / "README.md").read_text(encoding="utf-8")
    section = text.partition("## dcv:")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([a-z]+\.toml)` \|", section, re.MULTILINE))
    assert named == {path.name for path in (folder / "dcv").glob("*.toml")}


def test_no_outcome_changes_unseen() -> None:
    """Verdict and codes of every vector are those on record; PKICHECK_REGOLD=1 writes it anew, for review."""
    lines: list[str] = []
    for each in _VECTORS:
        codes = " ".join(sorted(one.code for one in _outcome(each.id).findings))
        lines.append(f"{each.id}: {_outcome(each.id).verdict.value}: {codes}")
    text = "".join(f"{line}\n" for line in lines)
    if os.environ.get("PKICHECK_REGOLD") == "1":
        _GOLDEN.write_text(text, encoding="utf-8")
    assert _GOLDEN.read_text(encoding="utf-8").splitlines() == text.splitlines()


_GOOD = """
[[vector]]
id = "x"
comment = "c"
rule = ["br.3.2.2.4/every-name"]
source = "s"
kind = "dns-01"
name = "a.example"
verdict = "pass"
codes = []
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_GOOD + "extra = 1\n", "unknown keys ['extra']"),
        (_GOOD.replace('name = "a.example"\n', ""), "missing keys ['name']"),
        (_GOOD.replace('"pass"', '"maybe"'), "maybe"),
        (_GOOD.replace('"dns-01"', '"dns-02"'), "kind"),
        (_GOOD + 'clock = "noon"\n', "date-time"),
        (_GOOD + 'page = [{ url = "x", huh = 1 }]\n', "unknown keys ['huh']"),
        (_GOOD + 'certificate = [{ sni = "x", signer = "nobody" }]\n', "signer"),
        (_GOOD + "covers = [{ days = 1 }]\n", "missing keys ['codes']"),
    ],
)
def test_loader_is_strict(tmp_path: Path, text: str, words: str) -> None:
    """An unknown, missing or mistyped part of a vector file fails and is named."""
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "one.toml").write_text(text, encoding="utf-8")
    with pytest.raises(VectorError, match=re.escape(words)):
        load("area", DcvVector, root=tmp_path)
