"""What a validation comes to, which names it covers, and until when (BR 3.2.2.4, 4.2.1)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from pkicheck.canon import JsonValue, Sha256, format_time, utc
from pkicheck.dcv.adn import SuffixOf, authorization_domains
from pkicheck.dcv.registry import method
from pkicheck.dnswire import CNAME
from pkicheck.findings import Finding, Verdict, finding
from pkicheck.methods import MethodId
from pkicheck.namecheck import SUFFIXES
from pkicheck.names import CertName, DomainName, WildcardName, name_text, parse_name
from pkicheck.plans import replay
from pkicheck.ports import DnsObservation, ListFact, Seen
from pkicheck.results import Kind, Result
from pkicheck.rules import STEPS
from pkicheck.rules.dcv import RELY, REUSE

if TYPE_CHECKING:
    from pkicheck.dcv.plan import DcvPlan

__all__ = ["DcvResult"]

_END: Final = datetime.max.replace(tzinfo=timezone.utc)
_INSTANT: Final = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class DcvResult(Result):
    """The result of a validation of one name. `expires_at` is the first instant at which a PASS no longer covers it.

    Attributes:
        name: the name asked.
        adn: the authorization domain name at which control was to be shown, None for an address.
        derived: how it follows from the name (`pkicheck.dcv.adn.Derivation`).
        method: the section of the method.
        order, account: what the validation belongs to.
        started_at: the time of its earliest datum; ages count from here.
        value_sha256: the digest of the value that was looked for, None for methods without one.
        plan: the question.
    """

    kind: ClassVar[Kind] = "dcv"

    name: CertName
    adn: DomainName | None
    derived: tuple[str, ...]
    method: MethodId
    order: str
    account: str
    started_at: datetime
    value_sha256: Sha256 | None
    plan: DcvPlan

    def subject(self) -> str:
        """`<method> for <name>`."""
        return f"{self.method} for {name_text(self.name)}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """The challenge and the policy."""
        return self.plan.documents()

    def stops_at(self) -> datetime | None:
        """The first instant, from `at` on, at which the result no longer covers its name; None when it never did.

        The limit is that of the day of issuance, so a result may end on the very day on which a limit shrinks.
        """
        if self.verdict is not Verdict.PASS:
            return None
        how = method(self.method)
        steps = STEPS[REUSE].steps
        ends = [*(since for since, _ in steps[1:]), _END]
        stops = self.at
        for (since, _), end in zip(steps, ends, strict=True):
            begins = max(since, self.at)
            if begins >= end:
                continue
            last = self.started_at + min(how.reuse(begins), _END - self.started_at - _INSTANT)
            stops = max(begins, last + _INSTANT)
            if stops < end:
                break
        return stops if how.relied_until is None else min(stops, how.relied_until)

    def covers(
        self, name: str | CertName, *, issued_at: datetime, suffix_of: SuffixOf | None = None
    ) -> tuple[Finding, ...]:
        """Why a certificate with `name` issued at `issued_at` may not rest on this result; nothing when it may.

        Judged by the recorded observations: decided again on them it is a PASS, it was no dry run, the method may be
        relied on at that moment, its age is within the limit of that moment (BR 4.2.1), and the name is the one asked
        or one from which the method reaches the same authorization domain name.

        Args:
            name: a name of the content to be signed.
            issued_at: the moment of signing (aware).
            suffix_of: knows public suffixes; needed for another name than the one asked and its plain or wildcard twin.

        Raises:
            InputError: a name that is none, or a naive datetime.
        """
        # What this object says of its name, method and moment is not relied on.
        again = replay(self.plan, Seen(self.observations))
        found = again.covers_as_decided(name, issued_at=issued_at, suffix_of=suffix_of)
        if self.verdict is Verdict.PASS:
            return found
        return (_not_pass(self), *(each for each in found if each.code != "dcv.evidence-not-pass"))

    def covers_as_decided(
        self, name: str | CertName, *, issued_at: datetime, suffix_of: SuffixOf | None = None
    ) -> tuple[Finding, ...]:
        """`covers` for a result that was just decided from its observations (`pkicheck.plans.replay`): no other.

        The arguments are those of `covers`.
        """
        wanted = parse_name(name) if isinstance(name, str) else name
        moment = utc(issued_at, what="issued_at")
        place = name_text(self.name)
        how = method(self.method)
        found = [] if wanted == self.name else self._reaches(wanted, moment, suffix_of)
        if self.verdict is not Verdict.PASS:
            found.append(_not_pass(self))
        if self.plan.at is not None:
            found.append(finding("dcv.evidence-dry-run", place, saw=[format_time(self.at)]))
        if moment < self.at:
            expected = f"{format_time(self.at)} or later"
            found.append(finding("dcv.evidence-too-early", place, expected=expected, saw=[format_time(moment)]))
        if not how.may_be_relied_on(moment):
            ended = finding("dcv.evidence-method-ended", place, saw=[self.method, format_time(moment)])
            found.append(attrs.evolve(ended, rules=(RELY[self.method],)))
        limit = how.reuse(moment)
        if moment - self.started_at > limit:
            expected = f"{format_time(moment - limit)} or later"
            found.append(finding("dcv.evidence-expired", place, expected=expected, saw=[format_time(self.started_at)]))
        return tuple(found)

    def _reaches(self, wanted: CertName, moment: datetime, suffix_of: SuffixOf | None) -> list[Finding]:
        """Whether the method leads from another name to the same authorization domain name at this moment."""
        place, text = name_text(self.name), name_text(wanted)
        if self.adn is None or not isinstance(wanted, (DomainName, WildcardName)):
            return [finding("dcv.evidence-other-name", place, expected=text, saw=[place])]
        facts = {
            each.request.key: each.answer
            for each in self.observations
            if isinstance(each, ListFact) and each.request.list == SUFFIXES and each.failure is None
        }
        unknown: list[str] = []

        def suffix(domain: DomainName) -> str | None:
            known = facts.get(domain.text)
            if known is None and suffix_of is not None:
                known = suffix_of(domain)
            if known is None:
                unknown.append(domain.text)
            return known

        cnames = [
            each for each in self.observations if isinstance(each, DnsObservation) and each.request.rdtype == CNAME
        ]
        rule = self.policy.dcv.adn
        reached = authorization_domains(wanted, self.method, at=moment, suffix_of=suffix, cnames=cnames, rule=rule)
        if any(each.adn == self.adn for each in reached):
            return []
        code = "dcv.evidence-suffix-unknown" if unknown else "dcv.evidence-other-name"
        return [finding(code, place, expected=text, saw=unknown or [self.adn.text])]


def _not_pass(result: DcvResult) -> Finding:
    saw = [result.verdict.name, *(each.code for each in result.deciding())]
    return finding("dcv.evidence-not-pass", name_text(result.name), saw=saw)
