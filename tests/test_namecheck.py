"""The decision about a name: lists that fail or are old, scope, number and order of names, replay."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import IPv6Address
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.canon import digest
from pkicheck.codes import code
from pkicheck.errors import InputError, Refused
from pkicheck.evidence import load
from pkicheck.findings import Verdict
from pkicheck.lists import PackagedLists, read_root_zone
from pkicheck.namecheck import (
    ROOT_ZONE,
    SPECIAL_PURPOSE,
    SPECIAL_USE,
    SUFFIXES,
    NamePlan,
    NameResult,
    check_name,
    check_names,
    name_plan,
    name_plan_from_json,
)
from pkicheck.names import parse_domain, parse_name
from pkicheck.plans import Needs, replay
from pkicheck.policy import BASELINE, PRIVATE, NamesPolicy, Policy
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request, Seen
from pkicheck.results import combine
from tests.namekit import LISTS, codes, newest, onion_label

_AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_DAY = timedelta(days=1)
_WITHIN = timedelta(seconds=1)


@attrs.define
class _Lists:
    """Lists in memory: a dictionary of answers, each list as old and as broken as the test wants it."""

    answers: dict[tuple[str, str], str]
    days: dict[str, datetime] = attrs.field(factory=dict)
    failures: dict[str, Failure] = attrs.field(factory=dict)
    asked: list[Request] = attrs.field(factory=list)
    late: timedelta = timedelta(0)

    def now(self) -> datetime:
        return _AT

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        self.asked += batch
        return [self._fact(cast("ListQuestion", each)) for each in batch]

    def _fact(self, question: ListQuestion) -> ListFact:
        failure = self.failures.get(question.list)
        return ListFact(
            request=question,
            vantage="lists",
            sent=_AT,
            received=_AT + self.late,
            failure=failure,
            version="" if failure else "1",
            as_of=self.days.get(question.list, _AT - _DAY),
            answer=None if failure else self.answers.get((question.list, question.key)),
        )


def _lists(**changes: Any) -> _Lists:
    answers = {(ROOT_ZONE, "com"): "com", (SUFFIXES, "shop.com"): "com", (SUFFIXES, "www.shop.com"): "com"}
    return attrs.evolve(_Lists(answers), **changes)


def _names_policy(**changes: Any) -> Policy:
    return Policy(name="changed", names=NamesPolicy(**changes))


# -- the lists as such


def test_every_list_is_named_with_version_and_day() -> None:
    """The result states version and day of each list that was asked (R071)."""
    result = check_name("*.shop.com", lists=_lists())
    used = {each.place: each.saw for each in result.findings if each.code == "name.list-used"}
    day = "of 2026-11-20T12:00:00.000000Z"
    assert used == dict.fromkeys((SPECIAL_USE, ROOT_ZONE, SUFFIXES), ("version 1", day))
    assert codes(result) == ["name.accepted"]
    assert result.verdict is Verdict.PASS


@pytest.mark.parametrize("which", [SPECIAL_USE, ROOT_ZONE])
def test_a_list_that_cannot_be_asked_is_a_doubt(which: str) -> None:
    """Without the registry or the root zone a name is INCOMPLETE, never a PASS (R071)."""
    for failure in Failure:
        result = check_name("shop.com", lists=_lists(failures={which: failure}))
        assert codes(result) == ["name.list-unavailable"]
        assert [each.saw for each in result.findings if each.code == "name.list-unavailable"] == [(failure.name,)]
        assert result.verdict is Verdict.INCOMPLETE


def test_the_address_registry_that_cannot_be_asked_is_a_doubt() -> None:
    """Without the special-purpose registries an address is INCOMPLETE."""
    result = check_name("8.8.8.8", lists=_lists(failures={SPECIAL_PURPOSE: Failure.UNREACHABLE}))
    assert codes(result) == ["name.list-unavailable"]
    assert result.verdict is Verdict.INCOMPLETE


def test_a_wildcard_needs_the_suffixes_and_another_name_does_not() -> None:
    """Without the extra `psl` a wildcard is INCOMPLETE with the install line; a plain name passes with a note."""
    lists = _lists(failures={SUFFIXES: Failure.UNREACHABLE})
    wildcard = check_name("*.shop.com", lists=lists)
    assert codes(wildcard) == ["name.suffixes-unavailable"]
    assert wildcard.verdict is Verdict.INCOMPLETE
    assert "pip install 'pkicheck[psl]'" in code("name.suffixes-unavailable").remedy
    plain = check_name("shop.com", lists=lists)
    assert codes(plain) == ["name.accepted", "name.suffixes-not-asked"]
    assert plain.verdict is Verdict.PASS
    # What is wrong without the list stays wrong without it.
    assert check_name("*.com", lists=lists).verdict is Verdict.FAIL


def test_suffix_list_without_a_rule_for_the_top_level() -> None:
    """A wildcard below a top-level domain that the suffix list does not know is a doubt in the public DNS only."""
    lists = _lists(answers={(ROOT_ZONE, "new"): "new"})
    assert codes(check_name("*.shop.new", lists=lists)) == ["name.wildcard-suffix-unknown"]
    assert codes(check_name("shop.new", lists=lists)) == ["name.accepted"]
    assert codes(check_name("*.shop.new", lists=lists, policy=PRIVATE)) == ["name.accepted", "name.scope-public-name"]


@pytest.mark.parametrize(
    ("which", "name"),
    [(SPECIAL_USE, "shop.com"), (ROOT_ZONE, "shop.com"), (SUFFIXES, "*.shop.com"), (SPECIAL_PURPOSE, "8.8.8.8")],
)
def test_a_list_too_old_at_the_moment_judged(which: str, name: str) -> None:
    """A list older than the policy's limit is a doubt or a note, as the policy says; at the limit neither (R071)."""
    limit = timedelta(days=180)
    at_limit = check_name(name, lists=_lists(days={which: _AT - limit}))
    assert codes(at_limit) == ["name.accepted"]
    lists = _lists(days={which: _AT - limit - timedelta(microseconds=1)})
    stale = check_name(name, lists=lists)
    assert codes(stale) == ["name.list-stale"]
    assert stale.verdict is Verdict.INCOMPLETE
    (found,) = [each for each in stale.findings if each.code == "name.list-stale"]
    assert found.place == which
    assert found.expected.endswith(" or later")
    noted = check_name(name, lists=lists, policy=_names_policy(list_stale="note"))
    assert codes(noted) == ["name.accepted", "name.list-stale-noted"]
    shorter = check_name(name, lists=_lists(), policy=_names_policy(list_max_age=timedelta(hours=1)))
    assert shorter.verdict is Verdict.INCOMPLETE


