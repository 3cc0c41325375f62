"""What is made from a binding: builder, rebuilt request, CRMF; read again by `cryptography` and by OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck.canon import digest
from pkicheck.csr import Binding, RebuiltRequest, check_signature, load
from pkicheck.csr._attributes import string_tag
from pkicheck.csr._encode import integer, oid
from pkicheck.der import SEQUENCE, defects, read
from pkicheck.errors import InputError
from pkicheck.subject import TYPES
from tests import derkit
from tests.csrkit import (
    AT,
    CN,
    DAY,
    KEYS,
    Info,
    alternative_names,
    bind,
    ca,
    extension_request,
    identity,
    private_key,
    request,
    spki,
)
from tests.derkit import element, extension, name, sequence

WHO: dict[str, Any] = {
    "kind": "ov",
    "subject": [("C", "ES"), ("L", "Bilbao"), ("O", "Caf\u00e9 SL"), ("CN", "shop.com")],
}
OPENSSL = shutil.which("openssl")


def tainted(which: str = "p256") -> bytes:
    """A request that asks for everything that it does not get."""
    extensions = (
        alternative_names("shop.com", "evil.com", element(0x81, b"evil@evil.com")),
        extension("2.5.29.19", sequence(element(0x01, b"\xff")), critical=True),
        extension("2.5.29.15", element(0x03, b"\x01\x06"), critical=True),
    )
    evil = name(("2.5.4.10", 0x0C, "Evil Inc"), (CN, 0x0C, "evil.com"))
    return request(Info(subject=evil, key=spki(which), attributes=(extension_request(*extensions),)), which)


@pytest.fixture(params=KEYS)
def binding(request: pytest.FixtureRequest) -> Binding:
    """A binding of a tainted request with each type of key."""
    return bind(tainted(request.param), identity("shop.com", "*.shop.com", "8.8.8.8", **WHO)).binding


def test_the_rebuilt_request(binding: Binding) -> None:
    """K01, R103, R151: the same key, only what is validated, the RA's signature, and a type of its own."""
    made = binding.to_request(private_key("rsa-other"))
    assert isinstance(made, RebuiltRequest)
    assert made.csr_sha256 == binding.csr_sha256
    assert b"vil" not in made.der
    read_again = load(made.der)
    assert read_again.defects == ()
    assert read_again.spki == binding.spki
    assert [(each.kind, each.raw) for each in read_again.names] == [
        ("commonName", b"shop.com"),
        ("dNSName", b"shop.com"),
        ("dNSName", b"*.shop.com"),
        ("iPAddress", bytes([8, 8, 8, 8])),
    ]
    assert [each.oid for each in read_again.extensions] == ["2.5.29.17"]
    assert read_again.info is not None
    assert read_again.algorithm is not None
    assert read_again.signature is not None
    how: dict[str, bytes] = {
        "algorithm": read_again.algorithm,
        "signed": read_again.info,
        "signature": read_again.signature,
    }
    assert check_signature(spki=spki("rsa-other"), **how).proof.value == "valid"
    assert check_signature(spki=binding.spki, **how).proof.value != "valid"
    peer = x509.load_der_x509_csr(made.der)
    assert peer.subject.rfc4514_string() == "CN=shop.com,O=Caf\u00e9 SL,L=Bilbao,C=ES"
    assert not peer.is_signature_valid
    assert peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == binding.spki


@pytest.mark.parametrize("which", ["p256-other", "p384", "p521", "rsa"])
def test_every_key_of_an_ra(which: str) -> None:
    """An RA may sign with RSA and on the three curves."""
    made = load(bind(tainted(), identity("shop.com")).binding.to_request(private_key(which)).der)
    assert made.defects == ()
    assert made.info is not None
    assert made.algorithm is not None
    assert made.signature is not None
    check = check_signature(spki=spki(which), algorithm=made.algorithm, signed=made.info, signature=made.signature)
    assert (check.proof.value, check.sloppy) == ("valid", False)


def test_other_keys_of_an_ra() -> None:
    """A key that is neither is refused by its type."""
    for which in ("ed25519", "secp256k1"):
        with pytest.raises(InputError, match="key must be an RSA key or one on P-256, P-384 or P-521, got"):
            bind(tainted()).binding.to_request(private_key(which))


def test_crmf(binding: Binding) -> None:
    """RFC 4211: subject, key and names of the binding, raVerified, in DER; and nothing of the request (K01)."""
    der = binding.to_crmf()
    assert defects(der) == ()
    assert b"vil" not in der
    (message,) = read(der, SEQUENCE).fields(SEQUENCE)
    asked, proof = message.fields(SEQUENCE, 0x80)
    assert proof.content == b""
    number, template = asked.fields(0x02, SEQUENCE)
    assert number.integer() == 0
    subject, key, extensions = template.fields(0xA5, 0xA6, 0xA9)
    assert key.encoded_as(SEQUENCE) == binding.spki
    assert subject.inner().encoded == name(
        ("2.5.4.6", 0x13, "ES"), ("2.5.4.7", 0x0C, "Bilbao"), ("2.5.4.10", 0x0C, "Caf\u00e9 SL"), (CN, 0x0C, "shop.com")
    )
    assert extensions.encoded_as(SEQUENCE) == sequence(alternative_names("shop.com", "*.shop.com", "8.8.8.8"))


