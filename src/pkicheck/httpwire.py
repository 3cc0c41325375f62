"""HTTP/1.1 responses read from their octets, to the letter of RFC 9112.

    response     = *( interim ) status-line CRLF *( field-line CRLF ) CRLF [ body ]
    status-line  = "HTTP/1." ( "0" / "1" ) SP 3DIGIT [ SP reason ]
    field-line   = token ":" OWS value OWS                    ; no line folding
    body         = nothing for 1xx, 204, 304; chunks; Content-Length octets; or all that is left

A decision looks at the octets that came and at nothing that a transport made of them. Total: any octets give a
response or the first defect; one pass, nothing recurses. Line ends are CRLF, a length is said once, nothing stands
behind the end.
"""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["HttpDefect", "HttpResponse", "read_response"]

_TOKEN: Final = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = b"0123456789"
_HEX: Final = b"0123456789abcdefABCDEF"
# Control characters that no value and no reason holds; a tab may.
_CONTROLS: Final = bytes(octet for octet in range(0x20) if octet != 0x09) + b"\x7f"
_MOST_FIELDS: Final = 100
_LONGEST_LINE: Final = 8192
_MOST_INTERIM: Final = 5
_MOST_CHUNKS: Final = 10_000


@attrs.frozen
class HttpResponse:
    """A response.

    Attributes:
        status: three digits.
        fields: `(name, value)` in order, names in lower case, values without white space around them.
        body: its content, chunks joined.
        complete: whether the body has the length that was announced; False when the octets end early.
    """

    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    complete: bool

    def values(self, name: bytes) -> tuple[bytes, ...]:
        """The values of a field, by its lower-case name."""
        return tuple(value for each, value in self.fields if each == name)


@attrs.frozen
class HttpDefect:
    """Why octets are no response: in words, and whether only because they end early."""

    why: str
    short: bool = False


class _Ends(Exception):
    """The octets end in the middle of something."""


class _Wrong(Exception):
    """What the grammar does not have."""


def read_response(raw: bytes) -> HttpResponse | HttpDefect:
    """Read the octets of one exchange, from the first of the status line to the end of what came."""
    try:
        at = 0
        for _ in range(_MOST_INTERIM + 1):
            version, status, at = _status_line(raw, at)
            fields, at = _fields(raw, at)
            if status // 100 != 1:
                return _with_body(raw, at, version, status, fields)
            if status == 101:
                return HttpDefect("the server switched to another protocol")
    except _Ends:
        return HttpDefect("the response ends in its head", short=True)
    except _Wrong as wrong:
        return HttpDefect(str(wrong))
    return HttpDefect(f"more than {_MOST_INTERIM} interim responses")


def _line(raw: bytes, at: int) -> tuple[bytes, int]:
    end = raw.find(b"\r\n", at, at + _LONGEST_LINE)
    if end < 0:
        if len(raw) - at >= _LONGEST_LINE:
            msg = f"a line is longer than {_LONGEST_LINE} octets"
            raise _Wrong(msg)
        if b"\n" in raw[at:]:
            msg = "a line does not end with CRLF"
            raise _Wrong(msg)
        raise _Ends
    line = raw[at:end]
    if line.translate(None, _CONTROLS) != line:
        msg = "a line of the head holds a control character"
        raise _Wrong(msg)
    return line, end + 2


def _status_line(raw: bytes, at: int) -> tuple[int, int, int]:
    line, at = _line(raw, at)
    version, status, rest = line[:9], line[9:12], line[12:]
    if version not in (b"HTTP/1.0 ", b"HTTP/1.1 "):
        msg = "the status line does not begin with HTTP/1.0 or HTTP/1.1"
        raise _Wrong(msg)
    if len(status) != 3 or status.strip(_DIGITS) or status[0] not in b"12345" or rest[:1] not in (b"", b" "):
        msg = "the status line has no status code of three digits"
        raise _Wrong(msg)
    return version[7] - 0x30, int(status), at


def _fields(raw: bytes, at: int) -> tuple[tuple[tuple[bytes, bytes], ...], int]:
    fields: list[tuple[bytes, bytes]] = []
    while True:
        line, at = _line(raw, at)
        if not line:
            return tuple(fields), at
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip(_TOKEN):
            msg = "a line of the head is no field"
            raise _Wrong(msg)
        if len(fields) == _MOST_FIELDS:
            msg = f"more than {_MOST_FIELDS} fields"
            raise _Wrong(msg)
        fields.append((name.lower(), value.strip(b" \t")))


def _with_body(
    raw: bytes, at: int, version: int, status: int, fields: tuple[tuple[bytes, bytes], ...]
) -> HttpResponse | HttpDefect:
    """The body, by RFC 9112 §6.3."""
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    lengths = {value for name, value in fields if name == b"content-length"}
    if status in (204, 304):
        # These have no body, whatever their fields say.
        return HttpResponse(status, fields, b"", complete=True) if at == len(raw) else HttpDefect(_BEHIND)
    if codings:
        if lengths or version == 0 or codings != [b"chunked"]:
            msg = "the transfer coding is not chunked alone"
            raise _Wrong(msg)
        body, end = _chunks(raw, at)
        if end is None:
            return HttpResponse(status, fields, body, complete=False)
        return HttpResponse(status, fields, body, complete=True) if end == len(raw) else HttpDefect(_BEHIND)
    if not lengths:
        return HttpResponse(status, fields, raw[at:], complete=True)
    length = lengths.pop()
    if lengths or not 1 <= len(length) <= 10 or length.strip(_DIGITS):
        msg = "Content-Length is no number, or several"
        raise _Wrong(msg)
    body = raw[at : at + int(length)]
    if at + int(length) < len(raw):
        return HttpDefect(_BEHIND)
    return HttpResponse(status, fields, body, complete=len(body) == int(length))


_BEHIND: Final = "octets stand behind the end of the response"


def _chunks(raw: bytes, at: int) -> tuple[bytes, int | None]:
    """The content of the chunks and the offset behind them, None when they are cut off (RFC 9112 §7.1)."""
    parts: list[bytes] = []
    try:
        for _ in range(_MOST_CHUNKS):
            line, at = _line(raw, at)
            size = line.partition(b";")[0].rstrip(b" \t")
            if not 1 <= len(size) <= 8 or size.strip(_HEX):
                msg = "a chunk has no size"
                raise _Wrong(msg)
            length = int(size, 16)
            if not length:
                return b"".join(parts), _fields(raw, at)[1]
            parts.append(raw[at : at + length])
            if at + length + 2 > len(raw):
                return b"".join(parts), None
            if raw[at + length : at + length + 2] != b"\r\n":
                msg = "a chunk does not end where its size says"
                raise _Wrong(msg)
            at += length + 2
    except _Ends:
        return b"".join(parts), None
    msg = f"more than {_MOST_CHUNKS} chunks"
    raise _Wrong(msg)
