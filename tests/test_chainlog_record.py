"""Chain records: the grammar, the hash and the values, compared with the second implementation."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.canon import Sha256
from pkicheck.chainlog import MAX_LINE, Head, Seal, genesis, parse_record, read_records, sealed_bytes
from pkicheck.chainlog._record import erase_payload, hash_parts, record_line, slice_line, split_lines
from pkicheck.chainlog._values import seal_json
from pkicheck.errors import InputError
from tests.chainlogkit import (
    KEY,
    LOG,
    T0,
    Fields,
    chain,
    dump,
    genesis_of,
    hashed,
    joined,
    line_of,
    record,
    sealed,
    sha,
)

_SCHEMA = json.loads(files("pkicheck").joinpath("_data/chain-1.schema.json").read_text(encoding="utf-8"))
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)


def _line(**changes: Any) -> bytes:
    """A record with some fields replaced, its hash computed again."""
    return dump(hashed({**record(None), **changes}))


def test_record_is_read() -> None:
    """A record of the second implementation is read, each field as it was written (R108)."""
    first, second = chain(2, key=KEY)
    found = parse_record(line_of(second))
    assert found.log_id == LOG
    assert found.sequence == 2
    assert found.time == T0 + timedelta(seconds=2)
    assert found.schema == "test/1"
    assert found.payload == second["payload"]
    assert found.payload_json == dump(second["payload"])
    assert found.payload_sha256 == sha(dump(second["payload"]))
    assert found.previous == first["hash"]
    assert found.previous_seal == sha(dump(first["seal"]))
    assert found.head == Head(LOG, 2, Sha256(second["hash"]))
    assert found.seal == Seal("ed25519", second["seal"]["key"], base64.b64decode(second["seal"]["signature"]))


def test_withheld_record_is_read() -> None:
    """A record without its payload keeps its digest and its hash (architecture §6)."""
    found = parse_record(line_of({**record(None), "payload": None}))
    assert found.payload is None
    assert found.payload_json is None
    assert found.payload_sha256 == sha(dump(record(None)["payload"]))
    assert found.previous_seal is None
    assert found.seal is None


def test_written_is_what_the_second_implementation_writes() -> None:
    """The writer's line equals `json.dumps` with sorted keys, byte by byte: one spelling per record (R108)."""
    plain = record(None)
    own, core, tail = hash_parts(
        log_id=LOG,
        sequence=1,
        previous=genesis(LOG),
        previous_seal=None,
        time=plain["time"],
        schema="test/1",
        body=dump(plain["payload"]),
    )
    assert record_line(own, LOG, dump(plain["payload"]), core, b"null", tail) == line_of(plain)
    want = sealed(record(chain(3, key=KEY)[-1]), KEY)
    body = dump(want["payload"])
    own, core, tail = hash_parts(
        log_id=LOG,
        sequence=4,
        previous=Sha256(want["previous"]),
        previous_seal=Sha256(want["previous_seal"]),
        time=want["time"],
        schema="test/1",
        body=body,
    )
    assert own == want["hash"]
    seal = Seal("ed25519", want["seal"]["key"], base64.b64decode(want["seal"]["signature"]))
    assert record_line(own, LOG, body, core, seal_json(seal), tail) == line_of(want)


@pytest.mark.parametrize(
    "fields",
    [record(None), {**record(None), "payload": None}, *chain(3, key=KEY, every=2)],
    ids=["plain", "withheld", "first", "sealed", "after-sealed"],
)
def test_json_schema_takes_what_the_reader_takes(fields: Fields) -> None:
    """The JSON Schema of the wheel holds for every kind of record."""
    _VALIDATOR.validate(fields)
    assert parse_record(line_of(fields)).sequence == fields["sequence"]


