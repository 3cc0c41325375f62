"""The five DNSSEC states, computed from observations: probes and their age, denials of DS, NSEC and NSEC3."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import attrs
import dns.dnssec
import dns.exception
import dns.rdata
import dns.rdatatype
import dns.rdtypes.util
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.dnssecstate import (
    Dnssec,
    dnssec,
    ds_queries,
    further_probes,
    insecure_proven,
    probe_queries,
    secure_path,
    state_of,
)
from pkicheck.dnswire import CAA, CNAME, DS, NSEC, NSEC3, SOA, A, build_response
from pkicheck.lookups import Lookup, look_up
from pkicheck.names import DnsName, parse_domain
from pkicheck.plans import Needs
from pkicheck.policy import NetPolicy
from pkicheck.ports import DnsObservation, DnsQuery, Failure, Seen
from tests.caa_cases import NOON, denial

_NET = NetPolicy()
_NAME = parse_domain("www.shop.example")
_ROOT = DnsName.root()
_SOA = (b"\0", SOA, 300, bytes(22))
_AD = 0x81A0
_PLAIN = 0x8180


def _observed(query: DnsQuery, raw: bytes, *, late: float = 0, failure: Failure | None = None) -> DnsObservation:
    return DnsObservation(
        request=query,
        vantage="here",
        sent=NOON + timedelta(seconds=late),
        received=NOON + timedelta(seconds=late),
        failure=failure,
        server="127.0.0.1",
        port=53,
        transport="udp",
        attempts=1,
        raw=raw,
    )


def _probe(*, flags: int = _AD, late: float = 0) -> DnsObservation:
    (query, *_) = probe_queries(_NET)
    return _observed(query, build_response(b"\0", SOA, flags=flags, answer=(_SOA,)), late=late)


def _answer(*, flags: int = _PLAIN, rcode: int = 0, ede: tuple[int, ...] = (), late: float = 0) -> DnsObservation:
    query = DnsQuery(name=_NAME, rdtype=CAA)
    authority = (_SOA,) if rcode in (0, 3) else ()
    raw = build_response(_NAME.wire, CAA, rcode=rcode, flags=flags, authority=authority, ede=dict.fromkeys(ede, b""))
    return _observed(query, raw, late=late)


def _ds(name: str, says: str) -> DnsObservation:
    return _observed(DnsQuery(name=parse_domain(name), rdtype=DS, role="ds"), denial(name, says))


def _state(*observations: DnsObservation, net: NetPolicy = _NET) -> Dnssec:
    return dnssec(DnsQuery(name=_NAME, rdtype=CAA), Seen(observations), net=net)


# --- the five states


def test_five_states() -> None:
    """No two of them are one (RFC 4035 §4.3 with the resolver's word weighed; C16)."""
    assert [state.name for state in Dnssec] == ["SECURE", "NOT_SIGNED", "INSECURE_PROVEN", "BOGUS", "UNKNOWN"]


def test_secure() -> None:
    """AD from a probed validator (R130)."""
    assert _state(_answer(flags=_AD), _probe()) is Dnssec.SECURE


def test_not_signed() -> None:
    """No AD from a probed validator (R130)."""
    assert _state(_answer(), _probe()) is Dnssec.NOT_SIGNED


def test_unknown_without_a_probe() -> None:
    """AD, or its absence, of a resolver that was not probed says nothing; nor does a question never asked (C16)."""
    assert _state(_answer(flags=_AD)) is Dnssec.UNKNOWN
    assert _state(_answer()) is Dnssec.UNKNOWN
    assert _state(_probe()) is Dnssec.UNKNOWN
    assert dnssec(DnsQuery(name=_NAME, rdtype=CAA), Seen([_answer(flags=_AD), _probe()])) is Dnssec.SECURE


def test_bogus() -> None:
    """A DNSSEC error, on SERVFAIL or on an answer; or data with checking disabled after SERVFAIL (R130)."""
    assert _state(_answer(rcode=2, ede=(6,)), _probe()) is Dnssec.BOGUS
    assert _state(_answer(ede=(6,)), _probe()) is Dnssec.BOGUS
    servfail = _answer(rcode=2)
    second = attrs.evolve(_answer(), request=DnsQuery(name=_NAME, rdtype=CAA, role="cd"))
    assert _state(servfail, second, _probe()) is Dnssec.BOGUS
    # Bogus needs no probe: the worse of two doubts.
    assert _state(servfail, second) is Dnssec.BOGUS


def test_a_hidden_reason_is_unknown() -> None:
    """A resolver that hides bogus behind SERVFAIL, with checking disabled too: unknown, never insecure (C16, R130)."""
    servfail = _answer(rcode=2)
    second = attrs.evolve(servfail, request=DnsQuery(name=_NAME, rdtype=CAA, role="cd"))
    assert _state(servfail, _probe()) is Dnssec.UNKNOWN
    assert _state(servfail, second, _probe()) is Dnssec.UNKNOWN


def test_a_timeout_is_unknown_until_the_zone_is_proven_unsigned() -> None:
    """Nothing came, and nothing says that DNSSEC was the reason: the state is that of the zone (R131)."""
    silent = _observed(DnsQuery(name=_NAME, rdtype=CAA), b"", failure=Failure.TIMEOUT)
    assert _state(silent) is Dnssec.UNKNOWN
    assert _state(silent, _probe()) is Dnssec.UNKNOWN
    assert _state(silent, _probe(), _ds("example", "nsec")) is Dnssec.INSECURE_PROVEN
    assert _state(silent, _ds("example", "nsec")) is Dnssec.UNKNOWN


def test_insecure_proven() -> None:
    """A failure in a zone whose delegation is proven to have no DS (R131)."""
    servfail = _answer(rcode=2)
    assert _state(servfail, _probe(), _ds("example", "nsec")) is Dnssec.INSECURE_PROVEN
    assert _state(servfail, _probe(), _ds("example", "unauthenticated")) is Dnssec.UNKNOWN
    # A proof does not make an answer anything else than what it is.
    assert _state(_answer(), _probe(), _ds("example", "nsec")) is Dnssec.NOT_SIGNED


# --- the probe


@pytest.mark.parametrize(
    ("late", "known"),
    [(0, True), (60, True), (60.000001, False), (-3660, True), (-3660.000001, False), (86400, False)],
)
def test_age_of_the_probe(late: float, known: bool) -> None:
    """A probe counts for an hour and a minute, and for a minute before itself; then nothing is known (C16)."""
    assert (_state(_answer(), _probe(late=late)) is Dnssec.NOT_SIGNED) == known


def test_age_of_the_probe_is_policy() -> None:
    """The policy says how old a probe may be."""
    net = attrs.evolve(_NET, probe_max_age=timedelta(0))
    assert _state(_answer(), _probe(late=-60), net=net) is Dnssec.NOT_SIGNED
    assert _state(_answer(), _probe(late=-61), net=net) is Dnssec.UNKNOWN


def test_a_probe_of_another_server() -> None:
    """Each server is known by its own probe (role confusion between observations)."""
    assert _state(_answer(), attrs.evolve(_probe(), server="127.0.0.2")) is Dnssec.UNKNOWN


def test_a_probe_of_another_vantage() -> None:
    """127.0.0.1 at another vantage is another server."""
    assert _state(_answer(), attrs.evolve(_probe(), vantage="elsewhere")) is Dnssec.UNKNOWN


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        build_response(b"\0", SOA, flags=_PLAIN, answer=(_SOA,)),
        build_response(b"\0", SOA, flags=_AD, authority=(_SOA,)),
        build_response(b"\0", SOA, flags=_AD, rcode=2),
        build_response(b"\0", SOA, flags=_AD, rcode=3, authority=(_SOA,)),
        build_response(b"\0", A, flags=_AD, answer=(_SOA,)),
        build_response(b"\0", SOA, flags=_AD, answer=(_SOA,), ede={6: b""}),
        build_response(b"\0", SOA, flags=_AD | 0x0200, answer=(_SOA,)),
    ],
)
def test_what_is_no_probe(raw: bytes) -> None:
    """Only the root's SOA with AD, in a whole and undisputed answer, shows that a resolver validates (C16)."""
    probe = attrs.evolve(_probe(), raw=raw)
    assert _state(_answer(flags=_AD), probe) is Dnssec.UNKNOWN


