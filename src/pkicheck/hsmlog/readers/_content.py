"""From mechanism and logged data to what can be compared: digests, messages, signature values (PKCS#11, RFC 8017).

CKM_SHAxxx_RSA_PKCS, CKM_ECDSA_SHAxxx, CKM_SHAxxx_RSA_PKCS_PSS     the whole message: hash it
CKM_RSA_PKCS                                                       DigestInfo (RFC 8017 §9.2): take it apart
CKM_RSA_X_509                                                      00 01 FF.. 00 DigestInfo
CKM_RSA_PKCS_PSS                                                   the digest; its algorithm is a parameter
CKM_ECDSA                                                          the digest, of an algorithm nobody says
CKM_EDDSA, CKM_ML_DSA, CKM_SLH_DSA                                 the whole message: no digest exists
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from pkicheck.hsmlog.model import Evidence

__all__ = ["DIGEST_SIZES", "PURE", "block_digest", "content", "digest_info", "hash_of"]

DIGEST_SIZES: Final = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
"""The sizes of digests by hashlib's names of the hashes."""

_OIDS: Final = {
    "sha1": ("2b0e03021a", 20),
    "sha256": ("608648016503040201", 32),
    "sha384": ("608648016503040202", 48),
    "sha512": ("608648016503040203", 64),
    "sha224": ("608648016503040204", 28),
    "sha512_224": ("608648016503040205", 28),
    "sha512_256": ("608648016503040206", 32),
    "sha3_224": ("608648016503040207", 28),
    "sha3_256": ("608648016503040208", 32),
    "sha3_384": ("608648016503040209", 48),
    "sha3_512": ("60864801650304020a", 64),
}


def _prefixes() -> dict[bytes, str]:
    """The octets of a DigestInfo before its digest, with the parameters NULL and without (RFC 8017 §9.2 note 2)."""
    found: dict[bytes, str] = {}
    for name, (text, size) in _OIDS.items():
        oid = bytes.fromhex(text)
        for parameters in (b"\x05\x00", b""):
            algorithm = bytes([6, len(oid)]) + oid + parameters
            head = bytes([0x30, len(algorithm)]) + algorithm + bytes([4, size])
            found[bytes([0x30, len(head) + size]) + head] = name
    return found


_PREFIXES: Final = _prefixes()
_LENGTHS: Final = tuple(sorted({len(prefix) for prefix in _PREFIXES}))


def digest_info(data: bytes) -> tuple[str, bytes] | None:
    """Hash and digest of a DigestInfo (RFC 8017 §9.2); None when it is none of a hash that is known."""
    for length in _LENGTHS:
        name = _PREFIXES.get(data[:length])
        if name is not None and len(data) == 2 + data[1]:
            return name, data[length:]
    return None


def block_digest(block: bytes) -> tuple[str, bytes] | None:
    """Hash and digest in an EMSA-PKCS1-v1_5 block (RFC 8017 §9.2), with or without its leading zero; None: no such."""
    block = block.removeprefix(b"\x00")
    if block[:1] != b"\x01":
        return None
    padding, zero, rest = block[1:].partition(b"\x00")
    # At least eight octets FF (RFC 8017 §9.2 step 3 leaves no room for fewer).
    if not zero or len(padding) < 8 or padding.strip(b"\xff"):
        return None
    return digest_info(rest)


PURE: Final = ("CKM_EDDSA", "CKM_ML_DSA", "CKM_SLH_DSA")
"""Mechanisms that sign the message itself: no digest exists."""

_SELF_HASHING: Final = re.compile(
    r"CKM_(?:ECDSA_)?(SHA1|SHA224|SHA256|SHA384|SHA512|SHA3_224|SHA3_256|SHA3_384|SHA3_512)(?:_.*)?"
)


def hash_of(mechanism: str) -> str:
    """The hash of a mechanism that hashes by itself (`CKM_SHA256_RSA_PKCS`, `CKM_ECDSA_SHA256`); empty: it does not."""
    match = _SELF_HASHING.fullmatch(mechanism)
    return "" if match is None else match[1].lower()


def content(
    mechanism: str, data: bytes | None, signature: bytes | None, hash_name: str
) -> tuple[str, tuple[Evidence, ...]]:
    """What one operation says of what was signed.

    Args:
        mechanism: its PKCS#11 name.
        data: what the caller gave; None: not known.
        signature: what came back; None: nothing did, or it is not known.
        hash_name: the hash that a parameter of the mechanism names (PSS); empty: none.

    Returns:
        the hash behind the digest, and the evidence, strongest first.
    """
    found: list[Evidence] = []
    if signature:
        found.append(("signature", signature))
    if data is None:
        return "", tuple(found)
    name = ""
    if mechanism in PURE:
        found.append(("message-sha256", hashlib.sha256(data).digest()))
        found.append(("message", data))
        return "", tuple(found)
    if mechanism == "CKM_ECDSA" and data:
        found.append(("digest", data))
    elif mechanism == "CKM_RSA_PKCS_PSS" and data:
        name = hash_name
        found.append(("digest", data))
    elif mechanism in ("CKM_RSA_PKCS", "CKM_RSA_X_509"):
        inner = digest_info(data) if mechanism == "CKM_RSA_PKCS" else block_digest(data)
        if inner is not None:
            name = inner[0]
            found.append(("digest", inner[1]))
    else:
        name = hash_of(mechanism)
        if name:
            found.append(("digest", hashlib.new(name, data).digest()))
            found.append(("message", data))
    return name, tuple(found)
