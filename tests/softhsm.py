"""A CA whose keys live in SoftHSM 2, and whose operations pkcs11-spy writes down. Needs softhsm2 and opensc."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from tests.derkit import bits, element, sequence

__all__ = ["RSA_HASHED", "RSA_RAW", "Hsm", "Job", "digest_info", "need_softhsm"]

_SPY = ("/usr/lib/x86_64-linux-gnu/pkcs11-spy.so", "/usr/lib/aarch64-linux-gnu/pkcs11-spy.so", "/usr/lib/pkcs11-spy.so")
_MODULE = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/libsofthsm2.so",
)
_ROOT = Path(__file__).resolve().parents[1]

RSA_RAW = 0x1
RSA_HASHED = 0x40
_ECDSA = 0x1041
_PIN = "8642"

Key = Literal["rsa", "ec"]


def _first(paths: Sequence[str]) -> str | None:
    return next((each for each in paths if Path(each).exists()), None)


def need_softhsm() -> None:
    """Skip without the packages; fail when they are required."""
    if shutil.which("softhsm2-util") and _first(_SPY) and _first(_MODULE):
        return
    if os.environ.get("PKICHECK_REQUIRE_SERVERS") == "1":
        pytest.fail("not installed: softhsm2, opensc")
    pytest.skip("needs SoftHSM 2 and pkcs11-spy: apt-get install softhsm2 opensc")


def digest_info(tbs: bytes) -> bytes:
    """What CKM_RSA_PKCS signs (RFC 8017 §9.2)."""
    return bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(tbs).digest()


@attrs.frozen
class Job:
    """One operation: its key, what is signed, how, and what becomes of the signature."""

    key: Key
    tbs: bytes
    algorithm: bytes
    mechanism: int
    query: bool = False
    data: bytes | None = None
    wrap: Literal["object", "ocsp", "none"] = "object"

    def given(self) -> bytes:
        """What the token is given."""
        if self.data is not None:
            return self.data
        if self.mechanism == RSA_HASHED:
            return self.tbs
        return digest_info(self.tbs) if self.key == "rsa" else hashlib.sha256(self.tbs).digest()

    def finish(self, signature: bytes) -> bytes:
        """The object around the signature."""
        if self.key == "ec":
            half = len(signature) // 2
            values = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            signature = encode_dss_signature(*values)
        whole = sequence(self.tbs, self.algorithm, bits(signature))
        if self.wrap != "ocsp":
            return whole
        basic = sequence(bytes.fromhex("06092b0601050507300101"), element(0x04, whole))
        return sequence(element(0x0A, b"\0"), element(0xA0, basic))


class Hsm:
    """A token with an RSA and an EC key.

    Args:
        folder: where token, logs and configuration live.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime.now(timezone.utc).replace(microsecond=0)
        self.keys: dict[Key, Any] = {
            "rsa": rsa.generate_private_key(65537, 2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
        }
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
        self._tool("--init-token", "--free", "--label", "ca", "--so-pin", "9753", "--pin", _PIN)
        for number, (name, key) in enumerate(self.keys.items()):
            path = folder / f"{name}.pem"
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            self._tool("--import", str(path), "--token", "ca", "--label", name, "--id", f"0{number + 1}", "--pin", _PIN)
            path.unlink()

    def _environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"), "TZ": "UTC", **more}

    def _tool(self, *arguments: str) -> None:
        subprocess.run(
            ["softhsm2-util", *arguments], env=self._environment(), check=True, capture_output=True, timeout=120
        )

    def run(self, log: Path, *threads: Sequence[Job]) -> list[list[bytes | int]]:
        """Carry operations out in a process of their own; the objects, or the return values of what failed."""
        jobs = [
            [
                {"key": job.key, "mechanism": job.mechanism, "data": job.given().hex(), "query": job.query}
                for job in each
            ]
            for each in threads
        ]
        spy, module = _first(_SPY), _first(_MODULE)
        assert spy
        assert module
        done = subprocess.run(
            [sys.executable, "-m", "tests.softhsmchild", spy, _PIN],
            input=json.dumps(jobs),
            cwd=_ROOT,
            env=self._environment(PKCS11SPY=module, PKCS11SPY_OUTPUT=str(log)),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        answers: list[list[Any]] = json.loads(done.stdout)
        return [
            [
                answer if isinstance(answer, int) else job.finish(bytes.fromhex(answer))
                for job, answer in zip(given, got, strict=True)
            ]
            for given, got in zip(threads, answers, strict=True)
        ]

    # -- what is signed

    def name(self, key: Key) -> x509.Name:
        """The name of an issuer."""
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Test CA {key}")])

    def _builder(self, key: Key, subject: x509.Name, public: Any, serial: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(
                issuer_name=self.name(key), subject_name=subject, public_key=public, serial_number=serial
            )
            .not_valid_before(self.now - timedelta(hours=1))
            .not_valid_after(self.now + timedelta(days=90))
        )

    def root(self, key: Key) -> bytes:
        """The certificate of an issuer, made elsewhere."""
        private = self.keys[key]
        builder = self._builder(key, self.name(key), private.public_key(), 1)
        return builder.sign(private, hashes.SHA256()).public_bytes(Encoding.DER)

    def leaf(
        self, key: Key, domain: str, *, poison: bool = False, scts: bool = False, mechanism: int | None = None
    ) -> Job:
        """A certificate or precertificate to be signed."""
        serial = int.from_bytes(hashlib.sha256(domain.encode()).digest()[:16], "big") >> 1 | 1 << 126
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
        builder = self._builder(key, subject, self.keys["ec"].public_key(), serial)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        if poison:
            builder = builder.add_extension(x509.PrecertPoison(), critical=True)
        if scts:
            oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\4\2\0\0"), critical=False)
        made = builder.sign(self.keys[key], hashes.SHA256())
        how = mechanism or (RSA_RAW if key == "rsa" else _ECDSA)
        return Job(key, made.tbs_certificate_bytes, _algorithm(key), how)

    def crl(self, key: Key, number: int) -> Job:
        """A CRL to be signed."""
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name(key))
            .last_update(self.now)
            .next_update(self.now + timedelta(days=7))
            .add_extension(x509.CRLNumber(number), critical=False)
            .sign(self.keys[key], hashes.SHA256())
        )
        return Job(key, made.tbs_certlist_bytes, _algorithm(key), RSA_HASHED if key == "rsa" else _ECDSA, query=True)

    def ocsp(self, key: Key, certificate: bytes) -> Job:
        """An OCSP response of the issuer itself to be signed."""
        issuer = x509.load_der_x509_certificate(self.root(key))
        leaf = x509.load_der_x509_certificate(certificate)
        made = (
            ocsp.OCSPResponseBuilder()
            .add_response(leaf, issuer, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, self.now, self.now, None, None)
            .responder_id(ocsp.OCSPResponderEncoding.NAME, issuer)
            .sign(self.keys[key], hashes.SHA256())
        )
        how = RSA_RAW if key == "rsa" else _ECDSA
        return Job(key, made.tbs_response_bytes, _algorithm(key), how, query=True, wrap="ocsp")

    def blob(self, key: Key, content: bytes) -> Job:
        """Something else to be signed."""
        return Job(key, content, _algorithm(key), RSA_RAW if key == "rsa" else _ECDSA, wrap="none")

    def failing(self) -> Job:
        """More than fits into the key: the call fails."""
        return Job("rsa", b"", b"", RSA_RAW, data=bytes(300))


def _algorithm(key: Key) -> bytes:
    return bytes.fromhex("300d06092a864886f70d01010b0500" if key == "rsa" else "300a06082a8648ce3d040302")
