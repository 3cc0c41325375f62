"""What importing pkicheck costs above its dependencies, in the same run, as milliseconds and as a ratio.

The dependencies of an entry point are whatever it loads from outside the package: they are loaded first, in a process
of their own, and what is measured is how much more processor time it takes to load the entry point as well. The
smallest of many runs counts: a busy machine only ever adds.
Run: python benchmarks/import_time.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

ENTRIES = ("import pkicheck", "from pkicheck import check_caa", "from pkicheck import load", "import pkicheck.aio")
RUNS = 15
GOAL = 60.0
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_CLOCK = "import sys, time; t = time.process_time(); {}; t = time.process_time() - t; print(t * 1000)"


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a new process."""
    return subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, check=True)


def own_time(entry: str) -> float:
    """Milliseconds that `-X importtime` gives to the modules of the package itself."""
    lines = _LINE.findall(run(entry, "-X", "importtime").stderr)
    return sum(int(own) for own, name in lines if name.split(".")[0] == "pkicheck") / 1000


def dependencies(entry: str) -> list[str]:
    """The modules from outside the package that an entry point loads, in their order."""
    bare = set(json.loads(run("import sys, json; print(json.dumps(list(sys.modules)))").stdout))
    loaded = json.loads(run(f"{entry}\nimport sys, json; print(json.dumps(list(sys.modules)))").stdout)
    return [name for name in loaded if name not in bare and name.split(".")[0] != "pkicheck"]


def main() -> None:
    """Print a line for each entry point."""
    for entry in ENTRIES:
        needed = [f"import {name}" for name in dependencies(entry) if re.fullmatch(r"[\w.]+", name)]
        below = "; ".join(needed) or "pass"
        own = least = between = float("inf")
        for _ in range(RUNS):
            own = min(own, own_time(entry))
            least = min(least, float(run(_CLOCK.format(below)).stdout))
            between = min(between, float(run(_CLOCK.format(f"{below}; {entry}")).stdout))
        above = max(0.0, between - least)
        ratio = f"{above / least:5.2f} times" if least > 1 else "with none"
        print(
            f"{entry:32} {above:6.1f} ms above its dependencies ({least:5.1f} ms, {ratio}); "
            f"own modules by -X importtime {own:5.1f} ms; goal: below {GOAL:.0f} ms"
        )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
