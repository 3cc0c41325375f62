"""CAA: RDATA, the decision over one set, the caller's arguments, the plan and its evidence."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck import aio
from pkicheck.caa import CaaPlan, CaaResult, caa_plan, check_caa
from pkicheck.caa.check import caa_plan_from_json
from pkicheck.caa.decide import Applicant, decide_set
from pkicheck.caa.failure import canary_query
from pkicheck.caa.issuers import account_uris, issuer_names
from pkicheck.caa.records import KNOWN_TAGS, Malformed, Property, parse_rdata
from pkicheck.canon import digest, parse_json
from pkicheck.dnswire import CAA, SOA, build_response
from pkicheck.errors import InputError, Refused
from pkicheck.evidence import load
from pkicheck.findings import Finding, Verdict, verdict_of
from pkicheck.names import parse_domain, parse_name
from pkicheck.plans import Needs, run, run_many
from pkicheck.policy import BASELINE, CaaPolicy, Policy
from pkicheck.ports import DnsObservation, DnsQuery, Failure, Observation, Request, Seen
from pkicheck.results import combine
from pkicheck.testing import FixedClock, Zone
from tests.caa_cases import CANARY, NOON, codes_of, denial

_LONG = timedelta(seconds=20)


def rdata(tag: str, value: str, flags: int = 0) -> bytes:
    """The RDATA of a property."""
    return bytes((flags, len(tag))) + tag.encode() + value.encode("latin-1")


def decided(
    *rdatas: bytes,
    tag: str = "issue",
    wildcard: bool = False,
    accounts: Sequence[str] = (),
    labels: Sequence[str] | None = None,
    at: datetime = NOON,
    policy: CaaPolicy = BASELINE.caa,
) -> tuple[Finding, ...]:
    """The findings of a set for the issuer ca.example."""
    applicant = Applicant(
        issuers=frozenset({b"ca.example"}),
        accounts=frozenset(each.encode() for each in accounts),
        labels=None if labels is None else frozenset(each.encode() for each in labels),
        tag=tag.encode(),
        wildcard=wildcard,
    )
    return decide_set(rdatas, applicant, place="shop.example", at=at, policy=policy)


def _codes(*rdatas: bytes, **more: Any) -> set[str]:
    return {each.code for each in decided(*rdatas, **more)}


# --- RDATA


@given(st.binary(max_size=300))
def test_rdata_is_read_octet_by_octet(data: bytes) -> None:
    """Any octets are a property, written back as they came, or malformed, kept as they came (RFC 8659 §4.1)."""
    record = parse_rdata(data)
    if isinstance(record, Malformed):
        assert record.rdata == data
        assert record.why
        assert len(data) < 2 or data[1] == 0 or len(data) < 2 + data[1]
    else:
        assert bytes((record.flags, len(record.tag))) + record.tag + record.value == data
        assert record.name == record.tag.lower()
        alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        assert record.well_formed == (not record.tag.translate(None, alphabet))


def test_known_tags_are_well_formed() -> None:
    """What is understood is spelled in lower case letters."""
    assert all(tag.isalpha() and tag.islower() for tag in KNOWN_TAGS)
    assert parse_rdata(b"\0\5issue") == Property(0, b"issue", b"", b"issue", True)


def test_every_malformed_shape_has_its_words() -> None:
    """Too short, without a tag, with a tag that goes on: three reasons."""
    whys = {
        record.why for record in map(parse_rdata, (b"", b"\0", b"\0\0", b"\0\6issue")) if isinstance(record, Malformed)
    }
    assert len(whys) == 3


# --- the decision over a set


def test_the_evidence_keeps_the_spelling() -> None:
    """Tags compare without case; findings and records keep what stood there (C08)."""
    findings = decided(rdata("IsSuE", "CA.example"))
    assert [each.code for each in findings] == ["caa.authorised"]
    assert findings[0].saw == ("0 IsSuE CA.example",)
    result = check_caa("a.test", issuers={"ca.example"}, resolver=Zone('a.test. CAA 1 IsSuE "CA.example"'))
    assert result.records == ((1, b"IsSuE", b"CA.example"),)


@pytest.mark.parametrize("spelling", ["issue", "ISSUE", "Issue", "iSSUE"])
@pytest.mark.parametrize("wildcard", [False, True])
def test_every_spelling_of_a_tag_behaves_alike(spelling: str, wildcard: bool) -> None:
    """Each mixture of case on each tag gives the same verdict (C08)."""
    for tag in ("issue", "issuewild", "iodef", "issuemail"):
        mixed = spelling[: len(tag)] + tag[len(spelling) :] if tag.startswith("issue") else tag.swapcase()
        for value in ("ca.example", "other.example", ";"):
            plain = decided(rdata(tag, value), wildcard=wildcard)
            assert verdict_of(decided(rdata(mixed, value), wildcard=wildcard)) is verdict_of(plain)


@pytest.mark.parametrize(
    ("tag", "wildcard", "restricting"),
    [
        ("issue", False, {"issue"}),
        ("issue", True, {"issue", "issuewild"}),
        ("issuemail", False, {"issuemail"}),
        ("issuevmc", False, {"issuevmc"}),
    ],
)
def test_which_properties_restrict_what(tag: str, wildcard: bool, restricting: set[str]) -> None:
    """TLS: issue, and issuewild for wildcards; mail: issuemail; marks: issuevmc; nothing else (R042)."""
    every = ["issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone", "unknown"]
    found = {each for each in every if "caa.issuance-forbidden" in _codes(rdata(each, ";"), tag=tag, wildcard=wildcard)}
    assert found == restricting


def test_the_reason_says_what_to_change() -> None:
    """Of several reasons the one that says most is given: account, then method, then malformed parameters."""
    binding = CaaPolicy(rfc8657="binding")
    account = rdata("issue", "ca.example; accounturi=https://ca.example/2")
    method = rdata("issue", "ca.example; validationmethods=dns-01")
    broken = rdata("issue", "ca.example; accounturi=x")
    other = rdata("issue", "other.example")
    given: dict[str, Any] = {"accounts": ["https://ca.example/1"], "labels": ["http-01"], "policy": binding}
    assert "caa.account-not-listed" in _codes(account, method, broken, other, **given)
    assert "caa.method-not-listed" in _codes(method, broken, other, **given)
    assert "caa.parameters-malformed" in _codes(broken, other, **given)
    assert "caa.issuer-not-listed" in _codes(other, **given)
    refusals = [each for each in decided(account, method, broken, other, **given) if each.level.value == "refusal"]
    assert [each.expected for each in refusals] == ["https://ca.example/1"]
    refusals = [each for each in decided(method, **given) if each.level.value == "refusal"]
    assert [each.expected for each in refusals] == ["http-01"]


@pytest.mark.parametrize("uri", ["a:b", "acct:1@ca.example", "https://ca.example/1", "a+b-c.1:x", "URN:x"])
def test_account_uris_of_records(uri: str) -> None:
    """A scheme, a colon and something behind it: a URI (RFC 3986 §3.1)."""
    record = rdata("issue", f"ca.example; accounturi={uri}")
    binding = CaaPolicy(rfc8657="binding")
    assert "caa.account-other" in _codes(record, accounts=["https://x/1"], policy=binding)
    assert _codes(record, accounts=[uri], policy=binding) == {"caa.authorised"}


@pytest.mark.parametrize("text", ["x", ":x", "1a:x", "a:", "-a:x", "+:x", "a_b:x", "//x:1"])
def test_what_is_no_account_uri(text: str) -> None:
    """Without a scheme, or without anything behind it: satisfied by nobody, not even by that text (RFC 8657 §3)."""
    record = rdata("issue", f"ca.example; accounturi={text}")
    codes = _codes(record, accounts=[text], policy=CaaPolicy(rfc8657="binding"))
    assert codes == {"caa.account-malformed", "caa.parameters-malformed"}


@pytest.mark.parametrize("named", ["", "dns-01", "dns-01,http-01", "x,y,z", "0", "-"])
def test_method_lists_of_records(named: str) -> None:
    """Labels of letters, digits and hyphens, joined by commas; none at all names none (RFC 8657 §4)."""
    record = rdata("issue", f"ca.example; validationmethods={named}")
    codes = _codes(record, labels=["dns-01"], policy=CaaPolicy(rfc8657="binding"))
    assert ("caa.authorised" in codes) == ("dns-01" in named)
    assert "caa.methods-malformed" not in codes


@pytest.mark.parametrize("named", [",", "dns-01,", ",dns-01", "dns-01,,x", "dns_01", "dns-01.", "dns-01=x"])
def test_what_is_no_method_list(named: str) -> None:
    """Empty labels and other octets break the list: satisfied by nobody (RFC 8657 §4)."""
    record = rdata("issue", f"ca.example; validationmethods={named}")
    codes = _codes(record, labels=["dns-01"], policy=CaaPolicy(rfc8657="binding"))
    assert codes == {"caa.methods-malformed", "caa.parameters-malformed"}


def test_advice_is_judged_at_its_moment() -> None:
    """`dated` follows the day, `binding` does not (BR 4.2.2.1.2)."""
    record = rdata("issue", "ca.example; accounturi=https://ca.example/2")
    later = NOON + timedelta(days=200)
    assert "caa.parameters-advisory" in _codes(record)
    assert "caa.account-not-listed" in _codes(record, at=later)
    assert "caa.account-not-listed" in _codes(record, policy=CaaPolicy(rfc8657="binding"))


def test_a_thousand_records_make_few_findings() -> None:
    """Findings gather records of one kind and count them; texts are bounded (C22)."""
    findings = decided(*(rdata("issue", f"ca{number}.example") for number in range(1000)))
    assert len(findings) < 5
    assert sum(len(each.saw) + each.more for each in findings if each.code == "caa.issuer-other") == 1000


# --- the caller's arguments


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"ca.example"}, ("ca.example",)),
        (["CA.example", "ca.EXAMPLE"], ("ca.example",)),
        (("b.test", "a.test"), ("a.test", "b.test")),
        (["münchen.example"], ("xn--mnchen-3ya.example",)),
        (["MÜNCHEN.example", "xn--MNCHEN-3ya.example"], ("xn--mnchen-3ya.example",)),
        (["faß.example"], ("xn--fa-hia.example",)),
        (["localca"], ("localca",)),
    ],
)
def test_issuer_names(given: Any, names: tuple[str, ...]) -> None:
    """A finite list: A-labels in lower case, sorted, each once (C19)."""
    assert issuer_names(given) == names


@pytest.mark.parametrize(
    "given",
    [
        [],
        (),
        "ca.example",
        b"ca.example",
        [b"ca.example"],
        [None],
        [""],
        [" "],
        ["*.ca.example"],
        ["ca.*"],
        ["ca.example."],
        [".ca.example"],
        [" ca.example"],
        ["ca.example;"],
        ["ca.example; a=1"],
        ["ca..example"],
        ["-ca.example"],
        ["ca_x.example"],
        ["ca.example\0"],
        ["ca.example\n"],
        ["https://ca.example"],
        ["ca.example", ""],
        ["é\u0301\u200b.example\x00"],
        ["\u2028.example"],
        ["a" * 64 + "é.example"],
        ["a." * 127 + "ab"],
        [f"ca{number}.example" for number in range(1001)],
    ],
)
def test_what_is_no_list_of_issuers(given: Any) -> None:
    """A pattern, an empty list, one text, or a name outside the grammar is an InputError that says issuers (C19)."""
    with pytest.raises(InputError, match="issuers"):
        issuer_names(given)


def test_issuers_and_accounts_of_the_largest_size() -> None:
    """A thousand are taken; names of 253 octets too."""
    assert len(issuer_names([f"ca{number}.example" for number in range(1000)])) == 1000
    assert issuer_names(["a." * 126 + "a"])
    assert account_uris([f"a:{number}" for number in range(1000)])


def test_account_uris() -> None:
    """Spellings of an account are kept as they are, sorted, each once; none at all is none."""
    assert account_uris([]) == ()
    assert account_uris(["b:1", "a:1", "b:1", "A:1"]) == ("A:1", "a:1", "b:1")


@pytest.mark.parametrize("given", ["a:1", [""], ["x"], ["a: b"], ["a:b;c"], ["a:\u00e9"], ["a:\x7f"], [1], ["a:b\n"]])
def test_what_is_no_account(given: Any) -> None:
    """What no accounturi parameter can hold is an InputError that says accounts."""
    with pytest.raises(InputError, match="accounts"):
        account_uris(given)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "not a name"}, "not a name"),
        ({"name": "com"}, "one label"),
        ({"name": "shop.example."}, "shop"),
        ({"name": 7}, "name"),
        ({"name": b"shop.example"}, "name"),
        ({"issuers": []}, "issuers"),
        ({"purpose": "code"}, "purpose"),
        ({"purpose": None}, "purpose"),
        ({"purpose": []}, "purpose"),
        ({"name": "*.shop.example", "purpose": "smime"}, "wildcard"),
        ({"name": "*.shop.example", "purpose": "vmc"}, "wildcard"),
        ({"method": "http-99"}, "http-99"),
        ({"at": datetime(2026, 1, 1)}, "at"),
        ({"accounts": "a:1"}, "accounts"),
        ({"policy": None}, "policy"),
        ({"policy": Policy(name="p", caa=CaaPolicy(failure_permits=True, canary_zone="c.test"))}, "canary"),
    ],
)
def test_wrong_arguments(changes: dict[str, Any], words: str) -> None:
    """Each wrong argument is an InputError that names it, before anything is asked."""
    zone = Zone()
    arguments: dict[str, Any] = {"name": "shop.example", "issuers": ["ca.example"], **changes}
    name = arguments.pop("name")
    with pytest.raises(InputError, match=words):
        check_caa(name, resolver=zone, **arguments)
    assert zone.asked == []


@pytest.mark.parametrize("canary", ["", "short", "a" * 15, "a" * 64, "a-b" * 8, "a.b" * 8, "é" * 16])
def test_canary_labels(canary: str) -> None:
    """The canary's label is 16 to 63 letters and digits."""
    policy = Policy(name="p", caa=CaaPolicy(failure_permits=True, canary_zone="c.test"))
    with pytest.raises(InputError, match="canary"):
        caa_plan("shop.example", issuers=["ca.example"], policy=policy, canary=canary)
    assert caa_plan("shop.example", issuers=["ca.example"], policy=policy, canary="A" * 16).canary == "a" * 16
    assert caa_plan("shop.example", issuers=["ca.example"], canary="ignored").canary == ""


