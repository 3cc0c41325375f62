"""A transport composed of others: each question goes to the part that answers its kind, and comes back in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

import pytest

from pkicheck.errors import InputError, TransportError
from pkicheck.names import DnsName
from pkicheck.network import AsyncNetwork, Network
from pkicheck.plans import unanswered
from pkicheck.ports import DnsQuery, Failure, HttpGet, ListQuestion, Observation, Request, TlsProbe
from pkicheck.testing import FixedClock

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)
DNS = DnsQuery(name=DnsName(b"\x01a\x07example\0"), rdtype=257)
OTHER_DNS = DnsQuery(name=DnsName(b"\x01b\x07example\0"), rdtype=257)
HTTP = HttpGet(url="http://a.example/x", address=ip_address("192.0.2.1"), port=80)
TLS = TlsProbe(address=ip_address("2001:db8::1"), port=443, sni="a.example", alpn=("acme-tls/1",))
LIST = ListQuestion(list="iana.root-zone", key="example")


class Part:
    """A transport that notes what it is asked, and how much time it is given; each exchange takes `takes`."""

    def __init__(self, vantage: str, clock: FixedClock, *, takes: timedelta = timedelta(0), loses: int = 0) -> None:
        self.vantage = vantage
        self.clock = clock
        self.takes = takes
        self.loses = loses
        self.asked: list[tuple[Request, ...]] = []
        self.within: list[timedelta] = []

    def now(self) -> datetime:
        """The clock."""
        return self.clock()

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        """A timeout for each but the last `loses`."""
        self.asked.append(tuple(batch))
        self.within.append(within)
        self.clock.advance(self.takes)
        kept = batch[: len(batch) - self.loses]
        return [unanswered(each, Failure.TIMEOUT, at=NOON, vantage=self.vantage) for each in kept]


class AsyncPart(Part):
    """The same for asynchronous programs."""

    async def exchange(  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
        self, batch: Sequence[Request], /, *, within: timedelta
    ) -> Sequence[Observation]:
        """A timeout for each but the last `loses`."""
        await asyncio.sleep(0)
        return Part.exchange(self, batch, within=within)


Ask = Callable[..., tuple[Sequence[Observation], dict[str, Part]]]


def _blocking(batch: Sequence[Request], within: timedelta, **parts: dict[str, object]) -> object:
    clock = FixedClock(NOON)
    made = {kind: Part(kind, clock, **given) for kind, given in parts.items()}  # type: ignore[arg-type]
    return Network(**made).exchange(batch, within=within), made


def _async(batch: Sequence[Request], within: timedelta, **parts: dict[str, object]) -> object:
    clock = FixedClock(NOON)
    made = {kind: AsyncPart(kind, clock, **given) for kind, given in parts.items()}  # type: ignore[arg-type]
    return asyncio.run(AsyncNetwork(**made).exchange(batch, within=within)), made


@pytest.fixture(params=[_blocking, _async], ids=["blocking", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Both kinds of network: they answer alike."""
    made: Ask = request.param
    return made


def test_each_kind_goes_to_its_part(ask: Ask) -> None:
    """Four kinds in one batch: one exchange of each part with its own questions, and the order of the batch is kept."""
    batch = (LIST, DNS, TLS, HTTP, OTHER_DNS)
    observations, parts = ask(batch, SECOND, dns={}, http={}, tls={}, lists={})
    assert [each.request for each in observations] == list(batch)  # type: ignore[attr-defined]
    assert [each.vantage for each in observations] == ["lists", "dns", "tls", "http", "dns"]
    assert {kind: part.asked for kind, part in parts.items()} == {
        "dns": [(DNS, OTHER_DNS)],
        "http": [(HTTP,)],
        "tls": [(TLS,)],
        "lists": [(LIST,)],
    }


def test_a_part_that_is_not_needed_is_not_asked(ask: Ask) -> None:
    """Only the parts whose kind is in the batch are asked."""
    _, parts = ask((DNS,), SECOND, dns={}, lists={})
    assert parts["lists"].asked == []


def test_the_time_is_shared(ask: Ask) -> None:
    """The parts are asked one after the other within one time; a part that is left none is asked with next to none.

    Nothing or less than nothing would be a wrong argument of the part: it answers that it timed out.
    """
    _, parts = ask((DNS, HTTP, LIST), SECOND, dns={"takes": 0.4 * SECOND}, http={"takes": SECOND}, lists={})
    assert parts["dns"].within == [SECOND]
    assert parts["http"].within == [0.6 * SECOND]
    assert parts["lists"].within == [timedelta(microseconds=1)]


def test_a_clock_that_is_set_back_gives_no_more_time(ask: Ask) -> None:
    """The time of the whole exchange is a bound, whatever the wall clock does."""
    _, parts = ask((DNS, HTTP), SECOND, dns={"takes": -5 * SECOND}, http={})
    assert parts["http"].within == [SECOND]


@pytest.mark.parametrize(("question", "kind"), [(DNS, "dns"), (HTTP, "http"), (TLS, "tls"), (LIST, "lists")])
def test_a_kind_that_nobody_answers(ask: Ask, question: Request, kind: str) -> None:
    """Our own side is broken then: it raises, names the kind, and asks nothing; it is never an empty answer."""
    parts: dict[str, dict[str, object]] = {each: {} for each in ("dns", "http", "tls", "lists") if each != kind}
    with pytest.raises(TransportError, match=rf"no part for {kind}: {type(question).__name__} cannot be answered"):
        ask((DNS, question), SECOND, **parts)


def test_a_part_that_loses_an_answer(ask: Ask) -> None:
    """One observation per question is the contract of a part; fewer must not shift answers to other questions."""
    with pytest.raises(TransportError, match="gave 1 observations for 2 requests"):
        ask((DNS, OTHER_DNS, LIST), SECOND, dns={"loses": 1}, lists={})


def test_the_clock_is_that_of_the_first_part() -> None:
    """One network, one clock: observations of its parts are compared with it."""
    early, late = FixedClock(NOON), FixedClock(NOON + SECOND)
    assert Network(http=Part("http", late), lists=Part("lists", early)).now() == NOON + SECOND
    assert AsyncNetwork(lists=AsyncPart("lists", early)).now() == NOON


@pytest.mark.parametrize("kind", [Network, AsyncNetwork])
def test_a_network_of_nothing(kind: type[Network | AsyncNetwork]) -> None:
    """A network that can answer nothing is a wrong argument."""
    with pytest.raises(InputError, match="at least one of dns, http, tls, lists"):
        kind()


def test_an_empty_batch_asks_nobody(ask: Ask) -> None:
    """Nothing asked, nothing answered."""
    observations, parts = ask((), SECOND, dns={})
    assert list(observations) == []
    assert parts["dns"].asked == []
