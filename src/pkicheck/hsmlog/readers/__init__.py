"""The grammars of HSM logs, one module each: octets in, signing operations out."""

from __future__ import annotations

__all__: list[str] = []
