"""Policies: whole, named, immutable; every choice has bounds, a place in the fingerprint and a JSON form."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.canon import JsonValue, canonical, parse_json
from pkicheck.errors import InputError
from pkicheck.policy import (
    BASELINE,
    PRIVATE,
    CaaPolicy,
    NamesPolicy,
    NetPolicy,
    Policy,
    ReconcilePolicy,
    policy_from_json,
    policy_json,
)

US = timedelta(microseconds=1)
AREAS: Mapping[str, type[attrs.AttrsInstance]] = {
    "caa": CaaPolicy,
    "names": NamesPolicy,
    "net": NetPolicy,
    "reconcile": ReconcilePolicy,
}
FLAG: tuple[list[object], list[object]] = ([True, False], [None, 0, 1, "true"])


def words(*allowed: str) -> tuple[list[object], list[object]]:
    """Legal and illegal values of a choice between words."""
    return [*allowed], ["", "other", allowed[0].upper(), None, True, ["x"]]


def span(low: timedelta, high: timedelta) -> tuple[list[object], list[object]]:
    """Legal and illegal values of a duration."""
    return [low, low + US, high - US, high], [low - US, high + US, timedelta.max, None, 3600, "1h"]


def between(low: int, high: int) -> tuple[list[object], list[object]]:
    """Legal and illegal values of a whole number."""
    return [low, low + 1, high - 1, high], [low - 1, high + 1, 10**30, None, True, float(low), str(low)]


# Every field of every area with values at its edges: legal ones, and ones that must be refused.
FIELDS: Mapping[str, tuple[list[object], list[object]]] = {
    "public": FLAG,
    "caa.rfc8657": words("dated", "binding"),
    "caa.critical_bits": between(128, 255),
    "caa.malformed_tag": words("refuse", "tolerate"),
    "caa.failure_permits": FLAG,
    "caa.canary_zone": (["", "canary.example", "other.example"], []),
    "names.internal": FLAG,
    "names.onion": FLAG,
    "names.idna2008": words("note", "refuse"),
    "names.nfc": words("note", "refuse"),
    "names.list_max_age": span(timedelta(hours=1), timedelta(days=3660)),
    "names.list_stale": words("doubt", "note"),
    "net.tries": between(2, 10),
    "net.try_wait": span(timedelta(milliseconds=10), timedelta(seconds=60)),
    "net.max_aliases": between(1, 64),
    "net.ttl_cap": span(timedelta(0), timedelta(days=30)),
    "net.perspective": words("primary", "remote"),
    "net.dnssec": FLAG,
    "net.probe_max_age": span(timedelta(0), timedelta(days=1)),
    "net.probe_bogus": (["", "fail.example"], []),
    "net.secure_paths": (
        [(), ("192.0.2.1",), ("192.0.2.1", "2001:db8::1")],
        ["192.0.2.1", ("192.0.2.01",), ("x",), 5, None],
    ),
    "net.resolvers": ([(), ("192.0.2.1",), ("192.0.2.1", "192.0.2.2")], ["192.0.2.1", ("",), (5,), 5, None]),
    "net.public_resolvers": FLAG,
    "net.mix_case": FLAG,
    "reconcile.edge": span(timedelta(0), timedelta(days=31)),
    "reconcile.overlap": span(timedelta(0), timedelta(days=31)),
    "reconcile.clock_tolerance": span(timedelta(0), timedelta(days=1)),
    "reconcile.metadata_minutes": between(0, 1440),
    "reconcile.signatures": words("check", "trust"),
    "reconcile.repeated": words("refuse", "note"),
    "reconcile.integrity": words("none", "accident", "chained-unanchored", "chained-anchored", "mac", "signed"),
    "reconcile.permits": FLAG,
    "reconcile.approvals": FLAG,
    "reconcile.ct_delay": span(timedelta(0), timedelta(days=7)),
    "reconcile.serials": FLAG,
    "reconcile.witnesses": between(0, 10),
    "reconcile.coverage": words("declared", "observed"),
    "reconcile.partitions": between(1, 4096),
    "reconcile.most": between(1, 1_000_000),
}
NAMES: tuple[list[str], list[str]] = (["x", "BASELINE", "é" * 80], ["", "a" * 81, "line\nend", "\x1b[31m", "\u202e"])


def with_field(path: str, value: object) -> Policy:
    """BASELINE with one field changed (and a canary zone where the field needs one)."""
    area, _, field = path.rpartition(".")
    if not area:
        return attrs.evolve(BASELINE, **{field: value})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    extra = {"canary_zone": "canary.example"} if path == "caa.failure_permits" and value is True else {}
    changed: Any = attrs.evolve(cast("Any", getattr(BASELINE, area)), **{field: value, **extra})
    return attrs.evolve(BASELINE, **{area: changed})


def test_every_field_is_in_the_table() -> None:
    """The table above has every field of every area: a new choice needs bounds and a line here."""
    wanted = {field.name for field in attrs.fields(Policy)} - {"name", *AREAS}
    for area, kind in AREAS.items():
        wanted |= {f"{area}.{field.name}" for field in attrs.fields(kind)}
    assert set(FIELDS) == wanted


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, (legal, _) in FIELDS.items() for value in legal])
def test_legal_values(path: str, value: object) -> None:
    """Values at the edges of their bounds are taken as they are, and survive JSON."""
    policy = with_field(path, value)
    assert attrs.asdict(policy)[path.partition(".")[0]] is not None
    area, _, field = path.rpartition(".")
    assert getattr(getattr(policy, area) if area else policy, field) == value
    again = policy_from_json(parse_json(canonical(policy_json(policy))))
    assert again == policy
    assert again.fingerprint == policy.fingerprint


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, (_, wrong) in FIELDS.items() for value in wrong])
def test_illegal_values(path: str, value: object) -> None:
    """A value one step outside its bounds, or of another type, is refused; the message says that a policy is wrong."""
    with pytest.raises(InputError, match="^policy: "):
        with_field(path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (path, value)
        for path, (_, wrong) in FIELDS.items()
        for value in wrong
        if path not in ("net.secure_paths", "net.resolvers")
    ],
)
def test_messages_name_the_field(path: str, value: object) -> None:
    """The message of a refused value names the field."""
    with pytest.raises(InputError, match=path.rpartition(".")[2]):
        with_field(path, value)


def test_names_are_bounded_and_printable() -> None:
    """A policy has a name of 1 to 80 printable characters: it goes into logs (R017)."""
    for name in NAMES[0]:
        assert Policy(name=name).name == name
    for name in NAMES[1]:
        with pytest.raises(InputError, match="policy: name must be 1 to 80 printable characters"):
            Policy(name=name)


def test_failures_permit_only_with_a_canary() -> None:
    """Failure as permission cannot be switched on without the zone of the canary (BR 3.2.2.8)."""
    with pytest.raises(InputError, match=r"caa\.failure_permits needs caa\.canary_zone"):
        CaaPolicy(failure_permits=True)
    with pytest.raises(InputError, match=r"caa\.failure_permits needs caa\.canary_zone"):
        attrs.evolve(CaaPolicy(failure_permits=True, canary_zone="canary.example"), canary_zone="")


def test_lists_are_normalised() -> None:
    """Lists of addresses do not depend on order or repetition; any collection of texts will do."""
    wanted = NetPolicy(resolvers=("192.0.2.1", "192.0.2.2"))
    for given_as in (["192.0.2.2", "192.0.2.1"], {"192.0.2.1", "192.0.2.2"}, ("192.0.2.1", "192.0.2.2", "192.0.2.1")):
        assert NetPolicy(resolvers=given_as) == wanted  # pyright: ignore[reportArgumentType]
    assert isinstance(wanted.resolvers, tuple)


# --- fingerprints


def test_each_single_change_has_its_own_fingerprint() -> None:
    """Whatever field is changed, the fingerprint is another one; equal content has equal fingerprints (R012)."""
    seen = {BASELINE.fingerprint: "BASELINE"}
    renamed = attrs.evolve(BASELINE, name="other")
    assert seen.setdefault(renamed.fingerprint, "name") == "name"
    for path, (legal, _) in FIELDS.items():
        for value in legal:
            policy = with_field(path, value)
            if policy == BASELINE:
                assert policy.fingerprint == BASELINE.fingerprint
                continue
            shown = f"{path}={value!r}"
            assert seen.setdefault(policy.fingerprint, shown) == shown
    assert len(seen) > len(FIELDS)


def test_fingerprint_is_a_digest() -> None:
    """64 lower-case hexadecimal digits, the same each time."""
    assert re.fullmatch(r"[0-9a-f]{64}", BASELINE.fingerprint)
    assert BASELINE.fingerprint == Policy(name="BASELINE").fingerprint != PRIVATE.fingerprint


def test_private_differs_where_it_says() -> None:
    """PRIVATE is BASELINE but for: not public, internal names, no DNSSEC duty, any resolver."""
    wanted = attrs.evolve(
        BASELINE,
        name="PRIVATE",
        public=False,
        names=NamesPolicy(internal=True),
        net=NetPolicy(dnssec=False, public_resolvers=True),
        reconcile=ReconcilePolicy(serials=False),
    )
    assert wanted == PRIVATE


def test_baseline_reads_every_silence_strictly() -> None:
    """The defaults never take a failure as permission, a public resolver, an internal name or an ill-formed tag."""
    assert not BASELINE.caa.failure_permits
    assert not BASELINE.net.public_resolvers
    assert not BASELINE.names.internal
    assert (BASELINE.caa.malformed_tag, BASELINE.names.list_stale) == ("refuse", "doubt")
    assert (BASELINE.net.dnssec, BASELINE.net.perspective, BASELINE.public) == (True, "primary", True)


def test_the_numbers_of_baseline() -> None:
    """The defaults that are numbers, each with the source that its docstring names."""
    names, net = BASELINE.names, BASELINE.net
    assert (BASELINE.caa.critical_bits, names.list_max_age) == (128, timedelta(days=180))
    assert (net.tries, net.try_wait, net.max_aliases) == (3, timedelta(seconds=2.5), 16)
    assert (net.ttl_cap, net.probe_max_age) == (timedelta(days=7), timedelta(hours=1))


# --- values


@pytest.mark.parametrize("value", [BASELINE, PRIVATE, BASELINE.caa, BASELINE.names, BASELINE.net])
def test_policies_are_values(value: attrs.AttrsInstance) -> None:
    """Policies and their areas are immutable, hash and compare by content, survive copying and pickling."""
    again = pickle.loads(pickle.dumps(value))
    assert again == value == copy.deepcopy(value)
    assert hash(again) == hash(value)
    for field in attrs.fields(type(value)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, getattr(value, field.name))


# --- JSON


def test_durations_are_microseconds() -> None:
    """Durations are written as whole microseconds, sub-second ones too."""
    net = cast("Mapping[str, JsonValue]", policy_json(BASELINE)["net"])
    assert net["try_wait"] == 2_500_000


@given(st.lists(st.sampled_from(sorted(FIELDS)), unique=True))
def test_a_missing_field_has_the_default(left_out: list[str]) -> None:
    """JSON of an older version, without fields that came later, reads as their defaults."""
    value = cast("dict[str, Any]", parse_json(canonical(policy_json(PRIVATE))))
    default = cast("dict[str, Any]", parse_json(canonical(policy_json(Policy(name="PRIVATE")))))
    wanted = cast("dict[str, Any]", parse_json(canonical(policy_json(PRIVATE))))
    for path in left_out:
        area, _, field = path.rpartition(".")
        source, target, model = (value[area], wanted[area], default[area]) if area else (value, wanted, default)
        del source[field]
        target[field] = model[field]
    assert policy_from_json(value) == policy_from_json(wanted)


def test_missing_areas_have_the_defaults() -> None:
    """A name alone is a policy: all the rest is the default."""
    assert policy_from_json({"name": "BASELINE"}) == BASELINE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": 1}, r"policy\.colour is not a field of a policy"),
        ({"caa": {"strict": True}}, r"policy\.caa\.strict is not a field"),
        ({"net": {"tries": 3, "tri\x1bes": 3}}, r"policy\.net\.tri.*is not a field"),
        ({"caa": []}, r"policy\.caa must be an object"),
        ({"caa": None}, r"policy\.caa must be an object"),
        ({"name": 1}, r"policy\.name must be a str"),
        ({"public": 1}, r"policy\.public must be a bool"),
        ({"caa": {"critical_bits": True}}, r"policy\.caa\.critical_bits must be a int"),
        ({"caa": {"canary_zone": 5}}, r"policy\.caa\.canary_zone must be a str"),
        ({"caa": {"critical_bits": 127}}, "critical_bits must be an integer from 128 to 255"),
        ({"net": {"ttl_cap": "7d"}}, r"policy\.net\.ttl_cap must be an integer of microseconds"),
        ({"net": {"ttl_cap": True}}, r"policy\.net\.ttl_cap must be an integer of microseconds"),
        ({"net": {"ttl_cap": -1}}, "ttl_cap must be an integer of microseconds"),
        ({"net": {"ttl_cap": 2**53}}, "ttl_cap must be an integer of microseconds"),
        ({"net": {"ttl_cap": 2**53 - 1}}, "ttl_cap must be a timedelta"),
        ({"net": {"tries": 11}}, "tries must be an integer from 2 to 10"),
        ({"net": {"resolvers": "192.0.2.1"}}, "expected a list of texts"),
        ({"net": {"resolvers": {"a": "b"}}}, "expected a list of texts"),
        ({"net": {"resolvers": [5]}}, "expected a list of non-empty texts"),
        ({"net": {"secure_paths": ["192.0.2.001"]}}, "secure_paths holds IP addresses"),
        ({"caa": {"failure_permits": True}}, "failure_permits needs"),
    ],
)
def test_json_is_read_strictly(change: dict[str, JsonValue], message: str) -> None:
    """An unknown field, another type and a value outside its bounds are each refused by name."""
    with pytest.raises(InputError, match=message):
        policy_from_json({"name": "x", **change})


@pytest.mark.parametrize("value", [None, [], "BASELINE", 7])
def test_json_must_be_an_object(value: JsonValue) -> None:
    """Anything but an object is no policy."""
    with pytest.raises(InputError, match="^policy must be an object"):
        policy_from_json(value)


@pytest.mark.parametrize("value", [{}, {"public": True}])
def test_json_must_have_a_name(value: JsonValue) -> None:
    """A policy without a name is refused: two of them could not be told apart in a report."""
    with pytest.raises(InputError, match="policy must have a name"):
        policy_from_json(value)


json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "caa", "net", "names", "tries", "ttl_cap", "resolvers", "x"]), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_a_policy_or_refused(value: JsonValue) -> None:
    """Whatever JSON value is given, a policy comes out that writes itself back, or InputError."""
    try:
        policy = policy_from_json(value)
    except InputError:
        return
    assert policy_from_json(policy_json(policy)) == policy


@pytest.mark.parametrize(
    ("kind", "field"),
    [(Policy, "caa"), (Policy, "names"), (Policy, "net"), (CaaPolicy, "canary_zone"), (NetPolicy, "probe_bogus")],
)
def test_every_field_is_checked(kind: type[Any], field: str) -> None:
    """No field takes a value of another type: a wrong one would come to light only in a check."""
    arguments: dict[str, Any] = {"name": "x", field: 5} if kind is Policy else {field: 5}
    with pytest.raises(InputError):
        kind(**arguments)
