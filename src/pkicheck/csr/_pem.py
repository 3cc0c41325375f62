"""The request in a text: exactly one, between boundaries that match (RFC 7468 §2, §3, §7).

    text      = *line [ request ] *line
    request   = "-----BEGIN " label "-----" eol *( base64 eol ) "-----END " label "-----" eol
    label     = "CERTIFICATE REQUEST" / "NEW CERTIFICATE REQUEST"
    eol       = CRLF / CR / LF

What stands around is not looked at, apart from further boundaries: a private key there is no longer private.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

import attrs

from pkicheck.findings import Finding, finding, show

__all__ = ["Found", "find_request"]

_LABELS: Final = frozenset((b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"))
_BEGIN: Final = b"-----BEGIN "
_END: Final = b"-----END "
_DASHES: Final = b"-----"
_BOM: Final = b"\xef\xbb\xbf"
# Nobody encloses more in one text.
_MOST_BLOCKS: Final = 100


@attrs.frozen(kw_only=True)
class Found:
    """What a text or some octets hold.

    Attributes:
        der: the octets of the request, None when there is not exactly one.
        findings: what is wrong.
        secret: whether a private key stands in the text: then the text is not to be kept.
    """

    der: bytes | None
    findings: tuple[Finding, ...]
    secret: bool = False


def find_request(data: bytes) -> Found:
    """The octets of the one request that `data` is or holds. Never raises, one pass.

    DER begins with 30 and a length of several octets, which no text does; what is neither is taken for DER and will not
    be readable.
    """
    if (data[:1] == b"\x30" and data[1:2] >= b"\x80") or _DASHES not in data:
        return Found(der=data, findings=())
    return _text(data.removeprefix(_BOM))


def _text(data: bytes) -> Found:
    findings: list[Finding] = []
    requests: list[bytes] = []
    secret = False
    label: bytes | None = None
    body: list[bytes] = []
    for number, raw in enumerate(data.splitlines(), 1):
        line = raw.strip()
        if not line.startswith(_DASHES):
            if label is not None:
                body.append(line)
            continue
        name = _boundary(line, _END)
        if name is not None and name == label:
            if label in _LABELS:
                requests.append(b"".join(body))
            label = None
            continue
        if label is not None or name is not None:
            findings.append(finding("csr.pem-unterminated", f"line {number}", saw=[line]))
        label, body = _boundary(line, _BEGIN), []
        secret = secret or b"PRIVATE KEY" in line
        if label is None and name is None:
            findings.append(finding("csr.pem-boundary", f"line {number}", saw=[line]))
        elif label is not None and label not in _LABELS and b"PRIVATE KEY" not in label:
            findings.append(finding("csr.pem-other", f"line {number}", saw=[label]))
        if len(findings) >= _MOST_BLOCKS:
            # What stands behind was not looked at, and may be another request or a key.
            findings.append(finding("csr.too-complex", f"line {number}", expected=f"{_MOST_BLOCKS} remarks or fewer"))
            return Found(der=None, findings=tuple(findings), secret=True)
    if label is not None:
        findings.append(finding("csr.pem-unterminated", "end of the text", saw=[label]))
    if secret:
        findings.append(finding("csr.private-key-enclosed", "text"))
    return _only(requests, findings, secret=secret)


def _boundary(line: bytes, kind: bytes) -> bytes | None:
    """The label of a boundary of this kind: one or more characters, without dashes side by side (RFC 7468 §3)."""
    label = line[len(kind) : -len(_DASHES)]
    fits = line.startswith(kind) and line.endswith(_DASHES) and label and b"--" not in label
    return label if fits else None


def _only(requests: list[bytes], findings: list[Finding], *, secret: bool) -> Found:
    der = None
    if not requests:
        findings.append(finding("csr.pem-none", "text"))
    elif len(requests) > 1:
        findings.append(finding("csr.pem-several", "text", expected="1", saw=[str(len(requests))]))
    else:
        text = b"".join(requests[0].split())
        try:
            der = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            findings.append(finding("csr.pem-base64", "text", saw=[show(str(error))]))
        else:
            if base64.b64encode(der) != text:
                findings.append(finding("csr.pem-base64", "text", saw=["bits behind the last octet are set"]))
                der = None
    return Found(der=der, findings=tuple(findings), secret=secret)
