"""The certificate against the binding: what was built passes, and any change of what is fixed fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.canon import digest
from pkicheck.codes import Level
from pkicheck.csr import (
    Binding,
    CertificateResult,
    FixedFields,
    certificate_plan_from_json,
    check_certificate,
    check_tbs,
    inspect_certificate,
    load,
)
from pkicheck.errors import InputError
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Verdict
from pkicheck.issuerkey import IssuerKey
from pkicheck.names import parse_domain
from pkicheck.policy import BASELINE, PRIVATE
from pkicheck.rules import STEPS
from pkicheck.rules.certificate import VALIDITY
from pkicheck.x509 import read_certificate
from tests import derkit
from tests.csrkit import (
    AT,
    CA_NAME,
    DAY,
    NAMES,
    alternative_names,
    bind,
    ca,
    identity,
    private_key,
    request,
    sign,
    signed_certificate,
    spki,
)
from tests.derkit import element, explicit, extension, integer, name, oid, sequence, utc
from tests.make_certificate_vectors import GOOD, SAN, USUAL

SECOND = timedelta(seconds=1)
END = AT + timedelta(days=90) - SECOND
SERIAL = 0x7A0F_0102_0304_0506_0708
FIXED = FixedFields(not_before=AT, not_after=END, serial=SERIAL, extensions=USUAL)


@pytest.fixture(scope="module")
def binding() -> Binding:
    """That of the vectors."""
    return bind(who=identity(subject=[("countryName", "ES")])).binding


def check(certificate: bytes | derkit.Tbs, binding: Binding, **fields: Any) -> CertificateResult:
    """`check_certificate` of a certificate that may still have to be signed."""
    data = certificate if isinstance(certificate, bytes) else signed_certificate(certificate)
    given: dict[str, Any] = {"issuer": ca(), "at": AT, **fields}
    return check_certificate(data, binding=binding, **given)


def refusals(result: CertificateResult) -> list[str]:
    """The codes of the refusals and doubts."""
    return [each.code for each in result.findings if each.level is not Level.NOTE]


# -- what is built passes


def built(binding: Binding, issuer: IssuerKey, signer: str, **fields: Any) -> bytes:
    """A certificate by the binding's own builder."""
    given = {"not_before": AT, "not_after": END, **fields}
    digest_of: dict[str, Any] = {
        "rsa-other": hashes.SHA256(),
        "ca": hashes.SHA256(),
        "p384-ca": hashes.SHA384(),
        "p521-ca": hashes.SHA512(),
    }
    builder = binding.certificate_builder(issuer=issuer, **given)
    return builder.sign(private_key(signer), digest_of[signer]).public_bytes(Encoding.DER)


@pytest.mark.parametrize("signer", ["ca", "p384-ca", "p521-ca", "rsa-other"])
@pytest.mark.parametrize("which", ["rsa", "p256", "p384", "p521"])
def test_what_is_built_passes(which: str, signer: str) -> None:
    """`check_certificate(build(binding))` passes, for every type of key of subscriber and issuer (K01, R103)."""
    names = ("*.shop.com", "shop.com", "8.8.8.8", "2001:4860:4860::8888", "xn--bcher-kva.com")
    subject = [
        ("C", "ES"),
        ("ST", "Bizkaia"),
        ("L", "Bilbao"),
        ("postalCode", "48001"),
        ("street", "Gran V\u00eda 1"),
        ("O", "Caf\u00e9 SL"),
        ("CN", "shop.com"),
        ("serialNumber", "B1"),
        ("businessCategory", "Private Organization"),
    ]
    binding = bind(request(signer=which), identity(*names, "www.shop.com", kind="ov", subject=subject)).binding
    issuer = ca(signer)
    certificate = built(binding, issuer, signer)
    result = check(certificate, binding, issuer=issuer)
    assert refusals(result) == []
    assert result.require().names == binding.identity.names
    tbs = read_certificate(certificate)[0].whole.encoded
    assert refusals(check_tbs(tbs, binding=binding, issuer=issuer, at=AT)) == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a.com", "*.a.com", "b.a.com", "1.1.1.1", "2606:4700::1", "xn--mnchen-3ya.de", "*.b.co.uk"]),
        min_size=1,
    ),
    st.sampled_from([(), (("C", "ES"),), (("C", "XX"), ("CN", ""))]),
    st.integers(1 << 64, (1 << 159) - 1),
    st.integers(0, 200 * 86400 - 1),
)
def test_what_is_built_passes_whatever_is_bound(
    names: list[str], subject: tuple[tuple[str, str], ...], serial: int, seconds: int
) -> None:
    """Law: whatever names, subject, serial number and validity are bound and fixed, the built certificate passes."""
    pairs = [(kind, value or names[0]) for kind, value in subject]
    binding = bind(request(signer="p256"), identity(*names, "shop.com", subject=pairs)).binding
    fixed = FixedFields(not_before=AT, not_after=AT + timedelta(seconds=seconds), serial=serial)
    certificate = built(binding, ca(), "ca", not_after=fixed.not_after, serial=serial)
    assert refusals(check(certificate, binding, issuance=fixed)) == []


