"""The signing record: no record, no signature; what the reader makes of it; every kind of damage (L09, R018, R079)."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck.chainlog import ChainLog, Head, Seal, ed25519_check, ed25519_seal
from pkicheck.errors import InputError, TransportError
from pkicheck.hsmlog.model import SourceReport, Unreadable
from pkicheck.hsmlog.readers import LogRecord, detect
from pkicheck.signingrecord import SIGN_RECORD, SigningRecord, SigningRecordReader
from tests.hsmlog_logs import NAME, laws, signed, told, whole

T0 = datetime(2026, 11, 21, 4, tzinfo=timezone.utc)
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
SEALER = ed25519.Ed25519PrivateKey.generate()


def key_id(key: Any) -> str:
    """SHA-256 of the SPKI."""
    return hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def clock() -> Iterator[datetime]:
    """A minute a line."""
    at = T0
    while True:
        yield at
        at += timedelta(minutes=1)


def record(path: Path, **more: Any) -> SigningRecord:
    """A record in a file."""
    ticks = clock()
    return SigningRecord(path, log_id="ca1", actor="issuer-1", clock=lambda: next(ticks), **more)


def read(data: bytes, **options: Any) -> tuple[list[LogRecord], SourceReport]:
    """What a record says; the laws of all readers hold for it."""
    return laws(lambda cursor: SigningRecordReader(NAME, cursor=cursor, **options), data)


def certificate(key: Any) -> x509.Certificate:
    """A certificate of `cryptography`'s own builder."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca.example")])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(5).public_key(key.public_key())
    )
    builder = builder.not_valid_before(T0).not_valid_after(T0 + timedelta(days=9))
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA384())


def test_a_python_ca(tmp_path: Path) -> None:
    """Certificates of the builder of `cryptography`, signed through the record: each has its digest and signature."""
    path = tmp_path / "signing.log"
    with record(path) as log:
        made = [certificate(log.guard(key)) for key in (RSA, EC, ED)]
        head = log.chain.head
    for each in made:
        each.verify_directly_issued_by(each)
    records, report = read(path.read_bytes())
    for event, each, key in zip(signed(records), made, (RSA, EC, ED), strict=True):
        evidence = dict(event.evidence)
        signature = each.signature
        if key is EC:
            first, second = utils.decode_dss_signature(signature)
            signature = first.to_bytes(32, "big") + second.to_bytes(32, "big")
        assert evidence["signature-sha256"] == hashlib.sha256(signature).digest()
        digest = evidence["message-sha256"] if key is ED else evidence["digest"]
        assert digest == hashlib.new("sha256" if key is ED else "sha384", each.tbs_certificate_bytes).digest()
        assert (event.key, event.outcome, event.length) == (key_id(key), "ok", len(each.tbs_certificate_bytes))
        assert event.hash == ("" if key is ED else "sha384")
    assert [each.mechanism for each in signed(records)] == ["CKM_SHA384_RSA_PKCS", "CKM_ECDSA_SHA384", "CKM_EDDSA"]
    assert report.integrity == "chained-unanchored"
    assert report.keys == tuple(sorted(map(key_id, (RSA, EC, ED))))
    assert str(head).rpartition(" ")[0] == "ca1 7"
    assert detect(path.read_bytes()) == "sign-record"


def test_coverage_is_said_by_marks(tmp_path: Path) -> None:
    """The record answers from the last key that it began to guard to its last line."""
    path = tmp_path / "signing.log"
    with record(path) as log:
        log.guard(EC)
        log.alive()
    assert read(path.read_bytes())[1].covers == ((T0 + timedelta(minutes=1), T0 + timedelta(minutes=3)),)
    open_end = path.read_bytes().rpartition(b'{"hash"')[0]
    assert read(open_end)[1].covers == ((T0 + timedelta(minutes=1), T0 + timedelta(minutes=2)),)
    with record(path) as log:
        log.guard(EC)
    assert len(read(path.read_bytes())[1].covers) == 2
    with record(path) as log:
        log.guard(RSA)
    assert read(path.read_bytes())[1].covers == ((T0 + timedelta(minutes=1), T0 + timedelta(minutes=2)),)
    assert read(open_end)[1].records == 3


class FullDisk:
    """A file layer that fails once it is told to: the rest is the real one."""

    def __init__(self, real: Any) -> None:
        self._real, self.full = real, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def write(self, *given: Any) -> Any:
        if self.full:
            raise OSError(28, "No space left on device")
        return self._real.write(*given)


