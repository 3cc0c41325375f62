"""Multi-perspective corroboration: the quorum of each day, who counts, what is kept (BR 3.2.2.9)."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkicheck
from pkicheck import BASELINE, PRIVATE, CaaResult, Verdict, check_caa
from pkicheck.canon import canonical, parse_json
from pkicheck.errors import InputError, Refused
from pkicheck.mpic import (
    MpicResult,
    Perspective,
    RemoteReport,
    corroborate,
    distance_km,
    far_enough,
    requirements,
)
from pkicheck.policy import MpicPolicy, NetPolicy, Policy
from pkicheck.testing import FixedClock, Zone
from tests.vectorfile import load, moment, texts

_DAY = timedelta(days=1)
_AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_PLACES: Mapping[str, tuple[int, int, str]] = {
    "athens": (37_983_800, 23_727_500, "RIPE NCC"),
    "salonika": (40_640_100, 22_944_400, "RIPE NCC"),
    "dublin": (53_349_800, -6_260_300, "RIPE NCC"),
    "london": (51_507_400, -127_800, "RIPE NCC"),
    "stockholm": (59_329_300, 18_068_600, "RIPE NCC"),
    "lisbon": (38_722_300, -9_139_300, "RIPE NCC"),
    "moscow": (55_755_800, 37_617_300, "RIPE NCC"),
    "tokyo": (35_676_200, 139_650_300, "APNIC"),
    "mumbai": (19_076_000, 72_877_700, "APNIC"),
    "sydney": (-33_868_800, 151_209_300, "APNIC"),
    "virginia": (39_043_800, -77_487_400, "ARIN"),
    "santiago": (-33_448_900, -70_669_300, "LACNIC"),
    "nairobi": (-1_292_100, 36_821_900, "AFRINIC"),
}
_REMOTE = attrs.evolve(BASELINE, name="remote", net=NetPolicy(perspective="remote"))


def _place(name: str, **more: Any) -> Perspective:
    latitude, longitude, rir = _PLACES[name]
    usual: dict[str, Any] = {"id": name, "latitude_e6": latitude, "longitude_e6": longitude, "rir": rir}
    return Perspective(**{"resolver": f"resolver of {name}", **usual, **more})


_SEAT = _place("athens")


def _caa(
    vantage: str,
    *,
    at: datetime = _AT,
    permit: bool = True,
    name: str = "shop.example",
    policy: Policy = BASELINE,
    **more: Any,
) -> CaaResult:
    issuer = "ca.example" if permit else "other.example"
    zone = Zone(f'shop.example. CAA 0 issue "{issuer}"', status="secure", clock=FixedClock(at), vantage=vantage)
    return check_caa(name, issuers={"ca.example"}, resolver=zone, policy=policy, **more)


def _report(text: str, at: datetime) -> RemoteReport:
    name, verdict = text.split(" ")
    where = _place(name)
    if verdict in {"pass", "fail"}:
        return RemoteReport(perspective=where, result=_caa(name, at=at, permit=verdict == "pass", policy=_REMOTE))
    claims = {
        "claim": (True, b'{"is_valid": true}'),
        "deny": (False, b"{}"),
        "unkept": (True, b""),
        "silent": (None, b""),
    }
    claim, raw = claims[verdict]
    return RemoteReport(perspective=where, claim=claim, raw=raw)


def _corroborate(remotes: Sequence[str], *, at: datetime = _AT, policy: Policy = BASELINE) -> MpicResult:
    return corroborate(_caa("athens", at=at), [_report(each, at) for each in remotes], seat=_SEAT, at=at, policy=policy)


def _of(result: MpicResult, place: str) -> str:
    (code,) = [each.code for each in result.findings if each.place == place]
    return code


# --- vectors


@attrs.frozen(kw_only=True)
class Vector:
    """An attempt and what it comes to."""

    id: str
    at: datetime = attrs.field(converter=moment)  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType]
    remotes: tuple[str, ...] = attrs.field(converter=texts)
    verdict: str
    codes: tuple[str, ...] = attrs.field(converter=texts)
    quorum: str
    comment: str
    source: str


_VECTORS = load("mpic", Vector)


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    """Each day's number of remotes, quorum table and regions, on both sides of each date (D15, M1 to M11)."""
    result = _corroborate(vector.remotes, at=vector.at)
    assert result.verdict.value == vector.verdict
    summing = [each.code for each in result.findings if not each.code.startswith("mpic.remote-")]
    refusals = [each.code for each in result.deciding() if result.verdict is Verdict.FAIL]
    assert (refusals or summing) == list(vector.codes)
    assert result.quorum == vector.quorum
    line = result.to_json()
    again = pkicheck.load(line).replay()
    assert again.same
    assert again.result.to_json() == line
    assert again.result == result == pickle.loads(pickle.dumps(result))


