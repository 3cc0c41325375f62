"""Reading back the question about a certificate, as `CertificatePlan.asked` wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast, get_args

from pkicheck.canon import JsonValue, Sha256, decode_bytes, document, document_json, parse_time
from pkicheck.csr._binding import binding_from_json
from pkicheck.csr._certificate import CertificatePlan, FixedFields, Form
from pkicheck.csr._documents import issuer_from_json
from pkicheck.errors import InputError
from pkicheck.policy import policy_from_json

__all__ = ["certificate_plan_from_json"]


def certificate_plan_from_json(
    asked: Mapping[str, JsonValue], documents: Mapping[Sha256, bytes], at: datetime | None
) -> CertificatePlan:
    """The plan that `CertificatePlan.asked` wrote.

    Args:
        asked: the question as JSON values.
        documents: the documents it names, by digest.
        at: another moment to judge, or None for that of the question.

    Raises:
        InputError: another shape, or a document that is missing.
    """
    want = {
        "data", "form", "binding", "issuer", "at", "policy", "not_before", "not_after", "serial", "extensions",
    }  # fmt: skip
    if set(asked) != want:
        msg = f"asked must have exactly the fields {', '.join(sorted(want))}"
        raise InputError(msg)
    form = asked["form"]
    if form not in get_args(Form):
        msg = "asked.form must be certificate or tbs"
        raise InputError(msg)
    return CertificatePlan(
        data=document(asked, "data", documents),
        form=cast("Form", form),
        binding=None if asked["binding"] is None else binding_from_json(document(asked, "binding", documents)),
        issuer=None if asked["issuer"] is None else issuer_from_json(document(asked, "issuer", documents)),
        at=_time(asked, "at") if at is None else at,
        policy=policy_from_json(document_json(asked, "policy", documents)),
        issuance=FixedFields(
            not_before=_time(asked, "not_before"),
            not_after=_time(asked, "not_after"),
            serial=_serial(asked["serial"]),
            extensions=_encoded(asked["extensions"]),
        ),
    )


def _time(asked: Mapping[str, JsonValue], field: str) -> datetime | None:
    return None if asked[field] is None else parse_time(str(asked[field]), what=f"asked.{field}")


def _serial(value: JsonValue) -> int | None:
    if value is None:
        return None
    text = str(value)
    if not (text.isascii() and text.lstrip("-").isdigit() and len(text) <= 100):
        msg = "asked.serial must be a number in decimal digits"
        raise InputError(msg)
    return int(text)


def _encoded(value: JsonValue) -> Sequence[bytes] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        msg = "asked.extensions must be a list"
        raise InputError(msg)
    return [decode_bytes(str(each), what="asked.extensions") for each in value]
