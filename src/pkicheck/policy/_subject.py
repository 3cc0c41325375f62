"""The choices about subject attributes."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import attrs

from pkicheck.policy._fields import one_of, span

__all__ = ["SubjectPolicy"]


@attrs.frozen(kw_only=True)
class SubjectPolicy:
    """Choices about subject attributes.

    Attributes:
        country_xx: what the country code `XX` does, which stands for a country without an official code: `note` or
            `refuse`.
        country_list_max_age: how old the list of country codes may be; it changes once in several years.
    """

    country_xx: Literal["note", "refuse"] = attrs.field(default="note", validator=one_of("note", "refuse"))
    country_list_max_age: timedelta = attrs.field(
        default=timedelta(days=730), validator=span(timedelta(days=1), timedelta(days=3660))
    )
