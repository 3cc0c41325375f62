"""Binding: the key of a request and nothing else, whatever it says; the registry; the identity."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.canon import canonical, digest
from pkicheck.codes import Level
from pkicheck.csr import (
    LARGEST,
    REGISTRY,
    Binding,
    BindResult,
    Identity,
    bind_csr,
    bind_plan,
    bind_plan_from_json,
    binding_from_json,
    binding_json,
    difference,
    identity_from_json,
    identity_json,
    issuer_from_json,
    issuer_json,
    load,
)
from pkicheck.errors import InputError, Refused
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Verdict
from pkicheck.issuerkey import KeyAlias
from pkicheck.keys import inspect_key
from pkicheck.lists import PackagedLists, RootZone, packaged
from pkicheck.namecheck import ROOT_ZONE
from pkicheck.names import parse_domain, parse_name
from pkicheck.plans import Needs, replay, run
from pkicheck.policy import BASELINE, PRIVATE
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request, Seen
from pkicheck.testing import FixedClock
from tests import derkit, keykit
from tests.csrkit import (
    AT,
    CN,
    DAY,
    NAMES,
    PINS,
    Info,
    alternative_names,
    attribute,
    bind,
    ca,
    extension_request,
    identity,
    registry,
    request,
    spki,
)
from tests.derkit import element, extension, name, octets, oid, sequence

CLEAN = request(Info(subject=sequence()))


def codes(result: BindResult, level: Level | None = None) -> list[str]:
    """The codes of a result, of one level or of all."""
    return [each.code for each in result.findings if level in (None, each.level)]


def refusals(result: BindResult) -> list[str]:
    """The codes of the refusals."""
    return codes(result, Level.REFUSAL)


# -- taint: nothing but the key comes through

STRINGS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
SUBJECTS = st.lists(
    st.tuples(st.sampled_from([CN, "2.5.4.10", "2.5.4.11", "1.2.840.113549.1.9.1"]), st.just(0x0C), STRINGS), max_size=4
).map(lambda parts: name(*parts))
NAMED = st.lists(
    st.one_of(
        st.sampled_from(["evil.com", "*.evil.com", "8.8.8.8", *NAMES]),
        st.binary(max_size=20).map(lambda raw: element(0x82, raw)),
        st.binary(max_size=20).map(lambda raw: element(0x81, raw)),
    ),
    max_size=5,
)
EXTRAS = st.lists(
    st.sampled_from(
        [
            derkit.BASIC,
            derkit.EKU_SERVER,
            extension("2.5.29.15", element(0x03, b"\x01\x06"), critical=True),
            extension("1.2.3.4", octets(b"anything")),
        ]
    ),
    max_size=3,
    unique=True,
)


@settings(max_examples=60, deadline=None)
@given(SUBJECTS, NAMED, EXTRAS, st.booleans())
def test_taint(subject: bytes, named: list[str | bytes], extras: list[bytes], attributed: bool) -> None:
    """Vary everything outside of the key: the binding differs in nothing but the request's digest (K01, R103, R003).

    A name that is ours is among the claims, or the request counts as that of another order.
    """
    extensions = [alternative_names("shop.com", *named), *extras]
    attributes = [extension_request(*extensions)]
    if attributed:
        attributes.append(attribute("1.2.840.113549.1.9.2", element(0x0C, b"anything")))
    tainted = bind(request(Info(subject=subject, attributes=attributes))).require().binding
    plain = bind(CLEAN).require().binding
    assert attrs.evolve(tainted, csr_sha256=plain.csr_sha256) == plain
    assert tainted.csr_sha256 != plain.csr_sha256 or (not named and not extras)
    assert tainted.to_crmf() == plain.to_crmf()


def test_the_octets_of_the_key_are_those_of_the_request() -> None:
    """The SubjectPublicKeyInfo is the slice of the request, for every type of key that is admitted (K01)."""
    for which in ("rsa", "p256", "p384", "p521"):
        binding = bind(request(Info(key=spki(which)), which)).binding
        assert binding.spki == spki(which)
        assert binding.spki_sha256 == digest(spki(which))


# -- names: each by itself


def many(count: int, bad: str, at: int) -> Identity:
    """An identity with so many names, a bad one among them."""
    names = [f"www{index}.shop.com" for index in range(count - 1)]
    names.insert(at, bad)
    return identity(*names)


BARE = request(Info(subject=sequence(), attributes=()))


@pytest.mark.parametrize(("count", "step"), [(1, 1), (2, 1), (3, 1), (10, 1), (100, 9), (500, 83)])
def test_one_bad_name_at_each_place(count: int, step: int) -> None:
    """The bad name is refused at whatever place among however many, by one finding that names it (K04, R063)."""
    for at in {*range(0, count, step), count - 1}:
        result = bind(BARE, many(count, "printer.corp", at))
        assert [(each.code, each.place) for each in result.findings if each.level is Level.REFUSAL] == [
            ("name.internal", "printer.corp")
        ]


@pytest.mark.slow
def test_one_bad_name_at_every_place_of_500() -> None:
    """The same for 500 names and each of their places (R063)."""
    for at in range(500):
        assert refusals(bind(BARE, many(500, "printer.corp", at))) == ["name.internal"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["a.com", "b.com", "*.b.com", "8.8.8.8", "x.corp", "*.co.uk", "10.0.0.1"]), min_size=1),
    st.randoms(),
)
def test_order_and_duplicates_do_not_matter(names: list[str], random: Any) -> None:
    """Whatever order and duplicates: the same verdict and the same refusals (K04, R063)."""
    result = bind(BARE, identity(*names))
    shuffled = names * 2
    random.shuffle(shuffled)
    other = bind(BARE, identity(*shuffled))
    assert other.verdict is result.verdict
    wanted = {(each.code, each.place) for each in result.findings if each.level is Level.REFUSAL}
    assert {(each.code, each.place) for each in other.findings if each.level is Level.REFUSAL} == wanted
    assert (result.verdict is Verdict.FAIL) is any(each in ("x.corp", "*.co.uk", "10.0.0.1") for each in names)


@settings(max_examples=25, deadline=None)
@given(st.permutations(["shop.com", "www.shop.com", "evil.com", "8.8.8.8"]), st.integers(1, 3))
def test_order_and_duplicates_of_claims_do_not_matter(claims: list[str], times: int) -> None:
    """The difference is one of sets: neither order nor number of the claims changes it (R100)."""
    found = bind(
        request(Info(subject=sequence(), attributes=(extension_request(alternative_names(*claims, *claims[:times])),)))
    )
    assert found.difference is not None
    assert set(found.difference.names_only_claimed) == {"evil.com", "8.8.8.8"}
    assert set(found.difference.names_in_both) == set(NAMES)


def test_names_of_the_identity_are_kept_once() -> None:
    """Duplicates in an identity are one name, in the place of the first (R063)."""
    assert identity("b.com", "a.com", "b.com").names == (parse_name("b.com"), parse_name("a.com"))


def test_a_new_top_level_domain_counts_after_an_update() -> None:
    """K05: a top-level domain that is delegated is accepted with the list of its day, and not with an older one."""
    older = PackagedLists(blocklists={"debian": keykit.EMPTY}, clock=FixedClock(AT))
    known = packaged()[ROOT_ZONE]
    assert isinstance(known, RootZone)
    day = AT.replace(hour=0)
    newer = PackagedLists(
        root_zone=attrs.evolve(known, version="2026112100", as_of=day, labels=known.labels | {"corp"}),
        blocklists={"debian": keykit.EMPTY},
        clock=FixedClock(AT),
    )
    who = identity("host.corp")
    assert refusals(bind(BARE, who, lists=registry(older))) == ["name.internal"]
    updated = bind(BARE, who, lists=registry(newer))
    assert updated.verdict is Verdict.PASS
    (used,) = [each for each in updated.findings if each.place == ROOT_ZONE]
    assert used.saw[0] == "version 2026112100"


def test_an_old_list_is_a_doubt() -> None:
    """K05, R071: a list that is too old makes no PASS, and the result says of when it is."""
    later = AT + timedelta(days=400)
    result = bind(BARE, at=later)
    assert result.verdict is Verdict.INCOMPLETE
    assert "name.list-stale" in codes(result)
    assert result.expires_at is not None
    assert result.expires_at < later


def test_findings_about_lists_come_once() -> None:
    """What a list is worth is said once, not once for each name."""
    result = bind(BARE, identity(*(f"www{index}.shop.com" for index in range(50)), "*.shop.com"))
    used = [each.place for each in result.findings if each.code == "name.list-used"]
    assert sorted(set(used)) == sorted({"iana.special-use", "iana.root-zone", "psl.icann"})
    assert len(used) <= 4


# -- the registry, and which request belongs to which order

OTHER = request(
    Info(subject=sequence(), key=spki("p256-other"), attributes=(extension_request(alternative_names("other.com")),)),
    "p256-other",
)


def test_exchanged_requests_are_refused() -> None:
    """K02, R113: the requests of two pending orders are swapped: both refused, for their names."""
    ours, theirs = identity(order="order-1"), identity("other.com", order="order-2")
    book = registry()
    for csr, who in ((OTHER, ours), (CLEAN, theirs)):
        assert refusals(bind(csr, who, lists=book)) == ["csr.names-disjoint"]
    for csr, who in ((CLEAN, ours), (OTHER, theirs)):
        assert bind(csr, who, lists=book).verdict is Verdict.PASS


def test_exchanged_requests_without_names_are_refused_by_pins() -> None:
    """K02: requests that claim no name are told apart by what the orders came with."""
    csrs = [
        request(Info(subject=sequence(), key=spki(which), attributes=()), which) for which in ("p256", "p256-other")
    ]
    orders = [identity(order=f"order-{index}", csr_sha256=digest(csr)) for index, csr in enumerate(csrs)]
    assert refusals(bind(csrs[1], orders[0])) == ["binding.other-request"]
    assert refusals(bind(csrs[0], orders[1])) == ["binding.other-request"]
    keyed = identity(spki_sha256=digest(spki("p256")))
    assert refusals(bind(csrs[1], keyed)) == ["binding.other-key"]
    assert bind(csrs[0], keyed).verdict is Verdict.PASS
    assert bind(csrs[0], orders[0]).verdict is Verdict.PASS


def test_a_request_belongs_to_one_order() -> None:
    """K02, R113: a request that is bound to an order is bound to no other, and an order to no other request."""
    book = registry()
    assert bind(CLEAN, identity(order="a"), lists=book).verdict is Verdict.PASS
    assert refusals(bind(CLEAN, identity(order="b"), lists=book)) == ["binding.request-taken"]
    another = request(Info(subject=sequence(), key=spki("p384")), "p384")
    assert refusals(bind(another, identity(order="a"), lists=book)) == ["binding.order-taken"]
    assert bind(another, identity(order="b"), lists=book).verdict is Verdict.PASS


def test_binding_again_is_the_same() -> None:
    """A step that was cut off can be repeated: the registry answers as before."""
    book = registry()
    first, again = bind(CLEAN, lists=book), bind(CLEAN, lists=book)
    assert first == again
    assert first.binding == again.binding


def test_a_refused_request_is_not_registered() -> None:
    """The registry is asked only when nothing else speaks against it: a refused request leaves no trace."""
    book = registry()
    refused = bind(OTHER, lists=book)
    assert refused.verdict is Verdict.FAIL
    assert not [each for each in refused.observations if isinstance(each, ListFact) and each.request.list == REGISTRY]
    assert bind(CLEAN, lists=book).verdict is Verdict.PASS


def _answering(answer: str | None, failure: Failure | None = None, *, late: bool = False) -> Any:
    """A transport in which the registry says this."""
    book = registry()

    class Lists:
        def now(self) -> datetime:
            return AT

        def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            return [
                attrs.evolve(fact, answer=answer, failure=failure, received=AT - DAY if late else AT)
                if isinstance(fact, ListFact) and fact.request.list == REGISTRY
                else fact
                for fact in book.exchange(batch, within=within)
            ]

    return Lists()


SHA = digest(CLEAN)


@pytest.mark.parametrize(
    ("answer", "code", "verdict"),
    [
        (f"order-1 {SHA}", "binding.registered", Verdict.PASS),
        (f"order-2 {SHA}", "binding.request-taken", Verdict.FAIL),
        (f"order-1 {'0' * 64}", "binding.order-taken", Verdict.FAIL),
        (f"order-2 {'0' * 64}", "binding.registry-malformed", Verdict.INCOMPLETE),
        ("", "binding.registry-malformed", Verdict.INCOMPLETE),
        ("order-1", "binding.order-taken", Verdict.FAIL),
        (None, "binding.registry-malformed", Verdict.INCOMPLETE),
        (f"order-1 {SHA} ", "binding.order-taken", Verdict.FAIL),
        (f"{SHA}", "binding.registry-malformed", Verdict.INCOMPLETE),
    ],
)
def test_answers_of_the_registry(answer: str | None, code: str, verdict: Verdict) -> None:
    """Only the very entry that was asked for lets a binding come about."""
    result = bind(CLEAN, lists=_answering(answer))
    assert result.verdict is verdict
    assert code in codes(result)


@pytest.mark.parametrize("failure", [each for each in Failure if each is not Failure.NOT_RECORDED])
def test_a_silent_registry_is_a_doubt(failure: Failure) -> None:
    """No answer of the registry is no PASS."""
    result = bind(CLEAN, lists=_answering(None, failure))
    assert result.verdict is Verdict.INCOMPLETE
    assert codes(result, Level.DOUBT) == ["binding.registry-unavailable"]
    with pytest.raises(Refused):
        _ = result.binding


def test_clocks_that_run_backwards_are_a_doubt() -> None:
    """An answer that came before the question: somebody's clock is wrong."""
    result = bind(CLEAN, lists=_answering(f"order-1 {SHA}", late=True))
    assert codes(result, Level.DOUBT) == ["evidence.clock-order"]
    plan = bind_plan(CLEAN, identity=identity(subject=[("C", "ES")]), at=AT)
    seen: list[Observation] = []
    run(plan, registry(), deadline=DAY, record=seen.append)
    for which in ("key.blocklist/debian", "iso.3166-1"):
        turned = [
            attrs.evolve(each, received=each.sent - DAY)
            if isinstance(each, ListFact) and each.request.list == which
            else each
            for each in seen
        ]
        assert "evidence.clock-order" in codes(replay(plan, Seen(turned)), Level.DOUBT)


