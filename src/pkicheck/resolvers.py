"""Who resolved: well-known public resolvers, and what the policy says of the servers that answered.

The CA's resolver is part of its evidence. A public resolver run by others is read as a delegated third party (BR
1.3.2),
and look-ups through public web pages were the first failure this project was founded on (C18).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from pkicheck.findings import Finding, finding
from pkicheck.policy import Policy
from pkicheck.ports import DnsObservation

__all__ = ["PUBLIC_RESOLVERS", "is_public_resolver", "plain_address", "resolver_findings"]

PUBLIC_RESOLVERS: Final = tuple(
    ip_network(each)
    for each in (
        # Cloudflare
        "1.1.1.0/30", "1.0.0.0/30", "2606:4700:4700::/48",
        # Google
        "8.8.8.8/32", "8.8.4.4/32", "2001:4860:4860::/48",
        # Quad9
        "9.9.9.0/24", "149.112.112.0/24", "149.112.149.0/24", "2620:fe::/48",
        # Cisco OpenDNS
        "208.67.220.0/24", "208.67.222.0/24", "2620:119:35::/48", "2620:119:53::/48",
        # AdGuard
        "94.140.14.0/24", "94.140.15.0/24", "2a10:50c0::/32",
        # Control D
        "76.76.2.0/24", "76.76.10.0/24", "2606:1a40::/32",
        # NextDNS
        "45.90.28.0/22", "2a07:a8c0::/29",
        # Verisign and its successor, Level 3, Hurricane Electric, Comodo, CleanBrowsing, DNS.WATCH
        "64.6.64.0/24", "64.6.65.0/24", "4.2.2.0/29", "74.82.42.42/32", "2001:470:20::2/128",
        "8.26.56.26/32", "8.20.247.20/32", "185.228.168.0/23", "84.200.69.80/32", "84.200.70.40/32",
        # Yandex, AliDNS, DNSPod, 114DNS
        "77.88.8.0/24", "223.5.5.5/32", "223.6.6.6/32", "119.29.29.29/32", "114.114.114.0/24",
        # DNS4EU, dns0.eu, Mullvad, Gcore
        "86.54.11.0/24", "193.110.81.0/24", "185.253.5.0/24", "194.242.2.0/24", "95.85.95.85/32", "2.56.220.2/32",
    )
)  # fmt: skip
"""Networks of resolvers that are open to everybody. Not complete, and not meant to be: it catches the usual slip."""


def plain_address(server: str) -> IPv4Address | IPv6Address:
    """The address of a server; an IPv4-mapped one is the IPv4 address it stands for (RFC 4291 §2.5.5.2).

    Raises:
        ValueError: not an address.
    """
    address = ip_address(server)
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


@lru_cache(maxsize=1024)
def is_public_resolver(server: str) -> bool:
    """Whether an address belongs to a well-known public resolver."""
    try:
        address = plain_address(server)
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in PUBLIC_RESOLVERS)


def resolver_findings(observations: Iterable[DnsObservation], policy: Policy) -> list[Finding]:
    """What the policy says of the resolvers behind a set of observations (BR 1.3.2; C18, R123).

    Every observation names a resolver by its address (or in-memory zone data by its digest) and a vantage: answers,
    failures, probes and proofs alike. Only where nobody was asked (a deadline, a hole in a record) is there none.
    """
    found: list[Finding] = []
    servers = {(each.server, each.vantage) for each in observations if each.failure is None or each.server}
    for server, vantage in sorted(servers):
        if not vantage or not _is_named(server):
            found.append(finding("dns.resolver-not-named", server or "no resolver", saw=[server, vantage]))
        elif policy.net.resolvers and server not in policy.net.resolvers:
            found.append(finding("dns.resolver-not-listed", server, expected=", ".join(policy.net.resolvers)))
        elif server.startswith("zone:"):
            found.append(finding("dns.zone-data", server))
        elif not policy.net.public_resolvers and is_public_resolver(server):
            found.append(finding("dns.resolver-public", server))
    return found


@lru_cache(maxsize=1024)
def _is_named(server: str) -> bool:
    if server.startswith("zone:"):
        return True
    try:
        ip_address(server)
    except ValueError:
        return False
    return True
