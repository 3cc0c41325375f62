"""The gate: a perfect order gets a permit, and an order that is perfect but for one thing is refused with its code."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

import pkicheck
from pkicheck import BASELINE, PRIVATE, InputError, Refused, Verdict
from pkicheck.canon import canonical, digest, encode_bytes, parse_json
from pkicheck.gate import (
    SERIALS,
    TRANSITIONS,
    GateResult,
    OrderState,
    Permit,
    advance,
    authorize,
    diagram,
    open_seal,
)
from pkicheck.names import parse_domain
from pkicheck.policy import GatePolicy, MpicPolicy, NetPolicy, Policy
from pkicheck.ports import Failure, ListFact, Observation, Request, Seen
from tests import csrkit, gatekit
from tests.gatekit import AT, NAMES, Order, approval, caa, corroborated, dcv, issuance, issuer, order

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def test_a_perfect_order() -> None:
    """Everything that has to be proven is: a permit, which lasts no longer than its weakest evidence (R021)."""
    result = order().authorize()
    assert result.verdict is Verdict.PASS
    assert [each.code for each in result.findings] == ["gate.permitted"]
    permit = result.permit
    assert permit.at == AT
    assert permit.expires_at == result.expires_at == AT + _HOUR
    assert permit.evidence == digest(result.to_json())
    assert result.subject() == "issuance for order order-1"


# --- perfect but for one thing

_OTHER = "https://ca.example/acct/2"
_STAFF = attrs.evolve(
    BASELINE,
    name="staff",
    gate=GatePolicy(
        roles=("ev:final", "ev:validation"),
        approvers=tuple(
            f"{person} {role} {gatekit.public(person)}"
            for person, role in (
                ("anna", "final"),
                ("anna", "validation"),
                ("bert", "validation"),
            )
        ),
        authentication=("mfa",),
    ),
)


def _gate(**fields: Any) -> Policy:
    return attrs.evolve(BASELINE, name="changed", gate=GatePolicy(**fields))


def _under(policy: Policy) -> Order:
    """The perfect order under another policy."""
    return Order(
        issuance=issuance(policy),
        validations=(dcv("shop.com", policy=policy),),
        caa=tuple(caa(name, policy=policy) for name in NAMES),
        corroborations=(
            corroborated("dcv", "shop.com", policy=policy),
            *(corroborated("caa", name, policy=policy) for name in NAMES),
        ),
        policy=policy,
    )


_BUT_FOR: list[tuple[str, Callable[[], Order], list[str]]] = [
    # 1: order, request, key
    ("order", lambda: order(issuance=issuance(order="order-2")), ["gate.order-differs"]),
    (
        "binding-policy",
        lambda: order(issuance=issuance(binding=attrs.evolve(gatekit.binding(), policy=PRIVATE.fingerprint))),
        ["gate.binding-other-policy"],
    ),
    # 2: issuer
    ("test-order", lambda: order(issuance=issuance(test=True)), ["gate.issuer-test"]),
    ("test-issuer", lambda: order(issuance=issuance(issuer=issuer(production=False))), ["gate.issuer-test"]),
    ("private-issuer", lambda: order(issuance=issuance(issuer=issuer(public=False))), ["binding.scope-differs"]),
    (
        "smime-issuer",
        lambda: order(issuance=issuance(issuer=issuer(purposes={"smime"}))),
        ["binding.purpose-differs", "gate.issuer-purpose"],
    ),
    ("crl-issuer", lambda: order(issuance=issuance(issuer=issuer(kinds={"crl"}))), ["gate.issuer-kind"]),
    (
        "no-precertificates",
        lambda: order(issuance=issuance(issuer=issuer(kinds={"certificate"}))),
        ["gate.issuer-kind"],
    ),
    ("destroyed", lambda: order(issuance=issuance(issuer=issuer(destroyed_at=AT))), ["gate.issuer-gone"]),
    ("unborn", lambda: order(issuance=issuance(issuer=issuer(created_at=AT + _SECOND))), ["gate.issuer-gone"]),
    ("undisclosed", lambda: order(issuance=issuance(issuer=issuer(disclosed=False))), ["gate.issuer-not-disclosed"]),
    (
        "subtree",
        lambda: order(issuance=issuance(issuer=issuer(permitted=[parse_domain("shop.org")]))),
        ["binding.name-not-permitted", "binding.name-not-permitted"],
    ),
    # 4, 5: validity and serial
    (
        "a-second-too-long",
        lambda: order(issuance=issuance(not_after=AT + 200 * _DAY)),
        ["gate.validity-too-long"],
    ),
    ("reversed", lambda: order(issuance=issuance(not_after=AT - _SECOND)), ["gate.validity-reversed"]),
    (
        "fraction",
        lambda: order(issuance=issuance(not_after=AT + timedelta(days=9, microseconds=1))),
        ["gate.validity-reversed"],
    ),
    (
        "backdated",
        lambda: order(issuance=issuance(not_before=AT - 48 * _HOUR - _SECOND)),
        ["gate.not-before-far"],
    ),
    (
        "postdated",
        lambda: order(issuance=issuance(not_before=AT + 48 * _HOUR + _SECOND)),
        ["gate.not-before-far"],
    ),
    ("serial-zero", lambda: order(issuance=issuance(serial=0)), ["gate.serial-weak"]),
    ("serial-negative", lambda: order(issuance=issuance(serial=-(2**100))), ["gate.serial-weak"]),
    ("serial-small", lambda: order(issuance=issuance(serial=2**55 - 1)), ["gate.serial-weak"]),
    ("serial-long", lambda: order(issuance=issuance(serial=2**159)), ["gate.serial-weak"]),
    # 6: control
    ("no-validation", lambda: order(validations=()), ["gate.dcv-missing", "gate.dcv-missing"]),
    (
        "validation-of-another-name",
        lambda: order(validations=(dcv("www.shop.com"),)),
        ["gate.dcv-missing", "gate.dcv-missing"],
    ),
    (
        "other-account",
        lambda: order(
            validations=(dcv("shop.com", account=_OTHER),),
        ),
        ["gate.dcv-other-account", "gate.mpic-missing"] * 2,
    ),
    # 7: CAA
    ("no-caa", lambda: order(caa=()), ["gate.caa-missing", "gate.caa-missing"]),
    ("caa-of-one-name", lambda: order(caa=(caa("shop.com"),)), ["gate.caa-missing"]),
    (
        "caa-of-another-issuer",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", issuers=frozenset({"ca.example", "other.example"})))),
        ["gate.caa-other-issuer"],
    ),
    (
        "caa-of-another-account",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", accounts=(_OTHER,)))),
        ["gate.caa-other-account", "gate.mpic-missing"],
    ),
    (
        "caa-of-another-method",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", method="http-01"))),
        ["gate.caa-other-method"],
    ),
    (
        "caa-of-another-purpose",
        lambda: order(caa=(caa("*.shop.com"), caa("shop.com", purpose="smime"))),
        ["gate.caa-other-purpose", "gate.mpic-missing"],
    ),
    (
        "caa-forbids",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", issuers=frozenset({"elsewhere.example"})))),
        ["gate.caa-other-issuer", "gate.caa-not-covering"],
    ),
    (
        "caa-of-yesterday",
        lambda: order(caa=(caa("shop.com", at=AT - 8 * _HOUR - _SECOND), caa("*.shop.com"))),
        ["gate.caa-not-covering"],
    ),
    (
        "caa-dry-run",
        lambda: order(caa=(_dry(), caa("*.shop.com"))),
        ["gate.caa-not-covering"],
    ),
    # 8: corroboration
    (
        "no-corroboration",
        lambda: order(corroborations=()),
        ["gate.mpic-missing"] * 4,
    ),
    (
        "validation-not-corroborated",
        lambda: order(corroborations=tuple(corroborated("caa", name) for name in NAMES)),
        ["gate.mpic-missing", "gate.mpic-missing"],
    ),
    (
        "caa-not-corroborated",
        lambda: order(corroborations=(corroborated("dcv", "shop.com"), corroborated("caa", "shop.com"))),
        ["gate.mpic-missing"],
    ),
    (
        "quorum-missed",
        lambda: order(
            corroborations=(
                corroborated("dcv", "shop.com"),
                corroborated("caa", "shop.com"),
                corroborated("caa", "*.shop.com", misses=2),
            )
        ),
        ["gate.mpic-not-covering"],
    ),
    # evidence of other choices
    (
        "private-caa",
        lambda: order(caa=(caa("shop.com"), caa("*.shop.com", policy=PRIVATE))),
        ["gate.evidence-other-policy"],
    ),
    (
        "private-dcv",
        lambda: order(validations=(dcv("shop.com", policy=PRIVATE),)),
        ["gate.evidence-other-policy", "gate.mpic-missing"] * 2,
    ),
    (
        "remote-caa",
        lambda: order(
            caa=(caa("shop.com"), caa("*.shop.com", policy=attrs.evolve(BASELINE, net=NetPolicy(perspective="remote"))))
        ),
        ["gate.evidence-other-policy"],
    ),
    # holds
    *(
        (f"hold-{hold.partition(':')[0]}", lambda hold=hold: _under(_gate(holds=(hold,))), ["gate.hold"])
        for hold in (
            "all",
            f"account:{gatekit.ACCOUNT}",
            "order:order-1",
            "kind:dv",
            f"issuer:{csrkit.ca().id}",
            "domain:com",
            "domain:shop.com",
        )
    ),
    # approvals
    (
        "no-approval",
        lambda: _under(_gate(roles=("dv:final",))),
        ["gate.approval-missing"],
    ),
]


def _dry() -> pkicheck.CaaResult:
    return pkicheck.check_caa(
        "shop.com",
        issuers={"ca.example"},
        accounts=(gatekit.ACCOUNT,),
        method="dns-01",
        resolver=gatekit.zone(AT, "zone"),
        at=AT,
    )


@pytest.mark.parametrize(("make", "codes"), [case[1:] for case in _BUT_FOR], ids=[case[0] for case in _BUT_FOR])
def test_perfect_but_for_one_thing(make: Callable[[], Order], codes: list[str]) -> None:
    """Each precondition alone stops the permit, under its own code (R002, R021, D10, D11, C01, C02)."""
    result = make().authorize()
    assert result.verdict is Verdict.FAIL
    assert [each.code for each in result.deciding()] == codes
    with pytest.raises(Refused):
        _ = result.permit


@pytest.mark.parametrize(
    ("make", "lasts"),
    [
        (lambda: order(issuance=issuance(not_after=AT + 200 * _DAY - _SECOND)), _HOUR),
        (lambda: order(issuance=issuance(not_before=AT - 48 * _HOUR)), _HOUR),
        (lambda: order(issuance=issuance(serial=2**159 - 1)), _HOUR),
        (lambda: order(issuance=issuance(serial=2**55)), _HOUR),
        (lambda: order(issuance=issuance(issuer=issuer(destroyed_at=AT + _SECOND, created_at=AT))), _HOUR),
        (lambda: order(issuance=issuance(issuer=issuer(permitted=[parse_domain("shop.com")]))), _HOUR),
        (lambda: order(caa=(caa("shop.com", accounts=(), method=None), caa("*.shop.com"))), None),
        (
            lambda: _under(
                _gate(holds=("domain:hop.com", "kind:ev", "order:order-2", "account:x", "issuer:" + 64 * "0"))
            ),
            _HOUR,
        ),
        (lambda: _under(_gate(lifetime=_SECOND)), _SECOND),
        (
            lambda: order(
                caa=(caa("shop.com", at=AT - 7 * _HOUR - timedelta(minutes=30)), caa("*.shop.com")),
                corroborations=(
                    *order().corroborations,
                    corroborated("caa", "shop.com", at=AT - 7 * _HOUR - timedelta(minutes=30)),
                ),
            ),
            timedelta(minutes=30),
        ),
        # an earlier corroboration of the same CAA question may be used again for 398 days, for names below too
        (
            lambda: order(
                corroborations=(
                    corroborated("dcv", "shop.com"),
                    *(corroborated("caa", name, at=AT - 30 * _DAY) for name in NAMES),
                )
            ),
            _HOUR,
        ),
    ],
)
def test_what_is_just_allowed(make: Callable[[], Order], lasts: timedelta | None) -> None:
    """The last second of each limit gives a permit, which ends with the evidence that ends first (C17, R132)."""
    result = make().authorize()
    if lasts is None:
        # a stricter CAA question than needed still needs its own corroboration
        assert [each.code for each in result.deciding()] == ["gate.mpic-missing"]
        return
    assert result.permit.expires_at == AT + lasts


def test_reuse_of_a_validation() -> None:
    """A validation of an earlier order of the account serves for 200 days, with the quorum of its day (BR 4.2.1)."""
    early = AT - 100 * _DAY
    earlier = dcv("shop.com", at=early, order_="order-0")
    quorum = pkicheck.corroborate(
        earlier,
        [
            pkicheck.RemoteReport(
                perspective=each,
                result=dcv(
                    "shop.com",
                    at=early,
                    order_="order-0",
                    vantage=each.id,
                    policy=attrs.evolve(BASELINE, name="remote", net=NetPolicy(perspective="remote")),
                ),
            )
            for each in gatekit.PLACES
        ],
        seat=gatekit.SEAT,
        at=early,
    )
    caas = order().corroborations[1:]
    assert order(validations=(earlier,), corroborations=(quorum, *caas)).authorize().verdict is Verdict.PASS
    old = dcv("shop.com", at=AT - 201 * _DAY)
    assert "gate.dcv-not-covering" in order(validations=(old,)).codes()


def test_the_evidence_that_the_identity_names() -> None:
    """An identity that names the evidence of a name gets no permit with other evidence (R108)."""
    right = digest(dcv("shop.com").to_json())
    for named, verdict in ((right, Verdict.PASS), (digest(b"other"), Verdict.FAIL)):
        who = attrs.evolve(gatekit.binding().identity, evidence=(("shop.com", named),))
        bound = attrs.evolve(gatekit.binding(), identity=who)
        result = order(issuance=issuance(binding=bound)).authorize()
        assert result.verdict is verdict
        if verdict is Verdict.FAIL:
            assert "gate.evidence-not-the-named" in {each.code for each in result.deciding()}


# --- every single item


def test_no_item_of_a_minimal_order_can_be_left_out() -> None:
    """From a minimal order every single item is removed in turn: never a permit (S-gate law)."""
    whole = order()
    assert whole.authorize().verdict is Verdict.PASS
    for field in ("validations", "caa", "corroborations"):
        items = getattr(whole, field)
        for place in range(len(items)):
            lesser = _changed(whole, **{field: (*items[:place], *items[place + 1 :])})
            assert lesser.authorize().verdict is Verdict.FAIL, (field, place)


def test_surplus_changes_the_digest() -> None:
    """Surplus evidence is refused nowhere, but the permit is another one: its digest covers all that was given."""
    whole = order()
    more = attrs.evolve(whole, validations=(*whole.validations, dcv("www.shop.com")))
    assert more.authorize().permit.evidence != whole.authorize().permit.evidence


# --- lists and serial numbers


class _Down:
    """Lists of which one does not answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.io = gatekit.lists()
        self.asked: list[str] = []

    def now(self) -> datetime:
        return AT

    def exchange(self, batch: Any, /, *, within: timedelta) -> list[Observation]:
        return [self._one(each, within) for each in batch]

    def _one(self, request: Request, within: timedelta) -> Observation:
        (found,) = self.io.exchange((request,), within=within)
        assert isinstance(found, ListFact)
        self.asked.append(found.request.list)
        if found.request.list == self.name:
            return attrs.evolve(found, failure=Failure.TIMEOUT, answer=None)
        return found


