"""A pytest plugin for programs that embed pkicheck: zone data with scripted failures and a clock, as fixtures.

Installed with the package; nothing of pkicheck is imported before a test asks for a fixture.

    def test_refuses_other_issuer(pkicheck_zone):
        pkicheck_zone.add("example.com", "CAA", '0 issue "other.example"')
        assert my_ca.may_issue("www.example.com", resolver=pkicheck_zone) is False
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pkicheck.testing import FixedClock, Zone

__all__ = ["pkicheck_clock", "pkicheck_zone"]


@pytest.fixture(scope="session")
def _pkicheck_start() -> datetime:
    # One moment for the whole run: tests that compare times do not depend on how long the run takes.
    return datetime.now(timezone.utc)


@pytest.fixture
def pkicheck_clock(_pkicheck_start: datetime) -> FixedClock:
    """A clock that stands still at the moment when the test run began; `advance(timedelta)` moves it for this test."""
    from pkicheck.testing import FixedClock  # noqa: PLC0415 - a test run that does not use pkicheck does not pay for it

    return FixedClock(_pkicheck_start)


@pytest.fixture
def pkicheck_zone(pkicheck_clock: FixedClock) -> Zone:
    """An empty `pkicheck.testing.Zone` on `pkicheck_clock`: fill it with `add`, break it with `fail`, ask through it.

    It is a transport: give it as `resolver=`. What it does not hold does not exist; its data counts as unsigned.
    """
    from pkicheck.testing import Zone  # noqa: PLC0415 - see above

    return Zone(clock=pkicheck_clock)
