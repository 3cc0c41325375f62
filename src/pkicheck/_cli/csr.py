"""`pkicheck csr`: bind the key of a request to the validated identity of an order."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pkicheck._cli._certificates import file_or_standard_input, issuer_in, one_standard_input
from pkicheck._cli._judge import Judge
from pkicheck._cli._output import flush
from pkicheck._cli._parser import Subparsers, add_at, add_output, add_policy, at_of, command
from pkicheck._cli._read import load_policy, read_file
from pkicheck._cli.key import add_lists, lists_of
from pkicheck.canon import digest
from pkicheck.csr import DEADLINE, BindResult, Identity, bind_plan, binding_json
from pkicheck.errors import InputError
from pkicheck.findings import Verdict
from pkicheck.lists import PackagedLists
from pkicheck.order import LARGEST_ORDER, Order, order_from_json
from pkicheck.registry import MemoryRegistry, SqliteRegistry

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck csr request.pem --order order.json
  pkicheck csr request.pem --order order.json --registry bindings.sqlite --binding binding.json
  pkicheck csr - --order order.json --issuer ca.pem --explain <request.pem

Of the request its key is taken and nothing else: names and subject come from the order, which says what was validated.
A list of bad keys that the policy names and that is not given leaves the answer INCOMPLETE.
Exit code: 0 pass, 1 refused, 2 the call is wrong, 3 could not be decided."""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "csr",
        about="Bind the public key of a request to the validated identity of an order (BR 3.2.1, 4.2.1, 6.1.1.3).",
        examples=_EXAMPLES,
    )
    parser.add_argument("file", metavar="FILE", help="the request, DER or text with one in PEM; - for standard input")
    parser.add_argument(
        "--order", metavar="FILE", required=True, help="the order (pkicheck/order/1): what was validated"
    )
    parser.add_argument(
        "--registry",
        metavar="FILE",
        help="which request belongs to which order, a file of SQLite; it is made if needed",
    )
    parser.add_argument("--binding", metavar="FILE", help="write the binding here when it passes")
    parser.add_argument("--issuer", metavar="FILE", help="the certificate of the CA that is to sign, DER or PEM")
    add_lists(parser)
    add_at(parser)
    add_policy(parser)
    add_output(parser, explain=True)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    one_standard_input(args.file, args.order, args.issuer)
    policy = load_policy(args.policy)
    order = order_from_json(read_file(args.order, most=LARGEST_ORDER))
    plan = bind_plan(
        file_or_standard_input(args.file),
        identity=_identity(order),
        at=at_of(args) or datetime.now(timezone.utc),
        policy=policy,
        issuer=None if args.issuer is None else issuer_in(args.issuer, public=policy.public),
    )
    lists = PackagedLists(blocklists=lists_of(args))
    io = MemoryRegistry(lists) if args.registry is None else SqliteRegistry(args.registry, lists)
    work = Judge(io=io, json=args.json, explain=args.explain, in_flight=1, deadline=DEADLINE)
    for result in work.results([plan]):
        if args.binding is not None and result.verdict is Verdict.PASS:
            assert isinstance(result, BindResult)
            _write(args.binding, binding_json(result.binding) + b"\n")
        work.show(result)
    flush()
    return work.exit


def _identity(order: Order) -> Identity:
    """What the order says was validated. A request inside of the order pins the one that is given."""
    return Identity(
        order=order.order,
        names=tuple(each.name for each in order.names),
        kind=order.kind,
        scope=order.scope,
        subject=order.subject,
        csr_sha256=None if order.csr is None else digest(order.csr),
    )


def _write(path: str, data: bytes) -> None:
    try:
        with open(path, "xb") as file:
            file.write(data)
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise InputError(msg) from None
