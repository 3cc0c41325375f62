"""The digest files of a CloudTrail trail: one an hour, each with the digests of the log files and of the file before.

    signed = digestEndTime LF bucket "/" object LF hex(SHA-256(digest file)) LF previousDigestSignature / "null"

The signature (RSA PKCS#1 v1.5 with SHA-256) stands beside the file, in the metadata of its object. Late log files
come in further digest files. An hour without a digest file is a gap: it cannot be said what happened in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, cast

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pkicheck.canon import JsonValue, Sha256, format_time, parse_json, parse_time
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Gap

__all__ = ["DigestChain", "DigestFile", "check_digests"]

_MOST: Final = 100_000


@attrs.frozen(kw_only=True)
class DigestFile:
    """A digest file as it lies in the bucket.

    Attributes:
        content: its octets, unpacked.
        signature: from the metadata of its object (`x-amz-meta-signature`), as hex digits; empty: not at hand.
    """

    content: bytes
    signature: str = ""


@attrs.frozen(kw_only=True)
class DigestChain:
    """What the digest files of a trail prove.

    Attributes:
        files: SHA-256 of each log file that a verified digest file lists: digest to object name.
        covers: the stretches of time without a missing hour.
        gaps: hours without a digest file, and digest files that the chain names and that are not there.
        broken: where a signature or a digest does not hold: the object name and why.
        keys: fingerprints of the keys that signed.
    """

    files: Mapping[Sha256, str]
    covers: tuple[tuple[datetime, datetime], ...]
    gaps: tuple[Gap, ...]
    broken: tuple[str, ...]
    keys: tuple[str, ...]


@attrs.frozen
class _Read:
    start: datetime
    end: datetime
    place: str
    own: str
    before: str
    before_hash: str
    before_signature: str
    key: str
    files: tuple[tuple[Sha256, str], ...]
    signature: str


def _string(value: Mapping[str, JsonValue], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        msg = f"digest file: {name} must be a text"
        raise InputError(msg)
    return found


def _optional(value: Mapping[str, JsonValue], name: str) -> str:
    return "" if value.get(name) is None else _string(value, name)


def _read(given: DigestFile) -> _Read:
    top = parse_json(given.content, what="digest file")
    if not isinstance(top, Mapping):
        msg = "digest file: it must be a JSON object"
        raise InputError(msg)
    listed = top.get("logFiles")
    if not isinstance(listed, list) or len(listed) > _MOST or not all(isinstance(each, Mapping) for each in listed):
        msg = f"digest file: logFiles must be a list of at most {_MOST} objects"
        raise InputError(msg)
    files: list[tuple[Sha256, str]] = []
    for each in cast("list[Mapping[str, JsonValue]]", listed):
        if _string(each, "hashAlgorithm") != "SHA-256":
            msg = "digest file: hashAlgorithm must be SHA-256"
            raise InputError(msg)
        files.append((Sha256(_string(each, "hashValue").lower()), _string(each, "s3Object")))
    bucket = _optional(top, "previousDigestS3Bucket")
    return _Read(
        parse_time(_string(top, "digestStartTime"), what="digest file: digestStartTime"),
        parse_time(_string(top, "digestEndTime"), what="digest file: digestEndTime"),
        f"{_string(top, 'digestS3Bucket')}/{_string(top, 'digestS3Object')}",
        hashlib.sha256(given.content).hexdigest(),
        f"{bucket}/{_optional(top, 'previousDigestS3Object')}" if bucket else "",
        _optional(top, "previousDigestHashValue").lower(),
        _optional(top, "previousDigestSignature"),
        _string(top, "digestPublicKeyFingerprint"),
        tuple(files),
        given.signature,
    )


def _verified(read: _Read, end_text: str, keys: Mapping[str, rsa.RSAPublicKey], signature: str) -> str:
    """Why the signature of a digest file does not hold; empty when it does."""
    key = keys.get(read.key)
    if key is None:
        return f"signed by key {read.key[:80]!a}, which is not among the keys given"
    try:
        value = bytes.fromhex(signature)
    except ValueError:
        return "its signature is not hexadecimal"
    signed = f"{end_text}\n{read.place}\n{read.own}\n{read.before_signature or 'null'}"
    try:
        key.verify(value, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return "its signature does not hold"
    return ""


def check_digests(given: Iterable[DigestFile], *, keys: Mapping[str, rsa.RSAPublicKey]) -> DigestChain:
    """Verify the digest files of one trail and region.

    Args:
        given: the files, in any order. The signature of one whose metadata is not at hand is taken from its successor.
        keys: the public keys of CloudTrail by fingerprint, as `aws cloudtrail list-public-keys` gives them.

    Returns:
        what they prove; a file that cannot be read or verified lists nothing.
    """
    read: dict[str, _Read] = {}
    ends: dict[str, str] = {}
    broken: list[str] = []
    for number, file in enumerate(given):
        try:
            found = _read(file)
            ends[found.place] = _string(cast("Mapping[str, JsonValue]", parse_json(file.content)), "digestEndTime")
        except InputError as error:
            broken.append(f"digest file {number}: {error}")
            continue
        read[found.place] = found
    after = {each.before: each for each in read.values() if each.before}
    files: dict[Sha256, str] = {}
    used: set[str] = set()
    gaps: list[Gap] = []
    good: list[_Read] = []
    for place, each in sorted(read.items(), key=lambda item: (item[1].start, item[0])):
        follower = after.get(place)
        signature = each.signature or ("" if follower is None else follower.before_signature)
        why = _verified(each, ends[place], keys, signature) if signature else "its signature is not at hand"
        if not why and follower is not None and follower.before_hash != each.own:
            why = "the digest file after it names another digest"
        if why:
            broken.append(f"{place}: {why}")
            continue
        good.append(each)
        used.add(each.key)
        files.update(each.files)
        if each.before and each.before not in read:
            gaps.append(Gap(why="digest-file", first=each.before, last=each.before))
    covers: list[tuple[datetime, datetime]] = []
    for each in good:
        if covers and each.start <= covers[-1][1]:
            covers[-1] = covers[-1][0], max(covers[-1][1], each.end)
        else:
            if covers:
                gaps.append(Gap(why="time", first=format_time(covers[-1][1]), last=format_time(each.start)))
            covers.append((each.start, each.end))
    return DigestChain(
        files=files, covers=tuple(covers), gaps=tuple(gaps), broken=tuple(broken), keys=tuple(sorted(used))
    )
