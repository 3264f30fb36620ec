"""Words of agents: one line, printable, of limited length; everything else stays."""

from datetime import UTC, datetime

import msgspec
from mlconnector_relay.tunnel.wording import MOST_CHARACTERS, tidied
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import ResultEnvelope, RfcStep

from tests.support.samples import RECEIPT, RESULT

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BAD = "Kunde\0 4711\n\x1b[2J\u202e"
GOOD = "Kunde 4711 [2J"


def test_what_is_fit_stays_as_it_is() -> None:
    """To the character, whatever the script."""
    message = Message("E", "F5", "201", "Müller & Söhne, 東京, 👩", v1="ß")
    result = msgspec.structs.replace(RESULT, detail="é", messages=(message,))

    assert tidied(result) == result
    assert tidied(RECEIPT) == RECEIPT


def test_every_text_is_made_fit() -> None:
    """The result's own, its messages', its steps' and theirs."""
    message = Message("E", "F5", "201", BAD, v1=BAD, row=3)
    step = RfcStep("BAPI", NOW, 1.0, BAD, note=BAD, messages=(message,))
    told = ResultEnvelope("e#1", "e", "agent-1", "rejected", NOW, BAD, True, BAD, BAD, (message,), (step,), 7)

    clean = Message("E", "F5", "201", GOOD, v1=GOOD, row=3)
    steps = (RfcStep("BAPI", NOW, 1.0, GOOD, note=GOOD, messages=(clean,)),)
    assert tidied(told) == ResultEnvelope(
        "e#1",
        "e",
        "agent-1",
        "rejected",
        NOW,
        GOOD,
        True,
        GOOD,
        GOOD,
        (clean,),
        steps,
        7,
    )
    assert tidied(msgspec.structs.replace(RECEIPT, detail=BAD)).detail == GOOD


def test_a_text_without_end_is_cut() -> None:
    """Nobody reads further, and every record of the order would carry it."""
    assert len(tidied(msgspec.structs.replace(RECEIPT, detail="x" * 10**6)).detail) == MOST_CHARACTERS
