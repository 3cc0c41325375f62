"""Multi-perspective issuance corroboration (BR 3.2.2.9): remote perspectives confirm what the primary one concluded.

result = corroborate(primary, reports, seat=seat, at=at)
result.quorum                     # "4/5", as the log wants it
result.require()
"""

from __future__ import annotations

from pkicheck.mpic._corroborate import Count, RemoteReport, Requirements, Subject, decide, requirements
from pkicheck.mpic._places import Perspective, Rir, distance_km, far_enough
from pkicheck.mpic._result import MpicPlan, MpicResult, corroborate, mpic_plan_from_json

__all__ = [
    "Count",
    "MpicPlan",
    "MpicResult",
    "Perspective",
    "RemoteReport",
    "Requirements",
    "Rir",
    "Subject",
    "corroborate",
    "decide",
    "distance_km",
    "far_enough",
    "mpic_plan_from_json",
    "requirements",
]
