"""The checks for asynchronous programs: the same names and parameters, over an `AsyncTransport`, of any event loop."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from pkicheck.caa import DEADLINE, CaaResult, Purpose, caa_plan
from pkicheck.dcv import DEADLINE as DCV_DEADLINE
from pkicheck.dcv import Challenge, DcvResult, dcv_plan
from pkicheck.keys import DEADLINE as KEY_DEADLINE
from pkicheck.keys import KeyResult, key_plan
from pkicheck.methods import MethodId
from pkicheck.namecheck import DEADLINE as NAME_DEADLINE
from pkicheck.namecheck import NameResult, Scope, name_plan, name_plans
from pkicheck.names import CertName
from pkicheck.plans import arun, arun_many
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import AsyncTransport, Recorder

if TYPE_CHECKING:
    from pkicheck._net._asyncio import Resolver
    from pkicheck.csr import BindResult, Identity
    from pkicheck.gate import Approval, GateResult, Issuance
    from pkicheck.issuerkey import IssuerKey
    from pkicheck.mpic import MpicResult

__all__ = ["Resolver", "authorize", "bind_csr", "check_caa", "check_dcv", "check_key", "check_name", "check_names"]


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


async def bind_csr(
    csr: bytes | str,
    *,
    identity: Identity,
    lists: AsyncTransport,
    at: datetime,
    policy: Policy = BASELINE,
    issuer: IssuerKey | None = None,
    deadline: timedelta = NAME_DEADLINE,
    record: Recorder | None = None,
) -> BindResult:
    """`pkicheck.bind_csr`, asynchronous."""
    from pkicheck.csr import bind_plan  # noqa: PLC0415 - it loads cryptography: only who binds does

    plan = bind_plan(csr, identity=identity, at=at, policy=policy, issuer=issuer)
    return await arun(plan, lists, deadline=deadline, record=record)


async def check_key(
    spki: bytes,
    *,
    lists: AsyncTransport,
    at: datetime,
    policy: Policy = BASELINE,
    deadline: timedelta = KEY_DEADLINE,
    record: Recorder | None = None,
) -> KeyResult:
    """`pkicheck.check_key`, asynchronous."""
    return await arun(key_plan(spki, at=at, policy=policy), lists, deadline=deadline, record=record)


async def check_dcv(
    challenge: Challenge,
    *,
    io: AsyncTransport,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    deadline: timedelta = DCV_DEADLINE,
    record: Recorder | None = None,
) -> DcvResult:
    """`pkicheck.check_dcv`, asynchronous."""
    return await arun(dcv_plan(challenge, at=at, policy=policy), io, deadline=deadline, record=record)


async def check_name(
    name: str | bytes | CertName,
    *,
    lists: AsyncTransport,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    scope: Scope | None = None,
    deadline: timedelta = NAME_DEADLINE,
    record: Recorder | None = None,
) -> NameResult:
    """`pkicheck.check_name`, asynchronous."""
    return await arun(name_plan(name, at=at, policy=policy, scope=scope), lists, deadline=deadline, record=record)


async def check_names(
    names: Iterable[str | bytes | CertName],
    *,
    lists: AsyncTransport,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    scope: Scope | None = None,
    deadline: timedelta = NAME_DEADLINE,
    record: Recorder | None = None,
) -> tuple[NameResult, ...]:
    """`pkicheck.check_names`, asynchronous."""
    plans = name_plans(names, at=at, policy=policy, scope=scope)
    return tuple([result async for _, result in arun_many(plans, lists, deadline=deadline, record=record)])


async def authorize(
    issuance: Issuance,
    *,
    validations: Collection[DcvResult],
    caa: Collection[CaaResult],
    corroborations: Collection[MpicResult],
    approvals: Collection[Approval] = (),
    lists: AsyncTransport,
    at: datetime,
    policy: Policy = BASELINE,
    deadline: timedelta = NAME_DEADLINE,
    record: Recorder | None = None,
) -> GateResult:
    """`pkicheck.authorize`, asynchronous."""
    from pkicheck.gate._result import gate_plan, with_clock  # noqa: PLC0415 - only who authorizes loads cryptography

    plan = gate_plan(
        issuance,
        validations=validations,
        caa=caa,
        corroborations=corroborations,
        approvals=approvals,
        at=at,
        policy=policy,
    )
    return with_clock(await arun(plan, lists, deadline=deadline, record=record), lists.now)
