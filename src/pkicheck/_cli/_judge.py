"""Many questions, one after the other: carry them out, print each result in its place, and keep the worst."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final, TypeAlias

import attrs

from pkicheck._cli import _exits
from pkicheck._cli._output import flush, note, say, write_json
from pkicheck._cli._read import Line, batches, standard_input
from pkicheck._progress import Progress
from pkicheck.canon import JsonValue, canonical, encode_bytes, parse_json
from pkicheck.chainlog import ChainLog
from pkicheck.errors import InputError
from pkicheck.evidencejson import SCHEMA
from pkicheck.findings import Verdict
from pkicheck.namecheck import NamePlan
from pkicheck.plans import Plan, run_many
from pkicheck.ports import Transport
from pkicheck.results import Result
from pkicheck.wording import explain

__all__ = ["BAD_LINE", "LONGEST_NAME", "Judge", "Reader", "judge", "judge_lines"]

BAD_LINE: Final = "pkicheck/bad-line/1"
"""The schema of the JSON line that stands for a line of which not even a question could be made."""

LONGEST_NAME: Final = 1024
"""So many octets of a line are read as a name; a longer line is refused as too long."""

_EXITS: Final = {Verdict.PASS: _exits.PASS, Verdict.FAIL: _exits.REFUSED, Verdict.INCOMPLETE: _exits.INCOMPLETE}

Reader: TypeAlias = Callable[[Line], Plan[Result]]
"""Makes the question of a line; raises InputError when there is none."""


@attrs.define(kw_only=True)
class Judge:
    """How questions are carried out and results are printed.

    Attributes:
        io: answers the questions.
        json: print evidence records instead of prose.
        explain: print the whole explanation.
        in_flight: how many questions are under way at once.
        deadline: for each.
        log: where evidence is appended before it is printed.
        exit: the worst exit code so far.
        counts: results by verdict.
    """

    io: Transport
    json: bool
    explain: bool
    in_flight: int
    deadline: timedelta
    log: ChainLog | None = None
    exit: int = _exits.PASS
    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(("FAIL", "INCOMPLETE", "PASS"), 0))

    def results(self, plans: Iterable[Plan[Result]]) -> Iterator[Result]:
        """The results of the plans, in their order."""
        for _, result in run_many(plans, self.io, in_flight=self.in_flight, deadline=self.deadline):
            yield result

    def show(self, result: Result, *, where: str = "") -> None:
        """Keep, count and print one result; `where` goes before its prose."""
        evidence = result.to_json() if self.json or self.log is not None else b""
        if self.log is not None:
            # First the record, then the answer: nobody acts on what is not kept.
            _append(self.log, evidence)
        if self.json:
            write_json(evidence)
            if self.explain:
                note(f"{explain(result)}\n")
        else:
            say(f"{where}{explain(result)}\n" if self.explain else f"{where}{result.summary()}")
        self._count(result.verdict)

    def show_bad(self, line: Line, why: InputError) -> None:
        """Count and print a line of which no question can be made: a FAIL."""
        if self.json:
            said: dict[str, JsonValue] = {
                "schema": BAD_LINE,
                "line": line.number,
                "verdict": Verdict.FAIL.value,
                "input": encode_bytes(line.data),
                "message": str(why),
            }
            write_json(canonical(said))
        else:
            say(f"line {line.number}: FAIL: {why}")
        self._count(Verdict.FAIL)

    def _count(self, verdict: Verdict) -> None:
        self.counts[verdict.name] += 1
        self.exit = _exits.worst(self.exit, _EXITS[verdict])

    @property
    def summary(self) -> str:
        """`2 FAIL, 0 INCOMPLETE, 40 PASS`."""
        return ", ".join(f"{count} {name}" for name, count in self.counts.items())


def _append(log: ChainLog, evidence: bytes) -> None:
    value = parse_json(evidence, what="evidence")
    assert isinstance(value, dict)
    log.append(value, SCHEMA)


def judge(work: Judge, plans: list[Plan[Result]]) -> int:
    """Carry out the questions of a command line; the exit code of the worst."""
    for result in work.results(plans):
        work.show(result)
    flush()
    return work.exit


def judge_lines(work: Judge, read: Reader) -> int:
    """Carry out one question for each line of standard input, in order, as the lines come; the exit code of the worst.

    Lines that are there together are judged side by side; no line waits for the next one, so a program may send a name,
    read its result, and send another. Memory holds one batch of lines, whatever the length of the input.

    Raises:
        InputError: there was no line at all.
    """
    progress = Progress(sys.stderr, wanted=sys.stderr.isatty() and not sys.stdout.isatty())
    done = 0
    for lines in batches(standard_input(), limit=LONGEST_NAME + 1):
        asked = [(line, _question(read, line)) for line in lines]
        results = work.results(plan for _, plan in asked if not isinstance(plan, InputError))
        for line, plan in asked:
            if isinstance(plan, InputError):
                work.show_bad(line, plan)
            else:
                # A line that is no name may show nothing of itself: its number says which one it is.
                nameless = isinstance(plan, NamePlan) and plan.name is None
                work.show(next(results), where=f"line {line.number}: " if nameless else "")
            done += 1
            progress.update(done, work.summary)
        flush()
    progress.clear()
    if not done:
        msg = "standard input is empty: there is nothing to judge, and nothing is not a PASS"
        raise InputError(msg)
    return work.exit


def _question(read: Reader, line: Line) -> Plan[Result] | InputError:
    try:
        return read(line)
    except InputError as error:
        return error
