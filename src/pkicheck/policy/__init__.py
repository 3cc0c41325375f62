"""Policies: the caller's choices within the rules, as whole, named, immutable values.

`BASELINE` is for publicly trusted certificates. `PRIVATE` is for a PKI of one's own: internal names, private addresses,
no DNSSEC duty; evidence made under it never satisfies `BASELINE`. Change a policy with `attrs.evolve`, which makes a
new one with another fingerprint; give it another name. Every area has a file of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeGuard, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest
from pkicheck.errors import InputError
from pkicheck.policy._caa import CaaPolicy
from pkicheck.policy._fields import flag, is_a, texts
from pkicheck.policy._names import NamesPolicy
from pkicheck.policy._net import NetPolicy
from pkicheck.policy._reconcile import ReconcilePolicy

__all__ = [
    "BASELINE",
    "PRIVATE",
    "CaaPolicy",
    "NamesPolicy",
    "NetPolicy",
    "Policy",
    "ReconcilePolicy",
    "policy_from_json",
    "policy_json",
]

_MICROSECOND = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class Policy:
    """A whole policy. Immutable; two with equal content have equal fingerprints.

    Attributes:
        name: what people call it; part of the fingerprint.
        public: whether it judges publicly trusted certificates.
        caa, names, net, reconcile: the choices by area.
    """

    name: str
    public: bool = attrs.field(default=True, validator=flag)
    caa: CaaPolicy = attrs.field(default=CaaPolicy(), validator=is_a(CaaPolicy))
    names: NamesPolicy = attrs.field(default=NamesPolicy(), validator=is_a(NamesPolicy))
    net: NetPolicy = attrs.field(default=NetPolicy(), validator=is_a(NetPolicy))
    reconcile: ReconcilePolicy = attrs.field(default=ReconcilePolicy(), validator=is_a(ReconcilePolicy))

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
    reconcile=ReconcilePolicy(serials=False),
)
"""For a private PKI: internal names and private addresses, no DNSSEC duty, no perspective duty."""


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


def policy_from_json(value: JsonValue) -> Policy:
    """Read what `policy_json` wrote. A field that is missing has the default of `Policy`; an unknown one is refused.

    Raises:
        InputError: another shape, an unknown field, or a value outside its bounds; the message names it.
    """
    if isinstance(value, Mapping) and "name" not in value:
        msg = "policy must have a name"
        raise InputError(msg)
    return cast("Policy", _structure(Policy(name="defaults"), value, "policy"))


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
