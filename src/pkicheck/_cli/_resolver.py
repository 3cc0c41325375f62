"""The resolver of a command line."""

from __future__ import annotations

from pkicheck._net import Resolver
from pkicheck.policy import Policy

__all__ = ["open_resolver"]


def open_resolver(addresses: list[str], *, policy: Policy) -> Resolver:
    """A resolver for these addresses; none: those of this machine.

    Raises:
        InputError: a malformed address, or a public resolver that the policy does not allow.
        TransportError: the machine names no resolver.
    """
    return Resolver(*addresses, policy=policy) if addresses else Resolver.system(policy=policy)
