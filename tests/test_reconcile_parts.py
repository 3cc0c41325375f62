"""The parts of reconciliation by themselves: keys, values, counting, packed rows, what is hostile and what is large."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pkicheck import IssuerKey, Verdict
from pkicheck.errors import InputError
from pkicheck.hsmlog import KeyEvent, Locator, SignedObject, match_partition, read_object, reduce
from pkicheck.hsmlog.counting import NO_MINUTE, count_object, count_rows, settle_counts, size_flag
from pkicheck.hsmlog.describe import describe_tbs, words
from pkicheck.hsmlog.keyring import UNKNOWN, KeyRing, delegated
from pkicheck.hsmlog.matching import Part, Rules
from pkicheck.hsmlog.packed import column, conspicuous, flags_of, rows_with, sample_number, signed
from pkicheck.hsmlog.rows import (
    KINDS,
    NO_TIME,
    ROW,
    Flag,
    MemorySpill,
    Row,
    RowWriter,
    micros,
    moment,
    pack,
    part_of,
    place,
    rows_of,
    side_of,
)
from pkicheck.hsmlog.runs import part_rows
from pkicheck.hsmlog.serials import SerialStats
from pkicheck.hsmlog.values import ecdsa_raw, length_class
from pkicheck.stores import DiskSpill
from tests.reckit import (
    AT,
    BEGINS,
    ENDS,
    NOON,
    Ca,
    ListSource,
    codes,
    logged,
    private_key,
    run,
    serial_of,
    sha,
    stored,
    unreadable,
    with_policy,
)

CA = Ca()
OBJECTS = stored(CA.pair("parts.example"))
EVENTS = logged(CA, OBJECTS)
HERE = Locator(source=sha("x"), offset=0)


def read(der: bytes) -> SignedObject:
    """An object from its octets."""
    found = read_object(der, locator=HERE, uid="x")
    assert isinstance(found, SignedObject)
    return found


def entry(key: Any) -> IssuerKey:
    """The entry of a key without a certificate."""
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return IssuerKey(certificate=None, spki=spki, caa=set(), purposes=set(), public=True, production=True)


# --- keys


def signed_by(key: Any, algorithm: Any, **options: Any) -> SignedObject:
    """A certificate by any key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "any")])
    builder = CA._builder(name, private_key("ec", 5).public_key(), 77)
    return read(builder.sign(key, algorithm, **options).public_bytes(Encoding.DER))


@pytest.mark.parametrize("which", ["ec", "rsa", "pss", "pss-long", "ed25519", "p384"])
def test_signatures_of_every_kind_verify(which: str) -> None:
    """ECDSA, RSA v1.5, PSS with any salt, EdDSA: the key that verifies is the signer; a changed octet has none."""
    made: Any = {
        "ec": (ec.derive_private_key(77, ec.SECP256R1()), hashes.SHA256(), {}),
        "p384": (ec.derive_private_key(77, ec.SECP384R1()), hashes.SHA384(), {}),
        "rsa": (private_key("rsa", 0), hashes.SHA256(), {}),
        "pss": (
            private_key("rsa", 0),
            hashes.SHA256(),
            {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA256()), 32)},
        ),
        "pss-long": (
            private_key("rsa", 0),
            hashes.SHA384(),
            {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA384()), 20)},
        ),
        "ed25519": (ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)), None, {}),
    }
    key, algorithm, options = made[which]
    this = signed_by(key, algorithm, **options)
    ring = KeyRing([CA.issuer(), entry(key)])
    number = ring.signer(this)
    assert ring.keys[number].id == entry(key).id
    assert ring.is_ecdsa(number) == (which in {"ec", "p384"})
    damaged = attrs.evolve(this, signature=this.signature[:-1] + bytes([this.signature[-1] ^ 1]))
    assert ring.signer(damaged) == UNKNOWN
    assert ring.signer(attrs.evolve(this, hash="md5", algorithm=b"\x30\x00")) in {UNKNOWN, number}
    assert ring.signer(attrs.evolve(this, algorithm=b"\x30\x00", signature=b"")) == UNKNOWN


def test_keys_that_cannot_verify() -> None:
    """An SPKI of an unknown kind is a key without signatures, not an exception."""
    odd = IssuerKey(
        certificate=None, spki=b"\x30\x03\x02\x01\x05", caa=set(), purposes=set(), public=True, production=True
    )
    other = private_key("rsa", 0)
    assert isinstance(other, rsa.RSAPrivateKey)
    ring = KeyRing([odd])
    assert ring.signer(OBJECTS[0]) == UNKNOWN
    assert ring.recover(0, b"x" * 256) is None
    assert ring.by_name(OBJECTS[0]) == UNKNOWN
    assert ring.by_name(attrs.evolve(OBJECTS[0], issuer=None)) == 0


