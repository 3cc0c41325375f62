"""The one grammar of names that certificates may hold, with a code for each defect.

    name     = fqdn / wildcard / address
    wildcard = "*." fqdn
    fqdn     = label *("." label)                  ; at most 253 octets, the last label is no number
    label    = let-dig [*61(let-dig / "-") let-dig] ; "--" in third and fourth place only in a P-Label
    let-dig  = ALPHA / DIGIT

(BR 1.6.1, 7.1.2.7.12; RFC 1034 §3.5 as RFC 1123 §2.1 widened it; RFC 5890 §2.3.1.) Letter case is folded. Whether the
name may be certified at all is not grammar: see `pkicheck.namecheck`.

A plain name is taken by one regular expression of possessive quantifiers, which never goes back; everything else goes
through `_defects`, which looks for all defects in a bounded number of octets.
"""

from __future__ import annotations

import copyreg
import re
from collections.abc import Callable
from typing import Final

from pkicheck.codes import code
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.names._addresses import address_defect, is_number, parse_address
from pkicheck.names._labels import PREFIX, p_label_defect, to_ascii
from pkicheck.names._types import CertName, DomainName, WildcardName, make_domain

__all__ = ["name_defects", "parse_domain", "parse_name"]

_LONGEST: Final = 253
_LONGEST_LABEL: Final = 63
# So much of a name is searched for defects; a longer one has the one defect that it is too long.
_SEARCHED: Final = 1024

_LENGTH: Final = tuple(bytes((length,)) for length in range(_LONGEST_LABEL + 1))
# No label with two hyphens beside each other and no number as last label: such names take the long way.
_PLAIN: Final = re.compile(r"(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)++[a-z][a-z0-9]*+", re.ASCII)
_LDH: Final = b"abcdefghijklmnopqrstuvwxyz0123456789-"
_CONTROLS: Final = bytes(range(1, 0x20)) + b"\x7f"
_NON_ASCII: Final = bytes(range(0x80, 0x100))
# Octets that people put into names, each with a code of its own.
_NAMED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"@", "name.at-sign"),
    (b"/", "name.slash"),
    (b":", "name.colon"),
    (b"\0", "name.nul"),
    (_CONTROLS, "name.control"),
    (b" ", "name.space"),
    (b"_", "name.underscore"),
)
_TOLD: Final = _LDH + b".*" + _NON_ASCII + b"".join(octets for octets, _ in _NAMED)

_Found = dict[str, list[bytes]]


def _domain(lower: bytes) -> DomainName:
    """The DomainName of octets without a defect."""
    wire = b"".join([_LENGTH[len(label)] + label for label in lower.split(b".")]) + b"\0"
    return make_domain(wire, lower.decode("ascii"))


def _octet_defects(text: bytes, labels: list[bytes], found: _Found) -> None:
    for octets, name in _NAMED:
        if len(text.translate(None, octets)) != len(text):
            found[name] = [label for label in labels if len(label.translate(None, octets)) != len(label)]
    if text.translate(None, _TOLD):
        found["name.octet"] = [label for label in labels if label.translate(None, _TOLD)]


def _asterisk_defects(labels: list[bytes], *, wildcard: bool, found: _Found) -> None:
    for place, label in enumerate(labels):
        if b"*" not in label:
            continue
        if label.strip(b"*"):
            name = "name.asterisk-partial"
        elif len(label) > 1:
            name = "name.asterisk-double"
        elif place or wildcard:
            name = "name.asterisk-inner"
        else:
            # `*.` and a name after it was taken off before: nothing that is a name follows.
            name = "name.asterisk-alone"
        found.setdefault(name, []).append(label)


def _label_defects(labels: list[bytes], found: _Found) -> None:
    for label in labels:
        if len(label) > _LONGEST_LABEL:
            found.setdefault("name.label-too-long", []).append(label)
        if label.startswith(b"-"):
            found.setdefault("name.leading-hyphen", []).append(label)
        if label.endswith(b"-"):
            found.setdefault("name.trailing-hyphen", []).append(label)
        if label[2:4] == b"--":
            defect: str | None = "name.reserved-label"
            if label.startswith(PREFIX):
                decodable = len(label) <= _LONGEST_LABEL and not label.translate(None, _LDH)
                defect = p_label_defect(label) if decodable else None
            if defect is not None:
                found.setdefault(defect, []).append(label)


def _defects(raw: bytes) -> _Found:
    """All defects of a name that is to have any number of labels: code and offending labels, in a fixed order."""
    if not raw:
        return {"name.empty": []}
    if len(raw) > _SEARCHED:
        return {"name.too-long": []}
    lower = raw.lower()
    wildcard = len(lower) > 2 and lower.startswith(b"*.")
    text = lower[2:] if wildcard else lower
    address = address_defect(raw[2:] if wildcard else raw)
    if address is not None:
        return {address: [text]}
    found: _Found = {}
    if len(raw) > _LONGEST:
        found["name.too-long"] = []
    if text.startswith(b"."):
        found["name.leading-dot"] = []
    if b".." in text:
        found["name.double-dot"] = []
    if text.endswith(b"."):
        found["name.trailing-dot"] = []
    if b"://" in text:
        found["name.scheme"] = []
        # The scheme's colon and slashes are told by now; those of a port and a path are not.
        text = text.replace(b"://", b".", 1)
    labels = [label for label in text.split(b".") if label]
    _octet_defects(text, labels, found)
    if not text.isascii():
        readable = _unicode(raw) is not None
        found["name.u-label" if readable else "name.not-utf8"] = [label for label in labels if not label.isascii()]
    _asterisk_defects(labels, wildcard=wildcard, found=found)
    _label_defects(labels, found)
    if labels and is_number(labels[-1]):
        found["name.numeric-last-label"] = labels[-1:]
    return found


