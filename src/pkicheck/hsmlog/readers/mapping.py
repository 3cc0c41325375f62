"""Logs of HSMs whose export grammar is not public (nShield, Luna, Utimaco): CSV or JSON lines, with a mapping beside.

The mapping is a JSON file (`pkicheck/log-mapping/1`, schema in the package) that somebody writes who has an export of
the device at hand. It says which column holds what, and which values mean a signature:

    {
      "schema": "pkicheck/log-mapping/1",
      "name": "luna-7-audit",
      "input": {"form": "csv", "delimiter": ","},
      "event": {
        "column": "operation",
        "signs": ["LUNA_SIGN_SINGLEPART", "LUNA_SIGN_END"],
        "keys": {"LUNA_DESTROY_OBJECT": "delete"},
        "others": "pass"
      },
      "outcome": {"column": "status", "ok": ["LUNA_RET_OK"]},
      "time": {"column": "time", "form": "rfc3339"},
      "key": "key", "token": "hsm", "sequence": "record",
      "digest": {"column": "digest", "encoding": "hex", "hash": "sha256"}
    }

A row that the mapping cannot make sense of is unreadable, never guessed at. `others` says what an event is that the
mapping does not name: `pass` (it uses no key) or `refuse` (it is unreadable).
"""

from __future__ import annotations

import base64
import binascii
import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from typing import ClassVar, Final, Literal, TypeAlias, cast, get_args

import attrs

from pkicheck.canon import JsonValue, digest, parse_json, parse_time
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Evidence, EvidenceKind, KeyAction, KeyEvent, Outcome, SigningEvent
from pkicheck.hsmlog.readers._base import Base, LogName, LogReader, LogRecord
from pkicheck.hsmlog.readers._localtime import LocalTimes

__all__ = [
    "MAPPING",
    "Bytes",
    "Encoding",
    "Mapped",
    "MappingReader",
    "MappingState",
    "TimeForm",
    "mapping_from_json",
]

MAPPING: Final = "pkicheck/log-mapping/1"
"""The schema of a mapping file; `pkicheck/_data/log-mapping-1.schema.json` is its JSON Schema."""

Encoding: TypeAlias = Literal["hex", "base64"]
TimeForm: TypeAlias = Literal["rfc3339", "local", "epoch-seconds", "epoch-millis", "epoch-micros"]

_LARGEST: Final = 1024 * 1024
_LARGEST_FILE: Final = 256 * 1024
_MOST: Final = 1000
_LONGEST: Final = 200
_UNITS: Final = {"epoch-seconds": 1_000_000, "epoch-millis": 1_000, "epoch-micros": 1}
_EPOCH: Final = datetime.fromtimestamp(0, timezone.utc)
_OCTETS: Final = ("digest", "signature", "message")
_LOCAL: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


@attrs.frozen(kw_only=True)
class Bytes:
    """A column of octets: its name, how they are written, and the hash of a digest (empty: not known)."""

    column: str
    encoding: Encoding
    hash: str = ""


@attrs.frozen(kw_only=True)
class Mapped:
    """A mapping file, read.

    Attributes:
        name: what it is called in reports.
        form: `csv` or `json-lines`.
        delimiter, columns: of CSV; without `columns` the first line names them.
        event: the column with the kind of the record; empty: each record is a signature.
        signs: its values that mean a signature.
        keys: its values that mean something else that happens to a key.
        others: what other values are.
        outcome, ok: the column with the result, and its values that mean success; empty: each record is a success.
        time, time_form: the column with the time.
        key, token, process, mechanism, sequence, length, uid: columns; empty: the log does not say.
        octets: columns of octets by evidence.
        sha256: of the file.
    """

    name: str
    form: Literal["csv", "json-lines"]
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    event: str = ""
    signs: frozenset[str] = frozenset()
    keys: Mapping[str, KeyAction] = attrs.field(factory=dict[str, KeyAction])
    others: Literal["pass", "refuse"] = "refuse"
    outcome: str = ""
    ok: frozenset[str] = frozenset()
    time: str = ""
    time_form: TimeForm = "rfc3339"
    key: str = ""
    token: str = ""
    process: str = ""
    mechanism: str = ""
    sequence: str = ""
    length: str = ""
    uid: str = ""
    octets: Mapping[str, Bytes] = attrs.field(factory=dict[str, Bytes])
    sha256: str = ""


