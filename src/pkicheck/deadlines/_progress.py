"""How far a replacement or revocation has come: plan against actual, forecast, counts. Exact decimals, no floats."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

import attrs

from pkicheck.canon import utc
from pkicheck.errors import InputError

__all__ = [
    "Affected",
    "Forecast",
    "Milestone",
    "ProgressRow",
    "ReplacementState",
    "RevocationCounts",
    "blockers",
    "count",
    "forecast",
    "move",
    "progress",
    "remaining_by_month",
    "renewal_hints",
]

ReplacementState: TypeAlias = Literal["affected", "explained", "confirmed", "reissued", "installed", "revoked"]

# R089: each step only after the one before it; revocation ends every state, for it must not wait for the others.
_NEXT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "affected": ("explained", "revoked"),
        "explained": ("confirmed", "revoked"),
        "confirmed": ("reissued", "revoked"),
        "reissued": ("installed", "revoked"),
        "installed": ("revoked",),
        "revoked": (),
    }
)


def _not_after(value: datetime) -> datetime:
    return utc(value, what="not_after")


def _revoked_at(value: datetime | None) -> datetime | None:
    return None if value is None else utc(value, what="revoked_at")


@attrs.frozen(kw_only=True)
class Affected:
    """One certificate of an incident.

    Attributes:
        id: how it is named, for example the SHA-256 of the certificate.
        not_after: its last valid moment (UTC).
        revoked_at: when it was revoked (UTC), or None.
        state: how far its replacement is.
        provider: who has to install the new one.
    """

    id: str
    not_after: datetime = attrs.field(converter=_not_after)
    revoked_at: datetime | None = attrs.field(default=None, converter=_revoked_at)
    state: ReplacementState = "affected"
    provider: str = ""

    def __attrs_post_init__(self) -> None:
        if self.state not in get_args(ReplacementState):
            msg = f"state must be one of {', '.join(get_args(ReplacementState))}, got {self.state!a}"
            raise InputError(msg)


def move(certificate: Affected, state: ReplacementState) -> Affected:
    """The certificate in its next state.

    Raises:
        InputError: a step that does not follow: installed before reissued, anything after revoked (R089).
    """
    if state not in _NEXT[certificate.state]:
        allowed = ", ".join(_NEXT[certificate.state]) or "nothing"
        msg = f"{certificate.id}: after {certificate.state} comes {allowed}, not {state}"
        raise InputError(msg)
    return attrs.evolve(certificate, state=state)


@attrs.frozen(kw_only=True)
class RevocationCounts:
    """The figures that an update has to give (R094). `total` is the sum of the other three.

    Attributes:
        total: all affected certificates.
        revoked: revoked by then, before or after they would have expired.
        expired: expired by then without revocation.
        open: valid and not revoked.
        complete_at: when the last open one expires by itself (UTC), None when none is open.
    """

    total: int
    revoked: int
    expired: int
    open: int
    complete_at: datetime | None


def _some(certificates: Iterable[Affected]) -> tuple[Affected, ...]:
    """The certificates, each once.

    Raises:
        InputError: none, or one of them twice.
    """
    given = tuple(certificates)
    twice = [name for name, times in Counter(each.id for each in given).items() if times > 1]
    if not given or twice:
        msg = f"certificates: {twice[0]!a} is given twice" if twice else "certificates: none was given"
        raise InputError(msg)
    return given


def count(certificates: Iterable[Affected], *, at: datetime) -> RevocationCounts:
    """Revoked, expired and open at the moment `at`.

    Raises:
        InputError: no certificate, one twice, or a naive moment.
    """
    moment = utc(at, what="at")
    given = _some(certificates)
    revoked = [each for each in given if each.revoked_at is not None and each.revoked_at <= moment]
    left = [each for each in given if each.revoked_at is None or each.revoked_at > moment]
    still = [each for each in left if each.not_after >= moment]
    return RevocationCounts(
        total=len(given),
        revoked=len(revoked),
        expired=len(left) - len(still),
        open=len(still),
        complete_at=max((each.not_after for each in still), default=None),
    )


@attrs.frozen(kw_only=True)
class Milestone:
    """What share shall be done by the end of a day (UTC): planned and, once known, actual, in percent."""

    day: date
    planned: Decimal
    actual: Decimal | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("planned", "actual"):
            value: object = getattr(self, name)
            if value is None and name == "actual":
                continue
            if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= 100:
                msg = f"milestone {self.day}: {name} must be a Decimal from 0 to 100, got {value!a}"
                raise InputError(msg)


@attrs.frozen(kw_only=True)
class ProgressRow:
    """A row of the table planned/actual/difference. The difference is in percentage points, None while not known."""

    day: date
    planned: Decimal
    actual: Decimal | None
    difference: Decimal | None


def progress(milestones: Sequence[Milestone]) -> tuple[ProgressRow, ...]:
    """The table planned/actual/difference (R087).

    Raises:
        InputError: no milestone, days that do not rise, or shares that fall (R086).
    """
    if not milestones:
        msg = "a plan needs at least one milestone"
        raise InputError(msg)
    for before, after in pairwise(milestones):
        if after.day <= before.day or after.planned < before.planned:
            msg = f"milestone {after.day}: days rise and shares do not fall, but {before.day} plans {before.planned} %"
            raise InputError(msg)
    known = [each.actual for each in milestones if each.actual is not None]
    if any(after < before for before, after in pairwise(known)):
        msg = "milestones: the actual share falls"
        raise InputError(msg)
    return tuple(
        ProgressRow(
            day=each.day,
            planned=each.planned,
            actual=each.actual,
            difference=None if each.actual is None else each.actual - each.planned,
        )
        for each in milestones
    )


@attrs.frozen(kw_only=True)
class Forecast:
    """When a backlog is worked off.

    Attributes:
        finished_at: the moment the last one is done (UTC).
        missed: how many deadlines pass before their certificate's turn, when deadlines were given.
        implied_backlog: what the capacity works off between start and a date that was promised, or None.
    """

    finished_at: datetime
    missed: int
    implied_backlog: int | None = None


def forecast(
    backlog: int,
    *,
    per_day: int,
    start: datetime,
    lead: timedelta = timedelta(0),
    due: Sequence[datetime] = (),
    promised: datetime | None = None,
) -> Forecast:
    """When a backlog is done at a stated capacity, and which deadlines it misses: also the drill of a mass revocation.

    Certificates are done in the order of their deadlines, spread evenly over each day (R088, R096).

    Args:
        backlog: how many there are.
        per_day: how many are done in 24 hours.
        start: when work begins (aware).
        lead: how long before the first one is done.
        due: the deadline of each certificate; fewer than `backlog` stand for those that have one.
        promised: a date that was announced; what fits until then is the backlog it implies.

    Raises:
        InputError: a count below 1, a negative lead, more deadlines than certificates, or a naive moment.
    """
    for name, value in (("backlog", backlog), ("per_day", per_day)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"{name} must be a whole number from 1, got {value!a}: more than and about are not figures"
            raise InputError(msg)
    if lead < timedelta(0) or len(due) > backlog:
        msg = "lead must not be negative, and no more deadlines than certificates can be given"
        raise InputError(msg)
    first = utc(start, what="start") + lead
    day = timedelta(days=1)
    moments = sorted(utc(each, what="due") for each in due)
    missed = sum(1 for place, each in enumerate(moments, start=1) if first + day * place / per_day > each)
    implied = None
    if promised is not None:
        implied = max(0, (utc(promised, what="promised") - first) * per_day // day)
    return Forecast(finished_at=first + day * backlog / per_day, missed=missed, implied_backlog=implied)


def remaining_by_month(certificates: Iterable[Affected], *, at: datetime) -> tuple[tuple[date, int], ...]:
    """How many open certificates are still valid at the end of each month, until none is (R056).

    Raises:
        InputError: no certificate, one twice, or a naive moment.
    """
    moment = utc(at, what="at")
    ends = sorted(
        each.not_after
        for each in _some(certificates)
        if each.not_after >= moment and (each.revoked_at is None or each.revoked_at > moment)
    )
    rows: list[tuple[date, int]] = []
    year, month, done = moment.year, moment.month, 0
    while not rows or rows[-1][1]:
        last = date(year, month, calendar.monthrange(year, month)[1])
        while done < len(ends) and ends[done].date() <= last:
            done += 1
        rows.append((last, len(ends) - done))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return tuple(rows)


def blockers(certificates: Iterable[Affected], *, most: int = 10) -> tuple[tuple[str, int], ...]:
    """The providers with the most certificates that are not yet installed or revoked (R090).

    The rest stands in a last row with an empty name, so that the rows sum to the total; ties go by name.
    """
    waiting = Counter(each.provider for each in _some(certificates) if each.state not in {"installed", "revoked"})
    ranked = sorted(waiting.items(), key=lambda row: (-row[1], row[0]))
    rest = sum(number for _, number in ranked[most:])
    return (*ranked[:most], *((("", rest),) if rest else ()))


def renewal_hints(
    certificates: Iterable[Affected], *, at: datetime, due: datetime
) -> tuple[tuple[str, datetime, datetime], ...]:
    """For each open certificate the window in which its client should renew (as RFC 9773 suggests windows; R095).

    The window runs from `at` to a day before the revocation is due, or to half of the time when less is left.

    Raises:
        InputError: no certificate, a naive moment, or a deadline that has passed.
    """
    start, end = utc(at, what="at"), utc(due, what="due")
    if end <= start:
        msg = "due must lie after at: no window is left"
        raise InputError(msg)
    until = max(end - timedelta(days=1), start + (end - start) / 2)
    return tuple(
        (each.id, start, until)
        for each in sorted(_some(certificates), key=lambda each: each.id)
        if each.not_after >= start and each.revoked_at is None
    )
