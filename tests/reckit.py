"""What tests of reconciliation are made of: a small CA, its log and its store, all in memory.

ca = Ca()
pair = ca.pair("a.example")                      # precertificate and certificate, as SignedObjects
result = run(ca, ca.events(pair), pair)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Final, Literal

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pkicheck import BASELINE, IssuerKey, KeyAlias, Policy
from pkicheck.canon import Sha256, digest
from pkicheck.errors import InputError
from pkicheck.hsmlog import ReconcileResult, reconcile
from pkicheck.hsmlog.model import (
    Evidence,
    Locator,
    SignedObject,
    SigningEvent,
    SourceReport,
    Unreadable,
)
from pkicheck.hsmlog.objects import read_object

BEGINS: Final = datetime(2026, 11, 21, tzinfo=timezone.utc)
ENDS: Final = BEGINS + timedelta(days=1)
WINDOW: Final = (BEGINS, ENDS)
NOON: Final = BEGINS + timedelta(hours=12)
AT: Final = ENDS + timedelta(hours=1)

Kind = Literal["ec", "rsa"]
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def private_key(kind: Kind, number: int) -> Private:
    """A key, made once for all tests."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.derive_private_key(0x1234567 + number, ec.SECP256R1())


class ListSource:
    """A source in memory, iterable again and again."""

    def __init__(self, records: Iterable[Any], name: str = "list", **report: Any) -> None:
        self.records = list(records)
        self._name = name
        self._report = report

    def __iter__(self) -> Iterator[Any]:
        return iter(self.records)

    def report(self) -> SourceReport:
        """What it says of itself: it covers the window of the tests unless told otherwise."""
        unreadable = sum(isinstance(each, Unreadable) for each in self.records)
        fields: dict[str, Any] = {
            "source": digest(self._name.encode()),
            "name": self._name,
            "format": "list",
            "records": len(self.records),
            "events": len(self.records) - unreadable,
            "unreadable": unreadable,
            "covers": (WINDOW,),
        }
        return SourceReport(**fields | self._report)


def unreadable(offset: int = 0, *, certain: bool = False) -> Unreadable:
    """A record that could not be read."""
    return Unreadable(locator=Locator(source=digest(b"x"), offset=offset), why="damaged", certain=certain)


@attrs.frozen
class Ca:
    """A CA with one key."""

    kind: Kind = "ec"
    number: int = 0
    name: str = "CA"

    @property
    def private(self) -> Private:
        """Its private key."""
        return private_key(self.kind, self.number)

    @property
    def spki(self) -> bytes:
        """Its public key as DER."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def subject(self) -> x509.Name:
        """Its name."""
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{self.name} {self.number}")])

    def _builder(self, subject: x509.Name, key: Any, serial: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(BEGINS - timedelta(hours=1))
            .not_valid_after(BEGINS + timedelta(days=90))
        )

    @property
    def root(self) -> bytes:
        """Its own certificate."""
        return _root(self)

    def issuer(self, **fields: Any) -> IssuerKey:
        """Its entry in the registry; logs call the key `label`."""
        given: dict[str, Any] = {
            "certificate": self.root,
            "spki": self.spki,
            "caa": {"ca.example"},
            "purposes": {"tls"},
            "public": True,
            "production": True,
            "aliases": (KeyAlias(name=self.label),),
        }
        return IssuerKey(**given | fields)

    @property
    def label(self) -> str:
        """What its logs call the key."""
        return f"key-{self.number}"

    def leaf(self, name: str, *, precertificate: bool = False, scts: bool = False, serial: int | None = None) -> bytes:
        """A certificate or precertificate as DER."""
        number = serial_of(name) if serial is None else serial
        builder = self._builder(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), private_key("ec", 99).public_key(), number
        ).add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        if precertificate:
            builder = builder.add_extension(x509.PrecertPoison(), critical=True)
        elif scts:
            oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x04\x02\x00\x00"), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return builder.sign(self.private, hashes.SHA256()).public_bytes(Encoding.DER)

    def crl(self, number: int, *, begins: datetime = NOON) -> bytes:
        """A CRL as DER."""
        return (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.subject)
            .last_update(begins)
            .next_update(begins + timedelta(days=7))
            .add_extension(x509.CRLNumber(number), critical=False)
            .sign(self.private, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )

    def pair(self, name: str) -> list[bytes]:
        """A precertificate and its certificate."""
        return [self.leaf(name, precertificate=True), self.leaf(name, scts=True)]


@cache
def _root(ca: Ca) -> bytes:
    builder = ca._builder(ca.subject, ca.private.public_key(), 1)
    return builder.sign(ca.private, hashes.SHA256()).public_bytes(Encoding.DER)


def serial_of(name: str) -> int:
    """A serial number of 127 bits that looks random."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big") >> 1 | 1 << 126


