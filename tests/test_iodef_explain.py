"""CAA results in words: the explanation for people, and the report that an iodef property asks for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.caa import CaaResult, IodefContact, check_caa, explain_caa, iodef_reports
from pkicheck.codes import code
from pkicheck.errors import InputError
from pkicheck.findings import Verdict
from pkicheck.plans import run
from pkicheck.testing import FixedClock, Zone
from pkicheck.wording import explain
from tests.caa_cases import NOON, CaaVector, plan_of, zone_of
from tests.vectorfile import load

_NAMESPACE = "{urn:ietf:params:xml:ns:iodef-2.0}"
_VECTORS = load("caa", CaaVector)


def _refused(*contacts: str, name: str = "www.shop.example", raw: bytes | None = None) -> CaaResult:
    zone = Zone('shop.example. CAA 0 issue "other.example"', clock=FixedClock(NOON))
    for contact in contacts:
        zone.add_raw("shop.example", "CAA", b"\0\5iodef" + contact.encode("latin-1"))
    if raw is not None:
        zone.add_raw("shop.example", "CAA", raw)
    return check_caa(name, issuers=["ca.example"], resolver=zone)


# --- the explanation


def test_a_refusal_needs_no_expert() -> None:
    """Which name, level, record, alias, resolver, DNSSEC state, and what would make it pass (R134)."""
    zone = Zone(
        'www.shop.example. CNAME host.test.\nshop.example. CAA 0 issue "other.example"\n',
        status="secure",
        clock=FixedClock(NOON),
    )
    zone.add("host.test", "A", "192.0.2.1")
    result = check_caa(
        "www.shop.example", issuers=["ca.example"], resolver=zone, method="dns-01", accounts=["acct:1@x"]
    )
    text = explain_caa(result)
    assert text.startswith("CAA forbids issuance for www.shop.example by ca.example.")
    for part in (
        "policy BASELINE",
        "purpose tls",
        "method dns-01",
        "account acct:1@x",
        "2026-11-21T12:00:00",
        "The records that decide stand at shop.example",
        '0 issue "other.example"',
        "Why it is refused",
        "caa.issuer-not-listed",
        "What would make it pass",
        code("caa.issuer-not-listed").remedy,
        "www.shop.example: no CAA records by the alias to host.test, authenticated; zone:",
        "shop.example: a record set, authenticated",
        "dns.dnssec-secure",
    ):
        assert part in text, part
    assert "relied on until" not in text
    assert explain(result) == text


def test_a_pass_says_until_when() -> None:
    """A PASS states its expiry; nothing has to be done."""
    text = explain_caa(check_caa("a.test", issuers=["x"], resolver=Zone(clock=FixedClock(NOON))))
    assert "CAA permits issuance for a.test" in text
    assert "relied on until 2026-11-21T20:00:00" in text
    assert "What would make it pass" not in text
    assert "the name does not exist" in text


def test_not_knowing_says_what_is_not_known() -> None:
    """A failed lookup is named as one, with its tries."""
    zone = Zone(clock=FixedClock(NOON))
    zone.fail("a.test", "CAA", "servfail")
    text = explain_caa(check_caa("a.test", issuers=["x"], resolver=zone))
    assert "CAA could not be decided: do not issue, ask again" in text
    assert "What is not known" in text
    assert "a.test [cd]: failed (servfail)" in text
    assert "a.test [retry]: failed (servfail)" in text


def test_a_silent_resolver() -> None:
    """A deadline leaves no server to name."""
    text = explain_caa(check_caa("192.0.2.1", issuers=["x"], resolver=Zone(clock=FixedClock(NOON))))
    assert "CAA permits issuance for 192.0.2.1" in text
    assert "What was asked" not in text


@pytest.mark.parametrize("vector", [each for each in _VECTORS if not each.disputed], ids=lambda each: each.id)
def test_every_vector_is_explained(vector: CaaVector) -> None:
    """Every outcome has an explanation in printable ASCII that names it, its records and its remedy (R134)."""
    result = run(plan_of(vector), zone_of(vector), deadline=timedelta(seconds=20))
    text = explain_caa(result)
    assert all(line.isascii() and line.isprintable() for line in text.splitlines())
    assert not text.endswith("\n")
    heads = {Verdict.PASS: "permits", Verdict.FAIL: "forbids", Verdict.INCOMPLETE: "could not be decided"}
    assert heads[result.verdict] in text.splitlines()[0]
    assert all(each.code in text for each in result.findings)
    if result.verdict is not Verdict.PASS:
        assert all(code(each.code).remedy in text for each in result.deciding())


def test_hostile_texts_are_escaped() -> None:
    """Records cannot write control characters or markup into an explanation (R017)."""
    zone = Zone(clock=FixedClock(NOON))
    zone.add_raw("a.test", "CAA", b'\0\5issue\x1b[2J<script>"\r\nCAA permits issuance')
    text = explain_caa(check_caa("a.test", issuers=["x"], resolver=zone))
    assert "\x1b" not in text
    assert "<script>" not in text
    assert not [line for line in text.splitlines() if line.startswith("CAA permits")]


# --- the iodef report


def test_a_mail_report() -> None:
    """A mailto contact gets plain text with name, place, time, issuer and reason (RFC 8659 §4.4)."""
    (report,) = iodef_reports(_refused("mailto:security@shop.example"), reporter="Example CA <pki@ca.example>")
    assert report.contact == IodefContact(url="mailto:security@shop.example", kind="mailto")
    assert report.content_type == "text/plain; charset=us-ascii"
    assert report.subject == "Certificate request refused by CAA: www.shop.example"
    text = report.content.decode("ascii")
    for part in (
        "Example CA <pki@ca.example>",
        "www.shop.example",
        "records at shop.example",
        "2026-11-21T12:00:00",
        "ca.example",
    ):
        assert part in text
    assert "caa.issuer-not-listed" in text
    assert re.search(r"(?<!\r)\n", text) is None
    assert all(len(line) < 998 for line in text.split("\r\n"))


def test_an_https_report() -> None:
    """An https contact gets an IODEF document with what RFC 7970 §3 asks of an incident."""
    (report,) = iodef_reports(_refused("https://iodef.example/report"), reporter="Example & Co <CA>")
    assert (report.contact.kind, report.content_type, report.subject) == ("https", "application/xml", "")
    document = ET.fromstring(report.content)
    assert document.tag == f"{_NAMESPACE}IODEF-Document"
    assert document.get("version") == "2.00"
    (incident,) = document
    assert incident.get("purpose") == "reporting"
    children = [each.tag.removeprefix(_NAMESPACE) for each in incident]
    # The order of the schema; Assessment may be left out, the others are needed or carry what the report says.
    order = ["IncidentID", "GenerationTime", "Description", "Assessment", "Contact", "EventData"]
    assert sorted(set(children), key=order.index) == list(dict.fromkeys(children))
    assert set(children) | {"Assessment"} == set(order)
    identity = incident.find(f"{_NAMESPACE}IncidentID")
    assert identity is not None
    assert identity.get("name") == "Example & Co <CA>"
    assert "www.shop.example" in ET.tostring(document, encoding="unicode")
    # The same refusal has the same incident; another one has another.
    (again,) = iodef_reports(_refused("https://iodef.example/report"), reporter="Example & Co <CA>")
    assert again == report
    (other,) = iodef_reports(
        _refused("https://iodef.example/report", name="shop.example"), reporter="Example & Co <CA>"
    )
    assert other.content != report.content


def test_the_values_of_the_schema() -> None:
    """Every enumerated attribute has one of the values that RFC 7970 §3 gives it."""
    (report,) = iodef_reports(_refused("https://iodef.example/report"), reporter="CA")
    allowed = {
        ("Incident", "purpose"): {"traceback", "mitigation", "reporting", "watch", "other"},
        ("Contact", "role"): {"creator", "reporter", "admin", "tech", "provider", "user", "billing", "legal", "irt"},
        ("Contact", "type"): {"person", "organization"},
        ("System", "category"): {"source", "target", "intermediate", "sensor", "infrastructure"},
        ("DomainData", "system-status"): {"spoofed", "fraudulent", "innocent-hacked", "innocent-hijacked", "unknown"},
        ("DomainData", "domain-status"): {"reservedDelegation", "assignedAndActive", "assignedAndInactive", "unknown"},
        ("BusinessImpact", "severity"): {"none", "low", "medium", "high", "unknown"},
        ("BusinessImpact", "type"): {"breach-proprietary", "loss-of-integrity", "legal", "unknown"},
    }
    seen = {
        (each.tag.removeprefix(_NAMESPACE), name, value)
        for each in ET.fromstring(report.content).iter()
        for name, value in each.attrib.items()
        if (each.tag.removeprefix(_NAMESPACE), name) in allowed
    }
    assert len(seen) >= 4
    assert not [each for each in seen if each[2] not in allowed[each[:2]]]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("mailto:a@b.test", "mailto"),
        ("MAILTO:a@b.test", "mailto"),
        ("https://iodef.test", "https"),
        ("HTTPS://iodef.test:8443/path", "https"),
        ("https://iodef.test/?a=1&b=2", "https"),
        ("https://iodef.test/o'brien", "https"),
        ("http://iodef.test/", "unsupported"),
        ("ftp://iodef.test/", "unsupported"),
        ("mailto:", "unsupported"),
        ("mailto:a", "unsupported"),
        ("mailto:a@b.test,c@d.test", "unsupported"),
        ("mailto:a@b.test?bcc=c@d.test", "unsupported"),
        ("mailto:a@b.test?body=x", "unsupported"),
        ("mailto:a @b.test", "unsupported"),
        ("mailto:a@b.test\r\nBcc: c@d.test", "unsupported"),
        ("mailto:a@b.test\x00", "unsupported"),
        ("mailto:\xe4@b.test", "unsupported"),
        ("https://", "unsupported"),
        ("https:///path", "unsupported"),
        ("https://user@iodef.test/", "unsupported"),
        ("https://[::1", "unsupported"),
        ("https://iodef.test/ x", "unsupported"),
        ("https://iodef.test/" + "x" * 400, "unsupported"),
        ("", "unsupported"),
        ("security@shop.example", "unsupported"),
        ("javascript:alert(1)", "unsupported"),
    ],
)
def test_contacts(url: str, kind: str) -> None:
    """Mailto and https are supported, one address and one host, nothing that could carry more (BR 3.2.2.8)."""
    (report,) = iodef_reports(_refused(url), reporter="CA")
    assert report.contact.kind == kind
    assert report.contact.url.isascii()
    assert report.contact.url.isprintable()
    assert bool(report.content) == (kind != "unsupported")
    assert bool(report.content_type) == (kind != "unsupported")


def test_contacts_are_few_and_different() -> None:
    """At most five reports, each contact once, in any case of the tag (C08)."""
    many = [f"mailto:a{number}@b.test" for number in range(9)]
    assert len(iodef_reports(_refused(*many), reporter="CA")) == 5
    result = _refused("mailto:a@b.test", raw=b"\x80\5IODEFmailto:a@b.test")
    assert [each.contact.url for each in iodef_reports(result, reporter="CA")] == ["mailto:a@b.test"]
    assert iodef_reports(_refused(), reporter="CA") == ()


def test_no_report_without_a_refusal() -> None:
    """No report is owed for a PASS, nor while nothing is known."""
    zone = Zone('a.test. CAA 0 iodef "mailto:a@b.test"')
    with pytest.raises(InputError, match="PASS"):
        iodef_reports(check_caa("a.test", issuers=["x"], resolver=zone), reporter="CA")
    zone.fail("a.test", "CAA", "timeout")
    with pytest.raises(InputError, match="INCOMPLETE"):
        iodef_reports(check_caa("a.test", issuers=["x"], resolver=zone), reporter="CA")


@pytest.mark.parametrize("reporter", ["", "x" * 201, "C\xe4", "CA\r\nBcc: a@b.test", "CA\0", "CA\t"])
def test_reporters(reporter: str) -> None:
    """The reporter is printable ASCII of bounded length: it stands in headers."""
    with pytest.raises(InputError, match="reporter"):
        iodef_reports(_refused("mailto:a@b.test"), reporter=reporter)


def test_a_refusal_without_records() -> None:
    """A refusal for another reason than records has no contact to write to."""

    class Public(Zone):
        @property
        def server(self) -> str:
            return "8.8.8.8"

    result = check_caa("a.test", issuers=["x"], resolver=Public())
    assert result.verdict is Verdict.FAIL
    assert iodef_reports(result, reporter="CA") == ()


@given(
    st.binary(max_size=60), st.text(min_size=1, max_size=20).filter(lambda text: text.isascii() and text.isprintable())
)
def test_hostile_records_stay_in_their_place(value: bytes, reporter: str) -> None:
    """Whatever the records hold: reports are ASCII, mail has no bare line feeds, XML is well-formed."""
    result = _refused("mailto:a@b.test", "https://iodef.test/", raw=b"\0\5issue" + value)
    reports: list[Any] = list(iodef_reports(result, reporter=reporter)) if result.verdict is Verdict.FAIL else []
    for report in reports:
        if report.contact.kind == "https":
            ET.fromstring(report.content)
        else:
            assert report.content.decode("ascii").replace("\r\n", "").isprintable()
            assert report.subject.isprintable()
