"""Requests, certificates and issuers in files: DER, or PEM with one block of the label."""

from __future__ import annotations

import binascii
import re
from typing import Final

from pkicheck._cli._read import read_file, standard_input
from pkicheck.der import DerError
from pkicheck.errors import InputError
from pkicheck.issuerkey import IssuerKey
from pkicheck.x509 import read_certificate

__all__ = ["LARGEST", "certificate_in", "file_or_standard_input", "issuer_in", "one_standard_input"]

LARGEST: Final = 1024 * 1024
"""No file with a request or a certificate is larger, in octets."""

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----", re.ASCII)


def one_standard_input(*files: str | None) -> None:
    """`-` stands for a file once at most.

    Raises:
        InputError: it is there again.
    """
    if files.count("-") > 1:
        msg = "- (standard input) can be read once only"
        raise InputError(msg)


def file_or_standard_input(file: str) -> bytes:
    """The octets of a file, or of standard input for `-`.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    if file != "-":
        return read_file(file, most=LARGEST)
    data = standard_input().read(LARGEST + 1)
    if len(data) > LARGEST:
        msg = f"standard input is larger than {LARGEST} octets"
        raise InputError(msg)
    return data


def certificate_in(file: str) -> bytes:
    """The certificate in a file; what is no PEM is taken as DER, which the check judges.

    Raises:
        InputError: the file cannot be read, or is PEM without exactly one certificate.
    """
    data = file_or_standard_input(file)
    if b"-----BEGIN" not in data or data[:1] == b"\x30":
        return data
    where = "standard input" if file == "-" else file
    blocks = _PEM.findall(data)
    if len(blocks) != 1 or data.count(b"-----BEGIN") != 1:
        msg = f"{where}: expected one PEM block, with the label CERTIFICATE"
        raise InputError(msg)
    try:
        return binascii.a2b_base64(re.sub(rb"\s+", b"", blocks[0]), strict_mode=True)
    except binascii.Error as error:
        msg = f"{where}: the PEM block is no base64: {error}"
        raise InputError(msg) from None


def issuer_in(file: str, *, public: bool) -> IssuerKey:
    """The issuer key of a CA certificate, for TLS.

    Args:
        file: the CA's certificate.
        public: whether it is one of a public PKI.

    Raises:
        InputError: the file holds no certificate.
    """
    data = certificate_in(file)
    try:
        tbs, _, _ = read_certificate(data)
    except DerError as error:
        msg = f"{file}: this is no certificate: {error}"
        raise InputError(msg) from None
    return IssuerKey(
        certificate=data,
        spki=tbs.key.encoded,
        caa=frozenset(),
        purposes=frozenset({"tls"}),
        public=public,
        production=True,
    )
