"""The network edge: what asks real servers. `Resolver` is here; the asynchronous one is `pkicheck.aio.Resolver`."""

from __future__ import annotations

from pkicheck._net._blocking import Resolver
from pkicheck._net._health import Health, ServerHealth

__all__ = ["Health", "Resolver", "ServerHealth"]
