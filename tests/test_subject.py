"""Subject attributes: the vectors of tests/vectors/subject, laws over any bytes, and the list of countries."""

from __future__ import annotations

import pickle
import warnings
from datetime import datetime, timedelta
from typing import Any, cast

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.codes import CATALOGUE
from pkicheck.errors import InputError
from pkicheck.findings import Finding, Level
from pkicheck.lists import PackagedLists, packaged, read_countries
from pkicheck.policy import SubjectPolicy
from pkicheck.ports import Failure, ListFact, ListQuestion
from pkicheck.rules import RULES
from pkicheck.subject import (
    COUNTRIES,
    TYPES,
    Attribute,
    InspectedSubject,
    attribute_type,
    attributes_of,
    country_findings,
    inspect_subject,
    read_subject,
)
from pkicheck.testing import FixedClock
from tests.keykit import AT, seq
from tests.make_subject_vectors import FILES, text_of
from tests.vectorfile import ROOT, load, moment, octets, texts

POLICY = SubjectPolicy()
LISTS = PackagedLists(clock=FixedClock(AT))


@attrs.frozen(kw_only=True)
class Vector:
    """One subject and what it must come to."""

    id: str
    comment: str
    rule: str = attrs.field(validator=attrs.validators.in_(RULES))
    source: str
    kind: Any = attrs.field(validator=attrs.validators.in_(("dv", "iv", "ov", "ev")))
    at: datetime | None = attrs.field(default=None, converter=moment)
    name: bytes = attrs.field(converter=octets)
    codes: tuple[str, ...] = attrs.field(converter=texts)


VECTORS = load("subject", Vector)


def judge(
    subject: Any, kind: Any = "ov", *, at: datetime = AT, policy: SubjectPolicy = POLICY, lists: PackagedLists = LISTS
) -> list[Finding]:
    """All findings about a subject, but for the note which list was asked."""
    inspected = inspect_subject(subject, kind=kind, at=at, policy=policy)
    facts = cast("list[ListFact]", lists.exchange(inspected.questions, within=timedelta(1)))
    found = (*inspected.findings, *country_findings(inspected, facts, at=at, policy=policy))
    return [each for each in found if each.code != "subject.list-used"]


def codes(found: list[Finding]) -> list[str]:
    """Their codes."""
    return [each.code for each in found]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector(vector: Vector) -> None:
    """Each subject has exactly the codes of its vector (R010, R037, K18, K19)."""
    assert codes(judge(vector.name, vector.kind, at=vector.at or AT)) == list(vector.codes)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_approved_values_are_judged_alike(vector: Vector) -> None:
    """Attributes that are not encoded yet come to what encoded ones come to, but for what encoding brings (R101)."""
    attributes, flaws = read_subject(vector.name)
    if flaws or any(each.oid not in TYPES or each.text is None for each in attributes):
        return
    pairs = [(each.oid, str(each.text)) for each in attributes]
    encoded = {"subject.string-type", "subject.rdn-several"}
    wanted = [code for code in vector.codes if code not in encoded]
    assert codes(judge(pairs, vector.kind, at=vector.at or AT)) == wanted


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_script_makes(name: str) -> None:
    """The vectors are those of their script, no more and no fewer."""
    assert (ROOT / "subject" / f"{name}.toml").read_text(encoding="utf-8") == text_of(name)


def test_every_code_has_a_vector() -> None:
    """No code of the area `subject` is without a vector but those of the list and of another policy."""
    walked = {code for vector in VECTORS for code in vector.codes}
    lists = {code for code in CATALOGUE if code.startswith("subject.list-")}
    assert {code for code in CATALOGUE if code.startswith("subject.")} - walked == lists | {
        "subject.country-xx-refused"
    }
    assert len(VECTORS) > 120


@given(st.binary(max_size=200), st.sampled_from(["dv", "iv", "ov", "ev"]))
def test_any_bytes_give_findings(data: bytes, kind: Any) -> None:
    """Reading is total: any bytes give attributes and findings, and bytes that are no Name give a refusal."""
    found = judge(data, kind)
    attributes, flaws = read_subject(data)
    assert all(each.level is Level.REFUSAL for each in flaws)
    assert attributes or flaws or data == b"0\0"
    assert all(each.message.isascii() and each.message.isprintable() for each in found)


@given(st.sampled_from([each for each in VECTORS if each.name]), st.data())
def test_a_changed_octet_never_raises(vector: Vector, data: st.DataObject) -> None:
    """A vector with an octet changed gives findings."""
    octets_ = bytearray(vector.name)
    octets_[data.draw(st.integers(0, len(octets_) - 1))] = data.draw(st.integers(0, 255))
    judge(bytes(octets_), vector.kind)


