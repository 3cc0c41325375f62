"""What a reconciliation found, for people: one value from which every form of the report is made (pure).

The same result gives the same octets in every form: no clock, no machine, no order of a set. Texts from logs, stores
and certificates were chosen by strangers: they are escaped here, once, for all forms (R017).
"""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import attrs

from pkicheck._version import __version__
from pkicheck.canon import JsonValue, canonical, format_time
from pkicheck.codes import code
from pkicheck.findings import Verdict, show
from pkicheck.hsmlog.result import ReconcileResult
from pkicheck.rules import RULES_DIGEST

__all__ = [
    "REPORT_SCHEMA",
    "ExceptionRow",
    "ProblemRow",
    "Report",
    "SourceRow",
    "exceptions_csv",
    "report_json",
    "report_of",
    "summary",
]

REPORT_SCHEMA: Final = "pkicheck/reconciliation-report/1"
"""The schema of `report_json`; it ships as `reconciliation-report-1.schema.json`."""

_LEVELS: Final = ("refusal", "doubt", "note")


def _order(level: str, name: str) -> tuple[int, bool]:
    """An order for people: what refuses first, and what is wrong with operations and objects before the logs."""
    return _LEVELS.index(level), not name.startswith("rec.")


@attrs.frozen(kw_only=True)
class ProblemRow:
    """All findings of one code that decide.

    Attributes:
        code, level, meaning, remedy: of the catalogue.
        count: how many.
        first, last: the earliest and latest moment of their records, RFC 3339; empty: none has a time.
    """

    code: str
    level: str
    meaning: str
    remedy: str
    count: int
    first: str
    last: str


@attrs.frozen(kw_only=True)
class ExceptionRow:
    """One finding. What is not known is empty; an exception about the run as a whole has a place and a message only.

    Attributes:
        code, level: of the catalogue.
        id: its stable id: two overlapping runs tell it once.
        place: where it was found, in words.
        record: `operation`, `object`, or empty.
        key: the id of the issuer key.
        kind, serial, issuer, begins, ends, digest: what is needed to find and to revoke it. `issuer` is the Name in
            DER as Base64.
        time: when.
        name, input, offset, sequence: where the record stands: what names it, the SHA-256 of the file, the offset.
        message: the finding in words.
    """

    code: str
    level: str
    id: str
    place: str
    record: str
    key: str
    kind: str
    serial: str
    issuer: str
    begins: str
    ends: str
    digest: str
    time: str
    name: str
    input: str
    offset: str
    sequence: str
    message: str


@attrs.frozen(kw_only=True)
class SourceRow:
    """One input.

    Attributes:
        side: `log`, `store` or `ct`.
        name, format, input: how it is called, its grammar, its SHA-256.
        octets, records, events, unreadable, overlaps: counts; `events` are operations or objects.
        integrity, verified_by: how far its records are protected.
        broken: the records at which the protection does not hold.
        gaps: what is missing: why, first, last.
        gaps_number: how many there are.
        covers: the stretches of time it answers for.
        begins, ends: the first and last moment in it; empty: no time is known.
        zone: by which its local times were read.
        last: the anchor of the next run.
    """

    side: str
    name: str
    format: str
    input: str
    octets: str
    records: int
    events: int
    unreadable: int
    overlaps: int
    integrity: str
    verified_by: str
    broken: tuple[str, ...]
    gaps: tuple[tuple[str, str, str], ...]
    gaps_number: int
    covers: tuple[tuple[str, str], ...]
    begins: str
    ends: str
    zone: str
    last: str


@attrs.frozen(kw_only=True)
class Report:
    """All that a report says.

    Attributes:
        verdict: `PASS`, `FAIL` or `INCOMPLETE`.
        window: from, to (RFC 3339).
        at: the moment of the run.
        policy, fingerprint: name and fingerprint of the policy.
        software, rules: the version, and the digest of the rules, by which it was judged.
        facts: SHA-256 of the facts that all of this is made of.
        keys: the ids of the keys in scope with the names by which logs call them.
        problems: what decides, by code, refusals first.
        exceptions: every finding, refusals first.
        sources: the inputs.
        operations, objects: how many there were in the window.
        failed: how many operations failed.
        grades: pairs by grade.
        pairs: pairs by grade and kind.
        clocks: log, store, offset in microseconds, lowest, highest, pairs.
        key_events: time, key, action, detail, outcome, witnesses.
    """

    verdict: str
    window: tuple[str, str]
    at: str
    policy: str
    fingerprint: str
    software: str
    rules: str
    facts: str
    keys: tuple[tuple[str, tuple[str, ...]], ...]
    problems: tuple[ProblemRow, ...]
    exceptions: tuple[ExceptionRow, ...]
    sources: tuple[SourceRow, ...]
    operations: int
    objects: int
    failed: int
    grades: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[str, str, int], ...]
    clocks: tuple[tuple[str, str, int, int, int, int], ...]
    key_events: tuple[tuple[str, str, str, str, str, str], ...]


