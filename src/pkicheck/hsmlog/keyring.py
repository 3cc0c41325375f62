"""The issuer keys of a run: whom a log means by a name, and which key made a signature (pure).

A name in a log is a name inside one token or process. What anchors a key is its SubjectPublicKeyInfo: an object belongs
to the key that verifies it, whatever issuer it names.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from cryptography import exceptions, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from pkicheck.canon import Sha256
from pkicheck.der import OBJECT_IDENTIFIER, SEQUENCE, DerError, Element, context, read
from pkicheck.errors import InputError
from pkicheck.hsmlog.model import KeyEvent, SignedObject, SigningEvent
from pkicheck.hsmlog.readers._content import block_digest
from pkicheck.issuerkey import IssuerKey

__all__ = ["UNKNOWN", "KeyRing", "delegated", "verifies"]

UNKNOWN: Final = 0xFFFF
"""The index of a key that is not known."""

_PSS: Final = "1.2.840.113549.1.1.10"
_HASH_OBJECTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - old certificates have to be recognised too
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha512_224": hashes.SHA512_224(),
    "sha512_256": hashes.SHA512_256(),
    "sha3_224": hashes.SHA3_224(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
_DEFECTS: Final = (
    *(ValueError, DerError, exceptions.UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.ExtensionNotFound, x509.UnsupportedGeneralNameType),
)
_Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey


def _public(spki: bytes) -> _Public | None:
    """The key behind an SPKI, None for a kind that cannot be verified here."""
    try:
        key = serialization.load_der_public_key(spki)
    # InternalError: what older releases make of an Edwards key of another length.
    except (ValueError, exceptions.UnsupportedAlgorithm, exceptions.InternalError):
        return None
    return key if isinstance(key, _Public) else None


def _salt_length(parameters: Element) -> int:
    """The salt length of RSASSA-PSS-params (RFC 4055 §3.1)."""
    found = 20
    for each in parameters.children():
        if each.tag == context(2, constructed=True):
            found = each.inner().integer()
    return found


def verifies(key: _Public, this: SignedObject) -> bool:
    """Whether the signature of an object verifies under a key. Anything that cannot be verified does not."""
    try:
        if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(this.signature, this.tbs)
            return True
        algorithm = _HASH_OBJECTS.get(this.hash)
        if algorithm is None:
            return False
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(this.signature, this.tbs, ec.ECDSA(algorithm))
            return True
        reader = read(this.algorithm, SEQUENCE).reader()
        if reader.take(OBJECT_IDENTIFIER).oid() == _PSS:
            salt = _salt_length(reader.take(SEQUENCE))
            key.verify(this.signature, this.tbs, padding.PSS(padding.MGF1(algorithm), salt), algorithm)
        else:
            key.verify(this.signature, this.tbs, padding.PKCS1v15(), algorithm)
    except (exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm, ValueError, OverflowError, DerError):
        return False
    return True


class KeyRing:
    """The issuer keys of a run, each by its index in the order given.

    Args:
        keys: the keys, not empty, each once.

    Raises:
        InputError: no key, a key twice, or more keys than a row can number.
    """

    def __init__(self, keys: Collection[IssuerKey]) -> None:
        self.keys = tuple(sorted(keys, key=lambda each: each.id))
        if not self.keys or len(self.keys) >= UNKNOWN:
            msg = f"keys: reconcile needs at least one issuer key and at most {UNKNOWN - 1}"
            raise InputError(msg)
        self.index = {each.id: number for number, each in enumerate(self.keys)}
        if len(self.index) != len(self.keys):
            msg = "keys: an issuer key is given twice"
            raise InputError(msg)
        self._names: dict[str, list[tuple[str, str, int]]] = {}
        for number, each in enumerate(self.keys):
            for alias in each.aliases:
                self._names.setdefault(alias.name, []).append((alias.token, alias.process, number))
        self._public = [_public(each.spki) for each in self.keys]
        self._subjects: dict[bytes, list[int]] = {}
        for number, each in enumerate(self.keys):
            if each.subject is not None:
                self._subjects.setdefault(each.subject, []).append(number)

    def named(self, event: SigningEvent | KeyEvent) -> int:
        """The index of the key that a log means; UNKNOWN when no key answers to the name, or several do."""
        own = self.index.get(Sha256(event.key))
        if own is not None:
            return own
        found = {
            number
            for token, process, number in self._names.get(event.key, ())
            if token in {"", event.token} and process in {"", event.process}
        }
        return found.pop() if len(found) == 1 else UNKNOWN

    def is_ecdsa(self, number: int) -> bool:
        """Whether this key makes ECDSA signatures."""
        return number != UNKNOWN and isinstance(self._public[number], ec.EllipticCurvePublicKey)

    def is_issuer(self, name: bytes | None) -> bool:
        """Whether a key of the ring has a certificate with this subject."""
        return name in self._subjects

    def by_name(self, this: SignedObject) -> int:
        """The key of the issuer that an object names, unverified; UNKNOWN when none or several have that name."""
        found = self._subjects.get(this.issuer or b"", ())
        if len(found) == 1:
            return found[0]
        return 0 if len(self.keys) == 1 and this.issuer is None else UNKNOWN

    def signer(self, this: SignedObject) -> int:
        """The key that verifies an object, the keys of the issuer it names first; UNKNOWN when none does."""
        first = self._subjects.get(this.issuer or b"", [])
        for number in (*first, *(each for each in range(len(self.keys)) if each not in first)):
            key = self._public[number]
            if key is not None and verifies(key, this):
                return number
        return UNKNOWN

    def recover(self, number: int, signature: bytes) -> tuple[str, bytes] | None:
        """Hash and digest inside an RSA v1.5 signature (grade B3), by this key or, if it is not known, by any."""
        for each in self._public if number == UNKNOWN else (self._public[number],):
            if isinstance(each, rsa.RSAPublicKey) and len(signature) == (each.key_size + 7) // 8:
                public = each.public_numbers()
                block = pow(int.from_bytes(signature, "big"), public.e, public.n)
                found = block_digest(block.to_bytes(len(signature), "big"))
                if found is not None:
                    return found
        return None


def delegated(this: SignedObject, ring: KeyRing) -> int:
    """The key of the issuer behind an OCSP response that a responder of its own signed; UNKNOWN when there is none.

    The responder's certificate travels in the response; it must be issued by a key of the ring for OCSP signing alone
    of all (RFC 6960 §4.2.2.2), and must verify the response.
    """
    for certificate in _responders(this.der):
        try:
            loaded = x509.load_der_x509_certificate(certificate)
            usage = loaded.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            key = loaded.public_key()
            issued = SignedObject(
                locator=this.locator,
                uid=this.uid,
                kind="certificate",
                der=certificate,
                tbs=loaded.tbs_certificate_bytes,
                algorithm=read(certificate, SEQUENCE).fields(SEQUENCE, SEQUENCE, 0x03)[1].encoded,
                hash=loaded.signature_hash_algorithm.name.replace("-", "_") if loaded.signature_hash_algorithm else "",
                signature=loaded.signature,
            )
        except _DEFECTS:
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING not in usage or not isinstance(key, _Public):
            continue
        if verifies(key, this) and (number := ring.signer(issued)) != UNKNOWN:
            return number
    return UNKNOWN


def _responders(response: bytes) -> tuple[bytes, ...]:
    """The certificates in a BasicOCSPResponse, alone or in its OCSPResponse (RFC 6960 §4.2.1)."""
    try:
        outer = read(response, SEQUENCE)
        fields = tuple(outer.children())
        if fields[0].tag == 0x0A:
            _, basic = fields[1].inner().fields(OBJECT_IDENTIFIER, 0x04)
            fields = tuple(basic.inner().children())
        return tuple(each.encoded for each in fields[3].inner().children()) if len(fields) == 4 else ()
    except (DerError, IndexError, ValueError):
        return ()
