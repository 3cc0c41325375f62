"""`pkicheck reconcile` and `pkicheck hsmlog`: what they take, print and write, and their exit codes."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pkicheck.evidence import load
from pkicheck.findings import Verdict
from pkicheck.signingrecord import SigningRecord
from pkicheck.stores import Entry, FileStore
from tests.architecture.source import ROOT
from tests.cli_kit import Done, pkicheck

FOLDER = ROOT / "examples" / "reconcile"
LOG = str(FOLDER / "spy.log")
DAY = "2026-11-25/2026-11-26"
KEY = f"{FOLDER / 'issuer.pem'}:rsa"
ISSUED, ROGUE = str(FOLDER / "issued.pem"), str(FOLDER / "rogue.pem")


def reconcile(*more: str, log: str = LOG, issued: str = ISSUED, key: str = KEY, window: str = DAY) -> Done:
    """The run of the example, or another."""
    return pkicheck(
        *("reconcile", "--log", log, "--zone", "UTC", "--issued", issued, "--key", key),
        *(("--window", window) if window else ()),
        *more,
    )


def codes(done: Done) -> list[str]:
    """The codes that decide, of a run with --json."""
    return [each["code"] for each in done.json[0]["problems"]]


def test_five_operations_and_four_certificates() -> None:
    """The example of 2017: exit code 1, one finding, one screen; with the fifth known exit code 0 (R078, L01)."""
    done = reconcile("--covers", DAY)
    assert done.code == 1
    assert len(done.lines) < 24
    assert "refusal rec.precertificate-orphan: 1, 2026-11-25T17:14:56Z" in done.lines
    assert codes(reconcile("--covers", DAY, "--json")) == ["rec.precertificate-orphan"]
    whole = reconcile("--covers", DAY, "--issued", ROGUE)
    assert (whole.code, whole.lines[0][:5], whole.err) == (0, "PASS:", "")


def test_what_is_not_covered_is_not_clean() -> None:
    """Without a declared coverage the answer is 3, whatever agrees (spec 4.12)."""
    done = reconcile("--issued", ROGUE, "--json")
    assert (done.code, codes(done)) == (3, ["rec.window-not-covered"])


def test_a_missing_certificate(tmp_path: Path) -> None:
    """Four operations and five certificates: the object without an operation is named (L01)."""
    octets = (FOLDER / "spy.log").read_bytes()
    blocks = octets.split(b"\n\n")
    last = max(number for number, block in enumerate(blocks) if b": C_Sign\n" in block)
    log = tmp_path / "spy.log"
    log.write_bytes(b"\n\n".join(blocks[:last] + blocks[last + 1 :]))
    done = reconcile("--covers", DAY, "--issued", ROGUE, "--json", log=str(log))
    assert done.code == 1
    # (the numbers of the calls show that one is missing too)
    assert codes(done) == ["rec.object-without-operation", "hsm.gap"]


def test_reports_are_written_whole(tmp_path: Path) -> None:
    """All reports, of the same run; evidence decides again; nothing half written is left (issue 6)."""
    out = tmp_path / "out"
    at = ("--at", "2026-11-26T06:00:00Z")
    assert reconcile("--covers", DAY, "--out", str(out), *at).code == 1
    first = {each.name: each.read_bytes() for each in out.iterdir()}
    assert sorted(first) == ["evidence.json", "exceptions.csv", "report.html", "report.json", "report.md"]
    assert reconcile("--covers", DAY, "--out", str(out), *at).code == 1
    assert {each.name: each.read_bytes() for each in out.iterdir()} == first
    assert load(first["evidence.json"].strip()).replay().result.verdict is Verdict.FAIL
    [row] = [
        each for each in csv.DictReader(first["exceptions.csv"].decode().splitlines()) if each["level"] == "refusal"
    ]
    assert row["serial"] == "6bc67b772c4822f88b4b02f9106df3cb"
    assert json.loads(first["report.json"])["verdict"] == "FAIL"
    assert b"<script" not in first["report.html"]
    (tmp_path / "file").write_bytes(b"")
    broken = reconcile("--covers", DAY, "--out", str(tmp_path / "file"))
    assert broken.code == 70


def test_cursor(tmp_path: Path) -> None:
    """The second run tells nothing twice; without --window it goes on where the first one ended (R080)."""
    cursor = ("--covers", DAY, "--cursor", str(tmp_path / "cursor"))
    assert reconcile(*cursor).code == 1
    assert "rec.precertificate-orphan" not in codes(reconcile(*cursor, "--json"))
    later = reconcile(
        "--covers", "2026-11-26/2026-11-27", *cursor[2:], "--at", "2026-11-27T00:00:00Z", "--json", window=""
    )
    assert later.json[0]["window"] == ["2026-11-26T00:00:00.000000Z", "2026-11-27T00:00:00.000000Z"]
    before = reconcile(*cursor, "--at", "2026-11-26T00:00:00Z", window="")
    assert (before.code, "not in the past" in before.err) == (2, True)
    none = reconcile(window="")
    assert (none.code, "--window is missing" in none.err) == (2, True)


def test_expectations(tmp_path: Path) -> None:
    """An operation that was announced by its digest leaves nothing; one too many announced is told (R025, L08)."""
    [rogue] = FileStore([ROGUE])
    assert isinstance(rogue, Entry)
    tbs = rogue.data[4 : 4 + 4 + int.from_bytes(rogue.data[6:8], "big")]
    window = {"begins": "2026-11-25T00:00:00Z", "ends": "2026-11-26T00:00:00Z"}
    path = tmp_path / "expect.json"
    one = {"name": "test", "hash": "sha256", "digest": hashlib.sha256(tbs).hexdigest(), **window}
    path.write_text(json.dumps([one]))
    assert reconcile("--covers", DAY, "--expect", str(path)).code == 0
    path.write_text(json.dumps([one, {**one, "name": "another", "digest": "00" * 32}]))
    assert codes(reconcile("--covers", DAY, "--expect", str(path), "--json")) == ["rec.expectation-unmet"]
    wrong: object
    for wrong in ({}, [1], [{"x": 1}], [{**one, "digest": "x"}], [{**one, "count": "1"}], [{**one, "begins": "soon"}]):
        path.write_text(json.dumps(wrong))
        assert reconcile("--expect", str(path)).code == 2, wrong


def test_logs_and_stores_in_other_forms(tmp_path: Path) -> None:
    """A folder of logs, a gzip, JSON lines with other names, rows on disk, a named format: the same answer."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "spy.log.gz").write_bytes(gzip.compress((FOLDER / "spy.log").read_bytes()))
    rows = [each for path in (ISSUED, ROGUE) for each in FileStore([path]) if isinstance(each, Entry)]
    store = tmp_path / "db.jsonl"
    store.write_text("".join(json.dumps({"cert": each.data.hex(), "t": 1795626900}) + "\n" for each in rows))
    fields = tmp_path / "fields.json"
    fields.write_text(json.dumps({"der": "cert", "stored_at": "t", "time": "s"}))
    more = ("--covers", DAY, "--fields", str(fields), "--spill", str(tmp_path), "--ct", ISSUED, "--ct", ROGUE)
    done = reconcile(*more, log=str(logs), issued=str(store))
    assert done.code in (0, 3), done.out
    assert "5 operations, 5 objects; pairs: signature 5" in done.lines
    named = reconcile("--covers", DAY, "--issued", ROGUE, log=f"{LOG}:pkcs11-spy")
    assert named.code == 0
    # a gzip that ends early is told; what stands before is read
    (logs / "spy.log.gz").write_bytes(gzip.compress((FOLDER / "spy.log").read_bytes())[:-200])
    cut = reconcile("--covers", DAY, "--issued", ROGUE, "--json", log=str(logs))
    assert cut.code in (1, 3)
    assert "hsm.record-unreadable" in codes(cut)


