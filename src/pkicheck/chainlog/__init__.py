"""A hash-chained, append-only log: the ground under the evidence log and the signing record.

    with ChainLog("evidence.log", log_id="ca1/issuer", seal=ed25519_seal(key)) as log:
        receipt = log.append({"order": "4711"}, "example/order/1")
    anchor = receipt.head                                   # keep it elsewhere
    report = verify_files(log_files("evidence.log"), head=anchor, public_key=key.public_key())
    assert report.verdict is ChainVerdict.INTACT

Appending is durable or raises; verifying reads once, names the first bad record and says what happened to it as far as
the data tell. Only knowledge from outside of the log (a head, a count) makes a log *intact*; without it the answer is
*unanchored*, because whoever can write the file can cut off its end or chain it again.
"""

from __future__ import annotations

from pkicheck.chainlog._damage import Damage, FirstBad, Place
from pkicheck.chainlog._disk import ALWAYS, NEVER, Disk, FileLayer, Fsync, batch
from pkicheck.chainlog._files import log_files, verify_files, verify_manifest
from pkicheck.chainlog._manifest import MANIFEST_SCHEMA, JoinReport, Manifest, join
from pkicheck.chainlog._record import MAX_LINE, Record, parse_record, read_records
from pkicheck.chainlog._recovery import RECOVERY_SCHEMA, TornPiece
from pkicheck.chainlog._redact import Redaction, redact
from pkicheck.chainlog._report import ChainReport, ChainVerdict, Torn
from pkicheck.chainlog._seals import ed25519_check, ed25519_key_id, ed25519_seal
from pkicheck.chainlog._values import SCHEMA, Head, Seal, SealCheck, SealPort, genesis, seal_json, sealed_bytes
from pkicheck.chainlog._verify import verify, verify_parts
from pkicheck.chainlog._writer import ChainLog, Receipt, Recovery, Rotation

__all__ = [
    "ALWAYS",
    "MANIFEST_SCHEMA",
    "MAX_LINE",
    "NEVER",
    "RECOVERY_SCHEMA",
    "SCHEMA",
    "ChainLog",
    "ChainReport",
    "ChainVerdict",
    "Damage",
    "Disk",
    "FileLayer",
    "FirstBad",
    "Fsync",
    "Head",
    "JoinReport",
    "Manifest",
    "Place",
    "Receipt",
    "Record",
    "Recovery",
    "Redaction",
    "Rotation",
    "Seal",
    "SealCheck",
    "SealPort",
    "Torn",
    "TornPiece",
    "batch",
    "ed25519_check",
    "ed25519_key_id",
    "ed25519_seal",
    "genesis",
    "join",
    "log_files",
    "parse_record",
    "read_records",
    "redact",
    "seal_json",
    "sealed_bytes",
    "verify",
    "verify_files",
    "verify_manifest",
    "verify_parts",
]
