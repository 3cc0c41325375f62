"""The cursor of reconciliation: any octets give a cursor that is written again as it was, or an InputError."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from pkicheck.errors import InputError
from pkicheck.hsmlog.cursor import Cursor, OpenItem, cursor_from_json, cursor_json
from pkicheck.hsmlog.rows import Row

_UNTIL = datetime(2026, 11, 22, tzinfo=timezone.utc)


def target(data: bytes) -> None:
    """Read a cursor; what could be read is canonical when it is written."""
    try:
        cursor = cursor_from_json(data)
    except InputError:
        return
    written = cursor_json(cursor) if cursor.until is not None else b""
    assert cursor_from_json(written) == cursor


def seeds() -> Iterator[bytes]:
    """No cursor, an empty one, one with all there is."""
    yield b""
    yield cursor_json(Cursor(until=_UNTIL))
    row = Row(bytes(32), 0, bytes(8), bytes(8), 0, 0, 0, 0)
    item = OpenItem(stage="content", key="", row=row, details={"record": "operation"})
    yield cursor_json(Cursor(until=_UNTIL, seen=frozenset({bytes(8)}), open=(item,), reported=frozenset({"a"})))