@pytest.mark.parametrize("name", ["iana.root-zone", "psl.icann", "iana.special-use", "key.blocklist/debian", SERIALS])
def test_a_list_that_does_not_answer(name: str) -> None:
    """Not knowing is never permission: INCOMPLETE, and no permit (R071)."""
    down = _Down(name)
    result = order().authorize(down)
    assert result.verdict is Verdict.INCOMPLETE
    assert name in down.asked
    with pytest.raises(Refused):
        _ = result.permit


def test_a_serial_number_is_used_once() -> None:
    """The number is taken with the first permit: the same order may ask again, another one may not."""
    lists = gatekit.lists()
    assert order().authorize(lists).verdict is Verdict.PASS
    assert order().authorize(lists).verdict is Verdict.PASS
    other = issuance(order="order-2", binding=_rebound("order-2"))
    result = order(issuance=other).authorize(lists)
    assert [each.code for each in result.deciding()] == ["gate.serial-used"]
    assert result.deciding()[0].saw[0].startswith("order-1 ")


def _rebound(name: str) -> Any:
    bound = gatekit.binding()
    return attrs.evolve(bound, order=name, identity=attrs.evolve(bound.identity, order=name))


def test_the_registry_is_asked_last() -> None:
    """What is refused anyway takes no serial number; a policy may leave the registry out."""
    down = _Down("none")
    assert order(caa=()).authorize(down).verdict is Verdict.FAIL
    assert SERIALS not in down.asked
    without = _under(_gate(serials=False)).authorize(down)
    assert without.verdict is Verdict.PASS
    assert SERIALS not in down.asked


