"""Rules of DNSSEC at the primary network perspective: BR 3.2.2.4, 3.2.2.8.1 (since BR 2.3.0: 4.2.2.2)."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps, day

__all__ = ["BR_DNSSEC_CAA", "BR_DNSSEC_ERROR", "RFC4035_INSECURE", "RULES", "STEPS"]

BR_DNSSEC_CAA: Final = RuleId("br.3.2.2.8.1/validate")
BR_DNSSEC_ERROR: Final = RuleId("br.3.2.2.8.1/error-never-permits")
RFC4035_INSECURE: Final = RuleId("rfc4035.4.3/insecure")

_SECTION = "BR 3.2.2.8.1 (4.2.2.2 since 2.3.0)"

RULES: tuple[Rule, ...] = (
    Rule(
        id=BR_DNSSEC_CAA,
        section=_SECTION,
        ballot="SC-085v2",
        effective=day(2026, 3, 15),
        text="The primary perspective validates DNSSEC to the IANA root on every CAA lookup.",
    ),
    Rule(
        id=BR_DNSSEC_ERROR,
        section=_SECTION,
        ballot="SC-085v2",
        effective=day(2026, 3, 15),
        text="A DNSSEC error seen by the primary perspective is never permission to issue.",
    ),
    Rule(
        id=RFC4035_INSECURE,
        section="RFC 4035 §4.3",
        text="A name is insecure when a chain of signed records proves that some delegation above it has no DS.",
    ),
)

STEPS: tuple[Steps, ...] = ()
