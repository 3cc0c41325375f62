"""How long a CAA result may be relied on, judged at the moment of signing by the result alone (BR 3.2.2.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.caa import CaaResult, caa_plan, check_caa
from pkicheck.errors import InputError
from pkicheck.evidence import load
from pkicheck.findings import Verdict
from pkicheck.names import parse_name
from pkicheck.plans import Needs, run
from pkicheck.policy import BASELINE, PRIVATE, Policy
from pkicheck.ports import DnsObservation, Observation, Request, Seen
from pkicheck.testing import FixedClock, Zone
from tests.caa_cases import NOON, codes_of

_HOURS = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


def _checked(
    text: str = 'shop.example. CAA 0 issue "ca.example"', *, at: datetime = NOON, name: str = "shop.example"
) -> CaaResult:
    return check_caa(name, issuers=["ca.example"], resolver=Zone(text, clock=FixedClock(at)))


def _codes(result: CaaResult, moment: datetime, name: str = "shop.example") -> list[str]:
    return [each.code for each in result.covers(name, issued_at=moment)]


def test_check_wait_and_sign() -> None:
    """Checked at T: signed at T + 8 h it passes, one microsecond later it does not (C17, R132)."""
    result = _checked()
    assert result.expires_at == NOON + 8 * _HOURS
    assert _codes(result, NOON) == []
    assert _codes(result, NOON + 8 * _HOURS) == []
    assert _codes(result, NOON + 8 * _HOURS + timedelta(microseconds=1)) == ["caa.evidence-expired"]
    assert _codes(result, NOON + 8 * _HOURS + _SECOND) == ["caa.evidence-expired"]


def test_check_wait_and_sign_with_a_long_ttl() -> None:
    """With a TTL of 12 hours: until T + 12 h (C17, R132)."""
    result = _checked('shop.example. 43200 CAA 0 issue "ca.example"')
    assert _codes(result, NOON + 8 * _HOURS + _SECOND) == []
    assert _codes(result, NOON + 12 * _HOURS) == []
    assert _codes(result, NOON + 12 * _HOURS + _SECOND) == ["caa.evidence-expired"]


def test_the_moment_may_be_written_in_any_zone() -> None:
    """Instants are compared, not clock faces; a naive moment is refused."""
    result = _checked()
    west = timezone(timedelta(hours=-11))
    assert _codes(result, (NOON + 8 * _HOURS).astimezone(west)) == []
    assert _codes(result, (NOON + 8 * _HOURS + _SECOND).astimezone(west)) == ["caa.evidence-expired"]
    with pytest.raises(InputError, match="issued_at"):
        result.covers("shop.example", issued_at=NOON.replace(tzinfo=None))


def test_a_name_that_is_none() -> None:
    """A name that cannot stand in a certificate is the caller's mistake."""
    with pytest.raises(InputError, match="not a name"):
        _checked().covers("not a name", issued_at=NOON)


def test_names_are_compared_as_values() -> None:
    """Text and parsed names, in any case; never by suffix (C02, R105)."""
    result = _checked()
    assert result.covers(parse_name("SHOP.example"), issued_at=NOON) == ()
    assert _codes(result, NOON, "shop.example.test") == ["caa.evidence-other-name"]
    assert _codes(result, NOON, "myshop.example") == ["caa.evidence-other-name"]
    assert _codes(result, NOON, "*.shop.example") == ["caa.evidence-other-name"]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_name_that_turns_before_signing(position: int) -> None:
    """Three names are checked again before signing; one turned to forbidden: its own fresh check refuses (C02)."""
    names = ["a.test", "b.test", "c.test"]
    zone = Zone("".join(f'{name}. CAA 0 issue "ca.example"\n' for name in names), clock=FixedClock(NOON))
    first = [check_caa(name, issuers=["ca.example"], resolver=zone) for name in names]
    assert {each.verdict for each in first} == {Verdict.PASS}
    turned = Zone(
        "".join(
            f'{name}. CAA 0 issue "{"other" if index == position else "ca"}.example"\n'
            for index, name in enumerate(names)
        ),
        clock=FixedClock(NOON + 9 * _HOURS),
    )
    second = [check_caa(name, issuers=["ca.example"], resolver=turned) for name in names]
    assert [each.verdict is Verdict.FAIL for each in second] == [index == position for index in range(3)]
    # None of the old results serves any more, for its own name or for another.
    assert all(each.covers(name, issued_at=NOON + 9 * _HOURS) for each in first for name in names)