def _text(value: object) -> str:
    return "" if value is None else show(str(value))


def _source(source: Mapping[str, Any]) -> SourceRow:
    return SourceRow(
        side={"events": "log", "objects": "store"}.get(source["side"], "ct"),
        name=show(source["name"]),
        format=show(source["format"]),
        input=source["input"],
        octets=source["octets"],
        records=source["records"],
        events=source["events"],
        unreadable=source["unreadable"],
        overlaps=source["overlaps"],
        integrity=source["integrity"],
        verified_by=show(source["verified_by"]),
        broken=tuple(show(each) for each in source["broken"]),
        gaps=tuple((show(why), show(first), show(last)) for why, first, last in source["gaps"]),
        gaps_number=source["gaps_number"],
        covers=tuple((first, last) for first, last in source["covers"]),
        begins=source["from"] or "",
        ends=source["to"] or "",
        zone=show(source["zone"]),
        last=show(source["last"]),
    )


def _exceptions(result: ReconcileResult, facts: Mapping[str, Any]) -> tuple[ExceptionRow, ...]:
    items = {each["id"]: each for each in facts["items"]}
    found: list[ExceptionRow] = []
    for each in result.findings:
        words = each.place.replace(",", " ").split()
        item: Mapping[str, Any] = items.get(words[1], {}) if len(words) > 1 else {}
        details: Mapping[str, Any] = item.get("details", {})
        where: Mapping[str, Any] = details.get("where", {})
        found.append(
            ExceptionRow(
                code=each.code,
                level=each.level.value,
                place=each.place,
                id=item.get("id", ""),
                key=item.get("key", ""),
                message=each.message,
                **{
                    name: _text(details.get(name))
                    for name in ("record", "kind", "serial", "issuer", "begins", "ends", "digest", "time", "name")
                },
                **{name: _text(where.get(name)) for name in ("input", "offset", "sequence")},
            )
        )
    return tuple(sorted(found, key=lambda row: (*_order(row.level, row.code), row.code, row.time, row.id, row.place)))


def _total(facts: Mapping[str, Any], *names: str) -> int:
    return sum(sum(by_key.values()) for name, by_key in facts["counts"].items() if name.startswith(names))


def report_of(result: ReconcileResult) -> Report:
    """The report of a result.

    Args:
        result: what `reconcile` gave, or a replay of it.
    """
    facts = cast("Any", result.read_facts())
    asked = result.asked()
    names = [show(each["name"]) or each["input"][:16] for each in facts["sources"]]
    problems = [
        ProblemRow(
            code=each.code,
            level=code(each.code).level.value,
            meaning=code(each.code).meaning,
            remedy=code(each.code).remedy,
            count=each.count,
            first=each.first or "",
            last=each.last or "",
        )
        for each in result.problems()
    ]
    return Report(
        verdict=result.verdict.name,
        window=tuple(facts["window"]),
        at=format_time(result.at),
        policy=show(result.policy.name),
        fingerprint=result.policy.fingerprint,
        software=f"pkicheck/{__version__}",
        rules=RULES_DIGEST,
        facts=str(asked["facts"]),
        keys=tuple((each["id"], tuple(show(name) for name in each["names"])) for each in facts["keys"]),
        problems=tuple(sorted(problems, key=lambda row: (*_order(row.level, row.code), row.code))),
        exceptions=_exceptions(result, facts),
        sources=tuple(_source(each) for each in facts["sources"]),
        operations=_total(facts, "events"),
        objects=_total(facts, "objects-"),
        failed=_total(facts, "failed"),
        grades=result.grades,
        pairs=tuple((grade, kind, many) for grade, kind, many in facts["pairs"]),
        clocks=tuple(
            (
                names[each["events"]],
                names[each["objects"]],
                int(each["offset_us"]),
                int(each["low_us"]),
                int(each["high_us"]),
                each["pairs"],
            )
            for each in facts["clocks"]
        ),
        key_events=tuple(
            (
                each["time"] or "",
                each["key"],
                each["action"],
                show(f"{each['name']} {each['detail']}".strip()),
                each["outcome"],
                ", ".join(show(one) for one in each["witnesses"]),
            )
            for each in facts["key_events"]
        ),
    )


