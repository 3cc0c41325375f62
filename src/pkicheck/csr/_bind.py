"""Tie a request's key to an order and its validated identity, as a plan over lists and the registry of bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar, Final

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, document, document_json, format_time, parse_time, utc
from pkicheck.csr._binding import Binding
from pkicheck.csr._difference import Difference, difference, difference_findings
from pkicheck.csr._documents import issuer_from_json, issuer_json
from pkicheck.csr._identity import Identity, identity_findings, identity_from_json, identity_json, subtree_findings
from pkicheck.csr._request import LARGEST, ClaimedRequest, load
from pkicheck.csr._signature import Proof, SignatureCheck, check_signature
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Level, finding
from pkicheck.issuerkey import IssuerKey
from pkicheck.keys import Inspected, blocklist_findings, blocklists_until, inspect_key
from pkicheck.namecheck import SUFFIXES, NamePlan
from pkicheck.names import WildcardName
from pkicheck.plans import Needs, run
from pkicheck.policy import BASELINE, Policy, policy_from_json, policy_json
from pkicheck.ports import ListFact, ListQuestion, Recorder, Seen, Transport
from pkicheck.results import Kind, Result
from pkicheck.subject import InspectedSubject, country_findings, inspect_subject

__all__ = [
    "DEADLINE",
    "REGISTRY",
    "BindPlan",
    "BindResult",
    "bind_csr",
    "bind_plan",
    "bind_plan_from_json",
    "issuer_findings",
    "request_signature",
]

REGISTRY: Final = "binding.registry"
"""The registry of bindings. Key: the order, a blank, the SHA-256 of the request. The registry looks for an entry of
this order or of this request, and makes one when there is none, in one step. Answer: the entry, written like the
key."""

DEADLINE: Final = timedelta(seconds=20)
"""What `bind_csr` may take when the caller does not say."""

_PROOFS: Final[Mapping[Proof, str]] = {
    Proof.VALID: "csr.proof-valid",
    Proof.INVALID: "csr.proof-invalid",
    Proof.WEAK_HASH: "csr.proof-weak-hash",
    Proof.UNKNOWN: "csr.proof-unknown",
    Proof.MISMATCH: "csr.proof-mismatch",
    Proof.KEY_UNUSABLE: "csr.proof-key-unusable",
}


@attrs.frozen(kw_only=True)
class BindResult(Result):
    """The result of binding.

    Attributes:
        request: what the request claims; nothing of it is validated.
        difference: the exact difference between request and identity, None when the request could not be read.
        plan: the question.
    """

    kind: ClassVar[Kind] = "csr"

    request: ClaimedRequest
    difference: Difference | None
    plan: BindPlan

    @property
    def binding(self) -> Binding:
        """The binding.

        Raises:
            Refused: the verdict is not PASS.
        """
        self.require()
        spki, csr_sha256 = self.request.spki, self.request.sha256
        assert spki is not None
        assert csr_sha256 is not None
        return Binding(
            order=self.plan.identity.order,
            csr_sha256=csr_sha256,
            spki_sha256=digest(spki),
            spki=spki,
            identity=self.plan.identity,
            policy=self.policy.fingerprint,
        )

    def subject(self) -> str:
        """`request for order <order>`."""
        return f"request for order {self.plan.identity.order}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """Request, identity, policy and issuer; not a request that holds a secret."""
        return self.plan.documents()


@attrs.frozen(kw_only=True)
class BindPlan:
    """The question "may this key be certified for this identity?" as a value. Make one with `bind_plan`.

    Attributes:
        csr: the request as it came, DER or text; of one that is too large the first octets.
        identity: what was validated.
        at: the moment judged (UTC).
        policy: the caller's policy.
        issuer: the issuer key that is to sign, when it is known already.
    """

    csr: bytes
    identity: Identity
    at: datetime
    policy: Policy = BASELINE
    issuer: IssuerKey | None = None

    def step(self, seen: Seen, /) -> BindResult | Needs:
        """The result, or questions: first to the lists, and to the registry when nothing else speaks against it.

        Steps:
            1. The request: one, in DER, with a structure that all readers read alike (RFC 2986, RFC 7468).
            2. The key: encoding and numbers (`pkicheck.keys`), and the lists of bad keys.
            3. The proof of possession, over the octets that were signed (RFC 2986 §4.2).
            4. The validated names, each by itself (`pkicheck.namecheck`), and the validated attributes of the subject
               (`pkicheck.subject`); common name, customer's domains.
            5. The issuer, when it is known: scope, purpose, permitted domains.
            6. The request is the one that the order came with, and claims names of this order or none (K02).
            7. The registry: neither order nor request is bound to another (K02).
        """
        unasked = tuple(each for each in self._questions if each not in seen)
        if unasked:
            return Needs(unasked)
        findings = list(self._stated)
        key_facts = _facts(seen, self._key.questions)
        if self._key.key is not None:
            findings += blocklist_findings(key_facts, at=self.at, policy=self.policy.keys)
        asked = self._answers(seen)
        name_facts = [fact for _, answers in asked for fact in answers]
        findings += self._judged(asked)
        countries = _facts(seen, self._subject.questions)
        findings += country_findings(self._subject, countries, at=self.at, policy=self.policy.subject)
        late = [each for each in (*key_facts, *countries) if each.received < each.sent]
        findings += [finding("evidence.clock-order", each.request.list) for each in late]
        if all(each.level is Level.NOTE for each in findings):
            question = self._registry_question
            fact = seen.fact(question)
            if fact is None:
                return Needs((question,))
            findings += _registered(fact, question.key)
        if all(each.level is Level.NOTE for each in findings):
            findings.insert(0, finding("binding.made", self.identity.order))
        return BindResult(
            findings=tuple(findings),
            at=self.at,
            policy=self.policy,
            expires_at=self._expiry(key_facts, name_facts),
            observations=seen.observations,
            request=self._request,
            difference=self._difference,
            plan=self,
        )

    # What follows from the fields alone is found once: a plan is stepped several times.

    @cached_property
    def _request(self) -> ClaimedRequest:
        return load(self.csr)

    @cached_property
    def _key(self) -> Inspected:
        spki = self._request.spki
        return Inspected(None, (), ()) if spki is None else inspect_key(spki, policy=self.policy.keys)

    @cached_property
    def _difference(self) -> Difference | None:
        return None if self._request.info is None else difference(self._request, self.identity)

    @cached_property
    def _subject(self) -> InspectedSubject:
        who = self.identity
        return inspect_subject(who.subject, kind=who.kind, at=self.at, policy=self.policy.subject)

    @cached_property
    def _plans(self) -> tuple[NamePlan, ...]:
        scope = self.identity.scope
        return tuple(NamePlan(name=name, scope=scope, at=self.at, policy=self.policy) for name in self.identity.names)

    @cached_property
    def _asked(self) -> tuple[tuple[NamePlan, tuple[ListQuestion, ...]], ...]:
        return tuple((plan, plan.questions()) for plan in self._plans)

    @cached_property
    def _questions(self) -> tuple[ListQuestion, ...]:
        names = (question for _, questions in self._asked for question in questions)
        return tuple(dict.fromkeys((*self._key.questions, *names, *self._subject.questions)))

    @property
    def _registry_question(self) -> ListQuestion:
        return ListQuestion(list=REGISTRY, key=f"{self.identity.order} {self._request.sha256}")

    @cached_property
    def _stated(self) -> tuple[Finding, ...]:
        """All findings that need no answer of a list."""
        request = self._request
        findings = [*request.defects, *self._key.findings]
        if request.spki is not None:
            findings += _proof(request)
            findings += self._pins(request)
        findings += self._subject.findings
        findings += identity_findings(self.identity)
        if self.issuer is not None:
            findings += issuer_findings(self.identity, self.issuer)
        if self._difference is not None:
            findings += difference_findings(self._difference, self._key.key)
        return tuple(findings)

    def _pins(self, request: ClaimedRequest) -> list[Finding]:
        """Whether the order came with this very request and key."""
        findings: list[Finding] = []
        pinned, found = self.identity.csr_sha256, request.sha256
        if pinned is not None and pinned != found:
            findings.append(finding("binding.other-request", "request", expected=pinned, saw=[str(found)]))
        pinned, found = self.identity.spki_sha256, digest(request.spki or b"")
        if pinned is not None and pinned != found:
            findings.append(finding("binding.other-key", "public key", expected=pinned, saw=[found]))
        return findings

    def _answers(self, seen: Seen) -> list[tuple[NamePlan, list[ListFact]]]:
        return [(plan, _facts(seen, questions)) for plan, questions in self._asked]

    def _judged(self, asked: Sequence[tuple[NamePlan, Sequence[ListFact]]]) -> list[Finding]:
        """The findings about each name; what lists are worth is said once for each list."""
        findings: list[Finding] = []
        said: set[tuple[object, ...]] = set()
        for plan, answers in asked:
            findings += plan.judge(answers, self.at)
            for fact in answers:
                name = fact.request.list
                decides = name == SUFFIXES and isinstance(plan.name, WildcardName)
                late = (fact.as_of > fact.received, fact.received < fact.sent)
                mark = (name, decides, fact.failure, fact.version, fact.as_of, *late)
                if mark not in said:
                    said.add(mark)
                    findings += plan.judge_list(fact, self.at)
        return findings

    def _expiry(self, key_facts: Sequence[ListFact], name_facts: Sequence[ListFact]) -> datetime | None:
        ends = (blocklists_until(key_facts, self.policy.keys), self._plans[0].expiry(name_facts))
        return min((each for each in ends if each is not None), default=None)

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; request, identity, policy and issuer by the digests of their documents."""
        return {
            "csr": digest(self.csr),
            "identity": digest(canonical(identity_json(self.identity))),
            "issuer": None if self.issuer is None else digest(issuer_json(self.issuer)),
            "at": format_time(self.at),
            "policy": self.policy.fingerprint,
        }

    def documents(self) -> tuple[bytes, ...]:
        """Request, identity, policy and issuer; a request with a private key or a challenge password is left out."""
        csr = () if self._request.secret else (self.csr,)
        issuer = () if self.issuer is None else (issuer_json(self.issuer),)
        return (*csr, canonical(identity_json(self.identity)), canonical(policy_json(self.policy)), *issuer)


