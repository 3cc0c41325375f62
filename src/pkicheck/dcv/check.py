"""The entry point of validations, and the reading back of their questions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from pkicheck.canon import JsonValue, Sha256, document_json, parse_time, utc
from pkicheck.dcv.alpn import AcmeTlsAlpn01
from pkicheck.dcv.codec import challenge_from_json
from pkicheck.dcv.contact import ConstructedEmail, DnsContact
from pkicheck.dcv.dns import AcmeDns01, AcmeDnsAccount01, DnsChange
from pkicheck.dcv.persist import PersistentTxt
from pkicheck.dcv.plan import Challenge, DcvPlan, dcv_plan
from pkicheck.dcv.registry import method
from pkicheck.dcv.result import DcvResult
from pkicheck.dcv.web import AcmeHttp01, WebsiteChange
from pkicheck.errors import InputError
from pkicheck.plans import run
from pkicheck.policy import BASELINE, Policy, policy_from_json
from pkicheck.ports import Recorder, Transport

__all__ = ["CHALLENGES", "DEADLINE", "check_dcv", "dcv_plan_from_json", "require_methods"]

DEADLINE: Final = timedelta(seconds=30)
"""What a check may take when the caller does not say."""

CHALLENGES: Final[Mapping[str, type[Challenge]]] = MappingProxyType(
    {
        each.slug: each
        for each in (
            AcmeDns01,
            AcmeDnsAccount01,
            AcmeHttp01,
            AcmeTlsAlpn01,
            ConstructedEmail,
            DnsChange,
            DnsContact,
            PersistentTxt,
            WebsiteChange,
        )
    }
)
"""Every kind of challenge by its name in evidence."""


def check_dcv(
    challenge: Challenge,
    *,
    io: Transport,
    at: datetime | None = None,
    policy: Policy = BASELINE,
    deadline: timedelta = DEADLINE,
    record: Recorder | None = None,
) -> DcvResult:
    """Decide whether the applicant controls a name, by the method of the challenge (BR 3.2.2.4, 3.2.2.5).

    Args:
        challenge: what is to be shown.
        io: answers the questions: DNS, lists, and what the method needs besides; compose it with `pkicheck.Network`.
        at: another moment to judge than that of the observations, aware: a dry run.
        policy: the caller's policy.
        deadline: for the whole check.
        record: called with every observation as it arrives.

    Returns:
        The result; a refusal or not knowing is a result, not an exception.

    Raises:
        InputError: an argument is wrong; the message names it.
        TransportError: our own side is broken.
    """
    return run(dcv_plan(challenge, at=at, policy=policy), io, deadline=deadline, record=record)


def dcv_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> DcvPlan:
    """The plan that `DcvPlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {"name", "method", "adn", "order", "account", "created_at", "value", "challenge", "at", "policy"}
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    when = asked["at"]
    # What else stands in the question is derived from the challenge; who reads evidence compares it.
    return dcv_plan(
        challenge_from_json(document_json(asked, "challenge", documents), CHALLENGES),
        at=at if at is not None or when is None else parse_time(str(when), what="asked.at"),
        policy=policy_from_json(document_json(asked, "policy", documents)),
    )


def require_methods(policy: Policy, *, at: datetime) -> None:
    """Refuse a policy that names a method by which no validation may start at a moment (R119, R147).

    Call it where a policy is loaded; a check itself looks only at its own method.

    Args:
        policy: the policy.
        at: the moment, aware.

    Raises:
        InputError: it names such methods; the message names each.
    """
    moment = utc(at, what="at")
    wrong = [each for each in policy.dcv.methods if not method(each).may_start(moment)]
    if wrong:
        states = ", ".join(f"{each} ({method(each).status(moment).value})" for each in wrong)
        msg = f"policy: dcv.methods names what may not be used at {moment:%Y-%m-%d}: {states}"
        raise InputError(msg)
