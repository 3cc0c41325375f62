"""Keys: laws over any bytes and any numbers, the lists of bad keys, key usage, and the two peers."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from math import gcd, isqrt
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pkicheck.canon import digest
from pkicheck.errors import InputError
from pkicheck.evidence import load
from pkicheck.findings import Level, Verdict
from pkicheck.keys import (
    BLOCKLIST,
    EC_IDS,
    FORMS,
    USAGES,
    EcKey,
    PublicKey,
    RsaKey,
    blocklist_findings,
    check_key,
    hashes,
    inspect_key,
    key_plan,
    key_plan_from_json,
    key_value,
    parse_key_value,
    read_key,
    usage_findings,
)
from pkicheck.keys.curves import CURVES
from pkicheck.keys.rsa import fermat_round, is_power, is_probable_prime, is_roca, root, rsa_findings, small_factor
from pkicheck.lists import PackagedLists
from pkicheck.plans import Needs
from pkicheck.policy import BASELINE, BR, STRICT, KeysPolicy
from pkicheck.ports import ListFact, ListQuestion, Seen
from pkicheck.testing import FixedClock
from tests.keykit import AT, LISTS, blocklist, codes, lists, rsa_spki, spki
from tests.test_keys_vectors import VECTORS

_BY_ID = {each.id: each for each in VECTORS}
_RSA = cast("RsaKey", read_key(_BY_ID["rsa-plain"].spki)[0])
_EC = cast("EcKey", read_key(_BY_ID["ec-p256-baseline"].spki)[0])
_DAY = timedelta(days=1)


def der(key: Any) -> bytes:
    """The SubjectPublicKeyInfo that `cryptography` writes."""
    return cast("bytes", key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


# -- fresh keys


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_a_fresh_rsa_key_passes(bits: int) -> None:
    """A key that OpenSSL makes now passes under BASELINE and STRICT (R013): the checks do not refuse at random."""
    key = der(rsa.generate_private_key(65537, bits).public_key())
    for keys in (BR, STRICT):
        result = check_key(key, lists=LISTS, at=AT, policy=attrs.evolve(BASELINE, name="x", keys=keys))
        assert codes(result) == ["key.accepted"]
        assert result.require() is result


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_fresh_elliptic_curve_keys_pass(curve: ec.EllipticCurve) -> None:
    """Twenty keys of each curve, made by OpenSSL now, pass; so our arithmetic is that of the curve (R006)."""
    for _ in range(20):
        key = ec.generate_private_key(curve).public_key()
        assert codes(check_key(der(key), lists=LISTS, at=AT)) == ["key.accepted"]
        compressed = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        read, flaws = read_key(spki(EC_IDS[f"P-{curve.key_size}"], compressed))
        numbers = key.public_numbers()
        assert read == EcKey(f"P-{curve.key_size}", numbers.x, numbers.y)
        assert [each.code for each in flaws] == ["key.point-compressed"]


# -- laws


@given(st.binary(max_size=400))
@example(b"")
def test_any_bytes_give_a_result(data: bytes) -> None:
    """Reading is total: any bytes give a key or a refusal, never an exception, and never a PASS by accident."""
    key, flaws = read_key(data)
    assert (key is not None) or any(each.level is Level.REFUSAL for each in flaws)
    result = check_key(data, lists=LISTS, at=AT)
    assert result.verdict in (Verdict.PASS, Verdict.FAIL)
    assert load(result.to_json()).replay().same


@given(st.sampled_from([each for each in VECTORS if len(each.spki) < 800]), st.data())
def test_a_changed_octet_never_raises(vector: Any, data: st.DataObject) -> None:
    """A vector with an octet changed, left out or put in gives a result; and what passes has the bytes of its key."""
    octets = bytearray(vector.spki or b"\0")
    at = data.draw(st.integers(0, len(octets) - 1))
    match data.draw(st.sampled_from("changed out in".split())):
        case "changed":
            octets[at] = data.draw(st.integers(0, 255))
        case "out":
            del octets[at]
        case _:
            octets.insert(at, data.draw(st.integers(0, 255)))
    changed = bytes(octets)
    inspected = inspect_key(changed, policy=BR)
    if all(each.level is Level.NOTE for each in inspected.findings):
        assert inspected.key is not None
        assert _usual(inspected.key) == changed


def _usual(key: PublicKey) -> bytes:
    if isinstance(key, RsaKey):
        return rsa_spki(key.n, key.e)
    size = CURVES[key.curve].octets
    return spki(EC_IDS[key.curve], b"\4" + key.x.to_bytes(size, "big") + key.y.to_bytes(size, "big"))


@pytest.mark.parametrize("vector", [each for each in VECTORS if each.verdict == "pass"], ids=lambda each: each.id)
def test_only_the_usual_encoding_passes(vector: Any) -> None:
    """The bytes of every key that passes are those, and only those, that its numbers have (BR 7.1.3.1; R011, K13)."""
    key = read_key(vector.spki)[0]
    assert key is not None
    assert _usual(key) == vector.spki


def test_results_are_immutable_values() -> None:
    """Plans and results are equal by content, hashable and picklable: they may cross threads and processes."""
    for vector in VECTORS[:20]:
        plan = key_plan(vector.spki, at=AT)
        result = check_key(vector.spki, lists=LISTS, at=AT)
        assert pickle.loads(pickle.dumps(plan)) == plan
        assert pickle.loads(pickle.dumps(result)) == result
        assert hash(plan) == hash(key_plan(vector.spki, at=AT))
        assert result.subject() == f"key {digest(vector.spki)}"


def test_wrong_arguments_are_named() -> None:
    """Text in the place of bytes and a naive moment are the caller's mistakes, and the message names them."""
    with pytest.raises(InputError, match="^spki must be bytes, got str$"):
        key_plan(cast("Any", "x"), at=AT)
    with pytest.raises(InputError, match="^at must have a time zone"):
        key_plan(b"", at=datetime(2026, 1, 1))
    with pytest.raises(InputError, match="^asked must have exactly the fields at, policy, spki$"):
        key_plan_from_json({"spki": "x"}, {}, None)


