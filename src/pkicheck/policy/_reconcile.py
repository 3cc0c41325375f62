"""The choices about reconciliation."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import attrs

from pkicheck.policy._fields import between, flag, one_of, span

__all__ = ["ReconcilePolicy"]


@attrs.frozen(kw_only=True)
class ReconcilePolicy:
    """Choices about reconciliation.

    Attributes:
        edge: what lies this near the end of the window may find its other half in the next run: it is open, not wrong.
        overlap: how far before the end of a window the next run may begin without telling anything twice.
        clock_tolerance: how far the clocks of two sources may lie apart.
        metadata_minutes: how many minutes an operation and an object may lie apart to be paired by metadata.
        signatures: `check`: the signature of each object is verified. `trust`: objects belong to the issuer they name,
            and the result never passes.
        repeated: what a second operation over the content of a known object does: `refuse` or `note`.
        integrity: the least integrity that the log of a key may have: below it the result is in doubt.
        permits: whether each certificate and precertificate must carry the id of its permit (R149).
        approvals: whether each must carry who approved it, and that it was not who issued it (R004).
        ct_delay: how long an entry of CT may be ahead of the store.
        serials: whether serial numbers are judged by BR 7.1.2.7.
        witnesses: how many witnesses the destruction of a key needs, besides a document (R092).
        coverage: `declared`: a log answers for the stretches that it or the caller declares. `observed`: also for the
            stretch from its first to its last record.
        partitions: into how many parts rows are spread.
        most: how many exceptions of a kind are listed; the rest is counted.
    """

    edge: timedelta = attrs.field(default=timedelta(minutes=15), validator=span(timedelta(0), timedelta(days=31)))
    overlap: timedelta = attrs.field(default=timedelta(hours=1), validator=span(timedelta(0), timedelta(days=31)))
    clock_tolerance: timedelta = attrs.field(
        default=timedelta(seconds=60), validator=span(timedelta(0), timedelta(days=1))
    )
    metadata_minutes: int = attrs.field(default=10, validator=between(0, 1440))
    signatures: Literal["check", "trust"] = attrs.field(default="check", validator=one_of("check", "trust"))
    repeated: Literal["refuse", "note"] = attrs.field(default="refuse", validator=one_of("refuse", "note"))
    integrity: Literal["none", "accident", "chained-unanchored", "chained-anchored", "mac", "signed"] = attrs.field(
        default="none", validator=one_of("none", "accident", "chained-unanchored", "chained-anchored", "mac", "signed")
    )
    permits: bool = attrs.field(default=False, validator=flag)
    approvals: bool = attrs.field(default=False, validator=flag)
    ct_delay: timedelta = attrs.field(default=timedelta(minutes=15), validator=span(timedelta(0), timedelta(days=7)))
    serials: bool = attrs.field(default=True, validator=flag)
    witnesses: int = attrs.field(default=2, validator=between(0, 10))
    coverage: Literal["declared", "observed"] = attrs.field(
        default="declared", validator=one_of("declared", "observed")
    )
    partitions: int = attrs.field(default=256, validator=between(1, 4096))
    most: int = attrs.field(default=10_000, validator=between(1, 1_000_000))
