"""The relay's end of the tunnel in P2 and P3: the real endpoint and dispatcher, over a registry in memory."""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import mlconnector_relay.app  # noqa: F401  the memory of a relay is that of all its modules
from aiohttp import web
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.tunnel.enrolment import Enrolment, issue_token
from mlconnector_relay.tunnel.registry import System
from mlconnector_shared.envelope import Audience, CallEnvelope, Post, ReadTable, ResultEnvelope

from tests.support.landing import Landing
from tests.support.postings import a_call

from .drive import drive
from .workers import answer_commands

__all__ = ["main"]

SYSTEM = System("acme", "ECC", "100")
POSTING_SECONDS = 30.0
"""How long a posting may take before the benchmark ends: its agent is stuck, and its log says why."""


class _Side:
    """The relay's end and what can be asked of it."""

    def __init__(self, state: Path) -> None:
        self.landing = Landing(state, SystemRuntime())
        self._numbers = itertools.count(1)
        self._answers: dict[str, asyncio.Future[ResultEnvelope]] = {}
        self.landing.sink.result = self._result  # type: ignore[method-assign,assignment]

    async def act(self, command: dict[str, Any]) -> dict[str, Any]:
        match command["do"]:
            case "post":
                return await drive(self._post_in_time, self._numbers, command)
            case "read":
                return await self._read(command)
            case "read_and_post":
                reading = asyncio.create_task(self._read(command))
                posted = await self._one_by_one(reading.done)
                return {**await reading, "posted_ms": posted}
            case "post_beside":
                end = time.perf_counter() + float(command["seconds"])
                return {"posted_ms": await self._one_by_one(lambda: time.perf_counter() > end)}
            case other:
                raise ValueError(other)

    async def _one_by_one(self, is_over: Callable[[], bool]) -> list[float]:
        taken: list[float] = []
        while not is_over():
            began = time.perf_counter()
            await self._post_in_time(next(self._numbers))
            taken.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)
        return taken

    async def _result(self, _tenant: str, result: ResultEnvelope, _sealed: bytes) -> None:
        future = self._answers.pop(result.envelope_id, None)
        if future is not None:
            future.set_result(result)

    async def _post_in_time(self, number: int) -> None:
        try:
            async with asyncio.timeout(POSTING_SECONDS):
                await self._post(number)
        except TimeoutError as error:
            raise RuntimeError(f"posting {number} was not answered within {POSTING_SECONDS:.0f} s") from error

    async def _post(self, number: int) -> None:
        landing = self.landing
        slot = await landing.dispatcher.acquire(*SYSTEM)
        now, posting_id = landing.runtime.now(), f"acme/abc123/{number}/invoice/1/1"
        envelope = CallEnvelope(
            envelope_id=f"{posting_id}#1",
            posting_id=posting_id,
            audience=Audience("acme", slot.instance, "ECC", "100"),
            issued_at=now,
            not_after=now + timedelta(seconds=60),
            fencing_token=slot.fencing_token,
            work=Post(a_call(f"B1-{number}-I", USERNAME="")),
        )
        answer = self._answers[envelope.envelope_id] = asyncio.get_running_loop().create_future()
        await landing.dispatcher.send(slot, envelope)
        result = await answer
        if result.outcome != "posted":
            raise RuntimeError(f"{envelope.envelope_id}: {result.outcome} {result.reason} {result.detail}")

    async def _read(self, command: dict[str, Any]) -> dict[str, Any]:
        work = ReadTable("ZMLC_BULK", tuple(command["fields"]), key=("MATNR",))
        began, rows = time.perf_counter(), 0
        async for chunk in self.landing.dispatcher.read_table(*SYSTEM, work):
            rows += len(chunk)
        return {"rows": rows, "per_second": rows / (time.perf_counter() - began)}


async def main(plan: dict[str, Any]) -> None:
    """Serve until input ends."""
    side = _Side(Path(plan["folder"]) / "relay")
    landing = side.landing
    port = await landing.endpoint.listen("127.0.0.1", 0, ["localhost", "127.0.0.1"])
    application = web.Application()
    tunnel_url = f"wss://127.0.0.1:{port}"
    Enrolment(landing.authority, landing.identity, landing.registry, landing.runtime, tunnel_url).register(application)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    token = await issue_token(
        landing.registry, landing.authority, landing.runtime, url=url, system=SYSTEM, instance="agent-1"
    )
    await answer_commands({"token": token}, side.act)
    await landing.endpoint.drain(1)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
