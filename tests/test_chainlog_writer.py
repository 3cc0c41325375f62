"""The writer: durable before it returns, alone, refusing after damage, and never leaving a log that does not verify."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pkicheck.chainlog import (
    ALWAYS,
    MAX_LINE,
    NEVER,
    RECOVERY_SCHEMA,
    ChainLog,
    ChainVerdict,
    Disk,
    Fsync,
    Head,
    Receipt,
    Record,
    Recovery,
    Rotation,
    Seal,
    TornPiece,
    batch,
    ed25519_seal,
    log_files,
    read_records,
    verify_files,
)
from pkicheck.errors import InputError, TransportError
from tests.chainlogkit import KEY, LOG, T0, Ticking, chain, dump, hashed, joined, line_of, record, sha


class Watched(Disk):
    """The real disk, watched, and failing where a test says so."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fail: dict[str, OSError] = {}
        self.taken = -1  # of the next write only so many bytes, then it fails

    def _step(self, name: str) -> None:
        if name in self.fail:
            raise self.fail[name]
        self.done.append(name)

    def open(self, path: str, *, create: bool) -> int:
        self._step("create" if create else "open")
        return super().open(path, create=create)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._step("write")
        if self.taken >= 0:
            taken, self.taken = self.taken, -1
            self.fail["write"] = OSError(errno.ENOSPC, "No space left on device")
            return super().write(fd, data[:taken])
        return super().write(fd, data)

    def sync(self, fd: int) -> None:
        self._step("sync")
        super().sync(fd)

    def sync_directory(self, path: str) -> None:
        self._step("sync_directory")
        super().sync_directory(path)

    def truncate(self, fd: int, size: int) -> None:
        self._step("truncate")
        super().truncate(fd, size)

    def rename(self, old: str, new: str) -> None:
        self._step("rename")
        super().rename(old, new)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where the log of a test lies."""
    return str(tmp_path / "evidence.log")


def _open(path: str, **arguments: Any) -> ChainLog:
    return ChainLog(path, **{"log_id": LOG, "clock": Ticking(), **arguments})


def _records(path: str) -> list[Record]:
    found: list[Record] = []
    for name in log_files(path):
        for _, item in read_records([Path(name).read_bytes()]):
            assert item is not None
            found.append(item)
    return found


def _intact(path: str, head: Head) -> None:
    assert verify_files(log_files(path), head=head).verdict is ChainVerdict.INTACT


# -- appending


def test_append_and_verify(path: str) -> None:
    """What is appended is read back, record by record, and the last receipt anchors the log (R108)."""
    with _open(path) as log:
        assert log.path == path
        assert log.recovery is None
        assert log.head == Head.empty(LOG)
        receipts = [log.append({"n": number}, "test/1") for number in range(5)]
        assert log.head == receipts[-1].head
    assert [receipt.sequence for receipt in receipts] == [1, 2, 3, 4, 5]
    assert all(receipt.durable and not receipt.sealed for receipt in receipts)
    found = _records(path)
    assert [item.payload for item in found] == [{"n": number} for number in range(5)]
    assert [item.hash for item in found] == [receipt.hash for receipt in receipts]
    assert found[0].time == T0
    _intact(path, receipts[-1].head)
    assert verify_files([path]).verdict is ChainVerdict.UNANCHORED


def test_written_bytes_are_those_of_the_second_implementation(path: str) -> None:
    """The whole file equals what `json` and `hashlib` make of the same records, seals included (R108)."""
    fields = chain(3, key=KEY)
    with _open(path, seal=ed25519_seal(KEY), clock=Ticking(datetime.fromisoformat("2026-11-21T12:00:01Z"))) as log:
        for item in fields:
            assert log.append(item["payload"], "test/1").sealed
    assert Path(path).read_bytes() == joined(fields)


def test_log_goes_on_after_reopening(path: str) -> None:
    """A closed log is opened again and its chain goes on, seals included; closing twice is fine."""
    heads: list[Head] = []
    for number in range(4):
        log = _open(path, seal=ed25519_seal(KEY), seal_every=2)
        heads.append(log.append({"n": number}, "test/1").head)
        log.close()
        log.close()
    report = verify_files([path], head=heads[-1], public_key=KEY.public_key())
    assert report.verdict is ChainVerdict.INTACT
    assert (report.records, report.sealed, report.seals_checked) == (4, 2, 2)


def test_withheld(path: str) -> None:
    """A payload can be withheld from the start: its digest is recorded (architecture §6)."""
    with _open(path) as log:
        receipt = log.append({"name": "somebody", "salt": "0123"}, "test/1", withheld=True)
    found = _records(path)[0]
    assert found.payload is None
    assert found.payload_sha256 == sha(b'{"name":"somebody","salt":"0123"}')
    assert verify_files([path], head=receipt.head).withheld == 1


@pytest.mark.parametrize(
    ("payload", "schema"),
    [
        ([], "test/1"),
        (None, "test/1"),
        ("{}", "test/1"),
        ({"n": 1.0}, "test/1"),
        ({"n": 2**53}, "test/1"),
        ({"n": b"x"}, "test/1"),
        ({"n": "\ud800"}, "test/1"),
        ({1: "n"}, "test/1"),
        ({"n": 1}, ""),
        ({"n": 1}, "a b"),
        ({"n": 1}, None),
        ({"n": "x" * MAX_LINE}, "test/1"),
    ],
    ids=str,
)
def test_what_cannot_be_appended(path: str, payload: Any, schema: Any) -> None:
    """A payload that is no canonical object, or too long, is the caller's mistake: nothing is written."""
    with _open(path) as log:
        first = log.append({"n": 0}, "test/1")
        before = Path(path).read_bytes()
        with pytest.raises(InputError):
            log.append(payload, schema)
        assert Path(path).read_bytes() == before
        assert log.append({"n": 1}, "test/1").sequence == first.sequence + 1


