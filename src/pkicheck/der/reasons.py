"""What can be wrong with DER: a stable name per defect, and the one exception that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs

__all__ = ["REASONS", "Defect", "DerError", "Reason"]

Reason: TypeAlias = Literal[
    "bad-length",
    "bad-oid",
    "bad-string",
    "bad-time",
    "constructed-primitive",
    "default-encoded",
    "indefinite-length",
    "missing-element",
    "non-canonical-boolean",
    "non-minimal-integer",
    "non-minimal-length",
    "non-minimal-tag",
    "primitive-constructed",
    "reserved-length",
    "reserved-tag",
    "set-not-sorted",
    "too-deep",
    "too-large",
    "too-many-defects",
    "too-many-elements",
    "trailing-bytes",
    "trailing-zero-bits",
    "truncated",
    "unused-bits",
    "unused-bits-set",
    "wrong-tag",
]
"""The stable name of what is wrong."""

REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        "bad-length": "content of a length that its type does not have (X.690 §8.2.1, §8.3.1, §8.6.2, §8.8.2)",
        "bad-oid": "empty, cut off in an arc, or an arc that begins with 80 (X.690 §8.19.2)",
        "bad-string": "an octet outside the alphabet or the encoding of the string type (X.680 §41, X.690 §8.23)",
        "bad-time": "not YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ of a real moment (X.690 §11.7, §11.8; RFC 5280 §4.1.2.5)",
        "constructed-primitive": "constructed form of a type that DER writes primitive (X.690 §10.2)",
        "default-encoded": "the DEFAULT value is written out (X.690 §11.5)",
        "indefinite-length": "a length that ends by end-of-contents octets (X.690 §10.1)",
        "missing-element": "the content ends where an element must stand",
        "non-canonical-boolean": "a BOOLEAN other than 00 and FF (X.690 §11.1)",
        "non-minimal-integer": "an INTEGER or ENUMERATED with nine equal leading bits (X.690 §8.3.2)",
        "non-minimal-length": "a length in more octets than needed (X.690 §10.1)",
        "non-minimal-tag": "a tag number in more octets than needed (X.690 §8.1.2)",
        "primitive-constructed": "primitive form of a type that is always constructed (X.690 §8.9.1, §8.11.1)",
        "reserved-length": "the length octet FF (X.690 §8.1.3.5)",
        "reserved-tag": "the universal tag 0 or 15 (X.680 §8.4)",
        "set-not-sorted": "the elements of a SET OF are not in ascending order (X.690 §11.6)",
        "too-deep": "more levels than the limit; what stands deeper was not looked at",
        "too-large": "larger than the limit of this reader",
        "too-many-defects": "more defects than the limit; the list ends here",
        "too-many-elements": "more elements than the limit; the walk ended here",
        "trailing-bytes": "octets behind the last element expected",
        "trailing-zero-bits": "a list of named bits that ends with a zero bit (X.690 §11.2.2)",
        "truncated": "an element that does not end within what encloses it",
        "unused-bits": "a count of unused bits above 7, without octets, or where whole octets stand (X.690 §8.6.2)",
        "unused-bits-set": "an unused bit of a BIT STRING is not zero (X.690 §11.2.1)",
        "wrong-tag": "another tag than the one expected",
    }
)
"""Every reason with its meaning and section."""


class DerError(ValueError):
    """The bytes are not DER, or not the type asked for.

    Attributes:
        reason: what is wrong, a key of `REASONS`.
        offset: where, counted from the first octet given to `read`.
    """

    def __init__(self, reason: Reason, offset: int) -> None:
        self.reason: Reason = reason
        self.offset = offset
        super().__init__(reason, offset)  # both as args: the error survives a pickle

    def __str__(self) -> str:
        return f"{self.reason} at octet {self.offset}: {REASONS[self.reason]}"


@attrs.frozen
class Defect:
    """One entry of `defects`: a reason (key of `REASONS`) and an offset into the bytes."""

    reason: Reason
    offset: int
