"""DCV vectors as values: the shape of `vectors/dcv/*.toml`, the servers that a vector describes, and its question.

Defaults are those of the ordinary case: an unsigned zone, a clock that stands at noon of a day on which every rule of
today is in force, a challenge made an hour before. In texts of a vector `{dns}` stands for the TXT value of the token,
`{key}` for the key authorization, `{token}` for the token, `{value}` for the random value.
"""

from __future__ import annotations

import asyncio
import hashlib
import pickle
import random
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any, Final, cast

import attrs
from attrs.validators import in_, instance_of, matches_re, optional
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pkicheck import Network, aio
from pkicheck.canon import format_time, parse_time
from pkicheck.dcv import Challenge, DcvPlan, DcvResult, check_dcv, dcv_plan, key_authorization
from pkicheck.dcv.check import CHALLENGES
from pkicheck.dcv.codec import challenge_from_json
from pkicheck.dcv.values import dns_value, scope_digest, value_digest
from pkicheck.evidence import load as load_evidence
from pkicheck.findings import Verdict
from pkicheck.names import parse_domain
from pkicheck.plans import Needs, arun_many, replay, run_many
from pkicheck.policy import BASELINE, PRIVATE, Policy, policy_from_json, policy_json
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation, Request, Seen
from pkicheck.testing import FixedClock, Web, Zone, example_lists
from pkicheck.usecounts import ValueUses
from tests.vectorfile import VectorError, moment, nested, octets, texts

__all__ = [
    "KEY",
    "NOON",
    "THUMB",
    "TOKEN",
    "VALUE",
    "AsyncWorld",
    "DcvVector",
    "certificate",
    "challenge_of",
    "citations",
    "codes_of",
    "decide",
    "plan_of",
    "policy_of",
    "suffix_of",
    "world_of",
]

NOON: Final = parse_time("2026-11-21T12:00:00Z")
TOKEN: Final = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
THUMB: Final = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
KEY: Final = key_authorization(TOKEN, THUMB)
VALUE: Final = "k7pjfh2q4wdvzx3r6mtcy5ab2n"

