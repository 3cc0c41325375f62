"""The resolver for blocking programs: a core and its sockets per thread that is inside, and a selector."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from pkicheck._net._common import IN_FLIGHT, closed, fleet_of, health, split, start, wall_clock
from pkicheck._net._dnscore import Core
from pkicheck._net._fleet import Event, Fleet
from pkicheck._net._flights import Batch
from pkicheck._net._health import Health
from pkicheck._net._servers import RESOLV_CONF, system_servers
from pkicheck._net._sockets import Sockets
from pkicheck.errors import TransportError
from pkicheck.lists import PackagedLists
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import Observation, Request

__all__ = ["Resolver"]

# How long a thread that waits does not look whether the resolver was closed.
_GLANCE: Final = 0.1


class _Selector:
    """A `Poller` that is asked in turn."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, sock: socket.socket, read: Callable[[], None], write: Callable[[], None] | None, /) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write is not None else 0)
        if sock in self._selector.get_map():
            self._selector.modify(sock, events, (read, write))
        else:
            self._selector.register(sock, events, (read, write))

    def forget(self, sock: socket.socket, /) -> None:
        # After `close` nothing is watched, and in a forked child nothing may be said: the list is the parent's too.
        if self._selector.get_map() is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self._selector.unregister(sock)

    def turn(self, wait: float) -> None:
        """Wait until something can be read or written, at most `wait` seconds, and do it."""
        for key, events in self._selector.select(wait):
            read, write = key.data
            if write is not None and events & selectors.EVENT_WRITE:
                write()
            if events & selectors.EVENT_READ:
                read()

    def close(self) -> None:
        self._selector.close()


class _Lane:
    """What one thread at a time works with."""

    def __init__(self, fleet: Fleet) -> None:
        self._poller = _Selector()
        sockets = Sockets(self._poller)
        self.core = Core(fleet, sockets, entropy=os.urandom, wall=wall_clock)
        sockets.core = self.core

    def turn(self) -> None:
        """Take in what has come, waiting for it a little; then see what is over."""
        now = time.monotonic()
        self._poller.turn(max(0.0, min(self.core.due(now) - now, _GLANCE)))
        now = time.monotonic()
        if now >= self.core.due(now):
            # A thread that was held up reads what came in time before it calls anything late.
            self._poller.turn(0.0)
        self.core.tick(now)

    def close(self) -> None:
        self.core.close()
        self._poller.close()

    def abandon(self) -> None:
        """Close what a forked child has inherited, without touching what it shares with its parent."""
        self._poller.close()
        self.core.abandon()


