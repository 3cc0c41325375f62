"""The report file: required sections, in markdown, with what nobody wrote shown as missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

import attrs

from pkicheck.canon import format_time, utc
from pkicheck.errors import InputError
from pkicheck.findings import show
from pkicheck.incident._records import ActionItem, Problem
from pkicheck.incident._timeline import Entry

__all__ = ["SECTIONS", "Incident", "delay_incident", "missing_sections", "report_markdown"]

SECTIONS: Final[tuple[str, ...]] = (
    "Summary",
    "Impact",
    "Timeline",
    "Related Incidents",
    "Root Cause Analysis",
    "Lessons Learned",
    "Action Items",
    "Appendix",
)
"""The sections of a full incident report, in the order of the CCADB guidelines."""


def _frozen(value: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Incident:
    """An incident report in the making.

    Attributes:
        title: its title.
        aware_at: when the CA became aware (UTC); None when nobody recorded it: then the report is not complete (R050).
        source: how it became aware.
        text: what people wrote, by section.
        timeline: the entries, in order.
        problems: the figures per problem.
        actions: the action items.
        related: ids of other incidents.
    """

    title: str
    aware_at: datetime | None
    source: str
    text: Mapping[str, str] = attrs.field(factory=dict[str, str], converter=_frozen)
    timeline: Sequence[Entry] = ()
    problems: Sequence[Problem] = ()
    actions: Sequence[ActionItem] = ()
    related: Sequence[str] = ()

    def __attrs_post_init__(self) -> None:
        if self.aware_at is not None:
            object.__setattr__(self, "aware_at", utc(self.aware_at, what="aware_at"))
        unknown = sorted(set(self.text) - set(SECTIONS))
        if unknown or not self.title:
            msg = f"incident: no section is called {unknown[0]!a}" if unknown else "incident: it needs a title"
            raise InputError(msg)


def missing_sections(incident: Incident) -> tuple[str, ...]:
    """What keeps the report from being complete (R050, R054): sections nobody filled, and the facts of awareness.

    A section that does not apply says so: `N/A`.
    """
    filled = {name for name, text in incident.text.items() if text.strip()}
    ours = {
        "Impact": bool(incident.problems),
        "Timeline": bool(incident.timeline),
        "Action Items": bool(incident.actions),
        "Appendix": bool(incident.problems),
    }
    missing = [name for name in SECTIONS if name not in filled and not ours.get(name, False)]
    if incident.aware_at is None:
        missing.insert(0, "time of awareness")
    if not incident.source:
        missing.insert(0, "source of awareness")
    return tuple(missing)


def delay_incident(incident: Incident, *, overdue: int, at: datetime) -> Incident:
    """The skeleton of the second report: a revocation that is late is an incident of its own (R085).

    Args:
        incident: the incident whose certificates are late.
        overdue: how many are.
        at: when that was found (aware).

    Raises:
        InputError: none is overdue, or a naive moment.
    """
    if overdue < 1:
        msg = "nothing is overdue: there is no delay to report"
        raise InputError(msg)
    return Incident(
        title=f"Delayed revocation: {incident.title}",
        aware_at=at,
        source=f"{overdue} certificates were not revoked when it was due",
        related=(incident.title,),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
        *(f"| {' | '.join(_cell(each) for each in row)} |" for row in rows),
    ]


def _cell(text: str) -> str:
    return show(text).replace("|", "\\|")


def _impact(incident: Incident) -> list[str]:
    rows = [
        [
            each.code,
            str(len(each.certificates)),
            format_time(each.first_issued),
            format_time(each.last_issued),
            str(each.revoked),
            str(each.expired),
            str(len(each.certificates) - each.revoked - each.expired),
        ]
        for each in incident.problems
    ]
    head = ("Problem", "Certificates", "First issued", "Last issued", "Revoked", "Expired", "Open")
    return _table(head, rows) if rows else []


def _actions(incident: Incident, on: date) -> list[str]:
    rows = [
        [
            each.text,
            each.kind,
            ", ".join(str(day) for day in each.due),
            "done" if each.done else "OVERDUE" if each.overdue(on) else "open",
            f"{each.slips} ({each.slipped_days(on)} days)",
            each.evidence,
        ]
        for each in incident.actions
    ]
    return _table(("Action", "Kind", "Due", "Status", "Moved", "Evidence"), rows) if rows else []


def report_markdown(incident: Incident, *, at: datetime) -> str:
    """The report as markdown; texts from records are escaped, texts people wrote stand as they are.

    Args:
        incident: the incident.
        at: the day of the report (aware): which action items are overdue.
    """
    on = utc(at, what="at").date()
    aware = "MISSING" if incident.aware_at is None else format_time(incident.aware_at)
    made: dict[str, list[str]] = {
        "Impact": _impact(incident),
        "Timeline": _table(
            ("Time (UTC)", "Event", "Evidence"),
            [[format_time(each.at), each.text, each.evidence] for each in incident.timeline],
        )
        if incident.timeline
        else [],
        "Related Incidents": [f"- {show(each)}" for each in incident.related],
        "Action Items": _actions(incident, on),
        "Appendix": [
            f"- {each.code}: {len(each.certificates)} certificates; evidence: {', '.join(each.evidence) or 'none'}"
            for each in incident.problems
        ],
    }
    lines = [f"# {show(incident.title)}", "", f"Aware: {aware}", f"Source: {show(incident.source) or 'MISSING'}", ""]
    for name in SECTIONS:
        content = [*([incident.text[name].strip()] if incident.text.get(name, "").strip() else []), *made.get(name, [])]
        lines += [f"## {name}", "", *(content or ["MISSING"]), ""]
    return "\n".join(lines)
