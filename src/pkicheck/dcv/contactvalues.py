"""The value of a contact record: one e-mail address or one telephone number, and nothing else (BR Appendix A).

email  = local "@" domain                   ; RFC 6532 §3.2, without quoted strings and address literals
local  = 1*64atext *("." ...)               ; dot-atom; atext and, by RFC 6532, characters beyond ASCII
phone  = "+" *separator digit *(digit / separator)   ; global-number-digits of RFC 3966 §5.1.4, and spaces
"""

from __future__ import annotations

from typing import Final

__all__ = ["canonical_email", "canonical_phone"]

_ATEXT: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~")
_SEPARATORS: Final = frozenset("-.() ")
_DIGITS: Final = frozenset("0123456789")
_LONGEST_EMAIL: Final = 320
_LONGEST_PHONE: Final = 60
# E.164: a number has at most 15 digits, country code included.
_MOST_DIGITS: Final = 15


def canonical_email(value: bytes) -> str | None:
    """The address, its domain in lower case; None when the whole value is not one address."""
    if len(value) > _LONGEST_EMAIL:
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    local, at, domain = text.partition("@")
    if not at or not _dot_atom(local) or not _dot_atom(domain) or len(local.encode()) > 64 or "." not in domain:
        return None
    return f"{local}@{domain.lower()}"


def _dot_atom(text: str) -> bool:
    return all(part and all(_is_atext(char) for char in part) for part in text.split("."))


def _is_atext(char: str) -> bool:
    return char in _ATEXT if char.isascii() else char.isprintable() and not char.isspace()


def canonical_phone(value: bytes) -> str | None:
    """The number as `+` and digits; None when the whole value is not one global number with its country code."""
    if not 2 <= len(value) <= _LONGEST_PHONE or not value.isascii() or value[:1] != b"+":
        return None
    digits: list[str] = []
    for char in value[1:].decode("ascii"):
        if char in _DIGITS:
            digits.append(char)
        elif char not in _SEPARATORS:
            return None
    if not 2 <= len(digits) <= _MOST_DIGITS or digits[0] == "0":
        return None
    return "+" + "".join(digits)
