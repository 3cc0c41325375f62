"""From the facts of a run to findings (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, cast

from pkicheck.canon import JsonValue, parse_time
from pkicheck.findings import Finding, finding
from pkicheck.hsmlog.describe import words
from pkicheck.hsmlog.model import INTEGRITY
from pkicheck.policy import Policy

__all__ = ["FACTS_SCHEMA", "judge"]

FACTS_SCHEMA: Final = "pkicheck/reconciliation/1"
"""The schema of the document of facts."""

_ITEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unexplained": "rec.operation-unexplained",
        "unknown-outcome": "rec.operation-outcome-unknown",
        "repeated": "rec.operation-repeated",
        "taken-twice": "rec.operation-repeated",
        "key-differs": "rec.operation-other-key",
        "no-operation": "rec.object-without-operation",
        "no-precertificate-operation": "rec.precertificate-without-operation",
        "expectation-unmet": "rec.expectation-unmet",
        "expectation-exceeded": "rec.expectation-exceeded",
        "object-twice": "rec.object-twice",
        "object-without-digest": "rec.object-unreadable",
        "evidence-late": "rec.evidence-late",
        "evidence-missing": "rec.evidence-missing",
        "serial-reused": "rec.serial-reused",
        "precertificate-twice": "rec.precertificate-twice",
        "pair-differs": "rec.pair-differs",
        "precertificate-alone": "rec.precertificate-alone",
        "revocation-differs": "rec.revocation-differs",
        "ct-only": "rec.ct-only",
        "ct-missing": "rec.ct-missing",
        "signature-invalid": "rec.signature-invalid",
        "issuer-not-listed": "rec.issuer-not-listed",
        "kind-not-permitted": "rec.kind-not-permitted",
        "outside-gate": "rec.outside-gate",
        "approval-missing": "rec.approval-missing",
        "approval-own": "rec.approval-own",
        "test-issuance": "rec.test-issuance",
        "clock-backwards": "rec.clock-backwards",
        "used-after-destruction": "hsm.key-used-after-destruction",
        "used-before-creation": "hsm.key-used-before-creation",
        "crl-number-reused": "rec.crl-number-reused",
        "crl-number-falls": "rec.crl-number-falls",
        "crl-number-gap": "rec.crl-number-gap",
    }
)

_KEY_EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "generate": "hsm.key-generated",
        "import": "hsm.key-imported",
        "unwrap": "hsm.key-imported",
        "export": "hsm.key-copied",
        "wrap": "hsm.key-copied",
        "copy": "hsm.key-copied",
        "derive": "hsm.key-copied",
        "delete": "hsm.key-deleted",
        "destroy": "hsm.key-destroyed",
        "reset": "hsm.device-changed",
        "option": "hsm.device-changed",
        "other": "hsm.key-other",
    }
)

_ORPHANS: Final[Mapping[object, str]] = MappingProxyType(
    {"certificate": "rec.certificate-orphan", "precertificate": "rec.precertificate-orphan"}
)

_SERIALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "range": "rec.serial-range",
        "short": "rec.serial-short",
        "entropy": "rec.serial-entropy",
        "sequential": "rec.serial-sequential",
    }
)

_Facts = Mapping[str, Any]


def _short(key: str) -> str:
    return f"key {key[:16]}" if key else "key unknown"


def _item_code(item: _Facts, policy: Policy, until: datetime) -> str:
    what, details = item["what"], item["details"]
    if item["open"]:
        return "rec.operation-open" if what in {"unexplained", "unknown-outcome"} else "rec.object-open"
    if what == "unexplained":
        return _ORPHANS.get(details.get("kind"), _ITEMS[what])
    if what in {"repeated", "taken-twice"} and policy.reconcile.repeated == "note":
        return "rec.operation-repeated-tolerated"
    young = what == "ct-only" and details.get("time") is not None
    if young and parse_time(details["time"]) + policy.reconcile.ct_delay > until:
        return "rec.ct-ahead"
    return _ITEMS[what]


def _items(facts: _Facts, policy: Policy) -> Iterator[Finding]:
    until = parse_time(facts["window"][1])
    for item in facts["items"]:
        details = item["details"]
        against = details.get("against")
        expected = str(details.get("expected", ""))
        if isinstance(against, Mapping):
            expected = "; ".join(words(cast("Mapping[str, JsonValue]", against)))
        saw = (*words(details), *(str(each) for each in details.get("saw", ())))
        place = f"{details.get('record', 'record')} {item['id']}, {_short(item['key'])}"
        yield finding(_item_code(item, policy, until), place, expected=expected, saw=saw)
    if facts["reported"]:
        yield finding("rec.reported-before", "the cursor", saw=facts["reported"])
    for what, many in sorted(facts["more"].items()):
        yield finding("rec.exceptions-cut", what, saw=[f"{many} more"])


def _sources(facts: _Facts, policy: Policy) -> Iterator[Finding]:
    wanted = INTEGRITY[policy.reconcile.integrity]
    for source in facts["sources"]:
        place = f"{'log' if source['side'] == 'events' else 'store'} {source['name'] or source['input'][:16]}"
        level = source["integrity"]
        by = f" by {source['verified_by']}" if source["verified_by"] else ""
        yield finding("hsm.integrity", place, saw=[f"integrity {level}{by}"])
        if source["side"] == "events" and INTEGRITY[level] < wanted:
            yield finding("hsm.integrity-below", place, expected=policy.reconcile.integrity, saw=[level])
        if source["broken"]:
            yield finding("hsm.integrity-broken", place, saw=source["broken"])
        if source["gaps"]:
            yield finding("hsm.gap", place, saw=[f"{why} {first} to {last}" for why, first, last in source["gaps"]])
        if source["overlaps"]:
            yield finding("hsm.overlap", place, saw=[str(source["overlaps"])])
        bad = [each for each in source["unreadable_at"] if not each["certain"]]
        # A report that counts more than were given out is believed.
        if bad or source["unreadable"] > len(source["unreadable_at"]):
            code = "hsm.record-unreadable" if source["side"] == "events" else "hsm.store-unreadable"
            saw = [f"offset {each['offset']}: {each['why']}" for each in bad]
            yield finding(code, place, expected=f"{source['unreadable']} in all", saw=saw)
        if source["side"] == "events" and not source["holds_signatures"]:
            yield finding("hsm.no-signatures", place, saw=[source["format"]])
        elif source["side"] == "events" and not source["events"]:
            yield finding("hsm.log-empty", place, saw=[source["format"]])


def _holds(begins: datetime, ends: datetime, stretches: Sequence[tuple[datetime, datetime]]) -> datetime | None:
    """The first moment of [begins, ends) that no stretch covers, None when all are."""
    for first, last in sorted(stretches):
        if first > begins:
            break
        begins = max(begins, last)
    return begins if begins < ends else None


def _stretches(source: _Facts, policy: Policy) -> list[tuple[datetime, datetime]]:
    found = [(parse_time(first), parse_time(last)) for first, last in source["covers"]]
    if policy.reconcile.coverage == "observed" and source["from"] is not None:
        found.append((parse_time(source["from"]), parse_time(source["to"]) + timedelta(microseconds=1)))
    return found


def _coverage(facts: _Facts, policy: Policy) -> Iterator[Finding]:
    begins, ends = (parse_time(each) for each in facts["window"])
    logs = {each["number"]: each for each in facts["sources"] if each["side"] == "events" and each["holds_signatures"]}
    if not logs:
        yield finding("rec.no-log", "the run")
    if not any(each["side"] == "objects" for each in facts["sources"]):
        yield finding("rec.no-store", "the run")
    objects = Counter[str]()
    for name, by_key in facts["counts"].items():
        if name.startswith("objects-") or name == "events":
            objects.update(by_key)
    if not sum(objects.values()):
        yield finding("rec.nothing-read", "the run")
    for key in facts["keys"]:
        place = _short(key["id"])
        logged = {(number, token) for number, token in key["logged"] if number in logs}
        named = {number for number, each in logs.items() if {key["id"], *key["names"]} & set(each["keys"])}
        # A key that lives in several devices has a log for each.
        for token in key["tokens"] or [""]:
            own = {number for number, seen in logged if token in {"", seen}}
            own |= {
                number
                for number in named
                if not key["tokens"] or token in {*logs[number]["keys"], logs[number]["name"]}
            }
            where = f"{place} in {token}" if token else place
            if not own:
                yield finding("rec.key-without-log", where)
                continue
            gap = _holds(begins, ends, [one for number in sorted(own) for one in _stretches(logs[number], policy)])
            if gap is not None:
                yield finding(
                    "rec.window-not-covered",
                    where,
                    expected=" to ".join(facts["window"]),
                    saw=[f"not from {gap.isoformat()}"],
                )
        if named and not logged and not objects[key["id"]]:
            yield finding("rec.key-silent", place)


def _counted(facts: _Facts) -> Iterator[Finding]:
    window = " to ".join(facts["window"])
    for each in facts["counted"]:
        place = f"{_short(each['key'])}, {window}"
        if each["metadata"] or each["count"]:
            saw = [f"metadata {each['metadata']}", f"count {each['count']}"]
            yield finding("rec.counted-only", place, saw=saw)
        if each["events"]:
            yield finding("rec.operations-not-explained", place, saw=[f"{each['events']} operations"])
        if each["objects"]:
            yield finding("rec.objects-without-operation", place, saw=[f"{each['objects']} objects"])


def _clocks(facts: _Facts, policy: Policy) -> Iterator[Finding]:
    tolerance = policy.reconcile.clock_tolerance // timedelta(microseconds=1)
    names = {each["number"]: each["name"] or each["input"][:16] for each in facts["sources"]}
    for each in facts["clocks"]:
        offset = int(each["offset_us"])
        place = f"log {names.get(each['events'], '')}, store {names.get(each['objects'], '')}"
        code = "rec.clock-apart" if abs(offset) > tolerance else "rec.clock-offset"
        saw = [f"{offset} us", f"{each['low_us']} to {each['high_us']} us", f"{each['pairs']} pairs"]
        yield finding(code, place, expected=f"at most {tolerance} us", saw=saw)


def _keys(facts: _Facts, policy: Policy) -> Iterator[Finding]:
    for event in facts["key_events"]:
        code = _KEY_EVENTS[event["action"]]
        if event["outcome"] == "failed":
            code = "hsm.key-other"
        place = f"{_short(event['key'])}, {event['name'] or 'device'}, record {event['uid']}"
        saw = [event["action"], event["detail"], event["outcome"], str(event["time"])]
        yield finding(code, place, saw=saw)
        if code == "hsm.key-destroyed" and (
            len(set(event["witnesses"])) < policy.reconcile.witnesses or event["document"] is None
        ):
            expected = f"{policy.reconcile.witnesses} witnesses and a document"
            yield finding("hsm.destruction-unwitnessed", place, expected=expected, saw=event["witnesses"])
    if facts["key_events_number"] > len(facts["key_events"]):
        yield finding("rec.exceptions-cut", "key events", saw=[str(facts["key_events_number"])])


def _numbers(facts: _Facts, policy: Policy) -> Iterator[Finding]:
    counts = facts["counts"]
    for name, code in (
        ("failed", "rec.operations-failed"),
        ("key-unknown", "hsm.key-name-unknown"),
        ("ocsp-presigned", "rec.ocsp-presigned"),
        ("ocsp-delegated", "rec.ocsp-delegated"),
    ):
        for key, many in sorted(counts.get(name, {}).items()):
            yield finding(code, _short(key), saw=[str(many)])
    if policy.reconcile.serials:
        for key, weak in sorted(facts["serials"].items()):
            for each in weak:
                yield finding(_SERIALS[each], _short(key))
    if facts["repeats"]:
        yield finding("hsm.overlap", "the run", saw=[str(facts["repeats"])])
    if facts["settled_before"]:
        yield finding("rec.settled-before", "the run", saw=[str(facts["settled_before"])])
    if facts["second_tries"]:
        yield finding("rec.second-try", "the run", saw=[str(facts["second_tries"])])
    if facts["changed"]:
        yield finding("rec.source-changed", "the run", saw=[str(facts["changed"])])
    if policy.reconcile.signatures == "trust":
        yield finding("rec.not-checked", "the run")
    pairs = [f"{kind} by {grade}: {many}" for grade, kind, many in facts["pairs"]]
    if facts["announced"]:
        pairs.append(f"announced by number: {facts['announced']}")
    yield finding("rec.reconciled", "the run", saw=pairs)


def judge(facts: Mapping[str, JsonValue], policy: Policy) -> tuple[Finding, ...]:
    """The findings that the facts of a run give under a policy, in a fixed order."""
    known = cast("_Facts", facts)
    return (
        *_items(known, policy),
        *_counted(known),
        *_keys(known, policy),
        *_coverage(known, policy),
        *_sources(known, policy),
        *_clocks(known, policy),
        *_numbers(known, policy),
    )
