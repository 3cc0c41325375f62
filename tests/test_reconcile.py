"""Reconciliation: what is found, what it is called, and what never passes."""

from __future__ import annotations

import base64
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pkicheck import KeyAlias, Verdict, reconcile
from pkicheck.canon import Sha256, canonical, digest, parse_json
from pkicheck.errors import InputError
from pkicheck.evidence import load
from pkicheck.hsmlog import (
    Expectation,
    Gap,
    KeyEvent,
    Locator,
    SignedObject,
    SourceReport,
    Unreadable,
    group_by_key,
    read_object,
)
from pkicheck.hsmlog.objects import second_digests
from pkicheck.hsmlog.result import reconcile_plan_from_json
from pkicheck.policy import policy_json
from tests.reckit import (
    AT,
    BEGINS,
    ENDS,
    NOON,
    WINDOW,
    Ca,
    ListSource,
    codes,
    logged,
    raw_signature,
    run,
    serial_of,
    sha,
    stored,
    unreadable,
    with_policy,
)

CA = Ca()
DAY = timedelta(days=1)
PAIRS = [der for number in range(4) for der in CA.pair(f"host{number}.example")]
OBJECTS = stored(PAIRS)
EVENTS = logged(CA, OBJECTS)


def items(result: Any) -> list[Any]:
    """The exceptions in the facts."""
    found: list[Any] = result.read_facts()["items"]
    return found


# --- the core


def test_five_signatures_four_certificates() -> None:
    """Five operations and four certificates are one finding that names the fifth; five and five give none (R078, L01).

    The incident of 2017: the fifth was a precertificate that the database never held.
    """
    four = stored([CA.leaf(f"shop{number}.example") for number in range(4)])
    fifth = stored([CA.leaf("rogue.example", precertificate=True)], at=NOON + timedelta(seconds=30))
    log = logged(CA, [*four, *fifth], grade="message")
    result = run(CA, log, four)
    assert result.verdict is Verdict.FAIL
    assert codes(result) == ["rec.precertificate-orphan"]
    (item,) = items(result)
    assert item["details"]["serial"] == f"{serial_of('rogue.example'):x}"
    assert run(CA, log, [*four, *fifth]).verdict is Verdict.PASS


def test_four_signatures_five_certificates() -> None:
    """Four operations and five certificates are one finding of the other kind (L01, R081: a line was removed)."""
    five = stored([CA.leaf(f"shop{number}.example") for number in range(5)])
    result = run(CA, logged(CA, five[:4]), five)
    assert codes(result) == ["rec.object-without-operation"]
    assert result.verdict is Verdict.FAIL


def test_an_orphan_comes_with_all_that_revoking_takes() -> None:
    """Issuer as DER, key, serial, validity and digest stand in the exception (R066, R067, L03)."""
    (rogue,) = stored([CA.leaf("rogue.example", precertificate=True)])
    result = run(CA, [*EVENTS, *logged(CA, [rogue], grade="message", log="b")], OBJECTS)
    (item,) = items(result)
    details = item["details"]
    assert item["key"] == digest(CA.spki)
    assert base64.b64decode(details["issuer"]) == CA.subject.public_bytes()
    assert details["serial"] == f"{serial_of('rogue.example'):x}"
    assert details["begins"] < details["ends"]
    assert details["digest" if "digest" in details else "message_sha256"]
    assert details["time"] is not None
    assert "serial" in result.deciding()[0].message


def test_a_precertificate_weighs_as_much_as_a_certificate() -> None:
    """An orphan precertificate is a refusal as an orphan certificate is (R069)."""
    for precertificate, code in ((True, "rec.precertificate-orphan"), (False, "rec.certificate-orphan")):
        rogue = stored([CA.leaf("rogue.example", precertificate=precertificate)])
        result = run(CA, logged(CA, [*OBJECTS, *rogue], grade="message"), OBJECTS)
        assert [each.level.value for each in result.findings if each.code == code] == ["refusal"]


@pytest.mark.parametrize("grade", ["both", "signature", "hashed", "digest", "message", "prefix"])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_what_a_log_holds_decides_the_grade(kind: Any, grade: Any) -> None:
    """Signature, its digest, digest, message or a prefix each find every pair; the grade is said (R079)."""
    ca = Ca(kind)
    objects = stored([der for number in range(2) for der in ca.pair(f"host{number}.example")])
    result = run(ca, logged(ca, objects, grade=grade), objects)
    assert result.verdict is Verdict.PASS
    wanted = {"digest": "digest", "message": "digest", "prefix": "prefix"}.get(grade, "signature")
    assert result.grades == ((wanted, 4),)


@pytest.mark.parametrize("evidence", ["digest", "message", "signature", "signature-sha256", "signature-prefix"])
def test_one_bit_leaves_an_orphan_on_each_side(evidence: str) -> None:
    """One bit of a logged value flipped: the operation and the object both stand alone (R079, R081, L02)."""
    grade: Any = {"signature-sha256": "hashed", "signature-prefix": "prefix"}.get(evidence, evidence)
    log = logged(CA, OBJECTS, grade=grade)
    ((kind, value),) = log[3].evidence
    log[3] = attrs.evolve(log[3], evidence=((kind, bytes([value[0] ^ 0x10]) + value[1:]),))
    result = run(CA, log, OBJECTS)
    found = Counter(each.partition("-")[0] for each in codes(result))
    assert result.verdict is Verdict.FAIL
    assert len(items(result)) == 2, found
    assert {each["details"]["record"] for each in items(result)} == {"operation", "object"}


def test_equal_counts_do_not_hide_a_swap() -> None:
    """As many operations as objects, but one of them another: both are named (R081)."""
    (rogue,) = stored([CA.leaf("rogue.example")])
    result = run(CA, [*EVENTS[:-1], *logged(CA, [rogue], log="b")], OBJECTS)
    assert sorted(codes(result)) == ["rec.object-without-operation", "rec.operation-unexplained"]


