"""The checks for asynchronous programs: the same names and parameters, over an `AsyncTransport`, of any event loop."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pkicheck.caa import DEADLINE, CaaResult, Purpose, caa_plan
from pkicheck.methods import MethodId
from pkicheck.names import CertName
from pkicheck.plans import arun
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import AsyncTransport, Recorder

__all__ = ["check_caa"]


async def check_caa(
    name: str | CertName,
    *,
    issuers: Collection[str],
    resolver: AsyncTransport,
    purpose: Purpose = "tls",
    accounts: Collection[str] = (),
    method: MethodId | str | None = None,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
    canary: str = "",
) -> CaaResult:
    """`pkicheck.check_caa`, asynchronous."""
    plan = caa_plan(
        name, issuers=issuers, purpose=purpose, accounts=accounts, method=method, at=at, policy=policy, canary=canary
    )
    return await arun(plan, resolver, deadline=deadline, record=record)
