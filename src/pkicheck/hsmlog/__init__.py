"""Reconciliation: what the HSM logs say was signed against everything that is known to be issued."""

from __future__ import annotations

__all__: list[str] = []
