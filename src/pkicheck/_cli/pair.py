"""`pkicheck pair`: is this the precertificate of this certificate?"""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pkicheck._cli._certificates import certificate_in, one_standard_input
from pkicheck._cli._judge import Judge, judge
from pkicheck._cli._parser import Subparsers, add_output, command
from pkicheck.lists import PackagedLists
from pkicheck.namecheck import DEADLINE
from pkicheck.pairs import PairPlan

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck pair precertificate.pem certificate.pem
  pkicheck pair --json pre.der - <certificate.der

Both are DER or PEM. Exit code: 0 they are one, 1 they are not, 2 the call is wrong."""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "pair",
        about="Compare a precertificate with its certificate, octet for octet (RFC 6962 3.2, BR 7.1.2.9).",
        examples=_EXAMPLES,
    )
    parser.add_argument("precertificate", metavar="PRE", help="the precertificate; - for standard input")
    parser.add_argument("certificate", metavar="CERT", help="the certificate; - for standard input")
    add_output(parser, explain=True)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    one_standard_input(args.precertificate, args.certificate)
    plan = PairPlan(
        precertificate=certificate_in(args.precertificate),
        certificate=certificate_in(args.certificate),
        at=datetime.now(timezone.utc),
    )
    work = Judge(io=PackagedLists(), json=args.json, explain=args.explain, in_flight=1, deadline=DEADLINE)
    return judge(work, [plan])
