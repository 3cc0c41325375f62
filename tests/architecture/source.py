"""The source as data: every module of the package with its syntax tree, and what the project file says about edges."""

from __future__ import annotations

import ast
import importlib.util
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
"""Where pyproject.toml lies: the checkout, or the copy of it that tests a wheel."""


class Module(NamedTuple):
    """One file of the package: dotted name below `pkicheck` ("" for the package itself), path, text and tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def top(self) -> str:
        """The name of the module or package directly below `pkicheck`."""
        return self.name.partition(".")[0]


@cache
def package() -> Path:
    """The folder of the package under test: `src/pkicheck`, or the installed wheel."""
    spec = importlib.util.find_spec("pkicheck")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, sorted by name."""
    return tuple(sorted(_modules()))


def _modules() -> Iterator[Module]:
    for path in package().rglob("*.py"):
        parts = path.relative_to(package()).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        yield Module(".".join(part for part in parts if part != "__init__"), path, text, ast.parse(text, str(path)))


@cache
def project() -> dict[str, Any]:
    """The content of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def edges() -> frozenset[str]:
    """The names directly below `pkicheck` that may touch the world."""
    return frozenset(project()["tool"]["pkicheck"]["edges"])


def pure_modules() -> Iterator[Module]:
    """The modules above the edges: everything that decides."""
    return (module for module in modules() if module.top not in edges())


def places(found: Iterator[tuple[Module, ast.AST, str]]) -> list[str]:
    """Findings as `module:line: text`, for an assertion that they are none."""
    return [f"{module.name or 'pkicheck'}:{getattr(node, 'lineno', 0)}: {text}" for module, node, text in found]
