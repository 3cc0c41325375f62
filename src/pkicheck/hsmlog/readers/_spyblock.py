"""One block of a pkcs11-spy trace, read strictly: what does not belong to its grammar makes it unreadable."""

from __future__ import annotations

import re
import struct
from typing import Final

import attrs

__all__ = ["Block", "BrokenBlock", "dump_at", "read_block", "read_head"]

_HEAD: Final = re.compile(
    rb"(\d{1,10}): (C_\w{1,60})\n"
    rb"(?:P:(\d{1,10}); T:(?:0x)?(\d{1,20}) )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{1,3})(?:\n|$)"
)
_RETURNED: Final = re.compile(rb"Returned:  (\d{1,20}) (\S{1,60})", re.ASCII)
# `name = value`, or a string: `name[length] address / size`, `NULL [size : 0x0 (0)]`, `EMPTY`.
_SCALAR: Final = re.compile(rb"\[(?:in|out)\] ([\w*>\[\].-]{1,60}?) = ([^\n]{0,200})")
_STRING: Final = re.compile(
    rb"\[(?:in|out)\] ([\w*>.-]{1,60})(?:\[[\w*>.-]{1,60}\])? "
    rb"(?:NULL \[size : 0x[0-9a-fA-F]{1,16} \((-?\d{1,20})\)\]|(EMPTY)|(?:0x)?[0-9a-fA-F]{1,16} / (-?\d{1,20}))"
)
_TEMPLATE: Final = re.compile(rb"\[(in|out)\] (\w{1,40})\[(\d{1,6})\]: ?")
_ATTRIBUTE: Final = re.compile(rb" {4}(CKA_\S{1,40})(?: \((0x[0-9a-fA-F]{1,16})\))? +(\S[^\n]{0,200})")
_SIZED: Final = re.compile(rb"(?:0x)?[0-9a-fA-F]{1,16} / (-?\d{1,20})")
# (a line of words behind a line of characters has lost its blanks)
_WORDS: Final = re.compile(rb"(?: {4})?(?:[0-9A-F]{8} )*(?:[0-9A-F]{2}){1,4} ?\n")
_OBJECT: Final = re.compile(rb"Object (0x[0-9a-fA-F]{1,16}) matches")

_WIDTH: Final = 80
_DEEPEST: Final = 64 * 1024 * 1024
# Of a line: four blanks, the offset, the octets, and the characters.
_COLUMNS: Final = struct.Struct("4x8s50s18x")


def _offsets(lines: int) -> bytes:
    """The column of the offsets of a dump."""
    return b"".join(b"%08X" % (16 * line) for line in range(lines))


_PREPARED: Final = 4096
_OFFSETS: Final = _offsets(_PREPARED)
# A label stands 32 octets a line; the line of characters under it has no line end of its own when more follow.
_LABEL_LINE: Final = 75


class BrokenBlock(Exception):
    """A block that is not whole in itself; the message says what was expected, without any of its content."""


@attrs.define
class Block:
    """One call.

    Attributes:
        number, function: as its first line says.
        process, thread: from the stamp of newer versions; empty in older ones.
        second, millis: the local time, as it stands there.
        code, result: the return value; code None when the block ends before it.
        scalars: values by name.
        strings: octets by name; None where only a size was asked for, or nothing can be said.
        templates: attributes by direction and name (`in pTemplate`).
        objects: the handles that a search found.
    """

    number: int
    function: str
    process: str
    thread: str
    second: bytes
    millis: int
    code: int | None = None
    result: str = ""
    scalars: dict[str, str] = attrs.field(factory=dict[str, str])
    strings: dict[str, bytes | None] = attrs.field(factory=dict[str, "bytes | None"])
    templates: dict[str, dict[str, bytes]] = attrs.field(factory=dict[str, "dict[str, bytes]"])
    objects: list[str] = attrs.field(factory=list[str])


def read_head(text: bytes, at: int) -> tuple[Block, int]:
    """The first two lines of a block that begins at `at`, and where its third begins.

    Raises:
        BrokenBlock: they are no head of a call.
    """
    match = _HEAD.match(text, at)
    if match is None:
        raise BrokenBlock("a call number, a function and a stamp")
    number, function, process, thread, second, millis = match.groups()
    block = Block(
        int(number),
        function.decode(),
        "" if process is None else process.decode(),
        "" if thread is None else thread.decode(),
        second,
        int(millis),
    )
    return block, match.end()