def test_no_record_no_signature(tmp_path: Path) -> None:
    """Where the line cannot be written the signature is not handed out."""
    path = tmp_path / "signing.log"
    log = record(path)
    key = log.guard(EC)
    disk = FullDisk(log.chain._files)
    log.chain._files = cast("Any", disk)
    assert key.sign(b"one", ec.ECDSA(hashes.SHA256()))
    disk.full = True
    with pytest.raises(TransportError):
        key.sign(b"two", ec.ECDSA(hashes.SHA256()))
    disk.full = False
    log.close()
    records, report = read(path.read_bytes())
    assert [dict(each.evidence)["digest"] for each in signed(records)] == [hashlib.sha256(b"one").digest()]
    assert report.broken == ()


def test_a_failed_operation(tmp_path: Path) -> None:
    """What could not be signed is written down as failed, and its error passes through."""
    path = tmp_path / "signing.log"
    with record(path) as log, pytest.raises(ValueError, match=r".+"):
        log.guard(rsa.generate_private_key(65537, 1024)).sign(
            b"x", padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512()
        )
    (event,) = signed(read(path.read_bytes())[0])
    assert (event.outcome, event.mechanism, [kind for kind, _ in event.evidence]) == (
        "failed",
        "CKM_SHA512_RSA_PKCS_PSS",
        ["digest"],
    )


