"""Readers of the lists in the formats of their publishers. A file that is not whole is refused."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timezone
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final

from pkicheck.canon import utc
from pkicheck.errors import InputError, TransportError
from pkicheck.lists._values import Block, Countries, RootZone, SpecialPurpose, SpecialUse, Suffixes
from pkicheck.names import DomainName, parse_domain, to_ascii

__all__ = [
    "NEEDS_EXTRA",
    "Source",
    "day_of",
    "read_countries",
    "read_root_zone",
    "read_source",
    "read_special_purpose",
    "read_special_use",
    "read_suffixes",
    "text_of",
    "version_of",
]

NEEDS_EXTRA: Final = "the public suffix list needs an extra package: pip install 'pkicheck[psl]'"

Source = str | Path | bytes
"""Where a list is: a path, or the bytes themselves."""

# Many times the largest of these lists.
_LARGEST: Final = 16 * 1024 * 1024
_AS_OF: Final = re.compile(r"# As of (\d{4}-\d\d-\d\d)\b", re.ASCII)
_ROOT_VERSION: Final = re.compile(r"# Version (\d{4})(\d\d)(\d\d)(\d\d)\b", re.ASCII)
_PSL_VERSION: Final = re.compile(r"// VERSION: ((\d{4}-\d\d-\d\d)_[0-9-]+_UTC)", re.ASCII)
_PSL_BEGIN: Final = "// ===BEGIN ICANN DOMAINS==="
_PSL_END: Final = "// ===END ICANN DOMAINS==="
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_FOOTNOTE: Final = re.compile(r"\s*\[\d+\]", re.ASCII)
_REMARK: Final = re.compile(r"\s*\([A-Za-z ]+\)", re.ASCII)

# Entries of every edition since the registries were set up: without one of them the file is not whole.
_ALWAYS_SPECIAL_USE: Final = ("example", "example.com", "invalid", "local", "localhost", "onion", "test")
_ALWAYS_BLOCKS: Final = {
    4: ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "240.0.0.0/4"),
    6: ("::/128", "::1/128", "::ffff:0:0/96", "2001::/23", "fc00::/7", "fe80::/10"),
}
_ALWAYS_COUNTRIES: Final = ("AU", "BR", "CN", "DE", "ES", "FR", "GB", "GR", "IN", "JP", "US", "ZA")
_ALWAYS_SUFFIXES: Final = ("com", "net", "org")


def read_source(source: Source, *, most: int = _LARGEST) -> tuple[str, bytes]:
    """How messages call the source, and its bytes."""
    if isinstance(source, bytes):
        where, data = "the list", source
    else:
        where = str(source)
        try:
            with Path(source).open("rb") as file:
                data = file.read(most + 1)
        except OSError as error:
            msg = f"{where} cannot be read: {error.strerror}"
            raise InputError(msg) from None
    if len(data) > most:
        msg = f"{where} is longer than {most} octets: this is no list"
        raise InputError(msg)
    return where, data


def text_of(where: str, data: bytes) -> str:
    """The bytes of a list as UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        msg = f"{where}, line {line}: not UTF-8"
        raise InputError(msg) from None


