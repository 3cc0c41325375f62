"""What is to be issued, and who approved it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, cast

import attrs

from pkicheck.canon import JsonValue, canonical, decode_bytes, digest, encode_bytes, format_time, parse_time, utc
from pkicheck.csr import Binding, binding_json, issuer_json
from pkicheck.errors import InputError
from pkicheck.issuerkey import IssuerKey, Purpose

__all__ = ["Approval", "Issuance", "approval_from_json", "approval_json", "approval_payload", "issuance_json"]

_LONGEST: Final = 255
# The gate judges what is too long for a certificate; a longer number could not even be written down.
_LONGEST_SERIAL: Final = 1024


def _spellings(value: Collection[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(cast("object", each), str) for each in value):
        msg = f"issuance: account_uris must be a collection of texts, got {value!a:.80}"
        raise InputError(msg)
    return tuple(sorted(set(value)))


def _not_before(value: datetime) -> datetime:
    return utc(value, what="issuance: not_before")


def _not_after(value: datetime) -> datetime:
    return utc(value, what="issuance: not_after")


def _approved_at(value: datetime) -> datetime:
    return utc(value, what="approval: at")


@attrs.frozen(kw_only=True)
class Issuance:
    """One certificate that is to be signed.

    Attributes:
        order: the order.
        issuer: the entry of the key that is to sign.
        binding: key and identity, bound for this order.
        account: the account that made the order; validations must be its own.
        account_uris: further spellings of the account that CAA records may use (RFC 8657 §3).
        not_before: the first valid second (UTC).
        not_after: the last valid second (UTC).
        serial: the serial number.
        test: whether the order is one of a test hierarchy.
        purpose: what the certificate is for.
    """

    order: str
    issuer: IssuerKey
    binding: Binding
    account: str
    not_before: datetime = attrs.field(converter=_not_before)
    not_after: datetime = attrs.field(converter=_not_after)
    serial: int
    account_uris: tuple[str, ...] = attrs.field(default=(), converter=_spellings)
    test: bool = False
    purpose: Purpose = "tls"

    def __attrs_post_init__(self) -> None:
        for name, kind in (("order", str), ("account", str), ("issuer", IssuerKey), ("binding", Binding)):
            value: object = getattr(self, name)
            if not isinstance(value, kind) or value == "":
                msg = f"issuance: {name} must be a {kind.__name__}, got {type(value).__name__}"
                raise InputError(msg)
        if not isinstance(cast("object", self.serial), int) or isinstance(self.serial, bool):
            msg = f"issuance: serial must be a whole number, got {type(self.serial).__name__}"
            raise InputError(msg)
        if self.serial.bit_length() > _LONGEST_SERIAL:
            msg = f"issuance: serial must be a number of at most {_LONGEST_SERIAL} bits"
            raise InputError(msg)
        if not isinstance(cast("object", self.test), bool):
            msg = "issuance: test must be true or false"
            raise InputError(msg)

    @property
    def accounts(self) -> frozenset[str]:
        """Every spelling of the account."""
        return frozenset((self.account, *self.account_uris))


def issuance_json(issuance: Issuance) -> dict[str, JsonValue]:
    """The issuance as JSON values; binding and issuer by the digests of their documents."""
    return {
        "order": issuance.order,
        "issuer": digest(issuer_json(issuance.issuer)),
        "binding": digest(binding_json(issuance.binding)),
        "account": issuance.account,
        "account_uris": list(issuance.account_uris),
        "not_before": format_time(issuance.not_before),
        "not_after": format_time(issuance.not_after),
        "serial": str(issuance.serial),
        "test": issuance.test,
        "purpose": issuance.purpose,
    }


@attrs.frozen(kw_only=True)
class Approval:
    """One person's approval of one issuance.

    Attributes:
        role: in which role.
        person: who.
        authentication: in which class the person had authenticated, for example `mfa`.
        at: when (UTC).
        signature: the Ed25519 signature over `approval_payload`.
    """

    role: str
    person: str
    authentication: str
    at: datetime = attrs.field(converter=_approved_at)
    signature: bytes

    def __attrs_post_init__(self) -> None:
        for name in ("role", "person", "authentication"):
            value: object = getattr(self, name)
            if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
                msg = f"approval: {name} must be a printable text of at most {_LONGEST} characters, got {value!a:.80}"
                raise InputError(msg)
        if not isinstance(cast("object", self.signature), bytes):
            msg = "approval: signature must be bytes"
            raise InputError(msg)


def approval_payload(issuance: Issuance, *, role: str, person: str, authentication: str, at: datetime) -> bytes:
    """What a person signs to approve an issuance: canonical JSON with the digest of all that is to be issued (R152)."""
    return canonical(
        {
            "schema": "pkicheck/approval/1",
            "issuance": digest(canonical(issuance_json(issuance))),
            "role": role,
            "person": person,
            "authentication": authentication,
            "at": format_time(utc(at, what="approval: at")),
        }
    )


def approval_json(approval: Approval) -> dict[str, JsonValue]:
    """An approval as JSON values."""
    return {
        "role": approval.role,
        "person": approval.person,
        "authentication": approval.authentication,
        "at": format_time(approval.at),
        "signature": encode_bytes(approval.signature),
    }


def approval_from_json(value: JsonValue) -> Approval:
    """Read what `approval_json` wrote.

    Raises:
        InputError: another shape; the message names it.
    """
    if not isinstance(value, Mapping) or set(value) != {"role", "person", "authentication", "at", "signature"}:
        msg = "an approval has exactly role, person, authentication, at, signature"
        raise InputError(msg)
    return Approval(
        role=str(value["role"]),
        person=str(value["person"]),
        authentication=str(value["authentication"]),
        at=parse_time(str(value["at"]), what="approval.at"),
        signature=decode_bytes(str(value["signature"]), what="approval.signature"),
    )