# -- any change fails

CHANGES: dict[str, tuple[derkit.Tbs, str]] = {
    "version": (attrs.evolve(GOOD, version=explicit(0, integer(1))), "certificate.version"),
    "serial": (attrs.evolve(GOOD, serial=integer(SERIAL + 1)), "certificate.serial-differs"),
    "issuer": (attrs.evolve(GOOD, issuer=name(("2.5.4.6", 0x13, "ES"))), "certificate.issuer-differs"),
    "not-before": (
        attrs.evolve(GOOD, validity=sequence(utc("261121120001Z"), utc("270219115959Z"))),
        "certificate.not-before-differs",
    ),
    "not-after": (
        attrs.evolve(GOOD, validity=sequence(utc("261121120000Z"), utc("270219115958Z"))),
        "certificate.not-after-differs",
    ),
    "subject": (attrs.evolve(GOOD, subject=sequence()), "certificate.subject-differs"),
    "key": (attrs.evolve(GOOD, key=spki("p256-other")), "certificate.key-differs"),
    "unique-id": (attrs.evolve(GOOD, ids=element(0x82, b"\0\1")), "certificate.unique-id"),
    "names": (attrs.evolve(GOOD, extensions=(*USUAL, alternative_names("shop.com"))), "certificate.name-dropped"),
    "extension-more": (
        attrs.evolve(GOOD, extensions=(*USUAL, SAN, extension("2.5.29.14", derkit.octets(b"1")))),
        "certificate.extension-not-approved",
    ),
    "extension-fewer": (attrs.evolve(GOOD, extensions=(*USUAL[1:], SAN)), "certificate.extension-missing"),
    "extension-other": (
        attrs.evolve(GOOD, extensions=(extension("2.5.29.15", element(0x03, b"\x07\x80")), *USUAL[1:], SAN)),
        "certificate.extension-differs",
    ),
}


def test_everything_fixed_matches(binding: Binding) -> None:
    """With everything fixed and everything as fixed it passes, and nothing is said to be left open."""
    result = check(GOOD, binding, issuance=FIXED)
    assert [each.code for each in result.findings] == ["certificate.matches"]
    assert result.serial == SERIAL


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_what_is_fixed_fails(change: str, binding: Binding) -> None:
    """Law: a change of any field that binding or issuance fixes fails, with the code of the field (K03, R064)."""
    tbs, code = CHANGES[change]
    assert code in refusals(check(tbs, binding, issuance=FIXED))
    assert code in refusals(check_tbs(tbs.der(), binding=binding, issuer=ca(), at=AT, issuance=FIXED))


