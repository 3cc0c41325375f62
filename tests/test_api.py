"""The public API is a list: every public name with its signature and fields stands in tests/golden/api.txt.

`PKICHECK_REGOLD=1 pytest tests/test_api.py` rewrites that file; what changes in it is what a reviewer has to agree to.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from difflib import unified_diff
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, get_args, get_origin, get_type_hints, is_typeddict

import attrs
import pytest

import pkicheck
from pkicheck.policy import BASELINE, PRIVATE
from tests.architecture.source import ROOT, modules

GOLDEN = Path(__file__).with_name("golden") / "api.txt"

PUBLIC = sorted(
    f"pkicheck.{module.name}".rstrip(".")
    for module in modules()
    if not any(part.startswith("_") for part in module.name.split(".")) or module.name == ""
)


def _text(value: object) -> str:
    """A default value or annotation without addresses of this process; paths as every version of Python calls them."""
    text = value if isinstance(value, str) else repr(value)
    return re.sub(r" at 0x[0-9a-f]+", "", text).replace("pathlib._local.", "pathlib.")


def _signature(call: Any) -> str:
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        each.replace(
            annotation=_Plain(each.annotation) if each.annotation is not each.empty else each.empty,
            default=_Plain(_short(each.default)) if each.default is not each.empty else each.empty,
        )
        for each in signature.parameters.values()
    ]
    shown = str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    returned = signature.return_annotation
    return shown if returned is inspect.Signature.empty else f"{shown} -> {_text(returned)}"


class _Plain:
    """Shows a text without quotation marks."""

    def __init__(self, value: object) -> None:
        self._shown = _text(value)

    def __repr__(self) -> str:
        return self._shown


def _short(value: object) -> str:
    """Policies by name: their content is below, as fingerprints. Sets in order."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"
    return getattr(value, "name", "") if attrs.has(type(value)) and hasattr(value, "name") else repr(value)


class _NoInit(Protocol):
    """Its constructor is that of every protocol."""


def _members(kind: type[Any]) -> Iterator[str]:
    if attrs.has(kind):
        for field in attrs.fields(kind):
            default = "" if field.default is attrs.NOTHING else f" = {_short(field.default)}"
            yield f"    {'*' if field.kw_only else ''}{field.name}: {_text(field.type)}{_text(default)}"
    elif is_typeddict(kind):
        for name, hint in get_type_hints(kind).items():
            yield f"    {name}: {hint.__name__ if isinstance(hint, type) and not get_args(hint) else _text(hint)}"
    for name, member in sorted(vars(kind).items()):
        if name.startswith("_") or (attrs.has(kind) and name in {field.name for field in attrs.fields(kind)}):
            continue
        if isinstance(member, property):
            returned = inspect.signature(member.fget).return_annotation if member.fget else ""
            yield f"    {name} -> {_text(returned)}"
        elif isinstance(member, (classmethod, staticmethod)):
            yield f"    {name}{_signature(member.__func__)}"
        elif inspect.isfunction(member):
            yield f"    {'async ' if inspect.iscoroutinefunction(member) else ''}{name}{_signature(member)}"


def _lines_of(module: str) -> Iterator[str]:
    loaded = importlib.import_module(module)
    yield ""
    yield f"[{module}]"
    for name in sorted(loaded.__all__):
        value = getattr(loaded, name)
        home = getattr(value, "__module__", module)
        if module == "pkicheck" or (
            isinstance(home, str) and home != module and home.startswith("pkicheck") and "._" not in home
        ):
            yield (
                f"{name}"
                if not isinstance(home, str) or not home.startswith("pkicheck.")
                else f"{name} = {home}.{name}"
            )
        elif isinstance(value, type) and issubclass(value, Enum):
            yield f"enum {name}: {', '.join(f'{each.name}={each.value!r}' for each in value)}"
        elif isinstance(value, type):
            bases = ", ".join(each.__name__ for each in value.__bases__ if each is not object)
            made = (
                ""
                if attrs.has(value) or vars(value).get("__init__") in (None, vars(_NoInit)["__init__"])
                else _signature(value)
            )
            yield f"class {name}({bases}){made}"
            yield from _members(value)
        elif inspect.isroutine(value):
            prefix = "async def" if inspect.iscoroutinefunction(value) else "def"
            yield f"{prefix} {name}{_signature(value)}"
        elif get_origin(value) is not None and get_args(value):
            yield f"type {name} = {_text(value)}"
        else:
            yield f"value {name}: {type(value).__name__}"