def test_an_oversized_key_is_cut() -> None:
    """Of a key that is too long only the first octets are kept as evidence, and it stays too long."""
    plan = key_plan(bytes(100_000), at=AT)
    assert len(plan.spki) == 8193
    assert codes(check_key(bytes(8193), lists=LISTS, at=AT)) == ["key.too-large"]
    assert codes(check_key(bytes(8192), lists=LISTS, at=AT)) == ["key.not-der"]


def test_another_moment_is_another_question() -> None:
    """A replay for another moment judges the age of the lists at that moment."""
    policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(blocklists=("own",), fixed_blocklists=()))
    result = check_key(_BY_ID["rsa-plain"].spki, lists=lists(own=blocklist()), at=AT, policy=policy)
    later = load(result.to_json()).replay(at=AT + 32 * _DAY)
    assert (result.verdict, later.result.verdict) == (Verdict.PASS, Verdict.INCOMPLETE)
    assert later.findings_added == ("key.list-stale",)


# -- numbers


def _slow_fermat(n: int, rounds: int) -> int | None:
    start = isqrt(n)
    start += start * start != n
    for turn in range(rounds):
        square = (start + turn) ** 2 - n
        if isqrt(square) ** 2 == square:
            return turn + 1
    return None


@given(st.integers(1, 2**80), st.integers(1, 300))
@settings(max_examples=400)
def test_fermat_is_the_method_of_the_text(half: int, rounds: int) -> None:
    """The sieved method ends in the very round in which the plain one ends, also where the numbers are small (K14)."""
    n = 2 * half + 1
    assert fermat_round(n, rounds) == _slow_fermat(n, rounds)


@given(st.integers(2**40, 2**60), st.integers(0, 400), st.sampled_from([1, 99, 100, 101, 1000]))
@settings(max_examples=300)
def test_fermat_on_close_factors(middle: int, apart: int, rounds: int) -> None:
    """The same for products of close numbers, where it matters."""
    n = (2 * middle + 1) * (2 * middle + 1 + 2 * apart)
    assert fermat_round(n, rounds) == _slow_fermat(n, rounds)


@given(st.integers(378, 2**40), st.integers(2, 60))
def test_powers_are_found(base: int, exponent: int) -> None:
    """Every power of an odd number without small factors is a power, whatever its exponent (BR 6.1.6)."""
    number = 2 * base + 1
    if small_factor(number) is None:
        assert is_power(number**exponent)


@pytest.mark.parametrize("exponent", [2, 3, 4, 5, 6, 7, 9, 11, 101, 211, 1699, 1709])
def test_powers_and_their_neighbours(exponent: int) -> None:
    """The power of a number is one, and what lies 2 beside it is none, up to 16384 bits."""
    base = 769
    number = base**exponent
    assert is_power(number)
    # Two powers that lie 2 apart are 25 and 27, and no others.
    assert not is_power(number - 2)
    assert not is_power(number + 2)


