"""What a DNS lookup came to: outcomes kept apart, aliases followed with a bound, failures asked again.

Absence, failure and a negative answer are three different things; only the first two kinds of *answers* may be read as
"no record" (NODATA, NXDOMAIN), and only when the message proves it: response and question match, RA is set, TC is not,
and the authority section holds a SOA above the name. Everything else is a failure with a name of its own.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

import attrs

from pkicheck.dnswire import CNAME, DNAME, SOA, Message, Record, WireError, is_above, read_absence, read_message
from pkicheck.names import DnsName
from pkicheck.plans import Needs
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery, Failure, Seen

__all__ = [
    "DNSSEC_ERRORS",
    "Alias",
    "Answer",
    "Lookup",
    "Outcome",
    "is_above",
    "look_up",
    "question",
    "read_answer",
    "second_look",
    "targets_of",
    "ttl_of",
]


class Outcome(Enum):
    """What came back: three kinds of answer, a chain that is not at its end, and the failures, each by its own name."""

    DATA = "data"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    ALIAS = "alias"
    TIMEOUT = "lookup-timeout"
    SERVFAIL = "lookup-servfail"
    REFUSED = "lookup-refused"
    FORMERR = "lookup-formerr"
    NOTIMP = "lookup-notimp"
    RCODE = "lookup-rcode"
    MALFORMED = "lookup-malformed"
    BOGUS = "lookup-bogus"
    STALE = "lookup-stale"
    FILTERED = "lookup-filtered"
    TRUNCATED = "lookup-truncated"
    LAME = "lookup-lame"
    UNREACHABLE = "lookup-unreachable"
    TOO_LARGE = "lookup-too-large"
    DEADLINE = "lookup-deadline"
    NOT_RECORDED = "lookup-not-recorded"
    ALIAS_LOOP = "alias-loop"
    ALIAS_TOO_LONG = "alias-too-long"

    def __init__(self, value: str) -> None:
        self.found: bool = value == "data"
        """Whether there are records. On Python 3.11 this is read six times as fast as a member of the class."""
        self.failed: bool = value not in ("data", "nodata", "nxdomain", "alias")
        """Whether the lookup failed, so that nothing is known of the records."""
        self.code: str = f"dns.{value}"
        """The finding code of a failure."""


DNSSEC_ERRORS: Final = frozenset({1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27})
"""Extended DNS errors (RFC 8914 §4, IANA) that say why DNSSEC validation did not succeed."""

# On an answer, as opposed to a failure: 1, 2, 5 and 27 then only say that the zone counts as unsigned, but these say
# that validation failed and the resolver answered all the same.
_ANSWERED_BOGUS: Final = frozenset({6, 7, 8, 9, 10, 11, 12, 25})
# RFC 8767: the resolver could not refresh what it gave.
_STALE: Final = frozenset({3, 19})
# The resolver gave something else than what the zone holds.
_FILTERED: Final = frozenset({4, 15, 16, 17})
_NO_CODES: Final = frozenset[int]()
# More aliases than this in one message are not read: the longest chain a policy may follow.
_MOST_ALIASES: Final = 64

_BY_FAILURE: Final = {
    Failure.TIMEOUT: Outcome.TIMEOUT,
    Failure.UNREACHABLE: Outcome.UNREACHABLE,
    Failure.CLOSED: Outcome.UNREACHABLE,
    Failure.TOO_LARGE: Outcome.TOO_LARGE,
    Failure.PROTOCOL: Outcome.MALFORMED,
    Failure.DEADLINE: Outcome.DEADLINE,
    Failure.NOT_RECORDED: Outcome.NOT_RECORDED,
}
_BY_RCODE: Final = {1: Outcome.FORMERR, 2: Outcome.SERVFAIL, 4: Outcome.NOTIMP, 5: Outcome.REFUSED}

# Worth asking again: the same question may be answered a moment later.
_AGAIN: Final = frozenset(
    {
        Outcome.TIMEOUT,
        Outcome.SERVFAIL,
        Outcome.REFUSED,
        Outcome.FORMERR,
        Outcome.NOTIMP,
        Outcome.RCODE,
        Outcome.MALFORMED,
        Outcome.TRUNCATED,
        Outcome.LAME,
        Outcome.UNREACHABLE,
        Outcome.STALE,
    }
)


@attrs.frozen
class Alias:
    """One step of an alias chain.

    Attributes:
        owner: the name that was looked for.
        target: the name to look at instead.
        dname: whether a DNAME above the owner made the step.
        ttl: in seconds.
    """

    owner: DnsName
    target: DnsName
    dname: bool
    ttl: int


@attrs.frozen
class Answer:
    """What one message says of its question.

    Attributes:
        observation: the message with its circumstances.
        outcome: DATA, NODATA, NXDOMAIN, ALIAS (the chain in the message ends without an answer at its last target),
            or a failure.
        aliases: the chain as the message shows it.
        rdatas: the RDATA of the records found, in the message's order.
        ttl: the least TTL of the records found; 0 without any.
        authentic: the AD bit.
        ede: extended DNS errors of the message.
        detail: for a failure, what was wrong, in words.
    """

    observation: DnsObservation
    outcome: Outcome
    aliases: tuple[Alias, ...] = ()
    rdatas: tuple[bytes, ...] = ()
    ttl: int = 0
    authentic: bool = False
    ede: tuple[tuple[int, bytes], ...] = ()
    detail: str = ""


@lru_cache(maxsize=512)
def read_answer(observation: DnsObservation) -> Answer:
    """Read an observation of a DNS question. Total: whatever the bytes, an answer or a named failure.

    Steps:
        1. The transport's own failure.
        2. The message is well-formed, is a response, and echoes the question (RFC 1035 §4.1; RFC 5452 §9.1). A failing
           rcode may come without a question: it can only refuse.
        3. TC: nothing is decided on a part (RFC 2181 §9).
        4. The rcode is NOERROR or NXDOMAIN, and no extended error says that the answer is bogus, stale or filtered.
        5. From the name asked, records of the type, or one alias step at a time, by owner only (RFC 1034 §4.3.2,
           RFC 6672 §3.1).
        6. Without records: RA and a SOA above the last name prove absence (RFC 2308 §2.1, §2.2), unless the answer
           holds records of the type at a name that its aliases do not lead to: then a link of the chain is missing.
    """
    if observation.failure is not None:  # 1
        return Answer(observation, _BY_FAILURE[observation.failure], detail=observation.failure.name)
    query = observation.request
    absent = read_absence(observation.raw, query.name.wire, query.rdtype)
    if absent is not None:  # 2, 3, 4 and 6 at once
        return Answer(observation, Outcome.NXDOMAIN if absent[0] else Outcome.NODATA, authentic=absent[1])
    try:  # 2
        message = read_message(observation.raw)
    except WireError as error:
        return Answer(observation, Outcome.MALFORMED, detail=str(error))
    read = _Reading(observation, message)
    if not message.is_response:
        return read.failed(Outcome.MALFORMED, "not a response")
    if message.question is None:
        if message.rcode in _BY_RCODE:
            return read.failed(_BY_RCODE[message.rcode], f"rcode {message.rcode} without a question")
        return read.failed(Outcome.MALFORMED, "the question is not echoed")
    if message.question != (query.name.wire, query.rdtype):
        return read.failed(Outcome.MALFORMED, "another question is echoed")
    if message.truncated:  # 3
        return read.failed(Outcome.TRUNCATED, "TC is set")
    codes = frozenset(code for code, _ in message.ede) if message.ede else _NO_CODES
    if message.rcode not in (0, 3):  # 4
        if codes & DNSSEC_ERRORS:
            return read.failed(
                Outcome.BOGUS, f"rcode {message.rcode} with extended DNS error {min(codes & DNSSEC_ERRORS)}"
            )
        return read.failed(_BY_RCODE.get(message.rcode, Outcome.RCODE), f"rcode {message.rcode}")
    if codes:
        for told, outcome in ((_ANSWERED_BOGUS, Outcome.BOGUS), (_FILTERED, Outcome.FILTERED), (_STALE, Outcome.STALE)):
            if codes & told:
                return read.failed(outcome, f"extended DNS error {min(codes & told)}")
    if not message.answer:
        return read.absent(query.name.wire, ())
    return read.chain()  # 5


@attrs.frozen
class _Reading:
    """A well-formed message on its way to an answer."""

    observation: DnsObservation
    message: Message

    def failed(self, outcome: Outcome, detail: str, aliases: tuple[Alias, ...] = ()) -> Answer:
        return Answer(self.observation, outcome, aliases, ede=self.message.ede, detail=detail)

    def absent(self, last: bytes, aliases: tuple[Alias, ...]) -> Answer:
        """Step 6: does the message prove that there is no record at `last`?"""
        message = self.message
        if not message.recursion_available:
            return self.failed(Outcome.LAME, "no recursion: RA is not set", aliases)
        stray = any(record.rdtype == self.observation.request.rdtype for record in message.answer)
        for record in () if stray else message.authority:
            if record.rdtype == SOA and is_above(record.owner, last):
                outcome = Outcome.NXDOMAIN if message.rcode == 3 else Outcome.NODATA
                return Answer(self.observation, outcome, aliases, authentic=message.authentic, ede=message.ede)
        if aliases:
            # The resolver did not follow the chain to its end; whether it will is found out by asking for the target.
            return Answer(self.observation, Outcome.ALIAS, aliases, authentic=message.authentic, ede=message.ede)
        if stray:
            return self.failed(Outcome.MALFORMED, "records of the type asked, but not at the name asked")
        return self.failed(Outcome.LAME, "no SOA in the authority section")

    def chain(self) -> Answer:
        """Step 5: walk the answer section from the name asked."""
        message, query = self.message, self.observation.request
        by_owner: dict[tuple[bytes, int], list[Record]] = {}
        for record in message.answer:
            by_owner.setdefault((record.owner, record.rdtype), []).append(record)
        here = query.name.wire
        aliases: list[Alias] = []
        visited = {here}
        while True:
            found = by_owner.get((here, query.rdtype))
            if found:
                # A CNAME question may well be answered with NXDOMAIN: the rcode is that of the target (RFC 6604 §3).
                if message.rcode == 3 and query.rdtype != CNAME:
                    return self.failed(Outcome.MALFORMED, "NXDOMAIN with records", tuple(aliases))
                return Answer(
                    self.observation,
                    Outcome.DATA,
                    tuple(aliases),
                    tuple([message.rdata(record) for record in found]),
                    min([record.ttl for record in found]),
                    message.authentic,
                    message.ede,
                )
            step = _step(message, here, by_owner)
            if step is None:
                return self.absent(here, tuple(aliases))
            if isinstance(step, str):
                return self.failed(Outcome.MALFORMED, step, tuple(aliases))
            aliases.append(step)
            here = step.target.wire
            if here in visited:
                return self.failed(Outcome.ALIAS_LOOP, "aliases form a loop", tuple(aliases))
            if len(aliases) > _MOST_ALIASES:
                return self.failed(Outcome.ALIAS_TOO_LONG, f"more than {_MOST_ALIASES} aliases", tuple(aliases))
            visited.add(here)


def targets_of(observation: DnsObservation) -> frozenset[DnsName | None]:
    """Where the answer to a CNAME question points: nothing, one name, or what no chain may hold.

    None stands for what cannot be followed: a target that is no well-formed name, or an answer that is not known (the
    resolver was not reached, the message is truncated or ill-formed). More than one target is against RFC 1034 §3.6.2.
    Where the resolver failed to get CNAME as well, no alias was seen.
    """
    answer = read_answer(observation)
    if answer.outcome.failed:
        return frozenset() if answer.outcome in _FAILS_TOO else frozenset({None})
    if answer.aliases:
        # A DNAME above the name, from which the resolver made no CNAME.
        return frozenset({answer.aliases[0].target})
    if answer.outcome is not Outcome.DATA:
        return frozenset()
    message = read_message(observation.raw)
    wire = observation.request.name.wire
    targets = [message.name_in(each) for each in message.answer if each.rdtype == CNAME and each.owner == wire]
    return frozenset(None if each is None else DnsName(each) for each in targets)


def _step(message: Message, here: bytes, by_owner: dict[tuple[bytes, int], list[Record]]) -> Alias | str | None:
    """The alias step at a name: an Alias, what is wrong with it, or None.

    A DNAME above the name comes first: the CNAME beside it is only its synthesis (RFC 6672 §3.1) and must agree.
    """
    cnames = by_owner.get((here, CNAME), [])
    targets = {message.name_in(record) for record in cnames}
    if len(targets) > 1:
        return "more than one CNAME at a name"
    at = 0
    while here[at]:
        at += here[at] + 1
        dnames = by_owner.get((here[at:], DNAME), [])
        if not dnames:
            continue
        ends = {message.name_in(record) for record in dnames}
        end = ends.pop()
        if ends or end is None:
            return "DNAME is not one well-formed name"
        target = here[:at] + end
        if len(target) > 255:
            return "DNAME makes a name of more than 255 octets"
        if targets and targets != {target}:
            return "CNAME is not what its DNAME makes"
        return Alias(DnsName(here), DnsName(target), True, min(record.ttl for record in dnames))
    if not cnames:
        return None
    target_of = targets.pop()
    if target_of is None:
        return "CNAME is not a well-formed name"
    return Alias(DnsName(here), DnsName(target_of), False, min(record.ttl for record in cnames))


@attrs.frozen
class Lookup:
    """A lookup with everything that was done for it.

    Attributes:
        name: the name asked.
        rdtype: the type asked.
        outcome: DATA, NODATA, NXDOMAIN or a failure.
        answers: what it rests on: the last answer to each link of the chain that had to be asked.
        aliases: the whole chain.
        rdatas, ttl: of the records found.
        failed_at: the name at which a failure stands, None without one.
        tries: how often the last question was asked.
        detail: what was wrong, in words.
    """

    name: DnsName
    rdtype: int
    outcome: Outcome
    answers: tuple[Answer, ...]
    aliases: tuple[Alias, ...] = ()
    rdatas: tuple[bytes, ...] = ()
    ttl: int = 0
    failed_at: DnsName | None = None
    tries: int = 0
    detail: str = ""


@lru_cache(maxsize=4096)
def question(name: DnsName, rdtype: int) -> DnsQuery:
    """The plain question for a name and a type: the same object again and again, which look-ups find fastest."""
    return DnsQuery(name=name, rdtype=rdtype)


def look_up(name: DnsName, rdtype: int, seen: Seen, *, net: NetPolicy) -> Lookup | Needs:
    """A whole lookup as a pure function of what was seen: the answer, or what to ask next.

    Steps:
        1. The question; after a failure the same again until `net.tries` tries were made.
        2. When the last try failed and any of them was a SERVFAIL, it is told apart: data with checking disabled means
           BOGUS; a second look that was not made leaves the failure one that nothing excuses.
        3. Aliases as the answer shows them; where its chain is incomplete, the last target is asked (RFC 8659 §3),
           at most `net.max_aliases` steps in all. A name visited twice is a loop.
    """
    here = name
    aliases: list[Alias] = []
    answers: list[Answer] = []
    visited = {name}
    while True:
        tried = _tried(here, rdtype, seen, net)  # 1
        if isinstance(tried, Needs):
            return tried
        answer, tries, servfail = tried
        answers.append(answer)
        outcome, detail, failed_at = answer.outcome, answer.detail, here
        if outcome.failed and servfail:  # 2
            told = _told_apart(answer, seen)
            if isinstance(told, Needs):
                return told
            outcome = told if told is not Outcome.SERVFAIL else outcome
        for alias in answer.aliases:  # 3
            aliases.append(alias)
            if alias.target in visited:
                outcome, detail, failed_at = Outcome.ALIAS_LOOP, "aliases form a loop", alias.owner
                break
            if len(aliases) > net.max_aliases:
                outcome, detail, failed_at = Outcome.ALIAS_TOO_LONG, f"more than {net.max_aliases} aliases", alias.owner
                break
            visited.add(alias.target)
        if outcome.failed:
            return Lookup(
                name, rdtype, outcome, tuple(answers), tuple(aliases), failed_at=failed_at, tries=tries, detail=detail
            )
        if not aliases or outcome is not Outcome.ALIAS:
            return Lookup(name, rdtype, outcome, tuple(answers), tuple(aliases), answer.rdatas, answer.ttl, None, tries)
        here = aliases[-1].target


def _tried(name: DnsName, rdtype: int, seen: Seen, net: NetPolicy) -> tuple[Answer, int, bool] | Needs:
    """Step 1: the first answer or the last failure, how often it was asked, and whether some try was a SERVFAIL."""
    query = question(name, rdtype)
    made = attempt = 0
    servfail = False
    while True:
        answer = seen.read(query, read_answer)
        if answer is None:
            return Needs((query,))
        made += max(1, answer.observation.attempts)
        if not answer.outcome.failed:
            return answer, made, False
        servfail = servfail or answer.outcome is Outcome.SERVFAIL
        if made >= net.tries or answer.outcome not in _AGAIN:
            return answer, made, servfail
        attempt += 1
        query = DnsQuery(name=name, rdtype=rdtype, role="retry", attempt=attempt)


def second_look(answer: Answer) -> DnsQuery:
    """The same question with checking disabled."""
    request = answer.observation.request
    return DnsQuery(name=request.name, rdtype=request.rdtype, role="cd")


# With checking disabled these come from a resolver that has no data either; they leave a SERVFAIL what it is.
_FAILS_TOO: Final = frozenset(
    {
        Outcome.SERVFAIL,
        Outcome.TIMEOUT,
        Outcome.REFUSED,
        Outcome.FORMERR,
        Outcome.NOTIMP,
        Outcome.RCODE,
        Outcome.LAME,
    }
)
# These were not looked at: nothing is known.
_NOT_LOOKED: Final = frozenset({Outcome.UNREACHABLE, Outcome.DEADLINE, Outcome.NOT_RECORDED})


def _told_apart(answer: Answer, seen: Seen) -> Outcome | Needs:
    """Step 2: is a SERVFAIL bogus data or a dead server?"""
    query = second_look(answer)
    second = seen.read(query, read_answer)
    if second is None:
        return Needs((query,))
    if second.outcome in _NOT_LOOKED:
        return second.outcome
    # With checking disabled the same resolver has something, be it truncated or ill-formed: what it held back was the
    # outcome of validation.
    return Outcome.SERVFAIL if second.outcome in _FAILS_TOO else Outcome.BOGUS


def ttl_of(lookup: Lookup, net: NetPolicy) -> timedelta:
    """The least TTL of the records found and the aliases followed, capped by policy."""
    seconds = min([alias.ttl for alias in lookup.aliases] + ([lookup.ttl] if lookup.rdatas else []), default=0)
    return min(timedelta(seconds=seconds), net.ttl_cap)
