"""The composition root: builds every part once, starts the loops, and ends them in order."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Final

import structlog
from mlconnector_shared import version
from mlconnector_shared.envelope import ResultEnvelope
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.frames import Hello, Message, Renewed
from mlconnector_shared.runtime import Runtime, backoff

from .checks.health import serve_health
from .checks.library import STAND_IN_PATCH_LEVEL, library_of
from .config.settings import Settings
from .connection.conversation import Conversation
from .connection.dialler import Dialler
from .connection.links import Link, dial
from .connection.renewal import Renewal
from .desk.calls import Rules
from .desk.desk import Desk
from .failpoint import Failpoints
from .identity import Identity
from .journal.alone import alone
from .journal.journal import Journal
from .luw.executor import Executor
from .rfc.errors import RfcError
from .rfc.pool import RfcPool

__all__ = ["Agent", "AgentRefused"]

_log = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
READS_PER_CONNECTION: Final = 4
"""Reads under way for each read connection: they take turns page by page."""

GOODBYE_SECONDS: Final = 5.0
"""How long the last session may take to close, or a try to dial to fail, once everything is done."""

RENEWAL_LOOK_SECONDS: Final = 600.0
PROBE_SECONDS: Final = 30.0


class AgentRefused(ConnectorError):
    """This configuration may not run; the sentence says why."""


class PoolReachability:
    """Asks the pool whether SAP can be reached; an idle pool is probed now and then."""

    def __init__(self, pool: RfcPool, runtime: Runtime) -> None:
        self._pool = pool
        self._runtime = runtime
        self._probed_at: float | None = None

    async def complaint(self) -> str:
        """Return why SAP cannot be reached, empty where it can."""
        now = self._runtime.monotonic()
        if self._pool.outage is None and self._probed_at is not None and now - self._probed_at < PROBE_SECONDS:
            return ""
        try:
            await self._pool.probe()
        except RfcError as error:
            return str(error)
        self._probed_at = now
        return ""


class Agent:
    """One agent from start to stop.

    Args:
        settings: the validated settings.
        runtime: clocks, waiting, randomness.
        failpoint: name of the failpoint to arm, empty for none; only ever set outside production.
        dialled: opens the link to the relay; a websocket over mutual TLS unless a test brings its own.
    """

    def __init__(
        self,
        settings: Settings,
        runtime: Runtime,
        *,
        failpoint: str = "",
        dialled: Callable[[], Awaitable[Link]] | None = None,
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._failpoint = failpoint
        self._identity = Identity.load(settings.agent.state_dir)
        self._dialled = dialled or self._dial
        self._renewal = Renewal(self._identity, runtime)
        self._stop = asyncio.Event()
        self._cut = asyncio.Event()

    def stop(self) -> None:
        """Take no new work, finish what runs, then end; asked a second time, end at once."""
        if self._stop.is_set():
            self._cut.set()
        self._stop.set()

    async def run(self) -> None:
        """Run until stopped.

        Raises:
            ConnectorError: it cannot start; the sentence says what to do.
        """
        await self._admissible()
        path = self._settings.agent.state_dir / "journal.db"
        with alone(path):
            await self._run(path)

    async def _run(self, path: Path) -> None:
        settings, runtime, state_dir = self._settings, self._runtime, self._settings.agent.state_dir
        pool = RfcPool(settings.rfc(), runtime)
        await pool.start()
        self._journal = await Journal.open(path, runtime)
        audit = self._journal.audit
        failpoints = Failpoints(self._failpoint, state_dir, runtime)
        executor = Executor(pool, self._journal, settings.executor(), runtime, self._observe, failpoints)
        enrolled = self._identity.enrolled
        self._desk = Desk(
            Rules(
                audience=enrolled.audience,
                trust=enrolled.trust(),
                policy=settings.permissions(),
                write_slots=settings.pool.write_connections,
                read_slots=settings.pool.read_connections * READS_PER_CONNECTION,
            ),
            signer=self._identity.signer,
            journal=self._journal,
            executor=executor,
            audit=audit,
            sap=PoolReachability(pool, runtime),
            runtime=runtime,
        )
        audit.record("agent.started", "", version=_version(), boot_id=self._journal.boot_id)
        _log.info("agent.started", version=_version(), instance=enrolled.instance, tenant=enrolled.tenant)
        try:
            await self._serve(executor)
        finally:
            await self._desk.close()
            audit.record("agent.stopped", "", cut=self._cut.is_set())
            if self._cut.is_set():  # postings may still be under way: they end with their process
                await audit.flush()
            else:
                await pool.close()
                await self._journal.close()
            _log.info("agent.stopped", cut=self._cut.is_set())

    async def _serve(self, executor: Executor) -> None:
        # What an earlier life left open is settled before anything new is taken; the relay hears of it when we dial.
        async for result in executor.recover():
            await self._report(result)
        dialler = Dialler(self._dialled, self._greet, _Door(self._desk, self._renewal), self._runtime)
        loops: dict[str, Callable[[], Coroutine[object, object, None]]] = {
            "desk": self._desk.run,
            "connection": dialler.run,
            "resolver": lambda: executor.resolver.run(self._report),
            "verification": executor.channels.run,
            "renewal": self._renew,
        }
        tasks = [asyncio.create_task(self._supervise(name, body), name=name) for name, body in loops.items()]
        port = self._settings.health.port
        health = await serve_health(port, self._health, self._runtime) if port else None
        try:
            await self._stop.wait()
            _log.info("agent.draining")
            dialler.drain("the agent stops")
            await self._unless_cut(self._desk.drain())
            dialler.stop("stopped")
            connection = next(task for task in tasks if task.get_name() == "connection")
            await self._unless_cut(self._runtime.within(GOODBYE_SECONDS, asyncio.wait([connection])))
        finally:
            if health is not None:
                health.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _report(self, result: ResultEnvelope) -> None:
        # A decision made on the command line stands at a position of the journal that this process did not write.
        self._journal.sequence = max(self._journal.sequence, result.journal_sequence)
        await self._desk.report(result)

    async def _unless_cut(self, work: Coroutine[object, object, object]) -> None:
        task, cut = asyncio.ensure_future(work), asyncio.ensure_future(self._cut.wait())
        await asyncio.wait([task, cut], return_when=asyncio.FIRST_COMPLETED)
        for one in (task, cut):
            one.cancel()
        for problem in await asyncio.gather(task, cut, return_exceptions=True):
            if isinstance(problem, Exception):
                _log.warning("agent.stopped_short", error=repr(problem))

    async def _supervise(self, name: str, body: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run a loop until stopped: when it fails it is logged and begun again after a growing pause."""
        failures = 0
        while True:
            began = self._runtime.monotonic()
            try:
                await body()
            except Exception as error:  # noqa: BLE001 - the last line of defence: logged, and begun again
                _log.error("task.failed", task=name, error=repr(error), exc_info=True)
            if self._stop.is_set():
                return
            failures = 1 if self._runtime.monotonic() - began > STEADY_SECONDS else failures + 1
            await self._runtime.sleep(backoff(failures, 0.5, LONGEST_PAUSE_SECONDS, self._runtime.random()))

    async def _admissible(self) -> None:
        """Refuse what may not run: another system than enrolled for, and test helps in production."""
        settings, enrolled = self._settings, self._identity.enrolled
        if misfit := enrolled.misfit(settings.agent.instance, settings.sap.sysid, settings.sap.client):
            raise AgentRefused(misfit)
        if not settings.is_production:
            return
        if not enrolled.tunnel_url.startswith("wss://"):
            raise AgentRefused(f"the relay's tunnel is {enrolled.tunnel_url}; production dials wss:// only")
        text, patch = await library_of(settings.sap.sdk_home, self._runtime)
        if patch == STAND_IN_PATCH_LEVEL:
            raise AgentRefused(f"the RFC library ({text}) is a stand-in for tests, not SAP's; set [sap] sdk_home")

    async def _dial(self) -> Link:
        enrolled = self._identity.enrolled
        is_tls = enrolled.tunnel_url.startswith("wss://")
        return await dial(enrolled.tunnel_url, self._identity.tls() if is_tls else None)

    def _greet(self) -> Hello:
        journal, enrolled = self._journal, self._identity.enrolled
        return Hello(
            protocol_min=version.PROTOCOL_MIN,
            protocol_max=version.PROTOCOL_MAX,
            features=version.FEATURES,
            instance=enrolled.instance,
            slot=self._settings.agent.slot,
            boot_id=journal.boot_id,
            journal_id=journal.journal_id,
            journal_sequence=journal.sequence,
            acknowledged_sequence=journal.acknowledged_sequence,
            sysid=enrolled.sysid,
            client=enrolled.client,
            agent_version=_version(),
            wall_clock=self._runtime.now(),
            relay_incarnation=journal.witness.incarnation,
            relay_high_water=journal.witness.high_water,
            relay_batch=journal.witness.batch,
            relay_head=journal.witness.head,
        )

    def _observe(self, envelope_id: str, phase: str, at: datetime) -> None:
        self._desk.observe(envelope_id, phase, at)

    async def _renew(self) -> None:
        while True:
            request = self._renewal.request()
            if request is not None and self._desk.line is not None:
                self._desk.line.send(request)
            await self._runtime.sleep(RENEWAL_LOOK_SECONDS)

    def _health(self) -> dict[str, object]:
        standing, line = self._desk.standing, self._desk.line
        return {
            "ready": line is not None and standing.grants,
            "connected": line is not None,
            "sap": standing.sap or "reachable",
            "halted": standing.halted.rule if standing.halted else "",
            "draining": self._stop.is_set(),
        }


class _Door:
    """What the session brings goes to the desk, renewed certificates to the renewal."""

    def __init__(self, desk: Desk, renewal: Renewal) -> None:
        self._desk = desk
        self._renewal = renewal
        self.attach = desk.attach
        self.measured = desk.measured
        self.detach = desk.detach

    async def handle(self, message: Message, line: Conversation) -> None:
        """Act on a message of the relay."""
        if isinstance(message, Renewed):
            self._renewal.renewed(message)
        else:
            await self._desk.handle(message, line)


def _version() -> str:
    return distribution_version("mlconnector-agent")
