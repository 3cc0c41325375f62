"""The signing record `pkicheck/sign-record/1`: one chained line per operation, written before the signature is let go.

    with SigningRecord("signing.log", log_id="ca1/issuer", actor="issuer-1") as record:
        key = record.guard(private_key)                  # an RSA, EC or Ed25519 key of `cryptography`
        certificate = builder.sign(key, hashes.SHA256())

No record, no signature: what `key.sign` made is handed out once the line that tells of it is on disk, and never if it
is not. That is the strongest log there is of a key: each operation with the digest of what was signed, in a chain that
shows gaps, and with an anchor or a seal also the cutting off of its end.

The payload of a line (the chain around it is `pkicheck.chainlog`):

    what       "sign"; "opened", "guards" (a key), "alive", "closed"
    key        SHA-256 of the SubjectPublicKeyInfo, hex
    mechanism  the PKCS#11 name of what was done, whole message in (`CKM_ECDSA_SHA256`, `CKM_EDDSA`)
    hash       the hash, as hashlib names it; empty for a pure scheme
    digest     hex: of the message, under `hash`, or SHA-256 where the scheme is pure
    length     octets of the message; of a digest that the caller made: null
    signature  SHA-256 of the signature (ECDSA: of r||s in fixed width), hex; null when none came out
    outcome    "ok" or "failed"
    actor      who signed, as the CA calls it
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, ClassVar, Final, NoReturn, Self, TypeVar, cast

import attrs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric import utils as asymmetric
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck.canon import JsonValue, Sha256, digest, format_time
from pkicheck.chainlog import (
    ALWAYS,
    MAX_LINE,
    RECOVERY_SCHEMA,
    ChainLog,
    Head,
    Receipt,
    Record,
    SealCheck,
    SealPort,
    genesis,
    parse_record,
    seal_json,
    sealed_bytes,
)
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Evidence, Integrity, Outcome, SigningEvent, SourceReport
from pkicheck.hsmlog.readers import Base, LogName, LogReader, LogRecord

__all__ = ["SIGN_RECORD", "SigningRecord", "SigningRecordReader", "SigningRecordState"]

SIGN_RECORD: Final = "pkicheck/sign-record/1"
"""The schema of a payload."""

_MOST_KEYS: Final = 1000
_K = TypeVar("_K", bound=rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)


def _wall_clock() -> datetime:
    return datetime.now(timezone.utc)


def _hashed(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    worker = hashes.Hash(algorithm)
    worker.update(data)
    return worker.finalize()


def _name(algorithm: hashes.HashAlgorithm) -> str:
    """As hashlib writes it: `sha3_256`, `sha512_256`."""
    return algorithm.name.replace("-", "_")


@attrs.frozen
class _Told:
    """What a line says of an operation before it is done."""

    mechanism: str
    hash: str
    digest: bytes
    length: int | None


def _told(prefix: str, data: bytes, algorithm: hashes.HashAlgorithm | asymmetric.Prehashed, suffix: str) -> _Told:
    if isinstance(algorithm, asymmetric.Prehashed):
        inner = cast("Any", algorithm)._algorithm  # noqa: SLF001 - it has no public name
        return _Told(f"{prefix}{inner.name.upper().replace('-', '_')}{suffix}", _name(inner), data, None)
    name = algorithm.name.upper().replace("-", "_")
    return _Told(f"{prefix}{name}{suffix}", _name(algorithm), _hashed(data, algorithm), len(data))


class SigningRecord:
    """A signing record that is written to. A context manager; one process and its threads.

    Args:
        path: the file of the chain.
        log_id: the id of the chain, a token; one writer, one id.
        actor: who signs, as it is to stand in each line.
        clock: gives the moment of a line, an aware datetime.
        seal, seal_every: as of `ChainLog`.

    Attributes:
        chain: the log beneath: `chain.head` is the anchor to keep elsewhere.

    Raises:
        InputError: an argument is wrong.
        TransportError: the log cannot be opened or written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        log_id: str,
        actor: str = "",
        clock: Callable[[], datetime] = _wall_clock,
        seal: SealPort | None = None,
        seal_every: int = 1,
    ) -> None:
        self._actor = actor
        self.chain = ChainLog(path, log_id=log_id, fsync=ALWAYS, clock=clock, seal=seal, seal_every=seal_every)
        self._mark("opened")

    def _mark(self, what: str, key: str = "") -> Receipt:
        return self.chain.append({"what": what, "key": key, "actor": self._actor}, SIGN_RECORD)

    def alive(self) -> Receipt:
        """Say that the record is being kept, although nothing is signed: silence before this line means something."""
        return self._mark("alive")

    def close(self) -> None:
        """End the record with a line that says so."""
        try:
            self._mark("closed")
        finally:
            self.chain.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def operate(self, key: str, told: _Told, sign: Callable[[], tuple[bytes, bytes]]) -> bytes:
        """Do one operation, and write of it before its signature is given back.

        Args:
            key: SHA-256 of the SPKI in hex.
            told: what is known beforehand.
            sign: does it; gives the signature, and the form of it that is recorded.
        """
        payload: dict[str, JsonValue] = {
            "what": "sign",
            "key": key,
            "mechanism": told.mechanism,
            "hash": told.hash,
            "digest": told.digest.hex(),
            "length": told.length,
            "actor": self._actor,
        }
        done = False
        try:
            signature, recorded = sign()
            done = True
        finally:
            if not done:
                self.chain.append({**payload, "signature": None, "outcome": "failed"}, SIGN_RECORD)
        # What this raises passes through, and the signature stays here.
        self.chain.append({**payload, "signature": digest(recorded), "outcome": "ok"}, SIGN_RECORD)
        return signature

    def guard(self, key: _K) -> _K:
        """A key that signs like `key` and writes of it. It gives out no private numbers and does nothing but sign.

        The record answers for the time from the last key that it began to guard: guard all keys at the start.

        Raises:
            InputError: a key of another kind.
            TransportError: the record cannot be written.
        """
        guarded: _RsaKey | _EcKey | _EdKey
        if isinstance(key, rsa.RSAPrivateKey):
            guarded = _RsaKey(self, key)
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            guarded = _EcKey(self, key)
        elif isinstance(key, ed25519.Ed25519PrivateKey):  # pyright: ignore[reportUnnecessaryIsInstance]
            guarded = _EdKey(self, key)
        else:
            msg = f"key must be an RSA, EC or Ed25519 private key, got {type(key).__name__}"
            raise InputError(msg)
        self._mark("guards", guarded.id)
        return cast("_K", guarded)


