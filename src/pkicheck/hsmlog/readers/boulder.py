"""The audit log of boulder, as the other side: it has the whole DER of what was signed, precertificates included.

    line = anything checksum " [AUDIT] " text LF
    text = "Signing precert success: " ... "precertificate=[" hex "]" ...     ; older
         / "Signing cert success: " ... "certificate=[" hex "]" ...
         / "Signing precert success JSON=" object / "Signing cert success JSON=" object

The checksum is CRC-32 (IEEE) of everything behind it and its blank, as a varint in five octets, in base64url without
padding: it finds accidents, and no attacker. The time before it cannot be trusted: the layout that boulder prints has a
constant in the place of the offset.

The database keeps, under `precertificates`, twins with the signature of a throw-away key; those come from a store with
the attribute `twin`, and only this log has the real ones.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Final, cast

from pkicheck.hsmlog.model import Locator, Unreadable
from pkicheck.hsmlog.readers._base import Lines, LogName
from pkicheck.hsmlog.readers._rows import StoredRow
from pkicheck.issuerkey import ObjectKind

__all__ = ["BoulderReader", "boulder_checksum"]

_LARGEST: Final = 4 * 1024 * 1024
_AUDIT: Final = re.compile(rb"(?:^| )([A-Za-z0-9_-]{7}) (\[AUDIT\] [^\n]*)")
_SIGNED: Final = re.compile(rb"\[AUDIT\] Signing (precert|cert)(?:ificate)? success(: | JSON=)")
_FIELD: Final = re.compile(rb"(?:^| )(precert|precertificate|cert|certificate)=\[([0-9a-fA-F]{2,})\]")


def boulder_checksum(text: bytes) -> bytes:
    """The checksum that boulder writes before a line."""
    left, octets = zlib.crc32(text), bytearray()
    while left >= 0x80:
        octets.append(left & 0x7F | 0x80)
        left >>= 7
    octets.append(left)
    return base64.urlsafe_b64encode(bytes(octets).ljust(5, b"\0")).rstrip(b"=")


def _find(value: object, name: str) -> str:
    """A member of the object, or of its member `Result`."""
    if not isinstance(value, dict):
        return ""
    members = cast("dict[str, object]", value)
    for holder in (members, members.get("Result")):
        if isinstance(holder, dict):
            found = cast("dict[str, object]", holder).get(name)
            if isinstance(found, str) and found:
                return found
    return ""


class BoulderReader:
    """Reads an audit log.

    Args:
        log: which log.
    """

    form: Final = "boulder-audit"

    def __init__(self, log: LogName) -> None:
        self.log = log
        self.records = self.rows = self.passed = self.unreadable = self.checked = 0
        self._lines = Lines()

    def feed(self, data: bytes) -> Iterator[StoredRow | Unreadable]:
        """Take the next octets of the log."""
        for start, line in self._lines.cut(data, b"\n", _LARGEST):
            yield from self._line(start, line)

    def finish(self) -> Iterator[StoredRow | Unreadable]:
        """The log ends here."""
        rest = self._lines.rest()
        if rest is not None:
            yield from self._line(*rest)

    def _line(self, start: int, line: bytes | None) -> Iterator[StoredRow | Unreadable]:
        if line is not None and not line.strip():
            return
        self.records += 1
        match = None if line is None else _AUDIT.search(line)
        if line is None or (match is None and b"[AUDIT]" in line):
            yield self._bad(start, "a line with its checksum")
            return
        if match is None:
            self.passed += 1
            return
        if boulder_checksum(match[2]) != match[1]:
            yield self._bad(start, "a line whose checksum holds")
            return
        self.checked += 1
        signed = _SIGNED.match(match[2])
        if signed is None:
            self.passed += 1
            return
        precertificate = signed[1] == b"precert"
        der = self._der(match[2][signed.end() :], precertificate, plain=signed[2] == b": ")
        if not der:
            yield self._bad(start, "the certificate in the line")
            return
        self.rows += 1
        kind: ObjectKind = "precertificate" if precertificate else "certificate"
        yield StoredRow(
            locator=Locator(source=self.log.source, offset=start, sequence=self.records),
            uid=f"{self.log.name}:{start}",
            der=der,
            kind=kind,
            attributes=(("platform", "boulder"),),
        )

    def _bad(self, start: int, why: str) -> Unreadable:
        self.unreadable += 1
        return Unreadable(locator=Locator(source=self.log.source, offset=start, sequence=self.records), why=why)

    def _der(self, text: bytes, precertificate: bool, *, plain: bool) -> bytes:
        if plain:
            wanted = (b"precert", b"precertificate") if precertificate else (b"cert", b"certificate")
            found = next((value for name, value in _FIELD.findall(text) if name in wanted), b"").decode("ascii")
        else:
            try:
                value: object = json.loads(text)
            except (ValueError, RecursionError):
                return b""
            found = _find(value, "Precertificate" if precertificate else "Certificate")
        try:
            return bytes.fromhex(found)
        except ValueError:
            return b""
