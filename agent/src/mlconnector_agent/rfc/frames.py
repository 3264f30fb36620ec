"""What the agent and an RFC child say to each other over the child's pipes: a length, then a msgpack array.

The child speaks first (`Ready`); then each request has one answer (`Done` or `Failed`). A child that failed with
anything but an exception of a function module exits after saying so.
"""

from typing import Any, BinaryIO, Final

import msgspec

from .errors import Kind, RfcError
from .rows import Column

__all__ = [
    "HEADER_BYTES",
    "MAX_FRAME_BYTES",
    "Answer",
    "Call",
    "Describe",
    "Done",
    "Failed",
    "Open",
    "Page",
    "Ping",
    "ReadPage",
    "ReadTable",
    "Ready",
    "Request",
    "TablePage",
    "decode_answer",
    "encode",
    "read_frame",
    "read_request",
]

HEADER_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""A page of a table is about 1 MiB; whatever comes near this is a mistake."""


class _Frame(msgspec.Struct, frozen=True, array_like=True, tag=str.lower, forbid_unknown_fields=True):
    """Base of requests and answers."""


class Open(_Frame, frozen=True):
    """Log on; always the first request. The password travels here, never in arguments or environment."""

    parameters: dict[str, str]


class Ping(_Frame, frozen=True):
    """Ask whether the session still lives."""


class Call(_Frame, frozen=True):
    """Call a function module."""

    function: str
    parameters: dict[str, Any]


class ReadTable(_Frame, frozen=True):
    """Call RFC_READ_TABLE and cut its rows into cells; `row_count` 0 reads no rows but describes the columns."""

    table: str
    fields: list[str]
    options: list[str]
    row_count: int
    row_skips: int = 0


class ReadPage(_Frame, frozen=True):
    """Call RFC_READ_TABLE for a page of up to `size` rows, arranged by the columns of its key; see `pages.arrange`."""

    table: str
    fields: list[str]
    options: list[str]
    size: int
    key: list[int]
    numeric: list[bool]


class Describe(_Frame, frozen=True):
    """Read the interface of a function module."""

    function: str


Request = Open | Ping | Call | ReadTable | ReadPage | Describe


class Ready(_Frame, frozen=True):
    """The child runs and has tried to load the RFC library; `problem` says why it could not."""

    library: dict[str, Any]
    problem: str


class Done(_Frame, frozen=True):
    """The answer of a request that went well."""

    value: Any


class TablePage(_Frame, frozen=True):
    """The answer of a table read: the columns as SAP describes them, and the cells of each row."""

    columns: list[Column]
    rows: list[list[str]]


class Page(_Frame, frozen=True):
    """A page of a table.

    Attributes:
        chunks: its rows, packed, with their number; empty where only the last key is of use.
        last: the key of its last row, empty where it has none.
        is_complete: whether there were no more rows.
        in_order: whether the rows came in the order of their key.
        is_unique: whether no two rows had the same key.
    """

    chunks: list[tuple[int, bytes]]
    last: list[str]
    is_complete: bool
    in_order: bool
    is_unique: bool


class Failed(_Frame, frozen=True):
    """The answer of a request that did not."""

    kind: str
    message: str
    code: int = 0
    key: str = ""
    msg_class: str = ""
    msg_type: str = ""
    msg_number: str = ""
    variables: tuple[str, ...] = ()

    def error(self) -> RfcError:
        """Return the failure as the exception the agent raises."""
        return RfcError(
            Kind(self.kind),
            self.message,
            code=self.code,
            key=self.key,
            msg_class=self.msg_class,
            msg_type=self.msg_type,
            msg_number=self.msg_number,
            variables=self.variables,
        )


Answer = Ready | Done | TablePage | Page | Failed

_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_requests = msgspec.msgpack.Decoder(Request)
_answers = msgspec.msgpack.Decoder(Answer)


def encode(frame: Request | Answer) -> bytes:
    """Turn a frame into bytes with its length before it."""
    body = _encoder.encode(frame)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def decode_answer(body: bytes) -> Answer:
    """Parse an answer.

    Raises:
        msgspec.DecodeError: these are not the bytes of an answer.
    """
    answer: Answer = _answers.decode(body)
    return answer


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one frame's body, blocking; None at the end of the stream."""
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    body = stream.read(int.from_bytes(header, "big"))
    return body or None


def read_request(stream: BinaryIO) -> Request | None:
    """Read the next request, blocking; None when the agent has closed its end."""
    body = read_frame(stream)
    if body is None:
        return None
    request: Request = _requests.decode(body)
    return request
