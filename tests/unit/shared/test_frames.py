"""Messages and their bytes: limits, unknown fields, unknown kinds, and whatever else a stranger may send."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared import frames
from mlconnector_shared.errors import LocalProtocolError, RemoteProtocolError
from mlconnector_shared.frames import MAX_MESSAGE_BYTES, MAX_ROWS_BYTES

from tests.support.samples import MESSAGES


def packed(**fields: Any) -> bytes:
    return msgspec.msgpack.encode(fields)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_way(message: frames.Message) -> None:
    """What is encoded decodes to the same value."""
    assert frames.decode(frames.encode(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_an_unknown_field_is_refused(message: frames.Message) -> None:
    """Nothing that was sent is silently ignored."""
    fields = msgspec.msgpack.decode(frames.encode(message)) | {"surprise": 1}

    with pytest.raises(RemoteProtocolError, match=f"{type(message).__name__.lower()}: .*surprise"):
        frames.decode(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (packed(type="accepted"), "accepted: .*envelope_id"),
        (packed(type="accepted", envelope_id=7), "accepted: Expected `str`"),
        (packed(type="ping", number="1", wall_clock="2026-01-01T00:00:00Z"), "ping: Expected `int`"),
        (packed(type="ping", number=1, wall_clock="2026-01-01T00:00:00"), "ping: .*timezone"),
        (packed(type=7), "message: "),
        (packed(kind="ping"), "message: .*type"),
        (packed(), "message: .*type"),
        (b"", "message: .*truncated"),
        (b"\xc1", "message: "),
        (b"\x81\xa4type\xa3\xff\xfe\xfd", "message: .*utf-8"),
        (b"\x91" * 5000, "message: "),
        (b"\x82\xa4type\xa4rows\xa4rows\xdd\xff\xff\xff\xff", "message: .*truncated"),
    ],
)
def test_what_does_not_fit_is_the_peers_fault(data: bytes, complaint: str) -> None:
    """Missing, wrongly typed, truncated, nested without end: one kind of error, naming the message where it can."""
    with pytest.raises(RemoteProtocolError, match=complaint):
        frames.decode(data)


def test_an_unknown_kind_is_no_error() -> None:
    """A newer peer may know more messages than we do, with any fields."""
    assert frames.decode(packed(type="telepathy", strength=9)) == frames.Unknown("telepathy")


def test_a_message_over_the_limit_is_refused_on_both_ends() -> None:
    """What we would send too large is our defect, what arrives too large the peer's."""
    largest = MAX_MESSAGE_BYTES - len(frames.encode(frames.Result("e", b""))) - 3
    data = frames.encode(frames.Result("e", bytes(largest)))
    assert len(data) == MAX_MESSAGE_BYTES
    assert frames.decode(data) == frames.Result("e", bytes(largest))

    with pytest.raises(LocalProtocolError, match="Result of 5242881 bytes exceeds its limit"):
        frames.encode(frames.Result("e", bytes(largest + 1)))
    with pytest.raises(RemoteProtocolError, match="message of 5242881 bytes"):
        frames.decode(data + b"x")


def test_rows_have_a_smaller_limit() -> None:
    """A large chunk would hold a posting back; on either end it is refused before it is taken apart."""
    cells = [["x" * 1000]] * (MAX_ROWS_BYTES // 1000)
    too_large = packed(type="rows", envelope_id="e", sequence=0, rows=cells)
    assert MAX_ROWS_BYTES < len(too_large) < MAX_MESSAGE_BYTES

    with pytest.raises(LocalProtocolError, match="Rows of"):
        frames.encode(frames.Rows("e", 0, cells))
    with pytest.raises(RemoteProtocolError, match=f"rows of {len(too_large)} bytes"):
        frames.decode(too_large)


@given(st.binary(max_size=2000))
def test_random_bytes_raise_only_our_error(data: bytes) -> None:
    """Whatever arrives becomes a message, an unknown kind, or the peer's fault."""
    try:
        frames.decode(data)
    except RemoteProtocolError:
        return


structures = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(
    kind=st.sampled_from([type(message).__name__.lower() for message in MESSAGES]),
    fields=st.dictionaries(
        st.text(max_size=12) | st.sampled_from(["envelope_id", "sealed", "number", "rows"]), structures
    ),
)
def test_random_fields_raise_only_our_error(kind: str, fields: dict[str, Any]) -> None:
    """Well-formed msgpack of any shape is no way round the types."""
    try:
        frames.decode(packed(**(fields | {"type": kind})))
    except RemoteProtocolError:
        return
