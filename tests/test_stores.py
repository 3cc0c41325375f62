"""Stores: every form gives the same objects; what is damaged is one row with its place; hostile input is bounded."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_stores import seeds, target
from pkicheck.errors import InputError, TransportError
from pkicheck.hsmlog.objectsource import ObjectSource
from pkicheck.stores import DiskSpill, Entry, Fields, FileStore, RowStore, StoreLimits, Unreadable
from pkicheck.stores._forms import decode_text, der_size
from pkicheck.stores._octets import CHUNK, Octets
from pkicheck.stores._rows import csv_fields
from tests import derkit

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def leaf(number: int) -> bytes:
    """A certificate."""
    return derkit.certificate(derkit.Tbs(serial=derkit.integer(number)).der())


LEAVES = [leaf(number) for number in (1, 2, 3)]


def pem(data: bytes, label: str = "CERTIFICATE") -> bytes:
    """A PEM block."""
    text = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


def tar(members: Iterable[tuple[str, bytes]], *, kind: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=kind) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), int(NOON.timestamp())
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    """A file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(*paths: Path, **options: Any) -> list[Entry | Unreadable]:
    """What a store of files gives."""
    return list(FileStore(list(paths), **options))


def entries(found: Iterable[Entry | Unreadable]) -> list[bytes]:
    """The objects; nothing may be unreadable."""
    held = list(found)
    assert [each for each in held if isinstance(each, Unreadable)] == []
    return [each.data for each in held if isinstance(each, Entry)]


def whys(found: Iterable[Entry | Unreadable]) -> list[str]:
    """What was expected instead of what is unreadable."""
    return [each.why.partition(": expected ")[2] for each in found if isinstance(each, Unreadable)]


def _forms() -> Iterator[tuple[str, str, bytes]]:
    lines = [base64.b64encode(each) for each in LEAVES]
    yield "der", "a.der", b"".join(LEAVES)
    yield "pem", "a.pem", b"a text\n" + b"\nbetween\n".join(pem(each) for each in LEAVES)
    yield "pem-crlf", "a.pem", b"".join(pem(each) for each in LEAVES).replace(b"\n", b"\r\n")
    yield "base64-lines", "a.txt", b"\n".join(lines)
    yield "base64url", "a.txt", b"\r\n".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in LEAVES)
    yield "hex-lines", "a.hex", b"\n\n".join(each.hex().encode() for each in LEAVES) + b"\n"
    rows = [{"der": each.decode(), "n": 1.5} for each in lines]
    yield "jsonl", "a.jsonl", "\n".join(json.dumps(each) for each in rows).encode()
    pems = [{"der": pem(each).decode()} for each in LEAVES]
    yield "jsonl-pem", "a.json", "\n".join(json.dumps(each) for each in pems).encode()
    yield "csv", "a.csv", b"x,der\r\n" + b"\r\n".join(b"1," + each for each in lines)
    quoted = b"".join(b'"' + pem(each) + b'";1\n' for each in LEAVES)
    yield "csv-quoted", "a.CSV", b"\xef\xbb\xbfder;x\n" + quoted
    for kind, name in ((tarfile.PAX_FORMAT, "pax"), (tarfile.GNU_FORMAT, "gnu"), (tarfile.USTAR_FORMAT, "ustar")):
        folder = "folder/" * 16 if name != "ustar" else "folder/"
        yield f"tar-{name}", "a.tar", tar(((f"{folder}{at}.der", each) for at, each in enumerate(LEAVES)), kind=kind)
    yield "tar-in-tar", "a.tar", tar([("inner.tar", tar([("a", LEAVES[0]), ("b", LEAVES[1])])), ("c", LEAVES[2])])


FORMS = list(_forms())


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("name", "data"), [each[1:] for each in FORMS], ids=[each[0] for each in FORMS])
def test_every_form(tmp_path: Path, name: str, data: bytes, packed: bool) -> None:
    """All forms, plain and packed, give the same objects in their order, each with its place (R077)."""
    whole = gzip.compress(data[:50]) + gzip.compress(data[50:]) if packed else data
    path = put(tmp_path, f"{name}.gz" if packed else name, whole)
    store = FileStore([path], name="store")
    with pytest.raises(InputError, match="not read to its end"):
        store.report()
    found = list(store)
    assert entries(found) == LEAVES
    assert [each.locator for each in found] == [each.locator for each in store]
    assert {each.locator.source for each in found} == {hashlib.sha256(whole).hexdigest()}
    assert len({each.name for each in found if isinstance(each, Entry)}) == 3
    report = store.report()
    assert (report.records, report.events, report.unreadable, report.octets) == (3, 3, 0, len(whole))
    assert report.name == "store"
    # where the octets stand as they are, the offset leads to them
    if name.endswith((".der", ".tar")) and "tar-in" not in name:
        for each in found:
            assert isinstance(each, Entry)
            assert data[each.locator.offset :].startswith(each.data)


