"""`pkicheck log`: append to a hash-chained log, and verify one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pkicheck._cli import _exits
from pkicheck._cli._chain import log_id_of, open_log
from pkicheck._cli._output import flush, note, say, write_json
from pkicheck._cli._parser import Parser, Subparsers, add_output, command
from pkicheck._cli._read import Line, batches, read_file, standard_input
from pkicheck.canon import Sha256, canonical, parse_json
from pkicheck.chainlog import (
    MAX_LINE,
    ChainLog,
    ChainReport,
    ChainVerdict,
    Head,
    JoinReport,
    Manifest,
    log_files,
    verify_files,
    verify_manifest,
)
from pkicheck.errors import InputError

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck log append evidence.log --log-id ca1 <evidence.jsonl
  pkicheck log verify evidence.log
  pkicheck log verify evidence.log --head 'ca1 42 5f0c...' --public-key log.pem"""

_APPEND = """\
  pkicheck caa - --issuer ca.example --zone shop.zone --json <names.txt | pkicheck log append evidence.log --log-id ca1

Each line of standard input is a JSON object that says its own schema, or is given one with --schema. What is printed
for it is the head after it: kept elsewhere, it is the anchor that `log verify --head` asks for. It is printed after the
record is on disk. Exit code: 0 all appended, 1 a line is bad (the others are appended), 2 the call is wrong."""

_VERIFY = """\
  pkicheck log verify evidence.log --head 'ca1 42 5f0c...'
  pkicheck log verify evidence.log --public-key log.pem --reaches 42
  pkicheck log verify a.log b.log --manifest heads.json

Rotated files of a log are found beside it. Without a head, or seals and a count, the answer is `unanchored`: whoever
can write the file can cut off its end. Exit code: 0 intact, 1 broken, 2 the call is wrong, 3 unanchored or torn."""

_EXITS: Final = {
    ChainVerdict.INTACT: _exits.PASS,
    ChainVerdict.BROKEN: _exits.REFUSED,
    ChainVerdict.TORN: _exits.INCOMPLETE,
    ChainVerdict.UNANCHORED: _exits.INCOMPLETE,
}
_LARGEST: Final = 16 * 1024 * 1024


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(subparsers, "log", about="Append to a hash-chained log, or verify one.", examples=_EXAMPLES)
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True, parser_class=Parser)
    appends = _action(actions, "append", "append JSON lines from standard input", _APPEND)
    appends.add_argument("file", metavar="FILE", help="the log")
    appends.add_argument("--log-id", metavar="ID", help="its id, when the file does not exist yet")
    appends.add_argument("--schema", metavar="NAME", help="the schema of lines that do not say it themselves")
    add_output(appends)
    verifies = _action(actions, "verify", "verify a log", _VERIFY)
    verifies.add_argument(
        "file", metavar="FILE", nargs="+", help="the log (its files, or with --manifest several logs)"
    )
    verifies.add_argument(
        "--head", metavar="HEAD", help="'ID SEQUENCE HASH' as append prints it, SEQUENCE:HASH, or JSON"
    )
    verifies.add_argument("--until-head", action="store_true", help="judge the log up to the head only")
    verifies.add_argument("--reaches", metavar="N", type=int, help="the number of a record that is known to exist")
    verifies.add_argument("--log-id", metavar="ID", help="the id that the log must have")
    verifies.add_argument(
        "--public-key", metavar="PEM", action="append", default=[], help="an Ed25519 key that seals the log; repeatable"
    )
    verifies.add_argument("--manifest", metavar="FILE", help="the heads of several logs (pkicheck/chain-manifest/1)")
    add_output(verifies)


def _action(actions: Subparsers, name: str, about: str, examples: str) -> Parser:
    return actions.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    return _append(args) if args.action == "append" else _verify(args)


