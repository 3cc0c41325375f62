"""Rules of subscriber certificates: BR 6.3.2, 7.1.2.7, 7.1.3.2, 7.1.4; RFC 5280 §4.1, §4.2."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_ALGORITHM",
    "BR_BASIC",
    "BR_CN",
    "BR_EKU",
    "BR_EV_NAMES",
    "BR_EXTENSIONS",
    "BR_FIELDS",
    "BR_ISSUER",
    "BR_ISSUER_NAME",
    "BR_KEY_ID",
    "BR_NOT_BEFORE",
    "BR_OCSP_SIGNING",
    "BR_POLICIES",
    "BR_SAN_LIST",
    "BR_SERIAL",
    "BR_VALIDITY",
    "RFC5280_CERTIFICATE",
    "RFC5280_EXTENSION",
    "RFC5280_TIME",
    "RULES",
    "STEPS",
    "VALIDITY",
]

BR_CN: Final = RuleId("br.7.1.4.3/common-name")
BR_EV_NAMES: Final = RuleId("evg.7.1.2.1/names")
BR_ISSUER: Final = RuleId("br.6.1.7/issuer-key")
BR_ISSUER_NAME: Final = RuleId("br.7.1.4.1/issuer-name")
BR_FIELDS: Final = RuleId("br.7.1.2.7/fields")
BR_SERIAL: Final = RuleId("br.7.1.2.7/serial")
BR_NOT_BEFORE: Final = RuleId("br.7.1.2.7/not-before")
BR_VALIDITY: Final = RuleId("br.6.3.2/validity")
BR_ALGORITHM: Final = RuleId("br.7.1.3.2/algorithm")
BR_SAN_LIST: Final = RuleId("br.7.1.2.7.12/list")
BR_EXTENSIONS: Final = RuleId("br.7.1.2.7.6/extensions")
BR_EKU: Final = RuleId("br.7.1.2.7.10/purposes")
BR_POLICIES: Final = RuleId("br.7.1.2.7.9/policy")
BR_BASIC: Final = RuleId("br.7.1.2.7.8/no-ca")
BR_KEY_ID: Final = RuleId("br.7.1.2.11.1/key-id")
BR_OCSP_SIGNING: Final = RuleId("br.7.1.2.10.6/no-ocsp-signing")
RFC5280_CERTIFICATE: Final = RuleId("rfc5280.4.1/certificate")
RFC5280_EXTENSION: Final = RuleId("rfc5280.4.2/extension")
RFC5280_TIME: Final = RuleId("rfc5280.4.1.2.5/time")

VALIDITY: Final = "br.6.3.2/longest-validity"
"""The longest validity period in seconds, both ends included."""

_DAY: Final = 86_400

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_CN,
        section="BR 7.1.4.3",
        text="A common name, if there is one, is one alone and a character for character copy of one of the names.",
    ),
    Rule(
        id=BR_EV_NAMES,
        section="EVG 7.1.2.1",
        text="An EV certificate holds domain names only, and no wildcard names but onion names.",
    ),
    Rule(
        id=BR_ISSUER,
        section="BR 6.1.7, 7.1.2",
        text="A CA key signs what it is for: public certificates by public issuers, each kind by a key of that kind.",
    ),
    Rule(
        id=BR_ISSUER_NAME,
        section="BR 7.1.4.1; RFC 5280 §4.1.2.4",
        text="The issuer of a certificate is the subject of the CA's certificate, octet for octet.",
    ),
    Rule(
        id=BR_FIELDS,
        section="BR 7.1.2.7",
        text="A subscriber certificate is of version 3, without unique identifiers, and holds what was validated.",
    ),
    Rule(
        id=BR_SERIAL,
        section="BR 7.1.2.7; RFC 5280 §4.1.2.2",
        text="A serial number is positive, below 2**159, and holds at least 64 bits of a random generator.",
    ),
    Rule(
        id=BR_NOT_BEFORE,
        section="BR 7.1.2.7",
        text="notBefore lies within 48 hours of the moment of signing.",
    ),
    Rule(
        id=BR_VALIDITY,
        section="BR 6.3.2",
        text="The validity period, both ends included, is not longer than the limit of the day of issuance.",
    ),
    Rule(
        id=BR_ALGORITHM,
        section="BR 7.1.3.2",
        text="A CA key signs with one of the listed algorithms, octet for octet, and with that of its type and curve.",
    ),
    Rule(
        id=BR_SAN_LIST,
        section="BR 7.1.2.7.12; RFC 5280 §4.2.1.6",
        text="The alternative names are domain names and addresses, at least one; critical when the subject is empty.",
    ),
    Rule(
        id=BR_EXTENSIONS,
        section="BR 7.1.2.7.6, 7.1.2.11.5",
        text="A subscriber certificate holds the extensions of its profile and others only as documented.",
    ),
    Rule(
        id=BR_EKU,
        section="BR 7.1.2.7.10",
        text="The purposes hold serverAuth, and none that belongs to other kinds of certificates.",
    ),
    Rule(
        id=BR_POLICIES,
        section="BR 7.1.2.7.9",
        text="The policies hold the one reserved identifier of the way of validation.",
    ),
    Rule(id=BR_BASIC, section="BR 7.1.2.7.8", text="A subscriber is no CA: basicConstraints is critical and empty."),
    Rule(
        id=BR_KEY_ID,
        section="BR 7.1.2.11.1",
        text="The authority key identifier is the subject key identifier of the issuer, and nothing else.",
    ),
    Rule(
        id=BR_OCSP_SIGNING,
        section="BR 7.1.2.3.3, 7.1.2.10.6",
        text="The certificate of an issuer of TLS certificates does not hold the purpose OCSPSigning.",
    ),
    Rule(
        id=RFC5280_CERTIFICATE,
        section="RFC 5280 §4.1; X.690 §10",
        text="A certificate is a TBSCertificate, an algorithm and a signature, in DER.",
    ),
    Rule(
        id=RFC5280_EXTENSION,
        section="RFC 5280 §4.2",
        text="No extension is there twice, and each value is what its type says.",
    ),
    Rule(
        id=RFC5280_TIME,
        section="RFC 5280 §4.1.2.5",
        text="Times are UTCTime through 2049 and GeneralizedTime from 2050 on, to the second, in UTC.",
    ),
)

STEPS: tuple[Steps, ...] = (
    Steps(
        id=VALIDITY,
        section="BR 6.3.2 (39 months counted as 1188 days, the longest there are)",
        unit="seconds",
        steps=(
            (day(2015, 4, 1), 1188 * _DAY),
            (day(2018, 3, 1), 825 * _DAY),
            (day(2020, 9, 1), 398 * _DAY),
            (day(2026, 3, 15), 200 * _DAY),
            (day(2027, 3, 15), 100 * _DAY),
            (day(2029, 3, 15), 47 * _DAY),
        ),
    ),
)
