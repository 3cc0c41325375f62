"""What the blocking and the asynchronous resolver have in common: arguments, splitting a batch, health."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from pkicheck._net._dnscore import Core
from pkicheck._net._fleet import Event, Fleet
from pkicheck._net._flights import Batch
from pkicheck._net._health import Health, health_of
from pkicheck._net._servers import servers_of
from pkicheck.errors import InputError, TransportError
from pkicheck.lists import PackagedLists
from pkicheck.policy import Policy
from pkicheck.ports import DnsQuery, ListQuestion, Request

__all__ = ["IN_FLIGHT", "closed", "fleet_of", "health", "split", "start", "wall_clock"]

IN_FLIGHT: Final = 256
"""How many lookups are under way at once when the caller does not say."""

_MOST_IN_FLIGHT: Final = 10_000
# One line about a server in so many seconds.
_QUIET: Final = 10.0
_LOG: Final = logging.getLogger("pkicheck.resolver")


def wall_clock() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(timezone.utc)


def closed() -> TransportError:
    """The exception for the use of a resolver after its end."""
    return TransportError("the resolver is closed")


def fleet_of(
    servers: Iterable[str],
    *,
    policy: Policy,
    vantage: str,
    in_flight: int,
    share: bool,
    public: Collection[str],
    on_event: Event | None,
) -> Fleet:
    """The arguments of a resolver, checked.

    Raises:
        InputError: one of them is wrong.
        TransportError: an address that this machine cannot use.
    """
    if not isinstance(policy, Policy):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"policy must be a Policy such as pkicheck.BASELINE, got {type(policy).__name__}"
        raise InputError(msg)
    if isinstance(in_flight, bool) or not isinstance(in_flight, int) or not 1 <= in_flight <= _MOST_IN_FLIGHT:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"in_flight must be an integer from 1 to {_MOST_IN_FLIGHT}, got {in_flight!a}"
        raise InputError(msg)
    if on_event is not None and not callable(on_event):
        msg = f"on_event must be callable, got {type(on_event).__name__}"
        raise InputError(msg)

    warned: dict[object, float] = {}

    def told(name: str, facts: dict[str, str | int | float]) -> None:
        if (
            name == "resolver.server-down"
            and time.monotonic() - warned.get((facts["server"], facts["port"]), -_QUIET) >= _QUIET
        ):
            # A server that comes and goes does so many times a second.
            warned[facts["server"], facts["port"]] = time.monotonic()
            _LOG.warning("resolver %s port %s does not answer", facts["server"], facts["port"])
        if on_event is not None:
            on_event(name, facts)

    return Fleet(
        servers_of(servers, public=public, policy=policy),
        policy.net,
        in_flight=in_flight,
        vantage=vantage or policy.net.perspective,
        share=share,
        on_event=told,
    )


def split(batch: Sequence[Request]) -> list[int]:
    """The places of the questions to lists in a batch.

    Raises:
        InputError: a record type that does not exist.
        TransportError: a request of another kind than DNS or lists.
    """
    places: list[int] = []
    for place, request in enumerate(batch):
        if isinstance(request, ListQuestion):
            places.append(place)
        elif isinstance(request, DnsQuery):
            if not 0 <= request.rdtype <= 65535:
                msg = f"a record type is a number from 0 to 65535, got {request.rdtype!a}"
                raise InputError(msg)
        else:
            msg = f"a resolver answers DNS and list questions only, not {type(request).__name__}"
            raise TransportError(msg)
    return places


def start(core: Core, batch: Batch, places: Sequence[int], lists: PackagedLists) -> None:
    """Answer the questions to lists of a batch that was begun."""
    for place in places:
        observation = lists.exchange((batch.requests[place],), within=timedelta(0))[0]
        core.give(batch, place, observation)


def health(fleet: Fleet, cores: Iterable[Core], now: float) -> Health:
    """A resolver at this moment."""
    asked = list(cores)
    return Health(
        servers=tuple(
            health_of(server, [core.counts[server] for core in asked], probed=fleet.probed(server, now))
            for server in fleet.servers
        ),
        in_flight=sum(core.flying for core in asked),
        queued=sum(core.queued for core in asked),
    )
