"""The resolver against a server that drops, refuses, lies, truncates and stalls: both drivers, the same answers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import pkicheck
from pkicheck import (
    BASELINE,
    DnsObservation,
    DnsQuery,
    Failure,
    InputError,
    ListFact,
    ListQuestion,
    TransportError,
    aio,
)
from pkicheck.caa import caa_plan
from pkicheck.dnswire import CAA, SOA, read_message
from pkicheck.lookups import Outcome, read_answer
from pkicheck.names import DnsName
from pkicheck.policy import Policy
from pkicheck.ports import HttpGet
from tests.net.scripted import Scripted

TRIES = 2


def waiting(seconds: float, tries: int = TRIES) -> Policy:
    """A policy whose tries wait so long."""
    return attrs.evolve(
        BASELINE, name="waits", net=attrs.evolve(BASELINE.net, tries=tries, try_wait=timedelta(seconds=seconds))
    )


# What is answered is answered long before this, on a busy machine too; what must time out uses the quick one.
POLICY = waiting(20)
QUICK = waiting(0.4)
LONG = timedelta(seconds=60)
PROBE = DnsQuery(name=DnsName.root(), rdtype=SOA, role="probe")


def q(label: str, **more: Any) -> DnsQuery:
    return DnsQuery(name=DnsName.from_text(f"{label}.test-zone.example"), rdtype=CAA, **more)


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with Scripted() as running:
        yield running


def blocking(
    *servers: str, batch: Sequence[Any], within: timedelta = LONG, policy: Policy = POLICY, **more: Any
) -> Any:
    with pkicheck.Resolver(*servers, policy=policy, **more) as resolver:
        return resolver.exchange(batch, within=within), resolver.health()


def asynchronous(
    *servers: str, batch: Sequence[Any], within: timedelta = LONG, policy: Policy = POLICY, **more: Any
) -> Any:
    async def main() -> Any:
        async with aio.Resolver(*servers, policy=policy, **more) as resolver:
            return await resolver.exchange(batch, within=within), resolver.health()

    return asyncio.run(main())


both = pytest.mark.parametrize("ask", [blocking, asynchronous])


# what comes of each script: failure, transport, tries, outcome as read
OUTCOMES: dict[str, tuple[Failure | None, str, int, Outcome]] = {
    "ok": (None, "udp", 1, Outcome.DATA),
    "drop": (Failure.TIMEOUT, "udp", 2, Outcome.TIMEOUT),
    "drop1": (None, "udp", 2, Outcome.DATA),
    "late": (None, "udp", 2, Outcome.DATA),
    "twice": (None, "udp", 1, Outcome.DATA),
    "wrong-id": (None, "udp", 1, Outcome.DATA),
    "wrong-id-only": (Failure.TIMEOUT, "udp", 2, Outcome.TIMEOUT),
    "wrong-question": (None, "udp", 1, Outcome.DATA),
    "wrong-question-only": (Failure.TIMEOUT, "udp", 2, Outcome.TIMEOUT),
    "two-questions": (None, "udp", 1, Outcome.DATA),
    "query": (None, "udp", 1, Outcome.DATA),
    "short": (None, "udp", 1, Outcome.DATA),
    "case-lost": (None, "tcp", 1, Outcome.DATA),
    "case-lost-no-tcp": (Failure.TIMEOUT, "udp", 2, Outcome.TIMEOUT),
    "bare-formerr": (None, "tcp", 1, Outcome.DATA),
    "garbage": (None, "udp", 1, Outcome.MALFORMED),
    "cut": (None, "udp", 1, Outcome.MALFORMED),
    "servfail": (None, "udp", 1, Outcome.SERVFAIL),
    "refused": (None, "udp", 1, Outcome.REFUSED),
    "malformed-caa": (None, "udp", 1, Outcome.DATA),
    "foreign": (None, "udp", 1, Outcome.MALFORMED),
    "referral": (None, "udp", 1, Outcome.LAME),
    "large": (None, "udp", 1, Outcome.DATA),
    "trunc": (None, "tcp", 1, Outcome.DATA),
    "trunc-big": (None, "tcp", 1, Outcome.DATA),
    "trunc-drip": (None, "tcp", 1, Outcome.DATA),
    "trunc-more": (None, "tcp", 1, Outcome.DATA),
    "trunc-rst": (None, "udp", 2, Outcome.TRUNCATED),
    "trunc-eof": (None, "udp", 2, Outcome.TRUNCATED),
    "trunc-half": (None, "udp", 2, Outcome.TRUNCATED),
    "trunc-stuck": (None, "udp", 2, Outcome.TRUNCATED),
    "trunc-other": (None, "udp", 2, Outcome.TRUNCATED),
    "trunc-wrong-id": (None, "udp", 2, Outcome.TRUNCATED),
    "trunc-empty": (None, "udp", 2, Outcome.TRUNCATED),
}


# Those that wait for the end of a try.
TIMED: dict[str, Policy] = {
    **dict.fromkeys(("drop", "wrong-id-only", "wrong-question-only", "case-lost-no-tcp", "trunc-stuck"), QUICK),
    "drop1": waiting(2),
    "late": waiting(2),
}


@pytest.mark.parametrize("label", OUTCOMES)
@both
def test_what_comes_of_each_script(ask: Any, server: Scripted, label: str) -> None:
    """Whatever the server does, an observation: failure, transport, tries and reading are as the table says (R060)."""
    server.counts.clear()
    (seen,), _ = ask(server.address, batch=[q(label)], policy=TIMED.get(label, POLICY))
    assert isinstance(seen, DnsObservation)
    answer = read_answer(seen)
    assert (seen.failure, seen.transport, seen.attempts, answer.outcome) == OUTCOMES[label]
    assert (seen.server, seen.port, seen.vantage) == ("127.0.0.1", server.port, "primary")
    assert seen.sent <= seen.received
    assert bool(seen.raw) == (seen.failure is None)
    if label == "trunc-big":
        assert len(answer.rdatas) == 1001
    if label == "malformed-caa":
        assert answer.rdatas == (b"\0\0ca.example",)
    if label == "servfail":
        assert answer.ede == ((22, b"no"),)


def _essence(seen: DnsObservation) -> object:
    return (seen.request, seen.failure, seen.transport, seen.attempts, seen.raw[2:].lower())


def test_both_drivers_see_the_same(server: Scripted) -> None:
    """All scripts in one batch: blocking and asynchronous observations are equal but for ids, letter case and times."""
    batch = [PROBE, *(q(label) for label in OUTCOMES if label not in ("drop1", "late"))]
    policy = waiting(2)
    found = [
        [_essence(each) for each in ask(server.address, batch=batch, policy=policy)[0]]
        for ask in (blocking, asynchronous)
    ]
    assert found[0] == found[1]
    assert len(found[0]) == len(batch)


@both
def test_the_deadline_is_an_observation(ask: Any, server: Scripted) -> None:
    """A deadline before the end of the tries gives DEADLINE, not TIMEOUT, to what is missing, and only to that."""
    (late, good), _ = ask(server.address, batch=[q("drop"), q("ok")], within=timedelta(seconds=1.5))
    assert (late.failure, good.failure) == (Failure.DEADLINE, None)
    assert late.attempts == 1


@both
def test_nothing_listens(ask: Any) -> None:
    """A port that refuses is UNREACHABLE after all tries: never a timeout, which might excuse something.

    The kernel tells of a refusal once, with whatever is done next on the socket: sending the next query is enough.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seen, health = ask(f"127.0.0.1:{port}", batch=[q("ok", attempt=each) for each in range(20)])
    assert {(each.failure, each.attempts) for each in seen} == {(Failure.UNREACHABLE, TRIES)}
    assert health.servers[0].down
    assert health.servers[0].unreachable >= 1


