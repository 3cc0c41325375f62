r"""Zone-file text (RFC 1035 §5) as records with their RDATA octets.

dnspython tokenises and encodes every type but CAA: it would refuse a CAA record that is ill-formed, and such records
are what a CAA check has to be tried on. CAA is written here as flags, tag and value, or as any octets (`TYPE257 \# 3
000541`).

A comment `; dnssec: secure` states the DNSSEC status of the zone data for the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias, cast, get_args

import attrs
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer

from pkicheck.dnswire import CAA
from pkicheck.errors import InputError
from pkicheck.names import DnsName

__all__ = ["ZoneRecord", "ZoneStatus", "read_zone_text", "zone_status"]

ZoneStatus: TypeAlias = Literal["secure", "unsigned", "unvalidated", "bogus"]
"""What the holder of zone data says of its DNSSEC status.

`secure`: signed, with a chain of trust. `unsigned`: the delegation to it is proven to have no DS. `unvalidated`: nobody
validated. `bogus`: signed, and validation fails.
"""

_LARGEST: Final = 64 * 1024 * 1024
_TTL: Final = re.compile(r"(?:\d{1,10}[smhdw]?){1,6}", re.IGNORECASE | re.ASCII)
_STATUS: Final = re.compile(r"^[ \t]*;+[ \t]*dnssec:[ \t]*([a-z]+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE | re.ASCII)


@attrs.frozen
class ZoneRecord:
    """One record: owner, type number, TTL in seconds, RDATA."""

    owner: DnsName
    rdtype: int
    ttl: int
    rdata: bytes


def zone_status(text: str, *, what: str = "zone file") -> ZoneStatus | None:
    """The DNSSEC status that a comment of the text states, or None.

    Raises:
        InputError: a status that is not known, or two that differ.
    """
    stated = {each.lower() for each in _STATUS.findall(text)}
    if not stated:
        return None
    known = get_args(ZoneStatus)
    if len(stated) > 1 or not stated <= set(known):
        msg = f"{what}: the comment `; dnssec:` must state one of {', '.join(known)}, got {', '.join(sorted(stated))}"
        raise InputError(msg)
    return cast("ZoneStatus", stated.pop())


def read_zone_text(text: str, *, what: str = "zone file", origin: str = ".") -> Iterator[ZoneRecord]:
    """The records of a zone text, in order.

    Understood: `$ORIGIN`, `$TTL`, owner inheritance, parentheses, comments, TTL and class in either order.

    Args:
        text: the whole text.
        what: how messages call it.
        origin: what relative names are relative to, until `$ORIGIN`.

    Raises:
        InputError: the first line that cannot be read, by its number.
    """
    if len(text) > _LARGEST:
        msg = f"{what} is longer than {_LARGEST} characters"
        raise InputError(msg)
    tok = dns.tokenizer.Tokenizer(text, filename=what)
    reader = _Reader(tok, _name(origin))
    while True:
        # Where the entry begins: an entry that ends early is only noticed on the next line.
        line = tok.where()[1]
        try:
            record = reader.entry()
        except (dns.exception.DNSException, ValueError, OverflowError, UnicodeError) as error:
            msg = f"{what}, line {line}: {str(error) or type(error).__name__}"
            raise InputError(msg) from None
        if record is None:
            return
        if isinstance(record, ZoneRecord):
            yield record


def _name(text: str) -> dns.name.Name:
    # An explicit codec: dnspython's default differs between machines with and without the package idna.
    return dns.name.from_text(text, dns.name.root, dns.name.IDNA_2003_Strict)


class _Reader:
    """The state of a zone text: origin, default TTL, last owner."""

    def __init__(self, tok: dns.tokenizer.Tokenizer, origin: dns.name.Name) -> None:
        self._tok = tok
        self._origin = origin
        self._default_ttl: int | None = None
        self._last_ttl: int | None = None
        self._owner: dns.name.Name | None = None

    def entry(self) -> ZoneRecord | bool | None:
        """The next record; True for a line without one; None at the end."""
        token = self._tok.get(want_leading=True)
        if token.is_eof():
            return None
        if token.is_eol():
            return True
        if token.is_whitespace():
            token = self._tok.get()
            if token.is_eol_or_eof():
                if token.is_eof():
                    self._tok.unget(token)
                return True
            self._tok.unget(token)
            if self._owner is None:
                raise ValueError("a line without an owner name comes first")
        elif str(token.value).startswith("$"):
            self._directive(str(token.value).upper())
            return True
        else:
            self._tok.unget(token)
            self._owner = self._tok.get_name(self._origin)
        return self._record()

    def _directive(self, name: str) -> None:
        if name == "$ORIGIN":
            self._origin = self._tok.get_name(self._origin)
        elif name == "$TTL":
            self._default_ttl = self._last_ttl = self._tok.get_ttl()
        else:
            msg = f"{name} is not supported: only $ORIGIN and $TTL are"
            raise ValueError(msg)
        self._tok.get_eol()

    def _record(self) -> ZoneRecord:
        ttl: int | None = None
        rdclass: str | None = None
        while True:
            token = self._tok.get()
            if not token.is_identifier():
                raise ValueError("a record needs a type")
            word = str(token.value)
            if ttl is None and _TTL.fullmatch(word):
                self._tok.unget(token)
                ttl = self._tok.get_ttl()
            elif rdclass is None and word.upper() in ("IN", "CH", "HS", "CLASS1"):
                rdclass = word.upper()
            else:
                break
        if rdclass not in (None, "IN", "CLASS1"):
            msg = f"class {rdclass} is not supported: only IN is"
            raise ValueError(msg)
        ttl = next((each for each in (ttl, self._default_ttl, self._last_ttl) if each is not None), 3600)
        self._last_ttl = ttl
        rdtype = dns.rdatatype.from_text(word)
        if dns.rdatatype.is_metatype(rdtype):
            msg = f"{word} is not a type of records"
            raise ValueError(msg)
        owner = self._owner
        if owner is None:
            raise ValueError("a record needs an owner name")
        return ZoneRecord(DnsName(owner.to_wire() or b"\0"), int(rdtype), ttl, self._rdata(rdtype))

    def _rdata(self, rdtype: dns.rdatatype.RdataType) -> bytes:
        token = self._tok.get()
        if token.is_identifier() and token.value == r"\#":
            length = self._tok.get_int()
            data = bytes.fromhex(str(self._tok.concatenate_remaining_identifiers(True)))
            self._tok.get_eol()
            if len(data) != length or length > 65535:
                raise ValueError(r"\# states another length than its octets have")
            return data
        self._tok.unget(token)
        if rdtype == CAA:
            return self._caa()
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, self._tok, self._origin, False)
        return rdata.to_wire() or b""

    def _caa(self) -> bytes:
        flags = self._tok.get_uint8()
        tag = self._octets()
        token = self._tok.get()
        # RFC 8659 §4.1.1: the value is one string; an unquoted one has no blanks. No value at all is an empty one.
        value = b"" if token.is_eol_or_eof() else bytes(token.unescape_to_bytes().value)
        if token.is_eol_or_eof():
            self._tok.unget(token)
        if not 0 <= len(tag) <= 255:
            raise ValueError("a CAA tag has at most 255 octets")
        self._tok.get_eol()
        return bytes((flags, len(tag))) + tag + value

    def _octets(self) -> bytes:
        token = self._tok.get()
        if token.is_eol_or_eof():
            raise ValueError("a CAA record has flags, a tag and a value")
        return bytes(token.unescape_to_bytes().value)
