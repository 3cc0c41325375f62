"""Reconciliation: what the HSM logs say was signed against everything that is known to be issued.

    result = reconcile(logs, stores, keys=keys, window=(begins, ends), at=at)
    result.require()                       # "5 signatures, 4 certificates" does not pass

Pure: the readers are grammars over bytes that an edge hands in, matching works on packed rows, and what a run came to
is one JSON document from which anybody can decide again. Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkicheck.hsmlog.keygroups import KeyGroup, group_by_key
    from pkicheck.hsmlog.ledger import Ledger, join
    from pkicheck.hsmlog.matching import Part, Partial, Rules, match_partition
    from pkicheck.hsmlog.model import (
        Expectation,
        Gap,
        KeyEvent,
        Locator,
        SignedObject,
        SigningEvent,
        Source,
        SourceReport,
        Spill,
        Unreadable,
    )
    from pkicheck.hsmlog.objects import read_object
    from pkicheck.hsmlog.reducing import Reduced, reduce
    from pkicheck.hsmlog.result import Problem, ReconcilePlan, ReconcileResult
    from pkicheck.hsmlog.runs import conclude, reconcile
    from pkicheck.hsmlog.splitting import Job, Proofs, split

__all__ = [
    "Expectation",
    "Gap",
    "Job",
    "KeyEvent",
    "KeyGroup",
    "Ledger",
    "Locator",
    "Part",
    "Partial",
    "Problem",
    "Proofs",
    "ReconcilePlan",
    "ReconcileResult",
    "Reduced",
    "Rules",
    "SignedObject",
    "SigningEvent",
    "Source",
    "SourceReport",
    "Spill",
    "Unreadable",
    "conclude",
    "group_by_key",
    "join",
    "match_partition",
    "read_object",
    "reconcile",
    "reduce",
    "split",
]

_HOMES = {
    "pkicheck.hsmlog.keygroups": ("KeyGroup", "group_by_key"),
    "pkicheck.hsmlog.ledger": ("Ledger", "join"),
    "pkicheck.hsmlog.matching": ("Part", "Partial", "Rules", "match_partition"),
    "pkicheck.hsmlog.model": (
        "Expectation",
        "Gap",
        "KeyEvent",
        "Locator",
        "SignedObject",
        "SigningEvent",
        "Source",
        "SourceReport",
        "Spill",
        "Unreadable",
    ),
    "pkicheck.hsmlog.objects": ("read_object",),
    "pkicheck.hsmlog.reducing": ("Reduced", "reduce"),
    "pkicheck.hsmlog.result": ("Problem", "ReconcilePlan", "ReconcileResult"),
    "pkicheck.hsmlog.runs": ("conclude", "reconcile"),
    "pkicheck.hsmlog.splitting": ("Job", "Proofs", "split"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


# A type checker has to refuse a name that is not in the list, so it does not see this.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
