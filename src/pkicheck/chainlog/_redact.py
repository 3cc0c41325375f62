"""Erase payloads from a log at the end of their retention: the chain stays, and `verify` counts them as withheld."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager

import attrs

from pkicheck.chainlog._disk import DISK, FileLayer, blocks, held, write_all
from pkicheck.chainlog._files import FilePath, begins, log_files, read_file
from pkicheck.chainlog._record import erase_payload, slice_line, split_lines
from pkicheck.chainlog._recovery import resume
from pkicheck.errors import InputError, TransportError

__all__ = ["Redaction", "redact"]


@attrs.frozen
class Redaction:
    """What `redact` did.

    Attributes:
        erased: numbers of the records whose payload was erased.
        already: numbers of those that had none.
        files: the files that were rewritten.
    """

    erased: tuple[int, ...]
    already: tuple[int, ...]
    files: tuple[str, ...]


def redact(path: FilePath, sequences: Iterable[int], *, files: FileLayer = DISK) -> Redaction:
    """Erase the payloads of some records. Each file is replaced by a new one at once, or stays as it was.

    The digest of a payload stays. Copies do not go away: backups, torn pieces beside the log, blocks of the disk.
    To show who erased what and why, append a record that says so.

    Args:
        path: the current file of the log. Rotated files can be rewritten while a writer has the log open.
        sequences: the numbers of the records.
        files: the file layer, replaced in tests.

    Raises:
        InputError: no number, no such log, or no such record; nothing was changed.
        TransportError: a writer has the file open, or its chain is broken or torn; nothing was changed. Or the disk
            refused: files named in an earlier step may have been rewritten, every one of them is whole; try again.
    """
    wanted = frozenset(sequences)
    if not wanted or any(type(number) is not int or number < 1 for number in wanted):
        msg = "sequences must be one or more numbers of records, from 1"
        raise InputError(msg)
    name = os.fspath(path)
    with ExitStack() as stack:
        chosen: dict[str, frozenset[int]] = {}
        already: set[int] = set()
        missing = set(wanted)
        for part, here in _spread(name, wanted):
            stack.enter_context(_alone(part, name))
            present, without = _survey(part, here)
            missing -= present
            already |= without
            if present - without:
                chosen[part] = present - without
        if missing:
            msg = f"sequences: {name} has no record {min(missing)}; nothing was erased"
            raise InputError(msg)
        for part, here in chosen.items():
            try:
                _rewrite(part, here, files)
            except OSError as error:
                msg = f"{part} could not be rewritten: {error.strerror or error}"
                raise TransportError(msg) from error
    return Redaction(tuple(sorted(wanted - already)), tuple(sorted(already)), tuple(chosen))


def _spread(name: str, wanted: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
    """Which file holds which numbers, by where the files begin."""
    begun = [(begins(part)[1], part) for part in log_files(name)]
    starts = sorted((first, part) for first, part in begun if first is not None)
    ends = [first for first, _ in starts[1:]] + [max(wanted) + 1]
    for (first, part), end in zip(starts, ends, strict=True):
        here = frozenset(number for number in wanted if first <= number < end)
        if here:
            yield part, here


@contextmanager
def _alone(part: str, current: str) -> Generator[None]:
    """Keep the writer away from the current file, and other redactions away from any."""
    with held(part):
        try:
            yield
        finally:
            if part != current:
                # The lock of a rotated file has no further use. It is still held: nobody can be waiting for it.
                os.unlink(part + ".lock")


def _survey(part: str, here: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    """The numbers that the file holds, and those among them without payload. The file must be whole."""
    present: set[int] = set()
    without: set[int] = set()
    log_id = begins(part)[0]
    try:
        if log_id is None or resume(part, log_id).torn:
            msg = f"{part} is torn: open the log once, then erase"
            raise TransportError(msg)
    except InputError as error:
        raise TransportError(str(error)) from error
    except OSError as error:
        msg = f"{part} cannot be read: {error.strerror}"
        raise TransportError(msg) from error
    for _, _, line, _ in split_lines(read_file(part)):
        raw = slice_line(line or b"")
        if raw is not None and raw.sequence in here:
            present.add(raw.sequence)
            if raw.payload is None:
                without.add(raw.sequence)
    return frozenset(present), frozenset(without)


def _rewrite(part: str, here: frozenset[int], files: FileLayer) -> None:
    fresh = part + ".redacting"
    present = os.path.exists(fresh)
    fd = files.open(fresh, create=not present)
    try:
        if present:  # left by a redaction that was cut short
            files.truncate(fd, 0)
        with open(part, "rb", buffering=0) as file:
            owner = os.fstat(file.fileno())
            os.fchmod(fd, owner.st_mode & 0o777)
            if (owner.st_uid, owner.st_gid) != (os.fstat(fd).st_uid, os.fstat(fd).st_gid):
                os.fchown(fd, owner.st_uid, owner.st_gid)
            for _, _, line, _ in split_lines(blocks(file)):
                # _survey has just read the same file under the lock: every line is a record.
                assert line is not None
                raw = slice_line(line)
                erase = raw is not None and raw.sequence in here
                write_all(files, fd, (erase_payload(line) if erase else line) + b"\n")
        files.sync(fd)
    finally:
        os.close(fd)
    files.rename(fresh, part)
    files.sync_directory(part)