def _unicode(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _single(raw: bytes) -> bool:
    """Whether there is one label only; an asterisk counts as a label."""
    return len(raw) <= _SEARCHED and sum(1 for label in raw.split(b".") if label) == 1


def _suggestion(name: str, raw: bytes) -> str:
    """What a U-label may have been meant to be. A hint for people, never a conversion."""
    text = _unicode(raw) if name == "name.u-label" else None
    if text is None:
        return ""
    try:
        return f"perhaps {to_ascii(text)}"
    except InputError:
        return ""


def _with_single(raw: bytes) -> _Found:
    found = _defects(raw)
    # Of an address or an asterisk alone nobody wants to hear that it has one label.
    if _single(raw) and not any(each.startswith(("name.ipv", "name.asterisk-alone")) for each in found):
        found["name.single-label"] = []
    return found


def _shown(octets: bytes) -> str | bytes:
    return _unicode(octets) or octets


def _refusals(raw: bytes, found: _Found) -> tuple[Finding, ...]:
    place = _shown(raw[:_SEARCHED])
    return tuple(
        finding(name, place, expected=_suggestion(name, raw), saw=[_shown(label) for label in labels])
        for name, labels in found.items()
    )


def _refuse(raw: bytes, found: _Found) -> InputError:
    """The first defect as an exception that names the name, the place, the defect and its code."""
    (first,) = _refusals(raw, dict([next(iter(found.items()))]))
    where = f' at "{first.saw[0]}"' if first.saw else ""
    hint = f"; {first.expected}" if first.expected else ""
    return InputError(f'"{first.place}" is not a name{where}: {code(first.code).meaning} ({first.code}{hint})')


def _quick(lower: str, start: int) -> DomainName | None:
    """The DomainName from `start` on, when it is a plain one; None says nothing."""
    if len(lower) > _LONGEST or _PLAIN.fullmatch(lower, start) is None:
        return None
    labels = lower[start:].encode("ascii").split(b".")
    if max(map(len, labels)) > _LONGEST_LABEL:
        return None
    return make_domain(b"".join([_LENGTH[len(label)] + label for label in labels]) + b"\0", lower[start:])


def _must_be(kind: type, value: object) -> None:
    if not isinstance(value, kind):
        msg = f"a name must be {kind.__name__}, got {type(value).__name__}"
        raise InputError(msg)


def _raw(text: str) -> bytes:
    # A character has at least one octet: what is cut off cannot make a name of it again.
    return text[: _SEARCHED + 1].encode("utf-8", "surrogatepass")


def _long_way(raw: bytes, found: _Found) -> bytes:
    if found:
        raise _refuse(raw, found)
    return raw.lower()


def name_defects(raw: bytes) -> tuple[Finding, ...]:
    """All defects of a dNSName, or of a name from a stream, as refusals: a code per defect, each at most once.

    Empty exactly when `raw` is the text of a domain name or wildcard name that `parse_name` takes. Letter case is no
    defect (RFC 4343); an address is one (addresses belong into iPAddress). Total and linear; of more than 1024 octets
    only the length is reported.
    """
    _must_be(bytes, raw)
    if raw.isascii() and _quick(raw[: _LONGEST + 1].decode("ascii").lower(), 0) is not None:
        return ()
    return _refusals(raw, _with_single(raw))


def parse_name(text: str) -> CertName:
    """The domain name, wildcard name or address of a text.

    Names are folded to lower case; addresses are taken in their canonical text only (RFC 5952; no zone). A domain name
    has at least two labels. A name in Unicode is refused with its A-label form in the message: see `to_ascii`.

    Raises:
        InputError: the first defect: the name, the place, the code.
    """
    _must_be(str, text)
    # isascii before anything is folded: the Kelvin sign folds to an ASCII k.
    if len(text) <= _LONGEST and text.isascii():
        lower = text.lower()
        quick = _quick(lower, 0)
        if quick is not None:
            return quick
        if lower.startswith("*.") and (base := _quick(lower, 2)) is not None:
            return WildcardName(base)
        address = parse_address(text)
        if address is not None:
            return address
    raw = _raw(text)
    octets = _long_way(raw, _with_single(raw))
    return WildcardName(_domain(octets[2:])) if octets.startswith(b"*.") else _domain(octets)


def parse_domain(text: str) -> DomainName:
    """The domain name of a text, of one label or more: for owner names, issuers and top-level domains.

    Raises:
        InputError: the first defect; a wildcard name and an address have one.
    """
    _must_be(str, text)
    if len(text) <= _LONGEST and text.isascii() and (quick := _quick(text.lower(), 0)) is not None:
        return quick
    raw = _raw(text)
    octets = _long_way(raw, _defects(raw))
    if octets.startswith(b"*."):
        raise _refuse(raw, {"name.wildcard": []})
    return _domain(octets)


def _reduce(name: DomainName) -> tuple[Callable[[str], DomainName], tuple[str]]:
    return (parse_domain, (name.text,))


# A pickle says what to parse, so what comes out of one is as sure as any other DomainName.
copyreg.pickle(DomainName, _reduce)
