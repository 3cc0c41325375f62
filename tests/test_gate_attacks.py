"""Attacks on the gate: evidence that was altered, borrowed or made by hand never gives a permit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from cryptography import x509

import pkicheck
from pkicheck import BASELINE, CaaResult, DcvResult, InputError, Verdict
from pkicheck.caa import CaaPlan
from pkicheck.canon import Sha256, canonical, digest, parse_json
from pkicheck.csr import Binding
from pkicheck.dcv import AcmeDns01, DcvPlan
from pkicheck.gate import Approval, GatePlan, Issuance, Proof, authorize, open_seal
from pkicheck.mpic import MpicPlan, MpicResult, RemoteReport, corroborate
from pkicheck.names import parse_domain, parse_name
from pkicheck.plans import replay
from pkicheck.policy import GatePolicy, MpicPolicy, NetPolicy, Policy
from pkicheck.ports import DnsObservation, Seen
from pkicheck.testing import FixedClock, Zone, example_lists
from pkicheck.usecounts import ValueUses
from tests import csrkit, gatekit, test_gate
from tests.gatekit import AT, NAMES, Order, caa, corroborated, dcv, issuance, issuer, order

_REMOTE = attrs.evolve(BASELINE, name="remote", net=NetPolicy(perspective="remote"))
_DAY = timedelta(days=1)


def _evolved(value: Any, **fields: Any) -> Any:
    return attrs.evolve(value, **fields)


def _reports(make: Callable[[str], Any]) -> list[RemoteReport]:
    return [RemoteReport(perspective=each, result=make(each.id)) for each in gatekit.PLACES]


def _quorum(primary: Any, remotes: Any, *, policy: Policy = BASELINE, at: datetime = AT) -> MpicResult:
    return corroborate(primary, remotes, seat=gatekit.SEAT, at=at, policy=policy)


def _refused(made: Order) -> list[str]:
    result = made.authorize()
    assert result.verdict is not Verdict.PASS
    with pytest.raises(pkicheck.Refused):
        _ = result.permit
    return [each.code for each in result.deciding()]


# --- results whose fields say another thing than their observations


def _forged_dcv(real: DcvResult, **fields: Any) -> Order:
    """An order on a validation with altered fields, corroborated as it stands."""
    quorum = _quorum(
        attrs.evolve(real, **fields),
        _reports(
            lambda vantage: attrs.evolve(
                dcv(
                    str(real.plan.asked()["name"]), vantage=vantage, account=real.plan.challenge.account, policy=_REMOTE
                ),
                **{key: value for key, value in fields.items() if key not in {"policy", "expires_at"}},
            )
        ),
    )
    return order(validations=(attrs.evolve(real, **fields),), corroborations=(quorum, *order().corroborations[1:]))


def test_a_validation_that_claims_another_name() -> None:
    """What a result says of its name and authorization domain name is not believed (R021)."""
    honest = dcv("shop.com")
    stolen = attrs.evolve(honest, name=parse_name("victim.com"), adn=parse_domain("victim.com"))
    assert stolen.covers("victim.com", issued_at=AT)
    assert stolen.covers("*.victim.com", issued_at=AT)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"account": gatekit.ACCOUNT}, "gate.dcv-other-account"),
        ({"account": gatekit.ACCOUNT, "order": "order-1"}, "gate.dcv-other-account"),
    ],
)
def test_a_validation_that_claims_another_account(fields: dict[str, Any], code: str) -> None:
    """The account is that of the question, whatever the result says (BR 4.2.1, D10)."""
    assert code in _refused(_forged_dcv(dcv("shop.com", account="https://ca.example/acct/2"), **fields))


def test_evidence_that_claims_another_policy() -> None:
    """A result of a remote perspective, or of another policy, cannot be relabelled (R002)."""
    lax = attrs.evolve(dcv("shop.com", policy=_REMOTE), policy=BASELINE)
    assert "gate.evidence-other-policy" in _refused(order(validations=(lax,)))
    lax_caa = attrs.evolve(caa("*.shop.com", policy=_REMOTE), policy=BASELINE)
    assert "gate.evidence-other-policy" in _refused(order(caa=(caa("shop.com"), lax_caa)))


def test_evidence_that_claims_another_day() -> None:
    """A moment before the duty of corroboration does not do away with it (BR 3.2.2.9)."""
    early = AT - 500 * _DAY
    caas = order().corroborations[1:]
    assert "gate.mpic-missing" in _refused(
        order(validations=(attrs.evolve(dcv("shop.com"), at=early),), corroborations=caas)
    )
    assert "gate.mpic-missing" in _refused(
        order(
            caa=tuple(attrs.evolve(each, at=early) for each in order().caa), corroborations=order().corroborations[:1]
        )
    )


def test_evidence_that_claims_to_last_longer() -> None:
    """A permit ends with the evidence, whatever the result says of its end (BR 3.2.2.8)."""
    early = AT - timedelta(hours=7, minutes=30)
    lasting = attrs.evolve(caa("shop.com", at=early), expires_at=AT + 9 * _DAY)
    made = order(
        caa=(lasting, caa("*.shop.com")),
        corroborations=(*order().corroborations, corroborated("caa", "shop.com", at=early)),
    ).authorize()
    assert made.verdict is Verdict.FAIL or made.permit.expires_at == AT + timedelta(minutes=30)


# --- corroborations


def test_a_corroboration_under_a_policy_that_asks_for_none() -> None:
    """The policy of the corroboration is the policy of the gate (BR 3.2.2.9)."""
    free = attrs.evolve(BASELINE, name="free", mpic=MpicPolicy(required=False))
    empty = tuple(_quorum(each, [], policy=free) for each in (dcv("shop.com"), *order().caa))
    assert {each.verdict for each in empty} == {Verdict.PASS}
    assert set(_refused(order(corroborations=empty))) == {"gate.mpic-not-covering"}


@pytest.mark.parametrize("of", ["dcv", "caa"])
def test_a_remote_result_that_was_altered(of: str) -> None:
    """A refusal of a remote perspective that is relabelled as a PASS counts as the refusal it is (BR 3.2.2.9)."""
    primary: Any = (dcv if of == "dcv" else caa)("shop.com")
    bad: list[Any]
    if of == "dcv":
        bad = [
            pkicheck.check_dcv(
                primary.plan.challenge,
                io=pkicheck.Network(dns=_empty(each.id), lists=gatekit.lists()),
                policy=_REMOTE,
            )
            for each in gatekit.PLACES
        ]
    else:
        bad = [
            pkicheck.check_caa(
                "shop.com",
                issuers={"ca.example"},
                accounts=(gatekit.ACCOUNT,),
                method="dns-01",
                resolver=_empty(each.id),
                policy=_REMOTE,
            )
            for each in gatekit.PLACES
        ]
    assert {each.verdict for each in bad} == {Verdict.FAIL}
    good = primary.findings
    forged = [
        RemoteReport(perspective=place, result=attrs.evolve(each, findings=good))
        for place, each in zip(gatekit.PLACES, bad, strict=True)
    ]
    assert _quorum(primary, forged).verdict is Verdict.FAIL


def _empty(vantage: str) -> Any:
    found = Zone('shop.com. CAA 0 issue "other.example"', status="secure", clock=FixedClock(AT), vantage=vantage)
    found.add("shop.com", "SOA", "ns.shop.com. admin.shop.com. 1 7200 3600 1209600 3600")
    return found


def test_a_primary_result_that_was_altered() -> None:
    """The earlier CAA check whose corroboration is used again is decided again too (BR 3.2.2.9)."""
    bad = pkicheck.check_caa(
        "shop.com",
        issuers={"ca.example"},
        accounts=(gatekit.ACCOUNT,),
        method="dns-01",
        resolver=_empty("zone"),
    )
    assert bad.verdict is Verdict.FAIL
    forged = attrs.evolve(bad, findings=caa("shop.com").findings)
    assert _quorum(forged, _reports(lambda vantage: caa("shop.com", vantage=vantage, policy=_REMOTE))).verdict is (
        Verdict.FAIL
    )


def test_a_primary_from_another_seat() -> None:
    """The distances are counted from the perspective that made the primary result (BR 3.2.2.9)."""
    elsewhere = attrs.evolve(gatekit.SEAT, id="elsewhere")
    reports = _reports(lambda vantage: caa("shop.com", vantage=vantage, policy=_REMOTE))
    assert corroborate(caa("shop.com"), reports, seat=gatekit.SEAT, at=AT).verdict is Verdict.PASS
    assert corroborate(caa("shop.com"), reports, seat=elsewhere, at=AT).verdict is Verdict.FAIL


def test_a_corroboration_before_its_primary() -> None:
    """The moment of the attempt is not before the end of the primary check: it chooses the rules."""
    reports = _reports(lambda vantage: caa("shop.com", vantage=vantage, policy=_REMOTE))
    slow = caa("shop.com")
    late = [attrs.evolve(each, received=each.received + timedelta(minutes=2)) for each in slow.observations]
    primary = slow.plan.step(Seen(late))
    assert isinstance(primary, CaaResult)
    assert primary.verdict is Verdict.PASS
    assert _quorum(primary, reports).verdict is Verdict.FAIL
    assert _quorum(primary, reports, at=AT + timedelta(minutes=2)).verdict is Verdict.PASS


def test_a_corroboration_of_nobody_is_not_used_again() -> None:
    """An earlier corroboration serves the same applicant: a check that named no account serves nobody else (M12)."""
    bare: dict[str, Any] = {"accounts": (), "method": None}
    earlier = tuple(
        corroborate(
            caa(name, at=AT - 30 * _DAY, **bare),
            [
                RemoteReport(
                    perspective=each, result=caa(name, at=AT - 30 * _DAY, vantage=each.id, policy=_REMOTE, **bare)
                )
                for each in gatekit.PLACES
            ],
            seat=gatekit.SEAT,
            at=AT - 30 * _DAY,
        )
        for name in NAMES
    )
    made = order(caa=tuple(caa(name, **bare) for name in NAMES), corroborations=(order().corroborations[0], *earlier))
    assert set(_refused(made)) == {"gate.mpic-missing"}


def test_a_corroboration_that_was_only_measured_is_not_used_again() -> None:
    """An attempt of the days on which a missed quorum stopped nothing is no corroboration for later days (M12)."""
    then, now = datetime(2025, 9, 14, 12, tzinfo=timezone.utc), datetime(2026, 9, 14, 12, tzinfo=timezone.utc)
    measured = corroborate(caa("shop.com", at=then), [], seat=gatekit.SEAT, at=then)
    assert measured.verdict is Verdict.PASS
    what = issuance(
        binding=gatekit.binding(names=("shop.com",)), not_before=now, not_after=now + 90 * _DAY - timedelta(seconds=1)
    )
    lists = example_lists(clock=FixedClock(now))
    made = Order(
        issuance=what,
        validations=(dcv("shop.com", at=now),),
        caa=(caa("shop.com", at=now),),
        corroborations=(corroborated("dcv", "shop.com", at=now), measured),
        at=now,
    )
    result = made.authorize(ValueUses(lists=lists, clock=FixedClock(now)))
    assert "gate.mpic-not-covering" in [each.code for each in result.deciding()]


# --- objects of other classes


def test_subclasses_are_not_evidence() -> None:
    """A subclass that answers for itself, or a plan of one's own, is a wrong argument."""

    class Own(DcvResult):
        def covers(self, *_: Any, **__: Any) -> tuple[pkicheck.Finding, ...]:
            return ()

    class OwnPlan(MpicPlan):
        def step(self, *_: Any) -> MpicResult:
            return corroborated("dcv", "shop.com")

    class OwnChallenge(AcmeDns01):
        def examine(self, *_: Any) -> None:
            return None

    class OwnIssuance(Issuance):
        @property
        def accounts(self) -> frozenset[str]:
            return frozenset()

    real = dcv("shop.com")
    own = Own(**{each.name: getattr(real, each.name) for each in attrs.fields(DcvResult)})
    with pytest.raises(InputError, match="^validations must be"):
        order(validations=(own,)).authorize()
    quorum = corroborated("dcv", "shop.com")
    plan = OwnPlan(**{each.name: getattr(quorum.plan, each.name) for each in attrs.fields(MpicPlan)})
    with pytest.raises(InputError, match="^corroborations must be"):
        order(corroborations=(attrs.evolve(quorum, plan=plan),)).authorize()
    challenge = OwnChallenge(
        **{each.name: getattr(real.plan.challenge, each.name) for each in attrs.fields(type(real.plan.challenge))}
    )
    with pytest.raises(InputError, match="^validations must be"):
        order(validations=(attrs.evolve(real, plan=attrs.evolve(real.plan, challenge=challenge)),)).authorize()
    what = issuance()
    with pytest.raises(InputError, match="^issuance must be"):
        order(
            issuance=OwnIssuance(**{each.name: getattr(what, each.name) for each in attrs.fields(Issuance)})
        ).authorize()


