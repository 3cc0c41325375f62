"""Incident export: lists, figures, timeline, action items, the report file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from pkicheck.canon import Sha256, digest
from pkicheck.errors import InputError
from pkicheck.incident import (
    SECTIONS,
    ActionItem,
    Claim,
    Incident,
    Sighting,
    check_timeline,
    delay_incident,
    missing_sections,
    problem_csv,
    problems,
    report_markdown,
    response_summary,
    timeline_entry,
)

_AT = datetime(2026, 11, 2, 10, tzinfo=timezone.utc)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_NAME = "name.internal"
_CAA = "caa.issuer-not-listed"


def _sighting(number: int, code: str = _NAME, **more: Any) -> Sighting:
    usual: dict[str, Any] = {
        "issued_at": _AT - (100 - number) * _DAY,
        "expires_at": _AT + number * _DAY,
        "detected_by": "ca",
        "aware_at": _AT,
    }
    return Sighting(code=code, certificate=digest(b"%d" % number), **{**usual, **more})


def test_one_list_for_each_problem() -> None:
    """Two problems, five certificates, one in both: two CSV files with three rows each, SHA-256 in hex (R052)."""
    found = problem_csv(
        [_sighting(1), _sighting(2), _sighting(3), _sighting(3, _CAA), _sighting(4, _CAA), _sighting(5, _CAA)]
    )
    assert sorted(found) == [_CAA, _NAME]
    for text in found.values():
        head, *rows = text.splitlines()
        assert head == "sha256,issued_at,expires_at,revoked_at"
        assert len(rows) == 3
        assert rows == sorted(rows)
        assert all(len(row.split(",")[0]) == 64 for row in rows)
    revoked = problem_csv([_sighting(1, revoked_at=_AT)])[_NAME]
    assert revoked.endswith(",2026-11-02T10:00:00.000000Z\n")


def test_figures_of_twenty() -> None:
    """Count, first and last issuance, one expired, one revoked, each certificate once (R053, R057)."""
    found = [_sighting(number) for number in range(2, 20)]
    found += [
        _sighting(20, expires_at=_AT - _DAY, evidence=digest(b"evidence")),
        _sighting(21, revoked_at=_AT - _HOUR),
        _sighting(2, evidence=digest(b"another")),
    ]
    (row,) = problems(found, at=_AT)
    assert len(row.certificates) == 20
    assert (row.first_issued, row.last_issued) == (_AT - 98 * _DAY, _AT - 79 * _DAY)
    assert (row.revoked, row.expired) == (1, 1)
    assert row.evidence == tuple(sorted([digest(b"evidence"), digest(b"another")]))
    (before,) = problems(found, at=_AT - 2 * _HOUR)
    assert before.revoked == 0


def test_the_summary_of_forty() -> None:
    """40 records: totals, who found them, median and longest time to revoke (R005)."""
    found = [
        _sighting(number, detected_by="ca" if number < 36 else "crt.sh", revoked_at=_AT + number * _HOUR)
        for number in range(1, 41)
    ]
    assert response_summary([*found, _sighting(1, _CAA, revoked_at=_AT + _HOUR)]) == {
        "certificates": 40,
        "self_detected": 35,
        "revoked": 40,
        "median_seconds": 20 * 3600,
        "longest_seconds": 40 * 3600,
    }
    assert response_summary([_sighting(1)]) == {"certificates": 1, "self_detected": 1, "revoked": 0}
    earlier = _sighting(1, _CAA, detected_by="auditor", aware_at=_AT - _DAY)
    assert response_summary([_sighting(1), earlier])["self_detected"] == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: problem_csv([]), "none was given"),
        (lambda: problems([], at=_AT), "none was given"),
        (lambda: response_summary([]), "none was given"),
        (lambda: problems([_sighting(1), _sighting(1, expires_at=_AT)], at=_AT), "disagree"),
        (lambda: _sighting(1, "no.such-code"), "no finding code"),
        (lambda: attrs.evolve(_sighting(1), certificate=Sha256("AB" * 32)), "lower-case hex"),
        (lambda: _sighting(1, evidence="x"), "lower-case hex"),
        (lambda: _sighting(1, detected_by=""), "detected_by"),
        (lambda: _sighting(1, issued_at=datetime(2026, 1, 1)), "issued_at"),
        (lambda: _sighting(1, revoked_at=_AT - 1000 * _DAY), "revoked before it was issued"),
    ],
)
def test_wrong_records_are_named(call: Callable[[], object], message: str) -> None:
    """A record that cannot be is an error that names what is wrong."""
    with pytest.raises(InputError, match=message):
        call()


# --- timeline


def test_a_zone_by_name_is_refused() -> None:
    """`CET` in August is not in force: an entry needs an offset (R074)."""
    for moment in ("17/Aug 17:40 CET", "2017-08-17T17:40:00 CEST", "2017-08-17 17:40 GMT"):
        with pytest.raises(InputError, match="names a zone"):
            timeline_entry("noticed", moment, "The problem report was noticed.")
    with pytest.raises(InputError, match="noticed"):
        timeline_entry("noticed", "2017-08-17T17:40:00", "x")
    entry = timeline_entry("noticed", "2017-08-17T17:40:00+02:00", "x")
    assert entry.at == datetime(2017, 8, 17, 15, 40, tzinfo=timezone.utc)
    assert timeline_entry("z", "2017-08-17T15:40:00Z", "x").at == entry.at


def test_the_statements_of_2017() -> None:
    """5 Aug 16:55 to 7 Aug 22:00 are 53 h 05 min: "30 h" contradicts them (R075)."""
    entries = [
        timeline_entry("reported", "2017-08-05T16:55:00+02:00", "A third party reported it."),
        timeline_entry("revoked", "2017-08-07T22:00:00+02:00", "The certificate was revoked."),
    ]
    said = Claim(first="reported", second="revoked", lasted=30 * _HOUR, text="30 h after the report")
    (found,) = check_timeline(entries, [said])
    assert found.code == "incident.timeline-contradiction"
    assert (found.expected, found.saw) == ("53 h 05 min", ("30 h after the report",))
    right = attrs.evolve(said, lasted=53 * _HOUR + timedelta(minutes=5, seconds=59))
    assert [each.code for each in check_timeline(entries, [right])] == ["incident.timeline-consistent"]
    wrong = attrs.evolve(said, lasted=53 * _HOUR + timedelta(minutes=6), text="")
    assert check_timeline(entries, [wrong])[0].saw == ("53 h 06 min",)
    (order,) = check_timeline(entries[::-1])
    assert (order.code, order.place) == ("incident.timeline-order", "reported")


def test_a_timeline_has_entries() -> None:
    """No entry, two of one id, a claim about an entry that is not there: errors."""
    entry = timeline_entry("a", "2026-11-02T10:00:00Z", "x")
    for entries in ([], [entry, entry]):
        with pytest.raises(InputError, match="an id of its own"):
            check_timeline(entries)
    with pytest.raises(InputError, match="'b', which is no entry"):
        check_timeline([entry], [Claim(first="a", second="b", lasted=_HOUR)])


# --- action items and the report


def test_an_action_item_keeps_every_date() -> None:
    """Promised for 30 Sep, moved to 19 Oct, then later: two slips and the days since the first promise (R026, R143)."""
    item = ActionItem(
        text="Integrate the CAA check", kind="prevent", due=[date(2020, 9, 30), date(2020, 10, 19), date(2020, 11, 30)]
    )
    assert item.slips == 2
    assert item.slipped_days(date(2020, 11, 30)) == 61
    assert item.slipped_days(date(2020, 9, 1)) == 0
    assert not item.overdue(date(2020, 11, 30))
    assert item.overdue(date(2020, 12, 1))
    done = attrs.evolve(item, done=date(2020, 11, 1), evidence=digest(b"x"))
    assert not done.overdue(date(2021, 1, 1))
    assert done.slipped_days(date(2021, 1, 1)) == 32
    with pytest.raises(InputError, match="names its evidence"):
        attrs.evolve(item, done=date(2020, 11, 1))
    wrongs: tuple[dict[str, Any], ...] = ({"due": ()}, {"text": ""}, {"kind": "hope"})
    for wrong in wrongs:
        with pytest.raises(InputError, match="at least one due date"):
            attrs.evolve(item, **wrong)


def _incident(**more: Any) -> Incident:
    written = dict.fromkeys(("Summary", "Related Incidents", "Root Cause Analysis", "Lessons Learned"), "N/A")
    usual: dict[str, Any] = {
        "title": "Internal name <script>",
        "aware_at": _AT,
        "source": "problem report",
        "text": written,
        "timeline": [timeline_entry("a", "2026-11-02T10:00:00Z", "a | b")],
        "problems": problems([_sighting(1, evidence=digest(b"e"))], at=_AT),
        "actions": [ActionItem(text="Mend it", kind="detect", due=[date(2026, 11, 1)])],
    }
    return Incident(**{**usual, **more})


def test_a_complete_report() -> None:
    """All sections stand, late action items are flagged, statements link to evidence (R026, R054, R153)."""
    incident = _incident()
    assert missing_sections(incident) == ()
    text = report_markdown(incident, at=_AT)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "MISSING" not in text
    assert "| Mend it | detect | 2026-11-01 | OVERDUE | 0 (1 days) |  |" in text
    assert "a \\| b" in text
    assert "<script>" not in text
    assert digest(b"e") in text
    assert report_markdown(incident, at=_AT) == text
    done = _incident(
        actions=[ActionItem(text="x", kind="detect", due=[date(2026, 11, 1)], done=date(2026, 11, 1), evidence="e")]
    )
    assert "| done |" in report_markdown(done, at=_AT)
    open_item = _incident(actions=[ActionItem(text="x", kind="detect", due=[date(2026, 12, 1)])])
    assert "| open |" in report_markdown(open_item, at=_AT)


def test_what_is_missing_is_said() -> None:
    """Without the time or source of awareness, or a section, a report is not complete and shows it (R050, R054)."""
    bare = Incident(title="x", aware_at=None, source="")
    assert missing_sections(bare) == ("source of awareness", "time of awareness", *SECTIONS)
    text = report_markdown(bare, at=_AT)
    assert text.count("MISSING") == 2 + len(SECTIONS)
    assert missing_sections(_incident(text={"Summary": " "})) == (
        "Summary", "Related Incidents", "Root Cause Analysis", "Lessons Learned",
    )  # fmt: skip
    with pytest.raises(InputError, match="no section is called 'Praise'"):
        _incident(text={"Praise": "x"})
    with pytest.raises(InputError, match="needs a title"):
        _incident(title="")


def test_a_delay_is_an_incident_of_its_own() -> None:
    """An overdue set gives a second report that names the first (R085)."""
    delay = delay_incident(_incident(), overdue=3, at=_AT)
    assert delay.related == ("Internal name <script>",)
    assert "Root Cause Analysis" in missing_sections(delay)
    assert "Internal name \\x3cscript\\x3e" in report_markdown(delay, at=_AT)
    with pytest.raises(InputError, match="nothing is overdue"):
        delay_incident(_incident(), overdue=0, at=_AT)


def test_the_report_file() -> None:
    """The whole file as it is written, byte for byte."""
    incident = Incident(
        title="Internal name",
        aware_at=_AT,
        source="nightly scan",
        text={"Summary": " One certificate. ", "Impact": "Few."},
        timeline=[timeline_entry("a", "2026-11-02T10:00:00Z", "Noticed.", evidence="e1")],
        problems=problems([_sighting(1), _sighting(2, evidence=digest(b"e"), revoked_at=_AT)], at=_AT),
        actions=[ActionItem(text="Mend it", kind="mitigate", due=[date(2026, 12, 1)])],
        related=["#1"],
    )
    assert (
        report_markdown(incident, at=_AT)
        == f"""\
