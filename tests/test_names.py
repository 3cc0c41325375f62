"""Types and grammar of names: laws on arbitrary input, and what no vector can say."""

from __future__ import annotations

import base64
import copy
import pickle
import re
import time
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from typing import Any, cast

import attrs
import dns.name
import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pkicheck.errors import InputError
from pkicheck.names import (
    DnsName,
    DomainName,
    WildcardName,
    address_text,
    is_onion,
    name_defects,
    name_remarks,
    name_text,
    onion_findings,
    parse_address,
    parse_domain,
    parse_name,
    to_ascii,
)
from tests.namekit import onion_label

_LETTERS = "abcxyzABC019-._* "
_LABEL = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")
_NAME = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(_LABEL, min_size=1, max_size=5),
    st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True),
)
_NEARLY = st.text(alphabet=_LETTERS, max_size=40) | st.builds(
    lambda name, place, char: name[:place] + char + name[place:],
    _NAME,
    st.integers(0, 40),
    st.characters(max_codepoint=0x1FF),
)


def _parsed(text: str) -> DomainName:
    name = parse_name(text)
    assert isinstance(name, DomainName)
    return name


# -- types


def test_domain_name() -> None:
    """A parsed name has its text, its wire form with the root, its labels and its parents, all in lower case."""
    name = _parsed("WWW.Shop.Example")
    assert name.text == str(name) == "www.shop.example"
    assert name.wire == b"\x03www\x04shop\x07example\x00"
    assert name.labels == (b"www", b"shop", b"example")
    assert repr(name) == "DomainName('www.shop.example')"
    assert name.parent() == parse_domain("shop.example")


def test_climb() -> None:
    """The climb goes from the name up to and including the top-level domain, and never to the root (RFC 8659 §3)."""
    levels = _parsed("a.b.shop.example").climb()
    assert [level.text for level in levels] == ["a.b.shop.example", "b.shop.example", "shop.example", "example"]
    assert all(isinstance(level, DomainName) for level in levels)
    assert [level.wire for level in levels] == [parse_domain(level.text).wire for level in levels]
    assert parse_domain("example").climb() == (parse_domain("example"),)


@given(_NAME)
def test_climb_is_the_chain_of_parents(text: str) -> None:
    """Each level of a climb is the parent of the level before it; the last one's parent is the root."""
    levels = _parsed(text).climb()
    for lower, upper in pairwise(levels):
        assert lower.parent() == upper
        assert lower.is_subdomain_of(upper)
        assert not upper.is_subdomain_of(lower)
    assert levels[-1].parent() == DnsName.root()


def test_only_the_parser_makes_a_domain_name() -> None:
    """A DomainName cannot be constructed, evolved or changed: whoever holds one holds a checked name."""
    name = _parsed("shop.example")
    with pytest.raises(InputError, match="parse_name"):
        DomainName(b"\x00")
    with pytest.raises(InputError, match="parse_name"):
        DomainName(wire=b"\x00", text="not a name")
    with pytest.raises(InputError, match="parse_name"):
        attrs.evolve(name)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        cast("Any", name).wire = b"\x00"
    with pytest.raises(AttributeError):
        cast("Any", name).note = "x"


@pytest.mark.parametrize(
    "text", ["shop.example", "*.shop.example", "192.0.2.1", "2001:db8::1", "xn--bcher-kva.example"]
)
def test_names_survive_pickling_and_copying(text: str) -> None:
    """A pickled or copied name is equal and has the same hash, type and text; a pickle goes through the parser."""
    name = parse_name(text)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(name, protocol))
        assert again == name
        assert hash(again) == hash(name)
        assert type(again) is type(name)
        assert name_text(again) == text
    assert copy.deepcopy(name) == name
    assert copy.copy(name) == name


def test_owner_names_survive_pickling() -> None:
    """A DnsName with any octets is the same after pickling, and so is a top-level domain."""
    for name in (DnsName.root(), DnsName.from_labels([b"\x00.\xff", b"_x"]), parse_domain("example")):
        assert pickle.loads(pickle.dumps(name)) == name


