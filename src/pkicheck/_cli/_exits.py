"""Exit codes, for scripts. Several results: the worst, where 1 is worse than 3 and 3 worse than 0."""

from __future__ import annotations

from typing import Final

__all__ = ["BROKEN_PIPE", "INCOMPLETE", "INTERNAL", "INTERRUPTED", "PASS", "REFUSED", "USAGE", "worst"]

PASS: Final = 0
"""Everything passed; replay: the same; a log: intact."""
REFUSED: Final = 1
"""Something was refused, or a line of the input is bad; replay: changed; a log: broken."""
USAGE: Final = 2
"""The call is wrong: arguments, a policy, a file that cannot be read. Nothing was decided."""
INCOMPLETE: Final = 3
"""Something could not be decided; replay: cannot; a log: unanchored or torn."""
INTERNAL: Final = 70
"""Our own side is broken."""
INTERRUPTED: Final = 130
"""Interrupted from the keyboard."""
BROKEN_PIPE: Final = 141
"""The reader of standard output left before everything was written (what a shell reports for SIGPIPE)."""


def worst(one: int, other: int) -> int:
    """The worse of two of 0, 1 and 3."""
    order = (PASS, INCOMPLETE, REFUSED)
    return max(one, other, key=order.index)
