"""The attributes of a subject as this package writes them: the table is that of `pkicheck.subject`."""

from __future__ import annotations

from pkicheck.subject import TYPES, attribute_type

__all__ = ["attribute_name", "attribute_oid", "string_tag"]


def attribute_oid(kind: str) -> str:
    """The dotted OID of an attribute type that is given by its name, its short name or its OID.

    Raises:
        InputError: the table of BR 7.1.4.2 has no such attribute.
    """
    return attribute_type(kind).oid


def attribute_name(oid: str) -> str:
    """The name of an attribute type, or its OID when the table does not have it."""
    known = TYPES.get(oid)
    return oid if known is None else known.name


def string_tag(oid: str) -> int:
    """The one type of string that an attribute of the table is written in: UTF8String where there is a choice."""
    return TYPES[oid].tags[0]
