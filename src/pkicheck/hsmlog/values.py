"""From what a log or an object says to values that can be compared (pure).

A signature is compared in its raw form: an ECDSA value as the integers r and s, whatever their encoding. Content is
compared by the digest of what was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pkicheck.der import INTEGER, SEQUENCE, DerError, read

__all__ = ["ecdsa_raw", "is_ecdsa", "length_class", "message_digest"]

_HASHES: Final = frozenset(
    {*("sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256")}
    | {*("sha3_224", "sha3_256", "sha3_384", "sha3_512")}
)

# The widths of r and s: the sizes of the orders of the curves in use, in octets.
_WIDTHS: Final = (20, 24, 28, 32, 48, 64, 66)
# DigestInfo is this much longer than the digest (SHA-1 has a shorter name).
_INFO: Final[Mapping[int, int]] = MappingProxyType({35: 20, 47: 28, 51: 32, 67: 48, 83: 64})


def is_ecdsa(mechanism: str) -> bool:
    """Whether a mechanism of a log (`CKM_ECDSA_SHA256`, `ECDSA_SHA_256`, `sign-ecdsa`) is one of ECDSA."""
    return "ECDSA" in mechanism.upper()


def ecdsa_raw(value: bytes) -> bytes:
    """An ECDSA signature as r||s, both as wide as the smallest usual curve that holds them.

    Args:
        value: SEQUENCE { r, s } in DER, or r||s of any width. What is neither comes back as it is.
    """
    try:
        first, second = read(value, SEQUENCE).fields(INTEGER, INTEGER)
        r, s = first.integer(), second.integer()
    except DerError:
        if len(value) % 2:
            return value
        half = len(value) // 2
        r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
    if r < 0 or s < 0:
        return value
    size = (max(r.bit_length(), s.bit_length()) + 7) // 8
    width = next((each for each in _WIDTHS if size <= each), 0)
    return r.to_bytes(width, "big") + s.to_bytes(width, "big") if width else value


def message_digest(message: bytes, name: str) -> bytes | None:
    """The digest of a message under a hash, as hashlib names it; SHA-256 where there is none (pure schemes).

    None for a hash that is not known, or that has no size of its own.
    """
    if name and name not in _HASHES:
        return None
    return hashlib.new(name or "sha256", message, usedforsecurity=False).digest()


def length_class(length: int | None) -> int:
    """The size of the digest that an operation of this input length was given; 0 when the length does not say.

    A DigestInfo counts as the digest in it. A length that fits neither is that of a message: it says nothing here.
    """
    if length is None:
        return 0
    size = _INFO.get(length, length)
    return size if size in {20, 28, 32, 48, 64} else 0