def _day(where: str, text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        msg = f"{where}: {text} is not a day that exists"
        raise InputError(msg) from None
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


def day_of(where: str, text: str, as_of: datetime | date | None) -> datetime:
    """The day of a file that does not say it by its format: the caller's word, else a comment at its beginning."""
    if isinstance(as_of, datetime):
        return utc(as_of, what="as_of")
    if as_of is not None:
        return _day(where, as_of.isoformat())
    found = _AS_OF.search(text[:1000])
    if found is None:
        msg = f"{where} does not say its day: give as_of, the day on which it was fetched"
        raise InputError(msg)
    return _day(where, found[1])


def version_of(edition: str, *parts: bytes) -> str:
    """How results name an edition: its day or number, and the beginning of the SHA-256 of its bytes."""
    return f"{edition} sha256:{hashlib.sha256(b''.join(parts)).hexdigest()[:16]}"


def _missing(where: str, wanted: Iterable[str], found: frozenset[str]) -> None:
    for each in wanted:
        if each not in found:
            msg = f"{where} is not whole: it has no entry {each}"
            raise InputError(msg)


def read_root_zone(source: Source) -> RootZone:
    """IANA's list of top-level domains; its first line has its day.

    Args:
        source: https://data.iana.org/TLD/tlds-alpha-by-domain.txt

    Raises:
        InputError: unreadable, or another format; the message names the file and the line.
    """
    where, data = read_source(source)
    lines = text_of(where, data).splitlines()
    version = _ROOT_VERSION.match(lines[0] if lines else "")
    if version is None:
        msg = f"{where}, line 1: expected # Version YYYYMMDDNN"
        raise InputError(msg)
    labels: set[str] = set()
    for number, line in enumerate(lines[1:], 2):
        if line and not line.startswith("#"):
            labels.add(_name(where, number, line, single=True).text)
    _missing(where, _ALWAYS_SUFFIXES, frozenset(labels))
    edition = "".join(version.groups())
    return RootZone(
        version=version_of(edition, data), as_of=_day(where, "-".join(version.groups()[:3])), labels=frozenset(labels)
    )


def _name(where: str, number: int, text: str, *, single: bool = False) -> DomainName:
    try:
        name = parse_domain(text)
    except InputError as error:
        msg = f"{where}, line {number}: {error}"
        raise InputError(msg) from None
    if single and "." in name.text:
        msg = f"{where}, line {number}: {name.text} is not a top-level domain"
        raise InputError(msg)
    return name


def _rows(where: str, text: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file of IANA after its header, with line numbers; comment lines may stand before the header."""
    lines = text.splitlines(keepends=True)
    skip = next((index for index, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(lines[skip:], strict=True)
    try:
        header = next(reader, list[str]())
        if tuple(header[: len(columns)]) != columns:
            msg = f"{where}, line {skip + 1}: expected the columns {', '.join(columns)}"
            raise InputError(msg)
        for row in reader:
            if len(row) != len(header):
                msg = f"{where}, line {skip + reader.line_num}: expected {len(header)} columns, got {len(row)}"
                raise InputError(msg)
            yield skip + reader.line_num, row
    except csv.Error as error:
        msg = f"{where}, line {skip + reader.line_num}: {error}"
        raise InputError(msg) from None


def read_special_use(source: Source, *, as_of: datetime | date | None = None) -> SpecialUse:
    """IANA's registry of special-use domain names, as CSV.

    Args:
        source: https://www.iana.org/assignments/special-use-domain-names/special-use-domain.csv
        as_of: the day on which it was fetched; not needed when a line `# As of YYYY-MM-DD` stands above the header.

    Raises:
        InputError: unreadable, another format, not whole, no day; the message names the file and the line.
    """
    where, data = read_source(source)
    text = text_of(where, data)
    day = day_of(where, text, as_of)
    # The registry marks what it withdrew with a remark; such a name is as little anybody's as before.
    names = frozenset(
        _name(where, number, _REMARK.sub("", row[0]).strip().removesuffix(".")).text
        for number, row in _rows(where, text, ("Name", "Reference"))
    )
    _missing(where, _ALWAYS_SPECIAL_USE, names)
    return SpecialUse(version=version_of(f"{day:%Y-%m-%d}", data), as_of=day, names=names)


def _networks(where: str, text: str, version: int) -> list[tuple[IPv4Network | IPv6Network, str]]:
    found: list[tuple[IPv4Network | IPv6Network, str]] = []
    for number, row in _rows(where, text, ("Address Block", "Name", "RFC")):
        for block in _FOOTNOTE.sub("", row[0]).split(","):
            try:
                network = ip_network(block.strip())
            except ValueError as error:
                msg = f"{where}, line {number}: {error}"
                raise InputError(msg) from None
            if network.version != version:
                msg = f"{where}, line {number}: {network} is not a block of IPv{version}"
                raise InputError(msg)
            found.append((network, f"{block.strip()} {' '.join(row[1].split())}"))
    _missing(where, _ALWAYS_BLOCKS[version], frozenset(name.partition(" ")[0] for _, name in found))
    return found


def _nested(networks: Iterable[tuple[IPv4Network | IPv6Network, str]]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for network, name in sorted(networks, key=lambda each: (int(each[0].network_address), each[0].prefixlen)):
        first, last = int(network.network_address), int(network.broadcast_address)
        around = len(blocks) - 1
        while around >= 0 and blocks[around].last < first:
            around = blocks[around].around
        blocks.append(Block(first, last, name, around))
    return tuple(blocks)


def read_special_purpose(ipv4: Source, ipv6: Source, *, as_of: datetime | date | None = None) -> SpecialPurpose:
    """IANA's special-purpose address registries, as CSV. Every entry counts, whatever its columns say (BR 1.6.1).

    Args:
        ipv4: https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv
        ipv6: https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry-1.csv
        as_of: the day on which they were fetched; not needed when a line `# As of YYYY-MM-DD` stands above each header.

    Raises:
        InputError: unreadable, another format, not whole, no day; the message names the file and the line.
    """
    days: list[datetime] = []
    octets: list[bytes] = []
    blocks: dict[int, tuple[Block, ...]] = {}
    for version, source in ((4, ipv4), (6, ipv6)):
        where, data = read_source(source)
        text = text_of(where, data)
        days.append(day_of(where, text, as_of))
        octets.append(data)
        blocks[version] = _nested(_networks(where, text, version))
    # Two files are as fresh as the older one.
    day = min(days)
    firsts = {version: tuple(each.first for each in found) for version, found in blocks.items()}
    return SpecialPurpose(version=version_of(f"{day:%Y-%m-%d}", *octets), as_of=day, blocks=blocks, firsts=firsts)


def read_countries(source: Source, *, as_of: datetime | date | None = None) -> Countries:
    """The country codes of ISO 3166-1 as CSV with the columns `Code,Name`; several names with a semicolon between them.

    Args:
        source: the file, in UTF-8. ISO publishes the codes as a web page, at https://www.iso.org/obp/ui/#search.
        as_of: the day on which it was fetched; not needed when a line `# As of YYYY-MM-DD` stands above the header.

    Raises:
        InputError: unreadable, another format, not whole, no day; the message names the file and the line.
    """
    where, data = read_source(source)
    text = text_of(where, data)
    day = day_of(where, text, as_of)
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for number, row in _rows(where, text, ("Code", "Name")):
        code, called = row[0], [" ".join(each.split()) for each in row[1].split(";")]
        if not _COUNTRY.fullmatch(code) or code in names or not all(called):
            msg = f"{where}, line {number}: expected a new code of two capital letters and a name"
            raise InputError(msg)
        names[code] = called[0]
        codes |= {each.casefold(): code for each in called}
    _missing(where, _ALWAYS_COUNTRIES, frozenset(names))
    return Countries(version=version_of(f"{day:%Y-%m-%d}", data), as_of=day, names=names, codes=codes)


def _rules(where: str, text: str) -> list[str]:
    """The ICANN section with every rule in A-labels by IDNA 2008: the package would encode them by IDNA 2003."""
    lines = text.splitlines()
    for marker in (_PSL_BEGIN, _PSL_END):
        if lines.count(marker) != 1:
            msg = f"{where} is not a public suffix list: expected one line {marker}"
            raise InputError(msg)
    begin, end = lines.index(_PSL_BEGIN), lines.index(_PSL_END)
    rules: list[str] = [_PSL_BEGIN]
    for number, line in enumerate(lines[begin + 1 : end], begin + 2):
        rule = line.split(maxsplit=1)[0] if line.strip() else ""
        if not rule or rule.startswith("//"):
            continue
        mark = rule[:1] if rule.startswith("!") else rule[:2] if rule.startswith("*.") else ""
        bare = rule.removeprefix(mark)
        try:
            bare = bare if bare.isascii() else to_ascii(bare)
        except InputError as error:
            msg = f"{where}, line {number}: {error}"
            raise InputError(msg) from None
        rules.append(mark + _name(where, number, bare).text)
    _missing(where, _ALWAYS_SUFFIXES, frozenset(rules))
    return [*rules, _PSL_END]


def read_suffixes(source: Source, *, as_of: datetime | date | None = None) -> Suffixes:
    """The public suffix list, its ICANN section only (BR 3.2.2.6).

    Args:
        source: https://publicsuffix.org/list/public_suffix_list.dat
        as_of: its day, when it has no line `// VERSION:`.

    Raises:
        InputError: unreadable, another format, not whole, no day; the message names the file and the line.
        TransportError: the extra `psl` is not installed.
    """
    try:
        from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - an extra
    except ImportError:
        raise TransportError(NEEDS_EXTRA) from None
    where, data = read_source(source)
    text = text_of(where, data)
    version = _PSL_VERSION.search(text[:2000])
    day = _day(where, version[2]) if version is not None and as_of is None else day_of(where, text, as_of)
    rules = PublicSuffixList(_rules(where, text), accept_unknown=False, accept_encoded_idn=False, only_icann=True)
    edition = f"{day:%Y-%m-%d}" if version is None else version[1]
    return Suffixes(version=version_of(edition, data), as_of=day, rules=rules)
