"""Fuzz target for the forms of stores.

    python fuzz/fuzz_stores.py [-runs=N] [other libFuzzer options] CORPUS_FOLDER

An empty or missing corpus folder is filled with `seeds()` first. Needs `atheris`; importing this file does not.

The assertion: the octets of any file, read in pieces of any size under each form, give entries and `Unreadable`, never
an exception but `Damaged`; the size of the pieces does not show; every entry is bounded, and DER stands where its
locator says.
"""

from __future__ import annotations

import base64
import gzip
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from pkicheck.canon import digest
from pkicheck.hsmlog.model import Unreadable
from pkicheck.stores._entry import Damaged, Entry, Fields, StoreLimits, Where
from pkicheck.stores._forms import read_der, read_pem, read_text
from pkicheck.stores._octets import Gunzip, Octets
from pkicheck.stores._rows import read_csv, read_jsonl
from pkicheck.stores._tar import members

__all__ = ["seeds", "target"]

_LIMITS = StoreLimits(object=300, line=500, unpacked=5000, ratio=50)
_WHERE = Where(source=digest(b""), name="f", fields=Fields(attributes={"permit": "p"}), limits=_LIMITS)
_FORMS = (read_der, read_pem, read_text, read_jsonl, read_csv)


def _octets(data: bytes, size: int) -> Octets:
    at = 0

    def read(_: int) -> bytes:
        nonlocal at
        at += size
        return data[at - size : at]

    return Octets(read)


def target(data: bytes) -> None:
    """The assertion, on one input: its first octet is the size of the pieces."""
    size, data = 7 + (data[0] if data else 0), data[1:1200]
    for form in _FORMS:
        found = list(form(_octets(data, size), _WHERE))
        assert found == list(form(_octets(data, len(data) or 1), _WHERE))
        for each in found:
            assert isinstance(each, (Entry, Unreadable))
            assert 0 <= each.locator.offset <= len(data)
            if isinstance(each, Entry):
                assert 0 < len(each.data) <= _LIMITS.object
                if form is read_der:
                    assert data[each.locator.offset :].startswith(each.data)
    _archives(data, size)


def _archives(data: bytes, size: int) -> None:
    try:
        unpacked = Gunzip(_octets(data, size), _LIMITS).read
        while piece := unpacked(64):
            assert len(piece) <= 64
    except Damaged:
        pass
    try:
        octets = _octets(data, size)
        for member in members(octets):
            assert member.offset == octets.offset
            assert member.size >= 0
    except Damaged:
        pass


def seeds() -> Iterator[bytes]:
    """An object in each form."""
    one = bytes.fromhex("3006020101020102")
    text = base64.b64encode(one)
    block = b"-----BEGIN X-----\n" + text + b"\n-----END X-----\n"
    head = bytearray(512)
    head[:1], head[124:136], head[156:157], head[257:263] = b"a", b"00000000010\0", b"0", b"ustar\0"
    head[148:156] = b"%06o\0 " % (sum(head) + 8 * 0x20)
    for form in (
        one + one,
        block + b"x\n" + block,
        text + b"\n" + text,
        one.hex().encode(),
        b'{"der":"' + text + b'","stored_at":"2026-11-21T12:00:00Z","id":1,"p":"x"}\n{}',
        b"id,der\r\n1," + text + b'\r\n"2","' + text + b'"\r\n',
        gzip.compress(one, mtime=0),
        bytes(head) + one + bytes(504) + bytes(1024),
    ):
        yield b"\x07" + form
        yield b"\xff" + form


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
    with atheris.instrument_imports(include=["pkicheck.stores"]):  # pyright: ignore[reportAttributeAccessIssue]
        instrumented = importlib.import_module("fuzz_stores")
    atheris.Setup(sys.argv, instrumented.target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
