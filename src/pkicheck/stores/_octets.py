"""Octets one after the other: a window over a file, what a gzip unpacks to, the lines in it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

from pkicheck.stores._entry import Damaged, StoreLimits

__all__ = ["CHUNK", "Gunzip", "Octets"]

CHUNK: Final = 1 << 18
"""So much is read at a time."""

_FREE: Final = 1 << 20


class Octets:
    """Octets with a place among them.

    Args:
        read: gives up to so many octets, none at the end; it may raise `Damaged`.
        offset: where the first one stands.
    """

    def __init__(self, read: Callable[[int], bytes], *, offset: int = 0) -> None:
        self._read = read
        self._held = b""
        self._at = 0
        self._ended = False
        self._start = offset

    @property
    def offset(self) -> int:
        """Where the next octet stands."""
        return self._start + self._at

    def _more(self, size: int) -> None:
        """Hold at least so many octets, or all there are."""
        have = len(self._held) - self._at
        if have >= size or self._ended:
            return
        pieces = [self._held[self._at :]]
        self._start += self._at
        self._at = 0
        while have < size:
            piece = self._read(max(CHUNK, size - have))
            if not piece:
                self._ended = True
                break
            pieces.append(piece)
            have += len(piece)
        self._held = b"".join(pieces)

    def peek(self, size: int) -> bytes:
        """The next octets, fewer at the end; they stay."""
        self._more(size)
        return self._held[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next octets, fewer at the end."""
        found = self.peek(size)
        self._at += len(found)
        return found

    def some(self, most: int) -> bytes:
        """Any number of the next octets, none at the end."""
        self._more(1)
        return self.take(min(most, len(self._held) - self._at))

    def skip(self, size: int) -> bool:
        """Pass over so many octets; whether there were so many."""
        while size:
            piece = self.some(min(size, CHUNK))
            if not piece:
                return False
            size -= len(piece)
        return True

    def lines(self, largest: int) -> Iterator[tuple[int, bytes | None]]:
        """The lines without their ends, with their offsets; None for one that is longer than allowed."""
        held: list[bytes] = []
        size, start, cut = 0, self.offset, False
        while piece := self.some(CHUNK):
            begin = 0
            while (end := piece.find(b"\n", begin)) >= 0:
                part = piece[begin:end]
                if cut or size + len(part) > largest:
                    yield start, None
                else:
                    yield start, (b"".join([*held, part]) if held else part).removesuffix(b"\r")
                begin = end + 1
                start += size + len(part) + 1
                held, size, cut = [], 0, False
            rest = piece[begin:]
            size += len(rest)
            if size > largest:
                held, cut = [], True
            elif rest:
                held.append(rest)
        if cut:
            yield start, None
        elif held:
            yield start, b"".join(held).removesuffix(b"\r")


class Gunzip:
    """What a gzip unpacks to (RFC 1952), all members of it.

    Args:
        octets: the packed octets.
        limits: how much it may unpack to.
    """

    def __init__(self, octets: Octets, limits: StoreLimits) -> None:
        self._octets = octets
        self._limits = limits
        self._member = zlib.decompressobj(wbits=31)
        self._rest = b""
        self._began = False
        self._packed = 0
        self._unpacked = 0

    def read(self, size: int) -> bytes:
        """Up to so many unpacked octets, none at the end.

        Raises:
            Damaged: it is none, it ends early, or it unpacks to more than is allowed.
        """
        while True:
            if self._member.eof:
                self._rest = self._member.unused_data
                self._member, self._began = zlib.decompressobj(wbits=31), False
            if not self._rest:
                self._rest = self._octets.some(CHUNK)
                self._packed += len(self._rest)
                if not self._rest:
                    if self._began:
                        msg = "a whole gzip: it ends early"
                        raise Damaged(msg)
                    return b""
            try:
                found = self._member.decompress(self._rest, min(size, CHUNK))
            except zlib.error:
                msg = "a gzip (RFC 1952)"
                raise Damaged(msg) from None
            self._began = True
            self._rest = self._member.unconsumed_tail
            if found:
                self._unpacked += len(found)
                self._check()
                return found

    def _check(self) -> None:
        if self._unpacked > self._limits.unpacked:
            msg = f"a gzip of at most {self._limits.unpacked} unpacked octets"
            raise Damaged(msg)
        if self._unpacked > _FREE and self._unpacked > self._limits.ratio * self._packed:
            msg = f"a gzip that unpacks to at most {self._limits.ratio} times its size"
            raise Damaged(msg)
