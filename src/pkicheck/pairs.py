"""Whether a precertificate and a certificate are one (RFC 6962 §3.1, §3.2; BR 7.1.2.9).

    certificate      = fields, extensions with or without the list of SCTs
    precertificate   = the same fields, the same extensions in the same order without that list, and the poison

Two ways lead to the same answer and share nothing but the reader of DER. `check_pair` compares field by field and names
every difference. `precertificate_tbs` builds, from the certificate alone, each TBSCertificate that a precertificate of
it can have, so that a hash in a log of signatures finds its certificate. `check_pair` passes if and only if the
TBSCertificate of the precertificate is among them and each of the two objects says beside its signature the algorithm
that it says inside.

A precertificate that was signed by a precertificate signing certificate (RFC 6962 §3.1, retired by BR 7.1.2.4) carries
the name and the key identifier of that certificate. Neither stands in the final certificate, so such a precertificate
is not among those rebuilt, and `check_pair` refuses it with `pair.issuer-differs`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, document, document_json, format_time, parse_time, utc
from pkicheck.der import DerError, Element
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.policy import BASELINE, Policy, policy_from_json, policy_json
from pkicheck.ports import Seen
from pkicheck.results import Kind, Result
from pkicheck.x509 import MOST_EXTENSIONS, Tbs, extension_oid, name_attributes, read_certificate

__all__ = [
    "POISON",
    "POISON_OID",
    "SCT_LIST_OID",
    "PairPlan",
    "PairResult",
    "check_pair",
    "pair_plan_from_json",
    "precertificate_tbs",
]

POISON_OID: Final = "1.3.6.1.4.1.11129.2.4.3"
SCT_LIST_OID: Final = "1.3.6.1.4.1.11129.2.4.2"

POISON: Final = bytes.fromhex("3013 060a2b06010401d679020403 0101ff 0402 0500")
"""The poison extension: critical, its value a NULL (RFC 6962 §3.1, BR 7.1.2.9.3)."""

# Where the octets of a difference are shown, so many of them: the head of a Name or of an extension tells them apart.
_SHOWN: Final = 100


# -- what a precertificate of this certificate can look like


def precertificate_tbs(certificate: bytes) -> tuple[bytes, ...]:
    """The TBSCertificates that a precertificate of this certificate can have, likeliest first.

    The list of SCTs is taken out and the poison put in: first in its place, then at the end, then at each other place
    from the front. Without a list of SCTs the poison is put in at the end first. RFC 6962 does not say where the
    poison stands.

    Args:
        certificate: the final certificate in DER.

    Returns:
        Each once; nothing for octets that are no certificate, for one with two lists of SCTs and for a precertificate.
    """
    try:
        tbs, _, _ = read_certificate(certificate)
        oids = [extension_oid(each) for each in tbs.extensions]
    except DerError:
        return ()
    if POISON_OID in oids or oids.count(SCT_LIST_OID) > 1:
        return ()
    kept = [each.encoded for each, oid in zip(tbs.extensions, oids, strict=True) if oid != SCT_LIST_OID]
    last = len(kept)
    if last == MOST_EXTENSIONS:  # with the poison, one more than is read
        return ()
    first = oids.index(SCT_LIST_OID) if SCT_LIST_OID in oids else last
    places = dict.fromkeys((first, last, *range(last)))
    fields = _fields_before_extensions(tbs)
    return tuple(_with_poison(fields, kept, place) for place in places)


def _fields_before_extensions(tbs: Tbs) -> bytes:
    """The octets from the version up to the extensions."""
    before = tbs.subject_id or tbs.issuer_id or tbs.key
    return tbs.whole.data[tbs.whole.body : before.end]


def _with_poison(fields: bytes, kept: list[bytes], place: int) -> bytes:
    extensions = _element(0x30, b"".join((*kept[:place], POISON, *kept[place:])))
    return _element(0x30, fields + _element(0xA3, extensions))


def _element(identifier: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((identifier, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((identifier, 0x80 | len(octets))) + octets + content


# -- field by field


@attrs.frozen(kw_only=True)
class PairResult(Result):
    """The result of a comparison.

    Attributes:
        plan: the question.
    """

    kind: ClassVar[Kind] = "pair"

    plan: PairPlan

    def subject(self) -> str:
        """`pair <SHA-256 of the precertificate> <SHA-256 of the certificate>`, eight octets of each."""
        asked = self.plan.asked()
        return f"pair {str(asked['precertificate'])[:16]} {str(asked['certificate'])[:16]}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """The two objects and the policy."""
        return self.plan.documents()


@attrs.frozen(kw_only=True)
class PairPlan:
    """The question "is this the precertificate of this certificate?" as a value. Nothing has to be seen.

    Attributes:
        precertificate: the one in DER.
        certificate: the other.
        at: the moment of the comparison (UTC).
        policy: the caller's policy; no choice in it changes the answer.
    """

    precertificate: bytes
    certificate: bytes
    at: datetime
    policy: Policy = BASELINE

    def step(self, _: Seen, /) -> PairResult:
        """The result, at once."""
        findings = _compare(self.precertificate, self.certificate)
        return PairResult(
            findings=tuple(findings), at=self.at, policy=self.policy, expires_at=None, observations=(), plan=self
        )

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; the two objects and the policy by the digests of their documents."""
        precertificate, certificate, policy = (digest(each) for each in self.documents())
        return {
            "precertificate": precertificate,
            "certificate": certificate,
            "at": format_time(self.at),
            "policy": policy,
        }

    def documents(self) -> tuple[bytes, ...]:
        """The two objects and the policy as canonical JSON."""
        return (self.precertificate, self.certificate, canonical(policy_json(self.policy)))


