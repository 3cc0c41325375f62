"""`pkicheck cert`: is this certificate what was bound, and do the rules allow it?"""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import cast

from pkicheck._cli._certificates import LARGEST, certificate_in, issuer_in, one_standard_input
from pkicheck._cli._judge import Judge, judge
from pkicheck._cli._parser import Subparsers, add_output, add_policy, at_of, command
from pkicheck._cli._read import load_policy, read_file
from pkicheck.csr import CertificatePlan, binding_from_json
from pkicheck.errors import InputError
from pkicheck.lists import PackagedLists
from pkicheck.namecheck import DEADLINE
from pkicheck.plans import Plan
from pkicheck.results import Result

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck cert server.pem
  pkicheck cert server.pem --binding binding.json --issuer ca.pem --at 2026-11-21T12:00:00Z
  pkicheck cert *.pem --json

Without a binding the certificate is held against the rules only: a pass does not say that anybody approved it.
Exit code: 0 all pass, 1 one is refused, 2 the call is wrong, 3 one could not be decided."""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "cert",
        about="Compare a certificate with its binding, and hold it against the rules (BR 6.3.2, 7.1.2.7, 7.1.4).",
        examples=_EXAMPLES,
    )
    parser.add_argument("file", metavar="FILE", nargs="+", help="a certificate, DER or PEM; - for standard input")
    parser.add_argument("--binding", metavar="FILE", help="the binding, as `pkicheck csr --binding` writes it")
    parser.add_argument("--issuer", metavar="FILE", help="the certificate of the CA that has signed, DER or PEM")
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="the moment of signing (RFC 3339); by default now with a binding, else the certificate's own notBefore",
    )
    add_policy(parser)
    add_output(parser, explain=True)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    files = cast("list[str]", args.file)
    one_standard_input(*files, args.issuer)
    if args.binding is not None and args.issuer is None:
        msg = "--binding needs --issuer: a binding does not say who signs"
        raise InputError(msg)
    if args.binding is not None and len(files) > 1:
        msg = "--binding is for one certificate"
        raise InputError(msg)
    policy, at = load_policy(args.policy), at_of(args)
    binding = None if args.binding is None else binding_from_json(read_file(args.binding, most=4 * LARGEST))
    issuer = None if args.issuer is None else issuer_in(args.issuer, public=policy.public)
    if binding is not None and at is None:
        at = datetime.now(timezone.utc)
    plans: list[Plan[Result]] = [
        CertificatePlan(
            data=certificate_in(file), form="certificate", binding=binding, issuer=issuer, at=at, policy=policy
        )
        for file in files
    ]
    work = Judge(io=PackagedLists(), json=args.json, explain=args.explain, in_flight=1, deadline=DEADLINE)
    return judge(work, plans)