# -- JSON


def report_json(report: Report) -> bytes:
    """The report as canonical JSON of schema `REPORT_SCHEMA`."""
    return canonical({"schema": REPORT_SCHEMA, **cast("dict[str, JsonValue]", _plain(attrs.asdict(report)))})


def _plain(value: object) -> JsonValue:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return {name: _plain(each) for name, each in table.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    return cast("JsonValue", value)


# -- CSV

_COLUMNS: Final = tuple(field.name for field in attrs.fields(ExceptionRow))
# What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class _Lines:
    """What csv.writer writes to."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def write(self, text: str) -> None:
        """Take a record."""
        self.held.append(text)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def exceptions_csv(report: Report) -> bytes:
    """Every exception as a record of CSV (RFC 4180), all fields quoted; none is a formula to a spreadsheet (R017)."""
    lines = _Lines()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in report.exceptions:
        writer.writerow([_cell(str(getattr(row, name))) for name in _COLUMNS])
    return "".join(lines.held).encode("utf-8")


# -- a terminal

_WIDTH: Final = 79
_SHOWN_SOURCES: Final = 4
_SHOWN_PROBLEMS: Final = 5
_SHOWN_EXCEPTIONS: Final = 2


def _fit(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _wrap(text: str, indent: str) -> list[str]:
    following = "    " if indent.endswith("- ") else "  "
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=following)


def _second(time: str) -> str:
    return f"{time[:19]}Z" if time else "no time"


def _span(row: ProblemRow) -> str:
    if not row.first:
        return ""
    return f", {_second(row.first)}" + ("" if row.first == row.last else f" to {_second(row.last)}")


def _told(row: ExceptionRow) -> str:
    """What a line of a terminal says of an exception: where to look first."""
    parts = [
        f"{row.kind} serial {row.serial}" if row.serial else row.kind,
        f"at {_second(row.time)}" if row.time else "",
    ]
    parts.append(f"record {row.name}" if row.name else "")
    return f"{row.record} {row.id}: " + ", ".join(part for part in parts if part) if row.id else row.place


def summary(report: Report) -> str:
    """The report as a few lines of ASCII, at most 79 wide: one screen unless there are many problems."""
    lines = [f"{report.verdict}: {_second(report.window[0])} to {_second(report.window[1])}, keys: {len(report.keys)}"]
    for row in report.sources[:_SHOWN_SOURCES]:
        what = "operations" if row.side == "log" else "objects"
        bad = f", {row.unreadable} unreadable" if row.unreadable else ""
        lines.append(f"  {row.side} {row.name} ({row.format}): {row.events} {what}, integrity {row.integrity}{bad}")
    if len(report.sources) > _SHOWN_SOURCES:
        lines.append(f"  and {len(report.sources) - _SHOWN_SOURCES} more inputs")
    grades = ", ".join(f"{grade} {many}" for grade, many in report.grades) or "none"
    failed = f", {report.failed} of them failed" if report.failed else ""
    lines.append(f"{report.operations} operations{failed}, {report.objects} objects; pairs: {grades}")
    by_code: dict[str, list[ExceptionRow]] = {}
    for each in report.exceptions:
        by_code.setdefault(each.code, []).append(each)
    for problem in report.problems[:_SHOWN_PROBLEMS]:
        lines.append(f"{problem.level} {problem.code}: {problem.count}{_span(problem)}")
        lines += _wrap(problem.meaning, "  ")
        rows = by_code[problem.code]
        lines += [line for each in rows[:_SHOWN_EXCEPTIONS] for line in _wrap(_told(each), "  - ")]
        if len(rows) > _SHOWN_EXCEPTIONS:
            lines.append(f"  - and {len(rows) - _SHOWN_EXCEPTIONS} more")
    if len(report.problems) > _SHOWN_PROBLEMS:
        lines.append(f"and {len(report.problems) - _SHOWN_PROBLEMS} more problems")
    if report.verdict != Verdict.PASS.name and report.problems:
        lines += _wrap(report.problems[0].remedy, "What to do: ")
    return "\n".join(_fit(line) for line in lines)