def test_a_damaged_store(tmp_path: Path) -> None:
    """An object that cannot be read leaves doubt (R077)."""
    (tmp_path / "damaged.der").write_bytes(b"\x30\x03\x02\x01")
    done = reconcile("--covers", DAY, "--issued", ROGUE, "--issued", str(tmp_path), "--json")
    assert (done.code, codes(done)) == (3, ["hsm.store-unreadable"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--covers", "x"], "--covers must be FROM/TO"),
        (["--covers", "2026-11-26/2026-11-25"], "must lie behind"),
        (["--zone", "Nowhere"], "--zone must be"),
        (["--zone", "+99:99"], "--zone must be"),
        (["--issued", "nowhere"], "does not exist"),
        (["--log", "nowhere"], "nowhere cannot be read"),
        (["--log", f"{LOG}:mapping"], "needs --mapping FILE"),
        (["--log", f"{LOG}:yubihsm", "--anchor", "x"], "16 octets"),
        (["--log", ISSUED], "PEM: objects, not a log"),
        (["--key", LOG], "--key"),
        (["--policy", "nowhere"], "nowhere cannot be read"),
        (["--fields", LOG], "spy.log"),
        (["--spill", "nowhere"], "folder"),
    ],
)
def test_wrong_calls(arguments: list[str], why: str) -> None:
    """A wrong argument is exit code 2, with its name."""
    done = reconcile(*arguments)
    assert done.code == 2
    assert why in done.err


