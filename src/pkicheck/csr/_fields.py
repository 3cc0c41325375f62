"""The fields of a certificate that every certificate has: serial number, algorithm, issuer, validity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pkicheck.canon import format_time
from pkicheck.der import UTC_TIME, DerError, Element, read
from pkicheck.findings import Finding, finding
from pkicheck.issuerkey import IssuerKey
from pkicheck.keys import EC_IDS, RSA_ID
from pkicheck.rules import step
from pkicheck.rules.certificate import VALIDITY
from pkicheck.x509 import Tbs, says_the_same

if TYPE_CHECKING:
    from pkicheck.csr._certificate import FixedFields

__all__ = ["algorithm_findings", "frame_findings", "issuer_name_findings", "validity_findings"]

_VERSION_3: Final = bytes.fromhex("a003020102")
_SERIALS: Final = 1 << 159
# A random number of 64 bits is below this once in 2**32 times; a counter always is.
_SHORT: Final = 1 << 32


def frame_findings(tbs: Tbs, wanted: int | None, *, public: bool) -> tuple[list[Finding], int | None]:
    """Version, unique identifiers, and the serial number, which comes back."""
    findings: list[Finding] = []
    if tbs.version is None or tbs.version.encoded != _VERSION_3:
        saw = "nothing" if tbs.version is None else tbs.version.encoded[:20].hex()
        findings.append(finding("certificate.version", "version", expected=_VERSION_3.hex(), saw=[saw]))
    for name, element in (("issuerUniqueID", tbs.issuer_id), ("subjectUniqueID", tbs.subject_id)):
        if element is not None:
            findings.append(finding("certificate.unique-id", name))
    try:
        serial = tbs.serial.integer()
    except DerError as defect:
        return [*findings, finding("certificate.serial-range", "serial number", saw=[defect.reason])], None
    shown = tbs.serial.content[:30].hex()
    if not 0 < serial < _SERIALS:
        findings.append(finding("certificate.serial-range", "serial number", saw=[shown]))
    elif public and serial < _SHORT:
        findings.append(finding("certificate.serial-short", "serial number", saw=[shown]))
    if wanted is not None and serial != wanted:
        findings.append(finding("certificate.serial-differs", "serial number", expected=f"{wanted:x}", saw=[shown]))
    return findings, serial


# BR 7.1.3.2.1 and 7.1.3.2.2, octet for octet.
_PKCS1: Final = "300d06092a864886f70d0101{}0500"
_PSS: Final = (
    "304106092a864886f70d01010a3034a00f300d06096086480165030402{0}0500"
    "a11c301a06092a864886f70d010108300d06096086480165030402{0}0500a2030201{1}"
)
_RSA: Final = frozenset(
    bytes.fromhex(text)
    for text in (
        *(_PKCS1.format(octet) for octet in ("0b", "0c", "0d")),
        *(_PSS.format(octet, salt) for octet, salt in (("01", "20"), ("02", "30"), ("03", "40"))),
    )
)
_EC: Final[Mapping[str, bytes]] = {
    "P-256": bytes.fromhex("300a06082a8648ce3d040302"),
    "P-384": bytes.fromhex("300a06082a8648ce3d040303"),
    "P-521": bytes.fromhex("300a06082a8648ce3d040304"),
}
_ALL: Final = _RSA | frozenset(_EC.values())


def algorithm_findings(tbs: Tbs, beside: Element | None, issuer: IssuerKey | None) -> list[Finding]:
    """The signature algorithm: one that is allowed, that of the issuer's key, and the same inside and beside."""
    findings: list[Finding] = []
    inside = tbs.algorithm.encoded
    place = "signature algorithm"
    if inside not in _ALL:
        findings.append(finding("certificate.algorithm-not-allowed", place, saw=[inside[:100].hex()]))
    elif issuer is not None and inside not in _of_key(issuer.spki):
        findings.append(finding("certificate.algorithm-not-of-issuer", place, saw=[inside.hex()]))
    if beside is not None and beside.encoded != inside:
        saw = [beside.encoded[:100].hex()]
        findings.append(finding("certificate.algorithm-beside", place, expected=inside[:100].hex(), saw=saw))
    return findings


