"""Evidence: a record says nothing that is not derived again when it is read, and only deciding again makes a result.

A record is not signed: whoever rewrites all of it, in itself consistent, is found out by the chain it stands in
(`pkicheck.chainlog`). What is shown here is that nothing less than that goes unnoticed.
"""

from __future__ import annotations

import base64
import json
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import pkicheck
from pkicheck import evidence as evidence_module
from pkicheck.canon import JsonValue, canonical, digest, encode_bytes, parse_json
from pkicheck.errors import InputError
from pkicheck.evidence import EvidenceJson, FindingJson, ObservationJson, Replay, load
from pkicheck.evidencejson import SCHEMA, evidence_record, observation_from_json, observation_json
from pkicheck.findings import Verdict, finding
from pkicheck.names import DnsName, address_text
from pkicheck.policy import BASELINE, PRIVATE, policy_json
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
    Seen,
    TlsObservation,
    TlsProbe,
)
from pkicheck.rules import RULES_DIGEST
from tests.samples import AT, ISSUERS, caa, results

Json = dict[str, Any]
SAMPLES = sorted(results())
SCHEMA_FILE = Path(evidence_module.__file__).with_name("_data") / "evidence-1.schema.json"


def record(name: str) -> Json:
    """The record of a sample as plain values, to be changed."""
    return cast("Json", json.loads(results()[name].to_json()))


def line(value: Json) -> bytes:
    """The canonical line of a changed record."""
    return canonical(cast("JsonValue", value))


def deciding(value: Json, code: str = "caa.issuer-not-listed") -> Json:
    """The finding of a code in a record."""
    (found,) = (each for each in value["findings"] if each["code"] == code)
    return cast("Json", found)


