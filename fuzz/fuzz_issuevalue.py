"""The issue-value grammar: any octets give a value or the first defect; what is read can be written and read again."""

from __future__ import annotations

from collections.abc import Iterator

from pkicheck.codes import CATALOGUE
from pkicheck.issuevalue import ValueDefect, parse_issue_value

__all__ = ["seeds", "target"]


def target(data: bytes) -> None:
    """Parse; then parse the canonical spelling of what was read."""
    parsed = parse_issue_value(data)
    if isinstance(parsed, ValueDefect):
        assert parsed.code in CATALOGUE
        assert 0 <= parsed.offset <= len(data)
        # White space at the ends changes no verdict of the grammar.
        assert isinstance(parse_issue_value(b" " + data + b"\t"), ValueDefect)
        return
    assert parsed.issuer is None or parsed.issuer == parsed.issuer.lower()
    written = (parsed.issuer or b"") + b";" + b";".join(tag + b"=" + value for tag, value in parsed.parameters)
    assert parse_issue_value(written) == parsed
    assert parse_issue_value(data.upper().lower()) is not None
    # A second semicolon behind it, or a NUL within it, never matches.
    assert isinstance(parse_issue_value(written + b";;"), ValueDefect)
    assert isinstance(parse_issue_value(data + b"\0"), ValueDefect)


def seeds() -> Iterator[bytes]:
    """Values that reach each production and each defect."""
    yield from (
        b"",
        b" \t",
        b";",
        b"ca.example",
        b" CA.example \t; a=1 ; b-c = x=y;d=",
        b"; a=1",
        b"ca.example;;",
        b"ca.example; a=1;",
        b"ca.example; a=1; ; b=2",
        b"ca.example.",
        b".ca",
        b"-ca.example",
        b"ca-.example",
        b"ca_x.example",
        b"ca.example a=1",
        b"ca.example; a b=1",
        b"ca.example; a",
        b"ca.example; =1",
        b"ca.example; -a=1",
        b"ca.example; a=\x7f",
        b"ca.example; a=1 b=2",
        b"ca\0.example",
        b"ca.example\0",
        b"c\xc3\xa9.example",
    )
