"""The evidence of an issuance, decided again and filed by what it is about.

Nothing that a result says of itself is believed: its question and its observations are. Each result is decided once and
filed once, so the work grows with the results and the names, not with one times the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Final, TypeVar, cast

import attrs

from pkicheck.caa import CaaResult
from pkicheck.canon import Sha256, digest
from pkicheck.dcv import DcvResult
from pkicheck.findings import Verdict
from pkicheck.gate._issuance import Approval
from pkicheck.mpic import MpicResult
from pkicheck.names import CertName, DomainName, WildcardName
from pkicheck.plans import Plan, replay
from pkicheck.ports import Seen
from pkicheck.results import Result

__all__ = ["Evidence", "Proof"]

_R = TypeVar("_R", CaaResult, DcvResult)
_END: Final = datetime.max.replace(tzinfo=timezone.utc)
# Of more results for one name the latest are looked at.
_MOST_TRIED: Final = 100


@attrs.frozen(kw_only=True)
class Proof:
    """What an issuance is to rest on."""

    validations: tuple[DcvResult, ...]
    caa: tuple[CaaResult, ...]
    corroborations: tuple[MpicResult, ...]
    approvals: tuple[Approval, ...]


class Evidence:
    """A proof, decided again. What was found once is kept; it follows from the proof alone."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        # By identity: what a result was decided from, and the digest; the results are held here as well.
        self._given: dict[int, tuple[Result, Result]] = {}
        self._digests: dict[int, Sha256] = {}

    def validations(self, name: CertName) -> Sequence[DcvResult]:
        """The validations that may cover a name: of the name itself first, then of an authorization domain above."""
        own, by_adn = self._validations
        others = [each for level in _levels(name) for each in by_adn.get(level, ()) if each.name != name]
        return [*own.get(name, ())[:_MOST_TRIED], *sorted(others, key=_latest_first)[:_MOST_TRIED]]

    def caa(self, name: CertName) -> Sequence[CaaResult]:
        """The CAA results for this very name."""
        return self._caas.get(name, [])[:_MOST_TRIED]

    def quorums(self, each: Result) -> Sequence[MpicResult]:
        """The corroborations of this very result."""
        return self._quorums.get(self.digest(each), [])[:_MOST_TRIED]

    def earlier(self, name: CertName) -> Sequence[MpicResult]:
        """The corroborations of CAA checks of a name and of names above it; a wildcard name has wildcards above.

        That of a top-level domain serves nobody: nobody was issued a certificate for one (BR 3.2.2.9).
        """
        levels: Sequence[CertName] = _levels(name)[:-1]
        if isinstance(name, WildcardName):
            levels = [WildcardName(each) for each in _levels(name)[:-1]]
        return [again for level in levels for again in self._by_name.get(level, [])[:_MOST_TRIED]]

    def digest(self, each: Result) -> Sha256:
        """Of the evidence as it was given."""
        held = self._digests.get(id(each))
        if held is None:
            given, _ = self._given.get(id(each), (each, each))
            held = self._digests[id(each)] = digest(given.to_json())
        return held

    @cached_property
    def _validations(self) -> tuple[dict[CertName, list[DcvResult]], dict[DomainName, list[DcvResult]]]:
        own: dict[CertName, list[DcvResult]] = {}
        by_adn: dict[DomainName, list[DcvResult]] = {}
        for each in sorted(map(self._decided, self._proof.validations), key=_latest_first):
            own.setdefault(each.name, []).append(each)
            if each.adn is not None and len(by_adn.setdefault(each.adn, [])) < 2 * _MOST_TRIED:
                by_adn[each.adn].append(each)
        return own, by_adn

    @cached_property
    def _caas(self) -> dict[CertName, list[CaaResult]]:
        found: dict[CertName, list[CaaResult]] = {}
        for each in sorted(map(self._decided, self._proof.caa), key=_latest_first):
            found.setdefault(each.name, []).append(each)
        return found

    @cached_property
    def _quorums(self) -> dict[Sha256, list[MpicResult]]:
        found: dict[Sha256, list[MpicResult]] = {}
        for each in self._proof.corroborations:
            again = each.plan.step(Seen())
            found.setdefault(again.primary, []).append(again)
        return found

    @cached_property
    def _by_name(self) -> dict[CertName, list[MpicResult]]:
        found: dict[CertName, list[MpicResult]] = {}
        for again in sorted((each for held in self._quorums.values() for each in held), key=_latest_first):
            if isinstance(again.plan.primary, CaaResult):
                found.setdefault(again.plan.primary.plan.name, []).append(again)
        return found

    def _decided(self, each: _R) -> _R:
        """The result as its question and observations give it; one that is no PASS stays, and counts for nothing."""
        if each.verdict is not Verdict.PASS:
            return each
        again = replay(cast("Plan[_R]", each.plan), Seen(each.observations))
        self._given[id(again)] = each, again
        return again


def _levels(name: CertName) -> Sequence[DomainName]:
    base = name.base if isinstance(name, WildcardName) else name
    return base.climb() if isinstance(base, DomainName) else ()


def _latest_first(each: Result) -> timedelta:
    return _END - each.at
