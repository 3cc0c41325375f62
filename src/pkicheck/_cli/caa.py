"""`pkicheck caa`: CAA for names, on zone files."""

from __future__ import annotations

import argparse
import secrets
from contextlib import ExitStack
from functools import partial
from typing import cast, get_args

from pkicheck._cli._judge import Judge, judge, judge_lines
from pkicheck._cli._log import open_log
from pkicheck._cli._parser import (
    Parser,
    Subparsers,
    add_at,
    add_output,
    add_policy,
    add_stream,
    at_of,
    command,
    deadline_of,
    in_flight_of,
)
from pkicheck._cli._read import Line, load_policy, read_file
from pkicheck._cli._zones import STATUSES, load_zones
from pkicheck.caa import CaaPlan, Purpose, caa_plan
from pkicheck.errors import InputError
from pkicheck.namecheck import name_plan
from pkicheck.order import LARGEST_ORDER, Order, order_from_json
from pkicheck.plans import Plan
from pkicheck.results import Result
from pkicheck.zonefile import ZoneStatus

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck caa shop.example www.shop.example --issuer ca.example --zone examples/shop.zone
  pkicheck caa '*.shop.example' --issuer ca.example --zone examples/shop.zone --explain
  pkicheck caa --order order.json --zone examples/shop.zone --json
  pkicheck caa - --issuer ca.example --zone examples/shop.zone --json <names.txt >evidence.jsonl

A name lies below or above a record of the zone files, or nothing is known of it (INCOMPLETE). Relative names in a zone
file need $ORIGIN. Exit code: 0 all pass, 1 one is refused, 2 the call is wrong, 3 one could not be decided."""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "caa",
        about="Decide for each name whether CAA (RFC 8659, RFC 8657, BR 3.2.2.8) lets the issuer issue.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="*", help="a domain name, wildcard name or address; - for one a line from standard input"
    )
    parser.add_argument(
        "--zone", metavar="FILE", action="append", required=True, help="a zone file, the whole DNS of this run; repeatable"
    )
    parser.add_argument(
        "--dnssec",
        choices=STATUSES,
        default="unsigned",
        help="the DNSSEC status of zone files without a comment `; dnssec: STATUS` (default unsigned)",
    )
    parser.add_argument(
        "--issuer", metavar="DOMAIN", action="append", default=[], help="an issuer domain name of the CA; repeatable"
    )
    parser.add_argument(
        "--account-uri", metavar="URI", action="append", default=[], help="an accepted spelling of the account; repeatable"
    )
    parser.add_argument("--method", help="the validation method of the names: a section (3.2.2.4.7) or label (dns-01)")
    parser.add_argument("--purpose", choices=get_args(Purpose), help="what the certificate is for (default tls)")
    parser.add_argument(
        "--order",
        metavar="FILE",
        help="take names, methods, issuer, purpose and account from an order (pkicheck/order/1); NAMEs are further names",
    )
    parser.add_argument("--log", metavar="FILE", help="append the evidence to a hash-chained log before it is printed")
    parser.add_argument("--log-id", metavar="ID", help="the id of the log, when the file does not exist yet")
    add_at(parser)
    add_policy(parser)
    add_stream(parser)
    add_output(parser, explain=True)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    order = None if args.order is None else _order(args)
    names = cast("list[str]", args.name)
    if "-" in names and (len(names) > 1 or order is not None):
        msg = "- (names from standard input) stands alone: without other names and without --order"
        raise InputError(msg)
    if not names and order is None:
        msg = "no name to check: give names, - for standard input, or --order FILE"
        raise InputError(msg)
    ask = _asker(args, order)
    plans: list[Plan[Result]] = []
    if order is not None:
        plans += [ask(each.name, each.method) for each in order.names]
    if names != ["-"]:
        plans += [ask(name, args.method) for name in names]
    with ExitStack() as stack:
        work = Judge(
            io=load_zones(args.zone, status=cast("ZoneStatus", args.dnssec)),
            json=args.json,
            explain=args.explain,
            in_flight=in_flight_of(args),
            deadline=deadline_of(args),
            log=None if args.log is None else stack.enter_context(open_log(args.log, args.log_id)),
        )
        if names == ["-"]:
            return judge_lines(work, partial(_plan_of, ask, args))
        return judge(work, plans)
