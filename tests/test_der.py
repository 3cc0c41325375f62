"""The DER reader: the vectors of tests/vectors/der, laws, and bounds counted in octets.

What is made here is made by the encoder in fuzz/fuzz_der.py, which shares nothing with the reader.
"""

from __future__ import annotations

import pickle
import tomllib
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_der import encode, encode_integer, encode_oid, seeds, target
from pkicheck.der import (
    ANY,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    REASONS,
    SEQUENCE,
    SET,
    Defect,
    DerError,
    Element,
    Limits,
    Reason,
    TagClass,
    context,
    defects,
    defects_inside,
    read,
)
from pkicheck.errors import InputError

_FOLDER = Path(__file__).parent / "vectors" / "der"
_KNOWN = {"name", "hex", "call", "limits", "value", "defect", "defects", "source", "comment"}
_IA5 = 0x16


# -- vectors


def _extension(data: bytes) -> list[object]:
    reader = read(data).reader()
    kind = reader.take(OBJECT_IDENTIFIER)
    critical = reader.take_default(BOOLEAN, b"\0")
    if critical is not None:
        critical.boolean()
    value = reader.take_optional(OCTET_STRING)
    if value is None:  # only to meet the reason why
        (reader.end if reader.at < len(data) and data[reader.at] == BOOLEAN else lambda: reader.take(OCTET_STRING))()
    assert value is not None
    reader.end()
    return [kind.oid(), critical is not None, value.octet_string().hex()]


def _algorithm(data: bytes) -> list[str]:
    reader = read(data, SEQUENCE).reader()
    kind = reader.take(OBJECT_IDENTIFIER).oid()
    if reader.at == len(data):
        reader.end()
        return [kind]
    parameters = reader.take(ANY)
    reader.end()
    return [kind, parameters.encoded.hex()]


def _inner(data: bytes) -> str:
    element = read(data).inner()
    return f"{element.encoded.hex()}@{element.start}"


def _each(elements: Iterator[Element] | tuple[Element, ...]) -> list[str]:
    return [element.encoded.hex() for element in elements]


def _tag(data: bytes) -> list[object]:
    element = read(data)
    return [element.tag_class.name, element.constructed, element.tag_number]


_CALLS: dict[str, Callable[[bytes], object]] = {
    "algorithm": _algorithm,
    "bit-string": lambda data: read(data).bit_string().hex(),
    "boolean": lambda data: read(data).boolean(),
    "boolean-implicit-1": lambda data: read(data).boolean(context(1)),
    "children": lambda data: _each(read(data).children()),
    "content-length": lambda data: len(read(data).content),
    "contents": lambda data: [f"{tag:02x}:{content.hex()}" for tag, content in read(data).contents()],
    "encoded-as-set": lambda data: read(data).encoded_as(SET).hex(),
    "enumerated": lambda data: read(data).enumerated(),
    "fields-integer-any": lambda data: _each(read(data).fields(INTEGER, ANY)),
    "generalized-time": lambda data: read(data).generalized_time().isoformat(),
    "inner": _inner,
    "integer": lambda data: read(data).integer(),
    "named-bits": lambda data: list(read(data).named_bits()),
    "null": lambda data: read(data).null() or "nothing",
    "octet-string": lambda data: read(data).octet_string().hex(),
    "oid": lambda data: read(data).oid(),
    "read-integer": lambda data: read(data, INTEGER).encoded.hex(),
    "reader-extension": _extension,
    "set-of": lambda data: _each(read(data).set_of()),
    "set-of-implicit-0": lambda data: _each(read(data).set_of(context(0, constructed=True))),
    "tag": _tag,
    "text": lambda data: read(data).text(),
    "text-dns-name": lambda data: read(data).text(_IA5, tag=context(2)),
    "text-ia5": lambda data: read(data).text(_IA5),
    "time": lambda data: read(data).time().isoformat(),
    "utc-time": lambda data: read(data).utc_time().isoformat(),
    "utc-time-implicit-0": lambda data: read(data).utc_time(context(0)).isoformat(),
}
_LIMITED: dict[str, Callable[[bytes, Limits], object]] = {
    "read": lambda data, limits: read(data, limits=limits).encoded.hex(),
    "defects": lambda data, limits: defects(data, limits=limits),
    "defects-inside": lambda data, limits: defects_inside(read(data), limits=limits),
}


