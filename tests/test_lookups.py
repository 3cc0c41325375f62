"""Lookups as a pure function of observations: tries, second looks, alias chains over several messages, TTLs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.codes import CATALOGUE
from pkicheck.dnswire import CAA, CNAME, SOA, build_response
from pkicheck.lookups import DNSSEC_ERRORS, Alias, Lookup, Outcome, is_above, look_up, read_answer, targets_of, ttl_of
from pkicheck.names import DnsName, parse_domain
from pkicheck.plans import Needs
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery, Failure, Observation, Role, Seen
from tests.caa_cases import NOON

_NET = NetPolicy()
_NAME = parse_domain("www.shop.example")
_SOA = (b"\0", SOA, 300, bytes(22))
_CAA = b"\0\5issueca.example"


def seen_as(
    raw: bytes = b"",
    *,
    name: DnsName = _NAME,
    role: Role = "answer",
    attempt: int = 0,
    failure: Failure | None = None,
    attempts: int = 1,
) -> DnsObservation:
    """An observation of a CAA question."""
    return DnsObservation(
        request=DnsQuery(name=name, rdtype=CAA, role=role, attempt=attempt),
        vantage="here",
        sent=NOON,
        received=NOON,
        failure=failure,
        server="127.0.0.1",
        port=53,
        transport="udp",
        attempts=attempts,
        raw=raw,
    )


def _response(name: DnsName = _NAME, *, cname: str = "", data: bytes = b"", ttl: int = 300, rcode: int = 0) -> bytes:
    answer: list[tuple[bytes, int, int, bytes]] = []
    owner = name.wire
    for target in cname.split():
        answer.append((owner, CNAME, ttl, parse_domain(target).wire))
        owner = parse_domain(target).wire
    if data:
        answer.append((owner, CAA, ttl, data))
    authority = () if cname or data or rcode not in (0, 3) else (_SOA,)
    return build_response(name.wire, CAA, answer=tuple(answer), authority=authority, rcode=rcode)


def _look(*observations: Observation, net: NetPolicy = _NET) -> Lookup | Needs:
    return look_up(_NAME, CAA, Seen(observations), net=net)


def _found(*observations: Observation, net: NetPolicy = _NET) -> Lookup:
    lookup = _look(*observations, net=net)
    assert isinstance(lookup, Lookup)
    return lookup


def _asks(*observations: Observation, net: NetPolicy = _NET) -> DnsQuery:
    needs = _look(*observations, net=net)
    assert isinstance(needs, Needs)
    (query,) = needs.requests
    assert isinstance(query, DnsQuery)
    return query


# --- tries


def test_the_question_comes_first() -> None:
    """Nothing seen: the question itself is asked, in the role of an answer."""
    assert _asks() == DnsQuery(name=_NAME, rdtype=CAA)


def test_each_try_is_a_question_of_its_own() -> None:
    """A timeout is tried again as often as the policy says; each try is an observation of its own (R128)."""
    timeout = partial(seen_as, failure=Failure.TIMEOUT)
    first, second, third = timeout(), timeout(role="retry", attempt=1), timeout(role="retry", attempt=2)
    assert _asks(first) == second.request
    assert _asks(first, second) == third.request
    lookup = _found(first, second, third)
    assert (lookup.outcome, lookup.tries, lookup.failed_at) == (Outcome.TIMEOUT, 3, _NAME)
    answered = seen_as(_response(data=_CAA), role="retry", attempt=2)
    lookup = _found(first, second, answered)
    assert (lookup.outcome, lookup.rdatas, lookup.failed_at) == (Outcome.DATA, (_CAA,), None)


def test_tries_of_the_transport_count() -> None:
    """A transport that asked three times by itself is not asked again (R128)."""
    lookup = _found(seen_as(failure=Failure.TIMEOUT, attempts=3))
    assert (lookup.outcome, lookup.tries) == (Outcome.TIMEOUT, 3)
    assert _asks(seen_as(failure=Failure.TIMEOUT, attempts=2)).role == "retry"


def test_a_later_try_without_an_earlier_one_does_not_count() -> None:
    """Tries are read in order: a retry alone does not stand for the question."""
    assert _asks(seen_as(_response(data=_CAA), role="retry", attempt=1)).role == "answer"


def test_other_roles_are_not_answers() -> None:
    """What was asked with checking disabled, as a probe, a proof or a canary is never read as the answer (C16)."""
    roles: tuple[Role, ...] = ("cd", "probe", "canary", "ds")
    for role in roles:
        assert _asks(seen_as(_response(data=_CAA), role=role)).role == "answer"


@pytest.mark.parametrize(
    ("failure", "outcome", "again"),
    [
        (Failure.TIMEOUT, Outcome.TIMEOUT, True),
        (Failure.UNREACHABLE, Outcome.UNREACHABLE, True),
        (Failure.CLOSED, Outcome.UNREACHABLE, True),
        (Failure.PROTOCOL, Outcome.MALFORMED, True),
        (Failure.TOO_LARGE, Outcome.TOO_LARGE, False),
        (Failure.DEADLINE, Outcome.DEADLINE, False),
        (Failure.NOT_RECORDED, Outcome.NOT_RECORDED, False),
    ],
)
def test_failures_of_the_transport(failure: Failure, outcome: Outcome, again: bool) -> None:
    """Each failure of the transport has its outcome; those that may pass are tried again (C14)."""
    assert read_answer(seen_as(failure=failure)).outcome is outcome
    looked = _look(seen_as(failure=failure))
    assert isinstance(looked, Needs) == again
    # What stands beside a failure is not read.
    assert read_answer(seen_as(_response(data=_CAA), failure=failure)).outcome is outcome


def test_every_failure_has_its_code() -> None:
    """Every failed outcome has a finding code of the catalogue; answers have none (R124)."""
    for outcome in Outcome:
        assert (outcome.code in CATALOGUE) == outcome.failed
    assert len({outcome.code for outcome in Outcome}) == len(Outcome)
    answered = {outcome for outcome in Outcome if not outcome.failed}
    assert answered == {Outcome.DATA, Outcome.NODATA, Outcome.NXDOMAIN, Outcome.ALIAS}


# --- SERVFAIL told apart


def _servfails() -> list[DnsObservation]:
    raw = build_response(_NAME.wire, CAA, rcode=2)
    return [seen_as(raw), *(seen_as(raw, role="retry", attempt=number) for number in (1, 2))]


def test_servfail_gets_a_second_look() -> None:
    """After the tries the same question goes out with checking disabled (R130)."""
    assert _asks(*_servfails()) == DnsQuery(name=_NAME, rdtype=CAA, role="cd")


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (_response(data=_CAA), Outcome.BOGUS),
        (_response(), Outcome.BOGUS),
        (_response(rcode=3), Outcome.BOGUS),
        (_response(cname="host.test"), Outcome.BOGUS),
        (build_response(_NAME.wire, CAA, rcode=2), Outcome.SERVFAIL),
        (build_response(_NAME.wire, CAA, rcode=5), Outcome.SERVFAIL),
    ],
)
def test_what_the_second_look_says(second: bytes, outcome: Outcome) -> None:
    """Any answer with checking disabled means that validation failed; a failure there means a dead server (R130)."""
    lookup = _found(*_servfails(), seen_as(second, role="cd"))
    assert lookup.outcome is outcome
    assert lookup.rdatas == ()
    assert lookup.failed_at == _NAME


@pytest.mark.parametrize("code", sorted(DNSSEC_ERRORS))
def test_a_dnssec_error_needs_no_second_look(code: int) -> None:
    """SERVFAIL with an extended DNS error about DNSSEC is bogus at once, at the first try (C15)."""
    raw = build_response(_NAME.wire, CAA, rcode=2, ede={code: b""})
    assert _found(seen_as(raw)).outcome is Outcome.BOGUS


@pytest.mark.parametrize(
    "code", sorted({0, 3, 4, 13, 14, 15, 20, 21, 22, 23, 24, 26, 28, 29, 30, 65535} - DNSSEC_ERRORS)
)
def test_other_extended_errors_do_not_make_servfail_bogus(code: int) -> None:
    """Extended errors about anything else leave SERVFAIL a SERVFAIL that is tried again."""
    raw = build_response(_NAME.wire, CAA, rcode=2, ede={code: b""})
    assert _asks(seen_as(raw)).role == "retry"


def test_bogus_behind_an_alias() -> None:
    """The alias is known, its target's data is bogus: bogus, at the target (C15)."""
    target = parse_domain("host.test")
    raw = build_response(target.wire, CAA, rcode=2, ede={6: b""})
    lookup = _found(seen_as(_response(cname="host.test")), seen_as(raw, name=target))
    assert (lookup.outcome, lookup.failed_at) == (Outcome.BOGUS, target)
    assert [each.target for each in lookup.aliases] == [target]


