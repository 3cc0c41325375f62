"""Zone files as a transport that knows what it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

import attrs

from pkicheck._cli._read import read_text
from pkicheck.dnswire import CNAME
from pkicheck.errors import InputError
from pkicheck.names import DnsName
from pkicheck.ports import DnsQuery
from pkicheck.zonefile import ZoneStatus, read_zone_text, zone_status
from pkicheck.zones import Reply, Zones

__all__ = ["STATUSES", "FileZones", "load_zones"]

STATUSES: Final[tuple[str, ...]] = get_args(ZoneStatus)
"""What `--dnssec` takes."""

_REFUSED: Final = 5
_STAR: Final = b"\x01*"
_LARGEST: Final = 64 * 1024 * 1024


def _up(wire: bytes) -> Iterator[bytes]:
    """A name and its parents, without the root."""
    while wire[0]:
        yield wire
        wire = wire[wire[0] + 1 :]


class FileZones(Zones):
    """Zones from files. A name that lies neither below nor above any record of them is refused, not denied.

    Somebody who gives the file of another zone, or one without $ORIGIN, asks for a name that the data says nothing of.
    To take that as "no records" would permit issuance; REFUSED is a failed lookup, and the result is INCOMPLETE.
    """

    def __init__(self) -> None:
        super().__init__()
        self._owners: set[bytes] = set()
        self._above: set[bytes] = {b"\0"}

    def read(self, path: str, *, status: ZoneStatus) -> None:
        """Add the zones of a file.

        Args:
            path: the file.
            status: the DNSSEC status of its zones when no comment in it states one.

        Raises:
            InputError: it cannot be read, is empty or no zone file; the message names the file and the line.
        """
        text = read_text(path, most=_LARGEST)
        records = list(read_zone_text(text, what=path))
        if not records:
            msg = f"{path} holds no record"
            raise InputError(msg)
        self.add_records(records, status=zone_status(text, what=path) or status)
        for record in records:
            owner = record.owner.wire
            if owner not in self._owners:
                # A wildcard record says something of every name beside it (RFC 4592).
                self._owners.update({owner, owner.removeprefix(_STAR)})
                self._above.update(_up(owner))

    def covers(self, name: DnsName) -> bool:
        """Whether some record stands at, above or below this name; the root is above all and says nothing."""
        return name.wire in self._above or any(each in self._owners for each in _up(name.wire))

    def reply(self, query: DnsQuery) -> Reply:
        """See `Zones.reply`; REFUSED when the answer ends at a name that the files say nothing of."""
        reply = super().reply(query)
        end = query.name
        if reply.answer and reply.answer[-1][1] == CNAME != query.rdtype:
            end = DnsName(reply.answer[-1][3])
        return reply if self.covers(end) else attrs.evolve(reply, rcode=_REFUSED, authority=(), authentic=False)


def load_zones(paths: list[str], *, status: ZoneStatus) -> FileZones:
    """The zones of several files.

    Raises:
        InputError: see `FileZones.read`.
    """
    zones = FileZones()
    for path in paths:
        zones.read(path, status=status)
    return zones
