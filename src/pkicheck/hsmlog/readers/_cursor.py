"""The state of a reader as octets: attrs classes of plain values in canonical JSON, and back, strictly.

A reader stops anywhere and goes on elsewhere: in the next part of a file, in the next run, in another process. What it
has to remember for that is one attrs class per grammar, made of `int`, `str`, `bytes`, `bool`, `list`, `dict` with text
keys, `None`, and further such classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from pkicheck.canon import JsonValue, canonical, decode_bytes, encode_bytes, parse_json
from pkicheck.errors import InputError

__all__ = ["dump", "load", "prepare"]

_T = TypeVar("_T")
# Integers of JSON stay below 2**53 (RFC 8785); a larger one is written as a text by its own class.
_PLAIN: Final = (int, str, bool)


def _plain(value: object) -> JsonValue:
    if isinstance(value, bytes):
        return encode_bytes(value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        # Pairs, because canonical JSON sorts members, and what is forgotten first hangs on the order.
        return [[key, _plain(each)] for key, each in cast("dict[str, object]", value).items()]
    if attrs.has(type(value)):
        fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    return cast("JsonValue", value)


@lru_cache(maxsize=64)
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def prepare(kind: Any) -> None:  # noqa: ANN401 - a type of any kind
    """Resolve the types of a class of state, and of all classes in it: once, when its module is imported."""
    if attrs.has(kind):
        for inner in _hints(kind).values():
            prepare(inner)
    for inner in get_args(kind):
        prepare(inner)


def _wrong(where: str, want: object) -> InputError:
    msg = f"cursor: {where} must be {getattr(want, '__name__', want)}"
    return InputError(msg)


def _pair(value: JsonValue, where: str) -> tuple[str, JsonValue]:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        raise _wrong(where, "pairs of a text and a value")
    return value[0], value[1]


def _typed(value: JsonValue, want: Any, where: str) -> object:  # noqa: ANN401 - a type of any kind
    origin = get_origin(want)
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _typed(value, next(each for each in get_args(want) if each is not type(None)), where)
    if origin is list:
        if not isinstance(value, list):
            raise _wrong(where, want)
        return [_typed(each, get_args(want)[0], where) for each in value]
    if origin is dict:
        kind = get_args(want)[1]
        pairs = [_pair(each, where) for each in value] if isinstance(value, list) else None
        if pairs is None:
            raise _wrong(where, want)
        return {key: _typed(each, kind, f"{where}.{key:.40}") for key, each in pairs}
    if want is bytes:
        if not isinstance(value, str):
            raise _wrong(where, want)
        return decode_bytes(value, what=f"cursor: {where}")
    if want in _PLAIN:
        if type(value) is not want:
            raise _wrong(where, want)
        return value
    if not isinstance(value, Mapping) or set(value) != set(_hints(want)):
        raise _wrong(where, want)
    return want(**{name: _typed(value[name], kind, f"{where}.{name}") for name, kind in _hints(want).items()})


def dump(form: str, state: object) -> bytes:
    """The state as octets; `form` names the grammar and its version."""
    return canonical({"form": form, "state": _plain(state)})


def load(form: str, kind: type[_T], data: bytes) -> _T:
    """The inverse of `dump`.

    Raises:
        InputError: a cursor of another grammar, or none at all.
    """
    top = parse_json(data, what="cursor")
    if not isinstance(top, Mapping) or set(top) != {"form", "state"} or top["form"] != form:
        msg = f"cursor: it is not one of {form}"
        raise InputError(msg)
    return cast("_T", _typed(top["state"], kind, "state"))
