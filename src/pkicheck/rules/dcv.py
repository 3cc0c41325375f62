"""Rules of domain and address control: BR 3.2.2.4, 3.2.2.5, 4.2.1, Appendix B, and the RFCs of the ACME methods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "ADN_OLDER",
    "ADN_TABLE",
    "AVOID",
    "BR_BASE_DOMAIN",
    "BR_DNSSEC_DCV",
    "BR_EVERY_NAME",
    "BR_PORTS",
    "BR_RANDOM_VALUE",
    "BR_REDIRECTS",
    "BR_REQUEST_TOKEN",
    "BR_RESERVED_ADDRESS",
    "BR_REUSE",
    "BR_SINGLE_USE",
    "BR_STATUS_2XX",
    "BR_VALUE_AGE",
    "BR_WEB_CHILDREN",
    "BR_WEB_VALUE_APART",
    "CONTACT_PROPERTY",
    "DNS_LABEL",
    "DRAFT_ACCOUNT_LABEL",
    "PERSIST_RECORD",
    "PERSIST_REUSE",
    "RELY",
    "REUSE",
    "RFC3986_RESOLUTION",
    "RFC8555_KEY_AUTHORIZATION",
    "RFC8737_CERTIFICATE",
    "RFC8738_ADDRESS",
    "RFC9112_MESSAGE",
    "RULES",
    "STEPS",
    "VALIDATE",
    "VALUE_AGE",
]

BR_EVERY_NAME: Final = RuleId("br.3.2.2.4/every-name")
BR_DNSSEC_DCV: Final = RuleId("br.3.2.2.4/dnssec")
BR_BASE_DOMAIN: Final = RuleId("br.1.6.1/base-domain-name")
BR_RANDOM_VALUE: Final = RuleId("br.1.6.1/random-value")
BR_REQUEST_TOKEN: Final = RuleId("br.1.6.1/request-token")
BR_PORTS: Final = RuleId("br.1.6.1/authorized-ports")
BR_VALUE_AGE: Final = RuleId("br.3.2.2.4/value-30d")
BR_SINGLE_USE: Final = RuleId("br.3.2.2.4/value-unique")
DNS_LABEL: Final = RuleId("br.3.2.2.4.7/label")
BR_STATUS_2XX: Final = RuleId("br.3.2.2.4.18/status")
BR_REDIRECTS: Final = RuleId("br.3.2.2.4.18/redirects")
BR_WEB_VALUE_APART: Final = RuleId("br.3.2.2.4.18/value-not-in-request")
BR_WEB_CHILDREN: Final = RuleId("br.3.2.2.4.18/own-name-only")
BR_RESERVED_ADDRESS: Final = RuleId("br.4.2.2/web-address")
PERSIST_RECORD: Final = RuleId("br.3.2.2.4.22/record")
PERSIST_REUSE: Final = RuleId("br.3.2.2.4.22/10d")
CONTACT_PROPERTY: Final = RuleId("br.a/contact")
BR_REUSE: Final = RuleId("br.4.2.1/reuse")
ADN_OLDER: Final = RuleId("br.1.6.1/adn-older")
ADN_TABLE: Final = RuleId("br.3.2.2.4/adn-table")
DRAFT_ACCOUNT_LABEL: Final = RuleId("draft.dnsaccountlabel.00/name")
RFC3986_RESOLUTION: Final = RuleId("rfc3986.5/reference")
RFC9112_MESSAGE: Final = RuleId("rfc9112/message")
RFC8555_KEY_AUTHORIZATION: Final = RuleId("rfc8555.8/key-authorization")
RFC8737_CERTIFICATE: Final = RuleId("rfc8737.3/certificate")
RFC8738_ADDRESS: Final = RuleId("rfc8738/address")

REUSE: Final = "br.4.2.1/reuse-limit"
VALUE_AGE: Final = "br.3.2.2.4/value-age"

_DAY: Final = 86_400

# Methods by section: the ballot that brought them and the first day, None for those that are older than 2017; the day
# from which no validation may start; the day from which no certificate may rest on an old one.
_2017_ON = None
_METHODS: Final[tuple[tuple[str, str, str, datetime | None, datetime | None, datetime | None], ...]] = (
    ("3.2.2.4.1", "applicant is the Domain Contact", "169", _2017_ON, day(2018, 8, 1), day(2018, 8, 1)),
    ("3.2.2.4.2", "e-mail, fax, SMS or post to the Domain Contact", "169", _2017_ON, day(2025, 7, 15),
     day(2025, 7, 15)),
    ("3.2.2.4.3", "phone to the Domain Contact (old)", "169", _2017_ON, day(2019, 6, 1), None),
    ("3.2.2.4.4", "e-mail to a constructed address", "169", _2017_ON, day(2028, 3, 15), day(2028, 3, 15)),
    ("3.2.2.4.5", "domain authorization document", "169", _2017_ON, day(2018, 8, 1), day(2018, 8, 1)),
    ("3.2.2.4.6", "website change (old)", "169", _2017_ON, day(2020, 6, 4), None),
    ("3.2.2.4.7", "DNS change", "169", _2017_ON, None, None),
    ("3.2.2.4.8", "control of the address that the name has", "169", _2017_ON, day(2026, 3, 15), day(2026, 3, 15)),
    ("3.2.2.4.9", "test certificate", "169", _2017_ON, day(2019, 3, 16), day(2019, 3, 16)),
    ("3.2.2.4.10", "TLS with a random value", "169", _2017_ON, day(2020, 9, 22), day(2020, 9, 22)),
    ("3.2.2.4.11", "any other method", "181", _2017_ON, day(2017, 10, 19), day(2017, 10, 19)),
    ("3.2.2.4.12", "applicant is the Domain Contact, the CA is the registrar", "218", day(2018, 3, 9), None, None),
    ("3.2.2.4.13", "e-mail to the CAA contact", "SC13", day(2019, 2, 1), day(2028, 3, 15), day(2028, 3, 15)),
    ("3.2.2.4.14", "e-mail to the TXT contact", "SC13", day(2019, 2, 1), day(2028, 3, 15), day(2028, 3, 15)),
    ("3.2.2.4.15", "phone to the Domain Contact", "SC14", day(2019, 3, 16), day(2025, 7, 15), day(2025, 7, 15)),
    ("3.2.2.4.16", "phone to the TXT contact", "SC14", day(2019, 3, 16), day(2027, 3, 15), day(2027, 3, 15)),
    ("3.2.2.4.17", "phone to the CAA contact", "SC19", day(2019, 9, 9), day(2027, 3, 15), day(2027, 3, 15)),
    ("3.2.2.4.18", "website change v2", "SC25", day(2020, 3, 3), None, None),
    ("3.2.2.4.19", "website change, ACME", "SC25", day(2020, 3, 3), None, None),
    ("3.2.2.4.20", "TLS with ALPN", "SC33", day(2020, 9, 22), None, None),
    ("3.2.2.4.21", "DNS with an account label, ACME", "SC-084", day(2025, 3, 1), None, None),
    ("3.2.2.4.22", "persistent TXT record", "SC-088v3", day(2025, 11, 10), None, None),
    ("3.2.2.5.1", "website change for an address", "169", _2017_ON, None, None),
    ("3.2.2.5.2", "e-mail, fax, SMS or post to the IP Address Contact", "169", _2017_ON, day(2027, 3, 15),
     day(2027, 3, 15)),
    ("3.2.2.5.3", "reverse lookup", "169", _2017_ON, day(2027, 3, 15), day(2027, 3, 15)),
    ("3.2.2.5.4", "any other method for an address", "169", _2017_ON, day(2019, 8, 1), day(2019, 8, 1)),
    ("3.2.2.5.5", "phone to the IP Address Contact", "SC7", day(2019, 3, 16), day(2027, 3, 15), day(2027, 3, 15)),
    ("3.2.2.5.6", "ACME http-01 for an address", "SC7", day(2019, 3, 16), None, None),
    ("3.2.2.5.7", "ACME tls-alpn-01 for an address", "SC7", day(2019, 3, 16), None, None),
    ("3.2.2.5.8", "persistent TXT record in the reverse zone", "SC-091", day(2025, 12, 16), None, None),
)  # fmt: skip

# SHOULD NOT be used (SC-090).
_AVOIDED: Final = (
    "3.2.2.4.4", "3.2.2.4.13", "3.2.2.4.14", "3.2.2.4.16", "3.2.2.4.17", "3.2.2.5.2", "3.2.2.5.5",
)  # fmt: skip

VALIDATE: Final[Mapping[str, RuleId]] = MappingProxyType(
    {section: RuleId(f"br.{section}/validate") for section, *_ in _METHODS}
)
"""For each method, the rule that is in force while a validation by it may start."""

RELY: Final[Mapping[str, RuleId]] = MappingProxyType(
    {section: RuleId(f"br.{section}/rely") for section, *_, dead in _METHODS if dead is not None}
)
"""For each method whose old validations die on a day, the rule that is in force while a certificate may rest on one."""

AVOID: Final[Mapping[str, RuleId]] = MappingProxyType({section: RuleId(f"br.{section}/avoid") for section in _AVOIDED})
"""For each method that should no longer be used, the rule that says so."""


def _method_rules() -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for section, name, ballot, since, until, dead in _METHODS:
        rules.append(
            Rule(
                id=VALIDATE[section],
                section=f"BR {section}",
                ballot=ballot,
                effective=since,
                sunset=until,
                judged="validation",
                text=f"A validation by this method ({name}) may start.",
            )
        )
        if dead is not None:
            text = f"A certificate may rest on an earlier validation by this method ({name})."
            rules.append(Rule(id=RELY[section], section=f"BR {section}", sunset=dead, text=text))
    rules += [
        Rule(
            id=AVOID[section],
            section=f"BR {section}",
            ballot="SC-090",
            effective=day(2026, 3, 15),
            judged="validation",
            text="This method should not be used any more.",
        )
        for section in _AVOIDED
    ]
    return tuple(rules)


RULES: tuple[Rule, ...] = (
    *_method_rules(),
    Rule(
        id=BR_EVERY_NAME,
        section="BR 3.2.2.4, 3.2.2.5",
        text="Each name and address of a certificate is validated before issuance by at least one allowed method.",
    ),
    Rule(
        id=BR_DNSSEC_DCV,
        section="BR 3.2.2.4 (4.2.2.2 since 2.3.0)",
        ballot="SC-085v2",
        effective=day(2026, 3, 15),
        judged="validation",
        text="The primary perspective validates DNSSEC to the IANA root on every lookup of a validation.",
    ),
    Rule(
        id=BR_BASE_DOMAIN,
        section="BR 1.6.1 (Base Domain Name)",
        text="The Base Domain Name is one label and a registry-controlled or public suffix; pruning ends there.",
    ),
    Rule(
        id=BR_RANDOM_VALUE,
        section="BR 1.6.1 (Random Value)",
        text="A Random Value is chosen by the CA and has at least 112 bits of entropy.",
    ),
    Rule(
        id=BR_REQUEST_TOKEN,
        section="BR 1.6.1 (Request Token)",
        text=(
            "A Request Token is bound to the key of the request by a hash or signature; with a timestamp it lives 30 "
            "days and is not from the future, without one it is used once."
        ),
    ),
    Rule(id=BR_PORTS, section="BR 1.6.1 (Authorized Ports)", text="Authorized Ports are 80, 443, 25 and 22."),
    Rule(
        id=BR_VALUE_AGE,
        section="BR 3.2.2.4.4 to .22, 3.2.2.5",
        judged="validation",
        text="A Random Value or token is not used more than 30 days after its creation; the CPS may set less.",
    ),
    Rule(
        id=BR_SINGLE_USE,
        section="BR 3.2.2.4.4 to .18",
        judged="validation",
        text="A Random Value is unique to one certificate request, or to one message.",
    ),
    Rule(
        id=DNS_LABEL,
        section="BR 3.2.2.4.7",
        judged="validation",
        text=(
            "The value stands in a CNAME, TXT or CAA record of the authorization domain name, or of that name with one "
            "label before it that begins with an underscore."
        ),
    ),
    Rule(
        id=BR_STATUS_2XX,
        section="BR 3.2.2.4.18, .19",
        judged="validation",
        text="The answer that holds the value has a status of 2xx.",
    ),
    Rule(
        id=BR_REDIRECTS,
        section="BR 3.2.2.4.18, .19",
        ballot="SC44",
        effective=day(2021, 7, 1),
        judged="validation",
        text="Redirects are followed only by the Location header of status 301, 302, 307 or 308, to http or https.",
    ),
    Rule(
        id=BR_WEB_VALUE_APART,
        section="BR 3.2.2.4.18, 3.2.2.5.1",
        judged="validation",
        text="The complete value does not stand in the request that fetches it.",
    ),
    Rule(
        id=BR_WEB_CHILDREN,
        section="BR 3.2.2.4.18, .19",
        ballot="SC45",
        effective=day(2021, 12, 1),
        text="A website validation serves its own name only: no wildcard and no name below.",
    ),
    Rule(
        id=BR_RESERVED_ADDRESS,
        section="BR 3.2.2.4.18 (silent), 4.2.2",
        judged="validation",
        text="Read strictly: no validation connects to an address of the special-purpose registries.",
    ),
    Rule(
        id=PERSIST_RECORD,
        section="BR 3.2.2.4.22, 3.2.2.5.8",
        judged="validation",
        text=(
            "The TXT record is an issue-value that names an issuer of this CA and the account by accounturi; "
            "persistUntil, if present, is not past."
        ),
    ),
    Rule(
        id=PERSIST_REUSE,
        section="BR 3.2.2.4.22, 3.2.2.5.8",
        text="A validation by a persistent record is used for at most 10 days.",
    ),
    Rule(
        id=CONTACT_PROPERTY,
        section="BR Appendix A",
        judged="validation",
        text="The whole value of a contact record is one e-mail address (RFC 6532) or one global number (RFC 3966).",
    ),
    Rule(
        id=BR_REUSE,
        section="BR 4.2.1",
        text="A validation is used for a limited time; the limit is that of the day of issuance.",
    ),
    Rule(
        id=ADN_OLDER,
        section="BR 1.6.1 (Authorization Domain Name, until 2.2.8)",
        sunset=day(2026, 11, 15),
        judged="validation",
        text="The ADN is the FQDN without `*.`, or what a CNAME lookup of it returns, or either of them pruned.",
    ),
    Rule(
        id=ADN_TABLE,
        section="BR 3.2.2.4",
        ballot="SC-101v2",
        effective=day(2026, 11, 15),
        judged="validation",
        text="The ADN is derived by the algorithm and the table of the method: CNAME first and prune after.",
    ),
    Rule(
        id=DRAFT_ACCOUNT_LABEL,
        section="draft-ietf-acme-dns-account-label-00",
        text="The TXT record stands at a label made of the account URL, above `_acme-challenge`.",
    ),
    Rule(
        id=RFC3986_RESOLUTION,
        section="RFC 3986 §5, RFC 9110 §10.2.2",
        text="A Location is a URI reference, resolved against the URI of the request.",
    ),
    Rule(
        id=RFC9112_MESSAGE,
        section="RFC 9112 §4 to §7",
        text="A response is a status line, fields, and a body whose length the fields say.",
    ),
    Rule(
        id=RFC8555_KEY_AUTHORIZATION,
        section="RFC 8555 §8.1, §8.3, §8.4",
        text="The key authorization joins the token and the thumbprint of the account key.",
    ),
    Rule(
        id=RFC8737_CERTIFICATE,
        section="RFC 8737 §3, §4",
        text=(
            "Over TLS 1.2 or later with acme-tls/1 negotiated, a self-signed certificate with exactly the name and a "
            "critical acmeIdentifier."
        ),
    ),
    Rule(
        id=RFC8738_ADDRESS,
        section="RFC 8738 §4 to §6",
        text="For an address there is no lookup: the address is the Host, its reverse-zone name is the SNI.",
    ),
)

STEPS: tuple[Steps, ...] = (
    Steps(
        id=REUSE,
        section="BR 4.2.1",
        unit="seconds",
        steps=(
            # 39 months, counted at their shortest.
            (day(2012, 7, 1), 1184 * _DAY),
            (day(2018, 3, 1), 825 * _DAY),
            (day(2021, 10, 1), 398 * _DAY),
            (day(2026, 3, 15), 200 * _DAY),
            (day(2027, 3, 15), 100 * _DAY),
            (day(2029, 3, 15), 10 * _DAY),
        ),
    ),
    Steps(
        id=VALUE_AGE,
        section="BR 3.2.2.4.4 to .22",
        unit="seconds",
        judged="validation",
        steps=((day(2012, 7, 1), 30 * _DAY),),
    ),
)