def ocsp_response(key: Any, certificate: x509.Certificate, *, embed: bool = True, begins: Any = NOON) -> bytes:
    """An OCSP response about a certificate of the CA."""
    subject = x509.load_der_x509_certificate(OBJECTS[1].der)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=subject,
        issuer=x509.load_der_x509_certificate(CA.root),
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=begins.replace(tzinfo=None),
        next_update=(begins + timedelta(days=1)).replace(tzinfo=None),
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
    if embed:
        builder = builder.certificates([certificate])
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def responder(
    usage: Any = ExtendedKeyUsageOID.OCSP_SIGNING, ca: Ca = CA, **fields: Any
) -> tuple[Any, x509.Certificate]:
    """A responder's key and certificate."""
    key = private_key("ec", 8)
    builder = ca._builder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ocsp")]), key.public_key(), serial_of("responder")
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return key, builder.sign(ca.private, hashes.SHA256())


def test_delegated_responders() -> None:
    """A response by a responder's key is no operation of the issuer's; its certificate has to be one for OCSP."""
    key, certificate = responder()
    objects = stored([ocsp_response(key, certificate), certificate.public_bytes(Encoding.DER)])
    result = run(CA, logged(CA, objects[1:]), objects)
    assert result.verdict is Verdict.PASS
    assert "rec.ocsp-delegated" in codes(result, notes=True)
    ring = KeyRing([CA.issuer()])
    assert delegated(objects[0], ring) == 0
    for other in (responder(None), responder(ExtendedKeyUsageOID.SERVER_AUTH), responder(ca=Ca(number=1))):
        assert delegated(read(ocsp_response(*other)), ring) == UNKNOWN
    assert delegated(read(ocsp_response(key, certificate, embed=False)), ring) == UNKNOWN
    damaged = objects[0].signature[:-1] + bytes([objects[0].signature[-1] ^ 1])
    assert delegated(attrs.evolve(objects[0], signature=damaged), ring) == UNKNOWN
    assert delegated(attrs.evolve(objects[0], der=b"\x30\x00"), ring) == UNKNOWN
    assert delegated(attrs.evolve(objects[0], der=b"\x0a"), ring) == UNKNOWN


def test_responses_of_the_issuer_itself() -> None:
    """An OCSP response by the issuer key is one operation; one that begins after it was stored was pre-signed."""
    root = x509.load_der_x509_certificate(CA.root)
    ders = [ocsp_response(CA.private, root, embed=False), ocsp_response(CA.private, root, embed=False, begins=ENDS)]
    objects = stored(ders)
    result = run(CA, logged(CA, objects), objects)
    assert result.verdict is Verdict.PASS
    (told,) = [each for each in result.findings if each.code == "rec.ocsp-presigned"]
    assert told.saw == ("1",)


# --- values


def test_values_that_are_none() -> None:
    """Octets that are no signature of ECDSA stay what they are."""
    assert ecdsa_raw(b"abc") == b"abc"
    assert ecdsa_raw(bytes(200)) == bytes(40)
    assert ecdsa_raw(b"\x01" * 200) == b"\x01" * 200
    negative = bytes.fromhex("30060201ff020101")
    assert ecdsa_raw(negative) == negative
    assert [length_class(each) for each in (None, 32, 51, 35, 66, 1000)] == [0, 32, 32, 20, 0, 0]
    assert describe_tbs(b"junk") == {}
    assert words({"kind": "crl", "time": None}) == ("crl",)


def test_places_have_bounds() -> None:
    """More sources or larger offsets than a row can number are refused."""
    for source, offset in ((-1, 0), (1 << 16, 0), (0, -1), (0, 1 << 48)):
        with pytest.raises(InputError, match="out of range"):
            place(source, offset)
    assert moment(micros(NOON)) == NOON
    assert moment(NO_TIME) is None
    row = Row(b"k" * 32, 0, bytes(8), bytes(8), 0, 0, 2 << Flag.KIND, place(7, 9))
    assert (row.source, row.offset, row.kind) == (7, 9, "cms")


# --- counting


def counted(*entries: tuple[str, int, int, int]) -> tuple[int, int, int, int]:
    """Pairs by metadata, by count, and what is left on both sides."""
    counts = Counter({(side, 0, size, minute): many for side, size, minute, many in entries})
    (found,) = settle_counts(counts, tolerance=2)
    return found.metadata, found.count, found.events, found.objects


def test_counting() -> None:
    """Near minutes and equal sizes pair; what is left pairs by number; what lies outside explains and needs nothing."""
    assert counted(("event", 32, 5, 3), ("object", 32, 7, 3)) == (3, 0, 0, 0)
    assert counted(("event", 32, 5, 3), ("object", 32, 8, 3)) == (0, 3, 0, 0)
    assert counted(("event", 32, 5, 3), ("object", 32, 3, 1), ("object", 32, 6, 1)) == (2, 0, 1, 0)
    assert counted(("event", 48, 5, 2), ("object", 32, 5, 1)) == (0, 1, 1, 0)
    assert counted(("event", 0, 5, 2), ("object", 32, 5, 3)) == (2, 0, 0, 1)
    assert counted(("event", 32, NO_MINUTE, 2), ("object", 32, 5, 1)) == (0, 1, 1, 0)
    assert counted(("event-outside", 32, 5, 2), ("object", 32, 5, 1)) == (1, 0, 0, 0)
    assert counted(("event-outside", 32, 5, 2), ("object-outside", 32, 5, 1)) == (0, 0, 0, 0)
    assert counted(("event", 32, 5, 2), ("object-outside", 32, 5, 1)) == (1, 0, 1, 0)
    assert counted(("event", 32, 1, 1), ("event", 32, 9, 1), ("object", 32, 1, 1), ("object", 32, 9, 1)) == (2, 0, 0, 0)
    assert counted(("object", 32, 1, 4)) == (0, 0, 0, 4)


