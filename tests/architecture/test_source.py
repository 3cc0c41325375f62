"""The house rules that a linter cannot say, checked on the syntax trees of the package and of its tests."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, modules, places, pure_modules

_LONGEST = 500
_TABLES = ("codes", "rules")
_ISO_DATE = re.compile(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_DATE_MAKERS = {"datetime", "date", "day", "fromisoformat", "fromtimestamp", "strptime", "fromordinal", "parse_time"}
_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_IMPURE_BUILTINS = {"open", "exec", "eval", "compile", "print", "input", "breakpoint", "__import__"}
# A path of one machine: an absolute path into somebody's home or into a place where only that machine keeps things.
_MACHINE_PATH = re.compile(r"(?<![\w.$}~])/(?:root|home|work|Users|opt|mnt|data)/\w")
_TEXT = {
    ".cfg",
    ".ini",
    ".json",
    ".jsonl",
    ".md",
    ".py",
    ".rst",
    ".sh",
    ".toml",
    ".txt",
    ".vec",
    ".yaml",
    ".yml",
    ".zone",
}
_FOLDERS = "src tests tools fuzz benchmarks docs examples changelog.d .ci .github".split()


def _called(node: ast.Call) -> str:
    """The last name of what is called: `datetime` for `datetime.datetime(...)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _dates(module: Module) -> Iterator[tuple[Module, ast.AST, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _called(node) in _DATE_MAKERS:
            # (the epoch is no date of anybody: `fromtimestamp(0, ...)` is a zero)
            literal = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if literal and len(literal) == len(node.args) and literal != [0]:
                yield module, node, ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _ISO_DATE.fullmatch(node.value.strip()):
            yield module, node, node.value


def test_no_date_outside_the_registry() -> None:
    """A date lives in `rules/` or in dated data and nowhere else: a ballot has one place (architecture §4)."""
    allowed = {"rules", "_data"}
    assert not places(found for module in modules() if module.top not in allowed for found in _dates(module))


def test_the_date_walk_sees_dates() -> None:
    """The walk above finds a date in each of the spellings that people use."""
    text = 'a = datetime(2026, 3, 15)\nb = day(2026, 3, 15)\nc = "2026-03-15"\nd = date.fromisoformat("20260315")\n'
    planted = Module("planted", Path("planted.py"), text, ast.parse(text))
    assert {line.split(":")[1] for line in places(_dates(planted))} == {"1", "2", "3", "4"}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name or "pkicheck")
def test_all_is_true(module: Module) -> None:
    """`__all__` exists, names only what exists, and every public definition of the module is in it (ruff sorts it)."""
    if module.top == "__main__":
        pytest.skip("a program, not a module")
    try:
        loaded = importlib.import_module(f"pkicheck.{module.name}".rstrip("."))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("pkicheck"):
            raise
        pytest.skip(f"needs an extra: {error}")
    listed = getattr(loaded, "__all__", None)
    assert listed is not None, "no __all__"
    assert len(listed) == len(set(listed))
    assert not [name for name in listed if not hasattr(loaded, name)]
    defined: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign) and not (
            isinstance(node.value, ast.Call) and _called(node.value) == "TypeVar"
        ):
            defined.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined.add(node.target.id)
    assert {name for name in defined if not name.startswith("_")} - set(listed) == set()


def test_one_idea_per_module() -> None:
    """No module grows past 500 lines; only the tables of codes and rules may."""
    long = {module.name: module.text.count("\n") for module in modules() if module.top not in _TABLES}
    assert not {name: lines for name, lines in long.items() if lines > _LONGEST}


def _catch_alls(module: Module) -> Iterator[tuple[Module, ast.AST, str]]:
    for node in ast.walk(module.tree):
        # (what tidies up and raises again swallows nothing)
        if isinstance(node, ast.ExceptHandler) and not (
            isinstance(last := node.body[-1], ast.Raise) and last.exc is None
        ):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            for kind in caught:
                if kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}):
                    yield module, node, "catches everything"


def test_nothing_catches_everything() -> None:
    """No bare `except` and no `except Exception`: a bug must never look like an outcome.

    One is allowed: the outermost one of the command line, which turns a bug into exit code 70. Python's own exit code
    for an uncaught exception is 1, and 1 means refused.
    """
    found = [each for module in modules() for each in _catch_alls(module)]
    assert not places(each for each in found if each[0].name != "_cli")
    assert len(found) <= 1


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return all(
        isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in body
    )


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}


def _unfinished(module: Module) -> Iterator[tuple[Module, ast.AST, str]]:
    bare = {
        function
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and "Protocol" in _bases(node)
        for function in node.body
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield module, node, "not implemented"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in bare and _is_stub(node):
            decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
            if not decorators & {"overload", "abstractmethod"}:
                yield module, node, f"{node.name} does nothing"


def test_nothing_is_unfinished() -> None:
    """No note to do something later, no `NotImplementedError`, no function without a body outside a Protocol."""
    assert not places(found for module in modules() for found in _unfinished(module))
    assert not [module.name for module in modules() if _UNFINISHED.search(module.text)]


def _impure_calls(module: Module) -> Iterator[tuple[Module, ast.AST, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _IMPURE_BUILTINS:
            yield module, node, f"{node.func.id}()"
        elif isinstance(node, ast.Global | ast.AsyncFunctionDef | ast.Await):
            yield module, node, type(node).__name__


def test_no_impure_builtin_above_the_edges() -> None:
    """Above the edges nothing opens, prints, executes text, rebinds a global; only the loops and the ports await."""
    found = (found for module in pure_modules() for found in _impure_calls(module))
    awaiting = {"plans", "ports", "network"}
    assert not places(
        (module, node, text)
        for module, node, text in found
        if not (module.top in awaiting and isinstance(node, ast.AsyncFunctionDef | ast.Await))
    )


def _test_files() -> Iterator[Path]:
    yield from sorted((ROOT / "tests").rglob("test_*.py"))


def test_every_test_says_what_it_proves() -> None:
    """Each test function has a docstring."""
    silent: list[str] = []
    for path in _test_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not ast.get_docstring(node):
                silent += [f"{path.name}:{node.lineno} {node.name}"] if node.name.startswith("test") else []
    assert not silent


def test_no_path_of_a_machine() -> None:
    """No file of the project names a path that exists on one machine only."""
    found: list[str] = []
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in _FOLDERS if (ROOT / folder).is_dir() for path in (ROOT / folder).rglob("*")]
    for path in files:
        if path.is_file() and (path.suffix in _TEXT or path.parent.name == ".ci"):
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if _MACHINE_PATH.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found
