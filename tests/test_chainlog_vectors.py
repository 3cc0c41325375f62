"""The vectors of tests/vectors/chainlog: one log and one fact each."""

from __future__ import annotations

import json

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pkicheck.chainlog import Damage, Head, ed25519_check, verify
from tests.chainlogkit import LOG, dump, genesis_of, sha
from tests.vectorfile import load, texts


@attrs.define(kw_only=True)
class _Vector:
    """A log and what is known from outside, and the answer."""

    id: str
    comment: str
    source: str
    lines: tuple[str, ...] = attrs.field(converter=texts)
    verdict: str = attrs.field(validator=attrs.validators.in_(["intact", "broken", "torn", "unanchored"]))
    records: int
    tail: str = ""
    start: str = ""
    head: str = ""
    key: str = ""
    reaches: int | None = None
    damage: str = ""
    index: int = -1
    offset: int = -1
    withheld: int = 0
    sealed: int = 0


_VECTORS = load("chainlog", _Vector)


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: _Vector) -> None:
    """Each log has the verdict, the counts and the first bad record that its vector states (R018, R108)."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vector.key)) if vector.key else None
    data = "".join(line + "\n" for line in vector.lines) + vector.tail
    report = verify(
        [data.encode()],
        start=Head.parse(vector.start) if vector.start else None,
        head=Head.parse(vector.head) if vector.head else None,
        seals=None if key is None else ed25519_check(key),
        reaches=vector.reaches,
    )
    assert report.verdict.value == vector.verdict
    assert (report.records, report.withheld, report.sealed) == (vector.records, vector.withheld, vector.sealed)
    bad = report.first_bad
    found = ("", -1, -1) if bad is None else (bad.damage.value, bad.place.index, bad.place.offset)
    if vector.tail and bad is not None:
        assert found[:2] == (vector.damage, vector.index)
    else:
        assert found == (vector.damage, vector.index, vector.offset)


@pytest.mark.parametrize("vector", [item for item in _VECTORS if item.verdict == "intact"], ids=lambda item: item.id)
def test_intact_vectors_by_the_second_implementation(vector: _Vector) -> None:
    """Hashes, links and digests of the intact vectors, computed with `json` and `hashlib` only (R046, R108)."""
    link = vector.start.split(" ")[2] if vector.start else genesis_of(LOG)
    for line in vector.lines:
        fields = json.loads(line)
        assert dump(fields).decode() == line
        core = {name: value for name, value in fields.items() if name not in {"hash", "payload", "seal"}}
        assert fields["hash"] == sha(dump(core))
        assert fields["previous"] == link
        assert fields["payload"] is None or fields["payload_sha256"] == sha(dump(fields["payload"]))
        link = fields["hash"]
    assert not vector.head or vector.head.endswith(link) or vector.key


def test_every_damage_has_a_vector() -> None:
    """Each kind of damage that one stream can show is in a vector; a missing file needs several."""
    shown = {vector.damage for vector in _VECTORS} - {""}
    assert shown == {damage.value for damage in Damage} - {"missing-file"}
