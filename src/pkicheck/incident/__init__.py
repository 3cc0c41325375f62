"""Incident export, thin: what a public incident report has to show, made from records and not from memory.

Per problem a list of certificates as CSV, counts with first and last date, a timeline in UTC whose statements are
checked against each other, action items with every due date they ever had, and a markdown skeleton with the sections
that the CCADB asks for. No prose is generated: what nobody wrote is shown as missing.
"""

from __future__ import annotations

from pkicheck.incident._records import ActionItem, Problem, Sighting, problem_csv, problems, response_summary
from pkicheck.incident._report import SECTIONS, Incident, delay_incident, missing_sections, report_markdown
from pkicheck.incident._timeline import Claim, Entry, check_timeline, timeline_entry

__all__ = [
    "SECTIONS",
    "ActionItem",
    "Claim",
    "Entry",
    "Incident",
    "Problem",
    "Sighting",
    "check_timeline",
    "delay_incident",
    "missing_sections",
    "problem_csv",
    "problems",
    "report_markdown",
    "response_summary",
    "timeline_entry",
]