def test_counting_at_the_edges() -> None:
    """No time is no near time; what lies outside is as near as what lies inside; order does not matter."""
    assert counted(("event", 32, NO_MINUTE, 2), ("object", 32, NO_MINUTE, 2)) == (0, 2, 0, 0)
    assert counted(("event-outside", 32, 5, 1), ("event", 32, 5, 1), ("object", 32, 3, 2)) == (2, 0, 0, 0)
    far = (("object", 32, 9, 1), ("object-outside", 32, 1, 1), ("event", 32, 1, 1), ("event", 32, 9, 1))
    assert counted(*far) == (2, 0, 0, 0)
    assert counted(("event", 32, 1, 1), ("event", 48, 1, 1), ("object", 0, 1, 2)) == (2, 0, 0, 0)
    assert counted(("event", 0, 1, 1), ("object", 0, 1, 1)) == (1, 0, 0, 0)
    assert counted(("event", 0, 1, 1), ("object", 48, 1, 1), ("object", 32, 1, 1)) == (1, 0, 0, 1)


def test_what_is_counted_of_a_row() -> None:
    """Side, key, size of the digest, and the minute since 1970."""
    row = Row(bytes(32), 3, bytes(8), bytes(8), 0, 0, 0, 0)
    for size in (0, 20, 28, 32, 48, 64, 99):
        counts: Counter[Any] = Counter()
        count_object(counts, row._replace(flags=Flag.OBJECT | size_flag(size)))
        assert counts == {("object", 3, 0 if size == 99 else size, 0): 1}
    for time, minute in ((59_999_999, 0), (60_000_000, 1), (6_000_000_000_000, 100_000), (NO_TIME, NO_MINUTE)):
        for flags, side in ((0, "event"), (Flag.OUTSIDE, "event-outside"), (Flag.SETTLED, "event-outside")):
            counts = Counter()
            again = count_rows([row._replace(time=time, extra=48, flags=flags)] * 3, counts)
            assert (again, counts) == (2, {(side, 3, 48, minute): 1})


def test_metadata_read_twice_counts_once() -> None:
    """One record of a log that is given twice is one operation, in a log without content too."""
    log = logged(CA, OBJECTS, grade="nothing")
    result = run(CA, [*log, *log], OBJECTS)
    assert (result.verdict, result.grades) == (Verdict.PASS, (("metadata", 2),))
    assert "hsm.overlap" in codes(result, notes=True)


def test_statistics_add_up() -> None:
    """Statistics of serials are those of the parts, in any order."""
    one, two = SerialStats(count=3, longest=70, short=1), SerialStats(count=4, longest=60, near=2, range=1)
    assert one + two == two + one == SerialStats(count=7, longest=70, short=1, near=2, range=1)
    assert (one + two).weak == ("range", "short")


# --- rows


def rows(flags: int, *numbers: int, signature: bytes = b"s" * 8, **fields: Any) -> bytes:
    """Packed rows of the contents with these numbers."""
    found = b""
    for at, number in enumerate(numbers):
        key = hashlib.sha256(bytes([number])).digest()
        row = Row(key, 0, signature, bytes([at] * 8), number, NO_TIME, flags, at)._replace(**fields)
        found += pack(*row)
    return found


def matched(events: bytes, objects: bytes, **rules: Any) -> Any:
    """The part of all contents."""
    return match_partition(Part(number=1, partitions=1, events=events, objects=objects), Rules(**rules))


OBJECT = Flag.OBJECT | 2 << Flag.KIND


