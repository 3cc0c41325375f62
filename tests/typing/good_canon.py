"""Canonical JSON as a caller writes it: never run, only type-checked."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from pkicheck.canon import JsonValue, Sha256, canonical, digest, format_time, parse_json, parse_time

written = assert_type(canonical({"names": ["a.example", "b.example"], "at": None}), bytes)
assert_type(parse_json(written, what="evidence"), JsonValue)
assert_type(digest(written), Sha256)
assert_type(parse_time(format_time(datetime(2026, 3, 15))), datetime)
