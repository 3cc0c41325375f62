"""Lists of bad keys at the edge: records, hashes, joined lists; what they find, what they refuse to be."""

from __future__ import annotations

import hashlib
import json
import os
import random
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.errors import InputError, TransportError
from pkicheck.findings import Verdict
from pkicheck.keys import FORMS, EcKey, PublicKey, RsaKey, check_key, hashes, key_value, read_key
from pkicheck.lists import PackagedLists, join_blocklists, read_key_hashes, read_key_records
from pkicheck.policy import BASELINE, KeysPolicy
from pkicheck.testing import FixedClock
from tests.keykit import AT, blocklist, codes
from tests.test_keys_vectors import VECTORS

_SPKI = {each.id: each.spki for each in VECTORS}
_RSA = cast("RsaKey", read_key(_SPKI["rsa-plain"])[0])
_EC = cast("EcKey", read_key(_SPKI["ec-p256-baseline"])[0])
_BOTH: tuple[PublicKey, ...] = (_RSA, _EC)


def record(key: PublicKey, number: int = 1) -> bytes:
    """A record of badkeys for a key."""
    return hashes(key, "main-sha256")[0][:15] + bytes((number,))


def file_of(path: Path, *records: bytes) -> Path:
    """A file of sorted records."""
    file = path / "blocklist.dat"
    file.write_bytes(b"".join(sorted(records)))
    return file


def check(spki: bytes, debian: Any) -> list[str]:
    """The codes of a key under BASELINE with this list."""
    return codes(check_key(spki, lists=PackagedLists(blocklists={"debian": debian}, clock=FixedClock(AT)), at=AT))


# -- records


@given(st.integers(0, 300), st.integers(0, 2**32))
def test_every_record_is_found_and_no_other(tmp_path_factory: pytest.TempPathFactory, size: int, seed: int) -> None:
    """In a file of any size the search finds what is there, at both ends too, and nothing else (R013, K16)."""
    rng = random.Random(seed)
    keys = [RsaKey(rng.getrandbits(64) | 1, 3) for _ in range(size + 1)]
    file = file_of(tmp_path_factory.mktemp("r"), *(record(each, 7) for each in keys))
    listed = read_key_records(file, as_of=AT)
    assert listed.size == len(keys)
    assert all(listed.answer(key_value(each)) == "list 7" for each in keys)
    assert all(
        listed.answer(key_value(RsaKey(each.n + 2, 3))) is None for each in keys if RsaKey(each.n + 2, 3) not in keys
    )
    listed.close()


def test_records_by_value(tmp_path: Path) -> None:
    """A key is found in every encoding, by its modulus or x alone; the answer is the name that the author gave."""
    file = file_of(tmp_path, record(_RSA, 1), record(_EC, 2), *(os.urandom(15) + b"\3" for _ in range(1000)))
    data = file.read_bytes()
    names = {
        "bkformat": 0,
        "blocklists": [{"id": 1, "name": "debianssl"}],
        "blocklist_sha256": hashlib.sha256(data).hexdigest(),
    }
    listed = read_key_records(file, as_of=date(2026, 11, 20), names=json.dumps(names).encode())
    assert (listed.answer(key_value(_RSA)), listed.answer(key_value(_EC))) == ("debianssl", "list 2")
    assert listed.answer(key_value(RsaKey(_RSA.n, 3))) == "debianssl"
    assert listed.answer(key_value(RsaKey(_RSA.n + 2, 65537))) is None
    for name in ("rsa-plain", "rsa-null-absent", "ec-p256-baseline", "ec-p256-compressed", "ec-p256-hybrid"):
        assert "key.blocklisted" in check(_SPKI[name], listed)
    assert listed.as_of == datetime(2026, 11, 20, tzinfo=timezone.utc)
    assert listed.version == f"2026-11-20 sha256:{hashlib.sha256(data).hexdigest()[:16]}"
    listed.close()


