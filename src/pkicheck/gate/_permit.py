"""The permit: the only thing that says that something may be signed, and it can be got in one way only.

A permit is made by `authorize` when everything passed. It has no public constructor, does not survive pickling,
copying or evolving, and expires. Code inside the process is trusted; what crosses a process or a host is a *seal*: a
signed text that the signing host opens with a public key and checks again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, final

from pkicheck.canon import (
    JsonValue,
    Sha256,
    canonical,
    decode_bytes,
    digest,
    encode_bytes,
    format_time,
    parse_json,
    parse_time,
    utc,
)
from pkicheck.csr import (
    Binding,
    CertificateResult,
    FixedFields,
    binding_from_json,
    binding_json,
    check_certificate,
    check_tbs,
    issuer_from_json,
    issuer_json,
)
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.issuerkey import IssuerKey
from pkicheck.plans import replay
from pkicheck.policy import Policy, policy_from_json, policy_json
from pkicheck.ports import Seen

if TYPE_CHECKING:
    from pkicheck.gate._result import GateResult

__all__ = ["LARGEST_SEAL", "SCHEMA", "Permit", "SealedPermit", "mint", "open_seal"]

SCHEMA: Final = "pkicheck/permit/1"
"""The schema of a sealed permit."""

LARGEST_SEAL: Final = 4 * 1024 * 1024
"""No sealed permit is longer, in octets."""

_MINT: Final = object()
_FIELDS: Final = (
    "schema",
    "at",
    "expires_at",
    "evidence",
    "order",
    "account",
    "serial",
    "not_before",
    "not_after",
    "binding",
    "issuer",
    "policy",
)


class _Checks:
    """What a permit and an opened seal have in common: content is compared with what was permitted."""

    __slots__ = ("_at", "_binding", "_expires_at", "_fixed", "_issuer", "_policy")

    _at: datetime
    _expires_at: datetime
    _binding: Binding
    _issuer: IssuerKey
    _fixed: FixedFields
    _policy: Policy

    @property
    def at(self) -> datetime:
        """The moment of the decision (UTC)."""
        return self._at

    @property
    def expires_at(self) -> datetime:
        """The last instant at which it permits a signature (UTC)."""
        return self._expires_at

    def _untimely(self, at: datetime) -> list[Finding]:
        if self._at <= at <= self._expires_at:
            return []
        expected = f"from {format_time(self._at)} to {format_time(self._expires_at)}"
        return [finding("gate.permit-expired", "permit", expected=expected, saw=[format_time(at)])]

    def _checked(self, data: bytes, *, at: datetime, signed: bool, more: list[Finding]) -> CertificateResult:
        check = check_certificate if signed else check_tbs
        result = check(
            data, binding=self._binding, issuer=self._issuer, at=at, policy=self._policy, issuance=self._fixed
        )
        return _with(result, more)


def _with(result: CertificateResult, more: list[Finding]) -> CertificateResult:
    import attrs  # noqa: PLC0415 - the permit itself is no attrs class, so that nothing evolves it

    return attrs.evolve(result, findings=(*more, *result.findings)) if more else result


@final
class Permit(_Checks):
    """Permission to sign one certificate. Only a passed `authorize` makes one: `GateResult.permit`."""

    __slots__ = ("_clock", "_evidence", "_result")

    def __init__(self, mint: object, result: GateResult, clock: Callable[[], datetime]) -> None:
        if mint is not _MINT:
            msg = "a permit is made by pkicheck.authorize alone: take GateResult.permit"
            raise TypeError(msg)
        issuance = result.plan.issuance
        keep = object.__setattr__
        keep(self, "_at", result.at)
        keep(self, "_expires_at", result.expires_at)
        keep(self, "_binding", issuance.binding)
        keep(self, "_issuer", issuance.issuer)
        keep(self, "_policy", result.policy)
        keep(
            self,
            "_fixed",
            FixedFields(not_before=issuance.not_before, not_after=issuance.not_after, serial=issuance.serial),
        )
        keep(self, "_result", result)
        keep(self, "_clock", clock)
        keep(self, "_evidence", digest(result.to_json()))

    @property
    def evidence(self) -> Sha256:
        """The digest of the evidence it was made from."""
        return self._evidence  # type: ignore[no-any-return,attr-defined]

    def check(self, tbs: bytes, *, at: datetime | None = None) -> CertificateResult:
        """Whether these octets are what was permitted, to be asked right before they are signed.

        Args:
            tbs: the TBSCertificate as DER, of the precertificate or of the certificate.
            at: the moment of signing (aware); by default the clock of the transport that `authorize` was given.

        Returns:
            The result of `check_tbs` with the serial number and validity that were permitted; a refusal when the permit
            has expired or its evidence was altered.
        """
        return self._check(tbs, at, signed=False)

    def check_signed(self, certificate: bytes, *, at: datetime | None = None) -> CertificateResult:
        """Whether a certificate or precertificate that was signed is what was permitted. Arguments as for `check`."""
        return self._check(certificate, at, signed=True)

    def _check(self, data: bytes, at: datetime | None, *, signed: bool) -> CertificateResult:
        moment = utc(self._clock() if at is None else at, what="at")  # type: ignore[attr-defined]
        more = self._untimely(moment)
        now: Sha256 = digest(self._result.to_json())  # type: ignore[attr-defined]
        if now != self.evidence:
            more.append(finding("gate.permit-altered", "permit", expected=self.evidence, saw=[now]))
        return self._checked(data, at=moment, signed=signed, more=more)

    def seal(self, sign: Callable[[bytes], bytes]) -> bytes:
        """The permit as a signed text for another process or host: JSON `pkicheck/permit/1`.

        Args:
            sign: makes an Ed25519 signature over the octets it is given, with a key of the gate.
        """
        issuance = self._result.plan.issuance  # type: ignore[attr-defined]
        body: dict[str, JsonValue] = {
            "schema": SCHEMA,
            "at": format_time(self._at),
            "expires_at": format_time(self._expires_at),
            "evidence": self.evidence,
            "order": issuance.order,
            "account": issuance.account,
            "serial": str(issuance.serial),
            "not_before": format_time(issuance.not_before),
            "not_after": format_time(issuance.not_after),
            "binding": encode_bytes(binding_json(self._binding)),
            "issuer": encode_bytes(issuer_json(self._issuer)),
            "policy": encode_bytes(canonical(policy_json(self._policy))),
        }
        signature = sign(canonical(body))
        return canonical({"permit": body, "signature": encode_bytes(signature)})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = "a permit cannot be changed"
        raise TypeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        msg = "a permit cannot be changed"
        raise TypeError(msg)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:  # noqa: ANN401 - as object declares it
        msg = "a permit stays in its process: hand over permit.seal(...)"
        raise TypeError(msg)

    def __copy__(self) -> NoReturn:
        msg = "a permit cannot be copied"
        raise TypeError(msg)

    def __deepcopy__(self, memo: object) -> NoReturn:
        msg = "a permit cannot be copied"
        raise TypeError(msg)

    def __init_subclass__(cls, **kwargs: object) -> NoReturn:
        msg = "a permit has no subclasses"
        raise TypeError(msg)


def mint(result: GateResult, clock: Callable[[], datetime]) -> Permit:
    """A permit from a passed result, decided once more: for `GateResult.permit` alone."""
    return Permit(_MINT, replay(result.plan, Seen(result.observations)).require(), clock)


@final
class SealedPermit(_Checks):
    """A permit that was opened on the signing host. It checks what is to be signed; it cannot be sealed again.

    Attributes:
        evidence: the digest of the evidence behind it, to be logged with the signature.
        order, account, serial: what it permits.
    """

    __slots__ = ("account", "evidence", "order", "serial")

    def __init__(self, body: Mapping[str, JsonValue]) -> None:
        text = {name: str(body[name]) for name in _FIELDS}
        self._at = parse_time(text["at"], what="permit.at")
        self._expires_at = parse_time(text["expires_at"], what="permit.expires_at")
        self.evidence, self.order, self.account = Sha256(text["evidence"]), text["order"], text["account"]
        if not text["serial"].isascii() or not text["serial"].isdigit():
            msg = "permit.serial must be a decimal number"
            raise InputError(msg)
        self.serial = int(text["serial"])
        self._binding = binding_from_json(decode_bytes(text["binding"], what="permit.binding"))
        self._issuer = issuer_from_json(decode_bytes(text["issuer"], what="permit.issuer"))
        self._policy = policy_from_json(
            parse_json(decode_bytes(text["policy"], what="permit.policy"), what="permit.policy")
        )
        self._fixed = FixedFields(
            not_before=parse_time(text["not_before"], what="permit.not_before"),
            not_after=parse_time(text["not_after"], what="permit.not_after"),
            serial=self.serial,
        )

    def check(self, tbs: bytes, *, at: datetime) -> CertificateResult:
        """Whether a TBSCertificate is what was permitted, at the moment of signing (aware)."""
        moment = utc(at, what="at")
        return self._checked(tbs, at=moment, signed=False, more=self._untimely(moment))

    def check_signed(self, certificate: bytes, *, at: datetime) -> CertificateResult:
        """Whether a certificate that was signed is what was permitted, at the moment of signing (aware)."""
        moment = utc(at, what="at")
        return self._checked(certificate, at=moment, signed=True, more=self._untimely(moment))


def open_seal(seal: bytes, *, public_key: bytes) -> SealedPermit:
    """Open a sealed permit with the gate's public key.

    Args:
        seal: what `Permit.seal` gave.
        public_key: the raw Ed25519 public key, 32 octets.

    Raises:
        InputError: a signature that is not the key's, another schema, fields that do not fit; the message says which.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only who opens a seal loads it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    if len(seal) > LARGEST_SEAL:
        msg = f"permit is longer than {LARGEST_SEAL} octets"
        raise InputError(msg)
    value = parse_json(seal, what="permit")
    if not isinstance(value, Mapping) or set(value) != {"permit", "signature"}:
        msg = "permit must be an object with exactly permit, signature"
        raise InputError(msg)
    body = value["permit"]
    if not isinstance(body, Mapping) or set(body) != set(_FIELDS) or body["schema"] != SCHEMA:
        msg = f"permit must be of schema {SCHEMA}, with exactly {', '.join(_FIELDS)}"
        raise InputError(msg)
    signature = decode_bytes(str(value["signature"]), what="permit.signature")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, canonical(dict(body)))
    except InvalidSignature:
        msg = "permit.signature is not that of this public key over this permit"
        raise InputError(msg) from None
    except ValueError as error:
        msg = f"public_key must be a raw Ed25519 public key: {error}"
        raise InputError(msg) from None
    return SealedPermit(body)
