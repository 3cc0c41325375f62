"""The extensions of a subscriber certificate, held against the profile (BR 7.1.2.7.6 to 7.1.2.7.12).

Alternative names have a module of their own. What stands here needs no binding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from pkicheck.der import OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, DerError, Element, context, defects_inside, read
from pkicheck.findings import Finding, finding
from pkicheck.issuerkey import IssuerKey
from pkicheck.keys import PublicKey, usage_findings
from pkicheck.pairs import POISON, POISON_OID, SCT_LIST_OID
from pkicheck.policy import Policy
from pkicheck.subject import CertificateKind
from pkicheck.x509 import Extension, extension_oid, read_certificate, read_extension

__all__ = ["SAN", "Profile", "issuer_extension", "issuer_profile", "profile_findings", "read_all", "reserved_kind"]

SAN: Final = "2.5.29.17"
_KEY_USAGE: Final = "2.5.29.15"
_EKU: Final = "2.5.29.37"
_BASIC: Final = "2.5.29.19"
_POLICIES: Final = "2.5.29.32"
_AKI: Final = "2.5.29.35"
_SKI: Final = "2.5.29.14"
_CRL_POINTS: Final = "2.5.29.31"
_AIA: Final = "1.3.6.1.5.5.7.1.1"

_SERVER: Final = "1.3.6.1.5.5.7.3.1"
_OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
_FORBIDDEN: Final[Mapping[str, str]] = {
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    _OCSP_SIGNING: "OCSPSigning",
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.4.1.11129.2.4.4": "precertificate signing",
}
_RESERVED: Final[Mapping[str, CertificateKind]] = {
    "2.23.140.1.2.1": "dv",
    "2.23.140.1.2.2": "ov",
    "2.23.140.1.2.3": "iv",
    "2.23.140.1.1": "ev",
}
# What most subscriber certificates have: a note when it is not there, for a linter decides whether it is needed.
_USUAL: Final[Mapping[str, str]] = {
    _AKI: "authorityKeyIdentifier",
    _EKU: "extKeyUsage",
    _POLICIES: "certificatePolicies",
}


@attrs.frozen(kw_only=True)
class Profile:
    """What extensions are held against.

    Attributes:
        policy: the caller's policy; the profile of the BR holds for a public one.
        key: the key of the certificate, None when it cannot be read.
        validated: how the applicant was validated, None when it is not known.
        issuer: the issuer key, None when it is not known.
        approved: extensions that somebody approved, as DER, None when nobody was asked.
    """

    policy: Policy
    key: PublicKey | None
    validated: CertificateKind | None
    issuer: IssuerKey | None
    approved: Sequence[bytes] | None


def read_all(elements: Sequence[Element], findings: list[Finding]) -> list[Extension]:
    """The extensions, each type once; what cannot be read or is there again is a finding."""
    found: dict[str, Extension] = {}
    for element in elements:
        try:
            each = read_extension(element)
        except DerError as defect:
            findings.append(_malformed(f"extensions, octet {defect.offset}", defect))
            continue
        if each.oid in found:
            findings.append(finding("certificate.extension-twice", f"extension {each.oid}"))
        found.setdefault(each.oid, each)
    return list(found.values())


def _malformed(place: str, defect: DerError) -> Finding:
    return finding("certificate.extension-malformed", place, saw=[defect.reason])


def profile_findings(extensions: Sequence[Extension], profile: Profile) -> list[Finding]:
    """What is to be said of the extensions, alternative names apart."""
    findings: list[Finding] = []
    present = {each.oid for each in extensions}
    for each in extensions:
        judge = _JUDGES.get(each.oid)
        place = f"extension {each.oid}"
        if judge is not None:
            try:
                findings += judge(each, profile, present)
            except DerError as defect:
                findings.append(_malformed(f"{place}, octet {defect.offset}", defect))
    findings += _approved(extensions, profile.approved)
    absent = [name for oid, name in _USUAL.items() if oid not in present]
    if absent and profile.policy.public:
        findings.append(finding("certificate.extension-absent", "extensions", saw=absent))
    return findings


_UNFIXED: Final = frozenset({SAN, POISON_OID, SCT_LIST_OID})


def _approved(extensions: Sequence[Extension], approved: Sequence[bytes] | None) -> list[Finding]:
    """Nothing that nobody approved: by type, or octet for octet when the issuance fixes them (R003)."""
    if approved is None:
        unknown = [each for each in extensions if each.oid not in _JUDGES and each.oid != SAN]
        return [finding("certificate.extension-not-approved", f"extension {each.oid}") for each in unknown]
    findings: list[Finding] = []
    wanted = {extension_oid(read(each, SEQUENCE)): each for each in approved}
    for each in extensions:
        encoded = wanted.get(each.oid)
        if each.oid in _UNFIXED or encoded == each.whole.encoded:
            continue
        place = f"extension {each.oid}"
        if encoded is None:
            findings.append(finding("certificate.extension-not-approved", place))
        else:
            saw = [each.whole.encoded[:100].hex()]
            findings.append(finding("certificate.extension-differs", place, expected=encoded[:100].hex(), saw=saw))
    present = {each.oid for each in extensions}
    missing = [oid for oid in wanted if oid not in present]
    return findings + [finding("certificate.extension-missing", f"extension {oid}") for oid in missing]


# -- one by one


def _usage(extension: Extension, profile: Profile, _: set[str]) -> list[Finding]:
    bits = extension.value.inner().named_bits()
    return [] if profile.key is None else list(usage_findings(profile.key, bits))


def _oids(element: Element) -> list[str]:
    if element.tag != SEQUENCE:
        raise DerError("wrong-tag", element.start)
    found = [each.oid() for each in element.children()]
    if not found:
        raise DerError("missing-element", element.body)
    return found


def _purposes(extension: Extension, profile: Profile, _: set[str]) -> list[Finding]:
    purposes = _oids(extension.value.inner())
    findings: list[Finding] = []
    if _SERVER not in purposes and profile.policy.public:
        findings.append(finding("certificate.eku-no-server", "extKeyUsage", expected=_SERVER, saw=purposes))
    forbidden = [f"{each} ({_FORBIDDEN[each]})" for each in purposes if each in _FORBIDDEN]
    if forbidden:
        findings.append(finding("certificate.eku-forbidden", "extKeyUsage", saw=forbidden))
    return findings


def _basic(extension: Extension, _: Profile, __: set[str]) -> list[Finding]:
    if extension.critical and extension.value.content == b"\x30\x00":
        return []
    saw = "critical" if extension.critical else "not critical"
    return [
        finding(
            "certificate.basic-ca",
            "basicConstraints",
            expected="critical, 3000",
            saw=[f"{saw}, {extension.value.content[:20].hex()}"],
        )
    ]


def _whole(extension: Extension) -> None:
    """The value is DER to its last octet, also where it is not read."""
    for flaw in defects_inside(extension.value):
        raise DerError(flaw.reason, flaw.offset)


def _policy_oids(extension: Extension) -> list[str]:
    outer = extension.value.inner()
    if outer.tag != SEQUENCE:
        raise DerError("wrong-tag", outer.start)
    return [each.reader().take(OBJECT_IDENTIFIER).oid() for each in outer.children()]


def reserved_kind(extensions: Sequence[Extension]) -> CertificateKind | None:
    """The way of validation that the policies name, None when they do not name exactly one."""
    try:
        found = [oid for each in extensions if each.oid == _POLICIES for oid in _policy_oids(each)]
    except DerError:
        return None
    kinds: list[CertificateKind] = [_RESERVED[each] for each in found if each in _RESERVED]
    return kinds[0] if len(kinds) == 1 else None


def _policies(extension: Extension, profile: Profile, _: set[str]) -> list[Finding]:
    found = _policy_oids(extension)
    _whole(extension)
    if not profile.policy.public:
        return []
    reserved = [_RESERVED[each] for each in found if each in _RESERVED]
    fits = len(reserved) == 1 and profile.validated in (None, reserved[0])
    if fits:
        return []
    expected = "one reserved policy" if profile.validated is None else profile.validated
    return [finding("certificate.policy-other", "certificatePolicies", expected=expected, saw=found)]


def _authority(extension: Extension, profile: Profile, _: set[str]) -> list[Finding]:
    inner = extension.value.inner()
    if inner.tag != SEQUENCE:
        raise DerError("wrong-tag", inner.start)
    fields = inner.contents()
    own = None if profile.issuer is None else issuer_extension(profile.issuer, _SKI)
    expected = None if own is None else own.value.inner().octet_string()
    if [tag for tag, _ in fields] == [context(0)] and expected in (None, fields[0][1]):
        return []
    saw = [content[:30].hex() for _, content in fields]
    wanted = "the key identifier" if expected is None else expected.hex()
    return [finding("certificate.key-id-differs", "authorityKeyIdentifier", expected=wanted, saw=saw)]


def _holds(tag: int) -> Callable[[Extension, Profile, set[str]], list[Finding]]:
    """An extension of which only the outermost type is looked at."""

    def judge(extension: Extension, _: Profile, __: set[str]) -> list[Finding]:
        inner = extension.value.inner()
        if inner.tag != tag:
            raise DerError("wrong-tag", inner.start)
        _whole(extension)
        return []

    return judge


def _poison(extension: Extension, _: Profile, present: set[str]) -> list[Finding]:
    if extension.whole.encoded != POISON or SCT_LIST_OID in present:
        return [finding("certificate.poison-malformed", f"extension {POISON_OID}")]
    return [finding("certificate.precertificate", f"extension {POISON_OID}")]


_JUDGES: Final[Mapping[str, Callable[[Extension, Profile, set[str]], list[Finding]]]] = {
    _KEY_USAGE: _usage,
    _EKU: _purposes,
    _BASIC: _basic,
    _POLICIES: _policies,
    _AKI: _authority,
    _SKI: _holds(OCTET_STRING),
    _CRL_POINTS: _holds(SEQUENCE),
    _AIA: _holds(SEQUENCE),
    SCT_LIST_OID: _holds(OCTET_STRING),
    POISON_OID: _poison,
}


def issuer_extension(issuer: IssuerKey, oid: str) -> Extension | None:
    """An extension of the certificate of an issuer key; None without certificate, extension, or DER."""
    if issuer.certificate is None:
        return None
    try:
        tbs, _, _ = read_certificate(issuer.certificate)
        return next((read_extension(each) for each in tbs.extensions if extension_oid(each) == oid), None)
    except DerError:
        return None


def issuer_profile(issuer: IssuerKey) -> list[Finding]:
    """Whether the certificate of the issuer holds OCSPSigning (BR 7.1.2.10.6)."""
    found = issuer_extension(issuer, _EKU)
    if found is None:
        return []
    try:
        purposes = _oids(found.value.inner())
    except DerError as defect:
        return [_malformed("extKeyUsage of the issuer", defect)]
    if _OCSP_SIGNING not in purposes:
        return []
    return [finding("certificate.issuer-ocsp-signing", "extKeyUsage of the issuer", saw=purposes)]
