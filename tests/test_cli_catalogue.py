"""`pkicheck explain`, `rules` and `policy`: what the library knows, for people and scripts."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from pkicheck import BASELINE, PRIVATE
from pkicheck.canon import format_time
from pkicheck.codes import CATALOGUE
from pkicheck.rules import RULES, STEPS, rules_at
from pkicheck.rules.dnssec import BR_DNSSEC_CAA
from tests.cli_kit import pkicheck as run


@pytest.mark.parametrize("code", CATALOGUE)
def test_explain_says_all_of_a_code(code: str) -> None:
    """Level, meaning, remedy, and each rule with section and date; in JSON the same."""
    entry, done = CATALOGUE[code], run("explain", code)
    assert done.code == 0
    assert done.lines[0] == code
    flat = done.out.replace("section ", "\xa7")
    for text in (
        entry.level.value,
        entry.meaning,
        entry.remedy,
        *entry.rules,
        *(RULES[each].text for each in entry.rules),
    ):
        assert text.replace("section ", "\xa7") in flat
    assert run("explain", code, "--json").json[0]["remedy"] == entry.remedy


def test_explain_lists_every_code() -> None:
    """Without a code every code is listed, one a line, sorted."""
    assert [line.partition(" ")[0] for line in run("explain").lines] == sorted(CATALOGUE)
    assert [each["id"] for each in run("explain", "--json").json] == sorted(CATALOGUE)


def test_an_unknown_code_has_close_ones() -> None:
    """A misspelled code is a wrong call with what may have been meant; one of megabytes is no trouble."""
    done = run("explain", "caa.isuer-not-listed")
    assert (done.code, done.out) == (2, "")
    assert "caa.issuer-not-listed" in done.err
    assert run("explain", "z" * 1_000_000).code == 2


def test_rules_of_a_day() -> None:
    """Each rule with its state: not yet in force the day before, in force on its day (BR 1.6.4)."""
    rule = RULES[BR_DNSSEC_CAA]
    assert rule.effective is not None
    day = format_time(rule.effective)[:10]
    before = format_time(rule.effective - timedelta(microseconds=1))
    assert f"{rule.id}: in force" in run("rules", "--at", day).lines
    assert f"{rule.id}: not yet" in run("rules", "--at", before).lines


@pytest.mark.parametrize("day", ["2017-01-01", "2026-03-15", "2090-01-01"])
def test_rules_as_json(day: str) -> None:
    """In JSON every rule and every limit is there, with what holds on the day."""
    found = run("rules", "--at", day, "--json").json
    rules, limits = ([each for each in found if each["type"] == kind] for kind in ("rule", "limit"))
    assert [each["id"] for each in rules] == sorted(RULES)
    assert [each["id"] for each in limits] == sorted(STEPS)
    at = RULES[BR_DNSSEC_CAA].effective
    assert at is not None
    moment = at.replace(year=int(day[:4]), month=int(day[5:7]), day=int(day[8:]))
    assert {each["id"] for each in rules if each["in_force"]} == {rule.id for rule in rules_at(moment)}
    assert all(each["value"] == STEPS[each["id"]].at(moment) for each in limits)


def test_rules_of_today() -> None:
    """Without --at the rules of today are listed: each rule and each limit has a line."""
    lines = run("rules").lines
    for name in (*RULES, *STEPS):
        assert any(line.startswith(f"{name}: ") for line in lines)


def test_a_wrong_day_is_named() -> None:
    """A day that does not exist is a wrong call."""
    for text in ("2026-02-30", "2026-13-01", "tomorrow", "2026-11-21T12:00:00"):
        done = run("rules", "--at", text)
        assert (done.code, done.out) == (2, "")
        assert "--at" in done.err


def test_a_policy_and_its_fingerprint(tmp_path: Path) -> None:
    """The printed JSON has the digest that is printed as fingerprint, and reads back as the same policy."""
    for policy in (BASELINE, PRIVATE):
        name = policy.name.lower()
        assert run("policy", name).lines[0] == f"fingerprint {policy.fingerprint}"
        text = run("policy", name, "--json").lines[0]
        assert hashlib.sha256(text.encode()).hexdigest() == policy.fingerprint
        path = tmp_path / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        assert run("policy", str(path)).lines == run("policy", name).lines
    assert run("policy").lines == run("policy", "BASELINE").lines


def test_a_policy_shows_every_field() -> None:
    """In prose each field stands with its value."""
    lines = run("policy", "private").lines[1:]
    flat = {line.partition(" = ")[0]: json.loads(line.partition(" = ")[2]) for line in lines}
    assert flat["names.internal"] is True
    assert flat["name"] == "PRIVATE"
    assert len(flat) == len(lines)


def test_policies_as_toml_and_their_difference(tmp_path: Path) -> None:
    """`check` gives the fingerprint of a file, `diff` a line a field; wrong calls and files are named (R016, R076)."""
    path = tmp_path / "ours.toml"
    path.write_text('name = "ours"\n[net]\ntries = 4\n', encoding="utf-8")
    checked = run("policy", "check", str(path))
    assert checked.code == 0
    assert checked.out.startswith("ours: fingerprint ")
    assert run("policy", "check", str(path), "--json").json[0]["fingerprint"] == checked.out.split()[-1]
    assert run("policy", str(path)).lines[0].split()[-1] == checked.out.split()[-1]
    differing = run("policy", "diff", "baseline", str(path))
    assert differing.code == 1
    assert differing.lines == ['name: "BASELINE" -> "ours"', "net.tries: 3 -> 4"]
    assert [each["field"] for each in run("policy", "diff", "baseline", str(path), "--json").json] == [
        "name",
        "net.tries",
    ]
    assert run("policy", "diff", "baseline", "baseline").code == 0
    path.write_text('name = "ours"\n[net]\ntries = 0\n', encoding="utf-8")
    wrong = run("policy", "check", str(path))
    assert (wrong.code, "tries must be" in wrong.err) == (2, True)
    for words in (("check",), ("diff",), ("diff", "baseline"), ("baseline", "private")):
        done = run("policy", *words)
        assert (done.code, "policy takes one POLICY" in done.err) == (2, True)
