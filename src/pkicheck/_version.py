"""The version of pkicheck, in one place: the wheel, `pkicheck --version` and the evidence all read it from here."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
