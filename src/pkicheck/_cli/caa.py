"""`pkicheck caa`: CAA for names, on a resolver or on zone files."""

from __future__ import annotations

import argparse
import secrets
from contextlib import ExitStack
from typing import cast, get_args

from pkicheck._cli._chain import open_log
from pkicheck._cli._judge import Judge, judge, judge_lines
from pkicheck._cli._parser import (
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
from pkicheck._cli._read import Line, load_policy, read_file, text_of
from pkicheck._cli._resolver import open_resolver
from pkicheck._cli._zones import STATUSES, load_zones
from pkicheck.caa import CaaPlan, Purpose, caa_plan
from pkicheck.errors import InputError
from pkicheck.namecheck import name_plan
from pkicheck.names import CertName, parse_name
from pkicheck.order import LARGEST_ORDER, Order, order_from_json
from pkicheck.plans import Plan
from pkicheck.ports import Transport
from pkicheck.results import Result
from pkicheck.zonefile import ZoneStatus

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck caa shop.example --issuer ca.example --resolver 127.0.0.1
  pkicheck caa shop.example www.shop.example --issuer ca.example --zone examples/shop.zone
  pkicheck caa '*.shop.example' --issuer ca.example --zone examples/shop.zone --explain
  pkicheck caa --order order.json --zone examples/shop.zone --json
  pkicheck caa - --issuer ca.example --zone examples/shop.zone --json <names.txt >evidence.jsonl

Questions go to --resolver (repeatable: the others stand in for the first), to the resolvers of this machine (--system),
or to zone files (--zone). With zone files, a name lies below or above a record of theirs, or nothing is known of it
(INCOMPLETE); relative names in them need $ORIGIN. Exit code: 0 all pass, 1 one is refused, 2 the call is wrong, 3 one
could not be decided."""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "caa",
        about="Decide for each name whether CAA (RFC 8659, RFC 8657, BR 3.2.2.8) lets the issuer issue.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="*",
        help="a domain name, wildcard name or address; - for one a line from standard input",
    )
    parser.add_argument(
        "--zone",
        metavar="FILE",
        action="append",
        default=[],
        help="a zone file, the whole DNS of this run; repeatable",
    )
    parser.add_argument(
        "--resolver",
        metavar="IP[:PORT]",
        action="append",
        default=[],
        help="the CA's own validating resolver; repeatable, [IPv6]:PORT",
    )
    parser.add_argument("--system", action="store_true", help="the resolvers of this machine (/etc/resolv.conf)")
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
        "--account-uri",
        metavar="URI",
        action="append",
        default=[],
        help="an accepted spelling of the account; repeatable",
    )
    parser.add_argument("--method", help="the validation method of the names: a section (3.2.2.4.7) or label (dns-01)")
    parser.add_argument("--purpose", choices=get_args(Purpose), help="what the certificate is for (default tls)")
    parser.add_argument(
        "--order",
        metavar="FILE",
        help="take names, methods, issuer, purpose and account from an order; NAMEs are further names",
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
    asker = _Asker(args, order)
    plans: list[Plan[Result]] = []
    if order is not None:
        plans += [asker.ask(each.name, each.method) for each in order.names]
    if names != ["-"]:
        plans += [asker.ask(name, args.method) for name in names]
    with ExitStack() as stack:
        work = Judge(
            io=_source(args, stack),
            json=args.json,
            explain=args.explain,
            in_flight=in_flight_of(args),
            deadline=deadline_of(args),
            log=None if args.log is None else stack.enter_context(open_log(args.log, args.log_id)),
        )
        if names == ["-"]:
            return judge_lines(work, asker.read)
        return judge(work, plans)


def _source(args: argparse.Namespace, stack: ExitStack) -> Transport:
    """What answers the questions: exactly one of --zone, --resolver, --system."""
    given = [flag for flag in ("zone", "resolver", "system") if getattr(args, flag)]
    if len(given) != 1:
        msg = "give one of --resolver IP[:PORT], --system and --zone FILE" + (
            f", not {len(given)} of them" * bool(given)
        )
        raise InputError(msg)
    if args.zone:
        return load_zones(args.zone, status=cast("ZoneStatus", args.dnssec))
    return stack.enter_context(open_resolver(args.resolver, policy=load_policy(args.policy)))


def _order(args: argparse.Namespace) -> Order:
    given = {"--issuer": args.issuer, "--account-uri": args.account_uri, "--purpose": args.purpose}
    twice = [flag for flag, value in given.items() if value]
    if twice:
        msg = f"{twice[0]} is what the order says: leave it out, or leave out --order"
        raise InputError(msg)
    data = read_file(args.order, most=LARGEST_ORDER)
    try:
        return order_from_json(data)
    except InputError as error:
        msg = f"{args.order}: {error}"
        raise InputError(msg) from None


class _Asker:
    """Makes the question for a name from what all names of this run have in common."""

    def __init__(self, args: argparse.Namespace, order: Order | None) -> None:
        if order is None and not args.issuer:
            msg = "no issuer: give --issuer DOMAIN for each issuer domain name of the CA, or --order FILE"
            raise InputError(msg)
        self._method = cast("str | None", args.method)
        self._policy = load_policy(args.policy)
        self._at = at_of(args)
        self._issuers = tuple(args.issuer) if order is None else order.issuer.caa
        self._accounts = tuple(args.account_uri) if order is None else order.accounts
        self._purpose: Purpose = (args.purpose or "tls") if order is None else order.issuer.purpose
        # What is wrong with the common arguments is said before the first name is read.
        self.ask("a.example", self._method)

    def ask(self, name: str | CertName, method: str | None) -> CaaPlan:
        """The question for one name; InputError for a name that is none."""
        return caa_plan(
            name,
            issuers=self._issuers,
            purpose=self._purpose,
            accounts=self._accounts,
            method=method,
            at=self._at,
            policy=self._policy,
            canary=secrets.token_hex(16),
        )

    def read(self, line: Line) -> Plan[Result]:
        """The question for a line; a line that is no name becomes the question whether it is one, which it is not."""
        given = text_of(line)
        try:
            name = None if isinstance(given, bytes) else parse_name(given)
        except InputError:
            name = None
        if name is None:
            return name_plan(given, at=self._at, policy=self._policy)
        return self.ask(name, self._method)
