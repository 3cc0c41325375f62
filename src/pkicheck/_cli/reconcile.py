"""`pkicheck reconcile`: what HSM logs say was signed, against everything that was issued."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Any, Final, cast

from pkicheck._cli import _exits
from pkicheck._cli._logs import EXPORTS, ExportSource, LogOptions, files_of, interval, open_log, split_name
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_at, add_output, add_policy, at_of, command
from pkicheck._cli._read import load_policy, read_file
from pkicheck._progress import Progress
from pkicheck.canon import JsonValue, Sha256, format_time, parse_json, parse_time
from pkicheck.errors import InputError, TransportError
from pkicheck.findings import Verdict
from pkicheck.hsmlog import Expectation, ReconcileResult, SignedObject, Source, reconcile
from pkicheck.hsmlog.cursor import cursor_from_json
from pkicheck.hsmlog.objectsource import ObjectSource
from pkicheck.hsmlog.readers import FORMATS
from pkicheck.hsmlog.report import exceptions_csv, report_json, report_of, summary
from pkicheck.hsmlog.reportpage import report_html, report_markdown
from pkicheck.issuerkey import IssuerKey, KeyAlias
from pkicheck.stores import DiskSpill, Entry, Fields, FileStore
from pkicheck.x509 import read_certificate

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck reconcile --log spy.log --zone +01:00 --issued issued/ --key issuer.pem:ca-key \\
      --window 2026-11-21/2026-11-22 --covers 2026-11-21/2026-11-22
  pkicheck reconcile --log cloudtrail/ --issued db.jsonl --key a.pem --key b.pem --window 2026-11-21/2026-11-22 \\
      --cursor nightly.cursor --out report/

A log answers for no time of which it, or --covers, does not say so: silence is never clean. With --cursor, the next run
begins where the last one ended. With --out, report.json, report.html, report.md, exceptions.csv and evidence.json are
written. Exit code: 0 every operation has its object and every object its operation, 1 something has not, 2 the call is
wrong, 3 it cannot be said."""

_LARGEST: Final = 64 * 1024 * 1024
_EXITS: Final = {Verdict.PASS: _exits.PASS, Verdict.FAIL: _exits.REFUSED, Verdict.INCOMPLETE: _exits.INCOMPLETE}


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "reconcile",
        about="Reconcile what HSM logs say was signed with everything that was issued.",
        examples=_EXAMPLES,
    )
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument(
        "--log",
        metavar="FILE[:FORMAT]",
        help=f"a log, or a folder of logs; its format is told by its content, or one of {', '.join(FORMATS)}",
        **many,
    )
    parser.add_argument(
        "--issued",
        metavar="PATH[:FORM]",
        help="files or folders of certificates, CRLs, responses: DER, PEM, Base64, JSON lines, CSV, tar, gzip; "
        f"or an export of {' or '.join(EXPORTS)}",
        **many,
    )
    parser.add_argument("--ct", metavar="PATH", help="what Certificate Transparency shows, compared by serial", **many)
    parser.add_argument(
        "--key",
        metavar="CERT[:NAME,...]",
        help="the certificate of an issuer key in scope, and the names by which logs call the key",
        **many,
    )
    parser.add_argument(
        "--window", metavar="A/B", help="the time judged, two times or days; by default from the cursor on"
    )
    parser.add_argument(
        "--covers", metavar="A/B", help="a stretch of time that the logs answer for; repeatable", **many
    )
    parser.add_argument(
        "--zone",
        metavar="ZONE",
        help="the zone of local times in logs: UTC, +01:00, Europe/Madrid (west of Greenwich: --zone=-05:00)",
    )
    parser.add_argument("--mapping", metavar="FILE", help="how to read logs of the format mapping")
    parser.add_argument("--anchor", metavar="HEAD", help="a head or digest of a log that somebody else kept", **many)
    parser.add_argument("--expect", metavar="FILE", help="operations announced beforehand (JSON)")
    parser.add_argument("--fields", metavar="FILE", help="how the fields of JSON lines and CSV are called (JSON)")
    parser.add_argument(
        "--stored",
        choices=("none", "modified"),
        default="none",
        help="whether a file was stored when it was last written",
    )
    parser.add_argument("--cursor", metavar="FILE", help="read if it is there, and written for the next run")
    parser.add_argument("--spill", metavar="DIR", help="where rows go that do not fit into memory")
    parser.add_argument("--out", metavar="DIR", help="where to write the report")
    add_at(parser)
    add_policy(parser)
    add_output(parser)


