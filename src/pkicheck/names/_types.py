"""The types of names. All are values: immutable, hashable, compared by their octets, and they survive pickling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, TypeAlias, cast

import attrs

from pkicheck.errors import InputError
from pkicheck.findings import show

__all__ = ["CertName", "DnsName", "DomainName", "WildcardName", "address_text", "make_domain", "name_text"]

_LONGEST_WIRE: Final = 255
_LONGEST_TEXT: Final = 253
_LONGEST_LABEL: Final = 63
# Presentation form, RFC 1035 §5.1: what a master file needs a backslash before, and what it writes as \DDD.
_BACKSLASHED = frozenset(b'".;\\@$()')


def _shown(label: bytes) -> str:
    return "".join(
        f"\\{chr(octet)}" if octet in _BACKSLASHED else chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03d}"
        for octet in label
    )


def _checked(wire: bytes) -> bytes:
    if not isinstance(wire, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"the wire form of a DNS name must be bytes, got {type(wire).__name__}"
        raise InputError(msg)
    if len(wire) > _LONGEST_WIRE:
        msg = f"the wire form of a DNS name has at most {_LONGEST_WIRE} octets, got {len(wire)}"
        raise InputError(msg)
    place = 0
    while place < len(wire) and wire[place]:
        if wire[place] > _LONGEST_LABEL:
            msg = f"the wire form of a DNS name has a label longer than {_LONGEST_LABEL} octets at octet {place}"
            raise InputError(msg)
        place += wire[place] + 1
    if place != len(wire) - 1:
        msg = f"the wire form of a DNS name must end with the root label and hold nothing after it: {show(wire)}"
        raise InputError(msg)
    # A length octet is below 0x40, so folding the whole string touches letters of labels only (RFC 4343 §3).
    return wire.lower()


@attrs.frozen(eq=False, repr=False, init=False)
class DnsName:
    r"""Any owner name, with any octets in its labels: the root, `_dmarc.shop.example`, a label that holds a dot.

    Attributes:
        wire: the uncompressed wire form with the root label, ASCII letters folded to lower case (RFC 1035 §3.1,
            RFC 4343); at most 255 octets, labels of at most 63.

    Raises:
        InputError: not such a wire form.
    """

    wire: bytes

    def __init__(self, wire: bytes) -> None:
        _set_wire(self, _checked(wire))

    @classmethod
    def root(cls) -> DnsName:
        """The root of the DNS."""
        return DnsName(b"\0")

    @classmethod
    def from_labels(cls, labels: Iterable[bytes]) -> DnsName:
        """The name made of these labels, leftmost first, without the root label.

        Raises:
            InputError: an empty label, a label longer than 63 octets, or more than 255 octets in all.
        """
        parts: list[bytes] = []
        for label in labels:
            if not 1 <= len(label) <= _LONGEST_LABEL:
                msg = f"a label has 1 to {_LONGEST_LABEL} octets, got {len(label)}"
                raise InputError(msg)
            parts.append(bytes((len(label),)) + label)
        return DnsName(b"".join(parts) + b"\0")

    @classmethod
    def from_text(cls, text: str) -> DnsName:
        r"""The name of a plain text: labels of printable ASCII between dots, a dot at the end or none; `.` is the root.

        Not master-file syntax: there `\100eny` is `deny` and `@` the origin, so backslashes, at signs, quotation marks,
        blanks and whatever is not ASCII are refused.

        Raises:
            InputError: such a character, an empty label, or a length that no name has.
        """
        if not text or not text.isascii() or any(char <= " " or char in '\\@"\x7f' for char in text):
            msg = f'"{show(text)}" is not the plain text of an owner name'
            raise InputError(msg)
        return cls.root() if text == "." else cls.from_labels(text.encode("ascii").removesuffix(b".").split(b"."))

    @property
    def labels(self) -> tuple[bytes, ...]:
        """The labels, leftmost first, without the root label."""
        found: list[bytes] = []
        wire, place = self.wire, 0
        while wire[place]:
            after = place + 1 + wire[place]
            found.append(wire[place + 1 : after])
            place = after
        return tuple(found)

    @property
    def text(self) -> str:
        r"""For messages: the presentation form of RFC 1035 §5.1 without the last dot; `.` for the root."""
        return ".".join(_shown(label) for label in self.labels) or "."

    def parent(self) -> DnsName:
        """The name without its leftmost label.

        Raises:
            InputError: this is the root.
        """
        if len(self.wire) == 1:
            msg = "the root of the DNS has no parent"
            raise InputError(msg)
        return DnsName(self.wire[self.wire[0] + 1 :])

    def is_subdomain_of(self, other: DnsName) -> bool:
        """Whether this name is `other` or lies below it, by whole labels."""
        place, start = 0, len(self.wire) - len(other.wire)
        while place < start:
            place += self.wire[place] + 1
        return place == start and self.wire.endswith(other.wire)

    def __eq__(self, other: object) -> bool:
        # A DomainName is the DnsName of the same octets: evidence that is read back finds what a plan asked.
        return isinstance(other, DnsName) and self.wire == other.wire

    def __hash__(self) -> int:
        return hash(self.wire)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (DnsName, (self.wire,))


@attrs.frozen(eq=False, repr=False, init=False)
class DomainName(DnsName):  # type: ignore[override]  # an __attrs_init__ that nobody calls
    """A name of one or more LDH labels (BR 1.6.1), in lower case, without a dot at its end.

    Only the parser makes one: `parse_name`, or `parse_domain` where one label is enough.
    """

    _text: str

    def __init__(self, *_: object, **__: object) -> None:
        msg = "a DomainName is made by parse_name or parse_domain, which check it"
        raise InputError(msg)

    @property
    def text(self) -> str:
        """The name as it stands in a certificate: A-labels, lower case, no dot at the end."""
        return self._text

    def climb(self) -> tuple[DomainName, ...]:
        """This name and its parents up to and including the top-level domain, never the root (RFC 8659 §3)."""
        wire, text = self.wire, self._text
        found: list[DomainName] = [self]
        place = wire[0] + 1
        while wire[place]:
            found.append(make_domain(wire[place:], text[place:]))
            place += wire[place] + 1
        return tuple(found)


# Setting a slot through its descriptor goes past the frozen __setattr__ at a third of its cost: names are made ten
# thousand times a second.
_set_wire = cast("Callable[[DnsName, bytes], None]", DnsName.__dict__["wire"].__set__)
_set_text = cast("Callable[[DomainName, str], None]", DomainName.__dict__["_text"].__set__)
_new = object.__new__


def make_domain(wire: bytes, text: str) -> DomainName:
    """The DomainName of octets and text that the caller has checked. For the parser and the climb, nobody else."""
    made = _new(DomainName)
    _set_wire(made, wire)
    _set_text(made, text)
    return made


@attrs.frozen(repr=False)
class WildcardName:
    """An asterisk as the whole leftmost label, and the FQDN after it (BR 1.6.1).

    Attributes:
        base: the FQDN without the asterisk.

    Raises:
        InputError: `base` is no DomainName, or the whole name has more than 253 characters.
    """

    base: DomainName

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.base, DomainName):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"the base of a WildcardName must be a DomainName, got {type(self.base).__name__}"
            raise InputError(msg)
        if len(self.text) > _LONGEST_TEXT:
            msg = f"a wildcard name has at most {_LONGEST_TEXT} characters, got {len(self.text)}"
            raise InputError(msg)

    @property
    def text(self) -> str:
        """The name as it stands in a certificate."""
        return f"*.{self.base.text}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"WildcardName({self.text!r})"


CertName: TypeAlias = DomainName | WildcardName | IPv4Address | IPv6Address
"""What a certificate for a server can name."""


def address_text(address: IPv4Address | IPv6Address) -> str:
    """The canonical text of an address: dotted decimal, or RFC 5952 §4 and, for IPv4-mapped addresses, §5.

    `str` writes IPv4-mapped addresses one way up to Python 3.12 and another way since.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)


def name_text(name: CertName) -> str:
    """The one text of a name or address, as it stands in a certificate, in evidence and in messages."""
    return name.text if isinstance(name, (DomainName, WildcardName)) else address_text(name)