def _append(args: argparse.Namespace) -> int:
    code, lines = _exits.PASS, 0
    with open_log(args.file, args.log_id) as log:
        if log.recovery is not None:
            moved = ", ".join(piece.file for piece in log.recovery.pieces)
            note(f"{args.file}: the last append was cut short; its bytes are kept in {moved}")
        for batch in batches(standard_input(), limit=MAX_LINE):
            for line in batch:
                lines += 1
                try:
                    head = _append_line(log, line, args.schema)
                except InputError as error:
                    code = _exits.REFUSED
                    note(f"line {line.number}: not appended: {error}")
                else:
                    if args.json:
                        write_json(canonical({"log": head.log_id, "sequence": head.sequence, "hash": head.hash}))
                    else:
                        say(str(head))
            flush()
    if not lines:
        msg = "standard input is empty: there is nothing to append"
        raise InputError(msg)
    return code


def _append_line(log: ChainLog, line: Line, schema: str | None) -> Head:
    if line.cut:
        msg = f"the line is longer than {MAX_LINE} octets"
        raise InputError(msg)
    value = parse_json(line.data, what="the line")
    if not isinstance(value, dict):
        msg = "the line must be a JSON object"
        raise InputError(msg)
    own = value.get("schema")
    if not isinstance(own, str):
        own = schema
    if own is None:
        msg = "the line does not say its schema: give one with --schema"
        raise InputError(msg)
    return log.append(value, own).head


def _verify(args: argparse.Namespace) -> int:
    files = _files(cast("list[str]", args.file))
    keys = [_key(each) for each in cast("list[str]", args.public_key)] or None
    report: ChainReport | JoinReport
    if args.manifest is not None:
        if args.head is not None or args.log_id is not None or args.reaches is not None:
            msg = "--manifest says all heads: leave out --head, --log-id and --reaches"
            raise InputError(msg)
        manifest = Manifest.from_json(read_file(args.manifest, most=_LARGEST))
        report = verify_manifest(manifest, files, public_key=keys, until_head=args.until_head)
    else:
        report = verify_files(
            files,
            log_id=args.log_id,
            head=None if args.head is None else _head(args.head, args.log_id, args.file[0]),
            public_key=keys,
            reaches=args.reaches,
            until_head=args.until_head,
        )
    if args.json:
        write_json(report.to_json() if isinstance(report, ChainReport) else _joined(report))
    else:
        say(report.summary())
    flush()
    return _EXITS[report.verdict]


def _joined(report: JoinReport) -> bytes:
    return canonical(
        {
            "schema": "pkicheck/chain-join/1",
            "verdict": report.verdict.value,
            "missing": list(report.missing),
            "unlisted": list(report.unlisted),
            "unreadable": list(report.unreadable),
            "reports": [parse_json(each.to_json()) for each in report.reports],
        }
    )


def _files(given: Sequence[str]) -> list[str]:
    """The files given and the rotated ones beside them, each once."""
    return list(dict.fromkeys(file for each in given for file in log_files(each)))


def _head(text: str, log_id: str | None, path: str) -> Head:
    if text.startswith("{"):
        value = parse_json(text.encode("utf-8", "surrogateescape"), what="--head")
        if not isinstance(value, dict) or set(value) != {"log", "sequence", "hash"}:
            msg = "--head: the JSON object has exactly log, sequence and hash"
            raise InputError(msg)
        # Head refuses values of another type, so the casts promise nothing.
        return Head(cast("str", value["log"]), cast("int", value["sequence"]), cast("Sha256", value["hash"]))
    if " " in text or ":" not in text:
        return Head.parse(text)
    sequence, _, own = text.partition(":")
    name = log_id or log_id_of(path)
    if name is None:
        msg = f"{path} holds no record that names its log: give --log-id ID, or --head 'ID SEQUENCE HASH'"
        raise InputError(msg)
    return Head.parse(f"{name} {sequence} {own}")


def _key(path: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(read_file(path, most=_LARGEST))
    except (ValueError, UnsupportedAlgorithm) as error:
        if isinstance(error, InputError):
            raise
        msg = f"{path} is no public key in PEM"
        raise InputError(msg) from None
    if not isinstance(key, Ed25519PublicKey):
        msg = f"{path} is no Ed25519 key"
        raise InputError(msg)
    return key
