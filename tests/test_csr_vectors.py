"""The vectors of requests and of certificates: each comes to its codes, in every way in which it can be asked."""

from __future__ import annotations

import asyncio
import pickle
from datetime import datetime

import attrs
import pytest

from pkicheck import aio
from pkicheck.codes import CATALOGUE, Level
from pkicheck.csr import Binding, BindResult, CertificateResult, check_certificate, check_tbs, load
from pkicheck.errors import Refused
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Verdict
from pkicheck.plans import replay
from pkicheck.ports import Seen
from pkicheck.testing import AsyncZone
from pkicheck.x509 import read_certificate
from tests import csrkit, make_certificate_vectors, make_csr_vectors, vectorfile
from tests.csr_cases import VECTORS, Vector, bound, shown
from tests.csrkit import AT


@attrs.frozen(kw_only=True)
class CertificateVector:
    """A certificate and the codes that holding it against the binding comes to."""

    id: str
    comment: str
    source: str
    codes: tuple[str, ...] = attrs.field(converter=vectorfile.texts)
    certificate: bytes = attrs.field(converter=vectorfile.octets)


CERTIFICATES = vectorfile.load("certificate", CertificateVector)
ALWAYS = {"certificate.matches", "certificate.left-open"}


def expected(codes: tuple[str, ...]) -> Verdict:
    """The verdict that these codes give."""
    levels = {CATALOGUE[each].level for each in codes}
    if Level.REFUSAL in levels:
        return Verdict.FAIL
    return Verdict.INCOMPLETE if Level.DOUBT in levels else Verdict.PASS


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_requests(vector: Vector) -> None:
    """Each request comes to the codes of its vector; only a PASS has a binding, with the request's own octets (K01)."""
    result = bound(vector)
    assert shown(result) == vector.codes
    assert result.verdict is expected(vector.codes)
    made = [each.code for each in result.findings].count("binding.made")
    assert made == (result.verdict is Verdict.PASS)
    if result.verdict is Verdict.PASS:
        assert result.findings[0].code == "binding.made"
        assert result.binding.spki == load(vector.csr).spki
        assert result.binding.identity == vector.identity
    else:
        with pytest.raises(Refused):
            _ = result.binding


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_requests_replay(vector: Vector) -> None:
    """The record decides the same again; a request that holds a secret is not in it, and has to be supplied."""
    result = bound(vector)
    secret = load(vector.csr).secret
    stored = load_evidence(result.to_json())
    assert (vector.csr in result.documents()) is not secret
    again = stored.replay(documents=[vector.csr] if secret else [])
    assert again.same
    assert again.result == result
    assert pickle.loads(pickle.dumps(result)) == result
    assert replay(vector.plan, Seen(reversed(result.observations))) == result


def test_requests_asynchronous() -> None:
    """The asynchronous check has the same result."""

    async def all_of_them() -> list[BindResult]:
        return [
            await aio.bind_csr(
                vector.csr,
                identity=vector.identity,
                lists=_Async(),
                at=AT,
                policy=vector.plan.policy,
            )
            for vector in VECTORS[::10]
        ]

    for vector, result in zip(VECTORS[::10], asyncio.run(all_of_them()), strict=True):
        assert result == bound(vector)


class _Async:
    """The registry of the tests, asynchronously."""

    def __init__(self) -> None:
        self._registry = csrkit.registry()

    def now(self) -> datetime:
        return self._registry.now()

    exchange = AsyncZone.exchange
    _zone = property(lambda self: self._registry)


@pytest.fixture(scope="module")
def binding() -> Binding:
    """What the vectors of certificates are held against."""
    return csrkit.bind(who=csrkit.identity(subject=[("countryName", "ES")])).binding


def checked(vector: CertificateVector, binding: Binding) -> CertificateResult:
    """The result of a vector."""
    return check_certificate(vector.certificate, binding=binding, issuer=csrkit.ca(), at=AT)


@pytest.mark.parametrize("vector", CERTIFICATES, ids=lambda vector: vector.id)
def test_certificates(vector: CertificateVector, binding: Binding) -> None:
    """Each certificate comes to the codes of its vector, and the record decides the same again."""
    result = checked(vector, binding)
    assert tuple(sorted(each.code for each in result.findings if each.code not in ALWAYS)) == vector.codes
    assert result.verdict is expected(vector.codes)
    assert (result.findings[0].code == "certificate.matches") is (result.verdict is Verdict.PASS)
    again = load_evidence(result.to_json()).replay()
    assert again.same
    assert again.result == result
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("vector", CERTIFICATES, ids=lambda vector: vector.id)
def test_certificates_before_signing(vector: CertificateVector, binding: Binding) -> None:
    """`check_tbs` says of what is to be signed what `check_certificate` says of it when it is signed (R064)."""
    if any(each in vector.codes for each in ("certificate.unreadable",)):
        pytest.skip("there is no TBSCertificate in it")
    tbs = read_certificate(vector.certificate)[0].whole.encoded
    result = check_tbs(tbs, binding=binding, issuer=csrkit.ca(), at=AT)
    outer = {"certificate.signature-invalid", "certificate.algorithm-beside"}
    wanted = [each for each in vector.codes if each not in outer]
    assert sorted(each.code for each in result.findings if each.code not in ALWAYS) == wanted


def test_the_vectors_are_those_of_the_scripts() -> None:
    """Nobody edited the files by hand."""
    for file, content in make_csr_vectors.files().items():
        assert (make_csr_vectors.FOLDER / file).read_text(encoding="utf-8") == content
    assert make_certificate_vectors.FILE.read_text(encoding="utf-8") == make_certificate_vectors.text()


def test_there_are_enough_of_them() -> None:
    """At least 200 facts about requests, certificates and pairs stand in files."""
    assert len(VECTORS) + len(CERTIFICATES) >= 330


# Codes that no vector in a file can show: they need a registry, pins, another issuer or another moment.
ELSEWHERE = {
    "binding.made",
    "binding.registered",
    "binding.request-taken",
    "binding.order-taken",
    "binding.registry-unavailable",
    "binding.registry-malformed",
    "binding.other-request",
    "binding.other-key",
    "binding.scope-differs",
    "binding.purpose-differs",
    "certificate.extension-differs",
    "certificate.extension-missing",
    "certificate.issuer-gone",
    "certificate.issuer-kind",
    "certificate.issuer-ocsp-signing",
    "certificate.issuer-unknown",
    "certificate.left-open",
    "certificate.matches",
    "certificate.not-after-differs",
    "certificate.not-before-differs",
    "certificate.not-compared",
    "certificate.policy-differs",
    "certificate.serial-differs",
    "certificate.subject-order",
    "certificate.validity-no-limit",
    "csr.proof-valid",
    "csr.too-complex",
    "csr.too-large",
    "csr.too-many-names",
}


def test_every_code_is_met() -> None:
    """Each code of the three areas is met by a vector, or by a test that names it."""
    met = {code for vector in VECTORS for code in vector.codes}
    met |= {code for vector in CERTIFICATES for code in vector.codes}
    areas = ("binding.", "certificate.", "csr.")
    assert {each for each in CATALOGUE if each.startswith(areas)} - met == ELSEWHERE
