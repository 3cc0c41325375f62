"""CAA vectors as values: the shape of `vectors/caa/*.toml`, the zone data that a vector describes, and its question.

Used by the vector suite, the laws and the tests of freshness. Defaults are those of the ordinary case: the CA is
`ca.example`, the data is unsigned, the clock stands at noon of a day on which every rule but RFC 8657's is in force.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import pickle
import random
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

import attrs
import dns.rdatatype
from attrs.validators import in_, instance_of, matches_re, optional

from pkicheck import aio
from pkicheck.caa import CaaPlan, CaaResult, caa_plan, check_caa
from pkicheck.canon import parse_time
from pkicheck.dnswire import DS, NSEC, NSEC3, SOA, build_response
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Verdict
from pkicheck.names import DnsName, parse_domain
from pkicheck.plans import Needs, arun_many, replay, run_many
from pkicheck.policy import BASELINE, PRIVATE, Policy, policy_from_json, policy_json
from pkicheck.ports import DnsQuery, Observation, Request, Seen
from pkicheck.testing import AsyncZone, FixedClock, Zone
from pkicheck.zonefile import ZoneRecord, ZoneStatus, read_zone_text
from tests.vectorfile import VectorError, moment, nested, octets, texts

__all__ = [
    "CANARY",
    "NOON",
    "CaaVector",
    "CaseZone",
    "Raw",
    "Reply",
    "citations",
    "codes_of",
    "decide",
    "denial",
    "plan_of",
    "policy_of",
    "zone_of",
]

NOON: Final = parse_time("2026-11-21T12:00:00Z")
CANARY: Final = "c4n4ry0c4n4ry0c4n4ry"

_ID = matches_re(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TEXT = instance_of(str)
_WORDS = matches_re(r"(?s)\S.*")
_STATUS = in_(("secure", "unsigned", "unvalidated", "bogus"))


@attrs.frozen(kw_only=True)
class More:
    """Further zone data with a DNSSEC status of its own."""

    zone: str = attrs.field(validator=_TEXT)
    status: ZoneStatus = attrs.field(validator=_STATUS)


@attrs.frozen(kw_only=True)
class Raw:
    """A record given by the octets of its RDATA, well-formed or not."""

    owner: str = attrs.field(validator=_TEXT)
    type: str = attrs.field(default="CAA", validator=_TEXT)
    ttl: int = attrs.field(default=300, validator=instance_of(int))
    rdata: bytes = attrs.field(converter=octets)


@attrs.frozen(kw_only=True)
class Fail:
    """A lookup that goes wrong (`pkicheck.testing.FailureKind`)."""

    owner: str = attrs.field(validator=_TEXT)
    type: str = attrs.field(default="CAA", validator=_TEXT)
    kind: Any = attrs.field(validator=_TEXT)
    times: int | None = attrs.field(default=None, validator=optional(instance_of(int)))


def optional_octets(value: object) -> bytes | None:
    """Hexadecimal text as octets, None as None."""
    return None if value is None else octets(value)


@attrs.frozen(kw_only=True)
class Reply:
    """A message for a lookup: sections as zone-file text, or the whole `message` in octets.

    `role`: for one role of the question only; `times`: for the first so many questions.
    """

    owner: str = attrs.field(validator=_TEXT)
    type: str = attrs.field(default="CAA", validator=_TEXT)
    role: str = attrs.field(default="", validator=_TEXT)
    answer: str = attrs.field(default="", validator=_TEXT)
    authority: str = attrs.field(default="", validator=_TEXT)
    rcode: int = attrs.field(default=0, validator=instance_of(int))
    flags: int = attrs.field(default=0x8180, validator=instance_of(int))
    ede: tuple[int, ...] = attrs.field(default=(), converter=tuple)
    message: bytes | None = attrs.field(default=None, converter=optional_octets)
    times: int | None = attrs.field(default=None, validator=optional(instance_of(int)))


@attrs.frozen(kw_only=True)
class Delegation:
    """What a validating resolver answers to DS at a name.

    `ds`: a DS set, authenticated. `nsec`, `nsec3`: an authenticated denial at a delegation. `inside`: an authenticated
    denial at a name that is no delegation. `unauthenticated`: a denial without AD.
    """

    name: str = attrs.field(validator=_TEXT)
    says: str = attrs.field(validator=in_(("ds", "nsec", "nsec3", "inside", "unauthenticated")))


@attrs.frozen(kw_only=True)
class Repeat:
    """A line of zone-file text written `count` times; `{n}` is the number from 1."""

    line: str = attrs.field(validator=_TEXT)
    count: int = attrs.field(validator=instance_of(int))


@attrs.frozen(kw_only=True)
class Sign:
    """A signature that relies on the result: `after` seconds after the clock, for `name`; the codes that refuse it."""

    after: int = attrs.field(validator=instance_of(int))
    name: str = attrs.field(default="", validator=_TEXT)
    codes: tuple[str, ...] = attrs.field(converter=texts)


def _more_tables(value: object) -> tuple[More, ...]:
    return nested(More, value)


def _raw_tables(value: object) -> tuple[Raw, ...]:
    return nested(Raw, value)


def _fail_tables(value: object) -> tuple[Fail, ...]:
    return nested(Fail, value)


def _reply_tables(value: object) -> tuple[Reply, ...]:
    return nested(Reply, value)


def _delegation_tables(value: object) -> tuple[Delegation, ...]:
    return nested(Delegation, value)


def _repeat_tables(value: object) -> tuple[Repeat, ...]:
    return nested(Repeat, value)


def _sign_tables(value: object) -> tuple[Sign, ...]:
    return nested(Sign, value)


def _clock(value: object) -> datetime:
    found = moment(value)
    if found is None:
        msg = "a clock stands somewhere"
        raise VectorError(msg)
    return found


@attrs.frozen(kw_only=True)
class CaaVector:
    """One fact about CAA. `disputed` says why the code does not answer as the texts demand: such a vector must fail."""

    id: str = attrs.field(validator=_ID)
    comment: str = attrs.field(validator=_WORDS)
    rule: tuple[str, ...] = attrs.field(converter=texts)
    source: str = attrs.field(validator=_WORDS)
    disputed: str = attrs.field(default="", validator=_TEXT)
    # -- the data
    zone: str = attrs.field(default="", validator=_TEXT)
    status: ZoneStatus = attrs.field(default="unsigned", validator=_STATUS)
    more: tuple[More, ...] = attrs.field(default=(), converter=_more_tables)
    raw: tuple[Raw, ...] = attrs.field(default=(), converter=_raw_tables)
    repeat: tuple[Repeat, ...] = attrs.field(default=(), converter=_repeat_tables)
    fail: tuple[Fail, ...] = attrs.field(default=(), converter=_fail_tables)
    reply: tuple[Reply, ...] = attrs.field(default=(), converter=_reply_tables)
    delegation: tuple[Delegation, ...] = attrs.field(default=(), converter=_delegation_tables)
    server: str | None = attrs.field(default=None, validator=optional(_TEXT))
    vantage: str = attrs.field(default="zone", validator=_TEXT)
    clock: datetime = attrs.field(default=NOON, converter=_clock)
    # -- the question
    name: str = attrs.field(validator=_TEXT)
    issuers: tuple[str, ...] = attrs.field(default=("ca.example",), converter=texts)
    accounts: tuple[str, ...] = attrs.field(default=(), converter=texts)
    method: str | None = attrs.field(default=None, validator=optional(_TEXT))
    purpose: Any = attrs.field(default="tls", validator=in_(("tls", "smime", "vmc")))
    at: datetime | None = attrs.field(default=None, converter=moment)
    policy: dict[str, Any] = attrs.field(factory=dict, validator=instance_of(dict))
    # -- the answer
    verdict: Verdict = attrs.field(converter=Verdict)
    codes: tuple[str, ...] = attrs.field(converter=texts)
    never: tuple[str, ...] = attrs.field(default=(), converter=texts)
    found_at: str | None = attrs.field(default=None, validator=optional(_TEXT))
    queries: int | None = attrs.field(default=None, validator=optional(instance_of(int)))
    expires_in: int | None = attrs.field(default=None, validator=optional(instance_of(int)))
    sign: tuple[Sign, ...] = attrs.field(default=(), converter=_sign_tables)


class CaseZone(Zone):
    """Zone data with whole messages for single questions, and a server name of choice."""

    def __init__(self, vector: CaaVector) -> None:
        self._called = vector.server
        self._replies: list[tuple[Reply, list[int]]] = []
        super().__init__(clock=FixedClock(vector.clock), vantage=vector.vantage, status=vector.status)

    @property
    def server(self) -> str:
        return super().server if self._called is None else self._called

    def answer(self, reply: Reply) -> None:
        """Let `reply` be the answer to its question from now on, or for its number of times."""
        self._replies.append((reply, [-1 if reply.times is None else reply.times]))

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        observations: list[Observation] = []
        for request in batch:
            raw = self._scripted(request) if isinstance(request, DnsQuery) else None
            if raw is None:
                observations += super().exchange((request,), within=within)
            else:
                self.asked.append(cast("DnsQuery", request))
                observations.append(self.observe(cast("DnsQuery", request), raw))
        return observations

    def _scripted(self, query: DnsQuery) -> bytes | None:
        for reply, left in self._replies:
            wanted = (parse_owner(reply.owner), int(dns.rdatatype.from_text(reply.type)))
            if (query.name.wire, query.rdtype) == wanted and reply.role in ("", query.role) and left[0]:
                left[0] -= 1
                if reply.message is not None:
                    return reply.message
                return build_response(
                    query.name.wire,
                    query.rdtype,
                    rcode=reply.rcode,
                    answer=_section(reply.answer),
                    authority=_section(reply.authority),
                    flags=reply.flags,
                    ede=dict.fromkeys(reply.ede, b""),
                )
        return None


def parse_owner(owner: str) -> bytes:
    """The wire form of an owner name; `.` is the root."""
    return DnsName.root().wire if owner == "." else parse_domain(owner).wire


def _section(text: str) -> tuple[tuple[bytes, int, int, bytes], ...]:
    return tuple((each.owner.wire, each.rdtype, each.ttl, each.rdata) for each in read_zone_text(text))


_SOA_DATA: Final = b"\0\0" + bytes(20)
_TYPES_OF_A_CUT: Final = bytes((0, 6, 0x20, 0, 0, 0, 0, 3))
_TYPES_INSIDE: Final = bytes((0, 6, 0x40, 0, 0, 0, 0, 3))


def denial(name: str, says: str) -> bytes:
    """The message of a validating resolver for DS at a name; see `Delegation`."""
    wire = parse_domain(name).wire
    parent = wire[wire[0] + 1 :]
    soa = (parent, SOA, 300, _SOA_DATA)
    if says == "ds":
        return build_response(
            wire, DS, flags=0x81A0, answer=((wire, DS, 300, bytes.fromhex("0001 0d 02") + bytes(32)),)
        )
    types = _TYPES_INSIDE if says == "inside" else _TYPES_OF_A_CUT
    if says == "nsec3":
        owner = b"\x20" + base64.b32hexencode(hashlib.sha1(wire).digest()).lower() + parent
        record = (owner, NSEC3, 300, bytes((1, 0, 0, 0, 0, 20)) + bytes(20) + types)
    else:
        record = (wire, NSEC, 300, b"\x01\0" + wire + types)
    flags = 0x8180 if says == "unauthenticated" else 0x81A0
    return build_response(wire, DS, flags=flags, authority=(soa, record))


def zone_of(vector: CaaVector) -> CaseZone:
    """Fresh zone data of a vector, with its scripts."""
    zone = CaseZone(vector)
    lines = "".join(
        each.line.replace("{n}", str(number + 1)) + "\n" for each in vector.repeat for number in range(each.count)
    )
    if vector.zone or lines:
        zone.load(lines + vector.zone, status=vector.status, what=vector.id)
    for more in vector.more:
        zone.load(more.zone, status=more.status, what=vector.id)
    zone.put(
        ZoneRecord(DnsName(parse_owner(raw.owner)), int(dns.rdatatype.from_text(raw.type)), raw.ttl, raw.rdata)
        for raw in vector.raw
    )
    for fail in vector.fail:
        zone.fail(fail.owner, fail.type, fail.kind, times=fail.times)
    for cut in vector.delegation:
        zone.fail(cut.name, "DS", denial(cut.name, cut.says))
    for reply in vector.reply:
        zone.answer(reply)
    return zone


def policy_of(vector: CaaVector) -> Policy:
    """The policy of a vector: `base` is BASELINE or PRIVATE, `area.field` changes a field (durations in seconds)."""
    changes = dict(vector.policy)
    base = {"BASELINE": BASELINE, "PRIVATE": PRIVATE}[changes.pop("base", "BASELINE")]
    if not changes:
        return base
    written: dict[str, Any] = policy_json(base)
    written["name"] = "vector"
    for key, value in changes.items():
        area, _, field = key.partition(".")
        if field not in written[area]:
            msg = f"{vector.id}: no policy field is called {key}"
            raise ValueError(msg)
        seconds = isinstance(getattr(getattr(base, area), field), timedelta)
        written[area][field] = value * 1_000_000 if seconds else value
    return policy_from_json(written)


def plan_of(vector: CaaVector) -> CaaPlan:
    """The question of a vector."""
    policy = policy_of(vector)
    return caa_plan(
        vector.name,
        issuers=vector.issuers,
        purpose=vector.purpose,
        accounts=vector.accounts,
        method=vector.method,
        at=vector.at,
        policy=policy,
        canary=CANARY if policy.caa.failure_permits else "",
    )


def decide(vector: CaaVector) -> tuple[CaaResult, int]:
    """The result of the blocking check, and how many questions it asked; every other way must come to the same.

    The pure step over the recorded observations in any order, replay, the asynchronous check, both streams, a pickled
    plan, and the evidence record alone.
    """
    recorded: list[Observation] = []
    zone = zone_of(vector)
    policy = policy_of(vector)
    question: dict[str, Any] = {
        "issuers": vector.issuers,
        "purpose": vector.purpose,
        "accounts": vector.accounts,
        "method": vector.method,
        "at": vector.at,
        "policy": policy,
        "canary": CANARY if policy.caa.failure_permits else "",
    }
    result = check_caa(vector.name, resolver=zone, record=recorded.append, **question)

    plan = plan_of(vector)
    shuffled = list(recorded)
    random.Random(vector.id).shuffle(shuffled)
    for order in (shuffled, recorded, recorded[::-1], recorded + shuffled):
        stepped = plan.step(Seen(order))
        assert not isinstance(stepped, Needs)
        assert stepped == result
    assert replay(plan, Seen(shuffled)) == result
    assert pickle.loads(pickle.dumps(plan)).step(Seen(shuffled)) == result

    long = timedelta(seconds=20)

    async def asynchronous() -> list[CaaResult]:
        checked = await aio.check_caa(vector.name, resolver=AsyncZone(zone_of(vector)), **question)
        stream = arun_many([plan], AsyncZone(zone_of(vector)), deadline=long)
        return [checked, *[each async for _, each in stream]]

    assert asyncio.run(asynchronous()) == [result, result]
    assert list(run_many([plan], zone_of(vector), deadline=long)) == [(0, result)]

    line = result.to_json()
    again = load_evidence(line).replay()
    assert again.same
    assert again.result == result
    assert again.result.to_json() == line
    return result, len(zone.asked)


def codes_of(result: CaaResult) -> set[str]:
    """The codes of a result's findings."""
    return {each.code for each in result.findings}


def citations(vector: CaaVector) -> set[str]:
    """The lessons (C01) and rows (R001) that a vector cites in its source."""
    return set(re.findall(r"\b(?:C\d\d|R\d\d\d)\b", vector.source))