def test_names_are_critical_without_a_subject() -> None:
    """BR 7.1.2.7.12: without a subject the alternative names are critical, in all three."""
    binding = bind(tainted(), identity("shop.com")).binding
    critical = alternative_names("shop.com", critical=True)
    assert critical in binding.to_crmf()
    assert critical in binding.to_request(private_key("rsa")).der
    certificate = binding.certificate_builder(issuer=ca(), not_before=AT, not_after=AT + DAY).sign(
        private_key("ca"), hashes.SHA256()
    )
    assert critical in certificate.public_bytes(Encoding.DER)


def test_the_builder_puts_in_nothing_else(binding: Binding) -> None:
    """Subject, names, key and what is given: nothing of the request, and a serial number of its own (K01, R003)."""
    certificate = binding.certificate_builder(issuer=ca(), not_before=AT, not_after=AT + DAY, serial=4711).sign(
        private_key("ca"), hashes.SHA256()
    )
    der = certificate.public_bytes(Encoding.DER)
    assert b"vil" not in der
    assert certificate.serial_number == 4711
    assert [each.oid.dotted_string for each in certificate.extensions] == ["2.5.29.17"]
    assert certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == binding.spki
    one, other = (
        binding.certificate_builder(issuer=ca(), not_before=AT, not_after=AT + DAY)
        .sign(private_key("ca"), hashes.SHA256())
        .serial_number
        for _ in range(2)
    )
    assert one != other
    assert max(one, other).bit_length() > 64
    with pytest.raises(ValueError, match="issuer"):
        binding.certificate_builder().sign(private_key("ca"), hashes.SHA256())


def test_what_the_builder_refuses() -> None:
    """An issuer without a certificate, fractions of a second, a naive moment, a key of another encoding, no key."""
    binding = bind(tainted(), identity("shop.com")).binding
    with pytest.raises(InputError, match="issuer must have a certificate"):
        binding.certificate_builder(issuer=attrs.evolve(ca(), certificate=None))
    with pytest.raises(InputError, match="not_before must be a whole second"):
        binding.certificate_builder(not_before=AT.replace(microsecond=1))
    with pytest.raises(InputError, match="not_after must have a time zone"):
        binding.certificate_builder(not_after=datetime(2026, 1, 1))
    no_null = sequence(sequence(derkit.oid("1.2.840.113549.1.1.1")), spki("rsa")[spki("rsa").index(b"\5\0") + 2 :])
    for key, message in (
        (no_null, "another encoding"),
        (spki("ed25519"), "another encoding"),
        (b"x", "no key that cryptography reads"),
    ):
        with pytest.raises(InputError, match=message):
            attrs.evolve(binding, spki=key, spki_sha256=digest(key)).certificate_builder()
    who = attrs.evolve(binding.identity, subject=(("countryName", "Spain"),))
    with pytest.raises(InputError, match="cryptography does not write the attribute countryName"):
        attrs.evolve(binding, identity=who).certificate_builder()


@pytest.mark.parametrize("oid_text", TYPES)
def test_string_types_are_those_of_cryptography(oid_text: str) -> None:
    """The types of strings that `cryptography` writes by itself are the ones that `check_certificate` expects."""
    value = "ES" if TYPES[oid_text].most == 2 else "x"
    encoded = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(oid_text), value)]).public_bytes()
    assert encoded == name((oid_text, string_tag(oid_text), value))


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 1 << 64])
def test_numbers_and_identifiers(number: int) -> None:
    """The two encoders, that of the package and that of the tests, agree."""
    assert integer(number) == derkit.integer(number)
    for dotted in ("2.5.29.17", "1.2.840.113549.1.9.14", f"2.25.{number}", f"1.3.6.1.{number}"):
        assert oid(dotted) == derkit.oid(dotted)


@pytest.mark.skipif(OPENSSL is None, reason="needs the program openssl")
def test_openssl_reads_what_is_made(binding: Binding, tmp_path: Path) -> None:
    """R148: OpenSSL reads the rebuilt request and the certificate, and finds the same key and names in them."""
    assert OPENSSL is not None
    made = tmp_path / "request.der"
    made.write_bytes(binding.to_request(private_key("rsa-other")).der)
    said = _openssl("req", "-inform", "DER", "-in", str(made), "-noout", "-text", "-subject")
    assert "DNS:shop.com, DNS:*.shop.com, IP Address:8.8.8.8" in said
    assert "evil" not in said.lower()
    certificate = binding.certificate_builder(issuer=ca(), not_before=AT, not_after=AT + DAY).sign(
        private_key("ca"), hashes.SHA256()
    )
    signed, root = tmp_path / "certificate.pem", tmp_path / "ca.pem"
    signed.write_bytes(certificate.public_bytes(Encoding.PEM))
    root.write_bytes(x509.load_der_x509_certificate(ca().certificate or b"").public_bytes(Encoding.PEM))
    when = str(int(AT.timestamp()))
    assert "OK" in _openssl("verify", "-partial_chain", "-attime", when, "-trusted", str(root), str(signed))
    keyed = _openssl("x509", "-in", str(signed), "-noout", "-pubkey")
    assert keyed == _openssl("pkey", "-pubin", "-inform", "DER", "-in", str(_written(tmp_path, binding.spki)))


def _written(folder: Path, data: bytes) -> Path:
    path = folder / "key.der"
    path.write_bytes(data)
    return path


def _openssl(*arguments: str) -> str:
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *arguments], capture_output=True, text=True, check=True)
    return done.stdout
