"""What was validated, and what of it may stand in a certificate together.

An `Identity` is made by the caller from finished validations, never from a request: its names are parsed names, which
only the parser makes, and its fields are checked when it is made.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal, TypeAlias, cast, get_args

import attrs

from pkicheck.canon import JsonValue, Sha256
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.names import (
    CertName,
    DomainName,
    WildcardName,
    is_onion,
    name_text,
    parse_domain,
    parse_name,
    to_ascii,
)
from pkicheck.subject import attribute_type

__all__ = [
    "COMMON_NAME",
    "Identity",
    "IdentityKind",
    "IdentityScope",
    "common_name_findings",
    "identity_findings",
    "identity_from_json",
    "identity_json",
    "subtree_findings",
]

IdentityKind: TypeAlias = Literal["dv", "ov", "iv", "ev"]
IdentityScope: TypeAlias = Literal["public", "internal"]

COMMON_NAME: Final = "2.5.4.3"
"""The type of a common name."""

_MOST_NAMES: Final = 10_000
_MOST_OTHERS: Final = 100
_LONGEST: Final = 1000
_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PARSED: Final = (DomainName, WildcardName, IPv4Address, IPv6Address)


def _demand(holds: bool, field: str, want: str, got: object = None) -> None:
    if not holds:
        msg = f"identity: {field} must be {want}" + ("" if got is None else f", got {got!a:.80}")
        raise InputError(msg)


def _names(value: Iterable[CertName]) -> tuple[CertName, ...]:
    _demand(not isinstance(value, str), "names", "a list of parsed names, not a text")
    found = tuple(value)
    for each in found:
        parsed = isinstance(each, _PARSED) and getattr(each, "scope_id", None) is None  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        _demand(parsed, "names", "parsed names (pkicheck.parse_name)", type(each).__name__)
    return tuple(dict.fromkeys(found))


def _evidence(value: Iterable[tuple[str, Sha256]]) -> tuple[tuple[str, Sha256], ...]:
    return tuple((item, named) for item, named in value)


def _attributes(value: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((attribute_type(kind).name, text) for kind, text in value)


def _subtrees(value: Iterable[DomainName]) -> tuple[DomainName, ...]:
    found = tuple(value)
    for each in found:
        _demand(isinstance(each, DomainName), "permitted", "parsed domain names", type(each).__name__)  # pyright: ignore[reportUnnecessaryIsInstance]
    return tuple(dict.fromkeys(found))


@attrs.frozen(kw_only=True)
class Identity:
    """Who and what a certificate is to be for, as it was validated. Never made from a request.

    Attributes:
        order: what the CA calls the order, a token (letters, digits, ``. _ : / @ -``).
        names: the validated names, at least one, in the order of the certificate; each is kept once.
        kind: how the applicant was validated: `dv`, `ov`, `iv` or `ev`.
        scope: `public`, or `internal` for a private PKI.
        subject: the validated attributes of the subject, in the order of the certificate: type (a name such as
            `countryName`, a short name or a dotted OID of `pkicheck.subject.TYPES`; kept as the name) and value.
        evidence: what each item was validated by: the item (a name, an attribute type) and the SHA-256 of the evidence
            record. Goes into the binding; the gate compares it.
        permitted: the domains that the customer is limited to; empty: any (R083).
        csr_sha256: the SHA-256 of the request that the order came with, as DER; None when it is not recorded (K02).
        spki_sha256: that of the SubjectPublicKeyInfo that the order came with; likewise.

    Raises:
        InputError: a field is out of its bounds; the message names it.
    """

    order: str
    names: tuple[CertName, ...] = attrs.field(converter=_names)
    kind: IdentityKind
    scope: IdentityScope
    subject: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_attributes)
    evidence: tuple[tuple[str, Sha256], ...] = attrs.field(default=(), converter=_evidence)
    permitted: tuple[DomainName, ...] = attrs.field(default=(), converter=_subtrees)
    csr_sha256: Sha256 | None = None
    spki_sha256: Sha256 | None = None

    def __attrs_post_init__(self) -> None:
        token = "1 to 128 of the characters A-Z a-z 0-9 . _ : / @ - and begin with a letter or digit"  # noqa: S105
        _demand(isinstance(self.order, str) and _TOKEN.fullmatch(self.order) is not None, "order", token, self.order)  # pyright: ignore[reportUnnecessaryIsInstance]
        _demand(self.kind in get_args(IdentityKind), "kind", "one of dv, ov, iv, ev", self.kind)
        _demand(self.scope in get_args(IdentityScope), "scope", "public or internal", self.scope)
        _demand(0 < len(self.names) <= _MOST_NAMES, "names", f"1 to {_MOST_NAMES} names")
        _demand(len(self.subject) <= _MOST_OTHERS, "subject", f"at most {_MOST_OTHERS} attributes")
        for index, (_, value) in enumerate(self.subject):
            field = f"subject[{index}]"
            _demand(0 < len(value) <= _LONGEST, field, f"a value of 1 to {_LONGEST} characters", value)
        _demand(len(self.permitted) <= _MOST_NAMES, "permitted", f"at most {_MOST_NAMES} domains")
        _demand(len(self.evidence) <= 2 * _MOST_NAMES, "evidence", f"at most {2 * _MOST_NAMES} entries")
        for item, named in self.evidence:
            _demand(0 < len(item) <= _LONGEST, "evidence", "items of 1 to 1000 characters", item)
            _demand(_DIGEST.fullmatch(named) is not None, "evidence", "SHA-256 in lower-case hex", named)
        for field, pin in (("csr_sha256", self.csr_sha256), ("spki_sha256", self.spki_sha256)):
            _demand(pin is None or _DIGEST.fullmatch(pin) is not None, field, "a SHA-256 in lower-case hex", pin)

    @property
    def common_names(self) -> tuple[str, ...]:
        """The values of all common names of the subject."""
        return tuple(value for kind, value in self.subject if kind == "commonName")


def identity_findings(identity: Identity) -> list[Finding]:
    """What is wrong with names, common name and customer's domains, apart from what the lists know.

    Each name is judged alone, so neither their number nor their order matters (R063).
    """
    findings = subtree_findings(identity.names, identity.permitted)
    if identity.kind == "ev":
        for name in identity.names:
            if isinstance(name, (IPv4Address, IPv6Address)):
                findings.append(finding("binding.ev-address", name_text(name)))
            elif isinstance(name, WildcardName) and not is_onion(name.base):
                findings.append(finding("binding.ev-wildcard", name_text(name)))
    return findings + common_name_findings(identity)


def subtree_findings(names: Collection[CertName], permitted: Collection[DomainName]) -> list[Finding]:
    """A finding for each name that lies in none of the permitted domains; none permitted: all are.

    Args:
        names: the names; a wildcard name lies where its base does: `*.example.org` in `example.org`, `*.org` not.
        permitted: the domains, which hold themselves and what is below.
    """
    if not permitted:
        return []
    domains = frozenset(permitted)
    findings: list[Finding] = []
    allowed = ", ".join(each.text for each in list(permitted)[:5])
    for name in names:
        if isinstance(name, (IPv4Address, IPv6Address)):
            findings.append(finding("binding.address-not-permitted", name_text(name), expected=allowed))
        else:
            base = name.base if isinstance(name, WildcardName) else name
            if domains.isdisjoint(base.climb()):
                findings.append(finding("binding.name-not-permitted", name_text(name), expected=allowed))
    return findings


def common_name_findings(identity: Identity) -> list[Finding]:
    """BR 7.1.4.3: at most one common name, and that is one of the names, character for character."""
    given = identity.common_names
    if not given:
        return []
    text, *others = given
    if others:
        return [finding("binding.cn-several", "commonName", expected="1", saw=given)]
    if text in {name_text(name) for name in identity.names}:
        return [finding("binding.cn-present", "commonName", saw=[text])]
    meant = _meant(text)
    if meant is not None and meant in identity.names:
        return [finding("binding.cn-spelling", "commonName", expected=name_text(meant), saw=[text])]
    return [finding("binding.cn-not-a-name", "commonName", saw=[text])]


def _meant(text: str) -> CertName | None:
    """The name that another spelling stands for: upper case, a dot at the end, Unicode, another form of an address."""
    bare = text.strip().removesuffix(".")
    try:
        return parse_name(bare)
    except InputError:
        try:
            return parse_name(to_ascii(bare))
        except InputError:
            return None


# -- JSON


def identity_json(identity: Identity) -> dict[str, JsonValue]:
    """The identity as JSON values; equal identities give equal values."""
    return {
        "order": identity.order,
        "names": [name_text(each) for each in identity.names],
        "kind": identity.kind,
        "scope": identity.scope,
        "subject": [list(each) for each in identity.subject],
        "evidence": [list(each) for each in identity.evidence],
        "permitted": [each.text for each in identity.permitted],
        "csr_sha256": identity.csr_sha256,
        "spki_sha256": identity.spki_sha256,
    }


def identity_from_json(value: JsonValue) -> Identity:
    """Read what `identity_json` wrote.

    Raises:
        InputError: another shape, or a field out of its bounds; the message names it.
    """
    want = {field.name for field in attrs.fields(Identity)}
    if not isinstance(value, Mapping) or set(value) != want:
        msg = f"identity must be an object with exactly {', '.join(sorted(want))}"
        raise InputError(msg)
    return Identity(
        order=str(value["order"]),
        names=tuple(map(parse_name, _texts(value, "names"))),
        kind=cast("IdentityKind", value["kind"]),
        scope=cast("IdentityScope", value["scope"]),
        subject=_text_pairs(value, "subject"),
        evidence=cast("tuple[tuple[str, Sha256], ...]", _text_pairs(value, "evidence")),
        permitted=tuple(map(parse_domain, _texts(value, "permitted"))),
        csr_sha256=_pin(value["csr_sha256"], "csr_sha256"),
        spki_sha256=_pin(value["spki_sha256"], "spki_sha256"),
    )


def _pin(value: JsonValue, field: str) -> Sha256 | None:
    _demand(value is None or isinstance(value, str), field, "a SHA-256 in lower-case hex", value)
    return None if value is None else Sha256(str(value))


def _texts(value: Mapping[str, JsonValue], field: str) -> list[str]:
    items = value[field]
    _demand(isinstance(items, list) and all(isinstance(each, str) for each in items), field, "a list of texts")
    return cast("list[str]", items)


def _text_pairs(value: Mapping[str, JsonValue], field: str) -> tuple[tuple[str, str], ...]:
    items = value[field]
    _demand(isinstance(items, list), field, "a list of pairs of texts")
    found: list[tuple[str, str]] = []
    for each in cast("list[JsonValue]", items):
        fits = isinstance(each, list) and len(each) == 2 and all(isinstance(text, str) for text in each)
        _demand(fits, field, "a list of pairs of texts")
        kind, text = cast("list[str]", each)
        found.append((kind, text))
    return tuple(found)
