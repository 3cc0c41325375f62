"""A long run of good and hostile names at 200 in flight, with the resolver killed and started again in between.

PKICHECK_SOAK_SECONDS says how long each test runs (30 when nothing is said; a release gets 1,800):

    PKICHECK_SOAK_SECONDS=1800 python -m pytest --slow -s -k "unbound and blocking" tests/net/test_soak.py

Two settings: `scripted`, a resolver that is itself hostile; `unbound`, an honest one that serves signed zones beside
zones whose authority is hostile. What is measured is printed each minute and at the end.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

import pkicheck
from pkicheck import BASELINE, CaaResult, Health, Verdict, aio
from pkicheck.caa import CaaPlan, caa_plan
from pkicheck.policy import Policy
from tests.net.realdns import PrivateDns, need_servers, zone_files
from tests.net.scripted import Scripted
from tests.net.test_scripted import OUTCOMES
from tests.net.test_servers import TABLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc"),
]

SECONDS = float(os.environ.get("PKICHECK_SOAK_SECONDS", "30"))
IN_FLIGHT = 200
QUICK = attrs.evolve(
    BASELINE, name="soak", net=attrs.evolve(BASELINE.net, tries=2, try_wait=timedelta(seconds=0.3), max_aliases=1)
)
# What is dropped, cut, refused or of another question at the name itself is never a permission, whoever resolves.
NEVER = {
    "drop", "servfail", "refused", "garbage", "cut", "wrong-id-only", "wrong-question-only", "foreign", "referral",
    "malformed-caa",
}  # fmt: skip
GOOD = {"ok", "twice", "wrong-id", "wrong-question", "short", "case-lost", "trunc", "query"}


def _resident() -> int:
    """Resident memory in kilobytes."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0])


class _Watch:
    """Counts results and measures."""

    def __init__(self, names: Iterator[str], policy: Policy) -> None:
        self.began = time.monotonic()
        self.policy = policy
        self.names = names
        self.given = 0
        self.verdicts: Counter[tuple[str, Verdict]] = Counter()
        self.samples: list[tuple[float, int, int, int, int]] = []
        self.health: Callable[[], Health] | None = None

    def plans(self) -> Iterator[CaaPlan]:
        while time.monotonic() - self.began < SECONDS:
            self.given += 1
            yield caa_plan(next(self.names), issuers={"ca.example"}, policy=self.policy)

    def take(self, result: CaaResult) -> None:
        self.verdicts[str(result.name), result.verdict] += 1

    def measure(self, stop: threading.Event) -> None:
        """Every second or so: memory, descriptors, lookups under way."""
        printed = 0.0
        while not stop.wait(min(1.0, SECONDS / 30)):
            assert self.health is not None
            health = self.health()
            descriptors = len(list(Path("/proc/self/fd").iterdir()))
            after = time.monotonic() - self.began
            self.samples.append((after, _resident(), descriptors, health.in_flight, health.queued))
            if after - printed >= 60:
                printed = after
                print(self.line(self.samples[-1]), flush=True)

    def line(self, sample: tuple[float, int, int, int, int]) -> str:
        after, memory, descriptors, flying, queued = sample
        done = sum(self.verdicts.values())
        return (
            f"{after:6.0f} s  {done} checks  {memory / 1024:.1f} MB  {descriptors} descriptors  "
            f"{flying} lookups under way, {queued} wait"
        )

    def judge(self, health: Health, pending: int) -> None:
        """No result is lost, nothing is held, and what is used does not grow."""
        found = {verdict: sum(n for (_, each), n in self.verdicts.items() if each is verdict) for verdict in Verdict}
        quarter = len(self.samples) // 4
        parts = [self.samples[quarter * each : quarter * (each + 1)] for each in range(1, 4)]
        memory = [statistics.median(each[1] for each in part) for part in parts]
        descriptors = [max(each[2] for each in part) for part in parts]
        flying = [max(each[3] for each in part) for part in parts]
        print(f"given {self.given}, " + ", ".join(f"{each.name} {count}" for each, count in found.items()))
        print(
            f"memory by quarter (kB, median, from the second): {memory}; most at all {max(s[1] for s in self.samples)}"
        )
        print(f"descriptors by quarter (most): {descriptors}; lookups under way (most): {flying}; ids held: {pending}")
        print([(each.asked, each.answered, each.timeouts, each.unreachable, each.ignored) for each in health.servers])
        assert sum(self.verdicts.values()) == self.given
        assert (health.in_flight, health.queued, pending) == (0, 0, 0)
        assert memory[-1] - memory[0] < 20_000
        assert max(descriptors) < 400
        assert max(flying) <= 256


