"""Fuzz target of keys: any bytes give a key or a refusal, and what passes is the one encoding of its numbers."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pkicheck.findings import Finding, Level
from pkicheck.keys import EC_IDS, RSA_ID, PublicKey, RsaKey, inspect_key, key_value, parse_key_value, read_key
from pkicheck.keys.curves import CURVES
from pkicheck.policy import BR, STRICT

__all__ = ["seeds", "target"]

_VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "keys"


def seeds() -> Iterator[bytes]:
    """The keys of all vectors of moderate length."""
    for path in sorted(_VECTORS.glob("*.toml")):
        for vector in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]:
            key = bytes.fromhex(vector["spki"])
            if len(key) < 700:
                yield key


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets) if octets else size)) + octets + content


def _usual(key: PublicKey) -> bytes:
    if isinstance(key, RsaKey):
        numbers = (number.to_bytes(number.bit_length() // 8 + 1, "big") for number in (key.n, key.e))
        content = _tlv(0x30, b"".join(_tlv(2, each) for each in numbers))
        return _tlv(0x30, RSA_ID + _tlv(3, b"\0" + content))
    size = CURVES[key.curve].octets
    point = b"\4" + key.x.to_bytes(size, "big") + key.y.to_bytes(size, "big")
    return _tlv(0x30, EC_IDS[key.curve] + _tlv(3, b"\0" + point))


def _refused(findings: tuple[Finding, ...]) -> bool:
    assert all(each.message.isprintable() and each.message.isascii() for each in findings)
    return any(each.level is Level.REFUSAL for each in findings)


def target(data: bytes) -> None:
    """One execution."""
    key, flaws = read_key(data)
    if key is None:
        assert _refused(flaws)
        return
    # What is read without a flaw is the one encoding of its numbers, and the other way round.
    assert (_usual(key) == data) is not any(each.code != "key.point-base" for each in flaws)
    assert parse_key_value(key_value(key)) == key
    # The numbers of one key in four: Fermat's method and the powers are the slow part.
    if data[-1] % 4 == 0 and len(data) < 600:
        inspected = inspect_key(data, policy=BR)
        assert inspected.findings[: len(flaws)] == flaws
        if _refused(inspected.findings):
            assert _refused(inspect_key(data, policy=_HARDER).findings)


# (without the test of primality, which takes 20 ms)
_HARDER = type(STRICT)(
    rsa_max_bits=4096, rsa_sizes=STRICT.rsa_sizes, rsa_exponent="refuse", fermat_rounds=1000, curves=STRICT.curves
)
