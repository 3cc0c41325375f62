"""Which grammar a log is in, by its first octets; or the one that the caller names.

Detection looks at what only one grammar can begin with. When it finds nothing, it says what it saw: a wrong guess would
end in a log without a single operation, which looks like silence.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pkicheck.errors import InputError

__all__ = ["ENOUGH", "FORMATS", "detect"]

ENOUGH: Final = 64 * 1024
"""So many octets are enough to detect a grammar."""

FORMATS: Final = (
    "pkcs11-spy",
    "p11-kit",
    "yubihsm",
    "cloudtrail",
    "aws-cloudhsm",
    "gcp-kms",
    "azure-managed-hsm",
    "sign-record",
    "mapping",
)
"""The names of the grammars of logs."""

_SIGNS: Final = (
    ("pkcs11-spy", re.compile(rb"\s*(?:\*{15} OpenSC PKCS#11 spy|\d{1,10}: C_\w{1,60}\n(?:P:|\d{4}-))")),
    ("pkcs11-spy", re.compile(rb"[^\n]{0,400}\n(?:[^\n]{0,400}\n){0,200}?\n\d{1,10}: C_\w{1,60}\n(?:P:|\d{4}-)")),
    ("p11-kit", re.compile(rb"\s*C_\w{1,60}\n\s+(?:IN|OUT): |\s*C_\w{1,60}\nC_\w{1,60} = CKR_")),
    (
        "yubihsm",
        re.compile(rb"\s*(?:\d{1,5} unlogged (?:boots|auth)|Found \d{1,5} items?\n|item: +\d{1,5} -- cmd: 0x)"),
    ),
    ("yubihsm", re.compile(rb"\s*[0-9a-fA-F]{72,}\s*(?:\n|$)")),
    ("sign-record", re.compile(rb'\{"hash":"[0-9a-f]{64}","log":"')),
    ("aws-cloudhsm", re.compile(rb"\s*Time: ?[^\n]{1,60}, usecs:\d{1,17}\r?\nSequence No ?:")),
)
_JSON: Final = (
    ("cloudtrail", (b'"eventSource"', b'"eventName"')),
    ("gcp-kms", (b'"protoPayload"', b'"insertId"')),
    ("gcp-kms", (b'"protoPayload"', b'"logName"')),
    ("azure-managed-hsm", (b'"operationName"', b'"resourceId"')),
)
_OTHERS: Final = (
    (b"\x1f\x8b", "gzip: it must be unpacked first"),
    (b"PK\x03\x04", "a ZIP archive: its members are read one by one"),
    (b"\x30\x82", "DER: an object, not a log"),
    (b"-----BEGIN ", "PEM: objects, not a log"),
    (b"CEF:", "CEF: nShield's fields are not public, so it needs a mapping"),
)


def _is_yubihsm(head: bytes) -> bool:
    """GET LOG ENTRIES: two counters, a count up to 62, and entries whose numbers follow each other."""
    if len(head) < 5 or not 0 < head[4] <= 62 or (len(head) - 5 < 32):
        return False
    numbers = [int.from_bytes(head[at : at + 2], "big") for at in range(5, min(len(head), 5 + 32 * head[4]) - 31, 32)]
    return all(after in ((before + 1) & 0xFFFF, 1) for before, after in pairwise(numbers))


def detect(head: bytes) -> str:
    """The name of the grammar of a log.

    Args:
        head: the first octets of the log, unpacked: all of it, or `ENOUGH`.

    Raises:
        InputError: none is recognised; the message says what was seen, and which names there are.
    """
    if not head.strip():
        msg = "log: it is empty, so its format cannot be told: name it"
        raise InputError(msg)
    for name, pattern in _SIGNS:
        if pattern.match(head):
            return name
    if head.lstrip()[:1] in (b"{", b"["):
        for name, marks in _JSON:
            if all(mark in head for mark in marks):
                return name
        saw = "JSON without the fields of a log that is known: it may need a mapping"
    elif _is_yubihsm(head):
        return "yubihsm"
    else:
        saw = next(
            (what for begin, what in _OTHERS if head.startswith(begin)), f"octets that begin {head[:16].hex(' ')}"
        )
    msg = f"log: no known format, saw {saw}; name one of {', '.join(FORMATS)}"
    raise InputError(msg)
