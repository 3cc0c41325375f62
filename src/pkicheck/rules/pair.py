"""Rules of precertificates: RFC 6962, BR 7.1.2.9."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = ["BR_ALGORITHMS", "BR_PAIR", "BR_POISON", "BR_PRECERT_SIGNER", "RFC6962_PAIR", "RULES", "STEPS"]

BR_PAIR: Final = RuleId("br.7.1.2.9/same")
BR_POISON: Final = RuleId("br.7.1.2.9.1/poison")
BR_PRECERT_SIGNER: Final = RuleId("br.7.1.2.4/no-precertificate-signer")
BR_ALGORITHMS: Final = RuleId("br.7.1.2/same-algorithm")
RFC6962_PAIR: Final = RuleId("rfc6962.3.2/tbs")

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_PAIR,
        section="BR 7.1.2.9",
        text=(
            "A precertificate and its certificate have the same octets in every field; their extensions are the same, "
            "in the same order, apart from the poison of the one and the list of SCTs of the other."
        ),
    ),
    Rule(
        id=BR_POISON,
        section="BR 7.1.2.9.1, 7.1.2.9.3; RFC 6962 §3.1",
        text="A precertificate has the critical poison extension with a NULL, and no list of SCTs.",
    ),
    Rule(
        id=BR_PRECERT_SIGNER,
        section="BR 7.1.2.4, 7.1.2.9",
        effective=day(2026, 3, 15),
        text="A precertificate is signed by the issuing CA itself, not by a precertificate signing certificate.",
    ),
    Rule(
        id=BR_ALGORITHMS,
        section="BR 7.1.2.7, 7.1.2.9; RFC 5280 §4.1.1.2",
        text="The signature algorithm beside the signature is the one inside what is signed, octet for octet.",
    ),
    Rule(
        id=RFC6962_PAIR,
        section="RFC 6962 §3.1, §3.2",
        text="What a log signs is the TBSCertificate of the precertificate without the poison.",
    ),
)

STEPS: tuple[Steps, ...] = ()
