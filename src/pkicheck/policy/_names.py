"""The choices about names and addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import attrs

from pkicheck.policy._fields import flag, one_of, span

__all__ = ["NamesPolicy"]


@attrs.frozen(kw_only=True)
class NamesPolicy:
    """Choices about names and addresses.

    Attributes:
        internal: whether names outside the IANA root zone, special-use names and addresses of the special-purpose
            registries are allowed (a private PKI).
        onion: whether onion names are allowed (BR Appendix B).
        idna2008: what a P-Label that breaks IDNA 2008 does: `note` or `refuse`.
        nfc: what a P-Label whose Unicode form is not in NFC does: `note` or `refuse`.
        list_max_age: how old a list may be at the moment judged.
        list_stale: what a list that is too old does: `doubt` or `note`.
    """

    internal: bool = attrs.field(default=False, validator=flag)
    onion: bool = attrs.field(default=True, validator=flag)
    idna2008: Literal["note", "refuse"] = attrs.field(default="note", validator=one_of("note", "refuse"))
    nfc: Literal["note", "refuse"] = attrs.field(default="refuse", validator=one_of("note", "refuse"))
    list_max_age: timedelta = attrs.field(
        default=timedelta(days=180), validator=span(timedelta(hours=1), timedelta(days=3660))
    )
    list_stale: Literal["doubt", "note"] = attrs.field(default="doubt", validator=one_of("doubt", "note"))
