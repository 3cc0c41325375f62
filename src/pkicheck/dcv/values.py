"""Random Values, Request Tokens, ACME key authorizations: made, measured, compared, used once (BR 1.6.1, RFC 8555).

Entropy is an argument: the edge passes `secrets.token_bytes(20)`. A value is compared whole and in constant time. That
a value serves one request only is asked of a list, `dcv.values`, whose answer is an atomic insert-or-get and part of
the evidence.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

import attrs

from pkicheck.canon import Sha256, canonical, digest, format_time, utc
from pkicheck.errors import InputError
from pkicheck.ports import ListQuestion

__all__ = [
    "USES",
    "Form",
    "RandomValue",
    "RequestToken",
    "Value",
    "base64url",
    "dns_value",
    "is_value",
    "jwk_thumbprint",
    "key_authorization",
    "new_random_value",
    "request_scope",
    "same",
    "scope_digest",
    "use_question",
    "value_digest",
    "value_times",
]

USES: Final = "dcv.values"
"""The register of values in use. Key: the digest of a value, a colon, the digest of a scope. Answer: the digest of the
scope that used the value first, which from then on is the only one."""

Form: TypeAlias = Literal["csr-sha256", "spki-sha256", "key-sha256"]

_LEAST_BITS: Final = 112
_LONGEST: Final = 255
_BASE64URL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# 128 bits in base64url (RFC 8555 §8.3).
_SHORTEST_TOKEN: Final = 22
_THUMBPRINT: Final = 43
_LARGEST_SOURCE: Final = 65536
_JWK: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("e", "kty", "n"),
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
}


def _moment(value: datetime) -> datetime:
    return utc(value, what="created_at")


def _timestamp(value: datetime | None) -> datetime | None:
    return None if value is None else utc(value, what="timestamp")


@attrs.frozen(kw_only=True)
class RandomValue:
    """A Random Value (BR 1.6.1): chosen by the CA, at least 112 bits of entropy.

    Attributes:
        text: as it is published: 1 to 255 letters, digits, hyphens and underscores.
        bits: its entropy; no more than its characters can hold.
        created_at: when it was made (aware).

    Raises:
        InputError: anything else.
    """

    text: str
    bits: int
    created_at: datetime = attrs.field(converter=_moment)

    def __attrs_post_init__(self) -> None:
        if not self.text or len(self.text) > _LONGEST or self.text.strip(_BASE64URL):
            msg = f"value: a random value is 1 to {_LONGEST} letters, digits, - and _, got {self.text[:80]!a}"
            raise InputError(msg)
        if isinstance(self.bits, bool) or not _LEAST_BITS <= self.bits <= 6 * len(self.text):
            msg = (
                f"value: a random value has at least {_LEAST_BITS} bits of entropy (BR 1.6.1) and at most 6 a "
                f"character, got {self.bits!a}"
            )
            raise InputError(msg)


def new_random_value(entropy: bytes, *, created_at: datetime) -> RandomValue:
    """A Random Value made of fresh random octets, written in lower-case base32.

    Args:
        entropy: at least 14 octets from a cryptographic generator: `secrets.token_bytes(20)`.
        created_at: now (aware).

    Raises:
        InputError: too few octets, or too many to be a value.
    """
    if not isinstance(entropy, bytes) or not _LEAST_BITS <= 8 * len(entropy) <= 1024:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = "entropy must be 14 to 128 octets (BR 1.6.1: at least 112 bits)"
        raise InputError(msg)
    text = base64.b32encode(entropy).decode("ascii").rstrip("=").lower()
    return RandomValue(text=text, bits=8 * len(entropy), created_at=created_at)


@attrs.frozen(kw_only=True)
class RequestToken:
    """A Request Token (BR 1.6.1) in one of the forms that the BR give as examples, bound to the key of a request.

    Attributes:
        form: what is hashed: the PKCS#10 request, its SubjectPublicKeyInfo, or the public key in that.
        source: those octets.
        timestamp: minutes count; the token begins with it as `YYYYMMDDHHMM`. None: the token is good for a single use.
        created_at: when the token was given to the applicant, or first accepted (aware).

    Raises:
        InputError: no such form, or no octets.
    """

    form: Form
    source: bytes
    timestamp: datetime | None = attrs.field(default=None, converter=_timestamp)
    created_at: datetime = attrs.field(converter=_moment)

    def __attrs_post_init__(self) -> None:
        if self.form not in get_args(Form):
            msg = f"value: the form of a request token is one of {', '.join(get_args(Form))}, got {self.form!a}"
            raise InputError(msg)
        if not isinstance(self.source, bytes) or not 0 < len(self.source) <= _LARGEST_SOURCE:  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"value: the source of a request token is 1 to {_LARGEST_SOURCE} octets"
            raise InputError(msg)

    @property
    def text(self) -> str:
        """As it is published: the time, if any, and the hash in hexadecimal."""
        time = "" if self.timestamp is None else self.timestamp.strftime("%Y%m%d%H%M")
        return time + hashlib.sha256(self.source).hexdigest()


Value: TypeAlias = RandomValue | RequestToken


def is_value(_: object, attribute: attrs.Attribute[Value], value: Value) -> None:
    """A validator for attrs: a RandomValue or a RequestToken."""
    if not isinstance(value, (RandomValue, RequestToken)):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"{attribute.name} must be a RandomValue or a RequestToken, got {type(value).__name__}"
        raise InputError(msg)


def value_times(value: Value) -> tuple[datetime, ...]:
    """The moments from which the age of a value is counted: its creation, and its own timestamp if it has one."""
    own = value.timestamp if isinstance(value, RequestToken) else None
    return (value.created_at,) if own is None else (value.created_at, own)


def request_scope(value: Value, *, order: str, created_at: datetime) -> Sha256:
    """What a value is unique to: the request; a token without a timestamp, this one validation (BR 1.6.1)."""
    if isinstance(value, RequestToken) and value.timestamp is None:
        return scope_digest("validation", order, format_time(created_at))
    return scope_digest("request", order)


def key_authorization(token: str, thumbprint: str) -> str:
    """The key authorization of RFC 8555 §8.1: token, a full stop, the thumbprint of the account key.

    Args:
        token: of base64url characters, at least 128 bits, no padding (§8.3).
        thumbprint: SHA-256 of the account key's JWK (RFC 7638), base64url without padding.

    Raises:
        InputError: either has another shape.
    """
    if not isinstance(token, str) or not _SHORTEST_TOKEN <= len(token) <= _LONGEST or token.strip(_BASE64URL):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"token: {_SHORTEST_TOKEN} to {_LONGEST} base64url characters without padding (RFC 8555 §8.3)"
        raise InputError(msg)
    if not isinstance(thumbprint, str) or len(thumbprint) != _THUMBPRINT or thumbprint.strip(_BASE64URL):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = "account_thumbprint: the SHA-256 thumbprint of the account key as 43 base64url characters (RFC 7638)"
        raise InputError(msg)
    return f"{token}.{thumbprint}"


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def dns_value(authorization: str) -> str:
    """What the TXT record of dns-01 and dns-account-01 holds (RFC 8555 §8.4)."""
    return base64url(hashlib.sha256(authorization.encode("ascii")).digest())


def jwk_thumbprint(jwk: Mapping[str, str]) -> str:
    """The SHA-256 thumbprint of a public JWK (RFC 7638): of its required members only, in their order.

    Raises:
        InputError: an unknown key type, or a member that is missing or no text.
    """
    members = _JWK.get(str(jwk.get("kty")))
    if members is None or not all(isinstance(jwk.get(each), str) for each in members):
        msg = f"jwk must be a public key of type {', '.join(_JWK)} with all its members"
        raise InputError(msg)
    return base64url(hashlib.sha256(canonical({each: jwk[each] for each in members})).digest())


def same(one: bytes, other: bytes) -> bool:
    """Whether two values are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def value_digest(text: str) -> Sha256:
    """The digest by which evidence and registers name a value."""
    return digest(text.encode("utf-8"))


def scope_digest(*parts: str) -> Sha256:
    """The digest of what a value may be used for: an order, a message."""
    return digest(canonical(list(parts)))


def use_question(text: str, scope: Sha256) -> ListQuestion:
    """The question whether a value is free for a scope; asking it takes the value."""
    return ListQuestion(list=USES, key=f"{value_digest(text)}:{scope}")
