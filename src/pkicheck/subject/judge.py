"""The judgement of the attributes of a subject (BR 7.1.2.7.2 to .5, 7.1.4.1, 7.1.4.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final, get_args

import attrs

from pkicheck.canon import format_time, utc
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.policy import SubjectPolicy
from pkicheck.ports import ListFact, ListQuestion
from pkicheck.rules import in_force
from pkicheck.rules.subject import BR_ONE_PER_RDN, BR_ORDER, BR_OTHER_ATTRIBUTES, BR_UNIT
from pkicheck.subject.attributes import (
    COUNTRY,
    JURISDICTION_COUNTRY,
    STATE,
    TYPES,
    Attribute,
    AttributeType,
    CertificateKind,
    attributes_of,
    read_subject,
)

__all__ = ["COUNTRIES", "InspectedSubject", "country_findings", "inspect_subject"]

COUNTRIES: Final = "iso.3166-1"
"""The list of country codes. Key: `code:GB`. Answer: the short name of the country, nothing when there is no such code.
Key: `name:` and a name in small letters. Answer: the code of the country, nothing when none is called that."""

_UNIT: Final = "2.5.4.11"
_CATEGORY: Final = "2.5.4.15"
_LOCALITIES: Final = frozenset({STATE, "2.5.4.7"})
_CATEGORIES: Final = frozenset(
    {"Private Organization", "Government Entity", "Business Entity", "Non-Commercial Entity"}
)
# C0, DEL, C1, line and paragraph separators, direction marks, byte order mark, private use, replacement character,
# and the two code points that are no characters.
_CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ue000-\uf8ff\ufeff\ufffd-\uffff]"
)
# What people and software write when they have nothing to say; small letters, without blanks around.
_PLACEHOLDERS: Final = frozenset(
    {
        "default",
        "default city",
        "default company ltd",
        "empty",
        "internet widgits pty ltd",
        "n.a",
        "n.a.",
        "n/a",
        "nil",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "null",
        "some-state",
        "tbd",
        "undefined",
        "unknown",
        "unspecified",
        "xxx",
    }
)
# Whose subdivisions, or some of them, are called like the country (ISO 3166-2), or which have none at all.
_LIKE_THEIR_COUNTRY: Final = frozenset({"BZ", "DJ", "GI", "GT", "HK", "LU", "MC", "MO", "MX", "PA", "SG", "SM", "VA"})


@attrs.frozen
class InspectedSubject:
    """What a subject shows by itself, without any list.

    Attributes:
        attributes: in their order.
        findings: refusals and notes, none when all is well.
        questions: what the list of countries is to be asked.
    """

    attributes: tuple[Attribute, ...]
    findings: tuple[Finding, ...]
    questions: tuple[ListQuestion, ...]


def inspect_subject(
    subject: bytes | Iterable[tuple[str, str]], *, kind: CertificateKind, at: datetime, policy: SubjectPolicy
) -> InspectedSubject:
    """Check the attributes of a subject: a pure function.

    That a common name is one of the names of the certificate (BR 7.1.4.3), and that the values are those that were
    validated, is not asked here.

    Args:
        subject: a Name in DER, any bytes; or attributes that are not encoded yet, as `attributes_of` takes them.
        kind: the type of the certificate.
        at: the moment of issuance, aware.
        policy: the choices about subjects.

    Returns:
        What was found. The list of countries is still to be asked: give its answers to `country_findings`.

    Raises:
        InputError: another kind, a naive datetime, an attribute that is not in the table.
    """
    if kind not in get_args(CertificateKind):
        msg = f"kind must be one of {', '.join(get_args(CertificateKind))}, got {kind!a}"
        raise InputError(msg)
    moment = utc(at, what="at")
    attributes, refusals = read_subject(subject) if isinstance(subject, bytes) else (attributes_of(subject), ())
    findings = [*refusals, *_structure(attributes, moment), *_presence(attributes, kind, moment)]
    for each in attributes:
        findings += _value(each, kind, policy)
    return InspectedSubject(attributes, tuple(findings), tuple(dict.fromkeys(_questions(attributes))))


# -- the whole


def _structure(attributes: Collection[Attribute], at: datetime) -> Iterator[Finding]:
    single = in_force(BR_ONE_PER_RDN, at)
    seen: set[str] = set()
    last, last_rdn = 0, -1
    for each in attributes:
        if single and each.rdn == last_rdn:
            yield finding("subject.rdn-several", each.place, saw=[f"RDN {each.rdn + 1}"])
        last_rdn = each.rdn
        row = TYPES.get(each.oid)
        if single and each.oid in seen and not (row is not None and row.several):
            yield finding("subject.attribute-repeated", each.place)
        seen.add(each.oid)
        if row is not None and row.order is not None:
            if row.order < last and in_force(BR_ORDER, at):
                yield finding("subject.attribute-order", each.place)
            last = max(last, row.order)


def _presence(attributes: Collection[Attribute], kind: CertificateKind, at: datetime) -> Iterator[Finding]:
    present = dict.fromkeys(each.oid for each in attributes)
    for oid in present:
        place = Attribute(oid, None).place
        row = TYPES.get(oid)
        if oid == _UNIT:
            yield finding("subject.unit" if in_force(BR_UNIT, at) else "subject.unit-then", place)
        elif row is None:
            now = in_force(BR_OTHER_ATTRIBUTES, at)
            yield finding("subject.attribute-unknown" if now else "subject.attribute-unknown-then", place)
        elif row.allowed(kind) == "no":
            yield finding("subject.attribute-forbidden", place, saw=[kind])
        elif row.allowed(kind) == "unadvised":
            yield finding("subject.attribute-not-advised", place, saw=[kind])
    for row in TYPES.values():
        if row.allowed(kind) == "must" and row.oid not in present:
            yield finding("subject.attribute-missing", f"subject.{row.name}", saw=[kind])
    if kind != "dv" and _LOCALITIES.isdisjoint(present):
        yield finding("subject.attribute-missing", "subject.localityName or subject.stateOrProvinceName", saw=[kind])


# -- each value


def _value(this: Attribute, kind: CertificateKind, policy: SubjectPolicy) -> Iterator[Finding]:
    row = TYPES.get(this.oid)
    if row is not None and this.tag is not None and this.tag not in row.tags:
        yield finding("subject.string-type", this.place, saw=[f"tag {this.tag:02x}"])
    text = this.text
    if text is None:
        return
    if not text:
        yield finding("subject.value-empty", this.place)
        return
    yield from _text(this.place, text, row)
    if this.oid in (COUNTRY, JURISDICTION_COUNTRY):
        yield from _country(this.place, text, policy)
    elif not any(map(str.isalnum, text)) or text.strip().casefold() in _PLACEHOLDERS:
        yield finding("subject.value-placeholder", this.place, saw=[text])
    elif this.oid == _CATEGORY and kind == "ev" and text not in _CATEGORIES:
        yield finding("subject.category-unknown", this.place, saw=[text])


def _text(place: str, text: str, row: AttributeType | None) -> Iterator[Finding]:
    if row is not None and len(text) > row.most:
        expected, saw = f"{row.most} characters or fewer", f"{len(text)} characters"
        yield finding("subject.value-too-long", place, expected=expected, saw=[saw])
    if _CONTROL.search(text):
        yield finding("subject.value-control", place, saw=[text])
    if text != text.strip():
        yield finding("subject.value-blanks", place, saw=[text])


def _is_code(text: str | None) -> bool:
    return text is not None and len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()


def _country(place: str, text: str, policy: SubjectPolicy) -> Iterator[Finding]:
    if not _is_code(text):
        yield finding("subject.country-form", place, saw=[text])
    elif text == "XX":
        refused = policy.country_xx == "refuse"
        yield finding("subject.country-xx-refused" if refused else "subject.country-xx", place)


# -- the list of countries


def _questions(attributes: Iterable[Attribute]) -> Iterator[ListQuestion]:
    for each in attributes:
        if each.oid in (COUNTRY, JURISDICTION_COUNTRY) and _is_code(each.text) and each.text != "XX":
            yield ListQuestion(list=COUNTRIES, key=f"code:{each.text}")
        elif each.oid == STATE and each.text is not None and 2 < len(each.text) <= TYPES[STATE].most:
            yield ListQuestion(list=COUNTRIES, key=_name_key(each.text))


def _name_key(text: str) -> str:
    return f"name:{' '.join(text.casefold().split())}"


def country_findings(
    inspected: InspectedSubject, facts: Collection[ListFact], *, at: datetime, policy: SubjectPolicy
) -> tuple[Finding, ...]:
    """What the list of countries says of a subject, and what it is worth.

    Args:
        inspected: the subject.
        facts: an answer for each of `inspected.questions`, in any order.
        at: the moment judged, aware.
        policy: the choices about subjects.

    Returns:
        Refusals for codes that do not exist and for a state that is the country itself; a doubt when there was no
        answer or the list is too old; and a note which list was asked. Nothing without a question.

    Raises:
        InputError: a question that has no answer among the facts.
    """
    answers = {fact.request: fact for fact in facts}
    for question in inspected.questions:
        if question not in answers:
            msg = f"facts: no answer to {question.list} {question.key[:80]!a}"
            raise InputError(msg)
    countries = [each.text for each in inspected.attributes if each.oid == COUNTRY]
    findings: list[Finding] = []
    for each in inspected.attributes:
        fact = next((answers[question] for question in _questions([each])), None)
        if fact is None or fact.failure is not None:
            continue
        answer = fact.answer
        if each.oid != STATE:
            if answer is None:
                findings.append(finding("subject.country-unknown", each.place, saw=[str(each.text)]))
        elif answer in countries and answer not in _LIKE_THEIR_COUNTRY:
            findings.append(finding("subject.state-is-country", each.place, saw=[str(each.text)]))
    editions = {_edition(answers[question]): answers[question] for question in inspected.questions}
    for each_edition in editions.values():
        findings += _list(each_edition, at, policy)
    return tuple(findings)


def _edition(fact: ListFact) -> tuple[object, ...]:
    return (fact.failure, fact.version, fact.as_of, fact.as_of > fact.received)


def _list(fact: ListFact, at: datetime, policy: SubjectPolicy) -> Iterator[Finding]:
    if fact.failure is not None:
        yield finding("subject.list-unavailable", COUNTRIES, saw=[fact.failure.name])
        return
    yield finding("subject.list-used", COUNTRIES, saw=[f"version {fact.version}", f"of {format_time(fact.as_of)}"])
    if fact.as_of > fact.received:
        limit = f"{format_time(fact.received)} or earlier"
        yield finding("subject.list-from-later", COUNTRIES, expected=limit, saw=[format_time(fact.as_of)])
    if at - fact.as_of > policy.country_list_max_age:
        limit = f"{format_time(at - policy.country_list_max_age)} or later"
        yield finding("subject.list-stale", COUNTRIES, expected=limit, saw=[format_time(fact.as_of)])
