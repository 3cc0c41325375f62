"""Rules of the moment of signing: what has to be proven before the first signature."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = [
    "BR_APPROVAL",
    "BR_AUTHENTICATION",
    "BR_AUTHORITY",
    "BR_NAMES_PROVEN",
    "BR_RECORDS",
    "BR_REQUEST",
    "BR_SERIAL_UNIQUE",
    "PROGRAM_DISCLOSED",
    "RULES",
    "STEPS",
]

BR_REQUEST: Final = RuleId("br.4.1.2/request")
BR_NAMES_PROVEN: Final = RuleId("br.4.2.1/every-name")
BR_APPROVAL: Final = RuleId("br.4.2.2/approval")
BR_AUTHORITY: Final = RuleId("br.4.3.1.1/authority")
BR_AUTHENTICATION: Final = RuleId("br.6.5.1/authentication")
BR_SERIAL_UNIQUE: Final = RuleId("rfc5280.4.1.2.2/unique")
BR_RECORDS: Final = RuleId("br.5.4.1/records")
PROGRAM_DISCLOSED: Final = RuleId("ccadb.policy/disclosed")

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_REQUEST,
        section="BR 4.1.2",
        text="Before issuance the CA has a certificate request, and what is issued belongs to that request.",
    ),
    Rule(
        id=BR_NAMES_PROVEN,
        section="BR 3.2.2.4, 4.2.1",
        effective=day(2017, 3, 1),
        text="Before issuance each name of the certificate is validated, and the validation is not too old.",
    ),
    Rule(
        id=BR_APPROVAL,
        section="BR 4.2.2, 5.2.4; EVG 3.2.2.13",
        text="Where a certificate type asks for it, different persons in different roles approve.",
    ),
    Rule(
        id=BR_AUTHORITY,
        section="BR 4.3.1.1, 6.1.7",
        text="The issuer key is one that may sign this: of this purpose, kind, hierarchy and name space.",
    ),
    Rule(
        id=BR_AUTHENTICATION,
        section="BR 6.5.1",
        text="Accounts that can directly cause issuance authenticate with more than one factor.",
    ),
    Rule(
        id=BR_SERIAL_UNIQUE,
        section="RFC 5280 4.1.2.2, BR 7.1.2.7",
        text="No issuer uses a serial number twice; it is positive and holds at least 64 bits of a random source.",
    ),
    Rule(
        id=BR_RECORDS,
        section="BR 5.4.1",
        text="What a decision rests on is recorded and can be shown.",
    ),
    Rule(
        id=PROGRAM_DISCLOSED,
        section="root program policies; CCADB",
        text="A certificate of an intermediate CA is disclosed before it issues.",
    ),
)

STEPS: tuple[Steps, ...] = ()
