"""A CAA result in plain words: name, level, record, alias, resolver, DNSSEC state, and what would make it pass."""

from __future__ import annotations

from pkicheck.caa.result import CaaResult
from pkicheck.canon import format_time
from pkicheck.codes import Level, code
from pkicheck.dnswire import CAA
from pkicheck.findings import Verdict, show
from pkicheck.lookups import read_answer
from pkicheck.ports import DnsObservation

__all__ = ["explain_caa"]

_VERDICTS = {
    Verdict.PASS: "CAA permits issuance",
    Verdict.FAIL: "CAA forbids issuance",
    Verdict.INCOMPLETE: "CAA could not be decided: do not issue, ask again",
}
_HEADS = {Level.REFUSAL: "Why it is refused", Level.DOUBT: "What is not known", Level.NOTE: "What else was seen"}
_PERMITTING = frozenset(
    {
        "caa.authorised",
        "caa.no-records",
        "caa.not-restricting",
        "caa.parameters-advisory",
        "caa.failure-permitted",
        "caa.not-required-ip",
        "caa.not-required-onion",
    }
)
_ANSWERS = {
    "data": "a record set",
    "nodata": "no CAA records",
    "nxdomain": "the name does not exist",
    "alias": "an alias",
}


def explain_caa(result: CaaResult) -> str:
    """The result for a reader who is no expert; several lines, no line feed at the end."""
    plan = result.plan
    asked = plan.asked()
    lines = [f"{_VERDICTS[result.verdict]} for {asked['name']} by {', '.join(plan.issuers)}."]
    details = [f"purpose {plan.purpose}", f"policy {plan.policy.name}", f"judged at {format_time(result.at)}"]
    if plan.method is not None:
        details.append(f"method {show(plan.method)}")
    if plan.accounts:
        details.append(f"account {', '.join(show(each) for each in plan.accounts)}")
    lines.append(f"  ({'; '.join(details)})")
    if result.found_at is not None:
        lines.append(f"The records that decide stand at {result.found_at.text}:")
        lines += [f'  {flags} {show(tag)} "{show(value)}"' for flags, tag, value in result.records]
    permitted = result.verdict is Verdict.PASS
    if permitted:
        lines.append("Why it is permitted:")
        lines += [f"  {each.code}: {each.message}" for each in result.findings if each.code in _PERMITTING]
    said = _PERMITTING if permitted else frozenset[str]()
    for level, head in _HEADS.items():
        found = [each for each in result.findings if each.level is level and each.code not in said]
        if found:
            lines.append(f"{head}:")
            lines += [f"  {each.code}: {each.message}" for each in found]
    if result.verdict is not Verdict.PASS:
        remedies = dict.fromkeys(code(each.code).remedy for each in result.deciding())
        lines.append("What would make it pass:")
        lines += [f"  {each}" for each in remedies]
    lookups = [each for each in result.observations if isinstance(each, DnsObservation) and each.request.rdtype == CAA]
    if lookups:
        lines.append("What was asked:")
        lines += [f"  {_lookup(each)}" for each in lookups]
    if plan.at is not None:
        lines.append("This is a dry run: no certificate may be issued on it.")
    elif result.verdict is Verdict.PASS and result.expires_at is not None:
        lines.append(f"It may be relied on until {format_time(result.expires_at)}; then check again.")
    return "\n".join(lines)


def _lookup(observation: DnsObservation) -> str:
    answer = read_answer(observation)
    query = observation.request
    said = _ANSWERS.get(answer.outcome.value, f"failed ({answer.outcome.value.removeprefix('lookup-')})")
    alias = f" by the alias to {answer.aliases[-1].target.text}" if answer.aliases else ""
    signed = ", authenticated" if answer.authentic else ""
    role = "" if query.role == "answer" else f" [{query.role}]"
    server = show(observation.server[:24]) or "no server"
    return f"{query.name.text}{role}: {said}{alias}{signed}; {server}, {format_time(observation.received)}"
