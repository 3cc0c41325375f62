"""Ports: requests are values, observations carry bytes, and what was seen does not depend on the order of seeing."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from itertools import permutations
from typing import Any, cast, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.errors import InputError
from pkicheck.names import DnsName, parse_name
from pkicheck.ports import (
    DnsObservation,
    DnsQuery,
    Failure,
    HttpGet,
    HttpObservation,
    ListFact,
    ListQuestion,
    Observation,
    Request,
    Role,
    Seen,
    TlsObservation,
    TlsProbe,
)

AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
NAME = DnsName(b"\x01a\x07example\0")
DNS = DnsQuery(name=NAME, rdtype=257)
HTTP = HttpGet(url="http://a.example/x", address=ip_address("192.0.2.1"), port=80)
TLS = TlsProbe(address=ip_address("2001:db8::1"), port=443, sni="a.example", alpn=("acme-tls/1",))
LIST = ListQuestion(list="iana.root-zone", key="example")
REQUESTS: tuple[Request, ...] = (DNS, HTTP, TLS, LIST)


def observe(
    request: Request, *, after: float = 0, took: float = 0, failure: Failure | None = None, mark: int = 0
) -> Observation:
    """An observation of a request, sent `after` seconds after noon; `mark` makes its content different."""
    sent = AT + timedelta(seconds=after)
    common: dict[str, Any] = {
        "request": request,
        "vantage": "here",
        "sent": sent,
        "received": sent + timedelta(seconds=took),
        "failure": failure,
    }
    if isinstance(request, DnsQuery):
        return DnsObservation(server="127.0.0.1", port=53, transport="udp", attempts=1, raw=bytes([mark]), **common)
    if isinstance(request, HttpGet):
        return HttpObservation(peer="192.0.2.1", tls=False, raw=bytes([mark]), **common)
    if isinstance(request, TlsProbe):
        return TlsObservation(version="TLSv1.3", alpn="acme-tls/1", leaf=bytes([mark]), **common)
    return ListFact(version=str(mark), as_of=AT, answer="example", **common)


def read(seen: Seen, request: Request) -> Observation | None:
    """What was seen for a request, by the accessor of its kind."""
    if isinstance(request, DnsQuery):
        return seen.dns(request)
    if isinstance(request, HttpGet):
        return seen.http(request)
    return seen.tls(request) if isinstance(request, TlsProbe) else seen.fact(request)


# --- requests


@pytest.mark.parametrize("request_", REQUESTS)
def test_requests_are_values(request_: Request) -> None:
    """Requests are immutable, compare and hash by content, and survive copying and pickling."""
    again = pickle.loads(pickle.dumps(request_))
    assert again == request_ == copy.deepcopy(request_)
    assert hash(again) == hash(request_)
    assert {request_: 1}[again] == 1
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request_.port = 1  # type: ignore[union-attr,misc]  # pyright: ignore[reportAttributeAccessIssue]
    for field in attrs.fields(type(request_)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(request_, field.name, None)


def test_each_field_of_a_request_counts() -> None:
    """Two requests that differ in any one field are two requests: no answer is taken for another's."""
    others: list[Request] = [
        attrs.evolve(DNS, name=DnsName(b"\x01b\x07example\0")),
        attrs.evolve(DNS, rdtype=1),
        attrs.evolve(DNS, role="retry"),
        attrs.evolve(DNS, role="cd"),
        attrs.evolve(DNS, attempt=1),
        attrs.evolve(HTTP, url="http://a.example/y"),
        attrs.evolve(HTTP, address=ip_address("192.0.2.2")),
        attrs.evolve(HTTP, port=443),
        attrs.evolve(HTTP, hop=1),
        attrs.evolve(HTTP, max_body=1),
        attrs.evolve(TLS, address=ip_address("192.0.2.1")),
        attrs.evolve(TLS, port=1),
        attrs.evolve(TLS, sni="b.example"),
        attrs.evolve(TLS, alpn=()),
        attrs.evolve(LIST, list="psl.icann"),
        attrs.evolve(LIST, key="com"),
    ]
    everything = [*REQUESTS, *others]
    assert len(set(everything)) == len(everything)
    covered = sum(len(attrs.fields(type(each))) for each in REQUESTS)
    assert len(others) == covered + 1  # the role is tried twice


def test_a_domain_name_asks_the_same_question() -> None:
    """A question built from a parsed name finds the answer that evidence keeps under its octets (R138)."""
    parsed = parse_name("a.example")
    assert isinstance(parsed, DnsName)
    asked = DnsQuery(name=parsed, rdtype=257)
    assert asked == DNS
    assert Seen([observe(DNS)]).dns(asked) == observe(DNS)


