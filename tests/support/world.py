"""Relay and agent with their real loops, a store and a SAP as plain doubles, in one process under one virtual clock.

What is real: inbox, jobs, reconcile, ledger, envelopes, tunnel, gate, desk, journal, executor, resolver, and both
databases. What is a double: the store's REST API, the RFC pool with a SAP of a few rules behind it, and the wire.
Either half can be killed at any moment (its tasks are cancelled wherever they are) and started again on its files.
"""

import asyncio
import random
import re
import selectors
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mlconnector_agent.connection.dialler import Dialler
from mlconnector_agent.connection.links import LinkClosed as AgentLinkClosed
from mlconnector_agent.desk.calls import Rules
from mlconnector_agent.desk.desk import Desk
from mlconnector_agent.failpoint import Failpoints
from mlconnector_agent.journal.journal import Journal
from mlconnector_agent.luw.executor import Executor
from mlconnector_agent.luw.settings import LuwSettings
from mlconnector_agent.policy.limits import Policy
from mlconnector_agent.rfc.errors import Kind, RfcError
from mlconnector_agent.rfc.pool import Purpose
from mlconnector_agent.rfc.session import TablePage
from mlconnector_agent.rfc.settings import RfcSettings, RfcUser
from mlconnector_relay.bigcommerce.catalogue import CatalogueFacts
from mlconnector_relay.bigcommerce.errors import StoreUnavailable
from mlconnector_relay.bigcommerce.models import Category, ProductFacts
from mlconnector_relay.bigcommerce.quota import Quota
from mlconnector_relay.db import jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.migrate import upgrade_database
from mlconnector_relay.failpoint import Failpoints as RelayFailpoints
from mlconnector_relay.jobs.queue import Queue
from mlconnector_relay.jobs.worker import Worker
from mlconnector_relay.reconcile.circuits import StoreCircuits
from mlconnector_relay.reconcile.periods import Periods
from mlconnector_relay.reconcile.results import Results
from mlconnector_relay.reconcile.run import Reconciler
from mlconnector_relay.reconcile.send import Limits, Sender
from mlconnector_relay.sap.messages import built_in
from mlconnector_relay.supervision import supervise
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.vault import Vault
from mlconnector_relay.tunnel.authority import Authority, Peer
from mlconnector_relay.tunnel.dispatch import Dispatcher
from mlconnector_relay.tunnel.endpoint import Endpoint
from mlconnector_relay.tunnel.identity import Identity
from mlconnector_relay.tunnel.leases import Leases
from mlconnector_relay.tunnel.links import LinkClosed
from mlconnector_relay.tunnel.reception import Reception
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_relay.tunnel.sessions import Sessions
from mlconnector_relay.tunnel.watch import Watch
from mlconnector_shared import frames, version
from mlconnector_shared.envelope import Audience
from mlconnector_shared.signing import open_, public_from_bytes

from tests.support.landing import TENANT, signer_of
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import Line, documents
from tests.support.tunnel import MemoryRegistry
from tests.support.virtual import VirtualRuntime

__all__ = ["Ground", "Sap", "World", "run_world"]

INSTANCE = "erp-1"
KEY = InstanceKey(TENANT, INSTANCE)
STORE_KEY = jobs.StoreKey(TENANT, "abc123")
FIRST_ORDER = 5000
ALL_ACCOUNTS = None
OLD_DOCUMENT = "170000000010002025"
"""Object key of a document that was in SAP before us; without one nothing proves a first document absent."""


class _Selector(selectors.SelectSelector):
    loop: "WorldLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("stuck: nothing is ready and no timer is set")
        self.loop.elapsed += timeout
        return []


class WorldLoop(asyncio.SelectorEventLoop):
    """A virtual clock without sockets and threads: what would go to a thread is done here, a drawn moment later.

    A commit so takes its time, others get their turn meanwhile, and the seed alone says who.
    """

    def __init__(self, seed: int) -> None:
        self.elapsed = 0.0
        self._dice = random.Random(seed)
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.elapsed

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = self.create_future()

        def work() -> None:
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001  whoever awaits the future gets it
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(result)

        if self._dice.random() < 0.5:
            self.call_soon(work)
        else:
            self.call_later(self._dice.random() * 0.004, work)
        return future


class WorldRuntime(VirtualRuntime):
    """A Runtime whose clock can be read in any thread: the journal's own stamps its records."""

    def __init__(self, seed: int, loop: WorldLoop) -> None:
        super().__init__(seed, skew=timedelta(days=63))
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.elapsed


