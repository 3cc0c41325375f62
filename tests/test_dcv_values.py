"""Random values, request tokens, key authorizations, confirmations; challenges and their JSON; the register of uses."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.dcv import (
    AcmeDns01,
    AcmeDnsAccount01,
    AcmeHttp01,
    AcmeTlsAlpn01,
    Challenge,
    Confirmation,
    ConstructedEmail,
    DnsChange,
    DnsContact,
    PersistentTxt,
    RandomValue,
    RequestToken,
    WebsiteChange,
    check_confirmation,
    contact_message,
    dcv_plan,
    jwk_thumbprint,
    key_authorization,
    new_random_value,
    use_question,
)
from pkicheck.dcv.check import CHALLENGES, dcv_plan_from_json
from pkicheck.dcv.codec import challenge_from_json, challenge_json
from pkicheck.dcv.contactvalues import canonical_email, canonical_phone
from pkicheck.dcv.values import base64url, dns_value, request_scope, scope_digest, value_digest, value_times
from pkicheck.errors import InputError, TransportError
from pkicheck.ports import Failure, ListFact, ListQuestion, Observation
from pkicheck.testing import FixedClock, Web, example_lists
from pkicheck.usecounts import AsyncValueUses, SqliteRegister, ValueUses
from tests.dcv_cases import KEY, NOON, THUMB, TOKEN, VALUE

COMMON: dict[str, Any] = {"name": "shop.example", "order": "o", "account": "a", "created_at": NOON}


def _with(changes: dict[str, Any]) -> dict[str, Any]:
    return COMMON | changes


RANDOM = RandomValue(text=VALUE, bits=128, created_at=NOON)


def test_a_generated_value() -> None:
    """A value is made of at least 112 bits that the caller brings; unequal bits make unequal values (R121, D04)."""
    value = new_random_value(bytes(range(20)), created_at=NOON)
    assert value == RandomValue(text="aaaqeayeaudaocajbifqydiob4ibceqt", bits=160, created_at=NOON)
    assert new_random_value(bytes(14), created_at=NOON).bits == 112
    assert new_random_value(bytes(128), created_at=NOON).bits == 1024
    for wrong in (bytes(13), bytes(129), "x" * 20, None):
        with pytest.raises(InputError, match="^entropy must be 14 to 128 octets"):
            new_random_value(wrong, created_at=NOON)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@given(st.binary(min_size=14, max_size=40), st.binary(min_size=14, max_size=40))
def test_values_keep_their_entropy(one: bytes, other: bytes) -> None:
    """No bit is lost on the way into a text (R121)."""
    first, second = (new_random_value(each, created_at=NOON).text for each in (one, other))
    assert (first == second) is (one == other)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("", 112),
        ("x" * 256, 112),
        ("a b" * 20, 112),
        ("é" * 30, 112),
        ("a" * 30, 111),
        ("a" * 18, 112),
        ("a" * 30, True),
    ],
)
def test_what_is_no_random_value(text: str, bits: int) -> None:
    """A value of fewer bits than the BR ask, or than its characters can hold, is refused (R121)."""
    with pytest.raises(InputError, match="^value: a random value"):
        RandomValue(text=text, bits=bits, created_at=NOON)


def test_request_tokens() -> None:
    """A token is the hash of what it is bound to, with the time before it where it has one (BR 1.6.1)."""
    token = RequestToken(form="spki-sha256", source=b"x", created_at=NOON)
    assert token.text == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    stamped = attrs.evolve(token, timestamp=datetime(2026, 11, 21, 13, 5, 59, tzinfo=timezone(timedelta(hours=1))))
    assert stamped.text == "202611211205" + token.text
    for wrong in ({"form": "md5"}, {"source": b""}, {"source": "x"}, {"source": bytes(65537)}):
        with pytest.raises(InputError, match="^value: "):
            attrs.evolve(token, **wrong)
    assert request_scope(token, order="o", created_at=NOON) != request_scope(stamped, order="o", created_at=NOON)
    assert request_scope(stamped, order="o", created_at=NOON) == request_scope(RANDOM, order="o", created_at=NOON)
    later = NOON + timedelta(seconds=1)
    assert request_scope(token, order="o", created_at=NOON) != request_scope(token, order="o", created_at=later)


def test_key_authorizations() -> None:
    """The key authorization of RFC 8555 §8.1, the TXT value of §8.4, and the thumbprint of RFC 7638 §3.1's example."""
    assert key_authorization(TOKEN, THUMB) == f"{TOKEN}.{THUMB}" == KEY
    assert len(dns_value(KEY)) == 43
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    jwk = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert jwk_thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    for bad in ({"kty": "oct", "k": "x"}, {"kty": "EC", "crv": "P-256", "x": "x"}, {}):
        with pytest.raises(InputError, match="^jwk must be"):
            jwk_thumbprint(bad)
    for token in ("x" * 21, "x" * 256, "x" * 22 + "=", "é" * 30, None):
        with pytest.raises(InputError, match="^token: "):
            key_authorization(token, THUMB)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for thumb in (THUMB[:-1], THUMB + "x", THUMB[:-1] + "=", None):
        with pytest.raises(InputError, match="^account_thumbprint: "):
            key_authorization(TOKEN, thumb)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _challenges() -> list[Challenge]:
    token: dict[str, Any] = {"token": TOKEN, "account_thumbprint": THUMB}
    message: dict[str, Any] = {"value": RANDOM, "sent_at": NOON, "recipient": "admin@shop.example"}
    reply = Confirmation(value=VALUE, recipient="admin@shop.example", received_at=NOON)
    stamped = RequestToken(form="csr-sha256", source=b"x", timestamp=NOON, created_at=NOON)
    made: list[Challenge] = [
        AcmeDns01(**COMMON, **token),
        AcmeDnsAccount01(**COMMON, **token, account_uri="https://ca.example/1"),
        AcmeHttp01(**COMMON, **token, adn="shop.example"),
        AcmeHttp01(**_with({"name": "2001:db8::1"}), **token),
        AcmeTlsAlpn01(**_with({"name": "192.0.2.1"}), **token),
        DnsChange(**_with({"name": "*.shop.example"}), value=RANDOM, record="CNAME", label="_x"),
        DnsChange(**COMMON, value=stamped),
        PersistentTxt(**COMMON, issuers=("ca.example", "CA2.example"), account_uri="https://ca.example/1"),
        WebsiteChange(**COMMON, value=attrs.evolve(stamped, timestamp=None), file="a/b.txt", scheme="https", port=443),
        ConstructedEmail(**COMMON, **message),
        DnsContact(**COMMON, **message, source="txt", medium="phone", confirmation=reply),
    ]
    return made


