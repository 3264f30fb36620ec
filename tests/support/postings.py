"""Call envelopes for the agent's execution half: postings, simulations and reads, sealed by a relay of the tests."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import (
    Audience,
    Base,
    CallEnvelope,
    Change,
    ReadTable,
    Reverse,
    Simulate,
    Write,
    to_bytes,
)
from mlconnector_shared.signing import Signer, seal

from tests.support.ecc import a_document

__all__ = ["RELAY", "a_call", "a_change", "a_reversal", "a_text", "an_envelope", "sealed"]

RELAY = Signer.from_seed(bytes(32))


def a_call(reference: str, **changes: Any) -> BapiCall:
    """Give a posting call as it travels: amounts are text."""
    return BapiCall("BAPI_ACC_DOCUMENT_POST", _texts(a_document(reference, **changes)))


def a_reversal(object_key: str, reference: str, reason: str = "01", posting_date: str = "") -> Reverse:
    """Give the reversal of a document."""
    given = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": object_key, "COMP_CODE": object_key[10:14], "REASON_REV": reason}
    given |= {"PSTNG_DATE": posting_date} if posting_date else {}
    call = BapiCall("BAPI_ACC_DOCUMENT_REV_POST", {"REVERSAL": given, "BUS_ACT": "RFBU"})
    return Reverse(call, Base(object_key, reference))


def a_change(object_key: str, reference: str, customer: str = "0000004711", **fields: str) -> Change:
    """Give a change of the first item of a document."""
    item = {"I_BUKRS": object_key[10:14], "I_BELNR": object_key[:10], "I_GJAHR": object_key[14:], "I_BUZEI": "001"}
    rows = [{"FDNAME": name, "NEWVAL": value} for name, value in fields.items()]
    call = BapiCall("Z_MLC_DOCUMENT_CHANGE", {**item, "T_ACCCHG": rows})
    return Change(call, Base(object_key, reference), customer)


def a_text(object_key: str, reference: str, *lines: str, text_id: str = "0001") -> Change:
    """Give a text of a document."""
    name = f"{object_key[10:14]}{object_key[:10]}{object_key[14:]}"
    head = {"TDOBJECT": "BELEG", "TDNAME": name, "TDID": text_id, "TDSPRAS": "E", "TDFORMAT": "*"}
    call = BapiCall("RFC_SAVE_TEXT", {"TEXT_LINES": [{**head, "TDLINE": line} for line in lines]})
    return Change(call, Base(object_key, reference))


def an_envelope(
    work: Write | Simulate | ReadTable,
    now: datetime,
    order: int = 1000123,
    attempt: int = 1,
    life: float = 600.0,
    token: int = 1,
    step: str = "invoice/1/1",
) -> CallEnvelope:
    """Give a call envelope; a posting's id is derived from its order and step."""
    posting_id = f"acme/abc123/{order}/{step}" if isinstance(work, Write) else ""
    return CallEnvelope(
        envelope_id=f"{posting_id}#{attempt}" if posting_id else f"work-{order}-{attempt}",
        posting_id=posting_id,
        audience=Audience("acme", "agent-1", "ECC", "100"),
        issued_at=now,
        not_after=now + timedelta(seconds=life),
        fencing_token=token,
        work=work,
    )


def sealed(envelope: CallEnvelope) -> bytes:
    """Seal an envelope as the relay does."""
    return seal("call", to_bytes(envelope), RELAY)


def _texts(value: Any) -> Any:
    change: Callable[[Any], Any] = _texts
    if isinstance(value, Mapping):
        return {name: change(item) for name, item in value.items()}
    if isinstance(value, list):
        return [change(item) for item in value]
    return value if isinstance(value, str | int) else str(value)