# --- order, key, purpose


@pytest.mark.parametrize("pin", ["csr_sha256", "spki_sha256"])
def test_a_binding_of_another_key(pin: str) -> None:
    """A binding made by hand for another request or key than the order came with (K02)."""
    who = _evolved(gatekit.binding().identity, **{pin: Sha256("0" * 64)})
    bound = attrs.evolve(gatekit.binding(), identity=who)
    codes = {"csr_sha256": "binding.other-request", "spki_sha256": "binding.other-key"}
    assert _refused(order(issuance=issuance(binding=bound))) == [codes[pin]]
    right = _evolved(who, **{pin: getattr(gatekit.binding(), pin)})
    fine = order(issuance=issuance(binding=attrs.evolve(bound, identity=right)))
    assert fine.authorize().verdict is Verdict.PASS


def test_another_purpose_does_not_go_round_caa() -> None:
    """What is signed is a TLS certificate: CAA is that of TLS, whatever the order is called (R042)."""
    asked: dict[str, Any] = {"purpose": "smime"}
    made = order(
        issuance=issuance(
            purpose="smime", issuer=issuer(purposes={"tls", "smime"}), binding=gatekit.binding(names=("shop.com",))
        ),
        caa=(caa("shop.com", **asked),),
        corroborations=(
            corroborated("dcv", "shop.com"),
            _quorum(
                caa("shop.com", **asked),
                _reports(lambda vantage: caa("shop.com", vantage=vantage, policy=_REMOTE, **asked)),
            ),
        ),
    )
    assert _refused(made) == ["gate.issuer-purpose"]


