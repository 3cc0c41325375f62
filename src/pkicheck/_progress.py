"""Progress of a long run, on a terminal and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

__all__ = ["Progress"]

# A terminal line is at least this wide nearly everywhere; a longer text would wrap and stay behind.
_WIDEST: Final = 79


class Progress:
    """One line that is written over and over, at most five times a second. Writes nothing when it is not wanted.

    Args:
        stream: the terminal.
        wanted: whether to show anything at all.
        clock: seconds that never run backwards.
    """

    def __init__(self, stream: TextIO, *, wanted: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._wanted = wanted
        self._clock = clock
        self._began = self._next = clock()
        self._shown = 0

    def update(self, done: int, said: str) -> None:
        """Show `1234 done, 567/s, <said>` when the last text is old enough."""
        if not self._wanted:
            return
        at = self._clock()
        if at < self._next:
            return
        self._next = at + 0.2
        spent = at - self._began
        rate = f"{done / spent:.0f}/s, " if spent >= 1 else ""
        text = f"{done} done, {rate}{said}"[:_WIDEST]
        self._stream.write(f"\r{text.ljust(self._shown)}")
        self._stream.flush()
        self._shown = len(text)

    def clear(self) -> None:
        """Take the line away, so that other lines may follow."""
        if self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0
