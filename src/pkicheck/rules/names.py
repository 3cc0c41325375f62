"""Rules of names and addresses: BR 1.6.1, 4.2.2, 7.1.2.7.12, Appendix B; RFC 1034, RFC 5890."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_INTERNAL",
    "BR_LDH",
    "BR_LIST_AGE",
    "BR_ONION_V3",
    "BR_P_LABEL",
    "BR_RESERVED_IP",
    "BR_REVERSE",
    "BR_SAN",
    "BR_SUFFIX",
    "BR_UNDERSCORE",
    "BR_WILDCARD",
    "LINT_NFC",
    "REVERSE_ZONES",
    "RFC1035_LENGTH",
    "RFC5891_IDNA",
    "RFC5952_TEXT",
    "RFC6761_SPECIAL",
    "RULES",
    "STEPS",
]

BR_SAN: Final = RuleId("br.7.1.2.7.12/dnsname")
BR_LDH: Final = RuleId("br.1.6.1/ldh")
BR_P_LABEL: Final = RuleId("br.1.6.1/p-label")
BR_WILDCARD: Final = RuleId("br.1.6.1/wildcard")
BR_UNDERSCORE: Final = RuleId("br.7.1.2.7.12/underscore")
BR_INTERNAL: Final = RuleId("br.4.2.2/internal-name")
BR_REVERSE: Final = RuleId("br.4.2.2/reverse-zone")
BR_RESERVED_IP: Final = RuleId("br.4.2.2/reserved-ip")
BR_SUFFIX: Final = RuleId("br.3.2.2.6/public-suffix")
BR_ONION_V3: Final = RuleId("br.b/onion-v3")
BR_LIST_AGE: Final = RuleId("br.3.2.2.6/fresh-list")
LINT_NFC: Final = RuleId("lint.idn/nfc")
RFC1035_LENGTH: Final = RuleId("rfc1035.2.3.4/length")
RFC5891_IDNA: Final = RuleId("rfc5891.4.2/idna2008")
RFC5952_TEXT: Final = RuleId("rfc5952.4/text")
RFC6761_SPECIAL: Final = RuleId("rfc6761.6/special-use")

REVERSE_ZONES: Final = ("in-addr.arpa", "ip6.arpa")
"""The IP Reverse Zone Suffixes of BR 1.6.1: they come with the rule, not with a list that ages."""

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_SAN,
        section="BR 7.1.2.7.12",
        text="A dNSName is a fully qualified domain name or a wildcard domain name, without a dot at its end.",
    ),
    Rule(
        id=BR_LDH,
        section="BR 1.6.1, 7.1.2.7.12; RFC 5890 §2.3.1",
        text="Every label is a P-Label or a Non-Reserved LDH label: letters, digits and inner hyphens, 1 to 63 octets.",
    ),
    Rule(
        id=BR_P_LABEL,
        section="BR 1.6.1; RFC 3492 §6.3",
        ballot="SC48v2",
        effective=day(2021, 10, 1),
        text="A label that begins with xn-- holds, from its fifth character on, output of the Punycode encoder.",
    ),
    Rule(
        id=BR_WILDCARD,
        section="BR 1.6.1; RFC 9525 §6.3",
        text="The asterisk stands once, alone, as the whole leftmost label, directly followed by an FQDN.",
    ),
    Rule(
        id=BR_UNDERSCORE,
        section="BR 7.1.2.7.12",
        ballot="SC12",
        effective=day(2019, 5, 1),
        text="No label of a dNSName holds an underscore.",
    ),
    Rule(
        id=BR_INTERNAL,
        section="BR 1.6.1, 4.2.2",
        ballot="",
        effective=day(2016, 10, 1),
        text="A name that does not end in a top-level domain of the IANA root zone is internal and is not certified.",
    ),
    Rule(
        id=BR_REVERSE,
        section="BR 4.2.2, 7.1.2.7.12",
        ballot="SC-086v3",
        effective=day(2026, 3, 15),
        text="No name ends in in-addr.arpa or ip6.arpa.",
    ),
    Rule(
        id=BR_RESERVED_IP,
        section="BR 1.6.1, 4.2.2",
        effective=day(2016, 10, 1),
        text="No address lies in any entry of IANA's special-purpose address registries.",
    ),
    Rule(
        id=BR_SUFFIX,
        section="BR 3.2.2.6",
        text="The FQDN part of a wildcard name is not registry-controlled and not a public suffix (ICANN section).",
    ),
    Rule(
        id=BR_ONION_V3,
        section="BR Appendix B; Tor rend-spec-v3 §6",
        ballot="SC27",
        effective=day(2020, 3, 27),
        text="The label left of onion is a version 3 onion address with a right checksum.",
    ),
    Rule(
        id=BR_LIST_AGE,
        section="BR 3.2.2.6, 1.6.1",
        text="Lists of suffixes and top-level domains are fetched regularly; the list of the day of issuance counts.",
    ),
    Rule(
        id=LINT_NFC,
        section="RFC 5890 §2.3.2.1",
        text="The Unicode form of an A-label is in Normalization Form C; linters ask for it, the BR do not.",
    ),
    Rule(
        id=RFC1035_LENGTH,
        section="RFC 1035 §2.3.4, §3.1",
        text="A label has 1 to 63 octets, a name at most 253 characters in text form.",
    ),
    Rule(
        id=RFC5891_IDNA,
        section="RFC 5891 §4.2; BR 7.1.2.7.12 note",
        text="IDNA 2008 forbids some labels that the BR allow as P-Labels.",
    ),
    Rule(
        id=RFC5952_TEXT,
        section="RFC 5952 §4, §5; BR 7.1.4.3",
        text="An IPv6 address has one canonical text.",
    ),
    Rule(
        id=RFC6761_SPECIAL,
        section="RFC 6761 §6; IANA Special-Use Domain Names",
        text="Special-use names have no owner in the public DNS.",
    ),
)

STEPS: tuple[Steps, ...] = ()
