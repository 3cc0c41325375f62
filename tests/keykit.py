"""What the tests of keys share: encoders of DER, lists of bad keys in memory, and policies by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import cast

import attrs

from pkicheck.keys import KeyResult, PublicKey, hashes, read_key
from pkicheck.lists import KeyHashes, PackagedLists, Suffixes, packaged
from pkicheck.namecheck import SUFFIXES
from pkicheck.policy import BASELINE, KEY_POLICIES, PRIVATE, KeysPolicy, Policy
from pkicheck.testing import FixedClock

__all__ = [
    "AT",
    "EMPTY",
    "LISTS",
    "POLICIES",
    "blocklist",
    "codes",
    "integer",
    "lists",
    "rsa_spki",
    "seq",
    "spki",
    "tlv",
]

AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
"""The moment judged; the lists here are of the same day."""

RSA = bytes.fromhex("300d06092a864886f70d0101010500")


def tlv(tag: int, content: bytes) -> bytes:
    """An element of DER."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def seq(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(0x30, b"".join(parts))


def integer(number: int) -> bytes:
    """An INTEGER."""
    size = (number.bit_length() if number >= 0 else (-number - 1).bit_length()) // 8 + 1
    return tlv(0x02, number.to_bytes(size, "big", signed=True))


def spki(identifier: bytes, key: bytes) -> bytes:
    """A SubjectPublicKeyInfo."""
    return seq(identifier, tlv(0x03, b"\0" + key))


def rsa_spki(n: int, e: int = 65537, identifier: bytes = RSA) -> bytes:
    """The SubjectPublicKeyInfo of an RSA key."""
    return spki(identifier, seq(integer(n), integer(e)))


def blocklist(
    keys: Iterable[PublicKey] = (), *, form: str = "spki-sha256", as_of: datetime = AT, covers: Iterable[str] = ()
) -> KeyHashes:
    """A list of these keys, by the hash of their usual encoding."""
    entries = frozenset(hashes(key, form)[0] for key in keys)
    return KeyHashes(version="test", as_of=as_of, covers=frozenset(covers), form=form, hashes=entries)


EMPTY = blocklist()
"""A list that has no key."""


# Whatever release of the list is installed, here it is of the day judged.
_SUFFIXES = attrs.evolve(cast("Suffixes", packaged()[SUFFIXES]), as_of=AT)


def lists(**named: KeyHashes) -> PackagedLists:
    """A transport that knows the empty list `debian`, and the given ones."""
    return PackagedLists(suffixes=_SUFFIXES, blocklists={"debian": EMPTY, **named}, clock=FixedClock(AT))


LISTS = lists()

_P256 = bytes.fromhex(
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
    "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
    "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"
)
KEYS: dict[str, bytes] = {
    "p256": _P256,
    "p256-off": _P256[:-1] + b"\xd2",
    "rsa-short": rsa_spki(2**1023 + 1),
    "rsa-even": rsa_spki(2**2047),
    "none": b"",
}
"""A good key and some bad ones, small enough to stand here."""


def listing(label: str) -> KeyHashes:
    """A list that has one of these keys."""
    key, _ = read_key(KEYS[label])
    assert key is not None
    return blocklist([key])


POLICIES: dict[str, Policy] = {
    "BASELINE": BASELINE,
    "PRIVATE": PRIVATE,
    **{name: attrs.evolve(BASELINE, name=name, keys=keys) for name, keys in KEY_POLICIES.items()},
    "P-384": attrs.evolve(BASELINE, name="P-384", keys=KeysPolicy(curves=("P-384",))),
    "RSA-3072": attrs.evolve(BASELINE, name="RSA-3072", keys=KeysPolicy(rsa_min_bits=3072)),
}


def codes(result: KeyResult) -> list[str]:
    """All finding codes but those that say which list was asked."""
    return [each.code for each in result.findings if each.code not in ("key.list-used", "key.list-none")]
