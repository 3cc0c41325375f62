"""The attributes of a subject: which, in which order, encoded how, and whether they say anything (BR 7.1.4.2).

    inspected = inspect_subject(name, kind="ov", at=at, policy=policy.subject)     # pure
    facts = ...                                                                    # answers to inspected.questions
    findings = inspected.findings + country_findings(inspected, facts, at=at, policy=policy.subject)

Values come from validated data, never from a request (K01); that they are true is not asked here. What is asked is
whether they can be true: a placeholder, a country that does not exist, a state that is its own country (R010, R037).
"""

from __future__ import annotations

from pkicheck.subject.attributes import (
    TYPES,
    Attribute,
    AttributeType,
    CertificateKind,
    attribute_type,
    attributes_of,
    read_subject,
)
from pkicheck.subject.judge import COUNTRIES, InspectedSubject, country_findings, inspect_subject

__all__ = [
    "COUNTRIES",
    "TYPES",
    "Attribute",
    "AttributeType",
    "CertificateKind",
    "InspectedSubject",
    "attribute_type",
    "attributes_of",
    "country_findings",
    "inspect_subject",
    "read_subject",
]
