"""The five DNSSEC states of a lookup (RFC 4035 §4.3, BR 3.2.2.8.1): computed from observations, never stored.

The resolver validates; this module believes it only as far as it was probed: it set AD on the root's own SOA, over a
path that the caller holds to be secure (the loopback address, or one named in the policy), and, when the caller names
one, it refused a name that must fail.

SECURE: AD. NOT_SIGNED: no AD, from a probed validator: enough to read an answer, never to excuse a failure.
INSECURE_PROVEN: an authenticated denial of DS at a delegation on the way. BOGUS. UNKNOWN.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

import attrs

from pkicheck.dnswire import DS, NSEC, NSEC3, SOA, A, Message, WireError, read_message, read_name
from pkicheck.lookups import Answer, Lookup, Outcome, is_above, read_answer, second_look
from pkicheck.names import DnsName, parse_domain
from pkicheck.plans import Needs
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery, Seen
from pkicheck.resolvers import plain_address

__all__ = [
    "Dnssec",
    "dnssec",
    "ds_queries",
    "further_probes",
    "insecure_proven",
    "probe_queries",
    "secure_path",
    "state_of",
]

_NS: Final = 2
# A probe and the lookup it vouches for go out in one batch; the clock of the transport may stamp them either way round.
_SKEW: Final = timedelta(seconds=60)
# RFC 9276 §3.1 wants 0; validators treat far less than this as insecure. Bounds the work a message can ask for.
_MOST_ITERATIONS: Final = 500
_ROOT_PROBE: Final = (DnsQuery(name=DnsName.root(), rdtype=SOA, role="probe"),)
# How often one check probes: a resolver that goes on from server to server is in no state to be believed.
_MOST_PROBES: Final = 4
_BASE32HEX: Final = b"0123456789abcdefghijklmnopqrstuv"


class Dnssec(Enum):
    """What is known of the DNSSEC state of a lookup."""

    SECURE = 1
    NOT_SIGNED = 2
    INSECURE_PROVEN = 3
    BOGUS = 4
    UNKNOWN = 5


_WEAKEST_FIRST: Final = (
    Dnssec.BOGUS, Dnssec.UNKNOWN, Dnssec.INSECURE_PROVEN, Dnssec.NOT_SIGNED, Dnssec.SECURE,
)  # fmt: skip


def probe_queries(net: NetPolicy) -> tuple[DnsQuery, ...]:
    """What shows whether the resolver validates: the root's SOA, and the name that must fail if one is named."""
    if not net.probe_bogus:
        return _ROOT_PROBE
    return (*_ROOT_PROBE, DnsQuery(name=parse_domain(net.probe_bogus), rdtype=A, role="probe"))


def secure_path(server: str, trusted: Collection[str]) -> bool:
    """Whether the AD bit of a server may be believed: loopback, zone data in memory, or named by the caller."""
    return server in trusted or _is_inside(server)


@lru_cache(maxsize=1024)
def _is_inside(server: str) -> bool:
    if server.startswith("zone:"):
        return True
    try:
        return plain_address(server).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _read_probe(observation: DnsObservation) -> Answer:
    """`read_answer`: a transport gives the same probe to many plans, so it is read once."""
    return read_answer(observation)


def further_probes(answered: Iterable[DnsObservation], seen: Seen, net: NetPolicy) -> tuple[DnsQuery, ...]:
    """The probe once more, when answers came from a server that was not probed; nothing when it is of no use.

    A resolver of several servers leaves one that is silent for the next, also between the questions of one check. The
    probe of the one says nothing of the other, so the check probes again: as often as it may, and until each server
    that gave an answer was reached.
    """
    probe = seen.dns(_ROOT_PROBE[0])
    if probe is None:
        return ()
    first = _place(probe)
    places = {_place(each) for each in answered if _place(each) != first}
    if not places:
        return ()
    for number in range(1, _MOST_PROBES):
        queries = _probes_again(net, number)
        again = [seen.dns(query) for query in queries]
        if None in again:
            useful = any(secure_path(server, net.secure_paths) for _, server, _ in places)
            return tuple(query for query in queries if query not in seen) if useful else ()
        places -= {_place(each) for each in again if each is not None}
        if not places:
            return ()
    return ()