def test_classes_add_up() -> None:
    """Pairs are counted by kind and grade, and add up to the operations (L07)."""
    objects = stored([*PAIRS, CA.crl(1), CA.leaf("plain.example")])
    result = run(CA, logged(CA, objects), objects)
    pairs: Any = result.read_facts()["pairs"]
    assert {kind: many for _, kind, many in pairs} == {"certificate": 5, "precertificate": 4, "crl": 1}
    assert sum(many for _, many in result.grades) == len(objects)
    assert result.verdict is Verdict.PASS


def test_no_ct_is_needed() -> None:
    """A log and a store are enough to find an orphan (R043)."""
    result = run(CA, EVENTS, OBJECTS[1:])
    assert not result.read_facts()["counts"].get("ct")  # type: ignore[union-attr]
    assert result.grades == (("rebuilt", 1), ("signature", 7))
    assert codes(run(CA, EVENTS, OBJECTS[:-1])) == ["rec.operation-unexplained"]


def test_a_store_of_final_certificates() -> None:
    """A precertificate that no store keeps is rebuilt from its certificate (grade B2)."""
    result = run(CA, EVENTS, OBJECTS[1::2])
    assert (result.verdict, result.grades) == (Verdict.PASS, (("rebuilt", 4), ("signature", 4)))
    missing = run(CA, EVENTS[1:], OBJECTS[1::2])
    assert codes(missing) == ["rec.precertificate-without-operation"]


def test_another_place_of_the_poison_is_tried() -> None:
    """The poison at another place than the SCTs: found by a second try, with and without the precertificate."""
    tbs = x509.load_der_x509_certificate(OBJECTS[1].der)
    builder = CA._builder(tbs.subject, tbs.public_key(), tbs.serial_number)
    extensions = [each for each in tbs.extensions if each.oid.dotted_string != "1.3.6.1.4.1.11129.2.4.2"]
    for each in extensions:
        builder = builder.add_extension(each.value, each.critical)
    builder = builder.add_extension(x509.PrecertPoison(), critical=True)
    odd = builder.sign(CA.private, hashes.SHA256()).public_bytes(Encoding.DER)
    objects = stored([odd, OBJECTS[1].der])
    for kept in (objects, objects[1:]):
        result = run(CA, logged(CA, objects), kept)
        assert result.verdict is Verdict.PASS, codes(result)
        assert ("second-try", 1) in result.grades


def test_another_hash_of_the_same_length_is_a_second_try() -> None:
    """A digest does not say its algorithm: SHA3-256 of the TBS is tried when SHA-256 finds nothing, and said."""
    log = list(EVENTS)
    value = dict(second_digests(OBJECTS[3]))["sha3_256"]
    log[3] = attrs.evolve(log[3], evidence=(("digest", value),), hash="")
    result = run(CA, log, OBJECTS)
    assert result.verdict is Verdict.PASS
    assert ("second-try", 1) in result.grades
    assert "rec.second-try" in codes(result, notes=True)


# --- operations


def test_failed_operations_are_counted_apart() -> None:
    """A failed operation made nothing: it is told, and needs no object."""
    failed = attrs.evolve(EVENTS[0], uid="failed", outcome="failed", evidence=())
    result = run(CA, [failed, *EVENTS], OBJECTS)
    assert result.verdict is Verdict.PASS
    assert [each.saw for each in result.findings if each.code == "rec.operations-failed"] == [("1",)]


def test_an_unknown_outcome_may_have_made_something() -> None:
    """An operation whose end nobody saw: explained by an object, or in doubt (L06)."""
    log = [attrs.evolve(EVENTS[0], outcome="unknown", evidence=EVENTS[0].evidence[1:]), *EVENTS[1:]]
    assert run(CA, log, OBJECTS).verdict is Verdict.PASS
    rogue = logged(CA, stored([CA.leaf("x.example")]), grade="digest", log="b", outcome="unknown")
    result = run(CA, [*EVENTS, *rogue], OBJECTS)
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["rec.operation-outcome-unknown"])


def test_retries_are_repeated_not_rogue() -> None:
    """Two operations over one TBS, one published: the content is explained, the act is not; the policy may allow it."""
    twin = stored([CA.leaf("host0.example", precertificate=True)])
    log = [*EVENTS, *logged(CA, twin, log="retry")]
    assert codes(run(CA, log, OBJECTS)) == ["rec.operation-repeated"]
    assert run(CA, log, OBJECTS, policy=with_policy(repeated="note")).verdict is Verdict.PASS


def test_deterministic_signatures_are_operations_each() -> None:
    """RSA v1.5 gives one value twice: two operations, told apart by where they stand, not by what they say."""
    ca = Ca("rsa")
    objects = stored(ca.pair("a.example"))
    log = logged(ca, objects)
    again = attrs.evolve(log[0], uid="another")
    assert codes(run(ca, [*log, again], objects)) == ["rec.operation-repeated"]
    assert run(ca, [*log, log[0]], objects).verdict is Verdict.PASS, "one record read twice"


def test_a_signature_that_is_not_the_published_one() -> None:
    """An ECDSA signature over a known TBS that nobody published: the object's own operation is missing too."""
    other = stored([CA.leaf("host0.example", precertificate=True)])
    result = run(CA, [*logged(CA, other, log="b"), *EVENTS[1:]], OBJECTS)
    assert sorted(codes(result)) == ["rec.object-without-operation", "rec.operation-repeated"]


