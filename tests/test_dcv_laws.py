"""Laws of validations: what holds for any records, responses and certificates, and for any order of observations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck import Network
from pkicheck.dcv import (
    AcmeDns01,
    AcmeHttp01,
    AcmeTlsAlpn01,
    Challenge,
    DcvResult,
    DnsChange,
    PersistentTxt,
    RandomValue,
    authorization_domains,
    base_domain,
    check_dcv,
)
from pkicheck.dcv.location import Target, resolve, target
from pkicheck.dcv.persist import persist_defect
from pkicheck.dcv.records import above, txt_text
from pkicheck.dcv.values import dns_value
from pkicheck.dcv.view import needs
from pkicheck.errors import InputError
from pkicheck.findings import Verdict
from pkicheck.httpwire import HttpDefect, HttpResponse, read_response
from pkicheck.names import DnsName, parse_domain
from pkicheck.plans import Needs, replay
from pkicheck.policy import BASELINE, policy_from_json, policy_json
from pkicheck.ports import DnsObservation, DnsQuery, HttpObservation, ListFact, Observation, Seen, TlsObservation
from pkicheck.testing import FixedClock, Web, Zone, example_lists
from pkicheck.usecounts import ValueUses
from pkicheck.wording import explain
from tests.dcv_cases import KEY, NOON, THUMB, TOKEN, VALUE, Certificate, certificate, suffix_of

COMMON: dict[str, Any] = {"name": "shop.example", "order": "o", "account": "a", "created_at": NOON}


def _with(changes: dict[str, Any]) -> dict[str, Any]:
    return COMMON | changes


TOKENS: dict[str, Any] = {"token": TOKEN, "account_thumbprint": THUMB}
URL = f"http://shop.example/.well-known/acme-challenge/{TOKEN}"


def _world() -> tuple[Zone, Web, Network]:
    clock = FixedClock(NOON)
    zone, web = Zone(clock=clock), Web(clock=clock)
    lists = ValueUses(lists=example_lists(clock=clock), clock=clock)
    return zone, web, Network(dns=zone, http=web, tls=web, lists=lists)


def _txt(challenge: Challenge, rdatas: list[bytes], owner: str = "_acme-challenge.shop.example") -> DcvResult:
    zone, _, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    for each in rdatas:
        zone.add_raw(owner, "TXT", each)
    return check_dcv(challenge, io=io)


_RDATA = st.lists(st.binary(max_size=60), min_size=0, max_size=3).map(
    lambda parts: b"".join(bytes((len(each),)) + each for each in parts)
) | st.binary(max_size=80)


@given(st.lists(_RDATA, max_size=6))
@settings(max_examples=150)
def test_only_the_value_passes(rdatas: list[bytes]) -> None:
    """No TXT records pass unless one of them, joined, is the value; every PASS says that control was shown (D14)."""
    result = _txt(AcmeDns01(**COMMON, **TOKENS), rdatas)
    assert result.verdict is Verdict.FAIL
    assert all(txt_text(each) != dns_value(KEY).encode() for each in rdatas)
    right = bytes((43,)) + dns_value(KEY).encode()
    good = _txt(AcmeDns01(**COMMON, **TOKENS), [*rdatas, right])
    assert good.verdict is Verdict.PASS
    assert "dcv.control-shown" in {each.code for each in good.findings}


@given(st.binary(max_size=120))
@settings(max_examples=150)
def test_txt_is_total(rdata: bytes) -> None:
    """Any octets are joined strings, or nothing; and a persistent record, or a code that says why not."""
    text = txt_text(rdata)
    assert text is None or len(text) < len(rdata)
    defect = persist_defect(text, issuers={b"ca.example"}, account=b"https://ca.example/1", at=NOON)
    assert defect is None or defect.startswith("dcv.persist-")


@given(st.permutations([b"ca.example", b"other.example; a=1", b"x y", b"ca.example; accounturi=https://ca.example/1"]))
def test_the_order_of_records_does_not_matter(texts: list[bytes]) -> None:
    """One good persistent record is enough wherever it stands."""
    challenge = PersistentTxt(**COMMON, issuers=["ca.example"], account_uri="https://ca.example/1")
    rdatas = [bytes((len(each),)) + each for each in texts]
    assert _txt(challenge, rdatas, "_validation-persist.shop.example").verdict is Verdict.PASS


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: b"HTTP/1.1 200 OK\r\n\r\n" + tail))
@settings(max_examples=200)
def test_any_response_gives_a_result(raw: bytes) -> None:
    """Whatever a server sends gives a result, and only the key authorization passes (D05, D06)."""
    zone, web, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    web.page(URL, raw=raw)
    result = check_dcv(AcmeHttp01(**COMMON, **TOKENS), io=io)
    response = read_response(raw)
    shown = isinstance(response, HttpResponse) and response.body.rstrip(b" \t\r\n") == KEY.encode()
    assert (result.verdict is Verdict.PASS) <= shown
    assert explain(result)


_STARTS = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 302 X\r\nLocation: /\r\n", b"HTTP/1.1 200\r\nContent-Length: "]
)


@given(_STARTS, st.binary(max_size=80))
def test_responses_are_total(start: bytes, rest: bytes) -> None:
    """Any octets behind a good beginning give a response or a defect with words."""
    found = read_response(start + rest)
    assert isinstance(found, HttpResponse) or found.why


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_certificate_gives_a_result(leaf: bytes) -> None:
    """Whatever stands where a certificate should gives a refusal (D13)."""
    zone, web, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    web.certificate("shop.example", leaf)
    result = check_dcv(AcmeTlsAlpn01(**COMMON, **TOKENS), io=io)
    assert result.verdict is Verdict.FAIL


_GOOD = certificate(Certificate(sni="shop.example", names=("dns:shop.example",)))


@given(st.integers(0, len(_GOOD) - 1), st.integers(1, 255))
@settings(max_examples=200)
def test_a_changed_certificate_never_passes(place: int, change: int) -> None:
    """One octet changed anywhere in the right certificate: never a PASS, for it is signed (D13)."""
    zone, web, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    changed = bytearray(_GOOD)
    changed[place] ^= change
    web.certificate("shop.example", bytes(changed))
    assert check_dcv(AcmeTlsAlpn01(**COMMON, **TOKENS), io=io).verdict is Verdict.FAIL


_CHARS = st.text(alphabet="abc./:?#@[]%20-;=é\\ ", max_size=30).map(lambda text: text.encode("latin-1"))


@given(_CHARS | st.binary(max_size=40))
@settings(max_examples=300)
def test_locations_are_total(location: bytes) -> None:
    """Any Location gives a target of an authorised port whose URI resolves to itself, or a code (D06)."""
    base = target("http", parse_domain("shop.example"), "/a/b?c")
    found = resolve(base, location, ports=(80, 443))
    if isinstance(found, str):
        assert found.startswith("dcv.redirect-")
        return
    assert found.port in (80, 443)
    assert found.path.startswith("/")
    assert resolve(base, found.url.encode(), ports=(80, 443)) == found
    # (a path that begins with two slashes reads as an authority)
    assert found.path.startswith("//") or resolve(found, found.path.encode(), ports=(80, 443)) == found


def test_examples_of_rfc_3986() -> None:
    """The normal and abnormal examples of RFC 3986 §5.4 that lead to http."""
    base = Target("http", parse_domain("a.example"), 80, "/b/c/d;p?q")
    for reference, wanted in (
        ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"), ("g?y", "/b/c/g?y"),
        (";x", "/b/c/;x"), ("g;x", "/b/c/g;x"), (".", "/b/c/"), ("./", "/b/c/"), ("..", "/b/"), ("../", "/b/"),
        ("../g", "/b/g"), ("../..", "/"), ("../../", "/"), ("../../g", "/g"), ("../../../g", "/g"), ("/./g", "/g"),
        ("/../g", "/g"), ("g.", "/b/c/g."), (".g", "/b/c/.g"), ("g..", "/b/c/g.."), ("..g", "/b/c/..g"),
        ("./../g", "/b/g"), ("./g/.", "/b/c/g/"), ("g/./h", "/b/c/g/h"), ("g/../h", "/b/c/h"),
        ("g;x=1/./y", "/b/c/g;x=1/y"), ("g;x=1/../y", "/b/c/y"), ("g?y/./x", "/b/c/g?y/./x"),
    ):  # fmt: skip
        found = resolve(base, reference.encode(), ports=(80,))
        assert isinstance(found, Target), reference
        assert found.path == wanted, reference


# --- authorization domain names

_LABELS = st.lists(st.sampled_from(["a", "b", "shop", "co", "www"]), min_size=1, max_size=5)


@given(_LABELS, st.sampled_from(["3.2.2.4.7", "3.2.2.4.22", "3.2.2.4.19"]), st.booleans(), st.booleans())
def test_no_name_past_the_base_domain(labels: list[str], which: str, wild: bool, table: bool) -> None:
    """Each authorization domain name is the name or above it, by whole labels, and holds its base domain (D03, D16)."""
    name = ".".join([*labels, "example"])
    at = NOON if table else NOON - timedelta(days=30)
    found = authorization_domains(f"*.{name}" if wild else name, which, at=at, suffix_of=suffix_of)
    base = base_domain(parse_domain(name), suffix_of(name))
    for each in found:
        assert parse_domain(name).is_subdomain_of(each.adn)
        assert each.adn == parse_domain(name) or (base is not None and each.adn.is_subdomain_of(base))
        assert each.derived[-1:] in ((), ("wildcard",), (f"prune {each.adn.text}",))
    assert len({each.adn for each in found}) == len(found)
    assert (which == "3.2.2.4.19" and wild) <= (not found)


def test_base_domains() -> None:
    """One label more than the suffix; nothing where the suffix is unknown, the name itself, or beside it."""
    assert base_domain(parse_domain("a.b.co.example"), "co.example") == parse_domain("b.co.example")
    assert base_domain(parse_domain("b.co.example"), "co.example") == parse_domain("b.co.example")
    for name, suffix in (("co.example", "co.example"), ("example", "co.example"), ("a.b", "co.example"), ("a.b", None)):
        assert base_domain(parse_domain(name), suffix) is None
    assert base_domain(parse_domain("a.b.c"), "x.c") is None


def test_wrong_arguments_of_the_algorithm() -> None:
    """A naive moment, a name or a method that is none are refused."""
    with pytest.raises(InputError, match="at must have a time zone"):
        authorization_domains("a.example", "dns-01", at=NOON.replace(tzinfo=None), suffix_of=suffix_of)
    with pytest.raises(InputError, match="is not a name"):
        authorization_domains("a..example", "dns-01", at=NOON, suffix_of=suffix_of)
    with pytest.raises(InputError, match="no validation method"):
        authorization_domains("a.example", "dns-99", at=NOON, suffix_of=suffix_of)


# --- results


def _passing() -> DcvResult:
    zone, _, io = _world()
    zone.add("_acme-challenge.shop.example", "TXT", f'"{dns_value(KEY)}"')
    return check_dcv(AcmeDns01(**COMMON, **TOKENS), io=io)


def test_without_a_suffix_list_only_the_twin_is_covered() -> None:
    """Who does not know public suffixes gets the name and its wildcard, and a code for everything below (R104)."""
    result = _passing()
    codes = {
        name: [each.code for each in result.covers(name, issued_at=NOON)]
        for name in ("shop.example", "*.shop.example", "www.shop.example", "*.www.shop.example")
    }
    assert codes == {
        "shop.example": [],
        "*.shop.example": [],
        "www.shop.example": ["dcv.evidence-suffix-unknown"],
        "*.www.shop.example": ["dcv.evidence-suffix-unknown"],
    }
    for wrong in (
        {"name": "a..b", "issued_at": NOON},
        {"name": "shop.example", "issued_at": NOON.replace(tzinfo=None)},
    ):
        with pytest.raises(InputError):
            result.covers(**wrong)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_an_altered_result_covers_nothing() -> None:
    """The recorded observations decide, not the stored verdict: without them the result is no PASS (D10, R104)."""
    result = attrs.evolve(_passing(), observations=())
    assert result.verdict is Verdict.PASS
    assert "dcv.evidence-not-pass" in {each.code for each in result.covers("shop.example", issued_at=NOON)}


@given(st.integers(0, 400 * 86400))
def test_expiry_is_the_first_instant_that_is_not_covered(seconds: int) -> None:
    """Up to `expires_at`, exclusive, the name is covered; from then on it is not (D08)."""
    result = _RESULT
    assert result.expires_at is not None
    at = NOON + timedelta(seconds=seconds)
    assert (not result.covers("shop.example", issued_at=at)) is (at < result.expires_at)


_RESULT = _passing()


def test_edges_of_expiry() -> None:
    """The microsecond before `expires_at` and `expires_at` itself (D08)."""
    assert _RESULT.expires_at is not None
    last = _RESULT.expires_at - timedelta(microseconds=1)
    assert _RESULT.covers("shop.example", issued_at=last) == ()
    assert _RESULT.covers("shop.example", issued_at=_RESULT.expires_at) != ()
    assert _RESULT.summary().startswith("3.2.2.4.7 for shop.example: PASS: ")
    assert _RESULT.require() is _RESULT


def test_times_at_the_end_of_the_calendar() -> None:
    """Evidence from the last day there is does not overflow."""
    end = NOON.replace(year=9999, month=12, day=31)
    clock = FixedClock(end)
    zone = Zone(f'_acme-challenge.shop.example. TXT "{dns_value(KEY)}"', clock=clock)
    challenge = AcmeDns01(**_with({"created_at": end}), **TOKENS)
    result = check_dcv(challenge, io=Network(dns=zone, lists=example_lists(clock=clock)))
    assert result.verdict is Verdict.PASS
    assert result.expires_at is not None
    assert result.covers("shop.example", issued_at=end) == ()


def test_holes_in_a_record_are_doubts() -> None:
    """Without any one observation it is no PASS any more, and a missing exchange is a doubt of its own."""
    zone, web, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    web.page(URL, KEY)
    recorded: list[Observation] = []
    challenge = AcmeHttp01(**COMMON, **TOKENS)
    result = check_dcv(challenge, io=io, record=recorded.append)
    assert result.verdict is Verdict.PASS
    for dropped in recorded:
        if isinstance(dropped, ListFact) and dropped.request.list == "psl.icann":
            continue  # a name that is no wildcard, shown at itself, does not hang on the suffix list
        again = replay(challenge.plan(), Seen([each for each in recorded if each is not dropped]))
        assert again.verdict is not Verdict.PASS, dropped
        if isinstance(dropped, HttpObservation):
            assert "dcv.connect-not-recorded" in {each.code for each in again.findings}


def test_clocks_that_run_backwards() -> None:
    """An exchange that ended before it began is a doubt."""
    zone, web, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    web.page(URL, KEY)
    recorded: list[Observation] = []
    challenge = AcmeHttp01(**COMMON, **TOKENS)
    check_dcv(challenge, io=io, record=recorded.append)
    later = [
        attrs.evolve(each, sent=each.sent + timedelta(seconds=1)) if isinstance(each, HttpObservation) else each
        for each in recorded
    ]
    found = replay(challenge.plan(), Seen(later))
    assert found.verdict is Verdict.INCOMPLETE
    assert "evidence.clock-order" in {each.code for each in found.findings}


def test_a_response_larger_than_asked_for_is_refused() -> None:
    """The bound is judged by the octets in the evidence, whatever the transport says of them."""
    zone, web, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    web.page(URL, KEY)
    recorded: list[Observation] = []
    challenge = AcmeHttp01(**COMMON, **TOKENS)
    check_dcv(challenge, io=io, record=recorded.append)
    big = [
        attrs.evolve(each, raw=each.raw + b"\n" * 70000) if isinstance(each, HttpObservation) else each
        for each in recorded
    ]
    found = replay(challenge.plan(), Seen(big))
    assert found.verdict is Verdict.FAIL
    assert "dcv.http-too-large" in {each.code for each in found.findings}


def test_every_name_of_a_hundred() -> None:
    """Of 100 names one lacks evidence: that one, and no other, is not covered (D10, R104)."""
    results = {}
    for number in range(100):
        zone, _, io = _world()
        name = f"n{number}.example"
        zone.add(name, "A", "192.0.2.1")
        if number != 37:
            zone.add(f"_acme-challenge.{name}", "TXT", f'"{dns_value(KEY)}"')
        results[name] = check_dcv(AcmeDns01(**_with({"name": name}), **TOKENS), io=io)
    bare = [name for name in results if all(each.covers(name, issued_at=NOON) for each in results.values())]
    assert bare == ["n37.example"]


def test_a_test_network_is_no_exception() -> None:
    """A policy for tests asks for the same evidence: without it nothing passes (D11)."""
    written: dict[str, Any] = policy_json(BASELINE)
    written |= {"name": "test", "public": False, "dcv": written["dcv"] | {"test_networks": ["127.0.0.0/8"]}}
    zone, _, io = _world()
    zone.add("shop.example", "A", "127.0.0.1")
    result = check_dcv(AcmeHttp01(**COMMON, **TOKENS), io=io, policy=policy_from_json(written))
    assert result.verdict is not Verdict.PASS


def test_values_are_not_mixed_up_between_orders() -> None:
    """Two orders with one value: the second is refused, whichever name it is for (D04, R121)."""
    zone, _, io = _world()
    zone.add("shop.example", "TXT", f'"{VALUE}"')
    zone.add("other.example", "TXT", f'"{VALUE}"')
    value = RandomValue(text=VALUE, bits=128, created_at=NOON)
    first = DnsChange(**COMMON, value=value)
    second = DnsChange(**_with({"order": "o2", "name": "other.example"}), value=value)
    verdicts = [check_dcv(each, io=io).verdict for each in (first, second, first)]
    assert verdicts == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]


def test_small_helpers() -> None:
    """Needs of several parts are one batch; a name too long for a label is none; TLS without an answer is a doubt."""
    one, two = (DnsQuery(name=DnsName.root(), rdtype=number) for number in (1, 2))
    assert needs(Needs((one,)), None, Needs((two, one))) == Needs((one, two))
    assert needs(None, 5) is None
    long = DnsName.from_labels([b"a" * 63] * 3 + [b"b" * 60])
    assert above(["_x"], long) is None
    zone, _, io = _world()
    zone.add("shop.example", "A", "192.0.2.1")
    recorded: list[Observation] = []
    challenge = AcmeTlsAlpn01(**COMMON, **TOKENS)
    check_dcv(challenge, io=io, record=recorded.append)
    again = replay(challenge.plan(), Seen([each for each in recorded if not isinstance(each, TlsObservation)]))
    assert "dcv.connect-not-recorded" in {each.code for each in again.findings}


def test_bounds_of_responses() -> None:
    """Long lines, many fields, many chunks and many interim responses end in a defect, quickly."""
    ok = b"HTTP/1.1 200 OK\r\n"
    for raw, words in (
        (ok + b"x: " + b"y" * 8192 + b"\r\n\r\n", "longer than 8192"),
        (ok + b"x: y\r\n" * 101 + b"\r\n", "more than 100 fields"),
        (ok + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 10001, "more than 10000 chunks"),
        (b"HTTP/1.1 100 C\r\n\r\n" * 6 + ok + b"\r\n", "more than 5 interim"),
        (b"HTTP/1.1 200 OK\n\n", "does not end with CRLF"),
    ):
        found = read_response(raw)
        assert isinstance(found, HttpDefect)
        assert words in found.why
        assert not found.short
    short = read_response(ok + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y")
    assert isinstance(short, HttpResponse)
    assert not short.complete
    assert short.values(b"transfer-encoding") == (b"chunked",)


def test_a_first_segment_with_a_colon() -> None:
    """What begins like a scheme and is none leads nowhere (RFC 3986 §4.2)."""
    base = target("http", parse_domain("shop.example"), "/a")
    assert resolve(base, b"1a:b", ports=(80,)) == "dcv.redirect-scheme"
    assert resolve(base, b":b", ports=(80,)) != base
    found = resolve(base, b"./1a:b", ports=(80,))
    assert isinstance(found, Target)
    assert found.path == "/1a:b"


def test_the_probe_is_asked_for_before_the_end() -> None:
    """A lookup whose resolver was not probed is no end: the probe is asked for."""
    zone, _, io = _world()
    zone.add("_acme-challenge.shop.example", "TXT", f'"{dns_value(KEY)}"')
    recorded: list[Observation] = []
    challenge = AcmeDns01(**COMMON, **TOKENS)
    check_dcv(challenge, io=io, record=recorded.append)
    seen = [each for each in recorded if not (isinstance(each, DnsObservation) and each.request.role == "probe")]
    wanted = challenge.plan().step(Seen(seen))
    assert isinstance(wanted, Needs)
    assert [getattr(each, "role", "") for each in wanted.requests] == ["probe"]
