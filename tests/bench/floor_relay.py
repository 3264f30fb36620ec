"""The floor's relay of P2: calls over the floor's tunnel."""

import asyncio
import itertools
import json
import sys
from pathlib import Path
from typing import Any

from .drive import drive
from .floor_tunnel import MESSAGE_BYTES, FloorRelay
from .workers import answer_commands

__all__ = ["main"]


async def main(plan: dict[str, Any]) -> None:
    """Serve until input ends."""
    relay, numbers, body = FloorRelay(), itertools.count(1), bytes(MESSAGE_BYTES)
    port = await relay.listen(Path(plan["certificate"]))
    await answer_commands(
        {"port": port}, lambda command: drive(lambda number: relay.call(str(number), body), numbers, command)
    )


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
