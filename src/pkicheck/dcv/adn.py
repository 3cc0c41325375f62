"""Authorization domain names: at which names control may be shown for a name, and how each is derived.

The table of BR 3.2.2.4 (2.2.9), alone in force since its day:

    1. A is the name asked. 2. A wildcard or onion name needs a method with that mark.
    3a. No wildcard, and the method has CNAME: A may become what a CNAME lookup of A returns, again and again.
    4a. A wildcard: `*.` is removed. There is no CNAME step for it.
    3b, 4b. The method has Prune: the leftmost label may be dropped until A is its own base domain.

CNAME first and prune after, never the other way. The older rule (BR 1.6.1 until 2.2.8) removes `*.` first and lets
every method but the persistent record take the name from a CNAME.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from pkicheck.canon import utc
from pkicheck.dcv.registry import Method, method
from pkicheck.dnswire import CNAME
from pkicheck.errors import InputError
from pkicheck.lookups import targets_of
from pkicheck.methods import MethodId
from pkicheck.names import CertName, DnsName, DomainName, WildcardName, is_onion, parse_domain, parse_name
from pkicheck.ports import DnsObservation
from pkicheck.rules import in_force
from pkicheck.rules.dcv import ADN_OLDER

__all__ = ["Derivation", "SuffixOf", "authorization_domains", "base_domain", "follows_cname"]

SuffixOf: TypeAlias = Callable[[DomainName], str | None]
"""The public suffix of a name by the ICANN section of the public suffix list; None when no rule says."""

# More CNAME steps than this are not followed: the most a policy may allow for a lookup.
_MOST_ALIASES = 64


@attrs.frozen
class Derivation:
    """An authorization domain name, and the steps that led to it.

    Attributes:
        adn: the name.
        derived: `wildcard`, `cname <name>`, `prune <name>`, in order; empty for the name asked itself.
    """

    adn: DomainName
    derived: tuple[str, ...] = ()


def base_domain(name: DomainName, suffix: str | None) -> DomainName | None:
    """The base domain name of a name (BR 1.6.1): one label more than its public suffix, which is `suffix`.

    Returns:
        None when the suffix is not known, when it is not above the name, or is the name itself.
    """
    if suffix is None:
        return None
    end = parse_domain(suffix)
    labels = len(name.labels) - len(end.labels)
    if labels < 1 or not name.is_subdomain_of(end):
        return None
    return name.climb()[labels - 1]


def authorization_domains(
    name: str | CertName,
    which: MethodId | str,
    *,
    at: datetime,
    suffix_of: SuffixOf,
    cnames: Iterable[DnsObservation] = (),
    rule: Literal["dated", "table"] = "dated",
) -> tuple[Derivation, ...]:
    """The authorization domain names of a name for a method, each with its shortest derivation, the nearest first.

    Args:
        name: the name of the certificate.
        which: the method, as section or label.
        at: the moment of the validation (aware): the older rule, or the table.
        suffix_of: knows the public suffix of a name. Where it knows none, nothing is pruned.
        cnames: answers to CNAME questions. A name whose CNAME was not asked is followed no further.
        rule: `table` takes the table at every date.

    Returns:
        Nothing when the method may not serve such a name: an address, a wildcard or onion name that it has no mark for.

    Raises:
        InputError: a name or method that is none, or a naive `at`.
    """
    how = method(which)
    parsed = parse_name(name) if isinstance(name, str) else name
    serves = _serves(how, parsed, utc(at, what="at"), rule)
    if serves is None or not isinstance(parsed, (DomainName, WildcardName)):
        return ()
    wild = isinstance(parsed, WildcardName)
    start = parsed.base if isinstance(parsed, WildcardName) else parsed
    targets = {each.request.name: targets_of(each) for each in cnames if each.request.rdtype == CNAME}
    found: dict[DomainName, Derivation] = {}
    for here, path in _chain(start, ("wildcard",) if wild else (), targets if serves.cname else {}):
        found.setdefault(here, Derivation(here, path))
        above = _pruned(here, suffix_of(here)) if serves.prune else ()
        for count, pruned in enumerate(above, 1):
            steps = (*path, *(f"prune {each.text}" for each in above[:count]))
            found.setdefault(pruned, Derivation(pruned, steps))
    return tuple(found.values())


def follows_cname(name: CertName, how: Method, *, at: datetime, rule: Literal["dated", "table"]) -> bool:
    """Whether a method may take the authorization domain name of a name from a CNAME lookup at `at`."""
    serves = _serves(how, name, at, rule)
    return serves is not None and serves.cname


@attrs.frozen
class _Serves:
    prune: bool
    cname: bool


def _serves(how: Method, name: CertName, at: datetime, rule: Literal["dated", "table"]) -> _Serves | None:
    """What a method may do to a name, None when it may not serve such a name at all."""
    if not isinstance(name, (DomainName, WildcardName)) or not how.domains:
        return None
    wild = isinstance(name, WildcardName)
    if is_onion(name.base if isinstance(name, WildcardName) else name) and not how.onion:
        return None
    if rule == "dated" and in_force(ADN_OLDER, at):
        # The notes on wildcard names and on other names below went together.
        others = how.serves_others(at)
        return _Serves(others, how.kind != "persistent") if others or not wild else None
    return _Serves(how.prune, how.cname and not wild) if how.wildcard or not wild else None


def _chain(
    here: DomainName, steps: tuple[str, ...], targets: dict[DnsName, frozenset[DnsName | None]]
) -> Iterator[tuple[DomainName, tuple[str, ...]]]:
    """The name and what CNAME makes of it, as far as the answers go; no name twice."""
    visited = {here}
    while True:
        yield here, steps
        (target, *more) = targets.get(here) or (None,)
        following = None if target is None or more else _domain(target)
        if following is None or following in visited or len(visited) > _MOST_ALIASES:
            return
        visited.add(following)
        here, steps = following, (*steps, f"cname {following.text}")


def _domain(name: DnsName) -> DomainName | None:
    """A target as a domain name; one with an underscore, or with other octets, can be nobody's authorization domain."""
    try:
        return parse_domain(name.text)
    except InputError:
        return None


def _pruned(name: DomainName, suffix: str | None) -> tuple[DomainName, ...]:
    """The names above, nearest first, down to the base domain."""
    base = base_domain(name, suffix)
    if base is None:
        return ()
    above = name.climb()[1:]
    return above[: above.index(base) + 1] if base in above else ()
