"""The ORDER file `pkicheck/order/1`: one type, one canonical form, one JSON Schema, an error that names each defect."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck import InputError, parse_name
from pkicheck.canon import canonical, encode_bytes, parse_json
from pkicheck.order import LARGEST_ORDER, Order, OrderIssuer, OrderName, order_from_json, order_json
from tests.architecture.source import ROOT

_AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_SCHEMA = json.loads(files("pkicheck").joinpath("_data/order-1.schema.json").read_text(encoding="utf-8"))
_FULL: dict[str, Any] = {
    "schema": "pkicheck/order/1",
    "order": "2026-0815",
    "names": [
        {"name": "Shop.example", "method": "http-01"},
        {"name": "*.shop.example", "method": "3.2.2.4.7"},
        {"name": "192.0.2.1"},
        {"name": "2001:db8::1", "method": None},
    ],
    "kind": "ov",
    "scope": "internal",
    "subject": [["countryName", "ES"], ["2.5.4.10", "Se\xf1or SL"]],
    "account": "4711",
    "accounts": ["https://ca.example/b", "https://ca.example/a", "https://ca.example/b"],
    "issuer": {"id": "dv-1", "caa": ["CA.example", "a.example", "ca.example"], "purpose": "tls"},
    "csr": "MAA=",
    "not_before": "2026-11-21T13:00:00+01:00",
    "not_after": "2027-02-19T11:59:59Z",
    "serial": "162259276829213363391578010288127",
}
_LEAST: dict[str, Any] = {
    "schema": "pkicheck/order/1",
    "order": "1",
    "names": [{"name": "a.example"}],
    "kind": "dv",
    "account": "1",
    "issuer": {"id": "1", "caa": ["ca.example"]},
}


def _read(value: object) -> Order:
    return order_from_json(json.dumps(value).encode())


def _least(**fields: Any) -> Order:
    known: dict[str, Any] = {
        "order": "1",
        "names": (OrderName(name=parse_name("a.example")),),
        "kind": "dv",
        "account": "1",
        "issuer": OrderIssuer(id="1", caa=("ca.example",)),
    }
    return Order(**{**known, **fields})


def test_a_full_order_is_read() -> None:
    """Every field arrives as a value: names parsed, issuers and accounts sorted and each once, times in UTC."""
    order = _read(_FULL)
    assert [(str(each.name), each.method) for each in order.names] == [
        ("shop.example", "http-01"),
        ("*.shop.example", "3.2.2.4.7"),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
    ]
    assert (order.order, order.kind, order.scope, order.account) == ("2026-0815", "ov", "internal", "4711")
    assert order.subject == (("countryName", "ES"), ("2.5.4.10", "Se\xf1or SL"))
    assert order.accounts == ("https://ca.example/a", "https://ca.example/b")
    assert order.issuer == OrderIssuer(id="dv-1", caa=("a.example", "ca.example"), purpose="tls")
    assert order.csr == b"0\0"
    assert (order.not_before, order.not_before and order.not_before.tzinfo) == (_AT, timezone.utc)
    assert order.serial == 162259276829213363391578010288127


def test_what_may_be_left_out() -> None:
    """The least order: public, TLS, nothing else said; null is the same as left out."""
    order = _read(_LEAST)
    assert order == _least()
    assert (order.scope, order.issuer.purpose, order.subject, order.accounts) == ("public", "tls", (), ())
    assert (order.csr, order.not_before, order.not_after, order.serial) == (None, None, None, None)
    optional = ("scope", "subject", "accounts", "csr", "not_before", "not_after", "serial")
    assert _read({**_LEAST, **dict.fromkeys(optional)}) == order
    assert _read({**_LEAST, "issuer": {**_LEAST["issuer"], "purpose": None}}) == order


@pytest.mark.parametrize("value", [_FULL, _LEAST])
def test_one_canonical_form(value: dict[str, Any]) -> None:
    """Writing is canonical JSON with every field, and reading it gives the same order again; so does pickling."""
    order = _read(value)
    written = order_json(order)
    assert written == canonical(parse_json(written))
    assert order_from_json(written) == order
    assert order_json(order_from_json(written)) == written
    assert set(json.loads(written)) == set(_FULL)
    assert pickle.loads(pickle.dumps(order)) == order
    assert hash(order) == hash(_read(value))


def test_the_example_is_an_order() -> None:
    """The example file is an order, and good by the JSON Schema."""
    data = (ROOT / "examples" / "order.json").read_bytes()
    jsonschema.validate(json.loads(data), _SCHEMA)
    assert order_from_json(data).order == "2026-0815"


def test_the_schema_is_a_schema() -> None:
    """The JSON Schema is one, and takes what the reader takes and writes."""
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)
    for value in (_FULL, _LEAST, json.loads(order_json(_read(_FULL))), json.loads(order_json(_read(_LEAST)))):
        jsonschema.validate(value, _SCHEMA)


def _with(*path: str | int, to: object) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(_FULL))
    place: Any = value
    for key in path[:-1]:
        place = place[key]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return value


_DEFECTS: list[tuple[dict[str, Any], str, bool]] = [
    # value, field that the message names, whether the JSON Schema refuses it too
    (_with("schema", to="pkicheck/order/2"), "order.schema", True),
    (_with("schema", to=...), "order.schema", True),
    (_with("colour", to="red"), "order has an unknown field: 'colour'", True),
    (_with("order", to=""), "order.order", True),
    (_with("order", to="a b"), "order.order", True),
    (_with("order", to="x" * 129), "order.order", True),
    (_with("order", to=7), "order.order", True),
    (_with("order", to=...), "order.order", True),
    (_with("names", to=[]), "order.names", True),
    (_with("names", to=...), "order.names", True),
    (_with("names", to="a.example"), "order.names", True),
    (_with("names", to=[{"name": f"n{number}.example"} for number in range(10_001)]), "order.names", True),
    (_with("names", 1, to="a.example"), "order.names[1]", True),
    (_with("names", 1, "name", to="bad..name"), "order.names[1]", False),
    (_with("names", 1, "name", to=...), "order.names[1].name", True),
    (_with("names", 1, "name", to="SHOP.example"), "order.names[1]", False),
    (_with("names", 1, "method", to="dns-99"), "order.names[1]", False),
    (_with("names", 1, "method", to=7), "order.names[1].method", True),
    (_with("names", 1, "account", to="7"), "order.names[1] has an unknown field", True),
    (_with("kind", to="qv"), "order.kind", True),
    (_with("kind", to=...), "order.kind", True),
    (_with("scope", to="private"), "order.scope", True),
    (_with("scope", to=""), "order.scope", True),
    (_with("subject", to={}), "order.subject", True),
    (_with("subject", to=[["countryName", "ES"]] * 101), "order.subject", True),
    (_with("subject", 0, to=["countryName"]), "order.subject[0]", True),
    (_with("subject", 0, to=["countryName", 7]), "order.subject[0]", True),
    (_with("subject", 0, to="no"), "order.subject[0]", True),
    (_with("subject", 0, to=["country name", "ES"]), "order.subject[0]", True),
    (_with("subject", 0, to=["2.5.04.6", "ES"]), "order.subject[0]", True),
    (_with("subject", 0, to=["countryName", ""]), "order.subject[0]", True),
    (_with("subject", 0, to=["countryName", "E\nS"]), "order.subject[0]", False),
    (_with("account", to=""), "order.account", True),
    (_with("account", to="a\x1b[2J"), "order.account", False),
    (_with("account", to="x" * 1001), "order.account", True),
    (_with("account", to=...), "order.account", True),
    (_with("accounts", to=["no uri"]), "order.accounts", True),
    (_with("accounts", to=["a:;"]), "order.accounts", True),
    (_with("accounts", to=["nocolon"]), "order.accounts", True),
    (_with("accounts", to=["a:" + "x" * 999]), "order.accounts", True),
    (_with("accounts", to=[f"a:{number}" for number in range(101)]), "order.accounts", True),
    (_with("accounts", 0, to=7), "order.accounts[0]", True),
    (_with("accounts", to="a:b"), "order.accounts", True),
    (_with("issuer", to=...), "order.issuer", True),
    (_with("issuer", to=[]), "order.issuer", True),
    (_with("issuer", "id", to="two words"), "order.issuer.id", True),
    (_with("issuer", "id", to=...), "order.issuer.id", True),
    (_with("issuer", "caa", to=[]), "order.issuer.caa", True),
    (_with("issuer", "caa", to=...), "order.issuer.caa", True),
    (_with("issuer", "caa", to=["ca.*"]), "order.issuer.caa", True),
    (_with("issuer", "caa", to=["ca.example."]), "order.issuer.caa", False),
    (_with("issuer", "caa", to=["ca.example; a=b"]), "order.issuer.caa", True),
    (_with("issuer", "caa", to=["m\xfcller.example"]), "order.issuer.caa", True),
    (_with("issuer", "caa", to=[""]), "order.issuer.caa", True),
    (_with("issuer", "caa", to=["a." * 126 + "ab"]), "order.issuer.caa", True),
    (_with("issuer", "caa", to=[f"c{number}.example" for number in range(101)]), "order.issuer.caa", True),
    (_with("issuer", "caa", 0, to=7), "order.issuer.caa[0]", True),
    (_with("issuer", "purpose", to="email"), "order.issuer.purpose", True),
    (_with("issuer", "purpose", to=""), "order.issuer.purpose", True),
    (_with("issuer", "purpose", to="smime"), "order.names[1]", False),
    (_with("issuer", "key", to="x"), "order.issuer has an unknown field", True),
    (_with("csr", to="MAA"), "order.csr", False),
    (_with("csr", to="MAB="), "order.csr", False),
    (_with("csr", to=""), "order.csr", True),
    (_with("csr", to=encode_bytes(bytes(1024 * 1024 + 1))), "order.csr", False),
    (_with("not_before", to="2026-11-21"), "order.not_before", True),
    (_with("not_before", to="2026-11-21T12:00:00"), "order.not_before", True),
    (_with("not_after", to="2026-02-30T12:00:00Z"), "order.not_after", False),
    (_with("not_after", to="2026-11-21T11:59:59Z"), "order.not_after", False),
    (_with("serial", to="0"), "order.serial", True),
    (_with("serial", to="-1"), "order.serial", True),
    (_with("serial", to="0x7f"), "order.serial", True),
    (_with("serial", to=7), "order.serial", True),
    (_with("serial", to=str(1 << 159)), "order.serial", False),
    (_with("serial", to="9" * 5000), "order.serial", True),
]


@pytest.mark.parametrize(("value", "field", "by_schema"), _DEFECTS, ids=[f"{n}-{d[1]}" for n, d in enumerate(_DEFECTS)])
def test_a_defect_is_named(value: dict[str, Any], field: str, by_schema: bool) -> None:
    """Each defect is one InputError that begins with its field; the JSON Schema refuses what it can express."""
    with pytest.raises(InputError) as caught:
        _read(value)
    assert str(caught.value).startswith(field)
    assert jsonschema.Draft202012Validator(_SCHEMA).is_valid(value) is not by_schema


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff", b'{"order":1.5}', b'{"order":"a","order":"b"}'])
def test_what_is_no_order(data: bytes) -> None:
    """Octets that are no JSON object are refused with one message."""
    with pytest.raises(InputError, match="^order"):
        order_from_json(data)


def test_an_order_is_bounded() -> None:
    """More octets than an ORDER file has are refused before they are read as JSON; that many are not."""
    text = json.dumps(_LEAST).encode()
    assert order_from_json(text.ljust(LARGEST_ORDER)) == _least()
    with pytest.raises(InputError, match="octets"):
        order_from_json(text.ljust(LARGEST_ORDER + 1))


@given(st.binary(max_size=200))
def test_any_octets_give_an_order_or_an_input_error(data: bytes) -> None:
    """The reader is total."""
    try:
        order_from_json(data)
    except InputError:
        return


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(_FULL)), _JSON)
def test_any_value_of_a_field_gives_an_order_or_an_input_error(field: str, value: object) -> None:
    """The reader is total for every JSON value in every field, and what it takes it writes and reads again."""
    try:
        order = _read({**_FULL, field: value})
    except InputError:
        return
    assert order_from_json(order_json(order)) == order


@pytest.mark.parametrize(
    "make",
    [
        lambda: _least(order="a b"),
        lambda: _least(names=()),
        lambda: _least(kind="xx"),
        lambda: _least(serial=0),
        lambda: _least(serial=1 << 159),
        lambda: _least(csr=b""),
        lambda: _least(not_before=_AT.replace(tzinfo=None)),
        lambda: _least(not_before=_AT, not_after=_AT - timedelta(microseconds=1)),
        lambda: OrderIssuer(id="1", caa=()),
        lambda: OrderName(name=parse_name("a.example"), method="dns-99"),
    ],
)
def test_an_order_made_by_a_program_is_judged_too(make: Callable[[], object]) -> None:
    """The constructors hold the same bounds as the reader."""
    with pytest.raises(InputError):
        make()


def test_bounds_are_included() -> None:
    """The largest serial number, a validity of one instant, a CSR of its largest size."""
    order = _least(serial=(1 << 159) - 1, not_before=_AT, not_after=_AT, csr=bytes(1024 * 1024))
    assert order_from_json(order_json(order)) == order