def test_hashes_are_not_carried_between_processes() -> None:
    """A pickled request or `Seen` is found again in a process with another seed of its hashes: plans travel."""
    data = pickle.dumps((REQUESTS, Seen([observe(each) for each in REQUESTS])))
    program = (
        "import pickle, sys\n"
        "requests, seen = pickle.loads(sys.stdin.buffer.read())\n"
        "assert all(each in seen for each in requests) and len(seen) == 4\n"
        "for each in requests:\n"
        "    fields = {name: getattr(each, name) for name in each.__slots__ if name[0] != '_'}\n"
        "    assert hash(each) == hash(type(each)(**fields))\n"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program], input=data, env={**_environment(), "PYTHONHASHSEED": seed}, check=False
        )
        assert done.returncode == 0


def _environment() -> dict[str, str]:
    import os  # noqa: PLC0415

    return dict(os.environ)


# --- seen


@pytest.mark.parametrize("request_", REQUESTS)
def test_seen_gives_back_what_was_observed(request_: Request) -> None:
    """Each kind of request has its own accessor; the others do not answer for it."""
    made = observe(request_)
    seen = Seen([made])
    assert read(seen, request_) is made
    assert request_ in seen
    assert len(seen) == 1
    assert seen.get(request_) is made
    accessors: list[Any] = [seen.dns, seen.http, seen.tls, seen.fact]
    assert [ask(request_) for ask in accessors].count(None) == 3


def test_nothing_was_seen_of_what_was_not_observed() -> None:
    """An empty map answers None to every kind, and holds nothing."""
    seen = Seen()
    assert [read(seen, each) for each in REQUESTS] == [None] * 4 == [seen.get(each) for each in REQUESTS]
    assert len(seen) == 0
    assert DNS not in seen
    assert "a.example" not in seen
    assert seen.observations == ()


@pytest.mark.parametrize("wrong", [None, "observation", DNS, Observation(vantage="x", sent=AT, received=AT)])
def test_only_the_four_kinds_are_observations(wrong: object) -> None:
    """What is none of the four kinds of observation is refused by its type."""
    with pytest.raises(InputError, match=f"got {type(wrong).__name__}"):
        Seen([cast("Observation", wrong)])


OBSERVATIONS = [
    observe(DNS, after=2, mark=1),
    observe(DNS, after=1, took=3, mark=2),
    observe(DNS, after=1, took=2, mark=3),
    observe(DNS, after=1, took=2, mark=4),
    observe(LIST, after=1),
    observe(HTTP, after=0),
]


def test_the_order_of_observations_does_not_matter() -> None:
    """In any order of arrival the same observation counts: the earlier sent, then the earlier received (R106)."""
    wanted = Seen(OBSERVATIONS)
    assert wanted.dns(DNS) in (OBSERVATIONS[2], OBSERVATIONS[3])
    for order in permutations(OBSERVATIONS):
        seen = Seen(order)
        assert seen.dns(DNS) == wanted.dns(DNS)
        assert seen.observations == wanted.observations


