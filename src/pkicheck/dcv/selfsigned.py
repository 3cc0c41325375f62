"""Whether a certificate that was read is signed by its own key: the one place of DCV that verifies a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pkicheck.der import BIT_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, context, read

__all__ = ["signed_by_itself"]

_RSA: Final[Mapping[str, HashAlgorithm]] = {
    "1.2.840.113549.1.1.11": SHA256(),
    "1.2.840.113549.1.1.12": SHA384(),
    "1.2.840.113549.1.1.13": SHA512(),
}
_ECDSA: Final[Mapping[str, HashAlgorithm]] = {
    "1.2.840.10045.4.3.2": SHA256(),
    "1.2.840.10045.4.3.3": SHA384(),
    "1.2.840.10045.4.3.4": SHA512(),
}
_ED25519: Final = "1.3.101.112"
_ED448: Final = "1.3.101.113"
# A key of RSA-16384 fits: the library verifies no longer one.
_LONGEST_KEY: Final = 2200


def signed_by_itself(der: bytes) -> bool:
    """Whether the signature of a certificate that was read is made by its own key.

    RSA with PKCS #1 v1.5 and ECDSA with SHA-256, SHA-384 or SHA-512, Ed25519, Ed448; any other algorithm is no.
    """
    info, algorithm, signature = read(der, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    identifier = algorithm.reader().take(OBJECT_IDENTIFIER).oid()
    made, signed = signature.bit_string(), info.encoded
    reader = info.reader()
    reader.take_optional(context(0, constructed=True))
    reader.take(INTEGER)
    named = reader.take(SEQUENCE)
    for _ in ("issuer", "validity", "subject"):
        reader.take(SEQUENCE)
    spki = reader.take(SEQUENCE).encoded
    # The algorithm outside is not signed: it has to be the one inside (RFC 5280 §4.1.1.2).
    if len(spki) > _LONGEST_KEY or named.encoded != algorithm.encoded:
        return False
    try:
        key = load_der_public_key(spki)
        if isinstance(key, RSAPublicKey) and identifier in _RSA:
            key.verify(made, signed, PKCS1v15(), _RSA[identifier])
        elif isinstance(key, EllipticCurvePublicKey) and identifier in _ECDSA:
            key.verify(made, signed, ECDSA(_ECDSA[identifier]))
        elif (isinstance(key, Ed25519PublicKey) and identifier == _ED25519) or (
            isinstance(key, Ed448PublicKey) and identifier == _ED448
        ):
            key.verify(made, signed)
        else:
            return False
    # InternalError: what older releases make of an Edwards key of another length.
    except (InternalError, ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
