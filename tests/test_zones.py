"""Zone-file text, zone data in memory as a transport, and the test kit made of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from typing import get_args

import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.dnswire import CAA, CNAME, DNAME, DS, SOA, A, read_message
from pkicheck.errors import InputError, TransportError
from pkicheck.lookups import Outcome, read_answer
from pkicheck.names import DnsName, parse_domain
from pkicheck.ports import DnsObservation, DnsQuery, Failure, HttpGet, ListFact, ListQuestion, Role
from pkicheck.testing import AsyncZone, FailureKind, FixedClock, Zone
from pkicheck.zonefile import ZoneRecord, read_zone_text, zone_status
from pkicheck.zones import Zones, wall_clock
from tests.caa_cases import NOON

_LONG = timedelta(seconds=9)


def _read(text: str, **more: str) -> list[tuple[str, int, int, bytes]]:
    return [(each.owner.text, each.rdtype, each.ttl, each.rdata) for each in read_zone_text(text, **more)]


# --- zone-file text


def test_records_of_a_zone_text() -> None:
    """Origin, default TTL, inherited owners, comments, parentheses, TTL and class in either order (RFC 1035 §5.1)."""
    text = r"""
; a comment
$TTL 1h
$ORIGIN shop.example.
@ IN 60 A 192.0.2.1 ; another
  AAAA 2001:db8::1
www 2h30m IN CNAME @
txt IN TXT ( "one"
     "two" )
