"""The store's quota as its headers tell it."""

import asyncio

from mlconnector_relay.bigcommerce.quota import LONGEST_WAIT_SECONDS, Allowance, Quota, asked_seconds

from tests.support.virtual import VirtualRuntime, virtual


def headers(left: int, reset_ms: int) -> dict[str, str]:
    return {"X-Rate-Limit-Requests-Left": str(left), "X-Rate-Limit-Time-Reset-Ms": str(reset_ms)}


async def ask(quota: Quota) -> float:
    await quota.begin()
    quota.end()
    return asyncio.get_running_loop().time()


@virtual
async def test_requests_beyond_what_is_left_wait_for_the_window_to_end() -> None:
    """Two are left: the third waits for the reset, so that no 429 is provoked."""
    quota = Quota(VirtualRuntime())
    quota.learn(200, headers(2, 12_000))

    assert [await ask(quota) for _ in range(4)] == [0.0, 0.0, 12.0, 12.0]


@virtual
async def test_requests_under_way_count_as_used() -> None:
    """The store may not have counted them when it answered another."""
    quota = Quota(VirtualRuntime())
    await quota.begin()
    quota.learn(200, headers(1, 5_000))

    assert quota.is_used_up
    assert await ask(quota) == 5.0
    assert not quota.is_used_up


@virtual
async def test_one_429_stops_everybody() -> None:
    """Whatever the other headers say."""
    quota = Quota(VirtualRuntime())
    quota.learn(429, {"X-Retry-After": "7"})

    assert quota.is_used_up
    assert await ask(quota) == 7.0


@virtual
async def test_a_429_or_an_answer_without_times_stops_nobody() -> None:
    """The request's own retry has to do."""
    quota = Quota(VirtualRuntime())
    for status, said in ((429, {}), (200, {}), (200, {"X-Rate-Limit-Requests-Left": "0"}), (200, headers(0, 0))):
        quota.learn(status, said)
        assert await ask(quota) == 0.0


@virtual
async def test_an_absurd_reset_is_not_believed() -> None:
    """A store that names a day is asked again within seconds."""
    quota = Quota(VirtualRuntime())
    quota.learn(200, headers(0, 86_400_000))

    assert await ask(quota) == LONGEST_WAIT_SECONDS


def test_the_longest_wait_asked_for_counts() -> None:
    """Anything but a number is nothing said."""
    assert asked_seconds({"X-Retry-After": "3", "X-Rate-Limit-Time-Reset-Ms": "4500"}) == 4.5
    assert asked_seconds({"X-Retry-After": "soon", "X-Rate-Limit-Time-Reset-Ms": "-1"}) is None


@virtual
async def test_a_documented_quota_is_kept_without_any_header() -> None:
    """So many requests in a window of our own; a 429 that says nothing waits for the next, or as long as we ever do."""
    quota = Quota(VirtualRuntime(), Allowance(2, 20.0))

    assert [await ask(quota) for _ in range(5)] == [0.0, 0.0, 20.0, 20.0, 40.0]
    quota.learn(429, {})
    assert quota.is_used_up
    assert await ask(quota) == 60.0