@pytest.mark.parametrize("zone", ["not a zone", "192.0.2.1", "a..b", "a" * 250 + ".test"])
def test_canary_zones(zone: str) -> None:
    """A canary zone that is no domain name is an InputError of the policy."""
    policy = Policy(name="p", caa=CaaPolicy(failure_permits=True, canary_zone=zone))
    with pytest.raises(InputError, match="canary_zone"):
        canary_query(policy, CANARY)


def test_the_canary_is_one_name() -> None:
    """The label makes a plain name under the zone, never a wildcard name."""
    policy = Policy(name="p", caa=CaaPolicy(failure_permits=True, canary_zone="canary.test"))
    assert canary_query(policy, CANARY).name.text == f"{CANARY}.canary.test"
    with pytest.raises(InputError, match="must be a domain name"):
        canary_query(policy, "*")


def test_entry_points_have_the_same_parameters() -> None:
    """Blocking and asynchronous check take the same arguments (C21)."""
    blocking, asynchronous = (inspect.signature(each).parameters for each in (check_caa, aio.check_caa))
    assert list(blocking) == list(asynchronous)
    assert {name: each.default for name, each in blocking.items()} == {
        name: each.default for name, each in asynchronous.items()
    }
    plan = inspect.signature(caa_plan).parameters
    assert set(blocking) - set(plan) == {"resolver", "deadline", "record"}


