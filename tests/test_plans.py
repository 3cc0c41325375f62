"""The loops that carry plans out: batches, deadlines, clocks, streams, cancellation; blocking and asynchronous."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any, TypeVar, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkicheck
from pkicheck.errors import InputError, TransportError
from pkicheck.names import DnsName
from pkicheck.plans import Needs, Plan, arun, arun_many, replay, run, run_many, unanswered
from pkicheck.ports import (
    AsyncTransport,
    DnsQuery,
    Failure,
    HttpGet,
    ListFact,
    ListQuestion,
    Observation,
    Request,
    Seen,
    TlsProbe,
    Transport,
)
from pkicheck.results import Result
from tests.samples import AT, CANARY, FAILING, ISSUERS, failing_zone, results, zone

T = TypeVar("T")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def ask(key: object) -> ListQuestion:
    """A question to a list."""
    return ListQuestion(list="a", key=str(key))


def fact(request: Request, at: datetime = AT, answer: str = "yes") -> ListFact:
    """The answer to a question to a list."""
    assert isinstance(request, ListQuestion)
    return ListFact(request=request, vantage="here", sent=at, received=at, version="1", as_of=at, answer=answer)


@attrs.frozen
class Rounds:
    """A plan that asks one batch after the other; its result says what it saw of each request, in order."""

    batches: tuple[tuple[ListQuestion, ...], ...]
    mark: object = None

    def step(self, seen: Seen, /) -> Outcome | Needs:
        """The next batch, whole: also what was seen of it already."""
        for batch in self.batches:
            if any(each not in seen for each in batch):
                return Needs(batch)
        facts = [seen.fact(each) for batch in self.batches for each in batch]
        return Outcome(
            tuple(each.failure.name if each.failure else str(each.answer) for each in facts if each is not None),
            self.mark,
        )


@attrs.frozen
class Outcome:
    """What a plan of `Rounds` came to."""

    saw: tuple[str, ...]
    mark: object = None


def rounds(*batches: str, mark: object = None) -> Rounds:
    """A plan from batches of one-letter keys: `rounds("ab", "c")` asks a and b, then c."""
    return Rounds(tuple(tuple(ask(key) for key in batch) for batch in batches), mark)


class Lists:
    """A transport that logs what it is asked, moves its own clock, and misbehaves when told to."""

    def __init__(
        self,
        takes: timedelta | Iterable[timedelta] = timedelta(0),
        broken: Callable[[Sequence[Request]], Sequence[Observation]] | None = None,
    ) -> None:
        self._takes: Iterator[timedelta] = itertools.repeat(takes) if isinstance(takes, timedelta) else iter(takes)
        self._broken = broken
        self.clock = AT
        self.log: list[tuple[Sequence[Request], timedelta]] = []

    @property
    def batches(self) -> list[str]:
        """The keys of each batch, joined."""
        return ["".join(each.key for each in batch if isinstance(each, ListQuestion)) for batch, _ in self.log]

    def now(self) -> datetime:
        """A clock that only moves in `exchange`."""
        return self.clock

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer all with yes."""
        self.log.append((batch, within))
        self.clock += next(self._takes)
        if self._broken is not None:
            return self._broken(batch)
        return [fact(each, self.clock) for each in batch]


class AsyncLists(Lists):
    """`Lists` for asynchronous programs; it waits `waits` times before it answers."""

    waits = 1

    async def exchange(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, batch: Sequence[Request], /, *, within: timedelta
    ) -> Sequence[Observation]:
        for _ in range(self.waits):
            await asyncio.sleep(0)
        return super().exchange(batch, within=within)


def both(check: Callable[..., None]) -> Any:
    """Run a test with the blocking loops and with the asynchronous ones: the same must hold."""

    def drive(plans: Iterable[Plan[T]], io: AsyncTransport, **rest: Any) -> list[tuple[int, T]]:
        async def collect() -> list[tuple[int, T]]:
            return [each async for each in arun_many(plans, io, **rest)]

        return asyncio.run(collect())

    ways = [
        pytest.param(Lists, run, lambda *given_, **rest: list(run_many(*given_, **rest)), id="blocking"),
        pytest.param(AsyncLists, lambda *given_, **rest: asyncio.run(arun(*given_, **rest)), drive, id="async"),
    ]
    return pytest.mark.parametrize(("lists", "one", "many"), ways)(check)


# --- one plan


@both
def test_a_batch_goes_out_at_once(lists: type[Lists], one: Any, many: Any) -> None:
    """All that a plan needs goes out in one exchange, in its order; the next round asks only what is new."""
    io = lists()
    assert one(rounds("ab", "bc", mark=1), io, deadline=MINUTE) == Outcome(("yes",) * 4, 1)
    assert io.batches == ["ab", "c"]


@both
def test_duplicates_are_asked_once(lists: type[Lists], one: Any, many: Any) -> None:
    """A request that a plan names twice in one breath is asked once."""
    io = lists()
    assert one(rounds("aabab"), io, deadline=MINUTE).saw == ("yes",) * 5
    assert io.batches == ["ab"]


