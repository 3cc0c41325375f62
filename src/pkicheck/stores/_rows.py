"""Objects in rows: JSON lines, CSV, and the rows of a query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Final, cast

from pkicheck.canon import parse_time, utc
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import SourceReport, Unreadable
from pkicheck.stores._entry import DEFAULT_LIMITS, Damaged, Entry, Fields, StoreLimits, Tally, Where, name_digest
from pkicheck.stores._forms import decode_text
from pkicheck.stores._octets import Octets

__all__ = ["RowStore", "csv_fields", "read_csv", "read_jsonl"]

_EPOCH: Final = datetime.fromtimestamp(0, timezone.utc)
_LONGEST: Final = 1000
_BOM: Final = b"\xef\xbb\xbf"


def _time(value: object, form: str) -> datetime | None:
    """The time that a cell holds; None when it holds none."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        try:
            return utc(value, what="time")
        except InputError:
            msg = "a time with an offset"
            raise Damaged(msg) from None
    try:
        if form == "rfc3339":
            return parse_time(str(value), what="time")
        if isinstance(value, str):
            value = int(value) if len(value) < 20 else None
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + timedelta(**{"seconds" if form == "s" else "milliseconds": value})
    except (InputError, ValueError, OverflowError):
        pass
    msg = "a time in RFC 3339 with an offset" if form == "rfc3339" else f"a time in {form} since 1970"
    raise Damaged(msg)


def _object(value: object, fields: Fields) -> bytes:
    if isinstance(value, str):
        value = decode_text(value.encode("utf-8", "replace"), fields.encoding)
    if isinstance(value, memoryview):
        value = value.tobytes()
    if not isinstance(value, (bytes, bytearray)) or not value:
        msg = f"an object in the column {fields.der[:80]}"
        raise Damaged(msg)
    return bytes(value)


def _said(cell: object) -> str:
    """What a cell says, as a text of bounded length."""
    if isinstance(cell, int) and cell.bit_length() > _LONGEST:
        return f"{cell:#x}"[:_LONGEST]  # decimal digits of a huge number take long, or are refused
    return "" if cell is None else str(cell)[:_LONGEST]


def _row(get: Callable[[str], object], where: Where, offset: int, row: int) -> Entry | Unreadable:
    """One row, whatever is wrong with it."""
    fields = where.fields
    try:
        data = _object(get(fields.der), fields)
        if len(data) > where.limits.object:
            return where.unreadable(offset, f"an object of at most {where.limits.object} octets", row=row)
        stored_at = _time(get(fields.stored_at), fields.time) if fields.stored_at else None
    except Damaged as defect:
        return where.unreadable(offset, str(defect), row=row)
    name = _said(get(fields.id)) if fields.id else ""
    attributes = tuple((attribute, _said(get(column))) for attribute, column in fields.attributes.items())
    return where.entry(
        offset,
        data,
        row=row,
        stored_at=stored_at,
        name=f"{where.name}:{name}" if name else "",
        attributes=attributes,
    )


def _inside(value: object, path: str) -> object:
    """What a JSON value holds at `a.b.c`, or under that very name; None when there is nothing."""
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        if path in table or "." not in path:
            return table.get(path)
        first, _, rest = path.partition(".")
        return _inside(table.get(first), rest)
    return None


def read_jsonl(octets: Octets, where: Where) -> Iterator[Entry | Unreadable]:
    """JSON lines, an object in each."""
    row = 0
    for offset, line in octets.lines(where.limits.line):
        if line is not None and not line.strip():
            continue
        value: object = None
        if line is not None:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)
            yield _row(partial(_inside, table), where, offset, row)
        else:
            yield where.unreadable(offset, f"a JSON object of at most {where.limits.line} octets in the line", row=row)
        row += 1


def csv_fields(record: str, delimiter: str) -> list[str]:
    """The fields of a CSV record (RFC 4180 §2): quoted ones may hold delimiters, line feeds and doubled quotes."""
    found: list[str] = []
    at = 0
    while True:
        if record[at : at + 1] == '"':
            pieces: list[str] = []
            at += 1
            while True:
                end = record.find('"', at)
                if end < 0:
                    msg = "a closing quote"
                    raise Damaged(msg)
                pieces.append(record[at:end])
                at = end + 1
                if record[at : at + 1] != '"':
                    break
                pieces.append('"')
                at += 1
            found.append("".join(pieces))
            if at < len(record) and record[at] != delimiter:
                msg = "a delimiter behind a closing quote"
                raise Damaged(msg)
        else:
            end = record.find(delimiter, at)
            end = len(record) if end < 0 else end
            found.append(record[at:end])
            at = end
        if at >= len(record):
            return found
        at += 1