class _Reading:
    """Progress over all inputs: how much, how fast, how long it will take."""

    def __init__(self, paths: list[str]) -> None:
        self._total = sum(_size(path) for path in paths)
        self._done = 0
        self._store = 0
        self._line = Progress(sys.stderr, wanted=sys.stderr.isatty())
        self._began = datetime.now(timezone.utc)

    def more(self, octets: int) -> None:
        """So many more octets were read."""
        self._done += octets
        spent = (datetime.now(timezone.utc) - self._began).total_seconds()
        left = max(0, self._total - self._done)
        if left and self._done:
            said = f"KiB of {self._total >> 10}, about {left * spent / self._done:.0f} s left"
        else:
            said = "KiB; matching, and reading the exceptions"
        self._line.update(self._done >> 10, said)

    def reached(self, octets: int) -> None:
        """A store has come to this octet; a smaller number begins a new store or pass."""
        self.more(octets - self._store if octets >= self._store else octets)
        self._store = octets

    def clear(self) -> None:
        """Take the line away."""
        self._line.clear()


def _size(path: str) -> int:
    if not os.path.isdir(path):
        return os.path.getsize(path) if os.path.exists(path) else 0
    return sum(os.path.getsize(os.path.join(root, each)) for root, _, files in os.walk(path) for each in files
               if os.path.isfile(os.path.join(root, each)))  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    for name in ("log", "issued", "key"):
        if not getattr(args, name):
            msg = f"--{name} is missing: without it there is nothing to compare"
            raise InputError(msg)
    logs = [split_name(each, FORMATS) for each in cast("list[str]", args.log)]
    issued = [split_name(each, tuple(EXPORTS)) for each in cast("list[str]", args.issued)]
    progress = _Reading([path for path, _ in (*logs, *issued)] + args.ct)
    options = LogOptions.of(
        zone=args.zone, covers=args.covers, mapping=args.mapping, anchors=args.anchor, progress=progress.more
    )
    at = at_of(args) or datetime.now(timezone.utc)
    cursor = _cursor(args.cursor)
    window = _window(args.window, cursor, at)
    fields = Fields() if args.fields is None else Fields.from_json(_json(args.fields))
    events = [open_log(file, form, options) for path, form in logs for file in files_of(path)]

    def store(path: str, form: str | None = None) -> Source[SignedObject]:
        if form is not None:
            return ExportSource(path, form, options)
        return ObjectSource(FileStore([path], fields=fields, times=args.stored, progress=progress.reached))

    keys = _keys(args.key)
    with ExitStack() as stack:
        result = reconcile(
            cast("list[Any]", events),
            [store(path, form) for path, form in issued],
            keys=keys,
            window=window,
            at=at,
            expect=_expectations(args.expect, keys),
            ct=[store(path) for path in args.ct],
            cursor=cursor,
            spill=None if args.spill is None else stack.enter_context(DiskSpill(args.spill)),
            policy=load_policy(args.policy),
        )
    progress.clear()
    _write(result, args.out, args.cursor)
    report = report_of(result)
    if args.json:
        write_json(report_json(report))
    else:
        say(summary(report))
    flush()
    return _EXITS[result.verdict]


# -- arguments


def _json(path: str) -> JsonValue:
    return parse_json(read_file(path, most=_LARGEST), what=path)


def _cursor(path: str | None) -> bytes:
    if path is None or not os.path.exists(path):
        return b""
    return read_file(path, most=_LARGEST)


