"""Public keys as the numbers that they are, and the texts and encodings that lists of bad keys know them by.

A list must find a key by its value: the same numbers in another encoding are the same key (K16). So a list is asked for
the numbers, and whoever keeps a list of hashes derives from them every encoding that the hash may have been made of.

    value = "rsa:" modulus ":" exponent      ; lower-case hexadecimal without leading zeros
          / curve ":" x ":" y                ; P-256, P-384, P-521; likewise
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs

from pkicheck.errors import InputError
from pkicheck.keys.curves import CURVES

__all__ = ["EC_IDS", "FORMS", "RSA_ID", "EcKey", "PublicKey", "RsaKey", "hashes", "key_value", "parse_key_value"]

RSA_ID: Final = bytes.fromhex("300d06092a864886f70d0101010500")
"""The AlgorithmIdentifier of an RSA key (BR 7.1.3.1.1)."""

EC_IDS: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "P-256": bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"),
        "P-384": bytes.fromhex("301006072a8648ce3d020106052b81040022"),
        "P-521": bytes.fromhex("301006072a8648ce3d020106052b81040023"),
    }
)
"""The AlgorithmIdentifiers of elliptic curve keys (BR 7.1.3.1.2)."""

# What software writes in the place of RSA_ID around the same numbers: without NULL, RSASSA-PSS, RSAES-OAEP.
_RSA_ALIKE: Final = (
    RSA_ID,
    bytes.fromhex("300b06092a864886f70d010101"),
    bytes.fromhex("300b06092a864886f70d01010a"),
    bytes.fromhex("300b06092a864886f70d010107"),
)


@attrs.frozen
class RsaKey:
    """An RSA key.

    Attributes:
        n: the modulus, above 0.
        e: the exponent, above 0.
    """

    n: int
    e: int


@attrs.frozen
class EcKey:
    """A key on one of the curves P-256, P-384, P-521.

    Attributes:
        curve: its name.
        x, y: the coordinates of the point.
    """

    curve: str
    x: int
    y: int


PublicKey: TypeAlias = RsaKey | EcKey


def key_value(key: PublicKey) -> str:
    """The numbers of a key as text: what lists are asked for. Equal keys have equal texts, others different ones."""
    if isinstance(key, RsaKey):
        return f"rsa:{key.n:x}:{key.e:x}"
    return f"{key.curve}:{key.x:x}:{key.y:x}"


_VALUE: Final = re.compile(r"(rsa|P-256|P-384|P-521):(0|[1-9a-f][0-9a-f]*):(0|[1-9a-f][0-9a-f]*)", re.ASCII)
# No key that may be asked for is longer; hexadecimal text is read in linear time.
_LONGEST: Final = 20_000


def parse_key_value(text: str) -> PublicKey:
    """Read what `key_value` wrote.

    Raises:
        InputError: anything else.
    """
    found = _VALUE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        msg = f"{text[:40]!a} is no value of a key"
        raise InputError(msg)
    one, other = int(found[2], 16), int(found[3], 16)
    return RsaKey(one, other) if found[1] == "rsa" else EcKey(found[1], one, other)


# -- encodings, for hashes only: what is signed is never built from these


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    head = bytes((size,)) if size < 0x80 else bytes((0x80 | (size.bit_length() + 7) // 8,)) + _octets(size)
    return bytes((tag,)) + head + content


def _integer(number: int) -> bytes:
    return _element(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _bits(key: PublicKey) -> tuple[bytes, ...]:
    """The content of the BIT STRING, usual form first."""
    if isinstance(key, RsaKey):
        return (_element(0x30, _integer(key.n) + _integer(key.e)),)
    size = CURVES[key.curve].octets
    x, y = key.x.to_bytes(size, "big"), key.y.to_bytes(size, "big")
    odd = key.y & 1
    return b"\x04" + x + y, bytes((2 | odd,)) + x, bytes((6 | odd,)) + x + y


def _spkis(key: PublicKey) -> tuple[bytes, ...]:
    """The SubjectPublicKeyInfos that software writes for these numbers, usual form first."""
    heads = _RSA_ALIKE if isinstance(key, RsaKey) else (EC_IDS[key.curve],)
    return tuple(_element(0x30, head + _element(0x03, b"\0" + bits)) for head in heads for bits in _bits(key))


def _main(key: PublicKey) -> bytes:
    return _octets(key.n if isinstance(key, RsaKey) else key.x)


def _modulus(key: PublicKey) -> tuple[bytes, ...]:
    # The line that `openssl rsa -modulus` prints, which the Debian lists are made of.
    return (f"Modulus={key.n:X}\n".encode("ascii"),) if isinstance(key, RsaKey) else ()


_Form: TypeAlias = Callable[[PublicKey], tuple[bytes, ...]]


def _hashed(name: str, of: Callable[[PublicKey], tuple[bytes, ...]], keep: slice) -> _Form:
    def form(key: PublicKey) -> tuple[bytes, ...]:
        return tuple(hashlib.new(name, each, usedforsecurity=False).digest()[keep] for each in of(key))

    return form


FORMS: Final[Mapping[str, _Form]] = MappingProxyType(
    {
        "spki-sha256": _hashed("sha256", _spkis, slice(None)),
        "spki-sha1": _hashed("sha1", _spkis, slice(None)),
        "keyid-sha1": _hashed("sha1", _bits, slice(None)),
        "main-sha256": _hashed("sha256", lambda key: (_main(key),), slice(None)),
        "main-sha256-120": _hashed("sha256", lambda key: (_main(key),), slice(15)),
        "modulus-sha256": _hashed("sha256", _modulus, slice(None)),
        "modulus-sha1": _hashed("sha1", _modulus, slice(None)),
        "modulus-sha1-80": _hashed("sha1", _modulus, slice(10, None)),
    }
)
"""The hashes under which lists keep keys:

    spki-sha256, spki-sha1   of the SubjectPublicKeyInfo
    keyid-sha1               of the content of its BIT STRING (RFC 5280 §4.2.1.2, method 1)
    main-sha256              of the modulus, or of x, as octets without leading zeros
    main-sha256-120          the first 120 bits of that (the records of badkeys)
    modulus-sha256, -sha1    of the line that `openssl rsa -modulus` prints
    modulus-sha1-80          the last 80 bits of that (Debian's openssl-blacklist)
"""


def hashes(key: PublicKey, form: str) -> tuple[bytes, ...]:
    """The hashes that a list of this form may have for a key, one for each encoding that the key is known to come in.

    Args:
        key: the key.
        form: a key of `FORMS`.

    Returns:
        None at all for a form that does not exist for this kind of key, such as the modulus of an elliptic curve key.

    Raises:
        InputError: no such form.
    """
    found = FORMS.get(form)
    if found is None:
        msg = f"form must be one of {', '.join(FORMS)}, got {form[:40]!a}"
        raise InputError(msg)
    return found(key)
