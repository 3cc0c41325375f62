"""Fuzz target for the DER reader.

    python fuzz/fuzz_der.py [-runs=N] [other libFuzzer options] CORPUS_FOLDER

An empty or missing corpus folder is filled with `seeds()` first. Needs `atheris`; importing this file does not.

The assertion: any bytes give a value or `DerError`; `defects` never raises; bytes without defects are walked and read
to the last value without an exception, and are the only DER encoding of what was read (encoded again by the functions
here, which share nothing with the reader).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pkicheck.der import (
    ANY,
    BIT_STRING,
    BOOLEAN,
    DEFAULT_LIMITS,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    REASONS,
    SEQUENCE,
    SET,
    UTC_TIME,
    Defect,
    DerError,
    Element,
    Reader,
    defects,
    defects_inside,
    read,
)

__all__ = ["encode", "encode_integer", "encode_oid", "seeds", "target"]

UNIVERSAL = 0


# -- an encoder that shares nothing with the reader


def encode(number: int, content: bytes, *, tag_class: int = UNIVERSAL, constructed: bool = False) -> bytes:
    """One element in DER."""
    flags = tag_class * 64 + constructed * 32
    identifier = bytes([flags + number]) if number <= 30 else bytes([flags + 31]) + _base128(number)
    size = len(content)
    if size <= 127:
        return identifier + bytes([size]) + content
    octets = bytes.fromhex(f"{size:0{len(f'{size:x}') + len(f'{size:x}') % 2}x}")
    return identifier + bytes([128 + len(octets)]) + octets + content


def _base128(number: int) -> bytes:
    digits = [number % 128]
    while number >= 128:
        number //= 128
        digits.insert(0, number % 128 + 128)
    return bytes(digits)


def encode_integer(number: int) -> bytes:
    """The content of an INTEGER."""
    size = 1
    while not -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
        size += 1
    return (number % (1 << 8 * size)).to_bytes(size, "big")


def encode_oid(dotted: str) -> bytes:
    """The content of an OBJECT IDENTIFIER."""
    first, second, *others = (int(arc) for arc in dotted.split("."))
    return b"".join(_base128(arc) for arc in (40 * first + second, *others))


# -- the target


def target(data: bytes) -> None:
    """The assertion, on one input."""
    found = defects(data)
    _check_list(found, 0, len(data))
    try:
        root = read(data)
    except DerError as flaw:
        _check_flaw(flaw, 0, len(data))
        assert found
        return
    assert root.encoded == data
    todo = [(root, not found)]
    while todo:
        element, clean = todo.pop()
        assert 0 <= element.start < element.body <= element.end <= len(data)
        if clean:
            todo += [(child, True) for child in _read_clean(element)]
        else:
            todo += [(child, False) for child in _read_any(element)]
        _look_inside(element, todo)


def _check_list(found: Sequence[Defect], start: int, end: int) -> None:
    places = [defect.offset for defect in found]
    assert places == sorted(places)
    assert all(start <= place <= end for place in places)
    assert all(defect.reason in REASONS for defect in found)
    assert len(found) <= DEFAULT_LIMITS.max_defects + 1


def _check_flaw(flaw: DerError, start: int, end: int) -> None:
    assert flaw.reason in REASONS
    assert start <= flaw.offset <= end


def _read_clean(element: Element) -> tuple[Element, ...]:
    """Read one element of bytes without defects: nothing may be raised, and only these octets may mean the same."""
    content = element.content
    again = encode(element.tag_number, content, tag_class=element.tag_class, constructed=element.constructed)
    assert again == element.encoded
    match element.tag:
        case 0x01:
            assert content == (b"\xff" if element.boolean() else b"\0")
        case 0x02:
            assert content == encode_integer(element.integer())
        case 0x0A:
            assert content == encode_integer(element.enumerated())
        case 0x03:
            unused = content[0]
            bits = int.from_bytes(content[1:], "big")
            assert bits >> unused << unused == bits
        case 0x05:
            element.null()
        case 0x06:
            assert content == encode_oid(element.oid())
        case 0x17:
            assert content == element.utc_time().strftime("%y%m%d%H%M%SZ").encode()
        case 0x18:
            moment = element.generalized_time()
            assert content == f"{moment.year:04}".encode() + moment.strftime("%m%d%H%M%SZ").encode()
        case 0x0C:
            assert content == element.text().encode()
        case 0x12 | 0x13 | 0x14 | 0x16 | 0x1A:
            assert content == element.text().encode("latin-1")
        case 0x1C:
            assert content == element.text().encode("utf-32-be")
        case 0x1E:
            assert content == element.text().encode("utf-16-be")
            assert len(content) == 2 * len(element.text())
        case _:
            pass
    if not element.constructed:
        return ()
    children = tuple(element.children())
    assert b"".join(child.encoded for child in children) == content
    assert element.fields(*(child.tag for child in children)) == children
    assert element.contents() == tuple((child.tag, child.content) for child in children)
    if element.tag == SET:
        assert [child.encoded for child in element.set_of()] == sorted(child.encoded for child in children)
    return children


_READERS: tuple[Callable[[Element], object], ...] = (
    Element.boolean,
    Element.integer,
    Element.enumerated,
    Element.bit_string,
    Element.named_bits,
    Element.octet_string,
    Element.null,
    Element.oid,
    Element.text,
    Element.time,
    Element.set_of,
    Element.contents,
    lambda element: element.encoded_as(SET),
    lambda element: element.fields(INTEGER, ANY),
    lambda element: element.boolean(element.tag),
    lambda element: element.integer(element.tag),
    lambda element: element.oid(element.tag),
    lambda element: element.named_bits(element.tag),
    lambda element: element.utc_time(element.tag),
    lambda element: element.generalized_time(element.tag),
    *(lambda element, kind=kind: element.text(kind, tag=element.tag) for kind in (0x0C, 0x13, 0x16, 0x1C, 0x1E)),
)


def _read_any(element: Element) -> list[Element]:
    """Read one element of any bytes: values or `DerError`. Three ways a time, others at each place, for speed."""
    for turn in range(3):
        try:
            _READERS[(element.start + element.tag + 7 * turn) % len(_READERS)](element)
        except DerError as flaw:
            _check_flaw(flaw, element.start, element.end)
    children: list[Element] = []
    try:
        _drive(element.reader(), element.end)
        for child in element.children():
            assert child.start == (children[-1].end if children else element.body)
            children.append(child)
    except DerError as flaw:
        _check_flaw(flaw, element.start, element.end)
    return children


def _drive(reader: Reader, end: int) -> None:
    while reader.at < end:
        before = reader.at
        if reader.take_optional(SEQUENCE) is None and reader.take_default(BOOLEAN, b"\0") is None:
            assert reader.at == before
            reader.take(ANY)
        assert reader.at > before
    reader.end()


def _look_inside(element: Element, todo: list[tuple[Element, bool]]) -> None:
    """What OCTET STRING, BIT STRING and elements with one element hold."""
    try:
        found = defects_inside(element)
        _check_list(found, element.body, element.end)
        inner = element.inner()
    except DerError:
        return
    if element.tag in (OCTET_STRING, BIT_STRING):
        todo.append((inner, not found))


# -- seeds


def seeds() -> Iterator[bytes]:
    """A request with all its parts, one element of each type, and one of each defect: a small corpus to begin with."""

    def sequence(*parts: bytes) -> bytes:
        return encode(16, b"".join(parts), constructed=True)

    def set_of(*parts: bytes) -> bytes:
        return encode(17, b"".join(sorted(parts)), constructed=True)

    def explicit(number: int, *parts: bytes) -> bytes:
        return encode(number, b"".join(parts), tag_class=2, constructed=True)

    def oid(dotted: str) -> bytes:
        return encode(OBJECT_IDENTIFIER, encode_oid(dotted))

    name = sequence(
        set_of(sequence(oid("2.5.4.6"), encode(0x13, b"XX"))),
        set_of(
            sequence(oid("2.5.4.3"), encode(0x0C, "www.bücher.example".encode())),
            sequence(oid("0.9.2342.19200300.100.1.25"), encode(0x16, b"example")),
        ),
    )
    alt_names = sequence(
        encode(2, b"www.example.com", tag_class=2),
        encode(7, bytes(16), tag_class=2),
        explicit(4, name),
        explicit(0, oid("1.3.6.1.4.1.311.20.2.3"), explicit(0, encode(0x1E, "Ω".encode("utf-16-be")))),
    )
    extensions = sequence(
        sequence(oid("2.5.29.17"), encode(BOOLEAN, b"\xff"), encode(OCTET_STRING, alt_names)),
        sequence(oid("2.5.29.15"), encode(OCTET_STRING, encode(BIT_STRING, bytes.fromhex("0780")))),
    )
    request = sequence(
        encode(INTEGER, b"\0"),
        name,
        sequence(
            sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), encode(BIT_STRING, b"\0\4" + bytes(64))
        ),
        explicit(0, sequence(oid("1.2.840.113549.1.9.14"), set_of(extensions))),
    )
    signature = encode(BIT_STRING, b"\0" + sequence(encode(INTEGER, b"\1"), encode(INTEGER, b"\0\xff")))
    whole = sequence(request, sequence(oid("1.2.840.10045.4.3.2"), encode(NULL, b"")), signature)
    elements = (
        encode(ENUMERATED, b"\1"),
        encode(UTC_TIME, b"260315000000Z"),
        encode(GENERALIZED_TIME, b"20500101000000Z"),
        encode(0x12, b"0 1"),
        encode(0x14, b"\xe9"),
        encode(0x1A, b"~"),
        encode(0x1C, "𐍈".encode("utf-32-be")),
        encode(INTEGER, encode_integer(-129)),
        encode(OBJECT_IDENTIFIER, encode_oid(f"2.25.{2**127}")),
        encode(201, b"", tag_class=1),
        encode(OCTET_STRING, bytes(128)),
        encode(OCTET_STRING, bytes(256)),
    )
    broken = (
        "3080020100 0000",
        "30ff",
        "308100",
        "30820001 05",
        "04817f" + 127 * "00",
        "048200ff" + 255 * "00",
        "1f0201",
        "1f8002 00",
        "0000",
        "2404 0402 0000",
        "1000",
        "3106 020102 020101",
        "0303 07 0001",
        "0302 0801",
        "0101 01",
        "0202 0001",
        "0202 ff80",
        "0501 00",
        "0602 8001",
        "0601 88",
        "1e04 d800dc00",
        "1c04 00110000",
        "1301 2a",
        "0c02 c080",
        "170d 3236303233303030303030305a",
        "0500 00",
        "3003 0201",
    )
    yield whole
    yield sequence(*elements)
    yield from elements
    yield from (bytes.fromhex(text) for text in broken)


def main() -> None:
    """Run libFuzzer on `target`."""
    import atheris  # noqa: PLC0415  (everything above works without it)

    for argument in sys.argv[1:]:
        folder = Path(argument)
        if not argument.startswith("-") and not folder.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            if not any(folder.iterdir()):
                for number, seed in enumerate(seeds()):
                    (folder / f"seed-{number:02}").write_bytes(seed)
    # What this file imported counts no coverage: import the reader, and this file, once more.
    for name in [name for name in sys.modules if name.partition(".")[0] == "pkicheck"]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["pkicheck.der"]):  # pyright: ignore[reportAttributeAccessIssue]
        instrumented = importlib.import_module("fuzz_der")
    atheris.Setup(sys.argv, instrumented.target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
