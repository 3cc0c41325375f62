"""The content of primitive types, read to the letter of DER: octets in, a value out.

Each function takes the content and the offset at which it stands in the bytes, which is where a `DerError` points.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from pkicheck.der import tags
from pkicheck.der.reasons import DerError

__all__ = [
    "CHECKS",
    "STRINGS",
    "boolean",
    "generalized_time",
    "integer",
    "named_bits",
    "null",
    "oid",
    "unused_bits",
    "utc_time",
]

# The longest list of named bits in certificates has nine (KeyUsage, ReasonFlags): eight octets are plenty.
_LONGEST_NAMED_BITS: Final = 1 + 8
# An arc of a UUID (X.667) has 128 bits; the most arcs anybody counts on are 128 (RFC 2578 §7.1.3). Bounds for the time
# that hostile arcs take, and for the size of what is remembered.
_LONGEST_ARC: Final = 19
_MOST_ARCS: Final = 128
# RFC 5280 §4.1.2.5.1: YY from 50 on is 19YY.
_FIRST_YEAR: Final = 1950


def boolean(content: bytes, at: int) -> bool:
    """00 is false, FF is true (X.690 §8.2, §11.1)."""
    if len(content) != 1:
        raise DerError("bad-length", at)
    if content not in (b"\x00", b"\xff"):
        raise DerError("non-canonical-boolean", at)
    return content == b"\xff"


def integer(content: bytes, at: int) -> int:
    """Two's complement, big-endian, in the fewest octets: the first nine bits are not all equal (X.690 §8.3)."""
    if len(content) < 2:
        if not content:
            raise DerError("bad-length", at)
    elif (content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80):
        raise DerError("non-minimal-integer", at)
    return int.from_bytes(content, "big", signed=True)


def unused_bits(content: bytes, at: int) -> int:
    """How many bits at the end of a BIT STRING's last octet do not count; they are zero (X.690 §8.6.2, §11.2.1)."""
    if not content:
        raise DerError("bad-length", at)
    unused = content[0]
    if unused > 7 or (unused and len(content) == 1):
        raise DerError("unused-bits", at)
    if content[-1] & ((1 << unused) - 1):
        raise DerError("unused-bits-set", at + len(content) - 1)
    return unused


