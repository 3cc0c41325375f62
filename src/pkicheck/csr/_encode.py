"""DER, written: what the rebuilt request and CRMF are made of. The checks read, and use nothing of this."""

from __future__ import annotations

__all__ = [
    "bit_string",
    "context",
    "integer",
    "null",
    "octet_string",
    "oid",
    "retag",
    "sequence",
    "set_of",
    "string",
    "true",
]


def _element(identifier: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((identifier, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((identifier, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE."""
    return _element(0x30, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """SET OF, sorted (X.690 §11.6)."""
    return _element(0x31, b"".join(sorted(parts)))


def context(number: int, *parts: bytes, constructed: bool = False) -> bytes:
    """The context tag `[number]`."""
    return _element((0xA0 if constructed else 0x80) | number, b"".join(parts))


def retag(number: int, encoded: bytes) -> bytes:
    """A SEQUENCE under the IMPLICIT tag `[number]`: the identifier is another octet, the rest stays."""
    return bytes((0xA0 | number,)) + encoded[1:]


def integer(number: int) -> bytes:
    """INTEGER, of a number that is not negative."""
    return _element(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def true() -> bytes:
    """BOOLEAN TRUE."""
    return _element(0x01, b"\xff")


def null() -> bytes:
    """NULL."""
    return _element(0x05, b"")


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return _element(0x04, content)


def bit_string(content: bytes) -> bytes:
    """BIT STRING of whole octets."""
    return _element(0x03, b"\x00" + content)


def string(tag: int, text: str) -> bytes:
    """A string of the type of this tag, all of which are UTF-8 or a part of it."""
    return _element(tag, text.encode("utf-8", "surrogatepass"))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    first, second, *others = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *others):
        shift = max(arc.bit_length() - 1, 0) // 7 * 7
        while shift:
            content.append(0x80 | (arc >> shift & 0x7F))
            shift -= 7
        content.append(arc & 0x7F)
    return _element(0x06, bytes(content))
