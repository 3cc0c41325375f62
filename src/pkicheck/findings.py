"""A finding: one stated fact, with its place, what was expected and what was seen.

What a finding does to a verdict is the level of its code in the catalogue. Texts from outside are escaped when a
finding is made, so that no export (text, JSON, CSV) ever carries a control character, an ANSI escape or markup (R017).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum

import attrs

from pkicheck.canon import JsonValue
from pkicheck.codes import CATALOGUE, Level, code
from pkicheck.errors import InputError
from pkicheck.rules import RULES, RuleId

__all__ = ["Finding", "Level", "Verdict", "finding", "finding_from_json", "finding_json", "show", "verdict_of"]

# Long enough for a whole domain name with its escapes, short enough for a log line.
_LONGEST = 300
# What markup, quoting and the escapes themselves are made of.
_SPECIAL = frozenset("\\<>&\"'")
_MARKUP = _SPECIAL - {"\\"}
# Most texts are plain, and need no look at each character.
_NOT_PLAIN = re.compile(r"""[^ -~]|[\\<>&"']""").search
# An escape takes up to ten characters.
_LONGEST_SHOWN = 10 * _LONGEST + 3
# How many seen values a finding keeps; the rest is counted in `more`.
_MOST = 5


class Verdict(Enum):
    """PASS, FAIL, or INCOMPLETE: the same call may answer differently later without anybody changing anything."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCOMPLETE = "incomplete"


def show(value: str | bytes) -> str:
    r"""A text from outside as printable ASCII of bounded length.

    Backslash, quotation marks, `<`, `>`, `&` and everything that is not printable ASCII become `\\`, `\xNN`, `\uNNNN`
    or `\UNNNNNNNN`; a long value is cut and ends in `...`. One linear pass over at most 301 characters.
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if len(text) <= _LONGEST and not _NOT_PLAIN(text):
        return text
    cut = len(text) > _LONGEST
    shown: list[str] = []
    for char in text[:_LONGEST]:
        point = ord(char)
        if char == "\\":
            shown.append("\\\\")
        elif 0x20 <= point < 0x7F and char not in _SPECIAL:
            shown.append(char)
        elif point < 0x100:
            shown.append(f"\\x{point:02x}")
        elif point < 0x10000:
            shown.append(f"\\u{point:04x}")
        else:
            shown.append(f"\\U{point:08x}")
    return "".join(shown) + ("..." if cut else "")


@attrs.frozen(kw_only=True)
class Finding:
    """One stated fact. Make one with `finding`, which escapes and bounds the texts.

    Attributes:
        code: its entry in the catalogue (`pkicheck.codes`).
        place: where: a name, a record, a field.
        expected: what would have been right, may be empty.
        saw: what was seen, at most five values.
        more: how many further values were seen.
        rules: the rules it is judged by.
    """

    code: str
    place: str
    expected: str = ""
    saw: tuple[str, ...] = ()
    more: int = 0
    rules: tuple[RuleId, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.code not in CATALOGUE:
            code(self.code)

    @property
    def level(self) -> Level:
        """REFUSAL, DOUBT or NOTE, from the catalogue."""
        return code(self.code).level

    @property
    def message(self) -> str:
        """`at <place>: <meaning> (expected <x>; saw <y>)`: rendered, never stored as truth, never compared."""
        parts = [f"at {self.place}: {code(self.code).meaning}"]
        details: list[str] = []
        if self.expected:
            details.append(f"expected {self.expected}")
        if self.saw:
            seen = ", ".join(f'"{value}"' for value in self.saw)
            details.append(f"saw {seen}" + (f" (and {self.more} more)" if self.more else ""))
        if details:
            parts.append(f"({'; '.join(details)})")
        return " ".join(parts)


def finding(name: str, place: str | bytes, *, expected: str = "", saw: Iterable[str | bytes] = ()) -> Finding:
    """A finding with its texts escaped and bounded, and the rules of its code.

    Args:
        name: the code.
        place: where it was seen.
        expected: what would have been right.
        saw: what was seen; five values are kept, the rest is counted.

    Raises:
        InputError: no such code.
    """
    seen = [show(value) for value in saw]
    return Finding(
        code=name,
        place=show(place),
        expected=show(expected) if expected else "",
        saw=tuple(seen[:_MOST]),
        more=max(0, len(seen) - _MOST),
        rules=code(name).rules,
    )


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The verdict that a set of findings gives: any refusal FAIL, else any doubt INCOMPLETE, else PASS.

    Raises:
        InputError: no finding at all: silence is not a PASS.
    """
    levels = {each.level for each in findings}
    if not levels:
        msg = "a verdict needs at least one finding"
        raise InputError(msg)
    if Level.REFUSAL in levels:
        return Verdict.FAIL
    return Verdict.INCOMPLETE if Level.DOUBT in levels else Verdict.PASS


def finding_json(this: Finding) -> dict[str, JsonValue]:
    """The finding as it stands in evidence: codes and values, no message and no level."""
    return {
        "code": this.code,
        "place": this.place,
        "expected": this.expected,
        "saw": list(this.saw),
        "more": this.more,
        "rules": list(this.rules),
    }


def finding_from_json(value: JsonValue, *, what: str = "finding") -> Finding:
    """Read what `finding_json` wrote.

    Raises:
        InputError: another shape, or a code that is not in the catalogue.
    """
    keys = {"code": str, "place": str, "expected": str, "saw": list, "more": int, "rules": list}
    if not isinstance(value, Mapping) or set(value) != set(keys):
        msg = f"{what} must be an object with exactly {', '.join(keys)}"
        raise InputError(msg)
    for key, kind in keys.items():
        item = value[key]
        if not isinstance(item, kind) or isinstance(item, bool):
            msg = f"{what}: {key} must be a {kind.__name__}"
            raise InputError(msg)
    more = value["more"]
    saw = value["saw"]
    if (
        not isinstance(more, int)
        or not isinstance(saw, list)
        or more < 0
        or len(saw) > _MOST
        or (more and len(saw) < _MOST)
    ):
        msg = f"{what}: saw holds at most {_MOST} values, and more counts what is behind {_MOST}"
        raise InputError(msg)
    texts: dict[str, tuple[str, ...]] = {}
    for key in ("saw", "rules"):
        items = value[key]
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            msg = f"{what}: {key} must be a list of strings"
            raise InputError(msg)
        texts[key] = tuple(str(item) for item in items)
    for text in (str(value["place"]), str(value["expected"]), *texts["saw"]):
        if not (text.isascii() and text.isprintable() and _MARKUP.isdisjoint(text) and len(text) <= _LONGEST_SHOWN):
            msg = f"{what}: a text is not escaped: {show(text)[:80]}"
            raise InputError(msg)
    for rule in texts["rules"]:
        if rule not in RULES:
            msg = f"{what}: no rule is called {show(rule)[:80]}"
            raise InputError(msg)
    return Finding(
        code=str(value["code"]),
        place=str(value["place"]),
        expected=str(value["expected"]),
        saw=texts["saw"],
        more=int(str(value["more"])),
        rules=tuple(RuleId(item) for item in texts["rules"]),
    )
