"""The timeline of an incident: explicit offsets, UTC, and statements that must agree with the entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from pkicheck.canon import format_time, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding

__all__ = ["Claim", "Entry", "check_timeline", "timeline_entry"]

_MINUTE: Final = timedelta(minutes=1)
# `2017-08-17 17:40 CET`, `17/Aug 17:40 CET`: a name of a zone says nothing of summer time.
_ZONE_NAME: Final = re.compile(r"[A-Za-z]{2,5}\Z", re.ASCII)


@attrs.frozen(kw_only=True)
class Entry:
    """One event: its moment (aware; kept in UTC), what happened, and the evidence behind it."""

    id: str
    at: datetime
    text: str
    evidence: str = ""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at, what=f"timeline entry {self.id}"))


@attrs.frozen(kw_only=True)
class Claim:
    """A statement about two entries: so long after the first came the second."""

    first: str
    second: str
    lasted: timedelta
    text: str = ""


def timeline_entry(name: str, moment: str, text: str, *, evidence: str = "") -> Entry:
    """An entry from a moment as people write it down.

    Args:
        name: how claims refer to it.
        moment: RFC 3339 with an offset: `2017-08-17T17:40:00+02:00`. A name of a zone is refused: CET is not in force
            in August, and whoever writes it may mean CEST (R074).
        text: what happened.
        evidence: the digest of a record that shows it.

    Raises:
        InputError: a moment without an explicit offset.
    """
    zone = _ZONE_NAME.search(moment)
    if zone is not None and not moment.endswith("Z"):
        msg = f"timeline entry {name}: {moment!a} names a zone ({zone[0]}), write the offset: 2017-08-17T17:40:00+02:00"
        raise InputError(msg)
    return Entry(id=name, at=parse_time(moment, what=f"timeline entry {name}"), text=text, evidence=evidence)


def check_timeline(entries: Sequence[Entry], claims: Iterable[Claim] = ()) -> tuple[Finding, ...]:
    """Whether entries stand in order and claims agree with them, to the minute (R075).

    Returns:
        `incident.timeline-consistent`, or a refusal for each entry out of order and each claim that is not so.

    Raises:
        InputError: no entry, two of one id, or a claim about an entry that is not there.
    """
    known = {each.id: each for each in entries}
    if not entries or len(known) != len(entries):
        msg = "a timeline has entries, each with an id of its own"
        raise InputError(msg)
    found: list[Finding] = []
    for place, each in enumerate(entries[1:]):
        if each.at < entries[place].at:
            found.append(
                finding(
                    "incident.timeline-order",
                    each.id,
                    expected=f"not before {entries[place].id} at {format_time(entries[place].at)}",
                    saw=[format_time(each.at)],
                )
            )
    for claim in claims:
        missing = [name for name in (claim.first, claim.second) if name not in known]
        if missing:
            msg = f"claim {claim.text!a} speaks of {missing[0]!a}, which is no entry of the timeline"
            raise InputError(msg)
        lasted = known[claim.second].at - known[claim.first].at
        if abs(lasted - claim.lasted) >= _MINUTE:
            found.append(
                finding(
                    "incident.timeline-contradiction",
                    f"{claim.first} to {claim.second}",
                    expected=_span(lasted),
                    saw=[claim.text or _span(claim.lasted)],
                )
            )
    return tuple(found) or (finding("incident.timeline-consistent", f"{entries[0].id} to {entries[-1].id}"),)


def _span(value: timedelta) -> str:
    minutes = value // _MINUTE
    return f"{minutes // 60} h {minutes % 60:02d} min"
