"""What a run came to, as one JSON document: all that its verdict rests on, without the logs themselves (pure).

The logs are not in it, only their digests. From this document anybody can decide again; to make the document again
takes the inputs that it names.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import datetime

from pkicheck.canon import JsonValue, format_time
from pkicheck.hsmlog.judge import FACTS_SCHEMA
from pkicheck.hsmlog.keyring import KeyRing
from pkicheck.hsmlog.ledger import Ledger, SourceEntry
from pkicheck.hsmlog.model import KeyEvent
from pkicheck.hsmlog.reducing import Reduced
from pkicheck.hsmlog.settle import Item, Settled
from pkicheck.hsmlog.splitting import Job

__all__ = ["facts_of"]


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def _source(entry: SourceEntry) -> dict[str, JsonValue]:
    report = entry.report
    return {
        "number": entry.number,
        "side": entry.side,
        "input": report.source,
        "name": report.name[:200],
        "format": report.format[:80],
        "octets": str(report.octets),
        "records": report.records,
        "events": report.events,
        "unreadable": report.unreadable,
        "unreadable_at": [
            {
                "input": each.locator.source,
                "offset": str(each.locator.offset),
                "why": each.why[:200],
                "certain": each.certain,
            }
            for each in entry.unreadable
        ],
        "integrity": report.integrity,
        "verified_by": report.verified_by[:200],
        "broken": [each[:200] for each in report.broken[:100]],
        "holds_signatures": report.holds_signatures,
        "gaps": [[each.why[:80], each.first[:80], each.last[:80]] for each in report.gaps[:100]],
        "gaps_number": len(report.gaps),
        "overlaps": report.overlaps,
        "keys": [each[:200] for each in report.keys],
        "covers": [[format_time(begins), format_time(ends)] for begins, ends in report.covers],
        "zone": report.zone[:80],
        "last": report.last[:200],
        "notes": {name[:80]: text[:200] for name, text in report.notes},
        "from": _when(entry.first),
        "to": _when(entry.last),
    }


def _keys(ring: KeyRing, ledger: Ledger, reduced: Reduced) -> list[JsonValue]:
    found: list[JsonValue] = []
    logged = sorted(ledger.logged | {(issuer, source, "") for issuer, source in reduced.proved})
    for number, key in enumerate(ring.keys):
        found.append(
            {
                "id": key.id,
                "subject": None if key.subject is None else base64.b64encode(key.subject).decode("ascii"),
                "names": sorted({alias.name for alias in key.aliases}),
                "tokens": sorted({alias.token for alias in key.aliases if alias.token}),
                "logged": [[source, token] for issuer, source, token in logged if issuer == number],
                "counted_only": number in ledger.weak,
                "latest": str(dict(ledger.latest).get(number, "")),
            }
        )
    return found


def _key_event(ring: KeyRing, issuer: int, source: int, event: KeyEvent) -> dict[str, JsonValue]:
    return {
        "source": source,
        "key": ring.keys[issuer].id if issuer < len(ring.keys) else "",
        "name": event.key[:200],
        "uid": event.uid[:200],
        "action": event.action,
        "detail": event.detail[:200],
        "outcome": event.outcome,
        "time": _when(event.time),
        "witnesses": [each[:200] for each in event.witnesses[:20]],
        "document": event.document,
    }


def _item(item: Item) -> dict[str, JsonValue]:
    return {"what": item.what, "id": item.id, "key": item.key, "open": item.open, "details": item.details}


def facts_of(
    job: Job,
    ledger: Ledger,
    reduced: Reduced,
    settled: Settled,
    *,
    reported: Collection[str],
    cursor: bytes,
) -> dict[str, JsonValue]:
    """The document.

    Args:
        job: the run.
        ledger: its first pass.
        reduced: its matching.
        settled: its exceptions.
        reported: the ids of findings that runs before have told.
        cursor: the cursor for the next run.
    """
    ring = job.ring

    def name(issuer: int) -> str:
        return ring.keys[issuer].id if issuer < len(ring.keys) else ""

    counts: dict[str, dict[str, JsonValue]] = {}
    for (what, issuer), many in ledger.counts:
        if many:
            counts.setdefault(what, {})[name(issuer)] = many
    most = job.policy.reconcile.most
    return {
        "schema": FACTS_SCHEMA,
        "window": [format_time(each) for each in job.window],
        "sources": [_source(each) for each in ledger.sources],
        "keys": _keys(ring, ledger, reduced),
        "counts": counts,
        "pairs": [[grade, kind, many] for (grade, kind), many in reduced.pairs],
        "counted": [
            {
                "key": name(each.issuer),
                "metadata": each.metadata,
                "count": each.count,
                "events": each.events,
                "objects": each.objects,
            }
            for each in reduced.counted
        ],
        "clocks": [
            {
                "events": each.events,
                "objects": each.objects,
                "offset_us": str(each.offset),
                "low_us": str(each.low),
                "high_us": str(each.high),
                "pairs": each.pairs,
            }
            for each in reduced.clocks
        ],
        "serials": {name(issuer): list(stats.weak) for issuer, stats in ledger.serials},
        "key_events": [_key_event(ring, *each[:2], each[3]) for each in ledger.key_events[:most]],
        "key_events_number": len(ledger.key_events),
        "items": [_item(each) for each in settled.items if each.id not in reported],
        "reported": sorted(each.id for each in settled.items if each.id in reported),
        "more": {**dict(reduced.more), **dict(ledger.more)},
        "settled_before": ledger.count("settled-before"),
        "second_tries": settled.second,
        "announced": settled.announced,
        "changed": settled.changed,
        "outside": reduced.outside,
        "repeats": reduced.repeats,
        "cursor": base64.b64encode(cursor).decode("ascii"),
    }
