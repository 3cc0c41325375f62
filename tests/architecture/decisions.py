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

from pkicheck import canon, codes, der, issuevalue, methods, names, pairs, rules, zonefile
from pkicheck.caa import CaaPlan, caa_plan, check_caa, explain_caa, iodef_reports
from pkicheck.evidence import load
from pkicheck.findings import Verdict
from pkicheck.hsmlog import Locator, SignedObject, SigningEvent, read_object, readers, report
from pkicheck.hsmlog.reportpage import report_html, report_markdown
from pkicheck.lists import PackagedLists
from pkicheck.namecheck import NamePlan, check_name, name_plan
from pkicheck.plans import replay
from pkicheck.ports import Observation, Seen
from pkicheck.testing import FixedClock, Zone
from tests import derkit, reckit
from tests.hsmlog_logs import NAME, laws, log

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
        (
            "names.parse_name",
            lambda: [names.parse_name(text) for text in ("*.a.example", "xn--mnchen-3ya.example", "::1")],
        ),
        ("names.name_defects", lambda: names.name_defects(b"-a..xn--\xff_." + b"b" * 70)),
        ("der.read", lambda: der.read(b"\x30\x03\x02\x01\x05")),
        ("der.defects", lambda: der.defects(b"\x30\x80\x02\x02\x00\x05\x00\x00")),
        ("issuevalue", lambda: issuevalue.parse_issue_value(b"ca.example; accounturi=https://ca.example/1")),
        ("pairs.check_pair", lambda: pairs.check_pair(pre, final, at=_AT).to_json()),
        ("pairs.precertificate_tbs", lambda: pairs.precertificate_tbs(final)),
        *_reconciled(),
        *_told(),
        *_read_logs(),
        ("zonefile", lambda: list(zonefile.read_zone_text(_ZONE))),
        *((f"caa {name}", lambda plan=plan, seen=seen: _decide_caa(plan, seen)) for name, plan, seen in _asked()),
        *((f"name {name}", lambda plan=plan, seen=seen: replay(plan, seen).to_json()) for name, plan, seen in _named()),
    ]
