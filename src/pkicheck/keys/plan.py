"""The decision about one key, as a plan over the answers of the lists of bad keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import ClassVar, Final

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, document, document_json, format_time, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Level, finding
from pkicheck.keys.rsa import PLACE, rsa_findings
from pkicheck.keys.spki import LONGEST, read_key
from pkicheck.keys.values import PublicKey, RsaKey, key_value
from pkicheck.plans import Needs, run
from pkicheck.policy import BASELINE, KeysPolicy, Policy, policy_from_json, policy_json
from pkicheck.ports import ListFact, ListQuestion, Recorder, Seen, Transport
from pkicheck.results import Kind, Result

__all__ = [
    "BLOCKLIST",
    "DEADLINE",
    "Inspected",
    "KeyPlan",
    "KeyResult",
    "blocklist_findings",
    "blocklists_until",
    "check_key",
    "inspect_key",
    "key_plan",
    "key_plan_from_json",
]

DEADLINE: Final = timedelta(seconds=20)
"""What a check may take when the caller does not say."""

BLOCKLIST: Final = "key.blocklist/"
"""What the id of a list of bad keys begins with; its name follows. Key: `key_value`. Answer: what the list knows of the
key, nothing when it does not have it."""

_END: Final = datetime.max.replace(tzinfo=timezone.utc)


@attrs.frozen
class Inspected:
    """What a SubjectPublicKeyInfo shows by itself, without any list.

    Attributes:
        key: its numbers, None when they cannot be read; then there is a refusal.
        findings: refusals and notes, none when all is well.
        questions: what the lists of bad keys that the policy names are to be asked.
    """

    key: PublicKey | None
    findings: tuple[Finding, ...]
    questions: tuple[ListQuestion, ...]


def inspect_key(spki: bytes, *, policy: KeysPolicy) -> Inspected:
    """Read a key and check its encoding and its numbers: a pure function, and the cheap half of `check_key`.

    Args:
        spki: a SubjectPublicKeyInfo in DER; any bytes.
        policy: the choices about keys.

    Returns:
        What was found. The lists are still to be asked: give their answers to `blocklist_findings`.
    """
    key, refusals = read_key(spki)
    if key is None:
        return Inspected(None, refusals, ())
    if isinstance(key, RsaKey):
        findings = (*refusals, *rsa_findings(key, policy))
    elif key.curve in policy.curves:
        findings = refusals
    else:
        allowed = ", ".join(policy.curves)
        findings = (*refusals, finding("key.curve-not-allowed", PLACE, expected=allowed, saw=[key.curve]))
    value = key_value(key)
    lists = (*policy.blocklists, *policy.fixed_blocklists)
    return Inspected(key, findings, tuple(ListQuestion(list=BLOCKLIST + name, key=value) for name in lists))


def blocklist_findings(facts: Collection[ListFact], *, at: datetime, policy: KeysPolicy) -> tuple[Finding, ...]:
    """What the lists of bad keys say, and what they are worth.

    Args:
        facts: an answer for each of `Inspected.questions`, in any order.
        at: the moment judged, aware.
        policy: the choices that the questions were made by.

    Returns:
        For each list in the order of its name: a refusal when it has the key, a doubt when it gave no answer or is too
        old, and a note that it was asked; one note when there is no list at all.
    """
    if not facts:
        return (finding("key.list-none", PLACE),)
    findings: list[Finding] = []
    for fact in sorted(facts, key=lambda each: each.request.list):
        findings += _list(fact, at, policy)
    return tuple(findings)


def _list(fact: ListFact, at: datetime, policy: KeysPolicy) -> Iterable[Finding]:
    name = fact.request.list
    if fact.failure is not None:
        yield finding("key.list-unavailable", name, saw=[fact.failure.name])
        return
    if fact.answer is not None:
        yield finding("key.blocklisted", name, saw=[fact.answer])
    yield finding("key.list-used", name, saw=[f"version {fact.version}", f"of {format_time(fact.as_of)}"])
    if fact.as_of > fact.received:
        limit = f"{format_time(fact.received)} or earlier"
        yield finding("key.list-from-later", name, expected=limit, saw=[format_time(fact.as_of)])
    if name.removeprefix(BLOCKLIST) in policy.blocklists and at - fact.as_of > policy.blocklist_max_age:
        limit = f"{format_time(at - policy.blocklist_max_age)} or later"
        yield finding("key.list-stale", name, expected=limit, saw=[format_time(fact.as_of)])


def blocklists_until(facts: Collection[ListFact], policy: KeysPolicy) -> datetime | None:
    """The last instant at which no list that changes is too old, None when nothing ages."""
    days = [
        fact.as_of
        for fact in facts
        if fact.failure is None and fact.request.list.removeprefix(BLOCKLIST) in policy.blocklists
    ]
    if not days:
        return None
    oldest = min(days)
    return oldest + min(policy.blocklist_max_age, _END - oldest)


@attrs.frozen(kw_only=True)
class KeyResult(Result):
    """The result of a check of one key.

    Attributes:
        key: its numbers, None when they cannot be read.
        plan: the question.
    """

    kind: ClassVar[Kind] = "key"

    key: PublicKey | None
    plan: KeyPlan

    def subject(self) -> str:
        """`key <SHA-256 of the SubjectPublicKeyInfo>`."""
        return f"key {digest(self.plan.spki)}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """The SubjectPublicKeyInfo and the policy."""
        return self.plan.documents()


@attrs.frozen(kw_only=True)
class KeyPlan:
    """The question "may this key be certified?" as a value. Make one with `key_plan`.

    Attributes:
        spki: the SubjectPublicKeyInfo; of one that is too long the first octets.
        at: the moment judged (UTC).
        policy: the caller's policy.
    """

    spki: bytes
    at: datetime
    policy: Policy = BASELINE

    def step(self, seen: Seen, /) -> KeyResult | Needs:
        """The result, or the questions to the lists of bad keys; they are asked all at once.

        Steps:
            1. The encoding, byte for byte (BR 7.1.3.1; RFC 5280 §4.1.2.7).
            2. The numbers (BR 6.1.5, 6.1.6; ROCA and close primes of 6.1.1.3).
            3. The lists of bad keys that the policy names, by the value of the key (BR 6.1.1.3).
        """
        inspected = inspect_key(self.spki, policy=self.policy.keys)
        unasked = tuple(each for each in inspected.questions if each not in seen)
        if unasked:
            return Needs(unasked)
        facts = [fact for fact in map(seen.fact, inspected.questions) if fact is not None]
        findings = list(inspected.findings)
        if inspected.key is not None:
            findings += blocklist_findings(facts, at=self.at, policy=self.policy.keys)
        findings += [finding("evidence.clock-order", fact.request.list) for fact in facts if fact.received < fact.sent]
        if all(each.level is Level.NOTE for each in findings):
            findings.insert(0, finding("key.accepted", PLACE))
        return KeyResult(
            findings=tuple(findings),
            at=self.at,
            policy=self.policy,
            expires_at=blocklists_until(facts, self.policy.keys),
            observations=seen.observations,
            key=inspected.key,
            plan=self,
        )

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; key and policy by the digests of their documents."""
        spki, policy = self.documents()
        return {"spki": digest(spki), "at": format_time(self.at), "policy": digest(policy)}

    def documents(self) -> tuple[bytes, ...]:
        """The SubjectPublicKeyInfo and the policy as canonical JSON."""
        return self.spki, canonical(policy_json(self.policy))


