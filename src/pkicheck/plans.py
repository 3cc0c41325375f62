"""Plans, and the only loops there are: `run`, `arun`, `run_many`, `arun_many`, `replay`.

A plan is a frozen, picklable value with one pure method: `step(seen)` answers with a result, or with what it needs to
see next. It keeps no state, so it can be stopped, resumed, sent elsewhere, and replayed whatever the order of
observations. The loops below carry requests to a transport and observations back; they decide nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final, Generic, Protocol, TypeVar, cast

import attrs

from pkicheck.canon import utc
from pkicheck.errors import InputError, TransportError
from pkicheck.ports import (
    AsyncStream,
    AsyncStreamTransport,
    AsyncTransport,
    DnsObservation,
    DnsQuery,
    Failure,
    HttpGet,
    HttpObservation,
    ListFact,
    Observation,
    Recorder,
    Request,
    Seen,
    Stream,
    StreamTransport,
    TlsObservation,
    TlsProbe,
    Transport,
)

__all__ = ["Needs", "Plan", "arun", "arun_many", "replay", "run", "run_many", "unanswered"]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_ZERO: Final = timedelta(0)
_EPOCH: Final = datetime.fromtimestamp(0, tz=timezone.utc)
# A check asks a handful of rounds; 127 failing levels with a proof for each take some thousand. A plan that goes on is
# a defect of ours and must not turn into an endless loop.
_MOST_ROUNDS: Final = 2000


@attrs.frozen
class Needs:
    """What a plan has to see before it can go on: never empty, and never anything it has seen."""

    requests: tuple[Request, ...]


class Plan(Protocol[R_co]):
    """A question as a value."""

    def step(self, seen: Seen, /) -> R_co | Needs:
        """The result, or what has to be seen next. Pure."""
        ...


def unanswered(request: Request, failure: Failure, *, at: datetime, vantage: str = "none") -> Observation:
    """The observation that stands for a request without an answer."""
    if isinstance(request, DnsQuery):
        return DnsObservation(
            request=request, vantage=vantage, sent=at, received=at, failure=failure,
            server="", port=0, transport="udp", attempts=0, raw=b"",
        )  # fmt: skip
    if isinstance(request, HttpGet):
        return HttpObservation(
            request=request, vantage=vantage, sent=at, received=at, failure=failure, peer="", tls=False, raw=b""
        )
    if isinstance(request, TlsProbe):
        return TlsObservation(
            request=request, vantage=vantage, sent=at, received=at, failure=failure, version="", alpn=None, leaf=b""
        )
    return ListFact(
        request=request, vantage=vantage, sent=at, received=at, failure=failure, version="", as_of=at, answer=None
    )


@attrs.define
class _Job(Generic[R]):
    """One plan on its way: what it has seen, what it waits for, how much time it has left."""

    plan: Plan[R]
    left: timedelta
    seen: Seen = attrs.field(factory=Seen)
    waits: tuple[Request, ...] = ()
    since: datetime = _EPOCH
    rounds: int = 0

    def advance(self) -> tuple[R] | None:
        """Step the plan: its result in a tuple, or None after `waits` was set."""
        self.rounds += 1
        step = self.plan.step(self.seen)
        if not isinstance(step, Needs):
            return (step,)
        self.waits = tuple(dict.fromkeys(each for each in step.requests if each not in self.seen))
        if not self.waits or self.rounds > _MOST_ROUNDS:
            msg = f"{type(self.plan).__name__} does not come to an end: this is a defect of the plan"
            raise TransportError(msg)
        return None

    def take(self, observations: Sequence[Observation], spent: timedelta) -> None:
        # A wall clock that is set back gives nothing back; one that jumps ahead ends the check early.
        self.left -= max(_ZERO, spent)
        self.seen = self.seen.extended(observations)


def _checked(requests: Sequence[Request], observations: Sequence[Observation]) -> Sequence[Observation]:
    """The answers of a transport, after making sure that each belongs to its request."""
    if len(observations) != len(requests):
        msg = f"the transport gave {len(observations)} observations for {len(requests)} requests"
        raise TransportError(msg)
    for request, each in zip(requests, observations, strict=True):
        if not isinstance(each, (DnsObservation, HttpObservation, TlsObservation, ListFact)) or (
            each.request is not request and each.request != request
        ):
            msg = f"the transport answered {request!r} with an observation of something else"
            raise TransportError(msg)
        if each.sent.utcoffset() is None or each.received.utcoffset() is None:
            msg = f"the transport answered {request!r} with times that have no zone"
            raise TransportError(msg)
    return observations


def _transport(io: Transport | AsyncTransport) -> None:
    for part in ("now", "exchange"):
        if not callable(getattr(io, part, None)):
            msg = f"a transport has the methods now and exchange; {type(io).__name__} has no {part}"
            raise InputError(msg)


def _now(io: Transport | AsyncTransport) -> datetime:
    return utc(io.now(), what="the transport's clock")


def _deadline(deadline: timedelta) -> timedelta:
    if not isinstance(deadline, timedelta) or deadline <= _ZERO:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"deadline must be a timedelta above zero, got {deadline!a}"
        raise InputError(msg)
    return deadline


def _record(observations: Iterable[Observation], record: Recorder | None) -> None:
    if record is not None:
        for each in observations:
            record(each)


def run(plan: Plan[R], io: Transport, *, deadline: timedelta, record: Recorder | None = None) -> R:
    """Carry out a plan, blocking.

    Args:
        plan: the question.
        io: answers its requests.
        deadline: for the whole plan; what is not answered by then is seen as `Failure.DEADLINE`.
        record: called with each observation as it arrives.

    Raises:
        InputError: a deadline that is not above zero.
        TransportError: our own side is broken.
    """
    _transport(io)
    job = _Job(plan, _deadline(deadline))
    while (done := job.advance()) is None:
        before = _now(io)
        if job.left > _ZERO:
            got = _checked(job.waits, io.exchange(job.waits, within=job.left))
        else:
            got = tuple(unanswered(each, Failure.DEADLINE, at=before) for each in job.waits)
        _record(got, record)
        job.take(got, _now(io) - before)
    return done[0]


async def arun(plan: Plan[R], io: AsyncTransport, *, deadline: timedelta, record: Recorder | None = None) -> R:
    """`run` for asynchronous programs, of any event loop; a cancellation sends nothing more."""
    _transport(io)
    job = _Job(plan, _deadline(deadline))
    while (done := job.advance()) is None:
        before = _now(io)
        if job.left > _ZERO:
            got = _checked(job.waits, await io.exchange(job.waits, within=job.left))
        else:
            got = tuple(unanswered(each, Failure.DEADLINE, at=before) for each in job.waits)
        _record(got, record)
        job.take(got, _now(io) - before)
    return done[0]


class _Window(Generic[R]):
    """Up to `in_flight` plans side by side.

    Results leave in the order of the plans when `ordered`; then a slow plan holds back at most four windows of finished
    ones, and no new plan is begun until it is done. A plan that asks is never stepped before its batch is answered.
    """

    def __init__(
        self,
        plans: Iterable[Plan[R]],
        io: Transport | AsyncTransport,
        *,
        in_flight: int,
        ordered: bool,
        deadline: timedelta,
        record: Recorder | None,
    ) -> None:
        if in_flight < 1:
            msg = f"in_flight must be at least 1, got {in_flight}"
            raise InputError(msg)
        self._plans = enumerate(plans)
        self._io = io
        self._in_flight = in_flight
        self._ordered = ordered
        self._deadline = _deadline(deadline)
        self._record = record
        self._jobs: dict[int, _Job[R]] = {}
        self._done: dict[int, R] = {}
        self._next = 0
        self._exhausted = False

    def begin(self, stream: Stream | AsyncStream) -> bool:
        """Begin one more plan; False when the window is full or no plan is left."""
        if self._exhausted or len(self._jobs) >= self._in_flight or len(self._done) >= 4 * self._in_flight:
            return False
        started = next(self._plans, None)
        if started is None:
            self._exhausted = True
            return False
        index, plan = started
        self._jobs[index] = _Job(plan, self._deadline)
        self._advance(index, stream)
        return True

    def _advance(self, index: int, stream: Stream | AsyncStream) -> None:
        """Step a plan until it asks something that may still be sent, or is done."""
        job = self._jobs[index]
        while (done := job.advance()) is None:
            job.since = _now(self._io)
            if job.left > _ZERO:
                stream.ask(index, job.waits, within=job.left)
                return
            late = tuple(unanswered(each, Failure.DEADLINE, at=job.since) for each in job.waits)
            _record(late, self._record)
            job.take(late, _ZERO)
        del self._jobs[index]
        self._done[index] = done[0]

    def take(self, index: int, observations: Sequence[Observation], stream: Stream | AsyncStream) -> None:
        """Hand a plan its observations and step it."""
        job = self._jobs.get(index)
        if job is None:
            msg = f"the transport answered what was not asked: key {index!a}"
            raise TransportError(msg)
        got = _checked(job.waits, observations)
        _record(got, self._record)
        job.take(got, _now(self._io) - job.since)
        self._advance(index, stream)

    def ready(self) -> Iterator[tuple[int, R]]:
        """The results that may leave now."""
        if self._ordered:
            while self._next in self._done:
                yield self._next, self._done.pop(self._next)
                self._next += 1
        else:
            for index in tuple(self._done):
                yield index, self._done.pop(index)

    @property
    def finished(self) -> bool:
        """No plan is under way and none is left to begin."""
        return self._exhausted and not self._jobs


class _Asked:
    """What was asked of a transport that has no streams: it goes out as one batch, and is answered together."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, int]] = []
        self._batch: list[Request] = []
        self._within = _ZERO

    def ask(self, key: int, batch: Sequence[Request], /, *, within: timedelta) -> None:
        """Keep a batch; the one with the most time left bounds the exchange."""
        self._keys.append((key, len(batch)))
        self._batch += batch
        self._within = max(self._within, within)

    def taken(self) -> tuple[list[tuple[int, int]], list[Request], timedelta]:
        """Everything that was asked since the last time."""
        asked = self._keys, self._batch, self._within
        self._keys, self._batch, self._within = [], [], _ZERO
        return asked

    def close(self) -> None:
        """End."""
        self.taken()


