"""Requests and certificates for tests: fixed keys, signatures that come out alike, and surgery at every octet.

Nothing here uses the package's own encoders. The private keys below are published with the tests: they protect nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from ipaddress import ip_address
from typing import Any, Final

import attrs
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from pkicheck.canon import Sha256
from pkicheck.csr import BindResult, Identity, bind_csr
from pkicheck.issuerkey import IssuerKey
from pkicheck.names import CertName, parse_name
from pkicheck.policy import BASELINE, Policy
from pkicheck.ports import Transport
from pkicheck.registry import MemoryRegistry
from pkicheck.testing import FixedClock
from tests import derkit
from tests.derkit import bits, element, explicit, extension, integer, name, octets, oid, sequence, set_of
from tests.keykit import AT, LISTS

__all__ = [
    "AT",
    "EXTENSION_REQUEST",
    "KEYS",
    "MICROSOFT_REQUEST",
    "Info",
    "alternative_names",
    "bind",
    "ca",
    "extension_request",
    "identity",
    "key",
    "private_key",
    "registry",
    "request",
    "sign",
    "signed_certificate",
    "spki",
]

_PRIMES: Final[Mapping[str, tuple[int, int]]] = {
    "rsa": (
        int(
            "ef6b27d2a40b91f0d491b830f14f92928d9b066b4d4568351dcedfa1fb0712ab2e1a7b8f8e877ab621394b496daf59da"
            "325979fb219435c39b9c74998800615a6765f34086ac3880107fcd87b70baacf5e82c00cbd4815b4fd019c07060bf854"
            "4a75430170714c21e0cf1a6cded6ad2451f30d7908efb1561d8f2b175cdb8da1",
            16,
        ),
        int(
            "c3deaca55abb6357a553ed8b665d414b17280d7b13aefbc737ca042c6d7a1770acf3bb255f3a4c2c64676915d125f74c"
            "aa9db8ddfd768550369b8e055d3c77a4faa22dcef11d977f86cf438f03914cd598799bfbcb8d827986961fb55de907e3"
            "22f786aec5220d97bd79fe60e8e24a772589d111732c724448349855acf63f37",
            16,
        ),
    ),
    "rsa-other": (
        int(
            "ed590f303109368ea0239dff7e72a4c638f168620f9f38246e0e1aa799b5c1c4cf34b95a3ef01d639179c3e0bf147ad9"
            "c849e37b8d70eba80ab6f322e2ebe4dd9e386c7d1f38da9e86c665b865db6160f46620d1e468f96a469bbf74833ccb0b"
            "e008a2a4b0d66d748a855e01efac68db6b5832ac837ac4cabd468934e7e500b1",
            16,
        ),
        int(
            "bd5873180778c8c5a368c6a5467e334c0a599349580fe8dff9ab32f5e89985ff2a5f6ff30f5568312fd2efd4d42d3162"
            "78483b9fb07536f55b635fd8bf6a11c2035ccf0793900dc576b3b62a5b56724123ee1a69f82ccce6e33ee2e3718d44e8"
            "7b50240b0a8d006be1242ed563506c278dad673acdfedd5c0dffcb2a0fd3e2f7",
            16,
        ),
    ),
    "rsa-1024": (
        int(
            "d9189936fe506bd2ae034a92e32e0fdc1d54f4dec7b242613159b592da820bcc4b3481e08c284470bb097d9acee5a0c9"
            "ff1910ddb6d8fb395b5e62aadc29c281",
            16,
        ),
        int(
            "d45e2130e4f3628f9757988ce9f5124847cbcebdb78c426362732852cba101c88bf2037a2c930a922330d09ec0d42563"
            "d4f7a6bbf859017456a0f54618f64013",
            16,
        ),
    ),
}
_CURVES: Final[Mapping[str, type[ec.EllipticCurve]]] = {
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
    "p192": ec.SECP192R1,
    "p224": ec.SECP224R1,
    "secp256k1": ec.SECP256K1,
}
KEYS: Final = ("rsa", "p256", "p384", "p521")
"""The keys that the policy admits."""


EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
MICROSOFT_REQUEST: Final = "1.3.6.1.4.1.311.2.1.14"

_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA_OIDS: Final = {
    "md5": "1.2.840.113549.1.1.4",
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_EC_OIDS: Final = {
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@cache
def private_key(which: str) -> Any:
    """A private key by its name: `rsa`, `rsa-other`, `rsa-1024`, `p256`, `p256-other`, `ca`, `ed25519`, ..."""
    if which in _PRIMES:
        p, q = _PRIMES[which]
        d = pow(65537, -1, (p - 1) * (q - 1))
        public = rsa.RSAPublicNumbers(65537, p * q)
        exponents = d % (p - 1), d % (q - 1), pow(q, -1, p)
        return rsa.RSAPrivateNumbers(p, q, d, *exponents, public).private_key()
    if which == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"pkicheck").digest())
    curve = _CURVES.get(which.partition("-")[0], ec.SECP256R1)
    number = int.from_bytes(hashlib.sha256(which.encode()).digest(), "big") >> 70
    return ec.derive_private_key(number, curve())


@cache
def spki(which: str) -> bytes:
    """The SubjectPublicKeyInfo of a key, as `cryptography` writes it."""
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    found: bytes = private_key(which).public_key().public_bytes(encoding, form)
    return found


key = spki


def sign(which: str, data: bytes, *, digest: str = "", scheme: str = "", salt: int = 32) -> tuple[bytes, bytes]:
    """The AlgorithmIdentifier and a signature that comes out alike each time.

    Args:
        which: the key.
        data: what is signed.
        digest: the hash; by default that of the curve, SHA-256 for RSA.
        scheme: `pss` for RSASSA-PSS.
        salt: the length of its salt. A salt is random: such a signature does not come out alike.
    """
    private = private_key(which)
    if isinstance(private, rsa.RSAPrivateKey):
        digest = digest or "sha256"
        algorithm = sequence(oid(_RSA_OIDS[digest]), element(0x05))
        if scheme == "pss":
            padded: Any = padding.PSS(padding.MGF1(_HASHES[digest]), salt)
            algorithm = pss(digest, salt)
        else:
            padded = padding.PKCS1v15()
        return algorithm, private.sign(data, padded, _HASHES[digest])
    if isinstance(private, ec.EllipticCurvePrivateKey):
        digest = digest or {384: "sha384", 521: "sha512"}.get(private.curve.key_size, "sha256")
        chosen = ec.ECDSA(_HASHES[digest], deterministic_signing=True)
        return sequence(oid(_EC_OIDS[digest])), private.sign(data, chosen)
    return sequence(oid("1.3.101.112")), private.sign(data)


def pss(digest: str, salt: int, *, mask: str = "", parameters: bytes | None = None) -> bytes:
    """The AlgorithmIdentifier of RSASSA-PSS."""
    oids = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2"}
    oids["sha512"] = "2.16.840.1.101.3.4.2.3"
    hashed, masked = (sequence(oid(oids[each]), element(0x05)) for each in (digest, mask or digest))
    fields = sequence(
        explicit(0, hashed), explicit(1, sequence(oid("1.2.840.113549.1.1.8"), masked)), explicit(2, integer(salt))
    )
    return sequence(oid("1.2.840.113549.1.1.10"), fields if parameters is None else parameters)


# -- requests

CN = "2.5.4.3"
SUBJECT = name(("2.5.4.6", 0x13, "ES"), (CN, 0x0C, "www.shop.com"))


def alternative_names(*names: str | bytes, critical: bool = False) -> bytes:
    """The extension with these names: text is a dNSName or an address, octets are a GeneralName as it stands."""
    encoded = [each if isinstance(each, bytes) else general_name(each) for each in names]
    return extension("2.5.29.17", sequence(*encoded), critical=critical)


def general_name(text: str) -> bytes:
    """A dNSName, or an iPAddress for the text of one."""
    try:
        return element(0x87, ip_address(text).packed)
    except ValueError:
        return element(0x82, text.encode())


def attribute(kind: str, *values: bytes) -> bytes:
    """An attribute of a request."""
    return sequence(oid(kind), set_of(*values))


def extension_request(*extensions: bytes, kind: str = EXTENSION_REQUEST) -> bytes:
    """The attribute that asks for extensions."""
    return attribute(kind, sequence(*extensions))


@attrs.frozen(kw_only=True)
class Info:
    """The fields of a certificationRequestInfo, each as its octets."""

    version: bytes = integer(0)
    subject: bytes = SUBJECT
    key: bytes = attrs.field(factory=lambda: spki("p256"))
    attributes: Sequence[bytes] | None = (extension_request(alternative_names("www.shop.com", "shop.com")),)
    sort: bool = True

    def der(self) -> bytes:
        """The certificationRequestInfo."""
        attributes = b""
        if self.attributes is not None:
            parts: Iterable[bytes] = sorted(self.attributes) if self.sort else self.attributes
            attributes = explicit(0, *parts)
        return sequence(self.version, self.subject, self.key, attributes)


def request(info: Info | bytes | None = None, signer: str = "p256", **how: Any) -> bytes:
    """A signed request. An `Info` gets the key of the signer unless it has another."""
    if info is None:
        info = Info(key=spki(signer))
    der = info.der() if isinstance(info, Info) else info
    algorithm, signature = sign(signer, der, **how)
    return sequence(der, algorithm, bits(signature))


# -- identities and bindings

NAMES = ("www.shop.com", "shop.com")


def identity(*names: str | CertName, order: str = "order-1", **fields: Any) -> Identity:
    """An identity for these names, `NAMES` by default."""
    parsed = tuple(parse_name(each) if isinstance(each, str) else each for each in names or NAMES)
    return Identity(**{"order": order, "names": parsed, "kind": "dv", "scope": "public", **fields})


def registry(lists: Transport = LISTS) -> MemoryRegistry:
    """A new registry over the lists of the tests, by a clock that stands still."""
    return MemoryRegistry(lists, clock=FixedClock(AT))


def bind(
    csr: bytes | str | None = None, who: Identity | None = None, *, policy: Policy = BASELINE, **fields: Any
) -> BindResult:
    """`bind_csr` with a new registry, unless one is given."""
    given = {"lists": registry(), "at": AT, "policy": policy, **fields}
    return bind_csr(request() if csr is None else csr, identity=who or identity(), **given)


# -- certificates

CA_NAME = name(("2.5.4.6", 0x13, "ES"), ("2.5.4.10", 0x0C, "Test CA"), (CN, 0x0C, "Test CA 1"))
KEY_ID = bytes(range(20))


def signed_certificate(tbs: derkit.Tbs | bytes, signer: str = "ca", *, beside: bytes = b"", **how: Any) -> bytes:
    """A certificate, signed. The algorithm beside the signature is the signer's own, unless another is given."""
    der = tbs.der() if isinstance(tbs, derkit.Tbs) else tbs
    algorithm, signature = sign(signer, der, **how)
    return derkit.certificate(der, algorithm=beside or algorithm, signature=signature)


@cache
def ca(which: str = "ca", *, extensions: tuple[bytes, ...] | None = None, **fields: Any) -> IssuerKey:
    """An issuer key with a self-signed certificate."""
    basic = extension("2.5.29.19", sequence(element(0x01, b"\xff")), critical=True)
    key_id = extension("2.5.29.14", octets(KEY_ID))
    algorithm, _ = sign(which, b"")
    tbs = derkit.Tbs(
        algorithm=algorithm,
        issuer=CA_NAME,
        subject=CA_NAME,
        key=spki(which),
        extensions=(basic, key_id) if extensions is None else extensions,
    )
    given: dict[str, Any] = {"caa": {"ca.example"}, "purposes": {"tls"}, "public": True, "production": True}
    return IssuerKey(certificate=signed_certificate(tbs, which), spki=spki(which), **{**given, **fields})


PINS = Sha256("0" * 64)
DAY = timedelta(days=1)
UTC = timezone.utc
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