def test_names_may_be_parsed_already() -> None:
    """A parsed name and its text are the same question."""
    for text in ("shop.example", "*.shop.example", "192.0.2.1", "2001:db8::1"):
        assert caa_plan(text, issuers=["ca.example"]) == caa_plan(parse_name(text), issuers=["ca.example"])
    assert caa_plan("192.0.2.1", issuers=["ca.example"]).name == ip_address("192.0.2.1")


# --- the plan


def test_all_levels_go_out_at_once() -> None:
    """The first step asks for every level and the probe in one batch; the root only by the probe (R126)."""
    needs = caa_plan("www.shop.example", issuers=["ca.example"]).step(Seen())
    assert isinstance(needs, Needs)
    asked = [(each.name.text, each.rdtype, each.role) for each in needs.requests if isinstance(each, DnsQuery)]
    assert sorted(set(asked)) == [
        (".", SOA, "probe"),
        ("example", CAA, "answer"),
        ("shop.example", CAA, "answer"),
        ("www.shop.example", CAA, "answer"),
    ]


def test_nothing_is_decided_without_the_probe() -> None:
    """Every level seen and the probe not: the probe is asked for, whatever the levels say (C16)."""
    for text in (
        'shop.example. CAA 0 issue ";"',
        'shop.example. CAA 0 issue "ca.example"',
        "shop.example. A 192.0.2.1",
    ):
        result = check_caa("shop.example", issuers=["ca.example"], resolver=Zone(text, clock=FixedClock(NOON)))
        kept = [each for each in _dns(result.observations) if each.request.role != "probe"]
        needs = result.plan.step(Seen(kept))
        assert isinstance(needs, Needs)
        assert [each.role for each in needs.requests if isinstance(each, DnsQuery)] == ["probe"]
        assert len(needs.requests) == 1


