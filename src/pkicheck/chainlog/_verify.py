"""Walk a chain once, with bounded memory, and report. Pure: bytes in, a report out, no exception for any bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from hashlib import sha256

from pkicheck.canon import Sha256
from pkicheck.chainlog._damage import Damage, FirstBad, Place, Suspect
from pkicheck.chainlog._record import RawRecord, read_seal, slice_line, split_lines
from pkicheck.chainlog._report import ChainReport, Torn
from pkicheck.chainlog._values import Head, SealCheck, check_token, genesis, sealed_bytes
from pkicheck.errors import InputError

__all__ = ["Walk", "verify", "verify_parts"]

# A copy further back than this cannot be told from a forgery: it is still found, and called inserted.
_REMEMBERED = 16384


def _log_of(log_id: str | None, start: Head | None, head: Head | None) -> str | None:
    given = {anchor.log_id for anchor in (start, head) if anchor is not None}
    if log_id is not None:
        given.add(check_token(log_id, what="log_id"))
    if len(given) > 1:
        msg = f"log_id, start and head must name one log, got {', '.join(sorted(given))}"
        raise InputError(msg)
    if start is not None and head is not None and start.sequence == head.sequence and start.hash != head.hash:
        msg = f"start and head disagree about record {start.sequence}"
        raise InputError(msg)
    return next(iter(given), None)


class Walk:
    """One pass over a chain: `part` begins a file, `line` and `torn` take what is in it, `report` ends the pass.

    Args:
        log_id, start, head, seals, reaches: as in `verify`.
        anywhere: believe the number and the link of the first record. For a writer that goes on with the last file of
            a log; what comes before that file it does not judge.
    """

    def __init__(
        self,
        *,
        log_id: str | None = None,
        start: Head | None = None,
        head: Head | None = None,
        seals: SealCheck | None = None,
        reaches: int | None = None,
        anywhere: bool = False,
    ) -> None:
        log = _log_of(log_id, start, head)
        if reaches is not None and (type(reaches) is not int or reaches < 1):
            msg = f"reaches must be the number of a record, 1 or more, got {reaches!a:.40}"
            raise InputError(msg)
        begin = start or (None if log is None else Head.empty(log))
        self._log = None if log is None else log.encode()
        self._sequence = 1 if begin is None else begin.sequence + 1
        self._previous = b"" if begin is None else begin.hash.encode()
        self._previous_seal: bytes | None = None
        # What sealed the record before a given start is not known, so the first link to it cannot be judged.
        self._seal_known = self._sequence == 1
        self._head, self._seals, self._anywhere = head, seals, anywhere
        self._reaches = max(reaches or 0, 0 if head is None else head.sequence)
        self._records = self._withheld = self._sealed = self._checked = self._backwards = self._covered = 0
        self._first_time = self._last_time = b""
        self._earlier: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._good: RawRecord | None = None
        self._good_at = ("", 0, 1, 0)
        self._suspect: Suspect | None = None
        self._bad: FirstBad | None = None
        self._torn: Torn | None = None
        self._file, self._before = "", ""
        self._index, self._line, self._end = 0, 1, 0
        self.head_met = False

    @property
    def good(self) -> RawRecord | None:
        """The last record that fits."""
        return self._good

    def part(self, name: str) -> None:
        """Begin a file; an empty name is an unnamed stream."""
        self._before, self._file = self._file, name
        self._line, self._end = 1, 0

    def line(self, offset: int, size: int, line: bytes | None) -> None:
        """Take a whole line at `offset` of the part, `size` bytes without its line feed; None when it is too long."""
        if self._torn is not None:
            self._settle_torn()
        self._take((self._file, self._index, self._line, offset), None if line is None else slice_line(line))
        self._index += 1
        self._line += 1
        self._end = offset + size + 1

    def torn(self, offset: int, size: int) -> None:
        """Take what follows the last line feed of the part."""
        self._settle_torn()
        self._torn = Torn(Place(self._file, self._index, self._line, offset), size)
        self._index += 1

    def _settle_torn(self) -> None:
        """Only the end of the last file can be torn by a crash. Where something follows, it is a line that is none."""
        if self._torn is not None:
            place, self._torn = self._torn.place, None
            self._take((place.file, place.index, place.line, place.offset), None)

    def _take(self, at: tuple[str, int, int, int], raw: RawRecord | None) -> None:
        if raw is not None:
            self._records += 1
            self._withheld += raw.payload is None
            self._sealed += raw.seal is not None
        if self._suspect is not None:
            self._suspect.look(raw)
        elif self._bad is not None:
            return
        elif raw is not None and raw.holds:
            if self._good is None:
                self._adopt(raw)
            if (
                raw.sequence == self._sequence
                and raw.previous == self._previous
                and raw.log == self._log
                and (raw.previous_seal == self._previous_seal or not self._seal_known)
            ):
                self._accept(at, raw)
            else:
                self._doubt(at, raw)
        else:
            self._doubt(at, raw)

    def _adopt(self, first: RawRecord) -> None:
        """Learn from the first record what nobody has told: the log, and for a writer the place in it."""
        if self._log is None:
            self._log = first.log
            self._previous = genesis(first.log.decode()).encode()
        if self._anywhere:
            self._sequence, self._previous, self._seal_known = first.sequence, first.previous, False

    def _doubt(self, at: tuple[str, int, int, int], raw: RawRecord | None) -> None:
        self._suspect = Suspect(
            raw,
            Place(*at),
            good=None if self._good is None else (self._good, Place(*self._good_at)),
            log=self._log or b"",
            sequence=self._sequence,
            previous=self._previous,
            earlier=self._earlier,
            between=self._before if self._file and at[2] == 1 else None,
        )

    def _accept(self, at: tuple[str, int, int, int], raw: RawRecord) -> None:
        head = self._head
        if raw.seal is not None and self._seals is not None:
            state = Head(raw.log.decode(), raw.sequence, Sha256(raw.hash.decode()))
            seal = read_seal(raw.seal)
            if not self._seals(sealed_bytes(state), seal):
                saw = f"a seal by {seal.algorithm} key {seal.key}"
                place = Place(*at)
                self._bad = FirstBad(
                    damage=Damage.SEAL, place=place, sequence=raw.sequence, expected="a seal that holds", saw=saw
                )
                return
            self._checked += 1
            self._covered = raw.sequence
        if head is not None and head.sequence == raw.sequence:
            own = raw.hash.decode()
            if head.hash != own:
                place = Place(*at)
                self._bad = FirstBad(
                    damage=Damage.RECHAINED, place=place, sequence=raw.sequence, expected=f"hash {head.hash}", saw=own
                )
                return
            self.head_met = True
            self._covered = raw.sequence
        self._backwards += raw.time < self._last_time
        self._first_time = self._first_time or raw.time
        self._last_time = raw.time
        self._earlier.append(raw.hash)
        self._good, self._good_at = raw, at
        self._sequence, self._previous, self._seal_known = raw.sequence + 1, raw.hash, True
        self._previous_seal = None if raw.seal is None else sha256(raw.seal).hexdigest().encode()

    def report(self) -> ChainReport:
        """What was found. The walk is over."""
        good, bad = self._good, self._bad
        if self._suspect is not None:
            bad = self._suspect.told()
        reached = self._sequence - 1 >= self._reaches
        if bad is None and not reached:
            bad = FirstBad(
                damage=Damage.TRUNCATED,
                place=Place(self._file, self._index, self._line, self._end),
                sequence=self._sequence,
                missing=(self._sequence, self._reaches),
                expected=f"number {self._reaches}",
                saw=f"the end after number {self._sequence - 1}",
            )
        return ChainReport(
            log_id=None if self._log is None else self._log.decode(),
            records=self._records,
            withheld=self._withheld,
            sealed=self._sealed,
            seals_checked=self._checked,
            backwards=self._backwards,
            first_time=self._first_time.decode(),
            last_time=self._last_time.decode(),
            last=None if good is None else Head(good.log.decode(), good.sequence, Sha256(good.hash.decode())),
            covered=self._covered,
            reached=reached and self._reaches > 0,
            first_bad=bad,
            torn=self._torn,
        )


def verify_parts(
    parts: Iterable[tuple[str, Iterable[bytes]]],
    *,
    log_id: str | None = None,
    start: Head | None = None,
    head: Head | None = None,
    seals: SealCheck | None = None,
    reaches: int | None = None,
    until_head: bool = False,
) -> ChainReport:
    """As `verify`, for a log that lies in several files: each with its name and its bytes, in the order of the log.

    A torn end is a crash only in the last file that holds anything; anywhere else it is a broken chain.
    """
    if until_head and head is None:
        msg = "until_head needs a head"
        raise InputError(msg)
    walk = Walk(log_id=log_id, start=start, head=head, seals=seals, reaches=reaches)
    for name, chunks in parts:
        walk.part(name)
        for offset, size, line, whole in split_lines(chunks):
            if whole:
                walk.line(offset, size, line)
            else:
                walk.torn(offset, size)
            if until_head and walk.head_met:
                return walk.report()
    return walk.report()


def verify(
    chunks: Iterable[bytes],
    *,
    log_id: str | None = None,
    start: Head | None = None,
    head: Head | None = None,
    seals: SealCheck | None = None,
    reaches: int | None = None,
    until_head: bool = False,
) -> ChainReport:
    """Read a log once and say whether its chain holds, where it breaks first and what happened there.

    Args:
        chunks: the bytes of the log in any cut: lines with their line feeds, blocks, one piece. One line of
            `MAX_LINE` bytes is held at most.
        log_id: the log it must be; None: the log that `start`, `head` or else the first record names.
        start: the state before the first record, when earlier files are not read; None: the log begins here.
        head: a state that this log is known to have reached, kept outside of it.
        seals: checks a seal (`ed25519_check`). When given, every seal must hold. None: seals are counted only.
        reaches: the number of a record that is known to exist, for a sealed log without a head at hand.
        until_head: judge the log up to `head` and read no further.

    Returns:
        the report. Any bytes give one.

    Raises:
        InputError: an argument is wrong: `chunks` holds something else than bytes, `log_id` is no token, `start` and
            `head` contradict each other, `reaches` is below 1, `until_head` without `head`.
    """
    parts = [("", chunks)]
    return verify_parts(
        parts, log_id=log_id, start=start, head=head, seals=seals, reaches=reaches, until_head=until_head
    )
