"""Issue values (RFC 8659 §4.2): any octets are a value or a defect; a value means what its plain spelling means."""

from __future__ import annotations

from collections.abc import Iterator

from pkicheck.codes import CATALOGUE
from pkicheck.issuevalue import IssueValue, ValueDefect, parse_issue_value

__all__ = ["seeds", "target"]


def target(data: bytes) -> None:
    """Parse the octets; write a value in one spelling and parse it again."""
    parsed = parse_issue_value(data)
    if isinstance(parsed, ValueDefect):
        assert parsed.code in CATALOGUE
        assert 0 <= parsed.offset <= len(data)
        return
    parameters = b"; ".join(tag + b"=" + value for tag, value in parsed.parameters)
    written = (parsed.issuer or b"") + (b"; " + parameters if parsed.parameters else b"")
    again = parse_issue_value(written)
    assert isinstance(again, IssueValue)
    assert again == parsed
    assert parsed.issuer is None or (parsed.issuer == parsed.issuer.lower() and not parsed.issuer.endswith(b"."))


def seeds() -> Iterator[bytes]:
    """Values that reach each rule of the grammar and each defect."""
    yield b"ca.example"
    yield b" CA.Example ; accounturi=https://ca.example/acct/1 ; validationmethods=dns-01,http-01 "
    yield b";"
    yield b" \t"
    yield b""
    yield b"ca.example;;"
    yield b"ca.example; a=1;"
    yield b"ca.example; a"
    yield b"ca.example; -a=1"
    yield b"ca.example a=1"
    yield b"ca..example."
    yield b"-ca.example"
    yield b"ca.example; a= ;b=x=y"
    yield b"ca\0.example"
    yield b"ca.example\0"
    yield "cä.example".encode()
