"""The plan of a validation, and what every challenge has.

A challenge is a frozen value: which name, for which order and account, by which method, with which value. It examines
observations (`examine`, each method in a module of its own); the plan does what all methods have in common.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Final, Literal

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, format_time, utc
from pkicheck.dcv.adn import Derivation, authorization_domains, base_domain, follows_cname
from pkicheck.dcv.codec import challenge_json
from pkicheck.dcv.registry import Method, MethodStatus, method
from pkicheck.dcv.result import DcvResult
from pkicheck.dcv.values import use_question, value_digest
from pkicheck.dcv.view import View
from pkicheck.dnssecstate import Dnssec, probe_queries, state_of
from pkicheck.dnswire import CNAME, SOA
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Level, Verdict, finding
from pkicheck.lookups import Outcome
from pkicheck.methods import MethodId
from pkicheck.namecheck import SUFFIXES, NamePlan
from pkicheck.names import CertName, DomainName, WildcardName, name_text, parse_domain, parse_name
from pkicheck.plans import Needs
from pkicheck.policy import BASELINE, Policy, policy_json
from pkicheck.ports import DnsObservation, DnsQuery, HttpObservation, ListFact, ListQuestion, Seen, TlsObservation
from pkicheck.resolvers import resolver_findings
from pkicheck.rules import in_force, step
from pkicheck.rules.dcv import AVOID, BR_DNSSEC_DCV, VALUE_AGE

__all__ = ["Challenge", "DcvPlan", "dcv_plan"]

_EPOCH: Final = datetime.fromtimestamp(0, tz=timezone.utc)
_LONGEST_TEXT: Final = 1000


def _name(value: str | CertName) -> CertName:
    parsed = parse_name(value) if isinstance(value, str) else value
    if not isinstance(parsed, (DomainName, WildcardName, IPv4Address, IPv6Address)):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"name must be a domain name, a wildcard name or an address, got {type(value).__name__}"
        raise InputError(msg)
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        msg = "name must be an address without a zone"
        raise InputError(msg)
    return parsed


def _adn(value: str | DomainName | None) -> DomainName | None:
    return parse_domain(value) if isinstance(value, str) else value


def _created_at(value: datetime) -> datetime:
    return utc(value, what="created_at")


def _text(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    # (an order or an account without a name would bind a validation to nobody)
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_TEXT or not value.isprintable():  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"{attribute.name} must be 1 to {_LONGEST_TEXT} printable characters"
        raise InputError(msg)


@attrs.frozen(kw_only=True)
class Challenge(ABC):
    """What is to be shown, by whom, and how. One subclass for each way.

    Attributes:
        name: the name or address of the certificate, as text or parsed.
        order: the order (the certificate request) that it belongs to.
        account: the account that made the order.
        created_at: when the challenge was given to the applicant (aware).
        adn: the authorization domain name at which control is shown; None for the name itself, without `*.`.

    Raises:
        InputError: an argument is wrong; the message names it.
    """

    slug: ClassVar[str]
    """Its name in evidence."""

    name: CertName = attrs.field(converter=_name)
    order: str = attrs.field(validator=_text)
    account: str = attrs.field(validator=_text)
    created_at: datetime = attrs.field(converter=_created_at)
    adn: DomainName | None = attrs.field(default=None, converter=_adn)

    @property
    @abstractmethod
    def method(self) -> MethodId:
        """The section of the method."""
        ...

    @property
    def checked(self) -> str:
        """The value that is looked for, empty for methods without one."""
        return ""

    @property
    def value_times(self) -> tuple[datetime, ...]:
        """The moments from which the age of the value is counted."""
        return (self.created_at,)

    @property
    def scope(self) -> Sha256 | None:
        """What the value is unique to, None where the texts set nothing."""
        return None

    @property
    def earliest(self) -> datetime | None:
        """The earliest datum that is part of the challenge itself, None when all are observations."""
        return None

    @abstractmethod
    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """State in the view what the observations show, or say what has to be seen next. Pure.

        Args:
            view: the observations, the policy, the moment.
            adn: the authorization domain name; None for an address.
        """
        ...

    @property
    def domain(self) -> DomainName | None:
        """The name without `*.`; None for an address."""
        if isinstance(self.name, WildcardName):
            return self.name.base
        return self.name if isinstance(self.name, DomainName) else None

    def plan(self, *, at: datetime | None = None, policy: Policy = BASELINE) -> DcvPlan:
        """The question as a plan; see `dcv_plan`."""
        return dcv_plan(self, at=at, policy=policy)


@attrs.frozen(kw_only=True)
class DcvPlan:
    """The question "does this applicant control this name?" as a value. Make one with `dcv_plan`.

    Attributes:
        challenge: what is to be shown.
        at: the moment judged when the caller gave one (a dry run), None for the moment of the observations.
        policy: the caller's policy.
    """

    challenge: Challenge
    at: datetime | None = None
    policy: Policy = BASELINE

    def step(self, seen: Seen, /) -> DcvResult | Needs:
        """The result, or what has to be seen next.

        Steps:
            1. The name may stand in a certificate at all (`pkicheck.namecheck`); a name that may not is refused before
               anything is asked of the network (D17).
            2. The method is allowed at this moment by the rules and by the policy, and may serve such a name.
            3. The authorization domain name follows from the name (`pkicheck.dcv.adn`).
            4. The value is not older than it may be, and not from the future.
            5. The method's own examination.
            6. Where a lookup came to NXDOMAIN, the base domain exists (R033).
            7. The value was not used for anything else: asked last, because asking takes it.
            8. DNSSEC, who resolved, and the clocks are judged for all that was used.
        """
        challenge = self.challenge
        how = method(challenge.method)
        view = View(seen=seen, policy=self.policy, at=self._moment(seen), method=how)
        wanted = self._named(view)  # 1
        if wanted is not None:
            return wanted
        if not _refused(view):
            self._allowed(view, how)  # 2
        if _refused(view):
            return self._finish(view, None)
        before = len(view.findings)
        derivation = self._derived(view)  # 3
        if isinstance(derivation, Needs):
            return self._with_probe(derivation, seen)
        if any(each.level is not Level.NOTE for each in view.findings[before:]):
            return self._end(view, derivation)
        self._fresh(view)  # 4
        adn = None if derivation is None else derivation.adn
        wanted = challenge.examine(view, adn)  # 5
        if wanted is None:
            wanted = self._exists(view, adn)  # 6
        if wanted is None:
            wanted = self._unused(view)  # 7
        return self._with_probe(wanted, seen) if wanted is not None else self._end(view, derivation)

    def _moment(self, seen: Seen) -> datetime:
        """The moment judged: the caller's, else that of the last answer."""
        return self.at or max((each.received for each in seen.observations), default=_EPOCH)

    def _with_probe(self, wanted: Needs, seen: Seen) -> Needs:
        """The probe of the resolver goes out with the first lookup."""
        if not any(isinstance(each, DnsQuery) for each in wanted.requests):
            return wanted
        probes = tuple(each for each in probe_queries(self.policy.net) if each not in seen)
        return Needs((*wanted.requests, *probes))

    def _named(self, view: View) -> Needs | None:
        """Step 1. A policy with internal names accepts those too."""
        name = self.challenge.name
        named = NamePlan(name=name, at=self.at, policy=self.policy).step(view.seen)
        if isinstance(named, Needs):
            return named
        if named.verdict is Verdict.FAIL and self.policy.names.internal:
            internal = NamePlan(name=name, scope="internal", at=self.at, policy=self.policy).step(view.seen)
            named = named if isinstance(internal, Needs) else internal
        # (whether this is a dry run is said once, at the end)
        view.findings += [each for each in named.findings if each.code != "evidence.dry-run"]
        return None

    def _allowed(self, view: View, how: Method) -> None:
        """Step 2."""
        challenge, at = self.challenge, view.at
        status = how.status(at)
        if status is MethodStatus.NOT_YET:
            found = finding("dcv.method-not-yet", how.id, saw=[format_time(at)])
        elif status in (MethodStatus.REUSE_ONLY, MethodStatus.RETIRED):
            found = finding("dcv.method-retired", how.id, saw=[format_time(at)])
        else:
            avoid = status is MethodStatus.AVOID
            found = finding("dcv.method-discouraged" if avoid else "dcv.method-allowed", how.id, saw=[how.name])
        # The code stands for all methods, the finding for this one.
        own = AVOID[how.id] if status is MethodStatus.AVOID else how.rule
        view.findings.append(attrs.evolve(found, rules=(own,)))
        allowed = self.policy.dcv.methods
        if allowed and how.id not in allowed:
            view.add("dcv.method-not-in-policy", how.id, expected=", ".join(allowed))
        fits = (
            how.addresses
            if challenge.domain is None
            else bool(authorization_domains(challenge.name, how.id, at=at, suffix_of=_no_suffix, rule=self._rule))
        )
        if not fits:
            view.add("dcv.method-not-for-name", name_text(challenge.name), saw=[how.id])

    @property
    def _rule(self) -> Literal["dated", "table"]:
        return self.policy.dcv.adn

    def _derived(self, view: View) -> Derivation | Needs | None:
        """Step 3: the derivation of the authorization domain name; of the name itself when there is none."""
        challenge = self.challenge
        start = challenge.domain
        if start is None:
            if challenge.adn is not None:
                view.add("dcv.adn-not-reached", challenge.adn.text, saw=[name_text(challenge.name)])
            return None
        wanted = challenge.adn or start
        here, answers = start, list[DnsObservation]()
        while True:
            unasked: list[ListQuestion] = []
            failed: list[str] = []

            def suffix_of(
                name: DomainName, unasked: list[ListQuestion] = unasked, failed: list[str] = failed
            ) -> str | None:
                question = ListQuestion(list=SUFFIXES, key=name.text)
                fact = view.seen.fact(question)
                if fact is None:
                    unasked.append(question)
                elif fact.failure is not None:
                    failed.append(name.text)
                return None if fact is None or fact.failure is not None else fact.answer

            reached = authorization_domains(
                challenge.name, view.method.id, at=view.at, suffix_of=suffix_of, cnames=answers, rule=self._rule
            )
            if unasked:
                return Needs(tuple(unasked))
            found = next((each for each in reached if each.adn == wanted), None)
            if found is not None:
                if found.derived:
                    view.add("dcv.adn-derived", wanted.text, saw=found.derived)
                return found
            if failed:
                view.add("dcv.adn-suffix-unknown", wanted.text, saw=failed)
                return Derivation(start)
            if not follows_cname(challenge.name, view.method, at=view.at, rule=self._rule):
                break
            lookup = view.look_up(here, CNAME)
            if isinstance(lookup, Needs):
                return lookup
            if lookup.outcome.failed:
                return Derivation(start)
            answers.append(lookup.answers[0].observation)
            following = self._chain(view, answers)[-1].adn
            if following == here or len(answers) > self.policy.net.max_aliases:
                break
            here = following
        view.add("dcv.adn-not-reached", wanted.text, saw=[name_text(challenge.name)])
        return Derivation(start)

    def _chain(self, view: View, answers: list[DnsObservation]) -> tuple[Derivation, ...]:
        """The name and its CNAME targets, without pruning."""
        return authorization_domains(
            self.challenge.name, view.method.id, at=view.at, suffix_of=_no_suffix, cnames=answers, rule=self._rule
        )

    def _fresh(self, view: View) -> None:
        """Step 4."""
        limit = min(self.policy.dcv.value_age, timedelta(seconds=step(VALUE_AGE, view.at) or 0))
        for moment in self.challenge.value_times:
            if moment > view.at:
                view.add("dcv.value-from-future", view.method.id, saw=[format_time(moment)])
            elif view.at - moment > limit:
                expected = f"{format_time(view.at - limit)} or later"
                view.add("dcv.value-expired", view.method.id, expected=expected, saw=[format_time(moment)])

    def _exists(self, view: View, adn: DomainName | None) -> Needs | None:
        """Step 6: NXDOMAIN at the base domain is a refusal of its own."""
        absent = any(each.outcome is Outcome.NXDOMAIN for each in view.used)
        if adn is None or not (absent or view.base_must_exist):
            return None
        question = ListQuestion(list=SUFFIXES, key=adn.text)
        fact = view.seen.fact(question)
        if fact is None:
            return Needs((question,))
        base = base_domain(adn, fact.answer) or adn
        lookup = view.look_up(base, SOA)
        if isinstance(lookup, Needs):
            return lookup
        if lookup.outcome is Outcome.NXDOMAIN and not lookup.aliases:
            view.add("dcv.domain-does-not-exist", base.text)
        return None

    def _unused(self, view: View) -> Needs | None:
        """Step 7."""
        scope = self.challenge.scope
        if scope is None or not self.policy.dcv.single_use or view.refused:
            return None
        question = use_question(self.challenge.checked, scope)
        fact = view.seen.fact(question)
        if fact is None:
            return Needs((question,))
        place = question.key.partition(":")[0]
        if fact.failure is not None or fact.answer is None:
            view.add("dcv.value-use-unknown", place, saw=[] if fact.failure is None else [fact.failure.name])
        elif fact.answer != scope:
            view.add("dcv.value-reused", place, expected=scope, saw=[fact.answer])
        else:
            view.add("dcv.value-own", place)
        return None

    def _end(self, view: View, derivation: Derivation | None) -> DcvResult | Needs:
        """Step 8, once the probe was asked for the lookups that were used."""
        if view.used:
            unasked = tuple(each for each in probe_queries(self.policy.net) if each not in view.seen)
            if unasked:
                return Needs(unasked)
        return self._finish(view, derivation)

    def _finish(self, view: View, derivation: Derivation | None) -> DcvResult:
        seen, findings = view.seen, view.findings
        asked = [each for each in seen.observations if isinstance(each, DnsObservation)]
        findings += resolver_findings(asked, self.policy)
        findings += self._dnssec(view)
        for each in seen.observations:
            if isinstance(each, (HttpObservation, TlsObservation)) and not each.vantage:
                view.add("dcv.vantage-missing", str(each.request.address))
            if not isinstance(each, ListFact) and each.received < each.sent:
                view.add("evidence.clock-order", each.vantage)
        if self.policy.dcv.is_for_tests:
            networks = (*self.policy.dcv.test_networks, *self.policy.dcv.test_ports)
            view.add("dcv.test-network", self.policy.name, saw=networks)
        if self.at is not None:
            view.add("evidence.dry-run", format_time(view.at))
        challenge = self.challenge
        times = [each.sent for each in seen.observations]
        times += [] if challenge.earliest is None else [challenge.earliest]
        started_at = min(times, default=view.at)
        result = DcvResult(
            findings=tuple(findings),
            at=view.at,
            policy=self.policy,
            expires_at=None,
            observations=seen.observations,
            name=challenge.name,
            adn=None if derivation is None else derivation.adn,
            derived=() if derivation is None else derivation.derived,
            method=view.method.id,
            order=challenge.order,
            account=challenge.account,
            started_at=started_at,
            value_sha256=value_digest(challenge.checked) if challenge.checked else None,
            plan=self,
        )
        return attrs.evolve(result, expires_at=result.stops_at())

    def _dnssec(self, view: View) -> list[Finding]:
        """What DNSSEC says of the answers that were read: the weakest state counts (BR 3.2.2.4)."""
        net = self.policy.net
        answered = [each for each in view.used if not each.outcome.failed]
        states = [(state_of(each, view.seen, net), each.name.text) for each in answered]
        unknown = [name for state, name in states if state is Dnssec.UNKNOWN]
        if unknown:
            due = net.dnssec and net.perspective == "primary" and in_force(BR_DNSSEC_DCV, view.at)
            code = "dns.dnssec-unknown" if due else "dns.dnssec-unknown-tolerated"
            return [finding(code, unknown[0], expected="AD from a probed resolver", saw=unknown)]
        unsigned = [name for state, name in states if state is Dnssec.NOT_SIGNED]
        if unsigned:
            return [finding("dns.dnssec-not-signed", unsigned[0], saw=unsigned)]
        return [finding("dns.dnssec-secure", answered[0].name.text)] if answered else []

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; the challenge with its value, and the policy, by their digests."""
        document, policy = (digest(each) for each in self.documents())
        challenge = self.challenge
        return {
            "name": name_text(challenge.name),
            "method": challenge.method,
            "adn": None if challenge.adn is None else challenge.adn.text,
            "order": challenge.order,
            "account": challenge.account,
            "created_at": format_time(challenge.created_at),
            "value": value_digest(challenge.checked) if challenge.checked else None,
            "challenge": document,
            "at": None if self.at is None else format_time(self.at),
            "policy": policy,
        }

    def documents(self) -> tuple[bytes, ...]:
        """The challenge and the policy as canonical JSON."""
        return canonical(challenge_json(self.challenge)), canonical(policy_json(self.policy))


def _no_suffix(_: DomainName) -> str | None:
    return None


def _refused(view: View) -> bool:
    return any(each.level is Level.REFUSAL for each in view.findings)


def dcv_plan(challenge: Challenge, *, at: datetime | None = None, policy: Policy = BASELINE) -> DcvPlan:
    """The plan of a validation.

    Args:
        challenge: what is to be shown.
        at: another moment to judge than that of the observations, aware: a dry run.
        policy: the caller's policy.

    Raises:
        InputError: an argument is wrong; the message names it.
    """
    if not isinstance(challenge, Challenge):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"challenge must be a challenge of pkicheck.dcv, got {type(challenge).__name__}"
        raise InputError(msg)
    if not isinstance(policy, Policy):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy must be a Policy such as pkicheck.BASELINE, got {type(policy).__name__}"
        raise InputError(msg)
    return DcvPlan(challenge=challenge, at=None if at is None else utc(at, what="at"), policy=policy)