def _of_key(spki: bytes) -> frozenset[bytes]:
    """The algorithms that a key may sign with; none for a key that no public CA has."""
    identifier = next(iter(read(spki).children())).encoded
    if identifier == RSA_ID:
        return _RSA
    return frozenset(_EC[curve] for curve, octets in EC_IDS.items() if octets == identifier)


def issuer_name_findings(tbs: Tbs, issuer: IssuerKey) -> list[Finding]:
    """The name of the issuer, octet for octet (BR 7.1.4.1; R015)."""
    subject = issuer.subject
    if subject is None:
        return [finding("certificate.issuer-unknown", "issuer")]
    if tbs.issuer.encoded == subject:
        return []
    same = says_the_same(tbs.issuer, read(subject))
    code = "certificate.issuer-encoding" if same else "certificate.issuer-differs"
    return [finding(code, "issuer", expected=subject[:100].hex(), saw=[tbs.issuer.encoded[:100].hex()])]


_TWO_DAYS: Final = timedelta(hours=48)
_SECOND: Final = timedelta(seconds=1)
_LAST_UTC_YEAR: Final = 2049


def validity_findings(
    tbs: Tbs, fixed: FixedFields, signed_at: datetime | None, *, public: bool
) -> tuple[list[Finding], datetime | None]:
    """The two times, both included, by the limit of the day of signing (BR 6.3.2); notBefore comes back.

    Args:
        tbs: the fields.
        fixed: what the issuance fixes.
        signed_at: the moment of signing; None: notBefore stands for it.
        public: whether the limits of the BR bind.
    """
    place = "validity"
    try:
        reader = tbs.validity.reader()
        fields = [reader.take(-1), reader.take(-1)]
        reader.end()
        start, end = (each.time() for each in fields)
    except DerError as defect:
        saw = [f"{defect.reason} at octet {defect.offset}"]
        return [finding("certificate.validity-malformed", place, saw=saw)], None
    findings: list[Finding] = []
    for name, element, moment in (("notBefore", fields[0], start), ("notAfter", fields[1], end)):
        if (element.tag == UTC_TIME) is not (moment.year <= _LAST_UTC_YEAR):
            wanted = "UTCTime" if moment.year <= _LAST_UTC_YEAR else "GeneralizedTime"
            findings.append(finding("certificate.validity-encoding", name, expected=wanted))
    if end < start:
        findings.append(finding("certificate.validity-reversed", place, saw=[format_time(start), format_time(end)]))
    if public:
        findings += _limit(start, end, signed_at)
    for code, name, wanted_time, got in (
        ("certificate.not-before-differs", "notBefore", fixed.not_before, start),
        ("certificate.not-after-differs", "notAfter", fixed.not_after, end),
    ):
        if wanted_time is not None and wanted_time != got:
            findings.append(finding(code, name, expected=format_time(wanted_time), saw=[format_time(got)]))
    return findings, start


def _limit(start: datetime, end: datetime, signed_at: datetime | None) -> list[Finding]:
    findings: list[Finding] = []
    moment = start if signed_at is None else signed_at
    limit = step(VALIDITY, moment)
    seconds = (end - start + _SECOND) // _SECOND
    if limit is None:
        findings.append(finding("certificate.validity-no-limit", "validity", saw=[format_time(moment)]))
    elif seconds > limit:
        saw = [f"{seconds} seconds"]
        findings.append(
            finding("certificate.validity-too-long", "validity", expected=f"at most {limit} seconds", saw=saw)
        )
    if abs(start - moment) > _TWO_DAYS:
        near = f"within 48 hours of {format_time(moment)}"
        findings.append(finding("certificate.not-before-far", "notBefore", expected=near, saw=[format_time(start)]))
    return findings
