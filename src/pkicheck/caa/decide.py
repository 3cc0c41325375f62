"""The decision over one record set: may this issuer issue this kind of certificate for this name? Pure; no DNS here.

The steps are those of RFC 8659 §4 with RFC 8657 and RFC 9495; each block below carries its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from pkicheck.caa.records import KNOWN_TAGS, Malformed, Property, parse_rdata
from pkicheck.findings import Finding, finding
from pkicheck.issuevalue import ValueDefect, parse_issue_value
from pkicheck.policy import CaaPolicy
from pkicheck.rules import in_force
from pkicheck.rules.caa import BR_PARAMETERS

__all__ = ["Applicant", "decide_set"]

_ALNUM_HYPHEN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")


@attrs.frozen(kw_only=True)
class Applicant:
    """Who asks, and for what.

    Attributes:
        issuers: the CA's issuer domain names, lower-case A-labels.
        accounts: the spellings of the account that made this request; octets are compared.
        labels: the RFC 8657 labels of the method that validated this name; None when no method is given.
        tag: the property that restricts this kind of certificate: `issue`, `issuemail` or `issuevmc`.
        wildcard: whether the name is a wildcard name.
    """

    issuers: frozenset[bytes]
    accounts: frozenset[bytes]
    labels: frozenset[bytes] | None
    tag: bytes
    wildcard: bool


def decide_set(
    rdatas: Sequence[bytes], applicant: Applicant, *, place: str, at: datetime, policy: CaaPolicy
) -> tuple[Finding, ...]:
    """Judge a non-empty CAA record set.

    Steps:
        1. Every RDATA is read; one that is malformed refuses (RFC 8659 §4.1).
        2. A property that is not understood and critical refuses (RFC 8659 §4.1, BR 3.2.2.8).
        3. The properties that concern this certificate: for a wildcard name issuewild when there is any, else issue
           (RFC 8659 §4.3); issue for other names; issuemail, issuevmc for theirs. None: the set does not restrict.
        4. Each of them is parsed; one that does not parse, or names nobody, authorises nobody (RFC 8659 §4.2).
        5. One that names this issuer authorises when its parameters fit (RFC 8657 §3, §4).
        6. One that authorises is enough.

    Args:
        rdatas: RDATA as received; the order does not matter to the verdict.
        applicant: who asks.
        place: the owner name of the set, for the findings.
        at: which dated rules bind.
        policy: the caller's choices.

    Returns:
        At least one finding.
    """
    seen = _Seen(place)
    properties: list[Property] = []
    for rdata in sorted(set(rdatas)):  # 1
        record = parse_rdata(rdata)
        if isinstance(record, Malformed):
            seen.note("caa.record-malformed", f"{record.why}: {record.rdata.decode('latin-1')}")
        else:
            properties.append(record)
            _general(record, policy, seen)  # 2
    concerned = _concerned(properties, applicant, seen)  # 3
    if not concerned:
        seen.note("caa.not-restricting", *(_text(each) for each in properties))
        return seen.findings()
    outcomes = [_judge(each, applicant, seen) for each in concerned]  # 4, 5
    return (_conclude(concerned, outcomes, applicant, place, at, policy), *seen.findings())  # 6


class _Seen:
    """What was seen in a set, gathered by code: a thousand records of one kind make one finding that counts them."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._texts: dict[str, list[str]] = {}

    def note(self, code: str, *texts: str) -> None:
        self._texts.setdefault(code, []).extend(texts)

    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding(code, self._place, saw=texts) for code, texts in self._texts.items())


def _text(record: Property) -> str:
    return f"{record.flags} {record.tag.decode('latin-1')} {record.value.decode('latin-1')}"


def _general(record: Property, policy: CaaPolicy, seen: _Seen) -> None:
    """What can be said of a property whatever is asked."""
    critical = bool(record.flags & (policy.critical_bits | 128))
    if record.name in KNOWN_TAGS:
        if critical:
            seen.note("caa.critical-known", _text(record))
        return
    text = _text(record)
    if not record.well_formed:
        refused = policy.malformed_tag == "refuse"
        seen.note("caa.tag-malformed" if refused else "caa.tag-malformed-tolerated", text)
    if critical:
        seen.note("caa.critical-unknown", text)
    elif record.well_formed:
        seen.note("caa.tag-unknown", text)


def _concerned(properties: Sequence[Property], applicant: Applicant, seen: _Seen) -> list[Property]:
    """Step 3: the properties that speak of this certificate."""
    plain = [each for each in properties if each.name == applicant.tag]
    if applicant.tag != b"issue":
        return plain
    wild = [each for each in properties if each.name == b"issuewild"]
    if not applicant.wildcard:
        if wild:
            seen.note("caa.wildcard-only", *(_text(each) for each in wild))
        return plain
    if wild and plain:
        seen.note("caa.issuewild-replaces-issue", *(_text(each) for each in plain))
    return wild or plain


