"""The report for an auditor: a page of HTML that loads nothing, and the same as Markdown (pure)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Final

from pkicheck.hsmlog.report import Report, SourceRow
from pkicheck.hsmlog.timeline import timeline

__all__ = ["report_html", "report_markdown"]

# More exceptions stand in the CSV file and in JSON only.
_MOST: Final = 1000

_Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]

_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:.6rem 0;width:100%}td,th{border:1px solid #bbb;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee}"
    ".PASS{color:#15602b}.FAIL{color:#a11}.INCOMPLETE{color:#85500a}"
    "svg{max-width:100%;height:auto;font:12px system-ui,sans-serif}.axis{stroke:#777;fill:none}.covers{fill:#bcd7ee}"
    ".records{fill:#2a6496}.gap{fill:#e0a030}.refusal{fill:#a11}.doubt{fill:#e0a030}.note{fill:#888}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _sentence(report: Report) -> str:
    refused = sum(each.count for each in report.problems if each.level == "refusal")
    doubts = sum(each.count for each in report.problems if each.level == "doubt")
    pairs = sum(many for _, many in report.grades)
    return (
        f"{report.operations} operations and {report.objects} objects in the window made {pairs} pairs; "
        f"{refused} findings refuse, {doubts} leave doubt."
    )


def _covers(row: SourceRow) -> str:
    return "; ".join(f"{first} to {last}" for first, last in row.covers) or "nothing declared"


def _gaps(row: SourceRow) -> str:
    shown = "; ".join(f"{why} {first} to {last}" for why, first, last in row.gaps[:20])
    return shown + (f" ({row.gaps_number} in all)" if row.gaps_number > 20 else "") or "none"


def _tables(report: Report) -> Iterable[_Table]:
    yield (
        "What was asked",
        ("What", "Value"),
        (
            ("Window", f"{report.window[0]} to {report.window[1]}"),
            ("Moment of the run", report.at),
            ("Policy", f"{report.policy}, fingerprint {report.fingerprint}"),
            ("Software", report.software),
            ("Rules", f"SHA-256 {report.rules}"),
            ("Facts", f"SHA-256 {report.facts}"),
            *((f"Key {key}", ", ".join(names) or "no names") for key, names in report.keys),
        ),
    )
    yield (
        "Problems",
        ("Code", "Level", "Count", "First", "Last", "What it means", "What to do"),
        [
            (each.code, each.level, str(each.count), each.first, each.last, each.meaning, each.remedy)
            for each in report.problems
        ],
    )
    yield (
        "Exceptions",
        ("Id", "Code", "Record", "Kind", "Serial", "Valid", "Digest", "Time", "Key", "Where", "Message"),
        [
            (
                each.id,
                each.code,
                each.record,
                each.kind,
                each.serial,
                f"{each.begins} to {each.ends}" if each.begins else "",
                each.digest,
                each.time,
                each.key,
                f"{each.name} (input {each.input}, offset {each.offset})" if each.input else each.place,
                each.message,
            )
            for each in report.exceptions
            if each.level != "note"
        ][:_MOST],
    )
    yield "Pairs", ("Grade", "Kind", "Pairs"), [(grade, kind, str(many)) for grade, kind, many in report.pairs]
    yield (
        "Inputs",
        (
            *("Side", "Name", "Format", "SHA-256", "Octets", "Records", "Operations or objects", "Unreadable"),
            *("Integrity", "Verified by", "Broken at", "Missing", "Answers for", "First", "Last", "Zone", "Anchor"),
        ),
        [
            (
                *(each.side, each.name, each.format, each.input, each.octets, str(each.records), str(each.events)),
                *(str(each.unreadable), each.integrity, each.verified_by, "; ".join(each.broken), _gaps(each)),
                *(_covers(each), each.begins, each.ends, each.zone, each.last),
            )
            for each in report.sources
        ],
    )
    yield (
        "Clocks",
        ("Log", "Store", "Offset (us)", "Lowest", "Highest", "Pairs"),
        [tuple(str(cell) for cell in row) for row in report.clocks],
    )
    yield "Key events", ("Time", "Key", "Action", "In the log", "Outcome", "Witnesses"), report.key_events[:_MOST]
    yield (
        "Notes",
        ("Code", "Message"),
        [(each.code, each.message) for each in report.exceptions if each.level == "note"][:_MOST],
    )


def _cut(report: Report) -> str:
    deciding = sum(each.level != "note" for each in report.exceptions)
    return (
        f"The first {_MOST} of {deciding} exceptions are shown; all stand in exceptions.csv."
        if deciding > _MOST
        else ""
    )


def report_html(report: Report) -> bytes:
    """The report as a page. It has no script, loads nothing, and every text in it is escaped."""
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">',
        f"<title>Reconciliation: {html.escape(report.verdict)}</title><style>{_STYLE}</style></head><body>",
        f'<h1>Reconciliation: <span class="{html.escape(report.verdict)}">{html.escape(report.verdict)}</span></h1>',
        f"<p>{html.escape(_sentence(report))}</p>",
        timeline(report),
    ]
    for title, columns, rows in _tables(report):
        if not rows:
            continue
        parts.append(f"<h2>{html.escape(title)}</h2>")
        if title == "Exceptions" and _cut(report):
            parts.append(f"<p>{html.escape(_cut(report))}</p>")
        parts.append("<table><tr>" + "".join(f"<th>{html.escape(each)}</th>" for each in columns) + "</tr>")
        parts += ["<tr>" + "".join(f"<td>{html.escape(each)}</td>" for each in row) + "</tr>" for row in rows]
        parts.append("</table>")
    return ("\n".join([*parts, "</body></html>"]) + "\n").encode("utf-8")


def _cell(text: str) -> str:
    r"""A cell of Markdown that says what it says: nothing in it is markup."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+!|~<>&" else char for char in text)


def report_markdown(report: Report) -> str:
    """The report as Markdown, with the tables of `report_html`."""
    lines = [f"# Reconciliation: {report.verdict}", "", _sentence(report)]
    for title, columns, rows in _tables(report):
        if not rows:
            continue
        lines += ["", f"## {title}", ""]
        if title == "Exceptions" and _cut(report):
            lines += [_cut(report), ""]
        lines += ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
        lines += ["| " + " | ".join(_cell(each) for each in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
