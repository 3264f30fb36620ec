"""The retry schedule is the documented one."""

from mlconnector_sandbox.store.deliveries import RETRY_DELAYS, Attempt, next_delay


def test_eleven_retries_in_forty_eight_hours() -> None:
    """60 s after the first failure, a day after the eleventh, then no more."""
    assert [next_delay(failures) for failures in range(1, 13)] == [*RETRY_DELAYS, None]
    assert (len(RETRY_DELAYS), sum(RETRY_DELAYS)) == (11, 173_040)


def test_only_2xx_counts_as_received() -> None:
    """A redirect, an error and silence are failures."""
    answers = [Attempt(0.0, status, "", 0.0).accepted for status in (200, 204, 299, 301, 404, 503, None)]

    assert answers == [True, True, True, False, False, False, False]
