"""Ed25519 seals (RFC 8032) on `cryptography`: a writer's key signs, an auditor's copy of the public key checks."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pkicheck.canon import digest
from pkicheck.chainlog._values import Seal, SealCheck, SealPort
from pkicheck.errors import InputError

__all__ = ["ed25519_check", "ed25519_key_id", "ed25519_seal"]

_ALGORITHM = "ed25519"


def ed25519_key_id(public_key: Ed25519PublicKey) -> str:
    """The name of a key in a seal: SHA-256 of the 32 bytes of the public key (RFC 8032 §5.1.5), in hex."""
    return digest(public_key.public_bytes_raw())


def ed25519_seal(private_key: Ed25519PrivateKey) -> SealPort:
    """A seal port that signs with `private_key`. A key in an HSM is sealed with by a function of the caller's own.

    Raises:
        InputError: `private_key` is no Ed25519 private key.
    """
    if not isinstance(private_key, Ed25519PrivateKey):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"private_key must be an Ed25519PrivateKey, got {type(private_key).__name__}"
        raise InputError(msg)
    key = ed25519_key_id(private_key.public_key())

    def seal(data: bytes) -> Seal:
        return Seal(_ALGORITHM, key, private_key.sign(data))

    return seal


def ed25519_check(*public_keys: Ed25519PublicKey) -> SealCheck:
    """A check that takes seals by any of `public_keys` (all keys that a log has been sealed with).

    Raises:
        InputError: no key, or something that is no Ed25519 public key.
    """
    if not public_keys:
        msg = "public_keys is empty: no seal could hold"
        raise InputError(msg)
    for given in public_keys:
        if not isinstance(given, Ed25519PublicKey):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"public_keys must be Ed25519PublicKey, got {type(given).__name__}"
            raise InputError(msg)
    known = {ed25519_key_id(given): given for given in public_keys}

    def check(data: bytes, seal: Seal) -> bool:
        key = known.get(seal.key)
        if key is None or seal.algorithm != _ALGORITHM:
            return False
        try:
            key.verify(seal.signature, data)
        except InvalidSignature:
            return False
        return True

    return check