def key_plan(spki: bytes, *, at: datetime, policy: Policy = BASELINE) -> KeyPlan:
    """The plan of a check of one key.

    Args:
        spki: a SubjectPublicKeyInfo in DER. Bytes that are none are refused by the plan, not here.
        at: the moment judged, aware: how old the lists may be depends on it.
        policy: the caller's policy.

    Raises:
        InputError: an argument of the wrong type, a naive datetime.
    """
    if not isinstance(spki, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"spki must be bytes, got {type(spki).__name__}"
        raise InputError(msg)
    return KeyPlan(spki=spki[: LONGEST + 1], at=utc(at, what="at"), policy=policy)


def key_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> KeyPlan:
    """The plan that `KeyPlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"spki", "at", "policy"}
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    return key_plan(
        document(asked, "spki", documents),
        at=parse_time(str(asked["at"]), what="asked.at") if at is None else at,
        policy=policy_from_json(document_json(asked, "policy", documents)),
    )


def check_key(
    spki: bytes,
    *,
    lists: Transport,
    at: datetime,
    policy: Policy = BASELINE,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
) -> KeyResult:
    """Decide whether a public key may be certified (BR 6.1.1.3, 6.1.5, 6.1.6, 7.1.3.1).

    Args:
        spki: a SubjectPublicKeyInfo in DER: those very bytes are judged.
        lists: answers the questions to the lists of bad keys: `pkicheck.lists.PackagedLists` with `blocklists`, or a
            transport of the caller.
        at: the moment judged, aware.
        policy: the caller's policy; `policy.keys` has the choices and the names of the lists.
        deadline: for the whole check.
        record: called with every observation as it arrives.

    Returns:
        The result; bytes that are no key are a refusal, a list that cannot be asked is a doubt.

    Raises:
        InputError: an argument is wrong; the message names it.
        TransportError: our own side is broken.
    """
    return run(key_plan(spki, at=at, policy=policy), lists, deadline=deadline, record=record)