def test_an_answer_is_no_probe() -> None:
    """The root's SOA asked in another role is not the probe."""
    other = attrs.evolve(_probe(), request=DnsQuery(name=_ROOT, rdtype=SOA))
    assert _state(_answer(flags=_AD), other) is Dnssec.UNKNOWN


def test_the_name_that_must_fail() -> None:
    """Both probes are needed once the caller names a name that must fail; SERVFAIL is what it must give (C16)."""
    net = attrs.evolve(_NET, probe_bogus="bad.test")
    assert len(probe_queries(net)) == 2
    query = probe_queries(net)[1]
    assert (query.name.text, query.rdtype, query.role) == ("bad.test", A, "probe")
    wire = query.name.wire
    given = {
        "servfail": _observed(query, build_response(wire, A, rcode=2)),
        "bogus": _observed(query, build_response(wire, A, rcode=2, ede={6: b""})),
        "refused": _observed(query, build_response(wire, A, rcode=5)),
        "nxdomain": _observed(query, build_response(wire, A, rcode=3, authority=(_SOA,))),
        "timeout": _observed(query, b"", failure=Failure.TIMEOUT),
        "old": _observed(query, build_response(wire, A, rcode=2), late=-7200),
    }
    states = {key: _state(_answer(), _probe(), each, net=net) for key, each in given.items()}
    assert {key for key, state in states.items() if state is Dnssec.NOT_SIGNED} == {"servfail", "bogus"}
    assert set(states.values()) == {Dnssec.NOT_SIGNED, Dnssec.UNKNOWN}
    assert _state(_answer(), _probe(), net=net) is Dnssec.UNKNOWN


