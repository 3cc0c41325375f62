"""Vector files: TOML, a table `[[vector]]` for each fact, read strictly.

A key that is not known, a key that is missing, a value of another type, an id given twice and a file without vectors
all fail: a vector that is not read as it was meant proves nothing. The shape of a vector is an attrs class; its
validators say what a value may be, its converters make nested shapes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import attrs

__all__ = ["ROOT", "VectorError", "load", "moment", "nested", "octets", "shaped", "texts"]

ROOT = Path(__file__).resolve().parent / "vectors"
"""Where the vector files lie, in a folder per area."""

_T = TypeVar("_T")


class VectorError(Exception):
    """A vector file that cannot be read as vectors; the message names file, vector and key."""


class _Shape(Protocol):
    @property
    def id(self) -> str:
        """Its name, once in an area."""
        ...


_S = TypeVar("_S", bound=_Shape)


def shaped(shape: type[_T], value: object, where: str) -> _T:
    """A table as the attrs class `shape`: every key is known, every key without a default is there.

    Raises:
        VectorError: anything else.
    """
    if not isinstance(value, Mapping):
        msg = f"{where} must be a table"
        raise VectorError(msg)
    table = cast("Mapping[str, Any]", value)
    fields = {field.name: field for field in attrs.fields(cast("type[attrs.AttrsInstance]", shape))}
    unknown = sorted(set(table) - set(fields))
    missing = sorted(name for name, field in fields.items() if field.default is attrs.NOTHING and name not in table)
    if unknown or missing:
        msg = f"{where}: unknown keys {unknown}, missing keys {missing}"
        raise VectorError(msg)
    try:
        return shape(**table)
    except (TypeError, ValueError) as error:
        msg = f"{where}: {error}"
        raise VectorError(msg) from None


def nested(shape: type[_T], value: object) -> tuple[_T, ...]:
    """A list of tables as a tuple of `shape`."""
    if not isinstance(value, (list, tuple)):
        msg = f"a list of {shape.__name__} tables is wanted, got {value!r}"
        raise VectorError(msg)
    items = cast("list[object]", list(cast("list[object]", value)))
    return tuple(
        item if isinstance(item, shape) else shaped(shape, item, f"{shape.__name__} {number}")
        for number, item in enumerate(items)
    )


def texts(value: object) -> tuple[str, ...]:
    """A converter: a list of texts as a tuple."""
    if not isinstance(value, (list, tuple)):
        msg = f"a list of texts is wanted, got {value!r}"
        raise VectorError(msg)
    items = cast("list[object]", list(cast("list[object]", value)))
    if not all(isinstance(item, str) for item in items):
        msg = f"a list of texts is wanted, got {value!r}"
        raise VectorError(msg)
    return tuple(cast("list[str]", items))


def octets(value: object) -> bytes:
    """A converter: hexadecimal text with blanks, line feeds and comments (from a semicolon to the end of the line)."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        msg = f"hexadecimal text is wanted, got {value!r}"
        raise VectorError(msg)
    try:
        return bytes.fromhex(" ".join(line.partition(";")[0] for line in value.splitlines()))
    except ValueError as error:
        msg = f"not hexadecimal: {error}"
        raise VectorError(msg) from None


def moment(value: object) -> datetime | None:
    """A converter: an aware TOML date-time in UTC; None stays None."""
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        msg = f"a date-time with an offset is wanted, got {value!r}"
        raise VectorError(msg)
    return value.astimezone(timezone.utc)


def load(area: str, shape: type[_S], *, root: Path = ROOT) -> tuple[_S, ...]:
    """The vectors of the folder `area`, in the order of file names and of the files.

    Raises:
        VectorError: see the module.
    """
    found: dict[str, _S] = {}
    paths = sorted((root / area).glob("*.toml"))
    if not paths:
        msg = f"{area} holds no vector file"
        raise VectorError(msg)
    for path in paths:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            msg = f"{area}/{path.name}: {error}"
            raise VectorError(msg) from None
        tables = content.pop("vector", None)
        if content or not isinstance(tables, list) or not tables:
            msg = f"{area}/{path.name} must hold [[vector]] tables and nothing else"
            raise VectorError(msg)
        for number, table in enumerate(cast("list[Mapping[str, Any]]", tables)):
            where = f"{area}/{path.name}, vector {table.get('id', number) if isinstance(table, dict) else number}"
            try:
                vector = shaped(shape, table, where)
            except VectorError as error:
                msg = str(error) if str(error).startswith(where) else f"{where}: {error}"
                raise VectorError(msg) from None
            if vector.id in found:
                msg = f"{where}: the id is given twice"
                raise VectorError(msg)
            found[vector.id] = vector
    return tuple(found.values())
