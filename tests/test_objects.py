"""Signed objects: the slice that was signed, its digest, its kind; hostile octets are told, never thrown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_objects import seeds, target
from pkicheck.canon import digest
from pkicheck.der import BIT_STRING, SEQUENCE, DerError, read
from pkicheck.errors import InputError
from pkicheck.hsmlog.algorithms import USUAL, hash_of_algorithm
from pkicheck.hsmlog.model import Locator, SignedObject, SourceReport, Unreadable
from pkicheck.hsmlog.objects import read_object, second_digests
from pkicheck.hsmlog.objectsource import ObjectSource
from pkicheck.hsmlog.slices import LARGEST_OBJECT, _places, signed_part, tbs_digest
from tests import derkit, make_object_vectors, vectorfile

WHERE = Locator(source=digest(b"store"), offset=7)
NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])


@attrs.frozen
class Vector:
    """An object and what is told of it; or octets that are none, and what was expected."""

    id: str
    comment: str
    source: str
    data: bytes = attrs.field(converter=vectorfile.octets)
    kind: str = ""
    hash: str = ""
    digest: str = ""
    tbs_sha256: str = ""
    issuer_sha256: str = ""
    serial: str = ""
    begins: datetime | None = attrs.field(default=None, converter=vectorfile.moment)
    ends: datetime | None = attrs.field(default=None, converter=vectorfile.moment)
    scts: bool = False
    why: str = ""
    certain: bool = False


VECTORS = vectorfile.load("objects", Vector)


def take(data: bytes, **fields: Any) -> SignedObject | Unreadable:
    """Read octets as an object."""
    return read_object(data, locator=WHERE, uid="store#7", **fields)


def test_the_vectors_are_what_their_script_makes() -> None:
    """The file of vectors is not edited by hand."""
    assert make_object_vectors.FILE.read_text(encoding="utf-8") == make_object_vectors.text()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    """Each kind with all its fields, and each defect with its place (L07, R077, R079)."""
    found = take(vector.data)
    if not vector.kind:
        assert found == Unreadable(locator=WHERE, why=vector.why, certain=vector.certain)
        return
    assert isinstance(found, SignedObject)
    assert (found.kind, found.hash, found.uid, found.locator) == (vector.kind, vector.hash, "store#7", WHERE)
    assert hashlib.sha256(found.tbs).hexdigest() == vector.tbs_sha256
    name = vector.hash or "sha256"
    assert found.tbs_digests == (((name, bytes.fromhex(vector.digest)),) if vector.digest else ())
    issuer = "" if found.issuer is None else hashlib.sha256(found.issuer).hexdigest()
    assert issuer == vector.issuer_sha256
    assert (f"{found.serial:x}" if found.serial is not None else "") == vector.serial
    assert (found.begins, found.ends, found.scts) == (vector.begins, vector.ends, vector.scts)
    assert found.der == vector.data


# -- against another reader


def _keys() -> Iterator[tuple[str, Any, Any, str]]:
    yield "p256", ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), "sha256"
    yield "p384", ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), "sha384"
    yield "p521", ec.generate_private_key(ec.SECP521R1()), hashes.SHA512(), "sha512"
    for hash_ in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        yield f"rsa-{hash_.name}", RSA, hash_, hash_.name
    yield "ed25519", ed25519.Ed25519PrivateKey.generate(), None, ""
    yield "ed448", ed448.Ed448PrivateKey.generate(), None, ""


RSA = rsa.generate_private_key(65537, 2048)
KEYS = list(_keys())


def certificate(key: Any, hash_: Any, *, poison: bool = False, pad: int = 0, **options: Any) -> x509.Certificate:
    """A certificate, signed by its own key."""
    builder = (
        x509.CertificateBuilder(subject_name=NAME, issuer_name=NAME, public_key=key.public_key(), serial_number=77)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(days=90))
    )
    if poison:
        builder = builder.add_extension(x509.PrecertPoison(), critical=True)
    if pad:
        oid = x509.ObjectIdentifier("2.999.1")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, bytes(pad)), critical=False)
    return builder.sign(key, hash_, **options)


def der(this: Any) -> bytes:
    """Its octets."""
    found: bytes = this.public_bytes(serialization.Encoding.DER)
    return found


@pytest.mark.parametrize(("key", "hash_", "name"), [each[1:] for each in KEYS], ids=[each[0] for each in KEYS])
def test_all_kinds_of_keys_and_objects_against_cryptography(key: Any, hash_: Any, name: str) -> None:
    """What was signed, as another reader slices it, under each permitted algorithm (R079, L02)."""
    issued = certificate(key, hash_)
    poisoned = certificate(key, hash_, poison=True)
    request = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(key, hash_)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(NAME)
        .last_update(NOON)
        .next_update(NOON + timedelta(days=7))
        .add_extension(x509.CRLNumber(9), critical=False)
        .sign(key, hash_)
    )
    response = (
        ocsp.OCSPResponseBuilder()
        .add_response(issued, issued, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, NOON, None, None, None)
        .responder_id(ocsp.OCSPResponderEncoding.NAME, issued)
        .sign(key, hash_)
    )
    for this, kind, tbs, serial in (
        (issued, "certificate", issued.tbs_certificate_bytes, 77),
        (poisoned, "precertificate", poisoned.tbs_certificate_bytes, 77),
        (request, "csr", request.tbs_certrequest_bytes, None),
        (crl, "crl", crl.tbs_certlist_bytes, 9),
        (response, "ocsp", response.tbs_response_bytes, None),
    ):
        found = take(der(this))
        assert isinstance(found, SignedObject)
        assert (found.kind, found.tbs, found.hash, found.serial) == (kind, tbs, name, serial)
        assert found.signature == this.signature
        used = name or "sha256"
        assert found.tbs_digests == ((used, hashlib.new(used, tbs).digest()),)
        assert found.issuer in (NAME.public_bytes(), None)
    assert tbs_digest(der(issued)) == (
        name or "sha256",
        hashlib.new(name or "sha256", issued.tbs_certificate_bytes).digest(),
    )


def test_pss_against_cryptography() -> None:
    """The hash of PSS stands in its parameters; the size of a digest does not tell it (RFC 4055 §3.1)."""
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    found = take(der(certificate(RSA, hashes.SHA384(), rsa_padding=scheme)))
    assert isinstance(found, SignedObject)
    assert found.hash == "sha384"


@pytest.mark.parametrize("hash_", [hashes.SHA256(), hashes.SHA512()], ids=["sha256", "sha512"])
def test_cms_against_cryptography(hash_: Any) -> None:
    """Signed attributes with the tag of a SET verify; as they are sent they do not (RFC 5652 §5.4)."""
    signer = certificate(RSA, hashes.SHA256())
    message = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(b"hello")
        .add_signer(signer, RSA, hash_)
        .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature])
    )
    found = take(message)
    assert isinstance(found, SignedObject)
    assert (found.kind, found.hash, found.tbs[:1]) == ("cms", hash_.name, b"\x31")
    RSA.public_key().verify(found.signature, found.tbs, padding.PKCS1v15(), hash_)


# -- the quick slice and the strict one


BIG = der(certificate(KEYS[0][1], hashes.SHA256(), pad=1000))
SAMPLES = [
    BIG,
    der(certificate(KEYS[0][1], hashes.SHA256())),
    der(certificate(RSA, hashes.SHA256(), pad=300)),
    der(certificate(KEYS[2][1], hashes.SHA512(), pad=300)),
]


def strictly(data: bytes) -> tuple[bytes, bytes, bytes] | str:
    """The three parts, or the reason against them."""
    try:
        tbs, algorithm, signature = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
        return tbs.encoded, algorithm.encoded, signature.bit_string()
    except DerError as defect:
        return f"{defect.reason} {defect.offset}"


def quickly(data: bytes) -> tuple[bytes, bytes, bytes] | str:
    """The same by `signed_part`."""
    try:
        return tuple(signed_part(data))  # type: ignore[return-value]
    except DerError as defect:
        return f"{defect.reason} {defect.offset}"


@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=3),
    cut=st.integers(-2, 2),
)
def test_the_quick_slice_is_the_strict_one(sample: bytes, changes: list[tuple[float, int]], cut: int) -> None:
    """Whatever is done to an object, both readers say the same (R079)."""
    data = bytearray(sample)
    for place, value in changes:
        data[int(place * len(data))] = value
    changed = bytes(data) + bytes(cut) if cut >= 0 else bytes(data[:cut])
    assert quickly(changed) == strictly(changed)


def test_the_quick_slice_at_each_octet_of_the_frame() -> None:
    """Each octet of the headers, with each value: both readers say the same (R079)."""
    for sample in SAMPLES:
        tbs, algorithm, signature = signed_part(sample)
        end = len(sample) - len(signature)
        places = [*range(8), *range(4 + len(tbs), end + 1)]
        assert end - (4 + len(tbs)) >= len(algorithm)
        for place in places:
            for value in range(256):
                changed = sample[:place] + bytes([value]) + sample[place + 1 :]
                assert quickly(changed) == strictly(changed), (place, value)
        for cut in range(1, len(sample), 7):
            assert quickly(sample[:cut]) == strictly(sample[:cut])


def framed(content: int, signature: int, *, algorithm: bytes = derkit.ECDSA_SHA256) -> bytes:
    """A frame with parts of these sizes."""
    return derkit.sequence(derkit.sequence(bytes(content)), algorithm, derkit.bits(bytes(signature)))


@pytest.mark.parametrize("content", [0, 100, 127, 128, 251, 252, 255, 256, 257, 1000, 65530, 65535, 65536])
@pytest.mark.parametrize("signature", [0, 1, 126, 127, 128, 254, 255, 256, 70000])
def test_sizes_around_the_forms_of_lengths(content: int, signature: int) -> None:
    """Sizes at which the form of a length changes (X.690 §8.1.3)."""
    data = framed(content, signature)
    assert quickly(data) == strictly(data)
    assert len(signed_part(data).signature) == signature


@pytest.mark.parametrize("content", [0, 127, 128, 252, 253, 254, 255, 256, 1000, 65530, 65535, 65536])
@pytest.mark.parametrize("signature", [0, 1, 126, 127, 128, 253, 254, 255, 256, 1000])
def test_the_quick_slice_is_taken(content: int, signature: int) -> None:
    """The usual shape is sliced at the places that its sizes say; any other is left to the strict reader."""
    data = framed(content, signature)
    at = 8 + content
    end = at + 12
    body = end + 2 + (signature + 1 >= 0x80) + (signature + 1 >= 0x100) + 1
    usual = 0x100 <= content < 0x10000 and len(data) - 4 < 0x10000
    assert _places(data) == ((at, end, body) if usual else (0, 0, 0))
    for place in (0, 1, 4, 5, at, at + 1, end, body - 1):
        if place < len(data):
            assert _places(data[:place] + bytes([data[place] ^ 0x80]) + data[place + 1 :]) == (0, 0, 0)
    assert _places(data + b"x") == _places(data[:-1]) == (0, 0, 0)


def test_what_is_larger_than_allowed() -> None:
    """The bound of an object holds on the quick way too."""
    data = framed(300, 64)
    padded = data[:4] + bytes(LARGEST_OBJECT)
    with pytest.raises(DerError, match="too-large"):
        signed_part(padded)


@given(st.binary(max_size=200))
def test_any_octets(data: bytes) -> None:
    """Any octets are an object or `Unreadable`; the algorithm of any octets is known or not (L07)."""
    assert isinstance(take(data), (SignedObject, Unreadable))
    hash_of_algorithm(data)


@given(
    vector=st.sampled_from(VECTORS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_changed_objects(vector: Vector, changes: list[tuple[float, int]]) -> None:
    """Octets changed in an object: it is an object with another digest, or told as unreadable (R079)."""
    data = bytearray(vector.data or b"\0")
    for place, value in changes:
        data[int(place * len(data))] = value
    found, before = take(bytes(data)), take(vector.data)
    if (
        isinstance(found, SignedObject)
        and isinstance(before, SignedObject)
        and found.tbs_digests
        and before.tbs_digests
    ):
        assert (found.tbs == before.tbs and found.hash == before.hash) == (found.tbs_digests == before.tbs_digests)


def test_one_flipped_bit_gives_another_digest() -> None:
    """Each bit of what was signed counts (R079, L02)."""
    tbs = signed_part(BIG).tbs
    begin = BIG.index(tbs)
    seen = {tbs_digest(BIG)}
    for place in range(begin + 4, begin + len(tbs)):
        found = tbs_digest(BIG[:place] + bytes([BIG[place] ^ 1]) + BIG[place + 1 :])
        assert found not in seen
        seen.add(found)


def test_tbs_digest_of_what_is_not_known() -> None:
    """An algorithm that is not known has no digest; a frame that is none is an exception of the reader."""
    assert tbs_digest(framed(300, 64, algorithm=derkit.sequence(derkit.oid("1.2.3")))) is None
    assert tbs_digest(framed(300, 64, algorithm=derkit.sequence(derkit.oid("1.3.101.112"))))[0] == "sha256"  # type: ignore[index]
    with pytest.raises(DerError):
        tbs_digest(b"")


def test_the_usual_algorithms_are_what_they_say() -> None:
    """The table of whole encodings says what reading them says."""
    for algorithm, name in USUAL.items():
        longer = bytes([0x30, algorithm[1] + 2]) + algorithm[2:] + b"\x05\x00"
        assert hash_of_algorithm(algorithm) == hash_of_algorithm(longer) == name


def test_pre_hash_of_others() -> None:
    """A hash beside the algorithm counts only where the algorithm names none."""
    assert hash_of_algorithm(derkit.sequence(derkit.oid("1.2.840.113549.1.1.1")), prehash="sha512") == "sha512"
    assert hash_of_algorithm(derkit.ECDSA_SHA256, prehash="sha512") == "sha256"


# -- second tries, blobs, stores


def test_second_tries() -> None:
    """A digest of 32 octets may be that of three hashes (spec 3.1)."""
    found = take(SAMPLES[0])
    assert isinstance(found, SignedObject)
    assert second_digests(found) == tuple(
        (name, hashlib.new(name, found.tbs).digest()) for name in ("sha3_256", "sha512_256")
    )
    assert second_digests(attrs.evolve(found, tbs_digests=())) == ()
    assert second_digests(attrs.evolve(found, tbs_digests=(("md5", b"x"),))) == ()
    for names in (("sha384", "sha3_384"), ("sha224", "sha3_224", "sha512_224")):
        other = attrs.evolve(found, tbs_digests=((names[0], b"x"), ("md5", b"y")))
        assert [name for name, _ in second_digests(other)] == list(names[1:])
    wide = attrs.evolve(found, tbs_digests=(("sha3_512", b"x"),))
    assert second_digests(wide) == (("sha512", hashlib.sha512(found.tbs).digest()),)


def test_a_declared_blob() -> None:
    """What was declared is taken as it is, under the hash that was declared (L08)."""
    found = take(b"health check", attributes=(("kind", "blob"), ("key", "ab"), ("hash", "sha512")), stored_at=NOON)
    assert isinstance(found, SignedObject)
    assert (found.kind, found.tbs, found.der, found.stored_at) == ("blob", b"health check", b"health check", NOON)
    assert found.tbs_digests == (("sha512", hashlib.sha512(b"health check").digest()),)
    assert (found.attribute("key"), found.hash, found.signature) == ("ab", "sha512", b"")
    plain = take(b"x", attributes=(("kind", "blob"),))
    assert isinstance(plain, SignedObject)
    assert plain.hash == "sha256"
    wrong = take(b"x", attributes=(("kind", "blob"), ("hash", "shake_128")))
    assert isinstance(wrong, Unreadable)
    assert wrong.locator == WHERE
    names = "sha1, sha224, sha256, sha384, sha3_224, sha3_256, sha3_384, sha3_512, sha512, sha512_224, sha512_256"
    assert wrong.why == f"a blob: its hash is one of {names}"
    assert isinstance(take(b"x", attributes=(("kind", "blob"), ("hash", "sha1"))), SignedObject)
    # the first attribute of a name counts
    assert isinstance(take(b"x", attributes=(("kind", "blob"), ("kind", "crl"))), SignedObject)


def test_attributes_and_time_are_kept() -> None:
    """What the store says goes with the object (R149)."""
    found = take(SAMPLES[0], attributes=(("permit", "p1"),), stored_at=NOON)
    assert isinstance(found, SignedObject)
    assert (found.stored_at, found.attribute("permit"), found.attribute("approver")) == (NOON, "p1", "")


@attrs.frozen
class Row:
    """An entry of a store."""

    data: bytes
    name: str = "s#1"
    locator: Locator = WHERE
    stored_at: datetime | None = NOON
    attributes: tuple[tuple[str, str], ...] = (("platform", "own"),)


class ListStore:
    """A store in memory."""

    def __init__(self, *rows: Row | Unreadable) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Row | Unreadable]:
        return iter(self._rows)

    def report(self) -> SourceReport:
        """What it read."""
        damaged = sum(isinstance(each, Unreadable) for each in self._rows)
        return SourceReport(
            source=WHERE.source, name="s", format="list", records=len(self._rows), events=9, unreadable=damaged
        )


def test_a_store_as_a_source() -> None:
    """Each row is an object or `Unreadable`, and counted once: entries that are no objects too (R077)."""
    damaged = Unreadable(locator=WHERE, why="x")
    source = ObjectSource(
        ListStore(Row(SAMPLES[0]), damaged, Row(b"none")), attributes=(("platform", "old"), ("twin", "yes"))
    )
    with pytest.raises(InputError, match="not read to its end"):
        source.report()
    for _ in range(2):
        first, second, third = source
        assert isinstance(first, SignedObject)
        assert (first.uid, first.stored_at, first.locator) == ("s#1", NOON, WHERE)
        assert (first.attribute("platform"), first.attribute("twin")) == ("own", "yes")
        assert second == damaged
        assert isinstance(third, Unreadable)
        report = source.report()
        assert (report.events, report.unreadable, report.records) == (1, 2, 3)


@pytest.mark.parametrize("data", list(seeds()))
def test_seeds_hold_for_the_fuzz_target(data: bytes) -> None:
    """The assertion of the fuzz target holds for its seeds, so that the fuzzer begins with objects."""
    target(data)


@given(st.sampled_from(SAMPLES), st.integers(0, 2000), st.integers(0, 255))
def test_the_fuzz_target_holds(sample: bytes, place: int, value: int) -> None:
    """And for large objects with an octet changed."""
    at = place % len(sample)
    target(sample[:at] + bytes([value]) + sample[at + 1 :])
