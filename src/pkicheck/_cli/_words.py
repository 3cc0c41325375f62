"""Rules in words."""

from __future__ import annotations

from datetime import datetime

from pkicheck.rules import Rule

__all__ = ["dates", "day_text"]


def day_text(moment: datetime) -> str:
    """A moment as its day when it is the first instant of one, as dates of rules are."""
    return moment.strftime("%Y-%m-%d") if moment.hour == moment.minute == 0 else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def dates(rule: Rule) -> str:
    """`since 2017-09-08`, `until 2026-03-15 (not included)`, both, or `at every date`; then the ballot."""
    parts: list[str] = []
    if rule.effective is not None:
        parts.append(f"since {day_text(rule.effective)}")
    if rule.sunset is not None:
        parts.append(f"until {day_text(rule.sunset)} (not included)")
    return " ".join(parts or ["at every date"]) + (f", {rule.ballot}" if rule.ballot else "")
