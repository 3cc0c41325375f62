"""How long the chained log takes beside the bare work it cannot avoid, in the same run, as ratios.

    python benchmarks/chainlog.py [RECORDS]

Appending (fsync never): beside one write and one SHA-256 of the same bytes a record, with the canonical JSON that the
payload needs and without. Verifying: beside reading the same file line by line and hashing each line. Processor time,
except for fsync. The files lie in the folder for temporary files.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pkicheck.canon import JsonValue, canonical
from pkicheck.chainlog import ALWAYS, NEVER, ChainLog, ChainVerdict, Head, verify_files

_ROUNDS = 5


def _payload(size: int) -> dict[str, JsonValue]:
    """A payload like an evidence record: a few fields and base64 texts of responses, about `size` bytes."""
    observations: list[JsonValue] = [
        {
            "received": "2026-11-21T12:00:00.010000Z",
            "request": {"name": "www.example.com", "type": 257},
            "raw": "A" * 400,
        }
        for _ in range(max(1, size // 500))
    ]
    return {"kind": "caa", "observations": observations, "verdict": "pass"}


def _best(*works: Callable[[], object]) -> list[float]:
    """The least processor time of some rounds, in seconds; the works take turns, so that they share the weather."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for work, spent in zip(works, times, strict=True):
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
    return [min(spent) for spent in times]


def _append(folder: str, payload: dict[str, JsonValue], count: int) -> Head:
    path = Path(folder) / "log"
    path.unlink(missing_ok=True)
    with ChainLog(path, log_id="benchmark", fsync=NEVER) as log:
        for _ in range(count):
            log.append(payload, "benchmark/1")
        return log.head


def _bare(folder: str, lines: list[bytes]) -> None:
    fd = os.open(Path(folder) / "bare", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for line in lines:
        hashlib.sha256(line).hexdigest()
        os.write(fd, line)
    os.close(fd)


def _read(path: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            hashlib.sha256(line).digest()


def _measure(folder: str, size: int, count: int) -> None:
    payload = _payload(size)
    _append(folder, payload, count)
    path = Path(folder) / "log"
    lines = path.read_bytes().splitlines(keepends=True)
    append, json, bare = _best(
        lambda: _append(folder, payload, count),
        lambda: [canonical(payload) for _ in range(count)],
        lambda: _bare(folder, lines),
    )
    head = _append(folder, payload, count)
    if verify_files([path], head=head).verdict is not ChainVerdict.INTACT:
        sys.exit("the log does not verify")
    verify, read = _best(lambda: verify_files([path], head=head), lambda: _read(path))
    mega = path.stat().st_size / 1e6
    print(f"records of {len(lines[0])} bytes")
    print(f"  append, fsync never  {count / append:9.0f}/s   {append / bare:5.2f} x write+sha256")
    print(f"  ... without its JSON {count / (append - json):9.0f}/s   {(append - json) / bare:5.2f} x write+sha256")
    print(f"  verify               {mega / verify:9.0f} MB/s {read / verify:5.2f} of the speed of reading+sha256")


def _durable(folder: str) -> None:
    payload = _payload(2000)
    path = Path(folder) / "durable"
    with ChainLog(path, log_id="benchmark", fsync=ALWAYS) as log:
        start = time.perf_counter()
        for _ in range(200):
            log.append(payload, "benchmark/1")
        append = time.perf_counter() - start
    lines = path.read_bytes().splitlines(keepends=True)
    fd = os.open(Path(folder) / "bare", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    start = time.perf_counter()
    for line in lines:
        os.write(fd, line)
        os.fsync(fd)
    bare = time.perf_counter() - start
    os.close(fd)
    print(f"append, fsync always   {200 / append:9.0f}/s   {append / bare:5.2f} x write+fsync")


def _main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        for size in (1, 2000, 6000, 20000):
            _measure(folder, size, count)
        _durable(folder)


_main()
