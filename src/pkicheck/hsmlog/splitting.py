"""The first step: read a source once, and spread what is needed for matching over partitions (pure)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import attrs

from pkicheck.canon import Sha256, utc
from pkicheck.der import DerError
from pkicheck.errors import InputError
from pkicheck.hsmlog.counting import size_flag
from pkicheck.hsmlog.describe import crl_scope
from pkicheck.hsmlog.keyring import UNKNOWN, KeyRing, delegated
from pkicheck.hsmlog.ledger import CrlEntry, Ledger, Notice, Side, SourceEntry
from pkicheck.hsmlog.model import Expectation, KeyEvent, SignedObject, SigningEvent, Source, Spill, Unreadable
from pkicheck.hsmlog.rows import KINDS, NO_TIME, Flag, Row, RowWriter, Stage, micros, place
from pkicheck.hsmlog.serials import Population
from pkicheck.hsmlog.values import ecdsa_raw, is_ecdsa, length_class, message_digest
from pkicheck.pairs import precertificate_tbs
from pkicheck.policy import Policy

__all__ = ["Job", "Proofs", "record_uid", "split", "split_expectations", "uid_hash"]

_ZERO: Final = bytes(8)
_ECDSA: Final = bytes.fromhex("2a8648ce3d04")  # 1.2.840.10045.4, the arc of ECDSA signatures (RFC 5480)
_KIND_BITS: Final = {name: number << Flag.KIND for number, name in enumerate(KINDS)}
# Unreadable records that are told one by one.
_MOST_SHOWN: Final = 20


class Proofs(Protocol):
    """When all evidence of an issuance existed (the evidence log, joined by serial or by content; L10)."""

    def latest(self, *, issuer: Sha256, serial: int, tbs: Sha256) -> datetime | None:
        """The moment of the last piece of evidence (aware), None when some or all of it is missing.

        Args:
            issuer: the id of the issuer key.
            serial: the serial number.
            tbs: SHA-256 of the TBSCertificate.
        """
        ...


@attrs.frozen(kw_only=True)
class Job:
    """What a run is about. Every process that takes part in it makes an equal one.

    Attributes:
        ring: the issuer keys.
        window: [begin, end) of the time judged.
        policy: the caller's policy.
        settled: digests of the names of records that the run before has dealt with.
        first: whether there was no run before, so that the other half of what lies at the beginning may be missing.
        proofs: where the evidence of issuances is, None when it is not to be looked at.
    """

    ring: KeyRing
    window: tuple[datetime, datetime]
    policy: Policy
    settled: frozenset[bytes] = frozenset()
    first: bool = True
    proofs: Proofs | None = None

    def __attrs_post_init__(self) -> None:
        begins, ends = (utc(each, what="window") for each in self.window)
        if begins >= ends:
            msg = f"window: the end {ends.isoformat()} must lie behind the beginning {begins.isoformat()}"
            raise InputError(msg)


def uid_hash(side: Literal["event", "object"], uid: str, time: int) -> bytes:
    """What rows and cursors know a record by: 8 octets of a digest of its side, name and time.

    A log that is rotated under one name has another record at an offset: it has another time.
    """
    return hashlib.sha256(f"{side}\0{time}\0{uid}".encode("utf-8", "surrogatepass")).digest()[:8]


def record_uid(this: SigningEvent | KeyEvent | SignedObject) -> bytes:
    """`uid_hash` of a record."""
    if isinstance(this, SignedObject):
        return uid_hash("object", this.uid, micros(this.stored_at))
    return uid_hash("event", this.uid, micros(this.time))


def _key(value: bytes) -> bytes:
    return value[:32].ljust(32, b"\0")


class _Split:
    """One source, while it is read."""

    def __init__(self, job: Job, number: int, side: Side, writer: RowWriter, wants: bool) -> None:
        self._job = job
        self._ring = job.ring
        self._choices = job.policy.reconcile
        self._number = number
        self._side: Side = side
        self._writer = writer
        self._wants = wants
        begins, ends = (utc(each, what="window") for each in job.window)
        self._begins, self._ends = micros(begins), micros(ends)
        self._start = self._begins + self._choices.edge // timedelta(microseconds=1)
        self._edge = self._ends - self._choices.edge // timedelta(microseconds=1)
        self._overlap = self._ends - self._choices.overlap // timedelta(microseconds=1)
        self._tolerance = self._choices.clock_tolerance // timedelta(microseconds=1)
        self.notices: list[Notice] = []
        self.more: Counter[str] = Counter()
        self._noticed: Counter[str] = Counter()
        self.counts: Counter[tuple[str, int]] = Counter()
        self.key_events: list[tuple[int, int, int, KeyEvent]] = []
        self.latest: dict[int, int] = {}
        self.populations: dict[int, Population] = {}
        self.crls: list[CrlEntry] = []
        self.seen: set[bytes] = set()
        self.logged: set[tuple[int, int, str]] = set()
        self.weak: set[int] = set()
        self.unreadable: list[Unreadable] = []
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._sequence: tuple[int, int] | None = None

    def notice(self, what: str, side: Literal["event", "object"], uid: bytes, ordinal: int, *saw: str) -> None:
        """Something wrong with a record."""
        self._noticed[what] += 1
        if self._noticed[what] > self._choices.most:
            self.more[what] += 1
            return
        self.notices.append(Notice(what=what, side=side, uid=uid, source=self._number, ordinal=ordinal, saw=tuple(saw)))

    def _flags(self, time: int, earliest: int, uid: bytes) -> int:
        """Where a record lies in the window, and whether it is new."""
        flags = 0
        if uid in self._job.settled:
            flags = Flag.SETTLED
            self.counts["settled-before", UNKNOWN] += 1
        if time == NO_TIME:
            return flags
        if time >= self._overlap:
            self.seen.add(uid)
        if time < self._begins or (time if earliest == NO_TIME else earliest) >= self._ends:
            flags |= Flag.OUTSIDE
        elif time >= self._edge or (self._job.first and time < self._start):
            flags |= Flag.OPEN
        return flags

    def _moment(self, when: datetime | None) -> int:
        if when is not None:
            if self.first is None or when < self.first:
                self.first = when
            if self.last is None or when > self.last:
                self.last = when
        return micros(when)

    # -- operations

    def event(self, this: SigningEvent, ordinal: int) -> None:
        """Take in one operation."""
        time = self._moment(this.time)
        uid = record_uid(this)
        issuer = self._ring.named(this)
        flags = self._flags(time, micros(this.earliest), uid)
        inside = not flags & (Flag.OUTSIDE | Flag.SETTLED)
        if inside:
            self.counts["events", issuer] += 1
        self.logged.add((issuer, self._number, this.token))
        if this.locator.sequence is not None and time != NO_TIME:
            before, self._sequence = self._sequence, (this.locator.sequence, time)
            if before is not None and before[0] < this.locator.sequence and before[1] - time > self._tolerance:
                self.notice("clock-backwards", "event", uid, ordinal, f"{(before[1] - time) // 1_000_000} s")
        if this.outcome == "failed":
            if inside:
                self.counts["failed", issuer] += 1
            return
        if time != NO_TIME and time > self.latest.get(issuer, time - 1):
            self.latest[issuer] = time
        if issuer != UNKNOWN:
            self._life(issuer, this.time, "event", uid, ordinal)
        elif inside:
            self.counts["key-unknown", issuer] += 1
        flags |= Flag.UNKNOWN if this.outcome == "unknown" else 0
        stage, key, signature, grade = self._content(this, issuer)
        if stage == "counted":
            self.weak.add(issuer)
            extra = length_class(this.length)
            key = hashlib.sha256(uid + key).digest()
        else:
            extra = NO_TIME
        row = Row(key, issuer, signature, uid, time, extra, flags | grade, place(self._number, ordinal))
        self._writer.add(stage, row)

    def _content(self, this: SigningEvent, issuer: int) -> tuple[Stage, bytes, bytes, int]:
        """By what an operation is matched: stage, key, first octets of the digest of its signature, flags."""
        held = dict(reversed(this.evidence))
        raw = held.get("signature")
        if raw is not None and (is_ecdsa(this.mechanism) or self._ring.is_ecdsa(issuer)):
            raw = ecdsa_raw(raw)
        signed = held.get("signature-sha256") if raw is None else hashlib.sha256(raw).digest()
        short = _ZERO if signed is None else signed[:8]
        content = held.get("digest")
        if content is None and "message" in held:
            content = message_digest(held["message"], this.hash)
        if content is None:
            content = held.get("message-sha256")
        if content:
            return "content", _key(content), short, 0
        recovered = None if raw is None else self._ring.recover(issuer, raw)
        if recovered is not None:
            return "content", _key(recovered[1]), short, Flag.RECOVERED
        if signed is not None:
            return "signature", _key(signed), _ZERO, Flag.BARE
        prefix = held.get("signature-prefix", b"")
        # Below 16 octets a prefix proves too little.
        if len(prefix) >= 16:
            return "signature", _key(prefix[:16]), _ZERO, Flag.BARE | Flag.PREFIX
        return "counted", this.uid.encode("utf-8", "surrogatepass"), _ZERO, 0

    def _life(
        self, issuer: int, when: datetime | None, side: Literal["event", "object"], uid: bytes, ordinal: int
    ) -> None:
        """A key signs after it came to be and before it is destroyed (R032)."""
        key = self._ring.keys[issuer]
        if when is None:
            return
        if key.destroyed_at is not None and when >= key.destroyed_at and side == "event":
            self.notice("used-after-destruction", side, uid, ordinal)
        if key.created_at is not None and when < key.created_at:
            self.notice("used-before-creation", side, uid, ordinal)

    def key_event(self, this: KeyEvent, ordinal: int) -> None:
        """Take in something else that happened to a key."""
        self._moment(this.time)
        issuer = self._ring.named(this)
        uid = record_uid(this)
        flags = self._flags(micros(this.time), micros(this.earliest), uid)
        if not flags & (Flag.OUTSIDE | Flag.SETTLED) or this.action == "destroy":
            self.key_events.append((issuer, self._number, ordinal, this))

    # -- objects

    def object(self, this: SignedObject, ordinal: int) -> None:
        """Take in one object."""
        time = self._moment(this.stored_at)
        uid = record_uid(this)
        flags = Flag.OBJECT | self._flags(time, NO_TIME, uid) | _KIND_BITS[this.kind]
        inside = not flags & (Flag.OUTSIDE | Flag.SETTLED)
        if not this.tbs_digests:
            self.notice("object-without-digest", "object", uid, ordinal)
            return
        flags |= Flag.TWIN if this.attribute("twin") == "yes" else 0
        flags |= Flag.PRECERTIFICATE if this.kind == "precertificate" else 0
        flags |= Flag.SEALED if this.scts else 0
        flags |= Flag.REVOKED if this.attribute("revoked") not in {"", "no"} else 0
        flags |= size_flag(len(this.tbs_digests[0][1]))
        issuer = self._signer(this, flags, uid, ordinal)
        at = place(self._number, ordinal)
        digest = this.tbs_digests[0][1]
        if self._side == "ct":
            self._serial(Row(digest, issuer, _ZERO, uid, time, 0, flags | Flag.CT, at), this)
            return
        if issuer == _DELEGATED:
            self.counts["ocsp-delegated", UNKNOWN] += inside
            return
        if inside:
            self.counts[f"objects-{this.kind}", issuer] += 1
            self._facts(this, issuer, uid, ordinal)
        signature = _ZERO
        raw = this.signature
        if raw and not flags & Flag.TWIN:
            raw = ecdsa_raw(raw) if _ECDSA in this.algorithm[:12] else raw
            signature = hashlib.sha256(raw).digest()
        proof = NO_TIME
        if inside and issuer != UNKNOWN:
            proof = self._proof(this, issuer, uid, ordinal)
        row = Row(_key(digest), issuer, signature[:8], uid, time, proof, flags, at)
        self._writer.add("content", row)
        if signature != _ZERO and self._wants:
            self._by_signature(row, signature, raw)
        self._serial(row, this)

    def _by_signature(self, row: Row, signature: bytes, raw: bytes) -> None:
        # `signature` of these rows says where the content is matched.
        row = row._replace(signature=row.key[:8])
        for key in (signature, raw[:16]):
            self._writer.add("signature", row._replace(key=_key(key)))

    def _signer(self, this: SignedObject, flags: int, uid: bytes, ordinal: int) -> int:
        """The key of an object; what is wrong with its signature is noticed."""
        if this.kind == "blob":
            return self._ring.index.get(Sha256(this.attribute("key")), UNKNOWN)
        if flags & Flag.TWIN or self._choices.signatures == "trust":
            return self._ring.by_name(this)
        issuer = self._ring.signer(this)
        if issuer == UNKNOWN and this.kind == "ocsp" and delegated(this, self._ring) != UNKNOWN:
            return _DELEGATED
        if flags & (Flag.OUTSIDE | Flag.SETTLED):
            return issuer
        if issuer == UNKNOWN:
            known = self._ring.is_issuer(this.issuer)
            self.notice("signature-invalid" if known else "issuer-not-listed", "object", uid, ordinal)
        elif this.kind not in self._ring.keys[issuer].kinds:
            self.notice("kind-not-permitted", "object", uid, ordinal, this.kind)
        return issuer

    def _proof(self, this: SignedObject, issuer: int, uid: bytes, ordinal: int) -> int:
        """The moment by which the evidence of a certificate existed; none is noticed (R001, L10)."""
        if this.kind not in {"certificate", "precertificate"} or self._job.proofs is None or this.serial is None:
            return NO_TIME
        tbs = Sha256(hashlib.sha256(this.tbs).hexdigest())
        found = self._job.proofs.latest(issuer=self._ring.keys[issuer].id, serial=this.serial, tbs=tbs)
        if found is None:
            self.notice("evidence-missing", "object", uid, ordinal)
        return micros(found)

    def _facts(self, this: SignedObject, issuer: int, uid: bytes, ordinal: int) -> None:
        """What can be said of an object by itself."""
        if issuer != UNKNOWN and this.stored_at is not None:
            self._life(issuer, this.stored_at, "object", uid, ordinal)
        if this.kind in {"certificate", "precertificate"}:
            if self._choices.permits and not this.attribute("permit"):
                self.notice("outside-gate", "object", uid, ordinal)
            if self._choices.approvals:
                approver = this.attribute("approver")
                if not approver:
                    self.notice("approval-missing", "object", uid, ordinal)
                elif approver == this.attribute("operator"):
                    self.notice("approval-own", "object", uid, ordinal, approver)
            production = issuer != UNKNOWN and self._ring.keys[issuer].production
            if production and this.attribute("test") not in {"", "no"}:
                self.notice("test-issuance", "object", uid, ordinal)
            if this.serial is not None:
                self.populations.setdefault(issuer, Population()).add(this.serial)
        elif this.kind == "crl" and this.serial is not None:
            self.crls.append(
                CrlEntry(
                    issuer=issuer,
                    scope=crl_scope(this),
                    begins=micros(this.begins),
                    number=this.serial,
                    content=this.tbs_digests[0][1],
                    source=self._number,
                    ordinal=ordinal,
                    uid=uid,
                )
            )
        elif this.kind == "ocsp" and None not in {this.begins, this.stored_at}:
            self.counts["ocsp-presigned", issuer] += micros(this.begins) > micros(this.stored_at)

    def _serial(self, row: Row, this: SignedObject) -> None:
        """The rows of a certificate or precertificate that are matched by serial, and its rebuilt precertificate."""
        if this.kind not in {"certificate", "precertificate"} or this.serial is None:
            return
        digest = this.tbs_digests[0][1]
        essence = digest[:8]
        rebuilt = self._rebuilt(this) if this.scts else None
        if rebuilt is not None:
            essence = rebuilt[:8]
            if self._side != "ct":
                flags = (row.flags | Flag.REBUILT) & ~(Flag.TWIN | 0xFF << Flag.KIND)
                flags |= _KIND_BITS["precertificate"]
                stand_in = row._replace(key=_key(rebuilt), signature=_ZERO, flags=flags, extra=NO_TIME)
                self._writer.add("content", stand_in)
        elif this.scts and not row.flags & (Flag.OUTSIDE | Flag.SETTLED):
            # Its precertificate was signed, and cannot be looked for.
            self.notice("object-without-digest", "object", row.uid, row.offset, "precertificate")
        # Content alone tells two objects apart: a twin is the same precertificate.
        content = int.from_bytes(digest[:8], "big", signed=True)
        name = row.issuer.to_bytes(2, "big") + (b"" if row.issuer != UNKNOWN else this.issuer or b"")
        key = hashlib.sha256(name + b"\0" + f"{this.serial:x}".encode()).digest()
        self._writer.add("serial", row._replace(key=key, signature=essence, extra=content))

    def _rebuilt(self, this: SignedObject) -> bytes | None:
        """The digest of the precertificate that a certificate most likely had (RFC 6962 §3.2)."""
        try:
            found = precertificate_tbs(this.der)
        except DerError:
            return None
        return message_digest(found[0], this.hash) if found else None


_DELEGATED: Final = UNKNOWN - 1
"""Signed by a responder's own key: no operation of an issuer key is behind it."""


