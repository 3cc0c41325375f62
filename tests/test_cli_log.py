"""`pkicheck log`: append and verify from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck.chainlog import ChainLog, Head, Manifest, Rotation, ed25519_seal
from tests.cli_kit import Done, process
from tests.cli_kit import pkicheck as run

_LINES = b'{"schema":"example/a/1","n":1}\n{"n":2}\n{"schema":"example/a/1","n":3}\n'


def _append(log: Path, stdin: bytes = _LINES, *flags: str) -> Done:
    return run("log", "append", str(log), "--log-id", "ca1", "--schema", "example/b/1", *flags, stdin=stdin)


def _pem(path: Path, key: Ed25519PublicKey) -> str:
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(path)


def test_appended_heads_anchor_the_log(tmp_path: Path) -> None:
    """Each appended line prints the head after it; the last one makes the log intact, without it it is not."""
    log = tmp_path / "x.log"
    done = _append(log)
    assert (done.code, done.err) == (0, "")
    heads = [Head.parse(line) for line in done.lines]
    assert [(head.log_id, head.sequence) for head in heads] == [("ca1", 1), ("ca1", 2), ("ca1", 3)]
    assert run("log", "verify", str(log)).code == 3
    head = heads[-1]
    for text in (str(head), f"3:{head.hash}", json.dumps({"log": "ca1", "sequence": 3, "hash": head.hash})):
        done = run("log", "verify", str(log), "--head", text)
        assert (done.code, done.lines[0].partition(":")[0]) == (0, "intact")
    assert run("log", "verify", str(log), "--head", str(heads[1])).code == 3
    assert run("log", "verify", str(log), "--head", str(heads[1]), "--until-head").code == 0


def test_appending_goes_on_where_it_ended(tmp_path: Path) -> None:
    """The id of an existing log is known; JSON output is the head that --head takes."""
    log = tmp_path / "x.log"
    _append(log)
    done = run("log", "append", str(log), "--json", stdin=b'{"schema":"example/a/1"}\n')
    assert (done.code, done.json[0]["sequence"]) == (0, 4)
    assert run("log", "verify", str(log), "--head", done.lines[0], "--json").json[0]["verdict"] == "intact"


def test_a_bad_line_is_not_appended(tmp_path: Path) -> None:
    """A line that is no JSON object with a schema is named on standard error, the others are appended; exit code 1."""
    log = tmp_path / "x.log"
    bad = b'{"n":1}\n\n[]\nx\n\xff\n{"schema":"bad schema"}\n{"schema":"a/1","f":1.5}\n"' + b"x" * 5_000_000 + b'"\n'
    done = run("log", "append", str(log), "--log-id", "ca1", stdin=bad + b'{"schema":"a/1"}\n')
    assert (done.code, len(done.lines)) == (1, 1)
    assert [line.partition(":")[0] for line in done.err.splitlines()] == [f"line {number}" for number in range(1, 9)]
    assert "1 records" in run("log", "verify", str(log)).lines[0]


def test_nothing_is_not_appended(tmp_path: Path) -> None:
    """Empty input and a new log without a name are wrong calls."""
    assert _append(tmp_path / "x.log", b"").code == 2
    done = run("log", "append", str(tmp_path / "y.log"), stdin=_LINES)
    assert (done.code, "--log-id" in done.err) == (2, True)
    assert not (tmp_path / "y.log").exists()


def test_a_log_that_somebody_writes(tmp_path: Path) -> None:
    """A log that another writer has open is our own side's trouble: 70, one line, nothing appended."""
    log = tmp_path / "x.log"
    with ChainLog(log, log_id="ca1"):
        done = process("log", "append", str(log), "--log-id", "ca1", stdin=_LINES)
    assert (done.code, done.out, done.err.count("\n")) == (70, "", 1)


@pytest.mark.parametrize("flag", ["--json", "--until-head"])
def test_a_broken_log(tmp_path: Path, flag: str) -> None:
    """An edited record and a log cut off before its head are broken: exit code 1, the first bad record is named."""
    log = tmp_path / "x.log"
    head = _append(log).lines[-1]
    lines = log.read_bytes().splitlines(keepends=True)
    for data in (b"".join([lines[0], lines[1].replace(b'"n":2', b'"n":9'), lines[2]]), b"".join(lines[:2])):
        log.write_bytes(data)
        done = run("log", "verify", str(log), "--head", head, flag)
        assert done.code == 1
        assert "broken" in done.lines[0]


