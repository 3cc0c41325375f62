"""Rules of CAA: BR 3.2.2.8 (since BR 2.2.8: 4.2.2.1), RFC 8659, RFC 8657, RFC 9495."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_CAA",
    "BR_CLIMB",
    "BR_CRITICAL",
    "BR_DELEGATION",
    "BR_FAILURE",
    "BR_ISSUER_NAMES",
    "BR_NOT_FOR_IP",
    "BR_ONION",
    "BR_PARAMETERS",
    "BR_WINDOW",
    "RFC8657_ACCOUNT",
    "RFC8657_METHODS",
    "RFC8659_CRITICAL",
    "RFC8659_ISSUE",
    "RFC8659_ISSUEWILD",
    "RFC8659_RDATA",
    "RFC8659_SEARCH",
    "RFC8659_VALUE",
    "RFC9495_ISSUEMAIL",
    "RULES",
    "STEPS",
    "VMC_ISSUEVMC",
    "WINDOW",
]

BR_CAA: Final = RuleId("br.3.2.2.8/check")
BR_CLIMB: Final = RuleId("br.3.2.2.8/climb")
BR_WINDOW: Final = RuleId("br.3.2.2.8/8h")
BR_CRITICAL: Final = RuleId("br.3.2.2.8/critical")
BR_ISSUER_NAMES: Final = RuleId("br.3.2.2.8/issuer-names")
BR_FAILURE: Final = RuleId("br.3.2.2.8/lookup-failure")
BR_NOT_FOR_IP: Final = RuleId("br.3.2.2.8/not-for-ip")
BR_ONION: Final = RuleId("br.3.2.2.8/not-for-onion")
BR_DELEGATION: Final = RuleId("br.1.3.2/caa-not-delegated")
BR_PARAMETERS: Final = RuleId("br.4.2.2.1.2/rfc8657")
RFC8659_SEARCH: Final = RuleId("rfc8659.3/search")
RFC8659_RDATA: Final = RuleId("rfc8659.4.1/rdata")
RFC8659_CRITICAL: Final = RuleId("rfc8659.4.1/critical")
RFC8659_ISSUE: Final = RuleId("rfc8659.4.2/issue")
RFC8659_VALUE: Final = RuleId("rfc8659.4.2/issue-value")
RFC8659_ISSUEWILD: Final = RuleId("rfc8659.4.3/issuewild")
RFC8657_ACCOUNT: Final = RuleId("rfc8657.3/accounturi")
RFC8657_METHODS: Final = RuleId("rfc8657.4/validationmethods")
RFC9495_ISSUEMAIL: Final = RuleId("rfc9495.4/issuemail")
VMC_ISSUEVMC: Final = RuleId("bimi.issuevmc")
WINDOW: Final = "br.3.2.2.8/window"

_MANDATORY = day(2017, 9, 8)
_SECTION = "BR 3.2.2.8 (4.2.2.1 since 2.2.8)"

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_CAA,
        section=_SECTION,
        ballot="187",
        effective=_MANDATORY,
        text=(
            "For each dNSName of the certificate, except onion names, CAA records are fetched and processed "
            "as part of issuance."
        ),
    ),
    Rule(
        id=BR_CLIMB,
        section=_SECTION,
        ballot="187",
        effective=_MANDATORY,
        text=(
            "The search starts at the FQDN, climbs label by label to the top-level domain and stops at the "
            "first non-empty set."
        ),
    ),
    Rule(
        id=BR_WINDOW,
        section=_SECTION,
        ballot="187",
        effective=_MANDATORY,
        text=(
            "The certificate is issued within the TTL of the CAA record or 8 hours after the check, whichever "
            "is longer."
        ),
    ),
    Rule(
        id=BR_CRITICAL,
        section=_SECTION,
        ballot="187",
        effective=_MANDATORY,
        text="An unrecognised property with the critical flag forbids issuance.",
    ),
    Rule(
        id=BR_ISSUER_NAMES,
        section="BR 2.2, 4.2 (CP/CPS)",
        ballot="187",
        effective=_MANDATORY,
        text="The issuer domain names a CA recognises are a finite list published in its CP/CPS.",
    ),
    Rule(
        id=BR_FAILURE,
        section=_SECTION,
        ballot="187",
        effective=_MANDATORY,
        text=(
            "A lookup failure may count as permission only if it lies outside the CA's infrastructure, was "
            "retried at least once, and the domain is proven insecure."
        ),
    ),
    Rule(
        id=BR_NOT_FOR_IP,
        section=_SECTION,
        ballot="187",
        effective=_MANDATORY,
        text="CAA concerns dNSName entries; an iPAddress entry needs no CAA check.",
    ),
    Rule(
        id=BR_ONION,
        section="BR 3.2.2.8, Appendix B",
        ballot="SC27",
        effective=day(2020, 3, 27),
        text="CAA is not required for onion names.",
    ),
    Rule(
        id=BR_DELEGATION,
        section="BR 1.3.2",
        effective=day(2026, 3, 15),
        text="CAA checking is not given to a delegated third party; a public resolver run by others is read as one.",
    ),
    Rule(
        id=BR_PARAMETERS,
        section="BR 4.2.2.1.2",
        ballot="SC-098v2",
        effective=day(2027, 3, 15),
        text=(
            "The RFC 8657 parameters accounturi and validationmethods are processed; before this day "
            "processing is recommended."
        ),
    ),
    Rule(
        id=RFC8659_SEARCH,
        section="RFC 8659 §3",
        text=(
            "The relevant set is found by climbing from the name asked; aliases are resolved at each level "
            "and the parents of an alias target are not climbed."
        ),
    ),
    Rule(
        id=RFC8659_RDATA,
        section="RFC 8659 §4.1",
        text="RDATA is flags, tag length, a tag of one or more ASCII letters and digits, and a value.",
    ),
    Rule(
        id=RFC8659_CRITICAL,
        section="RFC 8659 §4.1",
        text="Bit 0 (value 128) of the flags is the issuer-critical flag; the other bits are ignored.",
    ),
    Rule(
        id=RFC8659_ISSUE,
        section="RFC 8659 §4.2",
        text="A set with an issue property restricts issuance to the issuers that one of them names.",
    ),
    Rule(
        id=RFC8659_VALUE,
        section="RFC 8659 §4.2",
        text="An issue value that does not match the grammar, or names no issuer, restricts and authorises nobody.",
    ),
    Rule(
        id=RFC8659_ISSUEWILD,
        section="RFC 8659 §4.3",
        text="For a wildcard name issuewild properties replace issue; for other names they are ignored.",
    ),
    Rule(
        id=RFC8657_ACCOUNT,
        section="RFC 8657 §3",
        text=(
            "A property with accounturi authorises only requests of that account; two such parameters authorise nobody."
        ),
    ),
    Rule(
        id=RFC8657_METHODS,
        section="RFC 8657 §4",
        text="A property with validationmethods authorises only the methods it lists.",
    ),
    Rule(
        id=RFC9495_ISSUEMAIL,
        section="RFC 9495 §4",
        text="issuemail restricts S/MIME certificates and nothing else; without it a set does not restrict them.",
    ),
    Rule(
        id=VMC_ISSUEVMC,
        section="VMC Requirements 4.2.2.1",
        text="issuevmc restricts mark certificates and nothing else; without it a set does not restrict them.",
    ),
)

STEPS: tuple[Steps, ...] = (Steps(id=WINDOW, section=_SECTION, unit="seconds", steps=((_MANDATORY, 8 * 3600),)),)
