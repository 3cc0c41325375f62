"""Results: immutable answers whose verdict is computed from their findings and never stored beside them.

A result has no truth value: `.require()` returns the result itself or raises `Refused`. It keeps what it rests on (the
observations, the plan that asked, the policy, the moment judged), so that anybody can decide again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Literal, NoReturn, Self, TypeAlias

import attrs

from pkicheck.canon import JsonValue, utc
from pkicheck.errors import InputError, Refused
from pkicheck.evidencejson import evidence_record
from pkicheck.findings import Finding, Level, Verdict, verdict_of
from pkicheck.policy import Policy
from pkicheck.ports import Observation

__all__ = ["Finding", "Kind", "Level", "Result", "Verdict", "combine"]

Kind: TypeAlias = Literal[
    "caa", "dcv", "mpic", "csr", "certificate", "pair", "scan", "reconcile", "gate", "name", "key"
]


def _at(moment: datetime) -> datetime:
    return utc(moment, what="at")


def _expires_at(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment, what="expires_at")


@attrs.frozen(kw_only=True)
class Result(ABC):
    """What a check found.

    Attributes:
        findings: at least one; the verdict follows from their levels.
        at: the moment judged (UTC).
        policy: the policy it was judged by.
        expires_at: the last instant at which it may be relied on (UTC), None when it does not age.
        observations: what it rests on, by time.
    """

    kind: ClassVar[Kind]

    findings: tuple[Finding, ...]
    at: datetime = attrs.field(converter=_at)
    policy: Policy
    expires_at: datetime | None = attrs.field(converter=_expires_at)
    observations: tuple[Observation, ...]

    def __attrs_post_init__(self) -> None:
        if not self.findings:
            msg = "a result states at least one finding"
            raise InputError(msg)

    @property
    def verdict(self) -> Verdict:
        """PASS, FAIL or INCOMPLETE, computed from the findings."""
        return verdict_of(self.findings)

    def __bool__(self) -> NoReturn:
        msg = "a result has no truth value: call .require(), or compare .verdict with Verdict.PASS"
        raise TypeError(msg)

    def require(self) -> Self:
        """The result itself when its verdict is PASS.

        Raises:
            Refused: any other verdict; the exception carries the result.
        """
        if self.verdict is not Verdict.PASS:
            raise Refused(self)
        return self

    def subject(self) -> str:
        """What the result is about, for messages."""
        return self.kind

    def summary(self) -> str:
        """One line: what it is about, the verdict, and the first finding that decided it."""
        decided = self.deciding()
        first = decided[0]
        more = f" (and {len(decided) - 1} more)" if len(decided) > 1 else ""
        return f"{self.subject()}: {self.verdict.name}: {first.code}: {first.message}{more}"

    def deciding(self) -> tuple[Finding, ...]:
        """The findings that made the verdict: the refusals of a FAIL, the doubts of an INCOMPLETE, all of a PASS."""
        wanted = {Verdict.FAIL: Level.REFUSAL, Verdict.INCOMPLETE: Level.DOUBT, Verdict.PASS: Level.NOTE}[self.verdict]
        return tuple(each for each in self.findings if each.level is wanted)

    @abstractmethod
    def asked(self) -> dict[str, JsonValue]:
        """What was asked, as JSON values: with the observations enough to decide again."""
        ...

    @abstractmethod
    def documents(self) -> tuple[bytes, ...]:
        """The documents that `asked` names by digest (policy, lists of issuers, certificates)."""
        ...

    def to_json(self) -> bytes:
        """The canonical evidence record `pkicheck/evidence/1` of this result (one line, without a line feed)."""
        return evidence_record(
            kind=self.kind,
            verdict=self.verdict,
            at=self.at,
            expires_at=self.expires_at,
            asked=self.asked(),
            findings=self.findings,
            observations=self.observations,
            documents=self.documents(),
        )


def combine(results: Iterable[Result]) -> Verdict:
    """The verdict over several results: FAIL beats INCOMPLETE beats PASS. A certificate is this over its names.

    Raises:
        InputError: nothing to combine, or something that is no result.
    """
    verdicts: set[Verdict] = set()
    for each in results:
        if not isinstance(each, Result):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
            msg = f"combine takes results, got {type(each).__name__}"
            raise InputError(msg)
        verdicts.add(each.verdict)
    for worst in (Verdict.FAIL, Verdict.INCOMPLETE, Verdict.PASS):
        if worst in verdicts:
            return worst
    msg = "nothing to combine: no result was given"
    raise InputError(msg)