def test_one_object_over_many_lines(tmp_path: Path) -> None:
    """Base64 and hexadecimal that are wrapped are one object."""
    for name, text in (("a", base64.encodebytes(LEAVES[0])), ("b", LEAVES[0].hex("\n", 30).encode())):
        assert entries(read(put(tmp_path, name, b"\n" + text))) == LEAVES[:1]


def test_folders_in_order(tmp_path: Path) -> None:
    """Files come in the order of their names, a folder in the place of its name; the name of the store goes before."""
    for name, data in (("b/2.der", LEAVES[1]), ("a.der", LEAVES[0]), ("c", LEAVES[2])):
        put(tmp_path, name, data)
    found = read(tmp_path, name="s")
    assert entries(found) == LEAVES
    assert [each.name for each in found if isinstance(each, Entry)] == ["s/a.der#0", "s/b/2.der#0", "s/c#0"]
    two = read(tmp_path / "c", tmp_path / "a.der", name="s")
    assert [each.name for each in two if isinstance(each, Entry)] == ["s/0#0", "s/1#0"]
    assert [each.name for each in read(tmp_path / "c") if isinstance(each, Entry)] == ["c#0"]
    few = FileStore([tmp_path], suffixes=[".der"])
    assert entries(few) == LEAVES[:2]
    assert dict(few.report().notes) == {"files": "2", "passed-over": "1"}


@pytest.mark.parametrize(
    ("name", "data", "good", "why"),
    [
        ("empty", b"", 0, ["a file that is not empty"]),
        ("image", b"\x89PNG", 0, ["DER, PEM, Base64, hexadecimal, JSON lines, CSV, tar or gzip"]),
        ("cut.der", LEAVES[0] + LEAVES[1][:-1], 1, [f"{len(LEAVES[1])} octets of DER: it ends early"]),
        ("rest.der", LEAVES[0] + b"\n", 1, ["a SEQUENCE in DER"]),
        ("indefinite.der", b"\x30\x80\0\0", 0, ["a SEQUENCE in DER"]),
        ("no-end.pem", pem(LEAVES[0]) + b"-----BEGIN X-----\nAAAA\n", 1, ["an END line before the end of the file"]),
        ("twice.pem", b"-----BEGIN X-----\n" + pem(LEAVES[0]), 1, ["an END line before the next BEGIN"]),
        (
            "labels.pem",
            pem(LEAVES[0]).replace(b"END CERTIFICATE", b"END X509 CRL") + pem(LEAVES[1]),
            1,
            ["an END line with the label of the BEGIN line"],
        ),
        ("bad.pem", b"-----BEGIN X-----\n*\n-----END X-----\n", 0, ["Base64 between BEGIN and END (RFC 7468 §3)"]),
        ("none.pem", b"x" * 90 + b"-----BEGIN \n", 0, ["at least one object in the file"]),
        ("key.pem", pem(b"k", "EC PRIVATE KEY") + pem(LEAVES[0]), 1, ["no private key in a store"]),
        ("public.pem", pem(b"k", "PUBLIC KEY"), 0, ["a signed object, not a public key or parameters"]),
        (
            "lines.txt",
            base64.b64encode(LEAVES[0]) + b"\n" + b"A" * 201 + b"\n" + base64.b64encode(LEAVES[1]),
            2,
            ["Base64 or hexadecimal in the line"],
        ),
        (
            "first-bad.txt",
            b"A" * 201 + b"\n" + base64.b64encode(LEAVES[1]),
            1,
            ["Base64 or hexadecimal in the line"],
        ),
        ("odd.hex", b"30820\n1", 0, []),
        ("blank.txt", b" \n\n", 0, ["DER, PEM, Base64, hexadecimal, JSON lines, CSV, tar or gzip"]),
        ("a.jsonl", b'{"der":1}\n{"x":1}\n[]\n{\n\n{"der":"MA=="}', 1, 4 * [""]),
        ("a.csv", b"id,der\n1\n2,!,\n", 0, ["2 fields", "2 fields"]),
        ("b.csv", b"id,x\n1,2\n", 0, ["a column named der"]),
        ("c.csv", b'der\n"abc\n', 0, ["a record of at most 100663296 octets with its quotes closed"]),
        ("d.csv", b'"d"x,der\n1,2\n', 0, ["a delimiter behind a closing quote"]),
        ("cut.gz", gzip.compress(pem(LEAVES[0]))[:-9], 0, None),
        ("bad.gz", b"\x1f\x8b\x09" + bytes(20), 0, ["a gzip (RFC 1952)"]),
        ("cut.tar", tar([("a", LEAVES[0])])[:600], 0, None),
        ("bad.tar", tar([("a", LEAVES[0])])[:1024] + b"x" * 512, 1, ["the header of a member"]),
        ("no-end.tar", tar([("a", LEAVES[0])])[:1024], 1, ["two blocks of zeros at the end of the archive"]),
    ],
)
def test_what_is_damaged_is_one_row(tmp_path: Path, name: str, data: bytes, good: int, why: list[str] | None) -> None:
    """A damaged row, file or stretch is one `Unreadable` that says what was expected; the rest is read (R077)."""
    found = read(put(tmp_path, name, data))
    assert sum(isinstance(each, Entry) for each in found) == good or not why
    if why is None:
        assert any("ends early" in each for each in whys(found))
    elif why and why[0]:
        assert whys(found) == why
    else:
        assert len(found) >= len(why)
        assert not why or len(whys(found)) >= len(why)
    certain = [each.certain for each in found if isinstance(each, Unreadable)]
    assert all(certain) == name.startswith(("key", "public")) or not certain


