"""The readers of cloud logs (CloudTrail with its digest files, CloudHSM, Google, Azure) and of p11-kit."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from pkicheck.canon import Sha256
from pkicheck.hsmlog.model import SourceReport, Unreadable
from pkicheck.hsmlog.readers import (
    AzureHsmReader,
    CloudHsmReader,
    CloudTrailReader,
    DigestFile,
    GcpKmsReader,
    LogReader,
    LogRecord,
    P11KitReader,
    check_digests,
)
from pkicheck.hsmlog.readers import _json as json_module
from tests.hsmlog_logs import NAME, laws, log, signed, told, whole

KEY = "arn:aws:kms:eu-north-1:111122223333:key/0a1b"
SIGN = {
    "eventTime": "2026-11-21T04:00:20Z",
    "eventSource": "kms.amazonaws.com",
    "eventName": "Sign",
    "requestParameters": {"keyId": "alias/ca", "signingAlgorithm": "ECDSA_SHA_256"},
    "resources": [{"type": "AWS::KMS::Key", "ARN": KEY}],
}


def cloud(reader: Any, data: bytes, **options: Any) -> tuple[list[LogRecord], SourceReport]:
    """What a log says; the laws of all readers hold for it."""

    def make(cursor: bytes) -> LogReader[Any]:
        made: LogReader[Any] = reader(NAME, cursor=cursor, **options)
        return made

    want = laws(make, data)
    # Without waiting for more octets each part is tried at once: the same comes out.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_module, "_STEP", 1)
        assert laws(make, data) == want
    return want


def trail(*records: dict[str, Any]) -> bytes:
    """A CloudTrail file."""
    return json.dumps({"Records": list(records)}).encode()


def test_cloudtrail() -> None:
    """Sign events with the ARN of the key, repeats once, failures as failures, key events, nothing else (R077)."""
    records, report = cloud(CloudTrailReader, log("cloudtrail-records.json"))
    assert [told(each) for each in records] == [
        f"sign ok ECDSA_SHA_256 key={KEY} time=2026-11-21T04:00:20.000000Z",
        f"sign failed ECDSA_SHA_256 key={KEY} time=2026-11-21T04:00:20.000000Z",
        f"key ok delete ScheduleKeyDeletion key={KEY} time=2026-11-21T04:00:20.000000Z",
    ]
    assert signed(records)[0].uid == "e-1"
    assert signed(records)[0].evidence == ()
    assert (report.records, report.overlaps, report.unreadable, report.integrity) == (6, 1, 0, "none")


def test_cloudtrail_names_a_key() -> None:
    """An alias moves: the ARN in the resources counts, and only without it what the caller named."""
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, KEY),
        ({"resources": [{"ARN": "arn:aws:kms:eu-north-1:1:alias/ca"}, {"arn": KEY}]}, KEY),
        ({"resources": None}, "alias/ca"),
        ({"resources": [], "requestParameters": None}, ""),
        ({"resources": ["x"]}, "alias/ca"),
    )
    for change, key in changes:
        (event,) = signed(cloud(CloudTrailReader, trail({**SIGN, **change}))[0])
        assert event.key == key
        assert event.uid == f"a.log:{event.locator.offset}"


def test_cloudtrail_odd_records() -> None:
    """A record without its fields is unreadable; one without a good time or algorithm is an operation all the same."""
    records, report = cloud(
        CloudTrailReader, trail({"eventSource": 1}, {**SIGN, "eventTime": "noon", "requestParameters": 7})
    )
    assert [told(each) for each in records] == [
        "unreadable at 13: eventSource and eventName",
        f"sign ok Sign key={KEY}",
    ]
    assert report.unreadable == 1


@pytest.mark.parametrize(
    ("data", "signs", "unreadable", "gaps"),
    [
        (trail(SIGN, SIGN), 2, 0, 0),
        (trail(SIGN) + b"\n" + trail(SIGN), 2, 0, 0),
        (json.dumps(SIGN).encode() + b"\n" + json.dumps(SIGN).encode() + b"\n", 2, 0, 0),
        (json.dumps([SIGN, SIGN]).encode(), 2, 0, 0),
        (trail(SIGN, SIGN)[:-2], 2, 0, 1),
        (trail(SIGN, SIGN)[:-30], 1, 1, 1),
        (trail(SIGN, SIGN, SIGN).replace(b'"eventName"', b'"eventName', 1), 2, 1, 0),
        (trail(SIGN, SIGN).replace(b"20Z", b"20Z\x01", 1), 1, 1, 0),
        (b"[1," + json.dumps(SIGN).encode() + b"]", 0, 1, 1),
        (b"[" * 100_000, 0, 1, 1),
        (b'[{"a":' + b"[" * 100_000 + b"},\n{}]", 0, 2, 0),
        (b"   ", 0, 0, 0),
        (b'{"Records":[]}', 0, 0, 0),
        (b'{"Records":[]]', 0, 1, 0),
        (b'{"Records":[] }', 0, 0, 0),
        (json.dumps({"Records": [SIGN]}, indent=4).encode(), 1, 0, 0),
        (b"\xff\xfe", 0, 1, 0),
    ],
)
def test_json_documents(data: bytes, signs: int, unreadable: int, gaps: int) -> None:
    """Arrays under a name, bare ones and lines, one after another; damage is located, and what follows it is read."""
    records, report = cloud(CloudTrailReader, data)
    assert (len(signed(records)), report.unreadable, len(report.gaps)) == (signs, unreadable, gaps)


def test_a_record_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record longer than the bound is unreadable, whether it came in one piece or in many."""
    monkeypatch.setattr(json_module, "_LARGEST", 600)
    data = trail(SIGN, {**SIGN, "x": "y" * 1000}, SIGN)
    records, report = cloud(CloudTrailReader, data)
    assert (len(signed(records)), report.unreadable) == (2, 1)


