"""`pkicheck caa`: names given, names from standard input, orders, zone files, bad input."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest

from pkicheck import load
from pkicheck._cli._read import batches
from tests.architecture.source import ROOT
from tests.cli_kit import ASK, ORDER, SHOP, process, started
from tests.cli_kit import pkicheck as run


def _codes(record: dict[str, object]) -> list[str]:
    findings = record["findings"]
    assert isinstance(findings, list)
    return [each["code"] for each in findings]


def _zone(folder: Path, text: str) -> str:
    path = folder / "test.zone"
    path.write_text(text, encoding="utf-8")
    return str(path)


# -- names as arguments


def test_permitted_and_refused() -> None:
    """A name that the zone lets us issue for passes; one that names another issuer is refused with its reason."""
    done = run("caa", "shop.example", "pay.shop.example", *ASK)
    assert done.code == 1
    assert done.lines[0].startswith("CAA for shop.example: PASS: ")
    assert done.lines[1].startswith("CAA for pay.shop.example: FAIL: caa.issuer-not-listed: at pay.shop.example: ")


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("www.shop.example", "pass", "caa.authorised"),
        ("*.shop.example", "fail", "caa.issuer-nobody"),
        ("blog.shop.example", "pass", "caa.authorised"),
        ("odd.shop.example", "fail", "caa.critical-unknown"),
        ("typo.shop.example", "fail", "caa.value-octet"),
        ("192.0.2.1", "pass", "caa.not-required-ip"),
    ],
)
def test_the_example_zone(name: str, verdict: str, code: str) -> None:
    """What the comments of the example zone promise is what comes out."""
    done = run("caa", name, *ASK, "--json")
    assert done.json[0]["verdict"] == verdict
    assert code in _codes(done.json[0])


def test_each_name_has_a_verdict_of_its_own() -> None:
    """One result per given name in their order, one given twice is judged twice, the worst is the exit code (C02)."""
    done = run("caa", "shop.example", "pay.shop.example", "shop.example", "elsewhere.test", *ASK)
    assert [line.split(":")[0].removeprefix("CAA for ") for line in done.lines] == [
        "shop.example",
        "pay.shop.example",
        "shop.example",
        "elsewhere.test",
    ]
    assert done.code == 1
    assert run("caa", "shop.example", "elsewhere.test", *ASK).code == 3


def test_json_is_evidence() -> None:
    """With --json standard output holds one evidence record a name, which loads and replays to itself; nothing else."""
    done = run("caa", "shop.example", "pay.shop.example", *ASK, "--json")
    assert done.err == ""
    for line in done.lines:
        assert load(line.encode()).replay().same


def test_explain_goes_where_prose_goes() -> None:
    """--explain is on standard output, with --json on standard error so that the JSON stays alone."""
    prose, both = (
        run("caa", "pay.shop.example", *ASK, "--explain"),
        run("caa", "pay.shop.example", *ASK, "--explain", "--json"),
    )
    assert "What would make it pass:" in prose.out
    assert prose.err == ""
    assert "What would make it pass:" in both.err
    assert len(both.json) == 1


def test_account_and_method() -> None:
    """RFC 8657 parameters are judged with the accounts and the method given, once they bind (BR 4.2.2.1.2)."""
    ask = ("caa", "account.shop.example", *ASK, "--at", "2027-06-01T00:00:00Z")
    mine = ("--account-uri", "https://ca.example/acct/4711")
    assert run(*ask, *mine, "--method", "dns-01").code == 0
    assert run(*ask, *mine, "--method", "http-01").code == 1
    assert run(*ask, "--account-uri", "https://ca.example/acct/1", "--method", "dns-01").code == 1


def test_another_moment_is_a_dry_run() -> None:
    """--at judges that moment and marks the result as a dry run."""
    done = run("caa", "shop.example", *ASK, "--at", "2027-01-01T00:00:00+01:00", "--json")
    assert done.json[0]["at"] == "2026-12-31T23:00:00.000000Z"
    assert "evidence.dry-run" in _codes(done.json[0])


def test_purposes(tmp_path: Path) -> None:
    """--purpose chooses the property: issuemail restricts S/MIME and nothing else."""
    zone = _zone(tmp_path, 'shop.example. CAA 0 issuemail "other.example"\n')
    ask = ("caa", "shop.example", "--issuer", "ca.example", "--zone", zone)
    assert [run(*ask, "--purpose", purpose).code for purpose in ("tls", "smime", "vmc")] == [0, 1, 0]


@pytest.mark.parametrize(("status", "code"), [("secure", 0), ("unsigned", 0), ("unvalidated", 3), ("bogus", 3)])
def test_dnssec_of_zone_files(tmp_path: Path, status: str, code: int) -> None:
    """The DNSSEC status comes from --dnssec, and a comment in the file comes before it."""
    text = 'shop.example. CAA 0 issue "ca.example"\n'
    ask = ("caa", "shop.example", "--issuer", "ca.example")
    assert run(*ask, "--zone", _zone(tmp_path, text), "--dnssec", status).code == code
    assert run(*ask, "--zone", _zone(tmp_path, f"; dnssec: {status}\n{text}"), "--dnssec", "secure").code == code


def test_several_zone_files(tmp_path: Path) -> None:
    """Several files together are the DNS of the run, each with its own status."""
    other = _zone(tmp_path, '; dnssec: secure\nother.test. SOA . . 1 2 3 4 5\nother.test. CAA 0 issue "ca.example"\n')
    done = run("caa", "other.test", "shop.example", *ASK, "--zone", other, "--json")
    assert done.code == 0
    assert [{"dns.dnssec-secure", "dns.dnssec-not-signed"} & set(_codes(each)) for each in done.json] == [
        {"dns.dnssec-secure"},
        {"dns.dnssec-not-signed"},
    ]


def test_policies(tmp_path: Path) -> None:
    """--policy takes a name or a file; evidence says which by digest."""
    policy = tmp_path / "mine.json"
    policy.write_text(run("policy", "private", "--json").out.replace('"PRIVATE"', '"mine"'), encoding="utf-8")
    digests = {
        run("caa", "shop.example", *ASK, "--json", "--policy", each).json[0]["asked"]["policy"]
        for each in ("baseline", "PRIVATE", str(policy))
    }
    assert len(digests) == 3
    assert run("policy", str(policy)).lines[0].removeprefix("fingerprint ") in digests


# -- what the zone files do not say


@pytest.mark.parametrize(
    "text",
    [
        'other.example. SOA . . 1 2 3 4 5\nother.example. CAA 0 issue "ca.example"\n',
        '@ SOA ns hostmaster 1 2 3 4 5\n@ CAA 0 issue "other.example"\n',
        "www.shop.example. A 192.0.2.1\n",
        "shop.test. A 192.0.2.1\n",
        "shop.example. CNAME edge.cdn.test.\n",
        "shop.example. SOA . . 1 2 3 4 5\nshop.example. CNAME edge.cdn.test.\n",
        "example. DNAME elsewhere.test.\n",
    ],
    ids=[
        "another zone",
        "no $ORIGIN",
        "a name below only",
        "another name",
        "alias out",
        "alias out of a zone",
        "DNAME out",
    ],
)
def test_what_no_file_says_is_not_known(tmp_path: Path, text: str) -> None:
    """A name, or the target of its alias, that no zone file knows is INCOMPLETE, never "no records" (C14)."""
    done = run("caa", "shop.example", "--issuer", "ca.example", "--zone", _zone(tmp_path, text), "--json")
    codes = _codes(done.json[0])
    if text.startswith("www"):
        # (a parent of a record exists and has no CAA: that much the data does say)
        assert (done.code, "caa.no-records" in codes) == (0, True)
    else:
        assert (done.code, "dns.lookup-refused" in codes) == (3, True)


@pytest.mark.parametrize(("name", "code"), [("a.shop.example", 0), ("a.b.shop.example", 0), ("x.example", 3)])
def test_what_lies_beside_a_wildcard_is_known(tmp_path: Path, name: str, code: int) -> None:
    """A wildcard record says something of all names below its parent, and nothing of those beside it (RFC 4592)."""
    zone = _zone(tmp_path, "*.shop.example. A 192.0.2.1\n")
    assert run("caa", name, "--issuer", "ca.example", "--zone", zone).code == code


# -- a stream


def _shape(line: str) -> tuple[str, list[str]]:
    record = json.loads(line)
    return record["asked"]["name"], _codes(record)


def test_a_thousand_requests() -> None:
    """1,000 names through a pipe: order kept, one result per line, each as when it is asked alone (R036)."""
    kinds = ("shop.example", "pay.shop.example", "blog.shop.example", "odd.shop.example", "n.shop.example")
    alone = {name: _shape(run("caa", name, *ASK, "--json").out) for name in kinds}
    names = [kinds[number * 7 % 5] for number in range(1000)]
    done = process("caa", "-", *ASK, "--json", "--in-flight", "17", stdin="\n".join(names).encode())
    assert (done.code, done.err) == (1, "")
    assert [_shape(line) for line in done.lines] == [alone[name] for name in names]


def test_a_line_is_answered_before_the_next_is_sent() -> None:
    """A program may send one name, read its result, and send another: no line waits for a full window (R036)."""
    with started("caa", "-", *ASK, stdout=subprocess.PIPE) as (child, source):
        assert child.stdout
        for name, verdict in (("shop.example", "PASS"), ("pay.shop.example", "FAIL"), ("x.shop.example", "PASS")):
            source.write(f"{name}\n".encode())
            source.flush()
            assert child.stdout.readline().startswith(f"CAA for {name}: {verdict}: ".encode())
        source.close()
        assert child.wait() == 1


_BAD = (
    (b"bad..name", "name.double-dot"),
    (b"", "name.empty"),
    (b"sh\xffop.example", "name.not-utf8"),
    (b"\0\1\2\3", "name.nul"),
    (b"x" * 5000 + b".example", "name.too-long"),
    (b" shop.example ", "name.space"),
    ("m\xfcller.example".encode(), "name.u-label"),
)


def test_a_bad_line_is_refused_and_the_stream_goes_on() -> None:
    """A line that is no name is a FAIL in its place, as evidence of kind "name" with the code of its defect; exit 1."""
    stdin = b"\n".join([b"shop.example", *(raw for raw, _ in _BAD), b"www.shop.example"])
    done = run("caa", "-", *ASK, "--json", stdin=stdin)
    assert done.code == 1
    first, *bad, last = done.json
    assert (first["kind"], first["verdict"], last["kind"], last["verdict"]) == ("caa", "pass", "caa", "pass")
    for record, (_, code) in zip(bad, _BAD, strict=True):
        assert (record["kind"], record["verdict"]) == ("name", "fail")
        assert code in _codes(record)
    for line in done.lines:
        assert load(line.encode()).replay().same


def test_a_bad_line_in_prose_has_its_number() -> None:
    """In prose a line that is no name is shown with its number: it may have nothing else to show."""
    done = run("caa", "-", *ASK, stdin=b"shop.example\n\nwww.shop.example\n")
    assert [line.partition(":")[0] for line in done.lines] == [
        "CAA for shop.example",
        "line 2",
        "CAA for www.shop.example",
    ]


def test_a_line_without_a_question() -> None:
    """A name that means nothing for the purpose cannot be asked: a `pkicheck/bad-line/1` record, FAIL, and so on."""
    stdin = b"shop.example\n*.shop.example\nshop.example\n"
    done = run("caa", "-", *ASK, "--purpose", "smime", "--json", stdin=stdin)
    assert done.code == 1
    assert [each["verdict"] for each in done.json] == ["pass", "fail", "pass"]
    bad = done.json[1]
    assert (bad["schema"], bad["line"], bad["input"]) == ("pkicheck/bad-line/1", 2, "Ki5zaG9wLmV4YW1wbGU=")
    assert "wildcard" in bad["message"]
    assert run("caa", "-", *ASK, "--purpose", "smime", stdin=stdin).lines[1].startswith("line 2: FAIL: ")


def test_nothing_on_standard_input() -> None:
    """Empty input is a wrong call, not a PASS."""
    done = run("caa", "-", *ASK)
    assert (done.code, done.out) == (2, "")
    assert "standard input is empty" in done.err


def test_line_ends() -> None:
    """LF, CRLF and no line end at the end of the input are all the same; an empty last line is a line."""
    shapes = [
        [_shape(line)[0] for line in run("caa", "-", *ASK, "--json", stdin=stdin).lines]
        for stdin in (
            b"a.shop.example\nb.shop.example\n",
            b"a.shop.example\r\nb.shop.example\r\n",
            b"a.shop.example\nb.shop.example",
        )
    ]
    assert shapes == [["a.shop.example", "b.shop.example"]] * 3
    assert run("caa", "-", *ASK, stdin=b"\n").code == 1
    assert len(run("caa", "-", *ASK, stdin=b"a.shop.example\n\n").lines) == 2


class _Dribble(io.BufferedIOBase):
    """A stream that gives a few octets at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._pieces = [data[at : at + size] for at in range(0, len(data), size)]

    def read1(self, size: int = -1, /) -> bytes:
        """The next piece."""
        return self._pieces.pop(0) if self._pieces else b""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_do_not_depend_on_how_they_arrive(size: int) -> None:
    """Cut anywhere, a stream gives the same lines; a line is cut at the limit, and only a longer one says so."""
    data = b"a\r\n\n12345\n12345\r\n123456\n123456\r\n\r\r\nlong" + b"x" * 50 + b"\nlast"
    lines = [(each.number, each.data, each.cut) for batch in batches(_Dribble(data, size), limit=5) for each in batch]
    assert lines == [
        (1, b"a", False),
        (2, b"", False),
        (3, b"12345", False),
        (4, b"12345", False),
        (5, b"12345", True),
        (6, b"12345", True),
        (7, b"\r", False),
        (8, b"longx", True),
        (9, b"last", False),
    ]


