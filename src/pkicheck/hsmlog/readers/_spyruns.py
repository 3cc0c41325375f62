"""Which process of a trace a block belongs to: by its id where the trace says it, else by its call number.

The call numbers of each process begin with 0 and have no gap. A number that no process expects next is a gap; a number
that two expect belongs to neither for certain, and then nothing is known of its session.
"""

from __future__ import annotations

from typing import Final

import attrs

from pkicheck.hsmlog.readers._base import Counts
from pkicheck.hsmlog.readers._spyblock import Block
from pkicheck.hsmlog.readers._spykeys import Run

__all__ = ["Runs"]

_MOST: Final = 256


@attrs.define
class Runs:
    """The processes that have not ended.

    Attributes:
        alive: in the order of their beginning.
        begun: how many began so far.
        blocks: how many blocks there were.
        spoiled: blocks that could not be read since the last gap: they explain as many missing numbers.
        epoch: how many blocks could not be read.
    """

    alive: list[Run] = attrs.field(factory=list[Run])
    begun: int = 0
    blocks: int = 0
    spoiled: int = 0
    epoch: int = 0

    def of(self, block: Block, counts: Counts) -> Run:
        """The process that made this call."""
        self.blocks += 1
        run = self._named(block) if block.process else self._numbered(block)
        if run is None:
            counts.note("calls-of-unknown-process")
            return Run(name="")
        if block.number != run.next:
            self._gap(run, block, counts)
        run.next = block.number + 1
        run.seen = self.blocks
        return run

    def quick(self, number: int, process: str) -> Run | None:
        """The process that made this call, where there is only one and the call is its next; None: `of` finds out."""
        if len(self.alive) != 1:
            return None
        run = self.alive[0]
        if run.next != number or number == 0 or (process and run.name != process):
            return None
        self.blocks += 1
        run.next = number + 1
        run.seen = self.blocks
        return run

    def _gap(self, run: Run, block: Block, counts: Counts) -> None:
        missing = block.number - run.next
        if 0 < missing <= self.spoiled:
            self.spoiled -= missing
        elif run.seen:
            counts.gap("sequence", f"{run.name}:{run.next}", f"{run.name}:{block.number - 1}")
        else:
            # The trace begins in the middle of the process.
            counts.note("processes-without-beginning")
        # What is under way may have lost a part, or may have ended and begun anew.
        run.epoch += 1

    def _begin(self, name: str) -> Run:
        self.begun += 1
        run = Run(name=name or f"run {self.begun}", began=self.blocks)
        self.alive.append(run)
        if len(self.alive) > _MOST:
            del self.alive[0]
        return run

    def _named(self, block: Block) -> Run:
        found = next((run for run in self.alive if run.name == block.process), None)
        if found is not None and block.number == 0:
            self.alive.remove(found)
            found = None
        return found or self._begin(block.process)

    def _numbered(self, block: Block) -> Run | None:
        if block.number == 0:
            return self._begin("")
        expecting = [run for run in self.alive if run.next == block.number]
        if not expecting:
            # Where no other process could have made it, it is a gap in this one.
            expecting = [run for run in self.alive if run.next < block.number]
            if not self.alive:
                return self._begin("")
        return self._only(expecting)

    def _only(self, runs: list[Run]) -> Run | None:
        """The one of them that can have made the call: the others were silent since before it began."""
        if not runs:
            return None
        last = max(runs, key=lambda run: run.seen)
        if all(run is last or run.seen < last.began for run in runs):
            return last
        for run in runs:
            run.epoch += 1
        return None

    def end(self, run: Run) -> None:
        """The process has ended."""
        self.alive = [each for each in self.alive if each is not run]

    def spoil(self) -> None:
        """A block could not be read: what is under way in any process may have lost a part."""
        self.spoiled += 1
        self.epoch += 1

    def at(self, run: Run) -> int:
        """A number that changes whenever calls of the process are missing: an operation goes on only while it stays."""
        return self.epoch + run.epoch