def test_rounds() -> None:
    """An ordinary climb takes one round; each failing try one more."""

    class Counting(Zone):
        rounds = 0

        def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            self.rounds += 1
            return super().exchange(batch, within=within)

    zone = Counting('example. CAA 0 issue "ca.example"')
    check_caa("a.b.c.d.example", issuers=["ca.example"], resolver=zone)
    assert zone.rounds == 1
    zone = Counting()
    zone.fail("a.example", "CAA", "timeout")
    check_caa("a.example", issuers=["ca.example"], resolver=zone)
    assert zone.rounds == 3


def test_the_plan_is_a_value() -> None:
    """Equal questions are equal plans; a plan crosses processes (C20, R139)."""
    plan = caa_plan("*.shop.example", issuers=["b.test", "A.test"], accounts=["a:1"], method="dns-01", at=NOON)
    assert plan == caa_plan("*.SHOP.example", issuers=("a.test", "B.test"), accounts=["a:1"], method="dns-01", at=NOON)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert hash(plan) == hash(pickle.loads(pickle.dumps(plan)))
    east = timezone(timedelta(hours=5))
    assert caa_plan("a.test", issuers=["x"], at=NOON.astimezone(east)) == caa_plan("a.test", issuers=["x"], at=NOON)


def test_the_deadline_is_an_outcome() -> None:
    """What is not answered when the time is over is seen as such, and is no permission: "dns.lookup-deadline" (C14)."""
    clock = FixedClock(NOON)

    class Slow(Zone):
        def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            clock.advance(timedelta(seconds=3))
            return super().exchange(batch, within=within)

    zone = Slow('shop.example. CAA 0 issue "ca.example"', clock=clock)
    zone.fail("www.shop.example", "CAA", "timeout")
    result = check_caa("www.shop.example", issuers=["ca.example"], resolver=zone, deadline=timedelta(seconds=5))
    assert result.verdict is Verdict.INCOMPLETE
    assert "dns.lookup-deadline" in codes_of(result)
    assert any(each.failure is Failure.DEADLINE for each in result.observations)
    assert load(result.to_json()).replay().same


