"""What all cores of a resolver share: its servers, the server of the moment, the probes held, the limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from pkicheck._net._flights import Budget
from pkicheck._net._servers import Server
from pkicheck.dnssecstate import probe_queries
from pkicheck.dnswire import SOA
from pkicheck.lookups import Outcome, read_answer
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery

__all__ = ["Event", "Fleet"]

Event: TypeAlias = Callable[[str, dict[str, str | int | float]], None]


class Fleet:
    """What all cores of a resolver share: its servers, its limit, and how it asks.

    Attributes:
        servers: in the order of preference.
        net: tries, waits, probes.
        budget: lookups under way.
        vantage: the perspective that observations name.
        share: whether equal questions under way are asked once.
        on_event: called with the name of an event and its facts.
        current: the server that new batches are asked from.
    """

    def __init__(
        self,
        servers: tuple[Server, ...],
        net: NetPolicy,
        *,
        in_flight: int,
        vantage: str,
        share: bool,
        on_event: Event | None,
    ) -> None:
        self.servers = servers
        self.net = net
        self.budget = Budget(in_flight)
        self.vantage = vantage
        self.share = share
        self.on_event = on_event
        self.current = servers[0]
        self._probes = probe_queries(net)
        self._probe_age = net.probe_max_age.total_seconds()

    def event(self, name: str, server: Server, **facts: str | float) -> None:
        """Tell the caller."""
        if self.on_event is not None:
            self.on_event(name, {"server": server.address, "port": server.port, **facts})

    def probe(self, server: Server, request: DnsQuery, now: float) -> DnsObservation | None:
        """The held answer to a probe, while it is young enough."""
        held = server.probes.get((request.name, request.rdtype))
        if held is None or now - held[0] >= self._probe_age:
            return None
        # A plan that has changed its server asks again under another number; it is the same question.
        return held[1] if held[1].request == request else attrs.evolve(held[1], request=request)

    def probed(self, server: Server, now: float) -> bool:
        """Whether every probe is held."""
        return all(self.probe(server, each, now) is not None for each in self._probes)

    def keep_probe(self, server: Server, observation: DnsObservation, started: float) -> None:
        """Hold a probe that came out as it must. A bad one is asked again each time, for it may mend."""
        answer = read_answer(observation)
        if observation.request.rdtype == SOA:
            good = answer.outcome is Outcome.DATA and answer.authentic
        else:
            good = answer.outcome in (Outcome.SERVFAIL, Outcome.BOGUS)
        if observation.request.attempt:
            observation = attrs.evolve(observation, request=attrs.evolve(observation.request, attempt=0))
        asked = observation.request
        if good and asked in self._probes:
            server.probes[asked.name, asked.rdtype] = (started, observation)

    def down(self, server: Server) -> None:
        """A server is silent or refuses: what it was probed for is forgotten."""
        server.probes.clear()
        if not server.down:
            server.down = True
            self.event("resolver.server-down", server)

    def leave(self, server: Server) -> Server:
        """A server is down, and the next one takes its place."""
        self.down(server)
        following = self.servers[(self.servers.index(server) + 1) % len(self.servers)]
        if self.current is server:
            self.current = following
        return following