# --- aliases over several messages


def test_an_incomplete_chain_is_asked_for_to_its_end() -> None:
    """Only the last target is asked for; what it says is the answer of the whole chain (C05)."""
    last = parse_domain("c.test")
    first = seen_as(_response(cname="a.test b.test c.test"))
    assert _asks(first) == DnsQuery(name=last, rdtype=CAA)
    lookup = _found(first, seen_as(_response(last, data=_CAA, ttl=60), name=last))
    assert lookup.outcome is Outcome.DATA
    assert [each.target.text for each in lookup.aliases] == ["a.test", "b.test", "c.test"]
    assert [each.observation.request.name for each in lookup.answers] == [_NAME, last]
    assert lookup.ttl == 60


def test_a_target_is_tried_as_often_as_a_name() -> None:
    """The tries of a target are its own."""
    target = parse_domain("host.test")
    first = seen_as(_response(cname="host.test"))
    timeouts = [seen_as(name=target, failure=Failure.TIMEOUT)]
    assert _asks(first, *timeouts) == DnsQuery(name=target, rdtype=CAA, role="retry", attempt=1)
    timeouts += [seen_as(name=target, failure=Failure.TIMEOUT, role="retry", attempt=number) for number in (1, 2)]
    lookup = _found(first, *timeouts)
    assert (lookup.outcome, lookup.failed_at, lookup.tries) == (Outcome.TIMEOUT, target, 3)