_WRONG: dict[str, dict[str, Any]] = {
    "log empty": {"log": ""},
    "log too long": {"log": "a" * 129},
    "log with a line feed": {"log": "a\nb"},
    "log with a quote": {"log": 'a"b'},
    "log that begins with a dot": {"log": ".a"},
    "log not a text": {"log": 1},
    "payload a list": {"payload": []},
    "payload a text": {"payload": "{}"},
    "payload a number": {"payload": 1},
    "payload false": {"payload": False},
    "payload schema empty": {"payload_schema": ""},
    "payload schema null": {"payload_schema": None},
    "digest in capitals": {"payload_sha256": "A" * 64},
    "digest too short": {"payload_sha256": "a" * 63},
    "digest null": {"payload_sha256": None},
    "previous null": {"previous": None},
    "previous seal a text": {"previous_seal": "x"},
    "another schema": {"schema": "pkicheck/chain/2"},
    "sequence 0": {"sequence": 0},
    "sequence negative": {"sequence": -1},
    "sequence too large": {"sequence": 2**53},
    "sequence far too large": {"sequence": 10**30},
    "sequence a text": {"sequence": "1"},
    "time without microseconds": {"time": "2026-11-21T12:00:00Z"},
    "time with an offset": {"time": "2026-11-21T12:00:00.000000+00:00"},
    "time null": {"time": None},
    "seal a text": {"seal": "x"},
    "seal without key": {"seal": {"algorithm": "ed25519", "signature": "AAAA"}},
    "seal with another key": {"seal": {"algorithm": "a", "key": "b", "signature": "AAAA", "more": 1}},
    "seal with an empty signature": {"seal": {"algorithm": "a", "key": "b", "signature": ""}},
    "seal not base64": {"seal": {"algorithm": "a", "key": "b", "signature": "AA=A"}},
    "seal with too long a signature": {"seal": {"algorithm": "a", "key": "b", "signature": "A" * 21848}},
    "one key more": {"zzz": 1},
    "one key more, in front": {"aaa": 1},
}


@pytest.mark.parametrize("changes", _WRONG.values(), ids=_WRONG)
def test_what_is_no_record(changes: dict[str, Any]) -> None:
    """Each departure from the grammar is refused by the reader and by the JSON Schema alike."""
    fields = hashed({**record(None), **changes})
    assert not _VALIDATOR.is_valid(fields)
    assert slice_line(dump(fields)) is None
    with pytest.raises(InputError, match="is not one of pkicheck/chain/1"):
        parse_record(dump(fields))


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 1.0},
        {"time": "2026-02-30T12:00:00.000000Z"},
        {"time": "0000-01-01T12:00:00.000000Z"},
        {"time": "2026-11-21T24:00:00.000000Z"},
        {"time": "2026-11-21T12:60:00.000000Z"},
        {"time": "2026-11-21T12:00:60.000000Z"},
        {"seal": {"algorithm": "a", "key": "b", "signature": "AB=="}},
        {"seal": {"algorithm": "a", "key": "b", "signature": "AAAAA"}},
    ],
    ids=[
        "sequence a float",
        "30 February",
        "year 0",
        "24 h",
        "minute 60",
        "second 60",
        "base64 with spare bits",
        "base64 cut",
    ],
)
def test_moments_and_base64_that_do_not_exist(changes: dict[str, Any]) -> None:
    """What JSON Schema cannot say is refused too: whole floats, dates that do not exist, two spellings of base64."""
    assert slice_line(_line(**changes)) is None


def test_largest_number() -> None:
    """2**53 - 1 is a number of a record, the largest (RFC 8785 has no larger exact integer)."""
    assert parse_record(_line(sequence=2**53 - 1)).sequence == 2**53 - 1


_SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "a blank": lambda line: line.replace(b":", b": ", 1),
    "a carriage return": lambda line: line + b"\r",
    "another order": lambda line: json.dumps(dict(reversed(json.loads(line).items())), separators=(",", ":")).encode(),
    "cut at the end": lambda line: line[:-1],
    "cut in the front": lambda line: line[:70],
    "a byte order mark": lambda line: b"\xef\xbb\xbf" + line,
    "nothing": lambda _: b"",
    "without a back": lambda line: line[: line.index(b',"payload_schema"')] + b"}",
    "back before front": lambda line: b',"payload_schema":"' + line[: line.index(b',"payload_schema"')],
    "a list for a payload": lambda line: line.replace(b'"payload":{', b'"payload":[{'),
    "front without closing": lambda line: line.replace(b'"},"payload_schema"', b'","payload_schema"'),
}