$ORIGIN sub
a CLASS1 A 192.0.2.2
\065\.b A 192.0.2.3
abs.test. 0 IN A 192.0.2.4
"""
    assert _read(text) == [
        ("shop.example", 1, 60, b"\xc0\0\2\1"),
        ("shop.example", 28, 3600, bytes.fromhex("20010db8000000000000000000000001")),
        ("www.shop.example", 5, 9000, parse_domain("shop.example").wire),
        ("txt.shop.example", 16, 3600, b"\3one\3two"),
        ("a.sub.shop.example", 1, 3600, b"\xc0\0\2\2"),
        (r"a\.b.sub.shop.example", 1, 3600, b"\xc0\0\2\3"),
        ("abs.test", 1, 0, b"\xc0\0\2\4"),
    ]


def test_ttl_without_a_default() -> None:
    """Without $TTL the last TTL stands (RFC 1035 §5.1); without any, an hour."""
    assert [ttl for _, _, ttl, _ in _read("a. A 192.0.2.1\nb. 5 A 192.0.2.1\nc. A 192.0.2.1\n")] == [3600, 5, 5]


def test_origin_is_an_argument() -> None:
    """Relative names are relative to the origin given; an absolute name is not."""
    assert [owner for owner, *_ in _read("www A 192.0.2.1\nx. A 192.0.2.1\n", origin="shop.example.")] == [
        "www.shop.example",
        "x",
    ]
    assert [owner for owner, *_ in _read("www A 192.0.2.1\n")] == ["www"]


@pytest.mark.parametrize(
    ("text", "rdata"),
    [
        ('0 issue "ca.example"', b"\0\5issueca.example"),
        ("0 issue ca.example", b"\0\5issueca.example"),
        ('128 ISSUE ";"', b"\x80\5ISSUE;"),
        ('255 "issue" ""', b"\xff\5issue"),
        ("0 issue", b"\0\5issue"),
        ('0 "" "x"', b"\0\0x"),
        ('0 is-sue "x"', b"\0\6is-suex"),
        (r'0 issue "\000\255\"\\"', b'\0\5issue\0\xff"\\'),
        (r"0 is\115ue x", b"\0\5issuex"),
        (r"0 i\195\164 x", b"\0\3i\xc3\xa4x"),
        ('0 issue "a b;c=d"', b"\0\5issuea b;c=d"),
        (r"\# 0", b""),
        (r"\# 3 000541", b"\0\5A"),
        (r"\# 3 00 05 41 ; comment", b"\0\5A"),
    ],
)
def test_caa_is_written_as_it_is(text: str, rdata: bytes) -> None:
    """CAA records come out octet by octet, well-formed or not (RFC 8659 §4.1.1, RFC 3597 §5)."""
    assert _read(f"a. CAA {text}\n") == [("a", CAA, 3600, rdata)]
    assert _read(f"a. TYPE257 {text}\n") == [("a", CAA, 3600, rdata)]


@pytest.mark.parametrize(
    "text",
    [
        "a. CAA",
        "a. CAA 0",
        "a. CAA x issue y",
        "a. CAA 256 issue y",
        "a. CAA -1 issue y",
        'a. CAA 0 issue "y" z',
        f"a. CAA 0 {'t' * 256} y",
        r"a. CAA \# 2 00",
        r"a. CAA \# 1 0000",
        r"a. CAA \# 1 zz",
        r"a. CAA \# x 00",
        r"a. A \# 65536 00",
        "a. A",
        "a. A 192.0.2.256",
        "a. A 192.0.2.1 192.0.2.2",
        "a. NOSUCHTYPE 1",
        "a. ANY x",
        "a. AXFR x",
        "a. CH A 192.0.2.1",
        "a. HS A 192.0.2.1",
        "a. IN IN A 192.0.2.1",
        "a. 5 5 A 192.0.2.1",
        "a. IN",
        "a.",
        "$TTL",
        "$TTL x",
        "$ORIGIN",
        "$ORIGIN a. b.",
        "$INCLUDE other",
        "$GENERATE 1-9 a$ A 192.0.2.$",
        'a. TXT "x',
        "a. A ( 192.0.2.1",
        "a. A 192.0.2.1 )",
        f"{'a' * 64}. A 192.0.2.1",
        f"{'a.' * 128} A 192.0.2.1",
        "a..b. A 192.0.2.1",
        r"\999. A 192.0.2.1",
        "a. 99999999999 A 192.0.2.1",
        '"a" "b" "c"',
    ],
)
def test_what_cannot_be_read(text: str) -> None:
    """What cannot be read is an InputError that names the text and the place."""
    with pytest.raises(InputError, match=r"zones of mine, line 3: \S"):
        list(read_zone_text(f"\nok. A 192.0.2.1\n{text}\nz. A 192.0.2.1\n", what="zones of mine"))


@pytest.mark.parametrize("text", ["a. CAA", "a. A 192.0.2.256", 'a. CAA 0 issue "y" z', r"a. CAA \# 2 00", "a."])
def test_the_line_that_cannot_be_read(text: str) -> None:
    """The number is that of the line on which the entry begins."""
    with pytest.raises(InputError, match=r"zones of mine, line 3: "):
        list(read_zone_text(f"\nok. A 192.0.2.1\n{text}\nz. A 192.0.2.1\n", what="zones of mine"))


def test_an_owner_that_is_not_there() -> None:
    """A first line that begins with white space has no owner to inherit."""
    with pytest.raises(InputError, match="without an owner name comes first"):
        list(read_zone_text(" A 192.0.2.1\n"))


def test_empty_and_blank_texts() -> None:
    """Blank lines, blanks, comments and nothing at all hold no record."""
    for text in ("", "\n\n", "   \n\t\n", "; only\n", "   ", " ; x"):
        assert _read(text) == []


def test_too_long_a_text() -> None:
    """A text is bounded before it is read."""
    with pytest.raises(InputError, match="longer than"):
        list(read_zone_text(";" * (64 * 1024 * 1024 + 1)))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("; dnssec: secure", "secure"),
        ("a. A 192.0.2.1\n  ;; DNSSEC:   Unsigned  \r\n", "unsigned"),
        (";dnssec:bogus", "bogus"),
        ("; dnssec: unvalidated\n; dnssec: unvalidated", "unvalidated"),
        ("a. A 192.0.2.1 ; dnssec: secure", None),
        ("; the zone is dnssec: secure", None),
        ("", None),
    ],
)
def test_status_comment(text: str, status: str | None) -> None:
    """A comment line of its own states the DNSSEC status."""
    assert zone_status(text) == status


@pytest.mark.parametrize("text", ["; dnssec: yes", "; dnssec: secure\n; dnssec: bogus"])
def test_status_comment_that_is_none(text: str) -> None:
    """An unknown status, and two that differ, are refused."""
    with pytest.raises(InputError, match="must state one of"):
        zone_status(text)


_LABELS = st.sampled_from(["www", "a", "b-1", "*", "_srv", "xn--p1ai"])
_NAMES = st.lists(_LABELS, min_size=1, max_size=3).map(".".join)
_RDATAS = st.sampled_from(
    ["A 192.0.2.1", "AAAA 2001:db8::1", "CNAME other", "MX 10 mail.test.", 'TXT "a b" c', "NS ns",
     'CAA 0 issue "ca.example"',
     "DS 1 13 2 " + "ab" * 32, "SRV 0 0 443 host.test.", "DNAME new.test.", r"TYPE65280 \# 2 abcd"]
)  # fmt: skip


@given(st.lists(st.tuples(_NAMES, _RDATAS), min_size=1, max_size=8))
def test_dnspython_agrees(lines: list[tuple[str, str]]) -> None:
    """Ordinary zones are read as dnspython's zone reader reads them: owners, types, RDATA."""
    seen: dict[str, str] = {}
    kept: list[str] = []
    for name, rdata in lines:
        # dnspython keeps one CNAME apart from other data: one kind for each name.
        kind = rdata.split()[0]
        if seen.setdefault(name.lower(), kind) == kind:
            kept.append(f"{name} 300 IN {rdata}")
    text = "$ORIGIN shop.example.\n" + "\n".join(kept) + "\n"
    zone = dns.zone.from_text(text, origin="shop.example.", relativize=False, check_origin=False)
    theirs = {
        (name.canonicalize().to_wire(), int(rdata.rdtype), rdata.to_wire())
        for name, rdataset in zone.iterate_rdatasets()
        for rdata in rdataset
    }
    assert {(each.owner.wire, each.rdtype, each.rdata) for each in read_zone_text(text)} == theirs


