"""The lists as values: each has a version and a day, and answers questions about keys."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import attrs

from pkicheck.errors import InputError
from pkicheck.names import parse_address, parse_domain

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

__all__ = ["Block", "Countries", "DatedList", "RootZone", "SpecialPurpose", "SpecialUse", "Suffixes"]


class DatedList(Protocol):
    """A list that answers questions about keys."""

    @property
    def version(self) -> str:
        """Which edition, and the beginning of the SHA-256 of its bytes."""
        ...

    @property
    def as_of(self) -> datetime:
        """The day of the list, 00:00 UTC."""
        ...

    def answer(self, key: str) -> str | None:
        """What the list says of the key; raises InputError for a key that is none."""
        ...


@attrs.frozen(kw_only=True)
class RootZone:
    """The top-level domains of the IANA root zone."""

    version: str
    as_of: datetime
    labels: frozenset[str]

    def answer(self, key: str) -> str | None:
        """The key when it is a top-level domain."""
        return key if key in self.labels else None


@attrs.frozen(kw_only=True)
class SpecialUse:
    """The special-use domain names."""

    version: str
    as_of: datetime
    names: frozenset[str]

    def answer(self, key: str) -> str | None:
        """The entry that the name equals or lies below; the longest of several."""
        name = parse_domain(key).text
        while name and name not in self.names:
            name = name.partition(".")[2]
        return name or None


@attrs.frozen
class Block:
    """A block of addresses.

    Attributes:
        first: its first address, as a number.
        last: its last address.
        name: the block and what it is for.
        around: the index of the narrowest block around it, or -1; blocks are nested or apart, never crossing.
    """

    first: int
    last: int
    name: str
    around: int


@attrs.frozen(kw_only=True)
class SpecialPurpose:
    """The blocks of the special-purpose address registries, sorted by their first address, wide before narrow."""

    version: str
    as_of: datetime
    blocks: dict[int, tuple[Block, ...]]
    firsts: dict[int, tuple[int, ...]]

    def answer(self, key: str) -> str | None:
        """The narrowest block that holds the address, with its name."""
        address = parse_address(key)
        if address is None:
            msg = f"{key[:80]!a} is not the canonical text of an address"
            raise InputError(msg)
        blocks, number = self.blocks[address.version], int(address)
        index = bisect_right(self.firsts[address.version], number) - 1
        while index >= 0 and blocks[index].last < number:
            index = blocks[index].around
        return None if index < 0 else blocks[index].name


@attrs.frozen(kw_only=True)
class Countries:
    """The country codes of ISO 3166-1, and the countries by their short names."""

    version: str
    as_of: datetime
    names: Mapping[str, str]
    codes: Mapping[str, str]

    def answer(self, key: str) -> str | None:
        """Of `code:` and a code the name of the country; of `name:` and a name in small letters the code."""
        asked, _, text = key.partition(":")
        if asked not in ("code", "name"):
            msg = f"{key[:80]!a} is neither code: nor name: of a country"
            raise InputError(msg)
        return self.names.get(text) if asked == "code" else self.codes.get(text)


@attrs.frozen(kw_only=True)
class Suffixes:
    """The ICANN section of the public suffix list."""

    version: str
    as_of: datetime
    _rules: PublicSuffixList = attrs.field(alias="rules")

    def answer(self, key: str) -> str | None:
        """The public suffix of the name, None when no rule is for its top-level domain."""
        return self._rules.publicsuffix(parse_domain(key).text)
