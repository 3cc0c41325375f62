"""The report of a reconciliation: the same octets each time, nothing of a stranger's text as markup, one screen."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator

import pkicheck
from pkicheck.canon import canonical, digest
from pkicheck.evidence import load
from pkicheck.hsmlog import ReconcileResult
from pkicheck.hsmlog.model import Gap, KeyEvent, Locator
from pkicheck.hsmlog.report import Report, exceptions_csv, report_json, report_of, summary
from pkicheck.hsmlog.reportpage import report_html, report_markdown
from pkicheck.hsmlog.timeline import timeline
from tests.reckit import BEGINS, ENDS, NOON, Ca, ListSource, logged, run, stored, unreadable, with_policy

SCHEMA = json.loads(
    (Path(pkicheck.__file__).parent / "_data" / "reconciliation-report-1.schema.json").read_text(encoding="utf-8")
)
EVIL = '"><script>alert(1)</script>\x1b[31m\u202e|`=cmd`'


@cache
def five_and_four() -> ReconcileResult:
    """Five signing operations, four certificates: the fifth was a precertificate that no store has (2017)."""
    ca = Ca(kind="rsa")
    known = stored([ca.leaf(f"{name}.example") for name in "abcd"])
    rogue = stored([ca.leaf("rogue.example", precertificate=True)], at=NOON + timedelta(minutes=1))
    events = logged(ca, known, grade="both") + logged(ca, rogue, grade="message", log="log2")
    return run(ca, events, known)


@cache
def everything() -> ReconcileResult:
    """A run with something of everything, and names that a stranger chose."""
    ca = Ca(kind="ec")
    other = Ca(kind="ec", number=1)
    known = stored([*ca.pair("a.example"), ca.crl(1), *(ca.leaf(f"{n}.example") for n in range(6))], store=EVIL)
    rogues = stored([ca.leaf(f"rogue{n}.example") for n in range(4)])
    events: list[Any] = [*logged(ca, known, log=EVIL), *logged(ca, rogues, log="rogue"), unreadable(9)]
    events += logged(ca, rogues[:1], log="failed", outcome="failed")
    events += [
        KeyEvent(
            locator=Locator(source=digest(b"k"), offset=4),
            uid="k",
            key=ca.label,
            action=action,
            detail=EVIL,
            time=NOON if action == "export" else None,
            witnesses=("one", EVIL) if action == "destroy" else (),
        )
        for action in ("export", "destroy")
    ]
    log = ListSource(
        events,
        EVIL,
        gaps=(
            Gap(why="sequence", first="3", last="4"),
            Gap(why=EVIL, first="2026-11-21T01:00:00Z", last="2026-11-21T02:00:00Z"),
        ),
        broken=("record 7",),
        integrity="signed",
        verified_by=EVIL,
        overlaps=2,
    )
    stores = [
        ListSource(known[:-1], f"store {number}") if not number else ListSource([], f"store {number}")
        for number in range(5)
    ]
    return run([ca, other], [log], stores)


RUNS = {"five-four": five_and_four, "everything": everything}


@pytest.mark.parametrize("name", RUNS)
def test_reports_are_reproducible(name: str) -> None:
    """The same result, and a replay of its evidence, give the same octets in every form (issue 6)."""
    result = RUNS[name]()
    again = load(result.to_json()).replay().result
    assert isinstance(again, ReconcileResult)
    first, second = report_of(result), report_of(again)
    assert first == second
    for form in (summary, report_json, exceptions_csv, report_html, report_markdown, timeline):
        assert form(first) == form(second)


@pytest.mark.parametrize("name", RUNS)
def test_json_has_its_schema(name: str) -> None:
    """The JSON is canonical and has the shape that is shipped; the schema knows every field and no other."""
    Draft202012Validator.check_schema(SCHEMA)
    data = report_json(report_of(RUNS[name]()))
    value = json.loads(data)
    assert canonical(value) == data
    assert [each.message for each in Draft202012Validator(SCHEMA).iter_errors(value)] == []
    assert set(SCHEMA["properties"]) == {"schema", *(field.name for field in attrs.fields(Report))}
    assert list(Draft202012Validator(SCHEMA).iter_errors({**value, "more": 1}))


def test_five_and_four_on_one_screen() -> None:
    """The example fits one screen, names the operation and says what to do (R078, L01, R067)."""
    text = summary(report_of(five_and_four()))
    lines = text.split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 79
    assert lines[0] == "FAIL: 2026-11-21T00:00:00Z to 2026-11-22T00:00:00Z, keys: 1"
    assert "5 operations, 4 objects; pairs: signature 4" in lines
    assert "refusal rec.precertificate-orphan: 1, 2026-11-21T12:00:59Z" in lines
    assert any("precertificate serial" in line for line in lines)
    row = next(each for each in report_of(five_and_four()).exceptions if each.code == "rec.precertificate-orphan")
    assert row.issuer
    assert row.serial
    assert row.begins < row.ends
    assert row.digest == ""


def test_a_long_summary_is_cut() -> None:
    """Many problems, inputs and exceptions are counted, not scrolled past (L17)."""
    text = summary(report_of(everything()))
    assert text.isascii()
    assert "\x1b" not in text
    assert max(map(len, text.split("\n"))) <= 79
    assert "  and 2 more inputs" in text
    assert re.search(r"^  - and \d more$", text, re.MULTILINE)
    assert "more problems" in text
    assert "1 of them failed" in text


def test_a_pass_has_no_remedy() -> None:
    """A run without exceptions says so."""
    ca = Ca()
    known = stored(ca.pair("a.example"))
    result = run(ca, logged(ca, known), known)
    report = report_of(result)
    text = summary(report)
    assert text.startswith("PASS: ")
    assert "What to do" not in text
    assert report.problems == ()
    assert b"<h2>Problems" not in report_html(report)
    nothing = attrs.evolve(report, grades=())
    assert "pairs: none" in summary(nothing)


def test_csv_is_no_formula() -> None:
    """Each exception is a record; no cell begins like a formula (R017)."""
    report = report_of(everything())
    rows = list(csv.DictReader(io.StringIO(exceptions_csv(report).decode("utf-8"))))
    assert [each["code"] for each in rows] == [each.code for each in report.exceptions]
    assert [each["level"] for each in rows] == sorted(
        (each["level"] for each in rows), key=("refusal", "doubt", "note").index
    )
    for begin in "=+-@\t\r":
        evil = attrs.evolve(report.exceptions[0], name=f"{begin}cmd")
        text = exceptions_csv(attrs.evolve(report, exceptions=(evil,))).decode("utf-8")
        assert next(csv.DictReader(io.StringIO(text, newline="")))["name"] == f"'{begin}cmd"


class _Tags(html.parser.HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.text.append(data)


def test_html_has_no_script_and_loads_nothing() -> None:
    """Whatever names strangers chose, the page has the tags that it always has (R017)."""
    report = report_of(everything())
    evil = attrs.evolve(
        report,
        sources=tuple(attrs.evolve(each, name=EVIL, covers=((EVIL, EVIL), *each.covers)) for each in report.sources),
        exceptions=(attrs.evolve(report.exceptions[0], message=EVIL, name=EVIL, time=EVIL), *report.exceptions),
        policy=EVIL,
    )
    for each in (report, evil):
        page = _Tags()
        page.feed(report_html(each).decode("utf-8"))
        assert page.tags <= set(
            "html head meta title style body h1 h2 p span table tr th td svg text rect circle path".split()
        )
        assert not [name for name in page.names if name.startswith("on") or name in ("href", "src", "style")]
        assert (each is report) != (EVIL in "".join(page.text))
        assert report_html(each).decode("utf-8").count("default-src 'none'".replace("'", "&#x27;")) == 1


def test_markdown_is_no_markup() -> None:
    """A cell of Markdown stays a cell."""
    report = report_of(everything())
    evil = attrs.evolve(report, problems=(attrs.evolve(report.problems[0], remedy="a|b `c` <i>"),))
    line = next(each for each in report_markdown(evil).split("\n") if "a\\|b" in each)
    assert "a\\|b \\`c\\` \\<i\\>" in line
    assert "## Exceptions" in report_markdown(report)
    assert "## Key events" in report_markdown(report)


def test_more_exceptions_than_are_shown() -> None:
    """A page shows a thousand exceptions and says how many there are."""
    report = report_of(five_and_four())
    row = report.exceptions[0]
    many = attrs.evolve(report, exceptions=tuple(attrs.evolve(row, id=str(number)) for number in range(1200)))
    for text in (report_markdown(many), report_html(many).decode("utf-8")):
        assert "The first 1000 of 1200 exceptions are shown" in text
        assert "refusals: 1200" in text or "<svg" not in text
    source = attrs.evolve(report.sources[0], gaps=(("sequence", "1", "2"),) * 30, gaps_number=30)
    assert "30 in all" in report_markdown(attrs.evolve(report, sources=(source,)))


def test_timeline() -> None:
    """Each input has a lane with what it answers for; exceptions stand where they happened, the rest at the edge."""
    report = report_of(five_and_four())
    picture = timeline(report)
    assert picture.count('class="covers"') == 2
    assert picture.count('class="refusal"') == 1
    assert 'class="covers" x="220" y="37" width="700"' in picture
    assert 'class="gap"' in timeline(report_of(everything()))
    # noon is in the middle, what lies outside at the edge
    assert 'cx="570"' in picture
    row = report.exceptions[0]
    early = attrs.evolve(row, time="2020-01-01T00:00:00Z")
    late = attrs.evolve(row, time="2030-01-01T00:00:00Z")
    edges = timeline(attrs.evolve(report, exceptions=(early, late)))
    assert 'cx="220"' in edges
    assert 'cx="920"' in edges
    assert (BEGINS < ENDS) is True
    odd = timeline(attrs.evolve(report, exceptions=(attrs.evolve(row, time="soon"),)))
    assert "<circle" not in odd
    long_name = attrs.evolve(report.sources[0], name="n" * 50)
    assert ">log nnnnnnnnnnnnnnnnnnnnnnnnn...<" in timeline(attrs.evolve(report, sources=(long_name,)))


def test_a_count_is_no_name() -> None:
    """Where only numbers were compared, nothing is named (L02)."""
    ca = Ca()
    known = stored([ca.leaf(f"{name}.example") for name in "ab"])
    result = run(ca, logged(ca, known, grade="nothing"), known[:1], policy=with_policy())
    report = report_of(result)
    assert "rec.operations-not-explained" in [each.code for each in report.problems]
    assert [each.id for each in report.exceptions if each.code == "rec.operations-not-explained"] == [""]
    assert "operations-not-explained" in summary(report)