@pytest.mark.parametrize("challenge", _challenges(), ids=lambda each: f"{each.slug} {each.name}")
def test_challenges_survive_json(challenge: Challenge) -> None:
    """Every challenge is read back as it was written; with a field more or less it is refused (D14)."""
    written = challenge_json(challenge)
    assert challenge_from_json(written, CHALLENGES) == challenge
    plan = challenge.plan()
    documents = {value_digest(each.decode()): each for each in plan.documents()}
    assert dcv_plan_from_json(plan.asked(), documents, None) == plan
    for key in written:
        with pytest.raises(InputError, match="^challenge: "):
            challenge_from_json({name: item for name, item in written.items() if name != key}, CHALLENGES)
        with pytest.raises(InputError):
            challenge_from_json({**written, key: cast("Any", 1.5)}, CHALLENGES)
    with pytest.raises(InputError, match="exactly the fields"):
        challenge_from_json(written | {"more": "x"}, CHALLENGES)


@pytest.mark.parametrize(
    "field", ["name", "adn", "order", "account", "created_at", "value", "challenge", "at", "policy", "method"]
)
def test_a_question_with_a_field_dropped(field: str) -> None:
    """A record without method, name, time or any other field of its question does not validate (D14, R115)."""
    plan = _challenges()[0].plan()
    documents = {value_digest(each.decode()): each for each in plan.documents()}
    asked = dict(plan.asked())
    del asked[field]
    with pytest.raises(InputError, match="^asked must have exactly the fields"):
        dcv_plan_from_json(asked, documents, None)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none is called"),
        ("x", "none is called"),
        ({"challenge": 5}, "none is called"),
        ({"challenge": "dns-99"}, "none is called"),
        ({"value": "x"}, "value must be"),
        ({"value": {"kind": "random-value"}}, "value must be"),
        ({"value": {"kind": "request-token"}}, "value must be"),
        ({"value": {"kind": "random-value", "text": VALUE, "bits": True, "created_at": "x"}}, "an integer"),
        ({"label": 5}, "expected a text"),
        ({"name": 5}, "expected a text"),
        ({"adn": 5}, "expected a text"),
        ({"created_at": None}, "expected a text"),
    ],
)
def test_what_is_no_challenge(value: Any, words: str) -> None:
    """Other shapes are refused with what is wrong."""
    good = challenge_json(DnsChange(**COMMON, value=RANDOM))
    given_value = good | value if isinstance(value, dict) and "challenge" not in value else value
    with pytest.raises(InputError, match=words):
        challenge_from_json(given_value, CHALLENGES)