@pytest.mark.parametrize(
    ("server", "secure"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("zone:00", True),
        ("192.0.2.1", True),
        ("192.0.2.10", False),
        ("10.0.0.1", False),
        ("localhost", False),
        ("", False),
        ("127.0.0.1.example", False),
    ],
)
def test_secure_path(server: str, secure: bool) -> None:
    """Loopback, zone data, and what the caller names; whole addresses are compared (C16)."""
    assert secure_path(server, ("192.0.2.1",)) is secure


# --- the proof


def _proven(*observations: DnsObservation, name: DnsName = _NAME) -> bool | Needs:
    return insecure_proven(name, Seen([_probe(), *observations]), _NET)


def test_the_walk_goes_down_and_stops_at_the_proof() -> None:
    """From the top-level domain down, one question at a time; nothing is asked below the proof (R131)."""
    assert [query.name.text for query in ds_queries(_NAME)] == ["example", "shop.example", "www.shop.example"]
    assert {query.rdtype for query in ds_queries(_NAME)} == {DS}
    asked = _proven()
    assert isinstance(asked, Needs)
    assert asked.requests == (ds_queries(_NAME)[0],)
    assert _proven(_ds("example", "nsec")) is True
    asked = _proven(_ds("example", "ds"))
    assert isinstance(asked, Needs)
    assert asked.requests == (ds_queries(_NAME)[1],)
    assert _proven(_ds("example", "ds"), _ds("shop.example", "nsec3")) is True


def test_a_signed_name_is_never_insecure() -> None:
    """DS sets and denials inside a zone down to the name: not insecure (R131)."""
    for last in ("ds", "inside"):
        assert _proven(_ds("example", "ds"), _ds("shop.example", "ds"), _ds("www.shop.example", last)) is False
    assert insecure_proven(_ROOT, Seen([_probe()]), _NET) is False


def test_a_gap_ends_the_walk() -> None:
    """A denial without AD, a failure, an alias, NXDOMAIN on the way: nothing is proven, whatever stands below (C16)."""
    query = ds_queries(_NAME)[0]
    wire = query.name.wire
    below = _ds("shop.example", "nsec")
    for gap in (
        _ds("example", "unauthenticated"),
        _observed(query, b"", failure=Failure.TIMEOUT),
        _observed(query, build_response(wire, DS, flags=_AD, rcode=3, authority=(_SOA,))),
        _observed(query, build_response(wire, DS, flags=_AD, rcode=2)),
        _observed(query, build_response(wire, DS, flags=_AD)),
        _observed(query, build_response(wire, DS, flags=_AD, answer=((wire, CNAME, 5, b"\1a\0"),), authority=(_SOA,))),
        attrs.evolve(_ds("example", "ds"), server="192.0.2.53"),
        attrs.evolve(_ds("example", "ds"), received=NOON + timedelta(days=1)),
    ):
        assert _proven(gap, below) is False


