"""DNS messages: vectors in octets, dnspython as oracle for well-formed ones, totality, bounds."""

from __future__ import annotations

import io
from typing import Any

import attrs
import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from attrs.validators import instance_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.dnswire import (
    CAA,
    CNAME,
    SOA,
    Message,
    WireError,
    build_query,
    build_response,
    is_above,
    read_absence,
    read_message,
    read_name,
)
from pkicheck.findings import Verdict
from pkicheck.lookups import read_answer
from pkicheck.names import DnsName, parse_domain
from pkicheck.ports import DnsObservation, DnsQuery
from pkicheck.rules import RULES
from tests.caa_cases import NOON, CaaVector, Reply, codes_of, decide
from tests.vectorfile import load, octets, texts

_A_TEST = parse_domain("a.test")


def observed(raw: bytes, *, name: DnsName = _A_TEST, rdtype: int = CAA) -> DnsObservation:
    """An observation of a message."""
    return DnsObservation(
        request=DnsQuery(name=name, rdtype=rdtype),
        vantage="here",
        sent=NOON,
        received=NOON,
        server="127.0.0.1",
        port=53,
        transport="udp",
        attempts=1,
        raw=raw,
    )


def _all_octets(value: Any) -> tuple[bytes, ...]:
    return tuple(octets(each) for each in value)


@attrs.frozen(kw_only=True)
class DnsVector:
    """A response to the question `a.test CAA`, and what it says."""

    id: str = attrs.field(validator=instance_of(str))
    comment: str = attrs.field(validator=instance_of(str))
    rule: str = attrs.field(validator=instance_of(str))
    source: str = attrs.field(validator=instance_of(str))
    response: bytes = attrs.field(converter=octets)
    outcome: str = attrs.field(validator=instance_of(str))
    aliases: tuple[str, ...] = attrs.field(default=(), converter=texts)
    rdatas: tuple[bytes, ...] = attrs.field(default=(), converter=_all_octets)
    ttl: int = attrs.field(default=0, validator=instance_of(int))
    authentic: bool = attrs.field(default=False, validator=instance_of(bool))
    ede: tuple[int, ...] = attrs.field(default=(), converter=tuple)
    verdict: Verdict = attrs.field(converter=Verdict)
    codes: tuple[str, ...] = attrs.field(converter=texts)


_VECTORS = load("dns", DnsVector)


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda each: each.id)
def test_vector(vector: DnsVector) -> None:
    """What a message says of its question, and what that does to a check by every entry point (C14, R124)."""
    assert vector.rule in RULES
    answer = read_answer(observed(vector.response))
    assert answer.outcome.value == vector.outcome, answer.detail
    if not answer.outcome.failed or vector.aliases:
        assert tuple(f"{each.owner.text} > {each.target.text}" for each in answer.aliases) == vector.aliases
    assert answer.rdatas == vector.rdatas
    assert answer.ttl == vector.ttl
    assert answer.authentic == vector.authentic
    assert tuple(code for code, _ in answer.ede) == vector.ede
    assert bool(answer.detail) == answer.outcome.failed
    result, _ = decide(
        CaaVector(
            id=vector.id,
            comment=vector.comment,
            rule=(vector.rule,),
            source=vector.source,
            name="a.test",
            reply=(Reply(owner="a.test", message=vector.response),),
            verdict=vector.verdict.value,
            codes=vector.codes,
        )
    )
    assert result.verdict is vector.verdict, result.summary()
    assert set(vector.codes) <= codes_of(result)


# --- dnspython as oracle

_LABELS = st.binary(min_size=1, max_size=12) | st.sampled_from([b"www", b"WWW", b"shop", b"example", b"a" * 63])
_OWNERS = st.lists(_LABELS, max_size=4).map(lambda labels: dns.name.Name([*labels, b""]))
_TTLS = st.integers(0, 2**31 - 1)


