"""Rules that reconciliation is evidence for: BR 5.4, 6.2, 7.1.2.7, 7.1.2.9, 7.2 and RFC 5280.

The Baseline Requirements nowhere ask for a comparison of HSM logs with issued objects; they ask for what it shows.
"""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps

__all__ = [
    "BR_APPROVAL",
    "BR_CRL_NUMBER",
    "BR_DESTRUCTION",
    "BR_EVIDENCE",
    "BR_ISSUANCE",
    "BR_KEY_PROTECTION",
    "BR_LOGGED",
    "BR_LOG_INTEGRITY",
    "BR_PRECERTIFICATE",
    "BR_REVOCATION",
    "BR_SERIAL_SHARED",
    "RFC5280_CRL_NUMBER",
    "RULES",
    "STEPS",
]

BR_LOGGED: Final = RuleId("br.5.4.1/logged")
BR_LOG_INTEGRITY: Final = RuleId("ncssr.3.1.2/log-integrity")
BR_ISSUANCE: Final = RuleId("br.6.2/unauthorised-issuance")
BR_KEY_PROTECTION: Final = RuleId("br.6.2.7/key-protection")
BR_DESTRUCTION: Final = RuleId("br.5.4.1/key-destruction")
BR_EVIDENCE: Final = RuleId("br.4.2/evidence-first")
BR_APPROVAL: Final = RuleId("br.5.4.1/approval")
BR_SERIAL_SHARED: Final = RuleId("br.7.1.2.9/serial-shared")
BR_PRECERTIFICATE: Final = RuleId("br.7.1.2.9/precertificate-binds")
BR_REVOCATION: Final = RuleId("br.4.9.9/status")
BR_CRL_NUMBER: Final = RuleId("br.7.2/crl-number")
RFC5280_CRL_NUMBER: Final = RuleId("rfc5280.5.2.3/crl-number")

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_LOGGED,
        section="BR 5.4.1",
        text="Life cycle events of CA keys, issuance, CRL generation and OCSP signing are recorded.",
    ),
    Rule(
        id=BR_LOG_INTEGRITY,
        section="NCSSR 3.1.2 (1.7: 3.e)",
        text="The integrity of logging is monitored continuously, or reviewed by a person at least every 31 days.",
    ),
    Rule(
        id=BR_ISSUANCE,
        section="BR 6.2",
        text="Physical and logical safeguards prevent unauthorised issuance.",
    ),
    Rule(
        id=BR_KEY_PROTECTION,
        section="BR 6.2, 6.2.7",
        text="CA keys live in a protected module; outside it they are secured as well, under dual control.",
    ),
    Rule(
        id=BR_DESTRUCTION,
        section="BR 5.4.1 (1)",
        text="Generation, backup, storage, recovery, archival and destruction of CA keys are recorded.",
    ),
    Rule(
        id=BR_EVIDENCE,
        section="BR 4.2, 5.4.1 (2)",
        text="What is verified for a certificate is verified before it is issued, and recorded.",
    ),
    Rule(
        id=BR_APPROVAL,
        section="BR 5.4.1 (2), 5.2.2",
        text="Approval and rejection of requests, and who made them, are recorded.",
    ),
    Rule(
        id=BR_SERIAL_SHARED,
        section="BR 7.1.2.9, RFC 5280 §4.1.2.2",
        text="Only a precertificate and its certificate share a serial number of one issuer.",
    ),
    Rule(
        id=BR_PRECERTIFICATE,
        section="BR 7.1.2.9",
        text="A precertificate binds the CA as its certificate would; the two differ only in poison, SCTs, signature.",
    ),
    Rule(
        id=BR_REVOCATION,
        section="BR 4.9.9",
        text="A serial number has a status once a certificate or precertificate carries it.",
    ),
    Rule(
        id=BR_CRL_NUMBER,
        section="BR 7.2",
        text="The CRL number is at least 0, below 2**159 and strictly rising.",
    ),
    Rule(
        id=RFC5280_CRL_NUMBER,
        section="RFC 5280 §5.2.3",
        text="CRL numbers rise for a given scope and issuer; two different CRLs of one scope have two numbers.",
    ),
)

STEPS: tuple[Steps, ...] = ()