@pytest.mark.parametrize("thorough", [False, True])
def test_equals_are_paired_without_a_look(thorough: bool) -> None:
    """The quick way and the thorough one come to the same, whatever is missing, doubled, unsigned or rebuilt."""
    numbers = (1, 2, 3, 4, 5)
    for events, objects in (
        (rows(0, *numbers), rows(OBJECT, *numbers)),
        (rows(0, *numbers), rows(OBJECT, *numbers[1:])),
        (rows(0, *numbers[1:]), rows(OBJECT, *numbers)),
        (rows(0, *numbers, 3), rows(OBJECT, *numbers)),
        (rows(0, *numbers), rows(OBJECT, *numbers, 3)),
        (rows(0, *numbers, 3), rows(OBJECT, *numbers, 3)),
        (rows(0, *numbers, signature=bytes(8)), rows(OBJECT, *numbers)),
        (rows(0, *numbers, signature=bytes(8)), rows(OBJECT | Flag.REBUILT, *numbers, signature=bytes(8))),
        (rows(0, *numbers), rows(OBJECT | Flag.TWIN, *numbers, signature=bytes(8))),
        (rows(0, *numbers, issuer=UNKNOWN), rows(OBJECT, *numbers)),
        (rows(0, *numbers, issuer=UNKNOWN), rows(OBJECT, *numbers, issuer=UNKNOWN)),
        (rows(0, *numbers), rows(OBJECT, *numbers, issuer=1)),
        (rows(0, *numbers) + rows(0, 6, signature=bytes(8)), rows(OBJECT, *numbers, 6)),
        (b"", rows(OBJECT, *numbers)),
        (rows(0, *numbers), b""),
    ):
        quick = matched(events, objects, thorough=thorough)
        slow = matched(events, objects, thorough=True)
        assert attrs.evolve(quick, proved=()) == attrs.evolve(slow, proved=())


def test_what_was_dealt_with_needs_no_explanation() -> None:
    """A leftover that was settled before, or lies outside, is counted and no exception."""
    for flag in (Flag.SETTLED, Flag.OUTSIDE):
        found = matched(rows(flag, 1, 2), b"")
        assert (found.lefts, found.outside) == ((), 2)


def test_one_object_two_signatures_of_two_logs() -> None:
    """An object that two logs claim, one by signature and one by its prefix: the second operation is repeated."""
    both = [
        *logged(CA, OBJECTS, grade="signature", log="a"),
        *logged(CA, OBJECTS[:1], grade="prefix", log="b"),
    ]
    assert codes(run(CA, both, OBJECTS)) == ["rec.operation-repeated"]
    again = [*logged(CA, OBJECTS, grade="signature", log="a"), *logged(CA, OBJECTS[:1], grade="signature", log="b")]
    assert codes(run(CA, again, OBJECTS)) == ["rec.operation-repeated"]
    lost = logged(CA, OBJECTS, grade="signature", outcome="unknown")
    assert codes(run(CA, lost, [])) == ["rec.no-store"] or "rec.operation-outcome-unknown" in codes(run(CA, lost, []))


def test_a_signature_found_twice_in_the_store() -> None:
    """Copies of an object are one for operations that tell only their signature too."""
    copies = [*OBJECTS, *stored([OBJECTS[0].der], store="b")]
    result = run(CA, logged(CA, OBJECTS, grade="signature"), copies)
    assert result.verdict is Verdict.PASS
    assert "rec.object-twice" in codes(result, notes=True)


def test_many_equal_operations_take_linear_time() -> None:
    """A log that repeats one operation 20,000 times is not looked at 20,000 times squared."""
    many = b"".join(pack(bytes(32), 0, bytes(8), at.to_bytes(8, "big"), at, NO_TIME, 0, at) for at in range(20_000))
    objects = b"".join(
        pack(bytes(32), 0, at.to_bytes(8, "big"), at.to_bytes(8, "big"), at, NO_TIME, OBJECT, at)
        for at in range(20_000)
    )
    found = matched(many, objects)
    # The object with the number 0 has no signature to compare; it takes an operation as the others do.
    assert dict(found.pairs) == {("digest", "cms"): 20_000}
    assert len(matched(many, objects[:0], most=5).lefts) == 5


@pytest.mark.slow
def test_a_million_rows_with_three_bad_ones(tmp_path: Path) -> None:
    """Everything is read, nothing sampled, in bounded memory: three orphans among a million (L14)."""
    partitions, total = 64, 1_000_000
    with DiskSpill(tmp_path) as spill:
        held: dict[int, bytearray] = {}
        for number in range(total + 3):
            key = hashlib.sha256(str(number).encode()).digest()
            part = part_of("content", key, partitions)
            for objects, missing in ((False, number >= total), (True, number < 3)):
                if not missing:
                    flags = OBJECT if objects else 0
                    held.setdefault(side_of(part, objects=objects), bytearray()).extend(
                        pack(key, 0, key[24:], number.to_bytes(8, "big"), number, NO_TIME, flags, number)
                    )
            if number % 100_000 == 0:
                for side, data in held.items():
                    spill.append(side, bytes(data))
                held.clear()
        for side, data in held.items():
            spill.append(side, bytes(data))
        tracemalloc.start()
        numbers = range(partitions, 2 * partitions)
        parts = (match_partition(part_rows(each, partitions=partitions, spill=spill), Rules()) for each in numbers)
        reduced = reduce(parts, policy=with_policy(partitions=partitions))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert Counter(left.what for left in reduced.lefts) == {"unexplained": 3, "no-operation": 3}
    assert dict(reduced.pairs) == {("signature", "cms"): total - 3}
    assert peak < 32 * 1024 * 1024


# --- the edges of the first pass


