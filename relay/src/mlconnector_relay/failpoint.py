"""Named points where a test can hold the relay, so that it is killed exactly there. A production configuration refuses.

before_intent     an order is planned, the slot is taken, nothing of the posting is written down
after_intent      intent, envelope and audit are durable, nothing has been sent
before_result     an agent's result has arrived, nothing of it is written down
after_result      the result is durable, the agent has not been told so
"""

from pathlib import Path
from typing import Final

from mlconnector_shared.runtime import Runtime

__all__ = ["POINTS", "Failpoints"]

POINTS: Final = frozenset({"before_intent", "after_intent", "before_result", "after_result"})
"""The names an environment may arm."""


class Failpoints:
    """At most one armed point; reaching it leaves a file and never returns.

    Args:
        armed: name of the point, or empty for none.
        folder: where `failpoint.<name>` appears once the point is reached.
        runtime: waits.

    Raises:
        ValueError: there is no such point.
    """

    def __init__(self, armed: str, folder: Path, runtime: Runtime) -> None:
        if armed and armed not in POINTS:
            raise ValueError(f"there is no failpoint {armed!r}; known: {', '.join(sorted(POINTS))}")
        self._armed = armed
        self._folder = folder
        self._runtime = runtime

    async def reach(self, name: str) -> None:
        """Pass the point, or be held at it for ever."""
        if name != self._armed:
            return
        (self._folder / f"failpoint.{name}").touch()
        while True:
            await self._runtime.sleep(3600.0)
