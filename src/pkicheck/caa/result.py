"""What a CAA check comes to, and whether it may still be relied on when signing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import attrs
from attrs import evolve

from pkicheck.canon import JsonValue, format_time, utc
from pkicheck.findings import Finding, Verdict, finding
from pkicheck.issuerkey import Purpose
from pkicheck.names import CertName, DomainName, name_text, parse_name
from pkicheck.plans import replay
from pkicheck.ports import Seen
from pkicheck.results import Kind, Result

if TYPE_CHECKING:
    from pkicheck.caa.check import CaaPlan

__all__ = ["CaaResult", "Purpose"]


@attrs.frozen(kw_only=True)
class CaaResult(Result):
    """The result of a CAA check of one name.

    Attributes:
        name: the name asked.
        found_at: the level of the climb at which the first non-empty record set was found, None without one.
        records: that set: `(flags, tag, value)` as received; a record that cannot be read has an empty tag.
        plan: the question.
    """

    kind: ClassVar[Kind] = "caa"

    name: CertName
    found_at: DomainName | None
    records: tuple[tuple[int, bytes, bytes], ...]
    plan: CaaPlan

    def subject(self) -> str:
        """`CAA for <name>`."""
        return f"CAA for {self.plan.asked()['name']}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """The list of issuers and the policy."""
        return self.plan.documents()

    def covers(self, name: str | CertName, *, issued_at: datetime) -> tuple[Finding, ...]:
        """Why this result does not allow a signature for `name` at `issued_at`; nothing when it does (BR 3.2.2.8).

        Judged at the moment of signing, by nothing but the question and the recorded observations: decided again on
        them, as it was and under the rules of that moment, it is a PASS, it was no dry run, it is for this very name (a
        wildcard name and its plain twin are two names), and `issued_at` lies between the decision and its expiry, both
        included. What this object says of its name, moment and expiry is not relied on.

        Args:
            name: a name of the content to be signed.
            issued_at: the moment of signing (aware).

        Raises:
            InputError: a name that is none, or a naive datetime.
        """
        wanted = parse_name(name) if isinstance(name, str) else name
        moment = utc(issued_at, what="issued_at")
        place = str(self.plan.asked()["name"])
        found: list[Finding] = []
        if wanted != self.plan.name:
            found.append(finding("caa.evidence-other-name", place, expected=name_text(wanted), saw=[place]))
        seen = Seen(self.observations)
        then, again = replay(self.plan, seen), replay(evolve(self.plan, at=moment), seen)
        for result in (self, then, again):
            if result.verdict is not Verdict.PASS:
                saw = [result.verdict.name, *(each.code for each in result.deciding())]
                found.append(finding("caa.evidence-not-pass", place, saw=saw))
                break
        if self.plan.at is not None:
            found.append(finding("caa.evidence-dry-run", place, saw=[format_time(then.at)]))
        if moment < then.at:
            found.append(
                finding(
                    "caa.evidence-too-early",
                    place,
                    expected=f"{format_time(then.at)} or later",
                    saw=[format_time(moment)],
                )
            )
        if then.expires_at is not None and moment > then.expires_at:
            found.append(
                finding(
                    "caa.evidence-expired",
                    place,
                    expected=f"{format_time(then.expires_at)} or earlier",
                    saw=[format_time(moment)],
                )
            )
        return tuple(found)
