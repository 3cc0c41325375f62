"""Codes of the issuance gate: everything that must be proven at the moment of signing."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.caa import BR_CAA, BR_ISSUER_NAMES, BR_PARAMETERS
from pkicheck.rules.certificate import BR_NOT_BEFORE, BR_VALIDITY
from pkicheck.rules.gate import (
    BR_APPROVAL,
    BR_AUTHENTICATION,
    BR_AUTHORITY,
    BR_NAMES_PROVEN,
    BR_RECORDS,
    BR_REQUEST,
    BR_SERIAL_UNIQUE,
    PROGRAM_DISCLOSED,
)
from pkicheck.rules.mpic import BR_MPIC

__all__ = ["CODES"]

_R = Level.REFUSAL

CODES: tuple[Code, ...] = (
    Code("gate.permitted", Level.NOTE, "Everything that must be proven before signing was proven.", "Nothing to do."),
    # 1: order, request, key
    Code(
        "gate.order-differs",
        _R,
        "The binding of key and identity is that of another order.",
        "Take the binding of this order.",
        (BR_REQUEST,),
    ),
    Code(
        "gate.binding-other-policy",
        _R,
        "The binding was made under another policy than the one that permits.",
        "Bind again under this policy.",
        (BR_RECORDS,),
    ),
    Code(
        "gate.scope-differs",
        _R,
        "A certificate for a public or internal scope was asked of a policy for the other one.",
        "Use the policy of the scope.",
        (BR_AUTHORITY,),
    ),
    # 2: issuer
    Code(
        "gate.issuer-test",
        _R,
        "A test order was given to a production issuer, or an order for production to a test issuer.",
        "Use an issuer of the same kind as the order.",
        (BR_AUTHORITY,),
    ),
    Code(
        "gate.issuer-purpose",
        _R,
        "The issuer is not one for this purpose.",
        "Use an issuer whose entry has the purpose.",
        (BR_AUTHORITY,),
    ),
    Code(
        "gate.issuer-kind",
        _R,
        "The issuer key may not sign certificates.",
        "Use an issuer whose entry has the kind of object.",
        (BR_AUTHORITY,),
    ),
    Code(
        "gate.issuer-gone",
        _R,
        "The issuer key did not exist at this moment: it was destroyed, or not made yet.",
        "Use a key that lives.",
        (BR_AUTHORITY,),
    ),
    Code(
        "gate.issuer-not-disclosed",
        _R,
        "The certificate of this public issuer is not disclosed.",
        "Disclose it before it issues.",
        (PROGRAM_DISCLOSED,),
    ),
    # 3: control
    Code(
        "gate.dcv-missing",
        _R,
        "No validation was given for a name.",
        "Validate the name by a method allowed for it today.",
        (BR_NAMES_PROVEN,),
    ),
    Code(
        "gate.dcv-not-covering",
        _R,
        "No validation that was given covers a name at this moment.",
        "Read the codes seen: they say why each validation does not.",
        (BR_NAMES_PROVEN,),
    ),
    Code(
        "gate.dcv-other-account",
        _R,
        "The validation of a name belongs to another account.",
        "Use a validation of this account.",
        (BR_REQUEST, BR_NAMES_PROVEN),
    ),
    Code(
        "gate.evidence-other-policy",
        _R,
        "Evidence was made under other choices than those of the policy that permits.",
        "Make it again under this policy.",
        (BR_RECORDS,),
    ),
    Code(
        "gate.evidence-not-the-named",
        _R,
        "The identity names other evidence for a name than what was given.",
        "Give the evidence that the identity rests on.",
        (BR_RECORDS,),
    ),
    # 4: CAA
    Code(
        "gate.caa-missing",
        _R,
        "No CAA result was given for a name.",
        "Check CAA for every name of the certificate.",
        (BR_CAA,),
    ),
    Code(
        "gate.caa-not-covering",
        _R,
        "No CAA result that was given allows a signature for a name at this moment.",
        "Read the codes seen; a check that is too old is made again.",
        (BR_CAA,),
    ),
    Code(
        "gate.caa-other-issuer",
        _R,
        "CAA was checked for issuer domain names that are not those of this issuer.",
        "Check with the names of the issuer's entry.",
        (BR_ISSUER_NAMES,),
    ),
    Code(
        "gate.caa-other-account",
        _R,
        "CAA was checked for an account that is not that of this order.",
        "Check with the account of the order.",
        (BR_PARAMETERS,),
    ),
    Code(
        "gate.caa-other-method",
        _R,
        "CAA was checked for another validation method than the one that validated the name.",
        "Check with the method of the validation.",
        (BR_PARAMETERS,),
    ),
    Code(
        "gate.caa-other-purpose",
        _R,
        "CAA was checked for another purpose than that of this certificate.",
        "Check for the purpose of the certificate.",
        (BR_CAA,),
    ),
    # 5: corroboration
    Code(
        "gate.mpic-missing",
        _R,
        "A result that has to be corroborated by remote perspectives is not.",
        "Corroborate this very result.",
        (BR_MPIC,),
    ),
    Code(
        "gate.mpic-not-covering",
        _R,
        "The corroboration that was given does not hold for a name at this moment.",
        "Read the codes seen.",
        (BR_MPIC,),
    ),
    # 6: validity and serial
    Code(
        "gate.validity-too-long",
        _R,
        "The validity is longer than the limit of the day of signing.",
        "Shorten it; both ends count.",
        (BR_VALIDITY,),
    ),
    Code(
        "gate.validity-reversed",
        _R,
        "The validity ends before it begins, or has a fraction of a second.",
        "Give whole seconds in order.",
        (BR_VALIDITY,),
    ),
    Code(
        "gate.not-before-far",
        _R,
        "notBefore lies too far from the moment of signing.",
        "Take a notBefore near the signing.",
        (BR_NOT_BEFORE,),
    ),
    Code(
        "gate.serial-weak",
        _R,
        "The serial number is not positive, too long, or has too few bits for a random one.",
        "Draw at least 64 bits of a random source.",
        (BR_SERIAL_UNIQUE,),
    ),
    Code(
        "gate.serial-used",
        _R,
        "The serial number of this issuer belongs to another order.",
        "Draw another one.",
        (BR_SERIAL_UNIQUE,),
    ),
    Code(
        "gate.serial-unknown",
        Level.DOUBT,
        "The registry of serial numbers did not answer.",
        "Ask again when it does.",
        (BR_SERIAL_UNIQUE,),
    ),
    # 7: approvals and holds
    Code(
        "gate.approval-missing",
        _R,
        "An approval that this certificate type needs is not there.",
        "Have it approved by a person in that role.",
        (BR_APPROVAL,),
    ),
    Code(
        "gate.approval-same-person",
        _R,
        "One person gave two of the approvals that different persons have to give.",
        "Have another person approve.",
        (BR_APPROVAL,),
    ),
    Code(
        "gate.approval-not-authentic",
        _R,
        "The signature of an approval is not that of the person in that role over this very issuance.",
        "Have it approved again; find out who altered the record.",
        (BR_APPROVAL,),
    ),
    Code(
        "gate.approval-authentication",
        _R,
        "The person who approved had not authenticated in a class that the policy asks for.",
        "Authenticate with more than one factor and approve again.",
        (BR_AUTHENTICATION,),
    ),
    Code(
        "gate.approval-time",
        _R,
        "An approval is too old, or later than the moment of signing.",
        "Have it approved again.",
        (BR_APPROVAL,),
    ),
    Code(
        "gate.approval-unneeded",
        Level.NOTE,
        "An approval was given that this certificate type does not need.",
        "Nothing to do.",
    ),
    Code(
        "gate.hold",
        _R,
        "A class of requests that this one belongs to is on hold.",
        "Lift the hold in the policy when its reason is gone.",
        (BR_APPROVAL,),
    ),
    # the permit
    Code(
        "gate.permit-expired",
        _R,
        "The permit has expired, or is of a later moment.",
        "Authorize again.",
        (BR_RECORDS,),
    ),
    Code(
        "gate.permit-altered",
        _R,
        "The evidence behind the permit is not what it was made from.",
        "Authorize again; find out who altered it.",
        (BR_RECORDS,),
    ),
)
