"""Every example of the README and of the documentation runs, and shows what it prints.

What a fenced block is for is said by its first line:

    pycon       a Python session: what stands below a line with `>>>` is what it prints
    python      a program of the page, run after what stands before it
    console     a shell session: what stands below a line with `$` is what the command prints
    {code-block} X with `:caption: NAME`
                the file NAME, in the folder in which the sessions of the page run
    sh, text    not run here: the README's install blocks (`.ci/run` runs them), and grammars

One page is one test: its blocks share their names, their folder and its files. `...` stands for anything.
"""

from __future__ import annotations

import doctest
import importlib.resources
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import attrs
import pytest

from pkicheck._cli._table import COMMANDS
from pkicheck.codes import CATALOGUE
from pkicheck.policy import BASELINE, policy_json

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(each for each in DOCS.rglob("*.md") if "_build" not in each.parts)]
_FENCE = re.compile(r"^```([^`\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\A(?:-{3}\n)?:caption: (\S+)\n(?:-{3}\n)?\n?")
_FLAGS = doctest.ELLIPSIS
# Directives of Sphinx that hold no example.
_SPHINX = {"toctree", "eval-rst", "note", "warning", "include"}


@attrs.frozen
class Block:
    """A fenced block with the number of its first line."""

    kind: str
    text: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page; a fence that is indented or left open is none, and is counted by a test."""
    for found in _FENCE.finditer(text):
        yield Block(found[1].strip(), found[2], text.count("\n", 0, found.start()) + 2)


def _python(page: Path, block: Block, names: dict[str, object]) -> None:
    source = "\n" * (block.line - 1) + block.text
    exec(compile(source, str(page), "exec"), names)


def _session(page: Path, block: Block, names: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line - 1)
    assert test.examples, f"{page.name}, line {block.line}: a session without >>>"
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=_FLAGS, verbose=False)
    test.globs = names  # not a copy of them: a function of one session sees what the next one assigns
    runner.run(test, out=told.append, clear_globs=False)
    assert not told, "".join(told)


def _commands(text: str) -> Iterator[tuple[int, str, str]]:
    """The commands of a shell session: line, command, and what it prints."""
    command, wanted, line = "", "", 0
    for number, each in enumerate(text.splitlines(keepends=True)):
        if each.startswith("$ ") or not command:
            if command:
                yield line, command, wanted
            assert each.startswith("$ "), f"a shell session begins with $, got {each!r}"
            command, wanted, line = each[2:], "", number
        elif command.endswith("\\\n"):
            command += each
        else:
            wanted += each
    if command:
        yield line, command, wanted


class Shell:
    """A folder with the examples of the project, and `pkicheck`, `python` and `pytest` of this very environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "work"
        self._code = 0
        shutil.copytree(ROOT / "examples", self._folder / "examples")
        tools = folder / "bin"
        tools.mkdir()
        for name, call in {"pkicheck": "-m pkicheck", "python": "", "pytest": "-m pytest"}.items():
            tool = tools / name
            tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {call} "$@"\n', encoding="ascii")
            tool.chmod(0o755)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LC_", "LANG"))}
        if "PYTHONPATH" in kept:
            # A relative entry is meant from where the tests were started.
            kept["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, kept["PYTHONPATH"].split(os.pathsep)))
        self._env = {**kept, "PATH": f"{tools}:{os.environ['PATH']}", "COLUMNS": "80", "TZ": "UTC", "NO_COLOR": "1"}
        if not entry_points(group="pytest11", name="pkicheck"):
            # Run from the sources, not installed: nobody told pytest of the plugin.
            self._env["PYTEST_PLUGINS"] = "pkicheck.pytest_plugin"

    def write(self, name: str, text: str) -> None:
        """A file in the folder."""
        (self._folder / name).write_text(text, encoding="utf-8")

    def run(self, command: str) -> str:
        """What a command prints on both streams; the exit code of the one before is in `$?`."""
        done = subprocess.run(
            ["bash", "-c", f"(exit {self._code}); {command}"],
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        self._code = done.returncode
        return done.stdout.decode("utf-8")


def _shell(page: Path, block: Block, shell: Shell) -> None:
    checker = doctest.OutputChecker()
    for line, command, wanted in _commands(block.text):
        got = shell.run(command)
        where = f"{page.name}, line {block.line + line}: {command}"
        # Versions of Python break the lines of a help text at different places.
        flags = _FLAGS | (doctest.NORMALIZE_WHITESPACE if "--help" in command else 0)
        assert checker.check_output(wanted, got, flags), f"{where}\nexpected:\n{wanted}\ngot:\n{got}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of a page runs as it stands and prints what the page says (R144)."""
    found = list(blocks(page.read_text(encoding="utf-8")))
    if not found:
        return
    shell = Shell(tmp_path)
    monkeypatch.chdir(tmp_path / "work")
    names: dict[str, object] = {"__name__": "__main__"}
    for block in found:
        caption = _CAPTION.match(block.text)
        if block.kind == "python":
            _python(page, block, names)
        elif block.kind == "pycon":
            _session(page, block, names)
        elif block.kind == "console":
            _shell(page, block, shell)
        elif block.kind.startswith("{code-block}") and caption:
            shell.write(caption[1], block.text[caption.end() :])
        else:
            directive = block.kind.partition("}")[0].lstrip("{")
            known = block.kind == "text" or (block.kind == "sh" and page.name == "README.md")
            assert known or directive in _SPHINX or directive.startswith("pkicheck-"), (
                f"{page.name}, line {block.line}: nobody runs a block of kind {block.kind!r}"
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_example_escapes(page: Path) -> None:
    """Every fence of a page is at the start of its line and closed: the test above sees every example (R144)."""
    text = page.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(list(blocks(text)))
    assert "~~~" not in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    """The modules, files and finding codes that a page names in its text exist (R144)."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for name in re.findall(r"`(pkicheck(?:\.\w+)+)`", text):
        # A module, or a name in one.
        assert _importable(name), f"{page.name} names {name}"
    for path in re.findall(r"`((?:docs|examples|tests|tools)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), f"{page.name} names {path}"
    for code in re.findall(r"`((?:caa|dns|evidence|name)\.[a-z0-9]+-[a-z0-9-]+)`", text):
        assert code in CATALOGUE, f"{page.name} names {code}"
    for path in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (page.parent / path).exists(), f"{page.name} links to {path}"


def _importable(name: str) -> bool:
    module, _, last = name.rpartition(".")
    try:
        if find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    return hasattr(import_module(module), last)


def test_policy_fields_that_pages_name_exist() -> None:
    """The policy fields named in the pages are fields of a policy."""
    fields = {f"{area}.{each}" for area, of in policy_json(BASELINE).items() if isinstance(of, dict) for each in of}
    for page in PAGES:
        for name in re.findall(r"`((?:caa|dcv|names|net)\.[a-z0-9_]+)`", page.read_text(encoding="utf-8")):
            assert name in fields, f"{page.name} names {name}"


@pytest.mark.parametrize("schema", ["evidence-1", "chain-1", "order-1"])
def test_formats_page_names_every_field(schema: str) -> None:
    """The page of formats shows every top field of a JSON Schema, by hand or by the table that is made from it."""
    text = (DOCS / "reference" / "formats.md").read_text(encoding="utf-8")
    assert f"`pkicheck/_data/{schema}.schema.json`" in text
    if f"{{pkicheck-schema}} {schema}" not in text:
        file = importlib.resources.files("pkicheck") / "_data" / f"{schema}.schema.json"
        for field in json.loads(file.read_text(encoding="utf-8"))["properties"]:
            assert f"| `{field}` |" in text


def test_help_texts_are_shown() -> None:
    """The page of the command line shows the help of every command; that it is the true one, test_examples says."""
    text = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\$ pkicheck(?: (\S+))?(?: \S+)? --help$", text, re.MULTILINE))
    assert shown == {"", *COMMANDS}


def test_readme_blocks() -> None:
    """The README begins with two shell blocks: install and a decision, then install and the tests."""
    shells = [block for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if block.kind == "sh"]
    assert len(shells) == 2
    assert "pkicheck caa" in shells[0].text
    assert "pytest" in shells[1].text


def test_readme_decision(tmp_path: Path) -> None:
    """The first block of the README permits a name, refuses another with its reason, and ends well under `bash -e`."""
    shells = [block for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if block.kind == "sh"]
    lines = [line for line in shells[0].text.splitlines() if not line.startswith("pip install ")]
    shell = Shell(tmp_path)
    shell.write("block", "\n".join(lines) + "\n")
    said = shell.run("bash -e block && echo ended well")
    assert ": PASS: " in said
    assert ": FAIL: caa.issuer-not-listed: " in said
    assert "exit code 1" in said
    assert said.endswith("ended well\n")