@both
def test_nothing_is_asked_for_nothing(lists: type[Lists], one: Any, many: Any) -> None:
    """A plan that needs nothing is answered without an exchange."""
    io = lists()
    assert one(rounds(), io, deadline=MINUTE) == Outcome(())
    assert many([rounds()], io) == [(0, Outcome(()))]
    assert io.log == []


@both
def test_the_deadline_is_handed_down(lists: type[Lists], one: Any, many: Any) -> None:
    """Each exchange gets what is left of the deadline."""
    io = lists(takes=20 * SECOND)
    one(rounds("a", "b", "c"), io, deadline=MINUTE)
    assert [within for _, within in io.log] == [60 * SECOND, 40 * SECOND, 20 * SECOND]


@both
def test_after_the_deadline_nothing_is_sent(lists: type[Lists], one: Any, many: Any) -> None:
    """What was not asked before the deadline is seen as DEADLINE, is recorded, and is never sent."""
    for way in ("one", "many"):
        io, recorded = lists(takes=30 * SECOND), list[Observation]()
        plan = rounds("a", "b", "cd", "e")
        if way == "one":
            got = one(plan, io, deadline=MINUTE, record=recorded.append)
        else:
            ((_, got),) = many([plan], io, deadline=MINUTE, record=recorded.append)
        assert got.saw == ("yes", "yes", "DEADLINE", "DEADLINE", "DEADLINE")
        assert io.batches == ["a", "b"]
        assert [each.failure for each in recorded] == [None, None] + [Failure.DEADLINE] * 3
        assert {each.sent for each in recorded[2:]} == {AT + MINUTE}


@both
def test_a_clock_that_jumps_ahead_ends_the_plan(lists: type[Lists], one: Any, many: Any) -> None:
    """A wall clock set ahead in the middle costs the plan its time: it ends, early, with DEADLINE."""
    io = lists(takes=[timedelta(days=365), timedelta(0)])
    assert one(rounds("a", "b"), io, deadline=MINUTE).saw == ("yes", "DEADLINE")


@both
def test_a_clock_that_steps_back_gives_no_time(lists: type[Lists], one: Any, many: Any) -> None:
    """A wall clock set back prolongs nothing: what is left of the deadline never grows."""
    io = lists(takes=[40 * SECOND, -timedelta(days=365), 20 * SECOND, timedelta(0)])
    assert one(rounds("a", "b", "c", "d"), io, deadline=MINUTE).saw == ("yes", "yes", "yes", "DEADLINE")
    assert [within for _, within in io.log] == [60 * SECOND, 20 * SECOND, 20 * SECOND]


@both
def test_a_clock_that_stands_still_does_not_hang(lists: type[Lists], one: Any, many: Any) -> None:
    """Without a moving clock a plan that never ends is still stopped."""
    with pytest.raises(TransportError, match="Endless does not come to an end"):
        one(Endless(), lists(), deadline=MINUTE)


@attrs.frozen
class Endless:
    """A plan that always asks something new."""

    def step(self, seen: Seen, /) -> str | Needs:
        """One more."""
        return Needs((ask(len(seen)),))


@attrs.frozen
class Stubborn:
    """A plan that asks what it has seen, or asks for nothing."""

    keys: str

    def step(self, seen: Seen, /) -> str | Needs:
        """The same again."""
        return Needs(tuple(ask(key) for key in self.keys))


@both
@pytest.mark.parametrize("plan", [Endless(), Stubborn("a"), Stubborn("")])
def test_a_plan_without_end_is_our_defect(lists: type[Lists], one: Any, many: Any, plan: Plan[str]) -> None:
    """A plan that asks for ever, for the same again or for nothing is stopped as a defect of ours, not as a verdict."""
    wanted = "does not come to an end: this is a defect of the plan"
    with pytest.raises(TransportError, match=wanted):
        one(plan, lists(), deadline=MINUTE)
    with pytest.raises(TransportError, match=wanted):
        many([plan], lists())
    with pytest.raises(TransportError, match=wanted):
        replay(plan, Seen())


@both
@pytest.mark.parametrize("deadline", [timedelta(0), -SECOND, 20, None, "20s"])
def test_a_deadline_is_above_zero(lists: type[Lists], one: Any, many: Any, deadline: object) -> None:
    """A deadline that is no time, or none at all, is the caller's mistake, also before the first plan of a stream."""
    with pytest.raises(InputError, match="deadline must be a timedelta above zero"):
        one(rounds("a"), lists(), deadline=deadline)
    with pytest.raises(InputError, match="deadline must be a timedelta above zero"):
        many([], lists(), deadline=deadline)


# --- recording