def _vectors() -> list[Any]:
    return [
        pytest.param(vector, id=f"{path.stem}: {vector['name']}")
        for path in sorted(_FOLDER.glob("*.toml"))
        for vector in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]
    ]


def _call(vector: dict[str, Any]) -> object:
    data = bytes.fromhex(vector["hex"])
    if vector["call"] in _LIMITED:
        return _LIMITED[vector["call"]](data, Limits(**vector.get("limits", {})))
    return _CALLS[vector["call"]](data)


def _spell(flaw: Defect | DerError) -> str:
    return f"{flaw.reason}@{flaw.offset}"


@pytest.mark.parametrize("vector", _vectors())
def test_vector(vector: dict[str, Any]) -> None:
    """Each vector's call gives its value, or stops at exactly the defect that it states."""
    assert set(vector) <= _KNOWN
    assert len({"value", "defect", "defects"} & set(vector)) == 1
    assert "limits" not in vector or vector["call"] in _LIMITED
    if "defect" in vector:
        with pytest.raises(DerError) as caught:
            _call(vector)
        assert vector["defect"] == _spell(caught.value)
    elif "defects" in vector:
        saw = _call(vector)
        assert isinstance(saw, tuple)
        assert vector["defects"] == [_spell(defect) for defect in saw]
    else:
        saw = _call(vector)
        assert vector["value"] == saw
        assert type(vector["value"]) is type(saw)


def test_every_reason_has_a_vector() -> None:
    """Each reason is described, and met by at least one vector."""
    assert set(get_args(Reason)) == set(REASONS)
    spelled = {text for param in _vectors() for text in _flaws(param.values[0])}
    assert {text.partition("@")[0] for text in spelled} == set(REASONS)


def _flaws(vector: dict[str, Any]) -> list[str]:
    return [vector["defect"]] if "defect" in vector else vector.get("defects", [])


def test_names_of_vectors_are_unique() -> None:
    """A vector can be found by its name."""
    names = [param.id for param in _vectors()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("vector", _vectors())
def test_vectors_hold_for_the_fuzz_target(vector: dict[str, Any]) -> None:
    """The bytes of each vector satisfy the assertion of the fuzz target."""
    target(bytes.fromhex(vector["hex"]))


def test_seeds_hold_for_the_fuzz_target() -> None:
    """So do the seeds of the corpus; the first of them is a whole request without a defect."""
    inputs = list(seeds())
    for data in inputs:
        target(data)
    assert not defects(inputs[0])
    assert len(inputs) == len(set(inputs)) > 30


# -- values of the module


def test_error_says_what_and_where() -> None:
    """The error reads as reason, offset and meaning, and survives a pickle."""
    with pytest.raises(
        DerError, match=r"^non-minimal-length at octet 1: a length in more octets than needed"
    ) as caught:
        read(b"\x30\x81\x00")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.reason, again.offset, str(again)) == ("non-minimal-length", 1, str(caught.value))
    assert isinstance(again, ValueError)


def test_element_is_a_value() -> None:
    """Elements are equal, hashed and pickled by value, cannot be changed, and print without their bytes."""
    element = read(bytes.fromhex("30030101ff"))
    assert element == pickle.loads(pickle.dumps(element))
    assert {element: 1}[read(bytes.fromhex("30030101ff"))] == 1
    assert repr(element) == "Element(tag=0x30, start=0, body=2, end=5)"
    with pytest.raises(AttributeError):
        element.start = 1  # type: ignore[misc]
    with pytest.raises(AttributeError):
        element.other = 1  # type: ignore[attr-defined]


def test_wrong_arguments() -> None:
    """Limits below 1, which would hide every defect, and tag numbers that fit no octet are the caller's mistake."""
    for field in ("max_bytes", "max_depth", "max_elements", "max_defects"):
        with pytest.raises(InputError, match=r"^limits: "):
            Limits(**{field: 0})
    assert Limits(max_bytes=1, max_depth=1, max_elements=1, max_defects=1).max_depth == 1
    for number in (-1, 31):
        with pytest.raises(InputError, match=r"^number: expected 0 to 30"):
            context(number)
    assert (context(0), context(30), context(3, constructed=True)) == (0x80, 0x9E, 0xA3)