@both
def test_no_route(ask: Any) -> None:
    """An address that the system refuses to connect to is UNREACHABLE too."""
    (seen,), _ = ask("255.255.255.255:53", batch=[q("ok")])
    assert seen.failure is Failure.UNREACHABLE


@both
def test_closed_tcp_port(ask: Any) -> None:
    """Truncated over UDP and TCP closed: the truncated message is what is known, and it decides nothing."""
    with Scripted(tcp=False) as only_udp:
        (seen,), _ = ask(only_udp.address, batch=[q("trunc")])
    assert (seen.failure, seen.transport) == (None, "udp")
    assert read_answer(seen).outcome is Outcome.TRUNCATED


@pytest.mark.parametrize(("dead", "policy"), [("silent", waiting(2, tries=9)), ("refusing", POLICY)])
@both
def test_the_next_server_takes_the_whole_batch(ask: Any, server: Scripted, dead: str, policy: Policy) -> None:
    """A silent or refusing server is left, and every answer of the batch, the probe too, comes from the next one."""
    with Scripted(dead=True) as first:
        if dead == "refusing":
            first.close()
        seen, health = ask(first.address, server.address, batch=[PROBE, q("ok"), q("twice")], policy=policy)
    assert {each.port for each in seen} == {server.port}
    assert {each.failure for each in seen} == {None}
    assert not health.servers[1].down
    assert health.servers[0].answered == 0


