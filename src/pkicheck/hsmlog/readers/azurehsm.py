"""Azure Managed HSM: `KeySign` among the AuditEvent records of its diagnostic log. Metadata only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import attrs

from pkicheck.hsmlog.model import KeyAction, KeyEvent, Outcome, SigningEvent
from pkicheck.hsmlog.readers._base import Base, LogRecord
from pkicheck.hsmlog.readers._json import Json, JsonBase, JsonReader, inside, moment, text

__all__ = ["AzureHsmReader", "AzureHsmState"]

_KEYS: Final[Mapping[str, KeyAction]] = {
    "KeyCreate": "generate",
    "KeyImport": "import",
    "KeyBackup": "export",
    "KeyRestore": "import",
    "KeyDelete": "delete",
    "KeyPurge": "destroy",
    "KeyRecover": "option",
    "KeyUpdate": "option",
    "KeyRotate": "generate",
    "KeyRelease": "export",
    "KeyWrap": "other",
    "KeyUnwrap": "other",
    "KeyDecrypt": "other",
    "BackupStart": "export",
    "FullBackup": "export",
    "FullRestore": "import",
}


@attrs.define(kw_only=True)
class AzureHsmState(JsonBase):
    """What the reader remembers."""


def _outcome(record: Json) -> Outcome:
    status = inside(record, "properties", "httpStatusCode")
    if isinstance(status, int) and not isinstance(status, bool):
        return "ok" if 200 <= status < 300 else "failed"
    kind = text(record.get("resultType")).lower()
    return "ok" if kind in ("success", "succeeded") else "failed" if kind else "unknown"


class AzureHsmReader(JsonReader[AzureHsmState]):
    """Reads `{"records":[...]}`, or lines of records, as the diagnostic settings write them."""

    form: ClassVar[str] = "azure-managed-hsm"
    kind: ClassVar[type[Base]] = AzureHsmState

    def _take(self, record: Json, offset: int) -> LogRecord | None:
        name = text(record.get("operationName"))
        if not name:
            return self._unreadable(offset, "operationName")
        action = _KEYS.get(name)
        if name != "KeySign" and action is None:
            return None
        time = moment(record.get("time"))
        # Several records of one request share a correlation id: time and operation tell them apart.
        identity = text(record.get("correlationId"))
        uid = f"{identity} {text(record.get('time'))} {name}" if identity else ""
        if uid and self._repeated(uid):
            return None
        uid = uid or f"{self.log.name}:{offset}"
        key = text(inside(record, "properties", "id")) or text(inside(record, "properties", "requestUri"))
        key = key.partition("?")[0]
        token = text(record.get("resourceId"))
        outcome = _outcome(record)
        if action is not None:
            self.state.counts.key_events += 1
            return KeyEvent(
                locator=self._at(offset),
                uid=uid,
                key=key,
                action=action,
                detail=name,
                outcome=outcome,
                time=time,
                token=token,
            )
        self.state.counts.events += 1
        return SigningEvent(
            locator=self._at(offset),
            uid=uid,
            key=key,
            mechanism=text(inside(record, "properties", "algorithm")) or name,
            outcome=outcome,
            time=time,
            token=token,
        )
