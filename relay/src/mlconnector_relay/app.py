"""The composition root: the only place that builds adapters and starts and stops tasks.

Tasks of a relay: the public listener (aiohttp), the tunnel listener (websockets), and the supervised loops below. All
are started by `start` and ended by `stop`, in the order of the flow.
"""

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import date

import structlog
from aiohttp import web
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import open_, public_from_bytes

from .bigcommerce.client import connection_pool
from .config import Listen, Settings
from .db import meta
from .db.engine import Database
from .db.jobs import StoreKey
from .db.migrate import check_schema
from .directory import Directory, NoMapping
from .failpoint import Failpoints
from .intake.callbacks import Callbacks
from .intake.health import Health
from .intake.inbox import Inbox
from .intake.sweep import Sweep
from .jobs.queue import Queue
from .jobs.worker import Worker
from .keys import master_key
from .listener import Patience
from .reconcile.circuits import StoreCircuits
from .reconcile.cures import Cures
from .reconcile.periods import Periods
from .reconcile.results import Results
from .reconcile.run import Reconciler
from .reconcile.send import Limits, Sender
from .reconcile.upkeep import Upkeep
from .supervision import supervise
from .tieout.asking import AskedStore, ask_stores
from .tieout.daily import Ask, DailyTieOut
from .tieout.mapping_checks import MappingChecks
from .tieout.readback import Readback
from .tieout.sheet import Beyond
from .trail.alerts import Alerts
from .trail.audit import Audit
from .trail.channels import Channels
from .trail.mapping_book import MappingBook
from .trail.notifier import Notifier
from .trail.sealer import Sealer
from .trail.vault import Vault
from .tunnel.authority import Authority
from .tunnel.dispatch import Dispatcher
from .tunnel.endpoint import Endpoint
from .tunnel.enrolment import Enrolment
from .tunnel.identity import Identity
from .tunnel.leases import Leases
from .tunnel.reception import Reception
from .tunnel.sessions import Sessions
from .tunnel.watch import Watch
from .tunnel_registry import DatabaseRegistry

__all__ = ["CannotListen", "Relay"]

_log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.0

DAILY_QUESTIONS = 200
"""About single orders, asked of a store by itself each day: a minute and a half; `reconciliation` asks all."""


class CannotListen(ConnectorError):
    """A listener cannot be opened."""


