"""The sockets under the core: what the kernel says of a refusal, and when."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from pkicheck import BASELINE
from pkicheck._net._flights import Port
from pkicheck._net._servers import servers_of
from pkicheck._net._sockets import Sockets


class _Poller:
    def watch(self, sock: socket.socket, read: Any, write: Any, /) -> None:
        """Nobody waits here."""

    def forget(self, sock: socket.socket, /) -> None:
        """Nobody waited."""


class _Core:
    def __init__(self) -> None:
        self.heard: list[Port] = []

    def refused(self, port: Port, _now: float) -> None:
        self.heard.append(port)


def test_a_send_that_brings_news_of_a_refusal_hands_it_on_and_sends() -> None:
    """The kernel tells of a refused datagram once, here to the next `send`: the core hears it, the query goes out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    (server,) = servers_of([f"127.0.0.1:{number}"], public=(), policy=BASELINE)
    sockets, core = Sockets(_Poller()), _Core()
    sockets.core = core  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
    port = Port(server, 0.0)
    with contextlib.closing(sockets.open_udp(server, port)) as wire:
        sent = [wire.send(bytes(12))]
        for _ in range(1000):
            # (at once on Linux, whose loopback brings the refusal before `send` returns)
            sent.append(wire.send(bytes(12)))
            if core.heard:
                break
            time.sleep(0.01)
        assert all(sent)
        assert core.heard == [port]
