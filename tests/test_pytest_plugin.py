"""The pytest plugin, as the test suite of a program that embeds pkicheck uses it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

_MY_CA = '''
"""A program that embeds pkicheck."""
import pkicheck

def may_issue(name, *, resolver):
    result = pkicheck.check_caa(name, issuers={"ca.example"}, resolver=resolver)
    return result.verdict is pkicheck.Verdict.PASS
'''


def _run(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    pytester.makepyfile(my_ca=_MY_CA, test_my_ca=test)
    # Installed, pytest finds the plugin by itself; in a plain checkout it has to be named.
    installed = any(each.value == "pkicheck.pytest_plugin" for each in entry_points(group="pytest11"))
    return pytester.runpytest_subprocess(
        "-W", "error", "-p", "no:cacheprovider", *([] if installed else ["-p", "pkicheck.pytest_plugin"])
    )


def test_the_example_of_the_architecture(pytester: pytest.Pytester) -> None:
    """Other people's unit tests: a zone that names another issuer makes their CA refuse, one naming theirs does not."""
    result = _run(
        pytester,
        """
        import my_ca

        def test_refuses_other_issuer(pkicheck_zone):
            pkicheck_zone.add("example.com", "CAA", '0 issue "other.example"')
            assert my_ca.may_issue("www.example.com", resolver=pkicheck_zone) is False

        def test_issues_when_named(pkicheck_zone):
            pkicheck_zone.add("example.com", "CAA", '0 issue "ca.example"')
            assert my_ca.may_issue("www.example.com", resolver=pkicheck_zone) is True

        def test_refuses_when_nobody_answers(pkicheck_zone):
            pkicheck_zone.fail("www.example.com", "CAA", "servfail")
            assert my_ca.may_issue("www.example.com", resolver=pkicheck_zone) is False
        """,
    )
    result.assert_outcomes(passed=3)


def test_the_clock_stands_still(pytester: pytest.Pytester) -> None:
    """The clock stands at one moment for the whole run, moves when told to, and only for the test that told it."""
    result = _run(
        pytester,
        """
        import datetime, pkicheck, pytest

        seen = []

        @pytest.mark.parametrize("turn", [1, 2])
        def test_clock(pkicheck_zone, pkicheck_clock, turn):
            seen.append(pkicheck_clock())
            assert pkicheck_zone.now() == pkicheck_clock()
            pkicheck_clock.advance(datetime.timedelta(hours=9))
            assert pkicheck_zone.now() - seen[0] == datetime.timedelta(hours=9)
            assert len(set(seen)) == 1
            assert seen[0].utcoffset() == datetime.timedelta(0)

        def test_expiry_is_exact(pkicheck_zone, pkicheck_clock):
            result = pkicheck.check_caa("a.example", issuers={"ca.example"}, resolver=pkicheck_zone)
            assert result.at == pkicheck_clock()
            assert result.expires_at == pkicheck_clock() + datetime.timedelta(hours=8)
            assert not result.covers("a.example", issued_at=result.expires_at)
            pkicheck_clock.advance(datetime.timedelta(hours=8, microseconds=1))
            assert result.covers("a.example", issued_at=pkicheck_clock())
        """,
    )
    result.assert_outcomes(passed=3)


def test_every_test_has_a_zone_of_its_own(pytester: pytest.Pytester) -> None:
    """What one test adds to its zone is not there in the next."""
    result = _run(
        pytester,
        """
        import my_ca, pytest

        @pytest.mark.parametrize("turn", [1, 2])
        def test_empty(pkicheck_zone, turn):
            assert my_ca.may_issue("www.example.com", resolver=pkicheck_zone) is True
            pkicheck_zone.add("example.com", "CAA", '0 issue ";"')
            assert len(pkicheck_zone.asked) > 0
        """,
    )
    result.assert_outcomes(passed=2)


def test_loading_the_plugin_costs_nothing() -> None:
    """Every pytest run on the machine loads the plugin: it imports nothing of pkicheck and none of its dependencies."""
    program = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport pkicheck.pytest_plugin\n"
        "new = set(sys.modules) - before - {'pkicheck', 'pkicheck._version', 'pkicheck.pytest_plugin'}\n"
        "sys.exit(repr(sorted(new)) if any(name.split('.')[0] != 'importlib' for name in new) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_fixtures_are_listed(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` explains both fixtures."""
    installed = any(each.value == "pkicheck.pytest_plugin" for each in entry_points(group="pytest11"))
    result = pytester.runpytest_subprocess("--fixtures", *([] if installed else ["-p", "pkicheck.pytest_plugin"]))
    result.stdout.fnmatch_lines(["pkicheck_clock*", "*stands still*", "pkicheck_zone*", "*pkicheck.testing.Zone*"])