def _power_of(n: int) -> int | None:
    return next((k for k in range(2, n.bit_length() + 1) if root(n, k) ** k == n and root(n, k) > 1), None)


@given(st.integers(0, 2**64))
def test_small_numbers_are_powers_or_not(half: int) -> None:
    """For numbers that can be tried one by one the filters say what trying says."""
    n = 2 * half + 1
    if small_factor(n) is None and n > 1:
        assert is_power(n) is (_power_of(n) is not None)


@given(st.integers(1, 2**200), st.integers(1, 40))
def test_roots(n: int, exponent: int) -> None:
    """The root is the largest number whose power is not above n."""
    found = root(n, exponent)
    assert found**exponent <= n < (found + 1) ** exponent


@given(st.integers(1, 2**3000))
def test_small_factors(half: int) -> None:
    """The least prime factor below 752, as division finds it."""
    n = 2 * half + 1
    primes = [p for p in range(3, 752, 2) if all(p % q for q in range(3, isqrt(p) + 1, 2))]
    assert len(primes) == 132
    assert small_factor(n) == next((p for p in primes if n % p == 0), None)


def test_roca_is_the_fingerprint() -> None:
    """The residues modulo each prime from 3 to 167 are powers of 65537: those alone make the fingerprint (K14)."""
    primes = [p for p in range(3, 168) if all(p % q for q in range(2, isqrt(p) + 1))]
    assert len(primes) == 38
    n = cast("RsaKey", read_key(_BY_ID["rsa-roca-2048"].spki)[0]).n
    product = 1
    for prime in primes:
        product *= prime
    assert is_roca(n)
    assert is_roca(n + product)
    for prime in primes:
        step = product // prime
        powers = {pow(65537, k, prime) for k in range(prime)}
        for turn in range(1, prime):
            changed = n + turn * step
            assert is_roca(changed) is (changed % prime in powers)


def test_primes_are_found() -> None:
    """Every prime passes the test of primality; a modulus of two primes does not."""
    assert is_probable_prime(2**521 - 1)
    assert is_probable_prime(2**127 - 1)
    assert not is_probable_prime(_RSA.n)
    # 341 and 91 are pseudoprimes to one of the two bases each, and primes to neither.
    assert not is_probable_prime(341)
    assert not is_probable_prime(91)


def test_lengths_are_judged_at_their_edges() -> None:
    """A bit less than the least and a bit more than the greatest length are refused; nothing else is looked at."""
    policy = KeysPolicy(rsa_min_bits=2048, rsa_max_bits=2056)
    for bits, code in ((2047, "key.rsa-too-short"), (2057, "key.rsa-too-long")):
        (found,) = rsa_findings(RsaKey(1 << (bits - 1), 65537), policy)
        assert (found.code, found.saw) == (code, (f"{bits} bits",))
    assert rsa_findings(RsaKey(1 << 2046, 65537), policy)[0].expected == "2048 bits or more"
    assert rsa_findings(RsaKey(1 << 2057, 65537), policy)[0].expected == "2056 bits or fewer"
    for bits in (2048, 2056):
        (found,) = rsa_findings(RsaKey(1 << (bits - 1), 65537), policy)
        assert found.code == "key.rsa-modulus-even"


