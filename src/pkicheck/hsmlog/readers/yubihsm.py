"""The log store of a YubiHSM 2: entries of 32 octets, or the text of `yubihsm-shell` (`get-logs`).

    binary = unlogged-boots(2) unlogged-authentications(2) count(1) *entry          ; as GET LOG ENTRIES answers
    hex    = 4HEX 4HEX *entry LF                                                    ; the same without the count
    entry  = number(2) command(1) length(2) session-key(2) target(2) second(2) result(1) tick(4) digest(16)
    digest = SHA-256( the 16 octets before it || the digest before )[0:16]

Several answers may follow each other: each read of the store overlaps the one before it, so entries are merged by
number *and* digest. The chain has no key: whoever can write the log can make it anew. It proves something against a
digest that somebody else kept (`anchors`), and nothing else. There is no clock: an operation lies between two reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Final

import attrs

from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Integrity, KeyAction, KeyEvent, Outcome, SigningEvent, SourceReport
from pkicheck.hsmlog.readers._base import Base, LogName, LogReader, LogRecord

__all__ = ["SIGNING_COMMANDS", "YubiHsmReader", "YubiHsmState", "yubihsm_digest"]

SIGNING_COMMANDS: Final[Mapping[int, str]] = {
    0x47: "SIGN_PKCS1",
    0x55: "SIGN_PSS",
    0x56: "SIGN_ECDSA",
    0x6A: "SIGN_EDDSA",
    0x5D: "SIGN_SSH_CERTIFICATE",
    0x64: "SIGN_ATTESTATION_CERTIFICATE",
}
"""The commands that sign with a private key."""

# How many octets of the request are not the message: the key's id, and the parameters of PSS.
_BESIDE: Final = {0x47: 2, 0x55: 5, 0x56: 2, 0x6A: 2}
_RAW: Final = {0x49: "DECRYPT_PKCS1", 0x59: "DECRYPT_OAEP", 0x57: "DERIVE_ECDH"}
_KEYS: Final[Mapping[int, tuple[KeyAction, str]]] = {
    0x08: ("reset", "RESET_DEVICE"),
    0x45: ("import", "PUT_ASYMMETRIC_KEY"),
    0x46: ("generate", "GENERATE_ASYMMETRIC_KEY"),
    0x4A: ("export", "EXPORT_WRAPPED"),
    0x4B: ("import", "IMPORT_WRAPPED"),
    0x4F: ("option", "SET_OPTION"),
    0x58: ("delete", "DELETE_OBJECT"),
    0x67: ("option", "SET_LOG_INDEX"),
    0x74: ("export", "GET_RSA_WRAPPED_KEY"),
    0x75: ("import", "PUT_RSA_WRAPPED_KEY"),
    0x76: ("export", "EXPORT_RSA_WRAPPED"),
    0x77: ("import", "IMPORT_RSA_WRAPPED"),
    **{number: ("other", name) for number, name in _RAW.items()},
}
# Commands that use no private key, or none that could sign for a CA.
_HARMLESS: Final = frozenset(
    {0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x40, 0x41, 0x42, 0x43, 0x44, 0x48, 0x4C, 0x4D, 0x4E, 0x50, 0x51, 0x52, 0x53}
    | {0x54, 0x5A, 0x5B, 0x5C, 0x5E, 0x5F, 0x60, 0x61, 0x62, 0x63, 0x65, 0x66, 0x68, 0x69, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F}
    | {0x70, 0x71, 0x72, 0x73, 0x78, 0x79}
)
_MOVED: Final = frozenset({0x4A, 0x4B, 0x74, 0x75, 0x76, 0x77})
_NOBODY: Final = 0xFFFF
_ENTRY: Final = 32
_LARGEST_LINE: Final = 8 + 64 * 255
_REMEMBERED: Final = 128
_FIRST_DATA: Final = b"\x00\x01" + b"\xff" * 14

_ITEM: Final = re.compile(
    rb"item: {1,8}(\d{1,5}) -- cmd: 0x([0-9a-f]{2}) -- length: {1,8}(\d{1,5}) -- session key: 0x([0-9a-f]{4}) -- "
    rb"target key: 0x([0-9a-f]{4}) -- second key: 0x([0-9a-f]{4}) -- result: 0x([0-9a-f]{2}) -- "
    rb"tick: {1,8}(\d{1,10}) -- hash: ([0-9a-f]{32})"
)
_UNLOGGED: Final = re.compile(rb"(\d{1,5}) unlogged (boots|authentications) found")
_FOUND: Final = re.compile(rb"Found (\d{1,5}) items?|No logs to extract")
_HEX: Final = re.compile(rb"[0-9a-fA-F]{8,}")


def yubihsm_digest(entry: bytes, previous: bytes) -> bytes:
    """The digest of an entry of 32 octets (its own 16 do not matter) behind the digest of the entry before it."""
    return hashlib.sha256(entry[:16] + previous).digest()[:16]


@attrs.define(kw_only=True)
class YubiHsmState(Base):
    """What the reader remembers.

    Attributes:
        text: whether the log is text; None before its first octets.
        binary: octets of an answer or entry that is not complete.
        place: the offset at which they begin.
        left: entries that follow in the answer.
        number, digest: of the last entry; empty digest: there was none.
        met: numbers of the entries that an anchor named, by digest in hex.
        recent: digests of the last entries by number, in hex: what an overlap is compared with.
    """

    text: bool | None = None
    binary: bytes = b""
    left: int = 0
    place: int = 0
    number: int = -1
    digest: bytes = b""
    recent: dict[str, str] = attrs.field(factory=dict[str, str])
    met: dict[str, int] = attrs.field(factory=dict[str, int])


class YubiHsmReader(LogReader[YubiHsmState]):
    """Reads the log of a YubiHSM 2.

    Args:
        log: which log.
        device: the serial number of the device; identities of events hang on it. Empty: the name of the log.
        anchors: digests of entries that somebody else kept (16 octets each): the last one of an earlier run, or of a
            fresh read of the device.
        read_from, read_to: the device was read before the first of these entries, and then at `read_to`: all its
            operations lie between. UTC.
        force_audit: whether the device stops when its log is full, as its option says; None: nobody said. Without it
            the oldest entries are overwritten.
        audited: the commands that the device logs, as its option says; None: nobody said. Where a signing command is
            not among them, the silence of the log means nothing.
        cursor: where an earlier reader stopped.

    Raises:
        InputError: an anchor is no digest, or a cursor of something else.
    """

    form: ClassVar[str] = "yubihsm"
    kind: ClassVar[type[Base]] = YubiHsmState

    def __init__(
        self,
        log: LogName,
        *,
        device: str = "",
        anchors: tuple[bytes, ...] = (),
        read_from: datetime | None = None,
        read_to: datetime | None = None,
        force_audit: bool | None = None,
        audited: Collection[int] | None = None,
        cursor: bytes = b"",
    ) -> None:
        super().__init__(log, cursor=cursor)
        if any(len(anchor) != 16 for anchor in anchors):
            msg = "anchors must be digests of 16 octets"
            raise InputError(msg)
        self._device = device or log.name
        self._anchors = frozenset(anchors)
        self._from, self._to = read_from, read_to
        self._forced, self._audited = force_audit, audited

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log."""
        state = self.state
        state.counts.octets += len(data)
        if state.text is None:
            # The first octets tell: a text begins with a digit, a blank, `Found`, `No logs` or `item`.
            data = state.binary + data
            if len(data) < 3:
                state.binary = data
                return
            state.binary = b""
            state.text = all(octet in b"0123456789abcdefABCDEF \r\nunlogedFiNtr" for octet in data[:3])
        if state.text:
            for start, line in state.lines.cut(data, b"\n", _LARGEST_LINE):
                yield from self._line(start, line)
        else:
            yield from self._octets(data)

    def finish(self) -> Iterator[LogRecord]:
        """The log ends here."""
        state = self.state
        if state.text:
            rest = state.lines.rest()
            if rest is not None:
                yield from self._line(*rest)
        elif state.binary:
            state.counts.records += 1
            yield self._unreadable(state.place, "a whole entry of 32 octets")
        if state.text is not True and state.left:
            state.counts.gap("cut", state.left, "the end of the answer")

    # -- the three forms

    def _line(self, start: int, line: bytes | None) -> Iterator[LogRecord]:
        counts = self.state.counts
        text = b"" if line is None else line.strip()
        if line is not None and not text:
            return
        if match := _ITEM.fullmatch(text):
            numbers = [int(match[1]), int(match[2], 16), int(match[3]), *(int(match[at], 16) for at in (4, 5, 6, 7))]
            tick = int(match[8])
            if numbers[0] <= 0xFFFF and numbers[2] <= 0xFFFF and tick <= 0xFFFFFFFF:
                sizes = (2, 1, 2, 2, 2, 2, 1)
                body = b"".join(number.to_bytes(size, "big") for number, size in zip(numbers, sizes, strict=True))
                yield from self._entry(start, body + tick.to_bytes(4, "big") + bytes.fromhex(match[9].decode()))
                return
        elif match := _UNLOGGED.fullmatch(text):
            self._unlogged(match[2].decode(), int(match[1]))
            return
        elif match := _FOUND.fullmatch(text):
            counts.note("reads")
            return
        elif _HEX.fullmatch(text) and len(text) % 64 == 8:
            raw = bytes.fromhex(text.decode())
            counts.note("reads")
            self._unlogged("boots", int.from_bytes(raw[:2], "big"))
            self._unlogged("authentications", int.from_bytes(raw[2:4], "big"))
            for at in range(4, len(raw), _ENTRY):
                yield from self._entry(start + 2 * at, raw[at : at + _ENTRY])
            return
        counts.records += 1
        yield self._unreadable(start, "a line of yubihsm-shell")

    def _octets(self, data: bytes) -> Iterator[LogRecord]:
        state = self.state
        data = state.binary + data
        at = 0
        while len(data) - at >= (size := _ENTRY if state.left else 5):
            piece = data[at : at + size]
            place = state.place
            at += size
            # The rest is kept before anything is given out.
            state.place, state.binary = place + size, data[at:]
            if state.left:
                state.left -= 1
                yield from self._entry(place, piece)
            else:
                state.counts.note("reads")
                self._unlogged("boots", int.from_bytes(piece[:2], "big"))
                self._unlogged("authentications", int.from_bytes(piece[2:4], "big"))
                state.left = piece[4]
        state.binary = data[at:]

    def _unlogged(self, what: str, count: int) -> None:
        if count:
            self.state.counts.note(f"unlogged-{what}", count)
            self.state.counts.gap("unlogged", f"{count} {what}", f"after entry {self.state.number}")

    # -- entries

    def _entry(self, start: int, entry: bytes) -> Iterator[LogRecord]:
        state, counts = self.state, self.state.counts
        counts.records += 1
        number, digest = int.from_bytes(entry[:2], "big"), entry[16:]
        known = state.recent.get(str(number))
        if known == digest.hex():
            counts.overlaps += 1
            counts.passed += 1
            return
        fits = self._follows(number, entry)
        if known is not None and not fits:
            counts.breaks(f"entry {number}: it stands there twice with another content")
        if digest in self._anchors:
            state.met[digest.hex()] = number
        state.number, state.digest = number, digest
        state.recent.pop(str(number), None)
        state.recent[str(number)] = digest.hex()
        while len(state.recent) > _REMEMBERED:
            del state.recent[next(iter(state.recent))]
        yield from self._tell(start, number, entry)

    def _follows(self, number: int, entry: bytes) -> bool:
        """Whether the entry goes on where the last one ended; says what is wrong when it does not."""
        state, counts = self.state, self.state.counts
        if entry[:16] == _FIRST_DATA:
            # A factory reset begins a new chain from a secret.
            counts.note("factory-resets")
            return True
        if not state.digest:
            return True
        if yubihsm_digest(entry, state.digest) == entry[16:]:
            if number == (state.number + 1) & 0xFFFF:
                if number == 0:
                    counts.note("wraps-to-0")
                return True
            if state.number == 0xFFFF and number == 1:
                counts.note("wraps-to-1")
                return True
            counts.breaks(f"entry {number}: its digest follows entry {state.number}, its number does not")
            return False
        missing = (number - state.number - 1) & 0xFFFF
        if 0 < missing < 0x8000:
            counts.gap("sequence", (state.number + 1) & 0xFFFF, (number - 1) & 0xFFFF)
            # Behind a gap the chain begins anew: what it hangs on is not there.
            return False
        counts.breaks(f"entry {number}: its digest does not follow entry {state.number}")
        return False

    def _tell(self, start: int, number: int, entry: bytes) -> Iterator[LogRecord]:
        counts = self.state.counts
        command, length = entry[2], int.from_bytes(entry[3:5], "big")
        target, second = int.from_bytes(entry[7:9], "big"), int.from_bytes(entry[9:11], "big")
        result = entry[11]
        outcome: Outcome = "ok" if result == command | 0x80 else "failed"
        uid = f"{self._device}:{number}:{entry[16:].hex()}"
        if entry[:16] == _FIRST_DATA or command == 0:
            if command == 0:
                counts.note("boots")
            if entry[:16] == _FIRST_DATA:
                counts.key_events += 1
                yield self._happened(start, number, uid, "", "reset", "FACTORY_RESET", "ok")
            else:
                counts.passed += 1
        elif command in SIGNING_COMMANDS or (command not in _KEYS and command not in _HARMLESS):
            # An unknown command is taken as a use of the key.
            counts.events += 1
            beside = _BESIDE.get(command)
            yield SigningEvent(
                locator=self._at(start, number),
                uid=uid,
                key=f"0x{target:04x}",
                mechanism=SIGNING_COMMANDS.get(command, f"0x{command:02x}"),
                outcome=outcome,
                time=self._to,
                earliest=self._from if self._to is not None else None,
                token=self._device,
                length=None if beside is None or length < beside else length - beside,
            )
        elif command in _KEYS:
            action, detail = _KEYS[command]
            moved = second if command in _MOVED and second != _NOBODY else target
            counts.key_events += 1
            key = "" if moved == _NOBODY or action in ("reset", "option") else f"0x{moved:04x}"
            yield self._happened(start, number, uid, key, action, detail, outcome)
        else:
            counts.passed += 1

    def _happened(
        self, start: int, number: int, uid: str, key: str, action: KeyAction, detail: str, outcome: Outcome
    ) -> KeyEvent:
        return KeyEvent(
            locator=self._at(start, number),
            uid=uid,
            key=key,
            action=action,
            detail=detail,
            outcome=outcome,
            time=self._to,
            earliest=self._from if self._to is not None else None,
            token=self._device,
        )

    def report(self) -> SourceReport:
        """What was read. Anchored means: each anchor was met, and the last entry is one or the chain leads up to it."""
        state = self.state
        missing = {anchor for anchor in self._anchors if anchor.hex() not in state.met}
        level: Integrity = "none"
        if state.digest and not state.counts.broken:
            whole = not any(gap[0] == "sequence" for gap in state.counts.gaps)
            anchored = whole and state.digest in self._anchors and not missing
            level = "chained-anchored" if anchored else "chained-unanchored"
        self.integrity = level
        notes = [("force-audit", {None: "not said", True: "on", False: "off"}[self._forced])]
        if missing:
            notes.append(("anchors-missed", ",".join(sorted(each.hex() for each in missing))))
        silent = [] if self._audited is None else sorted(set(SIGNING_COMMANDS) - set(self._audited))
        if silent:
            notes.append(("not-audited", ",".join(SIGNING_COMMANDS[each] for each in silent)))
        base = super().report()
        return attrs.evolve(
            base,
            last=f"{state.number} {state.digest.hex()}" if state.digest else "",
            verified_by="pkicheck, against the anchors given" if level == "chained-anchored" else "",
            zone="",
            holds_signatures=not silent,
            notes=tuple(sorted((*base.notes, *notes))),
        )