# -- the steps of the plan


def test_the_plan_asks_in_two_rounds() -> None:
    """First the lists, each question once; then, when nothing speaks against it, the registry."""
    plan = bind_plan(CLEAN, identity=identity("a.shop.com", "b.shop.com"), at=AT)
    plan = attrs.evolve(plan, identity=identity("a.shop.com", "shop.com"))
    first = plan.step(Seen())
    assert isinstance(first, Needs)
    asked = [each.list for each in first.requests if isinstance(each, ListQuestion)]
    assert sorted(asked) == sorted(["key.blocklist/debian", *2 * ["iana.special-use", "psl.icann"], "iana.root-zone"])
    facts = registry().exchange(first.requests, within=DAY)
    second = plan.step(Seen(facts))
    assert second == Needs((ListQuestion(list=REGISTRY, key=f"order-1 {SHA}"),))
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert replay(plan, Seen(facts)).verdict is Verdict.INCOMPLETE


def test_nothing_seen_is_no_pass() -> None:
    """Without any answer nothing passes."""
    result = replay(bind_plan(CLEAN, identity=identity(), at=AT), Seen())
    assert result.verdict is Verdict.INCOMPLETE
    assert {"key.list-unavailable", "name.list-unavailable"} <= set(codes(result))
    assert "name.suffixes-not-asked" in codes(result)
    assert result.expires_at is None