# --- approvals


def _ev() -> Any:
    return issuance(_STAFF, binding=_ev_binding())


def _ev_binding() -> Any:
    bound = gatekit.binding(_STAFF, ("shop.com",))
    return attrs.evolve(bound, identity=attrs.evolve(bound.identity, kind="ev"))


def _approved(*approvals: Any, what: Any = None) -> list[str]:
    made = Order(
        issuance=what or _ev(),
        validations=(dcv("shop.com", policy=_STAFF),),
        caa=(caa("shop.com", policy=_STAFF),),
        corroborations=tuple(corroborated(kind, "shop.com", policy=_STAFF) for kind in ("dcv", "caa")),
        approvals=approvals,
        policy=_STAFF,
    )
    result = made.authorize()
    return [each.code for each in result.findings if each.code != "gate.permitted"]


def test_four_eyes() -> None:
    """Two roles by two persons, each authentic and recent; one person in both is not two (R004, R145, R152)."""
    final, validation = approval(_ev(), "final", "anna"), approval(_ev(), "validation", "bert")
    assert _approved(final, validation) == []
    assert _approved(validation, final) == []
    assert _approved(final) == ["gate.approval-missing"]
    assert _approved() == ["gate.approval-missing", "gate.approval-missing"]
    alone = approval(_ev(), "validation", "anna")
    assert _approved(final, alone) == ["gate.approval-same-person"]
    assert _approved(final, alone, validation) == []
    unneeded = approval(_ev(), "audit", "carl")
    assert _approved(final, validation, unneeded) == ["gate.approval-unneeded"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"person": "bert"}, "gate.approval-not-authentic"),
        ({"at": AT - _SECOND}, "gate.approval-not-authentic"),
        ({"signature": b"\0" * 64}, "gate.approval-not-authentic"),
        ({"signature": b""}, "gate.approval-not-authentic"),
        ({"authentication": "hsm"}, "gate.approval-not-authentic"),
    ],
)
def test_an_altered_approval(change: dict[str, Any], code: str) -> None:
    """Any field of an approval that is changed breaks its signature (R152)."""
    final = attrs.evolve(approval(_ev(), "final", "anna"), **change)
    found = _approved(final, approval(_ev(), "validation", "bert"))
    assert code in found
    assert "gate.approval-missing" in found


