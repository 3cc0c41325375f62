"""Logs that are read by a mapping, the export readers of the CA's own side, detection, and sources."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.errors import InputError
from pkicheck.hsmlog.model import SourceReport, Unreadable
from pkicheck.hsmlog.readers import (
    FORMATS,
    BoulderReader,
    EjbcaReader,
    LogRecord,
    LogSource,
    MappingReader,
    SpyReader,
    StoredRow,
    boulder_checksum,
    detect,
    mapping_from_json,
)
from pkicheck.hsmlog.readers import _base as base_module
from pkicheck.hsmlog.readers._base import Counts, Lines
from tests.hsmlog_logs import LOGS, NAME, Trace, laws, log, signed, told

_SCHEMA = Path(str(files("pkicheck").joinpath("_data/log-mapping-1.schema.json")))
LUNA = json.loads(log("mapping-luna.json"))
LINES = {"schema": LUNA["schema"], "name": "x", "input": {"form": "json-lines"}}


def mapped(mapping: dict[str, Any], data: bytes, **options: Any) -> tuple[list[LogRecord], SourceReport]:
    """What a log says by a mapping; the laws of all readers hold for it."""
    read = mapping_from_json(json.dumps(mapping).encode())
    return laws(lambda cursor: MappingReader(NAME, mapping=read, cursor=cursor, **options), data)


def test_an_export_of_luna() -> None:
    """Single-part and end are signatures, the beginning is none; failures, key events and a gap are seen (R077)."""
    records, report = mapped(LUNA, log("mapping-luna.csv"), zone=timezone.utc)
    octets = "digest=00ff/2 signature=0001/2"
    shared = "token=h1 process=s1 time=2026-11-21T04:00:0"
    assert [told(each) for each in records] == [
        f'#2 sign ok CKM_ECDSA key=k1 "ca";\nnew hash=sha256 {octets} length=32 {shared}0.500000Z',
        "#4 sign failed CKM_ECDSA key=k1 length=32 " + shared + "1.000000Z",
        "#5 key ok delete LUNA_DESTROY_OBJECT key=k1 " + shared + "2.000000Z",
    ]
    assert [(gap.first, gap.last) for gap in report.gaps] == [("3", "3")]
    assert (report.records, report.zone) == (4, "UTC")
    assert signed(mapped(LUNA, log("mapping-luna.csv"))[0])[0].time is None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"2;2026", b"x;2026", "a number where the mapping says so"),
        (b"2;2026-11-21", b"2;2026-11-1", "a time as the mapping says"),
        (b"00.5;h1;s1;LUNA_SIGN_END", b"00.x;h1;s1;LUNA_SIGN_END", "a time as the mapping says"),
        (b"00ff", b"0ff", "octets as the mapping says"),
        (b"AAE=", b"AAE", "octets as the mapping says"),
        (b"00ff;", b"00ff;;", "a row of CSV as long as the header"),
        (b"00ff", b"\xff", "a row of CSV as long as the header"),
        (b'"k1 ', b'"' + b"k" * 900, "the columns that the mapping names"),
    ],
)
def test_a_row_that_makes_no_sense(old: bytes, new: bytes, why: str) -> None:
    """A row that the mapping cannot make sense of is located, and the others are read."""
    data = log("mapping-luna.csv")
    assert old in data
    records, report = mapped(LUNA, data.replace(old, new), zone=timezone.utc)
    bad = [each for each in records if isinstance(each, Unreadable)]
    assert why in {each.why for each in bad}
    assert report.unreadable == len(bad)
    assert len(signed(records)) >= 1


def test_a_quotation_mark_that_is_never_closed() -> None:
    """A quoted field may hold line ends, up to a bound; one that is never closed spoils its row."""
    data = b'no;operation\n1;"open\n2;a\n'
    mapping = {**LINES, "input": {"form": "csv", "delimiter": ";"}, "event": LUNA["event"], "sequence": "no"}
    records, report = mapped(mapping, data)
    assert [told(each) for each in records] == ["unreadable at 13: a row whose quotation marks are closed"]
    assert report.records == 1
    endless = b'no;operation\n1;"' + b"x" * 600_000 + b"\n" + b"y" * 600_000 + b"\n2;LUNA_SIGN_END\n"
    records, _ = mapped(mapping, endless)
    assert [type(each).__name__ for each in records] == ["Unreadable", "SigningEvent"]


def test_columns_from_the_mapping() -> None:
    """A file without a header has its columns in the mapping; a header that cannot be read is a bad row."""
    mapping = {**LINES, "input": {"form": "csv", "columns": ["key", "t"]}, "key": "key"}
    (event,) = signed(mapped(mapping, b"ca,1")[0])
    assert (event.key, event.mechanism, event.outcome) == ("ca", "unknown", "ok")
    records, report = mapped({**LINES, "input": {"form": "csv"}, "key": "key"}, b"\xff\nkey\n\nca\n")
    assert (len(signed(records)), report.unreadable) == (1, 1)


@pytest.mark.parametrize(
    ("form", "value", "time"),
    [
        ("rfc3339", "2026-11-21T04:00:00+01:00", datetime(2026, 11, 21, 3, tzinfo=timezone.utc)),
        ("epoch-seconds", 1763697600, datetime(2025, 11, 21, 4, tzinfo=timezone.utc)),
        ("epoch-millis", "1763697600001", datetime(2025, 11, 21, 4, 0, 0, 1000, timezone.utc)),
        ("epoch-micros", 1763697600000001, datetime(2025, 11, 21, 4, 0, 0, 1, timezone.utc)),
        ("rfc3339", "yesterday", None),
        ("epoch-seconds", -1, None),
        ("epoch-seconds", 10**16, None),
        ("epoch-seconds", 10**17, None),
        ("epoch-seconds", True, None),
    ],
)
def test_times(form: str, value: object, time: datetime | None) -> None:
    """Each form of a time; what is none spoils the row."""
    records, report = mapped({**LINES, "time": {"column": "t", "form": form}}, json.dumps({"t": value}).encode())
    assert [each.time for each in signed(records)] == ([] if time is None else [time])
    assert report.unreadable == (time is None)


def test_local_times_outside_of_the_zone() -> None:
    """A date that does not exist in the zone gives no time, and it is said (L11)."""
    mapping = {**LINES, "time": {"column": "t", "form": "local"}}
    zone = timezone(timedelta(hours=14))
    records, report = mapped(mapping, b'{"t":"0001-01-01 00:00:00"}', zone=zone)
    assert [each.time for each in signed(records)] == [None]
    assert dict(report.notes)["times-not-in-zone"] == "1"


def test_json_lines() -> None:
    """Members that are texts and numbers are columns; identities come from the log where it has them."""
    mapping = {**LINES, "event": {**LUNA["event"], "others": "refuse"}, "uid": "id", "length": "n", "sequence": "s"}
    rows = [
        {"operation": "LUNA_SIGN_END", "id": "a", "n": 3, "s": 5},
        {"operation": "LUNA_SIGN_END", "n": 3, "s": 5, "x": [1]},
        {"operation": "LUNA_SIGN_END", "n": 2**70, "s": 4},
        {"operation": "OTHER", "s": 9},
        {"operation": "LUNA_DESTROY_OBJECT", "s": 3, "n": None},
    ]
    data = b"\n".join(json.dumps(row).encode() for row in rows) + b"\n[]\nx\n" + b"[" * 100_000 + b"\n"
    records, report = mapped(mapping, data)
    assert [each.uid for each in signed(records)] == ["a.log:a", f"a.log:{len(json.dumps(rows[0])) + 1}"]
    kinds = ["SigningEvent"] * 2 + ["Unreadable"] * 2 + ["KeyEvent"] + ["Unreadable"] * 3
    assert [type(each).__name__ for each in records] == kinds
    assert (report.overlaps, dict(report.notes)["numbers-going-back"]) == (1, "2")


def test_octets_are_read_strictly() -> None:
    """Base64 with something else in it is no base64, a member that is an enormous number is no text."""
    mapping = {**LINES, "signature": {"column": "s", "encoding": "base64"}, "key": "k"}
    for row, unreadable in (({"s": "AAE=", "k": "a"}, 0), ({"s": "A!AE=", "k": "a"}, 1), ({"s": "", "k": True}, 0)):
        assert mapped(mapping, json.dumps(row).encode())[1].unreadable == unreadable
    (event,) = signed(mapped(mapping, b'{"k": 18446744073709551616}')[0])
    assert event.key == ""
    (event,) = signed(mapped(mapping, b'{"k": 18446744073709551615}')[0])
    assert event.key == "18446744073709551615"
    with pytest.raises(InputError, match="^mapping is not readable"):
        mapping_from_json(b"{")
    with pytest.raises(InputError, match="^cursor: it is not one of mapping"):
        MappingReader(NAME, mapping=mapping_from_json(json.dumps(LINES).encode()), cursor=SpyReader(NAME).cursor())


def test_a_line_that_is_too_long() -> None:
    """A line longer than the bound is one unreadable record."""
    for form in ("csv", "json-lines"):
        mapping = {**LINES, "input": {"form": form} if form == "json-lines" else {"form": form, "columns": ["a"]}}
        records, report = mapped(mapping, b"x" * (1024 * 1024 + 1) + b"\n")
        assert (len(records), report.unreadable) == (1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "x"}, "mapping.schema must be one of"),
        ({"more": 1}, "mapping has an unknown field: 'more'"),
        ({"name": None}, "mapping.name must be a text"),
        ({"name": "x" * 201}, "mapping.name must be a text"),
        ({"input": []}, "mapping.input must be an object"),
        ({"input": {"form": "xml"}}, "mapping.input.form must be one of csv, json-lines"),
        ({"input": {"form": "csv", "delimiter": ""}}, "mapping.input.delimiter must be one character"),
        ({"input": {"form": "csv", "delimiter": '"'}}, "mapping.input.delimiter must be one character"),
        ({"input": {"form": "csv", "columns": [1]}}, "mapping.input.columns must be a list"),
        ({"input": {"form": "json-lines", "delimiter": ","}}, "mapping.input has an unknown field"),
        ({"event": {"column": "a", "signs": [], "others": "pass"}}, "mapping.event.signs must name at least one event"),
        ({"event": {"column": "a", "signs": ["b"]}}, "mapping.event.others must be a text"),
        (
            {"event": {"column": "a", "signs": ["b"], "others": "pass", "keys": {"x": "y"}}},
            "mapping.event.keys must give",
        ),
        ({"event": {"column": "a", "signs": ["b"], "others": "pass", "more": 1}}, "mapping.event has an unknown field"),
        (
            {"event": {"column": "a", "signs": ["b"], "others": "pass", "keys": [1]}},
            "mapping.event.keys must give each",
        ),
        ({"outcome": {"column": "a", "ok": "b"}}, "mapping.outcome.ok must be a list"),
        ({"outcome": {"column": "a", "bad": []}}, "mapping.outcome has an unknown field"),
        ({"time": {"column": "a", "form": "b"}}, "mapping.time.form must be one of"),
        ({"time": {"column": "a", "form": "local", "x": 1}}, "mapping.time has an unknown field"),
        ({"digest": {"column": "a", "encoding": "octal"}}, "mapping.digest.encoding must be one of"),
        ({"digest": {"column": "a", "encoding": "hex", "x": 1}}, "mapping.digest has an unknown field"),
    ],
)
def test_a_mapping_is_read_strictly(change: dict[str, Any], message: str) -> None:
    """What is not understood in a mapping is refused, by name; the schema in the package refuses the same."""
    broken = {**LUNA, **change}
    with pytest.raises(InputError) as caught:
        mapping_from_json(json.dumps(broken).encode())
    assert message in str(caught.value)
    if '"' not in str(change.get("input", "")):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, json.loads(_SCHEMA.read_bytes()))


def test_mappings_that_are_good() -> None:
    """The sample and the smallest mapping are read, and the schema takes them."""
    for good in (LUNA, LINES):
        jsonschema.validate(good, json.loads(_SCHEMA.read_bytes()))
        read = mapping_from_json(json.dumps(good).encode())
        assert len(read.sha256) == 64
    with pytest.raises(InputError, match="mapping must have at most"):
        mapping_from_json(b" " * 300_000)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | st.integers(0, 400).map(lambda at: log("mapping-luna.csv")[at : at + 300]))
def test_laws_of_any_export(data: bytes) -> None:
    """Any octets give records, whatever the cut."""
    mapped(LUNA, data)
    mapped({**LUNA, "input": {"form": "json-lines"}}, data)


# -- the other side

DER = bytes.fromhex("3003020105")
BASE64 = base64.b64encode(DER).decode()


def rows(make: Callable[[], Any], data: bytes, cut: int = 7) -> list[StoredRow | Unreadable]:
    """The rows of an export; the cut does not show."""
    found: list[list[StoredRow | Unreadable]] = []
    for size in (len(data) or 1, cut):
        reader = make()
        got = [row for at in range(0, len(data), size) for row in reader.feed(data[at : at + size])]
        found.append([*got, *reader.finish()])
    assert found[0] == found[1]
    return found[0]


def ejbca(data: bytes) -> list[StoredRow | Unreadable]:
    """The rows of an EJBCA export."""
    return rows(lambda: EjbcaReader(NAME), data)


def test_ejbca_certificates() -> None:
    """CertificateData as CSV: octets, time of the last change, revocation, identity by fingerprint."""
    head = "fingerprint,base64Cert,status,revocationDate,updateTime\n"
    data = head + f'f1,"{BASE64[:4]}\n{BASE64[4:]}",20,-1,1763697600001\r\nf2,{BASE64},40,1763697600000,x\n'
    data += f"f3,{BASE64},40,-1,\n"
    first, second, third = ejbca(data.encode())
    assert isinstance(first, StoredRow)
    assert isinstance(second, StoredRow)
    assert isinstance(third, StoredRow)
    assert (first.der, first.kind, first.uid, first.attributes) == (DER, None, "a.log:f1", ())
    assert first.stored_at == datetime(2025, 11, 21, 4, 0, 0, 1000, timezone.utc)
    assert (second.stored_at, second.attributes) == (None, (("revoked", "2025-11-21T04:00:00.000000Z"),))
    assert third.attributes == (("revoked", "yes"),)


def test_ejbca_other_tables() -> None:
    """CRLs, OCSP responses and JSON lines; a time of a CRL is no time of storing."""
    crl, ocsp, plain = ejbca(
        json.dumps({"base64Crl": BASE64, "thisUpdate": 1, "": 2}).encode()
        + b"\n\n"
        + json.dumps({"ocspResponse": BASE64, "id": "o", "x": None}).encode()
        + b"\n"
        + json.dumps({"BASE64CERT": BASE64, "updateTime": 10**13}).encode()
    )
    assert isinstance(crl, StoredRow)
    assert isinstance(ocsp, StoredRow)
    assert isinstance(plain, StoredRow)
    assert (crl.kind, crl.stored_at, crl.uid) == ("crl", None, "a.log:0")
    assert (ocsp.kind, ocsp.uid) == ("ocsp", "a.log:o")
    assert plain.stored_at == datetime(2286, 11, 20, 17, 46, 40, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"serialNumberAndCaId,rawData\n1;2,<xml/>\n", "base64Cert, base64Crl or ocspResponse"),
        (b"base64Cert\n!!\n", "base64 in base64cert"),
        ("base64Cert\n\u00e9\n".encode(), "base64 in base64cert"),
        (b"base64Cert\nAA==,x\n", "a row of the table"),
        (b'base64Cert\n"AA==', "a row whose quotation marks are closed"),
        (b"{}\n", "base64Cert, base64Crl or ocspResponse"),
        (b"{\n", "a row of the table"),
        (b"base64Cert\n{}\n", "base64 in base64cert"),
        (b'{"a":1}'[:-1] + b"]\n", "a row of the table"),
        (b"\xff\n", "a row of the table"),
    ],
)
def test_ejbca_rows_that_cannot_be_read(data: bytes, why: str) -> None:
    """One row may be broken: it is reported, and the next one is read."""
    (bad,) = ejbca(data)
    assert isinstance(bad, Unreadable)
    assert bad.why == why


def test_ejbca_lines_of_json() -> None:
    """Once lines are JSON, one that is no object is a bad row."""
    found = ejbca(b'{"base64Cert":"AA=="}\n[]\nbase64Cert\n')
    assert [type(each).__name__ for each in found] == ["StoredRow", "Unreadable", "Unreadable"]


def test_ejbca_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row longer than the bound is unreadable; a date that no calendar has is no date."""
    monkeypatch.setattr("pkicheck.hsmlog.readers.ejbca._LARGEST", 40)
    found = ejbca(b"base64Cert\n" + b"x" * 50 + b"\nAA==\n")
    assert [type(each).__name__ for each in found] == ["Unreadable", "StoredRow"]
    (row,) = ejbca(b"base64Cert,updateTime\nAA==,999999999999999\n")
    assert isinstance(row, StoredRow)
    assert row.stored_at is None


