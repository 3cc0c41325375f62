"""Is this what was bound? A TBSCertificate before it is signed, or a certificate after, octet for octet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timezone
from functools import cached_property
from typing import ClassVar, Final, Literal, TypeAlias

import attrs

from pkicheck.canon import (
    JsonValue,
    canonical,
    digest,
    encode_bytes,
    format_time,
    utc,
)
from pkicheck.csr._bind import issuer_findings
from pkicheck.csr._binding import Binding, binding_json
from pkicheck.csr._documents import issuer_json
from pkicheck.csr._extensions import SAN, Profile, issuer_profile, profile_findings, read_all, reserved_kind
from pkicheck.csr._fields import algorithm_findings, frame_findings, issuer_name_findings, validity_findings
from pkicheck.csr._names import bound_names, common_names, read_names, subject_findings
from pkicheck.csr._signature import Proof, check_signature
from pkicheck.der import SEQUENCE, DerError, Element, defects, read
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Level, finding
from pkicheck.issuerkey import IssuerKey, ObjectKind
from pkicheck.keys import inspect_key
from pkicheck.names import CertName
from pkicheck.pairs import POISON_OID
from pkicheck.policy import BASELINE, Policy, policy_json
from pkicheck.ports import Seen
from pkicheck.results import Kind, Result
from pkicheck.subject import inspect_subject
from pkicheck.x509 import Tbs, read_certificate, read_tbs

__all__ = [
    "OPEN",
    "CertificatePlan",
    "CertificateResult",
    "FixedFields",
    "Form",
    "check_certificate",
    "check_tbs",
    "inspect_certificate",
]

Form: TypeAlias = Literal["certificate", "tbs"]
"""What is given: a certificate, or a TBSCertificate that is still to be signed."""

_EPOCH: Final = datetime.fromtimestamp(0, tz=timezone.utc)


def _extensions(value: Collection[bytes] | None) -> tuple[bytes, ...] | None:
    if value is None:
        return None
    for each in value:
        try:
            read(each, SEQUENCE)
        except (DerError, TypeError) as defect:
            msg = f"extensions must be extensions in DER: {defect}"
            raise InputError(msg) from None
    return tuple(sorted(value))


def _moment(value: datetime | None) -> datetime | None:
    return None if value is None else utc(value, what="not_before and not_after")


@attrs.frozen(kw_only=True)
class FixedFields:
    """What the issuance fixes beside the binding. What is None is left open, and the result says so.

    Attributes:
        not_before: the beginning of the validity (UTC).
        not_after: its last second (UTC).
        serial: the serial number.
        extensions: all extensions but alternative names, poison and SCTs, each as DER, in any order.

    Raises:
        InputError: a naive moment, or an extension that is no DER.
    """

    not_before: datetime | None = attrs.field(default=None, converter=_moment)
    not_after: datetime | None = attrs.field(default=None, converter=_moment)
    serial: int | None = None
    extensions: tuple[bytes, ...] | None = attrs.field(default=None, converter=_extensions)


OPEN: Final = FixedFields()
"""An issuance that fixes nothing."""


@attrs.frozen(kw_only=True)
class CertificateResult(Result):
    """The result of a check of one certificate.

    Attributes:
        names: the names of the certificate that could be read, in their order.
        serial: its serial number, None when it could not be read.
        plan: the question.
    """

    kind: ClassVar[Kind] = "certificate"

    names: tuple[CertName, ...]
    serial: int | None
    plan: CertificatePlan

    def subject(self) -> str:
        """`certificate <SHA-256>`, the first eight octets of it."""
        return f"{self.plan.form} {digest(self.plan.data)[:16]}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """Certificate, binding, issuer and policy."""
        return self.plan.documents()


@attrs.frozen(kw_only=True)
class CertificatePlan:
    """The question "is this what was bound?" as a value. Nothing has to be seen.

    Attributes:
        data: the certificate or TBSCertificate in DER.
        form: which of the two it is.
        binding: what was bound; None: the certificate is held against the rules only.
        issuer: the issuer key; None only without a binding.
        at: the moment of signing (UTC); None: the certificate's own notBefore.
        policy: the caller's policy.
        issuance: what the issuance fixes.
    """

    data: bytes
    form: Form
    binding: Binding | None
    issuer: IssuerKey | None
    at: datetime | None
    policy: Policy = BASELINE
    issuance: FixedFields = OPEN

    def step(self, _: Seen, /) -> CertificateResult:
        """The result, at once.

        Steps:
            1. The frame: DER, version 3, serial number, no unique identifiers.
            2. The algorithm, inside and beside, and the signature of the issuer's key.
            3. The issuer: its name octet for octet, scope, purpose, kind, permitted domains, no OCSPSigning.
            4. The validity: both ends included, by the limit of the day of signing.
            5. The public key: the octets that were bound, and everything that `pkicheck.keys` knows without lists.
            6. The names, each by its own type; as a set, and in order; the common name; the subject.
            7. The extensions: those of the profile, nothing that nobody approved.
        """
        return _Check(self).result()

    @cached_property
    def _documents(self) -> tuple[bytes, bytes | None, bytes | None, bytes]:
        return (
            self.data,
            None if self.binding is None else binding_json(self.binding),
            None if self.issuer is None else issuer_json(self.issuer),
            canonical(policy_json(self.policy)),
        )

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; certificate, binding, issuer and policy by the digests of their documents."""
        data, binding, issuer, policy = (None if each is None else digest(each) for each in self._documents)
        fixed = self.issuance
        return {
            "data": data,
            "form": self.form,
            "binding": binding,
            "issuer": issuer,
            "at": None if self.at is None else format_time(self.at),
            "policy": policy,
            "not_before": None if fixed.not_before is None else format_time(fixed.not_before),
            "not_after": None if fixed.not_after is None else format_time(fixed.not_after),
            "serial": None if fixed.serial is None else str(fixed.serial),
            "extensions": None if fixed.extensions is None else [encode_bytes(each) for each in fixed.extensions],
        }

    def documents(self) -> tuple[bytes, ...]:
        """Certificate, binding, issuer and policy."""
        return tuple(each for each in self._documents if each is not None)


