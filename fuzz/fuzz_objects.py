"""Fuzz target for signed objects.

    python fuzz/fuzz_objects.py [-runs=N] [other libFuzzer options] CORPUS_FOLDER

An empty or missing corpus folder is filled with `seeds()` first. Needs `atheris`; importing this file does not.

The assertion: any octets are an object or `Unreadable`; the quick slice and the strict reader say the same of them;
what was signed is a slice of the octets (of a CMS, all but its first octet), and the digest is that of the slice.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pkicheck.canon import digest
from pkicheck.der import BIT_STRING, SEQUENCE, DerError, read
from pkicheck.hsmlog.model import Locator, SignedObject, Unreadable
from pkicheck.hsmlog.objects import read_object
from pkicheck.hsmlog.slices import signed_part, tbs_digest

__all__ = ["seeds", "target"]

_WHERE = Locator(source=digest(b""), offset=0)


def target(data: bytes) -> None:
    """The assertion, on one input."""
    _check_slice(data)
    found = read_object(data, locator=_WHERE, uid="x")
    if isinstance(found, Unreadable):
        assert found.why
        assert found.why.isprintable()
        return
    assert isinstance(found, SignedObject)
    assert found.der == data
    assert (found.tbs[1:] if found.kind == "cms" else found.tbs) in data
    for name, value in found.tbs_digests:
        assert value == hashlib.new(name, found.tbs).digest()
    if found.kind in ("certificate", "precertificate", "crl", "csr"):
        assert tbs_digest(data) == (found.tbs_digests[0] if found.tbs_digests else None)
    assert found.scts is False or found.kind in ("certificate", "precertificate")


def _check_slice(data: bytes) -> None:
    try:
        tbs, algorithm, signature = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
        strict: object = (tbs.encoded, algorithm.encoded, signature.bit_string())
    except DerError as flaw:
        strict = (flaw.reason, flaw.offset)
    try:
        quick: object = tuple(signed_part(data))
    except DerError as flaw:
        quick = (flaw.reason, flaw.offset)
    assert quick == strict


def seeds() -> Iterator[bytes]:
    """The objects of the vectors, and frames of another size."""
    path = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "objects" / "objects.toml"
    for table in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]:
        data = bytes.fromhex(table["data"].replace("\n", ""))
        yield data
    # Large enough for the quick slice, with a signature of each form of length.
    for size in (70, 200, 300):
        length = b"" if size < 128 else b"\x81" if size < 256 else b"\x82"
        bits = b"\x03" + length + size.to_bytes(2 if size > 255 else 1, "big") + bytes(size)
        rest = bytes.fromhex("30820190") + bytes(0x190) + bytes.fromhex("300a06082a8648ce3d040302") + bits
        yield b"\x30\x82" + len(rest).to_bytes(2, "big") + rest


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
    with atheris.instrument_imports(include=["pkicheck.hsmlog", "pkicheck.x509"]):  # pyright: ignore[reportAttributeAccessIssue]
        instrumented = importlib.import_module("fuzz_objects")
    atheris.Setup(sys.argv, instrumented.target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