def _place(observation: DnsObservation) -> tuple[str, str, int]:
    """Who answered. Loopback is the same text everywhere, and a host may have several servers."""
    return (observation.vantage, observation.server, observation.port)


@lru_cache(maxsize=64)
def _probes_again(net: NetPolicy, number: int) -> tuple[DnsQuery, ...]:
    return tuple(attrs.evolve(query, attempt=number) for query in probe_queries(net))


def _probed(answer: Answer, seen: Seen, net: NetPolicy) -> bool:
    """Whether the server of an answer is known to validate: it answered every probe as a validator must, in time."""
    if not secure_path(answer.observation.server, net.secure_paths):
        return False
    if _shown(answer.observation, probe_queries(net), seen, net):
        return True
    return any(_shown(answer.observation, _probes_again(net, each), seen, net) for each in range(1, _MOST_PROBES))


def _shown(observation: DnsObservation, probes: tuple[DnsQuery, ...], seen: Seen, net: NetPolicy) -> bool:
    """Whether these probes show that the server of an observation validates."""
    for query in probes:
        probe = seen.read(query, _read_probe)
        if probe is None:
            return False
        made = probe.observation
        # Loopback is the same text everywhere: the probe of another perspective says nothing of this resolver.
        if made.server != observation.server or made.vantage != observation.vantage or made.port != observation.port:
            return False
        if not -_SKEW <= observation.received - made.received <= net.probe_max_age + _SKEW:
            return False
        if query.rdtype == SOA:
            if not probe.outcome.found or not probe.authentic:
                return False
        elif probe.outcome not in (Outcome.SERVFAIL, Outcome.BOGUS):
            return False
    return True


def dnssec(query: DnsQuery, seen: Seen, *, net: NetPolicy | None = None) -> Dnssec:
    """The DNSSEC state of one question, from what was seen of it, of its second looks, and of the probe.

    Args:
        query: the question.
        seen: the observations.
        net: probes and secure paths (default: those of a plain policy).
    """
    answer = seen.read(query, read_answer)
    return Dnssec.UNKNOWN if answer is None else _state(answer, seen, net if net is not None else NetPolicy())


def _state(answer: Answer, seen: Seen, net: NetPolicy) -> Dnssec:
    if answer.outcome.failed:
        if answer.outcome is Outcome.BOGUS:
            return Dnssec.BOGUS
        if answer.outcome is Outcome.SERVFAIL:
            second = seen.read(second_look(answer), read_answer)
            if second is not None and not second.outcome.failed:
                return Dnssec.BOGUS
    if not _probed(answer, seen, net):
        return Dnssec.UNKNOWN
    if not answer.outcome.failed:
        return Dnssec.SECURE if answer.authentic else Dnssec.NOT_SIGNED
    proven = insecure_proven(answer.observation.request.name, seen, net)
    return Dnssec.INSECURE_PROVEN if proven is True else Dnssec.UNKNOWN


def state_of(lookup: Lookup, seen: Seen, net: NetPolicy) -> Dnssec:
    """The state of a lookup that was answered: that of its weakest link."""
    states = [_state(answer, seen, net) for answer in lookup.answers]
    return states[0] if len(states) == 1 else min(states, key=_WEAKEST_FIRST.index)


def ds_queries(name: DnsName) -> tuple[DnsQuery, ...]:
    """The DS questions of a walk from the top-level domain down to the name."""
    walk: list[DnsQuery] = []
    while name.wire != b"\0":
        walk.append(DnsQuery(name=name, rdtype=DS, role="ds"))
        name = name.parent()
    return tuple(reversed(walk))


