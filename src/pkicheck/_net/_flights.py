"""What is under way: batches, the lookups they wait for, and the limit they all share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import attrs

from pkicheck._net._servers import Server
from pkicheck.ports import DnsQuery, Observation, Request

__all__ = ["Batch", "Budget", "Entropy", "Flight", "Outlet", "Port", "Reassembly", "Wire"]


class Wire(Protocol):
    """A connected UDP socket or TCP connection, as the core sees it."""

    def send(self, data: bytes, /) -> bool:
        """Send a datagram; False when the host or the network refuses."""
        ...

    def close(self) -> None:
        """Close it; nothing of it is reported any more."""
        ...


class Outlet(Protocol):
    """Opens sockets for the core. What comes in is handed to the core's methods."""

    def open_udp(self, server: Server, port: Port, /) -> Wire:
        """A connected UDP socket with a port that the system chose."""
        ...

    def open_tcp(self, server: Server, query: bytes, flight: Flight, /) -> Wire | None:
        """A TCP connection over which one query is sent; its outcome comes later. None when it is refused at once."""
        ...


@attrs.define(eq=False)
class Port:
    """A UDP socket of a pool, with the lookups that wait for an answer on it.

    Attributes:
        server: where it is connected to.
        opened: when, by the monotonic clock.
        wire: the socket.
        uses: queries sent.
        pending: the lookups by the id of a query.
        retired: no longer used for new queries; it is closed with the end of its last lookup.
    """

    server: Server
    opened: float
    wire: Wire | None = None
    uses: int = 0
    pending: dict[int, Flight] = attrs.field(factory=dict[int, "Flight"])
    retired: bool = False


class Batch:
    """Requests that are answered together.

    Attributes:
        requests: in their order.
        answers: the observations so far, by place.
        left: how many are missing.
        deadline: by the monotonic clock.
        done: called once, with the batch, when nothing is missing.
        server: who is asked: one server for the whole batch, so that the probe speaks for every answer.
        spent: tries made at servers that were left.
        flights: the lookups under way, by place.
        dead: cancelled; nothing more is sent or reported.
    """

    __slots__ = ("answers", "dead", "deadline", "done", "flights", "left", "requests", "server", "spent")

    def __init__(
        self, requests: Sequence[Request], deadline: float, done: Callable[[Batch], None] | None, server: Server
    ) -> None:
        self.requests = requests
        self.deadline = deadline
        self.done = done
        self.server = server
        self.left = len(requests)
        self.answers: list[Observation | None] = [None] * len(requests)
        self.flights: dict[int, Flight] = {}
        self.spent = 0
        self.dead = False

    def observations(self) -> list[Observation]:
        """The answers of a batch that is done."""
        return [each for each in self.answers if each is not None]


class Flight:
    """One lookup on its way, for all who wait for it.

    Attributes:
        request: the question.
        server: who is asked.
        takers: the batches that wait, and the place in each.
        tries: how often it was asked; those of a server that was left count.
        question: name, type and class as sent, which the answer must echo octet for octet.
        keys: ports and ids under which an answer may come: those of all its tries.
        sent: when it was first sent, by the wall clock.
        started: when the latest try was sent, by the monotonic clock; 0 while it waits for its turn.
        doubted: the try in which a doubtful datagram made us ask over TCP.
        due: when something has to happen: the try is over, or a taker's deadline.
        over: when the try is over.
        stream: the TCP connection of the try.
        stream_id: the id sent over it.
        partial: a truncated answer, kept for want of a whole one.
        refused: the latest try that the host or the network refused; 0 when none was.
        shared: whether it is listed for others to join.
    """

    __slots__ = (
        "doubted", "due", "keys", "over", "partial", "question", "refused", "request", "sent", "server", "shared",
        "started", "stream", "stream_id", "takers", "tries",
    )  # fmt: skip

    def __init__(self, request: DnsQuery, server: Server, batch: Batch, place: int) -> None:
        self.request = request
        self.server = server
        self.takers: list[tuple[Batch, int]] = [(batch, place)]
        self.tries = batch.spent
        self.question = b""
        self.keys: list[tuple[Port, int]] = []
        self.sent: datetime | None = None
        self.started = 0.0
        self.doubted = -1
        self.due = batch.deadline
        self.over = float("inf")
        self.stream: Wire | None = None
        self.stream_id = b""
        self.partial = b""
        self.refused = 0
        self.shared = False


class Budget:
    """How many lookups may be under way, over all threads of a resolver."""

    __slots__ = ("_lock", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one place, if there is one."""
        with self._lock:
            if self.used >= self.limit:
                return False
            self.used += 1
            return True

    def give(self) -> None:
        """Give a place back."""
        with self._lock:
            self.used -= 1


_SPOON: Final = 4096


class Entropy:
    """Octets of the system's random source, fetched by the spoon."""

    __slots__ = ("_at", "_held", "_source")

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._held = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """So many octets, each given once."""
        at = self._at
        if at + count > len(self._held):
            self._held = self._source(_SPOON)
            at = 0
        self._at = at + count
        return self._held[at : at + count]


class Reassembly:
    """A message out of the parts in which a TCP stream brings it.

    Two octets of length, then the message (RFC 1035 §4.2.2). What follows is not read: one connection, one answer.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> bytes | None:
        """The message once it is whole, else None."""
        held = self._held
        held += data
        if len(held) < 2:
            return None
        end = 2 + (held[0] << 8 | held[1])
        return bytes(held[2:end]) if len(held) >= end else None
