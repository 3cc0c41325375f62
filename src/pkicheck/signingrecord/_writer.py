"""Keys that sign only what was written down before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Final, NoReturn, Self, TypeGuard, TypeVar, cast

import attrs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric import utils as asymmetric
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck.canon import JsonValue, Sha256, digest
from pkicheck.chainlog import (
    ALWAYS,
    ChainLog,
    Receipt,
    SealPort,
)
from pkicheck.errors import InputError

__all__ = ["SIGN_RECORD", "SigningRecord"]

SIGN_RECORD: Final = "pkicheck/sign-record/1"
"""The schema of a payload."""

_K = TypeVar("_K", bound=rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)

# Younger than the oldest release of `cryptography` that is supported.
_NO_DIGEST_INFO: Final[Any] = getattr(asymmetric, "NoDigestInfo", ())


def _named(algorithm: object) -> TypeGuard[asymmetric.Prehashed | hashes.HashAlgorithm]:
    """Whether an algorithm says what was hashed, and how."""
    return not isinstance(algorithm, _NO_DIGEST_INFO)


def _wall_clock() -> datetime:
    return datetime.now(timezone.utc)


def _hashed(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    worker = hashes.Hash(algorithm)
    worker.update(data)
    return worker.finalize()


def _name(algorithm: hashes.HashAlgorithm) -> str:
    """As hashlib writes it: `sha3_256`, `sha512_256`."""
    return algorithm.name.replace("-", "_")


@attrs.frozen
class _Told:
    """What a line says of an operation before it is done."""

    mechanism: str
    hash: str
    digest: bytes
    length: int | None


def _told(prefix: str, data: bytes, algorithm: hashes.HashAlgorithm | asymmetric.Prehashed, suffix: str) -> _Told:
    if isinstance(algorithm, asymmetric.Prehashed):
        inner = cast("Any", algorithm)._algorithm  # noqa: SLF001 - it has no public name
        return _Told(f"{prefix}{inner.name.upper().replace('-', '_')}{suffix}", _name(inner), data, None)
    name = algorithm.name.upper().replace("-", "_")
    return _Told(f"{prefix}{name}{suffix}", _name(algorithm), _hashed(data, algorithm), len(data))


class SigningRecord:
    """A signing record that is written to. A context manager; one process and its threads.

    Args:
        path: the file of the chain.
        log_id: the id of the chain, a token; one writer, one id.
        actor: who signs, as it is to stand in each line.
        clock: gives the moment of a line, an aware datetime.
        seal, seal_every: as of `ChainLog`.

    Attributes:
        chain: the log beneath: `chain.head` is the anchor to keep elsewhere.

    Raises:
        InputError: an argument is wrong.
        TransportError: the log cannot be opened or written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        log_id: str,
        actor: str = "",
        clock: Callable[[], datetime] = _wall_clock,
        seal: SealPort | None = None,
        seal_every: int = 1,
    ) -> None:
        self._actor = actor
        self.chain = ChainLog(path, log_id=log_id, fsync=ALWAYS, clock=clock, seal=seal, seal_every=seal_every)
        self._mark("opened")

    def _mark(self, what: str, key: str = "") -> Receipt:
        return self.chain.append({"what": what, "key": key, "actor": self._actor}, SIGN_RECORD)

    def alive(self) -> Receipt:
        """Say that the record is being kept, although nothing is signed: silence before this line means something."""
        return self._mark("alive")

    def close(self) -> None:
        """End the record with a line that says so."""
        try:
            self._mark("closed")
        finally:
            self.chain.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def operate(self, key: str, told: _Told, sign: Callable[[], tuple[bytes, bytes]]) -> bytes:
        """Do one operation, and write of it before its signature is given back.

        Args:
            key: SHA-256 of the SPKI in hex.
            told: what is known beforehand.
            sign: does it; gives the signature, and the form of it that is recorded.
        """
        payload: dict[str, JsonValue] = {
            "what": "sign",
            "key": key,
            "mechanism": told.mechanism,
            "hash": told.hash,
            "digest": told.digest.hex(),
            "length": told.length,
            "actor": self._actor,
        }
        done = False
        try:
            signature, recorded = sign()
            done = True
        finally:
            if not done:
                self.chain.append({**payload, "signature": None, "outcome": "failed"}, SIGN_RECORD)
        # What this raises passes through, and the signature stays here.
        self.chain.append({**payload, "signature": digest(recorded), "outcome": "ok"}, SIGN_RECORD)
        return signature

    def guard(self, key: _K) -> _K:
        """A key that signs like `key` and writes of it. It gives out no private numbers and does nothing but sign.

        The record answers for the time from the last key that it began to guard: guard all keys at the start.

        Raises:
            InputError: a key of another kind.
            TransportError: the record cannot be written.
        """
        guarded: _RsaKey | _EcKey | _EdKey
        if isinstance(key, rsa.RSAPrivateKey):
            guarded = _RsaKey(self, key)
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            guarded = _EcKey(self, key)
        elif isinstance(key, ed25519.Ed25519PrivateKey):  # pyright: ignore[reportUnnecessaryIsInstance]
            guarded = _EdKey(self, key)
        else:
            msg = f"key must be an RSA, EC or Ed25519 private key, got {type(key).__name__}"
            raise InputError(msg)
        self._mark("guards", guarded.id)
        return cast("_K", guarded)