def refused(value: Json | bytes, message: str) -> None:
    """The record is refused, when it is read or when it is decided again, with a message that is harmless to print."""
    with pytest.raises(InputError, match=message) as caught:
        load(value if isinstance(value, bytes) else line(value)).replay()
    assert re.fullmatch(r"[ -~]{1,2000}", str(caught.value))


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value that is neither object nor list."""
    items: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        items = list(cast("Json", value).items())
    elif isinstance(value, list):
        items = list(enumerate(cast("list[object]", value)))
    else:
        yield path
    for key, item in items:
        yield from leaves(item, (*path, key))


def at_path(value: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for key in path:
        value = value[key]
    return value


def put(value: Any, path: tuple[Any, ...], new: object) -> None:
    """Set the value at a path."""
    at_path(value, path[:-1])[path[-1]] = new


# --- writing


@pytest.mark.parametrize("name", SAMPLES)
def test_records_are_canonical_lines(name: str) -> None:
    """A record is one line of canonical JSON, the same each time: written again it is the same bytes (R108, R139)."""
    result = results()[name]
    data = result.to_json()
    assert data == canonical(parse_json(data)) == result.to_json()
    assert b"\n" not in data
    assert re.fullmatch(rb"[\x20-\x7e]*", data)


@pytest.mark.parametrize("name", SAMPLES)
def test_records_replay_to_themselves(name: str) -> None:
    """A record read back and decided again gives the very result, and its bytes (R106, R136, R138)."""
    result = results()[name]
    stored = load(result.to_json())
    again = stored.replay()
    assert again.same
    assert (again.verdict_changed, again.findings_added, again.findings_gone, again.expires_changed) == (
        False,
        (),
        (),
        False,
    )
    assert again.result == result
    assert again.result.to_json() == result.to_json()
    assert load(result.to_json() + b"\n").record == stored.record


def test_a_record_names_what_made_it() -> None:
    """Schema, software and the digest of the rules stand in every record (R012)."""
    value = record("good")
    assert value["schema"] == SCHEMA == "pkicheck/evidence/1"
    assert value["software"] == f"pkicheck/{pkicheck.__version__}"
    assert value["rules_digest"] == RULES_DIGEST


def test_raw_bytes_are_kept_as_they_came() -> None:
    """The bytes of every answer stand in the record unaltered (R138)."""
    result = results()["hostile"]
    raws = [base64.b64decode(each["raw"]) for each in record("hostile")["observations"]]
    assert raws == [cast("DnsObservation", each).raw for each in result.observations]


def test_documents_are_named_by_digest() -> None:
    """Policy and issuers are in the record, under the digests that the question names (R012)."""
    value = record("good")
    documents = {key: base64.b64decode(text) for key, text in value["documents"].items()}
    assert all(digest(data) == key for key, data in documents.items())
    assert documents[value["asked"]["policy"]] == canonical(policy_json(BASELINE))
    assert json.loads(documents[value["asked"]["issuers"]]) == sorted(ISSUERS)
    assert set(documents) == {value["asked"]["policy"], value["asked"]["issuers"]}


# --- the schema


def _schema() -> Json:
    return cast("Json", json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


VALIDATOR = Draft202012Validator(_schema())


def test_the_schema_is_a_schema() -> None:
    """The JSON Schema in the wheel is valid by its own standard (2020-12)."""
    Draft202012Validator.check_schema(_schema())
    assert _schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def _objects(schema: object) -> Iterator[Json]:
    if isinstance(schema, dict):
        fields = cast("Json", schema)
        if "properties" in fields and fields.get("type") == "object":
            yield fields
        for item in fields.values():
            yield from _objects(item)
    elif isinstance(schema, list):
        for item in cast("list[object]", schema):
            yield from _objects(item)


def test_the_schema_is_closed() -> None:
    """Every object of the schema lists all its fields, takes no other, and all but three are required."""
    optional: list[str] = []
    for each in _objects(_schema()):
        assert each["additionalProperties"] is False
        optional += sorted(set(each["properties"]) - set(each["required"]))
    assert sorted(optional) == ["alpn", "answer"]


def test_the_schema_has_the_fields_of_the_types() -> None:
    """The schema, the TypedDicts of the API and the reader agree on the fields."""
    schema = _schema()
    assert set(schema["properties"]) == set(get_type_hints(EvidenceJson))
    assert set(schema["$defs"]["finding"]["properties"]) == set(get_type_hints(FindingJson))
    for kind in ("dns", "http", "tls", "list"):
        assert set(schema["$defs"][f"{kind}Observation"]["properties"]) == set(get_type_hints(ObservationJson))
    assert set(schema["properties"]["kind"]["enum"]) == set(evidence_module._PLANS)


def test_the_schema_has_the_words_of_the_code() -> None:
    """Outcomes, roles and failures of the schema are those of the code."""
    from typing import get_args  # noqa: PLC0415

    from pkicheck.lookups import Outcome  # noqa: PLC0415

    dns = _schema()["$defs"]["dnsObservation"]["properties"]
    assert set(dns["meta"]["properties"]["outcome"]["enum"]) == {each.value for each in Outcome}
    assert set(dns["request"]["properties"]["role"]["enum"]) == set(get_args(Role))
    assert set(dns["failure"]["enum"]) == {None, *Failure.__members__} - {"NOT_RECORDED"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_record_matches_the_schema(name: str) -> None:
    """Each record that the tests make is valid by the schema."""
    assert [each.message for each in VALIDATOR.iter_errors(record(name))] == []


@pytest.mark.parametrize("name", ["good", "name-wildcard", "name-broken"])
def test_the_schema_refuses_what_the_reader_refuses(name: str) -> None:
    """A record with any field taken out, added, or of another type is valid for neither."""
    for path in list(leaves(record(name))):
        for depth in range(1, len(path) + 1):
            if isinstance(path[depth - 1], int) or path[depth - 1] == "answer":
                continue
            value = record(name)
            del at_path(value, path[: depth - 1])[path[depth - 1]]
            if path[0] != "documents" or depth == 1:
                assert not VALIDATOR.is_valid(value), path[:depth]
            with pytest.raises(InputError):
                load(line(value)).replay()
        value = record(name)
        put(value, path, {"x": "y"})
        assert not VALIDATOR.is_valid(value), path
        if path not in (("asked", "canary"), ("asked", "raw")):  # see test_a_question_has_one_spelling
            with pytest.raises(InputError):
                load(line(value)).replay()


# --- reading strictly

FIELDS = sorted(get_type_hints(EvidenceJson))


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_must_be_there(field: str) -> None:
    """A record without one of its fields is refused by name."""
    value = record("good")
    del value[field]
    refused(value, rf"evidence of schema None|evidence\.{field} is missing")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("wrong", [None, True, 7, "text", [], {}, [None]])
def test_each_field_has_one_type(field: str, wrong: object) -> None:
    """A record with a field of another type is refused."""
    value = record("good")
    if (field, wrong) in (("expires_at", None), ("observations", [])):
        return
    value[field] = wrong
    refused(value, r"evidence|asked|request")


@pytest.mark.parametrize(
    "place",
    [(), ("asked",), ("findings", 0), ("observations", 0), ("observations", 0, "request"), ("observations", 0, "meta")],
)
def test_no_field_may_be_added(place: tuple[Any, ...]) -> None:
    """An additional field anywhere is refused: it may have been meant to say something."""
    value = record("good")
    at_path(value, place)["extra"] = "x"
    refused(value, r"unknown field|must be an object with exactly|must have exactly the fields")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "evidence is not readable"),
        (b"\xff\xfe", "evidence is not readable"),
        (b"\x00" * 100, "evidence is not readable"),
        (b"null", "evidence must be a JSON object"),
        (b"[]", "evidence must be a JSON object"),
        (b'"text"', "evidence must be a JSON object"),
        (b"{}", "evidence of schema None is not known"),
        (b'{"schema":1}', "evidence of schema 1 is not known"),
        (b'{"schema":{"a":[]}}', "evidence of schema .* is not known"),
        (b"[" * 100_000, "evidence is not readable|levels deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "levels deep"),
        (b'{"a":1.5}', "not an integer"),
        (b'{"a":1e3}', "not an integer"),
        (b'{"a":NaN}', "not an integer"),
        (b'{"a":9007199254740992}', r"not below 2\*\*53"),
        (b'{"a":' + b"9" * 100_000 + b"}", r"not below 2\*\*53"),
        (b'{"a":1,"a":1}', "key twice"),
        (b'{"a":"\\ud800"}', "lone surrogate"),
    ],
)
def test_what_is_no_record(data: bytes, message: str) -> None:
    """Binary, truncated, deep, floating, doubled and oversized JSON is refused, in bounded words."""
    refused(data, message)


def test_only_bytes_are_read() -> None:
    """A record is bytes; text is refused as an argument, not crashed on."""
    with pytest.raises(InputError, match="evidence must be bytes, got str"):
        load(cast("bytes", "{}"))


def test_the_longest_record_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record beyond the bound is refused before it is parsed."""
    data = results()["good"].to_json()
    monkeypatch.setattr(evidence_module, "_LARGEST", len(data))
    load(data)
    refused(data + b"\n", f"evidence is longer than {len(data)} octets")


