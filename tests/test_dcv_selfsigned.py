"""Certificates signed by their own key: every algorithm that is accepted, and what is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pkicheck.dcv.selfsigned import signed_by_itself
from pkicheck.der import DerError
from tests.dcv_cases import NOON

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "challenge")])


def _certificate(key: Any, algorithm: Any, *, signer: Any = None, **how: Any) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(days=7))
    )
    return builder.sign(signer or key, algorithm, **how).public_bytes(Encoding.DER)


_RSA = rsa.generate_private_key(65537, 2048)
_EC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (_RSA, hashes.SHA256()),
        (_RSA, hashes.SHA384()),
        (_RSA, hashes.SHA512()),
        (_EC, hashes.SHA256()),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
        (ec.generate_private_key(ec.SECP521R1()), hashes.SHA512()),
        (ed25519.Ed25519PrivateKey.generate(), None),
        (ed448.Ed448PrivateKey.generate(), None),
    ],
)
def test_every_algorithm(key: Any, algorithm: Any) -> None:
    """RSA, ECDSA and the Edwards curves; the signature of another key is none (RFC 8737 §3, D13)."""
    good = _certificate(key, algorithm)
    assert signed_by_itself(good)
    assert not signed_by_itself(good[:-1] + bytes((good[-1] ^ 1,)))


def test_what_is_not_accepted() -> None:
    """RSA-PSS, SHA-1 names, another key, another key type than the algorithm's."""
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    assert not signed_by_itself(_certificate(_RSA, hashes.SHA256(), rsa_padding=pss))
    assert not signed_by_itself(_certificate(_RSA, hashes.SHA256(), signer=_EC))
    assert not signed_by_itself(_certificate(_EC, hashes.SHA256(), signer=_RSA))
    edwards = _certificate(ed25519.Ed25519PrivateKey.generate(), None)
    assert not signed_by_itself(_certificate(_EC, None, signer=ed25519.Ed25519PrivateKey.generate()))
    # The algorithm outside the signed part is changed to that of another curve.
    place = edwards.rindex(bytes.fromhex("06032b6570")) + 4
    assert not signed_by_itself(edwards[:place] + b"\x71" + edwards[place + 1 :])
    # ... and inside as well: then it is not what was signed, and not this key's.
    both = edwards.replace(bytes.fromhex("300506032b6570"), bytes.fromhex("300506032b6571"))
    assert not signed_by_itself(both)


def test_keys_that_cannot_be_loaded() -> None:
    """A key that the library does not load, or that is too long, is no own key; other octets are no certificate."""
    good = _certificate(_EC, hashes.SHA256())
    point = good.index(bytes.fromhex("03420004")) + 4
    assert not signed_by_itself(good[:point] + bytes(64) + good[point + 64 :])
    with pytest.raises(DerError):
        signed_by_itself(b"\x30\x00")
    # an RSA modulus of 2,300 octets, in a certificate written by hand around the good one's parts
    long = _certificate_with_key(2300)
    assert not signed_by_itself(long)


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes((size,)) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes((tag,)) + length + content


def _certificate_with_key(octets: int) -> bytes:
    algorithm = bytes.fromhex("300d06092a864886f70d01010b0500")
    numbers = _tlv(0x30, _tlv(2, b"\x01" * octets) + bytes.fromhex("0203010001"))
    spki = _tlv(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + _tlv(3, b"\0" + numbers))
    empty = bytes.fromhex("3000")
    info = _tlv(0x30, bytes.fromhex("020101") + algorithm + empty * 3 + spki)
    return _tlv(0x30, info + algorithm + _tlv(3, b"\0" + bytes(256)))
