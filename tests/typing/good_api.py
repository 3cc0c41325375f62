"""The public API as a program of a CA calls it: never run, only type-checked.

The wrong calls stand beside the right ones. Each carries the very complaint that mypy and pyright have to make; both
run with "unnecessary ignore" as an error, so a wrong call that becomes acceptable fails the check.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from typing import Literal, assert_type

import attrs

import pkicheck
from pkicheck import (
    BASELINE,
    PRIVATE,
    AsyncTransport,
    CaaPlan,
    CaaResult,
    DnsName,
    DnsObservation,
    DnsQuery,
    DomainName,
    EvidenceJson,
    Failure,
    Finding,
    InputError,
    Level,
    ListFact,
    ListQuestion,
    MethodId,
    Needs,
    Observation,
    Plan,
    Policy,
    Recorder,
    Refused,
    Replay,
    Result,
    Seen,
    Stored,
    Transport,
    TransportError,
    Verdict,
    WildcardName,
    Zones,
    aio,
    arun,
    arun_many,
    caa_plan,
    check_caa,
    combine,
    labels,
    load,
    parse_name,
    replay,
    run,
    run_many,
)
from pkicheck.canon import Sha256
from pkicheck.dcv import (
    DcvPlan,
    DcvResult,
    DnsChange,
    Method,
    MethodStatus,
    RandomValue,
    method,
    methods,
    new_random_value,
)
from pkicheck.findings import finding
from pkicheck.policy import CaaPolicy, NetPolicy
from pkicheck.ports import Request
from pkicheck.rules import RuleId, in_force

AT = datetime(2026, 11, 21, tzinfo=timezone.utc)
TWENTY = timedelta(seconds=20)


# --- a check


def blocking(resolver: Transport) -> None:
    """What most programs do."""
    result = check_caa("*.shop.example", issuers={"ca.example"}, resolver=resolver)
    assert_type(result, CaaResult)
    assert_type(result.require(), CaaResult)
    assert_type(result.verdict, Verdict)
    assert_type(result.findings, tuple[Finding, ...])
    assert_type(result.expires_at, datetime | None)
    assert_type(result.observations, tuple[Observation, ...])
    assert_type(result.found_at, DomainName | None)
    assert_type(result.records, tuple[tuple[int, bytes, bytes], ...])
    assert_type(result.covers("shop.example", issued_at=AT), tuple[Finding, ...])
    assert_type(result.to_json(), bytes)
    assert_type(result.findings[0].level, Level)
    assert_type(result.findings[0].rules, tuple[RuleId, ...])
    assert_type(pkicheck.explain(result), str)
    check_caa(
        parse_name("shop.example"),
        issuers=["ca.example"],
        resolver=resolver,
        purpose="smime",
        accounts=("https://ca.example/acct/1",),
        method=MethodId("3.2.2.4.7"),
        at=AT,
        policy=PRIVATE,
        deadline=TWENTY,
        record=print,
    )
    check_caa(IPv4Address("192.0.2.1"), issuers=("ca.example",), resolver=Zones(), method="http-01")


async def asynchronous(resolver: AsyncTransport) -> None:
    """The same, asynchronous."""
    result = await aio.check_caa("shop.example", issuers={"ca.example"}, resolver=resolver, deadline=TWENTY)
    assert_type(result, CaaResult)


def wrong_checks(resolver: Transport, async_resolver: AsyncTransport, recorder: Recorder) -> None:
    """What a type checker refuses before a CA has to find out."""
    check_caa("a.example", {"ca.example"}, resolver=resolver)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    check_caa("a.example", resolver=resolver)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    check_caa("a.example", issuers={"ca.example"})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    check_caa(b"a.example", issuers={"ca.example"}, resolver=resolver)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={b"ca.example"}, resolver=resolver)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers=iter(["ca.example"]), resolver=resolver)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver="127.0.0.1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver=async_resolver)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver=resolver, purpose="code")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver=resolver, at="2026-11-21")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver=resolver, deadline=20)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver=resolver, policy="BASELINE")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    check_caa("a.example", issuers={"ca.example"}, resolver=resolver, record=recorder, now=AT)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def wrong_asynchronous(resolver: Transport, async_resolver: AsyncTransport) -> CaaResult:
    """A blocking transport in an asynchronous check, and a check that nobody awaits."""
    await aio.check_caa("a.example", issuers={"ca.example"}, resolver=resolver)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return aio.check_caa("a.example", issuers={"ca.example"}, resolver=async_resolver)  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


# --- results


def permitted(result: CaaResult, results: Sequence[Result]) -> bool:
    """How an answer is used."""
    assert_type(combine(results), Verdict)
    assert_type(combine([result]), Verdict)
    try:
        result.require()
    except Refused as refused:
        assert_type(refused.result, Result)
    return result.verdict is Verdict.PASS


def wrong_results(result: CaaResult, stored: Stored) -> None:
    """Nothing of a result can be set, a verdict cannot be given, a record has none, and no order of verdicts exists."""
    first = result.findings[0]
    first.place = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    result.findings.append(first)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    result.findings[0] = first  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    result.findings = (first,)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    result.verdict = Verdict.PASS  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    combine(result)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    combine([result.verdict])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    combine([stored])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    print(result.passed)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(Verdict.PASS < Verdict.FAIL)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownArgumentType]
    print(Verdict.OK)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(bool(result))  # a TypeError when it runs: neither checker looks at what `__bool__` returns
    Result(findings=(), at=AT, policy=BASELINE, expires_at=None, observations=())  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]


# --- evidence


def evidence(line: bytes) -> None:
    """From a record to a result, by deciding again."""
    stored = load(line)
    assert_type(stored, Stored)
    assert_type(stored.record, EvidenceJson)
    assert_type(stored.record["verdict"], Literal["pass", "fail", "incomplete"])
    assert_type(stored.record["rules_digest"], Sha256)
    again = stored.replay(at=AT, documents=[b"policy"])
    assert_type(again, Replay)
    assert_type(again.result, Result)
    assert_type(again.findings_added, tuple[str, ...])
    assert_type(again.same, bool)


def wrong_evidence(stored: Stored) -> None:
    """A stored record is no result."""
    load("{}")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    stored.require()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    print(stored.verdict)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    stored.replay(AT)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    stored.replay(documents=b"policy")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    print(stored.record["passed"])  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownArgumentType]


# --- plans


def plans(io: Transport, seen: Seen) -> None:
    """Plans are values; the loops give back what the plan promises."""
    plan = caa_plan("a.example", issuers={"ca.example"})
    assert_type(plan, CaaPlan)
    assert_type(plan.step(seen), CaaResult | Needs)
    assert_type(run(plan, io, deadline=TWENTY), CaaResult)
    assert_type(replay(plan, seen), CaaResult)
    assert_type(run_many([plan], io, in_flight=10, ordered=False), Iterator[tuple[int, CaaResult]])


def wider_plan(plan: Plan[Result], io: Transport) -> None:
    """A plan of any result gives a result; a plan of a CAA result is one of those."""
    assert_type(run(plan, io, deadline=TWENTY), Result)
    wider_plan(caa_plan("a.example", issuers={"ca.example"}), io)


async def asynchronous_plans(io: AsyncTransport) -> None:
    """The same, asynchronous."""
    plan = caa_plan("a.example", issuers={"ca.example"})
    assert_type(await arun(plan, io, deadline=TWENTY), CaaResult)
    assert_type(arun_many([plan], io), AsyncIterator[tuple[int, CaaResult]])


@attrs.frozen
class Asks:
    """A plan of one's own."""

    name: DnsName

    def step(self, seen: Seen, /) -> int | Needs:
        """How large an answer is."""
        query = DnsQuery(name=self.name, rdtype=257)
        found = seen.dns(query)
        return Needs((query,)) if found is None else len(found.raw)


