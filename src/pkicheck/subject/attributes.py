"""Subject attributes: the table of BR 7.1.4.2, and reading a Name (RFC 5280 §4.1.2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

import attrs

from pkicheck.der import (
    ANY,
    IA5_STRING,
    OBJECT_IDENTIFIER,
    PRINTABLE_STRING,
    SEQUENCE,
    UTF8_STRING,
    DerError,
    Limits,
    read,
)
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding

__all__ = [
    "COMMON_NAME",
    "COUNTRY",
    "JURISDICTION_COUNTRY",
    "STATE",
    "TYPES",
    "Allowed",
    "Attribute",
    "AttributeType",
    "CertificateKind",
    "attribute_type",
    "attributes_of",
    "read_subject",
]

CertificateKind: TypeAlias = Literal["dv", "iv", "ov", "ev"]
"""How the identity in a certificate was validated (BR 7.1.2.7.1)."""

Allowed: TypeAlias = Literal["no", "unadvised", "may", "must"]
"""What a type of certificate does with an attribute: `unadvised` is NOT RECOMMENDED."""

_KINDS: Final = get_args(CertificateKind)
_DIRECTORY: Final = (UTF8_STRING, PRINTABLE_STRING)
_PRINTABLE: Final = (PRINTABLE_STRING,)

COUNTRY: Final = "2.5.4.6"
STATE: Final = "2.5.4.8"
COMMON_NAME: Final = "2.5.4.3"
JURISDICTION_COUNTRY: Final = "1.3.6.1.4.1.311.60.2.1.3"
_LIMITS: Final = Limits(max_bytes=65536)
_MOST: Final = 100


@attrs.frozen
class AttributeType:
    """A row of the table of BR 7.1.4.2, with its column for each type of certificate.

    Attributes:
        oid: dotted decimal.
        name: as X.520 writes it.
        short: as people write it, the same as `name` where there is nothing shorter.
        order: its place among the ordered ones, None for a free one.
        tags: the string types it may have.
        most: how many characters it may have.
        columns: `must`, `may`, `unadvised` or `no` for dv, iv, ov, ev.
        several: it may stand more than once.
    """

    oid: str
    name: str
    short: str
    order: int | None
    tags: tuple[int, ...]
    most: int
    columns: tuple[Allowed, ...]
    several: bool

    def allowed(self, kind: CertificateKind) -> Allowed:
        """What the column of a type of certificate says."""
        return self.columns[_KINDS.index(kind)]


_WORDS: Final[Mapping[str, Allowed]] = MappingProxyType({"-": "no", "?": "unadvised", "+": "may", "!": "must"})


def _row(
    oid: str, name: str, short: str, order: int | None, tags: tuple[int, ...], most: int, signs: str
) -> AttributeType:
    """A row; the signs are those of dv, iv, ov, ev, and a fifth one when it may stand several times."""
    columns: tuple[Allowed, ...] = tuple(_WORDS[sign] for sign in signs[: len(_KINDS)])
    return AttributeType(oid, name, short, order, tags, most, columns, several=len(signs) > len(_KINDS))


_ROWS: Final = (
    _row("0.9.2342.19200300.100.1.25", "domainComponent", "DC", 1, (IA5_STRING,), 63, "-?+-*"),
    _row(COUNTRY, "countryName", "C", 2, _PRINTABLE, 2, "+!!!"),
    _row(STATE, "stateOrProvinceName", "ST", 3, _DIRECTORY, 128, "-+++"),
    _row("2.5.4.7", "localityName", "L", 4, _DIRECTORY, 128, "-+++"),
    _row("2.5.4.17", "postalCode", "postalCode", 5, _DIRECTORY, 40, "-??+"),
    _row("2.5.4.9", "streetAddress", "street", 6, _DIRECTORY, 128, "-??+*"),
    _row("2.5.4.10", "organizationName", "O", 7, _DIRECTORY, 64, "-?!!"),
    _row("2.5.4.4", "surname", "SN", 8, _DIRECTORY, 64, "-!--"),
    _row("2.5.4.42", "givenName", "GN", 9, _DIRECTORY, 64, "-!--"),
    _row("2.5.4.11", "organizationalUnitName", "OU", 10, _DIRECTORY, 64, "----"),
    _row(COMMON_NAME, "commonName", "CN", 11, _DIRECTORY, 64, "????"),
    _row("2.5.4.15", "businessCategory", "businessCategory", None, _DIRECTORY, 128, "-??!"),
    _row("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocality", "jurisdictionL", None, _DIRECTORY, 128, "-??+"),
    _row("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvince", "jurisdictionST", None, _DIRECTORY, 128, "-??+"),
    _row(JURISDICTION_COUNTRY, "jurisdictionCountry", "jurisdictionC", None, _PRINTABLE, 2, "-??!"),
    _row("2.5.4.5", "serialNumber", "serialNumber", None, _PRINTABLE, 64, "-??!"),
    _row("2.5.4.97", "organizationIdentifier", "organizationIdentifier", None, _DIRECTORY, 256, "-??+"),
)

TYPES: Final[Mapping[str, AttributeType]] = MappingProxyType({each.oid: each for each in _ROWS})
"""The table of BR 7.1.4.2 by object identifier. The bound of organizationIdentifier is ours: the texts have none."""

_CALLED: Final = MappingProxyType({name.lower(): each for each in _ROWS for name in (each.oid, each.name, each.short)})


def attribute_type(text: str) -> AttributeType:
    """The row of an attribute that is called by its name, short name or object identifier, of any letter case.

    Raises:
        InputError: no such attribute in the table.
    """
    found = _CALLED.get(text.lower())
    if found is None:
        msg = f"subject: no attribute is called {text[:80]!a}"
        raise InputError(msg)
    return found


@attrs.frozen
class Attribute:
    """One attribute of a subject.

    Attributes:
        oid: its type, dotted decimal.
        text: its characters, None when its octets are none of its string type.
        tag: its string type, None for a value that is not encoded yet.
        rdn: the number of its RelativeDistinguishedName, from 0.
    """

    oid: str
    text: str | None
    tag: int | None = None
    rdn: int = 0

    @property
    def place(self) -> str:
        """How findings call its place."""
        known = TYPES.get(self.oid)
        return f"subject.{self.oid if known is None else known.name}"


def attributes_of(pairs: Iterable[tuple[str, str]]) -> tuple[Attribute, ...]:
    """Attributes that are not encoded yet, each for a RelativeDistinguishedName of its own.

    Args:
        pairs: name, short name or object identifier of an attribute, and its value; in the order of the subject.

    Raises:
        InputError: no such attribute.
    """
    return tuple(Attribute(attribute_type(name).oid, value, None, number) for number, (name, value) in enumerate(pairs))


def read_subject(name: bytes) -> tuple[tuple[Attribute, ...], tuple[Finding, ...]]:
    """The attributes of a Name, and what is wrong with how they are written.

    Args:
        name: a Name in DER; any bytes.

    Returns:
        The attributes in their order, up to the place that is no DER; and the refusals.
    """
    found: list[Attribute] = []
    flaws: list[Finding] = []
    try:
        for number, rdn in enumerate(read(name, SEQUENCE, limits=_LIMITS).children()):
            values = rdn.set_of()
            if not values:
                flaws.append(finding("subject.rdn-empty", f"subject, RDN {number + 1}"))
            for value in values:
                if value.tag != SEQUENCE:
                    raise DerError("wrong-tag", value.start)  # noqa: TRY301 - as the reader raises it for a field
                kind, content = value.fields(OBJECT_IDENTIFIER, ANY)
                oid = kind.oid()
                if len(found) == _MOST:
                    flaws.append(finding("subject.too-many-attributes", "subject", expected=f"{_MOST} or fewer"))
                    return tuple(found), tuple(flaws)
                try:
                    text: str | None = content.text()
                except DerError as flaw:
                    text = None
                    if flaw.reason != "wrong-tag":  # which is no string type at all, and judged as such
                        place = Attribute(oid, None).place
                        flaws.append(finding("subject.string-content", place, saw=[f"octet {flaw.offset}"]))
                found.append(Attribute(oid, text, content.tag, number))
    except DerError as flaw:
        flaws.append(finding("subject.not-der", "subject", saw=[f"{flaw.reason} at octet {flaw.offset}"]))
    return tuple(found), tuple(flaws)
