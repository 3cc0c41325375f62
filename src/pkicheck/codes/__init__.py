"""The catalogue of finding codes: append-only, one file per area, joined here.

A code says what was seen and decides the level; the text of a message may improve in any release, a code never changes
its meaning. `pkicheck explain CODE` prints an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pkicheck.codes import (
    binding,
    caa,
    certificate,
    csr,
    dcv,
    deadline,
    dns,
    evidence,
    gate,
    hsm,
    incident,
    key,
    mpic,
    name,
    pair,
    rec,
    subject,
)
from pkicheck.codes._types import Code, Level
from pkicheck.errors import InputError

__all__ = ["CATALOGUE", "Code", "Level", "code"]

_AREAS = (
    binding,
    caa,
    certificate,
    csr,
    dcv,
    deadline,
    dns,
    evidence,
    gate,
    hsm,
    incident,
    key,
    mpic,
    name,
    pair,
    rec,
    subject,
)


def _join() -> Mapping[str, Code]:
    joined: dict[str, Code] = {}
    for area in _AREAS:
        for entry in area.CODES:
            if entry.id in joined:
                msg = f"finding code {entry.id} is defined twice"
                raise InputError(msg)
            joined[entry.id] = entry
    return MappingProxyType(joined)


CATALOGUE: Mapping[str, Code] = _join()
"""Every finding code by its id."""


def code(name: str) -> Code:
    """The catalogue entry of a finding code.

    Raises:
        InputError: no such code.
    """
    found = CATALOGUE.get(name)
    if found is None:
        msg = f"no finding code is called {name[:80]!a}"
        raise InputError(msg)
    return found