@pytest.mark.parametrize("vector", [each for each in _VECTORS if len(each.remotes) in {3, 4}], ids=lambda each: each.id)
def test_order_never_matters(vector: Vector) -> None:
    """Reports in any order give the very same result."""
    reports = [_report(each, vector.at) for each in vector.remotes]
    primary = _caa("athens", at=vector.at)
    found = {
        corroborate(primary, order, seat=_SEAT, at=vector.at).to_json() for order in itertools.permutations(reports)
    }
    assert len(found) == 1


@given(st.lists(st.sampled_from(["pass", "fail", "silent", "claim", "deny", "unkept"]), min_size=9, max_size=9))
def test_a_miss_never_helps(verdicts: list[str]) -> None:
    """From any attempt that does not pass, turning yes into no or silence never makes one that does (M11)."""
    names = [name for name in _PLACES if name not in {"athens", "salonika", "london", "lisbon"}]
    told = [f"{name} {verdict}" for name, verdict in zip(names, verdicts, strict=True)]
    before = _corroborate(told).verdict
    for place, verdict in enumerate(verdicts):
        if verdict in {"pass", "claim"}:
            after = _corroborate([*told[:place], f"{names[place]} silent", *told[place + 1 :]]).verdict
            assert not (before is Verdict.FAIL and after is Verdict.PASS)


# --- who counts

_FOUR = ("dublin pass", "tokyo pass", "virginia pass", "sydney pass")


def _with(
    changed: RemoteReport, *, at: datetime = _AT, primary: CaaResult | None = None, policy: Policy = BASELINE
) -> MpicResult:
    others = [_report(each, at) for each in ("dublin pass", "tokyo pass", "virginia pass")]
    return corroborate(primary or _caa("athens", at=at), [*others, changed], seat=_SEAT, at=at, policy=policy)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (lambda: _caa("sydney", name="www.shop.example", policy=_REMOTE), "mpic.remote-other-question"),
        (lambda: _caa("sydney", policy=_REMOTE, accounts={"https://ca.example/1"}), "mpic.remote-other-question"),
        (lambda: _caa("sydney", policy=_REMOTE, method="http-01"), "mpic.remote-other-question"),
        (lambda: _caa("sydney", policy=_REMOTE, at=_AT - timedelta(minutes=11)), "mpic.remote-other-attempt"),
        (lambda: _caa("sydney", policy=_REMOTE, at=_AT + timedelta(minutes=11)), "mpic.remote-other-attempt"),
        (lambda: _caa("sydney", policy=_REMOTE, at=_AT - timedelta(minutes=10)), "mpic.remote-corroborates"),
        (lambda: _caa("athens", policy=_REMOTE), "mpic.remote-shared-view"),
        (lambda: _caa("dublin", policy=_REMOTE), "mpic.remote-shared-view"),
        (lambda: _caa("elsewhere", policy=_REMOTE), "mpic.remote-shared-view"),
        (lambda: _caa("sydney", policy=PRIVATE), "mpic.remote-other-policy"),
        (lambda: _caa("sydney", policy=attrs.evolve(_REMOTE, mpic=MpicPolicy(remotes=9))), "mpic.remote-other-policy"),
        (lambda: _caa("sydney"), "mpic.remote-corroborates"),
    ],
)
def test_a_remote_counts_only_for_this_attempt(changed: Callable[[], CaaResult], code: str) -> None:
    """The same question, attempt and choices, from a vantage of its own, or it does not count (D12, D15)."""
    result = _with(RemoteReport(perspective=_place("sydney"), result=changed()))
    assert _of(result, "sydney") == code
    assert result.quorum == ("4/4" if code == "mpic.remote-corroborates" else "3/4")
    assert result.verdict is Verdict.PASS


