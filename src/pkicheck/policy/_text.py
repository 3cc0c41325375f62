"""A policy as a TOML text that people write, and as the flat list of fields that people read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, cast

from pkicheck.canon import JsonValue
from pkicheck.errors import InputError

__all__ = ["LARGEST_TOML", "flat", "read_toml"]

LARGEST_TOML: Final = 1024 * 1024
"""No policy file is larger, in octets."""

_MICROSECOND: Final = timedelta(microseconds=1)
_UNITS: Final[Mapping[str, timedelta]] = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION: Final = re.compile(rf"([0-9]{{1,9}})(?:\.([0-9]{{1,6}}))? ?({'|'.join(_UNITS)})", re.ASCII)


def flat(value: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, JsonValue]]:
    """The fields of a policy with their dotted names."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def read_toml(text: str | bytes, model: Mapping[str, JsonValue], durations: frozenset[str]) -> dict[str, JsonValue]:
    """The JSON values that a TOML text stands for.

    Args:
        text: TOML; a duration is a text such as `8h`, `2.5 s` or `200d`.
        model: the fields of a policy.
        durations: the dotted names of the fields that are durations.

    Raises:
        InputError: no TOML, too long, or a duration that is none; the message names the place.
    """
    if len(text) > LARGEST_TOML:
        msg = f"policy is longer than {LARGEST_TOML} octets"
        raise InputError(msg)
    try:
        value = tomllib.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"policy is no TOML: {error}"
        raise InputError(msg) from None
    return _areas(value, model, durations, "")


def _areas(
    value: Mapping[str, object], model: Mapping[str, JsonValue], durations: frozenset[str], prefix: str
) -> dict[str, JsonValue]:
    # What is no field goes through as it is: the reader of policies names it.
    found: dict[str, JsonValue] = {}
    for key, item in value.items():
        name, area = f"{prefix}{key}", model.get(key)
        if isinstance(area, Mapping) and isinstance(item, dict):
            found[key] = _areas(cast("dict[str, object]", item), area, durations, f"{name}.")
        elif name in durations:
            found[key] = _microseconds(name, item)
        else:
            found[key] = cast("JsonValue", item)
    return found


def _microseconds(name: str, item: object) -> int:
    match = _DURATION.fullmatch(item) if isinstance(item, str) else None
    if match is None:
        msg = f"policy.{name} must be a duration such as 8h, 2.5 s or 200d, got {item!a}"
        raise InputError(msg)
    unit = _UNITS[match[3]] // _MICROSECOND
    return int(match[1]) * unit + int((match[2] or "0").ljust(6, "0")) * unit // 10**6