class _Check:
    """One check: what was found so far."""

    def __init__(self, plan: CertificatePlan) -> None:
        self.plan = plan
        self.findings: list[Finding] = []
        self.names: list[tuple[str, CertName]] = []
        self.at = plan.at or _EPOCH

    def result(self) -> CertificateResult:
        plan = self.plan
        tbs, algorithm, signature = self._read()
        serial = None
        if tbs is not None:
            frame, serial = frame_findings(tbs, plan.issuance.serial, public=plan.policy.public)
            self.findings += frame
            validity, not_before = validity_findings(tbs, plan.issuance, plan.at, public=plan.policy.public)
            self.findings += validity
            if plan.at is None:
                self.at = not_before or _EPOCH
            self._signed(tbs, algorithm, signature)
            self._bound(tbs)
            self._open()
        if all(each.level is Level.NOTE for each in self.findings):
            code = "certificate.matches" if plan.binding is not None else "certificate.not-compared"
            self.findings.insert(0, finding(code, "certificate"))
        return CertificateResult(
            findings=tuple(self.findings),
            at=self.at,
            policy=plan.policy,
            expires_at=None,
            observations=(),
            names=tuple(name for _, name in self.names),
            serial=serial,
            plan=plan,
        )

    def _read(self) -> tuple[Tbs | None, Element | None, Element | None]:
        data = self.plan.data
        grouped = [f"{each.reason} at octet {each.offset}" for each in defects(data)]
        if grouped:
            self.findings.append(finding("certificate.not-der", "certificate", saw=grouped))
        try:
            if self.plan.form == "tbs":
                return read_tbs(read(data, SEQUENCE)), None, None
            return read_certificate(data)
        except DerError as defect:
            place = f"octet {defect.offset}"
            self.findings.append(finding("certificate.unreadable", place, saw=[defect.reason]))
            return None, None, None

    def _signed(self, tbs: Tbs, algorithm: Element | None, signature: Element | None) -> None:
        """The algorithm, the signature, and the issuer behind them."""
        plan, issuer = self.plan, self.plan.issuer
        self.findings += algorithm_findings(tbs, algorithm, issuer)
        if issuer is None:
            return
        self.findings += issuer_name_findings(tbs, issuer)
        self.findings += issuer_profile(issuer)
        gone = issuer.destroyed_at is not None and issuer.destroyed_at <= self.at
        unborn = issuer.created_at is not None and issuer.created_at > self.at
        if gone or unborn:
            self.findings.append(finding("certificate.issuer-gone", "issuer", saw=[format_time(self.at)]))
        if plan.binding is not None:
            self.findings += issuer_findings(plan.binding.identity, issuer)
        if algorithm is not None and signature is not None:
            self._verify(tbs, algorithm, signature, issuer)

    def _verify(self, tbs: Tbs, algorithm: Element, signature: Element, issuer: IssuerKey) -> None:
        try:
            octets = signature.bit_string()
        except DerError as defect:
            self.findings.append(finding("certificate.signature-invalid", "signature", saw=[defect.reason]))
            return
        check = check_signature(
            spki=issuer.spki, algorithm=algorithm.encoded, signed=tbs.whole.encoded, signature=octets
        )
        if check.proof is not Proof.VALID:
            saw = [check.proof.value, check.algorithm]
            self.findings.append(finding("certificate.signature-invalid", "signature", saw=saw))

    def _bound(self, tbs: Tbs) -> None:
        """Key, names, subject and extensions."""
        plan, binding = self.plan, self.plan.binding
        inspected = inspect_key(tbs.key.encoded, policy=plan.policy.keys)
        self.findings += inspected.findings
        extensions = read_all(tbs.extensions, self.findings)
        san = next((each for each in extensions if each.oid == SAN), None)
        has_subject = tbs.subject.body != tbs.subject.end
        self.names = read_names(san, has_subject=has_subject, findings=self.findings)
        self.findings += common_names(tbs.subject, self.names)
        if plan.issuer is not None:
            poisoned = any(each.oid == POISON_OID for each in extensions)
            kind: ObjectKind = "precertificate" if poisoned else "certificate"
            if kind not in plan.issuer.kinds:
                kinds = sorted(plan.issuer.kinds)
                self.findings.append(finding("certificate.issuer-kind", "issuer", expected=kind, saw=kinds))
        validated = reserved_kind(extensions) if binding is None else binding.identity.kind
        if validated is not None:
            subject = inspect_subject(tbs.subject.encoded, kind=validated, at=self.at, policy=plan.policy.subject)
            self.findings += subject.findings
        profile = Profile(
            policy=plan.policy,
            key=inspected.key,
            validated=validated,
            issuer=plan.issuer,
            approved=plan.issuance.extensions,
        )
        self.findings += profile_findings(extensions, profile)
        if binding is None:
            return
        if binding.policy != plan.policy.fingerprint:
            self.findings.append(
                finding("certificate.policy-differs", "policy", expected=plan.policy.fingerprint, saw=[binding.policy])
            )
        if tbs.key.encoded != binding.spki:
            same = inspected.key is not None and inspected.key == inspect_key(binding.spki, policy=plan.policy.keys).key
            code = "certificate.key-encoding" if same else "certificate.key-differs"
            saw = [digest(tbs.key.encoded)]
            self.findings.append(finding(code, "public key", expected=binding.spki_sha256, saw=saw))
        self.findings += bound_names(self.names, binding.identity)
        self.findings += subject_findings(tbs.subject, binding.identity)

    def _open(self) -> None:
        """Say what nothing fixes."""
        fixed = self.plan.issuance
        names = ("not_before", "not_after", "serial", "extensions")
        left = [each for each in names if getattr(fixed, each) is None]
        if left and self.plan.binding is not None:
            self.findings.append(finding("certificate.left-open", "issuance", saw=left))