def test_a_chain_over_messages_is_bounded() -> None:
    """One step a message: the bound of the policy ends the chain, in as many questions (C07)."""
    net = attrs.evolve(_NET, max_aliases=3)
    names = [_NAME, *(parse_domain(f"n{number}.test") for number in range(1, 9))]
    observations: list[DnsObservation] = []
    for here, there in pairwise(names):
        looked = _look(*observations, net=net)
        if isinstance(looked, Lookup):
            break
        observations.append(seen_as(_response(here, cname=there.text), name=here))
    lookup = _found(*observations, net=net)
    assert lookup.outcome is Outcome.ALIAS_TOO_LONG
    assert len(observations) == 4
    assert (lookup.failed_at, len(lookup.aliases)) == (names[3], 4)


def test_the_bound_is_the_last_number_that_is_followed() -> None:
    """`max_aliases` steps are followed, one more is not (C07)."""
    chain = " ".join(f"n{number}.test" for number in range(1, 5))
    raw = _response(cname=chain, data=_CAA)
    assert _found(seen_as(raw), net=attrs.evolve(_NET, max_aliases=4)).outcome is Outcome.DATA
    assert _found(seen_as(raw), net=attrs.evolve(_NET, max_aliases=3)).outcome is Outcome.ALIAS_TOO_LONG


