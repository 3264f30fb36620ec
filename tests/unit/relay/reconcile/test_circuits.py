"""The circuit of a store: opened by failures in a row, for longer each time, closed by one answer."""

from mlconnector_relay.db.jobs import StoreKey
from mlconnector_relay.reconcile.circuits import FAILURES, LONGEST_PAUSE_SECONDS, StoreCircuits

SHOP, OTHER = StoreKey("acme", "abc123"), StoreKey("acme", "def456")


def opened(circuits: StoreCircuits, now: float) -> float:
    for _ in range(FAILURES):
        circuits.failed(SHOP, now, jitter=1.0)
    return now


def test_a_failure_or_two_close_nothing() -> None:
    """One may be chance; and other stores are never affected."""
    circuits = StoreCircuits()
    for _ in range(FAILURES - 1):
        assert not circuits.failed(SHOP, 0.0, jitter=0.0)

    assert not circuits.open_(0.0)


def test_failures_in_a_row_open_it_and_only_it() -> None:
    """The store is left alone until the pause is over."""
    circuits = StoreCircuits()
    opened(circuits, 100.0)

    assert circuits.open_(100.0) == {SHOP}
    assert OTHER not in circuits.open_(100.0)
    assert not circuits.open_(100.0 + LONGEST_PAUSE_SECONDS)


def test_jobs_that_were_under_way_do_not_prolong_it() -> None:
    """Sixteen requests that fail together are one outage."""
    circuits = StoreCircuits()
    opened(circuits, 0.0)

    assert not circuits.failed(SHOP, 1.0, jitter=1.0)


def test_it_stays_open_for_longer_each_time_up_to_a_cap() -> None:
    """A store that is away for hours is asked every few minutes."""
    circuits, now, pauses = StoreCircuits(), 0.0, []
    opened(circuits, now)
    for _ in range(20):
        began = now
        while circuits.open_(now):
            now += 1.0
        pauses.append(now - began)
        circuits.failed(SHOP, now, jitter=1.0)

    assert pauses[0] < pauses[1] < pauses[2]
    assert max(pauses) <= LONGEST_PAUSE_SECONDS + 1


def test_one_answer_closes_it() -> None:
    """And the next failure counts as the first."""
    circuits = StoreCircuits()
    opened(circuits, 0.0)

    assert circuits.answered(SHOP)
    assert not circuits.open_(0.0)
    assert not circuits.answered(SHOP)
    assert not circuits.failed(SHOP, 0.0, jitter=0.0)
