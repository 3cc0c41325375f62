"""Every decision, ready to be called: what the audit of `tests.architecture.audit` runs without a door to the world.

A new decision is added here with arguments that reach its main paths. Arguments are built when `decisions` is called,
outside the audit; only the calls themselves are audited. A decision about answers of the network is a plan that is
replayed on observations made beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Final

from pkicheck import canon, codes, der, issuevalue, methods, names, rules, zonefile
from pkicheck.caa import CaaPlan, caa_plan, check_caa, explain_caa, iodef_reports
from pkicheck.dcv import (
    AcmeDns01,
    AcmeHttp01,
    AcmeTlsAlpn01,
    Challenge,
    Confirmation,
    ConstructedEmail,
    DnsContact,
    PersistentTxt,
    authorization_domains,
    check_confirmation,
    check_dcv,
    contact_message,
    new_random_value,
    require_methods,
    selfsigned,
)
from pkicheck.dcv import method as dcv_method
from pkicheck.dcv import methods as dcv_methods
from pkicheck.dcv.values import dns_value, key_authorization
from pkicheck.findings import Verdict
from pkicheck.lists import PackagedLists
from pkicheck.namecheck import NamePlan, check_name, name_plan
from pkicheck.network import Network
from pkicheck.plans import Plan, replay
from pkicheck.policy import BASELINE
from pkicheck.ports import Observation, Seen
from pkicheck.results import Result
from pkicheck.testing import FixedClock, Web, Zone, example_lists
from pkicheck.wording import explain
from tests.dcv_cases import Certificate, certificate

Decision = tuple[str, Callable[[], object]]

_AT: Final = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_ISSUERS: Final = {"ca.example"}
_ZONE: Final = """\
shop.example. CAA 0 issue "ca.example"
shop.example. CAA 0 iodef "mailto:security@shop.example"
other.example. CAA 0 issue "other.example; accounturi=https://other.example/1"
alias.example. CNAME www.shop.example.
www.shop.example. A 192.0.2.1
"""


def _asked() -> Iterator[tuple[str, CaaPlan, Seen]]:
    """CAA questions with the observations that answer them."""
    zone = Zone(_ZONE, status="secure", clock=FixedClock(_AT))
    zone.fail("broken.example", "CAA", "servfail")
    for name in ("shop.example", "*.shop.example", "www.other.example", "alias.example", "broken.example", "192.0.2.1"):
        seen: list[Observation] = []
        check_caa(name, issuers=_ISSUERS, resolver=zone, record=seen.append)
        yield name, caa_plan(name, issuers=_ISSUERS), Seen(seen)


def _decide_caa(plan: CaaPlan, seen: Seen) -> object:
    result = replay(plan, seen)
    reports = iodef_reports(result, reporter="ca.example") if result.verdict is Verdict.FAIL else ()
    return explain_caa(result), reports, result.to_json()


def _named() -> Iterator[tuple[str, NamePlan, Seen]]:
    """Questions about names with the answers of the packaged lists."""
    lists = PackagedLists(clock=lambda: _AT)
    onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
    for name in ("*.shop.co.uk", "b\u00fccher.com", "xn--ls8h.la", "8.8.4.4", "1.0.0.10.in-addr.arpa", onion, "a_b"):
        seen: list[Observation] = []
        check_name(name, lists=lists, record=seen.append)
        yield name, name_plan(name), Seen(seen)


_TOKEN: Final = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
_THUMB: Final = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
_KEY: Final = key_authorization(_TOKEN, _THUMB)
_VALUE: Final = new_random_value(bytes(20), created_at=_AT)


def _validated() -> Iterator[tuple[str, Plan[Result], Seen]]:
    """Challenges of each kind with the observations that answer them."""
    clock = FixedClock(_AT)
    zone = Zone(
        f'_acme-challenge.shop.example. TXT "{dns_value(_KEY)}"\nshop.example. A 192.0.2.1\n'
        '_validation-persist.shop.example. TXT "ca.example; accounturi=https://ca.example/1"\n'
        'shop.example. CAA 0 contactemail "hello@shop.example"\n',
        clock=clock,
    )
    web = Web(clock=clock)
    web.page(f"http://shop.example/.well-known/acme-challenge/{_TOKEN}", status=302, fields=[("Location", "/x")])
    web.page("http://shop.example/x", _KEY)
    web.certificate("shop.example", b"\x30\x00")
    io = Network(dns=zone, http=web, tls=web, lists=example_lists(clock=clock))
    common = {"name": "shop.example", "order": "o", "account": "a", "created_at": _AT}
    token = {"token": _TOKEN, "account_thumbprint": _THUMB}
    reply = Confirmation(value=_VALUE.text, recipient="hello@shop.example", received_at=_AT)
    contact = {"value": _VALUE, "sent_at": _AT, "recipient": "hello@shop.example", "confirmation": reply}
    challenges: list[Challenge] = [
        AcmeDns01(**common, **token),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        AcmeHttp01(**common, **token),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        AcmeTlsAlpn01(**common, **token),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        PersistentTxt(**common, issuers=["ca.example"], account_uri="https://ca.example/1"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        DnsContact(**common, **contact, source="caa", medium="email"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ]
    for each in challenges:
        seen: list[Observation] = []
        check_dcv(each, io=io, record=seen.append)
        yield each.slug, each.plan(), Seen(seen)


def _decide_dcv(plan: Plan[Result], seen: Seen) -> object:
    result = replay(plan, seen)
    return explain(result), result.to_json()


_CERTIFICATE: Final = certificate(Certificate(sni="shop.example", names=("dns:shop.example",)))
_MAIL: Final = ConstructedEmail(
    name="shop.example",
    order="o",
    account="a",
    created_at=_AT,
    value=_VALUE,
    recipient="admin@shop.example",
    sent_at=_AT,
)
_REPLY: Final = Confirmation(value=_VALUE.text, recipient="admin@shop.example", received_at=_AT)


def decisions() -> list[Decision]:
    """The registry: a name and a call without arguments for each decision."""
    return [
        ("canon.canonical", lambda: canon.canonical({"z": [1, None, True], "\ufb33": "a", "\U0001f600": "b"})),
        ("canon.parse_json", lambda: canon.parse_json(b'{"a": [1, "x"]}')),
        ("canon.digest", lambda: canon.digest(b"bytes")),
        ("canon.decode_bytes", lambda: canon.decode_bytes(canon.encode_bytes(b"bytes"))),
        ("canon.format_time", lambda: canon.format_time(_AT)),
        ("canon.parse_time", lambda: canon.parse_time("2026-11-21T12:00:00+01:00")),
        ("codes", lambda: [codes.code(name) for name in codes.CATALOGUE]),
        ("rules", lambda: (rules.rules_at(_AT), [rules.in_force(rules.RuleId(name), _AT) for name in rules.RULES])),
        ("methods", lambda: methods.labels("http-01")),
        (
            "names.parse_name",
            lambda: [names.parse_name(text) for text in ("*.a.example", "xn--mnchen-3ya.example", "::1")],
        ),
        ("names.name_defects", lambda: names.name_defects(b"-a..xn--\xff_." + b"b" * 70)),
        ("der.read", lambda: der.read(b"\x30\x03\x02\x01\x05")),
        ("der.defects", lambda: der.defects(b"\x30\x80\x02\x02\x00\x05\x00\x00")),
        ("issuevalue", lambda: issuevalue.parse_issue_value(b"ca.example; accounturi=https://ca.example/1")),
        ("zonefile", lambda: list(zonefile.read_zone_text(_ZONE))),
        *((f"caa {name}", lambda plan=plan, seen=seen: _decide_caa(plan, seen)) for name, plan, seen in _asked()),
        ("dcv.methods", lambda: [(each, each.status(_AT), dcv_method(each.id).labels) for each in dcv_methods(_AT)]),
        ("dcv.require_methods", lambda: require_methods(BASELINE, at=_AT)),
        (
            "dcv.authorization_domains",
            lambda: authorization_domains("*.www.shop.example", "dns-01", at=_AT, suffix_of=lambda _: "example"),
        ),
        ("dcv.message", lambda: contact_message(_MAIL)),
        (
            "dcv.confirmation",
            lambda: check_confirmation(_REPLY, value=_VALUE, recipient="admin@shop.example", sent_at=_AT, at=_AT),
        ),
        ("dcv.self-signed", lambda: selfsigned.signed_by_itself(_CERTIFICATE)),
        *((f"dcv {name}", lambda plan=plan, seen=seen: _decide_dcv(plan, seen)) for name, plan, seen in _validated()),
        *((f"name {name}", lambda plan=plan, seen=seen: replay(plan, seen).to_json()) for name, plan, seen in _named()),
    ]
