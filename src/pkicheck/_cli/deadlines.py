"""`pkicheck deadlines`: by when a certificate must be revoked, and what a public report owes."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_output, command, day_of
from pkicheck.canon import canonical, format_time
from pkicheck.deadlines import REASONS, Deadline, incident_deadlines, revocation_deadline
from pkicheck.errors import InputError

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck deadlines --reasons
  pkicheck deadlines validation-unreliable --aware 2026-11-02T10:00:00Z
  pkicheck deadlines not-per-br --ca --aware 2020-07-02 --at 2020-07-10
  pkicheck deadlines misuse --aware 2026-11-02T10:00:00Z --disclosed 2026-11-04T09:00:00Z --json"""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "deadlines",
        about="Say by when a certificate must be revoked and an incident reported. Exit code 1 when one is overdue.",
        examples=_EXAMPLES,
    )
    parser.add_argument("reason", metavar="REASON", nargs="?", help="the event; see --reasons")
    parser.add_argument("--reasons", action="store_true", help="list the events of BR 4.9.1.1")
    parser.add_argument("--aware", metavar="MOMENT", help="when the CA became aware: a day (00:00 UTC) or RFC 3339")
    parser.add_argument("--ca", action="store_true", help="the certificate is that of a subordinate CA")
    parser.add_argument("--revoked", metavar="MOMENT", help="when it was revoked")
    parser.add_argument("--disclosed", metavar="MOMENT", help="when the incident was first disclosed in public")
    parser.add_argument("--at", metavar="MOMENT", help="the moment judged; default: now")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    if args.reasons:
        for each in REASONS.values():
            say(f"({each.number}) {each.id}: {each.event}")
        flush()
        return _exits.PASS
    if args.reason is None or args.aware is None:
        msg = "deadlines needs REASON and --aware MOMENT, or --reasons"
        raise InputError(msg)
    at = datetime.now(timezone.utc) if args.at is None else day_of(args.at, what="--at")
    aware = day_of(args.aware, what="--aware")
    revoked = None if args.revoked is None else day_of(args.revoked, what="--revoked")
    disclosed = None if args.disclosed is None else day_of(args.disclosed, what="--disclosed")
    preliminary, *others = incident_deadlines(aware, disclosed_at=disclosed)
    duties: list[tuple[Deadline, datetime | None]] = [
        (revocation_deadline(args.reason, aware_at=aware, ca=args.ca), revoked),
        (preliminary, disclosed),
        *((each, None) for each in others),
    ]
    late = False
    for duty, done in duties:
        state = duty.state(at, done_at=done)
        late |= state in {"late", "overdue"}
        if args.json:
            write_json(
                canonical(
                    {
                        "what": duty.what,
                        "since": format_time(duty.since),
                        "due": format_time(duty.due),
                        "state": state,
                        "rule": duty.rule,
                    }
                )
            )
        else:
            say(f"{duty.what}: due {format_time(duty.due)}: {state} ({duty.rule})")
    flush()
    return _exits.REFUSED if late else _exits.PASS
