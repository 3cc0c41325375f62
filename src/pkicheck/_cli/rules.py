"""`pkicheck rules`: the dated rules, and which are in force."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, say, write_json
from pkicheck._cli._parser import Subparsers, add_output, command, day_of
from pkicheck._cli._words import dates, day_text
from pkicheck.canon import JsonValue, canonical, format_time
from pkicheck.rules import RULES, RULES_DIGEST, STEPS, Rule, Steps

__all__ = ["add", "run"]

_EXAMPLES = """\
  pkicheck rules
  pkicheck rules --at 2026-03-15
  pkicheck rules --at 2026-03-15 --json | jq -r 'select(.in_force) | .id'"""


def add(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = command(
        subparsers,
        "rules",
        about="List every dated rule and every limit that changes by date, with what holds on a day.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--at", metavar="DATE", help="a day (00:00 UTC) or an RFC 3339 moment; default: today")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the command out."""
    at = datetime.now(timezone.utc) if args.at is None else day_of(args.at, what="--at")
    rules, limits = [RULES[each] for each in sorted(RULES)], [STEPS[each] for each in sorted(STEPS)]
    if args.json:
        for line in [*[_rule_json(each, at) for each in rules], *[_limit_json(each, at) for each in limits]]:
            write_json(canonical(line))
    else:
        say(f"Rules at {format_time(at)} (table {RULES_DIGEST[:16]})\n")
        for rule in rules:
            say(f"{rule.id}: {_state(rule, at)}")
            say(f"  {rule.section}; {dates(rule)}; judged at {rule.judged}\n  {rule.text}")
        for limit in limits:
            value = limit.at(at)
            say(f"{limit.id}: {'no limit yet' if value is None else f'{value} {limit.unit}'}")
            steps = ", ".join(f"{value} since {day_text(since)}" for since, value in limit.steps)
            say(f"  {limit.section}; {steps}; judged at {limit.judged}")
    flush()
    return _exits.PASS


def _state(rule: Rule, at: datetime) -> str:
    if rule.in_force(at):
        return "in force"
    return "not yet" if rule.effective is not None and at < rule.effective else "no longer"


def _rule_json(rule: Rule, at: datetime) -> dict[str, JsonValue]:
    return {
        "type": "rule",
        "id": rule.id,
        "section": rule.section,
        "ballot": rule.ballot,
        "text": rule.text,
        "effective": None if rule.effective is None else format_time(rule.effective),
        "sunset": None if rule.sunset is None else format_time(rule.sunset),
        "judged": rule.judged,
        "in_force": rule.in_force(at),
    }


def _limit_json(limit: Steps, at: datetime) -> dict[str, JsonValue]:
    return {
        "type": "limit",
        "id": limit.id,
        "section": limit.section,
        "unit": limit.unit,
        "judged": limit.judged,
        "steps": [{"since": format_time(since), "value": value} for since, value in limit.steps],
        "value": limit.at(at),
    }
