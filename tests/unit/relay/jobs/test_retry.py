"""When a job is tried again: a pure decision over the failure and its count."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.errors import (
    StoreNotFound,
    StoreRateLimited,
    StoreUnauthorized,
    StoreUnavailable,
)
from mlconnector_relay.db.outcomes import Cause, Failed, Parked, Retry
from mlconnector_relay.jobs.retry import LONGEST_ASKED_SECONDS, LONGEST_PAUSE_SECONDS, MAX_DEFECTS, Failure, decide
from mlconnector_shared.errors import ConnectorError

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Passing(ConnectorError):
    """Heals by itself."""

    retryable: ClassVar[bool] = True


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 2), (1, 4), (2, 8), (8, 512), (9, 900), (1000, 900)])
def test_what_heals_by_itself_is_tried_for_ever_at_growing_pauses(attempts: int, seconds: float) -> None:
    """Pauses double up to a quarter of an hour; nothing is given up."""
    decision = decide(Failure.of(Passing("away")), attempts, NOW, jitter=0.999999)

    assert isinstance(decision, Retry)
    assert decision.at - NOW <= timedelta(seconds=seconds)
    assert decision.at - NOW > timedelta(seconds=seconds * 0.99)


@given(attempts=st.integers(0, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_nothing_and_never_endless(attempts: int, jitter: float) -> None:
    """Every retry waits at least a second and at most the longest pause."""
    decision = decide(Failure.of(Passing("away")), attempts, NOW, jitter)

    assert isinstance(decision, Retry)
    assert 1 <= (decision.at - NOW).total_seconds() <= LONGEST_PAUSE_SECONDS


def test_jitter_spreads_retries() -> None:
    """Half of the pause is random, so that many jobs do not return together."""
    pauses = [decide(Failure.of(Passing("away")), 3, NOW, jitter).at for jitter in (0.0, 0.5, 0.9)]  # type: ignore[union-attr]

    assert pauses == sorted(set(pauses))


@pytest.mark.parametrize("asked", [7200.0, 1e9, 999_999_999_999.0])
def test_a_store_that_asks_for_years_is_asked_within_the_hour(asked: float) -> None:
    """Also where no calendar reaches that far."""
    away = StoreUnavailable("GET", "/v2/orders/1", "away", 503, asked)

    decision = decide(Failure.of(away), 0, NOW, 0.5)
    assert isinstance(decision, Retry)
    assert decision.at == NOW + timedelta(seconds=LONGEST_ASKED_SECONDS)


def test_a_store_that_names_its_pause_is_heard() -> None:
    """A rate limit's own pause is kept when it is longer than ours."""
    limited = StoreRateLimited("GET", "/v2/orders/1", "quota", 429, retry_after=120.0)

    assert decide(Failure.of(limited), 0, NOW, 0.5) == Retry(
        NOW + timedelta(seconds=120), "store_rate_limited: GET /v2/orders/1: quota"
    )


def test_absence_is_no_reason_to_give_up() -> None:
    """A 404 proves nothing: the order is looked for again."""
    assert isinstance(decide(Failure.of(StoreNotFound("GET", "/v2/orders/1", "absent", 404)), 50, NOW, 0.5), Retry)


def test_what_a_person_must_cure_is_parked_with_its_cause() -> None:
    """Trying a wrong token again cannot help; all orders of that cause wait for one cure, at its owner."""
    wrong = StoreUnauthorized("GET", "/v2/orders/1", "token", 401)

    sentence = "store_unauthorized: GET /v2/orders/1: token"
    assert decide(Failure.of(wrong), 0, NOW, 0.5) == Parked(
        (Cause("failure:store_unauthorized", sentence, "store"),), sentence, "store"
    )


def test_other_final_errors_are_the_relays() -> None:
    """An error without an owner of its own is parked for the operator of the relay."""
    parked = decide(Failure.of(ConnectorError("broken")), 0, NOW, 0.5)

    assert isinstance(parked, Parked)
    assert parked.owner == "relay"


@pytest.mark.parametrize("attempts", range(MAX_DEFECTS + 2))
def test_a_defect_is_tried_a_few_times_then_fails(attempts: int) -> None:
    """A defect of ours is visible after a handful of tries, with its type and message."""
    decision = decide(Failure.defect(KeyError("total")), attempts, NOW, 0.5)

    if attempts + 1 < MAX_DEFECTS:
        assert isinstance(decision, Retry)
    else:
        assert decision == Failed("defect: KeyError: 'total'")


def test_an_error_without_a_pause_uses_ours() -> None:
    """A store error that names no pause is retried after our own."""
    away = StoreUnavailable("GET", "/v2/orders/1", "503", 503)

    assert isinstance(decide(Failure.of(away), 0, NOW, 0.0), Retry)
