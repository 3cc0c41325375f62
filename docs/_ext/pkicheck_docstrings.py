"""Docstrings of this project as reStructuredText, and the documentation of names that a package only passes on.

The docstrings are plain text: backticks around code, sections `Args`, `Attributes`, `Returns`, `Raises` and `Steps`,
and indented blocks for grammars and examples. Nothing else in them is markup.
"""
# ruff: noqa: ARG001, D102, INP001 - hooks of Sphinx have its signatures; a directive runs; a folder on sys.path

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import OptionSpec

_FIELDS = {"Args": "param", "Attributes": "ivar", "Raises": "raises"}
# Values up to this length are shown.
_SHORT = 60
# Rows of the project's own lists of requirements: they are for its tests.
_ROWS = re.compile(r" \((?:[CKR]\d{2,3}(?:, )?)+\)")
_ENTRY = re.compile(r"    ([*\w]+(?:, \w+)*): +(.*)")


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Paragraphs: runs of lines between blank ones, a new one also where a section begins."""
    block: list[str] = []
    for line in [*lines, ""]:
        if block and (not line.strip() or _section(line)):
            yield block
            block = []
        if line.strip():
            block.append(line)


def _section(line: str) -> str:
    found = re.fullmatch(r"(Args|Attributes|Returns|Raises|Steps\b.*):", line)
    return found[1] if found else ""


def _escaped(text: str) -> str:
    """Backticks as literals, everything else without meaning."""
    parts = re.split(r"(`+[^`]+`+)", text)
    return "".join(
        f"``{part.strip('`')}``" if index % 2 else re.sub(r"(?m)(?!^\* )([*|\\]|_(?!\w))", r"\\\1", part)
        for index, part in enumerate(parts)
    )


def _fields(kind: str, lines: list[str]) -> Iterator[str]:
    entries: list[tuple[str, str]] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if entry:
            entries.append((entry[1], entry[2]))
        elif entries:
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
        else:
            entries.append(("", line.strip()))
    for name, text in entries:
        if name:
            yield from (f":{kind} {each}: {_escaped(text)}" for each in name.split(", "))
        else:
            yield _escaped(text)


def _written(lines: list[str]) -> Iterator[str]:
    section = ""
    for block in _blocks(lines):
        named = _section(block[0])
        if named:
            section, block = named, block[1:]  # noqa: PLW2901
        elif not block[0].startswith("    "):
            section = ""
        if section in _FIELDS:
            yield from _fields(_FIELDS[section], block)
        elif section == "Returns":
            yield f":returns: {_escaped(' '.join(each.strip() for each in block))}"
        elif section:
            yield from (f"{section}:", "", *_escaped("\n".join(each[4:] for each in block)).split("\n"))
        elif block[0].startswith("    "):
            yield from (".. code-block:: text", "", *block)
        else:
            yield from _escaped("\n".join(block)).split("\n")
        yield ""


def _home(module: str, name: str) -> str | None:
    """The module that a package takes a name from."""
    for node in ast.walk(ast.parse(inspect.getsource(importlib.import_module(module)))):
        if isinstance(node, ast.ImportFrom) and node.module and any(each.name == name for each in node.names):
            return node.module
    return None


def _told_at_home(name: str) -> list[str]:
    """What stands below a constant or alias in the module that defines it."""
    module, _, name = name.rpartition(".")
    try:
        home = _home(module, name)
        return ModuleAnalyzer.for_module(home).find_attr_docs().get(("", name), []) if home else []
    except (ImportError, PycodeError):
        return []


def _process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    told = _told_at_home(name) if what == "data" else []
    lines[:] = list(_written([_ROWS.sub("", each) for each in told or lines]))


class PublicModule(SphinxDirective):
    """Everything in `__all__` of a module, also what it takes from its private parts."""

    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {"exclude": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        module = importlib.import_module(name)
        lines = [f".. automodule:: {name}", "   :no-members:", "", f".. currentmodule:: {name}", ""]
        for each in module.__all__:
            if each not in self.options.get("exclude", "").split():
                lines += [*_auto(each, getattr(module, each)), ""]
        node = nodes.section(document=self.state.document)
        self.state.nested_parse(StringList(lines, name), 0, node)
        return node.children


def _auto(name: str, value: object) -> list[str]:
    if inspect.isclass(value):
        return [f".. auto{'exception' if issubclass(value, BaseException) else 'class'}:: {name}"]
    if inspect.isfunction(value):
        return [f".. autofunction:: {name}"]
    return [f".. autodata:: {name}", *(["   :no-value:"] if len(repr(value)) > _SHORT else [])]


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Node | None:
    """Types in signatures are looked up by their last name: aliases are data, and private homes are not documented."""
    if node["refdomain"] != "py":
        return None
    domain: Any = env.get_domain("py")
    last = node["reftarget"].rpartition(".")[2]
    found = sorted(name for name, entry in domain.objects.items() if name.endswith(f".{last}") and not entry.aliased)
    tops = [name for name in found if name.startswith("pkicheck.") and domain.objects[name].objtype != "attribute"]
    if not tops or not app.builder:
        return None
    entry = domain.objects[tops[0]]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, tops[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the hooks."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", _process)
    app.add_directive("pkicheck-module", PublicModule)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
