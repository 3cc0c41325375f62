"""How much DER is read before giving up."""

from __future__ import annotations

from typing import Final

import attrs

from pkicheck.errors import InputError

__all__ = ["DEFAULT_LIMITS", "Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """How much is read before giving up.

    Attributes:
        max_bytes: octets of input. A request with 10,000 names has a third of the default; a reader of CRLs raises it.
        max_depth: levels of a whole walk. A certificate inside CMS has 15, so the default is twice what is real.
        max_elements: elements of a whole walk. The request with 10,000 names has 10,000; a reader of CRLs raises it.
        max_defects: entries of the answer. Nobody reads on after 100.
    """

    max_bytes: int = 1 << 20
    max_depth: int = 32
    max_elements: int = 100_000
    max_defects: int = 100

    def __attrs_post_init__(self) -> None:
        # With no room for a defect, everything would look free of them.
        if min(self.max_bytes, self.max_depth, self.max_elements, self.max_defects) < 1:
            raise InputError("limits: expected numbers from 1 upwards")


DEFAULT_LIMITS: Final = Limits()
