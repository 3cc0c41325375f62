"""Values of a hash chain: log ids, heads, seals, and the bytes that a seal signs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Self

import attrs

from pkicheck.canon import Sha256, canonical, digest, encode_bytes
from pkicheck.errors import InputError

__all__ = [
    "HEX",
    "MAX_SEQUENCE",
    "SCHEMA",
    "TOKEN",
    "Head",
    "Seal",
    "SealCheck",
    "SealPort",
    "check_token",
    "genesis",
    "seal_json",
    "sealed_bytes",
]

SCHEMA = "pkicheck/chain/1"
"""The schema of every record, and part of what is hashed and sealed."""

MAX_SEQUENCE = 2**53 - 1
"""The largest sequence number (RFC 8785 has no larger exact integer)."""

# 21,844 characters of base64: room for post-quantum signatures and RFC 3161 tokens, bounded for the reader's sake.
_MAX_SIGNATURE = 16383

TOKEN = "[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}"  # noqa: S105 - a grammar, no password
HEX = "[0-9a-f]{64}"
_token = re.compile(TOKEN, re.ASCII)
_hex = re.compile(HEX, re.ASCII)


def check_token(text: str, *, what: str) -> str:
    """`text` if it is a token of the grammar.

    Raises:
        InputError: it is not; the message starts with `what`.
    """
    if not isinstance(text, str) or _token.fullmatch(text) is None:  # pyright: ignore[reportUnnecessaryIsInstance]
        grammar = "1 to 128 of the characters A-Z a-z 0-9 . _ : / @ -, the first a letter or a digit"
        msg = f"{what} must be {grammar}, got {text!a:.80}"
        raise InputError(msg)
    return text


def _is_token(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    check_token(value, what=attribute.name)


def _is_hex(_: object, attribute: attrs.Attribute[Sha256], value: Sha256) -> None:
    if not isinstance(value, str) or _hex.fullmatch(value) is None:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"{attribute.name} must be 64 lower-case hexadecimal digits, got {value!a:.80}"
        raise InputError(msg)


def _is_sequence(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or not 0 <= value <= MAX_SEQUENCE:
        msg = f"{attribute.name} must be an integer from 0 to 2**53 - 1, got {value!a:.80}"
        raise InputError(msg)


def _is_signature(_: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    if not isinstance(value, bytes) or not 0 < len(value) <= _MAX_SIGNATURE:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"{attribute.name} must be 1 to {_MAX_SIGNATURE} bytes"
        raise InputError(msg)


def genesis(log_id: str) -> Sha256:
    """What the first record of the log `log_id` is chained to.

    Raises:
        InputError: `log_id` is no token.
    """
    return digest(canonical({"genesis": check_token(log_id, what="log_id"), "schema": SCHEMA}))


@attrs.frozen
class Head:
    """The state of a log after one record. Kept outside of the log it is the anchor that `verify` asks for.

    Attributes:
        log_id: the id of the log.
        sequence: the number of the record, 0 for a log without records.
        hash: the hash of that record, the genesis for a log without records.
    """

    log_id: str = attrs.field(validator=_is_token)
    sequence: int = attrs.field(validator=_is_sequence)
    hash: Sha256 = attrs.field(validator=_is_hex)

    def __attrs_post_init__(self) -> None:
        if self.sequence == 0 and self.hash != genesis(self.log_id):
            msg = f"hash of sequence 0 must be the genesis of log {self.log_id}"
            raise InputError(msg)

    @classmethod
    def empty(cls, log_id: str) -> Self:
        """The head of the log `log_id` before its first record."""
        return cls(log_id, 0, genesis(log_id))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of `str(head)`: `<log id> <sequence> <hash>`, separated by single spaces.

        Raises:
            InputError: anything else.
        """
        parts = text.split(" ")
        # isdecimal() takes other scripts' digits and int() takes 4,300 digits: both are excluded here.
        if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) <= 16):
            msg = f"head must be '<log id> <sequence> <hash>', got {text!a:.200}"
            raise InputError(msg)
        return cls(parts[0], int(parts[1]), Sha256(parts[2]))

    def __str__(self) -> str:
        return f"{self.log_id} {self.sequence} {self.hash}"


@attrs.frozen
class Seal:
    """A signature over `sealed_bytes(head)`.

    Attributes:
        algorithm: how to check it, a token (`ed25519`).
        key: which key made it, a token (for Ed25519: SHA-256 of the 32 bytes of the public key).
        signature: its bytes, at most 16,383.
    """

    algorithm: str = attrs.field(validator=_is_token)
    key: str = attrs.field(validator=_is_token)
    signature: bytes = attrs.field(validator=_is_signature)


SealPort = Callable[[bytes], Seal]
"""Signs the bytes it is given (`sealed_bytes`). What it raises passes through `append`; nothing has been written."""

SealCheck = Callable[[bytes, Seal], bool]
"""Says whether a seal is good for these bytes. It answers False for a key it does not know; it does not raise."""


def sealed_bytes(head: Head) -> bytes:
    """What a seal signs: four lines, the first names the purpose, so that no other signed thing can look the same.

    The encoding is injective because no token, number or hash holds a line feed.
    """
    return f"{SCHEMA} seal\n{head.log_id}\n{head.sequence}\n{head.hash}\n".encode("ascii")


def seal_json(seal: Seal) -> bytes:
    """The seal as it stands in a record; its SHA-256 is the next record's `previous_seal`."""
    return canonical({"algorithm": seal.algorithm, "key": seal.key, "signature": encode_bytes(seal.signature)})
