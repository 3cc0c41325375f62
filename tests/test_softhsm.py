"""Reconciliation of a real token: SoftHSM 2 behind pkcs11-spy. Every operation is accounted for; the rogues remain."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest

from pkicheck import BASELINE, IssuerKey, KeyAlias
from pkicheck.canon import digest
from pkicheck.findings import Verdict
from pkicheck.hsmlog import Expectation, ReconcileResult, reconcile
from pkicheck.hsmlog.objectsource import ObjectSource
from pkicheck.hsmlog.readers import LogName, LogSource, SpyReader
from pkicheck.hsmlog.report import report_of
from pkicheck.stores import FileStore
from pkicheck.x509 import read_certificate
from tests.cli_kit import pkicheck
from tests.softhsm import RSA_HASHED, Hsm, need_softhsm

pytestmark = pytest.mark.servers

BLOB = b"what nobody announced"


@attrs.frozen
class Night:
    """What a night left behind.

    Attributes:
        hsm: the token.
        log: the trace of both processes.
        issued: the folder with what the CA knows of.
        rogue: the certificate that it does not know of.
        keys: its issuer keys.
        begins, ends: the night.
    """

    hsm: Hsm
    log: Path
    issued: Path
    rogue: bytes
    keys: list[IssuerKey]
    begins: datetime
    ends: datetime


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Two processes, the first with two threads: pairs, CRLs, OCSP, a failure, a rogue certificate, a rogue blob."""
    need_softhsm()
    folder = tmp_path_factory.mktemp("hsm")
    begins = datetime.now(timezone.utc) - timedelta(minutes=1)
    hsm = Hsm(folder)
    log = folder / "spy.log"
    first, second = hsm.run(
        log,
        [
            hsm.leaf("rsa", "a.example", poison=True, mechanism=RSA_HASHED),
            hsm.leaf("rsa", "a.example", scts=True),
            hsm.failing(),
            hsm.crl("rsa", 7),
            hsm.leaf("rsa", "rogue.example", mechanism=RSA_HASHED),
        ],
        [
            hsm.leaf("ec", "b.example", poison=True),
            hsm.leaf("ec", "b.example", scts=True),
            hsm.blob("ec", BLOB),
            hsm.crl("ec", 9),
        ],
    )
    rogue = first.pop()
    assert isinstance(rogue, bytes)
    failed = first.pop(2)
    assert isinstance(failed, int), "the operation that was to fail did not"
    second.pop(2)
    leaf = second[1]
    assert isinstance(leaf, bytes)
    third, *_ = hsm.run(log, [hsm.leaf("ec", "c.example"), hsm.ocsp("ec", leaf), hsm.leaf("rsa", "d.example")])
    issued = folder / "issued"
    issued.mkdir()
    for number, each in enumerate([*first, *second, *third]):
        assert isinstance(each, bytes)
        (issued / f"{number:02}.der").write_bytes(each)
    keys = [_key(hsm.root(name), name) for name in ("rsa", "ec")]
    for name in ("rsa", "ec"):
        (folder / f"{name}.der").write_bytes(hsm.root(name))
    return Night(hsm, log, issued, rogue, keys, begins, datetime.now(timezone.utc) + timedelta(minutes=1))


def _key(certificate: bytes, name: str) -> IssuerKey:
    return IssuerKey(
        certificate=certificate,
        spki=read_certificate(certificate)[0].key.encoded,
        caa=frozenset(),
        purposes=frozenset({"tls"}),
        public=True,
        production=True,
        aliases=(KeyAlias(name=name),),
    )


def _log(night: Night, data: bytes | None = None) -> LogSource:
    octets = night.log.read_bytes() if data is None else data
    name = LogName(source=digest(octets), name="spy.log", covers=((night.begins, night.ends),))
    return LogSource(lambda: [octets], lambda: SpyReader(name, zone=timezone.utc))


def _run(night: Night, *, more: Path | None = None, data: bytes | None = None, **fields: Any) -> ReconcileResult:
    stores = [ObjectSource(FileStore([night.issued]))]
    if more is not None:
        stores.append(ObjectSource(FileStore([more])))
    policy = attrs.evolve(BASELINE, name="TEST", reconcile=attrs.evolve(BASELINE.reconcile, edge=timedelta(0)))
    window = (night.begins, night.ends)
    logs: Any = [_log(night, data)]
    return reconcile(logs, stores, keys=night.keys, window=window, at=night.ends, policy=policy, **fields)


