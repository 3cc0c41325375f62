"""Take the key of a request and nothing else, and prove that the certificate is what was bound.

`load` reads a request: what it claims, and everything that is wrong with it. `bind_csr` ties its key to an `Identity`,
which was validated and is never made from a request; the outcome is a `Binding`, from which the CA builds what it
signs. `check_tbs` before signing and `check_certificate` after it compare the octets with the binding.

Claims (`ClaimedRequest`, `ClaimedName`) and validated data (`Identity`, `Binding`) are different types: nothing that
builds what is signed takes a claim.
"""

from __future__ import annotations

from pkicheck.csr._bind import (
    DEADLINE,
    REGISTRY,
    BindPlan,
    BindResult,
    bind_csr,
    bind_plan,
    bind_plan_from_json,
    request_signature,
)
from pkicheck.csr._binding import SCHEMA, Binding, binding_from_json, binding_json
from pkicheck.csr._build import RebuiltRequest
from pkicheck.csr._certificate import (
    OPEN,
    CertificatePlan,
    CertificateResult,
    FixedFields,
    Form,
    check_certificate,
    check_tbs,
    inspect_certificate,
)
from pkicheck.csr._difference import Difference, difference
from pkicheck.csr._documents import issuer_from_json, issuer_json
from pkicheck.csr._identity import Identity, IdentityKind, IdentityScope, identity_from_json, identity_json
from pkicheck.csr._question import certificate_plan_from_json
from pkicheck.csr._request import LARGEST, ClaimedAttribute, ClaimedExtension, ClaimedName, ClaimedRequest, load
from pkicheck.csr._signature import Proof, SignatureCheck, check_signature

__all__ = [
    "DEADLINE",
    "LARGEST",
    "OPEN",
    "REGISTRY",
    "SCHEMA",
    "BindPlan",
    "BindResult",
    "Binding",
    "CertificatePlan",
    "CertificateResult",
    "ClaimedAttribute",
    "ClaimedExtension",
    "ClaimedName",
    "ClaimedRequest",
    "Difference",
    "FixedFields",
    "Form",
    "Identity",
    "IdentityKind",
    "IdentityScope",
    "Proof",
    "RebuiltRequest",
    "SignatureCheck",
    "bind_csr",
    "bind_plan",
    "bind_plan_from_json",
    "binding_from_json",
    "binding_json",
    "certificate_plan_from_json",
    "check_certificate",
    "check_signature",
    "check_tbs",
    "difference",
    "identity_from_json",
    "identity_json",
    "inspect_certificate",
    "issuer_from_json",
    "issuer_json",
    "load",
    "request_signature",
]
