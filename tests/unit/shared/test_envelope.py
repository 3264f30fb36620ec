"""Envelopes and their bytes: nothing unknown, nothing missing, nothing naive."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared.envelope import CallEnvelope, Receipt, ResultEnvelope, from_bytes, to_bytes
from mlconnector_shared.errors import Malformed

from tests.support.samples import CALLS, RECEIPT, RESULT

EVERY = [*CALLS.values(), RESULT, RECEIPT]


def changed(value: Any, *path: str, **fields: Any) -> bytes:
    """Return an envelope's bytes with fields of a nested map set."""
    content = msgspec.msgpack.decode(to_bytes(value))
    inner = content
    for key in path:
        inner = inner[key]
    inner.update(fields)
    return msgspec.msgpack.encode(content)


@pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
def test_every_envelope_survives_the_way(value: Any) -> None:
    """What is encoded decodes to the same value."""
    assert from_bytes(type(value), to_bytes(value)) == value


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (changed(CALLS["post"], colour="blue"), "CallEnvelope: .*colour"),
        (changed(CALLS["post"], "audience", region="eu"), "CallEnvelope: .*region"),
        (changed(CALLS["post"], "work", commit=False), "CallEnvelope: .*commit"),
        (changed(CALLS["post"], "work", "call", wait=True), "CallEnvelope: .*wait"),
        (changed(CALLS["read_table"], "work", options="1=1"), "CallEnvelope: .*options"),
        (changed(CALLS["post"], "work", type="delete"), "CallEnvelope: Invalid value 'delete'"),
        (changed(CALLS["post"], not_after="2026-11-23T10:00:00"), "CallEnvelope: .*timezone"),
        (changed(CALLS["post"], fencing_token="3"), "CallEnvelope: .*fencing_token"),
        (changed(RESULT, outcome="perhaps"), "ResultEnvelope: Invalid enum value 'perhaps'"),
        (changed(RESULT, bonus=1), "ResultEnvelope: .*bonus"),
        (changed(RECEIPT, mood="bad"), "Receipt: .*mood"),
        (b"\x81\xabenvelope_id\xa2\xff\xff", ": .*utf-8"),
        (b"", ": .*truncated"),
        (b"\x91" * 5000, ": "),
    ],
)
def test_what_does_not_fit_is_named(payload: bytes, complaint: str) -> None:
    """An unknown, missing or wrongly typed field at any depth is refused, and the message says which."""
    kind = {"R": ResultEnvelope if complaint.startswith("Res") else Receipt}.get(complaint[0], CallEnvelope)

    with pytest.raises(Malformed, match=complaint):
        from_bytes(kind, payload)


def test_one_kind_is_not_taken_for_another() -> None:
    """A receipt is no result, a result no call."""
    with pytest.raises(Malformed):
        from_bytes(ResultEnvelope, to_bytes(RECEIPT))
    with pytest.raises(Malformed):
        from_bytes(CallEnvelope, to_bytes(RESULT))


@given(st.binary(max_size=500), st.sampled_from([CallEnvelope, ResultEnvelope, Receipt]))
def test_random_bytes_raise_only_our_error(payload: bytes, kind: Any) -> None:
    """Also behind a valid signature the content may be anything."""
    try:
        from_bytes(kind, payload)
    except Malformed:
        return