def _denied(*records: tuple[bytes, int, int, bytes], name: str = "example") -> bool | Needs:
    wire = parse_domain(name).wire
    raw = build_response(wire, DS, flags=_AD, authority=(_SOA, *records))
    query = DnsQuery(name=parse_domain(name), rdtype=DS, role="ds")
    return _proven(_observed(query, raw), name=parse_domain(name))


def _bitmap(*types: str) -> bytes:
    """A type bitmap as dnspython writes it."""
    numbers = [dns.rdatatype.from_text(each) for each in types]
    windows = dns.rdtypes.util.Bitmap.from_rdtypes(numbers).windows
    return b"".join(bytes((window, len(bits))) + bits for window, bits in windows)


_EXAMPLE = parse_domain("example").wire


def _nsec(*types: str, owner: bytes = _EXAMPLE) -> tuple[bytes, int, int, bytes]:
    return owner, NSEC, 300, b"\3foo\0" + _bitmap(*types)


def _nsec3(
    *types: str, name: str = "example", iterations: int = 0, salt: bytes = b"", zone: bytes = b"\0", algorithm: int = 1
) -> tuple[bytes, int, int, bytes]:
    # dnspython's hash is the oracle.
    hashed = dns.dnssec.nsec3_hash(name, salt.hex() or None, iterations, "SHA1").lower().encode()
    data = bytes((algorithm, 0)) + iterations.to_bytes(2, "big") + bytes((len(salt),)) + salt + b"\x14" + bytes(20)
    return b"\x20" + hashed + zone, NSEC3, 300, data + _bitmap(*types)


def test_nsec_at_a_cut() -> None:
    """NS without DS and without SOA, at exactly this name (RFC 6840 §4.4; R131)."""
    assert _denied(_nsec("NS", "RRSIG", "NSEC")) is True
    assert _denied(_nsec("NS", "TYPE65280", "RRSIG", "NSEC")) is True
    assert _denied(_nsec("A", "RRSIG", "NSEC")) is False
    assert _denied(_nsec("NS", "DS", "RRSIG", "NSEC")) is False
    assert _denied(_nsec("NS", "SOA", "RRSIG", "NSEC", "DNSKEY")) is False
    assert _denied(_nsec("NS", "RRSIG", "NSEC", owner=b"\0")) is False
    assert _denied(_nsec("NS", "RRSIG", "NSEC", owner=b"\3foo\0")) is False
    assert _denied() is False
    # One that says so is enough, whatever stands beside it.
    assert _denied(_nsec("A"), (_EXAMPLE, 46, 300, bytes(20)), _nsec("NS")) is True


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\3foo",
        b"\xc0\xff",
        b"\3foo\0\0",
        b"\3foo\0\0\0",
        b"\3foo\0\0\x21" + b"\x20" * 33,
        b"\3foo\0\0\1\x20\0\1\x20",
        b"\3foo\0\1\1\x20\0\1\x20",
        b"\3foo\0\0\4\x20",
    ],
)
def test_nsec_that_is_malformed(data: bytes) -> None:
    """A next name or bitmap that breaks its grammar proves nothing (RFC 4034 §4.1)."""
    assert _denied((_EXAMPLE, NSEC, 300, data)) is False


@pytest.mark.parametrize(
    ("bitmap", "read"),
    [
        (b"\0\1\x20", True),
        (b"\0\x20\x20" + bytes(31), True),
        (b"\0\x21\x20" + bytes(32), False),
        (b"\0\0", False),
        (b"\0\2\x20", False),
        (b"\0\1\x20\0\1\x20", False),
        (b"\0\1\x20\1", False),
    ],
)
def test_bounds_of_a_bitmap(bitmap: bytes, read: bool) -> None:
    """Blocks of 1 to 32 octets, in rising order, whole: else nothing is read of it (RFC 4034 §4.1.2)."""
    assert _denied((_EXAMPLE, NSEC, 300, b"\0" + bitmap)) is read


def test_nsec_whose_name_runs_out_of_its_rdata() -> None:
    """A next name that is longer than the RDATA is no NSEC record."""
    assert _denied((_EXAMPLE, NSEC, 300, b"\3f"), (_EXAMPLE, 46, 300, b"oo\0\0\1\x20")) is False


