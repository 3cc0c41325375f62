"""The hash behind a signature algorithm (RFC 4055, RFC 5758, RFC 8410, RFC 9881, RFC 9909; pure)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pkicheck.der import OBJECT_IDENTIFIER, SEQUENCE, DerError, context, read

__all__ = ["PSS_OID", "USUAL", "hash_of_algorithm"]

PSS_OID: Final = "1.2.840.113549.1.1.10"
"""RSASSA-PSS: its hash stands in its parameters."""

_PURE: Final = ""
# Algorithms whose hash somebody else names: CMS says it beside them.
_OPEN: Final = frozenset(("1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.2.840.10040.4.1"))

_NIST: Final = "2.16.840.1.101.3.4"

_HASHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # hashes themselves
        "1.2.840.113549.2.5": "md5",
        "1.3.14.3.2.26": "sha1",
        f"{_NIST}.2.1": "sha256",
        f"{_NIST}.2.2": "sha384",
        f"{_NIST}.2.3": "sha512",
        f"{_NIST}.2.4": "sha224",
        f"{_NIST}.2.5": "sha512_224",
        f"{_NIST}.2.6": "sha512_256",
        f"{_NIST}.2.7": "sha3_224",
        f"{_NIST}.2.8": "sha3_256",
        f"{_NIST}.2.9": "sha3_384",
        f"{_NIST}.2.10": "sha3_512",
        # RSA, PKCS #1 v1.5
        "1.2.840.113549.1.1.4": "md5",
        "1.2.840.113549.1.1.5": "sha1",
        "1.2.840.113549.1.1.11": "sha256",
        "1.2.840.113549.1.1.12": "sha384",
        "1.2.840.113549.1.1.13": "sha512",
        "1.2.840.113549.1.1.14": "sha224",
        "1.2.840.113549.1.1.15": "sha512_224",
        "1.2.840.113549.1.1.16": "sha512_256",
        f"{_NIST}.3.13": "sha3_224",
        f"{_NIST}.3.14": "sha3_256",
        f"{_NIST}.3.15": "sha3_384",
        f"{_NIST}.3.16": "sha3_512",
        # ECDSA
        "1.2.840.10045.4.1": "sha1",
        "1.2.840.10045.4.3.1": "sha224",
        "1.2.840.10045.4.3.2": "sha256",
        "1.2.840.10045.4.3.3": "sha384",
        "1.2.840.10045.4.3.4": "sha512",
        f"{_NIST}.3.9": "sha3_224",
        f"{_NIST}.3.10": "sha3_256",
        f"{_NIST}.3.11": "sha3_384",
        f"{_NIST}.3.12": "sha3_512",
        # DSA
        "1.2.840.10040.4.3": "sha1",
        f"{_NIST}.3.1": "sha224",
        f"{_NIST}.3.2": "sha256",
        f"{_NIST}.3.3": "sha384",
        f"{_NIST}.3.4": "sha512",
        # pure schemes sign the message itself: Ed25519, Ed448, ML-DSA, SLH-DSA
        "1.3.101.112": _PURE,
        "1.3.101.113": _PURE,
        **{f"{_NIST}.3.{number}": _PURE for number in range(17, 32)},
    }
)


def hash_of_algorithm(algorithm: bytes, *, prehash: str = "") -> str | None:
    """The hash of a signature algorithm, or the hash that an algorithm is.

    Args:
        algorithm: an AlgorithmIdentifier as DER.
        prehash: the hash that stands beside it, for algorithms that say only the kind of key (CMS: rsaEncryption).

    Returns:
        Its name in hashlib; empty for a pure scheme; None when it is not known.
    """
    known = USUAL.get(algorithm)
    if known is not None:
        return known
    try:
        reader = read(algorithm, SEQUENCE).reader()
        name = reader.take(OBJECT_IDENTIFIER).oid()
        if name == PSS_OID:
            inner = reader.take(SEQUENCE).reader().take_optional(context(0, constructed=True))
            return "sha1" if inner is None else _HASHES.get(inner.inner().reader().take(OBJECT_IDENTIFIER).oid())
    except DerError:
        return None
    if name in _OPEN:
        return prehash or None
    return _HASHES.get(name)


USUAL: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        bytes.fromhex("300d06092a864886f70d01010b0500"): "sha256",
        bytes.fromhex("300d06092a864886f70d01010c0500"): "sha384",
        bytes.fromhex("300d06092a864886f70d01010d0500"): "sha512",
        bytes.fromhex("300a06082a8648ce3d040302"): "sha256",
        bytes.fromhex("300a06082a8648ce3d040303"): "sha384",
        bytes.fromhex("300a06082a8648ce3d040304"): "sha512",
    }
)
"""The algorithms that nearly all objects have, as they are encoded (BR 7.1.3.2), with their hashes."""