_ID = matches_re(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TEXT = instance_of(str)
_WORDS = matches_re(r"(?s)\S.*")
_FAILURE = in_(("", *Failure.__members__))


@attrs.frozen(kw_only=True)
class Fail:
    """A lookup that goes wrong (`pkicheck.testing.FailureKind`)."""

    owner: str = attrs.field(validator=_TEXT)
    type: str = attrs.field(default="TXT", validator=_TEXT)
    kind: Any = attrs.field(validator=_TEXT)
    times: int | None = attrs.field(default=None, validator=optional(instance_of(int)))


@attrs.frozen(kw_only=True)
class RawRecord:
    """A record given by the octets of its RDATA."""

    owner: str = attrs.field(validator=_TEXT)
    type: str = attrs.field(default="TXT", validator=_TEXT)
    rdata: bytes = attrs.field(converter=octets)


@attrs.frozen(kw_only=True)
class Page:
    """What a web server answers: `raw` is the whole response, a line feed for each CRLF."""

    url: str = attrs.field(validator=_TEXT)
    body: str = attrs.field(default="", validator=_TEXT)
    status: int = attrs.field(default=200, validator=instance_of(int))
    location: str | None = attrs.field(default=None, validator=optional(_TEXT))
    fields: tuple[str, ...] = attrs.field(default=(), converter=texts)
    raw: str | None = attrs.field(default=None, validator=optional(_TEXT))
    failure: str = attrs.field(default="", validator=_FAILURE)
    address: str = attrs.field(default="", validator=_TEXT)


@attrs.frozen(kw_only=True)
class Certificate:
    """What a TLS server presents.

    `names`: entries of the subject alternative name, `dns:` or `ip:` or `mail:` and the text; no list: no extension.
    `identifier`: `right`, `other`, `none`, `draft`, `twice`, or the value in hexadecimal. `signer`: `own`, `other` (the
    signature of another key), `issued` (another issuer). `leaf`: the whole certificate in hexadecimal.
    """

    sni: str = attrs.field(validator=_TEXT)
    names: tuple[str, ...] = attrs.field(default=(), converter=texts)
    identifier: str = attrs.field(default="right", validator=_TEXT)
    critical: bool = attrs.field(default=True, validator=instance_of(bool))
    signer: str = attrs.field(default="own", validator=in_(("own", "other", "issued")))
    leaf: str | None = attrs.field(default=None, validator=optional(_TEXT))
    version: str = attrs.field(default="TLSv1.3", validator=_TEXT)
    alpn: str = attrs.field(default="acme-tls/1", validator=_TEXT)
    failure: str = attrs.field(default="", validator=_FAILURE)
    address: str = attrs.field(default="", validator=_TEXT)


@attrs.frozen(kw_only=True)
class Cover:
    """A certificate that rests on the result: `days` and `seconds` after the clock, for `name`; what refuses it."""

    days: int = attrs.field(default=0, validator=instance_of(int))
    seconds: int = attrs.field(default=0, validator=instance_of(int))
    name: str = attrs.field(default="", validator=_TEXT)
    codes: tuple[str, ...] = attrs.field(converter=texts)


def _fails(value: object) -> tuple[Fail, ...]:
    return nested(Fail, value)


def _raws(value: object) -> tuple[RawRecord, ...]:
    return nested(RawRecord, value)


def _pages(value: object) -> tuple[Page, ...]:
    return nested(Page, value)


def _certificates(value: object) -> tuple[Certificate, ...]:
    return nested(Certificate, value)


def _covers(value: object) -> tuple[Cover, ...]:
    return nested(Cover, value)


def _clock(value: object) -> datetime:
    found = moment(value)
    if found is None:
        msg = "a clock stands somewhere"
        raise VectorError(msg)
    return found


@attrs.frozen(kw_only=True)
class DcvVector:
    """One fact about domain or address control."""

    id: str = attrs.field(validator=_ID)
    comment: str = attrs.field(validator=_WORDS)
    rule: tuple[str, ...] = attrs.field(converter=texts)
    source: str = attrs.field(validator=_WORDS)
    # -- the data
    zone: str = attrs.field(default="", validator=_TEXT)
    status: Any = attrs.field(default="unsigned", validator=in_(("secure", "unsigned", "unvalidated", "bogus")))
    raw: tuple[RawRecord, ...] = attrs.field(default=(), converter=_raws)
    fail: tuple[Fail, ...] = attrs.field(default=(), converter=_fails)
    page: tuple[Page, ...] = attrs.field(default=(), converter=_pages)
    certificate: tuple[Certificate, ...] = attrs.field(default=(), converter=_certificates)
    used_by: str = attrs.field(default="", validator=_TEXT)
    lists: str = attrs.field(default="", validator=in_(("", "values", "suffixes", "addresses")))
    vantage: str = attrs.field(default="zone", validator=_TEXT)
    clock: datetime = attrs.field(default=NOON, converter=_clock)
    # -- the question
    kind: str = attrs.field(validator=in_(tuple(CHALLENGES)))
    name: str = attrs.field(validator=_TEXT)
    adn: str | None = attrs.field(default=None, validator=optional(_TEXT))
    age: int = attrs.field(default=3600, validator=instance_of(int))
    challenge: dict[str, Any] = attrs.field(factory=dict, validator=instance_of(dict))
    at: datetime | None = attrs.field(default=None, converter=moment)
    policy: dict[str, Any] = attrs.field(factory=dict, validator=instance_of(dict))
    # -- the answer
    verdict: Verdict = attrs.field(converter=Verdict)
    codes: tuple[str, ...] = attrs.field(converter=texts)
    never: tuple[str, ...] = attrs.field(default=(), converter=texts)
    derived: tuple[str, ...] | None = attrs.field(default=None, converter=attrs.converters.optional(texts))
    stops_in: int | None = attrs.field(default=None, validator=optional(instance_of(int)))
    covers: tuple[Cover, ...] = attrs.field(default=(), converter=_covers)


def filled(text: str) -> str:
    """A text of a vector with its placeholders filled."""
    for name, value in (("{dns}", dns_value(KEY)), ("{key}", KEY), ("{token}", TOKEN), ("{value}", VALUE)):
        text = text.replace(name, value)
    return text


def challenge_of(vector: DcvVector) -> Challenge:
    """The challenge of a vector: its fields, and those of the ordinary case."""
    made = format_time(vector.clock - timedelta(seconds=vector.age))
    given: dict[str, Any] = {
        key: filled(item) if isinstance(item, str) else item for key, item in vector.challenge.items()
    }
    common: dict[str, Any] = {"order": "order-1", "account": "account-1", "created_at": made, "adn": vector.adn}
    value = {"kind": "random-value", "text": VALUE, "bits": 128, "created_at": made}
    token = {"token": TOKEN, "account_thumbprint": THUMB}
    contact = {"value": value, "sent_at": made, "confirmation": None}
    own: dict[str, dict[str, Any]] = {
        "dns-01": token,
        "dns-account-01": {**token, "account_uri": "https://ca.example/acct/1"},
        "http-01": token,
        "tls-alpn-01": token,
        "dns-change": {"value": value, "record": "TXT", "label": ""},
        "website-change": {"value": value, "file": "ca.txt", "scheme": "http", "port": None},
        "persistent-txt": {"issuers": ["ca.example"], "account_uri": "https://ca.example/acct/1"},
        "constructed-email": {**contact, "recipient": "admin@shop.example"},
        "dns-contact": {**contact, "source": "caa", "medium": "email", "recipient": "hello@shop.example"},
    }
    fields = {"challenge": vector.kind, "name": vector.name, **common, **own[vector.kind]}
    unknown = set(given) - set(fields)
    if unknown:
        msg = f"{vector.id}: no field of {vector.kind} is called {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    for key, item in given.items():
        if key == "value":
            token_defaults = {"timestamp": None}
            fields["value"] = {**token_defaults, **item} if "kind" in item else {**value, **item}
        elif key == "confirmation":
            fields[key] = {
                "value": VALUE,
                "recipient": given.get("recipient", fields["recipient"]),
                "received_at": format_time(vector.clock - timedelta(seconds=60)),
                **item,
            }
        else:
            fields[key] = item
    return challenge_from_json(fields, CHALLENGES)


def policy_of(vector: DcvVector) -> Policy:
    """The policy of a vector: `base` is BASELINE or PRIVATE, `area.field` changes a field (durations in seconds)."""
    changes = dict(vector.policy)
    base = {"BASELINE": BASELINE, "PRIVATE": PRIVATE}[changes.pop("base", "BASELINE")]
    if not changes:
        return base
    written: dict[str, Any] = policy_json(base)
    written["name"] = "vector"
    for key, value in changes.items():
        area, _, field = key.partition(".")
        if not field:
            written[area] = value
            continue
        if field not in written[area]:
            msg = f"{vector.id}: no policy field is called {key}"
            raise ValueError(msg)
        seconds = isinstance(getattr(getattr(base, area), field), timedelta)
        written[area][field] = value * 1_000_000 if seconds else value
    return policy_from_json(written)


@cache
def _key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


_IDENTIFIER: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
_KINDS: Final = {
    "dns": x509.DNSName,
    "mail": x509.RFC822Name,
}


def certificate(shape: Certificate) -> bytes:
    """The certificate of a shape, in DER."""
    if shape.leaf is not None:
        return octets(shape.leaf)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "challenge")])
    other = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "someone else")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(other if shape.signer == "issued" else subject)
        .public_key(_key(1).public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(days=7))
    )
    if shape.names:
        entries: list[x509.GeneralName] = []
        for each in shape.names:
            kind, _, text = each.partition(":")
            entries.append(x509.IPAddress(ip_address(text)) if kind == "ip" else _KINDS[kind](text))
        builder = builder.add_extension(x509.SubjectAlternativeName(entries), critical=False)
    right = b"\x04\x20" + hashlib.sha256(KEY.encode()).digest()
    if shape.identifier != "none":
        value = {"right": right, "draft": right, "other": b"\x04\x20" + bytes(32)}.get(shape.identifier)
        oid = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.30.1") if shape.identifier == "draft" else _IDENTIFIER
        data = octets(shape.identifier) if value is None else value
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, data), critical=shape.critical)
    signer = _key(2 if shape.signer == "other" else 1)
    return builder.sign(signer, None).public_bytes(Encoding.DER)


