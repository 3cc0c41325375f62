"""The value of issue, issuewild, issuemail and issuevmc properties, read to the letter of RFC 8659 §4.2.

    issue-value        = *WSP [issuer-domain-name *WSP] [";" *WSP [parameters *WSP]]
    issuer-domain-name = label *("." label)
    label              = (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT))
    parameters         = (parameter *WSP ";" *WSP parameters) / parameter
    parameter          = tag *WSP "=" *WSP value
    tag                = (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT))
    value              = *(%x21-3A / %x3C-7E)

One pass over octets, no regular expression, nothing decoded: the value is octets from a stranger. What does not match
is not half-believed: the defect is named and the caller lets such a record authorise nobody (RFC 8659 §4.2, last
paragraph).
"""

from __future__ import annotations

import attrs

__all__ = ["IssueValue", "ValueDefect", "parse_issue_value"]

_WSP = b" \t"
_ALNUM = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_HYPHEN = 0x2D
_ISSUER_OCTETS = bytes(_ALNUM) + b"-."
_SEMICOLON = 0x3B
_EQUALS = 0x3D


@attrs.frozen
class IssueValue:
    """A value that matches the grammar.

    Attributes:
        issuer: the issuer domain name in lower case (RFC 4343: names compare without case), None when there is none.
        parameters: `(tag, value)` pairs in order, the tag in lower case, the value's octets as they stand.
    """

    issuer: bytes | None
    parameters: tuple[tuple[bytes, bytes], ...]


@attrs.frozen
class ValueDefect:
    """Why a value does not match the grammar.

    Attributes:
        code: the finding code of the defect, `caa.value-...`.
        offset: the octet at which the grammar was left, from 0.
    """

    code: str
    offset: int


def parse_issue_value(value: bytes) -> IssueValue | ValueDefect:
    """Parse the octets of an issue-type property value (RFC 8659 §4.2).

    Total: any octets give a value or the first defect. Linear in the length.
    """
    if 0 in value:
        # Named apart: a NUL is how one name is made to look like another to software that stops reading at it.
        at = value.index(0)
        return ValueDefect("caa.value-nul-end" if not value[at:].strip(b"\0") else "caa.value-nul", at)
    at = _skip_wsp(value, 0)
    issuer = value[at:].partition(b";")[0].replace(b"\t", b" ").partition(b" ")[0]
    if issuer:
        defect = _issuer_defect(issuer, at)
        if defect is not None:
            return defect
    at = _skip_wsp(value, at + len(issuer))
    if at < len(value) and value[at] != _SEMICOLON:
        return ValueDefect("caa.value-text", at)
    parameters: list[tuple[bytes, bytes]] = []
    if at < len(value):
        at = _skip_wsp(value, at + 1)
        while at < len(value):
            parameter = _parameter(value, at)
            if isinstance(parameter, ValueDefect):
                return parameter
            tag, content, at = parameter
            parameters.append((tag.lower(), content))
            at = _skip_wsp(value, at)
            if at == len(value):
                break
            # _parameter ends at white space, a semicolon or the end: anything else here follows white space.
            if value[at] != _SEMICOLON:
                return ValueDefect("caa.value-text", at)
            # A semicolon between parameters must have a parameter behind it: `ca.example; a=1;` does not match.
            semicolon = at
            at = _skip_wsp(value, at + 1)
            if at == len(value):
                return ValueDefect("caa.value-semicolon", semicolon)
    return IssueValue(issuer.lower() or None, tuple(parameters))


def _skip_wsp(value: bytes, at: int) -> int:
    while at < len(value) and value[at] in _WSP:
        at += 1
    return at


def _issuer_defect(issuer: bytes, offset: int) -> ValueDefect | None:
    strange = issuer.translate(None, _ISSUER_OCTETS)
    if strange:
        # `ca.example=x` or `account=1` before any semicolon is text where an issuer should stand.
        return ValueDefect("caa.value-octet", offset + issuer.index(strange[0]))
    place = offset
    for label in issuer.split(b"."):
        if not label:
            return ValueDefect("caa.value-dot", place)
        if label[0] == _HYPHEN or label[-1] == _HYPHEN:
            return ValueDefect("caa.value-label", place)
        place += len(label) + 1
    return None


def _parameter(value: bytes, start: int) -> tuple[bytes, bytes, int] | ValueDefect:
    """One `tag *WSP "=" *WSP value` at `start`: tag, content and the offset behind it."""
    at = start
    while at < len(value) and (value[at] in _ALNUM or value[at] == _HYPHEN):
        at += 1
    tag = value[start:at]
    if not tag:
        return ValueDefect("caa.value-semicolon" if value[start] == _SEMICOLON else "caa.value-tag", start)
    if tag[0] == _HYPHEN or tag[-1] == _HYPHEN:
        return ValueDefect("caa.value-tag", start)
    at = _skip_wsp(value, at)
    if at == len(value) or value[at] == _SEMICOLON:
        return ValueDefect("caa.value-equals", at)
    if value[at] != _EQUALS:
        # White space inside a tag, or an octet a tag cannot hold.
        return ValueDefect("caa.value-tag", at)
    at = _skip_wsp(value, at + 1)
    begin = at
    while at < len(value) and 0x21 <= value[at] <= 0x7E and value[at] != _SEMICOLON:
        at += 1
    if at < len(value) and value[at] != _SEMICOLON and value[at] not in _WSP:
        return ValueDefect("caa.value-octet", at)
    return tag, value[begin:at], at