def test_links_devices_and_loops(tmp_path: Path) -> None:
    """A link, a loop of links, a pipe in a folder: one `Unreadable` each, and nothing waits (issue 6)."""
    folder = tmp_path / "store"
    put(folder, "a.der", LEAVES[0])
    (folder / "link").symlink_to(folder / "a.der")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    found = read(folder)
    assert [each.data for each in found if isinstance(each, Entry)] == LEAVES[:1]
    assert sorted(whys(found)) == ["a file, not a special file", *["a file, not a symbolic link"] * 2]
    # what the caller names is followed
    assert entries(read(folder / "link")) == LEAVES[:1]
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "nowhere")
    assert whys(read(folder / "pipe")) == ["a file, not a special file"]


def test_links_in_archives(tmp_path: Path) -> None:
    """A member that is no file is one `Unreadable`; folders are passed over."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, kind in (("folder", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "x"
            archive.addfile(info)
        info = tarfile.TarInfo("a")
        info.size = len(LEAVES[0])
        archive.addfile(info, io.BytesIO(LEAVES[0]))
    found = read(put(tmp_path, "a.tar", held.getvalue()))
    assert [each.data for each in found if isinstance(each, Entry)] == LEAVES[:1]
    assert whys(found) == [
        "a file in the archive, not a symbolic link: link",
        "a file in the archive, not a hard link: hard",
    ]


def test_depth(tmp_path: Path) -> None:
    """Folders and archives in each other end at a level."""
    put(tmp_path, "a/b/c.der", LEAVES[0])
    assert whys(read(tmp_path, limits=StoreLimits(depth=2))) == ["at most 2 folders in each other"]
    data = LEAVES[0]
    for _ in range(5):
        data = gzip.compress(data)
    assert whys(read(put(tmp_path, "deep.gz", data))) == ["at most 4 archives in each other"]


def test_bombs(tmp_path: Path) -> None:
    """What unpacks to too much stops there, in bounded memory (issue 6)."""
    path = put(tmp_path, "bomb.gz", gzip.compress(bytes(64 << 20)))
    assert whys(read(path, form="der")) == ["a SEQUENCE in DER"]
    bomb = gzip.compress(b"A" * (64 << 20))
    assert any("200 times its size" in each for each in whys(read(put(tmp_path, "text.gz", bomb))))
    limits = StoreLimits(unpacked=1000, ratio=10**6)
    assert whys(read(put(tmp_path, "more.gz", gzip.compress(bytes(5000))), limits=limits, form="pem"))[0].startswith(
        "a gzip of at most 1000 unpacked octets"
    )


def test_large_objects_and_lines(tmp_path: Path) -> None:
    """What is larger than allowed is one `Unreadable`; what stands behind it is read."""
    limits = StoreLimits(object=1000, line=3000)
    big = derkit.sequence(bytes(2000))
    for name, data in (
        ("a.der", big + LEAVES[0]),
        ("a.pem", pem(big) + pem(LEAVES[0])),
        ("a.txt", base64.b64encode(big) + b"\n" + base64.b64encode(LEAVES[0])),
        ("b.txt", b"A" * 5000 + b"\n" + base64.b64encode(LEAVES[0])),
        ("a.jsonl", b"".join(b'{"der":"%s"}\n' % base64.b64encode(each) for each in (big, bytes(9000), LEAVES[0]))),
        ("a.csv", b"der\n" + b"".join(base64.b64encode(each) + b"\n" for each in (big, bytes(9000), LEAVES[0]))),
        ("long.pem", b"-----BEGIN X-----\n" + b"A" * 9000 + b"\n-----END X-----\n" + pem(LEAVES[0])),
        ("line.pem", b"-----BEGIN X-----\n-----END X-----\n" + b"A" * 9000 + b"\n" + pem(LEAVES[0])),
    ):
        found = read(put(tmp_path, name, data), limits=limits)
        assert [each.data for each in found if isinstance(each, Entry)] == LEAVES[:1], name
        assert whys(found), name
    wrapped = base64.encodebytes(derkit.sequence(bytes(3000)))
    assert len(whys(read(put(tmp_path, "wrapped.txt", wrapped), limits=limits))) == 1
    assert whys(read(put(tmp_path, "huge.der", big[:20]), limits=limits))


def test_a_file_that_changes(tmp_path: Path) -> None:
    """A file that is not what it was when its digest was taken is told."""
    path = put(tmp_path, "a.der", LEAVES[0] + LEAVES[1])
    found: list[Entry | Unreadable] = []
    changed = False

    def change(_: int) -> None:
        nonlocal changed
        if not changed:
            changed = True
            with path.open("ab") as file:
                file.write(LEAVES[2])

    found = list(FileStore([path], progress=change))
    assert whys(found) == ["a file that stays as it is while it is read"]


def test_rows_of_text(tmp_path: Path) -> None:
    """Ids, times and attributes of rows, under names of the caller's choice (R149, R004)."""
    fields = Fields(
        der="data.cert",
        stored_at="when",
        id="key",
        time="ms",
        attributes={"permit": "gate", "platform": "data.platform"},
    )
    good = {"key": 5, "when": 1795262400000, "data": {"cert": LEAVES[0].hex(), "platform": "old"}}
    rows = [good, {**good, "when": "x"}, {**good, "when": True}, {**good, "when": None, "key": None, "gate": "p"}]
    path = put(tmp_path, "a.jsonl", "\n".join(json.dumps(each) for each in rows).encode())
    first, second, third, last = read(path, fields=fields)
    assert isinstance(first, Entry)
    assert (first.name, first.stored_at) == ("a.jsonl:5", NOON)
    assert first.attributes == (("permit", ""), ("platform", "old"))
    assert whys([second, third]) == ["a time in ms since 1970"] * 2
    assert isinstance(last, Entry)
    assert (last.stored_at, last.attributes[0], last.locator.sequence) == (None, ("permit", "p"), 3)
    assert last.name == f"a.jsonl#{last.locator.offset}"
    csv = b"when,cert\n2026-11-21T12:00:00Z," + LEAVES[0].hex().encode() + b"\n21.11.2026," + LEAVES[0].hex().encode()
    one, two = read(put(tmp_path, "a.csv", csv), fields=Fields(der="cert", stored_at="when", encoding="hex"))
    assert isinstance(one, Entry)
    assert one.stored_at == NOON
    assert whys([two]) == ["a time in RFC 3339 with an offset"]


