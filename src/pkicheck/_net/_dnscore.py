"""The DNS client without sockets: ids, ports, retries, timers, and which octets are taken for an answer.

The drivers hand in datagrams, streams and the time; the core sends through its `Outlet`. What it takes for an answer
(RFC 5452 §9.1): a datagram on the connected socket on which the question was sent, with its id, a response, one
question, echoed octet for octet, letter case included. Such a message is the answer, well-formed behind its question
or not: its octets are kept and `pkicheck.lookups` judges them. Everything else is counted and does not end the waiting.
A message with the right id that is doubtful only (letter case lost; a failure without a question, as some servers
send) makes the core ask over TCP, where nobody off the path can answer.

A batch is answered by one server, so that the probe in it vouches for all of it: when a server is silent or refuses,
the whole batch moves to the next one. A try that times out where other answers came in stays with its server: it is
the zone that is slow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from pkicheck._net._fleet import Fleet
from pkicheck._net._flights import Batch, Entropy, Flight, Outlet, Port
from pkicheck._net._health import Counts
from pkicheck._net._pool import Pool
from pkicheck._net._servers import Server
from pkicheck.dnswire import build_query
from pkicheck.ports import DnsObservation, DnsQuery, Failure, Observation, Request

__all__ = ["Core"]

# A host that refuses is asked again after a pause, for it may be starting.
_PAUSE: Final = 0.25
_MOST_STREAMS: Final = 32
# Timers are late by at most this: many that end at different moments must not make the walk over them quadratic.
_TICK: Final = 0.005
# Failures that servers send without a question: FORMERR, SERVFAIL, NOTIMP, REFUSED.
_BARE: Final = frozenset({1, 2, 4, 5})
_LETTERS: Final = bytes(0x20 if 0x61 <= octet <= 0x7A else 0 for octet in range(256))


class Core:
    """The lookups of one thread or event loop. Not safe between threads; the `Fleet` behind it is.

    Args:
        fleet: what is asked, and how.
        outlet: opens sockets.
        entropy: the system's random source: `os.urandom`.
        wall: the wall clock, aware, UTC.
    """

    def __init__(
        self, fleet: Fleet, outlet: Outlet, *, entropy: Callable[[int], bytes], wall: Callable[[], datetime]
    ) -> None:
        self._fleet = fleet
        self._outlet = outlet
        self._random = Entropy(entropy)
        self._wall = wall
        self._tries = fleet.net.tries
        self._wait = fleet.net.try_wait.total_seconds()
        self._mix = fleet.net.mix_case
        self._flying: dict[Flight, None] = {}
        self._queue: deque[Flight] = deque()
        # In order of arrival; a dict so that nobody waits in it twice.
        self._streams_queue: dict[Flight, None] = {}
        self._streams = 0
        self._joinable: dict[tuple[Server, DnsQuery], Flight] = {}
        self._pools = {server: Pool(server, outlet) for server in fleet.servers}
        self._next = float("inf")
        self._now = 0.0
        self.counts: dict[Server, Counts] = {server: Counts() for server in fleet.servers}

    # --- what is asked

    def ask(
        self, requests: Sequence[Request], *, deadline: float, now: float, done: Callable[[Batch], None] | None = None
    ) -> Batch:
        """Ask a batch; `done` is called with it once, perhaps before this returns."""
        self._now = now
        batch = Batch(requests, deadline, done, self._fleet.current)
        try:
            self._begin(batch, now)
        except BaseException:
            # No sockets: nobody gets the batch, so nobody could cancel what was begun of it.
            self.cancel(batch)
            raise
        return batch

    def _begin(self, batch: Batch, now: float) -> None:
        for place, request in enumerate(batch.requests):
            if not isinstance(request, DnsQuery):
                continue
            joinable = self._fleet.share
            if request.role == "probe":
                held = self._fleet.probe(batch.server, request, now)
                if held is not None:
                    self._settle(batch, place, held)
                    continue
                joinable = True
            if joinable:
                found = self._joinable.get((batch.server, request))
                if found is not None:
                    found.takers.append((batch, place))
                    found.due = min(found.due, batch.deadline)
                    self._next = min(self._next, found.due)
                    batch.flights[place] = found
                    continue
            flight = Flight(request, batch.server, batch, place)
            batch.flights[place] = flight
            if joinable:
                flight.shared = True
                self._joinable[batch.server, request] = flight
            if not self._queue and self._fleet.budget.take():
                self._flying[flight] = None
                self._transmit(flight, now)
            else:
                self._queue.append(flight)
                self._next = min(self._next, flight.due)

    def give(self, batch: Batch, place: int, observation: Observation) -> None:
        """Answer a request of the batch that is no DNS question."""
        self._settle(batch, place, observation)

    def cancel(self, batch: Batch) -> None:
        """Nothing more is sent for a batch, and its ids are free."""
        batch.dead = True
        self._detach(batch)

    def _detach(self, batch: Batch) -> None:
        flights, batch.flights = batch.flights, {}
        for flight in flights.values():
            flight.takers = [each for each in flight.takers if each[0] is not batch]
            if not flight.takers:
                self._drop(flight)

    def _transmit(self, flight: Flight, now: float) -> None:
        """Send the next try over UDP, or over TCP when UDP brought a truncated answer."""
        flight.tries += 1
        self._wait_for(flight, now)
        if flight.sent is None:
            flight.sent = self._wall()
        if flight.partial:
            self._connect(flight, now)
            return
        request = flight.request
        name = request.name.wire
        if flight.question:
            name = flight.question[:-4]
        elif self._mix:
            flips = int.from_bytes(name.translate(_LETTERS), "big")
            flips &= int.from_bytes(self._random.take(len(name)), "big")
            name = (int.from_bytes(name, "big") ^ flips).to_bytes(len(name), "big")
        draw = self._random.take(3)
        port = self._pools[flight.server].pick(draw[2], now)
        identity = draw[0] << 8 | draw[1]
        while identity in port.pending:
            identity = int.from_bytes(self._random.take(2), "big")
        query = build_query(name, request.rdtype, identity=identity, checking_disabled=request.role == "cd")
        flight.question = query[12 : 16 + len(name)]
        port.uses += 1
        self.counts[flight.server].asked += 1
        assert port.wire is not None
        # (what sending says of earlier queries on the port is none of this one's business: it waits from here on)
        sent = port.wire.send(query)
        port.pending[identity] = flight
        flight.keys.append((port, identity))
        if not sent:
            self._refuse(flight, now)

    def _wait_for(self, flight: Flight, now: float) -> None:
        flight.started = now
        flight.over = now + self._wait
        flight.due = min(flight.over, flight.takers[0][0].deadline)
        if len(flight.takers) > 1:
            flight.due = min(flight.due, *(batch.deadline for batch, _ in flight.takers))
        self._next = min(self._next, flight.due)

    def _connect(self, flight: Flight, now: float) -> None:
        if flight.stream is not None:
            return
        if self._streams >= _MOST_STREAMS:
            self._streams_queue[flight] = None
            return
        self._streams += 1
        flight.started = now
        counts = self.counts[flight.server]
        counts.asked += 1
        counts.streams += 1
        flight.stream_id = self._random.take(2)
        query = build_query(
            flight.question[:-4],
            flight.request.rdtype,
            identity=int.from_bytes(flight.stream_id, "big"),
            checking_disabled=flight.request.role == "cd",
        )
        flight.stream = self._outlet.open_tcp(flight.server, len(query).to_bytes(2, "big") + query, flight)
        if flight.stream is None:
            self._streams -= 1
            self._stream_lost(flight, now)

    # --- what comes in

    def datagram(self, port: Port, data: bytes, now: float) -> None:
        """A datagram came on a port."""
        self._now = now
        if len(data) < 12:
            return self._ignore(port.server, "short")
        flight = port.pending.get(data[0] << 8 | data[1])
        if flight is None:
            return self._ignore(port.server, "nobody waits for it")
        # QR, and exactly one question, the one that was sent.
        if data[2] < 0x80 or not data.startswith(flight.question, 12) or data[4] or data[5] != 1:
            return self._doubt(flight, data, now)
        server = flight.server
        server.heard = now
        server.down = False
        if data[2] & 2:
            flight.partial = data
            self._wait_for(flight, now)
            return self._connect(flight, now)
        counts = self.counts[server]
        counts.answered += 1
        counts.rtts.append(now - flight.started)
        return self._finish(flight, data, None, "udp", now)

    def _doubt(self, flight: Flight, data: bytes, now: float) -> None:
        """Octets with a known id that are not the answer: perhaps the server cannot do better, so TCP is asked."""
        if _nearly(data, flight) and flight.doubted != flight.tries:
            # Once a try: whoever guesses the id shall not make us connect again and again.
            flight.doubted = flight.tries
            self._fleet.event("resolver.doubtful", flight.server, asked=flight.request.name.text)
            return self._connect(flight, now)
        return self._ignore(flight.server, "another question")

    def _ignore(self, server: Server, why: str) -> None:
        self.counts[server].ignored += 1
        self._fleet.event("resolver.ignored", server, why=why)

    def refused(self, port: Port, now: float) -> None:
        """The host said that nobody listens there: true for all that wait on the port."""
        for flight in tuple(port.pending.values()):
            if flight in self._flying:
                self._refuse(flight, now)

    def _refuse(self, flight: Flight, now: float) -> None:
        if flight.stream is not None:
            # TCP will tell by itself.
            return
        if flight.refused == flight.tries:
            # Each query on the port brings the news; it is one refusal.
            return
        flight.refused = flight.tries
        self.counts[flight.server].unreachable += 1
        flight.server.heard = float("-inf")
        if len(self._fleet.servers) == 1:
            self._fleet.down(flight.server)
            flight.over = min(flight.over, now + min(_PAUSE, self._wait))
        else:
            flight.over = now
        flight.due = min(flight.due, flight.over)
        self._next = min(self._next, flight.due)

    def stream_answer(self, flight: Flight, data: bytes, now: float) -> None:
        """A whole message came over the flight's TCP connection."""
        self._now = now
        self._close_stream(flight, now)
        if data[:2] != flight.stream_id or not _nearly(data, flight):
            # A connection of its own: there is no other question it could belong to.
            self._stream_lost(flight, now)
            return
        server = flight.server
        server.heard = now
        server.down = False
        counts = self.counts[server]
        counts.answered += 1
        counts.rtts.append(now - flight.started)
        self._finish(flight, data, None, "tcp", now)

    def stream_failed(self, flight: Flight, now: float) -> None:
        """The flight's TCP connection was refused, reset, or closed before its message was whole."""
        self._now = now
        self._close_stream(flight, now)
        self._stream_lost(flight, now)

    def _stream_lost(self, flight: Flight, now: float) -> None:
        self._ignore(flight.server, "TCP connection ended")
        if flight.partial:
            # Nothing else can come in this try; the next one begins after a pause.
            flight.over = min(flight.over, now + min(_PAUSE, self._wait))
            flight.due = min(flight.due, flight.over)
            self._next = min(self._next, flight.due)

    def _close_stream(self, flight: Flight, now: float) -> None:
        if flight.stream is None:
            return
        flight.stream.close()
        flight.stream = None
        self._streams -= 1
        while self._streams_queue and self._streams < _MOST_STREAMS:
            following = next(iter(self._streams_queue))
            del self._streams_queue[following]
            if following in self._flying and following is not flight:
                self._connect(following, now)

    # --- how it ends

    def _finish(self, flight: Flight, raw: bytes, failure: Failure | None, transport: str, now: float) -> None:
        sent = flight.sent
        received = self._wall()
        server = flight.server
        if failure is None:
            server.last_answer = received
        observation = DnsObservation(
            request=flight.request,
            vantage=self._fleet.vantage,
            sent=received if sent is None else sent,
            received=received,
            failure=failure,
            server=server.address,
            port=server.port,
            transport="tcp" if transport == "tcp" else "udp",
            attempts=flight.tries,
            raw=raw,
        )
        if failure is None and flight.request.role == "probe":
            self._fleet.keep_probe(server, observation, flight.started)
        takers, flight.takers = flight.takers, []
        self._drop(flight)
        for batch, place in takers:
            self._settle(batch, place, observation)
        self._launch(now)

    def _settle(self, batch: Batch, place: int, observation: Observation) -> None:
        if batch.dead:
            return
        batch.flights.pop(place, None)
        batch.answers[place] = observation
        batch.left -= 1
        if not batch.left and batch.done is not None:
            batch.done(batch)

    def _drop(self, flight: Flight) -> None:
        """Take a flight out of everything."""
        for port, identity in flight.keys:
            pending = port.pending
            pending.pop(identity, None)
            if port.retired and not pending and port.wire is not None:
                port.wire.close()
                port.wire = None
        flight.keys = []
        if flight.shared:
            self._joinable.pop((flight.server, flight.request), None)
        if flight in self._flying:
            del self._flying[flight]
            self._fleet.budget.give()
        if flight.stream is not None:
            self._close_stream(flight, self._now)

    def _launch(self, now: float) -> None:
        """Begin what waits for its turn."""
        while self._queue:
            if not self._queue[0].takers:
                self._queue.popleft()
            elif self._fleet.budget.take():
                flight = self._queue.popleft()
                self._flying[flight] = None
                self._transmit(flight, now)
            else:
                return

    # --- time

    def due(self, now: float) -> float:
        """When `tick` has something to do; what came in before that moment must be handed in first."""
        if self._queue and not self._flying:
            # All places are taken by other threads.
            return min(self._next, now + _TICK)
        return self._next

    def tick(self, now: float) -> None:
        """End what is over."""
        self._now = now
        if self._queue:
            self._launch(now)
        if now < self._next:
            return
        self._next = float("inf")
        for flight in (*self._flying, *self._queue):
            if flight.due <= now and flight.takers:
                self._overdue(flight, now)
        later = min((each.due for each in (*self._flying, *self._queue) if each.takers), default=float("inf"))
        self._next = max(min(self._next, later), now + _TICK)
        self._launch(now)

    def _overdue(self, flight: Flight, now: float) -> None:
        late = [each for each in flight.takers if each[0].deadline <= now]
        if late:
            flight.takers = [each for each in flight.takers if each[0].deadline > now]
            observation = self._failed(flight, Failure.DEADLINE)
            for batch, place in late:
                self._settle(batch, place, observation)
            if not flight.takers:
                self._drop(flight)
                return
        if flight.over > now:
            flight.due = min(flight.over, *(batch.deadline for batch, _ in flight.takers))
            return
        self._try_over(flight, now)

    def _try_over(self, flight: Flight, now: float) -> None:
        server = flight.server
        if flight.stream is not None:
            self._close_stream(flight, now)
        if flight.refused != flight.tries:
            self.counts[server].timeouts += 1
        silent = server.heard < flight.started
        if flight.tries >= self._tries:
            if silent:
                self._fleet.down(server)
            if flight.partial:
                self._finish(flight, flight.partial, None, "udp", now)
            else:
                self._finish(flight, b"", Failure.UNREACHABLE if flight.refused else Failure.TIMEOUT, "udp", now)
        elif silent and len(self._fleet.servers) > 1:
            following = self._fleet.leave(server)
            for batch in {id(batch): batch for batch, _ in flight.takers}.values():
                batch.spent = flight.tries
                self._move(batch, following, now)
        else:
            self._fleet.event("resolver.retry", server, asked=flight.request.name.text, tries=flight.tries)
            self._transmit(flight, now)

    def _move(self, batch: Batch, server: Server, now: float) -> None:
        """Ask a whole batch again from another server."""
        self._detach(batch)
        for place, request in enumerate(batch.requests):
            if isinstance(request, DnsQuery) and batch.answers[place] is not None:
                batch.answers[place] = None
                batch.left += 1
        batch.server = server
        self._begin(batch, now)

    def _failed(self, flight: Flight, failure: Failure) -> Observation:
        at = self._wall()
        return DnsObservation(
            request=flight.request, vantage=self._fleet.vantage, sent=flight.sent or at, received=at, failure=failure,
            server=flight.server.address, port=flight.server.port, transport="udp", attempts=flight.tries, raw=b"",
        )  # fmt: skip

    # --- the whole

    @property
    def flying(self) -> int:
        """Lookups under way."""
        return len(self._flying)

    @property
    def queued(self) -> int:
        """Lookups that wait for their turn."""
        return len(self._queue)

    def ports(self) -> Iterable[Port]:
        """The ports that are open."""
        retired = {port for flight in self._flying for port, _ in flight.keys}
        pooled = (port for pool in self._pools.values() for port in pool.ports)
        return (*pooled, *(each for each in retired if each.retired))

    def abandon(self) -> None:
        """Close this process's copies of sockets that belong to another one; nothing else is touched."""
        streams = [flight.stream for flight in self._flying if flight.stream is not None]
        for wire in (*(port.wire for port in self.ports()), *streams):
            if wire is not None:
                wire.close()

    def close(self) -> None:
        """Close every socket; whoever waits must be told by the driver."""
        ports = list(self.ports())
        for flight in (*self._flying, *self._queue):
            flight.takers = []
            self._drop(flight)
        for port in ports:
            if port.wire is not None:
                port.wire.close()
                port.wire = None
        self._queue.clear()
        for pool in self._pools.values():
            pool.ports.clear()


def _nearly(data: bytes, flight: Flight) -> bool:
    """Whether octets are a response to the question but for letter case, or a bare failure without any question."""
    if len(data) < 12 or data[2] < 0x80:
        return False
    if len(data) == 12:
        return data[3] & 15 in _BARE and data[4:12] == bytes(8)
    question = flight.question
    echoed = data[12 : 12 + len(question)]
    return data[4:6] == b"\0\1" and echoed[-4:] == question[-4:] and echoed.lower() == question.lower()
