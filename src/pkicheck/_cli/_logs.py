"""Logs named on the command line: opened, unpacked, their format told, read as often as a run needs."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from pkicheck._cli._read import read_file
from pkicheck.canon import Sha256, parse_time
from pkicheck.chainlog import Head
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Locator, SignedObject, SourceReport, Unreadable
from pkicheck.hsmlog.objects import read_object
from pkicheck.hsmlog.readers import (
    ENOUGH,
    FORMATS,
    AzureHsmReader,
    Base,
    BoulderReader,
    CloudHsmReader,
    CloudTrailReader,
    EjbcaReader,
    GcpKmsReader,
    LogName,
    LogReader,
    LogRecord,
    LogSource,
    Mapped,
    MappingReader,
    P11KitReader,
    SpyReader,
    StoredRow,
    YubiHsmReader,
    detect,
    mapping_from_json,
)
from pkicheck.signingrecord import SigningRecordReader
from pkicheck.stores import DEFAULT_LIMITS
from pkicheck.stores._entry import Damaged
from pkicheck.stores._octets import Gunzip, Octets

__all__ = [
    "EXPORTS",
    "ExportSource",
    "LogFile",
    "LogOptions",
    "files_of",
    "interval",
    "open_log",
    "split_name",
    "zone_of",
]

EXPORTS: Final[Mapping[str, Callable[[LogName], EjbcaReader | BoulderReader]]] = {
    "ejbca": EjbcaReader,
    "boulder": BoulderReader,
}
"""What a CA's own software writes: the other side."""

_CHUNK: Final = 1 << 18
_LARGEST_MAPPING: Final = 1 << 20


@attrs.frozen(kw_only=True)
class LogOptions:
    """What holds of all logs of a run.

    Attributes:
        zone: of local times; None: local times are no times.
        covers: the stretches of time that the logs answer for.
        mapping: for logs of the format `mapping`.
        anchors: heads of signing records, or digests of YubiHSM logs, as texts.
        progress: told of octets read, each time some were.
    """

    zone: tzinfo | None = None
    covers: tuple[tuple[datetime, datetime], ...] = ()
    mapping: Mapped | None = None
    anchors: tuple[str, ...] = ()
    progress: Callable[[int], None] | None = None

    @classmethod
    def of(
        cls,
        *,
        zone: str | None,
        covers: Sequence[str],
        mapping: str | None,
        anchors: Sequence[str],
        progress: Callable[[int], None] | None = None,
    ) -> LogOptions:
        """The options as they stand on the command line."""
        return cls(
            zone=zone_of(zone),
            covers=tuple(interval(each, what="--covers") for each in covers),
            mapping=None if mapping is None else mapping_from_json(read_file(mapping, most=_LARGEST_MAPPING)),
            anchors=tuple(anchors),
            progress=progress,
        )


def zone_of(text: str | None) -> tzinfo | None:
    """A zone: `UTC`, an offset such as `+01:00`, or a name such as `Europe/Madrid`."""
    if text is None:
        return None
    if text.upper() in ("UTC", "Z"):
        return timezone.utc
    if len(text) == 6 and text[0] in "+-" and text[3] == ":" and (text[1:3] + text[4:]).isdigit():
        offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:]))
        if offset < timedelta(days=1):
            return timezone(-offset if text[0] == "-" else offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"--zone must be UTC, an offset (+01:00) or the name of a zone, got {text!a}"
        raise InputError(msg) from None


def interval(text: str, *, what: str) -> tuple[datetime, datetime]:
    """`A/B`, two RFC 3339 times or days (00:00:00 UTC); A lies before B."""
    first, slash, last = text.partition("/")
    if not slash:
        msg = f"{what} must be FROM/TO, two times or days, got {text!a}"
        raise InputError(msg)
    begins, ends = (parse_time(f"{each}T00:00:00Z" if len(each) == 10 else each, what=what) for each in (first, last))
    if begins >= ends:
        msg = f"{what}: {last!a} must lie behind {first!a}"
        raise InputError(msg)
    return begins, ends


def split_name(text: str, known: Sequence[str]) -> tuple[str, str | None]:
    """`FILE:FORMAT` as path and format; a colon that no known format follows is part of the path."""
    path, colon, form = text.rpartition(":")
    return (path, form) if colon and path and form in known else (text, None)


def files_of(path: str) -> list[str]:
    """A file, or the files of a folder in the order of their names."""
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return [path]
        found = [os.path.join(path, os.fsdecode(each)) for each in sorted(os.listdir(os.fsencode(path)))]
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise InputError(msg) from None
    if not found:
        msg = f"{path} is empty: a log that is not there cannot answer for anything"
        raise InputError(msg)
    return found


class _File:
    """A log file: its digest, and its octets, unpacked, as often as they are asked for.

    Attributes:
        source: SHA-256 of the file as it lies there.
        damage: what was expected where the last pass ended early; empty: it did not.
    """

    def __init__(self, path: str, progress: Callable[[int], None] | None) -> None:
        found = hashlib.sha256()
        first = b""
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                msg = f"{path} is no file: a log is read twice"
                raise InputError(msg)
            with open(path, "rb", buffering=0) as file:
                while piece := file.read(_CHUNK):
                    first = first or piece
                    found.update(piece)
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}"
            raise InputError(msg) from None
        self._path, self._progress = path, progress
        self._packed = first[:2] == b"\x1f\x8b"
        self.source = Sha256(found.hexdigest())
        self.damage = ""

    def parts(self) -> Iterator[bytes]:
        """The octets of the log, up to where it is damaged."""
        self.damage = ""
        found = hashlib.sha256()
        try:
            with open(self._path, "rb", buffering=0) as file:

                def read(size: int) -> bytes:
                    piece = file.read(size)
                    found.update(piece)
                    if self._progress is not None:
                        self._progress(len(piece))
                    return piece

                take = Gunzip(Octets(read), DEFAULT_LIMITS).read if self._packed else read
                while piece := take(_CHUNK):
                    yield piece
        except Damaged as defect:
            self.damage = str(defect)
        except OSError as error:
            self.damage = f"a file that can be read: {error.strerror}"
        else:
            if found.hexdigest() != self.source:
                self.damage = "a file that stays as it is while it is read"

    def head(self) -> bytes:
        """Its first octets."""
        held = b""
        for piece in self.parts():
            held += piece
            if len(held) >= ENOUGH:
                break
        return held[:ENOUGH]


