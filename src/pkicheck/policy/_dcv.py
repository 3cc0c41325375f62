"""The choices about domain and address control."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Literal

import attrs

from pkicheck.errors import InputError
from pkicheck.methods import METHODS
from pkicheck.policy._fields import between, flag, one_of, span, texts

__all__ = ["DcvPolicy"]

# What the BR call Authorized Ports.
_PORTS = ("22", "25", "443", "80")


def _sections(_: object, attribute: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    for item in value:
        if item not in METHODS:
            msg = f"policy: {attribute.name} holds sections such as 3.2.2.4.19, got {item[:40]!a}"
            raise InputError(msg)


def _networks(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for item in value:
        try:
            plain = str(ip_network(item)) == item
        except ValueError:
            plain = False
        if not plain:
            msg = f"policy: {attribute.name} holds networks such as 127.0.0.0/8, got {item[:60]!a}"
            raise InputError(msg)


def _ports(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for item in value:
        asked, _colon, used = item.partition(":")
        if asked not in _PORTS or not (used.isascii() and used.isdigit() and len(used) < 6 and 0 < int(used) < 65536):
            msg = f"policy: {attribute.name} maps an authorised port to another, such as 80:5002, got {item[:40]!a}"
            raise InputError(msg)
    if len({item.partition(":")[0] for item in value}) != len(value):
        msg = f"policy: {attribute.name} maps one port twice"
        raise InputError(msg)


@attrs.frozen(kw_only=True)
class DcvPolicy:
    """Choices about domain and address control.

    Attributes:
        methods: the sections of the methods that this CA uses; empty: every one that the rules allow on the day.
        adn: `dated`: the older rule for authorization domain names until the table of BR 2.2.9 binds; `table`: the
            table at every date.
        value_age: how old a value or token may be; the rules allow 30 days, the CPS may set less.
        single_use: whether it is asked, and recorded, that a value serves one request only (list `dcv.values`).
        max_records: how many records of a set are compared; a larger set is a doubt.
        max_redirects: how many redirects are followed.
        redirect_hosts: `public`: the host of a redirect has to be a public name; `any`.
        redirect_addresses: whether a redirect may go to a host that is written as an address.
        max_body: how many octets of a response are read, head included.
        test_networks: special-purpose networks whose addresses are treated as public: for test networks only.
        test_ports: authorised ports that stand for others, such as `80:5002`: for test networks only.
    """

    methods: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_sections)
    adn: Literal["dated", "table"] = attrs.field(default="dated", validator=one_of("dated", "table"))
    value_age: timedelta = attrs.field(
        default=timedelta(days=30), validator=span(timedelta(minutes=1), timedelta(days=30))
    )
    single_use: bool = attrs.field(default=True, validator=flag)
    max_records: int = attrs.field(default=100, validator=between(1, 1000))
    max_redirects: int = attrs.field(default=10, validator=between(0, 20))
    redirect_hosts: Literal["public", "any"] = attrs.field(default="public", validator=one_of("public", "any"))
    redirect_addresses: bool = attrs.field(default=False, validator=flag)
    max_body: int = attrs.field(default=65536, validator=between(1024, 1048576))
    test_networks: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_networks)
    test_ports: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_ports)

    @property
    def is_for_tests(self) -> bool:
        """Whether it treats special-purpose addresses as public, or other ports as authorised ones."""
        return bool(self.test_networks or self.test_ports)

    def port(self, authorised: int) -> int:
        """The port to connect to for an authorised one: itself, outside test networks."""
        mapped = dict(item.split(":") for item in self.test_ports)
        return int(mapped.get(str(authorised), authorised))

    def is_test_address(self, address: Any) -> bool:  # noqa: ANN401 - either family
        """Whether an address lies in a network that tests treat as public."""
        networks = (ip_network(item) for item in self.test_networks)
        return any(address.version == each.version and address in each for each in networks)
