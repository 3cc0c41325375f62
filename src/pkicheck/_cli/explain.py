"""`pkicheck explain`: the catalogue of finding codes."""

from __future__ import annotations

import argparse
import difflib
from typing import cast

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_output, command
from pkicheck._cli._words import dates
from pkicheck.canon import canonical
from pkicheck.codes import CATALOGUE, Code, Level
from pkicheck.errors import InputError
from pkicheck.rules import RULES

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck explain caa.issuer-not-listed
  pkicheck explain                              (every code, one a line)
  pkicheck explain --json | jq -r .id"""

_EFFECTS = {
    Level.REFUSAL: "refusal: the verdict is FAIL",
    Level.DOUBT: "doubt: the verdict is INCOMPLETE, unless something else refuses",
    Level.NOTE: "note: it does not change the verdict",
}


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "explain",
        about="Say what a finding code means, what to do, and which rules ask for it.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "code", metavar="CODE", nargs="*", help="a code such as caa.issuer-not-listed; none: list them all"
    )
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    wanted = cast("list[str]", args.code)
    entries = [_entry(each) for each in wanted] if wanted else [CATALOGUE[each] for each in sorted(CATALOGUE)]
    for each in entries:
        if args.json:
            write_json(canonical(_json(each)))
        else:
            say(_long(each) if wanted else f"{each.id} ({each.level.value}): {each.meaning}")
    flush()
    return _exits.PASS


def _entry(text: str) -> Code:
    found = CATALOGUE.get(text)
    if found is None:
        # The search is quadratic in the length of the text.
        close = difflib.get_close_matches(text[:80], CATALOGUE, n=3, cutoff=0.5)
        hint = f"; close ones: {', '.join(close)}" if close else "; `pkicheck explain` lists them all"
        msg = f"no finding code is called {text[:80]!a}{hint}"
        raise InputError(msg)
    return found


def _json(entry: Code) -> dict[str, str | list[str]]:
    return {
        "id": entry.id,
        "level": entry.level.value,
        "meaning": entry.meaning,
        "remedy": entry.remedy,
        "rules": [str(each) for each in entry.rules],
    }


def _long(entry: Code) -> str:
    lines = [entry.id, _EFFECTS[entry.level], f"What it says: {entry.meaning}", f"What to do: {entry.remedy}"]
    for each in entry.rules:
        rule = RULES[each]
        lines += [f"Rule {rule.id} ({rule.section}; {dates(rule)}):", f"  {rule.text}"]
    return "\n  ".join(lines)
