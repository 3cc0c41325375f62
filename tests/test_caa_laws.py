"""Laws of the CAA decision, for any zone data: what can never turn into a permission, and what can never matter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, get_args

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pkicheck.caa import CaaResult, caa_plan
from pkicheck.caa.decide import Applicant, decide_set
from pkicheck.dnswire import CAA, CNAME, DNAME
from pkicheck.findings import Verdict, verdict_of
from pkicheck.names import DnsName, parse_domain
from pkicheck.plans import replay, run
from pkicheck.policy import BASELINE, CaaPolicy, Policy
from pkicheck.ports import Failure, Seen
from pkicheck.testing import FailureKind, FixedClock, Zone
from pkicheck.zonefile import ZoneRecord
from tests.caa_cases import CANARY, NOON, codes_of, denial

_LONG = timedelta(seconds=20)
_NOT_PASS = {Verdict.FAIL, Verdict.INCOMPLETE}

# --- worlds: a few names, each with a set, an alias or nothing, and lookups that fail

_LEVELS = ("www.shop.example", "shop.example", "example")
_ELSEWHERE = ("host.cdn.test", "cdn.test", "test", "other.example")
_OWNERS = _LEVELS + _ELSEWHERE

_VALUES = st.sampled_from(
    [b"ca.example", b"CA.example", b"other.example", b";", b"", b"%%%", b"ca.example; a=1", b"ca.example.",
     b"ca.example; accounturi=https://ca.example/1", b"ca.example; accounturi=https://ca.example/2",
     b"ca.example; validationmethods=dns-01", b"ca.example; accounturi=x", b"mailto:a@b.test"]
)  # fmt: skip
_TAGS = st.sampled_from([b"issue", b"issue", b"issue", b"issuewild", b"ISSUE", b"issuemail", b"iodef", b"future"])
_FLAGS = st.sampled_from([0, 0, 0, 0, 1, 127, 128, 255])


def _rdata(flags: int, tag: bytes, value: bytes) -> bytes:
    return bytes((flags, len(tag))) + tag + value


_RECORDS = st.builds(_rdata, _FLAGS, _TAGS, _VALUES) | st.sampled_from([b"", b"\0\0", b"\0\2a-x"])
_SETS = st.lists(_RECORDS, min_size=1, max_size=4)


@attrs.frozen
class World:
    """Zone data: `sets` of RDATA, `aliases` (CNAME), `trees` (DNAME) by owner; `fails` by owner."""

    sets: Mapping[str, tuple[bytes, ...]] = attrs.field(factory=dict)
    aliases: Mapping[str, str] = attrs.field(factory=dict)
    trees: Mapping[str, str] = attrs.field(factory=dict)
    fails: Mapping[str, FailureKind] = attrs.field(factory=dict)
    status: Any = "unsigned"

    def zone(self) -> Zone:
        zone = Zone(status=self.status, clock=FixedClock(NOON))
        records = [
            ZoneRecord(parse_domain(owner), CAA, 300 + number, rdata)
            for owner, rdatas in self.sets.items()
            for number, rdata in enumerate(rdatas)
        ]
        for rdtype, links in ((CNAME, self.aliases), (DNAME, self.trees)):
            records += [
                ZoneRecord(parse_domain(owner), rdtype, 300, parse_domain(target).wire)
                for owner, target in links.items()
            ]
        zone.put(records)
        for owner, kind in self.fails.items():
            zone.fail(owner, "CAA", kind)
        return zone

    def also(self, owner: str, *rdatas: bytes) -> World:
        """The world with further records at an owner."""
        return attrs.evolve(self, sets={**self.sets, owner: (*self.sets.get(owner, ()), *rdatas)})


@st.composite
def worlds(draw: st.DrawFn, *, fails: bool = True) -> World:
    """Any world."""
    sets: dict[str, tuple[bytes, ...]] = {}
    aliases: dict[str, str] = {}
    trees: dict[str, str] = {}
    failing: dict[str, FailureKind] = {}
    for owner in _OWNERS:
        kind = draw(st.sampled_from(["none", "none", "set", "set", "alias", "tree", "fail" if fails else "none"]))
        if kind == "set":
            sets[owner] = tuple(draw(_SETS))
        elif kind == "alias":
            aliases[owner] = draw(st.sampled_from([each for each in _OWNERS if each != owner]))
        elif kind == "tree":
            trees[owner] = draw(st.sampled_from([each for each in _ELSEWHERE if each != owner]))
        elif kind == "fail":
            failing[owner] = draw(st.sampled_from(get_args(FailureKind)))
    status = draw(st.sampled_from(["unsigned", "unsigned", "secure", "unvalidated", "bogus"]))
    return World(sets, aliases, trees, failing, status)


_QUESTIONS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["www.shop.example", "shop.example", "*.shop.example", "*.www.shop.example"]),
        "accounts": st.sampled_from([(), ("https://ca.example/1",)]),
        "method": st.sampled_from([None, "dns-01"]),
        "policy": st.sampled_from([BASELINE, Policy(name="binding", caa=CaaPolicy(rfc8657="binding"))]),
    }
)


def _check(world: World, question: Mapping[str, Any]) -> CaaResult:
    return run(caa_plan(issuers=["ca.example"], **question), world.zone(), deadline=_LONG)


# --- what can never turn into a permission

_FORBIDDING = [b"\0\5issue;", b"\x80\6futurex", b"\0", b"", b"\0\0issue", b"\0\3a-b"]


@given(worlds(), _QUESTIONS, st.sampled_from(_OWNERS), st.sampled_from(_FORBIDDING))
def test_a_forbidding_record_never_permits(world: World, question: dict[str, Any], owner: str, record: bytes) -> None:
    """`issue ";"`, an unknown critical property, a malformed record, added anywhere: no FAIL or doubt passes."""
    assume(owner not in world.aliases)
    if _check(world, question).verdict in _NOT_PASS:
        assert _check(world.also(owner, record), question).verdict in _NOT_PASS


@given(worlds(), _QUESTIONS, st.sampled_from(_FORBIDDING[1:]))
def test_a_critical_or_malformed_record_refuses(world: World, question: dict[str, Any], record: bytes) -> None:
    """In the set that decides, such a record refuses whatever stands beside it (C09, R129)."""
    result = _check(world, question)
    assume(result.found_at is not None and result.found_at.text in world.sets)
    assert result.found_at is not None
    assert _check(world.also(result.found_at.text, record), question).verdict is Verdict.FAIL


_OTHERS = st.builds(
    _rdata,
    _FLAGS.filter(lambda flags: flags < 128),
    st.sampled_from([b"issue", b"issuewild", b"ISSUE", b"iodef", b"issuemail", b"future"]),
    st.sampled_from([b"other.example", b"third.test; a=1", b"xca.example", b"ca.example.test", b"ca", b"ca.examplee"]),
)


@given(worlds(), _QUESTIONS, _OTHERS, st.data())
def test_a_record_of_another_issuer_never_permits(
    world: World, question: dict[str, Any], record: bytes, data: st.DataObject
) -> None:
    """Added to a set there is, or as issue anywhere, it turns no refusal into a PASS."""
    result = _check(world, question)
    assume(result.verdict is Verdict.FAIL)
    tag = record[2 : 2 + record[1]].lower()
    owners = [owner for owner in _OWNERS if owner not in world.aliases and (owner in world.sets or tag == b"issue")]
    assume(owners)
    # The set that decides is the place where it matters most.
    if result.found_at is not None and result.found_at.text in owners and data.draw(st.booleans()):
        owners = [result.found_at.text]
    changed = _check(world.also(data.draw(st.sampled_from(owners)), record), question)
    assert changed.verdict is not Verdict.PASS


@given(worlds(), _QUESTIONS, st.sampled_from(_LEVELS), st.sampled_from(get_args(FailureKind)))
def test_a_failure_never_permits(world: World, question: dict[str, Any], owner: str, kind: FailureKind) -> None:
    """A failure at any level turns nothing into a PASS; at a level that was used it makes one not known (C14, R137)."""
    before = _check(world, question)
    after = _check(attrs.evolve(world, fails={**world.fails, owner: kind}), question)
    if before.verdict in _NOT_PASS:
        assert after.verdict in _NOT_PASS
    used = [each for each in _LEVELS if before.found_at is None or len(each) >= len(before.found_at.text)]
    base = str(question["name"]).removeprefix("*.")
    if owner in used and parse_domain(base).is_subdomain_of(parse_domain(owner)) and before.verdict is Verdict.PASS:
        assert after.verdict is Verdict.INCOMPLETE
        assert after.found_at is None


@given(worlds(), _QUESTIONS, st.sampled_from(get_args(FailureKind)))
def test_a_failing_probe_never_permits(world: World, question: dict[str, Any], kind: FailureKind) -> None:
    """Without a good probe nothing passes, and nothing that was refused passes (C16)."""
    zone = world.zone()
    zone.fail(".", "SOA", kind)
    result = run(caa_plan(issuers=["ca.example"], **question), zone, deadline=_LONG)
    assert result.verdict in _NOT_PASS


@given(worlds(), _QUESTIONS, st.data())
def test_missing_observations_never_permit(world: World, question: dict[str, Any], data: st.DataObject) -> None:
    """Evidence with holes turns nothing into a PASS; what is missing is "dns.lookup-not-recorded" (R138)."""
    result = _check(world, question)
    kept = [each for each in result.observations if data.draw(st.booleans())]
    again = replay(result.plan, Seen(kept))
    if result.verdict in _NOT_PASS:
        assert again.verdict in _NOT_PASS
    if not kept:
        assert "dns.lookup-not-recorded" in codes_of(again)
    if again.verdict is Verdict.PASS:
        assert (again.verdict, again.found_at) == (result.verdict, result.found_at)


# --- what can never matter


@given(worlds(), _QUESTIONS, st.randoms(use_true_random=False))
def test_order_and_duplicates_of_records(world: World, question: dict[str, Any], chance: Any) -> None:
    """Order and duplicates of records change neither verdict nor findings."""

    def mixed(rdatas: tuple[bytes, ...]) -> tuple[bytes, ...]:
        doubled = [*rdatas, *chance.choices(rdatas, k=2)]
        chance.shuffle(doubled)
        return tuple(doubled)

    other = attrs.evolve(world, sets={owner: mixed(rdatas) for owner, rdatas in world.sets.items()})
    one, two = _check(world, question), _check(other, question)
    hide = {"dns.zone-data"}  # its place is the digest of the data
    assert [each for each in one.findings if each.code not in hide] == [
        each for each in two.findings if each.code not in hide
    ]
    assert one.found_at == two.found_at
    assert set(one.records) == set(two.records)


def _swapped(chance: Any, text: bytes) -> bytes:
    return bytes(octet ^ 0x20 if chr(octet).isalpha() and chance.random() < 0.5 else octet for octet in text)


@given(worlds(), _QUESTIONS, st.randoms(use_true_random=False))
def test_case_of_tags_issuers_and_owners(world: World, question: dict[str, Any], chance: Any) -> None:
    """Case of tags, of issuers in records and in arguments, and of names changes no verdict (C08, C19)."""

    def mixed(rdata: bytes) -> bytes:
        if len(rdata) < 2 or len(rdata) < 2 + rdata[1]:
            return rdata
        issuer, semicolon, rest = rdata[2 + rdata[1] :].partition(b";")
        return rdata[:2] + _swapped(chance, rdata[2 : 2 + rdata[1]]) + _swapped(chance, issuer) + semicolon + rest

    other = attrs.evolve(world, sets={owner: tuple(map(mixed, rdatas)) for owner, rdatas in world.sets.items()})
    turned = {**question, "name": _swapped(chance, question["name"].encode()).decode()}
    plan = caa_plan(issuers=[_swapped(chance, b"ca.example").decode()], **turned)
    one, two = _check(world, question), run(plan, other.zone(), deadline=_LONG)
    assert (one.verdict, one.found_at, codes_of(one)) == (two.verdict, two.found_at, codes_of(two))


@given(worlds(fails=False), _QUESTIONS, st.sampled_from(["cdn.test", "test"]), _SETS)
def test_parents_of_alias_targets(world: World, question: dict[str, Any], owner: str, records: list[bytes]) -> None:
    """What stands at a parent of an alias target, and at no name on the way, never matters (C05, R125)."""
    assume(owner not in world.aliases and owner not in world.sets)
    result = _check(world, question)
    targets = {name for each in result.findings if each.code.startswith("dns.alias") for name in each.saw}
    assume(owner not in targets)
    changed = _check(world.also(owner, *records), question)
    # A dangling target becomes one without records when its parent comes to exist, and so the note about it.
    dangling = {"dns.alias-dangling", "dns.alias-followed"}
    assert changed.verdict is result.verdict
    assert changed.found_at == result.found_at
    assert codes_of(changed) - dangling == codes_of(result) - dangling


@given(worlds(), _QUESTIONS, st.randoms(use_true_random=False))
def test_order_and_duplicates_of_observations(world: World, question: dict[str, Any], chance: Any) -> None:
    """Observations in any order, some given twice, lead to the same result, byte for byte (R139)."""
    result = _check(world, question)
    mixed = [*result.observations, *chance.choices(result.observations, k=2)]
    chance.shuffle(mixed)
    again = result.plan.step(Seen(mixed))
    assert again == result
    assert isinstance(again, CaaResult)
    assert again.to_json() == result.to_json()


@given(worlds(), _QUESTIONS)
def test_questions_are_bounded(world: World, question: dict[str, Any]) -> None:
    """A question for each level and the probe; after a failure its tries and a second look, and nothing else (R126)."""
    zone = world.zone()
    result = run(caa_plan(issuers=["ca.example"], **question), zone, deadline=_LONG)
    levels = len(parse_domain(str(question["name"]).removeprefix("*.")).labels)
    failed = any(each.code.startswith(("dns.lookup", "dns.alias-loop")) for each in result.findings)
    tries = question["policy"].net.tries
    # Aliases are followed by the zone; a target is asked for only where the chain in the answer ends early.
    assert len(zone.asked) <= levels + 1 + (tries - 1 + 1) * (1 + failed)
    assert len(set(zone.asked)) == len(zone.asked)
    assert DnsName.root() not in {each.name for each in zone.asked if each.rdtype == CAA}


# --- laws of one set


_APPLICANTS = st.builds(
    Applicant,
    issuers=st.just(frozenset({b"ca.example"})),
    accounts=st.sampled_from([frozenset(), frozenset({b"https://ca.example/1"})]),
    labels=st.sampled_from([None, frozenset({b"dns-01"})]),
    tag=st.sampled_from([b"issue", b"issuemail", b"issuevmc"]),
    wildcard=st.just(value=False),
)


def _judged(rdatas: list[bytes], applicant: Applicant, policy: CaaPolicy = BASELINE.caa) -> Verdict:
    return verdict_of(decide_set(rdatas, applicant, place="a.test", at=NOON, policy=policy))


@given(st.lists(_RECORDS | st.binary(max_size=40), min_size=1, max_size=6), _APPLICANTS)
def test_any_records_are_decided(rdatas: list[bytes], applicant: Applicant) -> None:
    """Any octets as records give PASS or FAIL, never a doubt and never a fault."""
    assert _judged(rdatas, applicant) in {Verdict.PASS, Verdict.FAIL}


@given(st.lists(_RECORDS, min_size=1, max_size=5), _APPLICANTS)
def test_binding_parameters_never_permit_more(rdatas: list[bytes], applicant: Applicant) -> None:
    """What passes with binding parameters passes with advisory ones; a stricter policy never permits more."""
    strict = CaaPolicy(rfc8657="binding", critical_bits=255)
    if _judged(rdatas, applicant, strict) is Verdict.PASS:
        assert _judged(rdatas, applicant) is Verdict.PASS
    tolerant = CaaPolicy(malformed_tag="tolerate")
    if _judged(rdatas, applicant) is Verdict.PASS:
        assert _judged(rdatas, applicant, tolerant) is Verdict.PASS


@settings(max_examples=300)
@given(
    st.lists(_RECORDS, min_size=1, max_size=4), st.lists(_OTHERS, min_size=1, max_size=3), st.booleans(), _APPLICANTS
)
def test_another_issuer_in_a_refusing_set(
    rdatas: list[bytes], others: list[bytes], wildcard: bool, applicant: Applicant
) -> None:
    """Whatever other issuers are named in a set that refuses, however alike their names: it refuses (C19)."""
    applicant = attrs.evolve(applicant, wildcard=wildcard and applicant.tag == b"issue")
    if _judged(rdatas, applicant) is Verdict.FAIL:
        assert _judged([*rdatas, *others], applicant) is Verdict.FAIL


@given(st.lists(_RECORDS, min_size=1, max_size=5), st.lists(_RECORDS, max_size=3), _APPLICANTS)
def test_only_a_record_that_names_this_issuer_permits(
    one: list[bytes], more: list[bytes], applicant: Applicant
) -> None:
    """Where a restricted set passes, some record names the issuer: without those records it refuses."""
    rdatas = [*one, *more]
    others = [each for each in rdatas if b"ca.example" not in each.lower()]
    restricted = any(each[2 : 2 + each[1]].lower() == applicant.tag for each in others if len(each) > 2)
    if restricted:
        assert _judged(others, applicant) is Verdict.FAIL


# --- failures as permission: the same laws, when the policy takes them as such

_PERMITTING = Policy(name="permits", caa=CaaPolicy(failure_permits=True, canary_zone="canary.test"))


def _insecure(world: World, *, signed: bool) -> Zone:
    """The world in unsigned zones below a signed root; `test` is signed or not; the canary resolves."""
    zone = world.zone()
    base = Zone("*.canary.test. 0 A 192.0.2.1", status="secure", clock=FixedClock(NOON))
    for top in ("example", "test"):
        base.load(f"{top}. SOA a. b. 1 2 3 4 5", status="secure" if signed and top == "test" else "unsigned")
    base.load("canary.test. SOA a. b. 1 2 3 4 5\n*.canary.test. 0 A 192.0.2.1", status="unsigned")
    base.put(
        ZoneRecord(DnsName(owner), rdtype, ttl, rdata)
        for kept in zone._zones.values()
        for owner, sets in kept.sets.items()
        for rdtype, found in sets.items()
        for ttl, rdata in found
    )
    for owner, kind in world.fails.items():
        base.fail(owner, "CAA", kind)
    base.fail("example", "DS", denial("example", "nsec"))
    base.fail("test", "DS", denial("test", "ds" if signed else "nsec"))
    return base


def _permitting(world: World, *, signed: bool) -> CaaResult:
    plan = caa_plan("www.shop.example", issuers=["ca.example"], policy=_PERMITTING, canary=CANARY)
    return run(plan, _insecure(world, signed=signed), deadline=_LONG)


@st.composite
def _failing(draw: st.DrawFn) -> World:
    """Worlds in which the first level fails: often with an alias behind the failure that the answer does not show."""
    world = draw(worlds())
    name = "www.shop.example"
    kind: FailureKind = draw(st.sampled_from(["servfail", "timeout", "refused", "lame", "bogus", "malformed"]))
    aliases = {owner: target for owner, target in world.aliases.items() if owner not in _LEVELS}
    if draw(st.booleans()):
        aliases[name] = draw(st.sampled_from(["host.cdn.test", "other.example"]))
    sets = {owner: records for owner, records in world.sets.items() if owner not in {name, *aliases}}
    if draw(st.booleans()):
        sets = {owner: records for owner, records in sets.items() if owner not in _LEVELS}
    return attrs.evolve(world, sets=sets, aliases=aliases, trees={}, fails={name: kind}, status="unsigned")


def _without(result: CaaResult, data: st.DataObject, most: int) -> list[Any]:
    """The observations of a result without one or a few of them."""
    gone = data.draw(st.sets(st.integers(0, len(result.observations) - 1), min_size=1, max_size=most))
    return [each for index, each in enumerate(result.observations) if index not in gone]


@settings(max_examples=200)
@given(_failing(), st.booleans(), st.data())
def test_missing_observations_never_permit_a_failure(world: World, signed: bool, data: st.DataObject) -> None:
    """With failures as permission, too, holes in the evidence turn nothing into a PASS (R138)."""
    result = _permitting(world, signed=signed)
    if result.verdict in _NOT_PASS:
        for most in (1, 4):
            assert replay(result.plan, Seen(_without(result, data, most))).verdict in _NOT_PASS


@settings(max_examples=200)
@given(_failing(), st.booleans())
def test_a_lost_answer_never_permits_a_failure(world: World, signed: bool) -> None:
    """An observation that was never received (our own side failed) turns nothing into a PASS (C14)."""
    result = _permitting(world, signed=signed)
    if result.verdict in _NOT_PASS:
        for index, each in enumerate(result.observations):
            for lost in (Failure.UNREACHABLE, Failure.DEADLINE):
                changed = list(result.observations)
                changed[index] = attrs.evolve(each, failure=lost, raw=b"")  # type: ignore[call-arg]
                assert replay(result.plan, Seen(changed)).verdict in _NOT_PASS


@given(_failing())
def test_failures_are_permitted_at_all(world: World) -> None:
    """The laws above speak of something: an excusable failure in unsigned zones, and nothing else, is permission."""
    bare = attrs.evolve(world, sets={}, aliases={})
    excusable = {"servfail", "timeout", "refused", "lame"}
    permitted = _permitting(bare, signed=False).verdict is Verdict.PASS
    assert permitted == (set(world.fails.values()) <= excusable)
    hidden = attrs.evolve(bare, aliases={"www.shop.example": "host.cdn.test"})
    assert (_permitting(hidden, signed=True).verdict is Verdict.PASS) is False
    assert (_permitting(hidden, signed=False).verdict is Verdict.PASS) == permitted


@settings(max_examples=200)
@given(worlds() | _failing(), st.booleans())
def test_permission_needs_every_condition(world: World, signed: bool) -> None:
    """A PASS by a failure states the canary and the proof; a bogus or malformed lookup is never in it (C15, R131)."""
    result = _permitting(world, signed=signed)
    codes = codes_of(result)
    if "caa.failure-permitted" in codes:
        assert {"dns.canary-found", "dns.insecure-proven"} <= codes
    if result.verdict is Verdict.PASS:
        assert not [code for code in codes if code.startswith("dns.lookup-")]
        assert result.expires_at is not None
        kinds = {each.saw[0] for each in result.findings if each.code == "caa.failure-permitted"}
        never = {"malformed", "bogus", "truncated", "stale", "filtered", "unreachable", "too-large", "deadline"}
        assert not kinds & {f"dns.lookup-{each}" for each in never}


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_every_failure_in_a_signed_zone_denies(kind: FailureKind) -> None:
    """A signed zone that drops, fails or refuses CAA questions denies, whatever the policy (C15, R137)."""
    world = World(fails={"host.cdn.test": kind}, aliases={"www.shop.example": "host.cdn.test"})
    zone = _insecure(world, signed=True)
    # The zone follows aliases by itself: the failing target is what the whole lookup shows.
    zone.fail("www.shop.example", "CAA", kind)
    plan = caa_plan("www.shop.example", issuers=["ca.example"], policy=_PERMITTING, canary=CANARY)
    assert run(plan, zone, deadline=_LONG).verdict is Verdict.INCOMPLETE
