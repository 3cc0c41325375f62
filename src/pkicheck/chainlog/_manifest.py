"""A manifest names logs and their heads: the anchor of a set of logs, one per writer. Pure.

A server that forks into several writers keeps a log for each. Their heads together, kept outside or appended to another
log, say how far each log reached at one moment. `join` verifies every log against its head and names what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn, Self, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, parse_json
from pkicheck.chainlog._report import ChainReport, ChainVerdict
from pkicheck.chainlog._values import Head, SealCheck
from pkicheck.chainlog._verify import verify_parts
from pkicheck.errors import InputError

__all__ = ["MANIFEST_SCHEMA", "JoinReport", "Manifest", "join"]

MANIFEST_SCHEMA = "pkicheck/chain-manifest/1"
"""The schema of a manifest, as a file or as the payload of a record."""


def _in_order(heads: Iterable[Head]) -> tuple[Head, ...]:
    return tuple(sorted(heads, key=lambda head: head.log_id))


@attrs.frozen
class Manifest:
    """Logs and their heads, one head per log, kept in the order of the log ids.

    Raises:
        InputError: no head, or two heads of one log.
    """

    heads: tuple[Head, ...] = attrs.field(converter=_in_order)

    def __attrs_post_init__(self) -> None:
        if not self.heads:
            msg = "heads is empty: a manifest names at least one log"
            raise InputError(msg)
        for one, other in zip(self.heads, self.heads[1:], strict=False):
            if one.log_id == other.log_id:
                msg = f"heads name the log {one.log_id} twice"
                raise InputError(msg)

    def to_payload(self) -> dict[str, JsonValue]:
        """The manifest as the payload of a record."""
        heads: list[JsonValue] = [
            {"hash": head.hash, "log": head.log_id, "sequence": head.sequence} for head in self.heads
        ]
        return {"heads": heads, "schema": MANIFEST_SCHEMA}

    def to_json(self) -> bytes:
        """The manifest as canonical JSON."""
        return canonical(self.to_payload())

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a manifest.

        Raises:
            InputError: not JSON, another schema, an unknown or missing key, a head that is none.
        """
        value = parse_json(data, what="manifest")
        if not isinstance(value, dict) or set(value) != {"heads", "schema"} or value["schema"] != MANIFEST_SCHEMA:
            msg = f"manifest must be an object of the schema {MANIFEST_SCHEMA} with heads and schema only"
            raise InputError(msg)
        items = value["heads"]
        if not isinstance(items, list):
            msg = "manifest: heads must be a list"
            raise InputError(msg)
        heads: list[Head] = []
        for item in items:
            if not isinstance(item, dict) or set(item) != {"hash", "log", "sequence"}:
                msg = "manifest: a head is an object with hash, log and sequence only"
                raise InputError(msg)
            # Head refuses values of another type, so the casts promise nothing.
            log_id, sequence, own = cast("tuple[str, int, Sha256]", (item["log"], item["sequence"], item["hash"]))
            heads.append(Head(log_id, sequence, own))
        return cls(heads)


@attrs.frozen
class JoinReport:
    """What is known of a set of logs.

    Attributes:
        reports: for each log of the manifest that was given, its report, in the order of the log ids.
        missing: ids of logs that the manifest names and nobody gave.
        unlisted: ids of logs that were given and the manifest does not name: nothing anchors them.
        unreadable: files that hold bytes and no record, so that nobody can say to which log they belong.
    """

    reports: tuple[ChainReport, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def verdict(self) -> ChainVerdict:
        """The worst of all: a missing log or an unreadable file is broken, an unlisted one unanchored."""
        seen = {report.verdict for report in self.reports}
        if self.missing or self.unreadable or ChainVerdict.BROKEN in seen:
            return ChainVerdict.BROKEN
        if ChainVerdict.TORN in seen:
            return ChainVerdict.TORN
        if self.unlisted or ChainVerdict.UNANCHORED in seen:
            return ChainVerdict.UNANCHORED
        return ChainVerdict.INTACT

    def __bool__(self) -> NoReturn:
        msg = "a join report has no truth value: compare report.verdict with ChainVerdict.INTACT"
        raise TypeError(msg)

    def summary(self) -> str:
        """Some lines for people: the verdict, then every log."""
        lines = [f"{self.verdict.value}: {len(self.reports)} logs read"]
        lines += [f"missing: log {log_id} is in the manifest and was not given" for log_id in self.missing]
        lines += [f"unlisted: log {log_id} was given and is not in the manifest" for log_id in self.unlisted]
        lines += [f"unreadable: {name} holds no record" for name in self.unreadable]
        lines += [report.summary() for report in self.reports]
        return "\n".join(lines)


def join(
    manifest: Manifest,
    logs: Mapping[str, Iterable[tuple[str, Iterable[bytes]]]],
    *,
    seals: SealCheck | None = None,
    until_head: bool = True,
) -> JoinReport:
    """Verify every log that a manifest names against its head there.

    Args:
        manifest: the logs and their heads.
        logs: for each log id its files in the order of the log, each with its name and its bytes in any cut.
        seals: as in `verify`.
        until_head: judge each log up to its head; with False what follows the heads is judged too, and is
            unanchored unless seals cover it.

    Returns:
        the report. A log that is shorter than its head is broken (truncated), and its report names it.
    """
    listed = {head.log_id for head in manifest.heads}
    return JoinReport(
        tuple(
            verify_parts(logs[head.log_id], head=head, seals=seals, until_head=until_head)
            for head in manifest.heads
            if head.log_id in logs
        ),
        tuple(head.log_id for head in manifest.heads if head.log_id not in logs),
        tuple(sorted(log_id for log_id in logs if log_id not in listed)),
    )
