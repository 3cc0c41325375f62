"""The resolver for asyncio programs: one core on one event loop, and no task per lookup."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from pkicheck._net._common import IN_FLIGHT, closed, fleet_of, health, split, start, wall_clock
from pkicheck._net._dnscore import Core
from pkicheck._net._fleet import Event
from pkicheck._net._flights import Batch
from pkicheck._net._health import Health
from pkicheck._net._servers import RESOLV_CONF, system_servers
from pkicheck._net._sockets import Sockets
from pkicheck.errors import TransportError
from pkicheck.lists import PackagedLists
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import Observation, Request

__all__ = ["Resolver"]


class _LoopPoller:
    """A `Poller` that the event loop turns."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[Callable[[], None]], None]) -> None:
        self._loop = loop
        self._call = call
        self._writing: set[socket.socket] = set()

    def watch(self, sock: socket.socket, read: Callable[[], None], write: Callable[[], None] | None, /) -> None:
        try:
            self._loop.add_reader(sock, self._call, read)
        except RuntimeError:
            msg = f"{type(self._loop).__name__} cannot watch sockets: use a selector event loop"
            raise TransportError(msg) from None
        if write is not None:
            self._writing.add(sock)
            self._loop.add_writer(sock, self._call, write)
        elif sock in self._writing:
            self._writing.discard(sock)
            self._loop.remove_writer(sock)

    def forget(self, sock: socket.socket, /) -> None:
        if self._loop.is_closed():
            return
        self._loop.remove_reader(sock)
        if sock in self._writing:
            self._writing.discard(sock)
            self._loop.remove_writer(sock)


class Resolver:
    """`pkicheck.Resolver` for asyncio: the same arguments, the same answers.

    Belongs to the event loop in which it is first used, and to the process: use elsewhere is a TransportError. A
    cancelled check frees its ids and sends nothing more.

    Args: see `pkicheck.Resolver`.

    Raises:
        InputError: a wrong argument; a public resolver that is not named in `public`.
        TransportError: an address that this machine cannot use.
    """

    def __init__(
        self,
        *servers: str,
        policy: Policy = BASELINE,
        vantage: str = "",
        in_flight: int = IN_FLIGHT,
        share: bool = True,
        public: Collection[str] = (),
        on_event: Event | None = None,
    ) -> None:
        self._fleet = fleet_of(
            servers, policy=policy, vantage=vantage, in_flight=in_flight, share=share, public=public, on_event=on_event
        )
        self._lists = PackagedLists()
        self._process = os.getpid()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._core: Core | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    @classmethod
    def system(
        cls,
        *,
        policy: Policy = BASELINE,
        vantage: str = "",
        in_flight: int = IN_FLIGHT,
        share: bool = True,
        public: Collection[str] = (),
        on_event: Event | None = None,
        path: str = RESOLV_CONF,
    ) -> Self:
        """`pkicheck.Resolver.system`."""
        return cls(
            *system_servers(path), policy=policy, vantage=vantage, in_flight=in_flight, share=share, public=public,
            on_event=on_event,
        )  # fmt: skip

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return wall_clock()

    def _here(self) -> Core:
        """The core, made in the loop that asks first."""
        if self._closed:
            raise closed()
        if self._process != os.getpid():
            msg = "an asynchronous resolver belongs to the process that made it"
            raise TransportError(msg)
        loop = asyncio.get_running_loop()
        if self._core is None:
            self._loop = loop
            sockets = Sockets(_LoopPoller(loop, self._guarded))
            self._core = sockets.core = Core(self._fleet, sockets, entropy=os.urandom, wall=wall_clock)
        elif self._loop is not loop:
            msg = "an asynchronous resolver belongs to the event loop in which it was first used"
            raise TransportError(msg)
        return self._core

    def _arm(self) -> None:
        """See that the timer goes off in time. An early one costs a look; it is not moved for every answer."""
        core, loop = self._core, self._loop
        assert core is not None
        assert loop is not None
        due = core.due(time.monotonic())
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due != float("inf") and not self._closed:
            # asyncio's clock is the monotonic one; a loop with another clock gets the difference.
            self._timer = loop.call_at(loop.time() + max(0.0, due - time.monotonic()), self._tick)

    def _tick(self) -> None:
        assert self._loop is not None
        # A loop that was held up reads what came in time before anything is called late: what can be read is run
        # before the timers that are due.
        self._timer = self._loop.call_later(0, self._over, time.monotonic())

    def _over(self, now: float) -> None:
        self._timer = None
        assert self._core is not None
        core = self._core
        self._guarded(lambda: core.tick(now))

    def _guarded(self, callback: Callable[[], None]) -> None:
        """What the loop calls: nobody above it would see the exception."""
        try:
            callback()
        except TransportError as error:
            self._fail(error)
        if not self._closed:
            self._arm()

    def _fail(self, error: TransportError) -> None:
        """Our own side is broken: all who wait are told."""
        for each in self._waiting:
            if not each.done():
                each.set_exception(error)

    async def _wait(self, future: asyncio.Future[None]) -> None:
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Ask every question of the batch, all from one server; `within` bounds the whole exchange.

        Raises:
            TransportError: closed, also meanwhile; another loop or process; no sockets; a request that is no DNS
                question and no question to a list.
        """
        places = split(batch)
        core = self._here()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(_: Batch) -> None:
            if not future.done():
                future.set_result(None)

        asked = core.ask(batch, deadline=time.monotonic() + within.total_seconds(), done=done, now=time.monotonic())
        try:
            start(core, asked, places, self._lists)
            if asked.left:
                self._arm()
                await self._wait(future)
        finally:
            if asked.left:
                core.cancel(asked)
        return asked.observations()

    def stream(self) -> _Stream:
        """Batches beside each other, each answered as soon as it is done: what `pkicheck.arun_many` uses."""
        return _Stream(self)

    def health(self) -> Health:
        """Counters, times and probes by server, for monitoring."""
        return health(self._fleet, [] if self._core is None else [self._core], time.monotonic())

    def close(self) -> None:
        """Close all sockets. Exchanges under way end with a TransportError. May be called twice."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._core is not None and self._process == os.getpid():
            self._core.close()
        self._fail(closed())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class _Stream:
    """Batches beside each other; used by one task at a time, closed by its user."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._asked: dict[Batch, int] = {}
        self._done: deque[Batch] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def _finished(self, batch: Batch) -> None:
        self._done.append(batch)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def ask(self, key: int, batch: Sequence[Request], /, *, within: timedelta) -> None:
        """Ask a batch; `answered` will name it by its key."""
        places = split(batch)
        core = self._resolver._here()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        now = time.monotonic()
        asked = core.ask(batch, deadline=now + within.total_seconds(), done=self._finished, now=now)
        self._asked[asked] = key
        start(core, asked, places, self._resolver._lists)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    async def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        """Wait until batches are done: at least one, while any is under way."""
        resolver = self._resolver
        if self._asked and not self._done:
            resolver._here()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            resolver._arm()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await resolver._wait(self._waiter)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            finally:
                self._waiter = None
        found: list[tuple[int, Sequence[Observation]]] = []
        while self._done:
            batch = self._done.popleft()
            found.append((self._asked.pop(batch), batch.observations()))
        return found

    def close(self) -> None:
        """End: what is under way is cancelled."""
        core = self._resolver._core  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        if core is not None:
            for batch in self._asked:
                core.cancel(batch)
        self._asked.clear()
