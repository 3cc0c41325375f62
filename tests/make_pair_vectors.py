"""Makes `tests/vectors/pair/pairs.toml`: precertificates and certificates by surgery on their fields.

    python -m tests.make_pair_vectors

A test compares the file with what this makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from tests.derkit import (
    AKI,
    BASIC,
    CN,
    EKU_SERVER,
    KU_SIGN,
    POISON,
    RSA_SHA256,
    SCTS,
    Tbs,
    certificate,
    element,
    explicit,
    extension,
    integer,
    name,
    octets,
    oid,
    sequence,
    utc,
)

__all__ = ["FILE", "text"]

FILE = Path(__file__).with_name("vectors") / "pair" / "pairs.toml"

_POISON_OID = "1.3.6.1.4.1.11129.2.4.3"
_SCTS_OID = "1.3.6.1.4.1.11129.2.4.2"
_KEPT = (KU_SIGN, EKU_SERVER, BASIC, AKI)
_PRE = Tbs(extensions=(*_KEPT, POISON))
_FINAL = Tbs(extensions=(*_KEPT, SCTS))


@attrs.frozen
class _Case:
    id: str
    comment: str
    precertificate: bytes
    certificate: bytes
    codes: tuple[str, ...]
    source: str


def _case(
    id_: str, comment: str, pre: Tbs | bytes, final: Tbs | bytes, *codes: str, source: str = "BR 7.1.2.9"
) -> _Case:
    made = [
        each if isinstance(each, bytes) else certificate(each.der(), algorithm=each.algorithm) for each in (pre, final)
    ]
    return _Case(id_, comment, made[0], made[1], codes or ("corresponds",), source)


def _cases() -> Iterator[_Case]:
    evolve = attrs.evolve
    yield _case("pair", "Poison and list of SCTs in the same place.", _PRE, _FINAL, source="RFC 6962 §3.1, §3.2")
    for place in range(5):
        kept = [*_KEPT]
        kept.insert(place, POISON)
        moved = evolve(_PRE, extensions=tuple(kept))
        yield _case(f"poison-at-{place}", "The poison may stand anywhere.", moved, _FINAL, source="RFC 6962 §3.1")
    yield _case(
        "no-scts",
        "A certificate without a list of SCTs.",
        _PRE,
        Tbs(),
        "corresponds",
        "scts-absent",
        source="RFC 6962 §3.3",
    )
    yield _case(
        "only-poison",
        "A precertificate with nothing but the poison, a certificate without extensions.",
        Tbs(extensions=(POISON,)),
        Tbs(extensions=()),
        "corresponds",
        "scts-absent",
        source="RFC 6962 §3.1",
    )
    yield _case("only-scts", "Nothing but poison and SCTs.", Tbs(extensions=(POISON,)), Tbs(extensions=(SCTS,)))

    # -- the extensions that make the difference
    yield _case(
        "swapped",
        "The two in the wrong order.",
        _FINAL,
        _PRE,
        "poison-missing",
        "precertificate-scts",
        "certificate-poisoned",
    )
    yield _case(
        "twice-the-certificate", "The certificate given twice.", _FINAL, _FINAL, "poison-missing", "precertificate-scts"
    )
    yield _case("twice-the-precertificate", "The precertificate given twice.", _PRE, _PRE, "certificate-poisoned")
    yield _case("no-poison", "A precertificate without poison.", Tbs(), _FINAL, "poison-missing", source="BR 7.1.2.9.1")
    yield _case(
        "scts-in-both",
        "A precertificate with a list of SCTs.",
        Tbs(extensions=(*_KEPT, SCTS, POISON)),
        _FINAL,
        "precertificate-scts",
        source="BR 7.1.2.9.1",
    )
    for label, value, critical in (
        ("uncritical", element(0x05), False),
        ("without-value", b"", True),
        ("with-octets", element(0x05) + b"\0", True),
        ("boolean", element(0x01, b"\xff"), True),
    ):
        poison = extension(_POISON_OID, value, critical=critical)
        yield _case(
            f"poison-{label}",
            "A poison extension that is none.",
            Tbs(extensions=(*_KEPT, poison)),
            _FINAL,
            "poison-malformed",
            source="BR 7.1.2.9.3",
        )
    yield _case("poison-twice", "Two poisons.", Tbs(extensions=(POISON, *_KEPT, POISON)), _FINAL, "poison-twice")
    yield _case(
        "scts-twice",
        "Two lists of SCTs.",
        _PRE,
        Tbs(extensions=(SCTS, *_KEPT, SCTS)),
        "scts-twice",
        source="RFC 5280 §4.2",
    )
    yield _case(
        "poison-in-the-certificate",
        "The poison was not taken out.",
        _PRE,
        Tbs(extensions=(*_KEPT, POISON, SCTS)),
        "certificate-poisoned",
    )

    # -- fields
    other = {
        "version": (explicit(0, integer(1)), "version-differs"),
        "serial": (integer(0x7A0F_0102_0304_0506_0709), "serial-differs"),
        "issuer": (name(("2.5.4.6", 0x13, "ES"), (CN, 0x0C, "Test CA 2")), "issuer-differs"),
        "validity": (sequence(utc("261121120000Z"), utc("270219120000Z")), "validity-differs"),
        "subject": (name((CN, 0x0C, "www.shop.examplf")), "subject-differs"),
        "ids": (element(0x81, b"\0\1"), "issuer-id-differs"),
    }
    for field, (value, code) in other.items():
        for which in ("certificate", "precertificate"):
            pre = evolve(_PRE, **({field: value} if which == "precertificate" else {}))
            final = evolve(_FINAL, **({field: value} if which == "certificate" else {}))
            yield _case(f"{field}-of-the-{which}", f"Another {field} in the {which}.", pre, final, code)
    yield _case("version-absent", "A version 1 certificate.", _PRE, evolve(_FINAL, version=b""), "version-differs")
    yield _case(
        "subject-id", "A subjectUniqueID.", _PRE, evolve(_FINAL, ids=element(0x82, b"\0\1")), "subject-id-differs"
    )
    yield _case(
        "both-ids",
        "Both unique identifiers, alike: forbidden elsewhere, but one pair.",
        evolve(_PRE, ids=element(0x81, b"\0\1") + element(0x82, b"\0\1")),
        evolve(_FINAL, ids=element(0x81, b"\0\1") + element(0x82, b"\0\1")),
    )
    key = Tbs().key
    yield _case("key", "Another key.", _PRE, evolve(_FINAL, key=key[:-1] + b"\xf4"), "key-differs")
    yield _case(
        "algorithm",
        "Signed in another way, said inside and outside.",
        _PRE,
        evolve(_FINAL, algorithm=RSA_SHA256),
        "algorithm-differs",
    )
    yield _case(
        "algorithm-beside-the-precertificate",
        "Inside and outside do not agree.",
        certificate(_PRE.der(), algorithm=RSA_SHA256),
        _FINAL,
        "precertificate-algorithm",
        source="RFC 5280 §4.1.1.2",
    )
    yield _case(
        "algorithm-beside-the-certificate",
        "Inside and outside do not agree.",
        _PRE,
        certificate(_FINAL.der(), algorithm=RSA_SHA256),
        "certificate-algorithm",
        source="RFC 5280 §4.1.1.2",
    )
    yield _case(
        "issuer-encoding",
        "R015: the same issuer as PrintableString.",
        _PRE,
        evolve(_FINAL, issuer=name(("2.5.4.6", 0x13, "ES"), (CN, 0x13, "Test CA"))),
        "issuer-encoding",
        source="K19",
    )
    yield _case(
        "subject-encoding",
        "K19: the same subject as PrintableString.",
        _PRE,
        evolve(_FINAL, subject=name((CN, 0x13, "www.shop.example"))),
        "subject-encoding",
        source="K19",
    )
    yield _case(
        "subject-case",
        "Upper case is another subject, not another encoding.",
        _PRE,
        evolve(_FINAL, subject=name((CN, 0x0C, "WWW.shop.example"))),
        "subject-differs",
        source="K19",
    )
    yield _case(
        "subject-string-broken",
        "A string that its type does not have is compared by its octets.",
        _PRE,
        evolve(_FINAL, subject=name((CN, 0x0C, b"\xff"))),
        "subject-differs",
        source="X.690 §8.23",
    )
    yield _case(
        "issuer-of-a-signing-certificate",
        "A precertificate signing certificate has its own name and key identifier.",
        evolve(
            _PRE,
            issuer=name((CN, 0x0C, "Precert Signer")),
            extensions=(*_KEPT[:3], extension("2.5.29.35", sequence(element(0x80, bytes(20)))), POISON),
        ),
        _FINAL,
        "issuer-differs",
        "extension-differs",
        source="BR 7.1.2.4",
    )

    # -- extensions
    for place in range(4):
        rest = [*_KEPT]
        del rest[place]
        yield _case(
            f"dropped-{place}",
            "An extension of the precertificate is not in the certificate.",
            _PRE,
            Tbs(extensions=(*rest, SCTS)),
            "extension-dropped",
        )
        yield _case(
            f"added-{place}",
            "An extension of the certificate is not in the precertificate.",
            Tbs(extensions=(*rest, POISON)),
            _FINAL,
            "extension-added",
        )
    swapped = (_KEPT[1], _KEPT[0], *_KEPT[2:])
    yield _case(
        "order",
        "Trap 15: the same extensions in another order.",
        _PRE,
        Tbs(extensions=(*swapped, SCTS)),
        "extension-order",
    )
    yield _case(
        "order-and-change",
        "Another order, and one of them another value.",
        _PRE,
        Tbs(extensions=(*swapped[:2], extension("2.5.29.19", sequence()), AKI, SCTS)),
        "extension-differs",
        "extension-order",
    )
    yield _case(
        "criticality",
        "The same value, no longer critical.",
        _PRE,
        Tbs(extensions=(KU_SIGN, EKU_SERVER, extension("2.5.29.19", sequence()), AKI, SCTS)),
        "extension-differs",
    )
    yield _case(
        "critical-false",
        "critical FALSE written out: the same meaning, other octets.",
        _PRE,
        Tbs(
            extensions=(
                KU_SIGN,
                sequence(oid("2.5.29.37"), element(0x01, b"\0"), octets(sequence(oid("1.3.6.1.5.5.7.3.1")))),
                BASIC,
                AKI,
                SCTS,
            )
        ),
        "extension-differs",
    )
    yield _case(
        "extension-twice",
        "The same extension twice in the certificate.",
        _PRE,
        Tbs(extensions=(*_KEPT, KU_SIGN, SCTS)),
        "extension-added",
        source="RFC 5280 §4.2",
    )
    several = evolve(_FINAL, serial=integer(1), extensions=(KU_SIGN, SCTS))
    yield _case(
        "several",
        "Every difference has a finding of its own.",
        _PRE,
        several,
        "serial-differs",
        "extension-dropped",
        "extension-dropped",
        "extension-dropped",
    )

    # -- octets that are no certificate
    whole = certificate(_FINAL.der())
    good = certificate(_PRE.der())
    for label, data in (
        ("empty", b""),
        ("trailing", whole + b"\0"),
        ("cut", whole[:-1]),
        ("ber-length", b"\x30\x83\x00" + whole[2:]),
        ("tbs-only", _FINAL.der()),
        ("empty-extensions", certificate(sequence(*_parts(Tbs(extensions=())), explicit(3, sequence())))),
        ("extensions-are-a-set", certificate(sequence(*_parts(Tbs(extensions=())), explicit(3, element(0x31, SCTS))))),
        ("extension-is-a-set", certificate(Tbs(extensions=(element(0x31, oid(_SCTS_OID)),)).der())),
        ("extension-without-type", certificate(Tbs(extensions=(sequence(octets(b"")),)).der())),
        ("something-behind-the-extensions", certificate(sequence(*_parts(_FINAL), element(0x05)))),
        (
            "too-many-extensions",
            certificate(Tbs(extensions=tuple(extension(f"1.2.{index}", b"") for index in range(65))).der()),
        ),
        ("text", b"-----BEGIN CERTIFICATE-----"),
    ):
        yield _case(
            f"certificate-{label}",
            "What is given as the certificate is none.",
            good,
            data,
            "certificate-unreadable",
            source="RFC 5280 §4.1",
        )
    yield _case(
        "precertificate-cut",
        "What is given as the precertificate is none.",
        good[:-1],
        whole,
        "precertificate-unreadable",
        source="RFC 5280 §4.1",
    )
    yield _case(
        "neither",
        "Neither is a certificate.",
        b"\x30",
        b"\x05\x00",
        "precertificate-unreadable",
        "certificate-unreadable",
        source="RFC 5280 §4.1",
    )


def _parts(tbs: Tbs) -> list[bytes]:
    extensions = [explicit(3, sequence(*tbs.extensions))] if tbs.extensions else []
    return [
        tbs.version,
        tbs.serial,
        tbs.algorithm,
        tbs.issuer,
        tbs.validity,
        tbs.subject,
        tbs.key,
        tbs.ids,
        *extensions,
    ]


def _folded(data: bytes) -> str:
    shown = data.hex()
    return '"""\n' + "".join(f"{shown[at : at + 120]}\n" for at in range(0, len(shown), 120)) + '"""'


def text() -> str:
    """The file."""
    parts = [
        "# Made by tests/make_pair_vectors.py from the texts named in each vector. Signatures verify with nothing.\n"
    ]
    for each in _cases():
        codes = ", ".join(f'"pair.{code}"' for code in each.codes)
        parts.append(
            f'\n[[vector]]\nid = "{each.id}"\ncomment = "{each.comment}"\nsource = "{each.source}"\ncodes = [{codes}]\n'
            f"precertificate = {_folded(each.precertificate)}\ncertificate = {_folded(each.certificate)}\n"
        )
    return "".join(parts)


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