@pytest.mark.parametrize(("iterations", "salt"), [(0, b""), (1, b""), (12, b"\xab\xcd"), (500, b"s" * 255)])
def test_nsec3_at_a_cut(iterations: int, salt: bytes) -> None:
    """The hash is that of the name, with iterations and salt, as dnspython computes it (RFC 5155 §5)."""
    assert _denied(_nsec3("NS", iterations=iterations, salt=salt)) is True
    assert _denied(_nsec3("NS", "DS", iterations=iterations, salt=salt)) is False
    assert _denied(_nsec3("NS", "SOA", iterations=iterations, salt=salt)) is False
    assert _denied(_nsec3("A", iterations=iterations, salt=salt)) is False


def test_nsec3_of_other_names() -> None:
    """The hash of another name, a covering span, an opt-out span, another zone: no proof (RFC 5155 §9.2; C16)."""
    assert _denied(_nsec3("NS", name="other")) is False
    assert _denied(_nsec3("NS", zone=b"\4test\0")) is False
    owner, rdtype, ttl, data = _nsec3("NS")
    assert _denied((b"\x1f" + owner[2:], rdtype, ttl, data)) is False
    opt_out = data[:1] + b"\1" + data[2:]
    assert _denied((b"\x20" + b"0" * 32 + b"\0", rdtype, ttl, opt_out)) is False


def test_nsec3_out_of_bounds() -> None:
    """Another hash algorithm, more work than is allowed, and RDATA that is cut off prove nothing (RFC 9276 §3.2)."""
    assert _denied(_nsec3("NS", algorithm=2)) is False
    assert _denied(_nsec3("NS", iterations=501)) is False
    owner, rdtype, ttl, data = _nsec3("NS", salt=b"salt")
    for length in (0, 4, 5, 8, 9):
        assert _denied((owner, rdtype, ttl, data[:length])) is False
    # Hash length beyond the end: the bitmap is empty.
    assert _denied((owner, rdtype, ttl, data[:9] + b"\xff" + data[10:])) is False


def test_hash_by_hand() -> None:
    """The helper that writes vectors hashes as RFC 5155 §5 says, without dnspython and without the code under test."""
    wire = parse_domain("example").wire
    by_hand = base64.b32hexencode(hashlib.sha1(wire).digest()).lower()
    assert dns.dnssec.nsec3_hash("example", None, 0, "SHA1").lower().encode() == by_hand
    assert b"\x20" + by_hand in denial("example", "nsec3")


# --- whole lookups


def test_state_of_a_lookup_is_that_of_its_weakest_link() -> None:
    """A secure alias to an unsigned target is not signed; an unprobed link makes the whole unknown (C16)."""
    target = parse_domain("host.test")
    alias = _observed(
        DnsQuery(name=_NAME, rdtype=CAA),
        build_response(_NAME.wire, CAA, flags=_AD, answer=((_NAME.wire, CNAME, 60, target.wire),)),
    )
    query = DnsQuery(name=target, rdtype=CAA)
    states: dict[str, Dnssec] = {}
    for key, flags, server in (("secure", _AD, "127.0.0.1"), ("plain", _PLAIN, "127.0.0.1"), ("other", _AD, "::1")):
        end = _observed(query, build_response(target.wire, CAA, flags=flags, authority=(_SOA,)))
        seen = Seen([alias, attrs.evolve(end, server=server), _probe()])
        lookup = look_up(_NAME, CAA, seen, net=_NET)
        assert isinstance(lookup, Lookup)
        states[key] = state_of(lookup, seen, _NET)
    assert states == {"secure": Dnssec.SECURE, "plain": Dnssec.NOT_SIGNED, "other": Dnssec.UNKNOWN}


@given(st.binary(max_size=80), st.sampled_from([NSEC, NSEC3]), st.booleans())
def test_total(data: bytes, rdtype: int, hashed: bool) -> None:
    """Any octets as NSEC or NSEC3 RDATA are read without a fault, and prove nothing unless they are a denial."""
    owner = _nsec3("NS")[0] if hashed else _EXAMPLE
    assert _denied((owner, rdtype, 300, data)) in (True, False)


