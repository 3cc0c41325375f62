"""`pkicheck key`: may these public keys be certified?"""

from __future__ import annotations

import argparse
import binascii
import re
from datetime import datetime, timezone
from typing import Final, cast

from pkicheck._cli._judge import Judge, judge
from pkicheck._cli._parser import (
    Parser,
    Subparsers,
    add_output,
    add_policy,
    at_of,
    command,
    day_of,
)
from pkicheck._cli._read import load_policy, read_file, standard_input
from pkicheck.errors import InputError
from pkicheck.keys import DEADLINE, FORMS, key_plan
from pkicheck.lists import DatedList, PackagedLists, join_blocklists, read_key_hashes, read_key_records

__all__ = ["add", "add_lists", "lists_of", "run"]

_EXAMPLES = """\
  pkicheck key server.pub
  pkicheck key server.pub --records debian=2026-11-20:blocklist.dat
  pkicheck key - --hashes compromised=2026-11-20:spki-sha256:compromised.txt --policy own.json <server.pub
  pkicheck key *.pub --json

A key is a SubjectPublicKeyInfo: DER, or PEM with the label PUBLIC KEY (openssl pkey -pubout, openssl req -pubkey).
A list that the policy names and that is not given leaves the answer INCOMPLETE. Lists of one name are joined.
Exit code: 0 all pass, 1 one is refused, 2 the call is wrong, 3 one could not be decided."""

_LARGEST: Final = 1024 * 1024
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----", re.ASCII)


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "key",
        about="Decide for each public key whether it may be certified (BR 6.1.1.3, 6.1.5, 6.1.6, 7.1.3.1).",
        examples=_EXAMPLES,
    )
    parser.add_argument("file", metavar="FILE", nargs="+", help="a public key, DER or PEM; - for standard input")
    add_lists(parser)
    parser.add_argument(
        "--at", metavar="TIME", help="the moment judged (RFC 3339, e.g. 2026-11-21T12:00:00Z; default: now)"
    )
    add_policy(parser)
    add_output(parser, explain=True)


def add_lists(parser: Parser) -> None:
    """`--records` and `--hashes`, read by `lists_of`."""
    parser.add_argument(
        "--records",
        metavar="NAME=DAY:FILE",
        action="append",
        default=[],
        help="a list of bad keys: records as badkeys publishes them, fetched on that day (repeatable)",
    )
    parser.add_argument(
        "--hashes",
        metavar="NAME=DAY:FORM:FILE",
        action="append",
        default=[],
        help=f"a list of bad keys: one hash a line, of that day (repeatable). FORM: {', '.join(FORMS)}",
    )


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    files = cast("list[str]", args.file)
    if files.count("-") > 1:
        msg = "- (standard input) can be read once only"
        raise InputError(msg)
    policy = load_policy(args.policy)
    at = at_of(args) or datetime.now(timezone.utc)
    work = Judge(
        io=PackagedLists(blocklists=lists_of(args)),
        json=args.json,
        explain=args.explain,
        in_flight=1,
        deadline=DEADLINE,
    )
    return judge(work, [key_plan(_key(file), at=at, policy=policy) for file in files])


def _key(file: str) -> bytes:
    """The SubjectPublicKeyInfo in a file; what is no PEM is taken as DER, which the check judges."""
    data = standard_input().read(_LARGEST + 1) if file == "-" else read_file(file, most=_LARGEST)
    where = "standard input" if file == "-" else file
    if len(data) > _LARGEST:
        msg = f"{where} is larger than {_LARGEST} octets"
        raise InputError(msg)
    if b"-----BEGIN" not in data:
        return data
    blocks = _PEM.findall(data)
    if len(blocks) != 1 or data.count(b"-----BEGIN") != 1:
        msg = f"{where}: expected one PEM block, with the label PUBLIC KEY"
        raise InputError(msg)
    try:
        return binascii.a2b_base64(re.sub(rb"\s+", b"", blocks[0]), strict_mode=True)
    except binascii.Error as error:
        msg = f"{where}: the PEM block is no base64: {error}"
        raise InputError(msg) from None


def lists_of(args: argparse.Namespace) -> dict[str, DatedList]:
    """The lists of bad keys given by `--records` and `--hashes`, by name."""
    found: dict[str, list[DatedList]] = {}
    for given in cast("list[str]", args.records):
        name, day, file = _parts("--records", given, 3)
        found.setdefault(name, []).append(read_key_records(file, as_of=day_of(day, what="--records")))
    for given in cast("list[str]", args.hashes):
        name, day, form, file = _parts("--hashes", given, 4)
        read = read_key_hashes(file, form=form, as_of=day_of(day, what="--hashes"), least=0)
        found.setdefault(name, []).append(read)
    return {name: lists[0] if len(lists) == 1 else join_blocklists(*lists) for name, lists in found.items()}


def _parts(option: str, given: str, count: int) -> list[str]:
    name, equals, rest = given.partition("=")
    parts = rest.split(":", count - 2)
    if not (name and equals and len(parts) == count - 1 and all(parts)):
        shape = "NAME=DAY:FILE" if count == 3 else "NAME=DAY:FORM:FILE"
        msg = f"{option} must be {shape}, got {given!a}"
        raise InputError(msg)
    return [name, *parts]
