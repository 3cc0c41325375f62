"""Fuzz target of the DNS client: any datagrams, any TCP octets in any parts, and every lookup ends in an observation.

The core runs without sockets: the first octet of the input says what comes (datagram, part of a stream, end of a
stream, refusal, time), the next two how long it is. Octets 0xF0 to 0xF3 at the place of the id stand for the id of a
lookup that waits, so that messages reach it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final

import attrs

from pkicheck import BASELINE, DnsObservation, DnsQuery, Failure
from pkicheck._net._dnscore import Core
from pkicheck._net._fleet import Fleet
from pkicheck._net._flights import Batch, Flight, Port, Reassembly, Wire
from pkicheck._net._servers import Server, servers_of
from pkicheck.dnswire import CAA, SOA, build_response
from pkicheck.lookups import read_answer
from pkicheck.names import DnsName

__all__ = ["seeds", "target"]

_AT: Final = datetime.fromtimestamp(0, tz=timezone.utc)
_NAMES: Final = (DnsName.from_text("a.example"), DnsName.from_text("b.example"), DnsName.root())
_NET: Final = attrs.evolve(BASELINE.net, tries=2, try_wait=timedelta(seconds=1), mix_case=False)


class _Wire:
    def send(self, data: bytes, /) -> bool:
        return len(data) > 12

    def close(self) -> None:
        self.closed = True


class _Outlet:
    def __init__(self) -> None:
        self.streams: list[tuple[Flight, Reassembly]] = []

    def open_udp(self, _server: Server, _port: Port, /) -> Wire:
        return _Wire()

    def open_tcp(self, _server: Server, _query: bytes, flight: Flight, /) -> Wire | None:
        self.streams.append((flight, Reassembly()))
        return _Wire()


def seeds() -> Iterator[bytes]:
    """Conversations: answers, truncation with a stream in parts, refusals, silence."""
    good = build_response(_NAMES[0].wire, CAA, answer=((_NAMES[0].wire, CAA, 1, b"\0\5issue;"),))
    short = build_response(_NAMES[1].wire, CAA, flags=0x8380)
    root = build_response(b"\0", SOA, flags=0x81A0, answer=((b"\0", SOA, 1, bytes(22)),))
    whole = build_response(_NAMES[1].wire, CAA)
    framed = len(whole).to_bytes(2, "big") + whole

    def part(kind: int, data: bytes = b"") -> bytes:
        return bytes((kind,)) + len(data).to_bytes(2, "big") + data

    yield part(0, b"\xf0\0" + good[2:]) + part(0, b"\xf2\0" + root[2:])
    yield part(0, b"\xf1\0" + short[2:]) + part(1, framed[:9]) + part(1, framed[9:])
    yield part(0, b"\xf1\0" + short[2:]) + part(2) + part(4) + part(4)
    yield part(3) + part(4) + part(0, b"\xf0\0" + good[2:])
    yield part(0, good) * 3 + part(0, b"\xf0\0" + good[2:4] + bytes(8))


def target(data: bytes) -> None:
    """One execution."""
    fleet = Fleet(
        servers_of(["127.0.0.1", "::1"], public=(), policy=BASELINE), _NET, in_flight=3, vantage="fuzz", share=False,
        on_event=None,
    )  # fmt: skip
    outlet = _Outlet()
    core = Core(fleet, outlet, entropy=lambda count: bytes(range(256)) * (count // 256 + 1), wall=lambda: _AT)
    done: list[Batch] = []
    requests = [
        DnsQuery(name=_NAMES[0], rdtype=CAA), DnsQuery(name=_NAMES[1], rdtype=CAA),
        DnsQuery(name=_NAMES[2], rdtype=SOA, role="probe"), DnsQuery(name=_NAMES[1], rdtype=CAA, role="cd"),
    ]  # fmt: skip
    now = 1.0
    batch = core.ask(requests, deadline=30.0, now=now, done=done.append)
    at = 0
    while at + 3 <= len(data) and not done:
        kind, size = data[at] % 5, data[at + 1] << 8 | data[at + 2]
        body = data[at + 3 : at + 3 + size]
        at += 3 + size
        _event(core, outlet, kind, body, now)
        if kind == 4:
            now += 1.1
            core.tick(now)
    while not done:
        assert now < 60.0, "the batch does not end"
        now += 1.1
        core.tick(now)
    assert done == [batch]
    assert (core.flying, core.queued, fleet.budget.used) == (0, 0, 0)
    observations = batch.observations()
    assert [each.request for each in observations if isinstance(each, DnsObservation)] == requests
    assert len({each.server for each in observations if isinstance(each, DnsObservation)}) == 1
    for each in observations:
        assert isinstance(each, DnsObservation)
        assert (each.failure is None) == bool(each.raw)
        assert each.failure in (None, Failure.TIMEOUT, Failure.UNREACHABLE, Failure.DEADLINE)
        read_answer(each)
    core.close()


def _event(core: Core, outlet: _Outlet, kind: int, body: bytes, now: float) -> None:
    ports = [port for port in core.ports() if port.wire is not None]
    if kind == 0 and ports:
        waiting = [(port, identity) for port in ports for identity in port.pending]
        port = ports[0]
        if len(body) >= 2 and 0xF0 <= body[0] <= 0xF3 and waiting:
            port, identity = waiting[(body[0] - 0xF0) % len(waiting)]
            body = identity.to_bytes(2, "big") + body[2:]
        core.datagram(port, body, now)
    elif kind == 3 and ports:
        core.refused(ports[len(body) % len(ports)], now)
    elif kind in (1, 2) and outlet.streams:
        flight, reassembly = outlet.streams[-1]
        if flight.stream is None:
            outlet.streams.pop()
        elif kind == 2:
            core.stream_failed(flight, now)
        elif (whole := reassembly.feed(body)) is not None:
            core.stream_answer(flight, flight.stream_id + whole[2:] if whole[:2] == b"\0\0" else whole, now)
