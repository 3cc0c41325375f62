"""Fuzz target of mapped logs and of mapping files: the laws of all readers; a mapping is read or refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timezone
from pathlib import Path

from pkicheck.canon import Sha256
from pkicheck.errors import InputError
from pkicheck.hsmlog.readers import LogName, MappingReader, detect, mapping_from_json
from tests.readerlaws import laws

__all__ = ["seeds", "target"]

_LOGS = Path(__file__).parents[1] / "tests" / "vectors" / "hsmlog" / "logs"
_NAME = LogName(source=Sha256("0" * 64), name="fuzz")
_EVENT = (
    b'"event":{"column":"op","signs":["SIGN"],"keys":{"KILL":"delete"},"others":"refuse"},'
    b'"outcome":{"column":"rv","ok":["OK"]},"key":"key","sequence":"no",'
    b'"digest":{"column":"digest","encoding":"hex","hash":"sha256"}'
)
_HEAD = b'{"schema":"pkicheck/log-mapping/1","name":"x",'
_CSV = mapping_from_json(_HEAD + b'"input":{"form":"csv"},"time":{"column":"t","form":"local"},' + _EVENT + b"}")
_JSON = mapping_from_json(
    _HEAD + b'"input":{"form":"json-lines"},"time":{"column":"t","form":"epoch-micros"},' + _EVENT + b"}"
)


def seeds() -> Iterator[bytes]:
    """Exports, and the mapping files of the samples."""
    yield b'no,t,op,rv,key,digest\n1,2026-11-21 04:00:00,SIGN,OK,ca,00ff\n3,2026-11-21 04:00:01.5,KILL,OK,"a ""b""\nc",'
    yield b'{"no":1,"t":1763697600000000,"op":"SIGN","rv":"OK","key":"ca","digest":"00"}\n{"op":"OTHER"}\n'
    for path in sorted(_LOGS.glob("mapping-*")):
        yield path.read_bytes()


def target(data: bytes) -> None:
    """One execution."""
    laws(lambda cursor: MappingReader(_NAME, mapping=_CSV, zone=timezone.utc, cursor=cursor), data)
    laws(lambda cursor: MappingReader(_NAME, mapping=_JSON, cursor=cursor), data)
    for use in (mapping_from_json, detect):
        try:
            use(data)
        except InputError:
            continue