@pytest.mark.parametrize("spell", _SPELLINGS.values(), ids=_SPELLINGS)
def test_one_spelling(spell: Callable[[bytes], bytes]) -> None:
    """A record has one spelling: whatever JSON would also read, or not, is no record."""
    assert slice_line(dump(record(None))) is not None
    assert slice_line(spell(dump(record(None)))) is None


def test_payload_that_imitates_the_back() -> None:
    """A payload may hold the very text by which the line is cut: the cut is at the last place, outside of it."""
    first = record(None)
    payload = {
        "a": {"b": 1, "payload_schema": "x", "payload_sha256": first["payload_sha256"]},
        "line": line_of(first).decode(),
    }
    fields = record(None, payload=payload)
    assert parse_record(line_of(fields)).payload == payload


@pytest.mark.parametrize(
    "name", ["hash", "payload", "payload_sha256", "payload_schema", "previous", "time", "sequence", "log"]
)
def test_edited_record_does_not_hold(name: str) -> None:
    """One changed field breaks the record's own hash or digest (R108)."""
    other = record(chain(2)[-1], payload={"x": 1}, log="other", schema="other/1")
    raw = slice_line(dump({**record(None), name: other[name]}))
    assert raw is not None
    assert not raw.holds
    with pytest.raises(InputError, match="was edited"):
        parse_record(dump({**record(None), name: other[name]}))


def test_payload_that_is_no_strict_json() -> None:
    """A writer that is not ours may hash what is no JSON: the record holds, reading its payload is refused."""
    fields = record(None, payload={"x": 1})
    body = b'{"x":1,"x":2}'
    wrong = hashed({**fields, "payload_sha256": sha(body)})
    line = dump(wrong).replace(b'{"x":1}', body)
    with pytest.raises(InputError, match="^payload: .*twice"):
        _ = parse_record(line).payload


def test_read_records() -> None:
    """Every line comes out with its offset: the record, or None where there is none that holds."""
    first, second, third = chain(3)
    edited = {**second, "time": third["time"]}
    data = line_of(first) + line_of(edited) + b"x\n" + line_of(third)[:-1]
    found = list(read_records([data]))
    sizes = [0, len(line_of(first)), len(line_of(first) + line_of(edited)), len(line_of(first) + line_of(edited)) + 2]
    assert [offset for offset, _ in found] == sizes
    assert [item and item.sequence for _, item in found] == [1, None, None, None]
    assert list(read_records([b"a" * MAX_LINE, b"\n"])) == [(0, None)]


def test_erase_payload() -> None:
    """Erasing writes null in the place of the payload and changes nothing else, also where it was null before."""
    for item in chain(2, key=KEY):
        erased = dump({**item, "payload": None})
        assert erase_payload(dump(item)) == erased
        assert erase_payload(erased) == erased


# -- values


@pytest.mark.parametrize(
    ("log_id", "sequence", "own"),
    [
        ("", 1, "a" * 64),
        ("a b", 1, "a" * 64),
        (None, 1, "a" * 64),
        ("a", -1, "a" * 64),
        ("a", 2**53, "a" * 64),
        ("a", True, "a" * 64),
        ("a", "1", "a" * 64),
        ("a", 1, "A" * 64),
        ("a", 1, "a" * 65),
        ("a", 1, None),
        ("a", 0, "a" * 64),
    ],
)
def test_head_that_cannot_be(log_id: Any, sequence: Any, own: Any) -> None:
    """A head is a token, a number below 2**53 and 64 hex digits, and number 0 has the genesis."""
    with pytest.raises(InputError):
        Head(log_id, sequence, own)


def test_head_as_text() -> None:
    """A head is printed and read back; the head of an empty log is the genesis of its id."""
    head = Head.empty(LOG)
    assert head.hash == genesis_of() == genesis(LOG)
    assert str(head) == f"{LOG} 0 {genesis_of()}"
    assert Head.parse(str(head)) == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a 1",
        f"a  1 {'a' * 64}",
        f"a 1 {'a' * 64} ",
        f"a ١ {'a' * 64}",
        f"a +1 {'a' * 64}",
        f"a {'1' * 17} {'a' * 64}",
    ],
)
def test_head_text_that_cannot_be(text: str) -> None:
    """What is not three fields with single blanks and plain digits is refused."""
    with pytest.raises(InputError):
        Head.parse(text)


