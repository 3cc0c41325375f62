"""The result of a reconciliation, and what replaying it means (pure).

The logs are too large, and too full of secrets, to travel in evidence. The record holds the facts: what was read (by
digest), what was paired, and each exception. Replaying decides again on these facts, under the rules of today. Whether
the facts are true can be shown only by reconciling again the inputs that they name; equal inputs give equal facts.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, document_json, format_time, parse_json, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.hsmlog.judge import FACTS_SCHEMA, judge
from pkicheck.policy import Policy, policy_from_json, policy_json
from pkicheck.ports import Seen
from pkicheck.results import Kind, Result

__all__ = ["Problem", "ReconcilePlan", "ReconcileResult", "reconcile_plan_from_json"]


@attrs.frozen(kw_only=True)
class Problem:
    """All findings of one code: what a report begins with (L17).

    Attributes:
        code: the code.
        count: how many.
        first, last: the earliest and latest moment of their records, as RFC 3339 texts; None when none has a time.
    """

    code: str
    count: int
    first: str | None
    last: str | None


@attrs.frozen(kw_only=True)
class ReconcileResult(Result):
    """What a reconciliation found.

    Attributes:
        facts: the facts, canonical JSON of schema `pkicheck/reconciliation/1`.
        cursor: what the next run needs of this one.
        grades: how many pairs by grade.
    """

    kind: ClassVar[Kind] = "reconcile"

    facts: bytes
    cursor: bytes
    grades: tuple[tuple[str, int], ...]

    def subject(self) -> str:
        """What the result is about."""
        window = cast("Any", self.read_facts())["window"]
        return f"reconciliation {window[0]} to {window[1]}"

    def read_facts(self) -> Mapping[str, JsonValue]:
        """The facts as JSON values: sources, keys, pairs, clocks, and each exception with what is needed to act."""
        return _facts(self.facts)

    def problems(self) -> tuple[Problem, ...]:
        """The findings that are no notes, by code, with first and last date (L17)."""
        times: dict[str, list[str]] = {}
        items = {each["id"]: each["details"].get("time") for each in cast("Any", self.read_facts())["items"]}
        counts: Counter[str] = Counter()
        for each in self.findings:
            counts[each.code] += 1
            words = each.place.replace(",", "").split()
            time = items.get(words[1]) if len(words) > 1 else None
            if time is not None:
                times.setdefault(each.code, []).append(time)
        return tuple(
            Problem(
                code=code,
                count=counts[code],
                first=min(times[code]) if code in times else None,
                last=max(times[code]) if code in times else None,
            )
            for code in sorted({each.code for each in self.findings if each.level.value != "note"})
        )

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values: facts and policy by the digests of their documents."""
        facts, policy = (digest(each) for each in self.documents())
        return {"facts": facts, "policy": policy, "at": format_time(self.at)}

    def documents(self) -> tuple[bytes, ...]:
        """The facts and the policy as canonical JSON."""
        return self.facts, canonical(policy_json(self.policy))


def _facts(data: bytes) -> Mapping[str, JsonValue]:
    return cast("Mapping[str, JsonValue]", parse_json(data, what="facts"))


@attrs.frozen(kw_only=True)
class ReconcilePlan:
    """The facts of a run, to be judged: a plan that asks for nothing.

    Attributes:
        facts: canonical JSON of schema `pkicheck/reconciliation/1`.
        policy: the policy to judge by.
        at: the moment judged.
    """

    facts: bytes
    policy: Policy
    at: datetime

    def step(self, seen: Seen, /) -> ReconcileResult:  # noqa: ARG002 - nothing has to be seen
        """The result."""
        facts = cast("Any", _facts(self.facts))
        grades: Counter[str] = Counter()
        for grade, _, many in facts["pairs"]:
            grades[grade] += many
        for each in facts["counted"]:
            grades["metadata"] += each["metadata"]
            grades["count"] += each["count"]
        grades["second-try"] += facts["second_tries"]
        return ReconcileResult(
            findings=judge(facts, self.policy),
            at=self.at,
            policy=self.policy,
            expires_at=None,
            observations=(),
            facts=self.facts,
            cursor=base64.b64decode(facts["cursor"]),
            grades=tuple(sorted((grade, many) for grade, many in grades.items() if many)),
        )


def reconcile_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> ReconcilePlan:
    """The plan that `ReconcileResult.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, a document that is missing, or facts that are none.
    """
    if set(asked) != {"facts", "policy", "at"} or not isinstance(asked["at"], str):
        msg = "asked must have exactly the fields at, facts, policy"
        raise InputError(msg)
    facts = document_json(asked, "facts", documents)
    data = documents[Sha256(str(asked["facts"]))]
    if not isinstance(facts, Mapping) or facts.get("schema") != FACTS_SCHEMA or canonical(facts) != data:
        msg = f"asked.facts is not a canonical document of schema {FACTS_SCHEMA}"
        raise InputError(msg)
    plan = ReconcilePlan(
        facts=data,
        policy=policy_from_json(document_json(asked, "policy", documents)),
        at=parse_time(asked["at"], what="asked.at") if at is None else utc(at, what="at"),
    )
    try:
        plan.step(Seen())
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        msg = f"asked.facts is not what a run writes: {type(error).__name__}"
        raise InputError(msg) from None
    return plan
