"""CAA resolution: RFC 8659, RFC 8657, RFC 9495 and the Baseline Requirements 3.2.2.8.

`records` reads RDATA, `decide` judges one record set, `check` climbs, `failure` knows when a failed lookup may count,
`result` says what came out and until when it holds, `explain` and `iodef` put it into words.
"""

from __future__ import annotations

from pkicheck.caa.check import DEADLINE, CaaPlan, caa_plan, check_caa
from pkicheck.caa.explain import explain_caa
from pkicheck.caa.iodef import IodefContact, IodefReport, iodef_reports
from pkicheck.caa.result import CaaResult, Purpose

__all__ = [
    "DEADLINE",
    "CaaPlan",
    "CaaResult",
    "IodefContact",
    "IodefReport",
    "Purpose",
    "caa_plan",
    "check_caa",
    "explain_caa",
    "iodef_reports",
]
