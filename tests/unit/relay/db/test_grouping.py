"""Items that arrive while a commit is under way share the next one; each hears its own result."""

import asyncio
from collections.abc import Sequence

import pytest
from mlconnector_relay.db.grouping import MAX_GROUP, Grouped


class Commits:
    """Doubles every number; holds the disk until it is released; -1 fails alone, -2 fails the whole commit."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.disk = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(items))
        await self.disk.wait()
        if -2 in items:
            raise OSError("disk")
        return [ValueError("item") if item == -1 else item * 2 for item in items]


async def submitted(grouped: Grouped[int, int], items: Sequence[int]) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(grouped.submit(item)) for item in items]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_items_waiting_for_the_disk_share_a_commit() -> None:
    """The first goes alone; those that come meanwhile go together, in order, each with its own result."""
    commits = Commits()
    grouped = Grouped(commits)
    first = await submitted(grouped, [1])
    rest = await submitted(grouped, [2, 3, 4])
    commits.disk.set()

    assert [await task for task in first + rest] == [2, 4, 6, 8]
    assert commits.groups == [[1], [2, 3, 4]]


async def test_an_items_error_is_its_own() -> None:
    """One failure in a commit is told to its item only."""
    commits = Commits()
    commits.disk.set()
    told = await asyncio.gather(*await submitted(Grouped(commits), [1, -1, 3]), return_exceptions=True)

    assert [told[0], type(told[1]), told[2]] == [2, ValueError, 6]


async def test_a_failed_commit_is_told_to_all_of_it_and_the_next_goes_on() -> None:
    """Nobody waits for ever; what comes later is committed."""
    commits = Commits()
    grouped = Grouped(commits)
    failed = await submitted(grouped, [-2, 1])
    later = await submitted(grouped, [5])
    commits.disk.set()

    assert [type(one) for one in await asyncio.gather(*failed, return_exceptions=True)] == [OSError, OSError]
    assert await later[0] == 10


async def test_a_commit_is_not_larger_than_its_limit() -> None:
    """Many waiting items are several commits."""
    commits = Commits()
    commits.disk.set()
    tasks = await submitted(Grouped(commits), range(MAX_GROUP * 2 + 1))

    assert [await task for task in tasks] == [item * 2 for item in range(MAX_GROUP * 2 + 1)]
    assert [len(group) for group in commits.groups] == [MAX_GROUP, MAX_GROUP, 1]


async def test_an_item_whose_waiter_gave_up_is_left_out_or_ignored() -> None:
    """Cancelled before its commit it is not applied; cancelled during it, its result goes nowhere."""
    commits = Commits()
    grouped = Grouped(commits)
    running = await submitted(grouped, [1])
    waiting = await submitted(grouped, [2, 3])
    running[0].cancel()
    waiting[0].cancel()
    await asyncio.sleep(0)
    commits.disk.set()

    assert await waiting[1] == 6
    assert commits.groups == [[1], [3]]


async def test_cancelling_the_commit_itself_wakes_every_waiter() -> None:
    """When the process ends in the middle of a commit, nobody hangs."""
    grouped = Grouped(Commits())
    tasks = [*await submitted(grouped, [1, 2]), *await submitted(grouped, [3])]
    [commit] = [task for task in asyncio.all_tasks() if task.get_name() == "group commit"]
    commit.cancel()

    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in told)
    with pytest.raises(asyncio.CancelledError):
        await commit
