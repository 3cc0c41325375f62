"""The grammars of HSM logs, one module each: octets in, signing operations out. Pure, streaming, total.

A reader takes any cut of a log (`feed`, then `finish`), remembers where it is (`cursor`), and says at the end what the
log is worth (`report`). A `LogSource` makes a source of `reconcile` of it. `EjbcaReader` and `BoulderReader` read the
other side: what the CA's own software says it issued.
"""

from __future__ import annotations

from pkicheck.hsmlog.readers._base import Base, Counts, Lines, LogName, LogReader, LogRecord, LogSource
from pkicheck.hsmlog.readers._rows import StoredRow
from pkicheck.hsmlog.readers.azurehsm import AzureHsmReader
from pkicheck.hsmlog.readers.boulder import BoulderReader, boulder_checksum
from pkicheck.hsmlog.readers.cloudhsm import CloudHsmReader
from pkicheck.hsmlog.readers.cloudtrail import CloudTrailReader
from pkicheck.hsmlog.readers.cloudtrail_digests import DigestChain, DigestFile, check_digests
from pkicheck.hsmlog.readers.detect import ENOUGH, FORMATS, detect
from pkicheck.hsmlog.readers.ejbca import EjbcaReader
from pkicheck.hsmlog.readers.gcpkms import GcpKmsReader
from pkicheck.hsmlog.readers.mapping import MAPPING, Mapped, MappingReader, mapping_from_json
from pkicheck.hsmlog.readers.p11kit import P11KitReader
from pkicheck.hsmlog.readers.spy import SpyReader
from pkicheck.hsmlog.readers.yubihsm import SIGNING_COMMANDS, YubiHsmReader, yubihsm_digest

__all__ = [
    "ENOUGH",
    "FORMATS",
    "MAPPING",
    "SIGNING_COMMANDS",
    "AzureHsmReader",
    "Base",
    "BoulderReader",
    "CloudHsmReader",
    "CloudTrailReader",
    "Counts",
    "DigestChain",
    "DigestFile",
    "EjbcaReader",
    "GcpKmsReader",
    "Lines",
    "LogName",
    "LogReader",
    "LogRecord",
    "LogSource",
    "Mapped",
    "MappingReader",
    "P11KitReader",
    "SpyReader",
    "StoredRow",
    "YubiHsmReader",
    "boulder_checksum",
    "check_digests",
    "detect",
    "mapping_from_json",
    "yubihsm_digest",
]
