"""HTTP responses as octets, through the reader and through a whole http-01 and website decision.

Any octets give a response or a defect, and a result; a PASS only where the body is the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final

from pkicheck import Network
from pkicheck.dcv import AcmeHttp01, DcvResult
from pkicheck.dcv.plan import DcvPlan
from pkicheck.dcv.values import key_authorization
from pkicheck.findings import Verdict
from pkicheck.httpwire import HttpDefect, read_response
from pkicheck.names import parse_domain
from pkicheck.plans import Needs, run
from pkicheck.ports import HttpObservation, Observation, Seen
from pkicheck.testing import FixedClock, Web, Zone, example_lists

__all__ = ["seeds", "target"]

_AT: Final = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_TOKEN: Final = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
_THUMB: Final = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
_KEY: Final = key_authorization(_TOKEN, _THUMB).encode()


_LONG: Final = timedelta(days=1)


def _made() -> tuple[DcvPlan, tuple[Observation, ...], HttpObservation]:
    clock = FixedClock(_AT)
    challenge = AcmeHttp01(
        name=parse_domain("shop.example"),
        order="o",
        account="a",
        created_at=_AT,
        token=_TOKEN,
        account_thumbprint=_THUMB,
    )
    web = Web(clock=clock)
    web.page(f"http://shop.example/.well-known/acme-challenge/{_TOKEN}", _KEY)
    zone = Zone("shop.example. A 192.0.2.1", clock=clock)
    seen: list[Observation] = []
    plan = challenge.plan()
    run(plan, Network(dns=zone, http=web, lists=example_lists(clock=clock)), deadline=_LONG, record=seen.append)
    http = next(each for each in seen if isinstance(each, HttpObservation))
    return plan, tuple(each for each in seen if each is not http), http


_PLAN, _REST, _HTTP = _made()


def seeds() -> Iterator[bytes]:
    """Good responses of each framing, redirects, and broken ones."""
    head = b"HTTP/1.1 200 OK\r\n"
    yield head + b"Content-Length: %d\r\n\r\n" % len(_KEY) + _KEY
    yield head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(_KEY) + _KEY + b"\r\n0\r\n\r\n"
    yield head + b"\r\n" + _KEY
    yield b"HTTP/1.1 100 Continue\r\n\r\n" + head + b"\r\n" + _KEY
    for location in (b"/x", b"//www.shop.example:443/../x?y", b"https://[2001:db8::1]/", b"http://u@h:8080/#f"):
        yield b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    yield b"HTTP/1.0 404 Not Found\r\nX: y\r\n\r\n"


def target(data: bytes) -> None:
    """One response."""
    response = read_response(data)
    if isinstance(response, HttpDefect):
        assert response.why
        # The whole decision, much slower than the reader, on every response and on some of what is none.
        if len(data) % 16:
            return
    observation = HttpObservation(
        request=_HTTP.request, vantage="zone", sent=_AT, received=_AT, peer="192.0.2.1", tls=False, raw=data
    )
    result = _PLAN.step(Seen((*_REST, observation)))
    if isinstance(result, Needs):
        return
    assert isinstance(result, DcvResult)
    shown = not isinstance(response, HttpDefect) and response.body.rstrip(b" \t\r\n") == _KEY
    assert shown or result.verdict is not Verdict.PASS
