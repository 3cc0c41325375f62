"""Authorize: the plan, its result, and the way to a permit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar, Final, TypeVar, cast

import attrs

from pkicheck.caa import CaaPlan, CaaResult
from pkicheck.canon import JsonValue, Sha256, canonical, digest, document, document_json, format_time, parse_time, utc
from pkicheck.csr import binding_from_json, binding_json, issuer_from_json, issuer_json
from pkicheck.dcv import DcvPlan, DcvResult
from pkicheck.dcv.check import CHALLENGES
from pkicheck.errors import InputError
from pkicheck.findings import Level, finding
from pkicheck.gate._decide import Decision
from pkicheck.gate._evidence import Evidence, Proof
from pkicheck.gate._issuance import Approval, Issuance, approval_from_json, approval_json, issuance_json
from pkicheck.gate._permit import Permit, mint
from pkicheck.issuerkey import Purpose
from pkicheck.mpic import MpicPlan, MpicResult
from pkicheck.plans import Needs, run
from pkicheck.policy import BASELINE, Policy, policy_from_json, policy_json
from pkicheck.ports import Observation, Recorder, Seen, Transport
from pkicheck.results import Kind, Result

__all__ = ["DEADLINE", "GatePlan", "GateResult", "authorize", "gate_plan", "gate_plan_from_json", "with_clock"]

DEADLINE: Final = timedelta(seconds=20)
"""What `authorize` may take when the caller does not say."""

_MOST: Final = 100_000
_R = TypeVar("_R", bound=Result)
_Reader = Callable[[bytes], Result]


@attrs.frozen(kw_only=True)
class GatePlan:
    """The question "may this be signed now?" as a value.

    Attributes:
        issuance: what is to be signed.
        proof: what it rests on.
        at: the moment of signing (UTC).
        policy: the caller's policy.
    """

    issuance: Issuance
    proof: Proof
    at: datetime
    policy: Policy = BASELINE

    def __attrs_post_init__(self) -> None:
        # A subclass could answer for itself.
        if type(self.issuance) is not Issuance:
            msg = f"issuance must be an Issuance, got {type(self.issuance).__name__}"
            raise InputError(msg)
        for name, kind in (("validations", DcvResult), ("caa", CaaResult), ("corroborations", MpicResult)):
            if not all(type(each) is kind and _is_own(each) for each in getattr(self.proof, name)):
                msg = f"{name} must be {kind.__name__}s as the library makes them"
                raise InputError(msg)

    def step(self, seen: Seen, /) -> GateResult | Needs:
        """The result, or questions to the lists.

        Steps:
            1. Order, request and key belong together, under this policy.
            2. The issuer may sign this.
            3. Every name and the key, by the lists of this moment.
            4. The validity, by the limit of this day.
            5. The serial number; approvals; holds.
            6. Control of every name.
            7. CAA for every name.
            8. Corroboration of both.
            9. When nothing speaks against it, the registry of serial numbers.
        """
        decision = Decision(self.issuance, self.proof, self._evidence, self.at, self.policy)
        unasked = tuple(each for each in decision.questions if each not in seen)
        if unasked:
            return Needs(unasked)
        findings = decision.findings(seen)
        if self.policy.gate.serials and all(each.level is Level.NOTE for each in findings):
            fact = seen.fact(decision.serial_question)
            if fact is None:
                return Needs((decision.serial_question,))
            taken = decision.serial(fact)
            findings += [] if taken is None else [taken]
        if all(each.level is Level.NOTE for each in findings):
            findings.insert(0, finding("gate.permitted", self.issuance.order))
        return GateResult(
            findings=tuple(findings),
            at=self.at,
            policy=self.policy,
            expires_at=min(decision.ends),
            observations=seen.observations,
            plan=self,
        )

    @cached_property
    def _evidence(self) -> Evidence:
        # Decided once, though a plan is stepped several times.
        return Evidence(self.proof)

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; evidence, binding, issuer and policy by the digests of their documents."""
        proof = self.proof
        return {
            "at": format_time(self.at),
            "policy": digest(canonical(policy_json(self.policy))),
            "issuance": issuance_json(self.issuance),
            "validations": [digest(each.to_json()) for each in proof.validations],
            "caa": [digest(each.to_json()) for each in proof.caa],
            "corroborations": [digest(each.to_json()) for each in proof.corroborations],
            "approvals": [approval_json(each) for each in proof.approvals],
        }

    def documents(self) -> tuple[bytes, ...]:
        """Policy, binding, issuer, and the evidence of every result."""
        proof = self.proof
        results: tuple[Result, ...] = (*proof.validations, *proof.caa, *proof.corroborations)
        held = [
            canonical(policy_json(self.policy)),
            binding_json(self.issuance.binding),
            issuer_json(self.issuance.issuer),
            *(each.to_json() for each in results),
        ]
        return tuple(dict.fromkeys(held))


