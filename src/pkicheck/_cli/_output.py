"""Standard output and standard error: JSON lines as they are, prose as printable ASCII.

What stands in prose may come from a stranger (a record, a name, a file). A control character, an ANSI escape or a
letter that turns the writing direction never reaches a terminal: it is shown as an escape (R017).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from pkicheck.errors import TransportError

__all__ = ["flush", "note", "printable", "say", "settle", "write_json"]


def printable(text: str) -> str:
    r"""One line of printable ASCII: anything else as `\xNN`, `\uNNNN` or `\UNNNNNNNN`. A backslash stays one."""
    text = text.replace("\xa7", "section ")  # the one other character in texts of our own
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    if " " <= char <= "~":
        return char
    point = ord(char)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _write(data: bytes) -> None:
    # Bytes past the text layer: what is written does not depend on the locale or the platform's line ends.
    with _lost():
        rest = memoryview(data)
        while rest:
            # Unbuffered (PYTHONUNBUFFERED), a write may take less than all, or nothing where it would have to wait.
            taken = sys.stdout.buffer.write(rest)
            if not taken:
                raise BlockingIOError(errno.EAGAIN, "it takes no more")
            rest = rest[taken:]


@contextmanager
def _lost() -> Generator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        msg = f"standard output cannot be written: {error.strerror or error}"
        raise TransportError(msg) from error


def write_json(line: bytes) -> None:
    """A JSON text as one line of standard output."""
    _write(line + b"\n")


def say(text: str) -> None:
    """Prose on standard output; line feeds in it stay."""
    for line in text.split("\n"):
        _write(f"{printable(line)}\n".encode("ascii"))


def note(text: str) -> None:
    """Prose on standard error, without waiting in a buffer. When nobody reads it, it is lost."""
    try:
        sys.stderr.write("".join(f"{printable(line)}\n" for line in text.split("\n")))
        sys.stderr.flush()
    except OSError:
        _abandon(sys.stderr)


def flush() -> None:
    """Hand on everything that was written: who reads line by line has it now.

    Raises:
        BrokenPipeError: nobody reads any more.
        TransportError: it cannot be written.
    """
    with _lost():
        sys.stdout.buffer.flush()


def settle() -> None:
    """Hand on what was written before something went wrong, or let it go when nobody takes it."""
    try:
        flush()
    except (BrokenPipeError, TransportError):
        _abandon(sys.stdout)


def _abandon(stream: TextIO) -> None:
    """Let what is still buffered go nowhere: the end of the process would try to write it again, and exit with 120."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):  # not a stream of the operating system
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, descriptor)
    os.close(sink)
