"""Real servers on loopback: NSD with a signed private root, and unbound, set up as the how-to says."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

__all__ = ["NEEDED", "HowTo", "PrivateDns", "need_servers", "zone_files"]

NEEDED = ("unbound", "unbound-checkconf", "nsd", "ldns-keygen", "ldns-signzone")
HowTo = Path(__file__).parents[2] / "docs" / "howto" / "resolver.md"
_ALGORITHM = "ECDSAP256SHA256"
_SOA = "SOA ns.zone.invalid. host.zone.invalid. 1 3600 900 604800 300\n@ NS ns.zone.invalid.\n"
_DAY = timedelta(days=1)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def need_servers() -> None:
    """Skip without the programs; fail when they are required."""
    missing = [each for each in NEEDED if shutil.which(each, path=_path()) is None]
    if missing:
        if os.environ.get("PKICHECK_REQUIRE_SERVERS") == "1":
            pytest.fail(f"not installed: {', '.join(missing)}")
        pytest.skip(f"needs {', '.join(missing)}: apt-get install unbound nsd ldnsutils")


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": _path()},
        timeout=120,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def zone_files() -> dict[str, tuple[str, str, str]]:
    """The zones of the tests: name to (how it is signed, its records, what the parent says besides NS)."""
    issue = 'CAA 0 issue "ca.example"\n'
    big = "".join(f'big CAA 0 issue "issuer{each:04d}.example"\n' for each in range(1001))
    example = (
        f"good {issue}www.good A 192.0.2.1\n*.wild {issue}alias CNAME good\nchain CNAME alias\nold DNAME good\n"
        f'other CAA 0 issue "other.example"\n{big}empty A 192.0.2.1\n'
        f"broken CNAME name.expired\n"
    )
    plain = (
        f"good {issue}*.canary 0 A 192.0.2.1\nalias CNAME name.expired.example.\n"
        "dead NS ns.dead\nns.dead A 127.0.0.9\nto-dead CNAME x.dead\n"
    )
    return {
        "example": ("good", example, "ds"),
        "expired.example": ("expired", f"name {issue}", "ds"),
        "future.example": ("future", f"name {issue}", "ds"),
        "missing.example": ("missing", f"name {issue}", "ds"),
        "child.example": ("none", f"name {issue}dead NS ns.dead\nns.dead A 127.0.0.9\n", ""),
        "plain": ("none", plain, ""),
    }


def _free_port() -> int:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
    ):
        udp.bind(("127.0.0.1", 0))
        port = int(udp.getsockname()[1])
        tcp.bind(("127.0.0.1", port))
        return port


class PrivateDns:
    """The two servers; a context manager.

    Args:
        folder: where they keep their files.
        zones: see `zone_files`, which is the default.
        ipv6: whether the authoritative server listens on ::1 only.
        elsewhere: zones with another authoritative server, by its port on loopback.

    Attributes:
        address: of unbound.
    """

    def __init__(
        self,
        folder: Path,
        zones: dict[str, tuple[str, str, str]] | None = None,
        *,
        ipv6: bool = False,
        elsewhere: dict[str, int] | None = None,
    ) -> None:
        self._elsewhere = elsewhere or {}
        self._folder = folder
        self._zones = zone_files() if zones is None else zones
        self._server = "::1" if ipv6 else "127.0.0.1"
        self._programs: list[subprocess.Popen[bytes]] = []
        self.port = _free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.config = ""

    def __enter__(self) -> Self:
        need_servers()
        anchors = self._sign()
        self._nsd = _free_port()
        self._start_nsd()
        self._start_unbound(anchors)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        for each in self._programs:
            each.terminate()
        for each in self._programs:
            each.wait(10)

    def restart(self, pause: float) -> None:
        """Kill the resolver, as a crash would, and start it again after so many seconds."""
        unbound = self._programs.pop()
        unbound.kill()
        unbound.wait(10)
        time.sleep(pause)
        self._start("unbound", "-d", "-c", str(self._folder / "unbound.conf"))
        self._wait()

    def _sign(self) -> str:
        """Write and sign all zones, children before parents; the root's DS."""
        delegations: dict[str, list[str]] = {}
        for name in sorted(self._zones, key=lambda each: -each.count(".")):
            how, records, extra = self._zones[name]
            parent = name.partition(".")[2]
            lines = delegations.setdefault(parent, [])
            lines.append(f"{name}. NS ns.zone.invalid.")
            ds = self._zone(name, how, records + "\n".join(delegations.get(name, [])) + "\n")
            if extra == "ds":
                lines.append(ds)
        return self._zone("", "good", "\n".join(delegations.get("", [])) + "\n")

    def _zone(self, name: str, how: str, records: str) -> str:
        file = f"{name or 'root'}.zone"
        text = f"$ORIGIN {name}.\n$TTL 300\n@ {_SOA}{records}"
        (self._folder / file).write_text(text, encoding="ascii")
        if how == "none":
            return ""
        key = _run(self._folder, "ldns-keygen", "-a", _ALGORITHM, "-r", "/dev/urandom", "-k", f"{name}.")
        now = datetime.now(timezone.utc)
        spans = {"expired": (-30 * _DAY, -5 * _DAY), "future": (5 * _DAY, 30 * _DAY)}
        begin, end = (now + each for each in spans.get(how, (-_DAY, 30 * _DAY)))
        _run(
            self._folder,
            "ldns-signzone",
            "-i",
            f"{begin:%Y%m%d}",
            "-e",
            f"{end:%Y%m%d}",
            "-f",
            f"{file}.signed",
            file,
            key,
        )
        signed = (self._folder / f"{file}.signed").read_text(encoding="ascii")
        if how == "missing":
            signed = "".join(line for line in signed.splitlines(keepends=True) if "\tRRSIG\t" not in line)
        (self._folder / file).write_text(signed, encoding="ascii")
        return (self._folder / f"{key}.ds").read_text(encoding="ascii").strip()

    def _start_nsd(self) -> None:
        zones = "".join(
            f'zone:\n  name: "{name}."\n  zonefile: "{name or "root"}.zone"\n' for name in ("", *self._zones)
        )
        (self._folder / "nsd.conf").write_text(
            f'server:\n  ip-address: {self._server}\n  port: {self._nsd}\n  username: ""\n  server-count: 1\n'
            f'  zonesdir: "{self._folder}"\n  database: ""\n  pidfile: "{self._folder}/nsd.pid"\n'
            f'  xfrdfile: "{self._folder}/xfrd"\n  zonelistfile: "{self._folder}/zones.list"\n'
            f'  logfile: "{self._folder}/nsd.log"\n'
            f'  xfrdir: "{self._folder}"\n  rrl-ratelimit: 0\nremote-control:\n  control-enable: no\n{zones}',
            encoding="ascii",
        )
        self._start("nsd", "-d", "-c", str(self._folder / "nsd.conf"))

    def _start_unbound(self, anchor: str) -> None:
        (self._folder / "anchor").write_text(anchor + "\n", encoding="ascii")
        text = HowTo.read_text(encoding="utf-8")
        found = re.search(
            r"^```\{code-block\} text\n:caption: unbound\.conf\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
        )
        assert found is not None
        # The how-to's settings; only where things are is this machine's.
        config = re.sub(r"port: \d+", f"port: {self.port}", found[1])
        config = re.sub(r'auto-trust-anchor-file: ".*"', f'trust-anchor-file: "{self._folder}/anchor"', config)
        config += (
            f'    do-not-query-localhost: no\n    chroot: ""\n    username: ""\n    use-syslog: no\n'
            f'    logfile: "{self._folder}/unbound.log"\n    pidfile: "{self._folder}/unbound.pid"\n'
            f'    directory: "{self._folder}"\n'
            f'    num-threads: 1\n    do-daemonize: no\n    so-rcvbuf: 0\n    local-zone: "invalid." nodefault\n'
        )
        # A stub for each zone: referrals lead to port 53, and these servers are elsewhere.
        for name in ("", *self._zones):
            place = f"127.0.0.1@{self._elsewhere[name]}" if name in self._elsewhere else f"{self._server}@{self._nsd}"
            config += f'stub-zone:\n    name: "{name}."\n    stub-addr: {place}\n    stub-prime: no\n'
        self.config = config
        (self._folder / "unbound.conf").write_text(config, encoding="ascii")
        _run(self._folder, "unbound-checkconf", str(self._folder / "unbound.conf"))
        self._start("unbound", "-d", "-c", str(self._folder / "unbound.conf"))
        self._wait()

    def _start(self, *command: str) -> None:
        with (self._folder / f"{command[0]}.out").open("wb") as out:
            self._programs.append(
                subprocess.Popen(command, cwd=self._folder, stdout=out, stderr=out, env={**os.environ, "PATH": _path()})
            )

    def _wait(self) -> None:
        """Until the root's SOA is answered."""
        query = bytes.fromhex("0001 0120 0001 0000 0000 0000 00 0006 0001")
        for _ in range(100):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(0.3)
                sock.connect(("127.0.0.1", self.port))
                try:
                    sock.send(query)
                    answer = sock.recv(4096)
                except OSError:
                    time.sleep(0.1)
                    continue
                if answer[3] & 15 == 0 and answer[7]:
                    return
                time.sleep(0.1)
        logs = "".join(each.read_text(errors="replace") for each in self._folder.glob("*.log"))
        outs = "".join(each.read_text(errors="replace") for each in self._folder.glob("*.out"))
        pytest.fail(f"the private DNS did not come up: {logs[-3000:]}{outs[-2000:]}")
