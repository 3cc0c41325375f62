"""The two catalogues, finding codes and dated rules, walked entry by entry: append-only, complete, and used."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pickle
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck import codes, rules
from pkicheck.canon import canonical, digest, format_time
from pkicheck.codes import CATALOGUE, Code, Level, code
from pkicheck.errors import InputError
from pkicheck.lookups import Outcome
from pkicheck.rules import RULES, RULES_DIGEST, STEPS, Judged, Rule, RuleId, Steps, in_force, rules_at, step
from tests.architecture.source import ROOT, modules

GOLDEN = Path(__file__).with_name("golden")
US = timedelta(microseconds=1)
EVERY_RULE = sorted(RULES)
DATED = [each for each in EVERY_RULE if RULES[each].effective is not None]
AREAS = {"caa", "dns", "evidence", "hsm", "name", "pair", "rec"}

# Refusals that no text asks for in so many words.
RULELESS = {"name.address-multicast"}


def golden(file: str, now: dict[str, str]) -> None:
    """Compare a table with its snapshot: what stood there stays as it was; what is new has to be put there.

    `PKICHECK_REGOLD=1` adds what is new. What disappears or changes is never rewritten: it breaks stored evidence.
    """
    path = GOLDEN / file
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    before = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    kept = {key: now.get(key) for key in before}
    assert kept == before, "an entry has gone or changed: stored evidence relies on it"
    if os.environ.get("PKICHECK_REGOLD"):
        head = [line for line in lines if line.startswith("#")] or [
            f"# {file}: append-only; see tests/test_rules_codes.py"
        ]
        path.write_text("\n".join([*head, *(f"{key} {now[key]}" for key in sorted(now))]) + "\n", encoding="utf-8")
        return
    assert set(now) - set(before) == set(), (
        f"new entries: run with PKICHECK_REGOLD=1 to put them into tests/golden/{file}"
    )


# --- codes


def test_codes_are_append_only() -> None:
    """No code disappears or changes its level, and a new one is put on record (architecture §4)."""
    golden("codes.txt", {each.id: each.level.value for each in CATALOGUE.values()})


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.id)
def test_each_code(entry: Code) -> None:
    """A code is `area.subject-what`, in the file of its area, with a meaning, a remedy and rules that exist."""
    assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(?:-[a-z0-9]+)*", entry.id)
    area = entry.id.partition(".")[0]
    assert area in AREAS
    assert entry in importlib.import_module(f"pkicheck.codes.{area}").CODES
    assert isinstance(entry.level, Level)
    for text in (entry.meaning, entry.remedy):
        assert re.fullmatch(r"[A-Za-z][ -~]*\.", text), "one or more plain sentences"
        assert len(text) <= 300
        assert "  " not in text
    assert len(set(entry.rules)) == len(entry.rules)
    assert set(entry.rules) <= set(RULES)
    assert code(entry.id) is entry


def test_refusals_cite_rules() -> None:
    """Every refusal cites the rule it is made by (R028)."""
    assert {each.id for each in CATALOGUE.values() if each.level is Level.REFUSAL and not each.rules} == RULELESS


def test_refusals_and_doubts_have_something_to_do() -> None:
    """Only a note may leave the reader with nothing to do."""
    idle = {each.id for each in CATALOGUE.values() if each.remedy.startswith("Nothing to do")}
    assert {CATALOGUE[each].level for each in idle} == {Level.NOTE}


def test_meanings_tell_codes_apart() -> None:
    """No two codes of one level say the same: distinct failures have distinct messages (R124)."""
    meanings = [(each.meaning, each.level) for each in CATALOGUE.values()]
    assert len(set(meanings)) == len(meanings)


def test_outcomes_have_codes_of_their_own() -> None:
    """Each way in which a lookup fails has a code, and that is a doubt: failing is never permission (R124)."""
    found = {each.code for each in Outcome if each.failed}
    assert all(CATALOGUE[each].level is Level.DOUBT for each in found)
    assert {each for each in CATALOGUE if each.startswith("dns.lookup-")} <= found


def _texts() -> set[str]:
    found = {f"dns.{each.value}" for each in Outcome}
    for module in modules():
        if module.top not in ("codes", "rules"):
            found |= {
                each.value
                for each in ast.walk(module.tree)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    return found


def test_every_code_is_used() -> None:
    """No entry of the catalogue is dead: each stands in a module that decides (`-refused` twins are built there)."""
    texts = _texts()
    assert not {each for each in CATALOGUE if each not in texts and each.removesuffix("-refused") not in texts}


def test_every_code_in_the_source_exists() -> None:
    """No module names a code that is not in the catalogue, in its code or in its words."""
    named = re.compile(r"(?:caa|dns|evidence|hsm|name|pair|rec)\.[a-z0-9]+(?:-[a-z0-9]+)+")
    assert {each for each in _texts() if named.fullmatch(each)} <= set(CATALOGUE)
    quoted = {each for module in modules() for each in re.findall(rf"`({named.pattern})`", module.text)}
    assert quoted <= set(CATALOGUE)


def test_no_such_code() -> None:
    """An unknown code is refused by its name, cut and escaped (R017)."""
    with pytest.raises(InputError, match=r"^no finding code is called '\\x1bx{79}'$"):
        code("\x1b" + "x" * 500)


def test_a_code_defined_twice_is_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries under one name are noticed when the package is imported."""
    monkeypatch.setattr(codes, "_AREAS", (codes.caa, codes.dns, codes.caa))
    with pytest.raises(InputError, match=r"finding code caa\.[a-z-]+ is defined twice"):
        codes._join()


