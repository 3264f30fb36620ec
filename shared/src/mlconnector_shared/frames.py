"""The messages of a session and their bytes: msgpack maps with a `type`, each of limited size.

An unknown field or a wrong type is the peer's fault; an unknown message type becomes `Unknown`, so that the session
can answer politely and go on (a newer peer may know more than we do).
"""

from typing import Final

import msgspec

from .bounds import Count, Identifier, Name, Slot
from .errors import UNREADABLE, LocalProtocolError, RemoteProtocolError
from .runtime import Moment

__all__ = [
    "MAX_MESSAGE_BYTES",
    "MAX_ROWS_BYTES",
    "Accepted",
    "Acknowledge",
    "Anchor",
    "Call",
    "Cancel",
    "Close",
    "Drain",
    "GrantRows",
    "GrantWrites",
    "Hello",
    "Message",
    "Ping",
    "Pong",
    "Problem",
    "Refused",
    "Renew",
    "Renewed",
    "Result",
    "Rows",
    "Step",
    "Unknown",
    "Welcome",
    "decode",
    "encode",
]

MAX_MESSAGE_BYTES: Final = 5 * 1024 * 1024
"""One sealed envelope (4 MiB) and its frame fit."""

MAX_ROWS_BYTES: Final = 256 * 1024
"""A chunk of rows is small, so that a posting is never stuck behind a large one."""


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=str.lower):
    """Base of all messages: frozen, tagged by the lower-case class name, unknown fields refused."""


class Hello(_Message, frozen=True):
    """Agent to relay, first: who I am, what I speak, and where my journal stands."""

    protocol_min: int
    protocol_max: int
    features: frozenset[str]
    instance: Name
    slot: Slot
    boot_id: Name
    journal_id: Name
    journal_sequence: Count
    acknowledged_sequence: Count
    sysid: Name
    client: Name
    agent_version: Name
    wall_clock: Moment
    relay_incarnation: Name = ""
    relay_high_water: Count = 0
    relay_batch: Count = 0
    relay_head: Name = ""


class Welcome(_Message, frozen=True):
    """Relay to agent: what we agreed on, and whether this instance may write."""

    version: int
    features: frozenset[str]
    session_id: Name
    generation: Count
    relay_id: Name
    incarnation: Name
    high_water: Count
    wall_clock: Moment
    quarantined: str = ""


class Call(_Message, frozen=True):
    """A sealed call envelope."""

    envelope_id: Identifier
    write: bool
    sealed: bytes


class Accepted(_Message, frozen=True):
    """The gate admitted the envelope and the journal has it."""

    envelope_id: Identifier


class Refused(_Message, frozen=True):
    """The gate said no; the sealed receipt names the rule."""

    envelope_id: Identifier
    sealed: bytes


class Step(_Message, frozen=True):
    """Progress of one envelope: an act at SAP begins, and the journal has its phase."""

    envelope_id: Identifier
    phase: Name
    at: Moment


class Rows(_Message, frozen=True):
    """A chunk of a table read; travels only against row credit."""

    envelope_id: Identifier
    sequence: Count
    rows: list[list[str]]

    @classmethod
    def packed(cls, envelope_id: str, sequence: int, rows: bytes) -> "Rows":
        """Make a chunk of rows that are msgpack already, to be sent as they are."""
        return cls(envelope_id, sequence, msgspec.Raw(rows))  # type: ignore[arg-type]


class Result(_Message, frozen=True):
    """A sealed result envelope; repeated after each reconnect until acknowledged."""

    envelope_id: Identifier
    sealed: bytes


class Acknowledge(_Message, frozen=True):
    """The relay has recorded this outcome durably; the agent may forget to repeat it."""

    envelope_id: Identifier
    journal_sequence: Count


class GrantWrites(_Message, frozen=True):
    """Write credit: the agent can start this many more postings at once."""

    count: int


class GrantRows(_Message, frozen=True):
    """Row credit: the relay has room for this many more chunks of this read."""

    envelope_id: Identifier
    chunks: int


class Cancel(_Message, frozen=True):
    """Stop this read, or do not start this posting; a posting past its intent is not cancelled."""

    envelope_id: Identifier
    reason: str


class Drain(_Message, frozen=True):
    """No new calls from now on; what runs is finished and answered."""

    reason: str


class Ping(_Message, frozen=True):
    """Are you there; carries the sender's wall clock."""

    number: Count
    wall_clock: Moment


class Pong(_Message, frozen=True):
    """Answer to a ping, with the answerer's wall clock."""

    number: Count
    wall_clock: Moment


class Anchor(_Message, frozen=True):
    """The head of the sender's audit chain, sealed; the peer keeps it as a witness."""

    sealed: bytes


class Renew(_Message, frozen=True):
    """A certificate signing request (PEM) for the next client certificate."""

    csr: str


class Renewed(_Message, frozen=True):
    """The next client certificate (PEM)."""

    certificate: str


class Problem(_Message, frozen=True):
    """A polite error: this message of yours was not understood or not possible; the session goes on."""

    about: str
    detail: str


class Close(_Message, frozen=True):
    """The session ends, with a stable reason and a sentence."""

    reason: str
    detail: str = ""


class Unknown(msgspec.Struct, frozen=True):
    """A message whose type we do not know; never sent."""

    type: str


Message = (
    Hello
    | Welcome
    | Call
    | Accepted
    | Refused
    | Step
    | Rows
    | Result
    | Acknowledge
    | GrantWrites
    | GrantRows
    | Cancel
    | Drain
    | Ping
    | Pong
    | Anchor
    | Renew
    | Renewed
    | Problem
    | Close
)

_KINDS: Final = {
    "hello", "welcome", "call", "accepted", "refused", "step", "rows", "result", "acknowledge", "grantwrites",
    "grantrows", "cancel", "drain", "ping", "pong", "anchor", "renew", "renewed", "problem", "close",
}  # fmt: skip


class _Peek(msgspec.Struct):
    type: str


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)
_peek = msgspec.msgpack.Decoder(_Peek)


def encode(message: Message) -> bytes:
    """Turn a message into bytes.

    Raises:
        LocalProtocolError: it is larger than its limit.
    """
    data = _encoder.encode(message)
    limit = MAX_ROWS_BYTES if isinstance(message, Rows) else MAX_MESSAGE_BYTES
    if len(data) > limit:
        raise LocalProtocolError(f"{type(message).__name__} of {len(data)} bytes exceeds its limit of {limit}")
    return data


def decode(data: bytes) -> Message | Unknown:
    """Turn bytes into a message, or `Unknown` where its type is not one of ours.

    Raises:
        RemoteProtocolError: too large, not msgpack, or an unknown, missing or wrongly typed field.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise RemoteProtocolError(f"message of {len(data)} bytes exceeds the limit of {MAX_MESSAGE_BYTES}")
    if len(data) > MAX_ROWS_BYTES and _kind_of(data) == "rows":
        raise RemoteProtocolError(f"rows of {len(data)} bytes exceed the limit of {MAX_ROWS_BYTES}")
    try:
        message: Message = _decoder.decode(data)
    except UNREADABLE as error:
        kind = _kind_of(data)
        if kind and kind not in _KINDS:
            return Unknown(kind)
        raise RemoteProtocolError(f"{kind or 'message'}: {error}") from error
    return message


def _kind_of(data: bytes) -> str:
    try:
        return _peek.decode(data).type
    except UNREADABLE:
        return ""
