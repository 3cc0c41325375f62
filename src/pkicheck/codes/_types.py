"""The shape of a finding code."""

from __future__ import annotations

from enum import Enum

import attrs

from pkicheck.rules import RuleId

__all__ = ["Code", "Level"]


class Level(Enum):
    """What a finding does to the verdict: any refusal gives FAIL, else any doubt INCOMPLETE, else PASS."""

    REFUSAL = "refusal"
    DOUBT = "doubt"
    NOTE = "note"


@attrs.frozen
class Code:
    """One kind of finding.

    Attributes:
        id: `area.subject-what`; never reused, never renamed.
        level: what it does to the verdict.
        meaning: one sentence that states the fact.
        remedy: what would make it go away, for a reader who is no expert.
        rules: the rules it is judged by.
    """

    id: str
    level: Level
    meaning: str
    remedy: str
    rules: tuple[RuleId, ...] = ()