class _Slow(Zone):
    """Every exchange takes ten minutes of the clock."""

    def __init__(self, text: str, clock: FixedClock) -> None:
        super().__init__(text, clock=clock)
        self._fixed = clock

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        before = self.now()
        self._fixed.advance(timedelta(minutes=10))
        observations = super().exchange(batch, within=within)
        return [attrs.evolve(each, sent=before) for each in observations]


def test_the_window_counts_from_the_sending() -> None:
    """Expiry counts from the sending of the earliest observation used; the moment judged is that of the last answer."""
    clock = FixedClock(NOON)
    zone = _Slow('example. CAA 0 issue "ca.example"', clock)
    zone.fail("shop.example", "CAA", "timeout", times=1)
    result = check_caa("shop.example", issuers=["ca.example"], resolver=zone, deadline=timedelta(hours=1))
    assert result.verdict is Verdict.PASS
    assert result.at == NOON + timedelta(minutes=20)
    assert result.expires_at == NOON + 8 * _HOURS
    assert _codes(result, NOON + timedelta(minutes=19)) == ["caa.evidence-too-early"]


def test_what_was_not_used_does_not_age_the_result() -> None:
    """An older observation of something else neither lengthens nor shortens the window."""
    result = _checked()
    plan = caa_plan("shop.example", issuers=["ca.example"])
    stray = check_caa("other.test", issuers=["ca.example"], resolver=Zone(clock=FixedClock(NOON - 9 * _HOURS)))
    older = [each for each in stray.observations if each.request.role != "probe"]  # type: ignore[attr-defined]
    mixed = plan.step(Seen([*older, *result.observations]))
    assert isinstance(mixed, CaaResult)
    assert mixed.expires_at == result.expires_at
    assert mixed.verdict is Verdict.PASS


def test_a_clock_that_runs_backwards() -> None:
    """An answer that came before it was sent is a doubt: its window cannot be counted."""
    result = _checked()
    wrong = [attrs.evolve(each, sent=each.received + _SECOND) for each in result.observations]
    again = result.plan.step(Seen(wrong))
    assert isinstance(again, CaaResult)
    assert again.verdict is Verdict.INCOMPLETE
    assert "evidence.clock-order" in codes_of(again)
    assert load(again.to_json()).replay().same


def test_a_dry_run_is_marked() -> None:
    """Judging another moment is stated in the result and refused at signing."""
    zone = Zone(clock=FixedClock(NOON))
    result = check_caa("shop.example", issuers=["ca.example"], resolver=zone, at=NOON + timedelta(days=1))
    assert result.verdict is Verdict.PASS
    assert result.at == NOON + timedelta(days=1)
    assert "evidence.dry-run" in codes_of(result)
    assert "caa.evidence-dry-run" in _codes(result, NOON + timedelta(days=1))


def test_a_replay_at_another_moment_is_a_dry_run() -> None:
    """Evidence that is judged for another day cannot be signed on."""
    again = load(_checked().to_json()).replay(at=NOON).result
    assert isinstance(again, CaaResult)
    assert "caa.evidence-dry-run" in _codes(again, NOON)
    same = load(_checked().to_json()).replay().result
    assert isinstance(same, CaaResult)
    assert _codes(same, NOON) == []


def test_evidence_of_a_policy_is_that_policys() -> None:
    """A result names the policy it was made under, whole (R138)."""
    policy = Policy(name="own", net=attrs.evolve(BASELINE.net, ttl_cap=timedelta(0)))
    zone = Zone('shop.example. 86400 CAA 0 issue "ca.example"', clock=FixedClock(NOON))
    result = check_caa("shop.example", issuers=["ca.example"], resolver=zone, policy=policy)
    assert result.policy == policy
    assert result.expires_at == NOON + 8 * _HOURS
    assert load(result.to_json()).replay().result.policy.fingerprint == policy.fingerprint


@given(
    st.integers(0, 2**32 - 1),
    st.none() | st.integers(0, 2**32 - 1),
    st.integers(0, 30 * 86400),
    st.integers(-10, 40 * 86400),
)
def test_the_window_is_what_the_rule_says(records: int, alias: int | None, cap: int, after: int) -> None:
    """For any TTLs: max(8 h, min(TTLs, cap)), the last instant included (C17, R132)."""
    policy = Policy(name="own", net=attrs.evolve(BASELINE.net, ttl_cap=timedelta(seconds=cap)))
    zone = Zone(clock=FixedClock(NOON))
    owner = "shop.example" if alias is None else "host.test"
    zone.add_raw(owner, "CAA", b"\0\5issueca.example", ttl=records)
    if alias is not None:
        zone.add("shop.example", "CNAME", "host.test.", ttl=alias)
    result = check_caa("shop.example", issuers=["ca.example"], resolver=zone, policy=policy)
    ttls = [each if each < 2**31 else 0 for each in (records, alias) if each is not None]
    window = max(8 * 3600, min(*ttls, cap))
    assert result.expires_at == NOON + timedelta(seconds=window)
    fits = 0 <= after <= window
    assert (result.covers("shop.example", issued_at=NOON + timedelta(seconds=after)) == ()) == fits


