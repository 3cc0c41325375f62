"""Precertificate and certificate: two ways to one answer, every difference named, and nothing accepted by accident."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

import pkicheck
from pkicheck import pairs
from pkicheck.canon import digest
from pkicheck.der import DerError, read
from pkicheck.errors import InputError, Refused
from pkicheck.evidence import load
from pkicheck.findings import Verdict
from pkicheck.pairs import POISON, PairResult, check_pair, precertificate_tbs
from pkicheck.policy import PRIVATE
from pkicheck.x509 import MOST_EXTENSIONS, name_attributes, read_certificate, read_extension, read_extensions
from tests import derkit, make_pair_vectors, vectorfile
from tests.derkit import (
    AKI,
    BASIC,
    EKU_SERVER,
    KU_SIGN,
    SCTS,
    Tbs,
    certificate,
    element,
    extension,
    octets,
    oid,
    sequence,
)

AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
KEPT = (KU_SIGN, EKU_SERVER, BASIC, AKI)


@attrs.frozen
class Vector:
    """A pair and the codes that it comes to."""

    id: str
    comment: str
    source: str
    codes: tuple[str, ...] = attrs.field(converter=vectorfile.texts)
    precertificate: bytes = attrs.field(converter=vectorfile.octets)
    certificate: bytes = attrs.field(converter=vectorfile.octets)


VECTORS = vectorfile.load("pair", Vector)


def tbs_of(data: bytes) -> bytes:
    """The TBSCertificate as it stands."""
    return read_certificate(data)[0].whole.encoded


def consistent(data: bytes) -> bool:
    """The algorithm beside the signature is the one inside; False for what cannot be read."""
    try:
        tbs, algorithm, _ = read_certificate(data)
    except DerError:
        return False
    return tbs.algorithm.encoded == algorithm.encoded


def rebuilt(pre: bytes, final: bytes) -> bool:
    """What the law says of `check_pair`, by the other code path."""
    return consistent(pre) and consistent(final) and tbs_of(pre) in precertificate_tbs(final)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vectors(vector: Vector) -> None:
    """Each pair comes to the codes of its vector, in that order, and passes exactly when it is among those rebuilt."""
    result = check_pair(vector.precertificate, vector.certificate, at=AT)
    assert tuple(each.code for each in result.findings) == vector.codes
    passes = vector.codes[0] == "pair.corresponds"
    assert (result.verdict is Verdict.PASS) is passes
    assert rebuilt(vector.precertificate, vector.certificate) is passes


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vectors_replay(vector: Vector) -> None:
    """The record of a comparison decides the same again, and holds the two objects by digest."""
    result = check_pair(vector.precertificate, vector.certificate, at=AT, policy=PRIVATE)
    again = load(result.to_json()).replay()
    assert again.same
    assert again.result == result
    assert pickle.loads(pickle.dumps(result)) == result
    assert result.asked()["certificate"] == digest(vector.certificate)


def test_the_vectors_are_those_of_the_script() -> None:
    """Nobody edited the file by hand."""
    assert make_pair_vectors.FILE.read_text(encoding="utf-8") == make_pair_vectors.text()


def test_every_code_has_a_vector() -> None:
    """Each code of the area is met."""
    met = {code for vector in VECTORS for code in vector.codes}
    assert met == {each for each in pkicheck.CATALOGUE if each.startswith("pair.")}


# -- the law

SWAPPED = extension("2.5.29.19", sequence())
PIECES = st.sampled_from((*KEPT, SWAPPED, SCTS, derkit.POISON, element(0x05), sequence(oid("2.5.29.15"))))
LISTS = st.lists(PIECES, max_size=7).map(tuple)


@given(LISTS, LISTS)
def test_it_passes_iff_rebuilt_any_extensions(old: tuple[bytes, ...], new: tuple[bytes, ...]) -> None:
    """Whatever two lists of extensions: `check_pair` passes iff the TBSCertificate is among those rebuilt."""
    pre, final = certificate(Tbs(extensions=old).der()), certificate(Tbs(extensions=new).der())
    assert (check_pair(pre, final, at=AT).verdict is Verdict.PASS) is rebuilt(pre, final)


@given(st.lists(st.sampled_from((*KEPT, SWAPPED)), max_size=6), st.integers(0, 6), st.integers(0, 7), st.booleans())
def test_it_passes_iff_rebuilt_honest(kept: list[bytes], place: int, other: int, with_scts: bool) -> None:
    """Poison and SCTs put anywhere into one list: always a pair, always rebuilt, and what was rebuilt always passes."""
    old, new = [*kept], [*kept]
    old.insert(place, derkit.POISON)
    if with_scts:
        new.insert(other, SCTS)
    pre, final = (certificate(Tbs(extensions=tuple(each)).der()) for each in (old, new))
    assert check_pair(pre, final, at=AT).verdict is Verdict.PASS
    assert rebuilt(pre, final)
    for each in precertificate_tbs(final):
        assert check_pair(certificate(each), final, at=AT).verdict is Verdict.PASS


@given(
    st.sampled_from(VECTORS[:9]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=3),
)
def test_it_passes_iff_rebuilt_any_octets(vector: Vector, which: bool, changes: list[tuple[int, int]]) -> None:
    """Whatever octets of either are changed, the two code paths agree; nothing raises."""
    data = bytearray(vector.certificate if which else vector.precertificate)
    for at, octet in changes:
        data[at % len(data)] = octet
    pre, final = (vector.precertificate, bytes(data)) if which else (bytes(data), vector.certificate)
    assert (check_pair(pre, final, at=AT).verdict is Verdict.PASS) is rebuilt(pre, final)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_octets_give_a_refusal(pre: bytes, final: bytes) -> None:
    """Octets that are no certificates are refused, and nothing is rebuilt from them."""
    assert check_pair(pre, final, at=AT).verdict is Verdict.FAIL
    assert precertificate_tbs(final) == ()


def test_any_one_octet_of_a_tbs_refuses() -> None:
    """Change any one octet of the precertificate's TBSCertificate: refused, every time."""
    pre, final = VECTORS[0].precertificate, VECTORS[0].certificate
    start = read_certificate(pre)[0].whole.start
    for at in range(start, read_certificate(pre)[0].whole.end):
        changed = pre[:at] + bytes([pre[at] ^ 1]) + pre[at + 1 :]
        assert check_pair(changed, final, at=AT).verdict is Verdict.FAIL


