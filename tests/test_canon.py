"""Canonical JSON, digests, base64 and times: one byte form per value, strict readers (R108: byte-stable evidence)."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta, timezone, tzinfo
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.canon import (
    JsonValue,
    canonical,
    decode_bytes,
    digest,
    document_json,
    encode_bytes,
    format_time,
    parse_json,
    parse_time,
    utc,
)
from pkicheck.errors import InputError

LARGEST = 2**53 - 1
scalars = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(st.characters(exclude_categories=["Cs"]))
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("aé\ufb33😀", max_size=3), inner, max_size=4),
)
aware = st.datetimes(timezones=st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)).filter(
    lambda moment: 2 < moment.year < 9998
)


def nested(levels: int) -> JsonValue:
    """Lists within lists: `levels` of them."""
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


# --- canonical JSON


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b"null"),
        (True, b"true"),
        (False, b"false"),
        (0, b"0"),
        (LARGEST, b"9007199254740991"),
        (-LARGEST, b"-9007199254740991"),
        ("", b'""'),
        ('a/b"\\\n\x01', b'"a/b\\"\\\\\\n\\u0001"'),
        ("ż\u2028😀", '"ż\u2028😀"'.encode()),
        ([], b"[]"),
        ((1, "2", (None,)), b'[1,"2",[null]]'),
        ({}, b"{}"),
        ({"b": 1, "a": {"d": [], "c": True}}, b'{"a":{"c":true,"d":[]},"b":1}'),
    ],
)
def test_written_form(value: JsonValue, written: bytes) -> None:
    """Each type has the one compact spelling that RFC 8785 gives it."""
    assert canonical(value) == written


def test_keys_are_sorted_by_utf16_units() -> None:
    """RFC 8785 §3.2.3: U+1F600 (a surrogate pair) sorts before U+FB33, although its code point is larger."""
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "a": 3}) == '{"a":3,"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.0, "canonical JSON cannot hold float"),
        (b"x", "canonical JSON cannot hold bytes"),
        ({1, 2}, "canonical JSON cannot hold set"),
        ([object()], "canonical JSON cannot hold object"),
        (LARGEST + 1, "canonical JSON holds integers below 2**53 only, got 9007199254740992"),
        (-LARGEST - 1, "canonical JSON holds integers below 2**53 only, got -9007199254740992"),
        ({1: 2}, "canonical JSON keys are strings, got int"),
        ("\ud800", r"canonical JSON cannot hold a lone surrogate: '\ud800'"),
        ({"\udfff": 1}, r"canonical JSON cannot hold a lone surrogate: '\udfff'"),
        ([{"a": ["\ud800"]}], "canonical JSON cannot hold a lone surrogate"),
    ],
)
def test_what_cannot_be_written(value: JsonValue, said: str) -> None:
    """What has no single spelling is refused, and the message names it."""
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        canonical(value)


def test_depth_is_bounded() -> None:
    """64 levels are written and read back, 65 are refused both ways, a hundred thousand do not exhaust the stack."""
    assert parse_json(canonical(nested(64))) == nested(64)
    assert canonical({"a": nested(63)})
    with pytest.raises(InputError, match="at most 64 levels"):
        canonical(nested(65))
    with pytest.raises(InputError, match="at most 64 levels"):
        canonical({"a": nested(64)})
    with pytest.raises(InputError, match="^JSON: canonical JSON is at most 64 levels deep$"):
        parse_json(b"[" * 65 + b"]" * 65)
    with pytest.raises(InputError, match="^JSON is not readable: "):
        parse_json(b"[" * 100_000 + b"]" * 100_000)


@given(values)
def test_round_trip_and_idempotence(value: JsonValue) -> None:
    """Reading what was written and writing it again gives the same bytes, which the standard library reads alike."""
    written = canonical(value)
    assert canonical(parse_json(written)) == written
    assert json.loads(written) == parse_json(written)


@given(st.dictionaries(st.text("aé\ufb33😀", max_size=3), st.integers(0, 9)), st.randoms(use_true_random=False))
def test_order_of_insertion_is_forgotten(value: dict[str, int], random: Random) -> None:
    """Two objects with the same members have the same bytes, in whatever order they were filled."""
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


def test_the_value_given_is_not_changed() -> None:
    """Writing makes copies: the caller's objects stay as they were."""
    inner = {"b": 1, "a": 2}
    canonical([inner])
    assert list(inner) == ["b", "a"]


