"""Waiting before another try."""

from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared.runtime import backoff

jitters = st.floats(0, 1, exclude_max=True)


def test_waits_double_until_the_cap() -> None:
    """Without jitter's random half the wait is half of a doubling series."""
    assert [backoff(attempt, 1.0, 60.0, 0.0) for attempt in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


@given(attempt=st.integers(1, 10**9), base=st.floats(0.001, 10), cap=st.floats(0.001, 3600), jitter=jitters)
def test_a_wait_is_between_half_and_all_of_the_cap(attempt: int, base: float, cap: float, jitter: float) -> None:
    """However many tries failed: never longer than the cap, never nothing."""
    seconds = backoff(attempt, base, cap, jitter)

    assert 0 < min(cap, base) / 2 <= seconds <= cap


@given(attempt=st.integers(1, 100), jitter=jitters)
def test_jitter_spreads_the_second_half(attempt: int, jitter: float) -> None:
    """Many agents that lost the same relay do not come back together."""
    least, most = backoff(attempt, 1.0, 60.0, 0.0), backoff(attempt, 1.0, 60.0, 1.0)

    assert least <= backoff(attempt, 1.0, 60.0, jitter) <= most
    assert most == 2 * least
