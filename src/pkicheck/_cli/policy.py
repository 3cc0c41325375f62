"""`pkicheck policy`: a policy and its fingerprint."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_output, command
from pkicheck._cli._read import load_policy
from pkicheck.canon import JsonValue, canonical
from pkicheck.policy import policy_json

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck policy
  pkicheck policy private --json >mine.json     (then give it a name of its own, and change it)
  pkicheck policy mine.json"""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "policy",
        about="Print a policy. Its fingerprint is the SHA-256 of the JSON text, without the line feed.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "policy", metavar="POLICY", nargs="?", default="baseline", help="baseline (default), private, or a JSON file"
    )
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    policy = load_policy(args.policy)
    written = policy_json(policy)
    if args.json:
        write_json(canonical(written))
    else:
        say(f"fingerprint {policy.fingerprint}")
        for key, value in _flat(written):
            say(f"{key} = {canonical(value).decode()}")
    flush()
    return _exits.PASS


def _flat(value: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item