def test_fields_from_json() -> None:
    """A file of fields says only what is known."""
    assert Fields.from_json({"der": "c", "attributes": {"permit": "p"}}).attributes == {"permit": "p"}
    wrong: object
    for wrong in ([], {"x": "y"}, {"der": 1}, {"attributes": []}, {"attributes": {"a": 1}}, {"encoding": "utf"}):
        with pytest.raises(InputError, match="fields"):
            Fields.from_json(wrong)


def test_times_of_files(tmp_path: Path) -> None:
    """A file or member was stored when it was last written, where the caller says so; else it has no time."""
    path = put(tmp_path, "a.der", LEAVES[0])
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    archive = put(tmp_path, "a.tar", tar([("x", LEAVES[1])]))
    assert [each.stored_at for each in read(path, archive) if isinstance(each, Entry)] == [None, None]
    assert [each.stored_at for each in read(path, archive, times="modified") if isinstance(each, Entry)] == [NOON] * 2


def test_a_query() -> None:
    """The rows of a DB-API cursor, twice alike; times with an offset only (R077)."""
    database = sqlite3.connect(":memory:")
    database.execute("create table c (id integer, der blob, stored_at text)")
    rows = [(1, LEAVES[0], "2026-11-21T12:00:00Z"), (2, None, None), (3, base64.b64encode(LEAVES[1]).decode(), "soon")]
    database.executemany("insert into c values (?, ?, ?)", rows)
    store = RowStore(
        lambda: database.execute("select id, der, stored_at from c order by id"),
        columns=("id", "der", "stored_at"),
        name="db",
        fields=Fields(id="id"),
    )
    for _ in range(2):
        first, second, third = store
        assert isinstance(first, Entry)
        assert (first.data, first.stored_at, first.name, first.locator.offset) == (LEAVES[0], NOON, "db:1", 0)
        assert whys([second, third]) == ["an object in the column der", "a time in RFC 3339 with an offset"]
    assert (store.report().records, store.report().unreadable) == (3, 2)
    database.close()