def test_records_without_time() -> None:
    """Without any times everything lies in the window, and there is no clock to compare."""
    objects = stored(CA.pair("t.example"), at=None)
    result = run(CA, logged(CA, objects), objects)
    assert result.verdict is Verdict.PASS
    assert not [each for each in result.findings if each.code.startswith("rec.clock")]
    rogue = logged(CA, stored([CA.leaf("x.example")], at=None), log="b")
    assert codes(run(CA, [*logged(CA, objects), *rogue], objects)) == ["rec.operation-unexplained"]


def test_an_operation_between_two_reads() -> None:
    """A device without a clock: an operation that lies between two reads is in the window when the stretch meets it."""
    (event,) = logged(CA, stored([CA.leaf("y.example")]), log="b")
    for earliest, time, inside in (
        (ENDS - timedelta(minutes=30), ENDS + timedelta(minutes=30), True),
        (BEGINS - timedelta(minutes=30), BEGINS + timedelta(hours=1), True),
        (ENDS + timedelta(minutes=1), ENDS + timedelta(minutes=30), False),
    ):
        moved = attrs.evolve(event, earliest=earliest, time=time)
        found = codes(run(CA, [*EVENTS, moved], OBJECTS))
        assert bool(found) == inside


def test_what_lies_outside_explains_only() -> None:
    """Records beyond the window need no explanation; objects there are not judged, failures not counted."""
    beyond = stored([CA.leaf("z.example"), Ca(number=1).leaf("zz.example")], at=ENDS + timedelta(hours=1), store="b")
    failed = attrs.evolve(EVENTS[0], uid="f", outcome="failed", time=AT)
    wrapped = KeyEvent(locator=HERE, uid="w", key=CA.label, action="wrap", time=AT)
    result = run(CA, [*EVENTS, *logged(CA, beyond[:1], key="other", log="b"), failed, wrapped], [*OBJECTS, *beyond])
    assert result.verdict is Verdict.PASS
    assert not {"rec.operations-failed", "hsm.key-copied"} & set(codes(result, notes=True))


def test_blobs_are_declared() -> None:
    """A blob of a store is an object without a signature: its digest explains an operation of its key."""
    blob = read_object(
        b"any octets",
        locator=HERE,
        uid="blob",
        stored_at=NOON,
        attributes=(("kind", "blob"), ("key", CA.issuer().id)),
    )
    assert isinstance(blob, SignedObject)
    event = attrs.evolve(EVENTS[0], uid="b", evidence=(("digest", blob.tbs_digests[0][1]),))
    result = run(CA, [*EVENTS, event], [*OBJECTS, blob])
    assert (result.verdict, result.grades) == (Verdict.PASS, (("digest", 1), ("signature", 2)))


def test_objects_that_say_little() -> None:
    """No digest: in doubt. No serial, damaged extensions: matched all the same."""
    bare = attrs.evolve(OBJECTS[0], uid="bare", tbs_digests=())
    assert codes(run(CA, EVENTS, [*OBJECTS, bare])) == ["rec.object-unreadable"]
    nameless = [attrs.evolve(each, serial=None, scts=False) for each in OBJECTS]
    assert run(CA, EVENTS, nameless).verdict is Verdict.PASS
    lying = [OBJECTS[0], attrs.evolve(OBJECTS[1], der=b"\x30\x00")]
    assert run(CA, EVENTS, lying).verdict is Verdict.FAIL, (
        "a certificate that is none cannot be that of its precertificate"
    )
    huge = attrs.evolve(OBJECTS[0], serial=1 << 100_000)
    result = run(CA, EVENTS[:1], [huge], policy=with_policy(serials=False))
    assert result.verdict is Verdict.PASS
    assert len(result.to_json()) < 100_000


def test_overlaps_of_a_source_are_told() -> None:
    """What a source says of its own overlaps, and who verified it, stands in the result."""
    log = ListSource(EVENTS, "log", overlaps=3, integrity="mac", verified_by="the vendor's tool")
    result = run(CA, [log], OBJECTS)
    assert "hsm.overlap" in codes(result, notes=True)
    assert ("integrity mac by the vendor's tool",) not in [each.saw for each in result.findings]
    assert any("vendor" in saw for each in result.findings for saw in each.saw)
    assert result.summary().startswith("reconciliation 2026-11-21T00:00:00.000000Z to ")
    assert run(CA, [*EVENTS, unreadable()], OBJECTS).verdict is Verdict.INCOMPLETE


def test_memory_holds_partitions() -> None:
    """The spill in memory gives back what was added, and nothing for what was not."""
    spill = MemorySpill()
    spill.append(3, b"a")
    spill.append(3, b"b")
    assert (list(spill.read(3)), list(spill.read(4))) == ([b"ab"], [])


def test_kinds_of_values_are_checked() -> None:
    """An outcome or action that does not exist is the reader's mistake."""
    with pytest.raises(InputError, match="outcome"):
        attrs.evolve(EVENTS[0], outcome="maybe")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="action"):
        KeyEvent(locator=HERE, uid="x", key="k", action="melt")  # type: ignore[arg-type]


