"""The issuance gate: one decision at the moment of signing, and the permit that it gives (BR 4.2, 4.3).

result = authorize(issuance, validations=..., caa=..., corroborations=..., lists=lists, at=at)
permit = result.permit            # raises Refused unless everything was proven
permit.check(tbs).require()       # right before the signature
permit.check_signed(certificate).require()
"""

from __future__ import annotations

from pkicheck.gate._decide import SERIALS
from pkicheck.gate._evidence import Proof
from pkicheck.gate._issuance import (
    Approval,
    Issuance,
    approval_from_json,
    approval_json,
    approval_payload,
    issuance_json,
)
from pkicheck.gate._orders import TRANSITIONS, OrderState, advance, diagram
from pkicheck.gate._permit import Permit, SealedPermit, open_seal
from pkicheck.gate._result import (
    DEADLINE,
    GatePlan,
    GateResult,
    authorize,
    gate_plan,
    gate_plan_from_json,
)

__all__ = [
    "DEADLINE",
    "SERIALS",
    "TRANSITIONS",
    "Approval",
    "GatePlan",
    "GateResult",
    "Issuance",
    "OrderState",
    "Permit",
    "Proof",
    "SealedPermit",
    "advance",
    "approval_from_json",
    "approval_json",
    "approval_payload",
    "authorize",
    "diagram",
    "gate_plan",
    "gate_plan_from_json",
    "issuance_json",
    "open_seal",
]