def test_rows_that_are_mappings() -> None:
    """Rows by name; octets of any kind; a naive time is none."""
    rows: list[Any] = [
        {"der": memoryview(LEAVES[0]), "stored_at": NOON},
        {"der": bytearray(LEAVES[1])},
        {"der": LEAVES[2], "stored_at": NOON.replace(tzinfo=None)},
        {"der": 5},
    ]
    store = RowStore(lambda: rows, name="s")
    with pytest.raises(InputError, match="not read"):
        store.report()
    first, second, *rest = store
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.data, first.stored_at, second.data, second.stored_at) == (LEAVES[0], NOON, LEAVES[1], None)
    assert whys(rest) == ["a time with an offset", "an object in the column der"]
    short = list(RowStore(lambda: [(LEAVES[0],)], name="s"))
    assert entries(short) == LEAVES[:1]
    huge = RowStore(lambda: [(LEAVES[0], 10**9000)], columns=("der", "id"), name="s")
    [row] = huge
    assert isinstance(row, Entry)
    assert row.name.startswith("s:0x")
    assert len(row.name) <= 1002
    big = RowStore(lambda: [(bytes(20), None)], name="s", limits=StoreLimits(object=10))
    assert whys(big) == ["an object of at most 10 octets"]
    with pytest.raises(InputError, match="columns"):
        RowStore(list, columns=("a",), name="s")


def test_a_store_as_source_of_objects(tmp_path: Path) -> None:
    """Stores fit the source of reconciliation: what is no object is unreadable, counted once."""
    put(tmp_path, "a.der", LEAVES[0])
    put(tmp_path, "b.der", derkit.sequence(b""))
    source = ObjectSource(FileStore([tmp_path], covers=[(NOON, NOON.replace(hour=13))]))
    assert [type(each).__name__ for each in source] == ["SignedObject", "Unreadable"]
    report = source.report()
    assert (report.events, report.unreadable, report.covers) == (1, 1, ((NOON, NOON.replace(hour=13)),))