def test_any_octet_of_a_certificate(binding: Binding) -> None:
    """Law: change any one octet of a signed certificate: it fails, every time."""
    data = signed_certificate(GOOD)
    for at in range(len(data)):
        assert check(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], binding).verdict is Verdict.FAIL


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2000), st.integers(1, 255), st.booleans())
def test_any_octet_of_what_is_to_be_signed(at: int, change: int, fixed: bool) -> None:
    """Law: change any octet of a TBSCertificate: it fails, or what changed is named as left open.

    Left open without an `FixedFields` are the two times, the serial number and the octets of extensions.
    """
    binding = bind(who=identity(subject=[("countryName", "ES")])).binding
    data = bytearray(GOOD.der())
    at %= len(data)
    data[at] ^= change
    result = check_tbs(bytes(data), binding=binding, issuer=ca(), at=AT, issuance=FIXED if fixed else FixedFields())
    if result.verdict is Verdict.PASS:
        assert not fixed
        tbs = read_certificate(signed_certificate(GOOD))[0]
        start = tbs.whole.start
        spans = [tbs.serial, tbs.validity, *tbs.extensions]
        assert any(each.start - start <= at < each.end - start for each in spans)
        assert any(each.code == "certificate.left-open" for each in result.findings)


def test_what_is_left_open_is_listed(binding: Binding) -> None:
    """The result lists what neither binding nor issuance fixes."""
    (left,) = [each for each in check(GOOD, binding).findings if each.code == "certificate.left-open"]
    assert left.saw == ("not_before", "not_after", "serial", "extensions")
    (left,) = [
        each
        for each in check(GOOD, binding, issuance=FixedFields(serial=SERIAL)).findings
        if each.code == "certificate.left-open"
    ]
    assert left.saw == ("not_before", "not_after", "extensions")


def test_subject_order(binding: Binding) -> None:
    """The attributes that were bound, in another order, are called that."""
    bound = bind(who=identity(kind="ov", subject=[("C", "ES"), ("L", "Bilbao"), ("O", "Shop")])).binding
    swapped = name(("2.5.4.6", 0x13, "ES"), ("2.5.4.10", 0x0C, "Shop"), ("2.5.4.7", 0x0C, "Bilbao"))
    tbs = attrs.evolve(GOOD, subject=swapped, extensions=(SAN,))
    assert refusals(check(tbs, bound)) == ["subject.attribute-order", "certificate.subject-order"]


def test_another_policy(binding: Binding) -> None:
    """What was bound under one policy is not signed under another."""
    other = attrs.evolve(BASELINE, name="another")
    assert refusals(check(GOOD, binding, policy=other)) == ["certificate.policy-differs"]


# -- the issuer


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"public": False}, "binding.scope-differs"),
        ({"purposes": frozenset({"smime"})}, "binding.purpose-differs"),
        ({"permitted": (parse_domain("shop.org"),)}, "binding.name-not-permitted"),
        ({"kinds": frozenset({"crl"})}, "certificate.issuer-kind"),
        ({"kinds": frozenset({"precertificate"})}, "certificate.issuer-kind"),
        ({"created_at": AT + SECOND}, "certificate.issuer-gone"),
        ({"destroyed_at": AT}, "certificate.issuer-gone"),
    ],
)
def test_the_issuer_must_fit(fields: dict[str, Any], code: str, binding: Binding) -> None:
    """K17, R049: scope, purpose, kind, life and domains of the key that signs."""
    found = refusals(check(GOOD, binding, issuer=ca(**fields)))
    assert set(found) == {code}


def test_the_issuer_fits_at_its_edges(binding: Binding) -> None:
    """A key that was made at that very moment, or is destroyed a second later, exists."""
    for fields in ({"created_at": AT}, {"destroyed_at": AT + SECOND}, {"kinds": frozenset({"certificate"})}):
        assert refusals(check(GOOD, binding, issuer=ca(**fields))) == []
    poisoned = attrs.evolve(GOOD, extensions=(*USUAL, SAN, derkit.POISON))
    assert refusals(check(poisoned, binding, issuer=ca(kinds=frozenset({"precertificate"})))) == []


def test_an_issuer_without_a_certificate_is_a_doubt(binding: Binding) -> None:
    """Without the CA's certificate nobody knows the issuer's name: no PASS."""
    result = check(GOOD, binding, issuer=attrs.evolve(ca(), certificate=None))
    assert result.verdict is Verdict.INCOMPLETE
    assert refusals(result) == ["certificate.issuer-unknown"]


