"""The store's time can be another for a while."""

from datetime import UTC, datetime, timedelta

from mlconnector_sandbox.store.clock import Clock

LONG_AGO = datetime(2020, 2, 29, 12, tzinfo=UTC)


def test_time_goes_on_after_a_moment() -> None:
    """Whatever happened in it."""
    clock = Clock()
    with clock.at(LONG_AGO):
        assert clock.now() == LONG_AGO

    assert datetime.now(UTC) - clock.now() < timedelta(minutes=1)
