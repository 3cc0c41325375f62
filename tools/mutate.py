"""Mutation test of one pure module: is there a test that notices each small change of it?

    python tools/mutate.py pkicheck.canon --tests tests/test_canon.py
    python tools/mutate.py pkicheck.der --tests tests/test_der.py tests/laws --sample 200 --seed 1 --json out.json

A first run of the tests records which test runs which lines of the module. Then each mutant gets a forked child of a
process that has everything loaded but pkicheck: the child imports the mutated module in the place of the real one and
runs the tests that reach the changed line, quickest first, until one fails. A mutant that survives them meets all the
tests before it counts as survived. A line that no test runs is a survivor at once. Mutants that change nothing anybody
could observe are listed, with the reason, in tools/mutate-equivalent.toml.

Needs fork (Linux, macOS). Exit codes: 0 the score is reached, 1 it is not, 2 wrong usage or tests that fail unmutated.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, cast

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.mutations import Mutation, mutations

_EQUIVALENT = Path(__file__).with_name("mutate-equivalent.toml")
# The warnings: modules are loaded here before pytest and its plugins expect it, which does no harm.
_OPTIONS = (
    # plain: pytest would load a package that brings a plugin through its own rewriting loader, past the mutant
    *("-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *("-W", "ignore::hypothesis.errors.HypothesisSideeffectWarning"),
)
_BROKEN = 70

Tracer = Callable[[FrameType, str, Any], Any]


def module_path(name: str) -> Path:
    """The file of a module, found without importing any package of it."""
    first, *rest = name.split(".")
    spec = importlib.machinery.PathFinder.find_spec(first)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"mutate: no package {first}")
    folder = Path(spec.submodule_search_locations[0]).joinpath(*rest)
    for path in (folder.with_suffix(".py"), folder / "__init__.py"):
        if path.is_file():
            return path
    sys.exit(f"mutate: no module {name}")


class _Mutated(MetaPathFinder):
    """Supplies the code of one module; everything else is found as always."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name = name
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader.get_code = lambda _name: self._code  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
        return spec


# --- the first run: which test runs which lines


class _Watch:
    """A pytest plugin that notes, per test, the lines of one file it runs and how long it takes."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: set[int] = set()
        self.tests: dict[str, tuple[list[int], float]] = {}
        self.at_import: list[int] = []

    def _local(self, frame: FrameType, *_: object) -> Tracer:
        self._lines.add(frame.f_lineno)
        return self._local

    def _global(self, frame: FrameType, *_: object) -> Tracer | None:
        return self._local(frame) if frame.f_code.co_filename == self._file else None

    def start(self) -> None:
        threading.settrace(self._global)
        sys.settrace(self._global)

    def stop(self) -> set[int]:
        sys.settrace(None)
        threading.settrace(None)  # pyright: ignore[reportArgumentType] - typeshed knows no way to stop
        lines, self._lines = self._lines, set()
        return lines

    def pytest_collection_finish(self) -> None:
        self.at_import = sorted(self.stop())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        began = time.perf_counter()
        self.start()
        try:
            return (yield)
        finally:
            self.tests[item.nodeid] = (sorted(self.stop()), time.perf_counter() - began)


def _first_run(name: str, path: Path, tests: Sequence[str]) -> dict[str, Any]:
    """Run the tests unmutated in a child and return what it saw."""
    with tempfile.TemporaryFile("w+") as report, tempfile.TemporaryFile("w+") as output:

        def child() -> int:
            watch = _Watch(str(path))
            watch.start()
            code = pytest.main([*_OPTIONS, *tests], plugins=[watch])
            loaded = [key for key, module in sys.modules.items() if getattr(module, "__file__", None)]
            json.dump({"tests": watch.tests, "at_import": watch.at_import, "loaded": loaded}, report)
            report.flush()
            return int(code)

        status = os.waitpid(_fork(child, output.fileno()), 0)[1]
        if status:
            output.seek(0)
            print(output.read()[-3000:], file=sys.stderr)
            sys.exit(f"mutate: the tests of {name} do not pass unmutated")
        report.seek(0)
        return cast("dict[str, Any]", json.load(report))


def _fork(child: Callable[[], int], output: int) -> int:
    """Start a child in a process group of its own; its exit code is what the function returns."""
    pid = os.fork()
    if pid:
        return pid
    code = _BROKEN
    try:
        os.setsid()
        with Path(os.devnull).open() as empty:
            os.dup2(empty.fileno(), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = child()
    except BaseException:  # noqa: BLE001 - a child must never run on into the loop of its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _warm(loaded: Sequence[str]) -> None:
    """Load in the parent what every child would load: third-party and standard modules, never pkicheck or its tests."""
    homes = (str(Path(os.__file__).parent), str(Path(pytest.__file__).parent.parent))
    for name in loaded:
        # The plugin of hypothesis counts how often pytest starts: once in each child.
        if name.partition(".")[0] not in {"pkicheck", "tests", "conftest", "__main__", "_hypothesis_pytestplugin"}:
            spec = importlib.util.find_spec(name) if name not in sys.modules else None
            if spec is not None and spec.origin is not None and spec.origin.startswith(homes):
                importlib.import_module(name)
    gc.collect()
    gc.freeze()


# --- the mutants


class _Select:
    """A pytest plugin that keeps the wanted tests, in the wanted order."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = {nodeid: index for index, nodeid in enumerate(wanted)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._wanted]
        items.sort(key=lambda item: self._wanted[item.nodeid])


