"""The signing record as a source: its operations, and what its chain proves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Final, cast

import attrs

from pkicheck.canon import JsonValue, digest, format_time
from pkicheck.chainlog import (
    MAX_LINE,
    RECOVERY_SCHEMA,
    Head,
    Record,
    SealCheck,
    genesis,
    parse_record,
    seal_json,
    sealed_bytes,
)
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Evidence, Integrity, Outcome, SigningEvent, SourceReport
from pkicheck.hsmlog.readers import Base, LogName, LogReader, LogRecord
from pkicheck.signingrecord._writer import SIGN_RECORD

__all__ = ["SigningRecordReader", "SigningRecordState"]

_MOST_KEYS: Final = 1000


@attrs.define(kw_only=True)
class SigningRecordState(Base):
    """What the reader remembers.

    Attributes:
        log_id, sequence, hash: the head so far; sequence 0: nothing was read.
        seal: SHA-256 of the seal of the last record; empty: it had none.
        sealed: the last record whose seal was verified.
        anchored: the last record that an anchor named.
        opened, last: the times of the last `opened` line and of the last line, RFC 3339.
        covers: the stretches from `opened` to the last line before the next one.
        keys: the keys that are guarded.
    """

    log_id: str = ""
    sequence: int = 0
    hash: str = ""
    seal: str = ""
    sealed: int = 0
    anchored: int = 0
    opened: str = ""
    last: str = ""
    covers: list[list[str]] = attrs.field(factory=list[list[str]])
    keys: dict[str, int] = attrs.field(factory=dict[str, int])


class SigningRecordReader(LogReader[SigningRecordState]):
    """Reads a signing record, and verifies its chain on the way.

    Args:
        log: which log.
        anchors: heads that somebody else kept.
        seals: says which seals hold (`ed25519_check`).
        verified_by: whose keys these are, for the report.
        cursor: where an earlier reader stopped.
    """

    form: ClassVar[str] = "sign-record"
    kind: ClassVar[type[Base]] = SigningRecordState

    def __init__(
        self,
        log: LogName,
        *,
        anchors: tuple[Head, ...] = (),
        seals: SealCheck | None = None,
        verified_by: str = "",
        cursor: bytes = b"",
    ) -> None:
        super().__init__(log, cursor=cursor)
        self._anchors = {anchor.sequence: anchor for anchor in anchors}
        self._seals, self._verified_by = seals, verified_by

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log."""
        self.state.counts.octets += len(data)
        for start, line in self.state.lines.cut(data, b"\n", MAX_LINE):
            yield from self._line(start, line)

    def finish(self) -> Iterator[LogRecord]:
        """The log ends here. What has no line end was torn by a crash: its signature was never handed out."""
        rest = self.state.lines.rest()
        if rest is not None:
            self.state.counts.records += 1
            yield self._unreadable(rest[0], "a whole line")
        for sequence, anchor in sorted(self._anchors.items()):
            if sequence > self.state.sequence:
                self.state.counts.gap("sequence", self.state.sequence + 1, sequence)
                self.state.counts.breaks(f"the end is cut off: {anchor.sequence} records are known to exist")

    def _line(self, start: int, line: bytes | None) -> Iterator[LogRecord]:
        counts = self.state.counts
        counts.records += 1
        try:
            record = parse_record(b"" if line is None else line)
            payload = record.payload if record.schema == SIGN_RECORD else None
        except InputError:
            yield self._unreadable(start, "a record of the chain")
            counts.breaks(f"offset {start}: it is no record of a chain, or its hash does not hold")
            return
        self._chain(start, record)
        if not isinstance(payload, Mapping):
            if record.schema == RECOVERY_SCHEMA:
                counts.note("recoveries")
                counts.passed += 1
            else:
                yield self._unreadable(start, f"a payload of {SIGN_RECORD}", record.sequence)
            return
        yield from self._payload(start, record, payload)

    def _chain(self, start: int, record: Record) -> None:
        state, counts = self.state, self.state.counts
        head = record.head
        want = genesis(head.log_id) if state.sequence == 0 and head.sequence == 1 else state.hash
        if state.sequence == 0 and head.sequence > 1:
            counts.gap("sequence", 1, head.sequence - 1)
        elif head.log_id != (state.log_id or head.log_id) or head.sequence <= state.sequence:
            counts.breaks(f"offset {start}: record {head.sequence} stands behind record {state.sequence}")
        elif head.sequence != state.sequence + 1:
            counts.gap("sequence", state.sequence + 1, head.sequence - 1)
        elif record.previous != want or (record.previous_seal or "") != state.seal:
            counts.breaks(f"offset {start}: record {head.sequence} does not follow the one before it")
        state.log_id, state.sequence, state.hash = head.log_id, head.sequence, head.hash
        state.seal = "" if record.seal is None else digest(seal_json(record.seal))
        anchor = self._anchors.get(head.sequence)
        if anchor is not None:
            if anchor == head:
                state.anchored = head.sequence
            else:
                counts.breaks(f"offset {start}: record {head.sequence} is another one than its anchor says")
        if record.seal is not None and self._seals is not None:
            if self._seals(sealed_bytes(head), record.seal):
                state.sealed = head.sequence
            else:
                counts.breaks(f"offset {start}: the seal of record {head.sequence} does not hold")

    def _payload(self, start: int, record: Record, payload: Mapping[str, JsonValue]) -> Iterator[LogRecord]:
        state = self.state
        time = format_time(record.time)
        what = payload.get("what")
        if what == "opened":
            self._covered()
            state.opened = time
        state.last = time
        if what in ("opened", "guards", "alive", "closed"):
            state.counts.passed += 1
            key = payload.get("key")
            if what == "guards" and isinstance(key, str) and key not in state.keys and len(state.keys) < _MOST_KEYS:
                # Of a key that was not guarded before, nothing is known from before.
                state.keys[key] = 1
                state.opened, state.covers = time, []
            if what == "closed":
                self._covered()
                state.opened = ""
            return
        event = self._event(start, record, payload) if what == "sign" else None
        if event is None:
            yield self._unreadable(start, f"a payload of {SIGN_RECORD}", record.sequence)
            return
        state.counts.events += 1
        yield event

    def _covered(self) -> None:
        if self.state.opened:
            self.state.covers.append([self.state.opened, self.state.last])

    def _event(self, start: int, record: Record, payload: Mapping[str, JsonValue]) -> SigningEvent | None:
        texts = [payload.get(name) for name in ("key", "mechanism", "hash", "digest", "outcome")]
        signature, length = payload.get("signature"), payload.get("length")
        if not all(isinstance(each, str) for each in texts) or not isinstance(signature, str | None):
            return None
        key, mechanism, name, value, outcome = cast("list[str]", texts)
        if outcome not in ("ok", "failed") or (length is not None and type(length) is not int):
            return None
        evidence: list[Evidence] = []
        try:
            if signature is not None:
                evidence.append(("signature-sha256", bytes.fromhex(signature)))
            evidence.append(("digest" if name else "message-sha256", bytes.fromhex(value)))
        except ValueError:
            return None
        return SigningEvent(
            locator=self._at(start, record.sequence),
            uid=f"{record.head.log_id}:{record.sequence}",
            key=key,
            mechanism=mechanism,
            outcome=cast("Outcome", outcome),
            time=record.time,
            process=record.head.log_id,
            hash=name,
            evidence=tuple(evidence),
            length=length,
        )

    def report(self) -> SourceReport:
        """What was read. Sealed or anchored means: up to its last record."""
        state = self.state
        level: Integrity = "none"
        if state.sequence and not state.counts.broken:
            level = "chained-unanchored"
            if state.anchored == state.sequence:
                level = "chained-anchored"
            if state.sealed == state.sequence:
                level = "signed"
        self.integrity = level
        covers = [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in state.covers]
        if state.opened and state.last:
            covers.append((datetime.fromisoformat(state.opened), datetime.fromisoformat(state.last)))
        base = super().report()
        return attrs.evolve(
            base,
            covers=base.covers or tuple(pair for pair in covers if pair[0] < pair[1]),
            keys=base.keys or tuple(sorted(state.keys)),
            last=f"{state.log_id} {state.sequence} {state.hash}" if state.sequence else "",
            verified_by=self._verified_by if level == "signed" else "",
        )