def _snapshot() -> str:
    lines = ["# The public API. Rewrite with PKICHECK_REGOLD=1 and read what changed."]
    for module in PUBLIC:
        lines += _lines_of(module)
    lines += ["", "[fingerprints]", f"BASELINE {BASELINE.fingerprint}", f"PRIVATE {PRIVATE.fingerprint}", ""]
    return "\n".join(lines)


def test_the_public_api_is_on_record() -> None:
    """Names, signatures, fields, and the fingerprints of the named policies change only where somebody agreed."""
    now = _snapshot()
    if os.environ.get("PKICHECK_REGOLD"):
        GOLDEN.write_text(now, encoding="utf-8")
    before = GOLDEN.read_text(encoding="utf-8")
    assert "\n".join(unified_diff(before.splitlines(), now.splitlines(), "agreed", "now", lineterm="")) == ""


def test_every_public_name_can_be_had() -> None:
    """Each name of `pkicheck.__all__` resolves to the object of its home, and `dir` lists just these."""
    assert dir(pkicheck) == sorted(pkicheck.__all__)
    assert len(set(pkicheck.__all__)) == len(pkicheck.__all__)
    for home, names in pkicheck._HOMES.items():
        for name in names:
            assert getattr(pkicheck, name) is getattr(importlib.import_module(home), name)
            assert name in importlib.import_module(home).__all__
    with pytest.raises(AttributeError, match="module 'pkicheck' has no attribute 'check_everything'"):
        pkicheck.check_everything  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


def test_a_star_import_gives_the_api() -> None:
    """`from pkicheck import *` binds the names of the list."""
    names: dict[str, Any] = {}
    exec("from pkicheck import *", names)
    assert set(names) - {"__builtins__"} == set(pkicheck.__all__)


def test_types_are_told_the_same_names() -> None:
    """The imports that type checkers read are those that the table resolves."""
    text = next(module.text for module in modules() if module.name == "")
    block = text[text.index("if TYPE_CHECKING:") : text.index("_HOMES = {")]
    told = {
        name
        for line in re.findall(r"import (?:\(([^)]*)\)|([\w, ]+))", block)
        for name in re.findall(r"\w+", "".join(line))
    }
    assert told == set(pkicheck.__all__) - {"__version__"}


def _loaded(program: str) -> set[str]:
    """The modules that a program loads; what the interpreter of this machine loads by itself does not count."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nold = set(sys.modules)\n{program}\nprint(*(set(sys.modules) - old))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
    )
    return set(done.stdout.split())


def test_importing_the_package_imports_next_to_nothing() -> None:
    """`import pkicheck` alone brings no dependency, no event loop, and no module of its own but the version."""
    loaded = _loaded("import pkicheck")
    assert not loaded & {"cryptography", "dns", "idna", "attr", "attrs", "asyncio", "socket", "ssl", "json", "hashlib"}
    assert {name for name in loaded if name.startswith("pkicheck")} == {"pkicheck", "pkicheck._version"}


@pytest.mark.parametrize(
    "module", ["pkicheck.caa", "pkicheck.evidence", "pkicheck.namecheck", "pkicheck.aio", "pkicheck.plans"]
)
def test_importing_a_check_imports_no_door_to_the_world(module: str) -> None:
    """A check brings no socket, TLS, event loop, HTTP, database, process or X.509 library with it."""
    loaded = _loaded(f"import {module}")
    doors = {"socket", "ssl", "asyncio", "http", "urllib.request", "sqlite3", "subprocess", "multiprocessing", "select"}
    assert not loaded & {*doors, "cryptography", "dns", "tempfile", "random", "secrets", "concurrent"}


def test_a_name_brings_only_its_home() -> None:
    """The first use of a lazy name imports its module, and not the edges."""
    loaded = _loaded("import pkicheck\npkicheck.Verdict")
    assert "pkicheck.findings" in loaded
    assert not loaded & {"pkicheck.caa", "pkicheck.evidence", "pkicheck.zones", "idna"}