def test_a_dry_run_does_not_corroborate() -> None:
    """A remote result for another moment than that of its observations is no corroboration."""
    zone = Zone('shop.example. CAA 0 issue "ca.example"', status="secure", clock=FixedClock(_AT), vantage="sydney")
    dry = check_caa("shop.example", issuers={"ca.example"}, resolver=zone, policy=_REMOTE, at=_AT)
    assert _of(_with(RemoteReport(perspective=_place("sydney"), result=dry)), "sydney") == "mpic.remote-disagrees"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"resolver_rir": "ARIN"}, "mpic.remote-resolver-place"),
        ({"resolver_latitude_e6": 53_000_000, "resolver_longitude_e6": -6_000_000}, "mpic.remote-resolver-place"),
        ({"resolver_latitude_e6": 38_000_000, "resolver_longitude_e6": 23_000_000}, "mpic.remote-resolver-place"),
        ({"resolver_latitude_e6": -31_950_500, "resolver_longitude_e6": 115_860_500}, "mpic.remote-corroborates"),
    ],
)
def test_where_resolvers_lie(more: dict[str, Any], code: str) -> None:
    """A resolver lies in the region of its perspective and 500 km from every other, the primary's too (M5)."""
    report = RemoteReport(perspective=_place("sydney", **more), result=_caa("sydney", policy=_REMOTE))
    assert _of(_with(report), "sydney") == code


def test_two_reports_of_one_perspective() -> None:
    """One attempt has one report of each perspective; a second one refuses, also one named as the primary (M10)."""
    twice = _corroborate([*_FOUR, "sydney silent"])
    assert twice.verdict is Verdict.FAIL
    assert "mpic.remote-twice" in {each.code for each in twice.deciding()}
    as_primary = RemoteReport(perspective=attrs.evolve(_place("sydney"), id="athens"), claim=True, raw=b"{}")
    assert "mpic.remote-twice" in {each.code for each in _with(as_primary).deciding()}


# --- the primary


def test_the_primary_must_pass_by_itself() -> None:
    """Remotes only confirm: no number of them makes up for the primary (M1)."""
    refused = _caa("athens", permit=False)
    result = corroborate(refused, [_report(each, _AT) for each in _FOUR], seat=_SEAT, at=_AT)
    assert result.verdict is Verdict.FAIL
    assert result.deciding()[0].code == "mpic.primary-not-pass"
    assert result.deciding()[0].saw == ("FAIL", "caa.issuer-not-listed")
    zone = Zone(clock=FixedClock(_AT), vantage="athens")
    zone.fail("shop.example", "CAA", "servfail")
    unknown = check_caa("shop.example", issuers={"ca.example"}, resolver=zone)
    result = corroborate(unknown, [_report(each, _AT) for each in _FOUR], seat=_SEAT, at=_AT)
    assert result.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("primary", "code"),
    [
        (lambda: _caa("athens", policy=_REMOTE), "mpic.primary-is-remote"),
        (lambda: _caa("athens", policy=PRIVATE), "mpic.primary-other-policy"),
        (
            lambda: check_caa(
                "shop.example",
                issuers={"ca.example"},
                resolver=Zone("", status="secure", clock=FixedClock(_AT), vantage="athens"),
                at=_AT,
            ),
            "mpic.primary-dry-run",
        ),
    ],
)
def test_what_is_no_primary(primary: Callable[[], CaaResult], code: str) -> None:
    """A remote's result, one of a private PKI, a dry run: none of them is the primary conclusion (M1)."""
    result = corroborate(primary(), [_report(each, _AT) for each in _FOUR], seat=_SEAT, at=_AT)
    assert result.verdict is Verdict.FAIL
    assert code in {each.code for each in result.deciding()}


@pytest.mark.parametrize(
    ("later", "fits"),
    [
        (timedelta(0), True),
        (timedelta(minutes=10), True),
        (timedelta(minutes=10, microseconds=1), False),
        (timedelta(microseconds=-1), False),
        (-_DAY * 300, False),
        (-_DAY * 800, False),
    ],
)
def test_the_moment_of_the_attempt(later: timedelta, fits: bool) -> None:
    """The rules are those of the attempt itself: no other moment can be given to choose others (M13)."""
    reports = [_report(each, _AT) for each in _FOUR]
    result = corroborate(_caa("athens"), reports, seat=_SEAT, at=_AT + later)
    assert ("mpic.primary-other-attempt" not in {each.code for each in result.findings}) is fits
    assert (result.verdict is Verdict.PASS) is fits


