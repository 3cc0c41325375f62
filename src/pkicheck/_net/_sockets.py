"""The sockets under the core, non-blocking, watched by whatever loop there is: one code for both drivers."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import Final, Protocol

from pkicheck._net._dnscore import Core
from pkicheck._net._flights import Flight, Port, Reassembly
from pkicheck._net._servers import Server
from pkicheck.errors import TransportError

__all__ = ["Poller", "Sockets"]

# What a socket is emptied by at most before others and timers get their turn.
_MOST_AT_ONCE: Final = 256
_RECEIVE_BUFFER: Final = 1 << 20
# Our own side is broken: no descriptors, no memory, no right to make sockets.
_OURS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EACCES, errno.EPERM})


class Poller(Protocol):
    """Calls back when a socket can be read or written."""

    def watch(self, sock: socket.socket, read: Callable[[], None], write: Callable[[], None] | None, /) -> None:
        """Begin to watch a socket, or change what it is watched for."""
        ...

    def forget(self, sock: socket.socket, /) -> None:
        """Stop watching; before the socket is closed."""
        ...


class _Datagrams:
    """A connected UDP socket."""

    __slots__ = ("_owner", "_port", "_sock")

    def __init__(self, owner: Sockets, port: Port, sock: socket.socket | None) -> None:
        self._owner = owner
        self._port = port
        self._sock = sock

    def send(self, data: bytes, /) -> bool:
        if self._sock is None:
            return False
        try:
            self._sock.send(data)
        except BlockingIOError:
            # The buffer is full: as if lost on the way.
            return True
        except ConnectionRefusedError:
            # An earlier datagram was refused, and the kernel tells it once: those that wait must hear it here. This
            # one was not sent yet.
            self._owner.core.refused(self._port, time.monotonic())
            return self._again(data)
        except OSError:
            return False
        return True

    def _again(self, data: bytes) -> bool:
        assert self._sock is not None
        try:
            self._sock.send(data)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def readable(self) -> None:
        datagram, port, monotonic = self._owner.core.datagram, self._port, time.monotonic
        for _ in range(_MOST_AT_ONCE):
            if self._sock is None:
                return
            try:
                data = self._sock.recv(65535)
            except BlockingIOError:
                return
            except OSError:
                self._owner.core.refused(port, monotonic())
                return
            datagram(port, data, monotonic())

    def close(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            self._owner.poller.forget(sock)
            sock.close()


class _Stream:
    """A TCP connection for one query."""

    __slots__ = ("_flight", "_message", "_out", "_owner", "_sock")

    def __init__(self, owner: Sockets, flight: Flight, sock: socket.socket, query: bytes) -> None:
        self._owner = owner
        self._flight = flight
        self._sock: socket.socket | None = sock
        self._out = query
        self._message = Reassembly()

    def send(self, data: bytes, /) -> bool:
        self._out += data
        return self._sock is not None

    def writable(self) -> None:
        if self._sock is None:
            return
        try:
            sent = self._sock.send(self._out)
        except BlockingIOError:
            return
        except OSError:
            self._failed()
            return
        self._out = self._out[sent:]
        if not self._out:
            self._owner.poller.watch(self._sock, self.readable, None)

    def readable(self) -> None:
        if self._sock is None:
            return
        try:
            data = self._sock.recv(65535)
        except BlockingIOError:
            return
        except OSError:
            self._failed()
            return
        if not data:
            self._failed()
            return
        whole = self._message.feed(data)
        if whole is not None:
            self._owner.core.stream_answer(self._flight, whole, time.monotonic())

    def _failed(self) -> None:
        self._owner.core.stream_failed(self._flight, time.monotonic())

    def close(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            self._owner.poller.forget(sock)
            sock.close()


class Sockets:
    """Opens sockets for a core and hands it what comes in.

    Attributes:
        poller: watches them.
        core: set once, right after both were made.
    """

    core: Core

    def __init__(self, poller: Poller) -> None:
        self.poller = poller

    def open_udp(self, server: Server, port: Port, /) -> _Datagrams:
        """A connected UDP socket; where the network refuses, one that cannot send."""
        sock = _open(server, socket.SOCK_DGRAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            sock.connect(server.place)
        except OSError:
            sock.close()
            return _Datagrams(self, port, None)
        wire = _Datagrams(self, port, sock)
        self.poller.watch(sock, wire.readable, None)
        return wire

    def open_tcp(self, server: Server, query: bytes, flight: Flight, /) -> _Stream | None:
        """A TCP connection on its way."""
        sock = _open(server, socket.SOCK_STREAM)
        try:
            sock.connect(server.place)
        except BlockingIOError:
            pass
        except OSError:
            sock.close()
            return None
        wire = _Stream(self, flight, sock, query)
        self.poller.watch(sock, wire.readable, wire.writable)
        return wire


def _open(server: Server, kind: socket.SocketKind) -> socket.socket:
    try:
        sock = socket.socket(server.family, kind)
    except OSError as error:
        if error.errno in _OURS or error.errno == errno.EAFNOSUPPORT:
            msg = f"no socket for {server.address}: {error.strerror}"
            raise TransportError(msg) from None
        raise
    sock.setblocking(False)
    return sock
