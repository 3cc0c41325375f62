"""Zone files as a transport."""

from __future__ import annotations

from typing import Final, get_args

from pkicheck._cli._read import read_text
from pkicheck.zonefile import ZoneStatus
from pkicheck.zones import Zones

__all__ = ["STATUSES", "load_zones"]

STATUSES: Final[tuple[str, ...]] = get_args(ZoneStatus)
"""What `--dnssec` takes."""

_LARGEST: Final = 64 * 1024 * 1024


def load_zones(paths: list[str], *, status: ZoneStatus) -> Zones:
    """The zones of several files.

    Args:
        paths: the files.
        status: the DNSSEC status of those without a comment that states one.

    Raises:
        InputError: one cannot be read, is empty or no zone file; the message names the file and the line.
    """
    zones = Zones()
    for path in paths:
        zones.load(read_text(path, most=_LARGEST), status=status, what=path)
    return zones