class _Broken:
    """A register of values, or a list, that cannot be asked."""

    def __init__(self, inner: ValueUses, names: Sequence[str]) -> None:
        self._inner = inner
        self._names = names

    def now(self) -> datetime:
        return self._inner.now()

    def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        answered = self._inner.exchange(batch, within=within)
        return [
            attrs.evolve(each, failure=Failure.UNREACHABLE, answer=None, version="")
            if isinstance(each, ListFact) and each.request.list in self._names
            else each
            for each in answered
        ]


def world_of(vector: DcvVector) -> Network:
    """Fresh servers and lists of a vector."""
    clock = FixedClock(vector.clock)
    zone = Zone(clock=clock, vantage=vector.vantage, status=vector.status)
    if vector.zone:
        zone.load(filled(vector.zone), status=vector.status, what=vector.id)
    for raw in vector.raw:
        zone.add_raw(raw.owner, raw.type, raw.rdata)
    for fail in vector.fail:
        zone.fail(fail.owner, fail.type, fail.kind, times=fail.times)
    web = Web(clock=clock, vantage=vector.vantage)
    for page in vector.page:
        fields = [("Location", filled(page.location))] if page.location is not None else []
        fields += [cast("tuple[str, str]", tuple(each.split(": ", 1))) for each in page.fields]
        web.page(
            filled(page.url),
            filled(page.body),
            status=page.status,
            fields=fields,
            raw=None if page.raw is None else filled(page.raw).replace("\n", "\r\n").encode("latin-1"),
            failure=Failure[page.failure] if page.failure else None,
            address=page.address,
        )
    for shape in vector.certificate:
        web.certificate(
            shape.sni,
            b"" if shape.failure else certificate(shape),
            version=shape.version,
            alpn=shape.alpn or None,
            failure=Failure[shape.failure] if shape.failure else None,
            address=shape.address,
        )
    uses = ValueUses(lists=example_lists(clock=clock), clock=clock)
    if vector.used_by:
        checked = challenge_of(vector).checked
        key = f"{value_digest(checked)}:{scope_digest('request', vector.used_by)}"
        uses.exchange([ListQuestion(list="dcv.values", key=key)], within=timedelta(seconds=1))
    broken = {"": (), "values": ("dcv.values",), "suffixes": ("psl.icann",), "addresses": ("iana.special-purpose",)}
    return Network(dns=zone, http=web, tls=web, lists=_Broken(uses, broken[vector.lists]))