@given(st.text(alphabet='a.\\"()$; \t\n0259#@*IN CAATTLORIGIN', max_size=60))
def test_total(text: str) -> None:
    """Any text gives records, or an InputError."""
    try:
        records = list(read_zone_text(text))
    except InputError:
        return
    assert all(0 <= each.ttl < 2**32 for each in records)


# --- zone data as a transport


def _ask(zone: Zones, name: str, rdtype: int = CAA, role: Role = "answer") -> DnsObservation:
    owner = DnsName.root() if name == "." else parse_domain(name)
    (observation,) = zone.exchange([DnsQuery(name=owner, rdtype=rdtype, role=role)], within=_LONG)
    assert isinstance(observation, DnsObservation)
    return observation


def _outcome(zone: Zones, name: str, rdtype: int = CAA, role: Role = "answer") -> Outcome:
    return read_answer(_ask(zone, name, rdtype, role)).outcome


_TEXT = """
shop.example. CAA 0 issue "ca.example"
www.shop.example. CNAME host.test.
host.test. CAA 0 issue "host.example"
deep.under.shop.example. A 192.0.2.1
*.wild.example. CAA 0 issue "wild.example"
*.alias.example. CNAME host.test.
there.wild.example. A 192.0.2.1
old.example. DNAME new.test.
x.new.test. CAA 0 issue "new.example"
"""


