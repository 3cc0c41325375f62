"""Fuzz target of the reader of YubiHSM logs: the laws of all readers, in the three forms of the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pkicheck.canon import Sha256
from pkicheck.hsmlog.readers import LogName, YubiHsmReader, yubihsm_digest
from tests.readerlaws import laws

__all__ = ["seeds", "target"]

_LOGS = Path(__file__).parents[1] / "tests" / "vectors" / "hsmlog" / "logs"
_NAME = LogName(source=Sha256("0" * 64), name="fuzz")


def _chained(data: bytes) -> bytes:
    """The octets as entries whose digests chain, so that the inside of the reader is reached."""
    previous, entries = b"\0" * 16, list[bytes]()
    for at in range(0, min(len(data), 255 * 16) - 15, 16):
        body = data[at : at + 16]
        previous = yubihsm_digest(body, previous)
        entries.append(body + previous)
    return data[:4].ljust(4, b"\0") + bytes([len(entries)]) + b"".join(entries)


def seeds() -> Iterator[bytes]:
    """The sample logs, and bodies of entries."""
    for path in sorted(_LOGS.glob("yubihsm-*")):
        yield path.read_bytes()
    yield bytes.fromhex("055f5600220001fe19ffffd60006bc0c05605600220001fe19ffffd60006bc0c")
    yield b"\x00\x01" + b"\xff" * 14


def target(data: bytes) -> None:
    """One execution."""
    laws(lambda cursor: YubiHsmReader(_NAME, cursor=cursor), data)
    records, report = laws(lambda cursor: YubiHsmReader(_NAME, cursor=cursor), _chained(data))
    assert len(records) <= report.records
