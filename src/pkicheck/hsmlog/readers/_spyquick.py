"""The two calls that a trace is made of, read by one pattern each: `C_SignInit` without a parameter, and `C_Sign`.

What does not have exactly this shape is left to the reader of whole blocks (`_spyblock`), which gives the same for it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pkicheck.hsmlog.readers._spyblock import BrokenBlock, dump_at

__all__ = ["QuickInit", "QuickSign", "quick_init", "quick_sign"]

_STAMP: Final = rb"\n(?:P:(\d{1,10}); T:(?:0x)?\d{1,20} )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{1,3})\n"
_SESSION: Final = rb"\[in\] hSession = (0x[0-9a-f]{1,16})\n"
_INIT: Final = re.compile(
    rb"(\d{1,10}): C_SignInit"
    + _STAMP
    + _SESSION
    + rb"\[in\] pMechanism->type = (\w{1,60}) *\n"
    + rb"\[in\] pMechanism->pParameter(?:\[ulParameterLen\] NULL \[size : 0x0 \(0\)\]| = NULL)\n"
    + rb"\[in\] hKey = (0x[0-9a-f]{1,16})\nReturned:  0 CKR_OK"
)
_SIGN: Final = re.compile(
    rb"(\d{1,10}): C_Sign" + _STAMP + _SESSION + rb"\[in\] pData\[ulDataLen\] [0-9a-f]{1,16} / (\d{1,9})\n"
)
_SIGNATURE: Final = re.compile(
    rb"\[out\] pSignature\[\*pulSignatureLen\] "
    rb"(?:NULL \[size : 0x[0-9a-f]{1,16} \(\d{1,9}\)\]|[0-9a-f]{1,16} / (\d{1,5}))\n"
)
_RETURNED: Final = b"Returned:  0 CKR_OK"


class QuickInit(NamedTuple):
    """A `C_SignInit` that succeeded."""

    number: int
    process: str
    session: str
    mechanism: str
    key: str


class QuickSign(NamedTuple):
    """A `C_Sign` that succeeded. `signature` None: it asked for the length only, and `data` is empty."""

    number: int
    process: str
    second: bytes
    millis: int
    session: str
    data: bytes
    signature: bytes | None


def quick_init(text: bytes) -> QuickInit | None:
    """Read a block as a `C_SignInit`; None: it has another shape."""
    match = _INIT.fullmatch(text)
    if match is None:
        return None
    number, process, _, _, session, mechanism, key = match.groups()
    name = "" if process is None else process.decode()
    return QuickInit(int(number), name, session.decode(), mechanism.decode(), key.decode())


def quick_sign(text: bytes) -> QuickSign | None:
    """Read a block as a `C_Sign`; None: it has another shape."""
    match = _SIGN.match(text)
    if match is None:
        return None
    number, process, second, millis, session, size = match.groups()
    at, length = match.end(), int(size)
    lines = (length + 15) >> 4 or 1
    after = _SIGNATURE.match(text, at + 80 * lines)
    if after is None:
        return None
    name = "" if process is None else process.decode()
    signed = after[1]
    if signed is None:
        # Only the places of the lines are looked at: the data of a length query is the data of the call behind it.
        if text[after.end() :] != _RETURNED or text.count(b"\n") != lines + 5:
            return None
        return QuickSign(int(number), name, second, int(millis), session.decode(), b"", None)
    try:
        data, _ = dump_at(text, at, length)
        signature, end = dump_at(text, after.end(), int(signed))
    except BrokenBlock:
        return None
    if text[end:] != _RETURNED:
        return None
    return QuickSign(int(number), name, second, int(millis), session.decode(), data, signature)
