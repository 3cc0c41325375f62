"""The vectors of tests/vectors/names: one fact each, checked through the same entry point that callers use."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from pkicheck.caa import caa_plan
from pkicheck.codes import CATALOGUE
from pkicheck.errors import InputError
from pkicheck.evidence import load
from pkicheck.namecheck import NameResult, check_name
from pkicheck.names import name_defects, parse_name
from pkicheck.rules import RULES
from tests.namekit import LISTS, POLICIES, codes

_FOLDER = Path(__file__).parent / "vectors" / "names"
_KNOWN = {"name", "text", "octets", "at", "policy", "scope", "verdict", "codes", "rule", "source", "comment"}


def _vectors() -> list[Any]:
    return [
        pytest.param(vector, id=f"{path.stem}: {vector['name']}")
        for path in sorted(_FOLDER.glob("*.toml"))
        for vector in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]
    ]


def _given(vector: dict[str, Any]) -> str | bytes:
    return bytes.fromhex(vector["octets"]) if "octets" in vector else cast("str", vector["text"])


def _checked(vector: dict[str, Any]) -> NameResult:
    return check_name(
        _given(vector),
        lists=LISTS,
        at=datetime.fromisoformat(vector["at"]) if "at" in vector else None,
        policy=POLICIES[vector.get("policy", "BASELINE")],
        scope=vector.get("scope"),
    )


@pytest.mark.parametrize("vector", _vectors())
def test_vector(vector: dict[str, Any]) -> None:
    """Each name has the verdict and exactly the codes that its vector states (R008, R060, K04-K08, K10, D17, R114)."""
    assert set(vector) <= _KNOWN
    assert ("text" in vector) != ("octets" in vector)
    assert not vector.get("rule", "").startswith(("br.", "lint.", "rfc")) or _is_known_rule(vector["rule"])
    result = _checked(vector)
    assert codes(result) == vector["codes"]
    assert result.verdict.value == vector["verdict"]


def _is_known_rule(rule: str) -> bool:
    return rule in RULES


@pytest.mark.parametrize("vector", _vectors())
def test_vector_replays_to_itself(vector: dict[str, Any]) -> None:
    """The evidence of each vector, written and read back, gives the same verdict and the same findings (R012)."""
    replayed = load(_checked(vector).to_json()).replay()
    assert replayed.same
    assert codes(cast("NameResult", replayed.result)) == vector["codes"]


@pytest.mark.parametrize("vector", _vectors())
def test_parser_and_defects_agree_with_the_vector(vector: dict[str, Any]) -> None:
    """`parse_name` and `name_defects` give the codes of the grammar that the whole check gives (K06, R060)."""
    given = _given(vector)
    octets = given if isinstance(given, bytes) else given.encode()
    grammar = [each.code for each in name_defects(octets)]
    if isinstance(given, bytes):
        assert grammar == vector["codes"]
        return
    if grammar and grammar == vector["codes"]:
        with pytest.raises(InputError, match=re.escape(f"({grammar[0]}")):
            parse_name(given)
    else:
        assert grammar in ([], ["name.ipv4-literal"], ["name.ipv6-literal"])
        parse_name(given)


@pytest.mark.parametrize("vector", [each for each in _vectors() if "text" in each.values[0]])
def test_the_caa_check_has_the_same_grammar(vector: dict[str, Any]) -> None:
    """The CAA entry point takes and refuses the same texts, with the same first code (R060, K06)."""
    text = vector["text"]
    try:
        parse_name(text)
    except InputError:
        code = name_defects(text.encode())[0].code
        with pytest.raises(InputError, match=re.escape(f"({code}")):
            caa_plan(text, issuers={"ca.example"})
    else:
        assert caa_plan(text, issuers={"ca.example"}).name == parse_name(text)


def test_every_code_of_names_has_a_vector() -> None:
    """No code of the area `name` is without a vector, but for those of lists that fail and of a wrong entry point."""
    walked = {code for vector in _vectors() for code in vector.values[0]["codes"]}
    elsewhere = {
        "name.list-from-later",
        "name.list-stale",
        "name.list-stale-noted",
        "name.list-unavailable",
        "name.list-used",
        "name.suffixes-not-asked",
        "name.suffixes-unavailable",
        "name.wildcard",
    }
    assert {code for code in CATALOGUE if code.startswith("name.")} - walked == elsewhere


def test_there_are_enough_vectors() -> None:
    """At least sixty strings of the grammar (R060), and more than 120 names in all."""
    assert sum(1 for each in _vectors() if str(each.id).startswith("grammar")) >= 60
    assert len(_vectors()) >= 120
