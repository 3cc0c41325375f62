"""How long the CAA decision takes on observations in memory, per level of the climb.

Compared in the same run with the smallest thing a peer must do with the same bytes: dnspython's parse of the same
answers. Processor time is counted, in many short rounds: the best is what the code needs, the mean what it took on
this machine with whatever else ran on it.
Run: python benchmarks/caa_decision.py
"""

from __future__ import annotations

import statistics
import time
import timeit
from collections.abc import Callable

import dns.message

from pkicheck import DnsObservation, Seen, check_caa
from pkicheck.testing import Zone

NAMES = (
    "shop.example", "www.shop.example", "a.b.c.shop.example", "*.shop.example", "free.example", "www.free.example",
    "a.b.c.free.example", "alias.example", "www.refused.example",
)  # fmt: skip
ZONE = """
shop.example    CAA 0 issue "ca.example"
shop.example    CAA 0 iodef "mailto:security@shop.example"
refused.example CAA 0 issue "other.example"
alias.example   CNAME shop.example.
"""
ROUNDS, NUMBER = 200, 10


def _measure(work: Callable[[], object]) -> tuple[float, float]:
    """Microseconds of one call: best and mean of the rounds."""
    rounds = timeit.repeat(work, number=NUMBER, repeat=ROUNDS, timer=time.process_time)
    return min(rounds) / NUMBER * 1e6, statistics.mean(rounds) / NUMBER * 1e6


def main() -> None:
    """Print microseconds a level, and the ratio to dnspython's parse of the same answers."""
    zone = Zone(ZONE, status="secure")
    bests: list[float] = []
    means: list[float] = []
    ratios: list[float] = []
    for name in NAMES:
        result = check_caa(name, issuers={"ca.example"}, resolver=zone)
        observations = result.observations
        answers = [each.raw for each in observations if isinstance(each, DnsObservation)]
        asked = len(answers) - 1
        best, mean = _measure(lambda: result.plan.step(Seen(observations)))  # noqa: B023
        parse, _ = _measure(lambda: [dns.message.from_wire(raw) for raw in answers])  # noqa: B023
        bests.append(best / asked)
        means.append(mean / asked)
        ratios.append(parse / best)
        print(
            f"{name:22} {asked} levels  best {bests[-1]:5.1f}, mean {means[-1]:5.1f} us a level  dnspython's parse "
            f"alone takes {ratios[-1]:.1f} times as long"
        )
    print(
        f"over all names: best {statistics.mean(bests):.1f}, mean {statistics.mean(means):.1f} us a level (goal: below "
        f"20); dnspython's parse alone: {statistics.mean(ratios):.1f} times"
    )


if __name__ == "__main__":
    main()