def dump_at(text: bytes, at: int, size: int) -> tuple[bytes, int]:
    """The `size` octets of the dump that begins at `at`, and where it ends.

    Raises:
        BrokenBlock: it is no dump of that size: a line is missing, mixed with another, or out of its order.
    """
    lines = (size + 15) >> 4 or 1
    end = at + lines * _WIDTH
    if size > _DEEPEST or end > len(text):
        raise BrokenBlock("a dump of the size that stands above it")
    raw = text[at:end]
    if raw[_WIDTH - 1 :: _WIDTH] != b"\n" * lines:
        raise BrokenBlock("the lines of one dump")
    offsets, columns = zip(*_COLUMNS.iter_unpack(raw), strict=True)
    wanted = _OFFSETS[: 8 * lines] if lines <= _PREPARED else _offsets(lines)
    try:
        octets = bytes.fromhex(b"".join(columns).decode("ascii"))
    except ValueError:
        octets = b""
    if len(octets) != size or b"".join(offsets) != wanted:
        raise BrokenBlock("a dump with its offsets in order")
    return octets, end


def _label_at(text: bytes, at: int, size: int) -> tuple[bytes, int]:
    """The octets of an attribute that is shown as words of four octets, with a line of characters under each 32."""
    found = bytearray()
    while True:
        words = _WORDS.match(text, at)
        if words is None:
            raise BrokenBlock("the octets of an attribute")
        found += bytes.fromhex(words[0].decode("ascii"))
        at = words.end()
        if not text.startswith(b"     ", at):
            raise BrokenBlock("the octets of an attribute")
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        if len(found) >= size:
            break
        at = min(at + _LABEL_LINE, end)
    if len(found) != size:
        raise BrokenBlock("the octets of an attribute")
    return bytes(found), min(end + 1, len(text))


def _attribute(block: Block, where: str, text: bytes, match: re.Match[bytes]) -> int:
    """One attribute of a template; gives where the next line begins."""
    name, _, value = match.groups()
    at = min(match.end() + 1, len(text))
    attributes = block.templates.setdefault(where, {})
    sized = _SIZED.fullmatch(value)
    if sized is None:
        attributes[name.decode("ascii", "replace")] = value.rstrip()
        return at
    size = int(sized[1])
    # A size without octets under it: the caller only asked, or the module did not say.
    if size > 0 and text.startswith(b"    00000000  ", at):
        attributes[name.decode("ascii", "replace")], at = dump_at(text, at, size)
    elif size > 0 and name in (b"CKA_LABEL", b"CKA_APPLICATION", b"CKA_OBJECT_ID") and _WORDS.match(text, at):
        attributes[name.decode("ascii", "replace")], at = _label_at(text, at, size)
    return at


def read_block(text: bytes, block: Block, at: int, *, wanted: bool) -> None:
    """Read the lines behind the head into `block`.

    Args:
        text: the whole block, without the empty line before it.
        block: what its head says.
        at: where its third line begins.
        wanted: whether its content matters. If not, only its end is looked at.

    Raises:
        BrokenBlock: it is not whole.
    """
    if not wanted:
        at = text.rfind(b"\n") + 1
    where = ""
    size = len(text)
    while at < size:
        match = _SCALAR.match(text, at)
        if match is not None:
            block.scalars[match[1].decode()] = match[2].decode("latin-1").rstrip()
            at, where = match.end() + 1, ""
            continue
        match = _STRING.match(text, at)
        if match is not None:
            name, _, _, length = match.groups()
            at, where = match.end() + 1, ""
            block.strings[name.decode()] = None
            if length is not None and int(length) >= 0:
                block.strings[name.decode()], at = dump_at(text, at, int(length))
            continue
        match = _RETURNED.match(text, at)
        if match is not None and match.end() == size:
            block.code, block.result = int(match[1]), match[2].decode("ascii", "replace")
            return
        match = _TEMPLATE.match(text, at)
        if match is not None:
            at, where = match.end() + 1, f"{match[1].decode()} {match[2].decode()}"
            block.templates[where] = {}
            continue
        match = _ATTRIBUTE.match(text, at) if where else None
        if match is not None:
            at = _attribute(block, where, text, match)
            continue
        match = _OBJECT.match(text, at)
        if match is None:
            raise BrokenBlock("the lines of one call")
        block.objects.append(match[1].decode())
        at = match.end() + 1
    if not wanted:
        raise BrokenBlock("the return value of the call")
