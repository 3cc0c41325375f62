"""The packaged lists, and the transport that answers from them or from the caller's own."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import cache, partial
from importlib.resources.abc import Traversable
from types import MappingProxyType

from pkicheck.canon import utc
from pkicheck.errors import InputError, TransportError
from pkicheck.keys import BLOCKLIST
from pkicheck.lists._readers import (
    NEEDS_EXTRA,
    read_countries,
    read_root_zone,
    read_special_purpose,
    read_special_use,
    read_suffixes,
)
from pkicheck.lists._values import Countries, DatedList, RootZone, SpecialPurpose, SpecialUse, Suffixes
from pkicheck.namecheck import ROOT_ZONE, SPECIAL_PURPOSE, SPECIAL_USE, SUFFIXES
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request
from pkicheck.subject import COUNTRIES

__all__ = ["PackagedLists", "packaged"]


def _packaged(name: str) -> bytes:
    file: Traversable = importlib.resources.files("pkicheck") / "_data" / name
    return file.read_bytes()


@cache
def _root_zone() -> RootZone:
    return read_root_zone(_packaged("tlds-alpha-by-domain.txt"))


@cache
def _special_use() -> SpecialUse:
    return read_special_use(_packaged("special-use-domain.csv"))


@cache
def _special_purpose() -> SpecialPurpose:
    return read_special_purpose(
        _packaged("iana-ipv4-special-registry-1.csv"), _packaged("iana-ipv6-special-registry-1.csv")
    )


@cache
def _countries() -> Countries:
    return read_countries(_packaged("iso-3166-1.csv"))


@cache
def _suffixes() -> Suffixes:
    try:
        file = importlib.resources.files("publicsuffixlist") / "public_suffix_list.dat"
    except ModuleNotFoundError:
        raise TransportError(NEEDS_EXTRA) from None
    data = file.read_bytes()
    # Older lists do not say their day; the version of the package ends with it.
    day = importlib.metadata.version("publicsuffixlist").rpartition(".")[2]
    silent = b"// VERSION:" not in data[:2000] and len(day) == 8 and day.isdigit()
    return read_suffixes(data, as_of=datetime.strptime(f"{day}+0000", "%Y%m%d%z") if silent else None)


def packaged() -> Mapping[str, DatedList]:
    """The packaged lists by their ids; the public suffix list only where its extra is installed."""
    found: dict[str, DatedList] = {
        ROOT_ZONE: _root_zone(),
        SPECIAL_USE: _special_use(),
        SPECIAL_PURPOSE: _special_purpose(),
        COUNTRIES: _countries(),
    }
    with suppress(TransportError):
        found[SUFFIXES] = _suffixes()
    return found


def _same(given: DatedList) -> DatedList:
    return given


def _clock() -> datetime:
    return datetime.now(timezone.utc)


class PackagedLists:
    """A transport that answers questions to the lists, from the packaged files or from the caller's own.

    Packaged files are read when they are first needed, once a process. Safe between threads.

    Args:
        blocklists: lists of bad keys by the names that `policy.keys` gives them; none is packaged.
        root_zone, special_use, special_purpose, suffixes, countries: lists that stand in for the packaged ones; see the
            readers.
        clock: the wall clock, aware.
    """

    def __init__(
        self,
        *,
        blocklists: Mapping[str, DatedList] = MappingProxyType({}),
        root_zone: RootZone | None = None,
        special_use: SpecialUse | None = None,
        special_purpose: SpecialPurpose | None = None,
        suffixes: DatedList | None = None,
        countries: Countries | None = None,
        clock: Callable[[], datetime] = _clock,
    ) -> None:
        self._clock = clock
        self._lists: dict[str, Callable[[], DatedList]] = {
            ROOT_ZONE: _root_zone if root_zone is None else lambda: root_zone,
            SPECIAL_USE: _special_use if special_use is None else lambda: special_use,
            SPECIAL_PURPOSE: _special_purpose if special_purpose is None else lambda: special_purpose,
            SUFFIXES: _suffixes if suffixes is None else lambda: suffixes,
            COUNTRIES: _countries if countries is None else lambda: countries,
            **{BLOCKLIST + name: partial(_same, each) for name, each in blocklists.items()},
        }

    def now(self) -> datetime:
        """The wall clock."""
        return utc(self._clock(), what="the clock")

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer every question of the batch; nothing here waits, so `within` does not matter.

        A list that is not there, or not known, is an observation with a failure.

        Raises:
            TransportError: a request that is no question to a list.
        """
        del within
        sent = self.now()
        found = [self._answer(each) for each in batch]
        received = self.now()
        return [
            ListFact(
                request=question,
                vantage="lists",
                sent=sent,
                received=received,
                failure=failure,
                version=version,
                as_of=sent if as_of is None else as_of,
                answer=answer,
            )
            for question, version, as_of, answer, failure in found
        ]

    def _answer(self, question: Request) -> tuple[ListQuestion, str, datetime | None, str | None, Failure | None]:
        """The question, and version, day and answer of its list, or why there is none."""
        if not isinstance(question, ListQuestion):
            msg = f"PackagedLists answers questions to lists only, got a {type(question).__name__}"
            raise TransportError(msg)
        version, as_of, answer, failure = "", None, None, None
        load = self._lists.get(question.list)
        try:
            if load is None:
                failure = Failure.UNREACHABLE
            else:
                found = load()
                version, as_of = found.version, found.as_of
                answer = found.answer(question.key)
        except TransportError:
            failure = Failure.UNREACHABLE
        except InputError:
            failure = Failure.PROTOCOL
        return question, version, as_of, answer, failure
