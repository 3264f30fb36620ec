"""The page about the protocol says what the code does."""

import re
from typing import get_args

from mlconnector_shared import frames, protocol

from tests.support.protocol_page import PAGE, rendered

TEXT = PAGE.read_text(encoding="utf-8")


def test_diagram_and_table_are_those_of_the_code() -> None:
    """After a change of the table: `python -m tests.support.protocol_page`."""
    assert rendered(TEXT) == TEXT


def test_every_message_is_described_with_its_fields() -> None:
    """Sender and fields of each kind, as the code has them."""
    described = {
        name.strip(): (sender, {field.strip() for field in fields.split(",")})
        for names, sender, fields in re.findall(
            r"^\| ([A-Z]\w+(?:, [A-Z]\w+)*) \| (\w+) \| ([a-z_, ]+) \|", TEXT, re.MULTILINE
        )
        for name in names.split(",")
    }

    for kind in get_args(frames.Message):
        senders = {side for _, side, sent in protocol.TRANSITIONS if sent is kind}
        sender = "both" if len(senders) == 2 else str(next(iter(senders)))
        assert described.pop(kind.__name__) == (sender, set(kind.__struct_fields__))
    assert described == {}


def test_the_limits_are_those_of_the_code() -> None:
    """The numbers people plan with."""
    assert f"at most {protocol.MAX_WRITE_CREDIT} on a" in TEXT
    assert f"| {frames.MAX_MESSAGE_BYTES // 2**20} MiB |" in TEXT
    assert f"| {frames.MAX_ROWS_BYTES // 1024} KiB |" in TEXT
    assert f"| {protocol.DEAD_AFTER_SECONDS:.0f} s; each side pings every {protocol.PING_AFTER_SECONDS:.0f} s |" in TEXT
