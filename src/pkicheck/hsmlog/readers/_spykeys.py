"""What a process of a pkcs11-spy trace has told of its sessions, operations and key handles so far.

A handle is no key: it means something within one process, and something else in the next. It becomes a name through the
search that found it, the template that made it, and the attributes that were read of it.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

__all__ = ["MOST", "Key", "Operation", "Run", "Session"]

_SLOT: Final = re.compile(rb"\n\[in\] slotID = (0x[0-9a-fA-F]{1,16})\n")
_LABEL: Final = re.compile(rb"\n {6}label: +'([^\n]{1,32}?) *'\n")

MOST: Final = 100_000
"""No process has more sessions or handles at a time than are remembered; the oldest are forgotten first."""


@attrs.define
class Key:
    """What is known of a handle.

    Attributes:
        label, identity: CKA_LABEL, and CKA_ID in hex; empty: not seen.
        private: whether it was seen to be a private key; None: not said.
    """

    label: str = ""
    identity: str = ""
    private: bool | None = None

    def name(self, handle: str) -> str:
        """The label, else the id, else the handle itself."""
        return self.label or self.identity or handle


@attrs.define
class Operation:
    """A signature under way in a session.

    Attributes:
        function: what began it.
        mechanism: its PKCS#11 name.
        hash: the hash that a parameter names.
        key: the handle.
        parts: the data of its updates.
        held: how many octets they are.
        lost: the data of an update could not be read.
        epoch: how many calls were missing when it began.
    """

    function: str
    mechanism: str
    hash: str
    key: str
    parts: list[bytes] = attrs.field(factory=list[bytes])
    held: int = 0
    lost: bool = False
    epoch: int = 0


@attrs.define
class Session:
    """A session: its slot, its operations (signing and decrypting are two), and the template of its search."""

    slot: str = ""
    signing: Operation | None = None
    decrypting: Operation | None = None
    search: Key | None = None


@attrs.define
class Run:
    """A process.

    Attributes:
        name: the process id, or `run N` where the trace does not say it.
        next: the call number that it makes next.
        began, seen: the numbers of its first and its last block in the trace.
        epoch: how often calls of it were missing.
        slots: token labels by slot.
        sessions: by handle.
        keys: by handle.
    """

    name: str
    next: int = 0
    began: int = 0
    seen: int = 0
    epoch: int = 0
    slots: dict[str, str] = attrs.field(factory=dict[str, str])
    sessions: dict[str, Session] = attrs.field(factory=dict[str, Session])
    keys: dict[str, Key] = attrs.field(factory=dict[str, Key])

    def session(self, handle: str) -> Session:
        """The session; one that was not seen to begin begins here."""
        found = self.sessions.get(handle)
        if found is None:
            while len(self.sessions) >= MOST:
                del self.sessions[next(iter(self.sessions))]
            found = self.sessions[handle] = Session()
        return found

    def key(self, handle: str) -> Key:
        """What is known of a handle."""
        found = self.keys.get(handle)
        if found is None:
            while len(self.keys) >= MOST:
                del self.keys[next(iter(self.keys))]
            found = self.keys[handle] = Key()
        return found

    def named(self, handle: str) -> str:
        """The name of the key with this handle."""
        found = self.keys.get(handle)
        return handle if found is None else found.name(handle)

    def token_info(self, text: bytes) -> None:
        """Learn the label of a token from a C_GetTokenInfo block."""
        slot, label = _SLOT.search(text), _LABEL.search(text)
        if slot is not None and label is not None and len(self.slots) < MOST:
            self.slots[slot[1].decode()] = label[1].rstrip().decode("utf-8", "backslashreplace")

    def token(self, session: Session) -> str:
        """The label of the token of a session; empty when it was not seen."""
        return self.slots.get(session.slot, "")