def own_plan(io: Transport) -> None:
    """A plan needs nothing but its method."""
    assert_type(run(Asks(DnsName(b"\0")), io, deadline=TWENTY), int)


def wrong_plans(io: Transport, async_io: AsyncTransport) -> None:
    """A plan without a deadline, over the wrong kind of transport, or that is no plan."""
    plan = caa_plan("a.example", issuers={"ca.example"})
    run(plan, io)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    run(plan, io, TWENTY)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    run(plan, async_io, deadline=TWENTY)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    run("a.example", io, deadline=TWENTY)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    plan.name = parse_name("b.example")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Needs(["a.example"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# --- ports


class Registry:
    """A transport of one's own, by its methods alone."""

    def now(self) -> datetime:
        """The clock."""
        return AT

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Answer nothing but questions to lists."""
        return [
            ListFact(request=each, vantage="here", sent=AT, received=AT, version="1", as_of=AT, answer=None)
            for each in batch
            if isinstance(each, ListQuestion)
        ]


class Blind:
    """No transport: it has no clock."""

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """Nothing."""
        return ()


def ports(seen: Seen, query: DnsQuery, question: ListQuestion) -> None:
    """What was seen is typed by what was asked."""
    transport: Transport = Registry()
    assert_type(transport.now(), datetime)
    assert_type(seen.dns(query), DnsObservation | None)
    assert_type(seen.fact(question), ListFact | None)
    assert_type(query.role, Literal["answer", "retry", "canary", "ds", "cd", "probe"])


def wrong_ports(seen: Seen, query: DnsQuery, question: ListQuestion) -> None:
    """Requests of one kind are not answered by another, and names are not texts."""
    transport: Transport = Blind()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    print(transport)
    seen.dns(question)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    seen.fact(query)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    DnsQuery(name="a.example", rdtype=257)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    DnsQuery(name=DnsName(b"\0"), rdtype=257, role="guess")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    DnsQuery(DnsName(b"\0"), 257)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    query.attempt = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    print(Failure.NXDOMAIN)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]


# --- policies, names, findings, rules


def vocabulary() -> None:
    """Whole policies, parsed names, codes."""
    strict = attrs.evolve(BASELINE, name="strict", caa=CaaPolicy(rfc8657="binding"))
    assert_type(strict, Policy)
    assert_type(strict.fingerprint, Sha256)
    assert_type(strict.net.try_wait, timedelta)
    name = parse_name("*.a.example")
    if isinstance(name, WildcardName):
        assert_type(name.base, DomainName)
        assert_type(name.base.climb(), tuple[DomainName, ...])
    assert_type(labels("3.2.2.4.19"), frozenset[str])
    assert_type(finding("caa.authorised", "a.example", saw=[b"\xff", "x"]), Finding)
    assert_type(in_force(RuleId("br.3.2.2.8/8h"), AT), bool)
    problems: tuple[type[Exception], ...] = (InputError, TransportError, Refused)
    print(problems)


def wrong_vocabulary(name: DomainName) -> None:
    """Choices that do not exist, names that were not parsed, rules that are any text."""
    CaaPolicy(rfc8657="later")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CaaPolicy("binding")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    NetPolicy(try_wait=2.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Policy()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    BASELINE.name = "mine"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    WildcardName("a.example")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    name.wire = b"\0"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    in_force("br.3.2.2.8/8h", AT)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    method: MethodId = "3.2.2.4.7"  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    print(method)
    Finding(code="caa.authorised", place="x", level=Level.NOTE)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    pkicheck.check_everything()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


# --- domain control


async def domain_control(io: Transport, aio_io: AsyncTransport) -> None:
    """Challenges, results, methods, values."""
    value = new_random_value(b"\0" * 20, created_at=AT)
    assert_type(value, RandomValue)
    challenge = DnsChange(name="*.a.example", order="1", account="1", created_at=AT, value=value, label="_x")
    result = pkicheck.check_dcv(challenge, io=io)
    assert_type(result, DcvResult)
    assert_type(result.require(), DcvResult)
    assert_type(result.covers("a.example", issued_at=AT), tuple[Finding, ...])
    assert_type(await aio.check_dcv(challenge, io=aio_io), DcvResult)
    assert_type(challenge.plan(), DcvPlan)
    assert_type(method("http-01").status(AT), MethodStatus)
    assert_type(methods(AT), tuple[Method, ...])


def wrong_domain_control(io: Transport, challenge: DnsChange) -> None:
    """A name where a challenge belongs, a text where a value belongs, a result as a truth value."""
    pkicheck.check_dcv("a.example", io=io)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pkicheck.check_dcv(challenge)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    challenge.label = "_y"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
