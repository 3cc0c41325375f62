"""The quick reader of empty answers says what the whole reader says, or nothing."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkicheck.lookups
from pkicheck.dnswire import CAA, NSEC, SOA, build_response, read_absence
from pkicheck.lookups import Answer, Outcome, read_answer
from pkicheck.names import DnsName
from pkicheck.ports import DnsObservation, DnsQuery
from pkicheck.testing import Zone

NAME = DnsName.from_text("www.shop.example")
QUERY = DnsQuery(name=NAME, rdtype=CAA)
_AT = datetime.fromtimestamp(0, tz=timezone.utc)
_SOA = (b"\7example\0", SOA, 300, bytes(22))
_NSEC = (b"\4next\4shop\7example\0", NSEC, 300, b"\0\0\1\x40")


def _observe(raw: bytes) -> DnsObservation:
    return Zone("shop.example. A 192.0.2.1").observe(QUERY, raw)


def _whole(observation: DnsObservation, monkeypatch: pytest.MonkeyPatch) -> Answer:
    with monkeypatch.context() as patch:
        patch.setattr(pkicheck.lookups, "read_absence", lambda *_: None)
        return read_answer(observation)


GOOD = build_response(NAME.wire, CAA, authority=(_NSEC, _SOA), flags=0x81A0)


def _compressed() -> bytes:
    """The same with its owners as pointers into the question, as real servers write them."""
    return GOOD.replace(b"\4next\4shop\7example\0", b"\4next\xc0\x10").replace(b"\7example\0\0\6", b"\xc0\x15\0\6")


MESSAGES = {
    "good": GOOD,
    "compressed": _compressed(),
    "nxdomain": build_response(NAME.wire, CAA, rcode=3, authority=(_SOA,)),
    "root": build_response(NAME.wire, CAA, authority=((b"\0", SOA, 300, bytes(22)),)),
    "mixed": GOOD.replace(b"www", b"WwW"),
    "no-soa": build_response(NAME.wire, CAA, authority=(_NSEC,)),
    "soa-elsewhere": build_response(NAME.wire, CAA, authority=((b"\5other\0", SOA, 300, bytes(22)),)),
    "soa-below": build_response(NAME.wire, CAA, authority=((b"\1a" + NAME.wire, SOA, 300, bytes(22)),)),
    "no-ra": build_response(NAME.wire, CAA, authority=(_SOA,), flags=0x8100),
    "truncated": build_response(NAME.wire, CAA, authority=(_SOA,), flags=0x8380),
    "servfail": build_response(NAME.wire, CAA, rcode=2, authority=(_SOA,)),
    "badvers": build_response(NAME.wire, CAA, rcode=16, authority=(_SOA,)),
    "stale": build_response(NAME.wire, CAA, authority=(_SOA,), ede={3: b""}),
    "answer": build_response(NAME.wire, CAA, answer=((NAME.wire, CAA, 1, b"\0\5issue;"),), authority=(_SOA,)),
    "other-question": build_response(b"\5other\0", CAA, authority=(_SOA,)),
    "other-type": build_response(NAME.wire, 1, authority=(_SOA,)),
    "rest": GOOD + b"\0",
    "cut": GOOD[:-1],
    "header": GOOD[:12],
    "two-opt": GOOD[:10] + b"\0\2" + GOOD[12:] + GOOD[-11:],
    "opt-in-authority": GOOD[:8] + b"\0\3\0\0" + GOOD[12:],
    "forward-pointer": GOOD.replace(b"\7example\0\0\6", b"\xc0\xff\0\6"),
    "too-long": GOOD + bytes(65536),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_both_readers_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of message reads the same whether the quick reader is there or not."""
    observation = DnsObservation(
        request=QUERY, vantage="x", sent=_AT, received=_AT, server="127.0.0.1", port=53,
        transport="udp", attempts=1, raw=MESSAGES[name],
    )  # fmt: skip
    assert read_answer(observation) == _whole(observation, monkeypatch)


def test_which_messages_are_read_quickly() -> None:
    """The plain empty answers of real servers, and no other."""
    quick = {name for name, raw in MESSAGES.items() if read_absence(raw, NAME.wire, CAA) is not None}
    assert quick == {"good", "compressed", "nxdomain", "root", "mixed"}
    assert read_absence(MESSAGES["good"], NAME.wire, CAA) == (0, True)
    assert read_absence(MESSAGES["nxdomain"], NAME.wire, CAA) == (3, False)


def test_a_pointer_into_a_label_proves_nothing() -> None:
    """A SOA owner that begins inside a label of the question is no name above it, though its octets stand there."""
    name = DnsName.from_labels([b"a", b"\3xyz", b"tld"])
    inside = build_response(name.wire, CAA, authority=(_SOA,)).replace(b"\7example\0\0\6", b"\xc0\x0f\0\6")
    query = DnsQuery(name=name, rdtype=CAA)
    assert read_absence(inside, name.wire, CAA) is None
    assert read_answer(Zone("x. A 192.0.2.1").observe(query, inside)).outcome is Outcome.LAME


@given(st.data())
def test_the_quick_reader_never_says_more(data: st.DataObject) -> None:
    """Of any message near a good one: what the quick reader takes, the whole reader reads the same way (total)."""
    raw = bytearray(data.draw(st.sampled_from(sorted(MESSAGES.values())[:-1])))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, max(0, min(len(raw), 200) - 1)))
        if raw:
            raw[place] = data.draw(st.integers(0, 255))
    observation = _observe(bytes(raw))
    with pytest.MonkeyPatch.context() as patch:
        assert read_answer(observation) == _whole(observation, patch)
