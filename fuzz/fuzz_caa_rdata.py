"""CAA record sets: any RDATA comes to findings, in any order to the same, and a forbidding record never permits."""

from __future__ import annotations

from collections.abc import Iterator

from pkicheck.caa.decide import Applicant, decide_set
from pkicheck.canon import parse_time
from pkicheck.findings import Verdict, verdict_of
from pkicheck.policy import CaaPolicy

__all__ = ["seeds", "target"]

_AT = parse_time("2027-06-01T12:00:00Z")
_POLICIES = (CaaPolicy(), CaaPolicy(rfc8657="binding", critical_bits=129, malformed_tag="tolerate"))
_ACCOUNTS = frozenset({b"https://ca.example/acct/1"})
_APPLICANTS = tuple(
    Applicant(
        issuers=frozenset({b"ca.example", b"xn--bcher-kva.example"}),
        accounts=_ACCOUNTS,
        labels=labels,
        tag=tag,
        wildcard=wildcard,
    )
    for tag, wildcard in ((b"issue", False), (b"issue", True), (b"issuemail", False), (b"issuevmc", False))
    for labels in (None, frozenset({b"dns-01", b"ca-tbr-7"}))
)
_FORBID = (
    b"\x80\x03tbsx",
    b"\x00\x05issue;",
    b"\x00\x09issuewild;",
    b"\x00\x09issuemail;",
    b"\x00\x08issuevmc;",
    b"\x00\x00",
)


def target(data: bytes) -> None:
    """The first octet chooses the question; the rest is cut into RDATA by length octets."""
    if not data:
        return
    applicant = _APPLICANTS[data[0] % len(_APPLICANTS)]
    policy = _POLICIES[data[0] >> 7]
    rdatas: list[bytes] = []
    at = 1
    while at < len(data) and len(rdatas) < 20:
        rdatas.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    if not rdatas:
        return
    findings = decide_set(rdatas, applicant, place="a.example", at=_AT, policy=policy)
    verdict = verdict_of(findings)
    again = decide_set([*reversed(rdatas), rdatas[0]], applicant, place="a.example", at=_AT, policy=policy)
    assert again == findings
    if verdict is not Verdict.PASS:
        record = _FORBID[data[0] % len(_FORBID)]
        more = decide_set([*rdatas, record], applicant, place="a.example", at=_AT, policy=policy)
        assert verdict_of(more) is not Verdict.PASS


def _set(which: int, *rdatas: bytes) -> bytes:
    return bytes((which,)) + b"".join(bytes((len(each),)) + each for each in rdatas)


def _record(flags: int, tag: bytes, value: bytes) -> bytes:
    return bytes((flags, len(tag))) + tag + value


def seeds() -> Iterator[bytes]:
    """Sets that reach each step of the decision."""
    good = _record(0, b"issue", b"ca.example")
    yield _set(0, good)
    yield _set(0, _record(0, b"ISSUE", b"other.example"), good)
    yield _set(2, good, _record(0, b"issuewild", b";"))
    yield _set(1, _record(0, b"issue", b"ca.example; accounturi=https://ca.example/acct/1; validationmethods=dns-01"))
    yield _set(1, _record(0, b"issue", b"ca.example; accounturi=https://x/; accounturi=https://x/"))
    yield _set(4, _record(0, b"issuemail", b"ca.example"))
    yield _set(6, _record(0, b"issuevmc", b"ca.example; policy=x"))
    yield _set(128, good, _record(1, b"future", b"x"), _record(128, b"b\xff", b""))
    yield _set(0, b"", b"\0", b"\0\0", b"\0\5iss", good)
    yield _set(0, _record(128, b"iodef", b"mailto:a@b.example"))
