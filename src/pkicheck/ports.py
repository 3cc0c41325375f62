"""Ports: what a decision may ask of the world, and what it sees. Requests are values, observations are bytes.

A request is asked by a plan (`pkicheck.plans`), answered by a transport with an observation, and never again looked at
except through that observation: an observation's raw bytes are its only truth. Response codes, flags, owners, TTLs are
derived from them each time, so that evidence can be judged again years later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, cast

import attrs

from pkicheck.errors import InputError
from pkicheck.names import DnsName

__all__ = [
    "AsyncStream",
    "AsyncStreamTransport",
    "AsyncTransport",
    "DnsObservation",
    "DnsQuery",
    "Failure",
    "HttpGet",
    "HttpObservation",
    "ListFact",
    "ListQuestion",
    "Observation",
    "Recorder",
    "Request",
    "Role",
    "Seen",
    "Stream",
    "StreamTransport",
    "TlsObservation",
    "TlsProbe",
    "Transport",
]

T = TypeVar("T")

Role: TypeAlias = Literal["answer", "retry", "canary", "ds", "cd", "probe"]


@attrs.frozen(kw_only=True, cache_hash=True)
class DnsQuery:
    """A DNS question of class IN, asked with RD, AD and EDNS DO; with CD as well when the role is `cd`.

    Attributes:
        name: the owner name.
        rdtype: the type's number (CAA is 257).
        role: what the answer is for. `answer`: the lookup itself; `retry`: the same once more after a failure;
            `cd`: with checking disabled, to tell bogus from dead; `ds`: part of a proof of insecurity;
            `canary`: a name outside the CA that must resolve freshly; `probe`: does the resolver validate.
        attempt: 0, or the number of the retry from 1: two tries are two observations.
    """

    name: DnsName
    rdtype: int
    role: Role = "answer"
    attempt: int = 0


@attrs.frozen(kw_only=True, cache_hash=True)
class HttpGet:
    """One HTTP/1.1 GET, without following anything, to the address and port given (BR 3.2.2.4.18, .19).

    The transport connects to `address` and `port` and nowhere else, whatever the URL says; over TLS when the URL is
    https, with any certificate, and the host of the URL as SNI when it is a name. The request target is the path and
    query of the URL as they stand, Host its authority as it stands. No content coding is asked for, the connection is
    closed afterwards.

    Attributes:
        url: the URI: scheme, authority (the port where it is not that of the scheme), path and query.
        address: where to connect.
        port: the port to connect to; another than the URL's in test networks only.
        hop: how many redirects led here.
        max_body: how many octets of the response are kept, its head included; more is TOO_LARGE.
    """

    url: str
    address: IPv4Address | IPv6Address
    port: int
    hop: int = 0
    max_body: int = 65536


@attrs.frozen(kw_only=True, cache_hash=True)
class TlsProbe:
    """One TLS handshake to the address given, offering only the protocols in `alpn` (RFC 8737 §3).

    Any certificate is taken, no application data is sent, and the connection is closed at once.

    Attributes:
        address: where to connect.
        port: the port.
        sni: the server name to send, as it stands.
        alpn: the protocols offered.
    """

    address: IPv4Address | IPv6Address
    port: int
    sni: str
    alpn: tuple[str, ...]


@attrs.frozen(kw_only=True, cache_hash=True)
class ListQuestion:
    """A question to a dated list or a registry: `iana.root-zone`, `psl.icann`, `key.blocklist/x`, ..."""

    list: str
    key: str


Request: TypeAlias = DnsQuery | HttpGet | TlsProbe | ListQuestion


class Failure(Enum):
    """Why an observation has no answer. A failure of the other side is seen, never thrown."""

    TIMEOUT = 1
    UNREACHABLE = 2
    CLOSED = 3
    TOO_LARGE = 4
    PROTOCOL = 5
    DEADLINE = 6
    NOT_RECORDED = 7


_NOT_RECORDED: Final = Failure.NOT_RECORDED


@attrs.frozen(kw_only=True)
class Observation:
    """What came back, where and when.

    Attributes:
        vantage: the network perspective that asked; never empty in evidence that counts.
        sent: when the first byte was sent (aware, UTC).
        received: when the last byte came, or when the waiting ended (aware, UTC).
        failure: why there is no answer, or None.
    """

    vantage: str
    sent: datetime
    received: datetime
    failure: Failure | None = None


@attrs.frozen(kw_only=True)
class DnsObservation(Observation):
    """An answer to a DNS question: the whole message as it came.

    Attributes:
        server: the resolver's address, or `zone:` and a digest for zone data in memory.
        port: its port.
        transport: what the kept bytes came over.
        attempts: how often the transport asked, this answer included.
        raw: the message; empty after a failure.
    """

    request: DnsQuery
    server: str
    port: int
    transport: Literal["udp", "tcp"]
    attempts: int
    raw: bytes


@attrs.frozen(kw_only=True)
class HttpObservation(Observation):
    """An HTTP response: the bytes of its head and body as they came, framing and interim responses included.

    Attributes:
        peer: the address that was connected to, as text; empty when there was no connection.
        tls: whether the exchange was made over TLS.
        raw: all octets up to the end of the message by its framing, or to the end of the connection; what came before a
            failure.
    """

    request: HttpGet
    peer: str
    tls: bool
    raw: bytes


@attrs.frozen(kw_only=True)
class TlsObservation(Observation):
    """The outcome of a TLS handshake.

    Attributes:
        version: the version negotiated, as the standard library names it: `TLSv1.2`, `TLSv1.3`.
        alpn: the protocol that the server selected, None when it selected none.
        leaf: the DER of the server's own certificate.
    """

    request: TlsProbe
    version: str
    alpn: str | None
    leaf: bytes


@attrs.frozen(kw_only=True)
class ListFact(Observation):
    """The answer of a list: which version of which day, and what it says of the key (None: nothing)."""

    request: ListQuestion
    version: str
    as_of: datetime
    answer: str | None


_Answered: TypeAlias = DnsObservation | HttpObservation | TlsObservation | ListFact


class Seen:
    """An immutable map from requests to observations.

    Of two observations for one request the earlier counts, whatever order they are given in.
    """

    __slots__ = ("_map", "_memo", "_sorted")

    def __init__(self, observations: Iterable[Observation] = ()) -> None:
        found: dict[Request, _Answered] = {}
        for each in observations:
            if not isinstance(each, (DnsObservation, HttpObservation, TlsObservation, ListFact)):
                msg = f"an observation must be of one of the kinds in pkicheck.ports, got {type(each).__name__}"
                raise InputError(msg)
            held = found.get(each.request)
            if held is None or _before(each, held):
                found[each.request] = each
        self._map = found
        self._memo: dict[Callable[[DnsObservation], object], dict[DnsQuery, object]] = {}
        self._sorted: tuple[Observation, ...] | None = None

    def read(self, request: DnsQuery, reader: Callable[[DnsObservation], T]) -> T | None:
        """What a pure reader makes of the observation of a DNS question; read once, however often it is asked."""
        memo = self._memo.get(reader)
        if memo is None:
            memo = self._memo[reader] = {}
        known = memo.get(request)
        if known is None:
            found = self._map.get(request)
            if not isinstance(found, DnsObservation):
                return None
            # Filed under the request that was observed, so that later look-ups find the very same object.
            known = memo[found.request] = reader(found)
        return cast("T", known)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Seen, (tuple(self._map.values()),))

    def extended(self, observations: Iterable[Observation]) -> Seen:
        """A new map with further observations."""
        return Seen((*self._map.values(), *observations))

    def get(self, request: Request) -> Observation | None:
        """What was seen for a request of any kind."""
        return self._map.get(request)

    def dns(self, request: DnsQuery) -> DnsObservation | None:
        """What was seen for a DNS question."""
        found = self._map.get(request)
        return found if isinstance(found, DnsObservation) else None

    def http(self, request: HttpGet) -> HttpObservation | None:
        """What was seen for an HTTP request."""
        found = self._map.get(request)
        return found if isinstance(found, HttpObservation) else None

    def tls(self, request: TlsProbe) -> TlsObservation | None:
        """What was seen for a TLS probe."""
        found = self._map.get(request)
        return found if isinstance(found, TlsObservation) else None

    def fact(self, request: ListQuestion) -> ListFact | None:
        """What a list answered."""
        found = self._map.get(request)
        return found if isinstance(found, ListFact) else None

    def __contains__(self, request: object) -> bool:
        return request in self._map

    def __len__(self) -> int:
        return len(self._map)

    @property
    def observations(self) -> tuple[Observation, ...]:
        """All observations that were made, by time; what stands in for a missing one (NOT_RECORDED) is left out."""
        if self._sorted is None:
            made = [each for each in self._map.values() if each.failure is not _NOT_RECORDED]
            if not all(one.sent < other.sent for one, other in pairwise(made)):
                made.sort(key=_by_time)
            self._sorted = tuple(made)
        return self._sorted


def _by_time(observation: _Answered) -> tuple[datetime, datetime, tuple[int | str | bytes, ...]]:
    return (observation.sent, observation.received, _request_key(observation.request))


def _request_key(request: Request) -> tuple[int | str | bytes, ...]:
    """A total order of requests: only its being the same on every replay matters."""
    if isinstance(request, DnsQuery):
        return (0, request.name.wire, request.rdtype, request.role, request.attempt)
    if isinstance(request, HttpGet):
        return (1, request.url, str(request.address), request.port, request.hop, request.max_body)
    if isinstance(request, TlsProbe):
        return (2, str(request.address), request.port, request.sni, *request.alpn)
    return (3, request.list, request.key)


def _before(one: _Answered, other: _Answered) -> bool:
    if (one.sent, one.received) != (other.sent, other.received):
        return (one.sent, one.received) < (other.sent, other.received)
    # Two answers of one instant to one question: any order will do, but it must be the same on every replay.
    return repr(one) < repr(other)


class Transport(Protocol):
    """Answers a batch of requests at once: one observation per request, in order; never raises for the peer.

    Raises TransportError when our own side is broken.
    """

    def now(self) -> datetime:
        """The wall clock, aware."""
        ...

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Ask every request of the batch; `within` bounds the whole exchange."""
        ...


