"""The issue-value grammar: vectors, an oracle made from the ABNF, and totality."""

from __future__ import annotations

import re
from typing import Any

import attrs
import pytest
from attrs.validators import instance_of, optional
from hypothesis import example, given
from hypothesis import strategies as st

from pkicheck.codes import CATALOGUE
from pkicheck.findings import Verdict
from pkicheck.issuevalue import IssueValue, ValueDefect, parse_issue_value
from pkicheck.rules import RULES
from tests.caa_cases import CaaVector, Raw, codes_of, decide
from tests.vectorfile import load


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((tag, content) for tag, content in value)


@attrs.frozen(kw_only=True)
class IssueValueVector:
    """A value, as text whose characters stand for octets; its parts, or its defect."""

    id: str = attrs.field(validator=instance_of(str))
    comment: str = attrs.field(validator=instance_of(str))
    rule: str = attrs.field(validator=instance_of(str))
    source: str = attrs.field(validator=instance_of(str))
    value: str = attrs.field(validator=instance_of(str))
    issuer: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    parameters: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_pairs)
    defect: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    offset: int = attrs.field(default=0, validator=instance_of(int))

    @property
    def octets(self) -> bytes:
        return self.value.encode("latin-1")


_VECTORS = load("issuevalue", IssueValueVector)


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda each: each.id)
def test_vector(vector: IssueValueVector) -> None:
    """The parts or the defect of a value, and what it does in a record set by every entry point (C12, R133)."""
    assert vector.rule in RULES
    parsed = parse_issue_value(vector.octets)
    if vector.defect is None:
        parameters = tuple((tag.encode("latin-1"), value.encode("latin-1")) for tag, value in vector.parameters)
        assert vector.issuer is not None
        assert parsed == IssueValue(vector.issuer.encode("latin-1") or None, parameters)
    else:
        assert parsed == ValueDefect(vector.defect, vector.offset)
        assert vector.defect in CATALOGUE
    case = CaaVector(
        id=vector.id,
        comment=vector.comment,
        rule=(vector.rule,),
        source=vector.source,
        name="shop.example",
        raw=(Raw(owner="shop.example", rdata=b"\0\5issue" + vector.octets),),
        verdict="pass" if vector.issuer == "ca.example" else "fail",
        codes=(),
    )
    result, _ = decide(case)
    assert result.verdict is case.verdict
    assert (vector.defect is None) or vector.defect in codes_of(result)
    assert ("caa.authorised" in codes_of(result)) == (case.verdict is Verdict.PASS)


# RFC 8659 §4.2, transliterated rule by rule. It may go back, which the parser must not: the strings below are short.
_WSP = rb"[ \t]"
_LABEL = rb"[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_NAME = rb"%b(?:\.%b)*" % (_LABEL, _LABEL)
_VALUE = rb"[\x21-\x3a\x3c-\x7e]*"
_PARAMETER = rb"%b%b*=%b*%b" % (_LABEL, _WSP, _WSP, _VALUE)
_PARAMETERS = rb"(?:%b%b*;%b*)*%b" % (_PARAMETER, _WSP, _WSP, _PARAMETER)
_ISSUE_VALUE = re.compile(
    rb"%b*(?:(?P<issuer>%b)%b*)?(?:;%b*(?:(?P<parameters>%b)%b*)?)?" % (_WSP, _NAME, _WSP, _WSP, _PARAMETERS, _WSP)
)
_ONE = re.compile(rb"(?P<tag>%b)%b*=%b*(?P<value>%b)" % (_LABEL, _WSP, _WSP, _VALUE))


def _oracle(value: bytes) -> IssueValue | None:
    """The parts by the transliterated grammar, None when it does not match."""
    found = _ISSUE_VALUE.fullmatch(value)
    if found is None:
        return None
    pieces = [piece.strip(b" \t") for piece in (found["parameters"] or b"").split(b";") if piece]
    parameters: list[tuple[bytes, bytes]] = []
    for piece in pieces:
        one = _ONE.fullmatch(piece)
        assert one is not None
        parameters.append((one["tag"].lower(), one["value"]))
    return IssueValue(found["issuer"].lower() if found["issuer"] else None, tuple(parameters))