def test_other_shapes_of_fields() -> None:
    """Lists, numbers and confirmations of other shapes are refused."""
    persist = challenge_json(_challenges()[7])
    for wrong in ("ca.example", 5, [5]):
        with pytest.raises(InputError):
            challenge_from_json(persist | {"issuers": wrong}, CHALLENGES)
    contact = challenge_json(_challenges()[-1])
    for wrong_reply in ("x", {"value": "x"}, {"value": "x", "recipient": "x", "received_at": "x"}):
        with pytest.raises(InputError):
            challenge_from_json(contact | {"confirmation": wrong_reply}, CHALLENGES)


@pytest.mark.parametrize(
    ("cls", "changes", "words"),
    [
        (DnsChange, {"value": RANDOM, "record": "A"}, "record must be one of"),
        (DnsChange, {"value": RANDOM, "label": "token"}, "begins with an underscore"),
        (DnsChange, {"value": RANDOM, "label": "_a.b"}, "begins with an underscore"),
        (DnsChange, {"value": RANDOM, "label": "_" + "a" * 63}, "begins with an underscore"),
        (DnsChange, {"value": VALUE}, "must be a RandomValue or a RequestToken"),
        (WebsiteChange, {"value": RANDOM, "file": "../x"}, "file must be"),
        (WebsiteChange, {"value": RANDOM, "file": "a//b"}, "file must be"),
        (WebsiteChange, {"value": RANDOM, "file": ""}, "file must be"),
        (WebsiteChange, {"value": RANDOM, "file": "a b"}, "file must be"),
        (WebsiteChange, {"value": RANDOM, "file": "a?b"}, "file must be"),
        (WebsiteChange, {"value": RANDOM, "file": "x" * 201}, "file must be"),
        (WebsiteChange, {"value": RANDOM, "file": f"{VALUE}.txt"}, "must not stand in the request"),
        (WebsiteChange, {"value": RANDOM, "file": "x", "scheme": "ftp"}, "scheme must be"),
        (WebsiteChange, {"value": RANDOM, "file": "x", "port": 8080}, "port must be"),
        (PersistentTxt, {"issuers": (), "account_uri": "https://ca.example/1"}, "issuers must not be empty"),
        (PersistentTxt, {"issuers": ("ca.example",), "account_uri": "no uri"}, "cannot be an accounturi"),
        (PersistentTxt, {"issuers": ("ca.example",), "account_uri": 5}, "account_uri must be a text"),
        (AcmeDns01, {"token": "x", "account_thumbprint": THUMB}, "token: "),
        (AcmeDnsAccount01, {"token": TOKEN, "account_thumbprint": THUMB, "account_uri": ""}, "account_uri must be"),
        (AcmeDnsAccount01, {"token": TOKEN, "account_thumbprint": THUMB, "account_uri": "é"}, "account_uri must be"),
        (AcmeHttp01, {"token": "x", "account_thumbprint": THUMB}, "token: "),
        (AcmeTlsAlpn01, {"token": TOKEN, "account_thumbprint": "x"}, "account_thumbprint: "),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "name": "a..b"}, "is not a name"),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "name": 5}, "name must be"),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "adn": "a..b"}, "is not a name"),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "order": ""}, "order must be"),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "order": "a\nb"}, "order must be"),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "account": 5}, "account must be"),
        (AcmeDns01, {"token": TOKEN, "account_thumbprint": THUMB, "created_at": datetime(2026, 1, 1)}, "created_at"),
        (ConstructedEmail, {"value": VALUE, "recipient": "x", "sent_at": NOON}, "value must be a RandomValue"),
        (
            DnsContact,
            {"value": RANDOM, "recipient": "x", "sent_at": NOON, "source": "whois", "medium": "email"},
            "source must be",
        ),
    ],
)
def test_wrong_arguments_are_named(cls: type[Challenge], changes: dict[str, Any], words: str) -> None:
    """A wrong argument is an InputError that names it; a label without an underscore is one (R120, D07)."""
    with pytest.raises(InputError, match=words):
        cls(**_with(changes))