def test_findings_say_what_was_seen() -> None:
    """Findings name the value, the factor, the round, the curve and the offset: enough to explain a refusal."""
    seen = {each.id: inspect_key(each.spki, policy=BR).findings for each in VECTORS}

    def saw(name: str) -> list[tuple[str, ...]]:
        return [each.saw for each in seen[name]]

    assert saw("rsa-factor-751") == [("751",)]
    assert saw("rsa-close-99") == [("round 99",)]
    assert saw("rsa-e-17") == [("17",)]
    assert saw("rsa-e-1") == [("1",)]
    assert saw("rsa-e-257-bits") == [("257 bits",)]
    assert saw("rsa-2049") == [("2049 bits",)]
    assert saw("ed25519") == [("1.3.101.112",)]
    assert saw("ec-secp256k1") == [("1.3.132.0.10",)]
    assert saw("ec-p384-off") == [("P-384",)]
    assert saw("ec-p384-x-p") == [("P-384",)]
    assert saw("ec-p521-base") == [("P-521",)]
    assert saw("ec-form-5") == [("05",)]
    assert saw("ec-long") == [("66 octets",)]
    assert seen["ec-long"][0].expected == "65 octets"
    assert seen["ec-compressed-long"][0].expected == "33 octets"
    assert saw("rsa-null-octets") == [("0400",)]
    assert saw("spki-trailing") == [("trailing-bytes at octet 294",)]
    assert saw("rsa-inner-one") == [("missing-element at octet 289",)]
    assert seen["rsa-e-17"][0].expected == "65537 or more"
    assert seen["rsa-e-1"][0].expected == "3 or more"
    assert seen["spki-too-large"][0].expected == "8192 octets or fewer"
    strict = rsa_findings(RsaKey(cast("RsaKey", read_key(_BY_ID["rsa-2056"].spki)[0]).n, 65537), STRICT)
    assert (strict[0].expected, strict[0].saw) == ("2048, 3072, 4096 bits", ("2056 bits",))
    (curve,) = inspect_key(_BY_ID["ec-p521-strict"].spki, policy=STRICT).findings
    assert (curve.expected, curve.saw) == ("P-256, P-384", ("P-521",))
    assert {each.place for found in seen.values() for each in found} == {"subjectPublicKeyInfo"}


# -- values and hashes


@given(
    st.one_of(
        st.builds(RsaKey, st.integers(1, 2**2100), st.integers(1, 2**300)),
        st.builds(EcKey, st.sampled_from(sorted(CURVES)), st.integers(0, 2**521), st.integers(0, 2**521)),
    )
)
def test_values_read_back(key: PublicKey) -> None:
    """The text of a key's numbers is read back as the same numbers, and only in the one spelling."""
    text = key_value(key)
    assert parse_key_value(text) == key
    for other in (text.replace(":", ":0", 1), f"{text} ", text.upper() + "G", f" {text}", text[:-1] + "-"):
        with pytest.raises(InputError, match="is no value of a key"):
            parse_key_value(other)


def test_texts_that_are_no_values() -> None:
    """A value that is none is refused by its first characters; a huge one is not read."""
    for text in ("", "rsa", "rsa:1", "rsa:1:1:1", "P-224:1:1", "rsa::1", "rsa:1:-1", "rsa:A:1", "dsa:1:1"):
        with pytest.raises(InputError, match="is no value of a key"):
            parse_key_value(text)
    assert parse_key_value("rsa:" + "1" * 19_994 + ":1") == RsaKey(int("1" * 19_994, 16), 1)
    with pytest.raises(InputError, match="is no value of a key"):
        parse_key_value("rsa:" + "1" * 19_995 + ":1")


def test_hashes_of_known_keys() -> None:
    """Each form is the hash of what its name says, over every encoding that software writes for the same numbers."""
    rsa_key = _BY_ID["rsa-plain"].spki
    sha256 = [
        hashlib.sha256(_BY_ID[name].spki).digest()
        for name in ("rsa-plain", "rsa-null-absent", "rsa-pss-bare", "rsa-oaep")
    ]
    assert hashes(_RSA, "spki-sha256") == tuple(sha256)
    assert hashes(_RSA, "spki-sha1")[0] == hashlib.sha1(rsa_key).digest()
    assert hashes(_RSA, "keyid-sha1") == (hashlib.sha1(rsa_key[24:]).digest(),)
    main = hashlib.sha256(_RSA.n.to_bytes(256, "big")).digest()
    assert hashes(_RSA, "main-sha256") == (main,)
    assert hashes(_RSA, "main-sha256-120") == (main[:15],)
    line = f"Modulus={_RSA.n:X}\n".encode()
    assert hashes(_RSA, "modulus-sha256") == (hashlib.sha256(line).digest(),)
    assert hashes(_RSA, "modulus-sha1") == (hashlib.sha1(line).digest(),)
    assert hashes(_RSA, "modulus-sha1-80") == (hashlib.sha1(line).digest()[10:],)
    wanted = [_BY_ID[name].spki for name in ("ec-p256-baseline", "ec-p256-compressed", "ec-p256-hybrid")]
    assert hashes(_EC, "spki-sha256") == tuple(hashlib.sha256(each).digest() for each in wanted)
    assert hashes(_EC, "main-sha256") == (hashlib.sha256(_EC.x.to_bytes(32, "big")).digest(),)
    assert [hashes(_EC, form) for form in FORMS if form.startswith("modulus")] == [(), (), ()]
    small = EcKey("P-521", 1, 2)
    assert hashes(small, "main-sha256") == (hashlib.sha256(b"\1").digest(),)
    assert hashes(small, "spki-sha256")[0] == hashlib.sha256(_usual(small)).digest()
    with pytest.raises(InputError, match="^form must be one of spki-sha256, .*, got 'md5'$"):
        hashes(_RSA, "md5")


