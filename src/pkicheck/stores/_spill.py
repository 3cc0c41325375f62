"""Partitions of packed rows on disk, for runs that do not fit into memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from pkicheck.errors import InputError, TransportError

__all__ = ["DiskSpill"]

_PIECE: Final = 1 << 20
_MOST_OPEN: Final = 64


class DiskSpill:
    """Partitions as files in a folder of their own, which goes when the spill is closed.

    Args:
        folder: where to make that folder, the system's place for temporary files by default. Rows hold digests, times
            and positions, no objects; the folder is readable by its owner only.

    Raises:
        InputError: no such folder.

    A spill belongs to one thread. Use it as a context manager, or call `close`.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        try:
            self._folder = tempfile.mkdtemp(prefix="pkicheck-", dir=folder)
        except OSError as error:
            msg = f"folder: nothing can be written there: {error.strerror}"
            raise InputError(msg) from error
        self._open: dict[int, int] = {}
        self._known: set[int] = set()

    @property
    def folder(self) -> str:
        """The folder with the files: `<number of the partition>.rows`."""
        return self._folder

    def _path(self, partition: int) -> str:
        return os.path.join(self._folder, f"{partition}.rows")

    def append(self, partition: int, rows: bytes) -> None:
        """Add rows to a partition.

        Raises:
            TransportError: the disk is full or cannot be written.
        """
        try:
            descriptor = self._open.pop(partition, None)
            if descriptor is None:
                while len(self._open) >= _MOST_OPEN:
                    os.close(self._open.pop(next(iter(self._open))))
                descriptor = os.open(
                    self._path(partition), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, mode=0o600
                )
            self._open[partition] = descriptor
            self._known.add(partition)
            rest = memoryview(rows)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            msg = f"the spill in {self._folder} cannot be written: {error.strerror}"
            raise TransportError(msg) from error

    def read(self, partition: int) -> Iterator[bytes]:
        """What was added to a partition, in pieces.

        Raises:
            TransportError: it cannot be read.
        """
        if partition not in self._known:
            return
        try:
            with open(self._path(partition), "rb", buffering=0) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as error:
            msg = f"the spill in {self._folder} cannot be read: {error.strerror}"
            raise TransportError(msg) from error

    def close(self) -> None:
        """Remove all of it. A second call does nothing."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()
        self._known.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
