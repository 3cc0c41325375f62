"""Which address a host is reached at: both families looked up, IPv6 first, special-purpose addresses refused."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeAlias

from pkicheck.dcv.view import View, needs
from pkicheck.dnswire import AAAA, A
from pkicheck.lookups import Lookup
from pkicheck.namecheck import SPECIAL_PURPOSE
from pkicheck.names import DomainName, address_text, is_onion
from pkicheck.plans import Needs
from pkicheck.ports import Failure, ListQuestion

__all__ = ["CONNECT_CODES", "Address", "addresses_of", "may_connect"]

Address: TypeAlias = IPv4Address | IPv6Address

CONNECT_CODES: Final = {
    Failure.TIMEOUT: "dcv.connect-timeout",
    Failure.UNREACHABLE: "dcv.connect-unreachable",
    Failure.CLOSED: "dcv.connect-closed",
    Failure.DEADLINE: "dcv.connect-deadline",
    Failure.NOT_RECORDED: "dcv.connect-not-recorded",
}
"""The code of an exchange that failed, apart from those that show what the server did."""


def addresses_of(view: View, host: DomainName) -> tuple[Address, ...] | Needs:
    """The addresses to try, at most two: the first IPv6 address as answered, then the first IPv4 address.

    Both lookups have to work, for nobody knows what the one that failed would have said. Nothing is returned when it is
    stated why there is no address.
    """
    if is_onion(host):
        # RFC 7686 §2: such a name is never asked of the DNS.
        view.add("dcv.onion-needs-tor", host.text)
        return ()
    found = [view.look_up(host, rdtype) for rdtype in (AAAA, A)]
    wanted = needs(*found)
    if wanted is not None:
        return wanted
    lookups = [each for each in found if isinstance(each, Lookup)]
    if any(each.outcome.failed for each in lookups):
        return ()
    chosen: list[Address] = []
    for lookup, size in zip(lookups, (16, 4), strict=True):
        if any(len(rdata) != size for rdata in lookup.rdatas):
            view.add("dcv.address-malformed", host.text, saw=[rdata.hex() for rdata in lookup.rdatas])
            return ()
        chosen += [_address(rdata) for rdata in lookup.rdatas[:1]]
    if not chosen:
        view.add("dcv.address-missing", host.text, saw=[each.outcome.value for each in lookups])
    return tuple(chosen)


def _address(rdata: bytes) -> Address:
    return IPv6Address(rdata) if len(rdata) == 16 else IPv4Address(rdata)


def may_connect(view: View, address: Address) -> bool | Needs:
    """Whether a validation may connect to an address; what speaks against it is stated."""
    text = address_text(address)
    question = ListQuestion(list=SPECIAL_PURPOSE, key=text)
    fact = view.seen.fact(question)
    if fact is None:
        return Needs((question,))
    if fact.failure is not None:
        view.add("dcv.address-list-unavailable", text, saw=[fact.failure.name])
        return False
    block = "multicast" if address.is_multicast else fact.answer
    if block is None:
        return True
    tolerated = view.policy.names.internal or view.policy.dcv.is_test_address(address)
    view.add("dcv.address-reserved-tolerated" if tolerated else "dcv.address-reserved", text, saw=[block])
    return tolerated
