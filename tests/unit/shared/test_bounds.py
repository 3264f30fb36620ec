"""What is beyond what can be kept is refused where it is decoded, whoever sealed it."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from mlconnector_shared import bounds, frames
from mlconnector_shared.envelope import CallEnvelope, Receipt, ResultEnvelope, from_bytes, to_bytes
from mlconnector_shared.errors import Malformed, RemoteProtocolError

from tests.support.samples import CALLS, MESSAGES, RECEIPT, RESULT


@dataclass
class Case:
    kind: Any
    good: list[Any]
    bad: list[Any]


CASES = [
    Case(bounds.Count, [0, 2**63 - 1], [-1, 2**63, 2**64 - 1]),
    Case(bounds.Slot, [0, 7], [-1, 8]),
    Case(bounds.Name, ["", "agent-1", "é" * 100], ["x" * 101, "a\0", "a\n", "a\x7f"]),
    Case(bounds.Identifier, ["", "t/s/1/invoice/1/1#1", "x" * 250], ["x" * 251, "a\0", "a\n"]),
    Case(bounds.Rule, ["audit", "company_code"], ["", "x" * 41, "Audit", "a b", "audit\n", "1"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.good[-1])[:20])
def test_the_bounds(case: Case) -> None:
    """The last that fits is taken, the first that does not is refused."""
    for value in case.good:
        assert msgspec.convert(value, case.kind) == value
    for value in case.bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, case.kind)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_no_message_carries_a_counter_beyond_them(message: frames.Message) -> None:
    """A position, generation or slot that no database can keep ends its own session, and nothing else."""
    fields = msgspec.msgpack.decode(frames.encode(message))
    counters = {name for name, value in fields.items() if isinstance(value, int) and not isinstance(value, bool)}
    unbounded = {"protocol_min", "protocol_max", "version", "count", "chunks"}
    for name in counters - unbounded:
        with pytest.raises(RemoteProtocolError, match=name):
            frames.decode(msgspec.msgpack.encode(fields | {name: 2**63}))


@pytest.mark.parametrize("value", [CALLS["post"], RESULT, RECEIPT], ids=lambda value: type(value).__name__)
def test_no_envelope_carries_an_id_beyond_them(value: CallEnvelope | ResultEnvelope | Receipt) -> None:
    """Ids become keys of the ledger and of alerts."""
    fields = msgspec.msgpack.decode(to_bytes(value))
    for name in ("envelope_id", "posting_id"):
        for bad in ("x" * 251, "a\0b"):
            with pytest.raises(Malformed, match=name):
                from_bytes(type(value), msgspec.msgpack.encode(fields | {name: bad}))
