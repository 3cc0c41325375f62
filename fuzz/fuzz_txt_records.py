"""TXT records as octets: joined strings, persistent records, contact values.

Any octets give a text or nothing, and a code or nothing; what fits names the issuer and the account octet by octet.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Final

from pkicheck.codes import CATALOGUE
from pkicheck.dcv.contactvalues import canonical_email, canonical_phone
from pkicheck.dcv.persist import persist_defect
from pkicheck.dcv.records import txt_text

__all__ = ["seeds", "target"]

_AT: Final = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_ACCOUNT: Final = b"https://ca.example/1"
_ISSUERS: Final = frozenset({b"ca.example"})


def _strings(text: bytes) -> bytes:
    return b"".join(bytes((len(text[at : at + 255]),)) + text[at : at + 255] for at in range(0, len(text), 255))


def seeds() -> Iterator[bytes]:
    """Records that fit, records that nearly do, and contacts."""
    for text in (
        b"ca.example; accounturi=https://ca.example/1",
        b"ca.example; accounturi=https://ca.example/1; persistUntil=1795262400",
        b"CA.example;policy=wildcard ; ACCOUNTURI = https://ca.example/1",
        b"other.example; accounturi=https://ca.example/1; accounturi=x",
        b"hello@shop.example",
        "b\u00fccher@shop.example".encode(),
        b"+1 (555) 01-00",
    ):
        yield _strings(text)


def target(data: bytes) -> None:
    """One record."""
    text = txt_text(data)
    if text is not None:
        assert len(text) < len(data)
        assert len(_strings(text)) <= len(data) + 1
    defect = persist_defect(text, issuers=_ISSUERS, account=_ACCOUNT, at=_AT)
    if defect is None:
        assert text is not None
        assert text.strip(b" \t").lower().startswith(b"ca.example")
        assert _ACCOUNT in text
    else:
        assert defect in CATALOGUE
    for read in (canonical_email, canonical_phone):
        value = read(data)
        assert value is None or read(value.encode()) == value
