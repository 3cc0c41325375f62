"""Stores of issued objects: folders and files of DER, PEM, Base64, hexadecimal, JSON lines, CSV, tar, gzip; queries.

    for each in FileStore(["issued/"]):
        if isinstance(each, Entry): judge(each.data)        # each.locator, each.name, each.stored_at, each.attributes
        else: tell(each.locator, each.why)                  # an Unreadable

A store is read one by one in bounded memory, in the same order each time. Nothing is dropped: what cannot be read is an
`Unreadable` with its place, one for each damaged row, file or stretch. Octets are handed on as they stand; what they
are is the business of whoever reads them (`pkicheck.hsmlog.objects` for reconciliation).
"""

from __future__ import annotations

from pkicheck.hsmlog.model import Locator, Unreadable
from pkicheck.stores._entry import DEFAULT_LIMITS, Entry, Fields, StoreLimits
from pkicheck.stores._files import FileStore, Form
from pkicheck.stores._rows import RowStore
from pkicheck.stores._spill import DiskSpill

__all__ = [
    "DEFAULT_LIMITS",
    "DiskSpill",
    "Entry",
    "Fields",
    "FileStore",
    "Form",
    "Locator",
    "RowStore",
    "StoreLimits",
    "Unreadable",
]