def test_ocsp_signing_on_the_ca(binding: Binding) -> None:
    """A CA certificate with OCSPSigning could answer for its siblings: refused (BR 7.1.2.10.6)."""

    def with_purposes(*extensions: bytes) -> list[str]:
        return refusals(
            check(attrs.evolve(GOOD, extensions=(*USUAL[:3], SAN)), binding, issuer=ca(extensions=extensions))
        )

    server, ocsp = oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.9")
    assert with_purposes(extension("2.5.29.37", sequence(server, ocsp))) == ["certificate.issuer-ocsp-signing"]
    assert with_purposes(extension("2.5.29.37", sequence(server))) == []
    assert with_purposes(extension("2.5.29.37", sequence())) == ["certificate.extension-malformed"]
    assert with_purposes(element(0x30)) == []


def test_rsa_issuers(binding: Binding) -> None:
    """The six algorithms of an RSA key, each with its own hash (BR 7.1.3.2.1)."""
    issuer = ca("rsa-other")
    for hashed in ("sha256", "sha384", "sha512"):
        hows: tuple[dict[str, Any], ...] = (
            {},
            {"scheme": "pss", "salt": {"sha256": 32, "sha384": 48, "sha512": 64}[hashed]},
        )
        for how in hows:
            algorithm, _ = sign("rsa-other", b"", digest=hashed, **how)
            data = signed_certificate(attrs.evolve(GOOD, algorithm=algorithm), "rsa-other", digest=hashed, **how)
            assert refusals(check(data, binding, issuer=issuer)) == []
    algorithm, _ = sign("rsa-other", b"", scheme="pss", salt=20)
    data = signed_certificate(attrs.evolve(GOOD, algorithm=algorithm), "rsa-other", scheme="pss", salt=20)
    assert refusals(check(data, binding, issuer=issuer)) == ["certificate.algorithm-not-allowed"]


def test_a_signature_with_unused_bits(binding: Binding) -> None:
    """A signature that is no whole number of octets verifies nothing."""
    tbs = GOOD.der()
    algorithm, signature = sign("ca", tbs)
    data = sequence(tbs, algorithm, element(0x03, b"\x01", signature[:-1] + b"\0"))
    assert refusals(check(data, binding)) == ["certificate.signature-invalid"]


def test_an_issuer_of_another_kind_of_key(binding: Binding) -> None:
    """A CA key that no public CA has signs nothing here."""
    algorithm, _ = sign("ed25519", b"")
    data = signed_certificate(attrs.evolve(GOOD, algorithm=algorithm), "ed25519")
    issuer = attrs.evolve(ca(), certificate=None, spki=spki("ed25519"))
    assert {"certificate.algorithm-not-allowed", "certificate.signature-invalid"} <= set(
        refusals(check(data, binding, issuer=issuer))
    )
    good = signed_certificate(GOOD)
    assert "certificate.algorithm-not-of-issuer" in refusals(check(good, binding, issuer=issuer))


# -- validity by date


@pytest.mark.parametrize(("since", "limit"), STEPS[VALIDITY].steps, ids=lambda value: str(value))
def test_the_longest_validity(since: datetime, limit: int) -> None:
    """Each limit of BR 6.3.2, both ends included, from its first instant on, and not a second longer."""
    for moment, most in ((since, limit), (since - SECOND, STEPS[VALIDITY].at(since - SECOND))):
        if most is None:
            continue
        start = moment
        for seconds, fits in ((most, True), (most + 1, False)):
            result = inspect_certificate(_valid(start, start + timedelta(seconds=seconds - 1)))
            assert ("certificate.validity-too-long" not in refusals(result)) is fits
            assert result.at == start


def _valid(start: datetime, end: datetime) -> bytes:
    times = [utc(f"{each:%y%m%d%H%M%SZ}") for each in (start, end)]
    return signed_certificate(attrs.evolve(GOOD, validity=sequence(*times)))


def test_no_limit_on_record_is_a_doubt() -> None:
    """Before the first limit nobody knows: no PASS."""
    first = STEPS[VALIDITY].steps[0][0]
    result = inspect_certificate(_valid(first - DAY, first))
    assert "certificate.validity-no-limit" in refusals(result)