def audit(text: bytes) -> bytes:
    """A line of boulder's log."""
    message = b"[AUDIT] " + text
    return b"2026-11-21T04:00:00.1+07:00 6 boulder-ca " + boulder_checksum(message) + b" " + message + b"\n"


def test_boulder() -> None:
    """Precertificates and certificates in the older and the newer form of the audit line, with their checksums."""
    data = (
        audit(b"Signing precert success: serial=[01] names=[a.example] precertificate=[" + DER.hex().encode() + b"]")
        + audit(b"Signing cert success: issuer=[i] certificate=[" + DER.hex().encode() + b"] certProfileName=[x]")
        + audit(b'Signing precert success JSON={"Result":{"Precertificate":"' + DER.hex().encode() + b'"}}')
        + audit(b'Signing cert success JSON={"Certificate":"' + DER.hex().encode() + b'"}')
        + audit(b"Signing precert failed: serial=[01]")
        + b"2026 6 boulder-ca AAAAAAA something else\n\n"
    )
    found = rows(lambda: BoulderReader(NAME), data, 11)
    assert [each.kind if isinstance(each, StoredRow) else each for each in found] == [
        "precertificate",
        "certificate",
        "precertificate",
        "certificate",
    ]
    assert all(isinstance(each, StoredRow) and each.der == DER and each.stored_at is None for each in found)
    reader = BoulderReader(NAME)
    assert len(list(reader.feed(data))) == 4
    assert (reader.records, reader.rows, reader.passed, reader.checked, reader.unreadable) == (6, 4, 2, 5, 0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (audit(b"Signing cert success: x").replace(b"cert", b"care"), "a line whose checksum holds"),
        (b"x [AUDIT] Signing cert success: certificate=[30]\n", "a line with its checksum"),
        (audit(b"Signing cert success: x=[30]"), "the certificate in the line"),
        (audit(b"Signing cert success: certificate=[303]"), "the certificate in the line"),
        (audit(b"Signing cert success JSON={"), "the certificate in the line"),
        (audit(b"Signing cert success JSON=[]"), "the certificate in the line"),
        (audit(b'Signing cert success JSON={"Result":7}'), "the certificate in the line"),
        (b"x" * (4 * 1024 * 1024 + 1), "a line with its checksum"),
    ],
)
def test_boulder_lines_that_cannot_be_read(line: bytes, why: str) -> None:
    """A line that was damaged, or holds no certificate where it should, is located."""
    (bad,) = rows(lambda: BoulderReader(NAME), line, 1 << 20)
    assert isinstance(bad, Unreadable)
    assert bad.why == why


