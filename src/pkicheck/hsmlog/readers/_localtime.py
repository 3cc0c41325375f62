"""Times of a log that gives the local time of its host without saying which: the zone is an argument, never a guess.

A named zone has hours that happen twice and hours that do not happen. The first give an interval, the second no time at
all: a log in "CET" of a day in August was written by a clock that nobody understood (L11).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

__all__ = ["LocalTimes"]

_TICK: Final = timedelta(microseconds=1)


class LocalTimes:
    """Local times as UTC.

    Args:
        zone: where the host stands; None: nobody said, so no time is known.

    Attributes:
        name: the zone, for a report.
        impossible: how many times do not exist in the zone, or in the calendar.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self.name = "" if zone is None else str(zone)
        self.impossible = 0
        self._second = b""
        self._known: tuple[datetime | None, datetime | None] = (None, None)

    def at(self, second: bytes, micros: int) -> tuple[datetime | None, datetime | None]:
        """The time, and the end of the interval before it when the hour happens twice: (time, earliest).

        Args:
            second: `YYYY-MM-DD HH:MM:SS`, digits at their places.
            micros: microseconds.
        """
        if self._zone is None:
            return None, None
        if second != self._second:
            self._second, self._known = second, self._find(second, self._zone)
        time, earliest = self._known
        if time is None:
            self.impossible += 1
            return None, None
        return time.replace(microsecond=micros), None if earliest is None else earliest.replace(
            microsecond=micros
        ) - _TICK

    def _find(self, second: bytes, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        parts = [int(part) for part in second.replace(b"-", b" ").replace(b":", b" ").split()]
        try:
            # (29 February exists or not, 23:59:60 is a leap second that no datetime holds)
            local = datetime(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])  # noqa: DTZ001 - made aware below
            first = local.replace(tzinfo=zone).astimezone(timezone.utc)
            second_time = local.replace(tzinfo=zone, fold=1).astimezone(timezone.utc)
            if first.astimezone(zone).replace(tzinfo=None) != local:
                return None, None
        except (ValueError, OverflowError):
            return None, None
        return (first, None) if first == second_time else (second_time, first)
