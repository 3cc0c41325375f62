"""Codes of requests: the text around, the structure, the proof of possession, and what is claimed."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.csr import (
    BR_COMPROMISED,
    BR_PROOF,
    BR_VALIDATED,
    RFC2985_EXTENSIONS,
    RFC2986_REQUEST,
    RFC7468_PEM,
    X690_DER,
)
from pkicheck.rules.keys import BR_USAGE

__all__ = ["CODES"]

_REFUSAL, _NOTE = Level.REFUSAL, Level.NOTE
_AGAIN = "Make a new request with a current tool."
_ONE = "Send exactly one request and nothing else."
_CLAIM = "Nothing to do: nothing of a request but its key reaches a certificate."


def _note(name: str, meaning: str) -> Code:
    return Code(f"csr.{name}", _NOTE, meaning, _CLAIM, (BR_VALIDATED,))


CODES: tuple[Code, ...] = (
    # -- the text
    Code("csr.too-large", _REFUSAL, "The input is larger than any request.", _ONE, (RFC2986_REQUEST,)),
    Code("csr.pem-none", _REFUSAL, "The text holds no request in PEM.", _ONE, (RFC7468_PEM,)),
    Code("csr.pem-several", _REFUSAL, "The text holds more than one request.", _ONE, (RFC7468_PEM,)),
    Code("csr.pem-base64", _REFUSAL, "What stands between the boundaries is not base64.", _AGAIN, (RFC7468_PEM,)),
    Code("csr.pem-boundary", _REFUSAL, "A line begins like a boundary and is none.", _ONE, (RFC7468_PEM,)),
    Code("csr.pem-unterminated", _REFUSAL, "A boundary has no partner with its label.", _ONE, (RFC7468_PEM,)),
    Code(
        "csr.pem-other",
        _NOTE,
        "The text holds something else in PEM beside the request; it was not looked at.",
        "Nothing to do: only the request counts.",
        (RFC7468_PEM,),
    ),
    Code(
        "csr.private-key-enclosed",
        _REFUSAL,
        "The text holds a private key: whoever has read it has the key.",
        "Make a new key, keep it to yourself, and have certificates of the old one revoked.",
        (BR_COMPROMISED,),
    ),
    # -- the structure
    Code("csr.unreadable", _REFUSAL, "The octets are no certification request.", _AGAIN, (RFC2986_REQUEST, X690_DER)),
    Code("csr.not-der", _REFUSAL, "The request is not in DER.", _AGAIN, (X690_DER,)),
    Code("csr.trailing-bytes", _REFUSAL, "Octets stand behind the request or one of its parts.", _AGAIN, (X690_DER,)),
    Code(
        "csr.too-complex",
        _REFUSAL,
        "The request, or the text around it, has more levels, parts or defects than any.",
        _AGAIN,
        (X690_DER,),
    ),
    Code("csr.version", _REFUSAL, "The version of the request is not 0.", _AGAIN, (RFC2986_REQUEST,)),
    Code(
        "csr.set-not-sorted",
        _NOTE,
        "A set is not in the order of DER, as old tools write it; the signature is over the octets as they stand.",
        _CLAIM,
        (X690_DER,),
    ),
    Code(
        "csr.string-malformed",
        _NOTE,
        "A string has a character outside of the alphabet of its type, as old tools write it.",
        _CLAIM,
        (X690_DER,),
    ),
    Code("csr.subject-malformed", _REFUSAL, "The subject of the request is no Name.", _AGAIN, (RFC2986_REQUEST,)),
    Code(
        "csr.attributes-absent",
        _NOTE,
        "The field of the attributes is not there, as old tools leave it out when it is empty.",
        _CLAIM,
        (RFC2986_REQUEST,),
    ),
    Code("csr.attributes-malformed", _REFUSAL, "The attributes cannot be read.", _AGAIN, (RFC2986_REQUEST,)),
    Code("csr.attribute-empty", _REFUSAL, "An attribute has no value.", _AGAIN, (RFC2986_REQUEST,)),
    Code("csr.attribute-twice", _REFUSAL, "An attribute is there more than once.", _AGAIN, (RFC2985_EXTENSIONS,)),
    Code(
        "csr.challenge-password",
        _NOTE,
        "The request holds a challenge password: a secret that does not belong into evidence, so it is not kept.",
        "Ask the applicant to leave it out.",
        (RFC2985_EXTENSIONS,),
    ),
    Code(
        "csr.extension-request-values",
        _REFUSAL,
        "The attribute that asks for extensions has more than one value.",
        _AGAIN,
        (RFC2985_EXTENSIONS,),
    ),
    Code(
        "csr.extension-requests-both",
        _REFUSAL,
        "Extensions are asked for in both attributes, that of RFC 2985 and that of Microsoft: readers differ.",
        _AGAIN,
        (RFC2985_EXTENSIONS,),
    ),
    Code(
        "csr.extensions-malformed", _REFUSAL, "The extensions asked for cannot be read.", _AGAIN, (RFC2985_EXTENSIONS,)
    ),
    Code(
        "csr.extension-malformed",
        _REFUSAL,
        "The value of an extension asked for is not what its type says.",
        _AGAIN,
        (RFC2985_EXTENSIONS,),
    ),
    Code("csr.extension-twice", _REFUSAL, "An extension is asked for twice.", _AGAIN, (RFC2985_EXTENSIONS,)),
    Code(
        "csr.san-several",
        _REFUSAL,
        "More than one list of alternative names is asked for: readers differ in which one they take.",
        _AGAIN,
        (RFC2985_EXTENSIONS,),
    ),
    Code("csr.too-many-names", _REFUSAL, "The request claims more names than any.", _AGAIN, (RFC2985_EXTENSIONS,)),
    # -- the proof of possession
    Code("csr.proof-valid", _NOTE, "The request is signed with the key that it holds.", "Nothing to do.", (BR_PROOF,)),
    Code(
        "csr.proof-invalid",
        _REFUSAL,
        "The signature of the request is not one of the key that it holds.",
        "Make a new request with the private key of the key inside.",
        (BR_PROOF,),
    ),
    Code(
        "csr.proof-weak-hash",
        _REFUSAL,
        "The signature of the request is right, but made over a hash that is broken (MD5, SHA-1).",
        "Make a new request with SHA-256 or longer.",
        (BR_PROOF,),
    ),
    Code(
        "csr.proof-unknown",
        _REFUSAL,
        "The signature algorithm of the request, or its parameters, are not known.",
        "Make a new request with RSA or ECDSA and SHA-256, SHA-384 or SHA-512.",
        (BR_PROOF,),
    ),
    Code(
        "csr.proof-mismatch",
        _REFUSAL,
        "The signature algorithm of the request is for another type of key.",
        _AGAIN,
        (BR_PROOF,),
    ),
    Code(
        "csr.proof-key-unusable",
        _REFUSAL,
        "No signature proves anything with this key: it cannot be read, or everybody can sign for it.",
        "Make a new key.",
        (BR_PROOF,),
    ),
    Code(
        "csr.proof-parameters",
        _NOTE,
        "The parameters of the signature algorithm are not written as its standard says.",
        "Nothing to do: the algorithm is clear.",
        (BR_PROOF,),
    ),
    # -- claimed beside validated
    _note("name-only-claimed", "The request claims names that are not validated for this order."),
    _note("name-not-claimed", "Validated names of the order are not in the request."),
    _note("name-malformed", "The request claims something as a name that is none."),
    _note("name-other-type", "The request claims names of types that a TLS certificate does not hold."),
    _note("subject-only-claimed", "The request claims attributes of the subject that are not validated."),
    _note("subject-not-claimed", "Validated attributes of the subject are not in the request."),
    _note("extension-asked", "The request asks for extensions other than alternative names."),
    _note("attribute-unused", "The request has attributes that nobody asked for."),
    Code(
        "csr.usage-unfit",
        _NOTE,
        "The request asks for a key usage that its type of key does not have.",
        "Nothing to do: the usage is not taken from the request.",
        (BR_USAGE,),
    ),
    Code(
        "csr.names-disjoint",
        _REFUSAL,
        "The request claims names and none of them is validated for this order: it is that of another order.",
        "Find the order that the request belongs to.",
        (BR_VALIDATED,),
    ),
)
