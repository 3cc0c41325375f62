"""Sphinx directives that write tables from the code, so that the pages cannot drift from it.

`pkicheck-codes AREA`, `pkicheck-rules`, `pkicheck-steps`, `pkicheck-policy`, `pkicheck-methods`,
`pkicheck-dcv-methods`, `pkicheck-lists`, `pkicheck-schema NAME` and `pkicheck-names` (what `import pkicheck` offers).
"""
# ruff: noqa: D102, INP001, TID251 - a directive runs; a folder on sys.path; it reads the schemas of the package

from __future__ import annotations

import importlib.resources
import inspect
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import pkicheck
from pkicheck.codes import CATALOGUE
from pkicheck.dcv import methods
from pkicheck.lists import packaged
from pkicheck.methods import METHODS, labels
from pkicheck.policy import BASELINE, PRIVATE, Policy
from pkicheck.rules import RULES, STEPS

Cell = str | nodes.Node


def _inline(text: str) -> list[nodes.Node]:
    """A text in which backticks mark code."""
    parts = re.split(r"`([^`]+)`", text)
    return [nodes.literal(text=part) if index % 2 else nodes.Text(part) for index, part in enumerate(parts) if part]


def _code(text: str) -> nodes.literal:
    return nodes.literal(text=text)


def _entry(cell: Cell | Sequence[nodes.Node]) -> nodes.entry:
    content = _inline(cell) if isinstance(cell, str) else [cell] if isinstance(cell, nodes.Node) else list(cell)
    return nodes.entry("", nodes.paragraph("", "", *content))


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]], ids: Iterable[str] = ()) -> nodes.table:
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", nodes.row("", *(_entry(each) for each in head)))
    body = nodes.tbody()
    names = iter(ids)
    for row in rows:
        body += nodes.row("", *(_entry(each) for each in row), ids=[each] if (each := next(names, "")) else [])
    group += body
    return nodes.table("", group, classes=["colwidths-auto"])


def _commas(texts: Iterable[str]) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for text in texts:
        found += [nodes.Text(", "), _code(text)] if found else [_code(text)]
    return found


def _day(moment: datetime | None, none: str) -> str:
    return none if moment is None else moment.strftime("%Y-%m-%d")


def _value(value: object) -> str:
    if isinstance(value, timedelta):
        days = value / timedelta(days=1)
        return f"{days:g} d" if days >= 1 else f"{value.total_seconds():g} s"
    return repr(value)


def _attributes(cls: type) -> dict[str, str]:
    """The Attributes section of a docstring: name and text."""
    text = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=    \S)", "\n" + text):
        name, colon, meaning = " ".join(entry.split()).partition(": ")
        if colon:
            found |= dict.fromkeys(name.split(", "), meaning)
    return found