@pytest.mark.parametrize(
    ("algorithm", "key", "signature"),
    [("", "k", b"s"), ("a", "", b"s"), ("a", "k", b""), ("a", "k", bytes(16384)), ("a", "k", "s")],
)
def test_seal_that_cannot_be(algorithm: Any, key: Any, signature: Any) -> None:
    """A seal is two tokens and 1 to 16,383 bytes."""
    with pytest.raises(InputError):
        Seal(algorithm, key, signature)


def test_longest_seal_is_read() -> None:
    """The grammar and the value agree about the longest signature."""
    seal = {"algorithm": "a", "key": "b", "signature": base64.b64encode(bytes(16383)).decode()}
    found = parse_record(dump({**record(None), "seal": seal}))
    assert found.seal == Seal("a", "b", bytes(16383))


def test_sealed_bytes() -> None:
    """What is signed names its purpose first and is four lines."""
    head = Head(LOG, 7, Sha256("ab" * 32))
    assert sealed_bytes(head) == b"pkicheck/chain/1 seal\nca1/issuer\n7\n" + b"ab" * 32 + b"\n"


# -- laws


@given(st.binary())
def test_any_line_is_a_record_or_not(line: bytes) -> None:
    """Reading is total: any bytes give a record, or none."""
    raw = slice_line(line)
    assert raw is None or isinstance(raw.holds, bool)


_MUTATED = st.tuples(st.sampled_from([dump(record(None)), dump(chain(2, key=KEY)[1])]), st.data())


@given(_MUTATED)
def test_any_changed_line_is_found(case: tuple[bytes, st.DataObject]) -> None:
    """Any replaced stretch of a record leaves no record, one that does not hold, or changes only payload or seal."""
    line, data = case
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, min(len(line), start + 12)))
    changed = line[:start] + data.draw(st.binary(max_size=12)) + line[end:]
    raw, before = slice_line(changed), slice_line(line)
    assert before is not None
    if raw is not None and raw.holds:
        allowed = raw.payload in (before.payload, None)
        assert allowed
        assert raw._replace(payload=before.payload, seal=before.seal) == before


@given(st.lists(st.binary(max_size=9), max_size=9), st.data())
def test_lines_do_not_depend_on_the_cut(lines: list[bytes], data: st.DataObject) -> None:
    """The same bytes in any cut give the same lines, with true offsets and sizes."""
    whole = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    chunks = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    found = list(split_lines(chunks))
    assert found == list(split_lines([whole]))
    assert b"".join((line or b"") + b"\n" * ended for _, _, line, ended in found) == whole
    assert all(whole[offset : offset + size] == line for offset, size, line, _ in found)


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("step", [MAX_LINE * 2, 1000003, 65536])
@pytest.mark.parametrize("end", [b"\nx\n", b""])
def test_too_long_a_line_is_not_held(over: int, step: int, end: bytes) -> None:
    """A line of `MAX_LINE` bytes with its line feed is held, a longer one is counted only; the next one is read."""
    assert MAX_LINE == 4_194_304
    data = b"y" * (MAX_LINE - 1 + over) + end
    found = list(split_lines(data[at : at + step] for at in range(0, len(data), step)))
    size = MAX_LINE - 1 + over
    assert found[0] == (0, size, b"y" * size if over < 1 else None, bool(end))
    assert found[1:] == ([(size + 1, 1, b"x", True)] if end else [])


@pytest.mark.parametrize("chunks", [b"abc", ["abc"], [bytearray(b"abc")], [None]])
def test_chunks_must_be_bytes(chunks: Any) -> None:
    """Bytes instead of an iterable of bytes, text and the like are the caller's mistake."""
    with pytest.raises(InputError, match="iterable of bytes"):
        list(split_lines(chunks))


def test_joined_is_the_file() -> None:
    """The kit itself: a log of the second implementation is its lines."""
    assert joined(chain(2)) == b"".join(map(line_of, chain(2)))
