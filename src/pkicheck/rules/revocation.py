"""Rules of revocation and of incident reports: BR 4.9, CCADB Incident Reporting Guidelines."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_PROBLEM_REPORT",
    "BR_REVOKE_5D",
    "BR_REVOKE_24H",
    "BR_REVOKE_CA",
    "CCADB_FULL",
    "CCADB_PRELIMINARY",
    "CCADB_TIMELINE",
    "CCADB_UPDATE",
    "LIMIT_5D",
    "LIMIT_24H",
    "LIMIT_ANSWER",
    "LIMIT_CA",
    "LIMIT_FULL",
    "LIMIT_PRELIMINARY",
    "LIMIT_UPDATE",
    "RULES",
    "STEPS",
]

BR_REVOKE_24H: Final = RuleId("br.4.9.1.1/24h")
BR_REVOKE_5D: Final = RuleId("br.4.9.1.1/5d")
BR_REVOKE_CA: Final = RuleId("br.4.9.1.2/7d")
BR_PROBLEM_REPORT: Final = RuleId("br.4.9.5/problem-report")
CCADB_PRELIMINARY: Final = RuleId("ccadb.incident/preliminary")
CCADB_FULL: Final = RuleId("ccadb.incident/full")
CCADB_TIMELINE: Final = RuleId("ccadb.incident/timeline")
CCADB_UPDATE: Final = RuleId("ccadb.incident/update")

LIMIT_24H: Final = "br.4.9.1.1/24h-limit"
LIMIT_5D: Final = "br.4.9.1.1/5d-limit"
LIMIT_CA: Final = "br.4.9.1.2/limit"
LIMIT_ANSWER: Final = "br.4.9.5/limit"
LIMIT_PRELIMINARY: Final = "ccadb.incident/preliminary-limit"
LIMIT_FULL: Final = "ccadb.incident/full-limit"
LIMIT_UPDATE: Final = "ccadb.incident/update-limit"

_BR_1 = day(2012, 7, 1)
_SC6 = day(2018, 10, 14)
_HOUR = 3600
_DAY = 24 * _HOUR

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_REVOKE_24H,
        section="BR 4.9.1.1 (1) to (5)",
        ballot="SC6",
        effective=_BR_1,
        judged="awareness",
        text="A certificate with one of these events is revoked within 24 hours; until ballot SC6, with any event.",
    ),
    Rule(
        id=BR_REVOKE_5D,
        section="BR 4.9.1.1 (6) to (16)",
        ballot="SC6",
        effective=_SC6,
        judged="awareness",
        text="A certificate with one of these events is revoked within 5 days, and should be within 24 hours.",
    ),
    Rule(
        id=BR_REVOKE_CA,
        section="BR 4.9.1.2",
        effective=_BR_1,
        judged="awareness",
        text="A subordinate CA certificate with one of the events of this section is revoked within 7 days.",
    ),
    Rule(
        id=BR_PROBLEM_REPORT,
        section="BR 4.9.5",
        effective=_BR_1,
        judged="awareness",
        text=(
            "Within 24 hours after a certificate problem report the facts are investigated and subscriber and reporter "
            "have a preliminary report."
        ),
    ),
    Rule(
        id=CCADB_PRELIMINARY,
        section="CCADB Incident Reporting Guidelines",
        judged="awareness",
        text="A preliminary incident report is public within 72 hours after the CA became aware.",
    ),
    Rule(
        id=CCADB_FULL,
        section="CCADB Incident Reporting Guidelines",
        judged="awareness",
        text="A full incident report is public within 14 days after the disclosure.",
    ),
    Rule(
        id=CCADB_TIMELINE,
        section="CCADB Incident Reporting Guidelines",
        judged="awareness",
        text="The timeline of a report states each event with its time in UTC.",
    ),
    Rule(
        id=CCADB_UPDATE,
        section="CCADB Incident Reporting Guidelines",
        judged="awareness",
        text="An open incident has an update at least every 7 days, or at the date that was set.",
    ),
)


def _limit(name: str, section: str, *steps: tuple[int, int]) -> Steps:
    since = {0: _BR_1, 1: _SC6}
    return Steps(
        id=name,
        section=section,
        unit="seconds",
        judged="awareness",
        steps=tuple((since[which], seconds) for which, seconds in steps),
    )


STEPS: tuple[Steps, ...] = (
    _limit(LIMIT_24H, "BR 4.9.1.1", (0, _DAY)),
    _limit(LIMIT_5D, "BR 4.9.1.1", (0, _DAY), (1, 5 * _DAY)),
    _limit(LIMIT_CA, "BR 4.9.1.2", (0, 7 * _DAY)),
    _limit(LIMIT_ANSWER, "BR 4.9.5", (0, _DAY)),
    _limit(LIMIT_PRELIMINARY, "CCADB Incident Reporting Guidelines", (0, 72 * _HOUR)),
    _limit(LIMIT_FULL, "CCADB Incident Reporting Guidelines", (0, 14 * _DAY)),
    _limit(LIMIT_UPDATE, "CCADB Incident Reporting Guidelines", (0, 7 * _DAY)),
)
