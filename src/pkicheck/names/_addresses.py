"""Addresses by their text: the canonical one, and every spelling that a resolver or browser would take for an address.

The legacy IPv4 forms are those of inet_aton: one to four parts, each decimal, octal (leading 0) or hexadecimal
(leading 0x); the last part fills the octets that are left. So `127.1`, `0177.0.0.1`, `0x7f.1` and `2130706433` are all
127.0.0.1, and none of them is a host name.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from pkicheck.names._types import address_text

__all__ = ["address_defect", "is_number", "parse_address"]

_DECIMAL: Final = b"0123456789"
_OCTAL: Final = b"01234567"
_HEX: Final = b"0123456789abcdef"


def is_number(label: bytes) -> bool:
    """Whether a lower-case label reads as a number, decimal or with 0x before it."""
    if label.startswith(b"0x"):
        return not label[2:].strip(_HEX)
    return label.isdigit()


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address of this canonical text (dotted decimal, RFC 5952), None if it is anything else."""
    if "%" in text:
        return None
    address: IPv4Address | IPv6Address
    try:
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return None
    return address if address_text(address) == text else None


def address_defect(raw: bytes) -> str | None:
    """The code that says which spelling of an address these octets are, or None if they are no address.

    A canonical text has a code too (`name.ipv4-literal`, `name.ipv6-literal`): where a domain name belongs, an address
    is wrong however it is written. For at most 1024 octets: reading a number is quadratic in its digits.
    """
    text = raw.lower()
    if b":" in text:
        return _ipv6_defect(raw.decode("latin-1"))
    return _ipv4_defect(text)


def _ipv6_defect(text: str) -> str | None:
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address = IPv6Address(inner)
    except AddressValueError:
        return None
    if inner is not text:
        return "name.ipv6-bracketed"
    if address.scope_id is not None:
        return "name.ipv6-zone"
    return "name.ipv6-literal" if address_text(address) == text else "name.ipv6-not-canonical"


def _ipv4_defect(text: bytes) -> str | None:
    bare = text.removesuffix(b".")
    parts = bare.split(b".")
    if len(parts) > 4 or not all(parts):
        return None
    values: list[int] = []
    hexadecimal = octal = False
    for part in parts:
        if part.startswith(b"0x"):
            digits, base, allowed, hexadecimal = part[2:], 16, _HEX, True
        elif part.startswith(b"0") and len(part) > 1:
            digits, base, allowed, octal = part, 8, _OCTAL, True
        else:
            digits, base, allowed = part, 10, _DECIMAL
        if digits.strip(allowed):
            return None
        # Nothing after 0x is zero to inet_aton.
        values.append(int(digits or b"0", base))
    if any(value > 0xFF for value in values[:-1]) or values[-1] >= 1 << 8 * (5 - len(values)):
        return None
    if hexadecimal or octal:
        return "name.ipv4-hex" if hexadecimal else "name.ipv4-octal"
    if len(parts) == 1:
        return "name.ipv4-decimal"
    if len(parts) < 4:
        return "name.ipv4-short"
    return "name.ipv4-literal" if bare is text else "name.ipv4-trailing-dot"