def test_an_old_suffix_list_is_a_note_for_a_plain_name() -> None:
    """Only a wildcard hangs on the suffix list, so its age is a note for other names."""
    result = check_name("shop.com", lists=_lists(days={SUFFIXES: _AT - timedelta(days=400)}))
    assert codes(result) == ["name.accepted", "name.list-stale-noted"]
    assert result.verdict is Verdict.PASS


def test_age_counts_to_the_moment_judged() -> None:
    """The age is that at `at`, not that at the asking; a list of a later day than `at` is not old."""
    lists = _lists(days=dict.fromkeys((SPECIAL_USE, ROOT_ZONE, SUFFIXES), _AT - timedelta(days=170)))
    assert check_name("shop.com", lists=lists).verdict is Verdict.PASS
    later = check_name("shop.com", lists=lists, at=_AT + timedelta(days=20))
    assert later.verdict is Verdict.INCOMPLETE
    earlier = check_name("shop.com", lists=lists, at=_AT - timedelta(days=3000))
    assert codes(earlier) == ["name.accepted", "evidence.dry-run"]


def test_a_list_from_the_future_is_a_doubt() -> None:
    """A list that bears a later moment than that of the asking cannot be fresh: it is wrong (R071)."""
    assert check_name("shop.com", lists=_lists(days={ROOT_ZONE: _AT})).verdict is Verdict.PASS
    result = check_name("shop.com", lists=_lists(days={ROOT_ZONE: _AT + timedelta(microseconds=1)}))
    assert codes(result) == ["name.list-from-later"]
    assert result.verdict is Verdict.INCOMPLETE


def test_an_answer_received_before_it_was_asked_for_is_a_doubt() -> None:
    """A clock that runs backwards is a finding of its own."""
    result = check_name("shop.com", lists=_lists(late=-timedelta(seconds=1)))
    assert "evidence.clock-order" in codes(result)
    assert result.verdict is Verdict.INCOMPLETE
    assert "evidence.clock-order" not in codes(check_name("shop.com", lists=_lists()))


