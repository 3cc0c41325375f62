"""The report that an iodef property asks for when issuance is refused (RFC 8659 §4.4): content only, nothing is sent.

A `mailto:` contact gets plain text; an `https:` contact gets an IODEF document (RFC 7970) to be posted by RFC 6546.
Other schemes are named and left alone (BR 3.2.2.8 expects these two only).
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

import attrs

from pkicheck.caa.result import CaaResult
from pkicheck.canon import canonical, digest, format_time
from pkicheck.errors import InputError
from pkicheck.findings import Verdict, show

__all__ = ["IodefContact", "IodefReport", "iodef_reports"]

_URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%"
_LONGEST = 300
_NAMESPACE = "urn:ietf:params:xml:ns:iodef-2.0"
# A domain owner names one or two; more would let a record set make us write to strangers in bulk.
_MOST = 5


@attrs.frozen(kw_only=True)
class IodefContact:
    """Where an iodef property wants its report.

    Attributes:
        url: as it stands in the record.
        kind: `mailto`, `https`, or `unsupported` (another scheme, or no URL).
    """

    url: str
    kind: Literal["mailto", "https", "unsupported"]


@attrs.frozen(kw_only=True)
class IodefReport:
    """A report ready to be sent by somebody.

    Attributes:
        contact: to whom.
        content_type: MIME type of `content`; empty when the contact is not supported.
        subject: for mail; empty otherwise.
        content: the text or the XML document.
    """

    contact: IodefContact
    content_type: str
    subject: str
    content: bytes


def iodef_reports(result: CaaResult, *, reporter: str) -> tuple[IodefReport, ...]:
    """A report for each iodef contact of the record set that forbade issuance, at most five.

    Args:
        result: a CAA result that is a FAIL; no report is owed for anything else.
        reporter: who reports: the CA's name or mail address, printable ASCII without control characters.

    Raises:
        InputError: the result is no FAIL, or the reporter cannot be named.
    """
    if result.verdict is not Verdict.FAIL:
        msg = f"an iodef report is for a refused issuance; this result is {result.verdict.name}"
        raise InputError(msg)
    if not reporter or not reporter.isascii() or not reporter.isprintable() or len(reporter) > 200:
        msg = f"reporter must be 1 to 200 printable ASCII characters, got {reporter[:80]!a}"
        raise InputError(msg)
    contacts = [_contact(value) for _, tag, value in result.records if tag.lower() == b"iodef"]
    return tuple(_report(each, result, reporter) for each in dict.fromkeys(contacts[:_MOST]))


def _contact(value: bytes) -> IodefContact:
    if len(value) > _LONGEST or value.translate(None, _URL):
        # Not the characters of a URL (RFC 3986 §2), or no length of one: it would go into a mail header or a request.
        return IodefContact(url=show(value), kind="unsupported")
    text = value.decode("ascii")
    try:
        parts = urlsplit(text)
    except ValueError:
        return IodefContact(url=text, kind="unsupported")
    if parts.scheme == "mailto" and parts.path.count("@") == 1 and not parts.query:
        return IodefContact(url=text, kind="mailto")
    if parts.scheme == "https" and parts.hostname and parts.username is None:
        return IodefContact(url=text, kind="https")
    return IodefContact(url=text, kind="unsupported")


def _report(contact: IodefContact, result: CaaResult, reporter: str) -> IodefReport:
    name = str(result.asked()["name"])
    if contact.kind == "mailto":
        return IodefReport(
            contact=contact,
            content_type="text/plain; charset=us-ascii",
            subject=f"Certificate request refused by CAA: {name}",
            content=_text(name, result, reporter).encode("ascii"),
        )
    if contact.kind == "https":
        return IodefReport(
            contact=contact,
            content_type="application/xml",
            subject="",
            content=_xml(name, result, reporter),
        )
    return IodefReport(contact=contact, content_type="", subject="", content=b"")


def _reasons(result: CaaResult) -> list[str]:
    return [f"{each.code}: {each.message}" for each in result.deciding()]


def _found_at(result: CaaResult) -> str:
    return "" if result.found_at is None else result.found_at.text


def _text(name: str, result: CaaResult, reporter: str) -> str:
    return "\r\n".join(
        [
            f"{reporter} received a request for a certificate for {name}",
            f"and refused it because of the CAA records at {_found_at(result)}.",
            "",
            f"Time: {format_time(result.at)}",
            f"Issuer domain names: {', '.join(result.plan.issuers)}",
            "Reason:",
            *[f"  {each}" for each in _reasons(result)],
            "",
            "You receive this because an iodef property of these records asks for it (RFC 8659 section 4.4).",
            "",
        ]
    )


def _xml(name: str, result: CaaResult, reporter: str) -> bytes:
    """An IODEF document (RFC 7970 §3): one incident of purpose `reporting`, with the reasons as its descriptions."""
    time = format_time(result.at)
    document = Element("IODEF-Document", {"version": "2.00", "xml:lang": "en", "xmlns": _NAMESPACE})
    incident = SubElement(document, "Incident", {"purpose": "reporting"})
    SubElement(incident, "IncidentID", {"name": reporter}).text = digest(canonical([name, time]))[:32]
    SubElement(incident, "GenerationTime").text = time
    refused = f"Certificate request for {name} refused by the CAA records at {_found_at(result)}"
    for text in (refused, *_reasons(result)):
        SubElement(incident, "Description").text = text
    contact = SubElement(incident, "Contact", {"role": "creator", "type": "organization"})
    SubElement(contact, "ContactName").text = reporter
    event = SubElement(incident, "EventData")
    SubElement(event, "DetectTime").text = time
    node = SubElement(SubElement(SubElement(event, "Flow"), "System", {"category": "target"}), "Node")
    domain = SubElement(node, "DomainData", {"system-status": "unknown", "domain-status": "unknown"})
    SubElement(domain, "Name").text = name
    written: bytes = tostring(document, encoding="us-ascii", xml_declaration=True)
    return written
