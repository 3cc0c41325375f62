"""One record of a hash chain: its grammar, its hash, and what a seal signs. Nothing here touches a file.

A log is a sequence of lines. Each line is one canonical JSON object (RFC 8785) and a line feed:

    record   = "{" hash "," log "," payload "," schema-of-payload "," digest "," previous "," previous-seal ","
               schema "," seal "," sequence "," time "}" LF
    hash     = DQUOTE "hash" DQUOTE ":" DQUOTE 64hex DQUOTE            ; of this record, see below
    log      = ... "log" ... token                                     ; id of the log, one per writer
    payload  = ... "payload" ... ( object / "null" )                   ; null: withheld or erased
    schema-of-payload = ... "payload_schema" ... token
    digest   = ... "payload_sha256" ... 64hex                          ; SHA-256 of the canonical payload
    previous = ... "previous" ... 64hex                                ; hash of the record before, or the genesis
    previous-seal = ... "previous_seal" ... ( 64hex / "null" )         ; SHA-256 of the seal of the record before
    schema   = ... "schema" ... "pkicheck/chain/1"
    seal     = ... "seal" ... ( "null" / seal object with algorithm, key, signature )
    sequence = ... "sequence" ... 1*16DIGIT                            ; from 1, no leading zero, below 2**53
    time     = ... "time" ... RFC 3339 in UTC, six digits of microseconds, "Z"
    token    = ALNUM 0*127( ALNUM / "." / "_" / ":" / "/" / "@" / "-" )
    64hex    = 64 lower-case hexadecimal digits

The hash is SHA-256 over the canonical JSON of the record *without* `hash`, `payload` and `seal`. It covers the digest
of the payload and not the payload, so a payload can be withheld or erased and the chain still holds. It cannot cover
its own seal (which signs the hash): the next record does, so a seal cannot be changed, dropped or slipped in later.
Only the seal of the very last record can be dropped unseen, as a record without one is a record too; where a
head covers that record, nothing is lost by it.

The first record of a log is chained to its genesis: SHA-256 of the canonical JSON `{"genesis":<log id>,"schema":...}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, decode_bytes, digest, parse_json
from pkicheck.chainlog._values import HEX, MAX_SEQUENCE, SCHEMA, TOKEN, Head, Seal
from pkicheck.errors import InputError

__all__ = [
    "MAX_LINE",
    "RawRecord",
    "Record",
    "erase_payload",
    "hash_parts",
    "parse_record",
    "read_records",
    "read_seal",
    "record_line",
    "slice_line",
    "split_lines",
]

MAX_LINE = 4 * 1024 * 1024
"""The longest record in bytes, line feed included. The writer refuses more; a reader holds no more in memory."""

_front = re.compile(rf'\{{"hash":"({HEX})",("log":"({TOKEN})"),"payload":'.encode())
_back = re.compile(
    (
        rf'(,"payload_schema":"({TOKEN})","payload_sha256":"({HEX})","previous":"({HEX})","previous_seal":'
        rf'(?:null|"({HEX})"),"schema":"{SCHEMA}"),"seal":'
        rf'(?:null|(\{{"algorithm":"({TOKEN})","key":"({TOKEN})","signature":"([A-Za-z0-9+/=]{{4,21844}})"\}}))'
        # The hour is said here: whether 24:00:00 is a time differs between versions of the standard library.
        r'(,"sequence":([1-9][0-9]{0,15}),"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}'
        r'T(?:[01][0-9]|2[0-3])(?::[0-9]{2}){2}\.[0-9]{6}Z)"\})'
    ).encode(),
)
_BACK_START = b',"payload_schema":"'


def read_seal(text: bytes) -> Seal:
    """The seal in a `RawRecord`, whose grammar is known to be right."""
    algorithm, key, signature = cast("dict[str, str]", parse_json(text)).values()
    return Seal(algorithm, key, decode_bytes(signature))


def erase_payload(line: bytes) -> bytes:
    """The record `line` with the payload null. The line must be one that `slice_line` reads."""
    front = _front.match(line)
    assert front is not None
    return line[: front.end()] + b"null" + line[line.rfind(_BACK_START) :]


class RawRecord(NamedTuple):
    """A line cut into its fields, nothing judged yet. Hashes are the ASCII bytes of the line."""

    hash: bytes
    log: bytes
    payload: bytes | None
    schema: bytes
    payload_sha256: bytes
    previous: bytes
    previous_seal: bytes | None
    seal: bytes | None
    sequence: int
    time: bytes
    holds: bool
    """Own hash and, where the payload is present, its digest are right."""


def slice_line(line: bytes) -> RawRecord | None:
    """Cut one line (without its line feed) into fields; None when it is no record of the grammar.

    The payload is not read as JSON: its digest tells whether it is what the writer wrote. It lies between a front and a
    back of bounded size, and the back is the last place where `,"payload_schema":"` stands: nothing after it can hold
    that text, so there is one way to cut.
    """
    front = _front.match(line)
    start = line.rfind(_BACK_START)
    if front is None or start < front.end():
        return None
    back = _back.fullmatch(line, start)
    if back is None:
        return None
    own, log_field, log = front.groups()
    core, schema, payload_sha256, previous, previous_seal, seal, _, _, signature, tail, sequence, time = back.groups()
    number = int(sequence)
    payload = line[front.end() : start]
    withheld = payload == b"null"
    if not withheld and (payload[:1] != b"{" or payload[-1:] != b"}"):
        return None
    try:
        datetime.fromisoformat(time.decode())
        if seal is not None:
            decode_bytes(signature.decode())
    except ValueError:  # InputError is one
        return None
    if number > MAX_SEQUENCE:
        return None
    holds = sha256(b"{" + log_field + core + tail).hexdigest().encode() == own and (
        withheld or sha256(payload).hexdigest().encode() == payload_sha256
    )
    kept = None if withheld else payload
    return RawRecord(own, log, kept, schema, payload_sha256, previous, previous_seal, seal, number, time, holds)


@attrs.frozen(kw_only=True)
class Record:
    """One record whose own hash and payload digest hold. Whether the *chain* holds only `verify` says.

    Attributes:
        log_id: the id of the log.
        sequence: from 1, without gaps.
        time: the writer's clock when it was appended, UTC.
        schema: the schema of the payload.
        payload_sha256: SHA-256 of the canonical payload, present even when the payload is not.
        payload_json: the payload's bytes as written, None when it is withheld or erased.
        previous: hash of the record before.
        previous_seal: SHA-256 of the seal of the record before, None when that had none.
        seal: the seal of this record, None when it has none. Not checked.
        hash: the hash of this record.
    """

    log_id: str
    sequence: int
    time: datetime
    schema: str
    payload_sha256: Sha256
    payload_json: bytes | None
    previous: Sha256
    previous_seal: Sha256 | None
    seal: Seal | None
    hash: Sha256

    @property
    def head(self) -> Head:
        """The state of the log after this record."""
        return Head(self.log_id, self.sequence, self.hash)

    @property
    def payload(self) -> JsonValue:
        """The payload, an object; None when it is withheld or erased.

        Raises:
            InputError: the writer of this line did not write strict JSON (`canon.parse_json`).
        """
        return None if self.payload_json is None else parse_json(self.payload_json, what="payload")


def _record(raw: RawRecord) -> Record:
    return Record(
        log_id=raw.log.decode(),
        sequence=raw.sequence,
        time=datetime.fromisoformat(raw.time.decode()),
        schema=raw.schema.decode(),
        payload_sha256=Sha256(raw.payload_sha256.decode()),
        payload_json=raw.payload,
        previous=Sha256(raw.previous.decode()),
        previous_seal=None if raw.previous_seal is None else Sha256(raw.previous_seal.decode()),
        seal=None if raw.seal is None else read_seal(raw.seal),
        hash=Sha256(raw.hash.decode()),
    )


def parse_record(line: bytes) -> Record:
    """Read one line, with or without its line feed.

    Raises:
        InputError: it is no record, or its own hash or payload digest does not hold.
    """
    raw = slice_line(line.removesuffix(b"\n"))
    if raw is None or not raw.holds:
        msg = "chain record " + ("is not one of " + SCHEMA if raw is None else "was edited: its hash does not hold")
        raise InputError(msg)
    return _record(raw)


def read_records(chunks: Iterable[bytes]) -> Iterator[tuple[int, Record | None]]:
    """Every line with its byte offset: the record, or None where the line is none or does not hold. Links unchecked."""
    for offset, _, line, whole in split_lines(chunks):
        raw = slice_line(line) if whole and line is not None else None
        yield offset, None if raw is None or not raw.holds else _record(raw)


def split_lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, int, bytes | None, bool]]:
    """Cut a stream into lines, holding at most one line of `MAX_LINE` bytes in memory.

    Args:
        chunks: the bytes of the stream in any cut.

    Yields:
        offset of the line, its size without line feed, its bytes (None when longer than `MAX_LINE`), and whether a
        line feed ends it. A last line without one comes out with False.

    Raises:
        InputError: a chunk is not bytes.
    """
    offset = 0
    size = 0
    held: list[bytes] = []
    for chunk in chunks:
        if not isinstance(chunk, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - bytes iterate as int
            msg = f"chunks must be an iterable of bytes, got an item of type {type(chunk).__name__}"
            raise InputError(msg)
        pieces = chunk.split(b"\n")
        last = pieces.pop()
        for piece in pieces:
            size += len(piece)
            if size >= MAX_LINE:
                yield offset, size, None, True
            else:
                yield offset, size, b"".join((*held, piece)) if held else piece, True
            offset += size + 1
            size = 0
            held.clear()
        size += len(last)
        if size >= MAX_LINE:
            held.clear()
        elif last:
            held.append(last)
    if size:
        yield offset, size, b"".join(held) if size < MAX_LINE else None, False


def hash_parts(
    *, log_id: str, sequence: int, previous: Sha256, previous_seal: Sha256 | None, time: str, schema: str, body: bytes
) -> tuple[Sha256, str, str]:
    """The hash of a new record, and the two stretches of its line between which the seal comes.

    The arguments are the writer's own and known to fit the grammar; `body` is the canonical payload.
    """
    link = "null" if previous_seal is None else f'"{previous_seal}"'
    core = (
        f',"payload_schema":"{schema}","payload_sha256":"{digest(body)}","previous":"{previous}",'
        f'"previous_seal":{link},"schema":"{SCHEMA}"'
    )
    tail = f',"sequence":{sequence},"time":"{time}"}}'
    return digest(f'{{"log":"{log_id}"{core}{tail}'.encode()), core, tail


def record_line(own: Sha256, log_id: str, body: bytes, core: str, seal: bytes, tail: str) -> bytes:
    """The line of a record, line feed included, from what `hash_parts` gave. `body` and `seal` may be `null`."""
    front = f'{{"hash":"{own}","log":"{log_id}","payload":'.encode()
    return b"".join((front, body, core.encode(), b',"seal":', seal, tail.encode(), b"\n"))
