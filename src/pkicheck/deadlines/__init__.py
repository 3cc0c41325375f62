"""Deadlines of revocation and of incident reports: arithmetic on dates, by the rules in force when the CA knew.

    due = revocation_deadline("validation-unreliable", aware_at=noticed)
    due.judge(at)                      # a finding: deadline.running, .overdue, .met or .late

Every moment is an aware datetime; nothing here reads a clock.
"""

from __future__ import annotations

from pkicheck.deadlines._clocks import (
    Deadline,
    DeadlineState,
    incident_deadlines,
    problem_report_deadline,
    revocation_deadline,
)
from pkicheck.deadlines._progress import (
    Affected,
    Forecast,
    Milestone,
    ProgressRow,
    ReplacementState,
    RevocationCounts,
    blockers,
    count,
    forecast,
    move,
    progress,
    remaining_by_month,
    renewal_hints,
)
from pkicheck.deadlines._reasons import REASONS, Reason

__all__ = [
    "REASONS",
    "Affected",
    "Deadline",
    "DeadlineState",
    "Forecast",
    "Milestone",
    "ProgressRow",
    "Reason",
    "ReplacementState",
    "RevocationCounts",
    "blockers",
    "count",
    "forecast",
    "incident_deadlines",
    "move",
    "problem_report_deadline",
    "progress",
    "remaining_by_month",
    "renewal_hints",
    "revocation_deadline",
]
