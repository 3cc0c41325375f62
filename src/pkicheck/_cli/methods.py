"""`pkicheck methods`: every validation method, and where it stands on a day."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_output, command, day_of
from pkicheck._cli._words import day_text
from pkicheck.canon import JsonValue, canonical, format_time
from pkicheck.dcv.registry import Method, methods

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck methods
  pkicheck methods --at 2027-03-15
  pkicheck methods --json | jq -r 'select(.status == "allowed") | .id'"""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "methods",
        about="List every validation method of BR 3.2.2.4 and 3.2.2.5, retired ones too, with its state on a day.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--at", metavar="DATE", help="a day (00:00 UTC) or an RFC 3339 moment; default: today")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    at = datetime.now(timezone.utc) if args.at is None else day_of(args.at, what="--at")
    for each in methods():
        if args.json:
            write_json(canonical(_json(each, at)))
        else:
            say(f"{each.id}: {each.status(at).value}\n  {each.name}; {_dates(each)}\n  {_marks(each)}")
    flush()
    return _exits.PASS


def _dates(each: Method) -> str:
    since = "before 2017" if each.since is None else day_text(each.since)
    until = "" if each.until is None else f", no start from {day_text(each.until)}"
    relied = "" if each.relied_until is None else f", nothing rests on it from {day_text(each.relied_until)}"
    return f"since {since}{until}{relied}"


def _marks(each: Method) -> str:
    marks = ("domains", "addresses", "onion", "wildcard", "prune", "cname")
    found = [mark for mark in marks if getattr(each, mark)]
    labels = ", ".join(sorted(each.labels)) or "no label"
    return f"{' '.join(found)}; {labels}; perspectives: {each.corroborated or 'none'}"


def _json(each: Method, at: datetime) -> dict[str, JsonValue]:
    return {
        "id": each.id,
        "name": each.name,
        "status": each.status(at).value,
        "since": None if each.since is None else format_time(each.since),
        "until": None if each.until is None else format_time(each.until),
        "relied_until": None if each.relied_until is None else format_time(each.relied_until),
        "acme": each.acme,
        "labels": sorted(each.labels),
        "kind": each.kind,
        "domains": each.domains,
        "addresses": each.addresses,
        "onion": each.onion,
        "wildcard": each.wildcard,
        "prune": each.prune,
        "cname": each.cname,
        "corroborated": each.corroborated,
        "dnssec": each.dnssec,
        "reuse_seconds": int(each.reuse(at).total_seconds()),
    }
