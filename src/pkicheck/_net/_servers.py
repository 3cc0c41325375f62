"""Which servers are asked: addresses as callers write them, the system's own, and what is known of each."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from datetime import datetime
from ipaddress import ip_address
from typing import Final, TypeAlias

import attrs

from pkicheck.errors import InputError, TransportError
from pkicheck.names import DnsName
from pkicheck.policy import Policy
from pkicheck.ports import DnsObservation
from pkicheck.resolvers import is_public_resolver

__all__ = ["RESOLV_CONF", "Server", "parse_server", "servers_of", "system_servers"]

RESOLV_CONF: Final = "/etc/resolv.conf"

_PORT: Final = 53
# The C library reads three as well.
_MOST_SYSTEM: Final = 3
_MOST_SERVERS: Final = 16
_LARGEST_FILE: Final = 65536


_Probes: TypeAlias = dict[tuple[DnsName, int], tuple[float, DnsObservation]]


@attrs.define(eq=False)
class Server:
    """One resolver and what is known of it. Shared by everything that asks it; each field is set in one step.

    Attributes:
        address: in canonical text, as observations name it.
        port: its port.
        family, place: what a socket connects to.
        heard: when anything came from it last, by the monotonic clock; minus infinity before the first time.
        last_answer: the same by the wall clock, None before the first time.
        down: whether it was left for another one, or refused, and did not answer since.
        probes: the good answers to probes by name and type, each with the monotonic moment of its sending.
    """

    address: str
    port: int
    family: int
    place: tuple[str | int | bytes, ...]
    heard: float = float("-inf")
    last_answer: datetime | None = None
    down: bool = False
    probes: _Probes = attrs.field(factory=dict[tuple[DnsName, int], tuple[float, DnsObservation]])


def parse_server(text: str) -> tuple[str, int]:
    """Address and port of `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`.

    Raises:
        InputError: another shape; names are not looked up, for who would answer that?
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"a resolver must be the text of an IP address, got {type(text).__name__}"
        raise InputError(msg)
    host, port = text, str(_PORT)
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            host = ""
        elif rest:
            port = rest[1:]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = str(ip_address(host))
    except ValueError:
        address = ""
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
    if not address or not 1 <= number <= 65535:
        msg = f"a resolver must be an IP address with or without a port (192.0.2.1:53, [2001:db8::1]:53), got {text!a}"
        raise InputError(msg)
    return address, number


def servers_of(texts: Iterable[str], *, public: Collection[str], policy: Policy) -> tuple[Server, ...]:
    """The servers of a resolver.

    Args:
        texts: addresses, see `parse_server`.
        public: well-known public resolvers that are meant on purpose.
        policy: may allow public resolvers altogether.

    Raises:
        InputError: none, too many, one twice, a malformed one, or a public one that is not named in `public`.
        TransportError: this machine cannot use the address.
    """
    if isinstance(public, str):
        msg = "public must be a collection of addresses, not one text"
        raise InputError(msg)
    allowed = {parse_server(each)[0] for each in public}
    found: dict[tuple[str, int], Server] = {}
    for text in texts:
        address, port = parse_server(text)
        if (address, port) in found:
            msg = f"resolver {text!a} is given twice"
            raise InputError(msg)
        if is_public_resolver(address) and address not in allowed and not policy.net.public_resolvers:
            msg = (
                f"{address} is a public resolver, a delegated third party under BR 1.3.2: a CA runs its own; "
                f'if it is meant on purpose, say so: public=("{address}",)'
            )
            raise InputError(msg)
        found[address, port] = _server(address, port)
    if not 1 <= len(found) <= _MOST_SERVERS:
        msg = f"a resolver needs 1 to {_MOST_SERVERS} addresses, got {len(found)}"
        raise InputError(msg)
    return tuple(found.values())


def _server(address: str, port: int) -> Server:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    try:
        family, *_, place = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM, flags=flags)[0]
    except OSError as error:
        msg = f"this machine cannot use the address {address}: {error.strerror}"
        raise TransportError(msg) from None
    return Server(address, port, family, place)


def system_servers(path: str = RESOLV_CONF) -> tuple[str, ...]:
    """The first three name servers of resolv.conf.

    Raises:
        TransportError: the file cannot be read, or names none.
    """
    try:
        with open(path, "rb") as file:
            text = file.read(_LARGEST_FILE).decode("latin-1")
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise TransportError(msg) from None
    lines = [line.split() for line in text.splitlines()]
    found = [line[1] for line in lines if len(line) >= 2 and line[0] == "nameserver"]
    if not found:
        msg = f"{path} names no resolver"
        raise TransportError(msg)
    return tuple(found[:_MOST_SYSTEM])
