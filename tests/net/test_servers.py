"""The resolver against unbound that validates a signed private root, configured by the how-to: blocking and asyncio."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

import pkicheck
from pkicheck import BASELINE, CaaResult, DnsObservation, DnsQuery, Dnssec, Verdict, aio, dnssec
from pkicheck.dnswire import CAA, DS
from pkicheck.lookups import Outcome, question, read_answer
from pkicheck.names import DnsName
from pkicheck.policy import Policy
from tests.net.realdns import PrivateDns, need_servers

pytestmark = pytest.mark.servers

QUICK = attrs.evolve(BASELINE, name="quick", net=attrs.evolve(BASELINE.net, tries=2, try_wait=timedelta(seconds=1.2)))
PERMITS = attrs.evolve(
    QUICK, name="permits", caa=attrs.evolve(QUICK.caa, failure_permits=True, canary_zone="canary.plain")
)


@pytest.fixture(scope="module")
def dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateDns]:
    need_servers()
    with PrivateDns(tmp_path_factory.mktemp("dns")) as running:
        yield running


def blocking(dns: PrivateDns, name: str, policy: Policy = QUICK, canary: str = "") -> CaaResult:
    with pkicheck.Resolver(dns.address, policy=policy) as resolver:
        return pkicheck.check_caa(name, issuers={"ca.example"}, resolver=resolver, policy=policy, canary=canary)


def asynchronous(dns: PrivateDns, name: str, policy: Policy = QUICK, canary: str = "") -> CaaResult:
    async def main() -> CaaResult:
        async with aio.Resolver(dns.address, policy=policy) as resolver:
            return await aio.check_caa(name, issuers={"ca.example"}, resolver=resolver, policy=policy, canary=canary)

    return asyncio.run(main())


both = pytest.mark.parametrize("check", [blocking, asynchronous])

TABLE: dict[str, tuple[Verdict, set[str]]] = {
    "good.example": (Verdict.PASS, {"caa.authorised", "dns.dnssec-secure"}),
    "www.good.example": (Verdict.PASS, {"caa.authorised", "dns.dnssec-secure"}),
    "x.wild.example": (Verdict.PASS, {"caa.authorised", "dns.dnssec-secure"}),
    "alias.example": (Verdict.PASS, {"caa.authorised", "dns.alias-followed", "dns.dnssec-secure"}),
    "chain.example": (Verdict.PASS, {"caa.authorised", "dns.alias-followed", "dns.dnssec-secure"}),
    "www.old.example": (Verdict.PASS, {"caa.no-records", "dns.alias-followed", "dns.dnssec-secure"}),
    "other.example": (Verdict.FAIL, {"caa.issuer-not-listed", "caa.issuer-other", "dns.dnssec-secure"}),
    "big.example": (Verdict.FAIL, {"caa.issuer-not-listed", "caa.issuer-other", "dns.dnssec-secure"}),
    "empty.example": (Verdict.PASS, {"caa.no-records", "dns.dnssec-secure"}),
    "absent.example": (Verdict.PASS, {"caa.no-records", "dns.dnssec-secure"}),
    "name.expired.example": (Verdict.INCOMPLETE, {"dns.lookup-bogus"}),
    "name.future.example": (Verdict.INCOMPLETE, {"dns.lookup-bogus"}),
    "name.missing.example": (Verdict.INCOMPLETE, {"dns.lookup-bogus"}),
    "broken.example": (Verdict.INCOMPLETE, {"dns.lookup-bogus"}),
    "name.child.example": (Verdict.PASS, {"caa.authorised", "dns.dnssec-not-signed"}),
    "good.plain": (Verdict.PASS, {"caa.authorised", "dns.dnssec-not-signed"}),
    "alias.plain": (Verdict.INCOMPLETE, {"dns.lookup-bogus"}),
}


@pytest.mark.parametrize("name", TABLE)
@both
def test_what_a_check_says(check: Any, dns: PrivateDns, name: str) -> None:
    """Signed, unsigned, expired, not yet valid, unsigned where it must be signed, aliases of all kinds (R060, C10)."""
    result = check(dns, name)
    assert (result.verdict, {each.code for each in result.findings}) == TABLE[name]
    assert not pkicheck.load(result.to_json()).replay().verdict_changed


def test_both_say_the_same(dns: PrivateDns) -> None:
    """Blocking and asyncio: the same findings with all their values, the same records, the same questions asked."""
    for name in TABLE:
        blocking(dns, name)  # (from its cache unbound names another extended error)
        one, other = (check(dns, name) for check in (blocking, asynchronous))
        assert one.findings == other.findings, name
        # (the server turns the order of records)
        assert sorted(one.records) == sorted(other.records)
        asked = [
            {each.request for each in result.observations if isinstance(each, DnsObservation)}
            for result in (one, other)
        ]
        assert asked[0] == asked[1]


@both
def test_a_thousand_records_come_over_tcp(check: Any, dns: PrivateDns) -> None:
    """1,001 records are read whole, over TCP."""
    result = check(dns, "big.example")
    (seen,) = [
        each
        for each in result.observations
        if isinstance(each, DnsObservation) and each.request == question(DnsName.from_text("big.example"), CAA)
    ]
    assert len(result.records) == 1001
    assert seen.transport == "tcp"
    assert len(read_answer(seen).rdatas) == 1001


def test_extended_errors_are_kept(dns: PrivateDns) -> None:
    """The how-to's `ede: yes` tells expired signatures by name (RFC 8914), and the state is BOGUS."""
    result = blocking(dns, "name.expired.example")
    answers = [read_answer(each) for each in result.observations if isinstance(each, DnsObservation)]
    codes = {code for each in answers if each.outcome in (Outcome.SERVFAIL, Outcome.BOGUS) for code, _ in each.ede}
    assert codes & {6, 7, 9}
    question = DnsQuery(name=DnsName.from_text("name.expired.example"), rdtype=CAA)
    assert dnssec(question, pkicheck.Seen(result.observations)) is Dnssec.BOGUS