def test_hashes_of_every_length_and_parity() -> None:
    """The encodings that are hashed are DER at each length of a header, and both parities of y have their own (K16)."""
    for bits in (*range(980, 1044, 8), 2040, 2048):
        key = RsaKey(1 << (bits - 1) | 1, 65537)
        assert hashes(key, "spki-sha256")[0] == hashlib.sha256(rsa_spki(key.n, key.e)).digest()
    for y in (_EC.y, CURVES["P-256"].p - _EC.y):
        wanted = spki(EC_IDS["P-256"], bytes((2 + y % 2,)) + _EC.x.to_bytes(32, "big"))
        assert hashes(EcKey("P-256", _EC.x, y), "spki-sha256")[1] == hashlib.sha256(wanted).digest()


# -- lists of bad keys

# The same numbers in other clothes: what the applicant of a new request may send.
_RSA_CLOTHES = ("rsa-plain", "rsa-null-absent", "rsa-null-octets", "rsa-pss-bare", "rsa-oaep", "rsa-null-twice")
_EC_CLOTHES = ("ec-p256-baseline", "ec-p256-compressed", "ec-p256-hybrid")


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("name", [*_RSA_CLOTHES, *_EC_CLOTHES])
def test_another_encoding_is_the_same_key(form: str, name: str) -> None:
    """A key on a list is found in every encoding in which it comes, whatever the list was made of (R013, K16)."""
    key = _RSA if name in _RSA_CLOTHES else _EC
    if not hashes(key, form):
        return
    result = check_key(_BY_ID[name].spki, lists=lists(debian=blocklist([key], form=form)), at=AT)
    assert "key.blocklisted" in codes(result)
    assert result.verdict is Verdict.FAIL
    (listed,) = (each for each in result.findings if each.code == "key.blocklisted")
    assert (listed.place, listed.saw) == (BLOCKLIST + "debian", (f"{form} {hashes(key, form)[0].hex()[:16]}",))


@pytest.mark.parametrize("form", ["spki-sha256", "spki-sha1", "keyid-sha1"])
@pytest.mark.parametrize("listed", range(3))
def test_a_list_made_of_another_encoding_has_the_same_key(form: str, listed: int) -> None:
    """And the other way round: a list made of the odd encoding has the key that comes in the usual one (K16)."""
    for key, name in ((_RSA, "rsa-plain"), (_EC, "ec-p256-baseline")):
        every = hashes(key, form)
        if listed < len(every):
            odd = attrs.evolve(blocklist(form=form), hashes=frozenset({every[listed]}))
            assert "key.blocklisted" in codes(check_key(_BY_ID[name].spki, lists=lists(debian=odd), at=AT))


def test_the_order_of_lists_never_matters() -> None:
    """The findings are the same whatever the order in which a policy names the lists (and in which they answer)."""
    named = {"a": blocklist(), "b": blocklist([_RSA]), "c": blocklist(as_of=AT - 40 * _DAY)}
    results = []
    for order in (("a", "b", "c"), ("c", "b", "a"), ("b", "a", "c")):
        policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(blocklists=order))
        results.append(check_key(_BY_ID["rsa-plain"].spki, lists=lists(**named), at=AT, policy=policy))
    assert results[0] == results[1] == results[2]
    facts = [each for each in results[0].observations if isinstance(each, ListFact)]
    policy_keys = results[0].policy.keys
    once = blocklist_findings(facts, at=AT, policy=policy_keys)
    assert once == blocklist_findings(facts[::-1], at=AT, policy=policy_keys)
    assert [each.code for each in once] == [
        "key.list-used",
        "key.blocklisted",
        "key.list-used",
        "key.list-used",
        "key.list-stale",
        "key.list-used",
    ]
    assert [each.place for each in once] == [BLOCKLIST + name for name in ("a", "b", "b", "c", "c", "debian")]