def test_approvals_of_another_class_moment_or_issuance() -> None:
    """Authentication class, age and the very issuance are judged (R145)."""
    validation = approval(_ev(), "validation", "bert")
    weak = approval(_ev(), "final", "anna", authentication="password")
    assert _approved(weak, validation) == ["gate.approval-authentication", "gate.approval-missing"]
    for moment in (AT - _DAY - timedelta(microseconds=1), AT + timedelta(microseconds=1)):
        late = approval(_ev(), "final", "anna", at=moment)
        assert _approved(late, validation) == ["gate.approval-time", "gate.approval-missing"]
    assert _approved(approval(_ev(), "final", "anna", at=AT - _DAY), validation) == []
    other = attrs.evolve(_ev(), serial=_ev().serial + 1)
    assert _approved(approval(other, "final", "anna"), validation) == [
        "gate.approval-not-authentic",
        "gate.approval-missing",
    ]


def test_an_unstated_class_never_counts() -> None:
    """Without a list of classes any stated one counts, an empty one does not (R145)."""
    policy = attrs.evolve(_STAFF, gate=attrs.evolve(_STAFF.gate, authentication=(), roles=("dv:final",)))
    what = issuance(policy)
    for authentication, codes in (("password", []), ("", ["gate.approval-authentication", "gate.approval-missing"])):
        made = attrs.evolve(
            _under(policy), issuance=what, approvals=(approval(what, "final", "anna", authentication=authentication),)
        )
        assert [each.code for each in made.authorize().findings if each.code != "gate.permitted"] == codes