def test_integers_of_ecdsa_are_compared() -> None:
    """DER, r||s of the curve's width and r||s of a larger width are one signature."""
    der, raw = OBJECTS[0].signature, raw_signature(OBJECTS[0])
    wide = bytes(16) + raw[:32] + bytes(16) + raw[32:]
    for value in (der, raw, wide):
        log = [attrs.evolve(EVENTS[0], evidence=(("signature", value),)), *EVENTS[1:]]
        assert run(CA, log, OBJECTS).verdict is Verdict.PASS


def test_the_digest_inside_an_rsa_signature() -> None:
    """A log with signatures alone: the content of an RSA v1.5 signature is recovered, so one is found (B3)."""
    ca = Ca("rsa")
    objects = stored(ca.pair("a.example"))
    result = run(ca, logged(ca, objects, grade="signature"), objects[1:])
    assert result.verdict is Verdict.PASS
    twin = [attrs.evolve(objects[0], attributes=(("twin", "yes"),)), objects[1]]
    result = run(ca, logged(ca, objects, grade="signature"), twin)
    assert (result.verdict, result.grades) == (Verdict.PASS, (("recovered", 1), ("signature", 1)))
    nobody = logged(ca, objects, grade="signature", key="handle 7")
    assert run(ca, nobody, objects).verdict is Verdict.PASS


def test_short_prefixes_prove_nothing() -> None:
    """Below 16 octets a prefix of a signature is counted, never named."""
    log = logged(CA, OBJECTS, grade="prefix")
    short = [attrs.evolve(each, evidence=(("signature-prefix", each.evidence[0][1][:15]),)) for each in log]
    assert run(CA, short, OBJECTS).grades == (("metadata", 8),)


def test_handles_are_no_keys() -> None:
    """A log with names that nobody knows: content and signature settle the key; what is left over is a finding."""
    log = logged(CA, OBJECTS, key="0x2")
    result = run(CA, log, OBJECTS)
    assert result.verdict is Verdict.PASS, "what it says of the content shows that it covers the key"
    assert "hsm.key-name-unknown" in codes(result, notes=True)
    assert "rec.operation-unexplained" in codes(run(CA, log, OBJECTS[:-1]))


def test_the_key_of_the_log_and_of_the_object() -> None:
    """An operation that the log ascribes to another key than the one that verifies the object is a finding."""
    other = Ca(number=1)
    log = [attrs.evolve(EVENTS[0], key=other.label), *EVENTS[1:]]
    result = run([CA, other], log, OBJECTS)
    assert "rec.operation-other-key" in codes(result)


def test_names_hold_in_their_token() -> None:
    """An alias of one token does not name the key in another; two keys with one name are none."""
    other = Ca(number=1)
    keys = [
        CA.issuer(aliases=(KeyAlias(name="k", token="a"),)),
        other.issuer(aliases=(KeyAlias(name="k", token="b"),)),
    ]
    objects = [*stored(PAIRS[:2]), *stored(other.pair("o.example"), store="other")]
    log = [*logged(CA, objects[:2], key="k", token="a"), *logged(other, objects[2:], key="k", token="b", log="b")]
    assert run([CA, other], log, objects, keys=keys).verdict is Verdict.PASS
    result = run([CA, other], [attrs.evolve(each, token="") for each in log], objects, keys=keys)
    assert "rec.key-without-log" in codes(result)


# --- counting


def test_metadata_may_only_count() -> None:
    """Without content the numbers are compared, and nothing is named: "n operations are not explained" (L02)."""
    log = logged(CA, OBJECTS, grade="nothing")
    result = run(CA, log, OBJECTS)
    assert (result.verdict, result.grades) == (Verdict.PASS, (("metadata", 8),))
    assert "rec.counted-only" in codes(result, notes=True)
    extra = run(CA, log, OBJECTS[:-1])
    assert (extra.verdict, codes(extra)) == (Verdict.FAIL, ["rec.operations-not-explained"])
    assert [each["what"] for each in items(extra)] == ["precertificate-alone"]
    missing = run(CA, log[1:], OBJECTS)
    assert (missing.verdict, codes(missing)) == (Verdict.FAIL, ["rec.objects-without-operation"])
    assert not items(missing)


def test_without_time_only_the_number_counts() -> None:
    """A log without clocks (YubiHSM): grade count."""
    log = [attrs.evolve(each, time=None) for each in logged(CA, OBJECTS, grade="nothing")]
    assert run(CA, log, OBJECTS).grades == (("count", 8),)


def test_lengths_tell_hashes_apart() -> None:
    """An operation on 48 octets does not explain an object under SHA-256, however near; by number it may."""
    log = logged(CA, OBJECTS, grade="nothing", length=48)
    assert run(CA, log, OBJECTS).grades == (("count", 8),)
    for length in (32, 51, None, 700):
        log = logged(CA, OBJECTS, grade="nothing", length=length)
        assert run(CA, log, OBJECTS).grades == (("metadata", 8),)


def test_far_apart_is_not_the_same() -> None:
    """Ten minutes are near enough for metadata, eleven are not (policy)."""
    near = logged(CA, OBJECTS, grade="nothing", before=600)
    far = logged(CA, OBJECTS, grade="nothing", before=780)
    assert run(CA, near, OBJECTS).grades == (("metadata", 8),)
    assert run(CA, far, OBJECTS).grades == (("count", 8),)


# --- objects


def test_every_signature_is_verified() -> None:
    """An object that names a known issuer and does not verify, and one of an unlisted key, are findings (R047, L13)."""
    damaged = bytearray(PAIRS[1])
    damaged[-1] ^= 1
    other = Ca(number=1)
    for der, code in ((bytes(damaged), "rec.signature-invalid"), (other.leaf("o.example"), "rec.issuer-not-listed")):
        objects = stored([der, *PAIRS[2:]])
        result = run(CA, logged(CA, objects), objects)
        assert result.verdict is Verdict.FAIL
        assert code in codes(result)