@pytest.mark.parametrize(
    "net",
    [
        {"public_resolvers": True},
        {"secure_paths": ("192.0.2.53",)},
        {"ttl_cap": timedelta(days=8)},
        {"probe_max_age": timedelta(hours=2)},
        {"resolvers": ("zone:x",)},
        {"probe_bogus": ""},
    ],
)
def test_evidence_of_laxer_lookups(net: dict[str, Any]) -> None:
    """Evidence that was made with laxer choices about resolvers than the gate's does not count (BR 1.3.2)."""
    strict = attrs.evolve(
        BASELINE, name="strict", net=NetPolicy(resolvers=("192.0.2.1",), probe_bogus="dnssec-failed.example")
    )
    if "resolvers" not in net and "probe_bogus" not in net:
        strict = BASELINE
    evidence = attrs.evolve(strict, net=attrs.evolve(strict.net, **net))
    made = order(
        issuance=issuance(strict, binding=gatekit.binding(strict)),
        caa=(caa("shop.com"), _plain(evidence)),
        policy=strict,
    )
    assert "gate.evidence-other-policy" in _refused(made)


def _plain(policy: Policy) -> CaaResult:
    return caa("*.shop.com", policy=policy)


# --- serial numbers


def test_a_serial_number_serves_one_content() -> None:
    """The same order cannot have two different certificates with one number (RFC 5280 §4.1.2.2)."""
    answers = gatekit.lists()
    assert order().authorize(answers).verdict is Verdict.PASS
    assert order().authorize(answers).verdict is Verdict.PASS
    longer = order(issuance=issuance(not_after=issuance().not_after + timedelta(seconds=1)))
    assert longer.codes(answers) == ["gate.serial-used"]