_PIECES = st.sampled_from(
    [
        b"ca",
        b"CA",
        b"example",
        b"a",
        b"1",
        b"=",
        b"=",
        b";",
        b";",
        b" ",
        b"\t",
        b"-",
        b".",
        b"_",
        b"\0",
        b"\n",
        b"\xff",
        b"!",
    ]
)
_NEAR = st.lists(_PIECES, max_size=14).map(b"".join)
_LABELS = st.from_regex(rb"[A-Za-z0-9]([-A-Za-z0-9]{0,4}[A-Za-z0-9])?", fullmatch=True)
_BLANKS = st.sampled_from([b"", b"", b" ", b"\t ", b"  "])


@st.composite
def _written(draw: st.DrawFn) -> tuple[bytes, IssueValue]:
    """A value written by the grammar, and its parts."""
    issuer = b".".join(draw(st.lists(_LABELS, max_size=3)))
    parts: list[tuple[bytes, bytes]] = draw(
        st.lists(st.tuples(_LABELS, st.from_regex(rb"[!-:<-~]{0,5}", fullmatch=True)), max_size=3)
    )
    text = draw(_BLANKS) + issuer + (draw(_BLANKS) if issuer else b"")
    if parts or draw(st.sampled_from([True, False])):
        text += b";" + draw(_BLANKS)
        written = [tag + draw(_BLANKS) + b"=" + draw(_BLANKS) + value for tag, value in parts]
        text += (draw(_BLANKS) + b";" + draw(_BLANKS)).join(written)
        text += draw(_BLANKS)
    return text, IssueValue(issuer.lower() or None, tuple((tag.lower(), value) for tag, value in parts))


@given(_NEAR)
@example(b"ca.example; a=1 ;b=2")
@example(b"; =")
def test_oracle_on_what_may_or_may_not_match(value: bytes) -> None:
    """The parser and the transliterated ABNF agree on what matches and on its parts (R133)."""
    parsed = parse_issue_value(value)
    expected = _oracle(value)
    assert (parsed if isinstance(parsed, IssueValue) else None) == expected


@given(_written())
def test_oracle_on_what_matches(written: tuple[bytes, IssueValue]) -> None:
    """Whatever is written by the grammar is read back in its parts."""
    text, parts = written
    assert parse_issue_value(text) == parts
    assert _oracle(text) == parts


@given(st.binary(max_size=300))
def test_total(value: bytes) -> None:
    """Any octets give a value, or a defect of the catalogue at a place within them."""
    parsed = parse_issue_value(value)
    if isinstance(parsed, ValueDefect):
        assert parsed.code in CATALOGUE
        assert 0 <= parsed.offset <= len(value)
        assert _oracle(value) is None
    else:
        assert _oracle(value) == parsed


@given(_written(), st.randoms(use_true_random=False))
def test_case_and_blanks_do_not_matter(written: tuple[bytes, IssueValue], chance: Any) -> None:
    """Case of issuer and tags, and white space at the ends, change nothing (R133)."""
    text, parts = written
    if not parts.parameters:
        text = bytes(octet ^ 0x20 if chr(octet).isalpha() and chance.random() < 0.5 else octet for octet in text)
    assert parse_issue_value(b" \t" + text + b"\t ") == parts


def test_linear() -> None:
    """The longest values that a message can carry are read in one pass: 64 KiB of each kind of repetition."""
    for unit in (b"a.", b"-", b" ", b";", b"a=;", b"; a=1", b"a-", b"=", b"\xff", b"a=1 "):
        for head in (b"", b"ca.example;", b"ca.example; a"):
            parsed = parse_issue_value(head + unit * (65000 // len(unit)))
            assert isinstance(parsed, (IssueValue, ValueDefect))