def test_names_with_a_zone_and_no_challenge() -> None:
    """An address with a zone is no name of a certificate, and only challenges and policies make a plan."""
    from ipaddress import IPv6Address  # noqa: PLC0415 - beside its one use

    with pytest.raises(InputError, match="without a zone"):
        AcmeDns01(**_with({"name": IPv6Address("fe80::1%1")}), token=TOKEN, account_thumbprint=THUMB)
    with pytest.raises(InputError, match="^challenge must be a challenge"):
        dcv_plan("shop.example")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="^policy must be a Policy"):
        _challenges()[0].plan(policy="BASELINE")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="^at must have a time zone"):
        _challenges()[0].plan(at=datetime(2026, 1, 1))


def test_a_message_says_what_it_must() -> None:
    """The content of a message: name, authorization domain name, value, and until when (BR 3.2.2.4.4)."""
    challenge = ConstructedEmail(
        **_with({"name": "*.www.shop.example"}), adn="shop.example", value=RANDOM, recipient="x", sent_at=NOON
    )
    text = contact_message(challenge)
    assert "*.www.shop.example" in text
    assert "controls shop.example " in text
    assert f"\n{VALUE}\n" in text
    assert "2026-12-21T12:00:00.000000Z" in text
    assert "controls www.shop.example " in contact_message(attrs.evolve(challenge, adn=None))


def test_confirmations() -> None:
    """A confirmation uses the value that was sent to that recipient, in time, and says every fault (R122, D04)."""
    later = NOON + timedelta(hours=1)

    def codes(**changes: Any) -> list[str]:
        reply: dict[str, Any] = {"value": VALUE, "recipient": "a@b.example", "received_at": later} | changes
        found = check_confirmation(
            Confirmation(**reply), value=RANDOM, recipient="a@b.example", sent_at=NOON, at=NOON + timedelta(days=31)
        )
        return [each.code for each in found]

    assert codes() == ["dcv.confirmation-accepted"]
    assert codes(value="x", recipient="\udc80") == ["dcv.confirmation-other-value", "dcv.confirmation-other-recipient"]
    assert codes(value="") == ["dcv.confirmation-other-value"]
    assert codes(value=f"{VALUE} ") == ["dcv.confirmation-other-value"]
    assert codes(received_at=NOON - timedelta(microseconds=1)) == ["dcv.confirmation-early"]
    assert codes(received_at=NOON + timedelta(days=30)) == ["dcv.confirmation-accepted"]
    assert codes(received_at=NOON + timedelta(days=30, microseconds=1)) == ["dcv.confirmation-late"]
    assert codes(received_at=NOON + timedelta(days=31, microseconds=1)) == ["dcv.confirmation-early"]


