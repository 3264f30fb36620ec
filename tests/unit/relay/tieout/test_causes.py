"""Every cause of a difference has an owner and a next step."""

from typing import get_args

from mlconnector_relay.tieout.causes import CAUSES, PENDING, Cause


def test_every_cause_says_what_is_next() -> None:
    """Whoever must look is named; what a state excuses is never wrong."""
    assert set(CAUSES) == set(get_args(Cause))
    assert all(about.step and (about.owner != "nobody" or not about.wrong) for about in CAUSES.values())
    assert not any(CAUSES[cause].wrong for cause in PENDING.values())
