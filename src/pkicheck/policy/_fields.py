"""What the fields of a policy are made of: validators and converters that name the field they refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, TypeVar, cast

import attrs

from pkicheck.errors import InputError

__all__ = ["Check", "addresses", "between", "flag", "is_a", "one_of", "span", "text", "texts"]

_T = TypeVar("_T")
# A validator in the shape that attrs calls.
Check = Callable[[Any, "attrs.Attribute[_T]", _T], None]


def between(low: int, high: int) -> Check[int]:
    """An integer from `low` to `high`, both included."""

    def check(_: object, attribute: attrs.Attribute[int], value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"policy: {attribute.name} must be an integer from {low} to {high}, got {value!a}"
            raise InputError(msg)

    return check


def span(low: timedelta, high: timedelta) -> Check[timedelta]:
    """A duration from `low` to `high`, both included."""

    def check(_: object, attribute: attrs.Attribute[timedelta], value: timedelta) -> None:
        if not isinstance(value, timedelta) or not low <= value <= high:  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"policy: {attribute.name} must be a timedelta from {low} to {high}, got {value!a}"
            raise InputError(msg)

    return check


def one_of(*allowed: str) -> Check[Any]:
    """One of these texts."""

    def check(_: object, attribute: attrs.Attribute[str], value: str) -> None:
        if value not in allowed:
            msg = f"policy: {attribute.name} must be one of {', '.join(allowed)}, got {value!a}"
            raise InputError(msg)

    return check


def flag(_: object, attribute: attrs.Attribute[bool], value: bool) -> None:
    """True or false."""
    if not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy: {attribute.name} must be true or false, got {value!a}"
        raise InputError(msg)


def text(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """A text."""
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy: {attribute.name} must be a text, got {value!a}"
        raise InputError(msg)


def is_a(kind: type) -> Check[Any]:
    """A value of this class."""

    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, kind):
            msg = f"policy: {attribute.name} must be a {kind.__name__}, got {type(value).__name__}"
            raise InputError(msg)

    return check


def texts(value: object) -> tuple[str, ...]:
    """Texts in sorted order, each once (a converter)."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        msg = f"policy: expected a list of texts, got {value!a}"
        raise InputError(msg)
    items = list(cast("tuple[object, ...]", value))
    if not all(isinstance(item, str) and item for item in items):
        msg = f"policy: expected a list of non-empty texts, got {value!a}"
        raise InputError(msg)
    return tuple(sorted({str(item) for item in items}))


def addresses(_: object, attribute: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    """IP addresses in their canonical text."""
    for item in value:
        try:
            plain = str(ip_address(item)) == item
        except ValueError:
            plain = False
        if not plain:
            msg = f"policy: {attribute.name} holds IP addresses in their canonical text, got {item!a}"
            raise InputError(msg)
