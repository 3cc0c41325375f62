"""The reader of YubiHSM 2 logs: its three forms, the chain and its anchors, wrap, overlap, holes, key use."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.errors import InputError
from pkicheck.hsmlog.model import KeyEvent, SigningEvent, SourceReport, Unreadable
from pkicheck.hsmlog.readers import SIGNING_COMMANDS, LogRecord, YubiHsmReader, yubihsm_digest
from tests.hsmlog_logs import NAME, laws, log, told, whole

LAST = bytes.fromhex("2e395d1b706668737e1d2215813db47e")
SIGN = (0x56, 34, 1, 0x1001, 0xFFFF, 0xD6)


def yubi(data: bytes, **options: Any) -> tuple[list[LogRecord], SourceReport]:
    """What a log says; the laws of all readers hold for it."""
    return laws(lambda cursor: YubiHsmReader(NAME, cursor=cursor, **options), data)


def chain(bodies: Sequence[tuple[int, ...]], first: int = 1, previous: bytes = bytes(16)) -> list[bytes]:
    """Entries (command, length, session, target, second, result) that chain, numbered from `first`."""
    entries: list[bytes] = []
    for number, (command, length, session, target, second, result) in enumerate(bodies, first):
        body = struct.pack(">HBHHHHBI", number & 0xFFFF, command, length, session, target, second, result, number)
        previous = yubihsm_digest(body, previous)
        entries.append(body + previous)
    return entries


def answer(entries: Sequence[bytes], boots: int = 0, authentications: int = 0) -> bytes:
    """What GET LOG ENTRIES gives."""
    return struct.pack(">HHB", boots, authentications, len(entries)) + b"".join(entries)


def test_the_check_values() -> None:
    """The digest of the documented records: a single one, and the chain of the sample (L09)."""
    record = bytes.fromhex("055f5600220001fe19ffffd60006bc0c")
    previous = bytes.fromhex("132ceaf51f5b099b9893331a9de47d92")
    assert yubihsm_digest(record + bytes(16), previous).hex() == "785eac279ce4bf6febb7a0cca8a30fd5"
    records, report = yubi(log("yubihsm-documented.txt"))
    assert [told(each) for each in records] == [
        "#46 key ok import IMPORT_WRAPPED key=0x997e token=a.log",
        "#51 key ok option SET_LOG_INDEX key= token=a.log",
    ]
    assert (report.integrity, report.broken, report.last) == ("chained-unanchored", (), f"51 {LAST.hex()}")
    counted = {"boots": "1", "key-events": "2", "passed-over": "4", "reads": "1"}
    assert dict(report.notes) == {**counted, "force-audit": "not said"}
    assert report.zone == ""


def test_the_forms_agree() -> None:
    """The binary answers, with an overlap of three entries, and the hexadecimal line hold the same operations."""
    records, report = yubi(log("yubihsm-reset.bin"))
    others, hexadecimal = yubi(log("yubihsm-hex.txt"))
    assert [told(each) for each in records] == [told(each) for each in others]
    assert [told(each) for each in records] == [
        "#1 key ok reset FACTORY_RESET key= token=a.log",
        "#2 key ok generate GENERATE_ASYMMETRIC_KEY key=0x1001 token=a.log",
        "#3 sign ok SIGN_ECDSA key=0x1001 length=32 token=a.log",
        "#4 sign ok SIGN_PKCS1 key=0x1002 length=51 token=a.log",
        "#5 sign ok SIGN_EDDSA key=0x1003 length=398 token=a.log",
        "#6 sign failed SIGN_ECDSA key=0x1001 length=32 token=a.log",
        "#7 key ok export EXPORT_WRAPPED key=0x1001 token=a.log",
        "#8 sign ok 0x7e key=0x1001 token=a.log",
        "#10 key ok delete DELETE_OBJECT key=0x1001 token=a.log",
    ]
    assert (report.overlaps, hexadecimal.overlaps) == (3, 0)
    assert [(gap.why, gap.first) for gap in report.gaps] == [("unlogged", "1 boots"), ("unlogged", "2 authentications")]
    assert dict(report.notes)["unlogged-authentications"] == "2"
    assert report.broken == hexadecimal.broken == ()


def test_anchored_is_another_state() -> None:
    """A chain without key proves something against a digest from elsewhere, up to that digest, and nothing else."""
    data = log("yubihsm-documented.txt")
    middle = bytes.fromhex("14ac7747ba9bbb243cfc70befeb5349b")
    for anchors, level in (
        ((LAST,), "chained-anchored"),
        ((middle, LAST), "chained-anchored"),
        ((middle,), "chained-unanchored"),
        ((bytes(16), LAST), "chained-unanchored"),
        ((), "chained-unanchored"),
    ):
        report = yubi_once(data, anchors=anchors)
        assert report.integrity == level
        assert yubi(data, anchors=anchors)[1] == report
    assert dict(yubi_once(data, anchors=(bytes(16),)).notes)["anchors-missed"] == bytes(16).hex()
    with pytest.raises(InputError, match="anchors must be digests of 16 octets"):
        YubiHsmReader(NAME, anchors=(b"x",))


def yubi_once(data: bytes, **options: Any) -> SourceReport:
    """The report of one pass."""
    return whole(lambda cursor: YubiHsmReader(NAME, cursor=cursor, **options), data)[1]


def test_delete_alter_reorder_truncate() -> None:
    """An entry deleted, altered or moved is named; one cut off at the end is not seen without an anchor (L09, R018)."""
    entries = chain([SIGN] * 20)
    good = answer(entries)
    assert yubi_once(good).integrity == "chained-unanchored"
    deleted = yubi_once(answer(entries[:7] + entries[8:]))
    assert [(gap.first, gap.last) for gap in deleted.gaps] == [("8", "8")]
    altered = yubi_once(answer([*entries[:7], entries[7][:8] + b"\x77" + entries[7][9:], *entries[8:]]))
    assert altered.broken[0] == "entry 8: its digest does not follow entry 7"
    assert altered.integrity == "none"
    moved = yubi_once(answer([*entries[:7], entries[8], entries[7], *entries[9:]]))
    assert moved.broken
    again = yubi_once(answer([*entries[:7], *chain([SIGN], 7, entries[5][16:]), *entries[7:]]))
    assert (again.overlaps, again.broken) == (1, ())
    cut = answer(entries[:-1])
    assert yubi_once(cut).integrity == "chained-unanchored"
    assert yubi_once(cut, anchors=(entries[-1][16:],)).integrity == "chained-unanchored"
    assert dict(yubi_once(cut, anchors=(entries[-1][16:],)).notes)["anchors-missed"] == entries[-1][16:].hex()


def test_a_chain_made_anew() -> None:
    """Whoever edits an entry can chain the rest again: consistent in itself, and not what the anchor says."""
    entries = chain([SIGN] * 5)
    forged = entries[:2] + chain([(0x56, 34, 1, 0x2002, 0xFFFF, 0xD6), *[SIGN] * 2], 3, entries[1][16:])
    assert yubi_once(answer(forged)).integrity == "chained-unanchored"
    report = yubi_once(answer(forged), anchors=(entries[-1][16:],))
    assert report.integrity == "chained-unanchored"
    assert "anchors-missed" in dict(report.notes)


def test_the_same_number_with_another_digest() -> None:
    """Two reads overlap: equal entries are one, and the same number with another content is a break."""
    entries = chain([SIGN] * 6)
    other = chain([(0x47, 34, 1, 0x1001, 0xFFFF, 0xC7)] * 2, 5, entries[3][16:])
    good = yubi_once(answer(entries[:5]) + answer(entries[3:]))
    assert (good.overlaps, good.broken, good.events) == (2, (), 6)
    bad = yubi_once(answer(entries[:5]) + answer([entries[3], *other]))
    assert bad.broken[-1] == "entry 5: it stands there twice with another content"


def test_numbers_wrap() -> None:
    """65535 is followed by 0 or by 1; which was seen is said, and neither is a gap."""
    before = chain([SIGN] * 2, 65534)
    for following in (0, 1):
        report = yubi_once(answer(before + chain([SIGN] * 2, following, before[-1][16:])))
        assert (report.gaps, report.broken, report.events) == ((), (), 4)
        assert dict(report.notes)[f"wraps-to-{following}"] == "1"


def test_a_digest_that_follows_with_a_number_that_does_not() -> None:
    """Numbers are part of the chain: one that jumps although the digest follows is a break, not a gap."""
    first = chain([SIGN])
    report = yubi_once(answer(first + chain([SIGN], 5, first[-1][16:])))
    assert report.broken == ("entry 5: its digest follows entry 1, its number does not",)
    assert report.gaps == ()


def test_a_gap_ends_the_anchored_stretch() -> None:
    """Behind a gap the chain begins anew: an anchor at the end says nothing of what stands before it."""
    entries = chain([SIGN] * 9)
    report = yubi_once(answer(entries[:3] + entries[6:]), anchors=(entries[-1][16:],))
    assert (report.integrity, [(gap.first, gap.last) for gap in report.gaps]) == ("chained-unanchored", [("4", "6")])


def test_times_are_those_of_the_reads() -> None:
    """The log has no clock: an operation lies between two reads of the device."""
    first = datetime(2026, 11, 21, 4, tzinfo=timezone.utc)
    second = datetime(2026, 11, 21, 5, tzinfo=timezone.utc)
    options = {"device": "0012345678", "read_from": first, "read_to": second}
    records, _ = yubi(answer(chain([SIGN, (0x58, 3, 1, 0x1001, 0xFFFF, 0xD8)])), **options)
    for each in records:
        assert isinstance(each, (SigningEvent, KeyEvent))
        assert (each.earliest, each.time, each.token) == (first, second, "0012345678")
        assert each.uid.startswith("0012345678:")
    only_from, _ = yubi(answer(chain([SIGN])), read_from=first)
    assert isinstance(only_from[0], SigningEvent)
    assert only_from[0].earliest is None


def test_the_cut_does_not_show_in_what_is_forgotten() -> None:
    """More entries than are remembered: which one is forgotten first is the same with a cursor between."""
    entries = chain([SIGN] * 150, 65_400)
    for cut in (40, 2000):
        yubi(answer(entries[:cut]) + answer(entries[-120:]) + answer(entries[:30]))


def test_the_options_of_the_device() -> None:
    """Without force-audit old entries are overwritten; where signing is not audited, silence means nothing."""
    data = answer(chain([SIGN]))
    for forced, said in ((True, "on"), (False, "off"), (None, "not said")):
        assert dict(yubi_once(data, force_audit=forced).notes)["force-audit"] == said
    assert yubi_once(data).holds_signatures
    assert yubi_once(data, audited=SIGNING_COMMANDS).holds_signatures
    report = yubi_once(data, audited=set(SIGNING_COMMANDS) - {0x56, 0x47})
    assert (report.holds_signatures, dict(report.notes)["not-audited"]) == (False, "SIGN_PKCS1,SIGN_ECDSA")


def test_the_identity_is_that_of_the_device() -> None:
    """The same entry in two files is one operation: number and digest name it."""
    entries = chain([SIGN] * 3)
    one, _ = yubi(answer(entries[:2]), device="1")
    two, _ = yubi(answer(entries[1:]), device="1")
    assert isinstance(one[1], SigningEvent)
    assert isinstance(two[0], SigningEvent)
    assert one[1].uid == two[0].uid


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"item: nonsense\n", "a line of yubihsm-shell"),
        (b"Found it\n", "a line of yubihsm-shell"),
        (b"\n\nFound 1 item\nFound\n", "a line of yubihsm-shell"),
        (log("yubihsm-documented.txt").splitlines()[3].replace(b"    46", b" 70000"), "a line of yubihsm-shell"),
        (b"00000000" + b"ab" * 33 + b"\n", "a line of yubihsm-shell"),
        (b"\0\0\0\0\2" + bytes(40), "a whole entry of 32 octets"),
    ],
)
def test_what_cannot_be_read(data: bytes, why: str) -> None:
    """A line or an entry that is not whole is located and counted."""
    records, report = yubi(data)
    bad = [each for each in records if isinstance(each, Unreadable)]
    assert [each.why for each in bad] == [why]
    assert report.unreadable == 1


def test_an_answer_that_is_cut() -> None:
    """The count says how many entries there are: an answer that ends before is a gap."""
    _, report = yubi(b"\0\0\0\0\3" + b"".join(chain([SIGN])))
    assert [(gap.why, gap.first) for gap in report.gaps] == [("cut", "2")]


def test_nothing_to_tell() -> None:
    """An empty store is no chain."""
    for data in (
        b"",
        b"0 unlogged boots found\n0 unlogged authentications found\nNo logs to extract\n",
        b"\0\0\0\0\0",
        b"\0",
    ):
        records, report = yubi(data)
        assert [type(each) for each in records] in ([], [Unreadable])
        assert (report.integrity, report.last, report.events) == ("none", "", 0)


def test_what_is_a_use_of_the_key() -> None:
    """Signing commands and unknown ones are operations; other uses are told; the rest is passed over."""
    for command in range(256):
        records, _ = yubi(answer(chain([(command, 40, 1, 0x1001, 0x1002, command | 0x80)])))
        kinds = [type(each) for each in records]
        if command in (0x47, 0x55, 0x56, 0x6A, 0x5D, 0x64):
            assert kinds == [SigningEvent]
        elif command in (0x08, 0x45, 0x46, 0x49, 0x4A, 0x4B, 0x4F, 0x57, 0x58, 0x59, 0x67, 0x74, 0x75, 0x76, 0x77):
            assert kinds == [KeyEvent]
        elif command >= 0x7A or command in (0x02, 0x07) or 0x09 <= command <= 0x3F:
            assert kinds == [SigningEvent]
    (short,), _ = yubi(answer(chain([(0x56, 1, 1, 2, 0xFFFF, 0xD6)])))
    assert isinstance(short, SigningEvent)
    assert short.length is None


def test_every_command() -> None:
    """The whole table: 256 commands, what each one is, which key it names and how long its message was."""
    signs = {
        0x47: ("SIGN_PKCS1", 38),
        0x55: ("SIGN_PSS", 35),
        0x56: ("SIGN_ECDSA", 38),
        0x6A: ("SIGN_EDDSA", 38),
        0x5D: ("SIGN_SSH_CERTIFICATE", None),
        0x64: ("SIGN_ATTESTATION_CERTIFICATE", None),
    }
    moved = {0x4A: "export", 0x4B: "import", 0x74: "export", 0x75: "import", 0x76: "export", 0x77: "import"}
    keys = {0x45: "import", 0x46: "generate", 0x49: "other", 0x57: "other", 0x58: "delete", 0x59: "other"}
    device = {0x08: "reset", 0x4F: "option", 0x67: "option"}
    silent = (
        "00 01 03 04 05 06 40 41 42 43 44 48 4c 4d 4e 50 51 52 53 54 5a 5b 5c 5e 5f 60 61 62 63 65 66 68 69 6b 6c 6d"
    )
    passed = set(bytes.fromhex(silent + " 6e 6f 70 71 72 73 78 79"))
    for command in range(256):
        records, _ = yubi_records(answer(chain([(command, 40, 1, 0x1001, 0x1002, command | 0x80)])))
        if command in passed:
            assert records == []
            continue
        (record,) = records
        if command in moved or command in keys or command in device:
            assert isinstance(record, KeyEvent)
            assert record.action == {**moved, **keys, **device}[command]
            assert record.key == ("0x1002" if command in moved else "0x1001" if command in keys else "")
        else:
            assert isinstance(record, SigningEvent)
            assert (record.mechanism, record.length) == signs.get(command, (f"0x{command:02x}", None))
    for length, want in ((2, 0), (1, None)):
        (record,) = yubi_records(answer(chain([(0x56, length, 1, 2, 0xFFFF, 0xD6)])))[0]
        assert isinstance(record, SigningEvent)
        assert record.length == want


def yubi_records(data: bytes) -> tuple[list[LogRecord], SourceReport]:
    """One pass."""
    return whole(lambda cursor: YubiHsmReader(NAME, cursor=cursor), data)


def test_the_counters_of_a_hexadecimal_line() -> None:
    """Both counters stand in the line, and say where they were seen."""
    line = b"00010002" + b"".join(chain([SIGN])).hex().encode() + b"\n"
    report = yubi_once(line)
    assert [(gap.first, gap.last) for gap in report.gaps] == [
        ("1 boots", "after entry -1"),
        ("2 authentications", "after entry -1"),
    ]


def test_the_vendors_library_agrees() -> None:
    """The vendor's own Python library reads the same entries and holds the same chain to be right."""
    core = pytest.importorskip("yubihsm.core")
    defs = pytest.importorskip("yubihsm.defs")
    bodies = [(0x56, 34 + at, 1, 0x1000 + at, 0xFFFF, 0xD6) for at in range(40)]
    entries = chain(bodies)
    theirs = [core.LogEntry.parse(entry) for entry in entries]
    assert all(after.validate(before) for before, after in pairwise(theirs))
    records, report = yubi(answer(entries))
    assert report.broken == ()
    for mine, other in zip(records, theirs, strict=True):
        assert isinstance(mine, SigningEvent)
        assert (mine.locator.sequence, mine.key) == (other.number, f"0x{other.target_key:04x}")
    wrong = bytearray(entries[3])
    wrong[9] ^= 1
    assert not core.LogEntry.parse(bytes(wrong)).validate(theirs[2])
    names = {each.value: each.name for each in defs.COMMAND}
    for number, name in {0x47: "SIGN_PKCS1", 0x55: "SIGN_PSS", 0x56: "SIGN_ECDSA", 0x6A: "SIGN_EDDSA"}.items():
        assert names[number] == name


_ENTRY = st.tuples(
    st.sampled_from([0x56, 0x47, 0x4A, 0x00, 0x7E]),
    st.integers(0, 0xFFFF),
    *[st.integers(0, 0xFFFF)] * 3,
    st.integers(0, 255),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_ENTRY, min_size=2, max_size=12), st.integers(1, 0xFFFF), st.integers(0, 2**31))
def test_laws_of_chains(bodies: list[tuple[int, ...]], first: int, place: int) -> None:
    """A chain of any entries is consistent; with any bit of any entry flipped, but for the first link, it is not."""
    entries = chain(bodies, first if first + len(bodies) < 0xFFFF else 1, hashlib.sha256(b"x").digest()[:16])
    _, report = yubi(answer(entries))
    assert report.broken == ()
    assert report.gaps == ()
    octets = bytearray(b"".join(entries))
    spot = 32 * 8 + place % (8 * (len(octets) - 32))
    octets[spot // 8] ^= 1 << spot % 8
    damaged = bytes(octets)
    _, report = yubi(answer([damaged[at : at + 32] for at in range(0, len(damaged), 32)]))
    assert report.broken or report.gaps


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_laws_of_any_octets(data: bytes) -> None:
    """Any octets give records, whatever the cut."""
    yubi(data)