def test_reader_stands_still_when_it_refuses() -> None:
    """A field that is not there, or has another tag, is not skipped: the next call meets it."""
    reader = read(bytes.fromhex("3006020101040102")).reader()
    with pytest.raises(DerError, match="wrong-tag at octet 2"):
        reader.take(OCTET_STRING)
    assert reader.take_optional(OCTET_STRING) is None
    assert reader.take_default(BOOLEAN, b"\0") is None
    assert reader.at == 2
    assert reader.take(INTEGER).integer() == 1
    with pytest.raises(DerError, match="trailing-bytes at octet 5"):
        reader.end()
    assert reader.take_default(OCTET_STRING, b"\x01") is not None
    assert reader.take_optional(ANY) is None
    reader.end()
    with pytest.raises(DerError, match="missing-element at octet 8"):
        reader.take(ANY)


def test_digests_are_made_of_the_original_octets() -> None:
    """What is signed is sliced from the input, whatever stands in it; nothing is encoded again."""
    signed = bytes.fromhex("3006 0202 0001 1000")
    data = encode(16, signed + encode(OCTET_STRING, b"\1"), constructed=True)
    element, _ = read(data).fields(SEQUENCE, OCTET_STRING)
    assert defects(data)
    assert element.encoded == signed
    assert element.content == signed[2:]
    assert element.encoded_as(SET) == b"\x31" + signed[1:]


# -- laws


def _is_bits(content: bytes) -> bytes:
    return bytes([0]) + content


_MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
_OIDS = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**127), max_size=6)).map(
    lambda arcs: ".".join(map(str, (arcs[0], arcs[1], *arcs[2])))
)
_LEAVES = st.one_of(
    st.booleans().map(lambda value: encode(1, b"\xff" if value else b"\0")),
    st.integers().map(lambda value: encode(2, encode_integer(value))),
    st.binary(max_size=200).map(lambda value: encode(3, _is_bits(value))),
    st.binary(max_size=300).map(lambda value: encode(4, value)),
    st.just(encode(5, b"")),
    _OIDS.map(lambda value: encode(6, encode_oid(value))),
    st.text(max_size=90).map(lambda value: encode(12, value.encode())),
    st.text("0123456789 ").map(lambda value: encode(18, value.encode())),
    _MOMENTS.map(lambda value: encode(23, value.strftime("%y%m%d%H%M%SZ").encode())),
    st.tuples(st.integers(0, 2**28 - 1), st.sampled_from((1, 2, 3)), st.binary(max_size=9)).map(
        lambda value: encode(value[0], value[2], tag_class=value[1])
    ),
)
_TREES = st.recursive(
    _LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, max_size=5).map(lambda items: encode(16, b"".join(items), constructed=True)),
        st.lists(parts, max_size=5).map(lambda items: encode(17, b"".join(sorted(items)), constructed=True)),
        st.tuples(st.integers(0, 40), st.lists(parts, max_size=3)).map(
            lambda value: encode(value[0], b"".join(value[1]), tag_class=2, constructed=True)
        ),
    ),
    max_leaves=25,
)


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    """A tree with a few octets changed, put in or taken out."""
    data = bytearray(draw(_TREES))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 1))] = draw(st.binary(max_size=1))
    return bytes(data)


@given(_TREES)
def test_what_is_encoded_has_no_defects(data: bytes) -> None:
    """DER made by the encoder is read: the root is the input, children fill their parent, nothing is found."""
    assert defects(data) == ()
    root = read(data)
    assert root.encoded == data
    todo = [root]
    while todo:
        element = todo.pop()
        header = encode(
            element.tag_number, element.content, tag_class=element.tag_class, constructed=element.constructed
        )
        assert element.encoded == header
        if element.constructed:
            children = tuple(element.children())
            assert b"".join(child.encoded for child in children) == element.content
            todo += children


@given(st.one_of(st.binary(max_size=60), _changed()))
def test_any_bytes_give_a_value_or_an_error(data: bytes) -> None:
    """The assertion of the fuzz target holds: reading is total, and bytes without defects are canonical."""
    target(data)


@given(_changed())
def test_defects_come_by_place_and_name_the_first(data: bytes) -> None:
    """Defects are in ascending order inside the input; the error that `read` raises is one of them."""
    found = defects(data)
    places = [defect.offset for defect in found]
    assert places == sorted(places)
    assert all(0 <= place <= len(data) for place in places)
    raised = _raised(data)
    assert raised is None or raised in found


def _raised(data: bytes) -> Defect | None:
    try:
        read(data)
    except DerError as flaw:
        return Defect(flaw.reason, flaw.offset)
    return None