@pytest.mark.parametrize("place", range(0, 4000, 97))
def test_a_torn_record_is_refused(place: int) -> None:
    """Every truncation of a record is refused (chain logs are torn in the middle of a line)."""
    data = results()["good"].to_json()
    refused(data[: place % len(data)], "evidence is not readable")
    refused(data[: -1 - place % (len(data) - 1)], "evidence is not readable")


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda data: data.replace(b",", b", ", 1),
        lambda data: data.replace(b":", b": ", 1),
        lambda data: b" " + data,
        lambda data: data + b" ",
        lambda data: data + b"\r\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode(),
        lambda data: data.replace(b'"zone"', b'"\\u007aone"', 1),
        lambda data: data.replace(b'"attempt":0', b'"attempt":-0', 1),
    ],
)
def test_a_rewritten_record_is_refused(rewrite: Callable[[bytes], bytes]) -> None:
    """The same values in any other spelling are refused: one record has one byte form."""
    data = results()["good"].to_json()
    assert rewrite(data) != data
    refused(rewrite(data), "evidence is not canonical JSON|not readable")


@pytest.mark.parametrize(
    "schema", ["pkicheck/evidence/2", "pkicheck/evidence/1.1", "pkicheck/evidence/", "", "x" * 500]
)
def test_an_unknown_major_is_refused(schema: str) -> None:
    """A record of another major version is refused by its name: it is not read as if it were of this one."""
    refused(record("good") | {"schema": schema}, "is not known: this version reads pkicheck/evidence/1")


