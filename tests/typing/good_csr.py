"""Requests and certificates as a program of a CA calls them: never run, only type-checked.

Claims and validated data are different types (K01, R003): the wrong calls, in which a claim would get into something
that is signed, carry the very complaint that both type checkers have to make.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from cryptography.x509 import CertificateBuilder

import pkicheck
from pkicheck import Binding, BindResult, CertificateResult, Identity, IssuerKey, Transport, csr
from pkicheck.csr import ClaimedName, ClaimedRequest, RebuiltRequest


def bind(data: bytes, identity: Identity, lists: Transport, at: datetime, issuer: IssuerKey) -> None:
    """From a request to what is signed."""
    result = pkicheck.bind_csr(data, identity=identity, lists=lists, at=at, issuer=issuer)
    assert_type(result, BindResult)
    assert_type(result.require(), BindResult)
    assert_type(result.request, ClaimedRequest)
    binding = result.binding
    assert_type(binding, Binding)
    assert_type(binding.certificate_builder(issuer=issuer), CertificateBuilder)
    assert_type(binding.to_crmf(), bytes)
    assert_type(pkicheck.check_certificate(data, binding=binding, issuer=issuer, at=at), CertificateResult)
    assert_type(pkicheck.check_tbs(data, binding=binding, issuer=issuer, at=at), CertificateResult)


def claims_stay_out(data: bytes, identity: Identity, lists: Transport, at: datetime, issuer: IssuerKey) -> None:
    """No claim becomes an identity, a binding, or what is compared with one."""
    claimed = csr.load(data)
    assert_type(claimed.names, tuple[ClaimedName, ...])
    pkicheck.bind_csr(data, identity=claimed, lists=lists, at=at)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Identity(order="1", names=claimed.names, kind="dv", scope="public")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Identity(order="1", names=["shop.com"], kind="dv", scope="public")  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    claimed.certificate_builder()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    pkicheck.check_certificate(data, binding=claimed, issuer=issuer, at=at)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pkicheck.check_tbs(data, binding=identity, issuer=issuer, at=at)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_rebuilt_request_is_no_request(
    rebuilt: RebuiltRequest, identity: Identity, lists: Transport, at: datetime
) -> None:
    """R151: what an RA rebuilt is no proof, and is not bound."""
    pkicheck.bind_csr(rebuilt, identity=identity, lists=lists, at=at)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_result_is_no_answer(result: BindResult) -> bool:
    """A result is not a truth value, and its binding is not there before it has passed."""
    result.binding = None  # type: ignore[misc, assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return result.verdict is pkicheck.Verdict.PASS
