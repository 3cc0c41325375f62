"""The entry points of the check of names, and the reading back of its question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final, cast

from pkicheck.canon import JsonValue, Sha256, decode_bytes, document_json, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.namecheck.plan import NamePlan, NameResult, Scope
from pkicheck.names import CertName, DomainName, WildcardName, address_text, parse_name
from pkicheck.plans import run, run_many
from pkicheck.policy import BASELINE, Policy, policy_from_json
from pkicheck.ports import Recorder, Transport

__all__ = ["DEADLINE", "check_name", "check_names", "name_plan", "name_plan_from_json", "name_plans"]

DEADLINE: Final = timedelta(seconds=20)
"""What a check may take when the caller does not say."""

# What `name_defects` looks at, and one octet more: the rest of a longer name changes nothing.
_KEPT: Final = 1025


def _read(name: str | bytes | CertName) -> tuple[CertName | None, bytes]:
    """The parsed name, or None and the octets that do not parse."""
    if isinstance(name, IPv6Address) and name.scope_id is not None:
        # A zone means something on one host only; as text it is a defect with a code.
        return None, address_text(name).encode("utf-8", "surrogatepass")[:_KEPT]
    if isinstance(name, (DomainName, WildcardName, IPv4Address, IPv6Address)):
        return name, b""
    if isinstance(name, str):
        text, raw = name, name[:_KEPT].encode("utf-8", "surrogatepass")[:_KEPT]
    elif isinstance(name, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        text, raw = name[:_KEPT].decode("latin-1"), name[:_KEPT]
    else:
        msg = f"name must be text, octets or a parsed name, got {type(name).__name__}"
        raise InputError(msg)
    try:
        parsed = parse_name(text)
    except InputError:
        return None, raw
    # In a dNSName an address is a defect (K08).
    address = isinstance(name, bytes) and isinstance(parsed, (IPv4Address, IPv6Address))
    return (None, raw) if address else (parsed, b"")


def name_plan(
    name: str | bytes | CertName,
    *,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    scope: Scope | None = None,
) -> NamePlan:
    """The plan of a check of one name, from arguments as callers write them.

    Args:
        name: text as people write it: a name or an address in its canonical text; or the octets of a dNSName, where an
            address is a defect; or a parsed name. What does not parse is refused by the plan, not here.
        at: another moment to judge than that of the answers, aware: a dry run.
        policy: the caller's policy.
        scope: `public` or `internal`; by default what the policy is for (`names.internal`).

    Raises:
        InputError: an argument of the wrong type, another scope, a naive datetime.
    """
    if scope not in (None, "public", "internal"):
        msg = f"scope must be public or internal, got {scope!a}"
        raise InputError(msg)
    parsed, raw = _read(name)
    return NamePlan(
        name=parsed,
        raw=raw,
        scope=scope or ("internal" if policy.names.internal else "public"),
        at=None if at is None else utc(at, what="at"),
        policy=policy,
    )


def name_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> NamePlan:
    """The plan that `NamePlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"name", "raw", "scope", "at", "policy"}
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    name, when = asked["name"], asked["at"]
    return name_plan(
        decode_bytes(str(asked["raw"]), what="asked.raw") if name is None else parse_name(str(name)),
        at=at if at is not None or when is None else parse_time(str(when), what="asked.at"),
        policy=policy_from_json(document_json(asked, "policy", documents)),
        scope=cast("Scope", asked["scope"]),
    )


def name_plans(
    names: Iterable[str | bytes | CertName],
    *,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    scope: Scope | None = None,
) -> tuple[NamePlan, ...]:
    """`name_plan` for each of the names, in their order.

    Raises:
        InputError: no name at all, or a wrong argument.
    """
    if isinstance(names, (str, bytes)):
        msg = "names must be several names; give one name to check_name"
        raise InputError(msg)
    plans = tuple(name_plan(name, at=at, policy=policy, scope=scope) for name in names)
    if not plans:
        msg = "names must hold at least one name"
        raise InputError(msg)
    return plans


def check_name(
    name: str | bytes | CertName,
    *,
    lists: Transport,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    scope: Scope | None = None,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
) -> NameResult:
    """Decide whether a name or address may stand in a certificate (BR 4.2.2, 7.1.2.7.12, Appendix B).

    Args:
        name: see `name_plan`.
        lists: answers the questions to the lists: `pkicheck.lists.PackagedLists`, or a transport of the caller.
        at: see `name_plan`.
        policy: see `name_plan`.
        scope: see `name_plan`.
        deadline: for the whole check.
        record: called with every observation as it arrives.

    Returns:
        The result; a name that is none is a refusal, a list that cannot be asked is a doubt.

    Raises:
        InputError: an argument is wrong; the message names it.
        TransportError: our own side is broken.
    """
    return run(name_plan(name, at=at, policy=policy, scope=scope), lists, deadline=deadline, record=record)


def check_names(
    names: Iterable[str | bytes | CertName],
    *,
    lists: Transport,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    scope: Scope | None = None,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
) -> tuple[NameResult, ...]:
    """`check_name` for each of the names: one result per given name, in their order, none left out or merged.

    A result depends on its own name and the lists, on neither the number nor the order of the others (R063).

    Args:
        names: at least one.
        lists: see `check_name`.
        at: see `name_plan`.
        policy: see `name_plan`.
        scope: see `name_plan`.
        deadline: for each name.
        record: called with every observation as it arrives.

    Raises:
        InputError: no name at all, or a wrong argument.
        TransportError: our own side is broken.
    """
    plans = name_plans(names, at=at, policy=policy, scope=scope)
    return tuple(result for _, result in run_many(plans, lists, deadline=deadline, record=record))
