"""What the writer does to files, in one place: the layer that a test replaces to lose writes, and the locks.

What *durable* means here is what the operating system means by `fsync`. On macOS it does not empty the drive's own
cache; on a network file system locks and `fsync` are the server's word. Keep a log on a local file system.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Protocol

import attrs

from pkicheck.errors import InputError, TransportError

__all__ = [
    "ALWAYS",
    "BLOCK",
    "DISK",
    "NEVER",
    "Disk",
    "FileLayer",
    "Fsync",
    "batch",
    "blocks",
    "drop_lock",
    "held",
    "rotated",
    "rotated_name",
    "take_lock",
    "write_all",
]

BLOCK = 1 << 18
"""How many bytes a reader takes at once."""


@attrs.frozen
class Fsync:
    """When the writer waits for the disk. Use `ALWAYS`, `batch(n)` or `NEVER`.

    Attributes:
        every: wait after this many records; 0 never.
    """

    every: int


ALWAYS = Fsync(1)
"""Wait for the disk after every record: what `append` has returned is not lost, whether the process is killed or the
machine loses its power. The only policy under which "no record, no act" holds."""

NEVER = Fsync(0)
"""Leave it to the operating system: nothing is lost when the process is killed; when the machine loses its power, the
records of the last half minute or so are lost, and what is left of them may be damaged in the middle, which opening
the log refuses and `verify` names. For tests and for logs that can be made again."""


def batch(every: int) -> Fsync:
    """Wait for the disk after every `every` records, on `sync()`, on rotation and on close.

    Nothing is lost when the process is killed. When the machine loses its power, up to `every` - 1 records that
    `append` has returned are lost or damaged, as under `NEVER`. Their receipts say `durable=False`.

    Raises:
        InputError: `every` is below 1.
    """
    if type(every) is not int or every < 1:
        msg = f"every must be 1 or more records, got {every!a:.40}"
        raise InputError(msg)
    return Fsync(every)


class FileLayer(Protocol):
    """The operations by which a log reaches the disk. Each raises OSError."""

    def open(self, path: str, *, create: bool) -> int:
        """Open for appending; create the file with mode 0600 where `create`, which fails when it exists."""
        ...

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Append some of `data`, and say how many bytes."""
        ...

    def sync(self, fd: int) -> None:
        """Return when the file's bytes and size are durable."""
        ...

    def sync_directory(self, path: str) -> None:
        """Return when the names in the directory of `path` are durable."""
        ...

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give the file another name."""
        ...


class Disk:
    """The file layer of the operating system."""

    def open(self, path: str, *, create: bool) -> int:
        """See `FileLayer`."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | (os.O_CREAT | os.O_EXCL if create else 0), 0o600)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """See `FileLayer`."""
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        """See `FileLayer`."""
        os.fsync(fd)

    def sync_directory(self, path: str) -> None:
        """See `FileLayer`."""
        fd = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def truncate(self, fd: int, size: int) -> None:
        """See `FileLayer`."""
        os.ftruncate(fd, size)

    def rename(self, old: str, new: str) -> None:
        """See `FileLayer`."""
        os.rename(old, new)


DISK = Disk()


def write_all(files: FileLayer, fd: int, data: bytes) -> None:
    """Append all of `data`. A layer that takes nothing is a full disk."""
    rest = memoryview(data)
    while rest:
        taken = files.write(fd, rest)
        if taken <= 0:
            msg = "the disk takes no more"
            raise OSError(msg)
        rest = rest[taken:]


def take_lock(path: str) -> int:
    """Open `path`, lock it against every other holder, and give the descriptor that holds the lock.

    Raises:
        TransportError: it is locked, cannot be opened, or this system has no `flock`.
    """
    try:
        import fcntl  # noqa: PLC0415 - a system without it can still verify logs
    except ImportError:
        msg = f"{path}: this system has no flock, so a log cannot be written here"
        raise TransportError(msg) from None
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        msg = f"{path} cannot be opened: {error.strerror}"
        raise TransportError(msg) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        name = path.removesuffix(".lock")
        msg = f"{name} is open in another writer" if isinstance(error, BlockingIOError) else f"{path}: {error.strerror}"
        raise TransportError(msg) from error
    return fd


def drop_lock(fd: int) -> None:
    """Unlock what `take_lock` gave, also where a child process has inherited the descriptor."""
    import fcntl  # noqa: PLC0415 - as above

    fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


@contextmanager
def held(path: str) -> Generator[None]:
    """Hold the lock of the log at `path`.

    Raises:
        TransportError: another writer holds it.
    """
    fd = take_lock(path + ".lock")
    try:
        yield
    finally:
        drop_lock(fd)


def rotated_name(path: str, first: int) -> str:
    """The name that a file of the log at `path` gets when it is rotated: the number of its first record comes last."""
    return f"{path}.{first:016d}"


def rotated(path: str) -> tuple[str, ...]:
    """The rotated files of the log at `path` that exist, in the order of the log.

    Raises:
        OSError: the directory cannot be read.
    """
    folder, base = os.path.split(path)
    pattern = re.compile(re.escape(base) + r"\.[0-9]{16}")
    names = sorted(name for name in os.listdir(folder or ".") if pattern.fullmatch(name))
    return tuple(os.path.join(folder, name) for name in names)


def blocks(file: FileIO) -> Iterator[bytes]:
    """The rest of an open file, a block at a time.

    Raises:
        OSError: it cannot be read.
    """
    while block := file.read(BLOCK):
        yield block
