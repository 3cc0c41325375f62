"""The reader of pkcs11-spy traces: both grammars, what is an operation and what is not, and what cannot be read."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.errors import InputError
from pkicheck.hsmlog.model import KeyEvent, SourceReport, Unreadable
from pkicheck.hsmlog.readers import LogRecord, SpyReader
from pkicheck.hsmlog.readers import _spykeys as keys_module
from pkicheck.hsmlog.readers import _spyruns as runs_module
from pkicheck.hsmlog.readers import spy as module
from pkicheck.hsmlog.readers._spyblock import BrokenBlock, dump_at
from tests.hsmlog_logs import NAME, Trace, dump, laws, log, signed, told

DIGEST = hashlib.sha256(b"tbs").digest()
SIGNATURE = bytes(range(64))
INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def spy(data: bytes, zone: tzinfo | None = timezone.utc) -> tuple[list[LogRecord], SourceReport]:
    """What a trace says; the laws of all readers hold for it."""
    return laws(lambda cursor: SpyReader(NAME, zone=zone, cursor=cursor), data)


def notes(report: SourceReport) -> dict[str, str]:
    """The notes of a report."""
    return dict(report.notes)


@pytest.mark.parametrize("grammar", ["0.23", "0.24"])
def test_a_real_trace(grammar: str) -> None:
    """A trace of pkcs11-tool and of PyKCS11 on SoftHSM 2, in both grammars (R077).

    Each operation comes out with the digest, not the length queries before them; a raw RSA decryption is a signature;
    a signature in parts is one; the failure is a failure; generated and deleted keys are told.
    """
    records, report = spy(log(f"spy-{grammar}.txt"))
    assert not [each for each in records if isinstance(each, Unreadable)]
    found = [(each.mechanism, each.outcome, each.key, each.hash, each.length) for each in signed(records)]
    assert found == [
        ("CKM_ECDSA", "ok", "01", "", 32),
        ("CKM_SHA256_RSA_PKCS", "ok", "02", "sha256", 9),
        ("CKM_RSA_PKCS_PSS", "ok", "02", "sha256", 32),
        ("CKM_RSA_PKCS", "ok", "02", "", 32),
        ("CKM_RSA_X_509", "ok", "02", "", 256),
        ("CKM_RSA_X_509", "ok", "02", "", 256),
        ("CKM_SHA256_RSA_PKCS", "ok", "02", "sha256", 2050),
        ("CKM_SHA256_RSA_PKCS", "ok", "issuing-rsa", "sha256", 7),
        ("CKM_ECDSA", "ok", "issuing-ec", "", 32),
        ("CKM_ECDSA", "ok", "issuing-ec", "", 48),
        ("CKM_RSA_PKCS", "failed", "issuing-rsa", "", 1000),
    ]
    keys = [(each.action, each.key) for each in records if isinstance(each, KeyEvent)]
    long = "a temporary key with a label of more than thirty-two octets"
    assert keys == [("generate", "issuing-ec"), ("generate", "issuing-rsa"), ("generate", long), ("delete", long)]
    assert {each.token for each in signed(records)} == {"ca"}
    assert notes(report)["length-queries"] == "4"
    assert notes(report)["failed-initialisations"] == "1"
    assert (report.integrity, report.gaps) == ("none", ())
    message = hashlib.sha256(b"tbs one").digest()
    assert ("digest", message) in signed(records)[7].evidence


def test_the_pin_stays_in_the_trace() -> None:
    """C_Login is logged with the PIN in clear; nothing that comes out holds it, damaged blocks included."""
    data = log("spy-0.23.txt")
    assert b"987654" in data
    assert b"39 38 37 36 35 34" in data
    damaged = data.replace(b"Returned:  0 CKR_OK\n\n8:", b"Returned: \n\n8:")
    for each in (data, damaged):
        records, report = spy(each)
        text = " ".join([*map(told, records), repr(records), repr(report), repr(SpyReader(NAME).cursor())])
        assert "987654" not in text
        assert "393837" not in text


def test_a_length_query_is_no_operation() -> None:
    """C_Sign with a null buffer, and one whose buffer is too small, come before the operation and are none."""
    trace = Trace().open().init().sign(DIGEST, None).sign(DIGEST, SIGNATURE, rv="336 CKR_BUFFER_TOO_SMALL")
    records, report = spy(trace.sign(DIGEST, SIGNATURE).text)
    (event,) = signed(records)
    assert event.evidence == (("signature", SIGNATURE), ("digest", DIGEST))
    assert (event.mechanism, event.outcome, event.locator.sequence) == ("CKM_ECDSA", "ok", 5)
    assert notes(report)["length-queries"] == "2"


def test_a_length_query_before_a_failure() -> None:
    """The query succeeds, the operation fails: one failed operation, and no successful one."""
    records, _ = spy(Trace().open().init().sign(DIGEST, None).sign(DIGEST, None, rv="48 CKR_DEVICE_ERROR").text)
    (event,) = signed(records)
    assert (event.outcome, event.evidence) == ("failed", (("digest", DIGEST),))


def test_an_operation_ends() -> None:
    """A C_Sign behind the one that ended the operation has no mechanism and no key: it fails in the token too."""
    trace = Trace().open().init().sign(DIGEST, SIGNATURE).sign(DIGEST, None, rv="145 CKR_OPERATION_NOT_INITIALIZED")
    first, second = signed(spy(trace.text)[0])
    assert (first.mechanism, second.mechanism, second.key, second.outcome) == ("CKM_ECDSA", "unknown", "", "failed")


def test_two_sessions() -> None:
    """Operations belong to sessions: interleaved in two of them, each has its own mechanism and key."""
    trace = Trace().open(1).open(2).init("CKM_ECDSA", 2, 1).init("CKM_EDDSA", 3, 2)
    records, _ = spy(trace.sign(b"tbs", SIGNATURE, 2).sign(DIGEST, SIGNATURE, 1).text)
    assert [(each.mechanism, each.key) for each in signed(records)] == [("CKM_EDDSA", "0x3"), ("CKM_ECDSA", "0x2")]


def test_a_closed_session_ends_its_operation() -> None:
    """C_CloseSession and C_CloseAllSessions end what is under way in them."""
    close = {"C_CloseSession": b"[in] hSession = 0x1\n", "C_CloseAllSessions": b"[in] slotID = 0x3\n"}
    for function, line in close.items():
        trace = Trace().open().init().call(function, line).open().sign(DIGEST, SIGNATURE)
        assert signed(spy(trace.text)[0])[0].mechanism == "unknown"


@pytest.mark.parametrize(
    ("mechanism", "data", "hash_name", "digest"),
    [
        ("CKM_ECDSA", DIGEST, "", DIGEST),
        ("CKM_ECDSA_SHA256", b"tbs", "sha256", DIGEST),
        ("CKM_SHA384_RSA_PKCS", b"tbs", "sha384", hashlib.sha384(b"tbs").digest()),
        ("CKM_SHA3_256_RSA_PKCS", b"tbs", "sha3_256", hashlib.sha3_256(b"tbs").digest()),
        ("CKM_SHA512_RSA_PKCS_PSS", b"tbs", "sha512", hashlib.sha512(b"tbs").digest()),
        ("CKM_SHA1_RSA_PKCS", b"tbs", "sha1", hashlib.sha1(b"tbs").digest()),
        ("CKM_RSA_PKCS", INFO + DIGEST, "sha256", DIGEST),
        ("CKM_RSA_PKCS", bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + DIGEST, "sha256", DIGEST),
        ("CKM_RSA_X_509", b"\x00\x01" + b"\xff" * 202 + b"\x00" + INFO + DIGEST, "sha256", DIGEST),
        ("CKM_RSA_X_509", b"\x01" + b"\xff" * 202 + b"\x00" + INFO + DIGEST, "sha256", DIGEST),
        ("CKM_RSA_PKCS", DIGEST, "", None),
        ("CKM_RSA_PKCS", INFO + DIGEST + b"\x00", "", None),
        ("CKM_RSA_PKCS", b"", "", None),
        ("CKM_RSA_X_509", b"\x00\x01" + b"\xff" * 7 + b"\x00" + INFO + DIGEST, "", None),
        ("CKM_RSA_X_509", b"\x00\x02" + b"\xff" * 202 + b"\x00" + INFO + DIGEST, "", None),
        ("CKM_RSA_X_509", b"\x00\x01" + b"\xff" * 9 + b"\xfe" + b"\xff" * 9 + b"\x00" + INFO + DIGEST, "", None),
        ("CKM_RSA_X_509", b"\x00\x01" + b"\xff" * 202, "", None),
        ("CKM_ECDSA", b"", "", None),
        ("0x80001234", b"tbs", "", None),
        ("CKM_SHA256", b"tbs", "sha256", DIGEST),
        ("CKM_SHA2567_RSA_PKCS", b"tbs", "", None),
    ],
)
def test_from_mechanism_to_digest(mechanism: str, data: bytes, hash_name: str, digest: bytes | None) -> None:
    """What was signed is hashed, taken apart or taken as it is, as the mechanism says; doubt gives no digest (L02)."""
    (event,) = signed(spy(Trace().open().init(mechanism).sign(data, SIGNATURE).text)[0])
    assert dict(event.evidence).get("digest") == digest
    assert (event.hash, event.length) == (hash_name, len(data))
    assert event.evidence[0] == ("signature", SIGNATURE)


def test_a_pure_scheme_has_no_digest() -> None:
    """Of EdDSA the message itself is signed: SHA-256 of it is only a way to find it."""
    (event,) = signed(spy(Trace().open().init("CKM_EDDSA").sign(b"tbs", SIGNATURE).text)[0])
    assert event.evidence == (("signature", SIGNATURE), ("message-sha256", DIGEST), ("message", b"tbs"))
    assert event.hash == ""


def test_the_hash_of_pss() -> None:
    """The digest length alone does not say PSS: its hash stands in the parameter."""
    lines = b"[in] pMechanism->pParameter->hashAlg = CKM_SHA384                   \n"
    lines += b"[in] pMechanism->pParameter->mgf = CKG_MGF1_SHA384\n[in] pMechanism->pParameter->sLen = 48\n"
    trace = Trace().open().init("CKM_RSA_PKCS_PSS", parameter=lines).sign(bytes(48), SIGNATURE)
    (event,) = signed(spy(trace.text)[0])
    assert (event.hash, dict(event.evidence)["digest"]) == ("sha384", bytes(48))


def _part(data: bytes) -> tuple[bytes, bytes]:
    return b"[in] hSession = 0x1\n", b"[in] pPart[ulPartLen] 00007ffd57e033f0 / %d\n%s" % (len(data), dump(data))


def _final(signature: bytes | None) -> bytes:
    if signature is None:
        return b"[out] pSignature[*pulSignatureLen] NULL [size : 0x40 (64)]\n"
    return b"[out] pSignature[*pulSignatureLen] 00007ffd57e031f0 / %d\n%s" % (len(signature), dump(signature))


def test_multi_part() -> None:
    """The parts are joined in their order; the signature, and its length query, stand at C_SignFinal."""
    trace = (
        Trace()
        .open()
        .init("CKM_SHA256_RSA_PKCS")
        .call("C_SignUpdate", *_part(b"t"))
        .call("C_SignUpdate", *_part(b"bs"))
    )
    trace.call("C_SignFinal", b"[in] hSession = 0x1\n", _final(None))
    (event,) = signed(spy(trace.call("C_SignFinal", b"[in] hSession = 0x1\n", _final(SIGNATURE)).text)[0])
    assert dict(event.evidence)["digest"] == DIGEST
    assert event.length == 3


def test_a_lost_part() -> None:
    """Where a part failed, or cannot be read, no digest is made up: only the signature is left."""
    for spoil in (
        lambda trace: trace.call("C_SignUpdate", *_part(b"t"), rv="5 CKR_GENERAL_ERROR"),
        lambda trace: trace.call("C_SignUpdate", _part(b"t")[0], b"[in] pPart[ulPartLen] 0000 / 5\n    000"),
        lambda trace: setattr(trace, "number", trace.number + 1),
    ):
        trace = Trace().open().init("CKM_SHA256_RSA_PKCS")
        spoil(trace)
        trace.call("C_SignUpdate", *_part(b"bs")).call("C_SignFinal", b"[in] hSession = 0x1\n", _final(SIGNATURE))
        (event,) = signed(spy(trace.text)[0])
        assert event.evidence == (("signature", SIGNATURE),)


def test_an_update_that_was_too_small() -> None:
    """C_SignEncryptUpdate gives something out: asked with too small a buffer it has done nothing yet."""
    trace = Trace().open().init("CKM_SHA256_RSA_PKCS")
    trace.call("C_SignEncryptUpdate", *_part(b"tbs"), rv="336 CKR_BUFFER_TOO_SMALL")
    trace.call("C_SignEncryptUpdate", *_part(b"tbs"))
    (event,) = signed(spy(trace.call("C_SignFinal", b"[in] hSession = 0x1\n", _final(SIGNATURE)).text)[0])
    assert dict(event.evidence)["digest"] == DIGEST


def test_parts_and_a_final_without_beginning() -> None:
    """Where the trace begins in the middle of an operation, its end is still an operation, of unknown mechanism."""
    trace = Trace(banner=False)
    trace.number = 70
    trace.call("C_SignUpdate", *_part(b"x")).call("C_SignFinal", b"[in] hSession = 0x1\n", _final(SIGNATURE))
    records, report = spy(trace.text)
    assert [told(each) for each in records] == [
        "#71 sign ok unknown key= signature=0001020304050607/64 process=run 1 time=2026-11-21T03:54:42.742000Z"
    ]
    assert notes(report)["processes-without-beginning"] == "1"
    assert report.gaps == ()


def test_the_other_doors_to_the_key() -> None:
    """C_SignRecover, C_SignMessage and a raw RSA decryption sign; another decryption is told as a use of the key."""
    block = b"\x00\x01" + b"\xff" * 202 + b"\x00" + INFO + DIGEST
    ways: Any = {
        "given": b"pEncryptedData[ulEncryptedDataLen]",
        "gives": b"pData[*pulDataLen]",
        "function": "C_Decrypt",
    }
    trace = Trace().open().init("CKM_RSA_PKCS", function="C_SignRecoverInit")
    trace.sign(INFO + DIGEST, SIGNATURE, function="C_SignRecover")
    trace.init("CKM_ECDSA", function="C_MessageSignInit")
    trace.sign(DIGEST, SIGNATURE, function="C_SignMessage").sign(DIGEST, SIGNATURE, function="C_SignMessage")
    trace.init("CKM_RSA_X_509", function="C_DecryptInit").sign(block, SIGNATURE, **ways)
    trace.init("CKM_RSA_PKCS", function="C_DecryptInit").sign(block, b"secret", **ways)
    trace.init("CKM_AES_CBC", function="C_DecryptInit").sign(block, b"secret", **ways)
    records, _ = spy(trace.text)
    assert [each.mechanism for each in signed(records)] == ["CKM_RSA_PKCS", "CKM_ECDSA", "CKM_ECDSA", "CKM_RSA_X_509"]
    assert all(dict(each.evidence)["digest"] == DIGEST for each in signed(records))
    (other,) = [each for each in records if isinstance(each, KeyEvent)]
    assert (other.action, other.detail, other.key) == ("other", "C_Decrypt CKM_RSA_PKCS", "0x2")
    assert b"secret" not in repr(records).encode()


def test_handles_become_names() -> None:
    """A handle is no key: the same one names another key in the next process, through the search that found it."""
    first = Trace().open().find(2, b"issuing-rsa").init(key=2).sign(DIGEST, SIGNATURE).call("C_Finalize")
    second = Trace().open().find(2, b"issuing-ec").init(key=2).sign(DIGEST, SIGNATURE)
    events = signed(spy(first.text + second.text)[0])
    assert [(each.key, each.process, each.token) for each in events] == [
        ("issuing-rsa", "run 1", "ca"),
        ("issuing-ec", "run 2", "ca"),
    ]


def test_attributes_name_a_key() -> None:
    """C_GetAttributeValue and C_SetAttributeValue tell of a handle what no search said; a deleted one is forgotten."""
    template = b"pTemplate[1]: \n    CKA_ID                00005643cd42fa40 / 1\n    00000000  07 %s .%s\n"
    shown = template % (b" " * 45, b" " * 15)
    trace = Trace().open()
    trace.call(
        "C_GetAttributeValue", b"[in] hSession = 0x1\n[in] hObject = 0x5\n[in] ", template[:15], b"[out] ", shown
    )
    trace.init(key=5).sign(DIGEST, SIGNATURE)
    label = b"[in] pTemplate[1]: \n    CKA_LABEL             00005643cd42fa40 / 2\n    6361\n     c a\n"
    trace.call("C_SetAttributeValue", b"[in] hSession = 0x1\n[in] hObject = 0x5\n", label).init(key=5).sign(
        DIGEST, SIGNATURE
    )
    trace.call("C_DestroyObject", b"[in] hSession = 0x1\n[in] hObject = 0x5\n").init(key=5).sign(DIGEST, SIGNATURE)
    records, _ = spy(trace.text)
    assert not [each for each in records if isinstance(each, Unreadable)]
    assert [each.key for each in signed(records)] == ["07", "ca", "0x5"]


@pytest.mark.parametrize(
    ("function", "lines", "line"),
    [
        ("C_WrapKey", b"[in] hWrappingKey = 0x9\n[in] hKey = 0x2\n", "key ok wrap C_WrapKey key=0x2"),
        ("C_UnwrapKey", b"[out] hKey = 0x4\n", "key ok unwrap C_UnwrapKey key=0x4"),
        ("C_CopyObject", b"[in] hObject = 0x2\n[out] *phNewObject = 0x6\n", "key ok copy C_CopyObject key=0x2"),
        ("C_DeriveKey", b"[in] hBaseKey = 0x2\n[out] *phKey = 0x7\n", "key ok derive C_DeriveKey key=0x2"),
        ("C_InitToken", b"[in] slotID = 0x3\n", "key ok reset C_InitToken key="),
    ],
)
def test_what_happens_to_keys(function: str, lines: bytes, line: str) -> None:
    """Wrapping, copying, deriving, a new token: events of keys, not of signing (R032)."""
    (record,) = spy(Trace().open().call(function, b"[in] hSession = 0x1\n", lines).text)[0]
    assert line in told(record)


def test_an_object_that_is_no_private_key() -> None:
    """Only the creation of a private key is an import."""
    for kind, count in ((b"CKO_PRIVATE_KEY", 1), (b"CKO_CERTIFICATE", 0)):
        lines = b"[in] hSession = 0x1\n[in] pTemplate[1]: \n    CKA_CLASS             %s      \n" % kind
        records, _ = spy(Trace().open().call("C_CreateObject", lines, b"[out] *phObject = 0x8\n").text)
        assert len(records) == count


def test_a_failed_initialisation() -> None:
    """C_SignInit that fails begins nothing, and ends what was under way."""
    trace = Trace().open().init().init("CKM_EDDSA", rv="112 CKR_MECHANISM_INVALID").sign(DIGEST, SIGNATURE)
    records, report = spy(trace.text)
    assert signed(records)[0].mechanism == "unknown"
    assert notes(report)["failed-initialisations"] == "1"


def test_a_call_that_never_returned() -> None:
    """A crash between call and return: the outcome is unknown, and an object may exist (L06)."""
    trace = Trace().open().init().sign(DIGEST, None, rv="").text
    at_end = trace.replace(b"[out] pSignature[*pulSignatureLen] NULL [size : 0x40 (64)]\n", b"")
    between = at_end + Trace().open().text
    for data in (at_end, between):
        (event,) = signed(spy(data)[0])
        assert (event.outcome, dict(event.evidence)["digest"]) == ("unknown", DIGEST)


def test_an_unknown_outcome_is_settled_by_the_next_part() -> None:
    """The end of a part is not the end of a log: the cursor goes on in the middle of a block, under the same uid."""
    data = Trace().open().init().sign(DIGEST, SIGNATURE).text
    reader = SpyReader(NAME)
    assert not list(reader.feed(data[:-50]))
    cursor = reader.cursor()
    (early,) = reader.finish()
    (late,) = signed([*(again := SpyReader(NAME, cursor=cursor)).feed(data[-50:]), *again.finish()])
    assert late.outcome == "ok"
    assert isinstance(early, Unreadable)
    assert early.locator == attrs.evolve(late.locator, sequence=None)


def test_numbers_without_gap() -> None:
    """A call that is missing shows in the numbers of its process."""
    trace = Trace().open().init()
    trace.number += 3
    _, report = spy(trace.sign(DIGEST, SIGNATURE).text)
    assert [(gap.why, gap.first, gap.last) for gap in report.gaps] == [("sequence", "run 1:3", "run 1:5")]


def test_an_unreadable_block_explains_its_number() -> None:
    """A block that cannot be read is counted and located once; its number is not reported as a gap on top."""
    trace = Trace().open().init()
    start = len(trace.text) + 1
    trace.text += b"\n3: C_Sign\nnot a stamp\n"
    trace.number += 1
    records, report = spy(trace.init().sign(DIGEST, SIGNATURE).text)
    (bad,) = [each for each in records if isinstance(each, Unreadable)]
    assert (bad.locator.offset, bad.certain) == (start, False)
    assert report.gaps == ()
    assert report.unreadable == 1


def test_two_processes_by_their_ids() -> None:
    """In the newer grammar the blocks of two processes may mix: the process id keeps them apart."""
    one, two = Trace("10").open().find(2, b"aaaa").init(key=2), Trace("11").open().find(2, b"bbbb").init("CKM_EDDSA", 2)
    one_rest, two_rest = Trace("10", banner=False), Trace("11", banner=False)
    one_rest.number, two_rest.number = one.number, two.number
    text = one.text + two.text + one_rest.sign(DIGEST, SIGNATURE).text + two_rest.sign(b"tbs", SIGNATURE).text
    events = signed(spy(text)[0])
    assert [(each.key, each.mechanism, each.process) for each in events] == [
        ("aaaa", "CKM_ECDSA", "10"),
        ("bbbb", "CKM_EDDSA", "11"),
    ]


def test_two_processes_in_step() -> None:
    """Without ids, a call that two processes may have made belongs to neither: the signature is left, nothing else."""
    one, two = Trace().open().init("CKM_ECDSA"), Trace().open().init("CKM_EDDSA")
    merged = b"".join(
        b"\n\n".join(pair) + b"\n\n"
        for pair in zip(one.text.strip(b"\n").split(b"\n\n"), two.text.strip(b"\n").split(b"\n\n"), strict=True)
    )
    rest = Trace(banner=False)
    rest.number = one.number
    records, report = spy(merged + rest.sign(DIGEST, SIGNATURE).text)
    (event,) = signed(records)
    assert (event.mechanism, event.key, event.evidence) == ("unknown", "", (("signature", SIGNATURE),))
    assert int(notes(report)["calls-of-unknown-process"]) >= 1


def test_a_silent_process_has_ended() -> None:
    """A process that was silent since another began is taken to have crashed: the call belongs to the other."""
    crashed = Trace().open().init("CKM_EDDSA")
    later = Trace().open().init("CKM_ECDSA").sign(DIGEST, SIGNATURE)
    (event,) = signed(spy(crashed.text + later.text)[0])
    assert (event.mechanism, event.process) == ("CKM_ECDSA", "run 2")


def test_an_id_that_is_used_again() -> None:
    """A process id may come again: number 0 begins a new process."""
    text = Trace("10").open().find(2, b"aaaa").text + Trace("10").open().init(key=2).sign(DIGEST, SIGNATURE).text
    assert signed(spy(text)[0])[0].key == "0x2"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace(b"    00000010", b"    00000020", 1),
        lambda text: text.replace(b"000000  ", b"000000  ZZ ", 1),
        lambda text: text.replace(
            b"pData[ulDataLen] 00007ffd57e033f0 / 32", b"pData[ulDataLen] [out] pSignature 00 / 32 / 64"
        ),
        lambda text: text.replace(b" / 32\n", b" / 3200000\n", 1),
        lambda text: text.replace(b" / 64\n", b" / 65\n", 1),
        lambda text: text.replace(b"Returned:  0 CKR_OK\n", b"Returned:  0 CKR_OK\nReturned:  0 CKR_OK\n"),
        lambda text: text.replace(b"[out]", b"\x00[out]", 1),
    ],
)
def test_mixed_lines_are_unreadable(spoil: Any) -> None:
    """What two threads wrote at once is mixed, even inside a line: it is counted as unreadable, never guessed at."""
    before = Trace().open().init()
    block = Trace(banner=False)
    block.number = before.number
    text = spoil(block.sign(DIGEST, SIGNATURE).text)
    records, report = spy(before.text + text + b"\n")
    assert [type(each) for each in records] == [Unreadable]
    assert report.unreadable == 1
    assert records[0].locator.offset == len(before.text) + 1


def test_time_needs_a_zone() -> None:
    """The stamps are local time: without a zone no time is known; a zone that is given is said (L11)."""
    text = Trace().open().init().sign(DIGEST, SIGNATURE, at="2026-08-21 03:54:42.742").text
    for zone, want, name in (
        (None, None, ""),
        (timezone(timedelta(hours=2)), datetime(2026, 8, 21, 1, 54, 42, 742000, timezone.utc), "UTC+02:00"),
        (ZoneInfo("Europe/Madrid"), datetime(2026, 8, 21, 1, 54, 42, 742000, timezone.utc), "Europe/Madrid"),
    ):
        records, report = spy(text, zone)
        assert (signed(records)[0].time, report.zone) == (want, name)


def test_hours_that_happen_twice_or_never() -> None:
    """An hour that happens twice gives an interval; one that never happens gives no time, and it is said (L11)."""
    zone = ZoneInfo("Europe/Madrid")
    trace = Trace().open()
    for at in ("2026-10-25 02:30:00.000", "2026-03-29 02:30:00.000", "2026-02-30 02:30:00.000"):
        trace.init().sign(DIGEST, SIGNATURE, at=at)
    records, report = spy(trace.text, zone)
    first, second, third = signed(records)
    assert first.time == datetime(2026, 10, 25, 1, 30, tzinfo=timezone.utc)
    assert first.earliest == datetime(2026, 10, 25, 0, 29, 59, 999999, timezone.utc)
    assert (second.time, third.time) == (None, None)
    assert notes(report)["times-not-in-zone"] == "2"


def test_equal_signatures_are_two_operations() -> None:
    """RSA v1.5 and Ed25519 repeat themselves: two operations with one content have two identities."""
    trace = Trace().open().init().sign(DIGEST, SIGNATURE).init().sign(DIGEST, SIGNATURE)
    first, second = signed(spy(trace.text)[0])
    assert first.evidence == second.evidence
    assert first.uid != second.uid


def test_the_usual_calls_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patterns for the usual calls give what the reader of whole blocks gives."""
    traces = [
        log("spy-0.23.txt"),
        log("spy-0.24.txt"),
        Trace("7").open().init().sign(DIGEST, None).sign(DIGEST, SIGNATURE).text,
    ]
    quick = [spy(each) for each in traces]
    monkeypatch.setattr(module, "quick_init", lambda _: None)
    monkeypatch.setattr(module, "quick_sign", lambda _: None)
    assert [spy(each) for each in traces] == quick


