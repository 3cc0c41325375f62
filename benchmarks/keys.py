"""How long the checks of a key take, beside those of badkeys and beside `cryptography`, in the same run, as ratios.

    python benchmarks/keys.py
    python benchmarks/keys.py --peer /path/to/venv/bin/python      badkeys is installed there, not here

Both look an RSA-2048 key up in the same file of four million records, which does not have it. "checks" is everything
that is asked of the key, the lookup included; "check_key" is that as a whole check with its evidence. badkeys runs its
default checks, and beside that only those that have a counterpart here. Each figure is the best of many short runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from pkicheck.keys import blocklist_findings, check_key, inspect_key
from pkicheck.lists import KeyRecords, PackagedLists, read_key_records
from pkicheck.policy import BASELINE

RECORDS = 4_000_000
_Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

# Run by the interpreter that has badkeys: a key and the file in, microseconds out.
_PEER = """
import json, sys, timeit, mmap
asked = json.load(sys.stdin)
from badkeys.allkeys import block
from badkeys.checks import checkrsa, defaultchecks
from badkeys.rsakeys import fermat, roca, rsainvalid, smallfactors
with open(asked["file"], "rb") as file:
    block._bldata = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
block._blmeta = {1: {"name": "x"}}
n, e = int(asked["n"], 16), asked["e"]
alike = ["fermat", "roca", "rsainvalid", "smallfactors", "blocklist"]
def best(call, number=20):
    return min(timeit.repeat(call, number=number, repeat=400)) / number * 1e6
print(json.dumps({
    "badkeys, default checks": best(lambda: checkrsa(n, e=e, checks=list(defaultchecks))),
    "badkeys, checks alike": best(lambda: checkrsa(n, e=e, checks=alike)),
    "badkeys, lookup alone": best(lambda: block.blocklist(n)),
}))
"""


def best(call: Callable[[], object], number: int = 20) -> float:
    """Microseconds a call, the best of many short runs: other programs disturb some of them."""
    return min(timeit.repeat(call, number=number, repeat=400)) / number * 1e6


def records(path: Path) -> None:
    """A file of sorted random records."""
    with path.open("wb") as file:
        for high in range(256):
            part = RECORDS // 256
            rows = sorted(bytes((high,)) + os.urandom(14) + b"\1" for _ in range(part))
            file.write(b"".join(rows))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Checks of keys beside badkeys and cryptography.")
    parser.add_argument("--peer", help="a Python interpreter that has badkeys")
    chosen = parser.parse_args()
    at = datetime.now(timezone.utc)
    key = rsa.generate_private_key(65537, 2048).public_key()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "blocklist.dat"
        records(path)
        listed = read_key_records(path, as_of=at)
        lists = PackagedLists(blocklists={"debian": listed})
        curve = ec.generate_private_key(ec.SECP256R1()).public_key()
        found: dict[str, float] = {}
        for name, public in (("RSA-2048", key), ("P-256", curve)):
            measure(found, name, public, listed, lists, at)
        if chosen.peer:
            numbers = key.public_numbers()
            asked = json.dumps({"file": str(path), "n": f"{numbers.n:x}", "e": numbers.e})
            done = subprocess.run([chosen.peer, "-c", _PEER], input=asked, capture_output=True, text=True, check=True)
            found |= json.loads(done.stdout)
        listed.close()
    ours = found["RSA-2048: checks with lookup"]
    print(f"{RECORDS} records, Python {sys.version.split()[0]}")
    for name, taken in found.items():
        print(f"{name:36} {taken:8.1f} us   {taken / ours:6.2f} x")


def measure(
    found: dict[str, float], name: str, public: _Public, listed: KeyRecords, lists: PackagedLists, at: datetime
) -> None:
    """The figures of one key."""
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys = BASELINE.keys

    def checks() -> object:
        inspected = inspect_key(spki, policy=keys)
        return inspected, [listed.answer(each.key) for each in inspected.questions]

    def facts() -> object:
        inspected = inspect_key(spki, policy=keys)
        answers: Any = lists.exchange(inspected.questions, within=timedelta(seconds=1))
        return blocklist_findings(answers, at=at, policy=keys)

    found[f"{name}: checks with lookup"] = best(checks)
    found[f"{name}: with the fact for evidence"] = best(facts)
    found[f"{name}: check_key"] = best(lambda: check_key(spki, lists=lists, at=at))
    found[f"{name}: cryptography, loading"] = best(lambda: load_der_public_key(spki))


if __name__ == "__main__":
    main()
