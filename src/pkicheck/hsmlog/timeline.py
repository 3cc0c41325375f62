"""The picture of a run as SVG: what each input answers for, and when the exceptions happened (pure)."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pkicheck.canon import parse_time
from pkicheck.errors import InputError
from pkicheck.hsmlog.report import Report, SourceRow

__all__ = ["timeline"]

_LEFT: Final = 220
_WIDTH: Final = 700
_LANE: Final = 26
_TOP: Final = 34
_MOST_LANES: Final = 40
_MOST_MARKS: Final = 500
_LANES: Final = ("refusal", "doubt", "note")


class _Scale:
    """From moments of the window to places in the picture."""

    def __init__(self, window: tuple[str, str]) -> None:
        self._begins, self._ends = (parse_time(each) for each in window)

    def at(self, time: str) -> int | None:
        """The place of a moment, at the edge when it lies outside; None for a text that is none."""
        try:
            moment: datetime = parse_time(time)
        except InputError:
            return None
        moment = min(max(moment, self._begins), self._ends)
        return _LEFT + (moment - self._begins) * _WIDTH // (self._ends - self._begins)


def _label(text: str, y: int) -> str:
    shown = text if len(text) <= 32 else text[:29] + "..."
    return f'<text x="4" y="{y + 14}">{html.escape(shown)}</text>'


def _bar(name: str, first: int | None, last: int | None, y: int, height: int, about: str) -> Iterator[str]:
    if first is not None and last is not None:
        width = max(1, last - first)
        title = f"<title>{html.escape(about)}</title>"
        yield f'<rect class="{name}" x="{first}" y="{y}" width="{width}" height="{height}">{title}</rect>'


def _source(row: SourceRow, y: int, scale: _Scale) -> Iterator[str]:
    yield _label(f"{row.side} {row.name}", y)
    for first, last in row.covers[:_MOST_MARKS]:
        yield from _bar("covers", scale.at(first), scale.at(last), y + 3, 14, f"answers for {first} to {last}")
    yield from _bar(
        "records", scale.at(row.begins), scale.at(row.ends), y + 8, 4, f"records {row.begins} to {row.ends}"
    )
    for why, first, last in row.gaps[:_MOST_MARKS]:
        yield from _bar("gap", scale.at(first), scale.at(last), y + 3, 14, f"missing: {why} {first} to {last}")


def timeline(report: Report) -> str:
    """The picture as an SVG element. Each lane is an input, the last ones are the exceptions by level."""
    scale = _Scale(report.window)
    lanes = report.sources[:_MOST_LANES]
    parts: list[str] = []
    for number, row in enumerate(lanes):
        parts += _source(row, _TOP + number * _LANE, scale)
    y = _TOP + len(lanes) * _LANE
    for level in _LANES:
        rows = [each for each in report.exceptions if each.level == level and each.time]
        if not rows:
            continue
        parts.append(_label(f"{level}s: {len(rows)}", y))
        for each in rows[:_MOST_MARKS]:
            x = scale.at(each.time)
            if x is not None:
                title = f"<title>{html.escape(f'{each.time} {each.code} {each.id}')}</title>"
                parts.append(f'<circle class="{level}" cx="{x}" cy="{y + 10}" r="5">{title}</circle>')
        y += _LANE
    begins, ends = (html.escape(f"{each[:19]}Z") for each in report.window)
    right = _LEFT + _WIDTH
    frame = (
        f'<text x="{_LEFT}" y="16">{begins}</text><text x="{right}" y="16" text-anchor="end">{ends}</text>'
        f'<path class="axis" d="M{_LEFT} 22V{y}M{right} 22V{y}M{_LEFT} 22H{right}"/>'
    )
    size = f'viewBox="0 0 {right + 10} {y + 8}" width="{right + 10}" height="{y + 8}"'
    title = "<title>What each input answers for, and when the exceptions happened</title>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>{title}{frame}{"".join(parts)}</svg>'