def test_a_precertificate_that_cannot_be_looked_for() -> None:
    """A certificate whose precertificate cannot be rebuilt is in doubt; a hash that nobody knows is none."""
    for broken in ({"der": b"\x30\x00"}, {"hash": "shake_256"}):
        odd = attrs.evolve(OBJECTS[1], **broken)
        result = run(CA, EVENTS, [OBJECTS[0], odd], policy=with_policy(signatures="trust"))
        assert "rec.object-unreadable" in codes(result)
    log = [attrs.evolve(EVENTS[0], hash="sha9", evidence=(("message", OBJECTS[0].tbs),)), EVENTS[1]]
    assert run(CA, log, OBJECTS).grades == (("metadata", 1), ("signature", 1))


def test_scopes_of_crls() -> None:
    """CRLs of another distribution point, or deltas, have numbers of their own (RFC 5280 §5.2.3, §5.2.4)."""

    def crl(number: int, *extensions: x509.ExtensionType) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(CA.subject)
            .last_update(NOON)
            .next_update(AT)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for each in extensions:
            builder = builder.add_extension(each, critical=True)
        return builder.sign(CA.private, hashes.SHA256()).public_bytes(Encoding.DER)

    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://a.example/")],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    objects = stored([crl(1), crl(1, point), crl(1, x509.DeltaCRLIndicator(1)), *([crl(2)] * 2)])
    result = run(CA, logged(CA, objects), objects)
    assert not [each for each in codes(result, notes=True) if "crl" in each]
    damaged = [attrs.evolve(each, tbs=b"\x30\x02\xa0\x00", uid=f"d{at}") for at, each in enumerate(objects)]
    trust = with_policy(signatures="trust")
    assert "rec.not-checked" in codes(run(CA, logged(CA, damaged), damaged, policy=trust))


def test_bounds_of_small_things() -> None:
    """An event beyond all objects, keys of one name, a response that is none, more contents than operations."""
    assert counted(("event", 32, 20, 1), ("object", 32, 1, 1)) == (0, 1, 0, 0)
    assert counted(("event-outside", 32, 1, 1)) == (0, 0, 0, 0)
    outside = [attrs.evolve(each, time=AT) for each in logged(CA, OBJECTS, grade="nothing")]
    assert "rec.counted-only" not in codes(run(CA, outside, []), notes=True)
    same = Ca(number=1)
    ring = KeyRing([each.issuer(aliases=CA.issuer().aliases) for each in (CA, same)])
    assert ring.named(EVENTS[0]) == UNKNOWN
    assert ring.named(attrs.evolve(EVENTS[0], key=CA.issuer().id)) != UNKNOWN
    weak = KeyRing([Ca("rsa").issuer()])
    assert weak.recover(0, bytes(256)) is None
    assert delegated(attrs.evolve(OBJECTS[0], der=bytes.fromhex("3000")), ring) == UNKNOWN
    events = rows(0, 1)
    objects = rows(OBJECT, 1) + rows(OBJECT, 1, signature=b"t" * 8)
    found = match_partition(Part(number=0, partitions=1, events=events, objects=objects), Rules())
    assert len(found.taken) == 1


def test_rows_are_handed_over_in_pieces() -> None:
    """More rows than are held back at once all arrive, and a second flush adds none."""
    spill = MemorySpill()
    writer = RowWriter(spill, 1)
    for number in range(300):
        writer.add("content", next(rows_of(rows(0, number % 250))))
    writer.flush()
    writer.flush()
    assert len(b"".join(spill.read(side_of(1, objects=False)))) == 300 * ROW


# --- one content, row by row


def whats(partial: Any) -> list[tuple[str, int]]:
    """What is left over, with the times of the rows, in the order given out."""
    return [(each.what, each.row.time) for each in partial.lefts]


def test_what_is_left_over_is_in_order() -> None:
    """By kind, then by key: the first so many of a kind do not depend on the order of rows."""
    events, objects = rows(0, 1, 2, 3), rows(OBJECT, 4, 5, 6)
    found = matched(events, objects)
    order = [(each.what, each.row.key) for each in found.lefts]
    assert order == sorted(order)
    assert [each[0] for each in order] == ["no-operation"] * 3 + ["unexplained"] * 3
    cut = matched(events, objects, most=1)
    assert [(each.what, each.row.key) for each in cut.lefts] == [order[0], order[3]]
    assert cut.more == (("no-operation", 2), ("unexplained", 2))
    assert found.more == ()


def test_records_that_stand_there_twice() -> None:
    """They are counted, and count once."""
    assert matched(rows(0, 1, 2), rows(OBJECT, 1, 2)).repeats == 0
    assert matched(rows(0, 1) * 3, rows(OBJECT, 1)).repeats == 2
    assert matched(rows(0, 1), rows(OBJECT, 1) * 2).repeats == 1