# --- policy


def test_choices() -> None:
    """A policy may ask for more remotes, refuse claims and shorten the attempt; a private one has no duty."""
    more = attrs.evolve(BASELINE, name="more", mpic=MpicPolicy(remotes=5))
    assert "mpic.remotes-too-few" in {each.code for each in _corroborate(_FOUR, policy=more).deciding()}
    strict = attrs.evolve(BASELINE, name="strict", mpic=MpicPolicy(claims="refuse"))
    claims = _corroborate(["dublin claim", "tokyo pass", "virginia pass", "sydney pass"], policy=strict)
    assert (_of(claims, "dublin"), claims.quorum) == ("mpic.claim-not-counted", "3/4")
    short = attrs.evolve(BASELINE, name="short", mpic=MpicPolicy(attempt=timedelta(minutes=1)))
    late = RemoteReport(
        perspective=_place("sydney"), result=_caa("sydney", policy=_REMOTE, at=_AT + timedelta(seconds=61))
    )
    assert _of(_with(late, policy=short), "sydney") == "mpic.remote-other-attempt"
    private = _corroborate([], policy=PRIVATE)
    assert [each.code for each in private.deciding()] == ["mpic.not-required"]


def test_requirements_of_a_day() -> None:
    """The numbers of each phase, to the microsecond (BR 1.6.4)."""
    phases = [(2025, 3, 15, 2), (2026, 3, 15, 3), (2026, 6, 15, 4), (2026, 12, 15, 5)]
    before = 0
    for year, month, day, remotes in phases:
        since = datetime(year, month, day, tzinfo=timezone.utc)
        assert requirements(since - timedelta(microseconds=1)).remotes == before
        assert requirements(since).remotes == before + (2 if before == 0 else 1) == remotes
        before = remotes
    assert not requirements(datetime(2025, 9, 14, tzinfo=timezone.utc)).binding
    assert requirements(datetime(2025, 9, 15, tzinfo=timezone.utc)).binding
    assert [requirements(datetime(2026, 3, day, tzinfo=timezone.utc)).regions for day in (14, 15)] == [0, 2]
    assert [requirements(_AT).misses_allowed(used) for used in range(12)] == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    with pytest.raises(InputError, match="^at must have a time zone"):
        requirements(datetime(2026, 1, 1))


# --- covers, expiry, log


def test_caa_corroboration_lasts_398_days() -> None:
    """It holds for the domain and those below it, of the same kind, for 398 days, and not before it was made (M12)."""
    result = _corroborate(_FOUR)
    limit = _AT + 398 * _DAY
    assert result.expires_at == limit
    for name in ("shop.example", "www.shop.example", "a.b.shop.example"):
        assert result.covers(name, issued_at=limit) == ()
    codes = {
        "other.example": "mpic.evidence-other-name",
        "shopx.example": "mpic.evidence-other-name",
        "*.shop.example": "mpic.evidence-other-name",
        "192.0.2.1": "mpic.evidence-other-name",
    }
    for name, code in codes.items():
        assert [each.code for each in result.covers(name, issued_at=_AT)] == [code]
    for moment_ in (limit + timedelta(microseconds=1), _AT - timedelta(microseconds=1)):
        assert [each.code for each in result.covers("shop.example", issued_at=moment_)] == ["mpic.evidence-expired"]
    failed = _corroborate(_FOUR[:2])
    assert [each.code for each in failed.covers("shop.example", issued_at=_AT)] == ["mpic.evidence-not-pass"]
    with pytest.raises(InputError, match="^issued_at must have a time zone"):
        result.covers("shop.example", issued_at=datetime(2026, 1, 1))


