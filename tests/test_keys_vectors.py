"""The vectors of tests/vectors/keys: one key each, through the same entry point that callers use."""

from __future__ import annotations

import attrs
import pytest

from pkicheck import aio
from pkicheck.codes import CATALOGUE
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Level
from pkicheck.keys import KeyResult, check_key, inspect_key, key_plan, key_value, parse_key_value, read_key
from pkicheck.plans import replay
from pkicheck.ports import Seen
from pkicheck.rules import RULES
from tests.keykit import AT, LISTS, POLICIES, codes
from tests.vectorfile import load, octets, texts


@attrs.frozen(kw_only=True)
class Vector:
    """One key and what it must come to."""

    id: str
    comment: str
    rule: str
    source: str
    policy: str = attrs.field(validator=attrs.validators.in_(POLICIES))
    spki: bytes = attrs.field(converter=octets)
    verdict: str
    codes: tuple[str, ...] = attrs.field(converter=texts)


VECTORS = load("keys", Vector)


def _checked(vector: Vector) -> KeyResult:
    return check_key(vector.spki, lists=LISTS, at=AT, policy=POLICIES[vector.policy])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    """Each key has the verdict and exactly the codes of its vector; its evidence replays (R006, R011, R013, R110)."""
    assert vector.rule in RULES
    result = _checked(vector)
    assert codes(result) == list(vector.codes)
    assert result.verdict.value == vector.verdict
    replayed = load_evidence(result.to_json()).replay()
    assert replayed.same
    assert replayed.result == result
    assert replay(key_plan(vector.spki, at=AT, policy=POLICIES[vector.policy]), Seen(result.observations)) == result


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_the_pure_half_says_the_same(vector: Vector) -> None:
    """`inspect_key` finds what the whole check finds but for the lists, and a key it cannot read is refused (K11)."""
    inspected = inspect_key(vector.spki, policy=POLICIES[vector.policy].keys)
    assert [each.code for each in inspected.findings] == [each for each in vector.codes if each != "key.accepted"]
    key, refusals = read_key(vector.spki)
    assert key == inspected.key
    assert inspected.findings[: len(refusals)] == refusals
    if key is None:
        assert any(each.level is Level.REFUSAL for each in refusals)
        assert inspected.questions == ()
    else:
        assert parse_key_value(key_value(key)) == key
        assert {each.key for each in inspected.questions} <= {key_value(key)}


def test_every_code_of_keys_has_a_vector() -> None:
    """No code of the area `key` is without a vector but those of lists and of key usage, which have other tests."""
    walked = {code for vector in VECTORS for code in vector.codes}
    elsewhere = {code for code in CATALOGUE if code.startswith(("key.list-", "key.usage-"))} | {"key.blocklisted"}
    assert {code for code in CATALOGUE if code.startswith("key.")} - walked == elsewhere


def test_there_are_enough_vectors() -> None:
    """More than 150 keys, each with an id of its own; good ones under every policy."""
    assert len(VECTORS) > 150
    assert {each.policy for each in VECTORS if each.verdict == "pass"} == set(POLICIES) - {"BR", "RSA-3072"}


def test_the_asynchronous_check_says_the_same() -> None:
    """`pkicheck.aio.check_key` gives the same result as the blocking check."""

    class Async:
        now = staticmethod(LISTS.now)

        async def exchange(self, batch, /, *, within):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return LISTS.exchange(batch, within=within)

    vector = next(each for each in VECTORS if each.id == "rsa-plain")
    job = aio.check_key(vector.spki, lists=Async(), at=AT, policy=POLICIES[vector.policy])
    with pytest.raises(StopIteration) as stop:
        job.send(None)
    assert stop.value.value == _checked(vector)
