"""What a method looks at while it examines a challenge: observations in, findings and used lookups out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from pkicheck.dcv.registry import Method
from pkicheck.findings import Finding, Level, finding
from pkicheck.lookups import Lookup, Outcome, look_up
from pkicheck.names import DnsName
from pkicheck.plans import Needs
from pkicheck.policy import Policy
from pkicheck.ports import Request, Seen

__all__ = ["View", "needs"]


def needs(*parts: object) -> Needs | None:
    """The requests of all parts that are Needs, as one batch; None when none is."""
    wanted: dict[Request, None] = {}
    for part in parts:
        if isinstance(part, Needs):
            wanted.update(dict.fromkeys(part.requests))
    return Needs(tuple(wanted)) if wanted else None


@attrs.define(kw_only=True)
class View:
    """One examination. It lives within one step of a plan.

    Attributes:
        seen: the observations.
        policy: the caller's policy.
        at: the moment judged.
        method: the method.
        findings: what was found so far.
        used: the lookups that were read.
        base_must_exist: whether the base domain is to be looked up even where no lookup came to NXDOMAIN.
    """

    seen: Seen
    policy: Policy
    at: datetime
    method: Method
    findings: list[Finding] = attrs.field(factory=list[Finding])
    used: list[Lookup] = attrs.field(factory=list[Lookup])
    base_must_exist: bool = False

    def add(self, code: str, place: str | bytes, *, expected: str = "", saw: Iterable[str | bytes] = ()) -> None:
        """State a fact."""
        self.findings.append(finding(code, place, expected=expected, saw=saw))

    @property
    def refused(self) -> bool:
        """Whether some finding is not a note."""
        return any(each.level is not Level.NOTE for each in self.findings)

    def look_up(self, name: DnsName, rdtype: int) -> Lookup | Needs:
        """A lookup, with its aliases and its failure stated."""
        lookup = look_up(name, rdtype, self.seen, net=self.policy.net)
        if isinstance(lookup, Needs):
            return lookup
        self.used.append(lookup)
        if lookup.aliases:
            dangling = lookup.outcome is Outcome.NXDOMAIN
            self.add(
                "dns.alias-dangling" if dangling else "dns.alias-followed",
                lookup.name.text,
                saw=[each.target.text for each in lookup.aliases],
            )
        if lookup.outcome.failed:
            failed_at = lookup.failed_at or lookup.name
            self.add(lookup.outcome.code, failed_at.text, saw=[lookup.detail, f"{lookup.tries} tries"])
        return lookup
