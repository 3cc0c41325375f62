"""A set of CAA records: any octets as RDATA are decided, and what forbids keeps forbidding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Final

from pkicheck.caa.decide import Applicant, decide_set
from pkicheck.caa.records import Malformed, parse_rdata
from pkicheck.findings import Verdict, verdict_of
from pkicheck.policy import CaaPolicy

__all__ = ["seeds", "target"]

_AT: Final = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_ISSUERS: Final = frozenset({b"ca.example"})
_ACCOUNTS: Final = (frozenset[bytes](), frozenset({b"https://ca.example/1"}))
_LABELS: Final = (None, frozenset({b"dns-01", b"ca-tbr-7"}))
_TAGS: Final = (b"issue", b"issuemail", b"issuevmc")
_POLICIES: Final = (CaaPolicy(), CaaPolicy(rfc8657="binding", critical_bits=129, malformed_tag="tolerate"))


def _split(data: bytes) -> list[bytes]:
    """Records, each behind an octet with its length."""
    records: list[bytes] = []
    while data and len(records) < 5:
        records.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    return records


def _decide(rdatas: list[bytes], choice: int) -> Verdict:
    applicant = Applicant(
        issuers=_ISSUERS,
        accounts=_ACCOUNTS[choice & 1],
        labels=_LABELS[choice >> 1 & 1],
        tag=_TAGS[(choice >> 3) % 3],
        wildcard=bool(choice & 4) and (choice >> 3) % 3 == 0,
    )
    return verdict_of(decide_set(rdatas, applicant, place="a.test", at=_AT, policy=_POLICIES[choice >> 5 & 1]))


def target(data: bytes) -> None:
    """Decide the set; turn it round; add what forbids."""
    if not data:
        return
    choice, rdatas = data[0], _split(data[1:])
    for rdata in rdatas:
        record = parse_rdata(rdata)
        if not isinstance(record, Malformed):
            assert bytes((record.flags, len(record.tag))) + record.tag + record.value == rdata
    if not rdatas:
        return
    verdict = _decide(rdatas, choice)
    assert verdict in {Verdict.PASS, Verdict.FAIL}
    # One law an input: the speed matters, and the fuzzer comes back with another choice.
    law = choice >> 6
    if law == 0:
        assert _decide([*rdatas[::-1], rdatas[0]], choice) is verdict
    elif law == 1:
        assert _decide([*rdatas, b"\x80\6futurex"], choice) is Verdict.FAIL
    elif law == 2:
        assert _decide([*rdatas, b"\0"], choice) is Verdict.FAIL
    elif verdict is Verdict.FAIL:
        assert _decide([*rdatas, b"\0\5issue;"], choice) is Verdict.FAIL


def seeds() -> Iterator[bytes]:
    """Sets that reach each property, parameter and defect, under several choices."""
    values = (
        b"ca.example",
        b"other.example; a=1",
        b";",
        b"",
        b"%%%",
        b"ca.example; accounturi=https://ca.example/1; validationmethods=dns-01,http-01",
        b"ca.example; accounturi=https://ca.example/2",
        b"ca.example; accounturi=x; accounturi=y",
        b"ca.example; validationmethods=,; validationmethods=",
    )
    for choice, tag in enumerate((b"issue", b"issuewild", b"issuemail", b"issuevmc", b"ISSUE", b"iodef", b"fu-ture", b"x9")):
        for flags in (0, 1, 128):
            records = [bytes((flags, len(tag))) + tag + value for value in values]
            yield bytes((choice * 9,)) + b"".join(bytes((len(each),)) + each for each in records)
            yield bytes((choice * 37 & 255,)) + bytes((len(records[0]),)) + records[0]
    yield b"\0\0\1\0\2\0\0\3\0\5i"
