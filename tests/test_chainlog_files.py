"""Logs in files: verified together in any order, missing ones named; payloads erased without breaking the chain."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pkicheck.chainlog import (
    ChainLog,
    ChainVerdict,
    Damage,
    Disk,
    Head,
    Manifest,
    Redaction,
    Rotation,
    ed25519_check,
    ed25519_seal,
    log_files,
    read_records,
    redact,
    verify_files,
    verify_manifest,
)
from pkicheck.chainlog._disk import held
from pkicheck.errors import InputError, TransportError
from tests.chainlogkit import KEY, LOG, OTHER_KEY, Ticking, chain, dump, joined, line_of


@pytest.fixture
def log(tmp_path: Path) -> tuple[str, Head]:
    """A sealed log of ten records in four files, and its head."""
    path = str(tmp_path / "evidence.log")
    arguments: dict[str, Any] = {"log_id": LOG, "clock": Ticking(), "seal": ed25519_seal(KEY)}
    with ChainLog(path, rotation=Rotation(records=3), **arguments) as writer:
        for number in range(10):
            writer.append({"n": number, "person": f"name{number}"}, "test/1")
    return path, writer.head


def _files(*names: str, folder: Path) -> list[str]:
    return [str(folder / name) for name in names]


# -- verify_files


def test_files_in_any_order(log: tuple[str, Head]) -> None:
    """The files of a log are one log, in whatever order they are given; paths may be `Path`s."""
    path, head = log
    names = log_files(path)
    assert [os.path.basename(name)[12:] for name in names] == [
        ".0000000000000001",
        ".0000000000000004",
        ".0000000000000007",
        "",
    ]
    for order in (names, names[::-1], names[2:] + names[:2]):
        report = verify_files(map(Path, order), head=head, public_key=KEY.public_key())
        assert report.verdict is ChainVerdict.INTACT
        assert (report.records, report.sealed, report.seals_checked) == (10, 10, 10)
    assert verify_files(Path(name) for name in names).verdict is ChainVerdict.UNANCHORED


@pytest.mark.parametrize(
    ("gone", "missing", "name", "after"),
    [
        (0, (1, 3), "evidence.log.0000000000000001", ""),
        (1, (4, 6), "evidence.log.0000000000000004", "evidence.log.0000000000000001"),
        (2, (7, 9), "evidence.log.0000000000000007", "evidence.log.0000000000000004"),
    ],
)
def test_missing_file_is_named(
    log: tuple[str, Head], gone: int, missing: tuple[int, int], name: str, after: str
) -> None:
    """A rotated file that is not given is named, with the records that it must hold (issue 7)."""
    names = list(log_files(log[0]))
    del names[gone]
    bad = verify_files(names, head=log[1]).first_bad
    assert bad is not None
    assert (bad.damage, bad.missing) == (Damage.MISSING_FILE, missing)
    assert name in bad.expected
    assert os.path.basename(bad.after) == after


def test_missing_file_without_rotated_names(tmp_path: Path) -> None:
    """A single file whose beginning is gone: the file that would hold it is named by its own name."""
    path = tmp_path / "evidence.log"
    path.write_bytes(joined(chain(3)[1:]))
    bad = verify_files([path]).first_bad
    assert bad is not None
    assert bad.damage is Damage.MISSING_FILE
    assert bad.expected == f"number 1, perhaps in {path}.0000000000000001"


def test_missing_current_file(log: tuple[str, Head]) -> None:
    """The newest file is missed by the head only."""
    names = log_files(log[0])[:-1]
    assert verify_files(names, public_key=KEY.public_key()).verdict is ChainVerdict.UNANCHORED
    bad = verify_files(names, head=log[1]).first_bad
    assert bad is not None
    assert (bad.damage, bad.missing) == (Damage.TRUNCATED, (10, 10))


def test_file_given_twice(log: tuple[str, Head]) -> None:
    """The same file twice is a duplicated record."""
    names = log_files(log[0])
    bad = verify_files([*names, names[1]]).first_bad
    assert bad is not None
    assert bad.damage in {Damage.DUPLICATED, Damage.REORDERED}


def test_damaged_files_keep_their_place(log: tuple[str, Head]) -> None:
    """A file whose first line is damaged, or all of it, is still put where it belongs and named."""
    names = log_files(log[0])
    data = Path(names[1]).read_bytes()
    lines = data.splitlines(keepends=True)
    for content in (
        b"x" + data[1:],
        b"".join(b"x" + line[1:] for line in lines),
        b"new\n" + data,
        b"one\ntwo\n" + data,
    ):
        Path(names[1]).write_bytes(content)
        bad = verify_files(names[::-1]).first_bad
        assert bad is not None
        assert (bad.place.file, bad.place.line, bad.place.index) == (names[1], 1, 3)
        assert bad.damage in {Damage.EDITED, Damage.UNREADABLE, Damage.INSERTED}
    Path(names[0]).write_bytes(b"one\n" + Path(names[0]).read_bytes())
    bad = verify_files(names).first_bad
    assert bad is not None
    assert (bad.place.file, bad.place.index, bad.damage) == (names[0], 0, Damage.INSERTED)


def test_empty_current_file(log: tuple[str, Head]) -> None:
    """A writer that has just begun a file leaves an empty one: it changes nothing, wherever it is given."""
    path, head = log
    with ChainLog(path, log_id=LOG) as writer:
        writer.rotate()
    for order in (log_files(path), log_files(path)[::-1]):
        assert verify_files(order, head=head).verdict is ChainVerdict.INTACT


def test_start_and_until_head(log: tuple[str, Head]) -> None:
    """Later files are judged from the state before them, and up to an earlier head, as in `verify`."""
    names = log_files(log[0])
    states = [item.head for name in names for _, item in read_records([Path(name).read_bytes()]) if item is not None]
    assert verify_files(names[2:], start=states[5], head=log[1], log_id=LOG).verdict is ChainVerdict.INTACT
    assert verify_files(names, head=states[4], until_head=True).verdict is ChainVerdict.INTACT
    assert verify_files(names, reaches=10, public_key=[KEY.public_key()]).verdict is ChainVerdict.INTACT


def test_keys(log: tuple[str, Head]) -> None:
    """A wrong key is a broken seal; keys and a check of one's own exclude each other."""
    names = log_files(log[0])
    bad = verify_files(names, public_key=OTHER_KEY.public_key()).first_bad
    assert bad is not None
    assert bad.damage is Damage.SEAL
    both = [OTHER_KEY.public_key(), KEY.public_key()]
    assert verify_files(names, head=log[1], public_key=both).verdict is ChainVerdict.INTACT
    check = ed25519_check(KEY.public_key())
    assert verify_files(names, head=log[1], seals=check).seals_checked == 10
    with pytest.raises(InputError, match="public_key and seals"):
        verify_files(names, public_key=both, seals=check)


