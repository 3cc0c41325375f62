"""Lists of bad keys at the edge: the records that badkeys publishes, and plain lists of hashes.

A list is asked for the numbers of a key (`pkicheck.keys.key_value`) and derives the hashes that it may have for them,
so a key is found whatever encoding it comes in and whatever encoding the list was made of. What a list cannot know - a
key of a kind or size that it does not cover - is no answer, which is a doubt and never a pass.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping
from datetime import date, datetime
from itertools import islice, pairwise
from pathlib import Path
from struct import iter_unpack
from typing import Any, Final, cast

import attrs

from pkicheck.errors import InputError, TransportError
from pkicheck.keys import FORMS, PublicKey, RsaKey, hashes, parse_key_value
from pkicheck.lists._readers import Source, day_of, read_source, text_of, version_of
from pkicheck.lists._values import DatedList

__all__ = ["JoinedLists", "KeyHashes", "KeyRecords", "join_blocklists", "read_key_hashes", "read_key_records"]

_RECORD: Final = 16
_KEPT: Final = 15
_RECORD_FORM: Final = "main-sha256-120"
_LARGEST_HASHES: Final = 64 * 1024 * 1024
# Beside a hash, such a line may hold what a CA notes about the key.
_HASH: Final = re.compile(r"\s*([0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2})*)(?:[\s,;].*)?", re.ASCII)
_KIND: Final = re.compile(r"rsa|rsa-[1-9][0-9]{2,4}|P-256|P-384|P-521", re.ASCII)


def _kinds(key: PublicKey) -> tuple[str, ...]:
    return ("rsa", f"rsa-{key.n.bit_length()}") if isinstance(key, RsaKey) else (key.curve,)


def _covers(value: Collection[str]) -> frozenset[str]:
    if isinstance(value, str) or not all(_KIND.fullmatch(each) for each in value):
        msg = f"covers must be kinds of keys such as rsa, rsa-2048 or P-256, got {value!a}"
        raise InputError(msg)
    return frozenset(value)


def _covered(key: PublicKey, covers: frozenset[str]) -> None:
    if covers and covers.isdisjoint(_kinds(key)):
        msg = f"the list does not cover {_kinds(key)[-1]} keys"
        raise TransportError(msg)


@attrs.frozen(kw_only=True, eq=False)
class KeyRecords:
    """A file of sorted records that is searched where it lies: nothing of it is read into memory.

    Safe between threads. Replace the file by renaming another one over it and reading that; never write into it.

    Attributes:
        version: the SHA-256 of the file, its beginning.
        as_of: the day of the list.
        covers: the kinds of keys that it covers; empty: all.
        size: how many records it has.
    """

    version: str
    as_of: datetime
    covers: frozenset[str]
    size: int
    _data: mmap.mmap = attrs.field(alias="data", repr=False)
    _names: Mapping[int, str] = attrs.field(alias="names", repr=False)

    def answer(self, key: str) -> str | None:
        """The name of the list that the key came from, as the file's author calls it.

        Raises:
            InputError: no value of a key.
            TransportError: the file was closed, or does not cover this kind of key.
        """
        parsed = parse_key_value(key)
        _covered(parsed, self.covers)
        (wanted,) = hashes(parsed, _RECORD_FORM)
        data = self._data
        try:
            place = bisect_left(range(self.size), wanted, key=lambda at: data[at * _RECORD : at * _RECORD + _KEPT])
            found = data[place * _RECORD : (place + 1) * _RECORD]
        except ValueError:
            msg = "the list of bad keys was closed"
            raise TransportError(msg) from None
        return self._names.get(found[-1], f"list {found[-1]}") if found[:_KEPT] == wanted else None

    def close(self) -> None:
        """Give the file back. A later question gets no answer."""
        self._data.close()


def read_key_records(
    path: str | Path,
    *,
    as_of: datetime | date,
    names: Source | None = None,
    covers: Collection[str] = (),
    least: int = 1,
) -> KeyRecords:
    """A file of records as badkeys publishes it: 15 octets of the SHA-256 of the modulus or of x, and a number.

    The file is read once from beginning to end: records that are not in order would not be found.

    Args:
        path: `blocklist.dat`.
        as_of: the day on which it was fetched.
        names: `badkeysdata.json`, which names the numbers and holds the SHA-256 of the file; it is compared.
        covers: the kinds of keys that the list covers (`rsa`, `rsa-2048`, `P-256`, ...); empty: all.
        least: with fewer records the file is not whole.

    Raises:
        InputError: unreadable, empty, not sorted, not whole; the message names the file.
    """
    where = str(path)
    day = day_of(where, "", as_of)
    try:
        with Path(path).open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # a ValueError is an empty file, or a NUL in the path
        why = error.strerror if isinstance(error, OSError) else error
        msg = f"{where} cannot be read: {why}"
        raise InputError(msg) from None
    try:
        return _records(where, data, day, names, _covers(covers), least)
    except InputError:
        data.close()
        raise


def _records(
    where: str, data: mmap.mmap, day: datetime, names: Source | None, covers: frozenset[str], least: int
) -> KeyRecords:
    size, rest = divmod(len(data), _RECORD)
    if rest or size < least:
        msg = f"{where} is not whole: {len(data)} octets are no {least} or more records of {_RECORD} octets"
        raise InputError(msg)
    with memoryview(data) as view:
        whole = hashlib.sha256(view).hexdigest()
        before = (b"",)
        for at in range(0, len(data), _RECORD << 16):
            part = view[at : at + (_RECORD << 16)]
            rows = list(iter_unpack(f">{_KEPT}sx", part))
            part.release()
            if before > rows[0] or any(one > other for one, other in pairwise(rows)):
                msg = f"{where} is not sorted: records would not be found"
                raise InputError(msg)
            before = rows[-1]
    known, wanted = (dict[int, str](), whole) if names is None else _names(names)
    if wanted != whole:
        msg = f"{where} is not the file that its JSON file speaks of: the SHA-256 differ"
        raise InputError(msg)
    version = f"{day:%Y-%m-%d} sha256:{whole[:16]}"
    return KeyRecords(version=version, as_of=day, covers=covers, size=size, data=data, names=known)


def _names(source: Source) -> tuple[Mapping[int, str], str]:
    """The names of the lists by their numbers, and the SHA-256 of the file of records."""
    where, text = read_source(source)
    try:
        content = cast("dict[str, Any]", json.loads(text))
        known, whole = content["bkformat"] == 0, str(content["blocklist_sha256"])
        names = {int(each["id"]): str(each["name"])[:80] for each in content["blocklists"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        known, whole, names = False, "", dict[int, str]()
    if not known:
        msg = f"{where} is no badkeysdata.json: expected bkformat 0, blocklists, blocklist_sha256"
        raise InputError(msg)
    return names, whole


@attrs.frozen(kw_only=True, eq=False)
class KeyHashes:
    """A list of hashes in memory.

    Attributes:
        version: the SHA-256 of the file, its beginning.
        as_of: the day of the list.
        covers: the kinds of keys that it covers; empty: all that have this form.
        form: what the hashes are made of, a key of `pkicheck.keys.FORMS`.
        hashes: the entries.
    """

    version: str
    as_of: datetime
    covers: frozenset[str]
    form: str
    hashes: frozenset[bytes] = attrs.field(repr=False)

    def answer(self, key: str) -> str | None:
        """The form and the beginning of the entry.

        Raises:
            InputError: no value of a key.
            TransportError: the list does not cover this kind of key.
        """
        parsed = parse_key_value(key)
        _covered(parsed, self.covers)
        wanted = hashes(parsed, self.form)
        if not wanted:
            msg = f"a list of the form {self.form} does not cover {_kinds(parsed)[-1]} keys"
            raise TransportError(msg)
        return next((f"{self.form} {each.hex()[:16]}" for each in wanted if each in self.hashes), None)


def read_key_hashes(
    source: Source,
    *,
    form: str,
    as_of: datetime | date | None = None,
    covers: Collection[str] = (),
    least: int = 1,
) -> KeyHashes:
    """A list of hashes of keys, one a line: in hexadecimal, of either case, with or without colons between the octets.

    What follows a hash behind a space, comma or semicolon is not read, nor are empty lines and comments (`#`).

    Args:
        source: the file, at most 64 MiB: a million hashes of SHA-256. Join several for more.
        form: what the hashes are made of, a key of `pkicheck.keys.FORMS`. `modulus-sha1-80` reads the lists of Debian's
            openssl-blacklist.
        as_of: the day of the list; not needed when a line `# As of YYYY-MM-DD` stands at its beginning.
        covers: the kinds of keys that the list covers (`rsa`, `rsa-2048`, `P-256`, ...); empty: all that have this
            form. The lists of Debian hold one size each.
        least: with fewer hashes the file is not whole. 0 lets a list be empty that has nothing yet.

    Raises:
        InputError: unreadable, a line that is no such hash, not whole, no day; the message names the file and the line.
    """
    where, data = read_source(source, most=_LARGEST_HASHES)
    text = text_of(where, data)
    day = day_of(where, text, as_of)
    if form not in FORMS:
        msg = f"form must be one of {', '.join(FORMS)}, got {form[:40]!a}"
        raise InputError(msg)
    (sample,) = islice(hashes(RsaKey(1, 1), form), 1)
    found: set[bytes] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = _HASH.fullmatch(line)
        value = bytes.fromhex(entry[1].replace(":", "")) if entry else b""
        if len(value) != len(sample):
            msg = f"{where}, line {number}: expected {2 * len(sample)} hexadecimal digits ({form})"
            raise InputError(msg)
        found.add(value)
    if len(found) < least:
        msg = f"{where} is not whole: it has {len(found)} hashes, expected {least} or more"
        raise InputError(msg)
    return KeyHashes(
        version=version_of(f"{day:%Y-%m-%d}", data),
        as_of=day,
        covers=_covers(covers),
        form=form,
        hashes=frozenset(found),
    )


@attrs.frozen(kw_only=True, eq=False)
class JoinedLists:
    """Several lists of bad keys under one name, such as one list of Debian for each size.

    Attributes:
        version: a digest of theirs.
        as_of: the day of the oldest.
        parts: the lists.
    """

    version: str
    as_of: datetime
    parts: tuple[DatedList, ...]

    def answer(self, key: str) -> str | None:
        """What the first list that has the key says of it.

        Raises:
            InputError: no value of a key.
            TransportError: no list covers this kind of key.
        """
        covered = False
        for part in self.parts:
            try:
                found = part.answer(key)
            except TransportError:
                continue
            covered = True
            if found is not None:
                return found
        if not covered:
            msg = "none of the joined lists covers this kind of key"
            raise TransportError(msg)
        return None


def join_blocklists(*lists: DatedList) -> JoinedLists:
    """Several lists of bad keys as one. A key is on it when one of them has it; it covers what one of them covers.

    Raises:
        InputError: no list at all.
    """
    if not lists:
        raise InputError("join at least one list of bad keys")
    versions = "\n".join(sorted(each.version for each in lists)).encode()
    day = min(each.as_of for each in lists)
    return JoinedLists(version=version_of(f"{day:%Y-%m-%d}", versions), as_of=day, parts=lists)