def test_a_message_of_more_aliases_than_any_policy_follows() -> None:
    """The walk of one message ends by itself, whatever the policy."""
    chain = " ".join(f"n{number}.test" for number in range(1, 80))
    answer = read_answer(seen_as(_response(cname=chain, data=_CAA)))
    assert answer.outcome is Outcome.ALIAS_TOO_LONG
    assert len(answer.aliases) == 65
    longest = " ".join(f"n{number}.test" for number in range(1, 65))
    assert read_answer(seen_as(_response(cname=longest, data=_CAA))).outcome is Outcome.DATA
    assert _found(seen_as(_response(cname=longest, data=_CAA)), net=NetPolicy(max_aliases=64)).outcome is Outcome.DATA


def test_a_loop_over_messages() -> None:
    """A name met a second time ends the chain, also when each message looks harmless (C07)."""
    other = parse_domain("a.test")
    lookup = _found(seen_as(_response(cname="a.test")), seen_as(_response(other, cname=_NAME.text), name=other))
    assert lookup.outcome is Outcome.ALIAS_LOOP
    assert lookup.failed_at == other
    assert lookup.rdatas == ()


def test_a_dname_step_is_told_from_a_cname_step() -> None:
    """The chain says which steps a DNAME made, and its TTL is that of the DNAME (C06)."""
    shop, test = parse_domain("shop.example").wire, parse_domain("test").wire
    made = parse_domain("www.test").wire
    raw = build_response(
        _NAME.wire,
        CAA,
        answer=((shop, 39, 60, test), (_NAME.wire, CNAME, 0, made), (made, CAA, 300, _CAA)),
    )
    assert read_answer(seen_as(raw)).aliases == (Alias(_NAME, DnsName(made), True, 60),)


@pytest.mark.parametrize(("data", "offset"), [(b"\xc0\xff", 0), (b"\x3f", 0), (b"\0\0", 0)])
def test_a_dname_without_a_name(data: bytes, offset: int) -> None:
    """A DNAME whose RDATA is no name, or more than one, makes no step (C06)."""
    shop = parse_domain("shop.example").wire
    answer = read_answer(seen_as(build_response(_NAME.wire, CAA, answer=((shop, 39, 60, data),), authority=(_SOA,))))
    assert answer.outcome is Outcome.MALFORMED
    assert "DNAME" in answer.detail


def test_a_dname_that_makes_too_long_a_name() -> None:
    """The name that a DNAME would make has more than 255 octets: malformed, also without YXDOMAIN (RFC 6672 §2.2)."""
    long = (b"\x3f" + b"x" * 63) * 3 + b"\x3b" + b"y" * 59 + b"\0"
    shop = parse_domain("shop.example").wire
    answer = read_answer(seen_as(build_response(_NAME.wire, CAA, answer=((shop, 39, 60, long),))))
    assert answer.outcome is Outcome.MALFORMED
    assert "255" in answer.detail


# --- the question for an alias by itself


def _asked_for_alias(
    *answer: tuple[bytes, int, int, bytes], rcode: int = 0, failure: Failure | None = None, flags: int = 0x8180
) -> DnsObservation:
    query = DnsQuery(name=_NAME, rdtype=CNAME, role="ds")
    authority = () if answer else (_SOA,)
    raw = build_response(_NAME.wire, CNAME, rcode=rcode, answer=answer, authority=authority, flags=flags)
    return attrs.evolve(seen_as(raw, failure=failure), request=query)


