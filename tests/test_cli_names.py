"""`pkicheck names`: the grammar and the dated lists, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pkicheck import load
from tests.cli_kit import pkicheck as run


def _codes(line: str) -> list[str]:
    return [each["code"] for each in json.loads(line)["findings"]]


def test_names_have_verdicts() -> None:
    """A name of the public DNS passes, a special-use name and a defective one are refused with their codes; exit 1."""
    done = run("names", "shop.pkicheck.org", "shop.example", "bad..name", "10.0.0.1", "--json")
    assert done.code == 1
    assert [each["verdict"] for each in done.json] == ["pass", "fail", "fail", "fail"]
    for line, code in zip(
        done.lines, ("name.accepted", "name.special-use", "name.double-dot", "name.address-reserved"), strict=True
    ):
        assert code in _codes(line)
        assert load(line.encode()).replay().same
    assert run("names", "shop.pkicheck.org").code == 0


def test_prose_and_explanation() -> None:
    """One line for each name, or with --explain each finding."""
    assert run("names", "bad..name").out.startswith("name bad..name: FAIL: name.double-dot: ")
    assert run("names", "bad..name", "--explain").out.startswith("name bad..name: FAIL\n")


def test_scope_and_policy() -> None:
    """An internal name passes only where both the policy and the scope allow it (R114)."""
    assert run("names", "printer.corp").code == 1
    assert run("names", "printer.corp", "--policy", "private").code == 0
    assert run("names", "printer.corp", "--policy", "private", "--scope", "public").code == 1
    assert run("names", "printer.corp", "--scope", "internal").code == 1


def test_another_day() -> None:
    """--at judges by the rules of that day, and says that it is a dry run."""
    done = run("names", "1.0.0.10.in-addr.arpa", "--at", "2019-01-01T00:00:00Z", "--json")
    assert {"name.reverse-zone-not-yet", "evidence.dry-run"} <= set(_codes(done.lines[0]))


def test_a_stream_of_names() -> None:
    """- reads one name a line: order kept, bad lines are refused in their place and in prose named by their number."""
    stdin = b"shop.pkicheck.org\r\n\n\xff\nshop.pkicheck.org"
    done = run("names", "-", "--json", stdin=stdin)
    assert done.code == 1
    assert [each["verdict"] for each in done.json] == ["pass", "fail", "fail", "pass"]
    assert [line.partition(":")[0] for line in run("names", "-", stdin=stdin).lines] == [
        "name shop.pkicheck.org",
        "line 2",
        "line 3",
        "name shop.pkicheck.org",
    ]


def test_a_list_of_the_caller(tmp_path: Path) -> None:
    """--root-zone replaces the packaged list, and the result names the version of the list it used (R071)."""
    path = tmp_path / "tlds.txt"
    tlds = ("ARPA", "COM", "DE", "INT", "JP", "NET", "ORG", "UK", "XN--P1AI")
    path.write_text(
        "# Version 2099010100, Last Updated Thu Jan  1 07:07:01 2099 UTC\n" + "\n".join(tlds) + "\nPRINTERS\n"
    )
    done = run("names", "a.printers", "--root-zone", str(path), "--json")
    assert "name.internal" not in _codes(done.lines[0])
    assert "20990101" in done.out.replace("-", "")
    assert "name.internal" in _codes(run("names", "a.printers", "--json").lines[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.example", "-"), "stands alone"),
        (("a.example", "--at", "x"), "--at"),
        (("a.example", "--root-zone", "no-such-file"), "no-such-file"),
        (("a.example", "--special-use", "no-such-file", "--lists-of", "2026-01-01"), "no-such-file"),
        (("a.example", "--special-purpose", "no-such-4", "no-such-6"), "no-such-4"),
        (("a.example", "--suffixes", "no-such-file"), "no-such-file"),
        (("a.example", "--special-use", "no-such-file", "--lists-of", "2026-99-99"), "--lists-of"),
        (("a.example", "--policy", "no-such-file"), "no-such-file"),
        ((), "NAME"),
    ],
)
def test_a_wrong_call_is_named(arguments: tuple[str, ...], said: str) -> None:
    """What is wrong with the call is named in one message, exit code 2; a defective name is no wrong call."""
    done = run("names", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err.splitlines()[-1]


def test_nothing_on_standard_input() -> None:
    """Empty input is a wrong call, not a PASS."""
    assert run("names", "-").code == 2
