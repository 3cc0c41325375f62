"""CAA checks on real DNS: unbound with a signed private root, this library and a peer, interleaved, as ratios.

    python benchmarks/caa.py                      10,000 names, five rounds (needs unbound, nsd, ldnsutils)
    python benchmarks/caa.py --peer VENV          the peer's environment; made with pip when it does not exist
    python benchmarks/caa.py --no-peer --rounds 3 --names 2000
    python benchmarks/caa.py --stream 1000000     names streamed from a file, and the memory that takes

Names have 3 to 5 labels, each under its own registered domain; one in five has records. Policy BASELINE, nothing
shared, results with their raw evidence kept in memory. `bare` sends and receives the same packets and does nothing
else: the floor. Medians of all rounds; CPU is that of the asking process.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pkicheck
from pkicheck import aio
from pkicheck.caa import CaaPlan, caa_plan
from pkicheck.chainlog import NEVER, ChainLog
from pkicheck.dnswire import build_query
from pkicheck.ports import DnsQuery, Seen
from tests.net.realdns import PrivateDns

PEER = "open-mpic-core==6.5.0"
IN_FLIGHT = 100


def names_of(count: int) -> tuple[list[str], str]:
    """The names, and the records of their zone."""
    draw = random.Random(1)  # the same names each time
    names: list[str] = []
    records: list[str] = []
    for number in range(count):
        below = ".".join(f"{draw.choice('abcdefgh')}{each}" for each in range(draw.randint(1, 3)))
        names.append(f"{below}.d{number}.example")
        records.append(f"{below}.d{number} A 192.0.2.1\nd{number} A 192.0.2.1\n")
        if number % 5 == 0:
            issuer = "ca.example" if number % 10 == 0 else "other.example"
            records.append(f'd{number} CAA 0 issue "{issuer}"\nd{number} CAA 0 iodef "mailto:a@d{number}.example"\n')
    return names, "".join(records)


def plans(names: list[str]) -> Iterator[CaaPlan]:
    """One plan for each name."""
    return (caa_plan(name, issuers=("ca.example",)) for name in names)


def queries(names: list[str]) -> list[list[bytes]]:
    """The packets of each check, ready to be sent."""
    found: list[list[bytes]] = []
    for plan in plans(names):
        need = plan.step(Seen())
        assert isinstance(need, pkicheck.Needs)
        asked = [each for each in need.requests if isinstance(each, DnsQuery) and each.role != "probe"]
        found.append([build_query(each.name.wire, each.rdtype) for each in asked])
    return found


class Measured:
    """Seconds, CPU seconds and packets of one run."""

    def __init__(self, work: Callable[[], int]) -> None:
        gc.collect()
        began, cpu = time.perf_counter(), time.process_time()
        self.packets = work()
        self.seconds = time.perf_counter() - began
        self.cpu = time.process_time() - cpu


def blocking(names: list[str], address: str) -> int:
    """`run_many`, everything kept."""
    with pkicheck.Resolver(address, share=False) as resolver:
        kept = [result for _, result in pkicheck.run_many(plans(names), resolver, in_flight=IN_FLIGHT, ordered=False)]
        _sound(kept)
        return sum(each.asked + each.answered for each in resolver.health().servers)


def asynchronous(names: list[str], address: str) -> int:
    """`arun_many`, everything kept."""

    async def main() -> int:
        async with aio.Resolver(address, share=False) as resolver:
            stream = pkicheck.arun_many(plans(names), resolver, in_flight=IN_FLIGHT, ordered=False)
            kept = [result async for _, result in stream]
            _sound(kept)
            return sum(each.asked + each.answered for each in resolver.health().servers)

    return asyncio.run(main())


def chained(names: list[str], address: str) -> int:
    """`run_many`, written as hash-chained JSON lines."""
    with tempfile.TemporaryDirectory() as folder, pkicheck.Resolver(address, share=False) as resolver:
        with ChainLog(f"{folder}/log.jsonl", log_id="benchmark", fsync=NEVER) as log:
            for _, result in pkicheck.run_many(plans(names), resolver, in_flight=IN_FLIGHT, ordered=False):
                log.append(result)
        return sum(each.asked + each.answered for each in resolver.health().servers)


def bare(packets: list[list[bytes]], place: tuple[str, int]) -> int:
    """The same packets and nothing else, as many under way."""
    flat = [each for check in packets for each in check]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.connect(place)
        sock.settimeout(2)
        sent = received = 0
        while received < len(flat):
            while sent < len(flat) and sent - received < IN_FLIGHT:
                sock.send(flat[sent])
                sent += 1
            try:
                sock.recv(65535)
            except TimeoutError:
                sent -= len(flat) and sent - received
                continue
            received += 1
        return sent + received


def _sound(results: list[Any]) -> None:
    verdicts = [each.verdict for each in results]
    assert pkicheck.Verdict.INCOMPLETE not in verdicts
    refused = sum(each is pkicheck.Verdict.FAIL for each in verdicts)
    assert refused == len(results) // 10, refused


def single(names: list[str], packets: list[list[bytes]], address: str, place: tuple[str, int]) -> tuple[float, float]:
    """p99 of one check after another, and of its packets sent bare one after another, in microseconds."""
    ours: list[float] = []
    floor: list[float] = []
    with pkicheck.Resolver(address, share=False) as resolver, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(place)
        sock.settimeout(5)
        pkicheck.check_caa(names[0], issuers=("ca.example",), resolver=resolver)
        for name, check in zip(names, packets, strict=True):
            began = time.perf_counter()
            pkicheck.check_caa(name, issuers=("ca.example",), resolver=resolver)
            middle = time.perf_counter()
            for each in check:
                sock.send(each)
                sock.recv(65535)
            floor.append(time.perf_counter() - middle)
            ours.append(middle - began)
    return tuple(statistics.quantiles(each, n=100)[98] * 1e6 for each in (ours, floor))  # type: ignore[return-value]


class Peer:
    """The peer as a child process."""

    def __init__(self, venv: Path, place: tuple[str, int], names: Path) -> None:
        if not (venv / "bin" / "python").exists():
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            subprocess.run([str(venv / "bin" / "python"), "-m", "pip", "install", "-q", PEER], check=True)
        command = [str(venv / "bin" / "python"), str(Path(__file__).with_name("caa_peer.py")), place[0], str(place[1])]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._names = names
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == "ready\n"

    def run(self) -> dict[str, float]:
        """One run over all names."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps({"names": str(self._names), "in_flight": IN_FLIGHT}) + "\n")
        self._child.stdin.flush()
        told: dict[str, float] = json.loads(self._child.stdout.readline())
        return told

    def close(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.wait()


def stream(count: int, names: list[str], address: str, folder: Path) -> None:
    """Names streamed from a file: what memory that takes."""
    path = folder / "stream.txt"
    with path.open("w", encoding="ascii") as file:
        for number in range(count):
            file.write(names[number % len(names)] + "\n")
    began = time.perf_counter()
    with path.open(encoding="ascii") as file, pkicheck.Resolver(address, share=False) as resolver:
        asked = (caa_plan(line.strip(), issuers=("ca.example",)) for line in file)
        done = sum(1 for _ in pkicheck.run_many(asked, resolver, in_flight=IN_FLIGHT))
    seconds = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"stream: {done} names in {seconds:.0f} s, at most {most:.0f} MB (goal: under 200)")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", type=Path, default=Path(tempfile.gettempdir()) / "pkicheck-peer")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--stream", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    names, records = names_of(args.names)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with PrivateDns(folder, {"example": ("good", records, "ds")}) as dns:
            place = ("127.0.0.1", dns.port)
            if args.stream:
                stream(args.stream, names, dns.address, folder)
                return
            file = folder / "names.txt"
            file.write_text("\n".join(names), encoding="ascii")
            packets = queries(names)
            bare(packets, place)
            blocking(names, dns.address)
            if args.profile:
                import cProfile  # noqa: PLC0415
                import pstats  # noqa: PLC0415

                profile = cProfile.Profile()
                profile.runcall(blocking, names, dns.address)
                pstats.Stats(profile).sort_stats("tottime").print_stats(45)
                return
            peer = None if args.no_peer else Peer(args.peer, place, file)
            runs: dict[str, list[Any]] = {}
            for _ in range(args.rounds):
                runs.setdefault("bare", []).append(Measured(lambda: bare(packets, place)))
                for work in (blocking, asynchronous, chained):
                    runs.setdefault(work.__name__, []).append(Measured(lambda: work(names, dns.address)))  # noqa: B023
                if peer is not None:
                    runs.setdefault("peer", []).append(argparse.Namespace(**peer.run()))
            if peer is not None:
                peer.close()
            report(runs, len(names))
            ours, floor = single(names[:2000], packets[:2000], dns.address, place)
            ratio = ours / floor
            print(f"single check: p99 {ours:.0f} us; its packets bare: {floor:.0f} us; {ratio:.2f} times (goal: 2)")


def report(runs: dict[str, list[Any]], count: int) -> None:
    """Medians and ratios."""
    rate = {kind: statistics.median(count / each.seconds for each in found) for kind, found in runs.items()}
    cpu = {kind: statistics.median(each.cpu / count * 1e6 for each in found) for kind, found in runs.items()}
    for kind, found in runs.items():
        packets = statistics.median(each.packets / count for each in found)
        line = f"{kind:13} {rate[kind]:8.0f} checks/s  {cpu[kind]:7.1f} us CPU a check  {packets:5.2f} packets a check"
        line += f"  {cpu[kind] / cpu['bare']:5.1f} times bare CPU"
        if "peer" in runs and kind != "peer":
            line += f"  {rate[kind] / rate['peer']:5.1f} times the peer's rate"
            line += f", 1/{cpu['peer'] / cpu[kind]:.1f} of its CPU"
        print(line)
    if "peer" in runs:
        print(f"peer: {runs['peer'][0].passed} passed, {runs['peer'][0].failed} not completed, of {count}")


if __name__ == "__main__":
    main()