@given(_changed(), st.integers(1, 3))
def test_a_bound_of_defects_keeps_the_first(data: bytes, bound: int) -> None:
    """A smaller `max_defects` gives the beginning of the walk and says that there is more."""
    whole = defects(data, limits=Limits(max_defects=10_000))
    cut = defects(data, limits=Limits(max_defects=bound))
    if len(whole) <= bound:
        assert cut == whole
    else:
        assert len(cut) == bound + 1
        assert "too-many-defects" in {defect.reason for defect in cut}
        assert {defect for defect in cut if defect.reason != "too-many-defects"} <= set(whole)


@given(st.integers())
def test_integers_come_back(number: int) -> None:
    """INTEGER and ENUMERATED of any size and sign (X.690 8.3)."""
    assert read(encode(2, encode_integer(number))).integer() == number
    assert read(encode(10, encode_integer(number))).enumerated() == number


@given(_OIDS)
def test_object_identifiers_come_back(dotted: str) -> None:
    """OBJECT IDENTIFIER with arcs up to 128 bits (X.690 8.19)."""
    assert read(encode(6, encode_oid(dotted))).oid() == dotted


@given(_MOMENTS)
def test_times_come_back(moment: datetime) -> None:
    """UTCTime and GeneralizedTime, aware and in UTC (RFC 5280 4.1.2.5)."""
    aware = moment.replace(tzinfo=timezone.utc)
    short = read(encode(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())).time()
    long = read(encode(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())).time()
    assert short == long == aware
    assert short.tzinfo is long.tzinfo is timezone.utc


@given(st.text())
def test_strings_come_back(text: str) -> None:
    """UTF8String and UniversalString of any characters; BMPString of those that fit."""
    assert read(encode(12, text.encode())).text() == text
    assert read(encode(28, text.encode("utf-32-be"))).text() == text
    data = encode(30, text.encode("utf-16-be"))
    if max(text, default="") <= "\uffff":
        assert read(data).text() == text
    else:
        assert [defect.reason for defect in defects(data)] == ["bad-string"]


@given(st.frozensets(st.integers(0, 63)))
def test_named_bits_come_back(numbers: frozenset[int]) -> None:
    """A list of named bits, written without zero bits at its end (X.690 11.2.2)."""
    size = max(numbers, default=-1) // 8 + 1
    value = sum(1 << (8 * size - 1 - number) for number in numbers)
    unused = 8 * size - 1 - max(numbers) if numbers else 0
    data = encode(3, bytes([unused]) + value.to_bytes(size, "big"))
    assert read(data).named_bits() == tuple(sorted(numbers))


@given(st.lists(st.binary(min_size=1, max_size=3).map(lambda content: encode(4, content)), min_size=2, max_size=6))
def test_set_of_is_sorted_or_a_defect(items: list[bytes]) -> None:
    """`set_of` and `defects` take a SET OF exactly when its encodings ascend (X.690 11.6)."""
    data = encode(17, b"".join(items), constructed=True)
    if items == sorted(items):
        assert [element.encoded for element in read(data).set_of()] == items
        assert defects(data) == ()
    else:
        with pytest.raises(DerError, match="set-not-sorted") as caught:
            read(data).set_of()
        assert defects(data)[0] == Defect("set-not-sorted", caught.value.offset)


# -- bounds, counted in octets looked at


class _Counted(bytes):
    """Bytes that count the octets taken out of them."""

    taken = 0

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        self.taken += 1 if isinstance(value, int) else 1 + len(value)
        return value


def _siblings(count: int) -> bytes:
    return encode(17, encode(2, b"\1") * count, constructed=True)


def _headers(count: int, tag: int, inside: bytes, beside: bytes = b"") -> bytes:
    """`count` elements, each holding `beside` and the next."""
    parts = [inside]
    size = len(inside)
    for _ in range(count):
        size += len(beside)
        header = encode(tag, bytes(size), constructed=True)[: -size or None]
        parts.append(header + beside)
        size += len(header)
    return b"".join(reversed(parts))


def _deep(count: int) -> bytes:
    return _headers(count, 16, b"")


def _deep_sets(count: int) -> bytes:
    return _headers(count, 17, encode(5, b""), encode(2, b"\1"))


def _broken(count: int) -> bytes:
    return encode(16, bytes.fromhex("020200013003020501") * count, constructed=True)


def _long_oids(count: int) -> bytes:
    return encode(16, encode(6, b"\x2a" + b"\xff" * 18 + b"\x7f") * count, constructed=True)