def test_answers_of_a_resolver() -> None:
    """Data, no data, no name, empty non-terminals, aliases, wildcards, DNAME: as a resolver gives them (C14)."""
    zone = Zone(_TEXT, clock=FixedClock(NOON))
    assert _outcome(zone, "shop.example") is Outcome.DATA
    assert _outcome(zone, "shop.example", A) is Outcome.NODATA
    assert _outcome(zone, "gone.shop.example") is Outcome.NXDOMAIN
    assert _outcome(zone, "under.shop.example") is Outcome.NODATA
    assert _outcome(zone, "example") is Outcome.NODATA
    assert _outcome(zone, "com") is Outcome.NXDOMAIN
    answer = read_answer(_ask(zone, "www.shop.example"))
    assert answer.rdatas == (b"\0\5issuehost.example",)
    assert [each.target.text for each in answer.aliases] == ["host.test"]
    assert _outcome(zone, "www.shop.example", CNAME) is Outcome.DATA
    assert read_answer(_ask(zone, "any.wild.example")).rdatas == (b"\0\5issuewild.example",)
    assert read_answer(_ask(zone, "a.b.wild.example")).rdatas == (b"\0\5issuewild.example",)
    assert _outcome(zone, "there.wild.example") is Outcome.NODATA
    assert _outcome(zone, "x.there.wild.example") is Outcome.NXDOMAIN
    assert read_answer(_ask(zone, "any.alias.example")).rdatas == (b"\0\5issuehost.example",)
    assert read_answer(_ask(zone, "x.old.example")).rdatas == (b"\0\5issuenew.example",)
    assert _outcome(zone, "old.example") is Outcome.NODATA
    assert _outcome(zone, "old.example", DNAME) is Outcome.DATA


def test_messages_are_well_formed() -> None:
    """Dnspython reads every kind of answer of the zones."""
    zone = Zone(_TEXT, clock=FixedClock(NOON))
    for name in ("shop.example", "gone.example", "www.shop.example", "any.wild.example", "x.old.example"):
        message = dns.message.from_wire(_ask(zone, name).raw)
        assert message.question[0].name == dns.name.from_text(name)
        assert message.flags & dns.flags.RA


def test_observation_of_an_answer() -> None:
    """An observation says where, when and by whom; the server is the digest of the data (C18)."""
    zone = Zone(_TEXT, clock=FixedClock(NOON), vantage="lab")
    one = _ask(zone, "shop.example")
    assert (one.vantage, one.sent, one.received, one.attempts, one.port) == ("lab", NOON, NOON, 1, 0)
    assert one.server.startswith("zone:")
    assert _ask(Zone(_TEXT), "shop.example").server == one.server
    zone.add("more.example", "A", "192.0.2.1")
    assert _ask(zone, "shop.example").server != one.server


def test_status_of_zones() -> None:
    """Every SOA begins a zone with a status of its own: AD is that of all zones that an answer came through (R130)."""
    zone = Zone("secure.test. CAA 0 issue x\nalias.test. CNAME www.plain.example.\n", status="secure")
    zone.load("example. SOA a. b. 1 2 3 4 5\nwww.plain.example. CAA 0 issue y\n", status="unsigned")
    assert read_answer(_ask(zone, "secure.test")).authentic
    assert read_answer(_ask(zone, "gone.test")).authentic
    assert not read_answer(_ask(zone, "www.plain.example")).authentic
    assert not read_answer(_ask(zone, "alias.test")).authentic
    assert read_answer(_ask(zone, ".", SOA, "probe")).authentic


def test_status_by_comment() -> None:
    """The comment in the text wins over the argument."""
    zone = Zone("; dnssec: secure\na.test. A 192.0.2.1\n", status="unsigned")
    assert read_answer(_ask(zone, "a.test")).authentic


def test_status_unvalidated() -> None:
    """A resolver that does not validate never sets AD, not even for the probe (C16)."""
    for zone in (Zone(status="unvalidated"), Zone("; dnssec: unvalidated\na.test. A 192.0.2.1\n")):
        assert not read_answer(_ask(zone, ".", SOA, "probe")).authentic


def test_status_bogus() -> None:
    """Bogus data is held back as SERVFAIL, and given when checking is disabled."""
    zone = Zone('a.test. CAA 0 issue "x"\n', status="bogus")
    assert _outcome(zone, "a.test") is Outcome.SERVFAIL
    assert _outcome(zone, "a.test", role="cd") is Outcome.DATA
    assert read_answer(_ask(zone, ".", SOA, "probe")).authentic