def test_when_it_expires() -> None:
    """A binding may be relied on as long as the youngest rule of its lists says."""
    result = bind(CLEAN)
    lists = [
        each
        for each in result.observations
        if isinstance(each, ListFact) and each.request.list.startswith(("iana", "psl"))
    ]
    assert result.expires_at == min(each.as_of for each in lists) + BASELINE.names.list_max_age
    changing = attrs.evolve(
        BASELINE, name="changing", keys=attrs.evolve(BASELINE.keys, blocklists=("debian",), fixed_blocklists=())
    )
    assert bind(CLEAN, policy=changing).expires_at == AT + BASELINE.keys.blocklist_max_age


def test_a_blocklisted_key_is_refused() -> None:
    """K16: a key that the CA was told of, in a new request, for another order."""
    key = inspect_key(spki("p256"), policy=BASELINE.keys).key
    assert key is not None
    lists = registry(keykit.lists(debian=keykit.blocklist([key])))
    assert refusals(bind(CLEAN, lists=lists)) == ["key.blocklisted"]
    point = spki("p256")[-64:]
    head = sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
    compressed = sequence(head, derkit.bits(bytes([2 + (point[-1] & 1)]) + point[:32]))
    again = bind(request(Info(subject=sequence(), key=compressed)), identity(order="order-2"), lists=lists)
    assert refusals(again) == ["key.point-compressed", "key.blocklisted"]


