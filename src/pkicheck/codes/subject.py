"""Codes of subject attributes: their encoding, which there are, what they say, and the list of countries."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.subject import (
    BR_ABSENT_MARKER,
    BR_ATTRIBUTES,
    BR_COUNTRY,
    BR_ENCODING,
    BR_ONE_PER_RDN,
    BR_ORDER,
    BR_OTHER_ATTRIBUTES,
    BR_UNIT,
    EVG_CATEGORY,
    RFC5280_NAME,
    RFC5280_STRINGS,
)

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_LEAVE_OUT = "Leave the attribute out."
_TRUE_VALUE = "Put in what was validated, or leave the attribute out."
_CODE = "Use the two capital letters of ISO 3166-1, such as GB for the United Kingdom and GR for Greece."


CODES: tuple[Code, ...] = (
    # -- structure
    Code("subject.not-der", _REFUSAL, "The subject is no Name in DER.", "Encode it anew.", (RFC5280_NAME,)),
    Code(
        "subject.too-many-attributes",
        _REFUSAL,
        "The subject has more attributes than any certificate needs.",
        _LEAVE_OUT,
        (BR_ATTRIBUTES,),
    ),
    Code(
        "subject.rdn-empty",
        _REFUSAL,
        "A RelativeDistinguishedName has no attribute.",
        "Leave it out.",
        (RFC5280_NAME,),
    ),
    Code(
        "subject.rdn-several",
        _REFUSAL,
        "A RelativeDistinguishedName has several attributes.",
        "Give each attribute a RelativeDistinguishedName of its own.",
        (BR_ONE_PER_RDN,),
    ),
    Code(
        "subject.attribute-repeated",
        _REFUSAL,
        "An attribute stands more than once.",
        "Leave all but one out.",
        (BR_ONE_PER_RDN,),
    ),
    Code(
        "subject.attribute-order",
        _REFUSAL,
        "An attribute stands behind one that belongs behind it.",
        "Put the attributes into the order of BR 7.1.4.2.",
        (BR_ORDER,),
    ),
    # -- which attributes there are
    Code(
        "subject.attribute-forbidden",
        _REFUSAL,
        "A certificate of this type must not have this attribute.",
        _LEAVE_OUT,
        (BR_ATTRIBUTES,),
    ),
    Code(
        "subject.attribute-missing",
        _REFUSAL,
        "A certificate of this type must have an attribute that is not there.",
        "Put in what was validated.",
        (BR_ATTRIBUTES,),
    ),
    Code(
        "subject.attribute-unknown",
        _REFUSAL,
        "The attribute is none of those that the Baseline Requirements list.",
        _LEAVE_OUT,
        (BR_OTHER_ATTRIBUTES,),
    ),
    Code(
        "subject.attribute-unknown-then",
        _NOTE,
        "The attribute is none of those that the Baseline Requirements list since 2023-09-15.",
        "Leave it out of new certificates.",
        (BR_OTHER_ATTRIBUTES,),
    ),
    Code(
        "subject.attribute-not-advised",
        _NOTE,
        "The attribute is not recommended in a certificate of this type.",
        "Better leave it out.",
        (BR_ATTRIBUTES,),
    ),
    Code(
        "subject.unit",
        _REFUSAL,
        "The subject has an organizationalUnitName.",
        _LEAVE_OUT,
        (BR_UNIT,),
    ),
    Code(
        "subject.unit-then",
        _NOTE,
        "The subject has an organizationalUnitName, which is forbidden since 2022-09-01.",
        "Leave it out of new certificates.",
        (BR_UNIT,),
    ),
    # -- values
    Code(
        "subject.string-type",
        _REFUSAL,
        "The attribute has a string type that it must not have.",
        "Encode it as UTF8String or PrintableString, as its type asks.",
        (BR_ENCODING,),
    ),
    Code(
        "subject.string-content",
        _REFUSAL,
        "The attribute has octets that its string type does not have.",
        "Encode it as UTF8String, or leave the characters out.",
        (RFC5280_STRINGS,),
    ),
    Code("subject.value-empty", _REFUSAL, "The attribute has no character.", _TRUE_VALUE, (BR_ABSENT_MARKER,)),
    Code(
        "subject.value-too-long",
        _REFUSAL,
        "The attribute has more characters than its type allows.",
        "Shorten it, where the rules for its type let you.",
        (BR_ENCODING,),
    ),
    Code(
        "subject.value-control",
        _REFUSAL,
        "The attribute has a control character or one that changes the direction of text.",
        "Leave the character out.",
        (RFC5280_STRINGS,),
    ),
    Code(
        "subject.value-blanks",
        _REFUSAL,
        "The attribute begins or ends with a blank.",
        "Leave the blank out.",
        (BR_ABSENT_MARKER,),
    ),
    Code(
        "subject.value-placeholder",
        _REFUSAL,
        "The attribute says that there is nothing to say, or what software puts in by itself.",
        _TRUE_VALUE,
        (BR_ABSENT_MARKER,),
    ),
    Code(
        "subject.state-is-country",
        _REFUSAL,
        "The state or province is the country itself.",
        _TRUE_VALUE,
        (BR_ABSENT_MARKER,),
    ),
    Code(
        "subject.category-unknown",
        _REFUSAL,
        "The businessCategory is none of the four texts of the EV Guidelines.",
        "Use Private Organization, Government Entity, Business Entity or Non-Commercial Entity.",
        (EVG_CATEGORY,),
    ),
    Code("subject.country-form", _REFUSAL, "The country is not two capital letters.", _CODE, (BR_COUNTRY,)),
    Code("subject.country-unknown", _REFUSAL, "ISO 3166-1 has no such country code.", _CODE, (BR_COUNTRY,)),
    Code(
        "subject.country-xx",
        _NOTE,
        "The country is XX: it has no official code.",
        "Nothing to do, when that is so.",
        (BR_COUNTRY,),
    ),
    Code(
        "subject.country-xx-refused",
        _REFUSAL,
        "The country is XX, and the policy refuses that.",
        _CODE,
        (BR_COUNTRY,),
    ),
    # -- the list
    Code("subject.list-used", _NOTE, "The list of countries was asked.", "Nothing to do."),
    Code(
        "subject.list-unavailable",
        _DOUBT,
        "The list of countries gave no answer.",
        "Supply the list, and ask again.",
        (BR_COUNTRY,),
    ),
    Code(
        "subject.list-stale",
        _DOUBT,
        "The list of countries is older than the policy allows.",
        "Fetch the list anew.",
        (BR_COUNTRY,),
    ),
    Code(
        "subject.list-from-later",
        _DOUBT,
        "The list of countries is dated later than the moment at which it was asked.",
        "Mend the clock or the date of the list.",
        (BR_COUNTRY,),
    ),
)