@pytest.mark.parametrize("kind", ["scan", "gates", "CAA", "", "\x1b[31m"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    """A record of a kind that this version cannot decide again is refused."""
    refused(record("good") | {"kind": kind}, "evidence of kind .* is not known to this version")


def test_another_kind_is_refused() -> None:
    """A record under the kind of another check is refused: its question is another."""
    refused(record("good") | {"kind": "name"}, "asked must have exactly the fields")
    refused(record("name") | {"kind": "caa"}, "asked must have exactly the fields")


@pytest.mark.parametrize("field", ["at", "expires_at"])
@pytest.mark.parametrize(
    "rewrite", [lambda text: text.replace(".000000Z", "Z"), lambda text: text.replace("Z", "+00:00")]
)
def test_the_times_of_a_record_have_one_spelling(field: str, rewrite: Callable[[str], str]) -> None:
    """The moment and the expiry in another spelling of the same instant were rewritten."""
    value = record("good")
    value[field] = rewrite(value[field])
    assert not VALIDATOR.is_valid(value)
    refused(value, field)


@pytest.mark.parametrize("field", ["at", "expires_at"])
@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21", "2026-11-21T12:00:00", "2026-02-30T12:00:00.000000Z"])
def test_the_times_of_a_record_exist(field: str, text: str) -> None:
    """A moment or expiry that is no instant is refused by name."""
    refused(record("good") | {field: text}, rf"evidence\.{field}")


def test_the_digest_of_the_rules_is_one() -> None:
    """What stands where the digest of the rules belongs is a digest."""
    refused(record("good") | {"rules_digest": "none"}, "rules_digest")


def test_messages_do_not_carry_keys_as_they_are() -> None:
    """A key of a hostile record appears in no message unescaped (R017)."""
    refused(record("good") | {"documents": {"\x1b[31m\n": "AAAA"}}, "evidence")


def test_messages_are_bounded() -> None:
    """However large a hostile value is, the message that names it is not (R017)."""
    refused(record("good") | {"schema": "x" * 10_000}, "evidence")


# --- findings and verdicts


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("verdict", ["pass", "fail", "incomplete", "PASS", ""])
def test_a_forged_verdict_is_refused(name: str, verdict: str) -> None:
    """A verdict that is not what the recorded findings say is refused when the record is read."""
    value = record(name)
    if value["verdict"] != verdict:
        value["verdict"] = verdict
        refused(value, "evidence.verdict is .* which is not what its findings say")


@pytest.mark.parametrize("name", SAMPLES)
def test_no_findings_are_no_verdict(name: str) -> None:
    """A record without findings is refused, whatever its verdict."""
    for verdict in ("pass", "fail", "incomplete"):
        refused(record(name) | {"findings": [], "verdict": verdict}, "which is not what its findings say")


def test_a_renamed_code_is_refused() -> None:
    """A code that is not in the catalogue is refused."""
    value = record("other")
    deciding(value)["code"] = "caa.issuer-not-named"
    refused(value, "no finding code is called 'caa.issuer-not-named'")


def test_a_code_renamed_to_another_is_shown() -> None:
    """A code renamed to another of its level is read, and replay says which came and which went."""
    value = record("other")
    deciding(value)["code"] = "caa.issuance-forbidden"
    again = load(line(value)).replay()
    assert not again.same
    assert again.findings_added == ("caa.issuer-not-listed",)
    assert again.findings_gone == ("caa.issuance-forbidden",)
    assert not again.verdict_changed


def test_findings_forged_into_a_pass_are_shown() -> None:
    """A FAIL whose findings and verdict were rewritten into a PASS is decided again as the FAIL it is."""
    value = record("other")
    passed = record("good")
    value |= {"findings": passed["findings"], "verdict": "pass"}
    again = load(line(value)).replay()
    assert again.result.verdict is Verdict.FAIL
    assert again.verdict_changed
    assert not again.same
    assert "caa.issuer-not-listed" in again.findings_added
    assert "caa.authorised" in again.findings_gone


@pytest.mark.parametrize("edit", ["place", "saw", "more"])
def test_an_edited_finding_is_shown(edit: str) -> None:
    """A finding whose place or values were edited is one that went and one that came."""
    value = record("other")
    deciding(value)[edit] = {"place": "elsewhere.com", "saw": ["0 issue ca.example"], "more": 3}[edit]
    if edit == "more":
        deciding(value)["saw"] *= 5
    again = load(line(value)).replay()
    assert not again.same
    assert again.findings_added == again.findings_gone == ("caa.issuer-not-listed",)


@pytest.mark.parametrize("edit", ["expected", "rules"])
def test_edited_words_of_a_finding_are_shown(edit: str) -> None:
    """In a record of this very software and rules, a finding whose words or rules differ was edited (R028)."""
    value = record("other")
    assert value["rules_digest"] == RULES_DIGEST
    deciding(value)[edit] = {"expected": "evil.example", "rules": ["rfc8659.3/search"]}[edit]
    assert not load(line(value)).replay().same


def test_dropped_and_doubled_findings_are_shown() -> None:
    """A finding that was taken out or put in twice is seen, by number too."""
    value = record("other")
    value["findings"].remove(deciding(value, "caa.issuer-other"))
    assert load(line(value)).replay().findings_added == ("caa.issuer-other",)
    value = record("other")
    value["findings"].append(deciding(value))
    again = load(line(value)).replay()
    assert again.findings_gone == ("caa.issuer-not-listed",)
    assert not again.same


# --- readable forms


@pytest.mark.parametrize("name", ["good", "alias", "failure-permitted", "hostile", "lookup-servfail"])
@pytest.mark.parametrize(
    ("place", "new"),
    [
        (("request", "name"), "other.example"),
        (("request", "wire"), encode_bytes(b"\x05other\x07example\0")),
        (("request", "kind"), "http"),
        (("request", "role"), "witness"),
        (("request", "rdtype"), "CAA"),
        (("request", "rdtype"), -1),
        (("request", "rdtype"), 65536),
        (("meta", "outcome"), "bogus"),
        (("meta", "transport"), "quic"),
        (("failure",), "BROKEN"),
        (("failure",), 1),
        (("sent",), "2026-11-21T12:00:00Z"),
        (("sent",), "2026-11-21T13:00:00.000000+01:00"),
        (("received",), "noon"),
        (("raw",), None),
        (("raw",), "AAA"),
        (("raw",), "AA=A"),
        (("raw",), "QQ"),
        (("raw",), "QR=="),
        (("vantage",), None),
        (("meta", "port"), True),
        (("meta", "attempts"), "1"),
    ],
)
def test_an_edited_readable_form_is_refused(name: str, place: tuple[str, ...], new: object) -> None:
    """Names, outcomes and spellings that are not what the bytes beside them say are refused, with their place."""
    for index in range(len(record(name)["observations"])):
        value = record(name)
        put(value["observations"][index], place, new)
        refused(value, rf"evidence\.observations\[{index}\]|no role .* or transport")


@pytest.mark.parametrize("name", ["good", "other"])
def test_edited_bytes_are_refused_or_shown(name: str) -> None:
    """Another answer under a question is refused (its outcome is another), or decided again and shown."""
    donors = [each for sample in SAMPLES for each in record(sample)["observations"] if each["request"]["kind"] == "dns"]
    for index, each in enumerate(record(name)["observations"]):
        for donor in donors:
            value = record(name)
            value["observations"][index]["raw"] = donor["raw"]
            try:
                again = load(line(value)).replay()
            except InputError:
                continue
            assert not again.same or donor["raw"] == each["raw"] or again.result.verdict.value == value["verdict"]


@pytest.mark.parametrize("change", [timedelta(microseconds=1), -timedelta(hours=1), timedelta(days=365)])
def test_an_edited_moment_is_refused(change: timedelta) -> None:
    """A moment that is not that of the observations is refused, and said to be so."""
    value = record("good")
    value["at"] = (AT + change).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    refused(value, r"evidence\.at is .*, but the observations were judged at 2026-11-21T12:00:00")


@pytest.mark.parametrize("name", ["good", "address", "loop", "name"])
def test_an_edited_expiry_is_shown(name: str) -> None:
    """An expiry that is not what the observations give is shown by replay: it would lengthen a reliance."""
    value = record(name)
    for new in (None, "2099-01-01T00:00:00.000000Z"):
        if value["expires_at"] == new:
            continue
        again = load(line(record(name) | {"expires_at": new})).replay()
        assert again.expires_changed
        assert not again.same


# --- documents


def test_an_edited_document_is_refused() -> None:
    """A document that is not that of its digest is refused by its digest."""
    value = record("good")
    key = value["asked"]["policy"]
    value["documents"][key] = encode_bytes(canonical(policy_json(PRIVATE)))
    refused(value, f"evidence.documents.{key} is not the document of this digest")


@pytest.mark.parametrize("text", [None, 5, [], "A", "not base64!", "QR=="])
def test_a_document_is_base64(text: object) -> None:
    """A document that is no canonical base64 text is refused."""
    value = record("good")
    value["documents"][value["asked"]["policy"]] = text
    refused(value, r"evidence\.documents\.")


def test_an_empty_document_is_text_too() -> None:
    """Null under the digest of nothing is no document."""
    value = record("good")
    value["documents"][digest(b"")] = None
    refused(value, "documents")


@pytest.mark.parametrize("field", ["policy", "issuers"])
def test_a_withheld_document_is_named(field: str) -> None:
    """A record may withhold a document: reading works, deciding again says which one is needed, and takes it."""
    result = results()["good"]
    value = record("good")
    key = value["asked"][field]
    text = value["documents"].pop(key)
    stored = load(line(value))
    with pytest.raises(InputError, match=f"asked.{field}: the document '{key}' is withheld: supply it"):
        stored.replay()
    with pytest.raises(InputError, match=f"asked.{field}: the document"):
        stored.replay(documents=[b"another", canonical(policy_json(PRIVATE))])
    again = stored.replay(documents=[b"another", base64.b64decode(text)])
    assert again.same
    assert again.result == result


def test_another_policy_is_another_question() -> None:
    """A record moved under another policy is decided under that one, named by it, and what changes is shown."""
    value = record("name-internal")
    data = canonical(policy_json(PRIVATE))
    value["documents"] = {digest(data): encode_bytes(data)}
    value["asked"] |= {"policy": digest(data), "scope": "internal"}
    again = load(line(value)).replay()
    assert again.result.policy == PRIVATE
    assert not again.same


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b"\xff", b'{"name":"x","public":1}', b'{"name":"x","colour":"blue"}', b"[" * 99999]
)
@pytest.mark.parametrize("field", ["policy", "issuers"])
def test_a_document_of_another_kind_is_refused(field: str, document: bytes) -> None:
    """A document that is not what the question needs is refused, however its digest fits."""
    value = record("good")
    value["documents"][digest(document)] = encode_bytes(document)
    value["asked"][field] = digest(document)
    refused(value, "polic|issuers")


