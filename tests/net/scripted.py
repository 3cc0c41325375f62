"""A DNS server on loopback that answers by script: the first label of the name says how it behaves.

Thin on purpose: two sockets of one number (UDP and TCP), a thread each. `seen` lists what came, by transport.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter, deque
from types import TracebackType
from typing import Self

import attrs

from pkicheck.dnswire import CAA, build_response, read_name

__all__ = ["GOOD", "Asked", "Scripted", "asked_of", "good"]

GOOD = bytes([0, 5]) + b"issueca.example"
_SOA = b"\4zone\7invalid\0\4zone\7invalid\0" + bytes(20)


@attrs.frozen
class Asked:
    """A query as it came."""

    identity: int
    name: bytes
    rdtype: int
    raw: bytes

    @property
    def label(self) -> str:
        """The first label: the script."""
        return self.name[1 : 1 + self.name[0]].decode().lower() if self.name[0] else "root"

    @property
    def lower(self) -> bytes:
        """The name in lower case."""
        return self.name.lower()


def asked_of(raw: bytes) -> Asked:
    """A query, read."""
    end = read_name(raw, 12)[1]
    name = raw[12:end]
    return Asked(raw[0] << 8 | raw[1], name, raw[end] << 8 | raw[end + 1], raw)


def good(asked: Asked, **kwargs: object) -> bytes:
    """A plain answer: the root's SOA with AD, a CAA record for anything else."""
    if asked.label == "root":
        answer = ((b"\0", 6, 300, _SOA),)
        return build_response(asked.name, asked.rdtype, identity=asked.identity, answer=answer, flags=0x81A0)
    answer = ((asked.name, asked.rdtype, 300, GOOD),)
    settings = {"identity": asked.identity, "answer": answer, **kwargs}
    return build_response(asked.name, asked.rdtype, **settings)  # type: ignore[arg-type]


def _big(asked: Asked) -> bytes:
    answer = tuple((asked.name, CAA, 300, bytes([0, 5]) + b"issue%04d.example" % each) for each in range(1001))
    return build_response(asked.name, asked.rdtype, identity=asked.identity, answer=answer)


