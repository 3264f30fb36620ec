"""The floor's agent: each call is journaled durably, so many times as the plan says, before it is answered."""

import asyncio
import json
import sys
from pathlib import Path

from .floor_tunnel import answer_calls
from .grouped_log import GroupedLog
from .workers import answer_commands

__all__ = ["main"]


async def main(plan: dict[str, object]) -> None:
    """Serve until input ends."""
    journal = GroupedLog(Path(str(plan["folder"])) / "floor-agent.db")
    writes = int(str(plan["journal_writes"]))

    async def act(key: str, body: bytes) -> None:
        for number in range(writes):
            await journal.append(f"{key}/{number}", body)

    async def nothing(_command: dict[str, object]) -> dict[str, object]:
        return {}

    serving = asyncio.create_task(answer_calls(int(str(plan["port"])), Path(str(plan["certificate"])), act))
    await answer_commands({}, nothing)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
