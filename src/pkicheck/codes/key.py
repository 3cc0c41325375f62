"""Codes of public keys: their encoding, their numbers, the lists of bad keys, and key usage."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.keys import (
    BR_ALGORITHM,
    BR_BLOCKLIST,
    BR_CLOSE_PRIMES,
    BR_COMPROMISED,
    BR_CURVE,
    BR_EC_ENCODING,
    BR_EXPONENT,
    BR_EXPONENT_RANGE,
    BR_EXPOSED,
    BR_MODULUS,
    BR_MULTIPLE_OF_8,
    BR_POINT,
    BR_ROCA,
    BR_RSA_ENCODING,
    BR_RSA_SIZE,
    BR_USAGE,
    RFC3279_USAGE,
    RFC5280_SPKI,
    RFC5480_POINT,
    RFC8017_RSA,
    RFC8813_USAGE,
)

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_OTHER_TYPE = "Make an RSA key of 2048 bits or more, or a key on P-256 or P-384."
_NEW_KEY = "Make a new key with software of today, and never use this one again."
_ENCODE = "Make the request anew with software that encodes keys by the standards."
_UNCOMPRESSED = "Write the point in uncompressed form: 04, then both coordinates."
_BROKEN = "The key is damaged or was made by faulty software: make a new one."
_USAGE = "Leave the bit out."


CODES: tuple[Code, ...] = (
    # -- the decision
    Code("key.accepted", _NOTE, "Nothing speaks against the key.", "Nothing to do."),
    # -- the encoding
    Code("key.too-large", _REFUSAL, "The SubjectPublicKeyInfo is longer than any key.", _ENCODE, (RFC5280_SPKI,)),
    Code("key.not-der", _REFUSAL, "The bytes are no SubjectPublicKeyInfo in DER.", _ENCODE, (RFC5280_SPKI,)),
    Code(
        "key.algorithm-encoding",
        _REFUSAL,
        "The AlgorithmIdentifier holds more than an algorithm and its parameters.",
        _ENCODE,
        (RFC5280_SPKI,),
    ),
    Code("key.algorithm-rsa-pss", _REFUSAL, "The key is an RSASSA-PSS key.", _ENCODE, (BR_RSA_ENCODING,)),
    Code("key.algorithm-rsa-oaep", _REFUSAL, "The key is an RSAES-OAEP key.", _ENCODE, (BR_RSA_ENCODING,)),
    Code("key.algorithm-dsa", _REFUSAL, "The key is a DSA key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code("key.algorithm-dh", _REFUSAL, "The key is a Diffie-Hellman key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code("key.algorithm-ecdh", _REFUSAL, "The key is an ECDH or ECMQV key.", _ENCODE, (BR_EC_ENCODING,)),
    Code("key.algorithm-ed25519", _REFUSAL, "The key is an Ed25519 key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code("key.algorithm-ed448", _REFUSAL, "The key is an Ed448 key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code("key.algorithm-x25519", _REFUSAL, "The key is an X25519 key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code("key.algorithm-x448", _REFUSAL, "The key is an X448 key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code("key.algorithm-gost", _REFUSAL, "The key is a GOST R 34.10 key.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code(
        "key.algorithm-post-quantum",
        _REFUSAL,
        "The key is an ML-DSA, SLH-DSA or ML-KEM key.",
        _OTHER_TYPE,
        (BR_ALGORITHM,),
    ),
    Code("key.algorithm-unknown", _REFUSAL, "The key is of an unknown kind.", _OTHER_TYPE, (BR_ALGORITHM,)),
    Code(
        "key.rsa-parameters-absent",
        _REFUSAL,
        "The AlgorithmIdentifier of the RSA key lacks the parameters NULL.",
        _ENCODE,
        (BR_RSA_ENCODING,),
    ),
    Code(
        "key.rsa-parameters-not-null",
        _REFUSAL,
        "The AlgorithmIdentifier of the RSA key has other parameters than NULL.",
        _ENCODE,
        (BR_RSA_ENCODING,),
    ),
    Code(
        "key.ec-parameters-absent",
        _REFUSAL,
        "The AlgorithmIdentifier of the elliptic curve key names no curve.",
        _ENCODE,
        (BR_EC_ENCODING,),
    ),
    Code(
        "key.ec-parameters-implicit",
        _REFUSAL,
        "The parameters of the elliptic curve key are NULL: the curve is to be known from elsewhere.",
        _ENCODE,
        (BR_EC_ENCODING,),
    ),
    Code(
        "key.ec-parameters-explicit",
        _REFUSAL,
        "The curve is written out in numbers instead of being named (CVE-2020-0601).",
        _ENCODE,
        (BR_EC_ENCODING,),
    ),
    Code(
        "key.ec-parameters-other",
        _REFUSAL,
        "The parameters of the elliptic curve key are none.",
        _ENCODE,
        (BR_EC_ENCODING,),
    ),
    # -- curves
    Code("key.curve-not-allowed", _REFUSAL, "The policy does not allow the curve.", _OTHER_TYPE, (BR_CURVE,)),
    Code("key.curve-p192", _REFUSAL, "The curve is P-192.", _OTHER_TYPE, (BR_CURVE,)),
    Code("key.curve-p224", _REFUSAL, "The curve is P-224.", _OTHER_TYPE, (BR_CURVE,)),
    Code("key.curve-secp256k1", _REFUSAL, "The curve is secp256k1.", _OTHER_TYPE, (BR_CURVE,)),
    Code("key.curve-brainpool", _REFUSAL, "The curve is a Brainpool curve.", _OTHER_TYPE, (BR_CURVE,)),
    Code("key.curve-sm2", _REFUSAL, "The curve is that of SM2.", _OTHER_TYPE, (BR_CURVE,)),
    Code("key.curve-unknown", _REFUSAL, "The curve is unknown.", _OTHER_TYPE, (BR_CURVE,)),
    # -- points
    Code("key.point-infinity", _REFUSAL, "The point is the point at infinity.", _BROKEN, (BR_POINT,)),
    Code("key.point-form", _REFUSAL, "The first octet of the point names no form.", _BROKEN, (RFC5480_POINT,)),
    Code(
        "key.point-length", _REFUSAL, "The point has not the length of its form and curve.", _BROKEN, (RFC5480_POINT,)
    ),
    Code("key.point-compressed", _REFUSAL, "The point is in compressed form.", _UNCOMPRESSED, (RFC5480_POINT,)),
    Code("key.point-hybrid", _REFUSAL, "The point is in hybrid form.", _UNCOMPRESSED, (RFC5480_POINT,)),
    Code("key.point-range", _REFUSAL, "A coordinate of the point is not below p.", _BROKEN, (BR_POINT,)),
    Code("key.point-off-curve", _REFUSAL, "The point does not lie on its curve.", _BROKEN, (BR_POINT,)),
    Code(
        "key.point-base",
        _REFUSAL,
        "The point is the base point of its curve or its negative: the private key is 1 or -1.",
        _NEW_KEY,
        (BR_EXPOSED,),
    ),
    # -- RSA
    Code("key.rsa-not-der", _REFUSAL, "The BIT STRING holds no RSAPublicKey in DER.", _ENCODE, (RFC8017_RSA,)),
    Code("key.rsa-not-positive", _REFUSAL, "Modulus or exponent is not positive.", _ENCODE, (RFC8017_RSA,)),
    Code("key.rsa-too-short", _REFUSAL, "The modulus is too short.", _OTHER_TYPE, (BR_RSA_SIZE,)),
    Code("key.rsa-too-long", _REFUSAL, "The modulus is longer than the policy allows.", _OTHER_TYPE, (BR_RSA_SIZE,)),
    Code(
        "key.rsa-size-not-allowed",
        _REFUSAL,
        "The policy does not list the length of the modulus.",
        "Make a key of a length that is listed.",
        (BR_RSA_SIZE,),
    ),
    Code(
        "key.rsa-not-multiple-of-8",
        _REFUSAL,
        "The length of the modulus in bits is not divisible by eight.",
        _NEW_KEY,
        (BR_MULTIPLE_OF_8,),
    ),
    Code("key.rsa-exponent-too-small", _REFUSAL, "The exponent is below 3.", _NEW_KEY, (BR_EXPONENT,)),
    Code("key.rsa-exponent-even", _REFUSAL, "The exponent is even.", _BROKEN, (BR_EXPONENT,)),
    Code(
        "key.rsa-exponent-small",
        _NOTE,
        "The exponent is below 65537, the least that should be used.",
        "Better make a new key with the exponent 65537.",
        (BR_EXPONENT_RANGE,),
    ),
    Code(
        "key.rsa-exponent-small-refused",
        _REFUSAL,
        "The exponent is below 65537, and the policy refuses that.",
        "Make a new key with the exponent 65537.",
        (BR_EXPONENT_RANGE,),
    ),
    Code(
        "key.rsa-exponent-too-long",
        _REFUSAL,
        "The exponent is longer than 256 bits; with such a one the private exponent can be a short one.",
        "Make a new key with the exponent 65537.",
        (BR_EXPONENT_RANGE, BR_EXPOSED),
    ),
    Code("key.rsa-modulus-even", _REFUSAL, "The modulus is even.", _BROKEN, (BR_MODULUS,)),
    Code("key.rsa-small-factor", _REFUSAL, "The modulus has a factor below 752.", _BROKEN, (BR_MODULUS,)),
    Code("key.rsa-perfect-power", _REFUSAL, "The modulus is a power of a smaller number.", _NEW_KEY, (BR_MODULUS,)),
    Code("key.rsa-modulus-prime", _REFUSAL, "The modulus is a prime.", _NEW_KEY, (BR_MODULUS, BR_EXPOSED)),
    Code(
        "key.rsa-close-primes",
        _REFUSAL,
        "The primes of the modulus lie so close that Fermat's method finds them.",
        _NEW_KEY,
        (BR_CLOSE_PRIMES,),
    ),
    Code("key.rsa-roca", _REFUSAL, "The modulus has the fingerprint of ROCA.", _NEW_KEY, (BR_ROCA,)),
    # -- lists
    Code(
        "key.blocklisted",
        _REFUSAL,
        "A list of bad keys has the key.",
        _NEW_KEY,
        (BR_COMPROMISED, BR_BLOCKLIST),
    ),
    Code("key.list-used", _NOTE, "A list of bad keys was asked.", "Nothing to do."),
    Code("key.list-none", _NOTE, "The policy names no list of bad keys.", "Nothing to do."),
    Code(
        "key.list-unavailable",
        _DOUBT,
        "A list of bad keys that the policy names gave no answer.",
        "Supply the list, or mend its file, and ask again.",
        (BR_COMPROMISED, BR_BLOCKLIST),
    ),
    Code(
        "key.list-stale",
        _DOUBT,
        "A list of bad keys is older than the policy allows.",
        "Fetch the list anew.",
        (BR_COMPROMISED,),
    ),
    Code(
        "key.list-from-later",
        _DOUBT,
        "A list of bad keys is dated later than the moment at which it was asked.",
        "Mend the clock or the date of the list.",
        (BR_COMPROMISED,),
    ),
    # -- key usage
    Code(
        "key.usage-not-for-rsa",
        _REFUSAL,
        "The key usage asks for what an RSA key does not do.",
        _USAGE,
        (RFC3279_USAGE, BR_USAGE),
    ),
    Code(
        "key.usage-not-for-ec",
        _REFUSAL,
        "The key usage asks for what an elliptic curve key does not do.",
        _USAGE,
        (RFC8813_USAGE, BR_USAGE),
    ),
    Code(
        "key.usage-not-for-subscriber",
        _REFUSAL,
        "The key usage asks for what a TLS subscriber's key must not do.",
        _USAGE,
        (BR_USAGE,),
    ),
    Code("key.usage-empty", _REFUSAL, "The key usage has no bit.", "Set the bits that are meant.", (BR_USAGE,)),
    Code("key.usage-unknown", _REFUSAL, "The key usage has a bit that nobody defined.", _USAGE, (BR_USAGE,)),
    Code(
        "key.usage-signature-missing",
        _REFUSAL,
        "The key usage of an elliptic curve key lacks digitalSignature.",
        "Set digitalSignature.",
        (BR_USAGE,),
    ),
    Code(
        "key.usage-signature-advised",
        _NOTE,
        "The key usage of an RSA key lacks digitalSignature, which it should have.",
        "Better set digitalSignature: TLS 1.3 needs it.",
        (BR_USAGE,),
    ),
    Code(
        "key.usage-not-advised",
        _NOTE,
        "The key usage has a bit that is not recommended.",
        "Better leave the bit out.",
        (BR_USAGE,),
    ),
)