def test_the_checksum_of_boulder() -> None:
    """CRC-32 as a varint in five octets: a check value computed by hand, and a short one."""
    # CRC-32 of "123456789" is cbf43926: groups of seven bits from the end 26 72 50 5f 0c.
    assert boulder_checksum(b"123456789") == base64.urlsafe_b64encode(bytes.fromhex("a6f2d0df0c")).rstrip(b"=")
    assert boulder_checksum(b"") == b"AAAAAAA"


# -- detection and sources


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("spy-0.23.txt", "pkcs11-spy"),
        ("spy-0.24.txt", "pkcs11-spy"),
        ("p11kit-0.24.txt", "p11-kit"),
        ("yubihsm-documented.txt", "yubihsm"),
        ("yubihsm-reset.bin", "yubihsm"),
        ("yubihsm-hex.txt", "yubihsm"),
        ("cloudtrail-records.json", "cloudtrail"),
        ("cloudhsm-audit.txt", "aws-cloudhsm"),
        ("gcp-entries.jsonl", "gcp-kms"),
        ("azure-pt1h.json", "azure-managed-hsm"),
    ],
)
def test_detection(name: str, form: str) -> None:
    """Each sample is recognised by its content, also from the middle of a trace."""
    assert detect(log(name)) == form
    assert form in FORMATS


