"""A perfect order, in the least that an order can have: what the tests of the gate take apart, one item at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pkicheck import CaaResult, DcvResult, Network, check_caa
from pkicheck.csr import Binding
from pkicheck.dcv import AcmeDns01, check_dcv
from pkicheck.gate import Approval, GateResult, Issuance, approval_payload, authorize
from pkicheck.issuerkey import IssuerKey
from pkicheck.mpic import MpicResult, Perspective, RemoteReport, corroborate
from pkicheck.policy import BASELINE, NetPolicy, Policy
from pkicheck.ports import Transport
from pkicheck.testing import FixedClock, Zone, example_lists
from pkicheck.usecounts import ValueUses
from tests import csrkit, derkit
from tests.keykit import AT, LISTS

__all__ = [
    "AT",
    "LISTS",
    "NAMES",
    "Order",
    "approval",
    "approver",
    "caa",
    "corroborated",
    "dcv",
    "issuance",
    "lists",
    "order",
]

NAMES: Final = ("shop.com", "*.shop.com")
ACCOUNT: Final = "https://ca.example/acct/1"
TOKEN: Final = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
THUMB: Final = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
SEAT: Final = Perspective(id="zone", latitude_e6=37_983_800, longitude_e6=23_727_500, rir="RIPE NCC", resolver="own")
_PLACES: Final = (
    ("dublin", 53_349_800, -6_260_300, "RIPE NCC"),
    ("tokyo", 35_676_200, 139_650_300, "APNIC"),
    ("virginia", 39_043_800, -77_487_400, "ARIN"),
    ("sydney", -33_868_800, 151_209_300, "APNIC"),
)
PLACES: Final = tuple(
    Perspective(id=name, latitude_e6=latitude, longitude_e6=longitude, rir=rir, resolver="own")  # type: ignore[arg-type]
    for name, latitude, longitude, rir in _PLACES
)


def _dns_value() -> str:
    import base64  # noqa: PLC0415

    digest = hashlib.sha256(f"{TOKEN}.{THUMB}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def zone(at: datetime, vantage: str) -> Zone:
    """The DNS of the customer, as seen from a perspective."""
    found = Zone('shop.com. CAA 0 issue "ca.example"', status="secure", clock=FixedClock(at), vantage=vantage)
    found.add("shop.com", "SOA", "ns.shop.com. admin.shop.com. 1 7200 3600 1209600 3600")
    found.add("_acme-challenge.shop.com", "TXT", f'"{_dns_value()}"')
    return found


def lists(at: datetime = AT) -> Transport:
    """The lists of the tests, and registers in memory."""
    return ValueUses(lists=LISTS, clock=FixedClock(at))


def _remote(policy: Policy) -> Policy:
    return attrs.evolve(policy, name="remote", net=NetPolicy(perspective="remote"))


@cache
def dcv(
    name: str = "shop.com",
    *,
    at: datetime = AT,
    vantage: str = "zone",
    policy: Policy = BASELINE,
    account: str = ACCOUNT,
    order_: str = "order-1",
) -> DcvResult:
    """A validation by dns-01."""
    challenge = AcmeDns01(
        name=name,
        token=TOKEN,
        account_thumbprint=THUMB,
        order=order_,
        account=account,
        created_at=at - timedelta(hours=1),
    )
    # Lists of that day: a list from later is a doubt.
    names = LISTS if at == AT else example_lists(clock=FixedClock(at))
    io = Network(dns=zone(at, vantage), lists=ValueUses(lists=names, clock=FixedClock(at)))
    return check_dcv(challenge, io=io, policy=policy)


@cache
def caa(
    name: str = "shop.com", *, at: datetime = AT, vantage: str = "zone", policy: Policy = BASELINE, **asked: Any
) -> CaaResult:
    """A CAA check."""
    given = {"issuers": frozenset({"ca.example"}), "accounts": (ACCOUNT,), "method": "dns-01", **asked}
    return check_caa(name, resolver=zone(at, vantage), policy=policy, **given)


@cache
def corroborated(of: str, name: str, *, at: datetime = AT, policy: Policy = BASELINE, misses: int = 0) -> MpicResult:
    """The corroboration of `dcv` or `caa` of a name, by four perspectives of which some are silent."""
    make: Any = dcv if of == "dcv" else caa
    reports = [
        RemoteReport(
            perspective=each,
            result=None if number < misses else make(name, at=at, vantage=each.id, policy=_remote(policy)),
        )
        for number, each in enumerate(PLACES)
    ]
    return corroborate(make(name, at=at, policy=policy), reports, seat=SEAT, at=at, policy=policy)


@cache
def binding(policy: Policy = BASELINE, names: Sequence[str] = NAMES, kind: str = "dv") -> Binding:
    """Key and identity, bound."""
    subject = () if kind == "dv" else (("countryName", "ES"), ("organizationName", "Shop SL"), ("localityName", "Vigo"))
    who = csrkit.identity(*names, kind=kind, subject=subject)
    claimed = csrkit.Info(
        key=csrkit.spki("p256"),
        attributes=(csrkit.extension_request(csrkit.alternative_names(*names)),),
        subject=derkit.name(),
    )
    return csrkit.bind(csrkit.request(claimed), who, policy=policy).binding


def issuance(policy: Policy = BASELINE, **fields: Any) -> Issuance:
    """What is to be signed."""
    given: dict[str, Any] = {
        "order": "order-1",
        "issuer": csrkit.ca(),
        "binding": binding(policy),
        "account": ACCOUNT,
        "not_before": AT,
        "not_after": AT + timedelta(days=90) - timedelta(seconds=1),
        "serial": int.from_bytes(hashlib.sha256(b"serial").digest()[:16], "big") >> 1,
    }
    return Issuance(**{**given, **fields})


@cache
def approver(person: str) -> Ed25519PrivateKey:
    """The key of a person."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(person.encode()).digest())