@attrs.frozen
class _Decided:
    """What `authorize` decided, and the clock that the permit goes by."""

    plan: GatePlan
    observations: tuple[Observation, ...]
    clock: Callable[[], datetime]


@attrs.frozen(kw_only=True)
class GateResult(Result):
    """Whether one certificate may be signed.

    Attributes:
        plan: the question.
    """

    kind: ClassVar[Kind] = "gate"

    plan: GatePlan
    # Set by `authorize` alone: a result that was read back from evidence gives no permit.
    _clock: Callable[[], datetime] | _Decided | None = attrs.field(default=None, eq=False, repr=False, hash=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self._clock is not None and not isinstance(self._clock, _Decided):
            # Evolving hands this on as it is: for another question it then gives no permit.
            object.__setattr__(self, "_clock", _Decided(self.plan, self.observations, self._clock))

    @property
    def permit(self) -> Permit:
        """The permit.

        Raises:
            Refused: the verdict is not PASS.
            InputError: the result comes from evidence and not from `authorize`, or was altered since.
        """
        self.require()
        decided = self._clock
        if not isinstance(decided, _Decided):
            msg = "a result that was decided again from evidence gives no permit: authorize"
            raise InputError(msg)
        if decided.plan is not self.plan or decided.observations is not self.observations:
            msg = "a result that was altered gives no permit: authorize"
            raise InputError(msg)
        return mint(self, decided.clock)

    def subject(self) -> str:
        """`issuance for order <order>`."""
        return f"issuance for order {self.plan.issuance.order}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """What the question names by digest."""
        return self.plan.documents()

    def __reduce__(self) -> tuple[object, ...]:
        # Without the clock: what comes out of a pickle gives no permit.
        fields = {each.name: getattr(self, each.name) for each in attrs.fields(GateResult) if each.name != "_clock"}
        return (_again, (fields,))


def _is_own(each: Result) -> bool:
    """Whether question and parts of a result are of the library's own classes."""
    if isinstance(each, MpicResult):
        inner = (each.plan.primary, *(report.result for report in each.plan.remotes if report.result is not None))
        return type(each.plan) is MpicPlan and all(
            type(part) in (CaaResult, DcvResult) and _is_own(part) for part in inner
        )
    if isinstance(each, DcvResult):
        challenge = each.plan.challenge
        return type(each.plan) is DcvPlan and CHALLENGES.get(challenge.slug) is type(challenge)
    return isinstance(each, CaaResult) and type(each.plan) is CaaPlan


def _again(fields: Mapping[str, object]) -> GateResult:
    return GateResult(**fields)  # type: ignore[arg-type]


def _all(given: Collection[_R], kind: type[_R], name: str) -> tuple[_R, ...]:
    found = tuple(given)
    if len(found) > _MOST or not all(isinstance(each, kind) for each in found):
        msg = f"{name} must be a collection of {kind.__name__}, at most {_MOST}"
        raise InputError(msg)
    return found


def authorize(
    issuance: Issuance,
    *,
    validations: Collection[DcvResult],
    caa: Collection[CaaResult],
    corroborations: Collection[MpicResult],
    approvals: Collection[Approval] = (),
    lists: Transport,
    at: datetime,
    policy: Policy = BASELINE,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
) -> GateResult:
    """Decide, at the moment of signing, whether a certificate may be signed (BR 4.2, 4.3).

    Args:
        issuance: what is to be signed.
        validations: a validation for every name, of this account; surplus ones are not used.
        caa: a CAA result for every domain name.
        corroborations: the multi-perspective corroboration of the results that need one.
        approvals: the approvals that the certificate type needs.
        lists: answers the lists about names and keys, and the registry of serial numbers (`gate.serials`); its clock
            is that of the permit.
        at: the moment of signing (aware).
        policy: the caller's policy.
        deadline: for the answers of the lists.
        record: called with every observation as it arrives.

    Returns:
        The result; on PASS its `permit` is the permission to sign.

    Raises:
        InputError: an argument is wrong; the message names it.
        TransportError: our own side is broken.
    """
    plan = gate_plan(
        issuance,
        validations=validations,
        caa=caa,
        corroborations=corroborations,
        approvals=approvals,
        at=at,
        policy=policy,
    )
    return with_clock(run(plan, lists, deadline=deadline, record=record), lists.now)


def with_clock(result: GateResult, clock: Callable[[], datetime]) -> GateResult:
    """A result that was just decided, with the clock that its permit goes by: for `authorize` alone."""
    return attrs.evolve(result, clock=clock)


def gate_plan(
    issuance: Issuance,
    *,
    validations: Collection[DcvResult],
    caa: Collection[CaaResult],
    corroborations: Collection[MpicResult],
    approvals: Collection[Approval] = (),
    at: datetime,
    policy: Policy = BASELINE,
) -> GatePlan:
    """The plan of a decision, from arguments as callers write them; see `authorize`.

    Raises:
        InputError: an argument is wrong; the message names it.
    """
    if not isinstance(issuance, Issuance):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"issuance must be an Issuance, got {type(issuance).__name__}"
        raise InputError(msg)
    if not isinstance(policy, Policy):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"policy must be a Policy such as pkicheck.BASELINE, got {type(policy).__name__}"
        raise InputError(msg)
    approved = tuple(approvals)
    if not all(isinstance(each, Approval) for each in approved):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = "approvals must be a collection of Approval"
        raise InputError(msg)
    proof = Proof(
        validations=_all(validations, DcvResult, "validations"),
        caa=_all(caa, CaaResult, "caa"),
        corroborations=_all(corroborations, MpicResult, "corroborations"),
        approvals=approved,
    )
    return GatePlan(issuance=issuance, proof=proof, at=utc(at, what="at"), policy=policy)


def gate_plan_from_json(
    asked: Mapping[str, JsonValue],
    documents: Mapping[Sha256, bytes],
    at: datetime | None,
    *,
    read: _Reader,
) -> GatePlan:
    """The plan that `GatePlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.
        read: decides a stored result again; the reader of evidence gives it.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"at", "policy", "issuance", "validations", "caa", "corroborations", "approvals"}
    if set(asked) != want:
        msg = f"evidence.asked: an authorization has exactly {', '.join(sorted(want))}"
        raise InputError(msg)
    approvals = asked["approvals"]
    if not isinstance(approvals, list):
        msg = "evidence.asked.approvals must be a list"
        raise InputError(msg)
    return GatePlan(
        issuance=_read_issuance(asked["issuance"], documents),
        proof=Proof(
            validations=_read(asked["validations"], documents, read, DcvResult),
            caa=_read(asked["caa"], documents, read, CaaResult),
            corroborations=_read(asked["corroborations"], documents, read, MpicResult),
            approvals=tuple(map(approval_from_json, approvals)),
        ),
        at=parse_time(str(asked["at"]), what="evidence.asked.at") if at is None else at,
        policy=policy_from_json(document_json(asked, "policy", documents)),
    )


def _read(named: JsonValue, documents: Mapping[Sha256, bytes], read: _Reader, kind: type[_R]) -> tuple[_R, ...]:
    if not isinstance(named, Sequence) or isinstance(named, str):
        msg = "evidence.asked: validations, caa and corroborations are lists of digests"
        raise InputError(msg)
    found: list[_R] = []
    for each in named:
        result = read(document({"result": each}, "result", documents))
        if not isinstance(result, kind):
            msg = f"evidence.asked: a {kind.__name__} was named, got a record of kind {result.kind}"
            raise InputError(msg)
        found.append(result)
    return tuple(found)


def _read_issuance(value: JsonValue, documents: Mapping[Sha256, bytes]) -> Issuance:
    want = {field.name for field in attrs.fields(Issuance)}
    if not isinstance(value, Mapping) or set(value) != want:
        msg = f"evidence.asked.issuance must be an object with exactly {', '.join(sorted(want))}"
        raise InputError(msg)
    uris, serial, test = value["account_uris"], str(value["serial"]), value["test"]
    if not isinstance(uris, list) or not isinstance(test, bool) or not serial.lstrip("-").isdigit():
        msg = "evidence.asked.issuance: account_uris is a list, test true or false, serial a decimal number"
        raise InputError(msg)
    return Issuance(
        order=str(value["order"]),
        issuer=issuer_from_json(document(value, "issuer", documents)),
        binding=binding_from_json(document(value, "binding", documents)),
        account=str(value["account"]),
        account_uris=[str(each) for each in uris],
        not_before=parse_time(str(value["not_before"]), what="issuance.not_before"),
        not_after=parse_time(str(value["not_after"]), what="issuance.not_after"),
        serial=int(serial),
        test=test,
        purpose=cast("Purpose", value["purpose"]),
    )
