"""Verify logs that lie in files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pkicheck.chainlog._damage import Damage
from pkicheck.chainlog._disk import blocks, rotated, rotated_name
from pkicheck.chainlog._manifest import JoinReport, Manifest, join
from pkicheck.chainlog._record import slice_line, split_lines
from pkicheck.chainlog._report import ChainReport
from pkicheck.chainlog._seals import ed25519_check
from pkicheck.chainlog._values import MAX_SEQUENCE, Head, SealCheck
from pkicheck.chainlog._verify import verify_parts
from pkicheck.errors import InputError, TransportError

__all__ = ["FilePath", "PublicKeys", "begins", "log_files", "read_file", "verify_files", "verify_manifest"]

FilePath = str | os.PathLike[str]
PublicKeys = Ed25519PublicKey | Sequence[Ed25519PublicKey]

_rotated = re.compile(r"(.*)\.([0-9]{16})", re.DOTALL)


def read_file(path: str) -> Iterator[bytes]:
    """The bytes of a file, a block at a time, opened when the first is asked for.

    Raises:
        InputError: it cannot be opened.
        TransportError: it cannot be read.
    """
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed below; an error in opening is the caller's
    except OSError as error:
        msg = f"{path} cannot be opened: {error.strerror}"
        raise InputError(msg) from error
    with file:
        try:
            yield from blocks(file)
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}"
            raise TransportError(msg) from error


def log_files(path: FilePath) -> tuple[str, ...]:
    """The files of the log at `path` that exist: the rotated ones in the order of the log, then the current one.

    Raises:
        InputError: the directory cannot be read, or there is no file.
    """
    name = os.fspath(path)
    try:
        found = (*rotated(name), *([name] if os.path.exists(name) else []))
    except OSError as error:
        msg = f"{name}: the directory cannot be read: {error.strerror}"
        raise InputError(msg) from error
    if not found:
        msg = f"{name}: there is no such log"
        raise InputError(msg)
    return found


def begins(path: str) -> tuple[str | None, int | None]:
    """The log a file belongs to and the number of its first record, by the first record that holds.

    A file without one has no log; its number is that in its name, else larger than any other; None when it is empty.

    Raises:
        InputError, TransportError: as `read_file`.
    """
    index = None
    for index, (_, _, line, whole) in enumerate(split_lines(read_file(path))):
        raw = None if line is None or not whole else slice_line(line)
        if raw is not None and raw.holds:
            return raw.log.decode(), raw.sequence - index
    match = _rotated.fullmatch(path)
    named = MAX_SEQUENCE + 1 if match is None else int(match[2])
    return None, None if index is None else named


def _checks(public_key: PublicKeys | None, seals: SealCheck | None) -> SealCheck | None:
    if public_key is None:
        return seals
    if seals is not None:
        msg = "public_key and seals are two ways to say one thing: give one of them"
        raise InputError(msg)
    return ed25519_check(*([public_key] if isinstance(public_key, Ed25519PublicKey) else public_key))


def _name_missing(report: ChainReport) -> ChainReport:
    """Say how the file is called that is missing between two others."""
    bad = report.first_bad
    if bad is None or bad.damage is not Damage.MISSING_FILE or bad.missing is None:
        return report
    match = _rotated.fullmatch(bad.after or bad.place.file)
    name = rotated_name(match[1] if match is not None else bad.place.file, bad.missing[0])
    return attrs.evolve(report, first_bad=attrs.evolve(bad, expected=f"number {bad.missing[0]}, perhaps in {name}"))


def verify_files(
    paths: Iterable[FilePath],
    *,
    log_id: str | None = None,
    start: Head | None = None,
    head: Head | None = None,
    public_key: PublicKeys | None = None,
    seals: SealCheck | None = None,
    reaches: int | None = None,
    until_head: bool = False,
) -> ChainReport:
    """Verify one log that lies in one or several files.

    Args:
        paths: its files in any order; `log_files` finds them.
        log_id: as in `verify`, like `start`, `head`, `reaches` and `until_head`.
        start: the state before the first of the files.
        head: a state that this log is known to have reached.
        public_key: the Ed25519 key, or all the keys, that sealed the log. When given, every seal must hold.
        seals: checks seals of another kind; not together with `public_key`.
        reaches: the number of a record that is known to exist.
        until_head: judge the log up to `head` and read no further.

    Returns:
        the report; the first bad record is named with its file. A missing file is named by the number of the record
        that it must begin with. A file that a writer is appending to may look torn.

    Raises:
        InputError: no path, a file that cannot be opened, or an argument as in `verify`.
        TransportError: a file cannot be read.
    """
    names = [os.fspath(path) for path in paths]
    if not names:
        msg = "paths is empty: there is nothing to verify"
        raise InputError(msg)
    check = _checks(public_key, seals)
    # An empty file is the one that a writer has just begun: it ends the log.
    firsts = [(begins(name)[1], name) for name in names]
    order = sorted((MAX_SEQUENCE + 2 if first is None else first, name) for first, name in firsts)
    report = verify_parts(
        [(name, read_file(name)) for _, name in order],
        log_id=log_id,
        start=start,
        head=head,
        seals=check,
        reaches=reaches,
        until_head=until_head,
    )
    return _name_missing(report)


def verify_manifest(
    manifest: Manifest,
    paths: Iterable[FilePath],
    *,
    public_key: PublicKeys | None = None,
    seals: SealCheck | None = None,
    until_head: bool = True,
) -> JoinReport:
    """Verify the logs of a manifest, whose files are given together in any order (`join`).

    Returns:
        the report; a file that holds bytes and no record belongs to no log and is named as unreadable.

    Raises:
        InputError, TransportError: as `verify_files`.
    """
    check = _checks(public_key, seals)
    logs: dict[str, list[tuple[int, str]]] = {}
    unreadable: list[str] = []
    for path in paths:
        name = os.fspath(path)
        log_id, first = begins(name)
        if first is None:
            continue
        if log_id is not None:
            logs.setdefault(log_id, []).append((first, name))
        else:
            unreadable.append(name)
    parts = {log_id: [(name, read_file(name)) for _, name in sorted(found)] for log_id, found in logs.items()}
    report = join(manifest, parts, seals=check, until_head=until_head)
    return attrs.evolve(report, reports=tuple(map(_name_missing, report.reports)), unreadable=tuple(sorted(unreadable)))
