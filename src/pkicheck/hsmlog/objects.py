"""Objects that a CA key signs, from their octets to `SignedObject` (pure).

Certificate, precertificate     TBSCertificate                       RFC 5280 §4.1, RFC 6962 §3.1
CRL                             TBSCertList                          RFC 5280 §5.1
OCSP response                   ResponseData of BasicOCSPResponse    RFC 6960 §4.2.1
request                         CertificationRequestInfo             RFC 2986 §4.2
CMS, time stamp                 signed attributes, tagged SET OF     RFC 5652 §5.4, RFC 3161 §2.4.2
blob                            whatever was declared

What was signed is a slice of the octets as they stand: nothing is encoded again. Total: octets that are no such object
give `Unreadable`. What can be told of an object beside its slice (times, numbers) is told where it can be read: a
certificate with a broken date was signed all the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from pkicheck.der import (
    BIT_STRING,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    DerError,
    Element,
    context,
    read,
)
from pkicheck.hsmlog.algorithms import hash_of_algorithm
from pkicheck.hsmlog.model import Locator, SignedObject, Unreadable
from pkicheck.hsmlog.slices import OBJECT_LIMITS, SignedPart, digest_by, signed_part
from pkicheck.issuerkey import ObjectKind
from pkicheck.pairs import POISON_OID, SCT_LIST_OID
from pkicheck.x509 import extension_oid, read_extensions

__all__ = ["read_object", "second_digests"]

_TAGGED: Final = tuple(context(number, constructed=True) for number in range(4))
_OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CRL_NUMBER: Final = "2.5.29.20"
_SAME_SIZE: Final = (
    ("sha256", "sha3_256", "sha512_256"),
    ("sha384", "sha3_384"),
    ("sha512", "sha3_512"),
    ("sha224", "sha3_224", "sha512_224"),
)


def second_digests(this: SignedObject) -> tuple[tuple[str, bytes], ...]:
    """The digests of the same size under other hashes: a digest in a log does not say which. A second try only."""
    if not this.tbs_digests:
        return ()
    own = this.tbs_digests[0][0]
    others = next((each for each in _SAME_SIZE if own in each), ())
    return tuple((name, digest_by(name, this.tbs)) for name in others if name != own)


# -- one object


def read_object(
    data: bytes,
    *,
    locator: Locator,
    uid: str,
    stored_at: datetime | None = None,
    attributes: tuple[tuple[str, str], ...] = (),
) -> SignedObject | Unreadable:
    """The object that these octets are.

    Args:
        data: the object in DER; of a declared blob (attribute `kind` is `blob`) what was signed.
        locator: where it stands.
        uid: what names this copy of it.
        stored_at: when its store took it in (aware).
        attributes: what the store says beside it. Of a blob, `key` is the id of its key and `hash` the hash that was
            signed, `sha256` when it is not said.

    Returns:
        `Unreadable` when they are nothing that a CA key signs. It says what was expected, and at which octet.
    """
    said = dict(reversed(attributes))
    if said.get("kind") == "blob":
        return _blob(data, said.get("hash", "sha256"), locator, uid, stored_at, attributes)
    try:
        found = _read(data)
    except DerError as defect:
        why = f"an object in DER: {defect.reason} at octet {defect.offset}"
        return Unreadable(locator=locator, why=why)
    if isinstance(found, str):
        return Unreadable(locator=locator, why=found, certain=found in _UNSIGNED)
    part = found.part
    name = hash_of_algorithm(part.algorithm, prehash=found.hash)
    digests: tuple[tuple[str, bytes], ...] = ()
    if name is not None:
        used = name or "sha256"
        digests = ((used, digest_by(used, part.tbs)),)
    return SignedObject(
        locator=locator,
        uid=uid,
        kind=found.kind,
        der=data,
        tbs=part.tbs,
        algorithm=part.algorithm,
        hash=name or "",
        tbs_digests=digests,
        signature=part.signature,
        issuer=found.issuer,
        serial=found.serial,
        begins=found.begins,
        ends=found.ends,
        scts=found.scts,
        stored_at=stored_at,
        attributes=attributes,
    )


_BLOB_HASHES: Final = frozenset(name for names in _SAME_SIZE for name in names) | {"sha1"}


def _blob(
    data: bytes,
    hash_name: str,
    locator: Locator,
    uid: str,
    stored_at: datetime | None,
    attributes: tuple[tuple[str, str], ...],
) -> SignedObject | Unreadable:
    if hash_name not in _BLOB_HASHES:
        return Unreadable(locator=locator, why=f"a blob: its hash is one of {', '.join(sorted(_BLOB_HASHES))}")
    return SignedObject(
        locator=locator,
        uid=uid,
        kind="blob",
        der=data,
        tbs=data,
        hash=hash_name,
        tbs_digests=((hash_name, digest_by(hash_name, data)),),
        stored_at=stored_at,
        attributes=attributes,
    )


@attrs.frozen(kw_only=True)
class _Found:
    """What was read of an object. `hash`: the hash that a CMS names beside its signature algorithm."""

    kind: ObjectKind
    part: SignedPart
    issuer: bytes | None = None
    serial: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    scts: bool = False
    hash: str = ""


_NO_RESPONSE: Final = "a signed OCSP response: this one says that there is none"
_NO_TOKEN: Final = "a time-stamp response with a token: this one was refused"  # noqa: S105
_UNSIGNED: Final = frozenset((_NO_RESPONSE, _NO_TOKEN))
_NOTHING: Final = "a certificate, CRL, OCSP response, request, CMS or time stamp"


def _read(data: bytes) -> _Found | str:
    """The object, or what was expected instead of it."""
    outer = read(data, SEQUENCE, limits=OBJECT_LIMITS)
    reader = outer.reader()
    if (status := reader.take_optional(ENUMERATED)) is not None:
        return _ocsp_response(outer) if status.enumerated() == 0 else _NO_RESPONSE
    if reader.take_optional(OBJECT_IDENTIFIER) is not None:
        return _cms(outer)
    first = reader.take(SEQUENCE)
    second = reader.take_optional(SEQUENCE)
    tags = _tags(first)
    if second is None or _tags(second)[:1] != (OBJECT_IDENTIFIER,):
        return _NO_TOKEN if tags[:1] == (INTEGER,) and second is None and reader.at == len(data) else _NOTHING
    if reader.at == outer.end:
        # SEQUENCE { PKIStatusInfo, ContentInfo }
        return _cms(second)
    if tags[:1] in ((_TAGGED[1],), (_TAGGED[2],)) or tags[1:2] in ((_TAGGED[1],), (_TAGGED[2],)):
        return _basic_ocsp(outer)
    part = signed_part(data)
    return _by_tags(first, tags, part)


def _tags(element: Element) -> tuple[int, ...]:
    """The tags of the first elements inside, at most four."""
    found: list[int] = []
    for each in element.children():
        found.append(each.tag)
        if len(found) == 4:
            break
    return tuple(found)


_TIMES: Final = (UTC_TIME, GENERALIZED_TIME)


def _by_tags(tbs: Element, tags: tuple[int, ...], part: SignedPart) -> _Found | str:
    if tags[:2] == (_TAGGED[0], INTEGER) or tags == (INTEGER, SEQUENCE, SEQUENCE, SEQUENCE):
        return _certificate(tbs, part)
    if tags[:3] == (INTEGER, SEQUENCE, SEQUENCE) and tags[3:] in ((), (_TAGGED[0],)):
        return _Found(kind="csr", part=part)
    if tags[:3] == (INTEGER, SEQUENCE, SEQUENCE) and tags[3] in _TIMES:
        return _crl(tbs, part)
    if tags[:2] == (SEQUENCE, SEQUENCE) and tags[2:3] and tags[2] in _TIMES:
        return _crl(tbs, part)
    return _NOTHING


def _moment(element: Element) -> datetime | None:
    """A time, None when it is written wrongly."""
    try:
        return element.time()
    except DerError:
        return None


def _number(element: Element) -> int | None:
    try:
        return element.integer()
    except DerError:
        return None


def _certificate(tbs: Element, part: SignedPart) -> _Found:
    reader = tbs.reader()
    reader.take_optional(_TAGGED[0])
    serial = reader.take(INTEGER)
    reader.take(SEQUENCE)
    issuer, validity = reader.take(SEQUENCE), reader.take(SEQUENCE)
    for _ in range(2):
        reader.take(SEQUENCE)
    reader.take_optional(context(1))
    reader.take_optional(context(2))
    held = reader.take_optional(_TAGGED[3])
    reader.end()
    oids = [] if held is None else [extension_oid(each) for each in read_extensions(held.inner())]
    times = [_moment(each) for each in validity.children()][:2]
    return _Found(
        kind="precertificate" if POISON_OID in oids else "certificate",
        part=part,
        issuer=issuer.encoded,
        serial=_number(serial),
        begins=times[0] if times else None,
        ends=times[1] if len(times) == 2 else None,
        scts=SCT_LIST_OID in oids,
    )


def _crl(tbs: Element, part: SignedPart) -> _Found:
    reader = tbs.reader()
    reader.take_optional(INTEGER)
    reader.take(SEQUENCE)
    issuer = reader.take(SEQUENCE)
    begins = reader.take(-1)
    ends = reader.take_optional(UTC_TIME) or reader.take_optional(GENERALIZED_TIME)
    reader.take_optional(SEQUENCE)
    held = reader.take_optional(_TAGGED[0])
    reader.end()
    number = None
    for each in () if held is None else read_extensions(held.inner()):
        if extension_oid(each) == _CRL_NUMBER:
            number = _inside(each)
    return _Found(
        kind="crl",
        part=part,
        issuer=issuer.encoded,
        serial=number,
        begins=_moment(begins),
        ends=None if ends is None else _moment(ends),
    )


def _inside(extension: Element) -> int | None:
    """The INTEGER in an extension, None when it is written wrongly."""
    try:
        reader = extension.reader()
        reader.take(OBJECT_IDENTIFIER)
        reader.take_optional(0x01)
        return reader.take(OCTET_STRING).inner().integer()
    except DerError:
        return None


# -- OCSP


def _ocsp_response(outer: Element) -> _Found | str:
    _, held = outer.fields(ENUMERATED, _TAGGED[0])
    kind, basic = held.inner().fields(OBJECT_IDENTIFIER, OCTET_STRING)
    if kind.oid() != _OCSP_BASIC:
        return "an OCSP response of the basic type (RFC 6960 §4.2.1)"
    return _basic_ocsp(basic.inner())


def _basic_ocsp(basic: Element) -> _Found:
    reader = basic.reader()
    tbs, algorithm, signature = reader.take(SEQUENCE), reader.take(SEQUENCE), reader.take(BIT_STRING)
    reader.take_optional(_TAGGED[0])
    reader.end()
    fields = tbs.reader()
    fields.take_optional(_TAGGED[0])
    by_name, by_key = fields.take_optional(_TAGGED[1]), fields.take_optional(_TAGGED[2])
    if by_name is None and by_key is None:
        raise DerError("missing-element", fields.at)
    fields.take(GENERALIZED_TIME)
    begins: datetime | None = None
    ends: datetime | None = None
    # Of several answers in one response the validity that all have in common.
    for each in fields.take(SEQUENCE).children():
        this, following = _single(each)
        begins = this if begins is None or (this is not None and this > begins) else begins
        ends = following if ends is None or (following is not None and following < ends) else ends
    return _Found(
        kind="ocsp",
        part=SignedPart(tbs.encoded, algorithm.encoded, signature.bit_string()),
        issuer=None if by_name is None else by_name.inner().encoded,
        begins=begins,
        ends=ends,
    )


def _single(response: Element) -> tuple[datetime | None, datetime | None]:
    """The thisUpdate and nextUpdate of a SingleResponse."""
    try:
        reader = response.reader()
        reader.take(SEQUENCE)
        reader.take(-1)
        begins = reader.take(GENERALIZED_TIME).time()
        following = reader.take_optional(_TAGGED[0])
        return begins, None if following is None else following.inner().time()
    except DerError:
        return None, None


# -- CMS


def _cms(info: Element) -> _Found | str:
    kind, held = info.fields(OBJECT_IDENTIFIER, _TAGGED[0])
    if kind.oid() != _SIGNED_DATA:
        return "a CMS of the type signed-data (RFC 5652 §5)"
    reader = held.inner().reader()
    reader.take(INTEGER)
    reader.take(SET)
    content = reader.take(SEQUENCE)
    reader.take_optional(_TAGGED[0])
    reader.take_optional(_TAGGED[1])
    signers = tuple(reader.take(SET).children())
    reader.end()
    if len(signers) != 1:
        return f"a CMS with one signer: this one has {len(signers)}"
    signer = signers[0].reader()
    signer.take(INTEGER)
    signer.take(-1)  # issuer and serial, or a key identifier: of the signer's certificate, which is not its issuer
    digest = signer.take(SEQUENCE)
    signed = signer.take_optional(_TAGGED[0])
    algorithm, signature = signer.take(SEQUENCE), signer.take(OCTET_STRING)
    signer.take_optional(_TAGGED[1])
    signer.end()
    tbs = _content(content) if signed is None else signed.encoded_as(SET)
    if tbs is None:
        return "a CMS with signed attributes or with its content"
    return _Found(
        kind="cms",
        part=SignedPart(tbs, algorithm.encoded, signature.octet_string()),
        hash=hash_of_algorithm(digest.encoded) or "",
    )


def _content(info: Element) -> bytes | None:
    """The content that a CMS without signed attributes signs; None when it stands elsewhere."""
    reader = info.reader()
    reader.take(OBJECT_IDENTIFIER)
    held = reader.take_optional(_TAGGED[0])
    return None if held is None else held.inner().content