def _window(text: str | None, cursor: bytes, at: datetime) -> tuple[datetime, datetime]:
    if text is not None:
        return interval(text, what="--window")
    until = cursor_from_json(cursor).until
    if until is None:
        msg = "--window is missing, and there is no cursor that says where to begin"
        raise InputError(msg)
    if until >= at:
        msg = f"--window is missing, and the cursor has come to {format_time(until)}, which is not in the past"
        raise InputError(msg)
    return until, at


def _keys(texts: list[str]) -> list[IssuerKey]:
    """`CERT:NAME,NAME`: where a file of the whole name exists, there are no names in it."""
    found: dict[str, IssuerKey] = {}
    for text in texts:
        path, names = text, ""
        if not os.path.exists(text):
            path, _, names = text.rpartition(":")
            path = path or text
        before = len(found)
        for each in FileStore([path]):
            if not isinstance(each, Entry):
                if each.certain:
                    continue
                msg = f"--key {path}: {each.why}"
                raise InputError(msg)
            this = read_certificate(each.data)[0].key.encoded
            aliases = tuple(KeyAlias(name=name) for name in names.split(",") if name)
            key = IssuerKey(
                certificate=each.data,
                spki=this,
                caa=frozenset(),
                purposes=frozenset({"tls"}),
                public=True,
                production=True,
                aliases=aliases,
            )
            found.setdefault(key.id, key)
        if names and len(found) - before > 1:
            msg = f"--key {path}: it holds several certificates: a name belongs to one key"
            raise InputError(msg)
    return list(found.values())


def _expectations(path: str | None, keys: list[IssuerKey]) -> list[Expectation]:
    if path is None:
        return []
    value = _json(path)
    known = {"name", "key", "begins", "ends", "hash", "digest", "count"}
    found: list[Expectation] = []
    for number, each in enumerate(value if isinstance(value, list) else [None]):
        where = f"{path}, expectation {number}"
        if not isinstance(each, dict) or set(each) - known:
            msg = f"{where}: a list of objects with {', '.join(sorted(known))}"
            raise InputError(msg)
        key = each.get("key", keys[0].id if len(keys) == 1 else None)
        count = each.get("count", 1)
        texts = [each.get(name, "") for name in ("name", "begins", "ends", "hash", "digest")]
        if not isinstance(key, str) or type(count) is not int or not all(isinstance(text, str) for text in texts):
            msg = f"{where}: key, name, begins, ends, hash and digest are texts, count is a number"
            raise InputError(msg)
        name, begins, ends, hash_, digest = cast("list[str]", texts)
        try:
            octets = bytes.fromhex(digest)
        except ValueError:
            msg = f"{where}: digest must be hexadecimal"
            raise InputError(msg) from None
        found.append(
            Expectation(
                name=name,
                key=Sha256(key),
                begins=parse_time(begins, what=f"{where}: begins"),
                ends=parse_time(ends, what=f"{where}: ends"),
                hash=hash_,
                digest=octets,
                count=count,
            )
        )
    return found


# -- outputs


def _write(result: ReconcileResult, folder: str | None, cursor: str | None) -> None:
    """The report first, the cursor last: what a cursor has passed over was told."""
    try:
        if folder is not None:
            os.makedirs(folder, exist_ok=True)
            report = report_of(result)
            for name, data in (
                ("evidence.json", result.to_json() + b"\n"),
                ("exceptions.csv", exceptions_csv(report)),
                ("report.html", report_html(report)),
                ("report.md", report_markdown(report).encode()),
                ("report.json", report_json(report) + b"\n"),
            ):
                _replace(os.path.join(folder, name), data)
        if cursor is not None:
            _replace(cursor, result.cursor)
    except OSError as error:
        msg = f"{error.filename or folder or cursor} cannot be written: {error.strerror}"
        raise TransportError(msg) from error


def _replace(path: str, data: bytes) -> None:
    """Write a file so that there is always the old one or the new one, whole."""
    descriptor, new = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".pkicheck-")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError:
        os.unlink(new)
        raise