def test_longest_record(path: str) -> None:
    """A record of exactly `MAX_LINE` bytes is written and verified; one byte more is refused."""
    with _open(path) as log:
        room = MAX_LINE - len(line_of(record(None, payload={"n": ""})))
        with pytest.raises(InputError, match=str(MAX_LINE + 1)):
            log.append({"n": "x" * (room + 1)}, "test/1")
        receipt = log.append({"n": "x" * room}, "test/1")
    assert os.path.getsize(path) == MAX_LINE
    _intact(path, receipt.head)


@pytest.mark.parametrize(
    "arguments",
    [{"log_id": ""}, {"log_id": "a b"}, {"seal_every": 0}, {"seal_every": True}],
    ids=str,
)
def test_wrong_arguments(path: str, arguments: dict[str, Any]) -> None:
    """Wrong arguments are refused before anything is created."""
    with pytest.raises(InputError):
        _open(path, **arguments)
    assert not os.path.exists(path)


@pytest.mark.parametrize("every", [0, -1, True, "1"])
def test_wrong_batch(every: Any) -> None:
    """A batch is one or more records."""
    with pytest.raises(InputError, match="every"):
        batch(every)


@pytest.mark.parametrize("arguments", [{}, {"records": -1}, {"size": -1}, {"records": 0, "size": 0}], ids=str)
def test_wrong_rotation(arguments: dict[str, int]) -> None:
    """A rotation has a limit."""
    with pytest.raises(InputError, match="rotation"):
        Rotation(**arguments)


def test_clock_without_a_zone(path: str) -> None:
    """A clock without a zone proves nothing: refused, and nothing is written."""
    with _open(path, clock=lambda: datetime(2026, 11, 21)) as log, pytest.raises(InputError, match="time zone"):
        log.append({}, "test/1")
    assert os.path.getsize(path) == 0


def test_default_clock_is_utc(path: str) -> None:
    """Without a clock of the caller's the record carries the machine's time, in UTC."""
    with ChainLog(path, log_id=LOG) as log:
        log.append({}, "test/1")
    assert _records(path)[0].time.utcoffset() is not None


def test_seal_port_that_fails(path: str) -> None:
    """No seal, no record: what the port raises passes through, and nothing is written."""

    def broken(_: bytes) -> Seal:
        msg = "the HSM is gone"
        raise RuntimeError(msg)

    wrong: Callable[[bytes], Any] = lambda data: data  # noqa: E731
    for seal, kind in ((broken, RuntimeError), (wrong, InputError)):
        with _open(path, seal=seal) as log, pytest.raises(kind):
            log.append({}, "test/1")
        assert os.path.getsize(path) == 0


