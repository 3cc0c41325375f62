"""Labels that begin with xn--: the P-Label rule of the BR, and what IDNA 2008 and normalisation add to it.

BR 1.6.1: a P-Label is an XN-Label that holds, from its fifth character on, output of the Punycode encoder
(RFC 3492 §6.3). So it is decoded and encoded again and must come out the same. IDNA 2008 asks for more; the BR do not
(7.1.2.7.12, note), so its opinion is a remark of its own, and the normal form is another.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import idna

from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding, show
from pkicheck.names._types import DomainName, WildcardName

__all__ = ["PREFIX", "name_remarks", "p_label_defect", "to_ascii"]

PREFIX: Final = b"xn--"
# Four octets of UTF-8 for each of 253 characters: nothing longer can become a name.
_LONGEST_INPUT: Final = 1012


def _decoded(label: bytes) -> str:
    """The Unicode form of a lower-case label of at most 63 octets: the decoder is quadratic in the length.

    Raises:
        UnicodeError: what follows `xn--` is no Punycode of Unicode characters.
    """
    decoded = label[4:].decode("punycode")
    # Surrogates come out of the decoder, yet they are not characters and no encoder is given them.
    decoded.encode("utf-8")
    return decoded


def p_label_defect(label: bytes) -> str | None:
    """The code of what keeps an XN-Label (lower case, at most 63 octets) from being a P-Label, or None."""
    try:
        decoded = _decoded(label)
    except UnicodeError:
        return "name.p-label-undecodable"
    if decoded.isascii():
        return "name.p-label-ascii"
    if decoded.encode("punycode") != label[4:]:
        return "name.p-label-round-trip"
    return None


def _breaks_idna2008(decoded: str) -> bool:
    try:
        idna.check_label(decoded)
    except idna.IDNAError:
        return True
    return False


def name_remarks(name: DomainName | WildcardName) -> tuple[Finding, ...]:
    """What linters and IDNA 2008 say of the P-Labels of a well-formed name: notes, for a policy to judge.

    The answer about IDNA 2008 follows the Unicode version of the installed package `idna`.
    """
    base = name.base if isinstance(name, WildcardName) else name
    if PREFIX not in base.wire:
        return ()
    labels = [_decoded(label) for label in base.labels if label.startswith(PREFIX)]
    denormal = [each for each in labels if not unicodedata.is_normalized("NFC", each)]
    breaking = [each for each in labels if _breaks_idna2008(each)]
    remarks: list[Finding] = []
    if denormal:
        remarks.append(finding("name.label-nfc", name.text, expected="Normalization Form C", saw=denormal))
    if breaking:
        remarks.append(finding("name.label-idna2008", name.text, expected="a label of IDNA 2008", saw=breaking))
    return tuple(remarks)


def to_ascii(text: str) -> str:
    """The A-label form of a name that people typed: `Bücher.example` gives `xn--bcher-kva.example`.

    IDNA 2008 with the mappings of UTS 46, non-transitional. What comes out may be another name than the reader of the
    input believes (characters are dropped and folded), so nothing here calls this by itself: convert, look, and
    give the outcome to `parse_name`. A leading `*.` is kept.

    Raises:
        InputError: there is no A-label form.
    """
    star = "*." if text.startswith("*.") else ""
    if len(text) > _LONGEST_INPUT:
        msg = f'"{show(text)}" has no A-label form: it is too long'
        raise InputError(msg)
    try:
        return star + idna.encode(text.removeprefix(star), uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        msg = f'"{show(text)}" has no A-label form: {show(str(error))}'
        raise InputError(msg) from None
