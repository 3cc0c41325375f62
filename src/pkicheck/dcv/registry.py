"""Every validation method there ever was, as data: what it may serve, and on which day (BR 3.2.2.4, 3.2.2.5).

The dates are rules (`pkicheck.rules.dcv`); here stands what a method is. Two dates may end a method: the day from which
no validation may start, judged at the validation, and the day from which no certificate may rest on an old one, judged
at issuance.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal

import attrs

from pkicheck.canon import utc
from pkicheck.methods import METHODS, MethodId, acme_label, labels
from pkicheck.methods import method as section_of
from pkicheck.rules import RULES, RuleId, in_force, step
from pkicheck.rules.dcv import AVOID, BR_WEB_CHILDREN, RELY, REUSE, VALIDATE

__all__ = ["Method", "MethodStatus", "method", "methods"]


class MethodStatus(Enum):
    """Where a method stands on a day."""

    NOT_YET = "not yet"
    ALLOWED = "allowed"
    AVOID = "allowed, should not be used"
    REUSE_ONLY = "no new validations, earlier ones may be used"
    RETIRED = "retired"


@attrs.frozen(kw_only=True)
class Method:
    """A validation method.

    Attributes:
        id: its section.
        name: what it does, in our words.
        kind: `dns`, `web`, `tls`, `contact`, `registrar`, `lookup`, `persistent`, or `other` for those that nothing
            here carries out.
        domains, addresses, onion: what it may validate.
        wildcard: whether it may serve wildcard names.
        prune: whether labels may be dropped to get the authorization domain name, and thus whether it serves names
            below the validated one.
        cname: whether the authorization domain name may be taken from a CNAME lookup.
        corroborated: what every perspective has to see alike: `value`, `token`, `contact`, `account`, `name`,
            `address`, or empty when no corroboration is asked for (BR 3.2.2.9).
        dnssec: which lookups the primary perspective must validate: `all`; `contact`: those that give the name and the
            contact (BR 3.2.2.4 for e-mail); or empty.
        value: what proves control: `random`, `random-or-request`, `token`, `record`, or empty.
        unique: what a value is unique to: `request`, `message`, or empty where the texts set nothing.
        reuse_days: a limit of its own for the use of a validation, None for that of BR 4.2.1.
        redirects: whether redirects may be followed.
        ports: the ports it may connect to.
    """

    id: MethodId
    name: str
    kind: Literal["dns", "web", "tls", "contact", "registrar", "lookup", "persistent", "other"]
    domains: bool = True
    addresses: bool = False
    onion: bool = False
    wildcard: bool = False
    prune: bool = False
    cname: bool = False
    corroborated: Literal["", "value", "token", "contact", "account", "name", "address"] = ""
    dnssec: Literal["", "all", "contact"] = "all"
    value: Literal["", "random", "random-or-request", "token", "record"] = ""
    unique: Literal["", "request", "message"] = ""
    reuse_days: int | None = None
    redirects: bool = False
    ports: tuple[int, ...] = ()

    @property
    def acme(self) -> str | None:
        """The ACME challenge that performs it, None without one."""
        return acme_label(self.id)

    @property
    def labels(self) -> frozenset[str]:
        """The RFC 8657 labels it answers to."""
        return labels(self.id)

    @property
    def since(self) -> datetime | None:
        """The first instant at which a validation may start, None for methods older than 2017."""
        return RULES[VALIDATE[self.id]].effective

    @property
    def until(self) -> datetime | None:
        """The first instant at which no validation may start any more, None while there is none."""
        return RULES[VALIDATE[self.id]].sunset

    @property
    def relied_until(self) -> datetime | None:
        """The first instant at which no certificate may rest on an earlier validation, None where no text sets one."""
        rule = RELY.get(self.id)
        return None if rule is None else RULES[rule].sunset

    @property
    def rule(self) -> RuleId:
        """The rule that is in force while a validation may start."""
        return VALIDATE[self.id]

    def may_start(self, at: datetime) -> bool:
        """Whether a validation may start at `at` (aware)."""
        return in_force(self.rule, at)

    def may_be_relied_on(self, at: datetime) -> bool:
        """Whether a certificate issued at `at` (aware) may rest on an earlier validation; its age is another matter."""
        rule = RELY.get(self.id)
        return rule is None or in_force(rule, at)

    def status(self, at: datetime) -> MethodStatus:
        """Where it stands at `at` (aware)."""
        moment = utc(at, what="at")
        if self.may_start(moment):
            avoid = AVOID.get(self.id)
            return MethodStatus.AVOID if avoid is not None and in_force(avoid, moment) else MethodStatus.ALLOWED
        if self.since is not None and moment < self.since:
            return MethodStatus.NOT_YET
        if self.until is not None and self.may_be_relied_on(moment) and moment - self.until < self.reuse(moment):
            return MethodStatus.REUSE_ONLY
        return MethodStatus.RETIRED

    def reuse(self, issued_at: datetime) -> timedelta:
        """How old a validation may be when a certificate is issued at `issued_at` (BR 4.2.1; .22: 10 days)."""
        limit = timedelta(seconds=step(REUSE, issued_at) or 0)
        return limit if self.reuse_days is None else min(limit, timedelta(days=self.reuse_days))

    def serves_others(self, issued_at: datetime) -> bool:
        """Whether, under the older rule, a validation serves names below its own and their wildcards."""
        if self.prune:
            return True
        # Before this day the website methods did, TLS with ALPN never.
        return self.id in _ONCE_FOR_CHILDREN and not in_force(BR_WEB_CHILDREN, issued_at)


_ONCE_FOR_CHILDREN: Final = frozenset({"3.2.2.4.6", "3.2.2.4.18", "3.2.2.4.19"})
_WEB_PORTS: Final = (80, 443, 25, 22)


def _contact(section: str, name: str, *, dnssec: Literal["all", "contact"], corroborated: bool = True) -> Method:
    return Method(
        id=MethodId(section),
        name=name,
        kind="contact",
        wildcard=True,
        prune=True,
        cname=True,
        corroborated="contact" if corroborated else "",
        dnssec=dnssec,
        value="random",
        unique="message",
    )


def _retired(section: str, name: str, *, addresses: bool = False, wildcard: bool = True) -> Method:
    return Method(
        id=MethodId(section),
        name=name,
        kind="other",
        domains=not addresses,
        addresses=addresses,
        wildcard=wildcard,
        prune=wildcard,
        cname=wildcard,
        dnssec="",
    )


_TABLE: Final = (
    _retired("3.2.2.4.1", "the applicant is the Domain Contact"),
    _retired("3.2.2.4.2", "e-mail, fax, SMS or post to the Domain Contact"),
    _retired("3.2.2.4.3", "phone to the Domain Contact (old)"),
    _contact("3.2.2.4.4", "e-mail to a constructed address", dnssec="contact", corroborated=False),
    _retired("3.2.2.4.5", "a domain authorization document"),
    _retired("3.2.2.4.6", "website change (old)"),
    Method(
        id=MethodId("3.2.2.4.7"),
        name="DNS change",
        kind="dns",
        wildcard=True,
        prune=True,
        cname=True,
        corroborated="value",
        value="random-or-request",
        unique="request",
    ),
    _retired("3.2.2.4.8", "control of the address that the name has", wildcard=False),
    _retired("3.2.2.4.9", "a test certificate", wildcard=False),
    _retired("3.2.2.4.10", "TLS with a random value", wildcard=False),
    _retired("3.2.2.4.11", "any other method", wildcard=False),
    Method(
        id=MethodId("3.2.2.4.12"),
        name="the applicant is the Domain Contact, and the CA is the registrar",
        kind="registrar",
        wildcard=True,
        prune=True,
    ),
    _contact("3.2.2.4.13", "e-mail to the CAA contact", dnssec="contact"),
    _contact("3.2.2.4.14", "e-mail to the TXT contact", dnssec="contact"),
    _retired("3.2.2.4.15", "phone to the Domain Contact"),
    _contact("3.2.2.4.16", "phone to the TXT contact", dnssec="all"),
    _contact("3.2.2.4.17", "phone to the CAA contact", dnssec="all"),
    Method(
        id=MethodId("3.2.2.4.18"),
        name="website change v2",
        kind="web",
        onion=True,
        corroborated="value",
        value="random-or-request",
        unique="request",
        redirects=True,
        ports=_WEB_PORTS,
    ),
    Method(
        id=MethodId("3.2.2.4.19"),
        name="website change, ACME",
        kind="web",
        onion=True,
        corroborated="token",
        value="token",
        redirects=True,
        ports=_WEB_PORTS,
    ),
    Method(
        id=MethodId("3.2.2.4.20"),
        name="TLS with ALPN",
        kind="tls",
        onion=True,
        corroborated="token",
        value="token",
        ports=(443,),
    ),
    Method(
        id=MethodId("3.2.2.4.21"),
        name="DNS with an account label, ACME",
        kind="dns",
        wildcard=True,
        prune=True,
        corroborated="token",
        value="token",
    ),
    Method(
        id=MethodId("3.2.2.4.22"),
        name="persistent TXT record",
        kind="persistent",
        wildcard=True,
        prune=True,
        corroborated="account",
        value="record",
        reuse_days=10,
    ),
    Method(
        id=MethodId("3.2.2.5.1"),
        name="website change for an address",
        kind="web",
        domains=False,
        addresses=True,
        corroborated="value",
        dnssec="",
        value="random-or-request",
        unique="request",
        redirects=True,
        ports=_WEB_PORTS,
    ),
    _retired("3.2.2.5.2", "e-mail, fax, SMS or post to the IP Address Contact", addresses=True, wildcard=False),
    Method(
        id=MethodId("3.2.2.5.3"),
        name="reverse lookup",
        kind="lookup",
        domains=False,
        addresses=True,
        corroborated="name",
    ),
    _retired("3.2.2.5.4", "any other method for an address", addresses=True, wildcard=False),
    _retired("3.2.2.5.5", "phone to the IP Address Contact", addresses=True, wildcard=False),
    Method(
        id=MethodId("3.2.2.5.6"),
        name="ACME http-01 for an address",
        kind="web",
        domains=False,
        addresses=True,
        corroborated="token",
        dnssec="",
        value="token",
        redirects=True,
        ports=_WEB_PORTS,
    ),
    Method(
        id=MethodId("3.2.2.5.7"),
        name="ACME tls-alpn-01 for an address",
        kind="tls",
        domains=False,
        addresses=True,
        corroborated="token",
        dnssec="",
        value="token",
        ports=(443,),
    ),
    Method(
        id=MethodId("3.2.2.5.8"),
        name="persistent TXT record in the reverse zone",
        kind="persistent",
        domains=False,
        addresses=True,
        corroborated="account",
        value="record",
        reuse_days=10,
    ),
)

_BY_ID: Final[Mapping[str, Method]] = MappingProxyType({each.id: each for each in _TABLE})


def method(which: MethodId | str) -> Method:
    """The method of a section (`3.2.2.4.19`) or of a label (`http-01`, `ca-tbr-19`).

    Raises:
        InputError: there is none.
    """
    return _BY_ID[section_of(which)]


def methods(at: datetime | None = None) -> tuple[Method, ...]:
    """The methods by which a validation may start at `at` (aware), in the order of their sections; None: all ever."""
    found = tuple(_BY_ID[each] for each in METHODS)
    return found if at is None else tuple(each for each in found if each.may_start(at))