@both
def test_each_observation_is_recorded_before_the_next_is_asked(lists: type[Lists], one: Any, many: Any) -> None:
    """Recording happens round by round: when a transport breaks later, what was seen before is not lost (R153)."""
    recorded: list[Observation] = []

    def breaks(batch: Sequence[Request]) -> Sequence[Observation]:
        if batch[0] == ask("c"):
            assert [_question(each).key for each in recorded[-2:]] == ["a", "b"]
            raise TransportError("closed")
        return [fact(each) for each in batch]

    with pytest.raises(TransportError, match="closed"):
        one(rounds("ab", "c"), lists(broken=breaks), deadline=MINUTE, record=recorded.append)
    assert len(recorded) == 2
    with pytest.raises(TransportError, match="closed"):
        many([rounds("ab", "c"), rounds("d")], lists(broken=breaks), record=recorded.append, in_flight=1)
    assert len(recorded) == 4


def _question(observation: Observation) -> ListQuestion:
    assert isinstance(observation, ListFact)
    return observation.request


@both
def test_a_recorder_that_fails_stops_the_plan(lists: type[Lists], one: Any, many: Any) -> None:
    """Evidence that cannot be kept is no evidence: the recorder's exception comes out, and nothing more is asked."""

    def full(_: Observation) -> None:
        raise OSError("disk full")

    io = lists()
    with pytest.raises(OSError, match="disk full"):
        one(rounds("a", "b"), io, deadline=MINUTE, record=full)
    with pytest.raises(OSError, match="disk full"):
        many([rounds("a", "b")], io, record=full)
    assert io.batches == ["a", "a"]


# --- transports that break their word


def _too_few(batch: Sequence[Request]) -> Sequence[Observation]:
    return [fact(each) for each in batch[1:]]


def _cut_off(batch: Sequence[Request]) -> Sequence[Observation]:
    return [fact(each) for each in batch[:-1]]


def _too_many(batch: Sequence[Request]) -> Sequence[Observation]:
    return [fact(each) for each in (*batch, batch[0])]


def _swapped(batch: Sequence[Request]) -> Sequence[Observation]:
    return [fact(each) for each in reversed(batch)]


def _of_another(batch: Sequence[Request]) -> Sequence[Observation]:
    return [fact(ask("z")) for _ in batch]


def _of_no_kind(batch: Sequence[Request]) -> Sequence[Observation]:
    return [Observation(vantage="x", sent=AT, received=AT) for _ in batch]


def _nothing(batch: Sequence[Request]) -> Sequence[Observation]:
    return cast("list[Observation]", [None for _ in batch])


@both
@pytest.mark.parametrize("broken", [_too_few, _cut_off, _too_many, _swapped, _of_another, _of_no_kind, _nothing])
def test_a_transport_must_answer_what_it_was_asked(lists: type[Lists], one: Any, many: Any, broken: Any) -> None:
    """An answer too few, too many, of another request or of no kind is our own side broken: never an answer."""
    recorded: list[Observation] = []
    with pytest.raises(TransportError, match="^the transport "):
        one(rounds("ab"), lists(broken=broken), deadline=MINUTE, record=recorded.append)
    with pytest.raises(TransportError, match="^the transport "):
        many([rounds("a"), rounds("b")], lists(broken=broken), record=recorded.append)
    assert recorded == []


@both
@pytest.mark.parametrize("error", [TransportError("no resolver"), KeyError("bug"), KeyboardInterrupt()])
def test_what_a_transport_raises_comes_out(lists: type[Lists], one: Any, many: Any, error: BaseException) -> None:
    """Whatever a transport raises reaches the caller as it is: no loop turns a defect into an outcome."""

    def breaks(batch: Sequence[Request]) -> Sequence[Observation]:
        raise error

    with pytest.raises(type(error)) as caught:
        one(rounds("a"), lists(broken=breaks), deadline=MINUTE)
    assert caught.value is error
    with pytest.raises(type(error)):
        many([rounds("a")], lists(broken=breaks))


@both
def test_a_transport_without_a_time_zone_is_refused(lists: type[Lists], one: Any, many: Any) -> None:
    """A clock without a zone proves nothing; the message says whose clock."""
    io = lists()
    io.clock = AT.replace(tzinfo=None)
    with pytest.raises((InputError, TransportError), match="the transport's clock must have a time zone"):
        one(rounds("a"), io, deadline=MINUTE)
    assert io.log == []


def test_observations_without_a_time_zone_are_refused() -> None:
    """Observations with naive times are our own side broken, said so, not a TypeError in a decision."""

    class Naive(Lists):
        def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            made = zone().exchange(batch, within=within)
            return [attrs.evolve(each, sent=each.sent.replace(tzinfo=None)) for each in made]

    with pytest.raises(TransportError):
        pkicheck.check_caa("good.com", issuers=ISSUERS, resolver=Naive())


# --- streams


def stream(count: int | None = None, *batches: str) -> Iterator[Rounds]:
    """Plans numbered by their marks."""
    numbers = itertools.count() if count is None else range(count)
    return (rounds(*(batches or ("a",)), mark=number) for number in numbers)