def test_every_observation_goes_to_the_recorder() -> None:
    """Tries that led nowhere are recorded as they come, in the order asked (R138)."""
    zone = Zone(clock=FixedClock(NOON))
    zone.fail("shop.example", "CAA", "servfail")
    seen: list[Observation] = []
    result = check_caa("shop.example", issuers=["ca.example"], resolver=zone, record=seen.append)
    assert [each.request for each in _dns(seen)] == zone.asked
    assert sorted(map(repr, seen)) == sorted(map(repr, result.observations))
    assert len(seen) == 6


def test_many_failing_levels_of_the_longest_name() -> None:
    """The longest name, every level of it failing, comes to an end as not known, within bounded questions (C07)."""
    name = "a." * 126 + "a"
    zone = Zone(clock=FixedClock(NOON))
    for level in parse_domain(name).climb():
        zone.fail(level.text, "CAA", "servfail")
    result = check_caa(name, issuers=["ca.example"], resolver=zone)
    assert result.verdict is Verdict.INCOMPLETE
    assert len(zone.asked) == 127 + 1 + 2 + 1


def test_many_failing_levels_as_permission() -> None:
    """Failures at each of 34 levels, each of them permission, end in a result: our own side is not broken (C07)."""
    policy = Policy(
        name="p",
        caa=CaaPolicy(failure_permits=True, canary_zone="canary.test"),
        net=attrs.evolve(BASELINE.net, tries=10),
    )
    name = "a." * 33 + "a"
    zone = Zone("*.canary.test. 0 A 192.0.2.1", status="secure", clock=FixedClock(NOON))
    zone.load("a. SOA a. b. 1 2 3 4 5", status="unsigned")
    zone.fail("a", "DS", denial("a", "nsec"))
    for level in parse_domain(name).climb():
        zone.fail(level.text, "CAA", "servfail")
    result = check_caa(name, issuers=["ca.example"], resolver=zone, policy=policy, canary=CANARY)
    assert result.verdict is Verdict.PASS