# --- holds


@pytest.mark.parametrize(
    "hold",
    ["kind:DV", "kind:x", "domain:*.shop.com", "domain:shop.com.", "domain:Shop.com", "domain:.com", "issuer:x"],
)
def test_a_hold_that_could_never_hold(hold: str) -> None:
    """A hold that matches nothing by its spelling is refused where the policy is made (R051)."""
    with pytest.raises(InputError, match="^policy: holds"):
        GatePolicy(holds=(hold,))


# --- moments and sizes


def test_the_end_of_time() -> None:
    """The last moment of the calendar is a refusal, not an error of arithmetic."""
    last = datetime.max.replace(tzinfo=timezone.utc)
    result = authorize(issuance(), validations=(), caa=(), corroborations=(), lists=gatekit.lists(), at=last)
    assert result.verdict is Verdict.FAIL


def test_a_number_nobody_can_write() -> None:
    """A serial number of thousands of digits is a wrong argument, not an error of formatting later on."""
    assert issuance(serial=2**1024 - 1).serial
    with pytest.raises(InputError, match="^issuance: serial must be a number of at most 1024 bits"):
        issuance(serial=2**1024)
    with pytest.raises(InputError, match="^issuance: account_uris must be"):
        issuance(account_uris=[5])


def test_a_permit_ends_with_the_lists() -> None:
    """A list that becomes too old in the life of a permit ends it."""

    class Old:
        def __init__(self, name: str, age: timedelta) -> None:
            self.name, self.age = name, age
            self.io = gatekit.lists()

        def now(self) -> datetime:
            return AT

        def exchange(self, batch: Any, /, *, within: timedelta) -> list[Any]:
            found = self.io.exchange(batch, within=within)
            return [
                _evolved(each, as_of=AT - self.age, failure=None) if each.request.list == self.name else each  # type: ignore[attr-defined]
                for each in found
            ]

    minutes = timedelta(minutes=5)
    names = order().authorize(Old("psl.icann", BASELINE.names.list_max_age - minutes))
    assert names.permit.expires_at == AT + minutes
    listed = attrs.evolve(BASELINE, name="listed", keys=attrs.evolve(BASELINE.keys, blocklists=("own",)))
    bound = attrs.evolve(gatekit.binding(), policy=listed.fingerprint)
    keys = _under(listed, bound).authorize(Old("key.blocklist/own", listed.keys.blocklist_max_age - minutes))
    assert keys.permit.expires_at == AT + minutes


def test_a_list_of_keys_that_answers_before_it_was_asked() -> None:
    """Clocks that run backwards are a doubt (R071)."""

    class Back:
        def __init__(self) -> None:
            self.io = gatekit.lists()

        def now(self) -> datetime:
            return AT

        def exchange(self, batch: Any, /, *, within: timedelta) -> list[Any]:
            return [
                attrs.evolve(each, received=each.sent - timedelta(microseconds=1))
                if each.request.list.startswith("key.")  # type: ignore[attr-defined]
                else each
                for each in self.io.exchange(batch, within=within)
            ]

    result = order().authorize(Back())
    assert result.verdict is Verdict.INCOMPLETE
    assert {each.code for each in result.deciding()} == {"evidence.clock-order", "key.list-from-later"}


def _under(policy: Policy, bound: Binding | None = None) -> Order:
    return Order(
        issuance=issuance(policy) if bound is None else issuance(binding=bound),
        validations=(dcv("shop.com", policy=policy),),
        caa=tuple(caa(name, policy=policy) for name in NAMES),
        corroborations=(
            corroborated("dcv", "shop.com", policy=policy),
            *(corroborated("caa", name, policy=policy) for name in NAMES),
        ),
        policy=policy,
    )


