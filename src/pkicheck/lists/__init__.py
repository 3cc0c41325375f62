"""Dated lists at the edge: the packaged ones, the caller's own in the formats of their publishers, and their answers.

    iana.root-zone         tlds-alpha-by-domain.txt (IANA)
    iana.special-use       special-use-domain.csv (IANA)
    iana.special-purpose   iana-ipv4-special-registry-1.csv and iana-ipv6-special-registry-1.csv (IANA)
    psl.icann              public_suffix_list.dat (publicsuffix.org), its ICANN section; packaged in the extra `psl`

Every list has a day. A file that does not say its day needs `as_of`: the day on which the caller fetched it. A list
that has lost its entries would let everything pass, so a file without the entries that every edition has is refused.
"""

from __future__ import annotations

from pkicheck.lists._packaged import PackagedLists, packaged
from pkicheck.lists._readers import Source, read_root_zone, read_special_purpose, read_special_use, read_suffixes
from pkicheck.lists._values import Block, DatedList, RootZone, SpecialPurpose, SpecialUse, Suffixes

__all__ = [
    "Block",
    "DatedList",
    "PackagedLists",
    "RootZone",
    "Source",
    "SpecialPurpose",
    "SpecialUse",
    "Suffixes",
    "packaged",
    "read_root_zone",
    "read_special_purpose",
    "read_special_use",
    "read_suffixes",
]
