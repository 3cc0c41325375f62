"""Going on with a log after a stop: find its last record, and move a torn end aside.

A crash in the middle of an append leaves a torn end. Opening the log copies it to `<path>.torn-<number>-<digest>`, cuts
the log back to its last record and appends a record that names what was moved (`RECOVERY_SCHEMA`). Every step can be
cut short by another crash and is finished by the next opening: the file that holds the torn bytes is durable before the
log is cut, and the number in its name, that of the next record, says whether a record has reported it yet.

Torn is only what a crash leaves: a last line without a line feed, or last lines that hold NULs (blocks that were never
written). Anything else that does not fit is damage, and a writer does not go on after damage.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256

import attrs

from pkicheck.canon import Sha256
from pkicheck.chainlog._damage import Damage
from pkicheck.chainlog._disk import FileLayer, blocks, write_all
from pkicheck.chainlog._record import RawRecord, split_lines
from pkicheck.chainlog._verify import Walk
from pkicheck.errors import InputError, TransportError

__all__ = ["RECOVERY_SCHEMA", "Resumed", "TornPiece", "resume", "set_aside", "unreported"]

RECOVERY_SCHEMA = "pkicheck/chain-recovery/1"
"""The schema of the record that reports a torn end: `pieces`, each with `file`, `bytes` and `sha256`."""


@attrs.frozen
class TornPiece:
    """Bytes of an append that was cut short, moved aside when the log was opened.

    Attributes:
        file: the name of the file that holds them, beside the log.
        size: in bytes.
        sha256: of these bytes.
    """

    file: str
    size: int
    sha256: Sha256


@attrs.frozen
class Resumed:
    """What a file of a log holds: its last record, the end of it in bytes, how many records, and whether it is torn."""

    last: RawRecord | None = None
    size: int = 0
    count: int = 0
    torn: bool = False


def resume(path: str, log_id: str) -> Resumed:
    """Read a file of the log `log_id` to its end.

    Raises:
        InputError: the file belongs to another log.
        TransportError: its chain is broken.
        OSError: it cannot be read.
    """
    walk = Walk(log_id=log_id, anywhere=True)
    walk.part(path)
    end, torn, count = 0, -1, 0
    with open(path, "rb", buffering=0) as file:
        for offset, size, line, whole in split_lines(blocks(file)):
            if not whole or (line is not None and b"\0" in line):
                torn = offset if torn < 0 else torn
            elif torn >= 0:
                msg = f"{path} is broken: lines follow the unreadable one at byte {torn}: verify the log"
                raise TransportError(msg)
            else:
                walk.line(offset, size, line)
                end, count = offset + size + 1, count + 1
    bad = walk.report().first_bad
    if bad is not None and bad.damage is Damage.FOREIGN:
        msg = f"log_id is {log_id}, and {bad.message}"
        raise InputError(msg)
    if bad is not None:
        msg = f"{path} is broken: {bad.message}"
        raise TransportError(msg)
    return Resumed(walk.good, end, count, torn >= 0)


def set_aside(path: str, fd: int, end: int, sequence: int, files: FileLayer) -> None:
    """Copy what follows byte `end` of the log to a file of its own and cut the log (`fd`) there, durable at each step.

    Raises:
        OSError: the disk refused; the log still holds what the copy does not.
    """
    with open(path, "rb", buffering=0) as file:
        file.seek(end)
        content = sha256()
        for block in blocks(file):
            content.update(block)
        name = f"{path}.torn-{sequence:016d}-{content.hexdigest()[:16]}"
        present = os.path.exists(name)
        copy = files.open(name, create=not present)
        try:
            if present:  # an earlier opening was cut short while it copied
                files.truncate(copy, 0)
            file.seek(end)
            for block in blocks(file):
                write_all(files, copy, block)
            files.sync(copy)
        finally:
            os.close(copy)
    files.sync_directory(name)
    files.truncate(fd, end)
    files.sync(fd)


def unreported(path: str, sequence: int) -> tuple[TornPiece, ...]:
    """The pieces that were set aside when `sequence` was the next number, as it still is: no record reports them.

    Raises:
        OSError: the directory or a piece cannot be read.
    """
    folder, base = os.path.split(path)
    pattern = re.compile(re.escape(f"{base}.torn-{sequence:016d}-") + "[0-9a-f]{16}")
    pieces: list[TornPiece] = []
    for name in sorted(filter(pattern.fullmatch, os.listdir(folder or "."))):
        size, content = 0, sha256()
        with open(os.path.join(folder, name), "rb", buffering=0) as file:
            for block in blocks(file):
                size += len(block)
                content.update(block)
        pieces.append(TornPiece(name, size, Sha256(content.hexdigest())))
    return tuple(pieces)
