"""SAP's words both sides share: a call of a function module, and how to read its RETURN rows (BAPIRET2)."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

__all__ = ["GENERIC_ERROR", "BapiCall", "Message", "ReturnSummary", "Value", "content_digest", "read_return"]

Value = str | int | bytes | list["Value"] | dict[str, "Value"] | None
"""A parameter in transit: texts, dates (YYYYMMDD), decimals as strings; structures as maps, tables as lists of maps."""

GENERIC_ERROR: Final = ("RW", "609")
"""RW 609 "Error in document" comes first and says nothing; the next error row is the cause."""


class BapiCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call of a remote-enabled function module.

    Attributes:
        function: name of the function module, upper case.
        parameters: import, changing and tables parameters by SAP's name; decimals as strings, never floats.
    """

    function: str
    parameters: dict[str, Any]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of RETURN (BAPIRET2): type S, I, W, E or A, message class, number, text and where it points."""

    type: str
    id: str
    number: str
    text: str
    v1: str = ""
    v2: str = ""
    v3: str = ""
    v4: str = ""
    parameter: str = ""
    row: int = 0
    field: str = ""

    @property
    def code(self) -> str:
        """Return class and number as SAP people write them, such as `F5 201`."""
        return f"{self.id} {self.number}".strip()

    @property
    def is_error(self) -> bool:
        """Tell whether the LUW must be rolled back: types E (error), A (abort) and X (dump)."""
        return self.type in {"E", "A", "X"}


class ReturnSummary(msgspec.Struct, frozen=True):
    """RETURN rows read: all of them without repeats, and the one that names the cause."""

    messages: tuple[Message, ...]
    primary: Message | None

    @property
    def is_error(self) -> bool:
        """Tell whether any row demands a rollback."""
        return any(message.is_error for message in self.messages)


def read_return(rows: Iterable[Mapping[str, Any]]) -> ReturnSummary:
    """Read RETURN rows as BAPI_ACC_DOCUMENT_POST sends them.

    SAP repeats a detail with and without PARAMETER/ROW/FIELD: the row that points somewhere is kept. The primary
    message is the first error that is not RW 609.
    """
    kept: dict[tuple[str, ...], Message] = {}
    for row in rows:
        message = _message(row)
        identity = (message.type, message.id, message.number, message.v1, message.v2, message.v3, message.v4)
        known = kept.get(identity)
        if known is None or (not known.parameter and message.parameter):
            kept[identity] = message
    messages = tuple(kept.values())
    errors = [message for message in messages if message.is_error]
    causes = [message for message in errors if (message.id, message.number) != GENERIC_ERROR]
    return ReturnSummary(messages=messages, primary=next(iter([*causes, *errors]), None))


def _message(row: Mapping[str, Any]) -> Message:
    def text(name: str) -> str:
        return str(row.get(name) or "").strip()

    return Message(
        type=text("TYPE"),
        id=text("ID"),
        number=text("NUMBER"),
        text=text("MESSAGE"),
        v1=text("MESSAGE_V1"),
        v2=text("MESSAGE_V2"),
        v3=text("MESSAGE_V3"),
        v4=text("MESSAGE_V4"),
        parameter=text("PARAMETER"),
        row=int(row.get("ROW") or 0),
        field=text("FIELD"),
    )


def content_digest(call: BapiCall) -> str:
    """Return the SHA-256 of a call's content in hexadecimal, independent of the order of its keys."""
    return hashlib.sha256(msgspec.msgpack.encode(call, order="deterministic")).hexdigest()
