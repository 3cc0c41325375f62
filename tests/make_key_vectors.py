"""Writes tests/vectors/keys: `python tests/make_key_vectors.py` makes the same files each time.

Keys are made here from a fixed seed, weak ones by the very method that makes them weak, in plain Python. What a vector
must come to is written beside how it is made, and is never asked of the code under test.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from math import gcd, isqrt, prod
from pathlib import Path
from typing import cast

import attrs
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.keykit import RSA, integer, rsa_spki, seq, spki, tlv
from tests.vectorfile import ROOT

_SEED = 20261121
_NULL = bytes.fromhex("0500")
_E = 65537


@attrs.frozen
class Made:
    """One vector before it is written."""

    id: str
    comment: str
    spki: bytes
    codes: tuple[str, ...] = ()
    verdict: str = "fail"
    policy: str = "BASELINE"
    rule: str = ""
    source: str = ""


def good(id: str, comment: str, key: bytes, *notes: str, policy: str = "BASELINE", rule: str, source: str) -> Made:  # noqa: A002
    """A key that passes."""
    return Made(id, comment, key, ("key.accepted", *notes), "pass", policy, rule, source)


def bad(id: str, comment: str, key: bytes, *codes: str, policy: str = "BASELINE", rule: str, source: str) -> Made:  # noqa: A002
    """A key that is refused."""
    return Made(id, comment, key, codes, "fail", policy, rule, source)


# -- numbers


def is_prime(n: int) -> bool:
    """Miller and Rabin with sixteen bases."""
    if n < 4:
        return n > 1
    if n % 2 == 0 or gcd(n, _PRIMORIAL) not in (1, n):
        return False
    twos = ((n - 1) & -(n - 1)).bit_length() - 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53):
        x = pow(base, n >> twos, n)
        if base % n and x not in (1, n - 1) and all((x := x * x % n) != n - 1 for _ in range(twos - 1)):
            return False
    return True


_PRIMORIAL = prod(p for p in range(2, 1000) if all(p % q for q in range(2, isqrt(p) + 1)))


def next_prime(n: int, step: int = 2) -> int:
    """The first prime from n on in steps."""
    n |= 1
    while not is_prime(n):
        n += step
    return n


def prime(rng: random.Random, bits: int) -> int:
    """A prime of exactly so many bits whose two upper bits are set, so that a product has twice the bits."""
    return next_prime(rng.getrandbits(bits) | 3 << (bits - 2))


def modulus(rng: random.Random, bits: int) -> int:
    """A product of two primes with exactly so many bits."""
    half = bits // 2
    while (n := prime(rng, half) * prime(rng, bits - half)).bit_length() != bits:
        pass
    return n


def roughly(rng: random.Random, bits: int) -> int:
    """An odd number without small factors of so many bits, for keys that are refused or judged by their length."""
    while gcd(n := rng.getrandbits(bits) | 1 << (bits - 1) | 1, _PRIMORIAL) != 1:
        pass
    return n


def roca(rng: random.Random, bits: int) -> int:
    """A modulus as the faulty library made it: both primes are k * M + (65537**a mod M), M a primorial (Nemec 2017)."""
    primes = [p for p in range(2, 720) if all(p % q for q in range(2, isqrt(p) + 1))]
    m = prod(primes[: {2048: 126, 3072: 126}[bits]])

    def one(size: int) -> int:
        while True:
            k = rng.getrandbits(size - m.bit_length()) | 1 << (size - m.bit_length())
            found = k * m + pow(65537, rng.getrandbits(64), m)
            if found.bit_length() == size and is_prime(found):
                return found

    while (n := one(bits // 2) * one(bits // 2)).bit_length() != bits:
        pass
    return n


def close(rng: random.Random, bits: int, wanted: int) -> int:
    """A modulus that Fermat's method factors in exactly this round."""
    while True:
        p = prime(rng, bits // 2)
        # The round is about d**2 / (8 * p) for primes that lie d apart.
        gap = isqrt(8 * p * (2 * wanted - 1) // 2)
        q = next_prime(p + gap)
        n = p * q
        if (p + q) // 2 - isqrt(n - 1) == wanted and n.bit_length() == bits:
            return n


def power(rng: random.Random, exponent: int, bits: int = 2048) -> int:
    """A prime to a power: with exactly so many bits, or for a large exponent with the next fitting number of bits."""
    if exponent < 32:
        least, most = _root(1 << bits - 1, exponent) + 1, _root(1 << bits, exponent)
        return cast("int", next_prime(rng.randrange(least, most - 2**20)) ** exponent)
    root = 757
    while (size := (root**exponent).bit_length()) < bits or size % 8:
        root = next_prime(root + 2)
    return cast("int", root**exponent)


def _root(n: int, exponent: int) -> int:
    low, high = 0, 1 << n.bit_length() // exponent + 1
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**exponent <= n else (low, middle)
    return low


# -- elliptic curves, by the library: a scalar from the seed gives the same key each time

_CURVES: dict[str, tuple[ec.EllipticCurve, bytes, int]] = {
    "P-256": (ec.SECP256R1(), bytes.fromhex("06082a8648ce3d030107"), 32),
    "P-384": (ec.SECP384R1(), bytes.fromhex("06052b81040022"), 48),
    "P-521": (ec.SECP521R1(), bytes.fromhex("06052b81040023"), 66),
    "P-224": (ec.SECP224R1(), bytes.fromhex("06052b81040021"), 28),
    "P-192": (ec.SECP192R1(), bytes.fromhex("06082a8648ce3d030101"), 24),
    "secp256k1": (ec.SECP256K1(), bytes.fromhex("06052b8104000a"), 32),
    "brainpoolP256r1": (ec.BrainpoolP256R1(), bytes.fromhex("06092b2403030208010107"), 32),
    "brainpoolP384r1": (ec.BrainpoolP384R1(), bytes.fromhex("06092b240303020801010b"), 48),
}
_EC = bytes.fromhex("06072a8648ce3d0201")
_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B256 = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def point(curve: str, scalar: int) -> tuple[bytes, bytes]:
    """The coordinates of a multiple of the base point, as octets."""
    kind, _, size = _CURVES[curve]
    numbers = ec.derive_private_key(scalar, kind).public_key().public_numbers()
    return numbers.x.to_bytes(size, "big"), numbers.y.to_bytes(size, "big")


def named(curve: str, key: bytes) -> bytes:
    """A key on a named curve."""
    return spki(seq(_EC, _CURVES[curve][1]), key)


def explicit(base: bytes) -> bytes:
    """P-256 written out in numbers, with this base point (RFC 3279 2.3.5, SEC 1 C.2)."""
    field = seq(bytes.fromhex("06072a8648ce3d0101"), integer(_P256))
    curve = seq(tlv(4, (_P256 - 3).to_bytes(32, "big")), tlv(4, _B256.to_bytes(32, "big")))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return seq(integer(1), field, curve, tlv(4, base), integer(order), integer(1))


# -- the files


def rsa_encoding(rng: random.Random) -> Iterator[Made]:
    """The envelope of an RSA key."""
    n = modulus(rng, 2048)
    inner = seq(integer(n), integer(_E))
    whole = rsa_spki(n)
    oid = RSA[2:13]
    br = {"rule": "br.7.1.3.1.1/rsa", "source": "BR 7.1.3.1.1; R011, K13"}
    der = {"rule": "rfc5280.4.1.2.7/spki", "source": "RFC 5280 4.1.2.7; X.690 8.1.3, 10.1"}
    rsa = {"rule": "rfc8017.a.1.1/rsa-public-key", "source": "RFC 8017 A.1.1; X.690 8.3.2"}
    yield good("rsa-plain", "the usual key: nothing but a note on the list", whole, **br)
    yield bad(
        "rsa-null-absent", "parameters left out", rsa_spki(n, identifier=seq(oid)), "key.rsa-parameters-absent", **br
    )
    for name, other in (("octets", "0400"), ("sequence", "3000"), ("boolean", "0101ff"), ("oid", "06012a")):
        identifier = seq(oid, bytes.fromhex(other))
        comment = f"parameters that are no NULL ({other})"
        yield bad(f"rsa-null-{name}", comment, rsa_spki(n, identifier=identifier), "key.rsa-parameters-not-null", **br)
    yield bad(
        "rsa-null-twice",
        "NULL, and something behind it",
        rsa_spki(n, identifier=seq(oid, _NULL, _NULL)),
        "key.algorithm-encoding",
        **der,
    )
    yield bad(
        "rsa-null-filled",
        "a NULL with content is not DER in a NULL's place",
        rsa_spki(n, identifier=seq(oid, b"\5\1\0")),
        "key.rsa-parameters-not-null",
        **br,
    )
    pss = bytes.fromhex("06092a864886f70d01010a")
    yield bad(
        "rsa-pss-bare",
        "id-RSASSA-PSS without parameters",
        rsa_spki(n, identifier=seq(pss)),
        "key.algorithm-rsa-pss",
        **br,
    )
    sha256 = seq(bytes.fromhex("0609608648016503040201"), _NULL)
    mgf = seq(bytes.fromhex("06092a864886f70d010108"), sha256)
    full = seq(tlv(0xA0, sha256), tlv(0xA1, mgf), tlv(0xA2, integer(32)))
    yield bad(
        "rsa-pss-full",
        "id-RSASSA-PSS with SHA-256",
        rsa_spki(n, identifier=seq(pss, full)),
        "key.algorithm-rsa-pss",
        **br,
    )
    oaep = bytes.fromhex("06092a864886f70d010107")
    yield bad("rsa-oaep", "id-RSAES-OAEP", rsa_spki(n, identifier=seq(oaep)), "key.algorithm-rsa-oaep", **br)
    yield bad(
        "rsa-pss-1024",
        "a short PSS key has both defects",
        rsa_spki(roughly(rng, 1024), identifier=seq(pss)),
        "key.algorithm-rsa-pss",
        "key.rsa-too-short",
        **br,
    )
    yield bad("spki-empty", "no bytes at all: nothing never passes", b"", "key.not-der", **der)
    yield bad("spki-one-octet", "cut off in its header", whole[:1], "key.not-der", **der)
    yield bad("spki-cut", "cut off in its content", whole[:-1], "key.not-der", **der)
    yield bad("spki-trailing", "an octet behind it", whole + b"\0", "key.not-der", **der)
    yield bad("spki-indefinite", "indefinite length", b"\x30\x80" + whole[4:] + b"\0\0", "key.not-der", **der)
    yield bad(
        "spki-long-length", "a length in three octets where two do", b"\x30\x83\0" + whole[2:], "key.not-der", **der
    )
    yield bad(
        "spki-third-field", "a third element inside", seq(RSA, tlv(3, b"\0" + inner), _NULL), "key.not-der", **der
    )
    yield bad(
        "spki-octet-string",
        "an OCTET STRING in the place of the BIT STRING",
        seq(RSA, tlv(4, b"\0" + inner)),
        "key.not-der",
        **der,
    )
    yield bad(
        "spki-constructed-bits",
        "a constructed BIT STRING",
        seq(RSA, tlv(0x23, tlv(3, b"\0" + inner))),
        "key.not-der",
        **der,
    )
    yield bad("spki-unused-bits", "one unused bit", seq(RSA, tlv(3, b"\1" + inner[:-1] + b"\0")), "key.not-der", **der)
    yield bad("spki-no-bits", "a BIT STRING without its first octet", seq(RSA, tlv(3, b"")), "key.not-der", **der)
    yield bad("spki-pem", "the text of a PEM file", b"-----BEGIN PUBLIC KEY-----", "key.not-der", **der)
    yield bad("spki-bare-rsa", "an RSAPublicKey without its envelope", inner, "key.not-der", **der)
    yield bad("spki-set", "a SET", b"\x31" + whole[1:], "key.not-der", **der)
    yield bad(
        "spki-no-oid", "an AlgorithmIdentifier without an algorithm", spki(seq(_NULL), inner), "key.not-der", **der
    )
    yield bad(
        "spki-empty-oid", "an OBJECT IDENTIFIER without content", spki(seq(b"\6\0", _NULL), inner), "key.not-der", **der
    )
    yield bad("spki-too-large", "longer than any key", rsa_spki(1 << 65536 | 1), "key.too-large", **der)
    yield bad("rsa-bits-empty", "no RSAPublicKey at all", spki(RSA, b""), "key.rsa-not-der", **rsa)
    yield bad(
        "rsa-inner-trailing", "an octet behind the RSAPublicKey", spki(RSA, inner + b"\0"), "key.rsa-not-der", **rsa
    )
    for name, tag in (("set", 0x31), ("octets", 0x04), ("context", 0xA0)):
        comment = f"the tag {tag:02x} in the place of SEQUENCE"
        yield bad(f"rsa-inner-{name}", comment, spki(RSA, bytes((tag,)) + inner[1:]), "key.rsa-not-der", **rsa)
    yield bad("rsa-inner-one", "a modulus without an exponent", spki(RSA, seq(integer(n))), "key.rsa-not-der", **rsa)
    yield bad(
        "rsa-inner-three",
        "a third number",
        spki(RSA, seq(integer(n), integer(_E), integer(1))),
        "key.rsa-not-der",
        **rsa,
    )
    padded = tlv(2, b"\0" + n.to_bytes(257, "big"))
    yield bad(
        "rsa-modulus-padded",
        "a modulus with a zero octet too many",
        spki(RSA, seq(padded, integer(_E))),
        "key.rsa-not-der",
        **rsa,
    )
    yield bad(
        "rsa-exponent-padded",
        "an exponent with a zero octet too many",
        spki(RSA, seq(integer(n), tlv(2, b"\0\1\0\1"))),
        "key.rsa-not-der",
        **rsa,
    )
    yield bad(
        "rsa-modulus-negative",
        "a modulus without its leading zero octet: a negative number",
        spki(RSA, seq(tlv(2, n.to_bytes(256, "big")), integer(_E))),
        "key.rsa-not-positive",
        **rsa,
    )
    yield bad("rsa-modulus-zero", "the modulus 0", rsa_spki(0), "key.rsa-not-positive", **rsa)
    yield bad("rsa-exponent-zero", "the exponent 0", rsa_spki(n, 0), "key.rsa-not-positive", **rsa)
    yield bad("rsa-exponent-negative", "the exponent -1", rsa_spki(n, -1), "key.rsa-not-positive", **rsa)


def rsa_numbers(rng: random.Random) -> Iterator[Made]:
    """The numbers of an RSA key."""
    n = modulus(rng, 2048)
    size = {"rule": "br.6.1.5/rsa-size", "source": "BR 6.1.5; R110, K12"}
    eight = {"rule": "br.6.1.5/rsa-multiple-of-8", "source": "BR 6.1.5; R110, K12"}
    exponent = {"rule": "br.6.1.6/exponent", "source": "BR 6.1.6; R110, K12"}
    exponents = {"rule": "br.6.1.6/exponent-range", "source": "BR 6.1.6; R110, K12"}
    for bits in (2048, 3072, 4096):
        this = rsa_spki(n if bits == 2048 else modulus(rng, bits))
        yield good(f"rsa-{bits}", f"{bits} bits", this, **size)
        yield good(f"rsa-{bits}-strict", f"{bits} bits are listed by STRICT", this, policy="STRICT", **size)
    for bits in (512, 1024, 2040, 2047):
        yield bad(f"rsa-{bits}", f"{bits} bits", rsa_spki(roughly(rng, bits)), "key.rsa-too-short", **size)
    yield bad(
        "rsa-2048-of-3072",
        "2048 bits where the policy wants 3072",
        rsa_spki(n),
        "key.rsa-too-short",
        policy="RSA-3072",
        **size,
    )
    for bits in (2049, 2055, 3071):
        yield bad(f"rsa-{bits}", f"{bits} bits", rsa_spki(roughly(rng, bits)), "key.rsa-not-multiple-of-8", **eight)
    odd = rsa_spki(roughly(rng, 2056))
    yield good("rsa-2056", "2056 bits are divisible by eight", odd, **eight)
    yield bad(
        "rsa-2056-strict",
        "2056 bits are not listed by STRICT",
        odd,
        "key.rsa-size-not-allowed",
        policy="STRICT",
        **size,
    )
    yield bad(
        "rsa-2049-strict",
        "2049 bits break two rules",
        rsa_spki(roughly(rng, 2049)),
        "key.rsa-not-multiple-of-8",
        "key.rsa-size-not-allowed",
        policy="STRICT",
        **eight,
    )
    yield good("rsa-16384", "the longest that BASELINE takes", rsa_spki(roughly(rng, 16384)), **size)
    yield bad("rsa-16392", "longer than that", rsa_spki(roughly(rng, 16392)), "key.rsa-too-long", **size)
    yield bad(
        "rsa-8192-strict",
        "8192 bits are too long for STRICT",
        rsa_spki(roughly(rng, 8192)),
        "key.rsa-too-long",
        policy="STRICT",
        **size,
    )
    yield bad(
        "rsa-e-1", "with the exponent 1 everybody can sign", rsa_spki(n, 1), "key.rsa-exponent-too-small", **exponent
    )
    yield bad("rsa-e-2", "the exponent 2", rsa_spki(n, 2), "key.rsa-exponent-too-small", **exponent)
    for e in (4, 65536, 65538):
        yield bad(f"rsa-e-{e}", "an even exponent", rsa_spki(n, e), "key.rsa-exponent-even", **exponent)
    for e in (3, 17, 65535):
        yield good(
            f"rsa-e-{e}", "odd, below 65537: should not, may", rsa_spki(n, e), "key.rsa-exponent-small", **exponents
        )
        yield bad(
            f"rsa-e-{e}-strict",
            "odd, below 65537, and STRICT",
            rsa_spki(n, e),
            "key.rsa-exponent-small-refused",
            policy="STRICT",
            **exponents,
        )
    for name, e in (("65539", 65539), ("2-to-32", 2**32 + 15), ("2-to-256", 2**256 - 1)):
        yield good(f"rsa-e-{name}", "within the range that is advised", rsa_spki(n, e), **exponents)
    for name, e in (("257-bits", 2**256 + 1), ("near-n", n - 2)):
        yield bad(
            f"rsa-e-{name}",
            "longer than 256 bits, where short private exponents hide",
            rsa_spki(n, e),
            "key.rsa-exponent-too-long",
            **exponents,
        )
    yield bad(
        "rsa-e-long-even",
        "too long, and even",
        rsa_spki(n, 2**256),
        "key.rsa-exponent-too-long",
        "key.rsa-exponent-even",
        **exponents,
    )
    yield bad(
        "rsa-e-1-short",
        "all that is wrong is said at once",
        rsa_spki(roughly(rng, 1024), 1),
        "key.rsa-exponent-too-small",
        "key.rsa-too-short",
        **exponent,
    )


def rsa_weak(rng: random.Random) -> Iterator[Made]:
    """Keys that anybody can break, or that are none."""
    factor = {"rule": "br.6.1.6/modulus", "source": "BR 6.1.6; R013, K12"}
    yield bad("rsa-even", "an even modulus", rsa_spki(modulus(rng, 2048) - 1), "key.rsa-modulus-even", **factor)
    yield bad(
        "rsa-power-of-2", "2 to the 2047: even comes first", rsa_spki(1 << 2047), "key.rsa-modulus-even", **factor
    )
    for small in (3, 5, 7, 383, 743, 751):
        rest = next_prime((isqrt(1 << 4095) // small) + rng.getrandbits(1000))
        yield bad(
            f"rsa-factor-{small}", f"{small} times a prime", rsa_spki(small * rest), "key.rsa-small-factor", **factor
        )
    rest = next_prime((isqrt(1 << 4095) // 757) + rng.getrandbits(1000))
    yield good(
        "rsa-factor-757", "757 is the first prime that the text does not ask for", rsa_spki(757 * rest), **factor
    )
    yield bad(
        "rsa-power-of-3",
        "a power of a small prime is found by its factor",
        rsa_spki(3**1292),
        "key.rsa-small-factor",
        **factor,
    )
    for exponent in (2, 3, 5, 7, 11, 13, 31, 101, 199, 211):
        yield bad(
            f"rsa-power-{exponent}",
            f"a prime to the power of {exponent}",
            rsa_spki(power(rng, exponent)),
            "key.rsa-perfect-power",
            **factor,
        )
    yield bad(
        "rsa-power-4",
        "a prime to the power of 4 is a square",
        rsa_spki(power(rng, 2, 1024) ** 2),
        "key.rsa-perfect-power",
        **factor,
    )
    yield bad(
        "rsa-power-9", "a prime to the power of 9 is a cube", rsa_spki(power(rng, 9)), "key.rsa-perfect-power", **factor
    )
    while ((square_root := modulus(rng, 1024)) ** 2).bit_length() != 2048:
        pass
    yield bad(
        "rsa-square-of-modulus",
        "the square of a modulus is no power of a prime, and no key",
        rsa_spki(square_root**2),
        "key.rsa-perfect-power",
        **factor,
    )
    yield bad(
        "rsa-power-429", "757 to the power of 429 has 4104 bits", rsa_spki(757**429), "key.rsa-perfect-power", **factor
    )
    yield bad(
        "rsa-power-1709",
        "769 to the power of 1709 has 16384 bits",
        rsa_spki(769**1709),
        "key.rsa-perfect-power",
        **factor,
    )
    one = prime(rng, 2048)
    yield bad("rsa-prime-strict", "a prime modulus", rsa_spki(one), "key.rsa-modulus-prime", policy="STRICT", **factor)
    yield good("rsa-prime", "the same: BASELINE does not test for it, see the limitations", rsa_spki(one), **factor)
    faulty = {"rule": "br.6.1.1.3/roca", "source": "CVE-2017-15361; BR 6.1.1.3; R013, K14"}
    for bits in (2048, 3072):
        yield bad(
            f"rsa-roca-{bits}",
            f"{bits} bits, made by the faulty method",
            rsa_spki(roca(rng, bits)),
            "key.rsa-roca",
            **faulty,
        )
    near = {"rule": "br.6.1.1.3/close-primes", "source": "CVE-2022-26320; BR 6.1.1.3; R013, K14"}
    p = prime(rng, 1024)
    yield bad(
        "rsa-close-next", "a prime and the next one", rsa_spki(p * next_prime(p + 2)), "key.rsa-close-primes", **near
    )
    for wanted in (2, 50, 99, 100):
        yield bad(
            f"rsa-close-{wanted}",
            f"Fermat's method ends in round {wanted}",
            rsa_spki(close(rng, 2048, wanted)),
            "key.rsa-close-primes",
            **near,
        )
    last = rsa_spki(close(rng, 2048, 101))
    yield good("rsa-close-101", "round 101 is one more than the text asks for", last, **near)
    yield bad(
        "rsa-close-101-strict", "STRICT goes on to round 1000", last, "key.rsa-close-primes", policy="STRICT", **near
    )
    yield bad(
        "rsa-close-1000-strict",
        "round 1000 is the last",
        rsa_spki(close(rng, 2048, 1000)),
        "key.rsa-close-primes",
        policy="STRICT",
        **near,
    )
    yield good("rsa-close-1001-strict", "round 1001 is not", rsa_spki(close(rng, 2048, 1001)), policy="STRICT", **near)
    yield bad("rsa-close-4096", "4096 bits, round 100", rsa_spki(close(rng, 4096, 100)), "key.rsa-close-primes", **near)
    yield bad(
        "rsa-close-e-3",
        "weak, and with a small exponent",
        rsa_spki(close(rng, 2048, 7), 3),
        "key.rsa-exponent-small",
        "key.rsa-close-primes",
        **near,
    )


def elliptic(rng: random.Random) -> Iterator[Made]:
    """Elliptic curve keys."""
    allowed = {"rule": "br.6.1.5/curve", "source": "BR 6.1.5; R006, K11"}
    encoding = {"rule": "br.7.1.3.1.2/ecdsa", "source": "BR 7.1.3.1.2; RFC 5480 2.1.1; K11"}
    form = {"rule": "rfc5480.2.2/point", "source": "RFC 5480 2.2; SEC 1 2.3.3"}
    valid = {"rule": "br.6.1.6/point", "source": "BR 6.1.6; SP 800-56A Rev. 2 5.6.2.3; K11"}
    points = {name: point(name, rng.getrandbits(180)) for name in _CURVES}
    keys = {name: named(name, b"\4" + x + y) for name, (x, y) in points.items()}
    for curve in ("P-256", "P-384", "P-521"):
        number = curve[2:]
        for policy in ("BASELINE", "MOZILLA", "MOZILLA_2_8", "STRICT", "PRIVATE", "P-384"):
            takes = (
                policy in ("BASELINE", "MOZILLA", "PRIVATE")
                or curve == "P-384"
                or (policy != "P-384" and curve == "P-256")
            )
            name = f"ec-p{number}-{policy.lower().replace('_', '-')}"
            if takes:
                yield good(name, f"{curve} under {policy}", keys[curve], policy=policy, **allowed)
            else:
                yield bad(
                    name, f"{curve} under {policy}", keys[curve], "key.curve-not-allowed", policy=policy, **allowed
                )
        x, y = points[curve]
        p = {"P-256": _P256, "P-384": 2**384 - 2**128 - 2**96 + 2**32 - 1, "P-521": 2**521 - 1}[curve]
        size = len(x)
        odd = y[-1] & 1
        yield bad(
            f"ec-p{number}-compressed",
            "the point in compressed form",
            named(curve, bytes((2 | odd,)) + x),
            "key.point-compressed",
            **form,
        )
        yield bad(
            f"ec-p{number}-hybrid",
            "the point in hybrid form",
            named(curve, bytes((6 | odd,)) + x + y),
            "key.point-hybrid",
            **form,
        )
        yield bad(
            f"ec-p{number}-off",
            "y is one more",
            named(curve, b"\4" + x + (int.from_bytes(y, "big") + 1).to_bytes(size, "big")),
            "key.point-off-curve",
            **valid,
        )
        yield bad(
            f"ec-p{number}-x-p", "x is p", named(curve, b"\4" + p.to_bytes(size, "big") + y), "key.point-range", **valid
        )
        yield bad(
            f"ec-p{number}-y-p", "y is p", named(curve, b"\4" + x + p.to_bytes(size, "big")), "key.point-range", **valid
        )
        yield bad(f"ec-p{number}-infinity", "the point at infinity", named(curve, b"\0"), "key.point-infinity", **valid)
        yield bad(
            f"ec-p{number}-short", "an octet is missing", named(curve, b"\4" + x + y[:-1]), "key.point-length", **form
        )
        bx, by = point(curve, 1)
        yield bad(
            f"ec-p{number}-base",
            "the base point: the private key is 1",
            named(curve, b"\4" + bx + by),
            "key.point-base",
            rule="br.6.1.1.3/exposed",
            source="BR 6.1.1.3 (3)",
        )
        minus = (p - int.from_bytes(by, "big")).to_bytes(size, "big")
        yield bad(
            f"ec-p{number}-minus-base",
            "its negative: the private key is -1",
            named(curve, b"\4" + bx + minus),
            "key.point-base",
            rule="br.6.1.1.3/exposed",
            source="BR 6.1.1.3 (3)",
        )
    x, y = points["P-256"]
    lonely = int.from_bytes(x, "big")
    while pow(lonely**3 - 3 * lonely + _B256, (_P256 - 1) // 2, _P256) == 1:
        lonely += 1
    alone = lonely.to_bytes(32, "big")
    yield bad(
        "ec-compressed-off",
        "a compressed point whose x has no y",
        named("P-256", b"\2" + alone),
        "key.point-compressed",
        "key.point-off-curve",
        **valid,
    )
    yield bad(
        "ec-compressed-range",
        "a compressed point whose x is p",
        named("P-256", b"\3" + _P256.to_bytes(32, "big")),
        "key.point-compressed",
        "key.point-range",
        **valid,
    )
    yield bad(
        "ec-hybrid-off",
        "a hybrid point that is none",
        named("P-256", b"\6" + x + x),
        "key.point-hybrid",
        "key.point-off-curve",
        **valid,
    )
    yield bad(
        "ec-compressed-base",
        "the base point, compressed",
        named("P-256", b"\3" + point("P-256", 1)[0]),
        "key.point-compressed",
        "key.point-base",
        **form,
    )
    yield bad(
        "ec-compressed-not-allowed",
        "compressed, on a curve that the policy does not allow",
        named("P-256", bytes((2 | y[-1] & 1,)) + x),
        "key.point-compressed",
        "key.curve-not-allowed",
        policy="P-384",
        **form,
    )
    yield bad("ec-form-5", "a first octet that names no form", named("P-256", b"\5" + x + y), "key.point-form", **form)
    yield bad("ec-form-1", "a first octet that names no form", named("P-256", b"\1"), "key.point-form", **form)
    yield bad("ec-empty", "a BIT STRING without a point", named("P-256", b""), "key.point-form", **form)
    yield bad("ec-infinity-long", "infinity has one octet", named("P-256", b"\0\0"), "key.point-form", **form)
    yield bad("ec-long", "an octet too many", named("P-256", b"\4" + x + y + b"\0"), "key.point-length", **form)
    yield bad(
        "ec-compressed-long",
        "a compressed point with both coordinates",
        named("P-256", b"\2" + x + y),
        "key.point-length",
        **form,
    )
    yield bad(
        "ec-other-size",
        "a point of P-384 said to be of P-256",
        named("P-256", b"\4" + b"".join(points["P-384"])),
        "key.point-length",
        **form,
    )
    yield bad("ec-zeros", "the coordinates 0, 0", named("P-256", b"\4" + bytes(64)), "key.point-off-curve", **valid)
    yield bad(
        "ec-parameters-absent", "no curve at all", spki(seq(_EC), b"\4" + x + y), "key.ec-parameters-absent", **encoding
    )
    yield bad(
        "ec-parameters-null",
        "implicitlyCA",
        spki(seq(_EC, _NULL), b"\4" + x + y),
        "key.ec-parameters-implicit",
        **encoding,
    )
    base = b"\4" + b"".join(point("P-256", 1))
    yield bad(
        "ec-parameters-explicit",
        "P-256 written out in numbers",
        spki(seq(_EC, explicit(base)), b"\4" + x + y),
        "key.ec-parameters-explicit",
        **encoding,
    )
    chosen = b"\4" + x + y
    yield bad(
        "ec-parameters-chosen",
        "P-256 with a base point of the attacker's choice (CVE-2020-0601)",
        spki(seq(_EC, explicit(chosen)), chosen),
        "key.ec-parameters-explicit",
        **encoding,
    )
    yield bad(
        "ec-parameters-other",
        "an INTEGER",
        spki(seq(_EC, integer(1)), b"\4" + x + y),
        "key.ec-parameters-other",
        **encoding,
    )
    yield bad(
        "ec-parameters-twice",
        "something behind the curve",
        spki(seq(_EC, _CURVES["P-256"][1], _NULL), b"\4" + x + y),
        "key.algorithm-encoding",
        rule="rfc5280.4.1.2.7/spki",
        source="RFC 5480 2.1.1",
    )
    for curve, code in (
        ("P-192", "p192"),
        ("P-224", "p224"),
        ("secp256k1", "secp256k1"),
        ("brainpoolP256r1", "brainpool"),
        ("brainpoolP384r1", "brainpool"),
    ):
        yield bad(f"ec-{curve.lower()}", curve, keys[curve], f"key.curve-{code}", **allowed)
    sm2, koblitz = bytes.fromhex("06082a811ccf5501822d"), bytes.fromhex("06052b8104001a")
    yield bad("ec-sm2", "the curve of SM2", spki(seq(_EC, sm2), b"\4" + x + y), "key.curve-sm2", **allowed)
    yield bad(
        "ec-sect233k1", "a binary curve", spki(seq(_EC, koblitz), b"\4" + bytes(60)), "key.curve-unknown", **allowed
    )
    ecdh = bytes.fromhex("06052b8104010c")
    yield bad("ec-dh", "id-ecDH", spki(seq(ecdh, _CURVES["P-256"][1]), b"\4" + x + y), "key.algorithm-ecdh", **encoding)
    mqv = bytes.fromhex("06052b8104010d")
    yield bad(
        "ec-mqv", "id-ecMQV", spki(seq(mqv, _CURVES["P-256"][1]), b"\4" + x + y), "key.algorithm-ecdh", **encoding
    )


def others(rng: random.Random) -> Iterator[Made]:
    """Keys of other kinds."""
    kinds = {"rule": "br.6.1.5/algorithm", "source": "BR 6.1.5, 7.1.3.1; K11"}
    for name, oid, size in (
        ("ed25519", "06032b6570", 32),
        ("ed448", "06032b6571", 57),
        ("x25519", "06032b656e", 32),
        ("x448", "06032b656f", 56),
    ):
        yield bad(name, name, spki(seq(bytes.fromhex(oid)), rng.randbytes(size)), f"key.algorithm-{name}", **kinds)
    for name, oid, size in (
        ("ml-dsa-44", "0609608648016503040311", 1312),
        ("ml-dsa-87", "0609608648016503040313", 2592),
        ("slh-dsa-sha2-128s", "0609608648016503040314", 32),
        ("hash-slh-dsa-shake-256f", "060960864801650304032e", 64),
        ("ml-kem-512", "0609608648016503040401", 800),
        ("ml-kem-1024", "0609608648016503040403", 1568),
    ):
        yield bad(name, name, spki(seq(bytes.fromhex(oid)), rng.randbytes(size)), "key.algorithm-post-quantum", **kinds)
    numbers = seq(integer(roughly(rng, 2048)), integer(roughly(rng, 256)), integer(2))
    dsa, old_dsa = bytes.fromhex("06072a8648ce380401"), bytes.fromhex("06052b0e03020c")
    for name, oid_octets in (("dsa", dsa), ("dsa-oiw", old_dsa)):
        yield bad(
            name, "DSA", spki(seq(oid_octets, numbers), integer(roughly(rng, 2048))), "key.algorithm-dsa", **kinds
        )
    for name, oid in (("dh-x942", "06072a8648ce3e0201"), ("dh-pkcs3", "06092a864886f70d010301")):
        yield bad(
            name,
            "Diffie-Hellman",
            spki(seq(bytes.fromhex(oid), numbers), integer(roughly(rng, 2048))),
            "key.algorithm-dh",
            **kinds,
        )
    for name, oid in (("gost-2001", "06062a8503020213"), ("gost-2012", "06082a85030701010101")):
        yield bad(
            name,
            "GOST R 34.10",
            spki(seq(bytes.fromhex(oid), seq()), tlv(4, rng.randbytes(64))),
            "key.algorithm-gost",
            **kinds,
        )
    yield bad(
        "unknown", "2.999.1", spki(seq(bytes.fromhex("0603883701"), _NULL), b"\0"), "key.algorithm-unknown", **kinds
    )
    yield bad(
        "signature-oid",
        "sha256WithRSAEncryption is no kind of key",
        spki(seq(bytes.fromhex("06092a864886f70d01010b"), _NULL), seq(integer(roughly(rng, 2048)), integer(_E))),
        "key.algorithm-unknown",
        **kinds,
    )
    yield bad(
        "unknown-twice",
        "an unknown kind with two parameters",
        spki(seq(bytes.fromhex("0603883701"), _NULL, _NULL), b"\0"),
        "key.algorithm-encoding",
        "key.algorithm-unknown",
        **kinds,
    )


def _toml(this: Made) -> str:
    text = this.spki.hex()
    lines = "\n".join(text[at : at + 110] for at in range(0, len(text), 110))
    octets = f'"{text}"' if len(text) <= 110 else f'"""\n{lines}\n"""'
    codes = ", ".join(f'"{code}"' for code in this.codes)
    return (
        f'[[vector]]\nid = "{this.id}"\ncomment = "{this.comment}"\nrule = "{this.rule}"\nsource = "{this.source}"\n'
        f'policy = "{this.policy}"\nspki = {octets}\nverdict = "{this.verdict}"\ncodes = [{codes}]\n'
    )


FILES: dict[str, Callable[[random.Random], Iterator[Made]]] = {
    "rsa-encoding": rsa_encoding,
    "rsa-numbers": rsa_numbers,
    "rsa-weak": rsa_weak,
    "elliptic": elliptic,
    "others": others,
}


def main() -> None:
    """Write the files."""
    day = datetime(2026, 11, 21, tzinfo=timezone.utc)
    for number, (name, make) in enumerate(FILES.items()):
        head = f"# {make.__doc__}\n# Made by tests/make_key_vectors.py ({day:%Y-%m-%d}, seed {_SEED + number}).\n"
        vectors = "\n".join(_toml(each) for each in make(random.Random(_SEED + number)))
        (ROOT / "keys" / f"{name}.toml").write_text(f"{head}\n{vectors}", encoding="utf-8")


if __name__ == "__main__":
    main()