@given(st.binary(max_size=40))
def test_contact_values_are_total(value: bytes) -> None:
    """Any octets are one address, one number, or nothing; what is one stays one (BR Appendix A)."""
    mail, phone = canonical_email(value), canonical_phone(value)
    assert mail is None or canonical_email(mail.encode()) == mail
    assert phone is None or canonical_phone(phone.encode()) == phone
    assert mail is None or phone is None


def test_long_contact_values() -> None:
    """Values beyond their bounds are none."""
    assert canonical_email(b"a" * 64 + b"@shop.example") is not None
    assert canonical_email(b"a" * 65 + b"@shop.example") is None
    assert canonical_email(b"a@" + b"b." * 200 + b"example") is None
    assert canonical_phone(b"+1" + b"-" * 58 + b"2") is None
    assert canonical_phone(b"+1" + b"-" * 57 + b"2") == "+12"
    assert canonical_email("a\u00a0b@shop.example".encode()) is None


# --- the register of values


def _claim(uses: ValueUses, value: str, scope: str) -> ListFact:
    question = use_question(value, scope_digest(scope))
    (fact,) = uses.exchange([question], within=timedelta(seconds=5))
    assert isinstance(fact, ListFact)
    return fact


def test_a_value_belongs_to_whom_it_came_first(tmp_path: Path) -> None:
    """The first scope holds a value for ever, also after a restart and in another process's file (R121, D04)."""
    clock = FixedClock(NOON)
    path = tmp_path / "values.sqlite"
    with SqliteRegister(path) as register:
        for uses in (ValueUses(clock=clock), ValueUses(register, clock=clock)):
            assert _claim(uses, "v", "one").answer == scope_digest("one")
            assert _claim(uses, "v", "two").answer == scope_digest("one")
            assert _claim(uses, "w", "two").answer == scope_digest("two")
            assert uses.now() == NOON
    with SqliteRegister(path) as register:
        assert _claim(ValueUses(register), "v", "three").answer == scope_digest("one")
        closed = ValueUses(register)
    with pytest.raises(TransportError, match="cannot be used"):
        _claim(closed, "v", "one")


