"""Policies: the caller's choices within the rules, as whole, named, immutable values.

`BASELINE` is for publicly trusted certificates. `PRIVATE` is for a PKI of one's own: internal names, private addresses,
no DNSSEC duty; evidence made under it never satisfies `BASELINE`. Change a policy with `attrs.evolve`, which makes a
new one with another fingerprint; give it another name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Literal, TypeVar, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest
from pkicheck.errors import InputError

__all__ = ["BASELINE", "PRIVATE", "CaaPolicy", "NamesPolicy", "NetPolicy", "Policy", "policy_from_json", "policy_json"]

_MICROSECOND = timedelta(microseconds=1)
_T = TypeVar("_T")
# A validator in the shape that attrs calls.
_Check = Callable[[Any, "attrs.Attribute[_T]", _T], None]


def _between(low: int, high: int) -> _Check[int]:
    def check(_: object, attribute: attrs.Attribute[int], value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"policy: {attribute.name} must be an integer from {low} to {high}, got {value!a}"
            raise InputError(msg)

    return check


def _span(low: timedelta, high: timedelta) -> _Check[timedelta]:
    def check(_: object, attribute: attrs.Attribute[timedelta], value: timedelta) -> None:
        if not isinstance(value, timedelta) or not low <= value <= high:  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"policy: {attribute.name} must be a timedelta from {low} to {high}, got {value!a}"
            raise InputError(msg)

    return check


def _one_of(*allowed: str) -> _Check[Any]:
    def check(_: object, attribute: attrs.Attribute[str], value: str) -> None:
        if value not in allowed:
            msg = f"policy: {attribute.name} must be one of {', '.join(allowed)}, got {value!a}"
            raise InputError(msg)

    return check


def _flag(_: object, attribute: attrs.Attribute[bool], value: bool) -> None:
    if not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy: {attribute.name} must be true or false, got {value!a}"
        raise InputError(msg)


def _text(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy: {attribute.name} must be a text, got {value!a}"
        raise InputError(msg)


def _is_a(kind: type) -> _Check[Any]:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, kind):
            msg = f"policy: {attribute.name} must be a {kind.__name__}, got {type(value).__name__}"
            raise InputError(msg)

    return check


def _tuple(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        msg = f"policy: expected a list of texts, got {value!a}"
        raise InputError(msg)
    items = list(cast("tuple[object, ...]", value))
    if not all(isinstance(item, str) and item for item in items):
        msg = f"policy: expected a list of non-empty texts, got {value!a}"
        raise InputError(msg)
    return tuple(sorted({str(item) for item in items}))


def _addresses(_: object, attribute: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    for item in value:
        try:
            plain = str(ip_address(item)) == item
        except ValueError:
            plain = False
        if not plain:
            msg = f"policy: {attribute.name} holds IP addresses in their canonical text, got {item!a}"
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class CaaPolicy:
    """Choices about CAA.

    Attributes:
        rfc8657: `dated`: accounturi and validationmethods are advice until BR 4.2.2.1.2 makes them binding;
            `binding`: they bind at every date.
        critical_bits: the bits of the flags octet that mean critical. 128 by RFC 8659 §4.1; 129 also takes value 1 as
            critical, as one large CA does. Bit 128 is always in.
        malformed_tag: what a tag with octets other than letters and digits does when it is not critical: `refuse`, or
            `tolerate` (it is reported and read past).
        failure_permits: whether a lookup failure may count as permission when every condition of BR 3.2.2.8 was
            observed. Off: a failure is never permission.
        canary_zone: a wildcard zone outside the CA's infrastructure with TTL 0, needed when `failure_permits` is on.
    """

    rfc8657: Literal["dated", "binding"] = attrs.field(default="dated", validator=_one_of("dated", "binding"))
    critical_bits: int = attrs.field(default=128, validator=_between(128, 255))
    malformed_tag: Literal["refuse", "tolerate"] = attrs.field(
        default="refuse", validator=_one_of("refuse", "tolerate")
    )
    failure_permits: bool = attrs.field(default=False, validator=_flag)
    canary_zone: str = attrs.field(default="", validator=_text)

    def __attrs_post_init__(self) -> None:
        if self.failure_permits and not self.canary_zone:
            msg = "policy: caa.failure_permits needs caa.canary_zone, a wildcard zone outside the CA's infrastructure"
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class NamesPolicy:
    """Choices about names and addresses.

    Attributes:
        internal: whether names outside the IANA root zone, special-use names and addresses of the special-purpose
            registries are allowed (a private PKI).
        onion: whether onion names are allowed (BR Appendix B).
        idna2008: what a P-Label that breaks IDNA 2008 does: `note` or `refuse`.
        nfc: what a P-Label whose Unicode form is not in NFC does: `note` or `refuse`.
        list_max_age: how old a list may be at the moment judged.
        list_stale: what a list that is too old does: `doubt` or `note`.
    """

    internal: bool = attrs.field(default=False, validator=_flag)
    onion: bool = attrs.field(default=True, validator=_flag)
    idna2008: Literal["note", "refuse"] = attrs.field(default="note", validator=_one_of("note", "refuse"))
    nfc: Literal["note", "refuse"] = attrs.field(default="refuse", validator=_one_of("note", "refuse"))
    list_max_age: timedelta = attrs.field(
        default=timedelta(days=180), validator=_span(timedelta(hours=1), timedelta(days=3660))
    )
    list_stale: Literal["doubt", "note"] = attrs.field(default="doubt", validator=_one_of("doubt", "note"))


@attrs.frozen(kw_only=True)
class NetPolicy:
    """Choices about lookups.

    Attributes:
        tries: how often a question is asked in all before its failure stands; the transport's own tries count.
        try_wait: how long one try waits. A little above 2 s: some resolvers drop what takes them longer than 1.9 s.
        mix_case: whether the letters of a question get random case, which its answer must repeat (0x20): many more bits
            that an off-path attacker has to guess.
        max_aliases: how many CNAME and DNAME steps one lookup follows in all.
        ttl_cap: a longer TTL counts as this (RFC 8767 §4 recommends at most 7 days).
        perspective: `primary`, or `remote` (a remote perspective need not validate DNSSEC, BR 3.2.2.8.1).
        dnssec: whether the DNSSEC duties of BR 3.2.2.8.1 are followed (from the day they bind).
        probe_max_age: how old the probe that the resolver validates may be.
        probe_bogus: a name whose lookup must fail in a validating resolver, or empty.
        secure_paths: addresses of resolvers whose AD bit may be believed besides loopback ones.
        resolvers: the only resolvers whose answers count; empty: any but the well-known public ones.
        public_resolvers: whether well-known public resolvers are allowed (a delegated third party under the BR).
    """

    tries: int = attrs.field(default=3, validator=_between(2, 10))
    try_wait: timedelta = attrs.field(
        default=timedelta(seconds=2.5), validator=_span(timedelta(milliseconds=10), timedelta(seconds=60))
    )
    mix_case: bool = attrs.field(default=True, validator=_flag)
    max_aliases: int = attrs.field(default=16, validator=_between(1, 64))
    ttl_cap: timedelta = attrs.field(default=timedelta(days=7), validator=_span(timedelta(0), timedelta(days=30)))
    perspective: Literal["primary", "remote"] = attrs.field(default="primary", validator=_one_of("primary", "remote"))
    dnssec: bool = attrs.field(default=True, validator=_flag)
    probe_max_age: timedelta = attrs.field(default=timedelta(hours=1), validator=_span(timedelta(0), timedelta(days=1)))
    probe_bogus: str = attrs.field(default="", validator=_text)
    secure_paths: tuple[str, ...] = attrs.field(default=(), converter=_tuple, validator=_addresses)
    resolvers: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    public_resolvers: bool = attrs.field(default=False, validator=_flag)


@attrs.frozen(kw_only=True)
class Policy:
    """A whole policy. Immutable; two with equal content have equal fingerprints.

    Attributes:
        name: what people call it; part of the fingerprint.
        public: whether it judges publicly trusted certificates.
        caa, names, net: the choices by area.
    """

    name: str
    public: bool = attrs.field(default=True, validator=_flag)
    caa: CaaPolicy = attrs.field(default=CaaPolicy(), validator=_is_a(CaaPolicy))
    names: NamesPolicy = attrs.field(default=NamesPolicy(), validator=_is_a(NamesPolicy))
    net: NetPolicy = attrs.field(default=NetPolicy(), validator=_is_a(NetPolicy))

    def __attrs_post_init__(self) -> None:
        if not self.name or not self.name.isprintable() or len(self.name) > 80:
            msg = f"policy: name must be 1 to 80 printable characters, got {self.name[:80]!a}"
            raise InputError(msg)

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the canonical JSON of the policy."""
        return digest(canonical(policy_json(self)))


