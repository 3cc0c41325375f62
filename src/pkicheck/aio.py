"""The checks for asynchronous programs: the same names and parameters, over an `AsyncTransport`, of any event loop."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from pkicheck.caa import DEADLINE, CaaResult, Purpose, caa_plan
from pkicheck.methods import MethodId
from pkicheck.names import CertName
from pkicheck.plans import arun
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import AsyncTransport, Recorder

if TYPE_CHECKING:
    from pkicheck._net._asyncio import Resolver

__all__ = ["Resolver", "check_caa"]


# The checks run under any event loop; asyncio is imported by who asks for its resolver. A type checker has to refuse a
# name that does not exist, so it does not see this.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        if name != "Resolver":
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = import_module("pkicheck._net._asyncio").Resolver
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)


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
