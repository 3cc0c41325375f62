"""A long run of good and hostile names at 200 in flight, with the server killed and started again in between.

PKICHECK_SOAK_SECONDS says how long (30 when nothing is said; a release gets 1,800).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

import pkicheck
from pkicheck import BASELINE, CaaResult, Health, Verdict, aio
from pkicheck.caa import CaaPlan, caa_plan
from tests.net.scripted import Scripted
from tests.net.test_scripted import OUTCOMES

SECONDS = float(os.environ.get("PKICHECK_SOAK_SECONDS", "30"))
POLICY = attrs.evolve(
    BASELINE, name="soak", net=attrs.evolve(BASELINE.net, tries=2, try_wait=timedelta(seconds=0.3), max_aliases=1)
)
GOOD = {"ok", "twice", "wrong-id", "wrong-question", "short", "case-lost", "trunc", "query"}


def _resident() -> int:
    """Resident memory in kilobytes."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0])


class _Watch:
    """Counts results, measures, and kills and restarts the server."""

    def __init__(self, server: Scripted) -> None:
        self.began = time.monotonic()
        self.server = server
        self.given = 0
        self.verdicts: Counter[tuple[str, Verdict]] = Counter()
        self.memory: list[int] = []
        self.descriptors: list[int] = []

    def plans(self) -> Iterator[CaaPlan]:
        labels = itertools.cycle([*OUTCOMES, *["ok"] * 40])
        while time.monotonic() - self.began < SECONDS:
            self.given += 1
            yield caa_plan(f"{next(labels)}.n{self.given}.example", issuers={"ca.example"}, policy=POLICY)

    def take(self, result: CaaResult) -> None:
        label = str(result.name).partition(".")[0]
        self.verdicts[label, result.verdict] += 1
        if sum(self.verdicts.values()) % 500 == 0:
            self.memory.append(_resident())
            self.descriptors.append(len(list(Path("/proc/self/fd").iterdir())))

    def restart(self) -> None:
        time.sleep(SECONDS / 3)
        port = self.server.port
        self.server.close()
        time.sleep(min(3.0, SECONDS / 10))
        for _ in range(100):
            # (the number may be lent to another socket for a moment)
            try:
                self.server = Scripted(port=port).__enter__()
            except OSError:
                time.sleep(0.1)
            else:
                return

    def judge(self, health: Health) -> None:
        assert sum(self.verdicts.values()) == self.given
        assert (health.in_flight, health.queued) == (0, 0)
        passed = {label for label, verdict in self.verdicts if verdict is Verdict.PASS}
        # What is dropped, cut, refused or bogus at the name itself never passes; the restart permits nothing.
        assert not passed & {"drop", "servfail", "refused", "garbage", "cut", "trunc-rst", "wrong-id-only", "referral"}
        assert passed >= GOOD
        late = self.memory[len(self.memory) // 2 :]
        assert max(late) - min(late) < 40_000
        # (descriptors of the server's own half of connections come and go in this process too)
        assert max(self.descriptors) < 400


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_soak(kind: str) -> None:
    """Memory, sockets and ids stay flat, no result is lost, and a restart of the resolver permits nothing."""
    server = Scripted()
    with server:
        watch = _Watch(server)
        killer = threading.Thread(target=watch.restart)
        killer.start()
        if kind == "blocking":
            with pkicheck.Resolver(server.address, policy=POLICY) as resolver:
                for _, result in pkicheck.run_many(watch.plans(), resolver, in_flight=200, ordered=False):
                    watch.take(result)
                health = resolver.health()
        else:
            health = asyncio.run(_asynchronous(server.address, watch))
        killer.join()
        watch.server.close()
    watch.judge(health)


async def _asynchronous(address: str, watch: _Watch) -> Health:
    async with aio.Resolver(address, policy=POLICY) as resolver:
        async for _, result in pkicheck.arun_many(watch.plans(), resolver, in_flight=200, ordered=False):
            watch.take(result)
        return resolver.health()