def insecure_proven(name: DnsName, seen: Seen, net: NetPolicy) -> bool | Needs:
    """Whether an authenticated denial of DS proves that `name` lies in an unsigned zone (RFC 4035 §4.3, §5.2).

    Steps, from the top-level domain down to the name, one question at a time so that nothing is asked below the proof:
        1. The answer comes from a probed validator.
        2. A DS set, authenticated: the chain of trust goes on below.
        3. NODATA with AD whose NSEC or NSEC3 record, at exactly this name, shows a delegation (NS) without DS: the name
           and everything below it is insecure. Proven.
        4. NODATA with AD without NS: no delegation here; go on.
        5. Anything else proves nothing. A missing AD bit is no proof: that includes the opt-out spans of NSEC3
           (RFC 5155 §9.2).
    """
    for query in ds_queries(name):
        answer = seen.read(query, read_answer)
        if answer is None:
            return Needs((query,))
        if not _probed(answer, seen, net):  # 1
            again = further_probes((answer.observation,), seen, net)
            return Needs(again) if again else False
        if answer.outcome not in (Outcome.DATA, Outcome.NODATA) or answer.aliases or not answer.authentic:  # 5
            return False
        if answer.outcome is Outcome.NODATA and _denies_ds_at_cut(answer.observation, query.name):  # 3
            return True
    return False


def _denies_ds_at_cut(observation: DnsObservation, name: DnsName) -> bool:
    """Whether the authority section shows that `name` is a delegation without DS."""
    message = read_message(observation.raw)
    for record in message.authority:
        if record.rdtype == NSEC and record.owner == name.wire:
            types = _nsec_types(message, record.start, record.end)
        elif record.rdtype == NSEC3:
            types = _nsec3_types(message, record.owner, record.start, record.end, name)
        else:
            continue
        # SOA would make this the child's own record, which says nothing of DS (RFC 6840 §4.4).
        if types is not None and _NS in types and DS not in types and SOA not in types:
            return True
    return False


def _nsec_types(message: Message, start: int, end: int) -> frozenset[int] | None:
    """The types of an NSEC record (RFC 4034 §4.1)."""
    try:
        _, at = read_name(message.raw, start)
    except WireError:
        return None
    return _bitmap(message.raw[at:end]) if at <= end else None


def _nsec3_types(message: Message, owner: bytes, start: int, end: int, name: DnsName) -> frozenset[int] | None:
    """The types of an NSEC3 record, when its hash is that of `name` (RFC 5155 §3, §5)."""
    data = message.raw[start:end]
    if len(data) < 5 or data[0] != 1:
        return None
    iterations = data[2] << 8 | data[3]
    salt_end = 5 + data[4]
    if iterations > _MOST_ITERATIONS or salt_end >= len(data):
        return None
    salt = data[5:salt_end]
    hashed = name.wire
    for _ in range(iterations + 1):
        hashed = hashlib.sha1(hashed + salt, usedforsecurity=False).digest()
    if owner[:33] != b"\x20" + _base32hex(hashed) or not is_above(owner[33:], name.wire):
        return None
    return _bitmap(data[salt_end + 1 + data[salt_end] :])


def _base32hex(data: bytes) -> bytes:
    number = int.from_bytes(data, "big")
    return bytes(_BASE32HEX[number >> shift & 31] for shift in range(len(data) * 8 - 5, -1, -5))


def _bitmap(data: bytes) -> frozenset[int] | None:
    """A type bitmap (RFC 4034 §4.1.2), None when it is malformed."""
    types: set[int] = set()
    at = 0
    before = -1
    while at < len(data):
        if at + 2 > len(data):
            return None
        block, length = data[at], data[at + 1]
        if block <= before or not 1 <= length <= 32 or at + 2 + length > len(data):
            return None
        before = block
        for index, octet in enumerate(data[at + 2 : at + 2 + length]):
            types.update(block << 8 | index << 3 | bit for bit in range(8) if octet & 0x80 >> bit)
        at += 2 + length
    return frozenset(types)