BASELINE: Policy = Policy(name="BASELINE")
"""For publicly trusted certificates: the TLS Baseline Requirements, every silence read strictly."""

PRIVATE: Policy = Policy(
    name="PRIVATE",
    public=False,
    names=NamesPolicy(internal=True),
    net=NetPolicy(dnssec=False, public_resolvers=True),
)
"""For a private PKI: internal names and private addresses, no DNSSEC duty, no perspective duty."""


def policy_json(policy: Policy) -> dict[str, JsonValue]:
    """The policy as JSON values; durations are integers of microseconds."""
    return _unstructure(policy)


def _unstructure(value: attrs.AttrsInstance) -> dict[str, JsonValue]:
    written: dict[str, JsonValue] = {}
    for field in attrs.fields(type(value)):
        item = getattr(value, field.name)
        if isinstance(item, timedelta):
            written[field.name] = item // _MICROSECOND
        elif isinstance(item, tuple):
            written[field.name] = list(cast("tuple[str, ...]", item))
        elif isinstance(item, _AREAS):
            written[field.name] = _unstructure(item)
        else:
            written[field.name] = item
    return written


def policy_from_json(value: JsonValue) -> Policy:
    """Read what `policy_json` wrote. A field that is missing has the default of `Policy`; an unknown one is refused.

    Raises:
        InputError: another shape, an unknown field, or a value outside its bounds; the message names it.
    """
    if isinstance(value, Mapping) and "name" not in value:
        msg = "policy must have a name"
        raise InputError(msg)
    return cast("Policy", _structure(Policy(name="defaults"), value, "policy"))


_AREAS = (CaaPolicy, NamesPolicy, NetPolicy)


def _structure(default: attrs.AttrsInstance, value: JsonValue, where: str) -> attrs.AttrsInstance:
    if not isinstance(value, Mapping):
        msg = f"{where} must be an object"
        raise InputError(msg)
    read: dict[str, object] = {}
    known = {field.name for field in attrs.fields(type(default))}
    for key, item in value.items():
        place = f"{where}.{key}"
        if key not in known:
            msg = f"{place} is not a field of a policy"
            raise InputError(msg)
        model: object = getattr(default, key)
        if isinstance(model, _AREAS):
            read[key] = _structure(model, item, place)
        elif isinstance(model, timedelta):
            if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < 2**53:
                msg = f"{place} must be an integer of microseconds"
                raise InputError(msg)
            read[key] = timedelta(microseconds=item)
        elif isinstance(model, tuple):
            read[key] = _tuple(item)
        elif type(item) is not type(model):
            msg = f"{place} must be a {type(model).__name__}"
            raise InputError(msg)
        else:
            read[key] = item
    return attrs.evolve(default, **read)  # type: ignore[misc]
