"""The register of values in use: who took a value first. A value serves one request, a serial number one certificate.

A transport for the lists `dcv.values` (BR 3.2.2.4) and `gate.serials` (RFC 5280 §4.1.2.2): asking is an atomic
insert-or-get, and the answer is the scope that holds the value. Questions to other lists go on to another transport, so
that one object is the `lists` of a `pkicheck.Network`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Final, Protocol, Self

from pkicheck.canon import format_time, utc
from pkicheck.dcv.values import USES
from pkicheck.errors import TransportError
from pkicheck.lists import PackagedLists
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request, Transport

_OURS: Final = frozenset({USES, "gate.serials"})

__all__ = ["AsyncValueUses", "Register", "SqliteRegister", "ValueUses"]


class Register(Protocol):
    """Where claims are kept."""

    def claim(self, value: str, scope: str, *, at: datetime, within: timedelta) -> str | None:
        """The scope that holds the value, `scope` when nobody held it; None when it cannot be known in time."""
        ...


class _MemoryRegister:
    """Claims in memory: they end with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}

    def claim(self, value: str, scope: str, *, at: datetime, within: timedelta) -> str | None:
        """Insert or get."""
        del at, within
        with self._lock:
            return self._held.setdefault(value, scope)


class SqliteRegister:
    """Claims in an SQLite file: they survive a restart, and several processes share them.

    Safe between threads. It belongs to the process that made it: a forked child opens its own.

    Args:
        path: the file; made when it is not there.

    Raises:
        TransportError: the file cannot be opened, or holds something else.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        opened: sqlite3.Connection | None = None
        try:
            opened = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            opened.execute("PRAGMA synchronous=FULL")
            opened.execute(
                "CREATE TABLE IF NOT EXISTS pkicheck_values (value TEXT PRIMARY KEY, scope TEXT NOT NULL, "
                "at TEXT NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.Error as error:
            if opened is not None:
                opened.close()
            msg = f"the register of values {os.fspath(path)!a} cannot be used: {error}"
            raise TransportError(msg) from None
        self._db = opened

    def claim(self, value: str, scope: str, *, at: datetime, within: timedelta) -> str | None:
        """Insert or get, in one transaction; None when the file stays locked.

        Raises:
            TransportError: the register is closed, broken, or another process's.
        """
        if os.getpid() != self._process:
            msg = "a register of values belongs to the process that opened it"
            raise TransportError(msg)
        wait = max(1, within // timedelta(milliseconds=1))
        with self._lock:
            try:
                self._db.execute(f"PRAGMA busy_timeout={wait}")
                self._db.execute(
                    "INSERT OR IGNORE INTO pkicheck_values VALUES (?, ?, ?)", (value, scope, format_time(at))
                )
                row = self._db.execute("SELECT scope FROM pkicheck_values WHERE value = ?", (value,)).fetchone()
            except sqlite3.OperationalError:
                return None
            except sqlite3.Error as error:
                msg = f"the register of values cannot be used: {error}"
                raise TransportError(msg) from None
        return str(row[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _clock() -> datetime:
    return datetime.now(timezone.utc)


class ValueUses:
    """A transport that answers `dcv.values` from a register, and every other list from another transport.

    Args:
        register: where claims are kept; in memory by default.
        lists: answers the other lists; the packaged ones by default.
        clock: the wall clock, aware.
    """

    def __init__(
        self,
        register: Register | None = None,
        *,
        lists: Transport | None = None,
        clock: Callable[[], datetime] = _clock,
    ) -> None:
        self._register: Register = _MemoryRegister() if register is None else register
        self._lists: Transport = PackagedLists(clock=clock) if lists is None else lists
        self._clock = clock

    def now(self) -> datetime:
        """The wall clock."""
        return utc(self._clock(), what="the clock")

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch.

        Raises:
            TransportError: the register is broken, or a request is no question to a list.
        """
        observations: list[Observation] = []
        for request in batch:
            if isinstance(request, ListQuestion) and request.list in _OURS:
                observations.append(self._claim(request, within))
            else:
                observations += self._lists.exchange((request,), within=within)
        return observations

    def _claim(self, request: ListQuestion, within: timedelta) -> ListFact:
        sent = self.now()
        value, _colon, scope = request.key.partition(":")
        # Values and serial numbers share one register, and never meet.
        claimed = value if request.list == USES else f"{request.list} {value}"
        holder = self._register.claim(claimed, scope, at=sent, within=within)
        return ListFact(
            request=request,
            vantage="lists",
            sent=sent,
            received=self.now(),
            failure=Failure.TIMEOUT if holder is None else None,
            version="1",
            as_of=sent,
            answer=holder,
        )


class AsyncValueUses:
    """`ValueUses` for asynchronous programs: it waits for nobody but the register's file.

    Args:
        uses: the transport.
    """

    def __init__(self, uses: ValueUses) -> None:
        self._uses = uses

    def now(self) -> datetime:
        """The wall clock."""
        return self._uses.now()

    async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch."""
        return self._uses.exchange(batch, within=within)
