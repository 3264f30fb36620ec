"""Long-lived tasks under watch: each has a name and a metric, and its end is noticed."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime, backoff
from prometheus_client import Counter

__all__ = ["TaskEnded", "supervise"]

_log = structlog.get_logger(__name__)
_restarts = Counter("mlconnector_task_restarts_total", "Long-lived tasks that failed and were started again", ["task"])

LONGEST_PAUSE_SECONDS: Final = 30.0
HEALTHY_AFTER_SECONDS: Final = 60.0


class TaskEnded(ConnectorError):
    """A task that should run until stopped returned by itself."""


async def supervise(name: str, body: Callable[[], Awaitable[None]], runtime: Runtime) -> None:
    """Run a loop for ever: when it fails it is logged, counted and started again after a growing pause.

    Cancelling this ends the loop; nothing else does.
    """
    failures = 0
    while True:
        started = runtime.monotonic()
        try:
            await body()
            raise TaskEnded(f"task {name} returned")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001  the last line of defence: logged, counted, bounded
            healthy = runtime.monotonic() - started > HEALTHY_AFTER_SECONDS
            failures = 1 if healthy else failures + 1
            pause = backoff(failures, 0.5, LONGEST_PAUSE_SECONDS, runtime.random())
            _restarts.labels(name).inc()
            _log.error("task.failed", task=name, error=repr(error), again_in_seconds=round(pause, 1), exc_info=True)
            await runtime.sleep(pause)
