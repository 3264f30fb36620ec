"""What looks at SAP prove: hours of looks, weighed in no time (times are arguments here, nobody waits)."""

from dataclasses import replace

import pytest
from mlconnector_agent.luw.documents import Found
from mlconnector_agent.luw.lookup import UpdateRequest
from mlconnector_agent.luw.proof import Absent, Conflict, Doubt, Observation, Present, Record, Verdict, weigh
from mlconnector_agent.luw.settings import LuwSettings
from mlconnector_agent.luw.sighting import Sighting

SETTINGS = LuwSettings("agent-1", ("1000",))
KEY = "180000000010002026"
NOTHING = Observation(0.0, Sighting(), "100000000010002026", sentinel_found=True, update_requests=())
OURS = replace(NOTHING, sighting=Sighting(ours=KEY))
FOREIGN = replace(NOTHING, sighting=Sighting(foreign="document X carries our reference"))
TWIN = Found("1000", "1800000000", "2026", "DR", "20260101", "20260101", "EUR", "MLC_RFC1", "", "0000", "X")
OPEN = UpdateRequest("K1", "20260101120000", is_open=True)
FAILED = UpdateRequest("K1", "20260101120000", is_open=False)


def _verdicts(*looks: tuple[float, Observation]) -> list[Verdict]:
    record, verdicts = Record(), []
    for at, look in looks:
        record, verdict = weigh(record, replace(look, at=at), SETTINGS)
        verdicts.append(verdict)
    return verdicts


def test_presence_needs_a_second_sighting() -> None:
    """Once is an uncommitted row perhaps; twice, a settle interval apart, is a document."""
    assert _verdicts((0, OURS), (1.9, OURS), (2.0, OURS))[1:] == [_verdicts((0, OURS))[0], Present(KEY)]


def test_a_row_that_vanishes_is_not_present() -> None:
    """Seen, gone, seen again: the interval begins anew, and absence has its own window."""
    looks = ((0, OURS), (3, NOTHING), (4, OURS), (5, OURS))
    assert [type(verdict) for verdict in _verdicts(*looks)] == [Doubt] * 4


def test_a_row_of_a_running_update_does_not_count() -> None:
    """While our user's update runs the row may be taken back: no sighting counts."""
    visible = replace(OURS, update_requests=(OPEN,))
    assert isinstance(_verdicts((0, visible), (60, visible))[-1], Doubt)
    assert _verdicts((0, visible), (60, OURS), (62, OURS))[-1] == Present(KEY)


def test_absence_needs_the_whole_window() -> None:
    """Empty looks from the first to the last, at least the settle window apart."""
    assert isinstance(_verdicts((0, NOTHING), (659, NOTHING))[-1], Doubt)
    assert _verdicts((0, NOTHING), (300, NOTHING), (660, NOTHING))[-1] == Absent()


def test_an_update_stopped_for_half_an_hour() -> None:
    """Update stopped for 30 minutes: in doubt throughout; released and found: present, never absent."""
    stopped = replace(NOTHING, update_requests=(OPEN,))
    looks = [(float(at), stopped) for at in range(0, 1800, 60)]
    verdicts = _verdicts(*looks, (1800.0, OURS), (1802.0, OURS))
    assert {type(verdict) for verdict in verdicts[:-1]} == {Doubt}
    assert verdicts[-1] == Present(KEY)


@pytest.mark.parametrize(
    ("obstacle", "needs"),
    [
        (replace(NOTHING, update_requests=(OPEN,)), ""),
        (replace(NOTHING, update_requests=(FAILED,)), "sm13"),
        (replace(NOTHING, update_requests=None), "vbhdr"),
        (replace(NOTHING, sentinel=""), ""),
        (replace(NOTHING, sentinel_found=False), ""),
        (replace(NOTHING, sighting=Sighting(lookalike=TWIN)), "reference"),
    ],
)
def test_what_stands_against_absence(obstacle: Observation, needs: str) -> None:
    """Such a look proves nothing, however often it is repeated, and lets the window begin anew."""
    verdict = _verdicts((0, obstacle), (10_000, obstacle))[-1]
    assert isinstance(verdict, Doubt)
    assert verdict.needs == needs
    assert isinstance(_verdicts((0, NOTHING), (600, obstacle), (660, NOTHING))[-1], Doubt)
    assert _verdicts((0, NOTHING), (600, obstacle), (660, NOTHING), (1320, NOTHING))[-1] == Absent()


def test_a_failed_update_does_not_hide_what_is_there() -> None:
    """A failed request keeps a posting from being absent; a document seen twice is there all the same."""
    assert _verdicts((0, replace(OURS, update_requests=(FAILED,))), (2, OURS))[-1] == Present(KEY)


def test_a_foreign_document_is_a_conflict_at_the_second_sighting() -> None:
    """It might be a row that vanishes, too."""
    assert isinstance(_verdicts((0, FOREIGN))[0], Doubt)
    assert _verdicts((0, FOREIGN), (2, FOREIGN))[-1] == Conflict("document X carries our reference")
