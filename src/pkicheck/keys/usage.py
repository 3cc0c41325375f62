"""Key usage against the type of the key (BR 7.1.2.7.11; RFC 3279 §2.3.1, RFC 8813 §3; R009, K15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.keys.values import EcKey, PublicKey

__all__ = ["USAGES", "UsageRole", "usage_findings"]

USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""The names of the bits of KeyUsage by their numbers (RFC 5280 §4.2.1.3)."""

UsageRole: TypeAlias = Literal["tls", "ca", "other"]
"""What the certificate is: that of a TLS subscriber, of a CA, or another one."""

_SIGN, _ENCIPHER_DATA, _AGREE = 0, 3, 4
# What keys of a kind cannot do, whoever has them.
_NOT_RSA: Final = frozenset({4, 7, 8})
_NOT_EC: Final = frozenset({2, 3})
# What no TLS subscriber's key does, whatever its kind.
_NOT_SUBSCRIBER: Final = frozenset({1, 5, 6, 7, 8})


def usage_findings(
    key: PublicKey, bits: Iterable[int], *, role: UsageRole = "tls", place: str = "keyUsage"
) -> tuple[Finding, ...]:
    """Whether the bits of a KeyUsage fit the type of a key.

    Args:
        key: the key, as `inspect_key` reads it.
        bits: the numbers of the bits that are set, as `pkicheck.der.Element.named_bits` reads them; in any order.
        role: what else than the type of the key matters. `tls`: all of BR 7.1.2.7.11.
        place: how findings call their place.

    Returns:
        One finding for each kind of misfit; none when all is well.

    Raises:
        InputError: another role.
    """
    if role not in get_args(UsageRole):
        msg = f"role must be one of {', '.join(get_args(UsageRole))}, got {role!a}"
        raise InputError(msg)
    wanted = frozenset(bits)
    elliptic = isinstance(key, EcKey)
    cannot = wanted & (_NOT_EC if elliptic else _NOT_RSA)
    unknown = {bit for bit in wanted if not 0 <= bit < len(USAGES)}
    found = [("key.usage-not-for-ec" if elliptic else "key.usage-not-for-rsa", cannot), ("key.usage-unknown", unknown)]
    if role == "tls":
        found.append(("key.usage-not-for-subscriber", (wanted & _NOT_SUBSCRIBER) - cannot))
        found.append(("key.usage-not-advised", (wanted & {_AGREE if elliptic else _ENCIPHER_DATA})))
    stated = [finding(code, place, saw=map(_name, sorted(which))) for code, which in found if which]
    if not wanted:
        stated.append(finding("key.usage-empty", place))
    elif role == "tls" and _SIGN not in wanted:
        stated.append(finding("key.usage-signature-missing" if elliptic else "key.usage-signature-advised", place))
    return tuple(stated)


def _name(bit: int) -> str:
    return USAGES[bit] if 0 <= bit < len(USAGES) else f"bit {bit}"