@both
def test_a_plan_outlives_its_server(ask: Any, server: Scripted) -> None:
    """A server that goes away in the middle of a check: the next one is probed, and the check passes."""

    class Dying:
        """The resolver, whose first server dies after the first batch."""

        def __init__(self, resolver: Any, first: Scripted) -> None:
            self.resolver, self.first = resolver, first
            self.now = resolver.now

    class Blocking(Dying):
        def exchange(self, batch: Any, /, *, within: timedelta) -> Any:
            seen = self.resolver.exchange(batch, within=within)
            self.first.close()
            return seen

    class Asynchronous(Dying):
        async def exchange(self, batch: Any, /, *, within: timedelta) -> Any:
            seen = await self.resolver.exchange(batch, within=within)
            self.first.close()
            return seen

    async def main(first: Scripted) -> Any:
        async with aio.Resolver(first.address, server.address, policy=POLICY) as resolver:
            return await aio.check_caa(
                "alias.x.example", issuers={"ca.example"}, resolver=Asynchronous(resolver, first), policy=POLICY
            )

    with Scripted() as first:
        if ask is asynchronous:
            result = asyncio.run(main(first))
        else:
            with pkicheck.Resolver(first.address, server.address, policy=POLICY) as resolver:
                result = pkicheck.check_caa(
                    "alias.x.example", issuers={"ca.example"}, resolver=Blocking(resolver, first), policy=POLICY
                )
    assert result.verdict is pkicheck.Verdict.PASS
    seen = [each for each in result.observations if isinstance(each, DnsObservation)]
    probes = [each for each in seen if each.request.role == "probe"]
    assert [each.port for each in probes] == [first.port, server.port]


@both
def test_a_slow_zone_does_not_move_the_batch(ask: Any, server: Scripted) -> None:
    """A server that answers other questions is alive: what it does not answer is asked of it again, not of the next."""
    server.counts.clear()
    with Scripted() as second:
        seen, _ = ask(server.address, second.address, batch=[q("ok"), q("drop1")], policy=waiting(2))
        assert [(each.port, each.attempts) for each in seen] == [(server.port, 1), (server.port, 2)]
        assert not second.asked


