"""The life of an order as a table: which state follows which. What is not in the table cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from pkicheck.errors import InputError

__all__ = ["TRANSITIONS", "OrderState", "advance", "diagram"]


class OrderState(Enum):
    """Where an order stands."""

    RECEIVED = "received"
    VALIDATED = "validated"
    APPROVED = "approved"
    PERMITTED = "permitted"
    SIGNED = "signed"
    LOGGED = "logged"
    REFUSED = "refused"


_R, _V, _A, _P, _S, _L, _N = OrderState

TRANSITIONS: Final[Mapping[OrderState, tuple[OrderState, ...]]] = MappingProxyType(
    {
        _R: (_V, _N),
        # Evidence that grew too old sends an order back; a new attempt begins from nothing.
        _V: (_A, _R, _N),
        _A: (_P, _R, _N),
        # A permit that expired is not renewed: the order is authorized again.
        _P: (_S, _A, _R, _N),
        # What was signed was signed: nothing but the log can follow.
        _S: (_L,),
        _L: (),
        _N: (),
    }
)
"""The states that may follow each state."""


def advance(state: OrderState, to: OrderState) -> OrderState:
    """The next state of an order.

    Raises:
        InputError: a step that is not in the table; the message says what may follow.
    """
    if to not in TRANSITIONS[state]:
        allowed = ", ".join(each.value for each in TRANSITIONS[state]) or "nothing"
        msg = f"order: after {state.value} comes {allowed}, not {to.value}"
        raise InputError(msg)
    return to


def diagram() -> str:
    """The table as text, one line a state, for the documentation."""
    width = max(len(each.value) for each in OrderState)
    return "\n".join(
        f"{state.value:<{width}} -> {', '.join(each.value for each in TRANSITIONS[state]) or '(end)'}"
        for state in OrderState
    )