def test_where_an_alias_points() -> None:
    """Nothing, one name, several, or what cannot be followed: kept apart (C05, C14)."""
    wire, shop = _NAME.wire, parse_domain("shop.example").wire
    one, two = parse_domain("a.test"), parse_domain("b.test")
    assert targets_of(_asked_for_alias()) == frozenset()
    assert targets_of(_asked_for_alias(rcode=3)) == frozenset()
    assert targets_of(_asked_for_alias((wire, CNAME, 5, one.wire))) == {one}
    assert targets_of(_asked_for_alias((wire, CNAME, 5, one.wire), (wire, CNAME, 5, two.wire))) == {one, two}
    assert targets_of(_asked_for_alias((wire, CNAME, 5, one.wire), (one.wire, CNAME, 5, two.wire))) == {one}
    assert targets_of(_asked_for_alias((wire, CNAME, 5, b"\xc0\xff"))) == {None}
    made = parse_domain("www.test")
    dname = (shop, 39, 60, parse_domain("test").wire)
    assert targets_of(_asked_for_alias(dname, (wire, CNAME, 0, made.wire))) == {made}
    assert targets_of(_asked_for_alias(dname)) == {made}


@pytest.mark.parametrize(
    ("observation", "known"),
    [
        (_asked_for_alias(rcode=2), True),
        (_asked_for_alias(rcode=5), True),
        (_asked_for_alias(failure=Failure.TIMEOUT), True),
        (_asked_for_alias(failure=Failure.UNREACHABLE), False),
        (_asked_for_alias(failure=Failure.CLOSED), False),
        (_asked_for_alias(failure=Failure.DEADLINE), False),
        (_asked_for_alias(failure=Failure.NOT_RECORDED), False),
        (_asked_for_alias(failure=Failure.PROTOCOL), False),
        (_asked_for_alias(failure=Failure.TOO_LARGE), False),
        (_asked_for_alias(flags=0x8380), False),
        (_asked_for_alias(flags=0x0100), False),
    ],
)
def test_an_alias_that_is_not_known(observation: DnsObservation, known: bool) -> None:
    """A dead zone shows no alias; what did not reach the resolver, or came back broken, is not knowing (C14)."""
    assert targets_of(observation) == (frozenset() if known else {None})


# --- TTL


def _ttl(**more: object) -> timedelta:
    lookup = Lookup(_NAME, CAA, Outcome.DATA, (), **more)  # type: ignore[arg-type]
    return ttl_of(lookup, _NET)


def test_ttl_is_the_least_of_what_was_used() -> None:
    """Records and aliases, capped by the policy (R132)."""
    alias: Callable[[int], Alias] = lambda ttl: Alias(_NAME, _NAME, False, ttl)  # noqa: E731
    assert _ttl() == timedelta(0)
    assert _ttl(rdatas=(_CAA,), ttl=600) == timedelta(seconds=600)
    assert _ttl(rdatas=(_CAA,), ttl=600, aliases=(alias(60), alias(900))) == timedelta(seconds=60)
    assert _ttl(aliases=(alias(60),)) == timedelta(seconds=60)
    assert _ttl(rdatas=(_CAA,), ttl=2**31 - 1) == timedelta(days=7)


# --- names


_WIRES = st.lists(st.sampled_from([b"a", b"b", b"\1a", b"aa"]), max_size=5).map(
    lambda labels: b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
)


@given(_WIRES, _WIRES)
def test_is_above_compares_whole_labels(one: bytes, other: bytes) -> None:
    """An ancestor is found by labels, never by octets that only look like one."""
    assert is_above(one, other) == DnsName(other).is_subdomain_of(DnsName(one))


def test_is_above_is_not_fooled_by_octets() -> None:
    """A label that holds the octets of a name below it is not that name."""
    assert not is_above(b"\1a\0", b"\3x\1a\0")
    assert is_above(b"\0", b"\1a\0")
    assert is_above(b"\1a\0", b"\1a\0")
    assert not is_above(b"\1b\1a\0", b"\1a\0")


@given(st.binary(max_size=120), st.sampled_from(["answer", "retry", "cd"]))
def test_total(raw: bytes, role: Role) -> None:
    """Any octets as any observation lead to a lookup or to another question, never to a fault or a record."""
    looked = _look(seen_as(raw, role=role))
    if isinstance(looked, Lookup):
        assert looked.outcome.failed or looked.answers