# -- an order


def test_an_order_says_all() -> None:
    """--order gives names, methods, issuers, accounts and purpose; the evidence holds each name with its own method."""
    done = run("caa", "--order", ORDER, "--zone", SHOP, "--json")
    assert done.code == 0
    assert [(each["asked"]["name"], each["asked"]["method"]) for each in done.json] == [
        ("shop.example", "http-01"),
        ("account.shop.example", "dns-01"),
    ]
    assert all(each["asked"]["accounts"] == ["https://ca.example/acct/4711"] for each in done.json)


def test_names_that_the_ca_adds() -> None:
    """A name the CA adds to an order is judged like any other: forbidden means refused (C03)."""
    assert run("caa", "--order", ORDER, "--zone", SHOP).code == 0
    done = run("caa", "pay.shop.example", "--order", ORDER, "--zone", SHOP)
    assert done.code == 1
    assert [line.split(":")[1] for line in done.lines] == [" PASS", " PASS", " FAIL"]


@pytest.mark.parametrize("extra", [("--issuer", "x.example"), ("--account-uri", "a:b"), ("--purpose", "tls")])
def test_an_order_is_not_contradicted(extra: tuple[str, str]) -> None:
    """What the order says cannot be said again on the command line: two truths are a wrong call."""
    done = run("caa", "--order", ORDER, "--zone", SHOP, *extra)
    assert done.code == 2
    assert extra[0] in done.err


