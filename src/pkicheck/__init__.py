"""pkicheck: decide, and prove, that a certificate may be issued.

Names are imported when they are first used, so that a program pays only for the checks that it makes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pkicheck._version import __version__

if TYPE_CHECKING:
    from pkicheck._net import Health, Resolver, ServerHealth
    from pkicheck.caa import CaaPlan, CaaResult, caa_plan, check_caa, iodef_reports
    from pkicheck.chainlog import ChainLog
    from pkicheck.codes import CATALOGUE, Code, code
    from pkicheck.csr import (
        Binding,
        BindResult,
        CertificateResult,
        Identity,
        bind_csr,
        check_certificate,
        check_tbs,
        inspect_certificate,
    )
    from pkicheck.dcv import Challenge, DcvResult, check_dcv, dcv_plan
    from pkicheck.dnssecstate import Dnssec, dnssec
    from pkicheck.errors import InputError, Refused, TransportError
    from pkicheck.evidence import EvidenceJson, Replay, Stored, load
    from pkicheck.findings import Finding, Level, Verdict
    from pkicheck.gate import Approval, GateResult, Issuance, Permit, authorize, open_seal
    from pkicheck.hsmlog import ReconcileResult, reconcile
    from pkicheck.issuerkey import IssuerKey, KeyAlias
    from pkicheck.keys import KeyPlan, KeyResult, check_key, key_plan
    from pkicheck.lists import PackagedLists
    from pkicheck.methods import MethodId, labels
    from pkicheck.mpic import MpicResult, Perspective, RemoteReport, corroborate
    from pkicheck.namecheck import NameResult, check_name, check_names
    from pkicheck.names import CertName, DnsName, DomainName, WildcardName, name_defects, parse_name
    from pkicheck.network import Network
    from pkicheck.pairs import PairResult, check_pair, precertificate_tbs
    from pkicheck.plans import Needs, Plan, arun, arun_many, replay, run, run_many
    from pkicheck.policy import BASELINE, PRIVATE, Policy
    from pkicheck.ports import (
        AsyncTransport,
        DnsObservation,
        DnsQuery,
        Failure,
        HttpGet,
        HttpObservation,
        ListFact,
        ListQuestion,
        Observation,
        Recorder,
        Seen,
        TlsObservation,
        TlsProbe,
        Transport,
    )
    from pkicheck.registry import MemoryRegistry, SqliteRegistry
    from pkicheck.results import Kind, Result, combine
    from pkicheck.wording import explain
    from pkicheck.zones import Zones

__all__ = [
    "BASELINE",
    "CATALOGUE",
    "PRIVATE",
    "Approval",
    "AsyncTransport",
    "BindResult",
    "Binding",
    "CaaPlan",
    "CaaResult",
    "CertName",
    "CertificateResult",
    "ChainLog",
    "Challenge",
    "Code",
    "DcvResult",
    "DnsName",
    "DnsObservation",
    "DnsQuery",
    "Dnssec",
    "DomainName",
    "EvidenceJson",
    "Failure",
    "Finding",
    "GateResult",
    "Health",
    "HttpGet",
    "HttpObservation",
    "Identity",
    "InputError",
    "Issuance",
    "IssuerKey",
    "KeyAlias",
    "KeyPlan",
    "KeyResult",
    "Kind",
    "Level",
    "ListFact",
    "ListQuestion",
    "MemoryRegistry",
    "MethodId",
    "MpicResult",
    "NameResult",
    "Needs",
    "Network",
    "Observation",
    "PackagedLists",
    "PairResult",
    "Permit",
    "Perspective",
    "Plan",
    "Policy",
    "ReconcileResult",
    "Recorder",
    "Refused",
    "RemoteReport",
    "Replay",
    "Resolver",
    "Result",
    "Seen",
    "ServerHealth",
    "SqliteRegistry",
    "Stored",
    "TlsObservation",
    "TlsProbe",
    "Transport",
    "TransportError",
    "Verdict",
    "WildcardName",
    "Zones",
    "__version__",
    "arun",
    "arun_many",
    "authorize",
    "bind_csr",
    "caa_plan",
    "check_caa",
    "check_certificate",
    "check_dcv",
    "check_key",
    "check_name",
    "check_names",
    "check_pair",
    "check_tbs",
    "code",
    "combine",
    "corroborate",
    "dcv_plan",
    "dnssec",
    "explain",
    "inspect_certificate",
    "iodef_reports",
    "key_plan",
    "labels",
    "load",
    "name_defects",
    "open_seal",
    "parse_name",
    "precertificate_tbs",
    "reconcile",
    "replay",
    "run",
    "run_many",
]

_HOMES = {
    "pkicheck.network": ("Network",),
    "pkicheck.chainlog": ("ChainLog",),
    "pkicheck.keys": ("KeyPlan", "KeyResult", "check_key", "key_plan"),
    "pkicheck.lists": ("PackagedLists",),
    "pkicheck.mpic": ("MpicResult", "Perspective", "RemoteReport", "corroborate"),
    "pkicheck.namecheck": ("NameResult", "check_name", "check_names"),
    "pkicheck._net": ("Health", "Resolver", "ServerHealth"),
    "pkicheck.caa": ("CaaPlan", "CaaResult", "caa_plan", "check_caa", "iodef_reports"),
    "pkicheck.dcv": ("Challenge", "DcvResult", "check_dcv", "dcv_plan"),
    "pkicheck.codes": ("CATALOGUE", "Code", "code"),
    "pkicheck.csr": (
        "Binding",
        "BindResult",
        "CertificateResult",
        "Identity",
        "bind_csr",
        "check_certificate",
        "check_tbs",
        "inspect_certificate",
    ),
    "pkicheck.dnssecstate": ("Dnssec", "dnssec"),
    "pkicheck.errors": ("InputError", "Refused", "TransportError"),
    "pkicheck.evidence": ("EvidenceJson", "Replay", "Stored", "load"),
    "pkicheck.wording": ("explain",),
    "pkicheck.findings": ("Finding", "Level", "Verdict"),
    "pkicheck.hsmlog": ("ReconcileResult", "reconcile"),
    "pkicheck.gate": ("Approval", "GateResult", "Issuance", "Permit", "authorize", "open_seal"),
    "pkicheck.issuerkey": ("IssuerKey", "KeyAlias"),
    "pkicheck.methods": ("MethodId", "labels"),
    "pkicheck.names": ("CertName", "DnsName", "DomainName", "WildcardName", "name_defects", "parse_name"),
    "pkicheck.pairs": ("PairResult", "check_pair", "precertificate_tbs"),
    "pkicheck.plans": ("Needs", "Plan", "arun", "arun_many", "replay", "run", "run_many"),
    "pkicheck.policy": ("BASELINE", "PRIVATE", "Policy"),
    "pkicheck.ports": (
        "AsyncTransport",
        "DnsObservation",
        "DnsQuery",
        "Failure",
        "HttpGet",
        "HttpObservation",
        "ListFact",
        "ListQuestion",
        "Observation",
        "Recorder",
        "Seen",
        "TlsObservation",
        "TlsProbe",
        "Transport",
    ),
    "pkicheck.registry": ("MemoryRegistry", "SqliteRegistry"),
    "pkicheck.results": ("Kind", "Result", "combine"),
    "pkicheck.zones": ("Zones",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


# A type checker has to refuse a name that is not in the list, so it does not see this.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