@both
def test_ids_ports_and_letters_are_drawn(ask: Any) -> None:
    """Ids, ports and letter case differ from query to query (RFC 5452 §9.2), and the case can be left alone."""
    with Scripted() as fresh:
        ask(fresh.address, batch=[q("ok", attempt=each) for each in range(100)])
        assert len({each.identity for each in fresh.asked}) > 90
        assert len(fresh.ports) > 1
        assert len({each.name for each in fresh.asked}) > 90
        fresh.asked.clear()
        plain = attrs.evolve(POLICY, name="plain", net=attrs.evolve(POLICY.net, mix_case=False))
        ask(fresh.address, batch=[q("ok")], policy=plain)
        assert [each.name for each in fresh.asked] == [q("ok").name.wire]


@both
def test_ids_come_from_the_random_source_of_the_system(ask: Any, server: Scripted, monkeypatch: Any) -> None:
    """Every id is two octets of `os.urandom`, in the order in which it gave them (RFC 5452 §4.3)."""
    drawn = bytearray()
    source = os.urandom

    def watched(count: int) -> bytes:
        drawn.extend(octets := source(count))
        return octets

    monkeypatch.setattr(os, "urandom", watched)
    server.asked.clear()
    ask(server.address, batch=[q("ok", attempt=each) for each in range(20)])
    at = 0
    for each in server.asked:
        at = drawn.find(each.identity.to_bytes(2, "big"), at)
        assert at >= 0
        at += 2


@both
def test_what_a_query_asks_for(ask: Any, server: Scripted) -> None:
    """RD, AD and EDNS DO in every query; CD in the second look, and only there."""
    server.asked.clear()
    ask(server.address, batch=[q("ok"), q("twice", role="cd")])
    flags = {each.label: each.raw[2:4] for each in server.asked}
    assert flags == {"ok": b"\x01\x20", "twice": b"\x01\x30"}
    assert all(each.raw.endswith(bytes.fromhex("00 0029 04d0 00008000 0000")) for each in server.asked)


@both
def test_more_than_may_fly_waits(ask: Any, server: Scripted) -> None:
    """With one lookup in flight all are answered in turn; the deadline also ends what never got its turn."""
    seen, health = ask(server.address, batch=[q("ok", attempt=each) for each in range(30)], in_flight=1)
    assert {each.failure for each in seen} == {None}
    assert (health.in_flight, health.queued) == (0, 0)
    seen, _ = ask(
        server.address, batch=[q("drop", attempt=each) for each in range(3)], in_flight=1, within=timedelta(seconds=0.2)
    )
    assert [(each.failure, each.attempts) for each in seen] == [
        (Failure.DEADLINE, 1),
        (Failure.DEADLINE, 0),
        (Failure.DEADLINE, 0),
    ]


@both
def test_equal_questions_are_shared_on_demand(ask: Any, server: Scripted) -> None:
    """`share` sends one query for equal questions that are under way together; without it each is sent."""
    for more, sent in (({}, 1), ({"share": True}, 1), ({"share": False}, 2)):
        server.counts.clear()
        seen, _ = ask(server.address, batch=[q("ok"), q("ok")], **more)
        assert len(seen) == 2
        assert server.counts["udp", "ok"] == sent


def test_a_stream_shares_what_is_under_way_and_nothing_later(server: Scripted) -> None:
    """Plans side by side ask a common question once; when it is answered, the next plan asks it again."""
    for more, sent in (({}, 1), ({"share": False}, 2)):
        server.counts.clear()
        with pkicheck.Resolver(server.address, policy=POLICY, **more) as resolver:  # type: ignore[arg-type]
            assert len(list(pkicheck.run_many(_plans(["ok", "ok"]), resolver, in_flight=2))) == 2
            assert server.counts["udp", "ok"] == sent
            assert len(list(pkicheck.run_many(_plans(["ok", "ok"]), resolver, in_flight=1))) == 2
            assert server.counts["udp", "ok"] == sent + 2