# -- durability


@pytest.mark.parametrize(
    ("policy", "syncs", "durable"),
    [
        (ALWAYS, [1, 1, 1, 1, 1, 0], [True] * 5),
        (batch(2), [0, 1, 0, 1, 0, 1], [False, True, False, True, False]),
        (NEVER, [0, 0, 0, 0, 0, 0], [False] * 5),
    ],
    ids=["always", "batch", "never"],
)
def test_fsync_policy(path: str, policy: Fsync, syncs: list[int], durable: list[bool]) -> None:
    """Each policy waits for the disk when it says so; the receipt says whether; closing waits for the rest."""
    disk = Watched()
    log = _open(path, fsync=policy, files=disk)
    assert disk.done == ["create", *(["sync_directory"] if policy != NEVER else [])]
    counts: list[int] = []
    for want in durable:
        disk.done.clear()
        assert log.append({}, "test/1").durable is want
        assert disk.done[0] == "write"
        counts.append(disk.done.count("sync"))
    disk.done.clear()
    log.close()
    assert [*counts, disk.done.count("sync")] == syncs


def test_sync(path: str) -> None:
    """`sync` waits whatever the policy, once."""
    disk = Watched()
    with _open(path, fsync=NEVER, files=disk) as log:
        log.append({}, "test/1")
        log.sync()
        assert disk.done.count("sync") == 1


@pytest.mark.parametrize("taken", [0, 1, 100, 10**6])
def test_full_disk(path: str, taken: int) -> None:
    """A write that fails half-way is cut back: the log verifies, and goes on when there is room again."""
    disk = Watched()
    with _open(path, files=disk) as log:
        first = log.append({"n": 1}, "test/1")
        before = Path(path).read_bytes()
        disk.taken = taken if taken < 10**6 else -1
        if taken == 10**6:
            disk.fail["write"] = OSError(errno.ENOSPC, "No space left on device")
        with pytest.raises(TransportError, match=f"{path}: .*"):
            log.append({"n": 2}, "test/1")
        assert Path(path).read_bytes() == before
        _intact(path, first.head)
        disk.fail.clear()
        second = log.append({"n": 3}, "test/1")
        assert second.sequence == 2
    _intact(path, second.head)


def test_disk_that_takes_nothing(path: str) -> None:
    """A file layer that writes nothing and says nothing is a full disk, not an endless loop."""

    class Stuck(Disk):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            return 0

    with _open(path, files=Stuck()) as log, pytest.raises(TransportError, match="takes no more"):
        log.append({}, "test/1")
    assert os.path.getsize(path) == 0


def test_real_limit(path: str) -> None:
    """The same with the limit of the operating system (RLIMIT_FSIZE): the log verifies and goes on."""
    with _open(path) as log:
        first = log.append({"n": "x" * 4000}, "test/1")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, limits[1]))
        try:
            with pytest.raises(TransportError, match="File too large"):
                log.append({"n": "x" * 4000}, "test/1")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        _intact(path, first.head)
        second = log.append({"n": "x" * 4000}, "test/1")
    _intact(path, second.head)


def test_interrupted_write(path: str) -> None:
    """An interrupt in the middle of a write cuts back too, and passes through."""

    class Interrupted(Disk):
        armed = False

        def write(self, fd: int, data: bytes | memoryview) -> int:
            if self.armed:
                super().write(fd, data[:50])
                self.armed = False
                raise KeyboardInterrupt
            return super().write(fd, data)

    disk = Interrupted()
    with _open(path, files=disk) as log:
        log.append({"n": 1}, "test/1")
        disk.armed = True
        with pytest.raises(KeyboardInterrupt):
            log.append({"n": 2}, "test/1")
        receipt = log.append({"n": 3}, "test/1")
    _intact(path, receipt.head)


