"""How long the CAA decision takes on observations in memory, per level of the climb.

Compared in the same run with the smallest thing a peer must do with the same bytes: dnspython's parse of the same
answers.
Run: python benchmarks/caa_decision.py
"""

from __future__ import annotations

import statistics
import timeit

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
ROUNDS, NUMBER = 7, 300


def main() -> None:
    """Print microseconds a level, and the ratio to dnspython's parse of the same answers."""
    zone = Zone(ZONE, status="secure")
    levels = []
    ratios = []
    for name in NAMES:
        result = check_caa(name, issuers={"ca.example"}, resolver=zone)
        observations = result.observations
        answers = [each.raw for each in observations if isinstance(each, DnsObservation)]
        asked = len(answers) - 1
        ours = theirs = float("inf")
        for _ in range(ROUNDS):
            ours = min(ours, timeit.timeit(lambda: result.plan.step(Seen(observations)), number=NUMBER))  # noqa: B023
            theirs = min(theirs, timeit.timeit(lambda: [dns.message.from_wire(raw) for raw in answers], number=NUMBER))  # noqa: B023
        levels.append(ours / NUMBER * 1e6 / asked)
        ratios.append(theirs / ours)
        print(
            f"{name:22} {asked} levels  {levels[-1]:6.1f} us a level  dnspython's parse alone takes "
            f"{ratios[-1]:.1f} times as long"
        )
    print(
        f"mean {statistics.mean(levels):.1f} us a level (goal: below 20); dnspython's parse alone: "
        f"{statistics.mean(ratios):.1f} times"
    )


if __name__ == "__main__":
    main()
