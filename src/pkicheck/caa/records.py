"""CAA RDATA read from its octets (RFC 8659 §4.1) and the properties of a set.

    RDATA = flags (1 octet) | tag length (1 octet, 1 to 255) | tag | value

    tag = 1*(ALPHA / DIGIT)

A record that does not have this shape is kept and named, never dropped: it may have been the one that forbids.
"""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["ISSUE_TAGS", "KNOWN_TAGS", "Malformed", "Property", "parse_rdata"]

ISSUE_TAGS: Final = frozenset({b"issue", b"issuewild", b"issuemail", b"issuevmc"})
"""Tags whose value is an issue-value (RFC 8659 §4.2, §4.3; RFC 9495 §3; VMC Requirements)."""

KNOWN_TAGS: Final = ISSUE_TAGS | {b"iodef", b"contactemail", b"contactphone"}
"""Tags that are understood, so that their critical flag changes nothing (IANA CAA properties; BR Appendix A.1).

RFC 8659 is silent on whether a property that cannot concern a TLS certificate (issuemail, contactemail) is understood
by a CA that ignores it there. It is: its meaning is known, and it is that it does not speak of such certificates.
"""


@attrs.frozen
class Property:
    """A CAA property.

    Attributes:
        flags: the flags octet as it stands.
        tag: as it stands.
        value: as it stands.
        name: the tag in lower case: tags compare without case (RFC 8659 §4.1).
        well_formed: whether the tag is letters and digits only.
    """

    flags: int
    tag: bytes
    value: bytes
    name: bytes
    well_formed: bool


@attrs.frozen
class Malformed:
    """RDATA that is not a CAA record, with the reason in words."""

    rdata: bytes
    why: str


def parse_rdata(rdata: bytes) -> Property | Malformed:
    """Read the RDATA of a CAA record. Total."""
    if len(rdata) < 2:
        return Malformed(rdata, "shorter than flags and tag length")
    length = rdata[1]
    if length == 0:
        return Malformed(rdata, "the tag is empty")
    if 2 + length > len(rdata):
        return Malformed(rdata, "the tag goes on behind the end")
    tag = rdata[2 : 2 + length]
    return Property(rdata[0], tag, rdata[2 + length :], tag.lower(), tag.isalnum())
