"""Chain records written a second time, with `json` and `hashlib` only: the oracle of the chain log tests.

Nothing here imports the module under test but its value types, so a log made here and read there shows that the format
is what its description says.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pkicheck.canon import Sha256
from pkicheck.chainlog import Head

__all__ = [
    "KEY",
    "LOG",
    "OTHER_KEY",
    "T0",
    "Fields",
    "Ticking",
    "chain",
    "dump",
    "genesis_of",
    "hashed",
    "head_of",
    "joined",
    "line_of",
    "rechain",
    "record",
    "sealed",
    "sha",
]

LOG = "ca1/issuer"
T0 = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))

Fields = dict[str, Any]


class Ticking:
    """A clock that goes on by a second each time it is read."""

    def __init__(self, start: datetime = T0, step: timedelta = timedelta(seconds=1)) -> None:
        self.next, self.step = start, step

    def __call__(self) -> datetime:
        moment, self.next = self.next, self.next + self.step
        return moment


def dump(value: object) -> bytes:
    """Sorted compact JSON: RFC 8785 for the values used here."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha(data: bytes) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(data).hexdigest()


def genesis_of(log: str = LOG) -> str:
    """What the first record of a log is chained to."""
    return sha(dump({"genesis": log, "schema": "pkicheck/chain/1"}))


def hashed(fields: Fields) -> Fields:
    """The record with its own hash computed again, as an editor who knows the format would."""
    core = {key: value for key, value in fields.items() if key not in {"hash", "payload", "seal"}}
    return {**fields, "hash": sha(dump(core))}


def sealed(fields: Fields, key: Ed25519PrivateKey) -> Fields:
    """The record with a seal by `key`."""
    text = f"pkicheck/chain/1 seal\n{fields['log']}\n{fields['sequence']}\n{fields['hash']}\n"
    seal = {
        "algorithm": "ed25519",
        "key": sha(key.public_key().public_bytes_raw()),
        "signature": base64.b64encode(key.sign(text.encode())).decode(),
    }
    return {**fields, "seal": seal}


def record(
    before: Fields | None,
    *,
    payload: object = None,
    log: str = LOG,
    schema: str = "test/1",
    key: Ed25519PrivateKey | None = None,
    start: Head | None = None,
) -> Fields:
    """The record after `before` (None: the first of the log, or after `start`)."""
    first = 1 if start is None else start.sequence + 1
    sequence = first if before is None else before["sequence"] + 1
    if payload is None:
        payload = {"n": sequence, "text": 'größer {"}'}
    moment = T0 + timedelta(seconds=sequence)
    link = genesis_of(log) if start is None else start.hash
    fields = hashed(
        {
            "log": log,
            "payload": payload,
            "payload_schema": schema,
            "payload_sha256": sha(dump(payload)),
            "previous": link if before is None else before["hash"],
            "previous_seal": sha(dump(before["seal"])) if before is not None and before["seal"] is not None else None,
            "schema": "pkicheck/chain/1",
            "seal": None,
            "sequence": sequence,
            "time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
    )
    return fields if key is None else sealed(fields, key)


def chain(count: int, *, log: str = LOG, key: Ed25519PrivateKey | None = None, every: int = 1) -> list[Fields]:
    """A log of `count` records, every `every`-th of them sealed when there is a key."""
    fields: list[Fields] = []
    for number in range(1, count + 1):
        fields.append(record(fields[-1] if fields else None, log=log, key=key if number % every == 0 else None))
    return fields


def rechain(fields: Sequence[Fields], start: int) -> list[Fields]:
    """Chain again from index `start` on, as somebody who can write the file would; seals stay as they are."""
    again = list(fields[:start])
    for item in fields[start:]:
        before = again[-1] if again else None
        again.append(
            hashed(
                {
                    **item,
                    "sequence": len(again) + 1,
                    "previous": genesis_of(item["log"]) if before is None else before["hash"],
                    "previous_seal": sha(dump(before["seal"])) if before and before["seal"] else None,
                    "payload_sha256": item["payload_sha256"] if item["payload"] is None else sha(dump(item["payload"])),
                }
            )
        )
    return again


def line_of(fields: Fields) -> bytes:
    """The line of a record."""
    return dump(fields) + b"\n"


def joined(fields: Sequence[Fields]) -> bytes:
    """The file that holds these records."""
    return b"".join(map(line_of, fields))


def head_of(fields: Sequence[Fields]) -> Head:
    """The state after the last of these records."""
    last = fields[-1]
    return Head(last["log"], last["sequence"], Sha256(last["hash"]))