def test_what_a_guarded_key_does(tmp_path: Path) -> None:
    """It signs, digests made by the caller included, it copies to itself, and does nothing else."""
    path = tmp_path / "signing.log"
    digest = hashlib.sha256(b"tbs").digest()
    with record(path) as log:
        guarded = log.guard(RSA)
        assert guarded.key_size == 2048
        value = guarded.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        RSA.public_key().verify(value, b"tbs", padding.PKCS1v15(), hashes.SHA256())
        other = log.guard(EC)
        assert (other.key_size, other.curve.name) == (256, "secp256r1")
        assert other.sign(bytearray(digest), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        third = log.guard(ED)
        ED.public_key().verify(third.sign(memoryview(b"tbs")), b"tbs")
        for key in (guarded, other, third):
            assert copy.copy(key) is key
            assert copy.deepcopy(key) is key
            with pytest.raises(InputError, match="does nothing but sign"):
                cast("Any", key).private_bytes()
        if hasattr(utils, "NoDigestInfo"):  # younger than the oldest supported release
            with pytest.raises(InputError, match="without DigestInfo"):
                guarded.sign(digest, padding.PKCS1v15(), cast("Any", utils.NoDigestInfo()))
        with pytest.raises(InputError, match="key must be an RSA, EC or Ed25519 private key"):
            log.guard(cast("Any", dsa.generate_private_key(1024)))
    events = signed(read(path.read_bytes())[0])
    assert [(each.length, dict(each.evidence).get("digest")) for each in events[:2]] == [(None, digest)] * 2


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[bytes, Head]:
    """A record with a seal on each line."""
    path = tmp_path / "sealed.log"
    with record(path, seal=ed25519_seal(SEALER)) as log:
        key = log.guard(EC)
        for number in range(4):
            key.sign(bytes([number]), ec.ECDSA(hashes.SHA256()))
    return path.read_bytes(), log.chain.head


def report_of(data: bytes, **options: Any) -> SourceReport:
    """The report of one pass."""
    return whole(lambda cursor: SigningRecordReader(NAME, cursor=cursor, **options), data)[1]


def test_levels(sealed: tuple[bytes, Head]) -> None:
    """Unanchored without knowledge from outside, anchored with a head, signed with a key: each up to the last line."""
    data, head = sealed
    check = ed25519_check(SEALER.public_key())
    assert report_of(data).integrity == "chained-unanchored"
    assert report_of(data, anchors=(head,)).integrity == "chained-anchored"
    signed_by = report_of(data, seals=check, verified_by="auditor")
    assert (signed_by.integrity, signed_by.verified_by) == ("signed", "auditor")
    assert report_of(data, seals=ed25519_check(ED.public_key())).integrity == "none"
    assert report_of(data, anchors=(Head("ca1", head.sequence, cast("Any", "0" * 64)),)).broken
    assert report_of(b"").integrity == "none"


def test_delete_alter_reorder_truncate(sealed: tuple[bytes, Head]) -> None:
    """A line deleted, altered, moved or doubled is named; one cut off is seen with the head (L09, R018)."""
    data, head = sealed
    lines = data.splitlines(keepends=True)
    deleted = report_of(b"".join(lines[:3] + lines[4:]))
    assert [(gap.first, gap.last) for gap in deleted.gaps] == [("4", "4")]
    records, altered = read(b"".join([*lines[:3], lines[3].replace(b"issuer-1", b"issuer-2"), *lines[4:]]))
    assert altered.integrity == "none"
    assert f"offset {sum(map(len, lines[:3]))}: it is no record of a chain" in altered.broken[0]
    assert len([each for each in records if isinstance(each, Unreadable)]) == 1
    moved = report_of(b"".join([*lines[:3], lines[4], lines[3], *lines[5:]]))
    assert any("record 4 stands behind record 5" in each for each in moved.broken)
    doubled = report_of(b"".join([*lines[:4], lines[3], *lines[4:]]))
    assert any("record 4 stands behind record 4" in each for each in doubled.broken)
    cut = b"".join(lines[:-1])
    assert report_of(cut).broken == ()
    seen = report_of(cut, anchors=(head,))
    assert seen.broken == (f"the end is cut off: {head.sequence} records are known to exist",)
    begun = report_of(b"".join(lines[2:]))
    assert [(gap.first, gap.last) for gap in begun.gaps] == [("1", "2")]


def test_a_seal_that_was_dropped(sealed: tuple[bytes, Head]) -> None:
    """The next line covers the seal of the one before: a seal cannot be taken off in the middle."""
    data, _ = sealed
    lines = data.splitlines(keepends=True)
    before, _, rest = lines[3].partition(b'"seal":{')
    bare = before + b'"seal":null' + rest[rest.index(b"}") + 1 :]
    report = report_of(b"".join([*lines[:3], bare, *lines[4:]]))
    assert any("record 5 does not follow the one before it" in each for each in report.broken)


def test_a_chain_made_anew(tmp_path: Path, sealed: tuple[bytes, Head]) -> None:
    """A record that was written again is consistent in itself: only seal and head tell."""
    _, head = sealed
    path = tmp_path / "forged.log"
    with record(path) as log:
        log.guard(EC)
        for _ in range(4):
            log.alive()
    assert report_of(path.read_bytes()).integrity == "chained-unanchored"
    assert report_of(path.read_bytes(), anchors=(head,)).broken
    assert report_of(path.read_bytes(), seals=ed25519_check(SEALER.public_key())).integrity == "chained-unanchored"


def test_a_torn_end(sealed: tuple[bytes, Head]) -> None:
    """A line without its end was torn by a crash: its signature was never handed out, and it is counted."""
    data, _ = sealed
    records, report = read(data[:-20])
    assert told(records[-1]).endswith("a whole line")
    assert report.unreadable == 1


def test_another_log_in_the_middle(tmp_path: Path, sealed: tuple[bytes, Head]) -> None:
    """Lines of another chain do not continue this one."""
    path = tmp_path / "other.log"
    with SigningRecord(path, log_id="ca2"):
        pass
    report = report_of(sealed[0] + path.read_bytes())
    assert report.integrity == "none"


@pytest.mark.parametrize(
    "payload",
    [
        {"what": "dance"},
        {"what": "sign"},
        {"what": "sign", "key": "k", "mechanism": "m", "hash": "", "digest": "zz", "outcome": "ok", "signature": None},
        {"what": "sign", "key": "k", "mechanism": "m", "hash": "", "digest": "", "outcome": "maybe", "signature": None},
        {"what": "sign", "key": "k", "mechanism": "m", "hash": "", "digest": "", "outcome": "ok", "signature": 1},
        {"what": "sign", "key": "k", "mechanism": "m", "hash": "", "digest": "", "outcome": "ok", "length": "1"},
    ],
)
def test_a_payload_that_is_none(tmp_path: Path, payload: dict[str, Any]) -> None:
    """A line of the chain with another payload, or none at all, is unreadable: it might have been a signature."""
    for number, withheld in enumerate((False, True)):
        path = tmp_path / f"odd{number}.log"
        with ChainLog(path, log_id="ca1") as chain:
            chain.append(payload, SIGN_RECORD, withheld=withheld)
            chain.append(payload, "example/other/1")
        records, report = read(path.read_bytes())
        assert [type(each) for each in records] == [Unreadable, Unreadable]
        assert report.broken == ()


def test_a_repaired_log(tmp_path: Path) -> None:
    """Opening a torn record repairs it with a line that says so; the reader passes over that line."""
    path = tmp_path / "signing.log"
    with record(path) as log:
        log.alive()
    path.write_bytes(path.read_bytes() + b'{"hash":"torn')
    with record(path):
        pass
    records, report = read(path.read_bytes())
    assert records == []
    assert dict(report.notes)["recoveries"] == "1"
    assert report.integrity == "chained-unanchored"


def test_seals_of_somebody(tmp_path: Path) -> None:
    """The seal is a port: what it gives goes into the line as it is."""
    path = tmp_path / "signing.log"
    with record(path, seal=lambda data: Seal("x", "k", data[:8]), seal_every=2) as log:
        log.alive()
    assert report_of(path.read_bytes(), seals=lambda _, seal: seal.algorithm == "x").integrity != "none"
