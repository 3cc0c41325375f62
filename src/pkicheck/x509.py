"""The fields of a certificate, each where it stands (RFC 5280 §4.1). Read here, judged elsewhere.

Every field is an `Element`, so what is compared or signed are the very octets. Only the frame is read: versions,
numbers, times and the values of extensions are read by whoever needs them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pkicheck.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    DerError,
    Element,
    context,
    read,
)

__all__ = [
    "MOST_EXTENSIONS",
    "Attribute",
    "Extension",
    "Tbs",
    "extension_oid",
    "name_attributes",
    "read_certificate",
    "read_extension",
    "read_extensions",
    "read_tbs",
]

MOST_EXTENSIONS: Final = 64
"""A certificate with more extensions is not read: real ones have a dozen, and what compares them is not linear."""

_VERSION: Final = context(0, constructed=True)
_ISSUER_ID: Final = context(1)
_SUBJECT_ID: Final = context(2)
_EXTENSIONS: Final = context(3, constructed=True)
_FALSE: Final = b"\x00"


class Tbs(NamedTuple):
    """The fields of a TBSCertificate, in their order; what is optional and not there is None.

    Attributes:
        whole: the TBSCertificate itself: what is signed.
        extensions: the elements of the extensions; empty when the field is not there.
    """

    whole: Element
    version: Element | None
    serial: Element
    algorithm: Element
    issuer: Element
    validity: Element
    subject: Element
    key: Element
    issuer_id: Element | None
    subject_id: Element | None
    extensions: tuple[Element, ...]


class Extension(NamedTuple):
    """An extension (RFC 5280 §4.2).

    Attributes:
        oid: its type in dotted decimal.
        critical: whether it is.
        value: the OCTET STRING that holds its value; `value.inner()` is the value in DER.
        whole: the extension as it stands.
    """

    oid: str
    critical: bool
    value: Element
    whole: Element


class Attribute(NamedTuple):
    """An attribute of a Name.

    Attributes:
        oid: its type in dotted decimal.
        value: the element of its value: the tag says which type of string it is.
    """

    oid: str
    value: Element


def read_certificate(data: bytes) -> tuple[Tbs, Element, Element]:
    """The fields of the TBSCertificate, the signature algorithm and the signature of a certificate in DER.

    Raises:
        DerError: it is no certificate; see `read_tbs`.
    """
    tbs, algorithm, signature = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    return read_tbs(tbs), algorithm, signature


def read_tbs(tbs: Element) -> Tbs:
    """The fields of a TBSCertificate (RFC 5280 §4.1).

    Raises:
        DerError: a field is missing, another one stands in its place, or there are too many extensions.
    """
    reader = tbs.reader()
    version = reader.take_optional(_VERSION)
    serial = reader.take(INTEGER)
    algorithm, issuer, validity, subject, key = (reader.take(SEQUENCE) for _ in range(5))
    issuer_id = reader.take_optional(_ISSUER_ID)
    subject_id = reader.take_optional(_SUBJECT_ID)
    wrapped = reader.take_optional(_EXTENSIONS)
    reader.end()
    extensions = () if wrapped is None else read_extensions(wrapped.inner())
    return Tbs(
        tbs, version, serial, algorithm, issuer, validity, subject, key, issuer_id, subject_id, extensions
    )  # fmt: skip


def read_extensions(extensions: Element) -> tuple[Element, ...]:
    """The elements of an Extensions, at least one and at most `MOST_EXTENSIONS`. They are not read.

    Raises:
        DerError: missing-element, too-large, or another defect of the frame.
    """
    if extensions.tag != SEQUENCE:
        raise DerError("wrong-tag", extensions.start)
    found: list[Element] = []
    for each in extensions.children():
        if each.tag != SEQUENCE:
            raise DerError("wrong-tag", each.start)
        if len(found) == MOST_EXTENSIONS:
            raise DerError("too-large", each.start)
        found.append(each)
    if not found:
        raise DerError("missing-element", extensions.body)
    return tuple(found)


def extension_oid(extension: Element) -> str:
    """The type of an extension; the rest of it is not looked at.

    Raises:
        DerError: it begins with something else.
    """
    return extension.reader().take(OBJECT_IDENTIFIER).oid()


def read_extension(extension: Element) -> Extension:
    """The fields of an extension.

    Raises:
        DerError: default-encoded (`critical FALSE` is left out, X.690 §11.5), or another field than expected.
    """
    reader = extension.reader()
    oid = reader.take(OBJECT_IDENTIFIER).oid()
    critical = reader.take_default(BOOLEAN, _FALSE)
    value = reader.take(OCTET_STRING)
    reader.end()
    return Extension(oid, critical is not None and critical.boolean(), value, extension)


def name_attributes(name: Element) -> tuple[tuple[Attribute, ...], ...]:
    """The attributes of a Name by RDN, in the order of the bytes (RFC 5280 §4.1.2.4). Values are not read.

    Raises:
        DerError: it is no Name, an RDN is empty, or its attributes are not sorted (X.690 §11.6).
    """
    if name.tag != SEQUENCE:
        raise DerError("wrong-tag", name.start)
    found: list[tuple[Attribute, ...]] = []
    for rdn in name.children():
        attributes = tuple(
            Attribute(kind.oid(), value)
            for kind, value in (_pair(each) for each in rdn.set_of(SET))
        )  # fmt: skip
        if not attributes:
            raise DerError("missing-element", rdn.body)
        found.append(attributes)
    return tuple(found)


def _pair(attribute: Element) -> tuple[Element, Element]:
    if attribute.tag != SEQUENCE:
        raise DerError("wrong-tag", attribute.start)
    reader = attribute.reader()
    kind, value = reader.take(OBJECT_IDENTIFIER), reader.take(-1)
    reader.end()
    return kind, value
