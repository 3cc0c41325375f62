"""CA certificates by key: whether all certificates of a key are revoked (R093; pure).

A key that must not be used any more is out of use only when every certificate of it is revoked: the cross-signed ones,
and those of all platforms, too.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from pkicheck.canon import Sha256, digest
from pkicheck.der import DerError
from pkicheck.hsmlog.model import SignedObject, Unreadable
from pkicheck.x509 import read_certificate

__all__ = ["KeyGroup", "group_by_key"]


@attrs.frozen(kw_only=True)
class KeyGroup:
    """The certificates of one public key.

    Attributes:
        key: SHA-256 of the SPKI.
        certificates: SHA-256 of each certificate, in order.
        outstanding: those that no store marks as revoked.
    """

    key: Sha256
    certificates: tuple[Sha256, ...]
    outstanding: tuple[Sha256, ...]


def group_by_key(objects: Iterable[SignedObject | Unreadable]) -> tuple[KeyGroup, ...]:
    """Group certificates by the key that they certify.

    Args:
        objects: of stores; attribute `revoked` says whether one is revoked. What is no certificate is passed over. A
            certificate that several stores have counts once, and as revoked only when all of them say so.

    Returns:
        One group for each key, by key.
    """
    found: dict[Sha256, dict[Sha256, bool]] = {}
    for each in objects:
        if isinstance(each, Unreadable) or each.kind != "certificate":
            continue
        try:
            tbs, _, _ = read_certificate(each.der)
        except DerError:
            continue
        group = found.setdefault(digest(tbs.key.encoded), {})
        name = digest(each.der)
        group[name] = group.get(name, True) and each.attribute("revoked") not in {"", "no"}
    return tuple(
        KeyGroup(
            key=key,
            certificates=tuple(sorted(group)),
            outstanding=tuple(sorted(name for name, revoked in group.items() if not revoked)),
        )
        for key, group in sorted(found.items())
    )