class Relay:
    """One relay process.

    Args:
        settings: read and checked.
        runtime: clocks, sleep, randomness.
        failpoint: name of the failpoint to arm, empty for none; only ever set outside production.
    """

    def __init__(self, settings: Settings, runtime: Runtime, *, failpoint: str = "") -> None:
        self._settings = settings
        self._runtime = runtime
        self._failpoints = Failpoints(failpoint, settings.relay.state_dir, runtime)
        self._database = Database(settings.database.url)
        self._vault = Vault(master_key(settings, runtime), runtime)
        self._audit = Audit(self._vault, runtime)
        self._alerts = Alerts()
        self._channels = Channels.of(settings.alerts)
        self._circuits = StoreCircuits()
        self._periods = Periods(self._database, self._alerts, runtime)
        self._registry = DatabaseRegistry(self._database, self._vault)
        self._authority = Authority.load(settings.relay.state_dir, runtime)
        self._identity = Identity.load(settings.relay.state_dir, runtime)
        self._sessions = Sessions()
        self._leases = Leases(self._registry, self._sessions, runtime)
        self._dispatcher = Dispatcher(self._sessions, self._leases, self._identity, runtime)
        self._tasks: list[asyncio.Task[None]] = []
        self._open = AsyncExitStack()
        self._open.push_async_callback(self._database.close)

    async def start(self) -> None:
        """Open everything; callbacks are accepted and agents admitted when this returns.

        Raises:
            ConnectorError: the database, a key or a setting does not fit.
        """
        await check_schema(self._database)
        http = await self._open.enter_async_context(connection_pool())
        directory = Directory(
            self._database,
            self._vault,
            http,
            self._settings.mapping.directory,
            MappingBook(self._audit, self._runtime),
            self._runtime,
            files_decide=self._settings.activation == "file",
            production=self._settings.is_production,
        )
        await directory.refresh()
        worker = self._worker(directory)
        tunnel_url = await self._open_tunnel(worker.wake, directory)
        await self._open_public(directory, worker.wake, tunnel_url)
        self._start_loops(directory, worker)
        general = self._settings.relay
        _log.info("relay.started", relay=general.id, tunnel=tunnel_url, environment=general.environment)

    async def stop(self) -> None:
        """Take nothing new, finish what can be finished in seconds, close everything."""
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._open.aclose()
        _log.info("relay.stopped", relay=self._settings.relay.id)

    def _worker(self, directory: Directory) -> Worker:
        work, runtime, keys = self._settings.work, self._runtime, self._identity.public_keys
        trust = {key_id: public_from_bytes(base64.b64decode(raw)) for key_id, raw in keys.items()}
        sender = Sender(
            self._database,
            self._dispatcher,
            self._vault,
            self._audit,
            lambda sealed: open_("call", sealed, trust),
            runtime,
            Limits(work.envelope_seconds, work.answer_seconds),
            self._failpoints,
        )
        return Worker(
            Queue(self._database, runtime, self._settings.relay.id, work.lease_seconds),
            Reconciler(
                self._database, directory, sender, self._audit, self._alerts, self._circuits, runtime, self._periods
            ),
            self._closed(directory),
            runtime,
            tenants=lambda: {account.store.tenant for account in directory.accounts()},
            waiting=lambda: self._dispatcher.waiting,
            concurrency=work.concurrency,
            poll_seconds=work.poll_seconds,
            lease_seconds=work.lease_seconds,
        )

    async def _open_tunnel(self, wake: Callable[[], None], directory: Directory) -> str:
        settings, runtime = self._settings.tunnel, self._runtime
        results = Results(
            self._database,
            self._audit,
            self._alerts,
            runtime,
            self._settings.work.answer_seconds,
            wake,
            self._failpoints,
            directory.messages,
            periods=self._periods,
        )
        reception = Reception(self._registry, self._sessions, self._leases, results, runtime, self._settings.relay.id)
        endpoint = Endpoint(self._authority, self._registry, self._sessions, reception, results, runtime)
        with _listening("tunnel", settings.host, settings.port):
            port = await endpoint.listen(settings.host, settings.port, settings.names)
        self._open.push_async_callback(endpoint.drain, DRAIN_SECONDS)
        self._supervise("listener", endpoint.run)
        self._supervise("watch", Watch(self._registry, self._sessions, self._leases, results, runtime).run)
        return settings.public_url or f"wss://{settings.host}:{port}"

    async def _open_public(self, directory: Directory, wake: Callable[[], None], tunnel_url: str) -> None:
        listen, runtime = self._settings.listen, self._runtime
        inbox = Inbox(self._database, self._audit, runtime, self._settings.work.settle_seconds)
        callbacks = Callbacks(inbox, directory, runtime, listen.max_callback_bytes, wake)
        patience = Patience(runtime)
        application = web.Application(middlewares=[patience.middleware])
        health = Health(self._ready)
        application.add_routes([*callbacks.routes(), *health.public()])
        Enrolment(self._authority, self._identity, self._registry, runtime, tunnel_url).register(application)
        if self._settings.monitoring_port is None:
            application.add_routes(health.private())
        else:
            await self._open_private(health, self._settings.monitoring.host, self._settings.monitoring_port)
        runner = await self._runner(application)
        with _listening("listen", listen.host, listen.port):
            await web.TCPSite(runner, listen.host, listen.port, ssl_context=_tls(listen)).start()
        self._supervise("patience", lambda: patience.run(runner))

    async def _ready(self) -> None:
        await check_schema(self._database)
        await self._database.write(lambda tx: meta.write(tx, self._runtime.now()))

    async def _open_private(self, health: Health, host: str, port: int) -> None:
        application = web.Application()
        application.add_routes([*health.public(), *health.private()])
        runner = await self._runner(application)
        with _listening("monitoring", host, port):
            await web.TCPSite(runner, host, port).start()

    async def _runner(self, application: web.Application) -> web.AppRunner:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=DRAIN_SECONDS)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        return runner

    def _start_loops(self, directory: Directory, worker: Worker) -> None:
        work, mapping = self._settings.work, self._settings.mapping
        cures = Cures(self._database, directory, self._alerts, self._runtime, worker.wake, mapping.reload_seconds)
        sweep = Sweep(
            self._database, directory, self._alerts, self._runtime, work.sweep_seconds, work.sweep_overlap_seconds
        )
        readback = Readback(
            self._database,
            directory,
            self._dispatcher,
            self._alerts,
            self._runtime,
            self._settings.reconciliation,
            DailyTieOut(self._database, self._alerts, self._runtime, self._asking(directory)),
        )
        checks = MappingChecks(self._database, directory, self._dispatcher, self._runtime)
        self._supervise("cures", cures.run)
        self._supervise("mapping_checks", checks.run)
        self._supervise("notifier", Notifier(self._database, self._alerts, self._channels, self._runtime).run)
        self._supervise("periods", lambda: self._periods.run(worker.wake))
        self._supervise("readback", readback.run)
        self._supervise("sealer", Sealer(self._database, self._runtime, self._dispatcher.anchor).run)
        self._supervise("sweep", sweep.run)
        self._supervise("upkeep", Upkeep(self._database, self._alerts, self._runtime, work.lease_seconds).run)
        self._supervise("worker", worker.run)

    def _asking(self, directory: Directory) -> Ask | None:
        async def ask(tenant: str, first: date, last: date) -> Beyond:
            try:
                rules = directory.mapping(tenant)
            except NoMapping:
                rules = None
            asked = [AskedStore(one.store, one.client, rules) for one in directory.accounts_of(tenant)]
            found, requests = await ask_stores(self._database, self._runtime, asked, first, last, DAILY_QUESTIONS)
            _log.info("tieout.store_asked", tenant=tenant, first=str(first), requests=requests)
            return found

        return ask if self._settings.reconciliation.ask_store else None

    def _closed(self, directory: Directory) -> Callable[[], Collection[StoreKey]]:
        def closed() -> Collection[StoreKey]:
            away = {
                account.key
                for account in directory.accounts()
                if account.is_used_up
                or not self._dispatcher.available(account.store.tenant, account.store.sysid, account.store.client)
            }
            return away | set(self._circuits.open_(self._runtime.monotonic()))

        return closed

    def _supervise(self, name: str, body: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(supervise(name, body, self._runtime), name=name))


@contextmanager
def _listening(section: str, host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Certificates and keys that cannot be read or do not fit are OSErrors as well.
        raise CannotListen(f"[{section}] cannot listen on {host}:{port}: {error}") from error


def _tls(listen: Listen) -> ssl.SSLContext | None:
    if listen.tls_certificate is None or listen.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(listen.tls_certificate, listen.tls_key)
    return context
