"""What the numbers of an RSA key may not be (BR 6.1.1.3, 6.1.5, 6.1.6), in plain integers.

Each method is made quick by residues: modulo a small number it is known beforehand which rounds, or which powers, are
possible at all, and for nearly every key nothing is left to compute with the long number itself.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import gcd, isqrt, prod
from typing import Final

import attrs

from pkicheck.findings import Finding, finding
from pkicheck.keys.values import RsaKey
from pkicheck.policy import KeysPolicy

__all__ = ["PLACE", "fermat_round", "is_power", "is_probable_prime", "is_roca", "root", "rsa_findings", "small_factor"]

PLACE: Final = "subjectPublicKeyInfo"
"""What findings about a key call their place."""

_LEAST_EXPONENT: Final = 3
_ADVISED_EXPONENT: Final = 2**16 + 1
_EXPONENT_BITS: Final = 256


def _primes(below: int) -> list[int]:
    sieve = bytearray([1]) * below
    for number in range(2, isqrt(below) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, below, number)))
    return [number for number in range(2, below) if sieve[number]]


def rsa_findings(key: RsaKey, policy: KeysPolicy) -> list[Finding]:
    """Every refusal and note about the numbers of an RSA key.

    A modulus whose length the policy does not allow at all is not looked at more closely: its work is not bounded.

    Args:
        key: the key.
        policy: the choices.
    """
    found = _exponent(key.e, policy)
    bits = key.n.bit_length()
    if bits < policy.rsa_min_bits:
        wanted = f"{policy.rsa_min_bits} bits or more"
        return [*found, finding("key.rsa-too-short", PLACE, expected=wanted, saw=[f"{bits} bits"])]
    if bits > policy.rsa_max_bits:
        wanted = f"{policy.rsa_max_bits} bits or fewer"
        return [*found, finding("key.rsa-too-long", PLACE, expected=wanted, saw=[f"{bits} bits"])]
    if bits % 8:
        found.append(finding("key.rsa-not-multiple-of-8", PLACE, saw=[f"{bits} bits"]))
    if policy.rsa_sizes and str(bits) not in policy.rsa_sizes:
        listed = f"{', '.join(policy.rsa_sizes)} bits"
        found.append(finding("key.rsa-size-not-allowed", PLACE, expected=listed, saw=[f"{bits} bits"]))
    return found + _modulus(key.n, policy)


def _exponent(e: int, policy: KeysPolicy) -> list[Finding]:
    found: list[Finding] = []
    if e.bit_length() > _EXPONENT_BITS:
        found.append(finding("key.rsa-exponent-too-long", PLACE, saw=[f"{e.bit_length()} bits"]))
    if e < _LEAST_EXPONENT:
        found.append(finding("key.rsa-exponent-too-small", PLACE, expected="3 or more", saw=[str(e)]))
    elif e & 1 == 0:
        found.append(finding("key.rsa-exponent-even", PLACE))
    elif e < _ADVISED_EXPONENT:
        code = "key.rsa-exponent-small" + ("-refused" if policy.rsa_exponent == "refuse" else "")
        found.append(finding(code, PLACE, expected="65537 or more", saw=[str(e)]))
    return found


def _modulus(n: int, policy: KeysPolicy) -> list[Finding]:
    if n & 1 == 0:
        return [finding("key.rsa-modulus-even", PLACE)]
    factor = small_factor(n)
    if factor is not None:
        return [finding("key.rsa-small-factor", PLACE, saw=[str(factor)])]
    if is_power(n):
        return [finding("key.rsa-perfect-power", PLACE)]
    found: list[Finding] = []
    if is_roca(n):
        found.append(finding("key.rsa-roca", PLACE))
    rounds = fermat_round(n, policy.fermat_rounds)
    if rounds is not None:
        found.append(finding("key.rsa-close-primes", PLACE, saw=[f"round {rounds}"]))
    if policy.rsa_prime and is_probable_prime(n):
        found.append(finding("key.rsa-modulus-prime", PLACE))
    return found


# -- small factors

_SMALL: Final = tuple(_primes(752)[1:])
_SMALL_PRODUCT: Final = prod(_SMALL)


def small_factor(n: int) -> int | None:
    """The least odd prime below 752 that divides n, None without one (BR 6.1.6)."""
    common = gcd(n, _SMALL_PRODUCT)
    return None if common == 1 else next(prime for prime in _SMALL if common % prime == 0)


# -- ROCA

# Moduli that the faulty library made are powers of 65537 modulo each of these primes (CVE-2017-15361).
_ROCA_PRIMES: Final = tuple(prime for prime in _SMALL if prime <= 167)
_ROCA_PRODUCT: Final = prod(_ROCA_PRIMES)


def _powers(base: int, prime: int) -> frozenset[int]:
    found = [1]
    while (following := found[-1] * base % prime) != 1:
        found.append(following)
    return frozenset(found)


# The primes with the fewest powers first: they tell most keys apart.
_ROCA: Final = tuple(
    sorted(((prime, _powers(65537, prime)) for prime in _ROCA_PRIMES), key=lambda each: len(each[1]) / each[0])
)


def is_roca(n: int) -> bool:
    """The fingerprint of ROCA (BR 6.1.1.3); a sound key has it by chance once in 2**27."""
    rest = n % _ROCA_PRODUCT
    return all(rest % prime in powers for prime, powers in _ROCA)


# -- Fermat's method

# Pairwise coprime, with few squares each: 12 of 64, 16 of 63, 21 of 65, and about half for each prime.
_SQUARE_MODULI: Final = (64, 63, 65, 11, 17, 19, 23, 31, 29)
_SQUARE_PRODUCT: Final = prod(_SQUARE_MODULI)


@lru_cache(maxsize=4)
def _rounds(rounds: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """For each modulus m and each n mod m: bit r is set when r**2 - n is a square mod m, for r below rounds + m."""
    table: list[tuple[int, tuple[int, ...]]] = []
    for m in _SQUARE_MODULI:
        squares = {r * r % m for r in range(m)}
        repeated = sum(1 << m * turn for turn in range(rounds // m + 2))
        table.append(
            (m, tuple(repeated * sum(1 << r for r in range(m) if (r * r - n) % m in squares) for n in range(m)))
        )
    return tuple(table)


def fermat_round(n: int, rounds: int) -> int | None:
    """The round in which Fermat's method finds the factors of an odd n, None within so many rounds (BR 6.1.1.3).

    Round k tries a = ceil(sqrt(n)) + k - 1: when a**2 - n is a square b**2, n is (a - b)(a + b).

    Args:
        n: the modulus.
        rounds: at least 1.
    """
    start = isqrt(n - 1) + 1
    alive = (1 << rounds) - 1
    n_rest, a_rest = n % _SQUARE_PRODUCT, start % _SQUARE_PRODUCT
    for m, possible in _rounds(rounds):
        alive &= possible[n_rest % m] >> a_rest % m
    while alive:
        passed = (alive & -alive).bit_length() - 1
        difference = (start + passed) ** 2 - n
        if isqrt(difference) ** 2 == difference:
            return passed + 1
        alive &= alive - 1
    return None


# -- powers

# A power of this or a larger number has an exponent of at most bits / 9.5: 2**9.5 is below 757, the least prime that
# `small_factor` leaves.
_HALF_BITS: Final = 19
# Chance of going on to the long number for no reason.
_SURE: Final = 2**14


@attrs.frozen
class _Filter:
    """Moduli for one prime exponent: only powers have these residues; each sieve lets one in `exponent` others pass."""

    exponent: int
    first: int
    first_residues: frozenset[int]
    others: tuple[tuple[int, frozenset[int]], ...]

    def passes(self, n: int) -> bool:
        return all(n % prime in residues for prime, residues in self.others)


def _residues(exponent: int, prime: int) -> frozenset[int]:
    """The residues of powers with this exponent, which divides prime - 1; 0 is one of them."""
    wanted = (prime - 1) // exponent
    base = 2
    while len(found := _powers(pow(base, exponent, prime), prime)) < wanted:
        base += 1
    return found | {0}


@cache
def _filter(exponent: int) -> _Filter:
    sieves: list[tuple[int, frozenset[int]]] = []
    chance, prime = 1, 1
    while chance < _SURE:
        prime += 2 * exponent
        if all(prime % each for each in range(3, isqrt(prime) + 1, 2)):
            sieves.append((prime, _residues(exponent, prime)))
            chance *= exponent
    return _Filter(exponent, *sieves[0], tuple(sieves[1:]))


@lru_cache(maxsize=64)
def _filters(largest: int) -> tuple[tuple[int, tuple[_Filter, ...]], ...]:
    """The filters of the odd prime exponents up to this one, in groups with the product of their first primes."""
    every = [_filter(exponent) for exponent in _primes(largest + 1)[1:]]
    groups = [tuple(every[at : at + 12]) for at in range(0, len(every), 12)]
    return tuple((prod({each.first for each in group}), group) for group in groups)


def is_power(n: int) -> bool:
    """Whether n, odd and without a factor below 752, is a number to a power of two or more (BR 6.1.6).

    A power has a prime exponent too, so those are tried: two by the square root, the others by residues.
    """
    if isqrt(n) ** 2 == n:
        return True
    for product, group in _filters(2 * n.bit_length() // _HALF_BITS):
        rest = n % product
        for each in group:
            if (
                rest % each.first in each.first_residues
                and each.passes(n)
                and root(n, each.exponent) ** each.exponent == n
            ):
                return True
    return False


def root(n: int, exponent: int) -> int:
    """The largest number whose power is not above n (Newton's method, from above)."""
    guess = 1 << -(-n.bit_length() // exponent)
    while (better := ((exponent - 1) * guess + n // guess ** (exponent - 1)) // exponent) < guess:
        guess = better
    return guess


def is_probable_prime(n: int) -> bool:
    """Fermat's test with the bases 2 and 3: every prime passes, and no modulus that anybody makes by honest means."""
    return all(pow(base, n - 1, n) == 1 for base in (2, 3))