def test_expiry_is_when_the_first_list_becomes_too_old() -> None:
    """A result may be relied on until the oldest of its lists is too old; without that limit it does not age."""
    days = {ROOT_ZONE: _AT - 3 * _DAY, SPECIAL_USE: _AT - 2 * _DAY, SUFFIXES: _AT - _DAY}
    assert check_name("shop.com", lists=_lists(days=days)).expires_at == _AT - 3 * _DAY + timedelta(days=180)
    assert check_name("shop.com", lists=_lists(days=days), policy=_names_policy(list_stale="note")).expires_at is None
    gone = dict.fromkeys((ROOT_ZONE, SPECIAL_USE, SUFFIXES), Failure.TIMEOUT)
    assert check_name("shop.com", lists=_lists(failures=gone)).expires_at is None


def test_a_top_level_domain_delegated_yesterday() -> None:
    """A name in a new top-level domain is refused by the old list and accepted after its update (R071, K05)."""
    lines = "# Version {}00\nCOM\nNET\nORG\n{}"
    old, new = (newest() + each * _DAY for each in (1, 2))
    before = read_root_zone(lines.format(f"{old:%Y%m%d}", "").encode())
    after = read_root_zone(lines.format(f"{new:%Y%m%d}", "BRANDNEW\n").encode())
    for zone, expected in ((before, "name.internal"), (after, "name.accepted")):
        lists = PackagedLists(root_zone=zone, clock=lambda: newest() + 3 * _DAY)
        assert codes(check_name("www.brandnew", lists=lists))[0] == expected


def test_the_ids_of_the_lists() -> None:
    """The ids stand in evidence that is read years later: they never change."""
    assert [ROOT_ZONE, SPECIAL_USE, SPECIAL_PURPOSE, SUFFIXES] == [
        "iana.root-zone",
        "iana.special-use",
        "iana.special-purpose",
        "psl.icann",
    ]


def test_the_moment_is_that_of_the_last_answer() -> None:
    """Without `at` the moment judged is the receipt of the last answer, whatever the order of the answers."""
    plan = name_plan("shop.com")
    needs = plan.step(Seen())
    assert isinstance(needs, Needs)
    facts = [cast("ListFact", each) for each in _lists().exchange(needs.requests, within=_WITHIN)]
    late = [attrs.evolve(each, received=_AT + place * _DAY) for place, each in enumerate(facts)]
    for order in (late, late[::-1]):
        result = plan.step(Seen(order))
        assert isinstance(result, NameResult)
        assert result.at == _AT + 2 * _DAY


# -- what is asked


def test_what_is_asked() -> None:
    """One batch asks all; a name that is none asks nothing about itself; an onion name needs no list of the DNS."""

    def asked(name: str | bytes) -> list[tuple[str, str]]:
        lists = _lists()
        check_name(name, lists=lists)
        return [(each.list, each.key) for each in lists.asked if isinstance(each, ListQuestion)]

    assert asked("*.shop.com") == [(SPECIAL_USE, "shop.com"), (ROOT_ZONE, "com"), (SUFFIXES, "shop.com")]
    assert asked("::1") == [(SPECIAL_PURPOSE, "::1")]
    assert asked("my_shop.com") == [(ROOT_ZONE, "")]
    onion = f"{onion_label(bytes(32))}.onion"
    assert asked(f"*.{onion}") == [(SPECIAL_USE, onion)]


def test_octets_and_text() -> None:
    """An address is right as text and wrong as the octets of a dNSName (K08); a parsed name is taken as it is."""
    assert check_name("8.8.8.8", lists=LISTS).verdict is Verdict.PASS
    assert codes(check_name(b"8.8.8.8", lists=LISTS)) == ["name.ipv4-literal"]
    assert codes(check_name(parse_name("8.8.8.8"), lists=LISTS)) == ["name.accepted"]
    assert check_name(b"WWW.python.org", lists=LISTS).name == parse_name("www.python.org")
    assert codes(check_name(IPv6Address("fe80::1%eth0"), lists=LISTS)) == ["name.ipv6-zone"]
    # A parsed owner name of one label is no exception to what the lists say of it.
    assert codes(check_name(parse_domain("corp"), lists=LISTS)) == ["name.internal"]


def test_what_is_kept_of_a_name_that_is_none() -> None:
    """The plan keeps what was searched for defects and one octet more, of text, octets and zones alike."""
    for name in ("a" * 5000, b"a" * 5000, "\u00fc" * 5000, IPv6Address(f"fe80::1%{'x' * 5000}")):
        assert len(name_plan(name).raw) == 1025
    for name in ("a" * 254, b"a" * 254):
        assert name_plan(name).raw == b"a" * 254
    assert name_plan(IPv6Address("fe80::1%\ud800")).raw == b"fe80::1%\xed\xa0\x80"
    assert name_plan("a.com").raw == b""


