"""`pkicheck replay`: stored evidence decided again."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final, cast

import attrs

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, note, say, write_json
from pkicheck._cli._parser import Subparsers, add_at, add_output, at_of, command
from pkicheck._cli._read import Line, batches, open_lines, read_file
from pkicheck._progress import Progress
from pkicheck.canon import JsonValue, canonical, digest, parse_json
from pkicheck.chainlog import SCHEMA as CHAIN
from pkicheck.chainlog import parse_record
from pkicheck.errors import InputError
from pkicheck.evidence import Replay, Stored, load
from pkicheck.evidencejson import SCHEMA as EVIDENCE

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck caa shop.example --issuer ca.example --zone examples/shop.zone --json >evidence.jsonl
  pkicheck replay evidence.jsonl
  pkicheck replay evidence.log --at 2027-03-15T00:00:00Z      (what would the rules of that day say?)

FILE holds one evidence record a line, or records of a hash-chained log; records of a log that hold something else are
counted and passed over. The chain itself is what `pkicheck log verify` looks at. With --at only another verdict counts as
a change. Exit code: 0 the same, 1 changed or a line that is no true record, 3 something could not be decided again."""

_LARGEST: Final = 64 * 1024 * 1024
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "replay",
        about="Decide stored evidence again on what was observed, under the rules and the code of today.",
        examples=_EXAMPLES,
    )
    parser.add_argument("file", metavar="FILE", help="JSON lines; - for standard input")
    parser.add_argument(
        "--document",
        metavar="FILE",
        action="append",
        default=[],
        help="a document that records name by digest and do not hold (a policy, a list of issuers); repeatable",
    )
    add_at(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    documents = [read_file(each, most=_LARGEST) for each in cast("list[str]", args.document)]
    work = _Work(at=at_of(args), documents=documents, json=args.json)
    progress = Progress(sys.stderr, wanted=sys.stderr.isatty() and not sys.stdout.isatty())
    with open_lines(args.file) as stream:
        for lines in batches(stream, limit=_LARGEST):
            for line in lines:
                work.line(line)
                progress.update(line.number, work.summary)
            flush()
    progress.clear()
    return work.end(args.file)


class _Cannot(Exception):
    """A true record that cannot be decided again here."""


@attrs.define(kw_only=True)
class _Work:
    """What is replayed, and what came of it so far."""

    at: datetime | None
    documents: Collection[bytes]
    json: bool
    exit: int = _exits.PASS
    counts: dict[str, int] = attrs.field(
        factory=lambda: dict.fromkeys(("same", "changed", "bad", "cannot", "passed over"), 0)
    )

    def line(self, line: Line) -> None:
        """Replay one line and print what there is to say of it."""
        try:
            record = self._evidence(line)
            if record is None:
                self.counts["passed over"] += 1
                return
            replay = self._replay(record)
        except _Cannot as error:
            self._print(line, "cannot", str(error))
        except InputError as error:
            self._print(line, "bad", str(error))
        else:
            changed = replay.verdict_changed if self.at is not None else not replay.same
            if changed:
                self._print(line, "changed", _prose(record, replay), _facts(record, replay))
            else:
                self.counts["same"] += 1

    def _evidence(self, line: Line) -> Stored | None:
        """The evidence of a line: the line itself, or the payload of a chain record; None for another payload."""
        if line.cut:
            msg = f"the line is longer than {_LARGEST} octets"
            raise InputError(msg)
        data, value = line.data, parse_json(line.data, what="the line")
        if isinstance(value, Mapping) and value.get("schema") == CHAIN:
            record = parse_record(data)
            if record.schema != EVIDENCE:
                value = {"schema": record.schema}
            elif record.payload_json is None:
                msg = f"record {record.sequence} of the log {record.log_id}: the payload is withheld"
                raise _Cannot(msg)
            else:
                data, value = record.payload_json, record.payload
        schema = value.get("schema") if isinstance(value, Mapping) else None
        if data is line.data and schema != EVIDENCE and value is not None and _is_other(schema):
            return None
        if schema != EVIDENCE and str(schema).startswith(EVIDENCE.rpartition("/")[0] + "/"):
            msg = f"a record of {schema}, which this version does not read"
            raise _Cannot(msg)
        return load(data)