def test_a_permit_at_the_end_of_a_limit() -> None:
    """What is signed on the first day of a shorter limit meets that limit, though the permit is of the day before."""
    at = datetime(2027, 3, 14, 23, 45, tzinfo=timezone.utc)
    clock = FixedClock(at)
    policy = attrs.evolve(
        BASELINE,
        name="plain",
        mpic=MpicPolicy(required=False),
        keys=attrs.evolve(BASELINE.keys, fixed_blocklists=()),
    )
    for days, late in ((200, False), (100, True)):
        fields: dict[str, Any] = {
            "binding": attrs.evolve(gatekit.binding(), policy=policy.fingerprint),
            "not_before": at,
            "not_after": at + days * _DAY - timedelta(seconds=1),
        }
        made = Order(
            issuance=issuance(**fields),
            validations=(dcv("shop.com", at=at, policy=policy),),
            caa=tuple(caa(name, at=at, policy=policy) for name in NAMES),
            corroborations=(),
            at=at,
            policy=policy,
        )
        lists = ValueUses(lists=example_lists(clock=clock), clock=clock)
        permit = made.authorize(lists).permit
        tbs = x509.load_der_x509_certificate(test_gate._content(**fields)).tbs_certificate_bytes
        assert permit.check(tbs).verdict is Verdict.PASS
        next_day = permit.check(tbs, at=at + timedelta(minutes=15))
        assert (next_day.verdict is Verdict.PASS) is late


def test_an_approval_key_of_two_persons() -> None:
    """Two names for one key are one person (R145)."""
    one = gatekit.public("anna")
    with pytest.raises(InputError, match="one key to two persons: anna and bert"):
        GatePolicy(approvers=(f"anna final {one}", f"bert validation {one}"))
    assert len(GatePolicy(approvers=(f"anna final {one}", f"anna validation {one}")).approvers) == 2


def test_a_corroboration_of_a_top_level_domain_serves_nobody() -> None:
    """Only names that certificates are issued for hand their corroboration down (M12)."""
    early = AT - 30 * _DAY
    above = corroborate(
        pkicheck.check_caa(
            parse_domain("com"),
            issuers={"ca.example"},
            accounts=(gatekit.ACCOUNT,),
            resolver=gatekit.zone(early, "zone"),
        ),
        [
            RemoteReport(
                perspective=each,
                result=pkicheck.check_caa(
                    parse_domain("com"),
                    issuers={"ca.example"},
                    accounts=(gatekit.ACCOUNT,),
                    resolver=gatekit.zone(early, each.id),
                    policy=_REMOTE,
                ),
            )
            for each in gatekit.PLACES
        ],
        seat=gatekit.SEAT,
        at=early,
    )
    assert above.verdict is Verdict.PASS
    made = order(corroborations=(order().corroborations[0], above, order().corroborations[2]))
    assert _refused(made) == ["gate.mpic-missing"]


def test_an_earlier_check_under_another_policy() -> None:
    """The earlier CAA check whose corroboration is used again was made under the policy of the gate (R002)."""
    early = AT - 30 * _DAY
    lax = attrs.evolve(BASELINE, name="lax", caa=attrs.evolve(BASELINE.caa, critical_bits=129))
    lax_remote = attrs.evolve(lax, net=NetPolicy(perspective="remote"))
    earlier = corroborate(
        caa("shop.com", at=early, policy=lax),
        [
            RemoteReport(perspective=each, result=caa("shop.com", at=early, vantage=each.id, policy=lax_remote))
            for each in gatekit.PLACES
        ],
        seat=gatekit.SEAT,
        at=early,
    )
    assert earlier.verdict is Verdict.PASS
    made = order(corroborations=(order().corroborations[0], earlier, order().corroborations[2]))
    assert _refused(made) == ["gate.mpic-not-covering"]


class _Counting(tuple[Any, ...]):
    """A tuple that counts how often it is gone through."""

    __slots__ = ()
    passes = 0

    def __iter__(self) -> Any:
        _Counting.passes += 1
        return super().__iter__()


def test_evidence_is_gone_through_once() -> None:
    """The work for many names does not grow with names times evidence."""
    whole = order()
    _Counting.passes = 0
    proof = Proof(
        validations=_Counting(whole.validations),
        caa=_Counting(whole.caa),
        corroborations=_Counting(whole.corroborations),
        approvals=(),
    )
    plan = attrs.evolve(whole.authorize().plan, proof=proof)
    assert isinstance(plan, GatePlan)
    before = _Counting.passes
    replay(plan, Seen(whole.authorize().observations))
    one = _Counting.passes - before
    who = csrkit.identity(*NAMES, *(f"a{number}.shop.com" for number in range(20)))
    more = attrs.evolve(plan, issuance=issuance(binding=attrs.evolve(gatekit.binding(), identity=who)))
    before = _Counting.passes
    replay(more, Seen(whole.authorize().observations))
    assert _Counting.passes - before <= one + 3


# --- what a refusal says, and what is just allowed


def _of_purposes(*purposes: Any) -> Order:
    return order(issuance=issuance(issuer=issuer(purposes=set(purposes))))


def _who(**fields: Any) -> Order:
    bound = gatekit.binding()
    return order(
        issuance=issuance(binding=attrs.evolve(bound, identity=attrs.evolve(bound.identity, **fields))),
    )


