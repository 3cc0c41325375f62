"""`pkicheck replay`: stored evidence decided again."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pkicheck.canon import canonical
from tests.cli_kit import ASK, Done
from tests.cli_kit import pkicheck as run

_NAMES = ("shop.example", "pay.shop.example", "elsewhere.test")


@pytest.fixture(scope="module")
def evidence() -> bytes:
    """Three records: a PASS, a FAIL and an INCOMPLETE."""
    return run("caa", *_NAMES, *ASK, "--json").out.encode()


def _replay(data: bytes, *flags: str) -> Done:
    return run("replay", "-", *flags, stdin=data)


def _changed(line: bytes, **fields: Any) -> bytes:
    return canonical({**json.loads(line), **fields}) + b"\n"


def test_the_same_is_0(evidence: bytes, tmp_path: Path) -> None:
    """Records that come out as they went in: the counts, exit code 0; from a file or from standard input."""
    path = tmp_path / "evidence.jsonl"
    path.write_bytes(evidence)
    for done in (_replay(evidence), run("replay", str(path))):
        assert (done.code, done.lines) == (0, ["3 same, 0 changed, 0 bad, 0 cannot, 0 passed over"])


def test_another_verdict_is_printed(evidence: bytes) -> None:
    """Every changed verdict is printed with its line, subject and codes, exit code 1."""
    lines = evidence.splitlines()
    record = json.loads(lines[0])
    # A finding that is not found again; the verdict has to be forged with it, or the record would be bad.
    forged = [*record["findings"], {**record["findings"][0], "code": "caa.issuer-not-listed"}]
    done = _replay(b"\n".join([lines[1], _changed(lines[0], findings=forged, verdict="fail").strip(), lines[2]]))
    assert done.code == 1
    assert done.lines[0].startswith("line 2: changed: CAA for shop.example: FAIL -> PASS, - caa.issuer-not-listed")
    assert done.lines[1] == "2 same, 1 changed, 0 bad, 0 cannot, 0 passed over"


def test_json_has_the_facts(evidence: bytes) -> None:
    """With --json each line that is not the same is an object; the counts are on standard error."""
    lines = evidence.splitlines()
    record = json.loads(lines[0])
    forged = [*record["findings"], {**record["findings"][0], "code": "caa.issuer-not-listed"}]
    done = _replay(_changed(lines[0], findings=forged, verdict="fail", expires_at=None) + b"garbage\n", "--json")
    assert done.code == 1
    changed, bad = done.json
    assert changed == {
        "line": 1,
        "outcome": "changed",
        "subject": "CAA for shop.example",
        "was": "fail",
        "is": "pass",
        "added": [],
        "gone": ["caa.issuer-not-listed"],
        "expired_at": None,
        "expires_at": record["expires_at"],
    }
    assert (bad["line"], bad["outcome"]) == (2, "bad")
    assert done.err == "0 same, 1 changed, 1 bad, 0 cannot, 0 passed over\n"


def test_another_code_is_a_change(evidence: bytes) -> None:
    """The same verdict for another reason is a change; with --at, where only verdicts count, it is none."""
    line = evidence.splitlines()[0]
    record = json.loads(line)
    note = {**record["findings"][0], "code": "caa.not-restricting"}
    forged = _changed(line, findings=[*record["findings"], note])
    done = _replay(forged)
    assert done.code == 1
    assert "PASS -> PASS, - caa.not-restricting" in done.lines[0]
    assert _replay(forged, "--at", record["at"]).code == 0


def test_the_rules_of_another_day() -> None:
    """--at judges by the rules of that day and prints only other verdicts: advice becomes binding (BR 4.2.2.1.2)."""
    ask = (
        "caa",
        "account.shop.example",
        *ASK,
        "--account-uri",
        "https://ca.example/acct/1",
        "--method",
        "dns-01",
        "--json",
    )
    record = run(*ask)
    assert record.code == 0
    assert _replay(record.out.encode()).code == 0
    assert _replay(record.out.encode(), "--at", "2026-12-01T00:00:00Z").code == 0
    later = _replay(record.out.encode(), "--at", "2027-06-01T00:00:00Z")
    assert later.code == 1
    assert "PASS -> FAIL" in later.lines[0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verdict": "pass"}, "verdict"),
        ({"extra": 1}, "unknown field"),
        ({"findings": []}, "verdict"),
        ({"at": "2020-01-01T00:00:00.000000Z"}, "at is"),
        ({"schema": "pkicheck/other/1"}, "not known"),
        ({"kind": "nonsense"}, "kind"),
    ],
)
def test_a_forged_record_is_bad(evidence: bytes, fields: dict[str, Any], said: str) -> None:
    """A forged verdict, a moved moment, an unknown field or kind is a bad line: named, exit code 1, and so on."""
    lines = evidence.splitlines(keepends=True)
    done = _replay(_changed(lines[1], **fields) + lines[2])
    assert done.code == 1
    assert done.lines[0].startswith("line 1: bad: ")
    assert said in done.lines[0]
    assert done.lines[1].startswith("1 same, 0 changed, 1 bad")


@pytest.mark.parametrize(
    "line", [b"", b"garbage", b"\xff\xfe", b"[]", b"null", b"{}", b'{"schema":1}', b'{"a":1.5}', b"[" * 9999]
)
def test_a_line_that_is_no_record_is_bad(evidence: bytes, line: bytes) -> None:
    """Any octets that are no record are a bad line and nothing else."""
    done = _replay(line + b"\n" + evidence)
    assert done.code == 1
    assert done.lines[-1] == "3 same, 0 changed, 1 bad, 0 cannot, 0 passed over"


def test_what_cannot_be_replayed_is_3(evidence: bytes, tmp_path: Path) -> None:
    """A withheld document or a later major version: cannot, exit code 3; with the document given it can again."""
    line = evidence.splitlines()[0]
    record = json.loads(line)
    kept = dict(record["documents"])
    digest = record["asked"]["policy"]
    policy = tmp_path / "policy.json"
    policy.write_bytes(base64.b64decode(kept.pop(digest)))
    withheld = _changed(line, documents=kept)
    done = _replay(withheld)
    assert (done.code, done.lines[1]) == (3, "0 same, 0 changed, 0 bad, 1 cannot, 0 passed over")
    assert digest in done.lines[0]
    assert _replay(withheld, "--document", str(policy)).code == 0
    assert _replay(_changed(line, schema="pkicheck/evidence/2")).code == 3


def test_the_worst_of_several(evidence: bytes) -> None:
    """1 over 3 over 0."""
    line = evidence.splitlines(keepends=True)[0]
    cannot = _changed(line, schema="pkicheck/evidence/2")
    assert _replay(line + cannot).code == 3
    assert _replay(cannot + b"garbage\n" + line).code == 1


def test_nothing_is_not_the_same() -> None:
    """An empty file is a wrong call, and a file of lines without evidence cannot be replayed: neither is 0."""
    assert _replay(b"").code == 2
    bad = run("caa", "-", *ASK, "--purpose", "smime", "--json", stdin=b"*.shop.example\n").out.encode()
    done = _replay(bad)
    assert (done.code, done.lines) == (3, ["0 same, 0 changed, 0 bad, 0 cannot, 1 passed over"])


def test_a_file_that_cannot_be_read() -> None:
    """A missing file, a missing document, a wrong moment: one message that names it, exit code 2."""
    for arguments in (("no-such-file",), ("-", "--document", "no-such-file"), ("-", "--at", "no-such-file")):
        done = run("replay", *arguments)
        assert (done.code, done.out) == (2, "")
        assert "no-such-file" in done.err


def test_chain_records_hold_evidence(evidence: bytes, tmp_path: Path) -> None:
    """Records of a log are replayed by their payload; other payloads are passed over, withheld ones cannot."""
    log = tmp_path / "evidence.log"
    other = b'{"schema":"example/order/1","order":"4711"}\n'
    assert run("log", "append", str(log), "--log-id", "ca1", stdin=evidence + other).code == 0
    assert run("replay", str(log)).lines == ["3 same, 0 changed, 0 bad, 0 cannot, 1 passed over"]
    lines = log.read_bytes().splitlines(keepends=True)
    front, _, rest = lines[0].partition(b'"payload":')
    withheld = front + b'"payload":null' + rest[rest.rindex(b',"payload_schema":') :]
    done = _replay(withheld + lines[1])
    assert (done.code, done.lines[-1]) == (3, "1 same, 0 changed, 0 bad, 1 cannot, 0 passed over")
    edited = lines[0].replace(b"shop.example", b"shop.exemple")
    assert _replay(edited + lines[1]).code == 1
