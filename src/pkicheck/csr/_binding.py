"""The binding: order, request, key and validated identity tied together; and what a CA signs, made from it alone.

A binding comes from a passed `bind_csr`. It holds of the request the octets of its public key and two digests, so what
is made from it cannot hold anything else that the request says. Its builders and `check_tbs` share no code: the one
writes by `cryptography` and by `_encode`, the other reads octets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, decode_bytes, digest, encode_bytes, parse_json
from pkicheck.csr._identity import Identity, identity_from_json, identity_json
from pkicheck.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import CertificateBuilder

    from pkicheck.csr._build import RebuiltRequest
    from pkicheck.issuerkey import IssuerKey

__all__ = ["SCHEMA", "Binding", "binding_from_json", "binding_json"]

SCHEMA: Final = "pkicheck/binding/1"
"""The schema of a binding as JSON."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@attrs.frozen(kw_only=True)
class Binding:
    """What may be signed for an order.

    Attributes:
        order: what the CA calls the order.
        csr_sha256: the SHA-256 of the request as DER.
        spki_sha256: the SHA-256 of the SubjectPublicKeyInfo.
        spki: the SubjectPublicKeyInfo, the octets of the request.
        identity: what was validated.
        policy: the fingerprint of the policy that it was made under.

    Raises:
        InputError: the fields do not fit each other; the message names the one.
    """

    order: str
    csr_sha256: Sha256
    spki_sha256: Sha256
    spki: bytes
    identity: Identity
    policy: Sha256

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.identity, Identity):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
            msg = f"binding: identity must be an Identity, got {type(self.identity).__name__}"
            raise InputError(msg)
        if self.order != self.identity.order:
            msg = "binding: order must be that of the identity"
            raise InputError(msg)
        if digest(self.spki) != self.spki_sha256:
            msg = "binding: spki_sha256 must be the SHA-256 of spki"
            raise InputError(msg)
        for field in ("csr_sha256", "policy"):
            if not _DIGEST.fullmatch(str(getattr(self, field))):
                msg = f"binding: {field} must be a SHA-256 in lower-case hex"
                raise InputError(msg)

    def certificate_builder(
        self,
        *,
        issuer: IssuerKey | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        serial: int | None = None,
    ) -> CertificateBuilder:
        """`cryptography`'s builder with subject, alternative names and key of this binding, and what is given.

        Nothing else is put in. Add the extensions of the profile, sign, and give the outcome to `check_certificate`.

        Args:
            issuer: whose certificate gives the issuer's name.
            not_before: aware, to the second.
            not_after: likewise; the last second that is valid.
            serial: by default one of 159 random bits, drawn by `cryptography`.

        Raises:
            InputError: an issuer without a certificate, a moment that is no whole second, or a key or subject that
                `cryptography` cannot write octet for octet.
        """
        from pkicheck.csr._build import certificate_builder  # noqa: PLC0415 - a binding is read without a builder

        return certificate_builder(self, issuer=issuer, not_before=not_before, not_after=not_after, serial=serial)

    def to_request(self, key: RSAPrivateKey | EllipticCurvePrivateKey) -> RebuiltRequest:
        """A PKCS#10 request of this binding's subject, names and key, signed by the RA's own key (R103, R151).

        Its signature proves nothing of the applicant: it says that this RA rebuilt it.

        Args:
            key: the RA's private key, RSA or on one of the three NIST curves.

        Raises:
            InputError: another type of key.
        """
        from pkicheck.csr._build import rebuilt_request  # noqa: PLC0415

        return rebuilt_request(self, key)

    def to_crmf(self) -> bytes:
        """`CertReqMessages` with this binding's subject, key and names, and `raVerified` (RFC 4211 §3, §4).

        raVerified says that the RA has seen the proof of possession, which every passed binding has.
        """
        from pkicheck.csr._build import crmf  # noqa: PLC0415

        return crmf(self)


def binding_json(binding: Binding) -> bytes:
    """The binding as canonical JSON `pkicheck/binding/1`; equal bindings give equal octets."""
    return canonical(
        {
            "schema": SCHEMA,
            "order": binding.order,
            "csr_sha256": binding.csr_sha256,
            "spki": encode_bytes(binding.spki),
            "identity": identity_json(binding.identity),
            "policy": binding.policy,
        }
    )


def binding_from_json(data: bytes) -> Binding:
    """Read what `binding_json` wrote. A binding in a file is as good as whoever kept the file: it is not signed.

    Raises:
        InputError: another shape, or fields that do not fit each other; the message names the field.
    """
    value: JsonValue = parse_json(data, what="binding")
    want = {"schema", "order", "csr_sha256", "spki", "identity", "policy"}
    if not isinstance(value, Mapping) or set(value) != want or value["schema"] != SCHEMA:
        msg = f"binding must be an object of schema {SCHEMA} with exactly {', '.join(sorted(want))}"
        raise InputError(msg)
    spki = decode_bytes(str(value["spki"]), what="binding.spki")
    return Binding(
        order=str(value["order"]),
        csr_sha256=Sha256(str(value["csr_sha256"])),
        spki_sha256=digest(spki),
        spki=spki,
        identity=identity_from_json(value["identity"]),
        policy=Sha256(str(value["policy"])),
    )