_ACCOUNT_2, _ACCOUNT_3 = "https://ca.example/acct/2", "https://ca.example/acct/3"
_SAID: list[tuple[str, Callable[[], Order], tuple[str, str, str, tuple[str, ...]]]] = [
    (
        "order",
        lambda: order(issuance=issuance(order="order-2")),
        ("gate.order-differs", "binding", "order-2", ("order-1",)),
    ),
    (
        "policy",
        lambda: order(issuance=issuance(binding=attrs.evolve(gatekit.binding(), policy=Sha256("0" * 64)))),
        ("gate.binding-other-policy", "binding", BASELINE.fingerprint, ("0" * 64,)),
    ),
    (
        "request",
        lambda: _who(csr_sha256=Sha256("0" * 64)),
        ("binding.other-request", "binding", "0" * 64, (gatekit.binding().csr_sha256,)),
    ),
    (
        "scope",
        lambda: _who(scope="internal"),
        ("gate.scope-differs", "identity", "", ("internal", BASELINE.name)),
    ),
    (
        "permitted",
        lambda: _who(permitted=[parse_domain("shop.org")]),
        ("binding.name-not-permitted", "shop.com", "shop.org", ()),
    ),
    (
        "test-order",
        lambda: order(issuance=issuance(test=True)),
        ("gate.issuer-test", "issuer", "", ("test order", "production")),
    ),
    (
        "test-issuer",
        lambda: order(issuance=issuance(issuer=issuer(production=False))),
        ("gate.issuer-test", "issuer", "", ("order", "test issuer")),
    ),
    (
        "purposes",
        lambda: _of_purposes("vmc", "smime"),
        ("gate.issuer-purpose", "issuer", "tls", ("tls", "smime", "vmc")),
    ),
    (
        "kinds",
        lambda: order(issuance=issuance(issuer=issuer(kinds={"precertificate", "crl"}))),
        ("gate.issuer-kind", "issuer", "certificate, precertificate", ("crl", "precertificate")),
    ),
    (
        "gone",
        lambda: order(issuance=issuance(issuer=issuer(destroyed_at=AT))),
        ("gate.issuer-gone", "issuer", "", ("2026-11-21T12:00:00.000000Z",)),
    ),
    (
        "undisclosed",
        lambda: order(issuance=issuance(issuer=issuer(disclosed=False))),
        ("gate.issuer-not-disclosed", "issuer", "", (csrkit.ca().id,)),
    ),
    (
        "too-long",
        lambda: order(issuance=issuance(not_after=AT + 200 * _DAY)),
        ("gate.validity-too-long", "validity", "at most 17280000 seconds", ("17280001 seconds",)),
    ),
    (
        "reversed",
        lambda: order(issuance=issuance(not_after=AT - timedelta(seconds=1))),
        ("gate.validity-reversed", "validity", "", ("2026-11-21T12:00:00.000000Z", "2026-11-21T11:59:59.000000Z")),
    ),
    (
        "weak",
        lambda: order(issuance=issuance(serial=5)),
        ("gate.serial-weak", "serial", "at least 64 and at most 159 bits, positive", ("3 bits",)),
    ),
    (
        "accounts",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", accounts=(_ACCOUNT_3, _ACCOUNT_2)))),
        ("gate.caa-other-account", "*.shop.com", gatekit.ACCOUNT, (_ACCOUNT_2, _ACCOUNT_3)),
    ),
    (
        "issuers",
        lambda: order(
            issuance=issuance(issuer=issuer(caa={"ca.example", "b.example"})),
            caa=(caa("shop.com"), caa("*.shop.com", issuers=frozenset({"y.example", "x.example", "ca.example"}))),
        ),
        ("gate.caa-other-issuer", "*.shop.com", "b.example, ca.example", ("x.example", "y.example")),
    ),
    (
        "method",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", method="http-01"))),
        ("gate.caa-other-method", "*.shop.com", "3.2.2.4.7", ("http-01",)),
    ),
    (
        "account",
        lambda: order(validations=(dcv("shop.com", account=_ACCOUNT_2),)),
        ("gate.dcv-other-account", "shop.com", gatekit.ACCOUNT, (_ACCOUNT_2,)),
    ),
    ("no-dcv", lambda: order(validations=()), ("gate.dcv-missing", "shop.com", "", ())),
    ("no-caa", lambda: order(caa=()), ("gate.caa-missing", "shop.com", "", ())),
    ("no-mpic", lambda: order(corroborations=()), ("gate.mpic-missing", "shop.com", "", ("dcv",))),
    (
        "remote",
        lambda: order(caa=(caa("shop.com", policy=_REMOTE), caa("*.shop.com"))),
        ("gate.evidence-other-policy", "shop.com", BASELINE.name, ("remote", "remote")),
    ),
    (
        "no-dnssec",
        lambda: order(
            caa=(caa("shop.com", policy=attrs.evolve(BASELINE, net=NetPolicy(dnssec=False))), caa("*.shop.com"))
        ),
        ("gate.evidence-other-policy", "shop.com", BASELINE.name, (BASELINE.name, "primary")),
    ),
    (
        "named",
        lambda: _who(evidence=(("shop.com", Sha256("1" * 64)), ("shop.com", Sha256("0" * 64)))),
        (
            "gate.evidence-not-the-named",
            "shop.com",
            f"{'0' * 64}, {'1' * 64}",
            (digest(dcv("shop.com").to_json()),),
        ),
    ),
]


@pytest.mark.parametrize(("make", "said"), [each[1:] for each in _SAID], ids=[each[0] for each in _SAID])
def test_what_a_refusal_says(make: Callable[[], Order], said: tuple[str, str, str, tuple[str, ...]]) -> None:
    """A refusal names the place, what was expected and what was seen (R018, R021)."""
    first = next(each for each in make().authorize().findings if each.code == said[0])
    assert (first.code, first.place, first.expected, first.saw) == said