def test_the_catalogue_cannot_be_changed() -> None:
    """Catalogue, rules and steps are read-only, and their entries immutable values."""
    for table in (CATALOGUE, RULES, STEPS):
        with pytest.raises(TypeError):
            table["x"] = None  # type: ignore[index]  # pyright: ignore[reportIndexIssue, reportGeneralTypeIssues]
        for entry in table.values():
            again = pickle.loads(pickle.dumps(entry))
            assert again == entry
            assert hash(again) == hash(entry)
            for field in attrs.fields(type(entry)):
                with pytest.raises(attrs.exceptions.FrozenInstanceError):
                    setattr(entry, field.name, None)


# --- rules


def test_rules_are_append_only() -> None:
    """No rule disappears or moves its dates: evidence of then is judged by the rules of then (R136)."""
    shown = {each.id: f"{each.effective:%Y-%m-%d}" if each.effective else "always" for each in RULES.values()}
    until = {each.id: f" until {each.sunset:%Y-%m-%d}" if each.sunset else "" for each in RULES.values()}
    golden("rules.txt", {key: f"{shown[key]}{until[key]} {RULES[RuleId(key)].judged}" for key in shown})


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_each_rule(rule: Rule) -> None:
    """A rule says where it stands and what it asks; its dates are days in UTC, in order, and judge a known moment."""
    assert re.fullmatch(r"[a-z0-9.]+(?:/[a-z0-9-]+)?", rule.id)
    assert rule.section
    assert re.fullmatch(r"[A-Za-z].*\.", rule.text)
    assert rule.judged in get_args(Judged)
    for moment in (rule.effective, rule.sunset):
        if moment is not None:
            assert moment.tzinfo is timezone.utc
            assert (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    if rule.effective is not None and rule.sunset is not None:
        assert rule.effective < rule.sunset


def test_every_rule_is_cited() -> None:
    """Every rule stands behind a finding: one that nothing cites is applied nowhere (R028)."""
    cited = {rule for entry in CATALOGUE.values() for rule in entry.rules}
    assert set(RULES) - cited == set()


@pytest.mark.parametrize("rule", DATED)
def test_a_rule_binds_from_its_first_instant(rule: str) -> None:
    """A rule binds from 00:00:00 UTC of its day on and not a microsecond earlier, whatever the time zone (BR 1.6.4)."""
    effective = RULES[RuleId(rule)].effective
    assert effective is not None
    east = timezone(timedelta(hours=14))
    for moment, wanted in ((effective - US, False), (effective, True), (effective + US, True)):
        assert in_force(RuleId(rule), moment) is wanted
        assert in_force(RuleId(rule), moment.astimezone(east)) is wanted
        assert (RULES[RuleId(rule)] in rules_at(moment)) is wanted


@pytest.mark.parametrize("rule", sorted(set(EVERY_RULE) - set(DATED)))
def test_a_rule_without_a_date_always_binds(rule: str) -> None:
    """A rule without a date binds at any moment there is."""
    for year in (1, 9999):
        assert in_force(RuleId(rule), datetime(year, 1, 1, tzinfo=timezone.utc))


def test_a_sunset_is_exclusive() -> None:
    """A rule no longer binds from the first instant of its sunset on; a microsecond earlier it does."""
    since, until = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2021, 1, 1, tzinfo=timezone.utc)
    both = Rule(id=RuleId("x"), section="x", text="X.", effective=since, sunset=until)
    assert [both.in_force(each) for each in (since - US, since, until - US, until)] == [False, True, True, False]
    only = attrs.evolve(both, effective=None)
    assert [only.in_force(each) for each in (since - US, until - US, until, until + US)] == [True, True, False, False]
    always = attrs.evolve(only, sunset=None)
    assert always.in_force(since)