# Internal name

Aware: 2026-11-02T10:00:00.000000Z
Source: nightly scan

## Summary

One certificate.

## Impact

Few.
| Problem | Certificates | First issued | Last issued | Revoked | Expired | Open |
| --- | --- | --- | --- | --- | --- | --- |
| name.internal | 2 | 2026-07-26T10:00:00.000000Z | 2026-07-27T10:00:00.000000Z | 1 | 0 | 1 |

## Timeline

| Time (UTC) | Event | Evidence |
| --- | --- | --- |
| 2026-11-02T10:00:00.000000Z | Noticed. | e1 |

## Related Incidents

- #1

## Root Cause Analysis

MISSING

## Lessons Learned

MISSING

## Action Items

| Action | Kind | Due | Status | Moved | Evidence |
| --- | --- | --- | --- | --- | --- |
| Mend it | mitigate | 2026-12-01 | open | 0 (0 days) |  |

## Appendix

- name.internal: 2 certificates; evidence: {digest(b"e")}
"""
    )
    bare = report_markdown(Incident(title="x", aware_at=None, source="", problems=incident.problems[:0]), at=_AT)
    assert bare.startswith("# x\n\nAware: MISSING\nSource: MISSING\n\n## Summary\n\nMISSING\n")
    without = attrs.evolve(incident, problems=problems([_sighting(1)], at=_AT))
    assert report_markdown(without, at=_AT).endswith("- name.internal: 1 certificates; evidence: none\n")


def test_edges_of_the_figures() -> None:
    """Revoked at the moment judged counts; expiring at it does not; problems and fingerprints are sorted."""
    both = [_sighting(5, _NAME, revoked_at=_AT), _sighting(4, _NAME), _sighting(3, _CAA, evidence=digest(b"x"))]
    first, second = problems(both, at=_AT)
    assert (first.code, second.code) == (_CAA, _NAME)
    assert (second.revoked, second.expired, second.evidence) == (1, 0, ())
    assert list(second.certificates) == sorted(second.certificates)
    (row,) = problems([_sighting(1, expires_at=_AT)], at=_AT)
    assert row.expired == 0
    (row,) = problems([_sighting(1, expires_at=_AT - _DAY, revoked_at=_AT - 2 * _DAY)], at=_AT)
    assert (row.revoked, row.expired) == (1, 0)
    assert _sighting(1, revoked_at=_AT - 99 * _DAY).revoked_at == _AT - 99 * _DAY
    assert list(problem_csv(both)) == [_CAA, _NAME]
    digest_of = digest(b"4")
    text = problem_csv([_sighting(4)])[_NAME]
    assert text.splitlines()[1] == f"{digest_of},2026-07-29T10:00:00.000000Z,2026-11-06T10:00:00.000000Z,"
    spans = [_sighting(n, revoked_at=_AT + (4 - n) * _HOUR) for n in range(3)]
    assert response_summary(spans)["median_seconds"] == 3 * 3600
    assert response_summary(spans[:2])["median_seconds"] == 3 * 3600
    with pytest.raises(InputError, match="^at must have a time zone"):
        problems(both, at=datetime(2026, 1, 1))


def test_what_a_timeline_says() -> None:
    """Places and expectations are whole sentences; two events of one moment are in order."""
    entries = [
        timeline_entry(name, f"2026-11-02T{hour}:00:00Z", "x") for name, hour in (("a", 10), ("b", 10), ("c", 12))
    ]
    (fine,) = check_timeline(entries)
    assert fine.place == "a to c"
    assert entries[0].evidence == ""
    (order,) = check_timeline([entries[2], entries[0]])
    assert order.expected == "not before c at 2026-11-02T12:00:00.000000Z"
    (claim,) = check_timeline(entries, [Claim(first="a", second="c", lasted=_HOUR)])
    assert (claim.place, claim.expected, claim.saw) == ("a to c", "2 h 00 min", ("1 h 00 min",))
    with pytest.raises(InputError, match="^timeline entry a must have a time zone"):
        attrs.evolve(entries[0], at=datetime(2026, 1, 1))
    east = attrs.evolve(entries[0], at=datetime(2026, 11, 2, 12, tzinfo=timezone(2 * _HOUR)))
    assert east.at.utcoffset() == timedelta(0)
    assert timeline_entry("z", "2026-11-02t10:00:00z", "x").at == _AT
    with pytest.raises(InputError, match="^timeline entry q"):
        timeline_entry("q", "", "x")
