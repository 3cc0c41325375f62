"""Onion names: the label left of `onion` is a version 3 address (BR Appendix B; Tor rend-spec-v3 §6).

    onion_address = base32(PUBKEY | CHECKSUM | VERSION)          32 + 2 + 1 octets, 56 characters
    CHECKSUM      = SHA3-256(".onion checksum" | PUBKEY | VERSION)[:2]
    VERSION       = %x03

Whether the 32 octets are a point of Ed25519 is not asked: the checksum already tells a mistyped address from a right
one, and only who holds the private key can pass the validation of the name.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from pkicheck.findings import Finding, finding
from pkicheck.names._types import DnsName, DomainName

__all__ = ["is_onion", "onion_findings"]

_BASE32: Final = b"abcdefghijklmnopqrstuvwxyz234567"
_V2_LENGTH: Final = 16
_V3_LENGTH: Final = 56
_VERSION: Final = 3


def is_onion(name: DnsName) -> bool:
    """Whether the last label is `onion`."""
    return name.labels[-1:] == (b"onion",)


def onion_findings(name: DomainName) -> tuple[Finding, ...]:
    """What is to be said of the address in a name that ends in `onion`: the note `name.onion-v3`, or one refusal.

    For a wildcard name give its base.
    """
    labels = name.labels
    if len(labels) == 1:
        return (finding("name.onion-alone", name.text),)
    label = labels[-2]
    base32 = not label.strip(_BASE32)
    if base32 and len(label) == _V2_LENGTH:
        return (finding("name.onion-v2", name.text, saw=[label]),)
    if not base32 or len(label) != _V3_LENGTH:
        return (finding("name.onion-encoding", name.text, saw=[label]),)
    # 56 characters are exactly 35 octets: no padding and no loose bits, so one address has one spelling.
    octets = base64.b32decode(label.upper())
    key, checksum, version = octets[:32], octets[32:34], octets[34]
    if version != _VERSION:
        return (finding("name.onion-version", name.text, expected=f"version {_VERSION}", saw=[f"version {version}"]),)
    right = hashlib.sha3_256(b".onion checksum" + key + bytes((version,))).digest()[:2]
    if checksum != right:
        return (finding("name.onion-checksum", name.text, expected=right.hex(), saw=[checksum.hex()]),)
    return (finding("name.onion-v3", name.text),)