# --- the permit


def _content(**fields: Any) -> bytes:
    """The TBSCertificate that was permitted, by `cryptography`."""
    what = issuance(**fields)
    builder = what.binding.certificate_builder(
        issuer=what.issuer, not_before=what.not_before, not_after=what.not_after, serial=what.serial
    )
    for extension, critical in (
        (x509.KeyUsage(True, False, False, False, False, False, False, False, False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier(csrkit.KEY_ID, None, None), False),
        (
            x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]),
            False,
        ),
        (
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(
                        AuthorityInformationAccessOID.OCSP,
                        x509.UniformResourceIdentifier("http://ocsp.ca.example"),
                    )
                ]
            ),
            False,
        ),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(csrkit.private_key("ca"), hashes.SHA256()).public_bytes(Encoding.DER)


def _part(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).tbs_certificate_bytes


def test_a_permit_checks_what_is_signed() -> None:
    """The permitted content passes before and after signing; another serial, validity or name does not (R146)."""
    permit = order().authorize().permit
    certificate = _content()
    before = permit.check(_part(certificate))
    assert before.verdict is Verdict.PASS, [each.message for each in before.deciding()]
    after = permit.check_signed(certificate)
    assert after.verdict is Verdict.PASS, [each.message for each in after.deciding()]
    for fields in (
        {"serial": issuance().serial + 1},
        {"not_after": issuance().not_after + _SECOND},
        {"not_before": issuance().not_before + _SECOND},
        {"binding": gatekit.binding(names=("shop.com",))},
    ):
        assert permit.check(_part(_content(**fields))).verdict is Verdict.FAIL
    for junk in (b"", b"\x30\x00", certificate):
        assert permit.check(junk).verdict is Verdict.FAIL