def _dealt(
    keys: list[tuple[int, int]], batch: list[Request], observations: Sequence[Observation]
) -> list[tuple[int, Sequence[Observation]]]:
    """The observations of a common batch, by key."""
    got = _checked(batch, observations)
    dealt: list[tuple[int, Sequence[Observation]]] = []
    place = 0
    for key, size in keys:
        dealt.append((key, got[place : place + size]))
        place += size
    return dealt


class _Rounds(_Asked):
    """A stream over a transport that has none: a slow answer holds up the others of its round."""

    def __init__(self, io: Transport) -> None:
        super().__init__()
        self._io = io

    def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        """Carry out a round."""
        keys, batch, within = self.taken()
        return _dealt(keys, batch, self._io.exchange(batch, within=within))


class _AsyncRounds(_Asked):
    """`_Rounds`, asynchronous."""

    def __init__(self, io: AsyncTransport) -> None:
        super().__init__()
        self._io = io

    async def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        """Carry out a round."""
        keys, batch, within = self.taken()
        return _dealt(keys, batch, await self._io.exchange(batch, within=within))


def _has_streams(io: Transport | AsyncTransport) -> bool:
    return callable(getattr(io, "stream", None))


def run_many(
    plans: Iterable[Plan[R]],
    io: Transport,
    *,
    in_flight: int = 100,
    ordered: bool = True,
    deadline: timedelta = timedelta(seconds=30),
    record: Recorder | None = None,
) -> Iterator[tuple[int, R]]:
    """Carry out a stream of plans, at most `in_flight` side by side: `(index, result)` as they are done.

    Memory is bounded by `in_flight`, whatever the length of the stream.

    Args:
        plans: read only as far as the window needs.
        io: answers the requests. One that offers streams (`pkicheck.ports.StreamTransport`) answers each plan as soon
            as it can; from any other all that the window waits for is asked as one batch.
        in_flight: how many plans are under way at once.
        ordered: give results in the order of the plans.
        deadline: for each plan.
        record: called with each observation.
    """
    _transport(io)
    window = _Window(plans, io, in_flight=in_flight, ordered=ordered, deadline=deadline, record=record)
    stream = cast("StreamTransport", io).stream() if _has_streams(io) else _Rounds(io)
    try:
        while True:
            while window.begin(stream):
                yield from window.ready()
            if window.finished:
                return
            for index, observations in stream.answered():
                window.take(index, observations, stream)
            yield from window.ready()
    finally:
        stream.close()