# --- reading JSON


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b'{"b":1, "a":[true,false,null]}', {"b": 1, "a": [True, False, None]}),
        (b" 9007199254740991 ", LARGEST),
        (b"-9007199254740991", -LARGEST),
        (b'"\\u00e9"', "é"),
        (b"{}", {}),
    ],
)
def test_readable(line: bytes, value: JsonValue) -> None:
    """Any spelling of a value that can be written canonically is read."""
    assert parse_json(line) == value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "ORDER is not readable: Expecting value"),
        (b"{", "ORDER is not readable: Expecting property name"),
        (b"[1] x", "ORDER is not readable: Extra data"),
        (b'"\xff"', "ORDER is not readable: 'utf-8' codec"),
        (b"\xef\xbb\xbf1", "ORDER is not readable: "),
        (b"1.5", "ORDER: JSON number is not an integer: 1.5"),
        (b"1e3", "ORDER: JSON number is not an integer: 1e3"),
        (b"NaN", "ORDER: JSON number is not an integer: NaN"),
        (b"-Infinity", "ORDER: JSON number is not an integer: -Infinity"),
        (b"9007199254740992", "ORDER: JSON integer is not below 2**53: 9007199254740992"),
        (b"-9007199254740992", "ORDER: JSON integer is not below 2**53: -9007199254740992"),
        (b"1" + b"0" * 10_000, "ORDER: JSON integer is not below 2**53: 1000000000000000000000000000000000000000"),
        (b'{"a":1,"b":2,"a":1}', "ORDER: JSON object has a key twice: 'a'"),
        (b'[{"\\u0061":1,"a":2}]', "ORDER: JSON object has a key twice: 'a'"),
        (b'"\\ud800"', r"ORDER: canonical JSON cannot hold a lone surrogate: '\ud800'"),
    ],
)
def test_unreadable(line: bytes, said: str) -> None:
    """Everything else is refused; the message starts with what the caller calls the input."""
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        parse_json(line, what="ORDER")


def test_messages_of_hostile_input_are_short() -> None:
    """A huge number or key is quoted up to its first characters only."""
    for line in (b"1" * 100_000, b"1." + b"1" * 100_000, b'{"' + b"k" * 100_000 + b'":1,"' + b"k" * 100_000 + b'":1}'):
        with pytest.raises(InputError) as refused:
            parse_json(line)
        assert 40 < len(str(refused.value)) < 140


def test_the_doubled_key_is_named() -> None:
    """Of several doubled keys the first is named, wherever its second stands."""
    with pytest.raises(InputError, match="a key twice: 'b'$"):
        parse_json(b'{"a":1,"b":2,"c":3,"c":4,"b":5}')


@given(
    st.binary(max_size=60)
    | st.text('{}[]",:0123456789.eE+-truefalsn\\u \ud800', max_size=40).map(
        lambda t: t.encode("utf-8", "surrogatepass")
    )
)
def test_reading_is_total(line: bytes) -> None:
    """Any bytes give a value that can be written, or InputError."""
    try:
        value = parse_json(line)
    except InputError:
        return
    canonical(value)


# --- digests and bytes


def test_digest() -> None:
    """SHA-256 in lower-case hexadecimal (FIPS 180-4, the one-block example `abc`)."""
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(b"") == hashlib.sha256(b"").hexdigest()


