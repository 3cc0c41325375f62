"""The registry's entry of one issuer key: what it may sign, for whom, and how logs and stores name it.

One process serves many issuers, so an issuer is always an argument. An entry says of a key what no certificate says:
which CAA names it answers to, whether it is public and in production (R002), which kinds of objects it signs, under
which names HSM logs speak of it, and when it came to be and was destroyed (R032).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, Literal, TypeAlias, cast, get_args

import attrs

from pkicheck.canon import Sha256, digest, utc
from pkicheck.der import INTEGER, SEQUENCE, DerError, Element, context, read
from pkicheck.errors import InputError
from pkicheck.names import DomainName

__all__ = ["IssuerKey", "KeyAlias", "ObjectKind", "Purpose"]

Purpose: TypeAlias = Literal["tls", "smime", "vmc"]

ObjectKind: TypeAlias = Literal["certificate", "precertificate", "crl", "ocsp", "csr", "cms", "blob"]
"""What a CA key signs; `blob` is anything else that was declared beforehand."""

_KINDS: Final = frozenset[ObjectKind](get_args(ObjectKind))


@attrs.frozen(kw_only=True)
class KeyAlias:
    """A name under which a log speaks of a key. The same handle means another key in another token or process.

    Attributes:
        name: a key label, handle, object id, ARN or resource name, as the log writes it.
        token: the token, HSM or account in which it holds; empty: in any.
        process: the process or session log in which it holds; empty: in any.
    """

    name: str
    token: str = ""
    process: str = ""


def _chosen(field: str, value: Collection[str], allowed: frozenset[str]) -> frozenset[str]:
    if isinstance(value, str) or not allowed.issuperset(value):
        msg = f"issuer key: {field} must be a set out of {', '.join(sorted(allowed))}, got {value!a}"
        raise InputError(msg)
    return frozenset(value)


def _purposes(value: Collection[Purpose]) -> frozenset[Purpose]:
    return cast("frozenset[Purpose]", _chosen("purposes", value, frozenset(get_args(Purpose))))


def _kinds(value: Collection[ObjectKind]) -> frozenset[ObjectKind]:
    return cast("frozenset[ObjectKind]", _chosen("kinds", value, frozenset(_KINDS)))


def _names(value: Collection[str]) -> frozenset[str]:
    if isinstance(value, str):
        msg = f"issuer key: caa must be a set of names, got {value!a}"
        raise InputError(msg)
    return frozenset(each.lower() for each in value)


def _aliases(value: Iterable[KeyAlias]) -> tuple[KeyAlias, ...]:
    return tuple(value)


def _subtrees(value: Iterable[DomainName]) -> tuple[DomainName, ...]:
    return tuple(value)


def _moment(value: datetime | None) -> datetime | None:
    return None if value is None else utc(value, what="issuer key: a moment of its life")


@attrs.frozen(kw_only=True)
class IssuerKey:
    """One key of a CA.

    Attributes:
        certificate: a CA certificate of the key as DER, or None before there is one.
        spki: its SubjectPublicKeyInfo as DER.
        caa: the issuer domain names that CAA records may name to allow it (BR 4.2.2.1), lower case.
        purposes: what it issues for.
        public: whether it chains to a publicly trusted root.
        production: whether it is no test issuer.
        kinds: the kinds of objects it may sign.
        aliases: how logs name it.
        permitted: the subtrees its names must lie in; empty: any name.
        disclosed: whether its certificate is disclosed as the root programs ask.
        created_at: when the key was made (UTC), None when not known.
        destroyed_at: when its last copy was destroyed (UTC), None when it lives.

    Raises:
        InputError: an SPKI or a certificate that is none, or a certificate of another key.
    """

    certificate: bytes | None
    spki: bytes
    caa: frozenset[str] = attrs.field(converter=_names)
    purposes: frozenset[Purpose] = attrs.field(converter=_purposes)
    public: bool
    production: bool
    kinds: frozenset[ObjectKind] = attrs.field(default=_KINDS, converter=_kinds)
    aliases: tuple[KeyAlias, ...] = attrs.field(default=(), converter=_aliases)
    permitted: tuple[DomainName, ...] = attrs.field(default=(), converter=_subtrees)
    disclosed: bool = True
    created_at: datetime | None = attrs.field(default=None, converter=_moment)
    destroyed_at: datetime | None = attrs.field(default=None, converter=_moment)

    def __attrs_post_init__(self) -> None:
        try:
            read(self.spki, SEQUENCE)
        except (DerError, TypeError) as defect:
            msg = f"issuer key: spki is no DER: {defect}"
            raise InputError(msg) from defect
        if self.certificate is not None and self._subject_and_key()[1].encoded != self.spki:
            msg = "issuer key: the certificate is that of another key than spki"
            raise InputError(msg)
        for name in ("public", "production", "disclosed"):
            if not isinstance(cast("object", getattr(self, name)), bool):
                msg = f"issuer key: {name} must be true or false"
                raise InputError(msg)

    def _subject_and_key(self) -> tuple[Element, Element]:
        try:
            tbs, _, _ = read(self.certificate or b"", SEQUENCE).fields(SEQUENCE, SEQUENCE, 0x03)
            reader = tbs.reader()
            reader.take_optional(context(0, constructed=True))
            reader.take(INTEGER)
            for _ in range(3):  # signature algorithm, issuer, validity (RFC 5280 §4.1)
                reader.take(SEQUENCE)
            return reader.take(SEQUENCE), reader.take(SEQUENCE)
        except (DerError, TypeError) as defect:
            msg = f"issuer key: certificate is no certificate in DER: {defect}"
            raise InputError(msg) from defect

    @property
    def id(self) -> Sha256:
        """The SHA-256 of the SPKI: how results name the key."""
        return digest(self.spki)

    @property
    def subject(self) -> bytes | None:
        """The subject of its certificate as DER, the issuer field of all it issues; None without a certificate."""
        return None if self.certificate is None else self._subject_and_key()[0].encoded
