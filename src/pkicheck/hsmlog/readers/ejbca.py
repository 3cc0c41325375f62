"""Exports of EJBCA's tables, as the other side: what the CA software believes it issued.

A table exported as CSV (with a header) or as JSON lines, with the names of its columns as in the database:

    CertificateData        base64Cert, fingerprint, type, status, updateTime, revocationDate, serialNumber
    Base64CertData         base64Cert, fingerprint
    CRLData                base64Crl, fingerprint, cRLNumber, thisUpdate
    OcspResponseData       ocspResponse, id, producedAt

Times are milliseconds since 1970. A successful issuance leaves no precertificate in any of them; journal rows of
issuances under way hold XML that is not read here: they come out as unreadable, and say so.
"""

from __future__ import annotations

import base64
import binascii
import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Final, cast

from pkicheck.hsmlog.model import Locator, Unreadable
from pkicheck.hsmlog.readers._base import Lines, LogName
from pkicheck.hsmlog.readers._rows import StoredRow
from pkicheck.issuerkey import ObjectKind

__all__ = ["EjbcaReader"]

_LARGEST: Final = 64 * 1024 * 1024
_EPOCH: Final = datetime.fromtimestamp(0, timezone.utc)
_COLUMNS: Final[Mapping[str, ObjectKind | None]] = {"base64cert": None, "base64crl": "crl", "ocspresponse": "ocsp"}
_REVOKED: Final = "40"


def _millis(text: str) -> datetime | None:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) <= 14):
        return None
    return _EPOCH + timedelta(milliseconds=int(text))


def _octets(text: str) -> bytes:
    """Base64 with line ends in it, or hexadecimal digits; empty when it is neither."""
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""


class EjbcaReader:
    """Reads one exported table.

    Args:
        log: which export.
    """

    form: Final = "ejbca"

    def __init__(self, log: LogName) -> None:
        self.log = log
        self.records = self.rows = self.unreadable = 0
        self._lines = Lines()
        self._columns: list[str] | None = None
        self._json: bool | None = None
        self._row, self._begin = b"", 0

    def feed(self, data: bytes) -> Iterator[StoredRow | Unreadable]:
        """Take the next octets of the export."""
        for start, line in self._lines.cut(data, b"\n", _LARGEST):
            yield from self._line(start, line)

    def finish(self) -> Iterator[StoredRow | Unreadable]:
        """The export ends here."""
        rest = self._lines.rest()
        if rest is not None:
            yield from self._line(*rest)
        if self._row:
            self._row = b""
            yield self._bad(self._begin, "a row whose quotation marks are closed")

    def _bad(self, start: int, why: str) -> Unreadable:
        self.records += 1
        self.unreadable += 1
        return Unreadable(locator=Locator(source=self.log.source, offset=start, sequence=self.records), why=why)

    def _line(self, start: int, line: bytes | None) -> Iterator[StoredRow | Unreadable]:
        if line is None:
            yield self._bad(start, f"a row of at most {_LARGEST} octets")
            return
        if self._json is None and line.strip():
            self._json = line.lstrip().startswith(b"{")
        if not self._json:
            if self._row:
                start, line = self._begin, self._row + b"\n" + line
            if line.count(b'"') % 2 and len(line) <= _LARGEST:
                self._begin, self._row = start, line
                return
            self._row = b""
        if not line.strip():
            return
        if self._json:
            values = self._members(line)
        else:
            row = self._cells(line)
            if self._columns is None and row is not None:
                self._columns = [cell.strip().lower() for cell in row]
                return
            whole = row is not None and self._columns is not None and len(row) == len(self._columns)
            values = dict(zip(self._columns or (), row or (), strict=True)) if whole else None
        yield self._bad(start, "a row of the table") if values is None else self._stored(start, values)

    def _members(self, line: bytes) -> dict[str, str] | None:
        try:
            value: object = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        members = cast("dict[str, object]", value).items()
        return {name.lower(): str(each) for name, each in members if isinstance(each, str | int) and name}

    def _cells(self, line: bytes) -> list[str] | None:
        try:
            return next(csv.reader([line.removesuffix(b"\r").decode("utf-8")], strict=True), None)
        except (UnicodeDecodeError, csv.Error):
            return None

    def _stored(self, start: int, values: Mapping[str, str]) -> StoredRow | Unreadable:
        column = next((name for name in _COLUMNS if values.get(name, "").strip()), None)
        if column is None:
            return self._bad(start, "base64Cert, base64Crl or ocspResponse")
        der = _octets(values[column])
        if not der:
            return self._bad(start, f"base64 in {column}")
        self.records += 1
        self.rows += 1
        revoked = _millis(values.get("revocationdate", ""))
        attributes: list[tuple[str, str]] = []
        if values.get("status") == _REVOKED:
            attributes.append(("revoked", "yes" if revoked is None else revoked.strftime("%Y-%m-%dT%H:%M:%S.%fZ")))
        name = values.get("fingerprint") or values.get("id") or ""
        stamp = values.get("updatetime") or values.get("thisupdate") or values.get("producedat") or ""
        return StoredRow(
            locator=Locator(source=self.log.source, offset=start, sequence=self.records),
            uid=f"{self.log.name}:{name or start}",
            der=der,
            kind=_COLUMNS[column],
            stored_at=_millis(stamp) if column == "base64cert" else None,
            attributes=tuple(attributes),
        )