def test_delegations_without_data() -> None:
    """Names that an NS set gives to others are not answered for; the apex of a zone is."""
    zone = Zone("example. SOA a. b. 1 2 3 4 5\nexample. NS ns.example.\nshop.example. NS ns.shop.example.\n")
    assert _outcome(zone, "www.shop.example") is Outcome.REFUSED
    assert _outcome(zone, "shop.example") is Outcome.REFUSED
    assert _outcome(zone, "www.example") is Outcome.NXDOMAIN


def test_ds_belongs_to_the_parent() -> None:
    """DS at a cut is the parent's: its data or its authenticated denial (RFC 4035 §3.1.4.1, R131)."""
    zone = Zone("x.signed. A 192.0.2.1\n*. TXT all\n", status="secure")
    zone.load("signed. SOA a. b. 1 2 3 4 5\n", status="secure")
    zone.load("plain. SOA a. b. 1 2 3 4 5\n", status="unsigned")
    zone.put(read_zone_text("signed. DS 1 13 2 " + "ab" * 32))
    assert _outcome(zone, "signed", DS) is Outcome.DATA
    denied = read_message(_ask(zone, "plain", DS).raw)
    assert denied.authentic
    assert [each.rdtype for each in denied.authority] == [SOA, 47]
    assert _outcome(zone, ".", DS) is Outcome.NODATA


def test_alias_loops_end() -> None:
    """A loop in the data is answered with what it is: the chain, without an end."""
    zone = Zone("a.test. CNAME b.test.\nb.test. CNAME a.test.\n")
    assert _outcome(zone, "a.test") is Outcome.ALIAS_LOOP


def test_larger_than_a_message() -> None:
    """A set that no message can carry is TOO_LARGE; one above 1232 octets came by TCP."""
    zone = Zone("".join(f'a.test. CAA 0 issue "ca{number}.example"\n' for number in range(100)))
    assert _ask(zone, "a.test").transport == "tcp"
    zone.load("".join(f'a.test. CAA 0 issue "x{number}.example"\n' for number in range(3000)))
    assert _ask(zone, "a.test").failure is Failure.TOO_LARGE


def test_lists_are_answered_and_nothing_else() -> None:
    """The packaged lists answer list questions; anything else is a fault of our own side."""
    get = HttpGet(url="http://a.test/", address=IPv4Address("192.0.2.1"), port=80)
    for zone in (Zones(clock=FixedClock(NOON)), Zone(clock=FixedClock(NOON))):
        first, second = zone.exchange([ListQuestion(list="iana.root-zone", key="com")] * 2, within=_LONG)
        assert isinstance(first, ListFact)
        assert first == second
        with pytest.raises(TransportError, match="HttpGet"):
            zone.exchange([get], within=_LONG)


def test_loading_is_all_or_nothing() -> None:
    """A text that cannot be read, or holds nothing, adds nothing."""
    zone = Zone("a.test. A 192.0.2.1\n")
    server = zone.server
    for text in ("b.test. A 192.0.2.2\nbroken", "; nothing"):
        with pytest.raises(InputError, match="my file"):
            zone.load(text, what="my file")
    assert zone.server == server


def test_the_clock() -> None:
    """A zone has the wall clock unless it is given another one; a fixed clock moves when it is told to."""
    assert wall_clock().tzinfo is timezone.utc
    assert abs(Zones().now() - datetime.now(timezone.utc)) < timedelta(seconds=60)
    clock = FixedClock(NOON)
    clock.advance(timedelta(hours=1))
    assert Zone(clock=clock).now() == NOON + timedelta(hours=1)
    with pytest.raises(InputError):
        FixedClock(datetime(2026, 1, 1))


# --- the test kit