@pytest.mark.parametrize("name", ["\ud800.com", "\u00fc" * 2000, "a" * 10_000_000, "", b"\xff" * 3000, b"\x00"])
def test_any_text_is_a_result(name: str | bytes) -> None:
    """Whatever is given as a name, the result is a refusal with a bounded place and evidence that replays."""
    result = check_name(name, lists=_lists())
    assert result.verdict is Verdict.FAIL
    assert result.name is None
    assert len(result.to_json()) < 20_000
    assert load(result.to_json()).replay().same


def test_wrong_arguments() -> None:
    """A value that is no name, another scope, a naive datetime, no names at all: an InputError that names it."""
    wrong: list[tuple[str, Any]] = [
        ("name must be", lambda: check_name(cast("Any", 5), lists=_lists())),
        ("name must be", lambda: check_name(cast("Any", None), lists=_lists())),
        ("scope must be", lambda: check_name("a.com", lists=_lists(), scope=cast("Any", "outside"))),
        ("at must have a time zone", lambda: check_name("a.com", lists=_lists(), at=_AT.replace(tzinfo=None))),
        ("at least one name", lambda: check_names([], lists=_lists())),
        ("one name to check_name", lambda: check_names("a.com", lists=_lists())),
        ("one name to check_name", lambda: check_names(cast("Any", b"a.com"), lists=_lists())),
        ("deadline", lambda: check_name("a.com", lists=_lists(), deadline=timedelta(0))),
    ]
    for message, call in wrong:
        with pytest.raises(InputError, match=message):
            call()


# -- number and order of names (R063, K04)


_GOOD = [f"host{number}.python.org" for number in range(100)]


@settings(max_examples=60)
@given(
    st.data(), st.integers(1, 100), st.sampled_from(["my_host.com", "a.*.com", "db.internal", "nas.local", "10.0.0.1"])
)
def test_number_and_order_of_names_never_matter(data: st.DataObject, count: int, bad: str) -> None:
    """One bad name among 1 to 100, at any index, shuffled: exactly one refused result, which names it (R063, K04)."""
    index = data.draw(st.integers(0, count - 1))
    names = data.draw(st.permutations(_GOOD[: count - 1]))
    names.insert(index, bad)
    results = check_names(names, lists=LISTS)
    assert [each.plan.shown for each in results] == names
    refused = [each for each in results if each.verdict is not Verdict.PASS]
    assert refused == [results[index]]
    assert refused[0].findings == check_name(bad, lists=LISTS).findings
    assert refused[0].findings[0].place == bad
    assert combine(results) is Verdict.FAIL


def test_the_bad_name_at_each_index() -> None:
    """With a hundred names the bad one is found at each index, and alone (R063)."""
    for index in range(100):
        names = [*_GOOD[:index], "host.jaso", *_GOOD[index + 1 :]]
        results = check_names(names, lists=LISTS)
        assert [place for place, each in enumerate(results) if each.verdict is Verdict.FAIL] == [index]


def test_duplicates_are_given_back_each() -> None:
    """One result for each given name, also when two are the same: nothing is merged or left out (R105)."""
    results = check_names(iter(["a.com", "A.com", "a_b.com", "a.com"]), lists=LISTS)
    assert [each.verdict.name for each in results] == ["PASS", "PASS", "FAIL", "PASS"]


def test_each_answer_is_recorded() -> None:
    """`record` gets every observation of every name as it arrives."""
    seen: list[Observation] = []
    results = check_names(["a.com", "8.8.8.8"], lists=LISTS, record=seen.append)
    assert sorted(map(repr, seen)) == sorted(repr(each) for result in results for each in result.observations)


# -- plans, results, evidence


@pytest.mark.parametrize("name", ["*.shop.com", "8.8.8.8", "my_shop.com", "a.onion"])
def test_the_plan_is_a_value(name: str) -> None:
    """A plan survives pickling, asks once, and decides the same on the same answers in any order."""
    plan = name_plan(name)
    assert pickle.loads(pickle.dumps(plan)) == plan
    needs = plan.step(Seen())
    assert isinstance(needs, Needs)
    answers = LISTS.exchange(needs.requests, within=_WITHIN)
    result = plan.step(Seen(answers))
    assert isinstance(result, NameResult)
    assert result == plan.step(Seen(reversed(answers)))
    assert pickle.loads(pickle.dumps(result)) == result
    if len(answers) > 1:
        assert plan.step(Seen(answers[:1])) == Needs(needs.requests[1:])


