"""Chained logs: any bytes give a report that does not depend on how they were cut, and nothing forged is called intact.

The input is a program: its first byte chooses between raw bytes and edits of a log that is known to be good. The head
of that log is known, so whatever differs from it by more than erased payloads must not be intact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pkicheck.canon import Sha256, digest
from pkicheck.chainlog import (
    ChainVerdict,
    Damage,
    Head,
    Place,
    ed25519_check,
    parse_record,
    read_records,
    verify,
    verify_parts,
)
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
_LAST_SEAL = seal_json(ed25519_seal(_KEY)(sealed_bytes(_HEAD)))


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
            lines[index] = _changed(line, value)
        else:
            lines.insert(index, program[at:])
    return b"".join(lines)


def _changed(line: bytes, value: int) -> bytes:
    """The record after an edit: its payload replaced, or a part changed and its own hash computed again."""
    raw = slice_line(line[:-1])
    if raw is None or raw.payload is None:
        return line
    if value % 4 == 3:
        return line.replace(raw.payload, b'{"m":%d}' % value)
    log_id = "fuzz" if value % 16 else "other"
    body = raw.payload if value % 3 else b'{"n":%d}' % value
    own, core, tail = hash_parts(
        log_id=log_id,
        sequence=raw.sequence + (value % 7 == 1),
        previous=Sha256((b"0" * 64 if value % 5 == 1 else raw.previous).decode()),
        previous_seal=None if raw.previous_seal is None or value % 5 == 2 else Sha256(raw.previous_seal.decode()),
        time=raw.time.decode(),
        schema="fuzz/1",
        body=body,
    )
    return record_line(own, log_id, body, core, b"null" if value % 2 else raw.seal or b"null", tail)


def _is_place(place: Place, content: bytes) -> bool:
    """Whether the place is the beginning of a line, or the end, and counted right."""
    before = content[: place.offset]
    begins = place.offset == 0 or before.endswith(b"\n") or place.offset == len(content)
    return begins and (place.line, place.index) == (before.count(b"\n") + 1, before.count(b"\n"))


def _same(data: bytes) -> bool:
    """Whether the bytes are the good log: payloads erased or not, the last seal (which nothing covers) there or not."""
    lines = data.splitlines(keepends=True)
    last = _LINES[-1].replace(_LAST_SEAL, b"null")
    expected = [{line, erase_payload(line)} for line in _LINES]
    expected[-1] |= {last, erase_payload(last)}
    return len(lines) == len(expected) and all(line in good for line, good in zip(lines, expected, strict=True))


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
        damage = None if item.first_bad is None else item.first_bad.damage
        if item.first_bad is not None and damage is not Damage.TRUNCATED:
            assert _is_place(item.first_bad.place, content)
        if item.torn is not None:
            assert _is_place(item.torn.place, content)
            assert item.torn.place.offset + item.torn.size == len(content)
    middle = len(content) * (1 + len(data) % 7) // 8
    parts = verify_parts([("a", [content[:middle]]), ("b", [content[middle:]])], head=_HEAD)
    if parts.verdict is ChainVerdict.INTACT:
        assert middle == 0 or content[middle - 1 : middle] == b"\n"
    edge = content.find(b"\n", middle) + 1
    torn = verify_parts([("a", [content[:edge], b"{"]), ("b", [content[edge:]])], head=_HEAD)
    assert torn.verdict is not ChainVerdict.INTACT
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
