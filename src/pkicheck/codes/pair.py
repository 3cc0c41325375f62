"""Codes of a precertificate and its certificate: every way in which the two can fail to be one."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.pair import BR_ALGORITHMS, BR_PAIR, BR_POISON, BR_PRECERT_SIGNER, RFC6962_PAIR

__all__ = ["CODES"]

_REFUSAL, _NOTE = Level.REFUSAL, Level.NOTE
_AGAIN = "Make the certificate from the TBSCertificate of the precertificate, and revoke what does not correspond."
_OTHER = "Give the precertificate first and the certificate that was issued for it second, both in DER."


def _differs(name: str, what: str) -> Code:
    return Code(
        f"pair.{name}-differs",
        _REFUSAL,
        f"{what} of the precertificate is not that of the certificate, octet for octet.",
        _AGAIN,
        (BR_PAIR, RFC6962_PAIR),
    )


def _encoding(name: str, what: str) -> Code:
    return Code(
        f"pair.{name}-encoding",
        _REFUSAL,
        f"{what} says the same in the precertificate and in the certificate, in other types of strings.",
        _AGAIN,
        (BR_PAIR, RFC6962_PAIR),
    )


CODES: tuple[Code, ...] = (
    Code(
        "pair.corresponds",
        _NOTE,
        "The precertificate is that of the certificate: only poison, list of SCTs and signature differ.",
        "Nothing to do.",
        (BR_PAIR, RFC6962_PAIR),
    ),
    Code(
        "pair.scts-absent",
        _NOTE,
        "The certificate holds no list of SCTs; they have to reach clients in TLS or OCSP.",
        "Nothing to do.",
        (RFC6962_PAIR,),
    ),
    # -- what was given
    Code(
        "pair.precertificate-unreadable",
        _REFUSAL,
        "What was given as the precertificate is no certificate in DER.",
        _OTHER,
        (BR_PAIR,),
    ),
    Code(
        "pair.certificate-unreadable",
        _REFUSAL,
        "What was given as the certificate is no certificate in DER.",
        _OTHER,
        (BR_PAIR,),
    ),
    Code(
        "pair.poison-missing",
        _REFUSAL,
        "What was given as the precertificate has no poison extension.",
        _OTHER,
        (BR_POISON,),
    ),
    Code(
        "pair.poison-malformed",
        _REFUSAL,
        "The poison extension of the precertificate is not critical, or its value is not a NULL.",
        _AGAIN,
        (BR_POISON,),
    ),
    Code(
        "pair.poison-twice",
        _REFUSAL,
        "The precertificate has more than one poison extension.",
        _AGAIN,
        (BR_POISON,),
    ),
    Code(
        "pair.certificate-poisoned",
        _REFUSAL,
        "What was given as the certificate has a poison extension: it is a precertificate.",
        _OTHER,
        (BR_POISON,),
    ),
    Code(
        "pair.precertificate-scts",
        _REFUSAL,
        "The precertificate holds a list of SCTs.",
        _OTHER,
        (BR_POISON,),
    ),
    Code(
        "pair.scts-twice",
        _REFUSAL,
        "The certificate has more than one list of SCTs.",
        _AGAIN,
        (BR_PAIR,),
    ),
    Code(
        "pair.precertificate-algorithm",
        _REFUSAL,
        "The signature algorithm beside the precertificate's signature is not the one inside it.",
        _AGAIN,
        (BR_ALGORITHMS,),
    ),
    Code(
        "pair.certificate-algorithm",
        _REFUSAL,
        "The signature algorithm beside the certificate's signature is not the one inside it.",
        _AGAIN,
        (BR_ALGORITHMS,),
    ),
    # -- field by field
    _differs("version", "The version"),
    _differs("serial", "The serial number"),
    _differs("algorithm", "The signature algorithm inside"),
    Code(
        "pair.issuer-differs",
        _REFUSAL,
        "The issuer of the precertificate is not that of the certificate, octet for octet.",
        (
            "Make the precertificate with the issuing CA itself; one of a precertificate signing certificate names "
            "that certificate as its issuer and is not recognised here."
        ),
        (BR_PAIR, BR_PRECERT_SIGNER, RFC6962_PAIR),
    ),
    _encoding("issuer", "The issuer"),
    _differs("validity", "The validity"),
    _differs("subject", "The subject"),
    _encoding("subject", "The subject"),
    _differs("key", "The public key"),
    _differs("issuer-id", "The issuerUniqueID"),
    _differs("subject-id", "The subjectUniqueID"),
    Code(
        "pair.extension-added",
        _REFUSAL,
        "The certificate has an extension that the precertificate does not have.",
        _AGAIN,
        (BR_PAIR, RFC6962_PAIR),
    ),
    Code(
        "pair.extension-dropped",
        _REFUSAL,
        "The precertificate has an extension that the certificate does not have.",
        _AGAIN,
        (BR_PAIR, RFC6962_PAIR),
    ),
    _differs("extension", "An extension"),
    Code(
        "pair.extension-order",
        _REFUSAL,
        "The extensions of the precertificate stand in another order than those of the certificate.",
        _AGAIN,
        (BR_PAIR, RFC6962_PAIR),
    ),
)
