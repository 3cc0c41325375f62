"""What binding a request costs, against the least that it can cost: `cryptography` loads it and verifies its signature.

    python benchmarks/csr.py [--binds N] [--rounds N]

A request of each type of key, with ten names, is bound again and again: read, key checked, signature verified, each of
ten names held against the packaged lists, a registry asked, and a result made. Limit and bind alternate within a round;
the ratio of a round is printed, and the median of the rounds, so that a busy machine slows both alike. CPU time.
Goals: at most 8 times the limit for RSA-2048, 3 times for P-256.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import attrs
from cryptography import x509

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from pkicheck.csr import Identity, bind_csr, load, request_signature
from pkicheck.findings import Verdict
from pkicheck.keys import inspect_key
from pkicheck.lists import PackagedLists
from pkicheck.policy import BASELINE, Policy
from pkicheck.registry import MemoryRegistry
from tests.csrkit import Info, alternative_names, extension_request, identity, request, spki

GOALS = {"rsa": 8.0, "p256": 3.0}
NAMES = tuple(f"www{index}.shop.com" for index in range(10))
POLICY: Policy = attrs.evolve(BASELINE, name="benchmark", keys=attrs.evolve(BASELINE.keys, fixed_blocklists=()))


def spent(call: Callable[[], object], times: int) -> float:
    """Microseconds of CPU of one call."""
    begin = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - begin) / times * 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binds", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    at = datetime.now(timezone.utc)
    lists = MemoryRegistry(PackagedLists())
    who = identity(*NAMES)
    for which, goal in GOALS.items():
        csr = request(Info(key=spki(which), attributes=(extension_request(alternative_names(*NAMES)),)), which)
        order = attrs.evolve(who, order=which)

        def limit(csr: bytes = csr) -> object:
            return x509.load_der_x509_csr(csr).is_signature_valid

        def bind(csr: bytes = csr, order: Identity = order) -> object:
            return bind_csr(csr, identity=order, lists=lists, at=at, policy=POLICY)

        result = bind_csr(csr, identity=order, lists=lists, at=at, policy=POLICY)
        assert result.verdict is Verdict.PASS, result.summary()
        read = load(csr)
        key = spki(which)
        least = whole = 0.0
        ratios: list[float] = []
        for _ in range(options.rounds):
            least, whole = spent(limit, options.binds), spent(bind, options.binds)
            ratios.append(whole / least)
        parts = {
            "load": spent(partial(load, csr), options.binds),
            "signature": spent(partial(request_signature, read), options.binds),
            "key": spent(partial(inspect_key, key, policy=POLICY.keys), options.binds),
        }
        detail = ", ".join(f"{name} {cost:.0f}" for name, cost in parts.items())
        print(
            f"{which}: limit {least:.0f} us, bind {whole:.0f} us; median ratio {statistics.median(ratios):.1f} "
            f"({min(ratios):.1f} to {max(ratios):.1f}), goal {goal:.0f} ({detail})"
        )


if __name__ == "__main__":
    main()
