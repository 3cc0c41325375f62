"""A certification request as it was sent (RFC 2986): claims, and everything that is wrong with it.

    CertificationRequest     ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature BIT STRING }
    CertificationRequestInfo ::= SEQUENCE { version, subject, subjectPKInfo, attributes [0] IMPLICIT SET OF Attribute }

Nothing of it reaches a certificate but the octets of the public key. Its types (`ClaimedRequest`, `ClaimedName`) are
not those of validated data, so that no builder can be given one by mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from pkicheck.canon import Sha256, digest
from pkicheck.csr._pem import find_request
from pkicheck.der import (
    ANY,
    BIT_STRING,
    DEFAULT_LIMITS,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    DerError,
    Element,
    Reader,
    context,
    defects,
    read,
)
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.x509 import name_attributes, read_extension, read_extensions

__all__ = ["LARGEST", "ClaimedAttribute", "ClaimedExtension", "ClaimedName", "ClaimedRequest", "load"]

LARGEST: Final = DEFAULT_LIMITS.max_bytes
"""No request is larger, in octets of what is given: DER, or text with a request."""

_MOST_ATTRIBUTES: Final = 100
_MOST_NAMES: Final = 10_000

_EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
_EXTENSION_REQUESTS: Final = (_EXTENSION_REQUEST, "1.3.6.1.4.1.311.2.1.14")
_CHALLENGE: Final = "1.2.840.113549.1.9.7"
_UNSTRUCTURED_NAME: Final = "1.2.840.113549.1.9.2"
_EMAIL: Final = "1.2.840.113549.1.9.1"
_COMMON_NAME: Final = "2.5.4.3"
_SAN: Final = "2.5.29.17"
_KEY_USAGE: Final = "2.5.29.15"
_EKU: Final = "2.5.29.37"
_BASIC: Final = "2.5.29.19"

# RFC 5280 §4.2.1.6: the choices of a GeneralName by their tags.
_KINDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0xA0: "otherName",
        0x81: "rfc822Name",
        0x82: "dNSName",
        0xA3: "x400Address",
        0xA4: "directoryName",
        0xA5: "ediPartyName",
        0x86: "uniformResourceIdentifier",
        0x87: "iPAddress",
        0x88: "registeredID",
    }
)

# What the defects of the walk mean for a request. Old tools write sets without sorting them and an asterisk into a
# PrintableString; both concern claims only, and the signature is over the octets as they stand.
_DEFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bad-string": "csr.string-malformed",
        "set-not-sorted": "csr.set-not-sorted",
        "too-deep": "csr.too-complex",
        "too-many-defects": "csr.too-complex",
        "too-many-elements": "csr.too-complex",
        "trailing-bytes": "csr.trailing-bytes",
    }
)


@attrs.frozen(kw_only=True)
class ClaimedName:
    """A name that the request claims. It is no validated name and has no way to become one.

    Attributes:
        kind: `commonName`, `emailAddress`, `unstructuredName`, or the choice of the GeneralName, such as `dNSName`.
        raw: the octets of the name.
        place: where in the request it stands.
    """

    kind: str
    raw: bytes
    place: str


@attrs.frozen(kw_only=True)
class ClaimedAttribute:
    """An attribute of the request, or of its subject.

    Attributes:
        oid: its type.
        values: the octets of its values; those of a challenge password are left out, it is a secret.
    """

    oid: str
    values: tuple[bytes, ...]


@attrs.frozen(kw_only=True)
class ClaimedExtension:
    """An extension that the request asks for.

    Attributes:
        oid: its type.
        critical: whether it is to be critical.
        value: the octets inside of its OCTET STRING.
    """

    oid: str
    critical: bool
    value: bytes


@attrs.frozen(kw_only=True)
class ClaimedRequest:
    """What a request claims. A field that could not be read is None or empty; then `defects` says why.

    Attributes:
        der: the request as DER, None when there is not exactly one.
        defects: everything that is wrong or remarkable, by no means only what refuses it.
        info: the certificationRequestInfo as it stands: what is signed.
        spki: the SubjectPublicKeyInfo as it stands: the only thing that is ever taken from a request.
        algorithm: the signature algorithm as it stands.
        signature: the octets of the signature.
        subject: the attributes of the subject by RDN.
        attributes: the attributes of the request.
        extensions: the extensions asked for, of both attributes that can hold them.
        names: every name, wherever it stands.
        key_usage: the bits of the keyUsage asked for (RFC 5280 §4.2.1.3), None when it is not asked for.
        secret: the input holds a private key or a challenge password: it is not to be kept.
    """

    der: bytes | None
    defects: tuple[Finding, ...]
    info: bytes | None = None
    spki: bytes | None = None
    algorithm: bytes | None = None
    signature: bytes | None = None
    subject: tuple[tuple[ClaimedAttribute, ...], ...] = ()
    attributes: tuple[ClaimedAttribute, ...] = ()
    extensions: tuple[ClaimedExtension, ...] = ()
    names: tuple[ClaimedName, ...] = ()
    key_usage: tuple[int, ...] | None = None
    secret: bool = False

    @property
    def sha256(self) -> Sha256 | None:
        """The SHA-256 of the request as DER: how orders and registries name it."""
        return None if self.der is None else digest(self.der)


def load(data: bytes | str) -> ClaimedRequest:
    """Read a certification request: DER, or a text with exactly one in PEM (RFC 7468 §7).

    Whatever the octets: the answer is a value, and what is wrong with them stands in its `defects`.

    Args:
        data: octets or text, at most `LARGEST` octets.

    Raises:
        InputError: neither bytes nor str.
    """
    if isinstance(data, str):
        octets = data[: LARGEST + 1].encode("utf-8", "surrogatepass")
    elif isinstance(data, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        octets = data
    else:
        msg = f"csr must be bytes or text, got {type(data).__name__}"
        raise InputError(msg)
    if len(octets) > LARGEST:
        return ClaimedRequest(der=None, defects=(finding("csr.too-large", "input", expected=f"{LARGEST} octets"),))
    found = find_request(octets)
    findings = list(found.findings)
    if found.der is None:
        return ClaimedRequest(der=None, defects=tuple(findings), secret=found.secret)
    return _Reading(found.der, findings, secret=found.secret).request()


def _members(rdn: Element) -> tuple[Element, ...]:
    """The elements of a SET with at least one."""
    if rdn.tag != SET:
        raise DerError("wrong-tag", rdn.start)
    found = tuple(rdn.children())
    if not found:
        raise DerError("missing-element", rdn.body)
    return found


class _Reading:
    """The reading of one request: what was found so far."""

    def __init__(self, der: bytes, findings: list[Finding], *, secret: bool) -> None:
        self.der = der
        self.findings = findings
        self.secret = secret
        self.subject: list[tuple[ClaimedAttribute, ...]] = []
        self.attributes: list[ClaimedAttribute] = []
        self.extensions: list[ClaimedExtension] = []
        self.names: list[ClaimedName] = []
        self.key_usage: tuple[int, ...] | None = None

    def note(self, code: str, place: str, *saw: str | bytes, expected: str = "") -> None:
        self.findings.append(finding(code, place, expected=expected, saw=saw))

    def request(self) -> ClaimedRequest:
        self._walk()
        try:
            info, algorithm, signature = read(self.der, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
            signed = signature.bit_string()
            reader = info.reader()
            version, subject, key = reader.take(INTEGER), reader.take(SEQUENCE), reader.take(SEQUENCE)
        except DerError as defect:
            self.note("csr.unreadable", f"octet {defect.offset}", defect.reason)
            return ClaimedRequest(der=self.der, defects=tuple(self.findings), secret=self.secret)
        if version.content != b"\x00":
            self.note("csr.version", "version", version.content[:20].hex(), expected="00")
        self._subject(subject)
        self._rest(reader)
        self._extension_laws()
        return ClaimedRequest(
            der=self.der,
            defects=tuple(self.findings),
            info=info.encoded,
            spki=key.encoded,
            algorithm=algorithm.encoded,
            signature=signed,
            subject=tuple(self.subject),
            attributes=tuple(self.attributes),
            extensions=tuple(self.extensions),
            names=tuple(self.names),
            key_usage=self.key_usage,
            secret=self.secret,
        )

    def _walk(self) -> None:
        """Everything that is not DER, a finding for each kind of defect."""
        grouped: dict[str, list[str]] = {}
        for each in defects(self.der):
            code = _DEFECTS.get(each.reason, "csr.not-der")
            grouped.setdefault(code, []).append(f"{each.reason} at octet {each.offset}")
        for code, places in grouped.items():
            self.note(code, "request", *places)

    def _subject(self, subject: Element) -> None:
        """The attributes up to the place that is no Name. That sets are sorted is the business of the walk."""
        try:
            for rdn in subject.children():
                attributes = [each.fields(OBJECT_IDENTIFIER, ANY) for each in _members(rdn)]
                claimed = [(kind.oid(), value) for kind, value in attributes]
                self.subject.append(tuple(ClaimedAttribute(oid=oid, values=(value.encoded,)) for oid, value in claimed))
                for oid, value in claimed:
                    self._subject_name(oid, value, "subject")
        except DerError as defect:
            self.note("csr.subject-malformed", f"octet {defect.offset}", defect.reason)

    def _subject_name(self, oid: str, value: Element, place: str) -> None:
        kind = {_COMMON_NAME: "commonName", _EMAIL: "emailAddress"}.get(oid)
        if kind is not None:
            try:
                raw = value.text().encode("utf-8", "surrogatepass")
            except DerError:
                raw = value.content
            self._name(kind, raw, place)

    def _name(self, kind: str, raw: bytes, place: str) -> None:
        if len(self.names) == _MOST_NAMES:
            self.note("csr.too-many-names", place, expected=str(_MOST_NAMES))
        if len(self.names) <= _MOST_NAMES:
            self.names.append(ClaimedName(kind=kind, raw=raw, place=place))

    def _rest(self, reader: Reader) -> None:
        """The attributes, and that nothing follows."""
        try:
            attributes = reader.take_optional(context(0, constructed=True))
            reader.end()
        except DerError as defect:
            self.note("csr.attributes-malformed", f"octet {defect.offset}", defect.reason)
            return
        if attributes is None:
            self.note("csr.attributes-absent", "attributes")
            return
        try:
            before: bytes | None = None
            for number, each in enumerate(attributes.children()):
                if number == _MOST_ATTRIBUTES:
                    self.note("csr.too-complex", "attributes", expected=f"{_MOST_ATTRIBUTES} attributes")
                    return
                # The tag is IMPLICIT, so the walk does not know that this is a SET OF.
                if before is not None and each.encoded < before:
                    self.note("csr.set-not-sorted", "attributes", f"octet {each.start}")
                before = each.encoded
                self._attribute(each)
        except DerError as defect:
            self.note("csr.attributes-malformed", f"octet {defect.offset}", defect.reason)

    def _attribute(self, attribute: Element) -> None:
        kind, container = attribute.fields(OBJECT_IDENTIFIER, SET)
        oid, values = kind.oid(), tuple(container.children())
        place = f"attribute {oid}"
        if not values:
            self.note("csr.attribute-empty", place)
        if oid == _CHALLENGE:
            self.note("csr.challenge-password", place)
            self.secret = True
            self.attributes.append(ClaimedAttribute(oid=oid, values=()))
            return
        self.attributes.append(ClaimedAttribute(oid=oid, values=tuple(each.encoded for each in values)))
        if oid == _UNSTRUCTURED_NAME:
            for each in values:
                self._name("unstructuredName", each.content, place)
        if oid in _EXTENSION_REQUESTS:
            if len(values) > 1:
                self.note("csr.extension-request-values", place, str(len(values)), expected="1")
            for each in values:
                self._extensions(each, place)

    def _extensions(self, value: Element, place: str) -> None:
        try:
            found = [read_extension(each) for each in read_extensions(value)]
        except DerError as defect:
            self.note("csr.extensions-malformed", f"{place}, octet {defect.offset}", defect.reason)
            return
        for each in found:
            content = each.value.content
            self.extensions.append(ClaimedExtension(oid=each.oid, critical=each.critical, value=content))
            try:
                self._extension(each.oid, each.value)
            except DerError as defect:
                code = "csr.extension-malformed"
                self.note(code, f"extension {each.oid}, octet {defect.offset}", defect.reason)

    def _extension(self, oid: str, value: Element) -> None:
        """Read the values that say something of names or keys."""
        if oid == _SAN:
            inner = value.inner()
            if inner.tag != SEQUENCE:
                raise DerError("wrong-tag", inner.start)
            names = inner.contents()
            if not names:
                raise DerError("missing-element", inner.body)
            for tag, content in names:
                self._name(_KINDS.get(tag, f"[{tag & 0x1F}]"), content, "subjectAltName")
                if tag == 0xA4:
                    self._directory(content)
        elif oid == _KEY_USAGE:
            self.key_usage = value.inner().named_bits()
        elif oid in (_EKU, _BASIC):
            inner = value.inner()
            if inner.tag != SEQUENCE:
                raise DerError("wrong-tag", inner.start)

    def _directory(self, content: bytes) -> None:
        """Common names inside of a directoryName."""
        for rdn in name_attributes(read(content, SEQUENCE)):
            for oid, value in rdn:
                self._subject_name(oid, value, "subjectAltName directoryName")

    def _extension_laws(self) -> None:
        """What RFC 2985 and RFC 5280 say may be there once."""
        kinds = Counter(each.oid for each in self.attributes)
        for oid, count in kinds.items():
            if count > 1:
                self.note("csr.attribute-twice", f"attribute {oid}", str(count), expected="1")
        if all(oid in kinds for oid in _EXTENSION_REQUESTS):
            self.note("csr.extension-requests-both", "attributes", *_EXTENSION_REQUESTS)
        asked = Counter(each.oid for each in self.extensions)
        for oid, count in asked.items():
            if count > 1:
                code = "csr.san-several" if oid == _SAN else "csr.extension-twice"
                self.note(code, f"extension {oid}", str(count), expected="1")
