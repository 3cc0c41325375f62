"""The words of reconciliation: signing operations, signed objects, and what each source is worth.

A reader of a log is a `Source` of `SigningEvent`, `KeyEvent` and `Unreadable`; a reader of a store is a `Source` of
`SignedObject` and `Unreadable`. Both are pure over the bytes that an edge hands in, stream in bounded memory, never
drop a record, and say in `report()` what they cover and how far their records can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, get_args

import attrs

from pkicheck.canon import Sha256, utc
from pkicheck.errors import InputError
from pkicheck.issuerkey import ObjectKind

__all__ = [
    "INTEGRITY",
    "Evidence",
    "EvidenceKind",
    "Expectation",
    "Gap",
    "Integrity",
    "KeyAction",
    "KeyEvent",
    "Locator",
    "Outcome",
    "SignedObject",
    "SigningEvent",
    "Source",
    "SourceReport",
    "Spill",
    "Unreadable",
]

EvidenceKind: TypeAlias = Literal[
    "signature", "signature-sha256", "signature-prefix", "digest", "message", "message-sha256", "message-prefix"
]
"""What a log says of the content of an operation.

`signature`: the whole value as the log has it (PKCS#11: r||s for ECDSA). `signature-sha256`: SHA-256 of that value.
`signature-prefix`, `message-prefix`: their first octets. `digest`: the digest that was signed, made by `hash`.
`message`: all that was signed. `message-sha256`: SHA-256 of it, where a pure scheme has no digest (EdDSA, ML-DSA).
"""

Evidence: TypeAlias = tuple[EvidenceKind, bytes]

Outcome: TypeAlias = Literal["ok", "failed", "unknown"]
"""`unknown`: begun, and nothing says how it ended: an object may exist."""

KeyAction: TypeAlias = Literal[
    "generate", "import", "export", "wrap", "unwrap", "copy", "derive", "delete", "destroy", "reset", "option", "other"
]
"""What happened to a key apart from signing. `destroy` is the last copy's end; `delete` that of one object.
`reset` and `option` concern the device: everything erased, or what is logged was changed."""

Integrity: TypeAlias = Literal["none", "accident", "chained-unanchored", "chained-anchored", "mac", "signed"]
"""How far the records of a source are protected, weakest first. `accident`: a checksum (CRC). `chained-unanchored`: a
chain that is consistent in itself and could have been made anew. `chained-anchored`: a chain whose head somebody else
keeps. `mac`, `signed`: verified, and `SourceReport.verified_by` says by whom."""

INTEGRITY: Final[Mapping[str, int]] = MappingProxyType({name: rank for rank, name in enumerate(get_args(Integrity))})
"""The rank of each level, the weakest 0."""


def _moment(value: datetime | None) -> datetime | None:
    return None if value is None else utc(value, what="time")


def _one_of(allowed: frozenset[str]) -> Callable[[Any, Any, Any], None]:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in allowed:
            msg = f"{attribute.name} must be one of {', '.join(sorted(allowed))}, got {value!a}"
            raise InputError(msg)

    return check


_OUTCOME: Final = _one_of(frozenset(get_args(Outcome)))
_ACTION: Final = _one_of(frozenset(get_args(KeyAction)))


@attrs.frozen(kw_only=True)
class Locator:
    """Where a record stands.

    Attributes:
        source: SHA-256 of the input as it was read (of a compressed file: of the file as it lies there).
        offset: the octet at which the record begins, in what was read (unpacked); of rows: the row, from 0.
        sequence: the number that the log itself gives the record.
    """

    source: Sha256
    offset: int
    sequence: int | None = None


@attrs.frozen(kw_only=True)
class Unreadable:
    """A record, or a stretch of them, that could not be read: counted and located, never dropped.

    Attributes:
        locator: where it begins.
        why: what was expected, without any of its content (it may hold a PIN).
        certain: whether it can be said that it holds no signing operation: then it lowers no coverage.
    """

    locator: Locator
    why: str
    certain: bool = False


@attrs.frozen(kw_only=True)
class SigningEvent:
    """One operation of a private key, as a log tells it.

    Attributes:
        locator: where it stands.
        uid: what names this operation in whatever file it stands: the log's own event id, or the device and its
            number, or the name of the log and the offset. Two records with one uid are one operation; two operations
            with equal content are two (RSA v1.5 and Ed25519 repeat themselves).
        time: when (UTC); None: not known.
        earliest: when only an interval is known: it lies in (earliest, time].
        key: how the log names the key; the key's id (SHA-256 of its SPKI in hex) where that is known.
        token, process: where that name holds (`KeyAlias`).
        mechanism: the PKCS#11 mechanism (`CKM_ECDSA`), or the source's own name of it.
        hash: the hash behind `digest`, as hashlib names it (`sha256`); empty: not known.
        outcome: whether a signature came out.
        evidence: what is known of the content; empty: nothing (then only counting is possible).
        length: how many octets the operation was given, where the log says so.
    """

    locator: Locator
    uid: str
    key: str
    mechanism: str
    outcome: Outcome = attrs.field(validator=_OUTCOME)
    time: datetime | None = attrs.field(default=None, converter=_moment)
    earliest: datetime | None = attrs.field(default=None, converter=_moment)
    token: str = ""
    process: str = ""
    hash: str = ""
    evidence: tuple[Evidence, ...] = ()
    length: int | None = None


@attrs.frozen(kw_only=True)
class KeyEvent:
    """Something that happened to a key, or to the device that holds it, other than signing.

    Attributes:
        locator, uid, time, earliest, key, token, process, outcome: as in `SigningEvent`.
        action: what happened.
        detail: the log's own name of it (`C_WrapKey`, `CN_WRAP_KEY`, `0x4a`).
        witnesses: who witnessed it, where the source says so (R092).
        document: SHA-256 of the minutes, where the source says so.
    """

    locator: Locator
    uid: str
    key: str
    action: KeyAction = attrs.field(validator=_ACTION)
    detail: str = ""
    outcome: Outcome = "ok"
    time: datetime | None = attrs.field(default=None, converter=_moment)
    earliest: datetime | None = attrs.field(default=None, converter=_moment)
    token: str = ""
    process: str = ""
    witnesses: tuple[str, ...] = ()
    document: Sha256 | None = None


@attrs.frozen(kw_only=True)
class SignedObject:
    """One object that carries a signature of a CA key.

    Attributes:
        locator: where it stands.
        uid: what names this copy of the object in its store: the store's own id, or the name of the store and the
            offset. Two copies in two places have two.
        kind: what it is.
        der: the object as it stands; of a blob, what was declared.
        tbs: the octets that were signed, sliced from `der` (of signed attributes: with the tag of a SET).
        algorithm: its AlgorithmIdentifier as DER; empty for a blob.
        hash: the hash of that algorithm, as hashlib names it; empty for a pure scheme (EdDSA, ML-DSA).
        tbs_digests: algorithm and digest of `tbs`: first under its own hash (`sha256` where the scheme is pure), then
            under others of the same length, which only count as marked second tries.
        signature: the value as it stands (ECDSA: DER).
        issuer: the issuer's name as DER, where the object has one.
        serial: the serial number of a certificate or precertificate; of a CRL its number.
        begins, ends: notBefore and notAfter; thisUpdate and nextUpdate. `begins` is no signing time.
        scts: whether a certificate carries a list of SCTs, so that a precertificate was signed before it.
        stored_at: when the store took it in (UTC).
        attributes: what the store says beside it, by name: `permit`, `approver`, `operator`, `platform`, `order`;
            `test` (issued to try something out); `revoked` (`yes` or a time, `no`); `twin` (`yes`: the store keeps a
            copy with another signature, as boulder does with precertificates: it matches by its content only).
    """

    locator: Locator
    uid: str
    kind: ObjectKind
    der: bytes
    tbs: bytes
    algorithm: bytes = b""
    hash: str = ""
    tbs_digests: tuple[tuple[str, bytes], ...] = ()
    signature: bytes = b""
    issuer: bytes | None = None
    serial: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    scts: bool = False
    stored_at: datetime | None = attrs.field(default=None, converter=_moment)
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str:
        """What the store says under this name; empty when it says nothing."""
        return next((value for key, value in self.attributes if key == name), "")


def _begins(value: datetime) -> datetime:
    return utc(value, what="expectation: begins")


def _ends(value: datetime) -> datetime:
    return utc(value, what="expectation: ends")


@attrs.frozen(kw_only=True)
class Expectation:
    """Operations announced beforehand that leave no object in a store: ceremony scripts, self-tests (R025).

    Either `digest` names the one content, or `count` says exactly how many there are in the window.

    Attributes:
        name: what it is called in reports.
        key: the id of the key.
        begins, ends: the window [begins, ends) in which it may happen.
        hash, digest: the digest of the message and its algorithm.
        count: how many operations, exactly.
    """

    name: str
    key: Sha256
    begins: datetime = attrs.field(converter=_begins)
    ends: datetime = attrs.field(converter=_ends)
    hash: str = ""
    digest: bytes = b""
    count: int = 1

    def __attrs_post_init__(self) -> None:
        if not self.name or self.ends <= self.begins or self.count < 1:
            msg = (
                f"expectation {self.name[:80]!a}: it needs a name, a count of 1 or more, and a window that is not empty"
            )
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class Gap:
    """Records that are missing: numbers first to last (both missing), or a stretch of time without records.

    Attributes:
        why: `sequence`, `time`, `unlogged` (the device admits it), `digest-file`, ...
        first, last: the missing numbers, as texts; or RFC 3339 times.
    """

    why: str
    first: str
    last: str


@attrs.frozen(kw_only=True)
class SourceReport:
    """What one source is worth, said after it was read to its end.

    Attributes:
        source: SHA-256 of the input as read.
        name: the name of the input, as the caller calls it.
        format: the grammar it was read by (`pkcs11-spy`, `yubihsm-binary`, `der-folder`, ...).
        octets, records: how much was read; records that are no operation count too.
        events: how many operations or objects were given out.
        unreadable: how many records could not be read.
        integrity: how far the records are protected.
        verified_by: who verified a MAC, a signature or an anchor.
        broken: where the protection does not hold: the first wrong record of each break. Not empty: tampering.
        holds_signatures: False where the format never tells of signing (AWS CloudHSM, SoftHSM): silence means nothing.
        gaps: what is missing.
        overlaps: how many records stood there more than once.
        keys: names of the keys that it covers, as the log calls them; empty: all of its tokens.
        covers: the stretches [from, to) of time that it answers for, by its own account (a signing record with marks,
            hourly digest files) or by that of the caller, whom a reader has to let say it. A log without any covers
            nothing: its silence means nothing.
        zone: the offset or zone by which its local times were read; `UTC` when the log says so itself.
        last: the last sequence number, digest or position: the anchor of the next run.
        notes: anything else to say, as texts by name.
    """

    source: Sha256
    name: str
    format: str
    octets: int = 0
    records: int = 0
    events: int = 0
    unreadable: int = 0
    integrity: Integrity = "none"
    verified_by: str = ""
    broken: tuple[str, ...] = ()
    holds_signatures: bool = True
    gaps: tuple[Gap, ...] = ()
    overlaps: int = 0
    keys: tuple[str, ...] = ()
    covers: tuple[tuple[datetime, datetime], ...] = ()
    zone: str = "UTC"
    last: str = ""
    notes: tuple[tuple[str, str], ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.integrity not in INTEGRITY:
            msg = f"integrity must be one of {', '.join(INTEGRITY)}, got {self.integrity!a}"
            raise InputError(msg)


T_co = TypeVar("T_co", covariant=True)


class Source(Protocol[T_co]):
    """A log or a store, read record by record.

    Iterating begins anew each time: the first pass matches, a second one looks at the exceptions only. `report` tells
    of the last complete pass; before there was one it says so by `InputError`.
    """

    def __iter__(self) -> Iterator[T_co | Unreadable]:
        """The records in their order."""
        ...

    def report(self) -> SourceReport:
        """What the source covers and how far it can be trusted.

        Raises:
            InputError: it was not read to its end.
        """
        ...


class Spill(Protocol):
    """Where the partitions of packed rows live: memory by default, files at the edge."""

    def append(self, partition: int, rows: bytes) -> None:
        """Add whole rows to a partition."""
        ...

    def read(self, partition: int) -> Iterable[bytes]:
        """What was added to a partition, in any pieces; nothing when nothing was added."""
        ...
