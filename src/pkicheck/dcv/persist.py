"""The persistent TXT record: BR 3.2.2.4.22 for names, 3.2.2.5.8 for addresses.

    TXT at _validation-persist.<ADN>, or _ip-validation-persist.<reverse zone name of the address>
    RDATA = issue-value (RFC 8659 §4.2) with an issuer of this CA, accounturi, and perhaps persistUntil

What the text leaves open is read narrowly: character-strings are joined, tags have no case, a parameter of the two that
stands twice spoils its record, persistUntil is digits only, the account is compared octet by octet. Parameters that are
not known are ignored. One good record is enough, whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Final

import attrs

from pkicheck.caa.issuers import account_uris, issuer_names
from pkicheck.dcv.plan import Challenge
from pkicheck.dcv.records import above, txt_text
from pkicheck.dcv.view import View
from pkicheck.dnswire import TXT
from pkicheck.errors import InputError
from pkicheck.issuevalue import ValueDefect, parse_issue_value
from pkicheck.lookups import Outcome
from pkicheck.methods import MethodId
from pkicheck.names import DnsName, DomainName
from pkicheck.plans import Needs

__all__ = ["PersistentTxt", "persist_defect", "reverse_name"]

_EPOCH: Final = datetime.fromtimestamp(0, tz=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)
# The last second of the year 9999 has 12 digits.
_MOST_DIGITS: Final = 12
_DIGITS: Final = b"0123456789"

# Of several records that do not fit, the one that comes nearest is told.
_NEAREST: Final = (
    "dcv.persist-until-past",
    "dcv.persist-until-malformed",
    "dcv.persist-account-other",
    "dcv.persist-account-missing",
    "dcv.persist-parameter-twice",
    "dcv.persist-malformed",
    "dcv.persist-issuer-other",
)


def persist_defect(text: bytes | None, *, issuers: Collection[bytes], account: bytes, at: datetime) -> str | None:
    """Why a record does not show control, as a finding code; None when it does.

    Steps (BR 3.2.2.4.22, in its order):
        1. It matches the grammar of an issue-value.
        2. It names an issuer of this CA.
        3. accounturi, once, is the account that asked: octets are compared.
        4. persistUntil, at most once, is a number of seconds since 1970.
        5. The moment is not later than it; equal is in time.

    Args:
        text: the record's character-strings joined, None when they cannot be.
        issuers: the issuer domain names of this CA, lower-case.
        account: the account's URI.
        at: the moment judged (aware).
    """
    value = ValueDefect("", 0) if text is None else parse_issue_value(text)
    if isinstance(value, ValueDefect):  # 1
        return "dcv.persist-malformed"
    if value.issuer not in issuers:  # 2
        return "dcv.persist-issuer-other"
    accounts = [content for tag, content in value.parameters if tag == b"accounturi"]
    untils = [content for tag, content in value.parameters if tag == b"persistuntil"]
    if len(accounts) > 1 or len(untils) > 1:
        return "dcv.persist-parameter-twice"
    if not accounts:  # 3
        return "dcv.persist-account-missing"
    if accounts[0] != account:
        return "dcv.persist-account-other"
    for until in untils:
        if not 1 <= len(until) <= _MOST_DIGITS or until.strip(_DIGITS):  # 4
            return "dcv.persist-until-malformed"
        if (at - _EPOCH) // _MICROSECOND > int(until) * 1_000_000:  # 5
            return "dcv.persist-until-past"
    return None


def reverse_name(address: IPv4Address | IPv6Address) -> DnsName:
    """The reverse zone domain name of an address (RFC 1035 §3.5, RFC 3596 §2.5)."""
    return DnsName.from_text(address.reverse_pointer)


def _issuers(values: Collection[str]) -> tuple[str, ...]:
    return issuer_names(values)


def _account(value: str) -> str:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"account_uri must be a text, got {type(value).__name__}"
        raise InputError(msg)
    return account_uris([value])[0]


@attrs.frozen(kw_only=True)
class PersistentTxt(Challenge):
    """BR 3.2.2.4.22, for an address BR 3.2.2.5.8: a TXT record that names this CA and the account, and may stay.

    Attributes:
        issuers: the issuer domain names of this CA (CP/CPS 4.2).
        account_uri: the URI of the account that asks.
    """

    slug: ClassVar[str] = "persistent-txt"

    issuers: tuple[str, ...] = attrs.field(converter=_issuers)
    account_uri: str = attrs.field(converter=_account)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.22 for a name, 3.2.2.5.8 for an address."""
        return MethodId("3.2.2.4.22" if self.domain is not None else "3.2.2.5.8")

    @property
    def value_times(self) -> tuple[datetime, ...]:
        """None: the record has no value that ages."""
        return ()

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Look for a record that fits."""
        if isinstance(self.name, (IPv4Address, IPv6Address)):
            base: DnsName = reverse_name(self.name)
            owner = above(["_ip-validation-persist"], base)
        else:
            assert adn is not None
            base = adn
            owner = above(["_validation-persist"], base)
        expected = f"{', '.join(self.issuers)}; accounturi={self.account_uri}"
        if owner is None:
            view.add("dcv.record-missing", base.text, expected="a name of at most 255 octets")
            return None
        lookup = view.look_up(owner, TXT)
        if isinstance(lookup, Needs):
            return lookup
        if lookup.outcome.failed:
            return None
        if lookup.outcome is not Outcome.DATA:
            view.add("dcv.record-missing", owner.text, expected=expected, saw=[lookup.outcome.value])
            return None
        most = view.policy.dcv.max_records
        texts = [txt_text(rdata) for rdata in lookup.rdatas[:most]]
        issuers = frozenset(each.encode("ascii") for each in self.issuers)
        account = self.account_uri.encode("ascii")
        defects = [persist_defect(each, issuers=issuers, account=account, at=view.at) for each in texts]
        fitting = [each or b"" for each, defect in zip(texts, defects, strict=True) if defect is None]
        if fitting:
            view.add("dcv.control-shown", owner.text, expected=expected, saw=fitting)
        elif len(lookup.rdatas) > most:
            view.add("dcv.records-too-many", owner.text, expected=f"at most {most}", saw=[str(len(lookup.rdatas))])
        else:
            code = next(each for each in _NEAREST if each in defects)
            view.add(code, owner.text, expected=expected, saw=[each or b"" for each in texts])
        return None