def _judge(record: Property, applicant: Applicant, seen: _Seen) -> str:
    """Steps 4 and 5 for one property: the code that says why it does not authorise, empty when it does."""
    value = parse_issue_value(record.value)
    if isinstance(value, ValueDefect):
        seen.note(value.code, _text(record))
        return value.code
    if value.issuer is None:
        # The grammar lets all three through, and all three authorise nobody; a reader wants to know which it was.
        code = (
            "caa.issuer-nobody"
            if record.value.strip(b" \t")
            else "caa.value-blank"
            if record.value
            else "caa.value-empty"
        )
        seen.note(code, _text(record))
        return code
    if value.issuer not in applicant.issuers:
        seen.note("caa.issuer-other", _text(record))
        return "caa.issuer-other"
    if not value.parameters:
        return ""
    reasons = [*_account(value.parameters, applicant), *_methods(value.parameters, applicant)]
    for reason in reasons:
        seen.note(reason, _text(record))
    for group in (_MALFORMED, _ACCOUNT, _METHOD):
        for reason in reasons:
            if reason in group:
                return reason
    return ""


_MALFORMED: Final = frozenset(
    {"caa.account-twice", "caa.account-malformed", "caa.methods-twice", "caa.methods-malformed"}
)
_ACCOUNT: Final = frozenset({"caa.account-other", "caa.account-not-given"})
_METHOD: Final = frozenset({"caa.method-other", "caa.method-not-given"})


def _account(parameters: Sequence[tuple[bytes, bytes]], applicant: Applicant) -> list[str]:
    """RFC 8657 §3: why the accounturi of a property does not fit, if it does not.

    Octets are compared: RFC 8657 knows no other equality, and several spellings of one account are the caller's list.
    """
    uris = [value for tag, value in parameters if tag == b"accounturi"]
    if not uris:
        return []
    if len(uris) > 1:
        return ["caa.account-twice"]
    if not _is_uri(uris[0]):
        return ["caa.account-malformed"]
    if not applicant.accounts:
        return ["caa.account-not-given"]
    return [] if uris[0] in applicant.accounts else ["caa.account-other"]


def _is_uri(value: bytes) -> bool:
    """Whether a value has a scheme and something behind it (RFC 3986 §3.1).

    scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
    """
    scheme, colon, rest = value.partition(b":")
    letters = scheme.replace(b"+", b"").replace(b"-", b"").replace(b".", b"")
    return bool(colon and rest and letters.isalnum() and scheme[:1].isalpha())


def _methods(parameters: Sequence[tuple[bytes, bytes]], applicant: Applicant) -> list[str]:
    """RFC 8657 §4: `value = [label *("," label)]`, label = 1*(ALPHA / DIGIT / "-"); an empty list names no method.

    Labels compare octet by octet: lower case is the canonical spelling (BR 4.2.2.1.2), and matching without case is
    only for a CA whose CP/CPS says so.
    """
    lists = [value for tag, value in parameters if tag == b"validationmethods"]
    if not lists:
        return []
    if len(lists) > 1:
        return ["caa.methods-twice"]
    named = lists[0].split(b",") if lists[0] else []
    if not all(label and all(octet in _ALNUM_HYPHEN for octet in label) for label in named):
        return ["caa.methods-malformed"]
    if applicant.labels is None:
        return ["caa.method-not-given"]
    return [] if applicant.labels.intersection(named) else ["caa.method-other"]


def _conclude(
    concerned: Sequence[Property],
    outcomes: Sequence[str],
    applicant: Applicant,
    place: str,
    at: datetime,
    policy: CaaPolicy,
) -> Finding:
    """Step 6: one property that authorises is enough; else the reason that says most about what to change."""
    issuers = ", ".join(sorted(each.decode("ascii") for each in applicant.issuers))
    texts = [_text(each) for each in concerned]
    fitting = [text for text, outcome in zip(texts, outcomes, strict=True) if not outcome]
    if fitting:
        return finding("caa.authorised", place, expected=issuers, saw=fitting)
    found = set(outcomes)
    bound = found & (_MALFORMED | _ACCOUNT | _METHOD)
    if not bound:
        nobody = "caa.issuer-other" not in found
        return finding(
            "caa.issuance-forbidden" if nobody else "caa.issuer-not-listed", place, expected=issuers, saw=texts
        )
    named = [text for text, outcome in zip(texts, outcomes, strict=True) if outcome in bound]
    if policy.rfc8657 == "dated" and not in_force(BR_PARAMETERS, at):
        return finding("caa.parameters-advisory", place, expected=issuers, saw=named)
    if bound & _ACCOUNT:
        accounts = ", ".join(sorted(each.decode("latin-1") for each in applicant.accounts))
        return finding("caa.account-not-listed", place, expected=accounts or "an account", saw=named)
    if bound & _METHOD:
        labels = ", ".join(sorted(each.decode("latin-1") for each in applicant.labels or ()))
        return finding("caa.method-not-listed", place, expected=labels or "a method", saw=named)
    return finding("caa.parameters-malformed", place, saw=named)