def test_cutting_back_fails(path: str) -> None:
    """When what was written cannot be cut off, the writer refuses to go on; the next opening repairs and reports."""
    disk = Watched()
    with _open(path, files=disk) as log:
        log.append({"n": 1}, "test/1")
        disk.taken, disk.fail["truncate"] = 40, OSError(errno.EIO, "Input/output error")
        with pytest.raises(TransportError, match="Input/output error"):
            log.append({"n": 2}, "test/1")
        disk.fail.clear()
        with pytest.raises(TransportError, match="open it again"):
            log.append({"n": 3}, "test/1")
    assert verify_files([path]).verdict is ChainVerdict.TORN
    with _open(path) as log:
        assert log.recovery is not None
        assert log.recovery.pieces[0].size == 40
        _intact(path, log.head)


def test_disk_that_does_not_confirm(path: str) -> None:
    """After a failed fsync nothing is believed any more: the record is cut off and the writer refuses to go on."""
    disk = Watched()
    with _open(path, files=disk) as log:
        first = log.append({"n": 1}, "test/1")
        disk.fail["sync"] = OSError(errno.EIO, "Input/output error")
        with pytest.raises(TransportError, match="Input/output error"):
            log.append({"n": 2}, "test/1")
        disk.fail.clear()
        for act in (lambda: log.append({"n": 3}, "test/1"), log.sync, log.rotate):
            with pytest.raises(TransportError, match="not confirmed"):
                act()
    _intact(path, first.head)
    with _open(path) as log:
        assert log.recovery is None
        assert log.append({"n": 3}, "test/1").sequence == 2


def test_close_that_is_not_confirmed(path: str) -> None:
    """Closing says when the disk did not confirm, and lets go of the log all the same."""
    disk = Watched()
    log = _open(path, fsync=batch(10), files=disk)
    log.append({}, "test/1")
    disk.fail["sync"] = OSError(errno.EIO, "Input/output error")
    with pytest.raises(TransportError, match="Input/output error"):
        log.close()
    _open(path).close()


# -- one writer


def test_second_writer(path: str) -> None:
    """A second writer is refused by name while the first has the log open, and welcome afterwards."""
    with _open(path) as log:
        with pytest.raises(TransportError, match=f"{path} is open in another writer"):
            _open(path)
        log.append({}, "test/1")
    _open(path).close()


def _elsewhere(path: str, answers: Any) -> None:
    try:
        ChainLog(path, log_id=LOG)
    except TransportError as error:
        answers.put(str(error))
    else:
        answers.put("opened")


def test_second_process(path: str) -> None:
    """A writer in another process is refused by name as well."""
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()
    with _open(path):
        other = spawn.Process(target=_elsewhere, args=(path, answers))
        other.start()
        assert answers.get(timeout=60) == f"{path} is open in another writer"
        other.join()


