"""The guards of pyproject.toml agree with each other: linter, coverage, layers and the two lists of test packages."""

from __future__ import annotations

import re
from typing import Any, cast

from tests.architecture.source import ROOT, edges, modules, project


def _lint() -> dict[str, Any]:
    return cast("dict[str, Any]", project()["tool"]["ruff"]["lint"])


def test_only_edges_may_use_what_is_banned() -> None:
    """The linter lifts its ban (TID251) in `src` for the listed edges and for nothing else."""
    lifted = {
        re.split(r"[/.]", pattern.removeprefix("src/pkicheck/"))[0]
        for pattern, rules in _lint()["per-file-ignores"].items()
        if pattern.startswith("src/") and "TID251" in rules
    }
    assert lifted == edges()


def test_only_edges_are_outside_the_coverage_gate() -> None:
    """The gate of 100 % branches leaves out the listed edges and nothing else."""
    omitted = {
        re.split(r"[/.]", pattern.removeprefix("*/pkicheck/"))[0]
        for pattern in project()["tool"]["coverage"]["report"]["omit"]
    }
    assert omitted == edges()


def test_every_module_has_a_layer() -> None:
    """Each module below `pkicheck` stands in the layers contract: a new one needs a decision where it belongs."""
    contract = project()["tool"]["importlinter"]["contracts"][0]
    placed = {name.strip("( )") for layer in contract["layers"] for name in re.split(r"[|:]", layer)}
    assert {module.top for module in modules()} - placed - set(contract["exhaustive_ignores"]) - {""} == set()
    assert edges() - {"__main__"} <= placed


def test_the_clock_the_network_and_entropy_are_banned() -> None:
    """The ban list still names the doors that matter most (architecture §2)."""
    banned = set(_lint()["flake8-tidy-imports"]["banned-api"])
    wanted = "socket ssl http asyncio threading os time datetime.datetime.now random secrets uuid zoneinfo pathlib mmap"
    assert set(wanted.split()) | {"tempfile", "sqlite3", "subprocess"} <= banned


def test_extra_and_group_of_test_packages_agree() -> None:
    """`pip install .[test]` (any pip) and `pip install --group test` install the same packages."""
    assert project()["project"]["optional-dependencies"]["test"] == project()["dependency-groups"]["test"]


def test_runtime_packages_have_floors_only() -> None:
    """A library does not hold its neighbours back: every requirement is a floor."""
    optional = project()["project"]["optional-dependencies"]
    for requirement in [*project()["project"]["dependencies"], *optional["psl"], *optional["http"]]:
        assert re.fullmatch(r"[a-z0-9-]+>=[0-9.]+", requirement)


def test_the_oldest_versions_are_the_floors() -> None:
    """What the run against the oldest versions installs is what pyproject.toml promises."""
    optional = project()["project"]["optional-dependencies"]
    floors = {
        tuple(requirement.split(">="))
        for requirement in [*project()["project"]["dependencies"], *optional["psl"], *optional["http"]]
    }
    text = (ROOT / "tests" / "constraints" / "oldest.txt").read_text(encoding="utf-8")
    pins = dict(line.split("==") for line in text.splitlines() if line and not line.startswith("#"))
    assert {name for name, _ in floors} == set(pins)
    assert not {name: pins[name] for name, floor in floors if not f"{pins[name]}.".startswith(f"{floor}.")}
