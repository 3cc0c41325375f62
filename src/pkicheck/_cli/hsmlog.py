"""`pkicheck hsmlog`: verify the log of an HSM, or show what it tells."""

from __future__ import annotations

import argparse
from typing import Final

from pkicheck._cli import _exits
from pkicheck._cli._logs import LogFile, LogOptions, open_log, split_name
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Parser, Subparsers, add_output, command
from pkicheck.canon import JsonValue, canonical, format_time
from pkicheck.hsmlog.describe import describe_event, words
from pkicheck.hsmlog.model import INTEGRITY, KeyEvent, SigningEvent, SourceReport, Unreadable
from pkicheck.hsmlog.readers import FORMATS, LogRecord

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck hsmlog verify record.log --anchor 'ca1 42 5f0c...'
  pkicheck hsmlog show spy.log --zone +01:00
  pkicheck hsmlog show export.csv:mapping --mapping luna.json --json"""

_VERIFY = """\
  pkicheck hsmlog verify yubihsm.txt --anchor 785eac279ce4bf6febb7a0cca8a30fd5

Exit code: 0 the records are protected up to an anchor, a seal or a signature, and whole; 1 the protection does not
hold; 2 the call is wrong; 3 nothing protects them, or records are missing or cannot be read."""

_SHOW = """\
  pkicheck hsmlog show spy.log --zone UTC

Digests and positions are shown, never what was signed, and no secret of the log. Exit code: 0, or 3 when records cannot
be read."""

_LEAST: Final = INTEGRITY["chained-anchored"]


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(subparsers, "hsmlog", about="Verify the log of an HSM, or show what it tells.", examples=_EXAMPLES)
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True, parser_class=Parser)
    for name, about, examples in (
        ("verify", "verify a log", _VERIFY),
        ("show", "show the operations in a log", _SHOW),
    ):
        action = actions.add_parser(
            name,
            help=about,
            description=f"{about.capitalize()}.",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        action.add_argument("file", metavar="FILE[:FORMAT]", help=f"the log; formats: {', '.join(FORMATS)}")
        action.add_argument(
            "--zone", metavar="ZONE", help="the zone of local times: UTC, +01:00, Europe/Madrid (--zone=-05:00)"
        )
        action.add_argument("--mapping", metavar="FILE", help="how to read a log of the format mapping")
        action.add_argument(
            "--anchor", metavar="HEAD", action="append", default=[], help="a head or digest that somebody else kept"
        )
        add_output(action)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    path, form = split_name(args.file, FORMATS)
    options = LogOptions.of(zone=args.zone, covers=(), mapping=args.mapping, anchors=args.anchor)
    source = open_log(path, form, options)
    return _verify(source, json=args.json) if args.action == "verify" else _show(source, json=args.json)


def _verify(source: LogFile, *, json: bool) -> int:
    bad = sum(isinstance(each, Unreadable) for each in source)
    report = source.report()
    if json:
        write_json(canonical(_report_json(report)))
    else:
        say(_report_text(report))
    flush()
    if report.broken:
        return _exits.REFUSED
    whole = INTEGRITY[report.integrity] >= _LEAST and not bad and not report.gaps
    return _exits.PASS if whole else _exits.INCOMPLETE


def _report_json(report: SourceReport) -> dict[str, JsonValue]:
    return {
        "schema": "pkicheck/hsmlog-report/1",
        "input": report.source,
        "name": report.name,
        "format": report.format,
        "octets": str(report.octets),
        "records": report.records,
        "operations": report.events,
        "unreadable": report.unreadable,
        "integrity": report.integrity,
        "verified_by": report.verified_by,
        "broken": list(report.broken),
        "gaps": [[each.why, each.first, each.last] for each in report.gaps],
        "overlaps": report.overlaps,
        "covers": [[format_time(begins), format_time(ends)] for begins, ends in report.covers],
        "holds_signatures": report.holds_signatures,
        "zone": report.zone,
        "last": report.last,
        "notes": dict(report.notes),
    }


def _report_text(report: SourceReport) -> str:
    by = f", verified by {report.verified_by}" if report.verified_by else ""
    lines = [
        f"{report.name} ({report.format}): integrity {report.integrity}{by}",
        f"  {report.records} records, {report.events} operations, {report.unreadable} unreadable",
        f"  SHA-256 {report.source}",
    ]
    if not report.holds_signatures:
        lines.append("  this format never tells of signatures: its silence means nothing")
    lines += [f"  broken at {each}" for each in report.broken]
    lines += [f"  missing: {each.why} {each.first} to {each.last}" for each in report.gaps]
    lines += [f"  {report.overlaps} records stood there more than once"] if report.overlaps else []
    lines += [f"  anchor for the next run: {report.last}"] if report.last else []
    return "\n".join(lines)


def _show(source: LogFile, *, json: bool) -> int:
    code = _exits.PASS
    for each in source:
        if isinstance(each, Unreadable):
            code = _exits.INCOMPLETE
        if json:
            write_json(canonical(_record_json(each)))
        else:
            say(_record_text(each))
    flush()
    return code


def _record_json(this: LogRecord) -> dict[str, JsonValue]:
    if isinstance(this, SigningEvent):
        return describe_event(this)
    where: dict[str, JsonValue] = {"input": this.locator.source, "offset": str(this.locator.offset)}
    if isinstance(this, Unreadable):
        return {"record": "unreadable", "where": where, "why": this.why, "certain": this.certain}
    return {
        "record": "key",
        "where": where,
        "name": this.uid,
        "key_name": this.key,
        "action": this.action,
        "detail": this.detail,
        "outcome": this.outcome,
        "time": None if this.time is None else format_time(this.time),
    }


def _record_text(this: LogRecord) -> str:
    if isinstance(this, SigningEvent):
        name, said = this.key or "unknown key", "; ".join(words(describe_event(this)))
        return f"{this.locator.offset}: {this.mechanism} by {name}: {this.outcome}; {said}"
    if isinstance(this, KeyEvent):
        when = "" if this.time is None else f" at {format_time(this.time)}"
        return f"{this.locator.offset}: {this.action} of {this.key or 'a key'} ({this.detail}): {this.outcome}{when}"
    return f"{this.locator.offset}: unreadable: expected {this.why}"
