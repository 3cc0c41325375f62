"""Running the command line in a test: inside this process for speed, or as a process with real pipes and exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from typing import IO, Any, NamedTuple
from unittest import mock

from pkicheck._cli import main
from tests.architecture.source import ROOT

SHOP = str(ROOT / "examples" / "shop.zone")
ORDER = str(ROOT / "examples" / "order.json")
ASK = ("--issuer", "ca.example", "--zone", SHOP)
"""What the questions about the example shop have in common."""


class Done(NamedTuple):
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Standard output by lines."""
        return self.out.splitlines()

    @property
    def json(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.lines]


def pkicheck(*arguments: str, stdin: bytes = b"") -> Done:
    """Run the command line inside this process."""
    kept_out, kept_err = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(kept, "utf-8", newline="", write_through=True) for kept in (kept_out, kept_err))
    source = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "stdin", source):
        try:
            code = main(arguments)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
    return Done(code, kept_out.getvalue().decode("utf-8"), kept_err.getvalue().decode("utf-8"))


# Set on some machines, it would hide an answer that waits in a buffer.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def command(*arguments: str) -> list[str]:
    """The program to start for a run as a process; warnings are errors there too."""
    return [sys.executable, "-W", "error", "-m", "pkicheck", *arguments]


@contextlib.contextmanager
def started(
    *arguments: str, stdout: int | None = None, stderr: int | None = None
) -> Generator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Start the command line as a process to talk with: it, and its standard input. A minute of silence ends it."""
    with subprocess.Popen(
        command(*arguments), cwd=ROOT, env=_ENVIRONMENT, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr
    ) as child:
        watch = threading.Timer(60, child.kill)
        watch.start()
        assert child.stdin
        try:
            yield child, child.stdin
        finally:
            watch.cancel()


def process(*arguments: str, stdin: bytes = b"") -> Done:
    """Run the command line as a process."""
    done = finished(command(*arguments), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def finished(program: list[str], **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end."""
    return subprocess.run(program, cwd=ROOT, env=_ENVIRONMENT, timeout=120, check=False, **streams)
