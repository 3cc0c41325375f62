"""A manifest of logs: each verified against its head, and what is missing, shorter or not listed is named."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from pkicheck.canon import canonical
from pkicheck.chainlog import ChainVerdict, Damage, Head, Manifest, ed25519_check, join
from pkicheck.errors import InputError
from tests.chainlogkit import KEY, chain, head_of, joined

_LOGS = {name: chain(5, log=name, key=KEY) for name in ("writer/1", "writer/2", "writer/3")}
_MANIFEST = Manifest(head_of(fields) for fields in reversed(_LOGS.values()))


def _parts(**counts: int) -> dict[str, list[tuple[str, list[bytes]]]]:
    return {name: [(name, [joined(fields[: counts.get(name[-1:], 5)])])] for name, fields in _LOGS.items()}


def test_all_logs() -> None:
    """Every log of the manifest reaches its head: intact, reports in the order of the ids."""
    report = join(_MANIFEST, _parts())
    assert report.verdict is ChainVerdict.INTACT
    assert [item.log_id for item in report.reports] == ["writer/1", "writer/2", "writer/3"]
    assert report.summary().startswith("intact: 3 logs read\nintact: log writer/1")


def test_missing_log() -> None:
    """A log that nobody gave is named, and the set is broken."""
    parts = _parts()
    del parts["writer/2"]
    report = join(_MANIFEST, parts)
    assert report.verdict is ChainVerdict.BROKEN
    assert report.missing == ("writer/2",)
    assert "\nmissing: log writer/2 is in the manifest and was not given\n" in report.summary()


def test_shorter_log() -> None:
    """A log that does not reach its head is named with the records that are gone."""
    report = join(_MANIFEST, {**_parts(), "writer/2": [("w2", [joined(_LOGS["writer/2"][:3])])]})
    assert report.verdict is ChainVerdict.BROKEN
    bad = report.reports[1].first_bad
    assert bad is not None
    assert (bad.damage, bad.missing, bad.place.file) == (Damage.TRUNCATED, (4, 5), "w2")


def test_unlisted_log() -> None:
    """A log that the manifest does not name is anchored by nothing."""
    more = {name: [(name, [joined(chain(1, log=name))])] for name in ("writer/5", "writer/4")}
    report = join(_MANIFEST, {**_parts(), **more})
    assert report.verdict is ChainVerdict.UNANCHORED
    assert report.unlisted == ("writer/4", "writer/5")
    assert "\nunlisted: log writer/4 was given and is not in the manifest\n" in report.summary()


def test_unreadable_file() -> None:
    """A file that belongs to no log breaks the set, and is named."""
    report = attrs.evolve(join(_MANIFEST, _parts()), unreadable=("rubbish",))
    assert report.verdict is ChainVerdict.BROKEN
    assert report.summary().splitlines()[:2] == ["broken: 3 logs read", "unreadable: rubbish holds no record"]


def test_records_after_the_manifest() -> None:
    """Logs go on after a manifest: judged up to the heads by default, else by what covers the rest."""
    early = Manifest([head_of(fields[:2]) for fields in _LOGS.values()])
    assert join(early, _parts()).verdict is ChainVerdict.INTACT
    assert join(early, _parts(), until_head=False).verdict is ChainVerdict.UNANCHORED
    check = ed25519_check(KEY.public_key())
    assert join(early, _parts(), until_head=False, seals=check).verdict is ChainVerdict.INTACT
    torn = {**_parts(), "writer/1": [("w1", [joined(_LOGS["writer/1"]), b"{"])]}
    assert join(early, torn, until_head=False).verdict is ChainVerdict.TORN


def test_idle_log() -> None:
    """A log without records is never intact, in a manifest neither."""
    manifest = Manifest([Head.empty("idle")])
    assert join(manifest, {"idle": []}).verdict is ChainVerdict.UNANCHORED


def test_join_report_has_no_truth_value() -> None:
    """A set of logs has a verdict, no truth value."""
    with pytest.raises(TypeError, match="verdict"):
        bool(join(_MANIFEST, {}))


def test_manifest_as_json() -> None:
    """A manifest is canonical JSON, sorted by log, and is read back."""
    data = _MANIFEST.to_json()
    assert data.startswith(b'{"heads":[{"hash":"')
    assert Manifest.from_json(data) == _MANIFEST
    assert canonical(_MANIFEST.to_payload()) == data


_HEAD: dict[str, Any] = {"hash": "a" * 64, "log": "a", "sequence": 1}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"heads": [_HEAD], "schema": "pkicheck/chain-manifest/2"},
        {"heads": [_HEAD]},
        {"heads": [_HEAD], "schema": "pkicheck/chain-manifest/1", "more": 1},
        ["heads", "schema"],
        {"heads": {"a": _HEAD}, "schema": "pkicheck/chain-manifest/1"},
        {"heads": [["hash", "log", "sequence"]], "schema": "pkicheck/chain-manifest/1"},
        {"heads": [], "schema": "pkicheck/chain-manifest/1"},
        {"heads": ["a"], "schema": "pkicheck/chain-manifest/1"},
        {"heads": [{**_HEAD, "more": 1}], "schema": "pkicheck/chain-manifest/1"},
        {"heads": [{"hash": "a" * 64, "log": "a"}], "schema": "pkicheck/chain-manifest/1"},
        {"heads": [{**_HEAD, "sequence": "1"}], "schema": "pkicheck/chain-manifest/1"},
        {"heads": [{**_HEAD, "log": None}], "schema": "pkicheck/chain-manifest/1"},
        {"heads": [_HEAD, {**_HEAD, "sequence": 2}], "schema": "pkicheck/chain-manifest/1"},
    ],
    ids=str,
)
def test_manifest_that_cannot_be(value: Any) -> None:
    """Another schema, an unknown or missing key, no head, two heads of one log: refused by name."""
    with pytest.raises(InputError):
        Manifest.from_json(canonical(value))