@both
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("in_flight", [1, 2, 7, 100])
def test_a_stream_gives_what_single_runs_give(
    lists: type[Lists], one: Any, many: Any, ordered: bool, in_flight: int
) -> None:
    """Each plan of a stream comes to what it comes to alone, with its index, each once (R036, R063)."""
    plans = [rounds(*["ab", "c", "d"][: index % 4], mark=index) for index in range(25)]
    got = many(iter(plans), lists(), in_flight=in_flight, ordered=ordered)
    wanted = [(index, one(plan, lists(), deadline=MINUTE)) for index, plan in enumerate(plans)]
    if ordered:
        assert got == wanted
    assert sorted(got, key=lambda pair: pair[0]) == wanted


@both
def test_without_order_the_quick_go_first(lists: type[Lists], one: Any, many: Any) -> None:
    """`ordered=False` gives results as they are done: a slow plan holds back nobody."""
    plans = [rounds("a", "b", "c"), rounds("a"), rounds("a", "b")]
    assert [index for index, _ in many(plans, lists(), ordered=False)] == [1, 2, 0]
    assert [index for index, _ in many(plans, lists(), ordered=True)] == [0, 1, 2]


@both
def test_plans_side_by_side_share_a_batch(lists: type[Lists], one: Any, many: Any) -> None:
    """All that the plans of a window wait for goes out as one batch."""
    io = lists()
    many([rounds("a", "b"), rounds("c"), rounds("de", "f")], io)
    assert io.batches == ["acde", "bf"]


@both
def test_an_empty_stream(lists: type[Lists], one: Any, many: Any) -> None:
    """No plans give no results and no exchange."""
    io = lists()
    assert many([], io) == []
    assert io.log == []


@both
@pytest.mark.parametrize("in_flight", [0, -1])
def test_in_flight_is_at_least_one(lists: type[Lists], one: Any, many: Any, in_flight: int) -> None:
    """A window for nobody is the caller's mistake."""
    with pytest.raises(InputError, match="in_flight must be at least 1"):
        many([rounds("a")], lists(), in_flight=in_flight)


@both
@pytest.mark.parametrize("ordered", [True, False])
def test_the_window_bounds_what_is_begun(lists: type[Lists], one: Any, many: Any, ordered: bool) -> None:
    """Never more than `in_flight` plans wait for answers at once."""
    io = lists()
    many(stream(50, "a", "b"), io, in_flight=3, ordered=ordered)
    assert max(len(batch) for batch, _ in io.log) == 3


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("batches", [(), ("a",), ("a", "b")])
def test_a_stream_without_end_is_read_as_it_is_used(ordered: bool, batches: tuple[str, ...]) -> None:
    """An infinite iterator of plans works: it is read only as far as the window needs, the results taken or not."""
    begun: list[int] = []

    def plans() -> Iterator[Plan[Outcome]]:
        for index in itertools.count():
            begun.append(index)
            yield rounds(*batches, mark=index)

    got = run_many(plans(), Lists(), in_flight=5, ordered=ordered)
    assert begun == []
    assert [index for index, _ in itertools.islice(got, 100)] == list(range(100))
    assert len(begun) <= 100 + 5 * 5


def test_an_infinite_stream_of_asynchronous_checks() -> None:
    """The same for `arun_many`: a hundred results of an infinite stream, and no more begun than the window needs."""
    begun: list[int] = []

    def plans() -> Iterator[Plan[Outcome]]:
        for index in itertools.count():
            begun.append(index)
            yield rounds("a", mark=index)

    async def take() -> list[int]:
        got = arun_many(plans(), cast("AsyncTransport", AsyncLists()), in_flight=5)
        indexes: list[int] = []
        async for index, _ in got:
            indexes.append(index)
            if len(indexes) == 100:
                await cast("Any", got).aclose()
        return indexes

    assert asyncio.run(take()) == list(range(100))
    assert len(begun) <= 100 + 5 * 5


def test_order_holds_back_a_bounded_number() -> None:
    """While one slow plan holds back the others, at most a small multiple of the window is begun and kept."""
    slow = Rounds(tuple((ask(index),) for index in range(200)), "slow")
    begun = itertools.count()

    def plans() -> Iterator[Plan[Outcome]]:
        yield slow
        while True:
            next(begun)
            yield rounds("a")

    io = Lists()
    first = next(run_many(plans(), io, in_flight=4, ordered=True, deadline=timedelta(days=1)))
    assert first[1].mark == "slow"
    assert next(begun) <= 5 * 4
    assert len(io.log) == 200


@pytest.mark.parametrize("ordered", [True, False])
def test_memory_is_bounded_by_the_window(ordered: bool) -> None:
    """Over a long stream neither plans nor results pile up: alive are a small multiple of the window."""
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    def plans() -> Iterator[Plan[Outcome]]:
        for index in range(3000):
            plan = rounds("a", "b", mark=index)
            alive.add(plan)
            yield plan
            del plan

    for _, outcome in run_many(plans(), Lists(), in_flight=5, ordered=ordered):
        alive.add(outcome)
        most = max(most, len(alive))
        del outcome
    assert most <= 5 * 5 + 5


