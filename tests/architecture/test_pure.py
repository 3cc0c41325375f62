"""Decisions are pure: each runs while every door to the world is shut (architecture §2)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import cast

from tests.architecture.source import ROOT


def _audit(*arguments: str) -> dict[str, str]:
    # Without a measuring tool inside: that one writes files.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    program = [sys.executable, "-W", "error", "-m", "tests.architecture.audit", *arguments]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return cast("dict[str, str]", json.loads(done.stdout))


def test_no_decision_touches_the_world() -> None:
    """Each registered decision opens, imports, connects and starts nothing, and reads no clock, entropy or setting."""
    touched = _audit()
    assert touched
    assert not {name: doors for name, doors in touched.items() if doors}


def test_the_audit_sees_each_door() -> None:
    """A planted open, import, socket, file listing, database, process, clock, environment or random call is caught."""
    touched = _audit("planted")
    assert touched.pop("nothing") == ""
    assert {name for name, doors in touched.items() if not doors} == set()
    assert touched["open"].startswith("open")
    assert touched["swallowing"].startswith("socket.getaddrinfo")
