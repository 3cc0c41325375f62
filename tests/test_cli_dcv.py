"""`pkicheck dcv` and `pkicheck methods`: arguments, exit codes, output, evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkicheck.dcv.values import dns_value
from pkicheck.evidence import load
from pkicheck.methods import METHODS
from tests.cli_kit import pkicheck
from tests.dcv_cases import KEY, THUMB, TOKEN, VALUE

_ACME = ("--token", TOKEN, "--thumbprint", THUMB)
_PRIVATE = ("--policy", "private")


@pytest.fixture
def zone(tmp_path: Path) -> str:
    """A zone file with a record for each method."""
    path = tmp_path / "shop.zone"
    path.write_text(
        f'_acme-challenge.shop.example. TXT "{dns_value(KEY)}"\n'
        "shop.example. A 192.0.2.1\n"
        f'_pki.shop.example. TXT "{VALUE}"\n'
        '_validation-persist.shop.example. TXT "ca.example; accounturi=https://ca.example/acct/1"\n'
        '_ip-validation-persist.7.100.51.198.in-addr.arpa. TXT "ca.example; accounturi=https://ca.example/acct/1"\n',
        encoding="utf-8",
    )
    return str(path)


def test_dns_01(zone: str) -> None:
    """The ordinary case: exit code 0, a line of prose; the evidence replays; an unknown name fails with 1 (R115)."""
    done = pkicheck("dcv", "dns-01", "shop.example", *_ACME, "--zone", zone, *_PRIVATE)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("3.2.2.4.7 for shop.example: PASS: ")
    done = pkicheck("dcv", "dns-01", "shop.example", *_ACME, "--zone", zone, *_PRIVATE, "--json")
    assert done.code == 0
    assert load(done.out.encode()).replay().same
    done = pkicheck("dcv", "dns-01", "a.shop.example", "shop.example", *_ACME, "--zone", zone, *_PRIVATE, "--explain")
    assert done.code == 1
    assert "dcv.record-missing" in done.out


def test_documentation_names_are_not_public(zone: str) -> None:
    """Under the baseline policy a name outside the root zone is refused before anything is asked (D17)."""
    done = pkicheck("dcv", "dns-01", "shop.example", *_ACME, "--zone", zone)
    assert done.code == 1
    assert "name.special-use" in done.out


def test_a_random_value_and_its_register(zone: str, tmp_path: Path) -> None:
    """A value serves one order, also in the next run (R121, D04)."""
    register = str(tmp_path / "values.sqlite")
    ask = ("dcv", "3.2.2.4.7", "www.shop.example", "--adn", "shop.example", "--value", VALUE, "--label", "_pki")
    rest = ("--zone", zone, *_PRIVATE, "--register", register)
    adn = pkicheck(*ask, *rest, "--order", "one")
    # (nobody knows public suffixes below `example`, which is no top-level domain of the packaged list)
    assert adn.code == 1
    assert "dcv.adn-not-reached" in adn.out
    own = ("dcv", "ca-tbr-7", "shop.example", "--value", VALUE, "--label", "_pki", *rest)
    assert pkicheck(*own, "--order", "one").code == 0
    again = pkicheck(*own, "--order", "two")
    assert again.code == 1
    assert "dcv.value-reused" in again.out


def test_persistent_records(zone: str) -> None:
    """Names and addresses by their own sections."""
    who = ("--issuer", "ca.example", "--account-uri", "https://ca.example/acct/1", "--zone", zone, *_PRIVATE)
    assert pkicheck("dcv", "3.2.2.4.22", "shop.example", *who).code == 0
    assert pkicheck("dcv", "3.2.2.5.8", "198.51.100.7", *who).code == 0
    done = pkicheck("dcv", "3.2.2.5.8", "shop.example", *who)
    assert done.code == 2
    assert "3.2.2.4.22 is" in done.err


def test_account_label(zone: str) -> None:
    """dns-account-01 by its section."""
    uri = ("--account-uri", "https://ca.example/acct/9")
    done = pkicheck("dcv", "3.2.2.4.21", "shop.example", *_ACME, *uri, "--zone", zone, *_PRIVATE)
    assert done.code == 1
    assert "dcv.record-missing" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dns-01", "shop.example", "--zone", "x"), "dns-01 needs --token"),
        (("dns-01", "shop.example", *_ACME), "give one of --resolver"),
        (("3.2.2.4.7", "shop.example"), "needs --value"),
        (("3.2.2.4.7", "shop.example", "--value", "x"), "a random value has at least 112 bits"),
        (("3.2.2.4.22", "shop.example"), "needs --issuer"),
        (("http-01", "shop.example"), "see `pkicheck methods`"),
        (("dns-99", "shop.example"), "no validation method"),
        (("dns-01", "a..b", *_ACME), "is not a name"),
        (("dns-01", "shop.example", *_ACME, "--created-at", "noon"), "--created-at must be"),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], words: str) -> None:
    """A wrong call is exit code 2 and says which argument."""
    done = pkicheck("dcv", *arguments)
    assert done.code == 2
    assert words in done.err


def test_a_policy_of_retired_methods_does_not_load(tmp_path: Path, zone: str) -> None:
    """A policy that names a retired method fails to load for that date (R119, R147)."""
    policy = tmp_path / "policy.json"
    policy.write_text('{"name":"old","public":false,"dcv":{"methods":["3.2.2.4.6","3.2.2.4.7"]}}', encoding="utf-8")
    done = pkicheck("dcv", "dns-01", "shop.example", *_ACME, "--zone", zone, "--policy", str(policy))
    assert done.code == 2
    assert "3.2.2.4.6 (retired)" in done.err


def test_methods_on_a_day() -> None:
    """Every method with its state on the day asked for, as prose and as JSON lines (D01)."""
    done = pkicheck("methods", "--at", "2027-03-14")
    assert done.code == 0
    assert "3.2.2.4.16: allowed, should not be used" in done.lines
    assert "3.2.2.4.16: retired" in pkicheck("methods", "--at", "2027-03-15").lines
    rows = pkicheck("methods", "--json", "--at", "2026-11-21").json
    assert [each["id"] for each in rows] == list(METHODS)
    by_id = {each["id"]: each for each in rows}
    assert by_id["3.2.2.4.19"]["labels"] == ["ca-tbr-19", "http-01"]
    assert by_id["3.2.2.4.22"]["reuse_seconds"] == 864000
    assert pkicheck("methods").code == 0
