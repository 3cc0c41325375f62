"""The header of an element: identifier and length octets (X.690 §8.1.2, §8.1.3, §10.1).

identifier = low / high
low        = one octet: class (2 bits), constructed (1 bit), tag number 0..30 (5 bits)
high       = one octet with number 31, then *(%x80-FF) %x00-7F: a number above 30 in base 128, no leading %x80
length     = %x00-7F / %x81 %x80-FF / %x82 %x01-FF OCTET / ...   ; definite, in the fewest octets
"""

from __future__ import annotations

from typing import Final

from pkicheck.der.reasons import Defect, DerError

__all__ = ["header_at", "number_of"]

# Octets of a tag number in the high form. The formats of a CA have no such tag at all.
_LONGEST_NUMBER: Final = 4


def header_at(data: bytes, at: int, end: int, flaws: list[Defect]) -> tuple[int, int, int]:
    """Tag, start of the content and end of the element that begins at an offset.

    Args:
        data: all the bytes.
        at: where the identifier stands.
        end: where the content of what encloses the element ends, at most the length of `data`.
        flaws: takes the defects that leave the end known: non-minimal-tag, non-minimal-length.

    Raises:
        DerError: missing-element, truncated, indefinite-length, reserved-length, too-large (a long tag number).
    """
    if at == end:
        raise DerError("missing-element", at)
    octet = tag = data[at]
    place = at + 1
    if octet & 0x1F == 0x1F:
        while True:
            if place == end:
                raise DerError("truncated", at)
            if place - at > _LONGEST_NUMBER:
                raise DerError("too-large", at)
            octet = data[place]
            tag = tag << 8 | octet
            place += 1
            if octet < 0x80:
                break
        if data[at + 1] == 0x80 or (place == at + 2 and octet < 0x1F):
            flaws.append(Defect("non-minimal-tag", at))
    if place == end:
        raise DerError("truncated", at)
    length = data[place]
    body = place + 1
    if length >= 0x80:
        if length == 0x80:
            raise DerError("indefinite-length", place)
        if length == 0xFF:
            raise DerError("reserved-length", place)
        body += length & 0x7F
        if body > end:
            raise DerError("truncated", at)
        length = int.from_bytes(data[place + 1 : body], "big")
        if length < 0x80 or data[place + 1] == 0:
            flaws.append(Defect("non-minimal-length", place))
    if body + length > end:
        raise DerError("truncated", at)
    return tag, body, body + length


def number_of(tag: int) -> int:
    """The tag number (X.690 §8.1.2.4) in a tag of one or several octets."""
    if tag < 0x100:
        return tag & 0x1F
    number = 0
    for octet in tag.to_bytes(_LONGEST_NUMBER + 1, "big").lstrip(b"\0")[1:]:
        number = number << 7 | octet & 0x7F
    return number