def stored(
    ders: Iterable[bytes], *, store: str = "store", at: datetime | None = NOON, step: float = 1.0, **attributes: Any
) -> list[SignedObject]:
    """Objects as a store gives them out."""
    found: list[SignedObject] = []
    for index, der in enumerate(ders):
        this = read_object(der, locator=Locator(source=digest(store.encode()), offset=index), uid=f"{store}@{index}")
        assert isinstance(this, SignedObject), this
        when = None if at is None else at + timedelta(seconds=step * index)
        found.append(attrs.evolve(this, stored_at=when, attributes=tuple(attributes.items())))
    return found


def raw_signature(this: SignedObject) -> bytes:
    """A signature as PKCS#11 gives it out: r||s for P-256."""
    if this.signature[:1] != b"\x30" or len(this.signature) > 80:
        return this.signature
    r, s = decode_dss_signature(this.signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


Grade = Literal["both", "signature", "digest", "message", "prefix", "nothing", "hashed"]


def evidence_of(this: SignedObject, grade: Grade) -> tuple[Evidence, ...]:
    """What a log says of the operation that made an object."""
    signature: Evidence = ("signature", raw_signature(this))
    digested: Evidence = ("digest", this.tbs_digests[0][1])
    return {
        "both": (signature, digested),
        "signature": (signature,),
        "digest": (digested,),
        "message": (("message", this.tbs),),
        "prefix": (("signature-prefix", raw_signature(this)[:38]),),
        "hashed": (("signature-sha256", hashlib.sha256(raw_signature(this)).digest()),),
        "nothing": (),
    }[grade]


def logged(
    ca: Ca,
    objects: Sequence[SignedObject],
    *,
    grade: Grade = "both",
    log: str = "log",
    before: float = 0.5,
    sequence: bool = False,
    **fields: Any,
) -> list[SigningEvent]:
    """One operation for each object, half a second before it was stored."""
    found: list[SigningEvent] = []
    for index, this in enumerate(objects):
        given: dict[str, Any] = {
            "locator": Locator(source=digest(log.encode()), offset=index, sequence=index if sequence else None),
            "uid": f"{log}#{index}",
            "key": ca.label,
            "mechanism": "CKM_ECDSA" if ca.kind == "ec" else "CKM_RSA_PKCS",
            "outcome": "ok",
            "time": None if this.stored_at is None else this.stored_at - timedelta(seconds=before),
            "hash": "sha256",
            "evidence": evidence_of(this, grade),
        }
        found.append(SigningEvent(**given | fields))
    return found


def run(
    ca: Ca | Sequence[Ca],
    events: Iterable[Any] | Sequence[ListSource],
    objects: Iterable[Any] | Sequence[ListSource],
    *,
    policy: Policy = BASELINE,
    **fields: Any,
) -> ReconcileResult:
    """Reconcile in the window of the tests."""
    cas = [ca] if isinstance(ca, Ca) else list(ca)
    some, others = list(events), list(objects)
    given: dict[str, Any] = {
        "keys": [each.issuer() for each in cas],
        "window": WINDOW,
        "at": AT,
        "policy": policy,
    }
    return reconcile(
        some if some and isinstance(some[0], ListSource) else [ListSource(some, "log")],
        others if others and isinstance(others[0], ListSource) else [ListSource(others, "store")],
        **given | fields,
    )


def codes(result: ReconcileResult, *, notes: bool = False) -> list[str]:
    """The codes of the findings that are no notes."""
    return [each.code for each in result.findings if notes or each.level.value != "note"]


def with_policy(**fields: Any) -> Policy:
    """The baseline with other choices about reconciliation."""
    return attrs.evolve(BASELINE, name="TEST", reconcile=attrs.evolve(BASELINE.reconcile, **fields))


def sha(text: str) -> Sha256:
    """A digest."""
    return digest(text.encode())


__all__ = [
    "AT",
    "BEGINS",
    "ENDS",
    "NOON",
    "WINDOW",
    "Ca",
    "InputError",
    "ListSource",
    "codes",
    "evidence_of",
    "logged",
    "raw_signature",
    "run",
    "serial_of",
    "sha",
    "stored",
    "unreadable",
    "with_policy",
]