@st.composite
def _rdatas(draw: st.DrawFn) -> dns.rdata.Rdata:
    kind = draw(st.sampled_from(["CAA", "CNAME", "DNAME", "TXT", "NS", "SOA", "A", "raw"]))
    name = draw(_OWNERS)
    if kind == "raw":
        rdtype = draw(st.integers(60000, 65000))
        return dns.rdata.GenericRdata(
            dns.rdataclass.IN, dns.rdatatype.RdataType.make(rdtype), draw(st.binary(max_size=40))
        )
    if kind == "CAA":
        tag = draw(st.sampled_from([b"issue", b"ISSUE", b"future"]))
        value = draw(st.binary(max_size=30))
        wire = bytes((draw(st.integers(0, 255)), len(tag))) + tag + value
    elif kind == "TXT":
        text = draw(st.binary(max_size=40))
        wire = bytes((len(text),)) + text
    elif kind == "A":
        wire = draw(st.binary(min_size=4, max_size=4))
    elif kind == "SOA":
        wire = _canonical(name) + _canonical(name) + draw(st.binary(min_size=20, max_size=20))
    else:
        wire = _canonical(name)
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(kind), wire, 0, len(wire))


@st.composite
def _messages(draw: st.DrawFn) -> dns.message.Message:
    question = draw(_OWNERS)
    message = dns.message.make_response(
        dns.message.make_query(question, "CAA", use_edns=0, id=draw(st.integers(0, 65535)))
    )
    options: list[dns.edns.Option] = [
        dns.edns.EDEOption(
            dns.edns.EDECode.make(draw(st.integers(0, 30))), draw(st.none() | st.text("abc", min_size=1, max_size=5))
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    message.use_edns(0, 0, 1232, options=options)
    message.set_rcode(dns.rcode.Rcode.make(draw(st.sampled_from([0, 2, 3, 5, 16, 23, 4095]))))
    for flag in (dns.flags.AD, dns.flags.RA, dns.flags.TC, dns.flags.AA):
        if draw(st.booleans()):
            message.flags |= flag
    owners = st.just(question) | _OWNERS
    for section in (message.answer, message.authority, message.additional):
        for _ in range(draw(st.integers(0, 3))):
            # One record for each set: dnspython gives a set one TTL.
            section.append(dns.rrset.from_rdata(draw(owners), draw(_TTLS), draw(_rdatas())))
    return message


def _canonical(name: dns.name.Name) -> bytes:
    return name.canonicalize().to_wire() or b""


@given(_messages())
def test_dnspython_agrees(message: dns.message.Message) -> None:
    """Names (compressed and not), records, TTLs, response codes and extended errors are those that dnspython wrote."""
    raw = message.to_wire(max_size=65535)
    read = read_message(raw)
    question = message.question[0]
    assert read.question == (_canonical(question.name), int(question.rdtype))
    assert read.rcode == int(message.rcode())
    assert read.is_response
    assert read.authentic == bool(message.flags & dns.flags.AD)
    assert read.recursion_available == bool(message.flags & dns.flags.RA)
    assert read.truncated == bool(message.flags & dns.flags.TC)
    assert [(code, text.decode() or None) for code, text in read.ede] == [
        (int(each.code), each.text) for each in message.options if isinstance(each, dns.edns.EDEOption)
    ]
    for mine, theirs in ((read.answer, message.answer), (read.authority, message.authority)):
        assert len(mine) == len(theirs)
        for record, rrset in zip(mine, theirs, strict=True):
            (rdata,) = rrset
            assert record.owner == _canonical(rrset.name)
            assert record.rdtype == int(rrset.rdtype)
            assert record.ttl == rrset.ttl
            if rrset.rdtype in (dns.rdatatype.CNAME, dns.rdatatype.DNAME):
                assert read.name_in(record) == _canonical(rdata.target)
            elif rrset.rdtype not in (dns.rdatatype.NS, dns.rdatatype.SOA):
                assert read.rdata(record) == rdata.to_wire()


def test_compression_was_used() -> None:
    """The messages of the test above hold pointers: to whole names, to tails of names, and in RDATA."""
    message = dns.message.make_response(dns.message.make_query("www.shop.example", "CAA"))
    message.answer.append(dns.rrset.from_text("www.shop.example.", 300, "IN", "CNAME", "cdn.shop.example."))
    message.answer.append(dns.rrset.from_text("cdn.shop.example.", 300, "IN", "CAA", '0 issue "ca.example"'))
    raw = message.to_wire()
    assert raw.count(b"\xc0") >= 3
    read = read_message(raw)
    assert [each.owner for each in read.answer] == [
        parse_domain(f"{host}.shop.example").wire for host in ("www", "cdn")
    ]
    assert read.name_in(read.answer[0]) == parse_domain("cdn.shop.example").wire


# --- the short way through the commonest answers


def _absence_by_the_long_way(raw: bytes, name: bytes, rdtype: int) -> tuple[int, bool] | None:
    """What `read_absence` may say: derived from the whole message."""
    try:
        message = read_message(raw)
    except WireError:
        return None
    denied = any(each.rdtype == SOA and is_above(each.owner, name) for each in message.authority)
    echoed = message.question == (name, rdtype)
    plain = message.is_response and message.recursion_available and not message.truncated
    if not (denied and echoed and plain) or message.rcode not in (0, 3) or message.answer or message.ede:
        return None
    return message.rcode, message.authentic


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda each: each.id)
def test_the_short_way_agrees(vector: DnsVector) -> None:
    """The short reading of an absence says nothing that the whole message does not say."""
    short = read_absence(vector.response, _A_TEST.wire, CAA)
    assert short in (None, _absence_by_the_long_way(vector.response, _A_TEST.wire, CAA))


@settings(max_examples=500)
@given(
    st.sampled_from([each.response for each in _VECTORS if each.outcome in {"nodata", "nxdomain", "lookup-lame"}]),
    st.randoms(use_true_random=False),
)
def test_the_short_way_agrees_near_messages(raw: bytes, chance: Any) -> None:
    """The same for messages with octets changed, cut and inserted."""
    data = bytearray(raw)
    for _ in range(chance.randint(0, 3)):
        place = chance.randrange(len(data))
        data[place : place + chance.choice([0, 1])] = bytes(chance.choice([0, 1, 6, 12, 0xC0, 0xFF, 41]) for _ in "x")
    for name in (_A_TEST.wire, b"\4test\0", b"\0"):
        short = read_absence(bytes(data), name, CAA)
        assert short in (None, _absence_by_the_long_way(bytes(data), name, CAA))


def test_the_short_way_is_taken() -> None:
    """The usual answers of a climb are read by it: NODATA and NXDOMAIN with OPT and a compressed SOA owner."""
    wire = _A_TEST.wire
    for rcode in (0, 3):
        for flags in (0x8180, 0x81A0):
            for owner in (b"\0", b"\4test\0", wire):
                raw = build_response(wire, CAA, rcode=rcode, flags=flags, authority=((owner, SOA, 300, bytes(22)),))
                assert read_absence(raw, wire, CAA) == (rcode, flags == 0x81A0)
    message = dns.message.make_response(dns.message.make_query("a.test", "CAA"))
    message.flags |= dns.flags.RA
    message.authority.append(dns.rrset.from_text("test.", 300, "IN", "SOA", "a.test. b.test. 1 2 3 4 5"))
    assert read_absence(message.to_wire(), wire, CAA) == (0, False)
    # Extended errors, and anything else out of the ordinary, take the long way.
    raw = build_response(wire, CAA, authority=((b"\0", SOA, 300, bytes(22)),), ede={29: b""})
    assert read_absence(raw, wire, CAA) is None


def test_a_question_by_a_pointer() -> None:
    """A question whose name is a pointer into the header is read as what it is: here the root."""
    message = read_message(b"\0\0\x81\x80\0\1" + bytes(6) + b"\xc0\0\1\1\0\1")
    assert message.question == (b"\0", CAA)


# --- totality and bounds


@given(st.binary(max_size=200))
def test_total(raw: bytes) -> None:
    """Any octets give a message or a WireError at a place within them; read as an answer they give an outcome."""
    try:
        assert read_message(raw).raw == raw
    except WireError as error:
        place, words = error.offset, error.reason
        assert str(error) == f"{words} at octet {place}"  # noqa: PT017 - either outcome is right
        assert 0 <= place <= len(raw)
    answer = read_answer(observed(raw))
    assert answer.outcome.value


@settings(max_examples=300)
@given(st.sampled_from([each.response for each in _VECTORS if each.response]), st.randoms(use_true_random=False))
def test_total_near_messages(raw: bytes, chance: Any) -> None:
    """Messages with octets changed, cut and doubled are read without a fault; records lie within the message."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        change = chance.randrange(3)
        if change == 0:
            data[place] = chance.choice([0, 1, 63, 64, 0xC0, 0xFF, chance.randrange(256)])
        elif change == 1:
            del data[place:]
        else:
            data[place:place] = data[place : place + chance.randint(1, 8)]
        if not data:
            break
    try:
        message = read_message(bytes(data))
    except WireError:
        pass
    else:
        for record in (*message.answer, *message.authority):
            assert 12 <= record.start <= record.end <= len(data)
            assert len(record.owner) <= 255
            assert 0 <= record.ttl < 2**31
    read_answer(observed(bytes(data)))


def test_larger_than_a_message_can_be() -> None:
    """65,536 octets are no DNS message; 65,535 may be one."""
    with pytest.raises(WireError, match="longer than 65535"):
        read_message(bytes(65536))
    filler = 65535 - len(build_response(b"\0", CAA, answer=((b"\0", 60000, 0, b""),)))
    raw = build_response(b"\0", CAA, answer=((b"\0", 60000, 0, bytes(filler)),))
    assert len(raw) == 65535
    assert len(read_message(raw).answer) == 1


def _pointers(count: int, tail: int = 12) -> bytes:
    """A message whose records' owners are pointers to each other, and the deepest chain of them."""
    raw = bytearray(b"\0\0\x81\x80\0\1" + count.to_bytes(2, "big") + bytes(4) + b"\1a\0\1\1\0\1")
    before = tail
    for _ in range(count):
        place = len(raw)
        raw += bytes((0xC0 | before >> 8, before & 255)) + b"\1\1\0\1" + bytes(6)
        if place < 0x4000:
            before = place
    return bytes(raw)


def test_many_pointers_stay_linear() -> None:
    """A message full of pointers to pointers is walked in linear time: names are remembered by their offsets."""
    message = read_message(_pointers(1000))
    assert {record.owner for record in message.answer} == {b"\1a\0"}


def test_chain_of_pointers_is_bounded() -> None:
    """A single name of more pointers than it can have labels is refused, in RDATA too, where nothing is remembered."""
    chain = bytearray(bytes(12) + b"\0\0")
    for _ in range(200):
        place = len(chain) - 2
        chain += bytes((0xC0 | place >> 8, place & 255))
    with pytest.raises(WireError, match="too many pointers"):
        read_name(bytes(chain), len(chain) - 2)
    name, end = read_name(bytes(chain), 12 + 2 + 2 * 100)
    assert (name, end) == (b"\0", 12 + 2 + 2 * 100 + 2)


@pytest.mark.parametrize(
    ("raw", "at"), [(b"\xc0\0", 0), (b"\1a\xc0\0", 0), (b"\0\xc0\1", 1), (b"\xc0\2\xc0\0", 2), (b"\xc0\2\0", 0)]
)
def test_pointers_go_back(raw: bytes, at: int) -> None:
    """A pointer to itself, to the label before it, ahead, or round in a circle is refused at once (RFC 1035 §4.1.4)."""
    with pytest.raises(WireError, match="does not go back"):
        read_name(raw, at)


def test_name_of_the_longest_length() -> None:
    """A name of 255 octets is one; 256 octets are not, however they are composed."""
    longest = (b"\x3f" + b"x" * 63) * 3 + b"\x3d" + b"y" * 61 + b"\0"
    assert len(longest) == 255
    assert read_name(longest, 0) == (longest, 255)
    with pytest.raises(WireError, match="longer than 255"):
        read_name((b"\x3f" + b"x" * 63) * 3 + b"\x3e" + b"y" * 62 + b"\0", 0)
    tail = b"\1a\0"
    by_pointer = tail + (b"\x3f" + b"x" * 63) * 3 + b"\x3b" + b"y" * 59 + b"\xc0\0"
    assert len(read_name(by_pointer, 3)[0]) == 255
    with pytest.raises(WireError, match="longer than 255"):
        read_name(tail + (b"\x3f" + b"x" * 63) * 3 + b"\x3c" + b"y" * 60 + b"\xc0\0", 3)
    # The same when the tail is taken from memory.
    with pytest.raises(WireError, match="longer than 255"):
        read_name(tail + (b"\x3f" + b"x" * 63) * 3 + b"\x3c" + b"y" * 60 + b"\xc0\0", 3, {0: tail})


@given(st.binary(max_size=60), st.integers(0, 59))
def test_names_read_the_same_with_and_without_memory(raw: bytes, at: int) -> None:
    """Remembering names by offset changes nothing but the time."""
    known: dict[int, bytes] = {}
    results: list[object] = []
    for memory in (None, known, known):
        try:
            results.append(read_name(raw, at, memory))
        except WireError as error:
            results.append(str(error))
    assert results[0] == results[1] == results[2]


@given(st.binary(min_size=12, max_size=80), st.integers(0, 79))
def test_dnspython_agrees_on_names(raw: bytes, at: int) -> None:
    """A name is read where dnspython reads one, with the same octets and the same end."""
    try:
        name, end = read_name(raw, at)
    except WireError:
        return
    theirs, used = dns.name.from_wire(raw, at)
    assert (_canonical(theirs), at + used) == (name, end)


def test_case_is_folded_in_letters_only() -> None:
    """A to Z are folded, and no other octet: not those of Latin letters, not length octets."""
    label = bytes(range(0x40, 0x7B)) + b"\xc4\xe4"
    raw = bytes((len(label),)) + label + b"\0"
    assert read_name(raw, 0)[0] == bytes((len(label),)) + label.lower() + b"\0"
    assert read_name(b"\x3f" + b"A" * 63 + b"\0", 0)[0][0] == 63


# --- what is built


def test_build_query_is_what_dnspython_reads() -> None:
    """A query has RD, AD and EDNS with DO; CD on demand."""
    wire = parse_domain("www.shop.example").wire
    for disabled in (False, True):
        query = dns.message.from_wire(build_query(wire, CAA, identity=4711, checking_disabled=disabled))
        assert query.id == 4711
        assert bool(query.flags & dns.flags.CD) == disabled
        assert query.flags & dns.flags.RD
        assert query.flags & dns.flags.AD
        assert not query.flags & dns.flags.QR
        assert query.edns == 0
        assert query.payload == 1232
        assert query.ednsflags & dns.flags.DO
        assert [(each.name.to_text(), int(each.rdtype)) for each in query.question] == [("www.shop.example.", CAA)]


@pytest.mark.parametrize("rcode", [0, 3, 16, 4095])
def test_build_response_is_what_dnspython_reads(rcode: int) -> None:
    """A response is a well-formed message in the eyes of others, its own reader's included."""
    wire = parse_domain("www.shop.example").wire
    other = parse_domain("cdn.test").wire
    raw = build_response(
        wire,
        CAA,
        rcode=rcode,
        answer=((wire, CNAME, 300, other), (other, CAA, 60, b"\0\5issueca.example")),
        authority=((b"\0", SOA, 5, bytes(22)),),
        identity=7,
        ede={22: b"x", 6: b""},
    )
    theirs = dns.message.from_wire(raw)
    assert theirs.id == 7
    assert int(theirs.rcode()) == rcode
    assert theirs.answer[1].to_text() == 'cdn.test. 60 IN CAA 0 issue "ca.example"'
    assert [int(each.code) for each in theirs.extended_errors()] == [22, 6]
    mine = read_message(raw)
    assert mine.rcode == rcode
    assert mine.ede == ((22, b"x"), (6, b""))
    assert len(raw) < len(build_response(other, CAA, answer=((wire, CNAME, 300, other),) * 3)) + 200


def test_root_as_question() -> None:
    """The root is a name like any other; records at it are written out, not pointed to."""
    raw = build_response(b"\0", SOA, answer=((b"\0", SOA, 300, bytes(22)),))
    assert read_message(raw).question == (b"\0", SOA)
    assert read_message(raw).answer[0].owner == b"\0"
    assert dns.message.from_wire(raw).answer


def test_message_is_a_value() -> None:
    """Two readings of the same octets are equal, and hash alike."""
    raw = build_response(b"\1a\0", CAA)
    assert read_message(raw) == read_message(bytes(io.BytesIO(raw).read()))
    assert isinstance(hash(read_message(raw)), int)
    assert isinstance(read_message(raw), Message)
