"""What it costs to find the digest that was signed, as a ratio to one SHA-256 over the whole object, in one run.

    python benchmarks/objects.py [--limits]

With `--limits` the exit code is 1 when the ratio is above 2 (issue 6).
"""

from __future__ import annotations

import hashlib
import sys
import timeit
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pkicheck.canon import digest as sha256
from pkicheck.hsmlog.model import Locator
from pkicheck.hsmlog.objects import read_object
from pkicheck.hsmlog.slices import tbs_digest

LIMIT = 2.0
_WHERE = Locator(source=sha256(b""), offset=0)


def certificate(size: int) -> bytes:
    """A certificate of about this many octets."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com")])
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key(), serial_number=2**100)
        .not_valid_before(datetime(2026, 11, 1, tzinfo=timezone.utc))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=timezone.utc))
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), bytes(size - 330)), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def best(calls: Sequence[Callable[[], object]], number: int) -> list[float]:
    """Seconds for one call of each, in its fastest round; the rounds alternate, so that all meet the same machine."""
    rounds = [[timeit.timeit(call, number=number) / number for call in calls] for _ in range(15)]
    return [min(column) for column in zip(*rounds, strict=True)]


def main() -> int:
    """Print the ratios."""
    worst = 0.0
    for size in (1000, 1500, 2000, 6000):
        data = certificate(size)
        whole, digest, full = best(
            [
                lambda: hashlib.sha256(data).digest(),  # noqa: B023 - called before the loop goes on
                partial(tbs_digest, data),
                partial(read_object, data, locator=_WHERE, uid="x"),
            ],
            3000,
        )
        if size >= 1500:
            worst = max(worst, digest / whole)
        print(
            f"{len(data):5} octets: SHA-256 {whole * 1e6:6.2f} us, digest of the TBS {digest * 1e6:6.2f} us "
            f"({digest / whole:.2f} times), whole object {full * 1e6:6.2f} us"
        )
    print(f"ratio {worst:.2f}, limit {LIMIT} (from 1500 octets on)")
    return int("--limits" in sys.argv and worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
