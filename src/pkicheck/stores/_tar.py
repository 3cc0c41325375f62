"""The members of a tar archive, one after the other (POSIX ustar and pax, GNU long names)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final, NamedTuple

from pkicheck.stores._entry import Damaged
from pkicheck.stores._octets import Octets

__all__ = ["Member", "is_tar", "members"]

_BLOCK: Final = 512
_LARGEST_HEADER: Final = 1 << 20
_EPOCH: Final = datetime.fromtimestamp(0, timezone.utc)
_FILE: Final = frozenset((b"0", b"\0", b"7"))
_FOLDER: Final = b"5"


class Member(NamedTuple):
    """One member.

    Attributes:
        name: its path.
        offset: where its content begins.
        size: how long it is.
        kind: `file`, `folder`, or what else it is.
        modified: its time.
    """

    name: str
    offset: int
    size: int
    kind: str
    modified: datetime | None


def is_tar(head: bytes) -> bool:
    """Whether these 512 octets are the header of a member."""
    return len(head) >= _BLOCK and head[257:262] == b"ustar" and _sums(head)


def _sums(head: bytes) -> bool:
    try:
        return _number(head[148:156]) == sum(head[:148]) + sum(head[156:_BLOCK]) + 8 * 0x20
    except Damaged:
        return False


def _number(field: bytes) -> int:
    """A number of a header: octal digits, or base 256 with the first bit set (GNU)."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if any(each not in b"01234567" for each in digits):
        msg = "a number in the header of a member"
        raise Damaged(msg)
    return int(digits, 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _pax(data: bytes) -> dict[str, str]:
    """The records `length SP key=value LF` of an extended header."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data) and data[at] != 0:
        digits = data[at : at + 8].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = data[at + len(digits) + 1 : at + length - 1]
        key, equals, value = record.partition(b"=")
        if not equals or data[at + length - 1 : at + length] != b"\n":
            msg = "records in an extended header"
            raise Damaged(msg)
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        at += length
    return found


def members(octets: Octets) -> Iterator[Member]:
    """The members. The caller may read as much of the content of each as it likes, before it asks for the next.

    Raises:
        Damaged: a header is none, or the archive ends early.
    """
    long_name = ""
    extended: dict[str, str] = {}
    while True:
        head = octets.take(_BLOCK)
        if not head.strip(b"\0"):
            # Two blocks of zeros, or the end of the file; whatever stands behind them is padding.
            if len(head) == _BLOCK:
                return
            msg = "two blocks of zeros at the end of the archive"
            raise Damaged(msg)
        if len(head) < _BLOCK or not _sums(head):
            msg = "the header of a member"
            raise Damaged(msg)
        size, kind = _number(head[124:136]), head[156:157]
        if kind in (b"x", b"L", b"g", b"K"):
            if size > _LARGEST_HEADER:
                msg = f"an extended header of at most {_LARGEST_HEADER} octets"
                raise Damaged(msg)
            data = octets.take(size)
            if len(data) < size or not octets.skip(-size % _BLOCK):
                msg = "a whole archive: it ends early"
                raise Damaged(msg)
            if kind == b"x":
                extended = _pax(data)
            elif kind == b"L":
                long_name = _text(data)
            continue
        name = extended.get("path") or long_name
        if not name:
            prefix = _text(head[345:500]) if head[257:263] == b"ustar\0" else ""
            name = f"{prefix}/{_text(head[:100])}" if prefix else _text(head[:100])
        if "size" in extended:
            digits = extended["size"]
            if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
                msg = "a size in an extended header"
                raise Damaged(msg)
            size = int(digits)
        words = {_FOLDER: "folder", b"1": "hard link", b"2": "symbolic link", b"S": "sparse file"}
        known = "file" if kind in _FILE and "GNU.sparse.major" not in extended else words.get(kind, "special file")
        if known not in ("file", "sparse file", "special file"):
            size = 0
        offset = octets.offset
        seconds = _number(head[136:148])
        modified = _EPOCH + timedelta(seconds=seconds) if seconds < 1 << 35 else None
        yield Member(name, offset, size, known, modified)
        rest = offset + size + -size % _BLOCK - octets.offset
        if rest < 0 or not octets.skip(rest):
            msg = "a whole archive: it ends early"
            raise Damaged(msg)
        long_name, extended = "", {}
