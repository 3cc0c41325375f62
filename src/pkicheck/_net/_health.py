"""What a resolver says of itself: counters by server, for monitoring. Nothing is decided on them."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

from pkicheck._net._servers import Server

__all__ = ["Counts", "Health", "ServerHealth", "health_of"]

_RECENT = 128


@attrs.define(eq=False)
class Counts:
    """What one core counted at one server.

    Attributes:
        asked: queries sent.
        answered: answers taken.
        timeouts: tries without an answer.
        unreachable: tries refused by the host or the network.
        streams: queries sent over TCP.
        ignored: datagrams and streams that were not the answer to anything.
        rtts: the latest times from query to answer, in seconds.
    """

    asked: int = 0
    answered: int = 0
    timeouts: int = 0
    unreachable: int = 0
    streams: int = 0
    ignored: int = 0
    rtts: deque[float] = attrs.field(factory=lambda: deque(maxlen=_RECENT))


@attrs.frozen(kw_only=True)
class ServerHealth:
    """One server.

    Attributes:
        server: its address.
        port: its port.
        asked: queries sent, retries and TCP included.
        answered: answers taken.
        timeouts: tries without an answer.
        unreachable: tries that the host or the network refused.
        streams: queries sent over TCP.
        ignored: what came and was no answer: late, spoofed, or of another question.
        last_answer: when the last answer came (UTC), None before the first.
        rtt_median: of the latest answers, None before the first.
        probed: whether a probe that shows validation is held and young enough.
        down: whether it failed last and did not answer since.
    """

    server: str
    port: int
    asked: int
    answered: int
    timeouts: int
    unreachable: int
    streams: int
    ignored: int
    last_answer: datetime | None
    rtt_median: timedelta | None
    probed: bool
    down: bool


@attrs.frozen(kw_only=True)
class Health:
    """A resolver at one moment.

    Attributes:
        servers: in the order in which they were given.
        in_flight: lookups under way.
        queued: lookups that wait for their turn.
    """

    servers: tuple[ServerHealth, ...]
    in_flight: int
    queued: int


def health_of(server: Server, counts: Iterable[Counts], *, probed: bool) -> ServerHealth:
    """One server, by the counts of all that asked it."""
    counted = list(counts)
    rtts = [rtt for each in counted for rtt in tuple(each.rtts)]
    return ServerHealth(
        server=server.address,
        port=server.port,
        asked=sum(each.asked for each in counted),
        answered=sum(each.answered for each in counted),
        timeouts=sum(each.timeouts for each in counted),
        unreachable=sum(each.unreachable for each in counted),
        streams=sum(each.streams for each in counted),
        ignored=sum(each.ignored for each in counted),
        last_answer=server.last_answer,
        rtt_median=timedelta(seconds=statistics.median(rtts)) if rtts else None,
        probed=probed,
        down=server.down,
    )