@dataclass
class Sap:
    """A SAP of a few rules: documents, numbers, an LUW per session, an update task. It keeps no reference unique.

    Attributes:
        trouble: how likely the connection breaks, at a call or while COMMIT is under way.
        late: how likely an update waits, for seconds or minutes.
        away: whether it cannot be reached.
    """

    runtime: VirtualRuntime
    dice: random.Random
    trouble: float = 0.0
    late: float = 0.0
    away: bool = False
    slow: float = 0.0
    documents: list[dict[str, Any]] = field(default_factory=lambda: [_old_document()])
    requests: list[dict[str, Any]] = field(default_factory=list)
    number: int = 1800000000
    bystanders: list[tuple[str, asyncio.Event]] = field(default_factory=list)

    async def midst_of(self, function: str, within: float) -> None:
        """Wait until the next call of a function module has reached SAP, at most so many seconds."""
        event = asyncio.Event()
        self.bystanders.append((function, event))
        with suppress(TimeoutError):
            await self.runtime.within(within, event.wait())

    def reached(self, function: str) -> None:
        """Tell those who wait for this call."""
        for wanted, event in self.bystanders:
            if wanted == function:
                event.set()
        self.bystanders = [one for one in self.bystanders if not one[1].is_set()]

    def references(self) -> list[str]:
        """Return those of our documents."""
        return [document["XBLNR"] for document in self.documents[1:]]


def _old_document() -> dict[str, Any]:
    document: dict[str, Any] = {"BELNR": OLD_DOCUMENT[:10], "BUKRS": OLD_DOCUMENT[10:14], "GJAHR": OLD_DOCUMENT[14:]}
    document |= {"BLART": "DR", "BLDAT": "20251231", "BUDAT": "20251231", "WAERS": "EUR", "USNAM": "CLERK"}
    return document | {"STBLG": "", "BSTAT": "", "XBLNR": "", "customers": []}