def test_the_bounds_of_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of just the bound is read; one octet more is too much."""
    monkeypatch.setattr(json_module, "_STEP", 1)
    size = len(json.dumps(SIGN))
    for bound, count in ((size, 2), (size - 1, 0)):
        monkeypatch.setattr(json_module, "_LARGEST", bound)
        for data in (trail(SIGN, SIGN), b"\n".join([json.dumps(SIGN).encode()] * 2) + b"\n"):
            records, report = cloud(CloudTrailReader, data)
            assert len(signed(records)) == count
            assert (report.unreadable == 0) == (count == 2)


def test_what_follows_damage() -> None:
    """Behind damage the next record that begins after another is read, at its own place; what lies between is one."""
    good = json.dumps(SIGN).encode()
    for between in (b"}, {", b"},{", b"}\n , \n{", b"x\n{"):
        data = b'[{"a":nonsense' + between + good[1:] + b"]"
        records, report = cloud(CloudTrailReader, data)
        assert [each.locator.offset for each in records] == [1, data.index(good[1:]) - 1]
        assert told(records[0]) == "unreadable at 1: a JSON object"
        assert (report.unreadable, report.gaps) == (1, ())
    long = b'[{"a":nonsense' + b" " * 300 + b"}," + good + b"," + good.replace(b"20Z", b"21Z") + b"]"
    assert len(signed(cloud(CloudTrailReader, long)[0])) == 2
    nothing = cloud(CloudTrailReader, b'[{"a":nonsense' + b"x" * 300)[1]
    assert (nothing.unreadable, nothing.records) == (1, 1)


def test_memory_is_bounded_by_identities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the last identities are remembered; an older repeat has the uid of the first, so a matcher sees it."""
    monkeypatch.setattr(json_module, "_REMEMBERED", 2)
    data = trail(*({**SIGN, "eventID": name} for name in "abcac"))
    records, report = cloud(CloudTrailReader, data)
    assert [each.uid for each in signed(records)] == ["a", "b", "c", "a"]
    assert report.overlaps == 1


# -- digest files

HOUR = timedelta(hours=1)
START = datetime(2026, 11, 21, 4, tzinfo=timezone.utc)
SECRET = rsa.generate_private_key(65537, 2048)
KEYS = {"fp": SECRET.public_key()}


