"""The agent of P2: the whole agent, but its RFC sessions answer at once and call nobody."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from mlconnector_agent import app
from mlconnector_agent.config.loading import load_settings
from mlconnector_agent.logs import configure
from mlconnector_agent.rfc.pool import Purpose
from mlconnector_agent.rfc.session import SystemFacts, TablePage
from mlconnector_agent.rfc.settings import RfcSettings
from mlconnector_agent.runtime import SystemRuntime

from .workers import answer_commands

__all__ = ["main"]

QUOTED = re.compile(r"'([^']+)'")
FACTS = SystemFacts("ECC", "100", "MLC_RFC", "nowhere", "701", "7.50.0", 0)


class _Session:
    """Takes every document, gives it a number, and finds it again."""

    user = FACTS.user
    facts = FACTS
    has_ended = False

    def __init__(self, pool: "NoOpPool") -> None:
        self._pool = pool
        self._posted: dict[str, str] = {}

    async def call(self, function: str, parameters: dict[str, Any], _seconds: float) -> dict[str, Any]:
        if function == "BAPI_ACC_DOCUMENT_POST":
            header = parameters["DOCUMENTHEADER"]
            number, year = f"{next(self._pool.numbers):010d}", header["PSTNG_DATE"][:4]
            self._posted = {
                "BUKRS": "1000",
                "BELNR": number,
                "GJAHR": year,
                "BLART": "DR",
                "BLDAT": header["DOC_DATE"],
                "BUDAT": header["PSTNG_DATE"],
                "WAERS": "EUR",
                "USNAM": FACTS.user,
                "XBLNR": header["REF_DOC_NO"],
            }
            message = {"TYPE": "S", "ID": "RW", "NUMBER": "605", "MESSAGE": "Document posted"}
            return {"OBJ_KEY": f"{number}1000{year}", "RETURN": [message]}
        for name in ("XBLNR", "BELNR"):
            self._pool.books[self._posted[name]] = self._posted
        return {"RETURN": {}}

    async def read_table(
        self, _table: str, fields: list[str], options: list[str], _count: int, _seconds: float, _skips: int = 0
    ) -> TablePage:
        named = QUOTED.findall(" ".join(options))
        found = [self._pool.books[name] for name in named if name in self._pool.books]
        return TablePage([], [[row.get(field, "") for field in fields] for row in found])

    async def ping(self, _seconds: float) -> None:
        return

    async def end(self) -> None:
        return


class NoOpPool:
    """Has a session for everybody."""

    outage = None

    def __init__(self, settings: RfcSettings, _runtime: object) -> None:
        self.settings = settings
        self.numbers = iter(range(1, 10_000_000_000))
        self.books: dict[str, dict[str, str]] = {}

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return

    async def probe(self) -> SystemFacts:
        return FACTS

    @asynccontextmanager
    async def session(self, _purpose: Purpose) -> AsyncIterator[_Session]:
        yield _Session(self)


async def main(plan: dict[str, Any]) -> None:
    """Run the agent until input ends."""
    vars(app)["RfcPool"] = NoOpPool
    settings = load_settings(Path(plan["config"]))
    # More at once than any pool of real connections may have.
    pool = msgspec.structs.replace(settings.pool, write_connections=plan["write_slots"])
    runtime = SystemRuntime()
    configure(runtime, file=Path(plan["config"]).with_name("agent-run.log"), level="info")
    agent = app.Agent(msgspec.structs.replace(settings, pool=pool), runtime)
    running = asyncio.create_task(agent.run())

    async def nothing(_command: dict[str, Any]) -> dict[str, Any]:
        return {}

    await answer_commands({}, nothing)
    agent.stop()
    await running


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
