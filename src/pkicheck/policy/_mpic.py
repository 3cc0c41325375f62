"""The choices about multi-perspective corroboration."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import attrs

from pkicheck.policy._fields import between, flag, one_of, span

__all__ = ["MpicPolicy"]


@attrs.frozen(kw_only=True)
class MpicPolicy:
    """Choices about multi-perspective corroboration.

    Attributes:
        required: whether the duty of BR 3.2.2.9 is followed (from the day it binds).
        remotes: at least so many remote perspectives, where that is more than the rule of the day asks for.
        claims: whether a remote that only says what it concluded counts, its raw answer being kept, or only evidence
            that can be decided again.
        attempt: all that the perspectives of one attempt saw lies within this time.
    """

    required: bool = attrs.field(default=True, validator=flag)
    remotes: int = attrs.field(default=0, validator=between(0, 64))
    claims: Literal["count", "refuse"] = attrs.field(default="count", validator=one_of("count", "refuse"))
    attempt: timedelta = attrs.field(
        default=timedelta(minutes=10), validator=span(timedelta(seconds=1), timedelta(hours=24))
    )