class _Object:
    """A JSON object, read field by field; nothing may be left over."""

    def __init__(self, value: JsonValue, what: str) -> None:
        if not isinstance(value, Mapping):
            msg = f"{what} must be an object"
            raise InputError(msg)
        self._left, self._what = dict(value), what

    def has(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str, default: str | None = None) -> str:
        value = self._left.pop(name, default)
        if not isinstance(value, str) or len(value) > _LONGEST:
            msg = f"{self._what}.{name} must be a text of at most {_LONGEST} characters"
            raise InputError(msg)
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in allowed:
            msg = f"{self._what}.{name} must be one of {', '.join(allowed)}, got {value!a}"
            raise InputError(msg)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._left.pop(name, [])
        if not isinstance(value, list) or len(value) > _MOST or not all(isinstance(each, str) for each in value):
            msg = f"{self._what}.{name} must be a list of at most {_MOST} texts"
            raise InputError(msg)
        return tuple(cast("list[str]", value))

    def object(self, name: str) -> _Object:
        return _Object(self._left.pop(name, None), f"{self._what}.{name}")

    def actions(self, name: str) -> dict[str, KeyAction]:
        value = self._left.pop(name, {})
        allowed = get_args(KeyAction)
        if not isinstance(value, Mapping) or len(value) > _MOST or not all(each in allowed for each in value.values()):
            msg = f"{self._what}.{name} must give each event one of {', '.join(allowed)}"
            raise InputError(msg)
        return cast("dict[str, KeyAction]", dict(value))

    def end(self) -> None:
        if self._left:
            msg = f"{self._what} has an unknown field: {min(self._left)[:80]!a}"
            raise InputError(msg)


def _input(part: _Object) -> dict[str, object]:
    form = part.choice("form", ("csv", "json-lines"))
    found: dict[str, object] = {"form": form}
    if form == "csv":
        found["delimiter"] = delimiter = part.text("delimiter", ",")
        if len(delimiter) != 1 or delimiter in '"\r\n':
            msg = "mapping.input.delimiter must be one character, and neither a quotation mark nor a line end"
            raise InputError(msg)
        found["columns"] = part.texts("columns")
    part.end()
    return found


def mapping_from_json(data: bytes) -> Mapped:
    """Read a mapping file.

    Raises:
        InputError: no JSON, another schema, an unknown field, a value out of its bounds; the message names it.
    """
    if len(data) > _LARGEST_FILE:
        msg = f"mapping must have at most {_LARGEST_FILE} octets"
        raise InputError(msg)
    top = _Object(parse_json(data, what="mapping"), "mapping")
    top.choice("schema", (MAPPING,))
    fields: dict[str, object] = {"name": top.text("name"), "sha256": digest(data), **_input(top.object("input"))}
    if top.has("event"):
        part = top.object("event")
        fields |= {"event": part.text("column"), "signs": frozenset(part.texts("signs")), "keys": part.actions("keys")}
        fields["others"] = part.choice("others", ("pass", "refuse"))
        part.end()
        if not fields["signs"]:
            msg = "mapping.event.signs must name at least one event"
            raise InputError(msg)
    if top.has("outcome"):
        part = top.object("outcome")
        fields |= {"outcome": part.text("column"), "ok": frozenset(part.texts("ok"))}
        part.end()
    if top.has("time"):
        part = top.object("time")
        fields |= {"time": part.text("column"), "time_form": part.choice("form", get_args(TimeForm))}
        part.end()
    for name in ("key", "token", "process", "mechanism", "sequence", "length", "uid"):
        fields[name] = top.text(name, "")
    octets: dict[str, Bytes] = {}
    for name in _OCTETS:
        if top.has(name):
            part = top.object(name)
            octets[name] = Bytes(
                column=part.text("column"),
                encoding=cast("Encoding", part.choice("encoding", get_args(Encoding))),
                hash=part.text("hash", ""),
            )
            part.end()
    top.end()
    return Mapped(octets=octets, **cast("dict[str, str]", fields))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@attrs.define(kw_only=True)