def test_paths_that_are_none(tmp_path: Path) -> None:
    """No path, no file, no directory: the caller's mistake, by name; a directory that opens but does not read too."""
    with pytest.raises(InputError, match="paths is empty"):
        verify_files([])
    with pytest.raises(InputError, match="absent cannot be opened"):
        verify_files([tmp_path / "absent"])
    with pytest.raises(InputError, match="there is no such log"):
        log_files(tmp_path / "absent")
    with pytest.raises(InputError, match="the directory cannot be read"):
        log_files(tmp_path / "absent" / "log")
    with pytest.raises((InputError, TransportError), match="Is a directory"):
        verify_files([tmp_path])


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that opens and does not read (Linux)")
def test_unreadable_file() -> None:
    """A file that opens and does not read is our own side's trouble."""
    with pytest.raises(TransportError, match="cannot be read"):
        verify_files(["/proc/self/mem"])


# -- verify_manifest


def test_manifest_of_files(tmp_path: Path) -> None:
    """Logs of several writers, their files given together, are told apart by their ids (architecture §7)."""
    heads: list[Head] = []
    for number in range(3):
        path = tmp_path / f"writer{number}.log"
        with ChainLog(path, log_id=f"writer/{number}", rotation=Rotation(records=2), clock=Ticking()) as writer:
            heads += [writer.append({"n": turn}, "test/1").head for turn in range(5)][-1:]
    paths = sorted(item for item in tmp_path.iterdir() if item.suffix != ".lock")
    manifest = Manifest(heads)
    assert verify_manifest(manifest, paths).verdict is ChainVerdict.INTACT
    (tmp_path / "empty").write_bytes(b"")
    assert verify_manifest(manifest, [*paths, tmp_path / "empty"]).verdict is ChainVerdict.INTACT
    (tmp_path / "rubbish").write_bytes(b"rubbish\n")
    report = verify_manifest(manifest, [*paths, tmp_path / "rubbish"])
    assert report.verdict is ChainVerdict.BROKEN
    assert report.unreadable == (str(tmp_path / "rubbish"),)
    assert "rubbish holds no record" in report.summary()
    report = verify_manifest(manifest, [path for path in paths if path.name != "writer1.log.0000000000000003"])
    bad = report.reports[1].first_bad
    assert bad is not None
    assert "writer1.log.0000000000000003" in bad.expected
    assert verify_manifest(manifest, paths[:3]).missing == ("writer/1", "writer/2")


# -- redact


def _payloads(path: str) -> list[Any]:
    found: list[Any] = []
    for name in log_files(path):
        found += [item and item.payload for _, item in read_records([Path(name).read_bytes()])]
    return found