def test_rules_of_a_day_are_sorted() -> None:
    """The rules of a moment come by id, each once; long ago only the undated ones bound."""
    now = rules_at(datetime(2027, 3, 15, tzinfo=timezone.utc))
    assert [each.id for each in now] == sorted({each.id for each in now})
    assert {each.id for each in now} == {each.id for each in RULES.values() if each.sunset is None}
    then = rules_at(datetime(1990, 1, 1, tzinfo=timezone.utc))
    assert {each.id for each in then} == set(EVERY_RULE) - set(DATED)


def test_a_moment_has_a_zone() -> None:
    """No rule can be asked about a naive moment."""
    naive = datetime(2026, 3, 15)
    for ask in (
        lambda: in_force(RuleId(DATED[0]), naive),
        lambda: step(next(iter(STEPS)), naive),
        lambda: rules_at(naive),
    ):
        with pytest.raises(InputError, match="at must have a time zone"):
            ask()


def test_no_such_rule_or_limit() -> None:
    """An unknown rule or limit is refused by its name, never taken as not in force."""
    moment = datetime(2026, 3, 15, tzinfo=timezone.utc)
    with pytest.raises(InputError, match="no rule is called 'br.0/none'"):
        in_force(RuleId("br.0/none"), moment)
    with pytest.raises(InputError, match="no dated limit is called 'br.0/none'"):
        step("br.0/none", moment)