class Campaign:
    """All mutants of one module against its tests."""

    def __init__(self, name: str, tests: Sequence[str], *, jobs: int) -> None:
        self.name = name
        self._files = tests
        self._jobs = jobs
        path = module_path(name)
        self.source = path.read_text(encoding="utf-8")
        self.mutants = mutations(self.source, str(path))
        seen = _first_run(name, path, tests)
        self._lines = {nodeid: set(lines) for nodeid, (lines, _) in seen["tests"].items()}
        self._seconds = {nodeid: seconds for nodeid, (_, seconds) in seen["tests"].items()}
        self._at_import = set(seen["at_import"])
        self._all = sorted(self._seconds, key=self._seconds.__getitem__)
        _warm(seen["loaded"])
        self._control(str(path))

    def _control(self, path: str) -> None:
        """The unmutated module must pass in the same harness; else everything would look killed."""
        with tempfile.TemporaryFile("w+") as output:
            code = compile(self.source, path, "exec", dont_inherit=True)
            pid, _ = self._start(code, self._all, output.fileno())
            if os.waitpid(pid, 0)[1]:
                output.seek(0)
                print(output.read()[-3000:], file=sys.stderr)
                sys.exit(f"mutate: the tests of {self.name} fail in the harness without any mutation")

    def _reaching(self, mutant: Mutation) -> list[str]:
        if mutant.at_import or self._at_import.intersection(mutant.lines):
            return self._all
        return [nodeid for nodeid in self._all if self._lines[nodeid].intersection(mutant.lines)]

    def _start(self, code: CodeType, wanted: Sequence[str], output: int) -> tuple[int, float]:
        def child() -> int:
            sys.meta_path.insert(0, _Mutated(self.name, code))
            return int(pytest.main([*_OPTIONS, *self._files], plugins=[_Select(wanted)]))

        limit = 10 + 5 * sum(self._seconds[nodeid] for nodeid in wanted)
        return _fork(child, output), time.monotonic() + limit

    def run(self, chosen: Sequence[Mutation]) -> list[tuple[Mutation, str]]:
        """What became of each: `killed`, `timeout`, `survived`, `not covered`; what compiles alike is left out."""
        outcome: list[tuple[Mutation, str]] = []
        waiting: list[tuple[Mutation, CodeType, list[str]]] = []
        for mutant in chosen:
            code = mutant.compiled()
            if code is None:
                continue
            wanted = self._reaching(mutant)
            if wanted:
                waiting.append((mutant, code, wanted))
            else:
                outcome.append((mutant, "not covered"))
        waiting.reverse()
        total = len(waiting)
        running: dict[int, tuple[Mutation, CodeType, list[str], float]] = {}
        with Path(os.devnull).open("w") as nothing:
            while waiting or running:
                while waiting and len(running) < self._jobs:
                    mutant, code, wanted = waiting.pop()
                    pid, limit = self._start(code, wanted, nothing.fileno())
                    running[pid] = (mutant, code, wanted, limit)
                for pid, (mutant, code, wanted, limit) in list(running.items()):
                    done, status = os.waitpid(pid, os.WNOHANG)
                    if not done and time.monotonic() > limit:
                        os.killpg(pid, signal.SIGKILL)
                        os.waitpid(pid, 0)
                        outcome.append((mutant, "timeout"))
                    elif not done:
                        continue
                    elif os.waitstatus_to_exitcode(status) == _BROKEN:
                        sys.exit(f"mutate: the harness broke at {self.name}:{mutant.line}: {mutant.text}")
                    elif status:
                        outcome.append((mutant, "killed"))
                    elif len(wanted) < len(self._all):
                        # A cache may hide a line from the first run: no mutant survives before it has met every test.
                        waiting.append((mutant, code, self._all))
                    else:
                        outcome.append((mutant, "survived"))
                    del running[pid]
                if sys.stderr.isatty():
                    print(f"\r{total - len(waiting) - len(running)} of {total}", end="\r", file=sys.stderr)
                time.sleep(0.005)
        return outcome