def test_wrong_arguments(tmp_path: Path) -> None:
    """What the caller says wrongly is named."""
    with pytest.raises(InputError, match="paths"):
        FileStore([])
    path = put(tmp_path, "a", b"")
    with pytest.raises(InputError, match="form is one of"):
        FileStore([path], form="x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="times is none or modified"):
        FileStore([path], times="x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="limits: object"):
        StoreLimits(object=0)
    with pytest.raises(InputError, match="fields: time"):
        Fields(time="x")  # type: ignore[arg-type]


# -- laws


@given(st.binary(max_size=3000), st.integers(1, 400), st.integers(1, 200))
def test_lines_do_not_depend_on_the_pieces(data: bytes, piece: int, largest: int) -> None:
    """However a file is read, its lines are the same, and none is longer than allowed."""
    data = data.replace(b"\x01", b"\n")
    at = 0

    def step(_: int) -> bytes:
        nonlocal at
        at += piece
        return data[at - piece : at]

    lines = list(Octets(step).lines(largest))
    whole = data.split(b"\n")
    if whole[-1] == b"":
        whole.pop()
    assert [line for _, line in lines] == [
        None if len(each) > largest else each.removesuffix(b"\r") for each in whole
    ]  # fmt: skip
    for offset, line in lines:
        assert line is None or data[offset:].startswith(line)


@given(st.lists(st.lists(st.text(alphabet="a\",;\n'", max_size=5), min_size=1, max_size=4), min_size=1, max_size=1))
def test_csv_fields_are_what_was_written(rows: list[list[str]]) -> None:
    """What a CSV writer writes is read as it was."""
    for cells in rows:
        text = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
        assert csv_fields(text, ",") == cells


@given(st.binary(max_size=300))
def test_any_file(data: bytes) -> None:
    """Any octets in a file, under each form: entries or unreadable, never an exception, never nothing."""
    for name in ("a", "a.csv"):
        for packed in (data, gzip.compress(data)):
            held = io.BytesIO(packed)
            assert held.getbuffer().nbytes >= 0
            _any_file(name, packed)


def _any_file(name: str, data: bytes) -> None:
    folder = Path(FOLDER)
    path = put(folder, name, data)
    for form in ("auto", "der", "pem", "text", "jsonl", "csv"):
        found = list(FileStore([path], form=form))
        assert found or form == "csv" or name.endswith("csv")


FOLDER = ""


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global FOLDER  # noqa: PLW0603 - hypothesis calls its test often, and asks for no fixture of it
    FOLDER = str(tmp_path_factory.mktemp("any"))


def test_decoding_text() -> None:
    """Each encoding takes its own."""
    assert decode_text(b" MA== ", "hex") is None
    assert decode_text(b"3000") == b"\x30\x00"
    assert decode_text(b"MAA") == b"\x30\x00"
    assert decode_text(b"") is None
    assert decode_text(pem(b"x"), "pem") == b"x"
    assert decode_text(b"MAA=", "pem") is None
    assert decode_text(pem(b"x").replace(b"END C", b"END D")) is None
    assert [der_size(each) for each in (b"", b"\x30", b"\x31\x00", b"\x30\x05", b"\x30\x81", b"\x30\x81\x80")] == [
        *(None, None, None, 7, None, 131)
    ]


def test_octets_at_the_end() -> None:
    """Reading and passing over stop at the end."""
    held = io.BytesIO(bytes(CHUNK + 5))
    octets = Octets(held.read, offset=100)
    assert octets.offset == 100
    assert len(octets.peek(10)) == 10
    assert octets.skip(CHUNK)
    assert octets.offset == 100 + CHUNK
    assert len(octets.take(10)) == 5
    assert not octets.skip(1)
    assert octets.take(1) == b""


# -- spill


def test_rows_on_disk(tmp_path: Path) -> None:
    """Partitions on disk hold what was added, more of them than files are open; afterwards nothing is left."""
    with DiskSpill(tmp_path) as spill:
        folder = Path(spill.folder)
        assert folder.stat().st_mode & 0o077 == 0
        for turn in range(3):
            for partition in range(100):
                spill.append(partition, bytes([partition, turn]) * 10)
        assert b"".join(spill.read(7)) == b"\x07\0" * 10 + b"\x07\1" * 10 + b"\x07\2" * 10
        assert list(spill.read(1000)) == []
        assert len(list(folder.iterdir())) == 100
        (folder / "5.rows").unlink()
        with pytest.raises(TransportError, match="cannot be read"):
            list(spill.read(5))
    assert not folder.exists()
    spill.close()
    with pytest.raises(TransportError, match="cannot be written"):
        spill.append(1, b"x")
    with pytest.raises(InputError, match="folder"):
        DiskSpill(tmp_path / "nowhere")


@pytest.mark.parametrize("data", list(seeds()))
def test_seeds_hold_for_the_fuzz_target(data: bytes) -> None:
    """The assertion of the fuzz target holds for its seeds, whatever octet is changed."""
    target(data)
    for at in range(0, min(len(data), 300), 3):
        target(data[:at] + bytes([data[at] ^ 0x11]) + data[at + 1 :])
