"""The command line as a whole: its table, its exit codes, its pipes, and what it does to a terminal."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import pty
import signal
import subprocess
import sys
from importlib import import_module

import pytest

import pkicheck._cli
from pkicheck import __version__
from pkicheck._cli._exits import worst
from pkicheck._cli._output import printable
from pkicheck._cli._parser import Parser
from pkicheck._cli._table import COMMANDS
from pkicheck._progress import Progress
from pkicheck.codes import CATALOGUE
from pkicheck.errors import InputError, TransportError
from pkicheck.rules import RULES
from tests.architecture.source import modules
from tests.cli_kit import ASK, Done, command, finished, process, started
from tests.cli_kit import pkicheck as run

_PIPE = subprocess.PIPE
_SHOP_PASS = ("caa", "shop.example", *ASK)
_SHOP_FAIL = ("caa", "pay.shop.example", *ASK)
_ANSI = "\x1b[31m\x1b]0;owned\x07\x9b2J\u202e"


# -- the table


def test_the_table_names_every_command() -> None:
    """Each module of `_cli` without an underscore is a line of the table, and the other way round."""
    files = {module.name.rpartition(".")[2] for module in modules() if module.name.startswith("_cli.")}
    assert {name for name in files if not name.startswith("_")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_added_and_run(name: str) -> None:
    """A command module has `add`, which adds just itself with the line of the table, and `run`."""
    module = import_module(f"pkicheck._cli.{name}")
    subparsers = Parser().add_subparsers(parser_class=Parser)
    module.add(subparsers)
    assert list(subparsers.choices) == [name]
    assert callable(module.run)
    shown = run("--help").out
    assert COMMANDS[name] in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str) -> None:
    """`pkicheck COMMAND --help` says what it does and shows calls of it, exit code 0."""
    done = run(name, "--help")
    assert done.code == 0
    assert f"pkicheck {name}" in done.out.partition("examples:")[2]


def test_no_argument_is_abbreviated() -> None:
    """A script that says `--iss` today must not mean something else tomorrow."""
    for name in COMMANDS:
        subparsers = Parser().add_subparsers(parser_class=Parser)
        import_module(f"pkicheck._cli.{name}").add(subparsers)
        assert not subparsers.choices[name].allow_abbrev
    assert run("caa", "shop.example", "--iss", "ca.example", "--zone", ASK[-1]).code == 2


# -- how it starts


def test_the_module_runs_as_a_program() -> None:
    """`python -m pkicheck --version` prints the version and leaves with 0."""
    done = process("--version")
    assert done == Done(0, f"pkicheck {__version__}\n", "")


def test_version_and_help_import_nothing_heavy() -> None:
    """`--version`, `--help` and `rules` start without cryptography, dnspython and the checks."""
    for arguments in (["--version"], ["--help"], ["rules"]):
        program = (
            "import sys\nfrom pkicheck._cli import main\n"
            f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
            "heavy = {'cryptography', 'dns', 'idna', 'pkicheck.caa', 'pkicheck.lists', 'pkicheck.chainlog'}\n"
            "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
        )
        done = finished([sys.executable, "-c", program], stderr=_PIPE)
        assert done.returncode == 0, done.stderr


def test_a_call_without_a_command_is_wrong() -> None:
    """No command, an unknown command and an unknown argument: usage on standard error, exit code 2."""
    for arguments in ((), ("nonsense",), ("rules", "--nonsense"), ("--nonsense",)):
        done = run(*arguments)
        assert done.code == 2
        assert done.out == ""
        assert "usage: pkicheck" in done.err


# -- exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (_SHOP_PASS, 0),
        (_SHOP_FAIL, 1),
        (("caa", "bad..name", *ASK), 2),
        (("caa", "elsewhere.test", *ASK), 3),
        (("names", "shop.example"), 1),
        (("explain", "caa.no-such-code"), 2),
        (("replay", "no-such-file"), 2),
        (("log", "verify", "no-such-file"), 2),
    ],
)
def test_exit_codes_of_a_process(arguments: tuple[str, ...], code: int) -> None:
    """0 pass, 1 refused, 2 wrong call, 3 incomplete; for 2 one line on standard error and no other output."""
    done = process(*arguments)
    assert done.code == code
    if code == 2:
        assert done.out == ""
        assert done.err.count("\n") == 1
    else:
        assert done.err == ""


def test_the_worst_of_several() -> None:
    """1 is worse than 3, 3 is worse than 0, in either order."""
    assert [worst(one, other) for one in (0, 1, 3) for other in (0, 1, 3)] == [0, 1, 3, 1, 1, 1, 3, 1, 3]


class _Broken:
    """A command that goes wrong in a chosen way."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def add(self, subparsers: argparse._SubParsersAction[Parser]) -> None:
        """Add the command."""
        subparsers.add_parser("rules")

    def run(self, args: argparse.Namespace) -> int:
        """Go wrong."""
        raise self._error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("--x must be y"), 2, "pkicheck: --x must be y\n"),
        (TransportError("no disk"), 70, "pkicheck: no disk\n"),
        (KeyboardInterrupt(), 130, "pkicheck: interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (ZeroDivisionError("a bug \x1b[2J"), 70, "pkicheck: internal error: ZeroDivisionError: a bug \\x1b[2J\n"),
    ],
)
def test_what_is_raised_becomes_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    """A wrong argument is 2, our own side 70, the keyboard 130, a lost reader 141; a bug is 70, never 1 (refused)."""
    monkeypatch.setattr(pkicheck._cli, "import_module", lambda _: _Broken(error))
    done = run("rules")
    assert done.code == code
    assert done.err.startswith(said) if code == 70 else done.err == said
    assert "Traceback" not in done.err


def test_debug_shows_where_a_bug_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--debug` adds the traceback of an internal error; without it the one line says how to get it."""
    monkeypatch.setattr(pkicheck._cli, "import_module", lambda _: _Broken(ZeroDivisionError("a bug")))
    assert "Traceback" in run("--debug", "rules").err
    assert run("rules").err.splitlines()[1:] == ["pkicheck --debug shows where"]


# -- pipes


def test_a_reader_that_leaves_is_no_fault() -> None:
    """Nobody reads standard output any more: no traceback, exit code 141, and never a silent 0."""
    names = b"".join(b"n%d.shop.example\n" % number for number in range(20_000))
    with started("caa", "-", *ASK, "--json", stdout=_PIPE, stderr=_PIPE) as (child, source):
        assert child.stdout
        assert child.stderr
        source.write(names[:65536])
        source.flush()
        assert child.stdout.readline()
        child.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            source.write(names)
            source.close()
        assert child.stderr.read() == b""
        assert child.wait() == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [_SHOP_PASS, ("rules",), ("explain", "--json")])
def test_a_full_disk_is_not_a_pass(arguments: tuple[str, ...]) -> None:
    """An answer that cannot be written is 70 with one line, whatever the verdict was."""
    with open("/dev/full", "wb") as full:
        done = finished(command(*arguments), stdout=full, stderr=_PIPE)
    assert done.returncode == 70
    assert done.stderr.count(b"\n") == 1
    assert b"standard output cannot be written" in done.stderr


def test_standard_error_that_nobody_reads() -> None:
    """A closed standard error changes no exit code."""
    reader, writer = os.pipe()
    os.close(reader)
    done = finished(command("caa", "bad..name", *ASK), stdout=_PIPE, stderr=writer)
    os.close(writer)
    assert (done.returncode, done.stdout) == (2, b"")


def test_standard_input_that_is_closed() -> None:
    """`-` without a standard input is a wrong call, not a crash."""
    program = ["sh", "-c", 'exec "$@" <&-', "sh", *command("caa", "-", *ASK)]
    done = finished(program, stdout=_PIPE, stderr=_PIPE)
    assert done.returncode == 2
    assert b"standard input is closed" in done.stderr


def test_the_keyboard_interrupts() -> None:
    """SIGINT while waiting for names: what was judged is out, exit code 130, no traceback."""
    with started("caa", "-", *ASK, stdout=_PIPE, stderr=_PIPE) as (child, source):
        assert child.stdout
        assert child.stderr
        source.write(b"shop.example\n")
        source.flush()
        assert b"PASS" in child.stdout.readline()
        child.send_signal(signal.SIGINT)
        assert child.wait() == 130
        assert child.stderr.read() == b"pkicheck: interrupted\n"


# -- terminals


@pytest.mark.parametrize(
    "arguments",
    [
        (_ANSI,),
        ("rules", _ANSI),
        ("rules", f"--{_ANSI}"),
        ("rules", "--at", _ANSI),
        ("explain", _ANSI),
        ("policy", _ANSI),
        ("replay", _ANSI),
        ("names", _ANSI, f"{_ANSI}.example"),
        ("names", "a.example", "--scope", _ANSI),
        ("names", "a.example", "--root-zone", _ANSI),
        ("caa", f"{_ANSI}.shop.example", *ASK),
        ("caa", "shop.example", "--issuer", _ANSI, "--zone", ASK[-1]),
        ("caa", "shop.example", *ASK, "--account-uri", _ANSI),
        ("caa", "shop.example", *ASK, "--method", _ANSI),
        ("caa", "shop.example", *ASK, "--purpose", _ANSI),
        ("caa", "shop.example", *ASK, "--policy", _ANSI),
        ("caa", "shop.example", *ASK, "--deadline", _ANSI),
        ("caa", "shop.example", *ASK, "--in-flight", _ANSI),
        ("caa", "shop.example", *ASK, "--order", _ANSI),
        ("caa", "shop.example", "--issuer", "ca.example", "--zone", _ANSI),
        ("log", "verify", _ANSI),
        ("log", "verify", "x.log", "--head", _ANSI, "--reaches", _ANSI),
    ],
)
def test_no_argument_reaches_the_terminal_raw(arguments: tuple[str, ...]) -> None:
    """An escape sequence in any argument is shown as text: output is printable ASCII and line feeds (R017)."""
    done = run(*arguments)
    assert done.code in (1, 2)
    for text in (done.out, done.err):
        assert all(char == "\n" or " " <= char <= "~" for char in text)


def test_no_line_reaches_the_terminal_raw() -> None:
    """An escape sequence in a line of standard input is shown as text, in prose, explanation and JSON (R017)."""
    lines = f"{_ANSI}\n{_ANSI}.example\n".encode() + b"\x1b[2J\xff\n"
    for flags in ([], ["--explain"], ["--json"], ["--json", "--explain"]):
        done = run("caa", "-", *ASK, *flags, stdin=lines)
        assert done.code == 1
        for text in (done.out, done.err):
            assert all(char == "\n" or " " <= char <= "~" for char in text)


def test_no_record_reaches_the_terminal_raw(tmp_path: os.PathLike[str]) -> None:
    """An escape sequence in a zone file, in a record or in a broken line, is shown as text (R017)."""
    good, bad = os.path.join(tmp_path, "good.zone"), os.path.join(tmp_path, "bad.zone")
    with open(good, "w", encoding="utf-8") as file:
        file.write('shop.example. CAA 0 issue "\\027[31mx\\007\\155\\226"\nshop.example. CAA 0 "\\027[2J" "y"\n')
    with open(bad, "w", encoding="utf-8") as file:
        file.write(f"shop.example. CAA 0 issue ca.example {_ANSI} {_ANSI}\n")
    for arguments in ((good,), (good, "--explain"), (bad,)):
        done = run("caa", "shop.example", "--issuer", "ca.example", "--zone", *arguments)
        assert done.code in (1, 2)
        for text in (done.out, done.err):
            assert all(char == "\n" or " " <= char <= "~" for char in text)


def test_printable_is_readable() -> None:
    """Plain ASCII stays as it is, the section sign of our own texts becomes a word, the rest becomes escapes."""
    assert printable("RFC 8659 \xa74.2 a\\b") == "RFC 8659 section 4.2 a\\b"
    assert printable("\x1b\x7f\xe9\u202e\U0001f600") == "\\x1b\\x7f\\xe9\\u202e\\U0001f600"


def test_our_own_texts_need_no_escapes() -> None:
    """Every code and rule prints without an escape: `explain` and `rules` show what the authors wrote."""
    texts = [f"{code.meaning}{code.remedy}" for code in CATALOGUE.values()]
    texts += [f"{rule.section}{rule.text}{rule.ballot}" for rule in RULES.values()]
    assert not [text for text in texts if not text.replace("\xa7", "").isascii()]


def test_progress_on_a_terminal() -> None:
    """Standard error on a terminal and standard output elsewhere: a long run shows how far it is, and cleans up."""
    host, terminal = pty.openpty()
    with started("caa", "-", *ASK, stdout=subprocess.DEVNULL, stderr=terminal) as (child, source):
        os.close(terminal)
        source.write(b"shop.example\n" * 3000)
        source.close()
        shown = b""
        try:
            while piece := os.read(host, 65536):
                shown += piece
        except OSError:  # the terminal was closed by its last user
            pass
        assert child.wait() == 0
    os.close(host)
    assert b" done, " in shown
    assert b"0 FAIL, 0 INCOMPLETE, " in shown
    assert b"\n" not in shown
    assert shown.endswith(b" \r")


def test_progress_counts_seldom() -> None:
    """The line is written at most five times a second, with a rate after a second, over what stood there before."""
    stream, clock = io.StringIO(), iter([0.0, 0.0, 0.1, 0.2, 2.0])
    progress = Progress(stream, wanted=True, clock=lambda: next(clock))
    for done in (1, 2, 3, 100):
        progress.update(done, "x" * (90 if done == 3 else 1))
    progress.clear()
    assert [text.rstrip() for text in stream.getvalue().split("\r")[1:]] == [
        "1 done, x",
        f"3 done, {'x' * 71}",
        "100 done, 50/s, x",
        "",
        "",
    ]


def test_no_progress_where_it_is_not_wanted() -> None:
    """Nothing is written to a pipe or file."""
    stream = io.StringIO()
    progress = Progress(stream, wanted=False)
    progress.update(1, "x")
    progress.clear()
    assert stream.getvalue() == ""