@given(st.lists(st.tuples(st.sampled_from(sorted(TYPES)), st.text(max_size=20)), max_size=6), st.randoms())
def test_the_order_of_facts_never_matters(pairs: list[tuple[str, str]], rng: Any) -> None:
    """The answers of the list may come in any order, and more than once."""
    inspected = inspect_subject(pairs, kind="ev", at=AT, policy=POLICY)
    facts = cast("list[ListFact]", list(LISTS.exchange(inspected.questions, within=timedelta(1))))
    once = country_findings(inspected, facts, at=AT, policy=POLICY)
    rng.shuffle(facts)
    assert country_findings(inspected, [*facts, *facts], at=AT, policy=POLICY) == once


def test_cryptography_reads_the_same_attributes() -> None:
    """`cryptography` reads the attributes that we read, in the same order, where it reads them at all."""
    key = ec.generate_private_key(ec.SECP256R1())
    info = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    whole, empty = info.public_bytes(Encoding.DER), info.tbs_certrequest_bytes
    at = empty.index(b"\x30\x00")
    agreed = 0
    for vector in VECTORS:
        attributes, flaws = read_subject(vector.name)
        if flaws or any(each.text is None for each in attributes):
            continue
        inner = empty[empty.index(b"\x02\x01\x00") : at] + vector.name + empty[at + 2 :]
        request = seq(seq(inner), whole[whole.index(empty) + len(empty) :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                subject = x509.load_der_x509_csr(request).subject
            except ValueError:
                continue
        assert [(each.oid.dotted_string, each.value) for each in subject] == [
            (each.oid, each.text) for each in attributes
        ]
        agreed += 1
    assert agreed > 80


# -- arguments


def test_wrong_arguments_are_named() -> None:
    """Another kind, a naive moment, an attribute that no table has: the caller's mistakes, named."""
    with pytest.raises(InputError, match="^kind must be one of dv, iv, ov, ev, got 'xv'$"):
        inspect_subject(b"", kind=cast("Any", "xv"), at=AT, policy=POLICY)
    with pytest.raises(InputError, match="^at must have a time zone"):
        inspect_subject(b"", kind="dv", at=datetime(2026, 1, 1), policy=POLICY)
    with pytest.raises(InputError, match="^subject: no attribute is called 'title'$"):
        attributes_of([("title", "Dr")])


def test_attributes_by_their_names() -> None:
    """An attribute is found by its name, short name and object identifier, of any letter case."""
    for text in ("O", "o", "organizationName", "ORGANIZATIONNAME", "2.5.4.10"):
        assert attribute_type(text).oid == "2.5.4.10"
    for row in TYPES.values():
        assert attribute_type(row.short) is attribute_type(row.name) is row
        assert hash(row) == hash(pickle.loads(pickle.dumps(row)))
    assert attributes_of([("C", "ES"), ("O", "x")]) == (
        Attribute("2.5.4.6", "ES", None, 0),
        Attribute("2.5.4.10", "x", None, 1),
    )
    assert Attribute("2.5.4.10", "x").place == "subject.organizationName"
    assert Attribute("2.5.4.12", "x").place == "subject.2.5.4.12"


def test_the_table() -> None:
    """The table of BR 7.1.4.2, cell by cell: order, length, what each type of certificate does."""
    rows = [
        (
            row.short,
            row.order,
            row.most,
            "".join(row.allowed(kind)[0] for kind in ("dv", "iv", "ov", "ev")),
            row.several,
        )
        for row in TYPES.values()
    ]
    assert rows == [
        ("DC", 1, 63, "numn", True),
        ("C", 2, 2, "mmmm", False),
        ("ST", 3, 128, "nmmm", False),
        ("L", 4, 128, "nmmm", False),
        ("postalCode", 5, 40, "nuum", False),
        ("street", 6, 128, "nuum", True),
        ("O", 7, 64, "numm", False),
        ("SN", 8, 64, "nmnn", False),
        ("GN", 9, 64, "nmnn", False),
        ("OU", 10, 64, "nnnn", False),
        ("CN", 11, 64, "uuuu", False),
        ("businessCategory", None, 128, "nuum", False),
        ("jurisdictionL", None, 128, "nuum", False),
        ("jurisdictionST", None, 128, "nuum", False),
        ("jurisdictionC", None, 2, "nuum", False),
        ("serialNumber", None, 64, "nuum", False),
        ("organizationIdentifier", None, 256, "nuum", False),
    ]
    must = {
        kind: [row.short for row in TYPES.values() if row.allowed(cast("Any", kind)) == "must"]
        for kind in ("dv", "iv", "ov", "ev")
    }
    assert must == {
        "dv": [],
        "iv": ["C", "SN", "GN"],
        "ov": ["C", "O"],
        "ev": ["C", "O", "businessCategory", "jurisdictionC", "serialNumber"],
    }


# -- what findings say


def test_findings_say_what_was_seen() -> None:
    """Findings name the attribute, the value, the lengths and the kind of certificate."""
    (long,) = judge([("C", "ES"), ("L", "x" * 129), ("O", "Acme")])
    assert (long.place, long.expected, long.saw) == (
        "subject.localityName",
        "128 characters or fewer",
        ("129 characters",),
    )
    (missing,) = judge([("C", "ES"), ("O", "Acme")])
    assert (missing.place, missing.saw) == ("subject.localityName or subject.stateOrProvinceName", ("ov",))
    (no_o,) = judge([("C", "ES"), ("L", "Bilbao")])
    assert (no_o.place, no_o.saw) == ("subject.organizationName", ("ov",))
    (forbidden,) = judge([("O", "Acme")], "dv")
    assert (forbidden.place, forbidden.saw) == ("subject.organizationName", ("dv",))
    (advised,) = judge([("CN", "example.com")], "dv")
    assert (advised.place, advised.saw) == ("subject.commonName", ("dv",))
    (code,) = judge([("C", "UK")], "dv")
    assert (code.place, code.saw) == ("subject.countryName", ("UK",))
    (form,) = judge([("C", "uk")], "dv")
    assert form.saw == ("uk",)
    (state,) = judge([("C", "ES"), ("ST", "Spain"), ("O", "Acme")])
    assert (state.place, state.saw) == ("subject.stateOrProvinceName", ("Spain",))
    by_id = {each.id: judge(each.name, each.kind) for each in VECTORS if each.at is None}
    assert by_id["type-bmpstring"][0].saw == ("tag 1e",)
    assert by_id["printable-5-42"][0].saw == ("octet 47",)
    assert by_id["rdn-empty"][0].place == "subject, RDN 1"
    assert by_id["rdn-several"][0].saw == ("RDN 1",)
    assert by_id["trailing"][0].saw == ("trailing-bytes at octet 2",)
    assert by_id["too-many"][0].expected == "100 or fewer"
    assert by_id["placeholder-5"][0].saw == ("N/A",)
    assert by_id["ev-category-case"][0].saw == ("private organization",)
    assert by_id["blank-before"][0].saw == (" Acme",)
    assert by_id["control-1"][0].saw == ("Acme\\x1b[31m",)


def test_the_bound_of_a_name() -> None:
    """A Name of more than 64 KiB is not read; a hundred attributes are."""
    assert codes(judge(bytes(65537), "dv")) == ["subject.not-der"]
    (flaw,) = read_subject(bytes(65537))[1]
    assert flaw.saw == ("too-large at octet 65536",)
    hundred = [("C", "ES"), *(("street", "x") for _ in range(99))]
    assert len(attributes_of(hundred)) == 100
    vector = next(each for each in VECTORS if each.id == "too-many")
    assert len(read_subject(vector.name)[0]) == 100


def test_every_placeholder_is_one() -> None:
    """The fixed list of placeholders, word by word, in capitals as well (R037)."""
    words = (
        "default|default city|default company ltd|empty|internet widgits pty ltd|n.a|n.a.|n/a|nil|none|not applicable"
        "|not available|not specified|null|some-state|tbd|undefined|unknown|unspecified|xxx"
    ).split("|")
    for word in words:
        for text in (word, word.upper()):
            assert codes(judge([("C", "ES"), ("L", text), ("O", "Acme")])) == ["subject.value-placeholder"]
        assert codes(judge([("C", "ES"), ("L", f"{word} s"), ("O", "Acme")])) == []


def test_states_that_are_called_like_their_country() -> None:
    """Where a subdivision has the name of its country, or there is none, the state may have it; nowhere else (R037)."""
    names = packaged()[COUNTRIES].names  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    fit = {code for code, name in names.items() if not codes(judge([("C", code), ("ST", name), ("O", "Acme")]))}
    assert fit == set("BZ DJ GI GT HK LU MC MO MX PA SG SM VA".split())
    three = inspect_subject([("ST", "abc")], kind="ov", at=AT, policy=POLICY)
    assert len(three.questions) == 1


# -- the list of countries


def test_xx_by_policy() -> None:
    """XX is a note or a refusal, as the policy says (R010)."""
    assert codes(judge([("C", "XX")], "dv")) == ["subject.country-xx"]
    strict = SubjectPolicy(country_xx="refuse")
    assert codes(judge([("C", "XX")], "dv", policy=strict)) == ["subject.country-xx-refused"]


def test_a_list_without_an_answer_is_a_doubt() -> None:
    """A list of countries that cannot be asked is a doubt, once for the whole subject, and never silence (R010)."""
    inspected = inspect_subject([("C", "ES"), ("ST", "Spain"), ("O", "A")], kind="ov", at=AT, policy=POLICY)
    assert [each.key for each in inspected.questions] == ["code:ES", "name:spain"]
    facts = [
        ListFact(
            request=each, vantage="x", sent=AT, received=AT, failure=Failure.TIMEOUT, version="", as_of=AT, answer=None
        )
        for each in inspected.questions
    ]
    (found,) = country_findings(inspected, facts, at=AT, policy=POLICY)
    assert (found.code, found.place, found.saw) == ("subject.list-unavailable", COUNTRIES, ("TIMEOUT",))
    with pytest.raises(InputError, match="^facts: no answer to iso.3166-1 'name:spain'$"):
        country_findings(inspected, facts[:1], at=AT, policy=POLICY)


def test_the_age_of_the_list() -> None:
    """The list is too old from one instant on, and a list from later than its question is a doubt."""
    day = packaged()[COUNTRIES].as_of
    inspected = inspect_subject([("C", "ES")], kind="dv", at=AT, policy=POLICY)

    def found(at: datetime, received: datetime) -> list[Finding]:
        (question,) = inspected.questions
        fact = ListFact(
            request=question, vantage="x", sent=received, received=received, version="1", as_of=day, answer="Spain"
        )
        return list(country_findings(inspected, [fact], at=at, policy=POLICY))

    last = day + timedelta(days=730)
    step = timedelta(microseconds=1)
    assert codes(found(last, last)) == ["subject.list-used"]
    used, stale = found(last + step, last)
    assert used.saw == ("version 1", "of 2026-02-16T00:00:00.000000Z")
    assert (stale.code, stale.expected, stale.saw) == (
        "subject.list-stale",
        "2026-02-16T00:00:00.000001Z or later",
        ("2026-02-16T00:00:00.000000Z",),
    )
    assert codes(found(day, day)) == ["subject.list-used"]
    _, later = found(day, day - step)
    assert (later.code, later.expected) == ("subject.list-from-later", "2026-02-15T23:59:59.999999Z or earlier")


def test_questions_are_bounded_and_asked_once() -> None:
    """Two equal countries are one question; a state that is too long, or too short for a country, is none."""
    same = [("C", "DE"), ("jurisdictionC", "DE"), ("ST", "x" * 129)]
    inspected = inspect_subject(same, kind="ev", at=AT, policy=POLICY)
    assert inspected.questions == (ListQuestion(list=COUNTRIES, key="code:DE"),)
    for text, asked in (("NA", 0), ("Ohio", 1), ("x" * 128, 1), ("x" * 129, 0)):
        assert len(inspect_subject([("ST", text)], kind="ov", at=AT, policy=POLICY).questions) == asked
    spaced = inspect_subject([("ST", "  New \t SPAIN ")], kind="ov", at=AT, policy=POLICY)
    assert spaced.questions[0].key == "name:new spain"
    assert isinstance(inspected, InspectedSubject)
    assert hash(inspected) == hash(pickle.loads(pickle.dumps(inspected)))


def test_the_packaged_countries() -> None:
    """249 codes; the ones of incidents are in or out as ISO 3166-1 has them (R010)."""
    countries = packaged()[COUNTRIES]
    letters = [chr(65 + at) for at in range(26)]
    assert sum(countries.answer(f"code:{one}{other}") is not None for one in letters for other in letters) == 249
    assert countries.answer("code:GB") == "United Kingdom of Great Britain and Northern Ireland"
    assert countries.answer("name:united kingdom") == "GB"
    assert countries.answer("name:atlantis") is None
    with pytest.raises(InputError, match="is neither code: nor name: of a country"):
        countries.answer("ES")


_ROWS = "Code,Name\n" + "".join(f"{code},Name of {code}\n" for code in "AU BR CN DE ES FR GB GR IN JP US ZA".split())


def test_reading_countries() -> None:
    """A file of countries that is not whole, or has a code that is none, is refused with the line."""
    read = read_countries(_ROWS.encode(), as_of=AT)
    assert (read.answer("code:ES"), read.answer("name:name of es"), read.as_of) == ("Name of ES", "ES", AT)
    for text, message in (
        (_ROWS.replace("ES,", "es,"), "line 6: expected a new code"),
        (_ROWS + "ES,Again\n", "line 14: expected a new code"),
        (_ROWS + "ZW,\n", "line 14: expected a new code"),
        (_ROWS + "ZW,A;;B\n", "line 14: expected a new code"),
        (_ROWS.replace("Code,Name", "Code,Title"), "line 1: expected the columns Code, Name"),
        (_ROWS.replace("GB,Name of GB\n", ""), "is not whole: it has no entry GB"),
    ):
        with pytest.raises(InputError, match=message):
            read_countries(text.encode(), as_of=AT)
    with pytest.raises(InputError, match="does not say its day"):
        read_countries(_ROWS.encode())
