"""Input: files named by an argument, and lines of standard input or of a file, both of bounded size."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from typing import Final, cast

import attrs

from pkicheck.canon import parse_json
from pkicheck.errors import InputError
from pkicheck.policy import BASELINE, PRIVATE, Policy, policy_from_json, policy_from_toml

__all__ = ["Line", "batches", "load_policy", "open_lines", "read_file", "read_text", "standard_input", "text_of"]

_CHUNK: Final = 65536
_LARGEST_POLICY: Final = 1024 * 1024


@attrs.frozen
class Line:
    """A line without its line end.

    Attributes:
        number: from 1.
        data: its octets, the first `limit` of them.
        cut: whether there were more.
    """

    number: int
    data: bytes
    cut: bool


class _Cutter:
    """Cuts a stream of octets into lines and never holds more than `limit` octets of one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._number = 0
        self._held = bytearray()
        self._cut = False
        self._begun = False

    def take(self, chunk: bytes) -> list[Line]:
        """The lines that end in this chunk."""
        *ends, rest = chunk.split(b"\n")
        lines: list[Line] = []
        for piece in ends:
            self._hold(piece)
            lines.append(self._line())
        if rest:
            self._hold(rest)
            self._begun = True
        return lines

    def end(self) -> list[Line]:
        """The last line, when it has no line end."""
        return [self._line()] if self._begun else []

    def _hold(self, piece: bytes) -> None:
        # One octet more than the limit tells a line of just that length from a longer one, whatever its line end.
        room = self._limit + 1 - len(self._held)
        self._cut = self._cut or len(piece) > room
        self._held += piece[:room]

    def _line(self) -> Line:
        self._number += 1
        data = bytes(self._held)
        if data.endswith(b"\r") and not self._cut:
            data = data[:-1]
        cut = self._cut or len(data) > self._limit
        self._held.clear()
        self._cut = self._begun = False
        return Line(self._number, data[: self._limit], cut)


def batches(stream: BufferedIOBase, *, limit: int) -> Iterator[list[Line]]:
    """The lines of a stream (LF or CRLF), as many at a time as are there: a line does not wait for the next one.

    Args:
        stream: its `read1` does not wait for more than there is.
        limit: how many octets of a line are kept.
    """
    cutter = _Cutter(limit)
    while chunk := stream.read1(_CHUNK):
        lines = cutter.take(chunk)
        if lines:
            yield lines
    last = cutter.end()
    if last:
        yield last


def text_of(line: Line) -> str | bytes:
    """A line as UTF-8 text, as people write names; its octets when it is none."""
    try:
        return line.data.decode("utf-8")
    except UnicodeDecodeError:
        return line.data


def standard_input() -> BufferedIOBase:
    """Standard input as octets.

    Raises:
        InputError: it is closed.
    """
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - a process can be started without one
        msg = "standard input is closed"
        raise InputError(msg)
    return cast("BufferedIOBase", sys.stdin.buffer)


@contextmanager
def _naming(path: str) -> Generator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # a ValueError is a NUL in the path
        if isinstance(error, InputError):
            raise
        why = error.strerror if isinstance(error, OSError) else error
        msg = f"{path} cannot be read: {why}"
        raise InputError(msg) from error


@contextmanager
def open_lines(path: str) -> Generator[BufferedIOBase]:
    """A file, or standard input for `-`.

    Raises:
        InputError: it cannot be opened or read.
    """
    if path == "-":
        yield standard_input()
        return
    with _naming(path):
        file = open(path, "rb")  # noqa: SIM115 - closed below; what is raised inside the `with` is not about the file
    with file:
        yield file


def read_file(path: str, *, most: int) -> bytes:
    """The whole of a small file.

    Raises:
        InputError: it cannot be read, or is larger than `most` octets.
    """
    with _naming(path), open(path, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        msg = f"{path} is larger than {most} octets"
        raise InputError(msg)
    return data


def read_text(path: str, *, most: int) -> str:
    """The whole of a small text file in UTF-8.

    Raises:
        InputError: it cannot be read, is empty or is no text; the message names the file and the line.
    """
    data = read_file(path, most=most)
    if not data.strip():
        msg = f"{path} is empty"
        raise InputError(msg)
    nul = data.find(b"\0")
    try:
        text = data.decode("utf-8-sig")
        bad, why = nul, "a NUL octet"
    except UnicodeDecodeError as error:
        text, bad, why = "", error.start if nul < 0 else min(nul, error.start), "no UTF-8"
    if bad >= 0:
        line = data.count(b"\n", 0, bad) + 1
        msg = f"{path}, line {line}: this is no text file ({why} at octet {bad})"
        raise InputError(msg)
    return text


def load_policy(text: str) -> Policy:
    """The policy that `--policy` names: `baseline`, `private`, a TOML file (its name ends in .toml), or a JSON file.

    Raises:
        InputError: the file cannot be read or is no policy; the message names the field.
    """
    known = {"baseline": BASELINE, "private": PRIVATE}.get(text.lower())
    if known is not None:
        return known
    data = read_file(text, most=_LARGEST_POLICY)
    try:
        return policy_from_toml(data) if text.endswith(".toml") else policy_from_json(parse_json(data, what="policy"))
    except InputError as error:
        msg = f"{text}: {error}"
        raise InputError(msg) from None