@both
def test_a_plan_that_raises_ends_the_stream(lists: type[Lists], one: Any, many: Any) -> None:
    """A defect in a plan comes out as it is; what was given out before stays, nothing more is asked."""

    @attrs.frozen
    class Broken:
        def step(self, seen: Seen, /) -> Outcome | Needs:
            if ask("x") not in seen:
                return Needs((ask("x"),))
            raise ZeroDivisionError

    io = lists()
    with pytest.raises(ZeroDivisionError):
        one(Broken(), io, deadline=MINUTE)
    with pytest.raises(ZeroDivisionError):
        many([rounds("a"), Broken(), rounds("b", "c")], io)
    assert io.batches == ["x", "axb"]


def test_a_result_is_given_out_before_the_next_plan_is_read() -> None:
    """With a window of one a stream can be a dialogue: the answer comes before the next question is read (R036)."""
    begun: list[int] = []

    def plans() -> Iterator[Plan[Outcome]]:
        for index in range(3):
            begun.append(index)
            yield rounds("a", mark=index)

    for index, _ in run_many(plans(), Lists(), in_flight=1):
        assert begun == list(range(index + 1))


def test_finished_results_are_given_out_before_an_exception() -> None:
    """When the source of plans breaks, results that are already there leave before the exception does."""

    def plans() -> Iterator[Plan[Outcome]]:
        yield rounds("a")
        yield rounds("b")
        raise ZeroDivisionError

    got = run_many(plans(), Lists(), in_flight=1)
    assert [next(got)[0], next(got)[0]] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(got)


def test_closing_a_stream_sends_nothing_more() -> None:
    """A generator that is closed asks nothing further and begins no plan."""
    io = Lists()
    got = cast("Generator[Any, None, None]", run_many(stream(None, "a", "b"), io, in_flight=2))
    next(got)
    asked = len(io.log)
    got.close()
    assert list(got) == []
    assert len(io.log) == asked


@both
def test_each_plan_of_a_stream_has_its_own_deadline(lists: type[Lists], one: Any, many: Any) -> None:
    """A plan begun late has its whole deadline; one that used its own up is answered DEADLINE beside it."""
    io = lists(takes=20 * SECOND)
    plans = [rounds("a", "b", "c", "d"), rounds("e"), rounds("f"), rounds("g", "h")]
    got = dict(many(plans, io, in_flight=2, ordered=False, deadline=45 * SECOND))
    assert got[0].saw == ("yes", "yes", "yes", "DEADLINE")
    assert [got[index].saw for index in (1, 2, 3)] == [("yes",), ("yes",), ("yes", "yes")]
    assert io.batches == ["ae", "bf", "cg", "h"]


@both
def test_a_stream_gives_no_plan_twice_its_deadline(lists: type[Lists], one: Any, many: Any) -> None:
    """The time of a common batch is that of the plan with most left: no plan waits for twice its deadline or more."""
    io = lists(takes=[29 * SECOND, 30 * SECOND, 30 * SECOND, 30 * SECOND])
    got = dict(many([rounds("a", "b", "c"), rounds("d"), rounds("e")], io, in_flight=2, deadline=30 * SECOND))
    assert got[0].saw == ("yes", "yes", "DEADLINE")
    assert [within for _, within in io.log] == [30 * SECOND, 30 * SECOND]


# --- asynchronous programs


def test_no_event_loop_is_needed() -> None:
    """`arun` and `arun_many` are driven by hand: any event loop will do, and none is imported."""

    class Paused:
        def __await__(self) -> Generator[str, str, str]:
            return (yield "paused")

    class ByHand(Lists):
        async def exchange(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            self, batch: Sequence[Request], /, *, within: timedelta
        ) -> Sequence[Observation]:
            assert await Paused() == "go on"
            return super().exchange(batch, within=within)

    def drive(program: Coroutine[Any, Any, T]) -> tuple[T, int]:
        pauses = 0
        answer: str | None = None
        while True:
            try:
                assert program.send(answer) == "paused"
            except StopIteration as done:
                return cast("T", done.value), pauses
            pauses += 1
            answer = "go on"

    async def collect(got: AsyncIterator[tuple[int, Outcome]]) -> list[int]:
        return [index async for index, _ in got]

    io = cast("AsyncTransport", ByHand())
    assert drive(arun(rounds("a", "b"), io, deadline=MINUTE)) == (Outcome(("yes", "yes")), 2)
    assert drive(collect(arun_many(stream(3, "a", "b"), io))) == ([0, 1, 2], 2)


