"""When a lookup fails: what failed, and whether BR 3.2.2.8 lets the failure count as permission.

By default it never does. A policy may say otherwise; then every condition of the rule is an observation of its own, and
one that was not observed does not hold.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pkicheck.dnssecstate import insecure_proven
from pkicheck.dnswire import CNAME, A
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.lookups import Lookup, Outcome, read_answer, targets_of
from pkicheck.names import DnsName, DomainName, parse_name
from pkicheck.plans import Needs
from pkicheck.policy import Policy
from pkicheck.ports import DnsObservation, DnsQuery, Seen

__all__ = ["canary_query", "failure_findings"]

# Failures that can lie with the zone's servers. Not among them: bogus (never permission), malformed and truncated
# (there are records), aliases without end, a resolver that was not reached, our own deadline.
_EXCUSABLE: Final = frozenset(
    {
        Outcome.TIMEOUT,
        Outcome.SERVFAIL,
        Outcome.REFUSED,
        Outcome.FORMERR,
        Outcome.NOTIMP,
        Outcome.RCODE,
        Outcome.LAME,
    }
)
# "At the same moment": the canary is asked right after the failure was seen.
_SAME_MOMENT: Final = timedelta(seconds=30)


def canary_query(policy: Policy, label: str) -> DnsQuery:
    """The question for the canary: a random label under the wildcard zone that the policy names.

    Raises:
        InputError: the zone is no domain name.
    """
    try:
        name = parse_name(f"{label}.{policy.caa.canary_zone}")
    except InputError as error:
        msg = f"policy: caa.canary_zone: {error}"
        raise InputError(msg) from None
    if not isinstance(name, DomainName):
        msg = f"policy: caa.canary_zone must be a domain name, got {policy.caa.canary_zone!a}"
        raise InputError(msg)
    return DnsQuery(name=name, rdtype=A, role="canary")


def failure_findings(lookup: Lookup, seen: Seen, policy: Policy, label: str) -> list[Finding] | Needs:
    """What a failed lookup means.

    Steps (BR 3.2.2.8, last paragraph but one):
        1. The policy takes failures as permission at all, and this is a failure that can lie with the zone's servers.
        2. It was retried at least once.
        3. It lies outside the CA's infrastructure: the canary resolves freshly (TTL 0), at the same moment, through the
           same resolver.
        4. The name and every alias on the way are proven insecure; a DNSSEC error never is permission. A resolver that
           fails behind an alias does not show the alias, so CNAME is asked for by itself.
    """
    failed_at = lookup.failed_at or lookup.name
    saw = [lookup.detail, f"{lookup.tries} tries"]
    plain = [finding(lookup.outcome.code, failed_at.text, saw=saw)]
    if not policy.caa.failure_permits or lookup.outcome not in _EXCUSABLE or lookup.tries < 2:  # 1, 2
        return plain
    query = canary_query(policy, label)
    observation = seen.dns(query)
    if observation is None:
        return Needs((query,))
    failures = [each.observation for each in lookup.answers]
    if not _fresh(observation, failures):  # 3
        return [*plain, finding("dns.canary-failed", query.name.text, saw=[read_answer(observation).outcome.value])]
    names = _on_the_way(lookup, seen, policy.net.max_aliases)  # 4
    if isinstance(names, Needs):
        return names
    for name in names or (lookup.name,):
        proven = insecure_proven(name, seen, policy.net)
        if isinstance(proven, Needs):
            return proven
        if not proven or not names:
            return [*plain, finding("dns.insecure-not-proven", name.text)]
    return [
        finding("caa.failure-permitted", failed_at.text, saw=[lookup.outcome.code, *saw]),
        finding("dns.canary-found", query.name.text),
        finding("dns.insecure-proven", lookup.name.text, saw=[each.text for each in names]),
    ]


def _on_the_way(lookup: Lookup, seen: Seen, most: int) -> tuple[DnsName, ...] | Needs:
    """Step 4: the name, its aliases as answered, and those behind the last one.

    Nothing when the chain has no end. Where CNAME itself is not answered no alias was seen, and the zone that fails is
    that of the last name.
    """
    names = list(dict.fromkeys((lookup.name, *(alias.target for alias in lookup.aliases))))
    while len(names) <= most + 1:
        query = DnsQuery(name=names[-1], rdtype=CNAME, role="ds")
        observation = seen.dns(query)
        if observation is None:
            return Needs((query,))
        targets = targets_of(observation)
        if not targets:
            return tuple(names)
        (target, *more) = targets
        if target is None or more or target in names:
            return ()
        names.append(target)
    return ()


def _fresh(canary: DnsObservation, failures: list[DnsObservation]) -> bool:
    """Step 3: the canary's answer was fetched for this question, now, by the resolver that failed."""
    answer = read_answer(canary)
    last = max(each.received for each in failures)
    return (
        answer.outcome is Outcome.DATA
        and answer.ttl == 0
        and not answer.aliases
        and {(each.vantage, each.server, each.port) for each in (*failures, canary)}
        == {(canary.vantage, canary.server, canary.port)}
        and -_SAME_MOMENT <= canary.sent - last <= _SAME_MOMENT
    )
