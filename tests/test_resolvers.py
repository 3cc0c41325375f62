"""Who resolved: public resolvers, listed ones, and evidence that does not say."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest

from pkicheck.names import DnsName
from pkicheck.policy import BASELINE, PRIVATE, NetPolicy, Policy
from pkicheck.ports import DnsObservation, DnsQuery
from pkicheck.resolvers import PUBLIC_RESOLVERS, is_public_resolver, resolver_findings
from tests.caa_cases import NOON


def _by(server: str, vantage: str = "here") -> DnsObservation:
    return DnsObservation(
        request=DnsQuery(name=DnsName.root(), rdtype=6),
        vantage=vantage,
        sent=NOON,
        received=NOON,
        server=server,
        port=53,
        transport="udp",
        attempts=1,
        raw=b"",
    )


def _codes(*observations: DnsObservation, policy: Policy = BASELINE) -> list[tuple[str, str]]:
    return [(each.code, each.place) for each in resolver_findings(observations, policy)]


@pytest.mark.parametrize(
    "server",
    ["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "94.140.14.14",
     "2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe", "2620:119:35::35", "77.88.8.8", "223.5.5.5"],
)  # fmt: skip
def test_well_known_resolvers(server: str) -> None:
    """The addresses that everybody knows are public resolvers, in any spelling (C18, R123)."""
    assert is_public_resolver(server)
    assert is_public_resolver(ip_address(server).exploded)


@pytest.mark.parametrize(
    "server",
    ["127.0.0.1", "::1", "192.0.2.1", "10.0.0.53", "1.1.1.4", "8.8.8.9", "2001:db8::1", "zone:0", "", "dns.google"],
)
def test_other_resolvers(server: str) -> None:
    """Other addresses, and what is no address, are none."""
    assert not is_public_resolver(server)


def test_mapped_addresses() -> None:
    """An IPv4-mapped address is the IPv4 address (RFC 4291 §2.5.5.2)."""
    assert is_public_resolver("::ffff:8.8.8.8")
    assert is_public_resolver("::ffff:808:808")
    assert not is_public_resolver("::ffff:192.0.2.1")


def test_networks_are_public_addresses() -> None:
    """No network in the list holds loopback, private or documentation addresses."""
    for network in PUBLIC_RESOLVERS:
        for own in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "192.0.2.1", "::1", "fd00::1", "2001:db8::1"):
            address = ip_address(own)
            assert address.version != network.version or address not in network


def test_findings_name_each_server_once() -> None:
    """Every server is judged, once, in a fixed order (R123)."""
    assert _codes(_by("8.8.8.8"), _by("127.0.0.1"), _by("8.8.8.8"), _by("1.1.1.1")) == [
        ("dns.resolver-public", "1.1.1.1"),
        ("dns.resolver-public", "8.8.8.8"),
    ]
    assert _codes() == []


@pytest.mark.parametrize(
    ("server", "vantage"),
    [
        ("", "here"),
        ("public-web", "here"),
        ("127.0.0.1", ""),
        ("localhost", "here"),
        ("", ""),
        ("127.0.0.1:53", "here"),
    ],
)
def test_a_resolver_has_a_name(server: str, vantage: str) -> None:
    """Without an address, or without a vantage, an observation is no evidence (C18, R123)."""
    assert [code for code, _ in _codes(_by(server, vantage))] == ["dns.resolver-not-named"]
    assert [code for code, _ in _codes(_by(server, vantage), policy=PRIVATE)] == ["dns.resolver-not-named"]


def test_the_list_of_the_policy() -> None:
    """Only listed resolvers count; the list wins over what is generally public (C18, R123)."""
    policy = attrs.evolve(BASELINE, name="own", net=NetPolicy(resolvers=("127.0.0.1", "8.8.8.8")))
    assert _codes(_by("127.0.0.1"), policy=policy) == []
    assert _codes(_by("127.0.0.2"), policy=policy) == [("dns.resolver-not-listed", "127.0.0.2")]
    assert _codes(_by("8.8.8.8"), policy=policy) == [("dns.resolver-public", "8.8.8.8")]
    assert _codes(_by("8.8.8.8"), policy=PRIVATE) == []


def test_zone_data_says_what_it_is() -> None:
    """Zone data in memory is named by its digest; that no resolver was asked is stated."""
    assert [code for code, _ in _codes(_by("zone:00"))] == ["dns.zone-data"]