def test_unverified_never_passes() -> None:
    """Whoever trusts the issuers' names gets no PASS."""
    result = run(CA, EVENTS, OBJECTS, policy=with_policy(signatures="trust"))
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["rec.not-checked"])


def test_a_key_signs_what_it_may() -> None:
    """A CRL by a key that may sign certificates only is a finding."""
    objects = stored([CA.crl(1)])
    result = run(CA, logged(CA, objects), objects, keys=[CA.issuer(kinds={"certificate", "precertificate"})])
    assert codes(result) == ["rec.kind-not-permitted"]


def test_platforms() -> None:
    """In platform B only: nothing; in neither: a finding; in both: told as lying twice (R082)."""
    a, b = ListSource(stored(PAIRS[:4], store="a"), "a"), ListSource(stored(PAIRS[4:], store="b"), "b")
    log = [ListSource(EVENTS, "log")]
    assert run(CA, log, [a, b]).verdict is Verdict.PASS
    both = run(CA, log, [a, b, ListSource(stored(PAIRS[4:5], store="c"), "c")])
    assert (both.verdict, [each.code for each in both.findings if "twice" in each.code]) == (
        Verdict.PASS,
        ["rec.object-twice"],
    )
    assert run(CA, log, [a]).verdict is Verdict.FAIL


def test_a_twin_matches_by_content() -> None:
    """A store that keeps precertificates with a throw-away signature (boulder) is declared, and matches by TBS."""
    twin = attrs.evolve(OBJECTS[0], signature=OBJECTS[2].signature, attributes=(("twin", "yes"),))
    result = run(CA, EVENTS, [twin, *OBJECTS[1:]])
    assert (result.verdict, result.grades) == (Verdict.PASS, (("digest", 1), ("signature", 7)))
    real = attrs.evolve(OBJECTS[0], uid="audit line")
    assert run(CA, EVENTS, [twin, real, *OBJECTS[1:]]).verdict is Verdict.PASS
    assert run(CA, EVENTS[1:], [twin, *OBJECTS[1:]]).verdict is Verdict.FAIL


# --- serials, pairs, CRLs, CT


def test_serial_reuse() -> None:
    """One serial, two certificates of one issuer: a finding; of two issuers, or a proper pair: none (L05)."""
    other = Ca(number=1)
    objects = stored([CA.leaf("a.example", serial=serial_of("s")), CA.leaf("b.example", serial=serial_of("s"))])
    assert codes(run(CA, logged(CA, objects), objects)) == ["rec.serial-reused"]
    mixed = [objects[0], *stored([other.leaf("b.example", serial=serial_of("s"))], store="other")]
    log = [*logged(CA, mixed[:1]), *logged(other, mixed[1:], log="b")]
    assert run([CA, other], log, mixed).verdict is Verdict.PASS


def test_two_precertificates_of_one_serial() -> None:
    """Two precertificates with one serial are an incident of their own."""
    ders = [CA.leaf(name, precertificate=True, serial=serial_of("s")) for name in ("a.example", "b.example")]
    objects = stored(ders)
    assert "rec.precertificate-twice" in codes(run(CA, logged(CA, objects), objects))


def test_a_pair_that_differs() -> None:
    """A certificate that is not that of its precertificate is found by serial, octet for octet (L04)."""
    objects = stored(
        [
            CA.leaf("a.example", precertificate=True, serial=serial_of("s")),
            CA.leaf("b.example", scts=True, serial=serial_of("s")),
        ]
    )
    found = codes(run(CA, logged(CA, objects), objects))
    assert "rec.pair-differs" in found
    assert "rec.precertificate-without-operation" in found


def test_a_precertificate_alone_needs_a_status() -> None:
    """It is told, and explained; revoking one half of a pair is a finding (R007)."""
    alone = run(CA, EVENTS[:1], OBJECTS[:1])
    assert alone.verdict is Verdict.PASS
    assert "rec.precertificate-alone" in codes(alone, notes=True)
    half = [attrs.evolve(OBJECTS[0], attributes=(("revoked", "2026-11-21"),)), *OBJECTS[1:]]
    assert codes(run(CA, EVENTS, half)) == ["rec.revocation-differs"]


def test_ct_in_both_directions() -> None:
    """CT has two that the store lacks, the store one that CT lacks: three findings with their direction (R041, L15)."""
    rogue = [CA.leaf(f"rogue{number}.example", precertificate=True) for number in range(2)]
    seen = ListSource(stored([*rogue, *PAIRS[2::2]], store="ct"), "ct")
    result = run(CA, EVENTS, OBJECTS, ct=[seen])
    assert sorted(codes(result)) == ["rec.ct-missing", "rec.ct-only", "rec.ct-only"]
    whole = ListSource(stored(PAIRS[::2], store="ct"), "ct")
    assert run(CA, EVENTS, OBJECTS, ct=[whole]).verdict is Verdict.PASS


def test_ct_may_be_a_little_ahead() -> None:
    """An entry of CT that the store lacks is in doubt for the delay of the policy, then a finding (R150)."""
    for before, code in ((timedelta(minutes=14), "rec.ct-ahead"), (timedelta(minutes=16), "rec.ct-only")):
        young = stored([CA.leaf("new.example", precertificate=True)], store="ct", at=ENDS - before)
        seen = ListSource([*stored(PAIRS[::2], store="old"), *young], "ct")
        assert codes(run(CA, EVENTS, OBJECTS, ct=[seen])) == [code]