def _facts(seen: Seen, questions: Sequence[ListQuestion]) -> list[ListFact]:
    return [fact for fact in map(seen.fact, questions) if fact is not None]


def _proof(request: ClaimedRequest) -> list[Finding]:
    check = request_signature(request)
    findings = [finding(_PROOFS[check.proof], "signature", saw=[check.algorithm])]
    if check.sloppy:
        findings.append(finding("csr.proof-parameters", "signature algorithm", saw=[check.algorithm]))
    return findings


def request_signature(request: ClaimedRequest) -> SignatureCheck:
    """Verify the signature of a request that was read, over the octets as they stand."""
    assert request.spki is not None
    assert request.algorithm is not None
    assert request.info is not None
    assert request.signature is not None
    return check_signature(
        spki=request.spki, algorithm=request.algorithm, signed=request.info, signature=request.signature
    )


def issuer_findings(identity: Identity, issuer: IssuerKey) -> list[Finding]:
    """Whether an issuer key is one for this identity: scope, purpose, permitted domains (K17, R049)."""
    findings: list[Finding] = []
    public = identity.scope == "public"
    if issuer.public is not public:
        saw = "an issuer of a public PKI" if issuer.public else "an issuer of a private PKI"
        findings.append(finding("binding.scope-differs", "issuer", expected=identity.scope, saw=[saw]))
    if "tls" not in issuer.purposes:
        saw = ", ".join(sorted(issuer.purposes))
        findings.append(finding("binding.purpose-differs", "issuer", expected="tls", saw=[saw]))
    return findings + subtree_findings(identity.names, issuer.permitted)


