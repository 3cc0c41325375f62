r"""The log of p11-kit (`log-calls: yes`): a block a call, byte strings cut after about 119 characters, no time at all.

    C_Sign
      IN: hSession = S1
      IN: pData = (6) "hello\n"
     OUT: pSignature = (256) "\xA4\xEF\xD4\x16\x8D\xEE..."
    C_Sign = CKR_OK

The text may end inside an escape, and a backslash or a quotation mark in the data is not escaped: the octets are taken
up to the first place that can be read in two ways. A prefix of 16 octets or more still names an operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Final

import attrs

from pkicheck.hsmlog.model import Evidence, KeyAction, KeyEvent, Outcome, SigningEvent
from pkicheck.hsmlog.readers._base import Base, LogReader, LogRecord
from pkicheck.hsmlog.readers._content import PURE, content, hash_of

__all__ = ["P11Call", "P11KitReader", "P11KitState", "P11Operation"]

_LARGEST: Final = 64 * 1024
_LONGEST_CALL: Final = 10_000
_LONGEST_NAME: Final = 200
_MOST: Final = 100_000
_BEGIN: Final = re.compile(rb"(C_\w{1,60})")
_END: Final = re.compile(rb"(C_\w{1,60}) = (CKR_\w{1,60}|\S{1,60})")
_LINE: Final = re.compile(rb" {1,4}(?:IN|OUT): (\w{1,60}) = ([^\n]*)")
_BYTES: Final = re.compile(rb'\((\d{1,12})\) "(.*?)(\.\.\.)?"?$', re.DOTALL)
_INNER: Final = re.compile(rb"\t(mechanism|pParameter): ([^\n]*)")
_ESCAPE: Final = re.compile(rb"\\x([0-9A-F]{2})|\\([nrtvf])|([^\\]|\\(?=[^xnrtvf]))", re.DOTALL)
_CHARS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"f": b"\f"}
_SECRETS: Final = frozenset({"C_Login", "C_SetPIN", "C_InitPIN", "C_InitToken"})
_KEYS: Final[dict[str, tuple[KeyAction, str]]] = {
    "C_GenerateKeyPair": ("generate", "phPrivateKey"),
    "C_CreateObject": ("import", "phObject"),
    "C_UnwrapKey": ("unwrap", "phKey"),
    "C_WrapKey": ("wrap", "hKey"),
    "C_CopyObject": ("copy", "hObject"),
    "C_DeriveKey": ("derive", "hBaseKey"),
    "C_DestroyObject": ("delete", "hObject"),
}
_INITS: Final = frozenset({"C_SignInit", "C_SignRecoverInit", "C_DecryptInit"})
_ONCE: Final = {
    "C_Sign": ("pData", "pSignature"),
    "C_SignRecover": ("pData", "pSignature"),
    "C_Decrypt": ("pEncryptedData", "pData"),
}
# What is remembered of a call: everything else may be as long as it likes.
_KEPT: Final = frozenset({"hSession", "hKey", "pPart", "pSignature", "pData", "pEncryptedData"}) | {
    name for _, name in _KEYS.values()
}


@attrs.define
class P11Call:
    """The call that is being read."""

    function: str = ""
    start: int = 0
    lines: int = 0
    values: dict[str, bytes] = attrs.field(factory=dict[str, bytes])


@attrs.define
class P11Operation:
    """A signature under way in a session."""

    mechanism: str
    key: str
    decrypts: bool = False
    first: bytes = b""
    length: int = 0
    whole: bool = True


@attrs.define(kw_only=True)
class P11KitState(Base):
    """What the reader remembers: the open call, and the operations by session."""

    call: P11Call | None = None
    operations: dict[str, P11Operation] = attrs.field(factory=dict[str, P11Operation])
    sequence: int = 0


def _octets(text: bytes) -> tuple[int, bytes] | None:
    """The length and the leading octets of a byte string; None when it is no such, or was not given (`NULL`)."""
    match = _BYTES.fullmatch(text)
    if match is None:
        return None
    size = int(match[1])
    found, at = bytearray(), 0
    shown = match[2]
    while at < len(shown) and len(found) < size:
        escape = _ESCAPE.match(shown, at)
        if escape is None:
            break
        if escape[1]:
            found.append(int(escape[1], 16))
        else:
            found += _CHARS[escape[2]] if escape[2] else escape[3]
        at = escape.end()
    return size, bytes(found)


class P11KitReader(LogReader[P11KitState]):
    """Reads a p11-kit log. It knows neither times nor processes: `covers` of the `LogName` is all there is."""

    form: ClassVar[str] = "p11-kit"
    kind: ClassVar[type[Base]] = P11KitState
    zone = ""

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log."""
        self.state.counts.octets += len(data)
        for start, line in self.state.lines.cut(data, b"\n", _LARGEST):
            yield from self._line(start, line)

    def finish(self) -> Iterator[LogRecord]:
        """The log ends here. A call without its result may have signed."""
        rest = self.state.lines.rest()
        if rest is not None:
            yield from self._line(*rest)
        call, self.state.call = self.state.call, None
        if call is not None:
            yield from self._done(call, None)

    def _line(self, start: int, line: bytes | None) -> Iterator[LogRecord]:
        call = self.state.call
        if line is not None and not line.strip():
            return
        if line is not None and (match := _END.fullmatch(line)):
            if call is not None and call.function == match[1].decode():
                self.state.call = None
                yield from self._done(call, match[2].decode("latin-1"))
                return
        elif line is not None and (match := _BEGIN.fullmatch(line)):
            if call is not None:
                # Two calls at once: their lines cannot be told apart any more.
                self.state.counts.records += 1
                yield self._unreadable(call.start, f"the result of {call.function}")
            self.state.call = P11Call(function=match[1].decode(), start=start)
            return
        elif call is not None and line is not None and (match := _LINE.fullmatch(line)) and call.lines < _LONGEST_CALL:
            call.lines += 1
            name = match[1].decode()
            if name in _KEPT and call.function not in _SECRETS:
                call.values[name] = match[2]
            return
        elif call is not None and line is not None and line.startswith((b"  ", b"\t")) and call.lines < _LONGEST_CALL:
            # The inside of a structure.
            call.lines += 1
            if match := _INNER.fullmatch(line):
                call.values[match[1].decode()] = match[2]
            return
        self.state.counts.records += 1
        yield self._unreadable(start, "a line of a call")

    def _done(self, call: P11Call, result: str | None) -> Iterator[LogRecord]:
        counts = self.state.counts
        counts.records += 1
        self.state.sequence += 1
        session = call.values.get("hSession", b"").decode("latin-1")[:_LONGEST_NAME]
        record: LogRecord | None = None
        if call.function in _INITS:
            self._begin(call, session, result)
        elif call.function in _ONCE:
            record = self._once(call, session, result)
        elif call.function == "C_SignUpdate":
            self._update(call, session, result)
        elif call.function == "C_SignFinal":
            record = self._final(call, session, result)
        elif call.function in _KEYS:
            record = self._key(call, result)
        elif call.function in ("C_CloseSession", "C_CloseAllSessions", "C_Finalize"):
            gone = [session] if call.function == "C_CloseSession" else list(self.state.operations)
            for each in gone:
                self.state.operations.pop(each, None)
        if record is None:
            counts.passed += 1
        else:
            yield record

    def _begin(self, call: P11Call, session: str, result: str | None) -> None:
        self.state.operations.pop(session, None)
        if result not in ("CKR_OK", None):
            self.state.counts.note("failed-initialisations")
            return
        if len(self.state.operations) >= _MOST:
            del self.state.operations[next(iter(self.state.operations))]
        self.state.operations[session] = P11Operation(
            mechanism=call.values.get("mechanism", b"").decode("latin-1")[:_LONGEST_NAME],
            key=call.values.get("hKey", b"").decode("latin-1")[:_LONGEST_NAME],
            decrypts=call.function == "C_DecryptInit",
        )

    def _update(self, call: P11Call, session: str, result: str | None) -> None:
        operation = self.state.operations.get(session)
        part = _octets(call.values.get("pPart", b""))
        if operation is None:
            return
        if part is None or result != "CKR_OK":
            operation.whole = False
            operation.first = b""
            return
        if operation.whole:
            operation.first += part[1]
            operation.whole = len(part[1]) == part[0] and len(operation.first) < _LARGEST
        operation.length += part[0]

    def _queries(self, call: P11Call, gives: str, result: str | None) -> bool:
        if result == "CKR_BUFFER_TOO_SMALL" or (result == "CKR_OK" and _octets(call.values.get(gives, b"")) is None):
            self.state.counts.note("length-queries")
            return True
        return False

    def _once(self, call: P11Call, session: str, result: str | None) -> LogRecord | None:
        given, gives = _ONCE[call.function]
        if self._queries(call, gives, result):
            return None
        operation = self.state.operations.pop(session, None)
        if operation is not None and operation.decrypts and operation.mechanism != "CKM_RSA_X_509":
            if not operation.mechanism.startswith("CKM_RSA"):
                return None
            return self._key_event(call, "other", f"C_Decrypt {operation.mechanism}", operation.key, result)
        return self._event(call, operation, _octets(call.values.get(given, b"")), gives, result)

    def _final(self, call: P11Call, session: str, result: str | None) -> LogRecord | None:
        if self._queries(call, "pSignature", result):
            return None
        operation = self.state.operations.pop(session, None)
        data = None
        if operation is not None and (operation.whole or operation.first):
            data = operation.length, operation.first
        return self._event(call, operation, data, "pSignature", result)

    def _outcome(self, result: str | None) -> Outcome:
        return "unknown" if result is None else "ok" if result == "CKR_OK" else "failed"

    def _event(
        self,
        call: P11Call,
        operation: P11Operation | None,
        data: tuple[int, bytes] | None,
        gives: str,
        result: str | None,
    ) -> SigningEvent:
        self.state.counts.events += 1
        mechanism = "" if operation is None else operation.mechanism
        signature = _octets(call.values.get(gives, b""))
        name, evidence = "", list[Evidence]()
        if signature is not None and signature[1]:
            whole = len(signature[1]) == signature[0]
            evidence.append(("signature" if whole else "signature-prefix", signature[1]))
        if data is not None and len(data[1]) == data[0]:
            name, more = content(mechanism, data[1], None, "")
            evidence += more
        elif data is not None and data[1] and (mechanism in PURE or hash_of(mechanism)):
            # (of a digest that the caller gave, a prefix says nothing about the message)
            evidence.append(("message-prefix", data[1]))
        return SigningEvent(
            locator=self._at(call.start, self.state.sequence),
            uid=f"{self.log.name}:{call.start}",
            key="" if operation is None else operation.key,
            mechanism=mechanism or "unknown",
            outcome=self._outcome(result),
            hash=name,
            evidence=tuple(evidence),
            length=None if data is None else data[0],
        )

    def _key(self, call: P11Call, result: str | None) -> KeyEvent:
        action, value = _KEYS[call.function]
        # (a handle that comes out stands behind its address: `0x7FFD7658BFC8 = H3`)
        handle = call.values.get(value, b"").rpartition(b" = ")[2].decode("latin-1")[:_LONGEST_NAME]
        return self._key_event(call, action, call.function, handle, result)

    def _key_event(self, call: P11Call, action: KeyAction, detail: str, key: str, result: str | None) -> KeyEvent:
        self.state.counts.key_events += 1
        return KeyEvent(
            locator=self._at(call.start, self.state.sequence),
            uid=f"{self.log.name}:{call.start}",
            key=key,
            action=action,
            detail=detail,
            outcome=self._outcome(result),
        )