class AsyncTransport(Protocol):
    """`Transport` for asynchronous programs, of any event loop."""

    def now(self) -> datetime:
        """The wall clock, aware."""
        ...

    async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Ask every request of the batch; `within` bounds the whole exchange."""
        ...


class Stream(Protocol):
    """Batches beside each other on one transport, each answered as soon as it is done: no plan waits for another's."""

    def ask(self, key: int, batch: Sequence[Request], /, *, within: timedelta) -> None:
        """Ask a batch; `answered` names it by its key."""
        ...

    def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        """Wait until batches are done, at least one while any is under way: keys, and observations in order."""
        ...

    def close(self) -> None:
        """End; what is under way is cancelled."""
        ...


class StreamTransport(Transport, Protocol):
    """A transport whose streams `run_many` uses. `exchange` alone is enough; then a window waits for its slowest."""

    def stream(self) -> Stream:
        """Begin a stream."""
        ...


class AsyncStream(Protocol):
    """`Stream` for asynchronous programs."""

    def ask(self, key: int, batch: Sequence[Request], /, *, within: timedelta) -> None:
        """Ask a batch; `answered` names it by its key."""
        ...

    async def answered(self) -> Sequence[tuple[int, Sequence[Observation]]]:
        """Wait until batches are done, at least one while any is under way: keys, and observations in order."""
        ...

    def close(self) -> None:
        """End; what is under way is cancelled."""
        ...


class AsyncStreamTransport(AsyncTransport, Protocol):
    """`StreamTransport` for asynchronous programs."""

    def stream(self) -> AsyncStream:
        """Begin a stream."""
        ...


Recorder: TypeAlias = Callable[[Observation], None]
"""Called with every observation as it arrives, so that evidence survives a cancellation."""
