"""What the request claims beside what is validated: a report. Nothing is ever taken from it (R100, R064)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import attrs

from pkicheck.csr._attributes import attribute_name
from pkicheck.csr._identity import COMMON_NAME, Identity
from pkicheck.csr._request import ClaimedName, ClaimedRequest
from pkicheck.der import DerError, read
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding, show
from pkicheck.keys import USAGES, PublicKey, usage_findings
from pkicheck.names import CertName, name_text, parse_name

__all__ = ["Difference", "difference", "difference_findings"]

_SAN: Final = "2.5.29.17"
_EXPECTED_ATTRIBUTES: Final = frozenset({"1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"})
_UNFIT: Final = frozenset({"key.usage-not-for-ec", "key.usage-not-for-rsa"})
_CERTIFIED: Final = frozenset({"dNSName", "iPAddress"})


@attrs.frozen(kw_only=True)
class Difference:
    """The exact difference between a request and an identity. Texts from the request are escaped.

    Attributes:
        names_in_both: names that are claimed and validated.
        names_only_claimed: names that are claimed and not validated.
        names_not_claimed: names that are validated and not claimed.
        names_malformed: what stands where a name belongs and is none, with its kind.
        names_other_type: names of types that no TLS certificate holds, with their kind.
        subject_only_claimed: attributes of the subject (type, value) that are claimed and not validated. Common names
            are names, and counted above.
        subject_not_claimed: those that are validated and not claimed.
        extensions_asked: types of the extensions asked for, apart from alternative names.
        attributes: types of other attributes of the request.
        key_usage: names of the bits of the keyUsage asked for.
        disjoint: whether domain names or addresses are claimed and none of them is validated.
    """

    names_in_both: tuple[str, ...] = ()
    names_only_claimed: tuple[str, ...] = ()
    names_not_claimed: tuple[str, ...] = ()
    names_malformed: tuple[str, ...] = ()
    names_other_type: tuple[str, ...] = ()
    subject_only_claimed: tuple[tuple[str, str], ...] = ()
    subject_not_claimed: tuple[tuple[str, str], ...] = ()
    extensions_asked: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    key_usage: tuple[str, ...] = ()
    disjoint: bool = False

    @property
    def empty(self) -> bool:
        """Request and identity say the same, and the request asks for nothing else."""
        return attrs.evolve(self, names_in_both=()) == Difference()


def difference(request: ClaimedRequest, identity: Identity) -> Difference:
    """Compare a request with an identity: sets, so that neither order nor number of the claims matters."""
    claimed: dict[CertName, None] = {}
    malformed: dict[str, None] = {}
    other: dict[str, None] = {}
    certified = False
    for each in request.names:
        name = _read(each)
        if isinstance(name, str):
            malformed[name] = None
        elif name is None:
            other[_spelled(each)] = None
        else:
            claimed[name] = None
        certified = certified or each.kind in _CERTIFIED or (each.kind == "commonName" and not isinstance(name, str))
    validated = dict.fromkeys(identity.names)
    both = [name for name in claimed if name in validated]
    said = _subject(request)
    wanted = [each for each in identity.subject if each[0] != "commonName"]
    return Difference(
        names_in_both=tuple(map(name_text, both)),
        names_only_claimed=tuple(name_text(name) for name in claimed if name not in validated),
        names_not_claimed=tuple(name_text(name) for name in validated if name not in claimed),
        names_malformed=tuple(malformed),
        names_other_type=tuple(other),
        subject_only_claimed=tuple((kind, show(text)) for kind, text in said if (kind, text) not in wanted),
        subject_not_claimed=tuple(each for each in wanted if each not in said),
        extensions_asked=tuple(dict.fromkeys(each.oid for each in request.extensions if each.oid != _SAN)),
        attributes=tuple(
            dict.fromkeys(each.oid for each in request.attributes if each.oid not in _EXPECTED_ATTRIBUTES)
        ),
        key_usage=tuple(USAGES[bit] if bit < len(USAGES) else f"bit {bit}" for bit in request.key_usage or ()),
        disjoint=certified and not both,
    )


def _read(name: ClaimedName) -> CertName | str | None:
    """The name that is meant; how it is spelled when it is none; None for a type that no TLS certificate holds."""
    if name.kind == "iPAddress":
        if len(name.raw) in (4, 16):
            return ip_address(name.raw)
        return _spelled(name)
    if name.kind not in ("dNSName", "commonName"):
        return None
    try:
        parsed = parse_name(name.raw.decode("utf-8" if name.kind == "commonName" else "ascii"))
    except (InputError, UnicodeDecodeError):
        return _spelled(name)
    if name.kind == "dNSName" and isinstance(parsed, _ADDRESSES):
        return _spelled(name)
    return parsed


_ADDRESSES: Final = (type(ip_address("0.0.0.0")), type(ip_address("::")))  # noqa: S104 - the types, not the address


def _spelled(name: ClaimedName) -> str:
    return f"{name.kind} {show(name.raw)}"


def _subject(request: ClaimedRequest) -> list[tuple[str, str]]:
    """Type and text of the attributes of the claimed subject, common names apart; octets that are no text as hex."""
    found: list[tuple[str, str]] = []
    for rdn in request.subject:
        for each in rdn:
            if each.oid != COMMON_NAME:
                found += [(attribute_name(each.oid), _text(value)) for value in each.values]
    return found


def _text(encoded: bytes) -> str:
    try:
        return read(encoded).text()
    except DerError:
        return encoded.hex()


def difference_findings(found: Difference, key: PublicKey | None) -> list[Finding]:
    """The difference as findings: notes, but for a request that is for other names altogether (K02)."""
    findings: list[Finding] = []
    if found.disjoint:
        findings.append(finding("csr.names-disjoint", "names", saw=found.names_only_claimed or found.names_malformed))
    for code, place, saw in (
        ("csr.name-only-claimed", "names", found.names_only_claimed),
        ("csr.name-not-claimed", "names", found.names_not_claimed),
        ("csr.name-malformed", "names", found.names_malformed),
        ("csr.name-other-type", "names", found.names_other_type),
        ("csr.subject-only-claimed", "subject", tuple(f"{kind}={text}" for kind, text in found.subject_only_claimed)),
        ("csr.subject-not-claimed", "subject", tuple(f"{kind}={text}" for kind, text in found.subject_not_claimed)),
        ("csr.extension-asked", "extensions", found.extensions_asked),
        ("csr.attribute-unused", "attributes", found.attributes),
    ):
        if saw:
            findings.append(finding(code, place, saw=saw))
    if found.key_usage and key is not None:
        bits = [USAGES.index(each) if each in USAGES else len(USAGES) for each in found.key_usage]
        unfit = [each.code for each in usage_findings(key, bits) if each.code in _UNFIT]
        if unfit:
            findings.append(finding("csr.usage-unfit", "keyUsage", expected=", ".join(unfit), saw=found.key_usage))
    return findings