def stamp(moment: datetime) -> str:
    """As CloudTrail writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def digest_files(count: int, logs: dict[int, bytes]) -> list[DigestFile]:
    """A chain of digest files, an hour each."""
    made: list[DigestFile] = []
    before: dict[str, Any] = dict.fromkeys(
        ("previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue", "previousDigestSignature")
    )
    for hour in range(count):
        end = stamp(START + (hour + 1) * HOUR)
        listed = [
            {"s3Object": f"log{hour}", "hashAlgorithm": "SHA-256", "hashValue": hashlib.sha256(logs[hour]).hexdigest()}
        ]
        content = json.dumps(
            {
                "digestStartTime": stamp(START + hour * HOUR),
                "digestEndTime": end,
                "digestS3Bucket": "b",
                "digestS3Object": f"d{hour}",
                "digestPublicKeyFingerprint": "fp",
                "logFiles": listed if hour in logs else [],
                **before,
            }
        ).encode()
        own = hashlib.sha256(content).hexdigest()
        text = f"{end}\nb/d{hour}\n{own}\n{before['previousDigestSignature'] or 'null'}"
        signature = SECRET.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
        made.append(DigestFile(content=content, signature=signature))
        before = {
            "previousDigestS3Bucket": "b",
            "previousDigestS3Object": f"d{hour}",
            "previousDigestHashValue": own,
            "previousDigestSignature": signature,
        }
    return made


LOGS = {hour: trail(SIGN, {**SIGN, "eventID": str(hour)}) for hour in range(4)}


def test_digest_files_prove_log_files() -> None:
    """The signatures hold, hour follows hour, and each log file that is listed is signed (L09, R019)."""
    proven = check_digests(reversed(digest_files(4, LOGS)), keys=KEYS)
    assert (proven.broken, proven.gaps, proven.keys) == ((), (), ("fp",))
    assert proven.covers == ((START, START + 4 * HOUR),)
    assert len(proven.files) == 4
    options: Any = {"listed": proven.files, "verified_by": "digest files"}
    for data, level, broken in ((LOGS[2], "signed", 0), (LOGS[2].replace(b"Sign", b"Sigh", 1), "none", 1)):
        report = whole(lambda cursor: CloudTrailReader(NAME, cursor=cursor, **options), data)[1]
        assert (report.integrity, len(report.broken)) == (level, broken)
    resumed = CloudTrailReader(NAME, cursor=CloudTrailReader(NAME).cursor(), **options)
    assert resumed.report().integrity == "none"


def test_a_signature_comes_from_the_next_file() -> None:
    """Where the metadata of a digest file is lost, the file after it has its signature; the last one has none."""
    files = [DigestFile(content=each.content) for each in digest_files(3, LOGS)]
    proven = check_digests(files, keys=KEYS)
    assert len(proven.files) == 2
    assert proven.broken == ("b/d2: its signature is not at hand",)


def test_a_missing_hour() -> None:
    """An hour without a digest file is a gap: it cannot be said what happened in it."""
    files = digest_files(4, LOGS)
    proven = check_digests([files[0], *files[2:]], keys=KEYS)
    assert [(gap.why, gap.first) for gap in proven.gaps] == [
        ("digest-file", "b/d1"),
        ("time", "2026-11-21T05:00:00.000000Z"),
    ]
    assert proven.covers == ((START, START + HOUR), (START + 2 * HOUR, START + 4 * HOUR))


def _change(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"log1", b"log9", "its signature does not hold"),
        (b'"fp"', b'"other"', "which is not among the keys given"),
        (b"SHA-256", b"MD5", "hashAlgorithm must be SHA-256"),
        (b'"logFiles": [', b'"logFiles": [1, ', "logFiles must be a list"),
        (b'"b"', b"1", "must be a text"),
        (b"{", b"[", "is not readable"),
    ],
)
def test_a_digest_file_that_does_not_hold(old: bytes, new: bytes, why: str) -> None:
    """One that was edited, or cannot be read, lists nothing, and is named."""
    files = digest_files(2, LOGS)
    files[1] = DigestFile(content=_change(files[1].content, old, new), signature=files[1].signature)
    proven = check_digests(files, keys=KEYS)
    assert len(proven.files) == 1
    assert why in proven.broken[0]


def test_digest_files_of_another_kind() -> None:
    """No JSON object; a signature that is no hex; a successor that names another digest."""
    files = digest_files(3, LOGS)
    assert "must be a JSON object" in check_digests([DigestFile(content=b"[]")], keys=KEYS).broken[0]
    bad = DigestFile(content=files[0].content, signature="xyz")
    assert "not hexadecimal" in check_digests([bad], keys=KEYS).broken[0]
    other = digest_files(1, {0: b"other"})[0]
    assert "names another digest" in check_digests([other, files[1]], keys=KEYS).broken[0]


# -- the others


def test_cloudhsm_holds_no_signatures() -> None:
    """Management commands only: the report says so, and explains no object; gaps in the stream are seen."""
    records, report = cloud(CloudHsmReader, log("cloudhsm-audit.txt"))
    assert [told(each) for each in records] == [
        "#0 key ok generate CN_GENERATE_KEY_PAIR key= time=2017-12-19T21:01:17.140812Z",
        "#2 key ok wrap CN_WRAP_KEY key= time=2017-12-19T21:01:17.140813Z",
    ]
    assert (report.holds_signatures, report.events) == (False, 0)
    assert [(gap.first, gap.last) for gap in report.gaps] == [("1", "1")]


def test_cloudhsm_streams() -> None:
    """A stream begins with 0; repeats, steps back and reboots are seen; a damaged block is located."""
    block = b"Time: 12/19/17 21:01:17.1, usecs:15137172771408%02d\nSequence No : 0x%x\nReboot counter : 0x%x\n"
    block += b"Opcode : CN_LOGIN (0x1d)\nResponse : 0:HSM Return: SUCCESS\n\n"
    stream = b"".join(block % (at, number, at // 3) for at, number in enumerate([1, 2, 2, 1, 2]))
    _, report = cloud(CloudHsmReader, stream)
    assert [(gap.first, gap.last) for gap in report.gaps] == [("0", "0")]
    assert (report.overlaps, report.broken) == (1, ("record 1: it stands behind record 2",))
    assert dict(report.notes)["reboots"] == "1"
    for damaged in (
        stream.replace(b"Sequence No : 0x1\n", b"", 1),
        stream.replace(b"usecs:", b"us:", 1),
        stream.replace(b"CN_LOGIN (", b"CN LOGIN (", 1),
        stream.replace(b"Reboot counter", b"\x00", 1),
        b"garbage\n\nmore\n" + stream,
        b"x" * 5000 + b"\n" + stream,
        stream.replace(b"Reboot counter : 0x0\n", b"A : b\n".join(b"" for _ in range(99)), 1) + b"Time: x\n",
    ):
        _, report = cloud(CloudHsmReader, damaged)
        assert report.unreadable == 1


def test_cloudhsm_failed_command() -> None:
    """A command that failed is told as failed."""
    records, _ = cloud(CloudHsmReader, log("cloudhsm-audit.txt").replace(b"0:HSM Return: SUCCESS", b"5:HSM Error"))
    assert "key failed generate" in told(records[0])


def test_google() -> None:
    """AsymmetricSign by the key version; the digest is read when it is there; refusals are failures."""
    records, report = cloud(GcpKmsReader, log("gcp-entries.jsonl"))
    version = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
    digested = f"digest={hashlib.sha256(b'').hexdigest()[:16]}/32"
    assert [told(each) for each in records] == [
        f"sign ok AsymmetricSign key={version} hash=sha256 {digested} time=2026-11-21T04:00:00.123456Z",
        "sign failed AsymmetricSign key=k time=2026-11-21T04:00:01.000000Z",
        "key ok delete DestroyCryptoKeyVersion key=k time=2026-11-21T04:00:02.000000Z",
    ]
    assert report.records == 4


def test_google_odd_entries() -> None:
    """Entries that repeat count once; another service is passed over; what is no entry is unreadable."""
    kms: dict[str, Any] = {
        "serviceName": "cloudkms.googleapis.com",
        "methodName": "AsymmetricSign",
        "resourceName": "k",
    }
    other: dict[str, Any] = {"insertId": "1", "protoPayload": {"serviceName": "storage.googleapis.com"}}
    bad = {**kms, "request": {"digest": {"sha256": "AA==", "sha384": 7, "sha512": "?"}}}
    read = {**kms, "methodName": "GetPublicKey"}
    entries = [{"insertId": "1", "protoPayload": kms}] * 2 + [{"protoPayload": kms}] * 2
    entries += [other, {"protoPayload": bad}, {"a": 1}, {"protoPayload": read}]
    records, report = cloud(GcpKmsReader, json.dumps({"entries": entries}).encode())
    assert len(signed(records)) == 4
    assert all(not each.evidence for each in signed(records))
    assert (report.overlaps, report.unreadable, report.records) == (1, 1, 8)


def test_azure() -> None:
    """KeySign by the URI of the key, with its outcome; deleting is told; reading is passed over."""
    records, report = cloud(AzureHsmReader, log("azure-pt1h.json"))
    uri = "https://h.managedhsm.example/keys/ca/1"
    assert [told(each) for each in records] == [
        f"sign ok ES256 key={uri} token=/SUBSCRIPTIONS/S/MANAGEDHSMS/H time=2026-11-21T04:00:00.000000Z",
        f"sign failed KeySign key={uri}/sign token=/S time=2026-11-21T04:00:01.000000Z",
        "key ok delete KeyDelete key=k token=/S time=2026-11-21T04:00:02.000000Z",
    ]
    assert report.records == 4


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"properties": {"httpStatusCode": 204}}, "ok"),
        ({"properties": {"httpStatusCode": 300}}, "failed"),
        ({"properties": {"httpStatusCode": 199}}, "failed"),
        ({"properties": {"httpStatusCode": True}, "resultType": "Succeeded"}, "ok"),
        ({"resultType": "Failure"}, "failed"),
        ({}, "unknown"),
    ],
)
def test_azure_outcomes(more: dict[str, Any], outcome: str) -> None:
    """The HTTP status decides, else the result type; where neither is there an object may exist."""
    data = json.dumps({"operationName": "KeySign", **more}).encode()
    assert signed(cloud(AzureHsmReader, data)[0])[0].outcome == outcome


def test_azure_odd_records() -> None:
    """A repeat counts once; a record without an operation is unreadable."""
    record = {"operationName": "KeySign", "correlationId": "c", "time": "t"}
    records, report = cloud(AzureHsmReader, json.dumps({"records": [record, record, {"time": "t"}]}).encode())
    assert (len(signed(records)), report.overlaps, report.unreadable) == (1, 1, 1)


_JUNK = st.binary(max_size=60) | st.sampled_from(
    [b"{", b"}", b"[", b"]", b",", b'{"a":1}', b'"', trail(SIGN), b"\n", b"\\u00"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_JUNK, max_size=12).map(b"".join))
def test_laws_of_any_json(data: bytes) -> None:
    """Any octets give records, whatever the cut, in every reader of JSON and of CloudHSM."""
    for reader in (CloudTrailReader, GcpKmsReader, AzureHsmReader, CloudHsmReader):
        cloud(reader, data)


# -- p11-kit


def test_p11_kit() -> None:
    """A real log of p11-kit: prefixes of the signatures, whole data where it was shown whole, no length query."""
    records, report = cloud(P11KitReader, log("p11kit-0.24.txt"))
    first, second, third, failed = signed(records)
    assert (first.mechanism, first.key, first.hash, first.length) == ("CKM_SHA256_RSA_PKCS", "H2", "sha256", 7)
    assert dict(first.evidence)["digest"] == hashlib.sha256(b"tbs one").digest()
    assert dict(second.evidence)["digest"] == hashlib.sha256(b"tbs two").digest()
    assert [kind for kind, _ in third.evidence] == ["signature-prefix"]
    assert len(dict(first.evidence)["signature-prefix"]) >= 16
    assert (failed.outcome, failed.evidence, failed.length) == ("failed", (), 1000)
    assert dict(report.notes)["length-queries"] == "4"
    assert not [each for each in records if isinstance(each, Unreadable)]
    assert "987654" not in repr(records) + repr(report)


def p11(*calls: tuple[str, str, str]) -> bytes:
    """Calls: function, lines, result."""
    return "".join(
        f"{name}\n{lines}{name} = {result}\n" if result else f"{name}\n{lines}" for name, lines, result in calls
    ).encode()


def begin(mechanism: str, name: str = "C_SignInit", result: str = "CKR_OK") -> tuple[str, str, str]:
    """An initialisation."""
    lines = f"  IN: hSession = S1\n  IN: pMechanism = {{\n\tmechanism: {mechanism}\n"
    lines += "\tpParameter: (0) NULL\n      }\n  IN: hKey = H2\n"
    return name, lines, result


def end(data: str, signature: str, name: str = "C_Sign", result: str = "CKR_OK") -> tuple[str, str, str]:
    """An operation."""
    given, gives = ("pEncryptedData", "pData") if name == "C_Decrypt" else ("pData", "pSignature")
    if name == "C_SignFinal":
        return name, f"  IN: hSession = S1\n OUT: pSignature = {signature}\n", result
    return name, f"  IN: hSession = S1\n  IN: {given} = {data}\n OUT: {gives} = {signature}\n", result


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        (r'(3) "abc"', b"abc"),
        (r'(3) "a\nb"', b"a\nb"),
        (r'(2) "\xFF\x00"', b"\xff\x00"),
        (r'(3) "a\["', b"a\\["),
        (r'(3) "a"b"', b'a"b'),
        (r'(5) "\r\t\v\f\n"', b"\r\t\x0b\x0c\n"),
    ],
)
def test_p11_kit_strings(text: str, octets: bytes) -> None:
    """Octets are shown as characters and escapes; a quotation mark and a backslash are not escaped."""
    (event,) = signed(cloud(P11KitReader, p11(begin("CKM_ECDSA"), end('(1) "x"', text)))[0])
    assert event.evidence[0] == ("signature", octets)


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        (r'(9) "ab\..."', b"ab"),
        (r'(9) "ab\x4..."', b"ab"),
        (r'(9) "abcd..."', b"abcd"),
        (r'(9) "ab\q"', b"ab\\q"),
    ],
)
def test_p11_kit_prefixes(text: str, prefix: bytes) -> None:
    """A text that was cut, also inside an escape, is a prefix; of a digest that the caller gave it says nothing."""
    (event,) = signed(cloud(P11KitReader, p11(begin("CKM_SHA256_RSA_PKCS"), end(text, text)))[0])
    assert event.evidence == (("signature-prefix", prefix), ("message-prefix", prefix))
    assert (event.length, event.hash) == (9, "")
    (event,) = signed(cloud(P11KitReader, p11(begin("CKM_ECDSA"), end(text, text)))[0])
    assert event.evidence == (("signature-prefix", prefix),)


def test_p11_kit_operations() -> None:
    """Parts are joined; a raw decryption signs; another one is told; a failed beginning begins nothing."""
    part = ("C_SignUpdate", '  IN: hSession = S1\n  IN: pPart = (1) "t"\n', "CKR_OK")
    rest = ("C_SignUpdate", '  IN: hSession = S1\n  IN: pPart = (2) "bs"\n', "CKR_OK")
    cut = ("C_SignUpdate", '  IN: hSession = S1\n  IN: pPart = (200) "bs..."\n', "CKR_OK")
    lost = ("C_SignUpdate", "  IN: hSession = S1\n  IN: pPart = (2) NOTHING\n", "CKR_OK")
    data = p11(
        part,
        begin("CKM_SHA256_RSA_PKCS"),
        part,
        rest,
        end("", "(64) NOTHING", "C_SignFinal"),
        end("", '(1) "s"', "C_SignFinal"),
        begin("CKM_SHA256_RSA_PKCS"),
        part,
        cut,
        rest,
        end("", '(1) "s"', "C_SignFinal"),
        begin("CKM_SHA256_RSA_PKCS"),
        lost,
        end("", '(1) "s"', "C_SignFinal"),
        begin("CKM_RSA_X_509", "C_DecryptInit"),
        end('(1) "x"', '(1) "s"', "C_Decrypt"),
        begin("CKM_RSA_PKCS", "C_DecryptInit"),
        end('(1) "x"', '(1) "s"', "C_Decrypt"),
        begin("CKM_AES_CBC", "C_DecryptInit"),
        end('(1) "x"', '(1) "s"', "C_Decrypt"),
        begin("CKM_ECDSA", result="CKR_KEY_HANDLE_INVALID"),
        end('(1) "x"', '(1) "s"'),
        begin("CKM_ECDSA"),
        ("C_CloseSession", "  IN: hSession = S1\n", "CKR_OK"),
        end("", '(1) "s"', "C_SignFinal"),
        begin("CKM_ECDSA"),
        ("C_Finalize", "", "CKR_OK"),
        end('(1) "x"', '(1) "s"', result="CKR_BUFFER_TOO_SMALL"),
        end('(1) "x"', "(1) NOTHING", result=""),
    )
    records, report = cloud(P11KitReader, data)
    digested = f"digest={hashlib.sha256(b'tbs').hexdigest()[:16]}/32"
    assert [told(each) for each in records] == [
        f"#6 sign ok CKM_SHA256_RSA_PKCS key=H2 hash=sha256 signature=73/1 {digested} message=746273/3 length=3",
        "#11 sign ok CKM_SHA256_RSA_PKCS key=H2 signature=73/1 message-prefix=746273/3 length=203",
        "#14 sign ok CKM_SHA256_RSA_PKCS key=H2 signature=73/1",
        "#16 sign ok CKM_RSA_X_509 key=H2 signature=73/1 length=1",
        "#18 key ok other C_Decrypt CKM_RSA_PKCS key=H2",
        "#22 sign ok unknown key= signature=73/1 length=1",
        "#25 sign ok unknown key= signature=73/1",
        "#29 sign unknown unknown key= length=1",
    ]
    assert dict(report.notes)["failed-initialisations"] == "1"


def test_p11_kit_sessions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operations of the oldest sessions are forgotten first."""
    monkeypatch.setattr("pkicheck.hsmlog.readers.p11kit._MOST", 2)
    data = p11(begin("CKM_ECDSA"))
    data = b"".join(data.replace(b"S1", b"S%d" % number) for number in range(4))
    ends = p11(end('(1) "x"', '(1) "s"'))
    data += b"".join(ends.replace(b"S1", b"S%d" % number) for number in range(4))
    found = [each.mechanism for each in signed(cloud(P11KitReader, data)[0])]
    assert found == ["unknown", "unknown", "CKM_ECDSA", "CKM_ECDSA"]


