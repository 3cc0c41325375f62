"""DNS change (BR 3.2.2.4.7), ACME dns-01 (RFC 8555 §8.4) and dns-account-01 (BR 3.2.2.4.21)."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import ClassVar, Final, Literal

import attrs

from pkicheck.canon import Sha256
from pkicheck.dcv.plan import Challenge
from pkicheck.dcv.records import above, find_value
from pkicheck.dcv.values import (
    Value,
    dns_value,
    is_value,
    key_authorization,
    request_scope,
    value_times,
)
from pkicheck.dcv.view import View
from pkicheck.dnswire import CAA, CNAME, TXT
from pkicheck.errors import InputError
from pkicheck.methods import MethodId
from pkicheck.names import DomainName
from pkicheck.plans import Needs

__all__ = ["AcmeDns01", "AcmeDnsAccount01", "DnsChange", "account_label"]

_TYPES: Final = {"TXT": TXT, "CNAME": CNAME, "CAA": CAA}
_LABEL: Final = "abcdefghijklmnopqrstuvwxyz0123456789-_"
_LONGEST_URI: Final = 1000


@attrs.frozen(kw_only=True)
class DnsChange(Challenge):
    """BR 3.2.2.4.7: a Random Value or Request Token in a TXT, CNAME or CAA record.

    A TXT record is equal as a whole, its character-strings joined. A CNAME holds the value as its target, or as the
    first label of it; names have no case. A CAA record holds it as the value of a property, or of a parameter in that.

    Attributes:
        value: what is looked for.
        record: the type.
        label: one label before the authorization domain name, which begins with an underscore; empty for the name
            itself.
    """

    slug: ClassVar[str] = "dns-change"

    value: Value = attrs.field(validator=is_value)
    record: Literal["TXT", "CNAME", "CAA"] = "TXT"
    label: str = ""

    def __attrs_post_init__(self) -> None:
        if self.record not in _TYPES:
            msg = f"record must be one of {', '.join(_TYPES)}, got {self.record!a}"
            raise InputError(msg)
        label = self.label.lower()
        if label and (not label.startswith("_") or len(label) > 63 or label.strip(_LABEL)):
            msg = f"label must be one label that begins with an underscore (BR 3.2.2.4.7), got {self.label[:80]!a}"
            raise InputError(msg)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.7."""
        return MethodId("3.2.2.4.7")

    @property
    def checked(self) -> str:
        """The value."""
        return self.value.text

    @property
    def value_times(self) -> tuple[datetime, ...]:
        """Those of the value."""
        return value_times(self.value)

    @property
    def scope(self) -> Sha256:
        """The request."""
        return request_scope(self.value, order=self.order, created_at=self.created_at)

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Look for the value in the records of the name."""
        assert adn is not None
        owner = above([self.label], adn) if self.label else adn
        return find_value(view, owner, adn, _TYPES[self.record], self.value.text)


@attrs.frozen(kw_only=True)
class _AcmeDns(Challenge):
    """What the two ACME methods over DNS share.

    Attributes:
        token: the token of the ACME challenge.
        account_thumbprint: the thumbprint of the account key (RFC 7638).
    """

    token: str
    account_thumbprint: str

    def __attrs_post_init__(self) -> None:
        key_authorization(self.token, self.account_thumbprint)

    @property
    def checked(self) -> str:
        """The content of the TXT record."""
        return dns_value(key_authorization(self.token, self.account_thumbprint))


@attrs.frozen(kw_only=True)
class AcmeDns01(_AcmeDns):
    """ACME dns-01, performed under BR 3.2.2.4.7: a TXT record at `_acme-challenge`.

    Attributes:
        token: the token of the ACME challenge.
        account_thumbprint: the thumbprint of the account key (RFC 7638).
    """

    slug: ClassVar[str] = "dns-01"

    @property
    def method(self) -> MethodId:
        """3.2.2.4.7."""
        return MethodId("3.2.2.4.7")

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Look for the digest of the key authorization."""
        assert adn is not None
        return find_value(view, above(["_acme-challenge"], adn), adn, TXT, self.checked)


def account_label(account_uri: str) -> str:
    """The label of dns-account-01: an underscore and the first ten octets of SHA-256 of the account URL, in base32.

    As in draft-ietf-acme-dns-account-label-00, at which BR 3.2.2.4.21 froze it.
    """
    digest = hashlib.sha256(account_uri.encode("utf-8")).digest()[:10]
    return "_" + base64.b32encode(digest).decode("ascii").lower()


@attrs.frozen(kw_only=True)
class AcmeDnsAccount01(_AcmeDns):
    """ACME dns-account-01, BR 3.2.2.4.21: a TXT record at a label of the account, above `_acme-challenge`.

    Attributes:
        token: the token of the ACME challenge.
        account_thumbprint: the thumbprint of the account key (RFC 7638).
        account_uri: the URL of the ACME account.
    """

    slug: ClassVar[str] = "dns-account-01"

    account_uri: str

    def __attrs_post_init__(self) -> None:
        key_authorization(self.token, self.account_thumbprint)
        if not 1 <= len(self.account_uri) <= _LONGEST_URI or not self.account_uri.isascii():
            msg = f"account_uri must be a URL of 1 to {_LONGEST_URI} ASCII characters"
            raise InputError(msg)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.21."""
        return MethodId("3.2.2.4.21")

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Look for the digest of the key authorization at the label of the account."""
        assert adn is not None
        owner = above([account_label(self.account_uri), "_acme-challenge"], adn)
        return find_value(view, owner, adn, TXT, self.checked)
