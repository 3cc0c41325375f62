"""What was found, certificate by certificate and problem by problem; and what is being done about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal

import attrs

from pkicheck.canon import Sha256, format_time, utc
from pkicheck.codes import code
from pkicheck.errors import InputError

__all__ = ["ActionItem", "Problem", "Sighting", "problem_csv", "problems", "response_summary"]

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@attrs.frozen(kw_only=True)
class Sighting:
    """One problem of one certificate.

    Attributes:
        code: the finding code of the problem.
        certificate: SHA-256 of the certificate, lower-case hex.
        issued_at: when it was issued (UTC).
        expires_at: its last valid moment (UTC).
        detected_by: who found it: `ca`, or who else.
        aware_at: when the CA became aware (UTC).
        revoked_at: when it was revoked (UTC), or None.
        evidence: the digest of the evidence record that shows it, empty when there is none (R153).
    """

    code: str
    certificate: Sha256
    issued_at: datetime
    expires_at: datetime
    detected_by: str
    aware_at: datetime
    revoked_at: datetime | None = None
    evidence: str = ""

    def __attrs_post_init__(self) -> None:
        code(self.code)
        if not _DIGEST.fullmatch(self.certificate) or (self.evidence and not _DIGEST.fullmatch(self.evidence)):
            msg = f"a certificate and its evidence are named by SHA-256 in lower-case hex, got {self.certificate!a}"
            raise InputError(msg)
        for name in ("issued_at", "expires_at", "aware_at", "revoked_at"):
            value: datetime | None = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, utc(value, what=name))
        if not self.detected_by:
            msg = "detected_by must say who found it"
            raise InputError(msg)
        if self.revoked_at is not None and self.revoked_at < self.issued_at:
            msg = f"{self.certificate}: revoked before it was issued"
            raise InputError(msg)


@attrs.frozen(kw_only=True)
class Problem:
    """The figures of one problem (R053, R057). Certificates are counted, not sightings.

    Attributes:
        code: its finding code.
        certificates: their digests, sorted.
        first_issued, last_issued: the range of issuance (UTC).
        revoked, expired: how many were revoked, and how many expired without that, at the moment judged.
        evidence: digests of the evidence records, sorted.
    """

    code: str
    certificates: tuple[Sha256, ...]
    first_issued: datetime
    last_issued: datetime
    revoked: int
    expired: int
    evidence: tuple[str, ...]


def _by_code(sightings: Iterable[Sighting]) -> dict[str, dict[str, Sighting]]:
    found: dict[str, dict[str, Sighting]] = {}
    for each in sightings:
        of_code = found.setdefault(each.code, {})
        held = of_code.setdefault(each.certificate, each)
        if (held.issued_at, held.expires_at, held.revoked_at) != (each.issued_at, each.expires_at, each.revoked_at):
            msg = f"sightings: two records of {each.certificate} disagree about its dates"
            raise InputError(msg)
    if not found:
        msg = "sightings: none was given"
        raise InputError(msg)
    return found


def problems(sightings: Iterable[Sighting], *, at: datetime) -> tuple[Problem, ...]:
    """The figures per problem, by code.

    Raises:
        InputError: no sighting, two that disagree about one certificate, or a naive moment.
    """
    moment = utc(at, what="at")
    given = tuple(sightings)
    rows: list[Problem] = []
    for name, certificates in sorted(_by_code(given).items()):
        held = certificates.values()
        revoked = [each for each in held if each.revoked_at is not None and each.revoked_at <= moment]
        rows.append(
            Problem(
                code=name,
                certificates=tuple(Sha256(each) for each in sorted(certificates)),
                first_issued=min(each.issued_at for each in held),
                last_issued=max(each.issued_at for each in held),
                revoked=len(revoked),
                expired=sum(1 for each in held if each not in revoked and each.expires_at < moment),
                evidence=tuple(sorted({each.evidence for each in given if each.code == name and each.evidence})),
            )
        )
    return tuple(rows)


def problem_csv(sightings: Iterable[Sighting]) -> dict[str, str]:
    """One CSV for each problem, by finding code: SHA-256 fingerprints with dates, sorted (R052).

    A certificate with two problems stands in two lists. The values are digests and times, so nothing needs quoting.
    """
    head = "sha256,issued_at,expires_at,revoked_at\n"
    return {
        name: head
        + "".join(
            f"{digest},{format_time(each.issued_at)},{format_time(each.expires_at)},"
            f"{'' if each.revoked_at is None else format_time(each.revoked_at)}\n"
            for digest, each in sorted(certificates.items())
        )
        for name, certificates in sorted(_by_code(sightings).items())
    }


def response_summary(sightings: Iterable[Sighting]) -> dict[str, int]:
    """Totals, who found it, and the time from awareness to revocation in seconds (R005).

    Returns:
        `certificates`, `self_detected`, `revoked`, and, when any was revoked, `median_seconds` (the lower one of two)
        and `longest_seconds`.

    Raises:
        InputError: no sighting.
    """
    first: dict[str, Sighting] = {}
    for each in sightings:
        held = first.get(each.certificate)
        if held is None or each.aware_at < held.aware_at:
            first[each.certificate] = each
    if not first:
        msg = "sightings: none was given"
        raise InputError(msg)
    second = timedelta(seconds=1)
    spans = sorted((each.revoked_at - each.aware_at) // second for each in first.values() if each.revoked_at)
    summary = {
        "certificates": len(first),
        "self_detected": sum(1 for each in first.values() if each.detected_by == "ca"),
        "revoked": len(spans),
    }
    if spans:
        summary |= {"median_seconds": spans[(len(spans) - 1) // 2], "longest_seconds": spans[-1]}
    return summary


@attrs.frozen(kw_only=True)
class ActionItem:
    """One remediation step with every due date it ever had (R026, R143).

    Attributes:
        text: what is to be done.
        kind: `prevent`, `mitigate` or `detect`.
        due: its due days, the first promise first; never empty.
        done: the day it was done, or None.
        evidence: what shows that it was done.
    """

    text: str
    kind: Literal["prevent", "mitigate", "detect"]
    due: Sequence[date] = attrs.field(converter=tuple[date, ...])
    done: date | None = None
    evidence: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.text or not self.due or self.kind not in {"prevent", "mitigate", "detect"}:
            msg = f"an action item has a text, a kind and at least one due date: {self.text!a}"
            raise InputError(msg)
        if self.done is not None and not self.evidence:
            msg = f"an action item that is done names its evidence: {self.text!a}"
            raise InputError(msg)

    @property
    def slips(self) -> int:
        """How often the date was moved."""
        return len(self.due) - 1

    def slipped_days(self, on: date) -> int:
        """Days from the first promise to the day it was done, or to `on` while it is open; 0 when in time."""
        return max(0, ((self.done or on) - self.due[0]).days)

    def overdue(self, on: date) -> bool:
        """Whether it is open after its present due day."""
        return self.done is None and on > self.due[-1]
