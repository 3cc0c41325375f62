"""`pkicheck deadlines`."""

from __future__ import annotations

import pytest

from pkicheck.deadlines import REASONS
from tests.cli_kit import pkicheck as run


def test_reasons_are_listed() -> None:
    """Every event of the section is listed with its number (R055)."""
    done = run("deadlines", "--reasons")
    assert done.code == 0
    assert [line.split(" ")[1].rstrip(":") for line in done.lines] == list(REASONS)


def test_overdue_and_met() -> None:
    """The exit code is 1 when a duty is late or overdue, else 0; JSON says which (R038, R039)."""
    met = run(
        "deadlines", "misuse", "--aware", "2026-11-02T10:00:00Z", "--revoked", "2026-11-07T10:00:00Z",
        "--disclosed", "2026-11-05T10:00:00Z", "--at", "2026-11-08T00:00:00Z", "--json",
    )  # fmt: skip
    assert met.code == 0
    assert [each["state"] for each in met.json] == ["met", "met", "running", "running"]
    assert met.json[0]["rule"] == "br.4.9.1.1/5d"
    late = run(
        "deadlines", "misuse", "--aware", "2026-11-02T10:00:00Z", "--revoked", "2026-11-07T10:00:01Z",
        "--at", "2026-11-08T00:00:00Z",
    )  # fmt: skip
    assert late.code == 1
    assert late.lines[0].endswith("2026-11-07T10:00:00.000000Z: late (br.4.9.1.1/5d)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "REASON"),
        (("misuse",), "--aware"),
        (("because", "--aware", "2026-11-02"), "no reason is called"),
        (("misuse", "--aware", "yesterday"), "--aware"),
        (("misuse", "--aware", "2026-11-02", "--revoked", "2026-11-01"), "done_at"),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], message: str) -> None:
    """A wrong argument is named, and the exit code is 2."""
    done = run("deadlines", *arguments)
    assert done.code == 2
    assert message in done.err