class _RfcSession:
    def __init__(self, sap: Sap, user: str) -> None:
        self.user = user
        self._sap = sap
        self._open: list[dict[str, Any]] = []
        self._ended = False

    async def call(self, function: str, parameters: dict[str, Any], timeout: float) -> dict[str, Any]:
        await self._travel()
        self._sap.reached(function)
        answer = self._execute(function, parameters)
        await self._commit_if(function)
        await self._travel(after=True)
        return answer

    async def read_table(
        self,
        table: str,
        fields: list[str],
        options: list[str],
        row_count: int,
        timeout: float,
        row_skips: int = 0,
    ) -> TablePage:
        await self._travel()
        rows = [row for row in self._table(table) if _matches(row, " ".join(options))]
        await self._travel(after=True)
        cells = [[str(row.get(name, "")) for name in fields] for row in rows[:row_count]]
        return TablePage([(name, 40, "C") for name in fields], cells)

    async def end(self) -> None:
        self._open.clear()
        self._ended = True

    async def _travel(self, *, after: bool = False) -> None:
        sap = self._sap
        await sap.runtime.sleep(sap.dice.random() * 0.02 + sap.slow)
        if sap.away or self._ended or sap.dice.random() < sap.trouble / 2:
            self._break("the connection broke" + (" after" if after else ""))

    def _break(self, what: str) -> NoReturn:
        self._open.clear()
        self._ended = True
        raise RfcError(Kind.COMMUNICATION, what, code=1, key="LOST")

    def _execute(self, function: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if function != "BAPI_ACC_DOCUMENT_POST":
            if function == "BAPI_TRANSACTION_ROLLBACK":
                self._open.clear()
            return {"RETURN": []}
        header, sap = parameters["DOCUMENTHEADER"], self._sap
        amounts = {row["ITEMNO_ACC"]: Decimal(row["AMT_DOCCUR"]) for row in parameters["CURRENCYAMOUNT"]}
        assert sum(amounts.values()) == 0
        sap.number += 1
        customers = [(row["CUSTOMER"], amounts[row["ITEMNO_ACC"]]) for row in parameters["ACCOUNTRECEIVABLE"]]
        document = {
            "BUKRS": header["COMP_CODE"],
            "BELNR": str(sap.number),
            "GJAHR": header["PSTNG_DATE"][:4],
            "BLART": header["DOC_TYPE"],
            "BLDAT": header["DOC_DATE"],
            "BUDAT": header["PSTNG_DATE"],
            "WAERS": parameters["CURRENCYAMOUNT"][0]["CURRENCY"],
            "USNAM": self.user,
            "STBLG": "",
            "BSTAT": "",
            "XBLNR": header["REF_DOC_NO"],
            "customers": customers,
        }
        self._open.append(document)
        key = f"{document['BELNR']}{document['BUKRS']}{document['GJAHR']}"
        row = {"TYPE": "S", "ID": "RW", "NUMBER": "605", "MESSAGE": "posted", "MESSAGE_V2": key}
        return {"OBJ_KEY": key, "OBJ_TYPE": "BKPFF", "OBJ_SYS": "ECC", "RETURN": [row]}

    async def _commit_if(self, function: str) -> None:
        sap = self._sap
        if function != "BAPI_TRANSACTION_COMMIT" or not self._open:
            return
        documents, self._open = self._open, []
        request = {"VBKEY": str(len(sap.requests)), "VBUSR": self.user, "VBMANDT": "100", "VBSTATE": "255"}
        request["VBDATE"] = sap.runtime.now().strftime("%Y%m%d%H%M%S")
        sap.requests.append(request)

        async def update() -> None:
            await sap.runtime.sleep(sap.dice.random() * 0.02)
            if sap.dice.random() < sap.late:
                await sap.runtime.sleep(sap.dice.random() * sap.dice.choice((2, 20, 600)))
            sap.documents.extend(documents)
            sap.requests.remove(request)

        # The update runs in SAP whether or not anybody still listens.
        running = asyncio.ensure_future(update())
        if sap.dice.random() < sap.trouble:
            await sap.runtime.sleep(sap.dice.random() * 0.02)
            self._break("the connection broke while COMMIT was under way")
        await asyncio.shield(running)

    def _table(self, name: str) -> list[dict[str, Any]]:
        match name:
            case "BKPF":
                return self._sap.documents
            case "VBHDR":
                return self._sap.requests
            case "BSID":
                return [
                    document | {"KUNNR": customer, "SHKZG": "S" if amount > 0 else "H", "WRBTR": f"{abs(amount):.2f}"}
                    for document in self._sap.documents
                    for customer, amount in document["customers"]
                ]
            case _:
                return []


_CONDITION = re.compile(r"(\w+) (=|>=|<=) '([^']*)'")


def _matches(row: dict[str, Any], clause: str) -> bool:
    wanted: dict[str, set[str]] = {}
    for name, operator, value in _CONDITION.findall(clause):
        if operator == "=":
            wanted.setdefault(name, set()).add(value.strip())
        elif (row[name] < value) if operator == ">=" else (row[name] > value):
            return False
    return all(str(row[name]) in values for name, values in wanted.items())


class _Pool:
    def __init__(self, sap: Sap, folder: Path) -> None:
        self._sap = sap
        self._rooms = {Purpose.WRITE: asyncio.Semaphore(2), Purpose.READ: asyncio.Semaphore(2)}
        self.settings = RfcSettings({}, "100", "ECC", (RfcUser("MLC_RFC1"), RfcUser("MLC_RFC2")), folder)

    @asynccontextmanager
    async def session(self, purpose: Purpose) -> AsyncIterator[_RfcSession]:
        async with self._rooms[purpose]:
            if self._sap.away:
                raise RfcError(Kind.COMMUNICATION, "SAP is away", code=1, key="AWAY")
            session = _RfcSession(self._sap, "MLC_RFC1")
            try:
                yield session
            finally:
                await session.end()


class _Store:
    """The REST client's face over orders kept as documents, with the client's own way of keeping to a quota.

    `asked` counts the requests about each order; `quota` is how many a window of 30 seconds has.
    """

    def __init__(self, runtime: VirtualRuntime, dice: random.Random) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.asked: Counter[int] = Counter()
        self.quota = 1_000_000
        self.away = False
        self._runtime = runtime
        self._dice = dice
        self._pace = Quota(runtime)
        self._window = self._used = 0

    @property
    def is_used_up(self) -> bool:
        return self._pace.is_used_up

    async def get(self, path: str, params: Any = None, observe: Any = None) -> Any:
        number = int(path.rsplit("/", 1)[1])
        await self._serve(path, number)
        order = self.orders[number]
        consignments = {"shipping": order["shipping_addresses"]}
        return dict(order["order"]) | {"fees": order["fees"], "consignments": consignments}

    async def all_pages(self, path: str, params: Any = None, observe: Any = None) -> list[Any]:
        _, _, _, number, *_, part = path.split("/")
        await self._serve(path, int(number))
        return list(self.orders[int(number)].get(part, ()))

    async def _serve(self, path: str, order: int) -> None:
        await self._pace.begin()
        self.asked[order] += 1
        await self._runtime.sleep(self._dice.random() * 0.05)
        self._pace.end()
        window, since = divmod(self._runtime.monotonic(), 30.0)
        if window != self._window:
            self._window, self._used = int(window), 0
        self._used += 1
        left, reset = self.quota - self._used, str(round((30.0 - since) * 1000))
        assert left >= 0, "more requests than the store answers"
        self._pace.learn(200, {"X-Rate-Limit-Requests-Left": str(left), "X-Rate-Limit-Time-Reset-Ms": reset})
        if self.away:
            raise StoreUnavailable("GET", path, "the store is away")

    async def facts(self, product_ids: Any, observe: Any = None) -> CatalogueFacts:
        products = {number: ProductFacts(id=number, categories=(21,)) for number in product_ids}
        return CatalogueFacts(products, {21: Category(id=21, parent_id=0)})


@dataclass
class _Account:
    store: Any
    facts: Any
    client: _Store
    catalogue: _Store
    companies: None = None
    key: jobs.StoreKey = STORE_KEY


@dataclass
class _StoreRow:
    tenant: str = TENANT
    store_hash: str = "abc123"
    sysid: str = "ECC"
    client: str = "100"
    timezone: str = "Europe/London"


class _Directory:
    def __init__(self, store: _Store) -> None:
        facts = type(STORE)(TENANT, "abc123", "B1", datetime(2026, 1, 1, tzinfo=UTC), timezone="Europe/London")
        self._account = _Account(_StoreRow(), facts, store, store)
        self.current = a_mapping()

    def account(self, _key: Any) -> Any:
        return self._account

    def mapping(self, _tenant: str, _placed_at: Any = None, _timezone: str = "") -> Any:
        return self.current

    def four_eyes(self, _tenant: str) -> bool:
        return False

    def messages(self, _tenant: str) -> Any:
        return built_in()


class _Reachable:
    def __init__(self, sap: Sap) -> None:
        self._sap = sap

    async def complaint(self) -> str:
        return "SAP is away" if self._sap.away else ""


class _Wire:
    """One direction of a cuttable link; messages take time."""

    def __init__(self, closed: type[Exception], runtime: VirtualRuntime, dice: random.Random) -> None:
        self._closed = closed
        self._runtime = runtime
        self._dice = dice
        self.peer: _Wire | None = None
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.cut = False

    async def send(self, data: bytes) -> None:
        await self._runtime.sleep(self._dice.random() * 0.01)
        if self.cut or self.peer is None:
            raise self._closed("the wire is cut")
        self.peer.queue.put_nowait(data)

    async def recv(self) -> bytes:
        data = await self.queue.get()
        if data is None or self.cut:
            raise self._closed("the wire is cut")
        return data

    async def close(self, code: int = 1000, reason: str = "") -> None:
        for end in (self, self.peer):
            if end is not None:
                end.cut = True
                end.queue.put_nowait(None)


class World:
    """Everything; `chaos` decides by its seed what goes wrong when."""

    def __init__(self, ground: "Ground", seed: int) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WorldLoop)
        self.loop = loop
        self.ground = ground
        self.folder = folder = ground.world
        self.dice = random.Random(seed)
        self.runtime = WorldRuntime(seed, loop)
        self.store = _Store(self.runtime, self.dice)
        self.directory = _Directory(self.store)
        self.concurrency = 4
        self.sap = Sap(self.runtime, self.dice)
        self.registry = MemoryRegistry()
        self.registry.enrol(KEY, signer_of(INSTANCE), "certificate")
        self.authority = Authority.load(folder, self.runtime)
        self.identity = Identity.load(folder, self.runtime)
        self.trust = {self.identity.signer.key_id: public_from_bytes(self.identity.signer.public_bytes)}
        self.master = self.runtime.token(32)
        self.endpoint: Endpoint | None = None
        self.wires: list[_Wire] = []
        self.unplugged = False
        self._relay: list[asyncio.Task[Any]] = []
        self._agent: list[asyncio.Task[Any]] = []
        self._serving: set[asyncio.Task[Any]] = set()
        self.database: Database | None = None
        self.journal: Journal | None = None
        self.worker: Worker | None = None
        self.lives = {"relay": 0, "agent": 0}

    async def start_relay(self) -> None:
        self.lives["relay"] += 1
        self.database = database = self.ground.database
        vault, alerts = Vault(self.master, self.runtime), Alerts()
        audit = Audit(vault, self.runtime)
        sessions = Sessions()
        leases = Leases(self.registry, sessions, self.runtime)
        dispatcher = Dispatcher(sessions, leases, self.identity, self.runtime)
        directory: Any = self.directory
        sender = Sender(
            database, dispatcher, vault, audit, lambda sealed: open_("call", sealed, self.trust), self.runtime,
            Limits(300.0, 30.0), RelayFailpoints("", self.folder, self.runtime),
        )  # fmt: skip
        circuits = StoreCircuits()
        periods = Periods(database, alerts, self.runtime)
        reconciler = Reconciler(database, directory, sender, audit, alerts, circuits, self.runtime, periods)
        queue = Queue(database, self.runtime, f"relay-{self.lives['relay']}", 30.0)

        def closed() -> Any:
            if self.store.is_used_up or not dispatcher.available(TENANT, "ECC", "100"):
                return {STORE_KEY}
            return circuits.open_(self.runtime.monotonic())

        self.worker = Worker(
            queue,
            reconciler,
            closed,
            self.runtime,
            tenants=lambda: {TENANT},
            waiting=lambda: dispatcher.waiting,
            concurrency=self.concurrency,
            poll_seconds=10.0,
            lease_seconds=30.0,
        )
        results = Results(
            database,
            audit,
            alerts,
            self.runtime,
            30.0,
            self.worker.wake,
            RelayFailpoints("", self.folder, self.runtime),
            directory.messages,
            periods=periods,
        )
        reception = Reception(self.registry, sessions, leases, results, self.runtime, "relay-1")
        self.endpoint = Endpoint(self.authority, self.registry, sessions, reception, results, self.runtime)
        watch = Watch(self.registry, sessions, leases, results, self.runtime)
        self._relay = [
            asyncio.create_task(supervise("worker", self.worker.run, self.runtime)),
            asyncio.create_task(supervise("watch", watch.run, self.runtime)),
        ]

    async def kill_relay(self) -> None:
        self.endpoint = None
        await self.cut()
        await _cancel([*self._relay, *self._serving])
        if self.database is not None:
            await self.database.close()
        self.database = None

    async def start_agent(self) -> None:
        self.lives["agent"] += 1
        self.journal = await Journal.open(self.folder / "journal.db", self.runtime)
        journal = self.journal
        pool: Any = _Pool(self.sap, self.folder)
        settings = LuwSettings(
            INSTANCE, ("1000",), settle_interval_seconds=2.0, settle_window_seconds=60.0, commit_timeout_seconds=50.0,
            resolve_cap_seconds=60.0, verify_interval_seconds=20.0, sentinel=OLD_DOCUMENT,
        )  # fmt: skip
        desk: Desk | None = None

        def observe(envelope_id: str, phase: str, at: datetime) -> None:
            if desk is not None:
                desk.observe(envelope_id, phase, at)

        executor = Executor(pool, journal, settings, self.runtime, observe, Failpoints("", self.folder, self.runtime))
        desk = Desk(
            Rules(Audience(TENANT, INSTANCE, "ECC", "100"), self.trust, _policy(), 2, 4),
            signer=signer_of(INSTANCE),
            journal=journal,
            executor=executor,
            audit=journal.audit,
            sap=_Reachable(self.sap),
            runtime=self.runtime,
        )

        def greet() -> frames.Hello:
            return frames.Hello(
                1, 1, version.FEATURES, INSTANCE, 0, journal.boot_id, journal.journal_id, journal.sequence,
                journal.acknowledged_sequence, "ECC", "100", "0", self.runtime.now(), journal.witness.incarnation,
                journal.witness.high_water, journal.witness.batch, journal.witness.head,
            )  # fmt: skip

        dialler = Dialler(self._dial, greet, desk, self.runtime)

        async def life() -> None:
            async for result in executor.recover():
                await desk.report(result)
            await asyncio.gather(desk.run(), dialler.run(), executor.resolver.run(desk.report), executor.channels.run())

        self._agent = [asyncio.create_task(life())]

    async def kill_agent(self) -> None:
        await self.cut()
        mine = {task for task in asyncio.all_tasks() if "posting " in task.get_name()}
        await _cancel([*self._agent, *mine])
        if self.journal is not None:
            await self.journal.close()
        self.journal = None

    async def cut(self) -> None:
        for wire in self.wires:
            await wire.close()
        self.wires.clear()

    async def _dial(self) -> Any:
        await self.runtime.sleep(self.dice.random() * 0.05)
        if self.endpoint is None or self.unplugged:
            raise AgentLinkClosed("the relay is away")
        here, there = _Wire(AgentLinkClosed, self.runtime, self.dice), _Wire(LinkClosed, self.runtime, self.dice)
        here.peer, there.peer = there, here
        self.wires.append(here)
        task = asyncio.create_task(self.endpoint.serve(there, Peer(KEY, "certificate")))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return here

    async def place(self, number: int) -> None:
        """A store places an order; its callback comes, perhaps more than once, as soon as the relay is there."""
        price = f"{self.dice.randint(1, 40000) / 100:.2f}"
        order = documents(Line(price, self.dice.randint(1, 4)), order={"id": number})
        self.store.orders[number] = order
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            await self.callback(number)

    async def callback(self, number: int) -> None:
        while self.database is None:
            await self.runtime.sleep(5)
        key = jobs.JobKey(TENANT, "abc123", number)
        now = self.runtime.now()
        await self.database.write(lambda tx: jobs.enqueue(tx, key, now))
        if self.worker is not None:
            self.worker.wake()

    def states(self) -> dict[int, str]:
        """Return how the orders stand that the relay has heard of."""
        return dict(self.ground.look("SELECT order_id, state FROM jobs"))

    def reasons(self) -> list[str]:
        """Return why the orders stand as they do."""
        return sorted({str(reason) for (reason,) in self.ground.look("SELECT reason FROM jobs")})

    async def until_posted(self, hours: float = 12.0) -> None:
        """Let virtual time pass until every order is posted, and SAP has nothing left to update.

        Raises:
            AssertionError: some are not, after so many hours.
        """
        end = self.runtime.monotonic() + hours * 3600
        while set(self.states().values()) != {"posted"}:
            assert self.runtime.monotonic() < end, (
                f"after {hours} h: {self.states()}, {self.reasons()}, {self.sap.references()}"
            )
            await self.runtime.sleep(5)
        while self.sap.requests:
            await self.runtime.sleep(5)

    async def close(self) -> None:
        await self.kill_agent()
        await self.kill_relay()