def test_a_replay_without_the_answers_is_incomplete() -> None:
    """What was not recorded is a doubt in the replay, for names and addresses alike."""
    for name in ("*.shop.com", "8.8.8.8"):
        result = replay(name_plan(name), Seen())
        assert result.verdict is Verdict.INCOMPLETE
        assert set(codes(result)) <= {"name.list-unavailable", "name.suffixes-unavailable"}
    assert replay(name_plan("a_b.com"), Seen()).verdict is Verdict.FAIL


def test_a_replay_does_not_depend_on_the_lists_of_today() -> None:
    """Stored evidence of a name in a domain that has gone since says what it said (R071, R012)."""
    result = check_name("www.gone", lists=_lists(answers={(ROOT_ZONE, "gone"): "gone"}))
    assert result.verdict is Verdict.PASS
    assert check_name("www.gone", lists=LISTS).verdict is Verdict.FAIL
    replayed = load(result.to_json()).replay()
    assert replayed.same
    assert replayed.result.verdict is Verdict.PASS


def test_a_replay_at_another_moment() -> None:
    """Judged before its rule, a reverse zone is a note; judged on the day, a refusal (BR 4.2.2)."""
    record = check_name("8.8.8.8.in-addr.arpa", lists=LISTS).to_json()
    for day, verdict in (((2026, 3, 14), Verdict.PASS), ((2026, 3, 15), Verdict.FAIL)):
        replayed = load(record).replay(at=datetime(*day, tzinfo=timezone.utc))
        assert replayed.result.verdict is verdict


def test_the_question_is_written_and_read() -> None:
    """`asked` of any plan gives the same plan back, and a plan of another shape is an InputError."""
    plans = [
        name_plan("*.shop.com", at=_AT, policy=PRIVATE, scope="public"),
        name_plan("2001:db8::1"),
        name_plan(b"\xff\x00"),
        name_plan("1.2.3"),
    ]
    for plan in plans:
        documents = {digest(each): each for each in plan.documents()}
        assert name_plan_from_json(plan.asked(), documents, None) == plan
        moved = name_plan_from_json(plan.asked(), documents, _AT - _DAY)
        assert moved == attrs.evolve(plan, at=_AT - _DAY)
    asked = plans[0].asked()
    documents = {digest(each): each for each in plans[0].documents()}
    for wrong, message in (
        ({**asked, "more": 1}, "exactly the fields"),
        ({**asked, "name": "a_b.com"}, "name.underscore"),
        ({**asked, "scope": "x"}, "scope must be"),
        ({**asked, "at": "today"}, r"^asked\.at must"),
        ({**asked, "name": None, "raw": "%"}, r"^asked\.raw is not"),
        ({**asked, "policy": "0"}, "asked.policy"),
    ):
        with pytest.raises(InputError, match=message):
            name_plan_from_json(wrong, documents, None)


def test_a_result_speaks() -> None:
    """The summary names the name, the verdict and the first reason; `require` raises with the result."""
    result = check_name("my_shop.com", lists=LISTS)
    assert result.subject() == "name my_shop.com"
    assert result.summary().startswith("name my_shop.com: FAIL: name.underscore: at my_shop.com: A label holds")
    with pytest.raises(Refused):
        result.require()
    assert check_name("b\u00fc.com", lists=LISTS).subject() == r"name b\xc3\xbc.com"
    assert check_name("shop.com", lists=LISTS).require().name == parse_name("shop.com")


def test_scope_follows_the_policy() -> None:
    """Without a scope a private policy asks for internal names and a public one for public names (R114)."""
    assert name_plan("a.com").scope == "public"
    assert name_plan("a.com", policy=PRIVATE).scope == "internal"
    assert name_plan("a.com", policy=PRIVATE, scope="public").scope == "public"
    assert name_plan("a.com", policy=BASELINE) == NamePlan(name=parse_name("a.com"))
    assert codes(check_name("www.gone", lists=_lists(failures={ROOT_ZONE: Failure.TIMEOUT}), policy=PRIVATE)) == [
        "name.list-unavailable"
    ]