def test_json_texts() -> None:
    """Texts that are no UTF-8, or beyond Latin-1 by an escape, come out escaped; what is no text is empty."""
    record = {**SIGN, "resources": [], "requestParameters": {"keyId": "k"}}
    for spelled, key in (
        (b'"k"', "k"),
        (b'"\xc3\xa9"', "\u00e9"),
        (b'"\xff"', "\\xff"),
        (b'"\\u4e00"', "\\u4e00"),
        (b"7", ""),
    ):
        data = trail(record).replace(b'"keyId": "k"', b'"keyId": ' + spelled)
        (event,) = signed(cloud(CloudTrailReader, data)[0])
        assert event.key == key


@pytest.mark.parametrize(
    ("stamp_", "micros"),
    [
        ("2026-11-21T04:00:00.123456789Z", 123456),
        ("2026-11-21T04:00:00.1Z", 100000),
        ("2026-11-21T05:00:00.5+01:00", 500000),
    ],
)
def test_fractions(stamp_: str, micros: int) -> None:
    """Digits below the microsecond are cut off, and an offset is read."""
    (event,) = signed(cloud(CloudTrailReader, trail({**SIGN, "eventTime": stamp_}))[0])
    assert event.time == datetime(2026, 11, 21, 4, 0, 0, micros, timezone.utc)


