"""A store as a source of objects: what `pkicheck.stores` reads, as reconciliation takes it (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

import attrs

from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Locator, SignedObject, SourceReport, Unreadable
from pkicheck.hsmlog.objects import read_object

__all__ = ["Entry", "ObjectSource", "Store"]


class Entry(Protocol):
    """One object of a store, as `pkicheck.stores` gives it."""

    @property
    def locator(self) -> Locator:
        """Where it stands."""
        ...

    @property
    def data(self) -> bytes:
        """Its octets in DER."""
        ...

    @property
    def name(self) -> str:
        """What names this copy of it."""
        ...

    @property
    def stored_at(self) -> datetime | None:
        """When the store took it in."""
        ...

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """What the store says beside it."""
        ...


class Store(Protocol):
    """A store as `pkicheck.stores` reads it: entries, and what is no entry; a report after each complete pass."""

    def __iter__(self) -> Iterator[Entry | Unreadable]:
        """What it holds, in its order."""
        ...

    def report(self) -> SourceReport:
        """What was read."""
        ...


class ObjectSource:
    """A store as `reconcile` takes it.

    Args:
        store: the store.
        attributes: what holds of everything in it, such as `(("platform", "old"),)` or `(("twin", "yes"),)`. What an
            entry says itself goes before.
    """

    def __init__(self, store: Store, *, attributes: Iterable[tuple[str, str]] = ()) -> None:
        self._store = store
        self._attributes = tuple(attributes)
        self._report: SourceReport | None = None

    def __iter__(self) -> Iterator[SignedObject | Unreadable]:
        """The objects, in the order of the store."""
        objects = unreadable = 0
        for each in self._store:
            if isinstance(each, Unreadable):
                yield each
                continue
            found = read_object(
                each.data,
                locator=each.locator,
                uid=each.name,
                stored_at=each.stored_at,
                attributes=each.attributes + self._attributes,
            )
            if isinstance(found, SignedObject):
                objects += 1
            else:
                unreadable += 1
            yield found
        report = self._store.report()
        self._report = attrs.evolve(report, events=objects, unreadable=report.unreadable + unreadable)

    def report(self) -> SourceReport:
        """What the last complete pass found.

        Raises:
            InputError: the store was not read to its end.
        """
        if self._report is None:
            msg = "report: the store was not read to its end yet"
            raise InputError(msg)
        return self._report