class Resolver:
    """The CA's own validating resolvers, as a transport: a stub resolver that keeps what they say, octet for octet.

    Safe between threads, each of which uses sockets of its own while it waits. Belongs to the process that made it: a
    forked child gets new sockets and ids. Nothing is opened before the first question.

    Args:
        servers: addresses with or without a port: `127.0.0.1`, `127.0.0.1:5353`, `::1`, `[::1]:5353`. The first that
            answers is asked; the others stand in when it is silent.
        policy: its `net` says how often and how long is tried, what is probed, and whether letter case is mixed.
        vantage: the network perspective that observations name; the policy's `net.perspective` when empty.
        in_flight: how many lookups are under way at once, over all threads; what is more waits for its turn.
        share: whether equal questions that are under way together in one thread or event loop are asked once. No answer
            outlives its flight, and no other resolver, thus no other perspective, gets it. The probe always is shared.
        public: well-known public resolvers that are meant on purpose: a delegated third party (BR 1.3.2).
        on_event: called with the dotted name and the facts of what happens: `resolver.server-down`, `resolver.retry`,
            `resolver.ignored`, `resolver.doubtful`.

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
        self._make: Callable[[], Fleet] = lambda: fleet_of(
            servers, policy=policy, vantage=vantage, in_flight=in_flight, share=share, public=public, on_event=on_event
        )
        self._lists = PackagedLists()
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._fleet = self._make()
        self._lock = threading.Lock()
        self._idle: list[_Lane] = []
        self._lanes: list[_Lane] = []

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
        """A resolver for the servers that this machine uses: resolv.conf is read now, and only now.

        Args: those of the class, and `path`, the file.

        Raises:
            InputError: one of them is a public resolver, or malformed.
            TransportError: the file cannot be read, or names none.
        """
        return cls(
            *system_servers(path), policy=policy, vantage=vantage, in_flight=in_flight, share=share, public=public,
            on_event=on_event,
        )  # fmt: skip

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return wall_clock()

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Ask every question of the batch, all from one server; `within` bounds the whole exchange.

        Raises:
            TransportError: closed, also by another thread meanwhile; no sockets; a request that is no DNS question and
                no question to a list.
        """
        places = split(batch)
        with self._lane() as lane:
            asked = lane.core.ask(batch, deadline=_deadline(within), now=time.monotonic())
            try:
                start(lane.core, asked, places, self._lists)
                while asked.left:
                    lane.turn()
                    if self._closed:
                        raise closed()
            finally:
                if asked.left:
                    lane.core.cancel(asked)
            return asked.observations()

    def stream(self) -> _Stream:
        """Batches beside each other, each answered as soon as it is done: what `pkicheck.run_many` uses."""
        return _Stream(self)

    @contextmanager
    def _lane(self) -> Generator[_Lane, None, None]:
        lane = self._borrow()
        try:
            yield lane
        finally:
            self._give_back(lane)

    def _borrow(self) -> _Lane:
        if self._closed:
            raise closed()
        if self._process != os.getpid():
            # A forked child: the sockets, their ids and the lock belong to the parent.
            inherited = self._lanes
            self._begin()
            for lane in inherited:
                lane.abandon()
        with self._lock:
            if self._idle:
                return self._idle.pop()
        lane = _Lane(self._fleet)
        with self._lock:
            self._lanes.append(lane)
        return lane

    def _give_back(self, lane: _Lane) -> None:
        if self._process != os.getpid() or lane not in self._lanes:
            return
        with self._lock:
            if not self._closed:
                self._idle.append(lane)
                return
            self._lanes.remove(lane)
        lane.close()

    def health(self) -> Health:
        """Counters, times and probes by server, for monitoring."""
        with self._lock:
            lanes = list(self._lanes)
        return health(self._fleet, [lane.core for lane in lanes], time.monotonic())

    def close(self) -> None:
        """Close all sockets. Exchanges under way in other threads end with a TransportError. May be called twice."""
        self._closed = True
        if self._process != os.getpid():
            return
        with self._lock:
            idle, self._idle = self._idle, []
            for lane in idle:
                self._lanes.remove(lane)
        for lane in idle:
            lane.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class _Stream:
    """Batches beside each other on one lane; used by one thread at a time, closed by its user."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._process = os.getpid()
        self._lane = resolver._borrow()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        self._asked: dict[Batch, int] = {}
        self._done: deque[Batch] = deque()

    def _check(self) -> None:
        if self._process != os.getpid():
            msg = "a stream of lookups belongs to the process that began it"
            raise TransportError(msg)
        if self._resolver._closed:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            raise closed()

    def ask(self, key: int, batch: Sequence[Request], /, *, within: timedelta) -> None:
        """Ask a batch; `answered` will name it by its key."""
        self._check()
        places = split(batch)
        core = self._lane.core
        asked = core.ask(batch, deadline=_deadline(within), done=self._done.append, now=time.monotonic())
        self._asked[asked] = key
        start(core, asked, places, self._resolver._lists)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        """Wait until batches are done: at least one, while any is under way."""
        while self._asked and not self._done:
            self._check()
            self._lane.turn()
        found: list[tuple[int, Sequence[Observation]]] = []
        while self._done:
            batch = self._done.popleft()
            found.append((self._asked.pop(batch), batch.observations()))
        return found

    def close(self) -> None:
        """End: what is under way is cancelled."""
        if self._process == os.getpid():
            for batch in self._asked:
                self._lane.core.cancel(batch)
            self._asked.clear()
            self._resolver._give_back(self._lane)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def _deadline(within: timedelta) -> float:
    return time.monotonic() + within.total_seconds()