class Scripted:
    """The server; a context manager."""

    def __init__(
        self,
        *,
        family: int = socket.AF_INET,
        host: str = "127.0.0.1",
        tcp: bool = True,
        dead: bool = False,
        port: int = 0,
        authority: bool = False,
    ) -> None:
        for _ in range(50):
            self._udp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                self._udp.bind((host, port))
            except OSError:
                self._udp.close()
                raise
            self.host, self.port = self._udp.getsockname()[:2]
            self._tcp = socket.socket(family, socket.SOCK_STREAM)
            self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self._tcp.bind((host, self.port))
            except OSError:
                self._udp.close()
                self._tcp.close()
                continue
            break
        if tcp:
            self._tcp.listen(64)
        else:
            self._tcp.close()
        for each in (self._udp, self._tcp):
            if each.fileno() >= 0:
                each.settimeout(0.05)
        self._dead = dead
        self._authority = authority
        self.address = f"[{self.host}]:{self.port}" if family == socket.AF_INET6 else f"{self.host}:{self.port}"
        self.counts: Counter[tuple[str, str]] = Counter()
        self.ports: set[int] = set()
        # (the last ones: a soak asks millions)
        self.asked: deque[Asked] = deque(maxlen=1000)
        self._held: list[tuple[bytes, tuple[str, int]]] = []
        self._stop = False
        self._threads = [threading.Thread(target=self._serve_udp, daemon=True)]
        if tcp:
            self._threads.append(threading.Thread(target=self._serve_tcp, daemon=True))

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop; its port refuses from now on."""
        self._stop = True
        for sock in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for each in self._threads:
            each.join(5)

    def release(self) -> None:
        """Answer what was held so far."""
        held, self._held = self._held, []
        for data, peer in held:
            self._udp.sendto(data, peer)

    def _serve_udp(self) -> None:
        while not self._stop:
            try:
                raw, peer = self._udp.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            asked = asked_of(raw)
            self.asked.append(asked)
            self.ports.add(peer[1])
            self.counts["udp", asked.label] += 1
            if self._dead:
                continue
            if asked.label == "held":
                self._held.append((good(asked), peer))
                continue
            if asked.label == "late":
                # The answer to a query comes when it is asked again.
                self.release()
                self._held.append((good(asked), peer))
                continue
            for data in self._udp_answers(asked, self.counts["udp", asked.label]):
                with contextlib.suppress(OSError):
                    # (closed meanwhile)
                    self._udp.sendto(self._said(asked, data), peer)

    def _said(self, asked: Asked, data: bytes) -> bytes:
        """An answer as it leaves: an authority has AA instead of RA, and nothing but CAA records."""
        if not self._authority or len(data) < 12:
            return data
        if asked.rdtype != CAA:
            soa = ((asked.name, 6, 300, _SOA),)
            return build_response(asked.name, asked.rdtype, identity=asked.identity, authority=soa, flags=0x8400)
        return data[:2] + bytes((data[2] | 0x04, data[3] & 0x0F)) + data[4:]

    def _udp_answers(self, asked: Asked, times: int) -> list[bytes]:
        right = good(asked)
        wrong_id = (asked.identity ^ 0x5555).to_bytes(2, "big") + right[2:]
        other = build_response(b"\5other\7example\0", asked.rdtype, identity=asked.identity)
        lower = good(attrs.evolve(asked, name=asked.lower))
        truncated = build_response(asked.name, asked.rdtype, identity=asked.identity, flags=0x8380)
        bare = right[:2] + b"\x81\x81" + bytes(8)
        label = asked.label
        if label.startswith("trunc"):
            return [truncated]
        scripts: dict[str, list[bytes]] = {
            "drop": [],
            "drop1": [right] if times > 1 else [],
            "twice": [right, right],
            "wrong-id": [wrong_id, right],
            "wrong-id-only": [wrong_id],
            "wrong-question": [other, right],
            "wrong-question-only": [other],
            "alias": [good(asked, answer=((asked.name, 5, 300, b"\2ok\4else\7example\0"),), flags=0x81A0)],
            "two-questions": [right[:4] + b"\0\2" + right[6:], right],
            "query": [asked.raw, right],
            "short": [b"", b"\0", right[:11], right],
            "case-lost": [lower],
            "case-lost-no-tcp": [lower],
            "bare-formerr": [bare],
            "garbage": [asked.raw[:2] + right[2 : 16 + len(asked.name)] + b"\xff" * 40],
            "cut": [right[:-20]],
            "servfail": [build_response(asked.name, asked.rdtype, identity=asked.identity, rcode=2, ede={22: b"no"})],
            "refused": [build_response(asked.name, asked.rdtype, identity=asked.identity, rcode=5)],
            "malformed-caa": [good(asked, answer=((asked.name, CAA, 300, b"\0\0ca.example"),))],
            "foreign": [good(asked, answer=((b"\5other\7example\0", CAA, 300, GOOD),))],
            "referral": [
                good(asked, answer=(), authority=((asked.name, 2, 300, b"\2ns\7example\0"),), flags=0x8000),
            ],
            "large": [good(asked, answer=tuple((asked.name, CAA, 300, GOOD + b"%03d" % each) for each in range(100)))],
        }
        return scripts.get(label, [right])

    def _serve_tcp(self) -> None:
        while not self._stop:
            try:
                link, _ = self._tcp.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._answer_tcp, args=(link,), daemon=True).start()

    def _answer_tcp(self, link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            link.settimeout(5)
            raw = self._read_tcp(link)
            if raw is None:
                return
            asked = asked_of(raw)
            self.asked.append(asked)
            self.counts["tcp", asked.label] += 1
            label = asked.label
            right = self._said(asked, _big(asked) if label == "trunc-big" else good(asked))
            framed = len(right).to_bytes(2, "big") + right
            if label == "trunc-rst":
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif label in ("trunc-eof", "case-lost-no-tcp"):
                pass
            elif label == "trunc-half":
                link.sendall(framed[: len(framed) // 2])
            elif label == "trunc-stuck":
                link.sendall(framed[:5])
                while not self._stop and link.recv(1):
                    pass
            elif label == "trunc-drip":
                for octet in framed:
                    link.sendall(bytes((octet,)))
            elif label == "trunc-other":
                other = good(attrs.evolve(asked, name=b"\5other\7example\0"))
                link.sendall(len(other).to_bytes(2, "big") + other)
            elif label == "trunc-wrong-id":
                link.sendall(framed[:2] + bytes((framed[2] ^ 1,)) + framed[3:])
            elif label == "trunc-empty":
                link.sendall(b"\0\0")
            elif label == "trunc-more":
                link.sendall(framed + b"\0\5extra")
            else:
                link.sendall(framed)

    @staticmethod
    def _read_tcp(link: socket.socket) -> bytes | None:
        data = b""
        while len(data) < 2 or len(data) < 2 + (data[0] << 8 | data[1]):
            part = link.recv(4096)
            if not part:
                return None
            data += part
        return data[2:]