def _policy() -> Policy:
    return Policy(
        function_modules=frozenset({"BAPI_ACC_DOCUMENT_POST"}),
        company_codes=frozenset({"1000"}),
        document_types=frozenset({"DR"}),
        max_amount={"EUR": Decimal(1000000)},
        store_codes=frozenset({"B1"}),
        accounts=ALL_ACCOUNTS,
        days_back=3660,
        days_ahead=30,
        tables={},
    )


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _template(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await upgrade_database(database, VirtualRuntime(0))

    from mlconnector_relay.db import stores

    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = stores.Store(
        TENANT, "abc123", "B1", "ECC", "100", "", b"", b"", b"", "UTC", "EUR", None, now, "{}", True, None, now, now
    )
    await database.write(lambda tx: stores.add_tenant(tx, TENANT, TENANT, now))
    await database.write(lambda tx: stores.save(tx, store))
    await database.close()


class Ground:
    """What worlds stand on, one after another: a folder, and a relay's database that is already migrated.

    The database's object is shared too, so that SQLAlchemy compiles a statement once and not once a life. Closed, it
    keeps no connection, and so nothing of the relay that was killed.
    """

    def __init__(self, folder: Path) -> None:
        self.world = folder / "world"
        self._template = folder / "template.db"
        asyncio.run(_template(self._template))
        self.database = Database(f"sqlite:///{self.world}/relay.db")

    def clear(self) -> None:
        """Begin anew."""
        shutil.rmtree(self.world, ignore_errors=True)
        self.world.mkdir()
        shutil.copy(self._template, self.world / "relay.db")

    def look(self, query: str) -> list[tuple[Any, ...]]:
        """Read the relay's database as a bystander."""
        with closing(sqlite3.connect(self.world / "relay.db")) as connection:
            return connection.execute(query).fetchall()


def run_world(ground: Ground, seed: int, story: Callable[[World], Any]) -> None:
    """Run a story on a world of its own."""
    ground.clear()

    async def main() -> None:
        world = World(ground, seed)
        await world.start_relay()
        await world.start_agent()
        try:
            await story(world)
        finally:
            await world.close()

    with asyncio.Runner(loop_factory=partial(WorldLoop, seed)) as runner:
        runner.run(main())
