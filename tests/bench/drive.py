"""Keeps so many calls in flight for so long, and says how many were answered and how long one took."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from .figures import percentile

__all__ = ["drive"]


async def drive(
    call: Callable[[int], Awaitable[object]], numbers: "itertools.count[int]", command: dict[str, Any]
) -> dict[str, float]:
    """Call again and again, `in_flight` at once, for `seconds`."""
    taken: list[float] = []
    began = time.perf_counter()
    end = began + float(command["seconds"])

    async def one_after_the_other() -> None:
        while (start := time.perf_counter()) < end:
            await call(next(numbers))
            taken.append(time.perf_counter() - start)

    await asyncio.gather(*(one_after_the_other() for _ in range(int(command["in_flight"]))))
    return {
        "count": len(taken),
        "per_second": len(taken) / (time.perf_counter() - began),
        "p50": percentile(taken, 0.5) * 1000,
        "p99": percentile(taken, 0.99) * 1000,
    }