def test_the_issuer_is_checked_when_it_is_known() -> None:
    """K17, R049: scope, purpose and domains of the issuer that is to sign."""
    assert refusals(bind(CLEAN, issuer=ca())) == []
    assert refusals(bind(CLEAN, issuer=ca(public=False))) == ["binding.scope-differs"]
    assert refusals(bind(CLEAN, issuer=ca(purposes=frozenset({"smime"})))) == ["binding.purpose-differs"]
    assert refusals(bind(CLEAN, issuer=ca(permitted=(parse_domain("shop.org"),)))) == 2 * ["binding.name-not-permitted"]
    internal = identity("printer.corp", scope="internal")
    assert refusals(bind(BARE, internal, policy=PRIVATE, issuer=ca())) == ["binding.scope-differs"]
    assert refusals(bind(BARE, internal, policy=PRIVATE, issuer=ca(public=False))) == []
    assert load_evidence(bind(CLEAN, issuer=ca()).to_json()).replay().same


def test_a_public_name_for_the_internal_issuer_and_back() -> None:
    """K17, R114: an internal name in public scope, sent to the wrong issuer: refused for both reasons."""
    result = bind(BARE, identity("mail.euskalsarea"), issuer=ca(public=False))
    assert refusals(result) == ["binding.scope-differs", "name.internal"]


