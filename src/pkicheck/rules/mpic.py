"""Rules of multi-perspective issuance corroboration: BR 3.2.2.9."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_DISTINCT",
    "BR_LOG",
    "BR_MPIC",
    "BR_QUORUM",
    "BR_REGIONS",
    "BR_RESOLVERS",
    "BR_REUSE",
    "REMOTES",
    "REUSE",
    "RULES",
    "STEPS",
]

BR_MPIC: Final = RuleId("br.3.2.2.9/corroborate")
BR_QUORUM: Final = RuleId("br.3.2.2.9/quorum")
BR_REGIONS: Final = RuleId("br.3.2.2.9/regions")
BR_DISTINCT: Final = RuleId("br.3.2.2.9/distinct")
BR_RESOLVERS: Final = RuleId("br.3.2.2.9/resolvers")
BR_REUSE: Final = RuleId("br.3.2.2.9/caa-reuse")
BR_LOG: Final = RuleId("br.5.4.1/mpic-log")
REMOTES: Final = "br.3.2.2.9/remotes"
REUSE: Final = "br.3.2.2.9/caa-reuse-limit"

_SECTION = "BR 3.2.2.9"
_MEASURED = day(2025, 3, 15)
_BINDING = day(2025, 9, 15)
_REGIONS = day(2026, 3, 15)
_FOUR = day(2026, 6, 15)
_FIVE = day(2026, 12, 15)

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_MPIC,
        section=_SECTION,
        ballot="SC-067",
        effective=_MEASURED,
        judged="validation",
        text="What the primary network perspective concludes of control and of CAA is corroborated by remote ones.",
    ),
    Rule(
        id=BR_QUORUM,
        section=_SECTION,
        ballot="SC-067",
        effective=_BINDING,
        judged="validation",
        text=(
            "Without the quorum there is no issuance: of 2 to 5 remote perspectives one may fail to corroborate, of 6 "
            "or more two."
        ),
    ),
    Rule(
        id=BR_REGIONS,
        section=_SECTION,
        ballot="SC-067",
        effective=_REGIONS,
        judged="validation",
        text="The remote perspectives that corroborate lie in at least two regional Internet registry regions.",
    ),
    Rule(
        id=BR_DISTINCT,
        section="BR 1.6.1, 3.2.2.9",
        ballot="SC-067",
        effective=_MEASURED,
        judged="validation",
        text="Two perspectives of a quorum, the primary included, lie at least 500 km apart.",
    ),
    Rule(
        id=BR_RESOLVERS,
        section=_SECTION,
        ballot="SC-067",
        effective=_MEASURED,
        judged="validation",
        text=(
            "The resolver of a perspective lies in its regional Internet registry region, and any two resolvers of an "
            "attempt at least 500 km apart."
        ),
    ),
    Rule(
        id=BR_REUSE,
        section=_SECTION,
        ballot="SC-067",
        effective=_MEASURED,
        judged="issuance",
        text="The corroboration of a CAA check may be reused for the domain and those below it for up to 398 days.",
    ),
    Rule(
        id=BR_LOG,
        section="BR 5.4.1 (2)",
        ballot="SC-067",
        effective=_MEASURED,
        judged="validation",
        text=(
            "Of each attempt the log has the perspective, the name or address and the result, and for each name or "
            "address the quorum result."
        ),
    ),
)

STEPS: tuple[Steps, ...] = (
    Steps(
        id=REMOTES,
        section=_SECTION,
        unit="remote perspectives",
        judged="validation",
        steps=((_MEASURED, 2), (_REGIONS, 3), (_FOUR, 4), (_FIVE, 5)),
    ),
    Steps(id=REUSE, section=_SECTION, unit="seconds", steps=((_MEASURED, 398 * 86_400),)),
)
