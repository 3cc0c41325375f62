"""DER for tests: an encoder that shares nothing with the reader, and certificates put together field by field.

Nothing here checks anything: a test says what it wants, right or wrong, and gets these octets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

__all__ = [
    "AKI",
    "BASIC",
    "CN",
    "ECDSA_SHA256",
    "EKU_SERVER",
    "KU_SIGN",
    "P256",
    "POISON",
    "RSA_SHA256",
    "SCTS",
    "Tbs",
    "bits",
    "certificate",
    "element",
    "explicit",
    "extension",
    "integer",
    "name",
    "octets",
    "oid",
    "sequence",
    "set_of",
    "utc",
]


def element(identifier: int, *parts: bytes) -> bytes:
    """An element with an identifier of one octet and a minimal length."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([identifier, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([identifier, 0x80 + len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE."""
    return element(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF, in the order of DER."""
    return element(0x31, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """The constructed context tag."""
    return element(0xA0 + number, *parts)


def octets(*parts: bytes) -> bytes:
    """OCTET STRING."""
    return element(0x04, *parts)


def bits(content: bytes) -> bytes:
    """BIT STRING of whole octets."""
    return element(0x03, b"\0", content)


def integer(number: int) -> bytes:
    """INTEGER."""
    size = 1
    while not -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
        size += 1
    return element(0x02, (number % (1 << 8 * size)).to_bytes(size, "big"))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    first, second, *others = (int(arc) for arc in dotted.split("."))
    content = b""
    for arc in (40 * first + second, *others):
        digits, rest = [arc % 128], arc // 128
        while rest:
            digits.insert(0, rest % 128 + 128)
            rest //= 128
        content += bytes(digits)
    return element(0x06, content)


def utc(text: str) -> bytes:
    """UTCTime, such as `261121120000Z`."""
    return element(0x17, text.encode())


CN = "2.5.4.3"


def name(*attributes: tuple[str, int, str | bytes]) -> bytes:
    """A Name with one attribute in each RDN: type, tag of the string, text."""
    rdns = [
        set_of(sequence(oid(kind), element(tag, text.encode() if isinstance(text, str) else text)))
        for kind, tag, text in attributes
    ]
    return sequence(*rdns)


def extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    """An extension; `value` is the DER inside of its OCTET STRING."""
    return sequence(oid(kind), *([element(0x01, b"\xff")] if critical else []), octets(value))


ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"))
RSA_SHA256 = sequence(oid("1.2.840.113549.1.1.11"), element(0x05))
P256 = sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
    bits(
        bytes.fromhex(
            "04"
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
        )
    ),
)
"""The base point of P-256: a key whose private key is 1."""

POISON = extension("1.3.6.1.4.1.11129.2.4.3", element(0x05), critical=True)
SCTS = extension("1.3.6.1.4.1.11129.2.4.2", octets(b"\x00\x04\x00\x02\x00\x00"))
BASIC = extension("2.5.29.19", sequence(), critical=True)
KU_SIGN = extension("2.5.29.15", element(0x03, b"\x07\x80"), critical=True)
EKU_SERVER = extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1")))
AKI = extension("2.5.29.35", sequence(element(0x80, bytes(range(20)))))


@attrs.frozen(kw_only=True)
class Tbs:
    """The fields of a TBSCertificate, each as its octets; `evolve` one and encode."""

    version: bytes = explicit(0, integer(2))
    serial: bytes = integer(0x7A0F_0102_0304_0506_0708)
    algorithm: bytes = ECDSA_SHA256
    issuer: bytes = name(("2.5.4.6", 0x13, "ES"), (CN, 0x0C, "Test CA"))
    validity: bytes = sequence(utc("261121120000Z"), utc("270219115959Z"))
    subject: bytes = name((CN, 0x0C, "www.shop.example"))
    key: bytes = P256
    ids: bytes = b""
    extensions: Sequence[bytes] = (KU_SIGN, EKU_SERVER, BASIC, AKI)

    def der(self) -> bytes:
        """The TBSCertificate."""
        extensions = explicit(3, sequence(*self.extensions)) if self.extensions else b""
        fields: Iterable[bytes] = (
            self.version,
            self.serial,
            self.algorithm,
            self.issuer,
            self.validity,
            self.subject,
            self.key,
            self.ids,
        )
        return sequence(*fields, extensions)


def certificate(tbs: bytes, *, algorithm: bytes = ECDSA_SHA256, signature: bytes = b"\x30\x00") -> bytes:
    """A certificate around a TBSCertificate; the signature verifies with nothing."""
    return sequence(tbs, algorithm, bits(signature))