def test_a_permit_expires() -> None:
    """Within its time it permits, an instant later it does not, and not before it was made."""
    permit = order().authorize().permit
    content = _part(_content())
    for moment, fine in (
        (AT, True),
        (AT + _HOUR, True),
        (AT + _HOUR + timedelta(microseconds=1), False),
        (AT - timedelta(microseconds=1), False),
    ):
        codes = [each.code for each in permit.check(content, at=moment).deciding()]
        assert ("gate.permit-expired" in codes) is not fine
    with pytest.raises(InputError, match="^at must have a time zone"):
        permit.check(content, at=datetime(2026, 1, 1))


def test_there_is_no_other_way_to_a_permit() -> None:
    """No constructor, no pickle, no copy, no change, no subclass, no evidence gives a permit (R021, R003)."""
    result = order().authorize()
    permit = result.permit
    with pytest.raises(TypeError, match=r"pkicheck\.authorize alone"):
        Permit(object(), result, lambda: AT)
    for attempt in (
        lambda: pickle.dumps(permit),
        lambda: copy.copy(permit),
        lambda: copy.deepcopy(permit),
        lambda: attrs.evolve(permit),  # type: ignore[misc]
        lambda: setattr(permit, "_expires_at", AT + _DAY),
        lambda: delattr(permit, "_expires_at"),
        lambda: type("Free", (Permit,), {}),
    ):
        with pytest.raises((TypeError, attrs.exceptions.NotAnAttrsClassError)):
            attempt()
    refused = order(caa=()).authorize()
    forged = attrs.evolve(refused, findings=result.findings)
    assert forged.verdict is Verdict.PASS
    with pytest.raises(Refused):
        _ = forged.permit
    again = pkicheck.load(result.to_json()).replay().result
    assert isinstance(again, GateResult)
    assert again.verdict is Verdict.PASS
    with pytest.raises(InputError, match="gives no permit"):
        _ = again.permit
    with pytest.raises(InputError, match="gives no permit"):
        _ = pickle.loads(pickle.dumps(result)).permit


