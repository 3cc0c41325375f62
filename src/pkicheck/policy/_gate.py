"""The choices about the moment of signing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import attrs

from pkicheck.errors import InputError
from pkicheck.policy._fields import between, flag, span, texts

__all__ = ["GatePolicy"]

_APPROVER: Final = re.compile(r"[!-~]{1,64} [a-z0-9-]{1,32} [0-9a-f]{64}", re.ASCII)
# What is spelled otherwise would hold nothing: names in lower case without `*.` and final dot, addresses as compared.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOLD: Final = re.compile(
    r"all|(?:account|order):[!-~]{1,255}|issuer:[0-9a-f]{64}|kind:(?:dv|ov|iv|ev)"
    rf"|domain:(?:{_LABEL}(?:\.{_LABEL})*|[0-9a-f:.]*:[0-9a-f:.]*)",
    re.ASCII,
)
_ROLE: Final = re.compile(r"(?:dv|ov|iv|ev):[a-z0-9-]{1,32}", re.ASCII)


def _shaped(shape: re.Pattern[str], example: str) -> Any:  # noqa: ANN401 - a validator in the shape that attrs calls
    def check(_: object, attribute: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
        for item in value:
            if not shape.fullmatch(item):
                msg = f"policy: {attribute.name} holds texts such as {example!a}, got {item[:80]!a}"
                raise InputError(msg)

    return check


def _one_key_each(_: object, attribute: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    holders: dict[str, str] = {}
    for item in value:
        person, _role, key = item.split(" ")
        if holders.setdefault(key, person) != person:
            msg = f"policy: {attribute.name} gives one key to two persons: {holders[key]} and {person}"
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class GatePolicy:
    """Choices about the moment of signing.

    Attributes:
        roles: which approvals a certificate type needs, as `TYPE:ROLE`: `ev:validation`, `ev:final`. Each by another
            person.
        approvers: who may approve in which role, as `PERSON ROLE KEY`, the key an Ed25519 public key in hex.
        authentication: the authentication classes that count for approvals; empty: any class that is stated.
        approval_age: how old an approval may be.
        holds: classes of requests that are not issued: `all`, `account:ID`, `domain:NAME` (and below; an address as it
            is), `issuer:SPKI SHA-256`, `kind:TYPE`, `order:ID`.
        serials: whether a registry is asked that no serial number is used twice (list `gate.serials`).
        serial_bits: the fewest significant bits of a serial number.
        backdate: how far notBefore may lie from the moment of signing, at most 48 hours (BR 7.1.2.7).
        lifetime: how long a permit is good for at most.
        disclosed: whether a public issuer has to be disclosed.
    """

    roles: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_shaped(_ROLE, "ev:final"))
    approvers: tuple[str, ...] = attrs.field(
        default=(), converter=texts, validator=[_shaped(_APPROVER, "anna final 3d40..."), _one_key_each]
    )
    authentication: tuple[str, ...] = attrs.field(default=(), converter=texts)
    approval_age: timedelta = attrs.field(
        default=timedelta(days=1), validator=span(timedelta(minutes=1), timedelta(days=398))
    )
    holds: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_shaped(_HOLD, "domain:example.com"))
    serials: bool = attrs.field(default=True, validator=flag)
    serial_bits: int = attrs.field(default=64, validator=between(64, 160))
    backdate: timedelta = attrs.field(default=timedelta(hours=48), validator=span(timedelta(0), timedelta(hours=48)))
    lifetime: timedelta = attrs.field(
        default=timedelta(hours=1), validator=span(timedelta(seconds=1), timedelta(hours=8))
    )
    disclosed: bool = attrs.field(default=True, validator=flag)