# --- the question

HOSTILE: list[object] = [
    None,
    True,
    0,
    -1,
    "",
    "x",
    "\x1b[31m",
    "a" * 5000,
    [],
    [[]],
    {},
    {"a": 1},
    ["x", 1],
    "2026-11-21",
]


@pytest.mark.parametrize("name", ["good", "dry-run", "account-given", "name", "name-broken", "name-address"])
def test_a_hostile_question_is_refused_or_shown(name: str) -> None:
    """Any value in any field of the question gives an InputError, or a replay: never another exception."""
    for field in record(name)["asked"]:
        for new in HOSTILE:
            value = record(name)
            value["asked"][field] = new
            try:
                again = load(line(value)).replay()
            except InputError as error:
                assert len(str(error)) < 6000  # noqa: PT017
                continue
            assert not again.same or again.result.verdict.value == value["verdict"]


@pytest.mark.parametrize(
    ("field", "new"),
    [
        ("name", "other.com"),
        ("name", "*.good.com"),
        ("name", "192.0.2.1"),
        ("purpose", "smime"),
        ("purpose", "vmc"),
        ("method", "http-01"),
        ("accounts", ["https://ca.example/acct/8"]),
        ("at", "2026-11-21T12:00:00.000000Z"),
    ],
)
def test_an_edited_question_is_shown(field: str, new: object) -> None:
    """Where the answer hangs on it, an edited question comes to something else, or is refused."""
    value = record("method" if field == "method" else "account")
    assert value["asked"][field] != new
    value["asked"][field] = new
    try:
        again = load(line(value)).replay()
    except InputError:
        return
    assert not again.same


@pytest.mark.parametrize(
    ("name", "field", "new"),
    [
        ("good", "name", "GOOD.com"),
        ("good", "canary", "0123456789abcdef0123"),
        ("good", "canary", {"x": "y"}),
        ("account-given", "accounts", ["acct:7", "https://ca.example/acct/7", "acct:7"]),
        ("name", "raw", "eHh4"),
    ],
)
def test_a_question_has_one_spelling(name: str, field: str, new: object) -> None:
    """A question that the plan would write otherwise was edited: what it says to a reader is not what is decided."""
    value = record(name)
    assert value["asked"][field] != new
    value["asked"][field] = new
    refused(value, "asked")


# --- observations


@pytest.mark.parametrize("name", [each for each in SAMPLES if results()[each].verdict is Verdict.PASS])
def test_missing_observations_are_never_a_pass_unseen(name: str) -> None:
    """A record of a PASS with a hole is another moment, another finding, or no PASS: never the same PASS."""
    for index in range(len(record(name)["observations"])):
        value = record(name)
        del value["observations"][index]
        try:
            again = load(line(value)).replay()
        except InputError:
            continue
        if again.same:
            # An observation that decided nothing: a level below which the climb already ended, a second look.
            assert again.result.verdict is Verdict.PASS
            assert len(again.result.observations) == len(value["observations"])


def test_without_observations_nothing_is_known() -> None:
    """A record whose observations were all taken out is no PASS: INCOMPLETE, with a code that says why."""
    value = record("good") | {"observations": [], "at": "1970-01-01T00:00:00.000000Z"}
    again = load(line(value)).replay()
    assert again.result.verdict is Verdict.INCOMPLETE
    assert again.verdict_changed
    assert "dns.lookup-not-recorded" in again.findings_added


def test_the_order_of_observations_does_not_matter() -> None:
    """A record whose observations stand in another order comes to the same result."""
    value = record("alias")
    value["observations"].reverse()
    assert load(line(value)).replay().result == results()["alias"]


def forged(name: str, *extra: Mapping[str, Any]) -> bytes:
    """A record with further observations, all that it says of itself rewritten to what deciding on them comes to."""
    value = record(name)
    value["observations"] += extra
    plan = cast("Any", results()[name]).plan
    again = pkicheck.replay(plan, Seen(observation_from_json(each) for each in value["observations"]))
    value |= {key: json.loads(again.to_json())[key] for key in ("verdict", "findings", "expires_at", "at")}
    return line(value)


def test_contradicting_observations_are_refused() -> None:
    """Two answers to one question in one record: no honest record has them, and the one that forbids must not vanish.

    The record holds a `CAA 0 issue "other.example"` answer for other.com, and a planted earlier one without records; it
    replays as an unchanged PASS although its own observations say otherwise.
    """
    victim = next(each for each in record("other")["observations"] if each["request"]["name"] == "other.com")
    absent = next(each for each in record("absent")["observations"] if each["request"]["name"] == "absent.com")
    empty = base64.b64decode(absent["raw"]).replace(b"\x06absent", b"\x05other")
    planted = {
        **victim,
        "raw": encode_bytes(empty),
        "sent": "2026-11-21T11:59:59.000000Z",
        "meta": {**victim["meta"], "outcome": "nxdomain"},
    }
    refused(forged("other", planted), "two observations of one request")


def test_observations_that_nobody_asked_for_are_refused() -> None:
    """An observation that the plan never asks for does not belong in its record: it moves the moment that is judged."""
    other = record("other")["observations"]
    stray = next(each for each in other if each["request"]["name"] == "other.com")
    stray = {**stray, "received": "2026-11-22T12:00:00.000000Z"}
    refused(forged("good", stray), "observations")


