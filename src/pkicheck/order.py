"""The ORDER file `pkicheck/order/1`: what one issuance needs, as one JSON value that scripts hand from step to step.

An order says who asks, for which names, by which methods, from which issuer. It is input, not evidence: nothing in it is
believed until a check has proven it, and what is signed is judged again by itself (C01).

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

`order`, `names`, `kind`, `account` and `issuer` (with `id` and `caa`) must be there. A field that may be left out may also
be null. An unknown field is refused: a misspelled one would otherwise be silently without effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar, cast, get_args

import attrs

from pkicheck.canon import JsonValue, canonical, decode_bytes, encode_bytes, format_time, parse_json, parse_time, utc
from pkicheck.errors import InputError
from pkicheck.issuevalue import IssueValue, parse_issue_value
from pkicheck.methods import method
from pkicheck.names import CertName, name_text, parse_name

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
# RFC 5280 §4.1.2.2: positive, at most 20 octets as a DER INTEGER.
_SERIALS: Final = 1 << 159
_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}|[0-2](?:\.(?:0|[1-9][0-9]{0,18})){1,30}", re.ASCII)
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,47}", re.ASCII)

_T = TypeVar("_T")


def _refuse(field: str, want: str, got: object = None) -> InputError:
    return InputError(f"{field} must be {want}" + ("" if got is None else f", got {got!a:.80}"))


def _token(what: str) -> Callable[[object, object, str], None]:
    def check(_: object, __: object, value: str) -> None:
        if not isinstance(value, str) or _TOKEN.fullmatch(value) is None:  # pyright: ignore[reportUnnecessaryIsInstance]
            want = "1 to 128 of the characters A-Z a-z 0-9 . _ : / @ - and start with a letter or digit"
            raise _refuse(what, want, value)

    return check


def _printable(what: str, value: str) -> None:
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= _LONGEST:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _refuse(what, f"1 to {_LONGEST} printable characters", value)


def _issuers(values: Sequence[str]) -> tuple[str, ...]:
    """Issuer domain names as lower-case A-labels, sorted, each once (RFC 8659 §4.2)."""
    found: set[str] = set()
    for index, item in enumerate(_some(values, "issuer.caa")):
        value = parse_issue_value(item.lower().encode("ascii", "replace"))
        if not isinstance(value, IssueValue) or value.issuer != item.lower().encode("ascii", "replace") or len(item) > 253:
            raise _refuse(f"issuer.caa[{index}]", "an issuer domain name in A-labels (RFC 8659 §4.2)", item)
        found.add(item.lower())
    if not found:
        raise _refuse("issuer.caa", "one or more issuer domain names of the CA")
    return tuple(sorted(found))


def _accounts(values: Sequence[str]) -> tuple[str, ...]:
    """Spellings of an account, sorted, each once (RFC 8657 §3; RFC 8659 §4.2 value: %x21-3A / %x3C-7E)."""
    for index, item in enumerate(_some(values, "accounts")):
        if not all("\x21" <= char <= "\x7e" and char != ";" for char in item) or not 0 < item.find(":") < _LONGEST:
            raise _refuse(f"accounts[{index}]", "a URI of printable ASCII without blanks and semicolons", item)
        if len(item) > _LONGEST:
            raise _refuse(f"accounts[{index}]", f"at most {_LONGEST} characters", item)
    return tuple(sorted(set(values)))


def _some(values: Sequence[_T], what: str, most: int = _MOST_OTHERS) -> Sequence[_T]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _refuse(what, "a list", values)
    if len(values) > most:
        raise _refuse(what, f"a list of at most {most}", len(values))
    return values


def _moment(what: str) -> Callable[[datetime | None], datetime | None]:
    return lambda value: None if value is None else utc(value, what=what)


def _one_of(what: str, *allowed: str) -> Callable[[object, object, str], None]:
    def check(_: object, __: object, value: str) -> None:
        if value not in allowed:
            raise _refuse(what, f"one of {', '.join(allowed)}", value)

    return check


@attrs.frozen(kw_only=True)
class OrderName:
    """A name of the order.

    Attributes:
        name: as it shall stand in the certificate.
        method: the validation method of this name, a section (`3.2.2.4.7`) or a label (`dns-01`); None: not said.
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
    """

    id: str = attrs.field(validator=_token("issuer.id"))
    caa: tuple[str, ...] = attrs.field(converter=_issuers)
    purpose: OrderPurpose = attrs.field(
        default="tls", validator=_one_of("issuer.purpose", *get_args(OrderPurpose))
    )


@attrs.frozen(kw_only=True)
class Order:
    """An order. Strict: a value exists only when every field is in its bounds.

    Attributes:
        order: what the CA calls the order, a token (letters, digits, ``. _ : / @ -``).
        names: at least one, none twice, in the order of the certificate.
        kind: what is validated: `dv`, `ov`, `iv` or `ev`.
        scope: `public`, or `internal` for a private PKI.
        subject: attributes of the subject in order, as pairs of a type (a name such as `countryName`, or a dotted OID)
            and a value.
        account: what the CA calls the account that asks.
        accounts: the accepted spellings of that account as a URI (RFC 8657 §3), sorted, each once.
        issuer: who is to issue.
        csr: the certification request in DER, None when there is none yet. Not read here.
        not_before, not_after: the validity asked for (UTC), None when not said.
        serial: the serial number to use, None when not said.

    Raises:
        InputError: a field is out of its bounds; the message names it.
    """

    order: str = attrs.field(validator=_token("order"))
    names: tuple[OrderName, ...] = attrs.field(converter=lambda values: tuple(_some(values, "names", _MOST_NAMES)))
    kind: OrderKind = attrs.field(validator=_one_of("kind", *get_args(OrderKind)))
    scope: OrderScope = attrs.field(default="public", validator=_one_of("scope", *get_args(OrderScope)))
    subject: tuple[tuple[str, str], ...] = attrs.field(
        default=(), converter=lambda values: tuple(_some(values, "subject"))
    )
    account: str
    accounts: tuple[str, ...] = attrs.field(default=(), converter=_accounts)
    issuer: OrderIssuer
    csr: bytes | None = None
    not_before: datetime | None = attrs.field(default=None, converter=_moment("not_before"))
    not_after: datetime | None = attrs.field(default=None, converter=_moment("not_after"))
    serial: int | None = None