def test_claims_side_by_side(tmp_path: Path) -> None:
    """Of many threads that claim one value exactly one scope gets it (D04)."""
    with SqliteRegister(tmp_path / "v.sqlite") as register:
        uses = ValueUses(register)
        held: list[str | None] = []
        threads = [
            threading.Thread(target=lambda scope=str(n): held.append(_claim(uses, "v", scope).answer)) for n in range(8)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert len(held) == 8
    assert len(set(held)) == 1


def test_a_locked_register_is_a_doubt(tmp_path: Path) -> None:
    """A file that stays locked gives no answer, which is no permission."""
    import sqlite3  # noqa: PLC0415 - beside its one use

    path = tmp_path / "v.sqlite"
    with SqliteRegister(path) as register:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        (fact,) = ValueUses(register).exchange([use_question("v", scope_digest("x"))], within=timedelta(milliseconds=5))
        other.close()
    assert fact.failure is Failure.TIMEOUT


def test_a_broken_register_raises(tmp_path: Path) -> None:
    """Our own side broken is an exception: a file of another kind, a folder, another process."""
    wrong = tmp_path / "text"
    wrong.write_text("not a database " * 100)
    for path in (wrong, tmp_path):
        with pytest.raises(TransportError, match="cannot be used"):
            SqliteRegister(path)
    with SqliteRegister(tmp_path / "v.sqlite") as register:
        register._process += 1
        with pytest.raises(TransportError, match="belongs to the process"):
            _claim(ValueUses(register), "v", "x")


def test_other_lists_go_on() -> None:
    """Questions to other lists are answered by the lists behind, in their places; asynchronously too."""
    import asyncio  # noqa: PLC0415 - beside its one use

    clock = FixedClock(NOON)
    uses = ValueUses(lists=example_lists(clock=clock), clock=clock)
    batch: Sequence[Any] = [
        ListQuestion(list="psl.icann", key="www.shop.co.example"),
        use_question("v", scope_digest("x")),
        ListQuestion(list="iana.special-purpose", key="10.0.0.1"),
        ListQuestion(list="psl.icann", key="shop.invalid"),
    ]
    twin = AsyncValueUses(uses)

    async def ask() -> Sequence[Observation]:
        assert twin.now() == NOON
        return await twin.exchange(batch, within=timedelta(seconds=1))

    for found in (uses.exchange(batch, within=timedelta(seconds=1)), asyncio.run(ask())):
        answers = [each.answer for each in found if isinstance(each, ListFact)]
        assert answers == ["co.example", scope_digest("x"), "10.0.0.0/8 Private-Use", None]


def test_scripted_servers_answer_what_they_are_asked() -> None:
    """The scripted web answers requests of its two kinds, notes them, and raises for others."""
    web = Web(clock=FixedClock(NOON))
    assert web.now() == NOON
    with pytest.raises(TransportError, match="HttpGet and TlsProbe only"):
        web.exchange([ListQuestion(list="x", key="y")], within=timedelta(seconds=1))
    assert web.asked == []


def test_thumbprints_of_other_keys() -> None:
    """The thumbprint of RFC 8037 §A.3, and that of an EC key over its four members and no other."""
    okp = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "alg": "EdDSA"}
    assert jwk_thumbprint(okp) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    written = b'{"crv":"P-256","kty":"EC","x":"AA","y":"BB"}'
    assert jwk_thumbprint({"kty": "EC", "y": "BB", "x": "AA", "crv": "P-256", "use": "sig"}) == base64url(
        hashlib.sha256(written).digest()
    )


def test_scopes_and_edges_of_values() -> None:
    """What a value is unique to never changes between releases; the longest token; naive timestamps; what ages."""
    stamped = RequestToken(form="csr-sha256", source=b"x", timestamp=NOON, created_at=NOON)
    plain = attrs.evolve(stamped, timestamp=None)
    request = hashlib.sha256(b'["request","o"]').hexdigest()
    validation = hashlib.sha256(b'["validation","o","2026-11-21T12:00:00.000000Z"]').hexdigest()
    assert request_scope(RANDOM, order="o", created_at=NOON) == request_scope(stamped, order="o", created_at=NOON)
    assert request_scope(stamped, order="o", created_at=NOON) == request
    assert request_scope(plain, order="o", created_at=NOON) == validation
    assert value_times(plain) == (NOON,)
    assert value_times(attrs.evolve(stamped, created_at=NOON - timedelta(days=1))) == (NOON - timedelta(days=1), NOON)
    assert key_authorization("x" * 255, THUMB).startswith("x" * 255)
    assert key_authorization("x" * 22, THUMB)
    with pytest.raises(InputError, match="^timestamp must have a time zone"):
        attrs.evolve(stamped, timestamp=datetime(2026, 1, 1))
    with pytest.raises(InputError, match="^created_at must have a time zone"):
        attrs.evolve(plain, created_at=datetime(2026, 1, 1))
    with pytest.raises(InputError, match="letters, digits, - and _, got ''"):
        RandomValue(text="", bits=112, created_at=NOON)
    assert len(RandomValue(text="x" * 255, bits=112, created_at=NOON).text) == 255
    assert attrs.evolve(plain, source=bytes(65536)).text