def test_serials_as_a_population() -> None:
    """63 bits, sequences, short and impossible numbers are found; random ones are not (L16)."""

    def weak(serials: list[int]) -> list[str]:
        objects = stored([PAIRS[0]] * len(serials), step=0.01)
        some = [
            attrs.evolve(each, serial=serial, uid=f"s{number}", tbs_digests=(("sha256", digest_bytes(number)),))
            for number, (each, serial) in enumerate(zip(objects, serials, strict=True))
        ]
        policy = with_policy(signatures="trust")
        return [
            each for each in codes(run(CA, logged(CA, some, grade="digest"), some, policy=policy)) if "serial-" in each
        ]

    def digest_bytes(number: int) -> bytes:
        return bytes.fromhex(sha(f"content {number}"))

    random = [serial_of(f"n{number}") for number in range(100)]
    assert weak(random) == []
    assert weak([each >> 64 for each in random]) == ["rec.serial-entropy"]
    assert weak([random[0] + number for number in range(10)]) == ["rec.serial-sequential"]
    assert weak([5 + (number << 24) for number in range(10)]) == ["rec.serial-short"]
    assert weak([0, -5, 1 << 159]) == ["rec.serial-range"]
    policy = attrs.evolve(with_policy(serials=False))
    objects = stored([CA.leaf("a.example", serial=5)])
    assert run(CA, logged(CA, objects), objects, policy=policy).verdict is Verdict.PASS


def test_crl_numbers() -> None:
    """Numbers rise in their scope: the same twice and falling ones are findings, a missing one is told."""

    def found(*crls: tuple[int, int]) -> list[str]:
        objects = stored([CA.crl(number, begins=NOON + timedelta(hours=hours)) for number, hours in crls])
        return [each for each in codes(run(CA, logged(CA, objects), objects), notes=True) if "crl" in each]

    assert found((1, 0), (2, 1), (3, 2)) == []
    assert found((3, 2), (1, 0), (2, 1)) == []
    assert found((1, 0), (1, 1)) == ["rec.crl-number-reused"]
    assert found((2, 0), (1, 1)) == ["rec.crl-number-falls"]
    assert found((1, 0), (3, 1)) == ["rec.crl-number-gap"]


# --- evidence, gate, approvals


class Proofs:
    """An index of evidence in memory."""

    def __init__(self, moment: datetime | None) -> None:
        self._moment = moment

    def latest(self, *, issuer: Sha256, serial: int, tbs: Sha256) -> datetime | None:
        """The same for all."""
        assert issuer == digest(CA.spki)
        assert serial
        assert len(tbs) == 64
        return self._moment


def test_evidence_precedes_the_signature() -> None:
    """Evidence one second after the signature, or none at all, is a finding for each signature (L10, R001)."""
    one, log = OBJECTS[:1], EVENTS[:1]
    signed = log[0].time
    assert signed is not None
    assert run(CA, log, one, proofs=Proofs(signed)).verdict is Verdict.PASS
    assert codes(run(CA, log, one, proofs=Proofs(signed + timedelta(seconds=1)))) == ["rec.evidence-late"]
    assert codes(run(CA, log, one, proofs=Proofs(None))) == ["rec.evidence-missing"]


def test_revoking_is_no_explanation() -> None:
    """Five certificates to watch CT, revoked four minutes later and without evidence: five findings (R001)."""
    objects = stored([CA.leaf(f"t{number}.example") for number in range(5)], revoked="2026-11-21T12:04:00Z", test="yes")
    result = run(CA, logged(CA, objects), objects, proofs=Proofs(None))
    found = Counter(codes(result))
    assert found == {"rec.evidence-missing": 5, "rec.test-issuance": 5}
    assert run(CA, logged(CA, objects), objects, keys=[CA.issuer(production=False)]).verdict is Verdict.PASS


def test_permits_and_approvals() -> None:
    """No permit, no approval, and one's own approval are three findings (R149, R004)."""
    policy = with_policy(permits=True, approvals=True)

    def found(**attributes: Any) -> list[str]:
        return codes(run(CA, EVENTS[:2], stored(PAIRS[:2], **attributes), policy=policy))

    assert found(permit="p1", approver="a", operator="b") == []
    assert found(approver="a", operator="b") == ["rec.outside-gate"] * 2
    assert found(permit="p1", operator="b") == ["rec.approval-missing"] * 2
    assert found(permit="p1", approver="b", operator="b") == ["rec.approval-own"] * 2


# --- expectations


def expectation(**fields: Any) -> Expectation:
    """A ceremony at noon."""
    given: dict[str, Any] = {
        "name": "ceremony",
        "key": digest(CA.spki),
        "begins": NOON - timedelta(hours=1),
        "ends": NOON + timedelta(hours=1),
    }
    return Expectation(**given | fields)


def test_a_script_of_four_and_a_log_of_five() -> None:
    """Four steps announced by their digests, five operations: the fifth is named, witnesses or not (R025, L08)."""
    steps = stored([CA.leaf(f"step{number}.example") for number in range(5)])
    script = [expectation(name=f"step {number}", digest=each.tbs_digests[0][1]) for number, each in enumerate(steps)]
    log = [*EVENTS, *logged(CA, steps, grade="digest", log="ceremony")]
    assert run(CA, log, OBJECTS, expect=script).verdict is Verdict.PASS
    assert run(CA, log, OBJECTS, expect=script).grades[0] == ("expected", 5)
    result = run(CA, log, OBJECTS, expect=script[:4])
    assert codes(result) == ["rec.operation-unexplained"]
    assert run(CA, log[:-1], OBJECTS, expect=script).verdict is Verdict.FAIL


