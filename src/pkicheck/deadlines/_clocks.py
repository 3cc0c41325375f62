"""The clocks: when something is due, and whether it is late. All moments are UTC, all limits exact to the second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs

from pkicheck.canon import format_time, utc
from pkicheck.deadlines._reasons import REASONS
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.rules import RuleId, step
from pkicheck.rules.revocation import (
    BR_PROBLEM_REPORT,
    BR_REVOKE_24H,
    BR_REVOKE_CA,
    CCADB_FULL,
    CCADB_PRELIMINARY,
    CCADB_UPDATE,
    LIMIT_24H,
    LIMIT_ANSWER,
    LIMIT_CA,
    LIMIT_FULL,
    LIMIT_PRELIMINARY,
    LIMIT_UPDATE,
)

__all__ = ["Deadline", "DeadlineState", "incident_deadlines", "problem_report_deadline", "revocation_deadline"]

DeadlineState: TypeAlias = Literal["met", "late", "running", "overdue"]


_CODES: Final[Mapping[DeadlineState, str]] = MappingProxyType(
    {"met": "deadline.met", "late": "deadline.late", "running": "deadline.running", "overdue": "deadline.overdue"}
)


@attrs.frozen(kw_only=True)
class Deadline:
    """One duty with its last lawful moment.

    Attributes:
        what: the duty, in words.
        since: the moment its clock began (UTC).
        due: the last moment at which it is met (UTC), inclusive.
        rule: the rule that sets it.
    """

    what: str
    since: datetime
    due: datetime
    rule: RuleId

    def state(self, at: datetime, *, done_at: datetime | None = None) -> DeadlineState:
        """Where it stands at the moment `at` (aware).

        Args:
            at: the moment judged.
            done_at: when the duty was done, None when it was not yet. A moment after `at` counts as not yet.

        Raises:
            InputError: a naive moment, or one done before its clock began.
        """
        moment = utc(at, what="at")
        done = None if done_at is None else utc(done_at, what="done_at")
        if done is not None and done < self.since:
            msg = f"done_at {format_time(done)} lies before {format_time(self.since)}, when the clock began"
            raise InputError(msg)
        if done is not None and done <= moment:
            return "met" if done <= self.due else "late"
        return "running" if moment <= self.due else "overdue"

    def judge(self, at: datetime, *, done_at: datetime | None = None) -> Finding:
        """The state as a finding: met and running are notes, late and overdue refusals."""
        state = self.state(at, done_at=done_at)
        saw = [format_time(utc(at, what="at") if done_at is None else utc(done_at, what="done_at"))]
        return attrs.evolve(
            finding(_CODES[state], self.what, expected=f"by {format_time(self.due)}", saw=saw), rules=(self.rule,)
        )


def _deadline(what: str, since: datetime, limit: str, rule: RuleId) -> Deadline:
    seconds = step(limit, since)
    if seconds is None:
        msg = f"{format_time(since)} lies before the first rule about this: {what}"
        raise InputError(msg)
    return Deadline(what=what, since=since, due=since + timedelta(seconds=seconds), rule=rule)


def revocation_deadline(reason: str, *, aware_at: datetime, ca: bool = False) -> Deadline:
    """By when a certificate must be revoked.

    The text in force when the CA became aware decides: until ballot SC6 every event had 24 hours (R055).

    Args:
        reason: an id of `REASONS`.
        aware_at: when the CA obtained the evidence or became aware (aware).
        ca: a subordinate CA certificate: 7 days for every event (BR 4.9.1.2).

    Raises:
        InputError: no such reason, a naive moment, or a moment before the first Baseline Requirements.
    """
    found = REASONS.get(reason)
    if found is None:
        msg = f"no reason is called {reason!a}: one of {', '.join(REASONS)}"
        raise InputError(msg)
    since = utc(aware_at, what="aware_at")
    if ca:
        return _deadline("revocation of the CA certificate", since, LIMIT_CA, BR_REVOKE_CA)
    # Before the split every event stood under the one limit.
    rule = BR_REVOKE_24H if step(found.limit, since) == step(LIMIT_24H, since) else found.rule
    return _deadline(f"revocation: {found.id}", since, found.limit, rule)


def problem_report_deadline(received_at: datetime) -> Deadline:
    """By when subscriber and reporter must have the preliminary answer to a problem report (BR 4.9.5, R058)."""
    return _deadline(
        "answer to the problem report", utc(received_at, what="received_at"), LIMIT_ANSWER, BR_PROBLEM_REPORT
    )


def incident_deadlines(
    aware_at: datetime,
    *,
    disclosed_at: datetime | None = None,
    updates: Iterable[datetime] = (),
    next_update: datetime | None = None,
) -> tuple[Deadline, ...]:
    """The clocks of a public incident report: preliminary, full, next update (CCADB guidelines; R039, R040, R098).

    Args:
        aware_at: when the CA became aware.
        disclosed_at: when the incident was first disclosed in public; the full report's clock begins here.
        updates: when updates were published.
        next_update: a date set for the next update, which counts when it is earlier than the usual seven days.

    Raises:
        InputError: a naive moment, or one before the CA was aware.
    """
    aware = utc(aware_at, what="aware_at")
    found = [_deadline("preliminary incident report", aware, LIMIT_PRELIMINARY, CCADB_PRELIMINARY)]
    known = [utc(each, what="updates") for each in updates]
    disclosed = None if disclosed_at is None else utc(disclosed_at, what="disclosed_at")
    if any(each < aware for each in (*known, *([disclosed] if disclosed else []))):
        msg = f"disclosed_at and updates cannot lie before aware_at {format_time(aware)}"
        raise InputError(msg)
    if disclosed is None:
        return tuple(found)
    found.append(_deadline("full incident report", disclosed, LIMIT_FULL, CCADB_FULL))
    usual = _deadline("next update of the incident", max([disclosed, *known]), LIMIT_UPDATE, CCADB_UPDATE)
    if next_update is not None:
        usual = attrs.evolve(usual, due=min(usual.due, utc(next_update, what="next_update")))
    found.append(usual)
    return tuple(found)
