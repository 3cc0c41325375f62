"""Makes `tests/vectors/csr/*.toml`: requests by surgery on their octets, with fixed keys and signatures that repeat.

    python -m tests.make_csr_vectors

Most are bound for the names www.shop.com and shop.com. A test compares the files with what this makes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from tests import derkit
from tests.csrkit import (
    CN,
    EXTENSION_REQUEST,
    MICROSOFT_REQUEST,
    NAMES,
    Info,
    alternative_names,
    attribute,
    extension_request,
    pss,
    request,
    sign,
    spki,
)
from tests.derkit import bits, element, explicit, extension, integer, name, octets, oid, sequence, set_of

__all__ = ["FOLDER", "files"]

FOLDER = Path(__file__).with_name("vectors") / "csr"

BASE = Info()
PUBLISHED = spki("p256")


@attrs.frozen(kw_only=True)
class Case:
    """One vector before it is written."""

    id: str
    comment: str
    source: str
    csr: bytes
    codes: tuple[str, ...]
    names: tuple[str, ...] = NAMES
    kind: str = "dv"
    scope: str = "public"
    policy: str = "BASELINE"
    subject: tuple[tuple[str, str], ...] = ()
    permitted: tuple[str, ...] = ()


def _case(id_: str, comment: str, csr: bytes, *codes: str, source: str = "RFC 2986 §4", **fields: Any) -> Case:
    return Case(id=id_, comment=comment, csr=csr, codes=tuple(sorted(codes)), source=source, **fields)


def _info(**fields: Any) -> Info:
    return attrs.evolve(BASE, **fields)


def _with(*attributes: bytes, **fields: Any) -> bytes:
    return request(_info(attributes=attributes, **fields))


PLAIN = _info(subject=sequence())
CLEAN = request(PLAIN)


# -- the text around


def _pem(der: bytes, label: str = "CERTIFICATE REQUEST", width: int = 64, eol: bytes = b"\n") -> bytes:
    text = base64.b64encode(der)
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return eol.join([f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b""])


def texts() -> Iterator[Case]:
    """PEM and what people send."""
    rfc = "RFC 7468 §7"
    pem = _pem(CLEAN)
    key = _pem(b"\x30\x00", "PRIVATE KEY")
    yield _case("pem", "A request in PEM.", pem, source=rfc)
    yield _case("pem-new", "The label of old tools.", _pem(CLEAN, "NEW CERTIFICATE REQUEST"), source=rfc)
    yield _case("pem-crlf", "Lines that end in CR and LF.", _pem(CLEAN, eol=b"\r\n"), source="RFC 7468 §2")
    yield _case("pem-cr", "Lines that end in CR.", _pem(CLEAN, eol=b"\r"), source="RFC 7468 §2")
    yield _case("pem-one-line", "All of the base64 in one line.", _pem(CLEAN, width=10_000), source="RFC 7468 §3")
    yield _case("pem-blanks", "Blanks at the ends of lines.", pem.replace(b"\n", b" \t\n"), source="RFC 7468 §2")
    inner = pem.replace(b"\nM", b"\nM \t", 1)
    yield _case("pem-inner-blanks", "Blanks inside of the base64.", inner, source="RFC 7468 §2")
    yield _case("pem-bom", "A byte order mark before it.", b"\xef\xbb\xbf" + pem, source="RFC 7468 §2")
    yield _case(
        "pem-around", "A letter around it.", b"Dear CA,\n\n" + pem + b"\nYours, 0 regrets\n", source="RFC 7468 §2"
    )
    yield _case(
        "pem-dump", "OpenSSL's dump before it.", b"Certificate Request:\n    Data:\n" + pem, source="RFC 7468 §2"
    )
    yield _case(
        "pem-certificate-beside",
        "A certificate beside it.",
        _pem(b"\x30\x00", "CERTIFICATE") + pem,
        "csr.pem-other",
        source=rfc,
    )
    yield _case("pem-two", "Two requests.", pem + pem, "csr.pem-several", source="K02")
    yield _case(
        "pem-two-labels",
        "Two requests with different labels.",
        pem + _pem(CLEAN, "NEW CERTIFICATE REQUEST"),
        "csr.pem-several",
        source="K02",
    )
    yield _case(
        "pem-none", "A certificate only.", _pem(b"\x30\x00", "CERTIFICATE"), "csr.pem-other", "csr.pem-none", source=rfc
    )
    for label in ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"):
        yield _case(
            f"pem-with-{label.lower().replace(' ', '-')}",
            "The applicant sends the private key along.",
            pem + _pem(b"\x30\x00", label),
            "csr.private-key-enclosed",
            source="BR 6.1.2, 4.9.1.1",
        )
    yield _case(
        "pem-key-alone",
        "A private key and nothing else.",
        key,
        "csr.private-key-enclosed",
        "csr.pem-none",
        source="BR 6.1.2",
    )
    yield _case("pem-cut", "No end.", pem[: pem.index(b"-----END")], "csr.pem-unterminated", "csr.pem-none", source=rfc)
    yield _case(
        "pem-other-end",
        "The end of something else.",
        pem.replace(b"END CERT", b"END OTHER CERT"),
        "csr.pem-unterminated",
        "csr.pem-none",
        source=rfc,
    )
    yield _case(
        "pem-end-only",
        "An end without a beginning.",
        b"-----END CERTIFICATE REQUEST-----\n" + pem,
        "csr.pem-unterminated",
        source=rfc,
    )
    yield _case(
        "pem-nested",
        "A beginning inside.",
        pem.replace(b"\n", b"\n-----BEGIN CERTIFICATE REQUEST-----\n", 1),
        "csr.pem-unterminated",
        source=rfc,
    )
    yield _case(
        "pem-glued",
        "Line ends that got lost.",
        pem.replace(b"\n", b""),
        "csr.pem-boundary",
        "csr.pem-none",
        source="RFC 7468 §3",
    )
    yield _case(
        "pem-four-dashes",
        "A boundary with a dash too few.",
        pem.replace(b"REQUEST-----", b"REQUEST----", 1),
        "csr.pem-boundary",
        "csr.pem-unterminated",
        "csr.pem-none",
        source="RFC 7468 §3",
    )
    yield _case(
        "pem-header",
        "Headers of an encrypted key.",
        pem.replace(b"\n", b"\nProc-Type: 4,ENCRYPTED\n\n", 1),
        "csr.pem-base64",
        source="RFC 7468 §2",
    )
    yield _case(
        "pem-stray",
        "A character that base64 does not have.",
        pem.replace(b"MII", b"M!I", 1).replace(b"\nMI", b"\nM*", 1),
        "csr.pem-base64",
        source="RFC 4648 §4",
    )
    padded = base64.b64encode(CLEAN + bytes((1 - len(CLEAN)) % 3 or 3)).replace(b"A==", b"B==")
    bits_set = b"-----BEGIN CERTIFICATE REQUEST-----\n" + padded + b"\n-----END CERTIFICATE REQUEST-----\n"
    yield _case("pem-bits", "Bits behind the last octet.", bits_set, "csr.pem-base64", source="RFC 4648 §3.5")
    yield _case("pem-empty", "Nothing between the boundaries.", _pem(b""), "csr.unreadable", "csr.not-der", source=rfc)
    yield _case("text", "Some text.", b"Please certify my key.", "csr.unreadable", "csr.not-der", source=rfc)
    yield _case("nothing", "No octet at all: never a pass.", b"", "csr.unreadable", "csr.not-der", source=rfc)
    yield _case(
        "pem-behind-der",
        "PEM of another request behind one in DER: readers differ.",
        CLEAN + pem,
        "csr.unreadable",
        "csr.trailing-bytes",
        source="K02",
    )


# -- the structure


def structure() -> Iterator[Case]:
    """RFC 2986 and X.690, left at each place."""
    der = "X.690 §10, §11"
    info, algorithm, signature = PLAIN.der(), *sign("p256", PLAIN.der())
    yield _case("clean", "Everything as it should be.", CLEAN)
    yield _case(
        "trailing-nul",
        "An octet behind the request.",
        CLEAN + b"\0",
        "csr.trailing-bytes",
        "csr.unreadable",
        source=der,
    )
    yield _case(
        "trailing-request",
        "A request behind the request.",
        CLEAN + CLEAN,
        "csr.trailing-bytes",
        "csr.unreadable",
        source="K02",
    )
    yield _case(
        "trailing-lf",
        "A line feed behind the request.",
        CLEAN + b"\n",
        "csr.trailing-bytes",
        "csr.unreadable",
        source=der,
    )
    yield _case("cut", "The last octet is missing.", CLEAN[:-1], "csr.not-der", "csr.unreadable", source=der)
    yield _case(
        "indefinite",
        "BER with an indefinite length.",
        b"\x30\x80" + CLEAN[3:] + b"\0\0",
        "csr.not-der",
        "csr.unreadable",
        source="X.690 §10.1",
    )
    yield _case(
        "long-length",
        "A length in an octet too many.",
        b"\x30\x82\x00" + CLEAN[2:],
        "csr.not-der",
        "csr.unreadable",
        source="X.690 §10.1",
    )
    yield _case(
        "fourth-element",
        "An element behind the signature.",
        sequence(info, algorithm, bits(signature), element(0x05)),
        "csr.unreadable",
    )
    yield _case("no-signature", "The signature is missing.", sequence(info, algorithm), "csr.unreadable")
    yield _case(
        "signature-octets",
        "The signature is an OCTET STRING.",
        sequence(info, algorithm, octets(signature)),
        "csr.unreadable",
    )
    yield _case(
        "signature-bits",
        "Unused bits in the signature.",
        sequence(info, algorithm, element(0x03, b"\x01", signature[:-1] + b"\0")),
        "csr.unreadable",
    )
    yield _case(
        "certificate", "A certificate instead of a request.", derkit.certificate(derkit.Tbs().der()), "csr.unreadable"
    )
    yield _case("spki-only", "A public key instead of a request.", PUBLISHED, "csr.unreadable")
    for version in (1, 2, -1):
        yield _case(
            f"version-{version}",
            "A version that there is not.",
            request(attrs.evolve(PLAIN, version=integer(version))),
            "csr.version",
            source="RFC 2986 §4.1",
        )
    yield _case(
        "version-long",
        "Version 0 in two octets.",
        request(attrs.evolve(PLAIN, version=element(0x02, b"\0\0"))),
        "csr.not-der",
        "csr.version",
        source="X.690 §8.3.2",
    )
    yield _case(
        "version-absent",
        "No version.",
        request(attrs.evolve(PLAIN, version=b"")),
        "csr.unreadable",
        source="RFC 2986 §4.1",
    )
    yield _case(
        "attributes-absent",
        "No field of attributes, as old tools write it.",
        request(attrs.evolve(PLAIN, attributes=None)),
        "csr.attributes-absent",
        "csr.name-not-claimed",
        source="RFC 2986 §4.1",
    )
    yield _case(
        "attributes-empty",
        "An empty field of attributes.",
        request(attrs.evolve(PLAIN, attributes=())),
        "csr.name-not-claimed",
        source="RFC 2986 §4.1",
    )
    yield _case(
        "something-behind",
        "An element behind the attributes.",
        request(sequence(integer(0), sequence(), PUBLISHED, explicit(0), element(0x05))),
        "csr.attributes-malformed",
        "csr.name-not-claimed",
        source="RFC 2986 §4.1",
    )
    yield _case(
        "attributes-other-tag",
        "The attributes under another tag.",
        request(sequence(integer(0), sequence(), PUBLISHED, explicit(1))),
        "csr.attributes-malformed",
        "csr.name-not-claimed",
        source="RFC 2986 §4.1",
    )
    # -- the subject
    unsorted = element(
        0x31, sequence(oid(CN), element(0x0C, b"www.shop.com")), sequence(oid("2.5.4.6"), element(0x13, b"ES"))
    )
    yield _case(
        "subject-unsorted",
        "An RDN of two attributes that are not sorted.",
        request(_info(subject=sequence(unsorted))),
        "csr.set-not-sorted",
        "csr.subject-only-claimed",
        source="X.690 §11.6",
    )
    yield _case(
        "subject-empty-rdn",
        "An RDN without attributes.",
        request(_info(subject=sequence(element(0x31)))),
        "csr.subject-malformed",
        source="RFC 5280 §4.1.2.4",
    )
    yield _case(
        "subject-no-set",
        "Attributes without an RDN.",
        request(_info(subject=sequence(sequence(oid(CN), element(0x0C, b"x"))))),
        "csr.subject-malformed",
        source="RFC 5280 §4.1.2.4",
    )
    star = name((CN, 0x13, "*.shop.com"))
    yield _case(
        "printable-asterisk",
        "An asterisk in a PrintableString: real, and no reason to refuse what is not copied.",
        request(_info(subject=star)),
        "csr.string-malformed",
        "csr.name-only-claimed",
        source="X.680 §41.4",
    )
    yield _case(
        "utf8-broken",
        "Octets in a UTF8String that are none.",
        request(_info(subject=name((CN, 0x0C, b"caf\xe9")))),
        "csr.string-malformed",
        "csr.name-malformed",
        source="X.690 §8.23",
    )
    yield _case(
        "bmp",
        "A common name as BMPString.",
        request(_info(subject=name((CN, 0x1E, "www.shop.com".encode("utf-16-be"))))),
        source="RFC 5280 §4.1.2.4",
    )
    yield _case(
        "teletex",
        "A common name as TeletexString.",
        request(_info(subject=name((CN, 0x14, b"www.shop.com")))),
        source="RFC 5280 §4.1.2.4",
    )
    # -- attributes
    wanted = extension_request(alternative_names(*NAMES))
    first, second = alternative_names("www.shop.com"), alternative_names("shop.com")
    unstructured = attribute("1.2.840.113549.1.9.2", element(0x0C, b"host"))
    yield _case(
        "attributes-unsorted",
        "Attributes that are not sorted.",
        request(_info(subject=sequence(), attributes=sorted((wanted, unstructured), reverse=True), sort=False)),
        "csr.set-not-sorted",
        "csr.name-other-type",
        "csr.attribute-unused",
        source="X.690 §11.6",
    )
    yield _case(
        "attribute-unstructured-name",
        "An unstructuredName is a name too.",
        _with(wanted, unstructured, subject=sequence()),
        "csr.name-other-type",
        "csr.attribute-unused",
        source="RFC 2985 §5.4.4",
    )
    yield _case(
        "attribute-twice",
        "The same attribute twice.",
        _with(wanted, wanted, subject=sequence()),
        "csr.attribute-twice",
        "csr.san-several",
        source="RFC 2985 §5.4.2",
    )
    yield _case(
        "extension-requests-two",
        "Two attributes that ask for extensions: readers take the first.",
        _with(extension_request(first), extension_request(second), subject=sequence()),
        "csr.attribute-twice",
        "csr.san-several",
        source="RFC 2985 §5.4.2",
    )
    yield _case(
        "extension-requests-both",
        "Extensions asked for under both identifiers.",
        _with(extension_request(first), extension_request(second, kind=MICROSOFT_REQUEST), subject=sequence()),
        "csr.extension-requests-both",
        "csr.san-several",
        source="RFC 2985 §5.4.2",
    )
    yield _case(
        "extension-request-microsoft",
        "Extensions under Microsoft's identifier.",
        _with(extension_request(alternative_names(*NAMES), kind=MICROSOFT_REQUEST), subject=sequence()),
    )
    yield _case(
        "extension-request-values",
        "Two values in the attribute.",
        _with(attribute(EXTENSION_REQUEST, sequence(first), sequence(second)), subject=sequence()),
        "csr.extension-request-values",
        "csr.san-several",
        source="RFC 2985 §5.4.2",
    )
    yield _case(
        "attribute-without-value",
        "An attribute with no value.",
        _with(attribute("1.2.3"), wanted, subject=sequence()),
        "csr.attribute-empty",
        "csr.attribute-unused",
        source="RFC 2986 §4.1",
    )
    yield _case(
        "attribute-malformed",
        "An attribute that is no pair.",
        _with(sequence(oid("1.2.3")), subject=sequence()),
        "csr.attributes-malformed",
        "csr.name-not-claimed",
        source="RFC 2986 §4.1",
    )
    yield _case(
        "challenge",
        "A challenge password: a secret.",
        _with(wanted, attribute("1.2.840.113549.1.9.7", element(0x0C, b"hunter2")), subject=sequence()),
        "csr.challenge-password",
        "csr.attribute-unused",
        source="RFC 2985 §5.4.1",
    )
    yield _case(
        "extensions-empty",
        "No extension is asked for in the attribute for them.",
        _with(extension_request(), subject=sequence()),
        "csr.extensions-malformed",
        "csr.name-not-claimed",
        source="RFC 5280 §4.2",
    )
    yield _case(
        "extensions-text",
        "Text instead of extensions.",
        _with(attribute(EXTENSION_REQUEST, element(0x0C, b"x")), subject=sequence()),
        "csr.extensions-malformed",
        "csr.name-not-claimed",
        source="RFC 5280 §4.2",
    )
    yield _case(
        "extension-critical-false",
        "critical FALSE is written out.",
        _with(
            extension_request(
                sequence(oid("2.5.29.17"), element(0x01, b"\0"), octets(sequence(element(0x82, b"shop.com"))))
            ),
            subject=sequence(),
        ),
        "csr.extensions-malformed",
        "csr.name-not-claimed",
        source="X.690 §11.5",
    )
    yield _case(
        "extension-twice",
        "The same extension twice.",
        _with(extension_request(alternative_names(*NAMES), derkit.KU_SIGN, derkit.KU_SIGN), subject=sequence()),
        "csr.extension-twice",
        "csr.extension-asked",
        source="RFC 5280 §4.2",
    )
    yield _case(
        "san-twice",
        "Two lists of names in one request.",
        _with(extension_request(first, second), subject=sequence()),
        "csr.san-several",
        source="RFC 5280 §4.2",
    )
    for label, value in (
        ("empty", sequence()),
        ("text", element(0x0C, b"x")),
        ("cut", b"\x30\x05\x82"),
        ("ber", b"\x30\x81\x02\x82\x00"),
    ):
        yield _case(
            f"san-{label}",
            "Alternative names that cannot be read.",
            _with(extension_request(extension("2.5.29.17", value)), subject=sequence()),
            "csr.extension-malformed",
            "csr.name-not-claimed",
            source="RFC 5280 §4.2.1.6",
        )
    yield _case(
        "usage-malformed",
        "A keyUsage that ends in zero bits.",
        _with(
            extension_request(alternative_names(*NAMES), extension("2.5.29.15", element(0x03, b"\x00\x80"))),
            subject=sequence(),
        ),
        "csr.extension-malformed",
        "csr.extension-asked",
        source="X.690 §11.2.2",
    )
    for kind in ("2.5.29.37", "2.5.29.19"):
        yield _case(
            f"value-{kind[-2:]}",
            "A value of another type.",
            _with(extension_request(alternative_names(*NAMES), extension(kind, element(0x05))), subject=sequence()),
            "csr.extension-malformed",
            "csr.extension-asked",
            source="RFC 5280 §4.2",
        )


# -- the proof


def proofs() -> Iterator[Case]:
    """Signatures: right, wrong, weak, unknown, of another key."""
    br = "BR 3.2.1; RFC 2986 §4.2"
    for which in ("rsa", "p256", "p384", "p521"):
        made = request(attrs.evolve(PLAIN, key=spki(which)), which)
        yield _case(f"proof-{which}", "A right proof.", made, source=br)
    for which in ("rsa", "p256"):
        for digest in ("sha384", "sha512"):
            yield _case(
                f"proof-{which}-{digest}",
                "A right proof with another hash.",
                request(attrs.evolve(PLAIN, key=spki(which)), which, digest=digest),
                source=br,
            )
    flipped = bytearray(CLEAN)
    flipped[-1] ^= 1
    yield _case(
        "proof-flipped", "A bit of the signature is another.", bytes(flipped), "csr.proof-invalid", source="R151"
    )
    stolen = attrs.evolve(PLAIN, key=spki("p256-other"))
    yield _case(
        "proof-of-another-key",
        "The key of somebody else, signed with one's own.",
        request(stolen, "p256"),
        "csr.proof-invalid",
        source="K02; RFC 2986 §4.2",
    )
    info = PLAIN.der()
    algorithm, signature = sign("p256", attrs.evolve(PLAIN, version=integer(1)).der())
    yield _case(
        "proof-of-other-octets",
        "A signature over something else.",
        sequence(info, algorithm, bits(signature)),
        "csr.proof-invalid",
        source="R151",
    )
    yield _case(
        "proof-empty", "An empty signature.", sequence(info, algorithm, bits(b"")), "csr.proof-invalid", source="R151"
    )
    yield _case(
        "proof-garbage",
        "A signature that is no pair of numbers.",
        sequence(info, algorithm, bits(b"\x30\x03\x02\x01")),
        "csr.proof-invalid",
        source="R151",
    )
    rsa = attrs.evolve(PLAIN, key=spki("rsa"))
    for which, weak in (("rsa", "sha1"), ("rsa", "md5"), ("p256", "sha1")):
        made = request(attrs.evolve(PLAIN, key=spki(which)), which, digest=weak)
        yield _case(
            f"proof-{which}-{weak}",
            "Right, over a broken hash.",
            made,
            "csr.proof-weak-hash",
            source="spec: five verdicts are kept apart",
        )
    wrong = bytearray(request(rsa, "rsa", digest="sha1"))
    wrong[-1] ^= 1
    yield _case("proof-sha1-wrong", "A broken hash, and wrong too.", bytes(wrong), "csr.proof-invalid", source=br)
    for which in ("rsa", "p256"):
        yield _case(
            f"proof-{which}-sha224",
            "An algorithm that is not known here.",
            request(attrs.evolve(PLAIN, key=spki(which)), which, digest="sha224"),
            "csr.proof-unknown",
            source=br,
        )
    _, rsa_signature = sign("rsa", rsa.der())
    ecdsa = sequence(oid("1.2.840.10045.4.3.2"))
    yield _case(
        "proof-algorithm-of-ec",
        "An RSA key with ECDSA.",
        sequence(rsa.der(), ecdsa, bits(rsa_signature)),
        "csr.proof-mismatch",
        source=br,
    )
    yield _case(
        "proof-algorithm-of-rsa",
        "An EC key with RSA.",
        sequence(info, derkit.RSA_SHA256, bits(sign("p256", info)[1])),
        "csr.proof-mismatch",
        source=br,
    )
    yield _case(
        "proof-other-hash",
        "Another hash than the signature was made over.",
        sequence(info, sequence(oid("1.2.840.10045.4.3.3")), bits(sign("p256", info)[1])),
        "csr.proof-invalid",
        source=br,
    )
    yield _case(
        "proof-ec-null",
        "NULL beside ECDSA: sloppy.",
        sequence(info, sequence(oid("1.2.840.10045.4.3.2"), element(0x05)), bits(sign("p256", info)[1])),
        "csr.proof-parameters",
        source="RFC 5758 §3.2",
    )
    yield _case(
        "proof-rsa-no-null",
        "No NULL beside RSA: sloppy.",
        sequence(rsa.der(), sequence(oid("1.2.840.113549.1.1.11")), bits(rsa_signature)),
        "csr.proof-parameters",
        source="RFC 4055 §5",
    )
    yield _case(
        "proof-algorithm-twice",
        "An algorithm with two parameters.",
        sequence(info, sequence(oid("1.2.840.10045.4.3.2"), element(0x05), element(0x05)), bits(signature)),
        "csr.proof-unknown",
        source="RFC 5280 §4.1.1.2",
    )
    yield _case(
        "proof-algorithm-text",
        "No algorithm at all.",
        sequence(info, sequence(element(0x0C, b"sha256")), bits(signature)),
        "csr.proof-unknown",
        source="RFC 5280 §4.1.1.2",
    )
    yield _case(
        "proof-pss-other-mask",
        "RSASSA-PSS with two hashes.",
        sequence(rsa.der(), pss("sha256", 32, mask="sha384"), bits(rsa_signature)),
        "csr.proof-unknown",
        source="RFC 4055 §3.1",
    )
    yield _case(
        "proof-pss-sha1",
        "RSASSA-PSS with SHA-1.",
        sequence(rsa.der(), pss("sha1", 20), bits(rsa_signature)),
        "csr.proof-unknown",
        source="RFC 4055 §3.1",
    )
    yield _case(
        "proof-pss-defaults",
        "RSASSA-PSS without parameters, which means SHA-1.",
        sequence(rsa.der(), pss("sha256", 32, parameters=sequence()), bits(rsa_signature)),
        "csr.proof-unknown",
        source="RFC 4055 §3.1",
    )
    yield _case(
        "proof-pss-wrong",
        "RSASSA-PSS said of a PKCS #1 signature.",
        sequence(rsa.der(), pss("sha256", 32), bits(rsa_signature)),
        "csr.proof-invalid",
        source="RFC 4055 §3.1",
    )
    # -- keys that prove nothing, or are not admitted
    codes: tuple[str, ...]
    for label, exponent, codes in (
        ("1", 1, ("csr.proof-key-unusable", "key.rsa-exponent-too-small")),
        ("2", 2, ("csr.proof-key-unusable", "key.rsa-exponent-too-small")),
        ("65536", 65536, ("csr.proof-key-unusable", "key.rsa-exponent-even")),
    ):
        key = _rsa_key(exponent)
        info_of = attrs.evolve(PLAIN, key=key)
        yield _case(
            f"key-exponent-{label}",
            "K12: with such an exponent a signature proves nothing.",
            sequence(info_of.der(), derkit.RSA_SHA256, bits(sign("rsa", info_of.der())[1])),
            *codes,
            source="BR 6.1.6",
        )
    for which, codes in (
        ("p192", ("key.curve-p192",)),
        ("p224", ("key.curve-p224",)),
        ("secp256k1", ("key.curve-secp256k1",)),
        ("ed25519", ("key.algorithm-ed25519",)),
    ):
        info_of = attrs.evolve(PLAIN, key=spki(which))
        proof = "csr.proof-unknown" if which == "ed25519" else "csr.proof-key-unusable"
        yield _case(
            f"key-{which}",
            "K11: a key that the policy does not admit.",
            request(info_of, which),
            proof,
            *codes,
            source="BR 6.1.5",
        )
    short = attrs.evolve(PLAIN, key=spki("rsa-1024"))
    yield _case("key-rsa-1024", "K12: a short key.", request(short, "rsa-1024"), "key.rsa-too-short", source="BR 6.1.5")
    no_null = sequence(sequence(oid("1.2.840.113549.1.1.1")), _tail(spki("rsa")))
    info_of = attrs.evolve(PLAIN, key=no_null)
    yield _case(
        "key-rsa-no-null",
        "K13: an RSA key without NULL: cryptography would write another one.",
        request(info_of, "rsa"),
        "key.rsa-parameters-absent",
        source="BR 7.1.3.1.1",
    )
    point = PUBLISHED[-64:]
    compressed = sequence(
        sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits(bytes([2 + (point[-1] & 1)]) + point[:32])
    )
    info_of = attrs.evolve(PLAIN, key=compressed)
    yield _case(
        "key-compressed",
        "A compressed point: cryptography would write another one.",
        request(info_of, "p256"),
        "key.point-compressed",
        source="RFC 5480 §2.2",
    )
    off = PUBLISHED[:-1] + bytes([PUBLISHED[-1] ^ 1])
    info_of = attrs.evolve(PLAIN, key=off)
    yield _case(
        "key-off-curve",
        "A point beside the curve.",
        request(info_of, "p256"),
        "csr.proof-key-unusable",
        "key.point-off-curve",
        source="BR 6.1.6",
    )
    info_of = attrs.evolve(PLAIN, key=sequence(sequence(), bits(b"")))
    yield _case(
        "key-none",
        "No key at all.",
        request(info_of, "p256"),
        "csr.proof-key-unusable",
        "key.not-der",
        source="RFC 5280 §4.1.2.7",
    )


def _tail(key: bytes) -> bytes:
    """The BIT STRING of a SubjectPublicKeyInfo of an RSA-2048 key."""
    at = key.index(b"\x05\x00") + 2
    return key[at:]


def _rsa_key(exponent: int) -> bytes:
    """The RSA key of the tests with another exponent."""
    modulus = _tail(spki("rsa"))
    start = modulus.index(b"\x02\x82\x01\x01")
    number = modulus[start : start + 4 + 257]
    return sequence(sequence(oid("1.2.840.113549.1.1.1"), element(0x05)), bits(sequence(number, integer(exponent))))


# -- what is claimed beside what is validated


def _directory(text: str) -> bytes:
    return element(0xA4, name((CN, 0x0C, text)))


def claims() -> Iterator[Case]:
    """Names in all the places where they hide, and identities of every kind."""

    def asks(*names: str | bytes, subject: bytes = sequence(), **fields: Any) -> bytes:
        return _with(extension_request(alternative_names(*names)), subject=subject, **fields)

    diff = "R100, R064"
    yield _case("claims-equal", "Equal sets: an empty difference.", asks(*NAMES), source=diff)
    yield _case("claims-other-order", "The order of claims does not matter.", asks(*reversed(NAMES)), source=diff)
    yield _case("claims-twice", "Duplicates do not matter.", asks(*NAMES, *NAMES), source=diff)
    yield _case(
        "claims-case", "Case does not matter in a request.", asks("WWW.Shop.COM", "shop.com"), source="spec 3.1"
    )
    yield _case(
        "claims-more",
        "A name that is not validated.",
        asks(*NAMES, "evil.com"),
        "csr.name-only-claimed",
        source="K01, K03",
    )
    yield _case("claims-fewer", "A name that is not claimed.", asks("shop.com"), "csr.name-not-claimed", source="K03")
    yield _case(
        "claims-other",
        "Names of another order.",
        asks("other.com", "www.other.com"),
        "csr.names-disjoint",
        "csr.name-only-claimed",
        "csr.name-not-claimed",
        source="K02",
    )
    yield _case(
        "claims-none",
        "No claims at all.",
        request(_info(subject=sequence(), attributes=())),
        "csr.name-not-claimed",
        source=diff,
    )
    yield _case(
        "claims-in-cn",
        "A name in the common name only.",
        request(_info(subject=name((CN, 0x0C, "shop.com")), attributes=())),
        "csr.name-not-claimed",
        source="spec 1: names hide in many places",
    )
    yield _case(
        "claims-other-in-cn",
        "Another name in the common name.",
        asks(*NAMES, subject=name((CN, 0x0C, "evil.com"))),
        "csr.name-only-claimed",
        source="K09",
    )
    yield _case(
        "claims-second-cn",
        "Another name in the second common name.",
        asks(*NAMES, subject=name((CN, 0x0C, "shop.com"), (CN, 0x0C, "evil.com"))),
        "csr.name-only-claimed",
        source="K09",
    )
    multi = sequence(
        set_of(sequence(oid(CN), element(0x0C, b"shop.com")), sequence(oid(CN), element(0x0C, b"evil.com")))
    )
    yield _case(
        "claims-cn-in-one-rdn",
        "Another name in the same RDN.",
        asks(*NAMES, subject=multi),
        "csr.name-only-claimed",
        source="K09",
    )
    yield _case(
        "claims-person-cn",
        "A common name that is no name.",
        asks(*NAMES, subject=name((CN, 0x0C, "Erika Mustermann"))),
        "csr.name-malformed",
        source="spec 1",
    )
    yield _case(
        "claims-directory",
        "A name inside of a directoryName.",
        asks(*NAMES, _directory("evil.com")),
        "csr.name-only-claimed",
        "csr.name-other-type",
        source="spec 1",
    )
    yield _case(
        "claims-email",
        "An address of e-mail.",
        asks(*NAMES, element(0x81, b"a@shop.com")),
        "csr.name-other-type",
        source="spec 1",
    )
    yield _case(
        "claims-uri",
        "A URI.",
        asks(*NAMES, element(0x86, b"https://shop.com/")),
        "csr.name-other-type",
        source="spec 1",
    )
    yield _case(
        "claims-other-name",
        "An otherName.",
        asks(*NAMES, element(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), explicit(0, element(0x0C, b"u@shop.com")))),
        "csr.name-other-type",
        source="spec 1",
    )
    yield _case(
        "claims-rid",
        "A registered identifier.",
        asks(*NAMES, element(0x88, b"\x2a")),
        "csr.name-other-type",
        source="spec 1",
    )
    yield _case(
        "claims-subject-email",
        "emailAddress in the subject.",
        asks(*NAMES, subject=name(("1.2.840.113549.1.9.1", 0x16, "a@b.com"))),
        "csr.name-other-type",
        "csr.subject-only-claimed",
        source="spec 1",
    )
    yield _case(
        "claims-address",
        "An address that is not validated.",
        asks(*NAMES, "8.8.8.8"),
        "csr.name-only-claimed",
        source="K08",
    )
    yield _case(
        "claims-address-length",
        "An address of five octets.",
        asks(*NAMES, element(0x87, bytes(5))),
        "csr.name-malformed",
        source="RFC 5280 §4.2.1.6",
    )
    yield _case(
        "claims-address-as-dns",
        "K08: an address as dNSName.",
        asks(*NAMES, element(0x82, b"8.8.8.8")),
        "csr.name-malformed",
        source="K08",
    )
    for label, raw in (
        ("empty", b""),
        ("space", b" shop.com"),
        ("nul", b"shop.com\0.evil.com"),
        ("underscore", b"a_b.shop.com"),
        ("latin", b"b\xfccher.com"),
        ("utf8", "b\u00fccher.com".encode()),
        ("dot", b"shop.com."),
        ("star", b"*"),
        ("single", b"localhost"),
        ("url", b"https://shop.com"),
    ):
        yield _case(
            f"claims-bad-{label}",
            "R064: a bad name in the request is reported and not signed.",
            asks(*NAMES, element(0x82, raw)),
            "csr.name-malformed",
            source="K06, K10",
        )
    yield _case(
        "claims-bad-only",
        "Bad names only: those of another order.",
        asks(element(0x82, b"a_b.com")),
        "csr.names-disjoint",
        "csr.name-malformed",
        "csr.name-not-claimed",
        source="K02",
    )
    yield _case(
        "claims-subject",
        "Attributes of the subject that nobody validated.",
        asks(*NAMES, subject=name(("2.5.4.10", 0x0C, "Evil Inc"))),
        "csr.subject-only-claimed",
        source="K01",
    )
    yield _case(
        "claims-extensions",
        "Extensions asked for.",
        _with(
            extension_request(alternative_names(*NAMES), derkit.BASIC, extension("2.5.29.32", sequence())),
            subject=sequence(),
        ),
        "csr.extension-asked",
        source="K01, R103",
    )
    usage = extension("2.5.29.15", element(0x03, b"\x05\x20"))
    yield _case(
        "claims-usage-ec",
        "K15: keyEncipherment asked for with an EC key.",
        _with(extension_request(alternative_names(*NAMES), usage), subject=sequence()),
        "csr.extension-asked",
        "csr.usage-unfit",
        source="K15, R009",
    )
    yield _case(
        "claims-usage-rsa",
        "K15: keyEncipherment asked for with an RSA key.",
        request(
            _info(
                subject=sequence(), key=spki("rsa"), attributes=(extension_request(alternative_names(*NAMES), usage),)
            ),
            "rsa",
        ),
        "csr.extension-asked",
        source="K15, R009",
    )
    agree = extension("2.5.29.15", element(0x03, b"\x03\x08"))
    yield _case(
        "claims-agreement-rsa",
        "K15: keyAgreement asked for with an RSA key.",
        request(
            _info(
                subject=sequence(), key=spki("rsa"), attributes=(extension_request(alternative_names(*NAMES), agree),)
            ),
            "rsa",
        ),
        "csr.extension-asked",
        "csr.usage-unfit",
        source="K15, R009",
    )
    yield _case(
        "claims-sign",
        "digitalSignature alone fits every key.",
        _with(extension_request(alternative_names(*NAMES), derkit.KU_SIGN), subject=sequence()),
        "csr.extension-asked",
        source="K15, R009",
    )

    # -- identities
    bare = request(_info(subject=sequence(), attributes=()))
    quiet = "csr.name-not-claimed"

    def who(id_: str, comment: str, *codes: str, source: str, **fields: Any) -> Case:
        return _case(id_, comment, bare, quiet, *codes, source=source, **fields)

    for top in ("local", "test", "corp", "jaso"):
        special = ("name.special-use",) if top in ("local", "test") else ()
        yield who(
            f"identity-{top}",
            "K05: no top-level domain.",
            *special,
            "name.internal",
            source="K05",
            names=(f"host.{top}",),
        )
    yield who("identity-wildcard", "A wildcard name.", source="K07", names=("*.shop.com",))
    yield who(
        "identity-wildcard-suffix",
        "K07: an asterisk above a public suffix.",
        "name.wildcard-public-suffix",
        source="K07, BR 3.2.2.6",
        names=("*.co.uk",),
    )
    yield who(
        "identity-reserved",
        "An address that is reserved.",
        "name.address-reserved",
        source="BR 4.2.2",
        names=("10.0.0.1",),
    )
    yield who(
        "identity-reverse",
        "A name in a reverse zone.",
        "name.special-use",
        "name.reverse-zone",
        source="BR 4.2.2",
        names=("1.0.0.10.in-addr.arpa",),
    )
    yield who(
        "identity-internal-scope",
        "K17: internal scope under a public policy.",
        "name.scope-not-allowed",
        "name.scope-not-allowed",
        source="K17, R114",
        scope="internal",
    )
    yield who(
        "identity-private",
        "An internal name in a private PKI.",
        "key.list-none",
        "name.internal-allowed",
        source="K17, R114",
        names=("printer.corp",),
        scope="internal",
        policy="PRIVATE",
    )
    yield who(
        "identity-permitted", "R083: inside of the customer's domains.", source="R049, R083", permitted=("shop.com",)
    )
    yield who(
        "identity-permitted-wildcard",
        "R083: an asterisk inside.",
        source="R083",
        names=("*.shop.com",),
        permitted=("shop.com",),
    )
    yield who(
        "identity-not-permitted",
        "R049: beside the customer's domains.",
        "binding.name-not-permitted",
        source="R049",
        names=("notshop.com",),
        permitted=("shop.com",),
    )
    yield who(
        "identity-above-permitted",
        "R083: above the customer's domains.",
        "binding.name-not-permitted",
        source="R083",
        names=("shop.com",),
        permitted=("www.shop.com",),
    )
    yield who(
        "identity-address-permitted",
        "An address lies in no domain.",
        "binding.address-not-permitted",
        source="R049",
        names=("8.8.8.8",),
        permitted=("shop.com",),
    )
    yield who(
        "identity-cn",
        "K09: a common name that is the first name.",
        "subject.attribute-not-advised",
        "binding.cn-present",
        source="K09, BR 7.1.4.3",
        subject=(("CN", "www.shop.com"),),
    )
    yield who(
        "identity-cn-last",
        "K09: a common name that is the last name.",
        "subject.attribute-not-advised",
        "binding.cn-present",
        source="K09",
        subject=(("CN", "shop.com"),),
    )
    yield who(
        "identity-cn-other",
        "K09: a common name that is none of the names.",
        "subject.attribute-not-advised",
        "binding.cn-not-a-name",
        source="K09, R061",
        subject=(("CN", "mail.shop.com"),),
    )
    yield who(
        "identity-cn-case",
        "R061: in another case.",
        "subject.attribute-not-advised",
        "binding.cn-spelling",
        source="R061",
        subject=(("CN", "WWW.shop.com"),),
    )
    yield who(
        "identity-cn-dot",
        "R061: with a dot at the end.",
        "subject.attribute-not-advised",
        "binding.cn-spelling",
        source="R061",
        subject=(("CN", "www.shop.com."),),
    )
    yield who(
        "identity-cn-unicode",
        "R061: in Unicode.",
        "subject.attribute-not-advised",
        "binding.cn-spelling",
        source="R061, BR 7.1.4.3",
        names=("xn--bcher-kva.com",),
        subject=(("CN", "b\u00fccher.com"),),
    )
    yield who(
        "identity-cn-two",
        "Two common names.",
        "subject.attribute-repeated",
        "subject.attribute-not-advised",
        "binding.cn-several",
        source="BR 7.1.4.3",
        subject=(("CN", "www.shop.com"), ("CN", "shop.com")),
    )
    yield who(
        "identity-cn-address",
        "An address as common name.",
        "subject.attribute-not-advised",
        "binding.cn-present",
        source="BR 7.1.4.3",
        names=("2001:4860:4860::8888",),
        subject=(("CN", "2001:4860:4860::8888"),),
    )
    yield who(
        "identity-cn-address-form",
        "RFC 5952: another form of the address.",
        "subject.attribute-not-advised",
        "binding.cn-not-a-name",
        source="BR 7.1.4.3, RFC 5952 §4",
        names=("2001:4860:4860::8888",),
        subject=(("CN", "2001:4860:4860:0:0:0:0:8888"),),
    )
    company = (("C", "ES"), ("L", "Bilbao"), ("O", "Shop SL"))
    yield who(
        "identity-ov", "An organisation.", "csr.subject-not-claimed", source="BR 7.1.2.7.4", kind="ov", subject=company
    )
    yield who(
        "identity-ov-order",
        "In the wrong order.",
        "csr.subject-not-claimed",
        "subject.attribute-order",
        source="BR 7.1.4.2",
        kind="ov",
        subject=(company[1], company[0], company[2]),
    )
    for value in ("UK", "EL"):
        yield who(
            f"identity-country-{value}",
            "K18: no country.",
            "csr.subject-not-claimed",
            "subject.country-unknown",
            source="K18, R010",
            subject=(("C", value),),
        )
    yield who(
        "identity-country-es",
        "K18: small letters.",
        "csr.subject-not-claimed",
        "subject.country-form",
        source="K18, R010",
        subject=(("C", "es"),),
    )
    for label, value in (("na", "N/A"), ("dash", "-")):
        yield who(
            f"identity-state-{label}",
            "K18: a placeholder.",
            "csr.subject-not-claimed",
            "subject.value-placeholder",
            source="K18, R037",
            kind="ov",
            subject=(("C", "ES"), ("ST", value), ("O", "Shop SL")),
        )
    yield who(
        "identity-dv-organisation",
        "An organisation with domain validation.",
        "csr.subject-not-claimed",
        "subject.attribute-forbidden",
        source="BR 7.1.2.7.2",
        subject=(("O", "Shop SL"),),
    )
    ev = (
        ("C", "ES"),
        ("L", "Bilbao"),
        ("O", "Shop SL"),
        ("businessCategory", "Private Organization"),
        ("jurisdictionCountry", "ES"),
        ("serialNumber", "B12345678"),
    )
    yield who(
        "identity-ev", "Extended validation.", "csr.subject-not-claimed", source="EVG 7.1.4.2", kind="ev", subject=ev
    )
    yield who(
        "identity-ev-wildcard",
        "A wildcard name with extended validation.",
        "csr.subject-not-claimed",
        "binding.ev-wildcard",
        source="EVG 7.1.2.1",
        kind="ev",
        subject=ev,
        names=("*.shop.com",),
    )
    yield who(
        "identity-ev-address",
        "An address with extended validation.",
        "csr.subject-not-claimed",
        "binding.ev-address",
        source="EVG 7.1.2.1",
        kind="ev",
        subject=ev,
        names=("8.8.8.8",),
    )


_GROUPS: dict[str, Callable[[], Iterator[Case]]] = {
    "texts": texts,
    "structure": structure,
    "proofs": proofs,
    "claims": claims,
}


def _folded(data: bytes) -> str:
    shown = data.hex()
    return '"""\n' + "".join(f"{shown[at : at + 120]}\n" for at in range(0, len(shown), 120)) + '"""'


def _written(case: Case) -> str:
    lines = ["[[vector]]"]
    for field in attrs.fields(Case):
        value = getattr(case, field.name)
        if field.default is not attrs.NOTHING and value == field.default:
            continue
        if isinstance(value, bytes):
            lines.append(f"{field.name} = {_folded(value)}")
        elif isinstance(value, tuple):
            items = [list(each) if isinstance(each, tuple) else each for each in value]
            lines.append(f"{field.name} = {json.dumps(items)}")
        else:
            lines.append(f"{field.name} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def files() -> dict[str, str]:
    """The files by name."""
    head = "# Made by tests/make_csr_vectors.py from the texts named in each vector.\n\n"
    return {f"{name}.toml": head + "\n".join(map(_written, group())) for name, group in _GROUPS.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, content in files().items():
        (FOLDER / file).write_text(content, encoding="utf-8")
