"""Codes of names and addresses: the grammar of a name, the questions to the lists, the decision."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.names import (
    BR_INTERNAL,
    BR_LDH,
    BR_LIST_AGE,
    BR_ONION_V3,
    BR_P_LABEL,
    BR_RESERVED_IP,
    BR_REVERSE,
    BR_SAN,
    BR_SUFFIX,
    BR_UNDERSCORE,
    BR_WILDCARD,
    LINT_NFC,
    RFC1035_LENGTH,
    RFC5891_IDNA,
    RFC5952_TEXT,
    RFC6761_SPECIAL,
)

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_ONLY_NAME = "Give the bare domain name and nothing else."
_LETTERS = "Use only letters, digits, hyphens and dots."
_ONION = "Ask the service's operator for its 56-character version 3 address."
_ADDRESS = "A dNSName holds no address: give it as an iPAddress, in its canonical text."
_OWN_PKI = "Nothing to do: the policy is that of a private PKI."


CODES: tuple[Code, ...] = (
    # -- the decision
    Code("name.accepted", _NOTE, "Nothing speaks against the name or address.", "Nothing to do."),
    # -- the whole text
    Code("name.empty", _REFUSAL, "The name is empty.", "Give a name.", (BR_SAN,)),
    Code(
        "name.too-long",
        _REFUSAL,
        "The name is longer than 253 characters.",
        "Use a shorter name.",
        (RFC1035_LENGTH,),
    ),
    Code(
        "name.single-label",
        _REFUSAL,
        "The name has one label only; a certificate needs a fully qualified name.",
        "Give the whole name, with its domain.",
        (BR_SAN,),
    ),
    Code("name.leading-dot", _REFUSAL, "The name begins with a dot.", "Leave out the dot.", (BR_SAN,)),
    Code("name.double-dot", _REFUSAL, "The name has an empty label between two dots.", "Correct the name.", (BR_SAN,)),
    Code("name.trailing-dot", _REFUSAL, "The name ends with a dot.", "Leave out the dot.", (BR_SAN,)),
    Code("name.scheme", _REFUSAL, "This is a URL, not a name.", _ONLY_NAME, (BR_LDH,)),
    Code("name.at-sign", _REFUSAL, "The name holds an at sign, as an e-mail address does.", _ONLY_NAME, (BR_LDH,)),
    Code("name.slash", _REFUSAL, "The name holds a slash.", _ONLY_NAME, (BR_LDH,)),
    Code("name.colon", _REFUSAL, "The name holds a colon, as before a port.", _ONLY_NAME, (BR_LDH,)),
    # -- octets
    Code("name.nul", _REFUSAL, "The name holds a NUL octet.", _LETTERS, (BR_LDH,)),
    Code("name.control", _REFUSAL, "The name holds a control character.", _LETTERS, (BR_LDH,)),
    Code("name.space", _REFUSAL, "The name holds a space.", _LETTERS, (BR_LDH,)),
    Code("name.underscore", _REFUSAL, "A label holds an underscore.", _LETTERS, (BR_UNDERSCORE,)),
    Code(
        "name.octet", _REFUSAL, "A label holds a character other than letters, digits and hyphens.", _LETTERS, (BR_LDH,)
    ),
    Code(
        "name.u-label",
        _REFUSAL,
        "A label is written in Unicode.",
        "Convert the name to A-labels (xn--...), look at the outcome, and give that.",
        (BR_LDH,),
    ),
    Code("name.not-utf8", _REFUSAL, "The name holds octets that are neither ASCII nor UTF-8.", _LETTERS, (BR_LDH,)),
    # -- labels
    Code("name.label-too-long", _REFUSAL, "A label is longer than 63 octets.", "Shorten it.", (RFC1035_LENGTH,)),
    Code("name.leading-hyphen", _REFUSAL, "A label begins with a hyphen.", "Correct the label.", (BR_LDH,)),
    Code("name.trailing-hyphen", _REFUSAL, "A label ends with a hyphen.", "Correct the label.", (BR_LDH,)),
    Code(
        "name.reserved-label",
        _REFUSAL,
        "A label has hyphens in third and fourth place and does not begin with xn--: such labels are reserved.",
        "Use another label.",
        (BR_LDH,),
    ),
    Code(
        "name.p-label-undecodable",
        _REFUSAL,
        "What follows xn-- is not Punycode of Unicode characters.",
        "Convert the Unicode label anew.",
        (BR_P_LABEL,),
    ),
    Code(
        "name.p-label-ascii",
        _REFUSAL,
        "What follows xn-- decodes to ASCII alone, which no encoder writes so.",
        "Use the plain label.",
        (BR_P_LABEL,),
    ),
    Code(
        "name.p-label-round-trip",
        _REFUSAL,
        "What follows xn-- decodes, but the decoded label encodes to something else.",
        "Convert the Unicode label anew.",
        (BR_P_LABEL,),
    ),
    Code(
        "name.label-nfc",
        _NOTE,
        "The Unicode form of a label is not in Normalization Form C; the policy allows it.",
        "Nothing to do; linters will ask for the normalised label.",
        (LINT_NFC,),
    ),
    Code(
        "name.label-nfc-refused",
        _REFUSAL,
        "The Unicode form of a label is not in Normalization Form C.",
        "Convert the normalised Unicode label.",
        (LINT_NFC,),
    ),
    Code(
        "name.label-idna2008",
        _NOTE,
        "A label breaks IDNA 2008; the Baseline Requirements allow it as a P-Label.",
        "Nothing to do; many programs will not show such a name.",
        (RFC5891_IDNA,),
    ),
    Code(
        "name.label-idna2008-refused",
        _REFUSAL,
        "A label breaks IDNA 2008, which the policy asks for.",
        "Convert the Unicode label by IDNA 2008.",
        (RFC5891_IDNA,),
    ),
    # -- asterisks
    Code("name.asterisk-alone", _REFUSAL, "The name is an asterisk alone.", "Give the domain too.", (BR_WILDCARD,)),
    Code(
        "name.asterisk-inner",
        _REFUSAL,
        "A label other than the leftmost one is an asterisk.",
        "The asterisk stands once, as the whole leftmost label.",
        (BR_WILDCARD,),
    ),
    Code(
        "name.asterisk-partial",
        _REFUSAL,
        "A label holds an asterisk beside other characters.",
        "The asterisk stands once, as the whole leftmost label.",
        (BR_WILDCARD,),
    ),
    Code(
        "name.asterisk-double",
        _REFUSAL,
        "A label is made of several asterisks.",
        "The asterisk stands once, as the whole leftmost label.",
        (BR_WILDCARD,),
    ),
    Code(
        "name.wildcard",
        _REFUSAL,
        "This is a wildcard name where a plain domain name belongs.",
        "Leave out the asterisk.",
        (BR_WILDCARD,),
    ),
    # -- addresses where a name belongs, and in the wrong spelling
    Code("name.ipv4-literal", _REFUSAL, "This is an IPv4 address where a domain name belongs.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv4-trailing-dot", _REFUSAL, "This is an IPv4 address with a dot after it.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv4-short", _REFUSAL, "This is an IPv4 address with fewer than four parts.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv4-decimal", _REFUSAL, "This is an IPv4 address written as one number.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv4-octal", _REFUSAL, "This is an IPv4 address with octal parts.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv4-hex", _REFUSAL, "This is an IPv4 address with hexadecimal parts.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv6-literal", _REFUSAL, "This is an IPv6 address where a domain name belongs.", _ADDRESS, (BR_SAN,)),
    Code("name.ipv6-bracketed", _REFUSAL, "This is an IPv6 address in brackets.", _ADDRESS, (BR_SAN,)),
    Code(
        "name.ipv6-zone",
        _REFUSAL,
        "This is an IPv6 address with a zone, which only means something on one host.",
        _ADDRESS,
        (BR_SAN,),
    ),
    Code(
        "name.ipv6-not-canonical",
        _REFUSAL,
        "This is an IPv6 address that is not in its canonical text.",
        "Write it by RFC 5952: lower case, no leading zeros, the longest run of zeros as ::.",
        (RFC5952_TEXT,),
    ),
    Code(
        "name.numeric-last-label",
        _REFUSAL,
        "The last label is a number, so the name reads as an IPv4 address.",
        "Correct the name.",
        (BR_SAN, BR_INTERNAL),
    ),
    # -- onion names
    Code(
        "name.onion-v3",
        _NOTE,
        "The label left of onion is a version 3 address with a right checksum.",
        "Nothing to do.",
        (BR_ONION_V3,),
    ),
    Code("name.onion-alone", _REFUSAL, "There is no address left of onion.", _ONION, (BR_ONION_V3,)),
    Code("name.onion-v2", _REFUSAL, "This is a version 2 onion address, which is retired.", _ONION, (BR_ONION_V3,)),
    Code(
        "name.onion-encoding",
        _REFUSAL,
        "The label left of onion is not 56 characters of base32.",
        _ONION,
        (BR_ONION_V3,),
    ),
    Code("name.onion-version", _REFUSAL, "The onion address is of an unknown version.", _ONION, (BR_ONION_V3,)),
    Code("name.onion-checksum", _REFUSAL, "The checksum of the onion address is wrong.", _ONION, (BR_ONION_V3,)),
    Code(
        "name.onion-not-allowed",
        _REFUSAL,
        "The policy allows no onion names.",
        "Use a name of the public DNS, or set `names.onion`.",
        (BR_ONION_V3,),
    ),
    Code(
        "name.onion-before-rule",
        _REFUSAL,
        "At the moment judged the rules knew no version 3 onion names.",
        "Judge it at a later moment.",
        (BR_ONION_V3,),
    ),
    # -- the lists as such
    Code("name.list-used", _NOTE, "This version of this list was asked.", "Nothing to do.", (BR_LIST_AGE,)),
    Code(
        "name.list-unavailable",
        _DOUBT,
        "A list could not be asked.",
        "Look after the list and check again.",
        (BR_LIST_AGE,),
    ),
    Code(
        "name.suffixes-unavailable",
        _DOUBT,
        "The public suffix list could not be asked, so a wildcard cannot be judged.",
        "Run pip install 'pkicheck[psl]', or give a list of your own.",
        (BR_SUFFIX,),
    ),
    Code(
        "name.suffixes-not-asked",
        _NOTE,
        "The public suffix list could not be asked; only a wildcard name would need it.",
        "Nothing to do. For wildcard names run pip install 'pkicheck[psl]'.",
        (BR_SUFFIX,),
    ),
    Code(
        "name.list-from-later",
        _DOUBT,
        "A list bears a later date than the moment at which it was asked.",
        "Correct the list's date, or the clock.",
        (BR_LIST_AGE,),
    ),
    Code(
        "name.list-stale",
        _DOUBT,
        "A list is older than the policy allows.",
        "Update the package, or give a newer list.",
        (BR_LIST_AGE,),
    ),
    Code(
        "name.list-stale-noted",
        _NOTE,
        "A list is older than the policy allows; the policy makes a note of it.",
        "Update the package, or give a newer list.",
        (BR_LIST_AGE,),
    ),
    # -- what the lists say of a name
    Code(
        "name.special-use",
        _REFUSAL,
        "The name lies in a special-use domain, which nobody owns in the public DNS.",
        "Use a name in a domain that the applicant owns.",
        (RFC6761_SPECIAL,),
    ),
    Code(
        "name.special-use-internal",
        _NOTE,
        "The name lies in a special-use domain.",
        _OWN_PKI,
        (RFC6761_SPECIAL,),
    ),
    Code(
        "name.reverse-zone",
        _REFUSAL,
        "The name lies in a reverse zone (in-addr.arpa or ip6.arpa).",
        "Use another name, or the IP address itself.",
        (BR_REVERSE,),
    ),
    Code(
        "name.reverse-zone-not-yet",
        _NOTE,
        "The name lies in a reverse zone; at the moment judged no rule forbids it.",
        "Use another name: the rule comes.",
        (BR_REVERSE,),
    ),
    Code("name.reverse-zone-internal", _NOTE, "The name lies in a reverse zone.", _OWN_PKI, (BR_REVERSE,)),
    Code(
        "name.internal",
        _REFUSAL,
        "The name does not end in a top-level domain of the root zone: it is an internal name.",
        "Use a name of the public DNS. If the top-level domain is new, update the list.",
        (BR_INTERNAL,),
    ),
    Code(
        "name.internal-allowed",
        _NOTE,
        "The name does not end in a top-level domain of the root zone: it is an internal name.",
        _OWN_PKI,
        (BR_INTERNAL,),
    ),
    Code(
        "name.wildcard-public-suffix",
        _REFUSAL,
        "The asterisk stands directly above a public suffix.",
        "Name a domain below the suffix.",
        (BR_SUFFIX,),
    ),
    Code(
        "name.wildcard-top-level",
        _REFUSAL,
        "The asterisk stands directly above a top-level domain.",
        "Name a domain below the top-level domain.",
        (BR_SUFFIX,),
    ),
    Code(
        "name.wildcard-suffix-unknown",
        _DOUBT,
        "The public suffix list has no rule for the top-level domain, so a wildcard below it cannot be judged.",
        "Give a newer list.",
        (BR_SUFFIX,),
    ),
    Code(
        "name.public-suffix",
        _NOTE,
        "The name is itself a public suffix.",
        "Nothing to do for this name; a wildcard above it is refused.",
        (BR_SUFFIX,),
    ),
    # -- addresses
    Code(
        "name.address-reserved",
        _REFUSAL,
        "The address lies in a block of IANA's special-purpose registries.",
        "Use an address that is assigned to the applicant.",
        (BR_RESERVED_IP,),
    ),
    Code(
        "name.address-reserved-internal",
        _NOTE,
        "The address lies in a block of IANA's special-purpose registries.",
        _OWN_PKI,
        (BR_RESERVED_IP,),
    ),
    Code(
        "name.address-multicast",
        _REFUSAL,
        "The address is a multicast address: it belongs to a group, not to a host.",
        "Use the address of a host.",
    ),
    # -- scope
    Code(
        "name.scope-not-allowed",
        _REFUSAL,
        "The request is for an internal name, and the policy is for public certificates.",
        "Ask with scope public, or under the policy of the private PKI.",
        (BR_INTERNAL,),
    ),
    Code(
        "name.scope-public-name",
        _NOTE,
        "The request is for an internal name, and the name is one of the public DNS.",
        "Nothing to do; make sure that the applicant may use the public name inside.",
    ),
)
