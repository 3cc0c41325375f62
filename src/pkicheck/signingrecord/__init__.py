"""The signing record `pkicheck/sign-record/1`: one chained line per operation, written before the signature is let go.

    with SigningRecord("signing.log", log_id="ca1/issuer", actor="issuer-1") as record:
        key = record.guard(private_key)                  # an RSA, EC or Ed25519 key of `cryptography`
        certificate = builder.sign(key, hashes.SHA256())

No record, no signature: what `key.sign` made is handed out once the line that tells of it is on disk, and never if it
is not. That is the strongest log there is of a key: each operation with the digest of what was signed, in a chain that
shows gaps, and with an anchor or a seal also the cutting off of its end.

The payload of a line (the chain around it is `pkicheck.chainlog`):

    what       "sign"; "opened", "guards" (a key), "alive", "closed"
    key        SHA-256 of the SubjectPublicKeyInfo, hex
    mechanism  the PKCS#11 name of what was done, whole message in (`CKM_ECDSA_SHA256`, `CKM_EDDSA`)
    hash       the hash, as hashlib names it; empty for a pure scheme
    digest     hex: of the message, under `hash`, or SHA-256 where the scheme is pure
    length     octets of the message; of a digest that the caller made: null
    signature  SHA-256 of the signature (ECDSA: of r||s in fixed width), hex; null when none came out
    outcome    "ok" or "failed"
    actor      who signed, as the CA calls it
"""

from __future__ import annotations

from pkicheck.signingrecord._reader import SigningRecordReader, SigningRecordState
from pkicheck.signingrecord._writer import SIGN_RECORD, SigningRecord

__all__ = ["SIGN_RECORD", "SigningRecord", "SigningRecordReader", "SigningRecordState"]
