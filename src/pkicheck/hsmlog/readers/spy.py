"""The trace of pkcs11-spy (OpenSC): one block a call, in the grammar of 0.23 and before, and in that of 0.24 and later.

    block  = number ": " function LF stamp LF *line "Returned:  " code SP name
    stamp  = [ "P:" pid "; T:" [ "0x" ] tid SP ] date SP time "." millis
    line   = direction SP name " = " value / direction SP name "[" length "] " address " / " size LF dump / ...
    dump   = *( 4SP offset 2SP 16( HEX HEX SP ) SP 16ascii LF )       ; each line 80 octets

Blocks are separated by empty lines. The trace has no lock: what two threads or processes write at once is mixed, even
inside a line. A block that is not whole in itself is therefore unreadable, and says so; nothing is put together by
guessing. PINs stand in the trace in clear: nothing of a block is given out but what this module names.

A call is no operation: asking for the length is none, an initialisation is none, and a raw RSA decryption is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import ClassVar, Final

import attrs

from pkicheck.hsmlog.model import KeyAction, KeyEvent, Outcome, SigningEvent
from pkicheck.hsmlog.readers._base import Base, LogName, LogReader, LogRecord
from pkicheck.hsmlog.readers._content import content
from pkicheck.hsmlog.readers._localtime import LocalTimes
from pkicheck.hsmlog.readers._spyblock import Block, BrokenBlock, read_block, read_head
from pkicheck.hsmlog.readers._spykeys import Key, Operation, Run, Session
from pkicheck.hsmlog.readers._spyquick import quick_init, quick_sign
from pkicheck.hsmlog.readers._spyruns import Runs

__all__ = ["LARGEST_BLOCK", "SpyReader", "SpyState"]

LARGEST_BLOCK: Final = 64 * 1024 * 1024
"""No block is larger, in octets: that is room for thirteen megabytes of signed data."""

_INITS: Final = frozenset({"C_SignInit", "C_SignRecoverInit", "C_MessageSignInit", "C_DecryptInit"})
# What goes in, and what comes out.
_ONCE: Final = {
    "C_Sign": ("pData", "pSignature"),
    "C_SignRecover": ("pData", "pSignature"),
    "C_SignMessage": ("pData", "pSignature"),
    "C_Decrypt": ("pEncryptedData", "pData"),
    "C_DecryptUpdate": ("pEncryptedPart", "pPart"),
    "C_SignMessageNext": ("pData", "pSignature"),
}
_STAYS: Final = frozenset({"C_SignMessage", "C_SignMessageNext"})
_UPDATES: Final = frozenset({"C_SignUpdate", "C_SignEncryptUpdate"})
_KEYS: Final[Mapping[str, tuple[KeyAction, str]]] = {
    "C_GenerateKeyPair": ("generate", "hPrivateKey"),
    "C_CreateObject": ("import", "hObject"),
    "C_UnwrapKey": ("unwrap", "hKey"),
    "C_WrapKey": ("wrap", "hKey"),
    "C_CopyObject": ("copy", "hObject"),
    "C_DeriveKey": ("derive", "hBaseKey"),
    "C_DestroyObject": ("delete", "hObject"),
    "C_InitToken": ("reset", ""),
}
_NAMES: Final = frozenset({"C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal"})
_ATTRIBUTES: Final = frozenset({"C_GetAttributeValue", "C_SetAttributeValue"})
_SESSIONS: Final = frozenset({"C_OpenSession", "C_CloseSession", "C_CloseAllSessions", "C_Finalize"})
_WANTED: Final = frozenset({*_INITS, *_ONCE, *_UPDATES, "C_SignFinal", *_KEYS, *_NAMES, *_ATTRIBUTES, *_SESSIONS})

_OK: Final = 0
_BUFFER_TOO_SMALL: Final = 0x150
_RAW: Final = "CKM_RSA_X_509"
_BANNER: Final = b"***************"
_HASHES: Final = {
    "CKM_SHA_1": "sha1",
    "CKM_SHA224": "sha224",
    "CKM_SHA256": "sha256",
    "CKM_SHA384": "sha384",
    "CKM_SHA512": "sha512",
    "CKM_SHA3_224": "sha3_224",
    "CKM_SHA3_256": "sha3_256",
    "CKM_SHA3_384": "sha3_384",
    "CKM_SHA3_512": "sha3_512",
}


@attrs.define(kw_only=True)
class SpyState(Base):
    """What the reader remembers: the processes of the trace."""

    runs: Runs = attrs.field(factory=Runs)


def _name_of(template: Mapping[str, bytes]) -> Key:
    kind = template.get("CKA_CLASS")
    return Key(
        label=template.get("CKA_LABEL", b"").decode("utf-8", "backslashreplace"),
        identity=template.get("CKA_ID", b"").hex(),
        private=None if kind is None else kind == b"CKO_PRIVATE_KEY",
    )


def _learn(key: Key, more: Key) -> None:
    key.label = more.label or key.label
    key.identity = more.identity or key.identity
    key.private = key.private if more.private is None else more.private


class SpyReader(LogReader[SpyState]):
    """Reads a pkcs11-spy trace.

    Args:
        log: which trace.
        zone: the zone of the host that wrote it; None: no time is known.
        cursor: where an earlier reader stopped.
    """

    form: ClassVar[str] = "pkcs11-spy"
    kind: ClassVar[type[Base]] = SpyState

    def __init__(self, log: LogName, *, zone: tzinfo | None = None, cursor: bytes = b"") -> None:
        super().__init__(log, cursor=cursor)
        self._times = LocalTimes(zone)
        self.zone = self._times.name

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the trace."""
        counts = self.state.counts
        counts.octets += len(data)
        for start, piece in self.state.lines.cut(data, b"\n\n", LARGEST_BLOCK):
            if piece is None:
                counts.records += 1
                yield self._spoiled(start, f"a block of at most {LARGEST_BLOCK} octets")
                continue
            if (place := piece.find(b": C_Sign", 0, 18)) > 0:
                init = piece.startswith(b"Init\n", place + 8)
                known, event = self._quick_init(piece) if init else self._quick_sign(start, piece)
                if known:
                    counts.records += 1
                    if event is None:
                        counts.passed += 1
                    else:
                        yield event
                    continue
            yield from self._piece(start, piece, last=False)

    def finish(self) -> Iterator[LogRecord]:
        """The trace ends here. A call without its return value may have signed."""
        rest = self.state.lines.rest()
        if rest is None:
            return
        start, piece = rest
        if piece is None:
            self.state.counts.records += 1
            yield self._spoiled(start, f"a block of at most {LARGEST_BLOCK} octets")
        else:
            yield from self._piece(start, piece, last=True)

    def _quick_init(self, piece: bytes) -> tuple[bool, SigningEvent | None]:
        quick = quick_init(piece)
        run = None if quick is None else self.state.runs.quick(quick.number, quick.process)
        if quick is None or run is None:
            return False, None
        run.session(quick.session).signing = Operation(
            "C_SignInit", quick.mechanism, "", quick.key, epoch=self.state.runs.at(run)
        )
        return True, None

    def _quick_sign(self, start: int, piece: bytes) -> tuple[bool, SigningEvent | None]:
        quick = quick_sign(piece)
        run = None if quick is None else self.state.runs.quick(quick.number, quick.process)
        if quick is None or run is None:
            return False, None
        if quick.signature is None:
            self.state.counts.note("length-queries")
            run.session(quick.session)
            return True, None
        session = run.session(quick.session)
        operation, session.signing = self._current(run, session.signing), None
        block = Block(quick.number, "C_Sign", "", "", quick.second, quick.millis, 0)
        return True, self._event(run, session, block, start, operation, quick.data, quick.signature)

    def _piece(self, start: int, piece: bytes, *, last: bool) -> Iterator[LogRecord]:
        text = piece.strip(b"\n")
        if not text:
            return
        start += piece.index(text[:1])
        counts = self.state.counts
        counts.records += 1
        if text.startswith(_BANNER):
            counts.passed += 1
            counts.note("banners")
            return
        try:
            block, at = read_head(text, 0)
            wanted = block.function in _WANTED
            if b"\nReturned:  " not in text[-100:]:
                # It ends before its return value, and its last line has an end.
                text += b"\n"
            if wanted or not last:
                read_block(text, block, at, wanted=wanted)
        except BrokenBlock as broken:
            yield self._spoiled(start, str(broken))
            return
        run = self.state.runs.of(block, counts)
        if not wanted:
            counts.passed += 1
            if block.function == "C_GetTokenInfo":
                run.token_info(text)
            return
        record = self._call(run, block, start)
        if record is None:
            counts.passed += 1
        else:
            yield record

    def _spoiled(self, start: int, why: str) -> LogRecord:
        """A block that cannot be read may have been an update of any operation that is under way."""
        self.state.runs.spoil()
        return self._unreadable(start, why)

    # -- calls

    def _call(self, run: Run, block: Block, start: int) -> LogRecord | None:
        function = block.function
        if function in _SESSIONS:
            self._session(run, block)
            return None
        session = run.session(block.scalars.get("hSession", ""))
        if function in _ONCE:
            return self._once(run, session, block, start)
        if function in _INITS:
            self._begin(run, session, block)
        elif function in _UPDATES:
            self._update(run, session, block)
        elif function == "C_SignFinal":
            return self._final(run, session, block, start)
        elif function in _KEYS:
            return self._key(run, session, block, start)
        elif block.code == _OK or function == "C_GetAttributeValue":
            self._names(run, session, block)
        return None

    def _session(self, run: Run, block: Block) -> None:
        if block.code not in (_OK, None):
            return
        if block.function == "C_OpenSession":
            session = run.session(block.scalars.get("*phSession", ""))
            session.slot = block.scalars.get("slotID", "")
            session.signing = session.decrypting = session.search = None
        elif block.function == "C_CloseSession":
            run.sessions.pop(block.scalars.get("hSession", ""), None)
        elif block.function == "C_CloseAllSessions":
            slot = block.scalars.get("slotID", "")
            run.sessions = {handle: each for handle, each in run.sessions.items() if each.slot != slot}
        else:
            # C_Finalize
            self.state.runs.end(run)

    def _names(self, run: Run, session: Session, block: Block) -> None:
        if block.function == "C_FindObjectsInit":
            session.search = _name_of(block.templates.get("in pTemplate", {}))
        elif block.function == "C_FindObjectsFinal":
            session.search = None
        elif block.function == "C_FindObjects":
            for handle in block.objects:
                _learn(run.key(handle), session.search or Key())
        else:
            way = "in pTemplate" if block.function == "C_SetAttributeValue" else "out pTemplate"
            _learn(run.key(block.scalars.get("hObject", "")), _name_of(block.templates.get(way, {})))

    def _current(self, run: Run, operation: Operation | None) -> Operation | None:
        """The operation, unless calls are missing since it began: then nothing is known of it."""
        current = operation is not None and operation.epoch == self.state.runs.at(run)
        return operation if current else None

    def _begin(self, run: Run, session: Session, block: Block) -> None:
        operation = None
        if block.code in (_OK, None):
            operation = Operation(
                function=block.function,
                mechanism=block.scalars.get("pMechanism->type", ""),
                hash=_HASHES.get(block.scalars.get("pMechanism->pParameter->hashAlg", ""), ""),
                key=block.scalars.get("hKey", ""),
                epoch=self.state.runs.at(run),
            )
        else:
            self.state.counts.note("failed-initialisations")
        if block.function == "C_DecryptInit":
            session.decrypting = operation
        else:
            session.signing = operation

    def _update(self, run: Run, session: Session, block: Block) -> None:
        operation = self._current(run, session.signing)
        if operation is None:
            return
        part = block.strings.get("pPart")
        if block.code == _BUFFER_TOO_SMALL:
            return
        if part is None or block.code != _OK:
            operation.lost = True
        elif not operation.lost:
            operation.parts.append(part)
            operation.held += len(part)
            operation.lost = operation.held > LARGEST_BLOCK
        if operation.lost:
            operation.parts, operation.held = [], 0

    # -- operations

    def _once(self, run: Run, session: Session, block: Block, start: int) -> LogRecord | None:
        given, gives = _ONCE[block.function]
        signature = block.strings.get(gives)
        if block.code == _BUFFER_TOO_SMALL or (block.code == _OK and signature is None):
            self.state.counts.note("length-queries")
            return None
        decrypts = block.function.startswith("C_Decrypt")
        operation = self._current(run, session.decrypting if decrypts else session.signing)
        if block.function not in _STAYS:
            if decrypts:
                session.decrypting = None
            else:
                session.signing = None
        data = block.strings.get(given)
        if decrypts and operation is not None and operation.mechanism != _RAW:
            return self._other(run, session, block, start, operation)
        return self._event(run, session, block, start, operation, data, signature)

    def _final(self, run: Run, session: Session, block: Block, start: int) -> LogRecord | None:
        signature = block.strings.get("pSignature")
        if block.code == _BUFFER_TOO_SMALL or (block.code == _OK and signature is None):
            self.state.counts.note("length-queries")
            return None
        operation, session.signing = self._current(run, session.signing), None
        data = None if operation is None or operation.lost else b"".join(operation.parts)
        return self._event(run, session, block, start, operation, data, signature)

    def _outcome(self, block: Block) -> Outcome:
        if block.code is None:
            return "unknown"
        return "ok" if block.code == _OK else "failed"

    def _time(self, block: Block) -> tuple[datetime | None, datetime | None]:
        before = self._times.impossible
        found = self._times.at(block.second, block.millis * 1000)
        if self._times.impossible != before:
            self.state.counts.note("times-not-in-zone")
        return found

    def _event(
        self,
        run: Run,
        session: Session,
        block: Block,
        start: int,
        operation: Operation | None,
        data: bytes | None,
        signature: bytes | None,
    ) -> SigningEvent:
        self.state.counts.events += 1
        time, earliest = self._time(block)
        mechanism = "" if operation is None else operation.mechanism
        name, evidence = content(mechanism, data, signature, "" if operation is None else operation.hash)
        return SigningEvent(
            locator=self._at(start, block.number),
            uid=f"{self.log.name}:{start}",
            key="" if operation is None else run.named(operation.key),
            mechanism=mechanism or "unknown",
            outcome=self._outcome(block),
            time=time,
            earliest=earliest,
            token=run.token(session),
            process=run.name,
            hash=name,
            evidence=evidence,
            length=None if data is None else len(data),
        )

    # -- keys

    def _other(self, run: Run, session: Session, block: Block, start: int, operation: Operation) -> KeyEvent | None:
        if not operation.mechanism.startswith("CKM_RSA"):
            return None
        detail = f"{block.function} {operation.mechanism}"
        return self._key_event(run, session, block, start, "other", detail, operation.key)

    def _key(self, run: Run, session: Session, block: Block, start: int) -> KeyEvent | None:
        action, scalar = _KEYS[block.function]
        handle = next(
            (block.scalars[name] for name in (scalar, "*" + scalar, "ph" + scalar[1:]) if name in block.scalars), ""
        )
        template = block.templates.get("in pPrivateKeyTemplate") or block.templates.get("in pTemplate") or {}
        if action in ("generate", "import", "unwrap"):
            # A new object on an old handle is a new key.
            run.keys.pop(handle, None)
            if handle:
                _learn(run.key(handle), _name_of(template))
        if action == "import" and template.get("CKA_CLASS") != b"CKO_PRIVATE_KEY":
            return None
        event = self._key_event(run, session, block, start, action, block.function, handle)
        if action == "delete" and block.code == _OK:
            run.keys.pop(handle, None)
        return event

    def _key_event(
        self, run: Run, session: Session, block: Block, start: int, action: KeyAction, detail: str, handle: str
    ) -> KeyEvent:
        self.state.counts.key_events += 1
        time, earliest = self._time(block)
        return KeyEvent(
            locator=self._at(start, block.number),
            uid=f"{self.log.name}:{start}",
            key=run.named(handle),
            action=action,
            detail=detail,
            outcome=self._outcome(block),
            time=time,
            earliest=earliest,
            token=run.token(session),
            process=run.name,
        )