def test_a_missing_list_is_never_a_pass() -> None:
    """A list that the policy names and nobody supplies makes the answer INCOMPLETE; a refusal stays one (R013)."""
    nothing = PackagedLists(clock=FixedClock(AT))
    result = check_key(_BY_ID["rsa-plain"].spki, lists=nothing, at=AT)
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["key.list-unavailable"])
    assert result.findings[0].saw == ("UNREACHABLE",)
    assert check_key(_BY_ID["rsa-even"].spki, lists=nothing, at=AT).verdict is Verdict.FAIL
    policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(blocklists=("own",)))
    one = check_key(_BY_ID["rsa-plain"].spki, lists=LISTS, at=AT, policy=policy)
    assert (one.verdict, codes(one)) == (Verdict.INCOMPLETE, ["key.list-unavailable"])


def test_a_policy_without_lists_says_so() -> None:
    """Without any list the key can pass, and a note says that nobody was asked."""
    policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(fixed_blocklists=()))
    result = check_key(_BY_ID["rsa-plain"].spki, lists=LISTS, at=AT, policy=policy)
    assert [each.code for each in result.findings] == ["key.accepted", "key.list-none"]
    assert (result.expires_at, result.observations) == (None, ())
    assert [each.code for each in check_key(b"", lists=LISTS, at=AT, policy=policy).findings] == ["key.not-der"]


def test_the_age_of_lists() -> None:
    """A list that changes is too old from one instant on; one that never changes is never too old."""
    policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(blocklists=("own",), blocklist_max_age=31 * _DAY))
    named = lists(own=blocklist(as_of=AT), debian=blocklist(as_of=AT - 4000 * _DAY))
    key = _BY_ID["rsa-plain"].spki
    last = AT + 31 * _DAY
    at_last = check_key(key, lists=named, at=last, policy=policy)
    assert (at_last.verdict, at_last.expires_at) == (Verdict.PASS, last)
    after = check_key(key, lists=named, at=last + timedelta(microseconds=1), policy=policy)
    assert (after.verdict, codes(after)) == (Verdict.INCOMPLETE, ["key.list-stale"])
    (stale,) = (each for each in after.findings if each.code == "key.list-stale")
    assert stale.expected == "2026-11-21T12:00:00.000001Z or later"
    assert (stale.saw, stale.place) == (("2026-11-21T12:00:00.000000Z",), BLOCKLIST + "own")


def test_a_list_from_later_is_a_doubt() -> None:
    """A list dated later than the moment at which it was asked shows a wrong clock: no pass."""
    early = lists(debian=blocklist(as_of=AT + _DAY))
    result = check_key(_BY_ID["rsa-plain"].spki, lists=early, at=AT)
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["key.list-from-later"])
    (later,) = (each for each in result.findings if each.code == "key.list-from-later")
    assert (later.expected, later.saw) == ("2026-11-21T12:00:00.000000Z or earlier", ("2026-11-22T12:00:00.000000Z",))
    now = lists(debian=blocklist(as_of=AT))
    assert check_key(_BY_ID["rsa-plain"].spki, lists=now, at=AT).verdict is Verdict.PASS


def test_a_clock_that_ran_backwards_is_a_doubt() -> None:
    """An answer received before its question was sent is a doubt."""
    plan = key_plan(_BY_ID["rsa-plain"].spki, at=AT)
    needs = plan.step(Seen())
    assert isinstance(needs, Needs)
    (question,) = needs.requests
    fact = ListFact(
        request=cast("ListQuestion", question),
        vantage="x",
        sent=AT,
        received=AT - _DAY,
        version="1",
        as_of=AT - 2 * _DAY,
        answer=None,
    )
    result = plan.step(Seen([fact]))
    assert not isinstance(result, Needs)
    assert (result.verdict, codes(result)) == (Verdict.INCOMPLETE, ["evidence.clock-order"])
    assert result.findings[-1].place == BLOCKLIST + "debian"


def test_all_questions_are_asked_at_once() -> None:
    """Every list is asked in one batch, by the value of the key, also for a key that is refused anyway."""
    keys = KeysPolicy(blocklists=("b", "a"), fixed_blocklists=("z",))
    for name in ("rsa-plain", "rsa-even", "rsa-null-absent"):
        plan = key_plan(_BY_ID[name].spki, at=AT, policy=attrs.evolve(BASELINE, name="x", keys=keys))
        key = read_key(_BY_ID[name].spki)[0]
        assert key is not None
        wanted = tuple(ListQuestion(list=BLOCKLIST + each, key=key_value(key)) for each in ("a", "b", "z"))
        assert plan.step(Seen()) == Needs(wanted)
        some = Seen(lists(a=blocklist()).exchange(wanted[:1], within=_DAY))
        assert plan.step(some) == Needs(wanted[1:])


