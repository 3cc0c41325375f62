"""Results of every shape, on zone data and a clock that stands still: what tests of results and evidence share."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache

import attrs

import pkicheck
from pkicheck.csr import check_certificate, inspect_certificate
from pkicheck.keys import check_key
from pkicheck.lists import PackagedLists
from pkicheck.namecheck import check_name
from pkicheck.pairs import check_pair
from pkicheck.policy import BASELINE, PRIVATE, CaaPolicy, Policy
from pkicheck.results import Result
from pkicheck.testing import FixedClock, Zone
from tests import csrkit, derkit, gatekit, keykit, reckit
from tests.make_certificate_vectors import GOOD

AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
"""The moment at which everything here happens."""

ISSUERS = ("ca.example", "ca.test")
ACCOUNT = "https://ca.example/acct/7"
CANARY = "0123456789abcdef0123"
FAILING = attrs.evolve(BASELINE, name="failing", caa=CaaPolicy(failure_permits=True, canary_zone="canary.example.net"))
"""A policy under which a failure may count as permission."""

_ROOT = """
. 300 SOA a.root.example. b.root.example. 1 2 3 4 5
com. 300 SOA a.com. b.com. 1 2 3 4 5
forbidden.com. 300 CAA 0 issue ";"
other.com. 300 CAA 0 issue "other.example"
account.com. 300 CAA 0 issue "ca.example; accounturi=https://ca.example/acct/7"
method.com. 300 CAA 0 issue "ca.example; validationmethods=dns-01"
critical.com. 300 CAA 128 unheard "of"
good.com. 43200 CAA 0 issue "ca.example"
good.com. 43200 CAA 0 iodef "mailto:pki@good.com"
wild.com. 300 CAA 0 issuewild "ca.test"
alias.com. 300 CNAME good.com.
dangling.com. 300 CNAME gone.com.
loop.com. 300 CNAME loop2.com.
loop2.com. 300 CNAME loop.com.
mail.com. 300 CAA 0 issuemail "ca.example"
"""
_PARENT = """
. 300 SOA a.root.example. b.root.example. 1 2 3 4 5
*. 300 TXT "every name of the parent exists"
canary.example.net. 300 SOA a.example. b.example. 1 2 3 4 5
*.canary.example.net. 0 A 192.0.2.1
"""
_UNSIGNED = """
unsigned.com. 300 SOA a.unsigned.com. b.unsigned.com. 1 2 3 4 5
unsigned.com. 300 CAA 0 issue "ca.example"
"""


def zone(at: datetime = AT) -> Zone:
    """The zone data, with failures: `servfail.com`, `timeout.com`, `bogus.com` and so on."""
    made = Zone(_ROOT, status="secure", clock=FixedClock(at))
    made.load(_UNSIGNED, status="unsigned")
    made.add_raw("short.com", "CAA", b"\x00")
    made.add_raw("hostile.com", "CAA", b"\x00\x05issue<b>\x1b[31m\"'\r\n\x00\xff\\&")
    made.add_raw("many.com", "CAA", b"\x00\x05issueother0.example")
    for index in range(1, 9):
        made.add_raw("many.com", "CAA", b"\x00\x05issueother%d.example" % index)
    for kind in ("servfail", "timeout", "refused", "truncated", "bogus", "lame", "malformed", "unreachable", "stale"):
        made.fail(f"{kind}.com", "CAA", kind)
    return made


def failing_zone() -> Zone:
    """A dead name in an unsigned zone, which its signed parent proves to be unsigned, and a canary that resolves."""
    made = Zone(_PARENT, status="secure", clock=FixedClock(AT))
    made.load(_UNSIGNED, status="unsigned")
    made.fail("www.unsigned.com", "CAA", "servfail")
    return made


def caa(
    name: str, *, at: datetime | None = None, policy: Policy = BASELINE, clock: datetime = AT
) -> pkicheck.CaaResult:
    """A CAA result for a name of the zone data."""
    return pkicheck.check_caa(
        name, issuers=ISSUERS, resolver=zone(clock), at=at, policy=policy, canary=CANARY if policy is FAILING else ""
    )


@cache
def results() -> dict[str, Result]:
    """A result of each shape, by a name that says which."""
    made: dict[str, Result] = {}
    names = (
        "forbidden other account method critical good wild alias dangling loop mail short hostile many absent unsigned"
    )
    for name in names.split():
        made[name] = caa(f"{name}.com")
    for name in "servfail timeout refused truncated bogus lame malformed unreachable stale".split():
        made[f"lookup-{name}"] = caa(f"{name}.com")
    made["wildcard"] = caa("*.wild.com")
    made["address"] = caa("192.0.2.1")
    made["onion"] = caa("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion")
    made["dry-run"] = caa("good.com", at=AT + timedelta(days=365))
    made["private"] = caa("good.com", policy=PRIVATE)
    made["failure-permitted"] = pkicheck.check_caa(
        "www.unsigned.com", issuers=ISSUERS, resolver=failing_zone(), policy=FAILING, canary=CANARY
    )
    made["failure-not-permitted"] = caa("servfail.com", policy=FAILING)
    made["smime"] = pkicheck.check_caa("mail.com", issuers=ISSUERS, resolver=zone(), purpose="smime")
    made["account-given"] = pkicheck.check_caa(
        "account.com", issuers=ISSUERS, resolver=zone(), accounts=(ACCOUNT, "acct:7"), method="http-01"
    )
    order = gatekit.order()
    made["dcv"] = order.validations[0]
    made["mpic"] = order.corroborations[0]
    made["gate"] = order.authorize()
    made["gate-refused"] = gatekit.order(caa=()).authorize()
    lists = PackagedLists(clock=FixedClock(AT))
    made["name"] = check_name("good.com", lists=lists)
    made["name-wildcard"] = check_name("*.good.com", lists=lists)
    made["name-internal"] = check_name("host.intern", lists=lists)
    made["name-internal-private"] = check_name("host.intern", lists=lists, policy=PRIVATE)
    made["name-broken"] = check_name(b"-a_\x00\xff..example", lists=lists)
    made["name-address"] = check_name("10.0.0.1", lists=lists)
    made["name-dry-run"] = check_name("good.com", lists=lists, at=AT - timedelta(days=3650))
    pre, final = (
        derkit.certificate(derkit.Tbs(extensions=(derkit.AKI, each)).der()) for each in (derkit.POISON, derkit.SCTS)
    )
    made["pair"] = check_pair(pre, final, at=AT)
    made["pair-swapped"] = check_pair(final, pre, at=AT)
    who = csrkit.identity(subject=[("countryName", "ES")])
    bound = csrkit.bind(who=who, issuer=csrkit.ca())
    made["csr"] = bound
    made["csr-other-order"] = csrkit.bind(who=csrkit.identity("other.com"))
    certificate = csrkit.signed_certificate(GOOD)
    made["certificate"] = check_certificate(certificate, binding=bound.binding, issuer=csrkit.ca(), at=AT)
    made["certificate-alone"] = inspect_certificate(certificate)
    for label, spki in keykit.KEYS.items():
        made[f"key-{label}"] = check_key(spki, lists=keykit.LISTS, at=AT)
    made["key-listed"] = check_key(keykit.KEYS["p256"], lists=keykit.lists(debian=keykit.listing("p256")), at=AT)
    made["key-no-list"] = check_key(keykit.KEYS["p256"], lists=lists, at=AT)
    ca = reckit.Ca()
    objects = reckit.stored(ca.pair("a.example"))
    made["reconcile"] = reckit.run(ca, reckit.logged(ca, objects), objects, at=AT)
    made["reconcile-orphan"] = reckit.run(ca, reckit.logged(ca, objects), objects[:1], at=AT)
    return made
