"""Names and addresses: their types and their grammar. One grammar for every entry point (R060, K06).

What is a name here is decided by octets alone. Whether it may be certified is another question, with lists and dates:
`pkicheck.namecheck`.
"""

from __future__ import annotations

from pkicheck.names._addresses import parse_address
from pkicheck.names._grammar import name_defects, parse_domain, parse_name
from pkicheck.names._labels import name_remarks, to_ascii
from pkicheck.names._onion import is_onion, onion_findings
from pkicheck.names._types import CertName, DnsName, DomainName, WildcardName, address_text, name_text

__all__ = [
    "CertName",
    "DnsName",
    "DomainName",
    "WildcardName",
    "address_text",
    "is_onion",
    "name_defects",
    "name_remarks",
    "name_text",
    "onion_findings",
    "parse_address",
    "parse_domain",
    "parse_name",
    "to_ascii",
]