def test_a_block_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block longer than the bound is passed over and counted, and the one behind it is read."""
    monkeypatch.setattr(module, "LARGEST_BLOCK", 700)
    long = Trace().open().init("CKM_SHA256_RSA_PKCS")
    start = len(long.text) + 1
    long.sign(bytes(400), SIGNATURE).init().sign(DIGEST, SIGNATURE)
    records, _ = spy(long.text)
    assert [type(each).__name__ for each in records] == ["Unreadable", "SigningEvent"]
    assert records[0].locator.offset == start


def test_parts_that_are_too_long_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are longer together than the bound are let go of; the signature stays."""
    monkeypatch.setattr(module, "LARGEST_BLOCK", 900)
    trace = Trace().open().init("CKM_SHA256_RSA_PKCS")
    for _ in range(20):
        trace.call("C_SignUpdate", *_part(bytes(64)))
    trace.call("C_SignFinal", b"[in] hSession = 0x1\n", _final(SIGNATURE))
    assert signed(spy(trace.text)[0])[0].evidence == (("signature", SIGNATURE),)


def test_a_cut_block_at_the_end_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last block may be longer than the bound too."""
    monkeypatch.setattr(module, "LARGEST_BLOCK", 100)
    records, _ = spy(b"0: C_Sign\n" + b"x" * 300)
    assert [told(each) for each in records] == ["unreadable at 0: a block of at most 100 octets"]


def test_a_cursor_of_something_else() -> None:
    """A cursor of another grammar, or of none, is the caller's mistake."""
    for cursor in (b"{}", b"x", b'{"form":"p11-kit","state":{}}', b'{"form":"pkcs11-spy","state":{}}'):
        with pytest.raises(InputError, match="cursor"):
            SpyReader(NAME, cursor=cursor)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"octets":0', b'"octets":"0"'),
        (b'"gaps":[]', b'"gaps":{}'),
        (b'"gaps":[]', b'"gaps":[1]'),
        (b'"alive":[]', b'"alive":[1]'),
        (b'"alive":[]', b'"alive":[{"name":"x"}]'),
        (b'"other":[]', b'"other":{}'),
        (b'"other":[]', b'"other":[1]'),
        (b'"other":[]', b'"other":[["a"]]'),
        (b'"other":[]', b'"other":[[1,1]]'),
        (b'"pieces":[]', b'"pieces":["?"]'),
        (b'"pieces":[]', b'"pieces":[7]'),
    ],
)
def test_a_cursor_that_was_changed(old: bytes, new: bytes) -> None:
    """What a cursor holds has types: another value is refused by its place, before anything is read."""
    cursor = SpyReader(NAME).cursor()
    assert old in cursor
    with pytest.raises(InputError, match="cursor: state"):
        SpyReader(NAME, cursor=cursor.replace(old, new))