def test_announced_by_number() -> None:
    """Exactly so many in the window: more are a finding that lists them, fewer are one too."""
    probes = logged(CA, stored([CA.leaf(f"p{number}.example") for number in range(4)]), log="probe")
    log = [*EVENTS, *probes]
    assert run(CA, log, OBJECTS, expect=[expectation(count=4)]).verdict is Verdict.PASS
    assert codes(run(CA, log, OBJECTS, expect=[expectation(count=3)])) == ["rec.expectation-exceeded"]
    assert codes(run(CA, log, OBJECTS, expect=[expectation(count=5)])) == ["rec.expectation-unmet"]
    outside = expectation(count=4, begins=NOON + timedelta(hours=2), ends=NOON + timedelta(hours=3))
    assert "rec.operation-unexplained" in codes(run(CA, log, OBJECTS, expect=[outside]))


def test_an_announcement_holds_in_its_window() -> None:
    """An operation with the announced digest outside of the announced window is unexplained, the step unmet."""
    (step,) = stored([CA.leaf("step.example")])
    script = [expectation(digest=step.tbs_digests[0][1], begins=BEGINS, ends=BEGINS + timedelta(hours=1))]
    result = run(CA, [*EVENTS, *logged(CA, [step], grade="digest", log="c")], OBJECTS, expect=script)
    assert sorted(codes(result)) == ["rec.expectation-unmet", "rec.operation-unexplained"]
    with pytest.raises(InputError, match="not in keys"):
        run(CA, EVENTS, OBJECTS, expect=[expectation(key=sha("other"), digest=b"x")])
    with pytest.raises(InputError, match="needs a name"):
        expectation(count=0)


# --- keys


def key_event(action: Any, when: datetime = NOON, **fields: Any) -> KeyEvent:
    """Something that happened to the key."""
    given: dict[str, Any] = {
        "locator": Locator(source=sha("log"), offset=1),
        "uid": f"{action}-{when.isoformat()}",
        "key": CA.label,
        "action": action,
        "time": when,
    }
    return KeyEvent(**given | fields)


def test_no_use_after_destruction() -> None:
    """Destroyed at T, signed at T + 1 s: a finding, by the log or by the registry (R032)."""
    minutes = {"witnesses": ("a", "b"), "document": sha("minutes")}
    last = EVENTS[-1].time
    assert last is not None
    gone = key_event("destroy", last, **minutes)
    assert run(CA, [*EVENTS, gone], OBJECTS).verdict is Verdict.PASS
    early = key_event("destroy", last - timedelta(seconds=1), **minutes)
    assert codes(run(CA, [early, *EVENTS], OBJECTS)) == ["hsm.key-used-after-destruction"]
    registry = CA.issuer(destroyed_at=last)
    assert codes(run(CA, EVENTS, OBJECTS, keys=[registry])) == ["hsm.key-used-after-destruction"]
    born = CA.issuer(created_at=last)
    assert set(codes(run(CA, EVENTS, OBJECTS, keys=[born]))) == {"hsm.key-used-before-creation"}


def test_destruction_has_witnesses_and_a_document() -> None:
    """One witness, or no document: a finding (R092)."""
    for fields in ({"witnesses": ("a",), "document": sha("m")}, {"witnesses": ("a", "b")}, {"witnesses": ("a", "a")}):
        result = run(CA, [*EVENTS, key_event("destroy", ENDS - timedelta(hours=1), **fields)], OBJECTS)
        assert codes(result) == ["hsm.destruction-unwitnessed"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("generate", "hsm.key-generated"),
        ("delete", "hsm.key-deleted"),
        ("other", "hsm.key-other"),
        ("import", "hsm.key-imported"),
        ("unwrap", "hsm.key-imported"),
        ("export", "hsm.key-copied"),
        ("wrap", "hsm.key-copied"),
        ("copy", "hsm.key-copied"),
        ("derive", "hsm.key-copied"),
        ("reset", "hsm.device-changed"),
        ("option", "hsm.device-changed"),
    ],
)
def test_what_happens_to_keys_is_told(action: Any, code: str) -> None:
    """A copy may sign unseen and a changed device may be silent: in doubt; the rest is told."""
    result = run(CA, [*EVENTS, key_event(action)], OBJECTS)
    assert code in codes(result, notes=True)
    assert (result.verdict is Verdict.PASS) == (code in {"hsm.key-generated", "hsm.key-deleted", "hsm.key-other"})
    failed = run(CA, [*EVENTS, key_event(action, outcome="failed")], OBJECTS)
    assert failed.verdict is Verdict.PASS


def test_all_certificates_of_a_key_are_revoked() -> None:
    """A key with three certificates of which two are revoked: one outstanding (R093)."""
    others = [Ca(number=number) for number in (1, 2)]
    ders = [CA.root, *(cross(each) for each in others)]
    stores = [*stored(ders[:2], revoked="yes"), *stored(ders[2:], store="b"), *stored(PAIRS[:1])]
    objects: list[SignedObject | Unreadable] = [unreadable(), *stores]
    (group,) = group_by_key(objects)
    assert len(group.certificates) == 3
    assert group.outstanding == (digest(ders[2]),)
    damaged = attrs.evolve(stored(ders[:1])[0], der=b"\x30\x00")
    assert group_by_key([damaged]) == ()


def cross(other: Ca) -> bytes:
    """A certificate of the key of the CA, by another one."""
    builder = other._builder(CA.subject, CA.private.public_key(), 7)
    return builder.sign(other.private, hashes.SHA256()).public_bytes(Encoding.DER)


# --- coverage and integrity


def test_each_issuer_needs_a_log() -> None:
    """Three issuers, logs of two: the third is named and the whole is not clean (R029, L12)."""
    three = [Ca(number=number) for number in range(3)]
    objects = [stored(ca.pair(f"{ca.number}.example"), store=f"s{ca.number}") for ca in three]
    log = [
        event for ca, some in zip(three[:2], objects, strict=False) for event in logged(ca, some, log=f"l{ca.number}")
    ]
    result = run(three, log, [*objects[0], *objects[1]])
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["rec.key-without-log"])


