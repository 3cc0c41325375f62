"""What a reader needs to know of one operation or object: enough to find it, and to revoke it (R067; pure)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

from pkicheck.canon import JsonValue, format_time
from pkicheck.der import ANY, BOOLEAN, SEQUENCE, DerError, Element, context, read
from pkicheck.hsmlog.model import Locator, SignedObject, SigningEvent
from pkicheck.pairs import POISON_OID
from pkicheck.x509 import extension_oid, read_tbs

__all__ = ["crl_scope", "describe_event", "describe_object", "describe_tbs", "words"]

_DISTRIBUTION_POINT: Final = "2.5.29.28"
_DELTA: Final = "2.5.29.27"
_LONGEST_NAME: Final = 4096
_LONGEST_SERIAL: Final = 400


def _locator(this: Locator) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {"input": this.source, "offset": this.offset}
    if this.sequence is not None:
        found["sequence"] = str(this.sequence)
    return found


def describe_tbs(tbs: bytes) -> dict[str, JsonValue]:
    """What a TBSCertificate says of itself: kind, issuer, serial, validity; empty when the octets are none."""
    try:
        fields = read_tbs(read(tbs, SEQUENCE))
        before, after = fields.validity.fields(ANY, ANY)
        poisoned = any(extension_oid(each) == POISON_OID for each in fields.extensions)
        return {
            "kind": "precertificate" if poisoned else "certificate",
            "issuer": base64.b64encode(fields.issuer.encoded[:_LONGEST_NAME]).decode("ascii"),
            "serial": f"{fields.serial.integer():x}"[:_LONGEST_SERIAL],
            "begins": format_time(before.time()),
            "ends": format_time(after.time()),
        }
    except DerError:
        return {}


def describe_event(this: SigningEvent) -> dict[str, JsonValue]:
    """One operation: where it stands, when, by which key and mechanism, and what was signed where the log tells."""
    held = dict(reversed(this.evidence))
    found: dict[str, JsonValue] = {
        "record": "operation",
        "where": _locator(this.locator),
        "name": this.uid[:200],
        "key_name": this.key[:200],
        "mechanism": this.mechanism[:80],
        "outcome": this.outcome,
        "time": None if this.time is None else format_time(this.time),
    }
    if "message" in held:
        found.update(describe_tbs(held["message"]))
        found["message_sha256"] = hashlib.sha256(held["message"]).hexdigest()
    if "digest" in held:
        found["digest"] = f"{this.hash}:{held['digest'].hex()}"
    return found


def describe_object(this: SignedObject) -> dict[str, JsonValue]:
    """One object: where it stands, what it is, and what is needed to revoke it."""
    found: dict[str, JsonValue] = {
        "record": "object",
        "where": _locator(this.locator),
        "name": this.uid[:200],
        "kind": this.kind,
        "time": None if this.stored_at is None else format_time(this.stored_at),
        "sha256": hashlib.sha256(this.der).hexdigest(),
    }
    if this.issuer is not None:
        found["issuer"] = base64.b64encode(this.issuer[:_LONGEST_NAME]).decode("ascii")
    if this.serial is not None:
        found["serial"] = f"{this.serial:x}"[:_LONGEST_SERIAL]
    for name, when in (("begins", this.begins), ("ends", this.ends)):
        if when is not None:
            found[name] = format_time(when)
    if this.tbs_digests:
        found["digest"] = f"{this.tbs_digests[0][0]}:{this.tbs_digests[0][1].hex()}"
    return found


def words(details: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The details that a finding shows, at most five: kind and serial, digest, validity, when, where."""
    shown: list[str] = []
    if "serial" in details:
        shown.append(f"{details.get('kind', '')} serial {details['serial']}".strip())
    elif "kind" in details:
        shown.append(str(details["kind"]))
    if "digest" in details:
        shown.append(str(details["digest"]))
    if "begins" in details and "ends" in details:
        shown.append(f"valid {details['begins']} to {details['ends']}")
    if details.get("time") is not None:
        shown.append(f"at {details['time']}")
    where = details.get("where")
    if isinstance(where, Mapping):
        shown.append(f"input {str(where['input'])[:16]} offset {where['offset']}")
    return tuple(shown[:5])


def _extensions(tbs: bytes) -> tuple[Element, ...]:
    fields = tuple(read(tbs, SEQUENCE).children())
    held = fields[-1] if fields and fields[-1].tag == context(0, constructed=True) else None
    return () if held is None else tuple(held.inner().children())


def crl_scope(this: SignedObject) -> bytes:
    """What numbers CRLs in one sequence: its distribution point, and whether it is a delta (RFC 5280 §5.2.3)."""
    scope = hashlib.sha256()
    try:
        for each in _extensions(this.tbs):
            name, *rest = each.children()
            oid = name.oid()
            if oid == _DISTRIBUTION_POINT:
                scope.update(rest[-1].encoded)
            elif oid == _DELTA:
                scope.update(bytes([BOOLEAN]))
    except (DerError, IndexError):
        scope.update(b"unreadable")
    return scope.digest()[:16]
