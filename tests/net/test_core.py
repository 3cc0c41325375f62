"""Which server is asked when, on a network and a clock of the test's own: nothing here depends on the machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

import pkicheck
from pkicheck import BASELINE, DnsObservation, DnsQuery, Failure, Verdict
from pkicheck._net._servers import Server
from pkicheck.dnswire import CAA, CNAME, SOA, build_response
from pkicheck.names import DnsName
from pkicheck.policy import Policy
from tests.net.scripted import Asked, good
from tests.net.virtual import Answers, Virtual, after, refusing, silent

POLICY = attrs.evolve(
    BASELINE, name="quick", net=attrs.evolve(BASELINE.net, tries=3, try_wait=timedelta(seconds=2), mix_case=False)
)
PATIENT = attrs.evolve(POLICY, name="patient", net=attrs.evolve(POLICY.net, try_wait=timedelta(seconds=20)))
LONG = timedelta(seconds=60)
PROBE = DnsQuery(name=DnsName.root(), rdtype=SOA, role="probe")
FIRST, SECOND, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"


def q(label: str, **more: Any) -> DnsQuery:
    return DnsQuery(name=DnsName.from_text(f"{label}.test-zone.example"), rdtype=CAA, **more)


def ask(net: Virtual, *batch: DnsQuery, within: timedelta = LONG) -> list[DnsObservation]:
    return [each for each in net.exchange(batch, within=within) if isinstance(each, DnsObservation)]


def check(net: Virtual, name: str, policy: Policy = POLICY, canary: str = "") -> pkicheck.CaaResult:
    return pkicheck.check_caa(name, issuers={"ca.example"}, resolver=net, policy=policy, deadline=LONG, canary=canary)


def codes(result: pkicheck.CaaResult) -> set[str]:
    return {each.code for each in result.findings}


# --- one batch, one server


@pytest.mark.parametrize(("dead", "spent"), [(silent, 2.0), (refusing, 0.0)])
def test_the_next_server_takes_the_whole_batch(dead: Answers, spent: float) -> None:
    """A silent or refusing server is left, and every answer of the batch, the probe too, comes from the next one."""
    net = Virtual({FIRST: dead, SECOND: after(0.01)}, policy=POLICY)
    began = net.clock
    seen = ask(net, PROBE, q("one"), q("two"))
    assert {(each.server, each.failure, each.attempts) for each in seen} == {(SECOND, None, 2)}
    assert spent <= net.clock - began < spent + 0.1
    assert [each.down for each in net.fleet.servers] == [True, False]
    assert net.fleet.current.address == SECOND
    assert [name for name, _ in net.events] == ["resolver.server-down"]


def test_a_batch_takes_no_longer_than_its_slowest_try() -> None:
    """Questions wait side by side: twenty that are dropped take as long as one."""
    net = Virtual({FIRST: silent}, policy=POLICY)
    began = net.clock
    seen = ask(net, *(q("drop", attempt=each) for each in range(20)))
    assert {(each.failure, each.attempts) for each in seen} == {(Failure.TIMEOUT, 3)}
    assert 6.0 <= net.clock - began < 6.1


def test_what_is_cancelled_sends_nothing_more() -> None:
    """A cancelled batch holds no id, no place, and its next try is not made."""
    net = Virtual({FIRST: silent}, policy=POLICY)
    batch = net.core.ask([q("one"), q("two")], deadline=net.clock + 60, now=net.clock)
    assert net.core.flying == 2
    net.core.cancel(batch)
    assert (net.core.flying, net.fleet.budget.used) == (0, 0)
    assert not [port for port in net.core.ports() if port.pending]
    net.clock += 30
    net.core.tick(net.clock)
    assert len(net.asked) == 2


def test_answers_of_the_server_that_was_left_are_asked_again() -> None:
    """A server that dies in the middle of a batch: what it had answered is asked of the next one with the rest."""

    def dies(asked: Asked) -> list[tuple[float, bytes]] | None:
        return [(0.01, good(asked))] if asked.label == "one" else None

    net = Virtual({FIRST: dies, SECOND: after(0.5)}, policy=POLICY)
    seen = ask(net, q("one"), q("two"))
    assert {each.server for each in seen} == {SECOND}
    assert sorted(each.label for server, each in net.asked if server == SECOND) == ["one", "two"]


def test_a_slow_zone_does_not_move_the_batch() -> None:
    """A server that answers other questions is alive: what it does not answer is asked of it again, not of the next."""
    asked_of_slow: list[Asked] = []

    def slow_zone(asked: Asked) -> list[tuple[float, bytes]]:
        if asked.label != "slow":
            return [(0.01, good(asked))]
        asked_of_slow.append(asked)
        return [(0.01, good(asked))] if len(asked_of_slow) == 2 else []

    net = Virtual({FIRST: slow_zone, SECOND: after(0.01)}, policy=POLICY)
    seen = ask(net, q("one"), q("slow"))
    assert [(each.server, each.failure, each.attempts) for each in seen] == [(FIRST, None, 1), (FIRST, None, 2)]
    assert {server for server, _ in net.asked} == {FIRST}
    assert not net.fleet.servers[0].down


def test_a_failure_stays_with_the_server_that_made_it() -> None:
    """When all tries are spent the server of the last one is not left: what is asked next of the failure is its."""
    net = Virtual({FIRST: silent, SECOND: silent, THIRD: silent}, policy=POLICY)
    (seen,) = ask(net, q("one"))
    assert (seen.server, seen.failure, seen.attempts) == (THIRD, Failure.TIMEOUT, 3)
    assert net.fleet.current.address == THIRD
    assert all(each.down for each in net.fleet.servers)


def test_a_refusal_that_a_send_brings_is_told_to_all() -> None:
    """The kernel reports a refusal once, with the next call on the socket: also those that were sent before know it."""
    net = Virtual({FIRST: refusing}, policy=POLICY, one_port=True)
    began = net.clock
    seen = ask(net, *(q(f"n{each}") for each in range(5)))
    assert {each.failure for each in seen} == {Failure.UNREACHABLE}
    assert net.clock - began < 2.0  # (pauses, not waits)
    # (each is one refusal a try, however often the news comes)
    assert net.core.counts[net.fleet.servers[0]].unreachable == 5 * POLICY.net.tries


def test_a_refusal_of_old_costs_no_try() -> None:
    """News of an earlier refusal comes with the first query to a server that is back: that one goes out still."""
    net = Virtual({FIRST: refusing}, policy=POLICY, one_port=True)
    port_busy = net.core.ask([q("gone")], deadline=net.clock + 60, now=net.clock)
    net.core.cancel(port_busy)
    net.servers[FIRST] = after(0.01)
    (seen,) = ask(net, q("one"))
    assert (seen.failure, seen.attempts) == (None, 1)


def test_ports_are_renewed() -> None:
    """A port serves 256 queries or ten seconds, then it is closed for good and another number is drawn."""
    net = Virtual({FIRST: after(0.001)}, policy=POLICY, one_port=True)
    for _ in range(600):
        ask(net, q("one"))
    assert len(net.opened) == 3
    assert [wire.closed for wire in net.opened] == [True, True, False]
    net.clock += 10
    ask(net, q("one"))
    assert len(net.opened) == 4
    assert [wire.closed for wire in net.opened] == [True, True, True, False]


def test_a_port_that_is_waited_on_is_closed_with_its_last_lookup() -> None:
    """A port that has served its time still takes the answers that are due on it."""
    behaviour: Answers = lambda asked: [(15.0 if asked.label == "slow" else 0.01, good(asked))]  # noqa: E731
    net = Virtual({FIRST: behaviour}, policy=PATIENT, one_port=True)
    slow = net.core.ask([q("slow")], deadline=net.clock + 60, now=net.clock)
    net.clock += 11
    for each in range(20):
        ask(net, q("quick", attempt=each))
    (first, *_) = net.opened
    assert not first.closed
    net.run(slow)
    assert [each.failure for each in slow.observations()] == [None]
    assert first.closed


def test_a_late_answer_belongs_to_its_lookup_or_to_nobody() -> None:
    """The answer to the first try counts while the second one waits; after the end it is only counted."""
    net = Virtual({FIRST: after(2.5)}, policy=POLICY)
    (seen,) = ask(net, q("one"))
    assert (seen.failure, seen.attempts) == (None, 2)
    net.clock += 30
    ask(net, q("two"))  # (the answer to the second try of "one" is among what comes now)
    assert net.core.counts[net.fleet.servers[0]].ignored == 1


def test_at_most_so_many_are_under_way() -> None:
    """Of a hundred questions the server never sees more than seven at once, and all are answered."""
    net = Virtual({FIRST: after(0.5)}, policy=POLICY, in_flight=7)
    most = 0
    send = net.behaviour

    def watched(server: Server) -> Answers:
        nonlocal most
        most = max(most, net.core.flying)
        return send(server)

    net.behaviour = watched  # type: ignore[method-assign]
    seen = ask(net, *(q("one", attempt=each) for each in range(100)))
    assert {each.failure for each in seen} == {None}
    assert most == 7
    assert net.fleet.budget.used == 0


# --- one plan, several servers


def _alias(asked: Asked) -> list[tuple[float, bytes]]:
    """A validating server that answers one name with an alias, and leaves what is behind it to be asked."""
    if asked.label != "alias":
        return _validates(asked)
    answer = ((asked.name, CNAME, 300, b"\6target\4else\7example\0"),)
    return [(0.01, build_response(asked.name, CAA, identity=asked.identity, answer=answer, flags=0x81A0))]


def moving(first: str, second: str, answers: Answers) -> Virtual:
    """Two servers: the first dies with the first batch, the second does as told."""
    net = Virtual({first: _alias, second: answers}, policy=POLICY)
    net.between = lambda: net.servers.update({first: refusing})
    return net


def _without_ad(asked: Asked) -> list[tuple[float, bytes]]:
    """A server that does not validate, and sets AD for whatever is not the probe."""
    if asked.label == "root":
        whole = good(asked)
        return [(0.01, whole[:3] + bytes((whole[3] & ~0x20,)) + whole[4:])]
    return [(0.01, good(asked, flags=0x81A0))]


def _validates(asked: Asked) -> list[tuple[float, bytes]]:
    return [(0.01, good(asked, flags=0x81A0))]


def test_a_plan_that_changes_its_server_probes_again() -> None:
    """The second half of a check comes from another server: that one is probed too, and the check passes (R060)."""
    net = moving(FIRST, SECOND, _validates)
    result = check(net, "alias.example")
    assert (result.verdict, codes(result)) == (
        Verdict.PASS,
        {"caa.authorised", "dns.alias-followed", "dns.dnssec-secure"},
    )
    probes = [each for each in result.observations if isinstance(each, DnsObservation) and each.request.role == "probe"]
    assert [(each.server, each.request.attempt) for each in probes] == [(FIRST, 0), (SECOND, 1)]
    assert not pkicheck.load(result.to_json()).replay().verdict_changed


@pytest.mark.parametrize("second", [_without_ad, after(0.01)])
def test_the_ad_bit_of_a_server_that_was_not_probed_is_not_believed(second: Answers) -> None:
    """The probe of the first server says nothing of the second: without AD on its own probe its AD is no proof."""
    net = moving(FIRST, SECOND, second)
    result = check(net, "alias.example")
    if second is _without_ad:
        assert result.verdict is Verdict.INCOMPLETE
        assert "dns.dnssec-unknown" in codes(result)
    else:
        assert result.verdict is Verdict.PASS
        assert "dns.dnssec-not-signed" in codes(result)


def test_two_servers_of_one_host_are_two() -> None:
    """Another port of the same address is another server: its AD counts only after its own probe."""
    net = moving(f"{FIRST}:1053", f"{FIRST}:2053", _without_ad)
    result = check(net, "alias.example")
    assert result.verdict is Verdict.INCOMPLETE
    assert "dns.dnssec-unknown" in codes(result)


def test_a_held_probe_is_given_again_under_its_new_number() -> None:
    """The probe that a server has answered serves plans that come from another one, without a query."""
    net = Virtual({FIRST: _validates}, policy=POLICY)
    (held,) = ask(net, PROBE)
    again = attrs.evolve(PROBE, attempt=2)
    (seen,) = ask(net, again)
    assert seen == attrs.evolve(held, request=again)
    assert len(net.asked) == 1
    # ... also the other way round.
    net = Virtual({FIRST: _validates}, policy=POLICY)
    ask(net, again)
    assert [each.request for each in ask(net, PROBE)] == [PROBE]
    assert len(net.asked) == 1


def test_a_probe_is_repeated_after_its_age() -> None:
    """The policy says how old the probe may be; the next one is sent, not taken from what is held."""
    net = Virtual({FIRST: _validates}, policy=POLICY)
    ask(net, PROBE)
    net.clock += POLICY.net.probe_max_age.total_seconds() - 1
    ask(net, PROBE)
    assert len(net.asked) == 1
    net.clock += 2
    (seen,) = ask(net, PROBE)
    assert len(net.asked) == 2
    assert net.now() - seen.sent < timedelta(seconds=1)


def test_a_resolver_that_goes_on_from_server_to_server_ends() -> None:
    """Each probe comes from one more server than was asked for: the check ends, and believes none of them."""
    net = Virtual({f"127.0.0.{each}": _alias for each in range(1, 17)}, policy=POLICY)
    net.between = lambda: (net.fleet.leave(net.fleet.current), None)[1]
    result = check(net, "alias.example")
    assert result.verdict is Verdict.INCOMPLETE
    assert "dns.dnssec-unknown" in codes(result)
    assert len(net.asked) < 20
