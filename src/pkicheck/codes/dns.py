"""Codes of DNS lookups: what came back, kept apart, and what DNSSEC says of it."""

from __future__ import annotations

from pkicheck.codes._types import Code, Level
from pkicheck.rules.caa import BR_DELEGATION, BR_FAILURE
from pkicheck.rules.dcv import BR_DNSSEC_DCV
from pkicheck.rules.dnssec import BR_DNSSEC_CAA, BR_DNSSEC_ERROR, RFC4035_INSECURE

__all__ = ["CODES"]

_REFUSAL, _DOUBT, _NOTE = Level.REFUSAL, Level.DOUBT, Level.NOTE
_AGAIN = "Ask again; if it stays, the operator of the zone's name servers has to repair them."

CODES: tuple[Code, ...] = (
    # -- one code for each way in which a lookup gives no usable answer
    Code("dns.lookup-timeout", _DOUBT, "No answer came within the time allowed.", _AGAIN, (BR_FAILURE,)),
    Code(
        "dns.lookup-servfail",
        _DOUBT,
        "The resolver answered SERVFAIL, also with checking disabled, and signalled no DNSSEC error.",
        _AGAIN,
        (BR_FAILURE,),
    ),
    Code("dns.lookup-refused", _DOUBT, "The resolver answered REFUSED.", _AGAIN, (BR_FAILURE,)),
    Code("dns.lookup-formerr", _DOUBT, "The resolver answered FORMERR.", _AGAIN, (BR_FAILURE,)),
    Code("dns.lookup-notimp", _DOUBT, "The resolver answered NOTIMP.", _AGAIN, (BR_FAILURE,)),
    Code(
        "dns.lookup-rcode", _DOUBT, "The resolver answered with an error code of its own kind.", _AGAIN, (BR_FAILURE,)
    ),
    Code(
        "dns.lookup-malformed",
        _DOUBT,
        "The answer is not a well-formed DNS message for the question asked.",
        "Ask again; if it stays, a name server or a box on the way alters messages.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-bogus",
        _DOUBT,
        "DNSSEC validation of the answer failed.",
        "The zone's operator has to repair its signatures or its DS record. A DNSSEC error is never permission.",
        (BR_DNSSEC_ERROR,),
    ),
    Code(
        "dns.lookup-truncated",
        _DOUBT,
        "The answer is truncated and no whole answer came over TCP.",
        "Let the resolver be reached over TCP. Nothing is decided on a part of a record set.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-lame",
        _DOUBT,
        "The answer is empty without the authority's SOA record, or is a referral: it proves nothing.",
        "The delegation of the zone is probably lame: its name servers have to answer for it.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-stale",
        _DOUBT,
        "The resolver gave an expired answer because it could not refresh it.",
        "Switch serving of stale answers off in the CA's resolver; ask again.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-filtered",
        _DOUBT,
        "The resolver says that it gave a blocked, filtered or forged answer instead of the zone's.",
        "Use a resolver without filters.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-unreachable",
        _DOUBT,
        "The resolver could not be reached, or closed the connection.",
        "This is on the CA's side: look after the resolver. It is never permission.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-too-large",
        _DOUBT,
        "The answer is larger than the bound of the transport.",
        "Raise the bound of the transport, or have the record set made smaller.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-deadline",
        _DOUBT,
        "The deadline of the check passed before this question was answered.",
        "Allow more time, or ask again.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.lookup-not-recorded",
        _DOUBT,
        "The stored evidence holds no observation for a question that has to be asked.",
        "The evidence is incomplete: make the check anew.",
        (),
    ),
    # -- aliases
    Code(
        "dns.alias-followed",
        _NOTE,
        "An alias was followed; its target's records count, its target's parents do not.",
        "Nothing to do.",
        (),
    ),
    Code(
        "dns.alias-dangling",
        _NOTE,
        "An alias points to a name that does not exist, so it brings no records.",
        "Remove the alias or create its target.",
        (),
    ),
    Code(
        "dns.alias-loop",
        _DOUBT,
        "The aliases lead back to a name already visited.",
        "The zone's operator has to break the loop.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.alias-too-long",
        _DOUBT,
        "The chain of aliases is longer than the policy follows.",
        "Shorten the chain, or raise `net.max_aliases`.",
        (BR_FAILURE,),
    ),
    # -- DNSSEC
    Code(
        "dns.dnssec-secure",
        _NOTE,
        "The answers used are authenticated by a resolver proven to validate.",
        "Nothing to do.",
        (),
    ),
    Code(
        "dns.dnssec-not-signed",
        _NOTE,
        "A resolver proven to validate gave an answer without authentication: the zone is not signed.",
        "Nothing to do. Such an answer may be read; it never excuses a failure.",
        (BR_DNSSEC_CAA,),
    ),
    Code(
        "dns.dnssec-unknown",
        _DOUBT,
        "It is not known whether the resolver validates DNSSEC on a path that is held to be secure.",
        "Use a validating resolver on the loopback address, or name its address in `net.secure_paths`.",
        (BR_DNSSEC_CAA, BR_DNSSEC_DCV),
    ),
    Code(
        "dns.dnssec-unknown-tolerated",
        _NOTE,
        (
            "It is not known whether the resolver validates DNSSEC; the policy does not ask for it at this "
            "date or perspective."
        ),
        "Nothing to do, but a validating resolver on a secure path is better evidence.",
        (),
    ),
    Code(
        "dns.insecure-proven",
        _NOTE,
        "An authenticated denial of DS proves that the name and every alias on the way lie in unsigned zones.",
        "Nothing to do.",
        (RFC4035_INSECURE,),
    ),
    Code(
        "dns.insecure-not-proven",
        _DOUBT,
        "It is not proven that the name and every alias on the way lie in unsigned zones.",
        "A failure can be permission only with an authenticated denial of DS. Ask again when the lookup works.",
        (BR_FAILURE, RFC4035_INSECURE),
    ),
    # -- who resolved
    Code(
        "dns.resolver-public",
        _REFUSAL,
        "The answers come from a public resolver run by others: a delegated third party.",
        "Run a validating resolver of your own.",
        (BR_DELEGATION,),
    ),
    Code(
        "dns.resolver-not-named",
        _REFUSAL,
        "An observation does not say which resolver, or which vantage point, it comes from.",
        "Make the check anew with a transport that records the resolver's address and its vantage.",
        (BR_DELEGATION,),
    ),
    Code(
        "dns.zone-data",
        _NOTE,
        "The answers come from zone data in memory; what the data does not hold was taken as not existing.",
        "Nothing to do for a trial. For issuance ask the CA's resolver.",
        (),
    ),
    Code(
        "dns.resolver-not-listed",
        _REFUSAL,
        "The answers come from a resolver that is not on the policy's list.",
        "Add the resolver to `net.resolvers`, or use one that is listed.",
        (BR_DELEGATION,),
    ),
    # -- the canary of BR 3.2.2.8's lookup-failure rule
    Code(
        "dns.canary-found",
        _NOTE,
        "A random name outside the CA's infrastructure resolved at the same moment through the same resolver.",
        "Nothing to do.",
        (BR_FAILURE,),
    ),
    Code(
        "dns.canary-failed",
        _DOUBT,
        (
            "The canary did not resolve freshly at the same moment through the same resolver, so the failure "
            "may be the CA's own."
        ),
        "Look after the resolver and the canary zone; ask again.",
        (BR_FAILURE,),
    ),
)