@both
def test_health_counts(ask: Any, server: Scripted) -> None:
    """What was asked, answered, timed out, sent over TCP and ignored, with times, stands in `health`."""
    batch = [q("ok"), q("trunc"), q("wrong-id-only")]
    _, health = ask(server.address, batch=batch, policy=QUICK)
    (one,) = health.servers
    assert (one.server, one.port) == ("127.0.0.1", server.port)
    assert (one.asked, one.answered, one.timeouts, one.unreachable, one.streams) == (5, 2, 2, 0, 1)
    assert one.ignored == 2
    assert one.last_answer is not None
    assert one.rtt_median is not None
    assert timedelta(0) < one.rtt_median < LONG
    assert (one.probed, health.in_flight, health.queued) == (False, 0, 0)


def test_a_servfail_is_asked_again_and_looked_at_twice(server: Scripted) -> None:
    """A SERVFAIL is asked again as often as the policy says, then once with checking disabled: the zone is dead."""
    server.counts.clear()
    server.asked.clear()
    policy = waiting(20, tries=3)
    with pkicheck.Resolver(server.address, policy=policy) as resolver:
        result = pkicheck.check_caa("servfail.x.example", issuers={"ca.example"}, resolver=resolver, policy=policy)
    assert result.verdict is pkicheck.Verdict.INCOMPLETE
    assert {each.code for each in result.findings} == {"dns.lookup-servfail"}
    queries = [each.raw[3] & 0x10 for each in server.asked if each.label == "servfail"]
    assert queries == [0, 0, 0, 0x10]


@both
def test_the_probe_is_held(ask: Any, server: Scripted) -> None:
    """One probe serves many batches until it is too old; its observation keeps the time of its sending."""
    server.counts.clear()
    ask(server.address, batch=[PROBE, PROBE])
    assert server.counts["udp", "root"] == 1
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
        first, again = (resolver.exchange([PROBE], within=LONG)[0] for _ in range(2))
        assert first is again
        assert resolver.health().servers[0].probed
    old = attrs.evolve(POLICY, name="old", net=attrs.evolve(POLICY.net, probe_max_age=timedelta(0)))
    with pkicheck.Resolver(server.address, policy=old) as resolver:
        first, again = (resolver.exchange([PROBE], within=LONG)[0] for _ in range(2))
        assert first is not again
        assert not resolver.health().servers[0].probed


@both
def test_lists_are_answered_too(ask: Any, server: Scripted) -> None:
    """Questions to the packaged lists are answered beside those to the DNS, in their places."""
    seen, _ = ask(server.address, batch=[ListQuestion(list="iana.root-zone", key="com"), q("ok")])
    assert isinstance(seen[0], ListFact)
    assert seen[0].failure is None
    assert isinstance(seen[1], DnsObservation)
    with pytest.raises(InputError, match="record type"):
        ask(server.address, batch=[DnsQuery(name=q("ok").name, rdtype=65536)])
    with pytest.raises(TransportError, match="HttpGet"):
        ask(server.address, batch=[HttpGet(url="http://x/", address="192.0.2.1", port=80)])  # type: ignore[arg-type]


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
@both
def test_ipv6(ask: Any) -> None:
    """A server on ::1, over UDP and TCP."""
    try:
        running = Scripted(family=socket.AF_INET6, host="::1")
    except OSError:
        pytest.skip("no ::1 here")
    with running:
        seen, _ = ask(running.address, batch=[q("ok"), q("trunc")])
        assert [(each.server, each.failure, each.transport) for each in seen] == [
            ("::1", None, "udp"),
            ("::1", None, "tcp"),
        ]


# --- streams


def _plans(labels: Sequence[str]) -> Any:
    return (caa_plan(f"{label}.test-zone.example", issuers={"ca.example"}, policy=POLICY) for label in labels)