def test_the_log_records() -> None:
    """One record a perspective with name and result, and one with the quorum, as BR 5.4.1 asks (M15, D14)."""
    result = _corroborate(["dublin pass", "tokyo silent", "virginia deny", "sydney claim"])
    rows = result.log_records()
    assert [(row.get("perspective"), row.get("result")) for row in rows[:-1]] == [
        ("dublin", "mpic.remote-corroborates"),
        ("sydney", "mpic.remote-claims"),
        ("tokyo", "mpic.remote-silent"),
        ("virginia", "mpic.remote-disagrees"),
    ]
    assert all(row["name"] == "shop.example" for row in rows)
    assert all(row["check"] == "caa" for row in rows)
    assert rows[-1]["quorum"] == "2/4"
    assert result.subject() == "corroboration of CAA for shop.example"
    assert "quorum" in pkicheck.explain(result)
    with pytest.raises(Refused):
        result.require()


# --- evidence


def test_evidence_that_was_edited() -> None:
    """A record whose inner result was forged, withheld or reshaped is refused (R108)."""
    result = _corroborate(_FOUR)
    record: Any = parse_json(result.to_json(), what="x")
    inner = record["asked"]["primary"]
    withheld = {**record, "documents": {key: text for key, text in record["documents"].items() if key != inner}}
    with pytest.raises(InputError, match="lacks the primary"):
        pkicheck.load(canonical(withheld)).replay()
    assert pkicheck.load(canonical(withheld)).replay(documents=[result.plan.primary.to_json()]).same
    for key, value, message in (
        ("remotes", {}, "remotes must be a list"),
        ("remotes", [{}], "a report has exactly"),
        ("remotes", [{**record["asked"]["remotes"][0], "claim": "yes"}], "claim must be"),
        ("seat", {}, "a perspective has exactly"),
        ("seat", {**record["asked"]["seat"], "latitude_e6": "x"}, "latitude_e6"),
        ("seat", {**record["asked"]["seat"], "latitude_e6": True}, "latitude_e6"),
        ("more", 1, "exactly at, policy"),
    ):
        edited = {**record, "asked": {**record["asked"], key: value}}
        with pytest.raises(InputError, match=message):
            pkicheck.load(canonical(edited)).replay()


def test_evidence_at_another_day() -> None:
    """Decided again for a later day, the same attempt lacks a perspective: the rules of that day count (M13)."""
    stored = pkicheck.load(_corroborate(_FOUR).to_json())
    later = stored.replay(at=datetime(2026, 12, 15, tzinfo=timezone.utc))
    assert later.verdict_changed
    assert "mpic.remotes-too-few" in later.findings_added


# --- places and arguments


def test_distances() -> None:
    """Great circles: known distances, symmetric, zero at home, half the globe to the antipode."""
    athens, salonika = _place("athens").place, _place("salonika").place
    assert 295 < distance_km(athens, salonika) < 310
    assert distance_km(athens, salonika) == distance_km(salonika, athens)
    assert distance_km(athens, athens) == 0
    assert 20_000 < distance_km((0, 0), (0, 180_000_000)) < 20_020
    assert distance_km((0, 179_000_000), (0, -179_000_000)) < 223
    # one degree of a meridian is 111.195 km
    assert not far_enough((0, 0), (4_496_000, 0))
    assert far_enough((0, 0), (4_497_000, 0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: _place("athens", latitude_e6=90_000_001), "perspective athens: latitude_e6"),
        (lambda: _place("athens", longitude_e6=-180_000_001), "longitude_e6"),
        (lambda: _place("athens", latitude_e6=37.9), "latitude_e6"),
        (lambda: _place("athens", latitude_e6=True), "latitude_e6"),
        (lambda: _place("athens", rir="RIPE"), "rir must be one of"),
        (lambda: _place("athens", rir=None), "rir must be one of"),
        (lambda: _place("athens", resolver_rir="RIPE"), "resolver_rir must be one of"),
        (lambda: _place("athens", resolver_latitude_e6=5), "both coordinates"),
        (lambda: _place("athens", resolver_latitude_e6=5, resolver_longitude_e6="x"), "resolver_longitude_e6"),
        (lambda: attrs.evolve(_SEAT, id=""), "id must be"),
        (lambda: _place("athens", id=5), "id must be"),
        (lambda: attrs.evolve(_SEAT, id="a\x1b"), "id must be"),
        (lambda: attrs.evolve(_SEAT, resolver="x" * 256), "resolver must be"),
        (lambda: RemoteReport(perspective=_SEAT, result=_caa("athens"), claim=True), "not both"),
        (lambda: RemoteReport(perspective=_SEAT, claim=1), "claim must be"),  # type: ignore[arg-type]
        (lambda: RemoteReport(perspective=_SEAT, result=_corroborate(_FOUR)), "CaaResult or a DcvResult"),
        (lambda: corroborate(_corroborate(_FOUR), [], seat=_SEAT, at=_AT), "primary must be"),
        (lambda: corroborate("yes", [], seat=_SEAT, at=_AT), "primary must be"),  # type: ignore[arg-type]
        (lambda: corroborate(_caa("athens"), ["yes"], seat=_SEAT, at=_AT), "RemoteReports"),  # type: ignore[list-item]
        (lambda: corroborate(_caa("athens"), [], seat=_SEAT, at=datetime(2026, 1, 1)), "at must have a time zone"),
        (
            lambda: corroborate(
                _caa("athens"),
                [RemoteReport(perspective=attrs.evolve(_SEAT, id=str(number))) for number in range(1001)],
                seat=_SEAT,
                at=_AT,
            ),
            "at most 1000",
        ),
    ],
)
def test_wrong_arguments(call: Callable[[], object], message: str) -> None:
    """A wrong argument is one error that names it."""
    with pytest.raises(InputError, match=message):
        call()