def _octets(name: str, value: bytes) -> None:
    if not isinstance(value, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"{name} must be bytes (DER), got {type(value).__name__}"
        raise InputError(msg)


def _is_a(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        msg = f"{name} must be a {kind.__name__}, got {type(value).__name__}"
        raise InputError(msg)


def check_tbs(
    tbs: bytes,
    *,
    binding: Binding,
    issuer: IssuerKey,
    at: datetime,
    policy: Policy = BASELINE,
    issuance: FixedFields = OPEN,
) -> CertificateResult:
    """Decide whether a TBSCertificate is what was bound, before it is signed (BR 4.3.1.2, 7.1.2.7, 7.1.4).

    Args:
        tbs: the TBSCertificate in DER: the very octets that are to be signed.
        binding: what was bound.
        issuer: the key that is to sign; its certificate gives the issuer's name.
        at: the moment of signing, aware: it enters the table of limits.
        policy: the caller's policy: the one that the binding was made under.
        issuance: what the issuance fixes beside the binding.

    Raises:
        InputError: an argument of the wrong type, or a naive datetime; octets that are no TBSCertificate are a refusal.
    """
    return _check("tbs", tbs, binding=binding, issuer=issuer, at=at, policy=policy, issuance=issuance)


def check_certificate(
    certificate: bytes,
    *,
    binding: Binding,
    issuer: IssuerKey,
    at: datetime,
    policy: Policy = BASELINE,
    issuance: FixedFields = OPEN,
) -> CertificateResult:
    """Decide whether a certificate, or precertificate, is what was bound, and signed by this issuer.

    Args:
        certificate: the certificate in DER.
        binding: what was bound.
        issuer: the key that has signed.
        at: the moment of signing, aware.
        policy: the caller's policy: the one that the binding was made under.
        issuance: what the issuance fixes beside the binding.

    Raises:
        InputError: an argument of the wrong type, or a naive datetime; octets that are no certificate are a refusal.
    """
    return _check("certificate", certificate, binding=binding, issuer=issuer, at=at, policy=policy, issuance=issuance)


def _check(
    form: Form,
    data: bytes,
    *,
    binding: Binding,
    issuer: IssuerKey,
    at: datetime,
    policy: Policy,
    issuance: FixedFields,
) -> CertificateResult:
    _octets(form, data)
    _is_a("binding", binding, Binding)
    _is_a("issuer", issuer, IssuerKey)
    _is_a("issuance", issuance, FixedFields)
    moment = utc(at, what="at")
    plan = CertificatePlan(
        data=data, form=form, binding=binding, issuer=issuer, at=moment, policy=policy, issuance=issuance
    )
    return plan.step(Seen())


def inspect_certificate(
    certificate: bytes,
    *,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    issuer: IssuerKey | None = None,
) -> CertificateResult:
    """Hold a certificate against the rules alone, without a binding: what a search through a store of them does.

    A PASS says that nothing speaks against it, and nothing about whether anybody approved it.

    Args:
        certificate: the certificate in DER.
        at: the moment of signing, aware; None: its own notBefore.
        policy: the caller's policy.
        issuer: the key that has signed, when it is known.

    Raises:
        InputError: an argument of the wrong type, or a naive datetime; octets that are no certificate are a refusal.
    """
    _octets("certificate", certificate)
    if issuer is not None:
        _is_a("issuer", issuer, IssuerKey)
    moment = None if at is None else utc(at, what="at")
    plan = CertificatePlan(data=certificate, form="certificate", binding=None, issuer=issuer, at=moment, policy=policy)
    return plan.step(Seen())
