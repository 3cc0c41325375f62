"""Codes of certificates: the profile, and the comparison with what was bound."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.certificate import (
    BR_ALGORITHM,
    BR_BASIC,
    BR_CN,
    BR_EKU,
    BR_EXTENSIONS,
    BR_FIELDS,
    BR_ISSUER,
    BR_ISSUER_NAME,
    BR_KEY_ID,
    BR_NOT_BEFORE,
    BR_OCSP_SIGNING,
    BR_POLICIES,
    BR_SAN_LIST,
    BR_SERIAL,
    BR_VALIDITY,
    RFC5280_CERTIFICATE,
    RFC5280_EXTENSION,
    RFC5280_TIME,
)
from pkicheck.rules.csr import BR_VALIDATED
from pkicheck.rules.pair import BR_ALGORITHMS, BR_POISON

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_STOP = "Do not sign; when it is signed, revoke it, and find out where the difference came from."
_PROFILE = "Correct the profile of the issuing system."

_BOUND = (BR_VALIDATED, BR_FIELDS)


def _bound(name: str, meaning: str) -> Code:
    """A difference from what was bound."""
    return Code(f"certificate.{name}", _REFUSAL, meaning, _STOP, _BOUND)


CODES: tuple[Code, ...] = (
    # -- the decision
    Code(
        "certificate.matches",
        _NOTE,
        "The certificate says what was bound, and nothing speaks against the rest of it.",
        "Nothing to do.",
        _BOUND,
    ),
    Code(
        "certificate.left-open",
        _NOTE,
        "Neither the binding nor the issuance fixes these fields; they were held against the rules only.",
        "Give the fields that issuance fixes.",
        _BOUND,
    ),
    Code(
        "certificate.not-compared",
        _NOTE,
        "No binding was given: the certificate was held against the rules only, and nobody says that it was approved.",
        "Give the binding.",
        _BOUND,
    ),
    Code(
        "certificate.extension-absent",
        _NOTE,
        "The certificate does not have extensions that subscriber certificates have.",
        "Let a linter judge whether they are needed.",
        (BR_EXTENSIONS,),
    ),
    # -- the frame
    Code("certificate.unreadable", _REFUSAL, "The octets are no certificate.", _STOP, (RFC5280_CERTIFICATE,)),
    Code("certificate.not-der", _REFUSAL, "The certificate is not in DER.", _STOP, (RFC5280_CERTIFICATE,)),
    Code("certificate.version", _REFUSAL, "The certificate is not of version 3.", _PROFILE, (BR_FIELDS,)),
    Code("certificate.unique-id", _REFUSAL, "The certificate has a unique identifier.", _PROFILE, (BR_FIELDS,)),
    Code("certificate.serial-range", _REFUSAL, "The serial number is not in 1 to 2**159 - 1.", _PROFILE, (BR_SERIAL,)),
    Code(
        "certificate.serial-short",
        _REFUSAL,
        "The serial number is below 2**32: no random one of 64 bits is, but once in four thousand million times.",
        _PROFILE,
        (BR_SERIAL,),
    ),
    _bound("serial-differs", "The serial number is not that of the issuance."),
    Code(
        "certificate.algorithm-not-allowed",
        _REFUSAL,
        "The signature algorithm is not, octet for octet, one of those a CA key may sign with.",
        _PROFILE,
        (BR_ALGORITHM,),
    ),
    Code(
        "certificate.algorithm-not-of-issuer",
        _REFUSAL,
        "The signature algorithm is not one for the issuer's type of key and curve.",
        _PROFILE,
        (BR_ALGORITHM,),
    ),
    Code(
        "certificate.algorithm-beside",
        _REFUSAL,
        "The signature algorithm beside the signature is not the one inside what is signed.",
        _STOP,
        (BR_ALGORITHMS,),
    ),
    Code(
        "certificate.signature-invalid",
        _REFUSAL,
        "The signature is not one of the issuer's key over these octets.",
        _STOP,
        (RFC5280_CERTIFICATE,),
    ),
    # -- the issuer
    Code(
        "certificate.issuer-differs",
        _REFUSAL,
        "The issuer is not the subject of the CA's certificate.",
        _STOP,
        (BR_ISSUER_NAME,),
    ),
    Code(
        "certificate.issuer-encoding",
        _REFUSAL,
        "The issuer says the same as the subject of the CA's certificate, in other types of strings.",
        _STOP,
        (BR_ISSUER_NAME,),
    ),
    Code(
        "certificate.issuer-unknown",
        _DOUBT,
        "The issuer key has no certificate to compare the issuer's name with.",
        "Give the CA's certificate with the issuer key.",
        (BR_ISSUER_NAME,),
    ),
    Code(
        "certificate.issuer-ocsp-signing",
        _REFUSAL,
        "The certificate of the issuer holds the purpose OCSPSigning.",
        "Replace the CA's certificate: with that purpose it can answer for the status of its siblings.",
        (BR_OCSP_SIGNING,),
    ),
    Code(
        "certificate.issuer-kind",
        _REFUSAL,
        "The issuer key is not one that signs this kind of object.",
        "Sign with the right key.",
        (BR_ISSUER,),
    ),
    Code(
        "certificate.issuer-gone",
        _REFUSAL,
        "The issuer key does not exist at the moment judged.",
        "Give the moment of signing; else find out who signed.",
        (BR_ISSUER,),
    ),
    # -- validity
    Code("certificate.validity-malformed", _REFUSAL, "The validity is not two times.", _PROFILE, (RFC5280_TIME,)),
    Code(
        "certificate.validity-encoding",
        _REFUSAL,
        "A time is in the wrong one of the two types of times.",
        _PROFILE,
        (RFC5280_TIME,),
    ),
    Code("certificate.validity-reversed", _REFUSAL, "The end comes before the beginning.", _PROFILE, (RFC5280_TIME,)),
    Code(
        "certificate.validity-too-long",
        _REFUSAL,
        "The validity period, both ends included, is longer than the limit of the day.",
        "End it at least one second before the limit: both ends count.",
        (BR_VALIDITY,),
    ),
    Code(
        "certificate.validity-no-limit",
        _DOUBT,
        "No limit of validity is on record for the moment judged.",
        "Judge the moment of signing.",
        (BR_VALIDITY,),
    ),
    Code(
        "certificate.not-before-far",
        _REFUSAL,
        "notBefore lies more than 48 hours from the moment of signing.",
        "Judge the moment of signing, or correct notBefore.",
        (BR_NOT_BEFORE,),
    ),
    _bound("not-before-differs", "notBefore is not that of the issuance."),
    _bound("not-after-differs", "notAfter is not that of the issuance."),
    # -- what was bound
    _bound("policy-differs", "The binding was made under another policy."),
    _bound("key-differs", "The public key is not the one that was bound."),
    _bound("key-encoding", "The public key is the one that was bound, in another encoding."),
    _bound("subject-malformed", "The subject is no Name."),
    _bound("subject-differs", "The subject is not the one that was bound."),
    _bound("subject-encoding", "The subject says what was bound, in other types of strings or in RDNs of several."),
    _bound("subject-order", "The subject has the attributes that were bound in another order."),
    _bound("name-added", "The certificate holds names that were not bound."),
    _bound("name-dropped", "Names that were bound are not in the certificate."),
    _bound("name-spelling", "A name that was bound is in the certificate in another spelling."),
    Code(
        "certificate.name-order",
        _NOTE,
        "The names that were bound stand in another order.",
        "Nothing to do: the names are a set.",
        _BOUND,
    ),
    _bound("name-twice", "A name is in the certificate more than once."),
    Code(
        "certificate.cn-not-a-name",
        _REFUSAL,
        "The common name is none of the names of the certificate.",
        _STOP,
        (BR_CN,),
    ),
    Code("certificate.cn-several", _REFUSAL, "The certificate has more than one common name.", _STOP, (BR_CN,)),
    # -- extensions
    Code(
        "certificate.extension-malformed",
        _REFUSAL,
        "An extension, or its value, is not what its type says.",
        _PROFILE,
        (RFC5280_EXTENSION,),
    ),
    Code("certificate.extension-twice", _REFUSAL, "An extension is there twice.", _PROFILE, (RFC5280_EXTENSION,)),
    Code(
        "certificate.extension-not-approved",
        _REFUSAL,
        "The certificate has an extension that nobody approved.",
        _STOP,
        (BR_EXTENSIONS,),
    ),
    _bound("extension-differs", "An extension is not, octet for octet, that of the issuance."),
    _bound("extension-missing", "An extension of the issuance is not in the certificate."),
    Code("certificate.san-absent", _REFUSAL, "There are no alternative names.", _STOP, (BR_SAN_LIST,)),
    Code(
        "certificate.san-criticality",
        _REFUSAL,
        "The alternative names are critical with a subject, or not critical without one.",
        _PROFILE,
        (BR_SAN_LIST,),
    ),
    Code(
        "certificate.san-type",
        _REFUSAL,
        "An alternative name is neither a domain name nor an address.",
        _STOP,
        (BR_SAN_LIST,),
    ),
    Code(
        "certificate.san-address",
        _REFUSAL,
        "An address has neither 4 nor 16 octets.",
        _STOP,
        (BR_SAN_LIST,),
    ),
    Code("certificate.eku-no-server", _REFUSAL, "The purposes do not hold serverAuth.", _PROFILE, (BR_EKU,)),
    Code(
        "certificate.eku-forbidden",
        _REFUSAL,
        "The purposes hold one that no TLS certificate has.",
        _PROFILE,
        (BR_EKU,),
    ),
    Code("certificate.basic-ca", _REFUSAL, "basicConstraints is not critical and empty.", _STOP, (BR_BASIC,)),
    Code(
        "certificate.policy-other",
        _REFUSAL,
        "The policies do not hold exactly the reserved identifier of the way of validation.",
        _PROFILE,
        (BR_POLICIES,),
    ),
    Code(
        "certificate.key-id-differs",
        _REFUSAL,
        "The authority key identifier is not the key identifier of the issuer alone.",
        _PROFILE,
        (BR_KEY_ID,),
    ),
    Code(
        "certificate.precertificate",
        _NOTE,
        "What was given is a precertificate.",
        "Nothing to do: compare it with its certificate (`pkicheck pair`).",
        (BR_POISON,),
    ),
    Code(
        "certificate.poison-malformed",
        _REFUSAL,
        "The poison extension is not critical with a NULL, or a list of SCTs stands beside it.",
        _PROFILE,
        (BR_POISON,),
    ),
)
