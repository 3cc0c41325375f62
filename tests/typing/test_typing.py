"""The public API is typed as its users call it: `good_*.py` is clean under mypy and pyright, `wrong_*.py` is refused.

These files are never run. A line of `wrong_*.py` that ends in `# wrong` must be refused by both checkers; every other
line must not be.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

_HERE = Path(__file__).resolve().parent
_FILES = sorted([*_HERE.glob("good_*.py"), *_HERE.glob("wrong_*.py")])

Refused = set[tuple[str, int]]

if find_spec("mypy") is None or find_spec("pyright") is None:
    if os.environ.get("PKICHECK_REQUIRE_TYPES"):
        pytest.fail("mypy and pyright are not installed", pytrace=False)
    pytest.skip("needs mypy and pyright: pip install --group lint", allow_module_level=True)


def _run(*program: str) -> str:
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False).stdout


@pytest.fixture(scope="module")
def mypy() -> Refused:
    """What mypy refuses: file name and line."""
    said = _run(
        sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--show-absolute-path", *map(str, _FILES)
    )
    found = re.findall(r"^(?:.*[/\\])?([^/\\:]+\.py):(\d+):(?:\d+:)? error:", said, re.MULTILINE)
    return {(name, int(line)) for name, line in found}


@pytest.fixture(scope="module")
def pyright() -> Refused:
    """What pyright refuses: file name and line."""
    program = (sys.executable, "-m", "pyright", "--project", str(_HERE), "--pythonpath", sys.executable, "--outputjson")
    said = json.loads(_run(*program))
    assert said["summary"]["filesAnalyzed"] >= len(_FILES)
    return {
        (Path(entry["file"]).name, entry["range"]["start"]["line"] + 1)
        for entry in said["generalDiagnostics"]
        if entry["severity"] == "error"
    }


def _wanted(path: Path) -> Refused:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {(path.name, number) for number, line in enumerate(lines, 1) if line.rstrip().endswith("# wrong")}


def _of(path: Path, refused: Refused) -> Refused:
    return {(name, line) for name, line in refused if name == path.name}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_mypy(path: Path, mypy: Refused) -> None:
    """mypy --strict accepts every right call of the file and refuses every wrong one."""
    assert _of(path, mypy) == _wanted(path)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_pyright(path: Path, pyright: Refused) -> None:
    """pyright in strict mode accepts every right call of the file and refuses every wrong one."""
    assert _of(path, pyright) == _wanted(path)
