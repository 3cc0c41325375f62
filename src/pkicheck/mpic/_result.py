"""The corroboration of one result, what it covers, and the log records it owes (BR 3.2.2.9, 5.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, cast

import attrs

from pkicheck.canon import JsonValue, Sha256, canonical, digest, format_time, parse_json, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Verdict, finding
from pkicheck.mpic._corroborate import RemoteReport, Subject, decide
from pkicheck.mpic._places import Perspective, Rir
from pkicheck.names import CertName, DomainName, WildcardName, name_text, parse_name
from pkicheck.policy import BASELINE, Policy, policy_from_json, policy_json
from pkicheck.ports import Seen
from pkicheck.results import Kind, Result
from pkicheck.rules import step
from pkicheck.rules.mpic import REUSE

__all__ = ["MpicPlan", "MpicResult", "corroborate", "mpic_plan_from_json"]

_Reader = Callable[[bytes], Result]


@attrs.frozen(kw_only=True)
class MpicPlan:
    """The question "do enough remote perspectives confirm this?" as a value; it asks nothing of the world.

    Attributes:
        primary: the primary result.
        remotes: the reports, by the ids of their perspectives.
        seat: the primary's own place.
        at: the moment of the attempt (UTC).
        policy: the caller's policy.
    """

    primary: Subject
    remotes: tuple[RemoteReport, ...]
    seat: Perspective
    at: datetime
    policy: Policy = BASELINE

    def step(self, seen: Seen, /) -> MpicResult:  # noqa: ARG002 - all it needs it holds
        """The result: see `pkicheck.mpic.decide`."""
        count = decide(self.primary, self.remotes, seat=self.seat, at=self.at, policy=self.policy)
        return MpicResult(
            findings=count.findings,
            at=self.at,
            policy=self.policy,
            expires_at=self._expiry(),
            observations=(),
            primary=digest(self.primary.to_json()),
            quorum=f"{count.corroborating}/{count.used}",
            remotes=self.remotes,
            plan=self,
        )

    def _expiry(self) -> datetime | None:
        """CAA: 398 days from the attempt. Else the corroboration is as good as the validation (BR 3.2.2.9, 4.2.1)."""
        if self.primary.kind != "caa":
            return self.primary.expires_at
        return self.at + timedelta(seconds=step(REUSE, self.at) or 0)

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values: results, answers and policy by the digests of their documents."""
        return {
            "at": format_time(self.at),
            "policy": digest(canonical(policy_json(self.policy))),
            "primary": digest(self.primary.to_json()),
            "seat": _perspective_json(self.seat),
            "remotes": [_report_json(each) for each in self.remotes],
        }

    def documents(self) -> tuple[bytes, ...]:
        """The policy, the evidence of the results and the answers of the perspectives."""
        held = [canonical(policy_json(self.policy)), self.primary.to_json()]
        for each in self.remotes:
            held += [] if each.result is None else [each.result.to_json()]
            held += [each.raw] if each.raw else []
        return tuple(dict.fromkeys(held))


@attrs.frozen(kw_only=True)
class MpicResult(Result):
    """Whether a primary result is corroborated.

    Attributes:
        primary: the digest of the primary result's evidence.
        quorum: `corroborating/used`, as BR 5.4.1 asks to log it.
        remotes: the reports.
        plan: the question.
    """

    kind: ClassVar[Kind] = "mpic"

    primary: Sha256
    quorum: str
    remotes: tuple[RemoteReport, ...]
    plan: MpicPlan

    def subject(self) -> str:
        """`corroboration of <what>`."""
        return f"corroboration of {self.plan.primary.subject()}"

    def asked(self) -> dict[str, JsonValue]:
        """The question as JSON values."""
        return self.plan.asked()

    def documents(self) -> tuple[bytes, ...]:
        """What the question names by digest."""
        return self.plan.documents()

    def covers(self, name: str | CertName, *, issued_at: datetime) -> tuple[Finding, ...]:
        """Why this corroboration does not hold for `name` at `issued_at`; nothing when it does.

        CAA: the name corroborated and names below it, for 398 days (BR 3.2.2.9). DCV: as far as the validation itself
        covers the name, which the caller asks of the validation.

        Args:
            name: a name of the content to be signed.
            issued_at: the moment of signing (aware).

        Raises:
            InputError: a name that is none, or a naive datetime.
        """
        wanted = parse_name(name) if isinstance(name, str) else name
        moment = utc(issued_at, what="issued_at")
        place = self.subject()
        found: list[Finding] = []
        if self.verdict is not Verdict.PASS:
            found.append(finding("mpic.evidence-not-pass", place, saw=[each.code for each in self.deciding()]))
        if self.plan.primary.kind == "caa":
            # (the name of the question: what the result says of its name is not relied on)
            had = cast("CertName", getattr(getattr(self.plan.primary, "plan"), "name"))  # noqa: B009 - of both kinds
            if not _at_or_below(wanted, had):
                found.append(
                    finding("mpic.evidence-other-name", place, expected=name_text(wanted), saw=[name_text(had)])
                )
        if moment < self.at or (self.expires_at is not None and moment > self.expires_at):
            found.append(finding("mpic.evidence-expired", place, saw=[format_time(moment)]))
        return tuple(found)

    def log_records(self) -> tuple[dict[str, JsonValue], ...]:
        """What BR 5.4.1 (2) asks to record: one entry a perspective with name and result, and one with the quorum."""
        of = self.plan.primary
        name = str(of.asked().get("name", of.subject()))
        codes = {each.place: each.code for each in self.findings}
        rows: list[dict[str, JsonValue]] = [
            {
                "at": format_time(self.at),
                "perspective": each.perspective.id,
                "name": name,
                "check": of.kind,
                "result": codes.get(each.perspective.id, "mpic.remote-twice"),
            }
            for each in self.remotes
        ]
        rows.append({"at": format_time(self.at), "name": name, "check": of.kind, "quorum": self.quorum})
        return tuple(rows)


