"""`pkicheck caa` with a resolver: the options, and what they come to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pkicheck import Resolver
from tests.cli_kit import pkicheck
from tests.net.scripted import Scripted


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with Scripted() as running:
        yield running


def caa(*args: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pkicheck", "caa", *args, "--issuer", "ca.example"]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)


def test_a_name_by_a_resolver(server: Scripted) -> None:
    """`--resolver IP:PORT` asks that server; several stand in for each other."""
    done = caa("ok.x.example", "--resolver", server.address, "--resolver", "127.0.0.1:1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASS" in done.stdout


def test_a_stream_of_names_by_a_resolver(server: Scripted) -> None:
    """Standard input, `--in-flight` and `--deadline` work with a resolver as with zone files."""
    names = "".join(f"n{each}.x.example\n" for each in range(50))
    done = caa("-", "--resolver", server.address, "--in-flight", "7", "--deadline", "9.5", "--json", given=names)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 50


def test_a_deadline_ends_a_check(server: Scripted) -> None:
    """A short `--deadline` leads to INCOMPLETE and exit code 3."""
    done = caa("drop.x.example", "--resolver", server.address, "--deadline", "0.3")
    assert done.returncode == 3
    assert "INCOMPLETE" in done.stdout
    assert "dns.lookup-deadline" in done.stdout


def test_the_resolvers_of_the_machine(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--system` asks the resolvers that `Resolver.system` finds."""
    told: list[Any] = []

    def system(**more: Any) -> Resolver:
        told.append(more)
        return Resolver(server.address, **more)

    monkeypatch.setattr(Resolver, "system", system)
    done = pkicheck("caa", "ok.x.example", "--issuer", "ca.example", "--system", "--in-flight", "9")
    assert done.code == 0, done.err
    assert "PASS" in done.out
    assert len(told) == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "give one of"),
        (("--resolver", "127.0.0.1", "--zone", "x"), "not 2 of them"),
        (("--resolver", "127.0.0.1", "--system"), "not 2 of them"),
        (("--resolver", "localhost"), "IP address"),
        (("--resolver", "8.8.8.8"), "public resolver"),
    ],
)
def test_wrong_sources(args: tuple[str, ...], said: str) -> None:
    """Exactly one source of answers, and a well-formed one, is asked for (exit code 2)."""
    done = caa("shop.example", *args)
    assert done.returncode == 2
    assert said in done.stderr
