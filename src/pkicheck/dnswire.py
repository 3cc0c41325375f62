"""DNS messages read from their bytes: header, question, records, the alias chain of an answer (RFC 1035 §4).

dnspython refuses a whole message for one ill-formed CAA tag, or drops the record when told to go on. A CAA checker must
see such a record, so messages are walked here and RDATA is handed out as bytes. Everything is bounded by the message
itself (65,535 octets): names are decompressed once per offset, pointers must point backwards, owners are lower case.

Total: any octets give a `Message` or `WireError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class
from types import MappingProxyType
from typing import Final, NamedTuple

import attrs

__all__ = [
    "AAAA",
    "CAA",
    "CNAME",
    "DNAME",
    "DNSKEY",
    "DS",
    "NSEC",
    "NSEC3",
    "SOA",
    "TXT",
    "A",
    "Message",
    "Record",
    "WireError",
    "build_query",
    "build_response",
    "is_above",
    "read_absence",
    "read_message",
    "read_name",
]

A: Final = 1
CNAME: Final = 5
SOA: Final = 6
TXT: Final = 16
AAAA: Final = 28
DNAME: Final = 39
DS: Final = 43
NSEC: Final = 47
DNSKEY: Final = 48
NSEC3: Final = 50
CAA: Final = 257

_HEADER: Final = Struct("!6H")
_RECORD: Final = Struct("!HHIH")
_OPT: Final = 41
_IN: Final = 1
_LARGEST: Final = 65535
_LONGEST_NAME: Final = 255
# A name has at most 127 labels, so an honest one never needs more; a chain of pointers would make a message quadratic.
_MOST_POINTERS: Final = 127

_LOWER: Final = bytes(range(0x41)) + bytes(range(0x61, 0x7B)) + bytes(range(0x5B, 0x100))


class WireError(ValueError):
    """The octets are not a DNS message; `reason` says why, `offset` where."""

    def __init__(self, reason: str, offset: int) -> None:
        self.reason = reason
        self.offset = offset
        super().__init__(f"{reason} at octet {offset}")


class Record(NamedTuple):
    """A resource record of class IN.

    Attributes:
        owner: the owner name, uncompressed and lower case.
        rdtype: the type's number.
        ttl: in seconds; a TTL with the top bit set counts as 0 (RFC 2181 §8).
        start: where its RDATA begins in the message.
        end: where its RDATA ends.
    """

    owner: bytes
    rdtype: int
    ttl: int
    start: int
    end: int


@attrs.frozen
class Message:
    """A response as it came.

    Attributes:
        raw: all its octets.
        flags: the second 16 bits of the header.
        rcode: the response code, with the extension of EDNS (RFC 6891 §6.1.3).
        question: `(name, rdtype)` of its one question of class IN, or None.
        answer, authority: their records of class IN.
        ede: extended DNS errors: `(info code, text)` (RFC 8914).
    """

    raw: bytes
    flags: int
    rcode: int
    question: tuple[bytes, int] | None
    answer: tuple[Record, ...]
    authority: tuple[Record, ...]
    ede: tuple[tuple[int, bytes], ...]

    @property
    def is_response(self) -> bool:
        """QR is set and the opcode is QUERY."""
        return self.flags & 0xF800 == 0x8000

    @property
    def truncated(self) -> bool:
        """TC."""
        return bool(self.flags & 0x0200)

    @property
    def recursion_available(self) -> bool:
        """RA."""
        return bool(self.flags & 0x0080)

    @property
    def authentic(self) -> bool:
        """AD."""
        return bool(self.flags & 0x0020)

    def rdata(self, record: Record) -> bytes:
        """The RDATA of a record, as it stands."""
        return self.raw[record.start : record.end]

    def name_in(self, record: Record) -> bytes | None:
        """The name that fills the RDATA of a record (CNAME, DNAME), or None when it is not one well-formed name.

        Old software compresses such names, so pointers into the message are followed.
        """
        try:
            name, end = read_name(self.raw, record.start)
        except WireError:
            return None
        return name if end == record.end else None


def _u16(raw: bytes, at: int) -> int:
    return raw[at] << 8 | raw[at + 1]


def read_name(raw: bytes, at: int, known: dict[int, bytes] | None = None) -> tuple[bytes, int]:
    """The uncompressed lower-case name at an offset of a message, and the offset behind it.

    Compression pointers must point to an earlier octet than every one before (RFC 1035 §4.1.4 says "prior occurrence"),
    so the walk ends. `known` remembers names by offset, which keeps a message of pointers linear.

    Raises:
        WireError: truncated, a reserved label type, a pointer that does not go back, more than 255 octets.
    """
    parts: list[bytes] = []
    places: list[tuple[int, int]] = [(at, 0)]
    length = 0
    end = -1
    here = at
    tail = b"\0"
    size = len(raw)
    while True:
        if end >= 0 and known is not None and here in known:
            tail = known[here]
            break
        if here >= size:
            raise WireError("name is cut off", here)
        octet = raw[here]
        if octet == 0:
            if end < 0:
                end = here + 1
            break
        if octet < 64:
            following = here + 1 + octet
            if following > size:
                raise WireError("label is cut off", here)
            length += octet + 1
            if length >= _LONGEST_NAME:
                raise WireError("name is longer than 255 octets", at)
            parts.append(raw[here:following])
            here = following
        elif octet >= 192:
            if here + 2 > size:
                raise WireError("pointer is cut off", here)
            target = (octet & 63) << 8 | raw[here + 1]
            if end < 0:
                end = here + 2
            if target >= places[-1][0]:
                raise WireError("pointer does not go back", here)
            if len(places) > _MOST_POINTERS:
                raise WireError("name has too many pointers", at)
            here = target
            places.append((target, len(parts)))
        else:
            raise WireError("label type is reserved", here)
    if length + len(tail) > _LONGEST_NAME:
        raise WireError("name is longer than 255 octets", at)
    name = b"".join(parts).translate(_LOWER) + tail
    if known is not None:
        skipped = index = 0
        for place, count in places:
            while index < count:
                skipped += len(parts[index])
                index += 1
            known[place] = name[skipped:]
    return name, end


def _know_suffixes(name: bytes, known: dict[int, bytes]) -> None:
    """File the name that stands at octet 12, and every name that begins inside it at a label."""
    at = 0
    while name[at]:
        known[12 + at] = name[at:]
        at += name[at] + 1


def read_message(raw: bytes) -> Message:
    """Walk a whole message.

    Raises:
        WireError: the octets are no message, hold more than one question, answer in another class than IN, or go on
            behind the last record.
    """
    size = len(raw)
    if size < 12:
        raise WireError("header is cut off", size)
    if size > _LARGEST:
        raise WireError("message is longer than 65535 octets", _LARGEST)
    _, flags, questions, *counts = _HEADER.unpack_from(raw)
    known: dict[int, bytes] = {}
    at = 12
    question: tuple[bytes, int] | None = None
    if questions > 1:
        raise WireError("more than one question", 4)
    if questions:
        name, at = read_name(raw, at, known)
        if at + 4 > size:
            raise WireError("question is cut off", at)
        if _u16(raw, at + 2) != _IN:
            raise WireError("question is not of class IN", at)
        question = (name, _u16(raw, at))
        if at - 12 == len(name):
            # Most owners are pointers into the question's name.
            _know_suffixes(name, known)
        at += 4
    rcode = flags & 15
    ede: tuple[tuple[int, bytes], ...] = ()
    opt_seen = False
    sections: list[tuple[Record, ...]] = []
    for section, count in enumerate(counts):
        records: list[Record] = []
        for _ in range(count):
            owner = known.get((raw[at] & 63) << 8 | raw[at + 1]) if at + 2 <= size and raw[at] >= 192 else None
            if owner is not None:
                at += 2
            else:
                owner, at = read_name(raw, at, known)
            if at + 10 > size:
                raise WireError("record is cut off", at)
            rdtype, rdclass, ttl, length = _RECORD.unpack_from(raw, at)
            start = at + 10
            end = start + length
            if end > size:
                raise WireError("RDATA is cut off", at)
            if rdtype == _OPT:
                if section != 2 or opt_seen or owner != b"\0":
                    raise WireError("OPT record is misplaced", at)
                opt_seen = True
                rcode |= ttl >> 24 << 4
                ede = _extended_errors(raw, start, end)
            elif rdclass == _IN:
                records.append(Record(owner, rdtype, ttl if ttl < 1 << 31 else 0, start, end))
            elif section < 2:
                # Signatures of messages have classes of their own, in the additional section.
                raise WireError("record is not of class IN", at)
            at = end
        sections.append(tuple(records))
    if at != size:
        raise WireError("octets follow the last record", at)
    return Message(raw, flags, rcode, question, sections[0], sections[1], ede)


def is_above(ancestor: bytes, name: bytes) -> bool:
    """Whether `ancestor` is `name` or an ancestor of it, by whole labels."""
    at = 0
    while len(name) - at > len(ancestor):
        at += name[at] + 1
    return name[at:] == ancestor


def read_absence(raw: bytes, name: bytes, rdtype: int) -> tuple[int, bool] | None:
    """The rcode (0 or 3) and AD of a message that says "no such record" in the commonest form; None for any other.

    Most answers of a climb are of this form, and this reads them several times as fast as `read_message`, with the same
    bounds and to the same end: a response with RA and without TC, the question echoed, no answer, no extended error,
    whole to its last octet, and in its authority section a SOA above the name.

    Args:
        raw: the message.
        name: the name asked, uncompressed and lower case.
        rdtype: the type asked.
    """
    size = len(raw)
    at = 16 + len(name)
    if not at <= size <= _LARGEST:
        return None
    _, flags, questions, answers, authorities, additional = _HEADER.unpack_from(raw)
    # QR, opcode QUERY, TC clear, RA; the lowest bits are the rcode.
    if flags & 0xFA80 != 0x8080 or flags & 15 not in (0, 3) or questions != 1 or answers:
        return None
    if raw[12 : at - 4].translate(_LOWER) != name or _u16(raw, at - 4) != rdtype or _u16(raw, at - 2) != _IN:
        return None
    known: dict[int, bytes] = {}
    _know_suffixes(name, known)
    proven = opt_seen = False
    try:
        for section, count in ((1, authorities), (2, additional)):
            for _ in range(count):
                owner = known.get((raw[at] & 63) << 8 | raw[at + 1]) if raw[at] >= 192 else None
                if owner is not None:
                    at += 2
                elif not raw[at]:
                    owner = b"\0"
                    at += 1
                else:
                    owner, at = read_name(raw, at, known)
                kind, rdclass, ttl, length = _RECORD.unpack_from(raw, at)
                at += 10 + length
                if kind == _OPT:
                    if section != 2 or opt_seen or owner != b"\0" or length or ttl >> 24:
                        return None
                    opt_seen = True
                elif section == 1:
                    if rdclass != _IN:
                        return None
                    proven = proven or (kind == SOA and is_above(owner, name))
    except (WireError, IndexError, StructError):
        return None
    return (flags & 15, bool(flags & 0x0020)) if proven and at == size else None


def _extended_errors(raw: bytes, at: int, end: int) -> tuple[tuple[int, bytes], ...]:
    """The EDE options (code 15) of an OPT record's RDATA (RFC 8914 §2)."""
    found: list[tuple[int, bytes]] = []
    while at < end:
        if at + 4 > end:
            raise WireError("EDNS option is cut off", at)
        option = _u16(raw, at)
        begin = at + 4
        at = begin + _u16(raw, at + 2)
        if at > end:
            raise WireError("EDNS option is cut off", begin)
        if option == 15:
            if at - begin < 2:
                raise WireError("extended DNS error is cut off", begin)
            found.append((_u16(raw, begin), raw[begin + 2 : at]))
    return tuple(found)