def test_a_twin_stands_in_before_a_rebuilt_one() -> None:
    """Where a twin and a rebuilt precertificate have one content, the pair is by digest, whatever came first."""
    zero = bytes(8)
    twin = rows(OBJECT | Flag.TWIN, 1, signature=zero, time=9)
    rebuilt = rows(OBJECT | Flag.REBUILT, 1, signature=zero, time=3, uid=b"rebuilt.")
    for objects in (twin + rebuilt, rebuilt + twin):
        assert matched(rows(0, 1), objects).pairs == ((("digest", "cms"), 1),)
    assert matched(rows(0, 1), rebuilt).pairs == ((("rebuilt", "cms"), 1),)
    assert matched(rows(Flag.RECOVERED, 1), twin).pairs == ((("recovered", "cms"), 1),)
    real = rows(OBJECT, 1, uid=b"the real")
    assert matched(rows(0, 1), twin + real).pairs == ((("signature", "cms"), 1),)
    assert whats(matched(b"", rebuilt)) == [("no-precertificate-operation", 3)]


def test_the_window_of_an_announcement_is_half_open() -> None:
    """[begins, ends): at its first moment it is met, at its end no more; the one that ends first is met first."""

    def announced(*times: int, begins: int = 10, ends: int = 20) -> list[tuple[str, int]]:
        events = b"".join(rows(0, 1, time=time, uid=bytes([time] * 8)) for time in times)
        expected = rows(Flag.OBJECT | Flag.EXPECTED, 1, signature=bytes(8), time=begins, extra=ends)
        return whats(matched(events, expected))

    assert announced(10) == []
    assert announced(19) == []
    assert announced(20) == [("expectation-unmet", 10), ("unexplained", 20)]
    assert announced(9) == [("expectation-unmet", 10), ("unexplained", 9)]
    assert announced(12, 13) == [("unexplained", 13)]
    assert announced() == [("expectation-unmet", 10)]
    late = rows(Flag.OBJECT | Flag.EXPECTED, 1, signature=bytes(8), time=10, extra=30, uid=b"a" * 8)
    soon = rows(Flag.OBJECT | Flag.EXPECTED, 1, signature=bytes(8), time=11, extra=20, uid=b"b" * 8)
    events = rows(0, 1, time=15) + rows(0, 1, time=25, uid=b"c" * 8)
    assert matched(events, late + soon).pairs == ((("expected", "blob"), 2),)
    other = rows(Flag.OBJECT | Flag.EXPECTED, 1, signature=bytes(8), time=10, extra=20, issuer=3)
    assert whats(matched(rows(0, 1, time=15), other)) == [("expectation-unmet", 10), ("unexplained", 15)]
    assert whats(matched(rows(0, 1, time=15, issuer=UNKNOWN), other)) == []


def test_what_stands_against_what() -> None:
    """A repeated operation stands against the object of its key, one of another key against the first object."""
    first, second = rows(OBJECT, 1, time=1), rows(OBJECT, 1, time=2, signature=b"t" * 8, uid=b"second  ", issuer=1)
    extra = rows(0, 1, time=7, signature=b"x" * 8, uid=b"extra   ")
    events = rows(0, 1) + rows(0, 1, signature=b"t" * 8, uid=b"other   ", issuer=1) + extra
    (left,) = matched(events, first + second).lefts
    assert (left.what, left.other.time) == ("repeated", 1)
    for issuer, what, time in ((1, "repeated", 2), (UNKNOWN, "repeated", 1), (5, "key-differs", 1)):
        changed = rows(0, 1) + rows(0, 1, signature=b"t" * 8, uid=b"other   ", issuer=1)
        changed += rows(0, 1, time=7, signature=b"x" * 8, uid=b"extra   ", issuer=issuer)
        (left,) = matched(changed, first + second).lefts
        assert (left.what, left.other.time) == (what, time)


def test_evidence_after_the_signature() -> None:
    """Late by a microsecond is late; at the same moment it is not; without either time nothing can be said."""
    for extra, time, late in ((8, 7, True), (7, 7, False), (NO_TIME, 7, False), (8, NO_TIME, False)):
        found = matched(rows(0, 1, time=time), rows(OBJECT, 1, extra=extra), thorough=True)
        assert [each.what for each in found.lefts] == (["evidence-late"] if late else [])


def test_clocks_are_sampled_by_digest() -> None:
    """Pairs whose key begins below the bound tell of the clocks: those, whatever the number of parts."""
    events, objects = rows(0, *range(64)), rows(OBJECT, *range(64), time=1_000)
    keys = sorted(int.from_bytes(hashlib.sha256(bytes([each])).digest()[:4], "big") for each in range(64))
    for many in (0, 1, 10, 64):
        bound = keys[many] if many < 64 else 1 << 32
        assert len(matched(events, objects, sample=bound).clocks) == many
    assert matched(events, rows(OBJECT, *range(64), time=NO_TIME), sample=1 << 32).clocks == ()
    assert matched(rows(Flag.CARRIED, 1), rows(OBJECT, 1, time=5), sample=1 << 32).clocks == ()
    place_of = [(0, 0, 1_000 - number) for number in range(64)]
    assert sorted(matched(events, objects, sample=1 << 32).clocks) == sorted(place_of)