class AsyncWorld:
    """The servers of a vector for asynchronous checks."""

    def __init__(self, world: Network) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now()

    async def exchange(self, batch: Sequence[Request], /, *, within: timedelta) -> Sequence[Observation]:
        return self._world.exchange(batch, within=within)


def plan_of(vector: DcvVector) -> DcvPlan:
    """The question of a vector."""
    return dcv_plan(challenge_of(vector), at=vector.at, policy=policy_of(vector))


def decide(vector: DcvVector) -> DcvResult:
    """The result of the blocking check; every other way must come to the same.

    The pure step over the recorded observations in any order, replay, the asynchronous check, both streams, a pickled
    plan, and the evidence record alone.
    """
    recorded: list[Observation] = []
    challenge, policy = challenge_of(vector), policy_of(vector)
    result = check_dcv(challenge, io=world_of(vector), at=vector.at, policy=policy, record=recorded.append)

    plan = plan_of(vector)
    assert plan == challenge.plan(at=vector.at, policy=policy)
    shuffled = list(recorded)
    random.Random(vector.id).shuffle(shuffled)
    for order in (shuffled, recorded, recorded[::-1], recorded + shuffled):
        stepped = plan.step(Seen(order))
        assert not isinstance(stepped, Needs)
        assert stepped == result
    assert replay(plan, Seen(shuffled)) == result
    assert pickle.loads(pickle.dumps(plan)).step(Seen(shuffled)) == result

    long = timedelta(seconds=20)

    async def asynchronous() -> list[DcvResult]:
        checked = await aio.check_dcv(challenge, io=AsyncWorld(world_of(vector)), at=vector.at, policy=policy)
        stream = arun_many([plan], AsyncWorld(world_of(vector)), deadline=long)
        return [checked, *[each async for _, each in stream]]

    assert asyncio.run(asynchronous()) == [result, result]
    assert list(run_many([plan], world_of(vector), deadline=long)) == [(0, result)]

    line = result.to_json()
    again = load_evidence(line).replay()
    assert again.same
    assert again.result == result
    assert again.result.to_json() == line
    return result


def suffix_of(domain: object) -> str | None:
    """The public suffixes of `example_lists`."""
    names = {"com", "example", "org", "test", "uk", "co.example", "co.uk"}
    return next((each.text for each in parse_domain(str(domain)).climb() if each.text in names), None)


def codes_of(result: DcvResult) -> set[str]:
    """The codes of a result's findings."""
    return {each.code for each in result.findings}


def citations(vector: DcvVector) -> set[str]:
    """The lessons (D01) and rows (R001) that a vector cites in its source."""
    return set(re.findall(r"\b(?:D\d\d|R\d\d\d)\b", vector.source))
