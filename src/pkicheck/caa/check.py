"""CAA for one name: the climb of RFC 8659 §3 as a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final, cast

import attrs

from pkicheck.caa.decide import Applicant, decide_set
from pkicheck.caa.failure import failure_findings
from pkicheck.caa.issuers import account_uris, issuer_names
from pkicheck.caa.records import Malformed, parse_rdata
from pkicheck.caa.result import CaaResult, Purpose
from pkicheck.canon import JsonValue, Sha256, canonical, digest, document_json, format_time, parse_time, utc
from pkicheck.dnssecstate import Dnssec, further_probes, probe_queries, state_of
from pkicheck.dnswire import CAA
from pkicheck.errors import InputError
from pkicheck.findings import Finding, finding
from pkicheck.lookups import Lookup, Outcome, look_up, question, ttl_of
from pkicheck.methods import MethodId, labels
from pkicheck.names import (
    CertName,
    DomainName,
    WildcardName,
    is_onion,
    name_text,
    onion_findings,
    parse_domain,
    parse_name,
)
from pkicheck.plans import Needs, run
from pkicheck.policy import BASELINE, Policy, policy_from_json, policy_json
from pkicheck.ports import DnsObservation, DnsQuery, Recorder, Seen, Transport
from pkicheck.resolvers import resolver_findings
from pkicheck.rules import in_force, step
from pkicheck.rules.caa import WINDOW
from pkicheck.rules.dnssec import BR_DNSSEC_CAA

__all__ = ["DEADLINE", "CaaPlan", "caa_plan", "caa_plan_from_json", "check_caa"]

DEADLINE: Final = timedelta(seconds=20)
"""What a check may take when the caller does not say."""

_TAGS: Final[Mapping[str, bytes]] = {"tls": b"issue", "smime": b"issuemail", "vmc": b"issuevmc"}
_END: Final = datetime.max.replace(tzinfo=timezone.utc)
_EPOCH: Final = datetime.fromtimestamp(0, tz=timezone.utc)


@attrs.frozen(kw_only=True)
class CaaPlan:
    """The question "may these issuers issue for this name?" as a value. Make one with `caa_plan`.

    Attributes:
        name: a domain name or a wildcard name; an address or an onion name leads to "not required".
        issuers: the CA's issuer domain names as lower-case A-labels, sorted.
        purpose: `tls` (issue, issuewild), `smime` (issuemail), `vmc` (issuevmc).
        accounts: the accepted spellings of the account that asks, sorted.
        method: the section or label of the method that validated this name, or None.
        at: the moment judged when the caller gave one (a dry run), None for the moment of the observations.
        policy: the caller's policy.
        canary: the random label of the canary, empty when the policy never takes a failure as permission.
    """

    name: CertName
    issuers: tuple[str, ...]
    purpose: Purpose = "tls"
    accounts: tuple[str, ...] = ()
    method: str | None = None
    at: datetime | None = None
    policy: Policy = BASELINE
    canary: str = ""

    def step(self, seen: Seen, /) -> CaaResult | Needs:
        """The result, or what has to be seen next.

        Steps:
            1. Addresses and onion names need no CAA (BR 3.2.2.8); a name that only looks like an onion name is refused.
            2. The CAA sets of the name and of each parent up to the top-level domain, never the root, asked together
               with the probe of the resolver (RFC 8659 §3, BR 3.2.2.8.1).
            3. From the name upward, lazily: a level without records leads to the next one; aliases are followed at each
               level, and the parents of their targets are never looked at.
            4. A failure ends the climb, unless the policy takes failures as permission and every condition was seen.
            5. The first non-empty set decides (`pkicheck.caa.decide`).
            6. DNSSEC, who resolved and the clocks are judged for every lookup used; the expiry is counted.
        """
        if isinstance(self.name, (IPv4Address, IPv6Address)):  # 1
            return self._not_required(seen, finding("caa.not-required-ip", str(self.name)))
        base = self.name.base if isinstance(self.name, WildcardName) else self.name
        levels = base.climb()
        if is_onion(base):
            return self._not_required(seen, *onion_findings(base), finding("caa.not-required-onion", base.text))
        findings: list[Finding] = []
        used: list[Lookup] = []
        for level in levels:  # 3
            lookup = look_up(level, CAA, seen, net=self.policy.net)
            if isinstance(lookup, Needs):
                return Needs(tuple(dict.fromkeys((*lookup.requests, *self._unasked(levels, seen)))))  # 2
            used.append(lookup)
            findings += _alias_findings(lookup)
            if lookup.outcome.found:
                break
            if lookup.outcome.failed:  # 4
                failure = failure_findings(lookup, seen, self.policy, self.canary)
                if isinstance(failure, Needs):
                    return failure
                findings += failure
                if not any(each.code == "caa.failure-permitted" for each in failure):
                    break
        unasked = self._unasked((), seen)
        if not unasked:
            read = [each for each in used if not each.outcome.failed]
            answered = [answer.observation for lookup in read for answer in lookup.answers]
            unasked = further_probes(answered, seen, self.policy.net)
        if unasked:
            return Needs(unasked)
        at = self._moment(seen)
        if used[-1].outcome.found:  # 5
            decided = decide_set(
                used[-1].rdatas,
                self._applicant(),
                place=used[-1].name.text,
                at=at,
                policy=self.policy.caa,
            )
            findings = [*decided, *findings]
        elif all(not each.outcome.failed for each in used):
            findings.insert(0, finding("caa.no-records", base.text))
        return self._finish(findings, used, levels[len(used) - 1], seen, at)

    def _unasked(self, levels: tuple[DomainName, ...], seen: Seen) -> tuple[DnsQuery, ...]:
        """The first questions that are still to be asked: all levels at once, and the probe."""
        wanted = (*(question(level, CAA) for level in levels), *probe_queries(self.policy.net))
        return tuple(each for each in wanted if each not in seen)

    def _applicant(self) -> Applicant:
        return Applicant(
            issuers=frozenset(each.encode("ascii") for each in self.issuers),
            accounts=frozenset(each.encode("ascii") for each in self.accounts),
            labels=None if self.method is None else frozenset(each.encode("ascii") for each in labels(self.method)),
            tag=_TAGS[self.purpose],
            wildcard=isinstance(self.name, WildcardName),
        )

    def _moment(self, seen: Seen) -> datetime:
        """The moment judged: the caller's, else that of the last answer."""
        return self.at or max((each.received for each in seen.observations), default=_EPOCH)

    def _not_required(self, seen: Seen, *findings: Finding) -> CaaResult | Needs:
        # The probe is asked all the same: its answer gives the moment of the result and names the resolver.
        unasked = self._unasked((), seen)
        return Needs(unasked) if unasked else self._finish([*findings], [], None, seen, self._moment(seen))

    def _finish(
        self, findings: list[Finding], used: list[Lookup], level: DomainName | None, seen: Seen, at: datetime
    ) -> CaaResult:
        """Step 6."""
        rested = [answer.observation for lookup in used for answer in lookup.answers]
        asked = [each for each in seen.observations if isinstance(each, DnsObservation)]
        findings += resolver_findings(asked, self.policy)
        findings += self._dnssec([each for each in used if not each.outcome.failed], seen, at)
        findings += [finding("evidence.clock-order", each.server) for each in asked if each.received < each.sent]
        expires_at = self._expiry(rested, used, at)
        if self.at is not None:
            findings.append(finding("evidence.dry-run", format_time(at)))
        elif expires_at is not None and at > expires_at and step(WINDOW, at) is not None:
            # A plan that was taken up again long after its first answers: they are too old for its last one.
            expected = f"{format_time(expires_at)} or earlier"
            findings.append(
                finding("caa.evidence-expired", used[0].name.text, expected=expected, saw=[format_time(at)])
            )
        found = used[-1] if used and used[-1].outcome.found else None
        return CaaResult(
            findings=tuple(findings),
            at=at,
            policy=self.policy,
            expires_at=expires_at,
            observations=seen.observations,
            name=self.name,
            found_at=None if found is None else level,
            records=() if found is None else tuple(_triple(each) for each in found.rdatas),
            plan=self,
        )

    def _dnssec(self, answered: list[Lookup], seen: Seen, at: datetime) -> list[Finding]:
        """What DNSSEC says of the answers that were read: the weakest state counts (BR 3.2.2.8.1)."""
        if not answered:
            return []
        net = self.policy.net
        states = [(state_of(lookup, seen, net), lookup.name.text) for lookup in answered]
        unknown = [name for state, name in states if state is Dnssec.UNKNOWN]
        if unknown:
            due = net.dnssec and net.perspective == "primary" and in_force(BR_DNSSEC_CAA, at)
            code = "dns.dnssec-unknown" if due else "dns.dnssec-unknown-tolerated"
            return [finding(code, unknown[0], expected="AD from a probed resolver", saw=unknown)]
        unsigned = [name for state, name in states if state is Dnssec.NOT_SIGNED]
        if unsigned:
            return [finding("dns.dnssec-not-signed", unsigned[0], saw=unsigned)]
        return [finding("dns.dnssec-secure", answered[0].name.text)]

    def _expiry(self, rested: list[DnsObservation], used: list[Lookup], at: datetime) -> datetime | None:
        """The longer of 8 hours and the TTL of what was used, from the earliest sending (BR 3.2.2.8).

        Only records that were found have a TTL that can lengthen the window; an empty climb is good for 8 hours.
        """
        if not rested:
            return None
        ttl = timedelta(0)
        if used[-1].rdatas:
            ttl = min(ttl_of(each, self.policy.net) for each in used if each.rdatas or each.aliases)
        # Before CAA was mandatory there was no window: nothing may be relied on later.
        window = timedelta(seconds=step(WINDOW, at) or 0)
        earliest = min(each.sent for each in rested)
        return earliest + min(max(window, ttl), _END - earliest)

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; issuers and policy by the digests of their documents."""
        issuers, policy = (digest(each) for each in self.documents())
        return {
            "name": name_text(self.name),
            "issuers": issuers,
            "purpose": self.purpose,
            "accounts": list(self.accounts),
            "method": self.method,
            "at": None if self.at is None else format_time(self.at),
            "policy": policy,
            "canary": self.canary,
        }

    def documents(self) -> tuple[bytes, ...]:
        """The list of issuers and the policy as canonical JSON."""
        return _issuers_document(self.issuers), _policy_document(self.policy)


@lru_cache(maxsize=64)
def _issuers_document(issuers: tuple[str, ...]) -> bytes:
    return canonical(list(issuers))


@lru_cache(maxsize=64)
def _policy_document(policy: Policy) -> bytes:
    # Made once for many results: policies are values, and few.
    return canonical(policy_json(policy))


def _alias_findings(lookup: Lookup) -> list[Finding]:
    if not lookup.aliases:
        return []
    code = "dns.alias-dangling" if lookup.outcome is Outcome.NXDOMAIN else "dns.alias-followed"
    return [finding(code, lookup.name.text, saw=[each.target.text for each in lookup.aliases])]


def _triple(rdata: bytes) -> tuple[int, bytes, bytes]:
    """Flags, tag and value; a record that cannot be read keeps its octets as the value of an empty tag."""
    record = parse_rdata(rdata)
    return (0, b"", record.rdata) if isinstance(record, Malformed) else (record.flags, record.tag, record.value)


def caa_plan(
    name: str | CertName,
    *,
    issuers: Collection[str],
    purpose: Purpose = "tls",
    accounts: Collection[str] = (),
    method: MethodId | str | None = None,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    canary: str = "",
) -> CaaPlan:
    """The plan of a CAA check, from arguments as callers write them.

    Args:
        name: a domain name, a wildcard name or an address, as text or parsed.
        issuers: the issuer domain names of this CA (BR 3.2.2.8, CP/CPS 4.2): finite, not empty; A-labels or U-labels,
            any case, duplicates collapse.
        purpose: `tls`, `smime` or `vmc`.
        accounts: every spelling of the account URI that the records may use (RFC 8657 §3); octets are compared.
        method: the method that validated this name, as section or label (RFC 8657 §4).
        at: another moment to judge than that of the lookups, aware: a dry run.
        policy: the caller's policy.
        canary: a fresh random label (RFC 1035 LDH, 16 to 63 octets), needed when the policy takes failures as
        permission.

    Raises:
        InputError: an argument is wrong; the message names it.
    """
    parsed = parse_name(name) if isinstance(name, str) else name
    if not isinstance(parsed, (DomainName, WildcardName, IPv4Address, IPv6Address)):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"name must be a domain name, a wildcard name or an address, got {type(name).__name__}"
        raise InputError(msg)
    if purpose not in tuple(_TAGS):  # a list from a record has no hash
        msg = f"purpose must be one of {', '.join(_TAGS)}, got {purpose!a}"
        raise InputError(msg)
    if purpose != "tls" and isinstance(parsed, WildcardName):
        msg = f"name: a wildcard name has no meaning for purpose {purpose}: {parsed.text}"
        raise InputError(msg)
    if method is not None:
        labels(method)
    if not isinstance(policy, Policy):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy must be a Policy such as pkicheck.BASELINE, got {type(policy).__name__}"
        raise InputError(msg)
    if policy.caa.failure_permits and not (16 <= len(canary) <= 63 and canary.isascii() and canary.isalnum()):
        msg = (
            "canary must be a fresh random label of 16 to 63 letters and digits when the policy takes "
            "failures as permission"
        )
        raise InputError(msg)
    return CaaPlan(
        name=parsed,
        issuers=issuer_names(issuers),
        purpose=purpose,
        accounts=account_uris(accounts),
        method=method,
        at=None if at is None else utc(at, what="at"),
        policy=policy,
        canary=canary.lower() if policy.caa.failure_permits else "",
    )


def caa_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> CaaPlan:
    """The plan that `CaaPlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"name", "issuers", "purpose", "accounts", "method", "at", "policy", "canary"}
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    issuers = document_json(asked, "issuers", documents)
    accounts, method, when = asked["accounts"], asked["method"], asked["at"]
    if not isinstance(issuers, list) or not isinstance(accounts, list):
        msg = "asked.issuers and asked.accounts must be lists"
        raise InputError(msg)
    name = str(asked["name"])
    return caa_plan(
        # A top-level domain is no name of a certificate, but whoever parsed one may ask for it.
        name if {".", ":"} & set(name) else parse_domain(name),
        issuers=cast("list[str]", issuers),
        purpose=cast("Purpose", asked["purpose"]),
        accounts=cast("list[str]", accounts),
        method=None if method is None else str(method),
        at=at if at is not None or when is None else parse_time(str(when), what="asked.at"),
        policy=policy_from_json(document_json(asked, "policy", documents)),
        canary=str(asked["canary"]),
    )


def check_caa(
    name: str | CertName,
    *,
    issuers: Collection[str],
    resolver: Transport,
    purpose: Purpose = "tls",
    accounts: Collection[str] = (),
    method: MethodId | str | None = None,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
    canary: str = "",
) -> CaaResult:
    """Decide whether CAA lets these issuers issue for this name (RFC 8659, RFC 8657, RFC 9495, BR 3.2.2.8).

    Args:
        name: a domain name, a wildcard name or an address, as text or parsed.
        issuers: the issuer domain names of this CA; see `caa_plan`.
        resolver: the CA's own validating resolver, or any transport that answers DNS questions.
        purpose: `tls`, `smime` or `vmc`.
        accounts: every spelling of the account URI that the records may use.
        method: the method that validated this name, as section or label.
        at: another moment to judge than that of the lookups, aware: a dry run.
        policy: the caller's policy.
        deadline: for the whole check.
        record: called with every observation as it arrives.
        canary: a fresh random label, needed when the policy takes failures as permission.

    Returns:
        The result; a refusal or not knowing is a result, not an exception.

    Raises:
        InputError: an argument is wrong; the message names it.
        TransportError: our own side is broken.
    """
    plan = caa_plan(
        name, issuers=issuers, purpose=purpose, accounts=accounts, method=method, at=at, policy=policy, canary=canary
    )
    return run(plan, resolver, deadline=deadline, record=record)
