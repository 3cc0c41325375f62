"""Stored evidence: read a record, and decide again on what it holds.

A stored record is not a result. It has no verdict to ask for and no `require`: only `Stored.replay` makes a result,
from the recorded observations under the code and rules of today, and says what changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypedDict, cast

import attrs

from pkicheck._version import __version__
from pkicheck.caa.check import caa_plan_from_json
from pkicheck.canon import JsonValue, Sha256, canonical, decode_bytes, digest, format_time, parse_json, parse_time, utc
from pkicheck.dcv.check import dcv_plan_from_json
from pkicheck.errors import InputError
from pkicheck.evidencejson import SCHEMA, observation_from_json
from pkicheck.findings import Finding, Verdict, finding_from_json, show, verdict_of
from pkicheck.hsmlog.result import reconcile_plan_from_json
from pkicheck.keys import key_plan_from_json
from pkicheck.mpic import mpic_plan_from_json
from pkicheck.namecheck import name_plan_from_json
from pkicheck.pairs import pair_plan_from_json
from pkicheck.plans import Plan, replay
from pkicheck.ports import DnsObservation, HttpObservation, ListFact, Observation, Seen, TlsObservation
from pkicheck.results import Kind, Result
from pkicheck.rules import RULES_DIGEST

__all__ = ["EvidenceJson", "FindingJson", "ObservationJson", "Replay", "Stored", "load"]

# A check of a 127-label name with answers of 64 KiB each is the largest honest record by far.
_ANSWERED: Final = (DnsObservation, HttpObservation, TlsObservation, ListFact)
_LARGEST: Final = 64 * 1024 * 1024

_PlanReader = Callable[[Mapping[str, JsonValue], Mapping[Sha256, bytes], datetime | None], Plan[Result]]


def _decided_again(line: bytes) -> Result:
    """A result inside another record, decided again; a record that says another thing than it holds is refused."""
    again = load(line).replay()
    if not again.same:
        msg = f"evidence: a {again.result.kind} record inside this one is decided otherwise today: replay it by itself"
        raise InputError(msg)
    return again.result


def _mpic_plan(asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None) -> Plan[Result]:
    return mpic_plan_from_json(asked, documents, at, read=_decided_again)


def _gate(asked: Mapping[str, JsonValue], known: Mapping[Sha256, bytes], at: datetime | None) -> Plan[Result]:
    from pkicheck.gate import gate_plan_from_json  # noqa: PLC0415 - it loads cryptography: only records of its kind do

    return gate_plan_from_json(asked, known, at, read=_decided_again)


def _csr(asked: Mapping[str, JsonValue], known: Mapping[Sha256, bytes], at: datetime | None) -> Plan[Result]:
    from pkicheck.csr import bind_plan_from_json  # noqa: PLC0415 - it loads cryptography: only records of its kind do

    return bind_plan_from_json(asked, known, at)


def _certificate(asked: Mapping[str, JsonValue], known: Mapping[Sha256, bytes], at: datetime | None) -> Plan[Result]:
    from pkicheck.csr import certificate_plan_from_json  # noqa: PLC0415 - likewise

    return certificate_plan_from_json(asked, known, at)


_PLANS: Final[Mapping[str, _PlanReader]] = MappingProxyType(
    {
        "caa": caa_plan_from_json,
        "certificate": _certificate,
        "csr": _csr,
        "dcv": dcv_plan_from_json,
        "gate": _gate,
        "key": key_plan_from_json,
        "mpic": _mpic_plan,
        "name": name_plan_from_json,
        "pair": pair_plan_from_json,
        "reconcile": reconcile_plan_from_json,
    }
)


class FindingJson(TypedDict):
    """A finding in a record."""

    code: str
    place: str
    expected: str
    saw: list[str]
    more: int
    rules: list[str]


class ObservationJson(TypedDict):
    """An observation in a record."""

    request: dict[str, str | int]
    vantage: str
    sent: str
    received: str
    failure: str | None
    raw: str | None
    meta: dict[str, str | int]


class EvidenceJson(TypedDict):
    """A record; `pkicheck/_data/evidence-1.schema.json` is its JSON Schema."""

    schema: Literal["pkicheck/evidence/1"]
    kind: Kind
    software: str
    rules_digest: Sha256
    verdict: Literal["pass", "fail", "incomplete"]
    at: str
    expires_at: str | None
    asked: dict[str, object]
    findings: list[FindingJson]
    observations: list[ObservationJson]
    documents: dict[Sha256, str]


@attrs.frozen(kw_only=True)
class Replay:
    """What deciding again came to.

    Attributes:
        result: today's result on the recorded observations.
        verdict_changed: whether its verdict is another than the recorded one.
        findings_added: codes of today's findings that the record does not have.
        findings_gone: codes of the record's findings that are not found today.
        expires_changed: whether the expiry is another.
    """

    result: Result
    verdict_changed: bool
    findings_added: tuple[str, ...]
    findings_gone: tuple[str, ...]
    expires_changed: bool

    @property
    def same(self) -> bool:
        """Nothing changed."""
        return not (self.verdict_changed or self.findings_added or self.findings_gone or self.expires_changed)


@attrs.frozen
class Stored:
    """A record that was read and is in itself consistent. It has no verdict: `replay` it."""

    _line: bytes
    _findings: tuple[Finding, ...]
    _observations: tuple[Observation, ...]
    _documents: tuple[bytes, ...]

    @property
    def record(self) -> EvidenceJson:
        """The record as JSON values: a copy, so that writing into it changes nothing here."""
        return cast("EvidenceJson", parse_json(self._line, what="evidence"))

    def replay(self, *, at: datetime | None = None, documents: Collection[bytes] = ()) -> Replay:
        """Decide again on the recorded observations.

        Args:
            at: judge another moment than the recorded one (aware): the rules of that day.
            documents: documents that the record names by digest and withholds.

        Raises:
            InputError: a naive `at`, a document that is withheld, or a record whose `at` is not that of its
                observations.
        """
        moment = None if at is None else utc(at, what="at")
        known = MappingProxyType({digest(each): each for each in (*self._documents, *documents)})
        record = self.record
        asked = cast("Mapping[str, JsonValue]", record["asked"])
        reader = _PLANS[record["kind"]]
        result = replay(reader(asked, known, None), Seen(self._observations))
        self._compare(record, result)
        if moment is not None:
            result = replay(reader(asked, known, moment), Seen(self._observations))
        whole = _is_ours(record)
        before = Counter((each.code, _essence(each, whole=whole)) for each in self._findings)
        after = Counter((each.code, _essence(each, whole=whole)) for each in result.findings)
        expires = record["expires_at"]
        return Replay(
            result=result,
            verdict_changed=result.verdict is not Verdict(record["verdict"]),
            findings_added=tuple(sorted(key[0] for key in (after - before).elements())),
            findings_gone=tuple(sorted(key[0] for key in (before - after).elements())),
            expires_changed=result.expires_at != (None if expires is None else parse_time(expires)),
        )

    def _compare(self, record: EvidenceJson, result: Result) -> None:
        """Refuse a record that says another thing to its reader than what is decided on."""
        if result.asked() != record["asked"]:
            msg = "evidence.asked is not how this question is written: it was edited"
            raise InputError(msg)
        if result.at != parse_time(record["at"]):
            msg = f"evidence.at is {record['at']}, but the observations were judged at {format_time(result.at)}"
            raise InputError(msg)
        # Another version may have had to see more or less; this one would have asked for everything in the record.
        if _is_ours(record) and len(result.observations) != len(self._observations):
            msg = "evidence.observations has an observation that the check never asks for"
            raise InputError(msg)


def _is_ours(record: EvidenceJson) -> bool:
    """Whether this very software wrote the record under these very rules."""
    return (record["software"], record["rules_digest"]) == (f"pkicheck/{__version__}", RULES_DIGEST)


def _essence(each: Finding, *, whole: bool) -> tuple[object, ...]:
    # What was seen and where; the words of `expected` may improve, and rules follow from the code. Between equal
    # software and rules every word is the same, or was edited.
    return (each.place, each.saw, each.more, *((each.expected, each.rules) if whole else ()))


_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)

_SHAPE: Final[Mapping[str, type | tuple[type, ...]]] = MappingProxyType(
    {
        "schema": str,
        "kind": str,
        "software": str,
        "rules_digest": str,
        "verdict": str,
        "at": str,
        "expires_at": (str, type(None)),
        "asked": Mapping,
        "findings": list,
        "observations": list,
        "documents": Mapping,
    }
)


def load(line: bytes) -> Stored:
    """Read an evidence record.

    What it says of itself is derived again: the verdict from its findings, readable forms from their bytes, digests
    from their documents. Readers of every major version stay; records are never migrated.

    Raises:
        InputError: not a record, another major version, an unknown finding code, a forged verdict, an edited readable
            form, bytes that are not canonical; the message says which.
    """
    if not isinstance(line, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"evidence must be bytes, got {type(line).__name__}"
        raise InputError(msg)
    if len(line) > _LARGEST:
        msg = f"evidence is longer than {_LARGEST} octets"
        raise InputError(msg)
    value = parse_json(line, what="evidence")
    if not isinstance(value, Mapping):
        msg = "evidence must be a JSON object"
        raise InputError(msg)
    schema = value.get("schema")
    if schema != SCHEMA:
        msg = f"evidence of schema {show(str(schema))[:80]} is not known: this version reads {SCHEMA}"
        raise InputError(msg)
    for key, kind in _SHAPE.items():
        if key not in value or not isinstance(value[key], kind):
            msg = f"evidence.{key} is missing or of another type"
            raise InputError(msg)
    unknown = sorted(set(value) - set(_SHAPE))
    if unknown:
        msg = f"evidence has an unknown field: {show(unknown[0][:80])}"
        raise InputError(msg)
    if canonical(value) != line.rstrip(b"\n"):
        msg = "evidence is not canonical JSON (RFC 8785): it was rewritten"
        raise InputError(msg)
    if value["kind"] not in _PLANS:
        msg = f"evidence of kind {show(str(value['kind']))[:40]} is not known to this version"
        raise InputError(msg)
    for key in ("at", "expires_at"):
        if value[key] is not None and format_time(parse_time(str(value[key]), what=f"evidence.{key}")) != value[key]:
            msg = f"evidence.{key} must be UTC with microseconds, got {show(str(value[key]))[:80]}"
            raise InputError(msg)
    if not _DIGEST.fullmatch(str(value["rules_digest"])) or not str(value["software"]).startswith("pkicheck/"):
        msg = "evidence.rules_digest must be a SHA-256 in hex, and evidence.software pkicheck and its version"
        raise InputError(msg)
    record = cast("dict[str, Any]", value)
    findings = tuple(
        finding_from_json(each, what=f"evidence.findings[{index}]") for index, each in enumerate(record["findings"])
    )
    if not findings or record["verdict"] != verdict_of(findings).value:
        msg = f"evidence.verdict is {show(record['verdict'])[:40]}, which is not what its findings say"
        raise InputError(msg)
    observations = tuple(
        observation_from_json(each, what=f"evidence.observations[{index}]")
        for index, each in enumerate(record["observations"])
    )
    if len({each.request for each in observations if isinstance(each, _ANSWERED)}) != len(observations):
        msg = "evidence.observations has two observations of one request"
        raise InputError(msg)
    documents: list[bytes] = []
    for key, text in record["documents"].items():
        place = f"evidence.documents.{show(key[:64])}"
        if not isinstance(text, str):
            msg = f"{place} must be base64"
            raise InputError(msg)
        data = decode_bytes(text, what=place)
        if digest(data) != key:
            msg = f"{place} is not the document of this digest"
            raise InputError(msg)
        documents.append(data)
    return Stored(canonical(value), findings, observations, tuple(documents))
