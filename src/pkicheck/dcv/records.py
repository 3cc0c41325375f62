"""TXT, CNAME and CAA records compared with a value: whole records, a bounded number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pkicheck.caa.records import Malformed, parse_rdata
from pkicheck.dcv.values import same
from pkicheck.dcv.view import View
from pkicheck.dnswire import CAA, CNAME, TXT
from pkicheck.errors import InputError
from pkicheck.issuevalue import IssueValue, parse_issue_value
from pkicheck.lookups import Lookup, Outcome, targets_of
from pkicheck.names import DnsName, DomainName
from pkicheck.plans import Needs

__all__ = ["above", "find_value", "txt_text"]


def above(labels: Iterable[str], name: DnsName) -> DnsName | None:
    """The name with labels put before it; None when that is no name (more than 255 octets)."""
    try:
        return DnsName.from_labels((*(each.encode("ascii") for each in labels), *name.labels))
    except InputError:
        return None


def txt_text(rdata: bytes) -> bytes | None:
    """The character-strings of a TXT record joined (RFC 1035 §3.3.14); None when they do not fill the record."""
    parts: list[bytes] = []
    at = 0
    while at < len(rdata):
        end = at + 1 + rdata[at]
        if end > len(rdata):
            return None
        parts.append(rdata[at + 1 : end])
        at = end
    return b"".join(parts) if parts else None


def find_value(view: View, owner: DnsName | None, adn: DomainName, rdtype: int, expected: str) -> Needs | None:
    """Look for a value in the records of a name, and state what was found.

    Steps:
        1. The lookup; its failure is stated by the view.
        2. No record, which is not the same as a record with something else.
        3. Each record as a whole, up to the bound of the policy: one that is equal is enough.
        4. Without one: a record that cannot be read, more records than were compared, or other values.
    """
    if owner is None:
        view.add("dcv.record-missing", adn.text, expected="a name of at most 255 octets")
        return None
    lookup = view.look_up(owner, rdtype)  # 1
    if isinstance(lookup, Needs):
        return lookup
    if lookup.outcome.failed:
        return None
    if lookup.outcome is not Outcome.DATA:  # 2
        view.add("dcv.record-missing", owner.text, expected=expected, saw=[lookup.outcome.value])
        return None
    most = view.policy.dcv.max_records
    read = [_CONTENTS[rdtype](rdata) for rdata in lookup.rdatas[:most]] if rdtype != CNAME else [_target(lookup)]
    wanted = expected.encode("ascii")
    if rdtype == CNAME:
        wanted = wanted.lower()
    if any([same(content, wanted) for contents in read for content in contents]):  # noqa: C419 - all of them, always
        view.add("dcv.control-shown", owner.text, expected=expected)  # 3
        return None
    saw = [content for contents in read for content in contents[:1]]
    if not all(read):  # 4
        view.add("dcv.record-malformed", owner.text, expected=expected, saw=saw)
    elif len(lookup.rdatas) > most:
        view.add("dcv.records-too-many", owner.text, expected=f"at most {most}", saw=[str(len(lookup.rdatas))])
    else:
        view.add("dcv.record-other", owner.text, expected=expected, saw=saw)
    return None


def _txt(rdata: bytes) -> tuple[bytes, ...]:
    text = txt_text(rdata)
    return () if text is None else (text,)


def _caa(rdata: bytes) -> tuple[bytes, ...]:
    """The value of the property, and of each parameter where it is an issue-value; nothing when it is no CAA record."""
    record = parse_rdata(rdata)
    if isinstance(record, Malformed):
        return ()
    value = parse_issue_value(record.value)
    parameters = value.parameters if isinstance(value, IssueValue) else ()
    return (record.value, *(content for _, content in parameters))


def _target(lookup: Lookup) -> tuple[bytes, ...]:
    """The alias target, and its first label: in lower case, because names have no case; nothing when it is no name."""
    targets = targets_of(lookup.answers[0].observation)
    found: list[bytes] = []
    for target in targets:
        if target is None or not target.labels or len(targets) > 1:
            return ()
        found += [b".".join(target.labels), target.labels[0]]
    return tuple(found)


_CONTENTS: dict[int, Callable[[bytes], tuple[bytes, ...]]] = {TXT: _txt, CAA: _caa}
