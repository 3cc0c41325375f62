"""Whether enough remote perspectives confirm what the primary one concluded (BR 3.2.2.9), as a pure decision.

The set of perspectives is the set that was used: nothing is trimmed afterwards, a silent one counts against the quorum,
and one that does not count for any reason (too close, another question, another attempt, a borrowed view) counts like
one that disagrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias, cast

import attrs

from pkicheck.canon import JsonValue, format_time, utc
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Verdict, finding
from pkicheck.mpic._places import Perspective, far_enough
from pkicheck.plans import Plan, replay
from pkicheck.policy import NetPolicy, Policy
from pkicheck.ports import ListFact, Observation, Seen
from pkicheck.results import Result
from pkicheck.rules import in_force, step
from pkicheck.rules.mpic import BR_MPIC, BR_QUORUM, BR_REGIONS, REMOTES

__all__ = ["Count", "RemoteReport", "Requirements", "Subject", "decide", "requirements"]

Subject: TypeAlias = Result
"""A `CaaResult` or a `DcvResult`."""

_KINDS: Final = frozenset({"caa", "dcv"})
# What the question of a perspective may have of its own: the policy of a remote one, and what belongs to no answer.
_OWN: Final = frozenset({"policy", "canary", "at"})
_MANY: Final = 6
_MOST: Final = 1000


@attrs.frozen(kw_only=True)
class RemoteReport:
    """What came back from one remote perspective.

    Attributes:
        perspective: which one.
        result: its result with its evidence, or None.
        claim: what it says that it concluded, where it gives no evidence; None when it says nothing.
        raw: its answer as it came. A silent perspective has no result, no claim, and nothing here.
    """

    perspective: Perspective
    result: Subject | None = None
    claim: bool | None = None
    raw: bytes = b""

    def __attrs_post_init__(self) -> None:
        if self.result is not None and self.claim is not None:
            msg = f"report of {self.perspective.id}: a result or a claim, not both"
            raise InputError(msg)
        if self.result is not None and self.result.kind not in _KINDS:
            msg = f"report of {self.perspective.id}: result must be a CaaResult or a DcvResult"
            raise InputError(msg)
        if self.claim is not None and not isinstance(self.claim, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"report of {self.perspective.id}: claim must be true, false or None"
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class Requirements:
    """What a day asks for.

    Attributes:
        remotes: distinct remote perspectives at least; 0 before there was a duty.
        binding: whether issuance stops without the quorum.
        regions: registry regions of the corroborating remotes at least; 0 before there was such a rule.
    """

    remotes: int
    binding: bool
    regions: int

    @staticmethod
    def misses_allowed(used: int) -> int:
        """How many of `used` distinct remote perspectives may fail to corroborate."""
        return 0 if used < 2 else 1 if used < _MANY else 2


def requirements(at: datetime) -> Requirements:
    """What BR 3.2.2.9 asks for at the moment of an attempt (aware).

    Raises:
        InputError: a naive moment.
    """
    moment = utc(at, what="at")
    return Requirements(
        remotes=step(REMOTES, moment) or 0,
        binding=in_force(BR_QUORUM, moment),
        regions=2 if in_force(BR_REGIONS, moment) else 0,
    )


@attrs.frozen
class Count:
    """How an attempt came out: `corroborating` of `used` distinct remote perspectives, and what was found."""

    corroborating: int
    used: int
    findings: tuple[Finding, ...]


def decide(
    primary: Subject, remotes: Iterable[RemoteReport], *, seat: Perspective, at: datetime, policy: Policy
) -> Count:
    """The decision. Every result is decided again from its own observations: what it says of itself is not believed.

    Steps:
        1. The primary result is a PASS of the primary perspective, seen from its seat, of this moment, no dry run.
        2. Each report by itself: it answers, with evidence or an accepted claim, the same question, in this attempt,
           from a view of its own.
        3. Each perspective is distinct from the primary and from every other, as are the resolvers; of two that lie
           too close to each other the one whose id comes later does not count.
        4. Enough distinct perspectives were used, few enough failed, and those that corroborate lie in enough regions.
    """
    reports = sorted(map(_decided_report, remotes), key=lambda each: each.perspective.id)
    primary = _decided(primary)
    if len(reports) > _MOST:
        msg = f"remotes: at most {_MOST} reports, got {len(reports)}"
        raise InputError(msg)
    asked = requirements(at)
    due = policy.mpic.required and in_force(BR_MPIC, at)
    found = list(_primary(primary, seat, at, policy))  # 1
    ids = [each.perspective.id for each in reports]
    twice = sorted({name for name in (*ids, seat.id) if [*ids, seat.id].count(name) > 1})
    found += [finding("mpic.remote-twice", name) for name in twice]
    start = _start(primary)
    vantages = _vantages(primary)
    corroborating: list[Perspective] = []
    used: list[Perspective] = []
    for report in reports:  # 2, 3
        distinct = all(far_enough(report.perspective.place, other.place) for other in (seat, *used))
        said = _report(report, primary, start, vantages, policy)
        vantages |= _vantages(report.result)
        if not distinct:
            said = finding("mpic.remote-not-distinct", report.perspective.id)
        elif said.code in {"mpic.remote-corroborates", "mpic.remote-claims"}:
            resolvers = [each.resolver_place for each in (seat, *used)]
            place, region = report.perspective.resolver_place, report.perspective.resolver_region
            if region != report.perspective.rir or not all(far_enough(place, other) for other in resolvers):
                said = finding("mpic.remote-resolver-place", report.perspective.id, saw=[report.perspective.resolver])
        if distinct:
            used.append(report.perspective)
        if said.code in {"mpic.remote-corroborates", "mpic.remote-claims"}:
            corroborating.append(report.perspective)
        found.append(said)
    lacking = list(_lacking(corroborating, used, len(reports), asked, policy))  # 4
    quorum = f"{len(corroborating)}/{len(used)}"
    if not due:
        found.append(finding("mpic.not-required", seat.id, saw=[quorum]))
    elif not lacking:
        found.append(finding("mpic.quorum-met", seat.id, saw=[quorum]))
    elif asked.binding:
        found += lacking
    else:
        found.append(finding("mpic.quorum-measured", seat.id, saw=[quorum, *(each.code for each in lacking)]))
    return Count(len(corroborating), len(used), tuple(found))


def _decided(result: Subject) -> Subject:
    """The result as its question and observations give it; one that is no PASS stays what it is."""
    if result.verdict is not Verdict.PASS:
        return result
    return replay(cast("Plan[Subject]", getattr(result, "plan")), Seen(result.observations))  # noqa: B009 - of both kinds


def _decided_report(report: RemoteReport) -> RemoteReport:
    return report if report.result is None else attrs.evolve(report, result=_decided(report.result))


def _primary(primary: Subject, seat: Perspective, at: datetime, policy: Policy) -> Iterable[Finding]:
    place = primary.subject()
    if primary.verdict is not Verdict.PASS:
        saw = [primary.verdict.name, *(each.code for each in primary.deciding())]
        yield finding("mpic.primary-not-pass", place, expected="PASS", saw=saw)
    if primary.policy.net.perspective != "primary":
        yield finding("mpic.primary-is-remote", place)
    start = _start(primary)
    # The rules of the moment of the attempt count: another moment would choose other rules.
    if start is None or primary.at > at or at - start > policy.mpic.attempt:
        saw = [] if start is None else [format_time(start)]
        yield finding("mpic.primary-other-attempt", place, expected=f"shortly before {format_time(at)}", saw=saw)
    if start is not None and _vantages(primary) != {seat.id}:
        # The distances are counted from the seat: they say nothing of a result that was seen from elsewhere.
        saw = sorted(_vantages(primary))
        yield finding("mpic.primary-other-attempt", place, expected=f"seen from {seat.id}", saw=saw)
    if policy.public and not primary.policy.public:
        yield finding("mpic.primary-other-policy", place, expected=policy.name, saw=[primary.policy.name])
    if primary.asked().get("at") is not None:
        yield finding("mpic.primary-dry-run", place)


def _lacking(
    corroborating: list[Perspective], used: list[Perspective], reports: int, asked: Requirements, policy: Policy
) -> Iterable[Finding]:
    least = max(asked.remotes, policy.mpic.remotes)
    if len(used) < least:
        yield finding("mpic.remotes-too-few", "remotes", expected=f"at least {least}", saw=[str(len(used))])
    # Reports of perspectives that are not distinct failed like any other.
    missed, allowed = reports - len(corroborating), Requirements.misses_allowed(len(used))
    if missed > allowed:
        quorum = f"{len(corroborating)}/{len(used)}"
        yield finding("mpic.quorum-not-met", "remotes", expected=f"at most {allowed} misses", saw=[quorum])
    regions = sorted({each.rir for each in corroborating})
    if len(regions) < asked.regions:
        yield finding("mpic.regions-too-few", "remotes", expected=f"at least {asked.regions}", saw=regions)


def _report(
    report: RemoteReport, primary: Subject, start: datetime | None, vantages: set[str], policy: Policy
) -> Finding:
    place = report.perspective.id
    if report.claim is not None:
        if report.claim is False:
            return finding("mpic.remote-disagrees", place, saw=["claim"])
        if policy.mpic.claims == "refuse" or not report.raw:
            return finding("mpic.claim-not-counted", place)
        return finding("mpic.remote-claims", place)
    if report.result is None:
        return finding("mpic.remote-silent", place)
    if report.result.kind != primary.kind or _question(report.result) != _question(primary):
        return finding("mpic.remote-other-question", place, expected=primary.subject(), saw=[report.result.subject()])
    if _choices(report.result) != _choices(primary):
        saw = [report.result.policy.name]
        return finding("mpic.remote-other-policy", place, expected=primary.policy.name, saw=saw)
    if report.result.verdict is not Verdict.PASS or report.result.asked().get("at") is not None:
        saw = [report.result.verdict.name, *(each.code for each in report.result.deciding())]
        return finding("mpic.remote-disagrees", place, saw=saw)
    if not _same_attempt(report.result, start, policy.mpic.attempt):
        return finding("mpic.remote-other-attempt", place)
    seen_from = _vantages(report.result)
    if seen_from != {place} or seen_from & vantages:
        return finding("mpic.remote-shared-view", place, expected=place, saw=sorted(seen_from))
    return finding("mpic.remote-corroborates", place)


def _question(result: Subject) -> Mapping[str, JsonValue]:
    return {key: value for key, value in result.asked().items() if key not in _OWN}


def _choices(result: Subject) -> Policy:
    """The policy without its name and without what concerns lookups: a perspective has a resolver of its own."""
    return attrs.evolve(result.policy, name="-", net=NetPolicy())


def _vantages(result: Subject | None) -> set[str]:
    return set() if result is None else {each.vantage for each in result.observations if _is_from_network(each)}


def _is_from_network(observation: Observation) -> bool:
    # A list is the same seen from anywhere.
    return not isinstance(observation, ListFact)


def _start(result: Subject) -> datetime | None:
    return min((each.sent for each in result.observations if _is_from_network(each)), default=None)


def _same_attempt(result: Subject, start: datetime | None, within: timedelta) -> bool:
    moments = [each.sent for each in result.observations if _is_from_network(each)]
    return start is not None and bool(moments) and all(abs(each - start) <= within for each in moments)