def test_detection_of_a_trace_from_its_middle() -> None:
    """A part of a rotated trace begins in the middle of a block."""
    assert detect(log("spy-0.23.txt")[2345:]) == "pkcs11-spy"
    assert detect(b'{"hash":"' + b"0" * 64 + b'","log":"x"') == "sign-record"


@pytest.mark.parametrize(
    ("head", "saw"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "ZIP"),
        (b"\x30\x82\x01\x00", "DER"),
        (b"-----BEGIN X", "PEM"),
        (b"CEF:0|nCipher", "needs a mapping"),
        (b"{}", "JSON without the fields"),
        (b"hello world", "octets that begin 68 65 6c"),
        (b"\0\0\0\0\2" + b"\0\1" + bytes(30) + b"\0\7" + bytes(30), "octets that begin 00 00"),
        (b"\0\0\0\0\xff" + bytes(64), "octets that begin 00 00"),
    ],
)
def test_detection_says_what_it_saw(head: bytes, saw: str) -> None:
    """A format that is not recognised is never guessed: the message says what was seen and which names there are."""
    with pytest.raises(InputError) as caught:
        detect(head)
    assert saw in str(caught.value)
    assert "name" in str(caught.value)


def test_every_sample_has_a_test() -> None:
    """No sample log lies about unused."""
    used = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_hsmlog_*.py"))
    assert not [path.name for path in LOGS.iterdir() if path.name not in used]