# -- identities


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"order": "a b"}, "order must be 1 to 128"),
        ({"order": ""}, "order must be"),
        ({"order": None}, "order must be"),
        ({"kind": "xv"}, "kind must be one of dv, ov, iv, ev, got 'xv'"),
        ({"scope": "both"}, "scope must be public or internal"),
        ({"names": ()}, "names must be 1 to 10000 names"),
        ({"names": "shop.com"}, "names must be a list of parsed names"),
        ({"names": ("shop.com",)}, r"names must be parsed names \(pkicheck.parse_name\), got 'str'"),
        ({"names": (ip_address("fe80::1%eth0"),)}, "names must be parsed names"),
        ({"subject": (("favouriteDrink", "tea"),)}, "no attribute is called 'favouriteDrink'"),
        ({"subject": (("O", ""),)}, r"subject\[0\] must be a value of 1 to 1000 characters"),
        ({"subject": (("C", "ES"), ("O", "x" * 1001))}, r"subject\[1\] must be a value"),
        ({"subject": 101 * (("O", "x"),)}, "subject must be at most 100 attributes"),
        ({"permitted": ("shop.com",)}, "permitted must be parsed domain names"),
        ({"evidence": (("shop.com", "x"),)}, "evidence must be SHA-256 in lower-case hex"),
        ({"evidence": (("", PINS),)}, "evidence must be items of 1 to 1000 characters"),
        ({"csr_sha256": "x"}, "csr_sha256 must be a SHA-256 in lower-case hex, got 'x'"),
        ({"spki_sha256": PINS.upper() + "A"}, "spki_sha256 must be a SHA-256"),
    ],
)
def test_an_identity_is_checked_when_it_is_made(fields: dict[str, Any], message: str) -> None:
    """A field out of its bounds is named; there is no identity without names, and none of unparsed ones (R003)."""
    given = {"order": "o", "names": (parse_name("shop.com"),), "kind": "dv", "scope": "public", **fields}
    with pytest.raises(InputError, match=message):
        Identity(**given)


