"""Makes `tests/vectors/certificate/*.toml`: certificates by surgery, held against one binding and one issuer.

    python -m tests.make_certificate_vectors

The binding is that of the key p256 and the names www.shop.com and shop.com; a test compares the file with what this
makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from tests import derkit
from tests.csrkit import CA_NAME, CN, KEY_ID, NAMES, alternative_names, pss, sign, signed_certificate, spki
from tests.derkit import Tbs, element, explicit, extension, integer, name, octets, oid, sequence, set_of, utc

__all__ = ["FILE", "GOOD", "text"]

FILE = Path(__file__).with_name("vectors") / "certificate" / "bound.toml"

SAN = alternative_names(*NAMES)
EMPTY_SAN = alternative_names(*NAMES, critical=True)
AUTHORITY = extension("2.5.29.35", sequence(element(0x80, KEY_ID)))
POLICY = extension("2.5.29.32", sequence(sequence(oid("2.23.140.1.2.1"))))
USUAL = (derkit.KU_SIGN, derkit.EKU_SERVER, derkit.BASIC, AUTHORITY, POLICY)
COUNTRY = name(("2.5.4.6", 0x13, "ES"))

GOOD = Tbs(
    serial=integer(0x7A0F_0102_0304_0506_0708),
    algorithm=derkit.ECDSA_SHA256,
    issuer=CA_NAME,
    validity=sequence(utc("261121120000Z"), utc("270219115959Z")),
    subject=COUNTRY,
    key=spki("p256"),
    extensions=(*USUAL, SAN),
)
"""What was bound, with the extensions that subscriber certificates have."""


def _case(id_: str, comment: str, certificate: Tbs | bytes, *codes: str, source: str = "BR 7.1.2.7") -> str:
    data = signed_certificate(certificate) if isinstance(certificate, Tbs) else certificate
    shown = data.hex()
    folded = "".join(f"{shown[at : at + 120]}\n" for at in range(0, len(shown), 120))
    return (
        f"[[vector]]\nid = {json.dumps(id_)}\ncomment = {json.dumps(comment)}\nsource = {json.dumps(source)}\n"
        f"codes = {json.dumps(sorted(codes))}\n"
        f'certificate = """\n{folded}"""\n'
    )


def _with(*extensions: bytes, **fields: Any) -> Tbs:
    return attrs.evolve(GOOD, extensions=(*USUAL, *extensions), **fields)


def _without(index: int, *extensions: bytes) -> Tbs:
    rest = [each for number, each in enumerate(USUAL) if number != index]
    return attrs.evolve(GOOD, extensions=(*rest, SAN, *extensions))


def _cases() -> Iterator[str]:
    bound, br = "K03, R064", "BR 7.1.2.7"
    yield _case("good", "What was bound.", GOOD, source="K01")
    yield _case(
        "good-precertificate",
        "A precertificate of it.",
        _with(SAN, derkit.POISON),
        "certificate.precertificate",
        source="BR 7.1.2.9",
    )
    yield _case("good-scts", "With a list of SCTs.", _with(SAN, derkit.SCTS), source="BR 7.1.2.11.3")
    # -- the frame
    whole = signed_certificate(GOOD)
    yield _case(
        "frame-nothing", "No octet at all.", b"", "certificate.not-der", "certificate.unreadable", source="X.690 §8.1"
    )
    yield _case(
        "frame-trailing",
        "An octet behind it.",
        whole + b"\0",
        "certificate.not-der",
        "certificate.unreadable",
        source="X.690 §8.1",
    )
    yield _case(
        "frame-cut",
        "The last octet is missing.",
        whole[:-1],
        "certificate.not-der",
        "certificate.unreadable",
        source="X.690 §8.1",
    )
    yield _case(
        "frame-ber",
        "A length in too many octets.",
        b"\x30\x82\0" + whole[2:],
        "certificate.not-der",
        "certificate.unreadable",
        source="X.690 §10.1",
    )
    yield _case(
        "version-1", "No version, which means 1.", attrs.evolve(GOOD, version=b""), "certificate.version", source=br
    )
    yield _case(
        "version-2", "Version 2.", attrs.evolve(GOOD, version=explicit(0, integer(1))), "certificate.version", source=br
    )
    yield _case(
        "unique-ids",
        "Unique identifiers.",
        attrs.evolve(GOOD, ids=element(0x81, b"\0\1") + element(0x82, b"\0\1")),
        "certificate.unique-id",
        "certificate.unique-id",
        source=br,
    )
    for label, serial, codes in (
        ("zero", integer(0), ("certificate.serial-range",)),
        ("negative", integer(-5), ("certificate.serial-range",)),
        ("21-octets", integer(1 << 160), ("certificate.serial-range",)),
        ("2-159", integer(1 << 159), ("certificate.serial-range",)),
        ("long", integer((1 << 159) - 1), ()),
        ("one", integer(1), ("certificate.serial-short",)),
        ("32-bits", integer((1 << 32) - 1), ("certificate.serial-short",)),
        ("33-bits", integer(1 << 32), ()),
        (
            "zeros",
            element(0x02, b"\0\x01\x02\x03\x04\x05\x06\x07"),
            ("certificate.not-der", "certificate.serial-range"),
        ),
    ):
        yield _case(
            f"serial-{label}",
            "A serial number.",
            attrs.evolve(GOOD, serial=serial),
            *codes,
            source="BR 7.1.2.7, RFC 5280 §4.1.2.2",
        )
    # -- algorithms and signatures
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    yield _case(
        "signature-flipped",
        "A bit of the signature is another.",
        bytes(flipped),
        "certificate.signature-invalid",
        source="RFC 5280 §4.1.1.3",
    )
    yield _case(
        "signature-of-another",
        "Signed with another key.",
        signed_certificate(GOOD, "p256-other"),
        "certificate.signature-invalid",
        source="R002",
    )
    yield _case(
        "signature-sha384",
        "Signed over another hash than that of the curve.",
        signed_certificate(attrs.evolve(GOOD, algorithm=sign("ca", b"", digest="sha384")[0]), digest="sha384"),
        "certificate.algorithm-not-of-issuer",
        source="BR 7.1.3.2.2",
    )
    yield _case(
        "algorithm-beside",
        "Another algorithm beside.",
        signed_certificate(GOOD, beside=sequence(oid("1.2.840.10045.4.3.3"))),
        "certificate.algorithm-beside",
        "certificate.signature-invalid",
        source="RFC 5280 §4.1.1.2",
    )
    yield _case(
        "algorithm-null",
        "NULL beside ECDSA, inside and outside.",
        signed_certificate(
            attrs.evolve(GOOD, algorithm=sequence(oid("1.2.840.10045.4.3.2"), element(0x05))),
            beside=sequence(oid("1.2.840.10045.4.3.2"), element(0x05)),
        ),
        "certificate.algorithm-not-allowed",
        source="BR 7.1.3.2.2",
    )
    yield _case(
        "algorithm-rsa",
        "RSA said of a signature by ECDSA.",
        signed_certificate(attrs.evolve(GOOD, algorithm=derkit.RSA_SHA256), beside=derkit.RSA_SHA256),
        "certificate.algorithm-not-of-issuer",
        "certificate.signature-invalid",
        source="BR 7.1.3.2",
    )
    yield _case(
        "algorithm-pss",
        "RSASSA-PSS said of a signature by ECDSA.",
        signed_certificate(attrs.evolve(GOOD, algorithm=pss("sha256", 32)), beside=pss("sha256", 32)),
        "certificate.algorithm-not-of-issuer",
        "certificate.signature-invalid",
        source="BR 7.1.3.2",
    )
    yield _case(
        "algorithm-pss-salt",
        "A salt that the BR do not have.",
        signed_certificate(attrs.evolve(GOOD, algorithm=pss("sha256", 20)), beside=pss("sha256", 20)),
        "certificate.algorithm-not-allowed",
        "certificate.signature-invalid",
        source="BR 7.1.3.2.1",
    )
    yield _case(
        "algorithm-sha1",
        "SHA-1.",
        signed_certificate(attrs.evolve(GOOD, algorithm=sign("ca", b"", digest="sha1")[0]), digest="sha1"),
        "certificate.algorithm-not-allowed",
        "certificate.signature-invalid",
        source="BR 7.1.3.2",
    )
    yield _case(
        "issuer-other",
        "Another issuer.",
        attrs.evolve(GOOD, issuer=name((CN, 0x0C, "Test CA 2"))),
        "certificate.issuer-differs",
        source="BR 7.1.4.1",
    )
    yield _case(
        "issuer-encoding",
        "R015: the issuer as PrintableString.",
        attrs.evolve(
            GOOD, issuer=name(("2.5.4.6", 0x13, "ES"), ("2.5.4.10", 0x13, "Test CA"), (CN, 0x13, "Test CA 1"))
        ),
        "certificate.issuer-encoding",
        source="R015, K19",
    )
    # -- validity
    for label, start, end, codes in (
        ("200-days", "261121120000Z", "270609115959Z", ()),
        ("200-days-and-a-second", "261121120000Z", "270609120000Z", ("certificate.validity-too-long",)),
        ("one-second", "261121120000Z", "261121120000Z", ()),
        ("reversed", "261121120000Z", "261121115959Z", ("certificate.validity-reversed",)),
        ("48-hours-before", "261119120000Z", "270219115959Z", ()),
        ("48-hours-and-a-second-before", "261119115959Z", "270219115959Z", ("certificate.not-before-far",)),
        ("48-hours-after", "261123120000Z", "270219115959Z", ()),
        ("48-hours-and-a-second-after", "261123120001Z", "270219115959Z", ("certificate.not-before-far",)),
    ):
        yield _case(
            f"validity-{label}",
            "A validity; the moment of signing is 2026-11-21 12:00:00.",
            attrs.evolve(GOOD, validity=sequence(utc(start), utc(end))),
            *codes,
            source="BR 6.3.2, 7.1.2.7",
        )
    generalized = sequence(utc("261121120000Z"), element(0x18, b"20270219115959Z"))
    yield _case(
        "validity-generalized",
        "GeneralizedTime before 2050.",
        attrs.evolve(GOOD, validity=generalized),
        "certificate.validity-encoding",
        source="RFC 5280 §4.1.2.5",
    )
    far = sequence(utc("261121120000Z"), element(0x18, b"20500101000000Z"))
    yield _case(
        "validity-2050",
        "GeneralizedTime from 2050 on.",
        attrs.evolve(GOOD, validity=far),
        "certificate.validity-too-long",
        source="RFC 5280 §4.1.2.5",
    )
    for label, validity in (
        ("text", sequence(utc("261121120000Z"), element(0x0C, b"never"))),
        ("three", sequence(*(3 * [utc("261121120000Z")]))),
        ("one", sequence(utc("261121120000Z"))),
    ):
        yield _case(
            f"validity-{label}",
            "A validity that is none.",
            attrs.evolve(GOOD, validity=validity),
            "certificate.validity-malformed",
            source="RFC 5280 §4.1.2.5",
        )
    yield _case(
        "validity-february-30",
        "A day that there is not.",
        attrs.evolve(GOOD, validity=sequence(utc("270230120000Z"), utc("270309115959Z"))),
        "certificate.not-der",
        "certificate.validity-malformed",
        source="RFC 5280 §4.1.2.5",
    )
    # -- key
    yield _case(
        "key-other",
        "Another key.",
        attrs.evolve(GOOD, key=spki("p256-other")),
        "certificate.key-differs",
        source="K01, K02",
    )
    point = spki("p256")[-64:]
    compressed = sequence(
        sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
        derkit.bits(bytes([2 + (point[-1] & 1)]) + point[:32]),
    )
    yield _case(
        "key-encoding",
        "The key in another encoding.",
        attrs.evolve(GOOD, key=compressed),
        "certificate.key-encoding",
        "key.point-compressed",
        source="spec 4: re-encoding",
    )
    yield _case(
        "key-rsa",
        "A key of another kind.",
        attrs.evolve(GOOD, key=spki("rsa")),
        "certificate.key-differs",
        source="K01",
    )
    yield _case(
        "key-1024",
        "A short key.",
        attrs.evolve(GOOD, key=spki("rsa-1024")),
        "certificate.key-differs",
        "key.rsa-too-short",
        source="K12",
    )
    # -- names
    yield _case(
        "names-order",
        "K03: the same names in other order pass.",
        _with(alternative_names(*reversed(NAMES))),
        "certificate.name-order",
        source=bound,
    )
    yield _case(
        "names-more",
        "K03: a name more.",
        _with(alternative_names(*NAMES, "evil.com")),
        "certificate.name-added",
        source=bound,
    )
    yield _case(
        "names-fewer",
        "K03: a name fewer.",
        _with(alternative_names("shop.com")),
        "certificate.name-dropped",
        source=bound,
    )
    yield _case(
        "names-changed",
        "K03: a name changed.",
        _with(alternative_names("www.shop.com", "shop.org")),
        "certificate.name-added",
        "certificate.name-dropped",
        source=bound,
    )
    yield _case(
        "names-twice",
        "A name twice.",
        _with(alternative_names(*NAMES, "shop.com")),
        "certificate.name-twice",
        source=bound,
    )
    yield _case(
        "names-case",
        "Upper case: the octets are fixed.",
        _with(alternative_names("WWW.shop.com", "shop.com")),
        "certificate.name-spelling",
        source="spec 3.1",
    )
    yield _case(
        "names-wildcard",
        "A wildcard name for a plain one.",
        _with(alternative_names("*.shop.com", "shop.com")),
        "certificate.name-added",
        "certificate.name-dropped",
        source="K07",
    )
    yield _case(
        "names-address",
        "An address that was not bound.",
        _with(alternative_names(*NAMES, "8.8.8.8")),
        "certificate.name-added",
        source=bound,
    )
    for label, raw, codes in (
        ("empty", b"", ("name.empty",)),
        ("address", b"8.8.8.8", ("name.ipv4-literal",)),
        ("email", b"a@shop.com", ("name.at-sign",)),
        ("url", b"https://shop.com", ("name.scheme",)),
        ("single", b"localhost", ("name.single-label",)),
        ("dot", b"shop.com.", ("name.trailing-dot",)),
        ("underscore", b"a_b.shop.com", ("name.underscore",)),
        ("nul", b"shop.com\0.evil.com", ("name.nul",)),
        ("utf8", "b\u00fccher.com".encode(), ("name.u-label",)),
        ("middle-asterisk", b"a.*.shop.com", ("name.asterisk-inner",)),
    ):
        yield _case(
            f"names-bad-{label}",
            "R068: each entry by its own type, each defect its own code.",
            _with(alternative_names(*NAMES, element(0x82, raw))),
            *codes,
            source="R068, K06, K08",
        )
    for label, raw in (
        ("email", element(0x81, b"a@shop.com")),
        ("uri", element(0x86, b"https://shop.com")),
        ("directory", element(0xA4, COUNTRY)),
        ("other", element(0xA0, oid("1.2.3"), explicit(0, element(0x05)))),
        ("rid", element(0x88, b"\x2a")),
        ("constructed-dns", element(0xA2, element(0x16, b"shop.com"))),
    ):
        yield _case(
            f"names-type-{label}",
            "A type of name that no TLS certificate holds.",
            _with(alternative_names(*NAMES, raw)),
            "certificate.san-type",
            source="BR 7.1.2.7.12",
        )
    for size in (0, 3, 5, 8, 32):
        yield _case(
            f"names-address-{size}",
            "An address of a length that there is not.",
            _with(alternative_names(*NAMES, element(0x87, bytes(size)))),
            "certificate.san-address",
            source="RFC 5280 §4.2.1.6",
        )
    yield _case(
        "names-none",
        "No alternative names.",
        _with(),
        "certificate.san-absent",
        "certificate.name-dropped",
        source="BR 7.1.2.7.12",
    )
    for label, value in (
        ("empty", sequence()),
        ("text", element(0x0C, b"x")),
        ("two", sequence(element(0x82, b"shop.com")) + sequence()),
    ):
        yield _case(
            f"names-malformed-{label}",
            "Alternative names that cannot be read.",
            _with(extension("2.5.29.17", value)),
            "certificate.extension-malformed",
            "certificate.name-dropped",
            source="RFC 5280 §4.2.1.6",
        )
    yield _case(
        "names-critical",
        "Critical, with a subject.",
        _with(EMPTY_SAN),
        "certificate.san-criticality",
        source="BR 7.1.2.7.12",
    )
    # -- subject
    yield _case(
        "subject-empty",
        "The subject is missing.",
        attrs.evolve(GOOD, subject=sequence(), extensions=(*USUAL, EMPTY_SAN)),
        "certificate.subject-differs",
        source=bound,
    )
    yield _case(
        "subject-empty-not-critical",
        "No subject, and names that are not critical.",
        attrs.evolve(GOOD, subject=sequence()),
        "certificate.subject-differs",
        "certificate.san-criticality",
        source="BR 7.1.2.7.12",
    )
    yield _case(
        "subject-more",
        "K01: an attribute more.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x13, "ES"), ("2.5.4.10", 0x0C, "Evil"))),
        "certificate.subject-differs",
        "subject.attribute-forbidden",
        source="K01",
    )
    yield _case(
        "subject-other",
        "Another country.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x13, "FR"))),
        "certificate.subject-differs",
        source=bound,
    )
    yield _case(
        "subject-encoding",
        "K19: the same as UTF8String.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x0C, "ES"))),
        "certificate.subject-encoding",
        "subject.string-type",
        source="K19, R015",
    )
    yield _case(
        "subject-at-sign",
        "K19: @ in a PrintableString.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x13, "E@"))),
        "certificate.not-der",
        "certificate.subject-differs",
        "subject.string-content",
        source="K19",
    )
    yield _case(
        "subject-no-name",
        "A subject that is no Name.",
        attrs.evolve(GOOD, subject=sequence(element(0x0C, b"ES"))),
        "certificate.subject-malformed",
        "subject.not-der",
        source="RFC 5280 §4.1.2.6",
    )
    yield _case(
        "subject-cn",
        "A common name that is one of the names, but was not bound.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x13, "ES"), (CN, 0x0C, "shop.com"))),
        "certificate.subject-differs",
        "subject.attribute-not-advised",
        source="K09",
    )
    yield _case(
        "subject-cn-other",
        "A common name that is none of the names.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x13, "ES"), (CN, 0x0C, "evil.com"))),
        "certificate.subject-differs",
        "certificate.cn-not-a-name",
        "subject.attribute-not-advised",
        source="K09",
    )
    yield _case(
        "subject-cn-two",
        "Two common names.",
        attrs.evolve(GOOD, subject=name(("2.5.4.6", 0x13, "ES"), (CN, 0x0C, "shop.com"), (CN, 0x0C, "www.shop.com"))),
        "certificate.subject-differs",
        "certificate.cn-several",
        "subject.attribute-not-advised",
        "subject.attribute-repeated",
        source="BR 7.1.4.3",
    )
    multi = sequence(
        set_of(sequence(oid("2.5.4.6"), element(0x13, b"ES")), sequence(oid("2.5.4.7"), element(0x0C, b"Bilbao")))
    )
    yield _case(
        "subject-two-in-one",
        "Two attributes in one RDN.",
        attrs.evolve(GOOD, subject=multi),
        "certificate.subject-differs",
        "subject.rdn-several",
        "subject.attribute-forbidden",
        source="BR 7.1.4.1",
    )
    # -- extensions
    yield _case(
        "bare",
        "Nothing but the names.",
        attrs.evolve(GOOD, extensions=(SAN,)),
        "certificate.extension-absent",
        source="BR 7.1.2.7.6",
    )
    yield _case(
        "extension-unknown",
        "R003: an extension that nobody approved.",
        _with(SAN, extension("1.2.3.4", element(0x05))),
        "certificate.extension-not-approved",
        source="R003, R103",
    )
    yield _case(
        "extension-constraints",
        "Name constraints.",
        _with(SAN, extension("2.5.29.30", sequence(), critical=True)),
        "certificate.extension-not-approved",
        source="BR 7.1.2.7.6",
    )
    yield _case(
        "extension-twice",
        "An extension twice.",
        _with(SAN, AUTHORITY),
        "certificate.extension-twice",
        source="RFC 5280 §4.2",
    )
    yield _case(
        "extension-critical-false",
        "critical FALSE is written out.",
        _with(SAN, sequence(oid("2.5.29.14"), element(0x01, b"\0"), octets(octets(KEY_ID)))),
        "certificate.extension-malformed",
        source="X.690 §11.5",
    )
    for kind in ("2.5.29.14", "2.5.29.31", "1.3.6.1.5.5.7.1.1", "1.3.6.1.4.1.11129.2.4.2"):
        yield _case(
            f"extension-{kind}-malformed",
            "A value of another type.",
            _with(SAN, extension(kind, element(0x05))),
            "certificate.extension-malformed",
            source="RFC 5280 §4.2",
        )
        good = octets(KEY_ID) if kind in ("2.5.29.14", "1.3.6.1.4.1.11129.2.4.2") else sequence()
        yield _case(
            f"extension-{kind}", "A value of its type.", _with(SAN, extension(kind, good)), source="BR 7.1.2.7.6"
        )
    for label, bits, codes in (
        ("encipherment", b"\x05\xa0", ("key.usage-not-for-ec",)),
        ("none", b"\x00", ("key.usage-empty",)),
        ("certificates", b"\x02\x84", ("key.usage-not-for-subscriber",)),
        ("agreement", b"\x03\x88", ("key.usage-not-advised",)),
        ("zero-bits", b"\x00\x80", ("certificate.extension-malformed",)),
    ):
        yield _case(
            f"usage-{label}",
            "K15: key usage against the type of the key.",
            _without(0, extension("2.5.29.15", element(0x03, bits), critical=True)),
            *codes,
            source="K15, BR 7.1.2.7.11",
        )
    for label, purposes, codes in (
        ("client", ("1.3.6.1.5.5.7.3.2",), ("certificate.eku-no-server",)),
        ("both", ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"), ()),
        ("code", ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"), ("certificate.eku-forbidden",)),
        ("email", ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4"), ("certificate.eku-forbidden",)),
        ("time", ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.8"), ("certificate.eku-forbidden",)),
        ("ocsp", ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.9"), ("certificate.eku-forbidden",)),
        ("any", ("2.5.29.37.0",), ("certificate.eku-forbidden", "certificate.eku-no-server")),
        ("precertificates", ("1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.11129.2.4.4"), ("certificate.eku-forbidden",)),
        ("none", (), ("certificate.extension-malformed",)),
    ):
        yield _case(
            f"purposes-{label}",
            "The purposes.",
            _without(1, extension("2.5.29.37", sequence(*map(oid, purposes)))),
            *codes,
            source="BR 7.1.2.7.10",
        )
    yield _case(
        "purposes-text",
        "Purposes that are none.",
        _without(1, extension("2.5.29.37", element(0x0C, b"x"))),
        "certificate.extension-malformed",
        source="RFC 5280 §4.2.1.12",
    )
    for label, basic in (
        ("uncritical", extension("2.5.29.19", sequence())),
        ("ca", extension("2.5.29.19", sequence(element(0x01, b"\xff")), critical=True)),
        ("false", extension("2.5.29.19", sequence(element(0x01, b"\0")), critical=True)),
        ("path", extension("2.5.29.19", sequence(integer(0)), critical=True)),
    ):
        yield _case(
            f"basic-{label}", "basicConstraints.", _without(2, basic), "certificate.basic-ca", source="BR 7.1.2.7.8"
        )
    for label, value in (
        ("other", sequence(element(0x80, bytes(20)))),
        ("name", sequence(element(0x80, KEY_ID), element(0xA1, element(0x82, b"ca.example")), element(0x82, b"\1"))),
        ("empty", sequence()),
    ):
        yield _case(
            f"authority-{label}",
            "The authority key identifier.",
            _without(3, extension("2.5.29.35", value)),
            "certificate.key-id-differs",
            source="BR 7.1.2.11.1",
        )
    yield _case(
        "authority-text",
        "An authority key identifier that is none.",
        _without(3, extension("2.5.29.35", element(0x0C, b"x"))),
        "certificate.extension-malformed",
        source="RFC 5280 §4.2.1.1",
    )
    for label, policies, codes in (
        ("ov", ("2.23.140.1.2.2",), ("certificate.policy-other",)),
        ("two", ("2.23.140.1.2.1", "2.23.140.1.1"), ("certificate.policy-other",)),
        ("own", ("1.3.6.1.4.1.55555.1",), ("certificate.policy-other",)),
        ("dv-and-own", ("2.23.140.1.2.1", "1.3.6.1.4.1.55555.1"), ()),
        ("any", ("2.5.29.32.0",), ("certificate.policy-other",)),
    ):
        yield _case(
            f"policies-{label}",
            "The policies.",
            _without(4, extension("2.5.29.32", sequence(*(sequence(oid(each)) for each in policies)))),
            *codes,
            source="BR 7.1.2.7.9",
        )
    for label, value in (("text", element(0x0C, b"x")), ("bare", sequence(oid("2.23.140.1.2.1")))):
        yield _case(
            f"policies-{label}",
            "Policies that are none.",
            _without(4, extension("2.5.29.32", value)),
            "certificate.extension-malformed",
            source="RFC 5280 §4.2.1.4",
        )
    yield _case(
        "poison-uncritical",
        "A poison that is not critical.",
        _with(SAN, extension("1.3.6.1.4.1.11129.2.4.3", element(0x05))),
        "certificate.poison-malformed",
        source="BR 7.1.2.9.3",
    )
    yield _case(
        "poison-and-scts",
        "Poison and SCTs.",
        _with(SAN, derkit.POISON, derkit.SCTS),
        "certificate.poison-malformed",
        source="BR 7.1.2.9.1",
    )


def text() -> str:
    """The file."""
    head = "# Made by tests/make_certificate_vectors.py from the texts named in each vector.\n\n"
    return head + "\n".join(_cases())


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
