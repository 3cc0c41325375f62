"""Runs the fuzz targets of fuzz/fuzz_*.py and shows whether they still find new code.

    python tools/fuzz.py --seconds 60                         every target, a minute each
    python tools/fuzz.py --target der --runs 10000000         one target, ten million executions
    python tools/fuzz.py --engine plain --seconds 5           without atheris

A target is a module with `target(data: bytes) -> None` and `seeds() -> Iterable[bytes]`. Its one assertion: any bytes
give a value or the documented error; every other exception is a crash. The engine `atheris` is guided by coverage (it
needs the package of that name, Linux). The engine `plain` needs nothing: it mutates the seeds, and from Python 3.12 on
keeps the inputs that reached new code. Both print executions, speed and reached edges each time the executions double;
inputs that crash are saved, and become a seed or a vector once the fault is mended.

Exit codes: 0 no crash, 1 crashes, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Protocol, cast

_ROOT = Path(__file__).resolve().parents[1]
_SLOWEST = 10
_MOST_CRASHES = 10
_STAT = re.compile(r"#(\d+)\s+\S+\s+cov: (\d+) .*?corp: (\d+)/")


# Not the id of coverage measurement, which may be under way in the same process.
_TOOL = 4


class Target(Protocol):
    """What a module fuzz/fuzz_*.py offers."""

    def target(self, data: bytes) -> None:
        """Run the code under test; raise for anything but a value or the documented error."""

    def seeds(self) -> Iterable[bytes]:
        """Inputs to start from."""
        ...


def load(name: str) -> Target:
    """The target module of that name."""
    sys.path[:0] = [str(_ROOT / "fuzz"), str(_ROOT)]
    return cast("Target", importlib.import_module(f"fuzz_{name}"))


# --- the plain engine


class Edges:
    """The branches and lines of pkicheck that were reached so far (needs sys.monitoring, Python 3.12)."""

    def __init__(self) -> None:
        self._seen: set[tuple[CodeType, int, int]] = set()
        self._ways: dict[tuple[CodeType, int], set[int]] = {}
        self._home = f"{os.sep}pkicheck{os.sep}"
        # Typed as Any: the type checkers look at Python 3.11, which does not have it.
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self.measured = self._monitoring is not None

    def __len__(self) -> int:
        return len(self._seen)

    def start(self) -> None:
        """Listen from now on; each place is reported once per destination and costs nothing afterwards."""
        if not self.measured:
            return
        events = self._monitoring.events
        if self._monitoring.get_tool(_TOOL) is not None:
            # An earlier run in this process: the later one listens.
            self._monitoring.free_tool_id(_TOOL)
        self._monitoring.use_tool_id(_TOOL, "pkicheck-fuzz")
        if hasattr(events, "BRANCH_LEFT"):
            wanted = events.BRANCH_LEFT | events.BRANCH_RIGHT
            self._listen(events.BRANCH_LEFT, self._once)
            self._listen(events.BRANCH_RIGHT, self._once)
        else:
            wanted = events.BRANCH
            self._listen(events.BRANCH, self._branch)
        self._listen(events.PY_START, self._once)
        self._monitoring.set_events(_TOOL, wanted | events.PY_START)

    def _listen(self, event: int, callback: Callable[..., object]) -> None:
        self._monitoring.register_callback(_TOOL, event, callback)

    def _once(self, code: CodeType, offset: int, destination: int = -1) -> object:
        if self._home in code.co_filename:
            self._seen.add((code, offset, destination))
        return self._monitoring.DISABLE

    def _branch(self, code: CodeType, offset: int, destination: int) -> object:
        if self._home not in code.co_filename:
            return self._monitoring.DISABLE
        self._seen.add((code, offset, destination))
        # Before 3.14 switching off a branch switches off both ways: it stays on until both were seen.
        ways = self._ways.setdefault((code, offset), set())
        ways.add(destination)
        return self._monitoring.DISABLE if len(ways) > 1 else None


class Mutator:
    """Makes inputs out of inputs without knowing their structure."""

    _EDGES = (0, 1, 0x20, 0x22, 0x2E, 0x30, 0x3B, 0x3D, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xBF, 0xC0, 0xFE, 0xFF)

    def __init__(self, rng: random.Random, longest: int) -> None:
        self._rng = rng
        self._longest = longest

    def make(self, corpus: list[bytes]) -> bytes:
        """One new input: a known one after one to eight changes."""
        rng = self._rng
        data = bytearray(rng.choice(corpus))
        for _ in range(1 << rng.randrange(4)):
            place = rng.randrange(len(data) + 1)
            length = 1 << rng.randrange(1 + min(7, len(data).bit_length()))
            match rng.randrange(8):
                case 0 if place < len(data):
                    data[place] ^= 1 << rng.randrange(8)
                case 1 if place < len(data):
                    data[place] = rng.choice(self._EDGES)
                case 2 if place < len(data):
                    data[place] = (data[place] + rng.choice((-2, -1, 1, 2))) & 0xFF
                case 3:
                    del data[place : place + length]
                case 4:
                    data[place:place] = rng.randbytes(length)
                case 5:
                    data[place:place] = data[place : place + length] * rng.choice((1, 2, 16))
                case 6:
                    other = rng.choice(corpus)
                    start = rng.randrange(len(other) + 1)
                    data[place : place + length] = other[start : start + length]
                case _:
                    data[place : place + length] = bytes(rng.choice(self._EDGES) for _ in range(min(length, 4)))
        return bytes(data[: self._longest])


class Slow(Exception):
    """One execution took longer than ten seconds."""


def _alarm(_signal: int, _frame: FrameType | None) -> None:
    msg = f"more than {_SLOWEST} s"
    raise Slow(msg)


def _save(folder: Path, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"crash-{hashlib.sha256(data).hexdigest()[:16]}"
    path.write_bytes(data)
    return path


def plain(name: str, given: argparse.Namespace) -> int:
    """Fuzz one target in this process; the number of different crashes."""
    edges = Edges()
    module = load(name)
    corpus = [b"", *module.seeds()]
    saved = given.corpus / name
    if saved.is_dir():
        corpus += [path.read_bytes() for path in sorted(saved.iterdir())]
    mutator = Mutator(random.Random(given.seed), given.longest)
    target = module.target
    crashes: dict[tuple[object, ...], Path] = {}
    signal.signal(signal.SIGALRM, _alarm)
    edges.start()
    first = len(corpus)
    began = time.monotonic()
    done, shown, known, newest = 0, 1, 0, 0

    def show(what: str) -> None:
        speed = done / max(time.monotonic() - began, 1e-6)
        reached = f"{len(edges)} edges (last new one at {newest})" if edges.measured else "edges not measured"
        counts = f"{len(corpus)} inputs, {len(crashes)} crashes"
        print(f"{name}: {what}{done} executions, {speed:.0f}/s, {reached}, {counts}", flush=True)

    while (not given.runs or done < given.runs) and (not given.seconds or time.monotonic() - began < given.seconds):
        data = corpus[done] if done < first else mutator.make(corpus)
        done += 1
        signal.setitimer(signal.ITIMER_REAL, _SLOWEST)
        try:
            target(data)
        except Exception as error:  # noqa: BLE001 - finding any exception is the purpose
            last = traceback.extract_tb(error.__traceback__)[-1]
            key = (type(error), last.filename, last.lineno)
            if key not in crashes:
                crashes[key] = _save(given.crashes / name, data)
                place = f"{last.filename}:{last.lineno}"
                print(f"{name}: {type(error).__name__}: {str(error)[:200]} at {place}: {crashes[key]}")
            if len(crashes) >= _MOST_CRASHES:
                break
        if len(edges) > known:
            known, newest = len(edges), done
            if done > first:
                corpus.append(data)
                saved.mkdir(parents=True, exist_ok=True)
                (saved / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        if done == shown:
            shown *= 2
            if done >= 1024:
                show("")
    signal.setitimer(signal.ITIMER_REAL, 0)
    show("DONE ")
    return len(crashes)


# --- the engine of atheris


def atheris_child(name: str, arguments: list[str]) -> None:
    """Hand this process to atheris; it does not return."""
    atheris = importlib.import_module("atheris")
    # The target too: its assertions are comparisons that guide the search.
    with atheris.instrument_imports(include=["pkicheck", f"fuzz_{name}"]):
        module = load(name)
    atheris.Setup([sys.argv[0], *arguments], module.target)
    atheris.Fuzz()


def guided(name: str, given: argparse.Namespace) -> int:
    """Fuzz one target in a child process under atheris; 1 if it crashed."""
    corpus, crashes = given.corpus / name, given.crashes / name
    corpus.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for index, seed in enumerate(load(name).seeds()):
            Path(folder, f"seed-{index}").write_bytes(seed)
        arguments = [f"-seed={given.seed + 1}", f"-max_len={given.longest}", f"-timeout={_SLOWEST}"]
        arguments += [f"-artifact_prefix={crashes}{os.sep}", "-print_final_stats=1", "-len_control=0"]
        arguments += [f"-runs={given.runs}"] if given.runs else []
        arguments += [f"-max_total_time={given.seconds}"] if given.seconds else []
        program = [sys.executable, __file__, "--child", name, "--", *arguments, str(corpus), folder]
        with subprocess.Popen(program, stderr=subprocess.PIPE, text=True, errors="replace") as child:
            tail = _follow(name, cast("Iterable[str]", child.stderr))
    if child.returncode:
        print("".join(tail))
        print(f"{name}: CRASHED, the input is in {crashes}")
    return int(child.returncode != 0)


def _follow(name: str, lines: Iterable[str]) -> list[str]:
    """Print what libFuzzer reports, in the words of the plain engine; its last lines."""
    began = time.monotonic()
    tail: list[str] = []
    executed, edges, inputs, newest, shown = 0, 0, 0, 0, 1024

    def show(what: str) -> None:
        speed = executed / max(time.monotonic() - began, 1e-6)
        reached = f"{edges} edges (last new one at {newest})"
        print(f"{name}: {what}{executed} executions, {speed:.0f}/s, {reached}, {inputs} inputs", flush=True)

    for line in lines:
        tail = [*tail[-40:], line]
        if match := _STAT.match(line):
            before = edges
            executed, edges, inputs = (int(part) for part in match.groups())
            newest = executed if edges > before else newest
            if executed >= shown:
                shown = 2 * executed
                show("")
    show("DONE ")
    return tail


def main() -> int:
    """Run the chosen targets one after the other."""
    if sys.argv[1:2] == ["--child"]:
        atheris_child(sys.argv[2], sys.argv[4:])
    names = sorted(path.stem.removeprefix("fuzz_") for path in (_ROOT / "fuzz").glob("fuzz_*.py"))
    parser = argparse.ArgumentParser(description="Run the fuzz targets.")
    parser.add_argument("--target", action="append", choices=names, help="only this one (may be repeated)")
    parser.add_argument(
        "--engine", choices=["atheris", "plain"], default="atheris" if find_spec("atheris") else "plain"
    )
    parser.add_argument("--runs", type=int, default=0, help="executions of each target")
    parser.add_argument("--seconds", type=int, default=0, help="seconds for each target (default 10 without --runs)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random choices (default 0)")
    parser.add_argument("--longest", type=int, default=4096, help="longest input in bytes (default 4096)")
    parser.add_argument(
        "--corpus", type=Path, default=_ROOT / "fuzz" / "corpus", help="where inputs that reach new code are kept"
    )
    parser.add_argument(
        "--crashes", type=Path, default=_ROOT / "fuzz" / "crashes", help="where inputs that crash are kept"
    )
    given = parser.parse_args()
    if not given.runs and not given.seconds:
        given.seconds = 10
    engine = guided if given.engine == "atheris" else plain
    return int(sum(engine(name, given) for name in given.target or names) > 0)


if __name__ == "__main__":
    sys.exit(main())