# --- evidence


def _result(**more: Any) -> CaaResult:
    return check_caa(
        "www.shop.example",
        issuers=["ca.example"],
        resolver=Zone('shop.example. CAA 0 issue "ca.example"', clock=FixedClock(NOON)),
        **more,
    )


def test_the_question_reads_itself_back() -> None:
    """`asked` and its documents give the same plan (R138)."""
    plan = caa_plan("*.shop.example", issuers=["ca.example", "b.test"], accounts=["a:1"], method="dns-01", at=NOON)
    documents = {digest(each): each for each in plan.documents()}
    assert caa_plan_from_json(plan.asked(), documents, None) == plan
    other = caa_plan_from_json(plan.asked(), documents, NOON + timedelta(days=1))
    assert other == attrs.evolve(plan, at=NOON + timedelta(days=1))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "not a name"},
        {"purpose": "none"},
        {"purpose": ["tls"]},
        {"accounts": "a:1"},
        {"accounts": [1]},
        {"accounts": {"a": 1}},
        {"method": "none"},
        {"at": "noon"},
        {"issuers": "00"},
        {"policy": "00"},
        {"extra": 1},
    ],
)
def test_a_question_of_another_shape(change: dict[str, Any]) -> None:
    """A question that was tampered with is an InputError, never another question (C20)."""
    plan = _result().plan
    documents = {digest(each): each for each in plan.documents()}
    with pytest.raises(InputError):
        caa_plan_from_json({**plan.asked(), **change}, documents, None)
    missing = plan.asked()
    missing.pop(next(iter(change)), None)
    missing.pop("canary")
    with pytest.raises(InputError, match="exactly the fields"):
        caa_plan_from_json(missing, documents, None)