def test_a_permit_knows_its_evidence() -> None:
    """A permit whose evidence was altered behind its back refuses."""
    permit = order().authorize().permit
    object.__setattr__(permit, "_result", order(caa=()).authorize())
    assert "gate.permit-altered" in {each.code for each in permit.check(_part(_content())).deciding()}


# --- seals

_GATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_PUBLIC = _GATE_KEY.public_key().public_bytes_raw()


def test_a_seal_crosses_to_the_signing_host() -> None:
    """A sealed permit is opened with the public key and checks content like the permit itself (issue 7)."""
    permit = order().authorize().permit
    opened = open_seal(permit.seal(_GATE_KEY.sign), public_key=_PUBLIC)
    assert (opened.order, opened.account, opened.serial) == ("order-1", gatekit.ACCOUNT, issuance().serial)
    assert (opened.evidence, opened.at, opened.expires_at) == (permit.evidence, permit.at, permit.expires_at)
    certificate = _content()
    assert opened.check(_part(certificate), at=AT).verdict is Verdict.PASS
    assert opened.check_signed(certificate, at=AT + _HOUR).verdict is Verdict.PASS
    late = opened.check(_part(certificate), at=AT + _HOUR + _SECOND)
    assert "gate.permit-expired" in {each.code for each in late.deciding()}
    assert opened.check(_part(_content(serial=7**30)), at=AT).verdict is Verdict.FAIL


def test_a_seal_that_is_not_whole() -> None:
    """Another key, a changed field, another schema, other fields: an error that says which (R152)."""
    seal = order().authorize().permit.seal(_GATE_KEY.sign)
    value: Any = parse_json(seal, what="x")
    body = value["permit"]
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(InputError, match="not that of this public key"):
        open_seal(seal, public_key=other)
    for key in body:
        changed = {**value, "permit": {**body, key: body[key] + "0"}}
        with pytest.raises(InputError, match=r"not that of this public key|schema"):
            open_seal(canonical(changed), public_key=_PUBLIC)
    for changed, message in (
        ({"permit": body}, "exactly permit, signature"),
        ({**value, "permit": []}, "schema"),
        ({**value, "permit": {**body, "more": ""}}, "schema"),
        ({**value, "signature": "?"}, "permit.signature"),
    ):
        with pytest.raises(InputError, match=message):
            open_seal(canonical(changed), public_key=_PUBLIC)
    with pytest.raises(InputError, match="public_key must be"):
        open_seal(seal, public_key=b"short")
    with pytest.raises(InputError, match="longer than"):
        open_seal(b" " * (4 * 1024 * 1024 + 1), public_key=_PUBLIC)
    wrong = {**body, "serial": "x"}
    with pytest.raises(InputError, match=r"permit\.serial"):
        open_seal(
            canonical({"permit": wrong, "signature": encode_bytes(_GATE_KEY.sign(canonical(wrong)))}),
            public_key=_PUBLIC,
        )


# --- evidence


def test_the_decision_replays() -> None:
    """The record holds all it rests on: decided again it is the same, and another day gives another answer (R109)."""
    result = order().authorize()
    stored = pkicheck.load(result.to_json())
    again = stored.replay()
    assert again.same
    assert again.result.to_json() == result.to_json()
    later = stored.replay(at=AT + 9 * _HOUR)
    assert later.verdict_changed
    assert "gate.caa-not-covering" in later.findings_added
    refused = order(caa=()).authorize()
    assert pkicheck.load(refused.to_json()).replay().same
    approved = approval(_ev(), "final", "anna")
    made = attrs.evolve(_under(_STAFF), approvals=(approved,))
    assert pkicheck.load(made.authorize().to_json()).replay().same


def test_a_record_that_was_edited() -> None:
    """Evidence that is withheld, swapped or reshaped is refused by name (R108)."""
    record: Any = parse_json(order().authorize().to_json(), what="x")
    asked = record["asked"]
    swapped = {**asked, "caa": asked["validations"]}
    for changed, message in (
        ({**asked, "caa": ["0" * 64]}, "withheld"),
        (swapped, "a CaaResult was named"),
        ({**asked, "caa": "x"}, "lists of digests"),
        ({**asked, "approvals": {}}, "approvals must be a list"),
        ({**asked, "approvals": [{}]}, "an approval has exactly"),
        ({**asked, "issuance": {}}, "issuance must be an object"),
        ({**asked, "issuance": {**asked["issuance"], "serial": "x"}}, "serial a decimal number"),
        ({**asked, "issuance": {**asked["issuance"], "test": 0}}, "test true or false"),
        ({**asked, "more": 1}, "exactly"),
    ):
        with pytest.raises(InputError, match=message):
            pkicheck.load(canonical({**record, "asked": changed})).replay()


