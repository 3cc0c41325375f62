"""Rules of public keys: BR 6.1.1.3, 6.1.5, 6.1.6, 7.1.3.1, 7.1.2.7.11; RFC 5280, RFC 8017, RFC 5480, RFC 8813."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps

__all__ = [
    "BR_ALGORITHM",
    "BR_BLOCKLIST",
    "BR_CLOSE_PRIMES",
    "BR_COMPROMISED",
    "BR_CURVE",
    "BR_EC_ENCODING",
    "BR_EXPONENT",
    "BR_EXPONENT_RANGE",
    "BR_EXPOSED",
    "BR_MODULUS",
    "BR_MULTIPLE_OF_8",
    "BR_POINT",
    "BR_ROCA",
    "BR_RSA_ENCODING",
    "BR_RSA_SIZE",
    "BR_USAGE",
    "RFC3279_USAGE",
    "RFC5280_SPKI",
    "RFC5480_POINT",
    "RFC8017_RSA",
    "RFC8813_USAGE",
    "RULES",
    "STEPS",
]

BR_EXPOSED: Final = RuleId("br.6.1.1.3/exposed")
BR_COMPROMISED: Final = RuleId("br.6.1.1.3/compromised")
BR_BLOCKLIST: Final = RuleId("br.6.1.1.3/debian")
BR_ROCA: Final = RuleId("br.6.1.1.3/roca")
BR_CLOSE_PRIMES: Final = RuleId("br.6.1.1.3/close-primes")
BR_RSA_SIZE: Final = RuleId("br.6.1.5/rsa-size")
BR_MULTIPLE_OF_8: Final = RuleId("br.6.1.5/rsa-multiple-of-8")
BR_CURVE: Final = RuleId("br.6.1.5/curve")
BR_ALGORITHM: Final = RuleId("br.6.1.5/algorithm")
BR_EXPONENT: Final = RuleId("br.6.1.6/exponent")
BR_EXPONENT_RANGE: Final = RuleId("br.6.1.6/exponent-range")
BR_MODULUS: Final = RuleId("br.6.1.6/modulus")
BR_POINT: Final = RuleId("br.6.1.6/point")
BR_RSA_ENCODING: Final = RuleId("br.7.1.3.1.1/rsa")
BR_EC_ENCODING: Final = RuleId("br.7.1.3.1.2/ecdsa")
BR_USAGE: Final = RuleId("br.7.1.2.7.11/usage")
RFC3279_USAGE: Final = RuleId("rfc3279.2.3.1/usage")
RFC5280_SPKI: Final = RuleId("rfc5280.4.1.2.7/spki")
RFC5480_POINT: Final = RuleId("rfc5480.2.2/point")
RFC8017_RSA: Final = RuleId("rfc8017.a.1.1/rsa-public-key")
RFC8813_USAGE: Final = RuleId("rfc8813.3/usage")

# A key that anybody can break was never to be certified: none of these begins on a day, though the text of some is of
# 2020 (SC35) or 2024 (SC-073).
RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_EXPOSED,
        section="BR 6.1.1.3 (3)",
        text="No key whose private key a demonstrated or proven method exposes is certified.",
    ),
    Rule(
        id=BR_COMPROMISED,
        section="BR 6.1.1.3 (4), 4.9.1.1, 4.9.12",
        text="No key that the CA was told is compromised is certified again.",
    ),
    Rule(
        id=BR_BLOCKLIST,
        section="BR 6.1.1.3 (5)",
        ballot="SC-073",
        text="No Debian weak key is certified (CVE-2008-0166).",
    ),
    Rule(
        id=BR_ROCA,
        section="BR 6.1.1.3 (5)",
        ballot="SC-073",
        text="No key with the fingerprint of the ROCA vulnerability is certified (CVE-2017-15361).",
    ),
    Rule(
        id=BR_CLOSE_PRIMES,
        section="BR 6.1.1.3 (5)",
        ballot="SC-073",
        text="No RSA modulus that 100 rounds of Fermat's method factor is certified (CVE-2022-26320).",
    ),
    Rule(id=BR_RSA_SIZE, section="BR 6.1.5", text="An RSA modulus has at least 2048 bits."),
    Rule(id=BR_MULTIPLE_OF_8, section="BR 6.1.5", text="The length of an RSA modulus in bits is divisible by eight."),
    Rule(id=BR_CURVE, section="BR 6.1.5", text="An ECDSA key is a point on P-256, P-384 or P-521."),
    Rule(id=BR_ALGORITHM, section="BR 6.1.5, 7.1.3.1", text="A key is an RSA or an ECDSA key, of no other kind."),
    Rule(id=BR_EXPONENT, section="BR 6.1.6", text="An RSA exponent is an odd number equal to 3 or more."),
    Rule(
        id=BR_EXPONENT_RANGE,
        section="BR 6.1.6",
        text="An RSA exponent should lie between 2^16+1 and 2^256-1.",
    ),
    Rule(
        id=BR_MODULUS,
        section="BR 6.1.6",
        text="An RSA modulus should be odd, no power of a prime, and without a factor below 752.",
    ),
    Rule(
        id=BR_POINT,
        section="BR 6.1.6; SP 800-56A Rev. 2 §5.6.2.3",
        text="An elliptic curve key is validated: a point of the curve with coordinates below p, not infinity.",
    ),
    Rule(
        id=BR_RSA_ENCODING,
        section="BR 7.1.3.1.1",
        text="The AlgorithmIdentifier of an RSA key is byte for byte 300d06092a864886f70d0101010500.",
    ),
    Rule(
        id=BR_EC_ENCODING,
        section="BR 7.1.3.1.2",
        text="The AlgorithmIdentifier of an ECDSA key is byte for byte that of its named curve.",
    ),
    Rule(
        id=BR_USAGE,
        section="BR 7.1.2.7.11",
        text="The key usage of a subscriber certificate fits the type of its key.",
    ),
    Rule(
        id=RFC3279_USAGE,
        section="RFC 3279 §2.3.1",
        text="An RSA key signs and transports keys; it does not agree on keys.",
    ),
    Rule(
        id=RFC5280_SPKI,
        section="RFC 5280 §4.1.2.7",
        text="A SubjectPublicKeyInfo is DER: an AlgorithmIdentifier and a BIT STRING, and nothing more.",
    ),
    Rule(
        id=RFC5480_POINT,
        section="RFC 5480 §2.2",
        text="A point is written in uncompressed form; the hybrid form is not allowed.",
    ),
    Rule(
        id=RFC8017_RSA,
        section="RFC 8017 §A.1.1",
        text="An RSAPublicKey is a SEQUENCE of modulus and exponent, both positive, in DER.",
    ),
    Rule(
        id=RFC8813_USAGE,
        section="RFC 8813 §3; RFC 5480 §3",
        text="An elliptic curve key does not encipher keys or data.",
    ),
)

STEPS: tuple[Steps, ...] = ()
