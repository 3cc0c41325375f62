"""Reading requests: every octet string gives a value, defects never hide each other, and peers agree."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.canon import digest
from pkicheck.codes import CATALOGUE, Level
from pkicheck.csr import LARGEST, ClaimedName, ClaimedRequest, Proof, check_signature, load, request_signature
from pkicheck.errors import InputError
from pkicheck.x509 import MOST_EXTENSIONS
from tests import derkit
from tests.csr_cases import VECTORS, Vector, bound
from tests.csrkit import (
    KEYS,
    Info,
    alternative_names,
    attribute,
    extension_request,
    private_key,
    request,
    sign,
    spki,
)
from tests.derkit import bits, element, explicit, extension, integer, name, octets, oid, sequence

CLEAN = request(Info(subject=sequence()))
OPENSSL = shutil.which("openssl")


def codes(found: ClaimedRequest) -> list[str]:
    """The codes of the defects."""
    return [each.code for each in found.defects]


def test_the_fields_are_slices() -> None:
    """What is read are the octets as they stand: info, key, algorithm, signature; the digest is that of the request."""
    found = load(CLEAN)
    info, algorithm, signature = Info(subject=sequence()).der(), *sign("p256", Info(subject=sequence()).der())
    assert (found.info, found.algorithm, found.signature) == (info, algorithm, signature)
    assert found.spki == spki("p256")
    assert found.sha256 == digest(CLEAN)
    assert found.defects == ()
    assert load(b"").sha256 == digest(b"")
    assert load("-----BEGIN X-----").sha256 is None


def test_names_from_every_place() -> None:
    """Names hide in many places, and none is missed: whoever stops at the first list is the bug of an incident."""
    directory = element(0xA4, name(("2.5.4.3", 0x0C, "in.directory.com"), ("2.5.4.10", 0x0C, "x")))
    first = extension_request(alternative_names("first.com", "8.8.8.8", directory, element(0x81, b"m@first.com")))
    second = extension_request(alternative_names("second.com"), kind="1.3.6.1.4.1.311.2.1.14")
    third = attribute("1.2.840.113549.1.9.2", element(0x0C, b"unstructured"))
    subject = name(
        ("2.5.4.3", 0x0C, "cn.com"),
        ("2.5.4.3", 0x1E, "bmp.com".encode("utf-16-be")),
        ("1.2.840.113549.1.9.1", 0x16, "m@cn.com"),
    )
    found = load(request(Info(subject=subject, attributes=(first, second, third))))
    assert {(each.kind, each.raw, each.place) for each in found.names} == {
        ("commonName", b"cn.com", "subject"),
        ("commonName", b"bmp.com", "subject"),
        ("emailAddress", b"m@cn.com", "subject"),
        ("dNSName", b"first.com", "subjectAltName"),
        ("iPAddress", bytes(4 * [8]), "subjectAltName"),
        ("directoryName", directory[2:], "subjectAltName"),
        ("commonName", b"in.directory.com", "subjectAltName directoryName"),
        ("rfc822Name", b"m@first.com", "subjectAltName"),
        ("dNSName", b"second.com", "subjectAltName"),
        ("unstructuredName", b"unstructured", "attribute 1.2.840.113549.1.9.2"),
    }
    assert all(isinstance(each, ClaimedName) for each in found.names)


def test_a_challenge_password_is_a_secret() -> None:
    """The password stands in nothing that the request gives: neither in a field nor in a finding."""
    found = load(request(Info(attributes=(attribute("1.2.840.113549.1.9.7", element(0x0C, b"hunter2")),))))
    assert found.secret
    (kept,) = found.attributes
    assert kept.values == ()
    assert "hunter2" not in repr(attrs.evolve(found, der=None, info=None))


def test_the_size_is_bounded() -> None:
    """At the bound it is read, above it is not."""
    assert codes(load(bytes(LARGEST + 1))) == ["csr.too-large"]
    assert codes(load("0" * (LARGEST + 1))) == ["csr.too-large"]
    assert "csr.too-large" not in codes(load(bytes(LARGEST)))
    assert "csr.too-large" not in codes(load("0" * LARGEST))


def test_numbers_are_bounded() -> None:
    """Attributes, names, extensions and levels: each has a bound with a code, and the time stays small."""
    fine = [attribute(f"1.2.3.{index}", element(0x05)) for index in range(100)]
    assert codes(load(request(Info(subject=sequence(), attributes=fine)))) == []
    more = [*fine, attribute("1.2.3.100", element(0x05))]
    assert codes(load(request(Info(subject=sequence(), attributes=more)))) == ["csr.too-complex"]
    for count, code in ((10_000, []), (10_001, ["csr.too-many-names"]), (10_003, ["csr.too-many-names"])):
        found = load(
            request(
                Info(
                    subject=sequence(),
                    attributes=(extension_request(alternative_names(*(count * [element(0x82, b"a.b")]))),),
                )
            )
        )
        assert codes(found) == code
        assert len(found.names) == min(count, 10_001)
    many = [extension(f"1.2.{index}", b"") for index in range(MOST_EXTENSIONS + 1)]
    assert codes(load(request(Info(subject=sequence(), attributes=(extension_request(*many),))))) == [
        "csr.extensions-malformed"
    ]
    deep = b""
    for _ in range(2000):
        deep = sequence(deep)
    assert "csr.too-complex" in codes(load(request(Info(subject=sequence(), attributes=(attribute("1.2.3", deep),)))))


def test_many_defects_are_one_finding_for_each_kind() -> None:
    """A request full of defects has a short list: each kind once, with its first places and how many more."""
    bad = sequence(*(50 * [element(0x02, b"\0\1")]))
    (found,) = load(request(Info(subject=sequence(), attributes=(attribute("1.2.3", bad),)))).defects
    assert found.code == "csr.not-der"
    assert (len(found.saw), found.more) == (5, 45)


def test_boundaries_are_counted_out() -> None:
    """A text of boundaries and nothing else is answered soon; what was not looked at hides nothing."""
    found = load("-----BEGIN X-----\n" * 50_000)
    assert len(found.defects) <= 102
    assert found.der is None
    pem = (
        f"-----BEGIN CERTIFICATE REQUEST-----\n{base64.b64encode(CLEAN).decode()}\n-----END CERTIFICATE REQUEST-----\n"
    )
    other = "-----BEGIN X-----\n-----END X-----\n"
    key = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
    assert load(pem + 99 * other).der == CLEAN
    assert codes(load(pem + 99 * other + key))[-1] == "csr.private-key-enclosed"
    assert codes(load(pem + 100 * other + key))[-1] == "csr.too-complex"
    assert load(pem + 100 * other + key).secret
    assert load(pem + 100 * other + key).der is None


def test_wrong_types() -> None:
    """What is neither octets nor text is the caller's mistake."""
    for value in (None, 1, bytearray(CLEAN)):
        with pytest.raises(InputError, match="csr must be bytes or text, got"):
            load(value)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@given(st.binary(max_size=200))
