"""The choices about public keys, and the named sets of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

import attrs

from pkicheck.errors import InputError
from pkicheck.policy._fields import between, flag, one_of, span, texts

__all__ = ["BR", "KEY_POLICIES", "MOZILLA", "MOZILLA_2_8", "STRICT", "KeysPolicy"]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_CURVES: Final = frozenset({"P-256", "P-384", "P-521"})
# A test of primality grows with the cube of the length: about a second here.
_LONGEST_TESTED: Final = 8192


def _curves(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    if not _CURVES.issuperset(value):
        msg = f"policy: {attribute.name} must be out of {', '.join(sorted(_CURVES))}, got {value!a}"
        raise InputError(msg)


def _sizes(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for item in value:
        if not (item.isascii() and item.isdigit() and len(item) < 6 and item == str(int(item))):
            msg = f"policy: {attribute.name} holds lengths in bits as decimal text, got {item!a}"
            raise InputError(msg)


def _list_names(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for item in value:
        if not _NAME.fullmatch(item):
            msg = f"policy: {attribute.name} holds names of small letters, digits and hyphens, got {item!a}"
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class KeysPolicy:
    """Choices about public keys. What the Baseline Requirements forbid, no choice permits.

    Attributes:
        rsa_min_bits: the shortest RSA modulus, in bits (BR 6.1.5: 2048).
        rsa_max_bits: the longest one, in bits: the work of every check grows with it.
        rsa_sizes: the only lengths in bits that are allowed, as decimal text; empty: all between the two.
        rsa_exponent: what an odd exponent from 3 to 65535 does: `note` or `refuse` (BR 6.1.6: SHOULD).
        rsa_prime: whether a modulus is tested for being a prime (BR 6.1.6: SHOULD): some 20 ms for 2048 bits.
        fermat_rounds: how far Fermat's method goes (BR 6.1.1.3: 100 rounds).
        curves: the allowed curves out of P-256, P-384, P-521.
        blocklists: the names of lists of bad keys that change, such as the CA's own list of compromised keys.
        blocklist_max_age: how old one of these may be at the moment judged.
        fixed_blocklists: the names of lists of bad keys that never change, such as that of the Debian weak keys.
    """

    rsa_min_bits: int = attrs.field(default=2048, validator=between(2048, 16384))
    rsa_max_bits: int = attrs.field(default=16384, validator=between(2048, 16384))
    rsa_sizes: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_sizes)
    rsa_exponent: Literal["note", "refuse"] = attrs.field(default="note", validator=one_of("note", "refuse"))
    rsa_prime: bool = attrs.field(default=False, validator=flag)
    fermat_rounds: int = attrs.field(default=100, validator=between(100, 10_000))
    curves: tuple[str, ...] = attrs.field(default=tuple(sorted(_CURVES)), converter=texts, validator=_curves)
    blocklists: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=_list_names)
    blocklist_max_age: timedelta = attrs.field(
        default=timedelta(days=31), validator=span(timedelta(hours=1), timedelta(days=3660))
    )
    fixed_blocklists: tuple[str, ...] = attrs.field(default=("debian",), converter=texts, validator=_list_names)

    def __attrs_post_init__(self) -> None:
        if not set(self.blocklists).isdisjoint(self.fixed_blocklists):
            msg = "policy: a name stands in keys.blocklists or in keys.fixed_blocklists, not in both"
            raise InputError(msg)
        if self.rsa_min_bits > self.rsa_max_bits:
            msg = "policy: keys.rsa_min_bits must not be above keys.rsa_max_bits"
            raise InputError(msg)
        if self.rsa_prime and self.rsa_max_bits > _LONGEST_TESTED:
            msg = f"policy: keys.rsa_prime needs keys.rsa_max_bits of at most {_LONGEST_TESTED}"
            raise InputError(msg)


BR: Final = KeysPolicy()
"""BR 6.1.1.3, 6.1.5, 6.1.6, with a list `debian` of the Debian weak keys to ask."""

MOZILLA: Final = KeysPolicy()
"""Mozilla's Root Store Policy 5.1, since version 2.9: the same keys as `BR`."""

MOZILLA_2_8: Final = attrs.evolve(MOZILLA, curves=("P-256", "P-384"))
"""Mozilla's Root Store Policy 5.1 up to version 2.8: no P-521."""

STRICT: Final = attrs.evolve(
    BR,
    rsa_max_bits=4096,
    rsa_sizes=("2048", "3072", "4096"),
    rsa_exponent="refuse",
    rsa_prime=True,
    fermat_rounds=1000,
    curves=("P-256", "P-384"),
)
"""What every browser takes, and every SHOULD of BR 6.1.6 read as a SHALL."""

KEY_POLICIES: Final[Mapping[str, KeysPolicy]] = MappingProxyType(
    {"BR": BR, "MOZILLA": MOZILLA, "MOZILLA_2_8": MOZILLA_2_8, "STRICT": STRICT}
)
"""The named choices. Compare two with `pkicheck.policy.differences`."""
