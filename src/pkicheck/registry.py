"""The registry of bindings: which request belongs to which order (K02, R113). In memory, or in a file of SQLite.

A registry is a transport around another one: it answers `binding.registry` itself and hands every other question on.
Its answer is one atomic step: look for an entry of this order or of this request, and make one when there is none.
Asking again with the same order and request gives the same answer, so a step that was cut off can be repeated.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from pkicheck.canon import format_time, utc
from pkicheck.csr import REGISTRY
from pkicheck.errors import InputError, TransportError
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request, Transport

__all__ = ["MemoryRegistry", "SqliteRegistry"]

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS bindings (
    "order" TEXT NOT NULL PRIMARY KEY,
    csr_sha256 TEXT NOT NULL UNIQUE,
    made_at TEXT NOT NULL
)
"""
_FIND: Final = 'SELECT "order", csr_sha256 FROM bindings WHERE "order" = ? OR csr_sha256 = ? ORDER BY "order" != ?'
_MAKE: Final = "INSERT INTO bindings VALUES (?, ?, ?)"


def _clock() -> datetime:
    return datetime.now(timezone.utc)


class _Registry(ABC):
    """What both registries share: they route questions and make facts of answers."""

    _version = ""

    def __init__(self, lists: Transport, clock: Callable[[], datetime]) -> None:
        self._lists = lists
        self._clock = clock

    def now(self) -> datetime:
        """The wall clock."""
        return utc(self._clock(), what="the clock")

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer the questions to the registry, and have all others answered by the lists.

        Raises:
            TransportError: the lists do not answer what they are asked.
        """
        others = [each for each in batch if not _is_ours(each)]
        answers = iter(self._lists.exchange(others, within=within) if others else ())
        try:
            return [
                self._fact(each, within) if isinstance(each, ListQuestion) and _is_ours(each) else next(answers)
                for each in batch
            ]
        except StopIteration:
            msg = "the lists gave fewer answers than questions"
            raise TransportError(msg) from None

    def _fact(self, question: ListQuestion, within: timedelta) -> ListFact:
        sent = self.now()
        answer, failure = None, None
        order, _, csr = question.key.partition(" ")
        try:
            if order and csr and " " not in csr:
                answer = " ".join(self._entry(order, csr, sent, within))
            else:
                failure = Failure.PROTOCOL
        except sqlite3.Error:
            failure = Failure.UNREACHABLE
        return ListFact(
            request=question,
            vantage="registry",
            sent=sent,
            received=self.now(),
            failure=failure,
            version=self._version,
            as_of=sent,
            answer=answer,
        )

    @abstractmethod
    def _entry(self, order: str, csr: str, at: datetime, within: timedelta) -> tuple[str, str]:
        """The entry of this order, else that of this request, else a new one: in one step."""
        ...


def _is_ours(request: Request) -> bool:
    return isinstance(request, ListQuestion) and request.list == REGISTRY


class MemoryRegistry(_Registry):
    """A registry that lasts as long as the process: for tests, and for trying out. Safe between threads.

    Args:
        lists: answers all other questions.
        clock: the wall clock, aware.
    """

    _version = "memory"

    def __init__(self, lists: Transport, *, clock: Callable[[], datetime] = _clock) -> None:
        super().__init__(lists, clock)
        self._by_order: dict[str, str] = {}
        self._by_csr: dict[str, str] = {}
        self._lock = threading.Lock()

    def _entry(self, order: str, csr: str, at: datetime, within: timedelta) -> tuple[str, str]:
        del at, within
        with self._lock:
            if order in self._by_order:
                return order, self._by_order[order]
            if csr in self._by_csr:
                return self._by_csr[csr], csr
            self._by_order[order] = csr
            self._by_csr[csr] = order
            return order, csr


class SqliteRegistry(_Registry):
    """A registry in a file of SQLite, for the processes of one machine. Each question is a transaction of its own.

    Args:
        path: the file; it is made when it is not there.
        lists: answers all other questions.
        clock: the wall clock, aware.

    Raises:
        InputError: the file cannot be opened or is none of SQLite.
    """

    _version = "sqlite"

    def __init__(self, path: str | Path, lists: Transport, *, clock: Callable[[], datetime] = _clock) -> None:
        super().__init__(lists, clock)
        self._path = Path(path)
        try:
            with closing(self._open(timedelta(seconds=10))) as file:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute(_TABLE)
        except sqlite3.Error as error:
            msg = f"{self._path}: {error}"
            raise InputError(msg) from None

    def _open(self, within: timedelta) -> sqlite3.Connection:
        # A connection for each question: it belongs to one thread and one process, whoever forks.
        file = sqlite3.connect(self._path, timeout=max(within.total_seconds(), 0.0), isolation_level=None)
        try:
            file.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            file.close()
            raise
        return file

    def _entry(self, order: str, csr: str, at: datetime, within: timedelta) -> tuple[str, str]:
        with closing(self._open(within)) as file:
            file.execute("BEGIN IMMEDIATE")
            found = file.execute(_FIND, (order, csr, order)).fetchone()
            if found is None:
                file.execute(_MAKE, (order, csr, format_time(at)))
                file.execute("COMMIT")
                return order, csr
            file.execute("ROLLBACK")
            return str(found[0]), str(found[1])
