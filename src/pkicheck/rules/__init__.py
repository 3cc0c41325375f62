"""Dated requirements as data: which rule, of which document, in force when, and which moment it judges.

A rule never leaves this table: evidence of 2017 is judged by the rules of 2017. Every area has its own file and exports
`RULES` (and `STEPS` for limits that change by date); this module joins them. No date of a rule stands anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from pkicheck.canon import JsonValue, Sha256, canonical, digest, format_time, utc
from pkicheck.errors import InputError
from pkicheck.rules import (
    caa,
    certificate,
    csr,
    dcv,
    dnssec,
    gate,
    keys,
    mpic,
    names,
    pair,
    reconcile,
    revocation,
    subject,
)
from pkicheck.rules._types import Judged, Rule, RuleId, Steps

__all__ = ["RULES", "RULES_DIGEST", "STEPS", "Judged", "Rule", "RuleId", "Steps", "in_force", "rules_at", "step"]

_AREAS = (caa, certificate, csr, dcv, dnssec, gate, keys, mpic, names, pair, reconcile, revocation, subject)


def _join() -> Mapping[str, Rule]:
    joined: dict[str, Rule] = {}
    for area in _AREAS:
        for rule in area.RULES:
            if rule.id in joined:
                msg = f"rule {rule.id} is defined twice"
                raise InputError(msg)
            joined[rule.id] = rule
    return MappingProxyType(joined)


RULES: Mapping[str, Rule] = _join()
"""Every rule by its id."""

STEPS: Mapping[str, Steps] = MappingProxyType({steps.id: steps for area in _AREAS for steps in area.STEPS})
"""Every limit that changes by date, by its id."""


def in_force(rule: RuleId, at: datetime) -> bool:
    """Whether a rule binds at the moment `at` (aware; "from D" includes D 00:00:00 UTC, BR 1.6.4)."""
    found = RULES.get(rule)
    if found is None:
        msg = f"no rule is called {rule!a}"
        raise InputError(msg)
    return found.in_force(utc(at, what="at"))


def step(steps: str, at: datetime) -> int | None:
    """The value of a dated limit at the moment `at`, or None before its first step."""
    found = STEPS.get(steps)
    if found is None:
        msg = f"no dated limit is called {steps!a}"
        raise InputError(msg)
    return found.at(utc(at, what="at"))


def rules_at(at: datetime) -> tuple[Rule, ...]:
    """The rules in force at `at`, by id."""
    moment = utc(at, what="at")
    return tuple(RULES[key] for key in sorted(RULES) if RULES[key].in_force(moment))


def _as_json(rule: Rule) -> dict[str, str | None]:
    return {
        "id": rule.id,
        "section": rule.section,
        "ballot": rule.ballot,
        "effective": None if rule.effective is None else format_time(rule.effective),
        "sunset": None if rule.sunset is None else format_time(rule.sunset),
        "judged": rule.judged,
        "text": rule.text,
    }


def _steps_json(limit: Steps) -> dict[str, JsonValue]:
    return {
        "id": limit.id,
        "section": limit.section,
        "unit": limit.unit,
        "judged": limit.judged,
        "steps": [[format_time(since), value] for since, value in limit.steps],
    }


RULES_DIGEST: Sha256 = digest(
    canonical(
        {
            "rules": [_as_json(RULES[key]) for key in sorted(RULES)],
            "steps": [_steps_json(STEPS[key]) for key in sorted(STEPS)],
        }
    )
)
"""SHA-256 of the whole table: the version of the rules that a result was made under (R012)."""
