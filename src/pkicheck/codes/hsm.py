"""Codes of HSM logs and of what happens to keys."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.reconcile import (
    BR_DESTRUCTION,
    BR_KEY_PROTECTION,
    BR_LOG_INTEGRITY,
    BR_LOGGED,
)

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_NOTHING = "Nothing to do."
_COMPLETE = "Supply the missing log, declare what it covers, and run again."

CODES: tuple[Code, ...] = (
    # -- logs
    Code("hsm.integrity", _NOTE, "How far the records of a source are protected.", _NOTHING, (BR_LOG_INTEGRITY,)),
    Code(
        "hsm.integrity-below",
        _DOUBT,
        "The records of a log are protected less than the policy demands.",
        "Anchor, seal or sign the log.",
        (BR_LOG_INTEGRITY,),
    ),
    Code(
        "hsm.integrity-broken",
        _REFUSAL,
        "The protection of a log's records is broken: they were changed, removed or reordered.",
        "Find out who changed the log.",
        (BR_LOG_INTEGRITY,),
    ),
    Code("hsm.gap", _DOUBT, "Records of a log are missing.", _COMPLETE, (BR_LOG_INTEGRITY, BR_LOGGED)),
    Code("hsm.overlap", _NOTE, "Records stood there more than once, and count once.", _NOTHING),
    Code(
        "hsm.record-unreadable",
        _DOUBT,
        "Records of a log could not be read.",
        "Look at the places named.",
        (BR_LOG_INTEGRITY,),
    ),
    Code(
        "hsm.store-unreadable",
        _DOUBT,
        "Records of a store could not be read.",
        "Look at the places named.",
    ),
    Code(
        "hsm.no-signatures",
        _NOTE,
        "A log of this format never tells of signing: it says nothing about what was signed.",
        "Log at the PKCS#11 boundary.",
    ),
    Code(
        "hsm.log-empty",
        _DOUBT,
        "A log tells of no operation at all.",
        "Look whether key use is logged.",
        (BR_LOGGED,),
    ),
    Code(
        "hsm.key-name-unknown",
        _NOTE,
        "A log names keys that are not among the issuer keys; their operations must be explained all the same.",
        "Give the names of the keys as aliases.",
    ),
    # -- keys
    Code(
        "hsm.key-generated",
        _NOTE,
        "A key was generated.",
        "Compare with the ceremony.",
        (BR_KEY_PROTECTION,),
    ),
    Code("hsm.key-deleted", _NOTE, "A key was deleted from a device.", _NOTHING, (BR_DESTRUCTION,)),
    Code("hsm.key-destroyed", _NOTE, "The last copy of a key was destroyed.", _NOTHING, (BR_DESTRUCTION,)),
    Code(
        "hsm.key-copied",
        _DOUBT,
        "A key was exported, wrapped, copied or derived: what a copy signs stands in no log of this device.",
        "Compare with the approved backups.",
        (BR_KEY_PROTECTION,),
    ),
    Code(
        "hsm.key-imported",
        _DOUBT,
        "A key was imported: it existed outside this device.",
        "Compare with the approved restores.",
        (BR_KEY_PROTECTION,),
    ),
    Code(
        "hsm.device-changed",
        _DOUBT,
        "A device was reset, or what it logs was changed.",
        "Compare with the approved changes.",
        (BR_LOG_INTEGRITY,),
    ),
    Code("hsm.key-other", _NOTE, "Something else happened to a key.", "Look at the record."),
    Code(
        "hsm.key-used-after-destruction",
        _REFUSAL,
        "A key signed after it was destroyed.",
        "A copy of the key exists: treat it as compromised.",
        (BR_DESTRUCTION, BR_KEY_PROTECTION),
    ),
    Code(
        "hsm.key-used-before-creation",
        _REFUSAL,
        "A key signed before it was made.",
        "Look after clocks and key names; then treat it as another key.",
        (BR_KEY_PROTECTION,),
    ),
    Code(
        "hsm.destruction-unwitnessed",
        _REFUSAL,
        "The destruction of a key has too few witnesses, or no document.",
        "Add the minutes.",
        (BR_DESTRUCTION,),
    ),
)