def _only_signs(*_: object, **__: object) -> NoReturn:
    msg = "key: a key of a signing record does nothing but sign"
    raise InputError(msg)


def _id(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> Sha256:
    return digest(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


class _RsaKey(rsa.RSAPrivateKey):
    def __init__(self, record: SigningRecord, key: rsa.RSAPrivateKey) -> None:
        self._record, self._key, self.id = record, key, _id(key)

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """Its public key."""
        return self._key.public_key()

    def sign(
        self,
        data: bytes | bytearray | memoryview,
        padding: padding.AsymmetricPadding,
        algorithm: asymmetric.Prehashed | hashes.HashAlgorithm | asymmetric.NoDigestInfo,
    ) -> bytes:
        """Sign, and write of it."""
        if not _named(algorithm):
            msg = "algorithm: a block without DigestInfo cannot be recorded"
            raise InputError(msg)
        data = bytes(data)
        told = _told("CKM_", data, algorithm, "_RSA_PKCS_PSS" if padding.name == "EMSA-PSS" else "_RSA_PKCS")

        def sign() -> tuple[bytes, bytes]:
            value = self._key.sign(data, padding, algorithm)
            return value, value

        return self._record.operate(self.id, told, sign)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    decrypt = private_numbers = private_bytes = _only_signs


class _EcKey(ec.EllipticCurvePrivateKey):
    def __init__(self, record: SigningRecord, key: ec.EllipticCurvePrivateKey) -> None:
        self._record, self._key, self.id = record, key, _id(key)

    @property
    def curve(self) -> ec.EllipticCurve:
        """Its curve."""
        return self._key.curve

    @property
    def key_size(self) -> int:
        """Bits of the order of the curve."""
        return self._key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Its public key."""
        return self._key.public_key()

    def sign(
        self, data: bytes | bytearray | memoryview, signature_algorithm: ec.EllipticCurveSignatureAlgorithm
    ) -> bytes:
        """Sign, and write of it."""
        data = bytes(data)
        told = _told("CKM_ECDSA_", data, signature_algorithm.algorithm, "")
        width = (self._key.key_size + 7) // 8

        def sign() -> tuple[bytes, bytes]:
            value = self._key.sign(data, signature_algorithm)
            first, second = asymmetric.decode_dss_signature(value)
            return value, first.to_bytes(width, "big") + second.to_bytes(width, "big")

        return self._record.operate(self.id, told, sign)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    exchange = private_numbers = private_bytes = _only_signs


class _EdKey(ed25519.Ed25519PrivateKey):
    def __init__(self, record: SigningRecord, key: ed25519.Ed25519PrivateKey) -> None:
        self._record, self._key, self.id = record, key, _id(key)

    def public_key(self) -> ed25519.Ed25519PublicKey:
        """Its public key."""
        return self._key.public_key()

    def sign(self, data: bytes | bytearray | memoryview) -> bytes:
        """Sign, and write of it."""
        data = bytes(data)
        told = _Told("CKM_EDDSA", "", hashlib.sha256(data).digest(), len(data))

        def sign() -> tuple[bytes, bytes]:
            value = self._key.sign(data)
            return value, value

        return self._record.operate(self.id, told, sign)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    private_bytes = private_bytes_raw = _only_signs