def test_p11_kit_keys() -> None:
    """What happens to keys is told."""
    pointer = "0x7FFD7658BFC8 = H3"
    cases = (
        ("C_DestroyObject", "IN: hObject = H9", "delete C_DestroyObject key=H9"),
        ("C_GenerateKeyPair", f"OUT: phPrivateKey = {pointer}", "generate C_GenerateKeyPair key=H3"),
        ("C_CreateObject", f"OUT: phObject = {pointer}", "import C_CreateObject key=H3"),
        ("C_UnwrapKey", f"OUT: phKey = {pointer}", "unwrap C_UnwrapKey key=H3"),
        ("C_WrapKey", "IN: hWrappingKey = H1\n  IN: hKey = H2", "wrap C_WrapKey key=H2"),
        ("C_CopyObject", f"IN: hObject = H2\n OUT: phNewObject = {pointer}", "copy C_CopyObject key=H2"),
        ("C_DeriveKey", f"IN: hBaseKey = H2\n OUT: phKey = {pointer}", "derive C_DeriveKey key=H2"),
    )
    for function, line, want in cases:
        for result, outcome in (("CKR_OK", "ok"), ("CKR_DEVICE_ERROR", "failed")):
            data = p11((function, f"  IN: hSession = S1\n  {line}\n", result))
            assert [told(each) for each in cloud(P11KitReader, data)[0]] == [f"#1 key {outcome} {want}"]