# -- what is rebuilt, and in which order


def test_the_likeliest_comes_first() -> None:
    """In the place of the SCTs, at the end, then from the front; each place once."""
    final = certificate(Tbs(extensions=(KU_SIGN, SCTS, EKU_SERVER, BASIC)).der())
    kept = (KU_SIGN, EKU_SERVER, BASIC)
    wanted = [Tbs(extensions=(*kept[:at], POISON, *kept[at:])).der() for at in (1, 3, 0, 2)]
    assert list(precertificate_tbs(final)) == wanted
    without = certificate(Tbs(extensions=kept).der())
    wanted = [Tbs(extensions=(*kept[:at], POISON, *kept[at:])).der() for at in (3, 0, 1, 2)]
    assert list(precertificate_tbs(without)) == wanted


@pytest.mark.parametrize(
    "ids", [b"", element(0x81, b"\0\1"), element(0x82, b"\0\1"), element(0x81, b"\0\1") + element(0x82, b"\0\2")]
)
@pytest.mark.parametrize("size", [0, 90, 110, 127, 128, 200, 255, 256, 65500])
def test_lengths_of_any_size(size: int, ids: bytes) -> None:
    """The headers are minimal at every length, also where a length needs another octet; unique identifiers stay."""
    big = extension("1.2.3", octets(bytes(size)))
    final = certificate(Tbs(ids=ids, extensions=(big, SCTS)).der())
    assert precertificate_tbs(final)[0] == Tbs(ids=ids, extensions=(big, POISON)).der()


def test_an_empty_field_is_not_made_up() -> None:
    """A certificate without extensions gives one candidate, with the poison alone."""
    assert precertificate_tbs(certificate(Tbs(extensions=()).der())) == (Tbs(extensions=(POISON,)).der(),)


