"""Reading a SubjectPublicKeyInfo: the bytes, not what a library makes of them (BR 7.1.3.1; RFC 5280 §4.1.2.7).

A library that normalises what it reads hides that the bytes to be certified are others than those of its key object.
So the AlgorithmIdentifier is compared byte for byte, and what is not right gets a code that says what is wrong. The
numbers are read also out of a wrong envelope wherever that is possible, so that a list of bad keys can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pkicheck.der import BIT_STRING, INTEGER, NULL, OBJECT_IDENTIFIER, SEQUENCE, DerError, Element, Limits, read
from pkicheck.findings import Finding, finding
from pkicheck.keys.curves import CURVES
from pkicheck.keys.rsa import PLACE
from pkicheck.keys.values import EC_IDS, RSA_ID, EcKey, PublicKey, RsaKey

__all__ = ["LONGEST", "read_key"]

LONGEST: Final = 8192
"""So many octets a SubjectPublicKeyInfo may have: more than the largest RSA key that any policy allows."""

_LIMITS: Final = Limits(max_bytes=LONGEST)
_RSA: Final = "1.2.840.113549.1.1.1"
_EC: Final = "1.2.840.10045.2.1"
# Around the numbers of an RSA key as well, with parameters of their own.
_RSA_ALIKE: Final[Mapping[str, str]] = MappingProxyType(
    {"1.2.840.113549.1.1.10": "key.algorithm-rsa-pss", "1.2.840.113549.1.1.7": "key.algorithm-rsa-oaep"}
)
_ALGORITHMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.2.840.10040.4.1": "key.algorithm-dsa",
        "1.3.14.3.2.12": "key.algorithm-dsa",
        "1.2.840.10046.2.1": "key.algorithm-dh",
        "1.2.840.113549.1.3.1": "key.algorithm-dh",
        "1.3.132.1.12": "key.algorithm-ecdh",
        "1.3.132.1.13": "key.algorithm-ecdh",
        "1.3.101.110": "key.algorithm-x25519",
        "1.3.101.111": "key.algorithm-x448",
        "1.3.101.112": "key.algorithm-ed25519",
        "1.3.101.113": "key.algorithm-ed448",
        "1.2.643.2.2.19": "key.algorithm-gost",
        "1.2.643.7.1.1.1.1": "key.algorithm-gost",
        "1.2.643.7.1.1.1.2": "key.algorithm-gost",
    }
)
# ML-DSA, SLH-DSA and their pre-hash forms lie in 3.17 to 3.46, ML-KEM in 4.1 to 4.3 (NIST's register of algorithms).
_POST_QUANTUM: Final = frozenset(
    {f"2.16.840.1.101.3.4.3.{arc}" for arc in range(17, 47)} | {f"2.16.840.1.101.3.4.4.{arc}" for arc in range(1, 4)}
)
_NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {"1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521"}
)
_OTHER_CURVES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.2.840.10045.3.1.1": "key.curve-p192",
        "1.3.132.0.33": "key.curve-p224",
        "1.3.132.0.10": "key.curve-secp256k1",
        "1.2.156.10197.1.301": "key.curve-sm2",
    }
)
_PARAMETERS: Final[Mapping[int, str]] = MappingProxyType(
    {NULL: "key.ec-parameters-implicit", SEQUENCE: "key.ec-parameters-explicit"}
)
_BRAINPOOL: Final = "1.3.36.3.3.2.8.1.1."


# The usual key in its usual form is told by its length and its first octets: no reading of DER element by element.
def _heads() -> Mapping[int, tuple[bytes, str, int]]:
    heads: dict[int, tuple[bytes, str, int]] = {}
    for name, identifier in EC_IDS.items():
        size = CURVES[name].octets
        bits = 2 + 2 * size
        inner = identifier + bytes((0x03, bits)) if bits < 0x80 else identifier + bytes((0x03, 0x81, bits))
        length = len(inner) + bits
        outer = bytes((0x30, length)) if length < 0x80 else bytes((0x30, 0x81, length))
        head = outer + inner + b"\x00\x04"
        heads[len(head) + 2 * size] = (head, name, size)
    return MappingProxyType(heads)


_HEADS: Final = _heads()


def read_key(spki: bytes) -> tuple[PublicKey | None, tuple[Finding, ...]]:
    """The numbers of a key, and what is wrong with how they are written.

    Args:
        spki: a SubjectPublicKeyInfo; any bytes.

    Returns:
        The key, None where its numbers cannot be read or are of no kind that may be certified; and the refusals.
        Without a key there is at least one. A key in the form that BR 7.1.3.1 wants has none; a point on its curve is
        part of that form, the quality of RSA numbers is not.
    """
    usual = _HEADS.get(len(spki))
    if usual is not None and spki.startswith(usual[0]):
        head, name, size = usual
        return _point(name, spki[len(head) : len(head) + size], spki[len(head) + size :], [])
    if len(spki) > LONGEST:
        return None, (finding("key.too-large", PLACE, expected=f"{LONGEST} octets or fewer"),)
    try:
        identifier, bits = read(spki, SEQUENCE, limits=_LIMITS).fields(SEQUENCE, BIT_STRING)
        content = bits.bit_string()
        if identifier.encoded == RSA_ID:
            return _rsa(bits, [])
        reader = identifier.reader()
        kind = reader.take(OBJECT_IDENTIFIER).oid()
        at = reader.at
        parameters = None if at == identifier.end else reader.take(-1)
        several = reader.at != identifier.end
        return _unusual(kind, parameters, several=several, bits=bits, content=content)
    except DerError as flaw:
        return None, (_flaw("key.not-der", flaw),)


def _flaw(code: str, flaw: DerError) -> Finding:
    return finding(code, PLACE, saw=[f"{flaw.reason} at octet {flaw.offset}"])


def _unusual(
    kind: str, parameters: Element | None, *, several: bool, bits: Element, content: bytes
) -> tuple[PublicKey | None, tuple[Finding, ...]]:
    """A key of which it is not yet known that its AlgorithmIdentifier is right."""
    found = [finding("key.algorithm-encoding", PLACE)] if several else []
    if kind == _EC:
        return _elliptic(parameters, content, found)
    if kind == _RSA:
        if parameters is None:
            found.append(finding("key.rsa-parameters-absent", PLACE))
        elif parameters.encoded != b"\x05\x00":
            found.append(finding("key.rsa-parameters-not-null", PLACE, saw=[parameters.encoded[:16].hex()]))
        return _rsa(bits, found)
    if kind in _RSA_ALIKE:
        found.append(finding(_RSA_ALIKE[kind], PLACE))
        return _rsa(bits, found)
    code = "key.algorithm-post-quantum" if kind in _POST_QUANTUM else _ALGORITHMS.get(kind, "key.algorithm-unknown")
    found.append(finding(code, PLACE, saw=[kind]))
    return None, tuple(found)


# -- RSA


def _rsa(bits: Element, found: list[Finding]) -> tuple[PublicKey | None, tuple[Finding, ...]]:
    try:
        inner = bits.inner()
        if inner.tag != SEQUENCE:
            raise DerError("wrong-tag", inner.start)  # noqa: TRY301 - as the reader raises it for a field
        modulus, exponent = inner.fields(INTEGER, INTEGER)
        n, e = modulus.integer(), exponent.integer()
    except DerError as flaw:
        return None, (*found, _flaw("key.rsa-not-der", flaw))
    if n <= 0 or e <= 0:
        return None, (*found, finding("key.rsa-not-positive", PLACE))
    return RsaKey(n, e), tuple(found)


# -- elliptic curves


def _elliptic(
    parameters: Element | None, content: bytes, found: list[Finding]
) -> tuple[PublicKey | None, tuple[Finding, ...]]:
    if parameters is None:
        return None, (*found, finding("key.ec-parameters-absent", PLACE))
    if parameters.tag != OBJECT_IDENTIFIER:
        code = _PARAMETERS.get(parameters.tag, "key.ec-parameters-other")
        return None, (*found, finding(code, PLACE))
    curve = parameters.oid()
    name = _NAMED.get(curve)
    if name is None:
        code = "key.curve-brainpool" if curve.startswith(_BRAINPOOL) else _OTHER_CURVES.get(curve, "key.curve-unknown")
        return None, (*found, finding(code, PLACE, saw=[curve]))
    form, size = content[:1], CURVES[name].octets
    if content == b"\x00":
        return None, (*found, finding("key.point-infinity", PLACE))
    if form not in _FORMS:
        return None, (*found, finding("key.point-form", PLACE, saw=[form.hex()]))
    wanted = 1 + size if form in _COMPRESSED else 1 + 2 * size
    if len(content) != wanted:
        expected, saw = f"{wanted} octets", f"{len(content)} octets"
        return None, (*found, finding("key.point-length", PLACE, expected=expected, saw=[saw]))
    return _FORMS[form](name, content[1 : 1 + size], content[1 + size :], found)


def _point(
    name: str, x_octets: bytes, y_octets: bytes, found: list[Finding]
) -> tuple[PublicKey | None, tuple[Finding, ...]]:
    curve = CURVES[name]
    x, y = int.from_bytes(x_octets, "big"), int.from_bytes(y_octets, "big")
    if x >= curve.p or y >= curve.p:
        return None, (*found, finding("key.point-range", PLACE, saw=[name]))
    if not curve.has(x, y):
        return None, (*found, finding("key.point-off-curve", PLACE, saw=[name]))
    if x == curve.base:
        found.append(finding("key.point-base", PLACE, saw=[name]))
    return EcKey(name, x, y), tuple(found)


def _hybrid(name: str, x: bytes, y: bytes, found: list[Finding]) -> tuple[PublicKey | None, tuple[Finding, ...]]:
    return _point(name, x, y, [*found, finding("key.point-hybrid", PLACE)])


def _lifted(*, odd: bool) -> Callable[[str, bytes, bytes, list[Finding]], tuple[PublicKey | None, tuple[Finding, ...]]]:
    def read_point(
        name: str, octets: bytes, _: bytes, found: list[Finding]
    ) -> tuple[PublicKey | None, tuple[Finding, ...]]:
        curve, x = CURVES[name], int.from_bytes(octets, "big")
        y = curve.lift(x, odd=odd) if x < curve.p else 0
        code = finding("key.point-compressed", PLACE)
        # An x that is too large or has no y is caught with a y that does not fit it.
        return _point(name, octets, (y or 0).to_bytes(curve.octets, "big"), [*found, code])

    return read_point


_COMPRESSED: Final = (b"\x02", b"\x03")
_FORMS: Final = MappingProxyType(
    {b"\x02": _lifted(odd=False), b"\x03": _lifted(odd=True), b"\x04": _point, b"\x06": _hybrid, b"\x07": _hybrid}
)
