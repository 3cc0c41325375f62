"""`pkicheck names`: may these names stand in a certificate?"""

from __future__ import annotations

import argparse
from typing import cast, get_args

from pkicheck._cli._judge import Judge, judge, judge_lines
from pkicheck._cli._parser import (
    Subparsers,
    add_at,
    add_output,
    add_policy,
    add_stream,
    at_of,
    command,
    day_of,
    deadline_of,
    in_flight_of,
)
from pkicheck._cli._read import load_policy, text_of
from pkicheck.errors import InputError
from pkicheck.lists import PackagedLists, read_root_zone, read_special_purpose, read_special_use, read_suffixes
from pkicheck.namecheck import NamePlan, Scope, name_plan

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck names www.iana.org '*.iana.org' 93.184.216.34
  pkicheck names printer.corp --policy private --scope internal
  pkicheck names - --json <names.txt >evidence.jsonl
  pkicheck names www.iana.org --root-zone tlds-alpha-by-domain.txt

A name with a defect is a result, not a wrong call. Exit code: 0 all pass, 1 one is refused, 2 the call is wrong, 3 one
could not be decided."""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "names",
        about="Decide for each name or address whether it may stand in a certificate (BR 4.2.2, 7.1.2.7.12).",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="+",
        help="a domain name, wildcard name or address; - for one a line from standard input",
    )
    parser.add_argument(
        "--scope", choices=get_args(Scope), help="default: public, or internal when the policy allows it"
    )
    parser.add_argument(
        "--root-zone", metavar="FILE", help="IANA's tlds-alpha-by-domain.txt instead of the packaged one"
    )
    parser.add_argument("--special-use", metavar="FILE", help="IANA's special-use-domain.csv, likewise")
    parser.add_argument(
        "--special-purpose",
        metavar=("IPV4", "IPV6"),
        nargs=2,
        help="IANA's two special-purpose address registries (CSV)",
    )
    parser.add_argument("--suffixes", metavar="FILE", help="public_suffix_list.dat instead of that of the extra psl")
    parser.add_argument("--lists-of", metavar="DATE", help="the day of the given lists that do not say it themselves")
    add_at(parser)
    add_policy(parser)
    add_stream(parser)
    add_output(parser, explain=True)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    names = cast("list[str]", args.name)
    if "-" in names and len(names) > 1:
        msg = "- (names from standard input) stands alone"
        raise InputError(msg)
    at, policy = at_of(args), load_policy(args.policy)

    def ask(name: str | bytes) -> NamePlan:
        return name_plan(name, at=at, policy=policy, scope=args.scope)

    work = Judge(
        io=_lists(args), json=args.json, explain=args.explain, in_flight=in_flight_of(args), deadline=deadline_of(args)
    )
    if names == ["-"]:
        return judge_lines(work, lambda line: ask(text_of(line)))
    return judge(work, [ask(name) for name in names])


def _lists(args: argparse.Namespace) -> PackagedLists:
    day = None if args.lists_of is None else day_of(args.lists_of, what="--lists-of")
    pair = args.special_purpose
    return PackagedLists(
        root_zone=None if args.root_zone is None else read_root_zone(args.root_zone),
        special_use=None if args.special_use is None else read_special_use(args.special_use, as_of=day),
        special_purpose=None if pair is None else read_special_purpose(pair[0], pair[1], as_of=day),
        suffixes=None if args.suffixes is None else read_suffixes(args.suffixes, as_of=day),
    )
