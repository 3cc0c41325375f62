"""Dated lists at the edge: the packaged ones, the caller's own in the formats of their publishers, and their answers.

    iana.root-zone         tlds-alpha-by-domain.txt (IANA)
    iana.special-use       special-use-domain.csv (IANA)
    iana.special-purpose   iana-ipv4-special-registry-1.csv and iana-ipv6-special-registry-1.csv (IANA)
    psl.icann              public_suffix_list.dat (publicsuffix.org), its ICANN section; packaged in the extra `psl`
    iso.3166-1             country codes and short names (ISO), as CSV
    key.blocklist/NAME     lists of bad keys, never packaged: blocklist.dat (badkeys.info), or one hash a line

Every list has a day. A file that does not say its day needs `as_of`: the day on which the caller fetched it. A list
that has lost its entries would let everything pass, so a file without the entries that every edition has is refused.
"""

from __future__ import annotations

from pkicheck.lists._blocklists import (
    JoinedLists,
    KeyHashes,
    KeyRecords,
    join_blocklists,
    read_key_hashes,
    read_key_records,
)
from pkicheck.lists._packaged import PackagedLists, packaged
from pkicheck.lists._readers import (
    Source,
    read_countries,
    read_root_zone,
    read_special_purpose,
    read_special_use,
    read_suffixes,
)
from pkicheck.lists._values import Block, Countries, DatedList, RootZone, SpecialPurpose, SpecialUse, Suffixes

__all__ = [
    "Block",
    "Countries",
    "DatedList",
    "JoinedLists",
    "KeyHashes",
    "KeyRecords",
    "PackagedLists",
    "RootZone",
    "Source",
    "SpecialPurpose",
    "SpecialUse",
    "Suffixes",
    "join_blocklists",
    "packaged",
    "read_countries",
    "read_key_hashes",
    "read_key_records",
    "read_root_zone",
    "read_special_purpose",
    "read_special_use",
    "read_suffixes",
]