# -- a log


def test_evidence_goes_to_a_log_first(tmp_path: Path) -> None:
    """--log appends each record to a hash-chained log, which is then verified and replayed."""
    log = str(tmp_path / "evidence.log")
    assert run("caa", "shop.example", *ASK, "--log", log).code == 2  # a new log has to be named
    assert run("caa", "shop.example", "pay.shop.example", *ASK, "--log", log, "--log-id", "ca1").code == 1
    assert run("caa", "-", *ASK, "--log", log, stdin=b"shop.example\n\n").code == 1
    assert run("caa", "shop.example", *ASK, "--log", log, "--log-id", "ca2").code == 2
    done = run("log", "verify", log)
    assert (done.code, done.lines[0].split(", ")[:2]) == (3, ["unanchored: log ca1", "4 records"])
    assert run("replay", log).lines == ["4 same, 0 changed, 0 bad, 0 cannot, 0 passed over"]


# -- bad input: one clear message that names it, exit 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bad..name", *ASK), "bad..name"),
        (("shop.example", "", *ASK), "name"),
        (("shop.example", "-", *ASK), "stands alone"),
        (("-", "--order", ORDER, "--zone", SHOP), "stands alone"),
        ((*ASK,), "no name to check"),
        (("shop.example", "--zone", SHOP), "--issuer"),
        (("shop.example", "--zone", SHOP, "--issuer", ""), "issuers"),
        (("shop.example", "--zone", SHOP, "--issuer", "ca.*"), "ca.*"),
        (("shop.example", "--issuer", "ca.example"), "--zone"),
        (("shop.example", *ASK, "--at", "2026-11-21T12:00:00"), "--at"),
        (("shop.example", *ASK, "--at", "yesterday"), "--at"),
        (("shop.example", *ASK, "--method", "dns-99"), "dns-99"),
        (("shop.example", *ASK, "--account-uri", "no uri"), "no uri"),
        (("*.shop.example", *ASK, "--purpose", "smime"), "*.shop.example"),
        (("shop.example", *ASK, "--deadline", "0"), "--deadline"),
        (("shop.example", *ASK, "--deadline", "nan"), "--deadline"),
        (("shop.example", *ASK, "--deadline", "1e9"), "--deadline"),
        (("shop.example", *ASK, "--in-flight", "0"), "--in-flight"),
        (("shop.example", *ASK, "--in-flight", "9" * 5000), "--in-flight"),
        (("shop.example", *ASK, "--policy", "no-such-file.json"), "no-such-file.json"),
        (("--zone", SHOP, "--order", "no-such-file.json"), "no-such-file.json"),
        (("shop.example", "--issuer", "ca.example", "--zone", "no-such.zone"), "no-such.zone"),
        (("shop.example", "--issuer", "ca.example", "--zone", str(ROOT)), str(ROOT)),
        (("shop.example", "--issuer", "ca.example", "--zone", "nul\0.zone"), "nul"),
    ],
)
def test_a_wrong_call_is_named(arguments: tuple[str, ...], said: str) -> None:
    """What is wrong with the call is named in one message; nothing was decided, exit code 2."""
    done = run("caa", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err.splitlines()[-1]


def test_wrong_arguments_are_said_before_the_first_line() -> None:
    """With names from standard input, a wrong common argument is a wrong call, not a FAIL of every line."""
    done = run("caa", "-", *ASK, "--method", "dns-99", stdin=b"shop.example\n")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"; only a comment\n", "holds no record"),
        (b"shop.example. A 192.0.2.1\nshop.example. CAA 256 issue x\n", "line 2"),
        (b"shop.example. A 192.0.2.1\n\n\xff\xfe\x00", "line 3"),
        (b"shop.example. A 192.0.2.1\n\x7fELF\x02\x01\x01\x00\n", "line 2"),
        (b"\x89PNG\r\n\x1a\n", "line 1"),
        (b"$INCLUDE other.zone\n", "line 1"),
        (b"; dnssec: perhaps\nshop.example. A 192.0.2.1\n", "dnssec"),
    ],
)
def test_a_zone_file_that_cannot_be_read(tmp_path: Path, data: bytes, said: str) -> None:
    """Empty, binary and broken zone files: one message with the file and the line, exit code 2."""
    path = tmp_path / "broken.zone"
    path.write_bytes(data)
    done = run("caa", "shop.example", "--issuer", "ca.example", "--zone", str(path))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert str(path) in done.err
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"name":"x","caa":{"rfc8657":"sometimes"}}', "rfc8657"),
        ('{"name":"x","net":{"triess":3}}', "policy.net.triess"),
        ('{"name":"x","net":{"tries":"3"}}', "policy.net.tries"),
        ('{"caa":{}}', "name"),
        ("[]", "policy"),
        ("{", "policy"),
    ],
)
def test_an_invalid_policy(tmp_path: Path, text: str, field: str) -> None:
    """An invalid policy is a wrong call that names the file and the field, never a default."""
    path = tmp_path / "policy.json"
    path.write_text(text, encoding="utf-8")
    done = run("caa", "shop.example", *ASK, "--policy", str(path))
    assert (done.code, done.out) == (2, "")
    assert str(path) in done.err
    assert field in done.err


def test_an_invalid_order(tmp_path: Path) -> None:
    """An invalid order is a wrong call that names the file and the field."""
    path = tmp_path / "order.json"
    path.write_text(Path(ORDER).read_text(encoding="utf-8").replace('"dv"', '"qv"'), encoding="utf-8")
    done = run("caa", "--order", str(path), "--zone", SHOP)
    assert (done.code, done.out) == (2, "")
    assert f"{path}: order.kind" in done.err
