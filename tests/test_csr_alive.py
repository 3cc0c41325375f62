"""K20: a check that somebody switches off is noticed, and named, by the vectors alone.

In the incident a patch switched one check off for 150 days. Here each check is switched off, and the vectors say which.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from pkicheck.csr import Proof, SignatureCheck, check_certificate
from pkicheck.keys import Inspected, inspect_key
from pkicheck.plans import run
from tests import csrkit
from tests.csr_cases import VECTORS, shown
from tests.csrkit import AT, DAY
from tests.test_csr_vectors import ALWAYS, CERTIFICATES


def _nothing(*_: object, **__: object) -> list[Any]:
    return []


def _valid(**_: object) -> SignatureCheck:
    return SignatureCheck(proof=Proof.VALID, algorithm="any")


def _any_key(spki: bytes, *, policy: Any) -> Inspected:
    found = inspect_key(spki, policy=policy)
    return Inspected(found.key, (), found.questions)


def _no_frame(*_: object, **__: object) -> tuple[list[Any], None]:
    return [], None


OFF: dict[str, tuple[str, Any, str]] = {
    "_bind.check_signature": ("requests", _valid, "csr.proof-invalid"),
    "_bind.inspect_key": ("requests", _any_key, "key.rsa-too-short"),
    "_bind.identity_findings": ("requests", _nothing, "binding.cn-not-a-name"),
    "_bind.difference_findings": ("requests", _nothing, "csr.names-disjoint"),
    "_request.defects": ("requests", _nothing, "csr.trailing-bytes"),
    "_request._Reading._extension_laws": ("requests", _nothing, "csr.san-several"),
    "_certificate.check_signature": ("certificates", _valid, "certificate.signature-invalid"),
    "_certificate.inspect_key": ("certificates", _any_key, "key.rsa-too-short"),
    "_certificate.frame_findings": ("certificates", _no_frame, "certificate.version"),
    "_certificate.validity_findings": ("certificates", _no_frame, "certificate.validity-too-long"),
    "_certificate.algorithm_findings": ("certificates", _nothing, "certificate.algorithm-not-allowed"),
    "_certificate.issuer_name_findings": ("certificates", _nothing, "certificate.issuer-differs"),
    "_certificate.bound_names": ("certificates", _nothing, "certificate.name-added"),
    "_certificate.common_names": ("certificates", _nothing, "certificate.cn-not-a-name"),
    "_certificate.subject_findings": ("certificates", _nothing, "certificate.subject-differs"),
    "_certificate.profile_findings": ("certificates", _nothing, "certificate.extension-not-approved"),
    "_certificate.defects": ("certificates", _nothing, "certificate.not-der"),
    "_names.name_defects": ("certificates", _nothing, "name.underscore"),
}


def _missed(kind: str, code: str) -> Iterator[str]:
    """The vectors of a code that no longer come to it."""
    if kind == "requests":
        for vector in VECTORS:
            if code in vector.codes and code not in shown(run(vector.plan, csrkit.registry(), deadline=DAY)):
                yield vector.id
        return
    binding = csrkit.bind(who=csrkit.identity(subject=[("countryName", "ES")])).binding
    for each in CERTIFICATES:
        if code in each.codes:
            result = check_certificate(each.certificate, binding=binding, issuer=csrkit.ca(), at=AT)
            if code not in {found.code for found in result.findings} - ALWAYS:
                yield each.id


@pytest.mark.parametrize("check", OFF)
def test_a_check_that_is_switched_off_is_noticed(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check is named by the vectors of its code once it is switched off, and by none of them before (K20)."""
    kind, off, code = OFF[check]
    assert list(_missed(kind, code)) == []
    module, _, name = check.partition(".")
    target: Any = importlib.import_module(f"pkicheck.csr.{module}")
    *path, last = name.split(".")
    for step in path:
        target = getattr(target, step)
    monkeypatch.setattr(target, last, off)
    assert list(_missed(kind, code)) != []