def test_not_recorded_is_no_observation() -> None:
    """A record that holds an observation which says that it was not recorded contradicts itself."""
    value = record("lookup-timeout")
    timed_out = [each for each in value["observations"] if each["failure"] == "TIMEOUT"]
    for each in timed_out:
        each["failure"], each["meta"]["outcome"] = "NOT_RECORDED", "lookup-not-recorded"
    assert timed_out
    refused(value, "observation")


@pytest.mark.parametrize("name", ["good", "name"])
def test_times_at_the_end_of_time(name: str) -> None:
    """An observation of the last day of the calendar is refused or decided, never an OverflowError."""
    value = record(name)
    value["at"] = "9999-12-31T23:59:59.999999Z"
    for each in value["observations"]:
        each["sent"] = each["received"] = value["at"]
        if "as_of" in each["meta"]:
            each["meta"]["as_of"] = "9999-12-31T00:00:00.000000Z"
    try:
        again = load(line(value)).replay()
    except InputError:
        return
    assert again.result.expires_at is None or again.result.expires_at <= datetime.max.replace(tzinfo=timezone.utc)


# --- every single change

CHANGED: dict[type, list[object]] = {
    str: [
        "",
        "x",
        "good.com",
        "pass",
        "caa.authorised",
        "2099-01-01T00:00:00.000000Z",
        "AAAA",
        "TIMEOUT",
        "data",
        "retry",
        1,
        None,
        [],
    ],
    int: [0, 1, 2, 257, 53, -1, 2**53 - 1, "1", None, True],
    type(None): ["", "TIMEOUT", "2026-11-21T12:00:00.000000Z", "http-01", 0, [], {}],
    bool: [],
}


def check_change(name: str, path: tuple[Any, ...], new: object) -> None:
    """Change one value of a record: InputError, a change shown by replay, or nothing decided by it."""
    value, original = record(name), results()[name]
    if at_path(value, path) == new and type(at_path(value, path)) is type(new):
        return
    put(value, path, new)
    try:
        again = load(line(value)).replay()
    except InputError:
        return
    if again.same:
        assert again.result.verdict is original.verdict
        assert [each.code for each in again.result.findings] == [each.code for each in original.findings]
        assert again.result.expires_at == original.expires_at
        assert again.result.asked() == original.asked() or path[0] == "asked"
        if path[0] not in ("software", "rules_digest"):
            assert again.result.to_json() == line(value)


@pytest.mark.parametrize("name", ["good", "other", "account-given", "name-broken"])
def test_no_single_change_goes_unnoticed(name: str) -> None:
    """Whatever one value of a record is changed to, replay does not call another decision the same.

    What may differ under `same` is primary data that decides nothing (a vantage, a port, a time between two others),
    which only the chain can vouch for.
    """
    for path in list(leaves(record(name))):
        for new in CHANGED[type(at_path(record(name), path))]:
            check_change(name, path, new)


@given(st.sampled_from(SAMPLES), st.data())
def test_no_change_of_any_record_goes_unnoticed(name: str, data: st.DataObject) -> None:
    """The same for a drawn value of a record of any shape, changed to a drawn value or to one from another record."""
    path = data.draw(st.sampled_from(list(leaves(record(name)))))
    donor = record(data.draw(st.sampled_from(SAMPLES)))
    donated = st.sampled_from(list(leaves(donor))).map(lambda each: at_path(donor, each))
    edges = st.sampled_from([new for group in CHANGED.values() for new in group])
    check_change(name, path, data.draw(donated | edges))


@given(st.sampled_from(SAMPLES), st.data())
def test_no_single_byte_goes_unnoticed(name: str, data: st.DataObject) -> None:
    """One byte of a record changed, dropped or doubled: InputError, a change shown, or the same decision.

    Never another PASS: where replay says `same`, it came to the verdict and the codes of the original.
    """
    good = results()[name].to_json()
    place = data.draw(st.integers(0, len(good) - 1))
    new = data.draw(st.one_of(st.sampled_from([b"", good[place : place + 1] * 2]), st.binary(min_size=1, max_size=1)))
    try:
        again = load(good[:place] + new + good[place + 1 :]).replay()
    except InputError:
        return
    if again.same:
        assert again.result.verdict is results()[name].verdict
        assert [each.code for each in again.result.findings] == [each.code for each in results()[name].findings]


# --- judging another day


def test_replay_at_another_day_uses_its_rules() -> None:
    """Judged at a later day by the rules of that day: what was advice is then binding (RFC 8657; BR 4.2.2.1.2)."""
    stored = load(results()["account"].to_json())
    assert stored.replay().result.verdict is Verdict.PASS
    later = stored.replay(at=AT + timedelta(days=365))
    assert later.result.verdict is Verdict.FAIL
    assert later.verdict_changed
    assert later.findings_gone == ("caa.parameters-advisory",)
    assert set(later.findings_added) == {"caa.account-not-listed", "evidence.dry-run"}
    assert later.result.at == AT + timedelta(days=365)


def test_replay_at_another_day_is_a_dry_run() -> None:
    """A replay at a given moment is a dry run, also at the recorded moment: it is good for no signature."""
    again = load(results()["good"].to_json()).replay(at=AT)
    assert again.findings_added == ("evidence.dry-run",)
    assert not again.same
    found = cast("pkicheck.CaaResult", again.result).covers("good.com", issued_at=AT)
    assert "caa.evidence-dry-run" in {each.code for each in found}


def test_replay_takes_any_time_zone_and_no_naive_time() -> None:
    """The moment of a replay may stand in any time zone, but it stands in one."""
    stored = load(results()["good"].to_json())
    zone = timezone(timedelta(hours=-11))
    assert stored.replay(at=AT.astimezone(zone)).result.at == AT
    with pytest.raises(InputError, match="at must have a time zone"):
        stored.replay(at=AT.replace(tzinfo=None))


