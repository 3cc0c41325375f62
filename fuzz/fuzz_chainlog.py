"""Chained logs: any bytes give a report that does not depend on how they were cut, and nothing forged is called intact.

The input is a program: its first byte chooses between raw bytes and edits of a log that is known to be good. The head
of that log is known, so whatever differs from it by more than erased payloads must not be intact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pkicheck.canon import digest
from pkicheck.chainlog import ChainVerdict, Head, ed25519_check, parse_record, read_records, verify
from pkicheck.chainlog._record import erase_payload, hash_parts, record_line, slice_line
from pkicheck.chainlog._seals import ed25519_seal
from pkicheck.chainlog._values import seal_json, sealed_bytes
from pkicheck.errors import InputError

__all__ = ["seeds", "target"]

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_CHECK = ed25519_check(_KEY.public_key())
_VECTORS = Path(__file__).resolve().parents[1] / "tests" / "vectors" / "chainlog"


def _good() -> tuple[list[bytes], Head]:
    """Six lines, two of them sealed, and the head after the last."""
    head, seal, lines = Head.empty("fuzz"), b"null", list[bytes]()
    for number in range(1, 7):
        body = b'{"n":%d}' % number
        own, core, tail = hash_parts(
            log_id="fuzz",
            sequence=number,
            previous=head.hash,
            previous_seal=None if seal == b"null" else digest(seal),
            time="2026-11-21T12:00:00.000000Z",
            schema="fuzz/1",
            body=body,
        )
        head = Head("fuzz", number, own)
        seal = seal_json(ed25519_seal(_KEY)(sealed_bytes(head))) if number % 3 == 0 else b"null"
        lines.append(record_line(own, "fuzz", body, core, seal, tail))
    return lines, head


_LINES, _HEAD = _good()


def _edited(program: bytes) -> bytes:
    """The good log after the edits that the program says: three bytes each."""
    lines = list(_LINES)
    for at in range(0, min(len(program) - 2, 24), 3):
        step, place, value = program[at : at + 3]
        if not lines:
            break
        index = place % len(lines)
        line = lines[index]
        if step % 8 == 0 or not line:
            del lines[index]
        elif step % 8 == 1:
            lines.insert(value % (len(lines) + 1), line)
        elif step % 8 == 2:
            lines.insert(value % len(lines), lines.pop(index))
        elif step % 8 == 3:
            where = (value * 7 + step) % len(line)
            lines[index] = line[:where] + bytes([line[where] ^ (1 + step % 255)]) + line[where + 1 :]
        elif step % 8 == 4:
            lines[index] = line[: len(line) * value // 256]
        elif step % 8 == 5 and slice_line(line[:-1]) is not None:
            lines[index] = erase_payload(line[:-1]) + b"\n"
        elif step % 8 == 6:
            lines[index] = line.replace(b'"n":', b'"m":' if value % 2 else b'"payload_schema":"')
        else:
            lines.insert(index, program[at:])
    return b"".join(lines)


def _same(data: bytes) -> bool:
    """Whether the bytes are the good log, payloads erased or not."""
    lines = data.splitlines(keepends=True)
    whole = zip(lines, _LINES, strict=False)
    return len(lines) == len(_LINES) and all(line in (good, erase_payload(good[:-1]) + b"\n") for line, good in whole)


def target(data: bytes) -> None:
    """Verify the bytes: whole, in two cuts, with and without anchors."""
    content = _edited(data[1:]) if data[:1] == b"E" else data
    report = verify([content], head=_HEAD, seals=_CHECK)
    assert (report.verdict is ChainVerdict.INTACT) == _same(content)
    size = 1 + len(data) % 97
    cut = [content[at : at + size] for at in range(0, len(content), size)]
    assert verify(cut, head=_HEAD, seals=_CHECK) == report
    alone = verify([content])
    assert alone.verdict is not ChainVerdict.INTACT
    for item in (report, alone):
        item.summary()
        item.to_json()
        if item.first_bad is not None:
            assert 0 <= item.first_bad.place.offset <= len(content)
    for _, record in read_records([content]):
        if record is not None:
            try:
                _ = record.payload
            except InputError:
                continue
    try:
        parse_record(content)
    except InputError:
        return


def seeds() -> Iterator[bytes]:
    """The good log, edits of it, and the vectors."""
    yield b"".join(_LINES)
    yield b""
    for step in range(8):
        yield bytes([69, step, 2, 40])
        yield bytes([69, step, 3, 9, 5, 1, 1, 7 - step, 4, 200])
    for path in sorted(_VECTORS.glob("*.toml")):
        for block in path.read_text(encoding="utf-8").split("[[vector]]"):
            found = "".join(line[3:-2] + "\n" for line in block.splitlines() if line.startswith("  '"))
            yield found.encode()
