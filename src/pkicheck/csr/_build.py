"""What is made from a binding: `cryptography`'s builder, a rebuilt request, CRMF. Nothing here reads a request."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from pkicheck.canon import Sha256, utc
from pkicheck.csr._attributes import attribute_oid, string_tag
from pkicheck.csr._encode import (
    bit_string,
    context,
    integer,
    null,
    octet_string,
    oid,
    retag,
    sequence,
    set_of,
    string,
    true,
)
from pkicheck.errors import InputError
from pkicheck.names import CertName, DomainName, WildcardName

if TYPE_CHECKING:
    from pkicheck.csr._binding import Binding
    from pkicheck.issuerkey import IssuerKey

__all__ = ["RebuiltRequest", "certificate_builder", "crmf", "rebuilt_request"]

_SAN: Final = "2.5.29.17"
_EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
_RSA_SHA256: Final = sequence(oid("1.2.840.113549.1.1.11"), null())
_EC_SIGNING: Final = {
    "secp256r1": ("1.2.840.10045.4.3.2", hashes.SHA256()),
    "secp384r1": ("1.2.840.10045.4.3.3", hashes.SHA384()),
    "secp521r1": ("1.2.840.10045.4.3.4", hashes.SHA512()),
}


@attrs.frozen(kw_only=True)
class RebuiltRequest:
    """A request that an RA has made. It is no proof of possession, and no `ClaimedRequest`.

    Attributes:
        der: PKCS#10 in DER.
        csr_sha256: the SHA-256 of the applicant's request, which had the proof.
    """

    der: bytes
    csr_sha256: Sha256


# -- cryptography's builder


def certificate_builder(
    binding: Binding,
    *,
    issuer: IssuerKey | None,
    not_before: datetime | None,
    not_after: datetime | None,
    serial: int | None,
) -> x509.CertificateBuilder:
    """See `Binding.certificate_builder`."""
    try:
        key = load_der_public_key(binding.spki)
    except ValueError as error:
        msg = f"binding: spki is no key that cryptography reads: {error}"
        raise InputError(msg) from None
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) or (
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != binding.spki
    ):
        msg = "binding: spki is a key that cryptography would write in another encoding"
        raise InputError(msg)
    identity = binding.identity
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([_attribute(kind, value) for kind, value in identity.subject]))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(each) for each in identity.names]),
            critical=not identity.subject,
        )
        .public_key(key)
        .serial_number(x509.random_serial_number() if serial is None else serial)
    )
    if issuer is not None:
        if issuer.certificate is None:
            msg = "issuer must have a certificate: its subject becomes the issuer's name"
            raise InputError(msg)
        builder = builder.issuer_name(x509.load_der_x509_certificate(issuer.certificate).subject)
    if not_before is not None:
        builder = builder.not_valid_before(_second("not_before", not_before))
    if not_after is not None:
        builder = builder.not_valid_after(_second("not_after", not_after))
    return builder


def _second(name: str, moment: datetime) -> datetime:
    found = utc(moment, what=name)
    if found.microsecond:
        msg = f"{name} must be a whole second: certificates do not hold fractions"
        raise InputError(msg)
    return found


def _attribute(kind: str, value: str) -> x509.NameAttribute[str]:
    # The types of strings that cryptography takes by itself are those of `string_tag`; a test compares them.
    try:
        return x509.NameAttribute(x509.ObjectIdentifier(attribute_oid(kind)), value)
    except ValueError as error:
        msg = f"binding: cryptography does not write the attribute {kind}: {error}"
        raise InputError(msg) from None


def _general_name(name: CertName) -> x509.GeneralName:
    if isinstance(name, (DomainName, WildcardName)):
        return x509.DNSName(name.text)
    return x509.IPAddress(name)


# -- by hand: neither can be made by cryptography, which signs requests with the key they hold only


def _subject(binding: Binding) -> bytes:
    return sequence(
        *(
            set_of(sequence(oid(dotted), string(string_tag(dotted), value)))
            for dotted, value in ((attribute_oid(kind), value) for kind, value in binding.identity.subject)
        )
    )


def _extensions(binding: Binding) -> bytes:
    names = [
        context(2, each.text.encode("ascii"))
        if isinstance(each, (DomainName, WildcardName))
        else context(7, each.packed)
        for each in binding.identity.names
    ]
    critical = () if binding.identity.subject else (true(),)
    return sequence(sequence(oid(_SAN), *critical, octet_string(sequence(*names))))


def rebuilt_request(binding: Binding, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> RebuiltRequest:
    """See `Binding.to_request`."""
    attribute = sequence(oid(_EXTENSION_REQUEST), set_of(_extensions(binding)))
    info = sequence(integer(0), _subject(binding), binding.spki, context(0, attribute, constructed=True))
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm = _RSA_SHA256
        signature = key.sign(info, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _EC_SIGNING:  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        dotted, digested = _EC_SIGNING[key.curve.name]
        algorithm = sequence(oid(dotted))
        signature = key.sign(info, ec.ECDSA(digested))
    else:
        msg = f"key must be an RSA key or one on P-256, P-384 or P-521, got {type(key).__name__}"
        raise InputError(msg)
    return RebuiltRequest(der=sequence(info, algorithm, bit_string(signature)), csr_sha256=binding.csr_sha256)


def crmf(binding: Binding) -> bytes:
    """See `Binding.to_crmf`."""
    template = sequence(
        context(5, _subject(binding), constructed=True),
        retag(6, binding.spki),
        retag(9, _extensions(binding)),
    )
    request = sequence(integer(0), template)
    return sequence(sequence(request, context(0)))
