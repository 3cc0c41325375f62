"""May this public key be certified? Its encoding, its numbers, and the lists of bad keys.

`check_key` decides, with evidence that replays. `inspect_key` is its pure half for callers that check many keys, or a
key as part of something else: it asks nothing, and says what the lists are to be asked.

The bytes of the SubjectPublicKeyInfo are judged, not what a library makes of them: a key in another encoding is another
certificate. The lists, on the other hand, are asked by the numbers, so that another encoding of a bad key is a bad key
(K16). The three NIST curves and RSA are known; every other kind of key is refused, with a code of its own.
"""

from __future__ import annotations

from pkicheck.keys.plan import (
    BLOCKLIST,
    DEADLINE,
    Inspected,
    KeyPlan,
    KeyResult,
    blocklist_findings,
    blocklists_until,
    check_key,
    inspect_key,
    key_plan,
    key_plan_from_json,
)
from pkicheck.keys.spki import read_key
from pkicheck.keys.usage import USAGES, UsageRole, usage_findings
from pkicheck.keys.values import (
    EC_IDS,
    FORMS,
    RSA_ID,
    EcKey,
    PublicKey,
    RsaKey,
    hashes,
    key_value,
    parse_key_value,
)

__all__ = [
    "BLOCKLIST",
    "DEADLINE",
    "EC_IDS",
    "FORMS",
    "RSA_ID",
    "USAGES",
    "EcKey",
    "Inspected",
    "KeyPlan",
    "KeyResult",
    "PublicKey",
    "RsaKey",
    "UsageRole",
    "blocklist_findings",
    "blocklists_until",
    "check_key",
    "hashes",
    "inspect_key",
    "key_plan",
    "key_plan_from_json",
    "key_value",
    "parse_key_value",
    "read_key",
    "usage_findings",
]