class MappingState(Base):
    """What the reader remembers: the header, a row that goes on in the next line, and the last number."""

    columns: list[str] = attrs.field(factory=list[str])
    row: bytes = b""
    begin: int = 0
    sequence: int | None = None


class _Unclear(Exception):
    """A row that the mapping cannot make sense of."""


class MappingReader(LogReader[MappingState]):
    """Reads an export by a mapping.

    Args:
        log: which export.
        mapping: how it is read.
        zone: the zone of its times, where the mapping says `local`.
        cursor: where an earlier reader stopped.
    """

    form: ClassVar[str] = "mapping"
    kind: ClassVar[type[Base]] = MappingState

    def __init__(self, log: LogName, *, mapping: Mapped, zone: tzinfo | None = None, cursor: bytes = b"") -> None:
        super().__init__(log, cursor=cursor)
        self._mapping = mapping
        self._times = LocalTimes(zone)
        self.zone = self._times.name if mapping.time_form == "local" else "UTC"
        if not self.state.columns:
            self.state.columns = list(mapping.columns)

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the export."""
        self.state.counts.octets += len(data)
        for start, line in self.state.lines.cut(data, b"\n", _LARGEST):
            yield from self._line(start, line)

    def finish(self) -> Iterator[LogRecord]:
        """The export ends here."""
        rest = self.state.lines.rest()
        if rest is not None:
            yield from self._line(*rest)
        if self.state.row:
            self.state.row = b""
            self.state.counts.records += 1
            yield self._unreadable(self.state.begin, "a row whose quotation marks are closed")

    def _line(self, start: int, line: bytes | None) -> Iterator[LogRecord]:
        state = self.state
        if self._mapping.form == "csv" and line is not None:
            # A quoted field may hold line ends.
            if state.row:
                start, line = state.begin, state.row + b"\n" + line
            if line.count(b'"') % 2 and len(line) <= _LARGEST:
                state.begin, state.row = start, line
                return
            state.row = b""
        if line is not None and not line.strip():
            return
        if self._mapping.form == "csv" and not state.columns:
            state.columns = self._cells(line) or []
            if state.columns:
                return
        state.counts.records += 1
        try:
            record = self._record(start, self._values(line))
        except _Unclear as unclear:
            yield self._unreadable(start, str(unclear))
            return
        if record is None:
            state.counts.passed += 1
        else:
            yield record

    def _cells(self, line: bytes | None) -> list[str] | None:
        try:
            text = "" if line is None else line.removesuffix(b"\r").decode("utf-8")
            return next(csv.reader([text], delimiter=self._mapping.delimiter, strict=True), None)
        except (UnicodeDecodeError, csv.Error):
            return None

    def _values(self, line: bytes | None) -> dict[str, str]:
        """The values of a row by column."""
        if self._mapping.form == "json-lines":
            return self._members(line)
        row = self._cells(line)
        if row is None or len(row) != len(self.state.columns):
            raise _Unclear("a row of CSV as long as the header")
        return dict(zip(self.state.columns, row, strict=True))

    def _members(self, line: bytes | None) -> dict[str, str]:
        try:
            value: object = json.loads(b"" if line is None else line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise _Unclear("a JSON object")
        found: dict[str, str] = {}
        for name, each in cast("dict[str, object]", value).items():
            if isinstance(each, str):
                found[name] = each
            elif isinstance(each, int):
                found[name] = str(each).lower() if isinstance(each, bool) or abs(each) < 1 << 64 else ""
        return found

    def _record(self, start: int, values: Mapping[str, str]) -> LogRecord | None:
        mapping, counts = self._mapping, self.state.counts
        sequence = self._number(values, mapping.sequence)
        if sequence is not None:
            self._follow(sequence)
        name = self._value(values, mapping.event) if mapping.event else ""
        action = mapping.keys.get(name)
        if mapping.event and name not in mapping.signs and action is None:
            if mapping.others == "refuse":
                raise _Unclear("an event that the mapping names")
            return None
        outcome: Outcome = "ok"
        if mapping.outcome:
            outcome = "ok" if self._value(values, mapping.outcome) in mapping.ok else "failed"
        time, earliest = self._time(values)
        uid = values.get(mapping.uid, "") if mapping.uid else ""
        uid = f"{self.log.name}:{uid}" if uid else f"{self.log.name}:{start}"
        key = self._value(values, mapping.key) if mapping.key else ""
        token, process = values.get(mapping.token, ""), values.get(mapping.process, "")
        if action is not None and name not in mapping.signs:
            counts.key_events += 1
            return KeyEvent(
                locator=self._at(start, sequence),
                uid=uid,
                key=key,
                action=action,
                detail=name,
                outcome=outcome,
                time=time,
                earliest=earliest,
                token=token,
                process=process,
            )
        hash_name, evidence = self._evidence(values)
        event = SigningEvent(
            locator=self._at(start, sequence),
            uid=uid,
            key=key,
            mechanism=values.get(mapping.mechanism, "") or name or "unknown",
            outcome=outcome,
            time=time,
            earliest=earliest,
            token=token,
            process=process,
            hash=hash_name,
            evidence=evidence,
            length=self._number(values, mapping.length),
        )
        counts.events += 1
        return event

    def _follow(self, sequence: int) -> None:
        before = self.state.sequence
        if before is not None and sequence == before:
            self.state.counts.overlaps += 1
        elif before is not None and sequence > before + 1:
            self.state.counts.gap("sequence", before + 1, sequence - 1)
        elif before is not None and sequence < before:
            self.state.counts.note("numbers-going-back")
        self.state.sequence = sequence

    def _value(self, values: Mapping[str, str], column: str) -> str:
        value = values.get(column)
        if value is None or len(value) > 4 * _LONGEST:
            raise _Unclear("the columns that the mapping names")
        return value

    def _number(self, values: Mapping[str, str], column: str) -> int | None:
        if not column:
            return None
        value = values.get(column, "")
        if not (value.isascii() and value.isdecimal() and len(value) <= 15):
            raise _Unclear("a number where the mapping says so")
        return int(value)

    def _time(self, values: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
        mapping = self._mapping
        if not mapping.time:
            return None, None
        value = self._value(values, mapping.time)
        if mapping.time_form == "rfc3339":
            try:
                return parse_time(value), None
            except InputError:
                raise _Unclear("an RFC 3339 time") from None
        if mapping.time_form == "local":
            return self._local(value)
        if not (value.isascii() and value.isdecimal() and len(value) <= 17):
            raise _Unclear("a time as the mapping says")
        try:
            return _EPOCH + timedelta(microseconds=int(value) * _UNITS[mapping.time_form]), None
        except OverflowError:
            raise _Unclear("a time as the mapping says") from None

    def _local(self, value: str) -> tuple[datetime | None, datetime | None]:
        """`YYYY-MM-DD HH:MM:SS`, with or without a fraction."""
        head, _, fraction = value.replace("T", " ").partition(".")
        digits = (fraction + "000000")[:6]
        if _LOCAL.fullmatch(head) is None or not (digits.isascii() and digits.isdecimal()):
            raise _Unclear("a time as the mapping says")
        before = self._times.impossible
        found = self._times.at(head.encode("ascii"), int(digits))
        if self._times.impossible != before:
            self.state.counts.note("times-not-in-zone")
        return found

    def _evidence(self, values: Mapping[str, str]) -> tuple[str, tuple[Evidence, ...]]:
        found: list[Evidence] = []
        hash_name = ""
        for kind, column in self._mapping.octets.items():
            value = values.get(column.column, "")
            if not value:
                continue
            try:
                octets = bytes.fromhex(value) if column.encoding == "hex" else base64.b64decode(value, validate=True)
            except (ValueError, binascii.Error):
                raise _Unclear("octets as the mapping says") from None
            found.append((cast("EvidenceKind", kind), octets))
            if kind == "digest":
                hash_name = column.hash
        return hash_name, tuple(found)
