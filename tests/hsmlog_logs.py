"""Sample logs, a builder of pkcs11-spy traces, and one line of text per record: what the tests of the readers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pkicheck.canon import Sha256, format_time
from pkicheck.hsmlog.model import KeyEvent, SigningEvent, SourceReport
from pkicheck.hsmlog.readers import LogName, LogReader, LogRecord
from tests.readerlaws import laws, read

__all__ = ["LOGS", "NAME", "Trace", "dump", "laws", "log", "read", "signed", "told", "whole"]

LOGS = Path(__file__).parent / "vectors" / "hsmlog" / "logs"
NAME = LogName(source=Sha256("0" * 64), name="a.log")


def log(name: str) -> bytes:
    """A sample log."""
    return (LOGS / name).read_bytes()


def told(record: LogRecord) -> str:
    """One line that says what a record says."""
    sequence = "" if record.locator.sequence is None else f"#{record.locator.sequence} "
    if isinstance(record, SigningEvent):
        parts = [f"sign {record.outcome} {record.mechanism}", f"key={record.key}"]
        parts += [f"hash={record.hash}"] if record.hash else []
        parts += [f"{kind}={value.hex()[:16]}/{len(value)}" for kind, value in record.evidence]
        parts += [] if record.length is None else [f"length={record.length}"]
    elif isinstance(record, KeyEvent):
        parts = [f"key {record.outcome} {record.action} {record.detail}", f"key={record.key}"]
    else:
        return f"{sequence}unreadable at {record.locator.offset}: {record.why}"
    parts += [f"token={record.token}"] if record.token else []
    parts += [f"process={record.process}"] if record.process else []
    parts += [] if record.earliest is None else [f"after={format_time(record.earliest)}"]
    parts += [] if record.time is None else [f"time={format_time(record.time)}"]
    return sequence + " ".join(parts)


def whole(make: Callable[[bytes], LogReader[Any]], data: bytes) -> tuple[list[LogRecord], SourceReport]:
    """What a log gives in one piece."""
    return read(make, [data])


def signed(records: list[LogRecord]) -> list[SigningEvent]:
    """The operations among records."""
    return [each for each in records if isinstance(each, SigningEvent)]


def dump(data: bytes) -> bytes:
    """Octets as a trace shows them."""
    lines: list[bytes] = []
    for at in range(0, max(len(data), 1), 16):
        piece = data[at : at + 16]
        shown = bytes(octet if 0x20 <= octet < 0x7F else 0x2E for octet in piece)
        columns = b"".join(b"%02X " % octet for octet in piece)
        lines.append(b"    %08X  %s %s\n" % (at, columns.ljust(48), shown.ljust(16)))
    return b"".join(lines)


class Trace:
    """Writes a pkcs11-spy trace, in the grammar of 0.23, or with `process` in that of 0.24."""

    def __init__(self, process: str = "", *, banner: bool = True) -> None:
        self.process = process
        self.number = 0
        self.text = b'\n\n*************** OpenSC PKCS#11 spy *****************\nLoaded: "m.so"\n' if banner else b""

    def call(self, function: str, *lines: bytes, rv: str = "0 CKR_OK", at: str = "2026-11-21 03:54:42.742") -> Trace:
        """Add a call; lines have their line ends."""
        stamp = f"P:{self.process}; T:0x139914968635456 {at}" if self.process else at
        end = f"Returned:  {rv}\n" if rv else ""
        head = f"\n{self.number}: {function}\n{stamp}\n"
        self.text += head.encode() + b"".join(lines) + end.encode()
        self.number += 1
        return self

    def open(self, session: int = 1) -> Trace:
        """A session on slot 3 of the token `ca`."""
        info = b"[in] slotID = 0x3\n[out] pInfo: \n      label:                  'ca                              '\n"
        self.call("C_GetTokenInfo", info)
        return self.call("C_OpenSession", b"[in] slotID = 0x3\n", b"[out] *phSession = 0x%x\n" % session)

    def find(self, handle: int, label: bytes, session: int = 1) -> Trace:
        """A search by label that finds one private key."""
        words = b" ".join(label[at : at + 4].hex().upper().encode() for at in range(0, len(label), 4))
        self.call(
            "C_FindObjectsInit",
            b"[in] hSession = 0x%x\n[in] pTemplate[2]: \n" % session,
            b"    CKA_CLASS             CKO_PRIVATE_KEY      \n",
            b"    CKA_LABEL             00005643cd42fc10 / %d\n    %s\n     x\n" % (len(label), words),
        )
        found = b"[out] ulObjectCount = 0x1\nObject 0x%x matches\n" % handle
        self.call("C_FindObjects", b"[in] hSession = 0x%x\n" % session, found)
        return self.call("C_FindObjectsFinal", b"[in] hSession = 0x%x\n" % session)

    def init(self, mechanism: str = "CKM_ECDSA", key: int = 2, session: int = 1, **more: Any) -> Trace:
        """C_SignInit, or another with `function`."""
        none = b" = NULL" if self.process else b"[ulParameterLen] NULL [size : 0x0 (0)]"
        parameter = more.pop("parameter", b"[in] pMechanism->pParameter" + none + b"\n")
        return self.call(
            more.pop("function", "C_SignInit"),
            b"[in] hSession = 0x%x\n" % session,
            f"[in] pMechanism->type = {mechanism:<29}\n".encode(),
            parameter,
            b"[in] hKey = 0x%x\n" % key,
            **more,
        )

    def sign(self, data: bytes, signature: bytes | None, session: int = 1, **more: Any) -> Trace:
        """C_Sign, or another with `function`, `given`, `gives`. Without a signature it asks for the length."""
        given = more.pop("given", b"pData[ulDataLen]")
        gives = more.pop("gives", b"pSignature[*pulSignatureLen]")
        out = b"[out] %s NULL [size : 0x40 (64)]\n" % gives
        if signature is not None:
            out = b"[out] %s 00007ffd57e031f0 / %d\n%s" % (gives, len(signature), dump(signature))
        if more.get("rv", "0 CKR_OK") != "0 CKR_OK":
            out = b""
        return self.call(
            more.pop("function", "C_Sign"),
            b"[in] hSession = 0x%x\n" % session,
            b"[in] %s 00007ffd57e033f0 / %d\n%s" % (given, len(data), dump(data)),
            out,
            **more,
        )
