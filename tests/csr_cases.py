"""The vectors of requests, and how one is bound: shared by the tests that run them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import attrs

from pkicheck.csr import BindPlan, BindResult, Identity, bind_plan
from pkicheck.names import parse_domain
from pkicheck.plans import run
from pkicheck.policy import BASELINE, PRIVATE, Policy
from pkicheck.results import Result
from tests import csrkit, vectorfile
from tests.csrkit import AT, DAY

__all__ = ["QUIET", "VECTORS", "Vector", "bound", "shown"]

QUIET = frozenset(
    {
        "binding.made",
        "binding.registered",
        "csr.proof-valid",
        "key.list-used",
        "name.list-used",
        "subject.list-used",
    }
)
"""Codes of what goes as it should: vectors do not list them."""

_POLICIES: dict[str, Policy] = {"BASELINE": BASELINE, "PRIVATE": PRIVATE}


def _pairs(value: Collection[Collection[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, text) for kind, text in value)


@attrs.frozen(kw_only=True)
class Vector:
    """A request, an identity, and the codes that binding them comes to."""

    id: str
    comment: str
    source: str
    csr: bytes = attrs.field(converter=vectorfile.octets)
    codes: tuple[str, ...] = attrs.field(converter=vectorfile.texts)
    names: tuple[str, ...] = attrs.field(default=csrkit.NAMES, converter=vectorfile.texts)
    kind: str = "dv"
    scope: str = "public"
    policy: str = "BASELINE"
    subject: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_pairs)
    permitted: tuple[str, ...] = attrs.field(default=(), converter=vectorfile.texts)

    @property
    def identity(self) -> Identity:
        """What is validated."""
        return csrkit.identity(
            *self.names,
            kind=self.kind,
            scope=self.scope,
            subject=self.subject,
            permitted=tuple(map(parse_domain, self.permitted)),
        )

    @property
    def plan(self) -> BindPlan:
        """The question."""
        return bind_plan(self.csr, identity=self.identity, at=AT, policy=_POLICIES[self.policy])


VECTORS = vectorfile.load("csr", Vector)


@cache
def bound(vector: Vector) -> BindResult:
    """The result, with a new registry."""
    return run(vector.plan, csrkit.registry(), deadline=DAY)


def shown(result: Result) -> tuple[str, ...]:
    """The codes of a result that vectors list, sorted."""
    return tuple(sorted(each.code for each in result.findings if each.code not in QUIET))