class Codes(SphinxDirective):
    """The finding codes of one area."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        area = self.arguments[0]
        codes = [each for each in CATALOGUE.values() if each.id.partition(".")[0] == area]
        if not codes:
            msg = f"there is no finding code of area {area}"
            raise self.error(msg)
        rows = [
            [_code(each.id), each.level.name, each.meaning, each.remedy, _commas(each.rules)]
            for each in sorted(codes, key=lambda each: each.id)
        ]
        ids = [nodes.make_id(f"code-{each.id}") for each in sorted(codes, key=lambda each: each.id)]
        return [_table(["Code", "Level", "Meaning", "What to do", "Rules"], rows, ids)]


class Rules(SphinxDirective):
    """All rules with their dates."""

    def run(self) -> list[nodes.Node]:
        rows = [
            [
                _code(rule.id),
                rule.section,
                rule.ballot,
                _day(rule.effective, "always"),
                _day(rule.sunset, ""),
                rule.judged,
                rule.text,
            ]
            for rule in (RULES[key] for key in sorted(RULES))
        ]
        head = ["Rule", "Section", "Ballot", "From", "Until before", "Moment judged", "In our words"]
        return [_table(head, rows)]


class DatedLimits(SphinxDirective):
    """All limits that change by date."""

    def run(self) -> list[nodes.Node]:
        rows = [
            [_code(each.id), each.section, f"{value} {each.unit}", _day(since, ""), each.judged]
            for each in (STEPS[key] for key in sorted(STEPS))
            for since, value in each.steps
        ]
        return [_table(["Limit", "Section", "Value", "From", "Moment judged"], rows)]


class PolicyFields(SphinxDirective):
    """Every field of a policy with its value in BASELINE and in PRIVATE."""

    def run(self) -> list[nodes.Node]:
        rows: list[list[Any]] = []
        for field in attrs.fields(Policy):
            base, private = getattr(BASELINE, field.name), getattr(PRIVATE, field.name)
            if attrs.has(type(base)):
                meanings = _attributes(type(base))
                rows += [
                    self._row(f"{field.name}.{each.name}", getattr(base, each.name), getattr(private, each.name),
                              meanings[each.name])
                    for each in attrs.fields(type(base))
                ]  # fmt: skip
            else:
                rows.append(self._row(field.name, base, private, _attributes(Policy)[field.name]))
        return [_table(["Field", "BASELINE", "PRIVATE", "Meaning"], rows)]

    @staticmethod
    def _row(name: str, base: object, private: object, meaning: str) -> list[Any]:
        other: Cell = "the same" if base == private else _code(_value(private))
        return [_code(name), _code(_value(base)), other, meaning]


class MethodLabels(SphinxDirective):
    """Validation methods and the RFC 8657 labels they answer to."""

    def run(self) -> list[nodes.Node]:
        rows = [[_code(each), _commas(sorted(labels(each)) or ["-"])] for each in METHODS]
        return [_table(["Method", "Labels"], rows)]


class DcvMethods(SphinxDirective):
    """Every validation method with its dates and marks."""

    def run(self) -> list[nodes.Node]:
        marks = ("wildcard", "prune", "cname", "onion", "addresses")
        rows = [
            [
                _code(each.id),
                each.name,
                _commas(sorted(each.labels) or ["-"]),
                _day(each.since, "before 2017"),
                _day(each.until, ""),
                _day(each.relied_until, ""),
                ", ".join(mark for mark in marks if getattr(each, mark)),
                each.corroborated or "-",
                each.value or "-",
                "" if each.reuse_days is None else f"{each.reuse_days} d",
            ]
            for each in methods()
        ]
        head = [
            "Method",
            "What it does",
            "Labels",
            "From",
            "No start from",
            "Nothing rests on it from",
            "May serve",
            "Perspectives see alike",
            "Value",
            "Reuse at most",
        ]
        return [_table(head, rows)]


class PackagedListTable(SphinxDirective):
    """The lists of this release with their days."""

    def run(self) -> list[nodes.Node]:
        rows = [[_code(key), each.version, _day(each.as_of, "")] for key, each in sorted(packaged().items())]
        return [_table(["List", "Version", "Day"], rows)]


class SchemaFields(SphinxDirective):
    """The fields of a JSON Schema of the package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        file = importlib.resources.files("pkicheck") / "_data" / f"{name}.schema.json"
        schema = json.loads(file.read_text(encoding="utf-8"))
        rows = [
            [_code(field), "yes" if field in schema["required"] else "", text.get("description", self._constant(text))]
            for field, text in schema["properties"].items()
        ]
        return [_table(["Field", "Must be there", "Holds"], rows)]

    @staticmethod
    def _constant(field: dict[str, Any]) -> str:
        values = [field["const"]] if "const" in field else field.get("enum", ())
        return ", ".join(f"`{each}`" for each in values)


class TopNames(SphinxDirective):
    """What `import pkicheck` offers, with a link to each name's own page."""

    def run(self) -> list[nodes.Node]:
        rows: list[list[Any]] = []
        for home, names in sorted(pkicheck._HOMES.items()):  # noqa: SLF001 - the one table of these names
            if "._" in home:
                continue  # a name gets here when it has a page of its own, under its public home
            found: list[nodes.Node] = []
            for name in names:
                link = addnodes.pending_xref(
                    "", nodes.literal(text=name), refdomain="py", reftype="obj", reftarget=f"{home}.{name}",
                    refexplicit=True, refwarn=True, refdoc=self.env.docname,
                )  # fmt: skip
                found += [nodes.Text(", "), link] if found else [link]
            rows.append([_code(home), found])
        return [_table(["Home", "Names"], rows)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directives."""
    for name, directive in {
        "codes": Codes,
        "rules": Rules,
        "steps": DatedLimits,
        "policy": PolicyFields,
        "methods": MethodLabels,
        "dcv-methods": DcvMethods,
        "lists": PackagedListTable,
        "schema": SchemaFields,
        "names": TopNames,
    }.items():
        app.add_directive(f"pkicheck-{name}", directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
