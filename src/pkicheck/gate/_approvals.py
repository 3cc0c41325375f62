"""Approvals: enough of them, by different persons, authentic, and recent; and classes of requests on hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from pkicheck.canon import format_time
from pkicheck.findings import Finding, finding
from pkicheck.gate._issuance import Approval, Issuance, approval_payload
from pkicheck.names import CertName, WildcardName
from pkicheck.policy import GatePolicy

__all__ = ["approval_findings", "hold_findings"]


def approval_findings(
    issuance: Issuance, approvals: Sequence[Approval], *, at: datetime, policy: GatePolicy
) -> Iterator[Finding]:
    """What is wrong with the approvals of an issuance (R004, R145, R152).

    A role counts once somebody who may act in it approved this very issuance. No person counts for two roles.
    """
    kind = issuance.binding.identity.kind
    needed = [each.partition(":")[2] for each in policy.roles if each.startswith(f"{kind}:")]
    good: dict[str, set[str]] = {}
    for each in approvals:
        place = f"approval of {each.person} as {each.role}"
        if each.role not in needed:
            yield finding("gate.approval-unneeded", place)
            continue
        wrong = list(_wrong(issuance, each, place, at=at, policy=policy))
        yield from wrong
        if not wrong:
            good.setdefault(each.role, set()).add(each.person)
    for role in needed:
        if role not in good:
            yield finding("gate.approval-missing", f"role {role}")
    if all(role in good for role in needed) and not _assignable([good[role] for role in needed]):
        yield finding(
            "gate.approval-same-person", "approvals", saw=sorted({each for people in good.values() for each in people})
        )


def _wrong(
    issuance: Issuance, approval: Approval, place: str, *, at: datetime, policy: GatePolicy
) -> Iterator[Finding]:
    if not _authentic(issuance, approval, policy):
        yield finding("gate.approval-not-authentic", place)
    allowed = policy.authentication
    if not approval.authentication or (allowed and approval.authentication not in allowed):
        expected = ", ".join(allowed) or "a stated class"
        yield finding("gate.approval-authentication", place, expected=expected, saw=[approval.authentication])
    if not timedelta(0) <= at - approval.at <= policy.approval_age:
        expected = f"within {policy.approval_age} before {format_time(at)}"
        yield finding("gate.approval-time", place, expected=expected, saw=[format_time(approval.at)])


def _authentic(issuance: Issuance, approval: Approval, policy: GatePolicy) -> bool:
    """Whether the signature is that of a key which the policy gives this person in this role."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only who needs approvals loads it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    payload = approval_payload(
        issuance,
        role=approval.role,
        person=approval.person,
        authentication=approval.authentication,
        at=approval.at,
    )
    for each in policy.approvers:
        person, role, key = each.split(" ")
        if (person, role) == (approval.person, approval.role):
            try:
                Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(approval.signature, payload)
            except (InvalidSignature, ValueError):
                continue
            return True
    return False


def _assignable(choices: Sequence[set[str]]) -> bool:
    """Whether every role can be given a person of its own (a matching; there are few roles)."""
    taken: dict[str, int] = {}

    def place(role: int, tried: set[str]) -> bool:
        for person in sorted(choices[role] - tried):
            tried.add(person)
            if person not in taken or place(taken[person], tried):
                taken[person] = role
                return True
        return False

    return all(place(role, set()) for role in range(len(choices)))


def hold_findings(issuance: Issuance, policy: GatePolicy) -> Iterator[Finding]:
    """A finding for each hold that this issuance falls under."""
    identity = issuance.binding.identity
    for hold in policy.holds:
        what, _, value = hold.partition(":")
        held = {
            "all": True,
            "account": value in issuance.accounts,
            "order": value == issuance.order,
            "kind": value == identity.kind,
            "issuer": value == issuance.issuer.id,
            "domain": any(_below(each, value.lower()) for each in identity.names),
        }[what]
        if held:
            yield finding("gate.hold", hold)


def _below(name: CertName, domain: str) -> bool:
    if isinstance(name, (IPv4Address, IPv6Address)):
        return str(name) == domain
    base = name.base if isinstance(name, WildcardName) else name
    return any(each.text == domain for each in base.climb())
