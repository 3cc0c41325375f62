"""One transport out of several: DNS from one, HTTP from another, TLS and lists from others.

A plan asks questions of several kinds in one batch. `Network` hands each to the part that answers its kind and puts the
observations back in order. A kind that nobody answers is our own side broken, so it raises; it is never an empty
answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pkicheck.errors import InputError, TransportError
from pkicheck.ports import (
    AsyncTransport,
    DnsQuery,
    HttpGet,
    ListQuestion,
    Observation,
    Request,
    TlsProbe,
    Transport,
)

__all__ = ["AsyncNetwork", "Network"]

_T = TypeVar("_T", Transport, AsyncTransport)
_KINDS: Mapping[type, str] = {DnsQuery: "dns", HttpGet: "http", TlsProbe: "tls", ListQuestion: "lists"}


class _Parts(Generic[_T]):
    """The parts by the kind of request they answer."""

    def __init__(self, parts: Mapping[str, _T | None]) -> None:
        self._parts: dict[str, _T] = {kind: part for kind, part in parts.items() if part is not None}
        if not self._parts:
            msg = "a network needs at least one of dns, http, tls, lists"
            raise InputError(msg)

    def now(self) -> datetime:
        """The clock of the first part."""
        return next(iter(self._parts.values())).now()

    def _split(self, batch: Sequence[Request]) -> list[tuple[_T, list[int], list[Request]]]:
        """The batch by part, with the place of each request."""
        split: dict[str, tuple[_T, list[int], list[Request]]] = {}
        for place, request in enumerate(batch):
            kind = _KINDS[type(request)]
            part = self._parts.get(kind)
            if part is None:
                msg = f"this network has no part for {kind}: {type(request).__name__} cannot be answered"
                raise TransportError(msg)
            _, places, requests = split.setdefault(kind, (part, [], []))
            places.append(place)
            requests.append(request)
        return list(split.values())


def _joined(size: int, parts: Sequence[tuple[list[int], Sequence[Observation]]]) -> Sequence[Observation]:
    found: dict[int, Observation] = {}
    for places, observations in parts:
        if len(places) != len(observations):
            msg = f"a part of the network gave {len(observations)} observations for {len(places)} requests"
            raise TransportError(msg)
        found.update(zip(places, observations, strict=True))
    return [found[place] for place in range(size)]


class Network(_Parts[Transport]):
    """A transport composed of others.

    Args:
        dns: answers DnsQuery.
        http: answers HttpGet.
        tls: answers TlsProbe.
        lists: answers ListQuestion.
    """

    def __init__(
        self,
        *,
        dns: Transport | None = None,
        http: Transport | None = None,
        tls: Transport | None = None,
        lists: Transport | None = None,
    ) -> None:
        super().__init__({"dns": dns, "http": http, "tls": tls, "lists": lists})

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch, one part after the other, all within the same time."""
        started = self.now()
        answered: list[tuple[list[int], Sequence[Observation]]] = []
        for part, places, requests in self._split(batch):
            left = max(within - max(self.now() - started, timedelta(0)), timedelta(microseconds=1))
            answered.append((places, part.exchange(requests, within=left)))
        return _joined(len(batch), answered)


class AsyncNetwork(_Parts[AsyncTransport]):
    """`Network` for asynchronous programs."""

    def __init__(
        self,
        *,
        dns: AsyncTransport | None = None,
        http: AsyncTransport | None = None,
        tls: AsyncTransport | None = None,
        lists: AsyncTransport | None = None,
    ) -> None:
        super().__init__({"dns": dns, "http": http, "tls": tls, "lists": lists})

    async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer a batch, one part after the other, all within the same time."""
        started = self.now()
        answered: list[tuple[list[int], Sequence[Observation]]] = []
        for part, places, requests in self._split(batch):
            left = max(within - max(self.now() - started, timedelta(0)), timedelta(microseconds=1))
            answered.append((places, await part.exchange(requests, within=left)))
        return _joined(len(batch), answered)