def test_document_by_digest() -> None:
    """A field names a document by its digest; one that is withheld, or no digest, is refused under the field's name."""
    documents = {digest(b'["ca.example"]'): b'["ca.example"]', digest(b"{"): b"{"}
    assert document_json({"issuers": digest(b'["ca.example"]')}, "issuers", documents) == ["ca.example"]
    with pytest.raises(InputError, match="^asked.issuers: the document 'None' is withheld"):
        document_json({}, "issuers", documents)
    with pytest.raises(InputError, match="^asked.issuers: the document '7' is withheld"):
        document_json({"issuers": 7}, "issuers", documents)
    with pytest.raises(InputError, match=f"^asked.issuers: the document '{'0' * 64}' is withheld"):
        document_json({"issuers": "0" * 100}, "issuers", documents)
    with pytest.raises(InputError, match="^asked.policy is not readable: "):
        document_json({"policy": digest(b"{")}, "policy", documents)


@given(st.binary(max_size=100))
def test_base64_round_trip(data: bytes) -> None:
    """Every byte string has one text, which is read back."""
    assert decode_bytes(encode_bytes(data)) == data


def test_base64_alphabet() -> None:
    """RFC 4648 §4: `+`, `/` and padding."""
    assert encode_bytes(b"\xfb\xff\xfe\xff") == "+//+/w=="
    assert decode_bytes("+//+/w==") == b"\xfb\xff\xfe\xff"


@pytest.mark.parametrize("text", ["=", "A", "AAA", "AA=A", "A-__", "AA ==", "AAAA\n", "é"])
def test_not_base64(text: str) -> None:
    """Wrong length, the URL alphabet, spaces, line ends, characters outside ASCII: refused under the caller's name."""
    with pytest.raises(InputError, match="^raw is not base64$"):
        decode_bytes(text, what="raw")


def test_only_one_spelling_of_base64() -> None:
    """Bits behind the last byte must be zero: two texts never stand for the same bytes."""
    assert decode_bytes("/w==") == b"\xff"
    with pytest.raises(InputError, match="^base64 is not canonical base64$"):
        decode_bytes("/x==")
    # Newer versions of Python refuse padding behind a full group themselves.
    with pytest.raises(InputError, match="^base64 is not (canonical )?base64$"):
        decode_bytes("AAAA=")
    with pytest.raises(InputError, match="^base64 is not base64$"):
        decode_bytes("/x=")


# --- time


class _NoOffset(tzinfo):
    """A zone that does not know its offset: to Python such a datetime is naive."""

    def utcoffset(self, moment: datetime | None, /) -> None:
        return None

    dst = tzname = utcoffset


def test_utc_of_an_aware_moment() -> None:
    """The same instant, in UTC."""
    moment = datetime(2026, 3, 15, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert utc(moment, what="at") == moment
    assert utc(moment, what="at").isoformat() == "2026-03-14T23:30:00+00:00"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-15", "at must be a datetime with a time zone, got str"),
        (None, "at must be a datetime with a time zone, got NoneType"),
        (datetime(2026, 3, 15), "at must have a time zone, got the naive datetime 2026-03-15T00:00:00"),
        (
            datetime(2026, 3, 15, tzinfo=_NoOffset()),
            "at must have a time zone, got the naive datetime 2026-03-15T00:00:00",
        ),
        (
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
            "at is outside the range of dates: 0001-01-01T00:00:00+01:00",
        ),
        (
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))),
            "at is outside the range of dates: 9999-12-31T23:59:59",
        ),
    ],
)
def test_no_moment(moment: datetime, said: str) -> None:
    """A moment without a zone proves nothing; the message names the argument."""
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        utc(moment, what="at")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 15, tzinfo=timezone.utc), "2026-03-15T00:00:00.000000Z"),
        (datetime(2026, 3, 15, 1, 2, 3, 45, tzinfo=timezone.utc), "2026-03-15T01:02:03.000045Z"),
        (datetime(2026, 3, 15, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2026-03-14T23:30:00.000000Z"),
        (datetime(17, 3, 15, tzinfo=timezone.utc), "0017-03-15T00:00:00.000000Z"),
    ],
)
def test_written_time(moment: datetime, text: str) -> None:
    """One spelling per instant: UTC, six digits, four digits of the year, `Z`."""
    assert format_time(moment) == text