def test_a_slow_plan_does_not_hold_up_a_stream(server: Scripted) -> None:
    """Results leave a stream as soon as they are known: the slow one last, blocking and asynchronous alike."""
    labels = ["held", *(f"ok{each}" for each in range(50))]

    def note(order: list[int], index: int) -> None:
        order.append(index)
        if len(order) == 50:
            server.release()

    order: list[int] = []
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
        for index, _ in pkicheck.run_many(_plans(labels), resolver, in_flight=4, ordered=False):
            note(order, index)
    assert order[-1] == 0
    assert sorted(order) == list(range(51))

    async def main() -> list[int]:
        order: list[int] = []
        async with aio.Resolver(server.address, policy=POLICY) as resolver:
            async for index, _ in pkicheck.arun_many(_plans(labels), resolver, in_flight=4, ordered=False):
                note(order, index)
        return order

    order = asyncio.run(main())
    assert order[-1] == 0
    assert sorted(order) == list(range(51))
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
        again = [index for index, _ in pkicheck.run_many(_plans(labels[1:]), resolver, in_flight=4)]
    assert again == list(range(50))


def test_a_stream_that_is_left_frees_its_ids(server: Scripted) -> None:
    """Leaving a stream early cancels what is under way; the resolver goes on working."""
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
        stream = pkicheck.run_many(_plans(["ok", *["drop"] * 20]), resolver, in_flight=10, ordered=False)
        assert next(stream)[0] == 0
        assert resolver.health().in_flight > 0
        stream.close()  # type: ignore[attr-defined]
        assert resolver.health().in_flight == 0
        assert resolver.exchange([q("ok")], within=LONG)[0].failure is None


# --- threads, processes, loops, ends


def test_threads(server: Scripted) -> None:
    """Many threads share a resolver: each gets its own answers, and the limit holds for all together."""
    wrong: list[object] = []
    with pkicheck.Resolver(server.address, policy=POLICY, in_flight=3) as resolver:

        def work(number: int) -> None:
            for turn in range(20):
                label = f"t{number}-{turn}"
                (seen,) = resolver.exchange([q(label)], within=LONG)
                if not isinstance(seen, DnsObservation) or seen.failure is not None or seen.request != q(label):
                    wrong.append(seen)
                if resolver.health().in_flight > 3:
                    wrong.append("too many")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_its_own_sockets(server: Scripted) -> None:
    """A child asks from other ports, and neither breaks the other; a stream of the parent is none of its business."""
    with pkicheck.Resolver(server.address, policy=waiting(2)) as resolver:
        resolver.exchange([q("ok")], within=LONG)
        stream = pkicheck.run_many(_plans(["ok", "drop"]), resolver, in_flight=2, ordered=False)
        next(stream)
        server.ports.clear()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                first = resolver.exchange([q("ok", attempt=each) for each in range(20)], within=LONG)
                if all(each.failure is None for each in first):
                    try:
                        list(stream)
                    except TransportError:
                        code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        of_child = set(server.ports)
        server.ports.clear()
        assert all(
            each.failure is None
            for each in resolver.exchange([q("ok", attempt=each) for each in range(20)], within=LONG)
        )
        assert server.ports
        assert not of_child & server.ports
        assert [result.name for _, result in stream]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_asynchronous_resolver_stays_in_its_process(server: Scripted) -> None:
    """In a forked child it is refused, before anything is sent; the parent's goes on."""

    async def main() -> None:
        async with aio.Resolver(server.address, policy=POLICY) as resolver:
            await resolver.exchange([q("ok")], within=LONG)
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    await resolver.exchange([q("ok")], within=LONG)
                except TransportError as error:
                    code = 0 if "process" in str(error) else 2
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0  # noqa: ASYNC222 - nothing else is to happen meanwhile
            assert (await resolver.exchange([q("ok")], within=LONG))[0].failure is None

    asyncio.run(main())


def test_one_loop_only(server: Scripted) -> None:
    """The asynchronous resolver belongs to the loop in which it was first used."""
    with (
        contextlib.closing(asyncio.new_event_loop()) as loop,
        contextlib.closing(aio.Resolver(server.address, policy=POLICY)) as resolver,
    ):

        async def once() -> None:
            await resolver.exchange([q("ok")], within=LONG)

        loop.run_until_complete(once())
        with pytest.raises(TransportError, match="event loop"):
            asyncio.run(once())


