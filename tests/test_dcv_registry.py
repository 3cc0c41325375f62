"""The registry of methods: every method ever, its dates on both sides, what it may serve; policies against it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import attrs
import pytest

from pkicheck.dcv import MethodStatus, authorization_domains, method, methods, require_methods
from pkicheck.errors import InputError
from pkicheck.methods import METHODS, acme_label, labels
from pkicheck.policy import BASELINE, DcvPolicy, Policy
from pkicheck.rules.dcv import AVOID, RELY, VALIDATE

US = timedelta(microseconds=1)
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)

# BR 3.2.2.4, 3.2.2.5 and their version table, written down a second time: first day, day of the last start, day from
# which nothing rests on it.
_DATES: dict[str, tuple[str, str, str]] = {
    "3.2.2.4.1": ("", "2018-08-01", "2018-08-01"),
    "3.2.2.4.2": ("", "2025-07-15", "2025-07-15"),
    "3.2.2.4.3": ("", "2019-06-01", ""),
    "3.2.2.4.4": ("", "2028-03-15", "2028-03-15"),
    "3.2.2.4.5": ("", "2018-08-01", "2018-08-01"),
    "3.2.2.4.6": ("", "2020-06-04", ""),
    "3.2.2.4.7": ("", "", ""),
    "3.2.2.4.8": ("", "2026-03-15", "2026-03-15"),
    "3.2.2.4.9": ("", "2019-03-16", "2019-03-16"),
    "3.2.2.4.10": ("", "2020-09-22", "2020-09-22"),
    "3.2.2.4.11": ("", "2017-10-19", "2017-10-19"),
    "3.2.2.4.12": ("2018-03-09", "", ""),
    "3.2.2.4.13": ("2019-02-01", "2028-03-15", "2028-03-15"),
    "3.2.2.4.14": ("2019-02-01", "2028-03-15", "2028-03-15"),
    "3.2.2.4.15": ("2019-03-16", "2025-07-15", "2025-07-15"),
    "3.2.2.4.16": ("2019-03-16", "2027-03-15", "2027-03-15"),
    "3.2.2.4.17": ("2019-09-09", "2027-03-15", "2027-03-15"),
    "3.2.2.4.18": ("2020-03-03", "", ""),
    "3.2.2.4.19": ("2020-03-03", "", ""),
    "3.2.2.4.20": ("2020-09-22", "", ""),
    "3.2.2.4.21": ("2025-03-01", "", ""),
    "3.2.2.4.22": ("2025-11-10", "", ""),
    "3.2.2.5.1": ("", "", ""),
    "3.2.2.5.2": ("", "2027-03-15", "2027-03-15"),
    "3.2.2.5.3": ("", "2027-03-15", "2027-03-15"),
    "3.2.2.5.4": ("", "2019-08-01", "2019-08-01"),
    "3.2.2.5.5": ("2019-03-16", "2027-03-15", "2027-03-15"),
    "3.2.2.5.6": ("2019-03-16", "", ""),
    "3.2.2.5.7": ("2019-03-16", "", ""),
    "3.2.2.5.8": ("2025-12-16", "", ""),
}


def _day(text: str) -> datetime | None:
    return datetime.fromisoformat(f"{text}T00:00:00+00:00") if text else None


def test_every_method_is_there() -> None:
    """The registry has every section of 3.2.2.4 and 3.2.2.5, retired ones too, and every one has its dates here."""
    assert [each.id for each in methods()] == list(METHODS) == list(_DATES)
    assert {each.id for each in methods()} == set(VALIDATE)


@pytest.mark.parametrize("section", _DATES)
def test_dates_on_both_sides(section: str) -> None:
    """A validation may start from its first instant to the last before its end; relying likewise (D01, R118)."""
    since, until, dead = (_day(each) for each in _DATES[section])
    how = method(section)
    assert (how.since, how.until, how.relied_until) == (since, until, dead)
    if since is not None:
        assert not how.may_start(since - US)
        assert how.may_start(since)
        assert how.status(since - US) is MethodStatus.NOT_YET
        assert how.status(since) is MethodStatus.ALLOWED
    if until is not None:
        assert how.may_start(until - US)
        assert not how.may_start(until)
        assert how.status(until - US) in (MethodStatus.ALLOWED, MethodStatus.AVOID)
        assert how.status(until) is (MethodStatus.REUSE_ONLY if dead is None else MethodStatus.RETIRED)
        assert how not in methods(until)
        assert how in methods(until - US)
    if dead is not None:
        assert how.may_be_relied_on(dead - US)
        assert not how.may_be_relied_on(dead)
    else:
        assert how.may_be_relied_on(NOW)


@pytest.mark.parametrize("section", sorted(AVOID))
def test_discouraged_from_its_day(section: str) -> None:
    """Methods that should not be used say so from 2026-03-15 on (BR 3.2.2.4, SC-090)."""
    day = datetime(2026, 3, 15, tzinfo=timezone.utc)
    assert method(section).status(day - US) is MethodStatus.ALLOWED
    assert method(section).status(day) is MethodStatus.AVOID


def test_old_data_of_methods_without_a_day_runs_out() -> None:
    """Where no text kills old validations, the limit of reuse does: .3 and .6 are retired today (R119)."""
    six = method("3.2.2.4.6")
    until = six.until
    assert until is not None
    end = datetime(2021, 10, 1, tzinfo=timezone.utc)
    assert six.status(end - US) is MethodStatus.REUSE_ONLY
    assert six.status(end) is MethodStatus.RETIRED
    assert {method(each).status(NOW) for each in ("3.2.2.4.3", "3.2.2.4.6")} == {MethodStatus.RETIRED}


def test_what_is_allowed_today() -> None:
    """The methods of today, and no other."""
    today = [each.id.removeprefix("3.2.2.") for each in methods(NOW)]
    assert today == ("4.4 4.7 4.12 4.13 4.14 4.16 4.17 4.18 4.19 4.20 4.21 4.22 5.1 5.2 5.3 5.5 5.6 5.7 5.8".split())


def test_labels_and_challenges() -> None:
    """Methods are found by section and by label, and name the ACME challenge that performs them."""
    assert method("http-01") is method("ca-tbr-19") is method("3.2.2.4.19")
    assert method("http-01").labels == labels("3.2.2.4.19") == {"http-01", "ca-tbr-19"}
    found = {each.id: each.acme for each in methods() if each.acme}
    assert found == {
        "3.2.2.4.7": "dns-01",
        "3.2.2.4.19": "http-01",
        "3.2.2.4.20": "tls-alpn-01",
        "3.2.2.4.21": "dns-account-01",
        "3.2.2.4.22": "dns-persist-01",
        "3.2.2.5.6": "http-01",
        "3.2.2.5.7": "tls-alpn-01",
    }
    assert acme_label("ca-tbr-7") == "dns-01"
    with pytest.raises(InputError, match="no validation method"):
        method("dns-99")


_FLAGS = {
    "4.4": "wildcard prune cname",
    "4.7": "wildcard prune cname",
    "4.12": "wildcard prune",
    "4.13": "wildcard prune cname",
    "4.14": "wildcard prune cname",
    "4.16": "wildcard prune cname",
    "4.17": "wildcard prune cname",
    "4.18": "onion",
    "4.19": "onion",
    "4.20": "onion",
    "4.21": "wildcard prune",
    "4.22": "wildcard prune",
    "5.1": "addresses",
    "5.2": "addresses",
    "5.3": "addresses",
    "5.5": "addresses",
    "5.6": "addresses",
    "5.7": "addresses",
    "5.8": "addresses",
}
_ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"


@pytest.mark.parametrize("which", methods(NOW), ids=lambda which: which.id)
def test_the_table_of_marks(which: object) -> None:
    """Every method of today against wildcard, pruned, onion names and addresses: the table of BR 3.2.2.4 (D16)."""
    how = method(getattr(which, "id"))  # noqa: B009 - typed as object by pytest
    wanted = set(_FLAGS[how.id.removeprefix("3.2.2.")].split())
    flags = ("wildcard", "prune", "cname", "onion", "addresses")
    assert {flag for flag in flags if getattr(how, flag)} == wanted
    assert how.domains is not how.addresses
    table = datetime(2026, 11, 15, tzinfo=timezone.utc)

    def reach(name: str) -> list[str]:
        found = authorization_domains(name, how.id, at=table, suffix_of=lambda _: "example")
        return [each.adn.text for each in found]

    assert bool(reach("*.shop.example")) is ("wildcard" in wanted)
    assert ("shop.example" in reach("a.shop.example")) is ("prune" in wanted)
    assert ("shop.example" in reach("shop.example")) is how.domains
    assert bool(reach(_ONION)) is ("onion" in wanted)
    assert reach("192.0.2.1") == []


def test_what_perspectives_see_alike() -> None:
    """The corroborated object of each method of today (BR 3.2.2.4, 3.2.2.5, 3.2.2.9)."""
    found = {each.id.removeprefix("3.2.2."): each.corroborated for each in methods(NOW)}
    assert found == {
        "4.4": "",
        "4.7": "value",
        "4.12": "",
        "4.13": "contact",
        "4.14": "contact",
        "4.16": "contact",
        "4.17": "contact",
        "4.18": "value",
        "4.19": "token",
        "4.20": "token",
        "4.21": "token",
        "4.22": "account",
        "5.1": "value",
        "5.2": "",
        "5.3": "name",
        "5.5": "",
        "5.6": "token",
        "5.7": "token",
        "5.8": "account",
    }


def test_reuse_limits() -> None:
    """The limit is that of the day of issuance; the persistent record has 10 days at every date (D08)."""
    for year, month, day, days in (
        (2012, 6, 30, 0),
        (2012, 7, 1, 1184),
        (2018, 2, 28, 1184),
        (2018, 3, 1, 825),
        (2021, 9, 30, 825),
        (2021, 10, 1, 398),
        (2026, 3, 14, 398),
        (2026, 3, 15, 200),
        (2027, 3, 14, 200),
        (2027, 3, 15, 100),
        (2029, 3, 14, 100),
        (2029, 3, 15, 10),
    ):
        at = datetime(year, month, day, tzinfo=timezone.utc)
        assert method("dns-01").reuse(at) == timedelta(days=days)
        assert method("3.2.2.4.22").reuse(at) == timedelta(days=min(days, 10))


def test_a_policy_that_names_retired_methods() -> None:
    """A policy fails to load for a date on which it names what may not be used: each method is named (R119, R147)."""
    policy = Policy(name="then", dcv=DcvPolicy(methods=("3.2.2.4.2", "3.2.2.4.6", "3.2.2.4.7")))
    require_methods(policy, at=datetime(2020, 1, 1, tzinfo=timezone.utc))
    with pytest.raises(
        InputError, match=r"^policy: dcv.methods names what may not be used at 2021-01-01: 3.2.2.4.6 \("
    ) as e:
        require_methods(policy, at=datetime(2021, 1, 1, tzinfo=timezone.utc))
    assert "3.2.2.4.2 (" not in str(e.value)
    with pytest.raises(InputError, match=r"3.2.2.4.2 \(retired\), 3.2.2.4.6 \(retired\)"):
        require_methods(policy, at=NOW)
    require_methods(attrs.evolve(BASELINE), at=NOW)
    with pytest.raises(InputError, match="time zone"):
        require_methods(policy, at=datetime(2021, 1, 1))


def test_rules_of_reliance_belong_to_methods() -> None:
    """Every method whose old validations die has a rule for it, and the older web methods once served names below."""
    assert set(RELY) == {section for section, (_, _, dead) in _DATES.items() if dead}
    for section in ("3.2.2.4.6", "3.2.2.4.18", "3.2.2.4.19"):
        day = datetime(2021, 12, 1, tzinfo=timezone.utc)
        if section == "3.2.2.4.6":
            assert method(section).serves_others(day)
            continue
        assert method(section).serves_others(day - US)
        assert not method(section).serves_others(day)
    assert not method("3.2.2.4.20").serves_others(datetime(2021, 1, 1, tzinfo=timezone.utc))


# kind, value, what it is unique to, DNSSEC duty, redirects, ports: written down a second time.
_DATA = {
    "4.1": "other - - - no -",
    "4.2": "other - - - no -",
    "4.3": "other - - - no -",
    "4.4": "contact random message contact no -",
    "4.5": "other - - - no -",
    "4.6": "other - - - no -",
    "4.7": "dns random-or-request request all no -",
    "4.8": "other - - - no -",
    "4.9": "other - - - no -",
    "4.10": "other - - - no -",
    "4.11": "other - - - no -",
    "4.12": "registrar - - all no -",
    "4.13": "contact random message contact no -",
    "4.14": "contact random message contact no -",
    "4.15": "other - - - no -",
    "4.16": "contact random message all no -",
    "4.17": "contact random message all no -",
    "4.18": "web random-or-request request all yes 80,443,25,22",
    "4.19": "web token - all yes 80,443,25,22",
    "4.20": "tls token - all no 443",
    "4.21": "dns token - all no -",
    "4.22": "persistent record - all no -",
    "5.1": "web random-or-request request - yes 80,443,25,22",
    "5.2": "other - - - no -",
    "5.3": "lookup - - all no -",
    "5.4": "other - - - no -",
    "5.5": "other - - - no -",
    "5.6": "web token - - yes 80,443,25,22",
    "5.7": "tls token - - no 443",
    "5.8": "persistent record - all no -",
}


def test_the_data_of_every_method() -> None:
    """Kind, value, uniqueness, DNSSEC duty, redirects and ports of every method are as the texts say (D01)."""
    found = {
        each.id.removeprefix("3.2.2."): " ".join(
            (
                each.kind,
                each.value or "-",
                each.unique or "-",
                each.dnssec or "-",
                "yes" if each.redirects else "no",
                ",".join(str(port) for port in each.ports) or "-",
            )
        )
        for each in methods()
    }
    assert found == _DATA
    # No two methods are called the same, and the notes on names below went with those on wildcard names.
    assert len({each.name for each in methods()}) == len(_DATA)
    pruning = {each.id.removeprefix("3.2.2.") for each in methods() if each.prune}
    assert pruning == set("4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.12 4.13 4.14 4.15 4.16 4.17 4.21 4.22".split())
    assert pruning == {each.id.removeprefix("3.2.2.") for each in methods() if each.wildcard}
    assert {each.id.removeprefix("3.2.2.") for each in methods() if each.reuse_days == 10} == {"4.22", "5.8"}
    assert {each.reuse_days for each in methods()} == {None, 10}