class _Changed:
    """Lists whose answers are changed."""

    def __init__(self, change: Callable[[Any], Any]) -> None:
        self.change = change
        self.io = gatekit.lists()

    def now(self) -> datetime:
        return AT

    def exchange(self, batch: Any, /, *, within: timedelta) -> list[Any]:
        return [self.change(each) for each in self.io.exchange(batch, within=within)]


def test_a_registry_that_says_nothing() -> None:
    """An empty answer of the registry of serial numbers is no permission (R071)."""

    def silent(each: Any) -> Any:
        return attrs.evolve(each, answer=None) if each.request.list == "gate.serials" else each

    result = order().authorize(_Changed(silent))
    assert [(each.code, each.saw) for each in result.deciding()] == [("gate.serial-unknown", ("no answer",))]


def test_what_passes_by_a_hair() -> None:
    """A certificate of one second, and evidence of stricter lookups than the gate's."""
    assert order(issuance=issuance(not_after=AT)).authorize().verdict is Verdict.PASS
    servers = {
        each.server
        for result in (*order().caa, *order().validations)
        for each in result.observations
        if isinstance(each, DnsObservation)
    }
    mine = attrs.evolve(BASELINE, name="mine", net=NetPolicy(resolvers=(*servers, "192.0.2.1")))
    strict = attrs.evolve(mine, net=attrs.evolve(mine.net, resolvers=tuple(servers), ttl_cap=timedelta(days=1)))
    bound = attrs.evolve(gatekit.binding(), policy=mine.fingerprint)
    made = attrs.evolve(_under(strict, bound), policy=mine)
    assert made.authorize().verdict is Verdict.PASS, made.codes()


def test_an_earlier_corroboration_for_another_issuer() -> None:
    """A corroboration is used again only where its check was for this issuer's names alone (BR 3.2.2.9)."""
    early, names = AT - 30 * _DAY, frozenset({"ca.example", "other.example"})
    earlier = corroborate(
        caa("shop.com", at=early, issuers=names),
        [
            RemoteReport(
                perspective=each,
                result=caa("shop.com", at=early, vantage=each.id, policy=_REMOTE, issuers=names),
            )
            for each in gatekit.PLACES
        ],
        seat=gatekit.SEAT,
        at=early,
    )
    assert earlier.verdict is Verdict.PASS
    made = order(corroborations=(order().corroborations[0], earlier, order().corroborations[2]))
    assert _refused(made) == ["gate.mpic-missing"]


def test_a_seal_of_another_shape() -> None:
    """A list that holds the right words is no seal."""
    with pytest.raises(InputError, match="^permit must be an object with exactly permit, signature"):
        open_seal(b'["permit","signature"]', public_key=bytes(32))


def test_what_an_expired_permit_says() -> None:
    """From when to when it permitted."""
    permit = order().authorize().permit
    first = next(
        each
        for each in permit.check(b"", at=AT + 2 * timedelta(hours=1)).findings
        if each.code == "gate.permit-expired"
    )
    assert first.place == "permit"
    assert first.expected == "from 2026-11-21T12:00:00.000000Z to 2026-11-21T13:00:00.000000Z"
    assert first.saw == ("2026-11-21T14:00:00.000000Z",)


def test_a_result_that_was_altered_gives_no_permit() -> None:
    """A passed result whose question or observations were replaced is not what `authorize` decided (R021)."""
    result = order().authorize()
    assert result.permit.at == AT
    for altered in (
        attrs.evolve(result, plan=attrs.evolve(result.plan, at=AT + timedelta(hours=1))),
        attrs.evolve(result, plan=attrs.evolve(result.plan)),
        attrs.evolve(result, observations=(*result.observations,)),
    ):
        assert altered.verdict is Verdict.PASS
        with pytest.raises(InputError, match="^a result that was altered gives no permit"):
            _ = altered.permit
    same = attrs.evolve(result, expires_at=AT + 9 * _DAY)
    assert same.permit.expires_at == result.permit.expires_at


# --- approvals and holds


def _approved(policy: GatePolicy, *approvals: Approval, kind: str = "ev") -> list[pkicheck.Finding]:
    deployment = attrs.evolve(BASELINE, name="staff", gate=policy)
    bound = gatekit.binding()
    bound = attrs.evolve(bound, identity=_evolved(bound.identity, kind=kind))
    made = order(issuance=issuance(binding=bound), approvals=approvals, policy=deployment)
    return [each for each in made.authorize().findings if each.code.startswith("gate.approval")]


def _signed(role: str, person: str, **fields: Any) -> Approval:
    bound = gatekit.binding()
    what = issuance(binding=attrs.evolve(bound, identity=_evolved(bound.identity, kind="ev")))
    return gatekit.approval(what, role, person, **fields)


def _staff(*who: tuple[str, str], **fields: Any) -> GatePolicy:
    return GatePolicy(
        roles=("ev:audit", "ev:final"),
        approvers=tuple(f"{person} {role} {gatekit.public(person)}" for person, role in who),
        **fields,
    )


