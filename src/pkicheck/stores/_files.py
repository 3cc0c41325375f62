"""Files and folders as a store. The form of each file is told by its first octets."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Final, Literal, TypeAlias, get_args

from pkicheck.canon import Sha256
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import Locator, SourceReport, Unreadable
from pkicheck.stores._entry import DEFAULT_LIMITS, Damaged, Entry, Fields, StoreLimits, Tally, Where, name_digest
from pkicheck.stores._forms import read_der, read_pem, read_text
from pkicheck.stores._octets import CHUNK, Gunzip, Octets
from pkicheck.stores._rows import read_csv, read_jsonl
from pkicheck.stores._tar import Member, is_tar, members

__all__ = ["FileStore", "Form"]

Form: TypeAlias = Literal["auto", "der", "pem", "text", "jsonl", "csv"]
"""How a file holds objects. `text`: Base64 or hexadecimal. `auto`: what its first octets say. Archives (tar) and gzip
are looked into in any case."""

_READERS: Final[Mapping[str, Callable[[Octets, Where], Iterator[Entry | Unreadable]]]] = {
    "der": read_der,
    "pem": read_pem,
    "text": read_text,
    "jsonl": read_jsonl,
    "csv": read_csv,
}
_SNIFFED: Final = 1 << 16
_TEXT: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \t\r\n")
_BOM: Final = b"\xef\xbb\xbf"
# Archives in archives.
_DEEPEST: Final = 4


def _sniff(head: bytes, name: str) -> str | None:
    """The form of a file that begins like this."""
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if is_tar(head):
        return "tar"
    if head[:1] == b"\x30" and head[1:2] and (head[1] >= 0x80 or len(head) == 2 + head[1]):
        return "der"
    bare = head.removeprefix(_BOM).lstrip()
    if bare[:1] == b"{":
        return "jsonl"
    if name.lower().endswith((".csv", ".csv.gz")):
        return "csv"
    if b"-----BEGIN " in head:
        return "pem"
    return "text" if bare and _TEXT.issuperset(head[:4096]) else None


class FileStore:
    """Files, and all files in folders, as a store.

    Files of a folder come in the order of their names as octets, a folder in the place of its name. A link, a device
    or a pipe in a folder, a file without a known form, an empty file and one that cannot be read are one `Unreadable`
    each. Links that are given as paths are followed.

    Args:
        paths: files and folders.
        name: what the store is called. It stays the same when the folder moves: identities of entries hang on it.
        form: how files hold objects, where it is the same in all.
        fields: which fields of JSON lines and CSV hold what.
        limits: how much is read.
        times: `none`: files have no time. `modified`: an entry whose row says none was stored when its file, or its
            member of an archive, was last written.
        suffixes: names of files end like this, the others are passed over and counted; empty: all files.
        covers: the stretches of time for which the store is complete.
        progress: told of how many octets were read, now and then.

    Raises:
        InputError: no path, a form or way of times that is not known, or a path that does not exist.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        name: str = "",
        form: Form = "auto",
        fields: Fields | None = None,
        limits: StoreLimits = DEFAULT_LIMITS,
        times: Literal["none", "modified"] = "none",
        suffixes: Sequence[str] = (),
        covers: Sequence[tuple[datetime, datetime]] = (),
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._paths = [os.fspath(path) for path in paths]
        if not self._paths:
            msg = "paths: a store needs at least one file or folder"
            raise InputError(msg)
        if form not in get_args(Form) or times not in ("none", "modified"):
            msg = f"form is one of {', '.join(get_args(Form))}, and times is none or modified: got {form!a}, {times!a}"
            raise InputError(msg)
        for path in self._paths:
            if not os.path.exists(path):
                msg = f"paths: {path!a} does not exist"
                raise InputError(msg)
        self._name = name or "+".join(os.path.basename(os.path.normpath(path)) for path in self._paths)[:200]
        self._form, self._times = form, times
        self._fields = Fields() if fields is None else fields
        self._limits, self._suffixes, self._covers = limits, tuple(suffixes), tuple(covers)
        self._progress = progress
        self._report: SourceReport | None = None

    def __iter__(self) -> Iterator[Entry | Unreadable]:
        """The entries, file by file."""
        self._report = None
        tally = Tally()
        every = hashlib.sha256()
        for number, path in enumerate(self._paths):
            prefix = self._name if len(self._paths) == 1 else f"{self._name}/{number}"
            for full, name in self._walk(path, prefix):
                if isinstance(name, Unreadable):
                    tally.count(name)
                    yield name
                    continue
                if self._suffixes and not name.endswith(self._suffixes):
                    tally.passed += 1
                    continue
                tally.files += 1
                for each in self._file(full, name, tally, every.update):
                    tally.count(each)
                    yield each
        source = Sha256(every.hexdigest())
        self._report = tally.report(source=source, name=self._name, covers=self._covers)

    def report(self) -> SourceReport:
        """What the last complete pass read. Its source is the SHA-256 of the SHA-256 of all files in their order.

        Raises:
            InputError: the store was not read to its end.
        """
        if self._report is None:
            msg = "report: the store was not read to its end yet"
            raise InputError(msg)
        return self._report

    # -- which files

    def _walk(self, path: str, name: str) -> Iterator[tuple[str, str | Unreadable]]:
        """The files below a path with their names, or what is none."""
        waiting: list[tuple[str, str, int]] = [(path, name, 0)]
        while waiting:
            full, known, depth = waiting.pop()
            try:
                mode = (os.lstat if depth else os.stat)(full).st_mode
                if stat.S_ISDIR(mode):
                    if depth >= self._limits.depth:
                        yield full, _refused(known, f"at most {self._limits.depth} folders in each other")
                        continue
                    inside = sorted(os.fsencode(each) for each in os.listdir(full))
                    waiting += [
                        (os.path.join(full, os.fsdecode(each)), f"{known}/{os.fsdecode(each)}", depth + 1)
                        for each in reversed(inside)
                    ]
                elif stat.S_ISREG(mode):
                    yield full, known
                else:
                    what = "symbolic link" if stat.S_ISLNK(mode) else "special file"
                    yield full, _refused(known, f"a file, not a {what}")
            except OSError as error:
                yield full, _refused(known, f"a file that can be read: {error.strerror}")

    # -- one file

    def _file(self, full: str, name: str, tally: Tally, every: Callable[[bytes], None]) -> Iterator[Entry | Unreadable]:
        try:
            # A pipe that took the place of the file since it was looked at must not hold the run up.
            descriptor = os.open(full, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            yield _refused(name, f"a file that can be read: {error.strerror}")
            return
        with open(descriptor, "rb", buffering=0) as file:
            try:
                state = os.fstat(descriptor)
                if not stat.S_ISREG(state.st_mode):
                    yield _refused(name, "a file, not a special file")
                    return
                source = self._hash(file.read)
                file.seek(0)
            except OSError as error:
                yield _refused(name, f"a file that can be read: {error.strerror}")
                return
            every(source.encode())
            again = hashlib.sha256()

            def read(size: int) -> bytes:
                try:
                    piece = file.read(size)
                except OSError as error:
                    msg = f"a file that can be read: {error.strerror}"
                    raise Damaged(msg) from None
                again.update(piece)
                tally.octets += len(piece)
                if self._progress is not None:
                    self._progress(tally.octets)
                return piece

            modified = datetime.fromtimestamp(state.st_mtime, timezone.utc) if self._times == "modified" else None
            where = Where(
                source=source, name=name, fields=self._fields, limits=self._limits, stored_at=modified, path=full
            )
            octets = Octets(read)
            yield from self._content(octets, where, tally)
            try:
                while octets.some(CHUNK):
                    pass
            except Damaged as defect:
                yield where.unreadable(octets.offset, str(defect))
            if again.hexdigest() != source:
                yield where.unreadable(0, "a file that stays as it is while it is read")

    @staticmethod
    def _hash(read: Callable[[int], bytes]) -> Sha256:
        found = hashlib.sha256()
        while piece := read(CHUNK):
            found.update(piece)
        return Sha256(found.hexdigest())

    def _content(self, octets: Octets, where: Where, tally: Tally) -> Iterator[Entry | Unreadable]:
        """What a file holds; at its end, or at the place where it is damaged, no more comes."""
        records = 0
        try:
            head = octets.peek(_SNIFFED)
            form = _sniff(head, where.path)
            if self._form != "auto" and form not in ("gzip", "tar"):
                form = self._form
            if not head:
                yield where.unreadable(octets.offset, "a file that is not empty")
            elif form is None:
                yield where.unreadable(octets.offset, "DER, PEM, Base64, hexadecimal, JSON lines, CSV, tar or gzip")
            elif form in ("gzip", "tar"):
                tally.forms.add(form)
                if where.level >= _DEEPEST:
                    yield where.unreadable(octets.offset, f"at most {_DEEPEST} archives in each other")
                elif form == "gzip":
                    inner = Octets(Gunzip(octets, self._limits).read)
                    yield from self._content(inner, _deeper(where, where.name), tally)
                else:
                    yield from self._archive(octets, where, tally)
            else:
                tally.forms.add(form)
                for each in _READERS[form](octets, where):
                    records += 1
                    yield each
                if not records and form != "csv":
                    yield where.unreadable(octets.offset, "at least one object in the file")
        except Damaged as defect:
            yield where.unreadable(octets.offset, str(defect))

    def _archive(self, octets: Octets, where: Where, tally: Tally) -> Iterator[Entry | Unreadable]:
        for member in members(octets):
            name = f"{where.name}!{member.name}"
            if member.kind == "folder":
                continue
            if member.kind != "file":
                yield where.unreadable(
                    member.offset, f"a file in the archive, not a {member.kind}: {member.name[:200]}"
                )
                continue
            if self._suffixes and where.level == 0 and not member.name.endswith(self._suffixes):
                tally.passed += 1
                continue
            tally.files += 1
            part = Octets(_Part(octets, member.size).read, offset=member.offset)
            yield from self._content(part, _deeper(where, name, member, self._times), tally)


class _Part:
    """The content of a member."""

    def __init__(self, octets: Octets, size: int) -> None:
        self._octets, self._left = octets, size

    def read(self, size: int) -> bytes:
        piece = self._octets.some(min(size, self._left)) if self._left else b""
        if not piece and self._left:
            msg = "a whole archive: it ends early"
            raise Damaged(msg)
        self._left -= len(piece)
        return piece


def _deeper(where: Where, name: str, member: Member | None = None, times: str = "none") -> Where:
    return Where(
        source=where.source,
        name=name,
        fields=where.fields,
        limits=where.limits,
        stored_at=member.modified if member is not None and times == "modified" else where.stored_at,
        path=where.path if member is None else member.name,
        level=where.level + 1,
    )


def _refused(name: str, why: str) -> Unreadable:
    """What could not be opened. Without octets, its name stands for them."""
    return Unreadable(locator=Locator(source=name_digest(name), offset=0), why=f"{name[:300]}: expected {why}")