def test_p11_kit_recovers() -> None:
    """C_SignRecover signs too; an operation without its data has no length."""
    data = p11(begin("CKM_RSA_PKCS", "C_SignRecoverInit"), end('(1) "x"', '(1) "s"', "C_SignRecover"))
    data += p11(begin("CKM_ECDSA"), ("C_Sign", '  IN: hSession = S1\n OUT: pSignature = (1) "s"\n', "CKR_OK"))
    assert [told(each) for each in cloud(P11KitReader, data)[0]] == [
        "#2 sign ok CKM_RSA_PKCS key=H2 signature=73/1 length=1",
        "#4 sign ok CKM_ECDSA key=H2 signature=73/1",
    ]


def test_p11_kit_structures_are_bounded() -> None:
    """The inside of a structure counts as lines of its call, and names that mean nothing are not remembered."""
    inside = b"C_X\n  IN: a = {\n" + b"\tb: c\n" * 9_998
    assert cloud(P11KitReader, inside + b"\tb: c\nC_X = CKR_OK\n")[1].unreadable == 0
    assert cloud(P11KitReader, inside + b"\tb: c\n" * 2 + b"C_X = CKR_OK\n")[1].unreadable == 1
    reader = P11KitReader(NAME)
    assert not list(reader.feed(b"C_X\n" + b"".join(b"  IN: n%d = %s\n" % (at, b"x" * 99) for at in range(99))))
    assert len(reader.cursor()) < 1000