def test_roles_are_given_out_as_well_as_can_be() -> None:
    """Who may act in two roles makes room for who may act in one; two roles of one person are refused (R004)."""
    staff = _staff(("anna", "audit"), ("bert", "audit"), ("anna", "final"))
    three = (_signed("audit", "anna"), _signed("audit", "bert"), _signed("final", "anna"))
    assert _approved(staff, *three) == []
    assert [(each.code, each.place, each.saw) for each in _approved(staff, three[0], three[2])] == [
        ("gate.approval-same-person", "approvals", ("anna",))
    ]


def test_an_unneeded_approval_hides_nothing() -> None:
    """What comes after an approval that nobody asked for is judged all the same."""
    staff = _staff(("anna", "audit"), ("bert", "final"), authentication=("hsm", "mfa"))
    found = _approved(staff, _signed("other", "cleo"), _signed("audit", "anna"), _signed("final", "bert"))
    assert [(each.code, each.place) for each in found] == [("gate.approval-unneeded", "approval of cleo as other")]


def test_what_a_refused_approval_says() -> None:
    """Class and age: what was expected and what was seen (R145)."""
    staff = _staff(("anna", "audit"), ("bert", "final"), authentication=("hsm", "mfa"))
    weak = _approved(staff, _signed("audit", "anna", authentication="password"), _signed("final", "bert"))
    assert [(each.place, each.expected, each.saw) for each in weak] == [
        ("approval of anna as audit", "hsm, mfa", ("password",)),
        ("role audit", "", ()),
    ]
    unstated = _staff(("anna", "audit"), ("bert", "final"))
    none = _approved(unstated, _signed("audit", "anna", authentication=""), _signed("final", "bert"))
    assert (none[0].expected, none[0].saw) == ("a stated class", ("",))
    late = _approved(staff, _signed("audit", "anna", at=AT + timedelta(seconds=1)), _signed("final", "bert"))
    assert (late[0].expected, late[0].saw) == (
        "within 1 day, 0:00:00 before 2026-11-21T12:00:00.000000Z",
        ("2026-11-21T12:00:01.000000Z",),
    )


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        ("domain:shop.com", True),
        ("domain:example.org", True),
        ("domain:93.184.216.34", True),
        ("domain:2606:2800:220:1::1", True),
        ("domain:93.184.216.35", False),
        ("domain:ample.org", False),
    ],
)
def test_a_hold_on_one_of_many_names(hold: str, *, held: bool) -> None:
    """One name that is on hold holds the certificate, addresses too (R051)."""
    who = csrkit.identity("*.shop.com", "www.example.org", "93.184.216.34", "2606:2800:220:1::1")
    made = order(
        issuance=issuance(binding=attrs.evolve(gatekit.binding(), identity=who)),
        policy=attrs.evolve(BASELINE, name="held", gate=GatePolicy(holds=(hold,))),
    )
    places = [each.place for each in made.authorize().findings if each.code == "gate.hold"]
    assert places == ([hold] if held else [])


# --- arguments


def _copied(kind: Any, value: Any) -> Any:
    """The same fields in an object of another class."""
    return kind(**{each.name: getattr(value, each.name) for each in attrs.fields(type(value))})


def test_parts_of_other_classes_are_not_evidence() -> None:
    """Plans of one's own are refused, those inside a corroboration too."""

    class OwnDcvPlan(DcvPlan):
        pass

    class OwnCaaPlan(CaaPlan):
        pass

    real, asked = dcv("shop.com"), caa("shop.com")
    with pytest.raises(InputError, match="^validations must be"):
        order(validations=(attrs.evolve(real, plan=_copied(OwnDcvPlan, real.plan)),)).authorize()
    forged = attrs.evolve(asked, plan=_copied(OwnCaaPlan, asked.plan))
    with pytest.raises(InputError, match="^caa must be"):
        order(caa=(forged,)).authorize()
    reports = _reports(lambda vantage: caa("shop.com", vantage=vantage, policy=_REMOTE))
    remote = reports[0].result
    assert isinstance(remote, CaaResult)
    mixed = attrs.evolve(remote, plan=_copied(OwnCaaPlan, remote.plan))
    quorum = _quorum(asked, [attrs.evolve(reports[0], result=mixed), *reports[1:]])
    with pytest.raises(InputError, match="^corroborations must be"):
        order(corroborations=(quorum,)).authorize()


def test_more_evidence_than_anybody_has() -> None:
    """A collection has a limit, which is an error of the caller (issue 7)."""
    with pytest.raises(InputError, match="^validations must be a collection of DcvResult, at most 100000"):
        order(validations=(dcv("shop.com"),) * 100_001).authorize()


def test_an_issuance_of_another_shape_in_a_record() -> None:
    """A list that holds the names of the fields is no issuance; a moment that is none is named."""
    record: Any = parse_json(order().authorize().to_json(), what="x")
    issued = record["asked"]["issuance"]
    for changed, message in (
        (sorted(issued), "issuance must be an object"),
        ({**issued, "not_before": "x"}, r"issuance\.not_before\b"),
        ({**issued, "not_after": "x"}, r"issuance\.not_after\b"),
    ):
        edited = {**record, "asked": {**record["asked"], "issuance": changed}}
        with pytest.raises(InputError, match=message):
            pkicheck.load(canonical(edited)).replay()
