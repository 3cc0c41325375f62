"""The forms of single objects: DER, PEM, Base64, hexadecimal."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Final

from pkicheck.hsmlog.model import Unreadable
from pkicheck.stores._entry import Encoding, Entry, Where
from pkicheck.stores._octets import Octets

__all__ = ["decode_text", "der_size", "read_der", "read_pem", "read_text", "unbase64"]

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"-----END "
_DASHES: Final = b"-----"
# Labels of what carries no signature of a CA key (RFC 7468 §§10-13).
_UNSIGNED: Final = (b"PUBLIC KEY", b"PARAMETERS")
_PRIVATE: Final = b"PRIVATE KEY"
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_BLANKS: Final = b" \t\r\n\v\f"
_WRAPPED: Final = 128
_URL: Final = bytes.maketrans(b"-_", b"+/")


def der_size(head: bytes) -> int | None:
    """How many octets the SEQUENCE has that begins with these octets, six of which are enough; None: it is none."""
    if len(head) < 2 or head[0] != 0x30:
        return None
    first = head[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    if not 1 <= count <= 4 or len(head) < 2 + count:
        return None
    return 2 + count + int.from_bytes(head[2 : 2 + count], "big")


def unbase64(text: bytes) -> bytes | None:
    """The octets of Base64 without blanks, also base64url, with padding or without; None when it is none."""
    if b"-" in text or b"_" in text:
        text = text.translate(_URL)
    if len(text) % 4 and not text.endswith(b"="):
        text += b"=" * (-len(text) % 4)
    try:
        return binascii.a2b_base64(text, strict_mode=True) or None
    except binascii.Error:
        return None


def decode_text(text: bytes, encoding: Encoding = "auto") -> bytes | None:
    """The octets that a text holds; None when it holds none."""
    bare = text.strip(_BLANKS)
    if encoding == "pem" or (encoding == "auto" and bare.startswith(_BEGIN)):
        first, _, rest = bare.partition(b"\n")
        body, end, tail = rest.partition(_END)
        label = first.strip(_BLANKS).removeprefix(_BEGIN).removesuffix(_DASHES)
        if not end or tail.strip(_BLANKS) != label + _DASHES:
            return None
        return unbase64(body.translate(None, _BLANKS))
    bare = bare.translate(None, _BLANKS)
    # Base64 of a SEQUENCE begins with M, hexadecimal of one with 30: nothing is both.
    if encoding == "hex" or (encoding == "auto" and bare.startswith(b"30") and _HEX.issuperset(bare)):
        try:
            return binascii.unhexlify(bare) or None
        except binascii.Error:
            return None
    return unbase64(bare)


def _whole(data: bytes | None) -> bool:
    return data is not None and der_size(data[:6]) == len(data)


def read_text(octets: Octets, where: Where) -> Iterator[Entry | Unreadable]:
    """Base64 or hexadecimal: an object in each line, or one in all lines together."""
    held: list[bytes] = []
    size, start, row = 0, octets.offset, 0
    by_line: bool | None = None
    for offset, line in octets.lines(where.limits.line):
        if line is not None and not line.strip(_BLANKS):
            continue
        if by_line is None and line is not None:
            # Who wraps an object wraps it at 64 or 76 characters; a longer line is one of many, be it broken or not.
            by_line = len(line) > _WRAPPED or _whole(decode_text(line))
            start = offset
        if by_line or line is None:
            data = None if line is None else decode_text(line)
            if data is None:
                yield where.unreadable(offset, "Base64 or hexadecimal in the line", row=row)
            elif len(data) > where.limits.object:
                yield where.unreadable(offset, f"an object of at most {where.limits.object} octets", row=row)
            else:
                yield where.entry(offset, data, row=row)
            row += 1
            continue
        size += len(line)
        if size <= 2 * where.limits.object:
            held.append(line)
        else:
            held.clear()
    if by_line is False:
        data = decode_text(b"".join(held))
        if data is None or len(data) > where.limits.object:
            yield where.unreadable(start, f"Base64 or hexadecimal of at most {where.limits.object} octets")
        else:
            yield where.entry(start, data)


def read_pem(octets: Octets, where: Where) -> Iterator[Entry | Unreadable]:
    """The blocks of a PEM file (RFC 7468), whatever text stands between them."""
    label: bytes | None = None
    held: list[bytes] = []
    start = size = row = 0
    for offset, line in octets.lines(where.limits.line):
        text = b"" if line is None else line.strip(_BLANKS)
        if text.startswith(_BEGIN) and text.endswith(_DASHES):
            if label is not None:
                yield where.unreadable(start, "an END line before the next BEGIN", row=row)
                row += 1
            label, held, start, size = text[len(_BEGIN) : -len(_DASHES)], [], offset, 0
        elif label is None:
            if line is None:
                yield where.unreadable(offset, f"a line of at most {where.limits.line} octets", row=row)
                row += 1
        elif text.startswith(_END) and text.endswith(_DASHES):
            yield _block(where, start, row, label, text[len(_END) : -len(_DASHES)], held, size)
            label, row = None, row + 1
        else:
            size += where.limits.object * 2 if line is None else len(text)
            if size <= 2 * where.limits.object:
                held.append(text)
            else:
                held.clear()
    if label is not None:
        yield where.unreadable(start, "an END line before the end of the file", row=row)


def _block(
    where: Where, start: int, row: int, label: bytes, end: bytes, held: list[bytes], size: int
) -> Entry | Unreadable:
    if label.endswith(_PRIVATE):
        return where.unreadable(start, "no private key in a store", row=row, certain=True)
    if label.endswith(_UNSIGNED):
        return where.unreadable(start, "a signed object, not a public key or parameters", row=row, certain=True)
    if end != label:
        return where.unreadable(start, "an END line with the label of the BEGIN line", row=row)
    if size > 2 * where.limits.object:
        return where.unreadable(start, f"an object of at most {where.limits.object} octets", row=row)
    data = unbase64(b"".join(held).translate(None, _BLANKS))
    if data is None:
        return where.unreadable(start, "Base64 between BEGIN and END (RFC 7468 §3)", row=row)
    return where.entry(start, data, row=row)


def read_der(octets: Octets, where: Where) -> Iterator[Entry | Unreadable]:
    """One object in DER, or several one behind the other."""
    row = 0
    while head := octets.peek(6):
        offset = octets.offset
        size = der_size(head)
        if size is None:
            yield where.unreadable(offset, "a SEQUENCE in DER", row=row)
            return
        if size > where.limits.object:
            yield where.unreadable(offset, f"an object of at most {where.limits.object} octets", row=row)
            if not octets.skip(size):
                return
        else:
            data = octets.take(size)
            if len(data) < size:
                yield where.unreadable(offset, f"{size} octets of DER: it ends early", row=row)
                return
            yield where.entry(offset, data, row=row)
        row += 1