def test_p11_kit_damage() -> None:
    """Two calls at once cannot be told apart: what has no end, and lines of no call, are unreadable."""
    for data, count in (
        (b"C_Sign\n  IN: hSession = S1\n" + p11(begin("CKM_ECDSA")), 1),
        (b"C_Sign = CKR_OK\n", 1),
        (b"what\n", 1),
        (b"C_Sign\nC_Other = CKR_OK\n" + b"x" * 70_000, 2),
        (b"\n\nC_Sign\n" + b"  IN: a = b\n" * 10_001, 1),
    ):
        records, report = cloud(P11KitReader, data)
        assert report.unreadable == count
        assert len([each for each in records if isinstance(each, Unreadable)]) == count


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | st.integers(0, 8000).map(lambda at: log("p11kit-0.24.txt")[at : at + 700]))
def test_laws_of_any_p11_kit_log(data: bytes) -> None:
    """Any octets, and any piece of a log, give records, whatever the cut."""
    cloud(P11KitReader, data)


def test_covers_and_keys_are_the_callers() -> None:
    """What a log answers for is declared by the caller where the log does not say it."""
    name = type(NAME)(source=Sha256("1" * 64), name="b", covers=((START, START + HOUR),), keys=("k",))
    report = GcpKmsReader(name).report()
    assert (report.covers, report.keys, report.name) == (((START, START + HOUR),), ("k",), "b")
