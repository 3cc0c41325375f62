"""Codes of incident timelines."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.revocation import CCADB_TIMELINE

__all__ = ["CODES"]

CODES: tuple[Code, ...] = (
    Code(
        "incident.timeline-consistent",
        Level.NOTE,
        "Entries are in order and agree with what was said.",
        "Nothing to do.",
    ),
    Code(
        "incident.timeline-order",
        Level.REFUSAL,
        "An entry of the timeline lies before the one above it.",
        "Sort the entries, or correct their offsets.",
        (CCADB_TIMELINE,),
    ),
    Code(
        "incident.timeline-contradiction",
        Level.REFUSAL,
        "A statement about a duration is not what the entries say.",
        "Correct the statement or the entries, and say which was wrong.",
        (CCADB_TIMELINE,),
    ),
)