def test_a_private_pki_has_no_limits() -> None:
    """Lengths, serial numbers and purposes of the BR do not bind a private PKI."""
    who = identity("printer.corp", scope="internal")
    bound = bind(request(csr_info()), who, policy=PRIVATE).binding
    tbs = attrs.evolve(
        GOOD,
        serial=integer(1),
        subject=sequence(),
        validity=sequence(utc("200101000000Z"), utc("491231235959Z")),
        extensions=(
            extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.2"))),
            extension("2.5.29.32", sequence(sequence(oid("1.2.3")))),
            alternative_names("printer.corp", critical=True),
        ),
    )
    result = check(tbs, bound, policy=PRIVATE, issuer=ca(public=False))
    assert refusals(result) == []
    assert "certificate.extension-absent" not in {each.code for each in result.findings}


def csr_info() -> Any:
    """A request that claims nothing."""
    from tests.csrkit import Info  # noqa: PLC0415

    return Info(subject=sequence(), attributes=())


# -- without a binding


def test_without_a_binding() -> None:
    """A certificate can be held against the rules alone; the result says that nobody compared it (N-scan)."""
    result = inspect_certificate(signed_certificate(GOOD), issuer=ca())
    assert [each.code for each in result.findings] == ["certificate.not-compared"]
    assert result.at == AT
    assert load_evidence(result.to_json()).replay().same
    bad = attrs.evolve(GOOD, extensions=(alternative_names("a_b.com"), derkit.BASIC), key=spki("rsa-1024"))
    found = refusals(inspect_certificate(signed_certificate(bad, "p256-other"), issuer=ca(), at=AT))
    assert found == ["certificate.signature-invalid", "key.rsa-too-short", "name.underscore"]
    later = inspect_certificate(signed_certificate(GOOD), at=AT + timedelta(days=3))
    assert refusals(later) == ["certificate.not-before-far"]
    unreadable = inspect_certificate(b"")
    assert unreadable.at == datetime.fromtimestamp(0, tz=timezone.utc)
    no_times = attrs.evolve(GOOD, validity=sequence())
    assert refusals(inspect_certificate(signed_certificate(no_times))) == ["certificate.validity-malformed"]


def test_the_policy_says_how_it_was_validated() -> None:
    """Without a binding the reserved policy says which attributes belong into the subject."""
    for policies, expected in (
        (("2.23.140.1.2.1",), ["subject.attribute-forbidden"]),
        (("2.23.140.1.2.2",), ["subject.attribute-missing"]),
        (("2.23.140.1.2.1", "2.23.140.1.2.2"), ["certificate.policy-other"]),
    ):
        policy = extension("2.5.29.32", sequence(*(sequence(oid(each)) for each in policies)))
        tbs = attrs.evolve(
            GOOD, subject=name(("2.5.4.6", 0x13, "ES"), ("2.5.4.10", 0x0C, "Shop")), extensions=(policy, SAN)
        )
        assert refusals(inspect_certificate(signed_certificate(tbs))) == expected
    broken = extension("2.5.29.32", element(0x05))
    assert refusals(inspect_certificate(signed_certificate(attrs.evolve(GOOD, extensions=(broken, SAN))))) == [
        "certificate.extension-malformed"
    ]


def test_values_are_der_to_their_last_octet(binding: Binding) -> None:
    """Also where nothing is read of a value, such as URLs and qualifiers of policies, it is DER."""
    long_form = b"\x30\x81\x00"
    values = {
        "2.5.29.31": sequence(long_form),
        "1.3.6.1.5.5.7.1.1": sequence(element(0x02, b"\0\1")),
        "2.5.29.32": sequence(
            sequence(oid("2.23.140.1.2.1"), sequence(sequence(oid("1.3.6.1.5.5.7.2.1"), element(0x13, b"*"))))
        ),
    }
    for kind, value in values.items():
        rest = tuple(each for each in USUAL if oid(kind) not in each)
        tbs = attrs.evolve(GOOD, extensions=(*rest, SAN, extension(kind, value)))
        assert refusals(check(tbs, binding)) == ["certificate.extension-malformed"]