def test_issuers_that_are_no_list() -> None:
    """A document of issuers that holds something else is refused."""
    plan = _result().plan
    documents = {digest(each): each for each in (*plan.documents(), b'"ca.example"')}
    with pytest.raises(InputError, match="lists"):
        caa_plan_from_json({**plan.asked(), "issuers": digest(b'"ca.example"')}, documents, None)


def test_an_altered_verdict_is_noticed() -> None:
    """The stored verdict is worth nothing: it is derived again, and the records decide (C20)."""
    refused = check_caa("shop.example", issuers=["x"], resolver=Zone('shop.example. CAA 0 issue "ca.example"'))
    line = refused.to_json()
    with pytest.raises(InputError, match="verdict"):
        load(line.replace(b'"verdict":"fail"', b'"verdict":"pass"'))
    kept = parse_json(line)
    assert isinstance(kept, dict)
    assert load(line).replay().result.verdict is Verdict.FAIL


def test_two_evaluations_agree_byte_for_byte() -> None:
    """The same observations give the same evidence, byte for byte (R139)."""
    result = _result()
    again = result.plan.step(Seen(reversed(result.observations)))
    assert isinstance(again, CaaResult)
    assert again.to_json() == result.to_json()


def test_a_thousand_records_replay() -> None:
    """A thousand evidence records reproduce their verdicts; a rule change shows its delta (R136)."""
    text = "".join(f'n{number}.test. CAA 0 issue "ca{number % 3}.example"\n' for number in range(250))
    text += "".join(f'm{number}.test. CAA 0 issue "ca.example; accounturi=a:{number % 2}"\n' for number in range(250))
    zone = Zone(text, clock=FixedClock(NOON))
    names = [f"{kind}{number}.test" for number in range(250) for kind in ("n", "m", "x", "www.n")]
    plans = [caa_plan(name, issuers=["ca.example", "ca1.example"], accounts=["a:1"]) for name in names]
    lines = [result.to_json() for _, result in run_many(plans, zone)]
    assert len(lines) == 1000
    replays = [load(line).replay() for line in lines]
    assert all(each.same for each in replays)
    later = [load(line).replay(at=NOON + timedelta(days=365)) for line in lines]
    assert sum(each.verdict_changed for each in later) == 125


def test_evidence_of_a_single_label() -> None:
    """What can be asked can be replayed."""
    result = check_caa(parse_domain("example"), issuers=["ca.example"], resolver=Zone(clock=FixedClock(NOON)))
    assert load(result.to_json()).replay().same


# --- the result


def test_a_result_is_not_a_truth_value() -> None:
    """`if result:` is an error; `.require()` gives the result or raises (habit 1)."""
    result = _result()
    with pytest.raises(TypeError, match="require"):
        bool(result)
    assert result.require() is result
    refused = check_caa("a.test", issuers=["x"], resolver=Zone('a.test. CAA 0 issue ";"'))
    with pytest.raises(Refused, match="CAA for a.test: FAIL: caa.issuance-forbidden"):
        refused.require()


def test_a_certificate_is_the_worst_of_its_names() -> None:
    """Names are combined: one refused name refuses, one unknown name leaves it unknown (C02, C10, R105)."""
    zone = Zone('a.test. CAA 0 issue ";"\nb.test. CAA 0 issue "ca.example"\nb.test. CAA 0 issuewild ";"\n')
    zone.fail("c.test", "CAA", "timeout")
    plans = {
        name: caa_plan(name, issuers=["ca.example"]) for name in ("a.test", "b.test", "*.b.test", "c.test", "d.test")
    }
    results = {name: run(plan, zone, deadline=_LONG) for name, plan in plans.items()}
    assert combine([results["b.test"], results["d.test"]]) is Verdict.PASS
    assert combine([results["b.test"], results["c.test"]]) is Verdict.INCOMPLETE
    assert combine([results["c.test"], results["b.test"], results["*.b.test"]]) is Verdict.FAIL
    assert combine([results["a.test"], results["c.test"]]) is Verdict.FAIL