# RFC 6891 §6.1.2, RFC 3225: OPT with 1232 octets of UDP payload and DO.
_OPT_QUERY: Final = bytes.fromhex("000029 04d0 00008000 0000")


def build_query(name: bytes, rdtype: int, *, identity: int = 0, checking_disabled: bool = False) -> bytes:
    """A query of class IN with RD, AD (RFC 6840 §5.7) and EDNS DO; with CD on demand.

    Args:
        name: uncompressed owner name.
        rdtype: the type's number.
        identity: the 16-bit id.
        checking_disabled: set CD.
    """
    flags = 0x0130 if checking_disabled else 0x0120
    return b"".join(
        (
            identity.to_bytes(2, "big"),
            flags.to_bytes(2, "big"),
            b"\0\1\0\0\0\0\0\1",
            name,
            rdtype.to_bytes(2, "big"),
            b"\0\1",
            _OPT_QUERY,
        )
    )


_NO_EDE: Mapping[int, bytes] = MappingProxyType({})


def build_response(
    name: bytes,
    rdtype: int,
    *,
    rcode: int = 0,
    answer: tuple[tuple[bytes, int, int, bytes], ...] = (),
    authority: tuple[tuple[bytes, int, int, bytes], ...] = (),
    flags: int = 0x8180,
    identity: int = 0,
    ede: Mapping[int, bytes] = _NO_EDE,
) -> bytes:
    """A response message from `(owner, rdtype, ttl, rdata)` records: for zone data in memory and for tests.

    Args:
        name: uncompressed name of the question.
        rdtype: type of the question.
        rcode: up to 12 bits; the upper eight go into OPT.
        answer: records of the answer section.
        authority: records of the authority section.
        flags: QR, RD and RA by default.
        identity: the 16-bit id.
        ede: extended DNS errors by info code.
    """
    options = b"".join(
        b"\0\x0f" + (len(text) + 2).to_bytes(2, "big") + code.to_bytes(2, "big") + text for code, text in ede.items()
    )
    parts = [
        identity.to_bytes(2, "big"),
        (flags | rcode & 15).to_bytes(2, "big"),
        b"\0\1",
        len(answer).to_bytes(2, "big"),
        len(authority).to_bytes(2, "big"),
        b"\0\1",
        name,
        rdtype.to_bytes(2, "big"),
        b"\0\1",
    ]
    for owner, kind, ttl, rdata in (*answer, *authority):
        # The commonest owner is the question's: a pointer to it keeps large sets below the 64 KiB of a message.
        parts.append(b"\xc0\x0c" if owner == name and len(name) > 1 else owner)
        parts.append(kind.to_bytes(2, "big") + b"\0\1" + ttl.to_bytes(4, "big") + len(rdata).to_bytes(2, "big"))
        parts.append(rdata)
    parts.append(b"\0\0\x29\x04\xd0" + bytes([rcode >> 4]) + b"\0\x80\0" + len(options).to_bytes(2, "big") + options)
    return b"".join(parts)
