"""The cursor between two runs: what was open at the edge, what has been dealt with, what has been told (pure).

It is canonical JSON, made by one run and handed to the next. Nothing in it makes a finding go away that was not told.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Final, cast

import attrs

from pkicheck.canon import JsonValue, canonical, decode_bytes, format_time, parse_json, parse_time
from pkicheck.errors import InputError
from pkicheck.hsmlog.rows import KINDS, ROW, Flag, Row, Stage, micros, pack, rows_of

__all__ = ["SCHEMA", "Cursor", "OpenItem", "cursor_from_json", "cursor_json"]

SCHEMA: Final = "pkicheck/cursor/1"
_STAGES: Final[Mapping[str, Stage]] = MappingProxyType({"signature": "signature", "content": "content"})
_UID: Final = 8
_SIZES: Final = 6
_EARLIEST: Final = micros(datetime.min.replace(tzinfo=timezone.utc))
_LATEST: Final = micros(datetime.max.replace(tzinfo=timezone.utc))
_LARGEST: Final = 64 * 1024 * 1024


@attrs.frozen(kw_only=True)
class OpenItem:
    """An operation or object that had no other half at the end of the window.

    Attributes:
        stage: by what it is matched.
        key: the id of its issuer key, empty when that is not known.
        row: its row.
        details: what is said of it when it becomes a finding.
    """

    stage: Stage
    key: str
    row: Row
    details: Mapping[str, JsonValue]


@attrs.frozen(kw_only=True)
class Cursor:
    """See the module.

    Attributes:
        until: the end of the last window; None: there was no run before.
        seen: digests of the names of records near that end, all dealt with or open.
        open: what is open.
        reported: the ids of findings that were told.
    """

    until: datetime | None = None
    seen: frozenset[bytes] = frozenset()
    open: tuple[OpenItem, ...] = ()
    reported: frozenset[str] = frozenset()


def cursor_json(cursor: Cursor) -> bytes:
    """The cursor as canonical JSON; equal cursors give equal octets."""
    return canonical(
        {
            "schema": SCHEMA,
            "until": None if cursor.until is None else format_time(cursor.until),
            "seen": base64.b64encode(b"".join(sorted(cursor.seen))).decode("ascii"),
            "open": [
                {
                    "stage": each.stage,
                    "key": each.key,
                    "row": base64.b64encode(pack(*each.row)).decode("ascii"),
                    "details": each.details,
                }
                for each in sorted(cursor.open, key=lambda one: (one.stage, one.row.time, one.row.uid, one.row.key))
            ],
            "reported": sorted(cursor.reported),
        }
    )


def _fail(what: str) -> InputError:
    msg = f"cursor: {what} is not what a run writes"
    return InputError(msg)


def _sound(row: Row) -> bool:
    """Whether a row is one of an operation or object that a run can leave open."""
    kinds, sizes = row.flags >> Flag.KIND & 0xFF, row.flags >> Flag.SIZE & 0x7
    strange = row.flags & (Flag.EXPECTED | Flag.TAKEN | Flag.CT)
    return not strange and kinds < len(KINDS) and sizes < _SIZES and _EARLIEST <= row.time <= _LATEST


def _told(details: Mapping[str, JsonValue]) -> bool:
    """Whether details have the shape in which a record is described."""
    where = details.get("where")
    placed = where is None or (isinstance(where, Mapping) and {"input", "offset"} <= set(where))
    return placed and all(value is None or isinstance(value, str) for key, value in details.items() if key != "where")


def _item(value: JsonValue) -> OpenItem:
    if not isinstance(value, Mapping) or set(value) != {"stage", "key", "row", "details"}:
        raise _fail("an open item")
    stage, key, row, details = value["stage"], value["key"], value["row"], value["details"]
    if (
        not isinstance(stage, str)
        or stage not in _STAGES
        or not isinstance(key, str)
        or not isinstance(row, str)
        or not isinstance(details, Mapping)
    ):
        raise _fail("an open item")
    data = decode_bytes(row, what="cursor: a row")
    if len(data) != ROW or not _sound(found := next(rows_of(data))) or not _told(details):
        raise _fail("a row")
    return OpenItem(stage=_STAGES[stage], key=key, row=found, details=details)


def cursor_from_json(data: bytes) -> Cursor:
    """Read what `cursor_json` wrote; no octets at all are the cursor of a first run.

    Raises:
        InputError: anything else.
    """
    if not data:
        return Cursor()
    if len(data) > _LARGEST:
        raise _fail("its size")
    value = parse_json(data, what="cursor")
    if not isinstance(value, Mapping) or set(value) != {"schema", "until", "seen", "open", "reported"}:
        raise _fail("its list of fields")
    if value["schema"] != SCHEMA:
        raise _fail("its schema")
    until, seen, items, reported = value["until"], value["seen"], value["open"], value["reported"]
    if not isinstance(until, str) or not isinstance(seen, str):
        raise _fail("until or seen")
    if (
        not isinstance(items, list)
        or not isinstance(reported, list)
        or not all(isinstance(each, str) for each in reported)
    ):
        raise _fail("open or reported")
    octets = decode_bytes(seen, what="cursor: seen")
    if len(octets) % _UID:
        raise _fail("seen")
    return Cursor(
        until=parse_time(until, what="cursor: until"),
        seen=frozenset(octets[at : at + _UID] for at in range(0, len(octets), _UID)),
        open=tuple(_item(each) for each in items),
        reported=frozenset(cast("list[str]", reported)),
    )
