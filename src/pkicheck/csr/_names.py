"""The names of a certificate: each judged by its own type, and all of them held against what was bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from pkicheck.csr._attributes import attribute_name, attribute_oid, string_tag
from pkicheck.csr._identity import COMMON_NAME, Identity
from pkicheck.der import SEQUENCE, DerError, Element
from pkicheck.der.values import STRINGS
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.names import CertName, name_defects, name_text, parse_name
from pkicheck.x509 import Extension, name_attributes

__all__ = ["bound_names", "common_names", "read_names", "subject_findings"]

_DNS: Final = 0x82
_IP: Final = 0x87
_MOST_NAMES: Final = 10_000


def read_names(
    extension: Extension | None, *, has_subject: bool, findings: list[Finding]
) -> list[tuple[str, CertName]]:
    """The names of a certificate, each as it is spelled and as it is meant; what is none is a finding (R068).

    Args:
        extension: the alternative names, None without.
        has_subject: whether the subject has attributes: then the extension is not critical.
        findings: takes what is wrong.
    """
    if extension is None:
        findings.append(finding("certificate.san-absent", "subjectAltName"))
        return []
    try:
        entries = _entries(extension)
    except DerError as defect:
        findings.append(finding("certificate.extension-malformed", "subjectAltName", saw=[defect.reason]))
        return []
    if extension.critical is has_subject:
        wanted = "not critical" if has_subject else "critical"
        findings.append(finding("certificate.san-criticality", "subjectAltName", expected=wanted))
    names: list[tuple[str, CertName]] = []
    for tag, content in entries:
        name = _name(tag, content, findings)
        if name is not None:
            names.append(name)
    return names


def _entries(extension: Extension) -> Sequence[tuple[int, bytes]]:
    inner = extension.value.inner()
    if inner.tag != SEQUENCE:
        raise DerError("wrong-tag", inner.start)
    entries = inner.contents()
    if not entries:
        raise DerError("missing-element", inner.body)
    if len(entries) > _MOST_NAMES:
        raise DerError("too-many-elements", inner.body)
    return entries


def _name(tag: int, content: bytes, findings: list[Finding]) -> tuple[str, CertName] | None:
    if tag == _IP:
        if len(content) in (4, 16):
            address = ip_address(content)
            return name_text(address), address
        findings.append(finding("certificate.san-address", "subjectAltName", saw=[content.hex()]))
        return None
    if tag != _DNS:
        findings.append(finding("certificate.san-type", "subjectAltName", saw=[f"[{tag & 0x1F}]", content[:100]]))
        return None
    try:
        text = content.decode("ascii")
        parsed = parse_name(text)
    except (InputError, UnicodeDecodeError):
        findings += name_defects(content)
        return None
    if isinstance(parsed, (IPv4Address, IPv6Address)):  # an address as text (K08)
        findings += name_defects(content)
        return None
    return text, parsed


def bound_names(names: Sequence[tuple[str, CertName]], identity: Identity) -> list[Finding]:
    """The names against those that were bound: as a multiset, and their order apart (K03)."""
    findings: list[Finding] = []
    got = [name for _, name in names]
    counts = Counter(got)
    bound = dict.fromkeys(identity.names)
    added = [name_text(name) for name in counts if name not in bound]
    dropped = [name_text(name) for name in bound if name not in counts]
    twice = [name_text(name) for name, count in counts.items() if count > 1]
    spelled = [text for text, name in names if text != name_text(name)]
    for code, saw in (
        ("certificate.name-added", added),
        ("certificate.name-dropped", dropped),
        ("certificate.name-twice", twice),
        ("certificate.name-spelling", spelled),
    ):
        if saw:
            findings.append(finding(code, "subjectAltName", saw=saw))
    if not (added or dropped or twice) and got != list(bound):
        findings.append(finding("certificate.name-order", "subjectAltName", saw=map(name_text, got)))
    return findings


def common_names(subject: Element, names: Sequence[tuple[str, CertName]]) -> list[Finding]:
    """At most one common name, and that is one of the names, character for character (BR 7.1.4.3; K09)."""
    try:
        found = [each.value.text() for rdn in name_attributes(subject) for each in rdn if each.oid == COMMON_NAME]
    except DerError:
        return [finding("certificate.subject-malformed", "subject")]
    if len(found) > 1:
        return [finding("certificate.cn-several", "commonName", expected="1", saw=found)]
    if found and found[0] not in {text for text, _ in names}:
        return [finding("certificate.cn-not-a-name", "commonName", saw=found)]
    return []


_Attribute = tuple[str, int, bytes]


def subject_findings(subject: Element, identity: Identity) -> list[Finding]:
    """The subject against the one that was bound: octets, and an encoding is called an encoding (R015, K19)."""
    try:
        rdns = name_attributes(subject)
    except DerError:
        return []  # said by `common_names`
    got = [[(each.oid, each.value.tag, each.value.content) for each in rdn] for rdn in rdns]
    bound = [_bound(kind, value) for kind, value in identity.subject]
    if got == [[each] for each in bound]:
        return []
    flat = [each for rdn in got for each in rdn]
    said, wanted = [_said(each) for each in flat], [_said(each) for each in bound]
    if said == wanted:
        code = "certificate.subject-encoding"
        expected = ", ".join(f"{attribute_name(oid)} as {tag:#04x}" for oid, tag, _ in bound)
        saw = [" + ".join(f"{attribute_name(oid)} as {tag:#04x}" for oid, tag, _ in rdn) for rdn in got]
    else:
        code = "certificate.subject-order" if sorted(said) == sorted(wanted) else "certificate.subject-differs"
        expected = ", ".join(f"{attribute_name(oid)}={text}" for oid, text in wanted)
        saw = [f"{attribute_name(oid)}={text}" for oid, text in said]
    return [finding(code, "subject", expected=expected or "nothing", saw=saw)]


def _bound(kind: str, value: str) -> _Attribute:
    oid = attribute_oid(kind)
    return oid, string_tag(oid), value.encode("utf-8", "surrogatepass")


def _said(attribute: _Attribute) -> tuple[str, str]:
    """Type and characters, however they are encoded; octets that are no characters as they are."""
    oid, tag, content = attribute
    decode = STRINGS.get(tag)
    try:
        return oid, content.hex() if decode is None else decode(content, 0)
    except DerError:
        return oid, content.hex()