def test_the_number_of_names_is_bounded(binding: Binding) -> None:
    """Ten thousand names are read, one more is not."""
    for count, codes in ((10_000, []), (10_001, ["certificate.extension-malformed"])):
        names = alternative_names(*(element(0x82, b"www%d.shop.com" % index) for index in range(count)))
        tbs = attrs.evolve(GOOD, extensions=(*USUAL, names))
        result = inspect_certificate(signed_certificate(tbs))
        assert refusals(result) == codes
        assert len(result.names) == (0 if codes else count)


# -- arguments and evidence

# (the type checker would refuse what is tried here)
_CHECK: Any = check_certificate
_CHECK_TBS: Any = check_tbs
_INSPECT: Any = inspect_certificate
_ISSUANCE: Any = FixedFields


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda binding: _CHECK("x", binding=binding, issuer=ca(), at=AT),
            r"certificate must be bytes \(DER\), got str",
        ),
        (lambda binding: _CHECK_TBS("x", binding=binding, issuer=ca(), at=AT), r"tbs must be bytes \(DER\), got str"),
        (lambda binding: _INSPECT("x"), r"certificate must be bytes \(DER\), got str"),
        (
            lambda binding: _CHECK(b"", binding=load(b""), issuer=ca(), at=AT),
            "binding must be a Binding, got ClaimedRequest",
        ),
        (
            lambda binding: _CHECK(b"", binding=binding, issuer=b"", at=AT),
            "issuer must be a IssuerKey, got bytes",
        ),
        (lambda binding: _INSPECT(b"", issuer=b""), "issuer must be a IssuerKey, got bytes"),
        (
            lambda binding: _CHECK(b"", binding=binding, issuer=ca(), at=AT, issuance=None),
            "issuance must be a FixedFields",
        ),
        (
            lambda binding: _CHECK(b"", binding=binding, issuer=ca(), at=datetime(2026, 1, 1)),
            "at must have a time zone",
        ),
        (lambda binding: _ISSUANCE(not_before=datetime(2026, 1, 1)), "must have a time zone"),
        (lambda binding: _ISSUANCE(extensions=[b"\x31\x00"]), "extensions must be extensions in DER"),
        (lambda binding: _ISSUANCE(extensions=["x"]), "extensions must be extensions in DER"),
    ],
)
def test_wrong_arguments(call: Callable[[Any], object], message: str, binding: Binding) -> None:
    """A wrong argument is the caller's and named; a claim is no binding."""
    with pytest.raises(InputError, match=message):
        call(binding)


def test_the_question_is_read_strictly(binding: Binding) -> None:
    """A stored question has exactly its fields, and of their types; everything fixed comes back."""
    result = check(GOOD, binding, issuance=FIXED)
    known = {digest(each): each for each in result.documents()}
    assert certificate_plan_from_json(result.asked(), known, None) == result.plan
    assert certificate_plan_from_json(result.asked(), known, AT + DAY).at == AT + DAY
    for change in (
        {"more": 1},
        {"form": "crl"},
        {"serial": "x"},
        {"serial": "9" * 101},
        {"extensions": "x"},
        {"extensions": ["!"]},
        {"binding": "0" * 64},
    ):
        with pytest.raises(InputError):
            certificate_plan_from_json({**result.asked(), **change}, known, None)
    assert load_evidence(result.to_json()).replay().same
    assert result.subject() == f"certificate {digest(signed_certificate(GOOD))[:16]}"
    negative = check(attrs.evolve(GOOD, serial=integer(-1)), binding, issuance=FixedFields(serial=-1))
    assert load_evidence(negative.to_json()).replay().same


def test_cryptography_reads_what_is_judged(binding: Binding) -> None:
    """The certificate of the vectors is one that `cryptography` reads alike (R148)."""
    certificate = x509.load_der_x509_certificate(signed_certificate(GOOD))
    assert certificate.serial_number == SERIAL
    assert certificate.not_valid_after_utc == END
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    )
    assert tuple(names) == NAMES
    assert certificate.issuer.public_bytes() == CA_NAME
