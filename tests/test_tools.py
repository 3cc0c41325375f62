"""The tools that judge the tests are tested themselves: a mutation tester that kills everything would prove nothing."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tools import fuzz
from tools.mutations import mutations

SOURCE = '''\
"""A module."""

__all__ = ["clamp"]

LIMIT = 10


def clamp(value: int, *, low: int = 0) -> int:
    """At least `low`, at most ten."""
    if value < low and value is not None:
        msg = "too low"
        raise ValueError(msg)
    return [each for each in (value, LIMIT) if each <= LIMIT][0]
'''


def test_mutations_of_a_module() -> None:
    """Each kind of change is proposed, and texts for readers and type checkers are left alone."""
    changes = {mutant.text for mutant in mutations(SOURCE, "sample.py")}
    assert changes >= {
        "10 -> 11",
        "10 -> 9",
        "0 -> 1",
        "value < low -> value <= low",
        "value < low -> value >= low",
        "value < low and value is not None -> value < low or value is not None",
        "value < low and value is not None -> value < low",
        "value is not None -> value is None",
        "raise ValueError(msg) -> nothing",
        "each <= LIMIT -> each < LIMIT",
        "0 -> -1",
    }
    assert not [change for change in changes if "too low" in change or "clamp" in change or "module" in change]


def test_a_mutation_is_taken_back() -> None:
    """A mutant differs in behaviour, and the next one starts from the original again."""
    found = {mutant.text: mutant for mutant in mutations(SOURCE, "sample.py")}

    def limit(text: str) -> int:
        code = found[text].compiled()
        assert code is not None
        names: dict[str, int] = {}
        exec(code, names)
        return names["LIMIT"]

    assert limit("10 -> 11") == 11
    assert limit("10 -> 9") == 9
    assert limit("value is not None -> value is None") == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_mutation_run(tmp_path: Path) -> None:
    """A weak test lets mutants live, and the tool says which; lines that no test runs are named as such."""
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "__init__.py").write_text("")
    (tmp_path / "tiny" / "limits.py").write_text(
        "def small(value):\n    return value < 10\n\n\ndef unused(value):\n    return value + 1\n"
    )
    test = tmp_path / "test_limits.py"
    test.write_text("from tiny.limits import small\n\n\ndef test_small():\n    assert small(3) and not small(30)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    program = [sys.executable, str(ROOT / "tools" / "mutate.py"), "tiny.limits", "--tests", str(test)]
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1, done.stderr
    said = done.stdout.splitlines()
    assert "tiny.limits:2: survived: value < 10 -> value <= 10" in said
    assert "tiny.limits:2: survived: 10 -> 11" in said
    assert "tiny.limits:6: not covered: value + 1 -> value - 1" in said
    assert not [line for line in said if "value >= 10" in line or "return value < 10 -> return None" in line]
    assert said[-1].startswith("tiny.limits: 2 of 9 killed")


class _Planted:
    """A fuzz target with a fault at one byte."""

    @staticmethod
    def target(data: bytes) -> None:
        if b"\xff" in data:
            raise IndexError

    @staticmethod
    def seeds() -> Iterable[bytes]:
        return [b"seed"]


class _Harmless(_Planted):
    @staticmethod
    def target(data: bytes) -> None:
        bytes(reversed(data))


@pytest.mark.parametrize(("target", "crashes"), [(_Planted, 1), (_Harmless, 0)])
def test_fuzzing_finds_a_planted_fault(
    target: fuzz.Target,
    crashes: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The plain engine finds a fault, saves its input, and finds none where none is."""
    loaded: Callable[[str], fuzz.Target] = lambda _: target  # noqa: E731
    monkeypatch.setattr(fuzz, "load", loaded)
    given = argparse.Namespace(runs=5000, seconds=0, seed=1, longest=64, corpus=tmp_path / "c", crashes=tmp_path / "x")
    assert fuzz.plain("planted", given) == crashes
    assert "DONE 5000 executions" in capsys.readouterr().out
    saved = [path.read_bytes() for path in (tmp_path / "x").rglob("crash-*")]
    assert len(saved) == crashes
    assert all(b"\xff" in data for data in saved)