def test_the_number_of_extensions_is_bounded() -> None:
    """At the bound, with the poison there would be one more than is read: nothing is rebuilt, nothing passes."""
    many = tuple(extension(f"1.2.{index}", b"") for index in range(MOST_EXTENSIONS - 1))
    for extensions, count in (((*many, SCTS), 64), (many, 64), ((*many, KU_SIGN), 0), ((*many, KU_SIGN, SCTS), 0)):
        final = certificate(Tbs(extensions=extensions).der())
        assert len(precertificate_tbs(final)) == count
        kept = [each for each in extensions if each != SCTS]
        pre = certificate(Tbs(extensions=(*kept, POISON)).der())
        assert (check_pair(pre, final, at=AT).verdict is Verdict.PASS) is (count > 0)


# -- a peer


def test_cryptography_agrees() -> None:
    """What `cryptography` builds with poison and with SCTs is a pair; its view of the stripped TBS is ours (R148)."""
    key = ec.derive_private_key(1, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.shop.example")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.shop.example")]), critical=False)
    )
    scts = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), SCTS_VALUE)
    signed = [
        each.sign(key, hashes.SHA256())
        for each in (
            builder.add_extension(x509.PrecertPoison(), critical=True),
            builder.add_extension(scts, critical=False),
        )
    ]
    pre, final = (each.public_bytes(serialization.Encoding.DER) for each in signed)
    assert check_pair(pre, final, at=AT).verdict is Verdict.PASS
    assert precertificate_tbs(final)[0] == signed[0].tbs_certificate_bytes
    # Take the poison out of what was rebuilt: that is what `cryptography` says a log has signed.
    plain = builder.sign(key, hashes.SHA256())
    assert signed[1].tbs_precertificate_bytes == plain.tbs_certificate_bytes
    assert check_pair(pre, plain.public_bytes(serialization.Encoding.DER), at=AT).verdict is Verdict.PASS


SCTS_VALUE = octets(b"\x00\x00")


# -- the result


def test_the_result() -> None:
    """A result names both objects, has no expiry, refuses by `require`, and the policy is the caller's."""
    passed = check_pair(VECTORS[0].precertificate, VECTORS[0].certificate, at=AT)
    assert isinstance(passed.require(), PairResult)
    assert passed.expires_at is None
    assert passed.at == AT
    assert passed.policy is pkicheck.BASELINE
    pre, final = digest(VECTORS[0].precertificate), digest(VECTORS[0].certificate)
    assert passed.subject() == f"pair {pre[:16]} {final[:16]}"
    assert passed.findings[0].saw == ("7a0f010203040506 0708".replace(" ", ""),)
    with pytest.raises(Refused, match=r"pair\.poison-missing"):
        check_pair(VECTORS[0].certificate, VECTORS[0].certificate, at=AT).require()


def test_differences_are_shown() -> None:
    """A finding shows the octets of both sides, long ones cut; places name field or extension."""
    final = certificate(Tbs(ids=element(0x81, bytes(200)), extensions=(*KEPT, SCTS)).der())
    (only,) = check_pair(VECTORS[0].precertificate, final, at=AT).findings
    assert only.place == "issuerUniqueID"
    assert only.expected == element(0x81, bytes(200))[:100].hex() + "..."
    assert only.saw == ("nothing",)
    swapped = certificate(Tbs(extensions=(EKU_SERVER, KU_SIGN, BASIC, AKI, SCTS)).der())
    (only,) = check_pair(VECTORS[0].precertificate, swapped, at=AT).findings
    assert only.expected.startswith("2.5.29.37, 2.5.29.15, ")
    assert only.saw[:2] == ("2.5.29.15", "2.5.29.37")
    exact = certificate(Tbs(ids=element(0x81, bytes(98)), extensions=(*KEPT, SCTS)).der())
    assert check_pair(VECTORS[0].precertificate, exact, at=AT).findings[0].expected == element(0x81, bytes(98)).hex()


def test_wrong_arguments() -> None:
    """What is no bytes, or a naive moment, is the caller's mistake and named."""
    pre, final = VECTORS[0].precertificate, VECTORS[0].certificate
    with pytest.raises(InputError, match=r"^precertificate must be bytes \(DER\), got str$"):
        check_pair("x", final, at=AT)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match=r"^certificate must be bytes \(DER\), got bytearray$"):
        check_pair(pre, bytearray(final), at=AT)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="at must have a time zone"):
        check_pair(pre, final, at=datetime(2026, 1, 1))


