"""All defects of some bytes at once, in one walk over the whole tree, without recursion."""

from __future__ import annotations

from typing import Final

from pkicheck.der.elements import Element, element_at, in_order
from pkicheck.der.limits import DEFAULT_LIMITS, Limits
from pkicheck.der.reasons import Defect, DerError, Reason
from pkicheck.der.tags import SET
from pkicheck.der.values import CHECKS

__all__ = ["defects", "defects_inside"]

# Universal tag numbers (X.680 §8.4): not in use; always made of elements (EXTERNAL, EMBEDDED PDV, SEQUENCE, SET and the
# unrestricted character string). All the others are primitive in DER.
_RESERVED: Final = frozenset((0, 15))
_CONSTRUCTED: Final = frozenset((8, 11, 16, 17, 29))


def _form(octet: int) -> Reason | None:
    """What is wrong with an identifier octet in itself: something only in the universal class."""
    number = octet & 0x1F
    if octet >= 0x40 or number == 0x1F:
        return None
    if number in _RESERVED:
        return "reserved-tag"
    if octet & 0x20:
        return None if number in _CONSTRUCTED else "constructed-primitive"
    return "primitive-constructed" if number in _CONSTRUCTED else None


_FORMS: Final[tuple[Reason | None, ...]] = tuple(_form(octet) for octet in range(0x100))


def defects(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> tuple[Defect, ...]:
    """Everything that keeps these bytes from being one DER element, by ascending offset. Never raises for any bytes.

    Checked are all headers at every depth; primitive and constructed form of the universal types; the content of
    universal BOOLEAN, INTEGER, ENUMERATED, BIT STRING, NULL, OBJECT IDENTIFIER, of the strings that `Element.text`
    reads and of the two times (in the form of RFC 5280, without fraction); the order inside every universal SET, read
    as SET OF, the only one in these formats. With a schema only: DEFAULT values, named bits, what stands behind
    IMPLICIT tags and inside OCTET STRING and BIT STRING (`defects_inside`).

    The walk goes on behind each defect that leaves the next element findable. Behind a cut off, indefinite or reserved
    length it goes on after the enclosing element. No defects means that reading each of those types raises nothing.
    """
    if len(data) > limits.max_bytes:
        return (Defect("too-large", limits.max_bytes),)
    return _walk(data, 0, len(data), limits)


def defects_inside(element: Element, *, limits: Limits = DEFAULT_LIMITS) -> tuple[Defect, ...]:
    """As `defects`, for the element that `Element.inner` reads, such as the value of an extension in an OCTET STRING.

    Offsets count from the start of `element.data`; depth and elements are counted anew.

    Raises:
        DerError: wrong-tag for a type that holds no element; the defects of a BIT STRING, unused-bits.
    """
    return _walk(element.data, element.inside(), element.end, limits)


def _walk(data: bytes, at: int, end: int, limits: Limits) -> tuple[Defect, ...]:
    """The defects of the one element that must fill data[at:end]."""
    found: list[Defect] = []
    enclosing: list[tuple[int, Element]] = []  # the open elements, each with the end of what encloses it
    before: Element | None = None  # the sibling in front of the next element
    elements = 0
    while len(found) <= limits.max_defects:
        if enclosing:
            if at == end:
                end, before = enclosing.pop()
                continue
        elif elements:
            if at != end:
                found.append(Defect("trailing-bytes", at))
            break
        if elements == limits.max_elements:
            found.append(Defect("too-many-elements", at))
            break
        elements += 1
        try:
            element = element_at(data, at, end, found)
        except DerError as gap:
            found.append(Defect(gap.reason, gap.offset))
            at = end
            continue
        if before is not None and enclosing[-1][1].tag == SET and not in_order(before, element):
            found.append(Defect("set-not-sorted", at))
        before = element
        form = _FORMS[data[at]]
        if form is not None:
            found.append(Defect(form, at))
        at = element.end
        if not data[element.start] & 0x20:
            check = CHECKS.get(element.tag)
            if check is not None:
                try:
                    check(data[element.body : at], element.body)
                except DerError as flaw:
                    found.append(Defect(flaw.reason, flaw.offset))
        elif len(enclosing) + 1 < limits.max_depth:
            enclosing.append((end, element))
            at, end, before = element.body, element.end, None
        elif element.body < at:
            found.append(Defect("too-deep", element.body))
    if len(found) > limits.max_defects:
        found[limits.max_defects :] = [Defect("too-many-defects", at)]
    # Of one header they come in the order in which they are met; the answer is by place.
    return tuple(sorted(found, key=lambda defect: defect.offset))
