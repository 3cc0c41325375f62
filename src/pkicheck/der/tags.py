"""Tags (X.690 §8.1.2), as numbers.

A tag is the number that its identifier octets spell, big-endian: 0x30 is SEQUENCE, 0xA0 is the constructed `[0]`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from pkicheck.errors import InputError

__all__ = [
    "ANY",
    "BIT_STRING",
    "BMP_STRING",
    "BOOLEAN",
    "ENUMERATED",
    "GENERALIZED_TIME",
    "IA5_STRING",
    "INTEGER",
    "NULL",
    "NUMERIC_STRING",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "PRINTABLE_STRING",
    "SEQUENCE",
    "SET",
    "TELETEX_STRING",
    "UNIVERSAL_STRING",
    "UTC_TIME",
    "UTF8_STRING",
    "VISIBLE_STRING",
    "TagClass",
    "context",
]

ANY: Final = -1
"""Stands for "whatever tag comes" where a tag is asked for."""
BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
NUMERIC_STRING: Final = 0x12
PRINTABLE_STRING: Final = 0x13
TELETEX_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31


class TagClass(IntEnum):
    """The upper two bits of an identifier octet (X.690 §8.1.2.2)."""

    UNIVERSAL = 0
    APPLICATION = 1
    CONTEXT = 2
    PRIVATE = 3


def context(number: int, *, constructed: bool = False) -> int:
    """The tag `[number]`: primitive for IMPLICIT simple types, constructed for EXPLICIT and for SEQUENCE, SET.

    Raises:
        InputError: a number that does not fit one identifier octet (0..30).
    """
    if not 0 <= number < 31:
        msg = f"number: expected 0 to 30, got {number}"
        raise InputError(msg)
    return 0xA0 | number if constructed else 0x80 | number