def test_a_file_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    """Cut, empty, unsorted, too small, missing: each would hide keys, so each is refused with the name of the file."""
    good = sorted(os.urandom(15) + b"\1" for _ in range(100))
    file = tmp_path / "list"
    for data, message in (
        (b"", "list cannot be read: "),
        (b"".join(good)[:-1], "list is not whole: 1599 octets are no 100 or more records"),
        (b"".join(good[:99]), "list is not whole: 1584 octets are no 100 or more records"),
        (b"".join([*good[50:], *good[:50]]), "list is not sorted"),
        (b"".join([*good[:98], good[99], good[98]]), "list is not sorted"),
    ):
        file.write_bytes(data)
        with pytest.raises(InputError, match=message):
            read_key_records(file, as_of=AT, least=100)
    with pytest.raises(InputError, match="nowhere cannot be read: No such file"):
        read_key_records(tmp_path / "nowhere", as_of=AT)
    file.write_bytes(b"".join(good))
    with pytest.raises(InputError, match="^covers must be kinds of keys"):
        read_key_records(file, as_of=AT, covers=["dsa"])


def test_order_is_checked_across_parts(tmp_path: Path) -> None:
    """The file is compared in parts; a record out of order between two parts is seen as well."""
    part = 1 << 16
    rows = [number.to_bytes(15, "big") + b"\1" for number in range(part + 10)]
    file = tmp_path / "list"
    file.write_bytes(b"".join(rows))
    assert read_key_records(file, as_of=AT).size == part + 10
    file.write_bytes(b"".join([*rows[:part], *rows[:10]]))
    with pytest.raises(InputError, match="is not sorted"):
        read_key_records(file, as_of=AT)


def test_the_json_file_must_speak_of_the_records(tmp_path: Path) -> None:
    """A JSON file of another format, another edition or another shape is refused."""
    file = file_of(tmp_path, record(_RSA))
    whole = hashlib.sha256(file.read_bytes()).hexdigest()
    good = {"bkformat": 0, "blocklists": [{"id": 1, "name": "x" * 100}], "blocklist_sha256": whole}
    listed = read_key_records(file, as_of=AT, names=json.dumps(good).encode())
    assert listed.answer(key_value(_RSA)) == "x" * 80
    wrong: tuple[Any, ...] = (
        {**good, "bkformat": 1},
        {**good, "blocklists": [{"id": 1}]},
        {**good, "blocklists": [{"id": "one", "name": "x"}]},
        {**good, "blocklists": 5},
        {"bkformat": 0},
        [],
        "x",
    )
    for changed in wrong:
        with pytest.raises(InputError, match="is no badkeysdata.json"):
            read_key_records(file, as_of=AT, names=json.dumps(changed).encode())
    with pytest.raises(InputError, match="is no badkeysdata.json"):
        read_key_records(file, as_of=AT, names=b"[" * 100_000)
    with pytest.raises(InputError, match="the SHA-256 differ"):
        read_key_records(file, as_of=AT, names=json.dumps({**good, "blocklist_sha256": "0" * 64}).encode())


def test_a_closed_file_is_no_answer(tmp_path: Path) -> None:
    """After `close` there is no answer, so there is no pass."""
    listed = read_key_records(file_of(tmp_path, record(_RSA)), as_of=AT)
    listed.close()
    with pytest.raises(TransportError, match="was closed"):
        listed.answer(key_value(_EC))
    assert check(_SPKI["ec-p256-baseline"], listed) == ["key.list-unavailable"]


# -- hashes


@pytest.mark.parametrize("form", sorted(FORMS))
def test_hash_lists_as_people_keep_them(form: str) -> None:
    """Upper case, colons, notes behind the hash, comments and empty lines are read; the day may stand in the file."""
    keys = [each for each in _BOTH if hashes(each, form)]
    lines = ["# As of 2026-11-20", "", "# the keys of 2025"]
    for each in keys:
        text = hashes(each, form)[0].hex().upper()
        lines.append(":".join(text[at : at + 2] for at in range(0, len(text), 2)) + "; reported by mail")
        lines.append(f"  {text.lower()}, again")
    listed = read_key_hashes("\r\n".join(lines).encode(), form=form)
    assert listed.as_of == datetime(2026, 11, 20, tzinfo=timezone.utc)
    assert len(listed.hashes) == len(keys)
    for each, name in ((_RSA, "rsa-plain"), (_EC, "ec-p256-compressed")):
        if each in keys:
            assert "key.blocklisted" in check(_SPKI[name], listed)
        else:
            assert "key.list-unavailable" in check(_SPKI[name], listed)