def test_a_torn_log(tmp_path: Path) -> None:
    """A half-written last line is torn: 3 for verify; the next append keeps it aside and says so."""
    log = tmp_path / "x.log"
    _append(log)
    with log.open("ab") as file:
        file.write(b'{"hash":"12')
    done = run("log", "verify", str(log))
    assert (done.code, done.lines[0].partition(":")[0]) == (3, "torn")
    done = _append(log, b'{"n":4}\n')
    assert done.code == 0
    assert "cut short" in done.err
    assert Head.parse(done.lines[0]).sequence == 5  # the recovery is a record of its own


def test_seals(tmp_path: Path) -> None:
    """--public-key checks every seal; with --reaches a sealed log is intact, by another key it is broken."""
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    log = tmp_path / "x.log"
    with ChainLog(log, log_id="ca1", seal=ed25519_seal(key)) as writer:
        for number in range(3):
            writer.append({"n": number}, "example/a/1")
    good, bad = _pem(tmp_path / "good.pem", key.public_key()), _pem(tmp_path / "bad.pem", other.public_key())
    assert run("log", "verify", str(log), "--public-key", good).code == 3
    assert run("log", "verify", str(log), "--public-key", good, "--reaches", "3").code == 0
    assert run("log", "verify", str(log), "--public-key", good, "--public-key", bad, "--reaches", "3").code == 0
    assert run("log", "verify", str(log), "--public-key", bad).code == 1
    assert run("log", "verify", str(log), "--public-key", good, "--reaches", "4").code == 1


def test_rotated_files_are_found(tmp_path: Path) -> None:
    """`log verify FILE` reads the rotated files beside it too; a missing one is broken."""
    log = tmp_path / "x.log"
    with ChainLog(log, log_id="ca1", rotation=Rotation(records=2)) as writer:
        heads = [writer.append({"n": number}, "example/a/1").head for number in range(5)]
    rotated = sorted(tmp_path.glob("x.log.0*"))
    assert len(rotated) == 2
    assert run("log", "verify", str(log), "--head", str(heads[-1])).code == 0
    assert run("log", "verify", *map(str, rotated), str(log), "--head", str(heads[-1])).code == 0
    rotated[1].unlink()
    assert run("log", "verify", str(log), "--head", str(heads[-1])).code == 1


def test_a_manifest_anchors_several_logs(tmp_path: Path) -> None:
    """--manifest gives the heads of several logs; a missing log is broken, one that is not listed unanchored."""
    heads: list[Head] = []
    for name in ("a", "b", "c"):
        with ChainLog(tmp_path / f"{name}.log", log_id=name) as writer:
            heads.append(writer.append({"n": 1}, "example/a/1").head)
    manifest = tmp_path / "heads.json"
    manifest.write_bytes(Manifest(tuple(heads[:2])).to_json())
    a, b, c = (str(tmp_path / f"{name}.log") for name in ("a", "b", "c"))
    flags = ("--manifest", str(manifest))
    assert run("log", "verify", a, b, *flags).code == 0
    assert run("log", "verify", a, *flags).code == 1
    assert run("log", "verify", a, b, c, *flags).code == 3
    done = run("log", "verify", a, *flags, "--json")
    assert (done.json[0]["verdict"], done.json[0]["missing"]) == ("broken", ["b"])
    assert done.json[0]["reports"][0]["log"] == "a"
    assert run("log", "verify", a, b, *flags, "--head", str(heads[0])).code == 2


def test_wrong_calls(tmp_path: Path) -> None:
    """A missing log, a head or key that is none: one message, exit code 2."""
    log = tmp_path / "x.log"
    _append(log)
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"")
    ec = tmp_path / "ec.pem"
    point = generate_private_key(SECP256R1()).public_key()
    ec.write_bytes(point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    own = "0" * 64
    for arguments, said in (
        (("no-such.log",), "no-such.log"),
        ((str(log), "--head", "nonsense"), "head"),
        ((str(log), "--head", "{}"), "--head"),
        ((str(log), "--head", '{"log":1,"sequence":1,"hash":"x"}'), "log_id"),
        ((str(log), "--head", f"x:{own}"), "head"),
        ((str(empty), "--head", f"1:{own}"), "--log-id"),
        ((str(log), "--reaches", "0"), "reaches"),
        ((str(log), "--reaches", "x"), "--reaches"),
        ((str(log), "--until-head"), "head"),
        ((str(log), "--log-id", "not a token"), "log_id"),
        ((str(log), "--public-key", "no-such.pem"), "no-such.pem"),
        ((str(log), "--public-key", str(log)), "PEM"),
        ((str(log), "--public-key", str(ec)), "Ed25519"),
        ((str(log), "--manifest", str(log)), "manifest"),
    ):
        done = run("log", "verify", *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert said in done.err.splitlines()[-1], arguments