@pytest.mark.parametrize("missing", ["--log", "--issued", "--key"])
def test_missing_arguments(missing: str) -> None:
    """Without a log, a store or a key there is nothing to compare: never a pass."""
    given = {"--log": LOG, "--issued": ISSUED, "--key": KEY}
    rest = [each for name, value in given.items() if name != missing for each in (name, value)]
    done = pkicheck("reconcile", *rest, "--window", DAY)
    assert (done.code, f"{missing} is missing" in done.err) == (2, True)


def test_one_name_for_two_keys(tmp_path: Path) -> None:
    """A file with two keys cannot have a name: which of them would the log mean?"""
    both = tmp_path / "both.pem"
    both.write_bytes((FOLDER / "issuer.pem").read_bytes() + (FOLDER / "rogue.pem").read_bytes())
    done = reconcile(key=f"{both}:rsa")
    assert (done.code, "a name belongs to one key" in done.err) == (2, True)


def test_empty_folder_of_logs(tmp_path: Path) -> None:
    """A folder without logs is no log."""
    done = reconcile(log=str(tmp_path))
    assert (done.code, "is empty" in done.err) == (2, True)


def test_zones() -> None:
    """The zone moves the operations: read as +05:00 they are earlier by so much (L11)."""
    times = {
        zone: pkicheck("hsmlog", "show", LOG, "--json", f"--zone={zone}").json[0]["time"]
        for zone in ("UTC", "+05:00", "-01:30", "Europe/Madrid")
    }
    assert times["UTC"].startswith("2026-11-25T17:14:56")
    assert times["+05:00"].startswith("2026-11-25T12:14:56")
    assert times["-01:30"].startswith("2026-11-25T18:44:56")
    assert times["Europe/Madrid"].startswith("2026-11-25T16:14:56")
    assert pkicheck("hsmlog", "show", LOG, "--json").json[0]["time"] is None


def test_show(tmp_path: Path) -> None:
    """Each operation a line, without what was signed; what is unreadable is exit code 3 (R077)."""
    done = pkicheck("hsmlog", "show", LOG, "--zone", "UTC")
    assert done.code == 0
    assert len(done.lines) == 5
    assert "6bc67b772c4822f88b4b02f9106df3cb" in done.lines[2]
    damaged = tmp_path / "spy.log"
    damaged.write_bytes((FOLDER / "spy.log").read_bytes().replace(b"[out] pSignature", b"[out] ~", 1))
    shown = pkicheck("hsmlog", "show", str(damaged), "--zone", "UTC")
    assert shown.code == 3
    assert any("unreadable: expected" in line for line in shown.lines)
    assert [each["record"] for each in pkicheck("hsmlog", "show", str(damaged), "--json").json].count("unreadable") == 1


def test_verify(tmp_path: Path) -> None:
    """0 up to an anchor, 1 broken, 3 where nothing protects the records (R018, L09)."""
    plain = pkicheck("hsmlog", "verify", LOG)
    assert (plain.code, "integrity none" in plain.out) == (3, True)
    path = tmp_path / "record.log"
    key = ec.derive_private_key(7, ec.SECP256R1())
    with SigningRecord(str(path), log_id="ca1") as record:
        signer = record.guard(key)
        for number in range(3):
            signer.sign(bytes([number]), ec.ECDSA(hashes.SHA256()))
    unanchored = pkicheck("hsmlog", "verify", str(path), "--json")
    assert (unanchored.code, unanchored.json[0]["integrity"]) == (3, "chained-unanchored")
    head = unanchored.json[0]["last"]
    anchored = pkicheck("hsmlog", "verify", str(path), "--anchor", head)
    assert anchored.code == 0, anchored.out
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    missing = pkicheck("hsmlog", "verify", str(path), "--anchor", head)
    assert missing.code in (1, 3)
    assert "missing: " in missing.out
    path.write_bytes(b"".join([*lines[:2], lines[2].replace(b"CKM_ECDSA", b"CKM_ECDSB"), *lines[3:]]))
    broken = pkicheck("hsmlog", "verify", str(path), "--anchor", head)
    assert broken.code == 1
    assert "broken at" in broken.out


def test_progress_is_for_terminals() -> None:
    """Standard error stays empty when it is no terminal."""
    assert reconcile("--covers", DAY).err == ""