def test_debian_lists_hold_one_size_each(tmp_path: Path) -> None:
    """A list of Debian's openssl-blacklist covers RSA keys of its size; others are no pass; joined ones cover more."""
    digest = hashlib.sha1(f"Modulus={_RSA.n:X}\n".encode()).hexdigest()[20:]
    file = tmp_path / "blacklist.RSA-2048"
    file.write_text(f"# comment\n{digest}\n00005890bc78bcbee3ca\n")
    listed = read_key_hashes(file, form="modulus-sha1-80", as_of=AT, covers=["rsa-2048"])
    assert "key.blocklisted" in check(_SPKI["rsa-plain"], listed)
    assert check(_SPKI["rsa-2048"], listed) == ["key.accepted"]
    assert check(_SPKI["rsa-3072"], listed) == ["key.list-unavailable"]
    assert check(_SPKI["ec-p256-baseline"], listed) == ["key.list-unavailable"]
    curves = blocklist(covers=["P-256", "P-384"])
    joined = join_blocklists(listed, curves)
    assert "key.blocklisted" in check(_SPKI["rsa-plain"], joined)
    assert check(_SPKI["ec-p256-baseline"], joined) == ["key.accepted"]
    assert check(_SPKI["ec-p521-baseline"], joined) == ["key.list-unavailable"]
    assert check(_SPKI["rsa-3072"], joined) == ["key.list-unavailable"]


def test_lines_that_are_no_hashes_are_refused() -> None:
    """A line that is no hash of this form would be a key that is not found: it is refused with its number."""
    good = hashes(_RSA, "spki-sha256")[0].hex()
    for line in (
        "xyz",
        good[:-1],
        good[:-2],
        good + "00",
        f"SHA256:{good}",
        f"{good}x",
        f"{good[:2]}::{good[2:]}",
        "\u0661" * 64,
    ):
        with pytest.raises(InputError, match="the list, line 2: expected 64 hexadecimal digits"):
            read_key_hashes(f"{good}\n{line}\n".encode(), form="spki-sha256", as_of=AT)
    with pytest.raises(InputError, match="line 1: not UTF-8"):
        read_key_hashes(b"\xff", form="spki-sha256", as_of=AT)
    with pytest.raises(InputError, match="form must be one of"):
        read_key_hashes(b"", form="md5", as_of=AT)
    with pytest.raises(InputError, match="does not say its day"):
        read_key_hashes(good.encode(), form="spki-sha256")
    with pytest.raises(InputError, match="^covers must be kinds of keys"):
        read_key_hashes(good.encode(), form="spki-sha256", as_of=AT, covers="rsa")


def test_an_empty_list_is_only_empty_on_purpose() -> None:
    """A file without hashes is not whole, unless the caller says that the list has nothing yet."""
    with pytest.raises(InputError, match="is not whole: it has 0 hashes, expected 1 or more"):
        read_key_hashes(b"# nothing\n", form="spki-sha256", as_of=AT)
    empty = read_key_hashes(b"", form="spki-sha256", as_of=AT, least=0)
    assert check(_SPKI["rsa-plain"], empty) == ["key.accepted"]


# -- joined, and asked


def test_joined_lists() -> None:
    """A joined list has the day of its oldest part and the keys of all; its version does not depend on their order."""
    old, new = blocklist([_RSA], as_of=AT - timedelta(days=9)), blocklist([_EC], form="keyid-sha1")
    joined = join_blocklists(new, old)
    assert joined.as_of == old.as_of
    assert joined.version == join_blocklists(old, new).version
    assert [joined.answer(key_value(each)) for each in _BOTH] == [
        old.answer(key_value(_RSA)),
        new.answer(key_value(_EC)),
    ]
    assert joined.answer(key_value(RsaKey(15, 3))) is None
    with pytest.raises(InputError, match="^join at least one list of bad keys$"):
        join_blocklists()


def test_a_question_that_is_no_key_is_a_failed_one() -> None:
    """A list that is asked for something else than a key gives no answer."""
    with pytest.raises(InputError, match="is no value of a key"):
        blocklist().answer("x")
    with pytest.raises(InputError, match="is no value of a key"):
        join_blocklists(blocklist()).answer("x")


def test_several_lists_beside_each_other() -> None:
    """Each list of a policy answers for itself; a key on any of them is refused, and the finding names the list."""
    lists = PackagedLists(blocklists={"debian": blocklist(), "own": blocklist([_RSA])}, clock=FixedClock(AT))
    policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(blocklists=("own",)))
    result = check_key(_SPKI["rsa-plain"], lists=lists, at=AT, policy=policy)
    assert result.verdict is Verdict.FAIL
    assert [each.place for each in result.deciding()] == ["key.blocklist/own"]
