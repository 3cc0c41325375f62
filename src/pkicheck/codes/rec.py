"""Codes of reconciliation: operations of issuer keys against issued objects."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.certificate import BR_SERIAL
from pkicheck.rules.reconcile import (
    BR_APPROVAL,
    BR_CRL_NUMBER,
    BR_EVIDENCE,
    BR_ISSUANCE,
    BR_KEY_PROTECTION,
    BR_LOG_INTEGRITY,
    BR_LOGGED,
    BR_PRECERTIFICATE,
    BR_REVOCATION,
    BR_SERIAL_SHARED,
    RFC5280_CRL_NUMBER,
)

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_NOTHING = "Nothing to do."
_REVOKE = "Find out who signed it and why; if it is a certificate or precertificate, revoke its serial and report it."
_STORE = "Find the record of the operation; without one, treat the key as used outside the logged devices."
_COMPLETE = "Supply the missing log, declare what it covers, and run again."

CODES: tuple[Code, ...] = (
    # -- the whole
    Code(
        "rec.reconciled",
        _NOTE,
        "Operations and objects were paired, by grade and kind.",
        _NOTHING,
        (BR_LOGGED,),
    ),
    Code(
        "rec.nothing-read",
        _DOUBT,
        "Neither an operation nor an object lies in the window: there was nothing to reconcile.",
        "Look whether the right logs, keys, time zone and window were given.",
    ),
    Code("rec.no-log", _DOUBT, "No log that tells of signing was given.", _COMPLETE, (BR_LOGGED,)),
    Code("rec.no-store", _DOUBT, "No store of issued objects was given.", "Supply the stores, and run again."),
    Code(
        "rec.key-without-log",
        _DOUBT,
        "No log tells of this issuer key: nothing can be said about its use.",
        _COMPLETE,
        (BR_LOGGED,),
    ),
    Code(
        "rec.key-silent",
        _DOUBT,
        "A log covers this issuer key, and neither side tells of anything: silence is no proof.",
        "Look whether key use is logged, under which name, and let a health check sign.",
        (BR_LOGGED,),
    ),
    Code(
        "rec.window-not-covered",
        _DOUBT,
        "The logs of this issuer key do not answer for the whole window.",
        _COMPLETE,
        (BR_LOGGED,),
    ),
    Code(
        "rec.exceptions-cut",
        _DOUBT,
        "There are more exceptions of one kind than are listed.",
        "Mend the first ones, or allow more of them in the policy.",
    ),
    Code(
        "rec.source-changed",
        _DOUBT,
        "A source answered differently when it was read a second time.",
        "Reconcile copies that nobody writes to.",
    ),
    Code(
        "rec.reported-before",
        _NOTE,
        "Findings of runs before are still there; they are not told again.",
        "Look at the runs before.",
    ),
    Code(
        "rec.settled-before",
        _NOTE,
        "Records at the overlap of two windows were dealt with in the run before.",
        _NOTHING,
    ),
    Code(
        "rec.second-try",
        _NOTE,
        "Objects were matched under another hash algorithm, or with the poison at another place.",
        _NOTHING,
    ),
    Code(
        "rec.not-checked",
        _DOUBT,
        "The signatures of the objects were not verified: the policy trusts the issuer that they name.",
        "Reconcile with the signatures checked.",
    ),
    # -- operations without objects
    Code(
        "rec.operation-unexplained",
        _REFUSAL,
        "An operation of an issuer key made something that no store has.",
        _REVOKE,
        (BR_ISSUANCE, BR_LOGGED),
    ),
    Code(
        "rec.precertificate-orphan",
        _REFUSAL,
        "An operation of an issuer key made a precertificate that no store has; it binds like a certificate.",
        _REVOKE,
        (BR_PRECERTIFICATE, BR_ISSUANCE, BR_LOGGED),
    ),
    Code(
        "rec.certificate-orphan",
        _REFUSAL,
        "An operation of an issuer key made a certificate that no store has.",
        _REVOKE,
        (BR_ISSUANCE, BR_LOGGED),
    ),
    Code(
        "rec.operation-open",
        _DOUBT,
        "An operation at the edge of the window has no object yet; the next run settles it.",
        "Run again for the next window, with the cursor of this run.",
    ),
    Code(
        "rec.operation-outcome-unknown",
        _DOUBT,
        "An operation began and nothing says how it ended: an object may exist.",
        _REVOKE,
        (BR_ISSUANCE,),
    ),
    Code(
        "rec.operation-repeated",
        _REFUSAL,
        "A further operation was given the content of a known object: the content is explained, the act is not.",
        "Find out why it was signed twice; declare retries in the policy.",
        (BR_LOGGED,),
    ),
    Code(
        "rec.operation-repeated-tolerated",
        _NOTE,
        "A further operation was given the content of a known object, which the policy allows.",
        _NOTHING,
    ),
    Code(
        "rec.operation-other-key",
        _REFUSAL,
        "An operation of another key than the log or the object names was given the content of an object.",
        "Look after the names of the keys; then find out who signed.",
        (BR_LOGGED,),
    ),
    Code("rec.operations-failed", _NOTE, "Operations failed; they made nothing.", _NOTHING),
    Code(
        "rec.operations-not-explained",
        _REFUSAL,
        "More operations of an issuer key were logged than there are objects; the log cannot tell which.",
        "Log digests at the PKCS#11 boundary, so that the next time it can be told.",
        (BR_ISSUANCE, BR_LOGGED),
    ),
    Code(
        "rec.counted-only",
        _NOTE,
        "Operations and objects were compared by time, length or number only: an extra and a missing one may cancel.",
        "Log digests at the PKCS#11 boundary.",
    ),
    # -- objects without operations
    Code(
        "rec.object-without-operation",
        _REFUSAL,
        "An issued object has no logged operation: a lost record, or a copy of the key.",
        _STORE,
        (BR_LOGGED, BR_KEY_PROTECTION),
    ),
    Code(
        "rec.precertificate-without-operation",
        _REFUSAL,
        "A certificate has SCTs, and no logged operation made the precertificate that they are for.",
        _STORE,
        (BR_LOGGED, BR_PRECERTIFICATE),
    ),
    Code(
        "rec.objects-without-operation",
        _REFUSAL,
        "There are more objects of an issuer key than logged operations; the log cannot tell which.",
        _STORE,
        (BR_LOGGED, BR_KEY_PROTECTION),
    ),
    Code(
        "rec.object-open",
        _DOUBT,
        "An object at the edge of the window has no operation yet; the next run settles it.",
        "Run again for the next window, with the cursor of this run.",
    ),
    Code(
        "rec.object-twice",
        _NOTE,
        "An object lies in more than one place.",
        "Look whether two platforms both think it theirs.",
    ),
    Code(
        "rec.object-unreadable",
        _DOUBT,
        "An object has no digest that could be compared.",
        "Look at the file or row.",
    ),
    Code(
        "rec.signature-invalid",
        _REFUSAL,
        "An object names a known issuer, and no key of that issuer verifies it.",
        "Find out who signed it.",
        (BR_ISSUANCE,),
    ),
    Code(
        "rec.issuer-not-listed",
        _REFUSAL,
        "An object was signed by a key that is not on the list of issuer keys.",
        "Add the issuer key, or find out why an undisclosed issuer exists.",
        (BR_ISSUANCE,),
    ),
    Code(
        "rec.kind-not-permitted",
        _REFUSAL,
        "An issuer key signed a kind of object that is not among those it may sign.",
        "Use a key of its own for such objects.",
        (BR_KEY_PROTECTION,),
    ),
    # -- expectations
    Code(
        "rec.expectation-unmet",
        _REFUSAL,
        "An announced operation did not take place as announced.",
        "Look at the script and its minutes.",
        (BR_LOGGED,),
    ),
    Code(
        "rec.expectation-exceeded",
        _REFUSAL,
        "More operations took place than were announced.",
        "Look at the script and its minutes: witnesses do not explain an operation.",
        (BR_ISSUANCE,),
    ),
    # -- serials, pairs, CRLs
    Code(
        "rec.serial-reused",
        _REFUSAL,
        "Two certificates of one issuer have one serial number.",
        "Revoke them, and report it.",
        (BR_SERIAL_SHARED,),
    ),
    Code(
        "rec.precertificate-twice",
        _REFUSAL,
        "Two precertificates of one issuer have one serial number.",
        "Revoke the serial number, and report it.",
        (BR_SERIAL_SHARED, BR_PRECERTIFICATE),
    ),
    Code(
        "rec.pair-differs",
        _REFUSAL,
        "A certificate is not that of the precertificate with its serial number.",
        "Revoke the serial number, and report it.",
        (BR_PRECERTIFICATE,),
    ),
    Code(
        "rec.precertificate-alone",
        _NOTE,
        "A precertificate has no certificate: its serial number needs a status all the same.",
        "See that OCSP and CRL know it.",
        (BR_PRECERTIFICATE, BR_REVOCATION),
    ),
    Code(
        "rec.revocation-differs",
        _REFUSAL,
        "Of two objects with one serial number only one is marked as revoked.",
        "Revoke the serial number in every store.",
        (BR_REVOCATION,),
    ),
    Code(
        "rec.serial-range",
        _REFUSAL,
        "Serial numbers are not above 0 and below 2**159.",
        "Mend the generator of serial numbers.",
        (BR_SERIAL,),
    ),
    Code(
        "rec.serial-short",
        _REFUSAL,
        "Serial numbers are much shorter than 64 random bits would be.",
        "Mend the generator of serial numbers.",
        (BR_SERIAL,),
    ),
    Code(
        "rec.serial-entropy",
        _REFUSAL,
        "No serial number of a whole population has its 64th bit set: they hold fewer than 64 random bits.",
        "Mend the generator of serial numbers.",
        (BR_SERIAL,),
    ),
    Code(
        "rec.serial-sequential",
        _REFUSAL,
        "Serial numbers follow one another too closely for random ones.",
        "Mend the generator of serial numbers.",
        (BR_SERIAL,),
    ),
    Code(
        "rec.crl-number-reused",
        _REFUSAL,
        "Two CRLs of one scope have one number.",
        "Look at the CRL generation of both platforms.",
        (RFC5280_CRL_NUMBER, BR_CRL_NUMBER),
    ),
    Code(
        "rec.crl-number-falls",
        _REFUSAL,
        "A later CRL has a lower number than an earlier one.",
        "Look at the CRL generation.",
        (RFC5280_CRL_NUMBER, BR_CRL_NUMBER),
    ),
    Code("rec.crl-number-gap", _NOTE, "Numbers of CRLs are missing between two that are there.", _NOTHING),
    Code("rec.ocsp-presigned", _NOTE, "OCSP responses were signed before they begin to hold.", _NOTHING),
    Code(
        "rec.ocsp-delegated",
        _NOTE,
        "OCSP responses were signed by a responder's own key: no operation of an issuer key is behind them.",
        "Give the responder's key and its logs, if its use is to be reconciled.",
    ),
    # -- evidence, gate, approvals
    Code(
        "rec.evidence-missing",
        _REFUSAL,
        "A certificate or precertificate was signed and its evidence is missing.",
        "Revoking it does not explain it.",
        (BR_EVIDENCE,),
    ),
    Code(
        "rec.evidence-late",
        _REFUSAL,
        "Evidence of a certificate or precertificate came to be after its signature.",
        "Check first, then sign.",
        (BR_EVIDENCE,),
    ),
    Code(
        "rec.outside-gate",
        _REFUSAL,
        "A certificate or precertificate has no permit of the gate.",
        "Let everything that signs ask the gate.",
        (BR_APPROVAL,),
    ),
    Code(
        "rec.approval-missing",
        _REFUSAL,
        "A certificate or precertificate has no record of who approved it.",
        "Find the approval.",
        (BR_APPROVAL,),
    ),
    Code(
        "rec.approval-own",
        _REFUSAL,
        "A certificate or precertificate was approved by the one who issued it.",
        "Let a second person approve.",
        (BR_APPROVAL,),
    ),
    Code(
        "rec.test-issuance",
        _REFUSAL,
        "A production key signed a certificate or precertificate to try something out.",
        "Use a test issuer.",
        (BR_ISSUANCE,),
    ),
    # -- CT
    Code(
        "rec.ct-only",
        _REFUSAL,
        "Certificate Transparency shows a certificate or precertificate that no store has.",
        _REVOKE,
        (BR_ISSUANCE,),
    ),
    Code(
        "rec.ct-ahead",
        _DOUBT,
        "Certificate Transparency shows a certificate or precertificate that no store has yet.",
        "Run again when the store has caught up.",
    ),
    Code(
        "rec.ct-missing",
        _DOUBT,
        "A store has a certificate or precertificate that the list of Certificate Transparency lacks.",
        "Look whether the list is complete, or whether it was never submitted.",
    ),
    # -- clocks
    Code("rec.clock-offset", _NOTE, "The clocks of two sources, from pairs that are certain.", _NOTHING),
    Code(
        "rec.clock-apart",
        _DOUBT,
        "The clocks of two sources lie further apart than the policy tolerates.",
        "Look after the clocks and time zones.",
    ),
    Code(
        "rec.clock-backwards",
        _DOUBT,
        "The clock of a log went backwards between two records that follow one another.",
        "Find out who set the clock.",
        (BR_LOG_INTEGRITY,),
    ),
)
