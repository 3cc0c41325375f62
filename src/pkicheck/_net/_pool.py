"""The UDP ports that a server is asked from: several at a time, chosen by chance, none for long."""

from __future__ import annotations

from typing import Final

import attrs

from pkicheck._net._flights import Outlet, Port
from pkicheck._net._servers import Server

__all__ = ["Pool"]

# A port is used for so many queries or seconds, then for none again.
_USES: Final = 256
_LIFE: Final = 10.0
_PORTS: Final = 4


@attrs.define(eq=False)
class Pool:
    """The ports towards one server.

    Attributes:
        server: where they are connected to.
        outlet: opens them; the system chooses their numbers.
        ports: those in use.
    """

    server: Server
    outlet: Outlet
    ports: list[Port] = attrs.field(factory=list[Port])

    def pick(self, spin: int, now: float) -> Port:
        """One of the ports, by a random number; one that was used long or often enough is replaced."""
        slot = spin % _PORTS
        if slot < len(self.ports):
            port = self.ports[slot]
            if port.uses < _USES and now - port.opened < _LIFE:
                return port
            port.retired = True
            if not port.pending and port.wire is not None:
                port.wire.close()
                port.wire = None
        else:
            slot = len(self.ports)
        port = Port(self.server, now)
        port.wire = self.outlet.open_udp(self.server, port)
        self.ports[slot : slot + 1] = [port]
        return port
