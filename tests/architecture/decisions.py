"""Every decision, ready to be called: what the audit of `tests.architecture.audit` runs without a door to the world.

A new decision is added here with arguments that reach its main paths. Arguments are built when `decisions` is called,
outside the audit; only the calls themselves are audited. A decision about answers of the network is a plan that is
replayed on observations made beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final

from pkicheck import (
    canon,
    codes,
    csr,
    deadlines,
    der,
    incident,
    issuevalue,
    keys,
    methods,
    names,
    pairs,
    rules,
    subject,
    zonefile,
)
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
from pkicheck.evidence import load
from pkicheck.findings import Verdict
from pkicheck.hsmlog import Locator, SignedObject, SigningEvent, read_object, readers, report
from pkicheck.hsmlog.reportpage import report_html, report_markdown
from pkicheck.lists import PackagedLists
from pkicheck.mpic import Perspective, RemoteReport, corroborate
from pkicheck.namecheck import NamePlan, check_name, name_plan
from pkicheck.network import Network
from pkicheck.plans import Plan, replay, run
from pkicheck.policy import BASELINE
from pkicheck.ports import ListFact, Observation, Seen
from pkicheck.results import Result
from pkicheck.testing import FixedClock, Web, Zone, example_lists
from pkicheck.wording import explain
from tests import csrkit, derkit, gatekit, keykit, reckit
from tests.dcv_cases import Certificate, certificate
from tests.hsmlog_logs import NAME, laws, log
from tests.make_certificate_vectors import GOOD

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


_PRIMARY: Final = check_caa(
    "shop.example", issuers=_ISSUERS, resolver=Zone(_ZONE, status="secure", clock=FixedClock(_AT))
)


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


_GATE: Final = gatekit.order().authorize()


def _corroborated() -> object:
    seat = Perspective(id="zone", latitude_e6=0, longitude_e6=0, rir="ARIN", resolver="own")
    remote = Perspective(id="far", latitude_e6=50_000_000, longitude_e6=0, rir="RIPE NCC", resolver="own")
    reports = [RemoteReport(perspective=remote, claim=True, raw=b"{}")]
    return corroborate(_PRIMARY, reports, seat=seat, at=_AT).to_json()


def _requested() -> Iterator[tuple[str, csr.BindPlan, Seen]]:
    """Requests with the answers of the lists and of a registry."""
    for which in csrkit.KEYS:
        plan = csr.bind_plan(csrkit.request(signer=which), identity=csrkit.identity(subject=[("C", "ES")]), at=_AT)
        seen: list[Observation] = []
        run(plan, csrkit.registry(), deadline=csrkit.DAY, record=seen.append)
        yield which, plan, Seen(seen)


def _bind(plan: csr.BindPlan, seen: Seen) -> object:
    result = replay(plan, seen)
    binding = result.binding
    return result.to_json(), csr.binding_json(binding), binding.to_crmf()


# A square, another power, and a number that Fermat's method factors.
_MODULI: Final = (769**256, 769**430, (2**1024 - 105) * (2**1024 - 1))
_SUBJECT: Final = bytes.fromhex("300f310d300b06035504060c024553")


def _keyed() -> Iterator[tuple[str, keys.KeyPlan, Seen]]:
    """Questions about keys with the answers of a list."""
    for label, spki in keykit.KEYS.items():
        seen: list[Observation] = []
        keys.check_key(spki, lists=keykit.LISTS, at=_AT, record=seen.append)
        yield label, keys.key_plan(spki, at=_AT), Seen(seen)


def _subject() -> object:
    inspected = subject.inspect_subject(_SUBJECT, kind="dv", at=_AT, policy=BASELINE.subject)
    facts = [
        ListFact(request=each, vantage="lists", sent=_AT, received=_AT, version="1", as_of=_AT, answer=None)
        for each in inspected.questions
    ]
    return subject.country_findings(inspected, facts, at=_AT, policy=BASELINE.subject)


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


def _reconcile(ca: reckit.Ca, log: Sequence[SigningEvent], objects: Sequence[SignedObject]) -> object:
    return reckit.run(ca, log, objects).to_json()


def _reconciled() -> Iterator[Decision]:
    """Runs of reconciliation over logs and stores in memory, and the step from facts to findings."""
    ca = reckit.Ca()
    objects = reckit.stored([*ca.pair("a.example"), ca.crl(1), ca.leaf("b.example")])
    for grade in ("both", "signature", "nothing"):
        log = reckit.logged(ca, objects, grade=grade)
        yield f"reconcile {grade}", partial(_reconcile, ca, log, objects[1:])
    stored = load(reckit.run(ca, reckit.logged(ca, objects), objects[1:]).to_json())
    yield "reconcile replay", lambda: stored.replay().result.to_json()


def _told() -> Iterator[Decision]:
    """Objects from their octets, and every form of the report of a run."""
    octets = [bytes.fromhex("30030a0103"), b"none", *reckit.Ca().pair("a.example"), reckit.Ca().crl(1)]
    where = Locator(source=canon.digest(b""), offset=0)
    yield "hsmlog objects", lambda: [read_object(each, locator=where, uid="x") for each in octets]
    ca = reckit.Ca()
    objects = reckit.stored([*ca.pair("a.example"), ca.leaf("b.example")])
    told = report.report_of(reckit.run(ca, reckit.logged(ca, objects), objects[:1]))
    for form in (report.summary, report.report_json, report.exceptions_csv, report_html, report_markdown):
        yield f"hsmlog {form.__name__}", partial(form, told)


def _read_logs() -> Iterator[Decision]:
    """Every reader of HSM logs over its sample."""
    mapping = readers.mapping_from_json(log("mapping-luna.json"))
    made: dict[str, Callable[[bytes], readers.LogReader[Any]]] = {
        "spy-0.23.txt": lambda cursor: readers.SpyReader(NAME, zone=timezone.utc, cursor=cursor),
        "p11kit-0.24.txt": lambda cursor: readers.P11KitReader(NAME, cursor=cursor),
        "yubihsm-reset.bin": lambda cursor: readers.YubiHsmReader(NAME, cursor=cursor),
        "cloudtrail-records.json": lambda cursor: readers.CloudTrailReader(NAME, cursor=cursor),
        "cloudhsm-audit.txt": lambda cursor: readers.CloudHsmReader(NAME, cursor=cursor),
        "gcp-entries.jsonl": lambda cursor: readers.GcpKmsReader(NAME, cursor=cursor),
        "azure-pt1h.json": lambda cursor: readers.AzureHsmReader(NAME, cursor=cursor),
        "mapping-luna.csv": lambda cursor: readers.MappingReader(NAME, mapping=mapping, cursor=cursor),
    }
    for name, make in made.items():
        yield f"hsmlog {name}", partial(laws, make, log(name))
    yield "hsmlog detect", partial(readers.detect, log("spy-0.24.txt"))


def decisions() -> list[Decision]:
    """The registry: a name and a call without arguments for each decision."""
    pre = derkit.certificate(derkit.Tbs(extensions=(derkit.BASIC, derkit.POISON)).der())
    bound = csrkit.bind(who=csrkit.identity(subject=[("C", "ES")])).binding
    issuer = csrkit.ca()
    signed = csrkit.signed_certificate(GOOD)
    final = derkit.certificate(derkit.Tbs(extensions=(derkit.BASIC, derkit.SCTS)).der())
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
        ("keys.inspect_key", lambda: [keys.inspect_key(keykit.rsa_spki(n), policy=BASELINE.keys) for n in _MODULI]),
        ("keys.hashes", lambda: [keys.hashes(keys.RsaKey(15, 3), form) for form in keys.FORMS]),
        ("keys.usage_findings", lambda: keys.usage_findings(keys.RsaKey(15, 3), {1, 4})),
        ("subject", _subject),
        (
            "names.parse_name",
            lambda: [names.parse_name(text) for text in ("*.a.example", "xn--mnchen-3ya.example", "::1")],
        ),
        ("names.name_defects", lambda: names.name_defects(b"-a..xn--\xff_." + b"b" * 70)),
        ("der.read", lambda: der.read(b"\x30\x03\x02\x01\x05")),
        ("der.defects", lambda: der.defects(b"\x30\x80\x02\x02\x00\x05\x00\x00")),
        ("issuevalue", lambda: issuevalue.parse_issue_value(b"ca.example; accounturi=https://ca.example/1")),
        ("deadlines", lambda: deadlines.revocation_deadline("misuse", aware_at=_AT).judge(_AT)),
        (
            "incident",
            lambda: incident.report_markdown(incident.Incident(title="x", aware_at=_AT, source="x"), at=_AT),
        ),
        ("mpic", _corroborated),
        ("gate", lambda: replay(_GATE.plan, Seen(_GATE.observations)).to_json()),
        ("gate.permit", lambda: _GATE.permit.check(b"\x30\x00", at=_AT).to_json()),
        ("csr.load", lambda: csr.load(csrkit.request())),
        *((f"csr {label}", lambda plan=plan, seen=seen: _bind(plan, seen)) for label, plan, seen in _requested()),
        (
            "csr.check_certificate",
            lambda: csr.check_certificate(signed, binding=bound, issuer=issuer, at=_AT).to_json(),
        ),
        ("csr.check_tbs", lambda: csr.check_tbs(GOOD.der(), binding=bound, issuer=issuer, at=_AT).to_json()),
        ("csr.inspect_certificate", lambda: csr.inspect_certificate(signed).to_json()),
        ("pairs.check_pair", lambda: pairs.check_pair(pre, final, at=_AT).to_json()),
        ("pairs.precertificate_tbs", lambda: pairs.precertificate_tbs(final)),
        *_reconciled(),
        *_told(),
        *_read_logs(),
        ("zonefile", lambda: list(zonefile.read_zone_text(_ZONE))),
        *((f"caa {name}", lambda plan=plan, seen=seen: _decide_caa(plan, seen)) for name, plan, seen in _asked()),
        *(
            (f"key {label}", lambda plan=plan, seen=seen: replay(plan, seen).to_json())
            for label, plan, seen in _keyed()
        ),
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