def test_a_source_begins_anew() -> None:
    """A source is read as often as it is asked, and tells of its last complete pass only."""
    data = Trace().open().init().sign(bytes(32), bytes(64)).text
    source = LogSource(lambda: [data[:100], data[100:]], lambda: SpyReader(NAME))
    with pytest.raises(InputError, match="not read to its end"):
        source.report()
    assert source.cursor() == b""
    first = list(source)
    assert first == list(source)
    assert source.report().events == 1
    assert list(SpyReader(NAME, cursor=source.cursor()).finish()) == first


def test_lists_of_a_report_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile log cannot make its report grow without bound: further gaps and breaks are counted."""
    monkeypatch.setattr(base_module, "_MOST_LISTED", 2)
    counts = Counts()
    for number in range(4):
        counts.gap("sequence", number, number)
        counts.breaks(str(number))
    assert (len(counts.gaps), counts.broken, counts.more) == (2, ["0", "1"], 4)
    reader = SpyReader(NAME)
    reader.state.counts = counts
    assert dict(reader.report().notes)["not-listed"] == "4"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b"x" * 7]), max_size=12),
    st.integers(1, 5),
    st.sampled_from([b"\n", b"\n\n"]),
)
def test_laws_of_cutting(pieces: list[bytes], largest: int, separator: bytes) -> None:
    """Records and their offsets are those of one split of the whole; what is too long is None, whatever the cut."""
    data = b"".join(pieces)
    lines = Lines()
    found = [record for piece in pieces for record in lines.cut(piece, separator, largest)]
    want: list[tuple[int, bytes | None]] = []
    at = 0
    parts = data.split(separator)
    for part in parts[:-1]:
        want.append((at, part if len(part) <= largest else None))
        at += len(part) + len(separator)
    assert found == want
    rest = lines.rest()
    if rest is None:
        assert parts[-1] == b""
    else:
        assert rest in ((at, parts[-1]), (at, None))
        assert rest[1] is not None or len(parts[-1]) > largest
