"""The audit log of AWS CloudHSM: management commands of each HSM, and no signature, ever.

    Time: 12/19/17 21:01:17.140812, usecs:1513717277140812
    Sequence No : 0x1
    Reboot counter : 0xe8
    Command Type(hex) : CN_MGMT_CMD (0x0)
    Opcode : CN_GEN_PSWD_ENC_KEY (0x1d)
    Session Handle : 0x1004001
    Response : 0:HSM Return: SUCCESS
    Log type : MINIMAL_LOG_ENTRY (0)

It has no opcode for signing. What it is good for: keys made, imported, wrapped, shared and deleted, gaps in the
numbers of the stream, reboots. A CA on CloudHSM that logs nothing at its PKCS#11 client has nothing to reconcile, and
the report of this source says so (`holds_signatures` is False): no object is ever explained by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import ClassVar, Final

import attrs

from pkicheck.hsmlog.model import KeyAction, KeyEvent
from pkicheck.hsmlog.readers._base import Base, LogReader, LogRecord

__all__ = ["CloudHsmReader", "CloudHsmState"]

_LARGEST: Final = 4096
_MOST: Final = 64
_FIELD: Final = re.compile(rb"([A-Z][\w ()]{0,40}?) ?: ?([^\n]{0,1000})")
_TIME: Final = re.compile(rb"[^,]{1,60}, usecs:(\d{1,17})")
_HEX: Final = re.compile(rb"0x([0-9a-fA-F]{1,16})")
_NAMED: Final = re.compile(rb"(\w{1,60}) \(0x[0-9a-fA-F]{1,16}\)")
_EPOCH: Final = datetime.fromtimestamp(0, timezone.utc)
_NEEDED: Final = frozenset({"Time", "Sequence No", "Opcode", "Response"})
_KEYS: Final[Mapping[str, KeyAction]] = {
    "CN_GENERATE_KEY": "generate",
    "CN_GENERATE_KEY_PAIR": "generate",
    "CN_CREATE_OBJECT": "import",
    "CN_UNWRAP_KEY": "unwrap",
    "CN_NIST_AES_WRAP": "wrap",
    "CN_WRAP_KEY": "wrap",
    "CN_EXTRACT_MASKED_OBJECT_USER": "copy",
    "CN_INSERT_MASKED_OBJECT_USER": "copy",
    "CN_MODIFY_OBJECT": "option",
    "CN_SHARE_OBJECT": "option",
    "CN_DESTROY_OBJECT": "delete",
    "CN_DELETE_KEY": "delete",
    "CN_TOMBSTONE_OBJECT": "delete",
    "CN_ZEROIZE_HSM": "reset",
    "CN_INIT_TOKEN": "reset",
    "CN_INIT_DONE": "option",
}


@attrs.define(kw_only=True)
class CloudHsmState(Base):
    """What the reader remembers: the open block, and the last number of the stream."""

    fields: dict[str, bytes] = attrs.field(factory=dict[str, bytes])
    begin: int = 0
    bad: bool = False
    sequence: int = -1
    reboots: str = ""


class CloudHsmReader(LogReader[CloudHsmState]):
    """Reads one stream (one HSM) of the audit log."""

    form: ClassVar[str] = "aws-cloudhsm"
    kind: ClassVar[type[Base]] = CloudHsmState
    holds_signatures: ClassVar[bool] = False

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log."""
        self.state.counts.octets += len(data)
        for start, line in self.state.lines.cut(data, b"\n", _LARGEST):
            yield from self._line(start, line)

    def finish(self) -> Iterator[LogRecord]:
        """The log ends here."""
        rest = self.state.lines.rest()
        if rest is not None:
            yield from self._line(*rest)
        yield from self._done()

    def _line(self, start: int, line: bytes | None) -> Iterator[LogRecord]:
        state = self.state
        if line is not None and not line.strip():
            return
        match = None if line is None else _FIELD.fullmatch(line.rstrip(b"\r "))
        if match is not None and match[1] == b"Time":
            yield from self._done()
            state.begin, state.fields = start, {"Time": match[2]}
        elif not state.fields and not state.bad:
            state.begin, state.bad = start, True
        elif match is not None and len(state.fields) < _MOST:
            state.fields[match[1].decode()] = match[2]
        else:
            state.bad = True

    def _done(self) -> Iterator[LogRecord]:
        state, counts = self.state, self.state.counts
        fields, bad = state.fields, state.bad
        state.fields, state.bad = {}, False
        if not fields and not bad:
            return
        counts.records += 1
        time = _TIME.fullmatch(fields.get("Time", b""))
        number = _HEX.fullmatch(fields.get("Sequence No", b""))
        opcode = _NAMED.fullmatch(fields.get("Opcode", b""))
        if bad or time is None or number is None or opcode is None or _NEEDED - fields.keys():
            yield self._unreadable(state.begin, "a block of an audit log of CloudHSM")
            return
        sequence = int(number[1], 16)
        reboots = fields.get("Reboot counter", b"").decode("latin-1")
        if state.reboots and reboots != state.reboots:
            counts.note("reboots")
        state.reboots = reboots
        if state.sequence >= 0 and sequence == state.sequence:
            counts.overlaps += 1
        elif sequence != state.sequence + 1:
            if sequence > state.sequence:
                counts.gap("sequence", state.sequence + 1, sequence - 1)
            else:
                counts.breaks(f"record {sequence}: it stands behind record {state.sequence}")
        state.sequence = sequence
        name = opcode[1].decode()
        action = _KEYS.get(name)
        if action is None:
            counts.passed += 1
            return
        counts.key_events += 1
        yield KeyEvent(
            locator=self._at(state.begin, sequence),
            uid=f"{self.log.name}:{sequence:x}",
            key=fields.get("Priv/Secret Key Handle", fields.get("Key Handle", b"")).decode("latin-1"),
            action=action,
            detail=name,
            outcome="ok" if fields["Response"].endswith(b"SUCCESS") else "failed",
            time=_EPOCH + timedelta(microseconds=int(time[1])),
        )
