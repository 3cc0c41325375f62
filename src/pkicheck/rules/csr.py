"""Rules of requests and of what is taken from them: RFC 2985, 2986, 4211, 7468; BR 3.2.1, 4.2.1, 6.1."""

from __future__ import annotations

from typing import Final

from pkicheck.rules._types import Rule, RuleId, Steps

__all__ = [
    "BR_COMPROMISED",
    "BR_NAME_REQUIRED",
    "BR_PROOF",
    "BR_SUBTREES",
    "BR_VALIDATED",
    "RFC2985_EXTENSIONS",
    "RFC2986_REQUEST",
    "RFC7468_PEM",
    "RULES",
    "STEPS",
    "X690_DER",
]

X690_DER: Final = RuleId("x690.10/der")
RFC2986_REQUEST: Final = RuleId("rfc2986.4/request")
RFC2985_EXTENSIONS: Final = RuleId("rfc2985.5.4.2/single-value")
RFC7468_PEM: Final = RuleId("rfc7468.7/one-request")
BR_PROOF: Final = RuleId("br.3.2.1/possession")
BR_VALIDATED: Final = RuleId("br.4.2.1/validated-data")
BR_NAME_REQUIRED: Final = RuleId("br.4.2.1/at-least-one-name")
BR_COMPROMISED: Final = RuleId("br.4.9.1.1/key-disclosed")
BR_SUBTREES: Final = RuleId("br.7.1.5/permitted-subtrees")

RULES: tuple[Rule, ...] = (
    Rule(
        id=X690_DER,
        section="X.690 §10, §11",
        text="DER has one encoding for a value: shortest lengths and numbers, sorted sets, nothing behind the end.",
    ),
    Rule(
        id=RFC2986_REQUEST,
        section="RFC 2986 §4",
        text="A request is a SEQUENCE of version 0, subject, public key and attributes, signed with the key inside.",
    ),
    Rule(
        id=RFC2985_EXTENSIONS,
        section="RFC 2985 §5.4.1, §5.4.2; RFC 5280 §4.2",
        text="A request asks for extensions in one attribute with one value, for each type of extension once.",
    ),
    Rule(
        id=RFC7468_PEM,
        section="RFC 7468 §2, §3, §7",
        text="A text holds a request between boundaries that match, in base64 and nothing else.",
    ),
    Rule(
        id=BR_PROOF,
        section="BR 3.2.1; RFC 2986 §4.2",
        text="Whoever asks for a certificate proves to hold the private key; the BR leave the way open.",
    ),
    Rule(
        id=BR_VALIDATED,
        section="BR 4.2.1, 7.1.4.2",
        text="What a certificate says of its subject was validated; what a request says is a claim.",
    ),
    Rule(
        id=BR_NAME_REQUIRED,
        section="BR 4.2.1, 7.1.2.7.12",
        text="A certificate is for at least one validated domain name or address.",
    ),
    Rule(
        id=BR_COMPROMISED,
        section="BR 4.9.1.1, 6.1.1.3, 6.1.2",
        text="A private key that somebody else has seen is compromised.",
    ),
    Rule(
        id=BR_SUBTREES,
        section="BR 7.1.5; RFC 5280 §4.2.1.10",
        text="An issuer or a customer may be limited to names below certain domain names.",
    ),
)

STEPS: tuple[Steps, ...] = ()