def test_an_identity_goes_through_json() -> None:
    """What is written is read again, alike; another shape is refused."""
    who = identity(
        "*.shop.com",
        "::ffff:1.2.3.4",
        "8.8.8.8",
        kind="ov",
        subject=[("C", "ES"), ("2.5.4.10", "Caf\u00e9")],
        evidence=[("shop.com", PINS)],
        permitted=[parse_domain("shop.com")],
        csr_sha256=PINS,
        spki_sha256=PINS,
    )
    assert who.subject == (("countryName", "ES"), ("organizationName", "Caf\u00e9"))
    assert identity_from_json(identity_json(who)) == who
    good = identity_json(who)
    wrong: list[Any] = [
        [],
        {**good, "more": 1},
        {**good, "names": "shop.com"},
        {**good, "names": [1]},
        {**good, "subject": {}},
        {**good, "subject": [["C"]]},
        {**good, "subject": ["ES"]},
        {**good, "subject": [["C", 1]]},
        {**good, "csr_sha256": 1},
    ]
    for value in wrong:
        with pytest.raises(InputError, match="^identity"):
            identity_from_json(value)


def test_a_binding_goes_through_json() -> None:
    """What is written is read again, alike; fields that do not fit each other are refused."""
    binding = bind(CLEAN).binding
    assert binding_from_json(binding_json(binding)) == binding
    assert pickle.loads(pickle.dumps(binding)) == binding
    with pytest.raises(InputError, match=r"binding must be an object of schema pkicheck/binding/1 with exactly"):
        binding_from_json(canonical({"schema": "pkicheck/binding/2"}))
    with pytest.raises(InputError, match="binding must be an object"):
        binding_from_json(b"[]")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"order": "order-2"}, "order must be that of the identity"),
        ({"spki": b"x"}, "spki_sha256 must be the SHA-256 of spki"),
        ({"csr_sha256": "x"}, "csr_sha256 must be a SHA-256"),
        ({"policy": "x"}, "policy must be a SHA-256"),
        ({"identity": load(CLEAN)}, "identity must be an Identity, got ClaimedRequest"),
    ],
)
def test_a_binding_is_checked_when_it_is_made(fields: dict[str, Any], message: str) -> None:
    """A binding whose parts do not fit each other does not exist; a claim is no identity."""
    binding = bind(CLEAN).binding
    given = {each.name: getattr(binding, each.name) for each in attrs.fields(Binding)}
    with pytest.raises(InputError, match=message):
        Binding(**{**given, **fields})


def test_issuers_go_through_json() -> None:
    """The entry of an issuer key is written and read again, alike; another shape is refused."""
    issuer = attrs.evolve(
        ca(),
        aliases=(KeyAlias(name="ca-1", token="hsm"),),
        permitted=(parse_domain("shop.com"),),
        created_at=AT - DAY,
        destroyed_at=AT + DAY,
    )
    for each in (issuer, ca(), attrs.evolve(ca(), certificate=None)):
        assert issuer_from_json(issuer_json(each)) == each
    good: dict[str, Any] = dict(json.loads(issuer_json(issuer)))
    for change in (
        {"more": 1},
        {"caa": "x"},
        {"caa": [1]},
        {"aliases": [["a"]]},
        {"aliases": [1]},
        {"aliases": 1},
        {"permitted": ["-"]},
        {"public": 1},
    ):
        with pytest.raises(InputError):
            issuer_from_json(canonical({**good, **change}))
    with pytest.raises(InputError, match="issuer must be an object"):
        issuer_from_json(b"[]")


# -- the result


def test_the_result() -> None:
    """A result names its order, keeps what was claimed apart, and only a PASS has a binding (R101)."""
    result = bind(CLEAN)
    assert result.subject() == "request for order order-1"
    assert result.request == load(CLEAN)
    assert result.difference == difference(load(CLEAN), identity())
    assert result.binding.policy == BASELINE.fingerprint
    assert result.kind == "csr"
    refused = bind(OTHER)
    with pytest.raises(Refused, match="csr.names-disjoint"):
        _ = refused.binding


