"""`pkicheck csr`, `cert` and `pair`: from a request in a file to a certificate that is proven to be what was bound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pkicheck.csr import binding_from_json
from pkicheck.evidence import load
from pkicheck.policy import BASELINE, policy_json
from tests import derkit
from tests.cli_kit import pkicheck
from tests.csrkit import AT, DAY, NAMES, Info, alternative_names, ca, extension_request, private_key, request, spki
from tests.derkit import sequence

MOMENT = "2026-11-21T12:00:00Z"
ORDER: dict[str, Any] = {
    "schema": "pkicheck/order/1",
    "order": "order-1",
    "names": [{"name": each} for each in NAMES],
    "kind": "dv",
    "account": "4711",
    "issuer": {"id": "dv-1", "caa": ["ca.example"]},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a request, an order, a CA and a policy that names no list of bad keys."""
    monkeypatch.chdir(tmp_path)
    Path("request.der").write_bytes(request(Info(subject=sequence())))
    Path("order.json").write_text(json.dumps(ORDER), encoding="utf-8")
    Path("ca.der").write_bytes(ca().certificate or b"")
    policy: dict[str, Any] = {**policy_json(BASELINE), "name": "own"}
    policy["keys"] = {**policy["keys"], "fixed_blocklists": []}
    Path("own.json").write_text(json.dumps(policy), encoding="utf-8")
    return tmp_path


ASK = ("csr", "request.der", "--order", "order.json", "--policy", "own.json", "--at", MOMENT)


@pytest.mark.usefixtures("folder")
def test_from_request_to_certificate() -> None:
    """A request is bound, a certificate is built from the binding, and `cert` proves that it is what was bound."""
    done = pkicheck(*ASK, "--binding", "binding.json", "--issuer", "ca.der")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("request for order order-1: PASS: binding.made")
    binding = binding_from_json(Path("binding.json").read_bytes().rstrip(b"\n"))
    assert binding.spki == spki("p256")
    builder = binding.certificate_builder(issuer=ca(), not_before=AT, not_after=AT + DAY)
    certificate = builder.sign(private_key("ca"), hashes.SHA256())
    Path("server.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    bound = ("--binding", "binding.json", "--issuer", "ca.der", "--policy", "own.json", "--at", MOMENT)
    assert pkicheck("cert", "server.pem", *bound).code == 0
    wrong = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0"), critical=False)
    Path("wrong.der").write_bytes(wrong.sign(private_key("ca"), hashes.SHA256()).public_bytes(Encoding.DER))
    refused = pkicheck("cert", "wrong.der", *bound)
    assert refused.code == 1
    assert "certificate.extension-not-approved" in refused.out
    alone = pkicheck("cert", "server.pem", "wrong.der", "--policy", "own.json")
    assert alone.code == 1
    assert "certificate.not-compared" in alone.lines[0]
    later = pkicheck("cert", "server.pem", *bound[:-2])
    assert later.code == 1
    assert "certificate.not-before-far" in later.out


@pytest.mark.usefixtures("folder")
def test_evidence() -> None:
    """`--json` prints a record that decides the same again."""
    (record,) = pkicheck(*ASK, "--json").lines
    assert load(record.encode()).replay().same
    assert "What would make it pass" not in pkicheck(*ASK, "--explain").out


@pytest.mark.usefixtures("folder")
def test_the_registry_lasts() -> None:
    """K02: with a registry in a file, a request that is bound to one order is refused for another."""
    book = ("--registry", "bindings.sqlite")
    assert pkicheck(*ASK, *book).code == 0
    assert pkicheck(*ASK, *book).code == 0
    Path("order.json").write_text(json.dumps({**ORDER, "order": "order-2"}), encoding="utf-8")
    done = pkicheck(*ASK, *book)
    assert done.code == 1
    assert "binding.request-taken" in done.out


@pytest.mark.usefixtures("folder")
def test_what_is_refused_and_what_is_not_known() -> None:
    """Exit code 1 for a request of another order, 3 when a list of bad keys is missing; then there is no binding."""
    asked = (*ASK[:4], "--at", MOMENT)
    missing = pkicheck(*asked, "--binding", "none.json")
    assert missing.code == 3
    assert "key.list-unavailable" in missing.out
    assert not Path("none.json").exists()
    other = request(Info(subject=sequence(), attributes=(extension_request(alternative_names("other.com")),)))
    done = pkicheck("csr", "-", *ASK[2:], stdin=other)
    assert done.code == 1
    assert "csr.names-disjoint" in done.out
    assert pkicheck("csr", "-", *ASK[2:], stdin=b"").code == 1


@pytest.mark.usefixtures("folder")
def test_the_request_inside_of_the_order_pins() -> None:
    """K02: an order that came with another request refuses this one."""
    order = {**ORDER, "csr": "MAA="}
    Path("order.json").write_text(json.dumps(order), encoding="utf-8")
    assert "binding.other-request" in pkicheck(*ASK).out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("csr", "none.der", *ASK[2:]), "none.der"),
        (("csr", "-", "--order", "-"), "standard input"),
        (("csr", "request.der", "--order", "request.der"), "order"),
        ((*ASK, "--issuer", "order.json"), "order.json: this is no certificate"),
        ((*ASK, "--registry", "order.json"), "order.json: file is not a database"),
        ((*ASK, "--binding", "order.json"), "order.json: File exists"),
        (("cert", "ca.der", "--binding", "order.json"), "--binding needs --issuer"),
        (
            ("cert", "ca.der", "ca.der", "--binding", "order.json", "--issuer", "ca.der"),
            "--binding is for one certificate",
        ),
        (("cert", "ca.der", "--binding", "order.json", "--issuer", "ca.der"), "binding must be an object of schema"),
        (("cert", "-", "-"), "standard input"),
        (("cert", "two.pem"), "two.pem: expected one PEM block, with the label CERTIFICATE"),
        (("cert", "bad.pem"), "bad.pem: the PEM block is no base64"),
        (("pair", "-", "-"), "standard input"),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], message: str) -> None:
    """A wrong call exits with 2 and names the file or the argument."""
    block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    Path("two.pem").write_text(block + block, encoding="ascii")
    Path("bad.pem").write_text(block.replace("MAA=", "MAA"), encoding="ascii")
    done = pkicheck(*arguments)
    assert done.code == 2
    assert message in done.err


@pytest.mark.usefixtures("folder")
def test_pairs() -> None:
    """`pair` compares two files, and standard input."""
    pre, final = (
        derkit.certificate(derkit.Tbs(extensions=(derkit.AKI, each)).der()) for each in (derkit.POISON, derkit.SCTS)
    )
    Path("pre.der").write_bytes(pre)
    Path("final.der").write_bytes(final)
    assert pkicheck("pair", "pre.der", "final.der").code == 0
    assert pkicheck("pair", "pre.der", "-", stdin=final).code == 0
    swapped = pkicheck("pair", "final.der", "pre.der", "--json")
    assert swapped.code == 1
    assert load(swapped.lines[0].encode()).replay().same
