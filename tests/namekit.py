"""What the tests of names share: the packaged lists under a clock that is younger than they are, and some policies."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
from datetime import datetime, timedelta

import attrs

from pkicheck import lists as edge
from pkicheck.namecheck import NameResult
from pkicheck.policy import BASELINE, PRIVATE, NamesPolicy, Policy

__all__ = ["LISTS", "POLICIES", "codes", "newest", "onion_label"]


def newest() -> datetime:
    """The youngest day of the packaged lists: tests must hold after a refresh of the data."""
    loaded = edge.packaged()
    return max(each.as_of for each in loaded.values())


def _suffixes() -> edge.Suffixes:
    """The suffix list of the installed extra, as if it were of today: the suite also runs with its oldest version."""
    file = importlib.resources.files("publicsuffixlist") / "public_suffix_list.dat"
    return edge.read_suffixes(file.read_bytes(), as_of=newest())


LISTS = edge.PackagedLists(suffixes=_suffixes(), clock=lambda: newest() + timedelta(days=1))
"""The packaged lists, asked a day after the youngest of them."""

POLICIES: dict[str, Policy] = {
    "BASELINE": BASELINE,
    "PRIVATE": PRIVATE,
    "STRICT": attrs.evolve(BASELINE, name="STRICT", names=NamesPolicy(idna2008="refuse")),
    "TOLERANT": attrs.evolve(BASELINE, name="TOLERANT", names=NamesPolicy(nfc="note")),
    "NO_ONION": attrs.evolve(BASELINE, name="NO_ONION", names=NamesPolicy(onion=False)),
}


def codes(result: NameResult) -> list[str]:
    """All finding codes but those that say which list was asked."""
    return [each.code for each in result.findings if each.code != "name.list-used"]


def onion_label(key: bytes, *, version: int = 3, checksum: bytes | None = None) -> str:
    """The onion address of 32 octets (Tor rend-spec-v3 §6), or one with something wrong."""
    right = hashlib.sha3_256(b".onion checksum" + key + bytes((version,))).digest()[:2]
    octets = key + (right if checksum is None else checksum) + bytes((version,))
    return base64.b32encode(octets).decode("ascii").lower()