def test_the_end_of_time() -> None:
    """A check at the end of the calendar has an expiry within it."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    result = _checked(at=end)
    assert result.expires_at is not None
    assert result.expires_at >= end


def test_observations_hold_the_times_they_are_counted_from() -> None:
    """Sending and receiving of every lookup used are in the result (R132, R138)."""
    result = run(caa_plan("shop.example", issuers=["x"]), Zone(clock=FixedClock(NOON)), deadline=_HOURS)
    assert all(isinstance(each, DnsObservation) and each.sent == each.received == NOON for each in result.observations)


def test_a_result_that_was_changed_covers_nothing_more() -> None:
    """Name, moment and expiry are those of the question and the observations, not what the object says (R134)."""
    result = _checked()
    late = NOON + 9 * _HOURS
    for longer in (None, NOON + 100 * _HOURS):
        assert _codes(attrs.evolve(result, expires_at=longer), late) == ["caa.evidence-expired"]
    assert _codes(attrs.evolve(result, at=NOON - _HOURS), NOON - _SECOND) == ["caa.evidence-too-early"]
    other = attrs.evolve(result, name=parse_name("bank.example"))
    assert _codes(other, NOON, "bank.example") == ["caa.evidence-other-name"]
    refused = _checked('shop.example. CAA 0 issue "other.example"')
    assert _codes(attrs.evolve(refused, findings=result.findings), NOON) == ["caa.evidence-not-pass"]
    assert _codes(attrs.evolve(result, findings=refused.findings), NOON) == ["caa.evidence-not-pass"]
    wrong = attrs.evolve(result, observations=refused.observations)
    assert _codes(wrong, NOON) == ["caa.evidence-not-pass"]


@pytest.mark.parametrize(("hours", "verdict"), [(8, Verdict.PASS), (8.001, Verdict.FAIL)])
def test_a_plan_taken_up_again_too_late(hours: float, verdict: Verdict) -> None:
    """A plan may rest between its steps; an answer older than the window is no PASS with one of today (R132)."""
    plan = caa_plan("shop.example", issuers=["ca.example"], policy=PRIVATE)  # where no probe has to be fresh
    clock = FixedClock(NOON)
    zone = Zone('shop.example. CAA 0 issue "ca.example"', clock=clock)
    needs = plan.step(Seen())
    assert isinstance(needs, Needs)
    *early, last = needs.requests
    seen = Seen(zone.exchange(early, within=_SECOND))
    assert isinstance(plan.step(seen), Needs)
    clock.advance(hours * _HOURS)
    result = plan.step(seen.extended(zone.exchange([last], within=_SECOND)))
    assert isinstance(result, CaaResult)
    assert ("caa.evidence-expired" in codes_of(result)) == (verdict is Verdict.FAIL)
    assert result.verdict is verdict


def test_what_the_reasons_say() -> None:
    """Each reason names the name, what would have been right, and what was there instead (R134)."""
    result = _checked()
    assert result.subject() == "CAA for shop.example"

    def said(result: CaaResult, name: str, moment: datetime) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(each.place, each.expected, each.saw) for each in result.covers(name, issued_at=moment)]

    noon, nine = "2026-11-21T12:00:00.000000Z", "2026-11-21T21:00:00.000000Z"
    assert said(result, "shop.example", NOON + 9 * _HOURS) == [
        ("shop.example", "2026-11-21T20:00:00.000000Z or earlier", (nine,))
    ]
    assert said(result, "shop.example", NOON - _HOURS) == [
        ("shop.example", f"{noon} or later", ("2026-11-21T11:00:00.000000Z",))
    ]
    assert said(result, "other.example", NOON) == [("shop.example", "other.example", ("shop.example",))]
    refused = _checked('shop.example. CAA 0 issue "other.example"')
    assert said(refused, "shop.example", NOON) == [("shop.example", "", ("FAIL", "caa.issuer-not-listed"))]
    with pytest.raises(InputError, match="^issued_at must have a time zone"):
        result.covers("shop.example", issued_at=NOON.replace(tzinfo=None))


def test_an_address_has_no_end() -> None:
    """No lookup was made for an address, so nothing of it ages (BR 3.2.2.8)."""
    result = _checked(name="192.0.2.1")
    assert result.expires_at is None
    assert _codes(result, NOON + 10_000 * _HOURS, "192.0.2.1") == []
