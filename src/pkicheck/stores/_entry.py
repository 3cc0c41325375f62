"""What a store gives: entries; the limits of reading; how the columns of rows are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, cast, get_args

import attrs

from pkicheck.canon import Sha256, digest
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Locator, SourceReport, Unreadable

__all__ = ["DEFAULT_LIMITS", "Damaged", "Encoding", "Entry", "Fields", "StoreLimits", "Tally", "Where", "name_digest"]

Encoding: TypeAlias = Literal["auto", "base64", "hex", "pem"]
_TimeForm: TypeAlias = Literal["rfc3339", "s", "ms"]


class Damaged(Exception):
    """An input that cannot be read on; the message says what was expected. It becomes an `Unreadable`."""


@attrs.frozen(kw_only=True)
class Entry:
    """One object of a store.

    Attributes:
        locator: where it stands. `offset` counts in what was unpacked.
        data: its octets in DER. They were not looked at, apart from the length in their header.
        name: what names this copy: the name of the store, with the path in it and the offset, or the id of the row.
        stored_at: when the store took it in (UTC), None where the store does not say.
        attributes: what the store says beside it.
    """

    locator: Locator
    data: bytes = attrs.field(repr=False)
    name: str
    stored_at: datetime | None = None
    attributes: tuple[tuple[str, str], ...] = ()


def _positive(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value < 1:
        msg = f"limits: {attribute.name} must be 1 or more, got {value!r}"
        raise InputError(msg)


@attrs.frozen(kw_only=True)
class StoreLimits:
    """How much is read before giving up. What lies above is one `Unreadable`; reading goes on behind it where it can.

    Attributes:
        object: octets of one object.
        line: octets of one line or row.
        unpacked: octets that one compressed file may unpack to.
        ratio: how many times its own size a compressed file may unpack to, above the first mebibyte.
        depth: levels of folders, and of archives in archives.
    """

    object: int = attrs.field(default=64 << 20, validator=_positive)
    line: int = attrs.field(default=96 << 20, validator=_positive)
    unpacked: int = attrs.field(default=1 << 40, validator=_positive)
    ratio: int = attrs.field(default=200, validator=_positive)
    depth: int = attrs.field(default=32, validator=_positive)


DEFAULT_LIMITS: Final = StoreLimits()


def _no_attributes() -> Mapping[str, str]:
    return MappingProxyType({})


def _frozen(value: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(value))


def _one_of(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    allowed: tuple[str, ...] = get_args(Encoding if attribute.name == "encoding" else _TimeForm)
    if value not in allowed:
        msg = f"fields: {attribute.name} must be one of {', '.join(allowed)}, got {value!a}"
        raise InputError(msg)


@attrs.frozen(kw_only=True)
class Fields:
    """How the columns of a CSV file or a query, or the fields of JSON lines, are called.

    Attributes:
        der: the object. In JSON, dots lead inwards: `data.certificate`.
        stored_at: when the store took it in; a row without it has no time. Empty: there is no such column.
        id: what names the row; empty, or a row without it: its place does.
        encoding: how text holds the object. `auto`: PEM, hexadecimal or Base64 (also base64url), whichever gives DER.
        time: how times are written: RFC 3339, or seconds or milliseconds since 1970.
        attributes: names of attributes, such as `permit`, `approver`, `platform`, `revoked`, `twin`, with their column.
    """

    der: str = "der"
    stored_at: str = "stored_at"
    id: str = "id"
    encoding: Encoding = attrs.field(default="auto", validator=_one_of)
    time: _TimeForm = attrs.field(default="rfc3339", validator=_one_of)
    attributes: Mapping[str, str] = attrs.field(factory=_no_attributes, converter=_frozen, hash=False)

    @classmethod
    def from_json(cls, value: object) -> Fields:
        """The fields that a JSON object names.

        Raises:
            InputError: another shape, or a name that is not known.
        """
        known = {field.name for field in attrs.fields(cls)}
        if not isinstance(value, dict):
            msg = "fields: a JSON object is wanted"
            raise InputError(msg)
        table = cast("dict[str, object]", value)
        attributes = table.get("attributes", {})
        texts = [each for name, each in table.items() if name != "attributes"]
        if isinstance(attributes, dict):
            texts += list(cast("dict[str, object]", attributes).values())
        if set(table) - known or not isinstance(attributes, dict) or not all(isinstance(each, str) for each in texts):
            msg = (
                f"fields: texts named {', '.join(sorted(known - {'attributes'}))}, and an object `attributes` of texts"
            )
            raise InputError(msg)
        return cls(**cast("dict[str, str]", table))  # type: ignore[arg-type]


@attrs.define(kw_only=True)
class Tally:
    """What one pass counted."""

    files: int = 0
    octets: int = 0
    records: int = 0
    entries: int = 0
    unreadable: int = 0
    passed: int = 0
    forms: set[str] = attrs.field(factory=set[str])

    def count(self, this: Entry | Unreadable) -> None:
        """Count what is given out."""
        self.records += 1
        if isinstance(this, Entry):
            self.entries += 1
        else:
            self.unreadable += 1

    def report(
        self, *, source: Sha256, name: str, covers: tuple[tuple[datetime, datetime], ...], **notes: str
    ) -> SourceReport:
        """What was read."""
        return SourceReport(
            source=source,
            name=name,
            format="+".join(sorted(self.forms)) or "nothing",
            octets=self.octets,
            records=self.records,
            events=self.entries,
            unreadable=self.unreadable,
            covers=covers,
            notes=tuple(sorted({"files": str(self.files), "passed-over": str(self.passed), **notes}.items())),
        )


@attrs.frozen(kw_only=True)
class Where:
    """Where the octets come from that a form is read from.

    Attributes:
        source: SHA-256 of the file, as it lies there.
        name: store and path.
        fields, limits: of the caller.
        stored_at: when the file came to be, where that is to count.
        path: how the file is called: its ending may tell the form.
        level: how many archives it lies in.
    """

    source: Sha256
    name: str
    fields: Fields
    limits: StoreLimits
    stored_at: datetime | None = None
    path: str = ""
    level: int = 0

    def entry(
        self,
        offset: int,
        data: bytes,
        *,
        row: int | None = None,
        stored_at: datetime | None = None,
        name: str = "",
        attributes: tuple[tuple[str, str], ...] = (),
    ) -> Entry:
        """An entry at an offset; `row` is its number in the file."""
        return Entry(
            locator=Locator(source=self.source, offset=offset, sequence=row),
            data=data,
            name=name or f"{self.name}#{offset}",
            stored_at=stored_at or self.stored_at,
            attributes=attributes,
        )

    def unreadable(self, offset: int, why: str, *, row: int | None = None, certain: bool = False) -> Unreadable:
        """What stands at an offset and is no entry."""
        return Unreadable(
            locator=Locator(source=self.source, offset=offset, sequence=row),
            why=f"{self.name[:300]}: expected {why}",
            certain=certain,
        )


def name_digest(name: str) -> Sha256:
    """What stands for the digest of an input that has no octets of its own, or none that can be read."""
    return digest(name.encode("utf-8", "surrogateescape"))
