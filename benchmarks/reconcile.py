"""How long reconciliation takes: the join of packed rows beside DuckDB, and a whole run of 1,000 operations.

    python benchmarks/reconcile.py                    # 5 million operations, 5 million objects
    python benchmarks/reconcile.py --rows 20000000    # memory of a larger one
    python benchmarks/reconcile.py --rows 1000000 --no-duckdb

DuckDB is no dependency of anything here: `pip install duckdb` for this file. Both sides hold the same values, have
three orphans each, and tell them. The join reads its partitions from disk, in a process of its own whose peak memory is
shown; DuckDB joins tables that it has loaded already. Rows are made before the clock runs, on both sides.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pkicheck.hsmlog.matching import Rules, match_partition
from pkicheck.hsmlog.reducing import reduce
from pkicheck.hsmlog.rows import NO_TIME, STAGES, Flag, pack, part_of, side_of
from pkicheck.hsmlog.runs import part_rows
from pkicheck.policy import BASELINE
from pkicheck.stores import DiskSpill

_FLAGS = Flag.OBJECT | 2 << Flag.KIND
_ORPHANS = 3


class Written:
    """The partitions that another process wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, partition: int, rows: bytes) -> None:
        """Nothing is written here."""
        raise NotImplementedError

    def read(self, partition: int) -> list[bytes]:
        """What a partition holds."""
        path = self._folder / f"{partition}.rows"
        return [path.read_bytes()] if path.exists() else []


def make(spill: DiskSpill, rows: int, partitions: int) -> None:
    """Rows 0 to `rows`, the first operations and the last objects without a partner."""
    held: dict[int, bytearray] = {}
    for number in range(rows + _ORPHANS):
        key = hashlib.sha256(str(number).encode()).digest()
        part = part_of("content", key, partitions)
        uid = number.to_bytes(8, "big")
        if number < rows:
            held.setdefault(side_of(part, objects=False), bytearray()).extend(
                pack(key, 0, key[24:], uid, number, NO_TIME, 0, number)
            )
        if number >= _ORPHANS:
            held.setdefault(side_of(part, objects=True), bytearray()).extend(
                pack(key, 0, key[24:], uid, number, NO_TIME, _FLAGS, number)
            )
        if number % 500_000 == 0:
            for side, data in held.items():
                spill.append(side, bytes(data))
            held.clear()
    for side, data in held.items():
        spill.append(side, bytes(data))


def peak() -> int:
    """The peak memory of this process in KiB (that of `getrusage` includes the parent's before the program began)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def join(folder: Path, rows: int, partitions: int, share: int, shares: int) -> None:
    """The join of a share of the partitions, in this process; prints seconds, orphans and peak memory in KiB."""
    spill = Written(folder)
    began, cpu = time.perf_counter(), time.process_time()
    rules = Rules(sample=-(-(4096 << 32) // rows))
    first = STAGES.index("content") * partitions
    numbers = range(first + share, first + partitions, shares)
    reduced = reduce(
        (match_partition(part_rows(each, partitions=partitions, spill=spill), rules) for each in numbers),
        policy=BASELINE,
    )
    took = time.perf_counter() - began
    cpu = time.process_time() - cpu
    print(took, len(reduced.lefts), sum(many for _, many in reduced.pairs), peak(), cpu)


def joined(folder: Path, rows: int, partitions: int, shares: int = 1) -> tuple[float, float, int, int, int, float]:
    """The join in so many processes: all in all, longest share, orphans, pairs, peak memory, longest processor time."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--join", str(folder), "--rows", str(rows), "--partitions", str(partitions)]
    children = [
        subprocess.Popen([*command, "--share", str(share), "--shares", str(shares)], stdout=subprocess.PIPE, text=True)
        for share in range(shares)
    ]
    told = [child.communicate()[0].split() for child in children]
    wall = time.perf_counter() - began
    return (
        wall,
        max(float(each[0]) for each in told),
        sum(int(each[1]) for each in told),
        sum(int(each[2]) for each in told),
        max(int(each[3]) for each in told),
        max(float(each[4]) for each in told),
    )


def duckdb_join(rows: int, folder: Path, threads: int) -> tuple[float, int, float]:
    """The same in DuckDB: seconds of the query alone, how many orphans it tells, its processor time."""
    import duckdb  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    path = folder / f"{threads}.duckdb"
    base = duckdb.connect(str(path), config={"threads": threads})
    row = "unhex(sha256(i::varchar)) as k, 0::smallint as key, substr(sha256(i::varchar), 49) as s, i as place"
    base.execute(f"create table e as select {row} from range({rows}) t(i)")
    base.execute(f"create table o as select {row} from range({_ORPHANS}, {rows + _ORPHANS}) t(i) order by k")
    base.execute("checkpoint")
    began, cpu = time.perf_counter(), time.process_time()
    found = base.execute(
        "select e.place, o.place from e full outer join o on e.k = o.k and e.key = o.key and e.s = o.s "
        "where e.k is null or o.k is null"
    ).fetchall()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    base.close()
    path.unlink()
    return took, len(found), cpu


def thousand() -> None:
    """1,000 operations and their objects from end to end, signature checks apart: the best of several runs."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.reckit import NOON, Ca, logged, run, stored, with_policy  # noqa: PLC0415

    ca = Ca()
    objects = stored([der for number in range(500) for der in ca.pair(f"{number}.example")], at=NOON, step=0.5)
    events = logged(ca, objects)
    for name, policy in (("without", with_policy(signatures="trust")), ("with", with_policy())):
        best = wall = float("inf")
        for _ in range(7):
            began, cpu = time.perf_counter(), time.process_time()
            run(ca, events, objects, policy=policy)
            wall, best = min(wall, time.perf_counter() - began), min(best, time.process_time() - cpu)
        print(f"1,000 operations, {name} signature checks: {wall * 1000:.0f} ms ({best * 1000:.0f} ms of processor)")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--partitions", type=int, default=512)
    parser.add_argument("--no-duckdb", action="store_true")
    parser.add_argument("--join", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--share", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--shares", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.join:
        join(given.join, given.rows, given.partitions, given.share, given.shares)
        return
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    thousand()
    with tempfile.TemporaryDirectory() as name, DiskSpill(name) as spill:
        folder = Path(spill.folder)
        make(spill, given.rows, given.partitions)
        for turn in range(2):
            _, ours, orphans, pairs, most, cpu = joined(folder, given.rows, given.partitions)
            assert (orphans, pairs) == (2 * _ORPHANS, given.rows - _ORPHANS)
            _, two, _, _, _, half = joined(folder, given.rows, given.partitions, 2)
            print(f"{turn}: join of {given.rows:,} x {given.rows:,}: {ours:.2f} s ({cpu:.2f} s of processor)")
            print(f"{turn}: peak {most / 1024:.0f} MiB; two processes {ours / two:.2f} ({cpu / half:.2f}) times one")
            if not given.no_duckdb:
                for threads in (1, 2):
                    took, found, spent = duckdb_join(given.rows, folder, threads)
                    assert found == 2 * _ORPHANS
                    print(
                        f"{turn}: DuckDB with {threads} threads: {took:.2f} s ({spent:.2f} s of processor); "
                        f"ours takes {ours / took:.2f} ({cpu / spent:.2f}) of it"
                    )


if __name__ == "__main__":
    main()
