"""DNS messages: any octets as a resolver's answer come to a named outcome, never to a PASS that they do not prove."""

from __future__ import annotations

from collections.abc import Iterator

from pkicheck.caa import caa_plan
from pkicheck.canon import parse_time
from pkicheck.dnssecstate import insecure_proven
from pkicheck.dnswire import CAA, CNAME, DNAME, DS, NSEC, NSEC3, SOA, WireError, build_response, read_message
from pkicheck.findings import Verdict
from pkicheck.lookups import Outcome, read_answer, targets_of
from pkicheck.names import parse_domain
from pkicheck.plans import replay
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery, Seen

__all__ = ["seeds", "target"]

_AT = parse_time("2026-11-21T12:00:00Z")
_NAME = parse_domain("a.example")
_TLD = parse_domain("example")
_PLAN = caa_plan(_NAME, issuers={"ca.example"})
_NET = NetPolicy()
_SOA_RDATA = b"\0\0" + bytes(20)
_ROOT = DnsQuery(name=parse_domain("example").parent(), rdtype=SOA, role="probe")


def _seen(query: DnsQuery, raw: bytes) -> DnsObservation:
    return DnsObservation(
        request=query,
        vantage="fuzz",
        sent=_AT,
        received=_AT,
        server="127.0.0.1",
        port=53,
        transport="udp",
        attempts=3,
        raw=raw,
    )


_PROBE = _seen(_ROOT, build_response(b"\0", SOA, answer=((b"\0", SOA, 1, _SOA_RDATA),), flags=0x81A0))
_PARENT = _seen(
    DnsQuery(name=_TLD, rdtype=CAA),
    build_response(_TLD.wire, CAA, authority=((b"\0", SOA, 1, _SOA_RDATA),), flags=0x81A0),
)


def target(data: bytes) -> None:
    """Read the octets as a message, as an answer to CAA, to CNAME and to DS, and decide on them."""
    try:
        message = read_message(data)
    except WireError:
        message = None
    answer = read_answer(_seen(DnsQuery(name=_NAME, rdtype=CAA), data))
    if message is None:
        assert answer.outcome is Outcome.MALFORMED
    else:
        for record in (*message.answer, *message.authority):
            assert len(record.owner) <= 255
            message.name_in(record)
    targets_of(_seen(DnsQuery(name=_NAME, rdtype=CNAME), data))
    insecure_proven(_TLD, Seen((_PROBE, _seen(DnsQuery(name=_TLD, rdtype=DS, role="ds"), data))), _NET)
    result = replay(_PLAN, Seen((_PROBE, _PARENT, _seen(DnsQuery(name=_NAME, rdtype=CAA), data))))
    if result.verdict is Verdict.PASS:
        assert message is not None
        assert message.question == (_NAME.wire, CAA)
        assert not message.truncated
        assert message.rcode in (0, 3)
        assert (
            b"ca.example" in data.lower()
            or answer.outcome
            in (
                Outcome.NODATA,
                Outcome.NXDOMAIN,
                Outcome.ALIAS,  # its target is looked up by itself
            )
            or answer.rdatas
        )


def seeds() -> Iterator[bytes]:
    """Messages of each shape a climb meets."""
    name, soa = _NAME.wire, (_TLD.wire, SOA, 300, _SOA_RDATA)
    record = b"\0\5issueca.example"
    yield build_response(name, CAA, answer=((name, CAA, 300, record), (name, CAA, 300, b"\x80\3tbsx")))
    yield build_response(name, CAA, authority=(soa,))
    yield build_response(name, CAA, rcode=3, authority=(soa,), flags=0x81A0)
    yield build_response(name, CAA, rcode=2, ede={6: b"bogus", 7: b""})
    yield build_response(
        name, CAA, answer=((name, CNAME, 60, b"\1b" + _TLD.wire), (b"\1b" + _TLD.wire, CAA, 5, record))
    )
    yield build_response(name, CNAME, answer=((name, CNAME, 60, b"\xc0\x0e"),))
    yield build_response(name, CAA, answer=((_TLD.wire, DNAME, 60, b"\1d\0"),))
    nsec = (_TLD.wire, NSEC, 300, b"\1f\0" + bytes((0, 6, 0x20, 0, 0, 0, 0, 3)))
    yield build_response(_TLD.wire, DS, authority=((b"\0", SOA, 1, _SOA_RDATA), nsec), flags=0x81A0)
    nsec3 = (b"\x20" + b"0" * 32 + b"\0", NSEC3, 300, b"\1\0\0\1\2ab\x14" + bytes(20) + b"\0\1\x20")
    yield build_response(_TLD.wire, DS, authority=((b"\0", SOA, 1, _SOA_RDATA), nsec3), flags=0x81A0)
    yield build_response(name, CAA, flags=0x8380)
