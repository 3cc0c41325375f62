"""Codes of bindings: what is validated, and which key it is tied to."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.certificate import BR_CN, BR_EV_NAMES, BR_ISSUER
from pkicheck.rules.csr import BR_NAME_REQUIRED, BR_SUBTREES, BR_VALIDATED

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_CN = "Leave the common name out, or give one of the names as it stands."
_ORDER = "Find the order that the request belongs to; a new request needs a new order."

CODES: tuple[Code, ...] = (
    Code(
        "binding.made",
        _NOTE,
        "Order, request, key and validated identity are tied together.",
        "Nothing to do.",
        (BR_VALIDATED, BR_NAME_REQUIRED),
    ),
    Code(
        "binding.name-not-permitted",
        _REFUSAL,
        "The name lies in none of the domains that the customer or the issuer is limited to.",
        "Leave the name out, or have the domain added to the customer's.",
        (BR_SUBTREES,),
    ),
    Code(
        "binding.address-not-permitted",
        _REFUSAL,
        "The customer or the issuer is limited to domains, and an address lies in none.",
        "Leave the address out.",
        (BR_SUBTREES,),
    ),
    Code("binding.cn-not-a-name", _REFUSAL, "The common name is none of the names.", _CN, (BR_CN,)),
    Code(
        "binding.cn-spelling",
        _REFUSAL,
        "The common name is one of the names in another spelling: case, dot at the end, Unicode.",
        _CN,
        (BR_CN,),
    ),
    Code("binding.cn-several", _REFUSAL, "There is more than one common name.", _CN, (BR_CN,)),
    Code(
        "binding.cn-present",
        _NOTE,
        "The certificate gets a common name, which the BR do not recommend.",
        "Nothing to do.",
        (BR_CN,),
    ),
    Code(
        "binding.ev-wildcard",
        _REFUSAL,
        "An EV certificate holds no wildcard name, apart from onion names.",
        "Name each host.",
        (BR_EV_NAMES,),
    ),
    Code(
        "binding.ev-address",
        _REFUSAL,
        "An EV certificate holds no address.",
        "Name the hosts by their domain names.",
        (BR_EV_NAMES,),
    ),
    Code(
        "binding.scope-differs",
        _REFUSAL,
        "A public certificate is asked from an issuer of a private PKI, or the other way round.",
        "Send the order to the right issuer.",
        (BR_ISSUER,),
    ),
    Code(
        "binding.purpose-differs",
        _REFUSAL,
        "The issuer key is not one for TLS certificates.",
        "Send the order to the right issuer.",
        (BR_ISSUER,),
    ),
    Code(
        "binding.other-request",
        _REFUSAL,
        "The order names another request than this one.",
        _ORDER,
        (BR_VALIDATED,),
    ),
    Code(
        "binding.other-key",
        _REFUSAL,
        "The order names another public key than that of this request.",
        _ORDER,
        (BR_VALIDATED,),
    ),
    Code(
        "binding.request-taken",
        _REFUSAL,
        "The request is already bound to another order.",
        _ORDER,
        (BR_VALIDATED,),
    ),
    Code(
        "binding.order-taken",
        _REFUSAL,
        "The order is already bound to another request.",
        _ORDER,
        (BR_VALIDATED,),
    ),
    Code(
        "binding.registry-unavailable",
        _DOUBT,
        "The registry of bindings gave no answer.",
        "Ask again when the registry can be reached.",
        (BR_VALIDATED,),
    ),
    Code(
        "binding.registry-malformed",
        _DOUBT,
        "The registry of bindings gave an answer that is none.",
        "Repair the registry: an answer is an order and the SHA-256 of a request.",
        (BR_VALIDATED,),
    ),
    Code(
        "binding.registered",
        _NOTE,
        "The registry of bindings holds this order with this request.",
        "Nothing to do.",
        (BR_VALIDATED,),
    ),
)