def check_pair(precertificate: bytes, certificate: bytes, *, at: datetime, policy: Policy = BASELINE) -> PairResult:
    """Decide whether a precertificate is that of a certificate (RFC 6962 §3.2; BR 7.1.2.9).

    Compared are octets, and every difference has a finding of its own. The signatures are not verified here: that needs
    the issuer's key (`check_certificate`).

    Args:
        precertificate: the precertificate in DER.
        certificate: the certificate in DER.
        at: the moment of the comparison, aware; it goes into the result and changes nothing else.
        policy: goes into the result and changes nothing else.

    Raises:
        InputError: something that is no bytes, or a naive datetime; octets that are no certificates are refusals.
    """
    for name, value in (("precertificate", precertificate), ("certificate", certificate)):
        if not isinstance(value, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
            msg = f"{name} must be bytes (DER), got {type(value).__name__}"
            raise InputError(msg)
    plan = PairPlan(precertificate=precertificate, certificate=certificate, at=utc(at, what="at"), policy=policy)
    return plan.step(Seen())


def pair_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> PairPlan:
    """The plan that `PairPlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"precertificate", "certificate", "at", "policy"}
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    return PairPlan(
        precertificate=document(asked, "precertificate", documents),
        certificate=document(asked, "certificate", documents),
        at=parse_time(str(asked["at"]), what="asked.at") if at is None else at,
        policy=policy_from_json(document_json(asked, "policy", documents)),
    )


def _compare(precertificate: bytes, certificate: bytes) -> list[Finding]:
    findings: list[Finding] = []
    before = _read(_PRECERTIFICATE, precertificate, findings)
    after = _read(_CERTIFICATE, certificate, findings)
    if before is None or after is None:
        return findings
    findings += _fields(before, after)
    old, new = _extensions(before), _extensions(after)
    findings += _poison(old) + _scts(old, new)
    findings += _differences(
        [each for each in old if each[0] not in (POISON_OID, SCT_LIST_OID)],
        [each for each in new if each[0] not in (POISON_OID, SCT_LIST_OID)],
    )
    if not findings:
        findings.append(finding("pair.corresponds", "serial number", saw=[after.serial.content.hex()]))
        if all(oid != SCT_LIST_OID for oid, _ in new):
            findings.append(finding("pair.scts-absent", "extensions"))
    return findings


# What an object is called in places, and its codes: it cannot be read; inside and beside say two algorithms.
_PRECERTIFICATE: Final = ("precertificate", "pair.precertificate-unreadable", "pair.precertificate-algorithm")
_CERTIFICATE: Final = ("certificate", "pair.certificate-unreadable", "pair.certificate-algorithm")


def _read(which: tuple[str, str, str], data: bytes, findings: list[Finding]) -> Tbs | None:
    place, unreadable, mismatch = which
    try:
        tbs, algorithm, _ = read_certificate(data)
        for each in tbs.extensions:
            extension_oid(each)
    except DerError as defect:
        findings.append(finding(unreadable, f"{place}, octet {defect.offset}", saw=[defect.reason]))
        return None
    if algorithm.encoded != tbs.algorithm.encoded:
        inside, beside = tbs.algorithm.encoded.hex(), algorithm.encoded.hex()
        findings.append(finding(mismatch, place, expected=inside, saw=[beside]))
    return tbs


# Each field with how a place names it and its code.
_FIELDS: Final = (
    ("version", "version", "pair.version-differs"),
    ("serial", "serial number", "pair.serial-differs"),
    ("algorithm", "signature algorithm", "pair.algorithm-differs"),
    ("issuer", "issuer", "pair.issuer-differs"),
    ("validity", "validity", "pair.validity-differs"),
    ("subject", "subject", "pair.subject-differs"),
    ("key", "public key", "pair.key-differs"),
    ("issuer_id", "issuerUniqueID", "pair.issuer-id-differs"),
    ("subject_id", "subjectUniqueID", "pair.subject-id-differs"),
)
_ENCODINGS: Final[Mapping[str, str]] = {"issuer": "pair.issuer-encoding", "subject": "pair.subject-encoding"}


def _fields(before: Tbs, after: Tbs) -> list[Finding]:
    findings: list[Finding] = []
    for field, place, differs in _FIELDS:
        old: Element | None = getattr(before, field)
        new: Element | None = getattr(after, field)
        was, now = _octets(old), _octets(new)
        if was == now:
            continue
        same = field in _ENCODINGS and old is not None and new is not None and _says_the_same(old, new)
        code = _ENCODINGS[field] if same else differs
        findings.append(finding(code, place, expected=_hex(now), saw=[_hex(was)]))
    return findings


def _octets(element: Element | None) -> bytes | None:
    return None if element is None else element.encoded


def _hex(octets: bytes | None) -> str:
    if octets is None:
        return "nothing"
    return octets[:_SHOWN].hex() + ("..." if len(octets) > _SHOWN else "")


def _says_the_same(one: Element, other: Element) -> bool:
    """Two Names with the same types and characters (R015)."""
    try:
        said = [
            [[(each.oid, each.value.text()) for each in rdn] for rdn in name_attributes(name)] for name in (one, other)
        ]
    except DerError:
        return False
    return said[0] == said[1]


_Extension = tuple[str, bytes]


def _extensions(tbs: Tbs) -> list[_Extension]:
    return [(extension_oid(each), each.encoded) for each in tbs.extensions]


def _poison(old: list[_Extension]) -> list[Finding]:
    found = [encoded for oid, encoded in old if oid == POISON_OID]
    if not found:
        return [finding("pair.poison-missing", "precertificate")]
    if len(found) > 1:
        return [finding("pair.poison-twice", "precertificate", saw=[str(len(found))])]
    if found[0] != POISON:
        return [finding("pair.poison-malformed", "precertificate", expected=POISON.hex(), saw=[_hex(found[0])])]
    return []


def _scts(old: list[_Extension], new: list[_Extension]) -> list[Finding]:
    findings: list[Finding] = []
    if any(oid == SCT_LIST_OID for oid, _ in old):
        findings.append(finding("pair.precertificate-scts", "precertificate"))
    if any(oid == POISON_OID for oid, _ in new):
        findings.append(finding("pair.certificate-poisoned", "certificate"))
    lists = sum(oid == SCT_LIST_OID for oid, _ in new)
    if lists > 1:
        findings.append(finding("pair.scts-twice", "certificate", saw=[str(lists)]))
    return findings


def _differences(old: list[_Extension], new: list[_Extension]) -> list[Finding]:
    """What is to be said of two lists of extensions that should be one."""
    if old == new:
        return []
    findings: list[Finding] = []
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    left, right = _by_type(gone), _by_type(come)
    for oid in dict.fromkeys((*left, *right)):
        was, now = left.get(oid, []), right.get(oid, [])
        for index in range(max(len(was), len(now))):
            place = f"extension {oid}"
            if index >= len(now):
                findings.append(finding("pair.extension-dropped", place, saw=[_hex(was[index])]))
            elif index >= len(was):
                findings.append(finding("pair.extension-added", place, saw=[_hex(now[index])]))
            else:
                text = _hex(now[index])
                findings.append(finding("pair.extension-differs", place, expected=text, saw=[_hex(was[index])]))
    # The order is that of the types that both have.
    types = [[oid for oid, _ in each] for each in (old, new)]
    common = Counter(types[0]) & Counter(types[1])
    orders = [[oid for oid in each if oid in common] for each in types]
    if not findings or (sorted(orders[0]) == sorted(orders[1]) and orders[0] != orders[1]):
        findings.append(finding("pair.extension-order", "extensions", expected=", ".join(orders[1]), saw=orders[0]))
    return findings


def _by_type(extensions: Counter[_Extension]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for oid, encoded in extensions.elements():
        found.setdefault(oid, []).append(encoded)
    return found
