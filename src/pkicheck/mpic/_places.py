"""Perspectives and how far apart they lie (BR 1.6.1, 3.2.2.9)."""

from __future__ import annotations

import math
from typing import Final, Literal, TypeAlias, get_args

import attrs

from pkicheck.errors import InputError

__all__ = ["Perspective", "Rir", "distance_km", "far_enough"]

Rir: TypeAlias = Literal["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE NCC"]
"""The five regional Internet registries."""

# The mean radius of the Earth (IUGG). Great circles, as the text's "straight-line distance" is commonly computed.
_RADIUS_KM: Final = 6371.0088
_DISTINCT_KM: Final = 500.0
_E6: Final = 1_000_000


@attrs.frozen(kw_only=True)
class Perspective:
    """A network perspective: where unencapsulated outbound traffic is first handed to the network provider.

    Attributes:
        id: its name, unique within a deployment; the vantage of what it observes.
        latitude_e6, longitude_e6: its place in millionths of a degree (WGS 84).
        rir: the regional Internet registry of its region.
        resolver: how its resolver is named.
        resolver_latitude_e6, resolver_longitude_e6, resolver_rir: where the resolver lies, when not beside it.
    """

    id: str
    latitude_e6: int
    longitude_e6: int
    rir: Rir
    resolver: str
    resolver_latitude_e6: int | None = None
    resolver_longitude_e6: int | None = None
    resolver_rir: Rir | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("id", "resolver"):
            value: object = getattr(self, name)
            if not isinstance(value, str) or not value or not value.isprintable() or len(value) > 255:
                msg = f"perspective: {name} must be 1 to 255 printable characters, got {value!a}"
                raise InputError(msg)
        for name, most in (("latitude_e6", 90), ("longitude_e6", 180)):
            for field in (name, f"resolver_{name}"):
                value = getattr(self, field)
                if value is None and field != name:
                    continue
                if not isinstance(value, int) or isinstance(value, bool) or abs(value) > most * _E6:
                    msg = f"perspective {self.id}: {field} must be millionths of a degree up to {most}, got {value!a}"
                    raise InputError(msg)
        if (self.resolver_latitude_e6 is None) != (self.resolver_longitude_e6 is None):
            msg = f"perspective {self.id}: a resolver has both coordinates, or stands beside its perspective"
            raise InputError(msg)
        for field in ("rir", "resolver_rir"):
            value = getattr(self, field)
            if value not in get_args(Rir) and (value is not None or field == "rir"):
                msg = f"perspective {self.id}: {field} must be one of {', '.join(get_args(Rir))}, got {value!a}"
                raise InputError(msg)

    @property
    def place(self) -> tuple[int, int]:
        """Latitude and longitude in millionths of a degree."""
        return self.latitude_e6, self.longitude_e6

    @property
    def resolver_place(self) -> tuple[int, int]:
        """Where its resolver lies."""
        if self.resolver_latitude_e6 is None or self.resolver_longitude_e6 is None:
            return self.place
        return self.resolver_latitude_e6, self.resolver_longitude_e6

    @property
    def resolver_region(self) -> Rir:
        """The region of its resolver."""
        return self.resolver_rir or self.rir


def distance_km(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The great-circle distance of two places, each latitude and longitude in millionths of a degree."""
    (lat_1, lon_1), (lat_2, lon_2) = (
        (math.radians(latitude / _E6), math.radians(longitude / _E6)) for latitude, longitude in (one, other)
    )
    half = math.sin((lat_2 - lat_1) / 2) ** 2
    half += math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * _RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def far_enough(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two places are at least 500 km apart (BR 3.2.2.9)."""
    return distance_km(one, other) >= _DISTINCT_KM