def test_exactly_the_rogues_remain(night: Night) -> None:
    """Two processes, threads, two keys: the rogue certificate and the rogue blob are named (R066, R078, L01, L07)."""
    result = _run(night)
    assert result.verdict is Verdict.FAIL
    refused = [each for each in report_of(result).exceptions if each.level == "refusal"]
    assert sorted(each.code for each in refused) == ["rec.certificate-orphan", "rec.operation-unexplained"]
    named = {each.code: each for each in refused}
    rogue = read_certificate(night.rogue)[0]
    assert named["rec.certificate-orphan"].serial == f"{rogue.serial.integer():x}"
    assert named["rec.operation-unexplained"].digest.endswith(hashlib.sha256(BLOB).hexdigest())
    # every operation is accounted for: 11 succeeded, 9 have their object, 2 are the rogues, 1 failed
    report = report_of(result)
    counts: Counter[str] = Counter()
    for _, kind, many in report.pairs:
        counts[kind] += many
    assert counts == {"certificate": 4, "precertificate": 2, "crl": 2, "ocsp": 1}
    assert report.failed == 1
    assert not [each for each in report.exceptions if each.level == "doubt"]


def test_nothing_remains_when_the_rogues_are_known(night: Night, tmp_path: Path) -> None:
    """With the certificate in a second platform's store and the blob announced, the night passes (R025, R082)."""
    (tmp_path / "rogue.der").write_bytes(night.rogue)
    announced = Expectation(
        name="blob",
        key=night.keys[1].id,
        begins=night.begins,
        ends=night.ends,
        hash="sha256",
        digest=hashlib.sha256(BLOB).digest(),
    )
    result = _run(night, more=tmp_path, expect=[announced])
    assert [each.message for each in result.findings if each.level.value != "note"] == []
    assert result.verdict is Verdict.PASS


def _refusals(result: ReconcileResult) -> Counter[str]:
    return Counter(each.code for each in result.findings if each.level.value == "refusal")


def test_a_missing_precertificate_and_a_missing_certificate(night: Night, tmp_path: Path) -> None:
    """A precertificate that no store has is rebuilt from its certificate; without a certificate an orphan remains."""
    files = sorted(night.issued.iterdir())
    for each in files[1:]:
        (tmp_path / each.name).write_bytes(each.read_bytes())
    fewer = attrs.evolve(night, issued=tmp_path)
    result = _run(fewer)
    assert dict(result.grades)["rebuilt"] == 1
    assert _refusals(result) == _refusals(_run(night))
    (tmp_path / files[-1].name).unlink()
    assert _refusals(_run(fewer)) - _refusals(result) == {"rec.operation-unexplained": 1}


def test_a_flipped_bit(night: Night) -> None:
    """One bit flipped in a logged digest leaves one orphan on each side (R079)."""
    leaf = sorted(night.issued.iterdir())[-3].read_bytes()
    tbs = read_certificate(leaf)[0].whole.encoded
    dump = hashlib.sha256(tbs).digest()[:16].hex(" ").upper().encode()
    octets = night.log.read_bytes()
    assert octets.count(dump) == 1
    flipped = b"%02X" % (int(dump[:2], 16) ^ 1) + dump[2:]
    more = _refusals(_run(night, data=octets.replace(dump, flipped))) - _refusals(_run(night))
    assert more == {"rec.operation-unexplained": 1, "rec.object-without-operation": 1}


def test_no_secret_reaches_a_report(night: Night) -> None:
    """The trace holds the PIN in clear; nothing that is made of it does (spec 2.1)."""
    assert b"8642" in night.log.read_bytes()
    result = _run(night)
    assert b"8642" not in result.facts
    shown = pkicheck("hsmlog", "show", str(night.log), "--zone", "UTC", "--json")
    assert shown.code == 0
    assert sum(each["record"] == "operation" and each["outcome"] == "ok" for each in shown.json) == 11


def test_the_command_line(night: Night, tmp_path: Path) -> None:
    """`pkicheck reconcile` says the same, writes its reports, and goes on from its cursor (R080)."""
    hour = timedelta(hours=1)  # so that nothing lies at an edge of the window
    window = f"{(night.begins - hour).isoformat()}/{(night.ends + hour).isoformat()}"
    arguments = ["--log", str(night.log), "--zone", "UTC", "--issued", str(night.issued), "--covers", window]
    arguments += ["--key", f"{night.log.parent}/rsa.der:rsa", "--key", f"{night.log.parent}/ec.der:ec"]
    arguments += ["--window", window, "--out", str(tmp_path / "out"), "--cursor", str(tmp_path / "cursor")]
    done = pkicheck("reconcile", *arguments)
    assert done.code == 1, done.err
    assert "rec.certificate-orphan: 1" in done.out
    assert len(done.lines) <= 24
    names = sorted(each.name for each in (tmp_path / "out").iterdir())
    assert names == ["evidence.json", "exceptions.csv", "report.html", "report.json", "report.md"]
    again = pkicheck("reconcile", *arguments, "--json")
    assert again.code in (0, 1, 3)
    assert not [each for each in again.json[0]["exceptions"] if each["code"] == "rec.certificate-orphan"]
