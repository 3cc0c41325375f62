"""How long reading a request takes: the DER reader beside `cryptography`, in the same run, as ratios.

    python benchmarks/der.py

Both read the same requests (P-256, one and 100 names). "fields" is what a decision needs: signed bytes, version, every
attribute of the subject, key, every attribute, every extension, every name, algorithm, signature. "defects" is the walk
over everything, the extension values included; "both" is the two together by theirs.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pkicheck.der import (
    ANY,
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    context,
    defects,
    defects_inside,
    read,
)

_ATTRIBUTES = context(0, constructed=True)
_EXTENSION_REQUEST = bytes.fromhex("2a864886f70d01090e")
_SUBJECT_ALT_NAME = bytes.fromhex("551d11")


def request(names: int) -> bytes:
    """A request with one attribute in its subject and so many names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.com")])
    )
    wanted = x509.SubjectAlternativeName([x509.DNSName(f"www{number}.example.com") for number in range(names)])
    builder = builder.add_extension(wanted, critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(
        serialization.Encoding.DER
    )


def fields(data: bytes) -> tuple[object, ...]:
    """All fields of a request, field by field."""
    info, algorithm, signature = read(data, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    version, subject, key, attributes = info.fields(INTEGER, SEQUENCE, SEQUENCE, _ATTRIBUTES)
    pairs = [
        (kind.content, value)
        for name in subject.children()
        for pair in name.set_of()
        for kind, value in (pair.fields(OBJECT_IDENTIFIER, ANY),)
    ]
    key_algorithm, public = key.fields(SEQUENCE, BIT_STRING)
    names: list[tuple[int, bytes]] = []
    for attribute in attributes.set_of(_ATTRIBUTES):
        kind, contained = attribute.fields(OBJECT_IDENTIFIER, SET)
        if kind.content == _EXTENSION_REQUEST:
            for extension in contained.inner().children():
                reader = extension.reader()
                if reader.take(OBJECT_IDENTIFIER).content == _SUBJECT_ALT_NAME:
                    reader.take_default(BOOLEAN, b"\0")
                    names += reader.take(OCTET_STRING).inner().contents()
                    reader.end()
    return (
        info.encoded,
        version.integer(),
        pairs,
        key.encoded,
        key_algorithm.encoded,
        public.bit_string(),
        names,
        algorithm.encoded,
        signature.bit_string(),
    )


def all_defects(data: bytes) -> int:
    """The defects of a request and of its extension values."""
    found = len(defects(data))
    attributes: Element = read(data).fields(ANY, ANY, ANY)[0].fields(ANY, ANY, ANY, ANY)[3]
    for attribute in attributes.children():
        for extension in attribute.fields(OBJECT_IDENTIFIER, SET)[1].inner().children():
            found += len(defects_inside(extension.fields(OBJECT_IDENTIFIER, OCTET_STRING)[1]))
    return found


def theirs(data: bytes) -> tuple[object, ...]:
    """The same fields through `cryptography`."""
    loaded = x509.load_der_x509_csr(data)
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    subject = [(attribute.oid, attribute.value) for attribute in loaded.subject]
    return (loaded.tbs_certrequest_bytes, subject, list(names), loaded.signature_algorithm_oid, loaded.signature)


_ROUNDS = 2000


def _best(call: Callable[[bytes], object], data: bytes) -> float:
    """Microseconds of one call: the best of seven series."""
    return min(timeit.repeat(lambda: call(data), number=_ROUNDS, repeat=7)) / _ROUNDS * 1e6


def main() -> None:
    """Print a table."""
    print(f"{'names':>5} {'octets':>6} {'fields':>9} {'defects':>9} {'theirs':>9} {'fields/theirs':>13} {'both':>5}")
    for names in (1, 10, 100):
        data = request(names)
        ours = _best(fields, data)
        walk = _best(all_defects, data)
        other = _best(theirs, data)
        print(
            f"{names:>5} {len(data):>6} {ours:>7.1f}us {walk:>7.1f}us {other:>7.1f}us"
            f" {ours / other:>13.2f} {(ours + walk) / other:>5.2f}"
        )


if __name__ == "__main__":
    main()
