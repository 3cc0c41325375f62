"""The commands there are. A command area is one module of this package and one line here; a test compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "caa": "decide whether CAA lets an issuer issue for names",
        "dcv": "decide by DNS records who controls a name",
        "methods": "list the validation methods, and which may be used on a day",
        "names": "decide whether names may stand in a certificate",
        "key": "decide whether public keys may be certified",
        "csr": "bind the key of a request to the validated identity of an order",
        "cert": "compare a certificate with its binding, and with the rules",
        "pair": "compare a precertificate with its certificate",
        "reconcile": "compare HSM logs with everything that was issued",
        "hsmlog": "verify, or show, the log of an HSM",
        "explain": "say what a finding code means and what to do",
        "rules": "list the dated rules, and which are in force on a day",
        "policy": "print a policy and its fingerprint",
        "replay": "decide stored evidence again and print what changed",
        "deadlines": "say by when to revoke and to report",
        "log": "append to, or verify, a hash-chained log",
    }
)
"""Name of each command (and of its module) with the line that `pkicheck --help` shows for it."""