def test_replay_of_a_dry_run() -> None:
    """The record of a dry run replays at its own moment, or at the one that is given."""
    stored = load(results()["dry-run"].to_json())
    assert stored.replay().same
    assert stored.replay().result.at == AT + timedelta(days=365)
    assert stored.replay(at=AT).result.at == AT


# --- stored is no result


def test_stored_has_no_verdict() -> None:
    """A stored record has neither verdict nor `require`, and is none of the results that can be combined."""
    stored = load(results()["good"].to_json())
    public = {name for name in dir(stored) if not name.startswith("_")}
    assert public == {"record", "replay"}
    assert not isinstance(stored, pkicheck.Result)


def test_stored_is_immutable() -> None:
    """A stored record cannot be given other content."""
    stored = load(results()["good"].to_json())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        cast("Any", stored).record = {}
    assert stored == load(results()["good"].to_json())


def test_replay_is_a_value() -> None:
    """What a replay came to is immutable, compares by content and survives pickling."""
    again = load(results()["good"].to_json()).replay()
    assert isinstance(again, Replay)
    assert pickle.loads(pickle.dumps(again)) == again
    assert hash(again) == hash(pickle.loads(pickle.dumps(again)))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        cast("Any", again).verdict_changed = True
    assert not attrs.evolve(again, verdict_changed=True).same
    assert not attrs.evolve(again, expires_changed=True).same
    assert not attrs.evolve(again, findings_added=("caa.authorised",)).same
    assert not attrs.evolve(again, findings_gone=("caa.authorised",)).same


def test_stored_survives_pickling() -> None:
    """A stored record can be sent to another process, like every other value."""
    stored = load(results()["good"].to_json())
    assert pickle.loads(pickle.dumps(stored)) == stored


def test_a_changed_copy_of_the_record_changes_nothing() -> None:
    """Who writes into the record that is handed out does not change what is replayed."""
    stored = load(results()["other"].to_json())
    cast("Any", stored.record)["verdict"] = "pass"
    assert not stored.replay().verdict_changed


# --- observations of each kind

aware = st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1), timezones=st.just(timezone.utc))
addresses = st.ip_addresses(v=4) | st.ip_addresses(v=6, network="2000::/3")
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
small = st.integers(0, 2**53 - 1)
labels = st.lists(st.binary(min_size=1, max_size=10), max_size=4)
common: dict[str, Any] = {
    "vantage": words,
    "sent": aware,
    "received": aware,
    "failure": st.sampled_from([None, *(each for each in Failure if each is not Failure.NOT_RECORDED)]),
}
observations: st.SearchStrategy[Observation] = st.one_of(
    st.builds(
        DnsObservation,
        request=st.builds(
            DnsQuery,
            name=labels.map(DnsName.from_labels),
            rdtype=st.integers(0, 65535),
            role=st.sampled_from(["answer", "retry", "canary", "ds", "cd", "probe"]),
            attempt=small,
        ),
        server=words,
        port=small,
        transport=st.sampled_from(["udp", "tcp"]),
        attempts=small,
        raw=st.binary(max_size=40),
        **common,
    ),
    st.builds(
        HttpObservation,
        request=st.builds(HttpGet, url=words, address=addresses, port=small, hop=small, max_body=small),
        peer=words,
        tls=st.booleans(),
        raw=st.binary(max_size=40),
        **common,
    ),
    st.builds(
        TlsObservation,
        request=st.builds(
            TlsProbe,
            address=addresses,
            port=small,
            sni=words,
            alpn=st.lists(st.sampled_from(["acme-tls/1", "h2", "http/1.1"]), max_size=3).map(tuple),
        ),
        version=words,
        alpn=st.none() | words,
        leaf=st.binary(max_size=40),
        **common,
    ),
    st.builds(
        ListFact,
        request=st.builds(ListQuestion, list=words, key=words),
        version=words,
        as_of=aware,
        answer=st.none() | words,
        **common,
    ),
)
OBSERVATION = Draft202012Validator(
    {
        "$defs": _schema()["$defs"],
        "oneOf": [{"$ref": f"#/$defs/{kind}Observation"} for kind in ("dns", "http", "tls", "list")],
    }
)


@given(observations)
def test_observations_of_each_kind_round_trip(observation: Observation) -> None:
    """An observation of any kind is read back from its canonical JSON as the same value, and matches the schema."""
    value = parse_json(canonical(observation_json(observation)))
    assert observation_from_json(value) == observation
    assert [each.message for each in OBSERVATION.iter_errors(value)] == []


EACH_KIND: dict[str, Observation] = {
    "dns": results()["good"].observations[0],
    "http": HttpObservation(
        request=HttpGet(url="http://a.example", address=ip_address("192.0.2.1"), port=80),
        vantage="here", sent=AT, received=AT, peer="192.0.2.1", tls=True, raw=b"HTTP/1.1 200 OK",
    ),
    "tls": TlsObservation(
        request=TlsProbe(address=ip_address("2001:db8::1"), port=443, sni="a.example", alpn=("acme-tls/1",)),
        vantage="here", sent=AT, received=AT, version="TLSv1.3", alpn="acme-tls/1", leaf=b"\x30\0",
    ),
    "list": results()["name"].observations[0],
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(EACH_KIND))
def test_observations_of_each_kind_are_read_strictly(kind: str) -> None:
    """A field taken out, added or of another type, in any kind of observation, is refused, and its place is said."""
    good = json.loads(canonical(observation_json(EACH_KIND[kind])))
    for path in list(leaves(good)):
        others: list[Any] = [None, True, 1.5, [], {}, 7 if isinstance(at_path(good, path), str) else "x"]
        for wrong in others:
            value = json.loads(json.dumps(good))
            put(value, path, wrong)
            if at_path(good, path) is None and wrong is None:
                continue
            with pytest.raises(InputError, match="observation"):
                observation_from_json(value)
        value = json.loads(json.dumps(good))
        del at_path(value, path[:-1])[path[-1]]
        if path not in (("meta", "alpn"), ("meta", "answer")):
            with pytest.raises(InputError, match="observation"):
                observation_from_json(value)
    for place in ((), ("request",), ("meta",)):
        value = json.loads(json.dumps(good))
        at_path(value, place)["extra"] = "x"
        with pytest.raises(InputError, match="unknown field: 'extra'"):
            observation_from_json(value)


