"""The evidence record `pkicheck/evidence/1`: how observations and results are written, and read back (pure).

Strings and integers below 2**53 only, times as RFC 3339 UTC, bytes as base64: sorted compact JSON of it is canonical
(RFC 8785). What stands in a record for a reader (`name`, `type`, `outcome`) is derived from the bytes beside it;
reading derives it again and refuses a record in which they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, TypedDict, cast, get_args

from pkicheck._version import __version__
from pkicheck.canon import (
    JsonValue,
    canonical_text,
    decode_bytes,
    digest,
    encode_bytes,
    format_time,
    parse_time,
)
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Verdict, finding_json, show
from pkicheck.lookups import read_answer
from pkicheck.names import DnsName, address_text
from pkicheck.ports import (
    DnsObservation,
    DnsQuery,
    Failure,
    HttpGet,
    HttpObservation,
    ListFact,
    ListQuestion,
    Observation,
    Role,
    TlsObservation,
    TlsProbe,
)
from pkicheck.rules import RULES_DIGEST

__all__ = ["SCHEMA", "evidence_record", "observation_from_json", "observation_json"]

SCHEMA: Final = "pkicheck/evidence/1"

_Meta = dict[str, str | int]


def evidence_record(
    *,
    kind: str,
    verdict: Verdict,
    at: datetime,
    expires_at: datetime | None,
    asked: Mapping[str, JsonValue],
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    documents: Sequence[bytes],
) -> bytes:
    """The canonical record of a result, one line without a line feed."""
    # In the order of RFC 8785. Records are written by the million: what most of them consist of, observations of DNS
    # questions and the same few documents, is put together as text.
    written = ",".join([_written(each) for each in observations])
    found = canonical_text([finding_json(each) for each in findings])
    text = (
        f'{{"asked":{canonical_text(asked)},"at":"{format_time(at)}","documents":{_documents(tuple(documents))},'
        f'"expires_at":{_time_or_null(expires_at)},"findings":{found},'
        f'"kind":{canonical_text(kind)},"observations":[{written}],"rules_digest":"{RULES_DIGEST}","schema":"{SCHEMA}",'
        f'"software":"pkicheck/{__version__}","verdict":"{verdict.value}"}}'
    )
    return text.encode()


def _time_or_null(moment: datetime | None) -> str:
    return "null" if moment is None else f'"{format_time(moment)}"'


@lru_cache(maxsize=64)
def _documents(documents: tuple[bytes, ...]) -> str:
    return canonical_text({digest(each): encode_bytes(each) for each in documents})


def _written(observation: Observation) -> str:
    """The canonical JSON of `observation_json`."""
    if not isinstance(observation, DnsObservation):
        return canonical_text(observation_json(observation))
    query, text = observation.request, canonical_text
    failure = "null" if observation.failure is None else text(observation.failure.name)
    return (
        f'{{"failure":{failure},"meta":{{"attempts":{text(observation.attempts)},'
        f'"outcome":"{read_answer(observation).outcome.value}","port":{text(observation.port)},'
        f'"server":{text(observation.server)},"transport":{text(observation.transport)}}},'
        f'"raw":"{encode_bytes(observation.raw)}","received":"{format_time(observation.received)}",'
        f'"request":{{"attempt":{text(query.attempt)},"kind":"dns","name":{text(query.name.text)},'
        f'"rdtype":{text(query.rdtype)},"role":{text(query.role)},"wire":"{encode_bytes(query.name.wire)}"}},'
        f'"sent":"{format_time(observation.sent)}","vantage":{text(observation.vantage)}}}'
    )


def _request_and_meta(observation: Observation) -> tuple[dict[str, JsonValue], bytes | None, _Meta]:
    """The request, the raw bytes and the rest of an observation."""
    if isinstance(observation, DnsObservation):
        query = observation.request
        return (
            {
                "kind": "dns",
                "wire": encode_bytes(query.name.wire),
                "name": query.name.text,
                "rdtype": query.rdtype,
                "role": query.role,
                "attempt": query.attempt,
            },
            observation.raw,
            {
                "server": observation.server,
                "port": observation.port,
                "transport": observation.transport,
                "attempts": observation.attempts,
                "outcome": read_answer(observation).outcome.value,
            },
        )
    if isinstance(observation, HttpObservation):
        get = observation.request
        return (
            {
                "kind": "http",
                "url": get.url,
                "address": address_text(get.address),
                "port": get.port,
                "hop": get.hop,
                "max_body": get.max_body,
            },
            observation.raw,
            {"peer": observation.peer, "tls": int(observation.tls)},
        )
    if isinstance(observation, TlsObservation):
        probe = observation.request
        return (
            {
                "kind": "tls",
                "address": address_text(probe.address),
                "port": probe.port,
                "sni": probe.sni,
                "alpn": encode_bytes(_name_list(probe.alpn)),
            },
            observation.leaf,
            {"version": observation.version, **({} if observation.alpn is None else {"alpn": observation.alpn})},
        )
    fact = cast("ListFact", observation)
    return (
        {"kind": "list", "list": fact.request.list, "key": fact.request.key},
        None,
        {
            "version": fact.version,
            "as_of": format_time(fact.as_of),
            **({} if fact.answer is None else {"answer": fact.answer}),
        },
    )


def observation_json(observation: Observation) -> dict[str, JsonValue]:
    """An observation as it stands in evidence."""
    request, raw, meta = _request_and_meta(observation)
    return {
        "request": request,
        "vantage": observation.vantage,
        "sent": format_time(observation.sent),
        "received": format_time(observation.received),
        "failure": None if observation.failure is None else observation.failure.name,
        "raw": None if raw is None else encode_bytes(raw),
        "meta": meta,
    }


class _Common(TypedDict):
    vantage: str
    sent: datetime
    received: datetime
    failure: Failure | None


class _Fields:
    """An object of a record, read field by field: every field has one type, and none may be left over."""

    def __init__(self, value: JsonValue, what: str) -> None:
        if not isinstance(value, Mapping):
            msg = f"{what} must be an object"
            raise InputError(msg)
        self._left = dict(value)
        self._what = what

    def text(self, key: str) -> str:
        value = self._left.pop(key, None)
        if not isinstance(value, str):
            msg = f"{self._what}.{key} must be a string"
            raise InputError(msg)
        return value

    def optional_text(self, key: str) -> str | None:
        if self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return self.text(key)

    def number(self, key: str) -> int:
        value = self._left.pop(key, None)
        if not isinstance(value, int) or isinstance(value, bool):
            msg = f"{self._what}.{key} must be an integer"
            raise InputError(msg)
        return value

    def time(self, key: str) -> datetime:
        text = self.text(key)
        moment = parse_time(text, what=f"{self._what}.{key}")
        if format_time(moment) != text:
            msg = f"{self._what}.{key} must be UTC with microseconds, got {text[:40]!a}"
            raise InputError(msg)
        return moment

    def data(self, key: str) -> bytes:
        return decode_bytes(self.text(key), what=f"{self._what}.{key}")

    def fields(self, key: str) -> _Fields:
        return _Fields(self._left.pop(key, None), f"{self._what}.{key}")

    def end(self) -> None:
        if self._left:
            msg = f"{self._what} has an unknown field: {min(self._left)[:80]!a}"
            raise InputError(msg)


def _read_dns(request: _Fields, meta: _Fields, top: _Fields, common: _Common) -> DnsObservation:
    role, transport = request.text("role"), meta.text("transport")
    if role not in get_args(Role) or transport not in ("udp", "tcp"):
        msg = f"no role {role[:40]!a} or transport {transport[:40]!a} is known"
        raise InputError(msg)
    rdtype = request.number("rdtype")
    if not 0 <= rdtype <= 0xFFFF:
        msg = f"no record type has the number {rdtype}"
        raise InputError(msg)
    # What stands here for the reader is derived again after reading.
    request.text("name")
    meta.text("outcome")
    return DnsObservation(
        request=DnsQuery(
            name=DnsName(request.data("wire")),
            rdtype=rdtype,
            role=cast("Role", role),
            attempt=request.number("attempt"),
        ),
        server=meta.text("server"),
        port=meta.number("port"),
        transport="tcp" if transport == "tcp" else "udp",
        attempts=meta.number("attempts"),
        raw=top.data("raw"),
        **common,
    )


def _read_http(request: _Fields, meta: _Fields, top: _Fields, common: _Common) -> HttpObservation:
    return HttpObservation(
        request=HttpGet(
            url=request.text("url"),
            address=ip_address(request.text("address")),
            port=request.number("port"),
            hop=request.number("hop"),
            max_body=request.number("max_body"),
        ),
        peer=meta.text("peer"),
        tls=meta.number("tls") == 1,
        raw=top.data("raw"),
        **common,
    )


def _name_list(names: Sequence[str]) -> bytes:
    """ALPN names as a ProtocolNameList without its length (RFC 7301 §3.1): each behind its length octet."""
    octets = [each.encode() for each in names]
    if any(len(each) > 255 for each in octets):
        msg = "an ALPN name has at most 255 octets"
        raise InputError(msg)
    return b"".join(bytes((len(each),)) + each for each in octets)


def _names(data: bytes) -> tuple[str, ...]:
    names: list[str] = []
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            msg = "the list of ALPN names is cut off"
            raise InputError(msg)
        names.append(data[at + 1 : end].decode())
        at = end
    return tuple(names)


def _read_tls(request: _Fields, meta: _Fields, top: _Fields, common: _Common) -> TlsObservation:
    alpn = _names(request.data("alpn"))
    return TlsObservation(
        request=TlsProbe(
            address=ip_address(request.text("address")),
            port=request.number("port"),
            sni=request.text("sni"),
            alpn=alpn,
        ),
        version=meta.text("version"),
        alpn=meta.optional_text("alpn"),
        leaf=top.data("raw"),
        **common,
    )


def _read_list(request: _Fields, meta: _Fields, top: _Fields, common: _Common) -> ListFact:
    top.optional_text("raw")
    return ListFact(
        request=ListQuestion(list=request.text("list"), key=request.text("key")),
        version=meta.text("version"),
        as_of=meta.time("as_of"),
        answer=meta.optional_text("answer"),
        **common,
    )


_READERS: Final[Mapping[str, Callable[[_Fields, _Fields, _Fields, _Common], Observation]]] = {
    "dns": _read_dns,
    "http": _read_http,
    "tls": _read_tls,
    "list": _read_list,
}


def observation_from_json(value: JsonValue, *, what: str = "observation") -> Observation:
    """Read what `observation_json` wrote.

    Raises:
        InputError: another shape, or a readable form that is not what its bytes say; the message names the field.
    """
    top = _Fields(value, what)
    request, meta = top.fields("request"), top.fields("meta")
    kind = request.text("kind")
    if kind not in _READERS:
        msg = f"{what}.request.kind is none of {', '.join(_READERS)}: {show(kind[:40])}"
        raise InputError(msg)
    failure = top.optional_text("failure")
    if failure is not None and (failure not in Failure.__members__ or failure == "NOT_RECORDED"):
        msg = f"{what}.failure is none of {', '.join(name for name in Failure.__members__ if name != 'NOT_RECORDED')}"
        raise InputError(msg)
    common: _Common = {
        "vantage": top.text("vantage"),
        "sent": top.time("sent"),
        "received": top.time("received"),
        "failure": None if failure is None else Failure[failure],
    }
    try:
        observation = _READERS[kind](request, meta, top, common)
    except ValueError as error:
        msg = str(error) if str(error).startswith(what) else f"{what}: {error}"
        raise InputError(msg) from None
    for each in (request, meta, top):
        each.end()
    if observation_json(observation) != value:
        msg = f"{what}: a readable form (name, outcome) is not what its bytes say"
        raise InputError(msg)
    return observation
