"""Validation methods as vocabulary: sections, and the RFC 8657 labels each of them answers to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkicheck.errors import InputError
from pkicheck.methods import ACME_LABELS, METHODS, MethodId, labels, method

SECTIONS = [f"3.2.2.4.{number}" for number in range(1, 23)] + [f"3.2.2.5.{number}" for number in range(1, 9)]
ALL_LABELS = sorted({label for each in METHODS for label in labels(each)})


def test_every_method_there_ever_was() -> None:
    """3.2.2.4.1 to .22 and 3.2.2.5.1 to .8, retired ones included, each once."""
    assert list(METHODS) == SECTIONS


@pytest.mark.parametrize(
    ("which", "wanted"),
    [
        ("3.2.2.4.19", {"http-01", "ca-tbr-19"}),
        ("http-01", {"http-01", "ca-tbr-19"}),
        ("ca-tbr-19", {"http-01", "ca-tbr-19"}),
        ("tls-alpn-01", {"tls-alpn-01", "ca-tbr-20"}),
        ("3.2.2.4.7", {"dns-01", "ca-tbr-7"}),
        ("dns-01", {"dns-01", "ca-tbr-7"}),
        ("ca-tbr-7", {"ca-tbr-7"}),
        ("3.2.2.4.18", {"ca-tbr-18"}),
        ("3.2.2.4.21", {"ca-tbr-21"}),
        ("3.2.2.4.22", {"ca-tbr-22"}),
        ("3.2.2.5.1", set()),
    ],
)
def test_labels(which: str, wanted: set[str]) -> None:
    """One act of validation may answer to two labels; a DNS change without ACME is not dns-01 (BR 4.2.2.1.2, C17)."""
    assert labels(which) == wanted


def test_every_domain_method_has_its_section_label() -> None:
    """`ca-tbr-N` is section 3.2.2.4.N for each N; methods for addresses have no label (BR 4.2.2.1.2)."""
    for each in METHODS:
        if each.startswith("3.2.2.4."):
            assert f"ca-tbr-{each.removeprefix('3.2.2.4.')}" in labels(each)
        else:
            assert labels(each) == frozenset()


@pytest.mark.parametrize("label", ALL_LABELS)
def test_a_label_names_one_method(label: str) -> None:
    """A label is lower-case LDH, belongs to one method, and answers to itself and to no label of another."""
    assert re.fullmatch(r"[a-z0-9-]+", label)
    assert [each for each in METHODS if label in labels(each)] == [method(label)]
    assert label in labels(label) <= labels(method(label))


def test_acme_labels_are_registered_ones() -> None:
    """The ACME labels are those of IANA's registry and point at methods that exist."""
    assert set(ACME_LABELS) == {"dns-01", "http-01", "tls-alpn-01"}
    assert set(ACME_LABELS.values()) <= set(METHODS)
    with pytest.raises(TypeError):
        ACME_LABELS["dns-02"] = MethodId("3.2.2.4.7")  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize("text", SECTIONS)
def test_a_section_names_itself(text: str) -> None:
    """`method` gives a section back as it is."""
    assert method(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "3.2.2.4", "3.2.2.4.0", "3.2.2.4.23", "3.2.2.5.9", "HTTP-01", "ca-tbr-0", "ca-tbr-007", " http-01", "dns-02"],
)
def test_no_such_method(text: str) -> None:
    """What is neither section nor label is refused, never guessed at."""
    for ask in (method, labels):
        with pytest.raises(InputError, match="no validation method is called"):
            ask(text)


@pytest.mark.parametrize("wrong", [None, 19, b"http-01", ["http-01"]])
def test_a_method_is_a_text(wrong: Any) -> None:
    """What is no text is refused by its type."""
    for ask in (method, labels):
        with pytest.raises(InputError, match=f"method must be a text, got {type(wrong).__name__}"):
            ask(wrong)


@given(st.text())
def test_any_text_is_a_method_or_refused(text: str) -> None:
    """Any text is a method or an InputError whose message is bounded ASCII (R017)."""
    try:
        found = method(text)
    except InputError as error:
        message = str(error)
    else:
        message = "none"
        assert found in METHODS
    assert re.fullmatch(r"[ -~]{1,1000}", message)
