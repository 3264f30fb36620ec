"""The quota is a fixed window, and its headers tell what is left."""

from mlconnector_sandbox.store.limits import QuotaSettings, RateLimit


def test_quota_is_used_up_and_comes_back() -> None:
    """Within a window so many and no more."""
    limit = RateLimit()
    limit.configure(QuotaSettings(quota=2, window_ms=60_000))

    assert [limit.take() for _ in range(3)] == [True, True, False]
    headers = limit.headers()
    assert (headers["X-Rate-Limit-Requests-Quota"], headers["X-Rate-Limit-Requests-Left"]) == ("2", "0")
    assert 0 < int(headers["X-Rate-Limit-Time-Reset-Ms"]) <= 60_000
    assert limit.retry_after() == "60"


def test_next_window_begins_anew() -> None:
    """A window that has ended does not count."""
    limit = RateLimit()
    limit.configure(QuotaSettings(quota=1, window_ms=1))
    limit.take()
    while not limit.take():
        pass

    assert limit.headers()["X-Rate-Limit-Requests-Left"] == "0"


def test_smaller_quota_applies_to_the_running_window() -> None:
    """As when other apps take their share."""
    limit = RateLimit()
    for _ in range(3):
        limit.take()
    limit.configure(QuotaSettings(quota=3))

    assert not limit.take()
