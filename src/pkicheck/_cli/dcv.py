"""`pkicheck dcv`: domain and address control by records in the DNS, on a resolver or on zone files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Any, Final, cast

from pkicheck._cli._chain import open_log
from pkicheck._cli._judge import Judge, judge
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
from pkicheck._cli._read import load_policy
from pkicheck._cli._resolver import open_resolver
from pkicheck._cli._zones import STATUSES, load_zones
from pkicheck.canon import parse_time
from pkicheck.dcv import (
    AcmeDns01,
    AcmeDnsAccount01,
    Challenge,
    DnsChange,
    PersistentTxt,
    RandomValue,
    method,
    require_methods,
)
from pkicheck.errors import InputError
from pkicheck.methods import MethodId
from pkicheck.network import Network
from pkicheck.ports import Transport
from pkicheck.usecounts import SqliteRegister, ValueUses
from pkicheck.zonefile import ZoneStatus

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck dcv dns-01 shop.example --token TOKEN --thumbprint THUMBPRINT --resolver 127.0.0.1
  pkicheck dcv 3.2.2.4.7 www.shop.example --adn shop.example --value VALUE --label _pki --resolver 127.0.0.1
  pkicheck dcv 3.2.2.4.22 shop.example --issuer ca.example --account-uri https://ca.example/acct/1 --zone shop.zone

METHOD is dns-01, 3.2.2.4.7 (a random value), 3.2.2.4.21 (dns-account-01), or 3.2.2.4.22 and 3.2.2.5.8 (a persistent
record). Values are registered in the file of --register; without it they are only compared within this run. Exit code:
0 all pass, 1 one is refused, 2 the call is wrong, 3 one could not be decided."""

_BITS: Final = 112


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "dcv",
        about="Decide by DNS records, for each name or address, whether the applicant controls it (BR 3.2.2.4).",
        examples=_EXAMPLES,
    )
    parser.add_argument("method", metavar="METHOD", help="a section (3.2.2.4.22) or label (dns-01)")
    parser.add_argument("name", metavar="NAME", nargs="+", help="a domain name, wildcard name or address")
    parser.add_argument(
        "--zone", metavar="FILE", action="append", default=[], help="a zone file, the whole DNS of this run; repeatable"
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
    parser.add_argument("--adn", metavar="DOMAIN", help="the authorization domain name; default: the name itself")
    parser.add_argument("--token", help="the token of the ACME challenge")
    parser.add_argument("--thumbprint", help="the thumbprint of the account key (RFC 7638)")
    parser.add_argument("--value", help="the random value that was given to the applicant")
    parser.add_argument("--bits", metavar="N", type=int, default=_BITS, help=f"its entropy (default {_BITS})")
    parser.add_argument(
        "--record", choices=("TXT", "CNAME", "CAA"), default="TXT", help="where it stands (default TXT)"
    )
    parser.add_argument("--label", default="", help="one label before the name, which begins with an underscore")
    parser.add_argument(
        "--issuer", metavar="DOMAIN", action="append", default=[], help="an issuer domain name of the CA; repeatable"
    )
    parser.add_argument("--account-uri", metavar="URI", help="the account that asks")
    parser.add_argument("--order", metavar="ID", default="order", help="the certificate request (default: order)")
    parser.add_argument("--account", metavar="ID", default="account", help="whose request it is (default: account)")
    parser.add_argument("--created-at", metavar="TIME", help="when the challenge was given out (default: now)")
    parser.add_argument("--register", metavar="FILE", help="an SQLite file in which values are registered")
    parser.add_argument("--log", metavar="FILE", help="append the evidence to a hash-chained log before it is printed")
    parser.add_argument("--log-id", metavar="ID", help="the id of the log, when the file does not exist yet")
    add_at(parser)
    add_policy(parser)
    add_stream(parser)
    add_output(parser, explain=True)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    at, policy = at_of(args), load_policy(args.policy)
    now = datetime.now(timezone.utc)
    require_methods(policy, at=now if at is None else at)
    made = now if args.created_at is None else parse_time(args.created_at, what="--created-at")
    challenges = [_challenge(args, name, made) for name in cast("list[str]", args.name)]
    with ExitStack() as stack:
        dns = _source(args, stack)
        register = None if args.register is None else stack.enter_context(SqliteRegister(args.register))
        work = Judge(
            io=Network(dns=dns, lists=ValueUses(register)),
            json=args.json,
            explain=args.explain,
            in_flight=in_flight_of(args),
            deadline=deadline_of(args),
            log=None if args.log is None else stack.enter_context(open_log(args.log, args.log_id)),
        )
        return judge(work, [each.plan(at=at, policy=policy) for each in challenges])


def _source(args: argparse.Namespace, stack: ExitStack) -> Transport:
    """What answers the questions: exactly one of --zone, --resolver, --system."""
    given = [flag for flag in ("zone", "resolver", "system") if getattr(args, flag)]
    if len(given) != 1:
        msg = "give one of --resolver IP[:PORT], --system and --zone FILE"
        raise InputError(msg)
    if args.zone:
        return load_zones(args.zone, status=cast("ZoneStatus", args.dnssec))
    return stack.enter_context(open_resolver(args.resolver, policy=load_policy(args.policy)))


def _needed(args: argparse.Namespace, *flags: str) -> list[Any]:
    """The values of flags that a method cannot do without."""
    for flag in flags:
        if not getattr(args, flag.replace("-", "_")):
            msg = f"{args.method} needs --{flag}"
            raise InputError(msg)
    return [getattr(args, flag.replace("-", "_")) for flag in flags]


def _change(args: argparse.Namespace, common: dict[str, Any]) -> Challenge:
    (text,) = _needed(args, "value")
    value = RandomValue(text=text, bits=args.bits, created_at=common["created_at"])
    return DnsChange(**common, value=value, record=args.record, label=args.label)


def _dns01(args: argparse.Namespace, common: dict[str, Any]) -> Challenge:
    token, thumbprint = _needed(args, "token", "thumbprint")
    return AcmeDns01(**common, token=token, account_thumbprint=thumbprint)


def _account01(args: argparse.Namespace, common: dict[str, Any]) -> Challenge:
    token, thumbprint, uri = _needed(args, "token", "thumbprint", "account-uri")
    return AcmeDnsAccount01(**common, token=token, account_thumbprint=thumbprint, account_uri=uri)


def _persistent(args: argparse.Namespace, common: dict[str, Any]) -> Challenge:
    issuers, uri = _needed(args, "issuer", "account-uri")
    return PersistentTxt(**common, issuers=issuers, account_uri=uri)


_MADE: Final[Mapping[str, Callable[[argparse.Namespace, dict[str, Any]], Challenge]]] = {
    MethodId("3.2.2.4.7"): _change,
    MethodId("3.2.2.4.21"): _account01,
    MethodId("3.2.2.4.22"): _persistent,
    MethodId("3.2.2.5.8"): _persistent,
}


def _challenge(args: argparse.Namespace, name: str, made: datetime) -> Challenge:
    common = {"name": name, "order": args.order, "account": args.account, "created_at": made, "adn": args.adn}
    if args.method == "dns-01":
        return _dns01(args, common)
    how = method(args.method)
    make = _MADE.get(how.id)
    if make is None:
        msg = f"METHOD {how.id} ({how.name}) is not one that records in the DNS alone can show: see `pkicheck methods`"
        raise InputError(msg)
    challenge = make(args, common)
    if challenge.method != how.id:
        msg = f"METHOD {how.id} is not for {name}: {challenge.method} is"
        raise InputError(msg)
    return challenge
