"""The mutants of one module: small changes of its syntax tree that a good test suite notices.

A mutation is applied to the one tree in place, compiled, and taken back. What no test should notice is left alone:
annotations, decorators, docstrings, `__all__`, type aliases, the wording of exceptions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import cast

__all__ = ["Mutation", "mutations"]

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
_PARTNERS = {
    "all": "any",
    "any": "all",
    "endswith": "startswith",
    "find": "rfind",
    "lower": "upper",
    "lstrip": "rstrip",
    "max": "min",
    "min": "max",
    "partition": "rpartition",
    "removeprefix": "removesuffix",
    "rstrip": "lstrip",
    "sorted": "list",
    "startswith": "endswith",
}
# Calls whose first argument is a name for readers or type checkers.
_NAMING = {"NewType", "TypeVar", "ParamSpec", "cast"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


@dataclass(frozen=True)
class Mutation:
    """One change.

    Attributes:
        line: where it is, counted from 1.
        lines: the lines of the statement it is in (of its head, for a block): run by a test, or the test cannot see it.
        at_import: whether the code runs when the module is imported, and so for every test.
        before: the source text that is replaced, on one line.
        after: what replaces it.
        compiled: compiles the module with this change; None when Python refuses it or sees no difference.
    """

    line: int
    lines: range
    at_import: bool
    before: str
    after: str
    compiled: Callable[[], CodeType | None]

    @property
    def text(self) -> str:
        """The change as `before -> after`: how the list of equivalent mutants names it."""
        return f"{self.before} -> {self.after}"


@dataclass(frozen=True)
class _Place:
    """Where a node hangs: a field of its parent, or one item of a list in that field."""

    parent: ast.AST
    field: str
    index: int | None

    def get(self) -> ast.AST:
        value = getattr(self.parent, self.field)
        return cast("ast.AST", value if self.index is None else value[self.index])

    def put(self, node: ast.AST | None) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutations(source: str, filename: str) -> list[Mutation]:
    """Every mutation of a module, in the order of the source."""
    tree = ast.parse(source, filename)
    original = compile(tree, filename, "exec", dont_inherit=True)
    found: list[Mutation] = []
    for place, lines, at_import in _places(tree):
        node = place.get()
        for new in _variants(node):
            shown = (_shown(node), _shown(new))
            line = getattr(node, "lineno", lines.start)

            def compiled(place: _Place = place, node: ast.AST = node, new: ast.AST | None = new) -> CodeType | None:
                place.put(new)
                try:
                    code = compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)
                except (SyntaxError, ValueError):
                    return None
                finally:
                    place.put(node)
                return None if code == original else code

            found.append(Mutation(line, lines, at_import, *shown, compiled))
    return sorted(found, key=lambda mutation: mutation.line)


def _shown(node: ast.AST | None) -> str:
    match node:
        case None | ast.Pass():
            return "nothing"
        case ast.If():
            text = f"if {ast.unparse(node.test)}"
        case ast.ExceptHandler(type=ast.expr() as kinds):
            text = f"except {ast.unparse(kinds)}"
        case _:
            text = ast.unparse(node)
    return " ".join(text.split())


# --- where


def _places(tree: ast.Module) -> Iterator[tuple[_Place, range, bool]]:
    """Each node that may be changed, with the lines of its statement and whether it runs at import."""
    stack: list[tuple[ast.AST, range, bool]] = [(tree, range(1, 1), True)]
    while stack:
        parent, lines, at_import = stack.pop()
        inside = at_import and not isinstance(parent, _FUNCTIONS)
        for place in _children(parent):
            node = place.get()
            # Default values of a function are computed when the function is made.
            at = at_import if isinstance(parent, _FUNCTIONS) and place.field == "args" else inside
            here = _lines(node) if isinstance(node, ast.stmt | ast.ExceptHandler) else lines
            yield place, here, at
            stack.append((node, here, at))


def _lines(node: ast.stmt | ast.ExceptHandler) -> range:
    end = node.end_lineno or node.lineno
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if body and isinstance(node, (*_COMPOUND, ast.ExceptHandler, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        first = body[0].pattern.lineno if isinstance(body[0], ast.match_case) else body[0].lineno
        end = max(node.lineno, first - 1)
    return range(node.lineno, end + 1)


def _children(parent: ast.AST) -> Iterator[_Place]:
    for field, value in ast.iter_fields(parent):
        if field in {"annotation", "returns", "decorator_list", "type_params", "type_ignores"}:
            continue
        if isinstance(value, ast.AST):
            place = _Place(parent, field, None)
            if not _left_alone(place, value):
                yield place
        elif isinstance(value, list):
            for index, item in enumerate(cast("list[object]", value)):
                place = _Place(parent, field, index)
                if isinstance(item, ast.AST) and not _left_alone(place, item):
                    yield place


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _left_alone(place: _Place, node: ast.AST) -> bool:
    """Whether no test is expected to notice a change anywhere in this node."""
    parent = place.parent
    match node:
        case ast.expr_context() | ast.operator() | ast.boolop() | ast.unaryop() | ast.cmpop() | ast.alias():
            return True
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.If(test=test) if _named(test) == "TYPE_CHECKING":
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "msg")]):
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr()) | ast.Subscript()) if isinstance(parent, ast.Module):
            return True  # a type alias
        case ast.JoinedStr() if place.field == "format_spec":
            return True
        case _:
            pass
    if isinstance(parent, ast.Call) and place.field == "args":
        if place.index == 0 and _named(parent.func) in _NAMING:
            return True
        # The wording of an exception raised in place.
        return isinstance(node, ast.Constant | ast.JoinedStr) and _named(parent.func).endswith(("Error", "Exception"))
    return False


# --- what


def _variants(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand in the place of this node."""
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in _COMPARE[type(operator)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield ast.copy_location(ast.Compare(node.left, ops, node.comparators), node)
        case ast.BoolOp():
            other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ast.copy_location(ast.BoolOp(other_op, node.values), node)
            for index in range(len(node.values)):
                rest = node.values[:index] + node.values[index + 1 :]
                yield rest[0] if len(rest) == 1 else ast.copy_location(ast.BoolOp(node.op, rest), node)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield operand
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            yield ast.copy_location(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right), node)
        case ast.IfExp():
            yield ast.copy_location(ast.IfExp(node.test, node.orelse, node.body), node)
        case ast.Slice():
            for field in ("lower", "upper", "step"):
                if getattr(node, field) is not None:
                    bounds = {name: getattr(node, name) for name in ("lower", "upper", "step") if name != field}
                    yield ast.copy_location(ast.Slice(**bounds), node)
        case ast.comprehension():
            for index in range(len(node.ifs)):
                ifs = node.ifs[:index] + node.ifs[index + 1 :]
                yield ast.comprehension(node.target, node.iter, ifs, node.is_async)
        case ast.Call():
            yield from _calls(node)
        case ast.stmt() | ast.ExceptHandler():
            yield from _statements(node)
        case _:
            pass


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    values: tuple[bool | float | str | bytes, ...] = ()
    match node.value:
        case bool():
            values = (not node.value,)
        case int() | float():
            values = (node.value + 1, node.value - 1)
        case str():
            values = (node.value + "X" if node.value else "X",)
        case bytes():
            values = (node.value + b"X",)
        case _:
            pass
    for value in values:
        yield ast.copy_location(ast.Constant(value), node)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    partner = _PARTNERS.get(_named(node.func))
    if partner is None or not (node.args or partner in {"upper", "lstrip", "rstrip"}):
        return
    if isinstance(node.func, ast.Attribute):
        func: ast.expr = ast.Attribute(node.func.value, partner, ast.Load())
    else:
        func = ast.Name(partner, ast.Load())
    keywords = [] if partner == "list" else node.keywords
    yield ast.copy_location(ast.Call(ast.copy_location(func, node.func), node.args, keywords), node)


def _statements(node: ast.stmt | ast.ExceptHandler) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.copy_location(ast.Return(ast.copy_location(ast.Constant(None), node)), node)
        case ast.Raise() | ast.AugAssign() | ast.Expr(value=ast.Call() | ast.Await()) | ast.Delete():
            yield ast.copy_location(ast.Pass(), node)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.copy_location(ast.Pass(), node)
        case ast.Break():
            yield ast.copy_location(ast.Continue(), node)
        case ast.Continue():
            yield ast.copy_location(ast.Break(), node)
        case ast.If(test=test) if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            negated = ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
            yield ast.copy_location(ast.If(negated, node.body, node.orelse), node)
        case ast.ExceptHandler(type=ast.Tuple(elts=kinds)):
            for index in range(len(kinds)):
                rest = ast.copy_location(ast.Tuple(kinds[:index] + kinds[index + 1 :], ast.Load()), node)
                yield ast.copy_location(ast.ExceptHandler(rest, node.name, node.body), node)
        case _:
            pass
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield ast.copy_location(ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value), node)
