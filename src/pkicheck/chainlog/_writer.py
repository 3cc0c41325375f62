"""The writer of a chained log: no record, no act.

`append` returns when the record is on disk, or raises and has recorded nothing. One process at a time writes a log: a
lock file `<path>.lock` beside it is held while it is open (it stays behind, empty). Rotated files are called
`<path>.<number of their first record>`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from types import TracebackType
from typing import Self

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, format_time
from pkicheck.chainlog._disk import (
    ALWAYS,
    DISK,
    FileLayer,
    Fsync,
    drop_lock,
    rotated,
    rotated_name,
    take_lock,
    write_all,
)
from pkicheck.chainlog._record import MAX_LINE, hash_parts, record_line
from pkicheck.chainlog._recovery import RECOVERY_SCHEMA, Resumed, TornPiece, resume, set_aside, unreported
from pkicheck.chainlog._values import Head, Seal, SealPort, check_token, seal_json, sealed_bytes
from pkicheck.errors import InputError, TransportError
from pkicheck.evidencejson import SCHEMA as EVIDENCE
from pkicheck.results import Result

__all__ = ["ChainLog", "Receipt", "Recovery", "Rotation"]


def _wall_clock() -> datetime:
    return datetime.now(timezone.utc)


@attrs.frozen
class Receipt:
    """What `append` gives back.

    Attributes:
        head: the state of the log after the record. Kept elsewhere, it anchors the log.
        durable: the record is on disk. False only under `batch` and `NEVER`.
        sealed: the record carries a seal.
    """

    head: Head
    durable: bool
    sealed: bool

    @property
    def sequence(self) -> int:
        """The number of the record."""
        return self.head.sequence

    @property
    def hash(self) -> Sha256:
        """The hash of the record."""
        return self.head.hash


@attrs.frozen
class Recovery:
    """What opening the log repaired, and the record that says so."""

    pieces: tuple[TornPiece, ...]
    receipt: Receipt


@attrs.frozen(kw_only=True)
class Rotation:
    """When the writer begins a new file; 0 means no limit.

    Attributes:
        records: a file holds at most so many.
        size: a file holds at most so many bytes, or one record.
    """

    records: int = 0
    size: int = 0

    def __attrs_post_init__(self) -> None:
        if min(self.records, self.size) < 0 or self.records == self.size == 0:
            msg = "rotation needs a positive number of records or bytes"
            raise InputError(msg)


class ChainLog:
    """A log that is appended to. A context manager; made by one process and used by it alone, by any of its threads.

    Args:
        path: the file; rotated files, the lock and torn pieces stand beside it.
        log_id: the id of the log, a token (letters, digits, ``. _ : / @ -``). One writer, one id.
        fsync: `ALWAYS`, `batch(n)` or `NEVER`; each says what it loses.
        clock: gives the moment of a record, an aware datetime.
        seal: signs the state of the log after a record (`ed25519_seal`, or a call to an HSM).
        seal_every: seal each record whose number is a multiple of this.
        rotation: when to begin a new file; None: on `rotate()` only.
        files: the file layer, replaced in tests.

    Attributes:
        recovery: what opening repaired, None when there was nothing to repair.

    Opening reads the whole current file: a writer that goes on with a broken chain would cover up the damage.

    Raises:
        InputError: an argument is wrong, or the file belongs to another log.
        TransportError: another writer has the log open; the file cannot be opened, read or repaired; its chain is
            broken. A broken log is evidence: move it away and begin a new log under another id.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        log_id: str,
        fsync: Fsync = ALWAYS,
        clock: Callable[[], datetime] = _wall_clock,
        seal: SealPort | None = None,
        seal_every: int = 1,
        rotation: Rotation | None = None,
        files: FileLayer = DISK,
    ) -> None:
        check_token(log_id, what="log_id")
        if type(seal_every) is not int or seal_every < 1:
            msg = f"seal_every must be 1 or more records, got {seal_every!a:.40}"
            raise InputError(msg)
        self._path = os.fspath(path)
        self._fsync, self._clock, self._files = fsync, clock, files
        self._seal, self._seal_every, self._rotation = seal, seal_every, rotation
        self._mutex = threading.Lock()
        self._process = os.getpid()
        self._head = Head.empty(log_id)
        self._seal_digest: Sha256 | None = None
        self._first = 1
        self._size = self._waiting = self._count = 0
        self._fd = -1
        self._fault = ""
        self.recovery: Recovery | None = None
        self._lock = take_lock(self._path + ".lock")
        opened = False
        try:
            with self._own_side():
                pieces = self._open()
            if pieces:
                self.recovery = self._report(pieces)
            opened = True
        finally:
            if not opened:
                self._release()

    @contextmanager
    def _own_side(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            msg = f"{self._path}: {error.strerror or error}"
            raise TransportError(msg) from error

    # -- opening

    def _open(self) -> tuple[TornPiece, ...]:
        """Find the head, open the file, move a torn end aside. Gives the torn pieces that no record reports yet."""
        present = os.path.exists(self._path)
        found = resume(self._path, self._head.log_id) if present else Resumed()
        self._size, self._count = found.size, found.count
        if found.last is None:
            for older in rotated(self._path)[-1:]:
                before = resume(older, self._head.log_id)
                if before.torn:
                    msg = f"{older} is torn, and only the current file of a log can be: verify the log"
                    raise TransportError(msg)
                self._go_on_after(before)
        else:
            self._go_on_after(found)
        self._first = self._head.sequence + 1 - self._count
        self._fd = self._files.open(self._path, create=not present)
        if not present and self._fsync.every:
            self._files.sync_directory(self._path)
        if found.torn:
            set_aside(self._path, self._fd, found.size, self._head.sequence + 1, self._files)
        return unreported(self._path, self._head.sequence + 1)

    def _go_on_after(self, found: Resumed) -> None:
        if found.last is not None:
            self._head = Head(self._head.log_id, found.last.sequence, Sha256(found.last.hash.decode()))
            self._seal_digest = None if found.last.seal is None else digest(found.last.seal)

    def _report(self, pieces: tuple[TornPiece, ...]) -> Recovery:
        listed: list[JsonValue] = [
            {"bytes": piece.size, "file": piece.file, "sha256": piece.sha256} for piece in pieces
        ]
        receipt = self._append(canonical({"pieces": listed}), RECOVERY_SCHEMA, withheld=False)
        if not receipt.durable:
            self._sync()
        return Recovery(pieces, attrs.evolve(receipt, durable=True))

    # -- appending

    @property
    def path(self) -> str:
        """The current file."""
        return self._path

    @property
    def head(self) -> Head:
        """The state of the log after its last record."""
        return self._head

    def append(
        self, payload: Result | Mapping[str, JsonValue], schema: str | None = None, *, withheld: bool = False
    ) -> Receipt:
        """Append one record.

        Args:
            payload: a result, whose evidence is written, or a canonical JSON object (`canon.canonical`). Its digest
                stays when it is erased later, so a payload that could be guessed needs a random member.
            schema: the schema of the payload, a token; a result has its own (`pkicheck/evidence/1`).
            withheld: record the digest only; the payload is kept elsewhere or not at all.

        Returns:
            number and hash, once the record is as durable as the fsync policy says.

        Raises:
            InputError: the payload or the schema cannot be written, the record would be longer than `MAX_LINE`, or the
                clock or the seal port gave something else than a moment or a seal. Nothing was written.
            TransportError: the record is not on disk and must not be acted upon. What had been written of it was cut
                off; where that failed too, or the disk did not confirm, this object refuses to go on: open the log
                again. What the seal port raises passes through, and nothing was written.
        """
        if isinstance(payload, Result):
            if schema not in (None, EVIDENCE):
                msg = f"a result is written with the schema {EVIDENCE}: leave schema out"
                raise InputError(msg)
            with self._turn():
                return self._append(payload.to_json(), EVIDENCE, withheld=withheld)
        if not isinstance(payload, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
            msg = f"payload must be a mapping, got {type(payload).__name__}"
            raise InputError(msg)
        if schema is None:
            msg = "schema must name the schema of the payload"
            raise InputError(msg)
        body = canonical(payload)
        check_token(schema, what="schema")
        with self._turn():
            return self._append(body, schema, withheld=withheld)

    def _append(self, body: bytes, schema: str, *, withheld: bool) -> Receipt:
        before = self._head
        sequence, log_id = before.sequence + 1, before.log_id
        own, core, tail = hash_parts(
            log_id=log_id,
            sequence=sequence,
            previous=before.hash,
            previous_seal=self._seal_digest,
            time=format_time(self._clock()),
            schema=schema,
            body=body,
        )
        head = Head(log_id, sequence, own)
        sealed = b"null"
        if self._seal is not None and sequence % self._seal_every == 0:
            seal = self._seal(sealed_bytes(head))
            if not isinstance(seal, Seal):  # pyright: ignore[reportUnnecessaryIsInstance] - a port is foreign code
                msg = f"seal must give a Seal, got {type(seal).__name__}"
                raise InputError(msg)
            sealed = seal_json(seal)
        line = record_line(own, log_id, b"null" if withheld else body, core, sealed, tail)
        if len(line) > MAX_LINE:
            msg = f"payload makes a record of {len(line)} bytes, more than {MAX_LINE}"
            raise InputError(msg)
        with self._own_side():
            if self._is_full(len(line)):
                self._rotate()
            durable = self._write(line)
        self._head = head
        self._seal_digest = None if sealed == b"null" else digest(sealed)
        return Receipt(head, durable, sealed != b"null")

    def _write(self, line: bytes) -> bool:
        """Append the line and wait for the disk if it is time; say whether it was. Or cut back what was written."""
        found = os.fstat(self._fd)
        if found.st_size != self._size or found.st_nlink == 0:
            self._fault = "was changed or removed by somebody else while it was open"
            self._refuse()
        waiting = self._waiting + 1
        durable = 0 < self._fsync.every <= waiting
        done = False
        try:
            write_all(self._files, self._fd, line)
            if durable:
                self._confirm()
            done = True
        finally:
            if not done:
                self._take_back()
        self._size += len(line)
        self._count += 1
        self._waiting = 0 if durable else waiting
        return durable

    def _confirm(self) -> None:
        """Wait for the disk. One that once did not confirm may have dropped what it held: nothing more is believed."""
        before, self._fault = self._fault, "was not confirmed by the disk: open it again"
        self._files.sync(self._fd)
        self._fault = before

    def _take_back(self) -> None:
        before, self._fault = self._fault, "could not be cut back after a failed append: open it again"
        with self._own_side():
            self._files.truncate(self._fd, self._size)
        self._fault = before

    def sync(self) -> None:
        """Wait until every record is on disk, whatever the policy.

        Raises:
            TransportError: the disk did not confirm; this object refuses to go on.
        """
        with self._turn():
            self._sync()

    def _sync(self) -> None:
        with self._own_side():
            self._confirm()
        self._waiting = 0

    # -- rotation and end

    def rotate(self) -> str | None:
        """Begin a new file. Gives the name of the one that was ended, None when it holds no record.

        Raises:
            TransportError: the files cannot be renamed or made; this object refuses to go on.
        """
        with self._turn(), self._own_side():
            return self._rotate() if self._count else None

    def _is_full(self, more: int) -> bool:
        limit = self._rotation
        if limit is None or self._count == 0:
            return False
        return 0 < limit.records <= self._count or 0 < limit.size < self._size + more

    def _rotate(self) -> str:
        name = rotated_name(self._path, self._first)
        if self._waiting and self._fsync.every:
            self._sync()
        if os.path.exists(name):
            msg = f"{name} exists already, so the log cannot be rotated"
            raise TransportError(msg)
        self._fault = "was not rotated to the end: open it again"
        self._files.rename(self._path, name)
        fd = self._files.open(self._path, create=True)
        os.fchmod(fd, os.fstat(self._fd).st_mode & 0o777)
        os.close(self._fd)
        self._fd, self._size, self._count, self._waiting = fd, 0, 0, 0
        self._first = self._head.sequence + 1
        if self._fsync.every:
            self._files.sync_directory(self._path)
        self._fault = ""
        return name

    @contextmanager
    def _turn(self) -> Generator[None]:
        """One thread at a time, in the process that opened the log, while it can be written."""
        # Before the mutex: in a forked child it may be held by a thread that does not exist there.
        if os.getpid() != self._process:
            msg = f"{self._path} was opened by another process: each writer opens a log of its own"
            raise TransportError(msg)
        with self._mutex:
            if self._lock < 0:
                msg = f"{self._path} is closed"
                raise TransportError(msg)
            self._refuse()
            yield

    def _refuse(self) -> None:
        if self._fault:
            msg = f"{self._path} {self._fault}"
            raise TransportError(msg)

    def close(self) -> None:
        """End writing: wait for the disk unless the policy is `NEVER`, then let go of the file. Closing twice is fine.

        Raises:
            TransportError: the disk did not confirm. The log is closed all the same.
        """
        if os.getpid() != self._process:
            return
        with self._mutex:
            try:
                if self._lock >= 0 and self._waiting and self._fsync.every and not self._fault:
                    self._sync()
            finally:
                self._release()

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        if self._lock >= 0:
            drop_lock(self._lock)
        self._fd = self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
