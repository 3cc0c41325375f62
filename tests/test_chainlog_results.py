"""Results go into the chained log as they are, and come back as evidence that can be decided again."""

from __future__ import annotations

from pathlib import Path

import pytest

import pkicheck
from pkicheck.canon import canonical
from pkicheck.chainlog import ChainLog, read_records
from pkicheck.errors import InputError
from pkicheck.testing import Zone


def test_a_result_is_appended_and_replayed(tmp_path: Path) -> None:
    """A result is one record with its own schema; what is read back replays to itself (R138)."""
    result = pkicheck.check_caa("shop.example", issuers={"ca.example"}, resolver=Zone())
    path = tmp_path / "caa.log"
    with ChainLog(path, log_id="test") as log:
        log.append(result)
    (record,) = [each for _, each in read_records([path.read_bytes()])]
    assert record is not None
    assert record.schema == "pkicheck/evidence/1"
    assert record.payload is not None
    assert pkicheck.load(canonical(record.payload)).replay().same


def test_a_result_has_its_own_schema(tmp_path: Path) -> None:
    """Another schema for a result is refused, and so is a payload without one."""
    result = pkicheck.check_caa("shop.example", issuers={"ca.example"}, resolver=Zone())
    with ChainLog(tmp_path / "caa.log", log_id="test") as log:
        with pytest.raises(InputError, match="leave schema out"):
            log.append(result, "other/1")
        with pytest.raises(InputError, match="schema must name"):
            log.append({"a": 1})