def test_expiry_with_an_age_beyond_time() -> None:
    """A list of the last days of time does not overflow: the expiry ends where time ends."""
    end = datetime(9999, 12, 31, tzinfo=timezone.utc)
    policy = attrs.evolve(BASELINE, name="x", keys=KeysPolicy(blocklists=("own",), fixed_blocklists=()))
    own = PackagedLists(blocklists={"own": blocklist(as_of=end)}, clock=FixedClock(end))
    result = check_key(_BY_ID["rsa-plain"].spki, lists=own, at=end, policy=policy)
    assert result.expires_at == datetime.max.replace(tzinfo=timezone.utc)
    failed = check_key(_BY_ID["rsa-plain"].spki, lists=PackagedLists(clock=FixedClock(AT)), at=AT, policy=policy)
    assert failed.expires_at is None


# -- key usage


def test_key_usage_for_each_bit() -> None:
    """Each bit for each type of key, with digitalSignature beside it where it is another one (R009, K15)."""

    def of(key: PublicKey, role: Any) -> list[tuple[str, ...]]:
        return [
            tuple(each.code.removeprefix("key.usage-") for each in usage_findings(key, {0, bit}, role=role))
            for bit in range(10)
        ]

    no, sub, unadvised, unknown = "not-for-", ("not-for-subscriber",), ("not-advised",), ("unknown",)
    rsa_no, ec_no = (no + "rsa",), (no + "ec",)
    assert of(_RSA, "tls") == [(), sub, (), unadvised, rsa_no, sub, sub, rsa_no, rsa_no, unknown]
    assert of(_EC, "tls") == [(), sub, ec_no, ec_no, unadvised, sub, sub, sub, sub, unknown]
    for role in ("ca", "other"):
        assert of(_RSA, role) == [(), (), (), (), rsa_no, (), (), rsa_no, rsa_no, unknown]
        assert of(_EC, role) == [(), (), ec_no, ec_no, (), (), (), (), (), unknown]


def test_key_usage_without_a_signature() -> None:
    """KeyEncipherment alone is fit for RSA with a note; an elliptic curve key must sign; no bit at all is refused."""
    assert [each.code for each in usage_findings(_RSA, {2})] == ["key.usage-signature-advised"]
    assert [each.code for each in usage_findings(_EC, {4})] == ["key.usage-not-advised", "key.usage-signature-missing"]
    for key in (_RSA, _EC):
        assert [each.code for each in usage_findings(key, ())] == ["key.usage-empty"]
        assert usage_findings(key, [0]) == ()
        assert usage_findings(key, [5, 6], role="ca") == ()
        assert [each.code for each in usage_findings(key, (), role="other")] == ["key.usage-empty"]


def test_key_usage_names_its_bits() -> None:
    """A finding names the bits in their order, whatever the order in which they were given."""
    (found,) = usage_findings(_EC, [3, 2, 0], place="here")
    assert (found.code, found.saw, found.place) == (
        "key.usage-not-for-ec",
        ("keyEncipherment", "dataEncipherment"),
        "here",
    )
    (unknown,) = usage_findings(_RSA, [9, -1, 0])
    assert (unknown.saw, unknown.place) == (("bit -1", "bit 9"), "keyUsage")
    assert len(USAGES) == 9
    with pytest.raises(InputError, match="^role must be one of tls, ca, other, got 'x'$"):
        usage_findings(_RSA, (), role=cast("Any", "x"))


@given(st.sets(st.integers(0, 8)), st.sampled_from([_RSA, _EC]))
def test_key_usage_of_a_subscriber_is_that_of_the_text(bits: set[int], key: PublicKey) -> None:
    """A set of bits is fit for a subscriber exactly when BR 7.1.2.7.11 allows it."""
    refused = any(each.level is Level.REFUSAL for each in usage_findings(key, bits))
    fit = (bits and bits <= {0, 2, 3}) if isinstance(key, RsaKey) else (0 in bits and bits <= {0, 4})
    assert refused is not bool(fit)


# -- peers


