"""Writes tests/vectors/subject: `python tests/make_subject_vectors.py` makes the same files each time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.keykit import seq, tlv
from tests.vectorfile import ROOT

_OIDS = {
    "DC": "060a0992268993f22c640119",
    "C": "0603550406",
    "ST": "0603550408",
    "L": "0603550407",
    "postalCode": "0603550411",
    "street": "0603550409",
    "O": "060355040a",
    "SN": "0603550404",
    "GN": "060355042a",
    "OU": "060355040b",
    "CN": "0603550403",
    "businessCategory": "060355040f",
    "jurisdictionL": "060b2b0601040182373c020101",
    "jurisdictionST": "060b2b0601040182373c020102",
    "jurisdictionC": "060b2b0601040182373c020103",
    "serialNumber": "0603550405",
    "organizationIdentifier": "0603550461",
    "title": "060355040c",
    "emailAddress": "06092a864886f70d010901",
}
_UTF8, _PRINTABLE, _TELETEX, _IA5, _UNIVERSAL, _BMP, _OCTETS = 0x0C, 0x13, 0x14, 0x16, 0x1C, 0x1E, 0x04
_OV = (("C", "ES"), ("L", "Bilbao"), ("O", "Acme S.A."))
_IV = (("C", "GB"), ("ST", "Kent"), ("SN", "Doe"), ("GN", "Jo"))
_EV = (
    ("C", "DE"),
    ("L", "Berlin"),
    ("O", "Acme GmbH"),
    ("businessCategory", "Private Organization"),
    ("jurisdictionC", "DE"),
    ("serialNumber", "HRB 1234"),
)


@attrs.frozen
class Made:
    """One vector before it is written."""

    id: str
    comment: str
    kind: str
    name: bytes
    codes: tuple[str, ...]
    rule: str
    source: str
    at: str = ""


def value(kind: str, text: str | bytes, tag: int | None = None) -> bytes:
    """An AttributeTypeAndValue."""
    usual = {"C": _PRINTABLE, "jurisdictionC": _PRINTABLE, "serialNumber": _PRINTABLE, "DC": _IA5}.get(kind, _UTF8)
    tag = usual if tag is None else tag
    if isinstance(text, str):
        text = text.encode({_TELETEX: "latin-1", _BMP: "utf-16-be", _UNIVERSAL: "utf-32-be"}.get(tag, "utf-8"))
    return seq(bytes.fromhex(_OIDS[kind]), tlv(tag, text))


def rdn(*values: bytes) -> bytes:
    """A RelativeDistinguishedName."""
    return tlv(0x31, b"".join(sorted(values)))


def name(*pairs: tuple[str, str] | tuple[str, str | bytes, int]) -> bytes:
    """A Name with a RelativeDistinguishedName for each attribute."""
    return seq(*(rdn(value(*pair)) for pair in pairs))  # pyright: ignore[reportArgumentType]


def structure() -> Iterator[Made]:
    """Names in DER, the order and the number of attributes."""
    der = {"rule": "rfc5280.4.1.2.4/name", "source": "RFC 5280 4.1.2.4; K18"}
    single = {"rule": "br.7.1.4.1/one-per-rdn", "source": "BR 7.1.4.1"}
    order = {"rule": "br.7.1.4.2/order", "source": "BR 7.1.4.2"}
    yield Made("empty", "a DV certificate may have an empty subject", "dv", seq(), (), **der)
    bare = name(*_OV)
    yield Made("no-bytes", "no bytes at all", "dv", b"", ("subject.not-der",), **der)
    yield Made("trailing", "an octet behind the Name", "dv", seq() + b"\0", ("subject.not-der",), **der)
    yield Made("set", "a SET in the place of the SEQUENCE", "dv", b"\x31\0", ("subject.not-der",), **der)
    yield Made("cut", "cut off in its content", "dv", b"\x30\x05" + bare[2:6], ("subject.not-der",), **der)
    yield Made(
        "rdn-sequence",
        "a SEQUENCE in the place of a RelativeDistinguishedName",
        "dv",
        seq(seq()),
        ("subject.not-der",),
        **der,
    )
    yield Made(
        "rdn-empty", "a RelativeDistinguishedName without an attribute", "dv", seq(rdn()), ("subject.rdn-empty",), **der
    )
    for word, tag in (("set", b"\x31"), ("context", b"\xa0")):
        whole = value("C", "ES")
        other = seq(tlv(0x31, tag + whole[1:]))
        yield Made(f"value-{word}", "another tag in the place of SEQUENCE", "dv", other, ("subject.not-der",), **der)
    one_field = seq(rdn(seq(bytes.fromhex(_OIDS["C"]))))
    yield Made("value-absent", "an attribute without a value", "dv", one_field, ("subject.not-der",), **der)
    three = seq(rdn(seq(bytes.fromhex(_OIDS["C"]), tlv(_PRINTABLE, b"ES"), tlv(5, b""))))
    yield Made("value-twice", "an attribute with two values", "dv", three, ("subject.not-der",), **der)
    unsorted = seq(tlv(0x31, value("L", "Bilbao") + value("C", "ES")))
    yield Made("set-unsorted", "a SET that is not in order", "dv", unsorted, ("subject.not-der",), **der)
    several = seq(rdn(value("C", "ES"), value("L", "Bilbao")), rdn(value("O", "Acme")))
    yield Made(
        "rdn-several",
        "two attributes in one RelativeDistinguishedName",
        "ov",
        several,
        ("subject.rdn-several",),
        **single,
    )
    yield Made(
        "rdn-several-then",
        "before the profiles that was allowed",
        "ov",
        several,
        (),
        at="2023-09-14T23:59:59Z",
        **single,
    )
    three_in_one = seq(rdn(value("C", "ES"), value("L", "Bilbao"), value("O", "Acme")))
    yield Made(
        "rdn-three",
        "three attributes in one: two findings, and a SET has its own order",
        "ov",
        three_in_one,
        ("subject.rdn-several", "subject.rdn-several", "subject.attribute-order"),
        **single,
    )
    yield Made(
        "repeated",
        "the same attribute twice",
        "ov",
        name(*_OV, ("O", "Acme")),
        ("subject.attribute-repeated",),
        **single,
    )
    yield Made(
        "repeated-then", "before the profiles", "ov", name(*_OV, ("O", "Acme")), (), at="2023-09-14T23:59:59Z", **single
    )
    yield Made(
        "repeated-now",
        "on the day of the profiles",
        "ov",
        name(*_OV, ("O", "Acme")),
        ("subject.attribute-repeated",),
        at="2023-09-15T00:00:00Z",
        **single,
    )
    streets = name(("C", "ES"), ("L", "Bilbao"), ("street", "1"), ("street", "2"), ("O", "Acme"))
    yield Made(
        "streets", "streetAddress may stand more than once", "ov", streets, ("subject.attribute-not-advised",), **single
    )
    components = name(("DC", "com"), ("DC", "acme"), *_OV)
    yield Made("components", "domainComponent may stand more than once", "ov", components, (), **single)
    swapped = name(("L", "Bilbao"), ("C", "ES"), ("O", "Acme"))
    yield Made("order", "L before C", "ov", swapped, ("subject.attribute-order",), **order)
    yield Made("order-then", "before the profiles", "ov", swapped, (), at="2023-09-14T23:59:59Z", **order)
    back = name(("O", "Acme"), ("L", "Bilbao"), ("C", "ES"))
    yield Made(
        "order-backwards", "two attributes stand behind O", "ov", back, ("subject.attribute-order",) * 2, **order
    )
    late = name(("C", "ES"), ("L", "Bilbao"), ("O", "Acme"), ("DC", "com"))
    yield Made("order-component", "DC is the first of all", "ov", late, ("subject.attribute-order",), **order)
    free = name(("serialNumber", "1"), *_OV)
    yield Made("order-free", "serialNumber may stand anywhere", "ov", free, ("subject.attribute-not-advised",), **order)
    many = name(*_OV, *(("street", str(number)) for number in range(98)))
    yield Made(
        "too-many",
        "101 attributes",
        "ov",
        many,
        ("subject.too-many-attributes", *("subject.attribute-order",) * 97, "subject.attribute-not-advised"),
        rule="br.7.1.2.7/subject",
        source="own bound",
    )


def presence() -> Iterator[Made]:
    """Which attributes there are for each type of certificate."""
    rule = {"rule": "br.7.1.2.7/subject", "source": "BR 7.1.2.7.2 to 7.1.2.7.5; EVG 7.1.4.2"}
    unit = {"rule": "br.7.1.4.2/no-unit", "source": "BR 7.1.4.2 (SC47v2)"}
    other = {"rule": "br.7.1.4.4/other-attributes", "source": "BR 7.1.4.4"}
    forbidden, missing, unadvised = (f"subject.attribute-{what}" for what in ("forbidden", "missing", "not-advised"))
    yield Made("dv-country", "DV with a country", "dv", name(("C", "ES")), (), **rule)
    yield Made("dv-cn", "DV with a common name", "dv", name(("CN", "www.example.com")), (unadvised,), **rule)
    for kind in (
        "ST",
        "L",
        "postalCode",
        "street",
        "O",
        "SN",
        "GN",
        "serialNumber",
        "businessCategory",
        "jurisdictionL",
        "jurisdictionST",
        "organizationIdentifier",
    ):
        yield Made(f"dv-{kind.lower()}", f"DV with {kind}", "dv", name((kind, "Acme")), (forbidden,), **rule)
    yield Made("dv-dc", "DV with DC", "dv", name(("DC", "acme")), (forbidden,), **rule)
    yield Made("ov", "what OV must have", "ov", name(*_OV), (), **rule)
    yield Made(
        "ov-state", "ST in the place of L", "ov", name(("C", "ES"), ("ST", "Bizkaia"), ("O", "Acme")), (), **rule
    )
    yield Made("ov-no-place", "neither ST nor L", "ov", name(("C", "ES"), ("O", "Acme")), (missing,), **rule)
    yield Made("ov-no-country", "no country", "ov", name(*_OV[1:]), (missing,), **rule)
    yield Made("ov-no-organization", "no organization", "ov", name(*_OV[:2]), (missing,), **rule)
    yield Made("ov-empty", "an empty subject is none for OV", "ov", seq(), (missing,) * 3, **rule)
    yield Made("ov-surname", "OV with a surname", "ov", name(*_OV, ("SN", "Doe")), (forbidden,), **rule)
    yield Made("iv", "what IV must have", "iv", name(*_IV), (), **rule)
    yield Made(
        "iv-organization",
        "IV with an organization",
        "iv",
        name(*_IV[:2], ("O", "Acme"), *_IV[2:]),
        (unadvised,),
        **rule,
    )
    yield Made("iv-no-given-name", "IV without a given name", "iv", name(*_IV[:3]), (missing,), **rule)
    yield Made("ev", "what EV must have", "ev", name(*_EV), (), **rule)
    yield Made("ev-no-serial", "EV without a registration number", "ev", name(*_EV[:5]), (missing,), **rule)
    yield Made("ev-no-category", "EV without a category", "ev", name(*_EV[:3], *_EV[4:]), (missing,), **rule)
    yield Made("ev-component", "EV with DC", "ev", name(("DC", "com"), *_EV), (forbidden,), **rule)
    for text in ("Government Entity", "Business Entity", "Non-Commercial Entity"):
        changed = tuple((kind, text if kind == "businessCategory" else old) for kind, old in _EV)
        yield Made(
            f"ev-{text.split()[0].lower()}",
            text,
            "ev",
            name(*changed),
            (),
            rule="evg.7.1.4.2.3/business-category",
            source="EVG 7.1.4.2.3",
        )
    changed = tuple((kind, "private organization" if kind == "businessCategory" else old) for kind, old in _EV)
    yield Made(
        "ev-category-case",
        "the four texts are fixed, with their capitals",
        "ev",
        name(*changed),
        ("subject.category-unknown",),
        rule="evg.7.1.4.2.3/business-category",
        source="EVG 7.1.4.2.3",
    )
    yield Made(
        "ov-category-any", "OV has no such list", "ov", name(*_OV, ("businessCategory", "Bakery")), (unadvised,), **rule
    )
    yield Made("ov-unit", "an organizational unit", "ov", name(*_OV, ("OU", "IT")), ("subject.unit",), **unit)
    yield Made(
        "ov-unit-then",
        "on the last day on which it was allowed",
        "ov",
        name(*_OV, ("OU", "IT")),
        ("subject.unit-then",),
        at="2022-08-31T23:59:59Z",
        **unit,
    )
    yield Made(
        "ov-unit-day",
        "on the first day on which it is not",
        "ov",
        name(*_OV, ("OU", "IT")),
        ("subject.unit",),
        at="2022-09-01T00:00:00Z",
        **unit,
    )
    yield Made(
        "dv-unit", "Domain Control Validated", "dv", name(("OU", "Domain Control Validated")), ("subject.unit",), **unit
    )
    yield Made(
        "ov-title",
        "an attribute that no table has",
        "ov",
        name(*_OV, ("title", "Dr")),
        ("subject.attribute-unknown",),
        **other,
    )
    yield Made(
        "ov-title-then",
        "before the profiles",
        "ov",
        name(*_OV, ("title", "Dr")),
        ("subject.attribute-unknown-then",),
        at="2023-09-14T23:59:59Z",
        **other,
    )
    yield Made(
        "ov-email",
        "an e-mail address",
        "ov",
        name(*_OV, ("emailAddress", "a@example.com", _IA5)),
        ("subject.attribute-unknown",),
        **other,
    )


def values() -> Iterator[Made]:
    """String types, lengths, and what a value says."""
    types = {"rule": "br.7.1.4.2/encoding", "source": "BR 7.1.4.2; RFC 5280 A.1; K19"}
    strings = {"rule": "rfc5280.a.1/strings", "source": "X.680 41; K19"}
    marks = {"rule": "br.7.1.2.7/absent-marker", "source": "BR 7.1.2.7.3 to 7.1.2.7.5; R037, K18"}

    def ov(kind: str, text: str | bytes, tag: int | None = None) -> bytes:
        pairs = [(each, text, tag) if each == kind else (each, old, None) for each, old in _OV]
        return seq(*(rdn(value(*pair)) for pair in pairs))  # pyright: ignore[reportArgumentType]

    def st(text: str) -> bytes:
        return name(("C", "ES"), ("ST", text), ("O", "Acme"))

    yield Made("printable", "an organization as PrintableString", "ov", ov("O", "Acme", _PRINTABLE), (), **types)
    for tag, kind in (
        (_TELETEX, "TeletexString"),
        (_BMP, "BMPString"),
        (_UNIVERSAL, "UniversalString"),
        (_IA5, "IA5String"),
        (0x1A, "VisibleString"),
    ):
        yield Made(f"type-{kind.lower()}", kind, "ov", ov("O", "Acme", tag), ("subject.string-type",), **types)
    yield Made("type-octets", "no string at all", "ov", ov("O", b"Acme", _OCTETS), ("subject.string-type",), **types)
    yield Made("type-sequence", "a SEQUENCE", "ov", ov("O", b"", 0x30), ("subject.string-type",), **types)
    yield Made("country-utf8", "a country as UTF8String", "ov", ov("C", "ES", _UTF8), ("subject.string-type",), **types)
    yield Made(
        "component-utf8", "DC as UTF8String", "ov", name(("DC", "com", _UTF8), *_OV), ("subject.string-type",), **types
    )
    serial = name(*_EV[:5], ("serialNumber", "1", _UTF8))
    yield Made("serial-utf8", "serialNumber as UTF8String", "ev", serial, ("subject.string-type",), **types)
    for text in ("acme@example", "Acme*", "Acme & Co", "Acme_1", "Acm\u00e9"):
        yield Made(
            f"printable-{len(text)}-{ord(text[-1])}",
            f"PrintableString without the character for {text!a}",
            "ov",
            ov("O", text, _PRINTABLE),
            ("subject.string-content",),
            **strings,
        )
    yield Made(
        "utf8-wrong", "octets that are no UTF-8", "ov", ov("O", b"Acm\xe9"), ("subject.string-content",), **strings
    )
    yield Made("utf8-overlong", "an overlong form", "ov", ov("O", b"\xc1\x81"), ("subject.string-content",), **strings)
    for kind, most in (("L", 128), ("O", 64)):
        yield Made(f"longest-{kind.lower()}", f"{most} characters", "ov", ov(kind, "\u00e9" * most), (), **types)
        yield Made(
            f"too-long-{kind.lower()}",
            f"{most + 1} characters",
            "ov",
            ov(kind, "\u00e9" * (most + 1)),
            ("subject.value-too-long",),
            **types,
        )
    for kind, most in (("SN", 64), ("GN", 64)):
        pairs = [(each, "x" * (most + 1) if each == kind else old) for each, old in _IV]
        yield Made(
            f"too-long-{kind.lower()}",
            f"{most + 1} characters",
            "iv",
            name(*pairs),
            ("subject.value-too-long",),
            **types,
        )
    postal = name(*_EV[:2], ("postalCode", "1" * 41), *_EV[2:])
    yield Made("too-long-postal", "41 characters", "ev", postal, ("subject.value-too-long",), **types)
    yield Made(
        "too-long-cn",
        "65 characters",
        "dv",
        name(("CN", "a" * 61 + ".com")),
        ("subject.attribute-not-advised", "subject.value-too-long"),
        **types,
    )
    yield Made("empty-value", "no character", "ov", ov("O", ""), ("subject.value-empty",), **marks)
    for number, text in enumerate(
        (
            "-",
            "--",
            ".",
            "*",
            "?",
            "N/A",
            "n/a",
            "N.A.",
            "None",
            "null",
            "Unknown",
            "Not Applicable",
            "xxx",
            "Some-State",
            "\u2014",
        )
    ):
        yield Made(
            f"placeholder-{number}", f"the state {text!a}", "ov", st(text), ("subject.value-placeholder",), **marks
        )
    yield Made(
        "placeholder-o",
        "the default of a command line tool",
        "ov",
        ov("O", "Internet Widgits Pty Ltd"),
        ("subject.value-placeholder",),
        **marks,
    )
    yield Made("blank", "a single space", "ov", st(" "), ("subject.value-blanks", "subject.value-placeholder"), **marks)
    yield Made("blank-before", "a space at the beginning", "ov", ov("O", " Acme"), ("subject.value-blanks",), **marks)
    yield Made(
        "blank-after", "a no-break space at the end", "ov", ov("O", "Acme\u00a0"), ("subject.value-blanks",), **marks
    )
    yield Made(
        "blank-placeholder",
        "a placeholder between blanks",
        "ov",
        ov("O", " n/a "),
        ("subject.value-blanks", "subject.value-placeholder"),
        **marks,
    )
    yield Made(
        "words-inside", "a placeholder as part of a name is none", "ov", ov("O", "Unknown Pleasures Ltd"), (), **marks
    )
    yield Made(
        "two-letters", "a state of two letters", "ov", name(("C", "US"), ("ST", "NA"), ("O", "Acme")), (), **marks
    )
    for number, text in enumerate(
        (
            "Ac\x00me",
            "Acme\x1b[31m",
            "Ac\x7fme",
            "Ac\x85me",
            "Ac\u202eme",
            "Ac\u2028me",
            "Ac\ufeffme",
            "Ac\ue000me",
            "Ac\ufffdme",
        )
    ):
        yield Made(f"control-{number}", f"{text!a}", "ov", ov("O", text), ("subject.value-control",), **strings)
    yield Made(
        "umlauts",
        "letters of other scripts are no control characters",
        "ov",
        ov("O", "\u041e\u041e\u041e \u00c4cme \u682a\u5f0f\u4f1a\u793e"),
        (),
        **strings,
    )
    yield Made(
        "joiner",
        "a zero width joiner is part of some scripts",
        "ov",
        ov("O", "\u0db1\u0dca\u200d\u0dba"),
        (),
        **strings,
    )


def countries() -> Iterator[Made]:
    """Country codes, and states that are countries."""
    rule = {"rule": "br.7.1.4.2/country", "source": "ISO 3166-1; BR 7.1.2.7.3; R010, K18"}
    state = {"rule": "br.7.1.2.7/absent-marker", "source": "R037"}
    for code in ("GB", "GR", "ES", "SS", "BQ", "TW"):
        yield Made(f"code-{code.lower()}", f"{code} is a code", "dv", name(("C", code)), (), **rule)
    for code in ("UK", "EL", "EU", "XK", "AN", "SU", "ZZ", "AA"):
        yield Made(
            f"code-{code.lower()}",
            f"{code} is no code of ISO 3166-1 today",
            "dv",
            name(("C", code)),
            ("subject.country-unknown",),
            **rule,
        )
    for number, code in enumerate(("es", "Es", "eS", "E", "E1", "..", "1 ")):
        blanks = ("subject.value-blanks",) if code.endswith(" ") else ()
        yield Made(
            f"form-{number}",
            f"{code!r} is not two capital letters",
            "dv",
            name(("C", code)),
            (*blanks, "subject.country-form"),
            **rule,
        )
    yield Made(
        "form-esp",
        "ESP has three letters",
        "dv",
        name(("C", "ESP")),
        ("subject.value-too-long", "subject.country-form"),
        **rule,
    )
    yield Made("form-empty", "empty", "dv", name(("C", "")), ("subject.value-empty",), **rule)
    yield Made(
        "form-greek",
        "two capital letters of another script",
        "dv",
        name(("C", "\u0395\u03a3", _UTF8)),
        ("subject.string-type", "subject.country-form"),
        **rule,
    )
    yield Made("code-xx", "no official code", "dv", name(("C", "XX")), ("subject.country-xx",), **rule)
    jurisdiction = tuple((kind, "UK" if kind == "jurisdictionC" else old) for kind, old in _EV)
    yield Made(
        "jurisdiction-uk",
        "the jurisdiction has a country too",
        "ev",
        name(*jurisdiction),
        ("subject.country-unknown",),
        **rule,
    )
    both = tuple((kind, "UK" if kind in ("jurisdictionC", "C") else old) for kind, old in _EV)
    yield Made(
        "both-uk", "two wrong countries are two findings", "ev", name(*both), ("subject.country-unknown",) * 2, **rule
    )
    for number, (code, text) in enumerate(
        (
            ("ES", "Spain"),
            ("ES", "SPAIN"),
            ("US", "United  States of America"),
            ("GB", "United Kingdom"),
            ("DE", "germany"),
        )
    ):
        pairs = (("C", code), ("ST", text), ("O", "Acme"))
        yield Made(
            f"state-{number}",
            f"{text} is no state of {code}",
            "ov",
            name(*pairs),
            ("subject.state-is-country",),
            **state,
        )
    for number, (code, text) in enumerate(
        (("US", "Georgia"), ("SG", "Singapore"), ("LU", "Luxembourg"), ("ES", "Bizkaia"), ("NG", "Niger"))
    ):
        pairs = (("C", code), ("ST", text), ("O", "Acme"))
        yield Made(
            f"state-fit-{number}", f"{text} is a state of {code}, or stands for one", "ov", name(*pairs), (), **state
        )
    yield Made(
        "locality-country",
        "a locality may be called like its country",
        "ov",
        name(("C", "SG"), ("L", "Singapore"), ("O", "Acme")),
        (),
        **state,
    )


FILES: dict[str, Callable[[], Iterator[Made]]] = {
    "structure": structure,
    "presence": presence,
    "values": values,
    "countries": countries,
}


def _toml(this: Made) -> str:
    text = this.name.hex()
    lines = "\n".join(text[at : at + 110] for at in range(0, len(text), 110))
    octets = f'"{text}"' if len(text) <= 110 else f'"""\n{lines}\n"""'
    codes = ", ".join(f'"{code}"' for code in this.codes)
    at = f"at = {this.at}\n" if this.at else ""
    comment = this.comment.replace("\\", "\\\\").replace('"', "'")
    return (
        f'[[vector]]\nid = "{this.id}"\ncomment = "{comment}"\nrule = "{this.rule}"\nsource = "{this.source}"\n'
        f'kind = "{this.kind}"\n{at}name = {octets}\ncodes = [{codes}]\n'
    )


def text_of(name: str) -> str:
    """The text of one file."""
    make = FILES[name]
    return f"# {make.__doc__}\n# Made by tests/make_subject_vectors.py.\n\n" + "\n".join(map(_toml, make()))


def main() -> None:
    """Write the files."""
    for each in FILES:
        (ROOT / "subject" / f"{each}.toml").write_text(text_of(each), encoding="utf-8")


if __name__ == "__main__":
    main()
