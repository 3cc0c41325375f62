"""Canonical JSON and RFC 3339 times: any bytes are read and written back, or refused by InputError."""

from __future__ import annotations

from collections.abc import Iterator

from pkicheck.canon import canonical, format_time, parse_json, parse_time
from pkicheck.errors import InputError

__all__ = ["seeds", "target"]


def target(data: bytes) -> None:
    """Read the bytes as JSON and as a time."""
    try:
        value = parse_json(data)
    except InputError:
        pass
    else:
        written = canonical(value)
        assert canonical(parse_json(written)) == written
    try:
        moment = parse_time(data.decode("latin-1"))
    except InputError:
        return
    assert parse_time(format_time(moment)) == moment


def seeds() -> Iterator[bytes]:
    """Inputs that reach each kind of value and of refusal."""
    yield b'{"b":[1,-2,true,false,null],"a":{"\\u00e9":"\\ud83d\\ude00","x":""}}'
    yield b'{"a":1,"a":2}'
    yield b"[1.5,1e9,NaN,9007199254740992]"
    yield b'"\\ud800"'
    yield b"[" * 65 + b"]" * 65
    yield b"2026-03-15T01:30:00.123456+02:30"
    yield b"2026-02-29T24:00:00Z"
    yield b"0001-01-01T00:00:00-23:59"