def test_the_question_is_read_strictly() -> None:
    """A stored question has exactly its fields, and documents that are there; another moment may be judged."""
    result = check_pair(VECTORS[0].precertificate, VECTORS[0].certificate, at=AT)
    known = {digest(each): each for each in result.documents()}
    again = pairs.pair_plan_from_json(result.asked(), known, AT + timedelta(days=1))
    assert again == attrs.evolve(result.plan, at=AT + timedelta(days=1))
    with pytest.raises(InputError, match=r"asked must have exactly the fields at, certificate, policy, precertificate"):
        pairs.pair_plan_from_json({**result.asked(), "x": 1}, known, None)
    with pytest.raises(InputError, match=r"asked\.certificate: the document .* is withheld"):
        pairs.pair_plan_from_json(result.asked(), {digest(VECTORS[0].precertificate): VECTORS[0].precertificate}, None)


# -- the reading of certificates


def test_extensions_are_read_strictly() -> None:
    """Type, critical TRUE, value, and nothing else; `critical FALSE` is left out in DER."""
    read_one = read_extension(read(KU_SIGN))
    assert (read_one.oid, read_one.critical, read_one.value.inner().named_bits()) == ("2.5.29.15", True, (0,))
    assert read_one.whole.encoded == KU_SIGN
    assert read_extension(read(AKI)).critical is False
    wrong = (
        (sequence(oid("1.2"), element(0x01, b"\0"), octets()), "default-encoded"),
        (sequence(oid("1.2"), element(0x01, b"\1"), octets()), "non-canonical-boolean"),
        (sequence(oid("1.2")), "missing-element"),
        (sequence(oid("1.2"), octets(), octets()), "trailing-bytes"),
        (sequence(octets()), "wrong-tag"),
    )
    for data, reason in wrong:
        with pytest.raises(DerError) as error:
            read_extension(read(data))
        assert error.value.reason == reason


def test_lists_of_extensions_are_read_strictly() -> None:
    """A SEQUENCE of one to 64 SEQUENCEs."""
    wrong = (
        (element(0x31, KU_SIGN), "wrong-tag", 0),
        (sequence(), "missing-element", 2),
        (sequence(KU_SIGN, octets()), "wrong-tag", 2 + len(KU_SIGN)),
        (sequence(*(65 * [SWAPPED])), "too-large", 4 + 64 * len(SWAPPED)),
    )
    for data, reason, offset in wrong:
        with pytest.raises(DerError) as error:
            read_extensions(read(data))
        assert (error.value.reason, error.value.offset) == (reason, offset)
    assert len(read_extensions(read(sequence(*(64 * [SWAPPED]))))) == 64


def test_names_are_read_strictly() -> None:
    """RDNs are sorted sets of at least one pair of type and value."""
    both = derkit.set_of(
        sequence(oid("2.5.4.6"), element(0x13, b"ES")), sequence(oid("2.5.4.3"), element(0x0C, b"x"))
    )  # fmt: skip
    ((first, second),) = name_attributes(read(sequence(both)))
    assert [(each.oid, each.value.tag, each.value.text()) for each in (first, second)] == [
        ("2.5.4.3", 0x0C, "x"),
        ("2.5.4.6", 0x13, "ES"),
    ]
    assert name_attributes(read(sequence())) == ()
    pair = sequence(oid("2.5.4.3"), element(0x0C, b"x"))
    wrong = (
        (element(0x31, pair), "wrong-tag", 0),
        (sequence(element(0x31)), "missing-element", 4),
        (sequence(pair), "wrong-tag", 2),
        (sequence(element(0x31, element(0x31))), "wrong-tag", 4),
        (sequence(element(0x31, sequence(oid("2.5.4.3")))), "missing-element", 11),
        (sequence(element(0x31, sequence(oid("2.5.4.3"), octets(), octets()))), "trailing-bytes", 13),
        (sequence(element(0x31, pair, sequence(oid("2.5.4.3"), element(0x0C)))), "set-not-sorted", 14),
    )
    for data, reason, offset in wrong:
        with pytest.raises(DerError) as error:
            name_attributes(read(data))
        assert (error.value.reason, error.value.offset) == (reason, offset)
