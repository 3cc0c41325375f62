"""DNS messages: any octets as a response give an outcome, and an observation that survives its evidence record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Final

from pkicheck.dnssecstate import insecure_proven, probe_queries
from pkicheck.dnswire import CAA, CNAME, DNAME, DS, NSEC, NSEC3, SOA, WireError, build_response, read_message
from pkicheck.evidencejson import observation_from_json, observation_json
from pkicheck.lookups import Lookup, Outcome, look_up, read_answer, targets_of
from pkicheck.names import parse_domain
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery, Seen

__all__ = ["seeds", "target"]

_AT: Final = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_NET: Final = NetPolicy()
_NAME: Final = parse_domain("a.test")
_TOP: Final = parse_domain("test")
_QUERIES: Final = (
    DnsQuery(name=_NAME, rdtype=CAA),
    DnsQuery(name=_NAME, rdtype=CNAME, role="ds"),
    DnsQuery(name=_TOP, rdtype=DS, role="ds"),
)
_SOA_RR: Final = (b"\0", SOA, 300, bytes(22))


def _seen(query: DnsQuery, raw: bytes) -> DnsObservation:
    return DnsObservation(
        request=query, vantage="here", sent=_AT, received=_AT, server="127.0.0.1", port=53, transport="udp", attempts=3, raw=raw
    )


_PROBE: Final = _seen(probe_queries(_NET)[0], build_response(b"\0", SOA, flags=0x81A0, answer=(_SOA_RR,)))


def target(data: bytes) -> None:
    """Read the octets as a message, as the answers to three questions, as a lookup, and as evidence."""
    try:
        message = read_message(data)
    except WireError as error:
        assert 0 <= error.offset <= max(len(data), 65535)
        assert read_answer(_seen(_QUERIES[0], data)).outcome is Outcome.MALFORMED
        return
    for record in (*message.answer, *message.authority):
        assert 12 <= record.start <= record.end <= len(data)
        assert len(record.owner) <= 255
        assert record.owner == record.owner.lower()
        name = message.name_in(record)
        assert name is None or len(name) <= 255
    for query in _QUERIES:
        observation = _seen(query, data)
        answer = read_answer(observation)
        if answer.outcome is Outcome.DATA:
            assert answer.rdatas
        if answer.outcome.failed:
            assert answer.detail
            assert not answer.rdatas
        assert observation_from_json(observation_json(observation), what="o") == observation
    targets_of(_seen(_QUERIES[1], data))
    lookup = look_up(_NAME, CAA, Seen([_seen(_QUERIES[0], data)]), net=_NET)
    assert not isinstance(lookup, Lookup) or lookup.outcome is not Outcome.ALIAS
    assert insecure_proven(_TOP, Seen([_PROBE, _seen(_QUERIES[2], data)]), _NET) in (True, False)


def seeds() -> Iterator[bytes]:
    """Messages of each outcome, with pointers, aliases, denials and extended errors."""
    wire, top = _NAME.wire, _TOP.wire
    data = (wire, CAA, 300, b"\0\5issueca.example")
    yield build_response(wire, CAA, answer=(data, (wire, CAA, 0xFFFFFFFF, b"")))
    yield build_response(wire, CAA, authority=((top, SOA, 300, bytes(22)),), flags=0x81A0)
    yield build_response(wire, CAA, rcode=3, authority=(_SOA_RR,), ede={19: b"stale", 6: b""})
    yield build_response(wire, CAA, answer=((wire, CNAME, 60, b"\1b\xc0\x0e"), (b"\1b" + top, CAA, 60, b"\x80\3tbsx")))
    yield build_response(wire, CAA, answer=((top, DNAME, 60, b"\3org\0"), (wire, CNAME, 60, b"\1a\3org\0")))
    yield build_response(wire, CAA, answer=((wire, CNAME, 60, wire),))
    yield build_response(wire, CNAME, answer=((wire, CNAME, 60, b"\1c\3net\0"),))
    yield build_response(wire, CAA, rcode=4095, flags=0x8380)
    yield build_response(top, DS, flags=0x81A0, authority=(_SOA_RR, (top, NSEC, 300, b"\1x\0\0\6\x20\0\0\0\0\3")))
    hashed = b"\x20" + b"3msev9usmd4br9s97v51r2tdvmr9iqo1" + b"\0"
    yield build_response(
        top, DS, flags=0x81A0, authority=(_SOA_RR, (hashed, NSEC3, 300, b"\1\1\0\1\2ab\x14" + bytes(20) + b"\0\1\x20"))
    )
    yield build_response(top, DS, flags=0x81A0, answer=((top, DS, 300, bytes(36)),))
    yield b"\0\0\x81\x82" + bytes(8)
