"""How fast the readers of HSM logs are: beside a bare loop over the same file, in the same run, as ratios.

    python benchmarks/hsmlog.py

pkcs11-spy beside `for line in file`, for three kinds of operations: a digest signed with ECDSA (21 lines), a DigestInfo
with RSA and a length query (46 lines), a certificate with RSA and a length query (188 lines). CloudTrail beside
`json.loads` of the same file. A ratio of 2 is half the speed.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import timezone
from pathlib import Path

from pkicheck.canon import Sha256
from pkicheck.hsmlog.readers import CloudTrailReader, LogName, SpyReader

_NAME = LogName(source=Sha256("0" * 64), name="log")
_BLOCK = 1 << 18
_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def dump(data: bytes) -> bytes:
    """Octets as a trace shows them."""
    lines: list[bytes] = []
    for at in range(0, len(data), 16):
        columns = b"".join(b"%02X " % octet for octet in data[at : at + 16])
        lines.append(b"    %08X  %s %s\n" % (at, columns.ljust(48), b"." * 16))
    return b"".join(lines)


def trace(mechanism: str, data: bytes, size: int, count: int, *, query: bool) -> bytes:
    """A trace of so many operations."""
    draw = random.Random(1)
    lines: list[bytes] = []
    number = 0

    def call(function: str, body: bytes) -> None:
        nonlocal number
        stamp = f"2026-11-21 {number // 3_600_000 % 24:02}:{number // 60_000 % 60:02}:{number // 1000 % 60:02}"
        head = f"\n{number}: {function}\n{stamp}.{number % 1000:03}\n[in] hSession = 0x1\n"
        lines.append(head.encode() + body + b"Returned:  0 CKR_OK\n")
        number += 1

    none = b"[in] pMechanism->pParameter[ulParameterLen] NULL [size : 0x0 (0)]\n[in] hKey = 0x2\n"
    for _ in range(count):
        call("C_SignInit", f"[in] pMechanism->type = {mechanism:<29}\n".encode() + none)
        given = data + draw.randbytes(32)
        shown = b"[in] pData[ulDataLen] 00007ffd57e033f0 / %d\n%s" % (len(given), dump(given))
        if query:
            call("C_Sign", shown + b"[out] pSignature[*pulSignatureLen] NULL [size : 0x%x (%d)]\n" % (size, size))
        out = b"[out] pSignature[*pulSignatureLen] 00007ffd57e031f0 / %d\n%s" % (size, dump(draw.randbytes(size)))
        call("C_Sign", shown + out)
    return b"".join(lines)


def trail(count: int) -> bytes:
    """A CloudTrail file, half of it signatures."""
    records = [
        {
            "eventVersion": "1.08",
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/ca/i-0"},
            "eventTime": f"2026-11-21T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
            "eventSource": "kms.amazonaws.com",
            "eventName": "Sign" if number % 2 else "GetPublicKey",
            "awsRegion": "eu-north-1",
            "sourceIPAddress": "192.0.2.1",
            "userAgent": "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.6",
            "requestParameters": {"messageType": "DIGEST", "keyId": "alias/ca", "signingAlgorithm": "ECDSA_SHA_256"},
            "responseElements": None,
            "requestID": f"{number:032x}",
            "eventID": f"{number:036x}",
            "readOnly": True,
            "resources": [{"type": "AWS::KMS::Key", "ARN": "arn:aws:kms:eu-north-1:111122223333:key/0a1b"}],
        }
        for number in range(count)
    ]
    return json.dumps({"Records": records}).encode()


def seconds(work: Callable[[], object]) -> float:
    """The best of five."""
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def loop(path: Path) -> int:
    """The bare loop over lines."""
    count = 0
    with path.open("rb") as file:
        for _ in file:
            count += 1
    return count


def read(path: Path, reader: Callable[[], SpyReader | CloudTrailReader]) -> int:
    """The reader over the same file."""
    count, made = 0, reader()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            for _ in made.feed(block):
                count += 1
    for _ in made.finish():
        count += 1
    return count


def main() -> None:
    """Measure and print."""
    kinds = {
        "ECDSA, digest": trace("CKM_ECDSA", b"", 64, 10_000, query=False),
        "RSA, DigestInfo, query": trace("CKM_RSA_PKCS", _INFO, 256, 5_000, query=True),
        "RSA, certificate, query": trace("CKM_SHA256_RSA_PKCS", bytes(1168), 256, 2_000, query=True),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        for name, data in kinds.items():
            path.write_bytes(data)
            bare = seconds(lambda: loop(path))
            mine = seconds(lambda: read(path, lambda: SpyReader(_NAME, zone=timezone.utc)))
            print(f"pkcs11-spy, {name}: {mine / bare:.1f} times the bare loop over lines")
        data = trail(10_000)
        path.write_bytes(data)
        bare = seconds(lambda: json.loads(path.read_bytes()))
        mine = seconds(lambda: read(path, lambda: CloudTrailReader(_NAME)))
        print(f"CloudTrail: {mine / bare:.2f} times json.loads")


if __name__ == "__main__":
    main()