def _registered(fact: ListFact, key: str) -> list[Finding]:
    if fact.failure is not None:
        return [finding("binding.registry-unavailable", REGISTRY, saw=[fact.failure.name])]
    findings = [finding("evidence.clock-order", REGISTRY)] if fact.received < fact.sent else []
    answer = fact.answer or ""
    if answer == key:
        return [*findings, finding("binding.registered", REGISTRY, saw=[answer])]
    order, csr = key.split(" ")
    holder, _, held = answer.partition(" ")
    if held == csr:
        code = "binding.request-taken"
    elif holder == order:
        code = "binding.order-taken"
    else:
        code = "binding.registry-malformed"
    return [*findings, finding(code, REGISTRY, expected=key, saw=[answer])]


def bind_plan(
    csr: bytes | str,
    *,
    identity: Identity,
    at: datetime,
    policy: Policy = BASELINE,
    issuer: IssuerKey | None = None,
) -> BindPlan:
    """The plan of a binding, from arguments as callers write them.

    Args:
        csr: the request: DER, or text with exactly one in PEM. What is none is refused by the plan, not here.
        identity: what was validated.
        at: the moment judged, aware.
        policy: the caller's policy.
        issuer: the issuer key that is to sign, when it is known already.

    Raises:
        InputError: an argument of the wrong type, a naive datetime.
    """
    if isinstance(csr, str):
        csr = csr[: LARGEST + 1].encode("utf-8", "surrogatepass")
    if not isinstance(csr, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"csr must be bytes or text, got {type(csr).__name__}"
        raise InputError(msg)
    if not isinstance(identity, Identity):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"identity must be an Identity, got {type(identity).__name__}"
        raise InputError(msg)
    if issuer is not None and not isinstance(issuer, IssuerKey):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"issuer must be an IssuerKey, got {type(issuer).__name__}"
        raise InputError(msg)
    return BindPlan(csr=csr[: LARGEST + 1], identity=identity, at=utc(at, what="at"), policy=policy, issuer=issuer)


def bind_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> BindPlan:
    """The plan that `BindPlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"csr", "identity", "issuer", "at", "policy"}
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    return bind_plan(
        document(asked, "csr", documents),
        identity=identity_from_json(document_json(asked, "identity", documents)),
        at=parse_time(str(asked["at"]), what="asked.at") if at is None else at,
        policy=policy_from_json(document_json(asked, "policy", documents)),
        issuer=None if asked["issuer"] is None else issuer_from_json(document(asked, "issuer", documents)),
    )


def bind_csr(
    csr: bytes | str,
    *,
    identity: Identity,
    lists: Transport,
    at: datetime,
    policy: Policy = BASELINE,
    issuer: IssuerKey | None = None,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
) -> BindResult:
    """Bind the public key of a request to a validated identity (BR 3.2.1, 4.2.1, 6.1.1.3; RFC 2986).

    Of the request only the octets of the public key are taken, and the proof that its sender holds the private key.

    Args:
        csr: the request: DER, or text with exactly one in PEM.
        identity: what was validated: never made from the request.
        lists: answers the questions to the lists of names and of bad keys and to the registry of bindings:
            `pkicheck.registry.MemoryRegistry` or `SqliteRegistry` around `pkicheck.lists.PackagedLists`.
        at: the moment judged, aware.
        policy: the caller's policy.
        issuer: the issuer key that is to sign, when it is known already: then its scope, its purposes and its domains
            are checked too.
        deadline: for the whole check.
        record: called with every observation as it arrives.

    Returns:
        The result; its `binding` raises unless the verdict is PASS.

    Raises:
        InputError: an argument is wrong; the message names it.
        TransportError: our own side is broken.
    """
    plan = bind_plan(csr, identity=identity, at=at, policy=policy, issuer=issuer)
    return run(plan, lists, deadline=deadline, record=record)
