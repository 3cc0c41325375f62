"""A program that appends until it is killed: run by the crash tests, never imported.

    python chainlogchild.py LOG

Each line on standard input makes a child that appends to LOG without end. For every receipt the child writes its number
and hash on standard output, after `append` has returned. The child's process id comes first, `gone` when it is dead.
"""

from __future__ import annotations

import os
import sys

from pkicheck.chainlog import ChainLog, Disk, Rotation


class _Slow(Disk):
    """A disk that takes little at a time: a kill between two writes leaves a part of a record."""

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return super().write(fd, data[:64])


def _append_for_ever(path: str) -> None:
    with ChainLog(path, log_id="ca1/issuer", rotation=Rotation(records=40), files=_Slow()) as log:
        number = log.head.sequence
        while True:
            receipt = log.append({"n": number, "text": "x" * (number * 1000 % 100_000)}, "test/1")
            os.write(1, f"{receipt.sequence} {receipt.hash}\n".encode())
            number += 1


def _main() -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            _append_for_ever(sys.argv[1])
        os.write(1, f"child {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    _main()
