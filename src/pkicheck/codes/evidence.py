"""Codes of evidence and of time: when something was seen, and whether it may still be relied on."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level

__all__ = ["CODES"]

CODES: tuple[Code, ...] = (
    Code(
        "evidence.dry-run",
        Level.NOTE,
        "The moment judged was given by the caller and is not the moment of the observations.",
        "Leave `at` out: the result of a dry run is not accepted for issuance.",
    ),
    Code(
        "evidence.clock-order",
        Level.DOUBT,
        "An observation was received before it was sent, or lies after the moment of the decision.",
        "Repair the clocks of the observing side.",
    ),
)
