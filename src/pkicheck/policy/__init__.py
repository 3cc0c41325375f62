"""Policies: the caller's choices within the rules, as whole, named, immutable values.

`BASELINE` is for publicly trusted certificates. `PRIVATE` is for a PKI of one's own: internal names, private addresses,
no DNSSEC duty; evidence made under it never satisfies `BASELINE`. Change a policy with `attrs.evolve`, which makes a
new one with another fingerprint; give it another name. Every area has a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TypeGuard, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest
from pkicheck.errors import InputError
from pkicheck.policy._caa import CaaPolicy
from pkicheck.policy._dcv import DcvPolicy
from pkicheck.policy._fields import flag, is_a, texts
from pkicheck.policy._gate import GatePolicy
from pkicheck.policy._keys import BR, KEY_POLICIES, MOZILLA, MOZILLA_2_8, STRICT, KeysPolicy
from pkicheck.policy._mpic import MpicPolicy
from pkicheck.policy._names import NamesPolicy
from pkicheck.policy._net import NetPolicy
from pkicheck.policy._reconcile import ReconcilePolicy
from pkicheck.policy._subject import SubjectPolicy
from pkicheck.policy._text import flat, read_toml

__all__ = [
    "BASELINE",
    "BR",
    "KEY_POLICIES",
    "MOZILLA",
    "MOZILLA_2_8",
    "PRIVATE",
    "STRICT",
    "CaaPolicy",
    "DcvPolicy",
    "GatePolicy",
    "KeysPolicy",
    "MpicPolicy",
    "NamesPolicy",
    "NetPolicy",
    "Policy",
    "ReconcilePolicy",
    "SubjectPolicy",
    "differences",
    "policy_from_json",
    "policy_from_toml",
    "policy_json",
]

_MICROSECOND = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class Policy:
    """A whole policy. Immutable; two with equal content have equal fingerprints.

    Attributes:
        name: what people call it; part of the fingerprint.
        public: whether it judges publicly trusted certificates.
        caa, dcv, mpic, names, net, keys, subject, gate, reconcile: the choices by area.
    """

    name: str
    public: bool = attrs.field(default=True, validator=flag)
    caa: CaaPolicy = attrs.field(default=CaaPolicy(), validator=is_a(CaaPolicy))
    dcv: DcvPolicy = attrs.field(default=DcvPolicy(), validator=is_a(DcvPolicy))
    mpic: MpicPolicy = attrs.field(default=MpicPolicy(), validator=is_a(MpicPolicy))
    names: NamesPolicy = attrs.field(default=NamesPolicy(), validator=is_a(NamesPolicy))
    net: NetPolicy = attrs.field(default=NetPolicy(), validator=is_a(NetPolicy))
    keys: KeysPolicy = attrs.field(default=KeysPolicy(), validator=is_a(KeysPolicy))
    subject: SubjectPolicy = attrs.field(default=SubjectPolicy(), validator=is_a(SubjectPolicy))
    gate: GatePolicy = attrs.field(default=GatePolicy(), validator=is_a(GatePolicy))
    reconcile: ReconcilePolicy = attrs.field(default=ReconcilePolicy(), validator=is_a(ReconcilePolicy))

    def __attrs_post_init__(self) -> None:
        if not self.name or not self.name.isprintable() or len(self.name) > 80:
            msg = f"policy: name must be 1 to 80 printable characters, got {self.name[:80]!a}"
            raise InputError(msg)
        if self.public and self.dcv.is_for_tests:
            msg = "policy: dcv.test_networks and dcv.test_ports are for test networks; a public policy has neither"
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
    mpic=MpicPolicy(required=False),
    names=NamesPolicy(internal=True),
    net=NetPolicy(dnssec=False, public_resolvers=True),
    keys=KeysPolicy(fixed_blocklists=()),
    reconcile=ReconcilePolicy(serials=False),
)
"""For a private PKI: internal names and private addresses, no DNSSEC duty, no perspective duty, no list of bad keys."""


def policy_json(policy: Policy) -> dict[str, JsonValue]:
    """The policy as JSON values; durations are integers of microseconds."""
    return _unstructure(policy)


def _is_area(value: object) -> TypeGuard[attrs.AttrsInstance]:
    return attrs.has(type(value))


def _unstructure(value: attrs.AttrsInstance) -> dict[str, JsonValue]:
    written: dict[str, JsonValue] = {}
    for field in attrs.fields(type(value)):
        item = getattr(value, field.name)
        if isinstance(item, timedelta):
            written[field.name] = item // _MICROSECOND
        elif isinstance(item, tuple):
            written[field.name] = list(cast("tuple[str, ...]", item))
        elif _is_area(item):
            written[field.name] = _unstructure(item)
        else:
            written[field.name] = item
    return written


def differences(one: Policy | KeysPolicy, other: Policy | KeysPolicy) -> tuple[tuple[str, JsonValue, JsonValue], ...]:
    """What differs between two policies, or two sets of choices about keys.

    Returns:
        For each field that differs, in the order of the fields: its dotted name, its value in `one` and in `other`,
        as `policy_json` writes them. Nothing for equal ones.

    Raises:
        InputError: a policy and a set of choices, which have no field in common.
    """
    if type(one) is not type(other):
        msg = "differences: compare two policies, or two sets of choices about keys"
        raise InputError(msg)
    theirs = dict(flat(_unstructure(other)))
    return tuple((name, value, theirs[name]) for name, value in flat(_unstructure(one)) if value != theirs[name])


def policy_from_json(value: JsonValue) -> Policy:
    """Read what `policy_json` wrote. A field that is missing has the default of `Policy`; an unknown one is refused.

    Raises:
        InputError: another shape, an unknown field, or a value outside its bounds; the message names it.
    """
    if isinstance(value, Mapping) and "name" not in value:
        msg = "policy must have a name"
        raise InputError(msg)
    return cast("Policy", _structure(Policy(name="defaults"), value, "policy"))


def policy_from_toml(text: str | bytes) -> Policy:
    """Read a policy that people wrote.

        name = "example CA 2026-11"
        [caa]
        rfc8657 = "binding"
        [net]
        tries = 4
        probe_max_age = "30min"

    A field that is missing has the default of `Policy`; an unknown one is refused. A duration is a text: a number and
    one of `ms`, `s`, `min`, `h`, `d`.

    Args:
        text: the TOML text, at most 1 MiB.

    Raises:
        InputError: no TOML, an unknown field, or a value outside its bounds; the message names it (R076).
    """
    model = Policy(name="defaults")
    return policy_from_json(read_toml(text, policy_json(model), frozenset(_durations(model))))


def _durations(value: attrs.AttrsInstance, prefix: str = "") -> Iterator[str]:
    for field in attrs.fields(type(value)):
        item: object = getattr(value, field.name)
        if isinstance(item, timedelta):
            yield f"{prefix}{field.name}"
        elif _is_area(item):
            yield from _durations(item, f"{prefix}{field.name}.")


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
        if _is_area(model):
            read[key] = _structure(model, item, place)
        elif isinstance(model, timedelta):
            if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < 2**53:
                msg = f"{place} must be an integer of microseconds"
                raise InputError(msg)
            read[key] = timedelta(microseconds=item)
        elif isinstance(model, tuple):
            read[key] = texts(item)
        elif type(item) is not type(model):
            msg = f"{place} must be a {type(model).__name__}"
            raise InputError(msg)
        else:
            read[key] = item
    return attrs.evolve(default, **read)  # type: ignore[misc]
