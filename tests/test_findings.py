"""Findings: what stands in them is harmless to print, what they do to a verdict follows from their codes alone."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.canon import JsonValue, canonical, parse_json
from pkicheck.codes import CATALOGUE
from pkicheck.errors import InputError
from pkicheck.findings import (
    Finding,
    Level,
    Verdict,
    finding,
    finding_from_json,
    finding_json,
    show,
    verdict_of,
)
from pkicheck.wording import explain
from tests.samples import caa

# All that a shown text may hold: printable ASCII without quotation marks and what begins markup.
SHOWN = re.compile(r"[ !#-%(-;=?-\[\]-~]|\\(?:\\|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})", re.ASCII)
NOTE, DOUBT, REFUSAL = "caa.authorised", "dns.lookup-timeout", "caa.issuer-not-listed"
texts = st.text(st.characters(), max_size=320) | st.text("\\x1bu0000<>&\"'", max_size=320)


def unshown(text: str) -> str:
    """The inverse of `show` for texts that were not cut."""
    return re.sub(
        r"\\(?:(\\)|x(..)|u(....)|U(........))",
        lambda m: m[1] or chr(int(m[2] or m[3] or m[4], 16)),
        text,
        flags=re.DOTALL,
    )


# --- show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 0 issue ca.example;", "plain text, 0 issue ca.example;"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("one\r\ntwo\ttab", "one\\x0d\\x0atwo\\x09tab"),
        ("\0\x7f\x80\xff", "\\x00\\x7f\\x80\\xff"),
        ("<a href='x'>&\"", "\\x3ca href=\\x27x\\x27\\x3e\\x26\\x22"),
        ("a\\x41", "a\\\\x41"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("\U0001f600", "\\U0001f600"),
        ("\ud800", "\\ud800"),
        (b"\xe2\x82\xac", "\\xe2\\x82\\xac"),
        ("", ""),
    ],
)
def test_show_escapes(text: str | bytes, shown: str) -> None:
    """ANSI escapes, line ends, quotation marks, markup, bidirectional controls and surrogates are escaped (R017)."""
    assert show(text) == shown


@pytest.mark.parametrize("point", [*range(0x102), 0x7FF, 0xFFFE, 0xFFFF, 0x10000, 0x10001, 0x10FFFF])
def test_show_of_each_character(point: int) -> None:
    """Every printable ASCII character but backslash, quotes and markup stands for itself; nothing else does."""
    plain = 0x20 <= point <= 0x7E and chr(point) not in "\\\"'<>&"
    escaped = f"\\x{point:02x}" if point <= 0xFF else f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
    wanted = "\\\\" if point == 0x5C else chr(point) if plain else escaped
    assert show(chr(point)) == wanted
    assert show("\n" + chr(point)) == "\\x0a" + wanted


@given(texts | st.binary(max_size=320))
def test_show_is_harmless_and_bounded(text: str | bytes) -> None:
    """Whatever the text, what is shown is printable ASCII that no terminal, HTML or CSV reader takes as more (R017)."""
    shown = show(text)
    body = shown.removesuffix("...") if len(text) > 300 else shown
    assert "".join(SHOWN.findall(body)) == body
    assert len(body) <= 10 * 300


@given(texts)
def test_show_tells_texts_apart(text: str) -> None:
    """A text that was not cut can be read back from what is shown: two texts never look the same."""
    if len(text) <= 300:
        assert unshown(show(text)) == text
    else:
        assert unshown(show(text)) == text[:300] + "..."


def test_show_cuts_at_its_bound() -> None:
    """300 characters are kept whole; of a longer text, however long, 300 are shown and the cut is marked."""
    assert show("a" * 300) == "a" * 300
    assert show("a" * 301) == "a" * 300 + "..."
    assert show(b"\0" * 10_000_000) == "\\x00" * 300 + "..."


# --- making


def test_finding_escapes_counts_and_cites() -> None:
    """`finding` escapes its texts, keeps five values and counts the rest; the rules are those of the code (R028)."""
    made = finding(NOTE, b"bad\n.example", expected="<x>", saw=[f"v{index}\x1b" for index in range(7)])
    assert made.place == "bad\\x0a.example"
    assert made.expected == "\\x3cx\\x3e"
    assert made.saw == tuple(f"v{index}\\x1b" for index in range(5))
    assert made.more == 2
    assert made.rules == CATALOGUE[NOTE].rules != ()


@pytest.mark.parametrize("count", [0, 1, 5])
def test_finding_counts_no_more_than_it_left_out(count: int) -> None:
    """Up to five values nothing is left out."""
    made = finding(NOTE, "x", saw=iter(["v"] * count))
    assert (len(made.saw), made.more) == (count, 0)


def test_a_finding_needs_code_and_place_only() -> None:
    """What is not said is empty: no expectation, nothing seen, no further values, no rules."""
    made = Finding(code=NOTE, place="x")
    assert (made.expected, made.saw, made.more, made.rules) == ("", (), 0, ())


def test_verdicts_have_words() -> None:
    """The words of the verdicts stand in evidence and never change."""
    assert {each.name: each.value for each in Verdict} == {"PASS": "pass", "FAIL": "fail", "INCOMPLETE": "incomplete"}


def test_codes_are_checked() -> None:
    """A finding without an entry in the catalogue cannot be made, by whatever door."""
    with pytest.raises(InputError, match="no finding code is called 'caa.fine'"):
        finding("caa.fine", "x")
    with pytest.raises(InputError, match="no finding code"):
        Finding(code="caa.fine", place="x")
    with pytest.raises(InputError, match="no finding code"):
        attrs.evolve(finding(NOTE, "x"), code="caa.fine")


def test_level_comes_from_the_catalogue() -> None:
    """A finding has no level of its own to forge: each has that of its code."""
    for name, entry in CATALOGUE.items():
        assert finding(name, "x").level is entry.level
    assert "level" not in {field.name for field in attrs.fields(Finding)}


def test_finding_is_a_value() -> None:
    """Findings are immutable, compare and hash by content, and survive copying and pickling."""
    one, other = finding(REFUSAL, "a", saw=["b"]), finding(REFUSAL, "a", saw=["b"])
    assert one == other
    assert hash(one) == hash(other)
    assert one != finding(REFUSAL, "a", saw=["c"])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.place = "b"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert not hasattr(one, "__dict__")
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one


# --- messages


@pytest.mark.parametrize(
    ("made", "tail"),
    [
        (finding(NOTE, "a.example"), ""),
        (finding(NOTE, "a.example", expected="x"), " (expected x)"),
        (finding(NOTE, "a.example", saw=["y"]), ' (saw "y")'),
        (finding(NOTE, "a.example", expected="x", saw=["y", "z"]), ' (expected x; saw "y", "z")'),
        (finding(NOTE, "a.example", saw="123456"), ' (saw "1", "2", "3", "4", "5" (and 1 more))'),
    ],
)
def test_message_has_place_meaning_and_both_sides(made: Finding, tail: str) -> None:
    """A message says where, what it means, what was expected and what was seen, and how much was left out."""
    assert made.message == f"at a.example: {CATALOGUE[NOTE].meaning}{tail}"


def test_hostile_records_are_harmless_everywhere() -> None:
    """A CAA value with markup, an ANSI escape, quotation marks and line ends is escaped in every export (R017)."""
    result = caa("hostile.com")
    values = [value for each in result.findings for value in each.saw]
    assert any("\\x3cb\\x3e\\x1b[31m\\x22\\x27\\x0d\\x0a\\x00\\xff\\\\\\x26" in value for value in values)
    for text in [each.message for each in result.findings] + [result.summary(), explain(result)]:
        assert re.fullmatch(r"[ -~\n]*", text)
        assert "<b>" not in text
    assert re.fullmatch(rb"[ -~]*", result.to_json())


# --- verdicts


@given(st.lists(st.sampled_from([NOTE, DOUBT, REFUSAL]), min_size=1))
def test_verdict_follows_from_the_levels(codes: list[str]) -> None:
    """Any refusal gives FAIL, else any doubt INCOMPLETE, else PASS; neither order nor number matters (R063)."""
    wanted = Verdict.FAIL if REFUSAL in codes else Verdict.INCOMPLETE if DOUBT in codes else Verdict.PASS
    findings = [finding(each, "x") for each in codes]
    assert verdict_of(findings) is wanted
    assert verdict_of(reversed(findings)) is wanted
    assert verdict_of(iter(set(findings))) is wanted


def test_silence_is_no_pass() -> None:
    """No finding gives no verdict (R072)."""
    with pytest.raises(InputError, match="at least one finding"):
        verdict_of([])


def test_levels_of_the_examples() -> None:
    """The three codes used above are of the three levels."""
    assert [CATALOGUE[each].level for each in (NOTE, DOUBT, REFUSAL)] == [Level.NOTE, Level.DOUBT, Level.REFUSAL]


# --- JSON

made = st.builds(
    finding,
    st.sampled_from(sorted(CATALOGUE)),
    st.text(max_size=20),
    expected=st.text(max_size=20),
    saw=st.lists(st.text(max_size=20) | st.binary(max_size=20), max_size=8),
)


@given(made)
def test_json_round_trip(this: Finding) -> None:
    """A finding is read back from its canonical JSON as the same finding."""
    assert finding_from_json(parse_json(canonical(finding_json(this)))) == this


def test_json_holds_no_message_and_no_level() -> None:
    """What follows from the code is not written: it could only be forged."""
    assert set(finding_json(finding(NOTE, "x"))) == {"code", "place", "expected", "saw", "more", "rules"}


@pytest.mark.parametrize("value", [None, [], "finding", 1])
def test_json_must_be_an_object(value: JsonValue) -> None:
    """Anything but an object is refused."""
    with pytest.raises(
        InputError, match=r"here must be an object with exactly code, place, expected, saw, more, rules"
    ):
        finding_from_json(value, what="here")


@pytest.mark.parametrize("key", ["code", "place", "expected", "saw", "more", "rules"])
def test_json_fields_are_exact(key: str) -> None:
    """A missing field, an additional one and one of another type are each refused by name."""
    good = finding_json(finding(NOTE, "x", saw=["y"]))
    with pytest.raises(InputError, match="must be an object with exactly"):
        finding_from_json({name: value for name, value in good.items() if name != key})
    with pytest.raises(InputError, match="must be an object with exactly"):
        finding_from_json({**good, "level": "note"})
    others: list[Any] = [None, True, {}, 1.5, ["x"] if key == "more" else 7]
    for wrong in others:
        with pytest.raises(InputError, match=f"finding: {key} must be a "):
            finding_from_json({**good, key: wrong})


@pytest.mark.parametrize("key", ["saw", "rules"])
@pytest.mark.parametrize("item", [1, None, ["x"], True])
def test_json_lists_hold_strings(key: str, item: JsonValue) -> None:
    """Lists of a finding hold strings and nothing else."""
    with pytest.raises(InputError, match=f"{key} must be a list of strings"):
        finding_from_json({**finding_json(finding(NOTE, "x")), key: ["x", item]})


def test_json_code_must_be_known() -> None:
    """A code that is not in the catalogue is refused: a renamed code does not pass for a finding."""
    with pytest.raises(InputError, match=r"no finding code is called 'caa\.authorized'"):
        finding_from_json({**finding_json(finding(NOTE, "x")), "code": "caa.authorized"})


@pytest.mark.parametrize("key", ["place", "expected"])
def test_json_texts_are_escaped(key: str) -> None:
    """A stored finding whose text is not what `show` writes was edited: it would carry an ANSI escape (R017)."""
    with pytest.raises(InputError):
        finding_from_json({**finding_json(finding(NOTE, "x")), key: "\x1b[31m<b>\n"})


def test_json_rules_are_those_of_the_code() -> None:
    """A stored finding cites rules that exist (R028)."""
    with pytest.raises(InputError):
        finding_from_json({**finding_json(finding(NOTE, "x")), "rules": ["br.0/invented"]})


@pytest.mark.parametrize(("saw", "more"), [([], -1), ([], 3), (["a"] * 6, 0)])
def test_json_counts_are_possible(saw: list[str], more: int) -> None:
    """A stored finding has at most five values, and more only behind five."""
    with pytest.raises(InputError):
        finding_from_json({**finding_json(finding(NOTE, "x")), "saw": list(saw), "more": more})
