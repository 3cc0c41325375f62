"""Canonical JSON, digests and time stamps: the one byte form of everything that is hashed, signed or compared.

Only strings, integers below 2**53 in magnitude, booleans, null, lists and string-keyed objects exist here: for these,
sorted compact JSON is RFC 8785 (JSON Canonicalization Scheme). Object keys are sorted by UTF-16 code units as
RFC 8785 §3.2.3 demands; floats are refused because their shortest form differs between writers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from operator import itemgetter
from typing import NewType, cast

from pkicheck.errors import InputError

__all__ = [
    "JsonValue",
    "Sha256",
    "canonical",
    "decode_bytes",
    "digest",
    "document",
    "document_json",
    "encode_bytes",
    "format_time",
    "parse_json",
    "parse_time",
    "utc",
]

Sha256 = NewType("Sha256", str)
"""A SHA-256 digest as 64 lower-case hexadecimal digits."""

JsonValue = Mapping[str, "JsonValue"] | Sequence["JsonValue"] | str | int | bool | None

# RFC 8785 §3.2.2.3 takes numbers as IEEE 754 doubles: integers are exact only below 2**53.
_LARGEST = 2**53 - 1
# Deep enough for any evidence record, shallow enough that no reader or writer runs out of stack.
_DEEPEST = 64

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


_first: Callable[[tuple[str, object]], str] = itemgetter(0)


def _utf_16(item: tuple[str, object]) -> bytes:
    return item[0].encode("utf-16-be")


def _check(value: object, depth: int) -> object:
    """Return a plain copy of `value` in canonical key order, or raise InputError naming what cannot be written."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            msg = f"canonical JSON cannot hold a lone surrogate: {value!a}"
            raise InputError(msg) from None
        return value
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            msg = f"canonical JSON holds integers below 2**53 only, got {value}: write it as a decimal string"
            raise InputError(msg)
        return value
    if depth == 0:
        msg = f"canonical JSON is at most {_DEEPEST} levels deep"
        raise InputError(msg)
    if isinstance(value, (dict, Mapping)):
        mapping = cast("Mapping[object, object]", value)
        items: list[tuple[str, object]] = []
        ascii_only = True
        for key, item in mapping.items():
            if not isinstance(key, str):
                msg = f"canonical JSON keys are strings, got {type(key).__name__}"
                raise InputError(msg)
            if not key.isascii():
                _check(key, depth)
                ascii_only = False
            items.append((key, _check(item, depth - 1)))
        # RFC 8785 §3.2.3 sorts by UTF-16 code units, which differs from code points above U+FFFF.
        items.sort(key=_first if ascii_only else _utf_16)
        return dict(items)
    if isinstance(value, (list, tuple)):
        return [_check(item, depth - 1) for item in cast("Sequence[object]", value)]
    msg = f"canonical JSON cannot hold {type(value).__name__}"
    raise InputError(msg)


def canonical(value: JsonValue) -> bytes:
    """The canonical JSON of `value` as UTF-8 (RFC 8785 for the types that exist here).

    Raises:
        InputError: a float, bytes, a set, an integer of 2**53 or more, a lone surrogate, a key that is no string,
            or more than 64 levels.
    """
    return json.dumps(_check(value, _DEEPEST), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key in counts if counts[key] > 1)
        msg = f"JSON object has a key twice: {twice[:80]!a}"
        raise InputError(msg)
    return found


def _no_float(text: str) -> object:
    msg = f"JSON number is not an integer: {text[:40]}"
    raise InputError(msg)


def _small_int(text: str) -> int:
    # The length test comes first: int() of a huge literal is quadratic.
    if len(text) > 17 or abs(int(text)) > _LARGEST:
        msg = f"JSON integer is not below 2**53: {text[:40]}"
        raise InputError(msg)
    return int(text)


def parse_json(line: bytes, *, what: str = "JSON") -> JsonValue:
    """Read JSON strictly: UTF-8, no duplicate key, no float, integers below 2**53, at most 64 levels.

    Args:
        line: the bytes.
        what: how the error message calls the input.

    Raises:
        InputError: anything else; the message starts with `what`.
    """
    try:
        value: object = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=_no_float,
            parse_int=_small_int,
            parse_constant=_no_float,
        )
        _check(value, _DEEPEST)
    except InputError as error:
        msg = f"{what}: {error}"
        raise InputError(msg) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        msg = f"{what} is not readable: {error}"
        raise InputError(msg) from None
    return cast("JsonValue", value)


def digest(data: bytes) -> Sha256:
    """SHA-256 of `data` as lower-case hex."""
    return Sha256(hashlib.sha256(data).hexdigest())


def document(asked: Mapping[str, JsonValue], field: str, documents: Mapping[Sha256, bytes]) -> bytes:
    """The document that a field names by its digest.

    Raises:
        InputError: no such document: it is withheld, or the field is no digest.
    """
    named = asked.get(field)
    data = documents.get(Sha256(named)) if isinstance(named, str) else None
    if data is None:
        msg = f"asked.{field}: the document {str(named)[:64]!a} is withheld: supply it"
        raise InputError(msg)
    return data


def document_json(asked: Mapping[str, JsonValue], field: str, documents: Mapping[Sha256, bytes]) -> JsonValue:
    """The JSON document that a field names by its digest.

    Raises:
        InputError: no such document: it is withheld, or the field is no digest; or it is no JSON.
    """
    return parse_json(document(asked, field, documents), what=f"asked.{field}")


def encode_bytes(data: bytes) -> str:
    """Standard padded base64 (RFC 4648 §4), the only way bytes are written in evidence."""
    return base64.b64encode(data).decode("ascii")


def decode_bytes(text: str, *, what: str = "base64") -> bytes:
    """The bytes of a canonical padded base64 text.

    Raises:
        InputError: not base64, or not the one canonical spelling.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        msg = f"{what} is not base64"
        raise InputError(msg) from None
    if encode_bytes(data) != text:
        msg = f"{what} is not canonical base64"
        raise InputError(msg)
    return data


def utc(moment: datetime, *, what: str) -> datetime:
    """`moment` in UTC.

    Raises:
        InputError: `moment` is no datetime, or has no time zone: a clock without a zone proves nothing.
    """
    if not isinstance(moment, datetime):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"{what} must be a datetime with a time zone, got {type(moment).__name__}"
        raise InputError(msg)
    if moment.tzinfo is None or moment.utcoffset() is None:
        msg = f"{what} must have a time zone, got the naive datetime {moment.isoformat()}"
        raise InputError(msg)
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError:
        msg = f"{what} is outside the range of dates: {moment.isoformat()}"
        raise InputError(msg) from None


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with six digits of microseconds and `Z`: one spelling per instant."""
    return utc(moment, what="time").strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse_time(text: str, *, what: str = "time") -> datetime:
    """An RFC 3339 date-time with its offset, as UTC.

    Raises:
        InputError: no date, no time, no offset, or a date that does not exist.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        msg = f"{what} must be an RFC 3339 date and time with an offset (2026-11-21T12:00:00Z), got {text[:80]!a}"
        raise InputError(msg)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    micros = int((match[7] or "").ljust(6, "0"))
    try:
        zone = timezone.utc
        if match[8]:
            if int(match[10]) > 59:
                raise ValueError("minutes of the offset are below 60")  # noqa: TRY301 - one message for all of them
            offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
            zone = timezone(-offset if match[8] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, micros, tzinfo=zone).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        msg = f"{what} is not a date that exists: {text[:80]!a} ({error})"
        raise InputError(msg) from None