def named_bits(content: bytes, at: int) -> tuple[int, ...]:
    """The numbers of the set bits of a BIT STRING; bit 0 is the uppermost, the last bit is set (X.690 §11.2.2)."""
    unused = unused_bits(content, at)
    if len(content) > _LONGEST_NAMED_BITS:
        raise DerError("too-large", at)
    if len(content) > 1 and not content[-1] >> unused & 1:
        raise DerError("trailing-zero-bits", at + len(content) - 1)
    return tuple(bit for bit in range(8 * (len(content) - 1)) if content[1 + bit // 8] << bit % 8 & 0x80)


def null(content: bytes, at: int) -> None:
    """Nothing (X.690 §8.8)."""
    if content:
        raise DerError("bad-length", at)


# oid     = 1*arc                            ; the first holds two: 40 * first + second (X.690 §8.19.4)
# arc     = *(%x80-FF) %x00-7F               ; base 128, no leading %x80 (X.690 §8.19.2)
def oid(content: bytes, at: int) -> str:
    """Dotted decimal, such as `2.5.29.17` (X.690 §8.19)."""
    if len(content) > _MOST_ARCS * _LONGEST_ARC:
        raise DerError("too-large", at)
    try:
        return _dotted(content)
    except DerError as flaw:
        raise DerError(flaw.reason, at + flaw.offset) from None


# The same few identifiers stand in every request: a look-up takes a tenth of the time of reading one.
@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    arcs: list[int] = []
    begin = 0
    arc = 0
    for place, octet in enumerate(content):
        if octet == 0x80 and place == begin:
            raise DerError("bad-oid", place)
        if place - begin == _LONGEST_ARC or len(arcs) == _MOST_ARCS:
            raise DerError("too-large", begin)
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            if not arcs:
                arcs.append(min(arc // 40, 2))
                arc -= 40 * arcs[0]
            arcs.append(arc)
            arc = 0
            begin = place + 1
    if not content or begin != len(content):
        raise DerError("bad-oid", begin)
    return ".".join(map(str, arcs))


def utc_time(content: bytes, at: int) -> datetime:
    """YYMMDDHHMMSSZ, 1950 to 2049, in UTC (X.690 §11.8; RFC 5280 §4.1.2.5.1)."""
    if len(content) != 13:
        raise DerError("bad-time", at)
    return _moment(content, at, 2)


def generalized_time(content: bytes, at: int) -> datetime:
    """YYYYMMDDHHMMSSZ in UTC: X.690 §11.7 without its fractions (RFC 5280 §4.1.2.5.2)."""
    if len(content) != 15:
        raise DerError("bad-time", at)
    return _moment(content, at, 4)


def _moment(content: bytes, at: int, digits: int) -> datetime:
    """The moment of a year of so many digits, five pairs of digits and Z."""
    if content[-1:] != b"Z" or not content[:-1].isdigit():
        raise DerError("bad-time", at)
    year = int(content[:digits])
    if digits == 2:
        year = _FIRST_YEAR + (year - _FIRST_YEAR) % 100
    month, day, hour, minute, second = (int(content[place : place + 2]) for place in range(digits, digits + 10, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise DerError("bad-time", at) from None


_DIGITS: Final = b"0123456789"
_VISIBLE: Final = bytes(range(0x20, 0x7F))
_PRINTABLE: Final = _DIGITS + b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '()+,-./:=?"


def _of_alphabet(alphabet: bytes) -> Callable[[bytes, int], str]:
    def text(content: bytes, at: int) -> str:
        foreign = content.translate(None, alphabet)
        if foreign:
            raise DerError("bad-string", at + content.index(foreign[:1]))
        return content.decode("ascii")

    return text


def _utf8(content: bytes, at: int) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as flaw:
        raise DerError("bad-string", at + flaw.start) from None


def _latin(content: bytes, _: int) -> str:
    return content.decode("latin-1")


# The two codecs are called by function: by name, the interpreter would import a module on their first use.
def _bmp(content: bytes, at: int) -> str:
    try:
        text = codecs.utf_16_be_decode(content, "strict", True)[0]
    except UnicodeDecodeError as flaw:
        raise DerError("bad-string", at + flaw.start) from None
    if 2 * len(text) != len(content):  # a pair of surrogates became one character
        place = next(place for place, character in enumerate(text) if character > "\uffff")
        raise DerError("bad-string", at + 2 * place)
    return text


def _universal(content: bytes, at: int) -> str:
    try:
        return codecs.utf_32_be_decode(content, "strict", True)[0]
    except UnicodeDecodeError as flaw:
        raise DerError("bad-string", at + flaw.start) from None


STRINGS: Final[Mapping[int, Callable[[bytes, int], str]]] = MappingProxyType(
    {
        tags.UTF8_STRING: _utf8,
        tags.NUMERIC_STRING: _of_alphabet(_DIGITS + b" "),
        tags.PRINTABLE_STRING: _of_alphabet(_PRINTABLE),
        tags.TELETEX_STRING: _latin,
        tags.IA5_STRING: _of_alphabet(bytes(range(0x80))),
        tags.VISIBLE_STRING: _of_alphabet(_VISIBLE),
        tags.UNIVERSAL_STRING: _universal,
        tags.BMP_STRING: _bmp,
    }
)
"""How the characters of each string type are read (X.680 §41, X.690 §8.23), by its tag."""

CHECKS: Final[Mapping[int, Callable[[bytes, int], object]]] = MappingProxyType(
    {
        tags.BOOLEAN: boolean,
        tags.INTEGER: integer,
        tags.BIT_STRING: unused_bits,
        tags.NULL: null,
        tags.OBJECT_IDENTIFIER: oid,
        tags.ENUMERATED: integer,
        tags.UTC_TIME: utc_time,
        tags.GENERALIZED_TIME: generalized_time,
        **STRINGS,
    }
)
"""What raises a `DerError` for content that its type does not have, by the type's tag."""
