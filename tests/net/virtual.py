"""The core of the resolver on a network and a clock that exist only here: what happens when is as the test says.

A server is a function from a query to what comes back and after how many seconds; None is a host that refuses.
"""

from __future__ import annotations

import heapq
import itertools
import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from pkicheck._net._common import fleet_of
from pkicheck._net._dnscore import Core
from pkicheck._net._fleet import Event
from pkicheck._net._flights import Batch, Flight, Port
from pkicheck._net._servers import Server
from pkicheck.policy import Policy
from pkicheck.ports import Observation, Request
from tests.net.scripted import Asked, asked_of, good

__all__ = ["Answers", "Virtual", "after", "refusing", "silent"]

Answers: TypeAlias = Callable[[Asked], "list[tuple[float, bytes]] | None"]


def after(seconds: float) -> Answers:
    """A server that answers well, so late."""
    return lambda asked: [(seconds, good(asked))]


def silent(_: Asked) -> list[tuple[float, bytes]]:
    """A server that says nothing."""
    return []


def refusing(_: Asked) -> None:
    """A host where nobody listens."""


def _ids(count: int) -> bytes:
    """Ids in their order, each followed by the number of the first port; only without mixed letters."""
    return b"".join(each.to_bytes(2, "big") + b"\0" for each in range(count // 3))


class _Wire:
    def __init__(self, net: Virtual, server: Server, port: Port) -> None:
        self._net = net
        self._server = server
        self._port = port
        self._refused = False
        self.closed = False

    def send(self, data: bytes, /) -> bool:
        net = self._net
        if self._refused:
            # As the kernel does: the news comes with the next call, once.
            self._refused = False
            net.core.refused(self._port, net.clock)
        asked = asked_of(data)
        net.asked.append((self._server.address, asked))
        answers = net.behaviour(self._server)(asked)
        if answers is None:
            self._refused = True
            net.later(0.001, self._news)
            return True
        for delay, answer in answers:
            net.later(delay, lambda answer=answer: net.core.datagram(self._port, answer, net.clock))  # type: ignore[misc]
        return True

    def _news(self) -> None:
        if self._refused:
            self._refused = False
            self._net.core.refused(self._port, self._net.clock)

    def close(self) -> None:
        self._refused = False
        self.closed = True


class Virtual:
    """A `Transport` over the core; `servers` may be changed while it runs.

    Attributes:
        servers: what each address does.
        clock: the monotonic clock.
        asked: the queries that were sent, with their server's address.
        opened: the sockets, closed ones too.
        events: the names and facts of events.
        between: called after each batch.
    """

    def __init__(
        self, servers: dict[str, Answers], *, policy: Policy, one_port: bool = False, in_flight: int = 256
    ) -> None:
        self.servers = servers
        self.clock = 1000.0
        self.asked: list[tuple[str, Asked]] = []
        self.opened: list[_Wire] = []
        self.events: list[tuple[str, dict[str, str | int | float]]] = []
        self.between: Callable[[], None] = lambda: None
        self._coming: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        told: Event = lambda name, facts: self.events.append((name, facts))  # noqa: E731
        self.fleet = fleet_of(
            tuple(servers), policy=policy, vantage="", in_flight=in_flight, share=False, public=(), on_event=told
        )
        self.core = Core(self.fleet, self, entropy=_ids if one_port else os.urandom, wall=self.now)

    def behaviour(self, server: Server) -> Answers:
        """What a server does; it may be named with its port."""
        return self.servers.get(server.address) or self.servers[f"{server.address}:{server.port}"]

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self._coming, (self.clock + seconds, next(self._number), call))

    def open_udp(self, server: Server, port: Port, /) -> _Wire:
        """A socket."""
        self.opened.append(_Wire(self, server, port))
        return self.opened[-1]

    def open_tcp(self, _server: Server, _query: bytes, _flight: Flight, /) -> None:
        """No TCP here."""

    def now(self) -> datetime:
        """The wall clock, which goes as the other does."""
        return datetime(2026, 11, 1, tzinfo=timezone.utc) + timedelta(seconds=self.clock)

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Ask, and let time pass until all is answered."""
        asked = self.core.ask(batch, deadline=self.clock + within.total_seconds(), now=self.clock)
        self.run(asked)
        self.between()
        return asked.observations()

    def run(self, asked: Batch) -> None:
        """Let time pass until a batch is answered."""
        while asked.left:
            due = self.core.due(self.clock)
            if self._coming and self._coming[0][0] <= due:
                self.clock, _, call = heapq.heappop(self._coming)
                call()
            else:
                self.clock = max(self.clock, due)
                self.core.tick(self.clock)