def test_cancellation_frees_the_id_and_sends_nothing_more(server: Scripted) -> None:
    """A cancelled check is gone: no id is held, no retry is sent, and others are not disturbed."""

    async def main() -> None:
        wait = 1.0
        async with aio.Resolver(server.address, policy=waiting(wait)) as resolver:
            server.counts.clear()
            task = asyncio.create_task(resolver.exchange([q("drop"), q("trunc-stuck")], within=LONG))
            await _until(lambda: server.counts["tcp", "trunc-stuck"] == 1)
            assert resolver.health().in_flight == 2
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert resolver.health().in_flight == 0
            assert (await resolver.exchange([q("ok")], within=LONG))[0].failure is None
            before = server.counts["udp", "drop"]
            await asyncio.sleep(wait * 1.5)
            assert server.counts["udp", "drop"] == before

    asyncio.run(main())


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - it waits for a thread of the server
        await asyncio.sleep(0.01)


def test_close_ends_those_who_wait(server: Scripted) -> None:
    """Closing while lookups are under way ends them with TransportError, in threads and in tasks; twice is fine."""
    ends: list[str] = []
    server.counts.clear()
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:

        def work() -> None:
            try:
                resolver.exchange([q("drop")], within=LONG)
            except TransportError as error:
                ends.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        while not server.counts["udp", "drop"]:
            time.sleep(0.01)
        resolver.close()
        resolver.close()
        thread.join(30)
        assert ends == ["the resolver is closed"]
        with pytest.raises(TransportError, match="closed"):
            resolver.exchange([q("ok")], within=LONG)

    async def main() -> None:
        async with aio.Resolver(server.address, policy=POLICY) as other:
            server.counts.clear()
            task = asyncio.create_task(other.exchange([q("drop")], within=LONG))
            await _until(lambda: server.counts["udp", "drop"] == 1)
            other.close()
            with pytest.raises(TransportError, match="closed"):
                await task
            with pytest.raises(TransportError, match="closed"):
                await other.exchange([q("ok")], within=LONG)

    asyncio.run(main())


def test_nothing_is_left_open(server: Scripted) -> None:
    """Whatever happened, closing gives every descriptor back."""
    gc.collect()
    before = _descriptors()
    for ask in (blocking, asynchronous):
        ask(server.address, batch=[q("drop"), q("trunc-stuck"), q("trunc-rst"), q("ok")], policy=QUICK)
    for _ in range(300):
        # (the server's half of a connection is in this process too, and takes its time)
        if _descriptors() <= before:
            break
        time.sleep(0.1)
    assert _descriptors() <= before