@given(
    st.lists(
        st.builds(
            observe,
            st.sampled_from(REQUESTS),
            after=st.integers(0, 2),
            took=st.integers(-1, 2),
            failure=st.sampled_from([None, *Failure]),
            mark=st.integers(0, 3),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_any_order_and_grouping_gives_the_same_map(observations: list[Observation], chance: Any) -> None:
    """However the observations are ordered, repeated and added in groups, the same is seen."""
    wanted = Seen(observations)
    shuffled = [*observations, *observations[:2]]
    chance.shuffle(shuffled)
    cut = chance.randint(0, len(shuffled))
    seen = Seen(shuffled[:cut]).extended(shuffled[cut:])
    assert seen.observations == wanted.observations
    assert [read(seen, each) for each in REQUESTS] == [read(wanted, each) for each in REQUESTS]


def test_extending_makes_a_new_map() -> None:
    """`extended` leaves the map it was called on as it was, also what was already read from it."""
    first = Seen([observe(LIST, after=5)])
    assert first.observations == (observe(LIST, after=5),)
    second = first.extended([observe(HTTP, after=1), observe(LIST, after=0)])
    assert first.observations == (observe(LIST, after=5),)
    assert second.observations == (observe(LIST, after=0), observe(HTTP, after=1))
    assert HTTP not in first


def test_observations_are_sorted_by_time() -> None:
    """Observations come by sending, then by arrival, then by their request; asking twice gives the same."""
    same = [observe(each, after=1) for each in (*REQUESTS, attrs.evolve(DNS, rdtype=1), attrs.evolve(LIST, key="com"))]
    late, slow = observe(attrs.evolve(DNS, rdtype=2), after=2), observe(attrs.evolve(DNS, rdtype=3), after=1, took=1)
    for order in permutations([late, slow, *same[:3]]):
        seen = Seen([*order, *same[3:]])
        assert seen.observations[-2:] == (slow, late)
        assert seen.observations == Seen([*same, slow, late]).observations
        assert seen.observations is seen.observations


def test_what_was_not_recorded_was_not_observed() -> None:
    """What stands in for a missing observation is seen by a plan, but is no evidence."""
    seen = Seen([observe(DNS, failure=Failure.NOT_RECORDED), observe(LIST, failure=Failure.DEADLINE)])
    assert DNS in seen
    assert [each.failure for each in seen.observations] == [Failure.DEADLINE]


def test_reading_is_done_once() -> None:
    """A pure reader is called once per observation, however often its outcome is asked for; None for what is unseen."""
    calls: list[bytes] = []

    def reader(observation: DnsObservation) -> int:
        calls.append(observation.raw)
        return len(calls)

    seen = Seen([observe(DNS, mark=7), observe(LIST)])
    assert [seen.read(DNS, reader), seen.read(DNS, reader)] == [1, 1]
    assert seen.read(attrs.evolve(DNS, rdtype=1), reader) is None
    assert seen.read(cast("DnsQuery", LIST), reader) is None
    assert calls == [b"\x07"]


def test_each_reader_has_its_own_outcome() -> None:
    """Two readers of one observation each get what they made of it: the method is public and takes any reader."""
    seen = Seen([observe(DNS, mark=7)])
    assert seen.read(DNS, lambda each: len(each.raw)) == 1
    assert seen.read(DNS, lambda each: each.raw) == b"\x07"


def test_reading_again_after_extension_sees_the_earlier_observation() -> None:
    """A map that gets an earlier observation of the same question does not go on with the outcome of the later one."""
    seen = Seen([observe(DNS, after=1, mark=1)])
    assert seen.read(DNS, lambda each: each.raw) == b"\x01"
    reader = _raw
    assert seen.read(DNS, reader) == b"\x01"
    assert seen.extended([observe(DNS, after=0, mark=2)]).read(DNS, reader) == b"\x02"


def _raw(observation: DnsObservation) -> bytes:
    return observation.raw


def test_seen_survives_pickling() -> None:
    """A map is pickled with its observations and without what was read from them."""
    seen = Seen(OBSERVATIONS)
    seen.read(DNS, lambda each: each.raw)
    again = pickle.loads(pickle.dumps(seen))
    assert again.observations == seen.observations
    assert not hasattr(seen, "__dict__")


# --- observations


@pytest.mark.parametrize("made", [observe(each) for each in REQUESTS])
def test_observations_are_values(made: Observation) -> None:
    """Observations are immutable, compare and hash by content, and survive pickling."""
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert hash(again) == hash(made)
    for field in attrs.fields(type(made)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(made, field.name, None)


def test_words_of_evidence_are_append_only() -> None:
    """Failures and roles stand in evidence: none goes, none is renamed."""
    failures = ["TIMEOUT", "UNREACHABLE", "CLOSED", "TOO_LARGE", "PROTOCOL", "DEADLINE", "NOT_RECORDED"]
    assert [(each.name, each.value) for each in Failure][:7] == list(zip(failures, range(1, 8), strict=True))
    assert get_args(Role)[:6] == ("answer", "retry", "canary", "ds", "cd", "probe")


def test_requests_have_plain_defaults() -> None:
    """A question is the lookup itself, a first hop, of at most 64 KiB; an observation did not fail."""
    assert (DNS.role, DNS.attempt) == ("answer", 0)
    assert (HTTP.hop, HTTP.max_body) == (0, 64 * 1024)
    assert Observation(vantage="x", sent=AT, received=AT).failure is None


def test_observations_of_one_instant_are_sorted_by_kind() -> None:
    """DNS, HTTP, TLS, lists: the order in which observations of one instant stand in evidence (R108)."""
    for order in permutations(REQUESTS):
        assert Seen(map(observe, order)).observations == tuple(map(observe, REQUESTS))
