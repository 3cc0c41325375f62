"""What was signed, as a slice of an object's octets, and its digest: quick where an object looks as nearly all do."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Final, NamedTuple, cast

from pkicheck.der import BIT_STRING, SEQUENCE, Limits, read
from pkicheck.hsmlog.algorithms import USUAL, hash_of_algorithm

__all__ = ["LARGEST_OBJECT", "OBJECT_LIMITS", "SignedPart", "digest_by", "signed_part", "tbs_digest"]

LARGEST_OBJECT: Final = 64 * 1024 * 1024
"""Larger objects are not read, in octets: the largest CRLs in use have some ten million."""

OBJECT_LIMITS: Final = Limits(max_bytes=LARGEST_OBJECT)
"""The bounds of reading an object."""

# 30 82 length 30 82 length: how nearly all certificates begin.
_unpack: Final = cast("Callable[[bytes], tuple[int, int, int, int]]", struct.Struct(">HHHH").unpack_from)
_SMALLEST: Final = 0x100
_LONG: Final = 0x3082


class SignedPart(NamedTuple):
    """The three parts of a signed object, as octets.

    Attributes:
        tbs: what was signed.
        algorithm: the AlgorithmIdentifier of the signature.
        signature: the signature value.
    """

    tbs: bytes
    algorithm: bytes
    signature: bytes


def signed_part(data: bytes) -> SignedPart:
    """The parts of a certificate, CRL or request: SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING }.

    Args:
        data: the object in DER, nothing behind it.

    Raises:
        DerError: it has another shape, or is larger than `LARGEST_OBJECT`.
    """
    at, end, body = _places(data)
    if at:
        return SignedPart(data[4:at], data[at:end], data[body:])
    tbs, algorithm, signature = read(data, SEQUENCE, limits=OBJECT_LIMITS).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    return SignedPart(tbs.encoded, algorithm.encoded, signature.bit_string())


_NOWHERE: Final = (0, 0, 0)


def _places(data: bytes) -> tuple[int, int, int]:
    """Where the algorithm begins and ends, and where the signature value begins, in the commonest shape.

    That is 30 82 .. .. 30 82 .. .., so that no header needs a call. Zeros for anything that is not exactly so: the
    strict reader says what it is.
    """
    size = len(data)
    if not _SMALLEST <= size <= LARGEST_OBJECT:
        return _NOWHERE
    outer, length, inner, inner_length = _unpack(data)
    at = 8 + inner_length
    if outer != _LONG or inner != _LONG or length != size - 4 or inner_length < 0x100 or at + 5 > size:
        return _NOWHERE
    end = at + 2 + data[at + 1]
    if data[at] != SEQUENCE or data[at + 1] >= 0x80 or end + 3 > size or data[end] != BIT_STRING:
        return _NOWHERE
    body = end + 2
    bits = data[end + 1]
    if bits == 0x82 and data[body] and body + 2 < size:
        bits, body = data[body] << 8 | data[body + 1], body + 2
    elif bits == 0x81 and data[body] >= 0x80 and body + 1 < size:
        bits, body = data[body], body + 1
    elif bits >= 0x80:
        return _NOWHERE
    if body + bits != size or data[body]:
        return _NOWHERE
    return at, end, body + 1


def tbs_digest(data: bytes) -> tuple[str, bytes] | None:
    """The digest that was signed of a certificate, CRL or request in DER.

    Returns:
        The hash as hashlib names it, and the digest; SHA-256 for pure schemes, of which no digest exists. None for an
        algorithm that is not known.

    Raises:
        DerError: see `signed_part`.
    """
    at, end, _ = _places(data)
    if at:
        usual = _USUAL.get(data[at:end])
        if usual is not None:
            return usual[0], usual[1](data[4:at]).digest()
    tbs, algorithm, _ = signed_part(data)
    name = hash_of_algorithm(algorithm)
    if name is None:
        return None
    name = name or "sha256"
    return name, digest_by(name, tbs)


_CONSTRUCTORS: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_USUAL: Final = {algorithm: (name, _CONSTRUCTORS[name]) for algorithm, name in USUAL.items()}


def digest_by(name: str, data: bytes) -> bytes:
    """The digest under a hash, by its name in hashlib."""
    # (`hashlib.new` looks its name up each time, which takes as long as the digest itself)
    make = _CONSTRUCTORS.get(name)
    return make(data).digest() if make else hashlib.new(name, data, usedforsecurity=False).digest()
