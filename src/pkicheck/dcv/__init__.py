"""Domain and address control: BR 3.2.2.4, 3.2.2.5, Appendix A, and the ACME methods.

`registry` holds the methods as data, `adn` the names at which control is shown, `values` what is looked for. A
challenge is a value (`dns`, `persist`, `web`, `alpn`, `contact`), `plan` is what all have in common, `result` says what
came out and until when it holds.
"""

from __future__ import annotations

from pkicheck.dcv.adn import Derivation, SuffixOf, authorization_domains, base_domain
from pkicheck.dcv.alpn import AcmeTlsAlpn01
from pkicheck.dcv.check import DEADLINE, check_dcv, require_methods
from pkicheck.dcv.confirmation import Confirmation, check_confirmation
from pkicheck.dcv.contact import ConstructedEmail, DnsContact, contact_message
from pkicheck.dcv.dns import AcmeDns01, AcmeDnsAccount01, DnsChange
from pkicheck.dcv.persist import PersistentTxt
from pkicheck.dcv.plan import Challenge, DcvPlan, dcv_plan
from pkicheck.dcv.registry import Method, MethodStatus, method, methods
from pkicheck.dcv.result import DcvResult
from pkicheck.dcv.values import (
    RandomValue,
    RequestToken,
    Value,
    jwk_thumbprint,
    key_authorization,
    new_random_value,
    use_question,
)
from pkicheck.dcv.web import AcmeHttp01, WebsiteChange

__all__ = [
    "DEADLINE",
    "AcmeDns01",
    "AcmeDnsAccount01",
    "AcmeHttp01",
    "AcmeTlsAlpn01",
    "Challenge",
    "Confirmation",
    "ConstructedEmail",
    "DcvPlan",
    "DcvResult",
    "Derivation",
    "DnsChange",
    "DnsContact",
    "Method",
    "MethodStatus",
    "PersistentTxt",
    "RandomValue",
    "RequestToken",
    "SuffixOf",
    "Value",
    "WebsiteChange",
    "authorization_domains",
    "base_domain",
    "check_confirmation",
    "check_dcv",
    "contact_message",
    "dcv_plan",
    "jwk_thumbprint",
    "key_authorization",
    "method",
    "methods",
    "new_random_value",
    "require_methods",
    "use_question",
]