def _openssl(data: bytes, path: Path) -> bool:
    file = path / "key.der"
    file.write_bytes(data)
    done = subprocess.run(
        ["openssl", "pkey", "-pubin", "-inform", "DER", "-in", str(file), "-noout", "-pubcheck"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


# OpenSSL takes more than we do: it reads BER and other envelopes, knows other algorithms, and has no opinion on
# the quality of numbers.
@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl is not installed")
def test_what_passes_is_a_key_for_openssl(tmp_path: Path) -> None:
    """OpenSSL's command line takes every key that passes under BASELINE, but for those it cannot know to be sound."""
    for vector in VECTORS:
        # (it tests that a modulus is no prime, which BASELINE leaves out for its price; and takes long for a long one)
        if vector.verdict == "pass" and vector.policy == "BASELINE" and vector.id not in ("rsa-prime", "rsa-16384"):
            assert _openssl(vector.spki, tmp_path), vector.id


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl is not installed")
def test_points_that_openssl_refuses(tmp_path: Path) -> None:
    """Every point that OpenSSL refuses is refused here: off the curve, infinity, wrong length, wrong form."""
    for vector in VECTORS:
        if vector.id.startswith("ec-") and not _openssl(vector.spki, tmp_path):
            assert read_key(vector.spki)[1], vector.id


def test_cryptography_agrees_or_the_difference_is_known() -> None:
    """`cryptography` loads every key that passes, with the same numbers; what it loads and we refuse is listed."""
    lax: set[str] = set()
    for vector in VECTORS:
        key, _ = read_key(vector.spki)
        try:
            peer = cast("Any", load_der_public_key(vector.spki))
        except Exception:  # noqa: BLE001 - it has no common base class (and what it cannot load must not pass)
            assert vector.verdict == "fail", vector.id
            continue
        if vector.verdict == "fail":
            lax |= set(vector.codes)
            # An RSAPublicKey without its envelope is what it takes and is no SubjectPublicKeyInfo; unused bits are what
            # its older releases overlook.
            assert "key.not-der" not in vector.codes or vector.id in {"spki-bare-rsa", "spki-unused-bits"}
        numbers: Any = getattr(peer, "public_numbers", lambda: None)()
        if isinstance(key, RsaKey):
            assert (numbers.n, numbers.e) == (key.n, key.e)
        elif key is not None:
            assert (numbers.x, numbers.y) == (key.x, key.y)
        if vector.verdict == "pass":
            assert der(peer) == vector.spki
    # It normalises envelopes, knows other algorithms, and has no opinion on the quality of numbers (sheet of facts, 4).
    assert {
        "key.rsa-parameters-absent",
        "key.algorithm-rsa-pss",
        "key.point-compressed",
        "key.curve-not-allowed",
    } <= lax
    assert not {"key.point-off-curve", "key.point-range", "key.point-infinity"} & lax


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (ed25519.Ed25519PrivateKey.generate, "key.algorithm-ed25519"),
        (ed448.Ed448PrivateKey.generate, "key.algorithm-ed448"),
        (x25519.X25519PrivateKey.generate, "key.algorithm-x25519"),
        (x448.X448PrivateKey.generate, "key.algorithm-x448"),
        (lambda: dsa.generate_private_key(1024), "key.algorithm-dsa"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "key.curve-secp256k1"),
        (lambda: ec.generate_private_key(ec.SECP224R1()), "key.curve-p224"),
        (lambda: ec.generate_private_key(ec.BrainpoolP512R1()), "key.curve-brainpool"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_kinds_of_keys_by_a_library(make: Callable[[], Any], code: str) -> None:
    """Keys of other kinds that a library makes are refused with a code of their own (K11)."""
    assert codes(check_key(der(make().public_key()), lists=LISTS, at=AT)) == [code]


def test_gcd_is_not_needed_to_trust_the_vectors() -> None:
    """The weak vectors are weak by arithmetic of their own: powers, factors and near primes are what they say."""
    for name, exponent in (("rsa-power-2", 2), ("rsa-power-3", 3), ("rsa-power-31", 31)):
        n = cast("RsaKey", read_key(_BY_ID[name].spki)[0]).n
        assert root(n, exponent) ** exponent == n
    n = cast("RsaKey", read_key(_BY_ID["rsa-close-100"].spki)[0]).n
    assert _slow_fermat(n, 100) == 100
    assert gcd(cast("RsaKey", read_key(_BY_ID["rsa-factor-751"].spki)[0]).n, 751) == 751