def test_a_rule_defined_twice_is_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rules under one name are noticed when the package is imported."""
    monkeypatch.setattr(rules, "_AREAS", (rules.caa, rules.caa))
    with pytest.raises(InputError, match="is defined twice"):
        rules._join()


def test_limits_have_names_of_their_own() -> None:
    """No limit is defined twice, and none shares its name with a rule."""
    defined = [each.id for area in rules._AREAS for each in area.STEPS]
    assert sorted(defined) == sorted(STEPS)
    assert not set(STEPS) & set(RULES)


# --- limits that change by date


@pytest.mark.parametrize("limit", STEPS.values(), ids=lambda limit: limit.id)
def test_each_limit(limit: Steps) -> None:
    """A limit has a unit, a section, and steps in rising order; each value counts from its first instant on."""
    assert limit.unit
    assert limit.section
    assert limit.judged in get_args(Judged)
    since = [moment for moment, _ in limit.steps]
    assert since == sorted(set(since))
    assert len(since) > 0
    before: int | None = None
    for moment, value in limit.steps:
        assert step(limit.id, moment - US) == before
        assert step(limit.id, moment) == step(limit.id, moment + US) == value
        before = value
    assert step(limit.id, datetime(9999, 1, 1, tzinfo=timezone.utc)) == before


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers()), unique_by=lambda pair: pair[0], max_size=6),
    st.integers(-1, 51),
)
def test_a_limit_is_a_step_function(pairs: list[tuple[int, int]], day: int) -> None:
    """The value at a moment is that of the last step at or before it, None before the first."""
    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    steps = tuple((start + timedelta(days=since), value) for since, value in sorted(pairs))
    limit = Steps(id="x", section="x", unit="days", steps=steps)
    passed = [value for since, value in sorted(pairs) if since <= day]
    assert limit.at(start + timedelta(days=day)) == (passed[-1] if passed else None)


# --- the digest of the rules


def test_the_digest_is_that_of_the_table() -> None:
    """RULES_DIGEST is the SHA-256 of the canonical JSON of rules and limits, and stands in results (R012)."""
    table: dict[str, Any] = {"rules": [], "steps": []}
    for key in EVERY_RULE:
        rule = attrs.asdict(RULES[RuleId(key)])
        table["rules"].append(
            {name: format_time(value) if isinstance(value, datetime) else value for name, value in rule.items()}
        )
    for key in sorted(STEPS):
        limit = STEPS[key]
        steps = [[format_time(since), value] for since, value in limit.steps]
        fields = {"id": limit.id, "section": limit.section, "unit": limit.unit, "judged": limit.judged}
        table["steps"].append({**fields, "steps": steps})
    assert digest(canonical(table)) == RULES_DIGEST


_CHANGE = """
import importlib, json, sys
import attrs
import pkicheck.rules as rules
from datetime import timedelta
what = sys.argv[1]
digests = {"unchanged": rules.RULES_DIGEST}
later = rules.RULES["br.3.2.2.8/check"].effective + timedelta(days=1)
for area in rules._AREAS:
    table = getattr(area, what)
    for index, entry in enumerate(table):
        for field in attrs.fields(type(entry)):
            value = getattr(entry, field.name)
            if field.name in ("effective", "sunset"):
                new = later
            elif field.name == "judged":
                new = "notBefore" if value != "notBefore" else "validation"
            elif field.name == "steps":
                new = ((value[0][0], value[0][1] + 1), *value[1:])
            else:
                new = value + "x"
            setattr(area, what, (*table[:index], attrs.evolve(entry, **{field.name: new}), *table[index + 1 :]))
            digests[f"{entry.id} {field.name}"] = importlib.reload(rules).RULES_DIGEST
            setattr(area, what, (*table[:index], *table[index + 1 :]))
            digests[f"{entry.id} gone"] = importlib.reload(rules).RULES_DIGEST
            setattr(area, what, table)
assert importlib.reload(rules).RULES_DIGEST == digests["unchanged"]
print(json.dumps(digests))
"""


def _digests(what: str) -> dict[str, str]:
    done = subprocess.run([sys.executable, "-c", _CHANGE, what], capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(json.loads(done.stdout))


def test_the_digest_changes_with_every_rule() -> None:
    """Whatever field of whatever rule is changed, or a rule dropped, the digest is another (R012)."""
    found = _digests("RULES")
    assert len(found) == 1 + len(RULES) * (len(attrs.fields(Rule)) + 1)
    assert len(set(found.values())) == len(found)


def test_the_digest_changes_with_every_limit() -> None:
    """Whatever field of whatever limit is changed, the digest is another: a unit matters as much as a number (R012)."""
    found = _digests("STEPS")
    assert len(set(found.values())) == len(found)
