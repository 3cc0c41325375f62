"""The choices about CAA."""

from __future__ import annotations

from typing import Literal

import attrs

from pkicheck.errors import InputError
from pkicheck.policy._fields import between, flag, one_of, text

__all__ = ["CaaPolicy"]


@attrs.frozen(kw_only=True)
class CaaPolicy:
    """Choices about CAA.

    Attributes:
        rfc8657: `dated`: accounturi and validationmethods are advice until BR 4.2.2.1.2 makes them binding;
            `binding`: they bind at every date.
        critical_bits: the bits of the flags octet that mean critical. 128 by RFC 8659 §4.1; 129 also takes value 1 as
            critical, as one large CA does. Bit 128 is always in.
        malformed_tag: what a tag with octets other than letters and digits does when it is not critical: `refuse`, or
            `tolerate` (it is reported and read past).
        failure_permits: whether a lookup failure may count as permission when every condition of BR 3.2.2.8 was
            observed. Off: a failure is never permission.
        canary_zone: a wildcard zone outside the CA's infrastructure with TTL 0, needed when `failure_permits` is on.
    """

    rfc8657: Literal["dated", "binding"] = attrs.field(default="dated", validator=one_of("dated", "binding"))
    critical_bits: int = attrs.field(default=128, validator=between(128, 255))
    malformed_tag: Literal["refuse", "tolerate"] = attrs.field(default="refuse", validator=one_of("refuse", "tolerate"))
    failure_permits: bool = attrs.field(default=False, validator=flag)
    canary_zone: str = attrs.field(default="", validator=text)

    def __attrs_post_init__(self) -> None:
        if self.failure_permits and not self.canary_zone:
            msg = "policy: caa.failure_permits needs caa.canary_zone, a wildcard zone outside the CA's infrastructure"
            raise InputError(msg)
