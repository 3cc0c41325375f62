"""Does this key verify this signature over these octets? `cryptography` computes, the tables here decide what counts.

The algorithm is read from its octets, the padding and the hash are given explicitly: nothing is guessed from a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

import attrs
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pkicheck.der import BIT_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, DerError, Element, context, read

__all__ = ["Proof", "SignatureCheck", "check_signature"]


class Proof(Enum):
    """What a signature comes to. Each has a finding code of its own."""

    VALID = "valid"
    INVALID = "invalid"
    WEAK_HASH = "weak-hash"
    UNKNOWN = "unknown"
    MISMATCH = "mismatch"
    KEY_UNUSABLE = "key-unusable"


@attrs.frozen(kw_only=True)
class SignatureCheck:
    """What was found.

    Attributes:
        proof: the outcome.
        algorithm: what the algorithm is called, its OID when it is not known.
        sloppy: the parameters of the algorithm are not written as they should be (NULL for RSA, none for ECDSA).
    """

    proof: Proof
    algorithm: str
    sloppy: bool = False


@attrs.frozen
class _Algorithm:
    name: str
    family: str  # "rsa", "pss", "ec"
    digest: hashes.HashAlgorithm
    weak: bool = False


_ALGORITHMS: Final[Mapping[str, _Algorithm]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.4": _Algorithm("md5WithRSAEncryption", "rsa", hashes.MD5(), weak=True),  # noqa: S303
        "1.2.840.113549.1.1.5": _Algorithm("sha1WithRSAEncryption", "rsa", hashes.SHA1(), weak=True),  # noqa: S303
        "1.3.14.3.2.29": _Algorithm("sha1WithRSA", "rsa", hashes.SHA1(), weak=True),  # noqa: S303
        "1.2.840.113549.1.1.11": _Algorithm("sha256WithRSAEncryption", "rsa", hashes.SHA256()),
        "1.2.840.113549.1.1.12": _Algorithm("sha384WithRSAEncryption", "rsa", hashes.SHA384()),
        "1.2.840.113549.1.1.13": _Algorithm("sha512WithRSAEncryption", "rsa", hashes.SHA512()),
        "1.2.840.10045.4.1": _Algorithm("ecdsa-with-SHA1", "ec", hashes.SHA1(), weak=True),  # noqa: S303
        "1.2.840.10045.4.3.2": _Algorithm("ecdsa-with-SHA256", "ec", hashes.SHA256()),
        "1.2.840.10045.4.3.3": _Algorithm("ecdsa-with-SHA384", "ec", hashes.SHA384()),
        "1.2.840.10045.4.3.4": _Algorithm("ecdsa-with-SHA512", "ec", hashes.SHA512()),
    }
)
_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
        "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
        "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    }
)
_RSA_KEY: Final = "1.2.840.113549.1.1.1"
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
# What OpenSSL verifies; the time grows with the square of the modulus and with the length of the exponent.
_LONGEST_MODULUS: Final = 16384
_LONGEST_EXPONENT: Final = 256
_LONGEST_SALT: Final = 2048


def check_signature(*, spki: bytes, algorithm: bytes, signed: bytes, signature: bytes) -> SignatureCheck:
    """Verify a signature.

    Args:
        spki: the SubjectPublicKeyInfo as DER.
        algorithm: the AlgorithmIdentifier of the signature as DER.
        signed: the octets that were signed, as they stand.
        signature: the octets of the signature.
    """
    name = "unreadable"
    try:
        identifier, parameters = _identifier(read(algorithm, SEQUENCE))
        name = identifier
        if identifier == _PSS:
            known, salt = _pss(parameters)
        else:
            known, salt = _ALGORITHMS.get(identifier), 0
    except DerError:
        known, salt, parameters = None, 0, None
    if known is None:
        return SignatureCheck(proof=Proof.UNKNOWN, algorithm=name)
    sloppy = known.family != "pss" and not _parameters_fit(known, parameters)
    key = _key(spki)
    if key is None:
        proof = Proof.KEY_UNUSABLE
    elif isinstance(key, rsa.RSAPublicKey):
        proof = Proof.MISMATCH if known.family == "ec" else _rsa(key, known, salt, signed, signature)
    else:
        proof = _ec(key, known, signed, signature) if known.family == "ec" else Proof.MISMATCH
    return SignatureCheck(proof=proof, algorithm=known.name, sloppy=sloppy)


def _identifier(algorithm: Element) -> tuple[str, Element | None]:
    reader = algorithm.reader()
    oid = reader.take(OBJECT_IDENTIFIER).oid()
    parameters = None if reader.at == algorithm.end else reader.take(-1)
    reader.end()
    return oid, parameters


def _parameters_fit(known: _Algorithm, parameters: Element | None) -> bool:
    """NULL for RSA (RFC 4055 §5), nothing for ECDSA (RFC 5758 §3.2)."""
    if known.family == "ec":
        return parameters is None
    return parameters is not None and parameters.encoded == b"\x05\x00"


def _pss(parameters: Element | None) -> tuple[_Algorithm | None, int]:
    """Hash and length of the salt of RSASSA-PSS-params with one hash for both jobs (RFC 4055 §3.1)."""
    if parameters is None or parameters.tag != SEQUENCE:
        return None, 0
    reader = parameters.reader()
    outer = reader.take(context(0, constructed=True)).inner()
    mask = reader.take(context(1, constructed=True)).inner()
    salt = reader.take(context(2, constructed=True)).inner().integer()
    reader.end()
    generator, inner = _identifier(mask)
    if generator != _MGF1 or inner is None or not 0 <= salt <= _LONGEST_SALT:
        return None, 0
    names = [_identifier(each)[0] for each in (outer, inner)]
    if names[0] != names[1] or names[0] not in _HASHES:
        return None, 0
    digest = _HASHES[names[0]]
    return _Algorithm(f"RSASSA-PSS {digest.name}", "pss", digest), salt


def _key(spki: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None:
    """A key that can prove something: RSA with an exponent that hides something, or on one of three curves."""
    try:
        identifier, holder = read(spki, SEQUENCE).fields(SEQUENCE, BIT_STRING)
        oid, _ = _identifier(identifier)
        if oid == _RSA_KEY:
            modulus, exponent = holder.inner().fields(INTEGER, INTEGER)
            if modulus.integer().bit_length() > _LONGEST_MODULUS:
                return None
            number = exponent.integer()
            if number.bit_length() > _LONGEST_EXPONENT or number < 3 or number % 2 == 0:  # everybody signs with e = 1
                return None
        key = load_der_public_key(spki)
    # DerError is a ValueError; InternalError is what older releases make of an Edwards key of another length.
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return key if oid == _RSA_KEY else None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    return None


def _rsa(key: rsa.RSAPublicKey, known: _Algorithm, salt: int, signed: bytes, signature: bytes) -> Proof:
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if known.family == "pss":
        scheme = padding.PSS(mgf=padding.MGF1(known.digest), salt_length=salt)
    try:
        key.verify(signature, signed, scheme, known.digest)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):  # (a hash that this OpenSSL has not; too short a key)
        return Proof.INVALID
    return Proof.WEAK_HASH if known.weak else Proof.VALID


def _ec(key: ec.EllipticCurvePublicKey, known: _Algorithm, signed: bytes, signature: bytes) -> Proof:
    try:
        key.verify(signature, signed, ec.ECDSA(known.digest))
    except (InvalidSignature, UnsupportedAlgorithm):
        return Proof.INVALID
    return Proof.WEAK_HASH if known.weak else Proof.VALID
