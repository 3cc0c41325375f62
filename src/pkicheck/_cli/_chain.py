"""Opening a hash-chained log to append to it."""

from __future__ import annotations

from functools import partial

from pkicheck._cli._read import open_lines
from pkicheck.chainlog import ChainLog, log_files, read_records
from pkicheck.errors import InputError

__all__ = ["log_id_of", "open_log"]

_BLOCK = 1 << 18


def log_id_of(path: str) -> str | None:
    """The id of the log at `path` by the first record that holds; None when there is no file or no such record.

    Raises:
        InputError: a file of it cannot be read.
    """
    try:
        files = log_files(path)
    except InputError:
        return None
    for file in files:
        with open_lines(file) as stream:
            for _, record in read_records(iter(partial(stream.read, _BLOCK), b"")):
                if record is not None:
                    return record.log_id
    return None


def open_log(path: str, log_id: str | None) -> ChainLog:
    """The log at `path`, to append to it; made when there is none and its id is given.

    Raises:
        InputError: a new log without an id, another id than that of the file, or a wrong argument.
        TransportError: see `ChainLog`.
    """
    known = log_id_of(path)
    if known is None and log_id is None:
        msg = f"{path}: there is no log yet: give --log-id ID to begin one"
        raise InputError(msg)
    if known is not None and log_id is not None and known != log_id:
        msg = f"{path} belongs to the log {known}, not to {log_id}"
        raise InputError(msg)
    return ChainLog(path, log_id=known or log_id or "")
