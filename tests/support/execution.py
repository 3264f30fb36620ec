"""The agent's execution half on a state folder: pool, journal and executor, against an ECC simulator process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mlconnector_agent.failpoint import Failpoints
from mlconnector_agent.journal.journal import Journal
from mlconnector_agent.luw.executor import Executor
from mlconnector_agent.luw.settings import LuwSettings
from mlconnector_agent.rfc.pool import RfcPool
from mlconnector_agent.rfc.settings import RfcSettings, RfcUser
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Post, ResultEnvelope, Write

from tests.support.postings import a_call, an_envelope, sealed
from tests.support.sdk import sdk_home

__all__ = ["Execution", "an_execution", "luw_settings", "rfc_settings"]

PASSWORD = "mlc-secret"


def rfc_settings(sysnr: str, state_dir: Path, **changes: Any) -> RfcSettings:
    """Give settings that reach the simulator at this system number."""
    users = (RfcUser("MLC_RFC1", PASSWORD), RfcUser("MLC_RFC2", PASSWORD))
    values: dict[str, Any] = {
        "destination": {"ashost": "127.0.0.1", "sysnr": sysnr},
        "client": "100",
        "sysid": "ECC",
        "users": users,
        "state_dir": state_dir,
        "sdk_home": str(sdk_home()),
        "write_connections": 1,
        "read_connections": 1,
        **changes,
    }
    return RfcSettings(**values)


def luw_settings(**changes: Any) -> LuwSettings:
    """Give settings whose windows suit a test."""
    values: dict[str, Any] = {
        "instance": "agent-1",
        "company_codes": ("1000", "2000", "3000"),
        "settle_interval_seconds": 0.2,
        "settle_window_seconds": 1.0,
        "resolve_base_seconds": 0.1,
        "resolve_cap_seconds": 0.3,
        **changes,
    }
    return LuwSettings(**values)


@dataclass
class Execution:
    """The execution half, and what it told its observer."""

    runtime: SystemRuntime
    pool: RfcPool
    journal: Journal
    executor: Executor
    phases: list[tuple[str, str]] = field(default_factory=list)

    async def post(self, reference: str, order: int = 1000123, attempt: int = 1, **call: Any) -> ResultEnvelope:
        """Post the invoice of an order under this reference."""
        envelope = an_envelope(Post(a_call(reference, **call)), self.runtime.now(), order, attempt)
        return await self.executor.post(envelope, sealed(envelope))

    async def post_call(self, call: BapiCall, order: int = 1000123, **envelope: Any) -> ResultEnvelope:
        """Post a call."""
        return await self.do(Post(call), order, **envelope)

    async def do(self, work: Write, order: int = 1000123, **envelope: Any) -> ResultEnvelope:
        """Carry out a step of an order."""
        value = an_envelope(work, self.runtime.now(), order, **envelope)
        return await self.executor.post(value, sealed(value))

    async def settled(self, seconds: float = 20.0) -> list[ResultEnvelope]:
        """Let the resolver look until nothing is open; give what it told."""
        told: list[ResultEnvelope] = []
        end = self.runtime.monotonic() + seconds
        while await self.journal.open_postings():
            told += [result async for result in self.executor.resolver.settle()]
            if self.runtime.monotonic() > end:
                raise TimeoutError(f"still open after {seconds} s; told {told}")
            await self.runtime.sleep(0.05)
        return told

    async def looks(self, seconds: float) -> list[ResultEnvelope]:
        """Let the resolver look for a while; give what it told."""
        told: list[ResultEnvelope] = []
        end = self.runtime.monotonic() + seconds
        while self.runtime.monotonic() < end:
            told += [result async for result in self.executor.resolver.settle()]
            await self.runtime.sleep(0.05)
        return told


@asynccontextmanager
async def an_execution(
    sysnr: str,
    state_dir: Path,
    *,
    failpoint: str = "",
    luw: LuwSettings | None = None,
    **rfc: Any,
) -> AsyncIterator[Execution]:
    """Run the execution half on a state folder."""
    runtime = SystemRuntime()
    pool = RfcPool(rfc_settings(sysnr, state_dir, **rfc), runtime)
    journal = await Journal.open(state_dir / "journal.db", runtime)
    phases: list[tuple[str, str]] = []

    def observe(envelope_id: str, phase: str, _at: datetime) -> None:
        phases.append((envelope_id, phase))

    failpoints = Failpoints(failpoint, state_dir, runtime)
    executor = Executor(pool, journal, luw or luw_settings(), runtime, observe, failpoints)
    await pool.start()
    try:
        yield Execution(runtime, pool, journal, executor, phases)
    finally:
        await pool.close()
        await journal.close()
