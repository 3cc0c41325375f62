"""The DER reader beside other readers of the same bytes: `cryptography`, and asn1crypto where it is installed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import (
    AttributeOID,
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_der import encode
from pkicheck.der import (
    ANY,
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
    defects,
    defects_inside,
    read,
)

_Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_KEYS: dict[str, Callable[[], _Key]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
_FROM = datetime(2026, 3, 15, 1, 2, 3, tzinfo=timezone.utc)
_TO = datetime(2050, 1, 1, tzinfo=timezone.utc)
_SERIAL = 2**158 + 12345

_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
        x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bücher & Söhne"),
        x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com"),
    ]
)
_MANY_VALUED = x509.Name(
    [
        x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, "17"),
                x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.com"),
            ]
        )
    ]
)
_NAMES: list[x509.GeneralName] = [
    *(x509.DNSName(f"www{number}.example.com") for number in range(120)),
    x509.DNSName("*.example.com"),
    x509.IPAddress(ip_address("192.0.2.1")),
    x509.IPAddress(ip_address("2001:db8::1")),
    x509.RFC822Name("a@example.com"),
    x509.UniformResourceIdentifier("https://example.com/?q=1"),
    x509.DirectoryName(_NAME),
    x509.RegisteredID(ObjectIdentifier("2.999.1")),
    x509.OtherName(ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), bytes.fromhex("0c0161")),
]


def _extensions() -> Iterator[tuple[x509.ExtensionType, bool]]:
    yield x509.SubjectAlternativeName(_NAMES), False
    yield x509.BasicConstraints(ca=True, path_length=3), True
    yield x509.KeyUsage(True, False, False, False, True, True, True, False, True), True
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ObjectIdentifier("2.25.305419896")]), False
    yield x509.SubjectKeyIdentifier(bytes(20)), False
    yield x509.AuthorityKeyIdentifier(bytes(range(20)), [x509.DirectoryName(_NAME)], _SERIAL), False
    yield x509.TLSFeature([x509.TLSFeatureType.status_request]), False
    yield x509.OCSPNoCheck(), False
    yield (
        x509.NameConstraints([x509.DNSName("example.com")], [x509.IPAddress(ip_network("192.0.2.0/24"))]),
        True,
    )
    yield (
        x509.CertificatePolicies(
            [
                x509.PolicyInformation(ObjectIdentifier("2.23.140.1.2.1"), None),
                x509.PolicyInformation(
                    ObjectIdentifier("2.999.2"),
                    ["https://example.com/", x509.UserNotice(x509.NoticeReference("e", [1, 2]), "text")],
                ),
            ]
        ),
        False,
    )
    yield (
        x509.CRLDistributionPoints(
            [
                x509.DistributionPoint(
                    [x509.UniformResourceIdentifier("http://example.com/crl")],
                    None,
                    frozenset([x509.ReasonFlags.key_compromise, x509.ReasonFlags.aa_compromise]),
                    [x509.DirectoryName(_NAME)],
                )
            ]
        ),
        False,
    )
    yield (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://example.com/")
                )
            ]
        ),
        False,
    )
    yield x509.PrecertPoison(), True


@cache
def _key(kind: str) -> _Key:
    return _KEYS[kind]()


def _hash(kind: str) -> Any:
    return None if kind == "ed25519" else hashes.SHA384()


@cache
def _request(kind: str) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(_MANY_VALUED)
    for extension, critical in _extensions():
        builder = builder.add_extension(extension, critical)
    builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, b"hush")
    builder = builder.add_attribute(AttributeOID.UNSTRUCTURED_NAME, b"unstructured")
    return builder.sign(_key(kind), _hash(kind))


@cache
def _certificate(kind: str) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .issuer_name(_NAME)
        .subject_name(_MANY_VALUED)
        .public_key(_key(kind).public_key())
        .serial_number(_SERIAL)
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
    )
    for extension, critical in _extensions():
        builder = builder.add_extension(extension, critical)
    return builder.sign(_key(kind), _hash(kind))


@cache
def _list(kind: str) -> x509.CertificateRevocationList:
    builder = x509.CertificateRevocationListBuilder().issuer_name(_NAME).last_update(_FROM).next_update(_TO)
    for number in range(1, 200):
        entry = x509.RevokedCertificateBuilder().serial_number(number << 100)
        entry = entry.revocation_date(_FROM + timedelta(hours=number))
        if number % 2:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.superseded), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.add_extension(x509.CRLNumber(2**100), False).sign(_key(kind), _hash(kind))


def _spki(kind: str) -> bytes:
    return _key(kind).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _attributes(name: Element) -> list[list[tuple[str, str]]]:
    return [
        [(kind.oid(), value.text()) for pair in part.set_of() for kind, value in (pair.fields(OBJECT_IDENTIFIER, ANY),)]
        for part in name.children()
    ]


def _theirs(name: x509.Name) -> list[list[tuple[str, str]]]:
    return [[(pair.oid.dotted_string, str(pair.value)) for pair in part] for part in name.rdns]


def _same_name(ours: Element, theirs: x509.Name) -> None:
    assert [sorted(part) for part in _attributes(ours)] == [sorted(part) for part in _theirs(theirs)]


def _same_extensions(ours: Element, theirs: x509.Extensions) -> None:
    found: list[tuple[str, bool, bytes]] = []
    for element in ours.children():
        reader = element.reader()
        kind = reader.take(OBJECT_IDENTIFIER).oid()
        critical = reader.take_default(BOOLEAN, b"\0")
        value = reader.take(OCTET_STRING)
        reader.end()
        assert defects_inside(value) == ()
        found.append((kind, critical is not None and critical.boolean(), value.octet_string()))
        if kind == "2.5.29.17":
            assert value.inner().contents() == tuple((each.tag, each.content) for each in value.inner().children())
            assert [each.text(0x16, tag=each.tag) for each in value.inner().children() if each.tag == context(2)] == [
                name.value for name in _NAMES if isinstance(name, x509.DNSName)
            ]
        if kind == "2.5.29.15":
            assert value.inner().named_bits() == (0, 4, 5, 6, 8)
    assert found == [
        (extension.oid.dotted_string, extension.critical, extension.value.public_bytes()) for extension in theirs
    ]


@pytest.mark.parametrize("kind", _KEYS)
def test_requests_are_read_alike(kind: str) -> None:
    """Every field of a request is what `cryptography` wrote: signed octets, names, key, attributes, signature."""
    theirs = _request(kind)
    data = theirs.public_bytes(Encoding.DER)
    assert defects(data) == ()
    info, algorithm, signature = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    assert info.encoded == theirs.tbs_certrequest_bytes
    assert algorithm.reader().take(OBJECT_IDENTIFIER).oid() == theirs.signature_algorithm_oid.dotted_string
    assert signature.bit_string() == theirs.signature
    version, subject, key, attributes = info.fields(INTEGER, SEQUENCE, SEQUENCE, context(0, constructed=True))
    assert version.integer() == 0
    _same_name(subject, theirs.subject)
    assert key.encoded == _spki(kind)
    kinds: list[str] = []
    for attribute in attributes.set_of(context(0, constructed=True)):
        name, values = attribute.fields(OBJECT_IDENTIFIER, SET)
        kinds.append(name.oid())
        if kinds[-1] == "1.2.840.113549.1.9.14":
            _same_extensions(values.inner(), theirs.extensions)
        else:
            assert values.inner().text().encode() in (b"hush", b"unstructured")
    assert sorted(kinds) == ["1.2.840.113549.1.9.14", "1.2.840.113549.1.9.2", "1.2.840.113549.1.9.7"]


@pytest.mark.parametrize("kind", _KEYS)
def test_certificates_are_read_alike(kind: str) -> None:
    """Every field of a certificate with fourteen kinds of extension is what `cryptography` wrote."""
    theirs = _certificate(kind)
    data = theirs.public_bytes(Encoding.DER)
    assert defects(data) == ()
    tbs, algorithm, signature = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    assert tbs.encoded == theirs.tbs_certificate_bytes
    assert signature.bit_string() == theirs.signature
    reader = tbs.reader()
    version = reader.take_default(context(0, constructed=True), bytes.fromhex("020100"))
    assert version is not None
    assert version.inner().integer() == 2
    assert reader.take(INTEGER).integer() == _SERIAL
    assert reader.take(SEQUENCE).encoded == algorithm.encoded
    _same_name(reader.take(SEQUENCE), theirs.issuer)
    not_before, not_after = reader.take(SEQUENCE).fields(ANY, ANY)
    assert (not_before.time(), not_after.time()) == (_FROM, _TO)
    assert (not_before.tag, not_after.tag) == (0x17, 0x18)
    _same_name(reader.take(SEQUENCE), theirs.subject)
    assert reader.take(SEQUENCE).encoded == _spki(kind)
    assert reader.take_optional(context(1)) is None
    _same_extensions(reader.take(context(3, constructed=True)).inner(), theirs.extensions)
    reader.end()


def test_keys_and_signatures_are_read_alike() -> None:
    """The integers inside an RSA key and inside an ECDSA signature, through their BIT STRING."""
    key = _key("rsa")
    assert isinstance(key, rsa.RSAPrivateKey)
    _, public = read(_spki("rsa")).fields(SEQUENCE, BIT_STRING)
    assert defects_inside(public) == ()
    modulus, exponent = public.inner().fields(INTEGER, INTEGER)
    numbers = key.public_key().public_numbers()
    assert (modulus.integer(), exponent.integer()) == (numbers.n, numbers.e)
    _, _, signature = read(_request("p-256").public_bytes(Encoding.DER)).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    assert len(signature.inner().fields(INTEGER, INTEGER)) == 2


@pytest.mark.parametrize("kind", _KEYS)
def test_revocation_lists_are_read_alike(kind: str) -> None:
    """A CRL of 199 entries: serial numbers, dates, reasons."""
    theirs = _list(kind)
    data = theirs.public_bytes(Encoding.DER)
    assert defects(data) == ()
    tbs, _, _ = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    assert tbs.encoded == theirs.tbs_certlist_bytes
    reader = tbs.reader()
    assert reader.take(INTEGER).integer() == 1
    reader.take(SEQUENCE)
    _same_name(reader.take(SEQUENCE), theirs.issuer)
    assert (reader.take(ANY).time(), reader.take(ANY).time()) == (_FROM, _TO)
    found: list[tuple[int, datetime, list[int]]] = []
    for entry in reader.take(SEQUENCE).children():
        fields = entry.reader()
        serial, date = fields.take(INTEGER).integer(), fields.take(ANY).time()
        reasons = [
            each.fields(OBJECT_IDENTIFIER, OCTET_STRING)[1].inner().enumerated()
            for extensions in (fields.take_optional(SEQUENCE),)
            if extensions is not None
            for each in extensions.children()
        ]
        fields.end()
        found.append((serial, date, reasons))
    expected: list[tuple[int, datetime, list[int]]] = [
        (entry.serial_number, entry.revocation_date_utc, [4] * len(entry.extensions)) for entry in theirs
    ]
    assert found == expected


def _accepted(data: bytes) -> bool:
    """`cryptography` loads the request and reads all of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = x509.load_der_x509_csr(data)
            loaded.public_key()
            _ = (list(loaded.subject), list(loaded.extensions), list(loaded.attributes), loaded.signature)
    except (
        ValueError,
        TypeError,
        KeyError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return False
    return True


def _found(data: bytes) -> set[str]:
    """Why we refuse a request: as a whole, in its fields, inside two of its extensions."""
    found: set[str] = {defect.reason for defect in defects(data)}
    try:
        info = read(data).fields(SEQUENCE, SEQUENCE, BIT_STRING)[0]
        attributes = info.fields(INTEGER, SEQUENCE, SEQUENCE, context(0, constructed=True))[3]
        for attribute in attributes.set_of(context(0, constructed=True)):
            name, values = attribute.fields(OBJECT_IDENTIFIER, SET)
            if name.oid() == "1.2.840.113549.1.9.14":
                for extension in values.inner().children():
                    reader = extension.reader()
                    known = reader.take(OBJECT_IDENTIFIER).oid() in ("2.5.29.15", "2.5.29.17")
                    reader.take_default(BOOLEAN, b"\0")
                    value = reader.take(OCTET_STRING)
                    if known:
                        found |= {defect.reason for defect in defects_inside(value)}
    except DerError as flaw:
        found.add(flaw.reason)
    return found


@cache
def _small_request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(_MANY_VALUED)
    builder = builder.add_extension(x509.SubjectAlternativeName(_NAMES[:2] + _NAMES[120:123]), False)
    builder = builder.add_extension(x509.KeyUsage(True, False, False, False, True, False, False, False, False), True)
    return builder.sign(_key("p-256"), hashes.SHA256()).public_bytes(Encoding.DER)


def test_what_we_refuse_they_refuse() -> None:
    """Each octet of a request is changed in some fifteen ways: where we find a defect, `cryptography` refuses too.

    It does not look at the alphabets of all string types, nor at a time where a name should stand.
    """
    request = _small_request()
    refused = 0
    for place, octet in enumerate(request):
        for value in {0x00, 0x01, 0x1F, 0x30, 0x7F, 0x80, 0x81, 0xFF, *(octet ^ 1 << bit for bit in range(8))} - {
            octet
        }:
            changed = request[:place] + bytes((value,)) + request[place + 1 :]
            found = _found(changed)
            if found:
                refused += 1
                assert found <= {"bad-string", "bad-time"} or not _accepted(changed), (place, value, found)
    assert refused > 1000
    assert _accepted(request)
    assert not _found(request)


# -- asn1crypto: its parser splits header, content and trailer of any tag class

_ANY_HEADER = st.tuples(
    st.integers(0, 3), st.booleans(), st.one_of(st.integers(0, 40), st.integers(0, 2**28 - 1)), st.binary(max_size=300)
)


@given(_ANY_HEADER)
def test_headers_are_split_alike(parts: tuple[int, bool, int, bytes]) -> None:
    """Class, form, number, header and content of an element are those that asn1crypto finds (optional oracle)."""
    parser = pytest.importorskip("asn1crypto.parser", reason="asn1crypto is not installed: pip install asn1crypto")
    tag_class, constructed, number, content = parts
    data = encode(number, content, tag_class=tag_class, constructed=constructed)
    element = read(data)
    theirs = parser.parse(data, strict=True)
    assert theirs[:3] == (element.tag_class, int(element.constructed), element.tag_number)
    assert theirs[3:] == (data[: element.body], element.content, b"")


def test_certificates_are_read_as_by_asn1crypto() -> None:
    """Serial number, dates, extension OIDs of a certificate, through asn1crypto's own types (optional oracle)."""
    asn1_x509: Any = pytest.importorskip(
        "asn1crypto.x509", reason="asn1crypto is not installed: pip install asn1crypto"
    )
    data = _certificate("rsa").public_bytes(Encoding.DER)
    theirs = asn1_x509.Certificate.load(data, strict=True)
    tbs = read(data).fields(SEQUENCE, SEQUENCE, BIT_STRING)[0]
    fields = tuple(tbs.children())
    assert fields[1].integer() == theirs.serial_number
    assert [each.time() for each in fields[4].children()] == [theirs.not_valid_before, theirs.not_valid_after]
    kinds = [each.reader().take(OBJECT_IDENTIFIER).oid() for each in fields[7].inner().children()]
    assert kinds == [each["extn_id"].dotted for each in theirs["tbs_certificate"]["extensions"]]