def test_silence_is_not_clean() -> None:
    """Nothing on either side, no log, no store: never a PASS, each with its reason."""
    for result, code in (
        (run(CA, [], []), "rec.nothing-read"),
        (run(CA, [ListSource([], "log", keys=(CA.label,))], []), "rec.key-silent"),
        (run(CA, [ListSource([], "log")], OBJECTS), "hsm.log-empty"),
    ):
        assert result.verdict is not Verdict.PASS
        assert code in codes(result)


def test_a_side_without_sources() -> None:
    """No logs at all, no stores at all: said, and never a PASS."""
    nothing: Any = {"keys": [CA.issuer()], "window": WINDOW, "at": AT}
    result = reconcile([], [ListSource(OBJECTS)], **nothing)
    assert {"rec.no-log", "rec.key-without-log", "rec.object-without-operation"} <= set(codes(result))
    result = reconcile([ListSource(EVENTS)], [], **nothing)
    assert "rec.no-store" in codes(result)
    assert reconcile([], [], **nothing).verdict is not Verdict.PASS


def test_a_log_that_never_tells_of_signing() -> None:
    """AWS CloudHSM and SoftHSM logs answer for nothing."""
    result = run(CA, [ListSource([], "cloudhsm", holds_signatures=False)], OBJECTS[:1])
    assert {"rec.no-log", "rec.key-without-log"} <= set(codes(result))
    assert "hsm.no-signatures" in codes(result, notes=True)


def test_the_window_has_to_be_covered() -> None:
    """A log answers for the stretches it declares: a hole at the edges or in the middle is in doubt."""
    hour = timedelta(hours=1)
    for covers, whole in (
        ((), False),
        (((BEGINS, ENDS - hour),), False),
        (((BEGINS + hour, ENDS),), False),
        (((BEGINS, NOON), (NOON + hour, ENDS)), False),
        (((NOON, ENDS), (BEGINS, NOON)), True),
        (((BEGINS - hour, ENDS + hour),), True),
    ):
        result = run(CA, [ListSource(EVENTS, "log", covers=covers)], OBJECTS)
        assert codes(result) == ([] if whole else ["rec.window-not-covered"])
    observed = with_policy(coverage="observed")
    log = ListSource(EVENTS, "log", covers=((BEGINS, NOON - hour), (NOON + hour, ENDS)))
    assert codes(run(CA, [log], OBJECTS, policy=observed)) == ["rec.window-not-covered"]
    log = ListSource(EVENTS, "log", covers=((BEGINS, NOON), (NOON, ENDS)))
    assert run(CA, [log], OBJECTS, policy=observed).verdict is Verdict.PASS


def test_a_cluster_needs_the_log_of_each_member() -> None:
    """One key in two devices: without the log of one of them the key is incomplete."""
    key = CA.issuer(aliases=(KeyAlias(name=CA.label, token="a"), KeyAlias(name=CA.label, token="b")))
    both = [
        ListSource([attrs.evolve(each, token="a") for each in EVENTS[:4]], "log a"),
        ListSource([attrs.evolve(each, token="b") for each in EVENTS[4:]], "log b"),
    ]
    assert run(CA, both, OBJECTS, keys=[key]).verdict is Verdict.PASS
    result = run(CA, both[:1], OBJECTS[:4], keys=[key])
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["rec.key-without-log"])


def test_gaps_and_unreadable_records() -> None:
    """A gap, a record that cannot be read, in a log or a store: in doubt; one that certainly is no operation: told."""
    gap = Gap(why="sequence", first="7", last="9")
    for log, store, code in (
        (ListSource(EVENTS, "log", gaps=(gap,)), ListSource(OBJECTS), "hsm.gap"),
        (ListSource([*EVENTS, unreadable(7)], "log"), ListSource(OBJECTS), "hsm.record-unreadable"),
        (ListSource(EVENTS, "log"), ListSource([*OBJECTS, unreadable(7)]), "hsm.store-unreadable"),
    ):
        result = run(CA, [log], [store])
        assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, [code])
    assert run(CA, [*EVENTS, unreadable(certain=True)], OBJECTS).verdict is Verdict.PASS
    many = [*EVENTS, *(unreadable(number, certain=True) for number in range(30))]
    assert codes(run(CA, many, OBJECTS)) == ["hsm.record-unreadable"], "not all of them are known"


def test_integrity_is_part_of_the_verdict() -> None:
    """Each source's level is said; below the policy's it is in doubt; a broken chain is a refusal (R018, R019, L09)."""
    result = run(CA, EVENTS, OBJECTS)
    assert ("integrity none",) in [each.saw for each in result.findings if each.code == "hsm.integrity"]
    wanted = with_policy(integrity="chained-anchored")
    for level, code in (
        ("none", ["hsm.integrity-below"]),
        ("chained-unanchored", ["hsm.integrity-below"]),
        ("mac", []),
    ):
        log = [ListSource(EVENTS, "log", integrity=level, verified_by="vendor's tool")]
        assert codes(run(CA, log, OBJECTS, policy=wanted)) == code
    broken = [ListSource(EVENTS, "log", broken=("record 17",))]
    assert codes(run(CA, broken, OBJECTS)) == ["hsm.integrity-broken"]
    with pytest.raises(InputError, match="integrity must be one of"):
        SourceReport(source=sha("x"), name="x", format="x", integrity="good")  # type: ignore[arg-type]


def test_clocks_are_handled_openly() -> None:
    """Clocks 90 s apart: in doubt with a tolerance of 60 s, told with 120 s; exact and from certain pairs (L11)."""
    log = logged(CA, OBJECTS, before=90)
    assert codes(run(CA, log, OBJECTS)) == ["rec.clock-apart"]
    result = run(CA, log, OBJECTS, policy=with_policy(clock_tolerance=timedelta(seconds=120)))
    assert result.verdict is Verdict.PASS
    (clock,) = [each for each in result.findings if each.code == "rec.clock-offset"]
    assert clock.saw == ("90000000 us", "90000000 to 90000000 us", "8 pairs")