def _cell_of(cells: Sequence[str], columns: Mapping[str, int], column: str) -> str | None:
    return cells[columns[column]] if column in columns else None


def _records(octets: Octets, where: Where) -> Iterator[tuple[int, bytes | None]]:
    """The records of a CSV file: lines, and more of them where a quote is open."""
    held: list[bytes] = []
    start = size = quotes = 0
    for offset, line in octets.lines(where.limits.line):
        if not held:
            start = offset
        if line is not None:
            held.append(line)
            quotes += line.count(b'"')
            size += len(line) + 1
        if line is None or size > where.limits.line:
            yield start, None
        elif quotes % 2:
            continue
        else:
            yield start, b"\n".join(held)
        held, size, quotes = [], 0, 0
    if held:
        yield start, None


def read_csv(octets: Octets, where: Where) -> Iterator[Entry | Unreadable]:
    """CSV (RFC 4180) whose first record names the columns; commas, or semicolons where the first record has them."""
    columns: dict[str, int] | None = None
    delimiter, row, width = ",", 0, 0
    for offset, record in _records(octets, where):
        if columns is not None and record == b"":
            continue
        try:
            if record is None:
                msg = f"a record of at most {where.limits.line} octets with its quotes closed"
                raise Damaged(msg)  # noqa: TRY301 - one place says what becomes of it
            text = record.decode("utf-8", "replace")
            if columns is None:
                text = record.removeprefix(_BOM).decode("utf-8", "replace")
                delimiter = ";" if ";" in text and "," not in text else ","
            cells = csv_fields(text, delimiter)
            if columns is not None and len(cells) != width:
                msg = f"{width} fields"
                raise Damaged(msg)  # noqa: TRY301
        except Damaged as defect:
            yield where.unreadable(offset, str(defect), row=row)
            if columns is None:
                return
            row += 1
            continue
        if columns is None:
            columns = {name.strip(): number for number, name in enumerate(cells)}
            width = len(cells)
            if where.fields.der not in columns:
                yield where.unreadable(offset, f"a column named {where.fields.der[:80]}")
                return
            continue
        yield _row(partial(_cell_of, cells, columns), where, offset, row)
        row += 1


class RowStore:
    """The rows of a query as a store: anything that gives rows, such as a DB-API cursor.

    Rows are asked for anew in each pass, one by one; give the query an ORDER BY, so that passes agree. An error of the
    database is raised as it comes.

    Args:
        rows: runs the query and gives its rows: sequences, or mappings by column.
        columns: the names of the columns, in the order of the sequences.
        name: what the store is called.
        fields: which columns hold what. The object may be octets, or text as `fields.encoding` says.
        limits: how much is read of a row.
        covers: the stretches of time for which the store is complete.

    Raises:
        InputError: no column holds objects.
    """

    def __init__(
        self,
        rows: Callable[[], Iterable[Sequence[object] | Mapping[str, object]]],
        *,
        columns: Sequence[str] = ("der", "stored_at"),
        name: str,
        fields: Fields | None = None,
        limits: StoreLimits = DEFAULT_LIMITS,
        covers: Sequence[tuple[datetime, datetime]] = (),
    ) -> None:
        self._rows = rows
        self._columns = {column: number for number, column in enumerate(columns)}
        self._fields = Fields() if fields is None else fields
        if self._fields.der not in self._columns:
            msg = f"columns: none of them is {self._fields.der!a}, which is to hold the objects"
            raise InputError(msg)
        self._name, self._limits, self._covers = name, limits, tuple(covers)
        self._report: SourceReport | None = None

    def __iter__(self) -> Iterator[Entry | Unreadable]:
        """The rows, in their order; the offset of a locator is the number of the row."""
        self._report = None
        tally = Tally(forms={"rows"})
        source = name_digest(self._name)
        where = Where(source=source, name=self._name, fields=self._fields, limits=self._limits)
        for number, row in enumerate(self._rows()):
            this = _row(partial(self._cell, row), where, number, number)
            tally.count(this)
            tally.octets += len(this.data) if isinstance(this, Entry) else 0
            yield this
        self._report = tally.report(source=source, name=self._name, covers=self._covers)

    def _cell(self, row: Sequence[object] | Mapping[str, object], column: str) -> object:
        if isinstance(row, Mapping):
            return row.get(column)
        number = self._columns.get(column, len(row))
        return row[number] if number < len(row) else None

    def report(self) -> SourceReport:
        """What the last complete pass read.

        Raises:
            InputError: the store was not read to its end.
        """
        if self._report is None:
            msg = "report: the store was not read to its end yet"
            raise InputError(msg)
        return self._report