def _at_or_below(wanted: CertName, had: CertName) -> bool:
    inner = wanted.base if isinstance(wanted, WildcardName) else wanted
    outer = had.base if isinstance(had, WildcardName) else had
    if not isinstance(inner, DomainName) or not isinstance(outer, DomainName):
        return wanted == had
    # A wildcard name was asked under issuewild: it says nothing of plain names, nor a plain one of wildcard names.
    return isinstance(wanted, WildcardName) == isinstance(had, WildcardName) and outer in inner.climb()


def corroborate(
    primary: Subject,
    remotes: Collection[RemoteReport],
    *,
    seat: Perspective,
    at: datetime,
    policy: Policy = BASELINE,
) -> MpicResult:
    """Whether enough remote perspectives confirm a primary result (BR 3.2.2.9).

    Args:
        primary: a `CaaResult` or `DcvResult` of the primary perspective.
        remotes: one report of every remote perspective used in this attempt, the silent ones included.
        seat: the primary's own place.
        at: the moment of the attempt (aware); the rules of that moment count.
        policy: the caller's policy.

    Raises:
        InputError: a wrong argument; the message names it.
    """
    if not isinstance(primary, Result) or primary.kind not in {"caa", "dcv"}:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"primary must be a CaaResult or a DcvResult, got {type(primary).__name__}"
        raise InputError(msg)
    given = tuple(remotes)
    if not all(isinstance(each, RemoteReport) for each in given):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = "remotes must be RemoteReports"
        raise InputError(msg)
    ordered = tuple(sorted(given, key=lambda each: each.perspective.id))
    plan = MpicPlan(primary=primary, remotes=ordered, seat=seat, at=utc(at, what="at"), policy=policy)
    return plan.step(Seen())


# --- as JSON


def _perspective_json(each: Perspective) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", attrs.asdict(each))


def _report_json(each: RemoteReport) -> dict[str, JsonValue]:
    return {
        "perspective": _perspective_json(each.perspective),
        "result": None if each.result is None else digest(each.result.to_json()),
        "claim": each.claim,
        "raw": digest(each.raw) if each.raw else None,
    }


def mpic_plan_from_json(
    asked: Mapping[str, JsonValue],
    documents: Mapping[Sha256, bytes],
    at: datetime | None,
    *,
    read: _Reader,
) -> MpicPlan:
    """The plan that `MpicPlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.
        read: decides a stored result again; the reader of evidence gives it.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    if set(asked) != {"at", "policy", "primary", "seat", "remotes"}:
        msg = "evidence.asked: a corroboration has exactly at, policy, primary, seat, remotes"
        raise InputError(msg)
    remotes = asked["remotes"]
    if not isinstance(remotes, Sequence) or isinstance(remotes, str):
        msg = "evidence.asked.remotes must be a list"
        raise InputError(msg)
    return MpicPlan(
        primary=read(_document(asked["primary"], documents, "primary")),
        remotes=tuple(_read_report(each, documents, read) for each in remotes),
        seat=_read_perspective(asked["seat"]),
        at=parse_time(str(asked["at"]), what="evidence.asked.at") if at is None else at,
        policy=policy_from_json(parse_json(_document(asked["policy"], documents, "policy"), what="policy")),
    )


def _document(name: JsonValue, documents: Mapping[Sha256, bytes], what: str) -> bytes:
    found = documents.get(Sha256(str(name)))
    if found is None:
        msg = f"evidence.documents lacks the {what} that the question names: it is withheld"
        raise InputError(msg)
    return found


def _read_report(value: JsonValue, documents: Mapping[Sha256, bytes], read: _Reader) -> RemoteReport:
    if not isinstance(value, Mapping) or set(value) != {"perspective", "result", "claim", "raw"}:
        msg = "evidence.asked.remotes: a report has exactly perspective, result, claim, raw"
        raise InputError(msg)
    claim = value["claim"]
    if claim is not None and not isinstance(claim, bool):
        msg = "evidence.asked.remotes: claim must be true, false or null"
        raise InputError(msg)
    return RemoteReport(
        perspective=_read_perspective(value["perspective"]),
        result=None if value["result"] is None else read(_document(value["result"], documents, "result of a remote")),
        claim=claim,
        raw=b"" if value["raw"] is None else _document(value["raw"], documents, "answer of a remote"),
    )


def _read_perspective(value: JsonValue) -> Perspective:
    fields = {field.name for field in attrs.fields(Perspective)}
    if not isinstance(value, Mapping) or set(value) != fields:
        msg = f"a perspective has exactly {', '.join(sorted(fields))}"
        raise InputError(msg)
    numbers = {key: _number(value[key]) for key in fields if key.endswith("_e6")}
    texts = {key: None if value[key] is None else str(value[key]) for key in fields if not key.endswith("_e6")}
    return Perspective(
        id=texts["id"] or "",
        resolver=texts["resolver"] or "",
        rir=cast("Rir", texts["rir"]),
        resolver_rir=cast("Rir | None", texts["resolver_rir"]),
        latitude_e6=cast("int", numbers["latitude_e6"]),
        longitude_e6=cast("int", numbers["longitude_e6"]),
        resolver_latitude_e6=numbers["resolver_latitude_e6"],
        resolver_longitude_e6=numbers["resolver_longitude_e6"],
    )


def _number(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
