"""Crashes: nothing that was acknowledged is lost, nothing half-written is accepted, nothing is dropped in silence."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from pkicheck.chainlog import (
    ALWAYS,
    RECOVERY_SCHEMA,
    ChainLog,
    ChainVerdict,
    Disk,
    Fsync,
    Head,
    Record,
    Rotation,
    batch,
    log_files,
    read_records,
    verify_files,
)
from pkicheck.errors import TransportError
from tests.chainlogkit import LOG, Ticking

_ROUNDS = 50


def _records(path: str) -> list[Record]:
    found: list[Record] = []
    for name in log_files(path):
        for _, item in read_records([Path(name).read_bytes()]):
            assert item is not None
            found.append(item)
    return found


def _pieces(item: Record) -> list[dict[str, Any]]:
    """What a recovery record names."""
    return cast("dict[str, list[dict[str, Any]]]", item.payload)["pieces"]


def test_killed_at_random_points(tmp_path: Path) -> None:
    """Killed 50 times while appending: every receipt is in the log, the log holds, torn ends are reported (issue 7)."""
    path = str(tmp_path / "evidence.log")
    chance = random.Random(18)
    acknowledged: dict[int, str] = {}
    torn: set[str] = set()  # a child that dies before it writes leaves the torn end of the one before it
    program = [sys.executable, str(Path(__file__).parent / "chainlogchild.py"), path]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        for _ in range(_ROUNDS):
            parent.stdin.write("go\n")
            parent.stdin.flush()
            wanted = chance.randrange(12)
            child = 0
            for line in parent.stdout:
                word, _, rest = line.strip().partition(" ")
                if word == "gone":
                    break
                if word == "child":
                    child = int(rest)
                else:
                    acknowledged[int(word)] = rest
                    wanted -= 1
                if child and wanted <= 0:
                    time.sleep(chance.random() / 200)
                    os.kill(child, signal.SIGKILL)
                    wanted = 10**9
            end = Path(path).read_bytes().rpartition(b"\n")[2] if os.path.exists(path) else b""
            if end:
                torn.add(hashlib.sha256(end).hexdigest())
        parent.stdin.close()
    with ChainLog(path, log_id=LOG) as log:
        head = log.head
    assert verify_files(log_files(path), head=head).verdict is ChainVerdict.INTACT
    found = _records(path)
    hashes = {item.sequence: item.hash for item in found}
    assert len(acknowledged) > _ROUNDS
    assert {number: hashes.get(number) for number in acknowledged} == acknowledged
    reported = [piece for item in found if item.schema == RECOVERY_SCHEMA for piece in _pieces(item)]
    assert {piece["sha256"] for piece in reported} >= torn > set()
    assert len(reported) == len(list(tmp_path.glob("*.torn-*")))


# -- a disk that loses its power: every prefix of what the writer did, with every loss of what it had not confirmed


@attrs.define(eq=False)
class _File:
    """A file as the disk has it, and what was done to it since it was last confirmed."""

    durable: bytes = b""
    waiting: list[tuple[str, Any]] = attrs.Factory(list)


def _applied(content: bytes, steps: list[tuple[str, Any]]) -> bytes:
    for kind, value in steps:
        content = content + value if kind == "write" else content[:value].ljust(value, b"\0")
    return content


def _possible(file: _File) -> Iterator[bytes]:
    """What may be on the disk: nothing, all or a part of what was not confirmed; written blocks may read as NULs."""
    for count in range(len(file.waiting) + 1):
        before = _applied(file.durable, file.waiting[:count])
        yield before
        for kind, value in file.waiting[count : count + 1]:
            if kind == "write":
                yield before + value[: len(value) // 2]
                yield before + value[:-1]
                yield before + bytes(len(value))
                yield before + bytes(len(value) // 2) + value[len(value) // 2 :]


class _Recording(Disk):
    """The real disk, and a note of every step: what is confirmed, and what a loss of power may take."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.files = {name: _File((Path(folder) / name).read_bytes()) for name in os.listdir(folder)}
        self.names = dict(self.files)  # as the directory has them after the last sync_directory
        self.open_files: dict[int, _File] = {}
        self.states: set[frozenset[tuple[str, bytes]]] = set()
        self.acknowledged: list[Head] = []
        self.after: list[tuple[int, frozenset[tuple[str, bytes]]]] = []

    def _note(self) -> None:
        for names in ({**self.files}, {**self.names}):
            listed = sorted((name, file) for name, file in names.items() if not name.endswith(".lock"))
            choices = [[(name, content) for content in dict.fromkeys(_possible(file))] for name, file in listed]
            for state in itertools.product(*choices):
                self.after.append((len(self.acknowledged), frozenset(state)))

    def open(self, path: str, *, create: bool) -> int:
        fd = super().open(path, create=create)
        name = os.path.basename(path)
        if create:
            self.files[name] = _File()
        self.open_files[fd] = self.files[name]
        self._note()
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        # In two steps, so that a crash between them is seen too.
        taken = super().write(fd, data[: max(1, len(data) // 2)])
        self.open_files[fd].waiting.append(("write", bytes(data[:taken])))
        self._note()
        return taken

    def sync(self, fd: int) -> None:
        file = self.open_files[fd]
        file.durable, file.waiting = _applied(file.durable, file.waiting), []
        self._note()

    def sync_directory(self, path: str) -> None:
        self.names = dict(self.files)
        self._note()

    def truncate(self, fd: int, size: int) -> None:
        super().truncate(fd, size)
        self.open_files[fd].waiting.append(("truncate", size))
        self._note()

    def rename(self, old: str, new: str) -> None:
        super().rename(old, new)
        self.files[os.path.basename(new)] = self.files.pop(os.path.basename(old))
        self._note()


def _run(path: str, policy: Fsync, count: int) -> tuple[_Recording, set[str]]:
    """Append `count` records on a recording disk; gives it and the hashes of all that were ever whole."""
    disk = _Recording(os.path.dirname(path))
    hashes: set[str] = set()
    with ChainLog(path, log_id=LOG, fsync=policy, rotation=Rotation(records=2), clock=Ticking(), files=disk) as log:
        for number in range(count):
            head = log.append({"n": number}, "test/1").head
            hashes.add(head.hash)
            disk.acknowledged.append(head)
            disk._note()
    return disk, hashes


def _put(folder: Path, state: frozenset[tuple[str, bytes]]) -> None:
    folder.mkdir()
    for name, content in state:
        (folder / name).write_bytes(content)


def test_every_loss_of_power_under_always(tmp_path: Path) -> None:
    """With fsync always, every prefix of the writer's steps and every loss of unconfirmed writes keeps each receipt."""
    (tmp_path / "run").mkdir()
    disk, hashes = _run(str(tmp_path / "run" / "log"), ALWAYS, 5)
    cases = sorted(set(disk.after), key=lambda case: (case[0], sorted(case[1])))
    assert len(cases) > 60
    recovered = 0
    for turn, (count, state) in enumerate(cases):
        folder = tmp_path / str(turn)
        _put(folder, state)
        path = str(folder / "log")
        with ChainLog(path, log_id=LOG, clock=Ticking()) as log:
            recovered += log.recovery is not None
            log.append({"after": True}, "test/1")
        assert verify_files(log_files(path), head=log.head).verdict is ChainVerdict.INTACT
        found = _records(path)
        own = [item for item in found if item.schema == "test/1" and item.payload != {"after": True}]
        assert [item.head for item in own[:count]] == disk.acknowledged[:count]
        assert {item.hash for item in own} <= hashes
    assert recovered > 20


def test_every_loss_of_power_under_batch(tmp_path: Path) -> None:
    """With fsync in batches the unconfirmed end is lost; a hole in the middle of it is refused, not accepted."""
    (tmp_path / "run").mkdir()
    disk, hashes = _run(str(tmp_path / "run" / "log"), batch(2), 4)
    opened = 0
    for turn, (_, state) in enumerate(sorted(set(disk.after), key=lambda case: (case[0], sorted(case[1])))):
        folder = tmp_path / str(turn)
        _put(folder, state)
        path = str(folder / "log")
        try:
            with ChainLog(path, log_id=LOG, clock=Ticking()) as log:
                head = log.append({"after": True}, "test/1").head
        except TransportError:
            assert verify_files(log_files(path)).verdict is not ChainVerdict.INTACT
            continue
        opened += 1
        assert verify_files(log_files(path), head=head).verdict is ChainVerdict.INTACT
        own = [item for item in _records(path) if item.schema == "test/1" and item.payload != {"after": True}]
        assert {item.hash for item in own} <= hashes
        confirmed = [item for item in own if item.payload is not None]
        assert confirmed == own
    assert opened > 40


def test_every_loss_of_power_while_recovering(tmp_path: Path) -> None:
    """A recovery that is cut short at any step, with any loss, is finished by the next opening, nothing dropped."""
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "log"
    with ChainLog(path, log_id=LOG, clock=Ticking()) as log:
        heads = [log.append({"n": number}, "test/1").head for number in range(2)]
    whole = path.read_bytes()
    tail = whole[:150]
    path.write_bytes(whole + tail)
    disk = _Recording(str(path.parent))
    with ChainLog(path, log_id=LOG, clock=Ticking(), files=disk) as log:
        assert log.recovery is not None
    cases = sorted({state for _, state in disk.after}, key=sorted)
    assert len(cases) > 20
    for turn, state in enumerate(cases):
        folder = tmp_path / str(turn)
        _put(folder, state)
        with ChainLog(folder / "log", log_id=LOG, clock=Ticking()) as log:
            head = log.head
        assert verify_files([folder / "log"], head=head).verdict is ChainVerdict.INTACT
        found = _records(str(folder / "log"))
        assert [item.head for item in found[:2]] == heads
        assert all(item.schema == RECOVERY_SCHEMA for item in found[2:])
        named: set[str] = set()
        for item in found[2:]:
            named |= {piece["file"] for piece in _pieces(item)}
        kept = {piece.name: piece.read_bytes() for piece in folder.glob("log.torn-*")}
        assert named == set(kept)
        assert tail in kept.values()


@pytest.mark.parametrize("count", range(4))
def test_every_cut_of_the_last_line(tmp_path: Path, count: int) -> None:
    """A log cut at every byte of its last line is opened again: whole records stay, the rest is kept and reported."""
    path = tmp_path / "log"
    with ChainLog(path, log_id=LOG, clock=Ticking()) as log:
        heads = [log.append({"n": number}, "test/1").head for number in range(count + 1)]
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1 if count else 0
    for size in range(last, len(whole), 7):
        folder = tmp_path / str(size)
        _put(folder, frozenset({("log", whole[:size])}))
        with ChainLog(folder / "log", log_id=LOG, clock=Ticking()) as log:
            assert (log.recovery is None) == (size == last)
        assert [item.head for item in _records(str(folder / "log"))[:count]] == heads[:count]
