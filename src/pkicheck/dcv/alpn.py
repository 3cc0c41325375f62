"""TLS with ALPN: BR 3.2.2.4.20, for an address BR 3.2.2.5.7; RFC 8737, RFC 8738.

Nothing of the certificate is taken on trust: it is a container for one name and one digest, read from its octets.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Final

import attrs

from pkicheck.dcv.connect import CONNECT_CODES, Address, addresses_of, may_connect
from pkicheck.dcv.persist import reverse_name
from pkicheck.dcv.plan import Challenge
from pkicheck.dcv.values import key_authorization, same
from pkicheck.dcv.view import View
from pkicheck.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    Element,
    context,
    read,
)
from pkicheck.methods import MethodId
from pkicheck.names import DomainName, address_text, name_text
from pkicheck.plans import Needs
from pkicheck.ports import Failure, TlsObservation, TlsProbe

__all__ = ["AcmeTlsAlpn01", "ChallengeCertificate", "read_challenge_certificate"]

_PROTOCOL: Final = "acme-tls/1"
_IDENTIFIER: Final = "1.3.6.1.5.5.7.1.31"
# What early drafts used before IANA assigned the number above.
_DRAFTS: Final = frozenset({"1.3.6.1.5.5.7.1.30", "1.3.6.1.5.5.7.1.30.1"})
_SAN: Final = "2.5.29.17"
_DNS_NAME: Final = context(2)
_IP_ADDRESS: Final = context(7)
_VERSIONS: Final = ("TLSv1.2", "TLSv1.3")
_PORT: Final = 443
_ANOTHER: Final = (Failure.TIMEOUT, Failure.UNREACHABLE, Failure.CLOSED)


@attrs.frozen
class ChallengeCertificate:
    """What a certificate of a challenge says.

    Attributes:
        extensions: `(object identifier, critical, value)` in order.
        same_name: whether issuer and subject are the same octets.
    """

    extensions: tuple[tuple[str, bool, bytes], ...]
    same_name: bool

    def named(self, identifier: str) -> tuple[tuple[bool, bytes], ...]:
        """The extensions of one kind."""
        return tuple((critical, value) for oid, critical, value in self.extensions if oid == identifier)


def read_challenge_certificate(der: bytes) -> ChallengeCertificate:
    """Read a certificate (RFC 5280 §4.1) as far as a challenge needs it.

    Raises:
        DerError: it is no certificate of this shape.
    """
    info, _algorithm, _signature = read(der, SEQUENCE).fields(SEQUENCE, SEQUENCE, BIT_STRING)
    reader = info.reader()
    reader.take_optional(context(0, constructed=True))
    reader.take(INTEGER)
    reader.take(SEQUENCE)
    issuer = reader.take(SEQUENCE)
    reader.take(SEQUENCE)
    subject = reader.take(SEQUENCE)
    reader.take(SEQUENCE)
    reader.take_optional(context(1))
    reader.take_optional(context(2))
    wrapped = reader.take_optional(context(3, constructed=True))
    reader.end()
    extensions = () if wrapped is None else tuple(_extension(each) for each in wrapped.fields(SEQUENCE)[0].children())
    return ChallengeCertificate(extensions, issuer.encoded == subject.encoded)


def _extension(element: Element) -> tuple[str, bool, bytes]:
    reader = element.reader()
    oid = reader.take(OBJECT_IDENTIFIER).oid()
    critical = reader.take_optional(BOOLEAN)
    value = reader.take(OCTET_STRING).octet_string()
    reader.end()
    return oid, critical is not None and critical.boolean(), value


def _signed_by_itself(leaf: bytes) -> bool:
    # Who only reads evidence of other kinds does not pay for the library of signatures.
    from pkicheck.dcv.selfsigned import signed_by_itself  # noqa: PLC0415 - see above

    return signed_by_itself(leaf)


@attrs.frozen(kw_only=True)
class AcmeTlsAlpn01(Challenge):
    """ACME tls-alpn-01: BR 3.2.2.4.20, for an address BR 3.2.2.5.7.

    Attributes:
        token: the token of the ACME challenge.
        account_thumbprint: the thumbprint of the account key (RFC 7638).
    """

    slug: ClassVar[str] = "tls-alpn-01"

    token: str
    account_thumbprint: str

    def __attrs_post_init__(self) -> None:
        key_authorization(self.token, self.account_thumbprint)

    @property
    def method(self) -> MethodId:
        """3.2.2.4.20 for a name, 3.2.2.5.7 for an address."""
        return MethodId("3.2.2.4.20" if self.domain is not None else "3.2.2.5.7")

    @property
    def checked(self) -> str:
        """The key authorization."""
        return key_authorization(self.token, self.account_thumbprint)

    def sni(self, adn: DomainName | None) -> str:
        """The server name: the name itself; of an address its reverse-zone name (RFC 8738 §6)."""
        if adn is not None:
            return adn.text
        assert isinstance(self.name, (IPv4Address, IPv6Address))
        return reverse_name(self.name).text

    def examine(self, view: View, adn: DomainName | None, /) -> Needs | None:
        """Ask for the certificate and read it.

        Steps:
            1. An address, not of a special-purpose block; IPv6 first, then IPv4. A validated address is itself.
            2. The handshake, with only acme-tls/1 offered and the SNI of the name.
            3. TLS 1.2 or later, and acme-tls/1 selected (RFC 8737 §3, §4).
            4. The certificate.
        """
        if adn is not None:
            found = addresses_of(view, adn)
        else:
            assert isinstance(self.name, (IPv4Address, IPv6Address))
            found = (self.name,)
        if isinstance(found, Needs):
            return found
        port = view.policy.dcv.port(_PORT)
        for left, address in zip(reversed(range(len(found))), found, strict=True):
            allowed = may_connect(view, address)  # 1
            if allowed is not True:
                return allowed or None
            probe = TlsProbe(address=address, port=port, sni=self.sni(adn), alpn=(_PROTOCOL,))
            observation = view.seen.tls(probe)
            if observation is None:
                return Needs((probe,))  # 2
            place = f"{probe.sni} at {address_text(address)} port {port}"
            if left and observation.failure in _ANOTHER:
                view.add("dcv.connect-fallback", place, saw=[observation.failure.name])
                continue
            self._judge(view, observation, place, adn)
            break
        return None

    def _judge(self, view: View, observation: TlsObservation, place: str, adn: DomainName | None) -> None:
        if observation.failure is not None:
            view.add(CONNECT_CODES.get(observation.failure, "dcv.tls-failed"), place)
            return
        if observation.version not in _VERSIONS:  # 3
            view.add("dcv.tls-version", place, expected=" or ".join(_VERSIONS), saw=[observation.version])
        if observation.alpn != _PROTOCOL:
            saw = [] if observation.alpn is None else [observation.alpn]
            view.add("dcv.tls-protocol", place, expected=_PROTOCOL, saw=saw)
        before = len(view.findings)
        name: DomainName | Address = adn if adn is not None else self._address()
        self._certificate(view, observation.leaf, place, name)  # 4
        if len(view.findings) == before and observation.version in _VERSIONS and observation.alpn == _PROTOCOL:
            view.add("dcv.control-shown", place, expected=self.checked)

    def _address(self) -> Address:
        assert isinstance(self.name, (IPv4Address, IPv6Address))
        return self.name

    def _certificate(self, view: View, leaf: bytes, place: str, name: DomainName | Address) -> None:
        """Step 4 (RFC 8737 §3): state everything that is wrong with the certificate.

        Steps:
            1. It can be read.
            2. Exactly one subject alternative name extension, with exactly one entry: the name, of its own kind.
            3. Exactly one acmeIdentifier, critical, whose value is an OCTET STRING of the 32 octets of SHA-256 of the
               key authorization.
            4. It is signed by its own key.
        """
        try:
            certificate = read_challenge_certificate(leaf)  # 1
            signed = certificate.same_name and _signed_by_itself(leaf)
            names = [entry for _, value in certificate.named(_SAN) for entry in read(value, SEQUENCE).contents()]
        except DerError as error:
            view.add("dcv.tls-certificate-malformed", place, saw=[f"{error.reason} at {error.offset}"])
            return
        wanted = (_DNS_NAME, name.text.encode("ascii")) if isinstance(name, DomainName) else (_IP_ADDRESS, name.packed)
        shown = [(tag, content.lower() if tag == _DNS_NAME else content) for tag, content in names]
        if len(certificate.named(_SAN)) != 1 or shown != [wanted]:  # 2
            saw = [content if tag == _DNS_NAME else content.hex() for tag, content in names]
            view.add("dcv.tls-name", place, expected=name_text(name), saw=saw)
        self._identifier(view, certificate, place)  # 3
        if not signed:  # 4
            view.add("dcv.tls-not-self-signed", place)

    def _identifier(self, view: View, certificate: ChallengeCertificate, place: str) -> None:
        found = certificate.named(_IDENTIFIER)
        if len(found) != 1:
            draft = not found and any(oid in _DRAFTS for oid, *_ in certificate.extensions)
            code = "dcv.tls-identifier-draft" if draft else "dcv.tls-identifier-missing"
            view.add(code, place, expected=_IDENTIFIER, saw=[oid for oid, *_ in certificate.extensions])
            return
        ((critical, value),) = found
        if not critical:
            view.add("dcv.tls-identifier-not-critical", place)
        digest = hashlib.sha256(self.checked.encode("ascii")).digest()
        if len(value) != 34 or value[:2] != b"\x04\x20":
            view.add("dcv.tls-identifier-malformed", place, saw=[value.hex()])
        elif not same(value[2:], digest):
            view.add("dcv.tls-identifier-other", place, expected=digest.hex(), saw=[value[2:].hex()])