async def arun_many(
    plans: Iterable[Plan[R]],
    io: AsyncTransport,
    *,
    in_flight: int = 100,
    ordered: bool = True,
    deadline: timedelta = timedelta(seconds=30),
    record: Recorder | None = None,
) -> AsyncIterator[tuple[int, R]]:
    """`run_many` for asynchronous programs, of any event loop."""
    _transport(io)
    window = _Window(plans, io, in_flight=in_flight, ordered=ordered, deadline=deadline, record=record)
    stream = cast("AsyncStreamTransport", io).stream() if _has_streams(io) else _AsyncRounds(io)
    try:
        while True:
            while window.begin(stream):
                for done in window.ready():
                    yield done
            if window.finished:
                return
            for index, observations in await stream.answered():
                window.take(index, observations, stream)
            for done in window.ready():
                yield done
    finally:
        stream.close()


def replay(plan: Plan[R], seen: Seen) -> R:
    """Decide again on recorded observations, asked for step by step as they were.

    What was not recorded is seen as `Failure.NOT_RECORDED`. What was recorded and is not asked for is not looked at, so
    it can neither change a decision nor move the moment that is judged.

    Raises:
        TransportError: the plan does not come to an end.
    """
    job = _Job(plan, _ZERO)
    while (done := job.advance()) is None:
        job.take(
            [seen.get(each) or unanswered(each, Failure.NOT_RECORDED, at=_EPOCH) for each in job.waits],
            _ZERO,
        )
    return done[0]