def test_the_difference_is_exact() -> None:
    """R100: names only here, only there, attributes and extensions asked for; equal sets give an empty one."""
    assert bind(CLEAN).difference is not None
    assert bind(CLEAN).difference.empty  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    usage = extension("2.5.29.15", element(0x03, b"\x05\xa0"))
    csr = request(
        Info(
            subject=name(
                ("2.5.4.6", 0x13, "ES"), ("2.5.4.10", 0x0C, "Evil <b>"), ("1.2.3", 0x0C, "x"), ("2.5.4.7", 0x02, b"\1")
            ),
            attributes=(
                extension_request(
                    alternative_names("shop.com", "evil.com", element(0x86, b"http://x/"), element(0x82, b"a b")), usage
                ),
                attribute("1.2.4", element(0x05)),
            ),
        )
    )
    result = bind(csr, identity(*NAMES, kind="ov", subject=[("C", "ES"), ("L", "Bilbao"), ("O", "Shop")]))
    found = result.difference
    assert found is not None
    assert not found.empty
    assert attrs.asdict(found) == {
        "names_in_both": ("shop.com",),
        "names_only_claimed": ("evil.com",),
        "names_not_claimed": ("www.shop.com",),
        "names_malformed": ("dNSName a b",),
        "names_other_type": ("uniformResourceIdentifier http://x/",),
        "subject_only_claimed": (("organizationName", "Evil \\x3cb\\x3e"), ("1.2.3", "x"), ("localityName", "020101")),
        "subject_not_claimed": (("localityName", "Bilbao"), ("organizationName", "Shop")),
        "extensions_asked": ("2.5.29.15",),
        "attributes": ("1.2.4",),
        "key_usage": ("digitalSignature", "keyEncipherment"),
        "disjoint": False,
    }
    assert result.verdict is Verdict.PASS


def test_a_report_never_becomes_a_source() -> None:
    """R064: a bad name in the request only is reported; a bad name in the identity is refused, whatever is asked."""
    assert (
        bind(
            request(Info(subject=sequence(), attributes=(extension_request(alternative_names("shop.com", "x.corp")),)))
        ).verdict
        is Verdict.PASS
    )
    assert refusals(bind(BARE, identity("x.corp"))) == ["name.internal"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"csr": 1}, "csr must be bytes or text, got int"),
        ({"identity": load(CLEAN)}, "identity must be an Identity, got ClaimedRequest"),
        ({"issuer": "ca"}, "issuer must be an IssuerKey, got str"),
        ({"at": datetime(2026, 1, 1)}, "at must have a time zone"),
    ],
)
def test_wrong_arguments(change: dict[str, Any], message: str) -> None:
    """A wrong argument is the caller's and named; what the octets say never is."""
    given = {"csr": CLEAN, "identity": identity(), "lists": registry(), "at": AT, **change}
    with pytest.raises(InputError, match=message):
        bind_csr(given.pop("csr"), **given)


def test_text_and_octets_are_one() -> None:
    """A text is read like its octets; one that is too long is cut, refused, and its evidence is not larger."""
    assert bind(CLEAN.hex()).verdict is Verdict.FAIL
    huge = bind("\u20ac" * LARGEST)
    assert refusals(huge)[:1] == ["csr.too-large"]
    assert len(huge.plan.csr) == LARGEST + 1
    assert load_evidence(huge.to_json()).replay().same


def test_the_question_is_read_strictly() -> None:
    """A stored question has exactly its fields; another moment may be judged."""
    result = bind(CLEAN)
    known = {digest(each): each for each in result.documents()}
    again = bind_plan_from_json(result.asked(), known, AT + DAY)
    assert again == attrs.evolve(result.plan, at=AT + DAY)
    with pytest.raises(InputError, match="asked must have exactly the fields at, csr, identity, issuer, policy"):
        bind_plan_from_json({**result.asked(), "x": 1}, known, None)
    later = load_evidence(result.to_json()).replay(at=AT + timedelta(days=400))
    assert later.verdict_changed
    assert "name.list-stale" in later.findings_added