@pytest.mark.parametrize("wrong", [None, [], "observation", 1])
def test_an_observation_is_an_object(wrong: None) -> None:
    """Anything but an object is no observation."""
    with pytest.raises(InputError, match="here must be an object"):
        observation_from_json(wrong, what="here")


@pytest.mark.parametrize(
    ("kind", "path", "new"),
    [
        ("http", ("request", "address"), "192.0.2.001"),
        ("http", ("request", "address"), "a.example"),
        ("http", ("meta", "tls"), 2),
        ("tls", ("request", "address"), "2001:DB8::1"),
        ("tls", ("request", "address"), "2001:db8:0::1"),
        ("dns", ("request", "wire"), "QQ=="),
        ("dns", ("request", "wire"), "AUEA"),
        ("list", ("raw",), "AAAA"),
        ("list", ("meta", "as_of"), "2026-11-21T00:00:00Z"),
    ],
)
def test_one_spelling_of_each_value(kind: str, path: tuple[str, ...], new: object) -> None:
    """Addresses, names and times of an observation in another spelling are refused."""
    value = json.loads(canonical(observation_json(EACH_KIND[kind])))
    put(value, path, new)
    with pytest.raises(InputError, match="observation"):
        observation_from_json(value)


def test_observations_of_other_kinds_ride_along() -> None:
    """A record may hold observations of every kind: they are read, kept and written back."""
    data = evidence_record(
        kind="caa",
        verdict=Verdict.PASS,
        at=AT,
        expires_at=None,
        asked={},
        findings=[finding("caa.authorised", "x")],
        observations=list(EACH_KIND.values()),
        documents=[b"a document", b"a document"],
    )
    stored = load(data)
    assert stored._observations == tuple(EACH_KIND.values())
    assert stored._documents == (b"a document",)
    assert canonical(cast("JsonValue", stored.record)) == data


def test_two_requests_have_two_spellings() -> None:
    """Different lists of ALPN names are written differently."""
    base = cast("TlsObservation", EACH_KIND["tls"])
    for one, other in [(("a,b",), ("a", "b")), (("",), ())]:
        written = [
            observation_json(attrs.evolve(base, request=attrs.evolve(base.request, alpn=each))) for each in (one, other)
        ]
        assert written[0] != written[1]


@pytest.mark.parametrize("kind", ["http", "tls"])
def test_addresses_have_one_spelling_on_every_python(kind: str) -> None:
    """An IPv4-mapped address is written in the one text that every Python version reads back (RFC 5952 §5)."""
    base: Any = EACH_KIND[kind]
    address = ip_address("::ffff:192.0.2.1")
    made = attrs.evolve(base, request=attrs.evolve(base.request, address=address))
    assert cast("Any", observation_json(made)["request"])["address"] == address_text(address) == "::ffff:192.0.2.1"


def test_records_without_a_time_zone_are_not_written() -> None:
    """A naive time cannot get into a record."""
    naive = AT.replace(tzinfo=None)
    with pytest.raises(InputError, match="time must have a time zone"):
        observation_json(attrs.evolve(EACH_KIND["http"], sent=naive))
    with pytest.raises(InputError, match="time must have a time zone"):
        evidence_record(
            kind="caa",
            verdict=Verdict.PASS,
            at=AT,
            expires_at=naive,
            asked={},
            findings=[],
            observations=[],
            documents=[],
        )


def test_one_result_per_name() -> None:
    """Two names of one request have two records, each with its own question (C01, R105)."""
    one, other = caa("good.com"), caa("*.wild.com")
    assert load(one.to_json()).record["asked"]["name"] == "good.com"
    assert load(other.to_json()).record["asked"]["name"] == "*.wild.com"


_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


@given(
    _ANY_TEXT,
    _ANY_TEXT,
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.binary(max_size=60),
    st.sampled_from([None, *Failure]),
)
def test_an_observation_is_written_as_its_json(
    server: str, vantage: str, number: int, raw: bytes, failure: Failure | None
) -> None:
    """What is put together as text, for speed, is the canonical JSON of its values, whatever they are (R139)."""
    observation = DnsObservation(
        request=DnsQuery(name=DnsName(b'\3a"\\\0'), rdtype=257, attempt=number),
        vantage=vantage, sent=AT, received=AT, failure=failure, server=server, port=number, transport="udp",
        attempts=number, raw=raw,
    )  # fmt: skip
    arguments = {"kind": "caa", "verdict": Verdict.PASS, "at": AT, "expires_at": None, "asked": {}, "findings": ()}
    try:
        expected = canonical(observation_json(observation))
    except InputError:
        with pytest.raises(InputError):
            evidence_record(**arguments, observations=(observation,), documents=(raw,))  # type: ignore[arg-type]
        return
    record = evidence_record(**arguments, observations=(observation, observation), documents=(raw,))  # type: ignore[arg-type]
    assert b'"observations":[' + expected + b"," + expected + b"]" in record
    assert canonical(parse_json(record)) == record
