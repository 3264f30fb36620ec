"""One sample of every message and sealed content, made of fixed values, for golden files and whole-product tests."""

from datetime import UTC, datetime

from mlconnector_shared import frames
from mlconnector_shared.bapi import BapiCall, Message
from mlconnector_shared.envelope import (
    Audience,
    Base,
    CallEnvelope,
    Change,
    Post,
    Predicate,
    ReadTable,
    Receipt,
    ResultEnvelope,
    Reverse,
    RfcStep,
    Simulate,
    Work,
)
from mlconnector_shared.signing import Signer

__all__ = ["AGENT_SIGNER", "AT", "CALLS", "MESSAGES", "RECEIPT", "RELAY_SIGNER", "RESULT", "sample"]

AT = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)
RELAY_SIGNER = Signer.from_seed(bytes(range(32)))
AGENT_SIGNER = Signer.from_seed(bytes(range(32, 64)))

_AUDIENCE = Audience(tenant="acme", instance="agent-1", sysid="ECC", client="100")
_POSTING = "acme/abc123/1001/invoice/1/1"
_CALL = BapiCall(
    function="BAPI_ACC_DOCUMENT_POST",
    parameters={
        "DOCUMENTHEADER": {"COMP_CODE": "1000", "DOC_TYPE": "DR", "REF_DOC_NO": "A-1001", "PSTNG_DATE": "20261123"},
        "ACCOUNTRECEIVABLE": [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000001000"}],
        "CURRENCYAMOUNT": [{"ITEMNO_ACC": "0000000001", "CURRENCY": "EUR", "AMT_DOCCUR": "119.00"}],
        "RETURN": [],
    },
)


def _envelope(number: int, posting_id: str, work: Work) -> CallEnvelope:
    return CallEnvelope(
        envelope_id=f"{posting_id}#1" if posting_id else f"01JD{number:022d}",
        posting_id=posting_id,
        audience=_AUDIENCE,
        issued_at=AT,
        not_after=AT.replace(minute=35),
        fencing_token=3,
        work=work,
        trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


CALLS = {
    "post": _envelope(1, _POSTING, Post(_CALL)),
    "post_on_a_base": _envelope(4, "acme/abc123/1001/refund/7/1", Post(_CALL, Base("190000000110002026", "A-1001"))),
    "reverse": _envelope(
        5,
        "acme/abc123/1001/reversal/1/1",
        Reverse(
            BapiCall(
                "BAPI_ACC_DOCUMENT_REV_POST",
                {
                    "REVERSAL": {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": "190000000110002026", "REASON_REV": "01"},
                    "BUS_ACT": "RFBU",
                },
            ),
            Base("190000000110002026", "A-1001"),
        ),
    ),
    "change": _envelope(
        6,
        "acme/abc123/1001/shipment/9/1",
        Change(
            BapiCall(
                "Z_MLC_DOCUMENT_CHANGE",
                {"I_BUKRS": "1000", "I_BUZEI": "001", "T_ACCCHG": [{"FDNAME": "MANSP", "NEWVAL": ""}]},
            ),
            Base("190000000110002026", "A-1001"),
            "0000001000",
        ),
    ),
    "simulate": _envelope(2, "", Simulate(BapiCall("BAPI_ACC_DOCUMENT_CHECK", _CALL.parameters))),
    "read_table": _envelope(
        3,
        "",
        ReadTable(
            table="BKPF",
            fields=("BUKRS", "BELNR", "GJAHR"),
            where=(Predicate("BUKRS", "EQ", "1000"),),
            key=("BUKRS", "BELNR"),
            page_rows=500,
            max_rows=10_000,
        ),
    ),
}

_RETURN = Message("S", "RW", "605", "Document posted successfully", v1="BKPFF", parameter="DOCUMENTHEADER", row=1)

RESULT = ResultEnvelope(
    envelope_id=CALLS["post"].envelope_id,
    posting_id=_POSTING,
    instance="agent-1",
    outcome="posted",
    finished_at=AT,
    object_key="190000000110002026",
    retryable=False,
    reason="committed",
    detail="COMMIT returned without an error",
    messages=(_RETURN,),
    steps=(RfcStep("BAPI_ACC_DOCUMENT_POST", AT, 183.25, "ok", "post", (_RETURN,)),),
    journal_sequence=42,
    rows=0,
    cut=False,
)

RECEIPT = Receipt(
    envelope_id=CALLS["post"].envelope_id,
    posting_id=_POSTING,
    instance="agent-1",
    rule="policy.company_code",
    detail="company code 2000 is not allowed",
    refused_at=AT,
)

MESSAGES: tuple[frames.Message, ...] = (
    frames.Hello(
        protocol_min=1,
        protocol_max=1,
        features=frozenset({"rows"}),
        instance="agent-1",
        slot=0,
        boot_id="boot-1",
        journal_id="journal-1",
        journal_sequence=42,
        acknowledged_sequence=41,
        sysid="ECC",
        client="100",
        agent_version="0.1.0",
        wall_clock=AT,
        relay_incarnation="incarnation-1",
        relay_high_water=7,
        relay_batch=3,
        relay_head="ab" * 32,
    ),
    frames.Welcome(
        version=1,
        features=frozenset({"rows"}),
        session_id="session-1",
        generation=5,
        relay_id="relay-1",
        incarnation="incarnation-1",
        high_water=8,
        wall_clock=AT,
        quarantined="",
    ),
    frames.Call("e-1", write=True, sealed=b"sealed call"),
    frames.Accepted("e-1"),
    frames.Refused("e-1", b"sealed receipt"),
    frames.Step("e-1", "called", AT),
    frames.Rows("e-1", 0, [["1000", "0000000001"], ["1000", ""]]),
    frames.Result("e-1", b"sealed result"),
    frames.Acknowledge("e-1", 42),
    frames.GrantWrites(2),
    frames.GrantRows("e-1", 16),
    frames.Cancel("e-1", "the reader left"),
    frames.Drain("shutdown"),
    frames.Ping(1, AT),
    frames.Pong(1, AT),
    frames.Anchor(b"sealed head"),
    frames.Renew("-----BEGIN CERTIFICATE REQUEST-----"),
    frames.Renewed("-----BEGIN CERTIFICATE-----"),
    frames.Problem("call", "not possible now"),
    frames.Close("shutdown", "back in a minute"),
)


def sample(kind: type[frames.Message]) -> frames.Message:
    """Return the sample of a kind."""
    return next(message for message in MESSAGES if isinstance(message, kind))
