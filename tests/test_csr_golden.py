"""Every word of every finding of the vectors of requests, certificates and pairs stands in tests/golden/findings.txt.

`PKICHECK_REGOLD=1 pytest tests/test_csr_golden.py` writes it anew: look at what changed before you keep it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pkicheck.csr import check_certificate
from pkicheck.findings import Finding
from pkicheck.pairs import check_pair
from tests import csrkit
from tests.csr_cases import QUIET, VECTORS, bound
from tests.csrkit import AT
from tests.test_csr_vectors import ALWAYS, CERTIFICATES
from tests.test_pairs import VECTORS as PAIRS

GOLDEN = Path(__file__).with_name("golden") / "findings.txt"


def _lines(area: str, vector: str, findings: Iterable[Finding]) -> Iterator[str]:
    for each in findings:
        if each.code not in QUIET | ALWAYS:
            more = f" (+{each.more})" if each.more else ""
            yield f"{area} {vector}: {each.code} at {each.place}: {each.expected} | {', '.join(each.saw)}{more}"


def _all() -> Iterator[str]:
    for vector in VECTORS:
        yield from _lines("csr", vector.id, bound(vector).findings)
    binding = csrkit.bind(who=csrkit.identity(subject=[("countryName", "ES")])).binding
    for held in CERTIFICATES:
        result = check_certificate(held.certificate, binding=binding, issuer=csrkit.ca(), at=AT)
        yield from _lines("certificate", held.id, result.findings)
    for pair in PAIRS:
        yield from _lines("pair", pair.id, check_pair(pair.precertificate, pair.certificate, at=AT).findings)


def test_every_word() -> None:
    """Places, expectations and what was seen are those on record."""
    now = list(_all())
    if os.environ.get("PKICHECK_REGOLD"):
        GOLDEN.write_text("".join(f"{line}\n" for line in now), encoding="utf-8")
    assert now == GOLDEN.read_text(encoding="utf-8").splitlines()