def test_records_of_a_result_are_as_received() -> None:
    """Malformed records are kept too: with an empty tag and all their octets (R138)."""
    zone = Zone('a.test. CAA 0 issue "x"')
    zone.add_raw("a.test", "CAA", b"\0\0y")
    result = check_caa("a.test", issuers=["ca.example"], resolver=zone)
    assert sorted(result.records) == [(0, b"", b"\0\0y"), (0, b"issue", b"x")]
    assert check_caa("b.test", issuers=["ca.example"], resolver=zone).records == ()


def _dns(observations: Sequence[Observation]) -> list[DnsObservation]:
    return [each for each in observations if isinstance(each, DnsObservation)]


def test_observations_of_another_question_do_not_matter() -> None:
    """What was seen of other names neither permits nor forbids (role confusion between observations)."""
    permit = Zone('shop.example. CAA 0 issue "ca.example"', clock=FixedClock(NOON))
    forbid = Zone('shop.example. CAA 0 issue ";"', clock=FixedClock(NOON))
    plan = caa_plan("www.shop.example", issuers=["ca.example"])
    others = [caa_plan(name, issuers=["ca.example"]) for name in ("www.else.test", "x.www.shop.test")]
    stray = [each for other in others for each in run(other, permit, deadline=_LONG).observations]
    result = run(plan, forbid, deadline=_LONG)
    mixed = plan.step(Seen([*stray, *result.observations]))
    assert isinstance(mixed, CaaResult)
    assert mixed.verdict is result.verdict
    # An answer put under another question's name is malformed there: the echoed question gives it away.
    asked = DnsQuery(name=parse_domain("www.shop.example"), rdtype=CAA)
    permits = run(caa_plan("shop.example", issuers=["ca.example"]), permit, deadline=_LONG)
    swapped = [
        attrs.evolve(each, request=asked)
        for each in _dns(permits.observations)
        if each.request.name.text == "shop.example"
    ]
    mixed = plan.step(Seen([*swapped, *(each for each in _dns(result.observations) if each.request != asked)]))
    assert not (isinstance(mixed, CaaResult) and mixed.verdict is Verdict.PASS)


def test_doubled_observations_do_not_matter() -> None:
    """Of two observations of one question the earlier counts, in whatever order they come (role confusion)."""
    plan = caa_plan("shop.example", issuers=["ca.example"])
    forbid = run(plan, Zone('shop.example. CAA 0 issue ";"', clock=FixedClock(NOON)), deadline=_LONG)
    later = NOON + timedelta(seconds=1)
    permit = run(plan, Zone('shop.example. CAA 0 issue "ca.example"', clock=FixedClock(later)), deadline=_LONG)
    for order in ([*forbid.observations, *permit.observations], [*permit.observations, *forbid.observations]):
        mixed = plan.step(Seen(order))
        assert isinstance(mixed, CaaResult)
        assert mixed.verdict is Verdict.FAIL


def test_the_largest_answer_there_is() -> None:
    """65,535 octets of records are read and decided in bounded time (C22)."""
    wire = parse_domain("a.test").wire
    record = (wire, CAA, 300, rdata("issue", "x"))
    raw = build_response(wire, CAA, answer=(record,) * ((65535 - 60) // 20))
    assert len(raw) > 65400
    zone = Zone()
    zone.fail("a.test", "CAA", raw)
    result = check_caa("a.test", issuers=["ca.example"], resolver=zone)
    assert codes_of(result) >= {"caa.issuer-not-listed"}
    assert len(result.findings) < 6
    assert isinstance(result.plan, CaaPlan)
