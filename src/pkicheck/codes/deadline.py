"""Codes of deadlines."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.revocation import (
    BR_PROBLEM_REPORT,
    BR_REVOKE_5D,
    BR_REVOKE_24H,
    BR_REVOKE_CA,
    CCADB_FULL,
    CCADB_PRELIMINARY,
    CCADB_UPDATE,
)

__all__ = ["CODES"]

# A finding cites the one of these that set its date.
_RULES = (
    BR_REVOKE_24H,
    BR_REVOKE_5D,
    BR_REVOKE_CA,
    BR_PROBLEM_REPORT,
    CCADB_PRELIMINARY,
    CCADB_FULL,
    CCADB_UPDATE,
)

CODES: tuple[Code, ...] = (
    Code("deadline.met", Level.NOTE, "The duty was done in time.", "Nothing to do."),
    Code("deadline.running", Level.NOTE, "The duty is not done, and its time has not run out.", "Do it in time."),
    Code(
        "deadline.late",
        Level.REFUSAL,
        "The duty was done after its time had run out.",
        "Report the delay as an incident of its own.",
        _RULES,
    ),
    Code(
        "deadline.overdue",
        Level.REFUSAL,
        "The duty is not done, and its time has run out.",
        "Do it now, and report the delay as an incident of its own.",
        _RULES,
    ),
)
