"""`pkicheck policy`: a policy with its fingerprint, whether a file is one, and how two differ."""

from __future__ import annotations

import argparse

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_output, command
from pkicheck._cli._read import load_policy
from pkicheck.canon import canonical
from pkicheck.errors import InputError
from pkicheck.policy import Policy, differences, policy_json
from pkicheck.policy._text import flat

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck policy
  pkicheck policy private --json >mine.json     (then give it a name of its own, and change it)
  pkicheck policy check mine.toml
  pkicheck policy diff baseline mine.toml"""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "policy",
        about="Print a policy; `check` says whether a file is one, `diff` how two differ (exit code 1 when they do). "
        "The fingerprint is the SHA-256 of the JSON text, without the line feed.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "words",
        metavar="POLICY",
        nargs="*",
        help="baseline (default), private, a JSON file, or a TOML file whose name ends in .toml; "
        "`check POLICY`; `diff POLICY POLICY`",
    )
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    words: list[str] = args.words
    if words[:1] == ["diff"] and len(words) == 3:
        return _diff(load_policy(words[1]), load_policy(words[2]), as_json=args.json)
    if words[:1] == ["check"] and len(words) == 2:
        policy = load_policy(words[1])
        if args.json:
            write_json(canonical({"name": policy.name, "fingerprint": policy.fingerprint}))
        else:
            say(f"{policy.name}: fingerprint {policy.fingerprint}")
        flush()
        return _exits.PASS
    if len(words) > 1 or words in (["check"], ["diff"]):
        msg = "policy takes one POLICY, check POLICY, or diff POLICY POLICY"
        raise InputError(msg)
    policy = load_policy(words[0] if words else "baseline")
    written = policy_json(policy)
    if args.json:
        write_json(canonical(written))
    else:
        say(f"fingerprint {policy.fingerprint}")
        for key, value in flat(written):
            say(f"{key} = {canonical(value).decode()}")
    flush()
    return _exits.PASS


def _diff(before: Policy, after: Policy, *, as_json: bool) -> int:
    found = differences(before, after)
    for field, old, new in found:
        if as_json:
            write_json(canonical({"field": field, "before": old, "after": new}))
        else:
            say(f"{field}: {canonical(old).decode()} -> {canonical(new).decode()}")
    flush()
    return _exits.REFUSED if found else _exits.PASS
