"""Fuzz target of requests: any octets give a value; what is wrong stands in its defects; nothing raises.

A request that has no defect but notes is read again from its own fields, octet for octet; its names are all claims.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pkicheck.codes import CATALOGUE
from pkicheck.csr import ClaimedRequest, load
from pkicheck.der import DerError, defects
from pkicheck.findings import Level
from pkicheck.x509 import name_attributes, read_certificate, read_extension

__all__ = ["seeds", "target"]

_VECTORS = Path(__file__).parents[1] / "tests" / "vectors"


def seeds() -> Iterator[bytes]:
    """The requests and certificates of all vectors."""
    for area, key in (("csr", "csr"), ("certificate", "certificate")):
        for path in sorted((_VECTORS / area).glob("*.toml")):
            for vector in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]:
                yield bytes.fromhex("".join(vector[key].split()))


def _request(data: bytes) -> None:
    found = load(data)
    assert isinstance(found, ClaimedRequest)
    assert all(each.code in CATALOGUE and each.message.isprintable() for each in found.defects)
    refused = any(each.level is Level.REFUSAL for each in found.defects)
    if found.der is None or found.info is None:
        assert refused
        assert found.spki is None
        return
    assert found.spki is not None
    assert found.spki in found.info
    assert found.info in found.der
    assert found.der == data or b"-----" in data
    if not refused:
        harmless = {"bad-string", "set-not-sorted"}
        assert all(each.reason in harmless for each in defects(found.der))
        again = load(found.der)
        assert (again.info, again.names, again.extensions) == (found.info, found.names, found.extensions)


def _certificate(data: bytes) -> None:
    try:
        tbs, algorithm, signature = read_certificate(data)
        fields = tbs.whole.encoded + algorithm.encoded + signature.encoded
        assert data.endswith(fields)
        for name in (tbs.issuer, tbs.subject):
            name_attributes(name)
        for each in tbs.extensions:
            assert read_extension(each).whole.encoded in data
    except DerError:
        return


def target(data: bytes) -> None:
    """One input."""
    _request(data)
    _certificate(data)
