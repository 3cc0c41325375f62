"""The decision at the moment of signing: everything this library can know of must be proven, or there is no permit.

Each precondition is a numbered step with codes of its own. Evidence is never believed: every result that is relied on
is decided again from its own observations, under the rules of this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Final, cast

import attrs

from pkicheck.caa import CaaResult
from pkicheck.canon import Sha256, canonical, digest, format_time
from pkicheck.csr._bind import issuer_findings
from pkicheck.csr._identity import identity_findings
from pkicheck.dcv import DcvResult
from pkicheck.dcv.registry import method
from pkicheck.findings import Finding, Level, Verdict, finding
from pkicheck.gate._approvals import approval_findings, hold_findings
from pkicheck.gate._evidence import Evidence, Proof
from pkicheck.gate._issuance import Issuance, issuance_json
from pkicheck.keys import blocklist_findings, blocklists_until, inspect_key
from pkicheck.methods import method as section_of
from pkicheck.mpic import MpicResult
from pkicheck.namecheck import NamePlan
from pkicheck.names import CertName, WildcardName, is_onion, name_text
from pkicheck.policy import NetPolicy, Policy
from pkicheck.ports import ListFact, ListQuestion, Seen
from pkicheck.results import Result
from pkicheck.rules import in_force, step
from pkicheck.rules.certificate import VALIDITY
from pkicheck.rules.mpic import BR_QUORUM

__all__ = ["SERIALS", "Decision"]

SERIALS: Final = "gate.serials"
"""The registry of serial numbers. Key: the issuer's SPKI digest and the serial in hex, a colon, and what is to be
signed: the order, a blank, and the digest of the issuance. Answer: what holds the number, written likewise; asking is
an atomic insert-or-get. So an order may ask again, but not for other content."""

_SECOND: Final = timedelta(seconds=1)
_INSTANT: Final = timedelta(microseconds=1)
_LONGEST_SERIAL_BITS: Final = 159
_END: Final = datetime.max.replace(tzinfo=timezone.utc)


class Decision:
    """One decision: its questions to the lists, and its findings once they are answered."""

    def __init__(self, issuance: Issuance, proof: Proof, evidence: Evidence, at: datetime, policy: Policy) -> None:
        self.issuance = issuance
        self.proof = proof
        self.evidence = evidence
        self.at = at
        self.policy = policy
        self.identity = issuance.binding.identity
        self.ends: list[datetime] = [at + min(policy.gate.lifetime, _END - at)]

    # --- questions

    @cached_property
    def _names(self) -> tuple[NamePlan, ...]:
        scope = self.identity.scope
        return tuple(NamePlan(name=each, scope=scope, at=self.at, policy=self.policy) for each in self.identity.names)

    @cached_property
    def questions(self) -> tuple[ListQuestion, ...]:
        """What the lists are asked: each name, and the key."""
        key = inspect_key(self.issuance.binding.spki, policy=self.policy.keys)
        return tuple(dict.fromkeys((*(each for plan in self._names for each in plan.questions()), *key.questions)))

    @property
    def serial_question(self) -> ListQuestion:
        """What the registry of serial numbers is asked, last of all: asking takes the number."""
        return ListQuestion(list=SERIALS, key=f"{self.issuance.issuer.id} {self.issuance.serial:x}:{self._content}")

    @cached_property
    def _content(self) -> str:
        return f"{self.issuance.order} {digest(canonical(issuance_json(self.issuance)))}"

    # --- findings

    def findings(self, seen: Seen) -> list[Finding]:
        """What speaks for and against the issuance, but for the registry of serial numbers."""
        return [
            *self._order(),
            *self._issuer(),
            *self._listed(seen),
            *self._validity(),
            *self._serial(),
            *approval_findings(self.issuance, self.proof.approvals, at=self.at, policy=self.policy.gate),
            *hold_findings(self.issuance, self.policy.gate),
            *(each for name in self.identity.names for each in self._name(name)),
        ]

    def _order(self) -> Iterator[Finding]:
        """1. Order, request and key belong together, under this policy."""
        binding, issuance = self.issuance.binding, self.issuance
        if binding.order != issuance.order:
            yield finding("gate.order-differs", "binding", expected=issuance.order, saw=[binding.order])
        if binding.policy != self.policy.fingerprint:
            yield finding(
                "gate.binding-other-policy", "binding", expected=self.policy.fingerprint, saw=[binding.policy]
            )
        for code, pinned, bound in (
            ("binding.other-request", self.identity.csr_sha256, binding.csr_sha256),
            ("binding.other-key", self.identity.spki_sha256, binding.spki_sha256),
        ):
            if pinned is not None and pinned != bound:
                yield finding(code, "binding", expected=pinned, saw=[bound])
        if (self.identity.scope == "public") is not self.policy.public:
            yield finding("gate.scope-differs", "identity", saw=[self.identity.scope, self.policy.name])
        yield from (each for each in identity_findings(self.identity) if each.level is not Level.NOTE)

    def _issuer(self) -> Iterator[Finding]:
        """2. The issuer may sign this: hierarchy, scope, purpose, kind, life, disclosure, subtrees."""
        issuer, issuance = self.issuance.issuer, self.issuance
        yield from (each for each in issuer_findings(self.identity, issuer) if each.level is not Level.NOTE)
        if issuance.test is issuer.production:
            saw = ["test order" if issuance.test else "order", "production" if issuer.production else "test issuer"]
            yield finding("gate.issuer-test", "issuer", saw=saw)
        # What is made of a binding is a TLS certificate, whatever the order is called.
        if issuance.purpose != "tls" or "tls" not in issuer.purposes:
            saw = [issuance.purpose, *sorted(issuer.purposes)]
            yield finding("gate.issuer-purpose", "issuer", expected="tls", saw=saw)
        if "certificate" not in issuer.kinds or "precertificate" not in issuer.kinds:
            yield finding(
                "gate.issuer-kind", "issuer", expected="certificate, precertificate", saw=sorted(issuer.kinds)
            )
        made, gone = issuer.created_at, issuer.destroyed_at
        if (made is not None and self.at < made) or (gone is not None and self.at >= gone):
            yield finding("gate.issuer-gone", "issuer", saw=[format_time(self.at)])
        if self.policy.gate.disclosed and issuer.public and not issuer.disclosed:
            yield finding("gate.issuer-not-disclosed", "issuer", saw=[issuer.id])

    def _listed(self, seen: Seen) -> Iterator[Finding]:
        """3. Every name and the key, by the lists of this moment."""
        said: set[Finding] = set()
        for plan in self._names:
            facts = _facts(seen, plan.questions())
            self._until(plan.expiry(facts))
            found = [*plan.judge(facts, self.at), *(each for fact in facts for each in plan.judge_list(fact, self.at))]
            for each in found:
                if each.level is not Level.NOTE and each not in said:
                    said.add(each)
                    yield each
        key = inspect_key(self.issuance.binding.spki, policy=self.policy.keys)
        facts = _facts(seen, key.questions)
        self._until(blocklists_until(facts, self.policy.keys))
        yield from (finding("evidence.clock-order", each.request.list) for each in facts if each.received < each.sent)
        listed = blocklist_findings(facts, at=self.at, policy=self.policy.keys)
        yield from (each for each in (*key.findings, *listed) if each.level is not Level.NOTE)

    def _until(self, end: datetime | None) -> None:
        """What is relied on ends then, and so does the permit."""
        if end is not None:
            self.ends.append(end)

    def _validity(self) -> Iterator[Finding]:
        """4. Whole seconds in order, near the signing, within the limit of the day of signing; both ends count."""
        start, end = self.issuance.not_before, self.issuance.not_after
        if end < start or start.microsecond or end.microsecond:
            yield finding("gate.validity-reversed", "validity", saw=[format_time(start), format_time(end)])
            return
        limit = step(VALIDITY, self.at)
        seconds = (end - start + _SECOND) // _SECOND
        if self.policy.public and (limit is None or seconds > limit):
            yield finding(
                "gate.validity-too-long", "validity", expected=f"at most {limit} seconds", saw=[f"{seconds} seconds"]
            )
        if abs(start - self.at) > self.policy.gate.backdate:
            expected = f"within {self.policy.gate.backdate} of {format_time(self.at)}"
            yield finding("gate.not-before-far", "notBefore", expected=expected, saw=[format_time(start)])

    def _serial(self) -> Iterator[Finding]:
        """5. A serial number that can have come from a random source."""
        bits = self.issuance.serial.bit_length()
        # A random number of 64 bits has its highest bit unset every other time: a byte less is no sign of weakness.
        if self.issuance.serial <= 0 or not self.policy.gate.serial_bits - 8 <= bits <= _LONGEST_SERIAL_BITS:
            expected = f"at least {self.policy.gate.serial_bits} and at most {_LONGEST_SERIAL_BITS} bits, positive"
            yield finding("gate.serial-weak", "serial", expected=expected, saw=[f"{bits} bits"])

    def serial(self, fact: ListFact) -> Finding | None:
        """9. The number is not that of another order or of other content."""
        if fact.failure is not None or fact.answer is None:
            return finding("gate.serial-unknown", "serial", saw=[fact.failure.name if fact.failure else "no answer"])
        if fact.answer != self._content:
            return finding("gate.serial-used", "serial", expected=self._content, saw=[fact.answer])
        return None

    # --- the evidence of each name

    def _name(self, name: CertName) -> Iterator[Finding]:
        methods: set[str] = set()
        yield from self._control(name, methods)
        if not isinstance(name, (IPv4Address, IPv6Address)):
            base = name.base if isinstance(name, WildcardName) else name
            if not is_onion(base):
                yield from self._caa(name, methods)

    def _control(self, name: CertName, methods: set[str]) -> Iterator[Finding]:
        """6. Fresh control of the name by this account, by a method allowed for it, corroborated."""
        text = name_text(name)
        candidates = self.evidence.validations(name)
        if not candidates:
            yield finding("gate.dcv-missing", text)
            return
        refused: list[Finding] = []
        for each in candidates:
            wrong = list(self._validation(name, each))
            if not wrong:
                methods.add(each.method)
                if each.expires_at is not None:
                    self.ends.append(each.expires_at - _INSTANT)
                return
            refused += wrong
        yield from dict.fromkeys(refused)

    def _validation(self, name: CertName, each: DcvResult) -> Iterator[Finding]:
        text = name_text(name)
        if each.account != self.issuance.account:
            yield finding("gate.dcv-other-account", text, expected=self.issuance.account, saw=[each.account])
        yield from self._choices(each, text)
        wrong = each.covers_as_decided(name, issued_at=self.at)
        if wrong:
            yield finding("gate.dcv-not-covering", text, saw=[found.code for found in wrong])
            return
        yield from self._named(each, text)
        if method(each.method).corroborated and self._corroboration_due(each):
            yield from self._corroborated(each, name)

    def _caa(self, name: CertName, methods: set[str]) -> Iterator[Finding]:
        """7. CAA for this very name, fresh, for this issuer, account, purpose and method, corroborated."""
        text = name_text(name)
        candidates = self.evidence.caa(name)
        if not candidates:
            yield finding("gate.caa-missing", text)
            return
        refused: list[Finding] = []
        for each in candidates:
            wrong = list(self._caa_result(name, each, methods))
            if not wrong:
                self._until(each.expires_at)
                return
            refused += wrong
        yield from dict.fromkeys(refused)

    def _caa_result(self, name: CertName, each: CaaResult, methods: set[str]) -> Iterator[Finding]:
        text, plan = name_text(name), each.plan
        if not set(plan.issuers) <= self.issuance.issuer.caa:
            saw = sorted(set(plan.issuers) - self.issuance.issuer.caa)
            yield finding("gate.caa-other-issuer", text, expected=", ".join(sorted(self.issuance.issuer.caa)), saw=saw)
        if not set(plan.accounts) <= self.issuance.accounts:
            saw = sorted(set(plan.accounts) - self.issuance.accounts)
            yield finding("gate.caa-other-account", text, expected=self.issuance.account, saw=saw)
        # A check without account or method is the stricter one: such a parameter then matches nobody. A name without a
        # validation was refused for that already.
        if plan.method is not None and methods and section_of(plan.method) not in methods:
            expected = ", ".join(sorted(methods))
            yield finding("gate.caa-other-method", text, expected=expected, saw=[plan.method])
        if plan.purpose != self.issuance.purpose:
            yield finding("gate.caa-other-purpose", text, expected=self.issuance.purpose, saw=[plan.purpose])
        yield from self._choices(each, text)
        wrong = each.covers(name, issued_at=self.at)
        if wrong:
            yield finding("gate.caa-not-covering", text, saw=[found.code for found in wrong])
            return
        if self._corroboration_due(each):
            yield from self._corroborated(each, name)

    def _choices(self, each: Result, text: str) -> Iterator[Finding]:
        """Evidence of other choices never counts; what concerns lookups may differ, but not the perspective."""
        net = each.policy.net
        if not self._same(each.policy) or net.perspective != "primary" or _laxer(net, self.policy.net):
            saw = [each.policy.name, net.perspective]
            yield finding("gate.evidence-other-policy", text, expected=self.policy.name, saw=saw)

    def _same(self, policy: Policy) -> bool:
        """Whether a policy is that of the gate but for lookups."""
        return attrs.evolve(policy, name="-", net=NetPolicy()) == self._choice

    @cached_property
    def _choice(self) -> Policy:
        return attrs.evolve(self.policy, name="-", net=NetPolicy())

    @cached_property
    def _wanted(self) -> dict[str, set[Sha256]]:
        wanted: dict[str, set[Sha256]] = {}
        for item, sha256 in self.identity.evidence:
            wanted.setdefault(item, set()).add(sha256)
        return wanted

    def _named(self, each: DcvResult, text: str) -> Iterator[Finding]:
        """The identity may name the evidence of a name; then it is this one."""
        wanted = self._wanted.get(text)
        if wanted and self.evidence.digest(each) not in wanted:
            yield finding(
                "gate.evidence-not-the-named",
                text,
                expected=", ".join(sorted(wanted)),
                saw=[self.evidence.digest(each)],
            )

    # --- corroboration

    def _corroboration_due(self, each: Result) -> bool:
        """Whether the rule of its own day asks for it (a validation that is reused keeps its quorum)."""
        return self.policy.mpic.required and in_force(BR_QUORUM, each.at)

    def _corroborated(self, each: CaaResult | DcvResult, name: CertName) -> Iterator[Finding]:
        """8. A quorum of remote perspectives for this very result; for CAA also one of the last 398 days."""
        text = name_text(name)
        refused: list[str] = []
        own = self.evidence.quorums(each)
        same = set(map(id, own))
        earlier = [
            again for again in self.evidence.earlier(name) if id(again) not in same and self._reusable(again, each)
        ]
        for again in (*own, *earlier):
            wrong = [*self._quorum(again), *(() if id(again) in same else again.covers(name, issued_at=self.at))]
            if not wrong:
                self._until(again.expires_at)
                return
            refused += [found.code for found in wrong]
        if refused:
            yield finding("gate.mpic-not-covering", text, saw=list(dict.fromkeys(refused)))
        else:
            yield finding("gate.mpic-missing", text, saw=[each.kind])

    def _quorum(self, again: MpicResult) -> Iterator[Finding]:
        """A quorum that was met, under the policy of the gate; for how long is a matter of the result itself."""
        # (a plan of the gate takes no other kind)
        before = cast("CaaResult | DcvResult", again.plan.primary).plan.policy
        if not (self._same(again.policy) and self._same(before)) or _laxer(before.net, self.policy.net):
            yield finding("gate.evidence-other-policy", again.subject(), saw=[again.policy.name])
        # On days on which a missed quorum stopped nothing it was no corroboration all the same.
        if again.verdict is not Verdict.PASS or "mpic.quorum-met" not in {each.code for each in again.findings}:
            saw = [each.code for each in again.deciding()]
            yield finding("mpic.evidence-not-pass", again.subject(), saw=saw)
        if again.at > self.at:
            yield finding("mpic.evidence-expired", again.subject(), saw=[format_time(self.at)])

    def _reusable(self, again: MpicResult, each: CaaResult | DcvResult) -> bool:
        """BR 3.2.2.9: the corroboration of an earlier CAA check of the same applicant and issuer may be used again."""
        earlier = again.plan.primary
        return (
            isinstance(each, CaaResult)
            and isinstance(earlier, CaaResult)
            and earlier.plan.purpose == each.plan.purpose
            and set(earlier.plan.issuers) <= self.issuance.issuer.caa
            # (a check that named no account was one for anybody)
            and bool(earlier.plan.accounts)
            and set(earlier.plan.accounts) == set(each.plan.accounts)
        )


def _laxer(net: NetPolicy, mine: NetPolicy) -> bool:
    """Whether choices about lookups let pass what `mine` would not."""
    return (
        (mine.dnssec and not net.dnssec)
        or (net.public_resolvers and not mine.public_resolvers)
        or (bool(mine.resolvers) and not (net.resolvers and set(net.resolvers) <= set(mine.resolvers)))
        or not set(net.secure_paths) <= set(mine.secure_paths)
        or (bool(mine.probe_bogus) and net.probe_bogus != mine.probe_bogus)
        or net.probe_max_age > mine.probe_max_age
        or net.ttl_cap > mine.ttl_cap
    )


def _facts(seen: Seen, questions: Iterable[ListQuestion]) -> list[ListFact]:
    return [fact for fact in map(seen.fact, questions) if fact is not None]