def split(
    source: Source[SigningEvent | KeyEvent] | Source[SignedObject],
    *,
    number: int,
    side: Side,
    job: Job,
    spill: Spill,
    wants: bool = False,
) -> Ledger:
    """Read one source to its end and spread its rows.

    Args:
        source: a log or a store.
        number: its number in the run, from 0; each source has its own.
        side: what it holds.
        job: the run.
        spill: where the rows go.
        wants: whether objects must be findable by their signatures. Operations are split first: their ledgers tell
            (`wanted`).

    Returns:
        What was counted and noticed.
    """
    writer = RowWriter(spill, job.policy.reconcile.partitions)
    this = _Split(job, number, side, writer, wants)
    for ordinal, record in enumerate(source):
        if isinstance(record, SigningEvent):
            this.event(record, ordinal)
        elif isinstance(record, SignedObject):
            this.object(record, ordinal)
        elif isinstance(record, KeyEvent):
            this.key_event(record, ordinal)
        else:
            this.counts["unreadable", UNKNOWN] += not record.certain
            if len(this.unreadable) < _MOST_SHOWN:
                this.unreadable.append(record)
    writer.flush()
    return Ledger(
        sources=(
            SourceEntry(
                number=number,
                side=side,
                report=source.report(),
                first=this.first,
                last=this.last,
                unreadable=tuple(this.unreadable),
            ),
        ),
        notices=tuple(this.notices),
        more=tuple(sorted(this.more.items())),
        counts=tuple(sorted(this.counts.items())),
        key_events=tuple(this.key_events),
        latest=tuple(sorted(this.latest.items())),
        serials=tuple(sorted(((key, each.stats()) for key, each in this.populations.items()), key=lambda one: one[0])),
        crls=tuple(this.crls),
        seen=frozenset(this.seen),
        parts=frozenset(writer.parts),
        logged=frozenset(this.logged),
        weak=frozenset(this.weak),
    )


def split_expectations(expect: Collection[Expectation], *, job: Job, spill: Spill) -> frozenset[int]:
    """Spread the announced operations whose content is known; the parts that they are in come back.

    An expectation of a count alone is no content: it is settled with what can only be counted.
    """
    writer = RowWriter(spill, job.policy.reconcile.partitions)
    flags = Flag.OBJECT | Flag.EXPECTED
    for index, each in enumerate(expect):
        issuer = job.ring.index.get(each.key)
        if issuer is None:
            msg = f"expect: {each.name[:80]!a} is about a key that is not in keys"
            raise InputError(msg)
        if each.digest:
            for number in range(each.count):
                uid = uid_hash("object", f"expectation {each.name} {each.key} {number}", NO_TIME)
                begins, ends = micros(each.begins), micros(each.ends)
                # What may still happen after the window, or was over before it, is not judged.
                judged = micros(job.window[0]) < ends <= micros(job.window[1])
                writer.add(
                    "content",
                    Row(
                        _key(each.digest),
                        issuer,
                        _ZERO,
                        uid,
                        begins,
                        ends,
                        flags if judged else flags | Flag.OUTSIDE,
                        place(0, index),
                    ),
                )
    writer.flush()
    return frozenset(writer.parts)
