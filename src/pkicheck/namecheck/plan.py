"""The decision about one name, as a plan over the answers of the lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Final, Literal, TypeAlias

import attrs

from pkicheck.canon import JsonValue, canonical, digest, encode_bytes, format_time
from pkicheck.findings import Finding, Level, finding, show
from pkicheck.names import (
    CertName,
    DomainName,
    WildcardName,
    is_onion,
    name_defects,
    name_remarks,
    name_text,
    onion_findings,
    parse_domain,
)
from pkicheck.plans import Needs
from pkicheck.policy import BASELINE, Policy, policy_json
from pkicheck.ports import ListFact, ListQuestion, Seen
from pkicheck.results import Kind, Result
from pkicheck.rules import in_force
from pkicheck.rules.names import BR_ONION_V3, BR_REVERSE, REVERSE_ZONES

__all__ = ["ROOT_ZONE", "SPECIAL_PURPOSE", "SPECIAL_USE", "SUFFIXES", "NamePlan", "NameResult", "Scope"]

ROOT_ZONE: Final = "iana.root-zone"
"""The list of top-level domains. Key: the last label. Answer: the same when it is delegated, else nothing."""
SPECIAL_USE: Final = "iana.special-use"
"""The registry of special-use names. Key: a name. Answer: the entry that it equals or lies below, else nothing."""
SPECIAL_PURPOSE: Final = "iana.special-purpose"
"""The special-purpose address registries. Key: an address. Answer: the narrowest block and its name, else nothing."""
SUFFIXES: Final = "psl.icann"
"""The ICANN section of the public suffix list. Key: a name. Answer: its public suffix by a rule, else nothing."""

Scope: TypeAlias = Literal["public", "internal"]

_END: Final = datetime.max.replace(tzinfo=timezone.utc)
_REVERSE: Final = tuple(parse_domain(zone) for zone in REVERSE_ZONES)
# The twins of remarks that a policy takes as refusals.
_REFUSED: Final = {"name.label-nfc": "nfc", "name.label-idna2008": "idna2008"}


@attrs.frozen(kw_only=True)
class NameResult(Result):
    """The result of a check of one name.

    Attributes:
        name: the name or address; None when the grammar refused it.
        plan: the question.
    """

    kind: ClassVar[Kind] = "name"

    name: CertName | None
    plan: NamePlan

    def subject(self) -> str:
        """`name <name>`."""
        return f"name {self.plan.shown}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """The policy."""
        return self.plan.documents()


@attrs.frozen(kw_only=True)
class NamePlan:
    """The question "may this name stand in a certificate?" as a value. Make one with `name_plan`.

    Attributes:
        name: the parsed name or address; None when it does not parse, then `raw` says what was given.
        raw: the octets of what does not parse, the first 1025 of them; empty otherwise.
        scope: whether a public or an internal name is asked for.
        at: the moment judged when the caller gave one (a dry run), None for the moment of the observations.
        policy: the caller's policy.
    """

    name: CertName | None
    raw: bytes = b""
    scope: Scope = "public"
    at: datetime | None = None
    policy: Policy = BASELINE

    @property
    def shown(self) -> str:
        """The name in printable ASCII."""
        return show(self.raw) if self.name is None else name_text(self.name)

    @property
    def _lenient(self) -> bool:
        return self.scope == "internal" and self.policy.names.internal

    def step(self, seen: Seen, /) -> NameResult | Needs:
        """The result, or the questions to the lists; they are asked all at once.

        Steps:
            1. The grammar: every defect is a refusal (BR 7.1.2.7.12).
            2. The scope fits the policy (R114).
            3. An address lies in no special-purpose block (BR 4.2.2) and is no multicast address.
            4. Normal form and IDNA 2008, as the policy says.
            5. An onion name holds a version 3 address (BR Appendix B); no further question concerns it.
            6. The name lies in no special-use domain (RFC 6761).
            7. The name lies in no reverse zone, from the day of that rule (BR 4.2.2).
            8. The last label is a top-level domain of the root zone (BR 1.6.1, 4.2.2).
            9. No asterisk directly above a top-level domain or public suffix (BR 3.2.2.6).
            10. The version and the age of every list that was asked (R071).
        """
        questions = self.questions()
        unasked = tuple(each for each in questions if each not in seen)
        if unasked:
            return Needs(unasked)
        facts = [fact for fact in map(seen.fact, questions) if fact is not None]
        at = self.at or max(fact.received for fact in facts)
        findings = self.judge(facts, at)
        for fact in facts:
            findings += self.judge_list(fact, at)
        if all(each.level is Level.NOTE for each in findings):
            findings.insert(0, finding("name.accepted", self.shown))
        if self.at is not None:
            findings.append(finding("evidence.dry-run", format_time(at)))
        return NameResult(
            findings=tuple(findings),
            at=at,
            policy=self.policy,
            expires_at=self.expiry(facts),
            observations=seen.observations,
            name=self.name,
            plan=self,
        )

    def judge(self, facts: Sequence[ListFact], at: datetime) -> list[Finding]:
        """The findings about the name itself: steps 1 to 9, for callers that check names as part of something else.

        Args:
            facts: the answers to `questions`, in their order.
            at: the moment judged (UTC).
        """
        findings: list[Finding] = []
        if self.name is None:  # 1
            findings += name_defects(self.raw)
        elif self.scope == "internal" and not self.policy.names.internal:  # 2
            findings.append(finding("name.scope-not-allowed", self.shown))
        if isinstance(self.name, (IPv4Address, IPv6Address)):
            findings += self._address(self.name, facts[0])  # 3
        elif self.name is not None:
            findings += self._domain(self.name, {fact.request.list: fact for fact in facts}, at)  # 4 to 9
        return findings

    def questions(self) -> tuple[ListQuestion, ...]:
        """What the lists are to be asked: at least one question."""
        if self.name is None:
            # No list knows anything of a name that is none. The question gives the result its moment.
            return (ListQuestion(list=ROOT_ZONE, key=""),)
        if isinstance(self.name, (IPv4Address, IPv6Address)):
            return (ListQuestion(list=SPECIAL_PURPOSE, key=name_text(self.name)),)
        base = _base(self.name)
        special = ListQuestion(list=SPECIAL_USE, key=base.text)
        if is_onion(base):
            return (special,)
        top = base.labels[-1].decode("ascii")
        return (special, ListQuestion(list=ROOT_ZONE, key=top), ListQuestion(list=SUFFIXES, key=base.text))

    def _address(self, address: IPv4Address | IPv6Address, fact: ListFact) -> list[Finding]:
        if address.is_multicast:
            return [finding("name.address-multicast", self.shown)]
        if fact.answer is None:
            return []
        code = "name.address-reserved-internal" if self._lenient else "name.address-reserved"
        return [finding(code, self.shown, saw=[fact.answer])]

    def _domain(self, name: DomainName | WildcardName, facts: dict[str, ListFact], at: datetime) -> list[Finding]:
        findings = [self._remark(each) for each in name_remarks(name)]
        base = _base(name)
        if is_onion(base):
            return findings + self._onion(base, at)
        outside = self._special_use(facts[SPECIAL_USE]) + self._reverse_zone(base, at)
        outside += self._root_zone(facts[ROOT_ZONE])
        if self._lenient and not outside and not _failed(facts[ROOT_ZONE]):
            outside.append(finding("name.scope-public-name", self.shown))
        return findings + outside + self._suffix(name, facts[SUFFIXES])

    def _remark(self, remark: Finding) -> Finding:
        wanted = getattr(self.policy.names, _REFUSED[remark.code])
        return attrs.evolve(remark, code=f"{remark.code}-refused") if wanted == "refuse" else remark

    def _onion(self, base: DomainName, at: datetime) -> list[Finding]:
        if not self.policy.names.onion:
            return [finding("name.onion-not-allowed", self.shown)]
        if not in_force(BR_ONION_V3, at):
            return [finding("name.onion-before-rule", self.shown)]
        return list(onion_findings(base))

    def _special_use(self, fact: ListFact) -> list[Finding]:
        if fact.answer is None:
            return []
        code = "name.special-use-internal" if self._lenient else "name.special-use"
        return [finding(code, self.shown, saw=[fact.answer])]

    def _reverse_zone(self, base: DomainName, at: datetime) -> list[Finding]:
        zone = next((each for each in _REVERSE if base.is_subdomain_of(each)), None)
        if zone is None:
            return []
        code = "name.reverse-zone" if in_force(BR_REVERSE, at) else "name.reverse-zone-not-yet"
        return [finding("name.reverse-zone-internal" if self._lenient else code, self.shown, saw=[zone.text])]

    def _root_zone(self, fact: ListFact) -> list[Finding]:
        if _failed(fact) or fact.answer is not None:
            return []
        code = "name.internal-allowed" if self._lenient else "name.internal"
        return [finding(code, self.shown, saw=[fact.request.key])]

    def _suffix(self, name: DomainName | WildcardName, fact: ListFact) -> list[Finding]:
        base = _base(name)
        if not isinstance(name, WildcardName):
            is_suffix = fact.answer == base.text
            return [finding("name.public-suffix", self.shown)] if is_suffix else []
        if len(base.labels) == 1:
            return [finding("name.wildcard-top-level", self.shown, saw=[base.text])]
        if fact.answer == base.text:
            return [finding("name.wildcard-public-suffix", self.shown, saw=[base.text])]
        # No rule for the top-level domain: nobody knows where registrations begin. A private PKI knows its own.
        if fact.answer is None and not _failed(fact) and not self._lenient:
            return [finding("name.wildcard-suffix-unknown", self.shown, saw=[base.text])]
        return []

    def judge_list(self, fact: ListFact, at: datetime) -> list[Finding]:
        """What the answer of a list is worth: step 10. It depends on the name only in whether it is a wildcard name."""
        findings = self._list(fact, at)
        if fact.received < fact.sent:
            findings.append(finding("evidence.clock-order", fact.request.list))
        return findings

    def _list(self, fact: ListFact, at: datetime) -> list[Finding]:
        # Only a wildcard name hangs on the suffix list: another name is as good without it.
        decides = fact.request.list != SUFFIXES or isinstance(self.name, WildcardName)
        if fact.failure is not None:
            why = [fact.failure.name]
            if not decides:
                return [finding("name.suffixes-not-asked", fact.request.list, saw=why)]
            code = "name.suffixes-unavailable" if fact.request.list == SUFFIXES else "name.list-unavailable"
            return [finding(code, fact.request.list, saw=why)]
        version = f"version {fact.version}"
        findings = [finding("name.list-used", fact.request.list, saw=[version, f"of {format_time(fact.as_of)}"])]
        if fact.as_of > fact.received:
            limit = f"{format_time(fact.received)} or earlier"
            findings.append(
                finding("name.list-from-later", fact.request.list, expected=limit, saw=[format_time(fact.as_of)])
            )
        names = self.policy.names
        if at - fact.as_of > names.list_max_age:
            code = "name.list-stale" if names.list_stale == "doubt" and decides else "name.list-stale-noted"
            limit = f"{format_time(at - names.list_max_age)} or later"
            findings.append(finding(code, fact.request.list, expected=limit, saw=[format_time(fact.as_of)]))
        return findings

    def expiry(self, facts: Sequence[ListFact]) -> datetime | None:
        """When the first of the lists that were asked becomes too old, if that matters to the policy."""
        days = [fact.as_of for fact in facts if not _failed(fact)]
        if not days or self.policy.names.list_stale == "note":
            return None
        oldest = min(days)
        return oldest + min(self.policy.names.list_max_age, _END - oldest)

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values; the policy by the digest of its document."""
        return {
            "name": None if self.name is None else name_text(self.name),
            "raw": encode_bytes(self.raw),
            "scope": self.scope,
            "at": None if self.at is None else format_time(self.at),
            "policy": digest(self.documents()[0]),
        }

    def documents(self) -> tuple[bytes, ...]:
        """The policy as canonical JSON."""
        return (canonical(policy_json(self.policy)),)


def _base(name: DomainName | WildcardName) -> DomainName:
    return name.base if isinstance(name, WildcardName) else name


def _failed(fact: ListFact) -> bool:
    return fact.failure is not None
