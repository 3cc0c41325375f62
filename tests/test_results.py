"""Results: a computed verdict that nobody can forge or overlook, in values that can be kept, compared and sent."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import permutations
from typing import Any, ClassVar, cast, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkicheck
from pkicheck.caa import caa_plan
from pkicheck.canon import JsonValue, parse_json
from pkicheck.codes import CATALOGUE
from pkicheck.errors import InputError, Refused, TransportError
from pkicheck.findings import Finding, Verdict, finding
from pkicheck.policy import BASELINE, PRIVATE
from pkicheck.ports import Seen
from pkicheck.results import Kind, Result, combine
from pkicheck.rules import RULES_DIGEST
from pkicheck.wording import explain
from tests.samples import AT, ISSUERS, caa, results

NOTE, DOUBT, REFUSAL = "caa.authorised", "dns.lookup-timeout", "caa.issuer-not-listed"


@attrs.frozen(kw_only=True)
class Plain(Result):
    """The least result there can be."""

    kind: ClassVar[Kind] = "scan"

    def asked(self) -> dict[str, JsonValue]:
        return {}

    def documents(self) -> tuple[bytes, ...]:
        return ()


def plain(*codes: str, **rest: Any) -> Plain:
    """A result with these findings."""
    findings = tuple(finding(each, f"place {index}") for index, each in enumerate(codes))
    return Plain(**{"findings": findings, "at": AT, "policy": BASELINE, "expires_at": None, "observations": (), **rest})


PASS, FAIL, INCOMPLETE = plain(NOTE), plain(NOTE, REFUSAL, DOUBT), plain(NOTE, DOUBT)


# --- no truth value


@pytest.mark.parametrize(
    "use",
    [
        bool,
        lambda result: not result,
        lambda result: result and 1,
        lambda result: result or 1,
        lambda result: 1 if result else 2,
        lambda result: all([result]),
        lambda result: any([result]),
        lambda result: list(filter(None, [result])),
    ],
)
@pytest.mark.parametrize("result", [PASS, FAIL, INCOMPLETE, caa("good.com")])
def test_a_result_has_no_truth_value(use: Callable[[Result], object], result: Result) -> None:
    """However a result is used as a condition, TypeError says what to call instead (R072)."""
    with pytest.raises(TypeError, match=r"call \.require\(\), or compare \.verdict with Verdict\.PASS"):
        use(result)


def test_no_public_function_answers_with_a_boolean() -> None:
    """No name of the public API returns a plain truth value for a request that may be invalid (R072)."""
    for result in results().values():
        for name in ("verdict", "require", "summary", "deciding", "to_json", "asked", "documents"):
            got = getattr(result, name)
            if callable(got) and name != "require":
                got = got()
            assert not isinstance(got, bool)


# --- the verdict


@given(st.lists(st.sampled_from([NOTE, DOUBT, REFUSAL]), min_size=1, max_size=6))
def test_the_verdict_is_computed(codes: list[str]) -> None:
    """FAIL with a refusal, else INCOMPLETE with a doubt, else PASS; what decided it is what is shown."""
    result = plain(*codes)
    wanted = Verdict.FAIL if REFUSAL in codes else Verdict.INCOMPLETE if DOUBT in codes else Verdict.PASS
    assert result.verdict is wanted
    decisive = {Verdict.FAIL: REFUSAL, Verdict.INCOMPLETE: DOUBT, Verdict.PASS: NOTE}[wanted]
    assert [each.code for each in result.deciding()] == [each for each in codes if each == decisive]


@pytest.mark.parametrize("result", [*results().values()])
def test_no_result_stores_its_verdict(result: Result) -> None:
    """A verdict is no field that could be set beside the findings, by `evolve` neither."""
    assert "verdict" not in {field.name for field in attrs.fields(type(result))}
    changed = attrs.evolve(result, findings=(*result.findings, finding(REFUSAL, "x")))
    assert changed.verdict is Verdict.FAIL
    with pytest.raises(AttributeError):
        cast("Any", result).verdict = Verdict.PASS
    with pytest.raises(TypeError):
        attrs.evolve(cast("Any", result), verdict=Verdict.PASS)


def test_a_result_states_something() -> None:
    """A result without a finding cannot exist: silence is not a PASS (R072)."""
    with pytest.raises(InputError, match="at least one finding"):
        plain()
    with pytest.raises(InputError, match="at least one finding"):
        attrs.evolve(PASS, findings=())


def test_a_result_has_a_moment_with_a_zone() -> None:
    """A result of a naive moment cannot exist."""
    with pytest.raises(InputError, match="at must have a time zone"):
        plain(NOTE, at=AT.replace(tzinfo=None))
    with pytest.raises(InputError, match="at must be a datetime"):
        plain(NOTE, at="2026-11-21")


@pytest.mark.parametrize("case", ["zone", "naive"])
def test_the_times_of_a_result_are_utc(case: str) -> None:
    """Any aware zone in, UTC out; an expiry without a zone is refused like a moment without one."""
    if case == "zone":
        assert plain(NOTE, at=AT.astimezone(timezone(timedelta(hours=9)))).at.tzinfo is timezone.utc
    else:
        with pytest.raises(InputError):
            plain(NOTE, expires_at=AT.replace(tzinfo=None))


def test_kinds_are_append_only() -> None:
    """The kinds of results stand in evidence: none goes, none is renamed."""
    wanted = ("caa", "dcv", "mpic", "csr", "certificate", "pair", "scan", "reconcile", "gate", "name")
    assert get_args(Kind)[: len(wanted)] == wanted


def test_result_is_abstract() -> None:
    """A result says what was asked: the base class alone is none."""
    with pytest.raises(TypeError, match="abstract"):
        Result(findings=(finding(NOTE, "x"),), at=AT, policy=BASELINE, expires_at=None, observations=())  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]


# --- require and Refused


def test_require_gives_a_pass_back() -> None:
    """`require` is the result itself when it is a PASS, so that it can be chained."""
    assert PASS.require() is PASS
    for name, result in results().items():
        if result.verdict is Verdict.PASS:
            assert result.require() is result, name


@pytest.mark.parametrize("result", [FAIL, INCOMPLETE, *results().values()])
def test_require_raises_on_anything_else(result: Result) -> None:
    """`require` raises `Refused` on FAIL and on INCOMPLETE, and the exception carries the whole result."""
    if result.verdict is Verdict.PASS:
        return
    with pytest.raises(Refused) as caught:
        result.require()
    assert caught.value.result is result
    assert str(caught.value) == result.summary()
    assert not isinstance(caught.value, (ValueError, TransportError))


def test_refused_survives_pickling() -> None:
    """`Refused` crosses a process with its result and its message."""
    for result in (FAIL, results()["other"]):
        error = Refused(result)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is Refused
        assert again.result == result
        assert str(again) == str(error)
        assert copy.copy(error).result is result


def test_exceptions_say_who_is_to_blame() -> None:
    """A wrong argument is a ValueError, our own side broken is not, and neither is a refusal; all survive pickling."""
    assert issubclass(InputError, ValueError)
    assert not issubclass(TransportError, ValueError)
    assert not issubclass(Refused, ValueError)
    for kind in (InputError, TransportError):
        again = pickle.loads(pickle.dumps(kind("why")))
        assert type(again) is kind
        assert str(again) == "why"


# --- words


def test_summary_names_subject_verdict_and_reason() -> None:
    """The one line of an exception says what was asked, verdict, code, place, and how much more there is."""
    assert FAIL.subject() == "scan"
    assert FAIL.summary() == f"scan: FAIL: {REFUSAL}: {FAIL.findings[1].message}"
    both = plain(NOTE, NOTE)
    assert both.summary() == f"scan: PASS: {NOTE}: {both.findings[0].message} (and 1 more)"
    assert results()["other"].summary().startswith("CAA for other.com: FAIL: caa.issuer-not-listed: at other.com: ")
    assert results()["name-internal"].summary().startswith("name host.intern: FAIL: name.internal: ")


@pytest.mark.parametrize("name", sorted(results()))
def test_every_result_can_be_explained(name: str) -> None:
    """`explain` says of any result what it is about, and every finding with its code and message (R134)."""
    result = results()[name]
    text = explain(result)
    assert text.isascii()
    assert all(f"  {each.code}: {each.message}" in text.splitlines() for each in result.findings)
    if isinstance(result, pkicheck.CaaResult):
        assert f"for {result.asked()['name']} by ca.example, ca.test." in text.splitlines()[0]
    else:
        assert text.splitlines()[0] == f"{result.subject()}: {result.verdict.name}"
        assert ("What would make it pass:" in text) is (result.verdict is not Verdict.PASS)


def test_every_explanation_says_what_would_make_it_pass() -> None:
    """An explanation of a refusal ends in the remedy of the codes that decided it (R134)."""
    result = results()["name-internal"]
    assert all(CATALOGUE[each.code].remedy in explain(result) for each in result.deciding())


def test_a_dry_run_is_not_explained_as_good_for_signing() -> None:
    """The explanation of a dry run does not say until when it may be relied on: it may not be (R027)."""
    assert "may be relied on" not in explain(results()["dry-run"])


# --- values


@pytest.mark.parametrize("result", [PASS, FAIL, *results().values()])
def test_results_are_values(result: Result) -> None:
    """Results are immutable, compare and hash by content, and survive copying and pickling with their evidence."""
    again = pickle.loads(pickle.dumps(result))
    assert again == result
    assert hash(again) == hash(result)
    assert copy.deepcopy(result) == result
    assert again.verdict is result.verdict
    for field in attrs.fields(type(result)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(result, field.name, None)
    assert not hasattr(result, "__dict__")
    if not isinstance(result, Plain):
        assert again.to_json() == result.to_json()


def test_results_differ_by_each_field() -> None:
    """Two results that differ in moment, policy, expiry or findings are two results."""
    others = [
        plain(NOTE, NOTE),
        plain(NOTE, at=AT + timedelta(microseconds=1)),
        plain(NOTE, policy=PRIVATE),
        plain(NOTE, expires_at=AT),
        plain(NOTE, observations=results()["good"].observations),
    ]
    assert len({PASS, *others}) == len(others) + 1
    assert plain(NOTE) == PASS


@pytest.mark.parametrize("result", [*results().values()])
def test_results_hold_tuples(result: Result) -> None:
    """What leaves the library does not change afterwards: findings and observations are tuples of values."""
    assert isinstance(result.findings, tuple)
    assert isinstance(result.observations, tuple)
    assert all(type(each) is Finding for each in result.findings)
    assert result.at.utcoffset() == timedelta(0)
    assert result.expires_at is None or result.expires_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("result", [*results().values()])
def test_results_say_what_they_rest_on(result: Result) -> None:
    """Policy, moment, observations and rules of a decision are in the result (R012, R028, R138)."""
    record = cast("dict[str, Any]", parse_json(result.to_json()))
    assert record["rules_digest"] == RULES_DIGEST
    assert record["asked"]["policy"] == result.policy.fingerprint
    assert record["at"] == result.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert len(record["observations"]) == len(result.observations)
    # What asks nothing rests on its documents: two certificates, logs and stores, or bytes that are no key.
    alone = result.kind in ("pair", "certificate", "key") and len(record["documents"]) > 1
    assert result.observations or alone or result.kind in {"mpic", "reconcile"}


def test_a_dry_run_finds_the_same() -> None:
    """On the same observations a dry run has the findings of the real run, and one that says what it is (R027)."""
    real = caa("forbidden.com")
    dry = pkicheck.replay(caa_plan("forbidden.com", issuers=ISSUERS, at=real.at), Seen(real.observations))
    assert [each.code for each in dry.findings if each not in real.findings] == ["evidence.dry-run"]
    assert set(real.findings) <= set(dry.findings)


def test_two_policies_show_which_rules_differ() -> None:
    """One request under two policies: each result names its own, and the findings cite the rules (R012, R028)."""
    public, private = results()["name-internal"], results()["name-internal-private"]
    assert (public.verdict, private.verdict) == (Verdict.FAIL, Verdict.PASS)
    assert public.policy.fingerprint != private.policy.fingerprint
    assert {"br.4.2.2/internal-name"} <= {rule for each in public.findings for rule in each.rules}


# --- combining


@given(st.lists(st.sampled_from([PASS, FAIL, INCOMPLETE]), min_size=1, max_size=6))
def test_combining_takes_the_worst(given_: list[Result]) -> None:
    """FAIL beats INCOMPLETE beats PASS, whatever the order and number of the results (R063)."""
    verdicts = [each.verdict for each in given_]
    wanted = next(each for each in (Verdict.FAIL, Verdict.INCOMPLETE, Verdict.PASS) if each in verdicts)
    assert combine(given_) is wanted
    assert combine(reversed(given_)) is wanted
    assert combine(iter(given_ + given_)) is wanted


def test_combining_in_any_order() -> None:
    """All orders of all three verdicts give FAIL."""
    assert {combine(order) for order in permutations([PASS, FAIL, INCOMPLETE])} == {Verdict.FAIL}


def test_nothing_to_combine_is_a_mistake() -> None:
    """A certificate without a name is no PASS: combining nothing is an InputError (R072)."""
    for nothing in (list[Result](), iter(tuple[Result]()), dict[Result, str]()):
        with pytest.raises(InputError, match="nothing to combine"):
            combine(nothing)


@pytest.mark.parametrize("wrong", [Verdict.PASS, True, None, "pass", pkicheck.load(caa("good.com").to_json())])
def test_only_results_are_combined(wrong: object) -> None:
    """A verdict, a truth value or a stored record beside results is refused by its type: none is a result."""
    with pytest.raises(InputError, match=f"combine takes results, got {type(wrong).__name__}"):
        combine([PASS, cast("Result", wrong)])


def test_the_moment_is_a_datetime() -> None:
    """`at` of every sample is what the clock of its observations said, or what the caller gave."""
    for name, result in results().items():
        assert isinstance(result.at, datetime)
        assert (result.at == AT) is ("dry-run" not in name)
