"""Codes of CAA: the records found, what each says, and the decision."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.caa import (
    BR_CAA,
    BR_CLIMB,
    BR_CRITICAL,
    BR_FAILURE,
    BR_ISSUER_NAMES,
    BR_NOT_FOR_IP,
    BR_ONION,
    BR_PARAMETERS,
    BR_WINDOW,
    RFC8657_ACCOUNT,
    RFC8657_METHODS,
    RFC8659_CRITICAL,
    RFC8659_ISSUE,
    RFC8659_ISSUEWILD,
    RFC8659_RDATA,
    RFC8659_SEARCH,
    RFC8659_VALUE,
    RFC9495_ISSUEMAIL,
    VMC_ISSUEVMC,
)

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_FIX_RECORD = "The domain's owner has to correct the record."
_ADD_RECORD = "The domain's owner has to add a record that names this issuer, or remove the restricting ones."


def _value(name: str, meaning: str) -> Code:
    """A defect of an issue value: a note of its own, because another record of the set may authorise."""
    return Code(
        f"caa.value-{name}",
        _NOTE,
        f"{meaning} Such a record restricts and authorises nobody.",
        _FIX_RECORD,
        (RFC8659_VALUE,),
    )


CODES: tuple[Code, ...] = (
    # -- the decision: why it is a PASS
    Code(
        "caa.no-records",
        _NOTE,
        "No CAA record was found from the name up to its top-level domain: nothing is restricted.",
        "Nothing to do.",
        (BR_CAA, BR_CLIMB, RFC8659_SEARCH),
    ),
    Code(
        "caa.not-restricting",
        _NOTE,
        (
            "The record set has no property that restricts this kind of certificate. The climb ends at this "
            "set all the same."
        ),
        "Nothing to do.",
        (RFC8659_SEARCH, RFC8659_ISSUE, RFC9495_ISSUEMAIL, VMC_ISSUEVMC),
    ),
    Code(
        "caa.authorised",
        _NOTE,
        "A record names this issuer and its parameters fit.",
        "Nothing to do.",
        (RFC8659_ISSUE,),
    ),
    Code(
        "caa.not-required-ip",
        _NOTE,
        "CAA is not checked for IP addresses.",
        "Nothing to do.",
        (BR_NOT_FOR_IP,),
    ),
    Code("caa.not-required-onion", _NOTE, "CAA is not checked for onion names.", "Nothing to do.", (BR_ONION,)),
    Code(
        "caa.failure-permitted",
        _NOTE,
        "A lookup failed, and every condition under which the policy may take a failure as permission was observed.",
        "Nothing to do, but such issuances deserve a second look.",
        (BR_FAILURE,),
    ),
    # -- the decision: why it is a FAIL
    Code(
        "caa.issuer-not-listed",
        _REFUSAL,
        "The record set restricts issuance and no record names this issuer.",
        _ADD_RECORD,
        (RFC8659_ISSUE, BR_ISSUER_NAMES),
    ),
    Code(
        "caa.issuance-forbidden",
        _REFUSAL,
        "The record set restricts issuance and names no issuer at all.",
        _ADD_RECORD,
        (RFC8659_ISSUE, RFC8659_VALUE),
    ),
    Code(
        "caa.account-not-listed",
        _REFUSAL,
        "Records name this issuer, but only for other accounts.",
        "Request with an account that the record names, or have the record's accounturi changed.",
        (RFC8657_ACCOUNT, BR_PARAMETERS),
    ),
    Code(
        "caa.method-not-listed",
        _REFUSAL,
        "Records name this issuer, but only for other validation methods.",
        "Validate by a method that the record lists, or have its validationmethods changed.",
        (RFC8657_METHODS, BR_PARAMETERS),
    ),
    Code(
        "caa.parameters-malformed",
        _REFUSAL,
        "Records name this issuer, but their parameters can be satisfied by nobody.",
        _FIX_RECORD,
        (RFC8657_ACCOUNT, RFC8657_METHODS, BR_PARAMETERS),
    ),
    Code(
        "caa.critical-unknown",
        _REFUSAL,
        "A property that is not understood carries the critical flag.",
        (
            "The domain's owner has to remove the record or its critical flag; a permitting record beside it "
            "does not help."
        ),
        (RFC8659_CRITICAL, BR_CRITICAL),
    ),
    Code(
        "caa.record-malformed",
        _REFUSAL,
        "The RDATA of a CAA record is not flags, tag length, tag and value.",
        _FIX_RECORD,
        (RFC8659_RDATA,),
    ),
    Code(
        "caa.tag-malformed",
        _REFUSAL,
        "The tag of a CAA record holds octets other than ASCII letters and digits.",
        _FIX_RECORD,
        (RFC8659_RDATA,),
    ),
    Code(
        "caa.tag-malformed-tolerated",
        _NOTE,
        "The tag of a CAA record holds octets other than ASCII letters and digits; the policy reads past it.",
        _FIX_RECORD,
        (RFC8659_RDATA,),
    ),
    # -- what single records say
    Code("caa.issuer-other", _NOTE, "A record names another issuer.", "Nothing to do.", (RFC8659_ISSUE,)),
    Code(
        "caa.issuer-nobody",
        _NOTE,
        "A record names no issuer: by itself it forbids issuance.",
        _ADD_RECORD,
        (RFC8659_VALUE,),
    ),
    Code(
        "caa.account-other",
        _NOTE,
        "A record that names this issuer is bound to another account.",
        "Request with the account that the record names.",
        (RFC8657_ACCOUNT,),
    ),
    Code(
        "caa.account-not-given",
        _NOTE,
        "A record that names this issuer is bound to an account, and this request names none.",
        "Give the account's URIs in `accounts`.",
        (RFC8657_ACCOUNT,),
    ),
    Code(
        "caa.account-twice",
        _NOTE,
        "A record has two accounturi parameters: it authorises nobody.",
        _FIX_RECORD,
        (RFC8657_ACCOUNT,),
    ),
    Code(
        "caa.account-malformed",
        _NOTE,
        "The accounturi of a record is not a URI: it authorises nobody.",
        _FIX_RECORD,
        (RFC8657_ACCOUNT,),
    ),
    Code(
        "caa.method-other",
        _NOTE,
        "A record that names this issuer is bound to other validation methods.",
        "Validate by a method that the record lists.",
        (RFC8657_METHODS,),
    ),
    Code(
        "caa.method-not-given",
        _NOTE,
        "A record that names this issuer is bound to validation methods, and this request names none.",
        "Give the method in `method`.",
        (RFC8657_METHODS,),
    ),
    Code(
        "caa.methods-twice",
        _NOTE,
        "A record has two validationmethods parameters: it authorises nobody.",
        _FIX_RECORD,
        (RFC8657_METHODS,),
    ),
    Code(
        "caa.methods-malformed",
        _NOTE,
        "The validationmethods of a record breaks the grammar of its list: it authorises nobody.",
        _FIX_RECORD,
        (RFC8657_METHODS,),
    ),
    Code(
        "caa.parameters-advisory",
        _NOTE,
        (
            "The RFC 8657 parameters of the records that name this issuer do not fit; at this date the policy "
            "takes them as advice."
        ),
        "Ask the domain's owner, or let the policy take the parameters as binding now.",
        (BR_PARAMETERS,),
    ),
    Code(
        "caa.critical-known",
        _NOTE,
        "A property that is understood carries the critical flag, which changes nothing.",
        "Nothing to do.",
        (RFC8659_CRITICAL,),
    ),
    Code(
        "caa.tag-unknown",
        _NOTE,
        "A property that is not understood, without the critical flag, is ignored.",
        "Nothing to do.",
        (RFC8659_RDATA,),
    ),
    Code(
        "caa.wildcard-only",
        _NOTE,
        "An issuewild record does not concern a name that is no wildcard.",
        "Nothing to do.",
        (RFC8659_ISSUEWILD,),
    ),
    Code(
        "caa.issuewild-replaces-issue",
        _NOTE,
        "issuewild records are present, so issue records do not concern this wildcard name.",
        "Nothing to do.",
        (RFC8659_ISSUEWILD,),
    ),
    # -- an issue value that breaks RFC 8659 §4.2, each defect by its own code
    _value("octet", "An issue value holds an octet outside the grammar."),
    _value("empty", "An issue value is empty."),
    _value("blank", "An issue value is white space only."),
    _value("nul", "An issue value holds a NUL octet with text behind it."),
    _value("nul-end", "An issue value ends in a NUL octet."),
    _value("dot", "An issue value names an issuer with an empty label: a leading, double or trailing dot."),
    _value("label", "An issue value names an issuer with a label that begins or ends with a hyphen."),
    _value("text", "An issue value has text between the issuer and the first semicolon."),
    _value("semicolon", "An issue value has a semicolon without a parameter behind it."),
    _value("equals", "An issue value has a parameter without an equals sign."),
    _value("tag", "An issue value has a parameter whose tag is empty or breaks the grammar."),
    # -- freshness
    Code(
        "caa.evidence-expired",
        _REFUSAL,
        "The CAA check is older than the longer of 8 hours and the TTL of what it used.",
        "Check CAA again and sign at once.",
        (BR_WINDOW,),
    ),
    Code(
        "caa.evidence-too-early",
        _REFUSAL,
        "The moment of signing lies before the CAA check.",
        "The check has to come first; look after the clocks.",
        (BR_WINDOW,),
    ),
    Code(
        "caa.evidence-not-pass",
        _REFUSAL,
        "The CAA check that is to be relied on is not a PASS.",
        "Read its findings.",
        (BR_CAA,),
    ),
    Code(
        "caa.evidence-other-name",
        _REFUSAL,
        "The CAA check that is to be relied on is for another name.",
        "Check every name of the certificate on its own, wildcard names and their plain twins too.",
        (BR_CAA,),
    ),
    Code(
        "caa.evidence-dry-run",
        _REFUSAL,
        "The CAA check that is to be relied on was a dry run.",
        "Check again without `at`.",
        (BR_CAA,),
    ),
)
