"""The ORDER file `pkicheck/order/1`: what one issuance needs, as one JSON value that scripts hand from step to step.

An order says who asks, for which names, by which methods, from which issuer. It is input, not evidence: nothing in it
is believed until a check has proven it, and what is signed is judged again by itself (C01).

    {
      "schema": "pkicheck/order/1",
      "order": "2026-0815",
      "names": [{"name": "shop.example", "method": "http-01"}, {"name": "*.shop.example", "method": "3.2.2.4.7"}],
      "kind": "dv", "scope": "public", "subject": [["countryName", "ES"]],
      "account": "4711", "accounts": ["https://ca.example/acct/4711"],
      "issuer": {"id": "dv-1", "caa": ["ca.example"], "purpose": "tls"},
      "csr": "<base64 of DER>", "not_before": "2026-11-21T12:00:00Z", "not_after": "2027-02-19T11:59:59Z",
      "serial": "162259276829213363391578010288127"
    }

`order`, `names`, `kind`, `account` and `issuer` (with `id` and `caa`) must be there. A field that may be left out may
also be null. An unknown field is refused: a misspelled one would otherwise be silently without effect.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias, cast, get_args

import attrs

from pkicheck.canon import JsonValue, canonical, decode_bytes, encode_bytes, format_time, parse_json, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.issuevalue import IssueValue, parse_issue_value
from pkicheck.methods import method
from pkicheck.names import CertName, WildcardName, name_text, parse_name

__all__ = [
    "LARGEST_ORDER",
    "SCHEMA",
    "Order",
    "OrderIssuer",
    "OrderKind",
    "OrderName",
    "OrderPurpose",
    "OrderScope",
    "order_from_json",
    "order_json",
]

SCHEMA: Final = "pkicheck/order/1"
"""The schema of an ORDER file; `pkicheck/_data/order-1.schema.json` is its JSON Schema."""

LARGEST_ORDER: Final = 4 * 1024 * 1024
"""No ORDER file is larger, in octets."""

OrderKind: TypeAlias = Literal["dv", "ov", "iv", "ev"]
OrderScope: TypeAlias = Literal["public", "internal"]
OrderPurpose: TypeAlias = Literal["tls", "smime", "vmc"]

_MOST_NAMES: Final = 10_000
_MOST_OTHERS: Final = 100
_LONGEST: Final = 1000
_LARGEST_CSR: Final = 1024 * 1024
# RFC 5280 §4.1.2.2: positive, and at most 20 octets as a DER INTEGER.
_SERIALS: Final = 1 << 159
_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}|[0-2](?:\.(?:0|[1-9][0-9]{0,18})){1,30}", re.ASCII)
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,47}", re.ASCII)


def _demand(holds: bool, field: str, want: str, got: object = None) -> None:
    if not holds:
        msg = f"{field} must be {want}" + ("" if got is None else f", got {got!a:.80}")
        raise InputError(msg)


def _token(field: str, value: str) -> None:
    want = "1 to 128 of the characters A-Z a-z 0-9 . _ : / @ - and begin with a letter or digit"
    _demand(_TOKEN.fullmatch(value) is not None, field, want, value)


def _printable(field: str, value: str) -> None:
    _demand(0 < len(value) <= _LONGEST and value.isprintable(), field, f"1 to {_LONGEST} printable characters", value)


def _sorted(values: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _lowered(values: Collection[str]) -> tuple[str, ...]:
    return _sorted([each.lower() for each in values])


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment, what="order: a time")


@attrs.frozen(kw_only=True)
class OrderName:
    """A name of the order.

    Attributes:
        name: as it is to stand in the certificate.
        method: the validation method of this name, a section (`3.2.2.4.7`) or a label (`dns-01`); None: not said.

    Raises:
        InputError: there is no such method.
    """

    name: CertName
    method: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.method is not None:
            method(self.method)


@attrs.frozen(kw_only=True)
class OrderIssuer:
    """Who is to issue.

    Attributes:
        id: what the CA calls this issuer, a token.
        caa: its issuer domain names in CAA records: lower-case A-labels, sorted, each once.
        purpose: what the certificate is for.

    Raises:
        InputError: a field is out of its bounds; the message names it.
    """

    id: str
    caa: tuple[str, ...] = attrs.field(converter=_lowered)
    purpose: OrderPurpose = "tls"

    def __attrs_post_init__(self) -> None:
        _token("order.issuer.id", self.id)
        _demand(0 < len(self.caa) <= _MOST_OTHERS, "order.issuer.caa", f"1 to {_MOST_OTHERS} issuer domain names")
        for each in self.caa:
            # A text that is no ASCII encodes to something that is not itself.
            octets = each.encode("ascii", "replace")
            value = parse_issue_value(octets)
            holds = isinstance(value, IssueValue) and value.issuer == octets == each.encode() and len(each) <= 253
            _demand(holds, "order.issuer.caa", "issuer domain names in A-labels (RFC 8659 §4.2)", each)
        _demand(self.purpose in get_args(OrderPurpose), "order.issuer.purpose", f"one of {_PURPOSES}", self.purpose)


@attrs.frozen(kw_only=True)
class Order:
    """An order. A value exists only when every field is in its bounds.

    Attributes:
        order: what the CA calls the order, a token (letters, digits, ``. _ : / @ -``).
        names: at least one, none twice, in the order of the certificate.
        kind: how the applicant is validated: `dv`, `ov`, `iv` or `ev`.
        scope: `public`, or `internal` for a private PKI.
        subject: attributes of the subject in their order: type (a name such as `countryName`, or a dotted OID), value.
        account: what the CA calls the account that asks.
        accounts: the accepted spellings of that account as a URI (RFC 8657 §3), sorted, each once.
        issuer: who is to issue.
        csr: the certification request in DER, None when there is none yet. It is not read here.
        not_before: the beginning of the validity asked for (UTC), None when not said.
        not_after: its end (UTC, included), None when not said.
        serial: the serial number to use, None when not said.

    Raises:
        InputError: a field is out of its bounds; the message names it.
    """

    order: str
    names: tuple[OrderName, ...]
    kind: OrderKind
    scope: OrderScope = "public"
    subject: tuple[tuple[str, str], ...] = ()
    account: str
    accounts: tuple[str, ...] = attrs.field(default=(), converter=_sorted)
    issuer: OrderIssuer
    csr: bytes | None = None
    not_before: datetime | None = attrs.field(default=None, converter=_in_utc)
    not_after: datetime | None = attrs.field(default=None, converter=_in_utc)
    serial: int | None = None

    def __attrs_post_init__(self) -> None:
        _token("order.order", self.order)
        _demand(self.kind in get_args(OrderKind), "order.kind", f"one of {_KINDS}", self.kind)
        _demand(self.scope in get_args(OrderScope), "order.scope", f"one of {_SCOPES}", self.scope)
        self._check_names()
        self._check_people()
        if self.csr is not None:
            _demand(0 < len(self.csr) <= _LARGEST_CSR, "order.csr", f"1 to {_LARGEST_CSR} octets")
        if self.not_before is not None and self.not_after is not None:
            _demand(self.not_before <= self.not_after, "order.not_after", "not before order.not_before")
        if self.serial is not None:
            _demand(0 < self.serial < _SERIALS, "order.serial", "positive and below 2**159")

    def _check_names(self) -> None:
        _demand(0 < len(self.names) <= _MOST_NAMES, "order.names", f"1 to {_MOST_NAMES} names")
        places: dict[CertName, int] = {}
        for index, each in enumerate(self.names):
            first = places.setdefault(each.name, index)
            _demand(first == index, f"order.names[{index}]", f"another name than order.names[{first}]")
            if isinstance(each.name, WildcardName) and self.issuer.purpose != "tls":
                _demand(False, f"order.names[{index}]", f"no wildcard name for purpose {self.issuer.purpose}")

    def _check_people(self) -> None:
        _printable("order.account", self.account)
        _demand(len(self.subject) <= _MOST_OTHERS, "order.subject", f"at most {_MOST_OTHERS} attributes")
        for index, (kind, value) in enumerate(self.subject):
            known = _ATTRIBUTE.fullmatch(kind) is not None
            _demand(known, f"order.subject[{index}]", "an attribute name or a dotted OID, and a value", kind)
            _printable(f"order.subject[{index}]", value)
        _demand(len(self.accounts) <= _MOST_OTHERS, "order.accounts", f"at most {_MOST_OTHERS} URIs")
        for each in self.accounts:
            # RFC 8659 §4.2 value: %x21-3A / %x3C-7E.
            holds = ":" in each and len(each) <= _LONGEST and all("!" <= char <= "~" and char != ";" for char in each)
            _demand(holds, "order.accounts", "URIs of printable ASCII without blanks and semicolons", each)


_KINDS: Final = ", ".join(get_args(OrderKind))
_SCOPES: Final = ", ".join(get_args(OrderScope))
_PURPOSES: Final = ", ".join(get_args(OrderPurpose))


class _Object:
    """A JSON object, read field by field: every field has one type, and none may be left over."""

    def __init__(self, value: JsonValue, what: str) -> None:
        _demand(isinstance(value, Mapping), what, "an object")
        self._left = dict(cast("Mapping[str, JsonValue]", value))
        self.what = what

    def optional(self, key: str) -> str | None:
        """A text that may be missing or null."""
        value = self._left.pop(key, None)
        _demand(value is None or isinstance(value, str), f"{self.what}.{key}", "a text", value)
        return cast("str | None", value)

    def text_or(self, key: str, default: str) -> str:
        """A text that may be missing or null: then it is the default. An empty text is not missing."""
        value = self.optional(key)
        return default if value is None else value

    def text(self, key: str) -> str:
        """A text."""
        value = self.optional(key)
        _demand(value is not None, f"{self.what}.{key}", "there")
        return cast("str", value)

    def items(self, key: str) -> list[JsonValue]:
        """A list that may be missing or null: then it is empty."""
        value = self._left.pop(key, None)
        _demand(value is None or isinstance(value, list), f"{self.what}.{key}", "a list")
        return [] if value is None else list(cast("list[JsonValue]", value))

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        found = self.items(key)
        for index, each in enumerate(found):
            _demand(isinstance(each, str), f"{self.what}.{key}[{index}]", "a text", each)
        return cast("list[str]", found)

    def object(self, key: str) -> _Object:
        """An object."""
        return _Object(self._left.pop(key, None), f"{self.what}.{key}")

    def end(self) -> None:
        """Nothing is left over."""
        if self._left:
            msg = f"{self.what} has an unknown field: {min(self._left)[:80]!a}"
            raise InputError(msg)


def _name(value: JsonValue, what: str) -> OrderName:
    entry = _Object(value, what)
    text, way = entry.text("name"), entry.optional("method")
    entry.end()
    try:
        return OrderName(name=parse_name(text), method=way)
    except InputError as error:
        msg = f"{what}: {error}"
        raise InputError(msg) from None


def _attribute(value: JsonValue, what: str) -> tuple[str, str]:
    holds = isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)
    _demand(holds, what, "a pair of texts: type and value")
    kind, text = cast("list[str]", value)
    return kind, text


def _time(text: str | None, what: str) -> datetime | None:
    return None if text is None else parse_time(text, what=what)


def _serial(text: str | None) -> int | None:
    if text is None:
        return None
    _demand(_DIGITS.fullmatch(text) is not None, "order.serial", "a positive number as a text of decimal digits", text)
    return int(text)


def order_from_json(data: bytes) -> Order:
    """Read an ORDER file.

    Args:
        data: its octets: strict JSON in UTF-8, not necessarily canonical.

    Raises:
        InputError: no JSON, another schema, an unknown field, or a field out of its bounds; the message names it.
    """
    _demand(len(data) <= LARGEST_ORDER, "order", f"at most {LARGEST_ORDER} octets")
    top = _Object(parse_json(data, what="order"), "order")
    schema = top.optional("schema")
    _demand(schema == SCHEMA, "order.schema", SCHEMA, schema)
    issuer = top.object("issuer")
    names = top.items("names")
    subject = top.items("subject")
    csr = top.optional("csr")
    # The constructors judge the values of kind, scope and purpose.
    order = Order(
        order=top.text("order"),
        names=tuple(_name(each, f"order.names[{index}]") for index, each in enumerate(names)),
        kind=cast("OrderKind", top.text("kind")),
        scope=cast("OrderScope", top.text_or("scope", "public")),
        subject=tuple(_attribute(each, f"order.subject[{index}]") for index, each in enumerate(subject)),
        account=top.text("account"),
        accounts=tuple(top.texts("accounts")),
        issuer=OrderIssuer(
            id=issuer.text("id"),
            caa=tuple(issuer.texts("caa")),
            purpose=cast("OrderPurpose", issuer.text_or("purpose", "tls")),
        ),
        csr=None if csr is None else decode_bytes(csr, what="order.csr"),
        not_before=_time(top.optional("not_before"), "order.not_before"),
        not_after=_time(top.optional("not_after"), "order.not_after"),
        serial=_serial(top.optional("serial")),
    )
    issuer.end()
    top.end()
    return order


def order_json(order: Order) -> bytes:
    """The order as canonical JSON with every field; equal orders give equal octets."""
    return canonical(
        {
            "schema": SCHEMA,
            "order": order.order,
            "names": [{"name": name_text(each.name), "method": each.method} for each in order.names],
            "kind": order.kind,
            "scope": order.scope,
            "subject": [list(each) for each in order.subject],
            "account": order.account,
            "accounts": list(order.accounts),
            "issuer": {"id": order.issuer.id, "caa": list(order.issuer.caa), "purpose": order.issuer.purpose},
            "csr": None if order.csr is None else encode_bytes(order.csr),
            "not_before": None if order.not_before is None else format_time(order.not_before),
            "not_after": None if order.not_after is None else format_time(order.not_after),
            "serial": None if order.serial is None else str(order.serial),
        }
    )