def test_redact(log: tuple[str, Head]) -> None:
    """Erased payloads are gone from every file, chain and seals hold, `verify` counts them (architecture §6)."""
    path, head = log
    owner = [os.stat(name).st_mode for name in log_files(path)]
    result = redact(path, [2, 3, 9, 10])
    assert result == Redaction((2, 3, 9, 10), (), tuple(log_files(path)[index] for index in (0, 2, 3)))
    assert [payload is None for payload in _payloads(path)] == [number in {2, 3, 9, 10} for number in range(1, 11)]
    report = verify_files(log_files(path), head=head, public_key=KEY.public_key())
    assert report.verdict is ChainVerdict.INTACT
    assert report.withheld == 4
    for name in log_files(path):
        data = Path(name).read_bytes()
        assert not any(f"name{number}".encode() in data for number in (1, 2, 8, 9))
    assert [os.stat(name).st_mode for name in log_files(path)] == owner
    assert redact(path, {3, 4}) == Redaction((4,), (3,), (log_files(path)[1],))
    assert redact(path, {3, 4}) == Redaction((), (3, 4), ())
    with ChainLog(path, log_id=LOG, seal=ed25519_seal(KEY)) as writer:
        head = writer.append({}, "test/1").head
    assert verify_files(log_files(path), head=head, public_key=KEY.public_key()).verdict is ChainVerdict.INTACT
    assert not [name for name in os.listdir(os.path.dirname(path)) if "redact" in name or name.endswith("1.lock")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_redact_keeps_the_owner(log: tuple[str, Head]) -> None:
    """Root may erase from the log of a service: the file stays the service's, which goes on writing it."""
    name = log_files(log[0])[0]
    os.chown(name, 12345, 12346)
    redact(log[0], [1])
    assert (os.stat(name).st_uid, os.stat(name).st_gid) == (12345, 12346)


@pytest.mark.parametrize("sequences", [[], [0], [True], ["1"], [-1]])
def test_redact_needs_numbers(log: tuple[str, Head], sequences: Any) -> None:
    """No number, or something that is none, is the caller's mistake."""
    with pytest.raises(InputError, match="sequences"):
        redact(log[0], sequences)


@pytest.mark.parametrize("absent", [11, 2**53])
def test_redact_all_or_nothing(log: tuple[str, Head], absent: int) -> None:
    """A number that is not there stops everything before anything is changed."""
    before = [Path(name).read_bytes() for name in log_files(log[0])]
    with pytest.raises(InputError, match=f"no record {absent}"):
        redact(log[0], [1, absent])
    assert [Path(name).read_bytes() for name in log_files(log[0])] == before


def test_redact_under_a_writer(log: tuple[str, Head]) -> None:
    """While a writer has the log open, rotated files can be erased from and the current one cannot."""
    path, _ = log
    with ChainLog(path, log_id=LOG, clock=Ticking()) as writer:
        assert redact(path, [1]).erased == (1,)
        with pytest.raises(TransportError, match="is open in another writer"):
            redact(path, [2, 10])
        assert _payloads(path)[1] is not None
        head = writer.append({}, "test/1").head
    assert verify_files(log_files(path), head=head).verdict is ChainVerdict.INTACT


def test_two_redactions_at_once(log: tuple[str, Head]) -> None:
    """Two redactions of one rotated file exclude each other: neither can undo the other."""
    with held(log_files(log[0])[0]), pytest.raises(TransportError, match="is open in another writer"):
        redact(log[0], [1])
    assert redact(log[0], [1]).erased == (1,)


@pytest.mark.parametrize("harm", ["broken", "torn", "foreign", "unreadable"])
def test_redact_refuses_damage(tmp_path: Path, harm: str) -> None:
    """A file whose chain does not hold is evidence: it is not rewritten."""
    path = tmp_path / "log"
    content = {
        "broken": joined([*chain(2), chain(4)[3]]),
        "torn": joined(chain(3)) + b"x",
        "foreign": joined([*chain(2), *chain(3, log="other")[2:]]),
        "unreadable": b"x\ny\n",
    }[harm]
    path.write_bytes(content)
    with pytest.raises((TransportError, InputError)):
        redact(path, [1])
    assert path.read_bytes() == content


def test_redact_where_a_payload_repeats_the_record(tmp_path: Path) -> None:
    """A payload that looks like the end of a record is erased whole, and nothing else of the line changes."""
    path = tmp_path / "log"
    with ChainLog(path, log_id=LOG, clock=Ticking()) as writer:
        inner = line_of(chain(1)[0]).decode()
        head = writer.append({"line": inner, "x": {"payload": {}, "payload_schema": "y"}}, "test/1").head
    redact(path, [1])
    assert dump({}) not in path.read_bytes()
    assert verify_files([path], head=head).verdict is ChainVerdict.INTACT


class _Failing(Disk):
    def __init__(self, step: str) -> None:
        self.failing = step

    def _step(self, name: str) -> None:
        if name == self.failing:
            raise OSError(errno.ENOSPC, "No space left on device")

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._step("write")
        return super().write(fd, data)

    def sync(self, fd: int) -> None:
        self._step("sync")
        super().sync(fd)

    def rename(self, old: str, new: str) -> None:
        self._step("rename")
        super().rename(old, new)


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_redact_that_fails(log: tuple[str, Head], step: str) -> None:
    """A disk that refuses leaves every file whole, and trying again finishes."""
    path, head = log
    before = [Path(name).read_bytes() for name in log_files(path)]
    with pytest.raises(TransportError, match="could not be rewritten: No space left"):
        redact(path, [1, 10], files=_Failing(step))
    assert [Path(name).read_bytes() for name in log_files(path)] == before
    assert redact(path, [1, 10]).erased == (1, 10)
    assert verify_files(log_files(path), head=head).verdict is ChainVerdict.INTACT
