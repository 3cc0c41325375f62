"""The strict reader of DER (X.690): bytes in, places and values out. Whatever in this package reads DER, reads it here.

    element = identifier length content    ; `headers` has the grammar of the first two
    content = *OCTET / *element            ; as the constructed bit of the identifier says

An `Element` is a place in the bytes it was read from, so what was signed is sliced and never encoded again:

    info, algorithm, signature = read(request, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    signed = info.encoded                      # these very octets
    reader = info.reader()                     # field by field, where some are optional
    version = reader.take(INTEGER).integer()
    subject, key = reader.take(SEQUENCE), reader.take(SEQUENCE)
    attributes = reader.take_optional(context(0, constructed=True))
    reader.end()

Reading is lazy and checks what it touches; `defects` walks everything and names all that is not DER. Nothing recurses,
each octet is looked at a bounded number of times. Total: any bytes give a value or `DerError`, at an offset into the
bytes given to `read`. Whether a defect refuses anything is the caller's decision: `DerError` ends in a finding.
"""

from __future__ import annotations

from pkicheck.der.elements import Element, Reader, read
from pkicheck.der.limits import DEFAULT_LIMITS, Limits
from pkicheck.der.reasons import REASONS, Defect, DerError, Reason
from pkicheck.der.tags import (
    ANY,
    BIT_STRING,
    BMP_STRING,
    BOOLEAN,
    ENUMERATED,
    GENERALIZED_TIME,
    IA5_STRING,
    INTEGER,
    NULL,
    NUMERIC_STRING,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    TELETEX_STRING,
    UNIVERSAL_STRING,
    UTC_TIME,
    UTF8_STRING,
    VISIBLE_STRING,
    TagClass,
    context,
)
from pkicheck.der.walk import defects, defects_inside

__all__ = [
    "ANY",
    "BIT_STRING",
    "BMP_STRING",
    "BOOLEAN",
    "DEFAULT_LIMITS",
    "ENUMERATED",
    "GENERALIZED_TIME",
    "IA5_STRING",
    "INTEGER",
    "NULL",
    "NUMERIC_STRING",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "PRINTABLE_STRING",
    "REASONS",
    "SEQUENCE",
    "SET",
    "TELETEX_STRING",
    "UNIVERSAL_STRING",
    "UTC_TIME",
    "UTF8_STRING",
    "VISIBLE_STRING",
    "Defect",
    "DerError",
    "Element",
    "Limits",
    "Reader",
    "Reason",
    "TagClass",
    "context",
    "defects",
    "defects_inside",
    "read",
]
