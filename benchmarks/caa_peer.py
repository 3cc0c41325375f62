"""The peer of benchmarks/caa.py: open-mpic-core's CAA checker in an environment of its own, told what to do on stdin.

Each line of standard input is a JSON object with `names` (a file), `in_flight`; the answer is a line with seconds, CPU
seconds and packets. Not part of pkicheck: it imports nothing of it.
"""

# ruff: noqa: ANN401, ASYNC230
from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any


async def main() -> None:
    """Answer line after line."""
    import dns.asyncresolver  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    address, port = sys.argv[1], int(sys.argv[2])
    dns.resolver.default_resolver = None
    made: Any = dns.asyncresolver.Resolver(configure=False)
    made.nameservers = [address]
    made.port = port
    made.use_edns(0, 0x8000, 1232)
    dns.asyncresolver.default_resolver = made

    from open_mpic_core import (  # type: ignore[import-not-found] # noqa: PLC0415
        CaaCheckParameters,
        CaaCheckRequest,
        CertificateType,
        MpicCaaChecker,
    )

    checker = MpicCaaChecker(default_caa_domain_list=["ca.example"])
    lookups = 0
    resolve = checker.resolver.resolve

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal lookups
        lookups += 1
        return await resolve(*args, **kwargs)

    checker.resolver.resolve = counted
    parameters = CaaCheckParameters(certificate_type=CertificateType.TLS_SERVER, caa_domains=["ca.example"])
    print("ready", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        with open(told["names"], encoding="ascii") as file:
            names = file.read().split()
        kept: list[Any] = []
        following = iter(names)

        async def work(following: Any = following, kept: Any = kept) -> None:
            for name in following:
                kept.append(
                    await checker.check_caa(CaaCheckRequest(domain_or_ip_target=name, caa_check_parameters=parameters))
                )

        lookups = 0
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(told["in_flight"])))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        passed = sum(bool(each.check_passed) for each in kept)
        failed = sum(not each.check_completed for each in kept)
        print(
            json.dumps({"seconds": seconds, "cpu": cpu, "packets": lookups * 2, "passed": passed, "failed": failed}),
            flush=True,
        )


asyncio.run(main())
