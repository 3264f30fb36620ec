"""Named points where a test can hold the agent, so that it is killed exactly there. A production configuration refuses.

after_intent      the intent is durable, SAP has not been asked anything
before_post       the look-up found nothing, `called` is durable, POST has not been sent
after_post        POST has returned, nothing about it is durable yet
before_commit     `commit_sent` is durable, COMMIT has not been sent
after_commit      COMMIT has returned, nothing about it is durable yet
"""

from pathlib import Path
from typing import Final

from mlconnector_shared.runtime import Runtime

__all__ = ["POINTS", "Failpoints"]

POINTS: Final = frozenset({"after_intent", "before_post", "after_post", "before_commit", "after_commit"})
"""The names an environment may arm."""


class Failpoints:
    """At most one armed point; reaching it leaves a file and never returns.

    Args:
        armed: name of the point, or empty for none.
        folder: where `failpoint.<name>` appears once the point is reached.
        runtime: waits.
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