_KINDS: dict[FailureKind, Outcome] = {
    "servfail": Outcome.SERVFAIL,
    "timeout": Outcome.TIMEOUT,
    "refused": Outcome.REFUSED,
    "formerr": Outcome.FORMERR,
    "notimp": Outcome.NOTIMP,
    "rcode": Outcome.RCODE,
    "truncated": Outcome.TRUNCATED,
    "bogus": Outcome.SERVFAIL,
    "lame": Outcome.LAME,
    "malformed": Outcome.MALFORMED,
    "stale": Outcome.STALE,
    "filtered": Outcome.FILTERED,
    "unreachable": Outcome.UNREACHABLE,
    "closed": Outcome.UNREACHABLE,
    "too-large": Outcome.TOO_LARGE,
    "other-question": Outcome.MALFORMED,
    "no-question": Outcome.MALFORMED,
}


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_scripted_failures(kind: FailureKind) -> None:
    """Every kind of failure can be scripted, for one owner and type, and comes out as itself (C14)."""
    zone = Zone('a.test. CAA 0 issue "x"\nb.test. A 192.0.2.1\n')
    zone.fail("a.test", "CAA", kind)
    zone.fail("b.test.", "CAA", kind)
    assert _outcome(zone, "a.test") is _KINDS[kind]
    assert _outcome(zone, "b.test") is _KINDS[kind]
    assert _outcome(zone, "a.test", A) is Outcome.NODATA
    assert _outcome(zone, "test") is Outcome.NODATA
    if kind == "bogus":
        assert _outcome(zone, "a.test", role="cd") is Outcome.DATA


def test_scripted_octets_and_times() -> None:
    """Octets are sent as they are; a script may end after some times; questions are listed as they come."""
    zone = Zone('a.test. CAA 0 issue "x"\n')
    zone.fail("a.test", "CAA", b"\0\1", times=2)
    outcomes = [_outcome(zone, "a.test") for _ in range(3)]
    assert outcomes == [Outcome.MALFORMED, Outcome.MALFORMED, Outcome.DATA]
    assert [query.name.text for query in zone.asked] == ["a.test"] * 3
    zone.fail("a.test", "CAA", "timeout", times=0)
    assert _outcome(zone, "a.test") is Outcome.DATA


def test_adding_records() -> None:
    """Records in presentation form and in octets; owners with and without their last dot."""
    zone = Zone()
    zone.add("a.test", "CAA", '0 issue "x"', '128 tbs "y"', ttl=60)
    zone.add_raw("a.test.", "CAA", b"\0")
    zone.add("a.test", "CAA", '0 issue "x"', ttl=60)
    answer = read_answer(_ask(zone, "a.test"))
    assert answer.rdatas == (b"\0\5issuex", b"\x80\3tbsy", b"\0")
    assert answer.ttl == 60


def test_wrong_uses_of_the_kit() -> None:
    """What cannot be read is an InputError that names it."""
    zone = Zone()
    with pytest.raises(InputError, match="at least one RDATA"):
        zone.add("a.test", "CAA")
    with pytest.raises(InputError, match=r"zone\.add"):
        zone.add("a.test", "CAA", "nonsense")
    with pytest.raises(InputError, match="no record type"):
        zone.fail("a.test", "NOSUCH", "timeout")
    with pytest.raises(InputError, match="no record type"):
        zone.add_raw("a.test", "TYPE99999", b"")
    with pytest.raises(InputError, match="kind must be"):
        zone.fail("a.test", "CAA", "broken")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="owner"):
        zone.fail("a..test", "CAA", "timeout")


def test_the_same_zone_asynchronously() -> None:
    """`AsyncZone` gives the same observations."""
    zone = Zone(_TEXT, clock=FixedClock(NOON))
    query = DnsQuery(name=parse_domain("shop.example"), rdtype=CAA)
    (other,) = asyncio.run(AsyncZone(zone).exchange([query], within=_LONG))
    assert other == _ask(zone, "shop.example")
    assert AsyncZone(zone).now() == NOON


def test_records_are_values() -> None:
    """A record is a value that can be compared and kept in a set."""
    record = ZoneRecord(parse_domain("a.test"), 1, 5, b"\xc0\0\2\1")
    assert {record, ZoneRecord(parse_domain("A.test"), 1, 5, b"\xc0\0\2\1")} == {record}