@both
def test_without_descriptors_our_own_side_is_broken(ask: Any, server: Scripted) -> None:
    """No socket to be had is a TransportError; nothing stays behind, and later the resolver works."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
        resolver.exchange([q("ok")], within=LONG)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(TransportError, match="no socket"):
                resolver.exchange([q("ok", attempt=each) for each in range(50)], within=LONG)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert resolver.health().in_flight == 0
        assert resolver.exchange([q("ok")], within=LONG)[0].failure is None
    assert ask(server.address, batch=[q("ok")])[0][0].failure is None


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_restarted_server_loses_nothing() -> None:
    """A server that goes away in the middle gives failures, never a missing result; when it is back, answers again."""
    with Scripted() as first, pkicheck.Resolver(first.address, policy=POLICY) as resolver:

        def check() -> pkicheck.CaaResult:
            return pkicheck.check_caa("ok.x.example", issuers={"ca.example"}, resolver=resolver, policy=POLICY)

        assert check().verdict is pkicheck.Verdict.PASS
        first.close()
        result = check()
        assert result.verdict is pkicheck.Verdict.INCOMPLETE
        assert "dns.lookup-unreachable" in {each.code for each in result.findings}
        assert not resolver.health().servers[0].probed
        with Scripted(port=first.port):
            assert check().verdict is pkicheck.Verdict.PASS


# --- arguments


@pytest.mark.parametrize(
    ("servers", "more", "message"),
    [
        ((), {}, "1 to 16"),
        (("localhost",), {}, "IP address"),
        (("127.0.0.1:0",), {}, "IP address"),
        (("127.0.0.1:70000",), {}, "IP address"),
        (("[::1",), {}, "IP address"),
        (("[::1]x",), {}, "IP address"),
        ((5,), {}, "int"),
        (("127.0.0.1", "127.0.0.1:53"), {}, "twice"),
        (("9.9.9.9",), {}, "public"),
        (("[2620:fe::fe]:53",), {}, "public"),
        (("127.0.0.1",), {"in_flight": 0}, "in_flight"),
        (("127.0.0.1",), {"policy": BASELINE.net}, "policy"),
        (("127.0.0.1",), {"public": "9.9.9.9"}, "public"),
        (("127.0.0.1",), {"on_event": 5}, "on_event"),
    ],
)
@pytest.mark.parametrize("kind", [pkicheck.Resolver, aio.Resolver])
def test_wrong_arguments(kind: Any, servers: Any, more: Any, message: str) -> None:
    """Wrong arguments, and public resolvers that nobody named on purpose (C18), are refused at once."""
    with pytest.raises(InputError, match=message):
        kind(*servers, **more)


@pytest.mark.parametrize("kind", [pkicheck.Resolver, aio.Resolver])
def test_a_public_resolver_named_on_purpose(kind: Any) -> None:
    """Naming it twice is meaning it."""
    kind("9.9.9.9", public=("9.9.9.9",)).close()


@pytest.mark.parametrize("kind", [pkicheck.Resolver, aio.Resolver])
def test_the_resolvers_of_the_system(kind: Any, tmp_path: Path) -> None:
    """resolv.conf is read when `system` is called: its first three servers; none is our own side broken."""
    conf = tmp_path / "resolv.conf"
    conf.write_text("# a comment\nsearch example\nnameserver 127.0.0.53\nnameserver ::1\n", encoding="ascii")
    with contextlib.closing(kind.system(path=str(conf))) as resolver:
        assert [each.server for each in resolver.health().servers] == ["127.0.0.53", "::1"]
    conf.write_text("search example\n", encoding="ascii")
    with pytest.raises(TransportError, match="names no resolver"):
        kind.system(path=str(conf))
    with pytest.raises(TransportError, match="cannot be read"):
        kind.system(path=str(tmp_path / "missing"))
    conf.write_text("nameserver 8.8.8.8\n", encoding="ascii")
    with pytest.raises(InputError, match="public"):
        kind.system(path=str(conf))


def test_events_are_told(server: Scripted) -> None:
    """`on_event` hears of what is ignored, retried, doubtful and down, with the server's address."""
    heard: dict[str, Any] = {}
    blocking(
        server.address,
        batch=[q("wrong-id-only"), q("case-lost")],
        policy=QUICK,
        on_event=lambda name, facts: heard.setdefault(name, facts),
    )
    assert {"resolver.ignored", "resolver.retry", "resolver.doubtful"} <= set(heard)
    assert all(facts["server"] == "127.0.0.1" for facts in heard.values())


def test_the_evidence_of_a_check_replays(server: Scripted) -> None:
    """A result made over the network replays from its JSON with the same verdict, mixed letters and all."""
    with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
        result = pkicheck.check_caa("ok.test-zone.example", issuers={"ca.example"}, resolver=resolver, policy=POLICY)
    assert result.verdict is pkicheck.Verdict.PASS
    again = pkicheck.load(result.to_json()).replay()
    assert not again.verdict_changed
    assert again.result == result
    raws = [each.raw for each in result.observations if isinstance(each, DnsObservation)]
    assert all(read_message(raw).question is not None for raw in raws)