def test_a_forged_pickle_is_refused() -> None:
    """A pickle that names something else than a domain name raises what the parser raises."""
    forged = pickle.dumps(_parsed("shop.example")).replace(b"shop.example", b"shop_example")
    with pytest.raises(InputError, match=r"name\.underscore"):
        pickle.loads(forged)


def test_equality_is_by_octets() -> None:
    """A DomainName equals the DnsName of its octets, and is no text, no wildcard name and no address."""
    name = _parsed("shop.example")
    assert name == DnsName(name.wire)
    known: dict[DnsName, int] = {name: 1}
    assert known[DnsName(b"\x04SHOP\x07example\x00")] == 1
    others: list[object] = ["shop.example", parse_name("*.shop.example"), parse_name("www.shop.example"), None, 1]
    assert not any(name == other for other in others)


def test_owner_name_of_any_octets() -> None:
    """Octets, spaces, dots and underscores stand in owner names; ASCII letters fold, other octets do not."""
    name = DnsName.from_labels([b"_Dmarc", b"a.B", b" \xc4\x7f", b'"\\('])
    assert name.labels == (b"_dmarc", b"a.b", b" \xc4\x7f", b'"\\(')
    assert name.text == r"_dmarc.a\.b.\032\196\127.\"\\\("
    assert repr(name) == f"DnsName({name.text!r})"
    assert DnsName.root().text == "."
    assert DnsName.root().labels == ()


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\x03www",
        b"\x03ww",
        b"\x03www\x00x",
        b"\x00\x00",
        b"\x40" + b"a" * 64 + b"\x00",
        b"\xc0\x0c",
        b"\x04www\x00",
    ],
)
def test_ill_formed_wire(wire: bytes) -> None:
    """A wire form without end, with something after its end, with a long label or a pointer is an InputError."""
    with pytest.raises(InputError, match="wire form"):
        DnsName(wire)


def test_lengths_of_owner_names() -> None:
    """A wire form has 255 octets at most, a label 63; text and octets other than bytes are refused."""
    longest = [b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 61]
    assert len(DnsName.from_labels(longest).wire) == 255
    with pytest.raises(InputError, match="255"):
        DnsName.from_labels([*longest[:3], b"d" * 62])
    for label in (b"", b"a" * 64):
        with pytest.raises(InputError, match="1 to 63"):
            DnsName.from_labels([label])
    with pytest.raises(InputError, match="must be bytes, got str"):
        DnsName(cast("Any", "shop.example"))
    with pytest.raises(InputError, match="no parent"):
        DnsName.root().parent()


def test_owner_name_of_a_plain_text() -> None:
    """A plain text gives the owner name of its labels; master-file syntax is refused (dns.md trap 11)."""
    assert DnsName.from_text("_acme-challenge.Shop.example.") == DnsName.from_labels(
        [b"_acme-challenge", b"shop", b"example"]
    )
    assert DnsName.from_text(".") == DnsName.root()
    assert type(DomainName.from_text("shop.example")) is DnsName
    for text in ("", r"\100eny.x", "@", "a b", "a\tb", 'a"b', "a\x7f", "b\u00fccher.example"):
        with pytest.raises(InputError, match="plain text"):
            DnsName.from_text(text)
    for text in ("a..b", ".a", "a" * 64, ".."):
        with pytest.raises(InputError, match="1 to 63"):
            DnsName.from_text(text)


def test_subdomains_are_by_whole_labels() -> None:
    """A name lies below another by labels, not by the end of its text, nor by octets that look like a label."""
    shop = _parsed("shop.example")
    assert shop.is_subdomain_of(shop)
    assert _parsed("www.shop.example").is_subdomain_of(shop)
    assert shop.is_subdomain_of(DnsName.root())
    assert not _parsed("myshop.example").is_subdomain_of(shop)
    assert not DnsName.root().is_subdomain_of(shop)
    # The first label ends in the very octets of the name `x.`: one label, not two.
    assert not DnsName(b"\x03a\x01x\x00").is_subdomain_of(DnsName(b"\x01x\x00"))


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=8), st.integers(0, 8))
def test_subdomains_of_arbitrary_labels(labels: list[bytes], cut: int) -> None:
    """Whatever the labels: a name lies below each of its ancestors, and no ancestor below it."""
    name, other = DnsName.from_labels(labels), DnsName.from_labels(labels[cut:])
    assert name.is_subdomain_of(other)
    assert other.is_subdomain_of(name) == (name == other)


