"""The registry's entry of an issuer key: it says of a key only what fits it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck import InputError, IssuerKey, KeyAlias, parse_name
from pkicheck.canon import digest

_KEY = ec.derive_private_key(18, ec.SECP256R1())
_SPKI = _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
_DAY = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])


def _certificate() -> bytes:
    made = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(_KEY.public_key())
        .serial_number(1)
        .not_valid_before(_DAY)
        .not_valid_after(_DAY + dt.timedelta(days=1))
    )
    return made.sign(_KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def _entry(**fields: Any) -> IssuerKey:
    usual: dict[str, Any] = {
        "certificate": None,
        "spki": _SPKI,
        "caa": {"CA.example"},
        "purposes": {"tls"},
        "public": True,
        "production": True,
    }
    return IssuerKey(**{**usual, **fields})


def test_an_entry_names_its_key() -> None:
    """The id is the SHA-256 of the SPKI; the subject is that of the certificate, byte for byte (R042)."""
    entry = _entry(certificate=_certificate(), aliases=[KeyAlias(name="0x2a", token="hsm-1")])
    assert entry.id == digest(_SPKI)
    assert entry.subject == _NAME.public_bytes()
    assert entry.caa == {"ca.example"}
    assert _entry().subject is None
    assert hash(entry) == hash(attrs.evolve(entry))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"spki": b""}, "spki is no DER"),
        ({"spki": _SPKI + b"x"}, "spki is no DER"),
        ({"spki": "text"}, "spki is no DER"),
        ({"certificate": b"\x30\x00"}, "no certificate"),
        ({"certificate": "text"}, "no certificate"),
        ({"certificate": _certificate(), "spki": b"\x30\x00"}, "another key"),
        ({"purposes": {"web"}}, "purposes"),
        ({"purposes": "tls"}, "purposes"),
        ({"kinds": {"certificate", "spam"}}, "kinds"),
        ({"caa": "ca.example"}, "caa"),
        ({"public": "yes"}, "public"),
        ({"production": None}, "production"),
        ({"disclosed": 1}, "disclosed"),
        ({"created_at": dt.datetime(2026, 1, 1)}, "moment of its life"),
    ],
)
def test_what_does_not_fit_is_named(fields: dict[str, Any], message: str) -> None:
    """A field that is wrong is named in the error (R002: the tags of an issuer are facts, not texts)."""
    with pytest.raises(InputError, match=message):
        _entry(**fields)


def test_a_whole_entry() -> None:
    """Kinds, subtrees and the life of the key are kept, in UTC (R032)."""
    base = parse_name("corp.example")
    entry = _entry(
        kinds={"crl"},
        permitted=[base],
        created_at=_DAY.astimezone(dt.timezone(dt.timedelta(hours=2))),
        destroyed_at=_DAY,
    )
    assert entry.kinds == {"crl"}
    assert entry.permitted == (base,)
    assert entry.created_at == entry.destroyed_at == _DAY
    assert entry.created_at is not None
    assert entry.created_at.utcoffset() == dt.timedelta(0)
