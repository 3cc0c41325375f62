"""The caller's own names: issuer domain names and account URIs, normalised once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import idna

from pkicheck.errors import InputError
from pkicheck.issuevalue import IssueValue, parse_issue_value

__all__ = ["account_uris", "issuer_names"]

# A CA publishes a handful; a list this long is a mistake, and every record is compared with it.
_MOST: Final = 1000


def _texts(values: Collection[str], what: str) -> list[str]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Collection):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"{what} must be a collection of texts, got {type(values).__name__} {str(values)[:80]!a}"
        raise InputError(msg)
    items = list(values)
    for item in items:
        if not isinstance(item, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
            msg = f"{what} must hold texts, got {type(item).__name__}"
            raise InputError(msg)
    if len(items) > _MOST:
        msg = f"{what} holds {len(items)} texts, more than {_MOST}"
        raise InputError(msg)
    return items


def issuer_names(values: Collection[str]) -> tuple[str, ...]:
    """The issuer domain names of a CA: lower-case A-labels, sorted, each once (BR 3.2.2.8; RFC 8659 §4.2 grammar).

    Raises:
        InputError: no name at all, or one that is no issuer domain name (a pattern, a trailing dot, a blank, ...).
    """
    found: set[str] = set()
    for item in _texts(values, "issuers"):
        try:
            text = item if item.isascii() else idna.encode(item, uts46=True, std3_rules=True).decode("ascii")
        except UnicodeError as error:
            msg = f"issuers: {item[:80]!a} has no A-label form: {error}"
            raise InputError(msg) from None
        value = parse_issue_value(text.encode("ascii"))
        lowered = text.lower().encode("ascii")
        if not isinstance(value, IssueValue) or value.issuer != lowered or len(lowered) > 253:
            msg = (
                f"issuers: {item[:80]!a} is not an issuer domain name (RFC 8659 §4.2): labels of letters, "
                "digits and inner hyphens, joined by dots"
            )
            raise InputError(msg)
        found.add(text.lower())
    if not found:
        msg = "issuers must not be empty: name the issuer domain names of this CA"
        raise InputError(msg)
    return tuple(sorted(found))


def account_uris(values: Collection[str]) -> tuple[str, ...]:
    """The accepted spellings of the account that asks, sorted (RFC 8657 §3).

    Raises:
        InputError: a text that no accounturi parameter can hold (RFC 8659 §4.2 value: %x21-3A / %x3C-7E).
    """
    items = _texts(values, "accounts")
    for item in items:
        if not item or not all("\x21" <= char <= "\x7e" and char != ";" for char in item) or ":" not in item:
            msg = (
                f"accounts: {item[:80]!a} cannot be an accounturi: a URI of printable ASCII without blanks and "
                "semicolons"
            )
            raise InputError(msg)
    return tuple(sorted(set(items)))
