"""Google Cloud KMS through Cloud Logging: `AsymmetricSign` among the Data Access log entries.

It is a Data Access log: off until somebody turns it on, so that silence proves nothing. Whether an entry keeps the
digest of the request is not documented: it is read when it is there and never required.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import ClassVar, Final

import attrs

from pkicheck.hsmlog.model import Evidence, KeyAction, KeyEvent, Outcome, SigningEvent
from pkicheck.hsmlog.readers._base import Base, LogRecord
from pkicheck.hsmlog.readers._content import DIGEST_SIZES
from pkicheck.hsmlog.readers._json import Json, JsonBase, JsonReader, inside, moment, text

__all__ = ["GcpKmsReader", "GcpKmsState"]

_SERVICE: Final = "cloudkms.googleapis.com"
_KEYS: Final[Mapping[str, KeyAction]] = {
    "CreateCryptoKey": "generate",
    "CreateCryptoKeyVersion": "generate",
    "ImportCryptoKeyVersion": "import",
    "DestroyCryptoKeyVersion": "delete",
    "RestoreCryptoKeyVersion": "option",
    "UpdateCryptoKeyVersion": "option",
    "UpdateCryptoKey": "option",
    "SetIamPolicy": "option",
    "AsymmetricDecrypt": "other",
}


@attrs.define(kw_only=True)
class GcpKmsState(JsonBase):
    """What the reader remembers."""


def _digest(request: object) -> tuple[str, tuple[Evidence, ...]]:
    for name in ("sha256", "sha384", "sha512"):
        given = text(inside(request, "digest", name))
        try:
            value = base64.b64decode(given, validate=True)
        except binascii.Error:
            continue
        if len(value) == DIGEST_SIZES[name]:
            return name, (("digest", value),)
    return "", ()


class GcpKmsReader(JsonReader[GcpKmsState]):
    """Reads log entries of Cloud Logging: lines, an array, or an object with `entries`."""

    form: ClassVar[str] = "gcp-kms"
    kind: ClassVar[type[Base]] = GcpKmsState

    def _take(self, record: Json, offset: int) -> LogRecord | None:
        payload: object = record.get("protoPayload")
        if inside(payload) is None:
            # (entries of other logs have a textPayload or a jsonPayload)
            return None if "logName" in record else self._unreadable(offset, "protoPayload or logName")
        if inside(payload, "serviceName") != _SERVICE:
            return None
        name = text(inside(payload, "methodName")).rpartition(".")[2]
        action = _KEYS.get(name)
        if name != "AsymmetricSign" and action is None:
            return None
        identity = text(record.get("insertId"))
        time = moment(record.get("timestamp"))
        uid = f"{text(record.get('logName'))} {text(record.get('timestamp'))} {identity}" if identity else ""
        if uid and self._repeated(uid):
            return None
        uid = uid or f"{self.log.name}:{offset}"
        code = inside(payload, "status", "code")
        outcome: Outcome = "ok" if code in (None, 0) else "failed"
        key = text(inside(payload, "resourceName"))
        if action is not None:
            self.state.counts.key_events += 1
            return KeyEvent(
                locator=self._at(offset), uid=uid, key=key, action=action, detail=name, outcome=outcome, time=time
            )
        self.state.counts.events += 1
        hash_name, evidence = _digest(inside(payload, "request"))
        return SigningEvent(
            locator=self._at(offset),
            uid=uid,
            key=key,
            mechanism=name,
            outcome=outcome,
            time=time,
            hash=hash_name,
            evidence=evidence,
        )