def test_a_cursor_carries_everything() -> None:
    """Open operations, keys and searches survive in the cursor: stopped at each octet, the reader gives the same."""
    data = Trace("7").open().find(2, b"issuing").init("CKM_SHA256_RSA_PKCS").call("C_SignUpdate", *_part(b"tbs")).text
    data += Trace("8").open().init("CKM_EDDSA").text
    rest = Trace("7", banner=False)
    rest.number = 7
    data += rest.call("C_SignFinal", b"[in] hSession = 0x1\n", _final(SIGNATURE)).text
    want = spy(data)
    reader = SpyReader(NAME, zone=timezone.utc)
    found: list[LogRecord] = []
    for at in range(len(data)):
        found += reader.feed(data[at : at + 1])
        reader = SpyReader(NAME, zone=timezone.utc, cursor=reader.cursor())
    assert ([*found, *reader.finish()], reader.report()) == want
    assert signed(found + want[0])[0].key == "issuing"


def test_many_sessions_keys_and_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of a process is bounded: the oldest sessions, handles and processes are forgotten first."""
    monkeypatch.setattr(keys_module, "MOST", 2)
    monkeypatch.setattr(runs_module, "_MOST", 2)
    trace = Trace().open(1).open(2).open(3).find(7, b"aaaa").find(8, b"bbbb").find(9, b"cccc")
    events = signed(spy(trace.init(key=9).sign(DIGEST, SIGNATURE).text)[0])
    assert [each.key for each in events] == ["cccc"]
    text = b"".join(Trace(name).open().init().text for name in ("1", "2", "3"))
    rest = Trace("1", banner=False)
    rest.number = 3
    assert signed(spy(text + rest.sign(DIGEST, SIGNATURE).text)[0])[0].mechanism == "unknown"


def test_a_number_that_nobody_can_have() -> None:
    """A number below what every process expects belongs to none of them."""
    trace = Trace().open().init()
    again = Trace(banner=False)
    again.number = 1
    records, report = spy(trace.text + again.sign(DIGEST, SIGNATURE).text)
    assert (signed(records)[0].process, signed(records)[0].mechanism) == ("", "unknown")
    assert notes(report)["calls-of-unknown-process"] == "1"


@pytest.mark.parametrize(
    "label",
    [
        b"    CKA_LABEL             00005643cd42fc10 / 4\n    61616161\n",
        b"    CKA_LABEL             00005643cd42fc10 / 5\n    61616161\n     a a a a\n",
        b"    CKA_LABEL             00005643cd42fc10 / 3\n    61616161\n     a a a a\n",
        b"    CKA_LABEL             00005643cd42fc10 / 40\n    61616161\n     a a a a\nx\n",
    ],
)
def test_a_label_that_is_cut(label: bytes) -> None:
    """A label is read when it has its size; otherwise the block is unreadable."""
    lines = b"[in] hSession = 0x1\n[in] pTemplate[1]: \n" + label
    records, _ = spy(Trace().open().call("C_FindObjectsInit", lines).text)
    assert [type(each) for each in records] == [Unreadable]


def test_a_failed_session_call_changes_nothing() -> None:
    """A C_CloseSession that failed leaves the operation under way; a failed search tells nothing."""
    trace = Trace().open().init().call("C_CloseSession", b"[in] hSession = 0x1\n", rv="179 CKR_SESSION_HANDLE_INVALID")
    lines = b"[in] hSession = 0x1\n[in] pTemplate[0]: \n"
    trace.call("C_FindObjectsInit", lines, rv="144 CKR_OPERATION_ACTIVE").sign(DIGEST, SIGNATURE)
    assert signed(spy(trace.text)[0])[0].mechanism == "CKM_ECDSA"


def test_offsets_behind_more_line_ends() -> None:
    """More than one empty line between two calls: the offset is that of the call."""
    text = b"\n\n\n" + Trace(banner=False).open().init().text.replace(b"\n\n2:", b"\n\n\n2:")
    text += Trace(banner=False).sign(DIGEST, SIGNATURE).text.replace(b"0: ", b"3: ")
    (event,) = signed(spy(text)[0])
    assert event.locator.offset == text.index(b"3: C_Sign")


def test_a_process_that_ended() -> None:
    """Behind C_Finalize a process makes no call: a number that it would have expected belongs to nobody."""
    ended = Trace().open().init().call("C_Finalize")
    rest = Trace(banner=False)
    rest.number = ended.number
    (event,) = signed(spy(ended.text + rest.sign(DIGEST, SIGNATURE).text)[0])
    assert (event.mechanism, event.process) == ("unknown", "run 2")


def test_what_is_known_of_a_key_stays() -> None:
    """A later search that says less of a handle takes nothing away; a later name replaces the older one."""
    trace = Trace().open().find(2, b"aaaa")
    lines = b"[in] hSession = 0x1\n[in] pTemplate[1]: \n    CKA_CLASS             CKO_PRIVATE_KEY      \n"
    trace.call("C_FindObjectsInit", lines).call("C_FindObjects", b"[in] hSession = 0x1\nObject 0x2 matches\n")
    trace.init(key=2).sign(DIGEST, SIGNATURE).find(2, b"bbbb").init(key=2).sign(DIGEST, SIGNATURE)
    trace.call("C_FindObjectsFinal", b"[in] hSession = 0x1\n")
    trace.call("C_FindObjects", b"[in] hSession = 0x1\nObject 0x9 matches\n").init(key=9).sign(DIGEST, SIGNATURE)
    assert [each.key for each in signed(spy(trace.text)[0])] == ["aaaa", "bbbb", "0x9"]


def test_an_attribute_that_was_only_asked_for() -> None:
    """A size without octets under it tells nothing of a key, and spoils nothing."""
    lines = b"[in] hSession = 0x1\n[in] hObject = 0x2\n[out] pTemplate[2]: \n"
    lines += b"    CKA_LABEL             0000000000000000 / 11\n    CKA_ID                0000000000000000 / -1\n"
    records, report = spy(Trace().open().call("C_GetAttributeValue", lines).init().sign(DIGEST, SIGNATURE).text)
    assert (signed(records)[0].key, report.unreadable) == ("0x2", 0)


def test_calls_that_say_nothing() -> None:
    """A call of no interest is passed over when it is whole; at the end of the trace it need not be; else it is not."""
    whole_one = Trace().call("C_GetInfo", b"[out] pInfo: \n anything\n").text
    cut = whole_one.replace(b"Returned:  0 CKR_OK\n", b"")
    assert spy(whole_one)[0] == spy(cut)[0] == []
    (bad,) = spy(cut + Trace(banner=False).call("C_GetInfo").text)[0]
    assert told(bad) == f"unreadable at {cut.index(b'0: C_GetInfo')}: the return value of the call"


def test_an_id_stays_known() -> None:
    """The id of a key is kept when a later search does not say it."""
    lines = b"[in] hSession = 0x1\n[in] pTemplate[1]: \n"
    named = lines + b"    CKA_ID                00005643cd42fa40 / 2\n" + dump(b"\x07\x08")
    found = b"[in] hSession = 0x1\nObject 0x2 matches\n"
    trace = Trace().open().call("C_FindObjectsInit", named).call("C_FindObjects", found)
    trace.call("C_FindObjectsInit", lines).call("C_FindObjects", found).init(key=2).sign(DIGEST, SIGNATURE)
    assert signed(spy(trace.text)[0])[0].key == "0708"


def test_shapes_that_the_quick_patterns_leave() -> None:
    """A length query with a line more than its lines, a signature with a rest behind it: the block is unreadable."""
    for old, new in (
        (b"[size : 0x40 (64)]\n", b"[size : 0x40 (64)]\nx\n"),
        (b"Returned:  0 CKR_OK\n", b"x\nReturned:  0 CKR_OK\n"),
    ):
        block = Trace(banner=False).sign(DIGEST, None).text
        records, _ = spy(Trace().open().text + block.replace(old, new) + b"\n")
        assert [type(each) for each in records] == [Unreadable]


def test_dumps() -> None:
    """A dump is read when it has its lines, its offsets in order and its size; a long one too."""
    for size in (0, 1, 15, 16, 17, 100, 70_000):
        data = bytes(number % 251 for number in range(size))
        assert dump_at(b"xx" + dump(data) + b"yy", 2, size) == (data, 2 + len(dump(data)))
    wrong = dump(bytes(70_000)).replace(b"    00011000", b"    00012000")
    for text, size in ((dump(bytes(20)), 40), (dump(bytes(20)), 19), (wrong, 70_000), (dump(b""), -1), (b"x" * 80, 16)):
        with pytest.raises(BrokenBlock):
            dump_at(text, 0, size)


_BLOCKS = st.sampled_from([each + b"\n\n" for each in log("spy-0.24.txt").split(b"\n\n") if len(each) < 3000])


@settings(max_examples=60, deadline=None)
@given(st.lists(_BLOCKS, max_size=8).map(b"".join), st.integers(0, 2**32), st.integers(0, 7))
def test_laws_of_damaged_traces(data: bytes, place: int, bit: int) -> None:
    """Any blocks in any order, with any bit flipped: records and no exception, whatever the cut; counts add up."""
    octets = bytearray(data)
    if octets:
        octets[place % len(octets)] ^= 1 << bit
    spy(bytes(octets))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 7))
def test_a_flipped_bit_of_content_is_seen(place: int, bit: int) -> None:
    """A bit flipped in logged data or signature changes the operation or makes it unreadable (R079)."""
    text = Trace().open().init().sign(DIGEST, SIGNATURE).text
    want = signed(spy(text)[0])[0].evidence
    spots = [at for line in range(6) for at in _columns(text, line)]
    octets = bytearray(text)
    spot = spots[place % len(spots)]
    octets[spot] ^= 1 << bit
    events = signed(spy(bytes(octets))[0])
    lowered = bytes(octets[spot : spot + 1]).lower() == text[spot : spot + 1].lower()
    assert lowered or not events or events[0].evidence != want


def _columns(text: bytes, line: int) -> list[int]:
    """The places of the hexadecimal digits in a line of the dumps of a trace."""
    start = -1
    for _ in range(line + 1):
        start = text.index(b"\n    0000", start + 1)
    return [start + 15 + 3 * octet + digit for octet in range(16) for digit in range(2)]
