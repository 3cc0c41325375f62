"""Every decision, ready to be called: what the audit of `tests.architecture.audit` runs without a door to the world.

A new decision is added here with arguments that reach its main path. Arguments are built when this module is imported,
outside the audit; only the calls themselves are audited.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from pkicheck import canon, codes, rules

Decision = tuple[str, Callable[[], object]]

_AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def decisions() -> list[Decision]:
    """The registry: a name and a call without arguments for each decision."""
    return [
        ("canon.canonical", lambda: canon.canonical({"z": [1, None, True], "\ufb33": "a", "\U0001f600": "b"})),
        ("canon.parse_json", lambda: canon.parse_json(b'{"a": [1, "x"]}')),
        ("canon.digest", lambda: canon.digest(b"bytes")),
        ("canon.decode_bytes", lambda: canon.decode_bytes(canon.encode_bytes(b"bytes"))),
        ("canon.format_time", lambda: canon.format_time(_AT)),
        ("canon.parse_time", lambda: canon.parse_time("2026-11-21T12:00:00+01:00")),
        ("codes", lambda: [codes.code(name) for name in codes.CATALOGUE]),
        ("rules", lambda: (rules.rules_at(_AT), [rules.in_force(rules.RuleId(name), _AT) for name in rules.RULES])),
    ]