@given(st.binary(max_size=60))
def test_bitmaps_agree_with_dnspython(data: bytes) -> None:
    """What dnspython refuses as a bitmap proves nothing; what it takes is read with the same types."""
    rdata = b"\3foo\0" + data
    try:
        theirs = dns.rdata.from_wire("IN", "NSEC", rdata, 0, len(rdata))
    except dns.exception.DNSException:
        types = None
    else:
        types = {
            window << 8 | index << 3 | bit
            for window, bits in theirs.windows  # type: ignore[attr-defined]
            for index, octet in enumerate(bits)
            for bit in range(8)
            if octet & 0x80 >> bit
        }
    expected = types is not None and 2 in types and DS not in types and SOA not in types
    assert _denied((_EXAMPLE, NSEC, 300, rdata)) is expected


# --- several servers


def _at(observation: DnsObservation, port: int, *, server: str = "127.0.0.1") -> DnsObservation:
    return attrs.evolve(observation, port=port, server=server)


def _again(number: int, port: int, *, flags: int = _AD, net: NetPolicy = _NET) -> DnsObservation:
    """A probe that was repeated, and its server."""
    query = attrs.evolve(probe_queries(net)[0], attempt=number)
    return _at(attrs.evolve(_probe(flags=flags), request=query), port)


def test_each_server_is_believed_by_its_own_probe() -> None:
    """The probe of another port, address or vantage says nothing; a repeated probe counts like the first (C16)."""
    answer = _answer(flags=_AD)
    other = _at(answer, 54)
    assert _state(other, _probe()) is Dnssec.UNKNOWN
    assert _state(other, _probe(), _again(1, 54)) is Dnssec.SECURE
    assert _state(other, _probe(), _again(1, 54, flags=_PLAIN)) is Dnssec.UNKNOWN
    assert _state(other, _probe(), _again(1, 55), _again(2, 54)) is Dnssec.SECURE
    assert _state(_at(answer, 53, server="127.0.0.2"), _probe()) is Dnssec.UNKNOWN
    assert _state(attrs.evolve(answer, vantage="there"), _probe()) is Dnssec.UNKNOWN
    # The fourth probe is the last one.
    assert _state(other, _probe(), _again(3, 54)) is Dnssec.SECURE
    assert _state(other, _probe(), _again(4, 54)) is Dnssec.UNKNOWN


def test_a_server_that_was_not_probed_is_probed() -> None:
    """Nothing without need; then the probe once more, until the server is reached, and at most three times (C16)."""
    answer, other = _answer(), _at(_answer(), 54)

    def wanted(*observations: DnsObservation, answered: DnsObservation = other, net: NetPolicy = _NET) -> list[int]:
        return [each.attempt for each in further_probes((answer, answered), Seen(observations), net)]

    assert wanted(answer) == []
    assert wanted(answer, _probe(), answered=answer) == []
    assert wanted(answer, _probe()) == [1]
    assert wanted(answer, _probe(), _again(1, 54)) == []
    assert wanted(answer, _probe(), _again(1, 55)) == [2]
    assert wanted(answer, _probe(), _again(1, 55), _again(2, 56)) == [3]
    assert wanted(answer, _probe(), _again(1, 55), _again(2, 56), _again(3, 57)) == []
    # A path that is not secure is not believed whatever its probe says.
    far = _at(answer, 53, server="192.0.2.53")
    assert wanted(answer, _probe(), answered=far) == []
    assert wanted(answer, _probe(), answered=far, net=attrs.evolve(_NET, secure_paths=("192.0.2.53",))) == [1]
    assert [each.attempt for each in further_probes((answer, far, other), Seen([answer, _probe()]), _NET)] == [1]
    # Where a bogus name is named, it is asked with the root, whichever of them is missing.
    net = attrs.evolve(_NET, probe_bogus="broken.example")
    assert wanted(answer, _probe(), net=net) == [1, 1]
    assert wanted(answer, _probe(), _again(1, 54), net=net) == [1]


def test_a_proof_by_another_server_asks_for_its_probe() -> None:
    """The DS walk goes on from a server that was not probed: that one is probed, then its proof counts (R130)."""
    proof = _at(_ds("example", "cut"), 54)
    assert insecure_proven(_NAME, Seen([_probe(), proof]), _NET) == Needs((_again(1, 54).request,))
    assert insecure_proven(_NAME, Seen([_probe(), proof, _again(1, 54)]), _NET) is True
    assert insecure_proven(_NAME, Seen([_probe(), proof, _again(1, 54, flags=_PLAIN)]), _NET) is False
