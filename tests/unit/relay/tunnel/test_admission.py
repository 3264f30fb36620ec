"""The pure decisions: certificates, hellos, journals, clocks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.tunnel.admission import (
    Rejection,
    admit_hello,
    admit_peer,
    clock_standing,
    regression,
    relay_regression,
)
from mlconnector_relay.tunnel.authority import Peer
from mlconnector_relay.tunnel.registry import Agent, InstanceKey, JournalMark, RelayState
from mlconnector_shared import frames

from tests.support.samples import sample

KEY = InstanceKey("acme", "agent-1")
AGENT = Agent(KEY, "ECC", "100", frozenset({"f"}), {}, journal=JournalMark("boot-1", "journal-1", 40))
sequences = st.integers(0, 10**6)


def hello(**facts: Any) -> frames.Hello:
    return msgspec.structs.replace(sample(frames.Hello), **facts)


def test_a_known_certificate_is_admitted() -> None:
    """The record comes back, for everything that follows."""
    assert admit_peer(Peer(KEY, "f"), AGENT) is AGENT


@pytest.mark.parametrize(
    ("agent", "fingerprint", "reason"),
    [
        (None, "f", "unknown_instance"),
        (replace(AGENT, revoked=True), "f", "revoked"),
        (AGENT, "another", "certificate_revoked"),
    ],
)
def test_other_certificates_are_not(agent: Agent | None, fingerprint: str, reason: str) -> None:
    """Each with its reason and what to do."""
    rejection = admit_peer(Peer(KEY, fingerprint), agent)

    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason
    assert "enrol" in rejection.detail


def test_a_hello_that_fits_agrees_on_a_version() -> None:
    """And on the features both know."""
    assert admit_hello(hello(), AGENT) == (1, frozenset({"rows"}))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"instance": "agent-2"}, "wrong_instance"),
        ({"sysid": "QAS"}, "wrong_system"),
        ({"client": "200"}, "wrong_system"),
        ({"protocol_min": 9, "protocol_max": 9}, "no_common_version"),
    ],
)
def test_a_hello_that_does_not_fit_is_rejected(facts: dict[str, Any], reason: str) -> None:
    """Whom the certificate does not name, or what it was not enrolled for."""
    rejection = admit_hello(hello(**facts), AGENT)

    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason


@given(sequences, sequences)
def test_a_journal_may_only_go_forward(known: int, said: int) -> None:
    """The same journal, at or beyond the highest known position: no regression; below it: one."""
    found = regression(hello(journal_sequence=said, acknowledged_sequence=0), AGENT, known)

    assert bool(found) == (said < known)


@given(sequences)
def test_another_journal_is_a_regression_wherever_it_stands(said: int) -> None:
    """Deleted, restored elsewhere, copied: it never saw what we sent."""
    facts = {"journal_id": "journal-2", "journal_sequence": said, "acknowledged_sequence": 0}

    assert "journal changed" in regression(hello(**facts), AGENT, 0)


@given(sequences)
def test_the_first_journal_ever_is_taken_as_it_is(said: int) -> None:
    """After the enrolment there is nothing to compare with."""
    first = replace(AGENT, journal=JournalMark())

    assert regression(hello(journal_sequence=said, acknowledged_sequence=said), first, 0) == ""


def test_a_journal_cannot_end_before_what_was_acknowledged() -> None:
    """Also the very first one."""
    facts = {"journal_sequence": 3, "acknowledged_sequence": 4}

    assert regression(hello(**facts), replace(AGENT, journal=JournalMark()), 0)


@given(st.sampled_from(["i-1", "i-2", ""]), sequences, sequences)
def test_the_relay_went_back_when_an_agent_remembers_more(incarnation: str, remembered: int, ours: int) -> None:
    """Of the same incarnation; a recovery begins another one."""
    said = hello(relay_incarnation=incarnation, relay_high_water=remembered, relay_batch=0, relay_head="")

    assert bool(relay_regression(said, RelayState("i-1", ours))) == (incarnation == "i-1" and remembered > ours)


@pytest.mark.parametrize(
    ("incarnation", "remembered", "ours", "went_back"),
    [
        ("i-1", "aa", "aa", False),
        ("i-1", "aa", "bb", True),
        ("i-1", "aa", "", True),
        ("i-1", "", "bb", False),
        ("i-2", "aa", "bb", False),
    ],
)
def test_a_relay_that_went_another_way_went_back(incarnation: str, remembered: str, ours: str, went_back: bool) -> None:
    """A database that was restored and worked on has a high mark again, but not the batch the agent was shown."""
    said = hello(relay_incarnation=incarnation, relay_high_water=5, relay_batch=3, relay_head=remembered)

    assert bool(relay_regression(said, RelayState("i-1", 99, ours))) == went_back


@pytest.mark.parametrize(
    ("seconds", "warns", "stops"),
    [(0, False, False), (5, False, False), (5.1, True, False), (60, True, False), (60.1, True, True)],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_are_judged_either_way(seconds: float, warns: bool, stops: bool, sign: int) -> None:
    """Above 5 s a warning, above 60 s no postings (rule 11)."""
    standing = clock_standing(timedelta(seconds=sign * seconds))

    assert (standing.warns, standing.stops) == (warns, stops)