# --- arguments and states


def _changed(value: Any, **fields: Any) -> Any:
    return attrs.evolve(value, **fields)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: issuance(order=""), "order must be"),
        (lambda: issuance(account=5), "account must be"),
        (lambda: issuance(issuer="ca"), "issuer must be"),
        (lambda: issuance(binding=None), "binding must be"),
        (lambda: issuance(serial="5"), "serial must be"),
        (lambda: issuance(serial=True), "serial must be"),
        (lambda: issuance(test=1), "test must be"),
        (lambda: issuance(account_uris="x"), "account_uris"),
        (lambda: issuance(not_before=datetime(2026, 1, 1)), "issuance: not_before"),
        (lambda: issuance(not_after=datetime(2026, 1, 1)), "issuance: not_after"),
        (lambda: _changed(approval(issuance(), "a", "anna"), role=5), "role must be"),
        (lambda: _changed(approval(issuance(), "a", "anna"), person="x" * 256), "person must be"),
        (lambda: _changed(approval(issuance(), "a", "anna"), authentication="a\n"), "authentication must be"),
        (lambda: _changed(approval(issuance(), "a", "anna"), signature="x"), "signature must be"),
        (lambda: _changed(approval(issuance(), "a", "anna"), at=datetime(2026, 1, 1)), "approval: at"),
        (lambda: _changed(order(), issuance="x").authorize(), "issuance must be an Issuance"),
        (lambda: _changed(order(), policy="x").authorize(), "policy must be a Policy"),
        (lambda: _changed(order(), validations=("x",)).authorize(), "validations must be"),
        (lambda: _changed(order(), caa=(dcv("shop.com"),)).authorize(), "caa must be"),
        (lambda: _changed(order(), corroborations=("x",)).authorize(), "corroborations must be"),
        (lambda: _changed(order(), approvals=("x",)).authorize(), "approvals must be"),
    ],
)
def test_wrong_arguments(call: Callable[[], object], message: str) -> None:
    """A wrong argument is one error that names it."""
    with pytest.raises(InputError, match=message):
        call()


def test_the_life_of_an_order() -> None:
    """Only the steps of the table are steps; what was signed can only be logged."""
    state = OrderState.RECEIVED
    for to in (OrderState.VALIDATED, OrderState.APPROVED, OrderState.PERMITTED, OrderState.SIGNED, OrderState.LOGGED):
        state = advance(state, to)
    for before in OrderState:
        for after in OrderState:
            if after in TRANSITIONS[before]:
                assert advance(before, after) is after
            else:
                with pytest.raises(InputError, match=f"after {before.value} comes"):
                    advance(before, after)
    assert TRANSITIONS[OrderState.SIGNED] == (OrderState.LOGGED,)
    assert diagram().splitlines()[4] == "signed    -> logged"
    assert len(diagram().splitlines()) == len(OrderState)


def test_the_plan_is_a_value() -> None:
    """The plan can be pickled and stepped in parts, whatever the order of observations."""
    result = order().authorize()
    plan = pickle.loads(pickle.dumps(result.plan))
    assert plan == result.plan
    assert plan.step(Seen(reversed(result.observations))).findings == result.findings
    assert plan.step(Seen()).requests
    with pytest.raises(InputError, match="^at must have a time zone"):
        authorize(issuance(), validations=(), caa=(), corroborations=(), lists=gatekit.lists(), at=datetime(2026, 1, 1))
    assert result.at.tzinfo is timezone.utc


def test_a_private_pki() -> None:
    """Under a policy for a private PKI no corroboration is asked for; its evidence never serves a public one (R002)."""
    policy = attrs.evolve(BASELINE, name="no corroboration", mpic=MpicPolicy(required=False))
    assert attrs.evolve(_under(policy), corroborations=()).authorize().verdict is Verdict.PASS
