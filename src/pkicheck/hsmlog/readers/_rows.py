"""A row of a CA's own store, as its readers give it: the octets of one object, and what the store says beside them."""

from __future__ import annotations

from datetime import datetime

import attrs

from pkicheck.hsmlog.model import Locator
from pkicheck.issuerkey import ObjectKind

__all__ = ["StoredRow"]


@attrs.frozen(kw_only=True)
class StoredRow:
    """One object of a store, not yet looked into.

    Attributes:
        locator: where it stands.
        uid: what names this copy of it.
        der: its octets.
        kind: what the store takes it for; None: it does not say.
        stored_at: when the store took it in (UTC).
        attributes: what the store says beside it, as in `SignedObject`.
    """

    locator: Locator
    uid: str
    der: bytes
    kind: ObjectKind | None = None
    stored_at: datetime | None = None
    attributes: tuple[tuple[str, str], ...] = ()