def test_wildcard_name() -> None:
    """A wildcard name has its base and its text; a base of another type and a text over 253 characters are refused."""
    base = _parsed("shop.example")
    name = WildcardName(base)
    assert name == parse_name("*.SHOP.example")
    assert (name.text, str(name), repr(name)) == ("*.shop.example", "*.shop.example", "WildcardName('*.shop.example')")
    assert name_text(name) == "*.shop.example"
    with pytest.raises(InputError, match="must be a DomainName, got str"):
        WildcardName(cast("Any", "shop.example"))
    with pytest.raises(InputError, match="at most 253"):
        WildcardName(_parsed(".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 56, "com"])))


# -- addresses


def test_canonical_text_of_addresses() -> None:
    """Every address has one text on every Python: RFC 5952, and its §5 for IPv4-mapped addresses."""
    assert address_text(IPv6Address("::FFFF:8.8.8.8")) == "::ffff:8.8.8.8"
    assert address_text(IPv6Address("2001:DB8:0:0:1:0:0:1")) == "2001:db8::1:0:0:1"
    assert address_text(IPv4Address("192.0.2.1")) == "192.0.2.1"


@given(st.ip_addresses())
def test_addresses_come_back(address: IPv4Address | IPv6Address) -> None:
    """The canonical text of each address parses to it, as name and as address, and is no domain name."""
    text = address_text(address)
    assert parse_address(text) == parse_name(text) == address
    assert [each.code for each in name_defects(text.encode())] == [f"name.ipv{address.version}-literal"]
    with pytest.raises(InputError, match="literal"):
        parse_domain(text)


@given(st.text(alphabet="0123456789abcdefxX:.%[]", max_size=50))
def test_an_address_has_no_other_text(text: str) -> None:
    """What is taken as an address is its canonical text: no two texts are one address (csr-names-keys 3.2)."""
    address = parse_address(text)
    if address is None:
        return
    assert address_text(address) == text
    assert ip_address(text) == address


@given(st.integers(0, 2**32 - 1), st.sampled_from(["decimal", "hex", "short", "octal"]))
def test_legacy_spellings_are_no_names(number: int, form: str) -> None:
    """However an IPv4 address is spelled for inet_aton, it is refused with a code of an address (K08)."""
    high, low = divmod(number, 2**24)
    text = {
        "decimal": str(number),
        "hex": f"0x{number:x}",
        "short": f"{high}.{low}",
        "octal": f"0{high:o}.{low >> 16}.{low >> 8 & 255}.{low & 255}",
    }[form]
    assert {each.code.partition("-")[0] for each in name_defects(text.encode())} == {"name.ipv4"}
    with pytest.raises(InputError, match=r"name\.ipv4"):
        parse_name(text)


# -- the parser


def test_texts_only() -> None:
    """The parsers take text, the search for defects takes octets; anything else is an InputError that says so."""
    with pytest.raises(InputError, match="must be str, got bytes"):
        parse_name(cast("Any", b"shop.example"))
    with pytest.raises(InputError, match="must be str, got NoneType"):
        parse_domain(cast("Any", None))
    with pytest.raises(InputError, match="must be bytes, got str"):
        name_defects(cast("Any", "shop.example"))


def test_the_message_names_name_place_defect_and_code() -> None:
    """An InputError of the parser holds the whole name, the label, the meaning and the code."""
    with pytest.raises(InputError) as caught:
        parse_name("www.my_shop.example")
    assert str(caught.value) == (
        '"www.my_shop.example" is not a name at "my_shop": A label holds an underscore. (name.underscore)'
    )
    with pytest.raises(InputError, match=r'^"\\x1b\[31m\.example" is not a name at "\\x1b\[31m": '):
        parse_name("\x1b[31m.example")


def test_a_message_without_a_place() -> None:
    """A defect of the whole name has no label to show; a lone surrogate is shown as its octets."""
    with pytest.raises(InputError) as caught:
        parse_name("")
    assert str(caught.value) == '"" is not a name: The name is empty. (name.empty)'
    with pytest.raises(
        InputError, match=r'^"\\xed\\xa0\\x80\.com" is not a name at "\\xed\\xa0\\x80": .*name\.not-utf8'
    ):
        parse_name("\ud800.com")


@pytest.mark.parametrize(
    ("name", "code", "saw"),
    [
        ("ok.a,b.ok.c;d.com", "name.octet", ("a,b", "c;d")),
        ("ok.a_b.com", "name.underscore", ("a_b",)),
        ("ok.a b.com", "name.space", ("a b",)),
        ("ok.a@b.com", "name.at-sign", ("a@b",)),
        ("www.python.123", "name.numeric-last-label", ("123",)),
        ("ok.-a.com", "name.leading-hyphen", ("-a",)),
        ("ok.a-.com", "name.trailing-hyphen", ("a-",)),
        ("ok.ab--c.com", "name.reserved-label", ("ab--c",)),
        ("ok.xn--99999999.com", "name.p-label-undecodable", ("xn--99999999",)),
        (f"ok.{'a' * 64}.com", "name.label-too-long", ("a" * 64,)),
        ("ok.a*.*b.com", "name.asterisk-partial", ("a*", "*b")),
        ("ok.b\u00fc.com", "name.u-label", (r"b\xfc",)),
        ("*.127.1", "name.ipv4-short", ("127.1",)),
    ],
)
def test_a_defect_shows_its_labels(name: str, code: str, saw: tuple[str, ...]) -> None:
    """A finding shows the offending labels, all of them and no other."""
    (found,) = name_defects(name.encode())
    assert (found.code, found.saw) == (code, saw)


def test_how_much_of_a_long_name_is_searched() -> None:
    """Up to 1024 octets all defects are told, beyond that the length alone."""
    for length, expected in (
        (253, ["name.label-too-long", "name.single-label"]),
        (254, ["name.too-long", "name.label-too-long", "name.single-label"]),
        (1024, ["name.too-long", "name.label-too-long", "name.single-label"]),
        (1025, ["name.too-long"]),
    ):
        assert [each.code for each in name_defects(b"a" * length)] == expected
    with pytest.raises(InputError, match=r"\(name\.ipv4-octal\)"):
        parse_name("0" * 1024)
    with pytest.raises(InputError, match=r"\(name\.too-long\)"):
        parse_name("0" * 1025)


def test_unicode_is_suggested_and_never_converted() -> None:
    """A U-label is refused with the A-label form in the message; without one there is no suggestion (R008)."""
    with pytest.raises(InputError, match=r"name\.u-label; perhaps xn--bcher-kva\.example"):
        parse_name("B\u00fccher.example")
    with pytest.raises(InputError, match=r"name\.u-label; perhaps \*\.xn--bcher-kva\.example"):
        parse_name("*.b\u00fccher.example")
    with pytest.raises(InputError, match=r"name\.u-label\)$"):
        parse_name("\u200d\u00fc.example")
    (found,) = name_defects("b\u00fccher.example".encode())
    assert (found.expected, found.saw) == ("perhaps xn--bcher-kva.example", (r"b\xfccher",))


def test_conversion_is_explicit() -> None:
    """`to_ascii` maps by UTS 46 and IDNA 2008, keeps an asterisk, and refuses what has no A-label form."""
    assert to_ascii("B\u00dcCHER.Example") == "xn--bcher-kva.example"
    assert to_ascii("*.fa\u00df.de") == "*.xn--fa-hia.de"
    assert to_ascii("shop\u3002example") == "shop.example"
    for text in ("", "*.", "\u200d.example", "a_b.example", "*", "x" * 64, "\u00fc" * 2000, "\ud800.example"):
        with pytest.raises(InputError, match="no A-label form"):
            to_ascii(text)


def test_conversion_has_a_limit() -> None:
    """A text that no name can come of is refused before it is looked at."""
    with pytest.raises(InputError, match="has no A-label form: it is too long"):
        to_ascii("\u00fc" * 1013)
    with pytest.raises(InputError) as caught:
        to_ascii("\u00fc" * 1012)
    assert "it is too long" not in str(caught.value)


def test_remarks_show_the_decoded_labels() -> None:
    """The remarks of linters and IDNA 2008 state what they expect and show the labels in Unicode."""
    labels = [f"xn--{label.encode('punycode').decode()}" for label in ("u\u0308x", "\U0001f4a9", "b\u00fccher")]
    denormal, breaking = name_remarks(_parsed(".".join([*labels, "www", "com"])))
    assert (denormal.code, denormal.expected, denormal.saw) == (
        "name.label-nfc",
        "Normalization Form C",
        (r"u\u0308x",),
    )
    assert (breaking.code, breaking.expected, breaking.saw) == (
        "name.label-idna2008",
        "a label of IDNA 2008",
        (r"u\u0308x", r"\U0001f4a9"),
    )
    assert name_remarks(parse_name(f"*.{labels[2]}.com")) == ()  # type: ignore[arg-type]


def test_what_is_wrong_with_an_onion_address() -> None:
    """A refusal of an onion address shows the label, the version or the checksum."""
    (version,) = onion_findings(_parsed(f"{onion_label(bytes(32), version=4)}.onion"))
    assert (version.expected, version.saw) == ("version 3", ("version 4",))
    (checksum,) = onion_findings(_parsed(f"{onion_label(bytes(32), checksum=b'ab')}.onion"))
    right = base64.b32decode(onion_label(bytes(32)).upper())[32:34].hex()
    assert (checksum.expected, checksum.saw) == (right, ("6162",))
    (encoding,) = onion_findings(_parsed("www.shop.onion"))
    assert encoding.saw == ("shop",)


def test_single_labels() -> None:
    """One label is enough for an owner name, and not for a certificate (csr-names-keys 3.1)."""
    assert parse_domain("Example").labels == (b"example",)
    with pytest.raises(InputError, match=r"name\.single-label"):
        parse_name("example")
    with pytest.raises(InputError, match=r"\(name\.wildcard\)"):
        parse_domain("*.example")


def test_a_huge_name_is_one_defect_at_once() -> None:
    """Ten million octets give one defect, in a time that does not grow with them."""
    for huge in (b"a." * 5_000_000, b"\xc3\xbc" * 5_000_000, b"*" * 10_000_000, b"xn--" * 2_500_000):
        before = time.process_time()
        assert [each.code for each in name_defects(huge)] == ["name.too-long"]
        with pytest.raises(InputError, match=r"name\.too-long"):
            parse_name(huge.decode())
        assert time.process_time() - before < 0.5


def test_onion_needs_the_last_label() -> None:
    """Only a name whose last label is `onion` is an onion name, also one that is all of it."""
    assert is_onion(parse_domain("onion"))
    assert is_onion(_parsed("a.onion"))
    assert not is_onion(_parsed("onion.example"))
    assert not is_onion(DnsName.root())
    assert not is_onion(DnsName(b"\x07x\x05onion\x00"))


@given(st.binary(min_size=32, max_size=32), st.integers(0, 55), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_onion_address_with_another_character_is_refused(key: bytes, place: int, char: str) -> None:
    """The address of any key passes; with one character changed it does not (Tor rend-spec-v3 §6)."""
    right = onion_label(key)
    wrong = right[:place] + char + right[place + 1 :]
    assert [each.code for each in onion_findings(_parsed(f"{right}.onion"))] == ["name.onion-v3"]
    (found,) = onion_findings(_parsed(f"{wrong}.onion"))
    # Two octets of checksum: a changed key has the old checksum once in 65536.
    if wrong != right and found.code != "name.onion-v3":
        assert found.code in {"name.onion-checksum", "name.onion-version"}
    assert wrong != right or found.code == "name.onion-v3"


# -- laws


@given(st.binary(max_size=300) | _NEARLY.map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xe2\x84\xaaelvin.com")
def test_defects_are_total_and_agree_with_the_parser(raw: bytes) -> None:
    """Any octets: no defect exactly when `parse_name` gives a domain or wildcard name for them."""
    defects = name_defects(raw)
    assert len({each.code for each in defects}) == len(defects)
    text = raw.decode("latin-1")
    try:
        name = parse_name(text)
    except InputError:
        assert defects
    else:
        assert (defects == ()) == isinstance(name, (DomainName, WildcardName))


@given(st.text(max_size=300) | _NEARLY | st.text(alphabet="xn-abc09.", max_size=60))
def test_canonical_form_is_idempotent(text: str) -> None:
    """A name's text parses to the same name; case does not matter; wire form and labels agree with the text."""
    try:
        name = parse_name(text)
    except InputError:
        return
    canonical = name_text(name)
    assert parse_name(canonical) == name
    assert name_text(parse_name(canonical)) == canonical
    if isinstance(name, (IPv4Address, IPv6Address)):
        return
    assert canonical == text.lower()
    assert parse_name(text.upper()) == name
    base = name.base if isinstance(name, WildcardName) else name
    assert b".".join(base.labels).decode() == base.text
    assert DnsName(base.wire) == base
    assert len(canonical) <= 253


# An implementation of its own: the shape by one expression, the P-Labels by the package `idna` and RFC 3492.
_SHAPE = re.compile(r"(?=.{1,253}\Z)(?:\*\.)?(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!-)[a-z0-9-]{1,63}(?<!-)\Z", re.ASCII)


def _second_opinion(text: str) -> bool:
    lower = text.lower()
    if not text.isascii() or not _SHAPE.match(lower):
        return False
    labels = lower.split(".")
    if len(labels) < 2 or re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1], re.ASCII):
        return False
    for label in labels:
        if label[2:4] == "--" and not label.startswith("xn--"):
            return False
        if label.startswith("xn--"):
            try:
                decoded = label[4:].encode().decode("punycode")
                decoded.encode()
            except UnicodeError:
                return False
            if decoded.isascii() or decoded.encode("punycode").decode() != label[4:]:
                return False
    return True


@given(_NEARLY | _NAME | st.text(alphabet="xn-ab09.*", max_size=40) | st.text(alphabet="0123456789x.", max_size=20))
def test_a_second_implementation_agrees(text: str) -> None:
    """Another implementation of the grammar takes the same texts as names (R060; the idea of R148)."""
    try:
        name = parse_name(text)
    except InputError:
        assert not _second_opinion(text)
    else:
        assert isinstance(name, (IPv4Address, IPv6Address)) or _second_opinion(text)


@given(_NAME)
def test_dnspython_agrees_on_the_wire_form(text: str) -> None:
    """The wire form of a name is the one that dnspython builds from the same labels."""
    name = _parsed(text)
    assert dns.name.from_text(text).to_wire() == name.wire
    assert dns.name.Name([*name.labels, b""]).to_wire() == name.wire


@given(st.text(alphabet=st.characters(min_codepoint=0x61, max_codepoint=0x2FFF), min_size=1, max_size=20))
def test_what_idna_encodes_is_a_name(label: str) -> None:
    """Each A-label that the package `idna` writes is taken, and has no remark: IDNA 2008 is stricter than the BR."""
    try:
        encoded = idna.encode(label).decode()
    except idna.IDNAError:
        return
    if encoded.isascii() and "." not in encoded and encoded[2:4] != "--":
        return
    name = parse_name(f"{encoded}.example")
    assert isinstance(name, DomainName)
    assert name_remarks(name) == ()


@given(st.text(min_size=1, max_size=15))
def test_any_punycode_is_a_p_label(label: str) -> None:
    """Whatever Punycode writes for lower-case text beyond ASCII is a P-Label, emoji included (BR 7.1.2.7.12, note)."""
    lowered = "".join(char.lower() if char.isascii() else char for char in label)
    if label.isascii() or not re.fullmatch(r"[a-z0-9-]*", "".join(filter(str.isascii, lowered))):
        return
    encoded = f"xn--{lowered.encode('punycode').decode()}"
    try:
        lowered.encode()
    except UnicodeEncodeError:
        assert "name.p-label-undecodable" in {each.code for each in name_defects(f"{encoded}.com".encode())}
        return
    if len(encoded) <= 63:
        assert isinstance(parse_name(f"{encoded}.com"), DomainName)