def test_bounds_of_a_perspective() -> None:
    """Both poles, the date line and the longest names are places and names; a resolver may stand on the equator."""
    pole = _place("athens", id="x" * 255, resolver="y" * 255, latitude_e6=90_000_000, longitude_e6=-180_000_000)
    assert pole.place == (90_000_000, -180_000_000) == pole.resolver_place
    apart = _place("athens", resolver_latitude_e6=0, resolver_longitude_e6=0)
    assert apart.resolver_place == (0, 0)
    assert (apart.resolver_region, _place("athens", resolver_rir="ARIN").resolver_region) == ("RIPE NCC", "ARIN")
    with pytest.raises(InputError, match="resolver_rir must be one of AFRINIC"):
        _place("athens", resolver_latitude_e6=0, resolver_longitude_e6=0, resolver_rir="x")


def test_what_the_findings_say() -> None:
    """Expected and seen are there for a reader who has nothing but the finding."""
    few = _corroborate(["dublin pass"])
    assert [(each.code, each.place, each.expected, each.saw) for each in few.deciding()] == [
        ("mpic.remotes-too-few", "remotes", "at least 4", ("1",)),
        ("mpic.regions-too-few", "remotes", "at least 2", ("RIPE NCC",)),
    ]
    missed = _corroborate(["dublin pass", "tokyo pass", "virginia deny", "sydney fail"])
    (quorum,) = missed.deciding()
    assert (quorum.expected, quorum.saw) == ("at most 1 misses", ("2/4",))
    said = {each.place: each.saw for each in missed.findings}
    assert said["virginia"] == ("claim",)
    assert said["sydney"] == ("FAIL", "caa.issuer-not-listed")
    borrowed = _with(RemoteReport(perspective=_place("sydney"), result=_caa("athens", policy=_REMOTE)))
    (view,) = [each for each in borrowed.findings if each.place == "sydney"]
    assert (view.expected, view.saw) == ("sydney", ("athens",))
    other = _with(RemoteReport(perspective=_place("sydney"), result=_caa("sydney", name="www.shop.example")))
    (question,) = [each for each in other.findings if each.place == "sydney"]
    assert (question.expected, question.saw) == ("CAA for shop.example", ("CAA for www.shop.example",))


def test_every_observation_belongs_to_the_attempt() -> None:
    """A result of which one answer is of an earlier attempt does not corroborate (M10)."""
    clock = FixedClock(_AT - timedelta(minutes=30))
    zone = Zone('shop.example. CAA 0 issue "ca.example"', status="secure", clock=clock, vantage="sydney")
    early: list[pkicheck.Observation] = []
    check_caa("shop.example", issuers={"ca.example"}, resolver=zone, policy=_REMOTE, record=early.append)
    late = _caa("sydney", policy=_REMOTE)
    mixed = pkicheck.replay(late.plan, pkicheck.Seen([early[0], *late.observations]))
    assert {each.sent for each in mixed.observations} == {_AT, _AT - timedelta(minutes=30)}
    assert _of(_with(RemoteReport(perspective=_place("sydney"), result=mixed)), "sydney") == "mpic.remote-other-attempt"
