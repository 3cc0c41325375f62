"""Contact methods until their sunset: BR 3.2.2.4.4, .13, .14, .16, .17.

Sending and calling are the CA's business. Here is decided whom it may write to or call, what the message says, and
whether a confirmation is the one that was asked for.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

import attrs

from pkicheck.caa.records import Malformed, parse_rdata
from pkicheck.canon import Sha256, format_time, utc
from pkicheck.dcv.confirmation import Confirmation, check_confirmation
from pkicheck.dcv.contactvalues import canonical_email, canonical_phone
from pkicheck.dcv.plan import Challenge
from pkicheck.dcv.records import above, txt_text
from pkicheck.dcv.values import RandomValue, scope_digest
from pkicheck.dcv.view import View
from pkicheck.dnswire import CAA, TXT
from pkicheck.errors import InputError
from pkicheck.lookups import Outcome
from pkicheck.methods import MethodId
from pkicheck.names import DomainName, name_text
from pkicheck.plans import Needs
from pkicheck.rules import step
from pkicheck.rules.dcv import VALUE_AGE

__all__ = ["CONSTRUCTED", "ConstructedEmail", "DnsContact", "contact_message"]

CONSTRUCTED: Final = ("admin", "administrator", "webmaster", "hostmaster", "postmaster")
"""The five local parts of BR 3.2.2.4.4."""

_METHODS: Final = {
    ("caa", "email"): MethodId("3.2.2.4.13"),
    ("txt", "email"): MethodId("3.2.2.4.14"),
    ("txt", "phone"): MethodId("3.2.2.4.16"),
    ("caa", "phone"): MethodId("3.2.2.4.17"),
}


def _sent_at(value: datetime) -> datetime:
    return utc(value, what="sent_at")


def _random(_: object, attribute: attrs.Attribute[RandomValue], value: RandomValue) -> None:
    if not isinstance(value, RandomValue):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"{attribute.name} must be a RandomValue, got {type(value).__name__}"
        raise InputError(msg)


@attrs.frozen(kw_only=True)
class _Contact(Challenge):
    """What contact methods share.

    Attributes:
        value: the value that is sent, unique to the message.
        recipient: the mailbox or number that it is sent to.
        sent_at: when it is sent (aware).
        confirmation: what came back, None while nothing has.
    """

    value: RandomValue = attrs.field(validator=_random)
    recipient: str
    sent_at: datetime = attrs.field(converter=_sent_at)
    confirmation: Confirmation | None = None

    @property
    def checked(self) -> str:
        """The value."""
        return self.value.text

    @property
    def value_times(self) -> tuple[datetime, ...]:
        """The age counts until the confirmation came, which `check_confirmation` judges; until then, up to now."""
        return (self.value.created_at,) if self.confirmation is None else ()

    @property
    def scope(self) -> Sha256:
        """The message: an order and a recipient; sending it again unchanged is the same message."""
        return scope_digest("message", self.order, self.recipient)

    @property
    def earliest(self) -> datetime:
        """When the message was sent."""
        return self.sent_at

    @abstractmethod
    def is_contact(self, view: View, adn: DomainName, /) -> Needs | bool:
        """Whether the recipient is a contact of the name; what speaks against it is stated."""
        ...

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Is the recipient a contact, does the domain exist, and did the recipient confirm?"""
        assert adn is not None
        view.base_must_exist = True
        known = self.is_contact(view, adn)
        if not isinstance(known, bool):
            return known
        if not known:
            return None
        view.add("dcv.contact-found", adn.text, saw=[self.recipient])
        if self.confirmation is None:
            view.add("dcv.confirmation-missing", self.recipient)
            return None
        found = check_confirmation(
            self.confirmation,
            value=self.value,
            recipient=self.recipient,
            sent_at=self.sent_at,
            at=view.at,
            policy=view.policy,
        )
        view.findings += found
        if found[0].code == "dcv.confirmation-accepted":
            view.add("dcv.control-shown", adn.text, saw=[self.recipient])
        return None


@attrs.frozen(kw_only=True)
class ConstructedEmail(_Contact):
    """BR 3.2.2.4.4: e-mail to one of five addresses at the authorization domain name.

    Attributes:
        value: the value that is sent, unique to the message.
        recipient: the address that it is sent to.
        sent_at: when it is sent (aware).
        confirmation: what came back, None while nothing has.
    """

    slug: ClassVar[str] = "constructed-email"

    @property
    def method(self) -> MethodId:
        """3.2.2.4.4."""
        return MethodId("3.2.2.4.4")

    def is_contact(self, view: View, adn: DomainName, /) -> bool:
        """Whether it is one of the five addresses."""
        allowed = [f"{local}@{adn.text}" for local in CONSTRUCTED]
        if self.recipient.lower() in allowed:
            return True
        view.add("dcv.contact-not-constructed", adn.text, expected=", ".join(allowed), saw=[self.recipient])
        return False


