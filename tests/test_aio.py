"""`pkicheck.aio` has the names and parameters of the blocking API, and comes to the same results."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, get_type_hints

import pytest

import pkicheck
from pkicheck import aio
from pkicheck.errors import InputError, TransportError
from pkicheck.policy import PRIVATE
from pkicheck.ports import AsyncTransport, Observation, Request, Transport
from pkicheck.results import Result
from pkicheck.testing import AsyncZone, FixedClock
from pkicheck.usecounts import AsyncValueUses, ValueUses
from tests import gatekit
from tests.samples import ACCOUNT, AT, CANARY, FAILING, ISSUERS, failing_zone, zone

CHECKS = [name for name in aio.__all__ if name != "Resolver"]

# What `pkicheck.aio` imports for type checkers only.
_LATE: dict[str, Any] = {
    name: getattr(pkicheck, name)
    for name in ("Approval", "BindResult", "GateResult", "Identity", "Issuance", "IssuerKey", "MpicResult")
}


@pytest.mark.parametrize("name", CHECKS)
def test_signatures_agree(name: str) -> None:
    """An asynchronous check has names, kinds, defaults and types of its blocking twin; only the transport differs."""
    blocking, asynchronous = getattr(pkicheck, name), getattr(aio, name)
    assert inspect.iscoroutinefunction(asynchronous)
    assert not inspect.iscoroutinefunction(blocking)
    one, other = inspect.signature(blocking).parameters, inspect.signature(asynchronous).parameters
    assert [(each.name, each.kind) for each in one.values()] == [(each.name, each.kind) for each in other.values()]
    assert [each.default for each in one.values()] == [each.default for each in other.values()]
    wanted = {key: AsyncTransport if hint is Transport else hint for key, hint in get_type_hints(blocking).items()}
    assert get_type_hints(asynchronous, localns=_LATE) == wanted
    assert Transport in get_type_hints(blocking).values()


def test_every_blocking_check_has_a_twin() -> None:
    """No check of the public API is blocking only, and nothing is asynchronous only."""
    functions = {name for name in pkicheck.__all__ if name.startswith(("authorize", "bind_", "check_"))}
    checks = {name for name in functions if Transport in get_type_hints(getattr(pkicheck, name)).values()}
    assert checks == set(CHECKS)
    assert set(aio.__all__) <= set(pkicheck.__all__)
    assert dir(aio) == sorted(aio.__all__)
    with pytest.raises(AttributeError, match=r"module 'pkicheck\.aio' has no attribute 'check_everything'"):
        aio.check_everything  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


def test_resolvers_agree() -> None:
    """The asynchronous resolver is made like the blocking one and has its methods, by the same parameters."""
    one, other = pkicheck.Resolver, aio.Resolver
    assert str(inspect.signature(other)).replace("asyncio", "") == str(inspect.signature(one))
    for name, method in inspect.getmembers(one, inspect.isfunction):
        if not name.startswith("_"):
            twin = getattr(other, name, None) or getattr(other, f"a{name}")
            assert list(inspect.signature(twin).parameters) == list(inspect.signature(method).parameters)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "good.com"},
        {"name": "other.com"},
        {"name": "lookup.timeout.com"},
        {"name": "*.wild.com"},
        {"name": "192.0.2.1"},
        {"name": "mail.com", "purpose": "smime"},
        {"name": "account.com", "accounts": (ACCOUNT,), "method": "http-01"},
        {"name": "good.com", "at": AT + timedelta(days=365), "policy": PRIVATE},
        {"name": "good.com", "deadline": timedelta(seconds=1)},
    ],
)
def test_results_agree(arguments: dict[str, Any]) -> None:
    """The same arguments over the same zone data give the same result and the same evidence, byte for byte (R139)."""
    name, rest = arguments["name"], {key: value for key, value in arguments.items() if key != "name"}
    recorded: list[Observation] = []
    one = pkicheck.check_caa(name, issuers=ISSUERS, resolver=zone(), **rest)
    other = asyncio.run(
        aio.check_caa(name, issuers=ISSUERS, resolver=AsyncZone(zone()), record=recorded.append, **rest)
    )
    assert isinstance(other, Result)
    assert other == one
    assert other.to_json() == one.to_json()
    assert set(recorded) == set(one.observations)


def test_failures_as_permission_agree() -> None:
    """The longest path, a failure that counts as permission, is the same in both."""
    one = pkicheck.check_caa(
        "www.unsigned.com", issuers=ISSUERS, resolver=failing_zone(), policy=FAILING, canary=CANARY
    )
    other = asyncio.run(
        aio.check_caa(
            "www.unsigned.com", issuers=ISSUERS, resolver=AsyncZone(failing_zone()), policy=FAILING, canary=CANARY
        )
    )
    assert other == one


def test_wrong_arguments_are_refused_before_anything_is_asked() -> None:
    """A wrong argument is an InputError, and no question goes out."""
    asked: list[Sequence[Request]] = []

    class Never:
        def now(self) -> Any:
            raise AssertionError

        async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            asked.append(batch)
            raise TransportError("never")

    with pytest.raises(InputError, match="issuers must not be empty"):
        asyncio.run(aio.check_caa("good.com", issuers=(), resolver=Never()))
    assert asked == []


def test_checks_run_side_by_side() -> None:
    """Several checks of one loop share nothing but their transport: each comes to its own result (R063)."""
    names = ["good.com", "other.com", "absent.com", "good.com"]

    async def program() -> list[pkicheck.CaaResult]:
        io = AsyncZone(zone())
        return await asyncio.gather(*(aio.check_caa(name, issuers=ISSUERS, resolver=io) for name in names))

    assert asyncio.run(program()) == [pkicheck.check_caa(name, issuers=ISSUERS, resolver=zone()) for name in names]


def test_the_gate_comes_to_the_same() -> None:
    """Authorized asynchronously, the same order gives the same evidence and a permit of the same clock (R021)."""
    order = gatekit.order()
    lists = AsyncValueUses(ValueUses(lists=gatekit.LISTS, clock=FixedClock(gatekit.AT)))

    async def program() -> pkicheck.GateResult:
        return await aio.authorize(
            order.issuance,
            validations=order.validations,
            caa=order.caa,
            corroborations=order.corroborations,
            lists=lists,
            at=order.at,
        )

    result = asyncio.run(program())
    assert result == order.authorize()
    assert result.to_json() == order.authorize().to_json()
    assert result.permit.evidence == order.authorize().permit.evidence
