"""The choices about lookups."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import attrs

from pkicheck.policy._fields import addresses, between, flag, one_of, span, text, texts

__all__ = ["NetPolicy"]


@attrs.frozen(kw_only=True)
class NetPolicy:
    """Choices about lookups.

    Attributes:
        tries: how often a question is asked in all before its failure stands; the transport's own tries count.
        try_wait: how long one try waits. A little above 2 s: some resolvers drop what takes them longer than 1.9 s.
        mix_case: whether the letters of a question get random case, which its answer must repeat (0x20): many more bits
            that an off-path attacker has to guess.
        max_aliases: how many CNAME and DNAME steps one lookup follows in all.
        ttl_cap: a longer TTL counts as this (RFC 8767 §4 recommends at most 7 days).
        perspective: `primary`, or `remote` (a remote perspective need not validate DNSSEC, BR 3.2.2.8.1).
        dnssec: whether the DNSSEC duties of BR 3.2.2.8.1 are followed (from the day they bind).
        probe_max_age: how old the probe that the resolver validates may be.
        probe_bogus: a name whose lookup must fail in a validating resolver, or empty.
        secure_paths: addresses of resolvers whose AD bit may be believed besides loopback ones.
        resolvers: the only resolvers whose answers count; empty: any but the well-known public ones.
        public_resolvers: whether well-known public resolvers are allowed (a delegated third party under the BR).
    """

    tries: int = attrs.field(default=3, validator=between(2, 10))
    try_wait: timedelta = attrs.field(
        default=timedelta(seconds=2.5), validator=span(timedelta(milliseconds=10), timedelta(seconds=60))
    )
    mix_case: bool = attrs.field(default=True, validator=flag)
    max_aliases: int = attrs.field(default=16, validator=between(1, 64))
    ttl_cap: timedelta = attrs.field(default=timedelta(days=7), validator=span(timedelta(0), timedelta(days=30)))
    perspective: Literal["primary", "remote"] = attrs.field(default="primary", validator=one_of("primary", "remote"))
    dnssec: bool = attrs.field(default=True, validator=flag)
    probe_max_age: timedelta = attrs.field(default=timedelta(hours=1), validator=span(timedelta(0), timedelta(days=1)))
    probe_bogus: str = attrs.field(default="", validator=text)
    secure_paths: tuple[str, ...] = attrs.field(default=(), converter=texts, validator=addresses)
    resolvers: tuple[str, ...] = attrs.field(default=(), converter=texts)
    public_resolvers: bool = attrs.field(default=False, validator=flag)
