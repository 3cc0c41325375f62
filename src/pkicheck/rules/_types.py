"""The shapes of a rule and of a limit that changes by date."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Literal, NewType

import attrs

__all__ = ["Judged", "Rule", "RuleId", "Steps", "day"]

RuleId = NewType("RuleId", str)
"""The stable name of a rule, for example `br.3.2.2.8/8h`."""

Judged = Literal["validation", "issuance", "notBefore", "awareness"]
"""Which moment decides whether a rule binds."""


def day(year: int, month: int, date: int) -> datetime:
    """00:00:00 UTC of a day: what a bare date means in the Baseline Requirements (BR 1.6.4)."""
    return datetime(year, month, date, tzinfo=timezone.utc)


@attrs.frozen(kw_only=True)
class Rule:
    """One requirement of one document.

    Attributes:
        id: stable name; the part before the slash is the document and section of the version it was read in.
        section: where it stands, with the later number where it moved.
        text: what it asks, in our words.
        ballot: the ballot or document that brought it.
        effective: first instant it binds (UTC), None when it always did.
        sunset: first instant it no longer binds (UTC), None while it stands.
        judged: the moment that is compared with these dates.
    """

    id: RuleId
    section: str
    text: str
    ballot: str = ""
    effective: datetime | None = None
    sunset: datetime | None = None
    judged: Judged = "issuance"

    def in_force(self, moment: datetime) -> bool:
        """Whether `moment` (aware) lies in [effective, sunset)."""
        return (self.effective is None or moment >= self.effective) and (self.sunset is None or moment < self.sunset)


@attrs.frozen(kw_only=True)
class Steps:
    """A limit that changes by date: `(since, value)` pairs in rising order.

    Attributes:
        id: stable name.
        section: where the table stands.
        unit: the unit of the values.
        judged: the moment that enters the table.
        steps: each value with the first instant it counts.
    """

    id: str
    section: str
    unit: str
    steps: tuple[tuple[datetime, int], ...]
    judged: Judged = "issuance"

    def at(self, moment: datetime) -> int | None:
        """The value in force at `moment` (aware), None before the first step."""
        value = None
        for since, this in self.steps:
            if moment < since:
                break
            value = this
        return value
