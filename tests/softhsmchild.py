"""A process that signs with a token through pkcs11-spy: what it is told on standard input, by as many threads as lists.

    python -m tests.softhsmchild SPY_LIBRARY PIN <jobs.json >signatures.json

`jobs.json` is a list of lists, one for each thread, of operations: `key` (label), `mechanism`, `data` (hex), `query`
(ask for the length first). The answer holds a signature in hex for each, or the return value where it failed. Threads
take turns call by call, so that the calls of two operations mix, and the blocks of the trace do not.
"""

from __future__ import annotations

import ctypes
import json
import sys
import threading
from collections.abc import Sequence
from typing import Any

_U = ctypes.c_ulong
_FUNCTIONS: Sequence[str] = (
    "Initialize Finalize GetInfo GetFunctionList GetSlotList GetSlotInfo GetTokenInfo GetMechanismList "
    "GetMechanismInfo InitToken InitPIN SetPIN OpenSession CloseSession CloseAllSessions GetSessionInfo "
    "GetOperationState SetOperationState Login Logout CreateObject CopyObject DestroyObject GetObjectSize "
    "GetAttributeValue SetAttributeValue FindObjectsInit FindObjects FindObjectsFinal EncryptInit Encrypt "
    "EncryptUpdate EncryptFinal DecryptInit Decrypt DecryptUpdate DecryptFinal DigestInit Digest DigestUpdate "
    "DigestKey DigestFinal SignInit Sign SignUpdate SignFinal"
).split()


class _Mechanism(ctypes.Structure):
    _fields_ = (("mechanism", _U), ("parameter", ctypes.c_void_p), ("length", _U))


class _Attribute(ctypes.Structure):
    _fields_ = (("type", _U), ("value", ctypes.c_void_p), ("length", _U))


class Token:
    """The functions of a PKCS#11 library, called one at a time."""

    def __init__(self, library: str) -> None:
        self._library = ctypes.CDLL(library)
        held = ctypes.c_void_p()
        assert self._library.C_GetFunctionList(ctypes.byref(held)) == 0
        assert held.value is not None
        # CK_VERSION, padded to a pointer, then the functions in their order.
        self._table = ctypes.cast(held.value + ctypes.sizeof(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p))
        self._turn = threading.Lock()

    def call(self, name: str, *arguments: Any) -> int:
        """Call a function; its return value."""
        address = self._table[_FUNCTIONS.index(name)]
        function = ctypes.CFUNCTYPE(_U)(address)
        with self._turn:
            return int(function(*arguments))

    def session(self, pin: bytes) -> int:
        """A session with the first token that has one."""
        count = _U()
        assert self.call("GetSlotList", ctypes.c_ubyte(1), None, ctypes.byref(count)) == 0
        slots = (_U * count.value)()
        assert self.call("GetSlotList", ctypes.c_ubyte(1), slots, ctypes.byref(count)) == 0
        session = _U()
        assert self.call("OpenSession", _U(slots[0]), _U(0x6), None, None, ctypes.byref(session)) == 0
        # (another thread has logged in already: CKR_USER_ALREADY_LOGGED_IN)
        assert self.call("Login", session, _U(1), pin, _U(len(pin))) in (0, 0x100)
        return session.value

    def key(self, session: int, label: bytes) -> int:
        """The private key with a label."""
        kind = _U(3)
        template = (_Attribute * 2)(
            _Attribute(0, ctypes.cast(ctypes.pointer(kind), ctypes.c_void_p), ctypes.sizeof(kind)),
            _Attribute(3, ctypes.cast(ctypes.c_char_p(label), ctypes.c_void_p), len(label)),
        )
        found, count = _U(), _U()
        assert self.call("FindObjectsInit", _U(session), template, _U(2)) == 0
        assert self.call("FindObjects", _U(session), ctypes.byref(found), _U(1), ctypes.byref(count)) == 0
        assert self.call("FindObjectsFinal", _U(session)) == 0
        assert count.value == 1
        return found.value

    def sign(self, session: int, key: int, mechanism: int, data: bytes, *, query: bool) -> bytes | int:
        """A signature, or the return value of the call that failed."""
        how = _Mechanism(mechanism, None, 0)
        code = self.call("SignInit", _U(session), ctypes.byref(how), _U(key))
        if code:
            return code
        length = _U(1024)
        if query:
            code = self.call("Sign", _U(session), data, _U(len(data)), None, ctypes.byref(length))
            if code:
                return code
        signature = ctypes.create_string_buffer(1024)
        length = _U(1024)
        code = self.call("Sign", _U(session), data, _U(len(data)), signature, ctypes.byref(length))
        return code or signature.raw[: length.value]


def _work(token: Token, pin: bytes, jobs: list[dict[str, Any]], answers: list[Any]) -> None:
    session = token.session(pin)
    for job in jobs:
        key = token.key(session, job["key"].encode())
        found = token.sign(session, key, job["mechanism"], bytes.fromhex(job["data"]), query=job["query"])
        answers.append(found if isinstance(found, int) else found.hex())


def main() -> None:
    """Carry the operations out."""
    library, pin = sys.argv[1], sys.argv[2].encode()
    jobs = json.load(sys.stdin)
    token = Token(library)
    assert token.call("Initialize", None) == 0
    answers: list[list[Any]] = [[] for _ in jobs]
    threads = [
        threading.Thread(target=_work, args=(token, pin, each, held)) for each, held in zip(jobs, answers, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert token.call("Finalize", None) == 0
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