# --- the report


def _equivalents(name: str) -> dict[tuple[str, str], str]:
    if not _EQUIVALENT.is_file():
        return {}
    entries = tomllib.loads(_EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    return {(entry["line"].strip(), entry["mutation"]): entry["reason"] for entry in entries if entry["module"] == name}


def main() -> int:
    """Run a campaign and print its score and its survivors."""
    parser = argparse.ArgumentParser(description="Mutation test of one module of pkicheck.")
    parser.add_argument("module", help="dotted name, for example pkicheck.canon")
    parser.add_argument("--tests", nargs="+", help="test files or folders (default: tests/test_<last name>.py)")
    parser.add_argument("--sample", type=int, help="only so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw (default 0)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (default 2)")
    parser.add_argument(
        "--minimum", type=float, default=90.0, help="percentage below which the exit code is 1 (default 90)"
    )
    parser.add_argument("--json", type=Path, help="write the outcome of every mutant to this file")
    given = parser.parse_args()
    tests = given.tests or [f"tests/test_{given.module.rpartition('.')[2]}.py"]
    os.environ["HYPOTHESIS_PROFILE"] = "mutate"

    began = time.monotonic()
    campaign = Campaign(given.module, tests, jobs=given.jobs)
    chosen = campaign.mutants
    if given.sample is not None and given.sample < len(chosen):
        chosen = random.Random(given.seed).sample(chosen, given.sample)
    lines = campaign.source.splitlines()
    known = _equivalents(given.module)
    keys = {id(mutant): (lines[mutant.line - 1].strip(), mutant.text) for mutant in chosen}
    outcome = campaign.run([mutant for mutant in chosen if keys[id(mutant)] not in known])
    stale = set(known) - {(lines[mutant.line - 1].strip(), mutant.text) for mutant in campaign.mutants}

    counts = Counter(became for _, became in outcome)
    killed = counts["killed"] + counts["timeout"]
    score = 100 * killed / len(outcome) if outcome else 0.0
    for mutant, became in sorted(outcome, key=lambda pair: pair[0].line):
        if became in {"survived", "not covered"}:
            print(f"{given.module}:{mutant.line}: {became}: {mutant.text}\n    {lines[mutant.line - 1].strip()}")
    for line, mutation in sorted(stale):
        print(f"mutate-equivalent.toml: no such mutant of {given.module}: {mutation!r} in {line!r}")
    equivalent = sum(key in known for key in keys.values())
    print(
        f"{given.module}: {killed} of {len(outcome)} killed, {score:.1f} % ({counts['timeout']} by time, "
        f"{counts['survived']} survived, {counts['not covered']} not covered, {equivalent} known equivalents) "
        f"in {time.monotonic() - began:.0f} s"
    )
    if given.json:
        rows = [
            {"line": mutant.line, "before": mutant.before, "after": mutant.after, "outcome": became}
            for mutant, became in outcome
        ]
        given.json.write_text(json.dumps({"module": given.module, "score": score, "mutants": rows}, indent=1) + "\n")
    return int(score < given.minimum or bool(stale))


if __name__ == "__main__":
    sys.exit(main())
