"""Deadlines: the dated limits, the clocks, and the arithmetic of a replacement plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.deadlines import (
    REASONS,
    Affected,
    Deadline,
    Milestone,
    blockers,
    count,
    forecast,
    incident_deadlines,
    move,
    problem_report_deadline,
    progress,
    remaining_by_month,
    renewal_hints,
    revocation_deadline,
)
from pkicheck.errors import InputError
from pkicheck.rules.revocation import BR_REVOKE_5D, BR_REVOKE_24H, BR_REVOKE_CA

_UTC = timezone.utc
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
_AT = datetime(2026, 11, 2, 10, tzinfo=_UTC)


def _due(reason: str, aware: datetime, **more: Any) -> datetime:
    return revocation_deadline(reason, aware_at=aware, **more).due


# --- the limits


def test_the_table_is_that_of_the_section() -> None:
    """Sixteen events, five of them within 24 hours, with the CRLReason of each (BR 4.9.1.1, R055)."""
    assert [each.number for each in REASONS.values()] == list(range(1, 17))
    assert [each.crl_reason for each in REASONS.values()] == [
        None, 9, 1, 1, 4, 4, 9, 9, 5, 9, 9, 4, 9, None, None, 1,
    ]  # fmt: skip
    aware = _AT
    assert [_due(each, aware) - aware for each in REASONS] == [_DAY] * 5 + [5 * _DAY] * 11


@pytest.mark.parametrize(
    ("reason", "aware", "limit", "rule"),
    [
        # R055: a profile fault had 24 hours in 2017 and has five days since ballot SC6; DCV has 24 hours in both
        ("not-per-br", datetime(2017, 8, 13, tzinfo=_UTC), _DAY, BR_REVOKE_24H),
        ("not-per-br", datetime(2018, 10, 13, 23, 59, 59, tzinfo=_UTC), _DAY, BR_REVOKE_24H),
        ("not-per-br", datetime(2018, 10, 14, tzinfo=_UTC), 5 * _DAY, BR_REVOKE_5D),
        ("not-per-br", _AT, 5 * _DAY, BR_REVOKE_5D),
        ("validation-unreliable", datetime(2017, 8, 13, tzinfo=_UTC), _DAY, BR_REVOKE_24H),
        ("validation-unreliable", _AT, _DAY, BR_REVOKE_24H),
    ],
)
def test_the_text_of_the_day_counts(reason: str, aware: datetime, limit: timedelta, rule: str) -> None:
    """The limit is that of the day on which the CA became aware (R055)."""
    deadline = revocation_deadline(reason, aware_at=aware)
    assert deadline.due - aware == limit
    assert deadline.rule == rule


def test_the_example_of_2020() -> None:
    """Aware on 2020-07-02: CA certificate by 07-09, leaves by 07-07, the 24-hour class by 07-03 (R084)."""
    aware = datetime(2020, 7, 2, tzinfo=_UTC)
    assert _due("not-per-br", aware, ca=True) == datetime(2020, 7, 9, tzinfo=_UTC)
    assert _due("not-per-br", aware) == datetime(2020, 7, 7, tzinfo=_UTC)
    assert _due("key-compromise", aware) == datetime(2020, 7, 3, tzinfo=_UTC)
    assert revocation_deadline("misuse", aware_at=aware, ca=True).rule == BR_REVOKE_CA


def test_overdue_by_a_second() -> None:
    """Due T + 5 days: at that second it still runs, one second later it is overdue (R038)."""
    deadline = revocation_deadline("agreement-breach", aware_at=_AT)
    end = _AT + 5 * _DAY
    assert deadline.state(end) == "running"
    assert deadline.state(end + _SECOND) == "overdue"
    assert deadline.state(end + _DAY, done_at=end) == "met"
    assert deadline.state(end + _DAY, done_at=end + _SECOND) == "late"
    # what is to come has not been done
    assert deadline.state(end, done_at=end + _SECOND) == "running"
    assert deadline.state(end + _SECOND, done_at=end + _DAY) == "overdue"


def test_judged_as_a_finding() -> None:
    """Each state is a finding of its own with the rule that set the date; late and overdue refuse (R038, R140)."""
    deadline = revocation_deadline("validation-unreliable", aware_at=_AT)
    late = deadline.judge(_AT + 3 * _DAY, done_at=_AT + 2 * _DAY)
    assert (late.code, late.level.value, late.rules) == ("deadline.late", "refusal", (BR_REVOKE_24H,))
    assert late.expected == "by 2026-11-03T10:00:00.000000Z"
    assert late.saw == ("2026-11-04T10:00:00.000000Z",)
    assert deadline.judge(_AT + 2 * _DAY).code == "deadline.overdue"
    assert deadline.judge(_AT + _HOUR).code == "deadline.running"
    assert deadline.judge(_AT + _DAY, done_at=_AT).code == "deadline.met"


def test_the_problem_report_of_2017() -> None:
    """Received Sun, 13 Aug 2017 00:45:12 -0400: answered by 2017-08-14T04:45:12Z; 17 Aug is 3.5 days late (R058)."""
    received = datetime(2017, 8, 13, 0, 45, 12, tzinfo=timezone(-4 * _HOUR))
    deadline = problem_report_deadline(received)
    assert deadline.due == datetime(2017, 8, 14, 4, 45, 12, tzinfo=_UTC)
    first = datetime(2017, 8, 17, 17, 40, tzinfo=timezone(2 * _HOUR))
    assert deadline.state(first, done_at=first) == "late"
    assert timedelta(days=3.4) < first - deadline.due < timedelta(days=3.6)


def test_the_clocks_of_an_incident() -> None:
    """Preliminary after 72 h, full 14 days after disclosure, update after 7 days or as set (R039, R040, R098)."""
    (preliminary,) = incident_deadlines(_AT)
    assert preliminary.due == datetime(2026, 11, 5, 10, tzinfo=_UTC)
    assert preliminary.state(preliminary.due + _SECOND) == "overdue"
    disclosed = datetime(2026, 11, 4, 9, tzinfo=_UTC)
    _, full, update = incident_deadlines(_AT, disclosed_at=disclosed)
    assert full.due == datetime(2026, 11, 18, 9, tzinfo=_UTC)
    assert update.due == datetime(2026, 11, 11, 9, tzinfo=_UTC)
    updates = [datetime(2026, 11, 10, tzinfo=_UTC), datetime(2026, 11, 6, tzinfo=_UTC)]
    assert incident_deadlines(_AT, disclosed_at=disclosed, updates=updates)[2].due == datetime(
        2026, 11, 17, tzinfo=_UTC
    )
    set_earlier = {"disclosed_at": disclosed, "updates": updates, "next_update": datetime(2026, 11, 12, tzinfo=_UTC)}
    assert incident_deadlines(_AT, **set_earlier)[2].due == datetime(2026, 11, 12, tzinfo=_UTC)  # type: ignore[arg-type]
    set_later = {"disclosed_at": disclosed, "updates": updates, "next_update": datetime(2027, 1, 1, tzinfo=_UTC)}
    assert incident_deadlines(_AT, **set_later)[2].due == datetime(2026, 11, 17, tzinfo=_UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: revocation_deadline("because", aware_at=_AT), "no reason is called 'because'"),
        (lambda: revocation_deadline("misuse", aware_at=datetime(2026, 1, 1)), "aware_at"),
        (lambda: revocation_deadline("misuse", aware_at=datetime(2012, 6, 30, tzinfo=_UTC)), "before the first rule"),
        (lambda: problem_report_deadline(datetime(2026, 1, 1)), "received_at"),
        (lambda: incident_deadlines(_AT, disclosed_at=_AT - _SECOND), "cannot lie before"),
        (lambda: incident_deadlines(_AT, disclosed_at=_AT, updates=[_AT - _SECOND]), "cannot lie before"),
        (lambda: problem_report_deadline(_AT).state(_AT, done_at=_AT - _SECOND), "before .* the clock began"),
        (lambda: problem_report_deadline(_AT).state(datetime(2026, 1, 1)), "at"),
    ],
)
def test_wrong_moments_are_named(call: Callable[[], object], message: str) -> None:
    """A moment without a zone, or one that cannot be, is an error that names it (R074)."""
    with pytest.raises(InputError, match=message):
        call()


# --- plan and progress

_SECOM = (
    ((2020, 8, 31), "5.0", "11.0", "6.0"),
    ((2020, 9, 30), "25.0", "36.1", "11.1"),
    ((2020, 10, 31), "30.0", "49.4", "19.4"),
    ((2020, 11, 30), "35.0", "58.4", "23.4"),
    ((2020, 12, 31), "45.0", "76.4", "31.4"),
    ((2021, 1, 31), "70.0", "91.8", "21.8"),
    ((2021, 2, 28), "85.0", "93.7", "8.7"),
    ((2021, 3, 31), "100.0", None, None),
    ((2021, 4, 30), "100.0", None, None),
)


def _milestones() -> list[Milestone]:
    return [
        Milestone(day=date(*day), planned=Decimal(planned), actual=None if actual is None else Decimal(actual))
        for day, planned, actual, _ in _SECOM
    ]


def test_the_published_table() -> None:
    """Planned, actual and difference of a public record of 2020 and 2021, to the tenth of a point (R086, R087)."""
    rows = progress(_milestones())
    assert [str(row.difference) if row.difference is not None else None for row in rows] == [
        difference for *_, difference in _SECOM
    ]
    assert [row.day for row in rows] == [date(*day) for day, *_ in _SECOM]


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([], "at least one"),
        ([(date(2026, 1, 31), "5", None), (date(2026, 2, 28), "4", None)], "do not fall"),
        ([(date(2026, 1, 31), "5", None), (date(2026, 1, 31), "6", None)], "days rise"),
        (
            [(date(2026, 1, 31), "5", "9"), (date(2026, 2, 28), "6", None), (date(2026, 3, 31), "7", "8")],
            "actual share",
        ),
        ([(date(2026, 1, 31), "101", None)], "planned"),
        ([(date(2026, 1, 31), "5", "-1")], "actual"),
        ([(date(2026, 1, 31), "NaN", None)], "planned"),
    ],
)
def test_a_plan_that_falls_is_refused(milestones: Any, message: str) -> None:
    """Milestones rise in time and do not fall in share (R086)."""
    with pytest.raises(InputError, match=message):
        progress(
            [Milestone(day=day, planned=Decimal(plan), actual=done and Decimal(done)) for day, plan, done in milestones]
        )


def _certificate(name: str, days: int, revoked: int | None = None, **more: Any) -> Affected:
    return Affected(
        id=name,
        not_after=_AT + days * _DAY,
        revoked_at=None if revoked is None else _AT + revoked * _DAY,
        **more,
    )


def test_counts_add_up() -> None:
    """Revoked, expired and open sum to the total; a late revocation is one; the last expiry is the end (R094)."""
    given = [
        _certificate("a", 10, -1),
        _certificate("b", -1),
        _certificate("c", 20),
        _certificate("d", 0),
        _certificate("e", 5, 1),  # will be revoked: still open
        _certificate("f", -5, -2),
    ]
    counts = count(given, at=_AT)
    assert (counts.total, counts.revoked, counts.expired, counts.open) == (6, 2, 1, 3)
    assert counts.complete_at == _AT + 20 * _DAY
    assert count(given, at=_AT + 21 * _DAY).complete_at is None


@given(st.lists(st.tuples(st.integers(-30, 30), st.none() | st.integers(-30, 30)), min_size=1), st.integers(-40, 40))
def test_every_certificate_is_counted_once(given_: list[tuple[int, int | None]], day: int) -> None:
    """At any moment the three counts sum to the total, and the projection ends at nothing (R056, R094)."""
    certificates = [_certificate(str(number), *each) for number, each in enumerate(given_)]
    at = _AT + day * _DAY
    counts = count(certificates, at=at)
    assert counts.revoked + counts.expired + counts.open == counts.total == len(given_)
    rows = remaining_by_month(certificates, at=at)
    assert rows[-1][1] == 0
    assert [left for _, left in rows] == sorted((left for _, left in rows), reverse=True)
    assert rows[0][1] <= counts.open


def test_remaining_by_month() -> None:
    """The expiry of a set, month end by month end (R056)."""
    given = [
        _certificate("a", 0),
        _certificate("b", 28),
        _certificate("c", 29),
        _certificate("d", 70),
        _certificate("e", 70, -1),
    ]
    assert remaining_by_month(given, at=_AT) == (
        (date(2026, 11, 30), 2),
        (date(2026, 12, 31), 1),
        (date(2027, 1, 31), 0),
    )


def test_states_follow_each_other() -> None:
    """Explain, confirm, reissue, install; revocation ends each of them; nothing is skipped (R089)."""
    certificate = _certificate("a", 10)
    for state in ("explained", "confirmed", "reissued", "installed", "revoked"):
        certificate = move(certificate, state)
    with pytest.raises(InputError, match="after revoked comes nothing"):
        move(certificate, "installed")
    with pytest.raises(InputError, match="after confirmed comes reissued, revoked, not installed"):
        move(_certificate("a", 10, state="confirmed"), "installed")
    assert move(_certificate("a", 10), "revoked").state == "revoked"
    with pytest.raises(InputError, match="state must be one of"):
        _certificate("a", 10, state="gone")


def test_blockers() -> None:
    """The largest blockers first, ties by name, and the rest in a row of its own: the sum is the total (R090)."""
    given = [
        *(_certificate(f"a{number}", 1, provider="a") for number in range(3)),
        *(_certificate(f"b{number}", 1, provider="b") for number in range(3)),
        _certificate("c", 1, provider="c"),
        _certificate("d", 1, provider="d"),
        _certificate("e", 1, provider="a", state="installed"),
        _certificate("f", 1, provider="a", state="revoked"),
    ]
    assert blockers(given, most=2) == (("a", 3), ("b", 3), ("", 2))
    assert blockers(given) == (("a", 3), ("b", 3), ("c", 1), ("d", 1))


def test_forecast_of_2020() -> None:
    """100 a day until a promised date implies a backlog; "more than 10 000" is no figure (R088)."""
    start = datetime(2020, 9, 1, tzinfo=_UTC)
    promised = datetime(2021, 1, 1, tzinfo=_UTC)
    made = forecast(12_000, per_day=100, start=start, promised=promised)
    assert made.finished_at == start + 120 * _DAY
    assert made.implied_backlog == 12_200
    assert forecast(10, per_day=100, start=start, promised=start - _DAY).implied_backlog == 0
    for backlog in ("more than 10 000", 0, True, 1.5):
        with pytest.raises(InputError, match="backlog must be a whole number"):
            forecast(backlog, per_day=100, start=start)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="per_day"):
        forecast(1, per_day=0, start=start)


def test_the_drill() -> None:
    """A mass revocation at a stated capacity: when it ends, and which deadlines it misses (R096)."""
    due = [_AT + _DAY] * 250
    made = forecast(300, per_day=200, start=_AT, lead=2 * _HOUR, due=due)
    assert made.finished_at == _AT + 2 * _HOUR + 1.5 * _DAY
    assert made.missed == 250 - 183  # 22 hours at 200 a day
    assert made.implied_backlog is None
    assert forecast(1, per_day=24, start=_AT, due=[_AT + _HOUR]).missed == 0
    assert forecast(1, per_day=24, start=_AT, due=[_AT + _HOUR - _SECOND]).missed == 1
    wrongs: tuple[dict[str, Any], ...] = ({"lead": -_SECOND}, {"due": [_AT, _AT]})
    for wrong in wrongs:
        with pytest.raises(InputError, match="lead must not be negative"):
            forecast(1, per_day=1, start=_AT, **wrong)


def test_renewal_hints() -> None:
    """Each open certificate with a window that ends a day before the deadline, or half way (R095)."""
    given = [_certificate("b", 10), _certificate("a", 10), _certificate("gone", -1), _certificate("revoked", 10, 0)]
    assert renewal_hints(given, at=_AT, due=_AT + 5 * _DAY) == (
        ("a", _AT, _AT + 4 * _DAY),
        ("b", _AT, _AT + 4 * _DAY),
    )
    assert renewal_hints(given, at=_AT, due=_AT + _DAY)[0] == ("a", _AT, _AT + _DAY / 2)
    with pytest.raises(InputError, match="no window is left"):
        renewal_hints(given, at=_AT, due=_AT)


@pytest.mark.parametrize("call", [count, remaining_by_month])
def test_empty_and_twice(call: Callable[..., object]) -> None:
    """No certificate, or one of them twice, is an error: an empty count would look like success."""
    with pytest.raises(InputError, match="none was given"):
        call([], at=_AT)
    with pytest.raises(InputError, match="'a' is given twice"):
        call([_certificate("a", 1), _certificate("a", 2)], at=_AT)


def test_a_deadline_is_a_value() -> None:
    """Deadlines compare and hash by content."""
    assert len({revocation_deadline("misuse", aware_at=_AT), revocation_deadline("misuse", aware_at=_AT)}) == 1
    assert isinstance(revocation_deadline("misuse", aware_at=_AT), Deadline)


# --- what is said, and the edges of what counts


def test_duties_are_named() -> None:
    """Each duty says what it is, so that a table of them can be read alone."""
    clocks = incident_deadlines(_AT, disclosed_at=_AT, updates=[_AT])
    assert [each.what for each in clocks] == [
        "preliminary incident report",
        "full incident report",
        "next update of the incident",
    ]
    assert revocation_deadline("misuse", aware_at=_AT).what == "revocation: misuse"
    assert revocation_deadline("misuse", aware_at=_AT, ca=True).what == "revocation of the CA certificate"
    assert problem_report_deadline(_AT).what == "answer to the problem report"


_NAIVE = datetime(2026, 1, 1)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: revocation_deadline("misuse", aware_at=_NAIVE), "aware_at"),
        (lambda: problem_report_deadline(_NAIVE), "received_at"),
        (lambda: problem_report_deadline(_AT).state(_NAIVE), "at"),
        (lambda: problem_report_deadline(_AT).state(_AT, done_at=_NAIVE), "done_at"),
        (lambda: incident_deadlines(_NAIVE), "aware_at"),
        (lambda: incident_deadlines(_AT, disclosed_at=_NAIVE), "disclosed_at"),
        (lambda: incident_deadlines(_AT, disclosed_at=_AT, updates=[_NAIVE]), "updates"),
        (lambda: incident_deadlines(_AT, disclosed_at=_AT, next_update=_NAIVE), "next_update"),
        (lambda: count([_certificate("a", 1)], at=_NAIVE), "at"),
        (lambda: remaining_by_month([_certificate("a", 1)], at=_NAIVE), "at"),
        (lambda: forecast(1, per_day=1, start=_NAIVE), "start"),
        (lambda: forecast(1, per_day=1, start=_AT, due=[_NAIVE]), "due"),
        (lambda: forecast(1, per_day=1, start=_AT, promised=_NAIVE), "promised"),
        (lambda: renewal_hints([_certificate("a", 1)], at=_NAIVE, due=_AT), "at"),
        (lambda: renewal_hints([_certificate("a", 1)], at=_AT, due=_NAIVE), "due"),
        (lambda: Affected(id="a", not_after=_NAIVE), "not_after"),
        (lambda: Affected(id="a", not_after=_AT, revoked_at=_NAIVE), "revoked_at"),
    ],
)
def test_naive_moments(call: Callable[[], object], name: str) -> None:
    """A naive moment is named by its argument (R074)."""
    with pytest.raises(InputError, match=rf"^{name} must have a time zone"):
        call()


def test_the_instant_itself() -> None:
    """What was revoked at the moment judged is revoked; what expires at it is still open; so is a hint for it."""
    (row, *_) = remaining_by_month([_certificate("a", 0, 0), _certificate("b", 60, 0), _certificate("c", 0)], at=_AT)
    assert row == (date(2026, 11, 30), 0)
    assert remaining_by_month([_certificate("a", 60, 1)], at=_AT)[0][1] == 1
    assert remaining_by_month([_certificate("a", -60), _certificate("b", 90), _certificate("c", 1)], at=_AT)[0][1] == 1
    assert [name for name, *_ in renewal_hints([_certificate("a", 0)], at=_AT, due=_AT + _DAY)] == ["a"]
    same = [Milestone(day=date(2026, 1, day), planned=Decimal(5), actual=Decimal(5)) for day in (1, 2)]
    assert [row.difference for row in progress(same)] == [0, 0]


def test_order_does_not_matter() -> None:
    """Deadlines are worked off in the order of their dates, and blockers ranked, whatever order they come in."""
    due = [_AT + 3 * _DAY, _AT + _DAY]
    assert forecast(2, per_day=1, start=_AT, due=due).missed == 0
    given = [_certificate("a", 1, provider="z"), *(_certificate(f"b{n}", 1, provider=f"y{n % 11}") for n in range(22))]
    assert blockers(given) == (*sorted((f"y{n}", 2) for n in range(11))[:10], ("", 3))
    ends = [_certificate("a", 40), _certificate("b", 1)]
    assert remaining_by_month(ends, at=_AT) == remaining_by_month(ends[::-1], at=_AT)


def test_per_day_is_named() -> None:
    """The capacity that is no figure is named as such."""
    with pytest.raises(InputError, match=r"^per_day must be a whole number from 1, got 0: more than and about"):
        forecast(1, per_day=0, start=_AT)
    assert forecast(1, per_day=1, start=_AT, promised=_AT).implied_backlog == 0