_HUGE = Limits(max_bytes=1 << 30, max_depth=1 << 30, max_elements=1 << 30, max_defects=1 << 30)


def _walk_lazily(data: bytes) -> None:
    element: Element | None = read(data, limits=_HUGE)
    while element is not None:
        children = element.children()
        element = next((child for child in children if child.constructed), None)


def _contents(data: bytes) -> None:
    read(data, limits=_HUGE).contents()


def _fields(data: bytes) -> None:
    reader = read(data, limits=_HUGE).reader()
    while reader.take_optional(INTEGER) is not None:
        pass
    reader.end()


def _defects(data: bytes) -> None:
    defects(data, limits=_HUGE)


@pytest.mark.parametrize(
    ("make", "call"),
    [
        (_siblings, _defects),
        (_siblings, _walk_lazily),
        (_siblings, _contents),
        (_siblings, _fields),
        (_siblings, lambda data: read(data, limits=_HUGE).set_of()),
        (_deep, _defects),
        (_deep, _walk_lazily),
        (_deep_sets, _defects),
        (_deep_sets, _walk_lazily),
        (_broken, _defects),
        (_long_oids, _defects),
    ],
)
def test_work_is_linear(make: Callable[[int], bytes], call: Callable[[bytes], object]) -> None:
    """Twice the siblings, levels or defects take twice the octets looked at, never four times as many."""
    taken: list[int] = []
    sizes: list[int] = []
    for count in (10_000, 20_000, 40_000):
        data = _Counted(make(count))
        call(data)
        taken.append(data.taken)
        sizes.append(len(data))
    assert all(count >= size / 4 for count, size in zip(taken, sizes, strict=True))
    per_octet = [count / size for count, size in zip(taken, sizes, strict=True)]
    assert max(per_octet) < 5
    assert per_octet[2] < 1.5 * per_octet[0]  # longer lengths need longer headers; quadratic work would be at 4


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 255, 256, 257, 0x7FFF, 0x8000, 0x81FF, 0xFFFF, 0x10000, 0x10180])
def test_lengths_at_their_bounds(size: int) -> None:
    """Every form of length is read as it is written, with more octets behind than any misreading would need."""
    parts = (encode(4, bytes(size)), encode(4, bytes(0x20000)), encode(2, b"\1"))
    root = read(encode(16, b"".join(parts), constructed=True))
    assert tuple(child.encoded for child in root.children()) == parts
    assert tuple(content for _, content in root.contents()) == (bytes(size), bytes(0x20000), b"\1")
    assert defects(root.encoded) == ()


def test_default_limits_are_what_they_say() -> None:
    """A mebibyte is read, an octet more is not (the other defaults are met by vectors and by the next test)."""
    fits = encode(4, bytes((1 << 20) - 5))
    assert len(fits) == 1 << 20
    assert read(fits).encoded == fits
    assert defects(fits) == ()
    assert defects(fits + b"\0") == (Defect("too-large", 1 << 20),)
    with pytest.raises(DerError, match="too-large at octet 1048576"):
        read(fits + b"\0")


def test_default_limits_stop_hostile_input_early() -> None:
    """40,000 levels cost no more than 32, and a million elements no more than 100,000."""
    data = _Counted(_deep(40_000))
    assert [defect.reason for defect in defects(data)] == ["too-deep"]
    assert data.taken < 1000
    data = _Counted(_siblings(300_000))
    assert [_spell(defect) for defect in defects(data)] == [f"too-many-elements@{5 + 3 * 99_999}"]
    assert data.taken < 16 * 100_000


def test_memory_does_not_grow_with_the_input() -> None:
    """Walking 120 kB keeps no more than a few elements at a time."""
    data = _siblings(40_000)
    tracemalloc.start()
    try:
        defects(data, limits=_HUGE)
        for _ in read(data, limits=_HUGE).children():
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000


def test_a_huge_length_reserves_nothing() -> None:
    """An announced terabyte is refused by arithmetic."""
    tracemalloc.start()
    try:
        with pytest.raises(DerError, match="truncated"):
            read(bytes.fromhex("30fe" + "ff" * 126 + "00" * 8))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000


def test_tag_classes_have_their_numbers() -> None:
    """The class is the upper two bits (X.690 8.1.2.2)."""
    found = [read(encode(5, b"", tag_class=number)).tag_class for number in range(4)]
    assert found == [TagClass.UNIVERSAL, TagClass.APPLICATION, TagClass.CONTEXT, TagClass.PRIVATE]
