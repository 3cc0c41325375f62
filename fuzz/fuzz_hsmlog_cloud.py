"""Fuzz target of the readers of cloud logs: the laws of all readers on JSON, and on the blocks of CloudHSM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pkicheck.canon import Sha256
from pkicheck.hsmlog.readers import AzureHsmReader, CloudHsmReader, CloudTrailReader, GcpKmsReader, LogName, LogReader
from tests.readerlaws import laws

__all__ = ["seeds", "target"]

_LOGS = Path(__file__).parents[1] / "tests" / "vectors" / "hsmlog" / "logs"
_NAME = LogName(source=Sha256("0" * 64), name="fuzz")


def seeds() -> Iterator[bytes]:
    """The sample logs."""
    for pattern in ("cloudtrail-*.json", "gcp-*", "azure-*", "cloudhsm-*"):
        for path in sorted(_LOGS.glob(pattern)):
            yield path.read_bytes()
    yield b'{"Records":[{"eventSource":"kms.amazonaws.com","eventName":"Sign"},{"a":1}]}'
    yield b'[{"protoPayload":{"serviceName":"cloudkms.googleapis.com"}}]\n{"operationName":"KeySign"}'


def _make(reader: Callable[..., LogReader[Any]], cursor: bytes) -> LogReader[Any]:
    return reader(_NAME, cursor=cursor)


def target(data: bytes) -> None:
    """One execution."""
    for reader in (CloudTrailReader, GcpKmsReader, AzureHsmReader, CloudHsmReader):
        laws(partial(_make, reader), data)