def public(person: str) -> str:
    """The public key of a person, in hex."""
    return approver(person).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def approval(what: Issuance, role: str, person: str, *, authentication: str = "mfa", at: datetime = AT) -> Approval:
    """A person's approval of an issuance."""
    payload = approval_payload(what, role=role, person=person, authentication=authentication, at=at)
    signature = approver(person).sign(payload)
    return Approval(role=role, person=person, authentication=authentication, at=at, signature=signature)


@attrs.frozen(kw_only=True)
class Order:
    """An order with everything that its permit rests on."""

    issuance: Issuance
    validations: tuple[DcvResult, ...]
    caa: tuple[CaaResult, ...]
    corroborations: tuple[MpicResult, ...]
    approvals: tuple[Approval, ...] = ()
    at: datetime = AT
    policy: Policy = BASELINE

    def authorize(self, answers: Transport | None = None) -> GateResult:
        """The decision."""
        return authorize(
            self.issuance,
            validations=self.validations,
            caa=self.caa,
            corroborations=self.corroborations,
            approvals=self.approvals,
            lists=answers or lists(self.at),
            at=self.at,
            policy=self.policy,
        )

    def codes(self, answers: Transport | None = None) -> list[str]:
        """The codes that decide."""
        return [each.code for each in self.authorize(answers).deciding()]


def order(**fields: Any) -> Order:
    """The minimal perfect order: one validation serves both names, CAA is checked for each, all is corroborated."""
    given: dict[str, Any] = {
        "issuance": issuance(),
        "validations": (dcv("shop.com"),),
        "caa": tuple(map(caa, NAMES)),
        "corroborations": (corroborated("dcv", "shop.com"), *(corroborated("caa", name) for name in NAMES)),
    }
    return Order(**{**given, **fields})


def issuer(**fields: Any) -> IssuerKey:
    """The issuer's entry, changed."""
    return attrs.evolve(csrkit.ca(), **fields)
