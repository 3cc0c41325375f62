"""Whether a confirmation is the one that was asked for: the value, the recipient it was sent to, in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pkicheck.canon import format_time, utc
from pkicheck.dcv.values import RandomValue, same
from pkicheck.findings import Finding, finding
from pkicheck.policy import BASELINE, Policy
from pkicheck.rules import step
from pkicheck.rules.dcv import VALUE_AGE

__all__ = ["Confirmation", "check_confirmation"]


def _received_at(value: datetime) -> datetime:
    return utc(value, what="received_at")


@attrs.frozen(kw_only=True)
class Confirmation:
    """A confirmation as it came in.

    Attributes:
        value: the value that it used, as it stands.
        recipient: to whom the message was addressed that it answers: the mailbox or the number.
        received_at: when it came (aware).
    """

    value: str
    recipient: str
    received_at: datetime = attrs.field(converter=_received_at)


def check_confirmation(
    confirmation: Confirmation,
    *,
    value: RandomValue,
    recipient: str,
    sent_at: datetime,
    at: datetime,
    policy: Policy = BASELINE,
) -> tuple[Finding, ...]:
    """What is to be said of a confirmation: the note `dcv.confirmation-accepted`, or every refusal.

    Args:
        confirmation: as it came in.
        value: the value that was sent to the recipient.
        recipient: whom it was sent to.
        sent_at: when (aware).
        at: the moment judged (aware).
        policy: sets how old a value may be.

    Raises:
        InputError: a naive datetime.
    """
    moment, sent = utc(at, what="at"), utc(sent_at, what="sent_at")
    limit = min(policy.dcv.value_age, timedelta(seconds=step(VALUE_AGE, moment) or 0))
    received = confirmation.received_at
    found: list[Finding] = []
    # The value of a confirmation is a stranger's text: it is not shown, it may be the value of somebody else.
    if not same(confirmation.value.encode("utf-8", "surrogatepass"), value.text.encode("ascii")):
        found.append(finding("dcv.confirmation-other-value", recipient))
    if not same(confirmation.recipient.encode("utf-8", "surrogatepass"), recipient.encode("utf-8", "surrogatepass")):
        found.append(finding("dcv.confirmation-other-recipient", recipient, saw=[confirmation.recipient]))
    if not value.created_at <= sent <= received <= moment:
        saw = [format_time(each) for each in (value.created_at, sent, received)]
        found.append(
            finding("dcv.confirmation-early", recipient, expected=f"{format_time(moment)} or earlier", saw=saw)
        )
    elif received - value.created_at > limit:
        expected = f"{format_time(received - limit)} or later"
        found.append(
            finding("dcv.confirmation-late", recipient, expected=expected, saw=[format_time(value.created_at)])
        )
    return tuple(found) or (finding("dcv.confirmation-accepted", recipient, saw=[format_time(received)]),)