def test_importing_the_loops_imports_no_event_loop() -> None:
    """`pkicheck.plans` brings no event loop with it: `arun` belongs to none."""
    program = (
        "import sys; before = set(sys.modules); import pkicheck.plans;"
        " sys.exit(bool({'asyncio', 'selectors'} & (set(sys.modules) - before)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_cancelled_plan_sends_nothing_more() -> None:
    """A cancellation in the middle of an exchange comes out at once; what was recorded before it is kept."""

    class Hanging(AsyncLists):
        async def exchange(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            self, batch: Sequence[Request], /, *, within: timedelta
        ) -> Sequence[Observation]:
            if batch[0] == ask("b"):
                self.log.append((batch, within))
                await asyncio.Event().wait()
            return await super().exchange(batch, within=within)

    for many in (False, True):
        io, recorded = Hanging(), list[Observation]()

        async def program(io: Hanging = io, recorded: list[Observation] = recorded, many: bool = many) -> None:
            transport = cast("AsyncTransport", io)
            plan = rounds("a", "b", "c")
            if many:
                work: Any = anext(arun_many([plan, plan], transport, record=recorded.append))
            else:
                work = arun(plan, transport, deadline=MINUTE, record=recorded.append)
            task = asyncio.ensure_future(work)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(io.log) == 2
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(10):
                await asyncio.sleep(0)

        asyncio.run(program())
        assert io.batches == (["aa", "bb"] if many else ["a", "b"])
        assert len(recorded) == (2 if many else 1)


def test_closing_an_asynchronous_stream_sends_nothing_more() -> None:
    """`aclose` stops the stream."""
    io = AsyncLists()

    async def program() -> int:
        got = cast("Any", arun_many(stream(None, "a", "b"), cast("AsyncTransport", io), in_flight=2))
        await anext(got)
        asked = len(io.log)
        await got.aclose()
        assert [each async for each in got] == []
        return asked

    assert asyncio.run(program()) == len(io.log)


# --- replay


def planned() -> dict[str, Result]:
    """The results that a plan gives: reconciliation alone reads its inputs as streams and has none."""
    return {name: result for name, result in results().items() if result.kind != "reconcile"}


def test_replay_decides_again_on_what_was_seen() -> None:
    """On the same observations, in any order, a plan comes to the same result (R106, R136, R138)."""
    for name, result in planned().items():
        plan = cast("Any", result).plan
        wanted = replay(plan, Seen(result.observations))
        assert wanted == result, name
        assert replay(plan, Seen(reversed(result.observations))) == wanted
        assert wanted.to_json() == result.to_json()


def test_replay_without_observations_knows_nothing() -> None:
    """What was not recorded is seen as NOT_RECORDED, and gives INCOMPLETE with a code of its own, never a PASS."""
    for name, result in planned().items():
        again = replay(cast("Any", result).plan, Seen())
        # What asks nothing of the world is decided on its documents alone.
        alone = not result.observations or name in ("address", "onion")
        assert again.verdict is not pkicheck.Verdict.PASS or alone, name
        assert again.observations == ()
    missing = replay(cast("Any", results()["good"]).plan, Seen())
    assert missing.verdict is pkicheck.Verdict.INCOMPLETE
    assert [each.code for each in missing.findings] == ["dns.lookup-not-recorded"]


@pytest.mark.parametrize("name", sorted(results()))
def test_leaving_out_an_observation_never_makes_a_pass(name: str) -> None:
    """Evidence with a hole: of a refusal or doubt no hole makes a PASS (R137, R138)."""
    result = results()[name]
    for hole in result.observations:
        kept = [each for each in result.observations if each is not hole]
        again = replay(cast("Any", result).plan, Seen(kept))
        if result.verdict is not pkicheck.Verdict.PASS:
            assert again.verdict is not pkicheck.Verdict.PASS


def test_replay_answers_rounds_that_were_never_asked() -> None:
    """A plan may ask several rounds in a replay, each answered with NOT_RECORDED, and needs no clock."""
    assert replay(rounds("a", "bc", "d"), Seen([fact(ask("c"))])).saw == (
        "NOT_RECORDED",
        "NOT_RECORDED",
        "yes",
        "NOT_RECORDED",
    )


@given(st.permutations([fact(ask(key), AT + index * SECOND) for index, key in enumerate("abcd")]))
def test_replay_in_any_order(observations: list[ListFact]) -> None:
    """The order in which observations are given never matters."""
    assert replay(rounds("ab", "cd"), Seen(observations)) == Outcome(("yes",) * 4)


# --- checks through each loop


def test_a_check_gives_the_same_by_every_loop() -> None:
    """By `run`, `arun`, `run_many`, `arun_many` and `replay` a check comes to the same result, byte for byte (R139)."""
    plan = pkicheck.caa_plan("www.unsigned.com", issuers=ISSUERS, policy=FAILING, canary=CANARY)

    class Async:
        def __init__(self) -> None:
            self._zone = failing_zone()

        def now(self) -> datetime:
            return self._zone.now()

        async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            return self._zone.exchange(batch, within=within)

    async def collect() -> list[pkicheck.CaaResult]:
        return [result async for _, result in arun_many([plan], Async())]

    first = run(plan, failing_zone(), deadline=MINUTE)
    others = [
        asyncio.run(arun(plan, Async(), deadline=MINUTE)),
        dict(run_many([plan], failing_zone()))[0],
        asyncio.run(collect())[0],
        replay(plan, Seen(first.observations)),
    ]
    assert {each.to_json() for each in (first, *others)} == {first.to_json()}
    assert first.verdict is pkicheck.Verdict.PASS


def test_a_passed_deadline_leaves_a_check_incomplete() -> None:
    """A CAA check whose time is up knows nothing of the rest: INCOMPLETE, with the deadline as its reason (R137)."""

    class Slow(Lists):
        def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
            self.clock += within
            self.log.append((batch, within))
            return [unanswered(each, Failure.TIMEOUT, at=self.clock) for each in batch]

    io = Slow()
    result = pkicheck.check_caa("good.com", issuers=ISSUERS, resolver=io, deadline=SECOND)
    assert result.verdict is pkicheck.Verdict.INCOMPLETE
    assert "dns.lookup-deadline" in {each.code for each in result.findings}
    assert len(io.log) == 1


# --- the values


def test_plans_are_picklable_values() -> None:
    """Plans hash and compare by content and survive pickling: they can be sent to a remote perspective."""
    for result in planned().values():
        plan = cast("Any", result).plan
        again = pickle.loads(pickle.dumps(plan))
        assert again == plan
        assert hash(again) == hash(plan)
        for field in attrs.fields(type(plan)):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(plan, field.name, None)


def test_steps_are_pure() -> None:
    """A step leaves plan and map as they were, and gives the same again."""
    plan = pkicheck.caa_plan("good.com", issuers=ISSUERS)
    before = pickle.dumps(plan)
    seen = Seen()
    first = plan.step(seen)
    assert isinstance(first, Needs)
    assert plan.step(seen) == first
    assert pickle.dumps(plan) == before
    assert len(seen) == 0


@pytest.mark.parametrize(
    "request_",
    [
        DnsQuery(name=DnsName.root(), rdtype=6),
        HttpGet(url="http://a.example", address=ip_address("192.0.2.1"), port=80),
        TlsProbe(address=ip_address("192.0.2.1"), port=443, sni="a.example", alpn=()),
        ask("x"),
    ],
)
@pytest.mark.parametrize("failure", list(Failure))
def test_unanswered_has_nothing_but_its_failure(request_: Request, failure: Failure) -> None:
    """What stands for a missing answer belongs to its request, carries the failure, and no content of any kind."""
    made: Any = unanswered(request_, failure, at=AT, vantage="here")
    assert (made.request, made.failure, made.sent, made.received, made.vantage) == (request_, failure, AT, AT, "here")
    rest = {name: getattr(made, name, None) for name in ("raw", "leaf", "answer", "peer", "server", "version", "alpn")}
    assert not any(rest.values())
    assert request_ in Seen([made])


def test_transport_protocols_are_met() -> None:
    """Zone data is a Transport by its methods alone; nothing has to be inherited."""
    io: Transport = zone()
    assert io.now() == datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


# --- transports with streams


class Streamed(Lists):
    """A transport whose streams answer one batch at a time, the youngest first, and log what happens."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.streams: list[_Stream] = []

    def stream(self) -> _Stream:
        """Begin a stream."""
        self.streams.append(_Stream(self))
        return self.streams[-1]


class _Stream:
    def __init__(self, io: Streamed) -> None:
        self._io = io
        self.waiting: list[tuple[int, Sequence[Request], timedelta]] = []
        self.most = 0
        self.closed = 0

    def ask(self, key: int, batch: Sequence[Request], /, *, within: timedelta) -> None:
        assert not self.closed
        assert key not in [each for each, _, _ in self.waiting]
        self.waiting.append((key, batch, within))
        self.most = max(self.most, len(self.waiting))

    def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        key, batch, within = self.waiting.pop()
        return [(key, self._io.exchange(batch, within=within))]

    def close(self) -> None:
        self.closed += 1


class AsyncStreamed(Streamed):
    """`Streamed` for asynchronous programs."""

    def stream(self) -> Any:
        self.streams.append(_AsyncStream(self))
        return self.streams[-1]


class _AsyncStream(_Stream):
    async def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        await asyncio.sleep(0)
        return super().answered()


def streams(check: Callable[..., None]) -> Any:
    """Run a test over blocking and over asynchronous streams."""

    def drive(plans: Iterable[Plan[T]], io: AsyncTransport, **rest: Any) -> list[tuple[int, T]]:
        async def collect() -> list[tuple[int, T]]:
            return [each async for each in arun_many(plans, io, **rest)]

        return asyncio.run(collect())

    ways = [
        pytest.param(Streamed, lambda *given_, **rest: list(run_many(*given_, **rest)), id="blocking"),
        pytest.param(AsyncStreamed, drive, id="async"),
    ]
    return pytest.mark.parametrize(("streamed", "many"), ways)(check)


@streams
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("in_flight", [1, 3, 100])
def test_streams_give_what_rounds_give(streamed: type[Streamed], many: Any, ordered: bool, in_flight: int) -> None:
    """Over a transport with streams each plan comes to what it comes to alone, in order or not (R036, R063)."""
    plans = [rounds(*["ab", "c", "d"][: index % 4], mark=index) for index in range(25)]
    io = streamed()
    got = many(iter(plans), io, in_flight=in_flight, ordered=ordered)
    wanted = [(index, run(plan, Lists(), deadline=MINUTE)) for index, plan in enumerate(plans)]
    assert (got if ordered else sorted(got, key=lambda pair: pair[0])) == wanted
    assert [each.closed for each in io.streams] == [1]
    assert io.streams[0].most <= in_flight


@streams
def test_a_stream_waits_for_nobody(streamed: type[Streamed], many: Any) -> None:
    """Each plan is stepped as soon as its own batch is answered, not when the slowest of its window is."""
    io = streamed()
    many([rounds("a", "b"), rounds("c", "d", "e"), rounds("f")], io, in_flight=2, ordered=False)
    assert io.batches == ["c", "d", "e", "f", "a", "b"]


@streams
def test_a_stream_records_and_checks(streamed: type[Streamed], many: Any) -> None:
    """Observations of a stream are recorded as they come, and one of something else is our own side broken."""
    recorded: list[Observation] = []
    many([rounds("ab", "c")], streamed(), record=recorded.append)
    assert [_question(each).key for each in recorded] == ["a", "b", "c"]
    for broken in (_too_few, _cut_off, _too_many, _swapped, _of_another, _of_no_kind):
        io = streamed(broken=broken)
        with pytest.raises(TransportError, match="^the transport "):
            many([rounds("ab")], io)
        assert [each.closed for each in io.streams] == [1]


@streams
def test_a_stream_keeps_deadlines(streamed: type[Streamed], many: Any) -> None:
    """Each batch of a stream gets what its own plan has left; past its deadline a plan asks nothing more."""
    io = streamed(takes=20 * SECOND)
    recorded: list[Observation] = []
    ((_, got),) = many([rounds("a", "b", "c", "d")], io, deadline=45 * SECOND, record=recorded.append)
    assert got.saw == ("yes", "yes", "yes", "DEADLINE")
    assert [within for _, within in io.log] == [45 * SECOND, 25 * SECOND, 5 * SECOND]
    assert [each.failure for each in recorded] == [None, None, None, Failure.DEADLINE]


@streams
def test_a_stream_is_closed_when_a_plan_raises(streamed: type[Streamed], many: Any) -> None:
    """Whatever ends a run, its stream is closed, once."""
    io = streamed()
    with pytest.raises(TransportError, match="does not come to an end"):
        many([rounds("a"), Endless()], io)
    assert [each.closed for each in io.streams] == [1]


def test_a_stream_is_closed_with_its_generator() -> None:
    """A generator that is closed closes its stream; one that was never begun has none."""
    io = Streamed()
    got = cast("Generator[Any, None, None]", run_many(stream(None, "a", "b"), io, in_flight=2))
    assert io.streams == []
    next(got)
    assert [each.closed for each in io.streams] == [0]
    got.close()
    assert [each.closed for each in io.streams] == [1]


def test_an_asynchronous_stream_is_closed_when_cancelled() -> None:
    """A cancelled run closes its stream: what is under way there is cancelled with it."""

    class Hanging(AsyncStreamed):
        def stream(self) -> Any:
            made = super().stream()

            async def never() -> Any:
                self.log.append(((), SECOND))
                await asyncio.Event().wait()

            made.answered = never
            return made

    io = Hanging()

    async def program() -> None:
        task = asyncio.ensure_future(cast("Any", anext(arun_many([rounds("a")], cast("AsyncTransport", io)))))
        for _ in range(5):
            await asyncio.sleep(0)
        assert io.log
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(program())
    assert [each.closed for each in io.streams] == [1]


def test_a_stream_answers_what_it_was_asked() -> None:
    """An answer under a key that nobody asked under is our own side broken, said so."""

    class Confused(Streamed):
        def stream(self) -> Any:
            made = super().stream()
            made.answered = lambda: [(99, [])]  # type: ignore[method-assign]
            return made

    with pytest.raises(TransportError):
        list(run_many([rounds("a")], Confused()))


class Clock:
    """Half a transport."""

    def now(self) -> datetime:
        """Noon."""
        return AT


@pytest.mark.parametrize("wrong", [None, "127.0.0.1", Seen(), Clock()])
@both
def test_a_transport_has_its_two_methods(lists: type[Lists], one: Any, many: Any, wrong: object) -> None:
    """What is no transport is refused as an argument, and the message says which method it lacks."""
    message = "a transport has the methods now and exchange; .* has no (now|exchange)"
    with pytest.raises(InputError, match=message):
        one(rounds(), wrong, deadline=MINUTE)
    with pytest.raises(InputError, match=message):
        many([], wrong)