def test_any_octets(data: bytes) -> None:
    """Any octets give a value; without a request there is a refusal; messages are printable (R017)."""
    found = load(data)
    assert found.defects
    assert any(CATALOGUE[each.code].level is Level.REFUSAL for each in found.defects)
    assert all(each.message.isascii() and each.message.isprintable() for each in found.defects)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_any_change_of_a_request(at: int, change: bytes) -> None:
    """Change octets of a request: what is signed and the key are still slices of it, or there is a refusal."""
    data = bytearray(CLEAN)
    at %= len(data)
    data[at : at + len(change)] = change
    found = load(bytes(data))
    if found.spki is None:
        assert any(CATALOGUE[each.code].level is Level.REFUSAL for each in found.defects)
    else:
        assert found.info is not None
        assert found.spki in found.info
        assert found.info in bytes(data)
        if bytes(data) != CLEAN:
            assert request_signature(found).proof is not Proof.VALID or found.info == load(CLEAN).info


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Any text gives a value, whatever characters it has."""
    assert load(text).defects
    assert load(text) == load(text.encode("utf-8", "surrogatepass"))


@given(
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 100),
    st.text(st.characters(codec="ascii", exclude_characters="-"), max_size=50),
)
def test_a_text_around_changes_nothing(eol: str, width: int, around: str) -> None:
    """The same request in any shape of PEM is the same request (RFC 7468 §2)."""
    text = base64.b64encode(CLEAN).decode()
    lines = [around, "-----BEGIN CERTIFICATE REQUEST-----"]
    lines += [text[at : at + width] for at in range(0, len(text), width)]
    lines += ["-----END CERTIFICATE REQUEST-----", around]
    found = load(eol.join(lines))
    if not around.startswith("0"):
        assert found == load(CLEAN)


# -- signatures


@pytest.mark.parametrize("which", KEYS)
def test_pss_and_every_hash(which: str) -> None:
    """A proof is verified for every key that is admitted, with each hash; RSASSA-PSS with any salt."""
    for digest_name in ("sha256", "sha384", "sha512"):
        made = load(request(Info(key=spki(which)), which, digest=digest_name))
        assert request_signature(made).proof is Proof.VALID
        if which == "rsa":
            for salt in (0, 20, 32, 64):
                made = load(request(Info(key=spki(which)), which, digest=digest_name, scheme="pss", salt=salt))
                check = request_signature(made)
                assert (check.proof, check.algorithm, check.sloppy) == (Proof.VALID, f"RSASSA-PSS {digest_name}", False)


@pytest.mark.parametrize(
    ("which", "digest_name", "name_", "proof"),
    [
        ("rsa", "md5", "md5WithRSAEncryption", Proof.WEAK_HASH),
        ("rsa", "sha1", "sha1WithRSAEncryption", Proof.WEAK_HASH),
        ("rsa", "sha256", "sha256WithRSAEncryption", Proof.VALID),
        ("rsa", "sha384", "sha384WithRSAEncryption", Proof.VALID),
        ("rsa", "sha512", "sha512WithRSAEncryption", Proof.VALID),
        ("rsa", "sha224", "1.2.840.113549.1.1.14", Proof.UNKNOWN),
        ("p256", "sha1", "ecdsa-with-SHA1", Proof.WEAK_HASH),
        ("p256", "sha256", "ecdsa-with-SHA256", Proof.VALID),
        ("p256", "sha384", "ecdsa-with-SHA384", Proof.VALID),
        ("p256", "sha512", "ecdsa-with-SHA512", Proof.VALID),
        ("p256", "sha224", "1.2.840.10045.4.3.1", Proof.UNKNOWN),
    ],
)
def test_algorithms_have_names(which: str, digest_name: str, name_: str, proof: Proof) -> None:
    """Each algorithm is called by its name, one that is not known by its identifier; five outcomes are kept apart."""
    check = request_signature(load(request(Info(key=spki(which)), which, digest=digest_name)))
    assert (check.algorithm, check.proof, check.sloppy) == (name_, proof, False)
    assert proof.value == {Proof.VALID: "valid", Proof.WEAK_HASH: "weak-hash", Proof.UNKNOWN: "unknown"}[proof]


def _check(algorithm: bytes, **fields: Any) -> Proof:
    given: dict[str, Any] = {"spki": spki("rsa"), "signed": b"x", "signature": sign("rsa", b"x")[1], **fields}
    return check_signature(algorithm=algorithm, **given).proof


def test_algorithms_are_read_strictly() -> None:
    """What is no AlgorithmIdentifier, or has other parameters, verifies nothing."""
    pss, mgf = oid("1.2.840.113549.1.1.10"), oid("1.2.840.113549.1.1.8")
    sha = sequence(oid("2.16.840.1.101.3.4.2.1"), element(0x05))
    good = [explicit(0, sha), explicit(1, sequence(mgf, sha)), explicit(2, integer(32))]
    assert _check(derkit.RSA_SHA256) is Proof.VALID
    wrong = (
        b"",
        element(0x31),
        sequence(),
        sequence(octets(b"")),
        sequence(pss),
        sequence(pss, element(0x05)),
        sequence(pss, sequence(*good[:2])),
        sequence(pss, sequence(*good, explicit(3, integer(1)))),
        sequence(pss, sequence(good[0], explicit(1, sequence(oid("1.2.3"), sha)), good[2])),
        sequence(pss, sequence(good[0], explicit(1, sequence(mgf)), good[2])),
        sequence(pss, sequence(good[0], explicit(1, sequence(mgf, sequence(oid("2.16.840.1.101.3.4.2.2")))), good[2])),
        sequence(pss, sequence(*good[:2], explicit(2, integer(-1)))),
        sequence(pss, sequence(*good[:2], explicit(2, integer(2049)))),
        sequence(
            pss,
            sequence(explicit(0, sequence(oid("1.2.3"))), explicit(1, sequence(mgf, sequence(oid("1.2.3")))), good[2]),
        ),
    )
    for algorithm in wrong:
        assert _check(algorithm) is Proof.UNKNOWN
    assert _check(sequence(pss, sequence(*good[:2], explicit(2, integer(2048))))) is Proof.INVALID


def test_an_exponent_of_3_proves() -> None:
    """The smallest exponent that the BR allow proves possession (BR 6.1.6); whether it is wise is the key's matter."""
    numbers = private_key("rsa-1024").private_numbers()
    p, q = numbers.p, numbers.q
    d = pow(3, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(3, p * q)
    small = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()
    key = small.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signature = small.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
    assert _check(derkit.RSA_SHA256, spki=key, signature=signature) is Proof.VALID


def test_keys_that_prove_nothing() -> None:
    """A key that cannot be read, is of another kind, or too large to be tried, verifies nothing."""
    head = sequence(oid("1.2.840.113549.1.1.1"), element(0x05))
    odd = (1 << 16383) + 1
    keys = {
        "none": b"",
        "text": element(0x0C, b"x"),
        "no-numbers": sequence(head, bits(b"")),
        "one-number": sequence(head, bits(sequence(integer(odd)))),
        "long-modulus": sequence(head, bits(sequence(integer(1 << 16384 | 1), integer(65537)))),
        "long-exponent": sequence(head, bits(sequence(integer(odd), integer(1 << 264 | 1)))),
        "exponent-1": sequence(head, bits(sequence(integer(odd), integer(1)))),
        "exponent-even": sequence(head, bits(sequence(integer(odd), integer(4)))),
        "exponent-negative": sequence(head, bits(sequence(integer(odd), integer(-3)))),
        "pss-key": sequence(sequence(oid("1.2.840.113549.1.1.10")), spki("rsa")[spki("rsa").index(b"\5\0") + 2 :]),
        "ed25519": spki("ed25519"),
        "p224": spki("p224"),
    }
    for key in keys.values():
        assert _check(derkit.RSA_SHA256, spki=key) is Proof.KEY_UNUSABLE
    short = sequence(head, bits(sequence(integer((1 << 255) + 95), integer(65537))))
    assert _check(derkit.RSA_SHA256, spki=short) in (Proof.INVALID, Proof.KEY_UNUSABLE)


# -- peers

READABLE = [vector for vector in VECTORS if vector.csr[:1] == b"\x30"]

# Where `cryptography` and we differ on whether the signature is good, and why.
_DIFFERENT = {
    "csr.proof-weak-hash": "cryptography calls SHA-1 and MD5 signatures invalid like all others",
    "csr.proof-parameters": "cryptography refuses ECDSA with NULL since 49; we say that it is sloppy",
    "csr.proof-unknown": "SHA-224 verifies there",
    "csr.proof-key-unusable": "keys that are not admitted verify there, e < 3 did before 50",
    "csr.set-not-sorted": "cryptography refuses sets that are not sorted",
    "csr.string-malformed": "cryptography refuses to load characters that a PrintableString does not have",
    "csr.attributes-absent": "cryptography refuses a request without the field of attributes",
}


@pytest.mark.parametrize("vector", READABLE, ids=lambda vector: vector.id)
def test_cryptography_agrees(vector: Vector) -> None:
    """R148: where `cryptography` has an opinion of the signature, ours is the same, or the difference has a reason."""
    ours = load(vector.csr)
    valid = ours.spki is not None and request_signature(ours).proof is Proof.VALID
    refused = [each for each in ours.defects if each.level is Level.REFUSAL]
    try:
        theirs = x509.load_der_x509_csr(vector.csr)
        peer = theirs.is_signature_valid
    except Exception:  # noqa: BLE001 - the exceptions of this peer have no common class
        assert refused or not valid or set(_DIFFERENT) & set(vector.codes), "we read what it does not"
        return
    if peer is not valid:
        assert set(_DIFFERENT) & set(vector.codes) or refused
    if valid and not refused:
        assert theirs.tbs_certrequest_bytes == ours.info


@pytest.mark.skipif(OPENSSL is None, reason="needs the program openssl")
def test_openssl_agrees(tmp_path: Path) -> None:
    """R148: OpenSSL verifies every request whose proof we call valid, and no other one that it reads."""
    assert OPENSSL is not None
    chosen = [vector for vector in READABLE if vector.id.startswith(("proof", "key", "clean", "version", "attributes"))]
    for vector in chosen:
        ours = load(vector.csr)
        valid = ours.spki is not None and request_signature(ours).proof is Proof.VALID
        path = tmp_path / "request.der"
        path.write_bytes(vector.csr)
        done = subprocess.run(
            [OPENSSL, "req", "-inform", "DER", "-in", str(path), "-noout", "-verify"],
            capture_output=True,
            text=True,
            check=False,
        )
        peer = "verify OK" in done.stderr or ("OK" in done.stderr and done.returncode == 0)
        if peer is not valid:
            assert set(_DIFFERENT) & set(vector.codes) or bound(vector).verdict.name == "FAIL", vector.id


def test_what_cryptography_builds_has_no_defect() -> None:
    """A request that `cryptography` builds, with names and extensions, is read without a single remark."""
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.com")]))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("shop.com"), x509.DNSName("www.shop.com")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    for which in KEYS:
        made = builder.sign(private_key(which), hashes.SHA256())
        for encoding in (Encoding.DER, Encoding.PEM):
            found = load(made.public_bytes(encoding))
            assert found.defects == ()
            assert request_signature(found).proof is Proof.VALID
            assert found.info == made.tbs_certrequest_bytes