class LogFile:
    """A log as a source: where the file itself is damaged, that is the last record.

    Args:
        file: the file.
        reader: makes the reader of a pass.
    """

    def __init__(self, file: _File, reader: Callable[[], LogReader[Base]]) -> None:
        self._file = file
        self._source = LogSource(file.parts, reader)

    def __iter__(self) -> Iterator[LogRecord]:
        """The records of the log, in its order."""
        yield from self._source
        if self._file.damage:
            where = Locator(source=self._file.source, offset=self._source.report().octets)
            yield Unreadable(locator=where, why=self._file.damage)

    def report(self) -> SourceReport:
        """What the last complete pass found.

        Raises:
            InputError: it was not read to its end.
        """
        report = self._source.report()
        return attrs.evolve(report, unreadable=report.unreadable + 1) if self._file.damage else report


def _maker(form: str, log: LogName, options: LogOptions) -> Callable[[], LogReader[Base]]:
    """What makes a reader of this grammar."""

    def record() -> LogReader[Base]:
        return cast("LogReader[Base]", SigningRecordReader(log, anchors=tuple(map(Head.parse, options.anchors))))

    def yubihsm() -> LogReader[Base]:
        try:
            anchors = tuple(bytes.fromhex(each) for each in options.anchors)
        except ValueError:
            msg = "--anchor of a YubiHSM log must be a digest of 16 octets in hexadecimal"
            raise InputError(msg) from None
        return cast("LogReader[Base]", YubiHsmReader(log, device=log.name, anchors=anchors))

    def mapped() -> LogReader[Base]:
        if options.mapping is None:
            msg = f"{log.name}: a log of the format mapping needs --mapping FILE"
            raise InputError(msg)
        return cast("LogReader[Base]", MappingReader(log, mapping=options.mapping, zone=options.zone))

    def plain(kind: Callable[[LogName], object]) -> Callable[[], LogReader[Base]]:
        return lambda: cast("LogReader[Base]", kind(log))

    return {
        "pkcs11-spy": lambda: cast("LogReader[Base]", SpyReader(log, zone=options.zone)),
        "p11-kit": plain(P11KitReader),
        "yubihsm": yubihsm,
        "cloudtrail": plain(CloudTrailReader),
        "aws-cloudhsm": plain(CloudHsmReader),
        "gcp-kms": plain(GcpKmsReader),
        "azure-managed-hsm": plain(AzureHsmReader),
        "sign-record": record,
        "mapping": mapped,
    }[form]


def open_log(path: str, form: str | None, options: LogOptions) -> LogFile:
    """A log as a source.

    Args:
        path: the file; a gzip is unpacked.
        form: its format, None to tell it by its first octets.
        options: what holds of all logs.

    Raises:
        InputError: it cannot be read, or its format is not known.
    """
    file = _File(path, options.progress)
    if form is None:
        try:
            form = "mapping" if options.mapping is not None else detect(file.head())
        except InputError as error:
            msg = f"{path}: {error}"
            raise InputError(msg) from None
    assert form in FORMATS
    log = LogName(source=file.source, name=os.path.basename(path), covers=options.covers)
    make = _maker(form, log, options)
    make()
    return LogFile(file, make)


class ExportSource:
    """What EJBCA or boulder says it issued, as a source of objects.

    Args:
        path: the file.
        form: a name in `EXPORTS`.
        options: what holds of all inputs.
    """

    def __init__(self, path: str, form: str, options: LogOptions) -> None:
        self._file = _File(path, options.progress)
        self._form = form
        self._log = LogName(source=self._file.source, name=os.path.basename(path), covers=options.covers)
        self._report: SourceReport | None = None

    def __iter__(self) -> Iterator[SignedObject | Unreadable]:
        """The objects, in the order of the file."""
        octets = records = objects = unreadable = 0
        for row in self._rows(EXPORTS[self._form](self._log)):
            records += 1
            this: SignedObject | Unreadable
            if isinstance(row, Unreadable):
                this = row
            else:
                octets += len(row.der)
                this = read_object(
                    row.der, locator=row.locator, uid=row.uid, stored_at=row.stored_at, attributes=row.attributes
                )
            if isinstance(this, SignedObject):
                objects += 1
            else:
                unreadable += 1
            yield this
        self._report = SourceReport(
            source=self._log.source,
            name=self._log.name,
            format=self._form,
            octets=octets,
            records=records,
            events=objects,
            unreadable=unreadable,
            covers=self._log.covers,
        )

    def _rows(self, reader: EjbcaReader | BoulderReader) -> Iterator[StoredRow | Unreadable]:
        for part in self._file.parts():
            yield from reader.feed(part)
        yield from reader.finish()
        if self._file.damage:
            yield Unreadable(locator=Locator(source=self._file.source, offset=0), why=self._file.damage)

    def report(self) -> SourceReport:
        """What the last complete pass found.

        Raises:
            InputError: it was not read to its end.
        """
        if self._report is None:
            msg = "report: the export was not read to its end yet"
            raise InputError(msg)
        return self._report
