"""The registries of bindings: one entry for an order and for a request, whoever asks at the same time."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pkicheck.csr import REGISTRY
from pkicheck.errors import InputError, TransportError
from pkicheck.lists import PackagedLists
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request
from pkicheck.registry import MemoryRegistry, SqliteRegistry
from pkicheck.testing import FixedClock
from tests.keykit import AT, LISTS

WITHIN = timedelta(seconds=30)
CSR = "a" * 64


def question(order: str, csr: str) -> ListQuestion:
    """The question to the registry."""
    return ListQuestion(list=REGISTRY, key=f"{order} {csr}")


def ask(registry: Any, order: str, csr: str) -> str | None:
    """What the registry answers."""
    (fact,) = registry.exchange([question(order, csr)], within=WITHIN)
    assert isinstance(fact, ListFact)
    assert (fact.failure, fact.vantage, fact.as_of) == (None, "registry", AT)
    return fact.answer


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """How to make a registry; a file is the same each time."""
    if request.param == "memory":
        return lambda: MemoryRegistry(LISTS, clock=FixedClock(AT))
    return lambda: SqliteRegistry(tmp_path / "bindings.sqlite", LISTS, clock=FixedClock(AT))


def test_insert_or_get(make: Callable[[], Any]) -> None:
    """The first one makes the entry; afterwards order and request have it, and a conflict makes none (K02, R113)."""
    registry = make()
    assert ask(registry, "one", "a") == "one a"
    assert ask(registry, "one", "a") == "one a"
    assert ask(registry, "two", "a") == "one a"
    assert ask(registry, "one", "b") == "one a"
    assert ask(registry, "two", "b") == "two b"
    assert ask(registry, "two", "a") == "two b"
    assert ask(registry, "one", "b") == "one a"


def test_other_questions_are_handed_on(make: Callable[[], Any]) -> None:
    """Every other question is answered by the lists, in the order in which they were asked."""
    registry = make()
    batch = [
        ListQuestion(list="iana.root-zone", key="com"),
        question("o", "c"),
        ListQuestion(list="psl.icann", key="com"),
    ]
    facts = registry.exchange(batch, within=WITHIN)
    assert [each.request for each in facts] == batch
    assert [each.answer for each in facts] == ["com", "o c", "com"]
    assert registry.now() == AT
    with pytest.raises(TransportError, match="answers questions to lists only"):
        registry.exchange(["x"], within=WITHIN)


def test_a_key_that_is_none(make: Callable[[], Any]) -> None:
    """A question that is not an order and a request has no answer, and makes no entry."""
    registry = make()
    for key in ("", "one", " a", "one ", "one a b"):
        (fact,) = registry.exchange([ListQuestion(list=REGISTRY, key=key)], within=WITHIN)
        assert (fact.answer, fact.failure) == (None, Failure.PROTOCOL)
    assert ask(registry, "one", "a") == "one a"


def test_lists_that_say_too_little() -> None:
    """Fewer answers than questions are our own side's fault."""

    class Mute(PackagedLists):
        def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            del batch, within
            return []

    with pytest.raises(TransportError, match="fewer answers than questions"):
        MemoryRegistry(Mute()).exchange([ListQuestion(list="psl.icann", key="com")], within=WITHIN)


def test_threads_agree(make: Callable[[], Any]) -> None:
    """Many orders ask for one request at once: one entry, and all see it."""
    registry = make()
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda index: ask(registry, f"order-{index}", CSR), range(24)))
    assert len(answers) == 1


def _claim(path: str, order: str) -> str | None:
    return ask(SqliteRegistry(path, LISTS, clock=FixedClock(AT)), order, CSR)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_agree(tmp_path: Path) -> None:
    """Processes that share a file agree on the one entry."""
    path = str(tmp_path / "shared.sqlite")
    SqliteRegistry(path, LISTS)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.starmap(_claim, [(path, f"order-{index}") for index in range(4)])
    assert len(set(answers)) == 1


def test_a_file_lasts(tmp_path: Path) -> None:
    """What one registry wrote, the next one reads; it says when each entry was made."""
    path = tmp_path / "bindings.sqlite"
    assert ask(SqliteRegistry(path, LISTS, clock=FixedClock(AT)), "one", "a") == "one a"
    assert ask(SqliteRegistry(str(path), LISTS, clock=FixedClock(AT)), "two", "a") == "one a"
    file = sqlite3.connect(path)
    assert file.execute("SELECT * FROM bindings").fetchall() == [("one", "a", "2026-11-21T12:00:00.000000Z")]
    file.close()


def test_a_file_that_fails(tmp_path: Path) -> None:
    """A file that is none of SQLite is the caller's mistake; one that breaks or is locked later is no answer."""
    path = tmp_path / "text"
    path.write_text("no database, and long enough to be none: " * 10, encoding="ascii")
    with pytest.raises(InputError, match="text: file is not a database"):
        SqliteRegistry(path, LISTS)
    with pytest.raises(InputError, match="unable to open database file"):
        SqliteRegistry(tmp_path / "none" / "x", LISTS)
    path = tmp_path / "locked.sqlite"
    registry = SqliteRegistry(path, LISTS, clock=FixedClock(AT))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    (fact,) = registry.exchange([question("o", "c")], within=timedelta(milliseconds=1))
    holder.close()
    assert isinstance(fact, ListFact)
    assert (fact.answer, fact.failure) == (None, Failure.UNREACHABLE)


def test_the_clock_is_that_of_the_wall_by_default() -> None:
    """Without a clock of the caller the moment is an aware one."""
    assert MemoryRegistry(LISTS).now().tzinfo is not None