def test_names_proven_by_content() -> None:
    """An operation under an unknown name that made an object shows whose log it is; a carried one does not."""
    found = matched(rows(0, 1, issuer=UNKNOWN), rows(OBJECT, 1))
    assert found.proved == ((0, 0),)
    assert matched(rows(0, 1), rows(OBJECT, 1)).proved == ()
    assert matched(rows(Flag.CARRIED, 1, issuer=UNKNOWN), rows(OBJECT, 1)).proved == ()


def part(events: bytes, objects: bytes) -> Part:
    """All contents in one part."""
    return Part(number=1, partitions=1, events=events, objects=objects)


def test_which_keys_have_to_be_looked_at() -> None:
    """None of the pairs of equals, signed or not; exactly those of what is missing, doubled or different."""
    numbers = range(200)
    zero = bytes(8)
    signed_rows, unsigned = rows(0, *numbers), rows(0, *numbers, signature=zero)
    objects = rows(OBJECT, *reversed(numbers))
    key = {number: hashlib.sha256(bytes([number])).digest() for number in numbers}
    rules = Rules()
    assert conspicuous(part(signed_rows, objects), rules) == set()
    assert conspicuous(part(unsigned, objects), rules) == set()
    assert conspicuous(part(rows(0, *numbers[1:]), objects), rules) == {key[0]}
    assert conspicuous(part(signed_rows, rows(OBJECT, *numbers[:-1])), rules) == {key[199]}
    assert conspicuous(part(rows(0, *numbers, 7), objects), rules) == {key[7]}
    assert conspicuous(part(signed_rows, rows(OBJECT, *numbers, 7)), rules) == {key[7]}
    assert conspicuous(part(rows(0, *numbers, 7), rows(OBJECT, *numbers, 9)), rules) == {key[7], key[9]}
    changed = rows(OBJECT, *numbers[1:]) + rows(OBJECT, 0, signature=b"other   ")
    assert conspicuous(part(signed_rows, changed), rules) == {key[0]}
    assert conspicuous(part(signed_rows, rows(OBJECT, *numbers, issuer=1)), rules) == set(key.values())
    for nothing in (part(b"", objects), part(signed_rows, b"")):
        assert conspicuous(nothing, rules) is None
    assert conspicuous(part(signed_rows, objects), Rules(thorough=True)) is None
    least = min(key.values())
    assert conspicuous(part(signed_rows, objects), Rules(sample=sample_number(least) + 1)) == {least}


def test_columns_of_packed_rows() -> None:
    """Any number of rows, around the size of a piece; a signature anywhere among them counts."""
    for many in (0, 1, 511, 512, 513, 1024, 1025):
        data = b"".join(pack(at.to_bytes(32, "big"), 0, bytes(8), bytes(8), at, 0, at % 3, at) for at in range(many))
        assert [value for values in column(data, "Q", 70, 8) for value in values] == list(range(many))
        assert flags_of(data) == Counter(at % 3 for at in range(many))
        assert not signed(data)
        assert signed(data + rows(0, 1))
        assert signed(rows(0, 1) + data)
        wanted = {(many - 1).to_bytes(32, "big")} if many else {b""}
        assert len(rows_with(data, wanted)) == bool(many)
        assert len(rows_with(data, None)) == many
        assert rows_with(data, set()) == []
    assert signed(rows(0, 1, signature=b"\x01" + bytes(7), uid=bytes(8)))
    assert signed(rows(0, 1, signature=bytes(7) + b"\x01", uid=bytes(8)))
    assert sample_number(b"\x01\x02\x03\x04\x05") == 0x01020304


def test_kinds_of_equals() -> None:
    """Pairs that nobody looked at are counted by kind and grade: a twin, a blob, what is unsigned are by digest."""
    for number, kind in enumerate(KINDS):
        flags = Flag.OBJECT | number << Flag.KIND | size_flag(64)
        plain = "digest" if kind == "blob" else "signature"
        assert matched(rows(0, 1, 2), rows(flags, 1, 2)).pairs == (((plain, kind), 2),)
        zero = {"signature": bytes(8)}
        assert matched(rows(0, 1, 2, **zero), rows(flags, 1, 2, **zero)).pairs == ((("digest", kind), 2),)
    mixed = rows(0, 1) + rows(0, 2, signature=bytes(8))
    twin = rows(OBJECT, 1) + rows(OBJECT | Flag.TWIN, 2, signature=bytes(8))
    assert matched(mixed, twin).pairs == ((("digest", "cms"), 1), (("signature", "cms"), 1))
    found = match_partition(Part(number=0, partitions=1, events=rows(0, 1), objects=b""), Rules())
    assert [each.what for each in found.lefts] == ["unexplained"]
