"""Validation method ids and their labels: vocabulary only; whether a method may be used on a day belongs to DCV.

A method is named by its section (`3.2.2.4.19`). RFC 8657 `validationmethods` names methods by label: the ACME label
from IANA's registry where there is one, and `ca-tbr-N` for section 3.2.2.4.N (BR 4.2.2.1.2, since BR 2.2.8). One act of
validation may answer to two labels. Methods for addresses (3.2.2.5) have none: CAA is not checked for addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NewType

from pkicheck.errors import InputError

__all__ = ["ACME_LABELS", "METHODS", "MethodId", "acme_label", "labels", "method"]

MethodId = NewType("MethodId", str)
"""A method by its section in the Baseline Requirements, for example `3.2.2.4.19`."""

ACME_LABELS: Mapping[str, MethodId] = MappingProxyType(
    {
        "dns-01": MethodId("3.2.2.4.7"),
        "http-01": MethodId("3.2.2.4.19"),
        "tls-alpn-01": MethodId("3.2.2.4.20"),
    }
)
"""ACME validation methods in IANA's registry (RFC 8555 §9.7.8) and the method each one performs.

dns-account-01 and dns-persist-01 are not registered; until they are, `ca-tbr-21` and `ca-tbr-22` are their labels.
"""

_CHALLENGES: Mapping[str, str] = MappingProxyType(
    {
        **{done: label for label, done in ACME_LABELS.items()},
        "3.2.2.4.21": "dns-account-01",
        "3.2.2.4.22": "dns-persist-01",
        "3.2.2.5.6": "http-01",
        "3.2.2.5.7": "tls-alpn-01",
    }
)

METHODS: tuple[MethodId, ...] = tuple(
    [MethodId(f"3.2.2.4.{number}") for number in range(1, 23)]
    + [MethodId(f"3.2.2.5.{number}") for number in range(1, 9)]
)
"""Every method there ever was, retired ones included."""

_LABELS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **{
            each: frozenset(
                {f"ca-tbr-{each.rpartition('.')[2]}"} | {label for label, done in ACME_LABELS.items() if done == each}
            )
            for each in METHODS
            if each.startswith("3.2.2.4.")
        },
        **{each: frozenset() for each in METHODS if each.startswith("3.2.2.5.")},
    }
)


def method(text: str) -> MethodId:
    """The method that a section number, or a label, names.

    Raises:
        InputError: neither.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all typed
        msg = f"method must be a text, got {type(text).__name__}"
        raise InputError(msg)
    if text in _LABELS:
        return MethodId(text)
    for each, names in _LABELS.items():
        if text in names:
            return MethodId(each)
    msg = f"no validation method is called {text[:80]!a}: give a section such as 3.2.2.4.19, or a label such as http-01"
    raise InputError(msg)


def labels(which: MethodId | str) -> frozenset[str]:
    """The RFC 8657 labels that a method answers to.

    A section answers to all its labels: `3.2.2.4.19` to `http-01` and `ca-tbr-19`. Method 3.2.2.4.7 can be performed as
    ACME dns-01 or without ACME; who knows which gives the narrower name: `ca-tbr-7` answers to `ca-tbr-7` only, while
    `dns-01` is performed under 3.2.2.4.7 and answers to both.

    Args:
        which: a section, or a label.

    Returns:
        Lower-case labels; none for the methods of 3.2.2.5.

    Raises:
        InputError: no such method.
    """
    section = method(which)
    if which.startswith("ca-tbr-") and ACME_LABELS["dns-01"] == section:
        return frozenset({str(which)})
    return _LABELS[section]


def acme_label(which: MethodId | str) -> str | None:
    """The ACME challenge that performs a method, by the name ACME or its drafts give it; None without one.

    Names of drafts (dns-account-01, dns-persist-01) are no RFC 8657 labels until IANA registers them.

    Raises:
        InputError: no such method.
    """
    return _CHALLENGES.get(method(which))