@contextmanager
def _beside(*works: Callable[[threading.Event], None]) -> Generator[None, None, None]:
    """Threads for the time of a run; what they raise is raised here."""
    stop = threading.Event()
    wrong: list[BaseException] = []

    def guarded(work: Callable[[threading.Event], None]) -> None:
        try:
            work(stop)
        except BaseException as error:
            wrong.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(each,)) for each in works]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in threads:
            each.join()
    assert not wrong


def _blocking(address: str, watch: _Watch, *works: Callable[[threading.Event], None]) -> None:
    with pkicheck.Resolver(address, policy=watch.policy) as resolver:
        watch.health = resolver.health
        with _beside(watch.measure, *works):
            for _, result in pkicheck.run_many(watch.plans(), resolver, in_flight=IN_FLIGHT, ordered=False):
                watch.take(result)
        cores = [lane.core for lane in resolver._lanes]  # pyright: ignore[reportPrivateUsage]
        watch.judge(resolver.health(), sum(len(port.pending) for core in cores for port in core.ports()))


def _asyncio(address: str, watch: _Watch, *works: Callable[[threading.Event], None]) -> None:
    async def main() -> None:
        async with aio.Resolver(address, policy=watch.policy) as resolver:
            watch.health = resolver.health
            with _beside(watch.measure, *works):
                async for _, result in pkicheck.arun_many(watch.plans(), resolver, in_flight=IN_FLIGHT, ordered=False):
                    watch.take(result)
            core = resolver._core  # pyright: ignore[reportPrivateUsage]
            assert core is not None
            watch.judge(resolver.health(), sum(len(port.pending) for port in core.ports()))

    asyncio.run(main())


both = pytest.mark.parametrize("run", [_blocking, _asyncio], ids=["blocking", "asyncio"])


@both
def test_scripted(run: Callable[..., None]) -> None:
    """A hostile resolver: memory, sockets and ids stay flat, no result is lost, and its restart permits nothing."""
    numbers = itertools.count()
    labels = itertools.cycle([*OUTCOMES, *["ok"] * 40])
    watch = _Watch((f"{next(labels)}.n{next(numbers) % 500}.example" for _ in itertools.count()), QUICK)
    server = Scripted()

    def restart(stop: threading.Event) -> None:
        nonlocal server
        while not stop.wait(SECONDS / 4):
            port = server.port
            server.close()
            stop.wait(min(3.0, SECONDS / 10))
            while True:
                # (the number may be lent to another socket for a moment)
                try:
                    server = Scripted(port=port).__enter__()
                except OSError:
                    time.sleep(0.1)
                else:
                    break

    with server:
        run(server.address, watch, restart)
        server.close()
    passed = {name.partition(".")[0] for name, verdict in watch.verdicts if verdict is Verdict.PASS}
    assert not passed & (NEVER | {"trunc-rst"})
    assert passed >= GOOD


@pytest.mark.servers
@both
def test_unbound(run: Callable[..., None], tmp_path: Path) -> None:
    """An honest resolver over a hostile authority: flat as well; killed and restarted, it permits nothing."""
    need_servers()
    numbers = itertools.count()
    hostile = itertools.cycle(OUTCOMES)
    known = itertools.cycle(TABLE)
    # Half of all names are hostile, a quarter known, a quarter new.
    kinds: itertools.cycle[Callable[[], str]] = itertools.cycle(
        [
            lambda: f"{next(hostile)}.n{next(numbers) % 500}.hostile",
            lambda: next(known),
            lambda: f"{next(hostile)}.n{next(numbers) % 500}.hostile",
            lambda: f"n{next(numbers) % 500}.wild.example",
        ]
    )
    watch = _Watch((next(kinds)() for _ in itertools.count()), BASELINE)
    zones = {**zone_files(), "hostile": ("none", "", "")}
    with (
        Scripted(authority=True) as authority,
        PrivateDns(tmp_path, zones, elsewhere={"hostile": authority.port}) as dns,
    ):

        def restart(stop: threading.Event) -> None:
            while not stop.wait(SECONDS / 4):
                dns.restart(min(3.0, SECONDS / 10))

        run(dns.address, watch, restart)
    of = {name: {v for v in Verdict if watch.verdicts[name, v]} for name in {name for name, _ in watch.verdicts}}
    for name, verdicts in of.items():
        label, _, rest = name.partition(".")
        if rest.endswith("hostile"):
            assert label not in NEVER or Verdict.PASS not in verdicts, (name, verdicts)
        elif name in TABLE:
            # (not known for as long as the resolver is gone, and never anything else)
            assert TABLE[name][0] in verdicts <= {TABLE[name][0], Verdict.INCOMPLETE}, (name, verdicts)
        else:
            assert verdicts <= {Verdict.PASS, Verdict.INCOMPLETE}, (name, verdicts)