def test_a_clock_that_went_back() -> None:
    """Numbers rise and time falls by more than the tolerance: in doubt (R081)."""
    log = logged(CA, OBJECTS, sequence=True)
    log[4] = attrs.evolve(log[4], time=NOON - timedelta(hours=2))
    assert "rec.clock-backwards" in codes(run(CA, log, OBJECTS))
    assert run(CA, logged(CA, OBJECTS, sequence=True), OBJECTS).verdict is Verdict.PASS


def test_a_source_that_answers_otherwise_the_second_time() -> None:
    """The second pass meets another record at the place of an exception: in doubt."""

    class Changing(ListSource):
        passes = 0

        def __iter__(self) -> Any:
            self.passes += 1
            return iter(self.records if self.passes == 1 else self.records[1:])

    assert "rec.source-changed" in codes(run(CA, EVENTS, [Changing([*OBJECTS, *stored([CA.leaf("x.example")])])]))


def test_exceptions_are_bounded() -> None:
    """More exceptions than the policy lists are counted, and that is in doubt besides."""
    result = run(CA, [], OBJECTS, policy=with_policy(most=3, partitions=2))
    assert codes(result).count("rec.object-without-operation") == 3
    (cut,) = [each for each in result.findings if each.code == "rec.exceptions-cut"]
    assert cut.saw == ("5 more",)
    many = [attrs.evolve(each, attributes=(("test", "yes"),)) for each in OBJECTS]
    result = run(CA, EVENTS, many, policy=with_policy(most=3))
    assert codes(result).count("rec.test-issuance") == 3
    events = [key_event("generate", NOON + timedelta(seconds=number)) for number in range(5)]
    assert "rec.exceptions-cut" in codes(run(CA, [*EVENTS, *events], OBJECTS, policy=with_policy(most=3)))


def test_problems_are_summed_up() -> None:
    """Per problem the count, the first and the last date; the numbers are those of a hand count (L17, R023)."""
    result = run(CA, EVENTS, OBJECTS[:3])
    (problem,) = result.problems()
    assert (problem.code, problem.count) == ("rec.operation-unexplained", 5)
    assert (problem.first, problem.last) == ("2026-11-21T12:00:02.500000Z", "2026-11-21T12:00:06.500000Z")
    assert len(items(result)) == 5 + 1


# --- arguments, evidence


def test_arguments_are_named() -> None:
    """Wrong arguments are the caller's: no key, one twice, a window that ends before it begins, a naive moment."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"keys": []}, "keys"),
        ({"keys": [CA.issuer(), CA.issuer()]}, "keys"),
        ({"window": (ENDS, BEGINS)}, "window"),
        ({"window": (BEGINS.replace(tzinfo=None), ENDS)}, "window"),
        ({"at": AT.replace(tzinfo=None)}, "at"),
        ({"cursor": b"{}"}, "cursor"),
    ]
    for fields, message in wrong:
        with pytest.raises(InputError, match=message):
            run(CA, EVENTS, OBJECTS, **fields)


def test_evidence_replays_the_decision() -> None:
    """The record holds the facts; replaying decides again on them, under another policy's day too."""
    for result in (run(CA, EVENTS, OBJECTS), run(CA, EVENTS[1:], OBJECTS, policy=with_policy(integrity="signed"))):
        line = result.to_json()
        again = load(line).replay()
        assert again.same
        assert again.result == result
        assert again.result.to_json() == line
        assert load(line).replay(at=AT + DAY).result.at == AT + DAY
        assert not result.observations


def test_facts_that_are_none() -> None:
    """A document of facts that no run writes is an InputError, not a result."""
    result = run(CA, EVENTS, OBJECTS)
    policy = canonical(policy_json(result.policy))
    facts: Any = result.read_facts()
    for value in (
        {},
        {**facts, "schema": "other"},
        {**facts, "items": [{"what": "nothing"}]},
        {**facts, "window": ["x", "y"]},
    ):
        data = canonical(value)
        asked: Any = {"facts": digest(data), "policy": digest(policy), "at": "2026-11-21T12:00:00.000000Z"}
        with pytest.raises(InputError, match="facts"):
            reconcile_plan_from_json(asked, {digest(data): data, digest(policy): policy}, None)
    with pytest.raises(InputError, match="exactly"):
        reconcile_plan_from_json({"facts": "x"}, {}, None)
    spaced = result.facts + b" "
    asked = {"facts": digest(spaced), "policy": digest(policy), "at": "2026-11-21T12:00:00.000000Z"}
    with pytest.raises(InputError, match="canonical"):
        reconcile_plan_from_json(asked, {digest(spaced): spaced, digest(policy): policy}, None)


def test_no_secrets_and_no_certificates_in_the_record() -> None:
    """Evidence holds digests, serials and places; no TBS, no message of the log (spec pitfall 14)."""
    line = run(CA, logged(CA, OBJECTS, grade="message"), OBJECTS[:-1]).to_json()
    facts = parse_json(line)
    assert isinstance(facts, dict)
    assert base64.b64encode(OBJECTS[-1].tbs)[:200] not in line
    assert OBJECTS[-1].tbs.hex().encode() not in line


def test_unreadable_octets_are_no_object() -> None:
    """What is no object in DER comes back as unreadable, so a store of such is in doubt."""
    found = read_object(b"\x30\x03\x02\x01\x05", locator=Locator(source=sha("x"), offset=0), uid="x")
    assert not isinstance(found, SignedObject)
    assert run(CA, EVENTS, [*OBJECTS, found]).verdict is Verdict.INCOMPLETE