@attrs.frozen(kw_only=True)
class DnsContact(_Contact):
    """BR 3.2.2.4.13, .14, .16, .17: e-mail to, or a call of, a contact that the domain name publishes.

    A caller who reaches somebody gets the value repeated, as with voicemail: that is narrower than the text.

    Attributes:
        source: `caa`: the properties contactemail and contactphone of the set that a CAA climb finds; `txt`: the
            records at `_validation-contactemail` and `_validation-contactphone`, without a climb.
        medium: `email` or `phone`.
        value: the value that is sent, unique to the message.
        recipient: the address or number.
        sent_at: when it is sent (aware).
        confirmation: what came back, None while nothing has.
    """

    slug: ClassVar[str] = "dns-contact"

    source: Literal["caa", "txt"]
    medium: Literal["email", "phone"]

    def __attrs_post_init__(self) -> None:
        if (self.source, self.medium) not in _METHODS:
            msg = "source must be caa or txt, and medium email or phone"
            raise InputError(msg)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.13, .14, .16 or .17."""
        return _METHODS[self.source, self.medium]

    def _canonical(self, value: bytes) -> str | None:
        return canonical_email(value) if self.medium == "email" else canonical_phone(value)

    def is_contact(self, view: View, adn: DomainName, /) -> Needs | bool:
        """Whether the recipient is among the contacts that are published."""
        values = self._caa(view, adn) if self.source == "caa" else self._txt(view, adn)
        if values is None or isinstance(values, Needs):
            return False if values is None else values
        read = [self._canonical(each) for each in values]
        for value, contact in zip(values, read, strict=True):
            if contact is None:
                view.add("dcv.contact-malformed", adn.text, saw=[value])
        listed = [each for each in read if each is not None]
        if not listed:
            view.add("dcv.contact-missing", adn.text, expected=f"a contact by {self.medium} in {self.source.upper()}")
            return False
        wanted = self._canonical(self.recipient.encode("utf-8", "surrogatepass"))
        if wanted in listed:
            return True
        view.add("dcv.contact-not-listed", adn.text, expected=", ".join(listed), saw=[self.recipient])
        return False

    def _txt(self, view: View, adn: DomainName) -> tuple[bytes, ...] | Needs | None:
        owner = above([f"_validation-contact{self.medium}"], adn)
        if owner is None:
            return ()
        lookup = view.look_up(owner, TXT)
        if isinstance(lookup, Needs):
            return lookup
        if lookup.outcome.failed:
            return None
        texts = [txt_text(rdata) for rdata in lookup.rdatas[: view.policy.dcv.max_records]]
        return tuple(b"" if each is None else each for each in texts)

    def _caa(self, view: View, adn: DomainName) -> tuple[bytes, ...] | Needs | None:
        """The climb of RFC 8659 §3: the first level with a record set, whatever it holds."""
        for level in adn.climb():
            lookup = view.look_up(level, CAA)
            if isinstance(lookup, Needs):
                return lookup
            if lookup.outcome.failed:
                return None
            if lookup.outcome is Outcome.DATA:
                tag = f"contact{self.medium}".encode("ascii")
                records = [parse_rdata(rdata) for rdata in lookup.rdatas[: view.policy.dcv.max_records]]
                return tuple(each.value for each in records if not isinstance(each, Malformed) and each.name == tag)
        return ()


def contact_message(challenge: _Contact) -> str:
    """What a message, or the script of a call, has to say: name, authorization domain name, value, until when.

    The CA puts it into its own words and language; the value and the names stay as they are.
    """
    adn = challenge.adn or challenge.domain
    assert adn is not None
    limit = timedelta(seconds=step(VALUE_AGE, challenge.sent_at) or 0)
    return (
        f"A certificate was requested for {name_text(challenge.name)}.\n"
        f"Who controls {adn.text} is asked to confirm this with the value\n"
        f"{challenge.value.text}\n"
        f"before {format_time(challenge.value.created_at + limit)}. If you do not know of the request, do nothing.\n"
    )
