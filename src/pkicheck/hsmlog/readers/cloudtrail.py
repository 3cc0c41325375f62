"""AWS KMS through CloudTrail: `Sign` events among all that an account does. Metadata only: no digest, no signature.

The records come as `{"Records":[...]}`, several files, in any order, with repeats. What a file is worth is said by the
digest files of the trail (`cloudtrail_digests`), which hold the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar, Final, cast

import attrs

from pkicheck.canon import Sha256
from pkicheck.hsmlog.model import KeyAction, KeyEvent, SigningEvent, SourceReport
from pkicheck.hsmlog.readers._base import Base, LogName, LogRecord
from pkicheck.hsmlog.readers._json import Json, JsonBase, JsonReader, inside, moment, text

__all__ = ["CloudTrailReader", "CloudTrailState"]

_SOURCE: Final = "kms.amazonaws.com"
_KEYS: Final[Mapping[str, KeyAction]] = {
    "CreateKey": "generate",
    "ReplicateKey": "copy",
    "ImportKeyMaterial": "import",
    "ScheduleKeyDeletion": "delete",
    "DeleteKey": "destroy",
    "DeleteImportedKeyMaterial": "delete",
    "DisableKey": "option",
    "EnableKey": "option",
    "CreateAlias": "option",
    "UpdateAlias": "option",
    "DeleteAlias": "option",
    "CreateGrant": "option",
    "PutKeyPolicy": "option",
    "UpdatePrimaryRegion": "option",
    "DeriveSharedSecret": "derive",
}


@attrs.define(kw_only=True)
class CloudTrailState(JsonBase):
    """What the reader remembers."""


def _key(record: Json) -> str:
    """The ARN of the key: what the caller named may be an alias, which moves."""
    resources = record.get("resources")
    if isinstance(resources, list):
        for each in cast("list[object]", resources):
            arn = text(inside(each, "ARN")) or text(inside(each, "arn"))
            if ":key/" in arn:
                return arn
    return text(inside(record, "requestParameters", "keyId"))


class CloudTrailReader(JsonReader[CloudTrailState]):
    """Reads CloudTrail records.

    Args:
        log: which file.
        cursor: where an earlier reader stopped.
        listed: SHA-256 of the log files that verified digest files list (`DigestChain.files`); of the unpacked octets.
        verified_by: who verified them, for the report.
    """

    form: ClassVar[str] = "cloudtrail"
    kind: ClassVar[type[Base]] = CloudTrailState

    def __init__(
        self, log: LogName, *, cursor: bytes = b"", listed: Collection[Sha256] | None = None, verified_by: str = ""
    ) -> None:
        super().__init__(log, cursor=cursor)
        self._listed, self._verified_by = listed, verified_by
        # (of a log that is read in two runs there is no digest of the whole)
        self._hash = None if cursor else hashlib.sha256()

    def feed(self, data: bytes) -> Iterator[LogRecord]:
        """Take the next octets of the log."""
        if self._hash is not None:
            self._hash.update(data)
        yield from super().feed(data)

    def _take(self, record: Json, offset: int) -> LogRecord | None:
        if record.get("eventSource") != _SOURCE:
            if "eventSource" not in record or "eventName" not in record:
                return self._unreadable(offset, "eventSource and eventName")
            return None
        name = text(record.get("eventName"))
        action = _KEYS.get(name)
        if name != "Sign" and action is None:
            return None
        identity = text(record.get("eventID"))
        if identity and self._repeated(identity):
            return None
        uid = identity or f"{self.log.name}:{offset}"
        failed = "errorCode" in record and record["errorCode"] is not None
        time = moment(record.get("eventTime"))
        token = text(record.get("recipientAccountId"))
        key = _key(record)
        if action is not None:
            self.state.counts.key_events += 1
            return KeyEvent(
                locator=self._at(offset),
                uid=uid,
                key=key,
                action=action,
                detail=name,
                outcome="failed" if failed else "ok",
                time=time,
                token=token,
            )
        self.state.counts.events += 1
        parameters = record.get("requestParameters")
        return SigningEvent(
            locator=self._at(offset),
            uid=uid,
            key=key,
            mechanism=text(inside(parameters, "signingAlgorithm")) or "Sign",
            outcome="failed" if failed else "ok",
            time=time,
            token=token,
        )

    def report(self) -> SourceReport:
        """What was read. `signed` when verified digest files list the file; listed nowhere, it is a break."""
        report = super().report()
        if self._listed is None or self._hash is None:
            return report
        if Sha256(self._hash.hexdigest()) in self._listed:
            return attrs.evolve(report, integrity="signed", verified_by=self._verified_by)
        return attrs.evolve(report, broken=(*report.broken, "no verified digest file lists this file"))
