"""Fuzz target of names: any octets give a name or an InputError, and the two views of the grammar agree."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from pkicheck.errors import InputError
from pkicheck.findings import Level
from pkicheck.names import (
    DnsName,
    DomainName,
    WildcardName,
    is_onion,
    name_defects,
    name_remarks,
    name_text,
    onion_findings,
    parse_domain,
    parse_name,
    to_ascii,
)

__all__ = ["seeds", "target"]

_VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "names"


def seeds() -> Iterator[bytes]:
    """The names of all vectors, and the wire form of some."""
    for path in sorted(_VECTORS.glob("*.toml")):
        for vector in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]:
            yield bytes.fromhex(vector["octets"]) if "octets" in vector else vector["text"].encode()
    yield parse_domain("www.shop.example").wire
    yield b"\x00"


def _wire(data: bytes) -> None:
    try:
        name = DnsName(data)
    except InputError:
        return
    assert DnsName.from_labels(name.labels) == name
    assert name.wire == data.lower()
    assert name.text.isascii()
    assert name.text.isprintable()
    if name.labels:
        assert name.is_subdomain_of(name.parent())
        assert not name.parent().is_subdomain_of(name)


def _defects(data: bytes) -> None:
    found = name_defects(data)
    assert all(each.level is Level.REFUSAL and each.message.isprintable() for each in found)
    try:
        name = parse_name(data.decode("latin-1"))
    except InputError:
        assert found
    else:
        assert isinstance(name, (DomainName, WildcardName)) == (not found)


def _text(text: str) -> None:
    try:
        name = parse_name(text)
    except InputError as error:
        message = str(error)
    else:
        message = ""
        canonical = name_text(name)
        assert parse_name(canonical) == name
        if isinstance(name, (IPv4Address, IPv6Address)):
            assert canonical == text
            return
        assert canonical == text.lower()
        assert all(each.level is Level.NOTE for each in name_remarks(name))
        base = name.base if isinstance(name, WildcardName) else name
        assert parse_domain(base.text) == base
        assert [level.text for level in base.climb()][-1].encode() == base.labels[-1]
        if is_onion(base):
            assert len(onion_findings(base)) == 1
    assert message.isascii()
    try:
        converted = to_ascii(text)
    except InputError:
        return
    assert converted.isascii()


def target(data: bytes) -> None:
    """One execution."""
    _wire(data)
    _defects(data)
    _text(data.decode("utf-8", "surrogateescape"))
