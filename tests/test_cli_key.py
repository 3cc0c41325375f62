"""`pkicheck key`: keys from files and standard input, and the lists of bad keys, from the command line."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pkicheck import load
from pkicheck.keys import hashes, read_key
from tests.cli_kit import pkicheck as run
from tests.test_blocklists import file_of, record
from tests.test_keys_vectors import VECTORS

_SPKI = {each.id: each.spki for each in VECTORS}
_RSA = read_key(_SPKI["rsa-plain"])[0]


def pem(data: bytes, label: str = "PUBLIC KEY") -> bytes:
    """PEM with the line ends of Windows."""
    text = base64.encodebytes(data).decode().replace("\n", "\r\n")
    return f"text before\r\n-----BEGIN {label}-----\r\n{text}-----END {label}-----\r\n".encode()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with keys and lists."""
    for name in ("rsa-plain", "rsa-even", "ec-p256-baseline", "rsa-null-absent"):
        (tmp_path / name).write_bytes(_SPKI[name])
    assert _RSA is not None
    (tmp_path / "own.txt").write_text(hashes(_RSA, "spki-sha256")[0].hex())
    (tmp_path / "empty.txt").write_text("# nothing yet\n")
    file_of(tmp_path, record(_RSA), bytes(16))
    return tmp_path


def test_keys_have_verdicts(files: Path) -> None:
    """A good key passes, a bad one is refused, without the list nothing passes; the evidence replays."""
    empty = ("--hashes", f"debian=2026-11-20:spki-sha256:{files / 'empty.txt'}")
    done = run("key", str(files / "ec-p256-baseline"), str(files / "rsa-even"), *empty, "--json")
    assert (done.code, [each["verdict"] for each in done.json]) == (1, ["pass", "fail"])
    assert all(load(line.encode()).replay().same for line in done.lines)
    assert run("key", str(files / "rsa-plain"), *empty).code == 0
    assert run("key", str(files / "rsa-plain")).code == 3
    assert run("key", str(files / "rsa-plain"), "--policy", "private").code == 0
    shown = run("key", str(files / "rsa-null-absent"), *empty, "--explain")
    assert (shown.code, "key.rsa-parameters-absent" in shown.out) == (1, True)


def test_a_listed_key_is_refused(files: Path) -> None:
    """Both kinds of lists find the key, also in another encoding, also when several lists have one name (R013, K16)."""
    records = ("--records", f"debian=2026-11-20:{files / 'blocklist.dat'}")
    own = ("--hashes", f"debian=2026-11-20:spki-sha256:{files / 'own.txt'}")
    for options in (records, own, (*records, *own)):
        done = run("key", str(files / "rsa-null-absent"), *options, "--json")
        assert "key.blocklisted" in {each["code"] for each in done.json[0]["findings"]}
        assert run("key", str(files / "ec-p256-baseline"), *options).code == 0


def test_pem_and_standard_input(files: Path) -> None:
    """PEM with text around it and CRLF is the same key as its DER, from a file and from standard input."""
    (files / "pem").write_bytes(pem(_SPKI["rsa-plain"]))
    options = ("--policy", "private", "--at", "2026-11-21T12:00:00Z", "--json")
    one = run("key", str(files / "pem"), *options)
    assert one.out == run("key", str(files / "rsa-plain"), *options).out
    assert one.out == run("key", "-", *options, stdin=_SPKI["rsa-plain"]).out
    assert one.code == 0
    assert run("key", "-", *options, stdin=b"").code == 1


@pytest.mark.parametrize(
    "data",
    [
        pem(b"x", "PRIVATE KEY"),
        pem(_SPKI["rsa-plain"]) * 2,
        pem(_SPKI["rsa-plain"]) + pem(b"x", "PRIVATE KEY"),
        b"-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n",
        bytes(1024 * 1024 + 1),
    ],
    ids=["private", "two", "beside-private", "base64", "cut", "large"],
)
def test_files_that_are_no_key(tmp_path: Path, data: bytes) -> None:
    """Another label, two blocks, broken base64, a file that is too large: a wrong call that names the file (exit 2)."""
    (tmp_path / "file").write_bytes(data)
    done = run("key", str(tmp_path / "file"))
    assert (done.code, str(tmp_path / "file") in done.err) == (2, True)


@pytest.mark.parametrize(
    "options",
    [
        ("--records", "debian"),
        ("--records", "debian=2026-11-20"),
        ("--records", "=2026-11-20:x"),
        ("--records", "debian=yesterday:own.txt"),
        ("--records", "debian=2026-11-20:nowhere"),
        ("--hashes", "debian=2026-11-20:own.txt"),
        ("--hashes", "debian=2026-11-20:md5:own.txt"),
        ("--at", "now"),
    ],
    ids=lambda options: options[1],
)
def test_wrong_options(files: Path, options: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that cannot be read or an option of another shape is a wrong call (exit 2)."""
    monkeypatch.chdir(files)
    assert run("key", "rsa-plain", *options).code == 2


def test_standard_input_twice() -> None:
    """Standard input can be read once."""
    assert run("key", "-", "-", stdin=b"").code == 2
