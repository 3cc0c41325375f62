"""Argument parsers: errors that are safe on a terminal, and the arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from typing import NoReturn, TypeAlias

from pkicheck._cli._exits import USAGE
from pkicheck._cli._output import printable
from pkicheck._cli._table import COMMANDS
from pkicheck.canon import parse_time
from pkicheck.errors import InputError

__all__ = [
    "Parser",
    "Subparsers",
    "add_at",
    "add_output",
    "add_policy",
    "add_stream",
    "at_of",
    "command",
    "day_of",
    "deadline_of",
    "in_flight_of",
]

# The class that add_subparsers gives has no public name.
Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

_LONGEST_DEADLINE = 3600.0
_MOST_IN_FLIGHT = 10_000


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that takes no abbreviations, and whose messages carry no escape sequence of an argument."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and leave with exit code 2."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {printable(message)}\n")


def command(subparsers: Subparsers, name: str, *, about: str, examples: str) -> Parser:
    """The parser of one command.

    Args:
        subparsers: where it belongs.
        name: its name in `COMMANDS`.
        about: what it does, for its own help.
        examples: what to show at the end of its help.
    """
    return subparsers.add_parser(
        name,
        help=COMMANDS[name],
        description=about,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_output(parser: Parser, *, explain: bool = False) -> None:
    """`--json`, and `--explain` where there is something to explain."""
    parser.add_argument("--json", action="store_true", help="JSON lines on standard output instead of prose")
    if explain:
        parser.add_argument(
            "--explain",
            action="store_true",
            help="say at length what was found and what would make it pass (with --json: on standard error)",
        )


def add_at(parser: Parser) -> None:
    """`--at`, read by `at_of`."""
    parser.add_argument(
        "--at", metavar="TIME", help="judge this moment (RFC 3339, e.g. 2026-11-21T12:00:00Z): a dry run, marked as one"
    )


def add_policy(parser: Parser) -> None:
    """`--policy`, read by `pkicheck._cli._read.load_policy`."""
    parser.add_argument(
        "--policy", metavar="POLICY", default="baseline", help="baseline (default), private, or a JSON file"
    )


def add_stream(parser: Parser) -> None:
    """`--deadline` and `--in-flight`, read by `deadline_of` and `in_flight_of`."""
    parser.add_argument("--deadline", metavar="SECONDS", default="20", help="for each name (default 20)")
    parser.add_argument("--in-flight", metavar="N", default="100", help="names side by side (default 100)")


def at_of(args: argparse.Namespace) -> datetime | None:
    """The moment given by `--at`, in UTC."""
    return None if args.at is None else parse_time(args.at, what="--at")


def day_of(text: str, *, what: str) -> datetime:
    """A day as 00:00:00 UTC (BR 1.6.4), or a whole RFC 3339 moment."""
    return parse_time(f"{text}T00:00:00Z" if len(text) == len("YYYY-MM-DD") else text, what=what)


def deadline_of(args: argparse.Namespace) -> timedelta:
    """The span given by `--deadline`."""
    try:
        seconds = float(args.deadline)
    except ValueError:
        seconds = 0.0
    # (the comparison is false for a NaN)
    if not 0 < seconds <= _LONGEST_DEADLINE:
        msg = f"--deadline must be a number of seconds above 0 and up to {_LONGEST_DEADLINE:.0f}, got {args.deadline!a}"
        raise InputError(msg)
    return timedelta(seconds=seconds)


def in_flight_of(args: argparse.Namespace) -> int:
    """The number given by `--in-flight`."""
    text = str(args.in_flight)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= _MOST_IN_FLIGHT):
        msg = f"--in-flight must be a number from 1 to {_MOST_IN_FLIGHT}, got {text!a}"
        raise InputError(msg)
    return int(text)