def test_a_naive_time_is_not_written() -> None:
    """A naive datetime is refused in writing, too."""
    with pytest.raises(InputError, match="^time must have a time zone"):
        format_time(datetime(2026, 3, 15))


@given(aware)
def test_time_round_trip(moment: datetime) -> None:
    """Every instant is read back from its one spelling, and from the spelling with its own offset."""
    assert parse_time(format_time(moment)) == moment
    assert format_time(parse_time(format_time(moment))) == format_time(moment)
    offset = moment.utcoffset()
    assert offset is not None
    if not offset % timedelta(minutes=1):
        assert parse_time(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-15T00:00:00Z", "2026-03-15T00:00:00+00:00"),
        ("2026-03-15t00:00:00z", "2026-03-15T00:00:00+00:00"),
        ("2026-03-15T00:00:00.5Z", "2026-03-15T00:00:00.500000+00:00"),
        ("2026-03-15T00:00:00.000001Z", "2026-03-15T00:00:00.000001+00:00"),
        ("2026-03-15T01:30:00+02:30", "2026-03-14T23:00:00+00:00"),
        ("2026-03-15T01:30:00-02:30", "2026-03-15T04:00:00+00:00"),
        ("2026-03-15T01:30:00-00:00", "2026-03-15T01:30:00+00:00"),
        ("2026-03-15T23:59:00+23:59", "2026-03-15T00:00:00+00:00"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00+00:00"),
    ],
)
def test_read_time(text: str, read: str) -> None:
    """RFC 3339 §5.6 with its options: small letters, fractions, offsets; the answer is in UTC."""
    assert parse_time(text).isoformat() == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-15",
        "2026-03-15T00:00:00",
        "2026-03-15 00:00:00Z",
        "2026-03-15T00:00Z",
        "2026-03-15T00:00:00.Z",
        "2026-03-15T00:00:00.1234567Z",
        "2026-03-15T00:00:00+0100",
        "2026-03-15T00:00:00CET",
        "2026-03-15T00:00:00Z\n",
        "x2026-03-15T00:00:00Z",
        "٢٠٢٦-03-15T00:00:00Z",
        "1773532800",
    ],
)
def test_not_a_time(text: str) -> None:
    """No date, no time, no offset, a named zone, too many digits, other digits: refused, quoted, with an example."""
    with pytest.raises(InputError) as refused:
        parse_time(text, what="--at")
    assert str(refused.value).startswith("--at must be an RFC 3339 date and time with an offset (20")
    assert str(refused.value).endswith(f"got {text!a}")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-03-15T24:00:00Z",
        "2026-03-15T00:60:00Z",
        "2026-03-15T00:00:60Z",
        "2026-03-15T00:00:00+24:00",
        "2026-03-15T00:00:00-24:00",
        "2026-03-15T00:00:00+01:60",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_a_date_that_does_not_exist(text: str) -> None:
    """No such day, hour, offset or year: refused and quoted."""
    with pytest.raises(InputError) as refused:
        parse_time(text, what="--at")
    assert str(refused.value).startswith(f"--at is not a date that exists: {text!a} (")


def test_a_long_text_is_quoted_in_part() -> None:
    """Of a hostile text the message shows eighty characters."""
    with pytest.raises(InputError, match="^time must be") as refused:
        parse_time("9" * 1000)
    assert str(refused.value).endswith("got '" + "9" * 80 + "'")


@given(
    st.text("0123456789-:.+TZtz ", max_size=32)
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True)
)
def test_reading_a_time_is_total(text: str) -> None:
    """Any text gives a moment that is written and read back, or InputError."""
    try:
        moment = parse_time(text)
    except InputError:
        return
    assert parse_time(format_time(moment)) == moment
