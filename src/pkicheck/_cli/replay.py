"""`pkicheck replay`: stored evidence decided again."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, cast

import attrs

from pkicheck._cli import _exits
from pkicheck._cli._judge import BAD_LINE
from pkicheck._cli._output import flush, note, say, write_json
from pkicheck._cli._parser import Subparsers, add_at, add_output, at_of, command
from pkicheck._cli._read import Line, batches, open_lines, read_file
from pkicheck._progress import Progress
from pkicheck.canon import JsonValue, canonical, digest, format_time, parse_json
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
counted and passed over. The chain itself is what `pkicheck log verify` looks at. With --at only another verdict counts
as a change. Exit code: 0 the same, 1 changed or a line that is no true record, 3 one could not be decided again."""

_LARGEST: Final = 64 * 1024 * 1024
_FAMILY: Final = EVIDENCE.rstrip("0123456789")
# How each record of a log begins, and no evidence does: both are canonical JSON, whose keys are sorted.
_CHAINED: Final = b'{"hash":'
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
            self.print(line, "cannot", str(error))
        except InputError as error:
            self.print(line, "bad", str(error))
        else:
            changed = replay.verdict_changed if self.at is not None else not replay.same
            if changed:
                self.print(line, "changed", _prose(record, replay), _facts(record, replay))
            else:
                self.counts["same"] += 1

    def _evidence(self, line: Line) -> Stored | None:
        """The evidence of a line, or in the chain record of a line; None for a line that holds none."""
        if line.cut:
            msg = f"the line is longer than {_LARGEST} octets"
            raise InputError(msg)
        data = line.data
        if data.startswith(_CHAINED):
            record = parse_record(data)
            if not record.schema.startswith(_FAMILY):
                return None
            if record.payload_json is None:
                msg = "the payload is withheld"
                raise _Cannot(msg)
            data = record.payload_json
        try:
            return load(data)
        except InputError:
            value = parse_json(data, what="the line")
            schema = value.get("schema") if isinstance(value, Mapping) else None
            if schema == BAD_LINE:
                return None
            if schema != EVIDENCE and str(schema).startswith(_FAMILY):
                msg = f"the record is of {schema}, which this version does not read"
                raise _Cannot(msg) from None
            raise

    def _replay(self, stored: Stored) -> Replay:
        known = {*stored.record["documents"], *map(digest, self.documents)}
        named = [each for each in stored.record["asked"].values() if isinstance(each, str) and _DIGEST.fullmatch(each)]
        missing = [each for each in named if each not in known]
        if missing:
            msg = f"the document {missing[0]} is withheld: give it with --document FILE"
            raise _Cannot(msg)
        return stored.replay(at=self.at, documents=self.documents)

    def print(self, line: Line, outcome: str, said: str, facts: Mapping[str, JsonValue] | None = None) -> None:
        """Count and print a line that is not the same."""
        self.counts[outcome] += 1
        self.exit = _exits.worst(self.exit, _exits.INCOMPLETE if outcome == "cannot" else _exits.REFUSED)
        if self.json:
            write_json(canonical({"line": line.number, "outcome": outcome, **(facts or {"message": said})}))
        else:
            say(f"line {line.number}: {outcome}: {said}")

    @property
    def summary(self) -> str:
        """`12 same, 1 changed, 0 bad, 0 cannot, 0 passed over`."""
        return ", ".join(f"{count} {name}" for name, count in self.counts.items())

    def end(self, name: str) -> int:
        """Print the counts; the exit code."""
        if not sum(self.counts.values()):
            msg = f"{name} is empty: there is nothing to replay"
            raise InputError(msg)
        (note if self.json else say)(self.summary)
        flush()
        replayed = self.counts["same"] + self.counts["changed"]
        # Lines that hold no evidence prove nothing.
        return self.exit if replayed else _exits.worst(self.exit, _exits.INCOMPLETE)


def _prose(stored: Stored, replay: Replay) -> str:
    result = replay.result
    parts = [f"{result.subject()}: {stored.record['verdict'].upper()} -> {result.verdict.name}"]
    parts += [f"+ {code}" for code in replay.findings_added] + [f"- {code}" for code in replay.findings_gone]
    if replay.expires_changed:
        parts.append(f"expires {stored.record['expires_at']} -> {_expiry(replay)}")
    return ", ".join(parts)


def _expiry(replay: Replay) -> str | None:
    return None if replay.result.expires_at is None else format_time(replay.result.expires_at)


def _facts(stored: Stored, replay: Replay) -> dict[str, JsonValue]:
    return {
        "subject": replay.result.subject(),
        "was": stored.record["verdict"],
        "is": replay.result.verdict.value,
        "added": list(replay.findings_added),
        "gone": list(replay.findings_gone),
        "expired_at": stored.record["expires_at"],
        "expires_at": _expiry(replay),
    }
