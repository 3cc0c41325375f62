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
    from pkicheck.dnssecstate import Dnssec, dnssec
    from pkicheck.errors import InputError, Refused, TransportError
    from pkicheck.evidence import EvidenceJson, Replay, Stored, load
    from pkicheck.findings import Finding, Level, Verdict
    from pkicheck.hsmlog import ReconcileResult, reconcile
    from pkicheck.issuerkey import IssuerKey, KeyAlias
    from pkicheck.lists import PackagedLists
    from pkicheck.methods import MethodId, labels
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
    from pkicheck.results import Kind, Result, combine
    from pkicheck.wording import explain
    from pkicheck.zones import Zones

__all__ = [
    "BASELINE",
    "CATALOGUE",
    "PRIVATE",
    "AsyncTransport",
    "CaaPlan",
    "CaaResult",
    "CertName",
    "ChainLog",
    "Code",
    "DnsName",
    "DnsObservation",
    "DnsQuery",
    "Dnssec",
    "DomainName",
    "EvidenceJson",
    "Failure",
    "Finding",
    "Health",
    "HttpGet",
    "HttpObservation",
    "InputError",
    "IssuerKey",
    "KeyAlias",
    "Kind",
    "Level",
    "ListFact",
    "ListQuestion",
    "MethodId",
    "NameResult",
    "Needs",
    "Network",
    "Observation",
    "PackagedLists",
    "PairResult",
    "Plan",
    "Policy",
    "ReconcileResult",
    "Recorder",
    "Refused",
    "Replay",
    "Resolver",
    "Result",
    "Seen",
    "ServerHealth",
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
    "caa_plan",
    "check_caa",
    "check_name",
    "check_names",
    "check_pair",
    "code",
    "combine",
    "dnssec",
    "explain",
    "iodef_reports",
    "labels",
    "load",
    "name_defects",
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
    "pkicheck.lists": ("PackagedLists",),
    "pkicheck.namecheck": ("NameResult", "check_name", "check_names"),
    "pkicheck._net": ("Health", "Resolver", "ServerHealth"),
    "pkicheck.caa": ("CaaPlan", "CaaResult", "caa_plan", "check_caa", "iodef_reports"),
    "pkicheck.codes": ("CATALOGUE", "Code", "code"),
    "pkicheck.dnssecstate": ("Dnssec", "dnssec"),
    "pkicheck.errors": ("InputError", "Refused", "TransportError"),
    "pkicheck.evidence": ("EvidenceJson", "Replay", "Stored", "load"),
    "pkicheck.wording": ("explain",),
    "pkicheck.findings": ("Finding", "Level", "Verdict"),
    "pkicheck.hsmlog": ("ReconcileResult", "reconcile"),
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
