"""Fuzz target of the reader of p11-kit logs: the laws of all readers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pkicheck.canon import Sha256
from pkicheck.hsmlog.readers import LogName, P11KitReader
from tests.readerlaws import laws

__all__ = ["seeds", "target"]

_LOGS = Path(__file__).parents[1] / "tests" / "vectors" / "hsmlog" / "logs"
_NAME = LogName(source=Sha256("0" * 64), name="fuzz")


def seeds() -> Iterator[bytes]:
    """The sample logs, and pieces of them."""
    for path in sorted(_LOGS.glob("p11kit-*.txt")):
        data = path.read_bytes()
        yield data
        yield from (data[at : at + 600] for at in range(0, len(data), 600))


def target(data: bytes) -> None:
    """One execution."""
    laws(lambda cursor: P11KitReader(_NAME, cursor=cursor), data)
