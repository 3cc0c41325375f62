"""Runs every decision with all doors to the world shut, and prints one line of JSON: the name and what it touched.

A program of its own (`python -m tests.architecture.audit`), because an audit hook cannot be taken off again. Without an
argument it runs the registry; `planted` runs functions that each touch the world, to prove that the doors are shut.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from tests.architecture.decisions import decisions

# Everything that reads or changes the world. What merely builds objects in memory is not listed.
_DOORS = (
    "open",
    "import",
    "exec",
    "compile",
    "mmap.",
    "os.",
    "shutil.",
    "tempfile.",
    "glob.",
    "pathlib.",
    "fcntl.",
    "socket.",
    "ssl.",
    "http.",
    "urllib.",
    "sqlite3.",
    "subprocess.",
    "signal.",
    "ctypes.",
    "_thread.",
    "time.sleep",
)
# A text codec is loaded at its first use. That reads the standard library and not the world, so it happens before.
_CODECS = ("ascii", "utf-8", "utf-16-be", "latin-1", "punycode", "idna", "unicode_escape")


class Touched(BaseException):
    """A decision reached for the world. Not an Exception, so that no handler of a decision swallows it."""


_armed = False
_touched: list[str] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _armed and event.startswith(_DOORS):
        _touched.append(f"{event} {arguments[:1]!r}"[:200])
        raise Touched(event)


class _ShutImport:
    """A finder that finds nothing and tells: `importlib.import_module` raises no audit event."""

    @staticmethod
    def find_spec(fullname: str, *_: object) -> NoReturn:
        _touched.append(f"import {fullname}")
        raise Touched(fullname)


class _ShutDoor:
    """Stands in for a function or mapping that has no audit event: clocks, entropy, the environment."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _touch(self, *_: object, **__: object) -> NoReturn:
        _touched.append(self._name)
        raise Touched(self._name)

    __call__ = __getitem__ = __contains__ = __iter__ = __len__ = get = _touch


def _silent_doors() -> Iterator[tuple[object, str, str]]:
    for name in ("time", "monotonic", "perf_counter", "process_time"):
        yield time, name, f"time.{name}"
        yield time, f"{name}_ns", f"time.{name}_ns"
    for name in ("localtime", "gmtime"):
        yield time, name, f"time.{name}"
    for name in ("environ", "getenv", "urandom"):
        yield os, name, f"os.{name}"
    for name in random.__all__:
        if name.islower():
            yield random, name, f"random.{name}"


def audited(call: Callable[[], object]) -> str:
    """What the call touched, or "" when it touched nothing."""
    global _armed  # noqa: PLW0603 - an audit hook has no other way to be told
    _touched.clear()
    before = [(place, name, getattr(place, name)) for place, name, _ in _silent_doors()]
    for place, name, shown in list(_silent_doors()):
        setattr(place, name, _ShutDoor(shown))
    sys.meta_path.insert(0, _ShutImport)
    _armed = True
    try:
        call()
    except Touched:
        pass
    finally:
        _armed = False
        sys.meta_path.remove(_ShutImport)
        for place, name, original in before:
            setattr(place, name, original)
    return ", ".join(_touched)


def _swallowing() -> None:
    with contextlib.suppress(OSError):
        socket.getaddrinfo("localhost", 53)


def planted() -> list[tuple[str, Callable[[], object]]]:
    """Functions that each touch the world in another way."""
    return [
        ("open", lambda: open(__file__, "rb").close()),
        ("import", lambda: __import__("not_loaded_yet")),
        ("import_module", lambda: importlib.import_module("not_loaded_yet")),
        ("listdir", lambda: os.listdir(".")),
        ("environ", lambda: os.environ.get("HOME")),
        ("urandom", lambda: os.urandom(1)),
        ("socket", lambda: socket.socket().close()),
        ("swallowing", _swallowing),
        ("sqlite3", lambda: sqlite3.connect(":memory:").close()),
        ("subprocess", lambda: subprocess.run([sys.executable, "-V"], check=False)),
        ("clock", lambda: time.time()),
        ("random", lambda: random.random()),
        ("nothing", lambda: sorted([2, 1])),
    ]


def main() -> None:
    """Run the registry, or the planted functions, and print what each touched."""
    for name in _CODECS:
        codecs.lookup(name)
    calls = planted() if sys.argv[1:] == ["planted"] else decisions()
    sys.addaudithook(_hook)
    print(json.dumps({name: audited(call) for name, call in calls}))


if __name__ == "__main__":
    main()
