"""An issuer key as a document: results name it by its digest, and a replay reads it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

import attrs

from pkicheck.canon import JsonValue, canonical, decode_bytes, encode_bytes, format_time, parse_json, parse_time
from pkicheck.errors import InputError
from pkicheck.issuerkey import IssuerKey, KeyAlias, ObjectKind, Purpose
from pkicheck.names import parse_domain

__all__ = ["issuer_from_json", "issuer_json"]


def issuer_json(issuer: IssuerKey) -> bytes:
    """The entry of an issuer key as canonical JSON; equal entries give equal octets."""
    return canonical(
        {
            "certificate": None if issuer.certificate is None else encode_bytes(issuer.certificate),
            "spki": encode_bytes(issuer.spki),
            "caa": sorted(issuer.caa),
            "purposes": sorted(issuer.purposes),
            "public": issuer.public,
            "production": issuer.production,
            "kinds": sorted(issuer.kinds),
            "aliases": [[each.name, each.token, each.process] for each in issuer.aliases],
            "permitted": [each.text for each in issuer.permitted],
            "disclosed": issuer.disclosed,
            "created_at": _time_json(issuer.created_at),
            "destroyed_at": _time_json(issuer.destroyed_at),
        }
    )


def _time_json(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def issuer_from_json(data: bytes) -> IssuerKey:
    """Read what `issuer_json` wrote.

    Raises:
        InputError: another shape, or a field out of its bounds; the message names it.
    """
    value = parse_json(data, what="issuer")
    want = {field.name for field in attrs.fields(IssuerKey)}
    if not isinstance(value, Mapping) or set(value) != want:
        msg = f"issuer must be an object with exactly {', '.join(sorted(want))}"
        raise InputError(msg)
    certificate = value["certificate"]
    return IssuerKey(
        certificate=None if certificate is None else decode_bytes(str(certificate), what="issuer.certificate"),
        spki=decode_bytes(str(value["spki"]), what="issuer.spki"),
        caa=frozenset(_texts(value, "caa")),
        purposes=cast("frozenset[Purpose]", frozenset(_texts(value, "purposes"))),
        public=cast("bool", value["public"]),
        production=cast("bool", value["production"]),
        kinds=cast("frozenset[ObjectKind]", frozenset(_texts(value, "kinds"))),
        aliases=tuple(_alias(each) for each in _items(value, "aliases")),
        permitted=tuple(parse_domain(each) for each in _texts(value, "permitted")),
        disclosed=cast("bool", value["disclosed"]),
        created_at=_time(value["created_at"], "issuer.created_at"),
        destroyed_at=_time(value["destroyed_at"], "issuer.destroyed_at"),
    )


def _items(value: Mapping[str, JsonValue], field: str) -> list[JsonValue]:
    items = value[field]
    if not isinstance(items, list):
        msg = f"issuer.{field} must be a list"
        raise InputError(msg)
    return list(items)


def _texts(value: Mapping[str, JsonValue], field: str) -> list[str]:
    items = _items(value, field)
    if not all(isinstance(each, str) for each in items):
        msg = f"issuer.{field} must be a list of texts"
        raise InputError(msg)
    return cast("list[str]", items)


def _alias(value: JsonValue) -> KeyAlias:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(each, str) for each in value):
        msg = "issuer.aliases must hold lists of three texts: name, token, process"
        raise InputError(msg)
    name, token, process = cast("list[str]", value)
    return KeyAlias(name=name, token=token, process=process)


def _time(value: JsonValue, what: str) -> datetime | None:
    return None if value is None else parse_time(str(value), what=what)
