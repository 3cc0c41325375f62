"""Certificates as octets, through the reader and the decision of tls-alpn-01.

Any octets give a refusal or, for the one right certificate, nothing to refuse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pkicheck import Network
from pkicheck.dcv import AcmeTlsAlpn01, DcvResult
from pkicheck.dcv.alpn import read_challenge_certificate
from pkicheck.dcv.plan import DcvPlan
from pkicheck.dcv.values import key_authorization
from pkicheck.der import DerError
from pkicheck.findings import Verdict
from pkicheck.names import parse_domain
from pkicheck.plans import run
from pkicheck.ports import Observation, Seen, TlsObservation
from pkicheck.testing import FixedClock, Web, Zone, example_lists

__all__ = ["seeds", "target"]

_AT: Final = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_TOKEN: Final = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
_THUMB: Final = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
_KEY: Final = key_authorization(_TOKEN, _THUMB).encode()


def _certificate(*, critical: bool = True, names: tuple[str, ...] = ("shop.example",)) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "challenge")])
    value = b"\x04\x20" + hashlib.sha256(_KEY).digest()
    identifier = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"), value)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_AT)
        .not_valid_after(_AT + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(identifier, critical=critical)
    )
    return made.sign(key, None).public_bytes(Encoding.DER)


_RIGHT: Final = _certificate()


def _made() -> tuple[DcvPlan, tuple[Observation, ...], TlsObservation]:
    clock = FixedClock(_AT)
    challenge = AcmeTlsAlpn01(
        name=parse_domain("shop.example"),
        order="o",
        account="a",
        created_at=_AT,
        token=_TOKEN,
        account_thumbprint=_THUMB,
    )
    web = Web(clock=clock)
    web.certificate("shop.example", _RIGHT)
    zone = Zone("shop.example. A 192.0.2.1", clock=clock)
    seen: list[Observation] = []
    plan = challenge.plan()
    long = timedelta(days=1)
    result = run(plan, Network(dns=zone, tls=web, lists=example_lists(clock=clock)), deadline=long, record=seen.append)
    assert result.verdict is Verdict.PASS
    tls = next(each for each in seen if isinstance(each, TlsObservation))
    return plan, tuple(each for each in seen if each is not tls), tls


_PLAN, _REST, _TLS = _made()


def seeds() -> Iterator[bytes]:
    """The right certificate, and some that are not."""
    yield _RIGHT
    # The algorithm outside the signed part is not the one inside.
    place = _RIGHT.rindex(bytes.fromhex("06032b6570")) + 4
    yield _RIGHT[:place] + b"\x71" + _RIGHT[place + 1 :]
    yield _certificate(critical=False)
    yield _certificate(names=("shop.example", "other.example"))


def target(data: bytes) -> None:
    """One certificate."""
    try:
        read_challenge_certificate(data)
    except DerError:
        # The whole decision, much slower than the reader, on every certificate and on some of what is none.
        if len(data) % 16:
            return
    observation = TlsObservation(
        request=_TLS.request, vantage="zone", sent=_AT, received=_AT, version="TLSv1.3", alpn="acme-tls/1", leaf=data
    )
    result = _PLAN.step(Seen((*_REST, observation)))
    assert isinstance(result, DcvResult)
    # An Ed25519 signature has one form; nobody has a second right certificate.
    assert (result.verdict is Verdict.PASS) == (data == _RIGHT)
