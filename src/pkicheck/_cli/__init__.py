"""The command line: `pkicheck COMMAND ...`.

Each command is a module of this package with `add(subparsers)` and `run(args)`, and a line in `_table`. Only the module
of the command that was called is imported. `_exits` says what the exit codes mean.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from pkicheck._cli import _exits
from pkicheck._cli._output import note, settle
from pkicheck._cli._parser import Parser
from pkicheck._cli._table import COMMANDS
from pkicheck._version import __version__
from pkicheck.errors import InputError, TransportError

__all__ = ["main"]

_ABOUT = "Decide, and prove, that a certificate may be issued."
_AFTER = """\
Every command has --help with examples. Exit codes: 0 pass, 1 refused, 2 the call is wrong, 3 could not be decided,
70 internal, 130 interrupted, 141 nobody reads standard output. Several results: the worst, 1 over 3 over 0."""


def _parser(called: str | None) -> Parser:
    """The parser; of all commands, only the one that is called is filled in."""
    parser = Parser(prog="pkicheck", description=_ABOUT, epilog=_AFTER, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"pkicheck {__version__}")
    parser.add_argument("--debug", action="store_true", help="show where an internal error happened")
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command", required=True, parser_class=Parser)
    for name, about in COMMANDS.items():
        if name == called:
            import_module(f"pkicheck._cli.{name}").add(subparsers)
        else:
            subparsers.add_parser(name, help=about)
    return parser


def _run(arguments: Sequence[str]) -> int:
    called = next((each for each in arguments if not each.startswith("-")), None)
    args = _parser(called).parse_args(arguments)
    code: int = import_module(f"pkicheck._cli.{args.command}").run(args)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; by default those of the process.

    Returns:
        The exit code (see `_exits`). `--help`, `--version` and wrong arguments raise SystemExit, as argparse does.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(given)
    except InputError as error:
        code, text = _exits.USAGE, str(error)
    except TransportError as error:
        code, text = _exits.INTERNAL, str(error)
    except KeyboardInterrupt:
        code, text = _exits.INTERRUPTED, "interrupted"
    except BrokenPipeError:
        code, text = _exits.BROKEN_PIPE, ""
    except Exception as error:  # noqa: BLE001 - see below
        # The one place that catches everything: a script must tell our bug (70) from a refusal, and Python's own exit
        # code for an uncaught exception is 1, which means refused.
        where = traceback.format_exc() if "--debug" in given else "pkicheck --debug shows where"
        code, text = _exits.INTERNAL, f"internal error: {type(error).__name__}: {error}\n{where}"
    settle()
    if text:
        note(f"pkicheck: {text}")
    return code
