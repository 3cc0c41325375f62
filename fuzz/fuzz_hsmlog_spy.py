"""Fuzz target of the reader of pkcs11-spy traces: the laws of all readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timezone
from pathlib import Path

from pkicheck.canon import Sha256
from pkicheck.hsmlog.readers import LogName, SpyReader
from tests.readerlaws import laws

__all__ = ["seeds", "target"]

_LOGS = Path(__file__).parents[1] / "tests" / "vectors" / "hsmlog" / "logs"
_NAME = LogName(source=Sha256("0" * 64), name="fuzz")


def seeds() -> Iterator[bytes]:
    """The calls of the sample traces, one by one and a few together."""
    for path in sorted(_LOGS.glob("spy-*.txt")):
        blocks = path.read_bytes().split(b"\n\n")
        yield from (block + b"\n\n" for block in blocks if len(block) < 4096)
        yield b"\n\n".join(blocks[-6:])


def target(data: bytes) -> None:
    """One execution."""
    laws(lambda cursor: SpyReader(_NAME, zone=timezone.utc, cursor=cursor), data)
