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
    BR,
    KEY_POLICIES,
    MOZILLA,
    MOZILLA_2_8,
    PRIVATE,
    STRICT,
    CaaPolicy,
    DcvPolicy,
    GatePolicy,
    KeysPolicy,
    MpicPolicy,
    NamesPolicy,
    NetPolicy,
    Policy,
    ReconcilePolicy,
    SubjectPolicy,
    differences,
    policy_from_json,
    policy_from_toml,
    policy_json,
)

US = timedelta(microseconds=1)
AREAS: Mapping[str, type[attrs.AttrsInstance]] = {
    "caa": CaaPolicy,
    "dcv": DcvPolicy,
    "mpic": MpicPolicy,
    "names": NamesPolicy,
    "net": NetPolicy,
    "keys": KeysPolicy,
    "subject": SubjectPolicy,
    "gate": GatePolicy,
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


LISTS: tuple[list[object], list[object]] = (
    [(), ("compromised",), ("a-1", "b")],
    ["compromised", ("A",), ("a b",), ("-a",), ("a" * 64,), ("",), (5,), 5, None],
)


# Every field of every area with values at its edges: legal ones, and ones that must be refused.
FIELDS: Mapping[str, tuple[list[object], list[object]]] = {
    "public": FLAG,
    "caa.rfc8657": words("dated", "binding"),
    "caa.critical_bits": between(128, 255),
    "caa.malformed_tag": words("refuse", "tolerate"),
    "caa.failure_permits": FLAG,
    "caa.canary_zone": (["", "canary.example", "other.example"], []),
    "dcv.methods": (
        [(), ("3.2.2.4.7",), ("3.2.2.4.19", "3.2.2.4.7", "3.2.2.5.8")],
        ["3.2.2.4.7", ("3.2.2.4.23",), ("http-01",), ("",), (5,), None],
    ),
    "dcv.adn": words("dated", "table"),
    "dcv.value_age": span(timedelta(minutes=1), timedelta(days=30)),
    "dcv.single_use": FLAG,
    "dcv.max_records": between(1, 1000),
    "dcv.max_redirects": between(0, 20),
    "dcv.redirect_hosts": words("public", "any"),
    "dcv.redirect_addresses": FLAG,
    "dcv.max_body": between(1024, 1048576),
    "dcv.test_networks": (
        [("127.0.0.0/8",), ("10.0.0.0/8", "::1/128")],
        [("127.0.0.1/8",), ("localhost",), ("10.0.0.0/33",), ("127.0.0.1",), ("",), "127.0.0.0/8", None],
    ),
    "dcv.test_ports": (
        [("80:5002",), ("22:1", "25:65535", "443:5001", "80:80")],
        [
            ("81:5002",),
            ("80:0",),
            ("80:65536",),
            ("80",),
            ("80:x",),
            ("80:5002", "80:5003"),
            ("80:\u0663",),
            "80:1",
            None,
        ],
    ),
    "gate.roles": ([(), ("ev:final", "ov:final")], ["ev:final", ("final",), ("xx:final",), (5,)]),
    "gate.approvers": ([(), ("anna final " + "0" * 64,)], [("anna final",), ("anna final " + "g" * 64,), 5]),
    "gate.authentication": ([(), ("mfa",)], ["mfa", ("",), 5]),
    "gate.approval_age": span(timedelta(minutes=1), timedelta(days=398)),
    "gate.holds": ([(), ("all", "domain:a.example", "kind:ev")], ["all", ("some",), ("domain:",)]),
    "gate.serials": FLAG,
    "gate.serial_bits": between(64, 160),
    "gate.backdate": span(timedelta(0), timedelta(hours=48)),
    "gate.lifetime": span(timedelta(seconds=1), timedelta(hours=8)),
    "gate.disclosed": FLAG,
    "mpic.required": FLAG,
    "mpic.remotes": between(0, 64),
    "mpic.claims": words("count", "refuse"),
    "mpic.attempt": span(timedelta(seconds=1), timedelta(hours=24)),
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
    "keys.rsa_min_bits": between(2048, 16384),
    "keys.rsa_max_bits": between(2048, 16384),
    "keys.rsa_sizes": (
        [(), ("2048",), ("2048", "4096")],
        ["2048", ("02048",), ("2k",), ("20480" * 2,), ("",), 5, None],
    ),
    "keys.rsa_exponent": words("note", "refuse"),
    "keys.rsa_prime": FLAG,
    "keys.fermat_rounds": between(100, 10_000),
    "keys.curves": ([(), ("P-256",), ("P-256", "P-384", "P-521")], ["P-256", ("P-224",), ("p-256",), (5,), None]),
    "keys.blocklists": LISTS,
    "keys.blocklist_max_age": span(timedelta(hours=1), timedelta(days=3660)),
    "keys.fixed_blocklists": LISTS,
    "subject.country_xx": words("note", "refuse"),
    "subject.country_list_max_age": span(timedelta(days=1), timedelta(days=3660)),
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
    # What a field needs beside it.
    extra: dict[str, object] = (
        {"canary_zone": "canary.example"} if path == "caa.failure_permits" and value is True else {}
    )
    if path == "keys.rsa_prime" and value is True:
        extra = {"rsa_max_bits": 8192}
    changed: Any = attrs.evolve(cast("Any", getattr(BASELINE, area)), **{field: value, **extra})
    public = not path.startswith("dcv.test_")
    return attrs.evolve(BASELINE, public=public, **{area: changed})


@pytest.mark.parametrize("field", [{"test_networks": ("127.0.0.0/8",)}, {"test_ports": ("80:5002",)}])
def test_a_public_policy_is_for_no_test_network(field: dict[str, Any]) -> None:
    """Other ports and special-purpose addresses are for tests: a policy for public certificates refuses them."""
    for_tests = DcvPolicy(**field)
    with pytest.raises(InputError, match="^policy: dcv.test_networks and dcv.test_ports are for test networks"):
        Policy(name="x", dcv=for_tests)
    assert Policy(name="x", public=False, dcv=for_tests).dcv.is_for_tests
    assert not DcvPolicy().is_for_tests


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
        if not isinstance(FIELDS[path][0][0], tuple)
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
    """PRIVATE is BASELINE but not public: no corroboration, internal names, no DNSSEC, any resolver, no key lists."""
    wanted = attrs.evolve(
        BASELINE,
        name="PRIVATE",
        public=False,
        mpic=MpicPolicy(required=False),
        names=NamesPolicy(internal=True),
        net=NetPolicy(dnssec=False, public_resolvers=True),
        keys=KeysPolicy(fixed_blocklists=()),
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


# --- choices about keys


def test_named_choices_about_keys() -> None:
    """The named choices are immutable values that differ where their documents do (R006, K11)."""
    assert KEY_POLICIES == {"BR": BR, "MOZILLA": MOZILLA, "MOZILLA_2_8": MOZILLA_2_8, "STRICT": STRICT}
    assert BASELINE.keys == BR == MOZILLA
    assert differences(MOZILLA, MOZILLA_2_8) == (("curves", ["P-256", "P-384", "P-521"], ["P-256", "P-384"]),)
    assert differences(BR, STRICT) == (
        ("rsa_max_bits", 16384, 4096),
        ("rsa_sizes", [], ["2048", "3072", "4096"]),
        ("rsa_exponent", "note", "refuse"),
        ("rsa_prime", False, True),
        ("fermat_rounds", 100, 1000),
        ("curves", ["P-256", "P-384", "P-521"], ["P-256", "P-384"]),
    )
    with pytest.raises(TypeError):
        KEY_POLICIES["BR"] = STRICT  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


def test_differences_of_whole_policies() -> None:
    """Two whole policies differ in dotted fields; equal ones in none; a policy and a part of one cannot be compared."""
    assert differences(BASELINE, BASELINE) == ()
    assert {name for name, _, _ in differences(BASELINE, PRIVATE)} == {
        "name",
        "public",
        "mpic.required",
        "names.internal",
        "net.dnssec",
        "net.public_resolvers",
        "keys.fixed_blocklists",
        "reconcile.serials",
    }
    with pytest.raises(InputError, match=r"^differences: compare two policies"):
        differences(BASELINE, BR)


def test_choices_about_keys_fit_together() -> None:
    """The least length is not above the greatest, a test of primality is bounded, and a list has one kind."""
    assert KeysPolicy(rsa_min_bits=3072, rsa_max_bits=3072).rsa_min_bits == 3072
    with pytest.raises(InputError, match=r"keys\.rsa_min_bits must not be above keys\.rsa_max_bits"):
        KeysPolicy(rsa_min_bits=3073, rsa_max_bits=3072)
    with pytest.raises(InputError, match=r"keys\.rsa_prime needs keys\.rsa_max_bits of at most 8192"):
        KeysPolicy(rsa_prime=True, rsa_max_bits=8193)
    with pytest.raises(InputError, match=r"in keys\.blocklists or in keys\.fixed_blocklists, not in both"):
        KeysPolicy(blocklists=("a", "b"), fixed_blocklists=("b",))


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


# --- as TOML, and the difference of two


_TOML = """
name = "example CA"
[caa]
rfc8657 = "binding"
[net]
tries = 4
try_wait = "2.25 s"
probe_max_age = "30min"
resolvers = ["::1", "127.0.0.1"]
[names]
list_max_age = "90d"
"""


def test_a_policy_as_toml() -> None:
    """What people write is read into the same typed value, defaults included; durations are exact (R076)."""
    read = policy_from_toml(_TOML)
    assert read == Policy(
        name="example CA",
        caa=CaaPolicy(rfc8657="binding"),
        net=NetPolicy(
            tries=4,
            try_wait=timedelta(seconds=2, milliseconds=250),
            probe_max_age=timedelta(minutes=30),
            resolvers=("127.0.0.1", "::1"),
        ),
        names=NamesPolicy(list_max_age=timedelta(days=90)),
    )
    assert policy_from_toml(_TOML.encode()) == read
    for text, wanted in (("250ms", 250_000), ("1 h", 3600 * 10**6), ("0.000001 s", None), ("1.5h", 5400 * 10**6)):
        toml = f'name = "x"\n[net]\nprobe_max_age = "{text}"'
        assert policy_from_toml(toml).net.probe_max_age == timedelta(microseconds=1 if wanted is None else wanted)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have a name"),
        ("name = ", "policy is no TOML"),
        (b"name = '\xff'", "policy is no TOML"),
        ("x" * (1024 * 1024 + 1), "longer than 1048576"),
        ('name = "x"\n[net]\ntries = 0', "tries must be an integer from 2 to 10, got 0"),
        ('name = "x"\n[net]\ntry_wait = 5', "policy.net.try_wait must be a duration such as 8h"),
        ('name = "x"\n[net]\ntry_wait = "5 weeks"', "got '5 weeks'"),
        ('name = "x"\n[net]\ntry_wait = "-5 s"', "got '-5 s'"),
        ('name = "x"\n[net]\ntry_wait = "500s"', "try_wait must be a timedelta"),
        ('name = "x"\n[nett]\ntries = 4', "policy.nett is not a field"),
        ('name = "x"\nnet = 5', "policy.net must be an object"),
        ('name = "x"\n[net]\nspeed = 4', "policy.net.speed is not a field"),
        ('name = "x"\n[net]\nresolvers = [1]', "non-empty texts"),
        ("name = 2026-11-21", "policy.name must be a str"),
        ('name = "x"\n[net]\ntries = 1979-05-27', "policy.net.tries must be a int"),
        ("a = " + "[" * 5000, "policy is no TOML"),
    ],
)
def test_a_wrong_policy_file_is_refused_when_loaded(text: str | bytes, message: str) -> None:
    """An unknown field, a zero of tries, a text that is no duration: an error at load time that names it (R076)."""
    with pytest.raises(InputError, match=re.escape(message)):
        policy_from_toml(text)