@pytest.mark.parametrize(
    ("name", "proof"),
    [
        ("x.dead.plain", ["plain"]),
        ("x.dead.child.example", ["example", "child.example"]),
    ],
)
@both
def test_a_dead_unsigned_zone_may_count_as_permission(check: Any, dns: PrivateDns, name: str, proof: list[str]) -> None:
    """All of BR 3.2.2.8: retried, outside (the canary is fresh), proven insecure down from the root. Only by policy."""
    permitted = check(dns, name, PERMITS, "c4n4ry" * 4)
    assert permitted.verdict is Verdict.PASS
    assert {"caa.failure-permitted", "dns.canary-found", "dns.insecure-proven"} <= {
        each.code for each in permitted.findings
    }
    walk = [
        each.request.name.text
        for each in permitted.observations
        if isinstance(each, DnsObservation) and each.request.role == "ds" and each.request.rdtype == DS
    ]
    assert walk == proof
    assert check(dns, name).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("name", ["alias.plain", "broken.example", "name.missing.example"])
@both
def test_bogus_is_never_permission(check: Any, dns: PrivateDns, name: str) -> None:
    """An unsigned name that aliases into a broken signed zone is refused under the same policy (C12)."""
    result = check(dns, name, PERMITS, "c4n4ry" * 4)
    assert result.verdict is Verdict.INCOMPLETE
    assert "dns.lookup-bogus" in {each.code for each in result.findings}


def test_a_stream_gives_what_single_checks_give(dns: PrivateDns) -> None:
    """All names of the table in one stream: the same codes."""
    plans = [pkicheck.caa_plan(name, issuers={"ca.example"}, policy=QUICK) for name in TABLE]
    with pkicheck.Resolver(dns.address, policy=QUICK, share=True) as resolver:
        found = dict(pkicheck.run_many(plans, resolver, in_flight=5, ordered=False))
    for index, name in enumerate(TABLE):
        assert {each.code for each in found[index].findings} == TABLE[name][1]


@both
def test_an_authority_with_ipv6_only(check: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The authoritative server listens on ::1 only."""
    need_servers()
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no ::1 here")
    with PrivateDns(tmp_path_factory.mktemp("dns6"), ipv6=True) as running:
        for name in ("good.example", "name.child.example", "big.example", "name.expired.example", "alias.plain"):
            result = check(running, name)
            assert (result.verdict, {each.code for each in result.findings}) == TABLE[name]


def test_the_how_to_switches_nothing_off(dns: PrivateDns) -> None:
    """The configuration of the how-to is what ran, and holds none of the settings that end validation (S3)."""
    settings = [line.strip() for line in dns.config.splitlines() if line.strip() and not line.strip().startswith("#")]
    for wanted in (
        "val-permissive-mode: no",
        "ignore-cd-flag: no",
        "serve-expired: no",
        "ede: yes",
        "qname-minimisation: yes",
    ):
        assert wanted in settings
    forbidden = ("domain-insecure", "val-override-date", "forward-zone", "trust-anchor-signaling: no")
    assert not [line for line in settings if line.startswith(forbidden)]
