"""Makes `tests/vectors/objects/objects.toml`: signed objects of each kind, and what is none, field by field.

    python -m tests.make_object_vectors

A test compares the file with what this makes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from tests.derkit import (
    AKI,
    BASIC,
    CN,
    ECDSA_SHA256,
    KU_SIGN,
    POISON,
    RSA_SHA256,
    SCTS,
    Tbs,
    bits,
    certificate,
    element,
    explicit,
    extension,
    integer,
    name,
    octets,
    oid,
    sequence,
    set_of,
    utc,
)

__all__ = ["FILE", "text"]

FILE = Path(__file__).with_name("vectors") / "objects" / "objects.toml"

_NULL = element(0x05)
_SIGNATURE = bits(sequence(integer(1), integer(2)))
_NAME = name((CN, 0x0C, "Test CA"))
_SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"), _NULL)
_SHA384 = sequence(oid("2.16.840.1.101.3.4.2.2"))
_RSA = sequence(oid("1.2.840.113549.1.1.1"), _NULL)
_MOMENT = element(0x18, b"20261121120000Z")
_LATER = element(0x18, b"20261128120000Z")
_BASIC_OCSP = oid("1.3.6.1.5.5.7.48.1.1")
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_DATA = oid("1.2.840.113549.1.7.1")


@attrs.frozen
class _Case:
    id: str
    comment: str
    source: str
    data: bytes
    kind: str = ""
    hash: str = "sha256"
    tbs: bytes = b""
    issuer: bytes = b""
    serial: int | None = None
    begins: str = ""
    ends: str = ""
    scts: bool = False
    why: str = ""
    certain: bool = False


def _algorithm(dotted: str, *parameters: bytes) -> bytes:
    return sequence(oid(dotted), *parameters)


def _signed(tbs: bytes, algorithm: bytes = ECDSA_SHA256, signature: bytes = _SIGNATURE, *more: bytes) -> bytes:
    return sequence(tbs, algorithm, signature, *more)


def _crl(*parts: bytes, number: bytes | None = None) -> bytes:
    held = () if number is None else (explicit(0, sequence(extension("2.5.29.20", number))),)
    return sequence(*parts, *held)


def _certificates() -> Iterator[_Case]:
    tbs = Tbs(extensions=(KU_SIGN, BASIC, AKI))
    plain = tbs.der()
    shared = {"issuer": tbs.issuer, "begins": "2026-11-21T12:00:00Z", "ends": "2027-02-19T11:59:59Z"}
    serial = 0x7A0F0102030405060708

    def case(id_: str, comment: str, source: str, data: bytes, **fields: Any) -> _Case:
        given: dict[str, Any] = {"kind": "certificate", "tbs": plain, "serial": serial, **shared}
        return _Case(id_, comment, source, data, **given | fields)

    yield case("certificate", "A certificate.", "RFC 5280 §4.1", certificate(plain))
    poisoned = Tbs(extensions=(KU_SIGN, POISON)).der()
    yield case(
        "precertificate",
        "The poison makes a precertificate.",
        "RFC 6962 §3.1",
        certificate(poisoned),
        kind="precertificate",
        tbs=poisoned,
    )
    lax = Tbs(extensions=(extension("1.3.6.1.4.1.11129.2.4.3", _NULL),)).der()
    yield case(
        "poison-not-critical",
        "A poison that is not critical is one all the same: a wrong kind would be worse.",
        "R069",
        certificate(lax),
        kind="precertificate",
        tbs=lax,
    )
    sealed = Tbs(extensions=(KU_SIGN, SCTS)).der()
    yield case("scts", "A list of SCTs.", "RFC 6962 §3.3", certificate(sealed), tbs=sealed, scts=True)
    for id_, algorithm, hash_ in (
        ("rsa-sha256", RSA_SHA256, "sha256"),
        ("rsa-sha384", _algorithm("1.2.840.113549.1.1.12", _NULL), "sha384"),
        ("rsa-sha512", _algorithm("1.2.840.113549.1.1.13", _NULL), "sha512"),
        ("rsa-sha1", _algorithm("1.2.840.113549.1.1.5", _NULL), "sha1"),
        ("rsa-sha256-without-null", _algorithm("1.2.840.113549.1.1.11"), "sha256"),
        ("ecdsa-sha384", _algorithm("1.2.840.10045.4.3.3"), "sha384"),
        ("ecdsa-sha512", _algorithm("1.2.840.10045.4.3.4"), "sha512"),
        ("ecdsa-sha3-256", _algorithm("2.16.840.1.101.3.4.3.10"), "sha3_256"),
        ("ed25519", _algorithm("1.3.101.112"), ""),
        ("ed448", _algorithm("1.3.101.113"), ""),
        ("ml-dsa-65", _algorithm("2.16.840.1.101.3.4.3.18"), ""),
        ("slh-dsa", _algorithm("2.16.840.1.101.3.4.3.31"), ""),
        ("pss-default", _algorithm("1.2.840.113549.1.1.10", sequence()), "sha1"),
        (
            "pss-sha384",
            _algorithm("1.2.840.113549.1.1.10", sequence(explicit(0, _SHA384), explicit(2, integer(48)))),
            "sha384",
        ),
        ("md2", _algorithm("1.2.840.113549.1.1.2", _NULL), "?"),
        ("pss-unknown", _algorithm("1.2.840.113549.1.1.10", sequence(explicit(0, _algorithm("1.2.3")))), "?"),
        ("pss-without-parameters", _algorithm("1.2.840.113549.1.1.10"), "?"),
        ("rsa-without-hash", _RSA, "?"),
    ):
        comment = "An algorithm whose hash is not known has no digest." if hash_ == "?" else "The hash of an algorithm."
        yield case(id_, comment, "RFC 4055, RFC 5758, RFC 8410", certificate(plain, algorithm=algorithm), hash=hash_)
    without = attrs.evolve(tbs, version=b"", extensions=()).der()
    yield case("version-1", "Neither version nor extensions.", "RFC 5280 §4.1", certificate(without), tbs=without)
    odd = attrs.evolve(tbs, validity=sequence(utc("261321120000Z"), utc("270219115959Z"))).der()
    yield case(
        "bad-date",
        "A date that does not exist: it was signed all the same.",
        "L07",
        certificate(odd),
        tbs=odd,
        begins="",
    )
    empty = attrs.evolve(tbs, validity=sequence()).der()
    yield case("no-dates", "No dates at all.", "L07", certificate(empty), tbs=empty, begins="", ends="")
    bad_serial = attrs.evolve(tbs, serial=element(0x02, b"\0\1")).der()
    yield case(
        "bad-serial",
        "A serial with a zero too many.",
        "X.690 §8.3.2",
        certificate(bad_serial),
        tbs=bad_serial,
        serial=None,
    )

    ids = attrs.evolve(tbs, ids=element(0x81, b"\0x") + element(0x82, b"\0y")).der()
    yield case("unique-ids", "Unique identifiers.", "RFC 5280 §4.1.2.8", certificate(ids), tbs=ids)
    three = attrs.evolve(tbs, validity=sequence(utc("261121120000Z"), utc("270219115959Z"), integer(1))).der()
    yield case("three-dates", "What stands behind two dates is no date.", "L07", certificate(three), tbs=three)
    longer = sequence(plain[3:] if plain[1] == 0x81 else plain[4:], integer(1))
    why = "an object in DER: trailing-bytes at octet "
    odd = certificate(longer)
    yield _Case("field-too-many", "A field too many.", "L07", odd, why=why + str(odd.index(longer) + len(longer) - 3))


def _lists() -> Iterator[_Case]:
    begins, ends = utc("261121120000Z"), utc("261128120000Z")
    times: dict[str, Any] = {"kind": "crl", "issuer": _NAME, "begins": "2026-11-21T12:00:00Z"}
    revoked = sequence(sequence(integer(5), begins))
    tbs = _crl(integer(1), ECDSA_SHA256, _NAME, begins, ends, revoked, number=integer(300))
    yield _Case(
        "crl",
        "A CRL with a number.",
        "RFC 5280 §5.1",
        _signed(tbs),
        tbs=tbs,
        serial=300,
        ends="2026-11-28T12:00:00Z",
        **times,
    )
    held = explicit(0, sequence(extension("2.5.29.20", integer(4)), AKI))
    tbs = _crl(integer(1), ECDSA_SHA256, _NAME, begins, held)
    yield _Case("crl-extensions", "Several extensions.", "RFC 5280 §5.2", _signed(tbs), tbs=tbs, serial=4, **times)
    tbs = _crl(ECDSA_SHA256, _NAME, begins)
    yield _Case("crl-v1", "A CRL of version 1.", "RFC 5280 §5.1", _signed(tbs), tbs=tbs, **times)
    tbs = _crl(integer(1), ECDSA_SHA256, _NAME, begins, _LATER, number=octets(b"x"))
    yield _Case(
        "crl-bad-number",
        "A number that is none.",
        "RFC 5280 §5.2.3",
        _signed(tbs),
        tbs=tbs,
        ends="2026-11-28T12:00:00Z",
        **times,
    )

    held = explicit(0, sequence(extension("2.5.29.20", integer(4), critical=True)))
    tbs = _crl(integer(1), ECDSA_SHA256, _NAME, begins, held)
    yield _Case("crl-critical", "A number marked critical.", "L07", _signed(tbs), tbs=tbs, serial=4, **times)
    tbs = _crl(integer(1), ECDSA_SHA256, _NAME, begins, held, integer(1))
    odd = _signed(tbs)
    why = f"an object in DER: trailing-bytes at octet {odd.index(tbs) + len(tbs) - 3}"
    yield _Case("crl-field-too-many", "A field too many.", "L07", odd, why=why)


def _requests() -> Iterator[_Case]:
    key = sequence(_algorithm("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7")), bits(b"\4" + bytes(64)))
    tbs = sequence(integer(0), _NAME, key, element(0xA0))
    yield _Case("csr", "A request.", "RFC 2986 §4.2", _signed(tbs), kind="csr", tbs=tbs)
    tbs = sequence(integer(0), _NAME, key)
    yield _Case(
        "csr-no-attributes", "Some tools leave the attributes out.", "RFC 2986 §4.2", _signed(tbs), kind="csr", tbs=tbs
    )


def _responses() -> Iterator[_Case]:
    status = sequence(integer(7))
    single = sequence(status, element(0x80), _MOMENT, explicit(0, _LATER))
    by_name = sequence(explicit(1, _NAME), _MOMENT, sequence(single))
    by_key = sequence(explicit(2, octets(bytes(20))), _MOMENT, sequence(single))
    times = {"kind": "ocsp", "begins": "2026-11-21T12:00:00Z", "ends": "2026-11-28T12:00:00Z"}

    def response(basic: bytes, kind: bytes = _BASIC_OCSP) -> bytes:
        return sequence(element(0x0A, b"\0"), explicit(0, sequence(kind, octets(basic))))

    def case(id_: str, comment: str, data: bytes, tbs: bytes, **fields: Any) -> _Case:
        given: dict[str, Any] = {"tbs": tbs, **times}
        return _Case(id_, comment, "RFC 6960 §4.2.1", data, **given | fields)

    yield case("ocsp", "A response by name.", response(_signed(by_name)), by_name, issuer=_NAME)
    yield case("ocsp-by-key", "A response by key.", response(_signed(by_key)), by_key)
    yield case("ocsp-basic", "A BasicOCSPResponse alone.", _signed(by_key), by_key)
    old = sequence(explicit(0, integer(0)), explicit(1, _NAME), _MOMENT, sequence(single))
    yield case("ocsp-version", "With the version written.", _signed(old), old, issuer=_NAME)
    with_certs = _signed(by_key, ECDSA_SHA256, _SIGNATURE, explicit(0, sequence()))
    yield case("ocsp-certificates", "With certificates.", response(with_certs), by_key)
    later = sequence(status, element(0x80), element(0x18, b"20261122120000Z"))
    two = sequence(explicit(2, octets(bytes(20))), _MOMENT, sequence(later, single, single))
    yield case(
        "ocsp-two", "Several answers: what they have in common.", _signed(two), two, begins="2026-11-22T12:00:00Z"
    )
    days = [element(0x18, b"202611%d120000Z" % day) for day in (20, 25, 23, 29)]
    before = sequence(status, element(0x80), days[0], explicit(0, days[1]))
    after = sequence(status, element(0x80), days[2], explicit(0, days[3]))
    none = sequence(octets(b"x"))
    for number, (answers, begins, ends) in enumerate(
        (
            ((single, before), "2026-11-21T12:00:00Z", "2026-11-25T12:00:00Z"),
            ((before, single), "2026-11-21T12:00:00Z", "2026-11-25T12:00:00Z"),
            ((single, after), "2026-11-23T12:00:00Z", "2026-11-28T12:00:00Z"),
            ((single, none), "2026-11-21T12:00:00Z", "2026-11-28T12:00:00Z"),
        )
    ):
        several = sequence(explicit(2, octets(bytes(20))), _MOMENT, sequence(*answers))
        comment = "Several answers: what they have in common."
        yield case(f"ocsp-several-{number}", comment, _signed(several), several, begins=begins, ends=ends)
    keyed = sequence(explicit(0, integer(0)), explicit(2, octets(bytes(20))), _MOMENT, sequence(single))
    yield case("ocsp-version-by-key", "With the version written, by key.", _signed(keyed), keyed)
    more = _signed(by_key, ECDSA_SHA256, _SIGNATURE, integer(1))
    why = f"an object in DER: trailing-bytes at octet {len(more) - 3}"
    yield _Case("ocsp-field-too-many", "A field too many.", "RFC 6960 §4.2.1", more, why=why)
    odd = sequence(explicit(2, octets(bytes(20))), _MOMENT, sequence(octets(b"x")))
    yield case("ocsp-odd-answer", "An answer that is none.", _signed(odd), odd, begins="", ends="")
    why = "a signed OCSP response: this one says that there is none"
    yield _Case(
        "ocsp-try-later",
        "No answer, no signature.",
        "RFC 6960 §4.2.1",
        sequence(element(0x0A, b"\3")),
        why=why,
        certain=True,
    )
    other = response(_signed(by_name), oid("1.2.3"))
    yield _Case(
        "ocsp-other-type",
        "Another type.",
        "RFC 6960 §4.2.1",
        other,
        why="an OCSP response of the basic type (RFC 6960 §4.2.1)",
    )
    none = _signed(sequence(explicit(0, integer(0)), explicit(3, _NAME), _MOMENT, sequence()))
    yield _Case(
        "ocsp-no-responder",
        "Nobody answers.",
        "RFC 6960 §4.2.1",
        response(none),
        why="an object in DER: missing-element at octet 31",
    )


def _messages() -> Iterator[_Case]:
    attributes = set_of(sequence(oid("1.2.840.113549.1.9.3"), set_of(_DATA)))
    implicit = b"\xa0" + attributes[1:]
    signer_id = sequence(_NAME, integer(5))

    def signer(*fields: bytes, digest: bytes = _SHA256, algorithm: bytes = _RSA) -> bytes:
        return sequence(integer(1), signer_id, digest, *fields, algorithm, octets(b"\1\2"))

    def message(*signers: bytes, content: bytes = sequence(_DATA), more: bytes = b"") -> bytes:
        data = sequence(integer(1), set_of(_SHA256), content, more, set_of(*signers))
        return sequence(_SIGNED_DATA, explicit(0, data))

    def case(id_: str, comment: str, data: bytes, **fields: Any) -> _Case:
        given: dict[str, Any] = {"kind": "cms", "tbs": attributes}
        return _Case(id_, comment, "RFC 5652 §5.4", data, **given | fields)

    yield case("cms", "Signed attributes are signed as a SET.", message(signer(implicit)))
    full = message(signer(implicit), more=explicit(0, b"") + explicit(1, b""))
    yield case("cms-certificates", "With certificates and CRLs.", full)
    yield case(
        "cms-sha384", "The hash stands beside the algorithm.", message(signer(implicit, digest=_SHA384)), hash="sha384"
    )
    yield case(
        "cms-ecdsa", "The algorithm names a hash.", message(signer(implicit, digest=_SHA384, algorithm=ECDSA_SHA256))
    )
    fields = (integer(1), signer_id, _SHA256, implicit, _RSA, octets(b"\1\2"))
    yield case("cms-unsigned-attributes", "With unsigned attributes.", message(sequence(*fields, explicit(1))))
    more = message(sequence(*fields, integer(1)))
    why = f"an object in DER: trailing-bytes at octet {len(more) - 3}"
    yield case("cms-signer-too-long", "A field too many in the signer.", more, kind="", why=why)
    inner = sequence(integer(1), set_of(_SHA256), sequence(_DATA), set_of(signer(implicit)), integer(1))
    more = sequence(_SIGNED_DATA, explicit(0, inner))
    why = f"an object in DER: trailing-bytes at octet {len(more) - 3}"
    yield case("cms-too-long", "A field too many.", more, kind="", why=why)
    other = message(signer(implicit, digest=_algorithm("1.2.3")))
    yield case("cms-hash-unknown", "A hash that is not known.", other, hash="?")
    content = sequence(_DATA, explicit(0, octets(b"hello")))
    yield case(
        "cms-content",
        "Without signed attributes the content is signed.",
        message(signer(), content=content),
        tbs=b"hello",
    )
    yield case(
        "cms-detached",
        "The content stands elsewhere.",
        message(signer()),
        kind="",
        why="a CMS with signed attributes or with its content",
    )
    yield case(
        "cms-two",
        "Two signers.",
        message(signer(), signer(implicit)),
        kind="",
        why="a CMS with one signer: this one has 2",
    )
    yield case("cms-none", "No signer.", message(), kind="", why="a CMS with one signer: this one has 0")
    yield case(
        "cms-enveloped",
        "Another type.",
        sequence(_DATA, explicit(0, octets(b"x"))),
        kind="",
        why="a CMS of the type signed-data (RFC 5652 §5)",
    )
    token = message(signer(implicit))
    yield case("time-stamp", "A time-stamp response.", sequence(sequence(integer(0)), token))
    why = "a time-stamp response with a token: this one was refused"
    refused = sequence(sequence(integer(2), sequence(), integer(1)))
    yield case("time-stamp-refused-why", "Refused, with words.", refused, kind="", why=why, certain=True)
    yield case(
        "time-stamp-refused", "Refused, no token.", sequence(sequence(integer(2))), kind="", why=why, certain=True
    )


def _nothing() -> Iterator[_Case]:
    why = "a certificate, CRL, OCSP response, request, CMS or time stamp"

    def case(id_: str, comment: str, data: bytes, why: str = why) -> _Case:
        return _Case(id_, comment, "L07", data, why=why)

    yield case("empty", "No octets.", b"", "an object in DER: missing-element at octet 0")
    yield case("text", "Text.", b"hello", "an object in DER: truncated at octet 0")
    yield case("nothing-inside", "An empty SEQUENCE.", sequence(), "an object in DER: missing-element at octet 2")
    yield case("number", "A SEQUENCE with a number.", sequence(integer(1)), "an object in DER: wrong-tag at octet 2")
    yield case("one-inside", "One SEQUENCE inside, and no number first.", sequence(sequence(oid("1.2.3"))))
    yield case("number-and-bits", "A number, and bits behind it.", sequence(sequence(integer(1)), bits(b"x")))
    first = sequence(octets(b"x"), _NAME, utc("261121120000Z"))
    yield case("odd-first", "A first field that fits nothing.", _signed(first))
    yield case("public-key", "A public key.", sequence(_RSA, bits(b"x")))
    yield case("no-algorithm", "No algorithm behind.", sequence(sequence(integer(1), _NAME), sequence(integer(1))))
    yield case("odd-inside", "Three parts, and nothing known inside.", _signed(sequence(octets(b"x"))))
    yield case("odd-fourth", "A fourth field that fits nothing.", _signed(sequence(integer(1), _NAME, _NAME, _NULL)))
    yield case("odd-third", "A third field that fits nothing.", _signed(sequence(_NAME, _NAME, _NULL)))
    yield case("two-sequences", "Two of them only.", _signed(sequence(_NAME, _NAME)))
    good = certificate(Tbs(extensions=(KU_SIGN,)).der())
    yield case("truncated", "The last octet is missing.", good[:-1], "an object in DER: truncated at octet 0")
    yield case("trailing", "An octet too many.", good + b"\0", f"an object in DER: trailing-bytes at octet {len(good)}")


def _cases() -> Iterator[_Case]:
    yield from _certificates()
    yield from _lists()
    yield from _requests()
    yield from _responses()
    yield from _messages()
    yield from _nothing()


def _hex(data: bytes) -> str:
    digits = data.hex()
    return "\n".join(digits[at : at + 120] for at in range(0, len(digits), 120))


def _digest(case: _Case) -> str:
    if not case.kind or case.hash == "?":
        return ""
    return hashlib.new(case.hash or "sha256", case.tbs).hexdigest()


def text() -> str:
    """The file."""
    lines = [
        "# Made by tests/make_object_vectors.py from the texts named in each vector. Signatures verify with nothing."
    ]
    for case in _cases():
        lines += ["", "[[vector]]", f'id = "{case.id}"', f'comment = "{case.comment}"', f'source = "{case.source}"']
        if case.kind:
            lines += [f'kind = "{case.kind}"', f'hash = "{"" if case.hash == "?" else case.hash}"']
            lines += [f'digest = "{_digest(case)}"', f'tbs_sha256 = "{hashlib.sha256(case.tbs).hexdigest()}"']
            lines += [f'issuer_sha256 = "{hashlib.sha256(case.issuer).hexdigest()}"'] if case.issuer else []
            lines += [f'serial = "{case.serial:x}"'] if case.serial is not None else []
            lines += [f"{word} = {when}" for word, when in (("begins", case.begins), ("ends", case.ends)) if when]
            lines += ["scts = true"] if case.scts else []
        else:
            lines += [f'why = "{case.why}"', f"certain = {str(case.certain).lower()}"]
        lines += [f'data = """\n{_hex(case.data)}\n"""']
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
