"""Rules of subject attributes: BR 7.1.2.7.2 to .6, 7.1.4.1, 7.1.4.2; RFC 5280 §4.1.2.4, §4.1.2.6, Appendix A.1."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_ABSENT_MARKER",
    "BR_ATTRIBUTES",
    "BR_COUNTRY",
    "BR_ENCODING",
    "BR_ONE_PER_RDN",
    "BR_ORDER",
    "BR_OTHER_ATTRIBUTES",
    "BR_UNIT",
    "EVG_CATEGORY",
    "RFC5280_NAME",
    "RFC5280_STRINGS",
    "RULES",
    "STEPS",
]

BR_ATTRIBUTES: Final = RuleId("br.7.1.2.7/subject")
BR_ABSENT_MARKER: Final = RuleId("br.7.1.2.7/absent-marker")
BR_COUNTRY: Final = RuleId("br.7.1.4.2/country")
BR_ENCODING: Final = RuleId("br.7.1.4.2/encoding")
BR_ONE_PER_RDN: Final = RuleId("br.7.1.4.1/one-per-rdn")
BR_ORDER: Final = RuleId("br.7.1.4.2/order")
BR_OTHER_ATTRIBUTES: Final = RuleId("br.7.1.4.4/other-attributes")
BR_UNIT: Final = RuleId("br.7.1.4.2/no-unit")
EVG_CATEGORY: Final = RuleId("evg.7.1.4.2.3/business-category")
RFC5280_NAME: Final = RuleId("rfc5280.4.1.2.4/name")
RFC5280_STRINGS: Final = RuleId("rfc5280.a.1/strings")

_PROFILES: Final = day(2023, 9, 15)

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_ATTRIBUTES,
        section="BR 7.1.2.7.2 to 7.1.2.7.5; EVG 7.1.4.2",
        text="Each type of certificate has the subject attributes that it must have and none that it must not have.",
    ),
    Rule(
        id=BR_ABSENT_MARKER,
        section="BR 7.1.2.7.3 to 7.1.2.7.5, 7.1.4.2",
        text="No attribute consists of metadata only, such as a full stop, a hyphen, a space or another absence mark.",
    ),
    Rule(
        id=BR_COUNTRY,
        section="BR 7.1.2.7.3, 7.1.2.7.4, 7.1.4.2; ISO 3166-1",
        text="A country is a two-letter code of ISO 3166-1, or XX where there is no official one.",
    ),
    Rule(
        id=BR_ENCODING,
        section="BR 7.1.4.2; RFC 5280 Appendix A.1",
        text="Each attribute has one of the string types and at most the number of characters of the table.",
    ),
    Rule(
        id=BR_ONE_PER_RDN,
        section="BR 7.1.4.1",
        ballot="SC-062",
        effective=_PROFILES,
        text="Each RelativeDistinguishedName has exactly one attribute, and each type stands once but for two.",
    ),
    Rule(
        id=BR_ORDER,
        section="BR 7.1.4.2",
        ballot="SC-062",
        effective=_PROFILES,
        text="The attributes of the table stand in its order.",
    ),
    Rule(
        id=BR_OTHER_ATTRIBUTES,
        section="BR 7.1.4.4, 7.1.2.7.2 to 7.1.2.7.5",
        ballot="SC-062",
        effective=_PROFILES,
        text="An attribute outside the table is not recommended, or forbidden, by the type of the certificate.",
    ),
    Rule(
        id=BR_UNIT,
        section="BR 7.1.4.2",
        ballot="SC47v2",
        effective=day(2022, 9, 1),
        text="No organizationalUnitName stands in a subject.",
    ),
    Rule(
        id=EVG_CATEGORY,
        section="EVG 7.1.4.2.3",
        text="The businessCategory of an EV certificate is one of four fixed texts.",
    ),
    Rule(
        id=RFC5280_NAME,
        section="RFC 5280 §4.1.2.4, §4.1.2.6",
        text="A subject is a Name in DER: RelativeDistinguishedNames with at least one attribute each.",
    ),
    Rule(
        id=RFC5280_STRINGS,
        section="RFC 5280 §4.1.2.4; X.680 §41",
        text="A string has the characters of its type.",
    ),
)

STEPS: tuple[Steps, ...] = ()
