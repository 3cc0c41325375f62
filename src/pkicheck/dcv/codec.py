"""Challenges as JSON and back: one writer and one reader for the fields of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import attrs

from pkicheck.canon import JsonValue, decode_bytes, encode_bytes, format_time, parse_time
from pkicheck.dcv.confirmation import Confirmation
from pkicheck.dcv.values import Form, RandomValue, RequestToken
from pkicheck.errors import InputError
from pkicheck.names import CertName, DomainName, WildcardName, name_text, parse_domain, parse_name

if TYPE_CHECKING:
    from pkicheck.dcv.plan import Challenge

__all__ = ["challenge_from_json", "challenge_json"]

_C = TypeVar("_C", bound="Challenge")

_KINDS: Final[Mapping[type, str]] = {RandomValue: "random-value", RequestToken: "request-token"}


def challenge_json(challenge: Challenge) -> dict[str, JsonValue]:
    """A challenge with all its fields, the value included."""
    return {"challenge": challenge.slug, **_written(challenge)}


def _written(value: attrs.AttrsInstance) -> dict[str, JsonValue]:
    return {field.name: _write(getattr(value, field.name)) for field in attrs.fields(type(value))}


def _write(value: object) -> JsonValue:
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, (DomainName, WildcardName, IPv4Address, IPv6Address)):
        return name_text(value)
    if isinstance(value, bytes):
        return encode_bytes(value)
    if isinstance(value, tuple):
        return [str(each) for each in cast("tuple[str, ...]", value)]
    if attrs.has(type(value)):
        written = _written(cast("attrs.AttrsInstance", value))
        kind = _KINDS.get(type(value))
        return written if kind is None else {"kind": kind, **written}
    return cast("JsonValue", value)


def _time(value: JsonValue) -> datetime:
    return parse_time(_text(value), what="challenge")


def _optional_time(value: JsonValue) -> datetime | None:
    return None if value is None else _time(value)


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        msg = f"challenge: expected a text, got {type(value).__name__}"
        raise InputError(msg)
    return value


def _texts(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        msg = "challenge: expected a list of texts"
        raise InputError(msg)
    return tuple(_text(each) for each in cast("list[JsonValue]", value))


def _number(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        msg = "challenge: expected an integer"
        raise InputError(msg)
    return value


def _optional_number(value: JsonValue) -> int | None:
    return None if value is None else _number(value)


def _name(value: JsonValue) -> CertName:
    text = _text(value)
    return parse_name(text) if {".", ":"} & set(text) else parse_domain(text)


def _adn(value: JsonValue) -> DomainName | None:
    return None if value is None else parse_domain(_text(value))


def _value(value: JsonValue) -> RandomValue | RequestToken:
    fields = dict(value) if isinstance(value, Mapping) else {}
    kind = fields.pop("kind", None)
    if kind == "random-value" and set(fields) == {"text", "bits", "created_at"}:
        return RandomValue(
            text=_text(fields["text"]), bits=_number(fields["bits"]), created_at=_time(fields["created_at"])
        )
    if kind == "request-token" and set(fields) == {"form", "source", "timestamp", "created_at"}:
        return RequestToken(
            form=cast("Form", _text(fields["form"])),
            source=decode_bytes(_text(fields["source"]), what="challenge: source"),
            timestamp=_optional_time(fields["timestamp"]),
            created_at=_time(fields["created_at"]),
        )
    msg = "challenge: value must be a random-value or a request-token with its fields"
    raise InputError(msg)


def _confirmation(value: JsonValue) -> Confirmation | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != {"value", "recipient", "received_at"}:
        msg = "challenge: confirmation must have exactly the fields value, recipient, received_at"
        raise InputError(msg)
    return Confirmation(
        value=_text(value["value"]), recipient=_text(value["recipient"]), received_at=_time(value["received_at"])
    )


# A field of a challenge that is not named here is a text.
_READERS: Final[Mapping[str, Callable[[JsonValue], object]]] = {
    "name": _name,
    "adn": _adn,
    "created_at": _time,
    "sent_at": _time,
    "confirmation": _confirmation,
    "value": _value,
    "issuers": _texts,
    "port": _optional_number,
}


def challenge_from_json(value: JsonValue, classes: Mapping[str, type[_C]]) -> _C:
    """Read what `challenge_json` wrote.

    Args:
        value: the JSON value.
        classes: the challenges by their slugs.

    Raises:
        InputError: another shape, or a value that no challenge has.
    """
    fields = dict(value) if isinstance(value, Mapping) else {}
    slug = fields.pop("challenge", None)
    cls = classes.get(slug) if isinstance(slug, str) else None
    if cls is None:
        msg = f"challenge: none is called {str(slug)[:40]!a}"
        raise InputError(msg)
    known = {field.name for field in attrs.fields(cls)}
    if set(fields) != known:
        msg = f"challenge: must have exactly the fields {', '.join(sorted(known))}"
        raise InputError(msg)
    read: dict[str, Any] = {key: _READERS.get(key, _text)(item) for key, item in fields.items()}
    return cls(**read)
