"""The three exceptions of pkicheck, and who is to blame in each.

Refusing and not knowing are *results* (`pkicheck.results`), not exceptions. What is raised says whose fault it is:

* `InputError`: the caller's argument is wrong. The message names the argument.
* `TransportError`: our own side is broken (closed, no resolver, wrong loop, wrong process).
* `Refused`: somebody called `.require()` on a result that is not a PASS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkicheck.results import Result

__all__ = ["InputError", "Refused", "TransportError"]


class InputError(ValueError):
    """An argument the caller must correct. The message names it and says what was expected."""


class TransportError(Exception):
    """Our own side cannot do its work: closed, without a resolver, in the wrong process or loop, a missing extra."""


class Refused(Exception):
    """Raised by `Result.require` when the verdict is not PASS.

    Attributes:
        result: the whole result, with its findings and evidence.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__(result)

    def __str__(self) -> str:
        return self.result.summary()

    def __reduce__(self) -> tuple[Any, ...]:
        return (Refused, (self.result,))