def _only_signs(*_: object, **__: object) -> NoReturn:
    msg = "key: a key of a signing record does nothing but sign"
    raise InputError(msg)


def _id(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> Sha256:
    return digest(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


class _RsaKey(rsa.RSAPrivateKey):
    def __init__(self, record: SigningRecord, key: rsa.RSAPrivateKey) -> None:
        self._record, self._key, self.id = record, key, _id(key)

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """Its public key."""
        return self._key.public_key()

    def sign(
        self,
        data: bytes | bytearray | memoryview,
        padding: padding.AsymmetricPadding,
        algorithm: asymmetric.Prehashed | hashes.HashAlgorithm | asymmetric.NoDigestInfo,
    ) -> bytes:
        """Sign, and write of it."""
        if isinstance(algorithm, asymmetric.NoDigestInfo):
            msg = "algorithm: a block without DigestInfo cannot be recorded"
            raise InputError(msg)
        data = bytes(data)
        told = _told("CKM_", data, algorithm, "_RSA_PKCS_PSS" if padding.name == "EMSA-PSS" else "_RSA_PKCS")

        def sign() -> tuple[bytes, bytes]:
            value = self._key.sign(data, padding, algorithm)
            return value, value

        return self._record.operate(self.id, told, sign)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    decrypt = private_numbers = private_bytes = _only_signs


class _EcKey(ec.EllipticCurvePrivateKey):
    def __init__(self, record: SigningRecord, key: ec.EllipticCurvePrivateKey) -> None:
        self._record, self._key, self.id = record, key, _id(key)

    @property
    def curve(self) -> ec.EllipticCurve:
        """Its curve."""
        return self._key.curve

    @property
    def key_size(self) -> int:
        """Bits of the order of the curve."""
        return self._key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Its public key."""
        return self._key.public_key()

    def sign(
        self, data: bytes | bytearray | memoryview, signature_algorithm: ec.EllipticCurveSignatureAlgorithm
    ) -> bytes:
        """Sign, and write of it."""
        data = bytes(data)
        told = _told("CKM_ECDSA_", data, signature_algorithm.algorithm, "")
        width = (self._key.key_size + 7) // 8

        def sign() -> tuple[bytes, bytes]:
            value = self._key.sign(data, signature_algorithm)
            first, second = asymmetric.decode_dss_signature(value)
            return value, first.to_bytes(width, "big") + second.to_bytes(width, "big")

        return self._record.operate(self.id, told, sign)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    exchange = private_numbers = private_bytes = _only_signs


class _EdKey(ed25519.Ed25519PrivateKey):
    def __init__(self, record: SigningRecord, key: ed25519.Ed25519PrivateKey) -> None:
        self._record, self._key, self.id = record, key, _id(key)

    def public_key(self) -> ed25519.Ed25519PublicKey:
        """Its public key."""
        return self._key.public_key()

    def sign(self, data: bytes | bytearray | memoryview) -> bytes:
        """Sign, and write of it."""
        data = bytes(data)
        told = _Told("CKM_EDDSA", "", hashlib.sha256(data).digest(), len(data))

        def sign() -> tuple[bytes, bytes]:
            value = self._key.sign(data)
            return value, value

        return self._record.operate(self.id, told, sign)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    private_bytes = private_bytes_raw = _only_signs


# -- reading


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