def test_forked_child_cannot_append(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log belongs to the process that opened it: elsewhere appending is refused and closing does nothing."""
    with _open(path) as log:
        own = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: own + 1)
        with pytest.raises(TransportError, match="another process"):
            log.append({}, "test/1")
        log.close()
        monkeypatch.undo()
        log.append({}, "test/1")


def test_threads(path: str) -> None:
    """Threads take turns: every record is there once and the chain holds."""
    with _open(path, fsync=NEVER) as log:

        def work(number: int) -> None:
            for turn in range(50):
                log.append({"thread": number, "turn": turn}, "test/1")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = [dump(item.payload) for item in _records(path)]
    assert len(found) == len(set(found)) == 200
    _intact(path, log.head)


def test_closed(path: str) -> None:
    """A closed log takes nothing."""
    log = _open(path)
    log.close()
    for act in (lambda: log.append({}, "test/1"), log.sync, log.rotate):
        with pytest.raises(TransportError, match="is closed"):
            act()


@pytest.mark.parametrize("harm", ["append", "cut", "remove"])
def test_file_changed_by_somebody_else(path: str, harm: str) -> None:
    """Bytes that came or went behind the writer's back, or a removed file, end its work: no record into nowhere."""
    with _open(path) as log:
        log.append({}, "test/1")
        if harm == "remove":
            os.unlink(path)
        else:
            with open(path, "r+b") as file:
                file.truncate(10) if harm == "cut" else (file.seek(0, 2), file.write(b"x"))
        for _ in range(2):
            with pytest.raises(TransportError, match="somebody else"):
                log.append({}, "test/1")


# -- opening


def test_opening_another_log(path: str) -> None:
    """A file of another log is the caller's mistake."""
    with _open(path) as log:
        log.append({}, "test/1")
    with pytest.raises(InputError, match="log_id is other"):
        _open(path, log_id="other")


def test_opening_is_undone(tmp_path: Path) -> None:
    """What cannot be opened is named, and no lock stays behind."""
    with pytest.raises(TransportError, match="nowhere"):
        _open(str(tmp_path / "nowhere" / "log"))
    os.mkdir(tmp_path / "folder")
    for _ in range(2):
        with pytest.raises(TransportError, match="folder: Is a directory"):
            _open(str(tmp_path / "folder"))


@pytest.mark.parametrize(
    "content",
    [
        joined([*chain(2), chain(4)[3]]),
        joined([hashed({**chain(1)[0], "time": "2026-11-21T12:00:00.000000Z"}), *chain(3)[1:]]),
        joined(chain(2)) + b"no record\n",
        b"no record\n",
        joined(chain(2)) + b"\0\0\n" + joined(chain(3)[2:]),
    ],
    ids=["deleted", "replaced", "last line no record", "first line no record", "damage before records"],
)
def test_broken_log_is_not_continued(path: str, content: bytes) -> None:
    """A writer does not cover up damage: it refuses, says where, and leaves the file as it is."""
    Path(path).write_bytes(content)
    with pytest.raises(TransportError, match="is broken"):
        _open(path)
    assert Path(path).read_bytes() == content


_PIECE = line_of(chain(4)[3])


@pytest.mark.parametrize(
    "tail",
    [
        _PIECE[:1],
        _PIECE[:-1],
        b"\0" * 100,
        b"\0" * 100 + b"\n",
        _PIECE[:50] + b"\0" * 50 + _PIECE[100:],
        b"\0\n\0\n" + _PIECE[:20],
        b"x" * (MAX_LINE + 5),
    ],
    ids=["one byte", "no line feed", "NULs", "NULs with line feed", "hole", "several", "long"],
)
@pytest.mark.parametrize("count", [0, 3])
def test_torn_end_is_moved_aside(path: str, tail: bytes, count: int) -> None:
    """A torn end is kept in a file of its own, reported by value and by a record, and the log goes on (issue 7)."""
    Path(path).write_bytes(joined(chain(count)) + tail)
    with _open(path) as log:
        name = f"evidence.log.torn-{count + 1:016d}-{sha(tail)[:16]}"
        recovery = log.recovery
        assert recovery == Recovery((TornPiece(name, len(tail), sha(tail)),), Receipt(log.head, True, False))  # type: ignore[arg-type]
        assert (Path(path).parent / name).read_bytes() == tail
        receipt = log.append({}, "test/1")
    found = _records(path)
    assert found[count].schema == RECOVERY_SCHEMA
    assert found[count].payload == {"pieces": [{"bytes": len(tail), "file": name, "sha256": sha(tail)}]}
    assert len(found) == count + 2
    _intact(path, receipt.head)
    with _open(path) as log:
        assert log.recovery is None


def test_recovery_is_durable_under_any_policy(path: str) -> None:
    """A recovery waits for the disk even when appends do not."""
    Path(path).write_bytes(b"torn")
    disk = Watched()
    with _open(path, fsync=NEVER, files=disk) as log:
        assert log.recovery is not None
        assert log.recovery.receipt.durable
        assert disk.done == ["open", "create", "write", "sync", "sync_directory", "truncate", "sync", "write", "sync"]


@pytest.mark.parametrize("step", ["create", "write", "sync", "sync_directory", "truncate"])
def test_recovery_that_fails_is_finished_later(path: str, step: str) -> None:
    """A disk that refuses any step of a recovery loses nothing: the next opening moves the end aside and reports it."""
    Path(path).write_bytes(joined(chain(2)) + b"torn")
    disk = Watched()
    disk.fail[step] = OSError(errno.EIO, "Input/output error")
    with pytest.raises(TransportError, match="Input/output error"):
        _open(path, files=disk)
    with _open(path) as log:
        assert log.recovery is not None
        assert [piece.size for piece in log.recovery.pieces] == [4]
        _intact(path, log.head)


# -- rotation


def test_rotation_by_records(path: str) -> None:
    """A file holds so many records; the next one is linked to it, also when the log is closed in between."""
    heads: list[Head] = []
    for number in range(8):
        with _open(path, rotation=Rotation(records=3), seal=ed25519_seal(KEY)) as log:
            heads.append(log.append({"n": number}, "test/1").head)
    names = [os.path.basename(name) for name in log_files(path)]
    assert names == ["evidence.log.0000000000000001", "evidence.log.0000000000000004", "evidence.log"]
    assert verify_files(log_files(path), head=heads[-1], public_key=KEY.public_key()).verdict is ChainVerdict.INTACT


def test_rotation_by_size(path: str) -> None:
    """A file holds so many bytes, or one record that is larger."""
    with _open(path, rotation=Rotation(size=1500)) as log:
        for size in (10, 10, 10, 5000, 10):
            log.append({"n": "x" * size}, "test/1")
    counts = [Path(name).read_bytes().count(b"\n") for name in log_files(path)]
    assert counts == [3, 1, 1]
    assert os.path.getsize(log_files(path)[0]) <= 1500 < os.path.getsize(log_files(path)[1])
    _intact(path, log.head)


def test_rotation_on_demand(path: str) -> None:
    """`rotate` ends a file that holds records; the mode of the file goes over to the next."""
    with _open(path) as log:
        assert log.rotate() is None
        log.append({}, "test/1")
        os.chmod(path, 0o640)
        assert log.rotate() == path + ".0000000000000001"
        assert log.rotate() is None
        assert os.stat(path).st_mode & 0o777 == 0o640
        first = log.head
    with _open(path) as log:
        assert log.head == first
        log.append({}, "test/1")
    _intact(path, log.head)


def test_rotation_after_a_crash_in_it(path: str) -> None:
    """A rotation that was cut short after renaming leaves no current file: the next opening goes on from the last."""
    with _open(path) as log:
        head = log.append({}, "test/1").head
    os.rename(path, path + ".0000000000000001")
    with _open(path) as log:
        assert log.head == head
        log.append({}, "test/1")
    _intact(path, log.head)


def test_torn_file_after_rotation(path: str) -> None:
    """Behind a rotated file that is not whole no log goes on; a torn end of the current file is moved aside."""
    whole = joined(chain(3))
    Path(path + ".0000000000000001").write_bytes(whole)
    Path(path).write_bytes(b"torn")
    with _open(path) as log:
        assert log.recovery is not None
        assert log.head.sequence == 4
    _intact(path, log.head)
    Path(path + ".0000000000000001").write_bytes(whole[:-1])
    Path(path).write_bytes(b"")
    with pytest.raises(TransportError, match="0000000000000001 is torn"):
        _open(path)


def test_rotation_to_a_name_that_exists(path: str) -> None:
    """A rotated file is never overwritten: appending is refused before anything was written."""
    with _open(path, rotation=Rotation(records=1)) as log:
        first = log.append({}, "test/1")
        Path(path + ".0000000000000001").write_bytes(b"")
        with pytest.raises(TransportError, match="exists already"):
            log.append({}, "test/1")
        os.unlink(path + ".0000000000000001")
        assert log.append({}, "test/1").sequence == first.sequence + 1
    _intact(path, log.head)


@pytest.mark.parametrize("step", ["rename", "create", "sync_directory"])
def test_rotation_that_fails(path: str, step: str) -> None:
    """A rotation that fails half-way stops the writer; the next opening goes on with a log that verifies."""
    disk = Watched()
    with _open(path, files=disk) as log:
        head = log.append({}, "test/1").head
        disk.fail[step] = OSError(errno.EIO, "Input/output error")
        with pytest.raises(TransportError, match="Input/output error"):
            log.rotate()
        disk.fail.clear()
        with pytest.raises(TransportError, match="open it again"):
            log.append({}, "test/1")
    with _open(path) as log:
        assert log.head == head
        log.append({}, "test/1")
    _intact(path, log.head)


def test_batch_is_confirmed_before_rotation(path: str) -> None:
    """What waits for the disk is confirmed before its file is renamed, unless the policy is never."""
    for policy, want in ((batch(10), ["sync", "rename"]), (NEVER, ["rename"])):
        disk = Watched()
        with _open(path, fsync=policy, files=disk) as log:
            log.append({}, "test/1")
            disk.done.clear()
            log.rotate()
            assert disk.done[: len(want)] == want
